"""追缴: asked back, decided, refunded in parts to the last fen, or handed over when its time has passed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.case.file import Recovery, Stage
from domain.case.recovery import (
    RecoveryDecided,
    RecoveryHandedOver,
    RecoveryNotified,
    RecoverySettled,
    RecoveryWrittenOff,
    RefundRecorded,
)
from domain.fund.file import FundRecovered
from domain.money import Money
from domain.people import Person
from tests.domain.cast import CASE, ENTITLEMENT, clause, clerk1, county_treasury, leader, leader2, rules
from tests.domain.play import after, fact, ready, shows

HALF = Money(ENTITLEMENT.fen // 2)
FEN = Money(1)
PART = rules({"recovery.basis": "part"})


@shows("recovery_must_not_exceed_what_was_paid")
@pytest.mark.parametrize("kind", ["notify-recovery", "decide-recovery"])
def test_no_more_is_asked_back_than_was_paid(kind: str) -> None:
    ready(kind).when(kind, amount=ENTITLEMENT + FEN).then_refused("recovery_must_not_exceed_what_was_paid")
    assert ready(kind).when(kind, amount=ENTITLEMENT).refusal is None
    for nothing in (Money(0), -FEN):
        ready(kind).when(kind, amount=nothing).then_refused("amount_must_be_positive")
    ready(kind).when(kind, document=" ").then_refused("words_must_be_given")


@shows("whole_amount_must_be_asked_where_the_pack_says_so")
def test_the_whole_is_asked_back_where_the_pack_says_so() -> None:
    ready("decide-recovery").when("decide-recovery", amount=ENTITLEMENT - FEN).then_refused(
        "whole_amount_must_be_asked_where_the_pack_says_so", clause("recovery.basis")
    )
    whole = ready("decide-recovery").when("decide-recovery").then(fact(RecoveryDecided, amount=ENTITLEMENT))
    assert whole.happened[0].clauses == (clause("recovery.basis"),)
    whole.then_deadlines(set=("refund/1",))
    part = ready("decide-recovery").under(PART).when("decide-recovery", amount=HALF)
    part.then(fact(RecoveryDecided, amount=HALF)).then_stands(to_recover=HALF)


def test_no_decision_while_the_pack_does_not_say_how_much() -> None:
    ready("decide-recovery").under(rules(without=["recovery.basis"])).when("decide-recovery").then_refused(
        "pack_must_answer_before_the_step", key="recovery.basis"
    )


@pytest.mark.parametrize(
    ("kind", "by", "earlier"),
    [
        ("decide-recovery", leader, clerk1),
        ("record-refund", county_treasury, clerk1),
        ("record-refund", county_treasury, leader2),
    ],
)
def test_each_step_of_a_recovery_is_another_persons(kind: str, by: Person, earlier: Person) -> None:
    ready(kind).when(kind, by=replace(by, id=earlier.id)).then_refused("hand_must_differ")
    assert ready(kind).when(kind).refusal is None


def test_who_took_the_qualification_away_does_not_decide_what_comes_back() -> None:
    ready("decide-recovery").when("decide-recovery", by=leader).then_refused("hand_must_differ")


@shows("slip_must_be_used_once")
def test_one_bank_slip_is_one_refund_however_it_is_spaced() -> None:
    first = ready("record-refund").when("record-refund", amount=FEN, slip="凭证1").then(RefundRecorded)
    for again in ("凭证1", "凭证 1", " 凭证1"):
        first.when("record-refund", amount=FEN, slip=again).then_refused("slip_must_be_used_once")
    assert first.when("record-refund", amount=FEN, slip="凭证2").refusal is None


@shows("refund_must_not_exceed_what_is_due")
def test_refunds_come_in_parts_until_the_last_fen() -> None:
    due = ready("record-refund")
    due.when("record-refund", amount=ENTITLEMENT + FEN).then_refused("refund_must_not_exceed_what_is_due")
    due.when("record-refund", amount=Money(0)).then_refused("amount_must_be_positive")
    due.when("record-refund", slip="").then_refused("words_must_be_given")

    first = due.when("record-refund", amount=HALF).then(fact(RefundRecorded, amount=HALF))
    first.then_booked(fact(FundRecovered, amount=HALF, case=CASE, debit="available", credit="recovered"))
    first.then_stands(recovery=Recovery.DECIDED, stage=Stage.LOOKBACK, refunded=HALF).then_deadlines()
    first.when("record-refund", amount=ENTITLEMENT - HALF + FEN).then_refused("refund_must_not_exceed_what_is_due")

    almost = first.when("record-refund", amount=ENTITLEMENT - HALF - FEN).then(RefundRecorded)
    settled = almost.when("record-refund", amount=FEN).then(RefundRecorded, RecoverySettled)
    settled.then_stands(recovery=Recovery.SETTLED, stage=Stage.CLOSED, refunded=ENTITLEMENT, deadlines={})
    settled.then_deadlines(closed=("refund/1",))
    assert (settled.fund.recovered, settled.fund.available) == (ENTITLEMENT, Money.wan(1000))


def test_where_a_part_was_decided_the_part_settles_it() -> None:
    part = ready("decide-recovery").under(PART).did(("decide-recovery", {"amount": HALF}))
    part.when("record-refund", amount=HALF).then(RefundRecorded, RecoverySettled).then_stands(stage=Stage.CLOSED)


@shows("refund_must_be_overdue")
def test_a_debt_is_handed_over_when_its_time_has_passed() -> None:
    due = ready("record-refund")
    due.when("hand-over-recovery").then_refused("refund_must_be_overdue")
    late = due.after("refund")
    late.when("hand-over-recovery").then_refused("refund_must_be_overdue")  # not yet on record
    passed = late.did(("pass-deadline", {"name": "refund/1"}))
    for field in ("to", "reason"):
        passed.when("hand-over-recovery", **{field: " "}).then_refused("words_must_be_given")
    over = passed.when("hand-over-recovery").then(fact(RecoveryHandedOver, to="市司法局"))
    over.then_stands(stage=Stage.LOOKBACK, deadlines={}).then_deadlines(closed=("refund/1",))


def test_money_that_comes_after_the_hand_over_is_booked_and_settles() -> None:
    over = ready("hand-over-recovery").did("hand-over-recovery")
    part = over.when("record-refund", amount=HALF).then(RefundRecorded).then_stands(recovery=Recovery.HANDED_OVER)
    part.when("record-refund", amount=ENTITLEMENT - HALF).then(RefundRecorded, RecoverySettled).then_stands(
        recovery=Recovery.SETTLED, stage=Stage.CLOSED
    )


@shows("write_off_must_be_all_that_is_owed", "hand_must_differ", "words_must_be_given")
def test_what_nobody_expects_any_more_is_written_off_to_the_fen_by_another_hand() -> None:
    over = ready("write-off-recovery").did(("record-refund", {"amount": HALF}))
    rest = ENTITLEMENT - HALF
    for wrong in (rest - FEN, rest + FEN, ENTITLEMENT, Money(0)):
        over.when("write-off-recovery", amount=wrong).then_refused("write_off_must_be_all_that_is_owed")
    over.when("write-off-recovery", amount=rest, by=leader2).then_refused("hand_must_differ")
    for field in ("document", "reason"):
        over.when("write-off-recovery", amount=rest, **{field: " "}).then_refused("words_must_be_given")
    lost = over.when("write-off-recovery", amount=rest).then(fact(RecoveryWrittenOff, amount=rest, document="核销1号"))
    lost.then_stands(recovery=Recovery.WRITTEN_OFF, stage=Stage.CLOSED, refunded=HALF).then_booked()
    assert (lost.fund.paid - lost.fund.recovered) == rest


def test_a_debt_is_not_written_off_before_it_was_handed_over_nor_enforced_twice() -> None:
    ready("record-refund").when("write-off-recovery").then_refused("step_must_be_due")
    ready("record-refund").when("record-enforcement").then_refused("step_must_be_due")
    forced = ready("record-enforcement").did("record-enforcement")
    forced.when("record-enforcement").then_refused("step_must_be_due")
    paid = forced.when("record-refund", amount=ENTITLEMENT).then(RefundRecorded, RecoverySettled)
    paid.then_stands(recovery=Recovery.SETTLED)
    forced.when("write-off-recovery").then(RecoveryWrittenOff)


def test_a_part_paid_in_time_does_not_stop_the_hand_over_of_the_rest() -> None:
    part = ready("record-refund").did(("record-refund", {"amount": HALF}))
    part.after("refund").did(("pass-deadline", {"name": "refund/1"})).when("hand-over-recovery").then(
        RecoveryHandedOver
    )


def test_the_firm_knows_before_it_is_decided() -> None:
    told = ready("notify-recovery").when("notify-recovery").then(fact(RecoveryNotified, amount=ENTITLEMENT))
    told.then_stands(to_recover=ENTITLEMENT, refunded=Money(0)).when("record-refund").then_refused("step_must_be_due")
    after("record-receipt").when("notify-recovery").then_refused("step_must_be_due")
