"""专家评审, the case's part: a firm that the city passed waits for the experts, and takes what its rank gives it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final

from domain import places
from domain.case.file import CaseFact, CaseFile, CasePapers, Qualification
from domain.case.placing import places_of
from domain.commands import CaseCommand
from domain.expert_review.ranking import Ranked, Score, average_in_words
from domain.policy import Pack
from domain.rules import No, rule


class SentToExpertReview(CaseFact):
    """市级审核通过: the experts decide in which order firms take the places."""

    TOPIC: ClassVar[str] = "case.sent-to-expert-review"

    def fold(self, file: CaseFile) -> None:
        file.qualification = Qualification.EXPERT_REVIEW
        file.sign("city review", self.by.id)


class _Result(CaseFact):
    """What the ranking says of this firm."""

    document: str
    """Of the review."""
    review_round: int
    rank: int
    among: int
    """How many firms were ranked."""
    scores: tuple[Score, ...]
    average: str


class ExpertReviewPassed(_Result):
    """拟入选: its rank gave it a place."""

    TOPIC: ClassVar[str] = "case.expert-review-passed"

    def fold(self, file: CaseFile) -> None:
        file.qualification = Qualification.PROPOSED
        file.proposed_at = self.originator_version
        file.expert_scores = (*file.expert_scores, *self.scores)
        file.sign("expert review", self.by.id)


class ExpertReviewWaitlisted(_Result):
    """候补: those ranked before it took the places that it could have had."""

    TOPIC: ClassVar[str] = "case.expert-review-waitlisted"

    def fold(self, file: CaseFile) -> None:
        file.qualification = Qualification.WAITLISTED
        file.expert_scores = (*file.expert_scores, *self.scores)
        file.sign("expert review", self.by.id)


EVENTS = (SentToExpertReview, ExpertReviewPassed, ExpertReviewWaitlisted)


def experts_come_next(pack: Pack) -> bool:
    """Whether the batch's rules ask for an expert review; where they are silent the city's own review decides."""
    return pack.has("selection.expert_review") and pack.flag("selection.expert_review")


@rule
def waitlist_must_follow_the_experts_ranking(pack: Pack) -> No | None:
    """Where experts rank the firms, nobody is put on the waitlist before they have."""
    if not experts_come_next(pack):
        return None
    return No("本批次须经专家评审，候补次序按评审排名确定", pack.clause("selection.expert_review"))


def send_to_expert_review(case: CaseFile, papers: CasePapers) -> None:
    """The city has passed it; no place is taken yet."""
    case.record(SentToExpertReview, papers, clauses=(papers.pack.clause("selection.expert_review"),))


def take_result(case: CaseFile, ranked: Ranked, review: tuple[str, int], among: int, papers: CasePapers) -> None:
    """A place, or a turn on the waitlist, as the ranking says; ``review`` is its document and round."""
    held, batch = places_of(case, papers)
    (places.take if ranked.proposed else places.wait)(held, batch, ranked.candidate.applicant, papers)
    case.record(
        ExpertReviewPassed if ranked.proposed else ExpertReviewWaitlisted,
        papers,
        clauses=(papers.pack.clause("selection.expert_review"),),
        document=review[0],
        review_round=review[1],
        rank=ranked.rank,
        among=among,
        scores=ranked.scores,
        average=average_in_words(ranked.points, len(ranked.scores)),
    )


DECISIONS: Final[Mapping[type[CaseCommand], Callable[[CaseFile, Any, CasePapers], None]]] = {}
"""None of its own: the city's review sends a case here, and the review of the batch brings its result."""
