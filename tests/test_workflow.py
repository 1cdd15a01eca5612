"""A case's life on the real engine: one effect for each command, time at its own moment, nothing lost on the way."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from temporalio.client import Client

from domain.calendar import CHINA
from domain.case import rooms
from domain.case.file import Stage
from domain.case.payout import PaymentReceived
from domain.case.review import ApplicationLapsed
from domain.case.schedule import DeadlinePassed, ReminderRecorded
from domain.rejections import Rejection
from eventstore.store import EventStore
from tests.domain.lines import MAIN
from tests.engine import CITY, START, Firm, Town, pack, upto
from tests.paths import until
from tests.record_histories import leaves_of, runs_of
from workflows.client import send, submit


@pytest.fixture
async def town(client: Client, store: EventStore, request: pytest.FixtureRequest) -> AsyncIterator[Town]:
    """A town of the test's own, with a worker at work."""
    town = Town(store, request.node.name, client)
    async with town.at_work():
        yield town


def topics(firm: Firm) -> list[str]:
    return [fact.TOPIC for fact in firm.facts]


async def found(client: Client, query: str) -> list[str]:
    return [told.id async for told in client.list_workflows(query)]


# --- the whole life


async def test_a_firm_goes_through_all_eight_stages_by_real_commands(town: Town) -> None:
    firm = await town.begun()
    stages = []
    for step in upto(MAIN[-1]):
        await firm.did(step)
        stages.append(firm.file.stage)
    assert list(dict.fromkeys(stages)) == list(Stage)
    assert await firm.handle.result() == "closed"

    (paid,) = [fact for fact in firm.facts if isinstance(fact, PaymentReceived)]
    assert paid.amount == firm.file.paid
    assert len({fact.command_id for fact in firm.facts if fact.by.id != "system"}) == len(MAIN) + 1  # the plan, too
    times = [fact.timestamp for fact in firm.facts]
    assert times == sorted(times)
    assert START <= times[0] < START + timedelta(minutes=2)


async def test_a_payment_that_comes_back_late_runs_no_stage_backwards(town: Town) -> None:
    firm = await town.begun()
    await firm.did(*upto("record-receipt"), "record-bounce")
    assert (await firm.handle.query("standing"))["stage"] == Stage.LOOKBACK
    with pytest.raises(Rejection) as no:
        await firm.does("close-case")
    assert no.value.refusal.rule == "subsidy_must_be_settled_first"
    await firm.did("instruct-payment", "record-receipt", "close-case")
    assert await firm.handle.result() == "closed"


async def test_a_workflow_begins_anew_where_the_record_says(town: Town) -> None:
    """Its engine was lost: the same stage, the same next moment, from the events alone."""
    firm = await town.begun()
    await firm.did(*upto("file-contract"))
    told = await firm.handle.query("standing")
    await firm.handle.terminate("lost")

    assert await firm.begin()
    await until(lambda: _knows(firm))

    assert await firm.handle.query("standing") == told
    await firm.did("pass-contract")


async def _knows(firm: Firm) -> bool:
    return await firm.handle.query("standing") is not None


async def test_a_case_that_is_over_begins_no_second_life(town: Town) -> None:
    firm = town.firm().walked("open-case", "submit-application", "reject-application")
    assert await firm.begin()
    assert await firm.handle.result() == "closed"
    with pytest.raises(Rejection) as no:
        await firm.does("submit-application")
    assert no.value.refusal.rule == "case_must_have_a_running_workflow"


async def test_a_workflow_begun_before_its_case_waits_for_it(town: Town) -> None:
    firm = await town.begun()
    with pytest.raises(Rejection) as no:
        await firm.does("submit-application")
    assert no.value.refusal.rule == "case_must_have_been_opened"
    assert not await firm.begin(), "it runs already"
    await firm.did("open-case", "submit-application")


# --- one command, one effect


