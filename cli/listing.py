"""`lookback case list`: the cases on file, from the read models."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from itertools import islice
from typing import Annotated, Final

import typer
from sqlalchemy import Engine

from cli import tables
from cli.fields import WrongField
from domain.case.file import Stage
from domain.words import STAGES, zh
from policies import load
from projections import cases, progress
from projections.cases import Case
from projections.run import Projector
from projections.tables import engine_of
from settings import Settings

_PAGE: Final = 500


def listed(
    city: Annotated[str, typer.Option("--city", help="城市代码，如 dalian；不写则为全部")] = "",
    stage: Annotated[str, typer.Option("--stage", help="阶段，如 contract 或 合同")] = "",
    batch: Annotated[str, typer.Option("--batch", help="批次")] = "",
    county: Annotated[str, typer.Option("--county", help="区县")] = "",
    text: Annotated[str, typer.Option("--text", help="企业名称的一部分，或信用代码、档案编号的开头")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, help="最多列出几家")] = 200,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """列出档案：按城市、阶段、批次、区县或文字筛选。"""
    cities = [load.load(city).city] if city else load.cities()
    wanted = _stage(stage)
    url = Settings.from_environment().dsn()
    projector, engine = Projector(url), engine_of(url)
    try:
        projector.prepare()
        read = progress.position(engine)
        every = cases.find(engine, text, limit=_PAGE) if text else _pages(engine, cities, wanted, county, batch)
        chosen = (
            case
            for case in every
            if case.city in cities
            and wanted in (None, case.stage)
            and county in ("", case.county)
            and batch in ("", case.batch_code)
        )
        found = list(islice(chosen, limit + 1))
    finally:
        projector.close()
        engine.dispose()
    _say(found[:limit], len(found) > limit, read, as_json)


def _pages(engine: Engine, cities: list[str], stage: Stage | None, county: str, batch: str) -> Iterator[Case]:
    for city in cities:
        after = None
        while page := cases.listed(
            engine, city, stage=stage, county=county, batch_code=batch, after=after, limit=_PAGE
        ):
            yield from page
            after = page[-1].id


def _stage(word: str) -> Stage | None:
    if not word:
        return None
    for code, title in STAGES.items():
        if word in (code, title):
            return Stage(code)
    raise WrongField(f"没有“{word}”这个阶段；有：{'、'.join(f'{title}（{code}）' for code, title in STAGES.items())}")


def _say(found: list[Case], more: bool, read: int, as_json: bool) -> None:
    if as_json:
        said = {"cases": [asdict(case) for case in found], "more": more, "read_position": read}
        typer.echo(json.dumps(said, ensure_ascii=False, default=str))
        return
    tables.show(
        ("信用代码", "企业", "城市", "项目", "区县", "批次", "阶段", "资格"),
        map(_row, found),
    )
    typer.echo(
        f"共 {len(found)} 家"
        + ("，另有未列出的，请用 --limit 或筛选条件" if more else "")
        + f"（读至第 {read} 号事件）"
    )


def _row(case: Case) -> tuple[str, ...]:
    known = (case.credit_code, case.firm, case.city, case.programme, case.county, case.batch_code)
    return (*known, zh(case.stage), zh(case.qualification))
