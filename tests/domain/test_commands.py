"""What every command does when its turn has come, and that it does nothing before, twice, or after the end."""

from __future__ import annotations

from typing import Any, Final

import pytest

from domain.case import (
    acceptance,
    adoption,
    alarm,
    application,
    contract,
    contract_change,
    diagnosis,
    entitlement,
    evaluation,
    independence,
    level,
    listing,
    lookback,
    payout,
    payout_plan,
    plan,
    recovery,
    retrofit,
    review,
    vouchers,
)
from domain.case import schedule as times
from domain.case import withdrawal as leaving
from domain.case.file import Acceptance, CasePapers, Inspection, Qualification, Recovery, Stage, Subsidy, Works
from domain.case.rooms import COMMANDS, CommandRefused, refuse
from domain.record import Fact
from domain.rejections import Refusal
from tests.domain.cast import ACCOUNT, ENTITLEMENT, REVISED
from tests.domain.lines import MAIN
from tests.domain.play import after, begin, ready, shows

Effect = tuple[tuple[type[Fact], ...], dict[str, Any]]

EFFECTS: Final[dict[str, Effect]] = {
    "open-case": ((application.CaseOpened,), {"qualification": Qualification.DRAFT, "stage": Stage.SELECTION}),
    "submit-application": ((application.ApplicationSubmitted,), {"qualification": Qualification.COUNTY_REVIEW}),
    "request-supplement": ((review.SupplementRequested,), {"qualification": Qualification.SUPPLEMENTING}),
    "submit-supplement": ((review.SupplementSubmitted,), {"qualification": Qualification.COUNTY_REVIEW}),
    "pass-county-review": ((review.CountyReviewPassed,), {"qualification": Qualification.CITY_REVIEW}),
    "pass-city-review": ((review.CityReviewPassed,), {"qualification": Qualification.PROPOSED}),
    "waitlist-application": ((review.ApplicationWaitlisted,), {"qualification": Qualification.WAITLISTED}),
    "promote-from-waitlist": ((review.WaitlistPromoted,), {"qualification": Qualification.PROPOSED}),
    "reject-application": (
        (review.ApplicationRejected,),
        {"qualification": Qualification.NOT_SELECTED, "stage": Stage.CLOSED},
    ),
    "publish-list": ((listing.ListPublished,), {"qualification": Qualification.NOTICED}),
    "record-objection": ((listing.ObjectionRecorded,), {"open_objection": "设备不实"}),
    "answer-objection": (
        (listing.ObjectionDismissed,),
        {"open_objection": "", "qualification": Qualification.NOTICED},
    ),
    "confirm-pilot": (
        (listing.PilotConfirmed,),
        {"qualification": Qualification.PILOT, "works": Works.AWAITING_DIAGNOSIS, "stage": Stage.DIAGNOSIS},
    ),
    "ask-withdrawal": ((leaving.WithdrawalAsked,), {"withdrawal_asked": True, "stage": Stage.SELECTION}),
    "approve-withdrawal": (
        (leaving.WithdrawalApproved,),
        {"qualification": Qualification.WITHDRAWN, "subsidy": Subsidy.RELEASED, "stage": Stage.CLOSED},
    ),
    "decline-withdrawal": ((leaving.WithdrawalDeclined,), {"withdrawal_asked": False, "stage": Stage.SELECTION}),
    "adopt-rules": ((adoption.RulesAdopted,), {"rules_version": REVISED, "stage": Stage.SELECTION}),
    "assign-diagnosis": ((diagnosis.DiagnosisAssigned,), {"works": Works.DIAGNOSING, "diagnoser": "诊断中心"}),
    "file-diagnosis": ((diagnosis.DiagnosisFiled,), {"works": Works.DIAGNOSED}),
    "confirm-diagnosis": ((diagnosis.DiagnosisConfirmed,), {"works": Works.PLANNING, "stage": Stage.CONTRACT}),
    "file-plan": ((plan.PlanFiled,), {"works": Works.PLAN_REVIEW, "provider": "云软公司"}),
    "pass-plan": ((plan.PlanPassed,), {"works": Works.CONTRACTING}),
    "return-plan": ((plan.PlanReturned,), {"works": Works.PLANNING}),
    "file-contract": ((contract.ContractFiled,), {"works": Works.CONTRACT_REVIEW}),
    "pass-contract": ((contract.ContractPassed,), {"works": Works.REGISTERING}),
    "return-contract": ((contract.ContractReturned,), {"works": Works.CONTRACTING}),
    "register-contract": ((contract.ContractRegistered,), {"works": Works.UNDER_WAY, "stage": Stage.RETROFIT}),
    "ask-contract-change": ((contract_change.ContractChangeAsked,), {"works": Works.UNDER_WAY, "contract_changes": 0}),
    "approve-contract-change": ((contract_change.ContractChanged,), {"contract_change": None, "contract_changes": 1}),
    "decline-contract-change": (
        (contract_change.ContractChangeDeclined,),
        {"contract_change": None, "contract_changes": 0},
    ),
    "report-milestone": ((retrofit.MilestoneReported,), {"milestones": {"上线": None}}),
    "inspect-milestone": ((retrofit.MilestoneInspected,), {"milestones": {"上线": True}}),
    "report-completion": (
        (retrofit.CompletionReported,),
        {"works": Works.DONE, "acceptance": Acceptance.AWAITING_APPLICATION, "stage": Stage.EVALUATION},
    ),
    "apply-for-acceptance": ((evaluation.AcceptanceApplied,), {"acceptance": Acceptance.ASSIGNING}),
    "assign-evaluator": (
        (evaluation.EvaluatorAssigned,),
        {"acceptance": Acceptance.EVALUATING, "evaluator": "评测中心"},
    ),
    "file-evaluation": (
        (evaluation.EvaluationFiled,),
        {"acceptance": Acceptance.DECIDING, "stage": Stage.ACCEPTANCE},
    ),
    "override-level": ((level.LevelOverridden,), {"level_override": (1, 2), "acceptance": Acceptance.EVALUATING}),
    "order-rectification": (
        (acceptance.RectificationOrdered,),
        {"acceptance": Acceptance.RECTIFYING, "rectifications": 1},
    ),
    "report-rectification": ((acceptance.RectificationReported,), {"acceptance": Acceptance.RECHECKING}),
    "file-recheck": ((acceptance.RecheckFiled,), {"acceptance": Acceptance.DECIDING}),
    "pass-acceptance": ((acceptance.AcceptancePassed,), {"acceptance": Acceptance.PASSED}),
    "fail-acceptance": (
        (acceptance.AcceptanceFailed,),
        {"acceptance": Acceptance.FAILED, "subsidy": Subsidy.NONE, "stage": Stage.CLOSED},
    ),
    "publish-acceptance": ((acceptance.AcceptancePublished,), {"acceptance": Acceptance.NOTICED}),
    "confirm-acceptance": (
        (acceptance.AcceptanceConfirmed,),
        {"acceptance": Acceptance.ACCEPTED, "subsidy": Subsidy.TO_VERIFY, "stage": Stage.PAYOUT},
    ),
    "verify-entitlement": ((entitlement.EntitlementVerified,), {"subsidy": Subsidy.VERIFIED}),
    "file-vouchers": ((vouchers.VouchersFiled,), {"acceptance": Acceptance.AWAITING_APPLICATION}),
    "strike-vouchers": ((vouchers.VouchersStruck,), {"filings": {}}),
    "record-earlier-support": ((entitlement.EarlierSupportRecorded,), {"subsidy": Subsidy.TO_VERIFY}),
    "deny-subsidy": ((entitlement.SubsidyDenied,), {"subsidy": Subsidy.NOT_DUE, "stage": Stage.LOOKBACK}),
    "approve-payout": ((payout_plan.PayoutApproved,), {"subsidy": Subsidy.APPROVED, "approved": ENTITLEMENT}),
    "register-account": ((payout.AccountRegistered,), {"account": ACCOUNT}),
    "instruct-payment": ((payout.PaymentInstructed,), {"subsidy": Subsidy.INSTRUCTED, "instructions": 1}),
    "record-receipt": (
        (payout.PaymentReceived,),
        {"subsidy": Subsidy.PAID, "paid": ENTITLEMENT, "stage": Stage.LOOKBACK},
    ),
    "record-bounce": ((payout.PaymentBounced,), {"subsidy": Subsidy.APPROVED, "instruction": "", "instructions": 1}),
    "draw-case": ((lookback.CaseDrawn,), {"inspection": Inspection.DRAWN, "campaign": "回头看-1"}),
    "record-inspection": ((lookback.InspectionPassed,), {"inspection": Inspection.CLEAN, "frozen": False}),
    "order-lookback-rectification": (
        (lookback.LookbackRectificationOrdered,),
        {"inspection": Inspection.RECTIFYING, "frozen": True},
    ),
    "report-lookback-rectification": (
        (lookback.LookbackRectificationReported,),
        {"inspection": Inspection.RECHECKING, "frozen": True},
    ),
    "record-lookback-recheck": (
        (lookback.LookbackRecheckPassed,),
        {"inspection": Inspection.CLEAN, "findings": (), "frozen": False},
    ),
    "file-statement": ((lookback.StatementFiled,), {"statement_filed": True, "inspection": Inspection.FOUND}),
    "dismiss-finding": (
        (lookback.FindingDismissed,),
        {"inspection": Inspection.CLEAN, "findings": (), "frozen": False},
    ),
    "revoke-qualification": (
        (lookback.QualificationRevoked,),
        {"qualification": Qualification.REVOKED, "recovery": Recovery.TO_NOTIFY, "stage": Stage.LOOKBACK},
    ),
    "close-case": ((lookback.CaseCompleted,), {"qualification": Qualification.COMPLETED, "stage": Stage.CLOSED}),
    "notify-recovery": ((recovery.RecoveryNotified,), {"recovery": Recovery.NOTIFIED, "to_recover": ENTITLEMENT}),
    "decide-recovery": ((recovery.RecoveryDecided,), {"recovery": Recovery.DECIDED, "to_recover": ENTITLEMENT}),
    "record-refund": (
        (recovery.RefundRecorded, recovery.RecoverySettled),
        {"recovery": Recovery.SETTLED, "refunded": ENTITLEMENT, "stage": Stage.CLOSED},
    ),
    "hand-over-recovery": (
        (recovery.RecoveryHandedOver,),
        {"recovery": Recovery.HANDED_OVER, "stage": Stage.LOOKBACK},
    ),
    "record-enforcement": ((recovery.RecoveryEnforced,), {"recovery": Recovery.ENFORCED, "stage": Stage.LOOKBACK}),
    "write-off-recovery": (
        (recovery.RecoveryWrittenOff,),
        {"recovery": Recovery.WRITTEN_OFF, "stage": Stage.CLOSED},
    ),
    "approve-conflict": (
        (independence.ConflictApproved,),
        {"conflicts": {("诊断中心", "diagnosis+retrofit"): "case.conflict-approved"}},
    ),
    "watch-provider": ((alarm.ProviderAlarmRaised,), {"provider_alarm": "removed", "works": Works.UNDER_WAY}),
    "record-reminder": ((times.ReminderRecorded,), {"stage": Stage.SELECTION}),
    "pass-deadline": ((times.DeadlinePassed,), {"qualification": Qualification.COUNTY_REVIEW}),
}


