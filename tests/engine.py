"""A town on the real engine: its batch is open, its fund has money, and its firms' commands go the whole way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final
from typing import cast as cast_type
from uuid import UUID

from temporalio.client import Client, WorkflowHandle
from temporalio.testing._timeskipping import TimeSkipper, TimeSkippingConfig

import worker
from activities.desk import Desk
from activities.messages import Answer, CaseLife, Clock
from domain.batch import OpenBatch
from domain.calendar import CHINA
from domain.case import rooms
from domain.case.file import CaseFile
from domain.commands import CaseCommand, Receipt
from domain.deadlines import Deadline
from domain.fund.appropriation import AppropriateFund
from domain.fund.file import RETROFIT_LINE, Source
from domain.identity import batch_id, case_id, command_id
from domain.money import Money
from domain.people import Person, Role
from domain.policy import Pack, Value
from domain.programme import programme_of
from domain.record import Fact
from eventstore.store import EventStore
from policies import load
from policies.calendars import published
from tests.domain import cast
from tests.domain.lines import LINES, MAIN, WAITS, Step
from tests.paymaster import alone
from workflows.case import CaseWorkflow
from workflows.client import begin, handle_of, send, submit, tell

if TYPE_CHECKING:
    from tests.domain.play import Play

CITY: Final = "zibo"
COUNTY: Final = "张店区"
PROGRAMME: Final = load.load(CITY).programme
INDUSTRY: Final = "先进高分子材料"
START: Final = datetime(2026, 3, 2, 10, 0, tzinfo=CHINA)
"""The hour at which every firm's clock begins: a plain Monday."""


PAID_IN_ROUNDS: Final = ("approve-payout", "instruct-payment")
"""What a firm's case is told by its payout round."""


def pack(changes: Mapping[str, Value] | None = None) -> Pack:
    """The sample rules, open to the firms of this town."""
    places: dict[str, Value] = {"selection.industries": (INDUSTRY,), "selection.counties": (COUNTY,)}
    sample = cast.rules({**places, **(changes or {})})
    return replace(sample, city=CITY, programme=PROGRAMME, sources={"示例办法": "示例市专项办法"})


def rehearsed(name: str) -> str:
    """The programme in which a town of this name plays."""
    return f"{programme_of(load.load(CITY), rehearsal=True)}-{name}"


def upto(last: str) -> list[Step]:
    """The main path up to and with this command, with the waiting between."""
    steps: list[Step] = []
    for kind in MAIN[: MAIN.index(last) + 1]:
        steps += [f"~{WAITS[kind]}", kind] if kind in WAITS else [kind]
    return steps


@dataclass
class Town:
    """One city's programme, with a batch of its own rules and ten million yuan."""

    store: EventStore
    programme: str
    """Its name keeps it apart from every other town in the same database."""
    engine: Client | None = None
    """None where no engine is needed: commands are then handed in at the desk."""
    rules: Pack = field(default_factory=pack)
    money: Money = Money.wan(1000)  # noqa: RUF009 - immutable
    queue: str = ""
    firms: int = 0

    def __post_init__(self) -> None:
        self.queue = self.queue or self.programme
        self.programme = rehearsed(self.programme)
        self.desk = Desk(self.store, published())
        money = AppropriateFund(
            command_id=command_id(self.programme, "money"),
            by=Person("treasury-1", Role.TREASURY, CITY),
            city=CITY,
            programme=self.programme,
            line=RETROFIT_LINE,
            source=Source.CENTRAL,
            amount=self.money,
            document="财建1号",
        )
        batch = OpenBatch(
            command_id=command_id(self.programme, "batch"),
            by=cast.clerk1,
            city=CITY,
            programme=self.programme,
            code="1",
            opens=date(2026, 1, 1),
            closes=date(2026, 12, 31),
            pack_text=load.canonical(self.rules),
            rehearsal=True,
        )
        for command in (money, batch):
            assert self.desk.handle(command, START).refusal is None

    @property
    def client(self) -> Client:
        """The engine's client."""
        assert self.engine is not None, "this town has no engine"
        return self.engine

    @property
    def skipper(self) -> TimeSkipper:
        """Moves the clocks of its firms."""
        return TimeSkipper(self.client, config=TimeSkippingConfig(enabled=False))

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """A worker serves the town."""
        with ThreadPoolExecutor(worker.THREADS) as threads:
            async with worker.build(self.client, self.store, self.queue, threads):
                yield

    def firm(self, county: str = COUNTY) -> Firm:
        """The next firm of the roster; its clock stands at START."""
        self.firms += 1
        return Firm(self, f"91370300MA3C0{self.firms:04d}X", county=county)

    async def begun(self) -> Firm:
        """The next firm of the roster, whose workflow waits for its first command."""
        firm = self.firm()
        await firm.begin()
        return firm


