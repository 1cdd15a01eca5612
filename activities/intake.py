"""名册入档: every firm of a roster gets its case, in one transaction, or none of them does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from activities.desk import Desk
from domain.case.application import OpenCase
from domain.identity import case_id, command_id
from domain.people import Person
from domain.rejections import Refusal, Rejection
from eventstore.store import Conflict, EventStore

_TRIES: Final = 4
"""How often to look again when somebody else puts firms on file at the same time."""


@dataclass(frozen=True)
class Listed:
    """A firm as a roster says it, in the words of the pack."""

    name: str
    credit_code: str
    county: str
    industry: str
    scale: str
    above_designated: bool
    quality: str


@dataclass(frozen=True)
class Taken:
    """What became of a roster."""

    opened: int
    """Firms that have a case now and had none before."""
    already: int
    """Firms that were on file before, with the same data."""
    cases: tuple[UUID, ...]
    """The case of every row, in the roster's order."""


class RowsRefused(Rejection):
    """Some rows were refused, so nothing of the roster was taken."""

    def __init__(self, refusals: Mapping[int, Refusal]) -> None:
        first = next(iter(refusals.values()))
        super().__init__(first.rule, f"名册有 {len(refusals)} 家企业不能建档，一家也没有导入", first.clause)
        self.refusals = refusals
        """By the row's place in the roster, from 0."""


def take_roster(
    store: EventStore,
    desk: Desk,
    city: str,
    programme: str,
    firms: Sequence[Listed],
    file_hash: str,
    by: Person,
    at: datetime,
    *,
    rehearsal: bool = False,
) -> Taken:
    """Open a case for every firm. The same firms again, from whatever file, open nothing.

    Raises RowsRefused where a rule refuses any of them, a firm that is on file with other data among them; nothing is
    written then.
    """
    commands = [_open(city, programme, firm, file_hash, by, rehearsal=rehearsal) for firm in firms]
    for left in reversed(range(_TRIES)):
        new = {place: command for place, command in enumerate(commands) if not _is_on_file(store, command)}
        try:
            answers = desk.handle_together(tuple(new.values()), at)
        except (Conflict, Rejection):  # Rejection: somebody else's command for the same firm has just been done
            if not left:
                raise
            continue
        refusals = {
            place: answer.refusal for place, answer in zip(new, answers, strict=True) if answer.refusal is not None
        }
        if left and any(_is_on_file(store, commands[place]) for place in refusals):
            continue  # somebody else has opened the same firm while we were deciding
        if refusals:
            raise RowsRefused(refusals)
        return Taken(len(new), len(commands) - len(new), tuple(command.case for command in commands))
    raise AssertionError("the last try returns or raises")


def _open(city: str, programme: str, firm: Listed, file_hash: str, by: Person, *, rehearsal: bool) -> OpenCase:
    case = case_id(city, programme, firm.credit_code)
    return OpenCase(
        command_id=command_id("open-case", str(case)),
        by=by,
        evidence=(f"sha256:{file_hash}",),
        case=case,
        city=city,
        programme=programme,
        credit_code=firm.credit_code,
        firm=firm.name,
        county=firm.county,
        industry=firm.industry,
        scale=firm.scale,
        above_designated=firm.above_designated,
        quality=firm.quality,
        rehearsal=rehearsal,
    )


_SAID: Final = (
    *("city", "programme", "rehearsal", "credit_code", "firm", "county", "industry"),
    *("scale", "above_designated", "quality"),
)
"""What a case's first fact says of its firm."""


def _is_on_file(store: EventStore, command: OpenCase) -> bool:
    """The case was opened with just these data; opened with others, it is left to the rules to refuse."""
    facts = store.facts(command.case)
    return bool(facts) and all(getattr(facts[0], name) == getattr(command, name) for name in _SAID)
