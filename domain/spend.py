"""What a firm buys, at what price, and what of it is subsidised: values that several stages share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from domain.money import Money


@dataclass(frozen=True)
class SpendLine:
    """合同价格行: one thing bought, of one kind."""

    kind: str
    what: str
    amount: Money


@dataclass(frozen=True)
class Contract:
    """改造合同 between the firm and its provider."""

    number: str
    provider: str
    signed: date
    lines: tuple[SpendLine, ...]
    total: Money
    """As the paper states it; must equal the sum of the lines."""


@dataclass(frozen=True)
class Entitlement:
    """核定补贴: the amount and every step that led to it, so that anyone can work it out again."""

    amount: Money
    eligible: Money
    """Verified spend of the kinds that the pack allows."""
    excluded: tuple[SpendLine, ...]
    """Verified spend that cannot be subsidised."""
    ratio: str
    """An exact fraction, e.g. ``1/2``."""
    cap: Money
    steps: tuple[str, ...]
    """The working, line by line, in Chinese."""
