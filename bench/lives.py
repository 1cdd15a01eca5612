"""Firms for the comparison: the rehearsal's, with all their luck, or with none and therefore without a detour."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final

from activities.desk import Desk
from domain.calendar import CHINA
from domain.commands import CaseCommand
from eventstore.store import EventStore
from policies.calendars import published
from rehearsal import city
from rehearsal.firm import Firm
from rehearsal.script import life

CITY: Final = "dalian"
"""Its money rules are complete, so a firm's life goes through to the last yuan."""
_OFFICE_HOUR: Final = time(10)


def moment(day: date) -> datetime:
    """When people act on a day."""
    return datetime.combine(day, _OFFICE_HOUR, CHINA)


class PlainFirm(Firm):
    """A firm to which nothing happens: no supplement, no objection, nothing late. Everybody acts the same day."""

    def happens(self, probability: float) -> bool:
        """Never."""
        return False

    def later(self, least: int, most: int) -> date:
        """Today, or the next working day."""
        while not self.calendar.is_workday(self.day):
            self.day += timedelta(days=1)
        return self.day

    def to_notice_day(self) -> date:
        """Today: nobody else is waited for."""
        return self.later(0, 0)


def plain_firms(store: EventStore, folder: Path, firms: int, seed: int) -> list[PlainFirm]:
    """Firms on file, in a programme of their own; their batches are open and their fund has its money."""
    on_file = city.prepare(city.Rehearsal(CITY, firms, seed), store, folder)
    return [PlainFirm(**{each.name: getattr(firm, each.name) for each in fields(Firm)}) for firm in on_file]


def main_path(firm: PlainFirm) -> list[tuple[date, CaseCommand]]:
    """The shortest life, from the application to the money on the account, each command on its day."""
    return [(act.on, act.command) for act in life(firm) if act.command is not None]


def lived_city(store: EventStore, folder: Path, firms: int) -> list[CaseCommand]:
    """Write a whole city's events, in the order of business dates; the commands of its firms, as they were given.

    Straight at the desk, without the engine: what time alone brings about (reminders, lapses) is not in this log.
    """
    rehearsal = city.Rehearsal(CITY, firms, 1)
    acts = [act for firm in city.prepare(rehearsal, store, folder) for act in life(firm)]
    desk, given = Desk(store, published()), []
    for act in sorted(acts, key=lambda act: act.on):
        if act.command is not None:
            answer = desk.handle(act.command, moment(act.on), by_signal=act.mistake)
            assert act.mistake == (answer.refusal is not None), answer.refusal
            given.append(act.command)
    return given
