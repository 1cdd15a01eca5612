"""独立性: two posts in one hand are refused, approved beforehand, or allowed and noted, as the pack says."""

from __future__ import annotations

from typing import Any, Final

import pytest

from domain.case.contract import ContractFiled
from domain.case.evaluation import EvaluatorAssigned
from domain.case.independence import ConflictApproved, ConflictNoted
from domain.case.plan import PlanFiled
from domain.identity import pool_id, provider_id
from domain.policy import PAIRS, POSTS, Value
from domain.provider.file import Membership, Pool, Provider
from tests.domain.cast import CITY, PROGRAMME, clause, clerk1, contract, diagnoser, evaluator, head, rules, supervisor
from tests.domain.play import Supplied, Supply, after, fact, ready, shows

DIAGNOSER, EVALUATOR, SUPERVISOR = diagnoser.organisation, evaluator.organisation, supervisor.organisation
SILENT: Final = rules(without=["independence.forbidden", "independence.approval"])


def saying(forbidden: str = "", approval: str = "") -> Any:
    """The sample rules, with this pair forbidden or asking for approval, and nothing else."""
    said: dict[str, Value] = {}
    said |= {"independence.forbidden": (forbidden,)} if forbidden else {}
    said |= {"independence.approval": (approval,)} if approval else {}
    missing = {"independence.forbidden", "independence.approval"} - set(said)
    return rules(said, without=missing)


def appointed(post: str, organisation: str) -> Supply:
    """An institution that holds a post for the whole programme."""

    def lay() -> Supplied:
        pool = Pool.fresh(pool_id(CITY, PROGRAMME))
        pool.posts = {(post, organisation): "中标1号"}
        return Supplied(pool)

    return lay


def test_the_matrix_has_every_pair_once() -> None:
    assert len(PAIRS) == len(POSTS) * (len(POSTS) - 1) // 2 == 15


@shows("posts_kept_apart_must_not_meet")
def test_what_the_pack_forbids_in_one_hand_is_refused() -> None:
    no = ready("file-plan", saying("diagnosis+retrofit")).when("file-plan", provider=DIAGNOSER)
    no.then_refused("posts_kept_apart_must_not_meet", clause("independence.forbidden"))
    ready("file-plan", saying("diagnosis+retrofit")).when("file-plan").then(PlanFiled)


@shows("conflict_must_be_approved_first")
def test_what_the_pack_lets_the_bureau_approve_waits_for_the_section_head() -> None:
    due = ready("file-plan", saying(approval="diagnosis+retrofit"))
    no = due.when("file-plan", provider=DIAGNOSER)
    no.then_refused("conflict_must_be_approved_first", clause("independence.approval"))
    approved = due.when("approve-conflict").then(
        fact(ConflictApproved, organisation=DIAGNOSER, pair="diagnosis+retrofit")
    )
    assert approved.happened[0].clauses == (clause("independence.approval"),)
    approved.when("file-plan", provider=DIAGNOSER).then(PlanFiled)


def test_what_no_source_mentions_is_allowed_and_noted_once() -> None:
    noted = ready("file-plan", SILENT).when("file-plan", provider=DIAGNOSER)
    noted.then(PlanFiled, fact(ConflictNoted, organisation=DIAGNOSER, pair="diagnosis+retrofit"))
    again = noted.did("return-plan").when("file-plan", provider=DIAGNOSER).then(PlanFiled)
    signed: Any = contract(provider=DIAGNOSER)
    again.did("pass-plan").when("file-contract", contract=signed).then(ContractFiled)
    ready("file-plan", SILENT).when("file-plan").then(PlanFiled)


@pytest.mark.parametrize("pack", [SILENT, saying(approval="diagnosis+evaluation")], ids=["silent", "approval"])
def test_nobody_evaluates_their_own_work_whatever_the_pack_says(pack: Any) -> None:
    ready("assign-evaluator", pack).when("assign-evaluator", evaluator=DIAGNOSER).then_refused(
        "evaluator_must_be_independent"
    )
    itself = ready("assign-diagnosis", pack).with_supply(appointed("evaluation", DIAGNOSER))
    itself.when("assign-diagnosis").then_refused("posts_kept_apart_must_not_meet", "")
    approving = after("assign-diagnosis", pack).when("approve-conflict", pair="diagnosis+evaluation")
    nothing = pack is SILENT
    approving.then_refused("there_must_be_a_conflict_to_approve" if nothing else "posts_kept_apart_must_not_meet", "")


