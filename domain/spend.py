"""What a firm buys, at what price, and what of it is subsidised: values that several stages share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from domain.money import ZERO, Money


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
class Excluded(SpendLine):
    """Verified spend that cannot be subsidised, and by which clause."""

    why: str
    clause: str


@dataclass(frozen=True)
class EarlierSupport:
    """已获其他财政资金: what another programme has given for one thing bought."""

    kind: str
    what: str
    """Kind and thing as the contract's line names them."""
    given_by: str
    """The other programme, by its name."""
    amount: Money
    document: str
    """On which it was given."""


@dataclass(frozen=True)
class Grounds:
    """On what, beside the verified spend and the rules, an entitlement rests."""

    batch: str = ""
    level: int = 0
    """The level that the evaluation came to; 0 where none is known."""
    completed: date | None = None
    received: Money = ZERO
    """What the firm holds of this programme already."""
    earlier: tuple[EarlierSupport, ...] = ()


@dataclass(frozen=True)
class Entitlement:
    """核定补贴: the amount and every step that led to it, so that anyone can work it out again."""

    amount: Money
    eligible: Money
    """Verified spend of the kinds that the pack allows."""
    excluded: tuple[Excluded, ...]
    ratio: str
    """An exact fraction, e.g. ``1/2``."""
    cap: Money
    steps: tuple[str, ...]
    """The working, line by line, in Chinese."""
    grounds: Grounds = Grounds()
    deducted: Money = ZERO
    """What other programmes' money took off."""
