"""The comparison compares: both sides do the work, in turns, in one run; and what is missed is said."""

from __future__ import annotations

import subprocess
import sys
from io import StringIO
from urllib.parse import urlsplit

import psycopg
import pytest
from rich.console import Console

from bench import append, catch_up, whole_cases
from bench.__main__ import tell
from bench.measure import Row, in_turns
from parts import ROOT
from settings import Settings


def row(*, ours: tuple[float, ...], theirs: tuple[float, ...]) -> Row:
    return Row(row=9, what="某事", peer="某物", unit="件/秒", target=1.0, ours=ours, theirs=theirs)


def test_the_sides_take_turns() -> None:
    seen: list[str] = []

    def turn(side: str, rate: float) -> float:
        seen.append(side)
        return rate

    turns = in_turns(2, lambda number: turn(f"ours {number}", 3), lambda number: turn(f"theirs {number}", 2))

    assert seen == ["ours 0", "theirs 0", "ours 1", "theirs 1"]
    assert turns == {"ours": (3, 3), "theirs": (2, 2)}


def test_a_ratio_is_of_medians_so_one_slow_turn_moves_nothing() -> None:
    measured = row(ours=(30, 2, 33), theirs=(20, 900, 19))

    assert measured.ratio == 1.5
    assert measured.as_json() == {
        "row": 9,
        "ours": 30,
        "peer": 20,
        "unit": "件/秒",
        "ratio": 1.5,
        "target": 1.0,
        "met": True,
        "rounds": {"ours": [30, 2, 33], "peer": [20, 900, 19]},
    }


@pytest.mark.parametrize(("ours", "verdict"), [(2.0, "达到"), (0.999, "未达到")])
def test_a_missed_target_is_said(ours: float, verdict: str) -> None:
    said = StringIO()

    tell(Console(file=said, width=100), [row(ours=(ours,), theirs=(1.0,))])

    assert f" {verdict} " in said.getvalue()


def test_an_unknown_row_is_wrong_usage() -> None:
    asked = subprocess.run((sys.executable, "-m", "bench", "--rows", "1,9"), cwd=ROOT, capture_output=True, text=True)

    assert asked.returncode == 2
    assert "没有第 9 行" in asked.stderr


def test_whole_cases_go_through_the_engine_on_both_sides(servers: Settings) -> None:
    measured = whole_cases.measure(servers, scale=0.01, rounds=1)

    assert "2 户同时" in measured.what
    assert 0 < measured.theirs[0] < 1_000
    assert 0 < measured.ours[0] < 1_000
    assert measured.ratio == measured.ours[0] / measured.theirs[0]


def test_both_projectors_read_the_same_log_to_its_end(servers: Settings) -> None:
    measured = catch_up.measure(servers, scale=0.01, rounds=1)

    assert measured.ours[0] > 0
    assert measured.theirs[0] > 0


def test_both_records_take_the_same_events(servers: Settings) -> None:
    measured = append.measure(servers, scale=0.01, rounds=1)

    assert measured.ours[0] > 0
    assert measured.theirs[0] > 0
    ours, theirs = stored(servers, "bench_append_ours"), stored(servers, "bench_append_bare")
    assert ours
    assert ours == theirs


def stored(servers: Settings, database: str) -> list[tuple[object, ...]]:
    with psycopg.connect(urlsplit(servers.dsn())._replace(path=f"/{database}").geturl()) as server:
        return server.execute(
            "SELECT originator_id, originator_version, topic, state FROM stored_events ORDER BY notification_id"
        ).fetchall()
