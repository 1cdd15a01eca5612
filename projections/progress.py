"""How far the read models have read, and which streams are parked because one of their events cannot be folded."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Engine,
    Index,
    Table,
    Text,
    Uuid,
    delete,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from eventstore.store import Entry
from projections.tables import METADATA, put

POSITION: Final = Table(
    "position",
    METADATA,
    Column("sole", Boolean, CheckConstraint("sole"), primary_key=True, autoincrement=False),
    Column("position", BigInteger, nullable=False),
)

PARKED: Final = Table(
    "parked",
    METADATA,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("stream", Uuid, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("topic", Text, nullable=False),
    Column("fault", Text, nullable=False),
)
Index("parked_by_stream", PARKED.c.stream, PARKED.c.position)

_LONGEST_FAULT: Final = 500
_LOOK_AGAIN_SECONDS: Final = 0.02


@dataclass(frozen=True)
class Parked:
    """停放: an event that is in the log and not in the read models."""

    position: int
    stream: UUID
    version: int
    topic: str
    fault: str
    """Why it cannot be folded; empty for one that only waits behind such an event of its stream."""

    @classmethod
    def of(cls, entry: Entry, fault: str) -> Parked:
        """The entry as it is parked."""
        # PostgreSQL stores no zero character, and it may be just that which the fault is about.
        words = fault.replace("\0", "\N{REPLACEMENT CHARACTER}")[:_LONGEST_FAULT]
        return cls(entry.position, entry.stream, entry.version, entry.topic, words)


def start(connection: Connection) -> None:
    """Nothing is read yet; where something is, nothing changes."""
    connection.execute(insert(POSITION).values(sole=True, position=0).on_conflict_do_nothing())


def reached(connection: Connection) -> int:
    """The last position that every read model shows, within a transaction of the caller's."""
    return int(connection.execute(select(POSITION.c.position)).scalar_one())


def reach(connection: Connection, position: int) -> None:
    """Move on, in the transaction that wrote the rows. An older position never overwrites a newer one."""
    connection.execute(update(POSITION).values(position=position).where(POSITION.c.position < position))


def park(connection: Connection, parked: Iterable[Parked]) -> None:
    """Keep what could not be folded."""
    put(connection, PARKED, [vars(one) for one in parked])


def unpark(connection: Connection, position: int) -> None:
    """It is folded now."""
    connection.execute(delete(PARKED).where(PARKED.c.position == position))


def parked_streams(connection: Connection) -> set[UUID]:
    """The streams that have a parked event."""
    return set(connection.execute(select(PARKED.c.stream).distinct()).scalars())


def first_parked(connection: Connection, stream: UUID) -> int | None:
    """The position of a stream's first parked event; None where none is parked."""
    asked = select(PARKED.c.position).where(PARKED.c.stream == stream).order_by(PARKED.c.position).limit(1)
    return connection.execute(asked).scalar_one_or_none()


def position(engine: Engine) -> int:
    """How far the read models have read; 0 at the beginning."""
    with engine.connect() as connection:
        return reached(connection)


def wait_for(engine: Engine, wanted: int, seconds: float) -> bool:
    """Wait until the read models show a receipt's position; False when they still do not after so many seconds."""
    end = time.monotonic() + seconds
    while position(engine) < wanted:
        if time.monotonic() >= end:
            return False
        time.sleep(_LOOK_AGAIN_SECONDS)
    return True


def parked(engine: Engine) -> tuple[Parked, ...]:
    """Every parked event in order of position. Anything here is an alarm: the read models miss it."""
    with engine.connect() as connection:
        rows = connection.execute(select(PARKED).order_by(PARKED.c.position)).mappings().all()
    return tuple(Parked(**row) for row in rows)
