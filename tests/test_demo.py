"""`lookback demo` plays a city: the same seed gives the same events, whatever dies on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

import embedded
from parts import free_ports
from settings import Settings

ROOT = Path(__file__).resolve().parent.parent


def an_installation(home: Path) -> Settings:
    temporal, ui, console = free_ports(3)
    return Settings(home=home, temporal_port=temporal, temporal_ui_port=ui, console_port=console)


@contextmanager
def playing(settings: Settings, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """The command in its own process; whatever it left running is stopped at the end."""
    line = [sys.executable, "-c", "from cli.main import run; run()", *arguments]
    with subprocess.Popen(
        line, cwd=ROOT, env=settings.for_parts(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()
            embedded.down(settings)


def outcome_of(process: subprocess.Popen[str], seconds: float = 240) -> dict[str, Any]:
    told, complained = process.communicate(timeout=seconds)
    assert process.returncode == 0, complained
    (line,) = told.splitlines()
    said: dict[str, Any] = json.loads(line)
    return said


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    with playing(an_installation(tmp_path_factory.mktemp("calm")), *three_firms()) as process:
        return outcome_of(process)


def three_firms() -> tuple[str, ...]:
    return ("demo", "--city", "dalian", "--firms", "3", "--seed", "5", "--headless", "--json")


@pytest.mark.timeout(300)
def test_a_city_is_played_to_the_end_and_its_money_is_reconciled_to_the_fen(undisturbed: dict[str, Any]) -> None:
    said = undisturbed
    money = {name: round(float(yuan) * 100) for name, yuan in said["money"].items() if name != "difference_fen"}

    assert {"city", "seed", "firms", "funnel", "money", "reminders", "refusals", "seconds"} <= set(said)
    assert said["funnel"]["selection"] == said["firms"] == 3
    assert sum(said["stands"].values()) == 3
    assert said["money"]["difference_fen"] == 0
    assert money["paid"] > 0
    assert money["appropriated"] == money["left"] + money["committed"] + money["paid"] - money["recovered"]
    assert said["reminders"] > 0


@pytest.mark.timeout(300)
def test_the_same_seed_gives_the_same_events_in_another_installation_and_another_seed_others(
    undisturbed: dict[str, Any], tmp_path: Path
) -> None:
    settings = an_installation(tmp_path / "again")
    with playing(settings, *three_firms()) as process:
        again = outcome_of(process)
    with playing(settings, "rehearse", "dalian", "--firms", "3", "--seed", "6", "--json") as process:
        other = outcome_of(process)

    assert again["fingerprint"] == undisturbed["fingerprint"]
    assert other["fingerprint"] != undisturbed["fingerprint"]


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("--city", "atlantis"), 3, "没有“atlantis”的规则包"),
        (("--firms", "0"), 2, "firms"),
        (("--firms", "many"), 2, "firms"),
        (("--seed", "1.5"), 2, "seed"),
    ],
)
def test_a_city_or_size_that_cannot_be_is_refused_before_anything_starts(
    tmp_path: Path, arguments: tuple[str, ...], status: int, says: str
) -> None:
    settings = an_installation(tmp_path / "home")
    with playing(settings, "demo", *arguments) as process:
        told, complained = process.communicate(timeout=60)

    assert (process.returncode, told) == (status, "")
    assert says in complained
    assert "Traceback" not in complained
    assert not (tmp_path / "home").exists()


@pytest.mark.faults
@pytest.mark.timeout(600)
@pytest.mark.parametrize("trial", range(int(os.environ.get("LOOKBACK_TRIALS", "3"))))
@pytest.mark.parametrize("victims", [("worker",), ("projector",), ("postgres",), ("temporal",), ("worker", "postgres")])
def test_whatever_is_killed_in_the_middle_the_same_events_come_out(
    undisturbed: dict[str, Any], tmp_path: Path, victims: tuple[str, ...], trial: int
) -> None:
    settings, chance = an_installation(tmp_path / "home"), Random(f"{victims}{trial}")
    with playing(settings, *three_firms()) as process:
        wait_until_all_run(settings)
        time.sleep(chance.uniform(0.5, 6))
        for victim in victims:
            kill(settings, victim)
        said = outcome_of(process, 500)

    assert said["fingerprint"] == undisturbed["fingerprint"]
    assert said["money"] == undisturbed["money"]


def wait_until_all_run(settings: Settings) -> None:
    until = time.monotonic() + 120
    while time.monotonic() < until:
        states = {part.name: part.state for part in embedded.status(settings)}
        if all(states.get(name) == "running" for name in ("postgres", "temporal", "worker", "projector")):
            return
        time.sleep(0.2)
    raise AssertionError(f"not all parts came up: {states}")


def kill(settings: Settings, name: str) -> None:
    (pid,) = [part.pid for part in embedded.status(settings) if part.name == name]
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
