"""兑付: what was approved is instructed to the firm's own account and received, or bounces and is instructed again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

from domain.calendar import china_day
from domain.case import returned
from domain.case.common import hand_must_differ, step_must_be_due, words_must_be_given
from domain.case.file import CaseFact, CaseFile, CasePapers, Stage, Subsidy
from domain.case.payout_plan import BEFORE_PAYOUT, must_be_free_to_be_paid, payout_must_go_through_its_round, still_due
from domain.case.recovery import firm_must_have_paid_its_debts
from domain.case.retrofit import day_must_not_lie_ahead, day_must_not_lie_before
from domain.commands import CaseCommand
from domain.exclusions import Listing
from domain.fund import payment as fund
from domain.identity import same
from domain.money import Money
from domain.payout_round.plan import Account
from domain.policy import Pack
from domain.rules import No, rule

_FEWEST_DIGITS, _MOST_DIGITS = 8, 32


class AccountRegistered(CaseFact):
    """登记收款账户: where the firm's money goes; the last one counts."""

    TOPIC: ClassVar[str] = "case.account-registered"
    account: Account

    def fold(self, file: CaseFile) -> None:
        file.account = self.account


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
        file.instructed_in[self.instruction] = file.planned_in
        file.sign("instruct payment", self.by.id)


class PartReceived(CaseFact):
    """部分到账: the firm has what there was for it; the rest of its entitlement waits for new money."""

    TOPIC: ClassVar[str] = "case.part-received"
    amount: Money
    instruction: str
    received_on: date

    def fold(self, file: CaseFile) -> None:
        file.subsidy = Subsidy.VERIFIED
        file.paid += self.amount
        file.received[self.instruction] = self.amount
        file.planned_in = None


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
        file.received[self.instruction] = self.amount


class PaymentBounced(CaseFact):
    """退票: the bank sent it back; the same entitlement is instructed again under a new number."""

    TOPIC: ClassVar[str] = "case.payment-bounced"
    instruction: str

    def fold(self, file: CaseFile) -> None:
        file.subsidy = Subsidy.APPROVED
        file.instruction = ""


EVENTS = (AccountRegistered, PaymentInstructed, PartReceived, PaymentReceived, PaymentBounced, *returned.EVENTS)


@dataclass(frozen=True, kw_only=True)
class RegisterAccount(CaseCommand):
    """Say where the firm's money goes."""

    kind: Literal["register-account"] = "register-account"
    account: Account


@dataclass(frozen=True, kw_only=True)
class InstructPayment(CaseCommand):
    """Tell the county treasury to pay the firm. Said by the round on its fund document, never to a case alone."""

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
def account_must_be_the_firms_own(case: CaseFile, account: Account | None) -> No | None:
    """Public money goes to an account in the firm's own name; （）and () make no other name."""
    if account is None:
        return No(f"{case.firm} 尚未登记收款账户")
    if same(account.name) == same(case.firm):
        return None
    return No(f"收款账户户名“{account.name}”与企业名称“{case.firm}”不一致")


@rule
def account_must_be_complete(account: Account) -> No | None:
    """A bank takes digits, and must be named."""
    digits = account.number
    if not (digits.isascii() and digits.isdigit() and _FEWEST_DIGITS <= len(digits) <= _MOST_DIGITS):
        return No(f"账号须为 {_FEWEST_DIGITS} 至 {_MOST_DIGITS} 位数字，不含空格（收到“{digits}”）")
    return None if account.bank.strip() else No("须填写开户行")


@rule
def firm_must_not_be_listed_when_it_is_paid(listings: Sequence[Listing], pack: Pack) -> No | None:
    """Credit is looked at once more before money leaves, on the lists that the city's rules name."""
    if not pack.has("selection.exclusion_lists"):
        return None
    for listing in listings:
        if listing.list_kind in pack.list("selection.exclusion_lists"):
            return No(f"企业在{listing.words}上，暂缓拨付", pack.clause("selection.exclusion_lists"))
    return None


@rule
def receipt_must_match_the_instruction(case: CaseFile, instruction: str, amount: Money | None) -> No | None:
    """A receipt is for the open instruction and for its amount."""
    if instruction != case.instruction:
        return No(f"指令号“{instruction}”不是本案待回执的指令“{case.instruction}”")
    if amount is not None and amount != case.approved:
        return No(f"回执金额 {amount} 元与指令金额 {case.approved} 元不一致")
    return None


def register_account(case: CaseFile, command: RegisterAccount, papers: CasePapers) -> None:
    """From acceptance on; until its money is on the way, the firm may name another one."""
    step_must_be_due(case.subsidy, Subsidy.TO_VERIFY, Subsidy.VERIFIED, Subsidy.APPROVED)
    account_must_be_the_firms_own(case, command.account)
    account_must_be_complete(command.account)
    case.record(AccountRegistered, papers, account=command.account)


def instruct_payment(case: CaseFile, command: InstructPayment, papers: CasePapers) -> None:
    """A third person; everything is checked once more before the instruction leaves."""
    step_must_be_due(case.subsidy, Subsidy.APPROVED)
    payout_must_go_through_its_round(case, papers.planned)
    must_be_free_to_be_paid(case)
    firm_must_have_paid_its_debts(case, papers)
    assert papers.exclusions is not None
    firm_must_not_be_listed_when_it_is_paid(papers.exclusions.naming(case.credit_code), papers.pack)
    account_must_be_the_firms_own(case, case.account)
    hand_must_differ(case, command.by, *BEFORE_PAYOUT, "verify entitlement", "approve payout")
    words_must_be_given(command.document, "资金文件文号")
    case.record(
        PaymentInstructed,
        papers,
        clauses=(papers.pack.clause("payout.mode"),),
        amount=case.approved,
        instruction=f"{case.city}-{case.programme}-{case.credit_code}-{case.instructions + 1}",
        document=command.document,
    )


def record_receipt(case: CaseFile, command: RecordReceipt, papers: CasePapers) -> None:
    """A fourth person; case and fund book it in one transaction."""
    step_must_be_due(case.subsidy, Subsidy.INSTRUCTED)
    hand_must_differ(case, command.by, *BEFORE_PAYOUT, "verify entitlement", "approve payout", "instruct payment")
    receipt_must_match_the_instruction(case, command.instruction, command.amount)
    day_must_not_lie_ahead(command.received_on, papers.today)
    if case.instructed_at is not None:
        day_must_not_lie_before(command.received_on, china_day(case.instructed_at), "拨付指令下达日期")
    assert papers.fund is not None
    fund.pay(papers.fund, case.id, command.amount, command.instruction, papers)
    case.record(
        PaymentReceived if command.amount == still_due(case) else PartReceived,
        papers,
        clauses=(papers.pack.clause("payout.mode"),),
        amount=command.amount,
        instruction=command.instruction,
        received_on=command.received_on,
    )


def record_bounce(case: CaseFile, command: RecordBounce, papers: CasePapers) -> None:
    """The money never arrived, and the commitment stands; or it had arrived, and is taken out of the books again."""
    if command.instruction in case.received:
        returned.return_payment(case, command.instruction, papers)
        return
    step_must_be_due(case.subsidy, Subsidy.INSTRUCTED)
    receipt_must_match_the_instruction(case, command.instruction, None)
    words_must_be_given(command.reason, "退票原因")
    case.record(PaymentBounced, papers, clauses=(papers.pack.clause("payout.mode"),), instruction=command.instruction)


DECISIONS = {
    RegisterAccount: register_account,
    InstructPayment: instruct_payment,
    RecordReceipt: record_receipt,
    RecordBounce: record_bounce,
}
