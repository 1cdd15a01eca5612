"""All that can happen to a provider, and the way a command about one takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from domain.commands import Command
from domain.programme import programme_must_be_the_citys
from domain.provider import admission, appeal, conduct, consortium, institution, rating
from domain.provider.admission import ApplyProvider
from domain.provider.file import (
    Provider,
    ProviderCommand,
    ProviderPapers,
    party_must_not_decide_on_itself,
    person_must_keep_to_one_side,
)
from domain.provider.institution import AppointInstitution
from domain.record import Fact

EVENTS: Final[tuple[type[Fact], ...]] = (
    *admission.EVENTS,
    *consortium.EVENTS,
    *conduct.EVENTS,
    *appeal.EVENTS,
    *rating.EVENTS,
    *admission.POOL_EVENTS,
    *consortium.POOL_EVENTS,
    *institution.EVENTS,
)

DECISIONS: Final[Mapping[type[ProviderCommand], Callable[[Provider, Any, ProviderPapers], None]]] = {
    command: decision
    for room in (admission, consortium, conduct, appeal, rating)
    for command, decision in room.DECISIONS.items()
}

_KINDS: Final[tuple[type[Command], ...]] = (*DECISIONS, AppointInstitution)

COMMANDS: Final[Mapping[str, type[Command]]] = {
    str(command.__dataclass_fields__["kind"].default): command for command in _KINDS
}
"""Every command about providers by its name on the wire."""


def decide(provider: Provider, papers: ProviderPapers) -> None:
    """One command. Raises Rejection, or OpenQuestion where the pack is silent."""
    command = papers.command
    assert isinstance(command, ProviderCommand)
    if isinstance(command, ApplyProvider) or not provider.is_new:
        rehearsal = command.rehearsal if isinstance(command, ApplyProvider) else provider.rehearsal
        programme_must_be_the_citys(papers.pack, command.programme, rehearsal=rehearsal)
    party_must_not_decide_on_itself(command.by, provider.name, provider.credit_code)
    person_must_keep_to_one_side(provider, command.by)
    DECISIONS[type(command)](provider, command, papers)