def test_no_command_is_left_out() -> None:
    assert set(EFFECTS) == set(COMMANDS)


@pytest.mark.parametrize("kind", COMMANDS)
def test_a_command_whose_turn_has_come_has_its_effect(kind: str) -> None:
    facts, stands = EFFECTS[kind]
    ready(kind).when(kind).then(*facts).then_stands(**stands)


@pytest.mark.parametrize("kind", COMMANDS)
def test_every_fact_carries_its_command_its_hand_its_time_and_the_rules_in_force(kind: str) -> None:
    play = ready(kind)
    command = play.command(kind, evidence=("材料1",))
    done = play.given(command)

    for one in (*done.happened, *done.booked):
        assert (one.command_id, one.by, one.timestamp) == (command.command_id, command.by, play.now)
        assert (one.reason, one.evidence) == (command.reason, ("材料1",))
        assert one.pack_version == play.rules.version
        assert all(clause.startswith("示例办法 ") for clause in one.clauses)


NOT_TWICE: Final = {
    "open-case": "firm_must_have_one_case",
    "reject-application": "case_must_be_open",
    "write-off-recovery": "case_must_be_open",
    "record-objection": "objection_must_be_answered_first",
    "answer-objection": "there_must_be_an_open_objection",
    "ask-withdrawal": "withdrawal_must_be_decided_first",
    "approve-withdrawal": "case_must_be_open",
    "decline-withdrawal": "withdrawal_must_have_been_asked",
    "adopt-rules": "adopted_rules_must_be_others",
    "ask-contract-change": "one_change_at_a_time",
    "file-vouchers": "",  # more may be shown
    "strike-vouchers": "filing_must_be_on_file",
    "record-earlier-support": "",  # a slip is put right by another
    "override-level": "",  # a slip is put right by another
    "approve-contract-change": "there_must_be_a_change_to_decide",
    "decline-contract-change": "there_must_be_a_change_to_decide",
    "report-milestone": "",  # 节点 may be reported again
    "inspect-milestone": "milestone_must_have_been_reported",
    "fail-acceptance": "case_must_be_open",
    "draw-case": "case_must_be_in_the_frame",
    "register-account": "",  # a firm may name another account
    "file-statement": "",  # a firm may say more
    "close-case": "case_must_be_open",
    "record-refund": "case_must_be_open",
    "approve-conflict": "there_must_be_a_conflict_to_approve",
    "watch-provider": "alarm_must_say_something_new",
    "record-reminder": "reminder_must_be_due_and_not_yet_given",
    "pass-deadline": "deadline_must_be_running",
}
"""What refuses a command that is given a second time; where nothing is said, that its step is over."""


