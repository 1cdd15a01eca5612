"""What crosses the engine: commands in, answers out, and how a life begins. Small, and without personal data.

pydantic's dataclasses, because they are made ready when this module is imported: the workflow sandbox, which sees only
what it imported itself, could not look up the domain's types.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias, Union
from uuid import UUID

from pydantic import Field
from pydantic.dataclasses import dataclass

from domain.case import rooms
from domain.case.rooms import Standing
from domain.commands import CaseCommand, Receipt
from domain.payout_round import rooms as payout_round
from domain.payout_round.common import RoundCommand
from domain.rejections import Refusal

if TYPE_CHECKING:
    AnyCaseCommand: TypeAlias = CaseCommand
    AnyRoundCommand: TypeAlias = RoundCommand
else:
    AnyCaseCommand = Annotated[Union[tuple(rooms.COMMANDS.values())], Field(discriminator="kind")]  # noqa: UP007
    AnyRoundCommand = Annotated[Union[tuple(payout_round.COMMANDS.values())], Field(discriminator="kind")]  # noqa: UP007


@dataclass(frozen=True)
class Submission:
    """One command on its way to its case."""

    command: AnyCaseCommand


@dataclass(frozen=True)
class Act:
    """A command and the moment, by the case's clock, at which it is to be decided."""

    command: AnyCaseCommand
    at: datetime
    by_signal: bool = False


@dataclass(frozen=True)
class Answer:
    """What became of a command, and where its case stands now.

    ``refusal`` alone: refused, nothing written. ``receipt`` alone: done. Both: refused, and the refusal is on record.
    """

    receipt: Receipt | None
    refusal: Refusal | None
    standing: Standing | None


@dataclass(frozen=True)
class RoundSubmission:
    """One command on its way to its payout round."""

    command: AnyRoundCommand


@dataclass(frozen=True)
class RoundAct:
    """A command to a round and the moment at which it is to be decided."""

    command: AnyRoundCommand
    at: datetime


@dataclass(frozen=True)
class RoundAnswer:
    """What became of a command to a round, and the step at which the round stands now."""

    receipt: Receipt | None
    refusal: Refusal | None
    step: str


DECIDE: Final = "decide"
"""The activity that decides an ``Act`` and gives an ``Answer``."""
STAND: Final = "stand"
"""The activity that says where a case stands: an ``Answer`` with nothing but its standing."""
DECIDE_ROUND: Final = "decide-round"
"""The activity that decides a ``RoundAct`` and gives a ``RoundAnswer``."""
STAND_ROUND: Final = "stand-round"
"""The activity that says where a round stands: a ``RoundAnswer`` with nothing but its step."""


@dataclass(frozen=True)
class Clock:
    """A case's only clock: the workflow's time plus a shift. Both are zero except in a rehearsal."""

    shift: timedelta = timedelta()
    """How far the case's days lie from the server's; a rehearsal may play in other years."""
    tick: timedelta = timedelta()
    """A rehearsal's times are rounded down to this, so that the machine's speed leaves no trace in the record."""

    def at(self, now: datetime) -> datetime:
        """The moment by this clock."""
        moment = now + self.shift
        if not self.tick:
            return moment
        return moment - (moment - datetime.fromtimestamp(0, moment.tzinfo)) % self.tick


@dataclass(frozen=True)
class CaseLife:
    """How a case's workflow begins, begins again after a loss, and goes on after continue-as-new: always the same."""

    case: UUID
    city: str
    clock: Clock = Clock()


@dataclass(frozen=True)
class RoundLife:
    """How a payout round's workflow begins, begins again after a loss, and goes on after continue-as-new."""

    payout_round: UUID
    city: str
    clock: Clock = Clock()


def workflow_id(case: UUID) -> str:
    """The workflow of a case."""
    return f"case/{case}"


def round_workflow_id(payout_round: UUID) -> str:
    """The workflow of a payout round."""
    return f"payout-round/{payout_round}"


def case_of(workflow: str) -> UUID:
    """The case of a workflow; the inverse of ``workflow_id``."""
    return UUID(workflow.removeprefix("case/"))
