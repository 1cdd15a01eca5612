"""The smallest command there is, and its one fact; and commits that linger."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

import psycopg

from domain.batch import Batch, BatchOpened, OpenBatch
from domain.case.file import CasePapers
from domain.identity import batch_id, command_id
from domain.policy import Pack
from policies.calendars import published
from tests.domain.cast import CITY, RULES, clerk1

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)


def opening(programme: str, code: str, **changes: Any) -> OpenBatch:
    """A command whose one fact is small: open a batch."""
    facts: dict[str, Any] = {
        "command_id": command_id(programme, code),
        "by": clerk1,
        "city": CITY,
        "programme": programme,
        "code": code,
        "opens": date(2026, 1, 1),
        "closes": date(2026, 12, 31),
        "pack_text": "",
    }
    return OpenBatch(**{**facts, **changes})


def decided(command: OpenBatch, batch: Batch | None = None, rules: Pack = RULES) -> Batch:
    """The batch with one more fact, which nobody has stored yet."""
    batch = batch or Batch.fresh(batch_id(command.city, command.programme, command.code))
    said = {name: getattr(command, name) for name in ("city", "programme", "code", "opens", "closes", "pack_text")}
    batch.record(BatchOpened, CasePapers(command, NOW, rules, published()), **said, rehearsal=False)
    return batch


@contextmanager
def slow_commits(server: psycopg.Connection[Any], seconds: str) -> Iterator[None]:
    """Every commit of facts takes this much longer, in SQL: a deferred trigger is the last thing before it."""
    server.execute(
        "CREATE OR REPLACE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN PERFORM pg_sleep({seconds}); RETURN NULL; END $$"
    )
    server.execute(
        "CREATE CONSTRAINT TRIGGER linger AFTER INSERT ON stored_events DEFERRABLE INITIALLY DEFERRED"
        " FOR EACH ROW EXECUTE FUNCTION linger()"
    )
    try:
        yield
    finally:
        server.execute("DROP TRIGGER linger ON stored_events")
