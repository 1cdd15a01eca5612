"""期限: by when something must be done, for whom, and when to say so beforehand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from domain.people import Role


@dataclass(frozen=True)
class Deadline:
    """One open period of one case. It moves only by an event."""

    name: str
    """Timer and how many times it has been opened, e.g. ``county_review/1``."""
    role: Role
    """Whose step it is."""
    set_on: date
    due: date
    """The last day; it passes at midnight in China at that day's end."""
    provisional: bool
    """暂定: a year without a published calendar lies on the way."""
    remind_on: tuple[date, ...]
    """The days on which to remind, in order."""
    on_expiry: Literal["wait", "lapse"]
    clause: str
    passed: bool = False
    reminded: tuple[date, ...] = ()

    @property
    def timer(self) -> str:
        """The timer's name in the pack, e.g. ``county_review``."""
        return self.name.partition("/")[0]
