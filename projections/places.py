"""名额与候补: the places of every batch, who holds one, who waits in which order, and whose turn has come and when."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    DateTime,
    Engine,
    Index,
    Select,
    Table,
    Text,
    Uuid,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB

from domain.batch import BatchOpened
from domain.places import (
    Applicant,
    PlaceFreed,
    PlaceTaken,
    Quota,
    QuotasReset,
    QuotasSet,
    TurnCame,
    WaitBegun,
    WaitEnded,
)
from projections.stretch import Stretch
from projections.tables import METADATA, among, drop, put

BATCHES: Final = Table(
    "batches",
    METADATA,
    Column("id", Uuid, primary_key=True),
    Column("last_position", BigInteger, nullable=False),
    Column("city", Text, nullable=False),
    Column("programme", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("rehearsal", Boolean, nullable=False),
    Column("quotas", JSONB, nullable=False),
    Column("document", Text, nullable=False),
)
Index("batches_by_programme", BATCHES.c.city, BATCHES.c.programme, BATCHES.c.code)

_APPLICANT: Final = tuple(field.name for field in fields(Applicant) if field.name != "case")
STANDINGS: Final = Table(
    "places",
    METADATA,
    Column("batch", Uuid, primary_key=True),
    Column("case_id", Uuid, primary_key=True),
    Column("standing", Text, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("since", DateTime(timezone=True), nullable=False),
    Column("credit_code", Text, nullable=False),
    Column("firm", Text, nullable=False),
    Column("county", Text, nullable=False),
    Column("industry", Text, nullable=False),
    Column("above_designated", Boolean, nullable=False),
)
"""Who holds a place or waits for one. ``position``, at which that began, is the order of the waitlist."""
Index("places_in_order", STANDINGS.c.batch, STANDINGS.c.standing, STANDINGS.c.position)
Index("places_by_case", STANDINGS.c.case_id)

TURNS: Final = Table(
    "places_called",
    METADATA,
    Column("position", BigInteger, primary_key=True),
    Column("batch", Uuid, nullable=False),
    Column("case_id", Uuid, nullable=False),
    Column("called_at", DateTime(timezone=True), nullable=False),
    Column("credit_code", Text, nullable=False),
    Column("firm", Text, nullable=False),
)
"""轮到递补: every time that a place fell free for the first who waited for it."""
Index("places_called_by_case", TURNS.c.batch, TURNS.c.case_id)

Standing = Literal["taken", "waiting"]


def fold(connection: Connection, stretch: Stretch) -> None:
    """Write the batches, the firms and the calls of the stretch as they stand after it."""
    ids = {fact.originator_id if isinstance(fact, BatchOpened) else fact.batch for _, fact in stretch.places}
    batches = _restore(connection, ids)
    firms: dict[tuple[UUID, UUID], dict[str, Any] | None] = {}
    turns = []
    for position, fact in stretch.places:
        match fact:
            case BatchOpened():
                said = {name: getattr(fact, name) for name in ("city", "programme", "code", "rehearsal")}
                batches[fact.originator_id] = {"id": fact.originator_id, **said, "quotas": [], "document": ""}
            case QuotasSet() | QuotasReset():
                quotas = [asdict(quota) for quota in fact.quotas]
                batches[fact.batch] |= {"quotas": quotas, "document": fact.document}
            case PlaceTaken():
                firms[fact.batch, fact.applicant.case] = _firm(fact, "taken", position)
            case WaitBegun():
                firms[fact.batch, fact.applicant.case] = _firm(fact, "waiting", position)
            case PlaceFreed() | WaitEnded():
                firms[fact.batch, fact.case] = None
            case TurnCame():
                turns.append(_turn(fact, position))
        batches[fact.originator_id if isinstance(fact, BatchOpened) else fact.batch]["last_position"] = position
    put(connection, BATCHES, list(batches.values()))
    put(connection, STANDINGS, [row for row in firms.values() if row is not None])
    drop(connection, STANDINGS, [{"batch": key[0], "case_id": key[1]} for key, row in firms.items() if row is None])
    put(connection, TURNS, turns)


def _restore(connection: Connection, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """The batches as the table has them; one that is opened here is not in it."""
    if not ids:
        return {}
    rows = connection.execute(select(BATCHES).where(among(BATCHES.c.id, ids))).mappings()
    return {row["id"]: dict(row) for row in rows}


def _firm(fact: PlaceTaken | WaitBegun, standing: Standing, position: int) -> dict[str, Any]:
    own = {name: getattr(fact.applicant, name) for name in _APPLICANT}
    about = {"batch": fact.batch, "case_id": fact.applicant.case, "position": position, "since": fact.timestamp}
    return {**about, "standing": standing, **own}


def _turn(fact: TurnCame, position: int) -> dict[str, Any]:
    firm = fact.applicant
    about = {"batch": fact.batch, "case_id": firm.case, "credit_code": firm.credit_code, "firm": firm.firm}
    return {"position": position, "called_at": fact.timestamp, **about}


# --- questions


@dataclass(frozen=True)
class BatchLine:
    """One batch and how full it is."""

    id: UUID
    city: str
    programme: str
    code: str
    rehearsal: bool
    quotas: tuple[Quota, ...]
    """Empty: the batch has no limit."""
    document: str
    """By which the quotas were set last."""
    taken: int
    """家: firms that hold a place."""
    waiting: int
    """家: firms on the waitlist."""


@dataclass(frozen=True)
class Used:
    """One quota and how many of its places are taken."""

    quota: Quota
    taken: int

    @property
    def free(self) -> int:
        """家; below zero where the quotas were re-set to less than was taken."""
        return self.quota.places - self.taken


@dataclass(frozen=True)
class Held:
    """A firm that holds a place, or waits for one."""

    case_id: UUID
    credit_code: str
    firm: str
    county: str
    industry: str
    above_designated: bool
    since: datetime
    place: int
    """From 1: on the waitlist, or among those with a place in the order in which they took it."""
    called_at: datetime | None
    """When it was told that a place is free for it; None where that has not happened."""


@dataclass(frozen=True)
class Turn:
    """A call, and what came of it."""

    case_id: UUID
    credit_code: str
    firm: str
    called_at: datetime
    outcome: Literal["taken", "waiting", "gone"]
    """The place was taken, is still kept for the firm, or the firm has left."""


@dataclass(frozen=True)
class OwnPlace:
    """What one firm holds in one batch."""

    batch: BatchLine
    standing: Standing
    held: Held


def batches(engine: Engine, city: str, programme: str) -> tuple[BatchLine, ...]:
    """The batches of a programme, by code."""
    chosen = _batches().where(BATCHES.c.city == city, BATCHES.c.programme == programme)
    with engine.connect() as connection:
        return tuple(_line(row) for row in connection.execute(chosen.order_by(BATCHES.c.code)).mappings())


def one(engine: Engine, batch: UUID) -> BatchLine | None:
    """A batch; None where there is none."""
    with engine.connect() as connection:
        row = connection.execute(_batches().where(BATCHES.c.id == batch)).mappings().first()
    return None if row is None else _line(row)


def used(engine: Engine, batch: BatchLine) -> tuple[Used, ...]:
    """The batch's quotas in the order in which they were set."""
    parts = (STANDINGS.c.industry, STANDINGS.c.county, STANDINGS.c.above_designated)
    asked = select(*parts, func.count()).where(STANDINGS.c.batch == batch.id, STANDINGS.c.standing == "taken")
    with engine.connect() as connection:
        groups = connection.execute(asked.group_by(*parts)).all()
    alike = [(Applicant(batch.id, "", "", county, industry, above), firms) for industry, county, above, firms in groups]
    return tuple(Used(quota, sum(firms for firm, firms in alike if quota.covers(firm))) for quota in batch.quotas)


