"""排队: first come, first served. A firm keeps its place until it is paid or leaves, and to wait is no rejection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid5

import pytest

from domain import queue
from domain.case.entitlement import EntitlementVerified
from domain.case.file import CasePapers
from domain.case.payout_plan import PayoutApproved
from domain.case.rooms import FREES_MONEY, MOVES_MONEY, STANDS_IN_LINE
from domain.first_come import Purses, Share, draw, order, place, plan_must_follow_the_queue, turns
from domain.first_come import round_must_choose_firms_as_the_city_says as the_way_must_be_the_citys
from domain.fund.file import FundReleased
from domain.money import ZERO, Money
from domain.policy import Pack, Value
from domain.queue import Called, PayoutQueue, QueueJoined, QueueLeft, QueueMoved, QueueWoken, Waiting
from domain.rejections import OpenQuestion, Rejection
from policies import load
from tests.domain.cast import CASE, CODE, ENTITLEMENT, RULES, clause, rules
from tests.domain.play import BATCH, MONDAY, QUEUE, Play, after, fact, passed, ready, refused, shows

HOUR = timedelta(hours=1)
YEAR = timedelta(days=365)
PARTIAL, STOP, SKIP = (rules({"payout.tail": tail}) for tail in ("partial", "stop", "skip"))
SILENT = rules(without=["payout.queue_key", "payout.queue_kept", "payout.tail"])


def firm(
    name: str,
    yuan: int,
    *,
    applied: int = 0,
    mended: int | None = None,
    complete: int = 99,
    county: str = "",
    no: int = 1,
) -> Waiting:
    """A firm in line; its moments in hours from the beginning."""
    at = [MONDAY + HOUR * hours for hours in (applied, complete)]
    later = None if mended is None else MONDAY + HOUR * mended
    return Waiting(uuid5(BATCH, name), name, name, county, Money.yuan(yuan), at[0], later, at[1], no)


def line(*firms: Waiting) -> PayoutQueue:
    """A queue in which these wait."""
    held = PayoutQueue.fresh(QUEUE)
    held.waiting = {one.case: one for one in firms}
    return held


def names(waiting: tuple[Waiting, ...]) -> str:
    return "".join(one.credit_code for one in waiting)


def given(shares: tuple[Share, ...]) -> dict[str, str]:
    return {share.credit_code: str(share.amount) for share in shares}


def papers() -> CasePapers:
    """Any command's: what is recorded is stamped with it."""
    play = ready("verify-entitlement")
    return play.papers(play.command("verify-entitlement"))


# --- who stands in line


def test_a_firm_waits_from_the_append_that_worked_its_subsidy_out() -> None:
    verified = ready("verify-entitlement").when("verify-entitlement").then(EntitlementVerified)
    verified.then_lined_up(fact(QueueJoined))
    (waiting,) = verified.queue.waiting.values()
    facts = {one.TOPIC: one.timestamp for one in verified.facts}
    assert (waiting.case, waiting.credit_code, waiting.county, waiting.amount) == (CASE, CODE, "东区", ENTITLEMENT)
    assert (waiting.applied, waiting.mended) == (facts["case.acceptance-applied"], None)
    assert waiting.complete == facts["case.acceptance-confirmed"]
    assert waiting.number == 1


def test_who_had_to_mend_something_is_known_by_both_moments() -> None:
    mended = ready("file-recheck").did("file-recheck", "pass-acceptance", "publish-acceptance", "~acceptance_notice")
    (waiting,) = mended.did("confirm-acceptance", "verify-entitlement").queue.waiting.values()
    facts = {one.TOPIC: one.timestamp for one in mended.facts}
    assert waiting.mended == facts["case.rectification-reported"]
    assert waiting.applied < waiting.mended < waiting.complete


def test_who_waits_is_in_line_whatever_the_city_has_left_open() -> None:
    """A city that is silent on the order stops nobody from waiting."""
    ready("verify-entitlement").under(SILENT).when("verify-entitlement").then_lined_up(QueueJoined)


