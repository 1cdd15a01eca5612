"""资金: double entry to the fen; nothing is overspent, in whatever order commands come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from domain import fund as funds
from domain.calendar import CHINA
from domain.commands import Command
from domain.fund import RETROFIT_LINE, AppropriateFund, Fund, FundAppropriated, appropriate_fund
from domain.identity import command_id, fund_id
from domain.money import ZERO, Money, total
from domain.policy import Pack
from domain.record import Fact
from domain.rejections import Rejection
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
        source="central",
        amount=amount,
        document=document,
    )


DESK = Desk(money(Money(1)))


def fund(fen: int = 0) -> Fund:
    """A fund with so many fen."""
    new = Fund.fresh(FUND)
    if fen:
        appropriate_fund(new, money(Money(fen)), DESK)
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
    assert held.paid_to == {A: Money(200)}
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
    appropriate_fund(held, money(Money(5), "财建2号"), DESK)
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
            appropriate_fund(fund(), money(Money(nothing)), DESK)
    with refused("document_must_be_named", of="appropriate"):
        appropriate_fund(fund(), money(Money(1), " "), DESK)
    appropriate_fund(fund(), money(Money(1)), DESK)
    passed("appropriate")


@shows("document_must_be_booked_once")
def test_a_budget_document_is_booked_once_however_it_is_spaced() -> None:
    held = fund(1000)
    for again in ("财建1号", "财建 1号", " 财建1号"):
        with refused("document_must_be_booked_once", of="appropriate"):
            appropriate_fund(held, money(Money(5), again), DESK)
    appropriate_fund(held, money(Money(5), "财建2号"), DESK)
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


# --- in any order


class FundInAnyOrder(RuleBasedStateMachine):
    """Any movement by anyone at any time: what is refused changes nothing, what is done adds up."""

    @initialize()
    def an_empty_fund(self) -> None:
        self.facts: tuple[Fact, ...] = ()
        self.given_to: dict[UUID, int] = {}
        """Per case, by a model of its own: paid and not refunded."""
        self.held_for: dict[UUID, int] = {}

    def act(self, what: str, case: UUID, amount: int) -> bool:
        """Fold anew, try, keep the facts only when it was done."""
        held = Fund.folded(FUND, self.facts)
        before = told(held)
        try:
            match what:
                case "appropriate":
                    appropriate_fund(held, money(Money(amount), f"财建{len(self.facts)}号"), DESK)
                case "commit":
                    funds.commit(held, case, Money(amount), DESK)
                case "release":
                    funds.release(held, case, DESK)
                case "pay":
                    funds.pay(held, case, Money(amount), "指令", DESK)
                case "recover":
                    funds.recover(held, case, Money(amount), DESK)
        except Rejection:
            assert held.pending_events == []
            assert told(held) == before
            return False
        self.facts += tuple(event for event in held.pending_events if isinstance(event, Fact))
        again = Fund.folded(FUND, self.facts)
        assert (told(again), again.paid_to, again.committed_to) == (told(held), held.paid_to, held.committed_to)
        return True

    @rule(fen=st.integers(-5, 1000))
    def appropriate(self, fen: int) -> None:
        assert self.act("appropriate", A, fen) == (fen > 0)

    @rule(case=st.sampled_from(CASES), fen=st.integers(-5, 800))
    def commit(self, case: UUID, fen: int) -> None:
        possible = 0 < fen <= self.available and case not in self.held_for
        assert self.act("commit", case, fen) == possible
        if possible:
            self.held_for[case] = fen

    @rule(case=st.sampled_from(CASES))
    def release(self, case: UUID) -> None:
        assert self.act("release", case, 0)
        self.held_for.pop(case, None)

    @rule(case=st.sampled_from(CASES), off=st.sampled_from([0, 0, 0, 1, -1]))
    def pay(self, case: UUID, off: int) -> None:
        amount = self.held_for.get(case, 7) + off
        possible = case in self.held_for and not off
        assert self.act("pay", case, amount) == possible
        if possible:
            self.given_to[case] = self.given_to.get(case, 0) + self.held_for.pop(case)

    @rule(case=st.sampled_from(CASES), fen=st.integers(-5, 800))
    def recover(self, case: UUID, fen: int) -> None:
        possible = 0 < fen <= self.given_to.get(case, 0)
        assert self.act("recover", case, fen) == possible
        if possible:
            self.given_to[case] -= fen

    @precondition(lambda self: any(self.given_to.values()))
    @rule()
    def recover_all_of_one(self) -> None:
        case = next(case for case, fen in self.given_to.items() if fen)
        assert self.act("recover", case, self.given_to[case])
        self.given_to[case] = 0

    @property
    def available(self) -> int:
        return Fund.folded(FUND, self.facts).available.fen

    @invariant()
    def nothing_is_unexplained_and_nothing_negative(self) -> None:
        held = Fund.folded(FUND, self.facts)
        assert held.difference == ZERO
        assert min(told(held)) >= 0
        assert held.recovered <= held.paid <= held.appropriated + held.recovered

    @invariant()
    def the_cases_add_up_to_the_totals(self) -> None:
        held = Fund.folded(FUND, self.facts)
        assert total(held.committed_to.values()) == held.committed
        assert total(held.paid_to.values()) == held.paid - held.recovered
        assert {case: sum_.fen for case, sum_ in held.committed_to.items()} == self.held_for
        assert {case: sum_.fen for case, sum_ in held.paid_to.items()} == self.given_to


TestFundInAnyOrder = FundInAnyOrder.TestCase


def test_the_difference_is_seen_when_a_posting_is_one_sided() -> None:
    held = fund(1000)
    held.paid = Money(1)
    assert held.difference == Money(-1)


def test_every_posting_names_two_different_accounts() -> None:
    held = fund(1000)
    funds.commit(held, A, Money(300), DESK)
    funds.pay(held, A, Money(300), "指令1", DESK)
    funds.recover(held, A, Money(300), DESK)
    funds.commit(held, A, Money(5), DESK)
    funds.release(held, A, DESK)
    sides = [(event.debit, event.credit) for event in held.pending_events if isinstance(event, funds.Posting)]
    assert sides == [
        ("available", "appropriation"),
        ("committed", "available"),
        ("paid", "committed"),
        ("available", "recovered"),
        ("committed", "available"),
        ("available", "committed"),
    ]
