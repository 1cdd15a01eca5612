"""A table as a sheet of a workbook: a title, one header row, amounts in 元, every total a formula, fit to print."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from domain.money import FEN_PER_YUAN, Money, total

HEADER: Final = 2
"""The header's row, counted from 0; the lines begin below it."""
_MADE: Final = datetime(2024, 1, 1, tzinfo=UTC)
"""Written as the workbook's date, so that the same content is the same file."""

Cell = str | int | Money


@contextmanager
def workbook(path: Path, title: str) -> Iterator[Any]:
    """A workbook to be filled, the same bytes for the same content. Raises OSError where it cannot be written."""
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        book.set_properties({"title": title, "created": _MADE})
        yield book
    path.write_bytes(content.getvalue())


def sheet(
    book: Any,
    name: str,
    title: str,
    heads: Sequence[str],
    lines: Iterable[Sequence[Cell]],
    *,
    adds_up: bool = True,
    above: Sequence[str] = (),
    below: Sequence[str] = (),
    formulas: Mapping[int, str] | None = None,
) -> Any:
    """Add a sheet. Whatever is text is written as text, whatever it looks like.

    ``above`` stands between title and header, ``below`` under the totals, a line each. ``formulas`` are by column, for
    each line, with ``{row}`` for its number as the spreadsheet counts it; the line's own amount is what it comes to.
    """
    page = book.add_worksheet(name)
    frame = {"border": 1, "valign": "vcenter"}
    text = book.add_format({**frame, "num_format": "@"})
    money = book.add_format({**frame, "num_format": "#,##0.00"})
    head = book.add_format({**frame, "align": "center", "bold": True, "bg_color": "#DDEBF7", "text_wrap": True})
    large = book.add_format({"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"})
    page.merge_range(0, 0, 0, len(heads) - 1, title, large)
    for column, words in enumerate(above):
        page.write_string(1, 3 * column, words)
    page.write_string(1, len(heads) - 1, "单位：元")
    page.write_row(HEADER, 0, heads, head)
    page.set_column(0, len(heads) - 1, 18)
    amounts: dict[int, list[Money]] = {}
    row = HEADER
    for row, line in enumerate(lines, start=HEADER + 1):
        for column, cell in enumerate(line):
            if isinstance(cell, Money):
                amounts.setdefault(column, []).append(cell)
                value = cell.fen / FEN_PER_YUAN
                if column in (formulas or {}):
                    page.write_formula(row, column, (formulas or {})[column].format(row=row + 1), money, value)
                else:
                    page.write_number(row, column, value, money)
            else:
                page.write_string(row, column, str(cell), text)
    if adds_up and amounts:
        row += 1
        page.write_string(row, 0, "合计", head)
        for column, parts in amounts.items():
            letter = xl_col_to_name(column)
            formula = f"=SUM({letter}{HEADER + 2}:{letter}{row})"
            page.write_formula(row, column, formula, money, total(parts).fen / FEN_PER_YUAN)
    for place, words in enumerate(below, start=row + 2):
        page.write_string(place, 0, words)
    page.freeze_panes(HEADER + 1, 1)
    page.set_landscape()
    page.set_paper(9)  # A4
    page.fit_to_pages(1, 0)
    page.repeat_rows(HEADER)
    return page