def test_approval_ends_the_wait() -> None:
    approved = ready("approve-payout").when("approve-payout").then(PayoutApproved)
    approved.then_lined_up(fact(QueueLeft, case=CASE, why="approved"))
    assert approved.queue.waiting == {}


def test_a_claim_that_ends_leaves_the_line_in_the_same_append() -> None:
    waiting = after("verify-entitlement")
    waiting.did("ask-withdrawal").when("approve-withdrawal").then_lined_up(fact(QueueLeft, why="withdrawn"))
    found = waiting.did("draw-case", ("record-inspection", {"findings": ("系统停用",), "evidence": ("照片1",)}))
    found.did("file-statement").when("revoke-qualification").then_lined_up(fact(QueueLeft, why="revoked"))


def test_who_never_waited_leaves_no_trace() -> None:
    ready("approve-withdrawal").when("approve-withdrawal").then_lined_up()


def test_every_command_that_books_for_a_firm_has_the_queue_where_it_needs_it() -> None:
    """Whatever calls others must have the fund on the desk, and whatever lines up is decided one by one."""
    assert set(FREES_MONEY) <= set(STANDS_IN_LINE) <= set(MOVES_MONEY)


def test_a_firm_joins_once_and_every_firm_has_a_number_of_its_own() -> None:
    held = PayoutQueue.fresh(QUEUE)
    for one in (firm("a", 1), firm("b", 1), firm("a", 1)):
        queue.join(held, one, papers())
    queue.leave(held, firm("a", 1).case, papers(), "withdrawn")
    queue.join(held, firm("c", 1), papers())
    queue.join(held, firm("a", 1), papers())
    assert {one.credit_code: one.number for one in held.waiting.values()} == {"b": 2, "c": 3, "a": 4}
    assert [type(one) for one in held.pending_events].count(QueueJoined) == 4


@shows("firm_must_wait_in_the_queue")
def test_the_rest_of_a_subsidy_keeps_its_place() -> None:
    first, second = firm("a", 10, applied=1), firm("b", 5, applied=2, no=2)
    held = line(first, second)
    queue.wait_for_the_rest(held, first.case, Money.yuan(4), papers())
    passed("wait_for_the_rest")
    (moved,) = held.pending_events
    assert isinstance(moved, QueueMoved)
    assert (moved.was, moved.now) == (first, replace(first, amount=Money.yuan(4)))
    assert [(turn.waiting.credit_code, str(turn.ahead)) for turn in turns(held, RULES)] == [
        ("a", "0.00"),
        ("b", "4.00"),
    ]
    with refused("firm_must_wait_in_the_queue", of="wait_for_the_rest"):
        queue.wait_for_the_rest(held, firm("c", 1).case, Money.yuan(1), papers())
    with refused("amount_must_be_positive", of="wait_for_the_rest"):
        queue.wait_for_the_rest(held, first.case, ZERO, papers())


# --- the order

EARLY = firm("a", 1, applied=1, mended=5, complete=20, no=3)
MIDDLE = firm("b", 1, applied=3, complete=10, no=2)
LATE = firm("c", 1, applied=4, complete=30, no=1)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"payout.queue_key": "applied", "payout.queue_kept": True}, "abc"),
        ({"payout.queue_key": "applied", "payout.queue_kept": False}, "bca"),
        ({"payout.queue_key": "complete", "payout.queue_kept": True}, "bac"),
    ],
)
def test_the_city_says_from_when_a_firm_counts(said: Mapping[str, Value], expected: str) -> None:
    pack = rules(said)
    assert names(order(line(LATE, EARLY, MIDDLE), pack)) == expected
    assert place(line(LATE, EARLY, MIDDLE), pack, EARLY.case) == expected.index("a") + 1


def asked(pack: Pack, *firms: Waiting) -> str:
    """The key of the question that stops the order; empty where none does."""
    try:
        order(line(*firms), pack)
    except OpenQuestion as question:
        return question.key
    return ""


