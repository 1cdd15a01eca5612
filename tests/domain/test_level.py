"""等级: a report that brings its answers states what they come to, or the bureau's head has said otherwise before."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

import pytest

from domain.assessment import assess, grade_at
from domain.case.acceptance import AcceptanceConfirmed, AcceptancePassed, RecheckFiled
from domain.case.diagnosis import DiagnosisFiled
from domain.case.evaluation import EvaluationFiled
from domain.case.level import AnswersFiled, LevelFell, LevelOverridden, level_fell
from domain.people import Person
from domain.record import Fact
from domain.standard import Answers, Grade
from eventstore.mapper import adapter
from tests.domain.answers import BINDING, S2022, S2024, banded, given, levelled, of_level, without
from tests.domain.cast import LEVEL_2, clause, clerk1, diagnoser, evaluator, firm, head2, leader, rules
from tests.domain.play import Play, changed, fact, ready, shows

REPORTS: Final[dict[str, tuple[str, type[Fact]]]] = {
    "file-diagnosis": ("baseline", DiagnosisFiled),
    "file-evaluation": ("grade", EvaluationFiled),
    "file-recheck": ("grade", RecheckFiled),
}
NEARLY: Final = given("61.9", levelled(3, 4, 6, 2))
"""Enough for 三级, but for one 约束性 scenario."""


def grade_of(answers: Answers) -> Grade:
    return assess(S2024 if answers.standard == "2024" else S2022, answers).grade


def filed(play: Play, kind: str, declared: Grade, answers: Answers | None) -> Play:
    said: dict[str, Any] = {REPORTS[kind][0]: declared, "answers": answers}
    return play.when(kind, **said)


@pytest.mark.parametrize("kind", REPORTS)
@pytest.mark.parametrize("level", [0, 1, 2, 3, 4])
def test_a_report_keeps_its_answers_and_how_they_were_worked_out(kind: str, level: int) -> None:
    answers = of_level(level)
    worked_out = assess(S2024, answers)
    done = filed(ready(kind), kind, worked_out.grade, answers)
    done.then(
        fact(
            AnswersFiled,
            answers=answers,
            computed_grade=worked_out.grade,
            steps=worked_out.steps,
            standard_version=S2024.version,
            clauses=(S2024.document, clause("evaluation.standard")),
        ),
        fact(REPORTS[kind][1], **{REPORTS[kind][0]: worked_out.grade}),
        *([LevelFell] if level == 0 and kind != "file-diagnosis" else []),  # the diagnosis said 一级
    )


@pytest.mark.parametrize("kind", ["file-evaluation", "file-recheck"])
def test_a_report_below_the_baseline_is_taken_and_an_alarm_laid_before_the_reviewer(kind: str) -> None:
    """domain.md 4.3: an alarm, not a refusal; the acceptance is the reviewer's to judge."""
    report = REPORTS[kind][1]
    higher = _diagnosed(grade_of(of_level(3)), kind)
    fallen = higher.when(kind, grade=LEVEL_2)
    fallen.then(
        report, fact(LevelFell, baseline=grade_of(of_level(3)), grade=LEVEL_2, clauses=(clause("evaluation.standard"),))
    )
    assert level_fell(fallen.case)
    assert fallen.did("pass-acceptance").refusal is None
    as_before = _diagnosed(LEVEL_2, kind).when(kind, grade=LEVEL_2).then(report)
    assert not level_fell(as_before.case)


def test_an_alarm_is_over_when_the_recheck_reaches_the_baseline_again() -> None:
    fallen = ready("file-recheck").did(("file-recheck", {"grade": replace(LEVEL_2, level=0)}))
    assert level_fell(fallen.case)
    assert not level_fell(ready("file-recheck").did("file-recheck").case)


def _diagnosed(baseline: Grade, kind: str) -> Play:
    """The report is due, and the diagnosis had come to this."""
    due = ready(kind)
    told = tuple(changed(one, baseline=baseline) if isinstance(one, DiagnosisFiled) else one for one in due.facts)
    return replace(due, facts=told)


@shows("level_must_be_borne_out_by_its_numbers")
@pytest.mark.parametrize("kind", ["file-evaluation", "file-recheck"])
@pytest.mark.parametrize(
    ("ruled_out", "told"),
    [
        ({"foundation": Decimal("9.9")}, "得分 39.9 分（须 40 分）"),
        ({"guiding_scenarios": 0, "binding_scenarios": 5}, "达到该级的场景 5 个（须 6 个）"),
        ({"guiding_scenarios": 6, "binding_scenarios": 2}, "其中约束性场景 2 个（须 3 个）"),
    ],
)
def test_six_numbers_without_answers_name_no_level_that_they_rule_out(
    kind: str, ruled_out: dict[str, Any], told: str
) -> None:
    """Unless the bureau let another level stand."""
    due, no = ready(kind), replace(LEVEL_2, **ruled_out)
    refused = filed(due, kind, no, None).then_refused("level_must_be_borne_out_by_its_numbers", S2024.document)
    assert refused.refusal is not None
    assert told in refused.refusal.sentence
    filed(due, kind, LEVEL_2, None).then(REPORTS[kind][1])
    overridden = due.did(("override-level", {"computed": 1, "declared": 2}))
    filed(overridden, kind, no, None).then(REPORTS[kind][1])


