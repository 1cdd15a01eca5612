"""批次资金分配方案: who gets how much out of which sources, and the hash by which everybody approves the same plan."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Final
from uuid import UUID

from domain.fund.file import Part
from domain.money import Money, total
from domain.people import Role

APPROVED_BY: Final = {
    "committee": Role.HEAD,
    "countersign": Role.TREASURY,
    "office": Role.LEADER,
    "government": Role.LEADER,
}
"""Who records each of them. A meeting has no account of its own: its minutes are recorded, by their number."""


@dataclass(frozen=True)
class Account:
    """收款账户."""

    name: str
    """户名."""
    bank: str
    """开户行."""
    number: str
    """账号: digits alone."""


@dataclass(frozen=True)
class Share:
    """What one source bears of every line, in proportion: 7 and 3 are seventy and thirty of a hundred."""

    source: str
    weight: int


@dataclass(frozen=True)
class PlanLine:
    """One firm's line of a plan."""

    case: UUID
    firm: str
    credit_code: str
    county: str
    amount: Money
    parts: tuple[Part, ...]
    """What each source bears; they add up to the amount."""
    whole: bool = True
    """Whether it is all that is due; a part only where the city's rules pay the last in line in part."""


def sum_of(lines: tuple[PlanLine, ...]) -> Money:
    """What the plan comes to."""
    return total(line.amount for line in lines)


def text_of(lines: tuple[PlanLine, ...]) -> str:
    """The canonical text: one firm a line, its parts set apart by tabs, amounts in fen."""
    return "".join(
        "\t".join(
            (
                *(str(line.case), line.firm, line.credit_code, line.county, str(line.amount.fen)),
                *(f"{part.source}={part.amount.fen}" for part in line.parts),
                *(() if line.whole else ("part",)),
            )
        )
        + "\n"
        for line in lines
    )


def plan_hash(lines: tuple[PlanLine, ...]) -> str:
    """SHA-256 of the canonical text in UTF-8, in hex: whoever has the plan can work it out again."""
    return sha256(text_of(lines).encode()).hexdigest()
