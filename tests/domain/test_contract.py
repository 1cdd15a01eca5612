"""合同: what is on file can be subsidised; it is signed in time, adds up, and is reviewed by the right hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from domain.case.contract import ContractFiled, ContractPassed, ContractRegistered, ContractReturned
from domain.case.contract_change import ContractChangeAsked, ContractChanged, ContractChangeDeclined
from domain.case.file import Works
from domain.case.plan import PlanFiled, PlanPassed, PlanReturned
from domain.money import Money
from domain.policy import Days
from domain.spend import SpendLine
from tests.domain.cast import CODE, LINES, clause, clerk1, clerk2, contract, provider, rules, supervisor
from tests.domain.play import Play, after, changed, fact, ready, shows

UNSUPERVISED = rules({"contract.supervised": False})


# --- 方案


@shows("amount_must_be_positive")
def test_a_plan_names_its_provider_and_its_price() -> None:
    due = ready("file-plan")
    due.when("file-plan", price=Money(0)).then_refused("amount_must_be_positive")
    due.when("file-plan", price=Money(-1)).then_refused("amount_must_be_positive")
    due.when("file-plan", provider=" ").then_refused("institution_must_be_plainly_named")
    due.when("file-plan", price=Money(1)).then(fact(PlanFiled, price=Money(1), provider=provider.organisation))


@shows("provider_must_not_be_the_firm_itself")
@pytest.mark.parametrize("itself", [CODE, "示例轴承有限公司"])
def test_a_firm_does_not_sell_to_itself(itself: str) -> None:
    ready("file-plan").when("file-plan", provider=itself).then_refused("provider_must_not_be_the_firm_itself")
    ready("file-plan").when("file-plan").then(PlanFiled)
    ready("ask-contract-change").when("ask-contract-change", contract=contract(provider=itself)).then_refused(
        "provider_must_not_be_the_firm_itself"
    )


def test_a_plan_that_is_sent_back_is_filed_again() -> None:
    ready("return-plan").when("return-plan", reason="").then_refused("words_must_be_given")
    back = ready("return-plan").when("return-plan").then(PlanReturned).then_stands(works=Works.PLANNING)
    back.then_deadlines(set=("contract/2",), closed=("contract_review/1",))
    other = back.when("file-plan", provider="别家软件").then(PlanFiled).then_stands(provider="别家软件")
    other.when("pass-plan").then(PlanPassed)


def _contract_due(play: Play) -> date:
    (held,) = (one for one in play.case.deadlines.values() if one.timer == "contract")
    return held.due


@pytest.mark.parametrize(("filed", "reviewed"), [("file-plan", "return-plan"), ("file-plan", "pass-plan")])
def test_a_review_does_not_lengthen_the_firms_own_period_nor_eat_it(filed: str, reviewed: str) -> None:
    """Of sixty days ten are used; the reviewer's forty count for nobody."""
    planning = ready("file-plan")
    began = planning.today
    back = planning.on(began + timedelta(days=10)).did(filed).on(began + timedelta(days=50)).did(reviewed)
    assert _contract_due(back) == back.calendar.due(back.today, Days(50, "natural")).date
    same_day = ("file-plan", "return-plan") if reviewed == "return-plan" else ("file-contract", "return-contract")
    assert _contract_due(back.did(*same_day, *same_day)) == _contract_due(back)
    late = planning.on(began + timedelta(days=90)).did(filed, reviewed)
    assert _contract_due(late) == late.calendar.due(late.today, Days(1, "natural")).date


def test_however_often_a_contract_is_returned_the_firm_has_no_more_than_its_period() -> None:
    signing = ready("file-contract")
    for _ in range(3):
        signing = signing.on(signing.today + timedelta(days=10)).did("file-contract", "return-contract")
    assert _contract_due(signing) == _contract_due(ready("file-contract"))


REVIEWS = ("pass-plan", "return-plan", "pass-contract", "return-contract")


@shows("reviewer_must_be_the_supervisor_where_there_is_one")
@pytest.mark.parametrize("kind", REVIEWS)
def test_the_supervisor_reviews_where_there_is_one_and_the_bureau_elsewhere(kind: str) -> None:
    rule, why = "reviewer_must_be_the_supervisor_where_there_is_one", clause("contract.supervised")
    supervised, alone = ready(kind), ready(kind).under(UNSUPERVISED)

    supervised.when(kind, by=clerk1).then_refused(rule, why)
    assert supervised.when(kind, by=supervisor).refusal is None
    alone.when(kind, by=supervisor).then_refused(rule, why)
    assert alone.when(kind, by=clerk1).refusal is None


