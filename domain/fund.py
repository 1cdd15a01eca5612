"""资金: one city's money for one budget line, kept as double entry; integer fen, nothing overspent in any order.

Accounts: ``appropriation`` (what documents brought), ``available``, ``committed``, ``paid``, ``recovered``.
At every position: appropriated = available + committed + paid - recovered. ``appropriation`` and ``recovered`` are
credited, the others are debited and never negative.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal
from uuid import UUID

from domain.commands import Command
from domain.money import ZERO, Money
from domain.programme import is_rehearsed, programme_must_be_the_citys
from domain.record import Fact, File, Papers
from domain.rules import No, rule

RETROFIT_LINE = "retrofit"
"""支持开展中小企业数字化改造: the budget line that firms' subsidies are paid from."""


class Fund(File):
    """One budget line of one city."""

    def blank(self) -> None:
        self.city = ""
        self.programme = ""
        self.line = ""
        self.appropriated = ZERO
        self.available = ZERO
        self.committed = ZERO
        self.paid = ZERO
        self.recovered = ZERO
        self.documents: tuple[str, ...] = ()
        self.committed_to: dict[UUID, Money] = {}
        self.paid_to: dict[UUID, Money] = {}

    @property
    def difference(self) -> Money:
        """What double entry leaves unexplained; always zero."""
        return self.appropriated - self.available - self.committed - self.paid + self.recovered


class Posting(Fact):
    """One movement between two accounts of the fund."""

    debit: str
    """The account that receives."""
    credit: str
    """The account that gives."""
    amount: Money


class FundAppropriated(Posting):
    """指标下达: the money became available, on a document."""

    TOPIC: ClassVar[str] = "fund.appropriated"
    city: str
    programme: str
    line: str
    source: str
    """central, province, city or county."""
    document: str

    def fold(self, file: Fund) -> None:
        file.city = self.city
        file.programme = self.programme
        file.line = self.line
        file.appropriated += self.amount
        file.documents = (*file.documents, self.document)
        file.available += self.amount


class FundCommitted(Posting):
    """An approved subsidy took its share of what was available."""

    TOPIC: ClassVar[str] = "fund.committed"
    case: UUID

    def fold(self, file: Fund) -> None:
        file.available -= self.amount
        file.committed += self.amount
        file.committed_to[self.case] = self.amount


class FundReleased(Posting):
    """A commitment was given back without being paid (退出、取消资格)."""

    TOPIC: ClassVar[str] = "fund.released"
    case: UUID

    def fold(self, file: Fund) -> None:
        file.committed -= self.amount
        file.available += self.amount
        file.committed_to.pop(self.case)


class FundPaid(Posting):
    """到账: the firm has received what was committed."""

    TOPIC: ClassVar[str] = "fund.paid"
    case: UUID
    instruction: str

    def fold(self, file: Fund) -> None:
        file.committed -= self.amount
        file.paid += self.amount
        file.committed_to.pop(self.case)
        file.paid_to[self.case] = file.paid_to.get(self.case, ZERO) + self.amount


class FundRecovered(Posting):
    """追缴到账: money came back from the firm and is available again."""

    TOPIC: ClassVar[str] = "fund.recovered"
    case: UUID

    def fold(self, file: Fund) -> None:
        file.recovered += self.amount
        file.available += self.amount
        file.paid_to[self.case] -= self.amount


EVENTS = (FundAppropriated, FundCommitted, FundReleased, FundPaid, FundRecovered)


@dataclass(frozen=True, kw_only=True)
class AppropriateFund(Command):
    """Record that a budget document made money available."""

    kind: Literal["appropriate-fund"] = "appropriate-fund"
    city: str
    programme: str
    line: str
    source: Literal["central", "province", "city", "county"]
    amount: Money
    document: str


@rule
def amount_must_be_positive(amount: Money) -> No | None:
    """Money moves in positive amounts; a reversal is a movement of its own."""
    return None if amount > ZERO else No(f"金额必须大于零，收到 {amount} 元")


