"""工作日: periods count as the published notices say, end on working days, and say when they may still move."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Literal

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.calendar import CHINA, Calendar, Due, china_day, day_of, ends_at
from domain.policy import Days
from policies.calendars import published

CALENDAR = published()
days = st.dates(date(2003, 6, 1), date(2029, 6, 1))
counts = st.integers(0, 60)


@pytest.mark.parametrize(
    ("start", "n", "last"),
    [
        ("2026-02-10", 5, "2026-02-24"),  # 春节, and the Saturday worked before it
        ("2026-09-22", 5, "2026-09-30"),  # 中秋
        ("2026-04-29", 5, "2026-05-09"),  # ends on a Saturday that is worked
        ("2025-09-24", 5, "2025-09-30"),  # counts a Sunday that is worked
        ("2026-09-18", 10, "2026-10-09"),  # 中秋 and 国庆
    ],
)
def test_working_days_count_as_the_published_notices_say(start: str, n: int, last: str) -> None:
    assert CALENDAR.add_working_days(date.fromisoformat(start), n) == Due(date.fromisoformat(last))


def test_every_published_day_is_worked_or_not_as_the_package_says() -> None:
    first, last = date(min(CALENDAR.published), 1, 1), date(max(CALENDAR.published), 12, 31)
    every = [first + timedelta(n) for n in range((last - first).days + 1)]

    assert [day for day in every if CALENDAR.is_workday(day) != chinese_calendar.is_workday(day)] == []


@given(days, counts)
def test_a_period_in_working_days_ends_on_a_working_day_and_a_longer_one_ends_later(start: date, n: int) -> None:
    due, longer = CALENDAR.add_working_days(start, n), CALENDAR.add_working_days(start, n + 1)

    assert n == 0 or CALENDAR.is_workday(due.date)
    assert due.date < longer.date
    assert due.provisional <= longer.provisional


@given(days, counts, counts)
def test_two_periods_one_after_the_other_are_one_period(start: date, a: int, b: int) -> None:
    first = CALENDAR.add_working_days(start, a)
    second = CALENDAR.add_working_days(first.date, b)

    whole = CALENDAR.add_working_days(start, a + b)
    assert (whole.date, whole.provisional) == (second.date, first.provisional or second.provisional)


@given(days, counts)
def test_the_last_working_day_is_exactly_the_nth_after_the_start(start: date, n: int) -> None:
    last = CALENDAR.add_working_days(start, n).date

    assert sum(CALENDAR.is_workday(start + timedelta(k)) for k in range(1, (last - start).days + 1)) == n


@given(days, st.integers(1, 400))
def test_a_period_in_natural_days_ends_on_the_first_working_day_from_its_last_day(start: date, n: int) -> None:
    due, last = CALENDAR.add_natural_days(start, n), start + timedelta(n)

    assert due.date >= last
    assert CALENDAR.is_workday(due.date)
    assert not any(CALENDAR.is_workday(last + timedelta(k)) for k in range((due.date - last).days))
    assert due.date <= CALENDAR.add_natural_days(start, n + 1).date


@pytest.mark.parametrize(
    ("start", "n", "last"),
    [
        ("2026-03-02", 7, "2026-03-09"),
        ("2026-03-02", 5, "2026-03-09"),  # 2026-03-07 is a Saturday
        ("2026-09-24", 7, "2026-10-08"),  # 2026-10-01 is a holiday, worked again from the 8th
        ("2026-09-13", 7, "2026-09-20"),  # a Sunday, but worked
    ],
)
def test_a_natural_period_that_ends_on_a_holiday_moves_to_the_next_working_day(start: str, n: int, last: str) -> None:
    assert CALENDAR.add_natural_days(date.fromisoformat(start), n) == Due(date.fromisoformat(last))


def test_a_day_counted_in_an_unpublished_year_makes_the_end_provisional() -> None:
    last_published = max(CALENDAR.published)
    december = date(last_published, 12, 20)

    inside, across = CALENDAR.add_working_days(december, 5), CALENDAR.add_working_days(december, 10)
    assert (inside.standing, across.standing) == ("firm", "provisional")
    assert CALENDAR.add_natural_days(december, 30).provisional
    assert CALENDAR.add_working_days(date(1999, 3, 1), 1).provisional


@pytest.mark.parametrize("day", ["2031-01-01", "2031-05-01", "2031-05-02", "2031-10-01", "2031-10-02", "2031-10-03"])
def test_an_unpublished_year_still_knows_the_fixed_holidays_and_the_weekends(day: str) -> None:
    assert not CALENDAR.is_workday(date.fromisoformat(day))
    assert not CALENDAR.is_workday(date(2031, 3, 1))
    assert CALENDAR.is_workday(date(2031, 3, 3))


def test_publishing_a_year_makes_its_dates_firm_and_may_move_them() -> None:
    start = date(2027, 2, 3)  # 春节 2027 begins on 02-05; until published, nobody knows which days are off
    before = CALENDAR.add_working_days(start, 5)
    after = Calendar(
        CALENDAR.published | {2027},
        CALENDAR.off | {date(2027, 2, day) for day in (5, 8, 9, 10, 11)},
        CALENDAR.worked,
        CALENDAR.fixed,
    ).add_working_days(start, 5)

    assert before == Due(date(2027, 2, 10), provisional=True)
    assert after == Due(date(2027, 2, 17))


@pytest.mark.parametrize(("unit", "last"), [("working", date(2026, 10, 9)), ("natural", date(2026, 9, 28))])
def test_a_packs_period_is_counted_in_its_own_unit(unit: Literal["working", "natural"], last: date) -> None:
    assert CALENDAR.due(date(2026, 9, 18), Days(10, unit)) == Due(last)


@given(days)
def test_no_days_after_a_day_is_that_day(day: date) -> None:
    assert CALENDAR.add_working_days(day, 0) == CALENDAR.add_natural_days(day, 0) == Due(day)


def test_a_negative_period_is_no_period() -> None:
    for add in (CALENDAR.add_working_days, CALENDAR.add_natural_days):
        with pytest.raises(ValueError, match="negative"):
            add(date(2026, 1, 5), -1)


@given(st.integers(0, 4_000_000_000), st.integers(-12, 14))
def test_a_day_lasts_in_china_from_its_first_moment_to_its_last(seconds: int, offset: int) -> None:
    moment = datetime.fromtimestamp(seconds, timezone(timedelta(hours=offset)))

    day = china_day(moment)
    assert ends_at(day - timedelta(1)) <= moment < ends_at(day)


def test_a_day_ends_at_midnight_in_china_which_is_four_in_the_afternoon_utc() -> None:
    assert ends_at(date(2026, 12, 31)) == datetime(2026, 12, 31, 16, tzinfo=UTC)
    assert ends_at(date(2026, 12, 31)).utcoffset() == timedelta(hours=8) == CHINA.utcoffset(None)


@pytest.mark.parametrize(
    "text",
    ["2024-W10-1", "2024W101", "20240301", "2024-3-1", "2024-03-01 ", "２０２４-03-01", "2024-02-30", "", "2024-061"],
)
def test_a_date_is_written_in_one_way(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a date|day is out of range"):
        day_of(text)
    assert day_of("2024-02-29") == date(2024, 2, 29)


def test_a_time_without_a_zone_has_no_date() -> None:
    with pytest.raises(ValueError, match="zone"):
        china_day(datetime(2026, 1, 1))  # noqa: DTZ001 - that is the point
