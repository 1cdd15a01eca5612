"""资金账: one budget line of one city, kept as double entry by source and county; integer fen, nothing overspent.

Accounts: ``appropriation`` (what documents brought), ``available``, ``allocated`` (at a county, for nobody yet),
``committed``, ``paid``, ``recovered``. At every position, for every source:
appropriated = available + allocated + committed + paid - recovered. What gives is credited, what receives is debited;
``appropriation`` and ``recovered`` are credits, the others are debits and never negative.

A county's own ledger: what was allocated to it less what was taken back = what is paid out of it + what is not yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar, Final, NamedTuple
from uuid import UUID

from domain.money import ZERO, Money, total
from domain.record import Fact, File

RETROFIT_LINE: Final = "retrofit"
"""支持开展中小企业数字化改造: the budget line that firms' subsidies are paid from."""


class Source(StrEnum):
    """Whose money it is: 中央, 省, 市, 县区."""

    CENTRAL = "central"
    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"


@dataclass(frozen=True)
class Part:
    """What one source bears of an amount."""

    source: str
    """A ``Source``; kept as a word, so that the record can be read whatever sources there will be."""
    amount: Money


class Account(NamedTuple):
    """One account of a line. ``county`` is the one that holds or pays the money; empty where the city does."""

    name: str
    source: str
    county: str = ""


def sum_of(parts: Iterable[Part]) -> Money:
    """What the sources bear together."""
    return total(part.amount for part in parts)


class Fund(File):
    """One budget line of one city."""

    def blank(self) -> None:
        self.city = ""
        self.programme = ""
        self.line = ""
        self.documents: tuple[OnDocument | CountySettled, ...] = ()
        self.books: dict[Account, Money] = {}
        """Debits less credits."""
        self.committed_to: dict[UUID, FundCommitted | FundReturned] = {}
        self.paid_to: dict[UUID, dict[str, Money]] = {}
        """What each source has paid to a case and not got back."""
        self.payments: dict[str, FundPaid] = {}
        """By instruction, as far as the firms have them."""

    def post(self, posting: Posting) -> None:
        """Move each source's part from the account that gives to the account that receives."""
        for account, amount in accounts_of(posting):
            self.books[account] = self.books.get(account, ZERO) + amount

    def owe(self, case: UUID, parts: Iterable[Part]) -> None:
        """A firm has received so much of each source's money."""
        held = self.paid_to.setdefault(case, {})
        for part in parts:
            held[part.source] = held.get(part.source, ZERO) + part.amount

    def repay(self, case: UUID, parts: Iterable[Part]) -> None:
        """A firm has given back, or never had, so much of each source's money."""
        for part in parts:
            self.paid_to[case][part.source] -= part.amount

    def balance(self, name: str, source: str | None = None, county: str | None = None) -> Money:
        """What lies on the accounts of this name; credits count as positive where they are what the account is for."""
        held = total(
            amount
            for account, amount in self.books.items()
            if account.name == name and source in (None, account.source) and county in (None, account.county)
        )
        return -held if name in CREDITED else held

    @property
    def appropriated(self) -> Money:
        """What budget documents brought, less what they took away again."""
        return self.balance("appropriation")

    @property
    def available(self) -> Money:
        """In the city's hands, for nobody yet."""
        return self.balance("available")

    @property
    def allocated(self) -> Money:
        """In the counties' hands, for nobody yet."""
        return self.balance("allocated")

    @property
    def committed(self) -> Money:
        """Approved for firms, not yet received."""
        return self.balance("committed")

    @property
    def paid(self) -> Money:
        """Received by firms."""
        return self.balance("paid")

    @property
    def recovered(self) -> Money:
        """Come back from firms."""
        return self.balance("recovered")

    @property
    def difference(self) -> Money:
        """What double entry leaves unexplained; always zero."""
        return self.appropriated - self.available - self.allocated - self.committed - self.paid + self.recovered

    @property
    def sources(self) -> tuple[str, ...]:
        """Those whose money ever came, in the order of the table."""
        came = {account.source for account in self.books if account.name == "appropriation"}
        return tuple(source for source in Source if source in came)

    def allocates_to(self, county: str) -> bool:
        """Whether this county has ever been given money of this line to pay out."""
        return any(account.name == "allocated" and account.county == county for account in self.books)

    def outstanding(self, case: UUID) -> Money:
        """What a case received and has not given back."""
        return total(self.paid_to.get(case, {}).values())


CREDITED: Final = frozenset({"appropriation", "recovered"})
"""Accounts that give: their credits count as positive."""
_AT_THE_COUNTY: Final = frozenset({"allocated", "committed", "paid"})
"""Accounts that are kept by county; the others are the city's."""


def accounts_of(posting: Posting) -> Iterator[tuple[Account, Money]]:
    """The accounts that a posting moves, each with its debit, or its credit below zero."""
    for part in posting.parts:
        for name, amount in ((posting.debit, part.amount), (posting.credit, -part.amount)):
            yield Account(name, part.source, posting.county if name in _AT_THE_COUNTY else ""), amount


