"""评价: what firms thought of a provider and what came of its work, weighed as the city says, step by step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from typing import ClassVar, Final, Literal
from uuid import UUID

from domain.case.file import Acceptance, CaseFile, Qualification
from domain.money import Money
from domain.people import Person
from domain.policy import Pack
from domain.provider.file import (
    ADMITTED,
    Membership,
    Provider,
    ProviderCommand,
    ProviderFact,
    ProviderPapers,
    Rating,
    provider_must_stand_where_the_step_begins,
)
from domain.rules import No, rule

FULL: Final = 100
"""The best score."""


class ProviderEngaged(ProviderFact):
    """承接: a firm's contract with it was put on file. Written with the case's own fact, in one act."""

    TOPIC: ClassVar[str] = "provider.engaged"
    case: UUID
    firm: str
    contract: str
    """The contract's number."""
    amount: Money

    def fold(self, file: Provider) -> None:
        file.engaged = {**file.engaged, self.case: self.firm}


class SatisfactionRecorded(ProviderFact):
    """满意度: what one firm thinks of the service it had; what it says later takes the place of what it said before."""

    TOPIC: ClassVar[str] = "provider.satisfaction-recorded"
    case: UUID
    score: int

    def fold(self, file: Provider) -> None:
        file.satisfaction = {**file.satisfaction, self.case: self.score}


class ProviderRated(ProviderFact):
    """评价: the score of the day, with its working."""

    TOPIC: ClassVar[str] = "provider.rated"
    rating: Rating

    def fold(self, file: Provider) -> None:
        file.rating = self.rating


EVENTS = (ProviderEngaged, SatisfactionRecorded, ProviderRated)


@dataclass(frozen=True, kw_only=True)
class RecordSatisfaction(ProviderCommand):
    """Say how satisfied the firm is, from 0 to 100."""

    kind: Literal["record-satisfaction"] = "record-satisfaction"
    score: int


@dataclass(frozen=True, kw_only=True)
class RateProvider(ProviderCommand):
    """Work out the score from what is on record today."""

    kind: Literal["rate-provider"] = "rate-provider"


@dataclass(frozen=True)
class Weights:
    """How much each part counts; together one."""

    satisfaction: Fraction
    outcome: Fraction
    volume: Fraction
    volume_full: int
    """From how many firms on the volume has its full mark; without meaning where the volume counts for nothing."""


@rule
def satisfaction_must_come_from_a_firm_it_served(provider: Provider, by: Person) -> No | None:
    """Only who has a registered contract with the provider can be satisfied with it."""
    if by.organisation in provider.engaged.values():
        return None
    return No(f"{by.organisation} 没有与{provider.name or '该服务商'}备案的改造合同，不能评价其服务")


@rule
def satisfaction_must_be_on_the_scale(score: int) -> No | None:
    """0 to 100."""
    return None if 0 <= score <= FULL else No(f"满意度应为 0 至 {FULL} 分，收到 {score}")


@rule
def weights_must_add_up_to_one(parts: Mapping[str, Fraction], clause: str) -> No | None:
    """What the city weighs, it weighs whole."""
    added = sum(parts.values(), Fraction(0))
    return None if added == 1 else No(f"规则包中服务商评价的权重合计为 {added}，应为 1", clause)


@rule
def rating_must_rest_on_records(satisfaction: Mapping[UUID, int], decided: int, weights: Weights) -> No | None:
    """No score without a firm that said what it thinks, nor, where outcomes count, without one that is decided."""
    if not satisfaction:
        return No("没有企业满意度记录，不能评价")
    return No("承接的项目尚无验收结论，不能评价") if weights.outcome and not decided else None


