"""联合体: a provider works under the lead of another of the pool, and leaves again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from domain.provider.file import (
    ADMITTED,
    Membership,
    Provider,
    ProviderCommand,
    ProviderFact,
    ProviderPapers,
    party_must_not_decide_on_itself,
    provider_decision_must_be_grounded,
    provider_must_act_for_itself,
    provider_must_stand_where_the_step_begins,
)
from domain.rules import No, rule


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


EVENTS = (ConsortiumJoined, ConsortiumLeft)


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


def join_consortium(provider: Provider, command: JoinConsortium, papers: ProviderPapers) -> None:
    """Both stand in the pool."""
    provider_must_stand_where_the_step_begins(provider, *ADMITTED)
    provider_must_act_for_itself(provider, command.by)
    provider_decision_must_be_grounded(document=command.document)
    lead_must_be_another_provider_of_the_pool(provider, papers.lead)
    assert papers.lead is not None
    party_must_not_decide_on_itself(command.by, papers.lead.name, papers.lead.credit_code)
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


DECISIONS = {JoinConsortium: join_consortium, LeaveConsortium: leave_consortium}
