"""公示 in any order: whatever is done on whatever day, a notice completes only if it stood unchanged all the time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.notice.file import Notice, NoticeState
from domain.policy import Pack
from domain.rejections import Rejection
from policies.calendars import published
from tests.domain.board import MONDAY, Board, hanging
from tests.domain.cast import rules

SECOND = date(2026, 3, 3)
LAST = date(2026, 3, 9)
DAY_AFTER = date(2026, 3, 10)
STOPS = rules()
RUNS_ON = rules({"publicity.suspends": False})

ACTS = ["check"] * 6 + ["other page", "object", "dismiss", "dismiss", "uphold", "complete", "complete", "reissue"]
SAID: dict[str, tuple[str, dict[str, Any]]] = {
    "check": ("check-notice", {}),
    "other page": ("check-notice", {"sha256": "f" * 64}),
    "object": ("object-to-notice", {}),
    "dismiss": ("answer-notice-objection", {}),
    "uphold": ("answer-notice-objection", {"upheld": True}),
    "complete": ("complete-notice", {}),
    "reissue": ("reissue-notice", {}),
}
Done = list[tuple[str, date]]


def told(acts: list[tuple[str, int]], law: Pack) -> tuple[Board, Done]:
    """What was done, with its day; what was refused left out."""
    board, done = replace(Board(), rules=law).did("publish-notice"), []
    for act, days in acts:
        board = board.on(board.today + timedelta(days=days))
        kind, said = SAID[act]
        if kind == "answer-notice-objection":
            said = {**said, "number": min(board.notice.open_objections, default=1)}
        try:
            board = board.decided(kind, **said)
        except Rejection:
            continue
        done.append((act, board.today))
    return board, done


def completes_rightly(done: Done, *, stops: bool) -> bool:
    """Told a second time, act by act: five working days seen unchanged, none of them in a dispute."""
    proven: set[date] = set()
    disputes, since = 0, MONDAY
    for act, day in done:
        match act:
            case "other page" | "uphold" | "reissue":
                return False
            case "check" if published().is_workday(day) and day > since and not (disputes and stops):
                proven.add(day)
            case "object":
                proven -= {day} if stops else set()
                disputes += 1
            case "dismiss":
                disputes -= 1
                since = day if stops and not disputes else since
            case "complete":
                return not disputes and len(proven) >= 5
    return False


def test_in_any_order_a_notice_completes_only_if_it_stood_unchanged_for_its_whole_window() -> None:
    completed = 0

    @given(
        acts=st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 2)), min_size=8, max_size=60),
        law=st.sampled_from([STOPS, RUNS_ON]),
    )
    @settings(max_examples=10 * settings().max_examples)
    def holds(acts: list[tuple[str, int]], law: Pack) -> None:
        nonlocal completed
        board, done = told(acts, law)
        if board.notice.state is NoticeState.STOOD:
            completed += 1
            assert completes_rightly(done, stops=law is STOPS), done
            assert board.today >= DAY_AFTER
        else:
            assert "complete" not in [act for act, _ in done]

    holds()
    assert completed, "no notice was ever completed: the property would prove nothing"


@given(disputes=st.dictionaries(st.integers(0, 9), st.integers(0, 5), max_size=3))
def test_whoever_looks_every_day_completes_on_the_day_after_the_end(disputes: dict[int, int]) -> None:
    """Disputes move the end; nothing else is ever missing."""
    board, left = hanging(), dict(disputes)
    while (ends := board.notice.ends) is not None and board.today <= ends:
        board = board.on(board.today + timedelta(days=1))
        if board.today <= ends:
            board = board.did("check-notice")
        wait = left.pop((board.today - MONDAY).days, None)
        if wait is not None and board.today <= ends:
            board = board.did("object-to-notice").on(board.today + timedelta(days=wait))
            board = board.did("answer-notice-objection", number=board.notice.objections)
    assert board.did("complete-notice").notice.completed_on == board.today


def test_the_second_telling_bites() -> None:
    five = [("check", date(2026, 3, day)) for day in (3, 4, 5, 6, 9)]
    end = [("complete", DAY_AFTER)]
    assert completes_rightly([*five, *end], stops=True)
    assert not completes_rightly([*five[:4], *end], stops=True)
    assert not completes_rightly([*five, ("other page", LAST), *end], stops=True)
    assert not completes_rightly([*five, ("object", LAST), *end], stops=False)
    assert not completes_rightly([*five, ("object", LAST), ("dismiss", LAST), *end], stops=True)
    assert completes_rightly([*five, ("object", LAST), ("dismiss", LAST), *end], stops=False)


def test_a_notice_folds_again_to_the_same() -> None:
    board = hanging().seen_on(3).did("object-to-notice").on(SECOND).did("answer-notice-objection").seen_on(4)
    live = Notice.fresh(board.notice.id)
    for fact in board.facts:
        fact.mutate(live)
    assert vars(live) == vars(board.notice)