def test_the_key_is_asked_only_where_firms_would_stand_differently() -> None:
    assert asked(SILENT, EARLY, MIDDLE) == "payout.queue_key"
    assert asked(SILENT, MIDDLE, LATE) == "", "first by every key"
    assert asked(SILENT, EARLY) == asked(SILENT) == ""
    applied = rules({"payout.queue_key": "applied"}, without=["payout.queue_kept"])
    assert asked(applied, EARLY, MIDDLE) == "payout.queue_kept"
    assert asked(applied, replace(EARLY, mended=None), MIDDLE) == "", "nobody had anything to mend"
    assert asked(rules({"payout.queue_key": "complete"}, without=["payout.queue_kept"]), EARLY, MIDDLE) == ""


def test_of_equal_moments_the_lower_receipt_number_goes_first() -> None:
    twins = [firm(name, 1, no=number) for name, number in (("x", 2), ("y", 3), ("z", 1))]
    assert names(order(line(*twins), RULES)) == names(order(line(*reversed(twins)), RULES)) == "zxy"


def test_a_place_is_told_with_what_stands_before_it() -> None:
    stood = turns(line(firm("b", 7, applied=2), firm("a", 5, applied=1)), RULES)
    assert [(turn.waiting.credit_code, turn.place, str(turn.ahead)) for turn in stood] == [
        ("a", 1, "0.00"),
        ("b", 2, "5.00"),
    ]


# --- how far the money reaches

THREE = (firm("a", 6, county="东区"), firm("b", 5, county="西区"), firm("c", 3, county="东区"))


@pytest.mark.parametrize(
    ("pack", "expected"),
    [
        (PARTIAL, {"a": "6.00", "b": "4.00", "c": "0.00"}),
        (STOP, {"a": "6.00", "b": "0.00", "c": "0.00"}),
        (SKIP, {"a": "6.00", "b": "0.00", "c": "3.00"}),
    ],
    ids=["partial", "stop", "skip"],
)
def test_the_tail_is_the_citys_to_say(pack: Pack, expected: dict[str, str]) -> None:
    shares = draw(THREE, Purses(Money.yuan(10)), pack)
    assert given(shares) == expected
    assert [bool(share.why) for share in shares] == [not share.whole for share in shares]


def test_the_tail_is_asked_only_where_money_is_left_that_does_not_suffice() -> None:
    assert given(draw(THREE, Purses(Money.yuan(14)), SILENT)) == {"a": "6.00", "b": "5.00", "c": "3.00"}
    assert given(draw(THREE, Purses(Money.yuan(11)), SILENT)) == {"a": "6.00", "b": "5.00", "c": "0.00"}
    assert given(draw(THREE, Purses(ZERO), SILENT)) == {"a": "0.00", "b": "0.00", "c": "0.00"}
    with pytest.raises(OpenQuestion) as question:
        draw(THREE, Purses(Money.yuan(10)), SILENT)
    assert question.value.key == "payout.tail"


def test_a_county_with_money_of_its_own_pays_its_firms_and_the_city_the_others() -> None:
    purses = Purses(Money.yuan(5), {"东区": Money.yuan(6)})
    shares = draw(THREE, purses, STOP)
    assert [(share.bearer, str(share.amount)) for share in shares] == [("东区", "6.00"), ("", "5.00"), ("东区", "0.00")]
    assert shares[2].why == "东区资金已用完"


# --- who is called


def with_others(play: Play, *firms: Waiting) -> Play:
    """Beside the play's own firm these wait, all who applied after it."""
    held = play.queue
    for one in firms:
        queue.join(held, replace(one, applied=one.applied + YEAR, complete=one.complete + YEAR), papers())
    joined = tuple(one for one in held.pending_events if isinstance(one, QueueJoined))
    return replace(play, queue_facts=(*play.queue_facts, *joined))


def test_money_that_comes_back_calls_who_fits_now_in_order() -> None:
    """Ten million less the first firm's four hundred thousand: the next fits only when that is free again."""
    next_one, far, further = firm("n", 9_800_000), firm("f", 100_000), firm("g", 200_000)
    play = with_others(after("approve-payout"), next_one, far, further).did("ask-withdrawal")
    left = play.when("approve-withdrawal").then_booked(FundReleased)
    (called,) = left.lined_up
    assert isinstance(called, QueueWoken)
    assert called.called == tuple(Called(one.case, one.credit_code, one.amount) for one in (next_one, far))
    assert called.clauses == (clause("payout.tail"),)
    again = play.under(SILENT).when("approve-withdrawal").then_booked(FundReleased)
    again.then_lined_up()  # booked though nobody can say whose it becomes