@pytest.mark.parametrize("kind", COMMANDS)
def test_a_step_that_was_taken_is_not_taken_again(kind: str) -> None:
    again = after(kind).when(kind) if kind in MAIN else ready(kind).did(kind).when(kind)

    rule = NOT_TWICE.get(kind, "step_must_be_due")
    assert again.refusal is None if not rule else again.then_refused(rule)


TOO_EARLY: Final = {
    "ask-withdrawal": "firm_must_have_applied",
    "approve-withdrawal": "withdrawal_must_have_been_asked",
    "decline-withdrawal": "withdrawal_must_have_been_asked",
    "adopt-rules": "case_must_have_taken_up_rules",
    "approve-contract-change": "step_must_be_due",
    "decline-contract-change": "there_must_be_a_change_to_decide",
    "draw-case": "case_must_be_in_the_frame",
    "strike-vouchers": "filing_must_be_on_file",
    "approve-conflict": "there_must_be_a_conflict_to_approve",
    "watch-provider": "case_must_be_retrofitted_by_the_provider",
    "record-reminder": "deadline_must_be_running",
    "pass-deadline": "deadline_must_be_running",
    # An institution belongs to the case only from when it is sent; before, its hand is a stranger's.
    "file-diagnosis": "hand_must_belong_to_the_case",
    "report-milestone": "hand_must_belong_to_the_case",
    "file-evaluation": "hand_must_belong_to_the_case",
    "file-recheck": "hand_must_belong_to_the_case",
}


