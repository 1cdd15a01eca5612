"""The record: a command is done once or not at all, whoever else writes and whatever breaks around the commit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import psycopg
import pytest
from eventsourcing.persistence import OperationalError, StoredEvent

from domain.batch import Batch, OpenBatch
from domain.commands import Receipt
from domain.identity import batch_id, command_id
from domain.rejections import Rejection
from eventstore.store import CHANNEL, Conflict, EventStore
from tests.domain.cast import CITY
from tests.openings import decided, opening, slow_commits

# --- one command, one effect


def test_a_command_done_twice_gives_the_same_receipt_and_has_one_effect(store: EventStore) -> None:
    command = opening("twice", "1")
    first = store.append([decided(command)], command)
    assert store.append([decided(command)], command) == first == store.receipt(command)
    assert first == Receipt(command.command_id, batch_id(CITY, "twice", "1"), 1, first.position, ("batch.opened",))
    assert [entry.version for entry in store.read(0, 1000) if entry.stream == first.subject] == [1]


def test_a_command_that_was_never_done_has_no_receipt(store: EventStore) -> None:
    assert store.receipt(opening("never", "1")) is None


def test_the_same_command_from_eight_threads_has_one_effect_and_one_receipt(store: EventStore) -> None:
    together = threading.Barrier(8)

    def do(command: OpenBatch) -> Receipt:
        batch = decided(command)
        together.wait(10)
        return store.append([batch], command)

    with ThreadPoolExecutor(8) as threads:
        for code in map(str, range(5)):
            command = opening("threads", code)
            receipts = list(threads.map(do, [command] * 8))
            assert len(set(receipts)) == 1
            assert len(store.facts(receipts[0].subject)) == 1


def test_one_id_names_one_command(store: EventStore) -> None:
    command = opening("one id", "1")
    store.append([decided(command)], command)
    other = opening("one id", "2", command_id=command.command_id)

    asks: tuple[Callable[[], object], ...] = (
        partial(store.receipt, other),
        partial(store.append, [decided(other)], other),
    )
    for ask in asks:
        with pytest.raises(Rejection) as no:
            ask()
        assert no.value.refusal.rule == "command_id_must_name_one_command"
    assert store.facts(batch_id(CITY, "one id", "2")) == ()


def test_the_command_and_its_facts_are_one_transaction(
    store: EventStore, server: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The facts' insert succeeds, the command's own row fails: neither stays."""
    command = opening("one transaction", "1")
    server.execute("ALTER TABLE commands ADD CONSTRAINT refused CHECK (version < 0) NOT VALID")
    try:
        with pytest.raises(Conflict):  # what a broken constraint looks like from here
            store.append([decided(command)], command)
    finally:
        server.execute("ALTER TABLE commands DROP CONSTRAINT refused")
    assert store.facts(batch_id(CITY, "one transaction", "1")) == ()
    assert store.receipt(command) is None
    assert store.append([decided(command)], command).version == 1


def test_of_two_writers_on_one_stream_one_is_told_to_decide_again(store: EventStore) -> None:
    one, other = opening("writers", "1"), opening("writers", "1", command_id=command_id("another"))
    mine, theirs = decided(one), decided(other)
    first = store.append([theirs], other)
    with pytest.raises(Conflict):
        store.append([mine], one)
    assert store.receipt(one) is None, "a conflict leaves nothing behind"

    again = store.append([decided(one, store.load(Batch, first.subject))], one)

    assert (again.version, [f.command_id for f in store.facts(first.subject)]) == (
        2,
        [other.command_id, one.command_id],
    )


def test_several_commands_are_done_in_one_transaction_each_with_its_own_receipt(store: EventStore) -> None:
    commands = [opening("several", str(code)) for code in range(3)]
    receipts = store.append_all([([decided(command)], command) for command in commands])
    assert receipts == [store.receipt(command) for command in commands]
    assert [receipt.position - receipts[0].position for receipt in receipts] == [0, 1, 2]
    assert store.append_all([([decided(command)], command) for command in commands]) == receipts


@pytest.mark.timeout(30)
def test_an_append_larger_than_a_socket_goes_through(store: EventStore) -> None:
    """One fact of eight megabytes; and two thousand commands at once."""
    large = opening("large", "1", pack_text="条" * 8_000_000)
    assert store.append([decided(large)], large).version == 1
    many = [opening("many", str(code)) for code in range(2_000)]
    assert len(store.append_all([([decided(command)], command) for command in many])) == len(many)


def test_a_conflict_is_told_at_once(store: EventStore) -> None:
    """It is no broken connection, after which the library would wait and try again."""
    one, other = opening("at once", "1"), opening("at once", "1", command_id=command_id("at once, another"))
    store.append([decided(other)], other)
    began = time.monotonic()
    for _ in range(20):
        with pytest.raises(Conflict):
            store.append([decided(one)], one)
    assert time.monotonic() - began < 2


