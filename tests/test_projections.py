"""The read models tell what the domain itself would tell, at every moment, live and rebuilt alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, update

from domain.batch import Batch
from domain.case.file import CaseFile, Stage
from domain.case.rooms import CommandRefused
from domain.deadlines import Deadline
from domain.expert_review.file import ExpertReview
from domain.identity import expert_review_id, places_id
from domain.money import ZERO, total
from domain.notice.file import Notice, NoticePublished, NoticeState
from domain.places import Places, TurnCame
from eventstore.mapper import adapter
from eventstore.store import EventStore
from projections import (
    cases,
    deadlines,
    expert_reviews,
    funds,
    funnel,
    money,
    notices,
    places,
    refusals,
    timeline,
)
from projections.advance import ReadModels
from projections.rebuild import rebuild, rows
from projections.run import Projector, position
from projections.tables import engine_of
from settings import Settings
from tests import notice_lives
from tests.projection_lives import CITY, EVERYTHING, PROGRAMME, Town, eventful_seed, fresh_database

FIRMS = 48
STOPS = (3, 26, 27, 31, 60, 130, 200, 300, 420, 500, 600, 700, 850, 1000, 1400, 10_000)

"""After how many acts the pictures are compared."""
MIDWAY = 420


Picture = dict[str, list[tuple[Any, ...]]]


@dataclass
class Played:
    """A town whose acts are in the log and in the read models, and what the pictures said on the way."""

    town: Town
    engine: Engine
    database_url: str
    store: EventStore
    compared: int = 0
    open_deadlines_seen: int = 0
    notice_states_seen: set[NoticeState] = field(default_factory=set)
    waiting_seen: int = 0
    called_seen: int = 0
    review_states_seen: set[str] = field(default_factory=set)
    midway: tuple[Picture, Picture] = field(default_factory=lambda: ({}, {}))
    """Every row in the middle of the lives: live, and rebuilt."""

    @property
    def files(self) -> list[CaseFile]:
        return [life.case for life in self.town.lives if not life.case.is_new]


@pytest.fixture(scope="module")
def played(database_url: str, store: EventStore) -> Iterator[Played]:
    town = Town(eventful_seed(FIRMS), FIRMS)
    played = Played(town, engine_of(database_url), database_url, store)
    acts, done = town.acts(), 0
    for stop in STOPS:
        for files, command in islice(acts, stop - done):
            store.append(files, command)
        done = stop
        catch_up(database_url)
        compare(played)
        if stop == MIDWAY:
            live = rows(played.engine)
            rebuild(database_url)
            played.midway = (live, rows(played.engine))
    assert not list(acts), "the lives go on; STOPS must reach further"
    yield played
    played.engine.dispose()


def catch_up(database_url: str) -> None:
    """By a projector that has just begun: what it knows of the cases, it has from the tables alone."""
    projector = Projector(database_url)
    projector.prepare()
    projector.catch_up()
    projector.close()


def compare(played: Played) -> None:
    """Every picture beside what the domain's own files say."""
    shown = {case.id: case for case in all_pages(played.engine)}
    assert set(shown) == {file.id for file in played.files}
    for file in played.files:
        for name in cases.Case.__dataclass_fields__.keys() & vars(file).keys():
            assert getattr(shown[file.id], name) == getattr(file, name), (name, file.firm)
        assert shown[file.id].version == file.version
        held = {one.deadline.name: one.deadline for one in deadlines.of_case(played.engine, file.id)}
        assert held == file.deadlines
        played.open_deadlines_seen += len(held)
        purse = money.of_case(played.engine, file.id)
        assert (purse.amounts.entitled if purse else None) == (file.entitlement.amount if file.entitlement else None)
        assert (purse.amounts.paid if purse else ZERO) == file.paid
        assert (purse.amounts.recovered if purse else ZERO) == file.refunded
        assert (purse.amounts.to_recover if purse else ZERO) == file.to_recover
    compare_deadlines(played)
    compare_funnel(played)
    compare_fund(played)
    compare_notices(played)
    compare_places(played)
    compare_reviews(played)
    played.compared += 1


