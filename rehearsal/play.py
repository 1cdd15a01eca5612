"""The driver: one agenda in the order of business dates. Before a person's command it moves that case's own clock."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from random import Random
from typing import Final, TypeVar
from uuid import UUID

from temporalio.client import Client, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing._timeskipping import TimeSkipper, TimeSkippingConfig

from activities.messages import CaseLife, Clock
from domain.calendar import CHINA
from domain.case.file import CaseFile, Qualification, Stage
from domain.case.rooms import MOVES_MONEY
from domain.commands import CaseCommand
from domain.draw import ranking, sample_size
from domain.rejections import Rejection
from eventstore.store import EventStore
from rehearsal.lookback import visited
from rehearsal.script import Act, Firm, Story, life
from workflows.case import CaseWorkflow
from workflows.client import begin, handle_of, send, submit

T = TypeVar("T")

TICK: Final = timedelta(hours=1)
"""A rehearsal's times are whole hours, so that the machine's speed leaves no trace in the record."""
OFFICE_HOUR: Final = time(10, 5)
"""People act at ten; the five minutes are what the engine may take without reaching into the next hour's past."""
AT_ONCE: Final = 24
"""Cases handled side by side within a day."""
PATIENCE: Final = timedelta(minutes=5)
"""How long a part of the installation may be away before the rehearsal gives up."""

_PASSING: Final = (
    RPCStatusCode.UNAVAILABLE,
    RPCStatusCode.DEADLINE_EXCEEDED,
    RPCStatusCode.CANCELLED,
    RPCStatusCode.RESOURCE_EXHAUSTED,
    RPCStatusCode.ABORTED,
    RPCStatusCode.INTERNAL,
    RPCStatusCode.UNKNOWN,
)


class ScriptError(Exception):
    """The rehearsal's own script met an answer that it did not expect. A fault of the program, never of the city."""


@dataclass(order=True)
class _Entry:
    on: date
    number: int
    act: Act = field(compare=False)
    firm: Firm | None = field(compare=False)
    story: Story | None = field(compare=False)


