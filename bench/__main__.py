"""``python -m bench``: each row on real servers, in a folder that is gone afterwards.

Figures per second are this machine's of this minute; the ratio is what is compared with the target. A missed target is
said and is no error. Exit status 0: measured; 2: wrong usage; 1 and others: something broke.
"""

from __future__ import annotations

import json
import logging
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import structlog
import typer
from rich import box
from rich.console import Console
from rich.table import Table

import embedded
from bench import append, catch_up, whole_cases
from bench.measure import Row
from settings import Settings

ROWS: Final[dict[int, Callable[[Settings, float], Row]]] = {
    1: whole_cases.measure,
    2: catch_up.measure,
    3: append.measure,
}


def bench(
    rows: Annotated[str, typer.Option("--rows", help="测哪几行，逗号分隔")] = ",".join(map(str, ROWS)),
    scale: Annotated[float, typer.Option("--scale", min=0.01, max=100, help="规模；1 约需三分钟")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="只输出一行 JSON")] = False,
) -> None:
    """性能对照:同一台机器、同一次运行,本系统与所用的库各自轮流做同样的事。"""
    chosen = _chosen(rows)
    logging.getLogger("temporalio").setLevel(logging.ERROR)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    say_to = Console(stderr=as_json, highlight=False)
    began = time.monotonic()
    measured = []
    with _servers() as settings:
        for number in chosen:
            say_to.print(f"第 {number} 行 …")
            measured.append(ROWS[number](settings, scale))
    if as_json:
        typer.echo(json.dumps([row.as_json() for row in measured], ensure_ascii=False))
        return
    tell(say_to, measured)
    say_to.print(f"\n用时 {time.monotonic() - began:.0f} 秒。")


def tell(say_to: Console, rows: list[Row]) -> None:
    """The figures as a table, and below it what each row is."""
    table = Table(box=box.SIMPLE_HEAD)
    for head in ("行", "本系统", "对照", "单位", "倍数", "目标", "结论"):
        table.add_column(head, justify="right", no_wrap=True)
    for row in rows:
        said = row.as_json()
        table.add_row(
            *(str(row.row), str(said["ours"]), str(said["peer"]), row.unit),
            *(f"{row.ratio:.2f}", f"≥ {row.target}", "达到" if row.met else "未达到"),
        )
    say_to.print(table)
    for row in rows:
        say_to.print(f"{row.row}  {row.what}\n   对照：{row.peer}\n   每侧 {len(row.ours)} 轮，交替进行，取中位数")


def _chosen(rows: str) -> list[int]:
    try:
        chosen = [int(row) for row in rows.split(",")]
    except ValueError as bad:
        raise typer.BadParameter(f"{rows}：须是以逗号分隔的行号，例如 1,3") from bad
    unknown = [row for row in chosen if row not in ROWS]
    if unknown:
        raise typer.BadParameter(f"没有第 {unknown[0]} 行；可选：{'、'.join(map(str, ROWS))}")
    return chosen


@contextmanager
def _servers() -> Iterator[Settings]:
    """PostgreSQL and Temporal as ``lookback up`` starts them, in a folder of their own."""
    console, temporal, pages = embedded.free_ports(3)
    with tempfile.TemporaryDirectory(prefix="lookback-bench-") as home:
        settings = Settings(home=Path(home), console_port=console, temporal_port=temporal, temporal_ui_port=pages)
        try:
            embedded.up(settings, ("postgres", "temporal"))
            yield settings
        finally:
            embedded.down(settings)


if __name__ == "__main__":
    typer.run(bench)
