"""Given, when, then: one case, its fund and its batch, played command by command through the real rooms.

A ``Play`` never changes: ``when`` gives the next one. What was refused has left nothing behind, because each command is
decided on a file folded anew from the facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import wraps
from typing import Any, Final, ParamSpec
from uuid import UUID

import pytest

from domain.batch import Batch, OpenBatch, ReviseBatchRules, open_batch, revise_batch_rules
from domain.calendar import CHINA, Calendar
from domain.case import payout_plan, rooms
from domain.case.alarm import WatchProvider
from domain.case.file import CaseFile, CasePapers, Stage
from domain.case.schedule import DeadlineClosed, DeadlineSet
from domain.case.vouchers import looked_up
from domain.catalogue import Catalogue
from domain.commands import CaseCommand
from domain.exclusions import Exclusions
from domain.fund.appropriation import AppropriateFund, appropriate_fund
from domain.fund.budget import Budget
from domain.fund.file import RETROFIT_LINE, Fund, Part, Source
from domain.identity import (
    batch_id,
    budget_id,
    command_id,
    exclusions_id,
    fund_id,
    places_id,
    pool_id,
    provider_id,
    queue_id,
    register_id,
)
from domain.money import Money
from domain.notice.file import Notice
from domain.payout_round.plan import PlanLine
from domain.places import Places
from domain.policy import Pack
from domain.programme import programme_of
from domain.provider.file import Membership, Pool, Provider
from domain.queue import PayoutQueue
from domain.record import Fact, File
from domain.register import Register
from domain.rejections import Refusal, Rejection
from domain.vouchers import VoucherRegister
from policies import load
from policies.calendars import published
from tests.domain.cast import CASE, CITY, CODE, OUT, PROGRAMME, REVISED, RULES, clerk1, head, provider, treasury
from tests.domain.lines import LINES, MAIN, SIDES, WAITS, Step

BATCH: Final = batch_id(CITY, PROGRAMME, "1")
PLACES: Final = places_id(BATCH)
REGISTER: Final = register_id("", CODE)
EXCLUSIONS: Final = exclusions_id(CITY)
FUND: Final = fund_id(CITY, PROGRAMME, RETROFIT_LINE)
BUDGET: Final = budget_id(CITY, PROGRAMME)
QUEUE: Final = queue_id(CITY, PROGRAMME, RETROFIT_LINE)
MONDAY: Final = datetime(2026, 3, 2, 10, 0, tzinfo=CHINA)
"""The day on which every play begins; a plain working day."""

P = ParamSpec("P")

SHOWN: dict[str, str] = {}
"""Rule → the test that shows it refusing and letting pass. Filled as the test modules are imported."""
_heard: list[tuple[str, str | None]] = []
"""What was said to whom while a test ran: command or function, and the rule that refused it, or None."""


def shows(*names: str) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """This test shows each of these rules refusing something, and the same thing done once it is put right.

    Checked when the test runs: a rule that is only named makes the test fail.
    """

    def mark(test: Callable[P, None]) -> Callable[P, None]:
        @wraps(test)
        def run(*args: P.args, **kwargs: P.kwargs) -> None:
            del _heard[:]
            test(*args, **kwargs)
            done = {kind for kind, rule in _heard if rule is None}
            for name in names:
                refused = {kind for kind, rule in _heard if rule == name}
                assert refused, f"{test.__name__} never shows {name} refusing"
                assert refused & done, f"{test.__name__} never shows what {name} lets pass"

        for name in names:
            SHOWN.setdefault(name, test.__name__)
        return run

    return mark


@contextmanager
def refused(name: str, of: str, clause: str | None = None) -> Iterator[pytest.ExceptionInfo[Rejection]]:
    """A function called directly refuses under this rule."""
    with pytest.raises(Rejection) as no:
        yield no
    _heard.append((of, no.value.refusal.rule))
    _check(no.value.refusal, name, clause)


def passed(of: str) -> None:
    """The same function did it."""
    heard(of, None)


def heard(of: str, rule: str | None) -> None:
    """What was said to a command that no play gives: the rule that refused it, or None."""
    _heard.append((of, rule))


def _check(refusal: Refusal, name: str, clause: str | None) -> None:
    assert refusal.rule == name, refusal
    assert refusal.sentence
    assert clause is None or refusal.clause == clause, refusal


@dataclass(frozen=True)
class Fields:
    """A fact by its type and some of what it says."""

    kind: type[Fact]
    said: Mapping[str, Any]


def fact(kind: type[Fact], **said: Any) -> Fields:
    """For ``then``: a fact of this type that says this."""
    return Fields(kind, said)


def changed(one: Any, **said: Any) -> Any:
    """A fact that happened, had it said something else."""
    return replace(one, **said)


@dataclass(frozen=True)
class Supplied:
    """Who and what is on offer to a firm."""

    pool: Pool | None = None
    providers: Mapping[str, Provider] = field(default_factory=dict)
    catalogue: Catalogue | None = None


Supply = Callable[[], Supplied]


def thrown_out() -> Supplied:
    """The play's own provider, removed from the pool: what an alarm is about."""
    pool = Pool.fresh(pool_id(CITY, PROGRAMME))
    pool.codes, pool.names = {OUT: provider.organisation}, {provider.organisation: OUT}
    gone = Provider.fresh(provider_id(CITY, PROGRAMME, OUT))
    gone.credit_code, gone.name, gone.membership = OUT, provider.organisation, Membership.REMOVED
    gone.decision = command_id("remove-provider")
    return Supplied(pool, {OUT: gone})


