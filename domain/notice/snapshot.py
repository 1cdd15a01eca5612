"""公示内容: what stands before the public, frozen with its date and its hash, and free of anybody's private data.

The hash is taken over the very text that the public reads, line by line: whoever has the page can work it out again.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from hashlib import sha256
from typing import Final, Literal

from domain import identity
from domain.money import ZERO, Money
from domain.rules import No, rule
from domain.words import NOTICE_SUBJECTS


class Subject(StrEnum):
    """What a notice is about."""

    LIST = "list"
    """拟入选名单."""
    ALLOCATION = "allocation"
    """资金分配方案（绵阳专项资金管理办法第十六条）."""
    ACCEPTANCE = "acceptance"
    """验收结果."""
    PROVIDERS = "providers"
    """服务商遴选（东营推进方案二（二））."""
    REVOCATION = "revocation"
    """取消资格."""
    CALL = "call"
    """批次申报文件（绵阳专项资金管理办法第十四条、第十六条）."""


TIMERS: Final = {
    Subject.LIST: "timers.list_notice",
    Subject.ALLOCATION: "publicity.allocation",
    Subject.ACCEPTANCE: "timers.acceptance_notice",
    Subject.PROVIDERS: "publicity.providers",
    Subject.REVOCATION: "publicity.revocation",
    Subject.CALL: "publicity.call",
}
"""Where a pack says how long a notice of each subject stands."""

COVERS_CASES: Final = (Subject.LIST, Subject.ACCEPTANCE)
"""Subjects whose every row is a firm's case that waits for the notice."""


@dataclass(frozen=True)
class Row:
    """One line of a notice."""

    name: str
    """A firm, a provider, or a county where money is allocated to counties."""
    credit_code: str
    """统一社会信用代码; empty where the line is no registered organisation's."""
    county: str
    project: str
    amount: Money | None
    period: str


@dataclass(frozen=True)
class Snapshot:
    """All that the public reads. It never changes; what changes is another notice."""

    place: str
    """The city, as it calls itself."""
    programme: str
    subject: Subject
    document: str
    """文号."""
    agency: str
    """Who publishes."""
    first_day: date
    """The day of publication; the day after it is day one of the window."""
    length: int
    """Days of the window, in ``unit``."""
    unit: Literal["working", "natural"]
    complaint_phone: str
    """监督电话: the bureau's own, never a person's."""
    rows: tuple[Row, ...]


_HEADINGS: Final = ("序号", "名称", "统一社会信用代码", "区县", "项目", "金额（元）", "期限")
_UNITS: Final = {"working": "个工作日", "natural": "日"}


def head_lines(snapshot: Snapshot) -> tuple[tuple[str, str], ...]:
    """What stands above the table: heading and text."""
    return (
        ("城市", snapshot.place),
        ("项目", snapshot.programme),
        ("公示事项", NOTICE_SUBJECTS[snapshot.subject]),
        ("文号", snapshot.document),
        ("公示单位", snapshot.agency),
        ("发布日期", snapshot.first_day.isoformat()),
        ("公示期限", f"{snapshot.length}{_UNITS[snapshot.unit]}"),
        ("监督电话", snapshot.complaint_phone),
    )


def row_lines(snapshot: Snapshot) -> tuple[tuple[str, ...], ...]:
    """The table: its headings, then one line a row."""
    return (
        _HEADINGS,
        *(
            (
                *(str(number), row.name, row.credit_code, row.county, row.project),
                *("" if row.amount is None else row.amount.grouped(), row.period),
            )
            for number, row in enumerate(snapshot.rows, start=1)
        ),
    )


def text_of(lines: tuple[tuple[str, ...], ...]) -> str:
    """The canonical text: one line a line, its parts set apart by tabs, each line ended."""
    return "".join("\t".join(line) + "\n" for line in lines)


def hash_of(lines: tuple[tuple[str, ...], ...]) -> str:
    """SHA-256 of the canonical text in UTF-8, in hex."""
    return sha256(text_of(lines).encode()).hexdigest()


def snapshot_hash(snapshot: Snapshot) -> str:
    """The hash that is kept in the event and printed on the page."""
    return hash_of((*head_lines(snapshot), *row_lines(snapshot)))


# --- private data

_RESIDENT: Final = re.compile(
    r"(?<!\d)[1-8]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?!\d)"
)
_MOBILE: Final = re.compile(r"(?<!\d)(?:0086|86)?1[3-9]\d{9}(?!\d)")
_LANDLINE: Final = re.compile(r"(?<!\d)(?:0\d{2,3}[ -]?[2-9]\d{6,7}|400[ -]?\d{3}[ -]?\d{4}|[2-9]\d{6,7}|1\d{4})(?!\d)")
_AREA_CODE: Final = re.compile(r"(?<!\d)0\d{2,3}[ -]?[2-9]\d{6,7}(?!\d)")
_ACCOUNT: Final = re.compile(r"\d{12,}")
"""Bank accounts and cards have twelve digits and more; so has nothing else that belongs into a notice."""
_HARMLESS: Final = re.compile(
    r"(?<!\d)(?:"
    r"(?:19|20)\d{2}([-./])\d{1,2}\1\d{1,2}"  # 2026-03-01
    r"|(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])?"  # 20260301, 202603
    r"|\d{4}-\d{6}-\d{2}-\d{2}-\d{6}"  # 投资项目统一代码
    r")(?!\d)"
)
_BETWEEN_DIGITS: Final = re.compile(r"(?<=\d)[\s\-‐‑–—·]+(?=[\dXx])")


