"""The eight stages and what lies beside them, in order; and the way a command takes through its room."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from domain import authority
from domain.case import (
    acceptance,
    adoption,
    alarm,
    application,
    contract,
    contract_change,
    diagnosis,
    entitlement,
    evaluation,
    expert_review,
    independence,
    level,
    listing,
    lookback,
    payout,
    payout_plan,
    plan,
    queueing,
    recovery,
    retrofit,
    review,
    schedule,
    supply,
    vouchers,
    withdrawal,
)
from domain.case.application import OpenCase, SubmitApplication
from domain.case.common import case_must_be_open, case_must_have_been_opened
from domain.case.file import CaseFact, CaseFile, CasePapers
from domain.commands import CaseCommand, Command
from domain.people import Role
from domain.record import Fact
from domain.rejections import Refusal

ROOMS: Final = (
    application,
    review,
    expert_review,
    listing,
    diagnosis,
    plan,
    contract,
    contract_change,
    retrofit,
    vouchers,
    evaluation,
    acceptance,
    level,
    entitlement,
    payout_plan,
    payout,
    lookback,
    recovery,
    withdrawal,
    adoption,
    independence,
    alarm,
    schedule,
)


class CommandRefused(CaseFact):
    """A command that came as a signal was refused: its sender could not wait for the answer, so it stands here."""

    TOPIC: ClassVar[str] = "case.command-refused"
    kind: str
    refusal: Refusal

    def apply(self, aggregate: Any) -> None:
        """Change nothing, not even who acted: a refused hand may have been a false one."""


EVENTS: Final[tuple[type[Fact], ...]] = (
    *(event for room in ROOMS for event in room.EVENTS),
    *supply.EVENTS,
    CommandRefused,
)

DECISIONS: Final[Mapping[type[CaseCommand], Callable[[CaseFile, Any, CasePapers], None]]] = {
    command: decision for room in ROOMS for command, decision in room.DECISIONS.items()
}

COMMANDS: Final[Mapping[str, type[CaseCommand]]] = {
    str(command.__dataclass_fields__["kind"].default): command for command in DECISIONS
}
"""Every case command by its name on the wire."""

MOVES_MONEY: Final = (
    entitlement.VerifyEntitlement,
    payout_plan.ApprovePayout,
    payout.RecordReceipt,
    payout.RecordBounce,
    recovery.RecordRefund,
    withdrawal.ApproveWithdrawal,
    lookback.RevokeQualification,
)
"""Commands that book on the fund, or line up for its money, in the same transaction."""

FREES_MONEY: Final = (
    payout.RecordBounce,
    recovery.RecordRefund,
    withdrawal.ApproveWithdrawal,
    lookback.RevokeQualification,
)
"""Those of them by which money, or a place in line, falls to others."""

STANDS_IN_LINE: Final = (entitlement.VerifyEntitlement, payout_plan.ApprovePayout, *FREES_MONEY)
"""Commands that join or leave the queue for money, or call who waits in it, in the same transaction."""

LOOKS_AT_EXCLUSIONS: Final = (
    application.SubmitApplication,
    review.PassCityReview,
    review.PromoteFromWaitlist,
    listing.ConfirmPilot,
)
"""Commands by which a firm goes on only if no list of today bars it."""

TAKES_PLACES: Final = (
    review.PassCityReview,
    review.WaitlistApplication,
    review.PromoteFromWaitlist,
    review.RejectApplication,
    listing.AnswerObjection,
    withdrawal.ApproveWithdrawal,
    lookback.RevokeQualification,
)
"""Commands that take or free a place of the batch in the same transaction."""

LOOKS_AT_PLACES: Final = (*TAKES_PLACES, listing.PublishList, listing.ConfirmPilot)
"""Those, and the commands that go on only with a place, which nearly always is held already."""


def meets_the_pool(command: CaseCommand) -> bool:
    """Whether the pool must lie on the desk: the command may bring an organisation to the firm, or be about one."""
    return command.by.role is Role.SUPERVISOR or isinstance(
        command, (*independence.TAKES_A_POST, independence.ApproveConflict, alarm.WatchProvider)
    )


def decide(case: CaseFile, papers: CasePapers) -> None:
    """One command: who may, whether the case is open, what its room says, and which deadlines follow.

    Raises Rejection, or OpenQuestion where the pack is silent; the file is then not to be used any further.
    """
    command = papers.command
    assert isinstance(command, CaseCommand)
    if not isinstance(command, OpenCase):
        case_must_have_been_opened(case)
        if not (isinstance(command, SubmitApplication) and case.may_apply_again):
            case_must_be_open(case)
    authority.may(command, case)
    conflicts = independence.conflicts(case, papers.pool) if meets_the_pool(command) else ()
    before = queueing.for_whom_there_is_money(papers) if isinstance(command, FREES_MONEY) else {}
    DECISIONS[type(command)](case, command, papers)
    if isinstance(command, FREES_MONEY):
        queueing.call_who_is_next(papers, before)
    # After the room's own rules, which say more; role_of still tells the first role that a person acted in.
    authority.person_must_keep_to_one_role_in_a_case(case, command.by, *authority.companions(command))
    if meets_the_pool(command):
        independence.watch(case, conflicts, papers)
    schedule.settle(case, papers)


def edition(command: Command) -> str:
    """The edition of the indicators that must lie on the desk: that of the command's answers or grade, else none."""
    match command:
        case diagnosis.FileDiagnosis():
            answers, grade = command.answers, command.baseline
        case evaluation.FileEvaluation() | acceptance.FileRecheck():
            answers, grade = command.answers, command.grade
        case retrofit.ReportCompletion():
            answers, grade = None, command.self_grade
        case _:
            return ""
    return answers.standard if answers is not None else grade.standard


def refuse(case: CaseFile, papers: CasePapers, refusal: Refusal) -> None:
    """Keep the refusal of a command whose sender could not wait."""
    case.record(CommandRefused, papers, clauses=(refusal.clause,), kind=papers.command.kind, refusal=refusal)


@dataclass(frozen=True)
class Standing:
    """Where a case stands, as far as its workflow must know: the stage to wait in, and the next moment of time."""

    stage: str
    batch: str
    version: int
    wake: schedule.Wake | None


def standing(case: CaseFile) -> Standing:
    """The workflow's whole knowledge of the case."""
    return Standing(case.stage.value, case.batch_code, case.version, schedule.next_wake(case) if case.is_open else None)
