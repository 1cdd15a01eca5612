"""Append facts and read them back. The command's id and its facts are one transaction: done once, or not at all."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from threading import Lock
from typing import Any, LiteralString, TypeVar
from uuid import UUID

from eventsourcing.persistence import IntegrityError, InterfaceError, OperationalError, StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from eventsourcing.utils import retry
from psycopg import Cursor
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import DictRow
from psycopg.sql import SQL

from domain.commands import Command, Receipt
from domain.record import Fact, File
from domain.rejections import Rejection
from eventstore.mapper import FactMapper, Unreadable, adapter, canonical

TFile = TypeVar("TFile", bound=File)

CHANNEL = "stored_events"
"""NOTIFY at every append; a hint to look, never the news itself."""

TAKEN = "command_id_must_name_one_command"
"""The rule that refuses an id which was used for another command."""

_STREAMS_KEPT = 4096


_TABLES = (
    """CREATE TABLE IF NOT EXISTS commands (
        command_id uuid PRIMARY KEY,
        digest bytea NOT NULL,
        subject uuid NOT NULL,
        version bigint NOT NULL,
        position bigint NOT NULL,
        topics text[] NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS told (
        one boolean PRIMARY KEY DEFAULT true CHECK (one),
        position bigint NOT NULL
    )""",
    "INSERT INTO told (position) VALUES (0) ON CONFLICT DO NOTHING",
    """CREATE OR REPLACE VIEW events AS
        SELECT notification_id AS position, originator_id AS stream, originator_version AS version, topic,
               CASE WHEN pg_input_is_valid(convert_from(state, 'UTF8'), 'jsonb')
                    THEN convert_from(state, 'UTF8')::jsonb END AS payload
        FROM stored_events ORDER BY notification_id""",
)


class Conflict(Exception):  # noqa: N818 - another hand was faster; nothing is wrong
    """Somebody else appended to one of the streams first. Load again and decide again."""


@dataclass(frozen=True)
class Entry:
    """One place in the log."""

    position: int
    stream: UUID
    version: int
    topic: str
    fact: Fact | None
    """None where the stored event cannot be read; ``fault`` then says why."""
    fault: str = ""


@dataclass(frozen=True)
class _Done:
    """A command and the events it caused, ready to be written."""

    command: Command
    subject: UUID
    version: int
    stored: Sequence[StoredEvent]

    @property
    def topics(self) -> list[str]:
        return [event.topic for event in self.stored]


class _Recorder(PostgresApplicationRecorder):
    """The library's recorder; beside the events it writes the command that caused them, in the same statement.

    One statement, because in a pipeline a second one behind a failed first turns its error into a broken connection.
    """

    def __init__(self, datastore: PostgresDatastore) -> None:
        super().__init__(datastore)
        self._append = SQL(
            "WITH stored AS ({events}),"
            " placed AS (SELECT notification_id, row_number() OVER (ORDER BY notification_id) AS place FROM stored),"
            " done AS (INSERT INTO commands (command_id, digest, subject, version, position, topics)"
            "  SELECT c.command_id, c.digest, c.subject, c.version, notification_id, string_to_array(c.topics, ' ')"
            "  FROM unnest(%s::uuid[], %s::bytea[], %s::uuid[], %s::bigint[], %s::text[], %s::bigint[])"
            "   AS c (command_id, digest, subject, version, topics, place) JOIN placed USING (place))"
            " SELECT notification_id FROM stored ORDER BY notification_id"
        ).format(events=self.insert_events_statement)

    def _insert_stored_events(self, curs: Cursor[DictRow], stored_events: Sequence[StoredEvent], **kwargs: Any) -> None:
        self._lock_table(curs)
        self._notify_channel(curs)
        done: Sequence[_Done] = kwargs["done"]
        curs.execute(
            self._append,
            (
                [
                    self.construct_pg_stored_event(e.originator_id, e.originator_version, e.topic, e.state)
                    for e in stored_events
                ],
                [one.command.command_id for one in done],
                [digest(one.command) for one in done],
                [one.subject for one in done],
                [one.version for one in done],
                [" ".join(one.topics) for one in done],
                list(accumulate(len(one.stored) for one in done)),
            ),
        )
        # psycopg leaves a pipeline half flushed when its last command does not fit the socket, and then waits for ever
        # with the table locked. Asking for the rows, which only then come, flushes to the end.
        curs.fetchall()
        curs.scroll(0, mode="absolute")

    def _fetch_ids_after_insert_events(
        self, curs: Cursor[DictRow], stored_events: Sequence[StoredEvent], **_: Any
    ) -> Sequence[int]:
        return [row["notification_id"] for row in curs]


def digest(command: Command) -> bytes:
    """What a command says, as a hash: the same id with other words is another command.

    What it leaves unsaid is left out, so that a field a command learns later does not change what was said before.
    """
    said = adapter(type(command)).dump_python(command, mode="json", exclude_none=True)
    return hashlib.sha256(canonical(said)).digest()


def _receipt(row: DictRow) -> Receipt:
    return Receipt(row["command_id"], row["subject"], row["version"], row["position"], tuple(row["topics"]))


class EventStore:
    """The door to the event log of one installation."""

    def __init__(self, database_url: str, pool_size: int = 4) -> None:
        parts = conninfo_to_dict(database_url)
        # DB functions stay off: with them the library leaves out the lock that keeps positions in order of commit.
        self._datastore = PostgresDatastore(
            dbname=str(parts.get("dbname", "")),
            host=str(parts.get("host", "")),
            port=str(parts.get("port", "5432")),
            user=str(parts.get("user", "")),
            password=str(parts.get("password", "")),
            pool_size=pool_size,
            max_overflow=pool_size,
            lock_timeout=10,
            enable_db_functions=False,
        )
        self._recorder = _Recorder(self._datastore)
        self._mapper = FactMapper()
        self._kept: OrderedDict[UUID, tuple[Fact, ...]] = OrderedDict()
        self._kept_lock = Lock()

    def prepare(self) -> None:
        """Create what is missing in the database; safe to call at every start, by several programs at once."""
        with self._datastore.get_connection() as conn, conn.transaction():
            conn.execute("SELECT pg_advisory_xact_lock(hashtext('lookback.prepare'))")
            self._create(conn)
        self._datastore.register_type_adapters()

    def _create(self, conn: Any) -> None:
        present = conn.execute("SELECT to_regclass('stored_events') IS NOT NULL AS there").fetchone()
        if not present["there"]:
            for statement in self._recorder.sql_create_statements:
                if statement is not self._recorder.sql_create_pg_function_insert_events:
                    conn.execute(statement)
            conn.execute(SQL("CREATE INDEX openings ON stored_events (topic) WHERE originator_version = 1"))
        for table in _TABLES:
            conn.execute(SQL(table))

    def close(self) -> None:
        """Give the connections back."""
        self._datastore.close()

    def load(self, kind: type[TFile], file_id: UUID) -> TFile:
        """The file as the record tells it; a fresh one where there is no fact. Raises Unreadable."""
        facts = self.facts(file_id)
        return kind.folded(file_id, facts) if facts else kind.fresh(file_id)

    def facts(self, stream: UUID) -> tuple[Fact, ...]:
        """All facts of one stream. They never change, so those already read are kept and only new ones fetched."""
        with self._kept_lock:
            kept = self._kept.get(stream, ())
        new = self._recorder.select_events(stream, gt=len(kept))
        facts = (*kept, *(self._mapper.to_domain_event(event) for event in new))
        self._keep(stream, facts)
        return facts

    def _keep(self, stream: UUID, facts: tuple[Fact, ...]) -> None:
        with self._kept_lock:
            if len(facts) > len(self._kept.get(stream, ())):
                self._kept[stream] = facts
                self._kept.move_to_end(stream)
            while len(self._kept) > _STREAMS_KEPT:
                self._kept.popitem(last=False)

    def receipt(self, command: Command) -> Receipt | None:
        """The receipt of a command that was done; None where it was not.

        Raises Rejection where its id was used for another command.
        """
        rows = self._rows("SELECT * FROM commands WHERE command_id = %s", (command.command_id,))
        if not rows:
            return None
        (row,) = rows
        if bytes(row["digest"]) != digest(command):
            raise Rejection(TAKEN, f"命令号 {command.command_id} 已用于另一项命令")
        return _receipt(row)

    def receipts(self, after: int, until: int) -> list[Receipt]:
        """The receipts of all commands whose last event lies behind ``after``, up to and with ``until``, in order."""
        rows = self._rows(
            "SELECT * FROM commands WHERE position > %s AND position <= %s ORDER BY position", (after, until)
        )
        return [_receipt(row) for row in rows]

    def receipts_without_events(self) -> list[Receipt]:
        """Receipts whose last event is not in the log: somebody took it out."""
        rows = self._rows(
            "SELECT c.* FROM commands c WHERE NOT EXISTS"
            " (SELECT FROM stored_events e WHERE e.notification_id = c.position) ORDER BY c.position",
            (),
        )
        return [_receipt(row) for row in rows]

    def append(self, files: Sequence[File], command: Command) -> Receipt:
        """Write what the files recorded; the first file is the command's subject.

        An ambiguous commit (the connection broke after it) is resolved by reading again. Raises Conflict where another
        append came first.
        """
        return self.append_all([(files, command)])[0]

    def append_all(self, decided: Sequence[tuple[Sequence[File], Command]]) -> list[Receipt]:
        """Write what several commands recorded, all of it in one transaction or none of it; otherwise as ``append``.

        No file may stand in two of them.
        """
        done = [self._done(files, command) for files, command in decided]
        try:
            positions = self._recorder.insert_events([event for one in done for event in one.stored], done=done)
        except IntegrityError as taken:
            receipts = [self.receipt(command) for _, command in decided]
            known = [receipt for receipt in receipts if receipt is not None]
            if len(known) < len(receipts):
                raise Conflict(f"stream {done[0].subject}, or another, moved on") from taken
            return known
        assert positions
        last = accumulate(len(one.stored) for one in done)
        return [
            Receipt(one.command.command_id, one.subject, one.version, positions[end - 1], tuple(one.topics))
            for one, end in zip(done, last, strict=True)
        ]

    def _done(self, files: Sequence[File], command: Command) -> _Done:
        facts = [fact for file in files for fact in file.collect_events()]
        assert facts, "a decision records at least one fact"
        stored = [self._mapper.to_stored_event(fact) for fact in facts]
        return _Done(command, files[0].id, files[0].version, stored)

    def read(self, after: int, limit: int) -> list[Entry]:
        """The log in order, from the place behind ``after``. What cannot be read is named, not skipped."""
        notifications = self._recorder.select_notifications(after, limit, inclusive_of_start=False)
        entries = []
        for stored in notifications:
            fact, fault = None, ""
            try:
                fact = self._mapper.to_domain_event(stored)
            except Unreadable as bad:
                fault = str(bad)
            stream = stored.originator_id
            assert isinstance(stream, UUID)
            entries.append(Entry(stored.id, stream, stored.originator_version, stored.topic, fact, fault))
        return entries

    def last_position(self) -> int:
        """Where the log ends; 0 while it is empty."""
        return self._recorder.max_notification_id() or 0

    def streams_opened_by(self, topic: str) -> list[UUID]:
        """Every stream that begins with this topic, in order of position."""
        rows = self._rows(
            "SELECT originator_id FROM stored_events WHERE topic = %s AND originator_version = 1"
            " ORDER BY notification_id",
            (topic,),
        )
        return [row["originator_id"] for row in rows]

    def untold(self) -> tuple[int, list[UUID]]:
        """Streams on which a command to another stream has written since ``told``, and the position looked up to.

        A case's own workflow knows what it did itself, and nothing of what its round or its batch's experts did.
        """
        end = self.last_position()
        rows = self._rows(
            "SELECT DISTINCT e.originator_id FROM told, commands c JOIN stored_events e"
            " ON e.notification_id > c.position - cardinality(c.topics) AND e.notification_id <= c.position"
            " WHERE c.position > told.position AND c.position <= %s AND e.originator_id <> c.subject"
            " AND starts_with(e.topic, 'case.')",
            (end,),
        )
        return end, [row["originator_id"] for row in rows]

    def tell_up_to(self, position: int) -> None:
        """Whoever had to be told of what lies up to this position was told."""
        with self._datastore.get_connection() as conn, conn.transaction():
            conn.execute("UPDATE told SET position = greatest(position, %s)", (position,))

    @retry((InterfaceError, OperationalError), max_attempts=10, wait=0.2)
    def _rows(self, query: LiteralString, parameters: tuple[Any, ...]) -> list[DictRow]:
        """Ask, and ask again as the library does: after a restart of PostgreSQL the pool holds dead connections."""
        with self._datastore.get_connection() as conn:
            return conn.execute(query, parameters, prepare=True).fetchall()

    def openings(self, topic: str, words: str) -> list[Fact]:
        """First facts of this topic that hold these words anywhere, or whose stream's id begins with them."""
        rows = self._rows(
            "SELECT originator_id, originator_version, topic, state FROM stored_events"
            " WHERE topic = %s AND originator_version = 1"
            " AND (position(%s::bytea IN state) > 0 OR starts_with(originator_id::text, %s))"
            " ORDER BY notification_id",
            (topic, words.encode(), words.lower()),
        )
        return [self._mapper.to_domain_event(StoredEvent(**{**row, "state": bytes(row["state"])})) for row in rows]
