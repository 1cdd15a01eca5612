"""数字化水平等级: worked out from the answers that come with a report; a report that says otherwise is refused.

Only the bureau's head may let another level stand, beforehand, by a command of its own that names both and says why.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import ClassVar, Literal

from domain.assessment import Assessment, assess, grade_at, named
from domain.case.common import step_must_be_due, words_must_be_given
from domain.case.file import Acceptance, CaseFact, CaseFile, CasePapers, Works
from domain.commands import CaseCommand
from domain.policy import Pack
from domain.rules import No, rule
from domain.standard import HIGHEST_LEVEL, LEVEL_WORDS, LOWEST_LEVEL, Answers, Grade, Standard, spelled


class AnswersFiled(CaseFact):
    """评测答案, with the report that follows in the same append, and what they come to."""

    TOPIC: ClassVar[str] = "case.answers-filed"
    answers: Answers
    computed_grade: Grade
    steps: tuple[str, ...]
    """How the level was worked out, line by line."""
    standard_version: str
    """SHA-256 of the edition's content by which it was worked out."""


class LevelOverridden(CaseFact):
    """裁定等级: the bureau lets the next report declare another level than its answers come to."""

    TOPIC: ClassVar[str] = "case.level-overridden"
    computed: int
    declared: int

    def fold(self, file: CaseFile) -> None:
        file.level_override = (self.computed, self.declared)
        file.sign("override level", self.by.id)


class LevelFell(CaseFact):
    """警示: the report that was filed just before states a lower level than the diagnosis did.

    It decides nothing: whoever judges the acceptance sees it. Each grade names its edition, for two may differ.
    """

    TOPIC: ClassVar[str] = "case.level-fell"
    baseline: Grade
    grade: Grade


EVENTS = (AnswersFiled, LevelOverridden, LevelFell)


@dataclass(frozen=True, kw_only=True)
class OverrideLevel(CaseCommand):
    """Let the next report declare another level than its answers come to; ``reason`` says why."""

    kind: Literal["override-level"] = "override-level"
    computed: int
    """What the answers come to, as the refusal of the report told."""
    declared: int
    """What the report may declare instead."""


@rule
def answers_must_come_where_the_pack_requires_them(answers: Answers | None, pack: Pack) -> No | None:
    """Where the city wants to see every answer, six numbers alone are no report."""
    key = "evaluation.answers_required"
    if answers is not None or not (pack.has(key) and pack.flag(key)):
        return None
    return No("报告须附逐项评测答案", pack.clause(key))


@rule
def declared_level_must_equal_the_computed(
    declared: Grade, standard: Standard, answers: Answers, assessment: Assessment, override: tuple[int, int] | None
) -> No | None:
    """A report states the six numbers that its answers come to, unless the bureau let another level stand."""
    expected = assessment.grade
    if override == (expected.level, declared.level):
        expected = grade_at(standard, answers, declared.level)
    told = _differences(declared, expected)
    if not told:
        return None
    why = ""
    if declared.level > expected.level:
        why = f"。未达到{named(standard, expected.level + 1)}，因为{'；'.join(assessment.missing)}"
    elif declared.level < expected.level:
        why = f"。{named(standard, expected.level)}的条件已全部达到"
    return No(f"{'；'.join(told)}{why}。若确有理由，由市局科长先行裁定等级", standard.document)


@rule
def level_must_be_borne_out_by_its_numbers(
    declared: Grade, standard: Standard, override: tuple[int, int] | None
) -> No | None:
    """Six numbers without answers may leave much open, but they do not name a level that they rule out themselves.

    An edition without scenarios counts a dimension that is none of the six numbers: there nothing is ruled out.
    """
    asked = next((one for one in standard.thresholds if one.level == declared.level), None)
    if asked is None or not standard.scenarios or (override is not None and override[1] == declared.level):
        return None
    score = declared.foundation + declared.management + declared.effect
    every = declared.binding_scenarios + declared.guiding_scenarios
    short = [
        f"{what}{has}{unit}（须 {least}{unit}）"
        for what, has, least, unit in (
            ("得分 ", spelled(score), spelled(asked.score), " 分"),
            ("达到该级的场景 ", every, asked.scenarios, " 个"),
            ("其中约束性场景 ", declared.binding_scenarios, asked.binding, " 个"),
        )
        if Decimal(has) < Decimal(least)
    ]
    if not short:
        return None
    return No(
        f"报告填报为{named(standard, declared.level)}，而所填六项数达不到该级：{'，'.join(short)}。"
        "若确有理由，由市局科长先行裁定等级",
        standard.document,
    )


