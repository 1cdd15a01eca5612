"""Any command to a case, given by hand, on the way that every command takes.

Typed again because the answer got lost, a command is not done again: where the clerk names no id, it is made of what
the command says. Once others have acted on the case the same words are refused until the clerk says that they are
meant anew (``--again``): a plan that was sent back is filed again in the same words. What was refused left no trace
and can be typed again at any time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from typing import Any, Final
from uuid import UUID

from temporalio.client import WorkflowUpdateRPCTimeoutOrCancelledError

from activities.desk import Desk
from activities.messages import CaseLife
from cli import fields
from cli.engine import begin_all, engine
from cli.hands import Hand
from domain.calendar import CHINA
from domain.case.application import OpenCase, SubmitApplication
from domain.case.common import case_must_be_open
from domain.case.file import CaseFile
from domain.case.rooms import CommandRefused
from domain.commands import CaseCommand, Receipt
from domain.identity import batch_id, case_id, command_id, tidy
from domain.payout_round.common import RoundCommand
from domain.people import Role
from domain.rejections import Refusal, Rejection
from domain.words import zh
from eventstore.store import EventStore, digest
from policies import load
from policies.calendars import published
from settings import Settings, Unreachable
from workflows.client import send, submit

_PATIENCE_SECONDS: Final = 30
_UNNAMED: Final = UUID(int=0)


def opening(credit_code: str, said: Mapping[str, Any], hand: Hand) -> OpenCase:
    """The command that puts a firm on file; the programme is the city's own unless another is named."""
    said = {"credit_code": tidy(credit_code), **said}
    if "programme" not in said and isinstance(said.get("city"), str):
        said["programme"] = load.load(said["city"]).programme
    read = fields.read(OpenCase, said)
    case = case_id(read["city"], read["programme"], read["credit_code"])
    return OpenCase(command_id=_UNNAMED, by=hand.by, reason=hand.reason, evidence=hand.evidence, case=case, **read)


def command_to(case: CaseFile, kind: type[CaseCommand], said: Mapping[str, Any], hand: Hand) -> CaseCommand:
    """A command to a case that is on file; a batch may be named by its code. Raises WrongField."""
    batch = said.get("batch")
    if "batch" in fields.types_of(kind) and isinstance(batch, str) and not _is_uuid(batch):
        said = {**said, "batch": str(batch_id(case.city, case.programme, batch))}
    read = fields.read(kind, said)
    return kind(command_id=_UNNAMED, by=hand.by, reason=hand.reason, evidence=hand.evidence, case=case.id, **read)


def named(store: EventStore, command: CaseCommand, *, again: bool) -> CaseCommand:
    """The command with an id made of what it says. Raises Rejection where the same was done and others have acted."""
    facts = store.facts(command.case)
    known = {fact.command_id: fact for fact in facts}
    before = None
    for time in count():
        name = command_id("by hand", str(command.case), digest(command).hex(), str(time))
        if name not in known:
            break
        if not isinstance(known[name], CommandRefused):
            before = known[name]
    if before is None:
        return replace(command, command_id=name)
    acted = [fact for fact in facts if fact.by.role is not Role.SYSTEM and not isinstance(fact, CommandRefused)]
    if acted[-1].command_id == before.command_id:
        return replace(command, command_id=before.command_id)
    if not again:
        raise Rejection(
            "same_words_must_be_meant_again",
            f"同样的“{zh(command.kind)}”已于 {before.timestamp.astimezone(CHINA):%Y-%m-%d %H:%M} 办理过，"
            "此后又办理了别的事。若确要再办一次，请加 --again；若只想知道办了没有，请看 lookback case show。",
        )
    return replace(command, command_id=name)


def give(settings: Settings, store: EventStore, command: CaseCommand, *, signal: bool) -> tuple[Receipt | None, bool]:
    """Have it done: the receipt (None for a signal), and whether it had been done before.

    Raises Rejection where a rule refuses, Unreachable where the engine does not answer.
    """
    desk, now = Desk(store, published()), datetime.now(UTC)
    if store.receipt(command) is not None:
        return _receipt_of(desk, command, now), True
    case = store.load(CaseFile, command.case)
    if isinstance(command, OpenCase) or (isinstance(command, SubmitApplication) and case.may_apply_again):
        # No workflow waits for it: there was none yet, or it ended with the batch in which the firm was not selected.
        receipt = _receipt_of(desk, command, now)
        asyncio.run(
            begin_all(settings, [CaseLife(command.case, command.city if isinstance(command, OpenCase) else case.city)])
        )
        return receipt, False
    case_must_be_open(case)
    return asyncio.run(through_the_engine(settings, command, signal=signal)), False


async def through_the_engine(
    settings: Settings, command: CaseCommand | RoundCommand, *, signal: bool
) -> Receipt | None:
    """Give a command to its workflow: the receipt, or None where it was sent as a signal.

    Raises Rejection where a rule refuses, Unreachable where the engine does not answer.
    """
    client = await engine(settings)
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            if not signal or isinstance(command, RoundCommand):
                return await submit(client, command, f"@{datetime.now(UTC).isoformat()}")
            await send(client, command)
            return None
    except (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError) as away:
        raise Unreachable(
            f"{_PATIENCE_SECONDS} 秒内没有答复：工作进程可能没有运行（见 lookback status）。"
            "命令可能仍会办理；恢复后再输入一次即可得到回执，不会重复办理。"
        ) from away
    except Rejection as no:
        if no.refusal.rule not in ("case_must_have_a_running_workflow", "round_must_have_a_running_workflow"):
            raise
        what = "轮次" if isinstance(command, RoundCommand) else "档案"
        raise Unreachable(f"{what}在，但它的流程没有运行。请运行 lookback rebuild workflows，然后再输入一次。") from no


def _receipt_of(desk: Desk, command: CaseCommand, now: datetime) -> Receipt:
    answer = desk.handle(command, now)
    if answer.refusal is not None:
        raise _rejection(answer.refusal)
    assert answer.receipt is not None
    return answer.receipt


def _rejection(refusal: Refusal) -> Rejection:
    return Rejection(refusal.rule, refusal.sentence, refusal.clause, refusal.open_question)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
