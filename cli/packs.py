"""`lookback packs`: read a city's rules with their clauses, check edited files, compare two versions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from domain.money import Money
from domain.policy import KEYS, Cited, Days, Pack, Row
from domain.policy_rows import columns_of
from policies import columns, load, notation
from policies.places import Fault, PackFault

AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON")]


def register(app: typer.Typer) -> None:
    """Mount the commands under ``packs``."""
    packs = typer.Typer(help="规则包：查看、检查、比较", no_args_is_help=True)
    packs.command("check")(check)
    packs.command("show")(show)
    packs.command("diff")(diff)
    app.add_typer(packs, name="packs")


def check(
    files: Annotated[
        list[Path] | None, typer.Argument(help="规则包、假设包或评测指标；不写则检查全部", exists=True, dir_okay=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """检查规则包、假设包和评测指标：每一处错误都列出文件、行、键、原因；有错误时退出码为 3。"""
    folders = (load.HERE, load.OVERLAYS, load.STANDARDS)
    paths = files or sorted(path for folder in folders for path in folder.glob("*.toml"))
    found = [fault for path in paths for fault in _faults(path)]
    if as_json:
        typer.echo(json.dumps({"files": len(paths), "faults": [asdict(fault) for fault in found]}, ensure_ascii=False))
    else:
        for fault in found:
            typer.echo(str(fault))
        typer.echo(f"已检查 {len(paths)} 个文件，错误 {len(found)} 处。")
    if found:
        raise typer.Exit(3)


def show(
    city: Annotated[str, typer.Argument(help="城市代码，如 dalian")],
    overlay: Annotated[list[str] | None, typer.Option(help="叠加的假设包，如 rehearsal")] = None,
    as_json: AsJson = False,
) -> None:
    """列出一个城市规则包的每个值、每张表：依据的条款、原文/推导/假设，以及待定口径。"""
    pack = load.load(city, overlay or ())
    if as_json:
        typer.echo(json.dumps(_plain(pack), ensure_ascii=False, indent=2))
        return
    console = _console()
    console.print(f"{pack.name} · {pack.agency} · {pack.programme} · 版本 {pack.version[:12]}")
    for short, title in pack.sources.items():
        console.print(f"{short}：《{title}》")
    table = _table("口径", "值", "来历", "依据")
    for key, spec in KEYS.items():
        for cited in pack.values.get(key, ()):
            note = f"\n注：{cited.note}" if cited.note else ""
            standing = notation.STANDINGS[cited.standing]
            table.add_row(f"{spec.question}\n{key}", _said(key, cited), standing, cited.clause + note)
    console.print(table)
    for rows in pack.tables.values():
        console.print(_rows(pack, rows))
    questions = pack.open_questions()
    console.print(f"待定口径 {len(questions)} 项（来源未规定，须由市里明确）：")
    for key, question in questions.items():
        console.print(f"  {question}？（{key}）")


def diff(
    first: Annotated[str, typer.Argument(metavar="A", help="城市代码或文件")],
    second: Annotated[str, typer.Argument(metavar="B", help="城市代码或文件")],
    as_json: AsJson = False,
) -> None:
    """比较两个规则包：只列不同的键和表中的行。"""
    packs = (_pack(first), _pack(second))
    held = [everything(pack) for pack in packs]
    both = held[0].keys() | held[1].keys()
    every = [key for key in dict.fromkeys([*KEYS, *held[0], *held[1]]) if key in both]
    differ = [key for key in every if held[0].get(key) != held[1].get(key)]
    if as_json:
        plain = {key: [one.get(key, ([], ""))[0] for one in held] for key in differ}
        versions = [pack.version for pack in packs]
        typer.echo(json.dumps({"versions": versions, "differences": plain}, ensure_ascii=False, indent=2))
        return
    table = _table("键", f"{first}（{packs[0].version[:12]}）", f"{second}（{packs[1].version[:12]}）")
    for key in differ:
        absent = "待定" if key in KEYS and KEYS[key].asked else "无"
        named = f"{KEYS[key].question}\n{key}" if key in KEYS else key
        table.add_row(named, *(one[key][1] if key in one else absent for one in held))
    if differ:
        _console().print(table)
    typer.echo(f"不同的键 {len(differ)} 个，相同的键 {len(every) - len(differ)} 个。")


def _console() -> Console:
    return Console(markup=False, emoji=False, highlight=False)  # a document number may hold [2021]


def _table(*columns: str) -> Table:
    table = Table(show_lines=True)
    for column in columns:
        table.add_column(column, overflow="fold")  # Chinese has no blanks to break at; the default would cut text off
    return table


def _faults(path: Path) -> tuple[Fault, ...]:
    try:
        return load.faults(load.read_file(path), path.name)
    except PackFault as bad:
        return bad.faults


def _pack(city_or_file: str) -> Pack:
    path = Path(city_or_file)
    return load.parse(load.read_file(path), path.name) if path.is_file() else load.load(city_or_file)


def _said(key: str, cited: Cited) -> str:
    since = f"（自 {cited.since} 起）" if cited.since else ""
    return notation.say(KEYS[key], cited) + since


def everything(pack: Pack) -> dict[str, tuple[list[dict[str, Any]], str]]:
    """By key, and by label of a row: what the pack holds, as data and for people."""
    head = {"name": pack.name, "division": pack.division, "agency": pack.agency, "programme": pack.programme}
    held: dict[str, tuple[list[dict[str, Any]], str]] = {
        f"city.{field}": ([{"value": text}], text) for field, text in head.items()
    }
    for short, title in pack.sources.items():
        held[f"city.sources.{short}"] = ([{"value": title}], title)
    for key, values in pack.values.items():
        lines = [f"{_said(key, cited)}\n{_basis(cited)}" for cited in values]
        held[key] = ([_cited(cited) for cited in values], "\n".join(lines))
    for row in (row for rows in pack.tables.values() for row in rows):
        lines = [*(f"{title}：{text}" for title, text in columns.say(row, pack).items()), _basis(row)]
        held[row.label] = ([_plain_row(row)], "\n".join(lines))
    return held


def _rows(pack: Pack, rows: Sequence[Row]) -> Table:
    """One table of the pack, with the columns that any of its rows fills."""
    said = [columns.say(row, pack) for row in rows]
    titles = [one.title for one in columns_of(type(rows[0])).values() if any(one.title in row for row in said)]
    table = _table(*titles, "来历与依据")
    table.title = f"{rows[0].TITLE}（{rows[0].TABLE}）"
    for row, texts in zip(rows, said, strict=True):
        table.add_row(*(texts.get(title, "") for title in titles), _basis(row))
    return table


def _basis(said: Cited | Row) -> str:
    note = f"\n注：{said.note}" if said.note else ""
    return f"{notation.STANDINGS[said.standing]} {said.clause}{note}"


def _plain(pack: Pack) -> dict[str, Any]:
    return {
        "city": pack.city,
        "name": pack.name,
        "division": pack.division,
        "agency": pack.agency,
        "programme": pack.programme,
        "version": pack.version,
        "sources": dict(pack.sources),
        "values": {key: [_cited(cited) for cited in pack.values[key]] for key in KEYS if pack.has(key)},
        "tables": {name: [_plain_row(row) for row in rows] for name, rows in pack.tables.items()},
        "assumed": list(pack.assumptions()),
        "open": pack.open_questions(),
    }


def _cited(cited: Cited) -> dict[str, Any]:
    return {
        "value": _bare(cited.value),
        "comparator": cited.comparator,
        "clause": cited.clause,
        "standing": cited.standing.value,
        "note": cited.note,
        "since": cited.since.isoformat() if cited.since else None,
    }


def _plain_row(row: Row) -> dict[str, Any]:
    return {one.name: _bare(getattr(row, one.name)) for one in fields(row)}


def _bare(value: Any) -> object:
    match value:
        case Days():
            return asdict(value)
        case Money() | Fraction() | date():
            return str(value)
        case dict():
            return {name: _bare(inner) for name, inner in value.items()}
        case _:
            return value
