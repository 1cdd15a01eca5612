"""轮次与资金、档案互核: what one command wrote in a round, in the fund and in the firms' cases must be the same money.

A command writes on all of them in one append, so each says the same three times; whoever changes a row by hand changes
one of them. What rests on one row alone (a budget document, an allocation) is held against the command's own digest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from activities.fault import Fault
from domain.case.payout import PartReceived, PaymentBounced, PaymentInstructed, PaymentReceived
from domain.case.payout_plan import PayoutApproved, PayoutPlanned, PayoutRetracted
from domain.case.recovery import RefundRecorded
from domain.case.returned import PaymentReturned
from domain.fund.allocation import AllocateToCounty, TakeBackFromCounty
from domain.fund.appropriation import AppropriateFund, FundCommand, WithdrawFund
from domain.fund.file import (
    Fund,
    FundAllocated,
    FundAppropriated,
    FundCommitted,
    FundPaid,
    FundRecovered,
    FundReleased,
    FundReturned,
    FundTakenBack,
    FundWithdrawn,
    OnDocument,
    Part,
    Source,
)
from domain.money import ZERO, Money
from domain.payout_round.file import (
    PaymentsInstructed,
    PayoutPlanApprovalGiven,
    PayoutPlanApproved,
    PayoutPlanDrawn,
    PayoutPlanRedrawn,
    PayoutRound,
    PayoutRoundClosed,
    ReceiptsFiled,
)
from domain.payout_round.plan import plan_hash, sum_of
from domain.record import Fact
from eventstore.store import Entry

Told = dict[tuple[UUID, str], int]
"""Case and instruction (or nothing) → fen."""

_ORDERED: Final[dict[type[OnDocument], type[FundCommand]]] = {
    FundAppropriated: AppropriateFund,
    FundWithdrawn: WithdrawFund,
    FundAllocated: AllocateToCounty,
    FundTakenBack: TakeBackFromCounty,
}


class RoundBooks:
    """The rounds of a programme, folded from the log, and what each command says of the same money."""

    def __init__(self) -> None:
        self._rounds: dict[UUID, PayoutRound] = {}
        self._round_of: dict[str, UUID] = {}
        """By instruction."""
        self._paid: Counter[UUID] = Counter()
        """What the firms have of each round, in fen; a receipt may also have been taken down by hand."""

    def take(self, entries: Sequence[Entry], funds: dict[UUID, Fund]) -> list[Fault]:
        """Everything that one command wrote; ``funds`` stand before it, so that a payment finds its commitment."""
        position = entries[-1].position
        facts = [entry.fact for entry in entries if entry.fact is not None]
        faults = []
        for entry in entries:
            faults += self._of_the_plan(entry)
        faults += self._across(position, facts)
        back = {fact.case: fact for fact in facts if isinstance(fact, FundReturned)}
        for fact in facts:
            match fact:
                case FundPaid() | FundReleased():
                    faults += _as_committed(position, fact, funds, back)
                case FundReturned():
                    faults += _as_paid(position, fact, funds)
                case PaymentReceived() | PartReceived() if fact.instruction in self._round_of:
                    self._paid[self._round_of[fact.instruction]] += fact.amount.fen
                case PaymentReturned() if fact.instruction in self._round_of:
                    self._paid[self._round_of[fact.instruction]] -= fact.amount.fen
        return faults

    def _of_the_plan(self, entry: Entry) -> list[Fault]:
        """A round's own facts: the plan and its hash, every approval at that hash, the sums."""
        fact, at = entry.fact, entry.position
        if isinstance(fact, PayoutPlanDrawn):
            self._rounds[entry.stream] = PayoutRound.fresh(entry.stream)
        one = self._rounds.get(entry.stream)
        if one is None or fact is None:
            return []
        if entry.version != one.version + 1:
            return [Fault(at, "轮次事件前后接不上：有事件缺失或多出", 0)]
        faults = []
        match fact:
            case PayoutPlanDrawn() | PayoutPlanRedrawn():
                if plan_hash(fact.lines) != fact.sha256:
                    faults.append(Fault(at, "方案各行与方案哈希不一致", 0))
                faults += [
                    Fault(at, f"方案 {line.firm} 各来源合计与金额不一致", _apart(line.amount, _sum(line.parts)))
                    for line in fact.lines
                    if _sum(line.parts) != line.amount
                ]
            case PayoutPlanApprovalGiven() if fact.sha256 != one.sha256:
                faults.append(Fault(at, "审批所对的方案哈希不是现行方案", 0))
            case PayoutPlanApproved() if fact.sha256 != one.sha256 or fact.amount != sum_of(one.lines):
                faults.append(Fault(at, "获批方案与现行方案不一致", _apart(fact.amount, sum_of(one.lines))))
            case PaymentsInstructed():
                self._round_of |= {order.instruction: entry.stream for order in fact.orders}
            case PayoutRoundClosed():
                said, due = fact.paid + fact.lost, sum_of(one.lines)
                if (fact.approved, said, fact.paid.fen) != (due, due, self._paid[entry.stream]):
                    apart = max(_apart(said, due), abs(fact.paid.fen - self._paid[entry.stream]))
                    faults.append(Fault(at, "办结合计与方案和回执不一致", apart))
        fact.mutate(one)
        return faults

    def _across(self, at: int, facts: Sequence[Fact]) -> list[Fault]:
        """Round, fund and cases within one command."""
        planned = _told(facts, PayoutPlanned)
        approved = _told(facts, PayoutApproved)
        instructed = _told(facts, PaymentInstructed)
        received = _told(facts, PaymentReceived, PartReceived)
        faults = [
            *_same(at, "批准：企业档案与资金账", approved, _told(facts, FundCommitted)),
            *_same(at, "到账：企业档案与资金账", received, _told(facts, FundPaid)),
            *_same(at, "到账后退票：企业档案与资金账", _told(facts, PaymentReturned), _told(facts, FundReturned)),
            *_same(at, "退款：企业档案与资金账", _told(facts, RefundRecorded), _told(facts, FundRecovered)),
        ]
        retracted = {fact.originator_id for fact in facts if isinstance(fact, PayoutRetracted)}
        released = {fact.case for fact in facts if isinstance(fact, FundReleased)}
        if not retracted <= released:
            faults.append(Fault(at, "撤下的企业没有释放资金", 0))
        for fact in facts:
            match fact:
                case PayoutPlanDrawn() | PayoutPlanRedrawn():
                    lines = {(line.case, ""): line.amount.fen for line in fact.lines}
                    faults += _same(at, "方案：轮次与企业档案", lines, planned)
                case PayoutPlanApproved():
                    faults += self._approved(at, fact, facts, approved)
                case PaymentsInstructed():
                    orders = {(order.case, order.instruction): order.amount.fen for order in fact.orders}
                    faults += _same(at, "指令：轮次与企业档案", orders, instructed)
                    one = self._rounds.get(fact.originator_id)
                    lines = {(line.case, ""): line.amount.fen for line in (one.lines if one else ())}
                    ordered = {(case, ""): fen for (case, _), fen in orders.items()}
                    faults += _same(
                        at, "指令：指令文件与方案", ordered, {k: v for k, v in lines.items() if k in ordered}
                    )
                case ReceiptsFiled():
                    faults += self._receipts(at, fact, facts, received)
        return faults

    def _approved(self, at: int, fact: PayoutPlanApproved, facts: Sequence[Fact], approved: Told) -> list[Fault]:
        one = self._rounds.get(fact.originator_id)
        lines = one.lines if one else ()
        faults = _same(at, "批准：轮次与企业档案", {(line.case, ""): line.amount.fen for line in lines}, approved)
        borne = {other.case: other.parts for other in facts if isinstance(other, FundCommitted)}
        return faults + [
            Fault(at, f"{line.firm} 占用的资金来源与方案不一致", 0)
            for line in lines
            if borne.get(line.case, line.parts) != line.parts
        ]

    def _receipts(self, at: int, fact: ReceiptsFiled, facts: Sequence[Fact], received: Told) -> list[Fault]:
        one = self._rounds.get(fact.originator_id)
        of = {order.instruction: order for order in (one.orders if one else ())}
        faults, slips = [], {}
        for slip in fact.slips:
            order = of.get(slip.instruction)
            if order is None or order.amount != slip.amount:
                what = f"回执 {slip.instruction} 与下达的指令不一致"
                faults.append(Fault(at, what, _apart(slip.amount, order.amount if order else ZERO)))
            elif not slip.bounced:
                slips[order.case, slip.instruction] = slip.amount.fen
        bounced = {other.instruction for other in facts if isinstance(other, PaymentBounced | PaymentReturned)}
        if bounced != {slip.instruction for slip in fact.slips if slip.bounced}:
            faults.append(Fault(at, "退票：轮次与企业档案不一致", 0))
        return faults + _same(at, "到账：轮次回执与企业档案", slips, received)


