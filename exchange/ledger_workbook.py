"""资金台账 as a workbook: accounts, movements, firms; amounts in 元, every total a formula."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import xlsxwriter

from domain.fund.ledger import BALANCES, Balance, FirmAccount, Movement
from domain.money import FEN_PER_YUAN, Money
from domain.words import SOURCES, zh

_MADE: Final = datetime(2024, 1, 1, tzinfo=UTC)
"""Written as the workbook's date, so that the same content is the same file."""
_HEADER: Final = 2
"""The header's row, counted from 0; the lines begin below it."""
_ACCOUNTS: Final = ("appropriated", *BALANCES)

Cell = str | int | Money


def write(
    path: Path,
    title: str,
    until: date,
    accounts: Sequence[Balance],
    movements: Sequence[Movement],
    firms: Sequence[FirmAccount],
) -> None:
    """Write the books as they stood at the end of a day. Raises OSError where the file cannot be written."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        book.set_properties({"title": title, "created": _MADE})
        named = ("下达", *BALANCES.values())
        _sheet(
            book,
            "资金台账",
            f"{title}（截至 {until}）",
            ("来源", "经手", *named),
            (
                (SOURCES[one.source], one.county or "市本级", *(getattr(one, name) for name in _ACCOUNTS))
                for one in accounts
            ),
        )
        _sheet(
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
        _sheet(
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
    path.write_bytes(content.getvalue())


def _sheet(
    book: Any, name: str, title: str, heads: Sequence[str], lines: Iterable[Sequence[Cell]], *, adds_up: bool = True
) -> None:
    sheet = book.add_worksheet(name)
    frame = {"border": 1, "valign": "vcenter"}
    text = book.add_format({**frame, "num_format": "@"})
    money = book.add_format({**frame, "num_format": "#,##0.00"})
    head = book.add_format({**frame, "align": "center", "bold": True, "bg_color": "#DDEBF7", "text_wrap": True})
    large = book.add_format({"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"})
    sheet.merge_range(0, 0, 0, len(heads) - 1, title, large)
    sheet.write_string(1, len(heads) - 1, "单位：元")
    sheet.write_row(_HEADER, 0, heads, head)
    sheet.set_column(0, len(heads) - 1, 18)
    amounts: dict[int, Money] = {}
    row = _HEADER
    for row, line in enumerate(lines, start=_HEADER + 1):
        for column, cell in enumerate(line):
            if isinstance(cell, Money):
                sheet.write_number(row, column, cell.fen / FEN_PER_YUAN, money)
                amounts[column] = amounts.get(column, Money(0)) + cell
            else:
                sheet.write_string(row, column, str(cell), text)
    if adds_up and amounts:
        sheet.write_string(row + 1, 0, "合计", head)
        for column, whole in amounts.items():
            letter = chr(ord("A") + column)
            formula = f"=SUM({letter}{_HEADER + 2}:{letter}{row + 1})"
            sheet.write_formula(row + 1, column, formula, money, whole.fen / FEN_PER_YUAN)
    sheet.freeze_panes(_HEADER + 1, 1)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(_HEADER)
