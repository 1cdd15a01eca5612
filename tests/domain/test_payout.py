"""兑付: worked out to the fen, approved against the budget, instructed and received, each by another person."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest

from domain.case.entitlement import EntitlementVerified, entitlement
from domain.case.file import Acceptance, Qualification, Stage, Subsidy
from domain.case.payout import AccountRegistered, PartReceived, PaymentBounced, PaymentInstructed, PaymentReceived
from domain.case.payout_plan import PayoutApproved, still_due
from domain.case.rooms import decide
from domain.exclusions import ListKind
from domain.fund.file import FundCommitted, FundPaid
from domain.fund.payment import commit
from domain.identity import command_id
from domain.money import Money
from domain.notice.file import Notice
from domain.notice.snapshot import Row, Snapshot, Subject
from domain.payout_round.rules import chain_must_end_with_who_decides, plan_must_have_stood_before_the_public
from domain.people import Person
from domain.policy import Cited, Standing
from domain.spend import SpendLine
from tests.domain.cast import (
    ACCOUNT,
    CASE,
    CITY,
    CODE,
    ENTITLEMENT,
    LINES,
    PROGRAMME,
    RULES,
    clause,
    clerk1,
    clerk2,
    county,
    county_treasury,
    head,
    leader,
    rules,
    treasury,
    treasury2,
)
from tests.domain.lines import FOUND, MAIN, SHUT_DOWN
from tests.domain.play import Play, after, fact, passed, ready, refused, shows
from tests.domain.test_exclusions import listing, taken

MONEY_STEPS = ("approve-payout", "instruct-payment")
TODAY = date(2026, 3, 2)


# --- 核定


@pytest.mark.parametrize(
    ("spend", "amount"),
    [
        ("999999.99", "499999.99"),  # half of it ends in half a fen, which is dropped
        ("1000000.00", "500000.00"),
        ("1000000.02", "500000.00"),  # capped
        ("0.01", "0.00"),
        ("0.02", "0.01"),
        ("0.03", "0.01"),
    ],
)
def test_half_of_the_spend_to_the_fen_and_never_above_the_cap(spend: str, amount: str) -> None:
    worked_out = entitlement([SpendLine("software", "系统", Money.yuan(spend))], RULES, TODAY)
    assert worked_out.amount == Money.yuan(amount)


def test_the_working_shows_what_counted_what_did_not_and_where_it_stands() -> None:
    worked_out = entitlement(LINES, RULES, TODAY)

    assert (worked_out.amount, worked_out.ratio, worked_out.cap) == (ENTITLEMENT, "1/2", Money.wan(50))
    assert worked_out.eligible == Money.yuan("800000.01")
    assert [(line.what, line.amount, line.clause) for line in worked_out.excluded] == [
        (LINES[3].what, LINES[3].amount, clause("payout.eligible"))
    ]
    steps = "\n".join(worked_out.steps)
    for said in ("800000.01", "咨询 20000.00", "1/2", "400000.00", "500000.00"):
        assert said in steps
    for key in ("payout.eligible", "payout.ratio", "payout.cap"):
        assert clause(key) in steps


def test_what_is_paid_is_by_the_rules_of_the_day_of_completion() -> None:
    def dated(old: object, new: object) -> tuple[Cited, ...]:
        return (
            Cited(old, "示例办法 首批", Standing.STATED),  # type: ignore[arg-type]
            Cited(new, "示例办法 次批", Standing.STATED, since=date(2026, 9, 1)),  # type: ignore[arg-type]
        )

    values = {
        **RULES.values,
        "payout.ratio": dated(Fraction(1, 2), Fraction(1, 3)),
        "payout.cap": dated(Money.wan(50), Money.wan(20)),
    }
    works = ready("report-completion").under(replace(RULES, values=values)).on(date(2026, 9, 1))

    def completed(on: date) -> Play:
        first, last = MAIN.index("report-completion") + 1, MAIN.index("confirm-acceptance")
        published = works.did(("report-completion", {"completed_on": on}), *MAIN[first:last])
        accepted = published.did("~acceptance_notice", "confirm-acceptance")
        return accepted.when("verify-entitlement").then(EntitlementVerified)

    before = completed(date(2026, 8, 31))
    assert before.happened[0].clauses == (clause("payout.eligible"), "示例办法 首批", "示例办法 首批")
    since = completed(date(2026, 9, 1))
    assert since.happened[0].clauses == (clause("payout.eligible"), "示例办法 次批", "示例办法 次批")
    assert before.case.entitlement and before.case.entitlement.amount == ENTITLEMENT
    assert since.case.entitlement and since.case.entitlement.amount == Money.wan(20)
    assert "次批" in "".join(since.case.entitlement.steps) and "次批" not in "".join(before.case.entitlement.steps)


@pytest.mark.parametrize("key", ["payout.ratio", "payout.cap", "payout.eligible"])
def test_nothing_is_worked_out_while_the_pack_is_silent(key: str) -> None:
    ready("verify-entitlement").under(rules(without=[key])).when("verify-entitlement").then_refused(
        "pack_must_answer_before_the_step", key=key
    )


@shows("there_must_be_something_to_pay")
def test_an_entitlement_of_nothing_is_not_verified() -> None:
    nothing_counts = rules({"payout.eligible": ()})
    ready("verify-entitlement").under(nothing_counts).when("verify-entitlement").then_refused(
        "there_must_be_something_to_pay"
    )
    verified = ready("verify-entitlement").when("verify-entitlement").then(fact(EntitlementVerified, verified=LINES))
    verified.then_deadlines(closed=("entitlement/1",)).then_booked()


# --- 批准


@shows("amount_must_be_what_is_still_due")
@pytest.mark.parametrize("wrong", [ENTITLEMENT + Money(1), ENTITLEMENT - Money(1), Money(0), -ENTITLEMENT])
def test_what_is_approved_is_what_was_worked_out(wrong: Money) -> None:
    ready("approve-payout").when("approve-payout", amount=wrong).then_refused("amount_must_be_what_is_still_due")
    approved = ready("approve-payout").when("approve-payout")
    approved.then(fact(PayoutApproved, amount=ENTITLEMENT, document="纪要1号"))
    approved.then_booked(fact(FundCommitted, amount=ENTITLEMENT, case=CASE, debit="committed", credit="available"))


@shows("fund_must_hold_enough")
def test_an_approval_waits_for_the_budget() -> None:
    play = ready("approve-payout")
    empty = replace(play, fund_facts=Play(RULES).begun(ENTITLEMENT - Money(1)).fund_facts)
    empty.when("approve-payout").then_refused("fund_must_hold_enough")
    enough = replace(play, fund_facts=Play(RULES).begun(ENTITLEMENT).fund_facts)
    enough.when("approve-payout").then(PayoutApproved)


def test_an_approval_rests_on_a_document_and_so_does_an_instruction() -> None:
    for kind in MONEY_STEPS:
        ready(kind).when(kind, document=" ").then_refused("words_must_be_given")


@shows("firm_must_be_accepted_and_qualified")
@pytest.mark.parametrize("kind", ["verify-entitlement", *MONEY_STEPS])
@pytest.mark.parametrize(
    "lost", [{"qualification": Qualification.REVOKED}, {"acceptance": Acceptance.FAILED}], ids=["revoked", "failed"]
)
def test_every_step_looks_at_acceptance_and_qualification_anew(kind: str, lost: dict[str, object]) -> None:
    # No command leads a case here with either missing: the rule is the lock behind the locked door, so it is forced.
    play = ready(kind)
    papers = play.papers(play.command(kind))
    forced = play.case
    vars(forced).update(lost)
    with refused("firm_must_be_accepted_and_qualified", of=kind):
        decide(forced, papers)
    decide(play.case, papers)
    passed(kind)


@shows("withdrawal_must_be_decided_first")
@pytest.mark.parametrize("kind", MONEY_STEPS)
def test_no_money_moves_while_a_wish_to_leave_is_open(kind: str) -> None:
    asked = ready(kind).did("ask-withdrawal")
    asked.when(kind).then_refused("withdrawal_must_be_decided_first")
    assert asked.did("decline-withdrawal").when(kind).refusal is None


@shows("finding_must_be_settled_first", "money_must_not_be_frozen")
@pytest.mark.parametrize("kind", MONEY_STEPS)
def test_no_money_moves_while_an_inspection_is_open(kind: str) -> None:
    drawn = ready(kind).did("draw-case")
    drawn.when(kind).then_refused("finding_must_be_settled_first")
    found = drawn.did(("record-inspection", SHUT_DOWN)).then_stands(frozen=True)
    found.when(kind).then_refused("money_must_not_be_frozen")
    assert found.did("dismiss-finding").when(kind).refusal is None
    assert drawn.did("record-inspection").when(kind).refusal is None


# --- 拨付, 到账, 退票


def test_the_instruction_is_numbered_and_starts_the_clock() -> None:
    told = ready("instruct-payment").when("instruct-payment")
    told.then(fact(PaymentInstructed, instruction=f"{CITY}-{PROGRAMME}-{CODE}-1", amount=ENTITLEMENT)).then_booked()
    told.then_deadlines(set=("payment/1",))


@shows("receipt_must_match_the_instruction")
def test_a_receipt_is_for_the_open_instruction_and_its_amount() -> None:
    rule, due = "receipt_must_match_the_instruction", ready("record-receipt")
    due.when("record-receipt", instruction="别的指令").then_refused(rule)
    due.when("record-receipt", instruction="").then_refused(rule)
    due.when("record-receipt", amount=ENTITLEMENT - Money(1)).then_refused(rule)
    due.when("record-bounce", instruction="别的指令").then_refused(rule)
    received = due.when("record-receipt").then(fact(PaymentReceived, amount=ENTITLEMENT))
    received.then_booked(fact(FundPaid, amount=ENTITLEMENT, case=CASE, debit="paid", credit="committed"))
    received.then_stands(stage=Stage.LOOKBACK, paid=ENTITLEMENT).then_deadlines(closed=("payment/1",))


def test_money_is_not_received_before_it_came() -> None:
    due = ready("record-receipt")
    due.when("record-receipt", received_on=due.today + timedelta(days=1)).then_refused("day_must_not_lie_ahead")


def test_a_bounce_keeps_the_commitment_and_takes_a_new_number() -> None:
    ready("record-bounce").when("record-bounce", reason="").then_refused("words_must_be_given")
    bounced = ready("record-bounce").when("record-bounce").then(PaymentBounced).then_booked()
    bounced.then_stands(subsidy=Subsidy.APPROVED, instruction="").then_deadlines(closed=("payment/1",))
    assert bounced.fund.committed == ENTITLEMENT

    told = bounced.when("instruct-payment").then(fact(PaymentInstructed, instruction=f"{CITY}-{PROGRAMME}-{CODE}-2"))
    told.then_deadlines(set=("payment/2",))
    before = f"{CITY}-{PROGRAMME}-{CODE}-1"
    told.when("record-receipt", instruction=before).then_refused("receipt_must_match_the_instruction")
    paid = told.when("record-receipt").then(PaymentReceived)
    assert (paid.case.paid, paid.fund.paid, paid.fund.committed) == (ENTITLEMENT, ENTITLEMENT, Money(0))


def test_a_payment_on_its_way_comes_home_even_when_something_is_found_meanwhile() -> None:
    found = ready("record-receipt").did("draw-case", ("record-inspection", SHUT_DOWN))
    found.when("record-receipt").then(PaymentReceived)
    bounced = found.when("record-bounce").then(PaymentBounced)
    bounced.when("instruct-payment").then_refused("money_must_not_be_frozen")


# --- 不相容职责

JUDGES = (county, clerk1, head)
"""County review and city review and the acceptance's judgement, on the main path."""
CHAIN = (("verify-entitlement", clerk2), ("approve-payout", leader), ("instruct-payment", treasury))


