"""Temporal may be lost: every open case waits again, for the same step, until the same day, and is paid once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

import embedded
from activities.desk import Desk
from activities.messages import CaseLife
from cli.rebuild import life_of
from domain.case.file import Stage
from domain.case.payout import PaymentReceived
from domain.case.rooms import Standing
from domain.fund.file import RETROFIT_LINE, Fund
from domain.identity import fund_id
from domain.money import Money, total
from eventstore.store import EventStore
from policies.calendars import published
from rehearsal.play import TICK
from settings import Settings
from tests.domain.lines import MAIN, WAITS
from tests.engine import CITY, PROGRAMME, START, Firm, Town, upto
from tests.shell import Shell, pointed_at
from workflows.case import CaseWorkflow
from workflows.client import begin, connect, handle_of

FIRMS = 20
QUEUE = "lookback"


@pytest.fixture
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Servers of this module's own, because one of them is going to be wiped."""
    console, temporal, pages = embedded.free_ports(3)
    home = tmp_path_factory.mktemp("rebuilt")
    settings = Settings(home=home, console_port=console, temporal_port=temporal, temporal_ui_port=pages)
    try:
        embedded.up(settings, ("postgres", "temporal"))
        yield settings
    finally:
        embedded.down(settings)


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(capsys, monkeypatch)


def lose_temporal(settings: Settings) -> None:
    """Its database is gone, whole; PostgreSQL is as it was."""
    embedded.down(settings)
    files = list((settings.home / "temporal").glob("temporal.db*"))
    assert files
    for file in files:
        file.unlink()
    embedded.up(settings, ("postgres", "temporal"))


async def standing_of(client: Client, firm: Firm) -> Standing:
    """What the firm's workflow says of it, once it has looked."""
    async with asyncio.timeout(20):
        while True:
            standing: Standing | None = await handle_of(client, firm.case).query(CaseWorkflow.standing)
            if standing is not None:
                return standing
            await asyncio.sleep(0.05)


async def is_known(client: Client, firm: Firm) -> bool:
    """Whether the engine has heard of the firm."""
    try:
        await handle_of(client, firm.case).describe()
    except RPCError as error:
        return error.status is not RPCStatusCode.NOT_FOUND
    return True


