"""名册: the workbook in which a city collects its firms before anything begins (摸底台账).

Contact persons and phones that stand in such workbooks are left where they are: they never enter the record.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from domain import identity
from domain.case.application import firm_must_be_in_a_county_of_the_city, firm_must_be_in_a_pilot_industry
from domain.policy import Pack
from domain.rejections import Rejection
from domain.rules import No, rule
from exchange import cells, invented, roster_form, words
from exchange.cells import Cell, Sheet, WorkbookError

MAX_ROWS: Final = 20_000
_ABOVE_DESIGNATED: Final = {"中": 1.0, "小": 0.8, "微": 0.2}
"""How often an invented firm is 规上, by its scale."""
_IN_A_HURRY: Final = 0.25
_NO_ROSTER: Final = "roster_must_be_a_workbook"
_CODE: Final = "统一社会信用代码"


@dataclass(frozen=True)
class RosterRow:
    """One firm as the roster says it, in the words of the pack."""

    name: str
    credit_code: str
    county: str
    industry: str
    scale: str
    """划型: 大, 中, 小 or 微."""
    above_designated: bool
    """规上 (True) or 规下."""
    quality: str
    """优质企业类型: 无, 创新型, 专精特新 or 小巨人."""


@dataclass(frozen=True)
class RowFault:
    """What is wrong with one cell: a reason to refuse the file or, among the warnings, only to look again."""

    sheet: str
    row: int
    """As the spreadsheet counts it, from 1; 0 where the whole sheet is meant."""
    column: str
    """The column's heading in our own words; empty where the whole row or sheet is meant."""
    reason: str
    """In Chinese."""
    rule: str
    clause: str = ""


@dataclass(frozen=True)
class Roster:
    """A roster without fault."""

    rows: tuple[RosterRow, ...]
    ignored_columns: tuple[str, ...]
    """Headings of columns that were not taken, contact persons and phones among them."""
    warnings: tuple[RowFault, ...]
    file_hash: str
    """SHA-256 of the file, in hex."""
    places: tuple[tuple[str, int], ...] = field(default=(), compare=False)
    """Sheet and row of each firm, for whoever has to mend it."""


class RosterRefused(Rejection):
    """The whole file is refused; nothing of it was taken."""

    def __init__(self, rule: str, sentence: str, rows: tuple[RowFault, ...] = ()) -> None:
        super().__init__(rule, sentence)
        self.rows = rows
        """Every fault of every row, in the order of the file; empty where the file is no roster at all."""


def read(path: Path, pack: Pack) -> Roster:
    """The firms of an .xlsx or .xls, whole or not at all.

    Raises RosterRefused with every fault found, OpenQuestion where the pack names no industries or counties, OSError
    where the file cannot be opened.
    """
    try:
        content = cells.bytes_of(path)
        sheets = cells.sheets_of(content)
    except WorkbookError as bad:
        raise RosterRefused(_NO_ROSTER, f"{path.name}：{bad}") from bad
    reading = _Reading(pack)
    for sheet in sheets:
        reading.sheet(sheet)
    return reading.outcome(path.name, hashlib.sha256(content).hexdigest())


def template(path: Path, pack: Pack) -> None:
    """An empty roster for clerks to fill in, with the city's counties and industries to choose from.

    Raises OpenQuestion where the pack names no industries or counties, OSError where the file cannot be written.
    """
    roster_form.write(path, pack, [], [])


def sample(path: Path, pack: Pack, firms: int, seed: int) -> tuple[RosterRow, ...]:
    """A roster of invented firms, the same file for the same seed, some cells typed in a hurry; returns what it says.

    Raises as ``template`` does, and ValueError for a number of firms that no roster can hold.
    """
    if not 0 < firms <= MAX_ROWS:
        raise ValueError(f"a roster holds 1 to {MAX_ROWS} firms, not {firms}")
    rng = Random(seed)
    names, codes = invented.names(pack, firms, rng), invented.credit_codes(pack, firms, rng)
    counties, industries = pack.list("selection.counties"), pack.list("selection.industries")
    rows = []
    for name, code in zip(names, codes, strict=True):
        scale = invented.weighted(rng, {"中": 25, "小": 60, "微": 15})
        above = rng.random() < _ABOVE_DESIGNATED[scale]
        quality = invented.weighted(rng, {"无": 45, "创新型": 20, "专精特新": 28, "小巨人": 7})
        rows.append(RosterRow(name, code, rng.choice(counties), rng.choice(industries), scale, above, quality))
    lines = [asdict(row) | {"above_designated": "规上" if row.above_designated else "规下"} for row in rows]
    for line in lines:
        if rng.random() < _IN_A_HURRY:
            for field in ("credit_code", rng.choice(list(line))):
                line[field] = invented.sloppy(rng, field, line[field])
    roster_form.write(path, pack, lines, [(f"虚拟联系人{n}", f"000-{n:08d}") for n in range(1, firms + 1)])
    return tuple(rows)


