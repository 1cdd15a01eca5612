"""入库: a provider applies, is admitted to a tier, and moves between tiers.

What the tiers are called is the city's own word; where its sources state how many a tier takes, no more are let in.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from domain.case.common import institution_must_be_plainly_named
from domain.identity import credit_code_must_be_well_formed, same
from domain.notice.effect import notice_must_have_been_completed, provider_must_stand_in_its_notice
from domain.policy import Pack
from domain.provider.file import (
    Membership,
    Pool,
    Provider,
    ProviderCommand,
    ProviderFact,
    ProviderPapers,
    party_must_not_decide_on_itself,
    provider_decision_must_be_grounded,
    provider_hand_must_differ,
    provider_must_act_for_itself,
    provider_must_stand_where_the_step_begins,
)
from domain.provider.tiers import (
    provider_must_say_whom_it_serves,
    tier_must_be_chosen_from_the_one_before,
    tier_must_be_one_of_the_citys,
    tier_must_have_room,
    tier_of,
)
from domain.record import Fact
from domain.rules import No, rule


class ProviderApplied(ProviderFact):
    """A provider asked to be taken into the pool."""

    TOPIC: ClassVar[str] = "provider.applied"
    city: str
    programme: str
    credit_code: str
    provider: str
    """Its name as registered."""
    industries: tuple[str, ...]
    rehearsal: bool

    def fold(self, file: Provider) -> None:
        file.city = self.city
        file.programme = self.programme
        file.credit_code = self.credit_code
        file.name = self.provider
        file.industries = self.industries
        file.rehearsal = self.rehearsal
        file.membership = Membership.APPLIED
        file.sign("apply", self.by.id)


class ProviderAdmitted(ProviderFact):
    """入库: from here on firms may sign with it."""

    TOPIC: ClassVar[str] = "provider.admitted"
    tier: str
    document: str

    def fold(self, file: Provider) -> None:
        file.tier = self.tier
        file.membership = Membership.IN_POOL


class ProviderMoved(ProviderFact):
    """It was promoted, or moved otherwise, to another tier."""

    TOPIC: ClassVar[str] = "provider.moved"
    from_tier: str
    tier: str
    document: str

    def fold(self, file: Provider) -> None:
        file.tier = self.tier


class ProviderListed(Fact):
    """The pool's own memory of whom it has admitted; a city with one such fact keeps a pool."""

    TOPIC: ClassVar[str] = "pool.provider-listed"
    credit_code: str
    provider: str

    def fold(self, file: Pool) -> None:
        file.codes = {**file.codes, self.credit_code: self.provider}
        file.names = {**file.names, self.provider: self.credit_code}


class TierTaken(Fact):
    """A provider took a place in a tier. Written beside its own fact, so that two never take the last place at once."""

    TOPIC: ClassVar[str] = "pool.tier-taken"
    credit_code: str
    tier: str


EVENTS = (ProviderApplied, ProviderAdmitted, ProviderMoved)
POOL_EVENTS = (ProviderListed, TierTaken)


@dataclass(frozen=True, kw_only=True)
class ApplyProvider(ProviderCommand):
    """Ask to be taken into the pool."""

    kind: Literal["apply-provider"] = "apply-provider"
    name: str
    industries: tuple[str, ...] = ()
    rehearsal: bool = False


@dataclass(frozen=True, kw_only=True)
class AdmitProvider(ProviderCommand):
    """Take it into the pool, into a tier."""

    kind: Literal["admit-provider"] = "admit-provider"
    tier: str
    document: str


@dataclass(frozen=True, kw_only=True)
class MoveProvider(ProviderCommand):
    """Move it to another tier; ``reason`` says why."""

    kind: Literal["move-provider"] = "move-provider"
    tier: str
    document: str


@rule
def industries_must_be_the_citys(pack: Pack, industries: tuple[str, ...]) -> No | None:
    """A provider serves industries of the programme, each named as the pack names it."""
    known = pack.list("selection.industries")
    strangers = [one for one in industries if one not in known]
    if not strangers:
        return None
    clause = pack.clause("selection.industries")
    return No(f"“{'、'.join(strangers)}”不是本市试点细分行业，有：{'、'.join(known)}", clause)


