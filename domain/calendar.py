"""工作日与期限: how long a period runs, counted as the programme counts, and whether the answer can still change.

The day after the event is day one. Years whose holidays (放假安排) are not yet published give provisional (暂定) dates.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from typing import Final, Literal

from domain.policy import Days

CHINA: Final = timezone(timedelta(hours=8), "UTC+08:00")
"""China has one time and no summer time; a fixed offset needs no time zone database."""
_DAY: Final = timedelta(days=1)
_SATURDAY: Final = 5
_WRITTEN: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Due:
    """The last day of a period."""

    date: date
    provisional: bool = False
    """暂定: a day was counted whose year has no published holidays yet."""

    @property
    def standing(self) -> str:
        """``firm`` or ``provisional``."""
        return "provisional" if self.provisional else "firm"


@dataclass(frozen=True)
class Calendar:
    """Which days are worked. Data only: the State Council's notices where published, a rule of thumb elsewhere."""

    published: frozenset[int]
    """Years whose holidays are published."""
    off: frozenset[date]
    """Weekdays that are not worked, in published years."""
    worked: frozenset[date]
    """调休: weekend days that are worked, in published years."""
    fixed: frozenset[tuple[int, int]]
    """Holidays (month, day) that stand on the solar calendar; all that is known of an unpublished year."""

    def is_workday(self, day: date) -> bool:
        """Whether offices work on that day; for an unpublished year the best guess."""
        weekday = day.weekday() < _SATURDAY
        if day.year in self.published:
            return day in self.worked or (weekday and day not in self.off)
        return weekday and (day.month, day.day) not in self.fixed

    def counts(self, unit: Literal["working", "natural"], day: date) -> bool:
        """Whether a day is one of those that a period of this unit counts."""
        return unit == "natural" or self.is_workday(day)

    def add_working_days(self, day: date, n: int) -> Due:
        """The n-th working day (工作日) after that day; n = 0 is the day itself.

        Raises ValueError for a negative n, OverflowError past the year 9999.
        """
        if n < 0:
            raise ValueError(f"a period has no negative days: {n}")
        provisional = False
        while n:
            day += _DAY
            provisional = provisional or day.year not in self.published
            n -= self.is_workday(day)
        return Due(day, provisional)

    def add_natural_days(self, day: date, n: int) -> Due:
        """The n-th natural day (自然日) after that day, moved by the end rule; n = 0 is the day itself.

        Raises ValueError for a negative n, OverflowError past the year 9999.
        """
        if n < 0:
            raise ValueError(f"a period has no negative days: {n}")
        return self.last_day_on_a_working_day(day + n * _DAY) if n else Due(day)

    def last_day_on_a_working_day(self, day: date) -> Due:
        """The end rule: a period whose last day is a holiday or a weekend ends on the next working day."""
        provisional = day.year not in self.published
        while not self.is_workday(day):
            day += _DAY
            provisional = provisional or day.year not in self.published
        return Due(day, provisional)

    def due(self, day: date, period: Days) -> Due:
        """The last day of a pack's period that starts with something done on that day."""
        add = self.add_working_days if period.unit == "working" else self.add_natural_days
        return add(day, period.count)


def day_of(text: str) -> date:
    """A date as people and files write it here: 2026-03-01, and in no other way. Raises ValueError.

    The library's own reader takes 20260301 and 2026-W09-7 too, which a slip of the hand can come to.
    """
    if not _WRITTEN.fullmatch(text):
        raise ValueError(f"not a date as 2026-03-01: {text!r}")
    return date.fromisoformat(text)


def ends_at(day: date) -> datetime:
    """The moment a day has passed in China: the midnight that ends it."""
    return datetime.combine(day + _DAY, time(), CHINA)


def china_day(moment: datetime) -> date:
    """The date on which a moment falls in China; raises ValueError for a time without a zone."""
    if moment.tzinfo is None:
        raise ValueError(f"a time without a zone has no date in China: {moment.isoformat()}")
    return moment.astimezone(CHINA).date()
