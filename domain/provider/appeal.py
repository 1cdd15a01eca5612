"""申诉: a provider says that a decision against it was wrong; others than those who took part in it answer.

Nothing is ever taken back: an appeal that is upheld is a new fact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from domain.provider.admission import TierTaken
from domain.provider.conduct import FOUND, ORDERED, REMOVED, WARNED
from domain.provider.file import (
    Membership,
    Provider,
    ProviderCommand,
    ProviderFact,
    ProviderPapers,
    provider_decision_must_be_grounded,
    provider_hand_must_differ,
    provider_must_act_for_itself,
    provider_must_stand_where_the_step_begins,
)
from domain.provider.tiers import full_beside, tier_of
from domain.rules import No, rule


class ProviderAppealed(ProviderFact):
    """申诉: it says that the last decision was wrong. Nothing is suspended by that."""

    TOPIC: ClassVar[str] = "provider.appealed"
    statement: str

    def fold(self, file: Provider) -> None:
        file.appealed = file.decisions
        file.appeal_open = True


class ProviderAppealDismissed(ProviderFact):
    """The decision stands."""

    TOPIC: ClassVar[str] = "provider.appeal-dismissed"
    answer: str
    document: str

    def fold(self, file: Provider) -> None:
        file.appeal_open = False


class ProviderRestored(ProviderFact):
    """申诉成立: it stands again as if nothing had been held against it; what was decided stays in the record."""

    TOPIC: ClassVar[str] = "provider.restored"
    answer: str
    document: str

    def fold(self, file: Provider) -> None:
        file.membership = Membership.IN_POOL
        file.decision = self.command_id
        file.fault = ""
        file.suspended = False
        file.rectify_by = None
        file.appeal_open = False


class TierOverfilled(ProviderFact):
    """警示: its place had been given away; it stands all the same, and the tier has more than its clause allows."""

    TOPIC: ClassVar[str] = "provider.tier-overfilled"
    tier: str
    industry: str
    """The industry for which the tier is counted; empty for the whole city."""
    limit: int
    held: int
    """How many stand in it now, this one among them."""


EVENTS = (ProviderAppealed, ProviderAppealDismissed, ProviderRestored, TierOverfilled)


@dataclass(frozen=True, kw_only=True)
class AppealProviderDecision(ProviderCommand):
    """Appeal against the last decision."""

    kind: Literal["appeal-provider-decision"] = "appeal-provider-decision"
    statement: str


@dataclass(frozen=True, kw_only=True)
class AnswerProviderAppeal(ProviderCommand):
    """Uphold or dismiss the appeal."""

    kind: Literal["answer-provider-appeal"] = "answer-provider-appeal"
    upheld: bool
    answer: str
    document: str


@rule
def decision_must_be_appealed_once(provider: Provider) -> No | None:
    """Against each decision one appeal; where nothing was decided there is nothing to appeal against."""
    if provider.appealed < provider.decisions:
        return None
    return No("对同一决定只能申诉一次" if provider.decisions else "没有可以申诉的决定")


@rule
def appeal_must_be_open(provider: Provider) -> No | None:
    """An answer answers something."""
    return None if provider.appeal_open else No("没有待答复的申诉")


def appeal_provider_decision(provider: Provider, command: AppealProviderDecision, papers: ProviderPapers) -> None:
    """Once."""
    provider_must_stand_where_the_step_begins(provider, Membership.WARNED, Membership.RECTIFYING, Membership.REMOVED)
    provider_must_act_for_itself(provider, command.by)
    provider_decision_must_be_grounded(statement=command.statement)
    decision_must_be_appealed_once(provider)
    provider.record(ProviderAppealed, papers, statement=command.statement)


def answer_provider_appeal(provider: Provider, command: AnswerProviderAppeal, papers: ProviderPapers) -> None:
    """By people who had no part in it. Whoever was thrown out wrongly comes back, also where no place is left."""
    appeal_must_be_open(provider)
    provider_hand_must_differ(provider, command.by, FOUND, WARNED, ORDERED, REMOVED)
    provider_decision_must_be_grounded(answer=command.answer, document=command.document, reason=command.reason)
    outcome = ProviderRestored if command.upheld else ProviderAppealDismissed
    was_out = provider.membership is Membership.REMOVED
    provider.record(outcome, papers, answer=command.answer, document=command.document)
    if command.upheld and was_out:
        _take_its_place_again(provider, papers)


def _take_its_place_again(provider: Provider, papers: ProviderPapers) -> None:
    """The pool is told, so that nobody is given the place at the same moment."""
    tier = tier_of(papers.pack, provider.tier)
    clauses = (tier.clause,) if tier is not None else ()
    for full in full_beside(provider, tier, papers.members):
        provider.record(
            TierOverfilled,
            papers,
            clauses=clauses,
            tier=provider.tier,
            industry=full.industry,
            limit=full.limit,
            held=full.held + 1,
        )
    papers.pool.record(TierTaken, papers, clauses=clauses, credit_code=provider.credit_code, tier=provider.tier)


DECISIONS = {AppealProviderDecision: appeal_provider_decision, AnswerProviderAppeal: answer_provider_appeal}