@dataclass(frozen=True)
class Play:
    """How far the story has come."""

    rules: Pack = field(repr=False)
    facts: tuple[Fact, ...] = field(default=(), repr=False)
    fund_facts: tuple[Fact, ...] = field(default=(), repr=False)
    batch_facts: tuple[Fact, ...] = field(default=(), repr=False)
    places_facts: tuple[Fact, ...] = field(default=(), repr=False)
    register_facts: tuple[Fact, ...] = field(default=(), repr=False)
    queue_facts: tuple[Fact, ...] = field(default=(), repr=False)
    voucher_facts: Mapping[UUID, tuple[Fact, ...]] = field(default_factory=dict, repr=False)
    exclusions: Exclusions = field(default_factory=lambda: Exclusions.fresh(EXCLUSIONS), repr=False)
    """Read and never written by a case."""
    elsewhere: tuple[CaseFile, ...] = field(default=(), repr=False)
    now: datetime = MONDAY
    calendar: Calendar = field(default_factory=published, repr=False)
    notice: Notice | None = field(default=None, repr=False)
    """The notice in force for the case, where the city keeps one."""
    said: int = 0
    asked: str = ""
    happened: tuple[Fact, ...] = ()
    booked: tuple[Fact, ...] = ()
    lined_up: tuple[Fact, ...] = ()
    """What the last command did to the queue for money."""
    placed: tuple[Fact, ...] = ()
    refusal: Refusal | None = None
    supplied: Supply = field(default=lambda: Supplied(), repr=False)
    """Lays pool, providers and products on the desk, anew for each command; nothing where the city keeps none."""
    told: tuple[Fact, ...] = ()
    """What the last command told the providers' files."""

    @property
    def planned(self) -> PlanLine:
        """The firm's line in the plan of a round that pays it out of all that the fund has."""
        case = self.case
        due = payout_plan.still_due(case)
        parts = tuple(Part(source, due) for source in self.fund.sources[:1])
        return PlanLine(case.id, case.firm, case.credit_code, case.county, due, parts)

    @property
    def case(self) -> CaseFile:
        """The case as its facts tell it, folded anew."""
        return CaseFile.folded(CASE, self.facts)

    @property
    def fund(self) -> Fund:
        """The fund as its facts tell it."""
        return Fund.folded(FUND, self.fund_facts)

    @property
    def queue(self) -> PayoutQueue:
        """The queue for the fund's money as its facts tell it."""
        return PayoutQueue.folded(QUEUE, self.queue_facts)

    @property
    def places(self) -> Places:
        """The batch's places as their facts tell them."""
        return Places.folded(PLACES, self.places_facts)

    @property
    def register(self) -> Register:
        """The firm's register as its facts tell it."""
        return Register.folded(REGISTER, self.register_facts)

    def voucher(self, key: UUID) -> VoucherRegister:
        """One voucher's register as its facts tell it."""
        return VoucherRegister.folded(key, self.voucher_facts.get(key, ()))

    @property
    def batch(self) -> Batch:
        """The batch as its facts tell it."""
        return Batch.folded(BATCH, self.batch_facts)

    @property
    def today(self) -> date:
        """The day in China."""
        return self.now.date()

    # --- given

    def begun(self, budget: Money, programme: str = PROGRAMME, *, rehearsal: bool = False) -> Play:
        """A batch is open for the year and the fund has its budget."""
        programme = programme_of(self.rules, rehearsal=True) if rehearsal else programme
        fund, batch, identity = Fund.folded(FUND, ()), Batch.folded(BATCH, ()), command_id("begin")
        money = AppropriateFund(
            command_id=identity,
            by=treasury,
            city=CITY,
            programme=programme,
            line=RETROFIT_LINE,
            source=Source.CENTRAL,
            amount=budget,
            document="财建1号",
        )
        appropriate_fund(fund, Budget.fresh(BUDGET), money, CasePapers(money, self.now, self.rules, self.calendar))
        opening = OpenBatch(
            command_id=identity,
            by=clerk1,
            city=CITY,
            programme=programme,
            code="1",
            opens=date(2026, 1, 1),
            closes=date(2026, 12, 31),
            pack_text="",
            rehearsal=rehearsal,
        )
        open_batch(batch, opening, CasePapers(opening, self.now, self.rules, self.calendar))
        other = replace(self.rules, version=REVISED)
        revision = ReviseBatchRules(
            command_id=identity, by=head, city=CITY, programme=programme, code="1", pack_text="", document="通知1号"
        )
        if other.version != self.rules.version:
            revise_batch_rules(batch, revision, CasePapers(revision, self.now, other, self.calendar))
        return replace(self, fund_facts=_pending(fund), batch_facts=_pending(batch))

    def on(self, day: date, at: time = time(10, 0)) -> Play:
        """The clock is set."""
        return replace(self, now=datetime.combine(day, at, CHINA))

    def after(self, timer: str) -> Play:
        """The morning after this timer's last day."""
        (due,) = (held.due for held in self.case.deadlines.values() if held.timer == timer)
        return self.on(due + timedelta(days=1))

    def under(self, rules: Pack) -> Play:
        """From here on other rules hold."""
        return replace(self, rules=rules)

    def with_supply(self, supplied: Supply) -> Play:
        """From here on these providers and products lie on the desk."""
        return replace(self, supplied=supplied)

    def did(self, *steps: Step) -> Play:
        """Several commands, each of which must succeed; ``~timer`` waits until that timer's last day is over."""
        play = self
        for step in steps:
            kind, changes = (step, {}) if isinstance(step, str) else step
            if kind.startswith("~"):
                play = play.after(kind[1:])
                continue
            play = play.when(kind, **changes)
            assert play.refusal is None, (kind, play.refusal)
        return play

    # --- when

    def command(self, kind: str, **changes: Any) -> CaseCommand:
        """The command that would be right here, by the right hand, with some of it changed."""
        hand, words = LINES[kind]
        fields = {"by": hand, **words(self), **changes}
        return rooms.COMMANDS[kind](command_id=command_id(kind, str(self.said)), case=CASE, **fields)

    def papers(self, command: CaseCommand, case: CaseFile | None = None) -> CasePapers:
        """What the desk lays beside the command, folded anew; the case only where nobody has it already."""
        supply = self.supplied()
        if isinstance(command, WatchProvider) and supply.pool is None:
            supply = thrown_out()
        return CasePapers(
            command,
            self.now,
            self.rules,
            self.calendar,
            batch=self.batch,
            fund=self.fund,
            queue=self.queue,
            city_rules=self.rules,
            notice=self.notice,
            standard=load.standard(edition) if (edition := rooms.edition(command)) else None,
            pool=supply.pool,
            providers=supply.providers,
            catalogue=supply.catalogue,
            places=self.places,
            register=self.register,
            exclusions=self.exclusions,
            elsewhere=self.elsewhere,
            vouchers={one.id: self.voucher(one.id) for one in looked_up(case or self.case, command)},
            planned=self.planned if command.kind in ("approve-payout", "instruct-payment") else None,
        )

    def when(self, kind: str, **changes: Any) -> Play:
        """One command is given."""
        return self.given(self.command(kind, **changes))

    def given(self, command: CaseCommand) -> Play:
        """One command, as it stands, is decided on files folded anew."""
        case = self.case
        papers = self.papers(command, case)
        try:
            rooms.decide(case, papers)
        except Rejection as no:
            _heard.append((command.kind, no.refusal.rule))
            return replace(
                self, asked=command.kind, happened=(), booked=(), lined_up=(), placed=(), told=(), refusal=no.refusal
            )
        _heard.append((command.kind, None))
        assert papers.fund is not None
        assert papers.queue is not None
        assert papers.places is not None
        assert papers.register is not None
        happened, booked, placed = _pending(case), _pending(papers.fund), _pending(papers.places)
        return replace(
            self,
            facts=(*self.facts, *happened),
            fund_facts=(*self.fund_facts, *booked),
            queue_facts=(*self.queue_facts, *_pending(papers.queue)),
            places_facts=(*self.places_facts, *placed),
            register_facts=(*self.register_facts, *_pending(papers.register)),
            voucher_facts={
                **self.voucher_facts,
                **{key: (*self.voucher_facts.get(key, ()), *_pending(one)) for key, one in papers.vouchers.items()},
            },
            now=self.now + timedelta(minutes=1),
            said=self.said + 1,
            asked=command.kind,
            happened=happened,
            booked=booked,
            lined_up=_pending(papers.queue),
            told=tuple(told for provider in papers.providers.values() for told in _pending(provider)),
            placed=placed,
            refusal=None,
        )

    # --- then

    def then(self, *expected: type[Fact] | Fields) -> Play:
        """Just this happened to the case, in this order; deadlines are asked for by ``then_deadlines``."""
        assert self.refusal is None, self.refusal
        _same([one for one in self.happened if not isinstance(one, (DeadlineSet, DeadlineClosed))], expected)
        return self

    def then_booked(self, *expected: type[Fact] | Fields) -> Play:
        """Just this was booked on the fund."""
        assert self.refusal is None, self.refusal
        _same(self.booked, expected)
        return self

    def then_lined_up(self, *expected: type[Fact] | Fields) -> Play:
        """Just this became of the queue for money."""
        assert self.refusal is None, self.refusal
        _same(self.lined_up, expected)
        return self

    def then_placed(self, *expected: type[Fact] | Fields) -> Play:
        """Just this became of the batch's places."""
        assert self.refusal is None, self.refusal
        _same(self.placed, expected)
        return self

    def then_deadlines(self, *, set: tuple[str, ...] = (), closed: tuple[str, ...] = ()) -> Play:  # noqa: A002
        """Just these deadlines began and ended."""
        assert self.refusal is None, self.refusal
        began = tuple(one.deadline.name for one in self.happened if isinstance(one, DeadlineSet))
        ended = tuple(one.name for one in self.happened if isinstance(one, DeadlineClosed))
        assert (began, ended) == (set, closed)
        return self

    def then_refused(self, name: str, clause: str | None = None, key: str = "") -> Play:
        """The rule refused, in words; ``key`` is the open question's."""
        assert self.refusal is not None, f"{self.asked} was not refused"
        _check(self.refusal, name, clause)
        assert self.refusal.open_question == key
        return self

    def then_stands(self, **state: Any) -> Play:
        """The case now says this of itself."""
        case = self.case
        assert {name: getattr(case, name) for name in state} == state
        return self