@pytest.mark.parametrize("kind", [kind for kind in COMMANDS if kind not in ("open-case", "submit-application")])
def test_a_step_is_not_taken_before_its_turn(kind: str) -> None:
    draft = after("open-case")
    draft.when(kind).then_refused(TOO_EARLY.get(kind, "step_must_be_due"))


@pytest.mark.parametrize("early", ["pass-plan", "file-plan"])
def test_no_milestone_before_the_contract_is_registered(early: str) -> None:
    after("file-plan").did(*(["pass-plan"] if early == "pass-plan" else [])).when("report-milestone").then_refused(
        "step_must_be_due"
    )


def test_no_recheck_where_nothing_was_to_be_mended() -> None:
    ready("file-evaluation").when("file-recheck").then_refused("step_must_be_due")
    after("file-evaluation").when("file-recheck").then_refused("step_must_be_due")


@pytest.mark.parametrize("kind", COMMANDS)
def test_a_case_that_was_never_opened_knows_no_command_but_the_first(kind: str) -> None:
    nothing = begin().when(kind)

    if kind == "open-case":
        nothing.then(application.CaseOpened)
    else:
        nothing.then_refused("case_must_have_been_opened")


@shows("case_must_have_been_opened")
def test_a_case_begins_with_its_firm_on_the_roster() -> None:
    begin().when("submit-application").then_refused("case_must_have_been_opened")
    begin().did("open-case").when("submit-application").then(application.ApplicationSubmitted)


ENDS: Final = ("reject-application", "approve-withdrawal", "fail-acceptance", "close-case", "record-refund")


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("kind", COMMANDS)
def test_a_closed_case_takes_no_further_step(kind: str, end: str) -> None:
    closed = ready(end).did(end)
    assert not closed.case.is_open

    refusals = {"open-case": "firm_must_have_one_case"}
    if end == "reject-application":
        refusals["submit-application"] = "firm_must_apply_once_in_a_batch"
    closed.when(kind).then_refused(refusals.get(kind, "case_must_be_open"))


@shows("case_must_be_open")
def test_the_archive_is_closed() -> None:
    ready("close-case").when("draw-case").then(lookback.CaseDrawn)
    ready("close-case").did("close-case").when("draw-case").then_refused("case_must_be_open")


@shows("step_must_be_due")
def test_a_step_waits_for_its_turn() -> None:
    ready("pass-county-review").when("pass-city-review").then_refused("step_must_be_due")
    after("pass-county-review").when("pass-city-review").then(review.CityReviewPassed)


def test_the_main_path_passes_through_all_stages_in_order() -> None:
    seen = [after(kind).case.stage for kind in MAIN]
    assert list(dict.fromkeys(seen)) == list(Stage)


def test_a_refused_signal_leaves_its_refusal_on_record_and_changes_nothing_else() -> None:
    play = after("submit-application")
    command = play.command("confirm-pilot")
    case, before = play.case, vars(play.case)
    refusal = Refusal("step_must_be_due", "未到此步骤", "示例办法 一")

    refuse(case, CasePapers(command, play.now, play.rules, play.calendar), refusal)

    (kept,) = case.pending_events
    assert isinstance(kept, CommandRefused)
    assert (kept.kind, kept.refusal, kept.clauses) == ("confirm-pilot", refusal, ("示例办法 一",))
    moved = {name for name, value in vars(case).items() if value != before[name]}
    assert moved == {"_version", "_modified_on", "_pending_events"}
