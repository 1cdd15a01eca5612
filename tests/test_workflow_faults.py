"""A case's life under load and under fire: floods of commands, new leaves, killed workers, nonsense from outside."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from activities.messages import Submission
from domain.case import rooms
from domain.case.retrofit import MilestoneReported
from domain.commands import CaseCommand
from domain.people import SYSTEM
from domain.rejections import Rejection
from eventstore.store import EventStore
from settings import Settings
from tests.engine import Firm, Town, upto
from tests.paths import until
from tests.record_histories import leaves_of, runs_of
from tests.test_workflow import topics, town
from workflows.case import CaseWorkflow
from workflows.client import send, submit

__all__ = ["town"]

# --- bad input


@pytest.mark.parametrize(
    "payload",
    [
        *([], [None], ["text"], [{}], [{"command": {"kind": "no-such-kind"}}]),
        *([{"command": {"kind": "submit-application"}}], [{}, {}], [None, None]),
    ],
    ids=["none", "null", "text", "empty", "unknown kind", "fields missing", "two", "two nulls"],
)
async def test_a_malformed_command_is_refused_and_the_workflow_lives_on(town: Town, payload: list[object]) -> None:
    firm = await town.begun()
    await firm.did("open-case")
    with pytest.raises(WorkflowUpdateFailedError):
        await asyncio.wait_for(firm.handle.execute_update("submit", args=payload), 10)
    await firm.handle.signal("submit", args=payload)
    await firm.did("submit-application")
    assert topics(firm)[:2] == ["case.opened", "case.application-submitted"]


async def test_a_command_for_another_case_is_refused_at_the_door(town: Town) -> None:
    """By update with a rule; by signal it comes to nothing, in either case's record."""
    firm, other = await town.begun(), await town.begun()
    await firm.did("open-case")
    await other.did("open-case")
    misled = Submission(other.command("submit-application"))
    with pytest.raises(WorkflowUpdateFailedError) as no:
        await firm.handle.execute_update("submit", misled)
    assert isinstance(no.value.cause, ApplicationError)
    assert no.value.cause.type == "command_must_be_for_this_case"

    await firm.handle.signal("submit", misled)
    await firm.did("submit-application")
    assert topics(other) == ["case.opened"]
    assert topics(firm)[:2] == ["case.opened", "case.application-submitted"]


async def test_a_signal_of_another_name_is_no_command(town: Town) -> None:
    firm = await town.begun()
    await firm.did("open-case")
    await firm.handle.signal("withdraw", Submission(firm.command("submit-application")))
    await firm.did("submit-application")
    assert topics(firm).count("case.application-submitted") == 1
    assert not {"case.command-refused"} & set(topics(firm))


async def test_nobody_speaks_in_the_engines_name(town: Town) -> None:
    """Who could say that a deadline has passed could end a firm's case."""
    firm = await town.begun()
    await firm.did("open-case", "submit-application")
    await firm.forward(timedelta(days=12))
    before = firm.facts
    forged = firm.command("pass-deadline", by=SYSTEM, name="county_review/1")
    with pytest.raises(Rejection) as no:
        await submit(town.client, forged)
    assert no.value.refusal.rule == "engine_must_speak_for_itself"
    await send(town.client, forged)
    await firm.did("pass-county-review")
    assert not {fact.command_id for fact in firm.facts[len(before) :]} & {forged.command_id}


@pytest.mark.parametrize("way", [submit, send], ids=["update", "signal"])
async def test_a_command_without_a_workflow_is_refused(
    town: Town, way: Callable[[Client, CaseCommand], Awaitable[object]]
) -> None:
    """The case is unknown, or its life is over."""
    over = town.firm().walked("open-case", "submit-application", "reject-application")
    await over.begin()
    await over.handle.result()
    for firm in (town.firm(), over):
        with pytest.raises(Rejection) as no:
            await way(town.client, firm.command("open-case"))
        assert no.value.refusal.rule == "case_must_have_a_running_workflow"


# --- floods

MANY = 200
ROOT = Path(__file__).parent.parent


def milestones(firm: Firm, many: int) -> list[CaseCommand]:
    """Commands that all succeed, in any order."""
    return [firm.command("report-milestone", milestone=f"节点{number}") for number in range(many)]


async def flood(firm: Firm, commands: list[CaseCommand]) -> None:
    """Half of it by update, half by signal, and every tenth both ways; all at once."""
    gate = asyncio.Semaphore(8)  # the server takes ten updates of one workflow at a time

    async def give(number: int, command: CaseCommand) -> None:
        async with gate:
            if number % 2:
                await submit(firm.town.client, command)
            if number % 2 == 0 or number % 10 == 1:
                await send(firm.town.client, command)

    await asyncio.gather(*(give(number, command) for number, command in enumerate(commands)))


def names(commands: list[CaseCommand], *others: str) -> list[str]:
    return sorted([*(getattr(command, "milestone", "") for command in commands), *others])


def told(firm: Firm) -> list[str]:
    return sorted(fact.milestone for fact in firm.facts if isinstance(fact, MilestoneReported))


async def test_no_command_of_a_flood_is_lost_over_many_leaves(town: Town) -> None:
    firm = town.firm().walked(*upto("register-contract"))
    commands = milestones(firm, MANY)
    with leaves_of(25):
        await firm.begin()
        await flood(firm, commands)
        await until(lambda: len(told(firm)) >= MANY)
        await firm.does("report-milestone", milestone="最后的节点")
        runs = await runs_of(firm)
    assert told(firm) == names(commands, "最后的节点")
    assert "case.command-refused" not in topics(firm)
    assert await firm.handle.query(CaseWorkflow.standing) == rooms.standing(firm.file)
    assert len(runs) >= 5, "the leaves were turned"


# --- killed workers


@contextmanager
def worker_of(servers: Settings, database_url: str, queue: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker as a process of its own, killed at the end if it still lives."""
    code = (
        "import asyncio, sys, pathlib, settings, worker\n"
        "home, url, temporal, queue = sys.argv[1:]\n"
        "asyncio.run(worker.serve(settings.Settings(home=pathlib.Path(home), database_url=url,"
        " temporal_address=temporal, task_queue=queue)))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(servers.home), database_url, servers.temporal(), queue], cwd=ROOT
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("kills", [1, pytest.param(6, marks=pytest.mark.faults)])
async def test_workers_killed_in_the_middle_of_a_flood_leave_one_effect_each(
    client: Client, store: EventStore, servers: Settings, database_url: str, kills: int
) -> None:
    town = Town(store, f"killed {kills}", client)
    firm = town.firm().walked(*upto("register-contract"))
    commands = milestones(firm, 40 * (kills + 1))
    await firm.begin()
    flooding = asyncio.create_task(flood(firm, commands))
    for number in range(kills):
        with worker_of(servers, database_url, town.queue) as process:
            await until(lambda n=number: len(told(firm)) > 30 * n + 5, 60)  # type: ignore[misc]
            process.send_signal(signal.SIGKILL)
    with worker_of(servers, database_url, town.queue):
        await asyncio.wait_for(flooding, 90)
        await until(lambda: len(told(firm)) >= len(commands), 60)
        await firm.does("report-milestone", milestone="最后的节点")
        assert await firm.handle.query(CaseWorkflow.standing) == rooms.standing(firm.file)
    assert told(firm) == names(commands, "最后的节点")
    assert "case.command-refused" not in topics(firm)