def held(engine: Engine, batch: UUID, standing: Standing, *, page: int = 1, size: int = 50) -> tuple[Held, ...]:
    """One page of those who hold a place, or of the waitlist; in order."""
    asked = _held().where(STANDINGS.c.batch == batch, STANDINGS.c.standing == standing)
    asked = asked.order_by(STANDINGS.c.position).limit(size).offset((page - 1) * size)
    with engine.connect() as connection:
        rows = connection.execute(asked).mappings().all()
    return tuple(_of_row(row, place) for place, row in enumerate(rows, start=(page - 1) * size + 1))


def turns(engine: Engine, batch: UUID) -> tuple[Turn, ...]:
    """Who was called for a place that fell free, the latest first."""
    same = (STANDINGS.c.batch == TURNS.c.batch) & (STANDINGS.c.case_id == TURNS.c.case_id)
    asked = select(TURNS, STANDINGS.c.standing, STANDINGS.c.position.label("began"))
    asked = asked.join(STANDINGS, same, isouter=True).where(TURNS.c.batch == batch)
    with engine.connect() as connection:
        rows = connection.execute(asked.order_by(TURNS.c.position.desc())).mappings().all()
    return tuple(Turn(row["case_id"], row["credit_code"], row["firm"], row["called_at"], _outcome(row)) for row in rows)


