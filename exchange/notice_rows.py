"""公示表: the table that a bureau wants to publish, as a workbook or as CSV, read whole or not at all.

Unlike a roster, a notice leaves out no column in silence: what stands in the file is what its author means to publish,
so a column that a notice must not have, or does not know, refuses the file.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from domain import identity
from domain.money import Money
from domain.notice.snapshot import Row
from domain.rules import No, rule
from exchange import cells
from exchange.cells import Cell, Sheet, WorkbookError
from exchange.roster import credit_code_must_be_text
from exchange.words import NUMBERING, firm_name, heading_key

MAX_ROWS: Final = 20_000
_TITLE_ROWS: Final = 30
_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "name": ("名称", "企业名称", "单位名称", "公司名称", "服务商名称", "企业全称"),
    "credit_code": ("统一社会信用代码", "社会信用代码", "信用代码"),
    "county": ("区县", "所属区县", "县区", "县市区", "区市县"),
    "project": ("项目", "项目名称", "改造项目", "服务内容"),
    "amount": ("金额", "补贴金额", "拟补贴金额", "核定金额", "分配金额", "资金"),
    "period": ("期限", "实施期", "实施期限", "建设周期", "起止时间"),
}
_FIELD_OF: Final = {cells.key_of(title): field for field, titles in _COLUMNS.items() for title in titles}
_PRIVATE: Final = re.compile("身份证|手机|电话|联系|账号|账户|帐号|银行|开户|邮箱|微信|住址|家庭|法人|法定代表")
_TOTALS: Final = ("合计", "总计", "小计", "共计")


def read(path: Path) -> tuple[Row, ...]:
    """The rows in the file's order; totals are left out.

    Raises Rejection where anything in the file cannot be published as it stands, OSError where it cannot be opened.
    """
    sheet = _only_table(path)
    top, places = _header(sheet)
    table_must_have_a_header(places, sheet.rows[top])
    column_must_not_be_private(sheet.rows[top])
    column_must_be_known(sheet.rows[top])
    unit = _unit(sheet.rows[top][places["amount"]]) if "amount" in places else ""
    amount_must_have_its_unit(places, unit)
    rows = [_row(number, said, unit) for number, said in _lines(sheet, top, places)]
    table_must_not_be_too_long(len(rows))
    return tuple(rows)


def _only_table(path: Path) -> Sheet:
    try:
        content = cells.bytes_of(path)
        if path.suffix.lower() == ".csv":
            return Sheet(path.name, True, _csv(content))
        sheets = [sheet for sheet in cells.sheets_of(content) if sheet.visible and "name" in _header(sheet)[1]]
    except WorkbookError as bad:
        file_must_be_a_table(path.name, str(bad))
        raise
    file_must_be_a_table(path.name, "" if len(sheets) == 1 else f"应有一张带表头的公示表，现有 {len(sheets)} 张")
    return sheets[0]


def _csv(content: bytes) -> list[list[Cell]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            rows = csv.reader(io.StringIO(content.decode(encoding), newline=""), strict=True)
            return [list[Cell](row) for row in rows] or [[]]
        except (UnicodeDecodeError, csv.Error):
            continue
    raise WorkbookError("CSV 读不出来：请用 Excel 另存为“CSV UTF-8”或 .xlsx")


def _header(sheet: Sheet) -> tuple[int, dict[str, int]]:
    """The row with the most known headings and where each field stands; the first row where there is none."""
    found = [
        (number, {field: place for place, cell in reversed([*enumerate(row)]) if (field := _field(cell))})
        for number, row in enumerate(sheet.rows[:_TITLE_ROWS])
    ]
    return max(found, key=lambda one: len(one[1]), default=(0, {}))


def _field(cell: Cell) -> str:
    return _FIELD_OF.get(cells.key_of(cell)) or _FIELD_OF.get(heading_key(cell)) or ""


def _unit(heading: Cell) -> str:
    return next((unit for unit in ("万元", "元") if unit in cells.text_of(heading)), "")


def _lines(sheet: Sheet, top: int, places: Mapping[str, int]) -> Iterator[tuple[int, dict[str, Cell]]]:
    for number, row in enumerate(sheet.rows[top + 1 :], start=top + 2):
        said = {field: row[place] for field, place in places.items() if place < len(row)}
        filled = [cells.text_of(cell) for cell in row if cells.text_of(cell)]
        if filled and filled[0] not in _TOTALS:
            yield number, said


def _row(number: int, said: Mapping[str, Cell], unit: str) -> Row:
    code = said.get("credit_code", "")
    if code != "":
        credit_code_must_be_text(code)
    amount = cells.text_of(said.get("amount", "")).replace(",", "")
    return Row(
        name=firm_name(said.get("name", "")),
        credit_code=identity.tidy(str(code)),
        county=cells.text_of(said.get("county", "")),
        project=_plain(said.get("project", "")),
        amount=_money(number, amount, unit) if amount not in ("", "-", "—", "/") else None,
        period=_plain(said.get("period", "")),
    )


def _plain(cell: Cell) -> str:
    """What the cell shows on one line; invisible characters taken out."""
    return " ".join("".join(ch for ch in str(cell) if unicodedata.category(ch) != "Cf").split())


def _money(number: int, text: str, unit: str) -> Money:
    amount = None
    try:
        amount = Money.wan(text) if unit == "万元" else Money.yuan(text)
    except ValueError as bad:
        amount_must_be_readable(number, str(bad))
    assert amount is not None
    return amount


@rule
def file_must_be_a_table(name: str, fault: str) -> No | None:
    """A notice comes as one table in a workbook, or as CSV."""
    return No(f"{name}：{fault}") if fault else None


@rule
def table_must_have_a_header(places: Mapping[str, int], row: list[Cell]) -> No | None:
    """The table's columns are headed, the name's among them."""
    return (
        None if "name" in places else No(f"找不到表头：应有“名称”一列；读到的是 {'、'.join(map(str, row)) or '空表'}")
    )


@rule
def column_must_not_be_private(headings: list[Cell]) -> No | None:
    """A column of phones, persons or accounts has no place in what is published, not even an empty one."""
    private = [cells.text_of(cell) for cell in headings if _PRIVATE.search(cells.text_of(cell))]
    return No(f"公示不得含个人信息和账号，请删去这些列：{'、'.join(private)}") if private else None


@rule
def column_must_be_known(headings: list[Cell]) -> No | None:
    """What would silently not be published, or be published twice, is asked about first."""
    fields = [_field(cell) for cell in headings]
    strange = [
        cells.text_of(cell)
        for cell, field in zip(headings, fields, strict=True)
        if not field and cell != "" and cells.key_of(cell) not in NUMBERING
    ]
    twice = [titles[0] for field, titles in _COLUMNS.items() if fields.count(field) > 1]
    if strange:
        known = "、".join(titles[0] for titles in _COLUMNS.values())
        return No(f"公示表只含 {known}；请删去或改名这些列：{'、'.join(strange)}")
    return No(f"这些列出现了不止一次：{'、'.join(twice)}") if twice else None


@rule
def amount_must_have_its_unit(places: Mapping[str, int], unit: str) -> No | None:
    """An amount without a unit may mean ten thousand times as much."""
    return None if unit or "amount" not in places else No("金额列的表头须写明单位：金额（元）或金额（万元）")


@rule
def amount_must_be_readable(row: int, fault: str) -> No | None:
    """Amounts are read to the fen or not at all."""
    return No(f"第 {row} 行金额：{fault}") if fault else None


@rule
def table_must_not_be_too_long(rows: int) -> No | None:
    """A list that nobody can read is no publicity."""
    return None if rows <= MAX_ROWS else No(f"公示表超过 {MAX_ROWS} 行，请分成几个公示")
