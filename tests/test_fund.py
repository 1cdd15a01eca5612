"""`lookback fund` for a city whose counties pay: 绵阳's money from the budget document to the settlement, by hand."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from domain.money import Money
from eventstore.store import EventStore
from policies import load
from settings import Settings
from tests.engine import CITY, Town, upto
from tests.shell import Shell, Told, pointed_at

PROGRAMME = f"{load.load('mianyang').programme}-推演"
COUNTY = "涪城区"


@pytest.fixture
def shell(
    servers: Settings, database_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Shell:
    shell = Shell(capsys, monkeypatch)
    shell.at(pointed_at(servers, database_url))
    return shell


class City:
    """The treasury's hand at the command line, in a programme of its own."""

    def __init__(self, shell: Shell, name: str) -> None:
        self.shell = shell
        self.home = ("--city", "mianyang", "--programme", f"{PROGRAMME}-{name}")

    def does(self, word: str, *more: str) -> Told:
        """One command by the city's treasury."""
        return self.shell.run("fund", word, *self.home, "--by", "mianyang/treasury-1", "--json", *more)

    def asks(self, word: str, *more: str) -> Told:
        """One question of the books."""
        return self.shell.run("fund", word, *self.home, "--json", *more)


def sum_of(source: str, yuan: str, document: str) -> tuple[str, ...]:
    """The words that say whose money, how much and on what paper."""
    return ("--source", source, "--amount", yuan, "--document", document)


def test_a_countys_money_from_the_budget_to_the_settlement(shell: Shell) -> None:
    city = City(shell, "county")
    assert city.does("appropriate", *sum_of("central", "3000000", "财建1号")).status == 0
    assert city.does("appropriate", *sum_of("city", "1000000", "绵财1号")).status == 0
    assert city.does("withdraw", *sum_of("city", "1", "绵财2号")).status == 0
    allocated = city.does("allocate", "--county", COUNTY, *sum_of("central", "500000", "绵财3号"))
    assert allocated.status == 0
    assert city.does("take-back", "--county", COUNTY, *sum_of("central", "100000", "绵财4号")).status == 0
    assert city.does("settle", "--county", COUNTY, "--return", "--document", "清算1号").status == 0
    lines = city.asks("ledger").json["lines"]
    assert [(line["topic"], line["amount"], line["available"], line["allocated"]) for line in lines] == [
        ("fund.appropriated", "3000000.00", "3000000.00", "0.00"),
        ("fund.appropriated", "1000000.00", "4000000.00", "0.00"),
        ("fund.withdrawn", "1.00", "3999999.00", "0.00"),
        ("fund.allocated", "500000.00", "3499999.00", "500000.00"),
        ("fund.taken-back", "100000.00", "3599999.00", "400000.00"),
        ("fund.county-settled", "400000.00", "3599999.00", "400000.00"),
        ("fund.taken-back", "400000.00", "3999999.00", "0.00"),
    ]
    assert [line["amount"] for line in city.asks("ledger", "--source", "city").json["lines"]] == ["1000000.00", "1.00"]
    assert len(city.asks("ledger", "--county", COUNTY).json["lines"]) == 4
    assert city.asks("ledger", "--until", "2020-01-01").json["lines"] == []
    assert city.asks("verify").json["difference_fen"] == 0
    paper = shell.run("fund", "ledger", *city.home).out
    assert "预下达" in paper
    assert COUNTY in paper


def test_accounts_and_firms_stand_as_they_were_on_any_day_and_leave_as_a_workbook(
    shell: Shell, store: EventStore, tmp_path: Path
) -> None:
    town = Town(store, "books", money=Money.wan(100))
    paid = town.firm().walked(*upto("record-receipt"))
    town.firm().walked(*upto("approve-payout"))
    home = ("--city", CITY, "--programme", town.programme)
    (central,) = shell.run("fund", "accounts", *home, "--json").json["accounts"]
    assert central == {
        "source": "central",
        "county": "",
        "appropriated": "1000000.00",
        "available": "200000.00",
        "allocated": "0.00",
        "committed": "400000.00",
        "paid": "400000.00",
        "recovered": "0.00",
    }
    assert shell.run("fund", "accounts", *home, "--until", "2020-01-01", "--json").json["accounts"] == []
    firms = shell.run("fund", "firms", *home, "--json").json["firms"]
    assert [(one["committed"], one["paid"], one["recovered"]) for one in firms] == [
        ("0.00", "400000.00", "0.00"),
        ("400000.00", "0.00", "0.00"),
    ]
    assert firms[0]["case"] == str(paid.case)
    book = tmp_path / "台账.xlsx"
    assert shell.run("fund", "export", *home, "-o", str(book)).status == 0
    sheets = CalamineWorkbook.from_path(book)
    assert sheets.sheet_names == ["资金台账", "收支明细", "拨付明细"]
    accounts = sheets.get_sheet_by_name("资金台账").to_python()
    assert accounts[3] == ["中央", "市本级", 1_000_000, 200_000, 0, 400_000, 400_000, 0]
    assert accounts[4][:4] == ["合计", "", 1_000_000, 200_000]
    with zipfile.ZipFile(book) as parts:
        assert b"<f>SUM(C4:C4)</f>" in parts.read("xl/worksheets/sheet1.xml")
    assert len(sheets.get_sheet_by_name("收支明细").to_python()) == 3 + 4


def test_the_same_words_typed_again_are_done_once(shell: Shell, store: EventStore) -> None:
    city = City(shell, "twice")
    city.does("appropriate", *sum_of("central", "3000000", "财建1号"))
    words = ("allocate", "--county", COUNTY, *sum_of("central", "500000", "绵财3号"))
    first = city.does(*words)
    before = store.last_position()
    assert city.does(*words).json == first.json
    assert store.last_position() == before


@pytest.mark.parametrize(
    ("words", "status", "rule"),
    [
        (("withdraw", *sum_of("central", "1", "号")), 3, "withdrawal_must_leave_what_others_hold"),
        (("appropriate", "--line", "canteen", *sum_of("central", "1", "号")), 3, "line_must_be_in_the_budget"),
        (("allocate", "--county", COUNTY, *sum_of("central", "1", "号")), 3, "city_must_hold_enough"),
        (("allocate", "--county", "中山区", *sum_of("central", "1", "号")), 3, "county_must_be_the_citys"),
        (("take-back", "--county", COUNTY, *sum_of("central", "1", "号")), 3, "county_must_hold_what_is_taken_back"),
        (("settle", "--county", COUNTY, "--carry", "--document", "号"), 3, "county_must_have_been_given_money"),
        (("allocate", "--county", COUNTY, *sum_of("central", "1.001", "号")), 2, ""),
        (("settle", "--county", COUNTY, "--document", "号"), 2, ""),
        (("allocate", "--county", COUNTY, "--role", "市局经办", *sum_of("central", "1", "号")), 3, "role_must_be_"),
    ],
)
def test_what_cannot_be_is_refused_and_writes_nothing(
    shell: Shell, store: EventStore, words: tuple[str, ...], status: int, rule: str
) -> None:
    before = store.last_position()
    told = City(shell, "refused").does(*words)
    assert told.status == status, told
    assert rule in told.err
    assert store.last_position() == before


def test_a_city_whose_rules_know_no_allocation_is_asked(shell: Shell) -> None:
    home = ("--city", "dalian", "--by", "dalian/treasury-1", "--county", "中山区")
    told = shell.run("fund", "allocate", *home, *sum_of("central", "1", "号"))
    assert told.status == 4
    assert "预下达" in told.err
