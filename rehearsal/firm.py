"""A firm of the rehearsal with its luck, and what somebody does on a day."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

from domain.calendar import Calendar
from domain.commands import CaseCommand
from domain.identity import command_id
from domain.people import Person
from domain.policy import Pack
from domain.spend import Contract, SpendLine
from domain.standard import Grade
from exchange.roster import RosterRow
from policies import load
from rehearsal.cast import Cast


class ScriptError(Exception):
    """The rehearsal's own script met an answer that it did not expect. A fault of the program, never of the city."""


THURSDAY = 3
OFFICE_DAYS = (1, THURSDAY)
"""People here act on Tuesdays and Thursdays, so that a day has company."""


@dataclass(frozen=True)
class Act:
    """What somebody does on a day: a command, or a mistake that will be refused. What time does needs nobody."""

    on: date
    command: CaseCommand
    mistake: bool = False
    """It comes as a signal and is refused; the refusal stays on record."""


Story = Generator[Act, None, bool]
"""Acts in order of days; True at its end where the firm goes on, False where its life in the programme is over."""


@dataclass
class Firm:
    """One firm of the rehearsal, with its luck."""

    row: RosterRow
    case: UUID
    batch: UUID
    batch_code: str
    programme: str
    batch_opens: date
    cast: Cast
    pack: Pack
    calendar: Calendar
    chance: Random
    day: date = date.min
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    provider: str = ""
    evaluator: str = ""
    contract: Contract | None = None
    verified: tuple[SpendLine, ...] = ()

    @property
    def standard(self) -> str:
        """The edition of the indicators in force on this day."""
        return str(self.pack.cited("evaluation.standard", self.day).value)

    def happens(self, probability: float) -> bool:
        """A throw of this firm's dice."""
        return self.chance.random() < probability

    def later(self, least: int, most: int) -> date:
        """Move to the next office day after some natural days: a Tuesday or Thursday that is worked."""
        self.day += timedelta(days=self.chance.randint(least, most))
        while self.day.weekday() not in OFFICE_DAYS or not self.calendar.is_workday(self.day):
            self.day += timedelta(days=1)
        return self.day

    def to_notice_day(self) -> date:
        """Move on to the next Thursday that is worked: firms go before the public together, in one notice a week."""
        while self.day.weekday() != THURSDAY or not self.calendar.is_workday(self.day):
            self.day += timedelta(days=1)
        return self.day

    def after_period(self, timer: str) -> date:
        """Move past the end of a period that began on this day."""
        self.day = self.calendar.due(self.day, self.pack.days(f"timers.{timer}")).date + timedelta(days=1)
        return self.later(0, 3)

    def gives(self, kind: type[CaseCommand], by: Person, *, mistake: bool = False, **asks: Any) -> Act:
        """A command of this firm's case on its day, with an id made of where it stands in the story."""
        name = command_id("rehearsal", str(self.case), str(next(self.numbers)))
        return Act(self.day, kind(command_id=name, case=self.case, by=by, **asks), mistake)


def grade(level: int, chance: Random, standard: str) -> Grade:
    """Six numbers that fit a level."""
    edition = load.standard(standard)
    points = Decimal(20 * level + chance.randint(2, 17))
    foundation = min(Decimal(50), points / 2)
    return Grade(
        standard=standard,
        level=level,
        foundation=foundation,
        management=min(Decimal(30), (points - foundation) * 3 / 5),
        effect=min(Decimal(20), (points - foundation) * 2 / 5),
        binding_scenarios=min(edition.scenarios_that_are(binding=True), 2 * level + 2),
        guiding_scenarios=min(edition.scenarios_that_are(binding=False), level + 2),
    )
