"""资金分配方案 as a workbook: one row a firm, what each source bears, the hash and the approvals at its foot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from xlsxwriter.utility import xl_col_to_name

from domain.fund.file import Source
from domain.money import ZERO
from domain.payout_round.plan import PlanLine
from domain.words import SOURCES
from exchange import tables

_HEADS = ("序号", "企业名称", "统一社会信用代码", "区县")


def write(path: Path, title: str, lines: Sequence[PlanLine], foot: Sequence[str]) -> None:
    """Write the plan; a firm's amount is the sum of its sources. Raises OSError where the file cannot be written."""
    sources = [one for one in Source if any(part.source == one for line in lines for part in line.parts)]
    borne = [{part.source: part.amount for part in line.parts} for line in lines]
    first, last = (xl_col_to_name(at) for at in (len(_HEADS), len(_HEADS) + len(sources) - 1))
    with tables.workbook(path, title) as book:
        page = tables.sheet(
            book,
            "资金分配方案",
            title,
            (*_HEADS, *(f"{SOURCES[one]}资金（元）" for one in sources), "合计（元）"),
            (
                (
                    *(str(number), line.firm, line.credit_code, line.county),
                    *(borne[number - 1].get(one.value, ZERO) for one in sources),
                    line.amount,
                )
                for number, line in enumerate(lines, start=1)
            ),
            below=foot,
            formulas={len(_HEADS) + len(sources): f"=SUM({first}{{row}}:{last}{{row}})"},
        )
        page.set_column(0, 0, 6)
        page.set_column(1, 2, 30)
