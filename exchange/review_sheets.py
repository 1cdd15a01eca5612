"""专家评分表: the workbook that an expert has filled in, read whole; what is wrong with it is told row by row.

Whether the points fit their criteria, and whether this expert may score these firms at all, is the rules' question and
not asked here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from domain import identity
from domain.expert_review.file import ExpertReview
from domain.expert_review.ranking import Criterion, Points
from domain.expert_review.rules import firm_must_be_under_review
from domain.expert_review.scoring import Sheet as Scores
from domain.identity import same
from domain.places import Applicant
from domain.rejections import Rejection
from domain.rules import No, rule
from exchange import cells, words
from exchange.cells import Cell, Sheet, WorkbookError
from exchange.roster import RosterRefused, RowFault, credit_code_must_be_text

_UNREADABLE: Final = "score_sheet_must_be_readable"
_TITLE_ROWS: Final = 30
_FULL: Final = re.compile(r"\(满分\d+分?\)$")
_TOTALS: Final = ("合计", "总计", "小计")
_NOBODY: Final = UUID(int=0)
"""No firm's case has this id."""


@dataclass(frozen=True)
class FilledRow:
    """One firm's sheet, and where it stands."""

    number: int
    """As the spreadsheet counts it, from 1."""
    scores: Scores


@dataclass(frozen=True)
class FilledSheet:
    """What an expert has filled in."""

    name: str
    """Of the worksheet."""
    rows: tuple[FilledRow, ...]
    """Those that can be read."""
    faults: tuple[RowFault, ...]
    """Of those that cannot; with any of them nothing may be taken."""
    ignored_columns: tuple[str, ...]
    file_hash: str
    """SHA-256 of the file, in hex."""


def read(path: Path, review: ExpertReview, expert: str, batch: str) -> FilledSheet:
    """The workbook of this expert for the review's round; ``batch`` is the batch's code.

    Raises RosterRefused where it is no such workbook, Rejection where it is another expert's, another batch's or
    another round's, OSError where it cannot be opened.
    """
    try:
        content = cells.bytes_of(path)
        tables = [(sheet, top) for sheet in cells.sheets_of(content, formulas=True) if (top := _header(sheet, review))]
    except WorkbookError as bad:
        raise RosterRefused(_UNREADABLE, f"{path.name}：{bad}") from bad
    tables = [(sheet, top) for sheet, top in tables if sheet.visible]
    if len(tables) != 1:
        reason = f"应有一张评分表，其表头含“统一社会信用代码”和评分标准；现有 {len(tables)} 张"
        raise RosterRefused(_UNREADABLE, f"{path.name}：{reason}")
    sheet, top = tables[0]
    said = {name: _said(sheet.rows[:top], name) for name in ("专家编号", "批次", "轮次")}
    sheet_must_be_the_experts_own(said["专家编号"], expert)
    sheet_must_be_of_this_round((said["批次"], said["轮次"]), (cells.text_of(batch), str(review.round)))
    reading = _Reading(sheet, top, review)
    if not reading.rows and not reading.faults:
        raise RosterRefused(_UNREADABLE, f"{path.name}：评分表里没有企业")
    return FilledSheet(
        *(sheet.name, tuple(reading.rows), tuple(reading.faults), tuple(reading.ignored)),
        file_hash=hashlib.sha256(content).hexdigest(),
    )


class _Reading:
    """What has been found while going down the sheet."""

    def __init__(self, sheet: Sheet, top: int, review: ExpertReview) -> None:
        self._sheet, self._review = sheet, review
        self._formulas = {(row, column) for row, column in sheet.formulas}
        self._firms = {one.applicant.credit_code: one.applicant for one in review.candidates}
        self._seen: dict[str, int] = {}
        self.rows: list[FilledRow] = []
        self.faults: list[RowFault] = []
        header = sheet.rows[top]
        self._about = words.headings(header)
        self._columns = _criteria(header, review)
        known = {*self._columns, *self._about.values()}
        self.ignored = [
            cells.text_of(cell)
            for column, cell in enumerate(header)
            if cell != "" and column not in known and cells.key_of(cell) not in {*words.NUMBERING, *_TOTALS}
        ]
        for one in review.criteria:
            try:
                criterion_must_have_one_column(one, list(self._columns.values()).count(one))
            except Rejection as no:
                self._fault(top + 1, one.name, no)
        for number, row in enumerate(sheet.rows[top + 1 :], start=top + 2):
            self._row(number, row)

    def _row(self, number: int, row: list[Cell]) -> None:
        asked = [self._about["credit_code"], *self._columns]
        filled = [cells.text_of(cell) for cell in row if cells.text_of(cell)]
        if not any(cells.text_of(row[column]) for column in asked) or filled[0] in _TOTALS:
            return
        before = len(self.faults)
        firm = self._firm(number, row)
        points: list[Points] = []
        for column, criterion in self._columns.items():
            try:
                score_must_be_typed((number - 1, column) in self._formulas)
                points.append(Points(criterion.name, _points(row[column])))
            except Rejection as no:
                self._fault(number, criterion.name, no)
        if firm is not None and len(self.faults) == before:
            self.rows.append(FilledRow(number, Scores(firm.case, tuple(points))))

    def _firm(self, number: int, row: list[Cell]) -> Applicant | None:
        cell = row[self._about["credit_code"]]
        try:
            credit_code_must_be_text(cell)
            code = identity.tidy(str(cell))
            firm = self._firms.get(code)
            firm_must_be_under_review(self._review, firm.case if firm else _NOBODY)
            assert firm is not None
            if "name" in self._about:
                name_must_be_the_firms(words.firm_name(row[self._about["name"]]), firm)
            firm_must_stand_once_in_a_score_sheet(self._seen.get(code, 0))
        except Rejection as no:
            self._fault(number, "统一社会信用代码", no)
            return None
        self._seen[code] = number
        return firm

    def _fault(self, number: int, column: str, no: Rejection) -> None:
        refusal = no.refusal
        self.faults.append(RowFault(self._sheet.name, number, column, refusal.sentence, refusal.rule, refusal.clause))


