"""到账后退票: the bank sends a payment back days later; the books follow, and nobody is paid or asked twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from domain.case.file import Qualification, Recovery, Stage, Subsidy
from domain.case.payout import PaymentInstructed, PaymentReceived
from domain.case.recovery import RecoverySettled
from domain.case.returned import PaymentReturned
from domain.case.rooms import decide
from domain.case.withdrawal import WithdrawalAsked
from domain.fund import ledger
from domain.fund import payment as funds
from domain.fund.allocation import SettleCounty
from domain.fund.file import FundFact, FundPaid, FundReleased, FundReturned
from domain.money import ZERO, Money
from tests.domain.cast import CASE, CITY, CODE, ENTITLEMENT, PROGRAMME, clerk2, county_treasury, leader, rules, treasury
from tests.domain.lines import FOUND, Step
from tests.domain.play import Play, after, fact, passed, ready, refused, shows
from tests.domain.test_fund_sources import COUNTY, MIANYANG, Treasury

FIRST: Final = f"{CITY}-{PROGRAMME}-{CODE}-1"
BACK: Final[Step] = ("record-bounce", {"instruction": FIRST})
BUDGET: Final = Money.wan(1000)
HALF: Final = Money(ENTITLEMENT.fen // 2)
FEN: Final = Money(1)


def back(play: Play) -> Play:
    """The bank sends the first payment back."""
    return play.when("record-bounce", instruction=FIRST)


def books(play: Play) -> tuple[Money, Money, Money, Money]:
    fund = play.fund
    assert fund.difference == ZERO
    assert (fund.paid, fund.recovered) == (play.case.paid, play.case.refunded)
    return fund.available, fund.committed, fund.paid, fund.recovered


def test_what_came_back_after_its_receipt_waits_for_the_firm_again_and_the_stage_stays() -> None:
    came = back(after("record-receipt")).then(fact(PaymentReturned, instruction=FIRST, amount=ENTITLEMENT))
    came.then_booked(fact(FundReturned, amount=ENTITLEMENT, case=CASE, debit="committed", credit="paid"))
    came.then_stands(stage=Stage.LOOKBACK, subsidy=Subsidy.APPROVED, paid=ZERO, received={}, instruction="")
    assert books(came) == (BUDGET - ENTITLEMENT, ENTITLEMENT, ZERO, ZERO)

    told = came.when("instruct-payment").then(fact(PaymentInstructed, instruction=f"{FIRST[:-1]}2"))
    told.then_stands(stage=Stage.LOOKBACK).then_deadlines(set=("payment/2",))
    paid = told.when("record-receipt").then(PaymentReceived).then_booked(FundPaid)
    paid.then_stands(stage=Stage.LOOKBACK, subsidy=Subsidy.PAID, paid=ENTITLEMENT)
    assert books(paid) == (BUDGET - ENTITLEMENT, ZERO, ENTITLEMENT, ZERO)


def test_the_same_payment_comes_back_once() -> None:
    came = after("record-receipt").did(BACK)
    back(came).then_refused("step_must_be_due")
    again = came.did("instruct-payment", "record-receipt")
    back(again).then_refused("step_must_be_due")
    again.when("record-bounce", instruction=f"{FIRST[:-1]}2").then(PaymentReturned)


@pytest.mark.parametrize("earlier", [clerk2, leader, treasury])
def test_who_moved_the_payment_does_not_take_it_back(earlier: object) -> None:
    by = replace(county_treasury, id=getattr(earlier, "id"))  # noqa: B009 - any of three persons
    after("record-receipt").when("record-bounce", instruction=FIRST, by=by).then_refused("hand_must_differ")
    after("record-receipt").when("record-bounce", instruction=FIRST, reason=" ").then_refused("words_must_be_given")


@shows("subsidy_must_be_settled_first")
def test_no_case_is_archived_over_money_that_came_back() -> None:
    came = after("record-receipt").did(BACK)
    came.when("close-case").then_refused("subsidy_must_be_settled_first")
    told = came.did("instruct-payment")
    told.when("close-case").then_refused("subsidy_must_be_settled_first")
    assert told.did("record-receipt").when("close-case").refusal is None


def test_what_a_finding_froze_is_not_instructed_again_and_goes_with_the_qualification() -> None:
    came = after("record-receipt").did(*FOUND[1:], BACK)
    came.when("instruct-payment").then_refused("money_must_not_be_frozen")
    gone = came.did("file-statement").when("revoke-qualification").then_booked(FundReleased)
    gone.then_stands(stage=Stage.CLOSED, subsidy=Subsidy.RELEASED, recovery=Recovery.NONE)
    assert books(gone) == (BUDGET, ZERO, ZERO, ZERO)


def test_a_firm_that_never_had_the_money_may_leave() -> None:
    asked = after("record-receipt").did(BACK).when("ask-withdrawal").then(WithdrawalAsked)
    gone = asked.when("approve-withdrawal").then_booked(FundReleased)
    gone.then_stands(qualification=Qualification.WITHDRAWN, stage=Stage.CLOSED)
    assert books(gone) == (BUDGET, ZERO, ZERO, ZERO)


def test_the_ledgers_follow_by_firm_and_by_county() -> None:
    came = after("record-receipt").did(BACK)
    facts = [one for one in came.fund_facts if isinstance(one, FundFact)]
    (firm,) = ledger.firms(facts, lambda case: came.case)
    assert (firm.committed, firm.paid, firm.recovered) == (ENTITLEMENT, ZERO, ZERO)

    city = Treasury(MIANYANG)
    city.brings(100)
    city.allocates(60)
    city.commits(1, 40)
    city.pays(1, 40)
    funds.take_back(city.fund(), city.case(1), "指令1", city.desk(SettleCounty, county=COUNTY, carry=False))
    (county,) = ledger.counties(one for one in city.fund().pending_events if isinstance(one, FundFact))
    assert (county.allocated, county.paid, county.unpaid) == (Money.wan(60), ZERO, Money.wan(60))


# --- when money is asked back


@pytest.mark.parametrize(
    "state", ["notify-recovery", "decide-recovery", "record-refund", "hand-over-recovery", "write-off-recovery"]
)
def test_nothing_is_asked_back_of_a_firm_that_has_nothing(state: str) -> None:
    came = back(ready(state)).then(fact(PaymentReturned, subsidy=Subsidy.RELEASED, to_recover=ZERO), RecoverySettled)
    came.then_booked(FundReturned, FundReleased)
    came.then_stands(stage=Stage.CLOSED, recovery=Recovery.SETTLED, paid=ZERO, to_recover=ZERO, deadlines={})
    assert books(came) == (BUDGET, ZERO, ZERO, ZERO)


def test_a_decision_for_a_part_asks_no_more_than_the_firm_still_has() -> None:
    part = ready("decide-recovery").under(rules({"recovery.basis": "part"}))
    back(part.did(("decide-recovery", {"amount": HALF}))).then(fact(PaymentReturned, to_recover=ZERO), RecoverySettled)


@shows("return_must_not_exceed_what_is_out")
def test_what_was_refunded_does_not_come_back_from_the_bank_as_well() -> None:
    refunded = ready("record-refund").did(("record-refund", {"amount": FEN}))
    back(refunded).then_refused("return_must_not_exceed_what_is_out")
    assert back(ready("record-refund")).refusal is None


# --- several payments of one firm


@shows("other_payment_must_be_settled_first")
def test_one_payment_of_a_firm_is_under_way_at_a_time() -> None:
    received = after("record-receipt")
    for subsidy, planned in ((Subsidy.APPROVED, None), (Subsidy.INSTRUCTED, None), (Subsidy.VERIFIED, CASE)):
        case = received.case
        case.subsidy, case.planned_in = subsidy, planned
        with refused("other_payment_must_be_settled_first", of="record-bounce"):
            decide(case, received.papers(received.command("record-bounce", instruction=FIRST)))
    assert back(received).refusal is None


def test_a_part_that_comes_back_is_due_again_beside_the_rest() -> None:
    received = after("record-receipt")
    case = received.case
    assert case.entitlement is not None
    case.entitlement = replace(case.entitlement, amount=ENTITLEMENT + HALF)
    case.subsidy = Subsidy.VERIFIED
    decide(case, received.papers(received.command("record-bounce", instruction=FIRST)))
    assert (case.subsidy, case.approved, case.paid) == (Subsidy.APPROVED, ENTITLEMENT, ZERO)


@shows("payment_must_have_been_booked")
def test_what_comes_back_was_paid_to_this_firm_by_this_instruction() -> None:
    city = Treasury(MIANYANG)
    city.brings(100)
    city.allocates(60)
    city.commits(1, 40)
    city.pays(1, 40)
    desk = city.desk(SettleCounty, county=COUNTY, carry=False)
    for case, instruction in ((city.case(2), "指令1"), (city.case(1), "指令2")):
        with refused("payment_must_have_been_booked", of="take_back"):
            funds.take_back(city.fund(), case, instruction, desk)
    funds.take_back(city.fund(), city.case(1), "指令1", desk)
    passed("take_back")
    assert (city.wan("committed", county=COUNTY), city.wan("paid"), city.wan("allocated", county=COUNTY)) == (40, 0, 20)
    funds.release(city.fund(), city.case(1), desk)
    assert city.wan("allocated", county=COUNTY) == 60