def test_the_supervisors_own_house_is_refused_as_provider_where_the_pack_forbids_it() -> None:
    theirs = supervisor.organisation
    due = ready("pass-plan", saying("retrofit+supervision")).did("return-plan")
    due.when("file-plan", provider=theirs).then_refused(
        "posts_kept_apart_must_not_meet", clause("independence.forbidden")
    )
    due.when("file-plan").then(PlanFiled)
    silent = ready("pass-plan", SILENT).did("return-plan").when("file-plan", provider=theirs)
    silent.then(PlanFiled, fact(ConflictNoted, organisation=theirs, pair="retrofit+supervision"))
    silent.when("pass-plan").then_refused("bureau_must_not_be_a_party")


def test_an_alarm_is_rung_once_however_the_name_is_spelled() -> None:
    noted = ready("file-plan", SILENT).did(("file-plan", {"provider": "诊断 中心"}), "return-plan")
    assert list(noted.case.conflicts) == [(DIAGNOSER, "diagnosis+retrofit")]
    noted.when("file-plan", provider=DIAGNOSER).then(PlanFiled)


def test_a_branch_holds_its_houses_posts() -> None:
    branch = f"{DIAGNOSER}有限公司（东区）分公司"
    for written in (branch, f"{DIAGNOSER}有限公司"):
        no = ready("file-plan", saying("diagnosis+retrofit")).when("file-plan", provider=written)
        no.then_refused("posts_kept_apart_must_not_meet", clause("independence.forbidden"))


@pytest.mark.parametrize("post", ["platform", "think-tank", "supervision"])
def test_who_holds_a_post_for_the_programme_holds_it_for_every_firm(post: str) -> None:
    posts = list(POSTS)
    pair = "+".join(sorted(("evaluation", post), key=posts.index))
    due = ready("assign-evaluator", saying(pair)).with_supply(appointed(post, EVALUATOR))
    due.when("assign-evaluator").then_refused("posts_kept_apart_must_not_meet", clause("independence.forbidden"))
    silent = ready("assign-evaluator", SILENT).with_supply(appointed(post, EVALUATOR))
    silent.when("assign-evaluator").then(EvaluatorAssigned, fact(ConflictNoted, organisation=EVALUATOR, pair=pair))


def test_one_organisation_is_one_however_it_is_written() -> None:
    code = "91370300MA3C0PRY1X"

    def lay() -> Supplied:
        pool = Pool.fresh(pool_id(CITY, PROGRAMME))
        pool.codes, pool.names = {code: DIAGNOSER}, {DIAGNOSER: code}
        provider = Provider.fresh(provider_id(CITY, PROGRAMME, code))
        provider.membership = Membership.IN_POOL
        return Supplied(pool, {code: provider})

    due = ready("file-plan", saying("diagnosis+retrofit")).with_supply(lay)
    assert due.case.diagnoser == DIAGNOSER
    due.when("file-plan", provider=code).then_refused("posts_kept_apart_must_not_meet")
    elsewhere = ready("file-plan", SILENT).with_supply(lay).when("file-plan", provider=code)
    elsewhere.then(PlanFiled, fact(ConflictNoted, organisation=DIAGNOSER, pair="diagnosis+retrofit"))


@shows("there_must_be_a_conflict_to_approve")
def test_only_a_real_conflict_is_approved_once_and_with_a_reason() -> None:
    due = after("assign-diagnosis")
    rule = "there_must_be_a_conflict_to_approve"
    due.when("approve-conflict", organisation="路人公司").then_refused(rule)
    after("assign-diagnosis", SILENT).when("approve-conflict").then_refused(rule)
    due.when("approve-conflict", pair="supervision+evaluation").then_refused(rule)
    due.when("approve-conflict", pair="retrofit+diagnosis").then_refused(rule)
    due.when("approve-conflict", reason=" ").then_refused("words_must_be_given")
    due.when("approve-conflict", by=clerk1).then_refused("role_must_be_allowed_to_do_this")
    done = due.when("approve-conflict", by=head).then(ConflictApproved)
    done.when("approve-conflict").then_refused(rule)
