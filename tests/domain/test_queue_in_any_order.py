"""排队 in any order: whoever comes, leaves or is paid, whatever money comes, the line and its drawing stay just.

Beside the queue runs a model of its own, in whole fen and plain lists, which works the drawing out anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final
from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from domain import first_come, queue
from domain.first_come import Purses, Share, draw, order, place, plan_must_follow_the_queue, purses_of, turns
from domain.fund import payment as funds
from domain.fund.allocation import (
    AllocateToCounty,
    SettleCounty,
    TakeBackFromCounty,
    allocate_to_county,
    take_back_from_county,
)
from domain.fund.appropriation import AppropriateFund, appropriate_fund
from domain.fund.file import Source
from domain.money import ZERO, Money
from domain.policy import Pack
from domain.queue import PayoutQueue, QueueWoken, Waiting
from domain.record import Fact, Papers
from domain.rejections import Rejection
from tests.domain.cast import RULES, rules
from tests.domain.play import BATCH, MONDAY, QUEUE
from tests.domain.test_fund_sources import COUNTY, MIANYANG, OTHER, Treasury

TAILS: Final = {tail: rules({"payout.tail": tail}) for tail in ("partial", "stop", "skip")}
KEYS: Final = [
    rules({"payout.queue_key": key, "payout.queue_kept": kept})
    for key in ("applied", "complete")
    for kept in (True, False)
]
HOMES: Final = (COUNTY, OTHER, "江油市")
COUNTIES: Final = ("东区", "西区", "南区")
HOURS: Final = st.integers(0, 4).map(lambda hours: MONDAY + timedelta(hours=hours))
"""Few moments, so that many are equal."""


@st.composite
def lines(pick: st.DrawFn) -> list[Waiting]:
    """Some firms, each with a number of its own, in no order."""
    numbers = pick(st.permutations(range(1, pick(st.integers(0, 7)) + 1)))
    return [
        Waiting(
            case=uuid5(BATCH, str(number)),
            credit_code=str(number),
            firm=str(number),
            county=pick(st.sampled_from(COUNTIES)),
            amount=Money(pick(st.integers(1, 60))),
            applied=pick(HOURS),
            mended=pick(st.none() | HOURS),
            complete=pick(HOURS),
            number=number,
        )
        for number in numbers
    ]


PURSES: Final = st.builds(
    Purses,
    st.integers(0, 150).map(Money),
    st.dictionaries(st.sampled_from(COUNTIES[:2]), st.integers(0, 100).map(Money)),
)
ANY_TAIL: Final = st.sampled_from(sorted(TAILS))


def held(waiting: Sequence[Waiting]) -> PayoutQueue:
    """A queue that came to hold them in this order."""
    line = PayoutQueue.fresh(QUEUE)
    line.waiting = {one.case: one for one in waiting}
    return line


@given(lines(), PURSES, ANY_TAIL)
def test_nobody_gets_more_than_its_due_and_no_purse_gives_more_than_it_has(
    waiting: list[Waiting], purses: Purses, tail: str
) -> None:
    shares = draw(waiting, purses, TAILS[tail])
    assert [(share.case, share.due) for share in shares] == [(one.case, one.amount) for one in waiting]
    assert all(ZERO <= share.amount <= share.due for share in shares)
    for bearer in {share.bearer for share in shares}:
        assert sum(share.amount.fen for share in shares if share.bearer == bearer) <= purses.free(bearer).fen
    assert all(bool(share.why) is not share.whole for share in shares)


@given(lines(), PURSES, ANY_TAIL)
def test_nobody_is_overtaken_but_as_the_tail_says(waiting: list[Waiting], purses: Purses, tail: str) -> None:
    shares = draw(waiting, purses, TAILS[tail])
    for bearer in {share.bearer for share in shares}:
        own = [share for share in shares if share.bearer == bearer]
        got = [share for share in own if share.amount > ZERO]
        parts = [share for share in got if not share.whole]
        assert len(parts) <= (tail == "partial")
        if tail != "skip":
            assert own[: len(got)] == got, "from the head, without a gap"
            assert parts in ([], got[-1:]), "only the last"
        for at, share in enumerate(own):
            left = purses.free(bearer).fen - sum(one.amount.fen for one in own[:at])
            if share.amount == ZERO and tail == "skip":
                assert share.due.fen > left, "passed over only because it does not fit"
            if share.amount == ZERO and tail == "partial":
                assert left == 0, "money is given out to the last fen"


@given(lines(), PURSES, ANY_TAIL, st.integers(1, 80), st.sampled_from(["", *COUNTIES[:2]]))
def test_more_money_never_takes_from_one_to_give_to_another_behind(
    waiting: list[Waiting], purses: Purses, tail: str, more: int, to: str
) -> None:
    """The first share that changes grows; where nobody is passed over, none shrinks. No place moves at all."""
    to = purses.bearer(to)
    counties = {**purses.counties, to: purses.counties[to] + Money(more)} if to else purses.counties
    richer = Purses(purses.city if to else purses.city + Money(more), counties)
    before, after = (draw(waiting, purse, TAILS[tail]) for purse in (purses, richer))
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old.amount != new.amount]
    assert all(new.bearer == to for _, new in changed)
    assert all(new.amount > old.amount for old, new in (changed[:1] if tail == "skip" else changed))


@given(lines(), st.sampled_from(KEYS), st.randoms())
def test_the_order_knows_no_order_of_arrival(waiting: list[Waiting], pack: Pack, luck: Any) -> None:
    shuffled = list(waiting)
    luck.shuffle(shuffled)
    first = order(held(waiting), pack)
    assert first == order(held(shuffled), pack)
    assert [place(held(shuffled), pack, one.case) for one in first] == list(range(1, len(first) + 1))
    key = _key(pack)
    assert all((key(a), a.number) < (key(b), b.number) for a, b in pairwise(first))
    assert [turn.ahead.fen for turn in turns(held(waiting), pack)] == [
        sum(one.amount.fen for one in first[:at]) for at in range(len(first))
    ]


def _key(pack: Pack) -> Callable[[Waiting], datetime]:
    if pack.text("payout.queue_key") == "complete":
        return lambda one: one.complete
    return (lambda one: one.applied) if pack.flag("payout.queue_kept") else (lambda one: one.mended or one.applied)


@given(lines(), PURSES, ANY_TAIL, st.data())
def test_a_plan_is_let_pass_just_where_each_purse_is_drawn_from_its_head(
    waiting: list[Waiting], purses: Purses, tail: str, pick: st.DataObject
) -> None:
    shares = draw(waiting, purses, TAILS[tail])
    paid = [share for share in shares if share.amount > ZERO]
    chosen = [share for share in paid if pick.draw(st.booleans())]

    def own(bearer: str, among: list[Share]) -> list[Share]:
        return [share for share in among if share.bearer == bearer]

    bearers = {share.bearer for share in paid}
    heads = all(own(bearer, chosen) == own(bearer, paid)[: len(own(bearer, chosen))] for bearer in bearers)
    assert _passes([(share.case, share.amount) for share in chosen], shares) is heads


def _passes(planned: Sequence[tuple[UUID, Money]], shares: Sequence[Share]) -> bool:
    try:
        plan_must_follow_the_queue(planned, shares)
    except Rejection:
        return False
    return True


class QueueInAnyOrder(RuleBasedStateMachine):
    """Firms come and go, are approved from the head or in part, and money comes to the city and to its counties."""

    @initialize(tail=ANY_TAIL)
    def an_empty_line(self, tail: str) -> None:
        self.tail = tail
        self.city = Treasury(MIANYANG)
        self.facts: tuple[Fact, ...] = ()
        self.line: list[Waiting] = []
        """As it must be: in order."""
        self.purses: dict[str, int] = {"": 0}
        self.came = 0
        self.booked = 0

    @property
    def held(self) -> PayoutQueue:
        """The queue as its facts tell it."""
        return PayoutQueue.folded(QUEUE, self.facts)

    def reach(self) -> dict[UUID, int]:
        """The model's drawing, in fen."""
        left, over = dict(self.purses), set[str]()
        got: dict[UUID, int] = {}
        for one in self.line:
            bearer = one.county if one.county in left else ""
            due = one.amount.fen
            if bearer in over:
                continue
            if due > left[bearer]:
                over |= {bearer} if self.tail != "skip" else set()
                due = left[bearer] if self.tail == "partial" else 0
            left[bearer] -= due
            got |= {one.case: due} if due else {}
        return got

    def act(self, on: Callable[[PayoutQueue, Papers], None], model: Callable[[], None], *, wakes: bool = True) -> None:
        """Do it in the queue and in the model, and see who is called."""
        line, pack = self.held, TAILS[self.tail]
        papers = self.city.desk(SettleCounty, county=COUNTY, carry=False)
        before, was = first_come.fitting(line, self.city.fund(), pack), self.reach()
        on(line, papers)
        model()
        if wakes:
            first_come.wake(line, self.city.fund(), before, pack, papers, "财字")
        new = [fact for fact in line.pending_events if isinstance(fact, Fact)]
        called = [one for fact in new if isinstance(fact, QueueWoken) for one in fact.called]
        more = [(case, fen) for case, fen in self.reach().items() if fen > was.get(case, 0)]
        assert [(one.case, one.amount.fen) for one in called] == (more if wakes else [])
        assert sum(isinstance(fact, QueueWoken) for fact in new) <= 1
        self.facts += tuple(new)
        assert self.held.waiting == line.waiting

    @rule(county=st.sampled_from(HOMES), fen=st.integers(1, 60), applied=HOURS)
    def come(self, county: str, fen: int, applied: datetime) -> None:
        self.came += 1
        case = uuid5(BATCH, f"firm {self.came}")
        one = Waiting(case, str(self.came), "", county, Money(fen), applied, None, applied, self.came)

        def stand() -> None:
            self.line = sorted([*self.line, one], key=lambda firm: (firm.applied, firm.number))

        self.act(lambda line, papers: queue.join(line, replace(one, number=0), papers), stand, wakes=False)

    @precondition(lambda self: self.line)
    @rule(pick=st.data())
    def leave(self, pick: st.DataObject) -> None:
        gone = pick.draw(st.sampled_from(self.line))
        self.act(lambda line, papers: queue.leave(line, gone.case, papers, "withdrawn"), lambda: self.line.remove(gone))

    @precondition(lambda self: self.reach())
    @rule()
    def approve(self) -> None:
        """The first for whom there is money is approved for what there is."""
        share = next(iter(first_come.fitting(self.held, self.city.fund(), TAILS[self.tail]).values()))
        at, one = next((at, one) for at, one in enumerate(self.line) if one.case == share.case)
        assert share.amount.fen == self.reach()[one.case]
        self.booked += 1

        def book(line: PayoutQueue, papers: Papers) -> None:
            funds.commit(self.city.fund(), uuid5(one.case, str(self.booked)), share.amount, papers, one.county)
            if share.whole:
                queue.leave(line, one.case, papers, "approved")
            else:
                queue.wait_for_the_rest(line, one.case, one.amount - share.amount, papers)

        def less() -> None:
            self.purses[share.bearer] -= share.amount.fen
            self.line[at : at + 1] = [] if share.whole else [replace(one, amount=one.amount - share.amount)]

        self.act(book, less)

    @rule(fen=st.integers(1, 100))
    def bring(self, fen: int) -> None:
        def book(line: PayoutQueue, papers: Papers) -> None:
            desk = self.city.desk(AppropriateFund, amount=Money(fen), source=Source.CENTRAL)
            appropriate_fund(self.city.fund(), self.city.budget, desk.command, desk)  # type: ignore[arg-type]

        self.act(book, lambda: self.purses.update({"": self.purses[""] + fen}))

    @precondition(lambda self: self.purses[""])
    @rule(county=st.sampled_from(HOMES[:2]), fen=st.integers(1, 100))
    def allocate(self, county: str, fen: int) -> None:
        """A county that is given money pays its firms from then on, and the city no more."""
        fen = min(fen, self.purses[""])

        def book(line: PayoutQueue, papers: Papers) -> None:
            desk = self.city.desk(AllocateToCounty, amount=Money(fen), source=Source.CENTRAL, county=county)
            allocate_to_county(self.city.fund(), desk.command, desk)  # type: ignore[arg-type]

        def move() -> None:
            self.purses[""] -= fen
            self.purses[county] = self.purses.get(county, 0) + fen

        self.act(book, move)

    @precondition(lambda self: any(self.purses.get(county) for county in HOMES))
    @rule()
    def take_back(self) -> None:
        county = next(county for county in HOMES if self.purses.get(county))
        fen = self.purses[county]

        def book(line: PayoutQueue, papers: Papers) -> None:
            desk = self.city.desk(TakeBackFromCounty, amount=Money(fen), source=Source.CENTRAL, county=county)
            take_back_from_county(self.city.fund(), desk.command, desk)  # type: ignore[arg-type]

        def move() -> None:
            self.purses[county] = 0
            self.purses[""] += fen

        self.act(book, move)

    @invariant()
    def the_line_is_what_the_model_says(self) -> None:
        assert list(order(self.held, RULES)) == self.line
        assert {bearer: purses_of(self.city.fund()).free(bearer).fen for bearer in self.purses} == self.purses

    @invariant()
    def what_is_drawn_can_be_planned(self) -> None:
        shares = draw(self.line, purses_of(self.city.fund()), TAILS[self.tail])
        plan = [(share.case, share.amount) for share in shares if share.amount > ZERO]
        assert dict(plan) == {case: Money(fen) for case, fen in self.reach().items()}
        assert _passes(plan, shares)


TestQueueInAnyOrder = QueueInAnyOrder.TestCase