def test_of_several_commands_none_is_done_where_one_cannot_be(store: EventStore) -> None:
    taken, free = opening("none", "1"), opening("none", "2")
    other = replace(taken, command_id=command_id("none", "other"))
    store.append([decided(taken)], taken)
    for late in (taken, other):
        with pytest.raises(Conflict):
            store.append_all([([decided(free)], free), ([decided(late)], late)])
    assert store.receipt(free) is None
    assert store.facts(batch_id(CITY, "none", "2")) == ()


def test_an_append_wakes_whoever_listens(store: EventStore, server: psycopg.Connection[Any]) -> None:
    server.execute(f"LISTEN {CHANNEL}")
    command = opening("listen", "1")
    store.append([decided(command)], command)
    assert [note.channel for note in server.notifies(timeout=5, stop_after=1)] == [CHANNEL]


# --- ambiguous commits: the transaction is done, and the answer never comes


def test_an_answer_lost_right_after_the_commit_is_found_again(
    store: EventStore, server: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The connection is cut behind the commit and before the library hears of it; the library then tries again."""
    fetch = store._recorder._fetch_ids_after_insert_events
    lost: list[str] = []

    def cut(curs: psycopg.Cursor[Any], stored: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int]:
        ids = fetch(curs, stored, **kwargs)
        if not lost:
            lost.append("once")
            curs.connection.execute("COMMIT")
            server.execute("SELECT pg_terminate_backend(%s)", (curs.connection.info.backend_pid,))
        return ids or ()

    monkeypatch.setattr(store._recorder, "_fetch_ids_after_insert_events", cut)
    command = opening("ambiguous", "1")

    receipt = store.append([decided(command)], command)

    assert lost
    assert receipt == store.receipt(command)
    assert len(store.facts(receipt.subject)) == 1


def test_a_server_that_fails_behind_the_commit_for_good_leaves_a_receipt_to_be_found(
    store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where the library gives up, the next try of the whole command finds what was done."""
    insert = store._recorder.insert_events

    def fail(*args: Any, **kwargs: Any) -> None:
        insert(*args, **kwargs)
        raise OperationalError("the answer was lost")

    command = opening("ambiguous", "2")
    with monkeypatch.context() as patched:
        patched.setattr(store._recorder, "insert_events", fail)
        with pytest.raises(OperationalError):
            store.append([decided(command)], command)

    found = store.receipt(command)
    assert found is not None
    assert store.append([decided(command)], command) == found
    assert len(store.facts(found.subject)) == 1


@pytest.mark.parametrize("many", [12, pytest.param(100, marks=pytest.mark.faults)])
def test_backends_killed_at_any_moment_of_an_append_leave_one_effect_each(
    store: EventStore, server: psycopg.Connection[Any], many: int
) -> None:
    """Kill working backends at moments nobody chose; every append still ends with one effect."""
    stop = threading.Event()
    killed: list[int] = []

    def kill() -> None:
        while not stop.wait(0.004):
            rows = server.execute(
                "WITH struck AS MATERIALIZED (SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
                " AND state <> 'idle' AND pid <> pg_backend_pid() AND random() < 0.2)"
                " SELECT pid FROM struck WHERE pg_terminate_backend(pid)"
            ).fetchall()
            killed.extend(row[0] for row in rows)

    commands: list[OpenBatch] = []
    receipts: list[Receipt] = []
    with slow_commits(server, "0.003"):
        killer = threading.Thread(target=kill)
        killer.start()
        try:
            while len(commands) < many or (not killed and len(commands) < 100 * many):
                commands.append(opening(f"killed {many}", str(len(commands))))
                receipts.append(stubborn(store, commands[-1]))
        finally:
            stop.set()
            killer.join()
    assert killed, "the test bit nothing"
    assert [store.receipt(command) for command in commands] == receipts
    assert [len(store.facts(receipt.subject)) for receipt in receipts] == [1] * len(commands)


def stubborn(store: EventStore, command: OpenBatch) -> Receipt:
    """As the engine does it: try again until it is done."""
    for _ in range(20):
        try:
            return store.append([decided(command)], command)
        except OperationalError:
            continue
    raise AssertionError("never done")


def test_after_all_connections_were_cut_the_next_command_goes_through(
    store: EventStore, server: psycopg.Connection[Any]
) -> None:
    """PostgreSQL was restarted: every connection in the pool is dead, and nobody but the pool needs to know."""
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: store.receipt(opening("cut", "0")), range(64)))
    server.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid()"
    )
    command = opening("cut", "1")
    assert store.receipt(command) is None
    receipt = store.append([decided(command)], command)
    assert store.receipt(command) == receipt
    assert store.last_position() == receipt.position
