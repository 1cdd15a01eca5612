"""Commands to what has no workflow (batch, fund, notice): decided here, at the clock of this machine."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import typer

from domain.commands import Command, Receipt
from domain.identity import command_id
from domain.rejections import Rejection
from settings import Settings


def decide(settings: Settings, command: Command) -> Receipt:
    """The receipt of the command. Raises Rejection."""
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


def say(receipt: Receipt, said: dict[str, Any], words: str, as_json: bool) -> None:
    """The answer, to a program or to a person."""
    if as_json:
        done = {"command_id": str(receipt.command_id), "position": receipt.position, "events": receipt.events}
        typer.echo(json.dumps({**said, **done}, ensure_ascii=False))
    else:
        typer.echo(words)


def named_by_all_it_says(command: Command, *more: str) -> UUID:
    """The same words twice are one command, other words another."""
    from eventstore.store import digest

    return command_id(command.kind, digest(command).hex(), *more)
