"""`lookback up`, `down` and `status`: the parts of this installation, started, stopped and looked at."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

import embedded
from settings import Settings

AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON")]

_STATES = {
    "running": "运行中",
    "starting": "启动中",
    "dead": "已退出，正在重启",
    "stopped": "未启动",
    "elsewhere": "用自己的地址",
}


def register(app: typer.Typer) -> None:
    """Mount ``up``, ``down`` and ``status``."""
    app.command("up")(up)
    app.command("down")(down)
    app.command("status")(status)


def up(
    only: Annotated[str, typer.Option(help="只启动这些部件，用逗号隔开，如 postgres,temporal")] = "",
    as_json: AsJson = False,
) -> None:
    """启动本机的全部部件并看护：哪个意外退出就重启哪个。

    已在运行时只报告，不重复启动。
    """
    settings = Settings.from_environment()
    names = [name.strip() for name in only.split(",") if name.strip()] or None
    running = embedded.up(settings, names, tell=(lambda _: None) if as_json else typer.echo)
    if as_json:
        typer.echo(json.dumps(asdict(running), ensure_ascii=False))
        return
    for note in running.notes:
        typer.echo(note)
    typer.echo("已在运行，没有重复启动。" if running.attached else "已启动。")
    typer.echo(f"数据目录：{settings.home}    停止：{sys.argv[0]} down    查看：{sys.argv[0]} status")
    if not settings.temporal_address:
        typer.echo(f"Temporal 页面：http://127.0.0.1:{settings.temporal_ui_port}/")


def down(as_json: AsJson = False) -> None:
    """按相反的次序停止全部部件；数据都留在数据目录里。"""
    stopped = embedded.down(Settings.from_environment())
    if as_json:
        typer.echo(json.dumps({"stopped": stopped}))
    else:
        typer.echo(f"已停止：{'、'.join(stopped)}。" if stopped else "没有在运行的部件。")


def status(as_json: AsJson = False) -> None:
    """逐个列出部件：运行中、启动中还是已退出，进程号、地址、起始时间。"""
    settings = Settings.from_environment()
    parts, kept = embedded.status(settings), embedded.is_kept(settings)
    if as_json:
        said = {"kept": kept, "parts": [asdict(part) for part in parts], "parked": _parked(settings)}
        typer.echo(json.dumps(said, ensure_ascii=False))
        return
    table = Table("部件", "状态", "进程号", "自", "地址", box=None, pad_edge=False)
    for part in parts:
        state = _STATES[part.state] + (f":{part.note}" if part.note else "")
        table.add_row(part.title, state, str(part.pid or ""), part.since, part.address)
    Console(width=300).print(table)  # an address cut short is no address
    if stopped := _parked(settings):
        typer.echo(
            f"警报：{stopped} 个事件停放，所涉企业或资金的网页不再更新。见 lookback rebuild read-models --parked。"
        )
    if not kept and any(part.pid for part in parts):
        typer.echo("看护进程不在：部件还在运行，但退出后不会自动重启。再运行一次 lookback up 即可接管。")


def _parked(settings: Settings) -> int:
    """How many events the read models could not take; 0 too where there are none yet, or no PostgreSQL to ask."""
    from sqlalchemy.exc import DBAPIError

    from projections.progress import parked
    from projections.tables import engine_of

    engine = engine_of(settings.dsn())
    try:
        return len(parked(engine))
    except DBAPIError:
        return 0
    finally:
        engine.dispose()
