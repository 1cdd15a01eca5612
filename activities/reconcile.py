"""对账: a city's money worked out again from the events, at every position of the log, and held against the firms'."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from eventsourcing.domain import OriginatorVersionError

from domain.case.payout import PaymentReceived
from domain.case.recovery import RefundRecorded
from domain.case.selection import CaseOpened
from domain.fund import Fund, FundAppropriated, Posting
from eventstore.store import Entry, EventStore

_STRETCH: Final = 2_000

Programme = tuple[str, str]
"""City and programme."""


@dataclass(frozen=True)
class Fault:
    """A place in the log behind which the books do not agree."""

    position: int
    what: str
    """In Chinese."""
    difference_fen: int
    """How much; 0 for an event that cannot be read."""


@dataclass
class Reconciled:
    """What a reconciliation came to."""

    checked_positions: int = 0
    faults: list[Fault] = field(default_factory=list)

    @property
    def difference_fen(self) -> int:
        """The largest difference at any position; anything but zero is a fault."""
        return max((fault.difference_fen for fault in self.faults), default=0)


def reconcile(store: EventStore, city: str, programme: str = "") -> Reconciled:
    """Read the whole log up to where it ends now; of one programme, or of all the city has."""
    books, outcome, end = _Books(city, programme), Reconciled(), store.last_position()
    command: UUID | None = None
    while outcome.checked_positions < end:
        for entry in store.read(outcome.checked_positions, min(_STRETCH, end - outcome.checked_positions)):
            if entry.fact is None:
                outcome.faults.append(Fault(entry.position, f"事件读不出：{entry.fault}", 0))
            elif entry.fact.command_id != command:
                # Case and fund book in one transaction, so between two commands their books must agree.
                outcome.faults += books.disagreements_with_firms(entry.position - 1)
                command = entry.fact.command_id
            outcome.faults += books.take(entry)
            outcome.checked_positions = entry.position
    outcome.faults += books.disagreements_with_firms(end)
    return outcome


class _Books:
    """Three ways to keep the same money: the fund's own fold, its postings as double entry, and the firms' cases."""

    def __init__(self, city: str, programme: str) -> None:
        self._city = city
        self._programme = programme
        self._home: dict[UUID, Programme] = {}
        self._funds: dict[UUID, Fund] = {}
        self._accounts: dict[UUID, Counter[str]] = {}
        self._firms: dict[Programme, Counter[str]] = {}
        self._touched: set[Programme] = set()

    def take(self, entry: Entry) -> list[Fault]:
        """Book one event; what does not add up within the fund."""
        fact = entry.fact
        if isinstance(fact, CaseOpened | FundAppropriated) and self._is_ours(fact.city, fact.programme):
            self._home[entry.stream] = (fact.city, fact.programme)
        if fact is None or entry.stream not in self._home:
            return []
        home = self._home[entry.stream]
        match fact:
            case PaymentReceived():
                self._firms.setdefault(home, Counter())["paid"] += fact.amount.fen
            case RefundRecorded():
                self._firms.setdefault(home, Counter())["recovered"] += fact.amount.fen
            case Posting():
                return self._post(entry, fact, home)
            case _:
                return []
        self._touched.add(home)
        return []

    def disagreements_with_firms(self, position: int) -> list[Fault]:
        """What the firms' cases say they received and gave back, beside what the funds say."""
        faults = []
        for home in self._touched:
            firms = self._firms.get(home, Counter())
            for account, name in (("paid", "已拨付"), ("recovered", "已追缴")):
                books = sum(
                    int(getattr(fund, account).fen)
                    for stream, fund in self._funds.items()
                    if self._home[stream] == home
                )
                if books != firms[account]:
                    what = f"项目 {home[1]} 资金账{name} {books} 分，各企业档案合计 {firms[account]} 分"
                    faults.append(Fault(position, what, abs(books - firms[account])))
        self._touched.clear()
        return faults

    def _is_ours(self, city: str, programme: str) -> bool:
        return city == self._city and self._programme in ("", programme)

    def _post(self, entry: Entry, posting: Posting, home: Programme) -> list[Fault]:
        fund = self._funds.setdefault(entry.stream, Fund.fresh(entry.stream))
        accounts = self._accounts.setdefault(entry.stream, Counter())
        try:
            posting.mutate(fund)
        except (LookupError, OriginatorVersionError):
            return [Fault(entry.position, "资金事件前后接不上：有事件缺失或多出", posting.amount.fen)]
        accounts[posting.debit] += posting.amount.fen
        accounts[posting.credit] -= posting.amount.fen
        self._touched.add(home)
        kept = {
            "appropriation": -fund.appropriated.fen,
            "available": fund.available.fen,
            "committed": fund.committed.fen,
            "paid": fund.paid.fen,
            "recovered": -fund.recovered.fen,
        }
        faults = [
            Fault(entry.position, f"账户 {name} 记 {fen} 分，按借贷应为 {accounts[name]} 分", abs(fen - accounts[name]))
            for name, fen in kept.items()
            if fen != accounts[name]
        ]
        if fund.difference.fen:
            faults.append(Fault(entry.position, "借贷不平", abs(fund.difference.fen)))
        faults += [
            Fault(entry.position, f"账户 {name} 为负", -kept[name])
            for name in ("available", "committed", "paid")
            if kept[name] < 0
        ]
        return faults
