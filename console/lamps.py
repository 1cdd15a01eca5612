"""督办灯: green, yellow or red for an open deadline, always beside its word; and today, as the programme sees it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from domain.calendar import china_day
from domain.deadlines import Deadline


@dataclass(frozen=True)
class Lamp:
    """What a page shows: the colour for the style sheet, a shape and a word for everybody."""

    colour: str
    shape: str
    word: str


GREEN = Lamp("green", "●", "正常")
YELLOW = Lamp("yellow", "▲", "临近")
OVER = Lamp("yellow", "▲", "期满待办")
RED = Lamp("red", "■", "已逾期")

PERIODS = frozenset({"list_notice", "acceptance_notice", "statement"})
"""公示期, 申辩期: periods that must run out before the next step; nobody is late when they have."""


def lamp(deadline: Deadline, today: date | None) -> Lamp:
    """Red once the last day is over, yellow from the first reminder's day on, green before. A period that must run
    out is never red: yellow says that the next step can be taken.

    ``today`` is None in a rehearsal, whose clocks lie elsewhere: there the record alone tells.
    """
    if deadline.passed or (today is not None and deadline.due < today):
        return OVER if deadline.timer in PERIODS else RED
    if deadline.reminded or (today is not None and any(day <= today for day in deadline.remind_on)):
        return YELLOW
    return GREEN


def worst(deadlines: list[Deadline], today: date | None) -> Lamp | None:
    """The lamp of a case: its worst deadline's; None where no period runs."""
    order = (RED, OVER, YELLOW, GREEN)
    return min((lamp(deadline, today) for deadline in deadlines), key=order.index, default=None)


def today_of(rehearsal: bool, now: datetime) -> date | None:
    """The day in China; None for a rehearsal."""
    return None if rehearsal else china_day(now)
