"""兑付 under fire: whichever program dies at whichever point, every firm is instructed once and paid once."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from temporalio.client import Client, WorkflowUpdateRPCTimeoutOrCancelledError
from temporalio.service import RPCError, RPCStatusCode

from activities.messages import RoundLife, round_workflow_id
from activities.reconcile import reconcile
from domain.calendar import china_day
from domain.case.file import Stage
from domain.commands import Receipt
from domain.money import ZERO, Money
from domain.payout_round.common import RoundCommand
from eventstore.store import EventStore
from settings import Settings
from tests.domain.cast import ENTITLEMENT
from tests.engine import CITY, COUNTY, Town, upto
from tests.paymaster import Paymaster
from tests.returned import fill
from tests.rounds_promises import fund_of, must_hold
from tests.shell import Shell, pointed_at
from workflows.client import submit
from workflows.payout_round import PayoutRoundWorkflow

ROOT: Final = Path(__file__).parent.parent
NUMBER: Final = "2026-1"
FIRMS: Final = 2
STEPS: Final = ("approve-payout-plan", "instruct-payments", "file-receipts", "close-payout-round")
"""What goes through the round's workflow, in this order; the plan is drawn and countersigned before."""
EVERYWHERE: Final = {
    "approve-payout-plan": ("before the append", "behind the commit"),
    "instruct-payments": ("before the append", "behind the commit"),
    "file-receipts": ("before the append", "behind the commit"),
    "close-payout-round": ("before the append", "behind the commit"),
}
ONCE: Final = {"instruct-payments": ("behind the commit",)}
"""What every run of the tests has the time for: the worker dies where it is worst."""


