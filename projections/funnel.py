"""漏斗: how many firms of a programme stand in each stage and how many reached it, by batch, industry and county."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Connection, Engine, Table, Text, func, select

from domain.case.file import Acceptance, Stage
from projections.stretch import Standing, Stretch
from projections.tables import METADATA, add

FUNNEL: Final = Table(
    "funnel",
    METADATA,
    Column("city", Text, primary_key=True),
    Column("programme", Text, primary_key=True),
    Column("rehearsal", Boolean, primary_key=True),
    Column("batch_code", Text, primary_key=True),
    Column("industry", Text, primary_key=True),
    Column("county", Text, primary_key=True),
    Column("stage", Text, primary_key=True),
    Column("reached", Text, primary_key=True),
    Column("outcome", Text, primary_key=True),
    Column("firms", BigInteger, nullable=False),
)

FAILED: Final = Acceptance.FAILED.value
"""验收不合格, the one end that is no qualification."""
_STAGES: Final = tuple(stage for stage in Stage if stage is not Stage.CLOSED)


Place = tuple[str, str, bool, str, str, str, Stage, Stage, str]
"""The key of the table: firms that are alike in everything the funnel tells apart."""
_KEYS: Final = tuple(column.name for column in FUNNEL.primary_key)


def fold(connection: Connection, stretch: Stretch) -> None:
    """Move each touched firm from the place where it stood to the place where it stands."""
    moved: Counter[Place] = Counter()
    for touched in stretch.cases:
        was = _place(touched.before) if touched.before else None
        now = _place(touched.now)
        if was != now:
            moved[now] += 1
            if was is not None:
                moved[was] -= 1
    add(connection, FUNNEL, [dict(zip(_KEYS, place, strict=True), firms=firms) for place, firms in moved.items()])


def _place(case: Standing) -> Place:
    return (
        case.city,
        case.programme,
        case.rehearsal,
        case.batch_code,
        case.industry,
        case.county,
        case.stage,
        case.reached,
        _outcome(case),
    )


def _outcome(case: Standing) -> str:
    if case.is_open:
        return ""
    return FAILED if case.acceptance is Acceptance.FAILED else case.qualification.value


@dataclass(frozen=True)
class StageCount:
    """One bar of the funnel."""

    stage: Stage
    here: int
    """Firms that stand in it now."""
    reached: int
    """Firms that stand in it, went beyond it, or ended in it."""


@dataclass(frozen=True)
class Funnel:
    """The funnel of a programme, or of a part of it."""

    firms: int
    stages: tuple[StageCount, ...]
    """The eight stages, in order."""
    closed: dict[str, int]
    """已结束, by qualification (completed, withdrawn, revoked, not-selected) or ``failed`` (验收不合格)."""


@dataclass(frozen=True)
class Cell:
    """One stage of one batch × industry × county."""

    batch_code: str
    industry: str
    county: str
    stage: Stage
    here: int
    reached: int


@dataclass(frozen=True)
class Programme:
    """A city's programme that has cases on file."""

    city: str
    programme: str
    rehearsal: bool
    firms: int


def programmes(engine: Engine) -> tuple[Programme, ...]:
    """Every programme that has cases; a rehearsal is a programme of its own."""
    parts = (FUNNEL.c.city, FUNNEL.c.programme, FUNNEL.c.rehearsal)
    asked = select(*parts, func.sum(FUNNEL.c.firms)).group_by(*parts).order_by(*parts)
    with engine.connect() as connection:
        return tuple(Programme(*row[:3], int(row[3])) for row in connection.execute(asked))


def of_programme(
    engine: Engine, city: str, programme: str, *, batch_code: str = "", industry: str = "", county: str = ""
) -> Funnel:
    """The funnel of a city's programme; of one batch, industry or county where one is named."""
    ends = (FUNNEL.c.stage, FUNNEL.c.reached, FUNNEL.c.outcome)
    asked = select(*ends, func.sum(FUNNEL.c.firms)).where(FUNNEL.c.city == city, FUNNEL.c.programme == programme)
    for column, word in ((FUNNEL.c.batch_code, batch_code), (FUNNEL.c.industry, industry), (FUNNEL.c.county, county)):
        if word:
            asked = asked.where(column == word)
    closed: Counter[str] = Counter()
    counted = []
    with engine.connect() as connection:
        for stage, reached, outcome, firms in connection.execute(asked.group_by(*ends)):
            counted.append((Stage(stage), Stage(reached), int(firms)))
            if outcome:
                closed[outcome] += int(firms)
    stages = tuple(StageCount(stage, *_count(counted, stage)) for stage in _STAGES)
    return Funnel(sum(firms for _, _, firms in counted), stages, dict(sorted(closed.items())))


def cells(engine: Engine, city: str, programme: str) -> tuple[Cell, ...]:
    """The funnel by batch × industry × county × stage, in that order; stages that nobody reached are left out."""
    asked = select(FUNNEL).where(FUNNEL.c.city == city, FUNNEL.c.programme == programme)
    alike: dict[tuple[str, str, str], list[tuple[Stage, Stage, int]]] = {}
    with engine.connect() as connection:
        for row in connection.execute(asked):
            counted = alike.setdefault((row.batch_code, row.industry, row.county), [])
            counted.append((Stage(row.stage), Stage(row.reached), row.firms))
    every = (Cell(*key, stage, *_count(counted, stage)) for key, counted in sorted(alike.items()) for stage in _STAGES)
    return tuple(cell for cell in every if cell.reached)


def _count(counted: list[tuple[Stage, Stage, int]], stage: Stage) -> tuple[int, int]:
    here = sum(firms for stands, _, firms in counted if stands is stage)
    order = _STAGES.index(stage)
    return here, sum(firms for _, reached, firms in counted if _STAGES.index(reached) >= order)
