"""What a person asks for: one frozen object that travels the whole way, from the form to the append."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain.people import Person


@dataclass(frozen=True, kw_only=True)
class Command:
    """A wish with its hand. Each subclass adds ``kind``, its name on the wire, and what it asks for."""

    kind: str
    command_id: UUID
    """The same id is the same command: sent twice it has one effect and one receipt."""
    by: Person
    reason: str = ""
    evidence: tuple[str, ...] = ()
    """Ids or content hashes of the papers it rests on."""


@dataclass(frozen=True, kw_only=True)
class CaseCommand(Command):
    """A command to one firm's case."""

    case: UUID


@dataclass(frozen=True)
class Receipt:
    """回执: proof that a command was done, the same however often it is asked for."""

    command_id: UUID
    subject: UUID
    """The stream (case, fund, batch) that the command was for."""
    version: int
    """The stream's version after it."""
    position: int
    """The last position it took in the event log; a page that has read so far shows its effect."""
    events: tuple[str, ...]
    """The topics of the events it caused, in order."""