@rule
def document_must_be_named(document: str) -> No | None:
    """No money without the number of the document it rests on."""
    return None if document.strip() else No("未填写文号，资金变动必须有文件依据")


@rule
def document_must_be_booked_once(fund: Fund, document: str) -> No | None:
    """One budget document is booked once on a line, however its number is spaced."""
    booked = {"".join(known.split()) for known in fund.documents}
    return No(f"文件“{document}”已入账，不能重复下达") if "".join(document.split()) in booked else None


@rule
def fund_must_hold_enough(fund: Fund, amount: Money) -> No | None:
    """Nobody can commit more than is available, in whatever order approvals arrive."""
    if amount <= fund.available:
        return None
    return No(f"预算余额不足：可用 {fund.available.grouped()} 元，需要 {amount.grouped()} 元")


@rule
def case_must_not_be_committed_twice(fund: Fund, case: UUID) -> No | None:
    """One case has one commitment at a time; a second would bury the first."""
    committed = fund.committed_to.get(case)
    return None if committed is None else No(f"该企业已占用预算 {committed.grouped()} 元，不能重复占用")


@rule
def payment_must_match_the_commitment(fund: Fund, case: UUID, amount: Money) -> No | None:
    """Exactly what was approved is paid, once."""
    committed = fund.committed_to.get(case)
    if committed is None:
        return No("资金账上没有这家企业的已批准待付款项")
    return None if committed == amount else No(f"拨付 {amount} 元与批准 {committed} 元不一致")


@rule
def refund_must_not_exceed_what_was_paid(fund: Fund, case: UUID, amount: Money) -> No | None:
    """A firm gives back at most what it received."""
    paid = fund.paid_to.get(case, ZERO)
    return None if amount <= paid else No(f"退款 {amount} 元超过该企业未退的已拨款 {paid} 元")


def appropriate_fund(fund: Fund, command: AppropriateFund, papers: Papers) -> None:
    """Book a budget document."""
    amount_must_be_positive(command.amount)
    programme_must_be_the_citys(papers.pack, command.programme, rehearsal=is_rehearsed(papers.pack, command.programme))
    document_must_be_named(command.document)
    document_must_be_booked_once(fund, command.document)
    fund.record(
        FundAppropriated,
        papers,
        clauses=(papers.pack.clause("payout.budget"),),
        debit="available",
        credit="appropriation",
        amount=command.amount,
        city=command.city,
        programme=command.programme,
        line=command.line,
        source=command.source,
        document=command.document,
    )


def _rest_on(papers: Papers) -> tuple[str, ...]:
    return (papers.pack.clause("payout.budget"),)


def commit(fund: Fund, case: UUID, amount: Money, papers: Papers) -> None:
    """Set aside an approved subsidy."""
    amount_must_be_positive(amount)
    case_must_not_be_committed_twice(fund, case)
    fund_must_hold_enough(fund, amount)
    fund.record(
        FundCommitted, papers, clauses=_rest_on(papers), debit="committed", credit="available", amount=amount, case=case
    )


def release(fund: Fund, case: UUID, papers: Papers) -> None:
    """Give back what was set aside for a case, if anything was."""
    amount = fund.committed_to.get(case)
    if amount is not None:
        fund.record(
            FundReleased,
            papers,
            clauses=_rest_on(papers),
            debit="available",
            credit="committed",
            amount=amount,
            case=case,
        )


def pay(fund: Fund, case: UUID, amount: Money, instruction: str, papers: Papers) -> None:
    """Book the firm's receipt."""
    payment_must_match_the_commitment(fund, case, amount)
    fund.record(
        FundPaid,
        papers,
        clauses=_rest_on(papers),
        debit="paid",
        credit="committed",
        amount=amount,
        case=case,
        instruction=instruction,
    )


def recover(fund: Fund, case: UUID, amount: Money, papers: Papers) -> None:
    """Book a refund."""
    amount_must_be_positive(amount)
    refund_must_not_exceed_what_was_paid(fund, case, amount)
    fund.record(
        FundRecovered, papers, clauses=_rest_on(papers), debit="available", credit="recovered", amount=amount, case=case
    )