def private_data(text: str) -> str:
    """Which private data the text seems to hold, in Chinese; empty where it holds none.

    Digits may be full-width, and set apart by spaces or hyphens. Dates, project codes and credit codes are not meant.
    """
    folded = unicodedata.normalize("NFKC", text)
    folded = re.sub(r"[0-9A-Z]{18}", lambda found: "" if _is_credit_code(found[0]) else found[0], folded)
    folded = _HARMLESS.sub("日", folded)
    joined = _BETWEEN_DIGITS.sub("", folded)
    if _RESIDENT.search(joined):
        return "身份证号"
    if _MOBILE.search(joined):
        return "手机号"
    if _AREA_CODE.search(folded):
        return "电话号码"
    return "银行账号" if _ACCOUNT.search(joined) else ""


def _is_credit_code(code: str) -> bool:
    return identity.fault(code) is None and identity.check_digit_warning(code) is None


def _private_in_code(code: str) -> str:
    """A well-formed credit code is one, its check failing too, unless it reads as a person's number."""
    if identity.fault(code) is None and not _RESIDENT.fullmatch(code):
        return ""
    return private_data(code)


def _private_parts(snapshot: Snapshot) -> Iterator[str]:
    for title, text in head_lines(snapshot)[:-1]:  # the phone has its own rule
        if found := private_data(text):
            yield f"“{title}”含有疑似{found}"
    for number, row in enumerate(snapshot.rows, start=1):
        parts = {"名称": row.name, "区县": row.county, "项目": row.project, "期限": row.period}
        faults = {title: private_data(text) for title, text in parts.items()}
        faults["统一社会信用代码"] = _private_in_code(row.credit_code)
        for title, found in faults.items():
            if found:
                yield f"第 {number} 行“{title}”含有疑似{found}"


@rule
def notice_must_hold_no_private_data(snapshot: Snapshot) -> No | None:
    """No person's number, phone or bank account is ever put before the public."""
    found = list(_private_parts(snapshot))
    if not found:
        return None
    more = f"等 {len(found)} 处" if len(found) > _NAMED else ""
    return No(f"公示不得含个人信息和账号：{'；'.join(found[:_NAMED])}{more}。请删去后再发布")


_NAMED: Final = 10
"""How many rows a refusal names."""


@rule
def complaint_phone_must_be_an_offices(phone: str) -> No | None:
    """The public complains to the bureau's own line: a landline, a hotline or a 400 number, nobody's mobile."""
    if _LANDLINE.fullmatch(phone):
        return None
    return No(f"监督电话须为单位固定电话（如 0411-83610000），收到“{phone}”；个人手机号不得公示")


@rule
def notice_text_must_read_as_it_is_written(snapshot: Snapshot) -> No | None:
    """What the public sees is what is hashed: no invisible characters, no line breaks, no blanks to be lost."""
    for line in (*head_lines(snapshot), *row_lines(snapshot)):
        for part in line:
            if part != " ".join(part.split()) or any(unicodedata.category(ch)[0] == "C" for ch in part):
                return No(f"公示文字含有换行、多余空格或不可见字符：“{part.strip()}”，请改正后再发布")
    return None


@rule
def notice_must_have_rows(snapshot: Snapshot) -> No | None:
    """An empty notice tells nobody anything."""
    return None if snapshot.rows else No("公示没有任何一行内容")


@rule
def row_must_say_whose_it_is(snapshot: Snapshot) -> No | None:
    """Each line has a name; a firm of the programme has its credit code too."""
    for number, row in enumerate(snapshot.rows, start=1):
        wrong = "没有名称" if not row.name else None
        if wrong is None and (row.credit_code or snapshot.subject in COVERS_CASES):
            wrong = identity.fault(row.credit_code)
        if wrong:
            return No(f"第 {number} 行{f'（{row.name}）' if row.name else ''}：{wrong}")
    return None


@rule
def row_must_stand_once(snapshot: Snapshot) -> No | None:
    """The same firm with the same project stands in one line; a firm of the programme has one line altogether."""
    seen: dict[tuple[str, ...], int] = {}
    for number, row in enumerate(snapshot.rows, start=1):
        key = (row.credit_code,) if snapshot.subject in COVERS_CASES else (row.name, row.credit_code, row.project)
        first = seen.setdefault(key, number)
        if first != number:
            return No(f"第 {number} 行（{row.name}）与第 {first} 行重复")
    return None


@rule
def row_amount_must_not_be_negative(snapshot: Snapshot) -> No | None:
    """Nobody is promised less than nothing."""
    for number, row in enumerate(snapshot.rows, start=1):
        if row.amount is not None and row.amount < ZERO:
            return No(f"第 {number} 行（{row.name}）金额为负：{row.amount.grouped()} 元")
    return None


def snapshot_must_be_fit_for_the_public(snapshot: Snapshot) -> None:
    """All rules about the content. Raises Rejection."""
    notice_must_have_rows(snapshot)
    notice_must_hold_no_private_data(snapshot)
    complaint_phone_must_be_an_offices(snapshot.complaint_phone)
    notice_text_must_read_as_it_is_written(snapshot)
    row_must_say_whose_it_is(snapshot)
    row_must_stand_once(snapshot)
    row_amount_must_not_be_negative(snapshot)
