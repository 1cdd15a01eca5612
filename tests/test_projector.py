"""The projector: killed, delivered twice, given what it cannot read, left without a database, it loses nothing."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
import structlog
import typer
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from cli.read_models import register_rebuild
from domain.case.file import CaseFile
from domain.commands import Command
from domain.record import File
from eventstore.mapper import FACTS, FactMapper
from eventstore.store import EventStore
from projections import advance, cases, memory, progress, timeline
from projections.advance import STRETCH, ReadModels, whole_commands
from projections.rebuild import rebuild, rows
from projections.run import Projector, position
from projections.tables import engine_of
from settings import Settings
from tests.projection_lives import Town, fresh_database

ROOT = Path(__file__).parent.parent
Acts = Iterator[tuple[list[File], Command]]


@pytest.fixture
def url(servers: Settings) -> str:
    """A database of the test's own."""
    return fresh_database(servers, f"projector_{uuid4().hex[:12]}")


@pytest.fixture
def log(url: str) -> Iterator[EventStore]:
    store = EventStore(url, pool_size=1)
    store.prepare()
    yield store
    store.close()


@pytest.fixture
def engine(url: str) -> Iterator[Engine]:
    engine = engine_of(url)
    yield engine
    engine.dispose()


@pytest.fixture
def projector(url: str) -> Iterator[Projector]:
    projector = Projector(url)
    projector.prepare()
    yield projector
    projector.close()


def append(store: EventStore, acts: Acts, count: int) -> None:
    for files, command in islice(acts, count):
        store.append(files, command)


def acts(firms: int = 8, seed: int = 3) -> Acts:
    return Town(seed, firms).acts()


def soon(true: Callable[[], bool], seconds: float = 30) -> bool:
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def rebuilt(url: str, engine: Engine) -> dict[str, list[tuple[object, ...]]]:
    rebuild(url)
    return rows(engine)


# --- once, in order, together


def test_delivered_twice_is_delivered_once(projector: Projector, log: EventStore, engine: Engine) -> None:
    append(log, acts(), 120)
    projector.catch_up()
    once, entries = rows(engine), log.read(0, 10_000)

    models = ReadModels(engine.begin)
    assert models.advance(entries) == entries[-1].position
    assert models.advance(entries[:40]) == entries[-1].position

    assert rows(engine) == once


def test_stretches_that_overlap_fold_each_event_once(url: str, log: EventStore, engine: Engine) -> None:
    append(log, acts(), 150)
    Projector(url).prepare()
    entries, luck = log.read(0, 10_000), random.Random(7)
    several, reached = [ReadModels(engine.begin) for _ in range(3)], 0
    while reached < entries[-1].position:
        start = max(0, reached - luck.randrange(20))
        luck.choice(several).advance(entries[start : reached + 1 + luck.randrange(30)])
        reached = position(engine)

    assert rows(engine) == rebuilt(url, engine)


def test_cases_that_fell_out_of_memory_are_brought_back_from_their_rows(
    projector: Projector, url: str, log: EventStore, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "_CASES_KEPT", 2)
    monkeypatch.setattr(advance, "STRETCH", 25)
    append(log, acts(), 150)

    assert projector.catch_up() == log.last_position()
    live = rows(engine)
    monkeypatch.undo()

    assert live == rebuilt(url, engine)


