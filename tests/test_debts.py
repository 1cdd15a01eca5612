"""欠缴暂缓拨付: a firm that owes public money back of another case is held back by name, and nobody else is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from activities import registers
from domain.case.file import CasePapers, Recovery, Subsidy
from domain.case.recovery import owes
from domain.identity import command_id, register_id
from domain.register import FirmApplied, Register
from eventstore.store import EventStore
from policies.calendars import published
from tests.domain.lines import SHUT_DOWN
from tests.engine import CITY, Firm, Town, upto
from tests.paymaster import Paymaster

RULE = "firm_must_have_paid_its_debts"
VERIFIED = upto("verify-entitlement")
OWING = (
    *upto("record-receipt"),
    *("draw-case", ("record-inspection", SHUT_DOWN), "file-statement", "revoke-qualification"),
    *("notify-recovery", "decide-recovery"),
)


@pytest.fixture
def town(store: EventStore, request: pytest.FixtureRequest) -> Town:
    return Town(store, request.node.name)


def belongs_to_the_same_firm(debtor: Firm, firm: Firm) -> None:
    """The register of the one names the case of the other too."""
    command = replace(firm.command("open-case"), command_id=command_id("same firm", str(firm.case)))
    register = firm.town.store.load(Register, register_id(firm.town.programme, firm.code))
    papers = CasePapers(command, firm.now, firm.town.rules, published())
    batch = firm.file.batch
    assert batch is not None
    home: dict[str, Any] = {"city": CITY, "city_name": "淄博市", "programme": firm.town.programme, "batch": batch}
    register.record(FirmApplied, papers, credit_code=firm.code, case=debtor.case, **home)
    firm.town.store.append([register], command)


def test_a_plan_takes_no_firm_that_owes_and_the_instruction_asks_once_more(town: Town) -> None:
    debtor, firm, clean = (town.firm().walked(*steps) for steps in (OWING, VERIFIED, VERIFIED))
    belongs_to_the_same_firm(debtor, firm)
    assert debtor.file.recovery is Recovery.DECIDED
    paying = Paymaster(town, "2026-9", [firm, clean], now=debtor.now)
    answer = paying.hands_in("draw-payout-plan")
    assert answer.refusal is not None
    assert (answer.refusal.rule, "400,000.00" in answer.refusal.sentence) == (RULE, True)
    assert paying.file.is_new

    debtor.walked("record-refund")
    paying.drawn()


def test_a_debt_that_arose_meanwhile_holds_back_this_firm_alone(town: Town) -> None:
    debtor, firm, clean = (town.firm().walked(*steps) for steps in (OWING, VERIFIED, VERIFIED))
    paying = Paymaster(town, "2026-9", [firm, clean], now=debtor.now).approved()
    belongs_to_the_same_firm(debtor, firm)
    paying.did("instruct-payments")
    assert [one.file.subsidy for one in (firm, clean)] == [Subsidy.APPROVED, Subsidy.INSTRUCTED]
    assert [(held.case, held.rule) for held in paying.file.held_back] == [(firm.case, RULE)]
    debtor.walked("record-refund")
    paying.did("instruct-payments", "file-receipts", "close-payout-round")


def test_in_the_queue_a_debtor_keeps_its_place_and_is_passed_over(town: Town) -> None:
    debtor, firm, clean = (town.firm().walked(*steps) for steps in (OWING, VERIFIED, VERIFIED))
    paying = Paymaster(town, "2026-9", [clean], now=debtor.now)
    no = paying.hands_in("draw-payout-plan", way="queue").refusal
    assert no is not None
    assert no.rule == "plan_must_follow_the_queue"
    belongs_to_the_same_firm(debtor, firm)
    assert owes(*registers.elsewhere(town.store, firm.file))
    assert paying.hands_in("draw-payout-plan", way="queue").refusal is None
