"""A roster is taken whole or not at all; taken twice it opens nothing twice."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from temporalio.client import Client

from activities.desk import Desk
from activities.intake import Listed, RowsRefused, Taken, take_roster
from activities.messages import workflow_id
from cli import main
from domain.calendar import CHINA
from domain.case.application import CaseOpened, OpenCase
from domain.identity import case_id, command_id
from domain.people import Person, Role
from domain.programme import programme_of
from eventstore.store import EventStore
from exchange import roster
from policies import load
from policies.calendars import published
from settings import Settings

NOW = datetime(2026, 3, 2, 10, 0, tzinfo=CHINA)
CLERK = Person("dalian/clerk-1", Role.CLERK, "大连市工业和信息化局")
COUNTIES = ("金州区", "沙河口区")


def listed(number: int) -> Listed:
    return Listed(
        name=f"第{number}精工有限公司",
        credit_code=f"91210200MA0U{number:06d}",
        county=COUNTIES[number % 2],
        industry="汽车零部件及配件制造",
        scale="小",
        above_designated=True,
        quality="无",
    )


Take = Callable[..., Taken]


def own(request: pytest.FixtureRequest) -> str:
    return f"{programme_of(load.load('dalian'), rehearsal=True)}-{request.node.name}"


@pytest.fixture
def take(store: EventStore, request: pytest.FixtureRequest) -> Take:
    """Each test has a rehearsal of its own."""

    def taking(*firms: Listed, by: Person = CLERK, file_hash: str = "aa") -> Taken:
        desk = Desk(store, published())
        return take_roster(store, desk, "dalian", own(request), firms, file_hash, by, NOW, rehearsal=True)

    return taking


def test_every_firm_of_the_roster_gets_its_case(store: EventStore, take: Take) -> None:
    taken = take(listed(1), listed(2))
    assert (taken.opened, taken.already) == (2, 0)
    (fact,) = store.facts(taken.cases[1])
    assert isinstance(fact, CaseOpened)
    assert (fact.firm, fact.county, fact.by, fact.evidence) == ("第2精工有限公司", "金州区", CLERK, ("sha256:aa",))
    assert fact.timestamp == NOW
    assert fact.rehearsal


def test_each_row_has_a_receipt_of_its_own_at_the_place_of_its_own_event(store: EventStore, take: Take) -> None:
    taken = take(*(listed(n) for n in range(1, 6)))
    places = {entry.stream: entry.position for entry in store.read(0, 10_000)}
    for case, number in zip(taken.cases, range(1, 6), strict=True):
        row = listed(number)
        (fact,) = store.facts(case)
        assert isinstance(fact, CaseOpened)
        said = {name: value for name, value in asdict(row).items() if name != "name"}
        asked = OpenCase(
            command_id=command_id("open-case", str(case)),
            by=CLERK,
            evidence=("sha256:aa",),
            case=case,
            city="dalian",
            programme=fact.programme,
            rehearsal=True,
            firm=row.name,
            **said,
        )
        receipt = store.receipt(asked)
        assert receipt is not None
        assert (receipt.position, receipt.version, receipt.subject) == (places[case], 1, case)


def test_the_same_firms_again_open_nothing_whoever_brings_them_in_whatever_file(store: EventStore, take: Take) -> None:
    first = take(listed(1), listed(2))
    before = store.last_position()
    again = take(listed(2), listed(1), by=replace(CLERK, id="dalian/clerk-9"), file_hash="bb")
    assert (again.opened, again.already) == (0, 2)
    assert set(again.cases) == set(first.cases)
    assert store.last_position() == before


def test_new_firms_join_those_on_file(take: Take) -> None:
    take(listed(1))
    taken = take(listed(1), listed(2))
    assert (taken.opened, taken.already) == (1, 1)


def test_a_firm_on_file_with_other_data_is_refused_and_nothing_of_the_roster_is_taken(
    store: EventStore, take: Take
) -> None:
    take(listed(3))
    before = store.last_position()
    changed = replace(listed(3), county="金州区")
    with pytest.raises(RowsRefused) as refused:
        take(listed(1), listed(2), changed)
    (place, refusal) = next(iter(refused.value.refusals.items()))
    assert (place, refusal.rule) == (2, "firm_must_have_one_case")
    assert "第3精工有限公司" in refusal.sentence
    assert store.last_position() == before


def test_every_refused_row_is_named_not_only_the_first(store: EventStore, take: Take) -> None:
    before = store.last_position()
    with pytest.raises(RowsRefused) as refused:
        take(replace(listed(1), industry="养殖"), listed(2), replace(listed(3), county="张店区"))
    rules = {place: refusal.rule for place, refusal in refused.value.refusals.items()}
    assert rules == {0: "firm_must_be_in_a_pilot_industry", 2: "firm_must_be_in_a_county_of_the_city"}
    assert store.last_position() == before


def test_a_roster_that_fails_at_its_last_row_leaves_nothing(
    store: EventStore, take: Take, database_url: str, request: pytest.FixtureRequest
) -> None:
    # The database itself refuses the last row, behind every check of ours: its command's id is taken already.
    before = store.last_position()
    last = case_id("dalian", own(request), listed(30).credit_code)
    with psycopg.connect(database_url) as database:
        database.execute(
            "INSERT INTO commands VALUES (%s, 'x', %s, 1, 1, '{}')", (command_id("open-case", str(last)), last)
        )
    with pytest.raises(Exception, match="已用于另一项命令"):
        take(*(listed(n) for n in range(1, 31)))
    assert store.last_position() == before
    for number in range(1, 31):
        assert not store.facts(case_id("dalian", own(request), listed(number).credit_code))


def test_a_roster_of_thousands_is_one_transaction_and_no_wait(store: EventStore, take: Take) -> None:
    # More than a socket takes at once: the driver must be made to send it all before anybody waits for the answer.
    taken = take(*(listed(number) for number in range(2_000)))
    assert taken.opened == 2_000
    places = [entry.position for entry in store.read(store.last_position() - 2_000, 3_000)]
    assert places == list(range(places[0], places[0] + 2_000))


def test_one_event_of_a_megabyte_is_written_like_any_other(store: EventStore, take: Take) -> None:
    taken = take(replace(listed(1), name="长" * 1_000_000))
    assert taken.opened == 1


def test_two_clerks_at_once_open_every_case_once(database_url: str, request: pytest.FixtureRequest) -> None:
    start = threading.Barrier(2)

    def import_it(clerk: str) -> Taken:
        store = EventStore(database_url)
        store.prepare()
        try:
            start.wait()
            desk, by = Desk(store, published()), replace(CLERK, id=clerk)
            firms = [listed(number) for number in range(200)]
            return take_roster(store, desk, "dalian", own(request), firms, clerk, by, NOW, rehearsal=True)
        finally:
            store.close()

    with ThreadPoolExecutor(2) as clerks:
        taken = list(clerks.map(import_it, ("dalian/clerk-1", "dalian/clerk-2")))
    assert sorted(one.opened for one in taken) == [0, 200]
    assert sorted(one.already for one in taken) == [0, 200]


# --- from the command line, to workflows that wait


@pytest.fixture
def installation(servers: Settings, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    settings = replace(servers, database_url=database_url, temporal_address=servers.temporal())
    for name, value in settings.for_parts({}).items():
        monkeypatch.setenv(name, value)
    return settings


def run(capsys: pytest.CaptureFixture[str], *line: str) -> tuple[int, str, str]:
    status = main.main(line)
    said = capsys.readouterr()
    return status, said.out, said.err


def workflow_of(row: roster.RosterRow) -> str:
    pack = load.load("dalian")
    return workflow_id(case_id("dalian", pack.programme, row.credit_code))


async def runs(client: Client, workflow: str) -> bool:
    return (await client.get_workflow_handle(workflow).describe()).status is not None


async def test_an_imported_roster_waits_in_the_engine_and_the_second_import_opens_nothing(
    installation: Settings, client: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "名册.xlsx"
    rows = roster.sample(file, load.load("dalian"), 5, seed=11)
    for opened, already in ((5, 0), (0, 5)):
        status, out, _ = await asyncio.to_thread(
            run, capsys, "roster", "import", str(file), "--city", "dalian", "--json"
        )
        assert status == 0
        assert json.loads(out) | {"opened": opened, "already": already, "firms": 5} == json.loads(out)
    assert all([await runs(client, workflow_of(row)) for row in rows])


def test_a_firm_on_file_with_other_data_is_named_by_sheet_and_row(
    installation: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file, pack = tmp_path / "名册.xlsx", load.load("dalian")
    roster.sample(file, pack, 3, seed=12)
    assert run(capsys, "roster", "import", str(file), "--city", "dalian")[0] == 0
    found = roster.read(file, pack)
    rows = [replace(row, name=f"{row.name}改") if number == 1 else row for number, row in enumerate(found.rows)]
    changed = replace(found, rows=tuple(rows), places=found.places)
    monkeypatch.setattr(roster, "read", lambda path, pack: changed)
    status, out, _ = run(capsys, "roster", "import", str(file), "--city", "dalian", "--json")
    assert status == 3
    said = json.loads(out)
    assert said["rule"] == "firm_must_have_one_case"
    ((sheet, line),) = [(row["sheet"], row["row"]) for row in said["rows"]]
    assert (sheet, line) == found.places[1]
    assert found.rows[1].name in said["rows"][0]["reason"]


def test_while_temporal_is_away_the_cases_are_on_record_and_the_clerk_is_told_what_to_do(
    installation: Settings,
    store: EventStore,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file, pack = tmp_path / "名册.xlsx", load.load("dalian")
    rows = roster.sample(file, pack, 3, seed=13)
    monkeypatch.setenv("LOOKBACK_TEMPORAL_ADDRESS", "127.0.0.1:1")
    status, _, err = run(capsys, "roster", "import", str(file), "--city", "dalian")
    assert status == 5
    assert "lookback rebuild workflows" in err
    assert all(store.facts(case_id("dalian", pack.programme, row.credit_code)) for row in rows)

    monkeypatch.setenv("LOOKBACK_TEMPORAL_ADDRESS", installation.temporal())
    status, out, _ = run(capsys, "roster", "import", str(file), "--city", "dalian")
    assert status == 0
    assert "新建档 0 家，原已建档 3 家" in out


def test_a_roster_taken_for_a_rehearsal_stays_apart_from_the_citys_own(
    installation: Settings,
    store: EventStore,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file, pack = tmp_path / "名册.xlsx", load.load("dalian")
    (row,) = roster.sample(file, pack, 1, seed=14)
    monkeypatch.setenv("LOOKBACK_OVERLAYS", "rehearsal")
    assert run(capsys, "roster", "import", str(file), "--city", "dalian")[0] == 0
    assert not store.facts(case_id("dalian", pack.programme, row.credit_code))
    (fact,) = store.facts(case_id("dalian", f"{pack.programme}-推演", row.credit_code))
    assert isinstance(fact, CaseOpened)
    assert fact.rehearsal
    assert fact.timestamp <= datetime.now(UTC)