@rule
def name_must_mean_one_provider(pool: Pool, name: str, credit_code: str) -> No | None:
    """A contract that names a provider means one of the pool."""
    other = pool.code_of(name) or credit_code
    return None if other == credit_code else No(f"“{name}”已由 {other} 以同名入库，请核对名称")


@rule
def tier_must_be_another(provider: Provider, tier: str, pack: Pack) -> No | None:
    """A move leads somewhere: the same tier by its code, or written otherwise, is the same tier."""
    now, wanted = tier_of(pack, provider.tier), tier_of(pack, tier)
    stays = now == wanted if now and wanted else same(tier) == same(provider.tier)
    return No(f"{provider.name}已在“{provider.tier}”") if stays else None


def apply_provider(provider: Provider, command: ApplyProvider, papers: ProviderPapers) -> None:
    """To the bureau; once more, where the first application named no industry and a tier asks for one."""
    again = (Membership.APPLIED,) if command.industries and not provider.industries else ()
    provider_must_stand_where_the_step_begins(provider, Membership.NONE, *again)
    credit_code_must_be_well_formed(command.credit_code)
    institution_must_be_plainly_named(command.name)
    applicant = Provider.fresh(provider.id)
    applicant.credit_code, applicant.name = command.credit_code, command.name
    provider_must_act_for_itself(applicant, command.by)
    party_must_not_decide_on_itself(command.by, command.name, command.credit_code)
    if command.industries:
        industries_must_be_the_citys(papers.pack, command.industries)
    provider.record(
        ProviderApplied,
        papers,
        city=command.city,
        programme=command.programme,
        credit_code=command.credit_code,
        provider=command.name,
        industries=command.industries,
        rehearsal=command.rehearsal,
    )


def admit_provider(provider: Provider, command: AdmitProvider, papers: ProviderPapers) -> None:
    """By another hand than the one that handed the application in; the pool lists it in the same act."""
    provider_must_stand_where_the_step_begins(provider, Membership.APPLIED)
    provider_hand_must_differ(provider, command.by, "apply")
    provider_decision_must_be_grounded(tier=command.tier, document=command.document, reason=command.reason)
    name_must_mean_one_provider(papers.pool, provider.name, provider.credit_code)
    clauses = _fits(provider, command.tier, papers)
    provider.record(ProviderAdmitted, papers, clauses=clauses, tier=command.tier, document=command.document)
    papers.pool.record(ProviderListed, papers, credit_code=provider.credit_code, provider=provider.name)
    papers.pool.record(TierTaken, papers, clauses=clauses, credit_code=provider.credit_code, tier=provider.tier)


def _fits(provider: Provider, words: str, papers: ProviderPapers) -> tuple[str, ...]:
    """The clause of the tier, where a source has one. Raises Rejection where the provider does not fit in."""
    institution_must_be_plainly_named(words)
    tier_must_be_one_of_the_citys(papers.pack, words)
    tier = tier_of(papers.pack, words)
    provider_must_say_whom_it_serves(provider, tier)
    tier_must_be_chosen_from_the_one_before(provider, tier, papers.pack)
    tier_must_have_room(provider, tier, papers.members)
    provider_must_stand_in_its_notice(papers.notice, provider.credit_code, provider.name)
    notice_must_have_been_completed(papers.notice)
    return () if tier is None else (tier.clause,)


def move_provider(provider: Provider, command: MoveProvider, papers: ProviderPapers) -> None:
    """Only who stands well is promoted or moved; who was warned must first put it right."""
    provider_must_stand_where_the_step_begins(provider, Membership.IN_POOL)
    provider_decision_must_be_grounded(tier=command.tier, document=command.document, reason=command.reason)
    tier_must_be_another(provider, command.tier, papers.pack)
    clauses = _fits(provider, command.tier, papers)
    provider.record(
        ProviderMoved, papers, clauses=clauses, from_tier=provider.tier, tier=command.tier, document=command.document
    )
    papers.pool.record(TierTaken, papers, clauses=clauses, credit_code=provider.credit_code, tier=provider.tier)


DECISIONS = {ApplyProvider: apply_provider, AdmitProvider: admit_provider, MoveProvider: move_provider}
