"""What the pages ask of the read models, one programme at a time: a rehearsal never mixes with a city's own cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Engine, Select, func, literal, or_, select, union, union_all

from domain import identity
from domain.case.file import Acceptance, Inspection, Qualification, Recovery, Stage, Subsidy, Works
from domain.case.rooms import CommandRefused
from domain.case.schedule import DeadlinePassed, ReminderRecorded
from domain.deadlines import Deadline
from domain.people import Role
from projections.cases import CASES, Case
from projections.deadlines import DEADLINES
from projections.funds import FUNDS
from projections.notices import NOTICES
from projections.timeline import TIMELINE

STAGES: Final = tuple(stage for stage in Stage if stage is not Stage.CLOSED)
FAILED: Final = "failed"
"""验收不合格: the one end that is no qualification."""
_CASE: Final = tuple(CASES.c[name] for name in (field.name for field in fields(Case)))
_WORDS: Final[Mapping[str, type[StrEnum]]] = {
    "stage": Stage,
    "reached": Stage,
    "qualification": Qualification,
    "works": Works,
    "acceptance": Acceptance,
    "subsidy": Subsidy,
    "inspection": Inspection,
    "recovery": Recovery,
}
_FILTERS: Final = ("county", "industry", "batch_code")


@dataclass(frozen=True)
class Programme:
    """One city's programme, or one rehearsal of it, that has something on file."""

    city: str
    programme: str
    rehearsal: bool
    firms: int

    @property
    def key(self) -> str:
        """As it stands in an address line, e.g. ``dalian/2023-117``."""
        return f"{self.city}/{self.programme}"


@dataclass(frozen=True)
class Group:
    """Firms that stand alike."""

    industry: str
    county: str
    batch_code: str
    stage: Stage
    reached: Stage
    outcome: str
    """How it ended, once it has: the qualification, or ``failed``."""
    firms: int


@dataclass(frozen=True)
class Wanted:
    """Which firms of a programme: empty fields mean all of them."""

    stage: str = ""
    county: str = ""
    industry: str = ""
    batch_code: str = ""
    words: str = ""


@dataclass(frozen=True)
class OpenDeadline:
    """One running period, and whose it is."""

    case_id: UUID
    firm: str
    county: str
    deadline: Deadline


def programmes(engine: Engine) -> tuple[Programme, ...]:
    """Every programme with cases, money or notices: the cities' own first, then rehearsals, the latest first."""
    cases = select(
        CASES.c.city, CASES.c.programme, CASES.c.rehearsal, func.count().label("firms"), func.max(CASES.c.last_position)
    ).group_by(CASES.c.city, CASES.c.programme, CASES.c.rehearsal)
    others = union(
        select(NOTICES.c.city, NOTICES.c.programme, NOTICES.c.rehearsal),
        select(FUNDS.c.city, FUNDS.c.programme, literal(False)),
    )
    with engine.connect() as connection:
        rows = connection.execute(cases).all()
        known = {(row.city, row.programme) for row in rows}
        without = {
            (row.city, row.programme): bool(row.rehearsal) for row in connection.execute(others.order_by("rehearsal"))
        }
        bare = [Programme(*key, played, 0) for key, played in sorted(without.items()) if key not in known]
    ordered = sorted(rows, key=lambda row: (row.rehearsal, -row[4] if row.rehearsal else 0, row.city, row.programme))
    return (*(Programme(*row[:4]) for row in ordered), *bare)


def groups(engine: Engine, of: Programme) -> tuple[Group, ...]:
    """A programme's firms, counted by everything the funnel tells apart."""
    parts = (
        *(CASES.c.industry, CASES.c.county, CASES.c.batch_code, CASES.c.stage, CASES.c.reached),
        *(CASES.c.qualification, CASES.c.acceptance),
    )
    asked = select(*parts, func.count()).where(*_of(of)).group_by(*parts)
    counted: Counter[tuple[str, str, str, Stage, Stage, str]] = Counter()
    with engine.connect() as connection:
        for industry, county, batch, stage, reached, qualification, acceptance, firms in connection.execute(asked):
            ended = "" if stage != Stage.CLOSED else FAILED if acceptance == Acceptance.FAILED else qualification
            counted[industry, county, batch, Stage(stage), Stage(reached), ended] += firms
    return tuple(Group(*alike, firms) for alike, firms in sorted(counted.items()))


def choices(engine: Engine, of: Programme) -> dict[str, list[str]]:
    """What the filters can be set to: counties, industries and batches that occur."""
    asked = union_all(*(select(literal(name), CASES.c[name]).where(*_of(of)).distinct() for name in _FILTERS))
    found: dict[str, list[str]] = {name: [] for name in _FILTERS}
    with engine.connect() as connection:
        for name, value in connection.execute(asked):
            if value:
                found[name].append(value)
    return {name: sorted(values) for name, values in found.items()}


