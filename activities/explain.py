"""Why a firm stands where it stands, from its events alone: its story, its money, what waits, what may come next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from activities import notices, trial
from activities.desk import Desk
from activities.payout_queue import InQueue, place_of
from activities.rules import pinned
from domain.batch import Batch
from domain.calendar import china_day
from domain.case.common import case_must_have_been_opened
from domain.case.entitlement import EntitlementVerified, SubsidyDenied, entitlement
from domain.case.file import CaseFile
from domain.case.rooms import CommandRefused
from domain.case.schedule import TIMERS
from domain.deadlines import Deadline
from domain.identity import places_id
from domain.notice.file import Notice
from domain.people import Person
from domain.places import Places
from domain.policy import Pack
from domain.record import Fact
from domain.rejections import Refusal
from domain.spend import Entitlement
from domain.words import zh
from eventstore.mapper import adapter
from eventstore.store import EventStore
from policies import load

_EVERY_FACTS: Final = frozenset(
    ("originator_id", "originator_version", "timestamp", *Fact.__annotations__.keys() - {"TOPIC"})
)


@dataclass(frozen=True)
class Happening:
    """One event of the case's story."""

    version: int
    topic: str
    at: datetime
    by: Person
    reason: str
    evidence: tuple[str, ...]
    clauses: tuple[str, ...]
    said: Mapping[str, Any]
    """The event's own fields, as they are stored."""
    refusal: Refusal | None
    """The refusal that the event keeps; None where it keeps none."""


@dataclass(frozen=True)
class Working:
    """核定补贴: what the record says, and what the pinned rules say when the amount is worked out again."""

    on: date
    recorded: Entitlement
    again: Entitlement

    @property
    def agrees(self) -> bool:
        """To the fen and line by line."""
        return self.recorded == self.again


@dataclass(frozen=True)
class Waiting:
    """An open deadline and what follows when it passes."""

    deadline: Deadline
    follows: str


@dataclass(frozen=True)
class InLine:
    """候补次序: where a waiting firm stands."""

    place: int
    """From 1."""
    called: bool
    """Whether its turn has come: a place is free and kept for it."""

    @property
    def words(self) -> str:
        """In Chinese."""
        return f"候补第 {self.place} 位" + ("，已轮到递补" if self.called else "，尚无空余名额")


@dataclass(frozen=True)
class Account:
    """All that ``explain`` tells of one case."""

    case: CaseFile
    pack: Pack
    """The rules that hold for the case: its batch's, or before it has one its city's."""
    story: tuple[Happening, ...]
    working: Working | None
    waiting: tuple[Waiting, ...]
    notices: tuple[Notice, ...]
    """The public notices on which the firm stands or stood."""
    line: InLine | None
    """Its place on the batch's waitlist; None where it does not wait."""
    queue: InQueue | None
    """Its place in the queue for money; None where it does not wait."""
    steps: tuple[trial.Step, ...]
    """What may be done now, and what would be due but for something named."""


def account(store: EventStore, desk: Desk, case: UUID, now: datetime) -> Account:
    """Tell a case. Raises Rejection where there is none.

    A rehearsal lies in days of its own, so the steps are tried at the moment of its last event instead of now.
    """
    facts = store.facts(case)
    file = CaseFile.folded(case, facts)
    case_must_have_been_opened(file)
    pack = _pack(store, file)
    at = facts[-1].timestamp if file.rehearsal else now
    return Account(
        case=file,
        pack=pack,
        story=tuple(_happening(fact) for fact in facts),
        working=_working(facts, pack),
        waiting=tuple(_waiting(deadline) for deadline in sorted(file.deadlines.values(), key=lambda held: held.due)),
        notices=notices.naming(store, file),
        line=_line(store, file),
        queue=_queue(store, file, china_day(at)),
        steps=trial.steps(store, desk, file, pack, at),
    )


def _line(store: EventStore, case: CaseFile) -> InLine | None:
    if case.batch is None:
        return None
    places = store.load(Places, places_id(case.batch))
    line = list(places.waiting)
    return InLine(line.index(case.id) + 1, case.id in places.called) if case.id in line else None


def _queue(store: EventStore, case: CaseFile, day: date) -> InQueue | None:
    if case.entitlement is None or not case.is_open:
        return None
    return place_of(store, case.city, case.programme, case.id, day)


def _pack(store: EventStore, case: CaseFile) -> Pack:
    if case.batch is None:
        return load.load(case.city, (load.REHEARSAL,) if case.rehearsal else ())
    return pinned(store.load(Batch, case.batch), case.rules_version)


def _happening(fact: Fact) -> Happening:
    state = adapter(type(fact)).dump_python(fact, mode="json")
    return Happening(
        version=fact.originator_version,
        topic=fact.TOPIC,
        at=fact.timestamp,
        by=fact.by,
        reason=fact.reason,
        evidence=fact.evidence,
        clauses=fact.clauses,
        said={name: value for name, value in state.items() if name not in _EVERY_FACTS},
        refusal=fact.refusal if isinstance(fact, CommandRefused) else None,
    )


def _working(facts: tuple[Fact, ...], pack: Pack) -> Working | None:
    verified = [fact for fact in facts if isinstance(fact, (EntitlementVerified, SubsidyDenied))]
    if not verified:
        return None
    last = verified[-1]
    day = last.entitlement.grounds.completed or china_day(last.timestamp)
    return Working(day, last.entitlement, entitlement(last.verified, pack, day, last.entitlement.grounds))


_THEN: Final[Mapping[str, str]] = {
    "list_notice": "期满且无未答复的异议，方可确认名单",
    "acceptance_notice": "期满方可确认验收合格",
    "statement": "期满未陈述的，可以作出处理决定",
    "refund": "期满未退清的，可以移送追缴",
}
"""What the end of a period makes possible; it brings nothing about by itself."""


def _waiting(deadline: Deadline) -> Waiting:
    lapse = next(timer.lapse for timer in TIMERS if timer.name == deadline.timer)
    if deadline.on_expiry == "lapse" and lapse is not None:
        return Waiting(deadline, f"届满即为“{zh(lapse.TOPIC)}”")
    return Waiting(deadline, _THEN.get(deadline.timer, "届满只作记录并催办，事项仍须办理，不因此通过或作罢"))
