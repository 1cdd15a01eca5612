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
from uuid import UUID, uuid4

from temporalio.client import Client, WorkflowHandle, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing._timeskipping import FastForwardConfig, TimeSkipper, TimeSkippingConfig

from activities.messages import CaseLife, Clock
from domain.calendar import CHINA
from domain.case.entitlement import VerifyEntitlement
from domain.case.file import CaseFile, Qualification, Stage
from domain.case.rooms import MOVES_MONEY, standing
from domain.case.schedule import Wake
from domain.commands import CaseCommand
from domain.draw import ranking, sample_size
from domain.rejections import Rejection
from eventstore.store import EventStore
from rehearsal.firm import Act, Firm, ScriptError, Story
from rehearsal.lookback import visited
from rehearsal.notices import PUTS_BEFORE_THE_PUBLIC, Noticeboard
from rehearsal.rounds import Rounds, RoundStep
from rehearsal.script import life
from workflows.case import CaseWorkflow
from workflows.client import begin, handle_of, send, submit, tell

T = TypeVar("T")

TICK: Final = timedelta(hours=1)
"""A rehearsal's times are whole hours, so that the machine's speed leaves no trace in the record."""
OFFICE_HOUR: Final = time(10)
"""People act at ten, after the night's deadlines and the morning's reminders."""
A_LITTLE_LATER: Final = timedelta(minutes=1)
"""How far behind a moment its clock is moved: far enough for the moment to have come, too little to show in an hour."""
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


@dataclass(order=True)
class _Entry:
    """One line of the agenda: a person's act, or a moment at which time alone moves a case (``act`` is None)."""

    moment: datetime
    number: int
    firm: Firm = field(compare=False)
    act: Act | None = field(compare=False, default=None)
    story: Story | None = field(compare=False, default=None)

    @property
    def books(self) -> bool:
        """Whether it books on the fund."""
        return self.act is not None and isinstance(self.act.command, MOVES_MONEY)


