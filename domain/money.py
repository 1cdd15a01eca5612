"""Money is integer fen (分); a ratio is an exact fraction; applying one rounds down, so no ceiling can be passed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction

FEN_PER_YUAN = 100
YUAN_PER_WAN = 10_000
_MOST_DIGITS = 18
"""No budget has more; what is longer is a slip of the keyboard, or an attack on the memory."""
_MOST_FEN = 10**18
"""Ten thousand million million yuan: several such still fit the tables' whole numbers."""


@dataclass(frozen=True, order=True)
class Money:
    """An amount in fen. May be negative only as a difference; rules say where it must not be."""

    fen: int

    def __post_init__(self) -> None:
        if type(self.fen) is not int:
            raise TypeError(f"Money counts whole fen, not {self.fen!r}")
        if abs(self.fen) > _MOST_FEN:
            raise ValueError("金额超出范围")

    @classmethod
    def yuan(cls, text: str | int | Decimal) -> Money:
        """Read yuan with at most two decimals; raises ValueError for anything else (三位小数, 文字, NaN)."""
        return cls._read(text, FEN_PER_YUAN)

    @classmethod
    def wan(cls, text: str | int | Decimal) -> Money:
        """Read 万元, with at most six decimals; raises ValueError for anything else."""
        return cls._read(text, FEN_PER_YUAN * YUAN_PER_WAN)

    @classmethod
    def _read(cls, text: str | int | Decimal, unit: int) -> Money:
        try:
            number = Decimal(str(text))
        except InvalidOperation as bad:
            raise ValueError(f"不是金额：“{text}”") from bad
        if not number.is_finite() or number.adjusted() > _MOST_DIGITS:
            raise ValueError(f"不是金额：“{text}”")
        fen = Fraction(number) * unit  # exact, where Decimal would round to the digits of its context
        if fen.denominator != 1:
            raise ValueError(f"金额精确到分（元最多两位小数）：“{text}”")
        return cls(fen.numerator)

    def __add__(self, other: Money) -> Money:
        return Money(self.fen + other.fen)

    def __sub__(self, other: Money) -> Money:
        return Money(self.fen - other.fen)

    def __neg__(self) -> Money:
        return Money(-self.fen)

    def share(self, ratio: Fraction) -> Money:
        """This amount times ratio, rounded down to the fen."""
        return Money(self.fen * ratio.numerator // ratio.denominator)

    def __str__(self) -> str:
        sign, fen = ("-" if self.fen < 0 else ""), abs(self.fen)
        return f"{sign}{fen // FEN_PER_YUAN}.{fen % FEN_PER_YUAN:02d}"

    def grouped(self) -> str:
        """For people: 1,234,567.89 (元)."""
        sign, fen = ("-" if self.fen < 0 else ""), abs(self.fen)
        return f"{sign}{fen // FEN_PER_YUAN:,}.{fen % FEN_PER_YUAN:02d}"


ZERO = Money(0)


def total(amounts: Iterable[Money]) -> Money:
    """The sum, in fen."""
    return Money(sum(amount.fen for amount in amounts))


def split(amount: Money, weights: Sequence[int]) -> list[Money]:
    """Divide by largest remainder: the parts add up to the whole, to the fen. Weights: non-negative, not all zero."""
    if any(weight < 0 for weight in weights) or not sum(weights):
        raise ValueError("weights must be non-negative and not all zero")
    whole = sum(weights)
    parts = [amount.fen * weight // whole for weight in weights]
    remainders = sorted(range(len(weights)), key=lambda i: (-(amount.fen * weights[i] % whole), i))
    for i in remainders[: amount.fen - sum(parts)]:
        parts[i] += 1
    return [Money(part) for part in parts]
