"""The stream of one payout round: its plan in every edition, who approved which, what was instructed and received."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from domain.money import Money
from domain.payout_round.plan import Account, PlanLine
from domain.record import Fact, File


class Step(StrEnum):
    """Where a round has come to."""

    APPROVAL = "approval"
    """方案审批: drawn, and on its way through the chain."""
    RETURNED = "returned"
    """退回: to be drawn anew."""
    PAYMENT = "payment"
    """拨付: approved as a whole; instructions leave and receipts come back."""
    CLOSED = "closed"
    CALLED_OFF = "called-off"


@dataclass(frozen=True)
class Order:
    """拨付指令: one firm's line of an instruction file."""

    case: UUID
    instruction: str
    """Used once; the county's receipt bears it."""
    firm: str
    credit_code: str
    county: str
    amount: Money
    account: Account


@dataclass(frozen=True)
class HeldBack:
    """A firm whose money was not instructed, and the rule that held it back."""

    case: UUID
    firm: str
    rule: str
    sentence: str


@dataclass(frozen=True)
class Slip:
    """回执: what the county treasury says of one instruction."""

    instruction: str
    amount: Money
    on: date
    """The day on which the firm had the money, or the bank sent it back."""
    bounced: str
    """Why the bank sent it back (退票原因); empty where the firm has it."""


class PayoutRound(File):
    """兑付轮次: one round of one city's programme."""

    def blank(self) -> None:
        self.city = ""
        self.programme = ""
        self.line = ""
        self.number = ""
        self.rehearsal = False
        self.chain: tuple[str, ...] = ()
        """The approvals that the plan needs, in order."""
        self.step = Step.APPROVAL
        self.edition = 0
        """版次: of the plan, from 1."""
        self.lines: tuple[PlanLine, ...] = ()
        self.sha256 = ""
        self.approvals: tuple[str, ...] = ()
        """Those that the plan as it stands has."""
        self.orders: tuple[Order, ...] = ()
        self.files = 0
        """Instruction files, counted."""
        self.held_back: tuple[HeldBack, ...] = ()
        """By the last instruction."""
        self.retracted: tuple[UUID, ...] = ()
        self.receipts: tuple[str, ...] = ()
        """Hashes of the receipt files that were taken in."""
        self.hands: dict[str, tuple[str, ...]] = {}

    @property
    def next_approval(self) -> str:
        """The approval that is due; empty where none is."""
        done = len(self.approvals)
        return self.chain[done] if self.step is Step.APPROVAL and done < len(self.chain) else ""

    @property
    def is_over(self) -> bool:
        """Nothing is left to be done; only a payment that the bank sends back later opens a closed round again."""
        return self.step in (Step.CLOSED, Step.CALLED_OFF)

    def line_of(self, case: UUID) -> PlanLine | None:
        """A firm's line in the plan as it stands."""
        return next((line for line in self.lines if line.case == case), None)

    @property
    def standing_lines(self) -> tuple[PlanLine, ...]:
        """The lines that nobody took back."""
        return tuple(line for line in self.lines if line.case not in self.retracted)

    def sign(self, act: str, person: str) -> None:
        """Remember whose hand did an act."""
        self.hands[act] = (*self.hands.get(act, ()), person)


class PayoutPlanDrawn(Fact):
    """拟定方案: the round begins with a plan."""

    TOPIC: ClassVar[str] = "payout-round.drawn"
    city: str
    programme: str
    line: str
    number: str
    rehearsal: bool
    chain: tuple[str, ...]
    lines: tuple[PlanLine, ...]
    sha256: str

    def fold(self, file: PayoutRound) -> None:
        file.city = self.city
        file.programme = self.programme
        file.line = self.line
        file.number = self.number
        file.rehearsal = self.rehearsal
        file.chain = self.chain
        file.edition = 1
        file.lines = self.lines
        file.sha256 = self.sha256
        file.sign("draw plan", self.by.id)