class _Reading:
    """What has been found while going through the sheets."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        self._counties = words.places(pack.list("selection.counties"), pack.name)
        self._industries = words.industries(pack.list("selection.industries"))
        self._rows: list[RosterRow] = []
        self._places: list[tuple[str, int]] = []
        self._faults: list[RowFault] = []
        self._warnings: list[RowFault] = []
        self._ignored: dict[str, None] = {}
        self._seen: dict[str, str] = {}
        self._firms = 0

    def outcome(self, file: str, file_hash: str) -> Roster:
        """The roster, if nothing was wrong."""
        if self._faults:
            where = len({(fault.sheet, fault.row) for fault in self._faults})
            no_roster = any(fault.rule == _NO_ROSTER for fault in self._faults)
            raise RosterRefused(
                _NO_ROSTER if no_roster else "roster_must_be_without_fault",
                f"{file}：{where} 行有 {len(self._faults)} 处错误，一行也没有导入；请逐处改正后重新导入",
                tuple(self._faults),
            )
        if not self._rows:
            raise RosterRefused(
                _NO_ROSTER,
                f"{file}：没有找到企业。工作表应有一行表头（企业名称、统一社会信用代码等），其下每行一家企业",
            )
        return Roster(tuple(self._rows), tuple(self._ignored), tuple(self._warnings), file_hash, tuple(self._places))

    def sheet(self, sheet: Sheet) -> None:
        """Take every firm of one sheet; sheets of explanations and lists are passed over."""
        header = words.header_of(sheet)
        if header is None:
            self._sheet_without_header(sheet)
            return
        if not sheet.visible:
            self._warn(sheet, 0, "", "隐藏的工作表没有读取", "roster_sheet_must_be_visible")
            return
        top, places = header
        sheet_county = words.match(self._counties, sheet.name, words.county_key)
        if sheet_county not in self._pack.list("selection.counties"):
            sheet_county = ""
        missing = [
            c.title for c in words.COLUMNS if c.field not in places and not (c.field == "county" and sheet_county)
        ]
        if missing:
            reason = f"表头缺少列：{'、'.join(missing)}"
            self._faults.append(RowFault(sheet.name, top + 1, "", reason, _NO_ROSTER))
            return
        taken = set(places.values())
        for place, cell in enumerate(sheet.rows[top]):
            if place not in taken and cell != "" and cells.key_of(cell) not in words.NUMBERING:
                self._ignored[cells.text_of(cell)] = None
        for number, row in enumerate(sheet.rows[top + 1 :], start=top + 2):
            said = {field: row[place] for field, place in places.items()}
            if not words.is_firm(row, said):
                continue
            self._firms += 1
            if self._firms > MAX_ROWS:
                raise RosterRefused(_NO_ROSTER, f"名册超过 {MAX_ROWS} 行，请分成几个文件导入")
            self._row(sheet, number, {"county": sheet_county, **said})

    def _sheet_without_header(self, sheet: Sheet) -> None:
        for number, row in enumerate(sheet.rows, start=1):
            if any(identity.fault(identity.tidy(str(cell))) is None for cell in row):
                reason = "有信用代码，但上方没有表头（企业名称、统一社会信用代码等）"
                self._faults.append(RowFault(sheet.name, number, "", reason, _NO_ROSTER))
                return

    def _row(self, sheet: Sheet, number: int, said: dict[str, Cell]) -> None:
        taken: dict[str, str] = {}
        for column in words.COLUMNS:
            try:
                taken[column.field] = self._take(column.field, said[column.field])
            except Rejection as no:
                refusal = no.refusal
                fault = RowFault(sheet.name, number, column.title, refusal.sentence, refusal.rule, refusal.clause)
                self._faults.append(fault)
        code = taken.get("credit_code")
        if code:
            here = f"工作表“{sheet.name}”第 {number} 行"
            if self._seen.setdefault(code, here) != here:
                reason = f"{code} 与{self._seen[code]}重复"
                fault = RowFault(sheet.name, number, _CODE, reason, "firm_must_stand_once_in_a_roster")
                self._faults.append(fault)
            if doubt := identity.check_digit_warning(code):
                self._warn(sheet, number, _CODE, doubt, "credit_code_should_pass_its_check")
        if len(taken) == len(words.COLUMNS):
            above = taken.pop("above_designated") == "规上"
            self._rows.append(RosterRow(above_designated=above, **taken))
            self._places.append((sheet.name, number))

    def _warn(self, sheet: Sheet, row: int, column: str, reason: str, rule: str) -> None:
        self._warnings.append(RowFault(sheet.name, row, column, reason, rule))

    def _take(self, field: str, cell: Cell) -> str:
        """The cell in the pack's words; raises Rejection where it means nothing to the programme."""
        match field:
            case "name":
                word = words.firm_name(cell)
                firm_must_have_a_name(word)
            case "credit_code":
                credit_code_must_be_text(cell)
                word = identity.tidy(str(cell))
                identity.credit_code_must_be_well_formed(word)
            case "county":
                word = words.match(self._counties, cell, words.county_key)
                firm_must_be_in_a_county_of_the_city(word, self._pack)
            case "industry":
                word = words.match(self._industries, cell, words.industry_key)
                firm_must_be_in_a_pilot_industry(word, self._pack)
            case _:
                meant, choice = words.CHOICES[field]
                word = meant(cell) or ""
                roster_word_must_be_known(word, cells.text_of(cell), choice)
        return word


@rule
def firm_must_have_a_name(name: str) -> No | None:
    """A firm stands on the roster by its name."""
    return None if name else No("企业名称是空的")


@rule
def credit_code_must_be_text(cell: Cell) -> No | None:
    """A spreadsheet keeps fifteen digits of a number; the rest of a code stored as one is gone."""
    if isinstance(cell, str):
        return None
    return No(f"信用代码被存成了数字（{cell:.0f}），末几位已丢失；请把单元格设为文本后重新填写")


@rule
def roster_word_must_be_known(word: str, written: str, choice: tuple[str, ...]) -> No | None:
    """Scale, statistics and quality are said in the programme's own words."""
    if word:
        return None
    said = f"“{written}”认不出" if written else "是空的"
    return No(f"{said}，应为{'、'.join(choice)}之一")
