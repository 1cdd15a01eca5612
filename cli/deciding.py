"""Commands that belong to no case have no workflow: decided at the desk, at the clock of this machine."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final, TypeVar
from uuid import UUID

import typer

from domain.commands import Command, Receipt
from domain.identity import command_id
from domain.policy import Pack
from domain.programme import is_rehearsed, programme_must_be_the_citys, programme_of
from domain.rejections import Rejection
from settings import Settings

TCommand = TypeVar("TCommand", bound=Command)

UNNAMED: Final = UUID(int=0)
"""What a command is called until it is ``named``."""


def decide(settings: Settings, command: Command) -> Receipt:
    """Have it done. Raises Rejection where a rule refuses."""
    from activities.desk import Desk
    from cli.engine import record
    from policies.calendars import published

    with record(settings) as store:
        answer = Desk(store, published()).handle(command, datetime.now(UTC))
    if answer.refusal is not None:
        no = answer.refusal
        raise Rejection(no.rule, no.sentence, no.clause, no.open_question)
    assert answer.receipt is not None
    return answer.receipt


def named(settings: Settings, command: TCommand, stream: UUID) -> TCommand:
    """The command with an id made of what it says and where its stream stands.

    Typed again because the answer got lost, the last command is the same command; once others have acted the same
    words count anew.
    """
    from cli.engine import record
    from eventstore.store import digest

    with record(settings) as store:
        facts = store.facts(stream)
    last = facts[-1].command_id if facts else None
    before = sum(fact.command_id != last for fact in facts)
    names = [command_id(command.kind, digest(command).hex(), str(version)) for version in (before, len(facts))]
    return replace(command, command_id=names[0] if names[0] == last else names[1])


def named_by_all_it_says(command: Command, *more: str) -> UUID:
    """The same words twice are one command, other words another."""
    from eventstore.store import digest

    return command_id(command.kind, digest(command).hex(), *more)


def say(receipt: Receipt, said: dict[str, Any], words: str, as_json: bool) -> None:
    """What was done: to a program with what it stands on, to a person in words."""
    if as_json:
        done = {"command_id": str(receipt.command_id), "position": receipt.position, "events": receipt.events}
        typer.echo(json.dumps({**said, **done}, ensure_ascii=False))
    else:
        typer.echo(words)


def home_of(pack: Pack, programme: str, overlays: tuple[str, ...]) -> tuple[str, bool]:
    """The programme that is meant, and whether it is a rehearsal's: by its own name, or where none is written by the
    overlays. Raises Rejection where the city cannot have one of this name.
    """
    if not programme:
        return programme_for(pack, overlays), bool(overlays)
    rehearsal = is_rehearsed(pack, programme)
    programme_must_be_the_citys(pack, programme, rehearsal=rehearsal)
    return programme, rehearsal


def programme_for(pack: Pack, overlays: tuple[str, ...]) -> str:
    """The programme that is meant where none is named."""
    return programme_of(pack, rehearsal=bool(overlays))
