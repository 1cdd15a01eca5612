"""What a county does with an instruction file: opens it, fills its columns, and sends it back."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import xlsxwriter

from exchange import cells
from exchange.cells import Cell

Filled = Mapping[str, Sequence[Cell]]
"""Instruction → date, amount, reason, as typed."""


def grid(path: Path) -> list[list[Cell]]:
    """The file's cells as they stand."""
    content = path.read_bytes()
    (sheet, *_) = cells.csv_of(content) if path.suffix == ".csv" else cells.sheets_of(content)
    return sheet.rows


def write(path: Path, rows: Sequence[Sequence[Cell]]) -> Path:
    """A file with these cells; in a workbook what begins with = is a formula."""
    if path.suffix == ".csv":
        text = io.StringIO(newline="")
        csv.writer(text).writerows(rows)
        path.write_bytes(text.getvalue().encode("gb18030"))
        return path
    with xlsxwriter.Workbook(str(path)) as book:
        page = book.add_worksheet()
        for row, line in enumerate(rows):
            page.write_row(row, 0, line)
    return path


def fill(exported: Path, back: Path, filled: Filled) -> Path:
    """The exported file with the county's three columns filled in."""
    rows = grid(exported)
    for row in rows:
        said = filled.get(str(row[0]).strip())
        if said is not None:
            row[8 : 8 + len(said)] = said
    return write(back, rows)