def test_rows_and_position_are_one_transaction(
    projector: Projector, log: EventStore, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = acts()
    append(log, life, 60)
    projector.catch_up()
    before = rows(engine)
    append(log, life, 3)

    def gone(*_: object) -> None:
        raise ConnectionError("the last word before the commit")

    with monkeypatch.context() as patch:
        patch.setattr(progress, "reach", gone)
        with pytest.raises(ConnectionError):
            projector.catch_up()
    assert rows(engine) == before

    projector.catch_up()
    assert rows(engine)["timeline"][: len(before["timeline"])] == before["timeline"]
    assert len(rows(engine)["timeline"]) > len(before["timeline"])


def test_an_older_position_never_overwrites_a_newer_one(projector: Projector, log: EventStore, engine: Engine) -> None:
    append(log, acts(), 30)
    reached = projector.catch_up()

    with engine.begin() as connection:
        progress.reach(connection, reached - 5)

    assert position(engine) == reached


def test_two_projectors_at_once_fold_each_event_once(url: str, log: EventStore, engine: Engine) -> None:
    append(log, acts(12), 400)
    projectors = [Projector(url) for _ in range(2)]
    projectors[0].prepare()
    threads = [threading.Thread(target=projector.catch_up) for projector in projectors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert position(engine) == log.last_position()
    assert rows(engine) == rebuilt(url, engine)
    for projector in projectors:
        projector.close()


def test_a_stretch_never_ends_within_a_command(log: EventStore) -> None:
    append(log, acts(), 200)
    entries = log.read(0, 10_000)
    cut = next(
        index
        for index in range(50, len(entries))
        if entries[index].fact.command_id == entries[index - 1].fact.command_id  # type: ignore[union-attr]
    )
    filler = [replace(entries[0], position=-n) for n in range(STRETCH - cut)]

    kept = whole_commands([*filler, *entries[:cut]])

    assert kept[-1].fact.command_id != entries[cut].fact.command_id  # type: ignore[union-attr]
    assert len(kept) >= STRETCH - 10
    assert whole_commands(entries[:cut]) == entries[:cut], "a short stretch is the end of the log: nothing is cut"
    assert len(whole_commands([entries[0]] * STRETCH)) == STRETCH, "one command alone is not cut away"


def test_tables_of_an_older_program_are_built_again(
    projector: Projector, url: str, log: EventStore, engine: Engine
) -> None:
    append(log, acts(), 80)
    projector.catch_up()
    live = rows(engine)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE read.cases DROP COLUMN county"))
        connection.execute(text("COMMENT ON SCHEMA read IS 'as of old'"))
    engine.dispose()

    with structlog.testing.capture_logs() as told:
        projector.prepare()
        assert rows(engine) == live
        projector.prepare()

    assert len(told) == 1, "built once, then the form is right"


# --- what cannot be folded


def store_raw(url: str, stream: UUID, version: int, topic: str, state: bytes) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO stored_events (originator_id, originator_version, topic, state) VALUES (%s, %s, %s, %s)",
            (stream, version, topic, state),
        )


def last_touched(acts: Acts, store: EventStore, count: int) -> tuple[UUID, int]:
    """Appends acts up to one that touches a case and nothing else; returns that case, with its version."""
    append(store, acts, count - 1)
    for files, command in acts:
        store.append(files, command)
        if len(files) == 1 and isinstance(files[0], CaseFile):
            return files[0].id, files[0].version
    raise AssertionError("no life ends in a case alone")


def version_shown(engine: Engine, case: UUID) -> int:
    shown = cases.one(engine, case)
    return 0 if shown is None else shown.version


def test_an_unknown_topic_parks_its_stream_and_all_others_go_on(
    projector: Projector, url: str, log: EventStore, engine: Engine
) -> None:
    life = acts()
    victim, version = last_touched(life, log, 60)
    store_raw(url, victim, version + 1, "case.from-the-future", b"{}")
    others = {}
    for files, command in islice((act for act in life if act[0][0].id != victim), 80):
        log.append(files, command)
        others[files[0].id] = files[0].version

    with structlog.testing.capture_logs() as told:
        reached = projector.catch_up()

    assert reached == log.last_position()
    (parked,) = progress.parked(engine)
    assert (parked.stream, parked.topic) == (victim, "case.from-the-future")
    assert "unknown" in parked.fault
    assert [line["topic"] for line in told if line["log_level"] == "error"] == ["case.from-the-future"]
    assert version_shown(engine, victim) == version
    assert {case: version_shown(engine, case) for case in others} == others


def test_what_comes_after_waits_behind_the_parked_event(
    projector: Projector, log: EventStore, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(log, acts(), 120)
    victim, topic = stream_with_many(log)

    forget(monkeypatch, projector, topic)
    projector.catch_up()

    held = [one for one in progress.parked(engine) if one.stream == victim]
    told = [entry for entry in log.read(0, 10_000) if entry.stream == victim]
    first = next(index for index, entry in enumerate(told) if entry.topic == topic)
    assert [(one.position, one.version) for one in held] == [(e.position, e.version) for e in told[first:]]
    assert held[0].fault
    assert all(one.fault == "" for one in held[1:])
    assert [one.version for one in timeline.of_case(engine, victim)] == list(range(1, first + 1))


def test_after_the_fix_a_parked_stream_is_released_and_nothing_differs(
    projector: Projector, url: str, log: EventStore, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(log, acts(), 120)
    _, topic = stream_with_many(log)
    with monkeypatch.context() as patch:
        forget(patch, projector, topic)
        projector.catch_up()
        parked = progress.parked(engine)
        assert projector.release() == parked, "nothing is mended yet"

    assert projector.release() == ()

    assert progress.parked(engine) == ()
    assert rows(engine) == rebuilt(url, engine)


def test_new_events_of_a_stream_wait_until_all_of_it_is_released(
    projector: Projector, url: str, log: EventStore, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = acts()
    append(log, life, 100)
    _, topic = stream_with_many(log)
    with monkeypatch.context() as patch:
        forget(patch, projector, topic)
        projector.catch_up()
    faults = [one for one in progress.parked(engine) if one.fault]
    append(log, life, 60)

    projector.catch_up()
    assert [one for one in progress.parked(engine) if one.fault] == faults
    assert len(progress.parked(engine)) > len(faults)
    projector.release()

    assert rows(engine) == rebuilt(url, engine)


def test_another_program_may_release_what_this_one_parked(
    projector: Projector, url: str, log: EventStore, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    life = acts()
    append(log, life, 100)
    projector.catch_up()
    _, topic = stream_with_many(log)
    append(log, life, 40)
    with monkeypatch.context() as patch:
        forget(patch, projector, topic)
        projector.catch_up()
    other = Projector(url)

    assert other.release() == ()
    for _ in range(60):
        append(log, life, 1)
        projector.catch_up()

    assert progress.parked(engine) == ()
    assert rows(engine) == rebuilt(url, engine)
    other.close()


def test_a_rebuild_folds_what_was_parked(
    projector: Projector, url: str, log: EventStore, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(log, acts(), 100)
    _, topic = stream_with_many(log)
    with monkeypatch.context() as patch:
        forget(patch, projector, topic)
        projector.catch_up()
    assert progress.parked(engine)

    done = rebuild(url)

    assert done.parked == ()
    assert len(rows(engine)["timeline"]) == sum(entry.topic.startswith("case.") for entry in log.read(0, 10_000))


def test_an_event_that_readers_can_read_and_tables_cannot_hold_is_found_and_parked(
    projector: Projector, url: str, log: EventStore, engine: Engine
) -> None:
    life = acts()
    victim, version = last_touched(life, log, 70)
    # PostgreSQL keeps no zero character in a text, the log's bytes do.
    (last,) = [entry for entry in log.read(0, 10_000) if entry.stream == victim][-1:]
    assert last.fact is not None
    stored = FactMapper().to_stored_event(last.fact)
    state = stored.state.replace(b'"reason":"', b'"reason":"\\u0000')
    store_raw(url, victim, version + 1, stored.topic, state)
    append(log, (act for act in life if act[0][0].id != victim), 40)

    projector.catch_up()

    (parked,) = progress.parked(engine)
    assert (parked.stream, parked.version) == (victim, version + 1)
    assert position(engine) == log.last_position()
    assert len(progress.parked(engine)) == 1
    assert rows(engine) == rebuilt(url, engine)


def test_a_version_that_is_missing_from_the_log_parks_the_stream(
    projector: Projector, url: str, log: EventStore, engine: Engine
) -> None:
    append(log, acts(), 80)
    victim, _ = stream_with_many(log)
    with psycopg.connect(url) as connection:
        connection.execute("DELETE FROM stored_events WHERE originator_id = %s AND originator_version = 3", (victim,))

    projector.catch_up()

    assert {one.stream for one in progress.parked(engine)} == {victim}
    assert "OriginatorVersionError" in progress.parked(engine)[0].fault
    assert version_shown(engine, victim) == 2


def test_a_fault_of_the_database_parks_nothing(
    projector: Projector, log: EventStore, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(log, acts(), 60)

    def gone(*_: object) -> None:
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    with monkeypatch.context() as patch:
        patch.setattr(timeline, "fold", gone)
        with pytest.raises(psycopg.OperationalError):
            projector.catch_up()

    assert progress.parked(engine) == ()
    assert position(engine) == 0
    assert projector.catch_up() == log.last_position()


def test_the_command_line_rebuilds_releases_and_names_what_stays_parked(
    url: str, log: EventStore, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream, version = last_touched(acts(), log, 60)
    app = typer.Typer()
    register_rebuild(app)
    app.command("another")(lambda: None)
    monkeypatch.setenv("LOOKBACK_DATABASE_URL", url)

    def said(*words: str, status: int = 0) -> str:
        done = CliRunner().invoke(app, ["read-models", *words])
        assert done.exit_code == status, done.exception
        return done.stdout

    assert f"归集到第 {log.last_position()} 号事件" in said()
    assert json.loads(said("--json")) == {"position": log.last_position(), "parked": []}
    topic = rename(url, log.last_position(), "case.from-the-future")
    with structlog.testing.capture_logs():
        assert "case.from-the-future" in said(status=3)
        parked = json.loads(said("--parked", "--json", status=3))["parked"]
    assert [(one["stream"], one["version"]) for one in parked] == [(str(stream), version)]
    rename(url, log.last_position(), topic)
    assert said("--parked").strip() == "停放的事件已重新归集。"
    assert version_shown(engine, stream) == version


def rename(url: str, position: int, topic: str) -> str:
    """Gives a stored event another topic and returns the one it had."""
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT topic FROM stored_events WHERE notification_id = %s", (position,)).fetchone()
        connection.execute("UPDATE stored_events SET topic = %s WHERE notification_id = %s", (topic, position))
    assert row is not None
    return str(row[0])


def stream_with_many(store: EventStore) -> tuple[UUID, str]:
    """A case with several events, and the topic of its second one's successor by which its reading will stop."""
    entries = [entry for entry in store.read(0, 10_000) if entry.topic.startswith("case.")]
    streams = sorted({entry.stream for entry in entries}, key=lambda s: -sum(e.stream == s for e in entries))
    return streams[0], next(e.topic for e in entries if e.stream == streams[0] and e.version == 3)


def forget(patch: pytest.MonkeyPatch, projector: Projector, topic: str) -> None:
    """The projector's program no longer knows this topic, as an older program would not."""
    known = FactMapper([fact for fact in FACTS if topic != fact.TOPIC])
    patch.setattr(projector._store, "_mapper", known)
