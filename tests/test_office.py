"""Batches and money from the command line; the books recomputed at every position, and every tampering seen."""

from __future__ import annotations

from datetime import date
from typing import Any

import psycopg
import pytest

from domain.batch import Batch
from domain.fund.file import RETROFIT_LINE, Fund
from domain.identity import batch_id, fund_id
from domain.money import Money
from eventstore.store import EventStore
from policies import load
from settings import Settings
from tests.engine import CITY, Town, rehearsed, upto
from tests.shell import Shell, pointed_at


@pytest.fixture
def shell(
    servers: Settings, database_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Shell:
    shell = Shell(capsys, monkeypatch)
    shell.at(pointed_at(servers, database_url))
    return shell


OTHER = f"{load.load('dalian').programme}-推演-once"
BATCH = ("--city", "dalian", "--opens", "2026-03-01", "--closes", "2026-04-15", "--by", "dalian/clerk-1")
MONEY = ("--city", "dalian", "--source", "central", "--document", "财建〔2026〕1号", "--by", "dalian/treasury-1")


def test_a_batch_pins_the_rules_of_the_day(shell: Shell, store: EventStore) -> None:
    told = shell.run("batch", "open", *BATCH, "--code", "1", "--json")
    assert told.status == 0, told
    batch = store.load(Batch, batch_id("dalian", load.load("dalian").programme, "1"))
    assert str(batch.id) == told.json["batch"]
    assert (batch.opens, batch.closes) == (date(2026, 3, 1), date(2026, 4, 15))
    assert load.parse(batch.pack_text, "pinned") == load.load("dalian")
    assert told.json["pack_version"] == load.load("dalian").version


def test_the_same_batch_typed_twice_is_opened_once_and_another_window_is_refused(
    shell: Shell, store: EventStore
) -> None:
    first = shell.run("batch", "open", *BATCH, "--code", "2", "--json")
    assert shell.run("batch", "open", *BATCH, "--code", "2", "--json").json == first.json
    other = shell.run("batch", "open", *BATCH, "--code", "2", "--closes", "2026-05-01", "--json")
    assert (other.status, other.rule) == (3, "batch_must_be_opened_once")


def test_a_rehearsals_batch_lies_in_a_programme_of_its_own(shell: Shell, store: EventStore) -> None:
    told = shell.run("batch", "open", *BATCH, "--code", "3", "--overlay", "rehearsal", "--json")
    assert told.json["programme"] == f"{load.load('dalian').programme}-推演"
    batch = store.load(Batch, batch_id("dalian", told.json["programme"], "3"))
    assert load.parse(batch.pack_text, "pinned").assumptions()


@pytest.mark.parametrize(
    ("line", "status", "words"),
    [
        (("batch", "open", *BATCH, "--code", "4", "--opens", "1.3.2026"), 2, "--opens 应写作"),
        (("batch", "open", *BATCH, "--code", "4", "--closes", "2026-02-01"), 3, "window_must_not_end_before_it_opens"),
        (("batch", "open", *BATCH, "--code", "4", "--role", "企业"), 3, "role_must_be_allowed_to_do_this"),
        (("batch", "open", *BATCH, "--code", "4", "--overlay", "wishes"), 3, "overlay_must_be_known"),
        (("fund", "appropriate", *MONEY, "--amount", "1.005"), 2, "最多两位小数"),
        (("fund", "appropriate", *MONEY, "--amount", "-5"), 3, "amount_must_be_positive"),
        (("fund", "appropriate", *MONEY, "--amount", "5", "--document", " "), 3, "document_must_be_named"),
        (("fund", "appropriate", *MONEY, "--amount", "5", "--role", "市局经办"), 3, "role_must_be_allowed_to_do_this"),
        (("fund", "appropriate", *MONEY, "--amount", "5", "--source", "bank"), 2, "--source"),
        (("fund", "ledger", "--city", "atlantis"), 3, "city_must_have_a_pack"),
    ],
)
def test_what_cannot_be_is_refused_and_writes_nothing(
    shell: Shell, store: EventStore, line: tuple[str, ...], status: int, words: str
) -> None:
    before = store.last_position()
    told = shell.run(*line)
    assert told.status == status, told
    assert words in told.err
    assert store.last_position() == before


def test_a_budget_document_is_booked_once_whoever_types_it(shell: Shell, store: EventStore) -> None:
    once = ("fund", "appropriate", *MONEY, "--amount", "120000000.00", "--programme", OTHER, "--json")
    first = shell.run(*once)
    assert first.status == 0
    assert shell.run(*once).json == first.json
    by_another = shell.run(*once, "--by", "dalian/treasury-2")
    assert (by_another.status, by_another.rule) == (3, "document_must_be_booked_once")
    assert store.load(Fund, fund_id("dalian", OTHER, RETROFIT_LINE)).available == Money.wan(12_000)


def test_the_ledger_shows_every_movement_with_the_balance_after_it(shell: Shell, store: EventStore) -> None:
    town = Town(store, "ledger", money=Money.wan(100))
    town.firm().walked(*upto("record-receipt"))
    town.firm().walked(*upto("approve-payout"))
    lines = shell.run("fund", "ledger", "--city", CITY, "--programme", town.programme, "--json").json["lines"]
    assert [(line["topic"], line["amount"], line["available"], line["committed"], line["paid"]) for line in lines] == [
        ("fund.appropriated", "1000000.00", "1000000.00", "0.00", "0.00"),
        ("fund.committed", "400000.00", "600000.00", "400000.00", "0.00"),
        ("fund.paid", "400000.00", "600000.00", "0.00", "400000.00"),
        ("fund.committed", "400000.00", "200000.00", "400000.00", "400000.00"),
    ]
    on_paper = shell.run("fund", "ledger", "--city", CITY, "--programme", town.programme).out
    assert "预算占用" in on_paper
    assert "示例轴承有限公司" in on_paper
    assert "还没有资金变动" in shell.run("fund", "ledger", "--city", CITY, "--programme", rehearsed("nobody")).out


# --- reconciliation


def test_books_that_agree_differ_by_nothing_at_every_position(shell: Shell, store: EventStore) -> None:
    town = Town(store, "agreed")
    for last in ("record-receipt", "approve-payout", "instruct-payment"):
        town.firm().walked(*upto(last))
    recovered = town.firm().walked(*upto("record-receipt"), "draw-case")
    recovered.walked(("record-inspection", {"findings": ("系统停用",), "evidence": ("照片1",)}), "file-statement")
    recovered.walked("revoke-qualification", "notify-recovery", "decide-recovery")
    recovered.walked(("record-refund", {"amount": Money(1)}))
    told = shell.run("fund", "verify", "--city", CITY, "--json")
    assert told.status == 0, told
    assert told.json == {"difference_fen": 0, "checked_positions": store.last_position(), "faults": []}
    assert "差额 0.00 元" in shell.run("fund", "verify", "--city", CITY).out


TAMPERED = {
    "a payment's amount in the fund": (
        "UPDATE stored_events SET state = convert_to(replace(convert_from(state, 'UTF8'),"
        ' \'"amount":{"fen":40000000}\', \'"amount":{"fen":39999999}\'), \'UTF8\')'
        " WHERE topic = 'fund.paid' AND originator_id = %(fund)s"
    ),
    "a payment's amount in the firm's case": (
        "UPDATE stored_events SET state = convert_to(replace(convert_from(state, 'UTF8'),"
        ' \'"amount":{"fen":40000000}\', \'"amount":{"fen":40000100}\'), \'UTF8\')'
        " WHERE topic = 'case.payment-received' AND originator_id = %(case)s"
    ),
    "a commitment that was deleted": (
        "DELETE FROM stored_events WHERE topic = 'fund.committed' AND originator_id = %(fund)s"
    ),
    "a payment that was deleted from the case": (
        "DELETE FROM stored_events WHERE topic = 'case.payment-received' AND originator_id = %(case)s"
    ),
    "an account that was exchanged": (
        "UPDATE stored_events SET state = convert_to(replace(convert_from(state, 'UTF8'),"
        ' \'"credit":"available"\', \'"credit":"appropriation"\'), \'UTF8\')'
        " WHERE topic = 'fund.committed' AND originator_id = %(fund)s"
    ),
    "an event that cannot be read": (
        "UPDATE stored_events SET state = convert_to('{', 'UTF8') WHERE topic = 'fund.paid'"
        " AND originator_id = %(fund)s"
    ),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_whatever_is_changed_in_the_money_is_seen(
    shell: Shell, store: EventStore, server: psycopg.Connection[Any], what: str
) -> None:
    town = Town(store, f"tampered-{list(TAMPERED).index(what)}")
    programme, firm = town.programme, town.firm().walked(*upto("record-receipt"))
    line = ("fund", "verify", "--city", CITY, "--programme", programme, "--json")
    assert shell.run(*line).status == 0
    fund = fund_id(CITY, programme, RETROFIT_LINE)
    streams = {"fund": fund, "case": firm.case}
    server.execute(
        "CREATE TEMP TABLE kept AS SELECT * FROM stored_events WHERE originator_id IN (%(fund)s, %(case)s)", streams
    )
    changed = server.execute(TAMPERED[what], streams)
    assert changed.rowcount == 1
    told = shell.run(*line)
    assert told.status == 3
    assert told.json["faults"]
    if "read" not in what:
        assert told.json["difference_fen"] > 0
    server.execute("DELETE FROM stored_events WHERE originator_id IN (%(fund)s, %(case)s)", streams)
    server.execute("INSERT INTO stored_events SELECT * FROM kept")
    assert shell.run(*line).status == 0, "put back as it was, it agrees again"
