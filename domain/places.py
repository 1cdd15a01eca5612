"""名额: how many firms a batch has room for, who holds a place, and who waits for one, in order.

A quota covers a part of the batch (an industry, a county, 规上 or 规下, several of these together, or all firms). A
firm needs a free place in every quota that covers it. It holds its place from 拟入选 until it leaves; a firm that has
passed acceptance, or failed it, was a pilot and keeps its place. A batch without quotas has no limit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar, Literal
from uuid import UUID

from domain.record import Fact, File, Papers
from domain.rules import No, rule


@dataclass(frozen=True)
class Applicant:
    """What quotas ask of a firm, and its name for whoever is told that it is next."""

    case: UUID
    credit_code: str
    firm: str
    county: str
    industry: str
    above_designated: bool


@dataclass(frozen=True)
class Quota:
    """So many places for one part of the batch. What is empty is not asked: without all three it covers every firm."""

    places: int
    """家."""
    industry: str = ""
    county: str = ""
    scale: Literal["", "above", "below"] = ""
    """above = 规上, below = 规下."""
    clause: str = ""
    """Where the number stands, if a document states it."""

    @property
    def part(self) -> tuple[str, str, str]:
        """The part of the batch that it covers."""
        return (self.industry, self.county, self.scale)

    @property
    def words(self) -> str:
        """The part by name, in Chinese."""
        scale = {"above": "规上", "below": "规下"}.get(self.scale, "")
        return "、".join(word for word in (self.industry, self.county, scale) if word) or "全部企业"

    def covers(self, firm: Applicant) -> bool:
        """Whether the firm takes one of these places."""
        return (
            self.industry in ("", firm.industry)
            and self.county in ("", firm.county)
            and self.scale in ("", "above" if firm.above_designated else "below")
        )


@dataclass(frozen=True)
class Filled:
    """How far a quota of the last batch was used when the next batch's were re-set."""

    quota: Quota
    used: int


@dataclass(frozen=True)
class Willing:
    """How many firms of a part say that they want to take part (意愿); the part as in a quota."""

    firms: int
    industry: str = ""
    county: str = ""
    scale: Literal["", "above", "below"] = ""


class Places(File):
    """The places of one batch."""

    def blank(self) -> None:
        self.quotas: tuple[Quota, ...] = ()
        self.taken: dict[UUID, Applicant] = {}
        self.waiting: dict[UUID, Applicant] = {}
        """候补, the next first."""
        self.called: dict[UUID, Applicant] = {}
        """Who waits and has been told that a place is free for them."""

    def used(self, quota: Quota) -> int:
        """How many places of this quota are taken: pilots, and firms proposed or before the public."""
        return sum(quota.covers(firm) for firm in self.taken.values())

    def left(self) -> dict[Quota, int]:
        """Free places by quota; empty where the batch has no limit."""
        return {quota: quota.places - self.used(quota) for quota in self.quotas}

    def next_in_line(self) -> Applicant | None:
        """The first who waits and for whom there is a free place; None where a free place wakes nobody."""
        left = self.left()
        return next((firm for firm in self.waiting.values() if _full(left, firm) is None), None)


class Room:
    """The free places of a batch while several firms take theirs in order, none of them by overtaking who waits."""

    def __init__(self, places: Places) -> None:
        self._left = places.left()
        for waiting in places.waiting.values():
            self.gives(waiting)

    def gives(self, firm: Applicant) -> bool:
        """Whether there is a place for the firm; if so it is gone for those who come after."""
        if _full(self._left, firm) is not None:
            return False
        self._left = {quota: free - quota.covers(firm) for quota, free in self._left.items()}
        return True


def _full(left: dict[Quota, int], firm: Applicant) -> Quota | None:
    """The first quota that has no place left for the firm; None where every one has."""
    return next((quota for quota, free in left.items() if free <= 0 and quota.covers(firm)), None)


# --- facts


class QuotasSet(Fact):
    """名额下达: the batch's places became limited."""

    TOPIC: ClassVar[str] = "places.quotas-set"
    batch: UUID
    quotas: tuple[Quota, ...]
    document: str

    def fold(self, file: Places) -> None:
        file.quotas = self.quotas


class QuotasReset(Fact):
    """名额调整: set anew from the firms' willingness and from how the last batch went."""

    TOPIC: ClassVar[str] = "places.quotas-reset"
    batch: UUID
    quotas: tuple[Quota, ...]
    document: str
    willing: tuple[Willing, ...]
    last_batch: str
    """The last batch's code; empty where none was looked at."""
    filled: tuple[Filled, ...]
    """Its quotas and how far they were used on that day."""

    def fold(self, file: Places) -> None:
        file.quotas = self.quotas


