"""The queue on the real record: many hands lose nobody, money calls who is next, and all see their place."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

import pytest

from activities.desk import Desk
from activities.payout_queue import place_of, rules_of
from domain import queue
from domain.case.file import CasePapers
from domain.first_come import order
from domain.fund.appropriation import AppropriateFund
from domain.fund.file import RETROFIT_LINE, Source
from domain.identity import case_id, command_id, queue_id
from domain.money import Money
from domain.queue import Called, PayoutQueue, QueueWoken, Waiting
from eventstore.store import EventStore
from policies import load
from policies.calendars import published
from projections.run import Projector
from settings import Settings
from tests.console_town import console
from tests.domain import cast
from tests.domain.cast import ENTITLEMENT
from tests.engine import CITY, COUNTY, PROGRAMME, START, Firm, Town, upto
from tests.paymaster import alone
from tests.shell import Shell, pointed_at
from tests.test_desk import at_once

LATER: Final = [step for step in upto("confirm-acceptance") if step not in upto("confirm-pilot")]


@pytest.fixture
def shell(
    servers: Settings, database_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Shell:
    shell = Shell(capsys, monkeypatch)
    shell.at(pointed_at(servers, database_url))
    return shell


def held(town: Town) -> PayoutQueue:
    return town.store.load(PayoutQueue, queue_id(CITY, town.programme, RETROFIT_LINE))


def accepted(town: Town, *hours: int) -> list[Firm]:
    """Firms that are accepted, each of which applied for acceptance so many hours after the others could."""
    firms = []
    for late in hours:
        firm = town.firm().walked(*upto("confirm-pilot"))
        firm.moved += timedelta(hours=late)
        firms.append(firm.walked(*LATER))
    return firms


def test_consoles_that_verify_at_once_lose_nobody_and_change_no_order(store: EventStore) -> None:
    town = Town(store, "verified at once")
    firms = accepted(town, 3, 1, 1, 2)
    commands = [firm.command("verify-entitlement") for firm in firms]
    desks = {command.command_id: Desk(store, published()) for command in commands}
    answers = at_once(lambda command: desks[command.command_id].handle(command, firms[0].now), commands)

    assert [answer.refusal for answer in answers] == [None] * 4
    waiting = held(town).waiting
    assert sorted(one.number for one in waiting.values()) == [1, 2, 3, 4]
    stood = order(held(town), rules_of(CITY, town.programme, START.date()))
    assert [one.case for one in stood[2:]] == [firms[3].case, firms[0].case]
    equals = sorted(firms[1:3], key=lambda firm: waiting[firm.case].number)
    assert [one.case for one in stood[:2]] == [firm.case for firm in equals], "equals by receipt number"


def test_case_and_queue_are_one_append(store: EventStore) -> None:
    town = Town(store, "in one append")
    (firm,) = accepted(town, 0)
    receipt = firm.hands_in("verify-entitlement").receipt
    assert receipt is not None
    assert receipt.events[0] == "case.entitlement-verified"
    assert receipt.events[-1] == "queue.joined"
    assert receipt.subject == firm.case
    approved = alone(firm, "approve-payout")
    assert approved.events[-3:] == ("fund.committed", "queue.left", "case.payout-approved")


def test_money_on_a_new_document_calls_who_can_be_paid_now(store: EventStore) -> None:
    town = Town(store, "called", money=ENTITLEMENT)
    firms = accepted(town, 0, 1, 2)
    for firm in firms:
        firm.walked("verify-entitlement")
    firms[0].walked("approve-payout")
    more = AppropriateFund(
        command_id=command_id(town.programme, "more"),
        by=cast.treasury,
        city=CITY,
        programme=town.programme,
        line=RETROFIT_LINE,
        source=Source.CENTRAL,
        amount=Money(ENTITLEMENT.fen * 3 // 2),
        document="财建2号",
    )
    receipt = town.desk.handle(more, START).receipt
    assert receipt is not None
    assert receipt.events == ("fund.appropriated", "budget.raised", "queue.woken")
    woken = store.facts(held(town).id)[-1]
    assert isinstance(woken, QueueWoken)
    assert woken.called == (Called(firms[1].case, firms[1].code, ENTITLEMENT),)
    assert woken.document == "财建2号"
    nobody = replace(more, command_id=command_id(town.programme, "a fen"), amount=Money(1), document="财建3号")
    receipt = town.desk.handle(nobody, START).receipt
    assert receipt is not None
    assert receipt.events == ("fund.appropriated", "budget.raised")


# --- everybody sees its place


def test_a_firm_sees_its_place_and_what_is_due_before_it(shell: Shell, store: EventStore, database_url: str) -> None:
    town = Town(store, "seen", money=Money(ENTITLEMENT.fen * 3 // 2))
    first, second = accepted(town, 0, 5)
    for firm in (second, first):
        firm.walked("verify-entitlement")
    words = "兑付排队第 2 位（共 2 家），前面还有 400,000.00 元。排队是等候资金，不是不予补助。"
    assert words in shell.run("case", "show", str(second.case)).out
    assert words in shell.run("explain", str(second.case)).out
    said = shell.run("case", "show", str(first.case), "--json").json["queue"]
    assert said == {"place": 1, "of": 2, "ahead": "0.00", "amount": "400000.00", "question": ""}
    projector = Projector(database_url)
    projector.prepare()
    projector.catch_up()
    projector.close()
    with console(database_url, START) as pages:
        for path in ("/cases", "/explain"):
            assert words in pages.ask(f"{path}/{second.case}").text
    second.walked("ask-withdrawal", "approve-withdrawal")
    assert shell.run("case", "show", str(second.case), "--json").json["queue"] is None


def test_the_whole_line_is_told_in_order_with_how_far_the_money_reaches(shell: Shell, store: EventStore) -> None:
    town = Town(store, "told", money=Money(ENTITLEMENT.fen * 3 // 2))
    home = ("--city", CITY, "--programme", town.programme)
    assert "没有企业在等候资金" in shell.run("fund", "queue", *home).out
    first, second = accepted(town, 0, 5)
    for firm in (second, first):
        firm.walked("verify-entitlement")
    told = shell.run("fund", "queue", *home, "--json").json
    assert [
        [one[name] for name in ("place", "credit_code", "number", "amount", "ahead", "reach")]
        for one in told["waiting"]
    ] == [
        [1, first.code, 2, "400000.00", "0.00", "400000.00"],
        [2, second.code, 1, "400000.00", "400000.00", "0.00"],
    ]
    assert told["waiting"][1]["why"] == "市本级资金余 200,000.00 元，不足核定的 400,000.00 元"
    paper = shell.run("fund", "queue", *home).out
    assert paper.index(first.code) < paper.index(second.code)
    assert "可全额兑付" in paper
    assert "不是不予补助" in paper


def waits(name: str, applied: int, complete: int, amount: int = 100) -> Waiting:
    at = [datetime(2026, 3, day, tzinfo=UTC) for day in (applied, complete)]
    return Waiting(uuid5(case_id(CITY, PROGRAMME, name), ""), name, name, COUNTY, Money(amount), at[0], None, at[1])


def in_earnest(store: EventStore, *waiting: Waiting) -> None:
    """These wait in the city's own programme, where its sources say nothing of the order."""
    command = AppropriateFund(
        command_id=command_id(*(one.credit_code for one in waiting)),
        by=cast.treasury,
        city=CITY,
        programme=PROGRAMME,
        line=RETROFIT_LINE,
        source=Source.CENTRAL,
        amount=Money(150),
        document="财建1号",
    )
    line = store.load(PayoutQueue, queue_id(CITY, PROGRAMME, RETROFIT_LINE))
    for one in waiting:
        queue.join(line, one, CasePapers(command, START, load.load(CITY), published()))
    store.append([line], command)


def test_where_the_city_has_not_said_what_the_order_goes_by_it_is_asked(shell: Shell, store: EventStore) -> None:
    def place(case: UUID) -> str:
        seen = place_of(store, CITY, PROGRAMME, case, START.date())
        assert seen is not None
        return seen.words

    early, late = waits("甲", 1, 10), waits("乙", 2, 11)
    in_earnest(store, early, late)
    assert "第 2 位" in place(late.case), "by any key"
    told = shell.run("fund", "queue", "--city", CITY, "--json").json
    assert [(one["credit_code"], one["reach"]) for one in told["waiting"]] == [("甲", "0.00"), ("乙", "0.00")]
    overtaker = waits("丙", 3, 9)
    in_earnest(store, overtaker)
    asked = shell.run("fund", "queue", "--city", CITY, "--json")
    assert (asked.status, asked.json["refusal"]["open_question"]) == (4, "payout.queue_key")
    assert "已进入兑付队列（共 3 家），次序未定。" in place(late.case)
    assert "以何时为序" in place(late.case)
    assert "不是不予补助" in place(late.case)
