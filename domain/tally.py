"""目标与现状: a number that a source states, beside how many there are now."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from domain.catalogue import Catalogue
from domain.policy import Pack
from domain.policy_rows import Kpi

PRODUCTS: Final = "products"
"""What every pack calls its target for 小快轻准 products."""


@dataclass(frozen=True)
class Tally:
    """One stated number, and what has come of it."""

    name: str
    industry: str
    """The industry for which it is counted; empty for the whole city."""
    comparator: str
    """= ≥ ≤ ≈ 力争"""
    least: int | None
    """None where the source gives no number."""
    most: int | None
    """The upper end where the source gives a range."""
    limit: int | None
    """Beyond this many nobody is admitted; None where the number refuses nobody."""
    held: int
    clause: str
    note: str = ""

    @property
    def gap(self) -> int | None:
        """How many are still missing; 0 once reached, None where no number is stated."""
        return None if self.least is None else max(self.least - self.held, 0)

    @property
    def over(self) -> int:
        """How many more there are than the limit allows: an upheld appeal may bring one back."""
        return 0 if self.limit is None else max(self.held - self.limit, 0)

    @property
    def stated(self) -> str:
        """The number as the source has it: ``≥ 20``, ``4—6``; empty where there is none."""
        if self.least is None:
            return ""
        number = str(self.least) if self.most is None else f"{self.least}—{self.most}"
        return number if self.comparator == "=" else f"{self.comparator} {number}"


def products(pack: Pack, catalogue: Catalogue) -> Iterator[Tally]:
    """小快轻准: the target beside the products that stand in the catalogue, whole and by industry. Never a limit."""
    listed = catalogue.products.values()
    for target in (row for row in pack.rows(Kpi) if row.code == PRODUCTS):
        upto = int(target.upto) if target.upto is not None else None
        rest = (target.comparator, int(target.total), upto, None, len(listed), target.clause, target.note)
        yield Tally(target.name, "", *rest)
        for industry, number in (target.industries or {}).items():
            held = sum(one.industry == industry for one in listed)
            yield Tally(
                target.name, industry, target.comparator, int(number), None, None, held, target.clause, target.note
            )
