"""How a roster workbook looks: a merged title, one header row, codes as text, lists to choose from, fit to print."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import xlsxwriter

from domain.policy import Pack
from exchange import words

CONTACTS: Final = ("联系人", "联系电话")
"""Columns that real rosters have and that are never taken."""
_SHEET: Final = "试点企业名册"
_LISTS: Final = "选项"
_HEADER: Final = 2
"""The header's row, counted from 0; the firms begin below it."""
_LAST_ROW: Final = 20_000 + _HEADER
_MADE: Final = datetime(2024, 1, 1, tzinfo=UTC)
"""Written as the workbook's date, so that the same content is the same file."""
_PLACES: Final = {column.field: place for place, column in enumerate(words.COLUMNS, start=1)}
"""Field → column, counted from 0; column 0 holds 序号."""
_GUIDE: Final = (
    "1. 每行填写一家企业，不要插入小计行，不要改动表头。",
    "2. 统一社会信用代码共 18 位，按营业执照填写；本列为文本格式，请勿改为数字。校验位不符的会提示核对，不会退回。",
    "3. 区县、细分行业从下拉列表中选择；列表见“选项”工作表。",
    "4. 企业规模按《中小企业划型标准规定》（工信部联企业〔2011〕300号）填写：大、中、小、微。",
    "5. 规上规下填“规上”或“规下”。优质企业类型填最高一级：小巨人、专精特新、创新型；没有的填“无”。",
    "6. 请勿填写联系人、电话、身份证号、银行账号：这些列不会导入。",
    "7. 导入时任何一行有误，全部不导入，并逐行说明原因；改正后重新导入即可。",
)


def write(path: Path, pack: Pack, lines: Sequence[Mapping[str, str]], contacts: Sequence[tuple[str, str]]) -> None:
    """Write the workbook: the cells of each firm by field, and beside them what stands in the contact columns.

    Without firms it is a form to fill in. Raises OpenQuestion where the pack names no industries or counties, OSError
    where the file cannot be written.
    """
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        book.set_properties({"title": f"{pack.name}试点企业名册", "created": _MADE})
        _roster(book, pack, lines, contacts)
        _guide(book)
        _lists(book, pack)
    path.write_bytes(content.getvalue())


def _roster(book: Any, pack: Pack, lines: Sequence[Mapping[str, str]], contacts: Sequence[tuple[str, str]]) -> None:
    sheet = book.add_worksheet(_SHEET)
    frame = {"border": 1, "valign": "vcenter"}
    text, centred = book.add_format({**frame, "num_format": "@"}), book.add_format({**frame, "align": "center"})
    head = book.add_format({**frame, "align": "center", "bold": True, "bg_color": "#DDEBF7", "text_wrap": True})
    titles = ["序号", *(column.title for column in words.COLUMNS), *(CONTACTS if contacts else ())]
    title = book.add_format({"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"})
    sheet.merge_range(0, 0, 0, len(titles) - 1, f"{pack.name}中小企业数字化转型城市试点企业名册（摸底台账）", title)
    sheet.merge_range(1, 0, 1, 2, f"填报单位：{pack.agency}")
    sheet.merge_range(1, 3, 1, 4, "填报日期：    年  月  日")
    sheet.merge_range(1, 5, 1, len(titles) - 1, "填报人：          单位：家")
    for place, word in enumerate(titles):
        sheet.write_string(_HEADER, place, word, head)
    sheet.set_column(0, 0, 6)
    plain_text = book.add_format({"num_format": "@"})
    for place, column in enumerate(words.COLUMNS, start=1):
        sheet.set_column(place, place, column.width, plain_text)
    sheet.set_column(len(words.COLUMNS) + 1, len(words.COLUMNS) + len(CONTACTS), 16, plain_text)
    row = _HEADER
    for row, line in enumerate(lines, start=_HEADER + 1):
        sheet.write_number(row, 0, row - _HEADER, centred)
        for place, column in enumerate(words.COLUMNS, start=1):
            sheet.write_string(row, place, line[column.field], text)
        for place, said in enumerate(contacts[row - _HEADER - 1], start=len(words.COLUMNS) + 1):
            sheet.write_string(row, place, said, text)
    if lines:
        sheet.write_string(row + 1, 0, "合计", head)
        sheet.write_formula(row + 1, 1, f'=COUNTA(B{_HEADER + 2}:B{row + 1})&"家"', head, f"{len(lines)}家")
    for place, (field, choice) in enumerate(_choices(pack).items()):
        letter, at = "ABCDE"[place], _PLACES[field]
        source = f"='{_LISTS}'!${letter}$2:${letter}${len(choice) + 1}"
        sheet.data_validation(_HEADER + 1, at, _LAST_ROW, at, {"validate": "list", "source": source})
    sheet.freeze_panes(_HEADER + 1, 3)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(_HEADER)


def _guide(book: Any) -> None:
    sheet = book.add_worksheet("填表说明")
    sheet.set_column(0, 0, 100, book.add_format({"text_wrap": True}))
    for row, line in enumerate(_GUIDE):
        sheet.write_string(row, 0, line)


def _lists(book: Any, pack: Pack) -> None:
    sheet = book.add_worksheet(_LISTS)
    sheet.set_column(0, len(words.COLUMNS), 20)
    for place, (field, choice) in enumerate(_choices(pack).items()):
        sheet.write_column(0, place, [words.COLUMNS[_PLACES[field] - 1].title, *choice])


def _choices(pack: Pack) -> dict[str, tuple[str, ...]]:
    named = {"county": pack.list("selection.counties"), "industry": pack.list("selection.industries")}
    return named | {field: choice for field, (_, choice) in words.CHOICES.items()}
