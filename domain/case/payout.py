"""兑付: the subsidy is approved against the budget, instructed and received; each by another person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

from domain.calendar import china_day
from domain.case.common import hand_must_differ, step_must_be_due, words_must_be_given
from domain.case.entitlement import firm_must_be_accepted_and_qualified
from domain.case.file import CaseFact, CaseFile, CasePapers, Stage, Subsidy
from domain.case.queueing import leave_the_line
from domain.case.retrofit import day_must_not_lie_ahead, day_must_not_lie_before
from domain.case.withdrawal import finding_must_be_settled_first, withdrawal_must_be_decided_first
from domain.commands import CaseCommand
from domain.fund import payment as fund
from domain.fund.file import Part
from domain.money import ZERO, Money
from domain.rules import No, rule

_BEFORE_PAYOUT = ("county review", "city review", "decide acceptance")
"""Whoever judged the firm moves none of its money."""


class PayoutApproved(CaseFact):
    """Approved; the fund set the money aside in the same transaction."""

    TOPIC: ClassVar[str] = "case.payout-approved"
    amount: Money
    document: str

    def fold(self, file: CaseFile) -> None:
        file.subsidy = Subsidy.APPROVED
        file.sign("approve payout", self.by.id)


class PaymentInstructed(CaseFact):
    """拨付指令: the county treasury is told to pay. The number is used once."""

    TOPIC: ClassVar[str] = "case.payment-instructed"
    amount: Money
    instruction: str
    document: str

    def fold(self, file: CaseFile) -> None:
        file.subsidy = Subsidy.INSTRUCTED
        file.instruction = self.instruction
        file.instructions += 1
        file.instructed_at = self.timestamp
        file.sign("instruct payment", self.by.id)


class PaymentReceived(CaseFact):
    """到账回执: the firm has the money."""

    TOPIC: ClassVar[str] = "case.payment-received"
    ENTERS: ClassVar[Stage | None] = Stage.LOOKBACK
    amount: Money
    instruction: str
    received_on: date

    def fold(self, file: CaseFile) -> None:
        file.subsidy = Subsidy.PAID
        file.paid += self.amount


class PaymentBounced(CaseFact):
    """退票: the bank sent it back; the same entitlement is instructed again under a new number."""

    TOPIC: ClassVar[str] = "case.payment-bounced"
    instruction: str

    def fold(self, file: CaseFile) -> None:
        file.subsidy = Subsidy.APPROVED
        file.instruction = ""


EVENTS = (PayoutApproved, PaymentInstructed, PaymentReceived, PaymentBounced)


@dataclass(frozen=True, kw_only=True)
class ApprovePayout(CaseCommand):
    """Approve the amount that was worked out, on a document."""

    kind: Literal["approve-payout"] = "approve-payout"
    amount: Money
    document: str
    sources: tuple[Part, ...] | None = None
    """What each source bears; needed where several feed the budget line."""


@dataclass(frozen=True, kw_only=True)
class InstructPayment(CaseCommand):
    """Tell the county treasury to pay."""

    kind: Literal["instruct-payment"] = "instruct-payment"
    document: str


@dataclass(frozen=True, kw_only=True)
class RecordReceipt(CaseCommand):
    """Take down the bank's receipt."""

    kind: Literal["record-receipt"] = "record-receipt"
    instruction: str
    amount: Money
    received_on: date


@dataclass(frozen=True, kw_only=True)
class RecordBounce(CaseCommand):
    """Take down that the bank sent it back; ``reason`` says why."""

    kind: Literal["record-bounce"] = "record-bounce"
    instruction: str


@rule
def money_must_not_be_frozen(case: CaseFile) -> No | None:
    """What an inspection froze stays where it is until a decision."""
    return No("资金因抽查发现问题已冻结") if case.frozen else None


@rule
def amount_must_be_the_entitlement(case: CaseFile, amount: Money) -> No | None:
    """What is approved is what was worked out, to the fen."""
    due = case.entitlement.amount if case.entitlement else ZERO
    return None if amount == due else No(f"金额 {amount} 元与核定补贴 {due} 元不一致")


