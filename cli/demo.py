"""`lookback demo` and `rehearse`: a city's firms from application to look-back, on the real engine, in a minute."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import date
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

import embedded
from domain.case.file import Stage
from domain.money import Money
from domain.policy import KEYS
from domain.words import STAGES, TIMERS, zh
from eventstore.store import EventStore
from policies.notation import say
from projections.run import wait_for
from projections.tables import engine_of
from rehearsal import city
from rehearsal.report import Outcome, tell
from settings import Settings, Unreachable
from workflows.client import connect

_LEAST, _MOST = 1, 2_000
_PARTS_OF_A_CITY = ("postgres", "temporal", "worker", "projector")

City = Annotated[str, typer.Option("--city", help="城市代码，如 dalian、zibo")]
Firms = Annotated[int, typer.Option("--firms", min=_LEAST, max=_MOST, help="企业数")]
Seed = Annotated[int, typer.Option("--seed", help="种子：相同的种子演出相同的事件")]
AsJson = Annotated[bool, typer.Option("--json", help="最后输出一行 JSON")]


def register(app: typer.Typer) -> None:
    """Mount ``demo`` and ``rehearse``."""
    app.command("demo")(demo)
    app.command("rehearse")(rehearse)


def demo(
    city_code: City = "dalian",
    firms: Firms = 60,
    seed: Seed = 1,
    headless: Annotated[bool, typer.Option("--headless", help="演完即停止全部部件，不留网页")] = False,
    as_json: AsJson = False,
) -> None:
    """推演一座城市：启动全部部件，把一批企业从申报演到回头看，最后给出漏斗、资金和网页地址。"""
    _play(city.Rehearsal(city_code, firms, seed), stays=not headless, as_json=as_json)


def rehearse(
    city_code: Annotated[str, typer.Argument(metavar="CITY", help="城市代码，如 dalian、zibo")],
    firms: Firms = 60,
    seed: Seed = 1,
    as_json: AsJson = False,
) -> None:
    """推演一座城市，只报告结果；原来没有运行的部件演完即停。"""
    _play(city.Rehearsal(city_code, firms, seed), stays=False, as_json=as_json)


def _play(rehearsal: city.Rehearsal, *, stays: bool, as_json: bool) -> None:
    settings = Settings.from_environment()
    pack = rehearsal.pack  # refused before anything is started: an unknown city, a broken pack
    say_to = Console(stderr=as_json)
    began = time.monotonic()
    ran_before = embedded.is_kept(settings)
    embedded.up(settings, None if stays else _PARTS_OF_A_CITY, tell=say_to.print)
    try:
        say_to.print(
            f"推演 {pack.name}：{rehearsal.firms} 家企业，种子 {rehearsal.seed}，"
            f"来源未规定的 {len(pack.assumptions())} 项口径以假设代替（见文末）。"
        )
        store = EventStore(settings.dsn())
        store.prepare()
        with _bar(say_to, pack.day("programme.start"), pack.day("programme.end")) as told:
            acts = asyncio.run(_run(rehearsal, settings, store, told))
        outcome = tell(rehearsal, store)
        _read_models_must_follow(settings, store)
        store.close()
    finally:
        if not stays and not ran_before:
            embedded.down(settings)
    seconds = time.monotonic() - began
    if as_json:
        typer.echo(json.dumps(_as_json(outcome, seconds), ensure_ascii=False))
    else:
        _tell(say_to, rehearsal, outcome)
        say_to.print(f"\n共 {outcome.events} 个事件，本次办理 {acts} 件，用时 {seconds:.0f} 秒。")
    if outcome.difference_fen:
        raise typer.Exit(1)
    if stays:
        say_to.print(f"网页：{settings.console_url()}    停止：{sys.argv[0]} down", style="bold")


async def _run(
    rehearsal: city.Rehearsal, settings: Settings, store: EventStore, told: Callable[[date, int], None]
) -> int:
    client = await connect(settings.temporal(), settings.temporal_namespace)
    return await city.play(rehearsal, client, store, settings.home / "rehearsal", told)


def _read_models_must_follow(settings: Settings, store: EventStore) -> None:
    """The pages show what the record says: wait until the projector has read to the end of the log."""
    engine = engine_of(settings.dsn())
    followed = wait_for(engine, store.last_position(), 60)
    engine.dispose()
    if not followed:
        raise Unreachable("投影进程一分钟内没有读到事件末尾；请查看 lookback status 与日志。")


class _bar:  # noqa: N801 - used as a verb
    """A progress bar over the programme's days."""

    def __init__(self, console: Console, start: date, end: date) -> None:
        self._start, self._end = start, end
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
        )
        self._task = self._progress.add_task("准备名册、批次与资金", total=(end - start).days)

    def __enter__(self) -> Callable[[date, int], None]:
        self._progress.start()
        return self._told

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def _told(self, day: date, done: int) -> None:
        done_days = min((day - self._start).days, (self._end - self._start).days)
        self._progress.update(self._task, completed=done_days, description=f"{day:%Y年%m月%d日}  已办 {done} 件")


