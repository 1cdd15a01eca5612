"""Row 1: twenty commands of a firm's life, rules and record and all, beside twenty empty updates on the same server.

Both workers are programs of their own, as in life; the callers are this one. The firms have been selected and diagnosed
beforehand; what is timed goes from the plan to the money on the account, so that all firms end at one fund. The days
for which the acceptance notice stands pass between two stretches of commands, and are timed on neither side.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final
from uuid import uuid4

from temporalio.client import Client
from temporalio.testing._timeskipping import TimeSkipper, TimeSkippingConfig

from activities.desk import Desk
from activities.messages import CaseLife, Clock
from bench.bare import QUEUE, Bare
from bench.lives import CITY, PlainFirm, main_path, moment, plain_firms
from bench.measure import ROUNDS, Row, in_turns, some
from domain.commands import CaseCommand
from eventstore.store import EventStore
from parts import ROOT
from policies.calendars import published
from settings import Settings
from workflows.client import begin, connect, handle_of, submit

STRETCHES: Final = (17, 3)
"""Commands until the notice is out, and after it has stood its time."""
CASES: Final = 32
"""At scale 1; all at once, one caller each."""
PATIENCE: Final = 300
"""Seconds after which a turn is given up: updates to a worker that died would wait for ever."""


def measure(settings: Settings, scale: float = 1, rounds: int = ROUNDS) -> Row:
    """Commands per second beside updates per second."""
    cases = some(CASES, scale)
    store = EventStore(settings.dsn())
    store.prepare()
    with tempfile.TemporaryDirectory() as folder, _at_work(settings, "worker"), _at_work(settings, "bench.bare"):

        def ours(number: int, cases: int = cases) -> float:
            firms = plain_firms(store, Path(folder), cases, number)
            return asyncio.run(_within_patience(_Ours(settings, store, firms).rate()))

        def theirs(_number: int, cases: int = cases) -> float:
            return asyncio.run(_within_patience(_theirs(settings, cases)))

        ours(rounds, 2)  # a worker's first case pays for what is made ready once
        theirs(rounds, 2)
        turns = in_turns(rounds, ours, theirs)
    store.close()
    return Row(
        row=1,
        what=f"整户办理：{cases} 户同时，每户 {sum(STRETCHES)} 件命令，含规则与入库",
        peer="裸 Temporal：同样多的更新，每次一个空活动",
        unit="件/秒",
        target=1.0,
        **turns,
    )


class _Ours:
    """One turn of ours: some firms of one programme."""

    def __init__(self, settings: Settings, store: EventStore, firms: Sequence[PlainFirm]) -> None:
        self._settings = settings
        desk = Desk(store, published())
        self._lives: list[list[tuple[date, CaseCommand]]] = []
        for firm in firms:
            path = main_path(firm)
            for day, command in path[: -sum(STRETCHES)]:
                refusal = desk.handle(command, moment(day)).refusal
                assert refusal is None, refusal
            self._lives.append(path[-sum(STRETCHES) :])

    async def rate(self) -> float:
        """Commands per second."""
        settings = self._settings
        client = await connect(settings.temporal(), settings.temporal_namespace)
        skipper = TimeSkipper(client, config=TimeSkippingConfig(enabled=False))

        async def first(life: Sequence[tuple[date, CaseCommand]]) -> None:
            day, command = life[0]
            clock = Clock(shift=moment(day) - datetime.now(UTC))
            await begin(skipper.client, CaseLife(command.case, CITY, clock), settings.task_queue)
            await give(life[: STRETCHES[0]])

        async def give(life: Sequence[tuple[date, CaseCommand]]) -> None:
            for _, command in life:
                await submit(client, command)

        async def wait(life: Sequence[tuple[date, CaseCommand]]) -> None:
            (before, command), (after, _) = life[STRETCHES[0] - 1 : STRETCHES[0] + 1]
            await skipper.fast_forward(handle_of(client, command.case), moment(after) - moment(before))

        spent = await _seconds(first(life) for life in self._lives)
        await _seconds(wait(life) for life in self._lives)
        spent += await _seconds(give(life[STRETCHES[0] :]) for life in self._lives)
        return len(self._lives) * sum(STRETCHES) / spent


async def _theirs(settings: Settings, cases: int) -> float:
    client = await Client.connect(settings.temporal(), namespace=settings.temporal_namespace)
    names = [f"bare/{uuid4()}" for _ in range(cases)]

    async def first(name: str) -> None:
        await client.start_workflow(Bare.run, sum(STRETCHES), id=name, task_queue=QUEUE)
        await give(name, STRETCHES[0])

    async def give(name: str, updates: int) -> None:
        handle = client.get_workflow_handle_for(Bare.run, name)
        for number in range(updates):
            await handle.execute_update("submit", number, id=str(uuid4()), result_type=int)

    spent = await _seconds(first(name) for name in names)
    spent += await _seconds(give(name, STRETCHES[1]) for name in names)
    return cases * sum(STRETCHES) / spent


async def _seconds(callers: Iterable[Awaitable[None]]) -> float:
    began = time.perf_counter()
    await asyncio.gather(*callers)
    return time.perf_counter() - began


async def _within_patience(turn: Awaitable[float]) -> float:
    async with asyncio.timeout(PATIENCE):
        return await turn


@contextmanager
def _at_work(settings: Settings, module: str) -> Iterator[None]:
    """A worker in a process of its own."""
    program = (sys.executable, "-m", module)
    with subprocess.Popen(program, cwd=ROOT, env=settings.for_parts(), stdout=subprocess.DEVNULL) as worker:  # noqa: S603 - our own program
        try:
            yield
        finally:
            worker.terminate()
