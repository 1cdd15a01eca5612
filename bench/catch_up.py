"""Row 2: all read models catch up with a city's events, beside the library's runner with one simple view of the same.

Both read the same table and decode its events alike; each begins at the first event, with empty tables.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any, ClassVar, Final
from uuid import UUID

import psycopg
from eventsourcing.application import Application
from eventsourcing.persistence import Mapper, Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.conninfo import conninfo_to_dict
from psycopg.sql import SQL

from bench.lives import lived_city
from bench.measure import ROUNDS, Row, empty_database, in_turns, some
from domain.record import Fact
from eventstore.mapper import FactMapper
from eventstore.store import EventStore
from projections.run import Projector
from projections.tables import SCHEMA
from settings import Settings

FIRMS: Final = 80
"""At scale 1; some sixty events each."""
PATIENCE: Final = 300
"""Seconds after which the peer is given up."""


def measure(settings: Settings, scale: float = 1, rounds: int = ROUNDS) -> Row:
    """Events folded per second."""
    url = empty_database(settings, "catch_up")
    store = EventStore(url)
    store.prepare()
    with tempfile.TemporaryDirectory() as folder:
        lived_city(store, Path(folder), some(FIRMS, scale))
    events = store.last_position()
    store.close()
    turns = in_turns(rounds, lambda _: events / _ours(url, events), lambda _: events / _theirs(url, events))
    return Row(
        row=2,
        what=f"读模型追平：全部读模型，{events} 个事件",
        peer="事件库自带的 ProjectionRunner：一个简单视图",
        unit="事件/秒",
        target=8.0,
        **turns,
    )


def _ours(url: str, events: int) -> float:
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(SQL(SCHEMA)))
    projector = Projector(url)
    projector.prepare()
    began = time.perf_counter()
    reached = projector.catch_up()
    spent = time.perf_counter() - began
    projector.close()
    assert reached == events
    return spent


class Log(Application[UUID]):
    """The library's way into our event log."""

    name = "stored"
    env: ClassVar[dict[str, str]] = {"CREATE_TABLE": "no"}

    def construct_mapper(self) -> Mapper[UUID]:
        """Ours: the peer decodes the events as we do."""
        return FactMapper()


class Census(PostgresTrackingRecorder):
    """How many facts of each topic there are."""

    def __init__(self, datastore: PostgresDatastore, **names: Any) -> None:
        super().__init__(datastore, **names)
        self.sql_create_statements.append(
            SQL("CREATE TABLE IF NOT EXISTS census (topic text PRIMARY KEY, number bigint NOT NULL)").format()
        )

    def count(self, topic: str, tracking: Tracking) -> None:
        """One more, and the position, in one transaction."""
        with self.datastore.transaction(commit=True) as cursor:
            cursor.execute(
                "INSERT INTO census VALUES (%s, 1) ON CONFLICT (topic) DO UPDATE SET number = census.number + 1",
                (topic,),
                prepare=True,
            )
            self._insert_tracking(cursor, tracking)


class Counting(Projection[Census]):
    """The simplest view there is."""

    name = "census"

    def process_event(self, domain_event: Fact, tracking: Tracking) -> None:
        """Count it."""
        self.view.count(domain_event.TOPIC, tracking)


def _theirs(url: str, events: int) -> float:
    with psycopg.connect(url, autocommit=True) as server:
        server.execute("DROP TABLE IF EXISTS census, census_tracking")
    parts = conninfo_to_dict(url)
    names = ("dbname", "host", "port", "user", "password")
    env = {f"POSTGRES_{name.upper()}": str(parts.get(name, "")) for name in names}
    env["PERSISTENCE_MODULE"] = "eventsourcing.postgres"
    # It begins in its constructor, a moment before the clock does; that is in its favour.
    with ProjectionRunner(application_class=Log, projection_class=Counting, view_class=Census, env=env) as runner:
        began = time.perf_counter()
        runner.wait(events, timeout=PATIENCE)
        spent = time.perf_counter() - began
    with psycopg.connect(url) as server:
        counted = server.execute("SELECT sum(number) FROM census").fetchone()
    assert counted == (events,)
    return spent
