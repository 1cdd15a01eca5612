"""`lookback fund queue`: who waits for money, in order, with what stands before each and how far the money reaches."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import typer

from cli import tables
from cli.fund_books import home_of
from cli.office import AsJson, City, Programme
from domain.calendar import CHINA, china_day

if TYPE_CHECKING:
    from activities.payout_queue import Lined


def queue(city: City, programme: Programme = "", as_json: AsJson = False) -> None:
    """兑付队列：按次序列出等候资金的企业，每家前面还有多少。次序的口径未定时退出码为 4。"""
    from activities.payout_queue import line
    from cli.engine import record

    settings, home = home_of(city, programme)
    with record(settings) as store:
        waiting, question = line(store, city, home, china_day(datetime.now(UTC)))
    if as_json:
        told = {"city": city, "programme": home, "waiting": [_plain(one) for one in waiting], "question": question}
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    if not waiting:
        typer.echo(f"项目 {home} 没有企业在等候资金。")
        return
    numbers = ("核定补贴", "前面还有")
    headings = ("位次", "企业", "统一社会信用代码", "区县", "申请验收", "验收合格", *numbers, "现有资金")
    tables.show(headings, (_row(one) for one in waiting), numbers=numbers)
    if question:
        typer.echo(question)
    typer.echo("排队是等候资金，不是不予补助。")


def _row(one: Lined) -> tuple[str, ...]:
    firm = one.turn.waiting
    days = (f"{moment.astimezone(CHINA):%Y-%m-%d}" for moment in (firm.applied, firm.complete))
    amounts = (firm.amount.grouped(), one.turn.ahead.grouped())
    return (str(one.turn.place), firm.firm, firm.credit_code, firm.county, *days, *amounts, _reach(one))


def _reach(one: Lined) -> str:
    if one.share is None:
        return "待定"
    if one.share.whole:
        return "可全额兑付"
    part = f"可兑付 {one.share.amount.grouped()} 元，" if one.share.amount.fen else ""
    return part + one.share.why


def _plain(one: Lined) -> dict[str, Any]:
    firm = one.turn.waiting
    return {
        "place": one.turn.place,
        "ahead": str(one.turn.ahead),
        "case": str(firm.case),
        "number": firm.number,
        "firm": firm.firm,
        "credit_code": firm.credit_code,
        "county": firm.county,
        "amount": str(firm.amount),
        "applied": firm.applied.isoformat(),
        "mended": firm.mended and firm.mended.isoformat(),
        "complete": firm.complete.isoformat(),
        "reach": one.share and str(one.share.amount),
        "why": one.share and one.share.why,
    }
