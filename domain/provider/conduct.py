"""动态管理: a fault is found, warned of, put right in time or paid for with the place in the pool.

Whoever found a fault decides nothing about it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

from domain.provider.file import (
    ADMITTED,
    Membership,
    Provider,
    ProviderCommand,
    ProviderFact,
    ProviderPapers,
    provider_decision_must_be_grounded,
    provider_hand_must_differ,
    provider_must_stand_where_the_step_begins,
)
from domain.rules import No, rule

FOUND, WARNED, ORDERED, REMOVED = (
    "find provider fault",
    "warn provider",
    "order provider rectification",
    "remove provider",
)


class ProviderFaultFound(ProviderFact):
    """Somebody found that the provider did wrong."""

    TOPIC: ClassVar[str] = "provider.fault-found"
    fault: str

    def fold(self, file: Provider) -> None:
        file.fault = self.fault
        file.sign("find provider fault", self.by.id)


class ProviderWarned(ProviderFact):
    """警告."""

    TOPIC: ClassVar[str] = "provider.warned"
    document: str

    def fold(self, file: Provider) -> None:
        file.membership = Membership.WARNED
        file.decisions += 1
        file.sign("warn provider", self.by.id)


class ProviderRectificationOrdered(ProviderFact):
    """限期整改: what is to be put right, and by when."""

    TOPIC: ClassVar[str] = "provider.rectification-ordered"
    items: tuple[str, ...]
    due: date
    """The last day."""
    suspends: bool
    """Whether it may sign no new contract meanwhile."""
    document: str

    def fold(self, file: Provider) -> None:
        file.membership = Membership.RECTIFYING
        file.rectify_by = self.due
        file.suspended = self.suspends
        file.decision = self.command_id
        file.decisions += 1
        file.sign("order provider rectification", self.by.id)


class ProviderRectified(ProviderFact):
    """整改到位: it stands well again."""

    TOPIC: ClassVar[str] = "provider.rectified"
    opinion: str

    def fold(self, file: Provider) -> None:
        file.membership = Membership.IN_POOL
        file.decision = self.command_id
        file.fault = ""
        file.suspended = False
        file.rectify_by = None


class ProviderRemoved(ProviderFact):
    """移出: no firm signs with it any more; what runs goes on, under watch."""

    TOPIC: ClassVar[str] = "provider.removed"
    ground: str
    document: str

    def fold(self, file: Provider) -> None:
        file.membership = Membership.REMOVED
        file.decision = self.command_id
        file.decisions += 1
        file.sign("remove provider", self.by.id)


EVENTS = (
    ProviderFaultFound,
    ProviderWarned,
    ProviderRectificationOrdered,
    ProviderRectified,
    ProviderRemoved,
)


@dataclass(frozen=True, kw_only=True)
class RecordProviderFault(ProviderCommand):
    """Say what the provider did wrong, with evidence."""

    kind: Literal["record-provider-fault"] = "record-provider-fault"
    fault: str


@dataclass(frozen=True, kw_only=True)
class WarnProvider(ProviderCommand):
    """Warn it of the fault that was found."""

    kind: Literal["warn-provider"] = "warn-provider"
    document: str


@dataclass(frozen=True, kw_only=True)
class OrderProviderRectification(ProviderCommand):
    """Have it put right by a day."""

    kind: Literal["order-provider-rectification"] = "order-provider-rectification"
    items: tuple[str, ...]
    due: date
    suspends: bool
    document: str


@dataclass(frozen=True, kw_only=True)
class ConfirmProviderRectification(ProviderCommand):
    """It was put right."""

    kind: Literal["confirm-provider-rectification"] = "confirm-provider-rectification"
    opinion: str


@dataclass(frozen=True, kw_only=True)
class RemoveProvider(ProviderCommand):
    """Take it out of the pool."""

    kind: Literal["remove-provider"] = "remove-provider"
    ground: str
    document: str


@rule
def fault_must_have_been_found(provider: Provider) -> No | None:
    """Nobody is warned for nothing."""
    return None if provider.fault else No(f"{provider.name}没有已登记、尚未处理的问题；请先登记问题")


@rule
def rectification_must_have_time(due: date, today: date) -> No | None:
    """The last day lies ahead."""
    return None if due > today else No(f"整改期限 {due} 须晚于今日 {today}")


@rule
def removal_must_wait_for_the_rectification(provider: Provider, today: date) -> No | None:
    """The time that was given is given whole; only after it may the provider be removed."""
    due = provider.rectify_by
    return No(f"整改期限至 {due} 止，期满仍未整改到位的方可移出") if due is not None and today <= due else None


@rule
def appeal_must_be_answered_first(provider: Provider) -> No | None:
    """While an appeal is open no further decision is taken against the provider."""
    return No("该服务商的申诉尚未答复") if provider.appeal_open else None


def _grounded(provider: Provider, command: ProviderCommand, *barred: str, **grounds: str | tuple[str, ...]) -> None:
    """A decision against a provider: by other people than who found it, for reasons, on evidence."""
    provider_hand_must_differ(provider, command.by, *barred)
    provider_decision_must_be_grounded(reason=command.reason, evidence=command.evidence, **grounds)
    appeal_must_be_answered_first(provider)


def record_provider_fault(provider: Provider, command: RecordProviderFault, papers: ProviderPapers) -> None:
    """On record until somebody else decides."""
    provider_must_stand_where_the_step_begins(provider, *ADMITTED)
    provider_decision_must_be_grounded(fault=command.fault, reason=command.reason, evidence=command.evidence)
    provider.record(ProviderFaultFound, papers, fault=command.fault)


def warn_provider(provider: Provider, command: WarnProvider, papers: ProviderPapers) -> None:
    """The first step."""
    provider_must_stand_where_the_step_begins(provider, Membership.IN_POOL)
    fault_must_have_been_found(provider)
    _grounded(provider, command, FOUND, document=command.document)
    provider.record(ProviderWarned, papers, document=command.document)


def order_provider_rectification(
    provider: Provider, command: OrderProviderRectification, papers: ProviderPapers
) -> None:
    """The second step; whether it may go on signing meanwhile is said in the order."""
    provider_must_stand_where_the_step_begins(provider, Membership.WARNED)
    _grounded(provider, command, FOUND, document=command.document, items=command.items)
    rectification_must_have_time(command.due, papers.today)
    provider.record(
        ProviderRectificationOrdered,
        papers,
        items=command.items,
        due=command.due,
        suspends=command.suspends,
        document=command.document,
    )


def confirm_provider_rectification(
    provider: Provider, command: ConfirmProviderRectification, papers: ProviderPapers
) -> None:
    """By another hand than the one that ordered it; late is late, but put right is put right."""
    provider_must_stand_where_the_step_begins(provider, Membership.RECTIFYING)
    _grounded(provider, command, ORDERED, opinion=command.opinion)
    provider.record(ProviderRectified, papers, opinion=command.opinion)


def remove_provider(provider: Provider, command: RemoveProvider, papers: ProviderPapers) -> None:
    """The last step."""
    provider_must_stand_where_the_step_begins(provider, Membership.RECTIFYING)
    _grounded(provider, command, FOUND, document=command.document, ground=command.ground)
    removal_must_wait_for_the_rectification(provider, papers.today)
    provider.record(ProviderRemoved, papers, ground=command.ground, document=command.document)


DECISIONS = {
    RecordProviderFault: record_provider_fault,
    WarnProvider: warn_provider,
    OrderProviderRectification: order_provider_rectification,
    ConfirmProviderRectification: confirm_provider_rectification,
    RemoveProvider: remove_provider,
}