async def test_update_and_signal_of_one_command_have_one_effect(town: Town) -> None:
    for order in ("updates first", "signals first", "all at once"):
        firm = await town.begun()
        await firm.did("open-case")
        command = firm.command("submit-application")
        ways = {"updates first": "uuss", "signals first": "ssuu", "all at once": "ususus"}[order]
        acts = [submit(town.client, command) if way == "u" else send(town.client, command) for way in ways]
        if order == "all at once":
            receipts = await asyncio.gather(*acts)
        else:
            receipts = [await act for act in acts]
        assert len({receipt for receipt in receipts if receipt is not None}) == 1
        await firm.did("pass-county-review")  # behind the signals
        assert topics(firm).count("case.application-submitted") == 1
        assert "case.command-refused" not in topics(firm)


async def test_the_same_command_asked_again_under_another_update_id_has_one_effect(town: Town) -> None:
    firm = await town.begun()
    await firm.did("open-case")
    command = firm.command("submit-application")
    first = await submit(town.client, command)
    assert await submit(town.client, command, attempt="/2") == first
    assert topics(firm).count("case.application-submitted") == 1


# --- refusals


async def test_a_refusal_by_update_names_the_rule_and_writes_nothing(town: Town) -> None:
    firm = await town.begun()
    await firm.did("open-case")
    with pytest.raises(Rejection) as no:
        await firm.does("pass-county-review")
    refusal = no.value.refusal
    assert refusal.rule == "step_must_be_due"
    assert refusal.sentence == "当前状态为“草稿”，此步骤须在“县区初审”时办理"
    assert topics(firm) == ["case.opened"]


async def test_a_refused_command_may_be_asked_again_once_it_is_due(town: Town) -> None:
    firm = await town.begun()
    await firm.did("open-case")
    early = firm.command("pass-county-review")
    with pytest.raises(Rejection):
        await submit(town.client, early)
    await firm.did("submit-application")
    assert (await submit(town.client, early, attempt="/2")).command_id == early.command_id


async def test_a_refusal_by_signal_is_on_record_and_its_update_hears_the_same(town: Town) -> None:
    firm = await town.begun()
    await firm.did("open-case")
    early = await firm.sends("pass-county-review")
    await until(lambda: len(firm.facts) == 2)
    (fact,) = [fact for fact in firm.facts if isinstance(fact, rooms.CommandRefused)]
    assert fact.command_id == early.command_id

    await firm.did("submit-application")
    with pytest.raises(Rejection) as no:
        await submit(town.client, early)
    assert no.value.refusal == fact.refusal
    assert topics(firm).count("case.command-refused") == 1


async def test_an_open_question_comes_through_with_its_key(client: Client, store: EventStore) -> None:
    rules = pack()
    silent = replace(rules, values={key: held for key, held in rules.values.items() if key != "timers.city_review"})
    town = Town(store, "silent", client, silent)
    async with town.at_work():
        firm = await town.begun()
        await firm.did("open-case", "submit-application")
        with pytest.raises(Rejection) as no:
            await firm.does("pass-county-review")
    assert no.value.refusal.open_question == "timers.city_review"


# --- time


async def test_reminders_and_the_end_of_a_period_come_once_each_at_their_own_moment(town: Town) -> None:
    firm = await town.begun()
    await firm.did("open-case", "submit-application")
    due = firm.deadline("county_review").due
    assert due == date(2026, 3, 16)

    await firm.after("county_review")

    at = [(type(fact), fact.timestamp.astimezone(CHINA)) for fact in firm.facts if fact.by.id == "system"]
    midnight = datetime.combine(due + timedelta(days=1), time(), CHINA)
    assert [kind for kind, _ in at] == [ReminderRecorded, ReminderRecorded, DeadlinePassed]
    planned = [datetime(2026, 3, 13, 9, tzinfo=CHINA), datetime(2026, 3, 15, 9, tzinfo=CHINA), midnight]
    assert all(want <= seen < want + timedelta(seconds=5) for (_, seen), want in zip(at, planned, strict=True))
    assert firm.deadline("county_review").passed

    await firm.forward(timedelta(days=30))
    assert len([fact for fact in firm.facts if fact.by.id == "system"]) == 3, "and never again"
    await firm.did("pass-county-review")


