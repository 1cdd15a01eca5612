"""验收: the level decides, a firm may mend its works, and the result stands in public before money rests on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.case.acceptance import (
    AcceptanceConfirmed,
    AcceptanceFailed,
    AcceptancePassed,
    AcceptancePublished,
    RecheckFiled,
    RectificationOrdered,
    RectificationReported,
)
from domain.case.file import Acceptance, Stage, Subsidy
from domain.case.schedule import DeadlinePassed
from domain.policy import Days
from tests.domain.cast import LEVEL_1, LEVEL_2, LINES, clause, evaluator, head, head2, leader, rules
from tests.domain.play import after, fact, ready, shows

LAPSING = rules({"timers.rectification": Days(30, "natural", "lapse")})


@shows("level_must_reach_the_minimum")
def test_no_acceptance_below_the_level() -> None:
    short = ready("order-rectification")
    short.when("pass-acceptance").then_refused("level_must_reach_the_minimum", clause("evaluation.min_level"))
    after("file-evaluation").when("pass-acceptance").then(AcceptancePassed)
    short.under(rules({"evaluation.min_level": 1})).when("pass-acceptance").then(AcceptancePassed)


@shows("items_must_be_named")
def test_what_is_to_be_mended_is_named() -> None:
    for nothing in ((), (" ", "")):
        ready("order-rectification").when("order-rectification", items=nothing).then_refused("items_must_be_named")
    ordered = ready("order-rectification").when("order-rectification", items=("补数据",))
    ordered.then(fact(RectificationOrdered, items=("补数据",)))
    ordered.then_deadlines(set=("rectification/1",), closed=("acceptance_decision/1",))


def test_mended_checked_again_and_accepted() -> None:
    mended = ready("report-rectification").when("report-rectification").then(RectificationReported)
    mended.then_deadlines(set=("evaluation/2",), closed=("rectification/1",))
    again = mended.when("file-recheck", verified=LINES[:2]).then(fact(RecheckFiled, grade=LEVEL_2))
    again.then_stands(grade=LEVEL_2, verified=LINES[:2], acceptance=Acceptance.DECIDING)
    again.then_deadlines(set=("acceptance_decision/2",), closed=("evaluation/2",))
    again.when("pass-acceptance").then(AcceptancePassed)


@shows("rectification_must_still_be_allowed")
def test_works_are_mended_as_often_as_the_pack_allows() -> None:
    short_again = ready("file-recheck").did(("file-recheck", {"grade": LEVEL_1}))
    short_again.when("order-rectification").then_refused(
        "rectification_must_still_be_allowed", clause("acceptance.max_rectifications")
    )
    twice = rules({"acceptance.max_rectifications": 2})
    short_again.under(twice).when("order-rectification").then(RectificationOrdered).then_stands(rectifications=2)


@shows("firm_must_have_had_its_rectification")
def test_nobody_fails_before_the_chance_to_mend() -> None:
    rule = "firm_must_have_had_its_rectification"
    ready("order-rectification").when("fail-acceptance").then_refused(rule, clause("acceptance.max_rectifications"))
    failed = ready("fail-acceptance").when("fail-acceptance", reason="仍不达标")
    failed.then(fact(AcceptanceFailed, reason="仍不达标")).then_stands(
        stage=Stage.CLOSED, subsidy=Subsidy.NONE, deadlines={}
    )


def test_nobody_fails_while_the_time_to_mend_runs() -> None:
    ordered = ready("report-rectification")
    (period,) = ordered.case.deadlines.values()
    for day in (ordered.today, period.due, period.due + timedelta(days=1)):
        ordered.on(day).when("fail-acceptance").then_refused(
            "firm_must_have_had_its_rectification", clause("timers.rectification")
        )
    over = ordered.after("rectification").did(("pass-deadline", {"name": "rectification/1"}))
    over.when("fail-acceptance").then(AcceptanceFailed)


def test_where_nothing_may_be_mended_the_judgement_stands_at_once() -> None:
    never = ready("order-rectification").under(rules({"acceptance.max_rectifications": 0}))
    never.when("order-rectification").then_refused("rectification_must_still_be_allowed")
    never.when("fail-acceptance").then(AcceptanceFailed)


def test_a_failure_says_why() -> None:
    ready("fail-acceptance").when("fail-acceptance", reason=" ").then_refused("words_must_be_given")


def test_a_rectification_that_does_not_come_fails_where_the_pack_says_so() -> None:
    late = ready("report-rectification", LAPSING).after("rectification")
    lapsed = late.when("pass-deadline", name="rectification/1").then(DeadlinePassed, AcceptanceFailed)
    lapsed.then_stands(acceptance=Acceptance.FAILED, stage=Stage.CLOSED, deadlines={})
    assert lapsed.happened[1].clauses == (clause("timers.rectification"),)


def test_a_rectification_that_does_not_come_is_waited_for_where_the_pack_says_so() -> None:
    late = ready("report-rectification").after("rectification").did(("pass-deadline", {"name": "rectification/1"}))
    late.then(DeadlinePassed).then_stands(acceptance=Acceptance.RECTIFYING)
    done = late.when("report-rectification").then(RectificationReported)
    done.then_deadlines(set=("evaluation/2",), closed=("rectification/1",))
    assert done.happened[-1].late  # type: ignore[attr-defined]


# --- 公示


def test_the_result_stands_in_public_its_whole_time() -> None:
    ready("publish-acceptance").when("publish-acceptance", document="").then_refused("words_must_be_given")
    noticed = after("publish-acceptance").then(AcceptancePublished)
    (notice,) = noticed.case.deadlines.values()
    noticed.on(notice.due).when("confirm-acceptance").then_refused(
        "notice_must_have_stood_its_time", clause("timers.acceptance_notice")
    )
    confirmed = noticed.after("acceptance_notice").when("confirm-acceptance").then(AcceptanceConfirmed)
    confirmed.then_stands(stage=Stage.PAYOUT, subsidy=Subsidy.TO_VERIFY)
    confirmed.then_deadlines(set=("entitlement/1",), closed=("acceptance_notice/1",))


def test_the_result_is_final_by_another_hand_than_the_judgements() -> None:
    due = ready("confirm-acceptance")
    due.when("confirm-acceptance", by=head).then_refused("hand_must_differ")
    due.when("confirm-acceptance", by=replace(leader, id=head.id)).then_refused("hand_must_differ")
    due.when("confirm-acceptance", by=head2).then(AcceptanceConfirmed)


@pytest.mark.parametrize("kind", ["file-evaluation", "file-recheck"])
def test_every_hand_that_evaluated_is_remembered(kind: str) -> None:
    other = replace(evaluator, id="evaluator-3")
    done = ready(kind).when(kind, by=other, second_evaluator="evaluator-4")
    first = () if kind == "file-evaluation" else ("evaluator-1",)
    second = () if kind == "file-evaluation" else ("evaluator-2",)
    assert done.case.hands["evaluate"] == (*first, "evaluator-3")
    assert done.case.hands["evaluate second"] == (*second, "evaluator-4")
