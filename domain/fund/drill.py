"""溯源: every figure of a fund's accounts is a sum of entries; each names its event, its firm and its papers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from domain.calendar import china_day
from domain.case.file import CaseFile
from domain.fund.file import CREDITED, FundFact, Posting, accounts_of
from domain.money import ZERO, Money
from domain.record import Fact

ACCOUNTS: Final = {
    "appropriation": "下达",
    "available": "可用",
    "allocated": "预下达",
    "committed": "已占用",
    "paid": "已拨付",
    "recovered": "已追缴",
}
"""By name, in the order in which money goes through them, each with its Chinese."""
OF_FIRMS: Final = ("committed", "paid", "recovered")
"""Those of them that are kept for firms, and so for batches; the others' money is nobody's yet."""
_PAPERS: Final = ("document", "slip", "instruction")
"""The fields in which a fact names a paper by its number."""


@dataclass(frozen=True)
class Place:
    """An event in the record."""

    stream: UUID
    version: int


@dataclass(frozen=True)
class Entry:
    """What one event adds to one account, or takes from it."""

    account: str
    source: str
    county: str
    """Whose hands the account is kept for; empty: the city's."""
    amount: Money
    """Below zero where the event takes it away."""
    on: date
    topic: str
    event: Place
    case: UUID | None
    firm: str
    batch: str
    """The firm's; empty where no firm is concerned."""
    case_events: tuple[Place, ...]
    """What the same command recorded in the firm's case."""
    papers: tuple[str, ...]
    """Numbers of documents, slips and instructions, and the hashes of what was handed in."""


@dataclass(frozen=True)
class BatchBalance:
    """What of one source, in one pair of hands, went to the firms of one batch."""

    source: str
    county: str
    batch: str
    committed: Money
    paid: Money
    recovered: Money


FactsOf = Callable[[UUID], Sequence[Fact]]
"""All facts of a firm's case."""


def entries(facts: Iterable[FundFact], facts_of: FactsOf, until: date | None = None) -> Iterator[Entry]:
    """Every entry up to the end of a day, in the order of the events; added up by account they are its balance."""
    told: dict[UUID, tuple[CaseFile, Sequence[Fact]]] = {}
    for fact in facts:
        if until is not None and china_day(fact.timestamp) > until:
            return
        if not isinstance(fact, Posting):
            continue
        case: UUID | None = getattr(fact, "case", None)
        firm, beside = None, list[Fact]()
        if case is not None:
            if case not in told:
                own = facts_of(case)
                told[case] = CaseFile.folded(case, own), own
            firm, own = told[case]
            beside = [one for one in own if one.command_id == fact.command_id]
        named = [str(getattr(one, name, "")) for one in (fact, *beside) for name in _PAPERS]
        papers = tuple(dict.fromkeys(paper for paper in (*named, *fact.evidence) if paper))
        for account, amount in accounts_of(fact):
            yield Entry(
                account=account.name,
                source=account.source,
                county=account.county,
                amount=-amount if account.name in CREDITED else amount,
                on=china_day(fact.timestamp),
                topic=fact.TOPIC,
                event=Place(fact.originator_id, fact.originator_version),
                case=case,
                firm=firm.firm if firm else "",
                batch=firm.batch_code if firm else "",
                case_events=tuple(Place(one.originator_id, one.originator_version) for one in beside),
                papers=papers,
            )


def behind(
    told: Iterable[Entry], account: str, *, source: str = "", county: str | None = None, batch: str = ""
) -> tuple[Entry, ...]:
    """The entries that a figure is made of; ``county`` empty means the city's own hands, None every hand."""
    return tuple(
        one
        for one in told
        if one.account == account
        and source in ("", one.source)
        and county in (None, one.county)
        and batch in ("", one.batch)
    )


def by_batch(told: Iterable[Entry]) -> tuple[BatchBalance, ...]:
    """Source by source, hand by hand and batch by batch, in the order in which the fund first heard of them."""
    kept: dict[tuple[str, str, str], dict[str, Money]] = {}
    for one in told:
        if one.account in OF_FIRMS and one.case is not None:
            own = kept.setdefault((one.source, one.county, one.batch), dict.fromkeys(OF_FIRMS, ZERO))
            own[one.account] += one.amount
    return tuple(BatchBalance(*at, *(own[name] for name in OF_FIRMS)) for at, own in kept.items())
