"""清算表 as a workbook: county by county and source by source, given, taken back, paid, and what is left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

from domain.fund.ledger import CountyAccount
from domain.words import SOURCES
from exchange import tables

_HEADS: Final = (
    *("区县", "来源", "预下达（元）", "追加（元）", "收回（元）", "已拨付（元）", "结余收回（元）"),
    *("未拨余额（元）", "其中结余结转（元）", "清算文号"),
)
_UNPAID: Final = "=C{row}+D{row}-E{row}-F{row}-G{row}"


def write(path: Path, title: str, until: date, accounts: Sequence[CountyAccount]) -> None:
    """Write the counties' accounts as they stood at the end of a day. Raises OSError where it cannot be written."""
    with tables.workbook(path, title) as book:
        tables.sheet(
            book,
            "清算表",
            f"{title}（截至 {until}）",
            _HEADS,
            (
                (
                    *(one.county, SOURCES[one.source], one.allocated, one.supplemented, one.taken_back),
                    *(one.paid, one.returned, one.unpaid, one.carried, one.document),
                )
                for one in accounts
            ),
            below=(
                "未拨余额＝预下达＋追加－收回－已拨付－结余收回，含已批准待付的资金。",
                "结余结转为最近一次清算时准予留用的数额。",
            ),
            formulas={_HEADS.index("未拨余额（元）"): _UNPAID},
        )
