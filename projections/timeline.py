"""经过: everything that happened to a case, one row per event, with the hand, the reason and the clauses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, Final
from uuid import UUID

from pydantic_core import SchemaSerializer
from sqlalchemy import BigInteger, Column, Connection, DateTime, Engine, Index, Table, Text, Uuid, select
from sqlalchemy.dialects.postgresql import JSONB

from domain.case.file import CaseFact
from domain.people import Role
from domain.record import Fact
from eventstore.mapper import adapter
from projections.stretch import Stretch
from projections.tables import METADATA

TIMELINE: Final = Table(
    "timeline",
    METADATA,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("case_id", Uuid, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("topic", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("by_id", Text, nullable=False),
    Column("by_role", Text, nullable=False),
    Column("by_organisation", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("evidence", JSONB, nullable=False),
    Column("clauses", JSONB, nullable=False),
    Column("pack_version", Text, nullable=False),
    Column("payload", JSONB, nullable=False),
)
Index("timeline_by_case", TIMELINE.c.case_id, TIMELINE.c.version)

_COMMON: Final = {"originator_id", "originator_version", "timestamp", *Fact.__annotations__} - {"TOPIC"}
"""What every fact has; the columns say it."""
_TYPES: Final = ("int8", "uuid", "int8", "text", "timestamptz", *["text"] * 8)
"""How COPY writes the columns; JSON comes as text."""


def fold(connection: Connection, stretch: Stretch) -> None:
    """Add the stretch's events. COPY, because every event is a row: here the projector spends most of its time."""
    cursor = connection.connection.cursor()
    with cursor.copy(f"COPY {TIMELINE.fullname} FROM STDIN") as copy:
        copy.set_types(_TYPES)
        for position, fact in (step for touched in stretch.cases for step in touched.steps):
            copy.write_row(
                (
                    position,
                    fact.originator_id,
                    fact.originator_version,
                    fact.TOPIC,
                    fact.timestamp,
                    fact.by.id,
                    fact.by.role.value,
                    fact.by.organisation,
                    fact.reason,
                    _list(fact.evidence),
                    _list(fact.clauses),
                    fact.pack_version,
                    _own(fact),
                )
            )


@lru_cache(maxsize=1024)
def _list(words: tuple[str, ...]) -> str:
    return json.dumps(words, ensure_ascii=False)


def _own(fact: CaseFact) -> str:
    return _writer(type(fact)).to_json(fact, exclude=_COMMON).decode()


@cache
def _writer(kind: type[CaseFact]) -> SchemaSerializer:
    return adapter(kind).serializer


@dataclass(frozen=True)
class Happening:
    """One event of a case."""

    position: int
    case_id: UUID
    version: int
    topic: str
    at: datetime
    by_id: str
    by_role: Role
    by_organisation: str
    reason: str
    evidence: tuple[str, ...]
    clauses: tuple[str, ...]
    pack_version: str
    payload: Mapping[str, Any]
    """The event's own fields as they stand in the log; money as ``{"fen": n}``."""


def of_case(engine: Engine, case: UUID) -> tuple[Happening, ...]:
    """What happened to a case, in order; empty where there is no such case."""
    asked = select(TIMELINE).where(TIMELINE.c.case_id == case).order_by(TIMELINE.c.version)
    with engine.connect() as connection:
        return tuple(_happening(dict(row)) for row in connection.execute(asked).mappings())


def _happening(row: dict[str, Any]) -> Happening:
    lists = {"evidence": tuple(row["evidence"]), "clauses": tuple(row["clauses"])}
    return Happening(**{**row, **lists, "by_role": Role(row["by_role"])})