def ordered_by(fact: OnDocument, fund: Fund) -> FundCommand:
    """The command that a budget document's event says it was caused by. Raises ValueError where no command says so."""
    kind = _ORDERED[type(fact)]
    said: dict[str, Any] = {
        "command_id": fact.command_id,
        "by": fact.by,
        "reason": fact.reason,
        "evidence": fact.evidence,
        "city": fund.city,
        "programme": fund.programme,
        "line": fund.line,
        "document": fact.document,
        "source": Source(fact.parts[0].source),
        "amount": fact.amount,
    }
    if kind in (AllocateToCounty, TakeBackFromCounty):
        said["county"] = fact.county
    make: Any = kind
    made: FundCommand = make(**said)
    return made


def _told(facts: Iterable[Fact], *kinds: type[Fact]) -> Told:
    """What facts of these kinds say, case by case."""
    told: Told = {}
    for fact in facts:
        if isinstance(fact, kinds):
            case = getattr(fact, "case", fact.originator_id)
            at = case, str(getattr(fact, "instruction", ""))
            told[at] = told.get(at, 0) + fact.amount.fen  # type: ignore[attr-defined]
    return told


def _same(at: int, what: str, one: Told, other: Told) -> list[Fault]:
    if one == other:
        return []
    keys = one.keys() | other.keys()
    return [Fault(at, f"{what}不一致", sum(abs(one.get(key, 0) - other.get(key, 0)) for key in keys))]