def test_who_stood_before_and_leaves_makes_way_for_the_next() -> None:
    play = with_others(after("verify-entitlement"), firm("n", 9_700_000)).did("ask-withdrawal")
    left = play.when("approve-withdrawal")
    left.then_lined_up(fact(QueueLeft, why="withdrawn"), fact(QueueWoken, document=""))
    nobody = with_others(after("verify-entitlement"), firm("n", 9_000_000)).did("ask-withdrawal")
    nobody.when("approve-withdrawal").then_lined_up(QueueLeft)  # there was money for the other all along


# --- what a round must keep to


@shows("round_must_choose_firms_as_the_city_says")
def test_a_round_chooses_its_firms_in_a_way_that_the_city_knows() -> None:
    mianyang = load.load("mianyang")
    for way in ("queue", "selection"):
        the_way_must_be_the_citys(mianyang, way)
    the_way_must_be_the_citys(RULES, "queue")
    passed("a round")
    with refused("round_must_choose_firms_as_the_city_says", of="a round", clause=clause("payout.order")):
        the_way_must_be_the_citys(rules({"payout.order": ("queue",)}), "selection")
    with pytest.raises(OpenQuestion) as question:
        the_way_must_be_the_citys(load.load("dalian"), "queue")
    assert question.value.key == "payout.order"


DRAWN = draw(
    (
        firm("a", 6),
        firm("k", 2, county="东区"),
        firm("b", 5),
        firm("l", 2, county="东区"),
        firm("c", 3),
        firm("d", 9),
    ),
    Purses(Money.yuan(16), {"东区": Money.yuan(4)}),
    PARTIAL,
)
"""a, b and c are paid by the city, k and l by their county; for d two yuan are left."""
DUE = {share.credit_code: share for share in DRAWN}


def plan(*codes: str) -> list[tuple[UUID, Money]]:
    return [(DUE[code].case, DUE[code].amount) for code in codes]


@shows("plan_must_follow_the_queue")
def test_a_plan_takes_from_the_head_and_overtakes_nobody() -> None:
    for good in ("akblcd", "a", "ab", "k", "kl", "akb", "", "abcd"):
        plan_must_follow_the_queue(plan(*good), DRAWN)
    passed("plan")
    wrong = {
        "b": "方案越过了排在前面的 a",
        "aklc": "方案越过了排在前面的 b",
        "al": "方案越过了排在前面的 k",
        "ba": "次序不一致",
        "aa": "不止一次",
    }
    for codes, words in wrong.items():
        with refused("plan_must_follow_the_queue", of="plan", clause="某办法 十五") as no:
            plan_must_follow_the_queue(plan(*codes), DRAWN, clause="某办法 十五")
        assert words in no.value.refusal.sentence


def test_a_plan_gives_each_what_the_drawing_gives_it() -> None:
    for planned, words in (
        ([(DUE["a"].case, Money.yuan(5))], "按次序应列 6.00 元，方案列了 5.00 元"),
        ([*plan("a", "b", "c"), (DUE["d"].case, DUE["d"].due)], "d 按次序应列 2.00 元"),
        ([(firm("e", 1).case, Money.yuan(1))], "尚未轮到"),
    ):
        with pytest.raises(Rejection, match=words):
            plan_must_follow_the_queue(planned, DRAWN)


def test_who_cannot_be_paid_now_may_be_left_out_and_nobody_gets_its_share() -> None:
    plan_must_follow_the_queue(plan("b", "c", "d"), DRAWN, {DUE["a"].case})
    with pytest.raises(Rejection, match="d 按次序应列"):
        plan_must_follow_the_queue([*plan("b", "c"), (DUE["d"].case, Money.yuan(8))], DRAWN, {DUE["a"].case})
    with pytest.raises(Rejection, match="越过了排在前面的 b"):
        plan_must_follow_the_queue(plan("c"), DRAWN, {DUE["a"].case})
