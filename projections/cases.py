"""名册: where every case stands, one row per firm × city × programme."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from operator import itemgetter
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    DateTime,
    Engine,
    Index,
    RowMapping,
    Table,
    Text,
    Uuid,
    or_,
    select,
    tuple_,
)

from domain import identity
from domain.case.file import Acceptance, Inspection, Qualification, Recovery, Stage, Subsidy, Works
from projections.stretch import Standing, Stretch
from projections.tables import METADATA, among, put

CASES: Final = Table(
    "cases",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("last_position", BigInteger, nullable=False),
    Column("city", Text, nullable=False),
    Column("programme", Text, nullable=False),
    Column("rehearsal", Boolean, nullable=False),
    Column("credit_code", Text, nullable=False),
    Column("firm", Text, nullable=False),
    Column("county", Text, nullable=False),
    Column("industry", Text, nullable=False),
    Column("quality", Text, nullable=False),
    Column("scale", Text, nullable=False),
    Column("above_designated", Boolean, nullable=False),
    Column("batch_code", Text, nullable=False),
    Column("stage", Text, nullable=False),
    Column("reached", Text, nullable=False),
    Column("qualification", Text, nullable=False),
    Column("works", Text, nullable=False),
    Column("acceptance", Text, nullable=False),
    Column("subsidy", Text, nullable=False),
    Column("inspection", Text, nullable=False),
    Column("recovery", Text, nullable=False),
    Column("provider_alarm", Text, nullable=False),
    Column("supplement_returns_to", Text, nullable=False),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("stage_since", DateTime(timezone=True), nullable=False),
    Column("closed_at", DateTime(timezone=True)),
)
Index("cases_by_city", CASES.c.city, CASES.c.credit_code, CASES.c.id)
Index("cases_by_stage", CASES.c.city, CASES.c.programme, CASES.c.stage, CASES.c.credit_code, CASES.c.id)
Index("cases_by_county", CASES.c.city, CASES.c.programme, CASES.c.county, CASES.c.credit_code, CASES.c.id)
# Without text_pattern_ops a database in another language than C cannot use the index for the beginning of a code.
Index("cases_by_code", CASES.c.credit_code, postgresql_ops={"credit_code": "text_pattern_ops"})

_STATES: Final[Mapping[str, type[StrEnum]]] = {
    "stage": Stage,
    "reached": Stage,
    "qualification": Qualification,
    "works": Works,
    "acceptance": Acceptance,
    "subsidy": Subsidy,
    "inspection": Inspection,
    "recovery": Recovery,
    "supplement_returns_to": Qualification,
}
_MEMBERS: Final = tuple({member.value: member for member in words} for words in _STATES.values())
_ATTRIBUTES: Final = {column.name: column.name for column in CASES.columns} | {"id": "_id", "version": "_version"}
"""Where a standing keeps what stands in a column. Its own dictionary is read and written, because it is done often."""
_values: Final = itemgetter(*_ATTRIBUTES.values())
_PLAIN: Final = tuple(name for name in _ATTRIBUTES if name not in _STATES)
_PLAIN_ATTRIBUTES: Final = tuple(_ATTRIBUTES[name] for name in _PLAIN)
_RESTORED: Final = select(*(CASES.c[name] for name in (*_STATES, *_PLAIN)))


def restore(connection: Connection, cases: Collection[UUID]) -> dict[UUID, Standing]:
    """The standings of these cases as the table has them; fresh ones where it has none."""
    standings = {case: Standing.fresh(case) for case in cases}
    for row in connection.execute(_RESTORED.where(among(CASES.c.id, cases))):
        words, plain = row[: len(_STATES)], dict(zip(_PLAIN_ATTRIBUTES, row[len(_STATES) :], strict=True))
        states = (members[word] for members, word in zip(_MEMBERS, words, strict=True))
        vars(standings[plain["_id"]]).update(plain, **dict(zip(_STATES, states, strict=True)))
    return standings


def fold(connection: Connection, stretch: Stretch) -> None:
    """Write the touched cases as they stand."""
    rows = (_values(vars(touched.now)) for touched in stretch.cases)
    put(connection, CASES, [dict(zip(_ATTRIBUTES, row, strict=True)) for row in rows])


@dataclass(frozen=True)
class Case:
    """One firm's case on the roster."""

    id: UUID
    version: int
    last_position: int
    """The last place in the log that changed it."""
    city: str
    programme: str
    rehearsal: bool
    credit_code: str
    firm: str
    county: str
    industry: str
    quality: str
    scale: str
    above_designated: bool
    batch_code: str
    """Empty until the firm has applied."""
    stage: Stage
    reached: Stage
    """The last stage before the end; equal to ``stage`` while the case is open."""
    qualification: Qualification
    works: Works
    acceptance: Acceptance
    subsidy: Subsidy
    inspection: Inspection
    recovery: Recovery
    provider_alarm: str
    """Why the provider of the contract on file signs nothing new: ``removed``, ``suspended``; empty: it may."""
    opened_at: datetime
    stage_since: datetime
    closed_at: datetime | None


