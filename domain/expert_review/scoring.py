"""回避、录入评审: what an expert does in a review, each behind the backs of the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

from domain import authority
from domain.case.common import step_must_be_due, words_must_be_given
from domain.case.file import CaseFile, CasePapers, Qualification
from domain.expert_review.common import ExpertReviewCommand
from domain.expert_review.file import ExpertRecused, ExpertReview, ScoreFiled
from domain.expert_review.ranking import Points
from domain.expert_review.rules import (
    expert_must_act_for_the_same_organisation,
    expert_must_be_named_in_the_review,
    expert_must_not_belong_to_a_party,
    expert_must_not_come_from_a_provider,
    expert_must_not_have_stood_back,
    expert_must_stand_back_for_themself,
    firm_must_be_under_review,
    points_must_answer_every_criterion,
    review_must_be_open,
    sheet_must_stay_as_it_was_filed,
    there_must_be_a_firm,
)


@dataclass(frozen=True, kw_only=True)
class RecuseExpert(ExpertReviewCommand):
    """Stand back from these firms, or have an expert stand back; ``reason`` says why."""

    kind: Literal["recuse-expert"] = "recuse-expert"
    expert: str
    cases: tuple[UUID, ...]


@dataclass(frozen=True, kw_only=True)
class FileScore(ExpertReviewCommand):
    """File one's own sheet for one firm."""

    kind: Literal["file-score"] = "file-score"
    case: UUID
    points: tuple[Points, ...]


@dataclass(frozen=True)
class Sheet:
    """评分表: what an expert gives one firm."""

    case: UUID
    points: tuple[Points, ...]


@dataclass(frozen=True, kw_only=True)
class FileScores(ExpertReviewCommand):
    """File one's own sheets for several firms: all of them, or none."""

    kind: Literal["file-scores"] = "file-scores"
    sheets: tuple[Sheet, ...]


def recuse_expert(review: ExpertReview, command: RecuseExpert, papers: CasePapers, cases: Sequence[CaseFile]) -> None:
    """The expert scores these firms no more, and what was scored does not count."""
    review_must_be_open(review)
    expert_must_be_named_in_the_review(review, command.expert)
    expert_must_stand_back_for_themself(command.by, command.expert)
    words_must_be_given(command.reason, "回避理由")
    there_must_be_a_firm(command.cases)
    for case in command.cases:
        firm_must_be_under_review(review, case)
        expert_must_not_have_stood_back(review, command.expert, case)
    review.record(
        ExpertRecused,
        papers,
        batch=command.batch,
        review_round=review.round,
        expert=command.expert,
        cases=command.cases,
    )


def file_score(review: ExpertReview, command: FileScore, papers: CasePapers, cases: Sequence[CaseFile]) -> None:
    """The sheet is filed and locked."""
    (case,) = cases
    _file(review, command, Sheet(command.case, command.points), case, papers)


def file_scores(review: ExpertReview, command: FileScores, papers: CasePapers, cases: Sequence[CaseFile]) -> None:
    """All the sheets are filed and locked, in one append."""
    there_must_be_a_firm([sheet.case for sheet in command.sheets])
    for sheet, case in zip(command.sheets, cases, strict=True):
        _file(review, command, sheet, case, papers)


def _file(review: ExpertReview, command: ExpertReviewCommand, sheet: Sheet, case: CaseFile, papers: CasePapers) -> None:
    by = command.by
    review_must_be_open(review)
    expert_must_be_named_in_the_review(review, by.id)
    expert_must_act_for_the_same_organisation(review, by)
    firm_must_be_under_review(review, sheet.case)
    step_must_be_due(case.qualification, Qualification.EXPERT_REVIEW)
    expert_must_not_have_stood_back(review, by.id, sheet.case)
    sheet_must_stay_as_it_was_filed(review, by.id, sheet.case)
    expert_must_not_come_from_a_provider(by.organisation, papers.pool)
    expert_must_not_belong_to_a_party(by, case)
    authority.person_must_keep_to_one_role_in_a_case(case, by)
    points_must_answer_every_criterion(review.criteria, sheet.points)
    review.record(
        ScoreFiled,
        papers,
        batch=command.batch,
        review_round=review.round,
        case=sheet.case,
        points=sheet.points,
        total=sum(given.points for given in sheet.points),
    )


DECISIONS: Final[Mapping[type[ExpertReviewCommand], Callable[[ExpertReview, Any, CasePapers, Any], None]]] = {
    RecuseExpert: recuse_expert,
    FileScore: file_score,
    FileScores: file_scores,
}
