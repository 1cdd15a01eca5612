"""`lookback fund ledger`, `accounts`, `firms`, `export`, `verify`: where every fen is on any day; that it adds up."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from cli import tables
from cli.deciding import programme_for
from cli.fields import day
from cli.office import AsJson, City, Programme
from domain.calendar import china_day
from domain.case.file import CaseFile
from domain.fund import drill
from domain.fund import ledger as books
from domain.fund.file import RETROFIT_LINE, FundFact, Source
from domain.fund.ledger import BALANCES
from domain.identity import fund_id
from domain.money import Money
from domain.policy import Pack
from domain.policy_rows import BudgetLine
from domain.programme import is_rehearsed, programme_must_be_the_citys
from domain.rejections import Rejection
from domain.words import SOURCES, zh
from policies import load
from settings import Settings

Line = Annotated[str, typer.Option("--line", help="预算行代码，见 lookback packs show")]
Batch = Annotated[str, typer.Option("--batch", help="只看一个批次的企业，如 2")]
Until = Annotated[str, typer.Option("--until", help="截至哪一日（含），如 2026-06-30")]


def mount(funds: typer.Typer) -> None:
    """Mount the books under ``fund``."""
    for command in (ledger, accounts, firms, export, settlement, verify):
        funds.command(command.__name__)(command)


def ledger(
    city: City,
    line: Line = RETROFIT_LINE,
    source: Annotated[Source | None, typer.Option("--source", help="只看一个来源")] = None,
    county: Annotated[str, typer.Option("--county", help="只看一个区县经手的")] = "",
    until: Until = "",
    batch: Batch = "",
    programme: Programme = "",
    as_json: AsJson = False,
) -> None:
    """资金账：每一笔变动和变动后的余额，由事件逐笔算出。"""
    settings, home = home_of(city, programme)
    with read(settings, fund_id(city, home, line)) as (facts, case_of, _):
        lines = list(books.movements(facts, case_of, until=day_of(until), source=source, county=county, batch=batch))
    if as_json:
        told = [{**plain(one), **_plain_balances(one.balances)} for one in lines]
        typer.echo(json.dumps({"city": city, "programme": home, "line": line, "lines": told}, ensure_ascii=False))
        return
    if not lines:
        typer.echo(f"项目 {home} 的预算行 {line} 还没有资金变动。")
        return
    numbers = ("金额", *BALANCES.values())
    rows = (
        (
            *(str(one.number), one.on.isoformat(), zh(one.topic), one.county, one.firm or one.document),
            *(amount.grouped() for amount in (one.amount, *one.balances.values())),
        )
        for one in lines
    )
    tables.show(("凭证号", "日期", "事项", "经手", "企业或文号", *numbers), rows, numbers=numbers)


def accounts(
    city: City,
    line: Line = RETROFIT_LINE,
    until: Until = "",
    batch: Batch = "",
    programme: Programme = "",
    as_json: AsJson = False,
) -> None:
    """各账户余额：按来源和经手的区县，截至某一日；写了批次，只看用于该批企业的部分。"""
    settings, home = home_of(city, programme)
    with read(settings, fund_id(city, home, line)) as (facts, _, facts_of):
        held: Sequence[books.Balance | drill.BatchBalance]
        if batch:
            told = drill.entries(facts, facts_of, day_of(until))
            held = drill.by_batch(one for one in told if one.batch == batch)
        else:
            held = books.balances(facts, day_of(until))
    if as_json:
        plainly = [plain(one) for one in held]
        typer.echo(json.dumps({"city": city, "programme": home, "line": line, "accounts": plainly}, ensure_ascii=False))
        return
    names = drill.OF_FIRMS if batch else ("appropriated", *BALANCES)
    numbers = tuple({"appropriated": "下达", **BALANCES}[name] for name in names)
    rows = (
        (SOURCES[one.source], one.county or "市本级", *(getattr(one, name).grouped() for name in names)) for one in held
    )
    tables.show(("来源", "经手", *numbers), rows, numbers=numbers)


def firms(
    city: City, line: Line = RETROFIT_LINE, until: Until = "", programme: Programme = "", as_json: AsJson = False
) -> None:
    """逐户：每家企业已批准待付、已拨付、已退回，截至某一日。"""
    settings, home = home_of(city, programme)
    with read(settings, fund_id(city, home, line)) as (facts, case_of, _):
        told = books.firms(facts, case_of, day_of(until))
    if as_json:
        plainly = [plain(one) for one in told]
        typer.echo(json.dumps({"city": city, "programme": home, "line": line, "firms": plainly}, ensure_ascii=False))
        return
    numbers = ("已批准待付", "已拨付", "已退回")
    rows = (
        (
            *(one.firm, one.credit_code, one.county, one.batch),
            *(amount.grouped() for amount in (one.committed, one.paid, one.recovered)),
        )
        for one in told
    )
    tables.show(("企业", "统一社会信用代码", "区县", "批次", *numbers), rows, numbers=numbers)


def export(
    city: City,
    output: Annotated[Path, typer.Option("--output", "-o", help="写到哪个 xlsx 文件")],
    line: Line = RETROFIT_LINE,
    until: Until = "",
    programme: Programme = "",
) -> None:
    """资金台账工作簿：台账、收支明细、逐户拨付明细；单位元，合计为公式。"""
    from exchange import ledger_workbook

    settings, home = home_of(city, programme)
    pack = load.load(city, settings.overlays)
    name = next((row.name for row in pack.rows(BudgetLine) if row.code == line), line)
    last = day_of(until) or china_day(datetime.now(UTC))
    with read(settings, fund_id(city, home, line)) as (facts, case_of, _):
        ledger_workbook.write(
            output,
            f"{pack.name}{home} {'企业数字化改造补贴' if line == RETROFIT_LINE else name}资金台账",
            last,
            books.balances(facts, last),
            list(books.movements(facts, case_of, until=last)),
            books.firms(facts, case_of, last),
        )
    typer.echo(f"已写到 {output}（截至 {last}）。")


def settlement(
    city: City,
    output: Annotated[Path, typer.Option("--output", "-o", help="写到哪个 xlsx 文件")],
    line: Line = RETROFIT_LINE,
    until: Until = "",
    programme: Programme = "",
) -> None:
    """清算表工作簿：按区县和来源，预下达、追加、收回、已拨付、未拨余额、结余去向；单位元，合计为公式。"""
    from exchange import settlement_workbook

    settings, home = home_of(city, programme)
    last = day_of(until) or china_day(datetime.now(UTC))
    with read(settings, fund_id(city, home, line)) as (facts, *_):
        held = books.counties(facts, last)
    if not held:
        raise Rejection("county_must_have_been_given_money", f"截至 {last} 没有向区县预下达过资金，没有清算表")
    settlement_workbook.write(output, f"{load.load(city).name}{home}清算表", last, held)
    typer.echo(f"已写到 {output}（截至 {last}）。")


def verify(city: City, programme: Programme = "", as_json: AsJson = False) -> None:
    """对账：从头读全部事件，在每一处核对借贷两方、资金账与企业档案。有差额时退出码为 3。"""
    from activities.reconcile import reconcile
    from cli.engine import record

    with record(Settings.from_environment()) as store:
        pack = load.load(city)
        outcome = reconcile(store, pack.city, _known(pack, programme))
    if as_json:
        said = {"difference_fen": outcome.difference_fen, "checked_positions": outcome.checked_positions}
        typer.echo(json.dumps(said | {"faults": [asdict(fault) for fault in outcome.faults]}, ensure_ascii=False))
    else:
        typer.echo(f"已核对 {outcome.checked_positions} 处，差额 {Money(outcome.difference_fen)} 元。")
        for fault in outcome.faults:
            typer.echo(f"第 {fault.position} 号事件：{fault.what}", err=True)
    if outcome.faults:
        raise typer.Exit(3)


def home_of(city: str, programme: str) -> tuple[Settings, str]:
    """The installation, and the programme that is meant; raises Rejection where the city has none of this name."""
    settings = Settings.from_environment()
    pack = load.load(city, settings.overlays)
    return settings, _known(pack, programme) or programme_for(pack, settings.overlays)


def _known(pack: Pack, programme: str) -> str:
    """The programme as asked for; raises Rejection where the city cannot have one of this name."""
    if programme:
        programme_must_be_the_citys(pack, programme, rehearsal=is_rehearsed(pack, programme))
    return programme


@contextmanager
def read(settings: Settings, fund: UUID) -> Iterator[tuple[list[FundFact], books.CaseOf, drill.FactsOf]]:
    """A fund's facts, and the way to the cases that they name and to the cases' own facts."""
    from cli.engine import record

    with record(settings) as store:
        facts = [fact for fact in store.facts(fund) if isinstance(fact, FundFact)]
        yield facts, partial(store.load, CaseFile), store.facts


def day_of(until: str) -> date | None:
    """The day up to which the books are read; None: all of them."""
    return day("--until", until) if until else None


def plain(told: Any) -> dict[str, Any]:
    """As a program reads it: amounts in yuan, days and ids as text."""
    return {name: _said(value) for name, value in asdict(told).items() if name != "balances"}


def _said(value: Any) -> Any:
    if isinstance(value, dict):
        return str(Money(value["fen"])) if value.keys() == {"fen"} else {k: _said(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return [_said(one) for one in value]
    return value if isinstance(value, int | None) else str(value)


def _plain_balances(balances: Any) -> dict[str, str]:
    return {name: str(amount) for name, amount in balances.items()}
