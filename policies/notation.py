"""How one value of a pack is written, read and said: money and ratios as text, exact; periods with their unit."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from fractions import Fraction
from typing import Final

from domain.money import Money
from domain.policy import Cited, Days, Standing, Value
from domain.questions import Key, Kind
from domain.standard import HIGHEST_LEVEL

STANDINGS: Final[Mapping[Standing, str]] = {
    Standing.STATED: "原文",
    Standing.DERIVED: "推导",
    Standing.ASSUMED: "假设",
}
EXPIRIES: Final = ("wait", "lapse")

_UNITS: Final[Mapping[Kind, tuple[str, ...]]] = {
    "money": ("元", "万元"),
    "ratio": ("比例",),
    "days": ("工作日", "自然日"),
    "level": ("级",),
}
_DAY_UNITS: Final[Mapping[str, str]] = {"working": "工作日", "natural": "自然日"}
_LEVELS: Final = "零一二三四"
_AMOUNT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,6})?")
_PERCENT = re.compile(r"[0-9]{1,3}(\.[0-9]{1,4})?%")
_QUOTIENT = re.compile(r"[0-9]{1,6}/[0-9]{1,6}")


def units(spec: Key) -> tuple[str, ...]:
    """The units in which a key's value may be written; empty where a value of this kind has none."""
    return (spec.unit,) if spec.unit else _UNITS.get(spec.kind, ())


def read(spec: Key, raw: object, unit: str, on_expiry: str) -> Value:
    """The value of one entry; raises ValueError with the reason in Chinese. A wrong unit or expiry is another fault."""
    match spec.kind:
        case "text":
            return _word(spec, raw)
        case "list":
            return _words(spec, raw)
        case "flag":
            if isinstance(raw, bool):
                return raw
            raise ValueError("应是 true 或 false，不加引号")
        case "date":
            return day(raw)
        case "count":
            return _whole(raw, 0, 1_000_000)
        case "level":
            return _whole(raw, 1, HIGHEST_LEVEL)
        case "money":
            return _money(raw, unit)
        case "ratio":
            return _ratio(raw)
        case "days":
            count = _whole(raw, 1, 3650)
            return Days(
                count, "working" if unit == "工作日" else "natural", "lapse" if on_expiry == "lapse" else "wait"
            )


def write(spec: Key, value: Value) -> dict[str, str]:
    """The fields that say a value, as TOML, always the same way for the same value."""
    match value:
        case Days():
            unit, expiry = quoted(_DAY_UNITS[value.unit]), quoted(value.on_expiry)
            return {"value": str(value.count), "unit": unit, "on_expiry": expiry}
        case Money() | Fraction():
            return {"value": bare(value), "unit": quoted(units(spec)[0])}
        case int() if not isinstance(value, bool):
            return {"value": bare(value), "unit": quoted(units(spec)[0])}
        case _:
            return {"value": bare(value)}


def bare(value: str | int | bool | date | Money | Fraction | tuple[str, ...]) -> str:
    """The value as TOML, without its unit: money in yuan."""
    match value:
        case Money():
            return quoted(str(value))
        case Fraction():
            return quoted(f"{value.numerator}/{value.denominator}")
        case tuple():
            return f"[{', '.join(quoted(word) for word in value)}]"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case date():
            return value.isoformat()
        case str():
            return quoted(value)


def say(spec: Key, cited: Cited) -> str:
    """The value for people, with unit and comparator, e.g. ``≤ 50%``, ``5 工作日，逾期视为放弃``."""
    return said(spec, cited.value) if cited.comparator == "=" else f"{cited.comparator} {said(spec, cited.value)}"


def said(spec: Key, value: Value) -> str:
    """The bare value for people."""
    match value:
        case Money():
            return f"{value.grouped()} 元"
        case Fraction():
            return percent(value)
        case Days():
            lapses = "，逾期视为放弃" if value.on_expiry == "lapse" else ""
            return f"{value.count} {_DAY_UNITS[value.unit]}{lapses}"
        case tuple():
            return "、".join(spec.words.get(word, word) for word in value)
        case bool():
            return "是" if value else "否"
        case int():
            return f"{_LEVELS[value]}级" if spec.kind == "level" else f"{value} {spec.unit}"
        case date():
            return value.isoformat()
        case str():
            return spec.words.get(value, value)


def percent(ratio: Fraction) -> str:
    """A ratio as a percentage with at most four decimals, which is exact, else as the quotient: 90.5%, 1/3."""
    hundred = ratio * 100
    if 10_000 % hundred.denominator:
        return f"{ratio.numerator}/{ratio.denominator}"
    whole, rest = divmod(hundred, 1)
    return f"{whole}.{f'{int(rest * 10_000):04}'.rstrip('0')}%" if rest else f"{whole}%"


def quoted(text: str) -> str:
    """A TOML string. JSON's escapes are TOML's, but for DEL, which TOML wants escaped too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def day(raw: object) -> date:
    """A bare TOML date; a time of day is refused."""
    if type(raw) is date:
        return raw
    raise ValueError("应是日期，写作 2025-12-31，不加引号、不带时刻")


def line_of_text(raw: object) -> str:
    """A non-empty text without blanks around it."""
    if isinstance(raw, str) and raw and raw == raw.strip():
        return raw
    raise ValueError("应是加引号的文字，不能为空，首尾无空格")


def _word(spec: Key, raw: object) -> str:
    word = line_of_text(raw)
    if spec.words and word not in spec.words:
        known = list(spec.words)
        shown = "、".join(known) if len(known) <= 8 else f"{known[0]} 至 {known[-1]}"
        raise ValueError(f"不认识“{word}”，可用：{shown}")
    return word


def _words(spec: Key, raw: object) -> tuple[str, ...]:
    if not isinstance(raw, list) or not raw:
        raise ValueError('应是列表，至少一项，写作 ["甲", "乙"]')
    words = tuple(_word(spec, item) for item in raw)
    if len(set(words)) < len(words):
        raise ValueError("列表中有重复的项")
    return words


def _whole(raw: object, least: int, most: int) -> int:
    if type(raw) is int and least <= raw <= most:
        return raw
    raise ValueError(f"应是 {least} 至 {most} 的整数，不加引号")


def _money(raw: object, unit: str) -> Money:
    if not isinstance(raw, str) or not _AMOUNT.fullmatch(raw):
        raise ValueError('应是加引号的金额，只用数字和小数点，写作 "500000.00"（元）或 "50"（万元）')
    return Money.yuan(raw) if unit == "元" else Money.wan(raw)


def _ratio(raw: object) -> Fraction:
    if isinstance(raw, str) and _PERCENT.fullmatch(raw):
        ratio = Fraction(raw[:-1]) / 100
    elif isinstance(raw, str) and _QUOTIENT.fullmatch(raw) and int(raw.partition("/")[2]):
        ratio = Fraction(raw)
    else:
        raise ValueError('应是加引号的比例，写作 "50%" 或 "1/2"')
    if not 0 < ratio <= 1:
        raise ValueError("比例应大于 0、不超过 100%")
    return ratio
