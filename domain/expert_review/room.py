"""发起评审、增补专家、评审结束、撤销评审: how an expert review goes, from the call to the places, or is called off."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal
from uuid import UUID

from domain import authority, places
from domain.case import schedule
from domain.case.common import step_must_be_due, words_must_be_given
from domain.case.expert_review import take_result
from domain.case.file import CaseFile, CasePapers, Qualification
from domain.expert_review import scoring
from domain.expert_review.common import ExpertReviewCommand
from domain.expert_review.file import (
    ExpertReview,
    ExpertReviewCalled,
    ExpertReviewCalledOff,
    ExpertReviewClosed,
    ExpertsAdded,
)
from domain.expert_review.ranking import Candidate, Criterion, Expert, Ranked, ranking
from domain.expert_review.rules import (
    case_must_be_of_the_batch,
    criteria_must_add_up_to_full_marks,
    every_expert_must_have_filed,
    every_firm_must_have_enough_sheets,
    expert_must_not_come_from_a_provider,
    expert_must_not_run_the_review,
    experts_must_be_enough,
    experts_must_be_named_once,
    one_review_at_a_time,
    review_must_be_asked_for_by_the_rules,
    review_must_be_open,
    there_must_be_a_firm,
)
from domain.people import Person, Role
from domain.policy import Pack

SHEETS: Final = "selection.review_sheets"


@dataclass(frozen=True, kw_only=True)
class CallExpertReview(ExpertReviewCommand):
    """Have these firms scored by these experts; ``document`` is the paper that sets the criteria."""

    kind: Literal["call-expert-review"] = "call-expert-review"
    document: str
    criteria: tuple[Criterion, ...]
    experts: tuple[Expert, ...]
    cases: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class AddExperts(ExpertReviewCommand):
    """Name more experts for the review that is open."""

    kind: Literal["add-experts"] = "add-experts"
    document: str
    experts: tuple[Expert, ...]


@dataclass(frozen=True, kw_only=True)
class CloseExpertReview(ExpertReviewCommand):
    """Rank the firms and give the places."""

    kind: Literal["close-expert-review"] = "close-expert-review"


@dataclass(frozen=True, kw_only=True)
class CallOffExpertReview(ExpertReviewCommand):
    """End the round without a ranking; ``reason`` says why, ``document`` is the paper that orders it."""

    kind: Literal["call-off-expert-review"] = "call-off-expert-review"
    document: str


def call_expert_review(
    review: ExpertReview, command: CallExpertReview, papers: CasePapers, cases: Sequence[CaseFile]
) -> None:
    """The experts' turn begins. Raises OpenQuestion where the rules do not say how many sheets a firm must have."""
    review_must_be_asked_for_by_the_rules(papers.pack)
    one_review_at_a_time(review)
    words_must_be_given(command.document, "评审文号")
    criteria_must_add_up_to_full_marks(command.criteria)
    experts_must_be_enough(command.experts, papers.pack)
    _may_score(command.experts, (), command.by, papers)
    there_must_be_a_firm(command.cases)
    for case in cases:
        case_must_be_of_the_batch(case, command.batch)
        step_must_be_due(case.qualification, Qualification.EXPERT_REVIEW)
    review.record(
        ExpertReviewCalled,
        papers,
        clauses=(papers.pack.clause("selection.expert_review"), papers.pack.clause(SHEETS)),
        batch=command.batch,
        review_round=review.round + 1,
        document=command.document,
        criteria=command.criteria,
        least_sheets=papers.pack.count(SHEETS),
        experts=command.experts,
        candidates=tuple(_candidate(case) for case in cases),
    )


def add_experts(review: ExpertReview, command: AddExperts, papers: CasePapers, cases: Sequence[CaseFile]) -> None:
    """They score every firm of the review, as the others do."""
    review_must_be_open(review)
    words_must_be_given(command.document, "评审文号")
    _may_score(command.experts, review.experts, command.by, papers)
    review.record(
        ExpertsAdded,
        papers,
        batch=command.batch,
        review_round=review.round,
        document=command.document,
        experts=command.experts,
    )


