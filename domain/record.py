"""Facts and the files that hold them: the only door between the programme's rules and the event-sourcing library."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar, Protocol, Self, TypeVar
from uuid import UUID

from eventsourcing.domain import Aggregate
from eventsourcing.utils import register_topic

from domain.commands import Command
from domain.people import Person
from domain.policy import Pack

_BEGINNING = datetime.min.replace(tzinfo=UTC)
TFile = TypeVar("TFile", bound="File")


class Papers(Protocol):
    """What lies on the desk while a command is decided."""

    @property
    def command(self) -> Command: ...
    @property
    def at(self) -> datetime: ...
    @property
    def pack(self) -> Pack: ...


class Fact(Aggregate.Event):
    """One thing that happened. Immutable; its topic and fields are for ever. ``timestamp`` is the time of the act."""

    command_id: UUID
    """The command that caused it."""
    by: Person
    """Who, in which role, for whom, at the time of the act."""
    reason: str
    evidence: tuple[str, ...]
    pack_version: str
    """The version of the rules it was decided by."""
    clauses: tuple[str, ...]
    """The clauses it rests on."""

    TOPIC: ClassVar[str]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "TOPIC" in cls.__dict__:
            register_topic(cls.TOPIC, cls)

    def apply(self, aggregate: Any) -> None:
        """Remember the fact. Assignments only: no rule, no clock."""
        self.fold(aggregate)

    def fold(self, file: Any) -> None:
        """What this fact changes in the file; nothing unless a fact says so."""


class File(Aggregate):
    """A stream of facts about one thing: a case, a fund, a batch. It remembers; the rooms decide."""

    @classmethod
    def fresh(cls, file_id: UUID) -> Self:
        """An empty file: a stream with no fact yet."""
        file = cls.__new__(cls)
        file.__base_init__(originator_id=file_id, originator_version=0, timestamp=_BEGINNING)
        file.blank()
        return file

    @classmethod
    def folded(cls, file_id: UUID, facts: Sequence[Fact]) -> Self:
        """The file as its facts tell it; facts in order of version."""
        file = cls.fresh(file_id)
        for fact in facts:
            fact.mutate(file)
        return file

    def blank(self) -> None:
        """Set the state of a file that has no facts."""

    @property
    def is_new(self) -> bool:
        """No fact has been recorded yet."""
        return self.version == 0

    def record(self, kind: type[Fact], papers: Papers, /, *, clauses: Iterable[str] = (), **facts: Any) -> None:
        """Add a fact, stamped with the command, its hand, its time and the rules in force."""
        command = papers.command
        self.trigger_event(
            kind,
            timestamp=papers.at.astimezone(UTC),  # one spelling of a moment in the record
            command_id=command.command_id,
            by=command.by,
            reason=command.reason,
            evidence=command.evidence,
            pack_version=papers.pack.version,
            clauses=tuple(clause for clause in clauses if clause),
            **facts,
        )
