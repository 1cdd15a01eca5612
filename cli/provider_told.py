"""`lookback provider show` and `list`: where a provider stands and why, told from its events alone."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated, Any

import typer

from cli import tables, tallied
from cli.deciding import home_of
from console.saying import said
from domain.calendar import CHINA
from domain.case.file import CaseFile
from domain.provider.file import Provider
from domain.provider.tiers import tallies
from domain.words import zh
from policies import load
from settings import Settings

Words = Annotated[str, typer.Argument(metavar="PROVIDER", help="服务商的统一社会信用代码，或名称")]
City = Annotated[str, typer.Option("--city", help="城市代码，如 dalian")]
Programme = Annotated[str, typer.Option("--programme", help="项目；不写则为该市规则包的项目（推演则另成一项目）")]
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON")]


def standing(provider: Provider) -> dict[str, Any]:
    """Where a provider stands, for programs."""
    return {
        "name": provider.name,
        "membership": provider.membership.value,
        "tier": provider.tier,
        "may_sign": provider.may_sign,
        "rectify_by": provider.rectify_by.isoformat() if provider.rectify_by else None,
        "rating": str(provider.rating.score) if provider.rating else None,
        "engaged": len(provider.engaged),
    }


def show(words: Words, city: City, programme: Programme = "", as_json: AsJson = False) -> None:
    """一家服务商：层级、现状、评价算法、承接项目，以及每件事由谁依据什么办理。"""
    from activities.pool import account
    from cli.engine import record
    from eventstore.mapper import adapter

    settings = Settings.from_environment()
    home, _ = home_of(load.load(city, settings.overlays), programme, settings.overlays)
    with record(settings) as store:
        told = account(store, city, home, words)
    provider = told.provider
    story = [(fact, adapter(type(fact)).dump_python(fact, mode="json")) for fact in told.facts]
    if as_json:
        whole = {
            "credit_code": provider.credit_code,
            **standing(provider),
            "industries": provider.industries,
            "consortia": provider.consortia,
            "members": told.members,
            "working": asdict(provider.rating) if provider.rating else None,
            "cases": [_case(case) for case in told.cases],
            "story": [{"topic": fact.TOPIC, "what": zh(fact.TOPIC), **state} for fact, state in story],
        }
        typer.echo(json.dumps(whole, ensure_ascii=False, indent=2, default=str))
        return
    typer.echo(f"{provider.name}（{provider.credit_code}），项目 {home}")
    may = "可以承接新项目" if provider.may_sign else "不能承接新项目"
    typer.echo(f"{zh(provider.membership)}，层级 {provider.tier or '未定'}，{may}；承接 {len(told.cases)} 家")
    if provider.consortia or told.members:
        leads, members = "、".join(provider.consortia) or "无", "、".join(told.members) or "无"
        typer.echo(f"联合体：牵头服务商 {leads}；成员 {members}")
    if provider.rating is not None:
        typer.echo(f"评价 {provider.rating.score} 分")
        for step in provider.rating.steps:
            typer.echo(f"  {step}")
    _running(told.cases)
    typer.echo(f"\n经过（{len(story)} 件）：")
    for fact, state in story:
        why = f"，理由：{fact.reason}" if fact.reason else ""
        typer.echo(f"  {fact.timestamp.astimezone(CHINA):%Y-%m-%d %H:%M} {zh(fact.TOPIC)}")
        typer.echo(f"      {zh(fact.by.role)} {fact.by.id}（{fact.by.organisation}）{why}")
        for one in said(state):
            typer.echo(f"      {one.label}：{one.text or '、'.join(one.items)}")
        if fact.evidence:
            typer.echo(f"      材料：{'、'.join(fact.evidence)}")


def running(words: str, city: str, programme: str) -> None:
    """Name the projects of a provider that are still going on."""
    from activities.pool import account
    from cli.engine import record

    settings = Settings.from_environment()
    home, _ = home_of(load.load(city, settings.overlays), programme, settings.overlays)
    with record(settings) as store:
        _running(account(store, city, home, words).cases)


def _running(cases: tuple[CaseFile, ...]) -> None:
    going_on = [case for case in cases if case.is_open]
    if going_on:
        typer.echo(f"进行中的项目 {len(going_on)} 家：")
    for case in going_on:
        typer.echo(f"  {case.firm}（{case.credit_code}）：{zh(case.stage)}")


def _case(case: CaseFile) -> dict[str, Any]:
    return {"case": str(case.id), "firm": case.firm, "credit_code": case.credit_code, "stage": case.stage.value}


def listed(
    city: City,
    programme: Programme = "",
    tier: Annotated[str, typer.Option("--tier", help="只列这一层级")] = "",
    as_json: AsJson = False,
) -> None:
    """服务商名录，以及各层级的目标家数、现有家数和差距。"""
    from activities.pool import providers
    from cli.engine import record

    settings = Settings.from_environment()
    pack = load.load(city, settings.overlays)
    home, _ = home_of(pack, programme, settings.overlays)
    with record(settings) as store:
        everybody = providers(store, city, home)
    found = [one for one in everybody if tier in ("", one.tier)]
    counted = list(tallies(pack, everybody))
    if as_json:
        every = [{"credit_code": one.credit_code, **standing(one)} for one in found]
        typer.echo(
            json.dumps(
                {"city": city, "programme": home, "providers": every, "tiers": tallied.plain(counted)},
                ensure_ascii=False,
            )
        )
        return
    if not found:
        typer.echo(f"{pack.name}项目 {home} 没有这样的服务商。")
    headings = ("信用代码", "名称", "层级", "现状", "可否承接", "承接（家）", "评价（分）")
    if found:
        tables.show(headings, map(_row, found), numbers=headings[-2:])
    tallied.show(counted, "家")


def _row(one: Provider) -> tuple[str, ...]:
    may, score = "可" if one.may_sign else "否", str(one.rating.score) if one.rating else "—"
    return (one.credit_code, one.name, one.tier, zh(one.membership), may, str(len(one.engaged)), score)
