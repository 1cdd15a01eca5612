"""追缴: money paid to a firm that lost its qualification is asked back, decided, and followed to the last refund."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from domain.case.common import hand_must_differ, step_must_be_due, words_must_be_given
from domain.case.file import CaseFact, CaseFile, CasePapers, Recovery, Stage
from domain.commands import CaseCommand
from domain.fund import payment as fund
from domain.fund.appropriation import amount_must_be_positive
from domain.money import Money
from domain.register import Register
from domain.rules import No, rule


class RecoveryNotified(CaseFact):
    """追缴告知: the firm knows what will be asked back."""

    TOPIC: ClassVar[str] = "case.recovery-notified"
    amount: Money
    document: str

    def fold(self, file: CaseFile) -> None:
        file.recovery = Recovery.NOTIFIED
        file.to_recover = self.amount
        file.sign("notify recovery", self.by.id)


class RecoveryDecided(CaseFact):
    """追缴决定: the amount is due."""

    TOPIC: ClassVar[str] = "case.recovery-decided"
    amount: Money
    document: str

    def fold(self, file: CaseFile) -> None:
        file.recovery = Recovery.DECIDED
        file.to_recover = self.amount
        file.sign("decide recovery", self.by.id)


class RefundRecorded(CaseFact):
    """退款到账; the fund booked it in the same transaction."""

    TOPIC: ClassVar[str] = "case.refund-recorded"
    amount: Money
    slip: str

    def fold(self, file: CaseFile) -> None:
        file.refunded += self.amount
        file.slips = (*file.slips, self.slip)


class RecoverySettled(CaseFact):
    """已退清: the last fen is home."""

    TOPIC: ClassVar[str] = "case.recovery-settled"
    ENTERS: ClassVar[Stage | None] = Stage.CLOSED

    def fold(self, file: CaseFile) -> None:
        file.recovery = Recovery.SETTLED


class RecoveryHandedOver(CaseFact):
    """移送: the firm did not pay in time; treasury, audit or the court take over. Refunds are still booked."""

    TOPIC: ClassVar[str] = "case.recovery-handed-over"
    to: str

    def fold(self, file: CaseFile) -> None:
        file.recovery = Recovery.HANDED_OVER
        file.sign("hand over recovery", self.by.id)


class RecoveryEnforced(CaseFact):
    """强制执行: a court or another authority has taken the debt up. Refunds are still booked."""

    TOPIC: ClassVar[str] = "case.recovery-enforced"
    document: str

    def fold(self, file: CaseFile) -> None:
        file.recovery = Recovery.ENFORCED


class RecoveryWrittenOff(CaseFact):
    """核销: nobody expects the rest any more. The money stays paid in the books; the firm stays barred."""

    TOPIC: ClassVar[str] = "case.recovery-written-off"
    ENTERS: ClassVar[Stage | None] = Stage.CLOSED
    amount: Money
    """What never came home."""
    document: str

    def fold(self, file: CaseFile) -> None:
        file.recovery = Recovery.WRITTEN_OFF


EVENTS = (
    RecoveryNotified,
    RecoveryDecided,
    RefundRecorded,
    RecoverySettled,
    RecoveryHandedOver,
    RecoveryEnforced,
    RecoveryWrittenOff,
)

OWES = (Recovery.DECIDED, Recovery.HANDED_OVER, Recovery.ENFORCED, Recovery.WRITTEN_OFF)
"""As long as a firm's money is asked back and not home, it gets no new one."""


def owes(register: Register, others: Sequence[CaseFile]) -> str:
    """What a firm owes of its other cases, and where, in Chinese; empty where it owes nothing."""
    for other in others:
        if other.recovery in OWES:
            owed = (other.to_recover - other.refunded).grouped()
            return f"{register.entries[other.id]}（项目 {other.programme}）有未退清的追缴款 {owed} 元"
    return ""


@dataclass(frozen=True, kw_only=True)
class NotifyRecovery(CaseCommand):
    """Tell the firm what will be asked back."""

    kind: Literal["notify-recovery"] = "notify-recovery"
    amount: Money
    document: str


@dataclass(frozen=True, kw_only=True)
class DecideRecovery(CaseCommand):
    """Make it due."""

    kind: Literal["decide-recovery"] = "decide-recovery"
    amount: Money
    document: str


@dataclass(frozen=True, kw_only=True)
class RecordRefund(CaseCommand):
    """Take down money that came back."""

    kind: Literal["record-refund"] = "record-refund"
    amount: Money
    slip: str


@dataclass(frozen=True, kw_only=True)
class HandOverRecovery(CaseCommand):
    """Give the debt to those who can enforce it; ``reason`` says why."""

    kind: Literal["hand-over-recovery"] = "hand-over-recovery"
    to: str


@dataclass(frozen=True, kw_only=True)
class RecordEnforcement(CaseCommand):
    """Take down that a court or another authority enforces the debt."""

    kind: Literal["record-enforcement"] = "record-enforcement"
    document: str


@dataclass(frozen=True, kw_only=True)
class WriteOffRecovery(CaseCommand):
    """Give up what is still owed, to the fen, on a document; ``reason`` says why."""

    kind: Literal["write-off-recovery"] = "write-off-recovery"
    amount: Money
    document: str


@rule
def firm_must_have_paid_its_debts(case: CaseFile, papers: CasePapers) -> No | None:
    """Who owes public money back of another case gets none, in the plan and at the instruction; the debt is named."""
    debt = owes(papers.register, papers.elsewhere) if papers.register else ""
    if not debt:
        return None
    return No(f"企业 {case.firm} 在{debt}，退清前暂缓拨付", papers.pack.clause("recovery.grounds"))


