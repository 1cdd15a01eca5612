"""公示经过: what the public may know of a notice beside its content. Who objected stays in the record.

An objection is answered to whoever made it; no source says that the name is published, so it is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from domain.calendar import Calendar, china_day
from domain.notice.file import (
    Notice,
    NoticeChecked,
    NoticeObjectionDismissed,
    NoticeObjectionRecorded,
    NoticeObjectionUpheld,
    NoticePublished,
    NoticeReplaced,
    NoticeResumed,
    NoticeSuspended,
)
from domain.record import Fact


@dataclass(frozen=True)
class Heard:
    """One objection and what came of it."""

    number: int
    matter: str
    about: str
    """The credit code of the firm it is about; empty where it is about the whole."""
    received_on: date
    answered_on: date | None = None
    """None while it waits."""
    upheld: bool = False
    answer: str = ""


@dataclass(frozen=True)
class Day:
    """One day of the window, and whether somebody saw the page unchanged on it."""

    day: date
    seen: bool


@dataclass(frozen=True)
class Stop:
    """中止: the clock waited for an answer."""

    since: date
    until: date | None
    """None while it waits."""


@dataclass(frozen=True)
class Account:
    """What happened to one notice."""

    days: tuple[Day, ...]
    """The days that count, up to the window's end, or as long as the page was looked at after it."""
    objections: tuple[Heard, ...]
    stops: tuple[Stop, ...]
    published_for: str
    """Why it was published; of a notice that replaces another: why the list changed."""
    replaced_for: str
    """Why another took its place; empty where none did."""


def account(notice: Notice, facts: Sequence[Fact], calendar: Calendar) -> Account:
    """Told from the notice's own facts; only of a notice that was published."""
    heard: dict[int, Heard] = {}
    stops: list[Stop] = []
    published_for = replaced_for = ""
    for fact in facts:
        day = china_day(fact.timestamp)
        match fact:
            case NoticePublished():
                published_for = fact.reason
            case NoticeObjectionRecorded():
                made = fact.objection
                heard[made.number] = Heard(made.number, made.matter, made.about, day)
            case NoticeObjectionDismissed() | NoticeObjectionUpheld():
                upheld = isinstance(fact, NoticeObjectionUpheld)
                heard[fact.number] = replace(heard[fact.number], answered_on=day, upheld=upheld, answer=fact.answer)
            case NoticeSuspended():
                stops.append(Stop(fact.day, None))
            case NoticeResumed():
                stops[-1] = replace(stops[-1], until=fact.day)
            case NoticeReplaced():
                replaced_for = fact.reason
    return Account(_days(notice, facts, calendar), tuple(heard.values()), tuple(stops), published_for, replaced_for)


def _days(notice: Notice, facts: Sequence[Fact], calendar: Calendar) -> tuple[Day, ...]:
    seen = {fact.day for fact in facts if isinstance(fact, NoticeChecked)}
    end = max(seen | {notice.ends or notice.shown.first_day})
    if notice.replaced_by is not None:
        end = min(end, china_day(facts[-1].timestamp))
    stretches = [*notice.ran, *([] if notice.runs_since is None else [(notice.runs_since, date.max)])]
    first = notice.shown.first_day + timedelta(days=1)
    days = (first + timedelta(days=n) for n in range((end - first).days + 1))
    return tuple(
        Day(day, day in seen)
        for day in days
        if calendar.counts(notice.shown.unit, day) and any(since < day < until for since, until in stretches)
    )
