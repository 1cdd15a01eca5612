"""Builds every read model again from the first event. Readers see the old ones until the new ones are complete."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, select, text

from eventstore.store import EventStore
from projections import progress
from projections.advance import Begin, ReadModels, create, lock_for_creating, lock_for_writing, stretches
from projections.progress import Parked
from projections.tables import METADATA, SCHEMA, engine_of

_BEFORE: Final = f"{SCHEMA}_before"
_ONE_AT_A_TIME: Final = "lookback.rebuild"


@dataclass(frozen=True)
class Rebuilt:
    """What a rebuild came to."""

    position: int
    """How far the new read models have read."""
    parked: tuple[Parked, ...]
    """Events that cannot be folded today either."""


def rebuild(database_url: str, tell: Callable[[int], None] = lambda _: None) -> Rebuilt:
    """Fold the whole log into fresh tables and put them in the place of the old ones, all in one transaction.

    The projector goes on with the old tables meanwhile; it is held up for the last stretch alone. ``tell`` hears the
    position now and then. Killed half-way, nothing has changed.
    """
    engine, store = engine_of(database_url), EventStore(database_url, pool_size=1)
    try:
        store.prepare()
        with engine.begin() as connection:
            lock_for_creating(connection)
            _set_aside(connection)
            create(connection)
            models = ReadModels(_within(connection))
            reached = _fold_all(models, store, 0, tell)
            lock_for_writing(connection)
            reached = _fold_all(models, store, reached, tell)
        with engine.begin() as connection:
            connection.execute(text(f"DROP SCHEMA IF EXISTS {_BEFORE} CASCADE"))
        return Rebuilt(reached, progress.parked(engine))
    finally:
        store.close()
        engine.dispose()


def rows(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every read model, in order of key: two equal answers are two equal pictures."""
    with engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]
            for table in METADATA.sorted_tables
        }


def _set_aside(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": _ONE_AT_A_TIME})
    connection.execute(text(f"DROP SCHEMA IF EXISTS {_BEFORE} CASCADE"))
    if connection.execute(text("SELECT to_regnamespace(:name)"), {"name": SCHEMA}).scalar() is not None:
        connection.execute(text(f"ALTER SCHEMA {SCHEMA} RENAME TO {_BEFORE}"))


def _within(connection: Connection) -> Begin:
    @contextmanager
    def begin() -> Iterator[Connection]:
        with connection.begin_nested():
            yield connection

    return begin


def _fold_all(models: ReadModels, store: EventStore, reached: int, tell: Callable[[int], None]) -> int:
    for entries in stretches(store, reached):
        reached = models.advance(entries)
        tell(reached)
    return reached