# --- 合同


@shows("contract_must_be_signed_within_the_pilot")
@pytest.mark.parametrize(
    ("handed_in", "wrong", "right", "basis"),
    [
        (date(2026, 3, 10), date(2025, 6, 30), date(2025, 7, 1), "contract.not_before"),  # before it; its first day
        (date(2026, 3, 10), date(2026, 3, 11), date(2026, 3, 10), ""),  # not yet signed; today
        (date(2027, 6, 1), date(2027, 6, 1), date(2027, 5, 31), "contract.not_after"),  # after it; its last day
    ],
)
def test_a_contract_is_signed_in_the_pilot_and_before_today(
    handed_in: date, wrong: date, right: date, basis: str
) -> None:
    due = ready("file-contract").on(handed_in)
    no = due.when("file-contract", contract=contract(signed=wrong))
    no.then_refused("contract_must_be_signed_within_the_pilot", clause(basis) if basis else "")
    due.when("file-contract", contract=contract(signed=right)).then(ContractFiled)


@pytest.mark.parametrize("key", ["contract.not_before", "contract.not_after"])
def test_no_contract_while_the_pack_does_not_say_when_it_may_be_signed(key: str) -> None:
    ready("file-contract").under(rules(without=[key])).when("file-contract").then_refused(
        "pack_must_answer_before_the_step", key=key
    )


@shows("contract_must_add_up")
@pytest.mark.parametrize(
    "wrong",
    [
        contract(lines=()),
        contract(total=Money.yuan("820000.00")),  # one fen short
        contract(lines=(*LINES, SpendLine("cloud", "赠送", Money(0)))),
        contract(lines=(*LINES, SpendLine("cloud", "折扣", Money(-100)))),
        contract(lines=(SpendLine("软件", "系统", Money(100)),)),
    ],
    ids=["no lines", "a fen short", "for nothing", "negative", "unknown kind"],
)
def test_a_contract_adds_up_line_by_line(wrong: object) -> None:
    ready("file-contract").when("file-contract", contract=wrong).then_refused("contract_must_add_up")
    ready("file-contract").when("file-contract", contract=contract()).then(fact(ContractFiled, contract=contract()))


def test_a_contract_has_a_number() -> None:
    ready("file-contract").when("file-contract", contract=contract(number=" ")).then_refused("words_must_be_given")


@shows("contract_must_follow_the_plan")
def test_the_contract_is_with_the_provider_whose_plan_was_reviewed() -> None:
    ready("file-contract").when("file-contract", contract=contract(provider="别家软件")).then_refused(
        "contract_must_follow_the_plan"
    )
    ready("file-contract").when("file-contract").then(ContractFiled)


def test_a_contract_that_is_sent_back_is_filed_again() -> None:
    ready("return-contract").when("return-contract", reason=" ").then_refused("words_must_be_given")
    back = ready("return-contract").when("return-contract").then(ContractReturned)
    back.then_stands(works=Works.CONTRACTING).then_deadlines(set=("contract/3",), closed=("contract_review/2",))
    again = back.when("file-contract", contract=contract(number="HT-1改")).then(ContractFiled)
    again.when("pass-contract").then(ContractPassed)


def test_registration_is_by_another_hand_than_the_review() -> None:
    alone = ready("pass-contract").under(UNSUPERVISED).did(("pass-contract", {"by": clerk1}))
    alone.when("register-contract", by=clerk1).then_refused("hand_must_differ")
    alone.when("register-contract", by=clerk2).then(ContractRegistered)


@shows("contract_must_not_cost_more_than_the_plan")
@pytest.mark.parametrize("kind", ["file-contract", "ask-contract-change"])
def test_a_contract_costs_no_more_than_the_plan_that_was_passed(kind: str) -> None:
    """A fen more was never found reasonable; a fen less may be signed."""
    more, less = _planned_at(contract().total - Money(1)), _planned_at(contract().total)
    rule = "contract_must_not_cost_more_than_the_plan"
    no = more(kind).when(kind, contract=contract()).then_refused(rule, clause("contract.supervised"))
    assert no.refusal is not None
    assert no.refusal.sentence.startswith("合同总价 820,000.01 元高于已审方案的报价 820,000.00 元；")
    stated = rules({"contract.reviews": ("监理对价格合理性进行二次审核",)})
    more(kind).under(stated).when(kind, contract=contract()).then_refused(rule, clause("contract.reviews"))
    assert less(kind).when(kind, contract=contract()).refusal is None


