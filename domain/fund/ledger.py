"""资金台账: what the events of a fund come to on any day, by source and county, by firm, and movement by movement."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final
from uuid import UUID

from domain.calendar import china_day
from domain.case.file import CaseFile
from domain.fund.file import (
    CountySettled,
    Fund,
    FundAllocated,
    FundFact,
    FundPaid,
    FundReturned,
    FundTakenBack,
    Posting,
    Source,
    sum_of,
)
from domain.money import ZERO, Money

BALANCES: Final[Mapping[str, str]] = {
    "available": "可用",
    "allocated": "预下达",
    "committed": "已占用",
    "paid": "已拨付",
    "recovered": "已追缴",
}
"""The accounts in the order in which money goes through them, each with its Chinese."""


@dataclass(frozen=True)
class Movement:
    """One line of the ledger, and the balances behind it."""

    number: int
    """The place of its event in the fund's stream, from 1: the line's voucher number."""
    event: UUID
    """The fund's stream, in which the number counts."""
    on: date
    topic: str
    amount: Money
    sources: Mapping[str, Money]
    county: str
    case: UUID | None
    firm: str
    batch: str
    document: str
    by: str
    balances: Mapping[str, Money]


@dataclass(frozen=True)
class Balance:
    """What one source has in one pair of hands: a county's, or the city's where ``county`` is empty."""

    source: str
    county: str
    appropriated: Money
    available: Money
    allocated: Money
    committed: Money
    paid: Money
    recovered: Money


@dataclass(frozen=True)
class FirmAccount:
    """One firm's part of a fund."""

    case: UUID
    firm: str
    credit_code: str
    county: str
    batch: str
    committed: Money
    paid: Money
    recovered: Money
    last: int
    """The number of its last movement."""


@dataclass(frozen=True)
class CountyAccount:
    """清算: what one county was given of one source, what it paid out of it, and what became of the rest."""

    county: str
    source: str
    allocated: Money
    """预下达: what it was given first."""
    supplemented: Money
    """追加: what it was given later."""
    taken_back: Money
    """收回, settlements aside."""
    returned: Money
    """结余收回: what its settlements took back."""
    paid: Money
    carried: Money
    """结余结转: what its last settlement let it keep."""
    document: str
    """Of its last settlement; empty where there was none."""

    @property
    def unpaid(self) -> Money:
        """未拨余额: what it still holds, promised to firms or not."""
        return self.allocated + self.supplemented - self.taken_back - self.returned - self.paid


Facts = Iterable[FundFact]
CaseOf = Callable[[UUID], CaseFile]
"""A firm's case by its id."""


def movements(
    facts: Facts,
    case_of: CaseOf,
    *,
    until: date | None = None,
    source: Source | None = None,
    county: str = "",
    batch: str = "",
) -> Iterator[Movement]:
    """Every movement up to the end of a day; of one source, one county's hands or one batch, where one is named."""
    for fact, file in _told(facts, until):
        parts = fact.parts if isinstance(fact, Posting) else fact.surplus if isinstance(fact, CountySettled) else ()
        shown = [part for part in parts if source in (None, part.source)]
        held_by = getattr(fact, "county", "")
        if (parts and not shown) or county not in ("", held_by):
            continue
        case = getattr(fact, "case", None)
        firm = case_of(case) if case is not None else None
        if batch and (firm is None or firm.batch_code != batch):
            continue
        yield Movement(
            number=fact.originator_version,
            event=fact.originator_id,
            on=china_day(fact.timestamp),
            topic=fact.TOPIC,
            amount=sum_of(shown),
            sources={part.source: part.amount for part in shown},
            county=held_by,
            case=case,
            firm=firm.firm if firm else "",
            batch=firm.batch_code if firm else "",
            document=getattr(fact, "document", ""),
            by=fact.by.id,
            balances={name: file.balance(name, source) for name in BALANCES},
        )


def balances(facts: Facts, until: date | None = None) -> tuple[Balance, ...]:
    """What every source has, in the city's hands first and then county by county."""
    file = None
    for _, told in _told(facts, until):
        file = told
    if file is None:
        return ()
    counties = sorted({account.county for account in file.books})
    places = [(source.value, county) for source in Source for county in counties]
    named = ("appropriation", "available", "allocated", "committed", "paid", "recovered")
    return tuple(
        Balance(source, county, *(file.balance(name, source, county) for name in named))
        for source, county in places
        if any(account.source == source and account.county == county for account in file.books)
    )


def firms(facts: Facts, case_of: CaseOf, until: date | None = None) -> tuple[FirmAccount, ...]:
    """What each firm was granted, received and gave back, in the order in which the fund first heard of it."""
    kept: dict[UUID, dict[str, Money]] = {}
    last: dict[UUID, int] = {}
    for fact, _ in _told(facts, until):
        case = getattr(fact, "case", None)
        if case is None or not isinstance(fact, Posting):
            continue
        own = kept.setdefault(case, dict.fromkeys(("committed", "paid", "recovered"), ZERO))
        last[case] = fact.originator_version
        if fact.debit in own:
            own[fact.debit] += fact.amount
        if fact.credit in ("committed", "paid"):
            own[fact.credit] -= fact.amount
        if fact.credit == "recovered":
            own["recovered"] += fact.amount
    return tuple(_account(case_of(case), own, last[case]) for case, own in kept.items())


def counties(facts: Facts, until: date | None = None) -> tuple[CountyAccount, ...]:
    """What every county that was ever given money holds of each source, county by county."""
    kept: dict[tuple[str, str], CountyAccount] = {}
    settlements: set[UUID] = set()
    for fact, _ in _told(facts, until):
        if isinstance(fact, CountySettled):
            settlements.add(fact.command_id)
            surplus = {part.source: part.amount for part in fact.surplus}
            for (county, source), one in kept.items():
                if county == fact.county:
                    carried = surplus.get(source, ZERO) if fact.carried else ZERO
                    kept[county, source] = replace(one, carried=carried, document=fact.document)
            continue
        if not isinstance(fact, FundAllocated | FundTakenBack | FundPaid | FundReturned) or not fact.county:
            continue
        for part in fact.parts:
            at = fact.county, part.source
            one = kept.get(at, CountyAccount(*at, ZERO, ZERO, ZERO, ZERO, ZERO, ZERO, ""))
            match fact:
                case FundAllocated():
                    name = "supplemented" if at in kept else "allocated"
                case FundTakenBack():
                    name = "returned" if fact.command_id in settlements else "taken_back"
                case _:
                    name = "paid"
            amount = -part.amount if isinstance(fact, FundReturned) else part.amount
            kept[at] = replace(one, **{name: getattr(one, name) + amount})
    order = {source.value: place for place, source in enumerate(Source)}
    return tuple(kept[at] for at in sorted(kept, key=lambda at: (at[0], order[at[1]])))


def _account(file: CaseFile, own: Mapping[str, Money], last: int) -> FirmAccount:
    return FirmAccount(file.id, file.firm, file.credit_code, file.county, file.batch_code, **own, last=last)


def _told(facts: Facts, until: date | None) -> Iterator[tuple[FundFact, Fund]]:
    """Each fact with the fund as it stands behind it."""
    file: Fund | None = None
    for fact in facts:
        if until is not None and china_day(fact.timestamp) > until:
            return
        file = file or Fund.fresh(fact.originator_id)
        fact.mutate(file)
        yield fact, file
