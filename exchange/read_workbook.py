"""A program of its own: a workbook on standard input, its sheets as JSON on standard output.

The library that reads workbooks aborts its whole process on some damaged files, and on a stray cell in the far corner
of a sheet, for which it asks the memory of everything before. So it runs here, with little memory and little time.
Told ``formulas`` it also says where an .xlsx holds formulas, which that library shows only by their last result.
Run by ``exchange.cells`` and by nobody else.
"""

from __future__ import annotations

import io
import json
import posixpath
import resource
import sys
import zipfile
from datetime import date, datetime, time, timedelta
from typing import Any
from xml.etree import ElementTree as ET

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


def formulas(content: bytes) -> list[list[tuple[int, int]]]:
    """Row and column, from 0, of every cell with a formula; sheet by sheet, in the workbook's order."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        targets = {one.get("Id"): one.get("Target", "") for one in _parts(book.read("xl/_rels/workbook.xml.rels"))}
        sheets = [one for one in _parts(book.read("xl/workbook.xml")) if _name(one.tag) == "sheet"]
        ids = (next(value for key, value in one.items() if _name(key) == "id") for one in sheets)
        return [_formulas_in(book.read(posixpath.join("/xl", targets[id_]).lstrip("/"))) for id_ in ids]


def _formulas_in(sheet: bytes) -> list[tuple[int, int]]:
    cells = (cell for cell in _parts(sheet) if _name(cell.tag) == "c" and any(_name(one.tag) == "f" for one in cell))
    return [_place(str(cell.get("r"))) for cell in cells]


def _parts(xml: bytes) -> list[ET.Element]:
    return list(ET.fromstring(xml).iter())  # noqa: S314 - this process has little memory and little time


def _name(tag: str) -> str:
    """Without the namespace, of which there are two."""
    return tag.rpartition("}")[2]


def _place(reference: str) -> tuple[int, int]:
    """F5 is row 4, column 5. Raises ValueError for anything else."""
    letters, digits = reference.rstrip("0123456789"), reference.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    column = 0
    for letter in letters:
        column = column * 26 + ord(letter) - ord("A") + 1
    return int(digits) - 1, column - 1


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
    content = sys.stdin.buffer.read()
    with CalamineWorkbook.from_filelike(io.BytesIO(content)) as book:
        sheets = [
            [meta.name, meta.visible == SheetVisibleEnum.Visible, grid(book.get_sheet_by_name(meta.name))]
            for meta in book.sheets_metadata
        ]
    if sys.argv[1:] == ["formulas"]:
        sheets = [[*sheet, found] for sheet, found in zip(sheets, formulas(content), strict=True)]
    json.dump(sheets, sys.stdout, default=plain)


if __name__ == "__main__":
    main()
