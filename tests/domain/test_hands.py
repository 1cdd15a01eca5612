"""不相容职责: one person, one spelling, one role in a case; a silent firm does not win by silence."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from domain import authority
from domain.case.lookback import LookbackRecheckFailed, LookbackRectificationOrdered
from domain.people import Person, Role
from tests.domain.cast import CITY, CODE, HAND_OF, contract, county_treasury, evaluator, firm, inspector
from tests.domain.play import passed, ready, refused, shows


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


@shows("bureau_must_not_be_a_party")
@pytest.mark.parametrize(
    ("kind", "party"),
    [
        ("approve-payout", CODE),
        ("approve-payout", "示例轴承有限公司"),
        ("instruct-payment", "云软公司"),
        ("inspect-milestone", "云 软公司"),
        ("inspect-milestone", "（云软）公司东区分公司"),
        ("record-inspection", "评测中心"),
        ("record-inspection", "诊断中心"),
    ],
)
def test_nobody_decides_or_inspects_for_the_city_in_the_name_of_a_party(kind: str, party: str) -> None:
    due = ready(kind)
    right = due.command(kind)
    due.given(replace(right, by=replace(right.by, organisation=party))).then_refused("bureau_must_not_be_a_party")
    assert due.given(right).refusal is None


@pytest.mark.parametrize("name", ["Evaluator-1", "evaluator-1 ", "\u3000evaluator-1", "evaluator-1\u200b"])
def test_one_person_has_one_spelling_on_a_visit_too(name: str) -> None:
    ready("file-evaluation").when("file-evaluation", second_evaluator=name).then_refused("hand_must_be_named")
    ready("record-inspection").when("record-inspection", second_inspector=name).then_refused("hand_must_be_named")


@pytest.mark.parametrize(("kind", "role"), [("pass-acceptance", Role.HEAD), ("approve-payout", Role.LEADER)])
def test_the_second_on_site_keeps_to_the_visits_role(kind: str, role: Role) -> None:
    due = ready(kind)
    second = Person("evaluator-2", role, HAND_OF[role].organisation)
    due.when(kind, by=second).then_refused("person_must_keep_to_one_role_in_a_case")


@shows("institution_must_be_plainly_named")
@pytest.mark.parametrize("name", ["", "评测中心 ", "\u3000评测中心", "评测中心\u200b"])
def test_one_institution_has_one_spelling(name: str) -> None:
    for kind, said in (
        ("assign-diagnosis", "diagnoser"),
        ("file-plan", "provider"),
        ("assign-evaluator", "evaluator"),
    ):
        ready(kind).when(kind, **{said: name}).then_refused("institution_must_be_plainly_named")
    ready("assign-evaluator").did("assign-evaluator")


def test_brackets_and_blanks_make_no_other_institution() -> None:
    sold = ready("file-plan").did(("file-plan", {"provider": "云软（大连）公司"}))
    contracted = contract(provider="云软（大连）公司")
    due = sold.did("pass-plan", ("file-contract", {"contract": contracted}), "pass-contract", "register-contract")
    due = due.did(("report-milestone", {"by": firm}), "inspect-milestone", "report-completion", "apply-for-acceptance")
    due.when("assign-evaluator", evaluator="云软(大连) 公司").then_refused("evaluator_must_be_independent")


@shows("day_must_not_lie_before")
def test_nothing_is_reported_to_have_happened_before_what_it_follows() -> None:
    early = date(1990, 1, 1)
    ready("report-completion").when("report-completion", completed_on=early).then_refused("day_must_not_lie_before")
    ready("record-receipt").when("record-receipt", received_on=early).then_refused("day_must_not_lie_before")
    ready("record-receipt").did("record-receipt")


@shows("text_must_be_writable")
@pytest.mark.parametrize("text", ["a\x00b", "\ud800"])
def test_what_no_record_can_hold_is_refused(text: str) -> None:
    with refused("text_must_be_writable", of="gate"):
        authority.text_must_be_writable(ready("ask-withdrawal").command("ask-withdrawal", reason=text))
    authority.text_must_be_writable(ready("ask-withdrawal").command("ask-withdrawal", reason="a\\x00 写作转义"))
    passed("gate")
