"""占用、拨付、追缴: what the firms' cases book on the fund, each in the transaction that decides it there."""

from __future__ import annotations

from uuid import UUID

from domain.fund.appropriation import amount_must_be_positive
from domain.fund.file import (
    Fund,
    FundCommitted,
    FundPaid,
    FundRecovered,
    FundReleased,
    FundReturned,
    Part,
    Source,
    sum_of,
)
from domain.money import ZERO, Money, split
from domain.record import Papers
from domain.rules import No, rule


@rule
def case_must_not_be_committed_twice(fund: Fund, case: UUID) -> No | None:
    """One case has one commitment at a time; a second would bury the first."""
    held = fund.committed_to.get(case)
    return None if held is None else No(f"该企业已占用预算 {held.amount.grouped()} 元，不能重复占用")


@rule
def sources_must_be_told(fund: Fund, parts: tuple[Part, ...]) -> No | None:
    """Where several sources feed a line, whoever approves says which of them bears how much; nothing is guessed."""
    if parts or len(fund.sources) < 2:
        return None
    return No("该预算行有多个资金来源，须写明各来源承担多少")


@rule
def sources_must_add_up(amount: Money, parts: tuple[Part, ...]) -> No | None:
    """What the sources bear is what is approved, each source once and with something."""
    if any(part.amount <= ZERO for part in parts) or len({part.source for part in parts}) < len(parts):
        return No("各来源承担的金额必须大于零，同一来源只写一次")
    borne = sum_of(parts)
    return None if borne == amount else No(f"各来源合计 {borne.grouped()} 元，与批准 {amount.grouped()} 元不一致")


@rule
def fund_must_hold_enough(fund: Fund, county: str, parts: tuple[Part, ...]) -> No | None:
    """Nobody can commit more than is there, source by source, in whatever order approvals arrive.

    A county that was given money pays its firms out of it; for the others the city pays.
    """
    name, whose = ("allocated", f"{county}预下达余额") if county else ("available", "可用")
    for part in parts:
        free = fund.balance(name, part.source, county)
        if part.amount > free:
            return No(f"预算余额不足：{whose} {free.grouped()} 元，需要 {part.amount.grouped()} 元")
    return None


@rule
def payment_must_match_the_commitment(fund: Fund, case: UUID, amount: Money) -> No | None:
    """Exactly what was approved is paid, once."""
    held = fund.committed_to.get(case)
    if held is None:
        return No("资金账上没有这家企业的已批准待付款项")
    return None if held.amount == amount else No(f"拨付 {amount} 元与批准 {held.amount} 元不一致")


@rule
def refund_must_not_exceed_what_was_paid(fund: Fund, case: UUID, amount: Money) -> No | None:
    """A firm gives back at most what it received."""
    paid = fund.outstanding(case)
    return None if amount <= paid else No(f"退款 {amount} 元超过该企业未退的已拨款 {paid} 元")


@rule
def payment_must_have_been_booked(fund: Fund, case: UUID, instruction: str) -> No | None:
    """What comes back was paid, to this firm and under this instruction."""
    paid = fund.payments.get(instruction)
    return None if paid is not None and paid.case == case else No(f"资金账上没有指令 {instruction} 的已拨付款项")


@rule
def return_must_not_exceed_what_is_out(fund: Fund, case: UUID, parts: tuple[Part, ...]) -> No | None:
    """What the firm has refunded meanwhile cannot come back from the bank a second time."""
    out = fund.paid_to[case]
    if all(part.amount <= out[part.source] for part in parts):
        return None
    return No(f"该企业未退的已拨款只有 {fund.outstanding(case)} 元，少于退票的 {sum_of(parts)} 元，请先核对退款")


def shares_of_a_refund(fund: Fund, case: UUID, amount: Money) -> tuple[Part, ...]:
    """A refund by source, in the shares of what each has not got back yet; the last fen makes every source whole."""
    owed = fund.paid_to[case]
    shares = split(amount, [left.fen for left in owed.values()])
    return tuple(Part(source, share) for source, share in zip(owed, shares, strict=True) if share != ZERO)


def commit(
    fund: Fund, case: UUID, amount: Money, papers: Papers, county: str = "", parts: tuple[Part, ...] = ()
) -> None:
    """Set aside an approved subsidy, out of the county's allocation where it was given one."""
    amount_must_be_positive(amount)
    case_must_not_be_committed_twice(fund, case)
    sources_must_be_told(fund, parts)
    parts = parts or tuple(Part(source, amount) for source in fund.sources or (Source.CENTRAL,))
    sources_must_add_up(amount, parts)
    bearer = county if fund.allocates_to(county) else ""
    fund_must_hold_enough(fund, bearer, parts)
    fund.record(
        FundCommitted,
        papers,
        clauses=_rest_on(papers),
        debit="committed",
        credit="allocated" if bearer else "available",
        amount=amount,
        county=bearer,
        parts=parts,
        case=case,
    )


def release(fund: Fund, case: UUID, papers: Papers) -> None:
    """Give back what was set aside for a case, if anything was, to whoever had set it aside."""
    held = fund.committed_to.get(case)
    if held is not None:
        fund.record(
            FundReleased,
            papers,
            clauses=_rest_on(papers),
            debit="allocated" if held.county else "available",
            credit="committed",
            amount=held.amount,
            county=held.county,
            parts=held.parts,
            case=case,
        )


def pay(fund: Fund, case: UUID, amount: Money, instruction: str, papers: Papers) -> None:
    """Book the firm's receipt."""
    payment_must_match_the_commitment(fund, case, amount)
    held = fund.committed_to[case]
    fund.record(
        FundPaid,
        papers,
        clauses=_rest_on(papers),
        debit="paid",
        credit="committed",
        amount=amount,
        county=held.county,
        parts=held.parts,
        case=case,
        instruction=instruction,
    )


def take_back(fund: Fund, case: UUID, instruction: str, papers: Papers) -> None:
    """Book that the bank sent a received payment back: it is set aside for the firm again, as it had been."""
    payment_must_have_been_booked(fund, case, instruction)
    case_must_not_be_committed_twice(fund, case)
    paid = fund.payments[instruction]
    return_must_not_exceed_what_is_out(fund, case, paid.parts)
    fund.record(
        FundReturned,
        papers,
        clauses=_rest_on(papers),
        debit="committed",
        credit="paid",
        amount=paid.amount,
        county=paid.county,
        parts=paid.parts,
        case=case,
        instruction=instruction,
    )


def recover(fund: Fund, case: UUID, amount: Money, papers: Papers) -> None:
    """Book a refund: it goes back to the sources that had paid, in their shares."""
    amount_must_be_positive(amount)
    refund_must_not_exceed_what_was_paid(fund, case, amount)
    fund.record(
        FundRecovered,
        papers,
        clauses=_rest_on(papers),
        debit="available",
        credit="recovered",
        amount=amount,
        county="",
        parts=shares_of_a_refund(fund, case, amount),
        case=case,
    )


def _rest_on(papers: Papers) -> tuple[str, ...]:
    return (papers.pack.clause("payout.budget"),)
