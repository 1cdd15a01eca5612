"""How an expert review stands, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import tables
from domain.batch import Batch, batch_must_have_been_opened
from domain.expert_review.file import ExpertReview
from domain.expert_review.ranking import Ranked, average_in_words
from domain.identity import batch_id, expert_review_id
from domain.programme import programme_of
from policies import load
from settings import Settings

if TYPE_CHECKING:
    from uuid import UUID

    from eventstore.store import EventStore

City = Annotated[str, typer.Option("--city", help="城市代码，如 dalian")]
Code = Annotated[str, typer.Option("--code", help="批次号，如 1")]
Programme = Annotated[str, typer.Option("--programme", help="项目；不写则为该市规则包的项目（推演则另成一项目）")]
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON")]


def show(city: City, code: Code, programme: Programme = "", as_json: AsJson = False) -> None:
    """专家评审的进度：还缺哪些评分表；结束后是这一轮的排名和每名专家的分数。"""
    settings = Settings.from_environment()
    _, batch = batch_meant(settings, city, code, programme)
    with opened(settings, batch) as (_, review):
        owed = review.owed() if review.is_open else []
    ranking = () if review.is_open or review.called_off else review.ranking
    if as_json:
        said: dict[str, Any] = {
            "round": review.round,
            "open": review.is_open,
            "called_off": review.called_off,
            "document": review.document,
            "criteria": {one.name: one.full for one in review.criteria},
            "experts": {one.id: one.organisation for one in review.experts},
            "filed": len(review.sheets),
            "owed": [{"expert": one.id, "firm": firm.applicant.credit_code} for firm, one in owed],
            "ranking": plain(ranking),
        }
        typer.echo(json.dumps(said, ensure_ascii=False))
        return
    if not review.round:
        typer.echo(f"批次 {code} 没有发起过专家评审。")
        return
    state = "进行中" if review.is_open else "已撤销，评分表留档不计" if review.called_off else "已结束"
    firms, sheets = len(review.candidates), len(review.sheets)
    typer.echo(f"第 {review.round} 轮专家评审（{review.document}）{state}：{firms} 家企业，已提交评分表 {sheets} 份。")
    criteria = "、".join(f"{one.name} {one.full} 分" for one in review.criteria)
    typer.echo(f"评分标准：{criteria}；每家企业至少 {review.least_sheets} 份有效评分表。")
    for one, expert in owed:
        typer.echo(f"待评：{expert.id} 对 {one.applicant.firm}（{one.applicant.credit_code}）")
    if review.is_open and not owed:
        typer.echo("评分表已齐，可以结束评审。")
    if ranking:
        table(ranking)


def table(ranking: Sequence[Ranked]) -> None:
    """The ranking, for people."""
    tables.show(
        ("名次", "企业", "信用代码", "平均分", "各专家评分", "结果"),
        (
            (
                str(one.rank),
                one.candidate.applicant.firm,
                one.candidate.applicant.credit_code,
                average_in_words(one.points, len(one.scores)),
                "、".join(f"{score.expert} {score.total}" for score in one.scores),
                "拟入选" if one.proposed else "候补",
            )
            for one in ranking
        ),
        numbers=("名次",),
    )


def plain(ranking: Sequence[Ranked]) -> list[dict[str, Any]]:
    """The ranking, for programs."""
    return [
        {
            "rank": one.rank,
            "credit_code": one.candidate.applicant.credit_code,
            "average": str(one.average),
            "scores": {score.expert: score.total for score in one.scores},
            "applied_at": one.candidate.applied_at.isoformat(),
            "outcome": "proposed" if one.proposed else "waitlisted",
        }
        for one in ranking
    ]


def batch_meant(settings: Settings, city: str, code: str, programme: str) -> tuple[str, UUID]:
    """The lead agency's name, and the batch that is meant."""
    pack = load.load(city, settings.overlays)
    return pack.agency, batch_id(city, programme or programme_of(pack, rehearsal=bool(settings.overlays)), code)


@contextmanager
def opened(settings: Settings, batch: UUID) -> Iterator[tuple[EventStore, ExpertReview]]:
    """The record, and the batch's expert review. Raises Rejection where there is no batch."""
    from cli.engine import record

    with record(settings) as store:
        batch_must_have_been_opened(store.load(Batch, batch))
        yield store, store.load(ExpertReview, expert_review_id(batch))
