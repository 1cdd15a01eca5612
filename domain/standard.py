"""评测指标: one edition of the national indicators as data, the answers to it, and the six numbers they come to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property
from math import isfinite
from typing import Final

from domain.rules import No, rule

LOWEST_LEVEL, HIGHEST_LEVEL = 0, 4
"""0 = 无等级; 1 初始级, 2 规范级, 3 集成级, 4 协同级. A scenario that does not reach 一级 is 0 too."""

LEVEL_WORDS: Final = ("无等级", "一级", "二级", "三级", "四级")

DIMENSIONS: Final[Mapping[str, str]] = {
    "foundation": "数字化基础",
    "operation": "数字化经营",
    "management": "数字化管理",
    "effect": "数字化成效",
}
"""What points may be given for; an edition scores some of them."""


@dataclass(frozen=True)
class Grade:
    """One evaluation's result under one edition of the national indicators (工信厅企业〔2024〕56号)."""

    standard: str
    """The edition, e.g. ``2024``."""
    level: int
    foundation: Decimal
    """数字化基础, of 50 points in the 2024 edition."""
    management: Decimal
    """数字化管理, of 30."""
    effect: Decimal
    """数字化成效, of 20."""
    binding_scenarios: int
    """约束性场景 that reach the level, of 10; without a level, those that reach 一级."""
    guiding_scenarios: int
    """指导性场景 that reach the level, of 6; without a level, those that reach 一级."""


@dataclass(frozen=True)
class Choice:
    """One of several answers to an item, of which exactly one is given."""

    points: Decimal
    when: str = ""
    """When it is given, as far as the source says, e.g. ``≤10%``."""


@dataclass(frozen=True)
class Part:
    """Equal things that an item counts; each that is there brings its points."""

    count: int
    points: Decimal
    what: str = ""


@dataclass(frozen=True)
class Item:
    """评分项. It has choices, or parts, or (where the source says no more) any points within its scale."""

    code: str
    name: str
    dimension: str
    """One of ``DIMENSIONS``."""
    maximum: Decimal | None
    """None where the source does not state it."""
    choices: tuple[Choice, ...] = ()
    parts: tuple[Part, ...] = ()
    note: str = ""

    @cached_property
    def possible(self) -> tuple[Decimal, ...]:
        """All the points that the item can bring, in order; empty where the source does not say."""
        sums = {choice.points for choice in self.choices}
        if self.parts:
            sums = {Decimal(0)}
        for part in self.parts:
            sums = {had + part.points * times for had in sums for times in range(part.count + 1)}
        return tuple(sorted(sums))


@dataclass(frozen=True)
class Scenario:
    """数字化经营场景, judged by level."""

    code: str
    name: str
    link: str
    """经营环节, by its Chinese name."""
    binding: bool
    """约束性 (★); else 指导性."""
    note: str = ""


@dataclass(frozen=True)
class Threshold:
    """What one level asks for; all of it at once."""

    level: int
    name: str
    """初始级 … ; empty where the source has no name."""
    score: Decimal
    """Of all dimensions together."""
    included: bool | None
    """Whether exactly this score is enough; None where the source does not say."""
    scenarios: int
    """How many scenarios reach the level."""
    binding: int
    """How many of them are 约束性."""


@dataclass(frozen=True)
class Standard:
    """One edition of 中小企业数字化水平评测指标."""

    code: str
    """What packs and evaluations call it, e.g. ``2024``."""
    title: str
    document: str
    """文号; the clause that every refusal under this edition names."""
    published: date | None
    full: Decimal
    """Points of all items together."""
    version: str
    """SHA-256 of the content, in hex."""
    items: tuple[Item, ...] = field(repr=False)
    scenarios: tuple[Scenario, ...] = field(repr=False)
    thresholds: tuple[Threshold, ...] = field(repr=False)
    """From the lowest level up; what a higher one asks is nowhere less."""
    below: str
    """What a firm below the lowest threshold is called (无等级); empty where the source does not say."""
    questions: tuple[str, ...] = field(default=(), repr=False)
    """待定口径: what the sources leave open about this edition."""

    def most(self, dimension: str) -> Decimal:
        """The points that a dimension can bring; all there are where the source does not divide them."""
        tops = [item.maximum for item in self.items if item.dimension == dimension]
        known = [top for top in tops if top is not None]
        return sum(known, Decimal(0)) if len(known) == len(tops) else self.full

    def scenarios_that_are(self, *, binding: bool) -> int:
        """How many scenarios are 约束性, or 指导性."""
        return sum(scenario.binding is binding for scenario in self.scenarios)


@dataclass(frozen=True)
class ItemPoints:
    """The points given for one item."""

    item: str
    points: Decimal


@dataclass(frozen=True)
class ScenarioLevel:
    """The level at which one scenario was judged."""

    scenario: str
    level: int


@dataclass(frozen=True)
class Answers:
    """评测答案: every item's points and every scenario's level, under one edition."""

    standard: str
    points: tuple[ItemPoints, ...]
    scenarios: tuple[ScenarioLevel, ...]


def plain(number: Decimal) -> Decimal:
    """The same number in its shortest spelling, without an exponent."""
    return Decimal(spelled(number))


def spelled(number: Decimal) -> str:
    """A number for people and for the record: ``30``, ``1.875``."""
    return f"{number.normalize():f}"


@rule
def grade_must_be_within_the_scale(grade: Grade, standard: Standard) -> No | None:
    """A level is 0 to 4; points and scenario counts stay within what the grade's own edition gives."""
    tops = {part: standard.most(part) for part in ("foundation", "management", "effect")}
    points = {part: getattr(grade, part) for part in tops}
    binding, guiding = standard.scenarios_that_are(binding=True), standard.scenarios_that_are(binding=False)
    within = (
        LOWEST_LEVEL <= grade.level <= HIGHEST_LEVEL
        and all(isfinite(point) and 0 <= point <= tops[part] for part, point in points.items())
        and sum(points.values()) <= standard.full
        and 0 <= grade.binding_scenarios <= binding
        and 0 <= grade.guiding_scenarios <= guiding
    )
    if within:
        return None
    said = "、".join(f"{DIMENSIONS[part].removeprefix('数字化')}≤{spelled(top)}" for part, top in tops.items())
    return No(
        f"评测结果超出{standard.code}年版指标的量程（等级 0—4，{said}，合计≤{spelled(standard.full)}，"
        f"约束性场景≤{binding}，指导性场景≤{guiding}）",
        standard.document,
    )
