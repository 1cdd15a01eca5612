"""`lookback estimate`: what a firm could get for what it spends, worked out by the rules that decide it later."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Annotated, Final

import typer

from cli.fields import WrongField
from domain.case.acceptance import level_must_reach_the_minimum
from domain.case.contract import contract_must_be_signed_within_the_pilot
from domain.case.payout import entitlement
from domain.money import ZERO, Money
from domain.policy import KEYS, SPEND_KINDS, Pack
from domain.rejections import OpenQuestion, Rejection
from domain.spend import Entitlement, SpendLine
from domain.standard import HIGHEST_LEVEL, LOWEST_LEVEL, Grade
from policies import load
from policies.notation import say

_GUARDS: Final = ("evaluation.min_level", "contract.not_before", "contract.not_after")
"""What an estimate holds against the pack where the sources say it, and names as unchecked where they do not."""


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
    batch: Annotated[str, typer.Option("--batch", help="批次；现有规则包各批次口径相同")] = "1",
    overlay: Annotated[list[str] | None, typer.Option("--overlay", help="叠加的假设包，如 rehearsal")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """测算补贴：列出每一步和依据的条款。来源没有规定的口径不猜，退出码为 4。"""
    lines = [_line(text) for text in spend]
    signed_on, completed_on = _day("--signed", signed), _day("--completed", completed)
    if completed_on < signed_on:
        raise WrongField(f"完工日期 {completed} 早于签订日期 {signed}")
    pack = load.load(city, overlay or ())
    try:
        worked_out = _work_out(pack, level, lines, signed_on, completed_on)
    except OpenQuestion as asked:
        if not as_json:
            raise
        typer.echo(json.dumps({"open": asked.question, "key": asked.key}, ensure_ascii=False))
        raise typer.Exit(4) from asked
    clauses = [pack.cited(key, completed_on).clause for key in ("payout.eligible", "payout.ratio", "payout.cap")]
    unchecked = [f"{KEYS[key].question}（{key}）" for key in _GUARDS if not pack.has(key)]
    if as_json:
        said = {
            "entitlement": str(worked_out.amount),
            "steps": worked_out.steps,
            "excluded": [{**asdict(line), "amount": str(line.amount)} for line in worked_out.excluded],
            "clauses": clauses,
            "unchecked": unchecked,
        }
        typer.echo(json.dumps(said, ensure_ascii=False))
        return
    for step in worked_out.steps:
        typer.echo(step)
    typer.echo(f"测算补贴 {worked_out.amount.grouped()} 元（{pack.name}，批次 {batch}）；以验收后核定为准。")
    for question in unchecked:
        typer.echo(f"未核：来源没有规定{question}。")
    for key, cited in pack.assumptions().items():
        if key.startswith("payout."):
            typer.echo(f"按假设计算：{KEYS[key].question}：{say(KEYS[key], cited)}。{cited.clause}")


def _work_out(pack: Pack, level: int, lines: Sequence[SpendLine], signed: date, completed: date) -> Entitlement:
    """By the rules of the day of completion; a guard whose value the sources do not give stops nobody here."""
    if pack.has("evaluation.min_level"):
        none = Decimal(0)
        level_must_reach_the_minimum(Grade("", level, none, none, none, 0, 0), pack)
    for key, word in (("contract.not_before", "早于"), ("contract.not_after", "晚于")):
        if pack.has(key) and (signed < pack.day(key) if word == "早于" else signed > pack.day(key)):
            sentence = f"合同签订日 {signed} {word} {pack.day(key)}，不在试点期内"
            raise Rejection(contract_must_be_signed_within_the_pilot.__name__, sentence, pack.clause(key))
    return entitlement(lines, pack, completed)


def _line(text: str) -> SpendLine:
    kind, equals, amount = text.partition("=")
    if not equals or kind not in SPEND_KINDS:
        known = "、".join(f"{kind}（{name}）" for kind, name in SPEND_KINDS.items())
        raise WrongField(f"--spend 应写作 类别=金额，类别为 {known}；收到“{text}”")
    try:
        money = Money.yuan(amount)
    except ValueError as bad:
        raise WrongField(f"--spend {kind}：{bad}") from bad
    if money < ZERO:
        raise WrongField(f"--spend {kind}：金额不能小于零，收到“{amount}”")
    return SpendLine(kind, "其他支出" if kind == "other" else SPEND_KINDS[kind], money)


def _day(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as bad:
        raise WrongField(f"{option} 应写作 2024-06-01 的样子，收到“{text}”") from bad