def close_expert_review(
    review: ExpertReview,
    command: CloseExpertReview,
    papers: CasePapers,
    cases: Sequence[tuple[CaseFile, Pack]],
) -> None:
    """The ranking is written, and every firm takes its place or begins to wait; all of it is one append.

    ``cases`` are those of the review, each with the rules that it took up.
    """
    review_must_be_open(review)
    expert_must_not_run_the_review(review.experts, command.by)
    staying = {case.id: (case, pack) for case, pack in cases if case.qualification is Qualification.EXPERT_REVIEW}
    here = [one for one in review.candidates if one.applicant.case in staying]
    every_expert_must_have_filed(review, here)
    every_firm_must_have_enough_sheets(review, here)
    for case, _ in staying.values():
        authority.bureau_must_not_be_a_party(command.by, case)
        authority.person_must_keep_to_one_role_in_a_case(case, command.by)
    ranked = _placed(review, here, papers)
    review.record(
        ExpertReviewClosed,
        papers,
        clauses=(papers.pack.clause("selection.expert_review"), papers.pack.clause(SHEETS)),
        batch=command.batch,
        review_round=review.round,
        document=review.document,
        ranking=tuple(ranked),
        gone=tuple(one for one in review.candidates if one.applicant.case not in staying),
    )
    for one in ranked:
        case, pack = staying[one.candidate.applicant.case]
        of_the_case = replace(papers, pack=pack)
        take_result(case, one, (review.document, review.round), len(ranked), of_the_case)
        schedule.settle(case, of_the_case)


def call_off_expert_review(
    review: ExpertReview, command: CallOffExpertReview, papers: CasePapers, cases: Sequence[CaseFile]
) -> None:
    """The round ends and ranks nobody. Its firms wait for the experts as they did before they were named."""
    review_must_be_open(review)
    expert_must_not_run_the_review(review.experts, command.by)
    words_must_be_given(command.reason, "撤销理由")
    words_must_be_given(command.document, "撤销文号")
    for case in cases:
        authority.bureau_must_not_be_a_party(command.by, case)
    review.record(
        ExpertReviewCalledOff,
        papers,
        batch=command.batch,
        review_round=review.round,
        document=command.document,
    )


def _placed(review: ExpertReview, here: Iterable[Candidate], papers: CasePapers) -> list[Ranked]:
    """Who of the ranking finds a place: tried on a copy of the places, firm by firm."""
    assert papers.places is not None
    left = places.Room(papers.places)
    sheets = {one.applicant.case: review.counted(one.applicant.case) for one in here}
    return [
        Ranked(rank, one, scores, sum(score.total for score in scores), left.gives(one.applicant))
        for rank, (one, scores) in enumerate(ranking(here, sheets), start=1)
    ]


def _candidate(case: CaseFile) -> Candidate:
    assert case.applied_at is not None
    return Candidate(case.applicant, case.applied_at)


def _may_score(experts: tuple[Expert, ...], already: tuple[Expert, ...], by: Person, papers: CasePapers) -> None:
    experts_must_be_named_once((*already, *experts))
    expert_must_not_run_the_review(experts, by)
    for expert in experts:
        authority.engine_must_not_be_impersonated(Person(expert.id, Role.EXPERT, expert.organisation))
        authority.hand_must_be_named(Person(expert.id, Role.EXPERT, expert.organisation))
        expert_must_not_come_from_a_provider(expert.organisation, papers.pool)


DECISIONS: Final[Mapping[type[ExpertReviewCommand], Callable[[ExpertReview, Any, CasePapers, Any], None]]] = {
    CallExpertReview: call_expert_review,
    AddExperts: add_experts,
    **scoring.DECISIONS,
    CloseExpertReview: close_expert_review,
    CallOffExpertReview: call_off_expert_review,
}
COMMANDS: Final[Mapping[str, type[ExpertReviewCommand]]] = {
    str(command.__dataclass_fields__["kind"].default): command for command in DECISIONS
}
"""Every command about an expert review by its name on the wire."""
