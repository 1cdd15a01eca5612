"""排除名单: a workbook or CSV of firms that others keep; only credit codes and names are taken."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from domain import identity
from domain.exclusions import Excluded
from domain.rejections import Rejection
from exchange import cells, words
from exchange.cells import Cell, Sheet, WorkbookError
from exchange.roster import RosterRefused, RowFault, credit_code_must_be_text

_RULE: Final = "exclusion_list_must_be_readable"
_HEADER_WITHIN: Final = 30
"""Nobody puts the header further down."""
_MAX_ROWS: Final = 100_000


def read(path: Path) -> tuple[tuple[Excluded, ...], str]:
    """The firms of an .xlsx, .xls or .csv, each once, and the file's SHA-256; whole or not at all.

    A file with its header and nobody below names nobody; one without a header is no list.
    Raises RosterRefused with every bad row by its number, OSError where the file cannot be opened.
    """
    try:
        content = cells.bytes_of(path)
        sheets = cells.csv_of(content) if path.suffix.lower() == ".csv" else cells.sheets_of(content)
    except WorkbookError as bad:
        raise RosterRefused(_RULE, f"{path.name}：{bad}") from bad
    firms: dict[str, Excluded] = {}
    faults: list[RowFault] = []
    headed = [_take(sheet, firms, faults) for sheet in sheets]
    if faults:
        rows = len({(fault.sheet, fault.row) for fault in faults})
        raise RosterRefused(_RULE, f"{path.name}：{rows} 行有误，一行也没有导入；请改正后重新导入", tuple(faults))
    if not any(headed):
        raise RosterRefused(_RULE, f"{path.name}：没有找到名单。表头须有“统一社会信用代码”，其下每行一家企业")
    return tuple(firms.values()), hashlib.sha256(content).hexdigest()


def _take(sheet: Sheet, firms: dict[str, Excluded], faults: list[RowFault]) -> bool:
    """Whether the sheet is a list, and whom it names."""
    heads = ((top, words.headings(row)) for top, row in enumerate(sheet.rows[:_HEADER_WITHIN]))
    header = next(((top, places) for top, places in heads if "credit_code" in places), None)
    if header is None:
        _without_header(sheet, faults)
        return False
    top, places = header
    for number, row in enumerate(sheet.rows[top + 1 :], start=top + 2):
        taken = ((name, places[name]) for name in ("credit_code", "name") if name in places)
        said: dict[str, Cell] = {name: row[at] if at < len(row) else "" for name, at in taken}
        if not words.is_firm(row, said):
            continue
        try:
            credit_code_must_be_text(said["credit_code"])
            code = identity.tidy(str(said["credit_code"]))
            identity.credit_code_must_be_well_formed(code)
        except Rejection as no:
            faults.append(RowFault(sheet.name, number, "统一社会信用代码", no.refusal.sentence, no.refusal.rule))
            continue
        firms.setdefault(code, Excluded(code, words.firm_name(said.get("name", ""))))
        if len(firms) > _MAX_ROWS:
            raise RosterRefused(_RULE, f"名单超过 {_MAX_ROWS} 家，请分来源导入")
    return True


def _without_header(sheet: Sheet, faults: list[RowFault]) -> None:
    """Codes without a header above them are not passed over in silence."""
    for number, row in enumerate(sheet.rows, start=1):
        if any(identity.fault(identity.tidy(str(cell))) is None for cell in row):
            faults.append(RowFault(sheet.name, number, "", "有信用代码，但上方没有表头（统一社会信用代码）", _RULE))
            return
