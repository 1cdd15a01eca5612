"""专家评审: every round of every batch, which firms it ranks, how far its sheets have come, and the result.

While a round is open only how many sheets are filed is kept here, never what stands in them: experts score behind each
other's backs. A round that was called off tells no more than that for ever.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    DateTime,
    Engine,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB

from domain.expert_review.file import (
    ExpertRecused,
    ExpertReviewCalled,
    ExpertReviewCalledOff,
    ExpertReviewClosed,
    ExpertsAdded,
    ScoreFiled,
)
from domain.expert_review.ranking import Criterion, Expert, Score
from projections.stretch import Stretch
from projections.tables import METADATA, among, put

ROUNDS: Final = Table(
    "expert_reviews",
    METADATA,
    Column("batch", Uuid, primary_key=True),
    Column("review_round", Integer, primary_key=True),
    Column("last_position", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("criteria", JSONB, nullable=False),
    Column("least_sheets", Integer, nullable=False),
    Column("experts", JSONB, nullable=False),
    Column("called_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("ended_by", Text, nullable=False),
    Column("reason", Text, nullable=False),
)

FIRMS: Final = Table(
    "firms_under_review",
    METADATA,
    Column("batch", Uuid, primary_key=True),
    Column("review_round", Integer, primary_key=True),
    Column("case_id", Uuid, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("credit_code", Text, nullable=False),
    Column("firm", Text, nullable=False),
    Column("county", Text, nullable=False),
    Column("industry", Text, nullable=False),
    Column("filed", JSONB, nullable=False),
    Column("recused", JSONB, nullable=False),
    Column("rank", Integer),
    Column("points", Integer),
    Column("scores", JSONB, nullable=False),
    Column("proposed", Boolean),
    Column("gone", Boolean, nullable=False),
)
"""``filed`` and ``recused`` are experts' ids."""
Index("firms_under_review_by_case", FIRMS.c.case_id)

State = Literal["open", "closed", "called-off"]
_Key = tuple[UUID, int]


def fold(connection: Connection, stretch: Stretch) -> None:
    """Write the touched rounds and firms as they stand after the stretch."""
    keys = {(fact.batch, fact.review_round) for _, fact in stretch.reviews}
    rounds = _rounds(connection, keys)
    firms = _firms(connection, keys, {case for _, fact in stretch.reviews for case in _meant(fact)})
    for position, fact in stretch.reviews:
        key = fact.batch, fact.review_round
        match fact:
            case ExpertReviewCalled():
                rounds[key] = _called(fact)
                firms |= {(*key, row["case_id"]): row for row in _candidates(fact)}
            case ExpertsAdded():
                rounds[key]["experts"] += [[one.id, one.organisation] for one in fact.experts]
            case ExpertRecused():
                for case in fact.cases:
                    firms[*key, case]["recused"].append(fact.expert)
            case ScoreFiled():
                firms[*key, fact.case]["filed"].append(fact.by.id)
            case ExpertReviewClosed():
                rounds[key] |= {"state": "closed", "ended_at": fact.timestamp}
                for one in fact.ranking:
                    firms[*key, one.candidate.applicant.case] |= {
                        "rank": one.rank,
                        "points": one.points,
                        "scores": [[score.expert, score.total] for score in one.scores],
                        "proposed": one.proposed,
                    }
                for left in fact.gone:
                    firms[*key, left.applicant.case]["gone"] = True
            case ExpertReviewCalledOff():
                ended = {"ended_at": fact.timestamp, "ended_by": fact.document, "reason": fact.reason}
                rounds[key] |= {"state": "called-off", **ended}
        rounds[key]["last_position"] = position
    put(connection, ROUNDS, list(rounds.values()))
    put(connection, FIRMS, list(firms.values()))


def _meant(fact: Any) -> tuple[UUID, ...]:
    """The cases whose rows a fact changes; those that it adds are not there yet."""
    match fact:
        case ExpertRecused():
            return fact.cases
        case ScoreFiled():
            return (fact.case,)
        case ExpertReviewClosed():
            ranked = (one.candidate for one in fact.ranking)
            return tuple(one.applicant.case for one in (*ranked, *fact.gone))
    return ()


def _rounds(connection: Connection, keys: Iterable[_Key]) -> dict[_Key, dict[str, Any]]:
    wanted = set(keys)
    asked = select(ROUNDS).where(among(ROUNDS.c.batch, {batch for batch, _ in wanted}))
    rows = connection.execute(asked).mappings() if wanted else ()
    found = {(row["batch"], row["review_round"]): dict(row) for row in rows}
    return {key: row for key, row in found.items() if key in wanted}


def _firms(connection: Connection, keys: set[_Key], cases: set[UUID]) -> dict[tuple[UUID, int, UUID], dict[str, Any]]:
    rows = connection.execute(select(FIRMS).where(among(FIRMS.c.case_id, cases))).mappings() if cases else ()
    found = {(row["batch"], row["review_round"], row["case_id"]): dict(row) for row in rows}
    return {key: row for key, row in found.items() if key[:2] in keys}


