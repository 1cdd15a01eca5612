"""权限: each command belongs to named roles and, where it matters, to the hand of this very case."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain import authority, catalogue
from domain.authority import ROLES, role_must_be_allowed_to_do_this
from domain.batch import OpenBatch, ReviseBatchRules
from domain.case.rooms import COMMANDS
from domain.exclusions import ImportExclusions, WithdrawExclusions
from domain.expert_review import room as expert_review
from domain.fund import rooms as fund
from domain.notice import room as notice
from domain.payout_round import rooms as payout_round
from domain.people import SYSTEM, Person, Role
from domain.provider import rooms as providers
from domain.quotas import ResetQuotas, SetQuotas
from tests.domain.cast import HAND_OF, auditor, clerk1, county, diagnoser, firm, rules
from tests.domain.lines import LINES
from tests.domain.play import after, passed, ready, refused, shows

WITHOUT_CASE = (
    *(one.kind for one in (OpenBatch, ReviseBatchRules, SetQuotas, ResetQuotas, ImportExclusions, WithdrawExclusions)),
    *fund.COMMANDS,
    *notice.COMMANDS,
    *payout_round.COMMANDS,
    *expert_review.COMMANDS,
    *providers.COMMANDS,
    *catalogue.COMMANDS,
)
BY_SUPERVISOR_ONLY = ("pass-plan", "return-plan", "pass-contract", "return-contract")
UNSUPERVISED = rules({"contract.supervised": False})


def stranger(role: Role) -> Person:
    """A person of this role, of the right organisation, who has not touched the case yet."""
    return replace(HAND_OF[role], id="somebody-new")


def test_every_command_is_somebodys_and_nothing_else_is_in_the_table() -> None:
    assert set(ROLES) == {*COMMANDS, *WITHOUT_CASE}
    assert all(ROLES.values())
    assert set(LINES) == set(COMMANDS)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("kind", COMMANDS)
def test_a_role_may_do_what_the_table_says_and_nothing_else(kind: str, role: Role) -> None:
    unsupervised = kind in BY_SUPERVISOR_ONLY and role is Role.CLERK
    given = ready(kind).under(UNSUPERVISED) if unsupervised else ready(kind)
    play = given.when(kind, by=stranger(role))

    if role in ROLES[kind]:
        assert play.refusal is None, play.refusal
    else:
        play.then_refused("role_must_be_allowed_to_do_this")


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("kind", WITHOUT_CASE)
def test_a_batch_a_budget_and_a_notice_belong_to_their_roles_too(kind: str, role: Role) -> None:
    hand = HAND_OF[role]
    if role in ROLES[kind]:
        role_must_be_allowed_to_do_this(hand, kind)
    else:
        with refused("role_must_be_allowed_to_do_this", of=kind):
            role_must_be_allowed_to_do_this(hand, kind)


@pytest.mark.parametrize("role", Role)
def test_a_command_that_nobody_wrote_down_is_nobodys(role: Role) -> None:
    with refused("role_must_be_allowed_to_do_this", of="no-such-command"):
        role_must_be_allowed_to_do_this(HAND_OF[role], "no-such-command")


def test_money_and_time_belong_to_one_role_each_whatever_the_table_says_elsewhere() -> None:
    # Written down a second time on purpose: a slip in the table must not pass by agreeing with itself.
    assert {kind: ROLES[kind] for kind in ROLES if kind in _MONEY} == _MONEY
    assert {kind for kind, roles in ROLES.items() if Role.SYSTEM in roles} == {
        *("watch-provider", "record-reminder", "pass-deadline")
    }
    assert not [kind for kind, roles in ROLES.items() if auditor.role in roles]


_MONEY = {
    "appropriate-fund": (Role.TREASURY,),
    "verify-entitlement": (Role.CLERK,),
    "approve-payout": (Role.LEADER,),
    "approve-payout-plan": (Role.TREASURY, Role.LEADER, Role.HEAD),
    "instruct-payment": (Role.TREASURY,),
    "instruct-payments": (Role.TREASURY,),
    "file-receipts": (Role.COUNTY_TREASURY,),
    "retract-payouts": (Role.LEADER,),
    "record-receipt": (Role.COUNTY_TREASURY,),
    "record-bounce": (Role.COUNTY_TREASURY,),
    "revoke-qualification": (Role.LEADER,),
    "notify-recovery": (Role.CLERK,),
    "decide-recovery": (Role.LEADER,),
    "record-refund": (Role.COUNTY_TREASURY,),
}


@shows("role_must_be_allowed_to_do_this")
def test_the_clerk_does_not_approve_and_the_leader_does() -> None:
    ready("approve-payout").when("approve-payout", by=stranger(Role.CLERK)).then_refused(
        "role_must_be_allowed_to_do_this"
    )
    assert ready("approve-payout").when("approve-payout").refusal is None


OWN = (Role.FIRM, Role.COUNTY, Role.COUNTY_TREASURY, Role.DIAGNOSER, Role.EVALUATOR, Role.PROVIDER)
"""Roles that act only where they belong."""


@pytest.mark.parametrize(
    ("kind", "role"),
    [(kind, role) for kind, roles in ROLES.items() for role in roles if role in OWN and kind in COMMANDS],
)
def test_a_hand_of_another_firm_county_or_institution_is_refused(kind: str, role: Role) -> None:
    other = Person("outsider", role, "别处")
    play = ready(kind).when(kind, by=other)

    # Before there is a case, its county is the roster's word.
    own_file = "county_must_put_only_its_own_firms_on_file"
    play.then_refused(own_file if kind == "open-case" else "hand_must_belong_to_the_case")


@shows("hand_must_belong_to_the_case")
def test_a_firm_acts_for_itself() -> None:
    other = replace(firm, organisation="91370300MA3C0AB99Y")
    ready("submit-application").when("submit-application", by=other).then_refused("hand_must_belong_to_the_case")
    assert ready("submit-application").when("submit-application").refusal is None


@shows("engine_must_not_be_impersonated")
def test_nobody_takes_the_engines_name_and_so_bars_time_from_the_case() -> None:
    due = ready("request-supplement")
    due.when("request-supplement", by=replace(county, id=SYSTEM.id)).then_refused("engine_must_not_be_impersonated")
    due.did("request-supplement")


def test_an_institution_that_was_not_sent_has_no_case_not_even_with_an_empty_name() -> None:
    nameless = replace(diagnoser, organisation="别的诊断中心")
    ready("file-diagnosis").when("file-diagnosis", by=nameless).then_refused("hand_must_belong_to_the_case")
    after("confirm-pilot").when("file-diagnosis").then_refused("hand_must_belong_to_the_case")


def test_the_gate_looks_at_the_role_before_the_case() -> None:
    command = ready("submit-application").command("submit-application", by=county)
    with refused("role_must_be_allowed_to_do_this", of="gate"):
        authority.may(command, None)
    authority.may(replace(command, by=firm), None)
    passed("gate")
    with refused("role_must_be_allowed_to_do_this", of="gate"):
        authority.may(replace(command, by=clerk1), None)
