"""先到先得 (按申请顺序用完即止): the order of the queue, how far the money reaches, and who is called when more comes.

What the sources leave open is asked only where the answer matters: the key of the order where firms stand differently
under different keys, the tail where money is left that does not suffice for the next in line.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from domain.fund.file import Fund
from domain.money import ZERO, Money
from domain.policy import Pack
from domain.queue import Called, PayoutQueue, QueueWoken, Waiting
from domain.record import Papers
from domain.rejections import OpenQuestion
from domain.rules import No, rule

ORDER: Final = "payout.order"
KEY: Final = "payout.queue_key"
KEPT: Final = "payout.queue_kept"
TAIL: Final = "payout.tail"


@dataclass(frozen=True)
class Purses:
    """What is free for firms: in the city's hands, and with each county that was given money of its own.

    A county with money of its own pays its firms out of that, and for all others the city pays, just as at approval.
    """

    city: Money
    counties: Mapping[str, Money] = field(default_factory=dict)

    def bearer(self, county: str) -> str:
        """Whose purse pays a firm of this county: the county's, or the city's (empty)."""
        return county if county in self.counties else ""

    def free(self, bearer: str) -> Money:
        """What a bearer has for nobody yet."""
        return self.counties[bearer] if bearer else self.city


@dataclass(frozen=True)
class Turn:
    """Where a firm stands."""

    waiting: Waiting
    place: int
    """From 1."""
    ahead: Money
    """What is due to all who stand before it."""


@dataclass(frozen=True)
class Share:
    """How far the money reaches for one firm that waits."""

    case: UUID
    credit_code: str
    bearer: str
    """The county whose purse it is; empty: the city's."""
    due: Money
    amount: Money
    """All of what is due, a part of it, or nothing."""
    why: str
    """Why it is not all, in Chinese; empty where it is."""

    @property
    def whole(self) -> bool:
        """Whether nothing is left to wait for."""
        return self.amount == self.due


def purses_of(fund: Fund) -> Purses:
    """The fund's free money, all sources together."""
    given = {account.county for account in fund.books if account.name == "allocated"}
    return Purses(fund.available, {county: fund.balance("allocated", county=county) for county in sorted(given)})


def order(queue: PayoutQueue, pack: Pack) -> tuple[Waiting, ...]:
    """All who wait, the first first; equal moments by receipt number.

    ``payout.queue_key`` says whether a firm counts from its application or from the day its papers were complete, and
    ``payout.queue_kept`` whether whoever had to mend something still counts from its application, or from the day on
    which it had mended it. Raises OpenQuestion where the pack is silent and the firms would stand differently.
    """
    kept = _by({one: one.applied for one in queue.waiting.values()})
    lost = _by({one: one.mended or one.applied for one in queue.waiting.values()})
    complete = _by({one: one.complete for one in queue.waiting.values()})
    if kept == lost == complete:
        return kept
    if pack.text(KEY) == "complete":
        return complete
    if kept == lost:
        return kept
    return kept if pack.flag(KEPT) else lost


def _by(moments: Mapping[Waiting, datetime]) -> tuple[Waiting, ...]:
    return tuple(sorted(moments, key=lambda one: (moments[one], one.number)))


def turns(queue: PayoutQueue, pack: Pack) -> tuple[Turn, ...]:
    """All who wait, in order, each with its place and what stands before it. Raises OpenQuestion as ``order``."""
    stood, ahead = [], ZERO
    for place, one in enumerate(order(queue, pack), start=1):
        stood.append(Turn(one, place, ahead))
        ahead += one.amount
    return tuple(stood)


def place(queue: PayoutQueue, pack: Pack, case: UUID) -> int:
    """A waiting firm's place, from 1. Raises OpenQuestion as ``order``."""
    return [one.case for one in order(queue, pack)].index(case) + 1


