"""指标: budget documents bring money to a line and take it away again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from domain.commands import Command
from domain.fund import budget as budgets
from domain.fund.budget import Budget
from domain.fund.file import Fund, FundAppropriated, FundWithdrawn, OnDocument, Part, Source
from domain.identity import same_document
from domain.money import ZERO, Money
from domain.programme import is_rehearsed, programme_must_be_the_citys
from domain.record import Papers
from domain.rules import No, rule


@dataclass(frozen=True, kw_only=True)
class FundCommand(Command):
    """A command about one budget line of one city's programme."""

    city: str
    programme: str
    line: str
    document: str


@dataclass(frozen=True, kw_only=True)
class AppropriateFund(FundCommand):
    """Record that a budget document made money available; a later one on the line is its supplement (追加)."""

    kind: Literal["appropriate-fund"] = "appropriate-fund"
    source: Source
    amount: Money


@dataclass(frozen=True, kw_only=True)
class WithdrawFund(FundCommand):
    """Record that a budget document took money away that nobody holds."""

    kind: Literal["withdraw-fund"] = "withdraw-fund"
    source: Source
    amount: Money


@rule
def amount_must_be_positive(amount: Money) -> No | None:
    """Money moves in positive amounts; a reversal is a movement of its own."""
    return None if amount > ZERO else No(f"金额必须大于零，收到 {amount} 元")


@rule
def document_must_be_named(document: str) -> No | None:
    """No money without the number of the document it rests on."""
    return None if document.strip() else No("未填写文号，资金变动必须有文件依据")


@rule
def document_must_be_booked_once(fund: Fund, document: str, source: str, county: str = "") -> No | None:
    """What a document says about a source (and a county) is booked once on a line, however its number is spaced."""
    for known in fund.documents:
        says = {part.source for part in known.parts} if isinstance(known, OnDocument) else {""}
        if source in says and known.county == county and same_document(known.document, document):
            return No(f"文件“{document}”已入账，不能重复下达")
    return None


@rule
def withdrawal_must_leave_what_others_hold(fund: Fund, source: Source, amount: Money) -> No | None:
    """What is allocated, committed or paid cannot be taken away; it is taken back or released first."""
    free = fund.balance("available", source)
    if amount <= free:
        return None
    return No(f"该来源可用余额 {free.grouped()} 元，不足以收回 {amount.grouped()} 元")


def appropriate_fund(fund: Fund, budget: Budget, command: AppropriateFund, papers: Papers) -> None:
    """Book a budget document."""
    _may_book(fund, command, papers)
    budgets.raise_line(budget, command.line, command.source, command.amount, command.document, papers)
    fund.record(
        FundAppropriated,
        papers,
        clauses=(papers.pack.clause("payout.budget"),),
        debit="available",
        credit="appropriation",
        amount=command.amount,
        county="",
        parts=(Part(command.source, command.amount),),
        city=command.city,
        programme=command.programme,
        line=command.line,
        source=command.source,
        document=command.document,
    )


def withdraw_fund(fund: Fund, budget: Budget, command: WithdrawFund, papers: Papers) -> None:
    """Book a document that takes money back."""
    _may_book(fund, command, papers)
    withdrawal_must_leave_what_others_hold(fund, command.source, command.amount)
    budgets.lower_line(budget, command.line, command.source, command.amount, command.document, papers)
    fund.record(
        FundWithdrawn,
        papers,
        clauses=(papers.pack.clause("payout.budget"),),
        debit="appropriation",
        credit="available",
        amount=command.amount,
        county="",
        parts=(Part(command.source, command.amount),),
        document=command.document,
    )


def _may_book(fund: Fund, command: AppropriateFund | WithdrawFund, papers: Papers) -> None:
    amount_must_be_positive(command.amount)
    programme_must_be_the_citys(papers.pack, command.programme, rehearsal=is_rehearsed(papers.pack, command.programme))
    document_must_be_named(command.document)
    document_must_be_booked_once(fund, command.document, command.source)
