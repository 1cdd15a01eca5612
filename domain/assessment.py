"""等级判定: from the answers to the level, step by step, with what holds a firm back from the next one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from domain.rejections import OpenQuestion
from domain.rules import No, rule
from domain.standard import (
    DIMENSIONS,
    HIGHEST_LEVEL,
    LEVEL_WORDS,
    LOWEST_LEVEL,
    Answers,
    Grade,
    Item,
    Standard,
    Threshold,
    plain,
    spelled,
)

_DECIMALS = 3
"""Scores reach three decimals (1.875)."""


@dataclass(frozen=True)
class Assessment:
    """What the answers come to, and why."""

    grade: Grade
    score: Decimal
    """Of all dimensions together; also of those that are not among the six numbers."""
    steps: tuple[str, ...]
    """The working, line by line, in Chinese; at its end what is missing for the next level."""
    missing: tuple[str, ...]
    """What is missing for the next level, one condition each; empty at the highest."""


@rule
def answers_must_name_only_what_the_standard_asks(standard: Standard, answers: Answers) -> No | None:
    """An answer to a question that this edition does not ask is a slip, or belongs to another edition."""
    items = {item.code for item in standard.items}
    scenes = {scenario.code for scenario in standard.scenarios}
    told = [f"评分项“{one.item}”" for one in answers.points if one.item not in items]
    told += [f"场景“{one.scenario}”" for one in answers.scenarios if one.scenario not in scenes]
    return No(f"{standard.code} 年版指标没有：{'、'.join(told)}", standard.document) if told else None


@rule
def answers_must_be_given_once(standard: Standard, answers: Answers) -> No | None:
    """Of two answers to one question nobody knows which counts."""
    given = Counter([*(one.item for one in answers.points), *(one.scenario for one in answers.scenarios)])
    names = _names(standard)
    twice = [names[code] for code, times in given.items() if times > 1]
    return No(f"重复填报：{'、'.join(twice)}", standard.document) if twice else None


@rule
def every_question_must_be_answered(standard: Standard, answers: Answers) -> No | None:
    """What is not answered is not nought: a level is worked out from all items and scenarios, or not at all."""
    items = {one.item for one in answers.points}
    scenes = {one.scenario for one in answers.scenarios}
    told = [f"评分项“{item.name}”" for item in standard.items if item.code not in items]
    told += [f"场景“{scenario.name}”" for scenario in standard.scenarios if scenario.code not in scenes]
    return No(f"尚未填报：{'、'.join(told)}", standard.document) if told else None


@rule
def points_must_be_possible(standard: Standard, answers: Answers) -> No | None:
    """An item brings the points of one of its answers, or of the parts that are there, and nothing between."""
    items = {item.code: item for item in standard.items}
    told = [
        f"“{items[one.item].name}”不能得 {one.points} 分（{_scale(items[one.item], standard)}）"
        for one in answers.points
        if not _is_possible(one.points, items[one.item], standard)
    ]
    total = sum((one.points for one in answers.points), Decimal(0)) if not told else Decimal(0)
    if total > standard.full:
        told = [f"各项合计 {spelled(total)} 分，超过满分 {spelled(standard.full)} 分"]
    return No("；".join(told), standard.document) if told else None


@rule
def scenario_levels_must_be_within_the_scale(standard: Standard, answers: Answers) -> No | None:
    """A scenario is judged 一级 to 四级, or 0 where it does not reach 一级."""
    names = _names(standard)
    told = [
        f"“{names[one.scenario]}”不能评为 {one.level} 级"
        for one in answers.scenarios
        if not LOWEST_LEVEL <= one.level <= HIGHEST_LEVEL
    ]
    whole = f"（场景等级为 {LOWEST_LEVEL} 至 {HIGHEST_LEVEL} 的整数，0 表示未达到一级）"
    return No("；".join(told) + whole, standard.document) if told else None


def assess(standard: Standard, answers: Answers) -> Assessment:
    """The level and the other five numbers: the highest level all of whose conditions hold (指标 等级判定).

    Raises Rejection where an answer is unknown, missing, given twice or off the scale, and OpenQuestion where the
    edition does not say which level such a score is.
    """
    assert answers.standard == standard.code
    answers_must_name_only_what_the_standard_asks(standard, answers)
    answers_must_be_given_once(standard, answers)
    every_question_must_be_answered(standard, answers)
    points_must_be_possible(standard, answers)
    scenario_levels_must_be_within_the_scale(standard, answers)
    score = plain(sum((one.points for one in answers.points), Decimal(0)))
    steps = [_adding_up(standard, answers, score)]
    level = LOWEST_LEVEL
    missing: tuple[str, ...] = ()
    for threshold in standard.thresholds:
        told, missing = _judged(standard, answers, score, threshold)
        steps.append(told)
        if missing:
            break
        level = threshold.level
    if level == LOWEST_LEVEL and not standard.below:
        raise OpenQuestion(
            f"standards.{standard.code}.levels.{LOWEST_LEVEL}",
            f"{standard.document}：得分 {spelled(score)}，低于 {spelled(standard.thresholds[0].score)} 分时如何认定？",
        )
    grade = grade_at(standard, answers, level)
    steps.append(f"结果：{named(standard, level)}{_counted(standard, grade)}")
    steps += [f"距{named(standard, level + 1)}：{gap}" for gap in missing]
    return Assessment(grade, score, tuple(steps), missing)


def grade_at(standard: Standard, answers: Answers, level: int) -> Grade:
    """The six numbers if this were the level: points do not depend on it, the scenarios counted do."""
    dimension = {item.code: item.dimension for item in standard.items}

    def points(of: str) -> Decimal:
        return plain(sum((one.points for one in answers.points if dimension[one.item] == of), Decimal(0)))

    binding, every = _reaching(standard, answers, max(level, LOWEST_LEVEL + 1))
    return Grade(
        standard=standard.code,
        level=level,
        foundation=points("foundation"),
        management=points("management"),
        effect=points("effect"),
        binding_scenarios=binding,
        guiding_scenarios=every - binding,
    )


def named(standard: Standard, level: int) -> str:
    """A level with the edition's own name for it: ``二级（规范级）``."""
    names = {threshold.level: threshold.name for threshold in standard.thresholds}
    return LEVEL_WORDS[level] + (f"（{names[level]}）" if names.get(level) else "")


