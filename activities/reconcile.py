"""对账: a city's money worked out again from the events, at every position of the log, and held against the firms'."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from eventsourcing.domain import OriginatorVersionError

from domain.case.application import CaseOpened
from domain.case.payout import PartReceived, PaymentReceived
from domain.case.recovery import RefundRecorded
from domain.fund.file import CREDITED, Account, Fund, FundAppropriated, FundFact, Posting, sum_of
from domain.money import ZERO, total
from eventstore.store import Entry, EventStore

_STRETCH: Final = 2_000
_ACCOUNTS: Final = ("appropriation", "available", "allocated", "committed", "paid", "recovered")

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
    outcome.faults += books.disagreements_within(end)
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
            case PaymentReceived() | PartReceived():
                self._firms.setdefault(home, Counter())["paid"] += fact.amount.fen
            case RefundRecorded():
                self._firms.setdefault(home, Counter())["recovered"] += fact.amount.fen
            case FundFact():
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

    def disagreements_within(self, position: int) -> list[Fault]:
        """What each fund holds for its firms one by one, beside what its accounts say."""
        return [fault for fund in self._funds.values() for fault in _held_by_firms(position, fund)]

    def _is_ours(self, city: str, programme: str) -> bool:
        return city == self._city and self._programme in ("", programme)

    def _post(self, entry: Entry, fact: FundFact, home: Programme) -> list[Fault]:
        fund = self._funds.setdefault(entry.stream, Fund.fresh(entry.stream))
        accounts = self._accounts.setdefault(entry.stream, Counter())
        try:
            fact.mutate(fund)
        except (LookupError, OriginatorVersionError):
            return [Fault(entry.position, "资金事件前后接不上：有事件缺失或多出", getattr(fact, "amount", ZERO).fen)]
        self._touched.add(home)
        if not isinstance(fact, Posting):
            return []
        faults = []
        if sum_of(fact.parts) != fact.amount:
            apart = abs((sum_of(fact.parts) - fact.amount).fen)
            faults.append(Fault(entry.position, f"各来源合计与金额 {fact.amount} 元不一致", apart))
        if (fact.debit, fact.credit) not in fact.SIDES:
            what = f"{fact.TOPIC} 不能借记 {fact.debit}、贷记 {fact.credit}"
            faults.append(Fault(entry.position, what, abs(fact.amount.fen)))
        for name, sign in ((fact.debit, 1), (fact.credit, -1)):
            accounts[name] += sign * fact.amount.fen
        faults += [
            Fault(entry.position, f"账户 {name} 记 {fen} 分，按借贷应为 {accounts[name]} 分", abs(fen - accounts[name]))
            for name in _ACCOUNTS
            if (fen := _debit(fund, name)) != accounts[name]
        ]
        if fund.difference.fen:
            faults.append(Fault(entry.position, "借贷不平", abs(fund.difference.fen)))
        faults += [
            Fault(entry.position, f"账户 {_said(account)} 为负", -amount.fen)
            for account, amount in fund.books.items()
            if account.name not in CREDITED and amount < ZERO
        ]
        return faults


def _debit(fund: Fund, name: str) -> int:
    return -fund.balance(name).fen if name in CREDITED else fund.balance(name).fen


def _said(account: Account) -> str:
    return "、".join(filter(None, account))


def _held_by_firms(position: int, fund: Fund) -> list[Fault]:
    """What the fund holds for, and has paid to, each firm, beside its accounts."""
    held = total(holding.amount for holding in fund.committed_to.values())
    outstanding = total(fund.outstanding(case) for case in fund.paid_to)
    faults = []
    for name, accounts, firms in (
        ("已占用", fund.committed, held),
        ("已拨付未退", fund.paid - fund.recovered, outstanding),
    ):
        if accounts != firms:
            faults.append(
                Fault(position, f"{name}：账户 {accounts} 元，逐户合计 {firms} 元", abs((accounts - firms).fen))
            )
    return faults