def of_case(engine: Engine, case: UUID) -> tuple[OwnPlace, ...]:
    """What a firm holds, batch by batch: a place, or its turn on the waitlist."""
    own = STANDINGS.alias("own")
    before = (
        select(func.count())
        .select_from(own)
        .where(
            own.c.batch == STANDINGS.c.batch,
            own.c.standing == STANDINGS.c.standing,
            own.c.position <= STANDINGS.c.position,
        )
        .scalar_subquery()
    )
    asked = _held().add_columns(STANDINGS.c.batch, STANDINGS.c.standing, before.label("place"))
    with engine.connect() as connection:
        rows = connection.execute(asked.where(STANDINGS.c.case_id == case)).mappings().all()
        chosen = _batches().where(among(BATCHES.c.id, [row["batch"] for row in rows]))
        lines = {row["id"]: _line(row) for row in connection.execute(chosen).mappings()} if rows else {}
    found = (OwnPlace(lines[row["batch"]], row["standing"], _of_row(row, row["place"])) for row in rows)
    return tuple(sorted(found, key=lambda place: place.batch.code))


def _batches() -> Select[Any]:
    def firms(standing: Standing) -> Any:
        chosen = select(func.count()).where(STANDINGS.c.batch == BATCHES.c.id, STANDINGS.c.standing == standing)
        return chosen.correlate(BATCHES).scalar_subquery().label(standing)

    return select(BATCHES, firms("taken"), firms("waiting"))


def _held() -> Select[Any]:
    # A call counts for the wait during which it came, and for the place that was then taken.
    called = (
        select(func.max(TURNS.c.called_at))
        .where(
            TURNS.c.batch == STANDINGS.c.batch,
            TURNS.c.case_id == STANDINGS.c.case_id,
            (STANDINGS.c.standing == "taken") | (TURNS.c.position > STANDINGS.c.position),
        )
        .correlate(STANDINGS)
        .scalar_subquery()
    )
    shown = (STANDINGS.c.case_id, *(STANDINGS.c[name] for name in _APPLICANT), STANDINGS.c.since)
    return select(*shown, called.label("called_at"))


def _line(row: Any) -> BatchLine:
    said = {field.name: row[field.name] for field in fields(BatchLine)}
    return BatchLine(**{**said, "quotas": tuple(Quota(**quota) for quota in row["quotas"])})


def _of_row(row: Any, place: int) -> Held:
    return Held(**{field.name: row[field.name] for field in fields(Held) if field.name != "place"}, place=place)


def _outcome(row: Any) -> Literal["taken", "waiting", "gone"]:
    match row["standing"]:
        case "taken" if row["began"] > row["position"]:
            return "taken"
        case "waiting" if row["began"] < row["position"]:
            return "waiting"
    return "gone"
