"""What a reader asked for in the address line: read into the programme's words, or refused in a sentence."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Final
from uuid import UUID

LONGEST: Final = 100
_LARGEST_POSITION: Final = 2**63 - 1
_LAST_PAGE: Final = 100_000


class BadQuestion(Exception):  # noqa: N818 - read as a sentence where it is raised and caught
    """The address line asks for what cannot be asked; the sentence says what it may hold."""


class NotThere(Exception):  # noqa: N818 - likewise
    """There is no such thing on file; the sentence says what was looked for."""


def text(query: Mapping[str, str], name: str, label: str) -> str:
    """A short text without control characters; empty where nothing is asked."""
    value = query.get(name, "").strip()
    if len(value) > LONGEST:
        raise BadQuestion(f"“{label}”最多 {LONGEST} 个字，收到 {len(value)} 个")
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in value):
        raise BadQuestion(f"“{label}”含有不可见的控制字符")
    return value


def word(query: Mapping[str, str], name: str, label: str, known: Mapping[str, str]) -> str:
    """One of the words that are known, which map to their Chinese; empty where nothing is asked."""
    value = text(query, name, label)
    if value and value not in known:
        raise BadQuestion(
            f"“{label}”没有“{value}”这一项，可选：{'、'.join(f'{key}（{zh}）' for key, zh in known.items())}"
        )
    return value


def page(query: Mapping[str, str], name: str = "page", label: str = "页码") -> int:
    """Which page of a list, from 1."""
    return _number(query, name, label, 1, _LAST_PAGE) or 1


def position(query: Mapping[str, str]) -> int | None:
    """The place in the log that the page is to wait for; None where nothing is asked."""
    return _number(query, "after", "位置 after", 0, _LARGEST_POSITION)


def case(written: str) -> UUID:
    """A case's id, as the address holds it."""
    return _id(written, "档案编号")


def notice(written: str) -> UUID:
    """A notice's id, as the address holds it."""
    return _id(written, "公示编号")


def batch(written: str) -> UUID:
    """A batch's id, as the address holds it."""
    return _id(written, "批次编号")


def _id(written: str, label: str) -> UUID:
    try:
        return UUID(written)
    except ValueError:
        raise NotThere(f"{label}应是 36 位的编号，例如 9b2d6f0e-1c3a-5d4e-8f00-1234567890ab") from None


def _number(query: Mapping[str, str], name: str, label: str, least: int, most: int) -> int | None:
    value = text(query, name, label)
    if not value:
        return None
    if not (value.isascii() and value.isdigit() and least <= int(value) <= most):
        raise BadQuestion(f"“{label}”应是 {least} 至 {most} 的整数，收到“{value}”")
    return int(value)
