"""公示页: one self-contained page of a notice, to be put on the bureau's site or printed; and the way back to its hash.

What is hashed is what the page's tables show. The way back reads the text of those tables and no
mark beside it: whoever changes a word that the public sees changes the hash.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from html.parser import HTMLParser
from typing import Final

from domain.notice.call import QuotaChange
from domain.notice.file import Notice
from domain.notice.snapshot import head_lines, row_lines
from domain.words import NOTICE_STATES, NOTICE_SUBJECTS

_TABLE: Final = "snapshot"
"""The class of the tables that hold what is hashed."""
_REHEARSAL: Final = "<p><strong>推演：并非正式公示，公示期限等含假设。</strong></p>\n"
_STYLE: Final = """
body{font-family:"Noto Serif CJK SC","Source Han Serif SC","SimSun",serif;margin:2rem auto;max-width:60rem;color:#111}
h1{font-size:1.5rem;text-align:center}
table{border-collapse:collapse;width:100%;margin:1rem 0}
th,td{border:1px solid #333;padding:.35rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}
th{background:#f2f2f2;white-space:nowrap}
td.number{text-align:right;white-space:nowrap}
.hash{font-family:monospace;overflow-wrap:anywhere}
@page{size:A4;margin:2cm}
@media print{body{margin:0;max-width:none}thead{display:table-header-group}tr{break-inside:avoid}}
"""


def page(notice: Notice, since: Iterable[QuotaChange] = ()) -> str:
    """The page of a notice that was published, as it stands now; beside a call, how its quotas changed ``since``."""
    shown = notice.shown
    title = f"关于{NOTICE_SUBJECTS[shown.subject]}的公示"
    headings, *rows = row_lines(shown)
    head = "".join(
        f'<tr><th scope="row">{escape(key)}</th><td>{escape(text)}</td></tr>' for key, text in head_lines(shown)
    )
    columns = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in headings)
    body = "".join(f"<tr>{''.join(_cells(row))}</tr>\n" for row in rows)
    changed = "".join(f"<p><strong>{escape(change.words)}。</strong></p>\n" for change in since)
    return f"""<!doctype html>
<html lang="zh-Hans">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(shown.place)} {escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>{escape(shown.place)}{escape(title)}</h1>
{_REHEARSAL if notice.rehearsal else ""}<table class="{_TABLE}">{head}</table>
<p>{escape(_window(notice))}</p>
<p>对公示内容有异议的，请在公示期内以真实姓名或单位全称向{escape(shown.agency)}提出，监督电话：{escape(shown.complaint_phone)}。</p>
<table class="{_TABLE}"><thead><tr>{columns}</tr></thead>
<tbody>
{body}</tbody></table>
{changed}<p>共 {len(rows)} 行。{escape(_replaces(notice))}</p>
<p>公示内容哈希（SHA-256）：<span class="hash">{notice.sha256}</span></p>
<p>哈希按上列两张表的文字计算：每行一行，各格以制表符分隔，UTF-8 编码；公示期内逐日核验。</p>
</body>
</html>
"""


def _cells(row: Iterable[str]) -> list[str]:
    numbers = (0, 5)  # 序号 and 金额 are set to the right
    return [
        f'<td class="number">{escape(cell)}</td>' if place in numbers else f"<td>{escape(cell)}</td>"
        for place, cell in enumerate(row)
    ]


def _window(notice: Notice) -> str:
    state = f"现状：{NOTICE_STATES[notice.state]}。"
    if notice.ends is None:
        return f"公示期自 {notice.shown.first_day} 起，因异议处理中止，剩余 {notice.days_left} 日待恢复后计算。{state}"
    provisional = "（暂定，以国务院放假安排公布后为准）" if notice.provisional else ""
    return f"公示期：{notice.shown.first_day} 发布，次日起算，至 {notice.ends} 止{provisional}。{state}"


def _replaces(notice: Notice) -> str:
    return f"本公示替代此前的公示：{'、'.join(notice.formerly)}。" if notice.formerly else ""


def lines_in(html: str) -> tuple[tuple[str, ...], ...]:
    """What the tables of a page show, line by line; empty where the page has no such table."""
    reader = _Tables()
    reader.feed(html)
    reader.close()
    return tuple(tuple(" ".join(cell.split()) for cell in line) for line in reader.lines)


class _Tables(HTMLParser):
    """The visible text of the tables' cells."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[list[str]] = []
        self._inside = 0
        """How many tables deep; 0 outside of ours."""
        self._open = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Tables count from ours inwards."""
        if tag == "table" and (self._inside or _TABLE in (dict(attrs).get("class") or "").split()):
            self._inside += 1
        if not self._inside:
            return
        if tag == "tr":
            self.lines.append([])
            self._open = False
        if tag in ("td", "th") and self.lines:
            self.lines[-1].append("")
            self._open = True

    def handle_endtag(self, tag: str) -> None:
        """A closed cell takes no more text."""
        if tag == "table" and self._inside:
            self._inside -= 1
        if tag in ("td", "th"):
            self._open = False

    def handle_data(self, data: str) -> None:
        """Text inside a cell belongs to it; text between the cells of a table shows too, so it makes a line."""
        if self._inside and self._open:
            self.lines[-1][-1] += data
        elif self._inside and data.strip():
            self.lines.append([data])
