"""Vouchers on the real record: one paper used in two cities is found, two at once too, and both places are named."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import pytest

from activities.desk import Desk
from activities.explain import account
from activities.messages import Answer
from domain.batch import OpenBatch
from domain.case.file import Works
from domain.commands import CaseCommand
from domain.identity import batch_id, command_id, voucher_id
from domain.money import Money
from domain.vouchers import Equipment, VoucherRegister, VoucherUsed
from eventstore.store import EventStore
from policies import load
from policies.calendars import published
from settings import Settings
from tests.domain import cast
from tests.engine import START, Firm, Town, pack, upto
from tests.shell import Shell, pointed_at
from tests.test_desk import at_once
from tests.test_places import Elsewhere

ALONE: Final[dict[str, Any]] = {"invoices": (), "payments": (), "equipment": ()}
RULE: Final = "voucher_must_not_be_used_twice"


@pytest.fixture
def shell(
    servers: Settings, database_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Shell:
    shell = Shell(capsys, monkeypatch)
    shell.at(pointed_at(servers, database_url))
    return shell


class Other(Elsewhere):
    """A firm of the other city; its people belong to its own county and batch."""

    def command(self, kind: str, by: Any = None, **changes: Any) -> Any:
        if kind == "open-case":
            here = load.load(self.city)
            changes |= {"city": self.city, "firm": "彼处机械有限公司"}
            changes |= {
                "county": here.list("selection.counties")[0],
                "industry": here.list("selection.industries")[0],
            }
        if kind == "submit-application":
            changes |= {"batch": batch_id(self.city, self.town.programme, "1")}
        command = super().command(kind, by, **changes)
        if command.by.role.value in ("county", "county-treasury"):
            county = load.load(self.city).list("selection.counties")[0]
            return replace(command, by=replace(command.by, organisation=county))
        return command


def with_another_city(town: Town) -> Town:
    """In the same world: rehearsals under one name lie in one, as the cities themselves do."""
    other = load.load("dongying")
    places = {
        "selection.industries": other.list("selection.industries"),
        "selection.counties": other.list("selection.counties"),
    }
    opening = OpenBatch(
        command_id=command_id(town.programme, other.city),
        by=cast.clerk1,
        city=other.city,
        programme=town.programme,
        code="1",
        opens=START.date(),
        closes=START.date(),
        rehearsal=True,
        pack_text=load.canonical(replace(pack(places), city=other.city, name=other.name)),
    )
    assert town.desk.handle(opening, START).refusal is None
    return town


def two_firms(town: Town) -> tuple[Firm, Firm]:
    """One in each city, both with a contract on file."""
    here, there = town.firm(), Other(town, town.firm().code)
    here.walked(*upto("register-contract"))
    there.walked(*upto("register-contract"))
    return here, there


def at_desks_of_their_own(store: EventStore, commands: list[CaseCommand], at: datetime) -> list[Answer]:
    """All in the same moment, each on a connection of its own."""
    desks = {command.command_id: Desk(store, published()) for command in commands}
    return at_once(lambda command: desks[command.command_id].handle(command, at), commands)


def papers(firm: Firm) -> dict[str, Any]:
    command: Any = firm.command("file-vouchers")
    return {name: getattr(command, name) for name in ALONE}


def test_an_invoice_of_one_city_is_found_in_another_and_both_places_are_named(store: EventStore) -> None:
    here, there = two_firms(with_another_city(Town(store, "an invoice twice")))
    invoice = papers(here)["invoices"][0]
    receipt = here.hands_in("file-vouchers").receipt
    assert receipt is not None
    assert receipt.events == ("case.vouchers-filed", *["voucher.used"] * 9), "one append"

    number = f"{invoice.number[:10]}－{invoice.number[10:]}"
    refusal = there.hands_in("file-vouchers", **{**ALONE, "invoices": (replace(invoice, number=number),)}).refusal
    assert refusal is not None
    assert refusal.rule == RULE
    assert refusal.sentence == (
        f"发票 {invoice.number} 已用于示例市“示例轴承有限公司”第1批第 1 行“制造执行系统”，"
        "不能再用于东营市“彼处机械有限公司”第1批第 1 行“制造执行系统”"
    )
    gone = store.load(VoucherRegister, voucher_id(there.town.programme, "invoice", "", invoice.number))
    assert gone.used is not None
    assert (gone.used.case, gone.version) == (here.case, 1)
    assert there.file.filings == {}
    there.walked("file-vouchers")


@pytest.mark.parametrize("what", ["equipment", "contract"])
def test_a_machine_or_a_contract_is_found_too(store: EventStore, what: str) -> None:
    town = with_another_city(Town(store, f"{what} twice"))
    here, there = two_firms(town)
    here.walked("file-vouchers")
    if what == "equipment":
        first: Any = next(iter(here.file.filings.values()))
        serial = f" {first.equipment[0].serial.lower()} "
        answer = there.hands_in("file-vouchers", **{**ALONE, "equipment": (Equipment(serial, 3, "f" * 64),)})
    else:
        third = Other(town, town.firm().code)
        third.walked(*upto("pass-plan"))
        answer = third.hands_in("file-contract", contract=cast.contract(number=f"ht1 {here.code.lower()}"))
    assert answer.refusal is not None
    assert answer.refusal.rule == RULE
    assert "示例市“示例轴承有限公司”" in answer.refusal.sentence


def test_of_two_firms_with_one_contract_the_second_is_not_put_on_file(store: EventStore) -> None:
    """Both were handed in before either was on file; a change to a contract of another firm is refused too."""
    town = Town(store, "one contract")
    signed = ("file-contract", {"contract": cast.contract(number="HT-7")})
    here, there = (town.firm().walked(*upto("pass-plan"), signed, "pass-contract") for _ in range(2))
    receipt = here.hands_in("register-contract").receipt
    assert receipt is not None
    assert "voucher.used" in receipt.events, "one append"
    refusal = there.hands_in("register-contract").refusal
    assert refusal is not None
    assert (refusal.rule, there.file.works) == (RULE, Works.REGISTERING)
    other = town.firm().walked(*upto("register-contract"))
    changed = other.hands_in("ask-contract-change", contract=cast.contract(number="ＨＴ－7")).refusal
    assert changed is not None
    assert changed.rule == RULE
    assert here.hands_in("ask-contract-change", contract=cast.contract(number="HT-7")).refusal is None, "its own"


def test_of_two_cities_that_file_one_invoice_at_once_one_is_refused(store: EventStore) -> None:
    town = with_another_city(Town(store, "two at once"))
    for attempt in range(4):
        firms = two_firms(town)
        invoice = replace(papers(firms[0])["invoices"][0], number=f"{attempt:020d}")
        commands = [firm.command("file-vouchers", **{**ALONE, "invoices": (invoice,)}) for firm in firms]
        answers = at_desks_of_their_own(store, commands, firms[0].now)
        assert [answer.refusal.rule for answer in answers if answer.refusal] == [RULE]
        assert sum(len(firm.file.filings) for firm in firms) == 1
        facts = store.facts(voucher_id(town.programme, "invoice", "", invoice.number))
        assert [type(one) for one in facts] == [VoucherUsed]


def test_a_rehearsals_vouchers_never_meet_the_citys_own(store: EventStore) -> None:
    one, other = (Town(store, f"world {name}").firm() for name in "ab")
    for firm in (one, other):
        firm.walked(*upto("register-contract"))
    same = {**ALONE, "invoices": (replace(papers(one)["invoices"][0], number="7" * 20),)}
    assert one.hands_in("file-vouchers", **same).refusal is None
    assert other.hands_in("file-vouchers", **same).refusal is None


# --- told


def test_the_papers_and_the_working_are_told(store: EventStore, shell: Shell) -> None:
    rules = pack({"payout.vouchers": True, "payout.earlier_money": "deduct"})
    firm = Town(store, "told", rules=rules).firm().walked(*upto("report-completion"), "file-vouchers")
    on_paper = shell.run("explain", str(firm.case)).out
    filed: Any = next(iter(firm.file.filings.values()))
    for words in ("凭证已提交", filed.invoices[0].number, "含税", "1 制造执行系统 600,000.01", "a" * 64, "SN-"):
        assert words in on_paper, words
    firm.walked(*[step for step in upto("verify-entitlement") if step not in upto("report-completion")][:-1])
    firm.walked("record-earlier-support", "verify-entitlement")
    told = account(store, firm.town.desk, firm.case, firm.now)
    assert told.working is not None
    assert told.working.agrees
    assert told.working.again.amount == cast.ENTITLEMENT - Money.yuan("1000")
    assert "省级技改专项 1,000.00 元，省财企2号" in shell.run("explain", str(firm.case)).out


def test_a_denial_is_worked_out_again_too(store: EventStore, shell: Shell) -> None:
    firm = Town(store, "denied").firm().walked(*upto("assign-evaluator"))
    firm.walked(("file-evaluation", {"verified": ()}), "pass-acceptance", "publish-acceptance", "~acceptance_notice")
    firm.walked("confirm-acceptance", "deny-subsidy")
    told = account(store, firm.town.desk, firm.case, firm.now)
    assert told.working is not None
    assert told.working.agrees
    shown = shell.run("case", "show", str(firm.case), "--json").json
    assert (shown["subsidy"], shown["stage"]) == ("not-due", "look-back")
    assert "资金：不予补助" in shell.run("explain", str(firm.case)).out


def test_papers_are_read_from_the_command_line(shell: Shell, store: EventStore) -> None:
    firm = Town(store, "by hand").firm().walked(*upto("register-contract"))
    covers = [{"line": 1, "amount": "60.00"}, {"line": 2, "amount": "40"}]
    invoice = {
        "code": "",
        "number": "2" * 20,
        "amount": "100.001",
        "tax": "included",
        "issued": "2026-03-01",
        "seller": cast.OUT,
        "sha256": "a" * 64,
        "covers": covers,
    }
    words = ("case", "do", str(firm.case), "file-vouchers", f"contract_sha256={'b' * 64}")
    hand = ("--by", "firm-1", "--role", "企业", "--org", firm.code)
    for wrong, said in (
        ({}, "发票（invoices）第 1 项的金额（元）（amount） 应为金额"),
        ({"amount": "100", "tax": "both"}, "included、excluded 之一"),
        ({"amount": "100", "covers": [{"line": 1}]}, "缺少 金额（元）（amount）"),
    ):
        told = shell.run(*words, f"invoices={json.dumps([invoice | wrong])}", *hand)
        assert told.status == 2
        assert said in told.err, told.err