class FundFact(Fact):
    """Something that happened to a fund."""


class Posting(FundFact):
    """One movement between two accounts of the fund, source by source."""

    SIDES: ClassVar[frozenset[tuple[str, str]]]
    """Which account may receive from which, where it is this kind of movement."""
    class_version: ClassVar[int] = 2
    debit: str
    """The account that receives."""
    credit: str
    """The account that gives."""
    amount: Money
    county: str
    """Whose allocation is moved; empty where it is the city's own balance."""
    parts: tuple[Part, ...]
    """They add up to the amount."""

    def fold(self, file: Fund) -> None:
        file.post(self)

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        """Version 1 told no sources apart and knew no county: its only money was central, in the city's hands."""
        state["county"] = ""
        state["parts"] = [{"source": state.get("source", "central"), "amount": state["amount"]}]


class OnDocument(Posting):
    """A movement that a numbered document orders."""

    document: str

    def fold(self, file: Fund) -> None:
        file.post(self)
        file.documents = (*file.documents, self)


class FundAppropriated(OnDocument):
    """指标下达: the money became available, on a document."""

    TOPIC: ClassVar[str] = "fund.appropriated"
    SIDES = frozenset({("available", "appropriation")})
    city: str
    programme: str
    line: str
    source: str
    """central, province, city or county."""

    def fold(self, file: Fund) -> None:
        file.post(self)
        file.documents = (*file.documents, self)
        file.city = self.city
        file.programme = self.programme
        file.line = self.line


class FundWithdrawn(OnDocument):
    """指标收回: a document took money away again that nobody held yet."""

    TOPIC: ClassVar[str] = "fund.withdrawn"
    SIDES = frozenset({("appropriation", "available")})
    class_version: ClassVar[int] = 1


class FundAllocated(OnDocument):
    """预下达: a county holds the money for its firms. An allocation, no payment."""

    TOPIC: ClassVar[str] = "fund.allocated"
    SIDES = frozenset({("allocated", "available")})
    class_version: ClassVar[int] = 1


class FundTakenBack(OnDocument):
    """收回预下达: what a county holds for nobody returns to the city."""

    TOPIC: ClassVar[str] = "fund.taken-back"
    SIDES = frozenset({("available", "allocated")})
    class_version: ClassVar[int] = 1


class FundCommitted(Posting):
    """An approved subsidy took its share of what was available, in the city's hands or in its county's."""

    TOPIC: ClassVar[str] = "fund.committed"
    SIDES = frozenset({("committed", "available"), ("committed", "allocated")})
    case: UUID

    def fold(self, file: Fund) -> None:
        file.post(self)
        file.committed_to[self.case] = self


class FundReleased(Posting):
    """A commitment was given back without being paid (退出、取消资格)."""

    TOPIC: ClassVar[str] = "fund.released"
    SIDES = frozenset({("available", "committed"), ("allocated", "committed")})
    case: UUID

    def fold(self, file: Fund) -> None:
        file.post(self)
        file.committed_to.pop(self.case)


class FundPaid(Posting):
    """到账: the firm has received what was committed."""

    TOPIC: ClassVar[str] = "fund.paid"
    SIDES = frozenset({("paid", "committed")})
    case: UUID
    instruction: str

    def fold(self, file: Fund) -> None:
        file.post(self)
        file.committed_to.pop(self.case)
        file.owe(self.case, self.parts)
        file.payments[self.instruction] = self


class FundReturned(Posting):
    """到账后退票: the bank sent a payment back after its receipt; the money is set aside for its firm again."""

    TOPIC: ClassVar[str] = "fund.payment-returned"
    SIDES = frozenset({("committed", "paid")})
    class_version: ClassVar[int] = 1
    case: UUID
    instruction: str

    def fold(self, file: Fund) -> None:
        file.post(self)
        file.committed_to[self.case] = self
        file.payments.pop(self.instruction)
        file.repay(self.case, self.parts)


class FundRecovered(Posting):
    """追缴到账: money came back from the firm and is available again to the sources that had paid it."""

    TOPIC: ClassVar[str] = "fund.recovered"
    SIDES = frozenset({("available", "recovered")})
    case: UUID

    def fold(self, file: Fund) -> None:
        file.post(self)
        file.repay(self.case, self.parts)


class CountySettled(FundFact):
    """清算: what a county was given and what it paid out were held against each other, and what is left has its way."""

    TOPIC: ClassVar[str] = "fund.county-settled"
    county: str
    document: str
    paid: tuple[Part, ...]
    surplus: tuple[Part, ...]
    """What was left, by source."""
    carried: bool
    """Whether the county keeps the surplus for the next round (结转); otherwise it was taken back (收回)."""

    def fold(self, file: Fund) -> None:
        file.documents = (*file.documents, self)


EVENTS = (
    FundAppropriated,
    FundWithdrawn,
    FundAllocated,
    FundTakenBack,
    FundCommitted,
    FundReleased,
    FundPaid,
    FundReturned,
    FundRecovered,
    CountySettled,
)
