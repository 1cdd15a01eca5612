"""`lookback roster`: an empty roster to fill in, one of invented firms, and the way a filled one comes in."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from domain.people import Person, Role
from domain.policy import Pack
from exchange import roster
from exchange.roster import Roster, RosterRefused
from policies import load
from settings import Settings

City = Annotated[str, typer.Option("--city", help="城市代码，如 dalian")]
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON")]

_CANNOT_WRITE = "写不了 {}：所在目录不存在，或没有写入的权限"


def register(app: typer.Typer) -> None:
    """Mount the commands under ``roster``."""
    rosters = typer.Typer(help="企业名册：模板、样例、导入", no_args_is_help=True)
    rosters.command("template")(template)
    rosters.command("sample")(sample)
    rosters.command("import")(take)
    app.add_typer(rosters, name="roster")


def template(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="写到哪个文件（.xlsx）；已有的文件不覆盖")], city: City
) -> None:
    """生成空白名册，供区县和企业填报。"""
    pack = load.load(city)
    if file.exists():
        _wrong(f"{file} 已经存在；为免覆盖填好的名册，请换一个文件名")
    try:
        roster.template(file, pack)
    except OSError:
        _wrong(_CANNOT_WRITE.format(file))
    typer.echo(f"{pack.name}空白名册已写入 {file}")


def sample(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="写到哪个文件（.xlsx）；已有的文件会覆盖")],
    city: City,
    firms: Annotated[int, typer.Option(min=1, max=roster.MAX_ROWS, help="企业数")] = 60,
    seed: Annotated[int, typer.Option(help="种子；同一种子写出同样的名册")] = 1,
    as_json: AsJson = False,
) -> None:
    """生成虚拟企业的名册，供推演和试用。"""
    pack = load.load(city)
    try:
        rows = roster.sample(file, pack, firms, seed)
    except OSError:
        _wrong(_CANNOT_WRITE.format(file))
    if as_json:
        typer.echo(json.dumps({"file": str(file), "firms": len(rows), "seed": seed}, ensure_ascii=False))
    else:
        typer.echo(f"{pack.name}虚拟企业 {len(rows)} 家（种子 {seed}）已写入 {file}")


def take(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="填好的名册（.xlsx 或 .xls）")],
    city: City,
    by: Annotated[str, typer.Option(help="经办人编号；不写则为市局经办一号")] = "",
    as_json: AsJson = False,
) -> None:
    """导入名册，每家企业建档。任何一行有误则全部不导入，逐行说明原因，退出码为 3。"""
    settings = Settings.from_environment()
    pack = load.load(city, settings.overlays)
    clerk = Person(by or f"{city}/clerk-1", Role.CLERK, pack.agency)
    try:
        found = _read(file, pack)
        # The engine is loaded only when there is something to hand it: refusing a file needs no running part.
        from cli import intake

        taken = intake.take(settings, city, pack, found, clerk)
    except RosterRefused as refused:
        say_refused(refused, as_json)
        raise typer.Exit(3) from refused
    _say_taken(found, taken, as_json)


def _read(file: Path, pack: Pack) -> Roster:
    try:
        return roster.read(file, pack)
    except OSError:
        _wrong(f"打不开 {file}：{'是目录，或没有读取的权限' if file.exists() else '没有这个文件'}")


def _say_taken(found: Roster, outcome: dict[str, int], as_json: bool) -> None:
    if as_json:
        said: dict[str, Any] = {**outcome, "firms": len(found.rows), "ignored_columns": found.ignored_columns}
        said["warnings"] = [asdict(warning) for warning in found.warnings]
        typer.echo(json.dumps(said, ensure_ascii=False))
        return
    typer.echo(f"名册 {len(found.rows)} 家：新建档 {outcome['opened']} 家，原已建档 {outcome['already']} 家。")
    if found.ignored_columns:
        typer.echo(f"未采用的列：{'、'.join(found.ignored_columns)}（联系人和电话不进入档案）")
    for warning in found.warnings:
        row = f" 第 {warning.row} 行" if warning.row else ""
        typer.echo(f"请核对：工作表“{warning.sheet}”{row} {warning.reason}")


def say_refused(refused: RosterRefused, as_json: bool) -> None:
    """Every fault of a workbook, by sheet, row and column."""
    refusal = refused.refusal
    if as_json:
        rows = [asdict(fault) for fault in refused.rows]
        said = {"rule": refusal.rule, "sentence": refusal.sentence, "rows": rows}
        typer.echo(json.dumps(said, ensure_ascii=False))
        return
    typer.echo(refusal.sentence, err=True)
    if not refused.rows:
        return
    table = Table()
    for column in ("工作表", "行", "列", "原因", "依据"):
        table.add_column(column, overflow="fold")  # Chinese has no blanks to break at
    for fault in refused.rows:
        table.add_row(fault.sheet, str(fault.row), fault.column, fault.reason, fault.clause)
    Console(stderr=True, markup=False, emoji=False, highlight=False).print(table)
    for rule, times in Counter(fault.rule for fault in refused.rows).items():
        typer.echo(f"{rule}：{times} 处", err=True)


def _wrong(sentence: str) -> NoReturn:
    typer.echo(sentence, err=True)
    raise typer.Exit(2)
