"""A program of its own: a workbook on standard input, its sheets as JSON on standard output.

The library that reads workbooks aborts its whole process on some damaged files, and on a stray cell in the far corner
of a sheet, for which it asks the memory of everything before. So it runs here, with little memory and little time.
Run by ``exchange.cells`` and by nobody else.
"""

from __future__ import annotations

import io
import json
import resource
import sys
from datetime import date, datetime, time, timedelta
from typing import Any

from python_calamine import CalamineSheet, CalamineWorkbook, SheetVisibleEnum

MEMORY_BYTES = 2**30
SECONDS = 60
MAX_CELLS = 2_000_000
"""Of one sheet, from A1 to the last cell with content."""


def grid(sheet: CalamineSheet) -> list[list[Any]]:
    """The sheet's cells from A1 on, merged cells filled downwards."""
    height, width = sheet.total_height, sheet.total_width
    if height * width > MAX_CELLS:
        raise MemoryError
    rows: list[list[Any]] = [list(row) for row in sheet.to_python(skip_empty_area=False)]
    left_over = height * width
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        # Merged ranges never overlap, so together they fit into the sheet; a file that says otherwise is damaged.
        left_over -= max(min(bottom, height - 1) - top + 1, 0) * max(min(right, width - 1) - left + 1, 0)
        if left_over < 0:
            raise ValueError("merged ranges overlap")
        for row in rows[top + 1 : bottom + 1]:
            if left < width and row[left] == "":
                row[left] = rows[top][left]
    return rows


def plain(cell: date | time | timedelta) -> str:
    """A date or time as text; a date without a time of day as 2026-03-01."""
    if isinstance(cell, datetime) and cell.time() == time():
        cell = cell.date()
    return str(cell)


def limit(kind: int, most: int) -> None:
    """Lower one limit of this process, never raise it."""
    _, hard = resource.getrlimit(kind)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (most, most))


def main() -> None:
    """Read, print, end. Any other exit status than 0 means: this workbook cannot be read."""
    limit(resource.RLIMIT_AS, MEMORY_BYTES)
    limit(resource.RLIMIT_CPU, SECONDS)
    limit(resource.RLIMIT_CORE, 0)
    with CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read())) as book:
        sheets = [
            [meta.name, meta.visible == SheetVisibleEnum.Visible, grid(book.get_sheet_by_name(meta.name))]
            for meta in book.sheets_metadata
        ]
    json.dump(sheets, sys.stdout, default=plain)


if __name__ == "__main__":
    main()
