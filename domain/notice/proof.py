"""公示的证明: which days a notice has to be seen on, on which it was, and which day was therefore its last."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from domain.calendar import Calendar
from domain.notice.file import Notice

_DAY: Final = timedelta(days=1)


def days_asked(notice: Notice, calendar: Calendar) -> int:
    """How many days need a proof: all that count in the window as it ran, which a holiday at its end makes longer."""
    running = [] if notice.runs_since is None or notice.ends is None else [(notice.runs_since, notice.ends + _DAY)]
    return max(
        notice.shown.length,
        sum(
            calendar.counts(notice.shown.unit, since + nth * _DAY)
            for since, until in (*notice.ran, *running)
            for nth in range(1, (until - since).days)
        ),
    )


def days_proven(notice: Notice, calendar: Calendar) -> int:
    """On how many of the days that count, while the clock ran, the page was seen unchanged."""
    return len(_proven(notice, calendar))


def last_day(notice: Notice, calendar: Calendar) -> date | None:
    """The day on which it had stood its whole time, every day of it proven; None while that is still to come."""
    proven, asked = _proven(notice, calendar), days_asked(notice, calendar)
    if notice.ends is None or len(proven) < asked:
        return None
    return max(notice.ends, proven[asked - 1])


def _proven(notice: Notice, calendar: Calendar) -> list[date]:
    running = [] if notice.runs_since is None else [(notice.runs_since, date.max)]
    stretches = [*notice.ran, *running]
    return sorted(
        day
        for day in set(notice.seen_on)
        if calendar.counts(notice.shown.unit, day) and any(since < day < until for since, until in stretches)
    )