def _same(seen: Sequence[Fact], expected: Sequence[type[Fact] | Fields]) -> None:
    assert [type(one) for one in seen] == [want if isinstance(want, type) else want.kind for want in expected]
    for one, want in zip(seen, expected, strict=True):
        assert isinstance(want, type) or want.said == {name: getattr(one, name) for name in want.said}


def _pending(file: File) -> tuple[Fact, ...]:
    return tuple(event for event in file.pending_events if isinstance(event, Fact))


_plays: dict[tuple[str, str], Play] = {}


def begin(rules: Pack = RULES) -> Play:
    """Before anything: a batch, a fund with ten million yuan, no case."""
    return Play(rules).begun(Money.wan(1000))


def after(kind: str, rules: Pack = RULES) -> Play:
    """The main path up to and with this command."""
    key = (kind, rules.version)
    if key not in _plays:
        _plays[key] = ready(kind, rules).did(kind)
    return _plays[key]


def ready(kind: str, rules: Pack = RULES) -> Play:
    """Given a case in which this command is the right one now."""
    if kind in SIDES:
        last, *steps = SIDES[kind]
        assert isinstance(last, str)
        return after(last, rules).did(*steps)
    place = MAIN.index(kind)
    play = after(MAIN[place - 1], rules) if place else begin(rules)
    return play.after(WAITS[kind]) if kind in WAITS else play


def at(stage: Stage, rules: Pack = RULES) -> Play:
    """Given a case that has just come to this stage along the main path."""
    for kind in MAIN:
        play = after(kind, rules)
        if play.case.stage is stage:
            return play
    raise AssertionError(f"the main path never comes to {stage}")
