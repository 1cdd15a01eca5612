"""Answers to the indicators as people write them: one JSON object, questions by Chinese name or by code."""

from __future__ import annotations

import json
from decimal import Decimal, DecimalException
from typing import Any, Final

from cli import json_text
from domain.standard import Answers, ItemPoints, ScenarioLevel
from policies import load

SHAPE: Final = 'JSON 对象 {"standard": "2024", "points": {"网络建设": 6, …}, "scenarios": {"产品设计": 2, …}}'


class _Pairs(list[tuple[str, Any]]):
    """A JSON object in the order of the file; a dictionary would keep only the last of two answers to one question."""


def read(said: object, standard: str = "") -> Answers:
    """The answers that a text or an object already read says.

    ``standard`` is the edition where the answers need not name one themselves. Raises ValueError with the reason in
    Chinese. Whether the answers fit the edition is the rules' question and not asked here.
    """
    parts = _parts(_decoded(said) if isinstance(said, str) else said)
    named = parts.get("standard", standard)
    if not isinstance(named, str) or not named:
        raise ValueError('缺少指标版本，写作 "standard": "2024"')
    if standard and named != standard:
        raise ValueError(f"答案写明是 {named} 版指标，不是 {standard} 版")
    if named not in load.standards():
        raise ValueError(f"没有“{named}”版评测指标；现有：{'、'.join(load.standards())}")
    edition = load.standard(named)
    items = {item.name: item.code for item in edition.items}
    scenes = {scenario.name: scenario.code for scenario in edition.scenarios}
    points, scenarios = _pairs(parts, "points"), _pairs(parts, "scenarios")
    return Answers(
        standard=edition.code,
        points=tuple(ItemPoints(items.get(name, name), _points(name, value)) for name, value in points),
        scenarios=tuple(ScenarioLevel(scenes.get(name, name), _level(name, value)) for name, value in scenarios),
    )


def _decoded(text: str) -> object:
    try:
        return json.loads(
            text, parse_float=Decimal, parse_int=Decimal, parse_constant=_no_number, object_pairs_hook=_Pairs
        )
    except (ValueError, ArithmeticError, RecursionError) as bad:
        raise ValueError(f"不是能读懂的 JSON：{json_text.fault(bad)}") from bad


def _parts(said: object) -> dict[str, Any]:
    if not isinstance(said, (dict, _Pairs)):
        raise ValueError(f"答案应写作 {SHAPE}")
    pairs = list(said.items()) if isinstance(said, dict) else said
    for name, _ in pairs:
        if name not in ("standard", "points", "scenarios"):
            raise ValueError(f"答案只有 standard、points（评分项得分）和 scenarios（场景等级），没有“{name}”")
    if len(dict(pairs)) < len(pairs):
        raise ValueError("答案的 standard、points、scenarios 各只能写一次")
    return dict(pairs)


def _pairs(parts: dict[str, Any], part: str) -> list[tuple[str, Any]]:
    pairs = parts.get(part, {})
    if not isinstance(pairs, (dict, _Pairs)):
        raise ValueError(f'{part} 应写作 {{"名称": 数, …}}')
    return list(pairs.items()) if isinstance(pairs, dict) else pairs


def _points(name: str, value: object) -> Decimal:
    number = _number(value)
    if number is None:
        raise ValueError(f"“{name}”的得分应是数，如 7.5")
    return number


def _level(name: str, value: object) -> int:
    number = None if isinstance(value, str) else _number(value)
    if number is None or abs(number) >= 1000 or number != int(number):
        raise ValueError(f"“{name}”的等级应是整数，如 2")
    return int(number)


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        return None
    try:
        number = Decimal(str(value))
    except DecimalException:
        return None
    return number if number.is_finite() else None


def _no_number(word: str) -> Decimal:
    raise json_text.NoNumber(f"{word} 不是数")
