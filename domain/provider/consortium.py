"""联合体: a provider works under the lead of another of the pool, and leaves again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from domain.policy import Pack
from domain.policy_rows import ProviderTier
from domain.provider.file import (
    ADMITTED,
    Membership,
    Pool,
    Provider,
    ProviderCommand,
    ProviderFact,
    ProviderPapers,
    party_must_not_decide_on_itself,
    provider_decision_must_be_grounded,
    provider_must_act_for_itself,
    provider_must_stand_where_the_step_begins,
)
from domain.provider.tiers import tier_of
from domain.record import Fact
from domain.rules import No, rule

LEADS: Final = "牵头"
"""What the name of a tier says whose providers lead the others of their industry."""


class ConsortiumJoined(ProviderFact):
    """联合体: it works under the lead of another."""

    TOPIC: ClassVar[str] = "provider.consortium-joined"
    lead: str
    document: str

    def fold(self, file: Provider) -> None:
        file.consortia = {**file.consortia, self.lead: self.document}


class ConsortiumLeft(ProviderFact):
    """It does so no longer."""

    TOPIC: ClassVar[str] = "provider.consortium-left"
    lead: str

    def fold(self, file: Provider) -> None:
        file.consortia.pop(self.lead)


class ConsortiumKnown(Fact):
    """The pool knows of it. Written beside the member's own fact, so that two never join each other at once."""

    TOPIC: ClassVar[str] = "pool.consortium-known"
    credit_code: str
    lead: str


EVENTS = (ConsortiumJoined, ConsortiumLeft)
POOL_EVENTS = (ConsortiumKnown,)


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
def member_must_not_lead(provider: Provider, lead: Provider, pool: Pool, members: tuple[Provider, ...]) -> No | None:
    """A consortium has one lead and its members: who leads is in no other's, and who is a member leads none."""
    if lead.consortia:
        above = "、".join(map(pool.name_of, lead.consortia))
        return No(f"{lead.name} 是 {above} 牵头的联合体的成员，不能再牵头")
    led = [one.name for one in members if provider.credit_code in one.consortia]
    if led:
        return No(f"{provider.name} 已牵头联合体（成员：{'、'.join(led)}），不能再加入他人牵头的联合体")
    return None


@rule
def lead_must_stand_in_the_tier_of_leads(lead: Provider, pack: Pack) -> No | None:
    """Where the city chooses leads into a tier of their own (牵头), nobody else leads a consortium."""
    tiers = [tier for tier in pack.rows(ProviderTier) if LEADS in tier.name]
    if not tiers or tier_of(pack, lead.tier) in tiers:
        return None
    named = "、".join(f"“{tier.name}”" for tier in tiers)
    return No(f"联合体须由{named}牵头，{lead.name} 现为“{lead.tier or '未定'}”", tiers[0].clause)


def join_consortium(provider: Provider, command: JoinConsortium, papers: ProviderPapers) -> None:
    """Both stand in the pool."""
    provider_must_stand_where_the_step_begins(provider, *ADMITTED)
    provider_must_act_for_itself(provider, command.by)
    provider_decision_must_be_grounded(document=command.document)
    lead_must_be_another_provider_of_the_pool(provider, papers.lead)
    assert papers.lead is not None
    party_must_not_decide_on_itself(command.by, papers.lead.name, papers.lead.credit_code)
    consortium_membership_must_change(provider, papers.lead.credit_code, joins=True)
    member_must_not_lead(provider, papers.lead, papers.pool, papers.members)
    lead_must_stand_in_the_tier_of_leads(papers.lead, papers.pack)
    provider.record(ConsortiumJoined, papers, lead=papers.lead.credit_code, document=command.document)
    papers.pool.record(ConsortiumKnown, papers, credit_code=provider.credit_code, lead=papers.lead.credit_code)


def leave_consortium(provider: Provider, command: LeaveConsortium, papers: ProviderPapers) -> None:
    """At any time, also after having been removed."""
    provider_must_stand_where_the_step_begins(provider, *ADMITTED, Membership.REMOVED)
    provider_must_act_for_itself(provider, command.by)
    provider_decision_must_be_grounded(reason=command.reason)
    lead = papers.pool.code_of(command.lead) or command.lead
    consortium_membership_must_change(provider, lead, joins=False)
    provider.record(ConsortiumLeft, papers, lead=lead)


DECISIONS = {JoinConsortium: join_consortium, LeaveConsortium: leave_consortium}
