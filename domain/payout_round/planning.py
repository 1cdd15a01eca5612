"""拟定方案: who is to be paid how much in this round, out of which sources; drawn anew as long as nothing has left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from domain import authority, first_come
from domain.case import payout_plan, schedule
from domain.case.common import words_must_be_given
from domain.case.file import CaseFile, Subsidy
from domain.fund.file import Part
from domain.money import Money, split
from domain.payout_round import rules
from domain.payout_round.common import Decision, RoundCommand, RoundPapers, about
from domain.payout_round.file import PayoutPlanDrawn, PayoutPlanRedrawn, PayoutRound, PayoutRoundCalledOff, Step
from domain.payout_round.plan import PlanLine, Share, plan_hash


@dataclass(frozen=True)
class Claim:
    """A firm that is to be paid, and how much."""

    case: UUID
    amount: Money


@dataclass(frozen=True, kw_only=True)
class DrawPayoutPlan(RoundCommand):
    """Draw the plan that a round begins with."""

    kind: Literal["draw-payout-plan"] = "draw-payout-plan"
    line: str
    claims: tuple[Claim, ...]
    """Where the queue chooses, in its order."""
    way: Literal["queue", "selection"]
    """queue: first come, first served; selection: reviewed and chosen, as ``reason`` says."""
    shares: tuple[Share, ...] = ()
    """How the sources share every line; needed where several feed the budget line."""


@dataclass(frozen=True, kw_only=True)
class RedrawPayoutPlan(RoundCommand):
    """Draw another plan in its place; ``reason`` says why. Whatever approved the one before no longer does."""

    kind: Literal["redraw-payout-plan"] = "redraw-payout-plan"
    claims: tuple[Claim, ...]
    way: Literal["queue", "selection"]
    shares: tuple[Share, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CallOffPayoutRound(RoundCommand):
    """Give a round up before its plan is approved; ``reason`` says why."""

    kind: Literal["call-off-payout-round"] = "call-off-payout-round"


def draw_payout_plan(payout_round: PayoutRound, command: DrawPayoutPlan, papers: RoundPapers) -> list[CaseFile]:
    """The firms stand in a plan. Raises OpenQuestion where the city's rules name no chain of approvals."""
    rules.round_number_must_be_short_and_plain(command.number)
    rules.round_must_be_drawn_once(payout_round, command.number)
    pack = papers.city.pack
    chain, clause = pack.list("payout.chain"), pack.clause("payout.chain")
    rules.chain_must_end_with_who_decides(chain, clause)
    lines, taken = _lines(payout_round.id, command, papers)
    payout_round.record(
        PayoutPlanDrawn,
        papers.city,
        clauses=(clause,),
        city=command.city,
        programme=command.programme,
        line=command.line,
        number=command.number,
        rehearsal=any(case.rehearsal for case in taken),
        chain=chain,
        lines=lines,
        sha256=plan_hash(lines),
    )
    return taken


def redraw_payout_plan(payout_round: PayoutRound, command: RedrawPayoutPlan, papers: RoundPapers) -> list[CaseFile]:
    """Another edition; what an approved one had set aside is free again first."""
    rules.round_must_be_at_this_step(payout_round, Step.APPROVAL, Step.RETURNED, Step.PAYMENT)
    rules.nothing_must_have_been_instructed(payout_round)
    words_must_be_given(command.reason, "重拟的理由")
    for line in payout_round.standing_lines:
        case, own = papers.cases[line.case]
        (payout_plan.retract if case.subsidy is Subsidy.APPROVED else payout_plan.let_go)(case, own)
    lines, _ = _lines(payout_round.id, command, papers)
    payout_round.record(
        PayoutPlanRedrawn, papers.city, edition=payout_round.edition + 1, lines=lines, sha256=plan_hash(lines)
    )
    return [case for case, _ in papers.cases.values() if case.pending_events]


def call_off_payout_round(
    payout_round: PayoutRound, command: CallOffPayoutRound, papers: RoundPapers
) -> list[CaseFile]:
    """The firms are free for another plan."""
    rules.round_must_be_at_this_step(payout_round, Step.APPROVAL, Step.RETURNED)
    words_must_be_given(command.reason, "取消的理由")
    for line in payout_round.lines:
        payout_plan.let_go(*papers.cases[line.case])
    payout_round.record(PayoutRoundCalledOff, papers.city)
    return [case for case, _ in papers.cases.values() if case.pending_events]


def _lines(
    payout_round: UUID, command: DrawPayoutPlan | RedrawPayoutPlan, papers: RoundPapers
) -> tuple[tuple[PlanLine, ...], list[CaseFile]]:
    """The plan's lines, each firm's case having taken its own up."""
    claims, shares, pack = command.claims, command.shares, papers.city.pack
    rules.plan_must_name_a_firm([claim.case for claim in claims])
    rules.shares_must_be_told(papers.fund, shares)
    sources = [share.source for share in shares] or list(papers.fund.sources)
    weights = [share.weight for share in shares] or [1]
    lines, taken = [], []
    for claim in claims:
        case, own = papers.cases[claim.case]
        rules.firm_must_be_of_the_programme(case, command.city, command.programme)
        parts = [
            Part(source, amount)
            for source, amount in zip(sources, split(claim.amount, weights), strict=False)
            if amount.fen
        ]
        whole = claim.amount == payout_plan.still_due(case) or command.way == "selection"
        lines.append(PlanLine(case.id, case.firm, case.credit_code, case.county, claim.amount, tuple(parts), whole))
    rules.firm_must_stand_once_in_the_plan(lines)
    first_come.round_must_choose_firms_as_the_city_says(pack, command.way)
    for line in lines:
        case, own = papers.cases[line.case]
        with about(line):
            authority.bureau_must_not_be_a_party(command.by, case)
            payout_plan.take_up(case, payout_round, command.number, line, own)
            authority.person_must_keep_to_one_role_in_a_case(case, command.by)
        schedule.settle(case, own)
        taken.append(case)
    if command.way == "queue":
        _must_follow_the_queue(payout_round, lines, papers)
    else:
        words_must_be_given(command.reason, "审查择优的依据")
    rules.fund_must_hold_the_whole_plan(papers.fund, lines)
    return tuple(lines), taken


def _must_follow_the_queue(payout_round: UUID, lines: Sequence[PlanLine], papers: RoundPapers) -> None:
    """Whoever stands in another plan, or cannot be paid now, is passed over and keeps its share."""
    pack = papers.city.pack
    drawn = first_come.draw(first_come.order(papers.queue, pack), first_come.purses_of(papers.fund), pack)
    hindered = {
        case.id
        for case in papers.waiting.values()
        if case.planned_in not in (None, payout_round) or payout_plan.hindrance(case) is not None
    } | papers.debtors
    planned = [(line.case, line.amount) for line in lines]
    first_come.plan_must_follow_the_queue(planned, drawn, hindered, pack.clause(first_come.ORDER))


DECISIONS: Final[Mapping[type[RoundCommand], Decision]] = {
    DrawPayoutPlan: draw_payout_plan,
    RedrawPayoutPlan: redraw_payout_plan,
    CallOffPayoutRound: call_off_payout_round,
}
