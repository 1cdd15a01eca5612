"""A stretch of the log, and the cases it touches as they stood before and stand after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.case.file import CaseFact, CaseFile, Stage
from domain.case.selection import CaseOpened
from domain.fund import Posting
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
        stage = self.stage
        fact.mutate(self)
        self.last_position = position
        match fact:
            case CaseOpened():
                self.scale = fact.scale
                self.opened_at = self.stage_since = fact.timestamp
        if self.stage is not stage:
            self.stage_since = fact.timestamp
            if self.stage is Stage.CLOSED:
                self.closed_at = fact.timestamp
            else:
                self.reached = self.stage

    def kept(self) -> Standing:
        """As it stands now, whatever is folded later."""
        same = copy(self)
        same.deadlines = dict(self.deadlines)
        return same


@dataclass(frozen=True)
class Step:
    """One fact of a case in its place, and the standing it belongs to."""

    position: int
    fact: CaseFact
    standing: Standing


@dataclass(frozen=True)
class Stretch:
    """What one transaction of the projector folds into every read model."""

    steps: Sequence[Step]
    """The facts of cases, in order of position."""
    postings: Sequence[tuple[int, Posting]]
    """The movements of money, each with its position, in order."""
    before: Mapping[UUID, Standing]
    """The touched cases that were known before, as they stood."""
    after: Mapping[UUID, Standing]
    """Every touched case, as it stands."""


def streams_of_cases(entries: Sequence[Entry]) -> list[UUID]:
    """The cases that a run of entries touches, each once."""
    return list(dict.fromkeys(entry.stream for entry in entries if isinstance(entry.fact, CaseFact)))


def fold(entries: Sequence[Entry], standings: Mapping[UUID, Standing]) -> Stretch:
    """Fold the entries into the standings of their cases. Raises what a fact raises that does not fit."""
    before = {case: standing.kept() for case, standing in standings.items() if not standing.is_new}
    steps, postings = [], []
    for entry in entries:
        match entry.fact:
            case CaseFact():
                standing = standings[entry.stream]
                standing.take(entry.fact, entry.position)
                steps.append(Step(entry.position, entry.fact, standing))
            case Posting():
                postings.append((entry.position, entry.fact))
    return Stretch(steps, postings, before, standings)