def _planned_at(price: Money) -> Callable[[str], Play]:
    def due(kind: str) -> Play:
        """The command is due, and the plan had this price."""
        play = ready(kind)
        told = tuple(changed(one, price=price) if isinstance(one, PlanFiled) else one for one in play.facts)
        return replace(play, facts=told)

    return due


def test_a_dearer_contract_rests_on_another_plan_that_is_reviewed_first() -> None:
    signing = ready("file-contract").did(("file-plan", {"price": contract().total - Money(1)}), "pass-plan")
    signing.when("file-contract").then_refused("contract_must_not_cost_more_than_the_plan")
    again = signing.when("file-plan", price=contract().total).then(PlanFiled).then_stands(works=Works.PLAN_REVIEW)
    again.when("file-contract").then_refused("step_must_be_due")
    again.did("pass-plan").when("file-contract").then(ContractFiled)


# --- 变更


def asked(play: Play, number: str = "HT-2") -> Play:
    return play.when("ask-contract-change", contract=contract(number=number)).then(ContractChangeAsked)


@shows("changes_must_stay_within_the_limit")
def test_a_contract_is_changed_as_often_as_the_pack_allows() -> None:
    changed = asked(ready("ask-contract-change")).when("approve-contract-change").then(ContractChanged)
    assert changed.case.contract == contract(number="HT-2")
    changed.when("ask-contract-change").then_refused(
        "changes_must_stay_within_the_limit", clause("contract.max_changes")
    )
    asked(changed.under(rules({"contract.max_changes": 2})), "HT-3")


def test_a_change_that_was_declined_does_not_count_and_the_old_version_stays() -> None:
    declined = asked(ready("ask-contract-change")).when("decline-contract-change").then(ContractChangeDeclined)
    assert declined.case.contract == contract()
    asked(declined).when("decline-contract-change", reason="").then_refused("words_must_be_given")


@shows("one_change_at_a_time")
def test_one_change_at_a_time() -> None:
    pending = asked(ready("ask-contract-change"))
    pending.when("ask-contract-change").then_refused("one_change_at_a_time")
    asked(pending.did("decline-contract-change"))


def test_works_do_not_end_over_an_open_change() -> None:
    pending = asked(ready("report-completion"))
    pending.when("report-completion").then_refused("one_change_at_a_time")
    assert pending.did("approve-contract-change").when("report-completion").refusal is None


@shows("there_must_be_a_change_to_decide")
@pytest.mark.parametrize("kind", ["approve-contract-change", "decline-contract-change"])
def test_only_a_change_that_was_asked_for_is_decided(kind: str) -> None:
    ready("ask-contract-change").when(kind).then_refused("there_must_be_a_change_to_decide")
    assert asked(ready("ask-contract-change")).when(kind).refusal is None


def test_a_change_passes_all_guards_of_a_contract_and_says_why() -> None:
    due = ready("ask-contract-change")
    due.when("ask-contract-change", reason="").then_refused("words_must_be_given")
    late, unsummed = contract(signed=date(2025, 6, 30)), contract(total=Money(1))
    due.when("ask-contract-change", contract=late).then_refused("contract_must_be_signed_within_the_pilot")
    due.when("ask-contract-change", contract=unsummed).then_refused("contract_must_add_up")


def test_a_change_may_bring_another_provider_who_then_reports() -> None:
    other = replace(provider, id="provider-2", organisation="别家软件")
    changed = ready("ask-contract-change").did(
        ("ask-contract-change", {"contract": contract(number="HT-2", provider="别家软件")}), "approve-contract-change"
    )
    changed.then_stands(provider="别家软件", retrofitters=(provider.organisation, "别家软件"))
    assert changed.when("report-milestone", by=other).refusal is None
    changed.when("report-milestone", by=provider).then_refused("hand_must_belong_to_the_case")


def test_the_contract_stays_as_it_was_filed_until_it_is_changed() -> None:
    for kind in ("file-contract", "register-contract", "report-completion", "confirm-acceptance"):
        assert after(kind).case.contract == contract()
