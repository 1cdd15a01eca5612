"""`lookback exclusions`: lists of firms that may not apply, as others keep them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, cast

import typer

from cli import tables
from cli.deciding import decide, named, say
from cli.fields import WrongField, day
from cli.hands import By, Of, Reason, person
from cli.roster import say_refused
from domain.exclusions import Exclusions, ImportExclusions, Listing, ListKind, WithdrawExclusions
from domain.identity import command_id, exclusions_id
from domain.policy import EXCLUSIONS
from exchange import exclusions
from exchange.roster import RosterRefused
from policies import load
from settings import Settings

City = Annotated[str, typer.Option("--city", help="城市代码，如 dalian")]
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON")]
_KINDS = "、".join(f"{word}（{kind}）" for kind, word in EXCLUSIONS.items())
Kind = Annotated[str, typer.Option("--kind", metavar="KIND", help=f"名单类别：{_KINDS}")]
Source = Annotated[str, typer.Option("--source", help="名单来源，如 信用中国")]
AsOf = Annotated[str, typer.Option("--date", help="名单日期，如 2026-03-01")]


def register(app: typer.Typer) -> None:
    """Mount the commands under ``exclusions``."""
    lists = typer.Typer(help="排除名单：导入、查看、撤回", no_args_is_help=True)
    lists.command("import")(take)
    lists.command("list")(listed)
    lists.command("withdraw")(withdraw)
    app.add_typer(lists, name="exclusions")


def take(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="名单（.xlsx、.xls 或 .csv），表头须有统一社会信用代码")],
    city: City,
    kind: Kind,
    source: Source,
    as_of: AsOf,
    by: By,
    role: Annotated[str, typer.Option("--role", metavar="ROLE", help="以什么角色办理")] = "bureau-clerk",
    organisation: Of = "",
    empty: Annotated[bool, typer.Option("--empty", help="来源已清空名单（文件只有表头），企业不再受限")] = False,
    as_json: AsJson = False,
) -> None:
    """导入一份名单。同一类别、同一来源的新名单整份代替旧名单；任何一行有误则全部不导入，退出码为 3。"""
    settings = Settings.from_environment()
    pack = load.load(city, settings.overlays)
    on = day("--date", as_of)
    code = _kind(kind)
    try:
        firms, file_hash = exclusions.read(file)
    except RosterRefused as refused:
        say_refused(refused, as_json)
        raise typer.Exit(3) from refused
    command = ImportExclusions(
        command_id=command_id("unnamed"),
        by=person(by, role, organisation or pack.agency),
        evidence=(f"sha256:{file_hash}",),
        city=city,
        list_kind=code,
        source=source,
        as_of=on,
        file_hash=file_hash,
        firms=firms,
        cleared=empty,
    )
    bars = pack.has("selection.exclusion_lists") and code in pack.list("selection.exclusion_lists")
    effect = "名单上的企业不得申报" if bars else "本市规则未列明此类名单：申报时只记录提请注意，不予拒绝"
    receipt = decide(settings, named(settings, command, exclusions_id(city)))
    words = f"{EXCLUSIONS[code]}名单（{source}，{on}）{len(firms)} 家已导入；{effect}。"
    say(receipt, {"firms": len(firms), "kind": code, "bars": bars}, words, as_json)


def withdraw(
    city: City,
    kind: Kind,
    source: Source,
    as_of: AsOf,
    by: By,
    reason: Reason,
    role: Annotated[str, typer.Option("--role", metavar="ROLE", help="以什么角色办理")] = "bureau-head",
    organisation: Of = "",
    as_json: AsJson = False,
) -> None:
    """撤回误导入的名单（须说明理由）。记录保留；同一类别、同一来源此前的名单恢复有效。"""
    settings = Settings.from_environment()
    pack = load.load(city, settings.overlays)
    command = WithdrawExclusions(
        command_id=command_id("unnamed"),
        by=person(by, role, organisation or pack.agency),
        reason=reason,
        city=city,
        list_kind=_kind(kind),
        source=source,
        as_of=day("--date", as_of),
    )
    receipt = decide(settings, named(settings, command, exclusions_id(city)))
    withdrawn = Listing(command.list_kind, source, command.as_of).words
    held = _held(settings, city).held(command.list_kind, source)
    now = f"此前的{held.listing.words}恢复有效，共 {len(held.firms)} 家" if held else "该来源现在没有名单"
    say(receipt, {"kind": command.list_kind, "source": source}, f"{withdrawn}已撤回；{now}。", as_json)


def listed(city: City, as_json: AsJson = False) -> None:
    """本市现行的各份名单。"""
    settings = Settings.from_environment()
    load.load(city)
    rows = [
        (EXCLUSIONS[held.listing.list_kind], held.listing.source, str(held.listing.as_of), str(len(held.firms)))
        for held in _held(settings, city).lists
    ]
    if as_json:
        names = ("kind", "source", "date", "firms")
        typer.echo(json.dumps([dict(zip(names, row, strict=True)) for row in rows], ensure_ascii=False))
        return
    tables.show(("类别", "来源", "日期", "家数"), rows, numbers=("家数",))


def _kind(said: str) -> ListKind:
    code = next((code for code, word in EXCLUSIONS.items() if said.strip() in (code, word)), None)
    if code is None:
        raise WrongField(f"没有“{said}”这类名单；有：{_KINDS}")
    return cast("ListKind", code)


def _held(settings: Settings, city: str) -> Exclusions:
    from cli.engine import record

    with record(settings) as store:
        return store.load(Exclusions, exclusions_id(city))