@pytest.mark.parametrize("judge", JUDGES)
@pytest.mark.parametrize(
    ("kind", "by"),
    [("approve-payout", leader), ("instruct-payment", treasury), ("record-receipt", county_treasury)],
)
def test_who_judged_the_firm_moves_none_of_its_money(kind: str, by: Person, judge: Person) -> None:
    ready(kind).when(kind, by=replace(by, id=judge.id)).then_refused("hand_must_differ")


@pytest.mark.parametrize(
    ("kind", "by", "earlier"),
    [
        (kind, by, earlier)
        for place, (kind, by) in enumerate([*CHAIN, ("record-receipt", county_treasury)])
        for _, earlier in CHAIN[:place]
    ],
)
def test_no_person_does_two_steps_of_one_payment(kind: str, by: Person, earlier: Person) -> None:
    ready(kind).when(kind, by=replace(by, id=earlier.id)).then_refused("hand_must_differ")
    assert ready(kind).when(kind).refusal is None


def test_who_instructed_a_payment_that_bounced_does_not_receive_the_next() -> None:
    told = ready("record-bounce").did("record-bounce", ("instruct-payment", {"by": treasury2}))
    for instructor in (treasury, treasury2):
        told.when("record-receipt", by=replace(county_treasury, id=instructor.id)).then_refused("hand_must_differ")
    told.when("record-receipt").then(PaymentReceived)


