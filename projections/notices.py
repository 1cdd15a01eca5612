"""公示: what stands or stood before the public, one row per notice, and which firms each of them names.

The list is read here. One notice's page is read from its own stream: that is short, and a page that claims to show what
was published must not be behind the record. Who objected is not kept here at all.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Date,
    Engine,
    Index,
    Integer,
    RowMapping,
    Table,
    Text,
    Uuid,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB

from domain.notice.file import Notice, NoticePublished, NoticeState, Objection
from domain.notice.snapshot import Subject
from projections.stretch import Stretch
from projections.tables import METADATA, among, put

NOTICES: Final = Table(
    "notices",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("last_position", BigInteger, nullable=False),
    Column("city", Text, nullable=False),
    Column("programme", Text, nullable=False),
    Column("rehearsal", Boolean, nullable=False),
    Column("batch", Uuid),
    Column("subject", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("first_day", Date, nullable=False),
    Column("length", Integer, nullable=False),
    Column("unit", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("runs_since", Date),
    Column("ends", Date),
    Column("provisional", Boolean, nullable=False),
    Column("days_left", Integer, nullable=False),
    Column("objections", Integer, nullable=False),
    Column("open_objections", JSONB, nullable=False),
    Column("upheld", JSONB, nullable=False),
    Column("altered_on", Date),
    Column("replaces", Uuid),
    Column("replaced_by", Uuid),
    Column("completed_on", Date),
)
Index("notices_by_programme", NOTICES.c.city, NOTICES.c.programme, NOTICES.c.first_day, NOTICES.c.id)

NAMED: Final = Table(
    "firms_in_notices",
    METADATA,
    Column("notice_id", Uuid, primary_key=True),
    Column("credit_code", Text, primary_key=True),
    Column("line", Integer, nullable=False),
)
"""Which registered organisations a notice names, and in which of its lines first."""
Index("notices_by_firm", NAMED.c.credit_code)

_FOLDED: Final = (
    *("version", "city", "rehearsal", "batch", "runs_since", "ends", "provisional", "days_left", "objections"),
    *("altered_on", "replaces", "replaced_by", "completed_on"),
)
"""What the facts of a notice change, and a column keeps as it is."""
_SHOWN: Final = ("programme", "subject", "document", "lines", "first_day", "length", "unit")
"""What was published, and never changes."""


def fold(connection: Connection, stretch: Stretch) -> None:
    """Write the touched notices as they stand; the facts fold them as they fold the notice itself."""
    notices, heads = _restore(connection, {fact.originator_id for _, fact in stretch.notices})
    last: dict[UUID, int] = {}
    named: list[dict[str, Any]] = []
    for position, fact in stretch.notices:
        notice = notices[fact.originator_id]
        fact.mutate(notice)
        last[notice.id] = position
        if isinstance(fact, NoticePublished):
            heads[notice.id] = _head(fact)
            named += _named(fact)
    put(connection, NOTICES, [_row(notice, heads[notice.id], last[notice.id]) for notice in notices.values()])
    put(connection, NAMED, named)


def _restore(connection: Connection, ids: Collection[UUID]) -> tuple[dict[UUID, Notice], dict[UUID, dict[str, Any]]]:
    """The notices as the table has them, without what the public reads; fresh ones where it has none."""
    notices, heads = {id_: Notice.fresh(id_) for id_ in ids}, {}
    if not ids:
        return notices, {}
    for row in connection.execute(select(NOTICES).where(among(NOTICES.c.id, ids))).mappings():
        notice = notices[row["id"]]
        for name in _FOLDED:
            setattr(notice, name, row[name])
        notice.open_objections = {number: Objection(number, "", "", "") for number in row["open_objections"]}
        notice.upheld = tuple(row["upheld"])
        heads[notice.id] = {name: row[name] for name in _SHOWN}
    return notices, heads


def _head(fact: NoticePublished) -> dict[str, Any]:
    shown = fact.snapshot
    said = {name: getattr(shown, name) for name in _SHOWN if name != "lines"}
    return {**said, "subject": shown.subject.value, "lines": len(shown.rows)}


def _named(fact: NoticePublished) -> list[dict[str, Any]]:
    first: dict[str, int] = {}
    for line, row in enumerate(fact.snapshot.rows, start=1):
        if row.credit_code:
            first.setdefault(row.credit_code, line)
    return [{"notice_id": fact.originator_id, "credit_code": code, "line": line} for code, line in first.items()]


def _row(notice: Notice, head: dict[str, Any], position: int) -> dict[str, Any]:
    return {
        "id": notice.id,
        "last_position": position,
        **{name: getattr(notice, name) for name in _FOLDED},
        **head,
        "state": notice.state.value,
        "open_objections": sorted(notice.open_objections),
        "upheld": list(notice.upheld),
    }


@dataclass(frozen=True)
class Line:
    """One notice in a list."""

    id: UUID
    city: str
    programme: str
    rehearsal: bool
    batch: UUID | None
    """None: published by the city's rules of the day, for no batch."""
    subject: Subject
    document: str
    lines: int
    """How many lines its table has."""
    first_day: date
    length: int
    """Days of its window, in ``unit``: working or natural."""
    unit: str
    state: NoticeState
    ends: date | None
    """None while its clock is stopped."""
    provisional: bool
    days_left: int
    objections: int
    """Ever made."""
    open_objections: int
    """Not yet answered."""
    replaced_by: UUID | None
    completed_on: date | None


_LINE: Final = tuple(NOTICES.c[field.name] for field in fields(Line))


def listed(
    engine: Engine, city: str, programme: str, *, subject: str = "", state: str = "", page: int = 1, size: int = 50
) -> tuple[int, tuple[Line, ...]]:
    """How many notices a programme has, of a subject and in a state where named; and one page, the latest first."""
    chosen: list[ColumnElement[bool]] = [NOTICES.c.city == city, NOTICES.c.programme == programme]
    chosen += [NOTICES.c.subject == subject] if subject else []
    chosen += [NOTICES.c.state == state] if state else []
    asked = select(*_LINE).where(*chosen).order_by(NOTICES.c.first_day.desc(), NOTICES.c.document, NOTICES.c.id)
    with engine.connect() as connection:
        whole = connection.execute(select(func.count()).select_from(NOTICES).where(*chosen)).scalar_one()
        rows = connection.execute(asked.limit(size).offset((page - 1) * size)).mappings()
        return int(whole), tuple(_line(row) for row in rows)


def of_firm(engine: Engine, city: str, programme: str, credit_code: str) -> tuple[Line, ...]:
    """The notices of a programme on which a firm stands or stood, the first first."""
    asked = select(*_LINE).join(NAMED, NAMED.c.notice_id == NOTICES.c.id)
    asked = asked.where(
        NAMED.c.credit_code == credit_code, NOTICES.c.city == city, NOTICES.c.programme == programme
    ).order_by(NOTICES.c.first_day, NOTICES.c.document, NOTICES.c.id)
    with engine.connect() as connection:
        return tuple(_line(row) for row in connection.execute(asked).mappings())


def _line(row: RowMapping) -> Line:
    said: dict[str, Any] = dict(row)
    said |= {"subject": Subject(row["subject"]), "state": NoticeState(row["state"])}
    return Line(**{**said, "open_objections": len(row["open_objections"])})
