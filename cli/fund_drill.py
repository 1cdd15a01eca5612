"""`lookback fund drill`: what a figure of the accounts is made of, event by event and paper by paper."""

from __future__ import annotations

import json
from typing import Annotated, Final

import typer

from cli import tables
from cli.fields import WrongField
from cli.fund_books import Batch, Line, Until, day_of, home_of, plain, read
from cli.office import AsJson, City, Programme
from domain.fund.drill import ACCOUNTS, behind, entries
from domain.fund.file import RETROFIT_LINE, Source
from domain.identity import fund_id
from domain.money import total
from domain.words import SOURCES, zh

_CITY_ITSELF: Final = "市本级"


def drill(
    city: City,
    account: Annotated[str, typer.Option("--account", metavar="ACCOUNT", help="哪个账户，如 paid 或 已拨付")],
    line: Line = RETROFIT_LINE,
    source: Annotated[Source | None, typer.Option("--source", help="只看一个来源")] = None,
    county: Annotated[str, typer.Option("--county", help="只看一个区县经手的；市本级 即由市里经手的")] = "",
    batch: Batch = "",
    until: Until = "",
    programme: Programme = "",
    as_json: AsJson = False,
) -> None:
    """溯源：账户的一个数由哪些事件、哪些文件逐笔相加得出。"""
    name = next((code for code, title in ACCOUNTS.items() if account in (code, title)), None)
    if name is None:
        known = "、".join(f"{code}（{title}）" for code, title in ACCOUNTS.items())
        raise WrongField(f"--account 是 {known}，收到“{account}”")
    hands = None if not county else "" if county == _CITY_ITSELF else county
    settings, home = home_of(city, programme)
    with read(settings, fund_id(city, home, line)) as (facts, _, facts_of):
        told = entries(facts, facts_of, day_of(until))
        found = behind(told, name, source=source or "", county=hands, batch=batch)
    amount = total(one.amount for one in found)
    if as_json:
        said = {"city": city, "programme": home, "line": line, "account": name, "amount": str(amount)}
        typer.echo(json.dumps({**said, "entries": [plain(one) for one in found]}, ensure_ascii=False))
        return
    rows = (
        (
            *(str(one.event.version), one.on.isoformat(), zh(one.topic), SOURCES[one.source]),
            *(one.county or _CITY_ITSELF, one.firm, one.batch, one.amount.grouped(), "、".join(one.papers)),
        )
        for one in found
    )
    heads = ("凭证号", "日期", "事项", "来源", "经手", "企业", "批次", "金额（元）", "文件")
    tables.show(heads, rows, numbers=("凭证号", "金额（元）"))
    typer.echo(f"{ACCOUNTS[name]}合计 {amount.grouped()} 元，共 {len(found)} 笔。")
