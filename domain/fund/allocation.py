"""预下达与清算: counties are given money to pay out to their firms, and account for it. An allocation is no payment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from domain.fund.appropriation import (
    FundCommand,
    amount_must_be_positive,
    document_must_be_booked_once,
    document_must_be_named,
)
from domain.fund.file import CountySettled, Fund, FundAllocated, FundTakenBack, Part, Source, sum_of
from domain.money import ZERO, Money
from domain.policy import Pack
from domain.policy_rows import Approval, County
from domain.record import Papers
from domain.rejections import OpenQuestion
from domain.rules import No, rule

CHAIN: Final = "allocation"
"""The chain of approvals in the pack under which counties are given money."""


@dataclass(frozen=True, kw_only=True)
class AllocateToCounty(FundCommand):
    """Give a county money to pay out; more of it later is a supplement (追加)."""

    kind: Literal["allocate-to-county"] = "allocate-to-county"
    county: str
    source: Source
    amount: Money


@dataclass(frozen=True, kw_only=True)
class TakeBackFromCounty(FundCommand):
    """Take back what a county holds for nobody."""

    kind: Literal["take-back-from-county"] = "take-back-from-county"
    county: str
    source: Source
    amount: Money


@dataclass(frozen=True, kw_only=True)
class SettleCounty(FundCommand):
    """Hold what a county was given against what it paid out; what is left is carried over or taken back."""

    kind: Literal["settle-county"] = "settle-county"
    county: str
    carry: bool


@rule
def county_must_be_the_citys(pack: Pack, county: str) -> No | None:
    """Money goes to the city's own counties and zones."""
    if any(row.name == county for row in pack.rows(County)):
        return None
    return No(f"“{county}”不在{pack.name}的区县和功能区之中")


@rule
def city_must_hold_enough(fund: Fund, source: Source, amount: Money) -> No | None:
    """No county is given what the city does not have."""
    free = fund.balance("available", source)
    return None if amount <= free else No(f"该来源可用余额 {free.grouped()} 元，不足以预下达 {amount.grouped()} 元")


@rule
def county_must_hold_what_is_taken_back(fund: Fund, county: str, source: Source, amount: Money) -> No | None:
    """What the county has promised or paid to firms is not taken from it."""
    free = fund.balance("allocated", source, county)
    if amount <= free:
        return None
    return No(f"{county}该来源未使用的预下达资金 {free.grouped()} 元，不足以收回 {amount.grouped()} 元")


@rule
def county_must_have_been_given_money(fund: Fund, county: str) -> No | None:
    """There is something to settle."""
    return None if fund.allocates_to(county) else No(f"没有对{county}预下达过资金")


@rule
def county_must_have_paid_out_what_it_promised(fund: Fund, county: str) -> No | None:
    """A county is settled when nothing of it is under way: every commitment is received or released."""
    open_ = fund.balance("committed", county=county)
    return None if open_ == ZERO else No(f"{county}还有 {open_.grouped()} 元已批准未到账，不能清算")


def allocate_to_county(fund: Fund, command: AllocateToCounty, papers: Papers) -> None:
    """预下达. Raises OpenQuestion where the city's rules know no allocation to counties."""
    clause = _may_move(fund, command, papers)
    city_must_hold_enough(fund, command.source, command.amount)
    fund.record(
        FundAllocated,
        papers,
        clauses=(clause,),
        debit="allocated",
        credit="available",
        amount=command.amount,
        county=command.county,
        parts=(Part(command.source, command.amount),),
        document=command.document,
    )


def take_back_from_county(fund: Fund, command: TakeBackFromCounty, papers: Papers) -> None:
    """收回预下达."""
    clause = _may_move(fund, command, papers)
    county_must_hold_what_is_taken_back(fund, command.county, command.source, command.amount)
    _take_back(fund, command.county, (Part(command.source, command.amount),), command.document, clause, papers)


def settle_county(fund: Fund, command: SettleCounty, papers: Papers) -> None:
    """清算. What is left goes where the document says; the settlement and the taking back are one step."""
    county_must_be_the_citys(papers.pack, command.county)
    document_must_be_named(command.document)
    document_must_be_booked_once(fund, command.document, "", command.county)
    county_must_have_been_given_money(fund, command.county)
    county_must_have_paid_out_what_it_promised(fund, command.county)
    clause = _clause(papers.pack)
    surplus = _at(fund, "allocated", command.county)
    fund.record(
        CountySettled,
        papers,
        clauses=(clause,),
        county=command.county,
        document=command.document,
        paid=_at(fund, "paid", command.county),
        surplus=surplus,
        carried=command.carry,
    )
    if surplus and not command.carry:
        _take_back(fund, command.county, surplus, command.document, clause, papers)


def _may_move(fund: Fund, command: AllocateToCounty | TakeBackFromCounty, papers: Papers) -> str:
    county_must_be_the_citys(papers.pack, command.county)
    amount_must_be_positive(command.amount)
    document_must_be_named(command.document)
    document_must_be_booked_once(fund, command.document, command.source, command.county)
    return _clause(papers.pack)


def _clause(pack: Pack) -> str:
    steps = [row for row in pack.rows(Approval) if row.chain == CHAIN]
    if not steps:
        raise OpenQuestion("approval.allocation", f"{pack.name}：资金是否先预下达区县、由谁审定？")
    return steps[-1].clause


def _at(fund: Fund, account: str, county: str) -> tuple[Part, ...]:
    held = (Part(source, fund.balance(account, source, county)) for source in Source)
    return tuple(part for part in held if part.amount != ZERO)


def _take_back(fund: Fund, county: str, parts: tuple[Part, ...], document: str, clause: str, papers: Papers) -> None:
    fund.record(
        FundTakenBack,
        papers,
        clauses=(clause,),
        debit="available",
        credit="allocated",
        amount=sum_of(parts),
        county=county,
        parts=parts,
        document=document,
    )
