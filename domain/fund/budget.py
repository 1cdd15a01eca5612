"""指标台账: every budget document of a programme, on whatever line; what holds over all lines is decided here."""

from __future__ import annotations

from typing import ClassVar, Final

from domain.fund.file import RETROFIT_LINE, Source
from domain.money import ZERO, Money, total
from domain.policy import Pack
from domain.policy_rows import BudgetLine
from domain.record import Fact, File, Papers
from domain.rules import No, rule

_SIDES: Final = {"central": (Source.CENTRAL,), "local": (Source.PROVINCE, Source.CITY, Source.COUNTY)}
"""Which sources may feed a line of the pack's table."""


class Budget(File):
    """All lines of one city's programme."""

    def blank(self) -> None:
        self.booked: dict[tuple[str, str], Money] = {}
        """By line and source."""

    def central(self, *, retrofit: bool) -> Money:
        """Central money booked on the retrofit line, or on all others."""
        return total(
            amount
            for (line, source), amount in self.booked.items()
            if source == Source.CENTRAL and (line == RETROFIT_LINE) is retrofit
        )


class _Booked(Fact):
    line: str
    source: str
    amount: Money
    document: str


class BudgetRaised(_Booked):
    """指标下达 on one line."""

    TOPIC: ClassVar[str] = "budget.raised"

    def fold(self, file: Budget) -> None:
        place = (self.line, self.source)
        file.booked[place] = file.booked.get(place, ZERO) + self.amount


class BudgetLowered(_Booked):
    """指标收回 on one line."""

    TOPIC: ClassVar[str] = "budget.lowered"

    def fold(self, file: Budget) -> None:
        place = (self.line, self.source)
        file.booked[place] = file.booked.get(place, ZERO) - self.amount


EVENTS = (BudgetRaised, BudgetLowered)


@rule
def line_must_be_in_the_budget(pack: Pack, line: str) -> No | None:
    """Money is booked on a line that the city's plan names; where it names none, on the firms' retrofits alone."""
    lines = {row.code: row.clause for row in pack.rows(BudgetLine)}
    if line in (lines or {RETROFIT_LINE}):
        return None
    known = "、".join(lines or {RETROFIT_LINE})
    return No(f"没有预算行“{line}”，可用：{known}", next(iter(lines.values()), ""))


@rule
def source_must_fit_the_line(pack: Pack, line: str, source: Source) -> No | None:
    """Money of one source is not used for what another has to pay."""
    for row in pack.rows(BudgetLine):
        if row.code == line and source not in _SIDES[row.side]:
            side = {"central": "中央资金", "local": "地方资金"}[row.side]
            return No(f"预算行“{row.name}”由{side}安排，不能使用其他来源的资金", row.clause)
    return None


@rule
def supporting_lines_must_keep_within_their_share(budget: Budget, pack: Pack, more: Money) -> No | None:
    """Of the central money at most the stated share goes elsewhere than to the firms' retrofits.

    Measured against the award that the plan states, or against what has come in where that is more or no award is
    stated; ``more`` is what is being booked on such a line, and less than zero what is taken off the retrofit line.
    """
    if not pack.has("budget.supporting_share"):
        return None
    elsewhere = budget.central(retrofit=False) + max(more, ZERO)
    came = budget.central(retrofit=True) + budget.central(retrofit=False) + more
    award = max(came, pack.money("budget.central")) if pack.has("budget.central") else came
    most = award.share(pack.ratio("budget.supporting_share"))
    if elsewhere <= most:
        return None
    return No(
        f"中央资金用于企业改造以外的支出合计 {elsewhere.grouped()} 元，超过 {award.grouped()} 元的规定比例"
        f"（{most.grouped()} 元）",
        pack.clause("budget.supporting_share"),
    )


def raise_line(budget: Budget, line: str, source: Source, amount: Money, document: str, papers: Papers) -> None:
    """Book what a document brings to a line."""
    line_must_be_in_the_budget(papers.pack, line)
    source_must_fit_the_line(papers.pack, line, source)
    if source is Source.CENTRAL and line != RETROFIT_LINE:
        supporting_lines_must_keep_within_their_share(budget, papers.pack, amount)
    budget.record(BudgetRaised, papers, line=line, source=source, amount=amount, document=document)


def lower_line(budget: Budget, line: str, source: Source, amount: Money, document: str, papers: Papers) -> None:
    """Book what a document takes from a line."""
    if source is Source.CENTRAL and line == RETROFIT_LINE:
        supporting_lines_must_keep_within_their_share(budget, papers.pack, -amount)
    budget.record(BudgetLowered, papers, line=line, source=source, amount=amount, document=document)
