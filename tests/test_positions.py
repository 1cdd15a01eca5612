"""Positions come in order of commit: who reads the log from where it last ended misses nothing."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import psycopg

from eventstore.store import EventStore
from tests.openings import decided, opening, slow_commits

ROOT = Path(__file__).parent.parent
WRITERS, APPENDS = 4, 120


class Unlocked(EventStore):
    """As the library writes with its DB functions on: faster, and without the lock that keeps positions in order."""

    def prepare(self) -> None:
        super().prepare()
        with self._datastore.get_connection() as conn, conn.transaction():
            conn.execute("SELECT pg_advisory_xact_lock(1)")  # two of them cannot replace one function at a time
            conn.execute(self._recorder.sql_create_pg_function_insert_events)
        self._datastore.enable_db_functions = True


def write(database_url: str, kind: str, writer: str) -> None:
    """One of several writers, as a process of its own."""
    store = {"EventStore": EventStore, "Unlocked": Unlocked}[kind](database_url, pool_size=1)
    store.prepare()
    for number in range(APPENDS):
        command = opening(f"{kind} {writer}", str(number))
        store.append([decided(command)], command)
    store.close()


def watched(database_url: str, kind: str) -> list[int]:
    """Several processes append; what did a watcher miss who reads the log from where it last ended?"""
    with psycopg.connect(database_url, autocommit=True) as server:
        store = {"EventStore": EventStore, "Unlocked": Unlocked}[kind](database_url)
        store.prepare()
        place = before = store.last_position()
        seen: list[int] = []
        with slow_commits(server, "random() * 0.004"):
            code = "import sys; from tests.test_positions import write; write(*sys.argv[1:])"
            writers = [
                subprocess.Popen([sys.executable, "-c", code, database_url, kind, str(number)], cwd=ROOT)
                for number in range(WRITERS)
            ]
            try:
                while True:
                    finished = all(writer.poll() is not None for writer in writers)
                    for entry in store.read(place, 500):
                        seen.append(entry.position)
                        place = entry.position
                    if finished:
                        break
                    time.sleep(0.001)
            finally:
                for writer in writers:
                    writer.kill()
                    writer.wait()
        assert [writer.returncode for writer in writers] == [0] * WRITERS
        rows = server.execute("SELECT position FROM events WHERE position > %s ORDER BY 1", (before,)).fetchall()
        store.close()
    assert len(rows) == WRITERS * APPENDS
    assert seen == sorted(seen)
    return sorted({row[0] for row in rows} - set(seen))


def test_a_watcher_never_passes_a_gap_that_is_filled_later(database_url: str, store: EventStore) -> None:
    assert watched(database_url, "EventStore") == []


def test_without_the_lock_the_same_watcher_would_miss_events(database_url: str, store: EventStore) -> None:
    """The test above bites: with the library's DB functions on, positions are not in order of commit."""
    assert watched(database_url, "Unlocked") != []
