"""The words of a roster: how its columns are headed, and which of our words people mean by theirs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from exchange.cells import Cell, Sheet, key_of, text_of


@dataclass(frozen=True)
class Column:
    """One column of the roster that is taken."""

    field: str
    title: str
    """How our own workbooks head it."""
    synonyms: tuple[str, ...]
    """How others head it; where a sheet has several of them, the first counts."""
    width: int


COLUMNS: Final = (
    Column("name", "企业名称", ("单位名称", "公司名称", "企业全称", "企业名"), 34),
    Column("credit_code", "统一社会信用代码", ("社会信用代码", "信用代码", "统一信用代码", "统一代码"), 24),
    Column("county", "区县", ("所属区县", "县区", "所在区县", "所属县区", "区市县", "县市区", "所属地区"), 16),
    Column("industry", "细分行业", ("试点细分行业", "所属细分行业", "试点行业", "所属行业", "行业"), 28),
    Column("scale", "企业规模", ("规模", "划型", "企业划型", "规模类型"), 10),
    Column("above_designated", "规上规下", ("统计口径", "规上或规下", "是否规上", "是否规上企业", "规上"), 10),
    Column("quality", "优质企业类型", ("优质中小企业类型", "优质中小企业", "优质企业", "企业资质", "企业类型"), 14),
)
NUMBERING: Final = frozenset({"序号", "编号", "no"})
"""Columns that say nothing about a firm: neither taken nor reported as left out."""

SCALES: Final = ("大", "中", "小", "微")
DESIGNATED: Final = ("规上", "规下")
QUALITIES: Final = ("无", "创新型", "专精特新", "小巨人")
"""From the least to the most; a cell that names several means the last of them."""

_ABOVE: Final[Mapping[str, str]] = {
    "规上": "规上", "规模以上": "规上", "是": "规上", "true": "规上",
    "规下": "规下", "规模以下": "规下", "否": "规下", "false": "规下",
}  # fmt: skip
_HEADINGS: Final = {
    key_of(word): (column, rank) for column in COLUMNS for rank, word in enumerate((column.title, *column.synonyms))
}
_QUALITY_WORDS: Final[Mapping[str, str]] = {
    **{word: word for word in QUALITIES},
    **dict.fromkeys(("", "否", "非", "没有"), "无"),
    "创新": "创新型",
    "专精特新小巨人": "小巨人",
}
_TITLE_ROWS: Final = 30
"""Nobody puts the header further down."""
_SHORTER_THAN_ANY_CODE: Final = 8
_TOTALS: Final = frozenset({"合计", "总计", "小计", "共计", "总数"})
_FOOT: Final = re.compile(
    r"(注|备注|说明|填[报表]|审[核批]|制表|报送|单位负责|负责人|联系|盖章|日期)[^:]{0,12}:|(注|说明)\d"
)


def headings(row: list[Cell]) -> dict[str, int]:
    """Field → column number, for every heading in the row that is known."""
    found: dict[str, tuple[int, int]] = {}
    for place, cell in enumerate(row):
        known = _HEADINGS.get(key_of(cell)) or _HEADINGS.get(heading_key(cell))
        if known and (known[0].field not in found or known[1] < found[known[0].field][0]):
            found[known[0].field] = known[1], place
    return {field: place for field, (_, place) in found.items()}


def heading_key(cell: Cell) -> str:
    """A heading without its remarks: ``*企业规模(大/中/小/微)`` is 企业规模."""
    return key_of(re.sub(r"\(.*?\)|^\d+[.、]", "", text_of(cell)))


def header_of(sheet: Sheet) -> tuple[int, dict[str, int]] | None:
    """The row that heads the table, counted from 0, and where each field stands; None if there is no such row."""
    best: tuple[int, dict[str, int]] | None = None
    for number, row in enumerate(sheet.rows[:_TITLE_ROWS]):
        found = headings(row)
        if _heads(found) and (best is None or len(found) > len(best[1])):
            best = number, found
    return best


def is_firm(row: list[Cell], said: dict[str, Cell]) -> bool:
    """Whether a row below the header means a firm: not blank, no total, no footnote, no header printed again."""
    # A county alone says nothing: it is often one merged cell beside more lines than are filled.
    filled = any(text_of(cell) for field, cell in said.items() if field != "county")
    if not filled or _heads(headings(row)):
        return False
    if len(text_of(said.get("credit_code", ""))) > _SHORTER_THAN_ANY_CODE:
        return True
    total = any(heading_key(cell) in _TOTALS for cell in row)
    first = next(text_of(cell) for cell in row if text_of(cell))
    return not (total or _FOOT.match(first))


def firm_name(cell: Cell) -> str:
    """A firm's name as registered: no spaces, brackets in full width."""
    return text_of(cell).replace("(", "\uff08").replace(")", "\uff09")


def scale(cell: Cell) -> str | None:
    """大, 中, 小 or 微; None for another word."""
    word = re.sub(r"企业$", "", key_of(cell)).removesuffix("型")
    return word if word in SCALES else None


def designated(cell: Cell) -> str | None:
    """规上 or 规下; None for another word."""
    return _ABOVE.get(re.sub(r"(工业)?企业$", "", key_of(cell)))


def quality(cell: Cell) -> str | None:
    """无, 创新型, 专精特新 or 小巨人: the highest that the cell names; None if it names something else."""
    found = {_quality(word) for word in re.split(r"[、,;/+和及]", text_of(cell))}
    return None if None in found else max((word for word in found if word), key=QUALITIES.index)


CHOICES: Final[Mapping[str, tuple[Callable[[Cell], str | None], tuple[str, ...]]]] = {
    "scale": (scale, SCALES),
    "above_designated": (designated, DESIGNATED),
    "quality": (quality, QUALITIES),
}
"""Field → how a cell is read, and the words it may mean."""


def places(counties: Iterable[str], city: str) -> dict[str, str]:
    """County by every way of writing it: with or without the city before it and 区, 县, 市 behind it."""
    known = _ways(counties, county_key)
    before = (key_of(city), key_of(city).removesuffix("市"))
    return {head + key: word for head in before for key, word in known.items()} | known


def county_key(key: str) -> str:
    """A county's name without its kind; of two characters (沙县) both are the name."""
    return re.sub(r"[区县市]$", "", key) if len(key) > 2 else key


def industries(names: Iterable[str]) -> dict[str, str]:
    """Industry by every way of writing it: punctuation and a closing 制造, 行业 or 产业 do not matter."""
    return _ways(names, industry_key)


def industry_key(key: str) -> str:
    """What two ways of writing one industry have in common."""
    return re.sub(r"(制造|行业|产业|制造业)$", "", key)


def match(known: Mapping[str, str], cell: Cell, shorten: Callable[[str], str]) -> str:
    """Our word for what the cell says; what it says where it is none of ours."""
    key = key_of(cell)
    return known.get(key) or known.get(shorten(key)) or text_of(cell)


def _ways(ours: Iterable[str], shorten: Callable[[str], str]) -> dict[str, str]:
    exact = {key_of(word): word for word in ours}
    short = Counter(shorten(key) for key in exact)
    return {shorten(key): word for key, word in exact.items() if short[shorten(key)] == 1} | exact


def _heads(found: dict[str, int]) -> bool:
    return len(found) > 1 and ("name" in found or "credit_code" in found)


def _quality(word: str) -> str | None:
    key = re.sub(r"^(国家|省|市)级?|(中小)?企业$", "", key_of(word))
    return _QUALITY_WORDS.get(key)
