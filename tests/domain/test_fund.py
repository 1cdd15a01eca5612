"""资金账: the life of a sum on one line, by source and county, and the rules that keep it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import uuid5

from domain.calendar import CHINA
from domain.commands import Command
from domain.fund import payment as funds
from domain.fund.appropriation import AppropriateFund, appropriate_fund
from domain.fund.budget import Budget
from domain.fund.file import RETROFIT_LINE, Account, Fund, FundAppropriated, Posting, Source
from domain.identity import budget_id, command_id, fund_id
from domain.money import Money
from domain.policy import Pack
from tests.domain.cast import CITY, PROGRAMME, RULES, clause, treasury
from tests.domain.play import passed, refused, shows

FUND = fund_id(CITY, PROGRAMME, RETROFIT_LINE)
CASES = tuple(uuid5(FUND, str(n)) for n in range(4))
A, B = CASES[:2]


@dataclass(frozen=True)
class Desk:
    """What a fund's decision needs."""

    command: Command
    at: datetime = datetime(2026, 3, 2, 10, tzinfo=CHINA)
    pack: Pack = RULES


def money(amount: Money, document: str = "财建1号") -> AppropriateFund:
    return AppropriateFund(
        command_id=command_id("appropriate-fund", str(amount)),
        by=treasury,
        city=CITY,
        programme=PROGRAMME,
        line=RETROFIT_LINE,
        source=Source.CENTRAL,
        amount=amount,
        document=document,
    )


DESK = Desk(money(Money(1)))


def budget() -> Budget:
    """A register of budget documents in which none is booked."""
    return Budget.fresh(budget_id(CITY, PROGRAMME))


def fund(fen: int = 0) -> Fund:
    """A fund with so many fen."""
    new = Fund.fresh(FUND)
    if fen:
        appropriate_fund(new, budget(), money(Money(fen)), DESK)
    return new


def told(of: Fund) -> tuple[int, int, int, int, int]:
    """Appropriated, available, committed, paid, recovered, in fen."""
    return of.appropriated.fen, of.available.fen, of.committed.fen, of.paid.fen, of.recovered.fen


# --- the life of one sum


def test_from_the_budget_document_to_the_last_refund() -> None:
    held = fund(1000)
    assert (held.city, held.programme, held.line) == (CITY, PROGRAMME, RETROFIT_LINE)
    assert told(held) == (1000, 1000, 0, 0, 0)
    funds.commit(held, A, Money(300), DESK)
    assert told(held) == (1000, 700, 300, 0, 0)
    funds.pay(held, A, Money(300), "指令1", DESK)
    assert told(held) == (1000, 700, 0, 300, 0)
    funds.recover(held, A, Money(100), DESK)
    assert told(held) == (1000, 800, 0, 300, 100)
    assert held.paid_to == {A: {Source.CENTRAL: Money(200)}}
    assert held.committed_to == {}


def test_a_release_gives_back_what_was_set_aside_and_only_once() -> None:
    held = fund(1000)
    funds.commit(held, A, Money(300), DESK)
    funds.release(held, B, DESK)
    assert told(held) == (1000, 700, 300, 0, 0)
    for _ in range(2):
        funds.release(held, A, DESK)
        assert told(held) == (1000, 1000, 0, 0, 0)


def test_several_documents_add_up() -> None:
    held = fund(1000)
    appropriate_fund(held, budget(), money(Money(5), "财建2号"), DESK)
    assert told(held)[0] == 1005
    last = held.pending_events[-1]
    assert isinstance(last, FundAppropriated)
    assert (last.debit, last.credit, last.document) == ("available", "appropriation", "财建2号")
    assert last.clauses == (clause("payout.budget"),)


# --- rules


@shows("amount_must_be_positive", "document_must_be_named")
def test_a_budget_is_a_positive_sum_on_a_document() -> None:
    for nothing in (0, -1):
        with refused("amount_must_be_positive", of="appropriate"):
            appropriate_fund(fund(), budget(), money(Money(nothing)), DESK)
    with refused("document_must_be_named", of="appropriate"):
        appropriate_fund(fund(), budget(), money(Money(1), " "), DESK)
    appropriate_fund(fund(), budget(), money(Money(1)), DESK)
    passed("appropriate")


