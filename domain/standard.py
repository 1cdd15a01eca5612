"""数字化水平: the six numbers that every evaluation states, before and after."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import isfinite

from domain.rules import No, rule

LOWEST_LEVEL, HIGHEST_LEVEL = 0, 4
"""0 = 无等级; 1 初始级, 2 规范级, 3 集成级, 4 协同级."""


@dataclass(frozen=True)
class Grade:
    """One evaluation's result under one edition of the national indicators (工信厅企业〔2024〕56号)."""

    standard: str
    """The edition, e.g. ``2024``."""
    level: int
    foundation: Decimal
    """数字化基础, of 50 points."""
    management: Decimal
    """数字化管理, of 30 points."""
    effect: Decimal
    """数字化成效, of 20 points."""
    binding_scenarios: int
    """约束性场景 that reach the level, of 10."""
    guiding_scenarios: int
    """指导性场景 that reach the level, of 6."""


@rule
def grade_must_be_within_the_scale(grade: Grade) -> No | None:
    """A level is 0 to 4; points and scenario counts stay within what the standard gives."""
    points = (grade.foundation, grade.management, grade.effect)
    within = (
        all(isfinite(point) for point in points)
        and LOWEST_LEVEL <= grade.level <= HIGHEST_LEVEL
        and 0 <= grade.foundation <= 50
        and 0 <= grade.management <= 30
        and 0 <= grade.effect <= 20
        and 0 <= grade.binding_scenarios <= 10
        and 0 <= grade.guiding_scenarios <= 6
    )
    if not within:
        return No(
            "评测结果超出指标量程（等级0–4，基础≤50、管理≤30、成效≤20，约束性场景≤10、指导性场景≤6）",
            "工信厅企业〔2024〕56号",
        )
    return None
