"""放假安排: the working days published so far, from the chinesecalendar package."""

from __future__ import annotations

from functools import cache
from typing import Final

from chinese_calendar.constants import holidays, workdays

from domain.calendar import Calendar

_FIXED: Final = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})
"""全国年节及纪念日放假办法, as in force from 2025: 元旦, 劳动节, 国庆节. The others follow the moon or the sun."""


@cache
def published() -> Calendar:
    """The working days of every year the State Council has published and the installed package knows."""
    return Calendar(
        published=frozenset(day.year for day in holidays),
        off=frozenset(day for day in holidays if day.weekday() < 5),
        worked=frozenset(workdays),
        fixed=_FIXED,
    )
