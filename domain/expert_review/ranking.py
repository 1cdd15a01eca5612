"""评审排名: whoever scores and ranks again by these figures comes to the same order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Final
from uuid import UUID

from domain.places import Applicant

FULL_MARKS: Final = 100
"""分: what the criteria of a review come to together."""


@dataclass(frozen=True)
class Criterion:
    """One thing that is scored, and the most points it gives."""

    name: str
    full: int
    """分."""


@dataclass(frozen=True)
class Points:
    """What one expert gives one firm by one criterion."""

    criterion: str
    points: int
    """分."""


@dataclass(frozen=True)
class Expert:
    """Who was asked to score: the person by id, never by name, and whose person it is."""

    id: str
    organisation: str


@dataclass(frozen=True)
class Candidate:
    """A firm under review, and when it applied: of two with equal averages the earlier goes first."""

    applicant: Applicant
    applied_at: datetime


@dataclass(frozen=True)
class Score:
    """The sum of one sheet that counts."""

    expert: str
    total: int
    """分, 0 to 100."""


@dataclass(frozen=True)
class Ranked:
    """A firm's place in the ranking, with every figure that it rests on. The average is ``points`` over the sheets."""

    rank: int
    candidate: Candidate
    scores: tuple[Score, ...]
    """In the order of the experts' ids."""
    points: int
    """The sum of the scores."""
    proposed: bool
    """Whether there was a place for it; otherwise it waits, in this order."""

    @property
    def average(self) -> Fraction:
        """Exact."""
        return Fraction(self.points, len(self.scores))


def average_in_words(points: int, sheets: int) -> str:
    """The average for people, with two decimals rounded down, and the fraction that it is."""
    hundredths = points * 100 // sheets
    return f"{hundredths // 100}.{hundredths % 100:02d} 分（{points}/{sheets}）"


def ranking(
    candidates: Iterable[Candidate], sheets: Mapping[UUID, Mapping[str, int]]
) -> list[tuple[Candidate, tuple[Score, ...]]]:
    """The candidates, the best first: by average, then by the time of applying, then by credit code.

    ``sheets`` are the sums that count, by case and expert; every candidate has at least one.
    """

    def place(candidate: Candidate) -> tuple[Fraction, datetime, str]:
        totals = sheets[candidate.applicant.case].values()
        return -Fraction(sum(totals), len(totals)), candidate.applied_at, candidate.applicant.credit_code

    return [
        (one, tuple(Score(expert, total) for expert, total in sorted(sheets[one.applicant.case].items())))
        for one in sorted(candidates, key=place)
    ]