def count(engine: Engine, of: Programme, wanted: Wanted) -> int:
    """How many firms are wanted."""
    with engine.connect() as connection:
        return int(connection.execute(_wanted(select(func.count()), of, wanted)).scalar_one())


def listed(engine: Engine, of: Programme, wanted: Wanted, page: int, size: int) -> tuple[Case, ...]:
    """One page of the firms that are wanted, in order of credit code."""
    asked = _wanted(select(*_CASE), of, wanted).order_by(CASES.c.credit_code, CASES.c.id)
    with engine.connect() as connection:
        rows = connection.execute(asked.limit(size).offset((page - 1) * size)).mappings()
        return tuple(_case(dict(row)) for row in rows)


def of_cases(engine: Engine, cases: Iterable[UUID]) -> dict[UUID, list[Deadline]]:
    """The open deadlines of some cases, the earliest first."""
    ids = list(cases)
    found: dict[UUID, list[Deadline]] = {case: [] for case in ids}
    asked = select(DEADLINES).where(DEADLINES.c.case_id.in_(ids)).order_by(DEADLINES.c.due, DEADLINES.c.name)
    with engine.connect() as connection:
        for row in connection.execute(asked).mappings():
            found[row["case_id"]].append(_deadline(row))
    return found


def open_deadlines(
    engine: Engine, of: Programme, role: str, county: str, page: int, size: int
) -> tuple[int, tuple[OpenDeadline, ...]]:
    """How many deadlines are open for a role and county, where named; and one page of them, the earliest first."""
    joined = DEADLINES.join(CASES, CASES.c.id == DEADLINES.c.case_id)
    chosen = [*_of(of), *([DEADLINES.c.role == role] if role else []), *([CASES.c.county == county] if county else [])]
    asked = select(DEADLINES, CASES.c.firm, CASES.c.county).select_from(joined).where(*chosen)
    asked = asked.order_by(DEADLINES.c.due, CASES.c.credit_code, DEADLINES.c.name)
    with engine.connect() as connection:
        whole = connection.execute(select(func.count()).select_from(joined).where(*chosen)).scalar_one()
        rows = connection.execute(asked.limit(size).offset((page - 1) * size)).mappings().all()
    return int(whole), tuple(OpenDeadline(row["case_id"], row["firm"], row["county"], _deadline(row)) for row in rows)


def calls_of_time(engine: Engine, of: Programme) -> tuple[int, int]:
    """How many reminders were recorded, and how many deadlines passed."""
    topics = (ReminderRecorded.TOPIC, DeadlinePassed.TOPIC)
    asked = (
        select(TIMELINE.c.topic, func.count())
        .join(CASES, CASES.c.id == TIMELINE.c.case_id)
        .where(*_of(of), TIMELINE.c.topic.in_(topics))
        .group_by(TIMELINE.c.topic)
    )
    with engine.connect() as connection:
        found = {topic: int(number) for topic, number in connection.execute(asked)}
    return found.get(topics[0], 0), found.get(topics[1], 0)


def refusals(engine: Engine, of: Programme) -> list[tuple[str, str, int]]:
    """Commands refused on record: the rule, its sentence as last said, and how often; the most frequent first."""
    rule = TIMELINE.c.payload["refusal"]["rule"].astext
    sentence = func.max(TIMELINE.c.payload["refusal"]["sentence"].astext)
    asked = (
        select(rule, sentence, func.count())
        .join(CASES, CASES.c.id == TIMELINE.c.case_id)
        .where(*_of(of), TIMELINE.c.topic == CommandRefused.TOPIC)
        .group_by(rule)
        .order_by(func.count().desc(), rule)
    )
    with engine.connect() as connection:
        return [(name, said, number) for name, said, number in connection.execute(asked)]


def _of(of: Programme) -> Sequence[ColumnElement[bool]]:
    return (CASES.c.city == of.city, CASES.c.programme == of.programme)


def _wanted(asked: Select[Any], of: Programme, wanted: Wanted) -> Select[Any]:
    asked = asked.where(*_of(of))
    for name in ("stage", *_FILTERS):
        if value := getattr(wanted, name):
            asked = asked.where(CASES.c[name] == value)
    if wanted.words:
        code = identity.tidy(wanted.words)
        by_code = [CASES.c.credit_code.startswith(code, autoescape=True)] if code else []
        asked = asked.where(or_(CASES.c.firm.contains(wanted.words, autoescape=True), *by_code))
    return asked


def _case(row: dict[str, Any]) -> Case:
    words: dict[str, Any] = {name: words_of(row[name]) for name, words_of in _WORDS.items()}
    return Case(**{**row, **words})


def _deadline(row: Mapping[Any, Any]) -> Deadline:
    said = {name: row[name] for name in (field.name for field in fields(Deadline))}
    lists = {name: tuple(row[name]) for name in ("remind_on", "reminded")}
    return Deadline(**{**said, **lists, "role": Role(row["role"])})