def _as_paid(at: int, fact: FundReturned, funds: dict[UUID, Fund]) -> list[Fault]:
    """What the bank sends back is what was paid under the instruction, source by source."""
    fund = funds.get(fact.originator_id)
    paid = fund.payments.get(fact.instruction) if fund else None
    if paid is not None and (paid.case, paid.parts, paid.county) == (fact.case, fact.parts, fact.county):
        return []
    return [
        Fault(
            at,
            f"退票 {fact.instruction} 与拨付时的来源或经手不一致",
            _apart(fact.amount, paid.amount if paid else ZERO),
        )
    ]


def _as_committed(
    at: int, fact: FundPaid | FundReleased, funds: dict[UUID, Fund], back: Mapping[UUID, FundReturned]
) -> list[Fault]:
    """What is paid or given back is what was set aside, source by source, by whoever had set it aside.

    ``back``: what the same command set aside again, because the bank had sent it back.
    """
    fund = funds.get(fact.originator_id)
    held = back.get(fact.case) or (fund.committed_to.get(fact.case) if fund else None)
    if held is not None and (held.parts, held.county) == (fact.parts, fact.county):
        return []
    return [Fault(at, f"{fact.TOPIC} 的来源或经手与占用时不一致", _apart(fact.amount, held.amount if held else ZERO))]


def _sum(parts: Iterable[Part]) -> Money:
    return Money(sum(part.amount.fen for part in parts))


def _apart(one: Money, other: Money) -> int:
    return abs(one.fen - other.fen)
