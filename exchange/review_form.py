"""How an expert's score workbook looks: who scores in its head, one firm a row, one criterion a column."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

from domain.expert_review.file import ExpertReview
from domain.expert_review.ranking import Candidate, Criterion, Expert

_MADE: Final = datetime(2024, 1, 1, tzinfo=UTC)
"""Written as the workbook's date, so that the same content is the same file."""
_HEADER: Final = 3
"""The header's row, counted from 0; the firms begin below it."""
_ABOUT: Final = ("序号", "企业名称", "统一社会信用代码", "区县", "细分行业")
_GUIDE: Final = (
    "1. 每行一家企业，每项标准填整数分，从 0 分到表头所写的满分；不得填小数，不得填公式。",
    "2. 只列本人尚未评分、也没有回避的企业。须对某家企业回避的，先办回避声明，再删去该行。",
    "3. 每行须填全；暂不评分的企业请删去该行，以后另行生成评分表。",
    "4. 导入时任何一行有误，全部不导入，并逐行说明原因；改正后重新导入即可。",
    "5. 导入后评分表锁定，不能再改。",
    "6. 请勿改动专家编号、批次、轮次和信用代码；合计仅供核对，不导入。",
)


def write(path: Path, city: str, batch: str, review: ExpertReview, expert: Expert, firms: Sequence[Candidate]) -> None:
    """Write the firms for which the expert is still to give a sheet; ``city`` is its name, ``batch`` the batch's code.

    Raises OSError where the file cannot be written.
    """
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        book.set_properties({"title": f"{city}批次{batch}专家评分表", "created": _MADE})
        _sheet(book, f"{city}中小企业数字化转型试点批次 {batch} 专家评分表", batch, review, expert, firms)
        guide = book.add_worksheet("填表说明")
        guide.set_column(0, 0, 100, book.add_format({"text_wrap": True}))
        guide.write_column(0, 0, _GUIDE)
    path.write_bytes(content.getvalue())


def heading(criterion: Criterion) -> str:
    """A criterion as it heads its column, with the most points it gives."""
    return f"{criterion.name}（满分{criterion.full}分）"


def _sheet(book: Any, title: str, batch: str, review: ExpertReview, expert: Expert, firms: Sequence[Candidate]) -> None:
    sheet = book.add_worksheet("评分表")
    frame = {"border": 1, "valign": "vcenter"}
    text, points = book.add_format({**frame, "num_format": "@"}), book.add_format({**frame, "num_format": "0"})
    head = book.add_format({**frame, "align": "center", "bold": True, "bg_color": "#DDEBF7", "text_wrap": True})
    large = book.add_format({"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"})
    headings = [*_ABOUT, *(heading(one) for one in review.criteria), "合计"]
    sheet.merge_range(0, 0, 0, len(headings) - 1, title, large)
    said = ("专家编号", expert.id, "所属单位", expert.organisation)
    for column, word in enumerate(said):
        sheet.write_string(1, column, word, text)
    for column, word in enumerate(("批次", batch, "轮次", str(review.round), "评审文号", review.document)):
        sheet.write_string(2, column, word, text)
    for column, word in enumerate(headings):
        sheet.write_string(_HEADER, column, word, head)
    sheet.set_column(0, 0, 10)
    sheet.set_column(1, 1, 34)
    sheet.set_column(2, 2, 24)
    sheet.set_column(3, len(headings) - 1, 16)
    first = len(_ABOUT)
    for number, one in enumerate(firms, start=1):
        row, firm = _HEADER + number, one.applicant
        sheet.write_number(row, 0, number, points)
        for column, word in enumerate((firm.firm, firm.credit_code, firm.county, firm.industry), start=1):
            sheet.write_string(row, column, word, text)
        for column, criterion in enumerate(review.criteria, start=first):
            sheet.write_blank(row, column, None, points)
            sheet.data_validation(
                *(row, column, row, column),
                {
                    "validate": "integer",
                    "criteria": "between",
                    "minimum": 0,
                    "maximum": criterion.full,
                    "error_title": "评分有误",
                    "error_message": f"应为 0 至 {criterion.full} 的整数",
                },
            )
        last = first + len(review.criteria) - 1
        sheet.write_formula(
            row, last + 1, f"=SUM({xl_rowcol_to_cell(row, first)}:{xl_rowcol_to_cell(row, last)})", points, 0
        )
    sheet.freeze_panes(_HEADER + 1, 3)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(_HEADER)