@shows("document_must_be_booked_once")
def test_a_budget_document_is_booked_once_however_it_is_spaced() -> None:
    held = fund(1000)
    for again in ("财建1号", "财建 1号", " 财建1号"):
        with refused("document_must_be_booked_once", of="appropriate"):
            appropriate_fund(held, budget(), money(Money(5), again), DESK)
    appropriate_fund(held, budget(), money(Money(5), "财建2号"), DESK)
    passed("appropriate")
    assert told(held)[0] == 1005


@shows("fund_must_hold_enough", "amount_must_be_positive")
def test_nobody_commits_more_than_is_available() -> None:
    with refused("fund_must_hold_enough", of="commit"):
        funds.commit(fund(999), A, Money(1000), DESK)
    with refused("fund_must_hold_enough", of="commit"):
        funds.commit(fund(), A, Money(1), DESK)
    with refused("amount_must_be_positive", of="commit"):
        funds.commit(fund(999), A, Money(0), DESK)
    funds.commit(fund(1000), A, Money(1000), DESK)
    passed("commit")


@shows("case_must_not_be_committed_twice")
def test_one_case_has_one_commitment_at_a_time() -> None:
    held = fund(1000)
    funds.commit(held, A, Money(300), DESK)
    with refused("case_must_not_be_committed_twice", of="commit"):
        funds.commit(held, A, Money(1), DESK)
    funds.commit(held, B, Money(1), DESK)
    funds.release(held, A, DESK)
    funds.commit(held, A, Money(1), DESK)
    passed("commit")


@shows("payment_must_match_the_commitment")
def test_exactly_what_was_committed_is_paid_once() -> None:
    held = fund(1000)
    with refused("payment_must_match_the_commitment", of="pay"):
        funds.pay(held, A, Money(300), "指令1", DESK)
    funds.commit(held, A, Money(300), DESK)
    for wrong in (299, 301, 0, -300):
        with refused("payment_must_match_the_commitment", of="pay"):
            funds.pay(held, A, Money(wrong), "指令1", DESK)
    with refused("payment_must_match_the_commitment", of="pay"):
        funds.pay(held, B, Money(300), "指令1", DESK)
    funds.pay(held, A, Money(300), "指令1", DESK)
    passed("pay")
    with refused("payment_must_match_the_commitment", of="pay"):
        funds.pay(held, A, Money(300), "指令1", DESK)


@shows("refund_must_not_exceed_what_was_paid", "amount_must_be_positive")
def test_a_firm_gives_back_at_most_what_it_received() -> None:
    held = fund(1000)
    with refused("refund_must_not_exceed_what_was_paid", of="recover"):
        funds.recover(held, A, Money(1), DESK)
    funds.commit(held, A, Money(300), DESK)
    with refused("refund_must_not_exceed_what_was_paid", of="recover"):
        funds.recover(held, A, Money(1), DESK)
    funds.pay(held, A, Money(300), "指令1", DESK)
    with refused("refund_must_not_exceed_what_was_paid", of="recover"):
        funds.recover(held, A, Money(301), DESK)
    with refused("amount_must_be_positive", of="recover"):
        funds.recover(held, A, Money(-1), DESK)
    funds.recover(held, A, Money(300), DESK)
    passed("recover")
    with refused("refund_must_not_exceed_what_was_paid", of="recover"):
        funds.recover(held, A, Money(1), DESK)


def test_the_difference_is_seen_when_a_posting_is_one_sided() -> None:
    held = fund(1000)
    held.books[Account("paid", Source.CENTRAL)] = Money(1)
    assert held.difference == Money(-1)


def test_every_posting_names_two_different_accounts() -> None:
    held = fund(1000)
    funds.commit(held, A, Money(300), DESK)
    funds.pay(held, A, Money(300), "指令1", DESK)
    funds.recover(held, A, Money(300), DESK)
    funds.commit(held, A, Money(5), DESK)
    funds.release(held, A, DESK)
    sides = [(event.debit, event.credit) for event in held.pending_events if isinstance(event, Posting)]
    assert sides == [
        ("available", "appropriation"),
        ("committed", "available"),
        ("paid", "committed"),
        ("available", "recovered"),
        ("committed", "available"),
        ("available", "committed"),
    ]
