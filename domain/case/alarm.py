"""警示: the provider that retrofits a firm was removed or suspended; the case goes on, under watch, until that changes.

Nothing stops by itself. Provider and case are two files and written one after the other: which alarm a case must show
follows from the provider's file alone, so that whoever looks later writes what is missing, and nothing twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal
from uuid import UUID

from domain.case.file import CaseFact, CaseFile, CasePapers
from domain.commands import CaseCommand
from domain.identity import command_id, same
from domain.people import SYSTEM
from domain.provider.file import Pool, Provider
from domain.rules import No, rule


class ProviderAlarmRaised(CaseFact):
    """警示: the firm's provider signs nothing new any more, or not for now."""

    TOPIC: ClassVar[str] = "case.provider-alarm-raised"
    provider: str
    credit_code: str
    cause: Literal["suspended", "removed"]
    decision: UUID
    """The command in the provider's own file by which it came about."""

    def fold(self, file: CaseFile) -> None:
        file.provider_alarm = self.cause


class ProviderAlarmLifted(CaseFact):
    """警示解除: it stands well again."""

    TOPIC: ClassVar[str] = "case.provider-alarm-lifted"
    provider: str
    credit_code: str
    decision: UUID

    def fold(self, file: CaseFile) -> None:
        file.provider_alarm = ""


EVENTS = (ProviderAlarmRaised, ProviderAlarmLifted)


@dataclass(frozen=True, kw_only=True)
class WatchProvider(CaseCommand):
    """Let the case show where its provider stands. The engine's alone."""

    kind: Literal["watch-provider"] = "watch-provider"
    credit_code: str
    """The provider's."""


@rule
def case_must_be_retrofitted_by_the_provider(case: CaseFile, pool: Pool | None, provider: Provider | None) -> No | None:
    """An alarm is about the provider of the contract on file, and of no other."""
    if pool is not None and provider is not None and is_retrofitted_by(case, pool, provider):
        return None
    return No("该服务商不是本企业备案合同的服务商，无须警示")


@rule
def alarm_must_say_something_new(case: CaseFile, provider: Provider) -> No | None:
    """What the case shows already is not said again."""
    return No("本案的服务商警示已与服务商档案一致") if case.provider_alarm == provider.out else None


def is_retrofitted_by(case: CaseFile, pool: Pool, provider: Provider) -> bool:
    """Whether the contract on file is with this provider, however it is written there."""
    registered = same(case.provider) in map(same, case.retrofitters)
    return registered and pool.code_of(case.provider) == provider.credit_code


def alarm_due(case: CaseFile, pool: Pool, provider: Provider) -> WatchProvider | None:
    """What is still to be written in this case; None where it shows what it must. Named by the provider's decision."""
    if not case.is_open or provider.decision is None or case.provider_alarm == provider.out:
        return None
    if not is_retrofitted_by(case, pool, provider):
        return None
    name = command_id("watch-provider", str(case.id), str(provider.decision))
    return WatchProvider(command_id=name, by=SYSTEM, case=case.id, credit_code=provider.credit_code)


def watch_provider(case: CaseFile, command: WatchProvider, papers: CasePapers) -> None:
    """As the provider stands now."""
    provider = papers.providers.get(command.credit_code)
    case_must_be_retrofitted_by_the_provider(case, papers.pool, provider)
    assert provider is not None
    alarm_must_say_something_new(case, provider)
    about: dict[str, Any] = {
        "provider": provider.name,
        "credit_code": provider.credit_code,
        "decision": provider.decision,
    }
    if provider.out:
        case.record(ProviderAlarmRaised, papers, cause=provider.out, **about)
    else:
        case.record(ProviderAlarmLifted, papers, **about)


DECISIONS = {WatchProvider: watch_provider}
