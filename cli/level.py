"""`lookback level`: the level that answers to the indicators come to, worked out by the rules that decide it later."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cli import answers
from cli.fields import WrongField
from domain.assessment import Assessment, assess
from domain.rejections import OpenQuestion
from domain.standard import Answers, Standard
from policies import load

_HELP: Final = """按评测答案测算数字化水平等级，列出每一步、差在哪里。不读写任何数据库。

FILE 是一个 JSON 文件，每个评分项写得分，每个场景写等级（0 至 4，0 表示未达到一级），用中文名称或代码：

{"points": {"网络建设": 6, "生产设备数字化率": 4.5, …}, "scenarios": {"产品设计": 2, "工艺设计": 1, …}}

加写 "standard": "2024" 后，同一内容也可作为报告的 answers 一项提交（见 lookback case do）。

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
    given = _answers(file, standard)
    try:
        assessment = assess(edition, given)
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


def _answers(file: Path, standard: str) -> Answers:
    try:
        return answers.read(file.read_bytes().decode("utf-8-sig"), standard)
    except UnicodeDecodeError as bad:
        raise WrongField(f"{file} 不是 UTF-8 编码的文字") from bad
    except ValueError as bad:
        raise WrongField(f"{file}：{bad}") from bad