@dataclass
class Firm:
    """One firm's case. It speaks the lines of ``tests.domain.lines`` in its own name."""

    town: Town
    code: str
    said: int = 0
    rounds: int = 0
    """Payout rounds of its own."""
    moved: timedelta = timedelta()
    """How far its clock was moved."""
    county: str = COUNTY

    def __post_init__(self) -> None:
        self.case: UUID = case_id(CITY, self.town.programme, self.code)
        self.life = CaseLife(self.case, CITY)

    @property
    def handle(self) -> WorkflowHandle[CaseWorkflow, str]:
        """Its workflow."""
        return handle_of(self.town.client, self.case)

    @property
    def facts(self) -> tuple[Fact, ...]:
        """Its stream, as the record holds it."""
        return self.town.store.facts(self.case)

    @property
    def file(self) -> CaseFile:
        """Its file, folded from the record."""
        return self.town.store.load(CaseFile, self.case)

    @property
    def now(self) -> datetime:
        """Its clock, to within the seconds the test has run."""
        return START + self.moved

    def deadline(self, timer: str) -> Deadline:
        """Its one open deadline of this timer."""
        (held,) = (held for held in self.file.deadlines.values() if held.timer == timer)
        return held

    def command(self, kind: str, by: Person | None = None, **changes: Any) -> CaseCommand:
        """The command that would be right here, with some of it changed."""
        hand, words = LINES[kind]
        own = {cast.CODE: self.code, "东区": self.county}
        hand = replace(by or hand, organisation=own.get((by or hand).organisation, (by or hand).organisation))
        # The lines ask a play for its case and its day, and for nothing else.
        fields = words(cast_type("Play", SimpleNamespace(case=self.file, today=self.now.date())))
        if kind == "open-case":
            fields |= {"city": CITY, "programme": self.town.programme, "credit_code": self.code}
            fields |= {"county": self.county, "industry": INDUSTRY, "rehearsal": True}
        if kind == "submit-application":
            fields |= {"batch": batch_id(CITY, self.town.programme, "1")}
        if kind == "register-account":
            fields |= {"account": replace(cast.ACCOUNT, name=self.file.firm)}
        if kind in ("file-contract", "ask-contract-change"):  # no two firms have one contract
            number = f"HT-{1 if kind == 'file-contract' else 2}-{self.code}"
            fields |= {"contract": cast.contract(number=number)}
        self.said += 1
        identity = command_id(str(self.case), kind, str(self.said))
        return rooms.COMMANDS[kind](command_id=identity, by=hand, case=self.case, **{**fields, **changes})

    # --- at the desk, without an engine

    def hands_in(self, kind: str, by: Person | None = None, *, by_signal: bool = False, **changes: Any) -> Answer:
        """One command, decided at once at the firm's own time."""
        return self.town.desk.handle(self.command(kind, by, **changes), self.now, by_signal=by_signal)

    def walked(self, *steps: Step) -> Firm:
        """Several commands at the desk, each of which must succeed; ``~timer`` lets its time pass."""
        for step in steps:
            kind, changes = (step, {}) if isinstance(step, str) else step
            if kind.startswith("~"):
                self.moved = self._morning_after(kind[1:]) - START
            elif kind in PAID_IN_ROUNDS:
                alone(self, kind)
            else:
                refusal = self.hands_in(kind, **changes).refusal
                assert refusal is None, (kind, refusal)
        return self

    # --- through the engine

    async def begin(self) -> bool:
        """Its workflow begins; a firm that has walked already begins where the record says."""
        life = replace(self.life, clock=Clock(shift=self.now - datetime.now(UTC)))
        return await begin(self.town.skipper.client, life, self.town.queue)

    async def does(self, kind: str, by: Person | None = None, **changes: Any) -> Receipt:
        """One command as an update. Raises Rejection."""
        return await submit(self.town.client, self.command(kind, by, **changes))

    async def sends(self, kind: str, by: Person | None = None, **changes: Any) -> CaseCommand:
        """One command as a signal."""
        command = self.command(kind, by, **changes)
        await send(self.town.client, command)
        return command

    async def did(self, *steps: Step) -> None:
        """Several commands, each of which must succeed; ``~timer`` waits until that timer's last day is over."""
        for step in steps:
            kind, changes = (step, {}) if isinstance(step, str) else step
            if kind.startswith("~"):
                await self.after(kind[1:])
            elif kind in PAID_IN_ROUNDS:
                alone(self, kind)
                await tell(self.town.client, self.case)
            else:
                await self.does(kind, **changes)

    async def after(self, timer: str) -> None:
        """Its clock is moved to the morning after this timer's last day."""
        await self.forward(self._morning_after(timer) - self.now)

    def _morning_after(self, timer: str) -> datetime:
        return datetime.combine(self.deadline(timer).due + timedelta(days=1), START.timetz())

    async def forward(self, by: timedelta) -> None:
        """Its clock is moved; what time alone brings about happens on the way."""
        await self.town.skipper.fast_forward(self.handle, by)
        self.moved += by
