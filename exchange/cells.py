"""Workbooks as people fill them: opened within limits, and their words folded to one way of writing."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

MAX_BYTES: Final = 20 * 2**20
MAX_SECONDS: Final = 120
_READER: Final = Path(__file__).with_name("read_workbook.py")
_XLSX: Final = b"PK\x03\x04"
_WORKBOOKS: Final = (_XLSX, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
"""How an .xlsx and an .xls begin, whatever the file is called."""

Cell = str | int | float | bool


class WorkbookError(Exception):
    """The file is no workbook that can be read; the text says why, in Chinese."""


@dataclass(frozen=True)
class Sheet:
    """One sheet as a grid."""

    name: str
    visible: bool
    rows: list[list[Cell]]
    """``rows[0]`` is row 1 as the clerk sees it, its first cell column A; an empty cell is ``""``."""
    formulas: list[list[int]] = field(default_factory=list)
    """Row and column, from 0, of the cells that hold a formula, where they were asked for."""


def bytes_of(path: Path) -> bytes:
    """The file's content. Raises WorkbookError above 20 MB, OSError where it cannot be opened."""
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise WorkbookError(f"文件超过 {MAX_BYTES // 2**20} MB，请分成几个文件导入")
    return content


def sheets_of(content: bytes, *, formulas: bool = False) -> list[Sheet]:
    """Every sheet of an .xlsx or .xls, merged cells filled downwards; with ``formulas`` of an .xlsx alone.

    Raises WorkbookError.
    """
    if not content.startswith(_WORKBOOKS):
        raise WorkbookError("文件不是 Excel 工作簿（.xlsx 或 .xls）；若是文本或 CSV，请用 Excel 另存为 .xlsx")
    if formulas and not content.startswith(_XLSX):
        raise WorkbookError("文件不是 .xlsx；请用 Excel 另存为 .xlsx")
    reader = [sys.executable, "-P", str(_READER), *(("formulas",) if formulas else ())]
    try:
        reading = subprocess.run(  # noqa: S603 - our own program, and no shell
            reader, input=content, capture_output=True, timeout=MAX_SECONDS, check=True
        )
    except subprocess.SubprocessError as bad:
        raise WorkbookError(
            "工作簿读不出来：已损坏、设有密码，或表格之外很远处有零星内容。"
            "请用 Excel 打开，删去多余行列、取消密码后另存为 .xlsx"
        ) from bad
    return [Sheet(*sheet) for sheet in json.loads(reading.stdout)]


def csv_of(content: bytes) -> list[Sheet]:
    """A CSV as one sheet, in UTF-8 or in the encoding that Excel writes in China. Raises WorkbookError."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError as bad:
            raise WorkbookError("CSV 既不是 UTF-8 也不是 GB18030 编码") from bad
    try:
        rows: list[list[Cell]] = [list(row) for row in csv.reader(io.StringIO(text, newline=""))]
    except csv.Error as bad:
        raise WorkbookError("CSV 读不出来，请用 Excel 另存为 .xlsx") from bad
    return [Sheet("CSV", visible=True, rows=rows)]


def text_of(cell: Cell) -> str:
    """What the cell shows, spaces and line breaks taken out, full-width letters and digits folded."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    folded = unicodedata.normalize("NFKC", str(cell))
    return "".join(ch for ch in folded if not ch.isspace() and unicodedata.category(ch) != "Cf")


def key_of(cell: Cell) -> str:
    """The cell's words without punctuation and case: what two ways of writing one thing have in common."""
    return re.sub(r"[\W_]", "", text_of(cell)).lower()
