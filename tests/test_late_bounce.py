"""到账后退票 on the record: a round that was over opens again, its firm is paid once more, and every fen is found."""

from __future__ import annotations

from typing import Any

import pytest

from activities.reconcile import reconcile
from domain.case.file import Stage, Subsidy
from domain.fund.file import RETROFIT_LINE, Fund
from domain.identity import fund_id, queue_id
from domain.money import ZERO, Money
from domain.payout_round.file import PayoutRoundClosed, Slip
from domain.payout_round.reckoning import Where, reckon
from domain.queue import PayoutQueue
from eventstore.store import EventStore
from tests.domain.cast import ENTITLEMENT
from tests.domain.lines import SHUT_DOWN
from tests.engine import CITY, Town, upto
from tests.paymaster import Paymaster

VERIFIED = upto("verify-entitlement")


@pytest.fixture
def town(store: EventStore, request: pytest.FixtureRequest) -> Town:
    return Town(store, request.node.name)


@pytest.fixture
def closed(town: Town) -> Paymaster:
    """A round of two firms that have their money."""
    paying = Paymaster(town, "2026-1", [town.firm().walked(*VERIFIED) for _ in range(2)])
    return paying.paid().did("close-payout-round")


def came_back(paying: Paymaster) -> Slip:
    """The bank sends the first firm's money back."""
    return Slip(paying.file.orders[0].instruction, ENTITLEMENT, paying.at.date(), "账户已销户")


def books(town: Town) -> tuple[Money, Money]:
    """Set aside for the firms, and paid to them."""
    fund = town.store.load(Fund, fund_id(CITY, town.programme, RETROFIT_LINE))
    assert fund.difference == ZERO
    assert reconcile(town.store, CITY, town.programme).faults == []
    return fund.committed, fund.paid


def standing(paying: Paymaster) -> list[Where]:
    told = reckon(paying.file, {firm.case: firm.file for firm in paying.firms}, ())
    assert told.difference == ZERO
    return [one.where for one in told.lines]


def test_a_closed_round_opens_again_is_paid_and_closed_a_second_time(town: Town, closed: Paymaster) -> None:
    answer = closed.hands_in("file-receipts", slips=(came_back(closed),))
    assert answer.receipt is not None
    assert answer.receipt.events == (
        *("payout-round.reopened", "payout-round.receipts-filed"),
        *("fund.payment-returned", "case.payment-returned"),
    )
    first, other = closed.firms
    assert (closed.file.step, standing(closed)) == ("payment", [Where.BOUNCED, Where.RECEIVED])
    assert (first.file.stage, first.file.subsidy) == (Stage.LOOKBACK, Subsidy.APPROVED)
    assert books(town) == (ENTITLEMENT, ENTITLEMENT)
    no = closed.hands_in("close-payout-round").refusal
    assert no is not None
    assert no.rule == "round_must_be_reconciled"

    closed.did("instruct-payments")
    assert [order.case for order in closed.file.orders] == [first.case, other.case, first.case]
    closed.did("file-receipts", "close-payout-round")
    assert standing(closed) == [Where.RECEIVED] * 2
    ends = [fact for fact in town.store.facts(closed.file.id) if isinstance(fact, PayoutRoundClosed)]
    assert [(end.approved, end.paid) for end in ends] == [(Money(2 * ENTITLEMENT.fen),) * 2] * 2
    assert books(town) == (ZERO, Money(2 * ENTITLEMENT.fen))


def test_a_round_that_is_still_open_has_only_waited(town: Town) -> None:
    paying = Paymaster(town, "2026-1", [town.firm().walked(*VERIFIED)]).paid()
    answer = paying.hands_in("file-receipts", slips=(came_back(paying),))
    assert answer.receipt is not None
    assert "payout-round.reopened" not in answer.receipt.events
    paying.did("instruct-payments", "file-receipts", "close-payout-round")
    assert books(town) == (ZERO, ENTITLEMENT)


def test_by_hand_the_same_append_opens_the_round(town: Town, closed: Paymaster) -> None:
    first = closed.firms[0]
    answer = first.hands_in("record-bounce", instruction=first.file.instruction)
    assert answer.receipt is not None
    assert set(answer.receipt.events) == {"payout-round.reopened", "fund.payment-returned", "case.payment-returned"}
    assert closed.file.step == "payment"
    closed.did("instruct-payments", "file-receipts", "close-payout-round")
    assert books(town) == (ZERO, Money(2 * ENTITLEMENT.fen))


def test_what_came_back_may_be_taken_out_and_stands_in_line_again(town: Town, closed: Paymaster) -> None:
    first = closed.firms[0]
    first.walked(("record-bounce", {"instruction": first.file.instruction}))
    out: dict[str, Any] = {"cases": (first.case,), "document": "纪要9号"}
    assert closed.hands_in("retract-payouts", **out).refusal is None
    closed.did("close-payout-round")
    assert standing(closed) == [Where.GONE, Where.RECEIVED]
    queue = town.store.load(PayoutQueue, queue_id(CITY, town.programme, RETROFIT_LINE))
    assert queue.waiting[first.case].amount == ENTITLEMENT
    assert books(town) == (ZERO, ENTITLEMENT)
    Paymaster(town, "2026-2", [first]).paid().did("close-payout-round")
    assert books(town) == (ZERO, Money(2 * ENTITLEMENT.fen))


def test_a_closed_round_takes_no_other_receipt(closed: Paymaster) -> None:
    slip = Slip(closed.file.orders[0].instruction, ENTITLEMENT, closed.at.date(), "")
    no = closed.hands_in("file-receipts", slips=(slip,)).refusal
    assert no is not None
    assert no.rule == "step_must_be_due"
    assert closed.file.step == "closed"


def test_the_same_return_is_booked_once_however_it_comes(town: Town, closed: Paymaster) -> None:
    slip = came_back(closed)
    assert closed.hands_in("file-receipts", slips=(slip,)).refusal is None
    again = closed.hands_in("file-receipts", slips=(slip,)).refusal
    by_hand = closed.firms[0].hands_in("record-bounce", instruction=slip.instruction).refusal
    assert again is not None
    assert by_hand is not None
    assert {again.rule, by_hand.rule} == {"step_must_be_due"}
    assert books(town) == (ENTITLEMENT, ENTITLEMENT)


def test_a_revoked_firms_money_that_comes_back_is_free_and_the_books_agree(town: Town) -> None:
    paying = Paymaster(town, "2026-1", [town.firm().walked(*VERIFIED)]).paid()
    (firm,) = paying.firms
    firm.walked("draw-case", ("record-inspection", SHUT_DOWN), "file-statement", "revoke-qualification")
    assert firm.hands_in("record-bounce", instruction=paying.file.orders[0].instruction).refusal is None
    assert (firm.file.subsidy, firm.file.paid) == (Subsidy.RELEASED, ZERO)
    assert books(town) == (ZERO, ZERO)