def _judged(standard: Standard, answers: Answers, score: Decimal, threshold: Threshold) -> tuple[str, tuple[str, ...]]:
    """One level's conditions: the step that tells them, and what is missing."""
    word = LEVEL_WORDS[threshold.level]
    binding, every = _reaching(standard, answers, threshold.level)
    missing: list[str] = []
    told = [f"得分 {spelled(score)} 分（须{_least(threshold)}）"]
    at_the_border = score == threshold.score
    if score < threshold.score or (at_the_border and threshold.included is False):
        gap = f"差 {spelled(threshold.score - score)} 分" if not at_the_border else "恰在分界线上"
        missing.append(f"得分{gap}（现 {spelled(score)} 分，须{_least(threshold)}）")
    if standard.scenarios:
        told.append(f"达到{word}的场景 {every} 个（须 {threshold.scenarios} 个）")
        told.append(f"其中约束性场景 {binding} 个（须 {threshold.binding} 个）")
    if every < threshold.scenarios:
        missing.append(
            f"达到{word}的场景差 {threshold.scenarios - every} 个（现 {every} 个，须 {threshold.scenarios} 个），"
            f"尚未达到的：{_below(standard, answers, threshold.level)}"
        )
    if binding < threshold.binding:
        missing.append(
            f"达到{word}的约束性场景差 {threshold.binding - binding} 个（现 {binding} 个，须 {threshold.binding} 个），"
            f"尚未达到的：{_below(standard, answers, threshold.level, binding=True)}"
        )
    if at_the_border and threshold.included is None and not missing:
        raise OpenQuestion(
            f"standards.{standard.code}.levels.{threshold.level}",
            f"{standard.document}：得分恰为 {spelled(score)} 分，是否达到{word}？",
        )
    return f"{named(standard, threshold.level)}：{'，'.join(told)}：{'未达到' if missing else '达到'}", tuple(missing)


def _least(threshold: Threshold) -> str:
    word = {True: "不低于", False: "高于", None: "高于"}[threshold.included]
    return f"{word} {spelled(threshold.score)} 分"


def _adding_up(standard: Standard, answers: Answers, score: Decimal) -> str:
    given = {one.item: one.points for one in answers.points}
    sums: dict[str, Decimal] = {}
    for item in standard.items:
        sums[item.dimension] = sums.get(item.dimension, Decimal(0)) + given[item.code]
    parts = [f"{DIMENSIONS[dimension]} {spelled(points)} 分" for dimension, points in sums.items()]
    return f"得分：{' + '.join(parts)} = {spelled(score)} 分（满分 {spelled(standard.full)} 分）"


def _counted(standard: Standard, grade: Grade) -> str:
    if not standard.scenarios:
        return ""
    word = LEVEL_WORDS[max(grade.level, LOWEST_LEVEL + 1)]
    return f"；达到{word}的约束性场景 {grade.binding_scenarios} 个、指导性场景 {grade.guiding_scenarios} 个"


def _reaching(standard: Standard, answers: Answers, level: int) -> tuple[int, int]:
    """How many scenarios reach a level: 约束性, and all."""
    binding = {scenario.code for scenario in standard.scenarios if scenario.binding}
    reach = [one.scenario for one in answers.scenarios if one.level >= level]
    return sum(code in binding for code in reach), len(reach)


def _below(standard: Standard, answers: Answers, level: int, *, binding: bool = False) -> str:
    given = {one.scenario: one.level for one in answers.scenarios}
    names: Iterable[str] = (
        f"{scenario.name}（{LEVEL_WORDS[given[scenario.code]] if given[scenario.code] else '未达到一级'}）"
        for scenario in standard.scenarios
        if given[scenario.code] < level and (scenario.binding or not binding)
    )
    return "、".join(names)


def _names(standard: Standard) -> Mapping[str, str]:
    return {item.code: item.name for item in standard.items} | {one.code: one.name for one in standard.scenarios}


def _is_possible(points: Decimal, item: Item, standard: Standard) -> bool:
    if not points.is_finite():
        return False
    if item.possible:
        return points in item.possible
    most = standard.full if item.maximum is None else item.maximum
    return 0 <= points <= most and points == round(points, _DECIMALS)


def _scale(item: Item, standard: Standard) -> str:
    if item.choices:
        return f"应为 {'、'.join(spelled(points) for points in item.possible)} 之一"
    if item.parts:
        parts = (f"{part.what}{part.count} 项各 {spelled(part.points)} 分" for part in item.parts)
        return f"按具备的项数计：{'、'.join(parts)}"
    most = standard.full if item.maximum is None else item.maximum
    return f"应为 0 至 {spelled(most)}，最多三位小数"
