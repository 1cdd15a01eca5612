"""兑付排队 as it stands: a firm's place, and the whole line with how far today's money reaches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from domain.first_come import Share, Turn, draw, purses_of, turns
from domain.fund.file import RETROFIT_LINE, Fund
from domain.identity import fund_id, queue_id
from domain.policy import Pack
from domain.programme import is_rehearsed
from domain.queue import PayoutQueue, Waiting
from domain.rejections import OpenQuestion
from eventstore.store import EventStore
from policies import load


@dataclass(frozen=True)
class InQueue:
    """A firm that waits for its money."""

    waiting: Waiting
    of: int
    """How many wait, itself among them."""
    turn: Turn | None
    """Its place; None where the city has not said what the order goes by."""
    question: str
    """What it has not said."""

    @property
    def words(self) -> str:
        """In Chinese; that to wait is no rejection is said every time."""
        if self.turn is None:
            return f"已进入兑付队列（共 {self.of} 家），次序未定。{self.question}{_NO_REJECTION}"
        ahead = self.turn.ahead.grouped()
        return f"兑付排队第 {self.turn.place} 位（共 {self.of} 家），前面还有 {ahead} 元。{_NO_REJECTION}"


_NO_REJECTION = "排队是等候资金，不是不予补助。"


@dataclass(frozen=True)
class Lined:
    """One firm of the line."""

    turn: Turn
    share: Share | None
    """How far today's money reaches for it; None where that is an open question."""


def rules_of(city: str, programme: str, day: date) -> Pack:
    """The city's rules of that day, which the queue of all its batches goes by."""
    pack = load.load(city)
    if is_rehearsed(pack, programme):
        pack = load.load(city, (load.REHEARSAL,))
    return pack.on(day)


def place_of(store: EventStore, city: str, programme: str, case: UUID, day: date) -> InQueue | None:
    """Where a firm stands; None where it does not wait."""
    queue = _queue(store, city, programme)
    if case not in queue.waiting:
        return None
    turn, question = None, ""
    try:
        turn = next(one for one in turns(queue, rules_of(city, programme, day)) if one.waiting.case == case)
    except OpenQuestion as open_:
        question = open_.refusal.sentence
    return InQueue(queue.waiting[case], len(queue.waiting), turn, question)


def line(store: EventStore, city: str, programme: str, day: date) -> tuple[tuple[Lined, ...], str]:
    """All who wait, in order, and the question about the tail where it is open and matters.

    Raises OpenQuestion where the city has not said what the order goes by.
    """
    pack = rules_of(city, programme, day)
    stood = turns(_queue(store, city, programme), pack)
    fund = store.load(Fund, fund_id(city, programme, RETROFIT_LINE))
    try:
        shares = draw([turn.waiting for turn in stood], purses_of(fund), pack)
    except OpenQuestion as open_:
        return tuple(Lined(turn, None) for turn in stood), open_.refusal.sentence
    return tuple(Lined(turn, share) for turn, share in zip(stood, shares, strict=True)), ""


def _queue(store: EventStore, city: str, programme: str) -> PayoutQueue:
    return store.load(PayoutQueue, queue_id(city, programme, RETROFIT_LINE))