@shows("declared_level_must_equal_the_computed")
@pytest.mark.parametrize("kind", REPORTS)
def test_a_level_that_the_answers_do_not_bear_out_is_refused_with_both_and_why(kind: str) -> None:
    due = ready(kind)
    right = grade_of(NEARLY)
    assert right.level == 2
    no = filed(due, kind, grade_at(S2024, NEARLY, 3), NEARLY)
    no.then_refused("declared_level_must_equal_the_computed", S2024.document)
    assert no.refusal is not None
    assert "等级填报为三级，按答案计算为二级" in no.refusal.sentence
    assert "未达到三级（集成级），因为达到三级的约束性场景差 1 个（现 4 个，须 5 个）" in no.refusal.sentence
    assert "能耗管理（二级）" in no.refusal.sentence
    too_low = filed(due, kind, grade_at(S2024, NEARLY, 1), NEARLY).then_refused(
        "declared_level_must_equal_the_computed"
    )
    assert too_low.refusal is not None
    assert "二级（规范级）的条件已全部达到" in too_low.refusal.sentence
    filed(due, kind, right, NEARLY).then(AnswersFiled, REPORTS[kind][1])


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ({"foundation": Decimal("0.5")}, "数字化基础填报为0.5 分"),
        ({"management": Decimal("0.5")}, "数字化管理填报为0.5 分"),
        ({"effect": Decimal("0.5")}, "数字化成效填报为0.5 分"),
        ({"binding_scenarios": 9}, "约束性场景填报为9 个，按答案计算为10 个"),
        ({"guiding_scenarios": 5}, "指导性场景填报为5 个，按答案计算为6 个"),
    ],
)
def test_the_other_five_numbers_are_those_of_the_answers_too(number: dict[str, Any], told: str) -> None:
    no = filed(ready("file-evaluation"), "file-evaluation", replace(grade_of(NEARLY), **number), NEARLY)
    no.then_refused("declared_level_must_equal_the_computed")
    assert no.refusal is not None
    assert told in no.refusal.sentence


def test_a_point_written_with_more_noughts_is_the_same_point() -> None:
    right = grade_of(NEARLY)
    spelt = replace(right, foundation=right.foundation + Decimal("0.000"))
    assert str(spelt.foundation) != str(right.foundation)
    filed(ready("file-evaluation"), "file-evaluation", spelt, NEARLY).then(AnswersFiled, EvaluationFiled)


@pytest.mark.parametrize("kind", REPORTS)
def test_answers_that_do_not_fit_are_refused_before_anything_is_written(kind: str) -> None:
    bad = without(NEARLY, BINDING[0])
    filed(ready(kind), kind, grade_of(NEARLY), bad).then_refused("every_question_must_be_answered", S2024.document)


@pytest.mark.parametrize("kind", REPORTS)
def test_a_report_without_answers_goes_on_as_ever(kind: str) -> None:
    filed(ready(kind), kind, LEVEL_2, None).then(REPORTS[kind][1])


@shows("answers_must_come_where_the_pack_requires_them")
@pytest.mark.parametrize("kind", REPORTS)
def test_where_the_city_wants_every_answer_six_numbers_are_no_report(kind: str) -> None:
    strict = ready(kind).under(rules({"evaluation.answers_required": True}))
    filed(strict, kind, LEVEL_2, None).then_refused(
        "answers_must_come_where_the_pack_requires_them", clause("evaluation.answers_required")
    )
    filed(strict, kind, grade_of(NEARLY), NEARLY).then(AnswersFiled, REPORTS[kind][1])
    silent = ready(kind).under(rules(without=["evaluation.answers_required"]))
    filed(silent, kind, LEVEL_2, None).then(REPORTS[kind][1])


# --- which edition


@pytest.mark.parametrize("kind", REPORTS)
def test_answers_to_another_edition_than_the_citys_are_refused(kind: str) -> None:
    of_2022 = grade_of(banded("45"))
    filed(ready(kind), kind, of_2022, banded("45")).then_refused("evaluation_must_use_the_citys_standard")
    filed(ready(kind), kind, replace(of_2022, standard="2024"), banded("45")).then_refused(
        "declared_level_must_equal_the_computed"
    )
    other = ready(kind).under(rules({"evaluation.standard": "2022"}))
    filed(other, kind, of_2022, banded("45")).then(AnswersFiled, REPORTS[kind][1])


