"""退出: a firm may leave until it is paid; what was set aside for it returns to the fund."""

from __future__ import annotations

import pytest

from domain.case.file import Qualification, Stage, Subsidy
from domain.case.rooms import decide
from domain.case.withdrawal import WithdrawalApproved, WithdrawalAsked, WithdrawalDeclined
from domain.fund.file import FundReleased
from domain.money import Money
from tests.domain.cast import CASE, ENTITLEMENT
from tests.domain.lines import MAIN, SHUT_DOWN
from tests.domain.play import after, fact, ready, refused, shows

UNPAID = [kind for kind in MAIN if kind not in ("open-case", "instruct-payment", "record-receipt", "close-case")]


@shows("firm_must_have_applied")
def test_only_an_applicant_or_a_pilot_can_leave() -> None:
    after("open-case").when("ask-withdrawal").then_refused("firm_must_have_applied")
    after("submit-application").when("ask-withdrawal", reason="停产").then(fact(WithdrawalAsked, reason="停产"))
    after("submit-application").when("ask-withdrawal", reason="").then_refused("words_must_be_given")


@pytest.mark.parametrize("kind", UNPAID)
def test_a_firm_may_leave_at_any_time_before_it_is_paid(kind: str) -> None:
    gone = after(kind).did("ask-withdrawal").when("approve-withdrawal").then(WithdrawalApproved)
    gone.then_stands(
        stage=Stage.CLOSED,
        qualification=Qualification.WITHDRAWN,
        subsidy=Subsidy.RELEASED,
        deadlines={},
        withdrawal_asked=False,
    )
    if kind == "approve-payout":
        gone.then_booked(fact(FundReleased, amount=ENTITLEMENT, case=CASE, debit="available", credit="committed"))
    else:
        gone.then_booked()
    assert (gone.fund.available, gone.fund.committed) == (Money.wan(1000), Money(0))


@pytest.mark.parametrize(
    "side", ["submit-supplement", "promote-from-waitlist", "answer-objection", "return-plan", "report-rectification"]
)
def test_a_firm_may_leave_from_beside_the_main_path_too(side: str) -> None:
    ready(side).did("ask-withdrawal").when("approve-withdrawal").then(WithdrawalApproved).then_stands(deadlines={})


@shows("firm_that_was_paid_must_not_simply_leave")
def test_money_that_left_comes_home_first() -> None:
    rule = "firm_that_was_paid_must_not_simply_leave"
    after("instruct-payment").when("ask-withdrawal").then_refused(rule)
    after("record-receipt").when("ask-withdrawal").then_refused(rule)
    ready("notify-recovery").when("ask-withdrawal").then_refused(rule)
    after("instruct-payment").did("record-bounce").when("ask-withdrawal").then(WithdrawalAsked)


def test_an_approval_looks_at_the_money_anew() -> None:
    # A wish that is open stops every payment, so no command leads here: the case is forced.
    play = ready("approve-withdrawal")
    forced = play.case
    forced.paid = ENTITLEMENT
    papers = play.papers(play.command("approve-withdrawal"))
    with refused("firm_that_was_paid_must_not_simply_leave", of="approve-withdrawal"):
        decide(forced, papers)


@shows("withdrawal_must_have_been_asked")
@pytest.mark.parametrize("kind", ["approve-withdrawal", "decline-withdrawal"])
def test_the_bureau_answers_a_wish_it_does_not_make_one(kind: str) -> None:
    after("submit-application").when(kind).then_refused("withdrawal_must_have_been_asked")
    assert ready(kind).when(kind).refusal is None


@shows("withdrawal_must_be_decided_first")
def test_a_wish_is_asked_once_and_again_after_a_no() -> None:
    asked = after("submit-application").when("ask-withdrawal")
    asked.when("ask-withdrawal").then_refused("withdrawal_must_be_decided_first")
    asked.when("decline-withdrawal", reason=" ").then_refused("words_must_be_given")
    asked.when("decline-withdrawal").then(WithdrawalDeclined).when("ask-withdrawal").then(WithdrawalAsked)


@shows("finding_must_be_settled_first")
def test_nobody_leaves_while_an_inspection_is_open_against_them() -> None:
    drawn = after("approve-payout").did("draw-case", "ask-withdrawal")
    drawn.when("approve-withdrawal").then_refused("finding_must_be_settled_first")
    found = drawn.did(("record-inspection", SHUT_DOWN))
    found.when("approve-withdrawal").then_refused("finding_must_be_settled_first")
    found.did("dismiss-finding").when("approve-withdrawal").then(WithdrawalApproved)


def test_the_case_goes_on_while_the_wish_is_open_and_after_a_no() -> None:
    asked = after("submit-application").did("ask-withdrawal")
    asked.did("pass-county-review", "pass-city-review").then_stands(withdrawal_asked=True)
    asked.did("decline-withdrawal", "pass-county-review").then_stands(
        withdrawal_asked=False, qualification=Qualification.CITY_REVIEW
    )
