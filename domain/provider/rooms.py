"""All that can happen to a provider, and the way a command about one takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from domain.commands import Command
from domain.provider import admission, appeal, conduct, rating
from domain.provider.admission import AppointInstitution
from domain.provider.file import Provider, ProviderCommand, ProviderPapers
from domain.record import Fact

EVENTS: Final[tuple[type[Fact], ...]] = (
    *admission.EVENTS,
    *conduct.EVENTS,
    *appeal.EVENTS,
    *rating.EVENTS,
    *admission.POOL_EVENTS,
)

DECISIONS: Final[Mapping[type[ProviderCommand], Callable[[Provider, Any, ProviderPapers], None]]] = {
    command: decision for room in (admission, conduct, appeal, rating) for command, decision in room.DECISIONS.items()
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
    DECISIONS[type(command)](provider, command, papers)
