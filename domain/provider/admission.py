"""入库: a provider applies, is admitted to a tier, moves between tiers, joins a consortium; institutions are appointed.

What the tiers are called is the city's own word, recorded with the document and the reason.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from domain.case.common import institution_must_be_plainly_named
from domain.commands import Command
from domain.identity import credit_code_must_be_well_formed, same
from domain.provider.file import (
    ADMITTED,
    Membership,
    Pool,
    Provider,
    ProviderCommand,
    ProviderPapers,
    post_must_be_one_of_the_programme,
    provider_decision_must_be_grounded,
    provider_hand_must_differ,
    provider_must_act_for_itself,
    provider_must_stand_where_the_step_begins,
)
from domain.record import Fact
from domain.rules import No, rule


class ProviderApplied(Fact):
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


class ProviderAdmitted(Fact):
    """入库: from here on firms may sign with it."""

    TOPIC: ClassVar[str] = "provider.admitted"
    tier: str
    document: str

    def fold(self, file: Provider) -> None:
        file.tier = self.tier
        file.membership = Membership.IN_POOL


class ProviderMoved(Fact):
    """It was promoted, or moved otherwise, to another tier."""

    TOPIC: ClassVar[str] = "provider.moved"
    from_tier: str
    tier: str
    document: str

    def fold(self, file: Provider) -> None:
        file.tier = self.tier


class ConsortiumJoined(Fact):
    """联合体: it works under the lead of another."""

    TOPIC: ClassVar[str] = "provider.consortium-joined"
    lead: str
    document: str

    def fold(self, file: Provider) -> None:
        file.consortia = {**file.consortia, self.lead: self.document}


class ConsortiumLeft(Fact):
    """It does so no longer."""

    TOPIC: ClassVar[str] = "provider.consortium-left"
    lead: str

    def fold(self, file: Provider) -> None:
        file.consortia.pop(self.lead)


class ProviderListed(Fact):
    """The pool's own memory of whom it has admitted; a city with one such fact keeps a pool."""

    TOPIC: ClassVar[str] = "pool.provider-listed"
    credit_code: str
    provider: str

    def fold(self, file: Pool) -> None:
        file.codes = {**file.codes, self.credit_code: self.provider}
        file.names = {**file.names, self.provider: self.credit_code}


class InstitutionAppointed(Fact):
    """中标: an institution holds a post for every firm of the programme (平台、智库、监理、评测、诊断)."""

    TOPIC: ClassVar[str] = "pool.institution-appointed"
    organisation: str
    post: str
    document: str

    def fold(self, file: Pool) -> None:
        file.posts = {**file.posts, (self.post, self.organisation): self.document}


EVENTS = (ProviderApplied, ProviderAdmitted, ProviderMoved, ConsortiumJoined, ConsortiumLeft)
POOL_EVENTS = (ProviderListed, InstitutionAppointed)


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


@dataclass(frozen=True, kw_only=True)
class JoinConsortium(ProviderCommand):
    """Work under the lead of another provider of the pool."""

    kind: Literal["join-consortium"] = "join-consortium"
    lead: str
    document: str


@dataclass(frozen=True, kw_only=True)
class LeaveConsortium(ProviderCommand):
    """Do so no longer; ``reason`` says why."""

    kind: Literal["leave-consortium"] = "leave-consortium"
    lead: str


@dataclass(frozen=True, kw_only=True)
class AppointInstitution(Command):
    """Record which institution won a post of the programme."""

    kind: Literal["appoint-institution"] = "appoint-institution"
    city: str
    programme: str
    organisation: str
    post: str
    document: str


@rule
def name_must_mean_one_provider(pool: Pool, name: str, credit_code: str) -> No | None:
    """A contract that names a provider means one of the pool."""
    other = pool.code_of(name) or credit_code
    return None if other == credit_code else No(f"“{name}”已由 {other} 以同名入库，请核对名称")


@rule
def tier_must_be_another(provider: Provider, tier: str) -> No | None:
    """A move leads somewhere."""
    return No(f"{provider.name}已在“{tier}”") if tier.strip() == provider.tier else None


