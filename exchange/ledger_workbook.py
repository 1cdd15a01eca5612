"""资金台账 as a workbook: accounts, movements, firms; amounts in 元, every total a formula."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

from domain.fund.ledger import BALANCES, Balance, FirmAccount, Movement
from domain.words import SOURCES, zh
from exchange import tables

_ACCOUNTS: Final = ("appropriated", *BALANCES)


def write(
    path: Path,
    title: str,
    until: date,
    accounts: Sequence[Balance],
    movements: Sequence[Movement],
    firms: Sequence[FirmAccount],
) -> None:
    """Write the books as they stood at the end of a day. Raises OSError where the file cannot be written."""
    with tables.workbook(path, title) as book:
        named = ("下达", *BALANCES.values())
        tables.sheet(
            book,
            "资金台账",
            f"{title}（截至 {until}）",
            ("来源", "经手", *named),
            (
                (SOURCES[one.source], one.county or "市本级", *(getattr(one, name) for name in _ACCOUNTS))
                for one in accounts
            ),
        )
        tables.sheet(
            book,
            "收支明细",
            f"{title}收支明细（截至 {until}）",
            ("凭证号", "日期", "事项", "经手", "企业", "批次", "文号", "经办", "金额"),
            (
                (
                    *(one.number, one.on.isoformat(), zh(one.topic), one.county or "市本级"),
                    *(one.firm, one.batch, one.document, one.by, one.amount),
                )
                for one in movements
            ),
            adds_up=False,
        )
        tables.sheet(
            book,
            "拨付明细",
            f"{title}逐户拨付明细（截至 {until}）",
            ("企业", "统一社会信用代码", "区县", "批次", "末笔凭证号", "已批准待付", "已拨付", "已退回"),
            (
                (
                    *(one.firm, one.credit_code, one.county, one.batch, one.last),
                    *(one.committed, one.paid, one.recovered),
                )
                for one in firms
            ),
        )
