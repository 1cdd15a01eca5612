"""企业资金: what each firm is entitled to, was granted, has received and has given back; and their sums."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Index,
    RowMapping,
    Table,
    Text,
    Uuid,
    func,
    select,
)

from domain.case.file import Subsidy
from domain.money import ZERO, Money
from domain.spend import Entitlement
from projections.cases import CASES
from projections.stretch import Standing, Stretch
from projections.tables import METADATA, add, among, put

FIRMS: Final = Table(
    "money_of_firms",
    METADATA,
    Column("case_id", Uuid, primary_key=True),
    Column("city", Text, nullable=False),
    Column("programme", Text, nullable=False),
    Column("entitled", BigInteger, nullable=False),
    Column("approved", BigInteger, nullable=False),
    Column("paid", BigInteger, nullable=False),
    Column("to_recover", BigInteger, nullable=False),
    Column("recovered", BigInteger, nullable=False),
)
Index("money_of_firms_by_programme", FIRMS.c.city, FIRMS.c.programme, FIRMS.c.case_id)

SUMS: Final = Table(
    "money_sums",
    METADATA,
    Column("city", Text, primary_key=True),
    Column("programme", Text, primary_key=True),
    Column("batch_code", Text, primary_key=True),
    Column("county", Text, primary_key=True),
    Column("entitled", BigInteger, nullable=False),
    Column("approved", BigInteger, nullable=False),
    Column("paid", BigInteger, nullable=False),
    Column("to_recover", BigInteger, nullable=False),
    Column("recovered", BigInteger, nullable=False),
)

_AMOUNTS: Final = ("entitled", "approved", "paid", "to_recover", "recovered")
_GRANTED: Final = (Subsidy.APPROVED, Subsidy.INSTRUCTED)
"""Promised, and not yet received."""


def restore(connection: Connection, standings: Mapping[UUID, Standing]) -> None:
    """Give the standings their money back."""
    for row in connection.execute(select(FIRMS).where(among(FIRMS.c.case_id, standings))).mappings():
        standing = standings[row["case_id"]]
        # Of the working only its result is shown; the whole of it lies in the event.
        standing.entitlement = Entitlement(Money(row["entitled"]), ZERO, (), "", ZERO, ())
        standing.paid = Money(row["paid"])
        standing.approved = Money(row["approved"] - row["paid"])
        standing.to_recover = Money(row["to_recover"])
        standing.refunded = Money(row["recovered"])


def fold(connection: Connection, stretch: Stretch) -> None:
    """Write the money of the touched firms, in fen, and what it changes in the sums."""
    rows: list[dict[str, Any]] = []
    changes: dict[tuple[str, str, str, str], dict[str, int]] = {}
    for touched in stretch.cases:
        before, now = touched.before, touched.now
        if now.entitlement is None:
            continue
        had, has = _amounts(before), _amounts(now)
        worked_out = before is not None and before.entitlement is not None
        if worked_out and had == has:
            continue  # but nothing due is told too, once it is worked out
        rows.append({"case_id": now.id, "city": now.city, "programme": now.programme, **has})
        place = (now.city, now.programme, now.batch_code, now.county)
        held = changes.setdefault(place, dict.fromkeys(_AMOUNTS, 0))
        for name in _AMOUNTS:
            held[name] += has[name] - had[name]
    put(connection, FIRMS, rows)
    keys = [column.name for column in SUMS.primary_key]
    add(connection, SUMS, [{**dict(zip(keys, place, strict=True)), **held} for place, held in changes.items()])


def _amounts(case: Standing | None) -> dict[str, int]:
    if case is None or case.entitlement is None:
        return dict.fromkeys(_AMOUNTS, 0)
    entitled = case.entitlement.amount.fen
    return {
        "entitled": entitled,
        "approved": case.paid.fen + (case.approved.fen if case.subsidy in _GRANTED else 0),
        "paid": case.paid.fen,
        "to_recover": case.to_recover.fen,
        "recovered": case.refunded.fen,
    }


@dataclass(frozen=True)
class Amounts:
    """The money of one firm, or of many."""

    entitled: Money
    """核定补贴."""
    approved: Money
    """Granted and not taken back; nothing when the firm left before it was paid. What is paid is part of it."""
    paid: Money
    to_recover: Money
    """追缴, as announced and then as decided."""
    recovered: Money
    """Paid back by the firm."""

    @property
    def committed(self) -> Money:
        """Granted, not yet paid."""
        return self.approved - self.paid

    @property
    def left_to_recover(self) -> Money:
        """Still to come back."""
        return self.to_recover - self.recovered


@dataclass(frozen=True)
class FirmMoney:
    """One firm's money."""

    case_id: UUID
    credit_code: str
    firm: str
    county: str
    amounts: Amounts


def of_case(engine: Engine, case: UUID) -> FirmMoney | None:
    """One firm's money; None before its subsidy was worked out."""
    with engine.connect() as connection:
        row = connection.execute(_ASKED.where(FIRMS.c.case_id == case)).mappings().first()
    return None if row is None else _firm(row)


def of_firms(
    engine: Engine, city: str, programme: str, *, after: UUID | None = None, limit: int = 50
) -> tuple[FirmMoney, ...]:
    """One page of a programme's firms with a subsidy, in order of case id; ``after`` is the last of the page before."""
    asked = _ASKED.where(FIRMS.c.city == city, FIRMS.c.programme == programme)
    if after is not None:
        asked = asked.where(FIRMS.c.case_id > after)
    with engine.connect() as connection:
        rows = connection.execute(asked.order_by(FIRMS.c.case_id).limit(limit)).mappings().all()
    return tuple(_firm(row) for row in rows)


def sums(engine: Engine, city: str, programme: str, *, batch_code: str = "", county: str = "") -> Amounts:
    """The money of all firms of a programme; of one batch or county where one is named."""
    asked = select(*(func.coalesce(func.sum(SUMS.c[name]), 0) for name in _AMOUNTS))
    asked = asked.where(SUMS.c.city == city, SUMS.c.programme == programme)
    if batch_code:
        asked = asked.where(SUMS.c.batch_code == batch_code)
    if county:
        asked = asked.where(SUMS.c.county == county)
    with engine.connect() as connection:
        return Amounts(*(Money(int(fen)) for fen in connection.execute(asked).one()))


_ASKED: Final = select(FIRMS, CASES.c.credit_code, CASES.c.firm, CASES.c.county).join(
    CASES, CASES.c.id == FIRMS.c.case_id
)


def _firm(row: RowMapping) -> FirmMoney:
    amounts = Amounts(*(Money(row[name]) for name in _AMOUNTS))
    return FirmMoney(row["case_id"], row["credit_code"], row["firm"], row["county"], amounts)
