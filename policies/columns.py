"""How one row of a pack's tables is written, read and said: its figures in the row's one unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from fractions import Fraction
from typing import Final

from domain.money import Money
from domain.policy import Row
from domain.policy_rows import RATE, Amount, Column, columns_of
from domain.questions import Key
from policies import notation

NOTHING: Final = "—"
FIGURES: Final = ("count", "money", "amount", "amounts")


def read(column: Column, raw: object, unit: str) -> object:
    """The value of one field of a row; raises ValueError with the reason in Chinese."""
    match column.kind:
        case "amount":
            return _amount(raw, unit)
        case "amounts":
            if not isinstance(raw, dict) or not raw:
                raise ValueError('应是分行业的数，写作 { "甲行业" = 1, "乙行业" = 2 }')
            return {notation.line_of_text(name): _amount(figure, unit) for name, figure in raw.items()}
        case kind:
            return notation.read(Key(kind, column.title, words=column.words), raw, unit, "")


def measured(kind: type[Row], entry: Mapping[str, object]) -> bool:
    """Whether what is written of a row has a figure that needs a unit."""
    return bool(kind.UNITS) and any(field in entry for field, one in columns_of(kind).items() if one.kind in FIGURES)


def lines(row: Row) -> list[str]:
    """The row as TOML, always the same way for the same row; what is absent is not written."""
    default = {one.name: one.default for one in fields(row)}
    said = {field: getattr(row, field) for field in columns_of(type(row))}
    held = {field: value for field, value in said.items() if value != default[field]}
    unit = getattr(row, "unit", "") or (row.UNITS[0] if measured(type(row), held) else "")
    written = {field: _bare(value) for field, value in held.items()}
    written |= {"unit": notation.quoted(unit)} if unit else {}
    written |= {"clause": notation.quoted(row.clause), "standing": notation.quoted(row.standing)}
    written |= {"note": notation.quoted(row.note)} if row.note else {}
    return [f"{field} = {text}" for field, text in written.items()]


def say(row: Row, field: str) -> str:
    """One field of a row for people, figures with comparator and unit; empty where the source says nothing."""
    column, value = columns_of(type(row))[field], getattr(row, field)
    unit = getattr(row, "unit", "") or (row.UNITS[0] if row.UNITS else "")
    if value is None or value == "" or field == "comparator":
        return ""
    if column.kind == "amounts":
        return "；".join(f"{name} {_figure(figure, unit)}" for name, figure in value.items())
    if column.kind in ("count", "amount"):
        comparator = getattr(row, "comparator", "=") if field in ("total", "least", "places") else "="
        return ("" if comparator == "=" else f"{comparator} ") + _figure(value, unit)
    return notation.said(Key(column.kind, column.title, words=column.words), value)  # type: ignore[arg-type]


def _amount(raw: object, unit: str) -> Amount:
    kind: Key = Key("ratio" if unit == RATE else "count", "")
    read_as = notation.read(kind, raw, unit, "")
    assert isinstance(read_as, (int, Fraction))
    return read_as


def _figure(value: Amount, unit: str) -> str:
    if isinstance(value, Fraction):
        return notation.percent(value)
    return f"{value} {unit}".strip()


def _bare(value: object) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{notation.quoted(name)} = {_bare(figure)}" for name, figure in value.items()) + " }"
    assert isinstance(value, (str, int, Money, Fraction, tuple)) or hasattr(value, "isoformat")
    return notation.bare(value)  # type: ignore[arg-type]
