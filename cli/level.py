"""`lookback level`: the level that answers to the indicators come to, worked out by the rules that decide it later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal, DecimalException
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cli.fields import WrongField
from domain.assessment import Assessment, assess
from domain.rejections import OpenQuestion
from domain.standard import Answers, ItemPoints, ScenarioLevel, Standard
from policies import load

_HELP: Final = """按评测答案测算数字化水平等级，列出每一步、差在哪里。不读写任何数据库。

FILE 是一个 JSON 文件，每个评分项写得分，每个场景写等级（0 至 4，0 表示未达到一级），用中文名称或代码：

{"points": {"网络建设": 6, "生产设备数字化率": 4.5, …}, "scenarios": {"产品设计": 2, "工艺设计": 1, …}}

完整的例子见 docs/examples/level-2024.json 和 docs/examples/level-2022.json（只有四个维度的得分，没有场景）。

退出码：0 已算出；2 用法或文件不对；3 答案不合指标（缺项、多项、超出量程）；4 来源没有规定，须先明确。"""


def register(app: typer.Typer) -> None:
    """Mount ``level``."""
    app.command("level", help=_HELP)(level)


def level(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="答案文件（JSON）", exists=True, dir_okay=False)],
    standard: Annotated[str, typer.Option("--standard", help=f"指标版本：{'、'.join(load.standards())}")],
    as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False,
) -> None:
    """See ``_HELP``."""
    edition = load.standard(standard)
    answers = _answers(edition, _text(file))
    try:
        assessment = assess(edition, answers)
    except OpenQuestion as asked:
        if not as_json:
            raise
        typer.echo(json.dumps({"open": asked.question, "key": asked.key}, ensure_ascii=False))
        raise typer.Exit(4) from asked
    if as_json:
        typer.echo(json.dumps(_for_programs(edition, assessment), ensure_ascii=False))
        return
    typer.echo(f"《{edition.title}》（{edition.document}），版本 {edition.version[:12]}")
    for step in assessment.steps:
        typer.echo(step)
    for question in edition.questions:
        typer.echo(f"待定口径：{question}")


def _for_programs(edition: Standard, assessment: Assessment) -> dict[str, Any]:
    grade = assessment.grade
    points = {"foundation": grade.foundation, "management": grade.management, "effect": grade.effect}
    return {
        "level": grade.level,
        "scores": {name: _number(value) for name, value in points.items()},
        "binding": grade.binding_scenarios,
        "guiding": grade.guiding_scenarios,
        "total": _number(assessment.score),
        "steps": assessment.steps,
        "missing": assessment.missing,
        "standard": edition.code,
        "version": edition.version,
    }


def _number(value: Decimal) -> int | float:
    """At most three decimals, so a program reads back what was meant."""
    return int(value) if value == int(value) else float(value)


def _answers(edition: Standard, text: str) -> Answers:
    """The answers a file gives; names become codes. Raises WrongField where it is no such file."""
    said = _object(text)
    for part in said:
        if part not in ("points", "scenarios"):
            raise WrongField(f"答案文件只有 points（评分项得分）和 scenarios（场景等级）两部分，没有“{part}”")
    points, scenarios = (_part(said, part) for part in ("points", "scenarios"))
    items = {item.name: item.code for item in edition.items}
    scenes = {scenario.name: scenario.code for scenario in edition.scenarios}
    return Answers(
        standard=edition.code,
        points=tuple(ItemPoints(items.get(name, name), _points(name, value)) for name, value in points),
        scenarios=tuple(ScenarioLevel(scenes.get(name, name), _level(name, value)) for name, value in scenarios),
    )


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as bad:
        raise WrongField(f"{file} 不是 UTF-8 编码的文字") from bad


def _object(text: str) -> Mapping[str, Any]:
    try:
        # As pairs: an answer that is given twice must be seen, and a Python dictionary would keep the last.
        said = json.loads(
            text, parse_float=Decimal, parse_int=Decimal, parse_constant=_no_number, object_pairs_hook=_Pairs
        )
    except (ValueError, ArithmeticError, RecursionError) as bad:
        raise WrongField(f"答案文件不是能读懂的 JSON：{bad}") from bad
    if not isinstance(said, _Pairs):
        raise WrongField('答案文件应写作 {"points": {…}, "scenarios": {…}}')
    names = [name for name, _ in said]
    if len(set(names)) < len(names):
        raise WrongField("答案文件的 points 和 scenarios 各只能写一次")
    return dict(said)


class _Pairs(list[tuple[str, Any]]):
    """A JSON object in the order of the file."""


def _part(said: Mapping[str, Any], part: str) -> _Pairs:
    pairs = said.get(part, _Pairs())
    if not isinstance(pairs, _Pairs):
        raise WrongField(f'{part} 应写作 {{"名称": 数, …}}')
    return pairs


def _points(name: str, value: object) -> Decimal:
    if isinstance(value, str):
        try:
            value = Decimal(value)
        except DecimalException:
            value = None
    if not isinstance(value, Decimal) or not value.is_finite():
        raise WrongField(f"“{name}”的得分应是数，如 7.5")
    return value


def _level(name: str, value: object) -> int:
    if isinstance(value, Decimal) and value.is_finite() and abs(value) < 1000 and value == int(value):
        return int(value)
    raise WrongField(f"“{name}”的等级应是整数，如 2")


def _no_number(word: str) -> Decimal:
    raise ValueError(f"{word} 不是数")
