"""`lookback fund drill`, and the books by batch: every figure is a sum of events, named with their papers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest

from domain.batch import OpenBatch
from domain.fund.drill import ACCOUNTS
from domain.fund.file import RETROFIT_LINE, Posting
from domain.identity import batch_id, command_id, fund_id
from eventstore.store import EventStore
from policies import load
from settings import Settings
from tests.domain import cast
from tests.domain.lines import SHUT_DOWN, Step
from tests.engine import CITY, START, Firm, Town, upto
from tests.shell import Shell, pointed_at

OWING: tuple[Step, ...] = (
    *("draw-case", ("record-inspection", SHUT_DOWN), "file-statement", "revoke-qualification"),
    *("notify-recovery", "decide-recovery", ("record-refund", {"slip": "银行回单7"})),
)


@dataclass
class Books:
    """A town with two batches, and the command line that asks for its money."""

    shell: Shell
    town: Town
    paid: Firm
    approved: Firm
    refunded: Firm

    def asks(self, word: str, *more: str) -> Any:
        told = self.shell.run("fund", word, "--city", CITY, "--programme", self.town.programme, "--json", *more)
        assert told.status == 0, told
        return told.json

    @property
    def postings(self) -> list[Posting]:
        """What is on record, for who adds it up by hand."""
        facts = self.town.store.facts(fund_id(CITY, self.town.programme, RETROFIT_LINE))
        return [fact for fact in facts if isinstance(fact, Posting)]


@pytest.fixture
def books(
    store: EventStore,
    servers: Settings,
    database_url: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Books:
    """In batch 1 one firm is paid and one gave it all back; in batch 2 one is approved."""
    town = Town(store, request.node.name)
    second = OpenBatch(
        command_id=command_id(town.programme, "second batch"),
        by=cast.clerk1,
        city=CITY,
        programme=town.programme,
        code="2",
        opens=date(2026, 1, 1),
        closes=date(2026, 12, 31),
        pack_text=load.canonical(town.rules),
        rehearsal=True,
    )
    assert town.desk.handle(second, START).refusal is None
    later: list[Step] = [
        (step, {"batch": second_batch(town)}) if step == "submit-application" else step
        for step in upto("approve-payout")
    ]
    shell = Shell(capsys, monkeypatch)
    shell.at(pointed_at(servers, database_url))
    paid, refunded = (town.firm().walked(*upto("record-receipt")) for _ in range(2))
    return Books(shell, town, paid, town.firm().walked(*later), refunded.walked(*OWING))


def second_batch(town: Town) -> Any:
    return batch_id(CITY, town.programme, "2")


def yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


def test_every_figure_is_the_sum_of_the_events_that_it_names(books: Books) -> None:
    by_hand: Counter[str] = Counter()
    for fact in books.postings:
        by_hand[fact.debit] += fact.amount.fen
        by_hand[fact.credit] -= fact.amount.fen
    (account,) = books.asks("accounts")["accounts"]
    for name in ACCOUNTS:
        told = books.asks("drill", "--account", name, "--source", "central")
        fen = by_hand[name] * (-1 if name in ("appropriation", "recovered") else 1)
        assert told["amount"] == yuan(fen) == account["appropriated" if name == "appropriation" else name]
        at = {(one["event"]["stream"], one["event"]["version"]) for one in told["entries"]}
        assert at == {
            (str(fact.originator_id), fact.originator_version)
            for fact in books.postings
            if name in (fact.debit, fact.credit)
        }


def test_an_entry_names_its_firm_the_firms_own_event_and_the_papers(books: Books) -> None:
    (back,) = books.asks("drill", "--account", "已追缴")["entries"]
    assert (back["firm"], back["batch"], back["papers"]) == (books.refunded.file.firm, "1", ["银行回单7"])
    places = [(str(fact.originator_id), fact.originator_version, fact.TOPIC) for fact in books.refunded.facts]
    named = {(one["stream"], one["version"]) for one in back["case_events"]}
    assert "case.refund-recorded" in {topic for stream, version, topic in places if (stream, version) in named}
    (brought,) = books.asks("drill", "--account", "appropriation")["entries"]
    assert (brought["papers"], brought["case"], brought["case_events"]) == (["财建1号"], None, [])
    first, *_ = books.asks("drill", "--account", "committed")["entries"]
    assert "government1号" in first["papers"]
    paid = [one for one in books.asks("drill", "--account", "paid")["entries"] if one["case"] == str(books.paid.case)]
    assert [one["papers"][0] for one in paid] == list(books.paid.file.received)


def test_the_books_of_a_batch_hold_what_went_to_its_firms(books: Books) -> None:
    (first,) = books.asks("accounts", "--batch", "1")["accounts"]
    assert first == {
        "source": "central",
        "county": "",
        "batch": "1",
        "committed": "0.00",
        "paid": "800000.00",
        "recovered": "400000.00",
    }
    (second,) = books.asks("accounts", "--batch", "2")["accounts"]
    assert (second["committed"], second["paid"], second["recovered"]) == ("400000.00", "0.00", "0.00")
    assert books.asks("accounts", "--batch", "3")["accounts"] == []
    lines = books.asks("ledger", "--batch", "2")["lines"]
    assert [(line["topic"], line["case"]) for line in lines] == [("fund.committed", str(books.approved.case))]
    assert books.asks("drill", "--account", "paid", "--batch", "2")["entries"] == []
    assert books.asks("drill", "--account", "paid", "--batch", "1")["amount"] == "800000.00"


def test_the_figures_are_those_of_any_day_and_of_any_hands(books: Books) -> None:
    before = (START - timedelta(days=1)).date().isoformat()
    assert books.asks("drill", "--account", "available", "--until", before)["entries"] == []
    assert books.asks("accounts", "--batch", "1", "--until", before)["accounts"] == []
    day = books.paid.now.date() - timedelta(days=1)
    assert books.asks("drill", "--account", "paid", "--until", day.isoformat())["amount"] == "0.00"
    assert books.asks("drill", "--account", "paid", "--county", "市本级")["amount"] == "800000.00"
    assert books.asks("drill", "--account", "paid", "--county", "张店区")["amount"] == "0.00"
    assert books.asks("drill", "--account", "paid", "--source", "city")["amount"] == "0.00"


def test_an_account_that_is_none_is_wrong_usage_and_paper_shows_the_sum(books: Books) -> None:
    home = ("fund", "drill", "--city", CITY, "--programme", books.town.programme, "--account")
    assert books.shell.run(*home, "profit").status == 2
    shown = books.shell.run(*home, "paid").out
    assert "已拨付合计 800,000.00 元，共 2 笔" in shown
    assert "合计 0.00" not in books.shell.run(*home, "recovered").out
