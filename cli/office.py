"""`lookback batch`: what the bureau sets up before firms apply."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from cli import expert_review, migration, places
from cli.deciding import decide, named_by_all_it_says, programme_for, say
from cli.fields import day
from cli.hands import By, Of, Reason, person
from domain.batch import OpenBatch
from domain.identity import batch_id, command_id
from domain.notice import call
from policies import load
from settings import Settings

City = Annotated[str, typer.Option("--city", help="城市代码，如 dalian")]
Programme = Annotated[str, typer.Option("--programme", help="项目；不写则为该市规则包的项目（推演则另成一项目）")]
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON")]


def register(app: typer.Typer) -> None:
    """Mount the commands under ``batch``."""
    batches = typer.Typer(help="批次", no_args_is_help=True)
    batches.command("open")(open_batch)
    batches.command("revise")(migration.revise)
    batches.command("adopt")(migration.adopt)
    places.mount(batches)
    expert_review.mount(batches)
    app.add_typer(batches, name="batch")


def open_batch(
    city: City,
    code: Annotated[str, typer.Option("--code", help="批次号，如 1")],
    opens: Annotated[str, typer.Option("--opens", help="申报开始日，如 2026-03-01")],
    closes: Annotated[str, typer.Option("--closes", help="申报截止日（含当日）")],
    by: By,
    role: Annotated[str, typer.Option("--role", metavar="ROLE", help="以什么角色办理")] = "bureau-clerk",
    organisation: Of = "",
    reason: Reason = "",
    overlay: Annotated[list[str] | None, typer.Option("--overlay", help="叠加的假设包，只用于推演")] = None,
    programme: Programme = "",
    as_json: AsJson = False,
) -> None:
    """开启一个批次：申报期定下，当日的规则全文随批次固定。"""
    settings = Settings.from_environment()
    window = day("--opens", opens), day("--closes", closes)
    overlays = tuple(overlay or settings.overlays)
    pack = load.load(city, overlays)
    hand = person(by, role, organisation or pack.agency)
    command = OpenBatch(
        command_id=command_id("unnamed"),
        by=hand,
        reason=reason,
        city=city,
        programme=programme or programme_for(pack, overlays),
        code=code,
        opens=window[0],
        closes=window[1],
        pack_text=load.text_of(city, overlays),
        rehearsal=bool(overlays),
    )
    # Named by all it says: the same words twice are one command, other words for the same batch are refused as such.
    command = replace(command, command_id=named_by_all_it_says(command))
    batch = batch_id(city, command.programme, code)
    receipt = decide(settings, command)
    said = {"batch": str(batch), "programme": command.programme, "pack_version": pack.version}
    assumed = f"其中 {len(pack.assumptions())} 项为推演假设" if pack.assumptions() else "没有假设"
    open_questions = f"待定口径 {len(pack.open_questions())} 项" if pack.open_questions() else "没有待定口径"
    say(
        receipt,
        said,
        f"批次 {code}（{command.programme}）{window[0]} 至 {window[1]} 受理申报。"
        f"规则版本 {pack.version[:12]}，{assumed}，{open_questions}。批次编号：{batch}"
        + "".join(
            f"\n申报文件须公开（{clause}）：lookback notice publish --city {city} --batch {code} --subject call"
            for clause in call.named_in(pack)
        ),
        as_json,
    )