class Player:
    """Plays firms' stories through the engine. Everything it does is a command with an id: played twice, done once."""

    def __init__(
        self,
        client: Client,
        store: EventStore,
        city: str,
        board: Noticeboard,
        rounds: Rounds,
        told: Callable[[date, int], None] = lambda _d, _n: None,
    ) -> None:
        self._skipper = TimeSkipper(client, config=TimeSkippingConfig(enabled=False))
        self._client = self._skipper.client
        self._store = store
        self._city = city
        self._board = board
        self._rounds = rounds
        self._told = told
        self._numbers = count()
        self._agenda: list[_Entry] = []
        self._steps: list[tuple[datetime, int, RoundStep]] = []
        self._clocks: dict[UUID, Clock] = {}
        self._ahead: dict[UUID, timedelta] = {}
        self._wakes: dict[UUID, datetime] = {}
        """The moment that each case expects; an older line of the agenda no longer counts."""
        self._files: dict[UUID, CaseFile] = {}
        """Every case as far as it was last looked at; only what is new is folded."""
        self._untouched: set[UUID] = set()
        """Cases of which nothing but their opening was on record: none of their acts was played before."""
        self._gate = asyncio.Semaphore(AT_ONCE)
        self.done = 0

    async def play(self, firms: list[Firm], opened: date, campaign: tuple[date, str]) -> None:
        """All stories to their ends, the look-back on its day. Raises ScriptError, and what stays unreachable."""
        await asyncio.gather(*(self._begin(firm, opened) for firm in firms))
        for firm in firms:
            self._next(firm, life(firm))
        campaign_on, seed = campaign
        drawn = False
        self._step(self._rounds.payday(opened))
        while (moment := self._next_moment()) is not None or not drawn:
            if not drawn and (moment is None or moment.date() > campaign_on):
                self._draw(firms, campaign_on, seed)
                drawn = True
                continue
            assert moment is not None
            if self._steps and self._steps[0][0] == moment:
                await self._hold(heapq.heappop(self._steps)[-1])
                continue
            now = []
            while self._agenda and self._agenda[0].moment == moment:
                entry = heapq.heappop(self._agenda)
                if entry.act is not None:
                    now.append(entry)
                elif self._wakes.get(entry.firm.case) == moment:
                    del self._wakes[entry.firm.case]
                    now.append(entry)
            await self._before_the_public(moment, now)
            await self._round(now)
            self._told(moment.date(), self.done)

    def _next_moment(self) -> datetime | None:
        """When something happens next; at one moment the offices' rounds come first."""
        coming = [*(entry.moment for entry in self._agenda[:1]), *(moment for moment, *_ in self._steps[:1])]
        return min(coming, default=None)

    def _step(self, step: RoundStep) -> None:
        heapq.heappush(self._steps, (step.at, next(self._numbers), step))

    async def _hold(self, step: RoundStep) -> None:
        """One step of a payout round: its firms' clocks come there first, and their cases are told afterwards."""
        await asyncio.to_thread(self._board.until, step.at)
        entries = [_Entry(step.at, 0, firm) for firm in step.firms]
        await asyncio.gather(*(self._clock_to(entry) for entry in entries))
        before = self._rounds.done
        for following in await asyncio.to_thread(step.do):
            self._step(following)
        await self._spread_the_news()
        for firm in step.firms:
            self._expect(firm, await asyncio.to_thread(self._wake_of, firm.case))
        self.done += self._rounds.done - before
        self._told(step.at.date(), self.done)

    async def _spread_the_news(self) -> None:
        """What the worker does in its own time is done here before any clock goes on."""
        position, cases = await asyncio.to_thread(self._store.untold)
        await asyncio.gather(*(self._surely(lambda case=case: tell(self._client, case)) for case in cases))  # type: ignore[misc]
        await asyncio.to_thread(self._store.tell_up_to, position)

    async def _begin(self, firm: Firm, opened: date) -> None:
        """Start the case's workflow on a clock of its own; where it runs or ran already, take up that clock."""
        shift = datetime.combine(opened, OFFICE_HOUR, CHINA) - datetime.now(UTC)
        fresh = CaseLife(firm.case, self._city, Clock(shift, TICK))
        async with self._gate:
            case = await asyncio.to_thread(self._store.load, CaseFile, firm.case)
            if not case.is_open:
                return
            if case.version == 1:
                self._untouched.add(firm.case)
            if await self._surely(lambda: begin(self._client, fresh)):
                self._clocks[firm.case], self._ahead[firm.case] = fresh.clock, shift
            else:
                held = await self._surely(lambda: handle_of(self._client, firm.case).query(CaseWorkflow.life))
                self._clocks[firm.case] = held.clock

    def _next(self, firm: Firm, story: Story) -> bool:
        """Put the story's next act on the agenda, where there is one. What time causes before comes on the way."""
        act = next(story, None)
        if act is not None:
            self._enter(datetime.combine(act.on, OFFICE_HOUR, CHINA), firm, act, story)
        return act is not None

    def _enter(self, moment: datetime, firm: Firm, act: Act | None = None, story: Story | None = None) -> None:
        heapq.heappush(self._agenda, _Entry(moment, next(self._numbers), firm, act, story))

    async def _before_the_public(self, moment: datetime, entries: list[_Entry]) -> None:
        """What the notices have to do up to now; and the notices whose numbers the cases take up next."""
        acts = [(entry.firm, entry.act.command) for entry in entries if entry.act is not None]
        listed = [(firm, command) for firm, command in acts if isinstance(command, PUTS_BEFORE_THE_PUBLIC)]
        await asyncio.to_thread(self._board.until, moment)
        await asyncio.to_thread(self._board.publish, moment, listed)

    async def _round(self, entries: list[_Entry]) -> None:
        """One moment's acts: side by side, but those that book on the fund one after another, in the script's order."""
        booking = [entry for entry in entries if entry.books]
        await asyncio.gather(
            *(self._perform(entry) for entry in entries if not entry.books),
            *(self._clock_to(entry) for entry in booking),
        )
        for entry in booking:
            await self._perform(entry)
            if entry.act is not None and isinstance(entry.act.command, VerifyEntitlement):
                self._rounds.waits(entry.firm)
        # Where a person will act, one move of the clock passes every reminder on the way, each given at its own time.
        left_alone = [entry.firm for entry in entries if entry.story is None or not self._next(entry.firm, entry.story)]
        wakes = await asyncio.gather(*(asyncio.to_thread(self._wake_of, firm.case) for firm in left_alone))
        for firm, wake in zip(left_alone, wakes, strict=True):
            self._expect(firm, wake)

    def _expect(self, firm: Firm, wake: Wake | None) -> None:
        """Put the next moment at which time alone moves the case on the agenda, in place of the one before."""
        before = self._wakes.pop(firm.case, None)
        if wake is not None and firm.case in self._clocks:
            self._wakes[firm.case] = wake.at
            if wake.at != before:
                self._enter(wake.at, firm)

    def _wake_of(self, case: UUID) -> Wake | None:
        file = self._files.setdefault(case, CaseFile.fresh(case))
        for fact in self._store.facts(case)[file.version :]:
            fact.mutate(file)
        return standing(file).wake

    async def _perform(self, entry: _Entry) -> None:
        await self._clock_to(entry)
        if entry.act is None:
            return
        command = entry.act.command
        async with self._gate:
            if await self._was_played(command):
                return
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

    async def _was_played(self, command: CaseCommand) -> bool:
        """An earlier playing of the same rehearsal did it: its receipt is on record."""
        if command.case in self._untouched:
            return False
        return await asyncio.to_thread(self._store.receipt, command) is not None

    async def _clock_to(self, entry: _Entry) -> None:
        """Move the case's clock to the entry's moment. What time alone causes is then done: the engine was idle."""
        case = entry.firm.case
        if case not in self._clocks:
            return  # its life was over before this playing began
        moment = entry.moment + A_LITTLE_LATER

        async def move() -> None:
            handle = handle_of(self._client, case)
            if case not in self._ahead:
                virtual = await self._skipper.get_current_time(handle)
                self._ahead[case] = virtual - datetime.now(UTC) + self._clocks[case].shift
            missing = moment - datetime.now(UTC) - self._ahead[case]
            if missing > timedelta():
                ahead = self._ahead.pop(case)  # until the move is known to be done, nobody knows the clock
                await self._forward(handle, missing)
                self._ahead[case] = ahead + missing

        async with self._gate:
            await self._surely(move)

    async def _forward(self, handle: WorkflowHandle[CaseWorkflow, str], by: timedelta) -> None:
        """As the skipper does it, whose parts these are, but without asking again where the clock has come at once."""
        name = str(uuid4())
        asked = TimeSkippingConfig(fast_forward_config=FastForwardConfig(name, by))
        said = await self._skipper._update_time_skipping_config(handle, asked)  # noqa: SLF001
        if said.workflow_execution_options.time_skipping_config.enabled:  # it ends by itself when the clock has come
            await self._skipper._poll_fast_forward_completion(handle, name)  # noqa: SLF001

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
            basis = f"总体 {len(order)} 家，种子 {seed}，第 {rank} 位"
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
