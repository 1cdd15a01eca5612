"""The stream of one notice: what it shows, how its window runs, who objected, and on which days it was seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from domain.notice.snapshot import Snapshot
from domain.record import Fact, File


class NoticeState(StrEnum):
    """Where a notice stands."""

    STANDING = "standing"
    STOPPED = "stopped"
    """中止: its clock waits for the answer to an objection."""
    UPHELD = "upheld"
    """An objection held, so the list must change: only a new notice can follow."""
    ALTERED = "altered"
    """Something else was seen on the public page: only a new notice can follow."""
    REPLACED = "replaced"
    STOOD = "stood"
    """期满: it stood unchanged for its whole window; from now on it has its effect."""


@dataclass(frozen=True)
class Covered:
    """A case that waits for the notice, and how far its file had come when the notice was published."""

    case: UUID
    version: int


@dataclass(frozen=True)
class Objection:
    """What somebody has against a notice."""

    number: int
    """Counted in the notice, from 1."""
    objector: str
    matter: str
    about: str
    """The credit code of the firm it is about; empty where it is about the whole."""


class Notice(File):
    """One notice of one city's programme."""

    def blank(self) -> None:
        self.city = ""
        self.batch: UUID | None = None
        self.rehearsal = False
        self.snapshot: Snapshot | None = None
        self.sha256 = ""
        self.covers: tuple[Covered, ...] = ()
        self.formerly: tuple[str, ...] = ()
        self.replaces: UUID | None = None
        self.replaced_by: UUID | None = None
        self.decided_by: tuple[str, ...] = ()
        self.published_by = ""
        # the window: it runs since a day, and ends on a day; both empty while it is stopped
        self.runs_since: date | None = None
        self.ends: date | None = None
        self.provisional = False
        self.days_left = 0
        self.ran: tuple[tuple[date, date], ...] = ()
        # what was seen, and what was said against it
        self.seen_on: tuple[date, ...] = ()
        self.altered_on: date | None = None
        self.objections = 0
        self.objected: dict[int, Objection] = {}
        """Every objection, answered or not, by its number."""
        self.open_objections: dict[int, Objection] = {}
        self.objection_by: dict[int, str] = {}
        """Who took each objection down."""
        self.upheld: tuple[int, ...] = ()
        self.completed_on: date | None = None

    @property
    def state(self) -> NoticeState:
        """The first of these that is so; only of a notice that was published."""
        for state, so in (
            (NoticeState.STOOD, self.completed_on is not None),
            (NoticeState.REPLACED, self.replaced_by is not None),
            (NoticeState.ALTERED, self.altered_on is not None),
            (NoticeState.UPHELD, bool(self.upheld)),
            (NoticeState.STOPPED, self.runs_since is None),
        ):
            if so:
                return state
        return NoticeState.STANDING

    @property
    def shown(self) -> Snapshot:
        """What it shows; only of a notice that was published."""
        assert self.snapshot is not None
        return self.snapshot


class NoticePublished(Fact):
    """公示发布: what the public reads, its hash, and the window in which it stands."""

    TOPIC: ClassVar[str] = "notice.published"
    city: str
    batch: UUID | None
    """The batch whose rules hold; None: the city's rules of the day."""
    snapshot: Snapshot
    sha256: str
    ends: date
    provisional: bool
    covers: tuple[Covered, ...]
    decided_by: tuple[str, ...]
    """Whose decision is published: the ids of those who made it. None of them answers an objection."""
    replaces: UUID | None
    formerly: tuple[str, ...]
    """The documents of all notices that this one follows, the first one first."""
    rehearsal: bool

    def fold(self, file: Notice) -> None:
        file.city = self.city
        file.batch = self.batch
        file.rehearsal = self.rehearsal
        file.snapshot = self.snapshot
        file.sha256 = self.sha256
        file.runs_since = self.snapshot.first_day
        file.ends = self.ends
        file.provisional = self.provisional
        file.days_left = self.snapshot.length
        file.covers = self.covers
        file.decided_by = self.decided_by
        file.published_by = self.by.id
        file.replaces = self.replaces
        file.formerly = self.formerly


class NoticeObjectionRecorded(Fact):
    """收到异议, under a real name. A person's own name stays in the bureau's register; the record holds its number."""

    TOPIC: ClassVar[str] = "notice.objection-recorded"
    objection: Objection

    def fold(self, file: Notice) -> None:
        file.objections = self.objection.number
        file.objected[self.objection.number] = self.objection
        file.open_objections[self.objection.number] = self.objection
        file.objection_by[self.objection.number] = self.by.id


class NoticeSuspended(Fact):
    """公示中止: the window waits for the answer. The day of the stop does not count."""

    TOPIC: ClassVar[str] = "notice.suspended"
    since: date
    """Since when it had run."""
    day: date
    days_left: int

    def fold(self, file: Notice) -> None:
        file.ran = (*file.ran, (self.since, self.day))
        file.runs_since = None
        file.ends = None
        file.days_left = self.days_left


class NoticeResumed(Fact):
    """公示恢复: the days that were left run from here, to a new end."""

    TOPIC: ClassVar[str] = "notice.resumed"
    day: date
    ends: date
    provisional: bool

    def fold(self, file: Notice) -> None:
        file.runs_since = self.day
        file.ends = self.ends
        file.provisional = self.provisional


class NoticeObjectionDismissed(Fact):
    """异议不成立."""

    TOPIC: ClassVar[str] = "notice.objection-dismissed"
    number: int
    answer: str

    def fold(self, file: Notice) -> None:
        file.open_objections.pop(self.number)


class NoticeObjectionUpheld(Fact):
    """异议成立: what stands before the public is wrong; a new notice must follow."""

    TOPIC: ClassVar[str] = "notice.objection-upheld"
    number: int
    answer: str

    def fold(self, file: Notice) -> None:
        file.open_objections.pop(self.number)
        file.upheld = (*file.upheld, self.number)


class NoticeChecked(Fact):
    """核验: on this day the public page showed just what was published."""

    TOPIC: ClassVar[str] = "notice.checked"
    day: date
    address: str
    """Where it was seen."""

    def fold(self, file: Notice) -> None:
        file.seen_on = (*file.seen_on, self.day)


class NoticeAltered(Fact):
    """内容有变（告警）: on this day the public page showed something else."""

    TOPIC: ClassVar[str] = "notice.altered"
    day: date
    address: str
    seen_sha256: str

    def fold(self, file: Notice) -> None:
        file.altered_on = self.day


class NoticeReplaced(Fact):
    """重新公示: another notice took its place; the reason stands beside."""

    TOPIC: ClassVar[str] = "notice.replaced"
    replaced_by: UUID
    document: str

    def fold(self, file: Notice) -> None:
        file.replaced_by = self.replaced_by


class NoticeCompleted(Fact):
    """公示期满: it stood unchanged and uncontested for its whole window."""

    TOPIC: ClassVar[str] = "notice.completed"
    day: date
    days_proven: int

    def fold(self, file: Notice) -> None:
        file.completed_on = self.day


EVENTS = (
    NoticePublished,
    NoticeObjectionRecorded,
    NoticeSuspended,
    NoticeResumed,
    NoticeObjectionDismissed,
    NoticeObjectionUpheld,
    NoticeChecked,
    NoticeAltered,
    NoticeReplaced,
    NoticeCompleted,
)
