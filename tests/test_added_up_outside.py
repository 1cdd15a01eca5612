"""A plain script that knows nothing of the programme adds the event table up and comes to the same fen."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest

from domain.fund.appropriation import AppropriateFund
from domain.fund.file import RETROFIT_LINE, Source
from domain.identity import command_id
from domain.money import Money
from domain.payout_round.plan import Share
from eventstore.store import EventStore
from settings import Settings
from tests.domain import cast
from tests.domain.lines import SHUT_DOWN
from tests.engine import CITY, Town, upto
from tests.paymaster import Paymaster
from tests.shell import Shell, pointed_at

SCRIPT: Final = Path(__file__).parent / "outside" / "add_up.py"


@pytest.fixture
def shell(
    servers: Settings, database_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Shell:
    shell = Shell(capsys, monkeypatch)
    shell.at(pointed_at(servers, database_url))
    return shell


def added_up(shell: Shell, town: Town, database_url: str) -> tuple[int, str]:
    """The script's verdict on what the command line says."""
    accounts = shell.run("fund", "accounts", "--city", CITY, "--programme", town.programme, "--json").out
    told = subprocess.run(
        [sys.executable, str(SCRIPT), database_url], input=accounts, capture_output=True, text=True, check=False
    )
    return told.returncode, told.stdout + told.stderr


def test_the_script_imports_nothing_of_the_house() -> None:
    tree = ast.parse(SCRIPT.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} - set(sys.stdlib_module_names) == {"psycopg"}


def test_every_fen_of_a_town_agrees_and_a_changed_row_does_not(
    shell: Shell, store: EventStore, server: psycopg.Connection[Any], database_url: str
) -> None:
    town = Town(store, "added up")
    more = AppropriateFund(
        command_id=command_id(town.programme, "more"),
        by=cast.treasury,
        city=CITY,
        programme=town.programme,
        line=RETROFIT_LINE,
        source=Source.CITY,
        amount=Money.yuan("5000000.01"),
        document="市财1号",
    )
    firms = [town.firm().walked(*upto("verify-entitlement")) for _ in range(3)]
    rounds = [Paymaster(town, f"2026-{number}", [firm]) for number, firm in enumerate(firms)]
    assert town.desk.handle(more, rounds[0].at).refusal is None
    for paying in rounds:
        assert paying.hands_in("draw-payout-plan", shares=(Share("central", 2), Share("city", 1))).refusal is None
        paying.did("approve-payout-plan", "approve-payout-plan")
    for paying in rounds[:2]:
        paying.did("instruct-payments", "file-receipts")
    firms[0].walked(
        *("draw-case", ("record-inspection", SHUT_DOWN), "file-statement", "revoke-qualification"),
        *("notify-recovery", "decide-recovery", ("record-refund", {"amount": Money.yuan("1000.01")})),
    )
    firms[2].walked("ask-withdrawal", "approve-withdrawal")
    assert added_up(shell, town, database_url) == (0, "every fen agrees\n")

    server.execute(
        "UPDATE stored_events SET state = convert_to(replace(convert_from(state, 'UTF8'), '\"fen\":40000000',"
        " '\"fen\":40000001'), 'UTF8') WHERE topic = 'case.payment-received' AND originator_id = %s",
        (firms[1].case,),
    )
    status, said = added_up(shell, town, database_url)
    assert (status, said) == (1, "paid: the funds come to 80000000 fen, the firms to 80000001\n")
