"""期限: which periods run in which state, when they remind and pass, and that silence decides nothing it may not."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import pytest

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
)
from domain.deadlines import Deadline
from domain.people import Role
from domain.policy import KEYS, Days
from domain.provider.file import Membership
from tests.domain.cast import CASE, RULES, clause, rules
from tests.domain.lines import MAIN, SHUT_DOWN
from tests.domain.play import Play, after, at, ready, shows
from tests.domain.test_supply import pool

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
    "register-account": ((), ()),
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
    "adopt-rules": ((), ()),
    "return-plan": (("contract/2",), ("contract_review/1",)),
    "return-contract": (("contract/3",), ("contract_review/2",)),
    "ask-contract-change": ((), ()),
    "approve-contract-change": ((), ()),
    "decline-contract-change": ((), ()),
    "file-vouchers": ((), ()),
    "strike-vouchers": ((), ()),
    "record-earlier-support": ((), ()),
    "deny-subsidy": ((), ("entitlement/1",)),
    "override-level": ((), ()),
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
    "record-enforcement": ((), ()),
    "write-off-recovery": ((), ()),
    "approve-conflict": ((), ()),
    "watch-provider": ((), ()),
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


# --- the same step begun anew


def _planned_with_another(play: Play) -> Play:
    return play.with_supply(pool(Membership.REMOVED)).when("file-plan", provider="别家软件")


def test_a_plan_with_another_provider_has_its_reviewers_full_period() -> None:
    registering = after("pass-contract")
    old = _deadline(registering)
    overdue = registering.on(old.due + timedelta(days=40))
    again = _planned_with_another(overdue)
    again.then_deadlines(set=("contract_review/3",), closed=("contract_review/2",))
    assert [one.late for one in again.happened if isinstance(one, DeadlineClosed)] == [True]
    new = _deadline(again)
    assert (new.name, new.set_on, new.passed, new.reminded) == ("contract_review/3", overdue.today, False, ())
    assert new.due > overdue.today
    assert all(day > overdue.today for day in new.remind_on)
    assert new.remind_on
    in_time = _planned_with_another(registering.on(old.due))
    assert [one.late for one in in_time.happened if isinstance(one, DeadlineClosed)] == [False]


def test_a_plan_begun_anew_while_the_firm_should_sign_is_timed_as_any_other() -> None:
    again = _planned_with_another(after("pass-plan"))
    again.then_deadlines(set=("contract_review/2",), closed=("contract/2",))
    again.when("pass-plan").then_deadlines(set=("contract/3",), closed=("contract_review/2",))


def test_a_period_begun_anew_is_settled_once() -> None:
    again = _planned_with_another(after("pass-contract"))
    new = _deadline(again)
    reminded = again.on(new.remind_on[0]).did("record-reminder")
    reminded.then_deadlines()
    assert [held.name for held in reminded.case.deadlines.values()] == [new.name]


def test_a_returned_plan_that_is_filed_again_has_its_reviewers_full_period() -> None:
    late = after("file-plan")
    first = _deadline(late)
    refiled = late.on(first.due + timedelta(days=1)).did("return-plan").on(first.due + timedelta(days=30))
    refiled = refiled.did("file-plan")
    refiled.then_deadlines(set=("contract_review/2",), closed=("contract/2",))
    assert _deadline(refiled).set_on == first.due + timedelta(days=30)


@pytest.mark.parametrize("kind", [*TABLE, *SIDE_TABLE])
def test_one_period_runs_on_into_another_step_only_from_the_contracts_review_to_its_registration(kind: str) -> None:
    due = ready(kind)
    done = due.did(kind)
    timed = [timer for timer in TIMERS if timer.runs(due.case) and timer.runs(done.case)]
    moved = [
        timer.name
        for timer in timed
        if (due.case.works, due.case.acceptance, due.case.qualification, due.case.inspection)
        != (done.case.works, done.case.acceptance, done.case.qualification, done.case.inspection)
    ]
    assert moved == (["contract_review"] if kind == "pass-contract" else [])
