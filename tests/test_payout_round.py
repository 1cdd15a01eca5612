"""兑付轮次 on the record: one plan by its hash, every step another hand, every fen from the plan to the receipt."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

import pytest

from activities import payout_rounds
from activities.desk import Desk
from activities.messages import Answer
from activities.reconcile import reconcile
from domain.case.file import Qualification, Stage, Subsidy
from domain.fund.appropriation import AppropriateFund
from domain.fund.file import RETROFIT_LINE, Fund, Part, Source
from domain.identity import command_id, fund_id
from domain.money import ZERO, Money
from domain.payout_round.file import PayoutRoundClosed, Slip
from domain.payout_round.payment import FileReceipts
from domain.payout_round.plan import Share, plan_hash
from domain.payout_round.planning import Claim
from eventstore.store import EventStore
from policies.calendars import published
from tests.domain import cast
from tests.domain.cast import ACCOUNT, ENTITLEMENT
from tests.domain.lines import SHUT_DOWN
from tests.domain.play import shows
from tests.engine import CITY, Town, upto
from tests.paymaster import Paymaster

VERIFIED: Final = upto("verify-entitlement")
TWO: Final = Money(2 * ENTITLEMENT.fen)


@pytest.fixture
def town(store: EventStore, request: pytest.FixtureRequest) -> Town:
    return Town(store, request.node.name)


def paymaster(town: Town, firms: int = 2, number: str = "2026-1") -> Paymaster:
    """A round for so many firms whose subsidy is worked out."""
    return Paymaster(town, number, [town.firm().walked(*VERIFIED) for _ in range(firms)])


def fund_of(town: Town) -> Fund:
    return town.store.load(Fund, fund_id(CITY, town.programme, RETROFIT_LINE))


def books(town: Town) -> tuple[Money, Money, Money]:
    fund = fund_of(town)
    assert fund.difference == ZERO
    return fund.available, fund.committed, fund.paid


def refused(answer: Answer, rule: str, *words: str) -> None:
    assert answer.refusal is not None, rule
    assert answer.refusal.rule == rule, answer.refusal
    assert all(word in answer.refusal.sentence for word in words), answer.refusal.sentence


def last_of(paying: Paymaster) -> PayoutRoundClosed:
    """How the round ended."""
    fact = paying.town.store.facts(paying.file.id)[-1]
    assert isinstance(fact, PayoutRoundClosed)
    return fact


def states(paying: Paymaster) -> list[Subsidy]:
    return [firm.file.subsidy for firm in paying.firms]


# --- the whole way


def test_a_round_goes_from_the_plan_to_the_last_receipt_and_every_fen_is_booked(town: Town) -> None:
    paying = paymaster(town).drawn()
    assert paying.file.step == "approval"
    assert [line.amount for line in paying.file.lines] == [ENTITLEMENT] * 2
    assert paying.file.sha256 == plan_hash(paying.file.lines)
    assert books(town) == (Money.wan(1000), ZERO, ZERO)

    paying.did("approve-payout-plan")
    assert paying.file.approvals == ("countersign",)
    assert states(paying) == [Subsidy.VERIFIED] * 2
    paying.did("approve-payout-plan")
    assert paying.file.step == "payment"
    assert states(paying) == [Subsidy.APPROVED] * 2
    assert books(town) == (Money.wan(1000) - TWO, TWO, ZERO)

    paying.did("instruct-payments")
    assert [order.account for order in paying.file.orders] == [
        replace(ACCOUNT, name=firm.file.firm) for firm in paying.firms
    ]
    assert states(paying) == [Subsidy.INSTRUCTED] * 2
    paying.did("file-receipts")
    assert [firm.file.stage for firm in paying.firms] == [Stage.LOOKBACK] * 2
    assert books(town) == (Money.wan(1000) - TWO, ZERO, TWO)

    paying.did("close-payout-round")
    closed = last_of(paying)
    assert (closed.approved, closed.paid, closed.lost) == (TWO, TWO, ZERO)
    assert reconcile(town.store, CITY, town.programme).faults == []


def test_an_approval_is_one_append_on_the_round_the_fund_and_every_firm(town: Town) -> None:
    paying = paymaster(town).drawn().did("approve-payout-plan")
    receipt = paying.hands_in("approve-payout-plan").receipt
    assert receipt is not None
    assert receipt.subject == paying.file.id
    assert receipt.events == (
        *("payout-round.approval-given", "payout-round.approved"),
        *["fund.committed"] * 2,
        *["queue.left"] * 2,
        *["case.payout-approved"] * 2,
    )


# --- the plan


@shows("firm_must_stand_in_one_plan")
def test_a_firm_stands_in_one_plan_at_a_time(town: Town) -> None:
    first = paymaster(town, 1).drawn()
    second = Paymaster(town, "2026-2", first.firms)
    refused(second.hands_in("draw-payout-plan"), "firm_must_stand_in_one_plan", "另一轮次")
    first.did("call-off-payout-round")
    second.drawn()
    refused(first.hands_in("approve-payout-plan", cast.treasury2, approval="countersign"), "round_must_be_at_this_step")


@shows(
    "plan_must_name_a_firm",
    "firm_must_stand_once_in_the_plan",
    "amount_must_be_what_is_still_due",
    "firm_must_be_of_the_programme",
    "round_number_must_be_short_and_plain",
    "round_must_be_drawn_once",
    "round_must_have_been_drawn",
)
def test_a_plan_is_drawn_once_and_names_firms_of_the_programme_once_with_what_they_are_due(town: Town) -> None:
    paying = paymaster(town, 1)
    (claim,) = paying.claims()
    refused(paying.hands_in("draw-payout-plan", claims=()), "plan_must_name_a_firm")
    refused(paying.hands_in("draw-payout-plan", claims=(claim, claim)), "firm_must_stand_once_in_the_plan")
    for wrong in (Money(claim.amount.fen + 1), Money(claim.amount.fen - 1), ZERO, Money(-1)):
        changed = (replace(claim, amount=wrong),)
        refused(paying.hands_in("draw-payout-plan", claims=changed), "amount_must_be_what_is_still_due")
    stranger = Town(town.store, "another town").firm().walked(*VERIFIED)
    foreign = (Claim(stranger.case, ENTITLEMENT),)
    refused(paying.hands_in("draw-payout-plan", claims=foreign), "firm_must_be_of_the_programme")
    nobody = (Claim(command_id("nobody"), ENTITLEMENT),)
    refused(paying.hands_in("draw-payout-plan", claims=nobody), "firm_must_be_of_the_programme", "不存在")
    refused(paying.hands_in("draw-payout-plan", number="20 26"), "round_number_must_be_short_and_plain")
    assert paying.file.is_new
    refused(paying.hands_in("call-off-payout-round"), "round_must_have_been_drawn")
    paying.drawn()
    refused(paying.hands_in("draw-payout-plan"), "round_must_be_drawn_once")
    paying.did("call-off-payout-round")


@shows("fund_must_hold_the_whole_plan")
def test_a_plan_beyond_the_money_is_not_drawn(store: EventStore) -> None:
    town = Town(store, "not enough", money=Money(TWO.fen - 1))
    paying = paymaster(town)
    refused(paying.hands_in("draw-payout-plan"), "fund_must_hold_the_whole_plan", "中央", "800,000.00", "799,999.99")
    Paymaster(town, "2026-2", paying.firms[:1]).approved()
    assert books(town) == (Money(ENTITLEMENT.fen - 1), ENTITLEMENT, ZERO)


@shows("shares_must_be_told")
def test_several_sources_share_every_line_to_the_fen_and_the_shares_must_be_told(town: Town) -> None:
    more = AppropriateFund(
        command_id=command_id(town.programme, "more"),
        by=cast.treasury,
        city=CITY,
        programme=town.programme,
        line=RETROFIT_LINE,
        source=Source.CITY,
        amount=Money.wan(100),
        document="市财1号",
    )
    paying = paymaster(town, 1)
    assert town.desk.handle(more, paying.at).refusal is None
    refused(paying.hands_in("draw-payout-plan"), "shares_must_be_told", "多个资金来源")
    for wrong in ((Share("central", 0),), (Share("central", 1),) * 2, (Share("county", 1),)):
        refused(paying.hands_in("draw-payout-plan", shares=wrong), "shares_must_be_told")
    shares = (Share("central", 2), Share("city", 1))
    assert paying.hands_in("draw-payout-plan", shares=shares).refusal is None
    (line,) = paying.file.lines
    assert line.parts == (Part("central", Money(26666667)), Part("city", Money(13333333)))
    paying.did("approve-payout-plan", "approve-payout-plan", "instruct-payments", "file-receipts")
    fund = fund_of(town)
    assert (fund.balance("paid", "central"), fund.balance("paid", "city")) == (Money(26666667), Money(13333333))


# --- approvals


@shows("round_hand_must_differ", "approval_must_be_the_next", "approval_must_be_given_by_its_role")
def test_nobody_approves_what_they_drew_or_approves_twice_or_out_of_turn(town: Town) -> None:
    paying = paymaster(town, 1).drawn()
    rule = "round_hand_must_differ"
    early = paying.hands_in("approve-payout-plan", cast.leader, approval="government")
    refused(early, "approval_must_be_the_next", "财政会签")
    refused(paying.hands_in("approve-payout-plan", cast.leader), "approval_must_be_given_by_its_role", "市财政局")
    itself = replace(cast.treasury2, id=cast.clerk2.id)
    refused(paying.hands_in("approve-payout-plan", itself), rule, "拟定方案")
    paying.did("approve-payout-plan")
    again = replace(cast.leader, id=cast.treasury2.id)
    refused(paying.hands_in("approve-payout-plan", again), rule, "审批方案")
    reviewer = replace(cast.leader, id=cast.head.id)
    refused(paying.hands_in("approve-payout-plan", reviewer), "hand_must_differ", paying.firms[0].file.firm)
    refused(paying.hands_in("approve-payout-plan", document=" "), "words_must_be_given")
    paying.did("approve-payout-plan")
    for by in (cast.treasury2, replace(cast.treasury, id=cast.clerk2.id), replace(cast.treasury, id=cast.leader.id)):
        refused(paying.hands_in("instruct-payments", by), rule)
    paying.did("instruct-payments")
    for other in (cast.clerk2, cast.treasury2, cast.leader, cast.treasury):
        refused(paying.hands_in("file-receipts", replace(cast.county_treasury, id=other.id)), rule)
    paying.did("file-receipts")


@shows("approval_must_be_for_the_plan_as_it_stands")
def test_another_plan_is_another_hash_and_loses_the_approvals(town: Town) -> None:
    paying = paymaster(town).drawn().did("approve-payout-plan")
    seen = paying.file.sha256
    one = paying.claims()[:1]
    assert paying.hands_in("redraw-payout-plan", claims=one).refusal is None
    assert (paying.file.edition, paying.file.approvals) == (2, ())
    assert paying.firms[1].file.planned_in is None
    stale = {"sha256": seen, "approval": "countersign"}
    refused(
        paying.hands_in("approve-payout-plan", cast.treasury2, **stale), "approval_must_be_for_the_plan_as_it_stands"
    )
    paying.did("approve-payout-plan", "approve-payout-plan")
    assert states(paying) == [Subsidy.APPROVED, Subsidy.VERIFIED]


@shows("nothing_must_have_been_instructed")
def test_an_approved_plan_that_is_drawn_anew_gives_its_money_back_and_is_approved_again(town: Town) -> None:
    paying = paymaster(town).approved()
    assert paying.hands_in("redraw-payout-plan", claims=paying.claims()[1:]).refusal is None
    assert books(town) == (Money.wan(1000), ZERO, ZERO)
    assert states(paying) == [Subsidy.VERIFIED] * 2
    refused(paying.hands_in("instruct-payments"), "round_must_be_at_this_step")
    paying.did("approve-payout-plan", "approve-payout-plan", "instruct-payments")
    refused(paying.hands_in("redraw-payout-plan", claims=()), "nothing_must_have_been_instructed")


@shows("round_must_be_at_this_step")
def test_a_plan_may_be_sent_back_and_then_only_another_goes_on(town: Town) -> None:
    paying = paymaster(town, 1).drawn()
    back: dict[str, Any] = {"sha256": paying.file.sha256}
    refused(paying.hands_in("return-payout-plan", cast.leader, **back), "approval_must_be_given_by_its_role")
    refused(paying.hands_in("return-payout-plan", sha256="0" * 64), "approval_must_be_for_the_plan_as_it_stands")
    refused(paying.hands_in("return-payout-plan", **back, reason=" "), "words_must_be_given")
    assert paying.hands_in("return-payout-plan", **back).refusal is None
    late: dict[str, Any] = {"approval": "countersign", **back}
    refused(paying.hands_in("approve-payout-plan", cast.treasury2, **late), "round_must_be_at_this_step")
    assert paying.hands_in("redraw-payout-plan", claims=paying.claims()).refusal is None
    paying.did("approve-payout-plan", "approve-payout-plan")


def test_a_firm_that_lost_its_claim_stops_the_approval_by_name(town: Town) -> None:
    paying = paymaster(town).drawn().did("approve-payout-plan")
    gone = paying.firms[1]
    gone.walked("ask-withdrawal")
    refused(paying.hands_in("approve-payout-plan"), "withdrawal_must_be_decided_first", gone.file.firm)
    assert books(town) == (Money.wan(1000), ZERO, ZERO)
    gone.walked("approve-withdrawal")
    refused(paying.hands_in("approve-payout-plan"), "case_must_be_open", gone.file.firm)
    assert paying.hands_in("redraw-payout-plan", claims=paying.claims()[:1]).refusal is None
    paying.did("approve-payout-plan", "approve-payout-plan")


def test_a_firms_money_is_never_approved_or_instructed_by_itself(town: Town) -> None:
    firm = town.firm().walked(*VERIFIED)
    refused(firm.hands_in("approve-payout"), "payout_must_go_through_its_round", "lookback payout")
    firm.walked("approve-payout")
    refused(firm.hands_in("instruct-payment"), "payout_must_go_through_its_round")


# --- instructions


@shows("somebody_must_be_payable")
def test_whoever_does_not_pass_the_last_look_is_held_back_and_the_others_go(town: Town) -> None:
    paying = paymaster(town, 3).approved()
    found, listed, clean = paying.firms
    found.walked("draw-case", ("record-inspection", SHUT_DOWN))
    paying.did("instruct-payments")
    assert states(paying) == [Subsidy.APPROVED, Subsidy.INSTRUCTED, Subsidy.INSTRUCTED]
    (held,) = paying.file.held_back
    assert (held.case, held.rule) == (found.case, "money_must_not_be_frozen")
    refused(paying.hands_in("instruct-payments"), "somebody_must_be_payable", found.file.firm)
    found.walked("dismiss-finding")
    paying.did("instruct-payments")
    assert [order.instruction for order in paying.file.orders] == [
        firm.file.instruction for firm in (listed, clean, found)
    ]
    assert len({order.instruction for order in paying.file.orders}) == 3
    assert paying.file.files == 2


def test_no_money_without_an_account_in_the_firms_own_name(town: Town) -> None:
    without = [step for step in VERIFIED if step != "register-account"]
    firm = town.firm().walked(*without)
    paying = Paymaster(town, "2026-1", [firm]).approved()
    refused(paying.hands_in("instruct-payments"), "somebody_must_be_payable", "尚未登记收款账户")
    name = firm.file.firm
    other = replace(ACCOUNT, name="别家公司")
    refused(firm.hands_in("register-account", account=other), "account_must_be_the_firms_own", "别家公司")
    for number in ("", "12345", "6222 0000 1111", "６２２２００００１１１１", "62220000x1112222"):
        wrong = replace(ACCOUNT, name=name, number=number)
        refused(firm.hands_in("register-account", account=wrong), "account_must_be_complete")
    refused(
        firm.hands_in("register-account", account=replace(ACCOUNT, name=name, bank=" ")), "account_must_be_complete"
    )
    wide = replace(ACCOUNT, name=name.replace("有限", " 有限"))
    assert firm.hands_in("register-account", account=wide).refusal is None
    paying.did("instruct-payments", "file-receipts", "close-payout-round")


@shows("round_must_be_reconciled")
def test_a_bounced_payment_is_instructed_again_under_a_new_number_for_the_same_entitlement(town: Town) -> None:
    paying = paymaster(town, 1).instructed()
    (firm,) = paying.firms
    first = firm.file.instruction
    bounced = (Slip(first, ENTITLEMENT, paying.at.date(), "账号有误"),)
    assert paying.hands_in("file-receipts", slips=bounced).refusal is None
    assert states(paying) == [Subsidy.APPROVED]
    assert books(town) == (Money.wan(1000) - ENTITLEMENT, ENTITLEMENT, ZERO)
    refused(paying.hands_in("close-payout-round"), "round_must_be_reconciled", firm.file.firm)
    paying.did("instruct-payments")
    assert firm.file.instruction != first
    late = (Slip(first, ENTITLEMENT, paying.at.date(), ""),)
    refused(paying.hands_in("file-receipts", slips=late), "receipt_must_match_the_instruction")
    paying.did("file-receipts", "close-payout-round")
    assert books(town) == (Money.wan(1000) - ENTITLEMENT, ZERO, ENTITLEMENT)


@shows("firm_must_be_in_the_plan")
def test_a_firm_may_be_taken_out_until_it_is_instructed(town: Town) -> None:
    paying = paymaster(town, 2).approved()
    out, stays = paying.firms
    said: dict[str, Any] = {"document": "纪要9号", "cases": (out.case,)}
    refused(paying.hands_in("retract-payouts", **said, reason=" "), "words_must_be_given")
    refused(paying.hands_in("retract-payouts", **said | {"document": ""}), "words_must_be_given")
    refused(paying.hands_in("retract-payouts", **said | {"cases": ()}), "plan_must_name_a_firm")
    itself = replace(cast.leader3, id=cast.clerk2.id)
    refused(paying.hands_in("retract-payouts", itself, **said), "round_hand_must_differ")
    assert paying.hands_in("retract-payouts", **said).refusal is None
    assert books(town) == (Money.wan(1000) - ENTITLEMENT, ENTITLEMENT, ZERO)
    refused(paying.hands_in("retract-payouts", **said), "firm_must_be_in_the_plan")
    paying.did("instruct-payments")
    refused(paying.hands_in("retract-payouts", **said | {"cases": (stays.case,)}), "step_must_be_due")
    paying.did("file-receipts", "close-payout-round")
    closed = last_of(paying)
    assert (closed.approved, closed.paid, closed.lost) == (TWO, ENTITLEMENT, ENTITLEMENT)
    Paymaster(town, "2026-2", [out]).paid()


# --- receipts


def slips_of(paying: Paymaster, **changes: Any) -> tuple[Slip, ...]:
    first, *others = paying.slips()
    return (replace(first, **changes), *others)


@shows("receipt_must_be_for_an_instruction_of_the_round", "instruction_must_stand_once_in_the_file")
@shows("receipts_must_hold_a_line")
def test_a_wrong_receipt_is_refused_by_name_and_nothing_of_the_file_is_booked(town: Town) -> None:
    paying = paymaster(town).instructed()
    today = paying.at.date()
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"instruction": "别的指令"}, "receipt_must_be_for_an_instruction_of_the_round"),
        ({"amount": Money(ENTITLEMENT.fen - 1)}, "receipt_must_match_the_instruction"),
        ({"amount": Money(-ENTITLEMENT.fen)}, "receipt_must_match_the_instruction"),
        ({"amount": ZERO}, "receipt_must_match_the_instruction"),
        ({"on": today + timedelta(days=1)}, "day_must_not_lie_ahead"),
        ({"on": date(2020, 1, 1)}, "day_must_not_lie_before"),
    ]
    for changes, rule in wrong:
        refused(paying.hands_in("file-receipts", slips=slips_of(paying, **changes)), rule)
    refused(paying.hands_in("file-receipts", slips=()), "receipts_must_hold_a_line")
    twice = (*paying.slips(), paying.slips()[0])
    refused(paying.hands_in("file-receipts", slips=twice), "instruction_must_stand_once_in_the_file")
    elsewhere = replace(cast.county_treasury, id="county-treasury-9", organisation="临淄区")
    refused(paying.hands_in("file-receipts", elsewhere), "hand_must_belong_to_the_case", "临淄区")
    assert states(paying) == [Subsidy.INSTRUCTED] * 2
    assert books(town)[2] == ZERO
    paying.did("file-receipts")
    assert books(town)[2] == TWO


def test_the_lines_of_a_file_are_judged_one_by_one(town: Town) -> None:
    paying = paymaster(town, 3).instructed()
    first, second, third = paying.slips()
    command = paying.command(
        "file-receipts", slips=(first, replace(second, amount=Money(1)), replace(third, instruction="别的"))
    )
    assert isinstance(command, FileReceipts)
    said = payout_rounds.verdicts(town.store, published(), command, paying.at)
    assert [no and no.rule for no in said] == [
        None,
        "receipt_must_match_the_instruction",
        "receipt_must_be_for_an_instruction_of_the_round",
    ]
    assert books(town)[2] == ZERO


@shows("receipts_must_be_taken_in_once")
def test_the_same_file_is_taken_in_once(town: Town) -> None:
    paying = paymaster(town).instructed()
    slips = paying.slips()
    assert paying.hands_in("file-receipts", slips=slips[:1], sha256="a" * 64).refusal is None
    refused(paying.hands_in("file-receipts", slips=slips[:1], sha256="a" * 64), "receipts_must_be_taken_in_once")
    refused(paying.hands_in("file-receipts", slips=slips, sha256="b" * 64), "step_must_be_due")
    assert paying.hands_in("file-receipts", slips=slips[1:], sha256="c" * 64).refusal is None
    paying.did("close-payout-round")


def test_a_firm_that_was_revoked_on_the_way_is_not_paid_and_the_round_can_still_end(town: Town) -> None:
    paying = paymaster(town).approved()
    lost, paid = paying.firms
    lost.walked("draw-case", ("record-inspection", SHUT_DOWN), "file-statement", "revoke-qualification")
    assert lost.file.qualification is Qualification.REVOKED
    assert books(town) == (Money.wan(1000) - ENTITLEMENT, ENTITLEMENT, ZERO)
    paying.did("instruct-payments")
    assert [order.case for order in paying.file.orders] == [paid.case]
    paying.did("file-receipts", "close-payout-round")
    closed = last_of(paying)
    assert (closed.paid, closed.lost) == (ENTITLEMENT, ENTITLEMENT)


# --- at once


def at_once(town: Town, rounds: Sequence[Paymaster], kind: str) -> list[Answer]:
    """The same step of several rounds in one moment, each at a desk of its own, as in several workers."""
    together = threading.Barrier(len(rounds))
    commands = [(paying.command(kind), Desk(town.store, published()), paying.at) for paying in rounds]

    def do(one: tuple[Any, Desk, Any]) -> Answer:
        command, desk, at = one
        together.wait(10)
        return desk.handle(command, at)

    with ThreadPoolExecutor(len(rounds)) as threads:
        return list(threads.map(do, commands))


def test_rounds_that_are_approved_at_once_never_spend_more_than_there_is(store: EventStore) -> None:
    town = Town(store, "short of money", money=Money(ENTITLEMENT.fen * 5 // 2))
    rounds = [paymaster(town, 1, f"2026-{n}").drawn().did("approve-payout-plan") for n in range(1, 7)]
    answers = at_once(town, rounds, "approve-payout-plan")
    assert sorted(answer.refusal.rule for answer in answers if answer.refusal) == ["fund_must_hold_enough"] * 4
    assert books(town) == (Money(ENTITLEMENT.fen // 2), TWO, ZERO)


def test_two_hands_that_approve_the_same_plan_at_once_approve_it_once(town: Town) -> None:
    paying = paymaster(town).drawn().did("approve-payout-plan")
    answers = at_once(town, [paying, Paymaster(town, paying.number, paying.firms, said=50)], "approve-payout-plan")
    (no,) = [answer.refusal for answer in answers if answer.refusal]
    assert no.rule in ("round_must_be_at_this_step", "step_must_be_due")  # as far as it had read when it was beaten
    assert books(town) == (Money.wan(1000) - TWO, TWO, ZERO)