def test_nothing_is_paid_without_the_commitment() -> None:
    due = ready("record-receipt")
    without = replace(due, fund_facts=due.fund_facts[:1])
    without.when("record-receipt").then_refused("payment_must_match_the_commitment")


def test_the_fund_follows_the_case_step_by_step() -> None:
    def told(play: Play) -> tuple[Money, Money, Money]:
        fund = play.fund
        assert fund.difference == Money(0)
        return fund.available, fund.committed, fund.paid

    budget = Money.wan(1000)
    assert told(after("verify-entitlement")) == (budget, Money(0), Money(0))
    assert told(after("approve-payout")) == (budget - ENTITLEMENT, ENTITLEMENT, Money(0))
    assert told(after("instruct-payment")) == (budget - ENTITLEMENT, ENTITLEMENT, Money(0))
    assert told(after("record-receipt")) == (budget - ENTITLEMENT, Money(0), ENTITLEMENT)
    assert told(after("record-receipt").did(*FOUND[1:])) == (budget - ENTITLEMENT, Money(0), ENTITLEMENT)


# --- the round, the account, the credit


@shows("payout_must_go_through_its_round")
@pytest.mark.parametrize("kind", MONEY_STEPS)
def test_money_is_approved_and_instructed_with_a_plan_and_never_by_itself(kind: str) -> None:
    play, rule = ready(kind), "payout_must_go_through_its_round"
    own = play.papers(play.command(kind))
    other = replace(play.planned, case=command_id("another case"))
    for papers in (replace(own, planned=None), replace(own, planned=other)):
        with refused(rule, of=kind):
            decide(play.case, papers)
    decide(play.case, own)
    passed(kind)


