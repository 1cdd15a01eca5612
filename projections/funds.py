"""资金账: the accounts of each fund, city × programme × budget line, reconciled with what the firms' cases say."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from eventsourcing.domain import OriginatorVersionError
from sqlalchemy import BigInteger, Column, Connection, Engine, Table, Text, Uuid, func, select

from domain.fund.file import RETROFIT_LINE, Account, Fund, FundAppropriated, FundFact, Posting
from domain.money import Money
from projections.money import SUMS
from projections.stretch import Stretch
from projections.tables import METADATA, among, put

FUNDS: Final = Table(
    "funds",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("last_position", BigInteger, nullable=False),
    Column("city", Text, nullable=False),
    Column("programme", Text, nullable=False),
    Column("line", Text, nullable=False),
)
ACCOUNTS: Final = Table(
    "fund_accounts",
    METADATA,
    Column("fund", Uuid, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("county", Text, primary_key=True),
    Column("fen", BigInteger, nullable=False),
)
"""Debits less credits."""

_WHOSE: Final = ("id", "city", "programme", "line")
_BALANCES: Final = ("appropriated", "available", "allocated", "committed", "paid", "recovered")


def fold(connection: Connection, stretch: Stretch) -> None:
    """Write the accounts of the touched funds, in fen.

    The accounts are kept here, not who holds what of them: a fund of sixty thousand firms stays small.
    """
    funds = _restore(connection, {fact.originator_id for _, fact in stretch.money})
    last: dict[UUID, int] = {}
    for position, fact in stretch.money:
        _take(funds[fact.originator_id], fact)
        last[fact.originator_id] = position
    put(connection, FUNDS, [_row(fund, last[fund.id]) for fund in funds.values()])
    put(connection, ACCOUNTS, [row for fund in funds.values() for row in _accounts(fund)])


def _take(fund: Fund, fact: FundFact) -> None:
    if fact.originator_version != fund.version + 1:
        raise OriginatorVersionError(fact.originator_version, fund.version + 1)
    fund.version = fact.originator_version
    if isinstance(fact, FundAppropriated):
        fund.city, fund.programme, fund.line = fact.city, fact.programme, fact.line
    if isinstance(fact, Posting):
        fund.post(fact)


def _restore(connection: Connection, ids: Collection[UUID]) -> dict[UUID, Fund]:
    funds = {id_: Fund.fresh(id_) for id_ in ids}
    if funds:
        for row in connection.execute(select(FUNDS).where(among(FUNDS.c.id, funds))).mappings():
            for name in ("version", *_WHOSE[1:]):
                setattr(funds[row["id"]], name, row[name])
        for row in connection.execute(select(ACCOUNTS).where(among(ACCOUNTS.c.fund, funds))).mappings():
            funds[row["fund"]].books[Account(row["name"], row["source"], row["county"])] = Money(row["fen"])
    return funds


def _row(fund: Fund, position: int) -> dict[str, Any]:
    whose = {name: getattr(fund, name) for name in _WHOSE}
    return {"version": fund.version, "last_position": position, **whose}


def _accounts(fund: Fund) -> list[dict[str, Any]]:
    return [{"fund": fund.id, **account._asdict(), "fen": amount.fen} for account, amount in fund.books.items()]


@dataclass(frozen=True)
class FundAccount:
    """One budget line of a city's programme."""

    id: UUID
    city: str
    programme: str
    line: str
    appropriated: Money
    available: Money
    allocated: Money
    """In the counties' hands, for no firm yet."""
    committed: Money
    """Granted to firms, not yet paid."""
    paid: Money
    recovered: Money
    """Come back from firms, and available again."""
    difference_fen: int
    """Every fen that double entry leaves unexplained, and every fen on which fund and firms disagree; never negative.
    Zero, unless money was lost or a stream is parked."""


def of_city(engine: Engine, city: str) -> tuple[FundAccount, ...]:
    """A city's funds, each reconciled with its firms' cases."""
    asked = select(FUNDS.c.id).where(FUNDS.c.city == city).order_by(FUNDS.c.programme, FUNDS.c.line)
    with engine.connect() as connection:
        ids = connection.execute(asked).scalars().all()
        funds = _restore(connection, ids)
        return tuple(_account(connection, funds[id_]) for id_ in ids)


def _account(connection: Connection, fund: Fund) -> FundAccount:
    difference = abs(fund.difference.fen)
    if fund.line == RETROFIT_LINE:
        firms = _firms_say(connection, fund.city, fund.programme)
        difference += sum(abs(says - getattr(fund, account).fen) for account, says in firms.items())
    said = {name: getattr(fund, name) for name in (*_WHOSE, *_BALANCES)}
    return FundAccount(**said, difference_fen=difference)


def _firms_say(connection: Connection, city: str, programme: str) -> Mapping[str, int]:
    """Committed, paid and recovered, as the cases of a programme add up."""
    asked = select(func.sum(SUMS.c.approved - SUMS.c.paid), func.sum(SUMS.c.paid), func.sum(SUMS.c.recovered))
    committed, paid, recovered = connection.execute(
        asked.where(SUMS.c.city == city, SUMS.c.programme == programme)
    ).one()
    return {"committed": int(committed or 0), "paid": int(paid or 0), "recovered": int(recovered or 0)}
