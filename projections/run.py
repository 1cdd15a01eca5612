"""The projector: follows the event log and keeps the read models up to date (``python -m projections.run``).

Any number may run; one folds, the others stand by. It may be killed at any moment: rows and their position are one
transaction.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final
from uuid import UUID

import psycopg
import sqlalchemy.exc
import structlog
from eventsourcing.persistence import PersistenceError
from psycopg import sql
from sqlalchemy import Connection, text

from eventstore.store import CHANNEL, EventStore
from projections import progress
from projections.advance import (
    ReadModels,
    create,
    fold_one,
    lock_for_creating,
    lock_for_writing,
    shape,
    shape_found,
    stretches,
)
from projections.progress import Parked, position, wait_for
from projections.rebuild import rebuild
from projections.tables import engine_of
from settings import Settings

__all__ = ["Projector", "position", "wait_for"]

log = structlog.get_logger()

_HINT_SECONDS: Final = 1.0
"""How long to wait for a NOTIFY before looking anyway."""
_GATHER_SECONDS: Final = 0.05
"""After a first append, how long to let others come: many events in one stretch cost little more than one."""
_PACE_SECONDS: Final = 0.3
"""From one stretch to the next while appends keep coming; whoever waits for a single one does not feel it."""
_RETRY_SECONDS: Final = 0.5
_ACTIVE: Final = "lookback.projector"
"""The lock of the projector that folds; it lives as long as its connection."""
_GONE: Final = (psycopg.OperationalError, psycopg.InterfaceError, sqlalchemy.exc.DBAPIError, PersistenceError, OSError)


class Projector:
    """Folds the event log of one installation into its read models."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._store = EventStore(database_url, pool_size=1)
        self._engine = engine_of(database_url)
        self._models = ReadModels(self._writing)

    def close(self) -> None:
        """Give the connections back."""
        self._store.close()
        self._engine.dispose()

    def prepare(self) -> None:
        """Create what is missing in the database; safe to call at every start.

        Tables that another version of this program made are built again from the events.
        """
        self._store.prepare()
        with self._engine.begin() as connection:
            if shape_found(connection) is None:
                lock_for_creating(connection)
                create(connection)  # what another has made meanwhile stays
            found = shape_found(connection)
        if found != shape():
            log.warning("read models have another form, building them again")
            rebuild(self._url)

    def catch_up(self) -> int:
        """Fold all there is and return the position reached."""
        reached = position(self._engine)
        for entries in stretches(self._store, reached):
            reached = self._models.advance(entries)
        return reached

    def run(self, stop: threading.Event) -> None:
        """Follow the log until told to stop; goes on where it was when the database was away."""
        while not stop.is_set():
            try:
                self._serve(stop)
            except _GONE as gone:
                log.warning("projector cannot go on, trying again", error=str(gone).strip())
                stop.wait(_RETRY_SECONDS)

    def release(self) -> tuple[Parked, ...]:
        """Fold what is parked, stream by stream, as far as it can be folded now; returns what stays parked."""
        for stream in dict.fromkeys(one.stream for one in progress.parked(self._engine)):
            while self._release_one(stream):
                pass
        return progress.parked(self._engine)

    def _serve(self, stop: threading.Event) -> None:
        with psycopg.connect(self._url, autocommit=True, connect_timeout=5) as watch:
            if not _became_active(watch, stop):
                return
            self.prepare()
            watch.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
            reached = position(self._engine)
            log.info("projector serves", position=reached)
            while not stop.is_set():
                for entries in stretches(self._store, reached):
                    reached = self._models.advance(entries)
                    if stop.is_set():
                        return
                folded = time.monotonic()
                if any(True for _ in watch.notifies(timeout=_HINT_SECONDS, stop_after=1)):
                    stop.wait(max(_GATHER_SECONDS, folded + _PACE_SECONDS - time.monotonic()))
                    for _ in watch.notifies(timeout=0):
                        pass

    def _release_one(self, stream: UUID) -> bool:
        with self._writing() as connection:
            first = progress.first_parked(connection, stream)
            if first is None:
                return False
            entry = self._store.read(first - 1, 1)[0]
            fault = entry.fault
            if entry.fact is not None:
                try:
                    with connection.begin_nested():
                        fold_one(connection, entry)
                    progress.unpark(connection, first)
                    return True
                except Exception as error:  # noqa: BLE001 - whatever it is, the event stays parked with it
                    fault = f"{type(error).__name__}: {error}"
            progress.park(connection, [Parked.of(entry, fault)])
            return False

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._engine.begin() as connection:
            # What a crash of the server could lose is folded again: position and rows are lost together.
            connection.execute(text("SET LOCAL synchronous_commit = off"))
            lock_for_writing(connection)
            yield connection


def _became_active(watch: psycopg.Connection[tuple[object, ...]], stop: threading.Event) -> bool:
    """Wait until no other projector is active; False when told to stop before that."""
    told = False
    while not stop.is_set():
        held = watch.execute("SELECT pg_try_advisory_lock(hashtext(%s))", (_ACTIVE,)).fetchone()
        if held == (True,):
            return True
        if not told:
            log.info("projector stands by")
            told = True
        stop.wait(_HINT_SECONDS)
    return False


def main() -> None:
    """The program: projects until SIGTERM or SIGINT."""
    stop = threading.Event()

    def hear(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, hear)
    projector = Projector(Settings.from_environment().dsn())
    projector.run(stop)
    projector.close()


if __name__ == "__main__":
    main()
