"""期限: which periods run in which state, when they remind and pass, and that silence decides nothing it may not."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

import pytest

from domain.calendar import CHINA
from domain.case import rooms, schedule
from domain.case.file import (
    Acceptance,
    CaseFile,
    CasePapers,
    Inspection,
    Qualification,
    Recovery,
    Stage,
    Subsidy,
    Works,
)
from domain.case.schedule import (
    TIMERS,
    DeadlineClosed,
    DeadlinePassed,
    DeadlineSet,
    ReminderRecorded,
    Wake,
    next_wake,
)
from domain.deadlines import Deadline
from domain.people import Role
from domain.policy import KEYS, Days
from tests.domain.cast import CASE, RULES, clause, rules
from tests.domain.lines import MAIN, SHUT_DOWN
from tests.domain.play import Play, after, at, fact, ready, shows

TABLE: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    # command: periods that begin, periods that end
    "open-case": ((), ()),
    "submit-application": (("county_review/1",), ()),
    "pass-county-review": (("city_review/1",), ("county_review/1",)),
    "pass-city-review": ((), ("city_review/1",)),
    "publish-list": (("list_notice/1",), ()),
    "confirm-pilot": ((), ("list_notice/1",)),
    "assign-diagnosis": (("diagnosis/1",), ()),
    "file-diagnosis": ((), ("diagnosis/1",)),
    "confirm-diagnosis": (("contract/1",), ()),
    "file-plan": (("contract_review/1",), ("contract/1",)),
    "pass-plan": (("contract/2",), ("contract_review/1",)),
    "file-contract": (("contract_review/2",), ("contract/2",)),
    "pass-contract": ((), ()),  # registration belongs to the same period
    "register-contract": (("implementation/1",), ("contract_review/2",)),
    "report-milestone": ((), ()),
    "inspect-milestone": ((), ()),
    "report-completion": (("acceptance_application/1",), ("implementation/1",)),
    "apply-for-acceptance": ((), ("acceptance_application/1",)),
    "assign-evaluator": (("evaluation/1",), ()),
    "file-evaluation": (("acceptance_decision/1",), ("evaluation/1",)),
    "pass-acceptance": ((), ("acceptance_decision/1",)),
    "publish-acceptance": (("acceptance_notice/1",), ()),
    "confirm-acceptance": (("entitlement/1",), ("acceptance_notice/1",)),
    "verify-entitlement": ((), ("entitlement/1",)),
    "approve-payout": ((), ()),
    "instruct-payment": (("payment/1",), ()),
    "record-receipt": ((), ("payment/1",)),
    "close-case": ((), ()),
}


def test_the_table_is_the_main_path() -> None:
    assert tuple(TABLE) == MAIN


@pytest.mark.parametrize("kind", MAIN)
def test_each_step_begins_and_ends_its_periods_and_no_others(kind: str) -> None:
    begins, ends = TABLE[kind]
    ready(kind).when(kind).then_deadlines(set=begins, closed=ends)


SIDE_TABLE: Final[dict[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "request-supplement": (("supplement/1",), ("county_review/1",)),
    "submit-supplement": (("county_review/2",), ("supplement/1",)),
    "waitlist-application": ((), ("city_review/1",)),
    "promote-from-waitlist": ((), ()),
    "reject-application": ((), ("county_review/1",)),
    "record-objection": ((), ()),
    "answer-objection": ((), ()),
    "ask-withdrawal": ((), ()),
    "approve-withdrawal": ((), ("county_review/1",)),
    "decline-withdrawal": ((), ()),
    "return-plan": (("contract/2",), ("contract_review/1",)),
    "return-contract": (("contract/3",), ("contract_review/2",)),
    "ask-contract-change": ((), ()),
    "approve-contract-change": ((), ()),
    "decline-contract-change": ((), ()),
    "order-rectification": (("rectification/1",), ("acceptance_decision/1",)),
    "report-rectification": (("evaluation/2",), ("rectification/1",)),
    "file-recheck": (("acceptance_decision/2",), ("evaluation/2",)),
    "fail-acceptance": ((), ("acceptance_decision/2",)),
    "record-bounce": ((), ("payment/1",)),
    "draw-case": (("inspection/1",), ()),
    "record-inspection": ((), ("inspection/1",)),
    "order-lookback-rectification": (("lookback_rectification/1",), ("statement/1",)),
    "report-lookback-rectification": ((), ("lookback_rectification/1",)),
    "record-lookback-recheck": ((), ()),
    "file-statement": ((), ()),
    "dismiss-finding": ((), ("statement/1",)),
    "revoke-qualification": ((), ("statement/1",)),
    "notify-recovery": ((), ()),
    "decide-recovery": (("refund/1",), ()),
    "record-refund": ((), ("refund/1",)),
    "hand-over-recovery": ((), ("refund/1",)),
    "record-reminder": ((), ()),
    "pass-deadline": ((), ()),
}


def test_every_command_is_in_one_of_the_tables() -> None:
    assert {*TABLE, *SIDE_TABLE} == set(rooms.COMMANDS)


@pytest.mark.parametrize("kind", SIDE_TABLE)
def test_beside_the_main_path_too(kind: str) -> None:
    begins, ends = SIDE_TABLE[kind]
    ready(kind).when(kind).then_deadlines(set=begins, closed=ends)


def test_every_period_of_the_pack_has_its_timer_and_every_timer_its_key() -> None:
    assert [f"timers.{timer.name}" for timer in TIMERS] == [key for key in KEYS if key.startswith("timers.")]
    begun = {name.partition("/")[0] for begins, _ in (*TABLE.values(), *SIDE_TABLE.values()) for name in begins}
    assert {timer.name for timer in TIMERS} - begun == {"statement"}  # begins with a finding; see test_lookback


@pytest.mark.parametrize("timer", [timer.name for timer in TIMERS])
def test_no_step_begins_a_period_that_the_pack_does_not_know(timer: str) -> None:
    starts = next(
        (kind for kind, (begins, _) in (*TABLE.items(), *SIDE_TABLE.items()) if f"{timer}/1" in begins), "draw-case"
    )
    given, kind, said = ready(starts), starts, {}
    if timer == "statement":
        given, kind, said = ready("record-inspection"), "record-inspection", SHUT_DOWN
    silent = given.under(rules(without=[f"timers.{timer}"]))
    silent.when(kind, **said).then_refused("pack_must_answer_before_the_step", key=f"timers.{timer}")


def test_without_a_word_on_reminders_nothing_begins() -> None:
    silent = after("open-case").under(rules(without=["reminders.leads"]))
    silent.when("submit-application").then_refused("pack_must_answer_before_the_step", key="reminders.leads")


# --- what a deadline says


def test_a_deadline_says_until_when_for_whom_and_by_which_clause() -> None:
    (held,) = after("submit-application").case.deadlines.values()
    assert held == Deadline(
        name="county_review/1",
        role=Role.COUNTY,
        set_on=date(2026, 3, 2),
        due=date(2026, 3, 16),  # the tenth working day
        provisional=False,
        remind_on=(date(2026, 3, 13), date(2026, 3, 15)),
        on_expiry="wait",
        clause=clause("timers.county_review"),
    )


def test_a_deadline_in_a_year_without_a_calendar_is_provisional() -> None:
    (held,) = after("open-case").on(date(2026, 12, 28)).did("submit-application").case.deadlines.values()
    assert held.due.year == 2027
    assert held.provisional


def test_only_reminders_that_still_lie_ahead_are_planned() -> None:
    short = rules({"timers.county_review": Days(1, "working"), "reminders.leads": ("7", "3", "1")})
    assert _deadline(after("open-case").under(short).did("submit-application")).remind_on == ()
    longer = rules({"timers.county_review": Days(4, "natural"), "reminders.leads": ("1", "3", "7", "3")})
    assert _deadline(after("open-case").under(longer).did("submit-application")).remind_on == (
        date(2026, 3, 3),
        date(2026, 3, 5),
    )


def _deadline(play: Play) -> Deadline:
    (held,) = play.case.deadlines.values()
    return held


# --- 提醒与届满


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


# --- 视为放弃

CAN_LAPSE = {"supplement", "rectification"}


def test_only_a_firms_own_step_has_a_fact_for_lapsing() -> None:
    assert {timer.name for timer in TIMERS if timer.lapse} == CAN_LAPSE
    assert all(timer.role is Role.FIRM for timer in TIMERS if timer.lapse)


@shows("only_a_step_that_can_lapse_may_lapse")
def test_a_pack_cannot_let_a_reviewers_silence_decide() -> None:
    due = after("open-case")
    lapsing = due.under(rules({"timers.county_review": Days(10, "working", "lapse")}))
    lapsing.when("submit-application").then_refused(
        "only_a_step_that_can_lapse_may_lapse", clause("timers.county_review")
    )
    assert due.when("submit-application").refusal is None


@pytest.mark.parametrize("timer", [timer.name for timer in TIMERS])
def test_lapsing_is_for_the_firms_steps_alone(timer: str) -> None:
    starts = next(
        (kind for kind, (begins, _) in (*TABLE.items(), *SIDE_TABLE.items()) if f"{timer}/1" in begins),
        "record-inspection",
    )
    said = SHUT_DOWN if timer == "statement" else {}
    play = ready(starts).under(rules({f"timers.{timer}": Days(5, "working", "lapse")})).when(starts, **said)
    if timer in CAN_LAPSE:
        assert play.refusal is None
    else:
        play.then_refused("only_a_step_that_can_lapse_may_lapse", clause(f"timers.{timer}"))


@pytest.mark.parametrize("kind", [kind for kind, (begins, _) in TABLE.items() if begins])
def test_when_a_period_passes_the_case_waits_where_it_stood(kind: str) -> None:
    play = after(kind)
    (held,) = play.case.deadlines.values()
    passed = play.after(held.timer).when("pass-deadline").then(DeadlinePassed).then_deadlines()
    assert _regions(passed.case) == _regions(play.case)


def _regions(case: CaseFile) -> tuple[Stage, Qualification, Works, Acceptance, Subsidy, Inspection, Recovery]:
    return (
        *(case.stage, case.qualification, case.works, case.acceptance),
        *(case.subsidy, case.inspection, case.recovery),
    )


def test_what_the_pack_said_when_the_period_began_holds_when_it_passes() -> None:
    begun = after("submit-application").did("request-supplement")
    changed = begun.under(rules({"timers.supplement": Days(50, "working", "wait")})).after("supplement")
    assert not changed.when("pass-deadline").case.is_open


def test_settling_twice_changes_nothing() -> None:
    for stage in (Stage.SELECTION, Stage.CONTRACT, Stage.PAYOUT):
        play = at(stage, RULES)
        case = play.case
        papers = CasePapers(play.command("close-case"), play.now, play.rules, play.calendar)
        schedule.settle(case, papers)
        assert case.pending_events == []
        assert case.id == CASE


def test_a_deadline_does_not_move_when_other_things_happen() -> None:
    play = after("register-contract")
    before = _deadline(play)
    for kind in ("ask-contract-change", "approve-contract-change", "report-milestone", "inspect-milestone"):
        play = play.on(play.today + timedelta(days=7)).did(kind)
        assert _deadline(play) == before
    assert [type(one) for one in play.facts].count(DeadlineSet) == len(play.case.timers_opened) + 2
