"""遴选: who may apply, how often papers come back, and what a list must stand before it is final."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from domain.case.application import ApplicationSubmitted, CaseOpened
from domain.case.file import Qualification, Stage, Subsidy, Works
from domain.case.listing import ListPublished, ObjectionDismissed, ObjectionUpheld, PilotConfirmed
from domain.case.review import (
    ApplicationLapsed,
    ApplicationRejected,
    ApplicationWaitlisted,
    CityReviewPassed,
    SupplementRequested,
    SupplementSubmitted,
    WaitlistPromoted,
)
from domain.case.schedule import DeadlinePassed
from domain.money import Money
from domain.people import Role
from domain.policy import Days
from tests.domain.cast import CITY, CODE, PROGRAMME, RULES, clause, clerk1, clerk2, county, head, head2, rules
from tests.domain.play import BATCH, Play, after, begin, fact, ready, shows


@shows("firm_must_have_one_case")
def test_a_firm_is_put_on_file_once() -> None:
    opened = begin().when("open-case").then(fact(CaseOpened, credit_code=CODE, city=CITY, programme=PROGRAMME))
    opened.when("open-case").then_refused("firm_must_have_one_case")


def test_the_file_knows_the_firm_as_the_roster_does_and_the_batch_it_applied_in() -> None:
    opened = begin().did(("open-case", {"above_designated": True, "quality": "小巨人"}))
    opened.then_stands(firm="示例轴承有限公司", county="东区", industry="轴承", quality="小巨人")
    opened.then_stands(above_designated=True, rehearsal=False, batch=None, batch_code="")
    opened.did("submit-application").then_stands(batch=BATCH, batch_code="1")


@shows("credit_code_must_be_well_formed")
@pytest.mark.parametrize("wrong", ["", CODE[:17], CODE[:17] + "I", CODE.lower(), f" {CODE}"])
def test_a_firm_is_known_by_its_credit_code(wrong: str) -> None:
    begin().when("open-case", credit_code=wrong).then_refused("credit_code_must_be_well_formed")
    begin().when("open-case").then(CaseOpened)


@shows("file_must_be_the_firms_own")
@pytest.mark.parametrize("another", [{"credit_code": CODE[:17] + "Y"}, {"programme": "2023-1"}, {"city": "elsewhere"}])
def test_a_firm_cannot_have_a_second_file_under_another_number(another: dict[str, str]) -> None:
    begin().when("open-case", **another).then_refused("file_must_be_the_firms_own")
    begin().when("open-case").then(CaseOpened)


@shows("firm_must_be_in_a_pilot_industry")
def test_only_pilot_industries_take_part() -> None:
    begin().when("open-case", industry="食品").then_refused(
        "firm_must_be_in_a_pilot_industry", clause("selection.industries")
    )
    begin().when("open-case", industry="建材").then(CaseOpened)


def test_an_industry_that_left_the_programme_cannot_apply_any_more() -> None:
    fewer = rules({"selection.industries": ("建材",)})
    after("open-case").under(fewer).when("submit-application").then_refused(
        "firm_must_be_in_a_pilot_industry", clause("selection.industries")
    )


@shows("firm_must_be_in_a_county_of_the_city")
def test_only_counties_of_the_city_take_part() -> None:
    begin().when("open-case", county="外县").then_refused(
        "firm_must_be_in_a_county_of_the_city", clause("selection.counties")
    )
    begin().when("open-case", county="西区").then(CaseOpened)


@shows("county_must_put_only_its_own_firms_on_file")
def test_a_county_puts_its_own_firms_on_file() -> None:
    begin().when("open-case", by=county, county="西区").then_refused("county_must_put_only_its_own_firms_on_file")
    begin().when("open-case", by=county).then(CaseOpened)
    begin().when("open-case", by=clerk1, county="西区").then(CaseOpened)


@shows("batch_must_be_open_on_the_day")
def test_applications_come_within_the_window_of_the_batch() -> None:
    rule = "batch_must_be_open_on_the_day"
    draft = after("open-case")
    draft.on(date(2025, 12, 31)).when("submit-application").then_refused(rule)
    draft.on(date(2027, 1, 1)).when("submit-application").then_refused(rule)
    draft.on(date(2026, 1, 1)).when("submit-application").then(ApplicationSubmitted)
    draft.on(date(2026, 12, 31)).when("submit-application").then(
        fact(ApplicationSubmitted, batch=BATCH, batch_code="1", self_level=1)
    )


def test_a_batch_that_is_not_there_or_of_another_programme_takes_no_application() -> None:
    nowhere = replace(after("open-case"), batch_facts=())
    nowhere.when("submit-application").then_refused("batch_must_be_open_on_the_day")
    other = replace(RULES, programme="2023-1")
    elsewhere = replace(after("open-case"), batch_facts=Play(other).begun(Money(1), "2023-1").batch_facts)
    elsewhere.when("submit-application").then_refused("batch_must_be_open_on_the_day")


@shows("truth_must_be_pledged")
def test_no_application_without_the_pledge_of_truth() -> None:
    after("open-case").when("submit-application", pledged=False).then_refused("truth_must_be_pledged")
    after("open-case").when("submit-application", pledged=True).then(ApplicationSubmitted)


@shows("self_assessment_must_be_on_the_scale")
@pytest.mark.parametrize(("wrong", "right"), [(-1, 0), (5, 4)])
def test_a_self_assessment_is_a_level(wrong: int, right: int) -> None:
    after("open-case").when("submit-application", self_level=wrong).then_refused("self_assessment_must_be_on_the_scale")
    after("open-case").when("submit-application", self_level=right).then(ApplicationSubmitted)


# --- 补正


@pytest.mark.parametrize(
    ("reviewed", "by", "state", "timer"),
    [
        ("submit-application", county, Qualification.COUNTY_REVIEW, "county_review"),
        ("pass-county-review", clerk1, Qualification.CITY_REVIEW, "city_review"),
    ],
)
def test_papers_come_back_to_the_reviewer_who_asked(reviewed: str, by: object, state: object, timer: str) -> None:
    asked = after(reviewed).when("request-supplement", by=by, defects=("缺甲", "缺乙"))
    asked.then(fact(SupplementRequested, defects=("缺甲", "缺乙"), returns_to=state))
    asked.then_deadlines(set=("supplement/1",), closed=(f"{timer}/1",))

    given = asked.when("submit-supplement").then(SupplementSubmitted).then_stands(qualification=state)
    given.then_deadlines(set=(f"{timer}/2",), closed=("supplement/1",))


@shows("supplements_must_stay_within_the_limit")
def test_papers_are_sent_back_as_often_as_the_pack_allows() -> None:
    once = ready("submit-supplement").did("submit-supplement")
    once.when("request-supplement").then_refused(
        "supplements_must_stay_within_the_limit", clause("selection.max_supplements")
    )
    twice = rules({"selection.max_supplements": 2})
    once.under(twice).when("request-supplement").then(SupplementRequested).then_stands(supplements=2)


def test_county_and_city_share_one_limit() -> None:
    city = ready("submit-supplement").did("submit-supplement", "pass-county-review")
    city.when("request-supplement", by=clerk1).then_refused("supplements_must_stay_within_the_limit")


@shows("defects_must_be_named")
def test_all_that_is_missing_is_named_at_once() -> None:
    for nothing in ((), ("",), (" ", "\u3000")):
        after("submit-application").when("request-supplement", defects=nothing).then_refused("defects_must_be_named")
    after("submit-application").when("request-supplement", defects=("缺甲",)).then(SupplementRequested)


def test_a_supplement_that_does_not_come_ends_the_application_where_the_pack_says_so() -> None:
    late = ready("submit-supplement").after("supplement")
    lapsed = late.when("pass-deadline", name="supplement/1").then(DeadlinePassed, ApplicationLapsed)
    lapsed.then_stands(qualification=Qualification.NOT_SELECTED, stage=Stage.CLOSED, deadlines={})
    assert lapsed.happened[1].clauses == (clause("timers.supplement"),)


def test_a_supplement_that_does_not_come_is_waited_for_where_the_pack_says_so() -> None:
    waiting = rules({"timers.supplement": Days(5, "working", "wait")})
    late = ready("submit-supplement", waiting).after("supplement").did(("pass-deadline", {"name": "supplement/1"}))
    late.then(DeadlinePassed).then_stands(qualification=Qualification.SUPPLEMENTING)
    late.when("submit-supplement").then(SupplementSubmitted).then_stands(qualification=Qualification.COUNTY_REVIEW)


# --- 审核, 候补, 不予入选


@shows("county_must_leave_the_citys_turn_to_the_city")
@pytest.mark.parametrize("kind", ["reject-application", "request-supplement"])
def test_what_a_county_passed_on_it_cannot_take_back(kind: str) -> None:
    assert after("submit-application").when(kind, by=county).refusal is None
    after("pass-county-review").when(kind, by=county).then_refused("county_must_leave_the_citys_turn_to_the_city")
    assert after("pass-county-review").when(kind, by=clerk1).refusal is None


def test_a_county_does_not_empty_the_citys_waiting_list() -> None:
    ready("promote-from-waitlist").when("reject-application", by=county).then_refused(
        "county_must_leave_the_citys_turn_to_the_city"
    )


@pytest.mark.parametrize("by", [county, clerk1, head])
def test_a_rejection_says_why_and_ends_the_case(by: object) -> None:
    reviewed = after("submit-application")
    reviewed.when("reject-application", by=by, reason=" ").then_refused("words_must_be_given")
    ended = reviewed.when("reject-application", by=by, reason="产值不实")
    ended.then(fact(ApplicationRejected, reason="产值不实")).then_deadlines(closed=("county_review/1",))
    ended.then_stands(stage=Stage.CLOSED, subsidy=Subsidy.NONE, works=Works.NONE)


def test_from_the_waiting_list_onto_the_list() -> None:
    waiting = after("pass-county-review").when("waitlist-application").then(ApplicationWaitlisted)
    waiting.then_deadlines(closed=("city_review/1",)).when("publish-list").then_refused("step_must_be_due")
    promoted = waiting.when("promote-from-waitlist", by=clerk2).then(WaitlistPromoted)
    promoted.when("publish-list").then(ListPublished)


def test_who_put_a_firm_on_the_waiting_list_does_not_confirm_it() -> None:
    waiting = after("pass-county-review").did(("waitlist-application", {"by": clerk2}), "promote-from-waitlist")
    noticed = waiting.did("publish-list").after("list_notice")
    noticed.when("confirm-pilot", by=replace(head, id=clerk2.id)).then_refused("hand_must_differ")
    noticed.when("confirm-pilot").then(PilotConfirmed)


def test_from_the_waiting_list_out() -> None:
    ready("promote-from-waitlist").when("reject-application", by=clerk1).then(ApplicationRejected)


@shows("hand_must_differ")
@pytest.mark.parametrize("kind", ["pass-city-review", "waitlist-application"])
def test_the_citys_review_is_not_by_the_countys_hand(kind: str) -> None:
    same = replace(clerk1, id=county.id)
    after("pass-county-review").when(kind, by=same).then_refused("hand_must_differ")
    assert after("pass-county-review").when(kind).refusal is None


# --- 公示与异议


@shows("words_must_be_given")
def test_a_notice_and_a_list_have_a_number() -> None:
    ready("publish-list").when("publish-list", document=" ").then_refused("words_must_be_given")
    ready("publish-list").when("publish-list", document="公示3号").then(fact(ListPublished, document="公示3号"))
    ready("confirm-pilot").when("confirm-pilot", document="").then_refused("words_must_be_given")
    ready("record-objection").when("record-objection", matter="").then_refused("words_must_be_given")
    ready("answer-objection").when("answer-objection", answer="").then_refused("words_must_be_given")


@shows("notice_must_have_stood_its_time")
def test_a_notice_stands_its_whole_time() -> None:
    noticed = after("publish-list")
    (notice,) = noticed.case.deadlines.values()
    assert (notice.name, notice.due) == ("list_notice/1", date(2026, 3, 9))  # the fifth working day

    for day in (date(2026, 3, 2), date(2026, 3, 9)):
        early = noticed.on(day).when("confirm-pilot")
        early.then_refused("notice_must_have_stood_its_time", clause("timers.list_notice"))
    confirmed = noticed.on(date(2026, 3, 10)).when("confirm-pilot").then(PilotConfirmed)
    confirmed.then_deadlines(closed=("list_notice/1",)).then_stands(stage=Stage.DIAGNOSIS, deadlines={})


def test_a_notice_whose_end_is_on_record_counts_as_stood() -> None:
    over = after("publish-list").after("list_notice").did(("pass-deadline", {"name": "list_notice/1"}))
    over.when("confirm-pilot").then(PilotConfirmed)


@shows("objection_must_be_answered_first")
def test_nothing_is_final_while_an_objection_is_open() -> None:
    objected = ready("confirm-pilot").did("record-objection")
    objected.when("confirm-pilot").then_refused("objection_must_be_answered_first")
    objected.when("record-objection").then_refused("objection_must_be_answered_first")
    answered = objected.when("answer-objection", upheld=False, answer="不属实").then(
        fact(ObjectionDismissed, answer="不属实")
    )
    answered.when("confirm-pilot").then(PilotConfirmed)


def test_an_objection_that_holds_sends_the_firm_back_to_the_city() -> None:
    back = ready("answer-objection").when("answer-objection", upheld=True).then(ObjectionUpheld)
    back.then_stands(qualification=Qualification.CITY_REVIEW, open_objection="")
    back.then_deadlines(set=("city_review/2",), closed=("list_notice/1",))

    again = back.did("pass-city-review", "publish-list")
    again.then_deadlines(set=("list_notice/2",))
    again.when("confirm-pilot").then_refused("notice_must_have_stood_its_time")
    again.after("list_notice").when("confirm-pilot").then(PilotConfirmed)


@shows("there_must_be_an_open_objection")
def test_only_an_objection_that_was_made_is_answered() -> None:
    after("publish-list").when("answer-objection").then_refused("there_must_be_an_open_objection")
    ready("answer-objection").when("answer-objection").then(ObjectionDismissed)


def test_an_objection_is_not_answered_by_a_hand_that_reviewed() -> None:
    for reviewer in (county, clerk1):
        ready("answer-objection").when("answer-objection", by=replace(head, id=reviewer.id)).then_refused(
            "hand_must_differ"
        )


def test_a_first_reviewer_stays_barred_when_another_reviewed_again() -> None:
    # clerk-1 reviewed, the objection held, clerk-2 reviewed again: neither answers the next objection or confirms.
    again = ready("answer-objection").did(("answer-objection", {"upheld": True}))
    again = again.did(("pass-city-review", {"by": clerk2}), "publish-list", "record-objection")
    for reviewer in (clerk1, clerk2):
        again.when("answer-objection", by=replace(head, id=reviewer.id)).then_refused("hand_must_differ")
    settled = again.did(("answer-objection", {"by": head2})).after("list_notice")
    for reviewer in (clerk1, clerk2):
        settled.when("confirm-pilot", by=replace(head, id=reviewer.id)).then_refused("hand_must_differ")


def test_the_pilot_is_not_confirmed_by_the_reviewers_hand() -> None:
    same = replace(clerk1, role=Role.HEAD)
    ready("confirm-pilot").when("confirm-pilot", by=same).then_refused("hand_must_differ")


def test_a_review_is_on_record_with_its_hand() -> None:
    assert after("pass-city-review").case.hands == {"county review": ("county-1",), "city review": ("clerk-1",)}
    after("pass-city-review").then(CityReviewPassed)


def test_a_firm_is_put_on_file_under_its_citys_programme_and_by_its_name() -> None:
    begin().when("open-case", rehearsal=True).then_refused("programme_must_be_the_citys")
    begin().when("open-case", firm=" ").then_refused("words_must_be_given")


def test_a_rehearsals_batch_takes_no_real_application() -> None:
    rehearsed = replace(after("open-case"), batch_facts=Play(RULES).begun(Money(1), rehearsal=True).batch_facts)
    rehearsed.when("submit-application").then_refused("batch_must_be_open_on_the_day")
