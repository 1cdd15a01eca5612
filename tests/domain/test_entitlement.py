"""核定: by batch, level and day of completion, within what is left for the firm, less what others have given."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.case.entitlement import (
    EarlierSupportRecorded,
    EntitlementVerified,
    SubsidyDenied,
    entitlement,
    grounds_of,
)
from domain.case.file import Stage, Subsidy
from domain.case.lookback import CaseCompleted
from domain.money import ZERO, Money
from domain.policy import Pack, Standing
from domain.policy_rows import SubsidyRate
from domain.rejections import OpenQuestion
from domain.spend import EarlierSupport, Grounds, SpendLine
from tests.domain.cast import ENTITLEMENT, LINES, RULES, clause, rules
from tests.domain.play import after, fact, ready, shows

TODAY = date(2026, 3, 2)
DEDUCT, EXCLUDE, STACK = (rules({"payout.earlier_money": word}) for word in ("deduct", "exclude", "stack"))


def spent(yuan: str) -> list[SpendLine]:
    return [SpendLine("software", "系统", Money.yuan(yuan))]


def given_for(line: SpendLine, yuan: str, document: str = "省财企2号") -> EarlierSupport:
    return EarlierSupport(line.kind, line.what, "省级技改专项", Money.yuan(yuan), document)


def rated(*rows: SubsidyRate, pack: Pack = RULES) -> Pack:
    return replace(pack, tables={"subsidy_rate": rows})


def rate(**said: Any) -> SubsidyRate:
    return SubsidyRate(clause="某办法 表一", standing=Standing.STATED, **said)


# --- by batch, level, completion


HEFEI = rated(
    rate(level=2, starts=date(2025, 1, 1), ends=date(2025, 12, 31), ratio=Fraction(3, 10), cap=Money.wan(20)),
    rate(level=3, starts=date(2025, 1, 1), ends=date(2025, 12, 31), ratio=Fraction(2, 5), cap=Money.wan(40)),
    rate(level=3, starts=date(2026, 1, 1), ratio=Fraction(3, 10), cap=Money.wan(30)),
)


@pytest.mark.parametrize(
    ("level", "completed", "amount"),
    [
        (3, date(2025, 6, 1), "400000.00"),
        (2, date(2025, 12, 31), "200000.00"),
        (3, date(2026, 1, 1), "300000.00"),
        (2, date(2026, 1, 1), "500000.00"),  # no row says anything: the single values do
    ],
)
def test_level_and_day_of_completion_choose_the_row(level: int, completed: date, amount: str) -> None:
    worked_out = entitlement(spent("1200000"), HEFEI, TODAY, Grounds(level=level, completed=completed))
    assert worked_out.amount == Money.yuan(amount)
    assert ("某办法 表一" in "".join(worked_out.steps)) == (amount != "500000.00")


def test_a_batch_has_its_own_ratio_and_a_silent_one_asks() -> None:
    pack = rated(rate(batch="1", ratio=Fraction(1, 2)), rate(batch="2", ratio=Fraction(2, 5)))
    assert entitlement(spent("100"), pack, TODAY, Grounds(batch="1")).amount == Money.yuan("50")
    assert entitlement(spent("100"), pack, TODAY, Grounds(batch="2")).amount == Money.yuan("40")
    silent = rated(rate(batch="1", ratio=Fraction(1, 2)), pack=rules(without=["payout.ratio"]))
    with pytest.raises(OpenQuestion) as asked:
        entitlement(spent("100"), silent, TODAY, Grounds(batch="3"))
    assert asked.value.key == "payout.ratio"


def test_the_case_brings_its_own_grounds() -> None:
    case = ready("verify-entitlement").case
    assert grounds_of(case) == Grounds(batch="1", level=2, completed=case.completed_on)
    assert case.completed_on is not None
    verified = ready("verify-entitlement").under(rated(rate(batch="1", level=2, cap=Money.wan(3))))
    done = verified.when("verify-entitlement").then(EntitlementVerified)
    assert done.case.entitlement is not None
    assert done.case.entitlement.amount == Money.wan(3)
    assert done.happened[0].clauses == (clause("payout.eligible"), clause("payout.ratio"), "某办法 表一")


def test_what_the_firm_holds_already_is_taken_off_the_cap() -> None:
    held = Grounds(received=Money.wan(45))
    assert entitlement(spent("1000000"), RULES, TODAY, held).amount == Money.wan(5)
    assert entitlement(spent("1000000"), RULES, TODAY, Grounds(received=Money.wan(60))).amount == ZERO
    assert entitlement(spent("2"), RULES, TODAY, held).amount == Money.yuan("1")


# --- other public money


def test_money_given_elsewhere_for_the_same_thing_is_deducted() -> None:
    grounds = Grounds(earlier=(given_for(LINES[0], "30000.01"), given_for(LINES[3], "5000")))
    worked_out = entitlement(LINES, DEDUCT, TODAY, grounds)
    assert worked_out.deducted == Money.yuan("30000.01"), "the other line is set aside anyway"
    assert worked_out.amount == ENTITLEMENT - worked_out.deducted
    assert clause("payout.earlier_money") in worked_out.steps[-1]
    whole = entitlement(LINES, DEDUCT, TODAY, Grounds(earlier=(given_for(LINES[0], "9000000"),)))
    assert (whole.amount, whole.deducted) == (ZERO, ENTITLEMENT)


def test_where_nothing_is_supported_twice_the_line_is_set_aside() -> None:
    worked_out = entitlement(LINES, EXCLUDE, TODAY, Grounds(earlier=(given_for(LINES[0], "1"),)))
    assert worked_out.eligible == Money.yuan("200000")
    assert [(line.what, line.clause) for line in worked_out.excluded] == [
        ("制造执行系统", clause("payout.earlier_money")),
        ("咨询", clause("payout.eligible")),
    ]
    assert "省级技改专项" in worked_out.excluded[0].why


def test_where_it_may_be_added_nothing_is_taken_off() -> None:
    worked_out = entitlement(LINES, STACK, TODAY, Grounds(earlier=(given_for(LINES[0], "1"),)))
    assert (worked_out.amount, worked_out.deducted) == (ENTITLEMENT, ZERO)


def test_a_city_that_does_not_say_is_asked_only_once_there_is_such_money() -> None:
    due = ready("verify-entitlement")
    given = due.did("record-earlier-support")
    given.when("verify-entitlement").then_refused("pack_must_answer_before_the_step", key="payout.earlier_money")
    due.when("verify-entitlement").then(EntitlementVerified)
    corrected = given.did(("record-earlier-support", {"amount": ZERO}))
    done = corrected.when("verify-entitlement").then(EntitlementVerified)
    assert done.case.entitlement is not None
    assert done.case.entitlement.amount == ENTITLEMENT


def test_what_was_recorded_goes_into_the_working() -> None:
    done = ready("verify-entitlement").under(DEDUCT).did("record-earlier-support", "verify-entitlement")
    worked_out = done.case.entitlement
    assert worked_out is not None
    assert worked_out.amount == ENTITLEMENT - Money.yuan("1000")
    assert worked_out.grounds.earlier == tuple(done.case.earlier.values())
    assert clause("payout.earlier_money") in done.happened[0].clauses
    again = entitlement(done.case.verified, DEDUCT, done.today, worked_out.grounds)
    assert again == worked_out, "worked out again from what lies in the event"


@shows("earlier_support_must_be_for_a_line_of_the_contract", "earlier_support_must_not_be_negative")
def test_other_money_is_recorded_for_a_line_with_source_and_document() -> None:
    due = ready("record-earlier-support")
    for line in (0, 5):
        due.when("record-earlier-support", line=line).then_refused("earlier_support_must_be_for_a_line_of_the_contract")
    due.when("record-earlier-support", amount=Money(-1)).then_refused("earlier_support_must_not_be_negative")
    due.when("record-earlier-support", document=" ").then_refused("words_must_be_given")
    due.when("record-earlier-support", given_by="").then_refused("words_must_be_given")
    due.when("record-earlier-support").then(fact(EarlierSupportRecorded, support=given_for(LINES[0], "1000")))
    after("verify-entitlement").when("record-earlier-support").then_refused("step_must_be_due")


# --- nothing is due


@shows("only_nothing_can_be_denied", "there_must_be_something_to_pay")
def test_where_nothing_is_due_the_head_says_so_and_the_life_goes_on() -> None:
    worth = ready("verify-entitlement")
    worth.when("deny-subsidy").then_refused("only_nothing_can_be_denied")
    worth.when("verify-entitlement").then(EntitlementVerified)
    nothing = ready("deny-subsidy")
    nothing.when("verify-entitlement").then_refused("there_must_be_something_to_pay")
    nothing.when("deny-subsidy", reason="").then_refused("words_must_be_given")
    denied = nothing.when("deny-subsidy").then(SubsidyDenied)
    denied.then_booked().then_deadlines(closed=("entitlement/1",))
    denied.then_stands(stage=Stage.LOOKBACK, subsidy=Subsidy.NOT_DUE, paid=ZERO)
    denied.when("approve-payout", amount=ZERO).then_refused("step_must_be_due")
    denied.did("draw-case", "record-inspection").when("close-case").then(CaseCompleted)


def test_nothing_is_denied_while_a_wish_or_an_inspection_is_open() -> None:
    nothing = ready("deny-subsidy")
    nothing.did("ask-withdrawal").when("deny-subsidy").then_refused("withdrawal_must_be_decided_first")
    nothing.did("draw-case").when("deny-subsidy").then_refused("finding_must_be_settled_first")


# --- whatever the figures

amounts = st.integers(0, 10**9).map(Money)
lines = st.lists(
    st.builds(SpendLine, st.sampled_from(["software", "cloud", "other"]), st.sampled_from(["甲", "乙"]), amounts),
    max_size=5,
)
supports = st.lists(
    st.builds(
        EarlierSupport,
        st.sampled_from(["software", "cloud"]),
        st.sampled_from(["甲", "乙"]),
        st.just("技改"),
        amounts,
        st.sampled_from(["1号", "2号"]),
    ),
    max_size=3,
).map(tuple)
grounds = st.builds(Grounds, received=amounts, earlier=supports)


@given(lines, grounds, st.sampled_from([DEDUCT, EXCLUDE, STACK]), amounts)
def test_never_above_the_cap_never_below_nothing_and_more_spend_never_gives_less(
    spend: list[SpendLine], on: Grounds, pack: Pack, more: Money
) -> None:
    worked_out = entitlement(spend, pack, TODAY, on)
    assert ZERO <= worked_out.amount <= worked_out.cap
    assert worked_out.amount + on.received <= max(worked_out.cap, on.received)
    assert ZERO <= worked_out.deducted <= worked_out.cap
    assert worked_out.amount <= worked_out.eligible.share(Fraction(worked_out.ratio))
    assert worked_out.amount <= entitlement(spend, STACK, TODAY, replace(on, earlier=())).amount
    for place, line in enumerate(spend):
        raised = [*spend[:place], replace(line, amount=line.amount + more), *spend[place + 1 :]]
        assert entitlement(raised, pack, TODAY, on).amount >= worked_out.amount