@pytest.fixture
def shell(
    servers: Settings, database_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Shell:
    shell = Shell(capsys, monkeypatch)
    shell.at(pointed_at(servers, database_url))
    return shell


class Installation:
    """Its programs, each a process of its own that may die at a named point."""

    def __init__(self, settings: Settings, queue: str, folder: Path) -> None:
        self.settings, self.queue, self.folder = settings, queue, folder

    @contextmanager
    def program(self, *line: str) -> Iterator[subprocess.Popen[str]]:
        """Ended at the latest when the block is left."""
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.killed_at", *line],
            cwd=ROOT,
            env=self.settings.for_parts(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    async def typed(self, point: str, *line: str) -> int:
        """One command line in a process that dies at a point; its status."""
        with self.program(point, "", "lookback", "payout", *line) as process:
            return await asyncio.to_thread(process.wait, 60)


async def asked(client: Client, command: RoundCommand) -> Receipt:
    """Given, and given again as long as the server waits for a worker to get over the death of the one before."""
    while True:
        try:
            return await submit(client, command)
        except RPCError as error:
            if error.status is not RPCStatusCode.FAILED_PRECONDITION:
                raise


async def given_until_dead(process: subprocess.Popen[str], client: Client, command: RoundCommand) -> None:
    """Given to the round; its worker dies over it, and nobody hears what became of it."""
    asking = asyncio.create_task(asked(client, command))
    assert await asyncio.to_thread(process.wait, 60) == -signal.SIGKILL
    asking.cancel()
    with suppress(asyncio.CancelledError, WorkflowUpdateRPCTimeoutOrCancelledError):
        await asking


async def begun(town: Town, paying: Paymaster) -> None:
    """Its workflow waits. A task whose worker died is given to the next after a second, not after ten."""
    await town.client.start_workflow(
        PayoutRoundWorkflow.run,
        RoundLife(paying.file.id, CITY),
        id=round_workflow_id(paying.file.id),
        task_queue=town.queue,
        task_timeout=timedelta(seconds=1),
    )


async def dies_over(town: Town, house: Installation, point: str, command: RoundCommand) -> None:
    """A worker begins to serve, takes the command up, and dies at the point."""
    with house.program(point, command.kind, "worker", house.queue) as process:
        await given_until_dead(process, town.client, command)
    assert (town.store.receipt(command) is not None) == (point == "behind the commit")


async def given(town: Town, command: RoundCommand, at: datetime) -> Receipt:
    """As the command line does it: a round that is over has no workflow, and the desk answers as before."""
    if town.store.receipt(command) is None:
        return await asyncio.wait_for(asked(town.client, command), 60)
    receipt = town.desk.handle(command, at).receipt
    assert receipt is not None
    return receipt


TRIALS: Final = [
    pytest.param(ONCE, 0, id="once"),
    *(pytest.param(EVERYWHERE, trial, id=f"everywhere-{trial}", marks=pytest.mark.faults) for trial in range(25)),
]


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("where", "trial"), TRIALS)
async def test_whatever_dies_on_the_way_every_firm_is_instructed_once_and_paid_once(
    client: Client,
    store: EventStore,
    servers: Settings,
    database_url: str,
    tmp_path: Path,
    shell: Shell,
    where: dict[str, tuple[str, ...]],
    trial: int,
) -> None:
    town = Town(store, f"dies {len(where)} {trial}", client)
    house = Installation(pointed_at(servers, database_url), town.queue, tmp_path)
    paying = Paymaster(town, NUMBER, [town.firm().walked(*upto("verify-entitlement")) for _ in range(FIRMS)])
    paying.drawn().did("approve-payout-plan")
    paying.now = datetime.now(UTC)
    await begun(town, paying)
    here = (NUMBER, "--city", CITY, "--programme", town.programme)
    async with AsyncExitStack() as serving:
        for kind in STEPS:
            if kind == "file-receipts":
                await the_county_gets_its_file_and_sends_it_back(town, paying, house, shell, here)
            command = paying.command(kind)
            if points := where.get(kind, ()):
                await serving.aclose()
                for point in points:
                    await dies_over(town, house, point, command)
            if points or kind == STEPS[0]:
                await serving.enter_async_context(town.at_work())
            receipt = await given(town, command, paying.at)
            assert await given(town, command, paying.at) == receipt
            assert town.store.receipt(command) == receipt
    everything_happened_once(town, paying)


async def the_county_gets_its_file_and_sends_it_back(
    town: Town, paying: Paymaster, house: Installation, shell: Shell, here: tuple[str, ...]
) -> None:
    """The exporter dies behind the file, the importer before the booking; what they left harms nobody."""
    file, left, back = (house.folder / name for name in ("指令.csv", "半途.csv", "回执.csv"))
    before = town.store.last_position()
    assert (await shell.type("payout", "export", *here, "-o", str(file))).status == 0
    today = china_day(datetime.now(UTC)).isoformat()
    fill(file, back, {order.instruction: (today, str(order.amount), "") for order in paying.file.orders})
    by = ("--by", "county-treasury-1", "--org", COUNTY)
    deaths = await asyncio.gather(
        house.typed("behind the file", "export", *here, "-o", str(left)),
        house.typed("before the booking", "receipts", NUMBER, str(back), *here[1:], *by),
    )
    assert list(deaths) == [-signal.SIGKILL] * 2
    assert left.read_bytes() == file.read_bytes(), "written again it is the same file, with the same numbers"
    assert town.store.last_position() == before, "neither of them had booked anything"


def everything_happened_once(town: Town, paying: Paymaster) -> None:
    """One event each, in the round, the fund and every firm's case; every fen booked."""
    must_hold(town, paying.firms, [NUMBER])
    facts = Counter(fact.TOPIC for fact in town.store.facts(paying.file.id))
    assert facts == {
        "payout-round.drawn": 1,
        "payout-round.approval-given": 2,
        "payout-round.approved": 1,
        "payout-round.instructed": 1,
        "payout-round.receipts-filed": 1,
        "payout-round.closed": 1,
    }
    assert len({order.case for order in paying.file.orders}) == len(paying.file.orders) == FIRMS
    once = {"case.payout-approved", "case.payment-instructed", "case.payment-received"}
    for firm in paying.firms:
        told = Counter(fact.TOPIC for fact in firm.facts)
        assert {topic: told[topic] for topic in once} == dict.fromkeys(once, 1)
        assert firm.file.stage is Stage.LOOKBACK
    fund = fund_of(town)
    booked = Counter(fact.TOPIC for fact in town.store.facts(fund.id))
    assert (booked["fund.committed"], booked["fund.paid"], booked["fund.released"]) == (FIRMS, FIRMS, 0)
    assert (fund.committed, fund.paid) == (ZERO, Money(FIRMS * ENTITLEMENT.fen))
    assert reconcile(town.store, CITY, town.programme).faults == []
