"""目标与现状 on the command line: a number that a source states, what there is, what is missing, and the clause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

import typer

from cli import tables
from domain.tally import Tally

_NUMBERS: Final = ("现有", "还差")


def show(tallies: Sequence[Tally], unit: str) -> None:
    """A table of them; nothing where the sources state none."""
    if not tallies:
        return
    typer.echo(f"\n目标与现状（单位：{unit}）：")
    tables.show(("名目", "行业", "原文数", *_NUMBERS, "依据"), map(_row, tallies), numbers=_NUMBERS)


def plain(tallies: Sequence[Tally]) -> list[dict[str, Any]]:
    """The same for programs."""
    return [{**asdict(one), "stated": one.stated, "gap": one.gap, "over": one.over} for one in tallies]


def _row(one: Tally) -> tuple[str, ...]:
    full = "（已满）" if one.limit is not None and one.held >= one.limit else ""
    over = f"（超出 {one.over}）" if one.over else full
    gap = "—" if one.gap is None else str(one.gap)
    note = f"\n注：{one.note}" if one.note else ""
    return (one.name, one.industry or "全市", one.stated or "未规定", f"{one.held}{over}", gap, one.clause + note)
