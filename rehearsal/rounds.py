"""The payout rounds of a rehearsal: a plan a month for whoever waits in line, and all its steps to the last slip."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any, Final
from uuid import UUID

from activities.desk import Desk
from domain.calendar import CHINA, Calendar
from domain.case.file import CaseFile
from domain.first_come import draw, order, purses_of
from domain.fund.file import RETROFIT_LINE, Fund
from domain.identity import command_id, fund_id, queue_id, round_id
from domain.payout_round.approval import ApprovePayoutPlan
from domain.payout_round.common import RoundCommand
from domain.payout_round.file import Order, PaymentsInstructed, PayoutRound, Slip
from domain.payout_round.payment import ClosePayoutRound, FileReceipts, InstructPayments
from domain.payout_round.plan import APPROVED_BY
from domain.payout_round.planning import Claim, DrawPayoutPlan
from domain.payout_round.rules import still_open
from domain.people import Person, Role
from domain.policy import Pack
from domain.policy_rows import Notice as NoticeRow
from domain.queue import PayoutQueue
from eventstore.store import EventStore
from rehearsal.cast import Cast
from rehearsal.firm import Firm, ScriptError
from rehearsal.notices import Noticeboard

MORNING: Final = time(9)
"""The offices' part of a round comes before the firms' people act at ten."""
_APART: Final = timedelta(days=28)
_SIGNED: Final = timedelta(days=2)
"""From one approval to the next."""
_ISSUED: Final = timedelta(days=3)
"""From the last approval to the fund document, where the plan need not be published."""
_BACK: Final = timedelta(days=6)
_SLOW: Final = timedelta(days=18)
"""From the fund document to the receipts of most counties, and of slow ones."""
_AGAIN: Final = timedelta(days=25)
"""From the fund document to the next one, for whom the bank sent the money back."""


@dataclass(frozen=True)
class RoundStep:
    """One step of a round: when, whose clocks must have come there, and what is done."""

    at: datetime
    firms: tuple[Firm, ...]
    do: Callable[[], list[RoundStep]]
    """Gives the steps that follow from it."""


class Rounds:
    """All payout rounds of one rehearsal. Everything it does is a command with an id: played twice, done once."""

    def __init__(
        self, store: EventStore, calendar: Calendar, city: str, programme: str, pack: Pack, board: Noticeboard
    ) -> None:
        self._store, self._calendar, self._pack, self._board = store, calendar, pack, board
        self._city, self._programme, self._cast = city, programme, Cast(city)
        self._desk = Desk(store, calendar)
        self._waiting: dict[UUID, Firm] = {}
        """Whose subsidy was worked out, and who is in no plan yet."""
        self.done = 0
        """Commands that were not done before."""
        self._open: list[str] = []
        """The numbers of the rounds that still wait for receipts."""

    def waits(self, firm: Firm) -> None:
        """The firm's subsidy is worked out: it comes into the next plan that there is money for."""
        self._waiting[firm.case] = firm

    def payday(self, day: date) -> RoundStep:
        """The day on which a plan is drawn for all who wait; the next one follows, until the programme's end."""
        day = self._workday(day)
        return RoundStep(_moment(day), (), lambda: self._look(day))

    def _look(self, day: date) -> list[RoundStep]:
        """Close what is done, and see who is to be paid."""
        for number in [one for one in self._open if self._is_done(one)]:
            self._do(ClosePayoutRound, self._cast.treasury(2), number, day)
            self._open.remove(number)
        later = day + _APART
        steps = [self.payday(later)] if later < self._pack.day("programme.end") else []
        number = f"{day:%Y%m%d}"
        claims = [Claim(line.case, line.amount) for line in self._round(number).lines] or self._claims()
        if not claims:
            return steps
        firms = tuple(self._waiting.pop(claim.case) for claim in claims)
        return [*steps, RoundStep(_moment(day), firms, lambda: self._draw(number, day, claims, firms))]

    def _claims(self) -> list[Claim]:
        """As far as the money reaches, in the queue's order."""
        queue = self._store.load(PayoutQueue, queue_id(self._city, self._programme, RETROFIT_LINE))
        fund = self._store.load(Fund, fund_id(self._city, self._programme, RETROFIT_LINE))
        rules = self._pack
        shares = draw(order(queue, rules), purses_of(fund), rules) if self._waiting else ()
        return [Claim(one.case, one.amount) for one in shares if one.amount.fen and one.case in self._waiting]

    def _draw(self, number: str, day: date, claims: list[Claim], firms: tuple[Firm, ...]) -> list[RoundStep]:
        said = {"line": RETROFIT_LINE, "claims": tuple(claims), "way": "queue"}
        self._do(DrawPayoutPlan, self._cast.clerk(5), number, day, **said)
        return [self._approval(number, self._workday(day + _SIGNED), 0, firms)]

    def _approval(self, number: str, day: date, place: int, firms: tuple[Firm, ...]) -> RoundStep:
        """One link of the chain, counted from 0."""

        def approve() -> list[RoundStep]:
            drawn = self._round(number)
            name = drawn.chain[place]
            role = APPROVED_BY[name]
            hand = self._cast.treasury(2) if role is Role.TREASURY else self._cast.bureau(role, 3)
            document = f"批次{number}-{place + 1}号"
            self._do(ApprovePayoutPlan, hand, number, day, approval=name, sha256=drawn.sha256, document=document)
            if place + 1 < len(drawn.chain):
                return [self._approval(number, self._workday(day + _SIGNED), place + 1, firms)]
            return [self._document(number, *self._published(number, day), firms)]

        return RoundStep(_moment(day), firms, approve)

    def _published(self, number: str, day: date) -> tuple[date, str]:
        """The day on which the fund document may be issued, and the notice that it rests on."""
        if not any(row.subject == "plan" for row in self._pack.rows(NoticeRow)):
            return self._workday(day + _ISSUED), ""
        document = f"资金分配方案公示{number}号"
        ends = self._board.allocate(_moment(day), self._programme, document, self._round(number).lines)
        return self._workday(ends + timedelta(days=1)), document

    def _document(
        self, number: str, day: date, notice: str, firms: tuple[Firm, ...], *, again: bool = False
    ) -> RoundStep:
        """The fund document; ``again`` for those whose money the bank sent back."""

        def issue() -> list[RoundStep]:
            document = f"财企〔{day.year}〕{number}-{again + 1}号"
            done = self._do(InstructPayments, self._cast.treasury(), number, day, document=document, notice=notice)
            facts = self._store.facts(done)
            orders = [one for fact in facts if isinstance(fact, PaymentsInstructed) for one in fact.orders]
            mine = {firm.case: firm for firm in firms}
            last = {one.case: one for one in orders if one.case in mine}
            self._open += [] if number in self._open else [number]
            return self._receipts(number, day, notice, list(last.values()), mine, again=again)

        return RoundStep(_moment(day), firms, issue)

    def _receipts(
        self, number: str, day: date, notice: str, orders: Sequence[Order], firms: dict[UUID, Firm], *, again: bool
    ) -> list[RoundStep]:
        """What the counties send back: most in a week, some late, some because the bank sent it back."""
        files: dict[tuple[date, str], list[tuple[Firm, Slip]]] = {}
        back = []
        for one in orders:
            luck = Random(f"{self._programme}/{one.instruction}").random()
            when = self._workday(day + (_SLOW if luck < 0.1 else _BACK))
            bounced = luck > 0.93 and not again
            slip = Slip(one.instruction, one.amount, when, "账号有误" if bounced else "")
            files.setdefault((when, one.county), []).append((firms[one.case], slip))
            back += [firms[one.case]] if bounced else []
        steps = [self._file(number, when, county, slips) for (when, county), slips in sorted(files.items())]
        if back:
            steps.append(self._document(number, self._workday(day + _AGAIN), notice, tuple(back), again=True))
        return steps

    def _file(self, number: str, day: date, county: str, slips: list[tuple[Firm, Slip]]) -> RoundStep:
        def take_in() -> list[RoundStep]:
            name = command_id("rehearsal", self._programme, number, county, day.isoformat())
            said = {"sha256": name.hex * 2, "slips": tuple(slip for _, slip in slips)}
            self._do(FileReceipts, self._cast.county_treasury(county), number, day, county, **said)
            return []

        return RoundStep(_moment(day), tuple(firm for firm, _ in slips), take_in)

    # --- the means

    def _is_done(self, number: str) -> bool:
        held = self._round(number)
        files = ((line, self._store.load(CaseFile, line.case)) for line in held.standing_lines)
        return not any(still_open(line, case, held.id) for line, case in files)

    def _round(self, number: str) -> PayoutRound:
        return self._store.load(PayoutRound, round_id(self._city, self._programme, number))

    def _workday(self, day: date) -> date:
        while not self._calendar.is_workday(day):
            day += timedelta(days=1)
        return day

    def _do(self, kind: type[RoundCommand], by: Person, number: str, day: date, *name: str, **said: Any) -> UUID:
        command = kind(
            command_id=command_id("rehearsal", self._programme, number, kind.__name__, day.isoformat(), *name),
            by=by,
            city=self._city,
            programme=self._programme,
            number=number,
            **said,
        )
        self.done += self._store.receipt(command) is None
        answer = self._desk.handle(command, _moment(day))
        if answer.receipt is None:
            assert answer.refusal is not None
            raise ScriptError(f"{command.kind}: {answer.refusal.rule} {answer.refusal.sentence}")
        return answer.receipt.subject


def _moment(day: date) -> datetime:
    return datetime.combine(day, MORNING, CHINA)
