"""提醒与届满: reminders once and on their day, no end before midnight in China, late only after the last day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from domain.calendar import CHINA
from domain.case import rooms
from domain.case.schedule import DeadlineClosed, DeadlinePassed, ReminderRecorded, Wake, next_wake
from domain.deadlines import Deadline
from domain.people import Role
from tests.domain.play import Play, after, fact, ready, shows


def _deadline(play: Play) -> Deadline:
    (held,) = play.case.deadlines.values()
    return held


def reminded(play: Play) -> Play:
    """As the engine does: the reminder whose moment has come."""
    wake = next_wake(play.case)
    assert wake and wake.remind_on
    return play.on(wake.at.date(), time(9)).did(("record-reminder", {"name": wake.name, "on": wake.remind_on}))


def test_first_the_reminders_at_nine_then_the_end_of_the_last_day() -> None:
    play = after("submit-application")
    seen = []
    while (wake := next_wake(play.case)) and wake.remind_on:
        seen.append(wake)
        play = reminded(play).then(ReminderRecorded).then_deadlines()
    assert seen == [
        Wake(datetime(2026, 3, 13, 9, tzinfo=CHINA), "county_review/1", date(2026, 3, 13)),
        Wake(datetime(2026, 3, 15, 9, tzinfo=CHINA), "county_review/1", date(2026, 3, 15)),
    ]
    assert wake == Wake(datetime(2026, 3, 17, 0, tzinfo=CHINA), "county_review/1", None)
    passed = play.on(date(2026, 3, 17), time(0)).when("pass-deadline").then(DeadlinePassed)
    assert next_wake(passed.case) is None


def test_of_two_periods_the_earlier_wakes_first() -> None:
    play = after("instruct-payment").did("draw-case")
    assert {held.timer for held in play.case.deadlines.values()} == {"inspection", "payment"}
    ends = {held.due: held.name for held in play.case.deadlines.values()}
    seen = []
    while wake := next_wake(play.case):
        seen.append((wake.at, wake.name))
        kind, said = ("pass-deadline", {}) if wake.remind_on is None else ("record-reminder", {"on": wake.remind_on})
        at_that_moment = play.on(wake.at.date(), wake.at.time())
        play = at_that_moment.did((kind, {"name": wake.name, **said}))

    assert [moment for moment, _ in seen] == sorted(moment for moment, _ in seen)
    assert len(seen) == 6
    assert [name for moment, name in seen if moment.time() == time(0)] == [ends[day] for day in sorted(ends)]


def test_a_closed_case_wakes_for_nothing() -> None:
    closed = ready("reject-application").did("reject-application")
    assert rooms.standing(closed.case).wake is None
    assert rooms.standing(after("submit-application").case).wake is not None


@shows("reminder_must_be_due_and_not_yet_given")
def test_a_reminder_is_given_once_and_on_its_day() -> None:
    rule = "reminder_must_be_due_and_not_yet_given"
    first = reminded(after("submit-application")).then(
        fact(ReminderRecorded, on=date(2026, 3, 13), role=Role.COUNTY, due=date(2026, 3, 16))
    )
    first.when("record-reminder", name="county_review/1", on=date(2026, 3, 13)).then_refused(rule)
    first.when("record-reminder", name="county_review/1", on=date(2026, 3, 12)).then_refused(rule)
    assert _deadline(first).reminded == (date(2026, 3, 13),)
    assert _deadline(reminded(first)).reminded == (date(2026, 3, 13), date(2026, 3, 15))


@shows("time_must_have_come")
def test_nobody_reminds_ahead_of_time() -> None:
    due = after("submit-application").on(date(2026, 3, 13), time(8, 59))
    said: dict[str, Any] = {"name": "county_review/1", "on": date(2026, 3, 13)}
    due.when("record-reminder", **said).then_refused("time_must_have_come")
    due.on(date(2026, 3, 13), time(9)).when("record-reminder", **said).then(ReminderRecorded)


@shows("time_must_have_come")
@pytest.mark.parametrize(
    "ahead",
    [
        datetime(2026, 3, 2, 10, tzinfo=CHINA),
        datetime(2026, 3, 16, 23, 59, 59, tzinfo=CHINA),
        datetime(2026, 3, 16, 15, 59, 59, 999_999, tzinfo=UTC),  # the same evening, told in another zone
    ],
)
def test_no_deadline_passes_before_its_last_day_is_over_in_china(ahead: datetime) -> None:
    held = after("submit-application")
    at_once = Play(held.rules, held.facts, held.fund_facts, held.batch_facts, now=ahead)
    at_once.when("pass-deadline").then_refused("time_must_have_come")
    midnight = Play(held.rules, held.facts, now=datetime(2026, 3, 16, 16, tzinfo=UTC))
    midnight.when("pass-deadline").then(fact(DeadlinePassed, name="county_review/1", due=date(2026, 3, 16)))


@shows("deadline_must_be_running")
def test_time_passes_once_and_only_for_what_runs() -> None:
    rule = "deadline_must_be_running"
    late = ready("pass-deadline")
    late.when("pass-deadline", name="county_review/2").then_refused(rule)
    late.when("pass-deadline", name="").then_refused(rule)
    passed = late.when("pass-deadline").then(DeadlinePassed)
    passed.when("pass-deadline").then_refused(rule)
    passed.when("record-reminder", name="county_review/1", on=date(2026, 3, 13)).then_refused(rule)
    done = late.did("pass-county-review")
    done.when("pass-deadline", name="county_review/1").then_refused(rule)


def test_a_passed_deadline_stays_open_until_the_step_is_taken_late() -> None:
    passed = ready("pass-deadline").did("pass-deadline")
    assert _deadline(passed).passed
    late = passed.when("pass-county-review")
    (closed,) = (one for one in late.happened if isinstance(one, DeadlineClosed))
    assert (closed.name, closed.late) == ("county_review/1", True)


@pytest.mark.parametrize(("day", "late"), [(date(2026, 3, 16), False), (date(2026, 3, 17), True)])
def test_late_is_after_the_last_day_whether_or_not_its_end_was_recorded_in_between(day: date, *, late: bool) -> None:
    done = after("submit-application").on(day, time(0, 1)).when("pass-county-review")
    assert [one.late for one in done.happened if isinstance(one, DeadlineClosed)] == [late]


@pytest.mark.parametrize("kind", ["confirm-pilot", "confirm-acceptance", "revoke-qualification"])
def test_a_period_that_has_to_run_out_is_never_late(kind: str) -> None:
    given = ready(kind) if kind != "revoke-qualification" else ready(kind).after("statement")
    closed = [one for one in given.when(kind).happened if isinstance(one, DeadlineClosed)]
    assert [one.late for one in closed] == [False]
