"""不相容职责: one person, one spelling, one role in a case; a silent firm does not win by silence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.case.lookback import LookbackRecheckFailed, LookbackRectificationOrdered
from domain.people import Person, Role
from tests.domain.cast import CITY, county_treasury, evaluator, firm, inspector
from tests.domain.play import ready, shows


@shows("person_must_keep_to_one_role_in_a_case")
@pytest.mark.parametrize(
    ("kind", "role", "organisation", "earlier"),
    [
        ("pass-city-review", Role.CLERK, CITY, firm),
        ("verify-entitlement", Role.CLERK, CITY, evaluator),
        ("approve-payout", Role.LEADER, CITY, evaluator),
        ("instruct-payment", Role.TREASURY, CITY, firm),
    ],
)
def test_one_person_has_one_role_in_a_case(kind: str, role: Role, organisation: str, earlier: Person) -> None:
    turned = replace(earlier, role=role, organisation=organisation)
    ready(kind).when(kind, by=turned).then_refused("person_must_keep_to_one_role_in_a_case")
    assert ready(kind).when(kind).refusal is None


@shows("person_must_keep_to_one_role_in_a_case")
def test_who_acted_in_one_role_does_not_go_on_a_visit_in_another() -> None:
    ready("file-evaluation").when("file-evaluation", second_evaluator=firm.id).then_refused(
        "person_must_keep_to_one_role_in_a_case"
    )
    assert ready("file-evaluation").when("file-evaluation").refusal is None


@shows("hand_must_be_named")
@pytest.mark.parametrize("spelled", ["", " ", "county-treasury-1 ", "county treasury"])
def test_a_hand_has_one_spelling(spelled: str) -> None:
    due = ready("record-receipt")
    due.when("record-receipt", by=replace(county_treasury, id=spelled)).then_refused("hand_must_be_named")
    due.when("record-receipt", by=replace(county_treasury, organisation="东区 ")).then_refused("hand_must_be_named")
    assert due.when("record-receipt").refusal is None


@shows("firm_must_have_had_its_time_to_mend")
def test_a_firm_that_mends_nothing_is_rechecked_when_its_time_is_over() -> None:
    mending = ready("order-lookback-rectification").when("order-lookback-rectification")
    mending.then(LookbackRectificationOrdered)
    recheck = {"by": inspector, "passed": False}
    mending.when("record-lookback-recheck", **recheck).then_refused("firm_must_have_had_its_time_to_mend")
    silent = mending.after("lookback_rectification").when("pass-deadline", name="lookback_rectification/1")
    silent.when("record-lookback-recheck", **recheck).then(LookbackRecheckFailed)
