"""What a rehearsal came to, told from its events alone: who got how far, every fen, every reminder and refusal."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from domain.calendar import china_day
from domain.case.application import CaseOpened
from domain.case.file import Acceptance, CaseFile, Stage
from domain.case.rooms import CommandRefused
from domain.case.schedule import DeadlineClosed, DeadlinePassed, DeadlineSet, ReminderRecorded
from domain.fund.file import RETROFIT_LINE, Fund
from domain.identity import fund_id
from domain.money import ZERO, Money, total
from domain.record import Fact
from eventstore.mapper import FactMapper
from eventstore.store import EventStore
from rehearsal.city import Rehearsal


@dataclass(frozen=True)
class Step:
    """One kind of period: how often it ran, how long it took on average, how often it was overrun."""

    timer: str
    times: int
    mean_days: float
    late: int


@dataclass
class Outcome:
    """The end of a rehearsal."""

    city: str
    seed: int
    firms: int
    reached: Counter[Stage] = field(default_factory=Counter)
    """Firms that ever came to a stage."""
    stands: Counter[Stage] = field(default_factory=Counter)
    """Firms by the stage they stand in."""
    ended: Counter[str] = field(default_factory=Counter)
    """Firms whose life in the programme is over, by how."""
    fund: Fund | None = None
    paid_to_firms: Money = ZERO
    refunded_by_firms: Money = ZERO
    reminders: int = 0
    passed: int = 0
    refusals: Counter[str] = field(default_factory=Counter)
    said: dict[str, str] = field(default_factory=dict)
    """One sentence that each rule refused with."""
    steps: list[Step] = field(default_factory=list)
    events: int = 0
    fingerprint: str = ""
    """SHA-256 over all events of the rehearsal's cases and fund: the same seed gives the same."""

    @property
    def difference_fen(self) -> int:
        """What double entry, or the firms' own cases, leave unexplained. Anything but zero is a fault."""
        assert self.fund is not None
        books = self.fund.difference.fen
        firms = (self.paid_to_firms - self.fund.paid).fen, (self.refunded_by_firms - self.fund.recovered).fen
        return abs(books) + sum(abs(fen) for fen in firms)


def tell(rehearsal: Rehearsal, store: EventStore) -> Outcome:
    """Fold all that happened in one rehearsal's programme."""
    outcome = Outcome(rehearsal.city, rehearsal.seed, rehearsal.firms)
    outcome.fund = store.load(Fund, fund_id(rehearsal.city, rehearsal.programme, RETROFIT_LINE))
    cases, spans = [], dict[str, list[tuple[int, bool]]]()
    for stream in store.streams_opened_by(CaseOpened.TOPIC):
        facts = store.facts(stream)
        case = CaseFile.folded(stream, facts)
        if case.city == rehearsal.city and case.programme == rehearsal.programme:
            cases.append(case)
            _count(outcome, facts, spans)
    outcome.fingerprint = _fingerprint(store, [outcome.fund.id, *(case.id for case in cases)])
    outcome.paid_to_firms = total(case.paid for case in cases)
    outcome.refunded_by_firms = total(case.refunded for case in cases)
    outcome.stands.update(case.stage for case in cases)
    outcome.ended.update(_end(case) for case in cases if not case.is_open)
    outcome.steps = sorted(
        (
            Step(timer, len(held), sum(days for days, _ in held) / len(held), sum(late for _, late in held))
            for timer, held in spans.items()
        ),
        key=lambda step: -step.mean_days,
    )
    return outcome


def _end(case: CaseFile) -> str:
    """How a life ended: as the qualification says, or by failing acceptance."""
    return Acceptance.FAILED if case.acceptance is Acceptance.FAILED else case.qualification


def _count(outcome: Outcome, facts: Iterable[Fact], spans: dict[str, list[tuple[int, bool]]]) -> None:
    reached = {Stage.SELECTION}
    begun: dict[str, tuple[str, date]] = {}
    for fact in facts:
        outcome.events += 1
        entered = getattr(fact, "ENTERS", None)
        if entered is not None:
            reached.add(entered)
        match fact:
            case DeadlineSet(deadline=deadline):
                begun[deadline.name] = (deadline.timer, deadline.set_on)
            case DeadlineClosed(name=name, late=late):
                timer, since = begun[name]
                spans.setdefault(timer, []).append(((china_day(fact.timestamp) - since).days, late))
            case DeadlinePassed():
                outcome.passed += 1
            case ReminderRecorded():
                outcome.reminders += 1
            case CommandRefused(refusal=refusal):
                outcome.refusals[refusal.rule] += 1
                outcome.said.setdefault(refusal.rule, refusal.sentence)
    outcome.reached.update(reached)


def _fingerprint(store: EventStore, streams: Iterable[UUID]) -> str:
    mapper, whole = FactMapper(), hashlib.sha256()
    for stream in sorted(streams):
        for fact in store.facts(stream):
            stored = mapper.to_stored_event(fact)
            whole.update(f"{stream} {stored.originator_version} {stored.topic} ".encode() + stored.state + b"\n")
    return whole.hexdigest()
