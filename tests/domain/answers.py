"""Answers to the indicators, as a firm of a wanted level would give them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Final

from domain.standard import Answers, ItemPoints, ScenarioLevel, Standard
from policies import load

S2024: Final = load.standard("2024")
S2022: Final = load.standard("2022")
BINDING: Final = tuple(scenario.code for scenario in S2024.scenarios if scenario.binding)
GUIDING: Final = tuple(scenario.code for scenario in S2024.scenarios if not scenario.binding)


def answers(points: Mapping[str, Decimal], levels: Mapping[str, int], standard: Standard = S2024) -> Answers:
    """These points and levels."""
    return Answers(
        standard.code,
        tuple(ItemPoints(item, given) for item, given in points.items()),
        tuple(ScenarioLevel(scenario, level) for scenario, level in levels.items()),
    )


def scored(total: str) -> dict[str, Decimal]:
    """Points for every item that add up to just this total. Raises LookupError where there are none."""
    wanted = Decimal(total)
    reached: dict[Decimal, dict[str, Decimal]] = {Decimal(0): {}}
    for item in S2024.items:
        grown: dict[Decimal, dict[str, Decimal]] = {}
        for had, given in reached.items():
            for points in item.possible:
                if had + points <= wanted:
                    grown.setdefault(had + points, {**given, item.code: points})
        reached = grown
    return reached[wanted]


def levelled(at_level: int, binding: int, guiding: int, otherwise: int = 0) -> dict[str, int]:
    """So many scenarios of each kind at a level, the others at another."""
    chosen = {*BINDING[:binding], *GUIDING[:guiding]}
    return {scenario.code: at_level if scenario.code in chosen else otherwise for scenario in S2024.scenarios}


def given(total: str, levels: Mapping[str, int]) -> Answers:
    """Answers that come to this score, with these scenarios."""
    return answers(scored(total), levels)


def banded(total: str) -> Answers:
    """Answers under 2022's score bands that come to this score."""
    points = {item.code: Decimal(0) for item in S2022.items}
    return answers({**points, "operation": Decimal(total)}, {}, S2022)


def of_level(level: int) -> Answers:
    """Answers that just come to this level under 2024's indicators."""
    score, scenarios, binding = {0: (0, 0, 0), 1: (20, 6, 3), 2: (40, 6, 3), 3: (60, 8, 5), 4: (80, 10, 6)}[level]
    return given(str(score), levelled(level, binding, scenarios - binding))


def without(one: Answers, code: str) -> Answers:
    """The same answers, but for one question."""
    return replace(
        one,
        points=tuple(points for points in one.points if points.item != code),
        scenarios=tuple(judged for judged in one.scenarios if judged.scenario != code),
    )
