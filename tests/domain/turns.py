"""Whose turn it is, told a second time: the states in which a command may be done at all, however right its words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from domain.case.file import Acceptance, CaseFile, Inspection, Qualification, Recovery, Stage, Subsidy, Works
from tests.domain.cast import REVISED, provider

PROVIDER: Final = provider.organisation

Turn = Callable[[CaseFile], bool]


def _standing(*states: Qualification) -> Turn:
    return lambda case: case.qualification in states


def _works(state: Works) -> Turn:
    return lambda case: case.works is state


def _acceptance(*states: Acceptance) -> Turn:
    return lambda case: case.acceptance in states


def _subsidy(state: Subsidy) -> Turn:
    return lambda case: case.subsidy is state and case.qualification is Qualification.PILOT


def _inspection(*states: Inspection) -> Turn:
    return lambda case: case.inspection in states and case.qualification is Qualification.PILOT


def _recovery(*states: Recovery) -> Turn:
    return lambda case: case.recovery in states and case.qualification is Qualification.REVOKED


def _may_be_drawn(case: CaseFile) -> bool:
    return (
        case.stage in (Stage.RETROFIT, Stage.PAYOUT, Stage.LOOKBACK)
        and case.qualification is Qualification.PILOT
        and case.inspection in (Inspection.NONE, Inspection.CLEAN)
    )


def _may_be_archived(case: CaseFile) -> bool:
    return (
        case.stage is Stage.LOOKBACK
        and case.recovery is Recovery.NONE
        and case.inspection in (Inspection.NONE, Inspection.CLEAN)
        and case.subsidy in (Subsidy.PAID, Subsidy.NOT_DUE, Subsidy.RELEASED)
    )


def _takes_vouchers(case: CaseFile) -> bool:
    judged = (Acceptance.DECIDING, Acceptance.PASSED, Acceptance.NOTICED, Acceptance.ACCEPTED, Acceptance.FAILED)
    return case.works in (Works.UNDER_WAY, Works.DONE) and case.acceptance not in judged


def _some_time_runs(case: CaseFile) -> bool:
    return any(not held.passed for held in case.deadlines.values())


TURNS: Final[Mapping[str, Turn]] = {
    "open-case": lambda case: case.is_new,
    "submit-application": lambda case: case.qualification is Qualification.DRAFT or case.may_apply_again,
    "request-supplement": _standing(Qualification.COUNTY_REVIEW, Qualification.CITY_REVIEW),
    "submit-supplement": _standing(Qualification.SUPPLEMENTING),
    "pass-county-review": _standing(Qualification.COUNTY_REVIEW),
    "pass-city-review": _standing(Qualification.CITY_REVIEW),
    "waitlist-application": _standing(Qualification.CITY_REVIEW),
    "promote-from-waitlist": _standing(Qualification.WAITLISTED),
    "reject-application": _standing(
        Qualification.COUNTY_REVIEW, Qualification.CITY_REVIEW, Qualification.EXPERT_REVIEW, Qualification.WAITLISTED
    ),
    "publish-list": _standing(Qualification.PROPOSED),
    "record-objection": lambda case: case.qualification is Qualification.NOTICED and not case.open_objection,
    "answer-objection": lambda case: case.qualification is Qualification.NOTICED and bool(case.open_objection),
    "confirm-pilot": lambda case: case.qualification is Qualification.NOTICED and not case.open_objection,
    "ask-withdrawal": lambda case: not case.withdrawal_asked and case.subsidy not in (Subsidy.INSTRUCTED, Subsidy.PAID),
    "approve-withdrawal": lambda case: case.withdrawal_asked,
    "decline-withdrawal": lambda case: case.withdrawal_asked,
    "adopt-rules": lambda case: case.batch is not None and case.rules_version != REVISED,
    "assign-diagnosis": _works(Works.AWAITING_DIAGNOSIS),
    "file-diagnosis": _works(Works.DIAGNOSING),
    "confirm-diagnosis": _works(Works.DIAGNOSED),
    "file-plan": _works(Works.PLANNING),
    "pass-plan": _works(Works.PLAN_REVIEW),
    "return-plan": _works(Works.PLAN_REVIEW),
    "file-contract": _works(Works.CONTRACTING),
    "pass-contract": _works(Works.CONTRACT_REVIEW),
    "return-contract": _works(Works.CONTRACT_REVIEW),
    "register-contract": _works(Works.REGISTERING),
    "ask-contract-change": lambda case: case.works is Works.UNDER_WAY and case.contract_change is None,
    "approve-contract-change": lambda case: case.works is Works.UNDER_WAY and case.contract_change is not None,
    "decline-contract-change": lambda case: case.works is Works.UNDER_WAY and case.contract_change is not None,
    "report-milestone": _works(Works.UNDER_WAY),
    "inspect-milestone": lambda case: case.works is Works.UNDER_WAY and None in case.milestones.values(),
    "report-completion": lambda case: case.works is Works.UNDER_WAY and case.contract_change is None,
    "file-vouchers": _takes_vouchers,
    "strike-vouchers": lambda case: _takes_vouchers(case) and bool(case.filings),
    "record-earlier-support": lambda case: (
        case.works in (Works.UNDER_WAY, Works.DONE) and case.subsidy in (Subsidy.NONE, Subsidy.TO_VERIFY)
    ),
    "deny-subsidy": _subsidy(Subsidy.TO_VERIFY),
    "apply-for-acceptance": _acceptance(Acceptance.AWAITING_APPLICATION),
    "assign-evaluator": _acceptance(Acceptance.ASSIGNING),
    "file-evaluation": _acceptance(Acceptance.EVALUATING),
    "override-level": lambda case: (
        case.works is Works.DIAGNOSING or case.acceptance in (Acceptance.EVALUATING, Acceptance.RECHECKING)
    ),
    "order-rectification": _acceptance(Acceptance.DECIDING),
    "report-rectification": _acceptance(Acceptance.RECTIFYING),
    "file-recheck": _acceptance(Acceptance.RECHECKING),
    "pass-acceptance": _acceptance(Acceptance.DECIDING),
    "fail-acceptance": _acceptance(Acceptance.DECIDING, Acceptance.RECTIFYING),
    "publish-acceptance": _acceptance(Acceptance.PASSED),
    "confirm-acceptance": _acceptance(Acceptance.NOTICED),
    "verify-entitlement": _subsidy(Subsidy.TO_VERIFY),
    "register-account": lambda case: case.subsidy in (Subsidy.TO_VERIFY, Subsidy.VERIFIED, Subsidy.APPROVED),
    "approve-payout": _subsidy(Subsidy.VERIFIED),
    "instruct-payment": _subsidy(Subsidy.APPROVED),
    "record-receipt": _subsidy(Subsidy.INSTRUCTED),
    "record-bounce": lambda case: case.subsidy is Subsidy.INSTRUCTED or bool(case.received),
    "draw-case": _may_be_drawn,
    "record-inspection": _inspection(Inspection.DRAWN),
    "order-lookback-rectification": _inspection(Inspection.FOUND),
    "report-lookback-rectification": _inspection(Inspection.RECTIFYING),
    "record-lookback-recheck": _inspection(Inspection.RECHECKING),
    "file-statement": _inspection(Inspection.FOUND, Inspection.UPHELD),
    "dismiss-finding": _inspection(Inspection.FOUND, Inspection.UPHELD),
    "revoke-qualification": _inspection(Inspection.FOUND, Inspection.UPHELD),
    "close-case": _may_be_archived,
    "notify-recovery": _recovery(Recovery.TO_NOTIFY),
    "decide-recovery": _recovery(Recovery.NOTIFIED),
    "record-refund": _recovery(Recovery.DECIDED, Recovery.HANDED_OVER, Recovery.ENFORCED),
    "hand-over-recovery": _recovery(Recovery.DECIDED),
    "record-enforcement": _recovery(Recovery.HANDED_OVER),
    "write-off-recovery": _recovery(Recovery.HANDED_OVER, Recovery.ENFORCED),
    "approve-conflict": lambda case: bool(case.diagnoser),
    "watch-provider": lambda case: PROVIDER == case.provider in case.retrofitters and case.provider_alarm != "removed",
    "record-reminder": _some_time_runs,
    "pass-deadline": _some_time_runs,
}


def has_come(kind: str, case: CaseFile) -> bool:
    """Whether the command may be done now at all."""
    open_for_it = case.is_open or (kind == "submit-application" and case.may_apply_again)
    return open_for_it and (kind == "open-case" or not case.is_new) and TURNS[kind](case)