def test_what_an_edition_leaves_open_stops_the_report_and_is_asked() -> None:
    due = ready("file-evaluation").under(rules({"evaluation.standard": "2022"}))
    at_the_border = replace(grade_of(banded("40.001")), standard="2022")
    filed(due, "file-evaluation", at_the_border, banded("40")).then_refused(
        "pack_must_answer_before_the_step", key="standards.2022.levels.2"
    )


# --- the head's word


def over(play: Play, computed: int, declared: int, **said: Any) -> Play:
    return play.when("override-level", computed=computed, declared=declared, **said)


@pytest.mark.parametrize("kind", REPORTS)
def test_the_head_lets_another_level_stand_and_the_record_says_so(kind: str) -> None:
    due, third = ready(kind), grade_at(S2024, NEARLY, 3)
    said = over(due, 2, 3, reason="能耗管理已达三级，佐证后补")
    said.then(fact(LevelOverridden, computed=2, declared=3, reason="能耗管理已达三级，佐证后补"))
    done = filed(said, kind, third, NEARLY)
    done.then(fact(AnswersFiled, computed_grade=grade_of(NEARLY)), fact(REPORTS[kind][1], **{REPORTS[kind][0]: third}))
    done.then_stands(level_override=None)


def test_an_override_holds_for_the_levels_it_names_and_no_other() -> None:
    due = ready("file-evaluation")
    third = grade_at(S2024, NEARLY, 3)
    for computed, declared in ((1, 3), (2, 4), (3, 2)):
        other = over(due, computed, declared)
        filed(other, "file-evaluation", third, NEARLY).then_refused("declared_level_must_equal_the_computed")
        filed(other, "file-evaluation", grade_of(NEARLY), NEARLY).then(AnswersFiled, EvaluationFiled)
    points_too = replace(third, foundation=Decimal(0))
    filed(over(due, 2, 3), "file-evaluation", points_too, NEARLY).then_refused("declared_level_must_equal_the_computed")


def test_an_override_is_used_up_by_the_report_it_was_for() -> None:
    due = over(ready("file-evaluation"), 2, 3)
    assert due.case.level_override == (2, 3)
    filed(due, "file-evaluation", LEVEL_2, None).then_stands(level_override=None)
    rechecked = (
        filed(due, "file-evaluation", grade_of(NEARLY), NEARLY)
        .did("order-rectification", "report-rectification")
        .when("file-recheck", grade=grade_at(S2024, NEARLY, 3), answers=NEARLY)
    )
    rechecked.then_refused("declared_level_must_equal_the_computed")


@shows("override_must_name_two_levels")
def test_an_override_names_two_levels_of_the_scale_and_its_reason() -> None:
    due = ready("override-level")
    for computed, declared in ((2, 2), (2, 5), (-1, 2), (5, 4)):
        over(due, computed, declared).then_refused("override_must_name_two_levels")
    over(due, 1, 2, reason=" ").then_refused("words_must_be_given")
    over(due, 0, 4).then(LevelOverridden)


@pytest.mark.parametrize("hand", [evaluator, diagnoser, clerk1, leader, firm], ids=lambda hand: hand.id)
def test_nobody_but_the_head_overrides(hand: Person) -> None:
    over(ready("override-level"), 1, 2, by=hand).then_refused("role_must_be_allowed_to_do_this")


def test_who_let_another_level_stand_neither_passes_nor_confirms_the_acceptance() -> None:
    done = filed(over(ready("file-evaluation"), 2, 3), "file-evaluation", grade_at(S2024, NEARLY, 3), NEARLY)
    done.when("pass-acceptance").then_refused("hand_must_differ")
    judged = done.when("pass-acceptance", by=head2).then(AcceptancePassed).did("publish-acceptance")
    noticed = judged.after("acceptance_notice")
    noticed.when("confirm-acceptance", by=replace(leader, id="head-1", role=head2.role)).then_refused(
        "hand_must_differ"
    )
    noticed.when("confirm-acceptance").then(AcceptanceConfirmed)


def test_an_override_waits_for_a_report_to_be_awaited() -> None:
    for kind in (
        "assign-diagnosis",
        "confirm-diagnosis",
        "assign-evaluator",
        "pass-acceptance",
        "report-rectification",
    ):
        over(ready(kind), 1, 2).then_refused("step_must_be_due")


# --- the wire


@pytest.mark.parametrize("kind", REPORTS)
def test_answers_travel_as_they_are(kind: str) -> None:
    answers = given("61.9", levelled(3, 4, 6, 2))
    command = ready(kind).command(kind, **{REPORTS[kind][0]: grade_of(answers), "answers": answers})
    wire = adapter(type(command))
    assert wire.validate_json(wire.dump_json(command)) == command