class PayoutPlanRedrawn(Fact):
    """重拟方案: another edition; whatever approved the one before approves it no more."""

    TOPIC: ClassVar[str] = "payout-round.redrawn"
    edition: int
    lines: tuple[PlanLine, ...]
    sha256: str

    def fold(self, file: PayoutRound) -> None:
        file.step = Step.APPROVAL
        file.edition = self.edition
        file.lines = self.lines
        file.sha256 = self.sha256
        file.approvals = ()
        file.hands["approve plan"] = ()  # whoever approved that one may approve this one
        file.held_back = ()
        file.retracted = ()
        file.sign("draw plan", self.by.id)


class PayoutPlanApprovalGiven(Fact):
    """方案审批: one approval of the chain, for one plan by its hash."""

    TOPIC: ClassVar[str] = "payout-round.approval-given"
    approval: str
    edition: int
    sha256: str
    document: str

    def fold(self, file: PayoutRound) -> None:
        file.approvals = (*file.approvals, self.approval)
        file.sign("approve plan", self.by.id)


class PayoutPlanApproved(Fact):
    """方案获批: with the chain's last approval. In the same append each firm's money is set aside."""

    TOPIC: ClassVar[str] = "payout-round.approved"
    edition: int
    sha256: str
    amount: Money

    def fold(self, file: PayoutRound) -> None:
        file.step = Step.PAYMENT


class PayoutPlanReturned(Fact):
    """退回方案: an approver wants another one; the reason stands beside."""

    TOPIC: ClassVar[str] = "payout-round.returned"
    edition: int

    def fold(self, file: PayoutRound) -> None:
        file.step = Step.RETURNED
        file.approvals = ()


class PaymentsInstructed(Fact):
    """下达资金文件: what the county treasuries are told to pay, and whose money was held back, why."""

    TOPIC: ClassVar[str] = "payout-round.instructed"
    file_number: str
    """Of the instruction file: the same however often it is written out."""
    document: str
    notice: str
    """The notice of the plan; empty where the city's rules name none."""
    orders: tuple[Order, ...]
    held_back: tuple[HeldBack, ...]

    def fold(self, file: PayoutRound) -> None:
        file.files += 1
        file.orders = (*file.orders, *self.orders)
        file.held_back = self.held_back
        file.sign("instruct payments", self.by.id)


class ReceiptsFiled(Fact):
    """回执入账: a county's receipt file; its firms and the fund booked it in the same append."""

    TOPIC: ClassVar[str] = "payout-round.receipts-filed"
    sha256: str
    slips: tuple[Slip, ...]

    def fold(self, file: PayoutRound) -> None:
        file.receipts = (*file.receipts, self.sha256)


class PayoutsRetracted(Fact):
    """撤下: these firms' money goes back before it was instructed; they may stand in another plan."""

    TOPIC: ClassVar[str] = "payout-round.payouts-retracted"
    document: str
    cases: tuple[UUID, ...]

    def fold(self, file: PayoutRound) -> None:
        file.retracted = (*file.retracted, *self.cases)


class PayoutRoundReopened(Fact):
    """轮次重开: the bank sent a payment back after the round was closed; its line is to be paid again, or taken out."""

    TOPIC: ClassVar[str] = "payout-round.reopened"
    case: UUID
    instruction: str
    amount: Money

    def fold(self, file: PayoutRound) -> None:
        file.step = Step.PAYMENT


class PayoutRoundCalledOff(Fact):
    """取消轮次: before any money was set aside."""

    TOPIC: ClassVar[str] = "payout-round.called-off"

    def fold(self, file: PayoutRound) -> None:
        file.step = Step.CALLED_OFF


class PayoutRoundClosed(Fact):
    """轮次办结: every line has its receipt or is gone, and all of it adds up to what was approved."""

    TOPIC: ClassVar[str] = "payout-round.closed"
    approved: Money
    paid: Money
    lost: Money
    """Of firms that lost their claim or whose line was taken back."""

    def fold(self, file: PayoutRound) -> None:
        file.step = Step.CLOSED


EVENTS = (
    PayoutPlanDrawn,
    PayoutPlanRedrawn,
    PayoutPlanApprovalGiven,
    PayoutPlanApproved,
    PayoutPlanReturned,
    PaymentsInstructed,
    ReceiptsFiled,
    PayoutsRetracted,
    PayoutRoundCalledOff,
    PayoutRoundClosed,
    PayoutRoundReopened,
)
