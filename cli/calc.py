"""`lookback estimate`: what a firm could get for what it spends, worked out by the rules that decide it later."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from cli.fields import WrongField, day
from domain.case.estimate import Plan, spend_line
from domain.case.estimate import estimate as work_out
from domain.policy import KEYS, SPEND_KINDS
from domain.rejections import OpenQuestion
from domain.spend import SpendLine
from domain.standard import HIGHEST_LEVEL, LOWEST_LEVEL
from policies import load
from policies.notation import say


def register(app: typer.Typer) -> None:
    """Mount ``estimate``."""
    app.command("estimate")(estimate)


def estimate(
    city: Annotated[str, typer.Option("--city", help="城市代码，如 dalian")],
    level: Annotated[int, typer.Option("--level", min=LOWEST_LEVEL, max=HIGHEST_LEVEL, help="预计达到的等级")],
    signed: Annotated[str, typer.Option("--signed", help="合同签订日期，如 2024-06-01")],
    completed: Annotated[str, typer.Option("--completed", help="完工日期，如 2024-12-01")],
    spend: Annotated[
        list[str], typer.Option("--spend", metavar="KIND=YUAN", help=f"投入，可写多次；类别：{'、'.join(SPEND_KINDS)}")
    ],
    batch: Annotated[str, typer.Option("--batch", help="批次，可不写；各批次补贴标准不同的，按此取")] = "",
    overlay: Annotated[list[str] | None, typer.Option("--overlay", help="叠加的假设包，如 rehearsal")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """测算补贴：列出每一步和依据的条款。来源没有规定的口径不猜，退出码为 4。"""
    lines = tuple(_line(text) for text in spend)
    try:
        plan = Plan(level, day("--signed", signed), day("--completed", completed), lines, batch.strip())
    except ValueError as bad:
        raise WrongField(str(bad)) from bad
    pack = load.load(city, overlay or ())
    try:
        answer = work_out(plan, pack)
    except OpenQuestion as asked:
        if not as_json:
            raise
        typer.echo(json.dumps({"open": asked.question, "key": asked.key}, ensure_ascii=False))
        raise typer.Exit(4) from asked
    worked_out = answer.worked_out
    unchecked = [f"{question}（{key}）" for key, question in answer.unchecked.items()]
    if as_json:
        said = {
            "entitlement": str(worked_out.amount),
            "steps": worked_out.steps,
            "excluded": [{**asdict(one), "amount": str(one.amount)} for one in worked_out.excluded],
            "clauses": answer.clauses,
            "unchecked": unchecked,
            "reserves": answer.reserves,
            "assumed": [f"{KEYS[key].question}（{key}）：{say(KEYS[key], one)}" for key, one in answer.assumed.items()],
            "pack_version": pack.version,
        }
        typer.echo(json.dumps(said, ensure_ascii=False))
        return
    for step in worked_out.steps:
        typer.echo(step)
    typer.echo(
        f"测算补贴 {worked_out.amount.grouped()} 元（{pack.name}，规则版本 {pack.version[:12]}）；以验收后核定为准。"
    )
    for reserve in answer.reserves:
        typer.echo(f"注意：{reserve}。")
    for question in unchecked:
        typer.echo(f"未核：来源没有规定{question}。")
    for key, cited in answer.assumed.items():
        typer.echo(f"按假设计算：{KEYS[key].question}：{say(KEYS[key], cited)}。{cited.clause}")


def _line(text: str) -> SpendLine:
    kind, equals, amount = text.partition("=")
    if not equals or kind not in SPEND_KINDS:
        known = "、".join(f"{kind}（{name}）" for kind, name in SPEND_KINDS.items())
        raise WrongField(f"--spend 应写作 类别=金额，类别为 {known}；收到“{text}”")
    try:
        return spend_line(kind, amount)
    except ValueError as bad:
        raise WrongField(f"--spend {kind}：{bad}") from bad