def _header(sheet: Sheet, review: ExpertReview) -> int:
    """The row that heads the table, counted from 0; 0 where there is none, for above it stands whose table it is."""
    for number, row in enumerate(sheet.rows[:_TITLE_ROWS]):
        if number and "credit_code" in words.headings(row) and _criteria(row, review):
            return number
    return 0


def _criteria(header: list[Cell], review: ExpertReview) -> Mapping[int, Criterion]:
    """Column → criterion, by its name with or without its full marks."""
    named = {same(one.name): one for one in review.criteria}
    found = {
        column: named.get(same(text)) or named.get(same(_FULL.sub("", text)))
        for column, text in enumerate(map(cells.text_of, header))
    }
    return {column: criterion for column, criterion in found.items() if criterion is not None}


def _said(rows: list[list[Cell]], name: str) -> str:
    """What stands right of a word above the table; empty where the word does not stand there."""
    for row in rows:
        for place, cell in enumerate(row[:-1]):
            if cells.key_of(cell) == name:
                return cells.text_of(row[place + 1])
    return ""


def _points(cell: Cell) -> int:
    """Raises Rejection for anything but a whole number."""
    text = cells.text_of(cell)
    score_must_be_given(text)
    number = None if isinstance(cell, bool) or not re.fullmatch(r"-?[0-9]{1,9}", text) else int(text)
    score_must_be_a_whole_number(number, text)
    assert number is not None
    return number


@rule
def sheet_must_be_the_experts_own(named: str, expert: str) -> No | None:
    """An expert hands in the own workbook."""
    return None if named == expert else No(f"评分表的专家编号是“{named}”，不是办理人“{expert}”")


@rule
def sheet_must_be_of_this_round(named: tuple[str, str], meant: tuple[str, str]) -> No | None:
    """A workbook of another batch, or of a round that was called off, scores nobody here."""
    if named == meant:
        return None
    return No(f"评分表属于批次“{named[0]}”第“{named[1]}”轮，现在是批次 {meant[0]} 第 {meant[1]} 轮")


@rule
def criterion_must_have_one_column(criterion: Criterion, columns: int) -> No | None:
    """No criterion is left out of a sheet, and none stands in it twice."""
    if columns == 1:
        return None
    return No(f"表头缺少“{criterion.name}”一列" if not columns else f"表头有 {columns} 列“{criterion.name}”")


@rule
def score_must_be_typed(is_formula: bool) -> No | None:
    """What a formula shows depends on who opens the file; a score is what the expert wrote."""
    return No("评分须直接填写，不能是公式") if is_formula else None


@rule
def score_must_be_given(text: str) -> No | None:
    """A firm is scored by every criterion, or taken out of the sheet."""
    return None if text else No("没有填写评分；暂不评分的企业请删去该行")


@rule
def score_must_be_a_whole_number(number: int | None, text: str) -> No | None:
    """Points are whole."""
    return No(f"评分须为整数，不得有小数或文字；现为“{text}”") if number is None else None


@rule
def name_must_be_the_firms(name: str, firm: Applicant) -> No | None:
    """Rows sorted in part give one firm's points to another; the name beside the code tells."""
    if not name or same(name) == same(firm.firm):
        return None
    return No(f"企业名称“{name}”与信用代码不符，该代码是 {firm.firm}")


@rule
def firm_must_stand_once_in_a_score_sheet(before: int) -> No | None:
    """Of two rows for one firm nobody could say which counts."""
    return No(f"与第 {before} 行是同一企业") if before else None