async def test_a_step_taken_in_time_is_reminded_of_no_more(town: Town) -> None:
    firm = await town.begun()
    await firm.did("open-case", "submit-application")
    await firm.forward(timedelta(days=11, hours=12))
    await firm.did("pass-county-review")
    await firm.forward(timedelta(days=5))
    names = [(fact.name, fact.on) for fact in firm.facts if isinstance(fact, ReminderRecorded)]
    assert [name for name in names if name[0] == "county_review/1"] == [("county_review/1", date(2026, 3, 13))]
    assert not any(isinstance(fact, DeadlinePassed) for fact in firm.facts)


async def test_a_supplement_that_never_comes_lapses_and_ends_the_life(town: Town) -> None:
    firm = await town.begun()
    await firm.did("open-case", "submit-application", "request-supplement")
    await firm.after("supplement")
    assert await asyncio.wait_for(firm.handle.result(), 10) == "closed"
    assert any(isinstance(fact, ApplicationLapsed) for fact in firm.facts)
    assert firm.file.stage is Stage.CLOSED


async def test_time_that_passed_while_nobody_worked_comes_before_what_people_sent_since(
    client: Client, store: EventStore
) -> None:
    """A supplement that came after its last day has lapsed, whether or not a worker was there on that day."""
    town = Town(store, "away", client)
    firm = town.firm().walked("open-case", "submit-application", "request-supplement")
    firm.moved = timedelta(days=20)
    await firm.begin()
    late = await firm.sends("submit-supplement")
    async with town.at_work():
        assert await asyncio.wait_for(firm.handle.result(), 10) == "closed"
    assert topics(firm)[-6:] == [
        *("case.reminder-recorded", "case.reminder-recorded"),
        *("case.deadline-passed", "case.application-lapsed", "case.deadline-closed"),
        "case.command-refused",
    ]
    assert firm.facts[-1].command_id == late.command_id


async def test_time_goes_on_over_new_leaves(town: Town) -> None:
    """A run that ends takes neither the clock nor a reminder with it."""
    with leaves_of(2):
        firm = await town.begun()
        await firm.did(*upto("publish-list"))
        await firm.after("list_notice")
        await firm.did("confirm-pilot")
        assert len(await runs_of(firm)) > 3
    told = [fact.timestamp.astimezone(CHINA).date() for fact in firm.facts if fact.by.id == "system"]
    assert told == [date(2026, 3, 6), date(2026, 3, 8), date(2026, 3, 10)]


# --- search


async def test_a_case_is_found_by_city_stage_and_batch_and_its_stage_follows(town: Town) -> None:
    firm = town.firm().walked(*upto("file-contract"))
    await firm.begin()
    here = f"WorkflowId = '{firm.handle.id}'"
    await until(lambda: _is_found(firm, f"{here} AND City = '{CITY}' AND Batch = '1' AND Stage = 'contract'"))
    await firm.did("pass-contract", "register-contract")
    await until(lambda: _is_found(firm, f"{here} AND City = '{CITY}' AND Batch = '1' AND Stage = 'retrofit'"))
    assert await found(town.client, f"{here} AND Stage = 'contract'") == []
    told = await firm.handle.describe()
    values = {pair.key.name: pair.value for pair in told.typed_search_attributes if pair.key.name != "BuildIds"}
    assert values == {"City": CITY, "Stage": "retrofit", "Batch": "1"}, "and nothing of a person or an amount"


async def _is_found(firm: Firm, query: str) -> bool:
    return await found(firm.town.client, query) == [firm.handle.id]


# --- two firms


async def test_two_firms_side_by_side_do_not_mix(town: Town) -> None:
    one, two = await town.begun(), await town.begun()
    steps = upto("publish-list")

    async def live(firm: Firm, steps: Sequence[object]) -> None:
        for step in steps:
            await firm.did(step)  # type: ignore[arg-type]

    await asyncio.gather(live(one, steps), live(two, [*steps[:2], "reject-application"]))
    await one.forward(timedelta(days=3))
    assert one.file.stage is Stage.SELECTION
    assert two.file.stage is Stage.CLOSED
    assert {fact.originator_id for fact in one.facts} == {one.case}
    assert Counter(topics(two)) == Counter(
        {
            "case.opened": 1,
            "case.application-submitted": 1,
            "case.application-rejected": 1,
            "case.deadline-set": 1,
            "case.deadline-closed": 1,
        }
    )
    assert not any(fact.by.id == "system" for fact in two.facts), "the other's clock was moved, not this one's"
