"""兑付队列: which firms wait for money with what is due to them, and when each of them came.

A firm stands in it from the moment its subsidy is worked out until it is approved, or until its claim ends. To wait is
no rejection. In which order they are served is in ``domain.first_come``: it is the city's to say.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, Final
from uuid import UUID

from domain.fund.appropriation import amount_must_be_positive
from domain.money import Money
from domain.record import Fact, File, Papers
from domain.rules import No, rule

LEAVES: Final = {
    "approved": "补贴已批准",
    "withdrawn": "企业已退出",
    "revoked": "已取消试点资格",
}
"""Why a firm waits no more, each with its Chinese."""


@dataclass(frozen=True)
class Waiting:
    """One firm in the queue, with every moment by which a city may order it."""

    case: UUID
    credit_code: str
    firm: str
    county: str
    amount: Money
    """核定补贴; after a part was approved, what is left of it."""
    applied: datetime
    """When the firm applied for acceptance."""
    mended: datetime | None
    """When it last reported that it had mended what was asked; None where nothing was."""
    complete: datetime
    """When its papers were complete: its acceptance was confirmed."""
    number: int = 0
    """受理编号: counted from 1 in the order in which the bureau worked the subsidies out; given when it joins."""


@dataclass(frozen=True)
class Called:
    """A firm whose turn has come, and how much of its subsidy there is money for."""

    case: UUID
    credit_code: str
    amount: Money


class PayoutQueue(File):
    """Who waits for money of one budget line of one city's programme."""

    def blank(self) -> None:
        self.waiting: dict[UUID, Waiting] = {}
        """By case; the order of the dictionary means nothing."""
        self.last_number = 0


class QueueJoined(Fact):
    """排队: the subsidy is worked out, and its firm waits for the money."""

    TOPIC: ClassVar[str] = "queue.joined"
    waiting: Waiting

    def fold(self, file: PayoutQueue) -> None:
        file.waiting[self.waiting.case] = self.waiting
        file.last_number = self.waiting.number


class QueueMoved(Fact):
    """A part was approved, and less is waited for. The moments are what they were, and so is the place."""

    TOPIC: ClassVar[str] = "queue.moved"
    was: Waiting
    now: Waiting

    def fold(self, file: PayoutQueue) -> None:
        file.waiting[self.now.case] = self.now


class QueueLeft(Fact):
    """A firm waits no more."""

    TOPIC: ClassVar[str] = "queue.left"
    case: UUID
    why: str
    """A word of ``LEAVES``."""

    def fold(self, file: PayoutQueue) -> None:
        file.waiting.pop(self.case)


class QueueWoken(Fact):
    """轮到兑付: there is money for firms that waited and for which there was none, or less, before."""

    TOPIC: ClassVar[str] = "queue.woken"
    called: tuple[Called, ...]
    """In the order of the queue."""
    document: str
    """On which the money came; empty where it came back from a firm, or a firm before them left."""


EVENTS = (QueueJoined, QueueMoved, QueueLeft, QueueWoken)


@rule
def firm_must_wait_in_the_queue(queue: PayoutQueue, case: UUID) -> No | None:
    """Only what waits can be drawn, or waits for less."""
    return None if case in queue.waiting else No("该企业不在兑付队列中")


def join(queue: PayoutQueue, waiting: Waiting, papers: Papers) -> None:
    """Stand in the queue under the next number; a firm that stands there already keeps its own."""
    if waiting.case in queue.waiting:
        return
    numbered = replace(waiting, number=queue.last_number + 1)
    queue.record(QueueJoined, papers, clauses=_rest_on(papers), waiting=numbered)


def wait_for_the_rest(queue: PayoutQueue, case: UUID, rest: Money, papers: Papers) -> None:
    """A part was approved; with what is left of its subsidy the firm keeps its place."""
    firm_must_wait_in_the_queue(queue, case)
    amount_must_be_positive(rest)
    was = queue.waiting[case]
    queue.record(QueueMoved, papers, clauses=_rest_on(papers), was=was, now=replace(was, amount=rest))


def leave(queue: PayoutQueue, case: UUID, papers: Papers, why: str) -> None:
    """Wait no more, if the firm waited at all; ``why`` is a word of ``LEAVES``."""
    assert why in LEAVES
    if case in queue.waiting:
        queue.record(QueueLeft, papers, clauses=_rest_on(papers), case=case, why=why)


def _rest_on(papers: Papers) -> tuple[str, ...]:
    return (papers.pack.clause("payout.queue"),)