_ID_DIGITS: Final = 32
_SHORTEST_ID: Final = 4
"""Fewer digits of an id name nobody in particular."""
_SHOWN: Final = tuple(CASES.c[name] for name in Case.__dataclass_fields__)


def one(engine: Engine, case: UUID) -> Case | None:
    """One case; None where there is none."""
    with engine.connect() as connection:
        row = connection.execute(select(*_SHOWN).where(CASES.c.id == case)).mappings().first()
    return None if row is None else _case(row)


def find(engine: Engine, words: str, *, limit: int = 50) -> tuple[Case, ...]:
    """Cases by credit code or its beginning, a part of the firm's name, or the case's id or its beginning."""
    words, code = words.strip(), identity.tidy(words)
    if not words:
        return ()
    chosen = [CASES.c.firm.contains(words, autoescape=True)]
    if code:
        chosen.append(CASES.c.credit_code.startswith(code, autoescape=True))
    between = _ids_that_begin_with(words)
    if between is not None:
        chosen.append(CASES.c.id.between(*between))
    asked = select(*_SHOWN).where(or_(*chosen)).order_by(CASES.c.city, CASES.c.credit_code, CASES.c.id).limit(limit)
    with engine.connect() as connection:
        return _all(connection.execute(asked).mappings())


def listed(
    engine: Engine,
    city: str,
    *,
    stage: Stage | None = None,
    county: str = "",
    batch_code: str = "",
    after: UUID | None = None,
    limit: int = 50,
) -> tuple[Case, ...]:
    """One page of a city's cases in order of credit code; ``after`` is the last case of the page before."""
    asked = select(*_SHOWN).where(CASES.c.city == city)
    if stage is not None:
        asked = asked.where(CASES.c.stage == stage)
    if county:
        asked = asked.where(CASES.c.county == county)
    if batch_code:
        asked = asked.where(CASES.c.batch_code == batch_code)
    if after is not None:
        last = CASES.alias("last")
        place = select(last.c.credit_code, last.c.id).where(last.c.id == after).scalar_subquery()
        asked = asked.where(tuple_(CASES.c.credit_code, CASES.c.id) > place)
    asked = asked.order_by(CASES.c.credit_code, CASES.c.id).limit(limit)
    with engine.connect() as connection:
        return _all(connection.execute(asked).mappings())


def _ids_that_begin_with(words: str) -> tuple[UUID, UUID] | None:
    digits = words.lower().replace("-", "")
    if len(digits) < _SHORTEST_ID or len(digits) > _ID_DIGITS or set(digits) - set("0123456789abcdef"):
        return None
    return UUID(digits.ljust(_ID_DIGITS, "0")), UUID(digits.ljust(_ID_DIGITS, "f"))


def _all(rows: Iterable[RowMapping]) -> tuple[Case, ...]:
    return tuple(_case(row) for row in rows)


def _case(row: RowMapping) -> Case:
    said: dict[str, Any] = dict(row)
    said |= {name: words(said[name]) for name, words in _STATES.items() if name in said}
    return Case(**said)
