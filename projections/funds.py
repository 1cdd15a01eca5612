"""资金账: the accounts of each fund, city × programme × budget line, reconciled with what the firms' cases say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, Column, Connection, Engine, Table, Text, Uuid, func, select

from domain.fund import RETROFIT_LINE, Fund
from domain.money import ZERO, Money
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
    Column("appropriated", BigInteger, nullable=False),
    Column("available", BigInteger, nullable=False),
    Column("committed", BigInteger, nullable=False),
    Column("paid", BigInteger, nullable=False),
    Column("recovered", BigInteger, nullable=False),
)

_NAMED: Final = ("version", "city", "programme", "line")
_ACCOUNTS: Final = ("appropriated", "available", "committed", "paid", "recovered")


def fold(connection: Connection, stretch: Stretch) -> None:
    """Write the accounts of the touched funds, in fen."""
    funds = _restore(connection, {posting.originator_id for _, posting in stretch.postings})
    last: dict[UUID, int] = {}
    for position, posting in stretch.postings:
        fund = funds[posting.originator_id]
        case = getattr(posting, "case", None)
        if case is not None:
            # The accounts are kept here, not who holds what of them: a fund of sixty thousand firms stays small.
            fund.committed_to.setdefault(case, posting.amount)
            fund.paid_to.setdefault(case, ZERO)
        posting.mutate(fund)
        last[posting.originator_id] = position
    put(connection, FUNDS, [_row(fund, last[fund.id]) for fund in funds.values()])


def _restore(connection: Connection, ids: set[UUID]) -> dict[UUID, Fund]:
    funds = {id_: Fund.fresh(id_) for id_ in ids}
    if funds:
        for row in connection.execute(select(FUNDS).where(among(FUNDS.c.id, funds))).mappings():
            for name in _NAMED:
                setattr(funds[row["id"]], name, row[name])
            for account in _ACCOUNTS:
                setattr(funds[row["id"]], account, Money(row[account]))
    return funds


def _row(fund: Fund, position: int) -> dict[str, Any]:
    named = {name: getattr(fund, name) for name in _NAMED}
    accounts = {account: getattr(fund, account).fen for account in _ACCOUNTS}
    return {"id": fund.id, "last_position": position, **named, **accounts}


@dataclass(frozen=True)
class FundAccount:
    """One budget line of a city's programme."""

    id: UUID
    city: str
    programme: str
    line: str
    appropriated: Money
    available: Money
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
    asked = select(FUNDS).where(FUNDS.c.city == city).order_by(FUNDS.c.programme, FUNDS.c.line)
    with engine.connect() as connection:
        rows = connection.execute(asked).mappings().all()
        return tuple(_account(connection, dict(row)) for row in rows)


def _account(connection: Connection, row: dict[str, Any]) -> FundAccount:
    fen = {account: row[account] for account in _ACCOUNTS}
    difference = abs(fen["appropriated"] - fen["available"] - fen["committed"] - fen["paid"] + fen["recovered"])
    if row["line"] == RETROFIT_LINE:
        firms = _firms_say(connection, row["city"], row["programme"])
        difference += sum(abs(says - fen[account]) for account, says in firms.items())
    named = {name: row[name] for name in ("id", "city", "programme", "line")}
    accounts: dict[str, Any] = {account: Money(amount) for account, amount in fen.items()}
    return FundAccount(**named, **accounts, difference_fen=difference)


def _firms_say(connection: Connection, city: str, programme: str) -> dict[str, int]:
    """Committed, paid and recovered, as the cases of a programme add up."""
    asked = select(func.sum(SUMS.c.approved - SUMS.c.paid), func.sum(SUMS.c.paid), func.sum(SUMS.c.recovered))
    committed, paid, recovered = connection.execute(
        asked.where(SUMS.c.city == city, SUMS.c.programme == programme)
    ).one()
    return {"committed": int(committed or 0), "paid": int(paid or 0), "recovered": int(recovered or 0)}
