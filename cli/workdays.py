"""`lookback workdays`: on which day a period ends, by the published holidays."""

from __future__ import annotations

import json
from typing import Annotated, NoReturn

import typer

from domain.calendar import day_of
from policies.calendars import published

_WEEKDAYS = "一二三四五六日"


def register(app: typer.Typer) -> None:
    """Mount the commands under ``workdays``."""
    workdays = typer.Typer(help="工作日：按公布的放假安排推算期限", no_args_is_help=True)
    # A negative number looks like an option; it shall be refused in words, not as an unknown option.
    workdays.command("add", context_settings={"ignore_unknown_options": True})(add)
    workdays.callback()(lambda: None)  # with one command alone typer would drop the word ``add``
    app.add_typer(workdays, name="workdays")


def add(
    day: Annotated[str, typer.Argument(metavar="DATE", help="起算日，如 2026-02-10；次日为第 1 日")],
    count: Annotated[str, typer.Argument(metavar="N", help="工作日数")],
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """某日之后第 N 个工作日是哪一天。所涉年份的放假安排尚未公布时，结果为暂定。"""
    try:
        start = day_of(day)
    except ValueError:
        _wrong(f"日期应写作 2026-02-10 的样子，收到“{day}”")
    if not (count.isascii() and count.isdigit()):
        _wrong(f"工作日数应为不小于 0 的整数，收到“{count}”")
    try:
        due = published().add_working_days(start, int(count))
    except (OverflowError, ValueError):  # ValueError: more digits than Python reads
        _wrong(f"{day} 之后第 {count[:20]} 个工作日超出了日历（公元 9999 年）")
    if as_json:
        typer.echo(json.dumps({"date": due.date.isoformat(), "standing": due.standing}))
        return
    provisional = "（暂定：所涉年份的放假安排尚未公布）" if due.provisional else ""
    typer.echo(f"{start} 之后第 {int(count)} 个工作日：{due.date} 星期{_WEEKDAYS[due.date.weekday()]}{provisional}")


def _wrong(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(2)
