"""回头看: drawn, visited by two who never evaluated, heard, mended, dismissed, or revoked with money to come home."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from domain.case.file import Inspection, Qualification, Recovery, Stage, Subsidy
from domain.case.lookback import (
    CaseCompleted,
    CaseDrawn,
    FindingDismissed,
    InspectionFound,
    InspectionPassed,
    LookbackRecheckFailed,
    LookbackRecheckPassed,
    LookbackRectificationOrdered,
    LookbackRectificationReported,
    QualificationRevoked,
    StatementFiled,
)
from domain.case.schedule import DeadlinePassed
from domain.fund.file import FundReleased
from domain.money import Money
from tests.domain.cast import CASE, ENTITLEMENT, clause, evaluator, head, inspector, leader, rules, supervisor
from tests.domain.lines import FALLEN, SHUT_DOWN
from tests.domain.play import Play, after, fact, ready, shows

FALSE_DATA: dict[str, Any] = {"findings": ("数据失真",), "evidence": ("截屏",)}


def found(play: Play, what: dict[str, Any] = SHUT_DOWN) -> Play:
    return play.did("draw-case", ("record-inspection", what))


# --- 抽中, 核查


@shows("case_must_be_in_the_frame")
@pytest.mark.parametrize(
    ("purpose", "inside", "outside"),
    [
        ("accepted", ("confirm-acceptance", "approve-payout", "record-receipt"), ("register-contract", "open-case")),
        ("works", ("register-contract", "report-milestone"), ("confirm-diagnosis", "confirm-acceptance")),
    ],
)
def test_works_are_checked_while_they_go_on_and_firms_after_acceptance(
    purpose: str, inside: tuple[str, ...], outside: tuple[str, ...]
) -> None:
    for kind in outside:
        after(kind).when("draw-case", purpose=purpose).then_refused("case_must_be_in_the_frame")
    for kind in inside:
        drawn = after(kind).when("draw-case", purpose=purpose).then(fact(CaseDrawn, purpose=purpose))
        drawn.then_deadlines(set=("inspection/1",))
        assert drawn.happened[0].clauses == (clause("lookback.rule"),)


@pytest.mark.parametrize("purpose", ["accepted", "works"])
def test_nobody_is_drawn_twice_at_the_same_time(purpose: str) -> None:
    base = after("record-receipt" if purpose == "accepted" else "register-contract")
    drawn = base.when("draw-case", purpose=purpose)
    drawn.when("draw-case", purpose=purpose).then_refused("case_must_be_in_the_frame")
    drawn.did(("record-inspection", SHUT_DOWN)).when("draw-case", purpose=purpose).then_refused(
        "case_must_be_in_the_frame"
    )
    again = drawn.did("record-inspection").when("draw-case", purpose=purpose, campaign="回头看-2")
    again.then(CaseDrawn).then_stands(campaign="回头看-2").then_deadlines(set=("inspection/2",))


def test_a_draw_names_its_campaign_and_how_it_came_about() -> None:
    for field in ("campaign", "basis"):
        ready("draw-case").when("draw-case", **{field: " "}).then_refused("words_must_be_given")


def test_no_draw_where_the_city_has_no_look_back() -> None:
    ready("draw-case").under(rules(without=["lookback.rule"])).when("draw-case").then_refused(
        "pack_must_answer_before_the_step", key="lookback.rule"
    )


def test_a_clean_visit_leaves_nothing_behind() -> None:
    clean = (
        ready("record-inspection")
        .when("record-inspection")
        .then(fact(InspectionPassed, second_inspector="inspector-2"))
    )
    clean.then_stands(inspection=Inspection.CLEAN, frozen=False, deadlines={})
    clean.then_deadlines(closed=("inspection/1",)).when("close-case").then(CaseCompleted)


@pytest.mark.parametrize("second", ["", "inspector-1"])
def test_a_visit_is_made_by_two(second: str) -> None:
    ready("record-inspection").when("record-inspection", second_inspector=second).then_refused(
        "two_people_must_have_been_on_site"
    )


@shows("inspectors_must_not_have_evaluated")
@pytest.mark.parametrize("met", ["evaluator-1", "evaluator-2"])
def test_who_evaluated_does_not_inspect(met: str) -> None:
    rule, due = "inspectors_must_not_have_evaluated", ready("record-inspection")
    due.when("record-inspection", by=replace(inspector, id=met)).then_refused(rule)
    due.when("record-inspection", second_inspector=met).then_refused(rule)
    due.when("record-inspection").then(InspectionPassed)
    ready("record-lookback-recheck").when("record-lookback-recheck", by=replace(inspector, id=met)).then_refused(rule)


@pytest.mark.parametrize("met", ["evaluator-1", "evaluator-2", "evaluator-3", "evaluator-4"])
def test_who_evaluated_first_stays_barred_after_a_recheck_by_others(met: str) -> None:
    other = {"by": replace(evaluator, id="evaluator-3"), "second_evaluator": "evaluator-4"}
    accepted = ready("file-recheck").did(("file-recheck", other), "pass-acceptance", "publish-acceptance")
    drawn = accepted.after("acceptance_notice").did("confirm-acceptance", "draw-case")
    drawn.when("record-inspection", second_inspector=met).then_refused("inspectors_must_not_have_evaluated")


@shows("finding_must_rest_on_evidence")
def test_a_finding_is_shown_and_freezes_what_is_unpaid() -> None:
    due = ready("record-inspection")
    due.when("record-inspection", findings=("系统停用",), evidence=()).then_refused("finding_must_rest_on_evidence")
    bad = due.when("record-inspection", **SHUT_DOWN).then(
        fact(InspectionFound, findings=("系统停用",), evidence=("照片1",))
    )
    bad.then_stands(inspection=Inspection.FOUND, frozen=True, findings=("系统停用",))
    bad.then_deadlines(set=("statement/1",), closed=("inspection/1",))


# --- 整改, 复核


@shows("only_a_fallen_level_may_be_mended")
def test_a_fallen_level_may_be_mended_and_nothing_else() -> None:
    rule = "only_a_fallen_level_may_be_mended"
    both = {"findings": ("等级回落", "数据失真"), "evidence": ("截屏",)}
    for what in (SHUT_DOWN, FALSE_DATA, both):
        found(after("record-receipt"), what).when("order-lookback-rectification").then_refused(rule)
    ordered = found(after("record-receipt"), FALLEN).when("order-lookback-rectification")
    ordered.then(LookbackRectificationOrdered)
    ordered.then_deadlines(set=("lookback_rectification/1",), closed=("statement/1",))


def test_a_level_that_was_mended_frees_the_money() -> None:
    ordered = found(after("approve-payout"), FALLEN).did("order-lookback-rectification")
    mended = ordered.when("report-lookback-rectification").then(LookbackRectificationReported)
    mended.then_deadlines(closed=("lookback_rectification/1",)).when("instruct-payment").then_refused(
        "money_must_not_be_frozen"
    )
    clean = mended.when("record-lookback-recheck", passed=True).then(LookbackRecheckPassed)
    clean.then_stands(inspection=Inspection.CLEAN, findings=(), frozen=False)
    assert clean.when("instruct-payment").refusal is None


def test_a_level_that_was_not_mended_is_heard_again_and_decided() -> None:
    failed = ready("record-lookback-recheck").when("record-lookback-recheck", passed=False)
    failed.then(LookbackRecheckFailed).then_stands(inspection=Inspection.UPHELD, frozen=True, findings=("等级回落",))
    failed.then_deadlines(set=("statement/2",))

    failed.when("revoke-qualification", ground="等级回落").then_refused("firm_must_have_been_heard")
    failed.when("order-lookback-rectification").then_refused("step_must_be_due")
    heard = failed.when("file-statement").then(StatementFiled)
    heard.when("revoke-qualification", ground="等级回落").then(QualificationRevoked)
    heard.when("dismiss-finding").then(FindingDismissed).then_stands(inspection=Inspection.CLEAN, frozen=False)


def test_who_rechecked_does_not_decide() -> None:
    failed = ready("record-lookback-recheck").did(
        ("record-lookback-recheck", {"passed": False, "by": supervisor}), "file-statement"
    )
    for decide, by in (("dismiss-finding", head), ("revoke-qualification", leader)):
        failed.when(decide, by=replace(by, id=supervisor.id)).then_refused("hand_must_differ")


# --- 陈述申辩, 不成立


def test_a_statement_says_something() -> None:
    ready("file-statement").when("file-statement", statement=" ").then_refused("words_must_be_given")
    ready("file-statement").when("file-statement", statement="停电").then(fact(StatementFiled, statement="停电"))


def test_a_finding_is_dismissed_with_a_reason_by_another_hand() -> None:
    due = ready("dismiss-finding")
    due.when("dismiss-finding", reason="").then_refused("words_must_be_given")
    for inspected in ("inspector-1", "inspector-2"):
        due.when("dismiss-finding", by=replace(head, id=inspected)).then_refused("hand_must_differ")
    clean = due.when("dismiss-finding", reason="已恢复").then(fact(FindingDismissed, reason="已恢复"))
    clean.then_deadlines(closed=("statement/1",)).when("close-case").then(CaseCompleted)


@pytest.mark.parametrize("earlier", ["clean", "mended"])
def test_who_ever_inspected_the_firm_dismisses_no_finding_of_another_visit(earlier: str) -> None:
    if earlier == "clean":
        visited = after("record-receipt").did("draw-case", "record-inspection")
        seen_by: tuple[str, ...] = ("inspector-1", "inspector-2")
    else:
        visited = ready("record-lookback-recheck").did(("record-lookback-recheck", {"by": supervisor}))
        seen_by = (supervisor.id,)
    others = {**SHUT_DOWN, "by": replace(inspector, id="inspector-3"), "second_inspector": "inspector-4"}
    again = found(visited, others)
    for person in seen_by:
        again.when("dismiss-finding", by=replace(head, id=person)).then_refused("hand_must_differ")
    again.when("dismiss-finding").then(FindingDismissed)


# --- 取消资格


@shows("firm_must_have_been_heard")
def test_no_decision_before_the_firm_was_heard_or_had_its_time() -> None:
    rule, silent = "firm_must_have_been_heard", found(after("record-receipt"))
    (period,) = silent.case.deadlines.values()
    silent.when("revoke-qualification").then_refused(rule, clause("timers.statement"))
    silent.on(period.due).when("revoke-qualification").then_refused(rule)
    silent.after("statement").when("revoke-qualification").then(QualificationRevoked)
    silent.did("file-statement").when("revoke-qualification").then(QualificationRevoked)
    passed = silent.after("statement").did(("pass-deadline", {"name": "statement/1"})).then(DeadlinePassed)
    passed.when("revoke-qualification").then(QualificationRevoked)


def test_what_was_said_to_an_earlier_finding_does_not_count_for_the_next() -> None:
    earlier = found(after("record-receipt")).did("file-statement", "dismiss-finding")
    found(earlier).when("revoke-qualification").then_refused("firm_must_have_been_heard")


@shows("ground_must_be_in_the_pack")
def test_the_ground_is_one_that_the_city_names_and_the_visit_found() -> None:
    rule, due = "ground_must_be_in_the_pack", ready("revoke-qualification")
    due.when("revoke-qualification", ground="拒不配合").then_refused(rule, clause("lookback.grounds"))
    due.when("revoke-qualification", ground="数据失真").then_refused(rule)
    due.when("revoke-qualification", ground="系统停用").then(QualificationRevoked)


def test_a_revocation_is_minuted_and_by_another_hand() -> None:
    due = ready("revoke-qualification")
    due.when("revoke-qualification", minutes="").then_refused("words_must_be_given")
    for inspected in ("inspector-1", "inspector-2"):
        due.when("revoke-qualification", by=replace(leader, id=inspected)).then_refused("hand_must_differ")


@pytest.mark.parametrize("key", ["lookback.grounds", "lookback.clawback"])
def test_no_revocation_while_the_pack_is_silent(key: str) -> None:
    ready("revoke-qualification").under(rules(without=[key])).when("revoke-qualification").then_refused(
        "pack_must_answer_before_the_step", key=key
    )


@shows("instruction_must_have_come_home")
def test_no_revocation_while_a_payment_is_on_its_way() -> None:
    on_its_way = found(after("instruct-payment")).did("file-statement")
    on_its_way.when("revoke-qualification").then_refused("instruction_must_have_come_home")
    on_its_way.did("record-receipt").when("revoke-qualification").then(QualificationRevoked)
    on_its_way.did("record-bounce").when("revoke-qualification").then(QualificationRevoked)


@pytest.mark.parametrize("clawback", ["yes", "no", "decision"])
@pytest.mark.parametrize("before", ["confirm-acceptance", "verify-entitlement", "approve-payout"])
def test_revoked_before_payment_the_case_ends_and_the_money_returns(before: str, clawback: str) -> None:
    pack = rules({"lookback.clawback": clawback})
    heard = found(after(before)).under(pack).did("file-statement")
    revoked = heard.when("revoke-qualification").then(fact(QualificationRevoked, outcome=Stage.CLOSED))
    revoked.then_stands(
        stage=Stage.CLOSED,
        qualification=Qualification.REVOKED,
        subsidy=Subsidy.RELEASED,
        recovery=Recovery.NONE,
        deadlines={},
    )
    if before == "approve-payout":
        revoked.then_booked(fact(FundReleased, amount=ENTITLEMENT, case=CASE, debit="available", credit="committed"))
    else:
        revoked.then_booked()
    assert (revoked.fund.committed, revoked.fund.available) == (Money(0), Money.wan(1000))


def test_revoked_during_the_works_the_case_ends() -> None:
    heard = after("register-contract").did(("draw-case", {"purpose": "works"}), ("record-inspection", SHUT_DOWN))
    heard.did("file-statement").when("revoke-qualification").then(QualificationRevoked).then_stands(
        stage=Stage.CLOSED, subsidy=Subsidy.RELEASED
    )


@pytest.mark.parametrize("clawback", ["yes", "decision"])
def test_revoked_after_payment_the_money_is_asked_back(clawback: str) -> None:
    heard = ready("revoke-qualification").under(rules({"lookback.clawback": clawback}))
    revoked = heard.when("revoke-qualification").then(
        fact(QualificationRevoked, clawback=clawback, outcome=Stage.LOOKBACK, ground="系统停用", minutes="纪要2号")
    )
    revoked.then_stands(stage=Stage.LOOKBACK, subsidy=Subsidy.PAID, recovery=Recovery.TO_NOTIFY, deadlines={})
    revoked.then_stands(inspection=Inspection.UPHELD, frozen=True)
    revoked.then_booked().then_deadlines(closed=("statement/1",))
    assert revoked.happened[0].clauses == (clause("lookback.grounds"), clause("lookback.clawback"))


def test_revoked_after_payment_where_nothing_is_asked_back_the_case_ends() -> None:
    heard = ready("revoke-qualification").under(rules({"lookback.clawback": "no"}))
    revoked = heard.when("revoke-qualification").then(QualificationRevoked).then_booked()
    revoked.then_stands(stage=Stage.CLOSED, subsidy=Subsidy.PAID, recovery=Recovery.NONE, paid=ENTITLEMENT)
    revoked.when("notify-recovery").then_refused("case_must_be_open")


@pytest.mark.parametrize("kind", ["file-statement", "dismiss-finding", "revoke-qualification", "draw-case"])
@pytest.mark.parametrize("state", ["notify-recovery", "decide-recovery", "record-refund", "hand-over-recovery"])
def test_what_was_decided_is_not_decided_again_while_the_money_comes_home(state: str, kind: str) -> None:
    rule = "case_must_be_in_the_frame" if kind == "draw-case" else "step_must_be_due"
    ready(state).when(kind).then_refused(rule)
    assert "statement/1" not in ready(state).case.deadlines


# --- 结项


@pytest.mark.parametrize("what", [None, SHUT_DOWN])
def test_no_case_is_closed_over_an_open_inspection(what: dict[str, Any] | None) -> None:
    drawn = after("record-receipt").did("draw-case")
    if what is None:
        drawn.when("close-case").then_refused("finding_must_be_settled_first")
    else:
        drawn.did(("record-inspection", what)).when("close-case").then_refused("finding_must_be_settled_first")


@pytest.mark.parametrize("state", ["notify-recovery", "decide-recovery", "record-refund"])
def test_no_case_is_closed_while_money_is_asked_back(state: str) -> None:
    ready(state).when("close-case").then_refused("step_must_be_due")
