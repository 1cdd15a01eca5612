"""The projector as a program: killed at any moment, beside a second one, with PostgreSQL killed under it."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine

import embedded
from eventstore.store import EventStore
from keeper import find
from parts import every_part
from projections.rebuild import rebuild, rows
from projections.run import Projector, position, wait_for
from projections.tables import engine_of
from settings import Settings
from tests.test_projector import acts, append, engine, log, soon, url

__all__ = ["engine", "log", "url"]  # fixtures

ROOT = Path(__file__).parent.parent


@contextmanager
def program(settings: Settings, url: str) -> Iterator[subprocess.Popen[bytes]]:
    """``python -m projections.run`` on a database."""
    environment = settings.for_parts() | {"LOOKBACK_DATABASE_URL": url}
    process = subprocess.Popen([sys.executable, "-m", "projections.run"], cwd=ROOT, env=environment)
    try:
        yield process
    finally:
        process.kill()
        process.wait(10)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kills", [2, pytest.param(10, marks=pytest.mark.faults)])
def test_killed_at_random_moments_it_loses_nothing(
    servers: Settings, url: str, log: EventStore, engine: Engine, kills: int
) -> None:
    Projector(url).prepare()
    luck, life, done = random.Random(kills), acts(firms=40, seed=9), threading.Event()

    def others_work() -> None:
        while not done.is_set():
            append(log, life, 1)
            time.sleep(0.005)

    appending = threading.Thread(target=others_work)
    appending.start()
    try:
        for _ in range(kills):
            before = position(engine)
            with program(servers, url) as process:
                assert soon(lambda before=before: position(engine) > before)  # type: ignore[misc]
                time.sleep(luck.random() * 0.3)
                process.send_signal(signal.SIGKILL)
    finally:
        done.set()
        appending.join()
    with program(servers, url):
        assert wait_for(engine, log.last_position(), 30)
        live = rows(engine)

    rebuild(url)

    assert live["position"] == [(True, log.last_position())]
    assert rows(engine) == live


@pytest.mark.timeout(120)
def test_a_second_projector_stands_by_and_takes_over(
    servers: Settings, url: str, log: EventStore, engine: Engine
) -> None:
    life = acts()
    append(log, life, 50)
    Projector(url).prepare()
    with program(servers, url) as first:
        assert wait_for(engine, log.last_position(), 20)
        with program(servers, url) as second:
            assert soon(lambda: held_locks(url) == 1)
            append(log, life, 50)
            assert wait_for(engine, log.last_position(), 10)
            assert second.poll() is None
            first.send_signal(signal.SIGKILL)
            first.wait(10)
            append(log, life, 50)

            assert wait_for(engine, log.last_position(), 10)
            assert second.poll() is None


def held_locks(url: str) -> int:
    """How many sessions hold the active projector's lock."""
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        ).fetchone()
    assert row is not None
    return int(row[0])


def test_it_ends_when_asked_to(servers: Settings, url: str, log: EventStore, engine: Engine) -> None:
    append(log, acts(), 20)
    Projector(url).prepare()
    with program(servers, url) as process:
        assert wait_for(engine, log.last_position(), 20)
        process.send_signal(signal.SIGTERM)

        assert process.wait(5) == 0


def test_it_starts_on_an_empty_database(servers: Settings, url: str, engine: Engine) -> None:
    store = EventStore(url, pool_size=1)
    with program(servers, url):
        store.prepare()
        append(store, acts(), 10)

        assert soon(lambda: tables(url) and position(engine) == store.last_position())
    store.close()


def tables(url: str) -> bool:
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT to_regclass('read.position') IS NOT NULL").fetchone()
    return row == (True,)


def test_a_receipt_is_shown_at_once_because_the_append_is_heard(url: str, log: EventStore, engine: Engine) -> None:
    life = acts()
    append(log, life, 20)
    with running(Projector(url)):
        assert soon(lambda: tables(url)) and wait_for(engine, log.last_position(), 10)
        waits = []
        for _ in range(8):
            time.sleep(0.15)
            append(log, life, 1)
            began = time.monotonic()
            assert wait_for(engine, log.last_position(), 10)
            waits.append(time.monotonic() - began)

    assert sorted(waits)[len(waits) // 2] < 0.5, "half a second is less than the projector waits without a hint"


def test_who_waits_for_what_does_not_come_is_told_so(url: str, log: EventStore, engine: Engine) -> None:
    Projector(url).prepare()
    began = time.monotonic()

    assert not wait_for(engine, 1, 0.2)

    assert 0.2 <= time.monotonic() - began < 2


def test_a_projector_goes_on_over_a_rebuild(url: str, log: EventStore, engine: Engine) -> None:
    life = acts(firms=12)
    append(log, life, 200)
    with running(Projector(url)):
        for _ in range(4):
            append(log, life, 30)
            rebuild(url)
            append(log, life, 1)
            assert wait_for(engine, log.last_position(), 10)
    live = rows(engine)

    rebuild(url)

    assert rows(engine) == live


def test_a_rebuild_that_is_cut_short_changes_nothing(url: str, log: EventStore, engine: Engine) -> None:
    append(log, acts(), 100)
    projector = Projector(url)
    projector.prepare()
    projector.catch_up()
    before = rows(engine)

    class CutError(Exception):
        pass

    def cut(_: int) -> None:
        assert rows(engine) == before, "readers see the old picture until the new one is whole"
        raise CutError

    with pytest.raises(CutError):
        rebuild(url, cut)

    assert rows(engine) == before
    rebuild(url)
    assert rows(engine) == before


@pytest.mark.timeout(180)
def test_with_postgresql_killed_under_it_it_goes_on_in_five_seconds(tmp_path: Path) -> None:
    console, temporal, pages = embedded.free_ports(3)
    settings = Settings(home=tmp_path, console_port=console, temporal_port=temporal, temporal_ui_port=pages)
    try:
        url = embedded.up(settings, ("postgres",)).database_url
        store, engine, life = EventStore(url, pool_size=1), engine_of(url), acts()
        store.prepare()
        append(store, life, 40)
        with running(Projector(url)):
            assert soon(lambda: tables(url)) and wait_for(engine, store.last_position(), 10)
            for _ in range(2):
                (server,) = find(every_part(settings)[0].mark)
                server.send_signal(signal.SIGKILL)
                server.wait(10)
                assert soon(lambda: serves(url))
                began = time.monotonic()
                append(store, life, 20)
                assert wait_for(engine, store.last_position(), 20)
                assert time.monotonic() - began < 5
        live = rows(engine)
        rebuild(url)
        assert rows(engine) == live
        store.close()
        engine.dispose()
    finally:
        embedded.down(settings)


def serves(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=1).close()
    except psycopg.OperationalError:
        return False
    return True


@contextmanager
def running(projector: Projector) -> Iterator[None]:
    """A projector in a thread of this process."""
    stop = threading.Event()
    thread = threading.Thread(target=projector.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
        projector.close()
        assert not thread.is_alive()
