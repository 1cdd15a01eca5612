"""退出: a firm may leave at any time before it is paid; the bureau agrees, and what was set aside is released."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from domain.case.common import words_must_be_given
from domain.case.file import CaseFact, CaseFile, CasePapers, Inspection, Qualification, Stage, Subsidy
from domain.case.placing import give_back_the_place
from domain.case.queueing import leave_the_line
from domain.commands import CaseCommand
from domain.fund import payment as fund
from domain.money import ZERO
from domain.rules import No, rule


class WithdrawalAsked(CaseFact):
    """The firm wants to leave."""

    TOPIC: ClassVar[str] = "case.withdrawal-asked"

    def fold(self, file: CaseFile) -> None:
        file.withdrawal_asked = True


class WithdrawalApproved(CaseFact):
    """已退出."""

    TOPIC: ClassVar[str] = "case.withdrawal-approved"
    ENTERS: ClassVar[Stage | None] = Stage.CLOSED

    def fold(self, file: CaseFile) -> None:
        file.withdrawal_asked = False
        file.qualification = Qualification.WITHDRAWN
        file.subsidy = Subsidy.RELEASED


class WithdrawalDeclined(CaseFact):
    """The bureau keeps the firm in, with its reason."""

    TOPIC: ClassVar[str] = "case.withdrawal-declined"

    def fold(self, file: CaseFile) -> None:
        file.withdrawal_asked = False


EVENTS = (WithdrawalAsked, WithdrawalApproved, WithdrawalDeclined)


@dataclass(frozen=True, kw_only=True)
class AskWithdrawal(CaseCommand):
    """Ask to leave; ``reason`` says why."""

    kind: Literal["ask-withdrawal"] = "ask-withdrawal"


@dataclass(frozen=True, kw_only=True)
class ApproveWithdrawal(CaseCommand):
    """Let the firm go."""

    kind: Literal["approve-withdrawal"] = "approve-withdrawal"


@dataclass(frozen=True, kw_only=True)
class DeclineWithdrawal(CaseCommand):
    """Do not agree; ``reason`` says why."""

    kind: Literal["decline-withdrawal"] = "decline-withdrawal"


@rule
def firm_must_have_applied(case: CaseFile) -> No | None:
    """Only an applicant or a pilot can leave."""
    return No("尚未申报，无需退出") if case.qualification is Qualification.DRAFT else None


@rule
def firm_that_was_paid_must_not_simply_leave(case: CaseFile) -> No | None:
    """Money on its way or received goes home by recovery first."""
    if case.paid > ZERO or case.subsidy is Subsidy.INSTRUCTED:
        return No("补贴已拨付或正在拨付，须先经追缴程序处理")
    return None


@rule
def finding_must_be_settled_first(case: CaseFile) -> No | None:
    """Nobody leaves, is closed or paid while an inspection is open against them."""
    if case.inspection in (Inspection.NONE, Inspection.CLEAN):
        return None
    return No("抽查核查尚未了结")


@rule
def withdrawal_must_be_decided_first(case: CaseFile) -> No | None:
    """While the firm's wish to leave is unanswered no money moves, and it is not asked again."""
    return No("企业已申请退出，须先答复") if case.withdrawal_asked else None


@rule
def withdrawal_must_have_been_asked(case: CaseFile) -> No | None:
    """The bureau answers a wish, it does not make one."""
    return None if case.withdrawal_asked else No("企业没有提出退出申请")


def ask_withdrawal(case: CaseFile, command: AskWithdrawal, papers: CasePapers) -> None:
    """The wish is on record."""
    firm_must_have_applied(case)
    firm_that_was_paid_must_not_simply_leave(case)
    withdrawal_must_be_decided_first(case)
    words_must_be_given(command.reason, "退出原因")
    case.record(WithdrawalAsked, papers)


def approve_withdrawal(case: CaseFile, command: ApproveWithdrawal, papers: CasePapers) -> None:
    """The case ends; its commitment returns to the fund in the same transaction."""
    withdrawal_must_have_been_asked(case)
    firm_that_was_paid_must_not_simply_leave(case)
    finding_must_be_settled_first(case)
    case.record(WithdrawalApproved, papers)
    assert papers.fund is not None
    fund.release(papers.fund, case.id, papers)
    leave_the_line(case, papers, "withdrawn")
    give_back_the_place(case, papers)


def decline_withdrawal(case: CaseFile, command: DeclineWithdrawal, papers: CasePapers) -> None:
    """The case goes on."""
    withdrawal_must_have_been_asked(case)
    words_must_be_given(command.reason, "不同意的理由")
    case.record(WithdrawalDeclined, papers)


DECISIONS = {
    AskWithdrawal: ask_withdrawal,
    ApproveWithdrawal: approve_withdrawal,
    DeclineWithdrawal: decline_withdrawal,
}
