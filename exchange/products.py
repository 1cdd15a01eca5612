"""产品目录: the workbook in which a city collects its 小快轻准 products; whole, or refused row by row."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from domain.catalogue import (
    Product,
    product_must_be_described,
    product_must_be_valid_for_a_time,
    product_must_have_its_prices,
    product_must_suit_a_pilot_industry,
)
from domain.money import Money
from domain.policy import SPEND_KINDS, Pack
from domain.rejections import OpenQuestion, Rejection
from domain.rules import No, rule
from exchange import cells, words
from exchange.cells import Cell, Sheet, WorkbookError
from exchange.roster import RosterRefused, RowFault

MAX_ROWS: Final = 5_000
_NO_LIST: Final = "product_list_must_be_a_workbook"
_TITLES: Final = {
    "code": ("产品编号", "编号", "产品编码", "方案编号"),
    "name": ("产品名称", "名称", "方案名称", "产品或解决方案名称"),
    "kind": ("支出类别", "类别", "产品类别", "产品类型"),
    "price": ("报价", "产品报价", "单价", "价格"),
    "reference": ("参考价", "参考价格", "指导价"),
    "unit": ("计价单位", "单位"),
    "industry": ("适用行业", "行业", "细分行业"),
    "valid_from": ("有效期起", "生效日期", "起始日期"),
    "valid_to": ("有效期止", "失效日期", "截止日期"),
}
"""Field → how its column is headed, our own word first."""
_OPTIONAL: Final = ("industry",)
_HEADINGS: Final = {cells.key_of(title): field for field, titles in _TITLES.items() for title in titles}
_KINDS: Final = {
    **{cells.key_of(word): kind for kind, name in SPEND_KINDS.items() for word in (kind, name)},
    "采集设备": "acquisition",
    "数据采集传输设备": "acquisition",
    "云": "cloud",
}
_TOTALS: Final = frozenset({"合计", "总计", "小计"})
_TITLE_ROWS: Final = 30
_DAY: Final = re.compile(r"(\d{4})[-./年](\d{1,2})[-./月](\d{1,2})日?")
_AMOUNT: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(万?)元?")


@dataclass(frozen=True)
class ProductList:
    """A list without fault."""

    products: tuple[Product, ...]
    file_hash: str
    """SHA-256 of the file, in hex."""


class ProductsRefused(RosterRefused):
    """The whole list is refused; nothing of it was taken."""


@rule
def product_cell_must_be_readable(meant: object, title: str, cell: Cell, wanted: str) -> No | None:
    """A price is an amount, a day a day, a kind one of the known kinds; ``meant`` is None where it is not."""
    return No(f"{title}应为{wanted}；现为“{cells.text_of(cell)}”") if meant is None else None


@rule
def product_must_stand_once_in_a_list(code: str, before: str) -> No | None:
    """Of two rows of one code nobody could say which counts."""
    return No(f"产品编号 {code} 与{before}重复") if before else None


def read(path: Path, pack: Pack) -> ProductList:
    """The products of an .xlsx or .xls, whole or not at all.

    Raises ProductsRefused with every fault found, OpenQuestion where a product names an industry and the pack none,
    OSError where the file cannot be opened.
    """
    try:
        content = cells.bytes_of(path)
        sheets = cells.sheets_of(content)
    except WorkbookError as bad:
        raise ProductsRefused(_NO_LIST, f"{path.name}：{bad}") from bad
    reading = _Reading(pack)
    for sheet in sheets:
        if sheet.visible:
            reading.sheet(sheet)
    if reading.faults:
        rows = len({(fault.sheet, fault.row) for fault in reading.faults})
        raise ProductsRefused(
            "product_list_must_be_without_fault",
            f"{path.name}：{rows} 行有 {len(reading.faults)} 处错误，一行也没有导入；请逐处改正后重新导入",
            tuple(reading.faults),
        )
    if not reading.products:
        raise ProductsRefused(
            _NO_LIST, f"{path.name}：没有找到产品。应有一行表头（{'、'.join(t[0] for t in _TITLES.values())}）"
        )
    return ProductList(tuple(reading.products), hashlib.sha256(content).hexdigest())


class _Reading:
    """What has been found while going through the sheets."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        self._seen: dict[str, str] = {}
        self.products: list[Product] = []
        self.faults: list[RowFault] = []

    def sheet(self, sheet: Sheet) -> None:
        """Take every product of one sheet; sheets without such a table are passed over."""
        header = _header_of(sheet)
        if header is None:
            return
        top, places = header
        missing = [titles[0] for field, titles in _TITLES.items() if field not in (*places, *_OPTIONAL)]
        if missing:
            self.faults.append(RowFault(sheet.name, top + 1, "", f"表头缺少列：{'、'.join(missing)}", _NO_LIST))
            return
        in_wan = {field for field, place in places.items() if "万元" in cells.text_of(sheet.rows[top][place])}
        for number, row in enumerate(sheet.rows[top + 1 :], start=top + 2):
            said = {field: row[place] if place < len(row) else "" for field, place in places.items()}
            if not cells.text_of(said["code"]) and not cells.text_of(said["name"]):
                continue
            if any(cells.key_of(cell) in _TOTALS for cell in row):
                continue
            if len(self.products) + len(self.faults) >= MAX_ROWS:
                raise ProductsRefused(_NO_LIST, f"产品超过 {MAX_ROWS} 行，请分成几个文件导入")
            self._row(sheet, number, said, in_wan)

    def _row(self, sheet: Sheet, number: int, said: dict[str, Cell], in_wan: set[str]) -> None:
        taken: dict[str, Any] = {"industry": ""}
        before = len(self.faults)
        for field, cell in said.items():
            try:
                taken[field] = self._take(field, cell, wan=field in in_wan)
            except OpenQuestion:
                raise  # the city's to answer, not the row's to mend
            except Rejection as no:
                self._fault(sheet, number, _TITLES[field][0], no)
        if len(self.faults) > before:
            return
        product = Product(**taken)
        try:
            for check in (product_must_be_described, product_must_have_its_prices, product_must_be_valid_for_a_time):
                check(product)
            product_must_stand_once_in_a_list(product.code, self._seen.get(product.code, ""))
        except Rejection as no:
            self._fault(sheet, number, "", no)
            return
        self._seen[product.code] = f"工作表“{sheet.name}”第 {number} 行"
        self.products.append(product)

    def _fault(self, sheet: Sheet, number: int, column: str, no: Rejection) -> None:
        refusal = no.refusal
        self.faults.append(RowFault(sheet.name, number, column, refusal.sentence, refusal.rule, refusal.clause))

    def _take(self, field: str, cell: Cell, *, wan: bool) -> Any:
        """The cell in our words; raises Rejection where it means nothing."""
        title, text = _TITLES[field][0], cells.text_of(cell)
        match field:
            case "price" | "reference":
                money = _money(cell, wan=wan)
                product_cell_must_be_readable(money, title, cell, "金额，如 12000.00 或 1.2万元")
                return money
            case "valid_from" | "valid_to":
                day = _day(text)
                product_cell_must_be_readable(day, title, cell, "日期，如 2026-03-01")
                return day
            case "kind":
                kind = _KINDS.get(cells.key_of(cell))
                product_cell_must_be_readable(kind, title, cell, "、".join(SPEND_KINDS.values()))
                return kind
            case "industry":
                if not text:
                    return ""
                known = words.industries(self._pack.list("selection.industries"))
                industry = words.match(known, cell, words.industry_key)
                product_must_suit_a_pilot_industry(industry, self._pack)
                return industry
        return text


def _header_of(sheet: Sheet) -> tuple[int, dict[str, int]] | None:
    """The row that heads the table, counted from 0, and where each field stands; None if there is no such row."""
    best: tuple[int, dict[str, int]] | None = None
    for number, row in enumerate(sheet.rows[:_TITLE_ROWS]):
        found: dict[str, int] = {}
        for place, cell in enumerate(row):
            field = _HEADINGS.get(cells.key_of(cell)) or _HEADINGS.get(words.heading_key(cell))
            if field:
                found.setdefault(field, place)
        if {"code", "name"} <= found.keys() and (best is None or len(found) > len(best[1])):
            best = number, found
    return best


def _money(cell: Cell, *, wan: bool) -> Money | None:
    found = _AMOUNT.fullmatch(cells.text_of(cell).replace(",", ""))
    if found is None or isinstance(cell, bool):
        return None
    try:
        return Money.wan(found[1]) if wan or found[2] else Money.yuan(found[1])
    except ValueError:
        return None


def _day(text: str) -> date | None:
    found = _DAY.fullmatch(text)
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None
