"""改造: milestones are reported and seen by the supervisor before the firm may say that works are done."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.case.file import Stage
from domain.case.retrofit import CompletionReported, MilestoneInspected, MilestoneReported
from tests.domain.cast import LEVEL_1, LEVEL_2, clause, firm, rules
from tests.domain.play import after, fact, ready, shows

TOMORROW = timedelta(days=1)


@shows("day_must_not_lie_ahead")
@pytest.mark.parametrize(("kind", "field"), [("report-milestone", "done_on"), ("report-completion", "completed_on")])
def test_what_is_reported_has_happened(kind: str, field: str) -> None:
    due = ready(kind)
    due.when(kind, **{field: due.today + TOMORROW}).then_refused("day_must_not_lie_ahead")
    assert due.when(kind, **{field: due.today}).refusal is None


def test_a_milestone_has_a_name_and_the_firm_may_report_it_too() -> None:
    ready("report-milestone").when("report-milestone", milestone=" ").then_refused("words_must_be_given")
    ready("report-milestone").when("report-milestone", by=firm).then(fact(MilestoneReported, milestone="上线"))


@shows("milestone_must_have_been_reported")
def test_the_supervisor_inspects_what_was_reported_once() -> None:
    rule = "milestone_must_have_been_reported"
    reported = after("report-milestone")
    reported.when("inspect-milestone", milestone="验收").then_refused(rule)
    reported.when("inspect-milestone", opinion="").then_refused("words_must_be_given")
    seen = reported.when("inspect-milestone").then(fact(MilestoneInspected, milestone="上线", passed=True))
    seen.when("inspect-milestone", passed=False).then_refused(rule)


@shows("milestones_must_have_passed")
def test_no_completion_over_an_open_or_failed_milestone() -> None:
    rule, why = "milestones_must_have_passed", clause("contract.supervised")
    after("register-contract").when("report-completion").then_refused(rule, why)  # none at all
    reported = after("report-milestone")
    reported.when("report-completion").then_refused(rule, why)  # not yet inspected
    failed = reported.did(("inspect-milestone", {"passed": False}))
    failed.then(fact(MilestoneInspected, passed=False)).when("report-completion").then_refused(rule, why)

    again = failed.did("report-milestone").then_stands(milestones={"上线": None})
    again.when("report-completion").then_refused(rule, why)
    again.did("inspect-milestone").when("report-completion").then(CompletionReported)


def test_one_failed_milestone_among_passed_ones_is_enough() -> None:
    two = after("inspect-milestone").did(("report-milestone", {"milestone": "培训"}))
    two = two.did(("inspect-milestone", {"milestone": "培训", "passed": False}))
    two.when("report-completion").then_refused("milestones_must_have_passed")


def test_where_there_is_no_supervisor_no_milestone_is_asked_for() -> None:
    alone = after("register-contract").under(rules({"contract.supervised": False}))
    alone.when("report-completion").then(CompletionReported)


@shows("self_level_must_reach_the_minimum")
def test_works_are_done_when_the_firm_itself_finds_the_level_reached() -> None:
    due = ready("report-completion")
    rule = "self_level_must_reach_the_minimum"
    due.when("report-completion", self_grade=LEVEL_1).then_refused(rule, "")
    stated = due.under(rules({"evaluation.self_level": 3}))
    stated.when("report-completion", self_grade=LEVEL_2).then_refused(rule, clause("evaluation.self_level"))
    due.under(rules({"evaluation.self_level": 1})).did(("report-completion", {"self_grade": LEVEL_1}))
    done = due.when("report-completion", self_grade=LEVEL_2).then(fact(CompletionReported, self_grade=LEVEL_2))
    done.then_stands(stage=Stage.EVALUATION)
    done.then_deadlines(set=("acceptance_application/1",), closed=("implementation/1",))


def test_a_self_assessment_off_the_scale_is_none() -> None:
    ready("report-completion").when("report-completion", self_grade=replace(LEVEL_2, level=9)).then_refused(
        "grade_must_be_within_the_scale"
    )
