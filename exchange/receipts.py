"""回执文件: the instruction file as a county sends it back, filled in by hand; read row by row, nothing guessed.

A row without a date and without a reason is simply not back yet. Whether a receipt is right is the rules' question;
here it is only asked what the row says.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from domain.identity import same, tidy
from domain.money import Money
from domain.payout_round.file import Order, Slip
from domain.rejections import Refusal, Rejection
from domain.rules import No, rule
from exchange import cells, instructions, words
from exchange.cells import Cell, Sheet, WorkbookError

_RULE: Final = "receipt_file_must_be_readable"
_ROW: Final = "receipt_row_must_be_readable"
_SYNONYMS: Final[Mapping[str, tuple[str, ...]]] = {
    instructions.INSTRUCTION: ("拨付指令号", "指令编号", "拨付指令编号"),
    instructions.FIRM: ("单位名称", "公司名称"),
    instructions.CODE: ("社会信用代码", "信用代码"),
    instructions.AMOUNT: ("指令金额", "拨付金额"),
    instructions.ON: ("到账日期", "支付日期", "退票日期", "回执日"),
    instructions.RECEIVED: ("到账金额", "支付金额", "实付金额"),
    instructions.BOUNCED: ("退回原因", "失败原因"),
}
_NEEDED: Final = (instructions.INSTRUCTION, instructions.ON, instructions.RECEIVED)
_MEANT: Final = {cells.key_of(way): word for word, ways in _SYNONYMS.items() for way in (word, *ways)}
_HEADER_WITHIN: Final = 30
"""Nobody puts the header further down."""
_MOST_ROWS: Final = 20_000
_TOTALS: Final = frozenset({"合计", "总计", "小计", "共计"})
_DAY: Final = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))(?:T?00:00(?::00)?)?")
_PLAIN_AMOUNT: Final = re.compile(r"(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?")


@dataclass(frozen=True)
class ReceiptRow:
    """One row of the file, and what it says."""

    sheet: str
    row: int
    """As the spreadsheet counts it, from 1."""
    instruction: str
    slip: Slip | None
    """None where nothing is back yet, or where the row cannot be read."""
    fault: Refusal | None
    """Why it cannot be read."""


@dataclass(frozen=True)
class ReceiptFile:
    """A receipt file, read."""

    rows: tuple[ReceiptRow, ...]
    sha256: str
    """Of the file's content, in hex."""


@rule
def receipt_file_must_be_of_this_round(number: str, known: Sequence[str]) -> No | None:
    """The head of a file says which instruction file it is; where nobody kept the head, the rows speak."""
    if not number or cells.text_of(number) in {cells.text_of(one) for one in known}:
        return None
    return No(f"文件的指令文件编号是“{number}”，不是本轮次下达的（{'、'.join(known) or '本轮次尚未下达'}）")


@rule
def amounts_must_be_in_yuan(words_above: Sequence[str]) -> No | None:
    """A column in 万元 says another amount than the same digits in 元."""
    wrong = next((said for said in words_above if "万元" in said), "")
    return No(f"金额须以元为单位，文件写的是“{wrong}”") if wrong else None


def read(path: Path, orders: Sequence[Order], files: Sequence[str]) -> ReceiptFile:
    """What a county's file says of these orders; ``files`` are the numbers of the round's instruction files.

    Raises Rejection where the file as a whole is none of this round's, OSError where it cannot be opened.
    """
    try:
        content = cells.bytes_of(path)
        is_csv = path.suffix.lower() == ".csv"
        sheets = cells.csv_of(content) if is_csv else cells.sheets_of(content, formulas=True)
    except WorkbookError as bad:
        raise Rejection(_RULE, f"{path.name}：{bad}。回执须为 .xlsx 或 .csv 文件") from bad
    known = {cells.text_of(order.instruction): order for order in orders}
    rows: list[ReceiptRow] = []
    for sheet in sheets:
        header = _header(sheet) if sheet.visible else None
        if header is not None:
            top, places = header
            _look_at_the_head(sheet, top, files)
            rows += _rows(sheet, top, places, known)
    if not rows:
        heads = "、".join(_NEEDED)
        raise Rejection(_RULE, f"{path.name}：没有找到回执。表头须有“{heads}”，其下每行一个指令")
    if len(rows) > _MOST_ROWS:
        raise Rejection(_RULE, f"{path.name}：超过 {_MOST_ROWS} 行，请分成几个文件导入")
    return ReceiptFile(tuple(rows), hashlib.sha256(content).hexdigest())


def _header(sheet: Sheet) -> tuple[int, dict[str, int]] | None:
    """The row that heads the table, from 0, and where each column stands. Raises Rejection where one stands twice."""
    for number, row in enumerate(sheet.rows[:_HEADER_WITHIN]):
        places: dict[str, int] = {}
        twice = ""
        for place, cell in enumerate(row):
            word = _MEANT.get(cells.key_of(cell)) or _MEANT.get(words.heading_key(cell))
            if word in places:
                twice = word or ""
            elif word:
                places[word] = place
        if all(word in places for word in _NEEDED):
            if twice:
                raise Rejection(_RULE, f"工作表“{sheet.name}”第 {number + 1} 行的表头有两个“{twice}”")
            return number, places
    return None