def _as_json(outcome: Outcome, seconds: float) -> dict[str, object]:
    fund = outcome.fund
    assert fund is not None
    return {
        "city": outcome.city,
        "seed": outcome.seed,
        "firms": outcome.firms,
        "funnel": {stage.value: outcome.reached[stage] for stage in Stage},
        "stands": {stage.value: outcome.stands[stage] for stage in Stage},
        "money": {
            "appropriated": str(fund.appropriated),
            "committed": str(fund.committed),
            "paid": str(fund.paid),
            "recovered": str(fund.recovered),
            "left": str(fund.available),
            "difference_fen": outcome.difference_fen,
        },
        "reminders": outcome.reminders,
        "refusals": dict(sorted(outcome.refusals.items())),
        "slowest": asdict(outcome.steps[0]) if outcome.steps else None,
        "events": outcome.events,
        "fingerprint": outcome.fingerprint,
        "seconds": round(seconds, 1),
    }


def _tell(console: Console, rehearsal: city.Rehearsal, outcome: Outcome) -> None:
    fund = outcome.fund
    assert fund is not None
    funnel = Table(title="漏斗（家）", title_justify="left")
    for heading in ("阶段", "到达", "现处"):
        funnel.add_column(heading, justify="left" if heading == "阶段" else "right")
    for stage in Stage:
        funnel.add_row(STAGES[stage], str(outcome.reached[stage]), str(outcome.stands[stage]))
    console.print(funnel)
    ended = "、".join(f"{zh(how)} {number}" for how, number in sorted(outcome.ended.items()))
    console.print(f"已结束：{ended or '无'}")
    money = Table(title="资金（单位：元）", title_justify="left")
    for heading in ("项目", "金额"):
        money.add_column(heading, justify="left" if heading == "项目" else "right")
    rows: list[tuple[str, Money]] = [
        ("指标下达", fund.appropriated),
        ("已批准待付", fund.committed),
        ("已拨付", fund.paid),
        ("已追回", fund.recovered),
        ("可用余额", fund.available),
        ("差额", Money(outcome.difference_fen)),
    ]
    for name, amount in rows:
        money.add_row(name, amount.grouped())
    console.print(money)
    console.print(f"提醒 {outcome.reminders} 次，期限届满 {outcome.passed} 次。")
    refusals = Table(title="按规则拒绝（次）", title_justify="left")
    for heading in ("规则", "例", "次数"):
        refusals.add_column(heading, justify="right" if heading == "次数" else "left", overflow="fold")
    for rule, times in outcome.refusals.most_common():
        refusals.add_row(rule, outcome.said[rule], str(times))
    console.print(refusals)
    if outcome.steps:
        slowest = outcome.steps[0]
        console.print(
            f"最慢的一步：{TIMERS[slowest.timer]}，平均 {slowest.mean_days:.1f} 天"
            f"（{slowest.times} 次，逾期 {slowest.late} 次）。"
        )
    assumptions = Table(title="本次推演所用假设（来源未规定，须由市里明确）", title_justify="left")
    for heading in ("口径", "假设", "理由"):
        assumptions.add_column(heading, overflow="fold")
    for key, cited in sorted(rehearsal.pack.assumptions().items()):
        assumptions.add_row(KEYS[key].question, say(KEYS[key], cited), cited.clause)
    console.print(assumptions)
