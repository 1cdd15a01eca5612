"""审批方案: the chain of approvals, each for one plan by its hash; with the last one the money is set aside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from domain import authority
from domain.case import payout_plan, rooms
from domain.case.common import hand_must_differ, words_must_be_given
from domain.case.file import CaseFile
from domain.payout_round import rules
from domain.payout_round.common import Decision, RoundCommand, RoundPapers, about, said
from domain.payout_round.file import (
    PayoutPlanApprovalGiven,
    PayoutPlanApproved,
    PayoutPlanReturned,
    PayoutRound,
    Step,
)
from domain.payout_round.plan import sum_of


@dataclass(frozen=True, kw_only=True)
class ApprovePayoutPlan(RoundCommand):
    """Give the next approval of the chain; with the last one every firm's money is set aside."""

    kind: Literal["approve-payout-plan"] = "approve-payout-plan"
    approval: str
    sha256: str
    """Of the plan that was approved."""
    document: str


@dataclass(frozen=True, kw_only=True)
class ReturnPayoutPlan(RoundCommand):
    """Send the plan back instead of approving it; ``reason`` says why."""

    kind: Literal["return-payout-plan"] = "return-payout-plan"
    sha256: str


def approve_payout_plan(payout_round: PayoutRound, command: ApprovePayoutPlan, papers: RoundPapers) -> list[CaseFile]:
    """One link of the chain; the last one sets the money aside, for all firms or for none."""
    rules.round_must_be_at_this_step(payout_round, Step.APPROVAL)
    clause = papers.city.pack.clause("payout.chain") if papers.city.pack.has("payout.chain") else ""
    rules.approval_must_be_the_next(payout_round, command.approval, clause)
    rules.approval_must_be_given_by_its_role(command.approval, command.by)
    rules.approval_must_be_for_the_plan_as_it_stands(payout_round, command.sha256)
    rules.round_hand_must_differ(payout_round, command.by, "draw plan", "approve plan")
    words_must_be_given(command.document, "审批文件（会议纪要、会签件）编号")
    for line in payout_round.lines:
        case, _ = papers.cases[line.case]
        with about(line):
            hand_must_differ(case, command.by, *payout_plan.BEFORE_PAYOUT, "verify entitlement")
            authority.bureau_must_not_be_a_party(command.by, case)
    payout_round.record(
        PayoutPlanApprovalGiven,
        papers.city,
        clauses=(clause,),
        approval=command.approval,
        edition=payout_round.edition,
        sha256=payout_round.sha256,
        document=command.document,
    )
    if payout_round.next_approval:
        return []
    approved = []
    for line in payout_round.lines:
        case, own = papers.cases[line.case]
        spoken = payout_plan.ApprovePayout(**said(command, case.id), amount=line.amount, document=command.document)
        with about(line):
            rooms.decide(case, replace(own, command=spoken, planned=line))
        approved.append(case)
    payout_round.record(
        PayoutPlanApproved,
        papers.city,
        clauses=(clause,),
        edition=payout_round.edition,
        sha256=payout_round.sha256,
        amount=sum_of(payout_round.lines),
    )
    return approved


def return_payout_plan(payout_round: PayoutRound, command: ReturnPayoutPlan, papers: RoundPapers) -> list[CaseFile]:
    """By whoever's approval is due; the firms stay in the round until another plan is drawn."""
    rules.round_must_be_at_this_step(payout_round, Step.APPROVAL)
    rules.approval_must_be_given_by_its_role(payout_round.next_approval, command.by)
    rules.approval_must_be_for_the_plan_as_it_stands(payout_round, command.sha256)
    rules.round_hand_must_differ(payout_round, command.by, "draw plan")
    words_must_be_given(command.reason, "退回的理由")
    payout_round.record(PayoutPlanReturned, papers.city, edition=payout_round.edition)
    return []


DECISIONS: Final[Mapping[type[RoundCommand], Decision]] = {
    ApprovePayoutPlan: approve_payout_plan,
    ReturnPayoutPlan: return_payout_plan,
}
