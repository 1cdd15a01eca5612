"""One stretch of the log into all read models, with the position, in one transaction; live and rebuilt alike."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Final
from uuid import UUID

import psycopg
import sqlalchemy.exc
import structlog
from sqlalchemy import Connection, create_mock_engine, text
from sqlalchemy.schema import ExecutableDDLElement

from eventstore.store import Entry, EventStore
from projections import (
    cases,
    deadlines,
    expert_reviews,
    funds,
    funnel,
    money,
    notices,
    places,
    progress,
    refusals,
    timeline,
)
from projections.memory import Memory
from projections.progress import Parked
from projections.stretch import Restore, Standing, fold
from projections.tables import METADATA, SCHEMA

log = structlog.get_logger()

MODELS: Final = (cases, timeline, funnel, money, funds, deadlines, refusals, notices, places, expert_reviews)
"""Every read model; each has ``fold(connection, stretch)``."""

STRETCH: Final = 2000
"""Events in one transaction, at most."""
_WRITE: Final = "lookback.read"
_CREATE: Final = "lookback.read.create"

Begin = Callable[[], AbstractContextManager[Connection]]
"""Opens the transaction in which one stretch is folded."""


def create(connection: Connection) -> None:
    """The schema with its empty tables, where they are missing."""
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
    METADATA.create_all(connection)
    connection.execute(text(f"COMMENT ON SCHEMA {SCHEMA} IS '{shape()}'"))
    progress.start(connection)


def shape() -> str:
    """The form of all tables as this program makes them, in one word; another form is another word."""
    said: list[str] = []

    def hear(statement: ExecutableDDLElement, *_: object, **__: object) -> None:
        said.append(str(statement.compile(dialect=scribe.dialect)))

    scribe = create_mock_engine("postgresql+psycopg://", hear)
    METADATA.create_all(scribe, checkfirst=False)
    return hashlib.sha256("".join(sorted(said)).encode()).hexdigest()


def shape_found(connection: Connection) -> str | None:
    """The form of the tables that are there; None where there are none."""
    asked = text("SELECT coalesce(obj_description(oid, 'pg_namespace'), '') FROM pg_namespace WHERE nspname = :name")
    found: str | None = connection.execute(asked, {"name": SCHEMA}).scalar()
    return found


def lock_for_writing(connection: Connection) -> None:
    """Wait until nobody else writes read models, and keep others from it until the transaction ends."""
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": _WRITE})


def lock_for_creating(connection: Connection) -> None:
    """Wait until nobody else makes the tables: a first start and a rebuild in the same moment would both."""
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": _CREATE})


def whole_commands(entries: Sequence[Entry]) -> Sequence[Entry]:
    """Without the last command where the stretch may have cut it in two: no page shows half of a command."""
    if len(entries) < STRETCH:
        return entries
    last = entries[-1].fact
    for end in range(len(entries) - 1, 0, -1):
        fact = entries[end - 1].fact
        if last is None or fact is None or fact.command_id != last.command_id:
            return entries[:end]
    return entries


def stretches(store: EventStore, after: int) -> Iterator[Sequence[Entry]]:
    """The log behind a position, stretch by stretch to its end; the next is read while one is being folded."""
    with ThreadPoolExecutor(1) as ahead:
        entries = whole_commands(store.read(after, STRETCH))
        while entries:
            coming = ahead.submit(store.read, entries[-1].position, STRETCH)
            yield entries
            entries = whole_commands(coming.result())


class ReadModels:
    """All read models of one database, and whoever folds events into them."""

    def __init__(self, begin: Begin) -> None:
        self._begin = begin
        self._memory = Memory()

    def advance(self, entries: Sequence[Entry]) -> int:
        """Fold the entries into every read model and return the position reached.

        What was folded before is not folded again. An event that cannot be read or folded is parked, and later events
        of its stream wait behind it; all other streams go on. Raises what the database raises for reasons of its own.
        """
        remembered = not self._memory.is_empty
        try:
            with self._begin() as connection:
                position, parked = self._fold(connection, entries)
        except Exception as error:
            self._memory.clear()
            if not _is_the_events_fault(error):
                raise
            if remembered:
                return self.advance(entries)
            if len(entries) > 1:
                half = len(entries) // 2
                self.advance(entries[:half])
                return self.advance(entries[half:])
            parked = [Parked.of(entries[0], f"{type(error).__name__}: {error}")]
            with self._begin() as connection:
                progress.park(connection, parked)
                progress.reach(connection, entries[0].position)
                position = progress.reached(connection)
        for one in parked:
            if one.fault:
                log.error("stream parked", **vars(one))
        return position

    def _fold(self, connection: Connection, entries: Sequence[Entry]) -> tuple[int, list[Parked]]:
        position = progress.reached(connection)
        new = [entry for entry in entries if entry.position > position]
        if not new:
            return position, []
        behind = progress.parked_streams(connection)
        readable, parked = [], []
        for entry in new:
            if behind and entry.stream in behind:
                parked.append(Parked.of(entry, ""))
            elif entry.fact is None:
                behind.add(entry.stream)
                parked.append(Parked.of(entry, entry.fault))
            else:
                readable.append(entry)
        _into_every_model(
            connection,
            readable,
            lambda cases: self._memory.recall(cases, lambda unknown: _restore(connection, unknown)),
        )
        progress.park(connection, parked)
        progress.reach(connection, new[-1].position)
        return new[-1].position, parked


def fold_one(connection: Connection, entry: Entry) -> None:
    """Fold a single event that was parked, wherever the position stands. Raises what folding raises."""
    _into_every_model(connection, [entry], lambda cases: _restore(connection, cases))


def _into_every_model(connection: Connection, entries: Sequence[Entry], restore: Restore) -> None:
    stretch = fold(entries, restore)
    for model in MODELS:
        model.fold(connection, stretch)


def _restore(connection: Connection, touched: Collection[UUID]) -> Mapping[UUID, Standing]:
    standings = cases.restore(connection, touched)
    money.restore(connection, standings)
    deadlines.restore(connection, standings)
    return standings


def _is_the_events_fault(error: Exception) -> bool:
    """Whether another try of the same events would end the same: their content, not the database, is to blame."""
    if isinstance(error, sqlalchemy.exc.DBAPIError | psycopg.Error):
        content = (sqlalchemy.exc.DataError, sqlalchemy.exc.IntegrityError, psycopg.DataError, psycopg.IntegrityError)
        return isinstance(error, content)
    return not isinstance(error, OSError | MemoryError)