def _called(fact: ExpertReviewCalled) -> dict[str, Any]:
    return {
        "batch": fact.batch,
        "review_round": fact.review_round,
        "state": "open",
        "document": fact.document,
        "criteria": [[one.name, one.full] for one in fact.criteria],
        "least_sheets": fact.least_sheets,
        "experts": [[one.id, one.organisation] for one in fact.experts],
        "called_at": fact.timestamp,
        "ended_at": None,
        "ended_by": "",
        "reason": "",
    }


def _candidates(fact: ExpertReviewCalled) -> Iterable[dict[str, Any]]:
    nothing = {"rank": None, "points": None, "proposed": None, "gone": False}
    for number, one in enumerate(fact.candidates, start=1):
        firm = one.applicant
        yield {
            "batch": fact.batch,
            "review_round": fact.review_round,
            "case_id": firm.case,
            "number": number,
            **{name: getattr(firm, name) for name in ("credit_code", "firm", "county", "industry")},
            **{name: [] for name in ("filed", "recused", "scores")},
            **nothing,
        }


# --- questions


@dataclass(frozen=True)
class Round:
    """One round of a batch's expert review."""

    batch: UUID
    review_round: int
    state: State
    document: str
    criteria: tuple[Criterion, ...]
    least_sheets: int
    """So many sheets at least must count for every firm."""
    experts: tuple[Expert, ...]
    called_at: datetime
    ended_at: datetime | None
    """None while it is open."""
    ended_by: str
    """The document that called it off; empty where none did."""
    reason: str
    """Why it was called off."""


@dataclass(frozen=True)
class UnderReview:
    """One firm of a round."""

    batch: UUID
    review_round: int
    case_id: UUID
    number: int
    credit_code: str
    firm: str
    county: str
    industry: str
    filed: tuple[str, ...]
    """Whose sheets are filed, also of those who have stood back since."""
    recused: tuple[str, ...]
    """Who stands back."""
    rank: int | None
    """None until the round is closed, and for who left before that."""
    points: int | None
    """The sum of the sheets that count."""
    scores: tuple[Score, ...]
    """Those sheets; empty until the round is closed."""
    proposed: bool | None
    """Whether its rank gave it a place; otherwise it waits."""
    gone: bool
    """It left, or was turned down, while the experts scored."""

    @property
    def counted(self) -> int:
        """How many sheets are filed by experts who have not stood back."""
        return len(set(self.filed) - set(self.recused))

    def owed(self, experts: Iterable[Expert]) -> int:
        """How many sheets the round's experts still owe for it."""
        return sum(one.id not in (*self.filed, *self.recused) for one in experts)


def rounds(engine: Engine, batches: Iterable[UUID]) -> tuple[Round, ...]:
    """The rounds of these batches, the first first."""
    asked = select(*(ROUNDS.c[field.name] for field in fields(Round))).where(among(ROUNDS.c.batch, batches))
    with engine.connect() as connection:
        rows = connection.execute(asked.order_by(ROUNDS.c.batch, ROUNDS.c.review_round)).mappings().all()
    return tuple(
        Round(
            **{
                **row,
                "criteria": tuple(Criterion(*one) for one in row["criteria"]),
                "experts": tuple(Expert(*one) for one in row["experts"]),
            }
        )
        for row in rows
    )


def firms(
    engine: Engine, batch: UUID, review_round: int, *, page: int = 1, size: int = 50
) -> tuple[int, tuple[UnderReview, ...]]:
    """How many firms a round has, and one page of them: by rank, then in the order of the call."""
    chosen = (FIRMS.c.batch == batch, FIRMS.c.review_round == review_round)
    asked = select(FIRMS).where(*chosen).order_by(FIRMS.c.rank.nulls_last(), FIRMS.c.number)
    with engine.connect() as connection:
        whole = connection.execute(select(func.count()).select_from(FIRMS).where(*chosen)).scalar_one()
        rows = connection.execute(asked.limit(size).offset((page - 1) * size)).mappings().all()
    return int(whole), tuple(_under_review(row) for row in rows)


def of_case(engine: Engine, case: UUID) -> tuple[UnderReview, ...]:
    """The rounds in which a firm was or is reviewed, in the order of the log."""
    same = (ROUNDS.c.batch == FIRMS.c.batch) & (ROUNDS.c.review_round == FIRMS.c.review_round)
    asked = select(FIRMS).join(ROUNDS, same).where(FIRMS.c.case_id == case).order_by(ROUNDS.c.called_at)
    with engine.connect() as connection:
        return tuple(_under_review(row) for row in connection.execute(asked).mappings())


def _under_review(row: Any) -> UnderReview:
    said = dict(row) | {name: tuple(row[name]) for name in ("filed", "recused")}
    return UnderReview(**{**said, "scores": tuple(Score(*one) for one in row["scores"])})
