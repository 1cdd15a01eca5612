"""`lookback rebuild read-models`: fold all events anew, or only those that were parked."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console

from projections.progress import Parked
from projections.rebuild import rebuild
from projections.run import Projector
from settings import Settings

AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON")]


def register_rebuild(group: typer.Typer) -> None:
    """Mount ``read-models`` under ``rebuild``."""
    group.command("read-models")(read_models)


def read_models(
    only_parked: Annotated[bool, typer.Option("--parked", help="只重新归集停放的事件，不重建其余")] = False,
    as_json: AsJson = False,
) -> None:
    """从事件库重建全部读模型；重建完成前，网页仍显示原有内容。"""
    url = Settings.from_environment().dsn()
    if only_parked:
        position, parked = _release(url)
        done = "停放的事件已重新归集。"
    else:
        with Console(stderr=True).status("正在重建读模型…") as status:
            rebuilt = rebuild(url, lambda at: status.update(f"正在重建读模型…已归集到第 {at} 号事件"))
        position, parked = rebuilt.position, rebuilt.parked
        done = f"读模型已重建，归集到第 {position} 号事件。"
    if as_json:
        stays = [{**asdict(one), "stream": str(one.stream)} for one in parked]
        typer.echo(json.dumps({"position": position, "parked": stays}, ensure_ascii=False))
    else:
        _tell(done, parked)
    if parked:
        raise typer.Exit(3)


def _tell(done: str, parked: tuple[Parked, ...]) -> None:
    typer.echo(done if not parked else f"{done}仍有 {len(parked)} 个事件停放：")
    for one in parked:
        if one.fault:
            typer.echo(f"  第 {one.position} 号事件 {one.topic}（流 {one.stream}，第 {one.version} 版）：{one.fault}")


def _release(url: str) -> tuple[int, tuple[Parked, ...]]:
    projector = Projector(url)
    try:
        projector.prepare()
        parked = projector.release()
        return projector.catch_up(), parked
    finally:
        projector.close()
