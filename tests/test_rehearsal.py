"""A rehearsal on the shared servers: a city as the record shows it; playing it again changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from temporalio.client import Client

import worker
from domain.calendar import CHINA, china_day
from domain.case.acceptance import AcceptanceConfirmed
from domain.case.file import CaseFile, Stage
from domain.case.listing import ListPublished, PilotConfirmed
from domain.case.lookback import CaseDrawn
from domain.case.rooms import CommandRefused
from domain.expert_review.file import ExpertReviewClosed
from domain.notice.file import Notice, NoticePublished, NoticeState
from domain.notice.snapshot import Subject
from domain.people import SYSTEM
from domain.places import PlaceTaken
from domain.policy import Cited, Pack, Standing
from domain.rejections import Rejection
from domain.rules import RULES
from eventstore.store import EventStore
from policies import load
from policies.calendars import published
from rehearsal import city
from rehearsal.notices import Noticeboard
from rehearsal.report import tell
from workflows.client import TASK_QUEUE

CITY = city.Rehearsal("zibo", 4, 11)


@pytest.fixture
async def serving(client: Client, store: EventStore) -> AsyncIterator[Client]:
    with ThreadPoolExecutor(worker.THREADS) as threads:
        async with worker.build(client, store, TASK_QUEUE, threads):
            yield client


@pytest.mark.timeout(240)
async def test_a_played_city_stands_in_the_record_in_the_order_of_its_days_and_playing_again_adds_nothing(
    serving: Client, store: EventStore, tmp_path: Path
) -> None:
    played = await city.play(CITY, serving, store, tmp_path, lambda _day, _done: None)
    first = await asyncio.to_thread(tell, CITY, store)
    end = store.last_position()
    entries = store.read(0, end)

    again = await city.play(CITY, serving, store, tmp_path, lambda _day, _done: None)
    second = await asyncio.to_thread(tell, CITY, store)

    times = [entry.fact.timestamp for entry in entries if entry.fact]
    acted = [entry.fact.timestamp for entry in entries if entry.fact and entry.fact.by != SYSTEM]
    lived = {entry.stream: [fact.timestamp for fact in store.facts(entry.stream)] for entry in entries}
    drawn = [entry for entry in entries if isinstance(entry.fact, CaseDrawn)]
    refused = [entry.fact for entry in entries if isinstance(entry.fact, CommandRefused)]
    assert played > 0
    assert len(times) == len(entries) == end
    assert acted == sorted(acted), "people act in the order of business time"
    assert all(life == sorted(life) for life in lived.values()), "so does time, in the life of each case"
    assert {(at.minute, at.second, at.microsecond) for at in times} == {(0, 0, 0)}, "no trace of the machine's speed"
    every_confirmation_rests_on_a_notice_that_stood(store)
    assert first.difference_fen == 0
    assert first.reached[Stage.LOOKBACK] == 0 or drawn, "the look-back draws whoever was paid"
    assert first.refusals.total() == len(refused)
    assert set(first.refusals) <= set(RULES)
    assert (again, store.last_position()) == (0, end)
    assert second == first


@pytest.mark.timeout(240)
async def test_where_the_rules_ask_for_experts_they_rank_every_list_before_it_is_public(
    serving: Client, store: EventStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_written = load.load

    def with_experts(code: str, overlays: Sequence[str] = ()) -> Pack:
        pack = as_written(code, overlays)
        asked = {"selection.expert_review": True, "selection.review_sheets": 2}
        held = {key: (Cited(value, "假设", Standing.ASSUMED),) for key, value in asked.items()}
        return load.parse(load.canonical(replace(pack, values={**pack.values, **held})), code)

    monkeypatch.setattr(load, "load", with_experts)
    rehearsal = city.Rehearsal("zibo", 3, 12)
    await city.play(rehearsal, serving, store, tmp_path, lambda _day, _done: None)
    end = store.last_position()

    facts = [entry.fact for entry in store.read(0, end) if entry.fact]
    ours = [fact for fact in facts if isinstance(fact, ListPublished)]
    closed = [fact for fact in facts if isinstance(fact, ExpertReviewClosed)]
    ranked = {one.candidate.applicant.case: one for fact in closed for one in fact.ranking}
    listed = [fact.originator_id for fact in ours if fact.originator_id in ranked]
    assert listed
    assert len(listed) == len(ranked), "whoever the experts ranked went before the public, once"
    for case in listed:
        assert len(ranked[case].scores) >= 2
        assert ranked[case].proposed
    taken = {fact.applicant.case for fact in facts if isinstance(fact, PlaceTaken)}
    assert taken >= set(listed)
    assert await city.play(rehearsal, serving, store, tmp_path, lambda _day, _done: None) == 0
    assert store.last_position() == end, "played again, the experts score nothing anew"


def every_confirmation_rests_on_a_notice_that_stood(store: EventStore) -> None:
    notices = [store.load(Notice, one) for one in store.streams_opened_by(NoticePublished.TOPIC)]
    confirmed = [
        entry.fact for entry in store.read(0, 100_000) if isinstance(entry.fact, PilotConfirmed | AcceptanceConfirmed)
    ]
    assert confirmed
    for fact in confirmed:
        subject = Subject.LIST if isinstance(fact, PilotConfirmed) else Subject.ACCEPTANCE
        stood = [
            one
            for one in notices
            if one.shown.subject is subject and fact.originator_id in {covered.case for covered in one.covers}
        ]
        assert [one.state for one in stood] == [NoticeState.STOOD]
        assert stood[0].completed_on is not None
        assert stood[0].completed_on <= china_day(fact.timestamp)
        assert len(stood[0].seen_on) == stood[0].shown.length == 5


def test_a_city_that_makes_its_calls_public_calls_for_every_batch_and_others_for_none(
    store: EventStore, tmp_path: Path
) -> None:
    for code, calls in (("mianyang", city.BATCHES), ("dalian", 0)):
        rehearsal = city.Rehearsal(code, 3, 5)
        city.prepare(rehearsal, store, tmp_path)
        board = Noticeboard(store, published(), code)
        city.call(rehearsal, board)
        board.until(datetime.max.replace(tzinfo=CHINA))
        notices = [store.load(Notice, one) for one in store.streams_opened_by(NoticePublished.TOPIC)]
        ours = [one for one in notices if one.shown.programme == rehearsal.programme]

        assert len(ours) == calls
        assert {(one.shown.subject, one.state) for one in ours} <= {(Subject.CALL, NoticeState.STOOD)}


async def test_an_unknown_city_is_refused_before_anything_is_written(
    client: Client, store: EventStore, tmp_path: Path
) -> None:
    before = store.last_position()

    with pytest.raises(Rejection) as refused:
        await city.play(city.Rehearsal("atlantis", 4, 1), client, store, tmp_path, lambda _day, _done: None)

    assert refused.value.refusal.rule == "city_must_have_a_pack"
    assert store.last_position() == before


@pytest.mark.parametrize("code", load.cities())
def test_every_city_goes_on_file_in_one_installation_though_three_run_under_one_award(
    code: str, store: EventStore, tmp_path: Path
) -> None:
    rehearsal = city.Rehearsal(code, 3, 1)
    counties, industries = (rehearsal.pack.list(f"selection.{what}") for what in ("counties", "industries"))

    firms = city.prepare(rehearsal, store, tmp_path)

    assert len(firms) == 3
    assert {firm.row.county for firm in firms} <= set(counties)
    assert {firm.row.industry for firm in firms} <= set(industries)
    assert all(store.load(CaseFile, firm.case).city == code for firm in firms)