@rule
def lead_must_be_another_provider_of_the_pool(provider: Provider, lead: Provider | None) -> No | None:
    """牵头服务商 stands in the pool itself, and is not the member."""
    if lead is not None and lead.may_sign and lead.id != provider.id:
        return None
    return No("联合体的牵头服务商须是库内另一家、未被暂停的服务商")


@rule
def consortium_membership_must_change(provider: Provider, lead: str, *, joins: bool) -> No | None:
    """Nobody joins twice, or leaves what they are not in."""
    if (lead in provider.consortia) != joins:
        return None
    return No(f"{provider.name}{'已在' if joins else '不在'} {lead} 牵头的联合体中")


@rule
def post_must_be_given_once(pool: Pool, post: str, organisation: str) -> No | None:
    """One appointment is recorded once."""
    held = {(post, same(name)) for post, name in pool.posts}
    return No(f"“{organisation}”的此项业务已登记") if (post, same(organisation)) in held else None


def apply_provider(provider: Provider, command: ApplyProvider, papers: ProviderPapers) -> None:
    """To the bureau."""
    provider_must_stand_where_the_step_begins(provider, Membership.NONE)
    credit_code_must_be_well_formed(command.credit_code)
    institution_must_be_plainly_named(command.name)
    applicant = Provider.fresh(provider.id)
    applicant.credit_code, applicant.name = command.credit_code, command.name
    provider_must_act_for_itself(applicant, command.by)
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
    provider.record(ProviderAdmitted, papers, tier=command.tier.strip(), document=command.document)
    papers.pool.record(ProviderListed, papers, credit_code=provider.credit_code, provider=provider.name)


def move_provider(provider: Provider, command: MoveProvider, papers: ProviderPapers) -> None:
    """Only who stands well is promoted or moved; who was warned must first put it right."""
    provider_must_stand_where_the_step_begins(provider, Membership.IN_POOL)
    provider_decision_must_be_grounded(tier=command.tier, document=command.document, reason=command.reason)
    tier_must_be_another(provider, command.tier)
    provider.record(
        ProviderMoved, papers, from_tier=provider.tier, tier=command.tier.strip(), document=command.document
    )


def join_consortium(provider: Provider, command: JoinConsortium, papers: ProviderPapers) -> None:
    """Both stand in the pool."""
    provider_must_stand_where_the_step_begins(provider, *ADMITTED)
    provider_must_act_for_itself(provider, command.by)
    provider_decision_must_be_grounded(document=command.document)
    lead_must_be_another_provider_of_the_pool(provider, papers.lead)
    assert papers.lead is not None
    consortium_membership_must_change(provider, papers.lead.credit_code, joins=True)
    provider.record(ConsortiumJoined, papers, lead=papers.lead.credit_code, document=command.document)


def leave_consortium(provider: Provider, command: LeaveConsortium, papers: ProviderPapers) -> None:
    """At any time, also after having been removed."""
    provider_must_stand_where_the_step_begins(provider, *ADMITTED, Membership.REMOVED)
    provider_must_act_for_itself(provider, command.by)
    provider_decision_must_be_grounded(reason=command.reason)
    lead = papers.pool.code_of(command.lead) or command.lead
    consortium_membership_must_change(provider, lead, joins=False)
    provider.record(ConsortiumLeft, papers, lead=lead)


def appoint_institution(pool: Pool, command: AppointInstitution, papers: ProviderPapers) -> None:
    """On the document of the tender."""
    post_must_be_one_of_the_programme(command.post)
    institution_must_be_plainly_named(command.organisation)
    provider_decision_must_be_grounded(document=command.document)
    post_must_be_given_once(pool, command.post, command.organisation)
    pool.record(
        InstitutionAppointed, papers, organisation=command.organisation, post=command.post, document=command.document
    )


DECISIONS = {
    ApplyProvider: apply_provider,
    AdmitProvider: admit_provider,
    MoveProvider: move_provider,
    JoinConsortium: join_consortium,
    LeaveConsortium: leave_consortium,
}