@rule
def override_must_name_two_levels(computed: int, declared: int) -> No | None:
    """An override says which level was worked out and which other one stands; both are levels."""
    scale = range(LOWEST_LEVEL, HIGHEST_LEVEL + 1)
    if computed in scale and declared in scale and computed != declared:
        return None
    return No(f"裁定须写明计算等级和另一个采用等级（{LOWEST_LEVEL} 至 {HIGHEST_LEVEL}），收到 {computed} 和 {declared}")


def file_answers(case: CaseFile, answers: Answers | None, declared: Grade, papers: CasePapers) -> None:
    """What every report with a level does before it is recorded. Raises Rejection, or OpenQuestion as ``assess``."""
    answers_must_come_where_the_pack_requires_them(answers, papers.pack)
    standard = papers.standard
    assert standard is not None
    if answers is None:
        if case.acceptance is not Acceptance.NONE:  # money rests on this one; a baseline is only told
            level_must_be_borne_out_by_its_numbers(declared, standard, case.level_override)
        return
    assessment = assess(standard, answers)
    declared_level_must_equal_the_computed(declared, standard, answers, assessment, case.level_override)
    case.record(
        AnswersFiled,
        papers,
        clauses=(standard.document, papers.pack.cited("evaluation.standard", papers.today).clause),
        answers=answers,
        computed_grade=assessment.grade,
        steps=assessment.steps,
        standard_version=standard.version,
    )


def level_fell(case: CaseFile) -> bool:
    """Whether the last report after the retrofit states a lower level than the one before it."""
    return case.baseline is not None and case.grade is not None and case.grade.level < case.baseline.level


def note_a_fall(case: CaseFile, papers: CasePapers) -> None:
    """Lay it before the reviewer where a report that was just recorded lies below the baseline."""
    if level_fell(case):
        clause = papers.pack.cited("evaluation.standard", papers.today).clause
        case.record(LevelFell, papers, clauses=(clause,), baseline=case.baseline, grade=case.grade)


def override_level(case: CaseFile, command: OverrideLevel, papers: CasePapers) -> None:
    """While a report is awaited. It holds for that report alone; who gave it does not judge the acceptance."""
    if case.acceptance is Acceptance.NONE:
        step_must_be_due(case.works, Works.DIAGNOSING)
    else:
        step_must_be_due(case.acceptance, Acceptance.EVALUATING, Acceptance.RECHECKING)
    override_must_name_two_levels(command.computed, command.declared)
    words_must_be_given(command.reason, "不采用计算等级的理由")
    case.record(
        LevelOverridden,
        papers,
        clauses=(papers.pack.cited("evaluation.standard", papers.today).clause,),
        computed=command.computed,
        declared=command.declared,
    )


DECISIONS = {OverrideLevel: override_level}


def _differences(declared: Grade, expected: Grade) -> list[str]:
    """Each number that a report states otherwise than its answers, in words."""
    pairs = (
        ("指标版本", declared.standard, expected.standard),
        ("等级", LEVEL_WORDS[declared.level], LEVEL_WORDS[expected.level]),
        ("数字化基础", f"{spelled(declared.foundation)} 分", f"{spelled(expected.foundation)} 分"),
        ("数字化管理", f"{spelled(declared.management)} 分", f"{spelled(expected.management)} 分"),
        ("数字化成效", f"{spelled(declared.effect)} 分", f"{spelled(expected.effect)} 分"),
        ("达到该级的约束性场景", f"{declared.binding_scenarios} 个", f"{expected.binding_scenarios} 个"),
        ("达到该级的指导性场景", f"{declared.guiding_scenarios} 个", f"{expected.guiding_scenarios} 个"),
    )
    return [f"{what}填报为{said}，按答案计算为{found}" for what, said, found in pairs if said != found]