@rule
def recovery_must_not_exceed_what_was_paid(case: CaseFile, amount: Money) -> No | None:
    """No more is asked back than was paid."""
    return None if amount <= case.paid else No(f"追缴 {amount} 元超过已拨付的 {case.paid} 元")


@rule
def whole_amount_must_be_asked_where_the_pack_says_so(
    case: CaseFile, amount: Money, basis: str, clause: str
) -> No | None:
    """Where the city recovers in full, the decision is for all that was paid."""
    if basis != "all" or amount == case.paid:
        return None
    return No(f"本市规定全额追缴，应为 {case.paid} 元", clause)


@rule
def refund_must_not_exceed_what_is_due(case: CaseFile, amount: Money) -> No | None:
    """A firm does not pay back more than the decision says."""
    left = case.to_recover - case.refunded
    return None if amount <= left else No(f"退款 {amount} 元超过应退余额 {left} 元")


@rule
def write_off_must_be_all_that_is_owed(case: CaseFile, amount: Money) -> No | None:
    """Whoever writes off says how much is lost, and it is all of the rest."""
    left = case.to_recover - case.refunded
    return None if amount == left else No(f"核销 {amount} 元与未退余额 {left} 元不一致")


@rule
def refund_must_be_overdue(case: CaseFile) -> No | None:
    """A debt is handed over when its time has passed, not before."""
    if any(deadline.timer == "refund" and not deadline.passed for deadline in case.deadlines.values()):
        return No("退款期限未届满，不能移送")
    return None


@rule
def slip_must_be_used_once(case: CaseFile, slip: str) -> No | None:
    """One bank slip is one refund, however its number is spaced."""
    booked = {"".join(known.split()) for known in case.slips}
    return No(f"退款凭证“{slip}”已登记过") if "".join(slip.split()) in booked else None


def notify_recovery(case: CaseFile, command: NotifyRecovery, papers: CasePapers) -> None:
    """The firm can prepare its word."""
    step_must_be_due(case.recovery, Recovery.TO_NOTIFY)
    amount_must_be_positive(command.amount)
    recovery_must_not_exceed_what_was_paid(case, command.amount)
    words_must_be_given(command.document, "告知书编号")
    case.record(RecoveryNotified, papers, amount=command.amount, document=command.document)


def decide_recovery(case: CaseFile, command: DecideRecovery, papers: CasePapers) -> None:
    """By another person."""
    step_must_be_due(case.recovery, Recovery.NOTIFIED)
    hand_must_differ(case, command.by, "revoke", "notify recovery")
    amount_must_be_positive(command.amount)
    recovery_must_not_exceed_what_was_paid(case, command.amount)
    basis = papers.pack.cited("recovery.basis")
    whole_amount_must_be_asked_where_the_pack_says_so(case, command.amount, str(basis.value), basis.clause)
    words_must_be_given(command.document, "追缴决定书编号")
    case.record(RecoveryDecided, papers, clauses=(basis.clause,), amount=command.amount, document=command.document)


def record_refund(case: CaseFile, command: RecordRefund, papers: CasePapers) -> None:
    """A third person; the last fen settles the debt and ends the case."""
    step_must_be_due(case.recovery, Recovery.DECIDED, Recovery.HANDED_OVER, Recovery.ENFORCED)
    hand_must_differ(case, command.by, "notify recovery", "decide recovery")
    amount_must_be_positive(command.amount)
    refund_must_not_exceed_what_is_due(case, command.amount)
    words_must_be_given(command.slip, "退款凭证号")
    slip_must_be_used_once(case, command.slip)
    assert papers.fund is not None
    fund.recover(papers.fund, case.id, command.amount, papers)
    case.record(RefundRecorded, papers, amount=command.amount, slip=command.slip)
    if case.refunded == case.to_recover:
        case.record(RecoverySettled, papers)


def hand_over_recovery(case: CaseFile, command: HandOverRecovery, papers: CasePapers) -> None:
    """After the refund's time has passed."""
    step_must_be_due(case.recovery, Recovery.DECIDED)
    refund_must_be_overdue(case)
    words_must_be_given(command.to, "移送对象")
    words_must_be_given(command.reason, "移送理由")
    case.record(RecoveryHandedOver, papers, to=command.to)


def record_enforcement(case: CaseFile, command: RecordEnforcement, papers: CasePapers) -> None:
    """After the hand-over."""
    step_must_be_due(case.recovery, Recovery.HANDED_OVER)
    words_must_be_given(command.document, "执行文书编号")
    case.record(RecoveryEnforced, papers, document=command.document)


def write_off_recovery(case: CaseFile, command: WriteOffRecovery, papers: CasePapers) -> None:
    """By another person than all who handled the debt, after it was handed over."""
    step_must_be_due(case.recovery, Recovery.HANDED_OVER, Recovery.ENFORCED)
    hand_must_differ(case, command.by, "revoke", "notify recovery", "decide recovery", "hand over recovery")
    write_off_must_be_all_that_is_owed(case, command.amount)
    words_must_be_given(command.document, "核销批准文件编号")
    words_must_be_given(command.reason, "核销理由")
    case.record(RecoveryWrittenOff, papers, amount=command.amount, document=command.document)


DECISIONS = {
    NotifyRecovery: notify_recovery,
    DecideRecovery: decide_recovery,
    RecordRefund: record_refund,
    HandOverRecovery: hand_over_recovery,
    RecordEnforcement: record_enforcement,
    WriteOffRecovery: write_off_recovery,
}