class PlaceTaken(Fact):
    """A firm became 拟入选; if it had been waiting it waits no more."""

    TOPIC: ClassVar[str] = "places.taken"
    batch: UUID
    applicant: Applicant

    def fold(self, file: Places) -> None:
        file.taken[self.applicant.case] = self.applicant
        file.waiting.pop(self.applicant.case, None)
        file.called.pop(self.applicant.case, None)


class PlaceFreed(Fact):
    """A firm gave its place back: objection upheld, withdrawn, revoked."""

    TOPIC: ClassVar[str] = "places.freed"
    batch: UUID
    case: UUID

    def fold(self, file: Places) -> None:
        file.taken.pop(self.case)


class WaitBegun(Fact):
    """A firm stands at the end of the waitlist."""

    TOPIC: ClassVar[str] = "places.wait-begun"
    batch: UUID
    applicant: Applicant

    def fold(self, file: Places) -> None:
        file.waiting[self.applicant.case] = self.applicant


class WaitEnded(Fact):
    """A firm left the waitlist without a place."""

    TOPIC: ClassVar[str] = "places.wait-ended"
    batch: UUID
    case: UUID

    def fold(self, file: Places) -> None:
        file.waiting.pop(self.case)
        file.called.pop(self.case, None)


class TurnCame(Fact):
    """轮到递补: a place is free for the first who waits for it, and kept until it is taken up or passed on."""

    TOPIC: ClassVar[str] = "places.turn-came"
    batch: UUID
    applicant: Applicant

    def fold(self, file: Places) -> None:
        file.called[self.applicant.case] = self.applicant


EVENTS = (QuotasSet, QuotasReset, PlaceTaken, PlaceFreed, WaitBegun, WaitEnded, TurnCame)

# --- rules


@rule
def place_must_be_free(places: Places, firm: Applicant) -> No | None:
    """Quota plus one is nobody's; and a place that fell free is first theirs who wait for it."""
    left = places.left()
    ahead = 0
    for waiting in () if firm.case in places.waiting else places.waiting.values():
        if _full(left, waiting) is None:
            ahead += 1
            left = {quota: free - quota.covers(waiting) for quota, free in left.items()}
    full = _full(left, firm)
    if full is None:
        return None
    used = places.used(full)
    if used >= full.places:
        advice = "尚无空余名额可递补" if firm.case in places.waiting else "可列入候补"
        return No(f"{full.words}的名额 {full.places} 个已用完，{advice}", full.clause)
    return No(
        f"{full.words}的名额 {full.places} 个已用 {used} 个，余下的须先由候补企业递补（{ahead} 家），可列入候补",
        full.clause,
    )


@rule
def waitlist_must_be_followed_in_order(places: Places, firm: Applicant) -> No | None:
    """A place that falls free is the first's for whom it is free, and nobody else's. Without quotas nobody competes."""
    if not places.quotas:
        return None
    left = places.left()
    for waiting in places.waiting.values() if firm.case in places.waiting else ():
        if waiting.case == firm.case:
            return None
        if _full(left, waiting) is None:
            return No(f"候补须按次序递补，下一家是 {waiting.firm}（{waiting.credit_code}）")
    return None


# --- decisions


def take(places: Places, batch: UUID, firm: Applicant, papers: Papers) -> None:
    """A place for a firm that becomes 拟入选, from the review or from the waitlist."""
    place_must_be_free(places, firm)
    waitlist_must_be_followed_in_order(places, firm)
    rests_on = clauses_of(quota for quota in places.quotas if quota.covers(firm))
    places.record(PlaceTaken, papers, clauses=rests_on, batch=batch, applicant=firm)


def wait(places: Places, batch: UUID, firm: Applicant, papers: Papers) -> None:
    """The end of the waitlist."""
    places.record(WaitBegun, papers, batch=batch, applicant=firm)


def leave(places: Places, batch: UUID, case: UUID, papers: Papers) -> None:
    """Give back what a firm holds, its place or its turn on the waitlist, if it holds any."""
    if case in places.taken:
        places.record(PlaceFreed, papers, batch=batch, case=case)
    if case in places.waiting:
        places.record(WaitEnded, papers, batch=batch, case=case)
    call_who_is_next(places, batch, papers)


def call_who_is_next(places: Places, batch: UUID, papers: Papers) -> None:
    """Say whose turn has come, of all who wait, each once."""
    left = places.left()
    for waiting in tuple(places.waiting.values()) if places.quotas else ():
        if _full(left, waiting) is not None:
            continue
        left = {quota: free - quota.covers(waiting) for quota, free in left.items()}
        if waiting.case not in places.called:
            rests_on = clauses_of(quota for quota in places.quotas if quota.covers(waiting))
            places.record(TurnCame, papers, clauses=rests_on, batch=batch, applicant=waiting)


def clauses_of(quotas: Iterable[Quota]) -> tuple[str, ...]:
    """Where these numbers stand."""
    return tuple(dict.fromkeys(quota.clause for quota in quotas))
