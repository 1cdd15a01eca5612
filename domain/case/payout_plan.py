"""入批次方案: a firm's claim is taken into the plan of a payout round, and approved or let go together with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal
from uuid import UUID

from domain.case.common import hand_must_differ, step_must_be_due, words_must_be_given
from domain.case.entitlement import firm_must_be_accepted_and_qualified
from domain.case.file import CaseFact, CaseFile, CasePapers, Subsidy
from domain.case.queueing import (
    call_who_is_next,
    for_whom_there_is_money,
    leave_the_line,
    stand_in_line,
    wait_for_the_rest,
)
from domain.case.recovery import firm_must_have_paid_its_debts
from domain.case.withdrawal import finding_must_be_settled_first, withdrawal_must_be_decided_first
from domain.commands import CaseCommand
from domain.fund import payment as fund
from domain.money import ZERO, Money
from domain.payout_round.plan import PlanLine
from domain.rejections import Refusal, Rejection
from domain.rules import No, rule

BEFORE_PAYOUT = ("county review", "city review", "decide acceptance")
"""Whoever judged the firm moves none of its money."""


class PayoutPlanned(CaseFact):
    """入批次方案: the firm stands in the plan of a payout round, which is still to be approved."""

    TOPIC: ClassVar[str] = "case.payout-planned"
    payout_round: UUID
    number: str
    amount: Money

    def fold(self, file: CaseFile) -> None:
        file.planned_in = self.payout_round


class PayoutUnplanned(CaseFact):
    """移出方案, before it was approved; the firm's claim stands and may come into another plan."""

    TOPIC: ClassVar[str] = "case.payout-unplanned"
    payout_round: UUID

    def fold(self, file: CaseFile) -> None:
        file.planned_in = None


class PayoutApproved(CaseFact):
    """Approved; the fund set the money aside in the same transaction."""

    TOPIC: ClassVar[str] = "case.payout-approved"
    amount: Money
    document: str

    def fold(self, file: CaseFile) -> None:
        file.subsidy = Subsidy.APPROVED
        file.approved = self.amount
        file.sign("approve payout", self.by.id)


class PayoutRetracted(CaseFact):
    """撤下: what was approved and not yet instructed went back to the fund; the firm's claim stands."""

    TOPIC: ClassVar[str] = "case.payout-retracted"
    payout_round: UUID

    def fold(self, file: CaseFile) -> None:
        file.subsidy = Subsidy.VERIFIED
        file.approved = ZERO
        file.planned_in = None


EVENTS = (PayoutPlanned, PayoutUnplanned, PayoutApproved, PayoutRetracted)


@dataclass(frozen=True, kw_only=True)
class ApprovePayout(CaseCommand):
    """Approve the firm's line of a plan. Said by the round when its last approval is given, never to a case alone."""

    kind: Literal["approve-payout"] = "approve-payout"
    amount: Money
    document: str


@rule
def money_must_not_be_frozen(case: CaseFile) -> No | None:
    """What an inspection froze stays where it is until a decision."""
    return No("资金因抽查发现问题已冻结") if case.frozen else None


@rule
def payout_must_go_through_its_round(case: CaseFile, planned: PlanLine | None) -> No | None:
    """A firm's money is approved and instructed with its round's plan as a whole, never by itself."""
    if planned is not None and planned.case == case.id:
        return None
    return No("兑付按批次办理：列入资金分配方案，随方案一并审批、下达（lookback payout）")


@rule
def firm_must_stand_in_one_plan(case: CaseFile, payout_round: UUID) -> No | None:
    """The same claim is not put into two plans."""
    if case.planned_in in (None, payout_round):
        return None
    return No(f"{case.firm} 已列入另一轮次的资金分配方案，不能重复列入")


@rule
def amount_must_be_what_is_still_due(case: CaseFile, amount: Money, *, whole: bool) -> No | None:
    """What is approved is what was worked out and not yet received, to the fen; or a part of it, where it is said."""
    due = still_due(case)
    if amount == due if whole else ZERO < amount < due:
        return None
    return No(f"{case.firm}：金额 {amount} 元与应付的核定补贴 {due} 元不一致")


def still_due(case: CaseFile) -> Money:
    """What of its entitlement the firm has not received."""
    return case.entitlement.amount - case.paid if case.entitlement else ZERO


def must_be_free_to_be_paid(case: CaseFile) -> None:
    """Looked at anew at every step: accepted, qualified, not leaving, nothing found. Raises Rejection."""
    firm_must_be_accepted_and_qualified(case)
    withdrawal_must_be_decided_first(case)
    money_must_not_be_frozen(case)
    finding_must_be_settled_first(case)


def hindrance(case: CaseFile) -> Refusal | None:
    """Why the firm cannot be paid as it stands; None where nothing stands in its way."""
    try:
        must_be_free_to_be_paid(case)
    except Rejection as no:
        return no.refusal
    return None


def take_up(case: CaseFile, payout_round: UUID, number: str, line: PlanLine, papers: CasePapers) -> None:
    """The firm's claim stands in a plan from here on."""
    step_must_be_due(case.subsidy, Subsidy.VERIFIED)
    must_be_free_to_be_paid(case)
    firm_must_have_paid_its_debts(case, papers)
    firm_must_stand_in_one_plan(case, payout_round)
    amount_must_be_what_is_still_due(case, line.amount, whole=line.whole)
    hand_must_differ(case, papers.command.by, *BEFORE_PAYOUT)
    case.record(
        PayoutPlanned,
        papers,
        clauses=(papers.pack.clause("payout.chain"),),
        payout_round=payout_round,
        number=number,
        amount=line.amount,
    )


def let_go(case: CaseFile, papers: CasePapers) -> None:
    """The claim leaves a plan that was never approved. A firm that has lost it meanwhile has nothing to leave."""
    if case.planned_in is not None and case.subsidy is Subsidy.VERIFIED:
        case.record(PayoutUnplanned, papers, payout_round=case.planned_in)


def retract(case: CaseFile, papers: CasePapers) -> None:
    """What was set aside goes back to whoever had set it aside."""
    step_must_be_due(case.subsidy, Subsidy.APPROVED)
    assert papers.fund is not None
    assert case.planned_in is not None
    before = for_whom_there_is_money(papers)
    fund.release(papers.fund, case.id, papers)
    case.record(PayoutRetracted, papers, payout_round=case.planned_in)
    stand_in_line(case, papers)
    call_who_is_next(papers, before)


def approve_payout(case: CaseFile, command: ApprovePayout, papers: CasePapers) -> None:
    """By another person; the fund must hold it, and holds it from here on."""
    step_must_be_due(case.subsidy, Subsidy.VERIFIED)
    payout_must_go_through_its_round(case, papers.planned)
    must_be_free_to_be_paid(case)
    hand_must_differ(case, command.by, *BEFORE_PAYOUT, "verify entitlement")
    assert papers.planned is not None
    amount_must_be_what_is_still_due(case, command.amount, whole=papers.planned.whole)
    words_must_be_given(command.document, "批准文件（会议纪要）编号")
    assert papers.fund is not None
    rest = still_due(case) - command.amount
    fund.commit(papers.fund, case.id, command.amount, papers, case.county, papers.planned.parts)
    case.record(
        PayoutApproved,
        papers,
        clauses=(papers.pack.clause("payout.mode"),),
        amount=command.amount,
        document=command.document,
    )
    if rest > ZERO:
        wait_for_the_rest(case, rest, papers)
    else:
        leave_the_line(case, papers, "approved")


DECISIONS = {ApprovePayout: approve_payout}
