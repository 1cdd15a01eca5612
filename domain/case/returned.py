"""到账后退票: the bank sends a payment back days after its receipt was booked; the books follow, the stage stays."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from domain.case.common import hand_must_differ, words_must_be_given
from domain.case.file import CaseFact, CaseFile, CasePapers, Qualification, Recovery, Subsidy
from domain.case.payout_plan import BEFORE_PAYOUT
from domain.case.recovery import RecoverySettled
from domain.fund import payment as fund
from domain.money import ZERO, Money
from domain.payout_round.file import PayoutRoundReopened, Step
from domain.rules import No, rule


class PaymentReturned(CaseFact):
    """到账后退票: the firm does not have the money after all. No stage begins: what the firm has done stays done."""

    TOPIC: ClassVar[str] = "case.payment-returned"
    instruction: str
    amount: Money
    subsidy: Subsidy
    """``approved``: to be instructed again; of a revoked firm ``released``, or ``paid`` where it has other payments."""
    approved: Money
    """What waits to be instructed again; zero where nothing does."""
    payout_round: UUID | None
    """In whose plan that stands."""
    to_recover: Money
    """What is asked back of the firm from here on: no more than it still has; zero where nothing is asked yet."""

    def fold(self, file: CaseFile) -> None:
        file.paid -= self.amount
        file.received.pop(self.instruction, None)  # a read model keeps no receipts
        file.instruction = ""
        file.subsidy = self.subsidy
        file.approved = self.approved
        file.planned_in = self.payout_round
        file.to_recover = self.to_recover


EVENTS = (PaymentReturned,)


@rule
def other_payment_must_be_settled_first(case: CaseFile, instruction: str) -> No | None:
    """A firm has one payment under way at a time; what came back waits until the other has arrived or was taken out."""
    if case.subsidy in (Subsidy.APPROVED, Subsidy.INSTRUCTED):
        return No("该企业另有一笔款项已批准待拨或正在拨付，须先到账、退票或撤下，再登记本笔退票")
    if case.subsidy is Subsidy.VERIFIED and case.planned_in is not None:
        return No(f"该企业的余款已列入另一轮次的方案，须先移出或拨付，再登记指令 {instruction} 的退票")
    return None


def return_payment(case: CaseFile, instruction: str, papers: CasePapers) -> None:
    """The money waits for its firm again, as approved; of a revoked firm it is free, and less is asked back."""
    hand_must_differ(
        case, papers.command.by, *BEFORE_PAYOUT, "verify entitlement", "approve payout", "instruct payment"
    )
    words_must_be_given(papers.command.reason, "退票原因")
    revoked = case.qualification is Qualification.REVOKED
    if not revoked:
        other_payment_must_be_settled_first(case, instruction)
    assert papers.fund is not None
    fund.take_back(papers.fund, case.id, instruction, papers)
    if revoked:
        fund.release(papers.fund, case.id, papers)
    amount = case.received[instruction]
    left = case.paid - amount
    has_others = Subsidy.PAID if left > ZERO else Subsidy.RELEASED
    case.record(
        PaymentReturned,
        papers,
        clauses=(papers.pack.clause("payout.mode"),),
        instruction=instruction,
        amount=amount,
        subsidy=has_others if revoked else Subsidy.APPROVED,
        approved=ZERO if revoked else amount,
        payout_round=case.planned_in if revoked else case.instructed_in.get(instruction),
        to_recover=min(case.to_recover, left),
    )
    if case.recovery is not Recovery.NONE and _owed(case) == ZERO:
        case.record(RecoverySettled, papers)
    _open_its_round(case, instruction, papers)


def _owed(case: CaseFile) -> Money:
    """What the firm is, or will be, asked to give back."""
    return case.paid if case.recovery is Recovery.TO_NOTIFY else case.to_recover - case.refunded


def _open_its_round(case: CaseFile, instruction: str, papers: CasePapers) -> None:
    """A round that was closed has an open line again; one that is still open had only to wait."""
    closed = papers.payout_round
    if closed is not None and closed.step is Step.CLOSED and case.subsidy is Subsidy.APPROVED:
        closed.record(PayoutRoundReopened, papers, case=case.id, instruction=instruction, amount=case.approved)
