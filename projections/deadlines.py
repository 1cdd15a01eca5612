"""期限: the periods that are running, for whom and until when; how often somebody was reminded, or let one pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Date,
    Engine,
    Index,
    RowMapping,
    Select,
    Table,
    Text,
    Uuid,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY

from domain.case.schedule import DeadlinePassed, ReminderRecorded
from domain.deadlines import Deadline
from domain.people import Role
from projections.cases import CASES
from projections.stretch import Standing, Stretch
from projections.tables import METADATA, add, among, drop, put

DEADLINES: Final = Table(
    "deadlines",
    METADATA,
    Column("case_id", Uuid, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("city", Text, nullable=False),
    Column("programme", Text, nullable=False),
    Column("county", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("set_on", Date, nullable=False),
    Column("due", Date, nullable=False),
    Column("provisional", Boolean, nullable=False),
    Column("remind_on", ARRAY(Date), nullable=False),
    Column("on_expiry", Text, nullable=False),
    Column("clause", Text, nullable=False),
    Column("passed", Boolean, nullable=False),
    Column("reminded", ARRAY(Date), nullable=False),
)
Index("deadlines_by_due", DEADLINES.c.city, DEADLINES.c.programme, DEADLINES.c.role, DEADLINES.c.due)

PUNCTUALITY: Final = Table(
    "punctuality",
    METADATA,
    Column("city", Text, primary_key=True),
    Column("programme", Text, primary_key=True),
    Column("reminders", BigInteger, nullable=False),
    Column("passed", BigInteger, nullable=False),
)

_ASKED: Final = (
    select(DEADLINES, CASES.c.credit_code, CASES.c.firm)
    .join(CASES, CASES.c.id == DEADLINES.c.case_id)
    .order_by(DEADLINES.c.due, DEADLINES.c.case_id, DEADLINES.c.name)
)
_OWN: Final = tuple(field.name for field in fields(Deadline))


def restore(connection: Connection, standings: Mapping[UUID, Standing]) -> None:
    """Give the standings their open deadlines back."""
    for row in connection.execute(select(DEADLINES).where(among(DEADLINES.c.case_id, standings))).mappings():
        standings[row["case_id"]].deadlines[row["name"]] = _deadline(row)


def fold(connection: Connection, stretch: Stretch) -> None:
    """Write what opened or changed, remove what was closed, count reminders and passings."""
    written, gone = [], []
    for touched in stretch.cases:
        before, now = touched.before.deadlines if touched.before else {}, touched.now
        gone += [{"case_id": now.id, "name": name} for name in before if name not in now.deadlines]
        written += [
            {**_whose(now), **vars(deadline)}
            for name, deadline in now.deadlines.items()
            if deadline is not before.get(name)
        ]
    drop(connection, DEADLINES, gone)
    put(connection, DEADLINES, written)
    _count(connection, stretch)


def _whose(case: Standing) -> dict[str, Any]:
    return {"case_id": case.id, "city": case.city, "programme": case.programme, "county": case.county}


def _count(connection: Connection, stretch: Stretch) -> None:
    reminders: Counter[tuple[str, str]] = Counter()
    passed: Counter[tuple[str, str]] = Counter()
    for touched in stretch.cases:
        place = (touched.now.city, touched.now.programme)
        for step in touched.steps:
            match step.fact:
                case ReminderRecorded():
                    reminders[place] += 1
                case DeadlinePassed():
                    passed[place] += 1
    rows = [
        {"city": place[0], "programme": place[1], "reminders": reminders[place], "passed": passed[place]}
        for place in reminders.keys() | passed.keys()
    ]
    add(connection, PUNCTUALITY, rows)


def _deadline(row: RowMapping) -> Deadline:
    said = {name: row[name] for name in _OWN}
    lists = {"remind_on": tuple(row["remind_on"]), "reminded": tuple(row["reminded"])}
    return Deadline(**{**said, **lists, "role": Role(row["role"])})


@dataclass(frozen=True)
class OpenDeadline:
    """One running period, and whose it is."""

    case_id: UUID
    credit_code: str
    firm: str
    county: str
    deadline: Deadline


@dataclass(frozen=True)
class Punctuality:
    """How often time had to be called."""

    reminders: int = 0
    """Reminders recorded."""
    passed: int = 0
    """Deadlines that nobody kept."""


def open_for(
    engine: Engine,
    city: str,
    programme: str,
    role: Role | None = None,
    until: date | None = None,
    *,
    county: str = "",
    limit: int = 200,
) -> tuple[OpenDeadline, ...]:
    """A programme's open deadlines, the earliest first; of one role or county, or due by a day, where named."""
    asked = _ASKED.where(DEADLINES.c.city == city, DEADLINES.c.programme == programme)
    if role is not None:
        asked = asked.where(DEADLINES.c.role == role)
    if until is not None:
        asked = asked.where(DEADLINES.c.due <= until)
    if county:
        asked = asked.where(DEADLINES.c.county == county)
    return _answers(engine, asked.limit(limit))


def of_case(engine: Engine, case: UUID) -> tuple[OpenDeadline, ...]:
    """A case's open deadlines, the earliest first."""
    return _answers(engine, _ASKED.where(DEADLINES.c.case_id == case))


def punctuality(engine: Engine, city: str, programme: str) -> Punctuality:
    """How often somebody was reminded in a programme, and how many deadlines passed."""
    asked = select(PUNCTUALITY.c.reminders, PUNCTUALITY.c.passed)
    with engine.connect() as connection:
        row = connection.execute(asked.where(PUNCTUALITY.c.city == city, PUNCTUALITY.c.programme == programme)).first()
    return Punctuality() if row is None else Punctuality(*row)


def _answers(engine: Engine, asked: Select[Any]) -> tuple[OpenDeadline, ...]:
    with engine.connect() as connection:
        rows = connection.execute(asked).mappings().all()
    return tuple(
        OpenDeadline(row["case_id"], row["credit_code"], row["firm"], row["county"], _deadline(row)) for row in rows
    )