def compare_deadlines(played: Played) -> None:
    held = [(file, deadline) for file in played.files for deadline in file.deadlines.values()]
    held.sort(key=lambda one: (one[1].due, one[0].id, one[1].name))

    def told(*asked: Any, **chosen: Any) -> list[tuple[UUID, Deadline]]:
        return [
            (one.case_id, one.deadline) for one in deadlines.open_for(played.engine, CITY, PROGRAMME, *asked, **chosen)
        ]

    assert told() == [(file.id, deadline) for file, deadline in held]
    if held:
        file, some = held[len(held) // 2]
        assert told(some.role) == [(f.id, d) for f, d in held if d.role is some.role]
        assert told(None, some.due) == [(f.id, d) for f, d in held if d.due <= some.due]
        assert told(county=file.county) == [(f.id, d) for f, d in held if f.county == file.county]
        assert told(limit=1) == told()[:1]


def compare_funnel(played: Played) -> None:
    told = funnel.of_programme(played.engine, CITY, PROGRAMME)
    here = Counter(file.stage for file in played.files)
    assert {count.stage: count.here for count in told.stages if count.here} == {
        stage: n for stage, n in here.items() if stage is not Stage.CLOSED
    }
    assert sum(told.closed.values()) == here[Stage.CLOSED]
    assert told.firms == len(played.files)
    cells = funnel.cells(played.engine, CITY, PROGRAMME)
    for count in told.stages:
        alike = [cell for cell in cells if cell.stage is count.stage]
        assert sum(cell.here for cell in alike) == count.here
        assert sum(cell.reached for cell in alike) == count.reached


def compare_fund(played: Played) -> None:
    (account,) = funds.of_city(played.engine, CITY)
    accounts = ("appropriated", "available", "allocated", "committed", "paid", "recovered")
    for name in ("id", "city", "programme", "line", *accounts):
        assert getattr(account, name) == getattr(played.town.fund, name)
    assert account.difference_fen == 0


def compare_notices(played: Played) -> None:
    files = [played.store.load(Notice, one) for one in played.store.streams_opened_by(NoticePublished.TOPIC)]
    homes = {(file.city, file.shown.programme) for file in files}
    told = {line.id: line for home in homes for line in notices.listed(played.engine, *home)[1]}
    assert set(told) == {file.id for file in files}
    for file in files:
        line, shown = told[file.id], file.shown
        for name in notices.Line.__dataclass_fields__.keys() & vars(file).keys() - {"open_objections"}:
            assert getattr(line, name) == getattr(file, name), name
        for name in notices.Line.__dataclass_fields__.keys() & vars(shown).keys():
            assert getattr(line, name) == getattr(shown, name), name
        assert (line.state, line.lines) == (file.state, len(shown.rows))
        assert line.open_objections == len(file.open_objections)
        for row in shown.rows:
            if row.credit_code:
                assert line in notices.of_firm(played.engine, file.city, shown.programme, row.credit_code)
        played.notice_states_seen.add(line.state)


def compare_places(played: Played) -> None:
    lines = {line.id: line for line in places.batches(played.engine, CITY, PROGRAMME)}
    for batch in played.town.batches:
        file = played.store.load(Places, places_id(batch.id))
        if played.store.load(Batch, batch.id).is_new:
            continue
        line = lines.pop(batch.id)
        assert line == places.one(played.engine, batch.id)
        assert (line.code, line.quotas) == (batch.code, file.quotas)
        assert (line.taken, line.waiting) == (len(file.taken), len(file.waiting))
        assert [(one.quota, one.taken, one.free) for one in places.used(played.engine, line)] == [
            (quota, file.used(quota), free) for quota, free in file.left().items()
        ]
        taken, waiting = (places.held(played.engine, batch.id, which, size=999) for which in ("taken", "waiting"))
        assert [one.case_id for one in taken] == list(file.taken)
        assert [(one.case_id, one.place) for one in waiting] == [(case, n) for n, case in enumerate(file.waiting, 1)]
        assert {one.case_id for one in waiting if one.called_at} == set(file.called)
        assert places.held(played.engine, batch.id, "waiting", page=2, size=1) == waiting[1:2]
        calls = [fact for fact in played.store.facts(file.id) if isinstance(fact, TurnCame)][::-1]
        told = places.turns(played.engine, batch.id)
        assert [(one.case_id, one.called_at) for one in told] == [(one.applicant.case, one.timestamp) for one in calls]
        assert {one.case_id for one in told if one.outcome == "waiting"} == set(file.called)
        assert {one.case_id for one in told if one.outcome == "taken"} <= set(file.taken)
        for one in (*taken, *waiting):
            (own,) = (own for own in places.of_case(played.engine, one.case_id) if own.batch.id == batch.id)
            assert (own.held, own.batch) == (one, line)
            assert own.standing == ("taken" if one in taken else "waiting")
        played.waiting_seen += len(waiting)
        played.called_seen += len(file.called)
    assert not lines


def compare_reviews(played: Played) -> None:
    for batch in played.town.batches:
        file = played.store.load(ExpertReview, expert_review_id(batch.id))
        told = expert_reviews.rounds(played.engine, [batch.id])
        assert [one.review_round for one in told] == list(range(1, file.round + 1))
        if not told:
            continue
        last = told[-1]
        for name in ("document", "criteria", "least_sheets", "experts"):
            assert getattr(last, name) == getattr(file, name), name
        assert last.state == ("open" if file.is_open else "called-off" if file.called_off else "closed")
        assert (last.ended_at is None) == file.is_open
        whole, firms = expert_reviews.firms(played.engine, batch.id, file.round)
        assert whole == len(firms)
        assert {one.case_id for one in firms} == {one.applicant.case for one in file.candidates}
        for one in firms:
            assert set(one.filed) == {expert for case, expert in file.sheets if case == one.case_id}
            assert one.counted == len(file.counted(one.case_id))
            assert one.owed(last.experts) == sum(
                candidate.applicant.case == one.case_id for candidate, _ in file.owed()
            )
            assert one in expert_reviews.of_case(played.engine, one.case_id)
            if last.state != "closed":
                assert (one.rank, one.points, one.scores, one.proposed) == (None, None, (), None)
        if last.state == "closed":
            assert [(one.case_id, one.rank, one.points, one.scores, one.proposed) for one in firms] == [
                (one.candidate.applicant.case, one.rank, one.points, one.scores, one.proposed) for one in file.ranking
            ]
        played.review_states_seen |= {one.state for one in told}


def all_pages(engine: Engine, limit: int = 7, **chosen: object) -> list[cases.Case]:
    """Every case, page by page."""
    found: list[cases.Case] = []
    while page := cases.listed(engine, CITY, after=found[-1].id if found else None, limit=limit, **chosen):  # type: ignore[arg-type]
        found += page
    return found


def test_at_every_moment_the_pictures_say_what_the_files_say(played: Played) -> None:
    assert played.compared == len(STOPS)
    assert played.open_deadlines_seen > FIRMS, "no deadline was ever open: the comparison would prove nothing"
    assert any(file.refunded > ZERO for file in played.files), "nothing was recovered: the comparison would prove less"
    assert played.waiting_seen, "nobody ever waited"
    assert played.called_seen, "nobody was ever called for a free place"
    assert played.review_states_seen == {"open", "closed", "called-off"}


def test_a_notice_is_listed_as_its_stream_tells_it_and_found_by_every_firm_it_names(played: Played) -> None:
    home = CITY, played.town.pack.programme
    whole, lines = notices.listed(played.engine, *home)

    assert whole == len(lines) == 3
    assert {NoticeState.REPLACED, NoticeState.STOOD} <= played.notice_states_seen
    assert notices.listed(played.engine, *home, state="stood")[0] == 1
    assert notices.listed(played.engine, *home, subject="list") == (0, ())
    assert notices.listed(played.engine, *home, page=2, size=2) == (3, lines[2:])
    assert notices.listed(played.engine, CITY, "another") == (0, ())
    (code,) = {row.credit_code for row in notice_lives.ROWS if row.credit_code}
    assert set(notices.of_firm(played.engine, *home, code)) == set(lines)
    assert notices.of_firm(played.engine, CITY, "another", code) == ()


def test_the_lives_hold_every_kind_of_fact(played: Played) -> None:
    seen = {entry.topic for entry in played.store.read(0, 100_000)}

    assert set(EVERYTHING) == seen, "play what is missing in tests/projection_lives.py"


def test_in_the_middle_of_the_lives_too_rebuilt_equals_live(played: Played) -> None:
    live, rebuilt = played.midway

    assert rebuilt == live
    assert all(live[name] for name in ("cases", "timeline", "funnel", "deadlines", "punctuality"))


def test_rebuilt_read_models_equal_the_live_ones_row_for_row(played: Played) -> None:
    live = rows(played.engine)

    rebuilt = rebuild(played.database_url)

    assert rebuilt.position == played.store.last_position()
    assert rows(played.engine) == live
    assert all(live[name] for name in ("cases", "timeline", "funnel", "money_of_firms", "funds", "refusals", "notices"))
    assert live["firms_in_notices"]


def test_a_command_at_a_time_from_the_rows_equals_all_at_once_from_memory(servers: Settings) -> None:
    url = fresh_database(servers, "a_command_at_a_time")
    store, engine = EventStore(url, pool_size=1), engine_of(url)
    store.prepare()
    firms, events = 5, ("case.refund-recorded", "case.payment-bounced", "case.supplement-submitted")
    catch_up(url)

    for files, command in Town(eventful_seed(firms, events), firms).acts():
        receipt = store.append(files, command)
        assert ReadModels(engine.begin).advance(store.read(receipt.position - len(receipt.events), 100)) > 0

    one_by_one = rows(engine)
    rebuild(url)
    assert rows(engine) == one_by_one
    assert position(engine) == store.last_position()
    store.close()
    engine.dispose()


def test_a_rebuild_notices_a_row_that_was_changed_by_hand(played: Played) -> None:
    live = rows(played.engine)
    with played.engine.begin() as connection:
        connection.execute(update(cases.CASES).values(county="别处").where(cases.CASES.c.id == played.files[0].id))
    assert rows(played.engine) != live

    rebuild(played.database_url)

    assert rows(played.engine) == live


def test_a_fen_that_firms_and_fund_do_not_agree_on_is_a_difference(played: Played) -> None:
    with played.engine.begin() as connection:
        connection.execute(update(money.SUMS).values(paid=money.SUMS.c.paid + 1))
    (account,) = funds.of_city(played.engine, CITY)

    assert account.difference_fen > 0

    rebuild(played.database_url)
    (account,) = funds.of_city(played.engine, CITY)
    assert account.difference_fen == 0


def test_the_sums_are_the_sums_of_the_firms(played: Played) -> None:
    firms: list[money.FirmMoney] = []
    while page := money.of_firms(played.engine, CITY, PROGRAMME, after=firms[-1].case_id if firms else None, limit=5):
        firms += page

    told = money.sums(played.engine, CITY, PROGRAMME)

    assert len({firm.case_id for firm in firms}) == len(firms)
    for name in ("entitled", "approved", "paid", "to_recover", "recovered"):
        assert getattr(told, name) == total(getattr(firm.amounts, name) for firm in firms)
    counties = {firm.county for firm in firms}
    by_county = [money.sums(played.engine, CITY, PROGRAMME, county=county) for county in counties]
    assert total(amounts.paid for amounts in by_county) == told.paid
    assert money.sums(played.engine, CITY, "another").paid == ZERO


def test_the_timeline_tells_every_fact_with_its_hand_reason_clauses_and_own_fields(played: Played) -> None:
    common = {"originator_id", "originator_version", "timestamp", "command_id", "by", "reason", "evidence"}
    for file in played.files[:6]:
        told = timeline.of_case(played.engine, file.id)
        facts = played.store.facts(file.id)
        assert [one.version for one in told] == list(range(1, file.version + 1))
        for one, fact in zip(told, facts, strict=True):
            assert (one.topic, one.at, one.reason) == (fact.TOPIC, fact.timestamp, fact.reason)
            assert (one.by_id, one.by_role, one.by_organisation) == (fact.by.id, fact.by.role, fact.by.organisation)
            assert (one.evidence, one.clauses) == (fact.evidence, fact.clauses)
            whole = adapter(type(fact)).dump_python(fact, mode="json")
            own = {name: word for name, word in whole.items() if name not in common | {"clauses", "pack_version"}}
            assert one.payload == own
    assert timeline.of_case(played.engine, UUID(int=0)) == ()


def test_firms_are_found_by_code_name_and_id(played: Played) -> None:
    engine, file = played.engine, played.files[7]

    assert [case.id for case in cases.find(engine, f" {file.credit_code.lower()}\t")] == [file.id]
    assert [case.id for case in cases.find(engine, file.firm[3:6])] == [file.id]
    assert [case.id for case in cases.find(engine, str(file.id)[:11])] == [file.id]
    assert [case.id for case in cases.find(engine, str(file.id))] == [file.id]
    assert len(cases.find(engine, file.credit_code[:10], limit=100)) == FIRMS
    assert len(cases.find(engine, "瑞岚", limit=5)) == 5
    assert cases.find(engine, "  ") == ()


@pytest.mark.parametrize("words", ["%", "_", "\\", "'", "大连%公司", "zzzz", "没有这家", "9121020０%"])
def test_a_wildcard_or_quote_in_the_words_is_only_a_character(played: Played, words: str) -> None:
    assert cases.find(played.engine, words) == ()


def test_one_case_is_told_by_id_and_an_unknown_one_is_not(played: Played) -> None:
    file = played.files[0]

    case = cases.one(played.engine, file.id)

    assert case is not None
    assert case.firm == file.firm
    assert case.opened_at == played.store.facts(file.id)[0].timestamp
    assert case.closed_at == case.stage_since
    assert case.stage_since > case.opened_at
    assert cases.one(played.engine, UUID(int=0)) is None


def test_pages_show_each_case_once_whatever_is_chosen(played: Played) -> None:
    everyone = all_pages(played.engine)

    assert [case.credit_code for case in everyone] == sorted(file.credit_code for file in played.files)
    for county in {case.county for case in everyone}:
        assert all_pages(played.engine, county=county) == [case for case in everyone if case.county == county]
    for batch in {case.batch_code for case in everyone}:
        assert all_pages(played.engine, batch_code=batch) == [case for case in everyone if case.batch_code == batch]
    assert all_pages(played.engine, stage=Stage.CLOSED) == everyone
    assert all_pages(played.engine, stage=Stage.RETROFIT) == []


def test_the_funnel_of_a_part_counts_that_part(played: Played) -> None:
    county = played.files[0].county
    files = [file for file in played.files if file.county == county]

    told = funnel.of_programme(played.engine, CITY, PROGRAMME, county=county)

    assert told.firms == len(files)
    assert told.stages[0].reached == len(files)
    assert [count.stage for count in told.stages] == [stage for stage in Stage if stage is not Stage.CLOSED]
    reached = [count.reached for count in told.stages]
    assert reached == sorted(reached, reverse=True)
    assert funnel.of_programme(played.engine, CITY, "another").firms == 0
    assert funnel.programmes(played.engine) == (funnel.Programme(CITY, PROGRAMME, True, FIRMS),)


def test_a_failed_acceptance_is_its_own_end_in_the_funnel(played: Played) -> None:
    failed = sum(1 for file in played.files if file.acceptance == "failed")

    closed = funnel.of_programme(played.engine, CITY, PROGRAMME).closed

    assert closed["failed"] == failed > 0
    assert "pilot" not in closed


def test_refusals_and_reminders_are_counted(played: Played) -> None:
    facts = [fact for file in played.files for fact in played.store.facts(file.id)]
    topics = Counter(fact.TOPIC for fact in facts)
    rules = Counter(fact.refusal.rule for fact in facts if isinstance(fact, CommandRefused))

    told = deadlines.punctuality(played.engine, CITY, PROGRAMME)

    assert told == deadlines.Punctuality(topics["case.reminder-recorded"], topics["case.deadline-passed"])
    assert told.reminders > told.passed > 0
    assert refusals.by_rule(played.engine, CITY, PROGRAMME) == dict(rules)
    assert list(refusals.by_rule(played.engine, CITY, PROGRAMME).values()) == sorted(rules.values(), reverse=True)
    assert deadlines.punctuality(played.engine, CITY, "another") == deadlines.Punctuality()
