"""A payout round's workflow waits for its commands; its firms' workflows are told what it decided for them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

import pytest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

import worker
from activities.messages import CaseLife, Clock, RoundLife, RoundSubmission
from domain.case.file import Stage, Subsidy
from domain.case.rooms import standing
from domain.rejections import Rejection
from eventstore.store import EventStore
from tests.domain import cast
from tests.engine import CITY, Firm, Town, upto
from tests.paths import until
from tests.paymaster import Paymaster
from workflows.case import CaseWorkflow
from workflows.client import begin, handle_of, round_handle, submit
from workflows.payout_round import PayoutRoundWorkflow


@pytest.fixture
async def paying(client: Client, store: EventStore, request: pytest.FixtureRequest) -> Paymaster:
    """A plan is drawn for two firms whose workflows wait; the round's workflow does not run yet."""
    town = Town(store, request.node.name, client)
    firms = [town.firm().walked(*upto("verify-entitlement")) for _ in range(2)]
    for firm in firms:
        shift = firm.facts[-1].timestamp - datetime.now(UTC)
        await begin(client, CaseLife(firm.case, CITY, Clock(shift)), town.queue)
    return Paymaster(town, "2026-1", firms).drawn()


def life_of(paying: Paymaster) -> RoundLife:
    """Its clock goes on from what happened to its firms last."""
    return RoundLife(paying.file.id, CITY, Clock(paying.at - datetime.now(UTC)))


@asynccontextmanager
async def at_work(town: Town) -> AsyncIterator[None]:
    """A worker serves, and spreads the news."""
    with ThreadPoolExecutor(worker.THREADS) as threads:
        async with worker.build(town.client, town.store, town.queue, threads):
            news = asyncio.create_task(worker.spread_news(town.client, town.store, every=0.05))
            try:
                yield
            finally:
                news.cancel()
                with suppress(asyncio.CancelledError):
                    await news


async def knows(client: Client, firm: Firm) -> bool:
    """Whether the firm's workflow stands where its record does."""
    return await handle_of(client, firm.case).query(CaseWorkflow.standing) == standing(firm.file)


async def test_a_round_goes_through_its_workflow_and_its_firms_know_within_a_moment(
    client: Client, paying: Paymaster
) -> None:
    town = paying.town
    async with at_work(town):
        await begin(client, life_of(paying), town.queue)
        for kind in ("approve-payout-plan", "approve-payout-plan", "instruct-payments"):
            receipt = await submit(client, paying.command(kind))
            assert receipt.subject == paying.file.id
        assert {firm.file.subsidy for firm in paying.firms} == {Subsidy.INSTRUCTED}
        for firm in paying.firms:
            await until(lambda firm=firm: knows(client, firm))  # type: ignore[misc]
            wake = standing(firm.file).wake
            assert wake is not None, "the payment's period runs, and the workflow waits for its first reminder"
        paying.now = datetime.now(UTC) + life_of(paying).clock.shift
        await submit(client, paying.command("file-receipts"))
        for firm in paying.firms:
            await until(lambda firm=firm: knows(client, firm))  # type: ignore[misc]
            assert firm.file.stage is Stage.LOOKBACK
        await submit(client, paying.command("close-payout-round"))
        handle = round_handle(client, paying.file.id)
        assert await asyncio.wait_for(handle.result(), 20) == "closed"
        history = await handle.fetch_history()
    replayer = Replayer(workflows=[PayoutRoundWorkflow], data_converter=pydantic_data_converter)
    assert (await replayer.replay_workflow(history)).replay_failure is None


async def test_a_refusal_is_named_and_an_approval_may_come_as_a_signal(client: Client, paying: Paymaster) -> None:
    town = paying.town
    async with at_work(town):
        await begin(client, life_of(paying), town.queue)
        with pytest.raises(Rejection) as no:
            await submit(client, paying.command("approve-payout-plan", cast.leader, approval="government"))
        assert no.value.refusal.rule == "approval_must_be_the_next"
        command = paying.command("approve-payout-plan")
        handle = round_handle(client, paying.file.id)
        await handle.signal("submit", RoundSubmission(command))
        await handle.signal("submit", RoundSubmission(command))

        await until(lambda: paying.file.approvals == ("countersign",))
        other = Paymaster(town, "2026-2", paying.firms)
        with pytest.raises(Rejection) as not_here:
            await submit(client, other.command("call-off-payout-round"))
        assert not_here.value.refusal.rule == "round_must_have_a_running_workflow"
        await submit(client, paying.command("call-off-payout-round"))
        assert await asyncio.wait_for(handle.result(), 20) == "called-off"


async def test_a_command_for_another_round_is_turned_away_at_the_door(client: Client, paying: Paymaster) -> None:
    town = paying.town
    async with at_work(town):
        await begin(client, life_of(paying), town.queue)
        stranger = Paymaster(town, "2026-9", paying.firms).command("call-off-payout-round")
        handle = round_handle(client, paying.file.id)
        with pytest.raises(Exception, match="Workflow update failed") as turned_away:
            await handle.execute_update("submit", RoundSubmission(stranger))
        assert "不属于这个兑付轮次" in str(turned_away.value.__cause__)


async def test_a_round_begins_again_where_the_record_says(client: Client, paying: Paymaster) -> None:
    town = paying.town
    paying.did("approve-payout-plan", "approve-payout-plan")  # at the desk: no workflow has seen it
    async with at_work(town):
        await begin(client, life_of(paying), town.queue)
        handle = round_handle(client, paying.file.id)

        async def knows_its_step() -> bool:
            return await handle.query(PayoutRoundWorkflow.step) == "payment"

        await until(knows_its_step)


def test_news_is_what_other_commands_wrote_and_is_told_once(store: EventStore) -> None:
    town = Town(store, "news")
    firm = town.firm().walked(*upto("verify-entitlement"))
    position, _ = store.untold()
    store.tell_up_to(position)
    assert store.untold() == (position, []), "what a case did itself is no news to it"
    Paymaster(town, "2026-1", [firm]).approved()
    end, cases = store.untold()
    assert cases == [firm.case]
    assert store.untold() == (end, cases), "until it was told"
    store.tell_up_to(position)
    assert store.untold() == (end, cases), "an older position takes nothing back"
    store.tell_up_to(end)
    assert store.untold() == (end, [])