class Player:
    """Plays firms' stories through the engine. Everything it does is a command with an id: played twice, done once."""

    def __init__(
        self, client: Client, store: EventStore, city: str, told: Callable[[date, int], None] = lambda _d, _n: None
    ) -> None:
        self._skipper = TimeSkipper(client, config=TimeSkippingConfig(enabled=False))
        self._client = self._skipper.client
        self._store = store
        self._city = city
        self._told = told
        self._numbers = count()
        self._agenda: list[_Entry] = []
        self._clocks: dict[UUID, Clock] = {}
        self._gate = asyncio.Semaphore(AT_ONCE)
        self.done = 0

    async def play(self, firms: list[Firm], opened: date, campaign: tuple[date, str]) -> None:
        """All stories to their ends, the look-back on its day. Raises ScriptError, and what stays unreachable."""
        await asyncio.gather(*(self._begin(firm, opened) for firm in firms))
        for firm in firms:
            self._next(firm, life(firm))
        campaign_on, seed = campaign
        heapq.heappush(self._agenda, _Entry(campaign_on, next(self._numbers), Act(campaign_on), None, None))
        while self._agenda:
            day = self._agenda[0].on
            today = []
            while self._agenda and self._agenda[0].on == day:
                today.append(heapq.heappop(self._agenda))
            await self._round([entry for entry in today if entry.firm is not None])
            if any(entry.firm is None for entry in today):
                self._draw(firms, day, seed)
            self._told(day, self.done)

    async def _begin(self, firm: Firm, opened: date) -> None:
        """Start the case's workflow on a clock of its own; where it runs or ran already, take up that clock."""
        shift = datetime.combine(opened, OFFICE_HOUR, CHINA) - datetime.now(UTC)
        fresh = CaseLife(firm.case, self._city, Clock(shift, TICK))
        async with self._gate:
            case = await asyncio.to_thread(self._store.load, CaseFile, firm.case)
            if not case.is_open:
                return
            if not await self._surely(lambda: begin(self._client, fresh)):
                held = await self._surely(lambda: handle_of(self._client, firm.case).query(CaseWorkflow.life))
                self._clocks[firm.case] = held.clock
                return
            self._clocks[firm.case] = fresh.clock

    def _next(self, firm: Firm, story: Story) -> None:
        act = next(story, None)
        if act is not None:
            heapq.heappush(self._agenda, _Entry(act.on, next(self._numbers), act, firm, story))

    async def _round(self, entries: list[_Entry]) -> None:
        """One day's acts: side by side, but those that book on the fund one after another, in the script's order."""
        booking = [e for e in entries if isinstance(e.act.command, MOVES_MONEY)]
        await asyncio.gather(*(self._perform(e) for e in entries if not isinstance(e.act.command, MOVES_MONEY)))
        await asyncio.gather(*(self._move_clock(e) for e in booking))
        for entry in booking:
            await self._perform(entry)
        for entry in entries:
            assert entry.firm is not None
            assert entry.story is not None
            self._next(entry.firm, entry.story)

    async def _perform(self, entry: _Entry) -> None:
        async with self._gate:
            command = entry.act.command
            if await self._was_played(command):
                return
            await self._clock_to(entry)
            if command is not None:
                await (self._err(command) if entry.act.mistake else self._do(command))
            self.done += 1

    async def _do(self, command: CaseCommand) -> None:
        try:
            await self._surely(lambda: submit(self._client, command))
        except Rejection as no:
            refusal = no.refusal
            raise ScriptError(f"{command.kind} {command.case}: {refusal.rule} {refusal.sentence}") from no

    async def _err(self, command: CaseCommand) -> None:
        """A mistake comes as a signal; whoever asks again by update gets the refusal that stands on record."""
        await self._surely(lambda: send(self._client, command))
        try:
            await self._surely(lambda: submit(self._client, command))
        except Rejection:
            return
        raise ScriptError(f"{command.kind} {command.case} was meant to be refused")

    async def _move_clock(self, entry: _Entry) -> None:
        async with self._gate:
            if not await self._was_played(entry.act.command):
                await self._clock_to(entry)

    async def _was_played(self, command: CaseCommand | None) -> bool:
        """An earlier playing of the same rehearsal did it: its receipt is on record."""
        return command is not None and await asyncio.to_thread(self._store.receipt, command) is not None

    async def _clock_to(self, entry: _Entry) -> None:
        """Move the case's clock to the act's hour; reminders and deadlines on the way happen at their own times."""
        assert entry.firm is not None
        case = entry.firm.case
        if case not in self._clocks:
            return  # its life was over before this playing began
        moment = datetime.combine(entry.on, OFFICE_HOUR, CHINA)

        async def move() -> None:
            handle = handle_of(self._client, case)
            now = await self._skipper.get_current_time(handle) + self._clocks[case].shift
            if moment - now > timedelta(minutes=1):
                await self._skipper.fast_forward(handle, moment - now)

        await self._surely(move)

    def _draw(self, firms: list[Firm], day: date, seed: str) -> None:
        """Draw the share that the rules name from all firms that were paid and stand in the look-back stage."""
        frame = {firm.case: firm for firm in firms if self._may_be_drawn(firm.case)}
        order = ranking(seed, frame)
        if not order:
            return
        drawn = order[: sample_size(len(order), firms[0].pack.ratio("lookback.share"))]
        for rank, case in enumerate(drawn, start=1):
            firm = frame[case]
            firm.day = day
            firm.later(1, 3)
            basis = f"总体 {len(order)} 家,种子 {seed},第 {rank} 位"
            self._next(firm, visited(firm, f"{self._city}-回头看-1", basis))

    def _may_be_drawn(self, case: UUID) -> bool:
        """The frame at the cut-off; a case that was drawn in an earlier playing of the same rehearsal counts too."""
        file = self._store.load(CaseFile, case)
        return bool(file.campaign) or (file.stage is Stage.LOOKBACK and file.qualification is Qualification.PILOT)

    async def _surely(self, call: Callable[[], Awaitable[T]]) -> T:
        """Try again while a part of the installation is away and being restarted."""
        until = asyncio.get_running_loop().time() + PATIENCE.total_seconds()
        while True:
            try:
                return await call()
            except (RPCError, OSError, WorkflowUpdateRPCTimeoutOrCancelledError) as away:
                passing = not isinstance(away, RPCError) or away.status in _PASSING
                if not passing or asyncio.get_running_loop().time() > until:
                    raise
                await asyncio.sleep(0.5)


def firm_chance(seed: int, credit_code: str) -> Random:
    """The dice of one firm: its luck depends on the seed and on nobody else."""
    return Random(f"{seed}/{credit_code}")
