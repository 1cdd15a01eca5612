"""对账: a city's money worked out again from the events, at every position of the log, and held against the firms'."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from eventsourcing.domain import OriginatorVersionError

from activities.fault import Fault
from activities.reconcile_rounds import RoundBooks, ordered_by
from domain.case.application import CaseOpened
from domain.case.payout import PartReceived, PaymentReceived
from domain.case.recovery import RefundRecorded
from domain.case.returned import PaymentReturned
from domain.commands import Receipt
from domain.fund.file import (
    CREDITED,
    Account,
    CountySettled,
    Fund,
    FundAppropriated,
    FundFact,
    OnDocument,
    Posting,
    sum_of,
)
from domain.money import ZERO, total
from domain.payout_round.file import PayoutPlanDrawn
from domain.rejections import Rejection
from eventstore.store import Entry, EventStore

_STRETCH: Final = 2_000
_ACCOUNTS: Final = ("appropriation", "available", "allocated", "committed", "paid", "recovered")

Programme = tuple[str, str]
"""City and programme."""


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
    """Read the whole log up to where it ends now; of one programme, or of all the city has.

    Whether the record is whole (no event missing, none added) is looked at for all of it, whosever it is.
    """
    end = store.last_position()
    books, outcome = _Books(store, city, programme), Reconciled(checked_positions=end)
    for entries, receipt in _by_command(store, end):
        outcome.faults += books.take_all(entries, receipt)
    outcome.faults += [
        Fault(lost.position, f"命令 {lost.command_id} 的事件不在事件库中", 0)
        for lost in store.receipts_without_events()
    ]
    outcome.faults += books.disagreements_within(end)
    return outcome


def _by_command(store: EventStore, end: int) -> Iterator[tuple[list[Entry], Receipt | None]]:
    """The log's events, command by command, with the receipt that ends where they end.

    What cannot be read goes with what stands before it.
    """
    held: list[Entry] = []
    receipts: dict[int, Receipt] = {}
    position = 0
    while position < end:
        read = store.read(position, min(_STRETCH, end - position))
        receipts |= {receipt.position: receipt for receipt in store.receipts(position, read[-1].position)}
        for entry in read:
            command = _command_of(held)
            if command is not None and entry.fact is not None and entry.fact.command_id != command:
                yield held, receipts.pop(held[-1].position, None)
                held = []
            held.append(entry)
        position = read[-1].position
    if held:
        yield held, receipts.pop(held[-1].position, None)


def _command_of(entries: Sequence[Entry]) -> UUID | None:
    return next((entry.fact.command_id for entry in entries if entry.fact is not None), None)


class _Books:
    """Four ways to keep the same money: the fund's own fold, its double entry, the firms' cases, and the rounds."""

    def __init__(self, store: EventStore, city: str, programme: str) -> None:
        self._store = store
        self._rounds = RoundBooks()
        self._versions: dict[UUID, int] = {}
        self._city = city
        self._programme = programme
        self._home: dict[UUID, Programme] = {}
        self._funds: dict[UUID, Fund] = {}
        self._accounts: dict[UUID, Counter[str]] = {}
        self._firms: dict[Programme, Counter[str]] = {}
        self._touched: set[Programme] = set()

    def take_all(self, entries: Sequence[Entry], receipt: Receipt | None) -> list[Fault]:
        """Book what one command wrote, in the round, the fund and the cases, and hold them against each other."""
        faults = [
            Fault(entry.position, f"事件读不出：{entry.fault}", 0) for entry in entries if entry.fact is None
        ] + self._wholeness(entries, receipt)
        for entry in entries:
            self._know(entry)
        ours = [entry for entry in entries if entry.stream in self._home]
        if not ours:
            return faults
        faults += self._rounds.take(ours, self._funds)
        for entry in ours:
            faults += self._take(entry)
        settles = any(isinstance(entry.fact, CountySettled) for entry in ours)
        for entry in ours:
            if isinstance(entry.fact, OnDocument) and not settles:
                faults += self._as_ordered(entry, entry.fact)
        # Case and fund book in one transaction, so behind a command their books must agree.
        return faults + self._disagreements_with_firms(entries[-1].position)

    def _wholeness(self, entries: Sequence[Entry], receipt: Receipt | None) -> list[Fault]:
        """No event missing or added: each stream counts without a gap, each command has what its receipt says."""
        faults, last = [], entries[-1]
        for entry in entries:
            if entry.version != self._versions.get(entry.stream, 0) + 1:
                faults.append(Fault(entry.position, f"事件流 {entry.stream} 在第 {entry.version} 号前有事件缺失", 0))
            self._versions[entry.stream] = entry.version
        command = _command_of(entries)
        told = (receipt.command_id, receipt.events) if receipt is not None else None
        if command is not None and told != (command, tuple(entry.topic for entry in entries)):
            faults.append(Fault(last.position, f"命令 {command} 的事件与其回执不一致：有事件缺失或多出", 0))
        return faults

    def _as_ordered(self, entry: Entry, fact: OnDocument) -> list[Fault]:
        """A budget document's event rests on no other row: it must say what the command said."""
        fund = self._funds[entry.stream]
        try:
            self._store.receipt(ordered_by(fact, fund))
        except (Rejection, ValueError):
            return [Fault(entry.position, f"文件“{fact.document}”的事件与办理时的命令不一致", 0)]
        return []

    def _know(self, entry: Entry) -> None:
        """Whose stream it is."""
        fact = entry.fact
        if isinstance(fact, CaseOpened | FundAppropriated | PayoutPlanDrawn) and self._is_ours(
            fact.city, fact.programme
        ):
            self._home[entry.stream] = (fact.city, fact.programme)

    def _take(self, entry: Entry) -> list[Fault]:
        """Book one event; what does not add up within the fund."""
        fact = entry.fact
        home = self._home[entry.stream]
        match fact:
            case PaymentReceived() | PartReceived():
                self._firms.setdefault(home, Counter())["paid"] += fact.amount.fen
            case PaymentReturned():
                self._firms.setdefault(home, Counter())["paid"] -= fact.amount.fen
            case RefundRecorded():
                self._firms.setdefault(home, Counter())["recovered"] += fact.amount.fen
            case FundFact():
                return self._post(entry, fact, home)
            case _:
                return []
        self._touched.add(home)
        return []

    def _disagreements_with_firms(self, position: int) -> list[Fault]:
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
