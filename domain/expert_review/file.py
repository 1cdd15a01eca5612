"""The expert reviews of one batch, one round after the other: who scores, whom, and every sheet, locked once filed."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from domain.expert_review.ranking import Candidate, Criterion, Expert, Points, Ranked
from domain.record import Fact, File


class ExpertReview(File):
    """专家评审: the rounds of one batch. What it remembers is the last round's."""

    def blank(self) -> None:
        self.round = 0
        """Of the round that is open, or was the last; 0 before the first."""
        self.is_open = False
        self.called_off = False
        """Whether that round ended without a ranking."""
        self.document = ""
        self.criteria: tuple[Criterion, ...] = ()
        self.least_sheets = 0
        self.experts: tuple[Expert, ...] = ()
        self.candidates: tuple[Candidate, ...] = ()
        self.recused: dict[str, tuple[UUID, ...]] = {}
        """Expert → the firms' cases that this expert stands back from."""
        self.sheets: dict[tuple[UUID, str], int] = {}
        """(Case, expert) → the sum of the sheet, also of an expert who has stood back since."""
        self.ranking: tuple[Ranked, ...] = ()
        """Of the round that was closed last."""

    def stands_back(self, expert: str, case: UUID) -> bool:
        """Whether the expert is recused (回避) from this firm."""
        return case in self.recused.get(expert, ())

    def counted(self, case: UUID) -> dict[str, int]:
        """The sums that count for a firm, by expert: of those who have not stood back."""
        return {
            expert: total
            for (scored, expert), total in self.sheets.items()
            if scored == case and not self.stands_back(expert, case)
        }

    def owed(self) -> list[tuple[Candidate, Expert]]:
        """The sheets that are still to be filed."""
        return [
            (candidate, expert)
            for candidate in self.candidates
            for expert in self.experts
            if (candidate.applicant.case, expert.id) not in self.sheets
            and not self.stands_back(expert.id, candidate.applicant.case)
        ]


class ExpertReviewCalled(Fact):
    """发起评审: these experts are to score these firms by these criteria."""

    TOPIC: ClassVar[str] = "expert-review.called"
    batch: UUID
    review_round: int
    document: str
    criteria: tuple[Criterion, ...]
    least_sheets: int
    """So many sheets at least must count for every firm."""
    experts: tuple[Expert, ...]
    candidates: tuple[Candidate, ...]

    def fold(self, file: ExpertReview) -> None:
        file.round = self.review_round
        file.is_open = True
        file.called_off = False
        file.document = self.document
        file.criteria = self.criteria
        file.least_sheets = self.least_sheets
        file.experts = self.experts
        file.candidates = self.candidates
        file.recused = {}
        file.sheets = {}


class ExpertsAdded(Fact):
    """增补专家: others are to score too, where too few are left."""

    TOPIC: ClassVar[str] = "expert-review.experts-added"
    batch: UUID
    review_round: int
    document: str
    experts: tuple[Expert, ...]

    def fold(self, file: ExpertReview) -> None:
        file.experts = (*file.experts, *self.experts)


class ExpertRecused(Fact):
    """回避: an expert stands back from these firms; ``by`` says whether the expert or the bureau declared it.

    A sheet that was filed before stays on record and does not count.
    """

    TOPIC: ClassVar[str] = "expert-review.expert-recused"
    batch: UUID
    review_round: int
    expert: str
    cases: tuple[UUID, ...]

    def fold(self, file: ExpertReview) -> None:
        file.recused[self.expert] = (*file.recused.get(self.expert, ()), *self.cases)


class ScoreFiled(Fact):
    """录入评审: one expert's sheet for one firm. Nobody ever changes it."""

    TOPIC: ClassVar[str] = "expert-review.score-filed"
    batch: UUID
    review_round: int
    case: UUID
    points: tuple[Points, ...]
    total: int

    def fold(self, file: ExpertReview) -> None:
        file.sheets[self.case, self.by.id] = self.total


class ExpertReviewClosed(Fact):
    """评审结束: the ranking, with every figure; in the same append each firm takes its place or begins to wait."""

    TOPIC: ClassVar[str] = "expert-review.closed"
    batch: UUID
    review_round: int
    document: str
    ranking: tuple[Ranked, ...]
    gone: tuple[Candidate, ...]
    """Who left or was turned down while the experts scored."""

    def fold(self, file: ExpertReview) -> None:
        file.is_open = False
        file.ranking = self.ranking


class ExpertReviewCalledOff(Fact):
    """撤销评审: the round ends without a ranking; its sheets stay on record and count nowhere."""

    TOPIC: ClassVar[str] = "expert-review.called-off"
    batch: UUID
    review_round: int
    document: str
    """Of the order to call it off."""

    def fold(self, file: ExpertReview) -> None:
        file.is_open = False
        file.called_off = True


EVENTS = (ExpertReviewCalled, ExpertsAdded, ExpertRecused, ScoreFiled, ExpertReviewClosed, ExpertReviewCalledOff)