def draw(waiting: Sequence[Waiting], purses: Purses, pack: Pack) -> tuple[Share, ...]:
    """How far the money reaches, firm by firm in the order given, each out of its own bearer's purse.

    ``payout.tail`` says what becomes of money that does not suffice for the next in line: it gets a part of its
    subsidy, the drawing stops, or the drawing goes on with the next whose subsidy fits. Raises OpenQuestion where such
    money is left and the pack is silent.
    """
    shares: list[Share] = []
    left: dict[str, Money] = {}
    ended: set[str] = set()
    for one in waiting:
        bearer = purses.bearer(one.county)
        free = left.setdefault(bearer, purses.free(bearer))
        whose = bearer or "市本级"
        amount, why = ZERO, ""
        if bearer in ended:
            why = f"{whose}资金已按次序用到前面的企业为止"
        elif one.amount <= free:
            amount = one.amount
        elif free == ZERO:
            why = f"{whose}资金已用完"
        else:
            why = f"{whose}资金余 {free.grouped()} 元，不足核定的 {one.amount.grouped()} 元"
            match pack.text(TAIL):
                case "partial":
                    amount = free
                case "stop":
                    ended.add(bearer)
        left[bearer] = free - amount
        shares.append(Share(one.case, one.credit_code, bearer, one.amount, amount, why))
    return tuple(shares)


def fitting(queue: PayoutQueue, fund: Fund, pack: Pack) -> Mapping[UUID, Share]:
    """For whom there is money now, in order.

    Nobody where the order or the tail is open: no money is kept from being booked because nobody can say yet whose it
    becomes, and whoever asks for the order is told the question.
    """
    try:
        shares = draw(order(queue, pack), purses_of(fund), pack) if queue.waiting else ()
    except OpenQuestion:
        return {}
    return {share.case: share for share in shares if share.amount > ZERO}


def wake(
    queue: PayoutQueue, fund: Fund, before: Mapping[UUID, Share], pack: Pack, papers: Papers, document: str = ""
) -> None:
    """Call those for whom there is more money than ``before``, in order; nobody where there is for none."""
    called = tuple(
        Called(share.case, share.credit_code, share.amount)
        for share in fitting(queue, fund, pack).values()
        if share.amount > (before[share.case].amount if share.case in before else ZERO)
    )
    if called:
        clauses = (pack.clause("payout.queue"), pack.clause(TAIL))
        queue.record(QueueWoken, papers, clauses=clauses, called=called, document=document)


@rule
def round_must_choose_firms_as_the_city_says(pack: Pack, way: str) -> No | None:
    """``queue`` (first come, first served) or ``selection`` (reviewed and chosen), as the city's rules have it.

    Raises OpenQuestion where the sources say nothing of it.
    """
    cited = pack.cited(ORDER)
    if way in pack.list(ORDER):
        return None
    return No("本市规定的兑付轮次不按这种方式确定企业", cited.clause)


@rule
def plan_must_follow_the_queue(
    planned: Sequence[tuple[UUID, Money]], drawn: Sequence[Share], hindered: Collection[UUID] = (), clause: str = ""
) -> No | None:
    """A plan takes from the head of each bearer's queue, in order, for what the drawing gives, and overtakes nobody.

    It may end early (小批量、多轮次). Who cannot be paid now (``hindered``: frozen, a finding open, about to leave) may
    be left out; its place and its share stay its own, so that nobody is paid with what the drawing gave to it.
    ``clause`` is where the city says so.
    """
    shares = {share.case: share for share in drawn if share.amount > ZERO}
    wanted = dict(planned)
    for case, amount in planned:
        share = shares.get(case)
        if share is None:
            return No(f"方案中的企业 {_code(case, drawn)} 尚未轮到，现有资金按次序到不了它", clause)
        if amount != share.amount:
            said = f"{share.credit_code} 按次序应列 {share.amount.grouped()} 元，方案列了 {amount.grouped()} 元"
            return No(said, clause)
    if len(wanted) < len(planned):
        return No("方案把同一家企业列了不止一次", clause)
    if [case for case in shares if case in wanted] != [case for case, _ in planned]:
        return No("方案中企业的先后与兑付队列的次序不一致", clause)
    left_out: dict[str, Share] = {}
    for share in shares.values():
        if share.case in wanted and share.bearer in left_out:
            return No(f"方案越过了排在前面的 {left_out[share.bearer].credit_code}，须按申请顺序兑付", clause)
        if share.case not in wanted and share.case not in hindered:
            left_out.setdefault(share.bearer, share)
    return None


def _code(case: UUID, drawn: Sequence[Share]) -> str:
    return next((share.credit_code for share in drawn if share.case == case), str(case))
