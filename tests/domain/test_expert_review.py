"""专家评审: who may score whom, sheets that nobody changes, a ranking anyone can redo, and the places by rank."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from uuid import uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.authority import person_must_keep_to_one_role_in_a_case
from domain.case.expert_review import ExpertReviewPassed, ExpertReviewWaitlisted, SentToExpertReview
from domain.case.file import CaseFile, Qualification
from domain.case.listing import ListPublished
from domain.case.review import ApplicationRejected, ApplicationWaitlisted, CityReviewPassed
from domain.expert_review.file import ExpertReview, ExpertReviewCalledOff, ExpertReviewClosed
from domain.expert_review.ranking import Candidate, Criterion, Expert, Points, average_in_words, ranking
from domain.expert_review.rules import (
    expert_must_act_for_the_same_organisation,
    expert_must_not_belong_to_a_party,
)
from domain.expert_review.scoring import Sheet
from domain.identity import pool_id
from domain.people import Person, Role
from domain.places import Places, PlaceTaken, Quota, WaitBegun
from domain.provider.file import Pool
from domain.record import Fact
from domain.rejections import OpenQuestion
from tests.domain.cast import CITY, PROGRAMME, RULES, clause, clerk1, clerk2, head, rules
from tests.domain.panel import EXPERTS, HANDS, REVIEWED, Panel, applied, sheet
from tests.domain.play import BATCH, PLACES, passed, ready, refused, shows
from tests.domain.test_places import limited

FIRST, SECOND, THIRD = EXPERTS


def places(*quotas: Quota) -> Places:
    return Places.folded(PLACES, facts(limited(*quotas)))


def facts(file: Places | CaseFile | ExpertReview) -> tuple[Fact, ...]:
    return tuple(one for one in file.pending_events if isinstance(one, Fact))


def standing(panel: Panel) -> list[Qualification]:
    return [case.qualification for case in panel.cases.values()]


# --- the case before the experts


def test_where_the_rules_ask_for_experts_the_city_proposes_nobody_by_itself() -> None:
    passed_on = ready("pass-city-review", REVIEWED).when("pass-city-review").then(SentToExpertReview).then_placed()
    passed_on.then_stands(qualification=Qualification.EXPERT_REVIEW, deadlines={})
    passed_on.when("publish-list").then_refused("step_must_be_due")
    passed_on.when("reject-application").then_refused("county_must_leave_the_citys_turn_to_the_city")
    passed_on.when("reject-application", by=clerk2).then(ApplicationRejected)


@pytest.mark.parametrize("pack", [RULES, rules({"selection.expert_review": False})])
def test_where_they_do_not_the_citys_review_decides(pack: object) -> None:
    ready("pass-city-review", pack).when("pass-city-review").then(CityReviewPassed)  # type: ignore[arg-type]


@shows("waitlist_must_follow_the_experts_ranking")
def test_nobody_waits_before_the_experts_have_ranked() -> None:
    before = ready("waitlist-application", REVIEWED)
    before.when("waitlist-application").then_refused(
        "waitlist_must_follow_the_experts_ranking", clause("selection.expert_review")
    )
    ready("waitlist-application").when("waitlist-application").then(ApplicationWaitlisted)


# --- the call


@shows("review_must_be_asked_for_by_the_rules")
def test_no_review_where_the_rules_know_none_and_a_question_where_they_are_silent() -> None:
    without = rules({"selection.expert_review": False, "selection.review_sheets": 2})
    with refused("review_must_be_asked_for_by_the_rules", of="call-expert-review"):
        Panel.of(1, pack=without).called()
    for silent in ("selection.expert_review", "selection.review_sheets"):
        left = {key: held for key, held in REVIEWED.values.items() if key != silent}
        with pytest.raises(OpenQuestion, match=silent):
            Panel.of(1, pack=replace(REVIEWED, values=left)).called()
    Panel.of(1).called()


@shows("one_review_at_a_time", "review_must_be_open")
def test_one_round_after_the_other() -> None:
    panel = Panel.of(1)
    kinds = ("add-experts", "recuse-expert", "file-score", "file-scores")
    for kind in (*kinds, "close-expert-review", "call-off-expert-review"):
        with refused("review_must_be_open", of=kind):
            panel.does(kind)
    panel.called()
    with refused("one_review_at_a_time", of="call-expert-review"):
        panel.called()
    panel.scored(1, 90, 80, 70).does("close-expert-review")
    assert not panel.review.is_open
    late = applied(2)
    panel.cases = {late.id: late}
    panel.called().scored(2, 50, 50, 50).does("close-expert-review")
    assert panel.review.round == 2
    assert [one.candidate.applicant.case for one in panel.review.ranking] == [late.id]


@shows("criteria_must_add_up_to_full_marks")
@pytest.mark.parametrize(
    "criteria",
    [
        (),
        (Criterion("改造意愿", 99),),
        (Criterion("改造意愿", 50), Criterion("改造 意愿", 50)),
        (Criterion("改造意愿", 100), Criterion("其他", 0)),
        (Criterion(" ", 100),),
    ],
)
def test_criteria_are_named_and_come_to_a_hundred(criteria: tuple[Criterion, ...]) -> None:
    with refused("criteria_must_add_up_to_full_marks", of="call-expert-review"):
        Panel.of(1).called(criteria=criteria)
    Panel.of(1).called(criteria=(Criterion("综合", 100),))


@shows("experts_must_be_enough", "experts_must_be_named_once", "expert_must_not_run_the_review", "hand_must_be_named")
def test_experts_are_enough_each_one_person_and_not_who_runs_the_review() -> None:
    key = "selection.review_sheets"
    with refused("experts_must_be_enough", of="call-expert-review", clause=clause(key)):
        Panel.of(1).called(experts=(FIRST,))
    with refused("experts_must_be_named_once", of="call-expert-review"):
        Panel.of(1).called(experts=(FIRST, SECOND, replace(FIRST, organisation="别处")))
    with refused("hand_must_be_named", of="call-expert-review"):
        Panel.of(1).called(experts=(FIRST, Expert("Expert 2", "二号大学")))
    own = Expert(clerk2.id, clerk2.organisation)
    with refused("expert_must_not_run_the_review", of="call-expert-review"):
        Panel.of(1).called(experts=(FIRST, own))
    panel = Panel.of(1).called(experts=(FIRST, SECOND))
    with refused("experts_must_be_named_once", of="add-experts"):
        panel.does("add-experts", experts=(SECOND,))
    with refused("expert_must_not_run_the_review", of="close-expert-review"):
        panel.does("close-expert-review", by=Person(FIRST.id, Role.CLERK, CITY))
    panel.does("add-experts").scored(1, 60, 60)
    assert [expert.id for _, expert in panel.review.owed()] == ["expert-9"]


@shows("there_must_be_a_firm", "case_must_be_of_the_batch")
def test_the_firms_are_those_of_the_batch_that_wait_for_experts() -> None:
    panel = Panel.of(1)
    mine = panel.case(1).id
    for wrong in ((), (mine, mine)):
        with refused("there_must_be_a_firm", of="call-expert-review"):
            panel.called(cases=wrong)
    with refused("case_must_be_of_the_batch", of="call-expert-review"):
        panel.called(cases=(uuid5(BATCH, "unknown"),))
    early = applied(2, "pass-county-review")
    panel.cases[early.id] = early
    with refused("step_must_be_due", of="call-expert-review"):
        panel.called()
    panel.called(cases=(mine,))


# --- who scores


@shows("expert_must_not_come_from_a_provider")
def test_no_expert_of_a_provider() -> None:
    pool = Pool.fresh(pool_id(CITY, PROGRAMME))
    pool.codes, pool.names = {"91370300MA3C0PV01X": "云软公司"}, {"云软公司": "91370300MA3C0PV01X"}
    for organisation in ("云软公司", "91370300MA3C0PV01X", "云 软有限公司", "（云软）公司济南分公司"):
        with refused("expert_must_not_come_from_a_provider", of="call-expert-review"):
            Panel.of(1, pool=pool).called(experts=(FIRST, Expert("expert-2", organisation)))
    panel = Panel.of(1, pool=pool).called()
    pool.names[SECOND.organisation] = "91370300MA3C0PV02X"
    pool.codes["91370300MA3C0PV02X"] = SECOND.organisation
    with refused("expert_must_not_come_from_a_provider", of="file-score"):
        panel.scored(1, None, 50)
    panel.scored(1, 50)


@shows("expert_must_not_belong_to_a_party")
@pytest.mark.parametrize(
    "party",
    [
        "第1号轴承有限公司",
        "91370300MA3C00001X",
        "东区",
        "第1号轴承 有限公司",
        "第1号轴承公司",
        "第1号轴承公司（东区）分公司",
    ],
)
def test_no_expert_scores_the_own_firm_or_the_own_countys(party: str) -> None:
    partial = Expert("expert-8", party)
    hand = Person(partial.id, Role.EXPERT, party)
    panel = Panel.of(1)
    panel.called(experts=(*EXPERTS, partial))
    with refused("expert_must_not_belong_to_a_party", of="file-score"):
        panel.does("file-score", hand)
    panel.scored(1, 50)


def test_no_expert_scores_a_firm_that_the_own_organisation_worked_for() -> None:
    case = applied(1)
    case.retrofitters = ("云软公司",)
    for written in ("云软 公司", "云软股份有限公司"):
        hand = Person("expert-1", Role.EXPERT, written)
        with refused("expert_must_not_belong_to_a_party", of="rule"):
            expert_must_not_belong_to_a_party(hand, case)


@shows("expert_must_be_named_in_the_review", "expert_must_act_for_the_same_organisation", "firm_must_be_under_review")
def test_only_who_was_called_scores_and_only_who_is_under_review_is_scored() -> None:
    panel = Panel.of(1, 2)
    panel.called(cases=(panel.case(1).id,))
    with refused("expert_must_be_named_in_the_review", of="file-score"):
        panel.does("file-score", Person("expert-7", Role.EXPERT, "七号大学"))
    with refused("expert_must_act_for_the_same_organisation", of="file-score"):
        panel.does("file-score", replace(HANDS["expert-1"], organisation="云软公司"))
    with refused("firm_must_be_under_review", of="file-score"):
        panel.does("file-score", case=panel.case(2).id)
    panel.scored(1, 50)
    passed("rule")
    expert_must_act_for_the_same_organisation(panel.review, HANDS["expert-1"])


def test_who_acted_on_the_case_in_another_role_does_not_score_it_nor_the_other_way_round() -> None:
    reviewer = Expert(clerk1.id, "一号大学")
    panel = Panel.of(1)
    panel.called(experts=(*EXPERTS, reviewer))
    with refused("person_must_keep_to_one_role_in_a_case", of="file-score"):
        panel.does("file-score", Person(reviewer.id, Role.EXPERT, reviewer.organisation))
    done = Panel.of(1).called().scored(1, 90, 90, 90).does("close-expert-review")
    with refused("person_must_keep_to_one_role_in_a_case", of="rule"):
        person_must_keep_to_one_role_in_a_case(done.case(1), replace(head, id=FIRST.id))


@shows("sheet_must_stay_as_it_was_filed")
def test_a_sheet_is_locked_once_it_is_filed() -> None:
    panel = Panel.of(1, 2).called().scored(1, 90)
    for again in (sheet(0, 0), sheet(40, 50)):
        with refused("sheet_must_stay_as_it_was_filed", of="file-score"):
            panel.does("file-score", case=panel.case(1).id, points=again)
    assert panel.review.sheets == {(panel.case(1).id, "expert-1"): 90}
    panel.scored(2, 10)


@shows("points_must_answer_every_criterion")
@pytest.mark.parametrize(
    "points",
    [
        (),
        (Points("改造意愿", 1),),
        (*sheet(1, 1), Points("其他", 1)),
        (*sheet(1, 1), Points("改造意愿", 1)),
        sheet(41, 0),
        sheet(0, -1),
    ],
)
def test_a_sheet_answers_every_criterion_within_its_marks(points: tuple[Points, ...]) -> None:
    panel = Panel.of(1).called()
    with refused("points_must_answer_every_criterion", of="file-score"):
        panel.does("file-score", points=points)
    panel.does("file-score", points=sheet(40, 60))
    assert panel.review.counted(panel.case(1).id) == {"expert-1": 100}


def test_several_sheets_are_filed_together_or_none_of_them_is() -> None:
    panel = Panel.of(1, 2, 3).called().scored(3, 50)
    first, second, third = (panel.case(number).id for number in (1, 2, 3))
    good = Sheet(first, sheet(40, 60))
    for wrong, rule in (
        (Sheet(first, sheet(1, 1)), "there_must_be_a_firm"),
        (Sheet(second, sheet(41, 0)), "points_must_answer_every_criterion"),
        (Sheet(third, sheet(0, 0)), "sheet_must_stay_as_it_was_filed"),
        (Sheet(uuid5(BATCH, "unknown"), sheet(0, 0)), "firm_must_be_under_review"),
    ):
        with refused(rule, of="file-scores"):
            panel.does("file-scores", sheets=(good, wrong))
    with refused("there_must_be_a_firm", of="file-scores"):
        panel.does("file-scores", sheets=())
    with refused("expert_must_be_named_in_the_review", of="file-scores"):
        panel.does("file-scores", Person("expert-7", Role.EXPERT, "七号大学"), sheets=(good,))
    assert set(panel.review.sheets) == {(third, "expert-1")}
    panel.does("file-scores", sheets=(good, Sheet(second, sheet(0, 1))))
    assert [panel.review.counted(case) for case in (first, second, third)] == [{"expert-1": n} for n in (100, 1, 50)]
    assert panel.facts[-1].command_id == panel.facts[-2].command_id


# --- 回避


@shows("expert_must_stand_back_for_themself", "expert_must_not_have_stood_back")
def test_an_expert_stands_back_by_themself_or_by_the_bureaus_order_and_once() -> None:
    panel = Panel.of(1, 2).called()
    first, second = panel.case(1).id, panel.case(2).id
    with refused("expert_must_stand_back_for_themself", of="recuse-expert"):
        panel.does("recuse-expert", HANDS["expert-2"])
    with refused("words_must_be_given", of="recuse-expert"):
        panel.does("recuse-expert", reason=" ")
    panel.does("recuse-expert")
    with refused("expert_must_not_have_stood_back", of="recuse-expert"):
        panel.does("recuse-expert", cases=(second, first))
    with refused("expert_must_not_have_stood_back", of="file-score"):
        panel.scored(1, 50)
    panel.scored(2, 50)
    panel.does("recuse-expert", by=head, expert="expert-2", cases=(first, second))
    assert [(one.applicant.case, expert.id) for one, expert in panel.review.owed()] == [
        (first, "expert-3"),
        (second, "expert-3"),
    ]


def test_who_stands_back_after_scoring_is_not_counted_and_the_sheet_stays_on_record() -> None:
    panel = Panel.of(1).called().scored(1, 100, 40, 50)
    panel.does("recuse-expert").does("close-expert-review")
    (one,) = panel.review.ranking
    assert ([score.expert for score in one.scores], one.average) == (["expert-2", "expert-3"], Fraction(45))
    assert panel.review.sheets[panel.case(1).id, "expert-1"] == 100


# --- the end


@shows("every_expert_must_have_filed", "every_firm_must_have_enough_sheets")
def test_a_review_ends_when_all_have_filed_and_enough_count() -> None:
    panel = Panel.of(1, 2).called().scored(1, 90, 80, 70).scored(2, 90, 80)
    with refused("every_expert_must_have_filed", of="close-expert-review"):
        panel.does("close-expert-review")
    both = tuple(panel.cases)
    panel.does("recuse-expert", by=head, expert="expert-3", cases=both)
    panel.does("recuse-expert", by=head, expert="expert-2", cases=both[:1])
    with refused("every_firm_must_have_enough_sheets", of="close-expert-review"):
        panel.does("close-expert-review")
    panel.does("add-experts")
    for case in both:
        panel.does("file-score", Person("expert-9", Role.EXPERT, "九号大学"), case=case)
    panel.does("close-expert-review")


def test_who_left_meanwhile_is_neither_owed_nor_ranked() -> None:
    panel = Panel.of(1, 2).called().scored(1, 90, 80, 70)
    panel.case(2).qualification = Qualification.WITHDRAWN
    panel.does("close-expert-review")
    closed = panel.facts[-1]
    assert isinstance(closed, ExpertReviewClosed)
    assert [one.applicant.case for one in closed.gone] == [panel.case(2).id]
    assert [one.rank for one in closed.ranking] == [1]
    assert standing(panel) == [Qualification.PROPOSED, Qualification.WITHDRAWN]


def test_the_best_take_the_places_and_the_rest_wait_in_the_order_of_their_rank() -> None:
    panel = Panel.of(1, 2, 3, 4, places=places(Quota(2, industry="轴承", clause="示例办法 二")))
    panel.called().scored(1, 60, 60, 60).scored(2, 90, 90, 90).scored(3, 59, 60, 61).scored(4, 80, 80, 79)
    panel.does("close-expert-review")
    ranked = [(one.rank, one.candidate.applicant.credit_code[-2], one.proposed) for one in panel.review.ranking]
    assert ranked == [(1, "2", True), (2, "4", True), (3, "1", False), (4, "3", False)]
    assert list(panel.places.taken) == [panel.case(2).id, panel.case(4).id]
    assert list(panel.places.waiting) == [panel.case(1).id, panel.case(3).id]
    assert [type(one) for one in facts(panel.places)] == [PlaceTaken, PlaceTaken, WaitBegun, WaitBegun]
    waits, second = facts(panel.case(1))[-1], facts(panel.case(4))[-1]
    assert isinstance(waits, ExpertReviewWaitlisted)
    assert isinstance(second, ExpertReviewPassed)
    assert (second.rank, second.among, second.average) == (2, 4, "79.66 分（239/3）")
    assert second.clauses == (clause("selection.expert_review"),)
    assert panel.case(4).proposed_at == second.originator_version
    assert panel.case(4).hands["expert review"] == (clerk2.id,)


def test_a_firm_of_another_part_is_not_held_up_by_who_waits_before_it() -> None:
    other = applied(3, industry="建材")
    panel = Panel.of(1, 2, places=places(Quota(1, industry="轴承"), Quota(1, industry="建材")))
    panel.cases[other.id] = other
    panel.called().scored(1, 90, 90, 90).scored(2, 80, 80, 80).scored(3, 10, 10, 10).does("close-expert-review")
    assert [one.proposed for one in panel.review.ranking] == [True, False, True]


def test_who_waited_before_is_not_overtaken_by_a_later_round() -> None:
    panel = Panel.of(1, 2, places=places(Quota(1)))
    panel.called().scored(1, 90, 90, 90).scored(2, 10, 10, 10).does("close-expert-review")
    panel.places.taken.clear()  # the first left again
    best = applied(3)
    panel.cases = {best.id: best}
    panel.called().scored(3, 100, 100, 100).does("close-expert-review")
    assert not panel.review.ranking[0].proposed
    assert [firm.credit_code[-2] for firm in panel.places.waiting.values()] == ["2", "3"]


def test_a_firm_that_the_experts_passed_goes_on_to_the_list() -> None:
    panel = Panel.of(1).called().scored(1, 90, 90, 90).does("close-expert-review")
    play = ready("pass-city-review", REVIEWED).did("pass-city-review")
    told = facts(panel.case(1))[-1]
    moved = replace(told, originator_id=play.case.id, originator_version=play.case.version + 1)
    passed_on = replace(play, facts=(*play.facts, moved), places_facts=facts(panel.places))
    passed_on.when("publish-list").then(ListPublished)
    noticed = passed_on.did("publish-list").after("list_notice")
    noticed.when("confirm-pilot", by=replace(head, id=clerk2.id)).then_refused("hand_must_differ")


# --- a round called off


def test_a_round_called_off_ranks_nobody_and_its_firms_wait_as_they_did_before() -> None:
    panel = Panel.of(1, 2).called().scored(1, 90, 90, 90)
    before = standing(panel)
    panel.does("call-off-expert-review")
    assert isinstance(panel.facts[-1], ExpertReviewCalledOff)
    assert (panel.review.is_open, panel.review.called_off, panel.review.ranking) == (False, True, ())
    assert panel.review.sheets[panel.case(1).id, "expert-1"] == 90
    assert standing(panel) == before == [Qualification.EXPERT_REVIEW] * 2
    assert not [case for case in panel.cases.values() if case.pending_events]
    assert not facts(panel.places)
    for late in ("file-score", "close-expert-review", "call-off-expert-review"):
        with refused("review_must_be_open", of=late):
            panel.does(late)


def test_a_new_round_follows_and_counts_its_own_sheets_alone() -> None:
    panel = Panel.of(1, 2).called().scored(1, 1, 1, 1).scored(2, 99, 99, 99).does("call-off-expert-review")
    panel.called().scored(1, 80, 80, 80).scored(2, 10, 10, 10)
    assert (panel.review.round, panel.review.called_off) == (2, False)
    panel.does("close-expert-review")
    assert [(one.candidate.applicant.case, one.points) for one in panel.review.ranking] == [
        (panel.case(1).id, 240),
        (panel.case(2).id, 30),
    ]


def test_a_round_is_called_off_with_reason_and_document_by_who_has_no_part_in_it() -> None:
    panel = Panel.of(1).called(experts=(*EXPERTS, Expert(head.id, "一号大学")))
    with refused("expert_must_not_run_the_review", of="call-off-expert-review"):
        panel.does("call-off-expert-review")
    other = replace(head, id="head-2")
    for missing in ("reason", "document"):
        with refused("words_must_be_given", of="call-off-expert-review"):
            panel.does("call-off-expert-review", other, **{missing: " "})
    party = replace(other, organisation=panel.case(1).firm)
    with refused("bureau_must_not_be_a_party", of="call-off-expert-review"):
        panel.does("call-off-expert-review", party)
    panel.does("call-off-expert-review", other)


# --- the ranking itself

TOTALS = st.lists(st.tuples(*[st.one_of(st.none(), st.integers(0, 100))] * 3), min_size=1, max_size=5)
_UP = {number: applied(number) for number in range(1, 6)}


@given(totals=TOTALS, data=st.data())
def test_in_whatever_order_sheets_are_filed_the_ranking_is_the_same_and_recused_sheets_never_count(
    totals: list[tuple[int | None, int | None, int | None]], data: st.DataObject
) -> None:
    """None: the expert stands back, before scoring or after it."""
    acts = [(number, expert, total) for number, row in enumerate(totals, 1) for expert, total in enumerate(row)]
    acts = [act for act in acts if any(total is not None for total in totals[act[0] - 1])]
    results = []
    for _ in range(2):
        review = ExpertReview.fresh(uuid5(BATCH, "any order"))
        late = data.draw(st.sets(st.sampled_from(acts)) if acts else st.just(set()))
        for number, expert, total in data.draw(st.permutations(acts)):
            case = _UP[number].id
            if total is not None or (number, expert, total) in late:
                review.sheets[case, EXPERTS[expert].id] = 100 if total is None else total
            if total is None:
                review.recused[EXPERTS[expert].id] = (*review.recused.get(EXPERTS[expert].id, ()), case)
        here = [_candidate(number) for number in sorted({number for number, *_ in acts})]
        sheets = {one.applicant.case: review.counted(one.applicant.case) for one in here}
        ranked = ranking(data.draw(st.permutations(here)), sheets)
        results.append(ranked)
        told = [(one, Fraction(sum(score.total for score in scores), len(scores))) for one, scores in ranked]
        by_hand = {
            _UP[number].id: Fraction(sum(one for one in row if one is not None), sum(one is not None for one in row))
            for number, row in enumerate(totals, 1)
            if any(one is not None for one in row)
        }
        assert {one.applicant.case: average for one, average in told} == by_hand
        for (one, average), (other, less) in pairwise(told):
            assert average > less or (average == less and one.applied_at < other.applied_at)
    assert results[0] == results[1]


def _candidate(number: int) -> Candidate:
    case = _UP[number]
    assert case.applied_at is not None
    return Candidate(case.applicant, case.applied_at)


def test_equals_go_by_the_time_of_applying_and_then_by_credit_code() -> None:
    early, late = _candidate(1), _candidate(2)
    even = {one.applicant.case: {"expert-1": 50} for one in (early, late)}
    assert [one for one, _ in ranking([late, early], even)] == [early, late]
    tied = replace(late, applied_at=early.applied_at)
    assert [one for one, _ in ranking([tied, early], even)] == [early, tied]


@pytest.mark.parametrize(
    ("points", "sheets", "words"),
    [(270, 3, "90.00 分（270/3）"), (239, 3, "79.66 分（239/3）"), (1, 100, "0.01 分（1/100）")],
)
def test_an_average_is_told_with_two_decimals_and_as_the_fraction_it_is(points: int, sheets: int, words: str) -> None:
    assert average_in_words(points, sheets) == words