def station(number: int) -> str:
    """Where a firm stands when everything is lost: somewhere between application and look-back."""
    along = MAIN[1:-1]
    return along[number * (len(along) - 1) // (FIRMS - 1)]


async def finish(firm: Firm) -> None:
    """From where the record says, to the archive."""
    firm.moved = firm.facts[-1].timestamp - START
    last = station_of(firm)
    for kind in MAIN[MAIN.index(last) + 1 :]:
        if kind in WAITS and any(
            held.timer == WAITS[kind] and not held.passed for held in firm.file.deadlines.values()
        ):
            await firm.after(WAITS[kind])
        await firm.did(kind)


def station_of(firm: Firm) -> str:
    return station(int(firm.code[13:17]) - 1)


@pytest.mark.timeout(300)
async def test_with_temporals_database_gone_every_life_goes_on_and_is_paid_once(
    installation: Settings, shell: Shell
) -> None:
    shell.at(installation)
    store = EventStore(installation.dsn())
    store.prepare()
    client = await connect(installation.temporal())
    town = Town(store, "rebuilt", client, queue=QUEUE, money=Money.wan(10_000))
    firms = [town.firm() for _ in range(FIRMS)]
    ended = town.firm().walked("open-case", "submit-application", "reject-application")
    async with town.at_work():
        for firm in firms:
            *walked, last = upto(station_of(firm))
            firm.walked(*walked)
            await firm.begin()
            await firm.did(last)  # the last step before the loss goes through the engine
        before = [await standing_of(client, firm) for firm in firms]
    deadlines = [firm.file.deadlines for firm in firms]
    versions = [firm.file.version for firm in firms]
    assert len({standing.stage for standing in before}) == len(Stage) - 1

    await asyncio.to_thread(lose_temporal, installation)
    client = await connect(installation.temporal())
    town.engine = client
    store.close()
    store = town.store = EventStore(installation.dsn())
    store.prepare()
    town.desk = Desk(store, published())
    assert not any([await is_known(client, firm) for firm in firms])

    told = await shell.type("rebuild", "workflows", "--json")
    assert told.json == {"cases": FIRMS + 1, "ended": 1, "running": 0, "started": FIRMS, "rounds_started": 2}
    again = await shell.type("rebuild", "workflows", "--json")
    assert again.json == {"cases": FIRMS + 1, "ended": 1, "running": FIRMS, "started": 0, "rounds_started": 0}
    assert not await is_known(client, ended)

    async with town.at_work():
        assert [await standing_of(client, firm) for firm in firms] == before
        assert [firm.file.deadlines for firm in firms] == deadlines
        assert [firm.file.version for firm in firms] == versions
        await asyncio.gather(*(finish(firm) for firm in firms))
        for firm in firms:
            assert await asyncio.wait_for(firm.handle.result(), 30) == Stage.CLOSED
    for firm in firms:
        payments = [fact for fact in firm.facts if isinstance(fact, PaymentReceived)]
        assert len(payments) == 1
        assert firm.file.entitlement is not None
        assert payments[0].amount == firm.file.entitlement.amount
    fund = store.load(Fund, fund_id(CITY, town.programme, RETROFIT_LINE))
    assert fund.paid == total(firm.file.paid for firm in firms)
    assert fund.committed == Money(0)
    verified = await shell.type("fund", "verify", "--city", CITY, "--json")
    assert (verified.status, verified.json["difference_fen"]) == (0, 0)
    assert verified.json["checked_positions"] == store.last_position()
    store.close()


# --- one case at a time, on the shared servers


async def test_time_goes_on_where_it_was_reminders_and_all(client: Client, store: EventStore) -> None:
    town = Town(store, "reminded", client)
    firm = town.firm().walked(*upto("submit-application"))
    due = firm.deadline("county_review")
    life = life_of(store, firm.case)
    assert life is not None
    await begin(client, life, town.queue)
    async with town.at_work():
        await town.skipper.fast_forward(firm.handle, timedelta(days=30))
    held = firm.deadline("county_review")
    assert held.passed
    assert held.reminded == due.remind_on
    assert (held.due, held.set_on) == (due.due, due.set_on)


async def test_a_workflow_of_a_case_that_has_ended_ends_by_itself(client: Client, store: EventStore) -> None:
    town = Town(store, "ended", client)
    firm = town.firm().walked("open-case", "submit-application", "reject-application")
    assert life_of(store, firm.case) is None
    await begin(client, CaseLife(firm.case, CITY), town.queue)
    async with town.at_work():
        assert await asyncio.wait_for(firm.handle.result(), 20) == Stage.CLOSED


async def test_a_workflow_that_slept_through_the_end_of_its_case_ends_with_the_next_word(
    client: Client, store: EventStore
) -> None:
    town = Town(store, "asleep", client)
    firm = town.firm().walked("open-case", "submit-application")
    await firm.begin()
    async with town.at_work():
        await standing_of(client, firm)
        assert firm.hands_in("reject-application").refusal is None  # behind the workflow's back, as after a restore
        await firm.forward(timedelta(days=60))  # its own timer wakes it; it looks up where it stands
        assert await asyncio.wait_for(firm.handle.result(), 20) == Stage.CLOSED


def test_a_citys_case_lives_by_the_servers_clock_and_a_rehearsals_goes_on_from_its_last_event(
    store: EventStore,
) -> None:
    town = Town(store, "clocks")
    own = Town(store, "clocks-of-their-own")
    own.programme = PROGRAMME
    real, whole, odd = own.firm(), town.firm(), town.firm()
    real.hands_in("open-case", rehearsal=False)
    whole.hands_in("open-case")
    odd.moved = timedelta(minutes=7)
    odd.hands_in("open-case")
    clocks: dict[str, Any] = {}
    for name, firm in (("real", real), ("whole", whole), ("odd", odd)):
        life = life_of(store, firm.case)
        assert life is not None
        assert (life.case, life.city) == (firm.case, CITY)
        clocks[name] = life.clock
    assert (clocks["real"].shift, clocks["real"].tick) == (timedelta(), timedelta())
    assert clocks["whole"].tick == TICK
    assert clocks["odd"].tick == timedelta()


def test_without_temporal_the_rebuild_says_so(
    shell: Shell, servers: Settings, database_url: str, store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    Town(store, "nobody-answers").firm().walked("open-case")
    shell.at(pointed_at(servers, database_url))
    monkeypatch.setenv("LOOKBACK_TEMPORAL_ADDRESS", "127.0.0.1:1")
    told = shell.run("rebuild", "workflows")
    assert told.status == 5
    assert "Temporal" in told.err
