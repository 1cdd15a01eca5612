"""A stretch of the log, and the cases it touches as they stood before and stand after it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from eventsourcing.domain import OriginatorVersionError

from domain import places
from domain.batch import BatchOpened
from domain.case.application import CaseOpened
from domain.case.file import CaseFact, CaseFile, Stage
from domain.expert_review import file as expert_review
from domain.fund.file import FundFact
from domain.notice import file as notice
from domain.record import Fact
from eventstore.store import Entry


class Standing(CaseFile):
    """A case as far as the read models remember it: who, where it stands, since when.

    The facts fold it as they fold the case itself, so that no transition is stated twice. What no read model shows
    (contract, grades, hands) is not brought back from the tables.
    """

    def blank(self) -> None:
        """Set what a case has before its first fact."""
        super().blank()
        self.scale = ""
        self.reached = Stage.SELECTION
        """The last stage before the end."""
        self.opened_at: datetime | None = None
        self.stage_since: datetime | None = None
        self.closed_at: datetime | None = None
        self.last_position = 0

    def take(self, fact: CaseFact, position: int) -> None:
        """Fold one fact. Raises what the fact raises, and OriginatorVersionError when it is not the next one."""
        stage, version = self.stage, self.version + 1
        if fact.originator_version != version:
            raise OriginatorVersionError(fact.originator_version, version)
        fact.apply(self)
        self.version, self.last_position = version, position
        if isinstance(fact, CaseOpened):
            self.scale = fact.scale
            self.opened_at = self.stage_since = fact.timestamp
        if self.stage is not stage:
            self.stage_since = fact.timestamp
            self.closed_at = fact.timestamp if self.stage is Stage.CLOSED else None
            if self.stage is not Stage.CLOSED:
                self.reached = self.stage

    def kept(self) -> Standing:
        """As it stands now, whatever is folded later."""
        same = Standing.__new__(Standing)
        vars(same).update(vars(self), deadlines=dict(self.deadlines))
        return same


class Step(NamedTuple):
    """One fact of a case and its place in the log."""

    position: int
    fact: CaseFact


@dataclass(frozen=True)
class Touched:
    """One case that the stretch touches."""

    before: Standing | None
    """As it stood; None where the stretch opened it."""
    now: Standing
    steps: Sequence[Step]


@dataclass(frozen=True)
class Stretch:
    """What one transaction of the projector folds into every read model."""

    cases: Sequence[Touched]
    money: Sequence[tuple[int, FundFact]]
    """What happened to the funds, each with its position, in order."""
    notices: Sequence[tuple[int, Fact]]
    """What happened to public notices, each with its position, in order."""
    places: Sequence[tuple[int, Any]]
    """What happened to batches and their places, each with its position, in order."""
    reviews: Sequence[tuple[int, Any]]
    """What happened in expert reviews, each with its position, in order."""


_PLACES: Final = (BatchOpened, *places.EVENTS)

Restore = Callable[[Collection[UUID]], Mapping[UUID, Standing]]
"""Brings the standings of cases back from the tables, fresh ones where there are none."""


def fold(entries: Sequence[Entry], restore: Restore) -> Stretch:
    """Fold the entries into the standings of their cases. Raises what a fact raises that does not fit."""
    steps: dict[UUID, list[Step]] = {}
    money, noticed, placed, reviewed = [], [], [], []
    for entry in entries:
        match entry.fact:
            case CaseFact():
                steps.setdefault(entry.stream, []).append(Step(entry.position, entry.fact))
            case FundFact():
                money.append((entry.position, entry.fact))
            case fact if isinstance(fact, notice.EVENTS):
                noticed.append((entry.position, fact))
            case fact if isinstance(fact, _PLACES):
                placed.append((entry.position, fact))
            case fact if isinstance(fact, expert_review.EVENTS):
                reviewed.append((entry.position, fact))
    standings = restore(steps)
    cases = []
    for case, own in steps.items():
        now = standings[case]
        before = None if now.is_new else now.kept()
        for step in own:
            now.take(step.fact, step.position)
        cases.append(Touched(before, now, own))
    return Stretch(cases, money, noticed, placed, reviewed)
