"""Where in a pack's text something stands, and what is wrong there: file, line, key, reason."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from domain.rejections import Rejection

_HEADER = re.compile(r"^\s*\[\[?([^\[\]]+)\]\]?\s*(?:#.*)?$")
_AT_LINE = re.compile(r"\(at line (\d+)")


@dataclass(frozen=True)
class Fault:
    """One thing in a pack that cannot be read."""

    file: str
    line: int
    """Counted from 1."""
    key: str
    """The pack key, or ``city``, ``overlay``; empty where the fault lies outside every table."""
    reason: str
    """What is wrong and how it should be, in Chinese."""

    def __str__(self) -> str:
        return f"{self.file} 第 {self.line} 行 {self.key or '(表外)'}：{self.reason}"


class PackFault(Rejection):
    """A pack, an overlay or an edition of the indicators that cannot be read. It names every fault, not one alone."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: (fault.file, fault.line)))
        lines = "\n".join(f"  {fault}" for fault in self.faults)
        super().__init__("pack_must_be_readable", f"规则文件有 {len(self.faults)} 处读不懂：\n{lines}")


class Places:
    """Lines of one TOML text. The TOML reader of the standard library tells values, not where they stand."""

    def __init__(self, text: str) -> None:
        self._lines = text.splitlines()
        self._headers = [("", 0)]
        for number, line in enumerate(self._lines, start=1):
            if found := _HEADER.match(line):
                self._headers.append((_path(found[1]), number))

    def line(self, path: str, field: str = "", index: int = 0) -> int:
        """The line of a field, else of its table, else of the nearest table around it, else the first line.

        ``index`` tells which of several tables of one name (``[[payout.cap]]``) is meant.
        """
        parts = path.split(".") if path else []
        for cut in range(len(parts), -1, -1):
            blocks = [at for at, (name, _) in enumerate(self._headers) if name == ".".join(parts[:cut])]
            inner = [*parts[cut:], *([field] if field else [])]
            if not blocks:
                continue
            block = blocks[index] if cut == len(parts) and index < len(blocks) else blocks[0]
            if inner and (found := self._assignment(block, inner[0])):
                return found
            if cut:
                return self._headers[block][1]
        return 1

    def table_at(self, line: int) -> str:
        """The name of the table that the line stands in; empty before the first."""
        return [name for name, start in self._headers if start <= line][-1]

    def broken(self, file: str, message: str) -> Fault:
        """The fault for a text that is no TOML at all, from the reader's own message."""
        at = _AT_LINE.search(message)
        line = int(at[1]) if at else max(len(self._lines), 1)
        return Fault(file, line, self.table_at(line), f"不是合法的 TOML（{message}）")

    def _assignment(self, block: int, name: str) -> int:
        """The line that assigns the name within one table; 0 if none does."""
        after = self._headers[block][1]
        end = self._headers[block + 1][1] - 1 if block + 1 < len(self._headers) else len(self._lines)
        opening = re.compile(rf"""^\s*["']?{re.escape(name)}["']?\s*[.=]""")
        for number in range(after, end):
            if opening.match(self._lines[number]):
                return number + 1
        return 0


def nearest(word: str, known: Iterable[str]) -> str:
    """A question naming the known word that was probably meant; empty where none is near."""
    near = get_close_matches(word, list(known), n=1)
    return f"，是否为 {near[0]}？" if near else ""


def _path(header: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in header.split("."))
