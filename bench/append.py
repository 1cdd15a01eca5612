"""Row 3: one command's facts into the record, with the command that caused them, beside the library's bare recorder.

The same events of a city, command by command, by one writer who waits for each commit. Ours writes the facts as JSON,
hashes the command and keeps it in a table of its own; the peer is handed the bytes and stores them.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict

from bench.lives import lived_city
from bench.measure import Row, empty_database, in_turns, some
from domain.commands import Command
from domain.record import Fact, File
from eventstore.mapper import FactMapper
from eventstore.store import EventStore
from settings import Settings

FIRMS: Final = 40
"""At scale 1; some thirty commands each, shared out among the turns."""

TURNS: Final = 15
"""More and shorter turns than elsewhere: how long a commit takes changes with whoever else writes to the disk."""
WARMING: Final = 10
"""Commands before the clock runs."""


@dataclass(frozen=True)
class Deed:
    """One command and the facts it caused, in order."""

    command: Command
    facts: Sequence[Fact]


def measure(settings: Settings, scale: float = 1, rounds: int = TURNS) -> Row:
    """Appends per second."""
    first, deeds = _deeds(settings, some(FIRMS, scale))
    share = max(1, len(deeds) // rounds)
    store = EventStore(empty_database(settings, "append_ours"))
    store.prepare()
    recorder = _bare_recorder(empty_database(settings, "append_bare"))
    _ours(store, first)  # a connection's first statements are not prepared yet
    _theirs(recorder, first)
    turns = in_turns(
        rounds,
        lambda number: share / _ours(store, deeds[number * share :][:share]),
        lambda number: share / _theirs(recorder, deeds[number * share :][:share]),
    )
    store.close()
    recorder.datastore.close()
    facts = sum(len(deed.facts) for deed in deeds)
    return Row(
        row=3,
        what=f"入库：一件命令的事件（平均 {facts / len(deeds):.1f} 个），连同命令本身",
        peer="事件库自带的记录器：同样的事件",
        unit="件/秒",
        target=0.6,
        **turns,
    )


def _deeds(settings: Settings, firms: int) -> tuple[list[Deed], list[Deed]]:
    """A city's commands and what came of them, in order of the log: the first few, and all others."""
    store = EventStore(empty_database(settings, "append_city"))
    store.prepare()
    with tempfile.TemporaryDirectory() as folder:
        commands = {command.command_id: command for command in lived_city(store, Path(folder), firms)}
    caused: dict[UUID, list[Fact]] = {}
    for entry in store.read(0, store.last_position()):
        assert entry.fact is not None
        caused.setdefault(entry.fact.command_id, []).append(entry.fact)
    store.close()
    deeds = [Deed(commands[name], facts) for name, facts in caused.items() if name in commands]
    return deeds[:WARMING], deeds[WARMING:]


def _bare_recorder(url: str) -> PostgresApplicationRecorder:
    parts = conninfo_to_dict(url)
    dbname, host, port, user, password = (
        str(parts.get(name, "")) for name in ("dbname", "host", "port", "user", "password")
    )
    recorder = PostgresApplicationRecorder(PostgresDatastore(dbname, host, port, user, password))
    recorder.create_table()
    return recorder


def _ours(store: EventStore, deeds: Sequence[Deed]) -> float:
    given = [(list(_files(deed.facts)), deed.command) for deed in deeds]
    began = time.perf_counter()
    for files, command in given:
        store.append(files, command)
    return time.perf_counter() - began


def _theirs(recorder: PostgresApplicationRecorder, deeds: Sequence[Deed]) -> float:
    mapper = FactMapper()
    stored: list[list[StoredEvent]] = [[mapper.to_stored_event(fact) for fact in deed.facts] for deed in deeds]
    began = time.perf_counter()
    for events in stored:
        recorder.insert_events(events)
    return time.perf_counter() - began


def _files(facts: Sequence[Fact]) -> Iterator[File]:
    """The files as a decision leaves them, their new facts not yet collected."""
    streams: dict[UUID, list[Fact]] = {}
    for fact in facts:
        streams.setdefault(fact.originator_id, []).append(fact)
    for stream, new in streams.items():
        file = File.fresh(stream)
        file.version = new[-1].originator_version
        file.pending_events.extend(new)
        yield file
