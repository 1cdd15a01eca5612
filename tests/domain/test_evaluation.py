"""评测: an institution without a part in the case, two on site, the edition in force, no more than the contract."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain.case.evaluation import AcceptanceApplied, EvaluationFiled, EvaluatorAssigned
from domain.case.file import Stage
from domain.money import Money
from domain.policy import Cited, Standing
from domain.spend import SpendLine
from tests.domain.cast import LEVEL_2, LINES, RULES, clause, contract, evaluator, provider, rules
from tests.domain.play import fact, ready, shows


@shows("documents_must_be_complete")
def test_an_application_comes_with_its_papers() -> None:
    for nothing in ((), ("", " ")):
        ready("apply-for-acceptance").when("apply-for-acceptance", documents=nothing).then_refused(
            "documents_must_be_complete"
        )
    applied = ready("apply-for-acceptance").when("apply-for-acceptance", documents=("发票",))
    applied.then(fact(AcceptanceApplied, documents=("发票",))).then_deadlines(closed=("acceptance_application/1",))


@shows("evaluator_must_be_independent")
@pytest.mark.parametrize("partial", ["诊断中心", "云软公司", "云软有限责任公司", "云软公司东区分公司"])
def test_who_diagnosed_or_retrofitted_does_not_evaluate(partial: str) -> None:
    due = ready("assign-evaluator")
    due.when("assign-evaluator", evaluator=partial).then_refused("evaluator_must_be_independent")
    due.when("assign-evaluator", evaluator="").then_refused("institution_must_be_plainly_named")
    due.when("assign-evaluator").then(fact(EvaluatorAssigned, evaluator=evaluator.organisation))


def test_a_provider_that_was_replaced_has_retrofitted_all_the_same() -> None:
    changed = ready("ask-contract-change").did(
        ("ask-contract-change", {"contract": contract(number="HT-2", provider="别家软件")}), "approve-contract-change"
    )
    due = changed.did(("report-milestone", {"by": replace(provider, organisation="别家软件")}), "inspect-milestone")
    due = due.did("report-completion", "apply-for-acceptance")
    for partial in ("云软公司", "别家软件"):
        due.when("assign-evaluator", evaluator=partial).then_refused("evaluator_must_be_independent")


REPORTS = ("file-evaluation", "file-recheck")
LEVEL_2_OF_2022 = replace(LEVEL_2, standard="2022", binding_scenarios=0, guiding_scenarios=0)


@shows("two_people_must_have_been_on_site")
@pytest.mark.parametrize("kind", REPORTS)
@pytest.mark.parametrize("second", ["", "evaluator-1"])
def test_two_different_people_were_on_site(kind: str, second: str) -> None:
    ready(kind).when(kind, second_evaluator=second).then_refused("two_people_must_have_been_on_site")
    assert ready(kind).when(kind, second_evaluator="evaluator-2").refusal is None


@shows("evaluation_must_use_the_citys_standard")
@pytest.mark.parametrize("kind", REPORTS)
def test_levels_are_stated_under_the_citys_edition(kind: str) -> None:
    ready(kind).when(kind, grade=replace(LEVEL_2, standard="2022")).then_refused(
        "evaluation_must_use_the_citys_standard", clause("evaluation.standard")
    )
    assert ready(kind).when(kind, grade=LEVEL_2).refusal is None


@pytest.mark.parametrize("kind", REPORTS)
def test_the_edition_is_the_one_in_force_on_the_day_of_the_report(kind: str) -> None:
    due = ready(kind)
    editions = (
        Cited("2022", "示例办法 旧版", Standing.DERIVED),
        Cited("2024", "示例办法 新版", Standing.DERIVED, since=date(2026, 9, 9)),
    )
    dated = due.under(replace(RULES, values={**RULES.values, "evaluation.standard": editions}))
    old, new = LEVEL_2_OF_2022, LEVEL_2

    before, since = dated.on(date(2026, 9, 8)), dated.on(date(2026, 9, 9))
    before.when(kind, grade=new).then_refused("evaluation_must_use_the_citys_standard", "示例办法 旧版")
    assert before.when(kind, grade=old).happened[0].clauses == ("示例办法 旧版",)
    since.when(kind, grade=old).then_refused("evaluation_must_use_the_citys_standard", "示例办法 新版")
    assert since.when(kind, grade=new).happened[0].clauses == ("示例办法 新版",)


@pytest.mark.parametrize("kind", REPORTS)
def test_a_grade_is_measured_by_its_own_edition(kind: str) -> None:
    """2022 judges no scenarios and divides its hundred points otherwise."""
    of_2022 = ready(kind).under(rules({"evaluation.standard": "2022"}))
    high = replace(LEVEL_2_OF_2022, foundation=Decimal(60), management=Decimal(35), effect=Decimal(5))
    assert of_2022.when(kind, grade=high).refusal is None
    for wrong in (
        replace(high, effect=Decimal("5.01")),
        replace(high, binding_scenarios=1),
        replace(high, guiding_scenarios=1),
        replace(high, level=5),
    ):
        of_2022.when(kind, grade=wrong).then_refused("grade_must_be_within_the_scale", "工信厅企业〔2022〕32号")
    ready(kind).when(kind, grade=replace(high, standard="2024")).then_refused(
        "grade_must_be_within_the_scale", "工信厅企业〔2024〕56号"
    )


@pytest.mark.parametrize("kind", REPORTS)
def test_a_report_is_numbered_and_on_the_scale(kind: str) -> None:
    ready(kind).when(kind, report=" ").then_refused("words_must_be_given")
    for wrong in (replace(LEVEL_2, guiding_scenarios=7), replace(LEVEL_2, effect=Decimal("NaN"))):
        ready(kind).when(kind, grade=wrong).then_refused("grade_must_be_within_the_scale")


ONE_FEN_MORE = (replace(LINES[0], amount=LINES[0].amount + Money(1)), *LINES[1:])
NEGATIVE = (*LINES, SpendLine("other", "退货", Money(-1)))
NOT_IN_THE_CONTRACT = (SpendLine("other", "空调", Money(1)),)


@shows("verified_spend_must_stay_within_the_contract")
@pytest.mark.parametrize("kind", REPORTS)
@pytest.mark.parametrize("wrong", [ONE_FEN_MORE, NEGATIVE, NOT_IN_THE_CONTRACT])
def test_of_each_kind_no_more_is_verified_than_the_contract_states(kind: str, wrong: tuple[SpendLine, ...]) -> None:
    ready(kind).when(kind, verified=wrong).then_refused("verified_spend_must_stay_within_the_contract")
    assert ready(kind).when(kind, verified=LINES).refusal is None
    assert ready(kind).when(kind, verified=LINES[:1]).refusal is None
    assert ready(kind).when(kind, verified=()).refusal is None


def test_lines_of_one_kind_are_counted_together() -> None:
    half = Money(LINES[0].amount.fen // 2)
    rest = LINES[0].amount - half
    split = (SpendLine("software", "一期", half), SpendLine("software", "二期", rest))
    ready("file-evaluation").when("file-evaluation", verified=split).then(EvaluationFiled)
    over = (*split, SpendLine("software", "三期", Money(1)))
    ready("file-evaluation").when("file-evaluation", verified=over).then_refused(
        "verified_spend_must_stay_within_the_contract"
    )


def test_the_report_opens_the_acceptance() -> None:
    filed = ready("file-evaluation").when("file-evaluation").then(fact(EvaluationFiled, grade=LEVEL_2, verified=LINES))
    filed.then_stands(stage=Stage.ACCEPTANCE, grade=LEVEL_2, verified=LINES)
    filed.then_deadlines(set=("acceptance_decision/1",), closed=("evaluation/1",))
    assert filed.case.hands["evaluate"] == ("evaluator-1",)
    assert filed.case.hands["evaluate second"] == ("evaluator-2",)