@shows("account_must_be_the_firms_own", "account_must_be_complete")
def test_money_goes_to_the_firms_own_account() -> None:
    due = ready("register-account")
    firm = due.case.firm
    due.when("register-account", account=replace(ACCOUNT, name="别家公司")).then_refused(
        "account_must_be_the_firms_own"
    )
    for number in ("", "12345", "6222 0000 1111", "６２２２００００１１１１", "62220000x1112222", "1" * 33):
        wrong = replace(ACCOUNT, number=number)
        due.when("register-account", account=wrong).then_refused("account_must_be_complete")
    due.when("register-account", account=replace(ACCOUNT, bank=" ")).then_refused("account_must_be_complete")
    spaced = replace(ACCOUNT, name=f" {firm} ")
    due.when("register-account", account=spaced).then(fact(AccountRegistered, account=spaced))
    without = after("confirm-acceptance").did("verify-entitlement", "approve-payout")
    without.when("instruct-payment").then_refused("account_must_be_the_firms_own")
    without.did("register-account").when("instruct-payment").then(PaymentInstructed)


@shows("firm_must_not_be_listed_when_it_is_paid")
def test_credit_is_looked_at_once_more_before_money_leaves() -> None:
    due = ready("instruct-payment")

    def listed(kind: ListKind) -> Play:
        return replace(due, exclusions=taken(listing(kind)))

    rule, by = "firm_must_not_be_listed_when_it_is_paid", "示例办法 selection.exclusion_lists"
    listed("dishonest").when("instruct-payment").then_refused(rule, by)
    listed("abnormal").when("instruct-payment").then(PaymentInstructed)  # a list that the rules do not name
    silent = rules(without=["selection.exclusion_lists"])
    listed("dishonest").under(silent).when("instruct-payment").then(PaymentInstructed)


