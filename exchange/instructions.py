"""拨付指令文件: what a county's treasury system is told to pay, and where the county writes down what became of it."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from domain.payout_round.file import Order
from exchange import tables

INSTRUCTION: Final = "指令号"
FIRM: Final = "企业名称"
CODE: Final = "统一社会信用代码"
AMOUNT: Final = "金额"
ON: Final = "回执日期"
RECEIVED: Final = "回执金额"
BOUNCED: Final = "退票原因"
HEADS: Final = (
    *(INSTRUCTION, FIRM, CODE, "区县", "开户行", "户名", "账号", f"{AMOUNT}（元）"),
    *(ON, f"{RECEIVED}（元）", BOUNCED),
)
FILE_NUMBER: Final = "指令文件编号"
_FILLED_IN: Final = 3
"""Columns that are the county's to fill: the last ones."""
_GUIDE: Final = (
    "1. 到账的填回执日期和回执金额（元）；退票的填回执日期（退回之日）和退票原因，不填回执金额。",
    "2. 尚无结果的行留空，下次再报。请勿改动指令号和其他各列。",
    "3. 回执金额须与指令金额一致，到分，不写万元。",
)
_TEXT_MARK: Final = "\t"
"""Before digits in a CSV: the spreadsheet program shows them as they stand instead of rounding a long number."""
_QUOTE: Final = "'"
"""Before words in a CSV that the spreadsheet program would work out instead of showing them."""
_WORKED_OUT: Final = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_CODES: Final = tuple(HEADS.index(word) for word in (INSTRUCTION, CODE, "账号"))


@dataclass(frozen=True)
class InstructionFile:
    """One instruction file, or a county's part of it: the same content is the same bytes, however often written."""

    city: str
    round_number: str
    file_number: str
    document: str
    """Of the fund document that it goes with."""
    orders: tuple[Order, ...]


def write(path: Path, file: InstructionFile) -> None:
    """As a workbook, or as CSV where the name ends so. Raises OSError where the file cannot be written."""
    if path.suffix.lower() == ".csv":
        path.write_bytes(_csv(file))
        return
    title = f"{file.city}兑付轮次 {file.round_number} 拨付指令"
    with tables.workbook(path, title) as book:
        page = tables.sheet(
            book, "拨付指令", title, HEADS, (_line(order) for order in file.orders), above=_above(file), below=_GUIDE
        )
        _leave_open(book, page, len(file.orders))


def _leave_open(book: Any, page: Any, lines: int) -> None:
    frame = {"border": 1, "valign": "vcenter", "bg_color": "#FFF2CC"}
    shapes = [book.add_format({**frame, "num_format": shape}) for shape in ("yyyy-mm-dd", "#,##0.00", "@")]
    for row in range(tables.HEADER + 1, tables.HEADER + 1 + lines):
        for column, shape in enumerate(shapes, start=len(HEADS) - _FILLED_IN):
            page.write_blank(row, column, None, shape)
    page.set_column(0, 2, 26)
    page.set_column(4, 6, 28)


def _above(file: InstructionFile) -> tuple[str, str]:
    return f"{FILE_NUMBER}：{file.file_number}", f"资金文件：{file.document}"


def _line(order: Order) -> Sequence[tables.Cell]:
    account = order.account
    return (
        *(order.instruction, order.firm, order.credit_code, order.county),
        *(account.bank, account.name, account.number, order.amount),
        *("",) * _FILLED_IN,
    )


def _csv(file: InstructionFile) -> bytes:
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow([*(_shown(words) for words in _above(file)), "单位：元"])
    rows.writerow(HEADS)
    for order in file.orders:
        cells = (str(cell) for cell in _line(order))
        rows.writerow(_TEXT_MARK + cell if at in _CODES else _shown(cell) for at, cell in enumerate(cells))
    return text.getvalue().encode("utf-8-sig")


def _shown(words: str) -> str:
    return _QUOTE + words if words.lstrip().startswith(_WORKED_OUT) else words