def weights_of(pack: Pack) -> Weights:
    """The city's weights. A city that weighs satisfaction alone, or two parts of three, says so by their sum.

    Raises OpenQuestion for what is missing.
    """
    satisfaction = pack.ratio("rating.satisfaction")
    parts = {"satisfaction": satisfaction}
    for part in ("outcome", "volume"):
        if sum(parts.values()) != 1:
            parts[part] = pack.ratio(f"rating.{part}")
    weights_must_add_up_to_one(parts, pack.clause("rating.satisfaction"))
    volume = parts.get("volume", Fraction(0))
    full = pack.count("rating.volume_full") if volume else 1
    return Weights(satisfaction, parts.get("outcome", Fraction(0)), volume, full)


def outcomes_of(cases: Iterable[CaseFile]) -> dict[UUID, bool | None]:
    """What came of each: accepted and still qualified, or not, or not yet decided."""
    outcomes: dict[UUID, bool | None] = {}
    for case in cases:
        lost = case.acceptance is Acceptance.FAILED or case.qualification is Qualification.REVOKED
        done = case.acceptance is Acceptance.ACCEPTED
        outcomes[case.id] = False if lost else (True if done else None)
    return outcomes


def rating(satisfaction: Mapping[UUID, int], outcomes: Mapping[UUID, bool | None], weights: Weights) -> Rating:
    """The score, 0 to 100, with every step shown. A function of its arguments alone.

    Raises Rejection where nothing is recorded that it could rest on.
    """
    decided = [outcome for outcome in outcomes.values() if outcome is not None]
    rating_must_rest_on_records(satisfaction, len(decided), weights)
    happy = Fraction(sum(satisfaction.values()), len(satisfaction))
    parts = [("满意度", happy, weights.satisfaction)]
    steps = [f"满意度：{len(satisfaction)} 家企业评分，平均 {_points(happy)} 分"]
    if weights.outcome:
        good = Fraction(FULL * sum(decided), len(decided))
        parts.append(("改造成效", good, weights.outcome))
        steps.append(
            f"改造成效：已有结论 {len(decided)} 项，验收合格且未被取消资格 {sum(decided)} 项，得 {_points(good)} 分"
        )
    if weights.volume:
        much = min(Fraction(FULL * len(outcomes), weights.volume_full), Fraction(FULL))
        parts.append(("改造数量", much, weights.volume))
        steps.append(f"改造数量：承接 {len(outcomes)} 家，{weights.volume_full} 家得满分，得 {_points(much)} 分")
    score = _points(sum((points * weight for _, points, weight in parts), Fraction(0)))
    working = " + ".join(f"{name} {_points(points)}×{_share(weight)}" for name, points, weight in parts)
    return Rating(score, (*steps, f"综合：{working} = {score} 分（只舍不入）"))


def _points(exact: Fraction) -> Decimal:
    hundredths = exact.numerator * 100 // exact.denominator
    return (Decimal(hundredths) / 100).quantize(Decimal("0.01"), ROUND_DOWN)


def _share(weight: Fraction) -> str:
    percent = weight * 100
    return f"{percent.numerator}%" if percent.denominator == 1 else str(weight)


def record_satisfaction(provider: Provider, command: RecordSatisfaction, papers: ProviderPapers) -> None:
    """By the firm itself, for each of its cases with this provider."""
    provider_must_stand_where_the_step_begins(provider, *ADMITTED, Membership.REMOVED)
    satisfaction_must_be_on_the_scale(command.score)
    satisfaction_must_come_from_a_firm_it_served(provider, command.by)
    case = next(case for case, firm in provider.engaged.items() if firm == command.by.organisation)
    provider.record(SatisfactionRecorded, papers, case=case, score=command.score)


def rate_provider(provider: Provider, command: RateProvider, papers: ProviderPapers) -> None:
    """From the record of the day."""
    provider_must_stand_where_the_step_begins(provider, *ADMITTED)
    weights = weights_of(papers.pack)
    provider.record(
        ProviderRated,
        papers,
        clauses=(papers.pack.clause("rating.satisfaction"),),
        rating=rating(provider.satisfaction, outcomes_of(papers.cases), weights),
    )


DECISIONS = {RecordSatisfaction: record_satisfaction, RateProvider: rate_provider}
