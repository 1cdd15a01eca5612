"""轮次对账: where every line of a round stands; what was approved is received, on its way, still here or gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.case.file import CaseFile, Subsidy
from domain.money import ZERO, Money, total
from domain.payout_round.file import PayoutRound, Slip, Step
from domain.payout_round.plan import PlanLine, sum_of


class Where(StrEnum):
    """Where a firm's line of a plan has come to."""

    PLANNED = "planned"
    """待批准."""
    WAITING = "waiting"
    """待下达: approved, its money set aside, and never instructed."""
    ON_THE_WAY = "on-the-way"
    """拨付中: instructed, and nothing is back yet."""
    BOUNCED = "bounced"
    """退票待重拨: the bank sent it back, and it is not instructed again yet."""
    RECEIVED = "received"
    GONE = "gone"
    """不再由本轮次拨付: taken out of the plan, or the firm lost its claim."""


OPEN: Final = (Where.WAITING, Where.ON_THE_WAY, Where.BOUNCED)
"""What keeps an approved round from its end."""


@dataclass(frozen=True)
class Standing:
    """One line of a plan, as the firm's case tells it."""

    line: PlanLine
    where: Where
    amount: Money
    """What the case or its instruction says; it must be what the plan says."""
    instruction: str
    """The last one; empty where there was none."""
    bounces: tuple[Slip, ...]
    held_back: str
    """Why the last instruction left it out; empty where it did not, or where it has been instructed since."""


@dataclass(frozen=True)
class Reckoning:
    """A round's lines, and what they come to, to the fen; nothing is approved of a plan that still waits for it."""

    lines: tuple[Standing, ...]
    approved: Money

    def sum_at(self, *places: Where) -> Money:
        """What lies there, of what was approved."""
        return total(one.amount for one in self.lines if one.where in places)

    @property
    def difference(self) -> Money:
        """Approved, less received, on the way, not yet instructed and gone: always zero."""
        return self.approved - self.sum_at(Where.RECEIVED, Where.GONE, *OPEN)

    @property
    def open_lines(self) -> tuple[Standing, ...]:
        """The lines for which something is still to be done."""
        return tuple(one for one in self.lines if one.where in OPEN)


def reckon(payout_round: PayoutRound, cases: Mapping[UUID, CaseFile], slips: Iterable[Slip]) -> Reckoning:
    """Hold the plan against its firms' cases; ``slips`` are all that the round's receipt files brought."""
    slips = tuple(slips)
    lines = tuple(_standing(payout_round, line, cases[line.case], slips) for line in payout_round.lines)
    approved = payout_round.step in (Step.PAYMENT, Step.CLOSED)
    return Reckoning(lines, sum_of(payout_round.lines) if approved else ZERO)


def _standing(payout_round: PayoutRound, line: PlanLine, case: CaseFile, slips: tuple[Slip, ...]) -> Standing:
    orders = [order for order in payout_round.orders if order.case == line.case]
    numbers = [order.instruction for order in orders]
    received = [case.received[number] for number in numbers if number in case.received]
    bounces = tuple(slip for slip in slips if slip.bounced and slip.instruction in numbers)
    where, amount = Where.GONE, line.amount if payout_round.step in (Step.PAYMENT, Step.CLOSED) else ZERO
    if received:
        where, amount = Where.RECEIVED, total(received)
    elif case.planned_in == payout_round.id and line.case not in payout_round.retracted:
        match case.subsidy:
            case Subsidy.VERIFIED:
                where, amount = Where.PLANNED, ZERO
            case Subsidy.APPROVED:
                where, amount = Where.BOUNCED if orders else Where.WAITING, case.approved
            case Subsidy.INSTRUCTED:
                where = Where.ON_THE_WAY
                amount = total(order.amount for order in orders if order.instruction == case.instruction)
    held = (one.sentence for one in payout_round.held_back if one.case == line.case)
    waits = where in (Where.WAITING, Where.BOUNCED)
    return Standing(line, where, amount, numbers[-1] if numbers else "", bounces, next(held, "") if waits else "")