def test_a_part_is_received_and_the_rest_stays_due() -> None:
    # A queue that pays in part approves less than is due; here the approval is forced.
    due = ready("record-receipt")
    part = Money(ENTITLEMENT.fen // 4)
    case = due.case
    case.approved = part
    fund = Play(RULES).begun(ENTITLEMENT).fund
    papers = replace(due.papers(due.command("record-receipt", amount=part)), fund=fund)
    commit(fund, case.id, part, papers)
    decide(case, papers)
    received = next(event for event in case.pending_events if isinstance(event, PartReceived))
    assert (received.amount, case.paid, case.subsidy, case.planned_in) == (part, part, Subsidy.VERIFIED, None)
    assert still_due(case) == ENTITLEMENT - part


@shows("chain_must_end_with_who_decides")
def test_the_last_approval_is_a_decision() -> None:
    for chain in ((), ("government", "countersign"), ("committee",)):
        with refused("chain_must_end_with_who_decides", of="chain", clause="示例办法"):
            chain_must_end_with_who_decides(chain, "示例办法")
    for chain in (("government",), ("committee", "office"), ("countersign", "government")):
        chain_must_end_with_who_decides(chain, "示例办法")
    passed("chain")


@shows("plan_must_have_stood_before_the_public")
def test_a_plan_that_the_rules_have_published_is_paid_as_the_public_saw_it() -> None:
    line = ready("approve-payout").planned
    clause_, rule = "示例办法 公示", "plan_must_have_stood_before_the_public"
    row = Row(line.firm, line.credit_code, line.county, "数字化改造补贴", line.amount, "")
    notice = _notice((row,))
    with refused(rule, of="plan", clause=clause_):
        plan_must_have_stood_before_the_public([line], None, "", clause_)
    with refused(rule, of="plan"):
        plan_must_have_stood_before_the_public([line], Notice.fresh(command_id("none")), "公示9号", clause_)
    with refused(rule, of="plan"):
        plan_must_have_stood_before_the_public([line], notice, "公示9号", clause_)
    notice.completed_on = date(2026, 3, 2)
    plan_must_have_stood_before_the_public([line], notice, "公示9号", clause_)
    passed("plan")
    dearer = replace(line, amount=line.amount + Money(1))
    with refused(rule, of="plan"):
        plan_must_have_stood_before_the_public([dearer], notice, "公示9号", clause_)
    plan_must_have_stood_before_the_public([line], None, "", "")


def _notice(rows: tuple[Row, ...]) -> Notice:
    notice = Notice.fresh(command_id("notice"))
    notice.snapshot = Snapshot(
        "示例市",
        PROGRAMME,
        Subject.ALLOCATION,
        "公示9号",
        "市局",
        date(2026, 2, 1),
        7,
        "natural",
        "0411-83610000",
        rows,
    )
    return notice