def _look_at_the_head(sheet: Sheet, top: int, files: Sequence[str]) -> None:
    above = [cells.text_of(cell) for row in sheet.rows[: top + 1] for cell in row]
    amounts_must_be_in_yuan(above)
    for said in above:
        if said.startswith(instructions.FILE_NUMBER):
            number = said.removeprefix(instructions.FILE_NUMBER).lstrip(":")
            receipt_file_must_be_of_this_round(number, files)


def _rows(sheet: Sheet, top: int, places: Mapping[str, int], known: Mapping[str, Order]) -> list[ReceiptRow]:
    found = []
    formulas = {(row, column) for row, column in sheet.formulas}
    for number, row in enumerate(sheet.rows[top + 1 :], start=top + 1):
        said: dict[str, Cell] = {word: row[at] if at < len(row) else "" for word, at in places.items()}
        filled = any(cells.text_of(said.get(word, "")) for word in (*_NEEDED, instructions.BOUNCED))
        total = any(cells.key_of(cell) in _TOTALS for cell in row)
        note = sum(bool(cells.text_of(cell)) for cell in row) == 1
        instruction = cells.text_of(said[instructions.INSTRUCTION]).lstrip("'")
        if not filled or total or (note and instruction not in known):
            continue  # blank, a sum, or a line of explanation below the table
        slip, fault = None, None
        try:
            worked = [word for word, at in places.items() if (number, at) in formulas]
            slip = _slip(instruction, said, worked, known.get(instruction))
        except Rejection as no:
            fault = no.refusal
        found.append(ReceiptRow(sheet.name, number + 1, instruction, slip, fault))
    return found


def _slip(instruction: str, said: Mapping[str, Cell], worked: Sequence[str], order: Order | None) -> Slip | None:
    """What the row says; None where nothing is back yet. Raises Rejection."""
    if not instruction:
        raise Rejection(_ROW, "填了回执，却没有指令号")
    on, received = said[instructions.ON], said[instructions.RECEIVED]
    bounced = str(said.get(instructions.BOUNCED, "")).strip().lstrip("'")
    if worked:
        raise Rejection(_ROW, f"“{'、'.join(worked)}”是公式，须填写数值")
    if order is not None:
        row_must_be_its_orders(said, order)
    if not cells.text_of(on):
        if cells.text_of(bounced) or cells.text_of(received):
            raise Rejection(_ROW, f"填了{'退票原因' if cells.text_of(bounced) else '回执金额'}，却没有回执日期")
        return None
    day = _day(on)
    if not cells.text_of(bounced):
        return Slip(order.instruction if order else instruction, _amount(received), day, "")
    if cells.text_of(received) and _amount(received, none=True).fen:
        raise Rejection(_ROW, "既有回执金额又有退票原因；到账的不填退票原因，退票的不填回执金额")
    # What came back is what had been sent; an instruction that nobody gave is refused by its own rule.
    return Slip(order.instruction if order else instruction, order.amount if order else Money(0), day, bounced)


@rule
def row_must_be_its_orders(said: Mapping[str, Cell], order: Order) -> No | None:
    """Columns that were sorted apart, or written over, would put one firm's receipt to another's instruction."""
    code, firm = said.get(instructions.CODE, ""), said.get(instructions.FIRM, "")
    if cells.text_of(code) and tidy(str(code)) != order.credit_code:
        return No(f"信用代码“{code}”不是该指令的收款企业（{order.firm} {order.credit_code}）")
    if cells.text_of(firm) and same(str(firm).lstrip("'")) != same(order.firm.lstrip("'")):
        return No(f"企业名称“{firm}”不是该指令的收款企业（{order.firm}）")
    amount = said.get(instructions.AMOUNT, "")
    if cells.text_of(amount) and _amount(amount) != order.amount:
        return No(f"指令金额被改为“{amount}”，下达的是 {order.amount} 元")
    return None


def _day(cell: Cell) -> date:
    text = cells.text_of(cell)
    match = _DAY.fullmatch(text)
    parts = [int(part) for part in match.groups() if part] if match else []
    try:
        return date(*parts)
    except (TypeError, ValueError) as bad:
        raise Rejection(_ROW, f"回执日期应写作 2026-03-01 的样子，收到“{text}”") from bad


def _amount(cell: Cell, *, none: bool = False) -> Money:
    """元, to the fen, greater than nothing (or nothing, where ``none``). Raises Rejection."""
    text = cells.text_of(cell).lstrip("'").removeprefix("¥").removesuffix("元")
    if not text:
        raise Rejection(_ROW, "填了回执日期，却没有回执金额，也没有退票原因")
    if text.startswith("="):
        raise Rejection(_ROW, f"金额是公式“{text}”，须填写数值")
    if "万" in text:
        raise Rejection(_ROW, f"金额须以元为单位，不写万元：“{text}”")
    if text.startswith(("-", "(")):
        raise Rejection(_ROW, f"金额不能是负数：“{text}”")
    if isinstance(cell, bool) or not _PLAIN_AMOUNT.fullmatch(text):
        raise Rejection(_ROW, f"不是金额：“{text}”")
    try:
        amount = Money.yuan(text.replace(",", ""))
    except ValueError as bad:
        raise Rejection(_ROW, str(bad)) from bad
    if not none and not amount.fen:
        raise Rejection(_ROW, "金额不能是零；没有到账的留空，退票的填写退票原因")
    return amount