@rule
def receipt_must_match_the_instruction(case: CaseFile, instruction: str, amount: Money | None) -> No | None:
    """A receipt is for the open instruction and for its amount."""
    if instruction != case.instruction:
        return No(f"指令号“{instruction}”不是本案待回执的指令“{case.instruction}”")
    due = case.entitlement.amount if case.entitlement else ZERO
    if amount is not None and amount != due:
        return No(f"回执金额 {amount} 元与指令金额 {due} 元不一致")
    return None


def _may_move_money(case: CaseFile) -> None:
    firm_must_be_accepted_and_qualified(case)
    withdrawal_must_be_decided_first(case)
    money_must_not_be_frozen(case)
    finding_must_be_settled_first(case)


def approve_payout(case: CaseFile, command: ApprovePayout, papers: CasePapers) -> None:
    """By another person; the fund must hold it, and holds it from here on."""
    step_must_be_due(case.subsidy, Subsidy.VERIFIED)
    _may_move_money(case)
    hand_must_differ(case, command.by, *_BEFORE_PAYOUT, "verify entitlement")
    amount_must_be_the_entitlement(case, command.amount)
    words_must_be_given(command.document, "批准文件（会议纪要）编号")
    assert papers.fund is not None
    fund.commit(papers.fund, case.id, command.amount, papers, case.county, command.sources or ())
    case.record(
        PayoutApproved,
        papers,
        clauses=(papers.pack.clause("payout.mode"),),
        amount=command.amount,
        document=command.document,
    )
    leave_the_line(case, papers, "approved")


def instruct_payment(case: CaseFile, command: InstructPayment, papers: CasePapers) -> None:
    """A third person; everything is checked once more before the instruction leaves."""
    step_must_be_due(case.subsidy, Subsidy.APPROVED)
    _may_move_money(case)
    hand_must_differ(case, command.by, *_BEFORE_PAYOUT, "verify entitlement", "approve payout")
    words_must_be_given(command.document, "资金文件文号")
    assert case.entitlement is not None
    case.record(
        PaymentInstructed,
        papers,
        clauses=(papers.pack.clause("payout.mode"),),
        amount=case.entitlement.amount,
        instruction=f"{case.city}-{case.programme}-{case.credit_code}-{case.instructions + 1}",
        document=command.document,
    )


def record_receipt(case: CaseFile, command: RecordReceipt, papers: CasePapers) -> None:
    """A fourth person; case and fund book it in one transaction."""
    step_must_be_due(case.subsidy, Subsidy.INSTRUCTED)
    hand_must_differ(case, command.by, *_BEFORE_PAYOUT, "verify entitlement", "approve payout", "instruct payment")
    receipt_must_match_the_instruction(case, command.instruction, command.amount)
    day_must_not_lie_ahead(command.received_on, papers.today)
    if case.instructed_at is not None:
        day_must_not_lie_before(command.received_on, china_day(case.instructed_at), "拨付指令下达日期")
    assert papers.fund is not None
    fund.pay(papers.fund, case.id, command.amount, command.instruction, papers)
    case.record(
        PaymentReceived,
        papers,
        clauses=(papers.pack.clause("payout.mode"),),
        amount=command.amount,
        instruction=command.instruction,
        received_on=command.received_on,
    )


def record_bounce(case: CaseFile, command: RecordBounce, papers: CasePapers) -> None:
    """The money never arrived; the commitment stands."""
    step_must_be_due(case.subsidy, Subsidy.INSTRUCTED)
    receipt_must_match_the_instruction(case, command.instruction, None)
    words_must_be_given(command.reason, "退票原因")
    case.record(PaymentBounced, papers, clauses=(papers.pack.clause("payout.mode"),), instruction=command.instruction)


DECISIONS = {
    ApprovePayout: approve_payout,
    InstructPayment: instruct_payment,
    RecordReceipt: record_receipt,
    RecordBounce: record_bounce,
}
