"""What holds of all rounds, funds, cases and the queue together, read from the record alone, whoever did whatever."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from domain.case.file import CaseFile, Qualification, Subsidy
from domain.fund.file import CREDITED, RETROFIT_LINE, Fund, FundPaid, Source
from domain.identity import fund_id, queue_id, round_id
from domain.money import ZERO, Money, total
from domain.payout_round.file import (
    PaymentsInstructed,
    PayoutPlanApprovalGiven,
    PayoutPlanDrawn,
    PayoutPlanRedrawn,
    PayoutRound,
    ReceiptsFiled,
)
from domain.payout_round.plan import plan_hash
from domain.queue import PayoutQueue
from tests.engine import CITY, Firm, Town

UNDER_WAY: Final = (Subsidy.VERIFIED, Subsidy.APPROVED, Subsidy.INSTRUCTED)
SET_ASIDE: Final = (Subsidy.APPROVED, Subsidy.INSTRUCTED)


def fund_of(town: Town) -> Fund:
    """The town's fund, as the record tells it."""
    return town.store.load(Fund, fund_id(CITY, town.programme, RETROFIT_LINE))


def must_hold(town: Town, firms: Sequence[Firm], numbers: Sequence[str]) -> None:
    """All of it."""
    fund, cases = fund_of(town), [firm.file for firm in firms]
    rounds = [town.store.load(PayoutRound, round_id(CITY, town.programme, number)) for number in numbers]
    rounds = [one for one in rounds if not one.is_new]
    every_fen_is_somewhere(fund)
    the_fund_holds_what_the_firms_wait_for(fund, cases, rounds)
    no_case_stands_in_two_plans(cases, rounds)
    nothing_is_paid_without_its_plan(town, rounds)
    the_queue_holds_whoever_is_due_and_not_approved(town, cases)


def every_fen_is_somewhere(fund: Fund) -> None:
    for source in Source:
        held = [fund.balance(name, source) for name in ("available", "allocated", "committed", "paid")]
        assert fund.balance("appropriation", source) == total(held) - fund.balance("recovered", source)
    assert all(amount >= ZERO for account, amount in fund.books.items() if account.name not in CREDITED)
    assert all(amount <= ZERO for account, amount in fund.books.items() if account.name in CREDITED)
    assert fund.difference == ZERO


def the_fund_holds_what_the_firms_wait_for(
    fund: Fund, cases: Sequence[CaseFile], rounds: Sequence[PayoutRound]
) -> None:
    waiting = {case.id: case for case in cases if case.is_open and case.subsidy in SET_ASIDE}
    assert {case: held.amount for case, held in fund.committed_to.items()} == {
        case: file.approved for case, file in waiting.items()
    }
    lines = [
        line
        for one in rounds
        for line in one.standing_lines
        if one.step == "payment" and line.case in waiting and waiting[line.case].planned_in == one.id
    ]
    assert fund.committed == total(line.amount for line in lines)
    assert {line.case: line.parts for line in lines} == {case: held.parts for case, held in fund.committed_to.items()}
    for case in cases:
        assert case.paid - case.refunded == fund.outstanding(case.id)
        assert ZERO <= case.refunded <= case.paid <= (case.entitlement.amount if case.entitlement else ZERO)
    assert (fund.paid, fund.recovered) == (
        total(case.paid for case in cases),
        total(case.refunded for case in cases),
    )


def no_case_stands_in_two_plans(cases: Sequence[CaseFile], rounds: Sequence[PayoutRound]) -> None:
    due = {case.id: case for case in cases if case.is_open and case.subsidy in UNDER_WAY}
    live = [(line.case, one.id) for one in rounds if not one.is_over for line in one.standing_lines if line.case in due]
    live = [(case, number) for case, number in live if due[case].planned_in is not None]
    assert len({case for case, _ in live}) == len(live)
    assert dict(live) == {case: file.planned_in for case, file in due.items() if file.planned_in is not None}


def nothing_is_paid_without_its_plan(town: Town, rounds: Sequence[PayoutRound]) -> None:
    """Read fact by fact: plan by one, every link of the chain by another at its hash, instruction, receipt."""
    orders: dict[str, Money] = {}
    received: dict[str, Money] = {}
    for one in rounds:
        drawn_by, lines = "", {}
        given: list[tuple[str, str]] = []
        for fact in town.store.facts(one.id):
            match fact:
                case PayoutPlanDrawn() | PayoutPlanRedrawn():
                    assert fact.sha256 == plan_hash(fact.lines)
                    drawn_by, sha256, given = fact.by.id, fact.sha256, []
                    lines = {line.case: line.amount for line in fact.lines}
                case PayoutPlanApprovalGiven():
                    assert fact.sha256 == sha256
                    given.append((fact.approval, fact.by.id))
                case PaymentsInstructed():
                    assert tuple(approval for approval, _ in given) == one.chain
                    hands = [drawn_by, *(by for _, by in given), fact.by.id]
                    assert len(set(hands)) == len(hands)
                    for order in fact.orders:
                        assert order.amount == lines[order.case]
                        assert order.instruction not in orders, "every number is used once"
                        orders[order.instruction] = order.amount
                case ReceiptsFiled():
                    assert fact.by.id not in {drawn_by, *(by for _, by in given), *one.hands["instruct payments"]}
                    for slip in fact.slips:
                        if not slip.bounced:
                            assert slip.instruction not in received, "and received once at most"
                            received[slip.instruction] = slip.amount
    paid = [fact for fact in town.store.facts(fund_of(town).id) if isinstance(fact, FundPaid)]
    assert {fact.instruction: fact.amount for fact in paid} == received
    assert len(paid) == len(received)
    assert all(orders[number] == amount for number, amount in received.items())


def the_queue_holds_whoever_is_due_and_not_approved(town: Town, cases: Sequence[CaseFile]) -> None:
    queue = town.store.load(PayoutQueue, queue_id(CITY, town.programme, RETROFIT_LINE))
    pilots = [case for case in cases if case.qualification is Qualification.PILOT]
    assert {case: one.amount for case, one in queue.waiting.items()} == {
        case.id: case.entitlement.amount - case.paid
        for case in pilots
        if case.entitlement is not None and case.subsidy is Subsidy.VERIFIED
    }
