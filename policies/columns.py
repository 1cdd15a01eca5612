"""How one row of a pack's tables is written, read and said: its figures in the row's one unit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from fractions import Fraction
from typing import Any, Final

from domain.policy import Pack, Row
from domain.policy_rows import RATE, Amount, Column, Kpi, columns_of, needed
from domain.questions import Key
from policies import notation

UNDEFINED: Final = "—"
"""A rate over nothing."""
_COMPARED: Final = ("total", "places", "least")
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
    """Whether the row has a figure, or should have, and so needs a unit."""
    figures = [field for field, column in columns_of(kind).items() if column.kind in FIGURES]
    return bool(kind.UNITS) and any(field in entry or field in needed(kind) for field in figures)


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


def say(row: Row, pack: Pack) -> dict[str, str]:
    """What a row says, for people: by head of the column, figures with comparator and unit; what is absent is not."""
    told = {column.title: _said(row, field, column, pack) for field, column in columns_of(type(row)).items()}
    return {title: text for title, text in told.items() if text}


def _said(row: Row, field: str, column: Column, pack: Pack) -> str:
    value = getattr(row, field)
    unit = getattr(row, "unit", "") or (row.UNITS[0] if row.UNITS else "")
    if value in (None, "") or field == "comparator":
        return ""
    match column.kind:
        case "amounts":
            bases = [
                kpi.industries or {} for kpi in pack.rows(Kpi) if unit == RATE and kpi.code == getattr(row, "of", "")
            ]
            empty = {name for base in bases for name, firms in base.items() if not firms}
            figures = {name: UNDEFINED if name in empty else _figure(figure, unit) for name, figure in value.items()}
            return "；".join(f"{name} {figure}" for name, figure in figures.items())
        case "count" | "amount":
            comparator = getattr(row, "comparator", "=") if field in _COMPARED else "="
            return ("" if comparator == "=" else f"{comparator} ") + _figure(value, unit)
        case kind:
            return notation.said(Key(kind, column.title, words=column.words), value)


def _amount(raw: object, unit: str) -> Amount:
    figure = notation.read(Key("ratio" if unit == RATE else "count", ""), raw, unit, "")
    if isinstance(figure, (int, Fraction)):
        return figure
    raise TypeError(f"a figure of a row was read as {type(figure).__name__}")


def _figure(value: Amount, unit: str) -> str:
    if isinstance(value, Fraction):
        return notation.percent(value)
    return f"{value} {unit}".strip()


def _bare(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{notation.quoted(name)} = {_bare(figure)}" for name, figure in value.items()) + " }"
    return notation.bare(value)
