"""The one way to reach the engine: the same converter, the same ids, the same refusals for every program."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

from temporalio.client import Client, GrpcCompression, WorkflowHandle, WorkflowUpdateFailedError
from temporalio.common import (
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from activities.messages import (
    CaseLife,
    RoundLife,
    RoundSubmission,
    Submission,
    round_workflow_id,
    workflow_id,
)
from domain.commands import CaseCommand, Receipt
from domain.identity import round_id
from domain.payout_round.common import RoundCommand
from domain.rejections import Refusal, Rejection
from workflows.case import CITY, CaseWorkflow
from workflows.payout_round import PayoutRoundWorkflow

TASK_QUEUE = "lookback"
_TRIES = 200
_PAUSE = 0.2
"""Seconds between two tries of an update that the server would not take."""


async def connect(address: str, namespace: str = "default", **options: Any) -> Client:
    """A client of the engine. Raises RuntimeError where nothing answers."""
    return await Client.connect(
        address,
        namespace=namespace,
        data_converter=pydantic_data_converter,
        grpc_compression=GrpcCompression.NONE,  # a message is about a kilobyte, and the engine stands nearby
        **options,
    )


async def begin(client: Client, life: CaseLife | RoundLife, task_queue: str = TASK_QUEUE) -> bool:
    """Begin a workflow; False where it runs already. One whose life is over ends at once."""
    kind: Any = CaseWorkflow if isinstance(life, CaseLife) else PayoutRoundWorkflow
    try:
        await client.start_workflow(
            kind.run,
            life,
            id=_workflow_of(life),
            task_queue=task_queue,
            id_conflict_policy=WorkflowIDConflictPolicy.FAIL,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            search_attributes=TypedSearchAttributes([SearchAttributePair(CITY, life.city)]),
        )
    except WorkflowAlreadyStartedError:
        return False
    return True


def _workflow_of(life: CaseLife | RoundLife) -> str:
    return workflow_id(life.case) if isinstance(life, CaseLife) else round_workflow_id(life.payout_round)


def handle_of(client: Client, case: UUID) -> WorkflowHandle[CaseWorkflow, str]:
    """The handle of a case's workflow."""
    return client.get_workflow_handle_for(CaseWorkflow.run, workflow_id(case))


def round_handle(client: Client, payout_round: UUID) -> WorkflowHandle[PayoutRoundWorkflow, str]:
    """The handle of a payout round's workflow."""
    return client.get_workflow_handle_for(PayoutRoundWorkflow.run, round_workflow_id(payout_round))


async def submit(client: Client, command: CaseCommand | RoundCommand, attempt: str = "") -> Receipt:
    """Give a command and wait for its receipt. Raises Rejection where a rule refuses.

    The engine answers the same update with the same answer, a refusal too. Who asks once more, because the day or the
    budget may have changed since, says which ``attempt`` it is; the command stays the same and is done once at most.
    """
    handle: WorkflowHandle[Any, str]
    submission: Submission | RoundSubmission
    if isinstance(command, RoundCommand):
        handle = round_handle(client, round_id(command.city, command.programme, command.number))
        submission = RoundSubmission(command)
    else:
        handle, submission = handle_of(client, command.case), Submission(command)
    for left in reversed(range(_TRIES)):
        try:
            receipt: Receipt = await handle.execute_update(
                "submit", submission, id=f"{command.command_id}{attempt}", result_type=Receipt
            )
        except WorkflowUpdateFailedError as failed:
            raise _rejection(failed) from failed
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                raise _no_workflow(command) from error
            # The workflow was just turning over a new leaf: the server refuses what comes in that moment.
            if error.status is not RPCStatusCode.FAILED_PRECONDITION or not left:
                raise
            await asyncio.sleep(_PAUSE)
        else:
            return receipt
    raise AssertionError("the last try returns or raises")


async def send(client: Client, command: CaseCommand) -> None:
    """Give a command without waiting; a refusal is then recorded in the case.

    Raises Rejection where no workflow waits for it: there is no case, or its life is over.
    """
    try:
        await handle_of(client, command.case).signal("submit", Submission(command))
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise _no_workflow(command) from error
        raise


async def tell(client: Client, case: UUID) -> None:
    """Have a case look at its record, because another command than its own has written there; no life, no news."""
    try:
        await handle_of(client, case).signal("look")
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise


def _no_workflow(command: CaseCommand | RoundCommand) -> Rejection:
    if isinstance(command, RoundCommand):
        return Rejection("round_must_have_a_running_workflow", "没有这个正在办理的兑付轮次（未拟定方案，或已办结）")
    return Rejection("case_must_have_a_running_workflow", "没有这家企业正在办理的档案（未建档，或档案已结束）")


def _rejection(failed: WorkflowUpdateFailedError) -> Rejection:
    cause = failed.cause
    if not isinstance(cause, ApplicationError):
        raise failed
    detail = cause.details[0] if cause.details else None
    if not isinstance(detail, dict):
        return Rejection(cause.type or "command_must_be_possible", cause.message)
    refusal = Refusal(**detail)
    return Rejection(refusal.rule, refusal.sentence, refusal.clause, refusal.open_question)
