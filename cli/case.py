"""`lookback case`: the cases on file, one case as it stands, and any command to it by hand; `lookback explain`."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cli import explain, fields, json_text, listing, tables
from cli.explain import AsJson, Case
from cli.fields import WrongField
from cli.hands import AsRole, By, Evidence, Hand, Of, Reason, command_number, hand_in, person
from domain import authority
from domain.case.application import OpenCase
from domain.case.rooms import COMMANDS
from domain.commands import CaseCommand, Receipt
from domain.words import zh
from settings import Settings

_OF_THE_FILE: Final = frozenset({"kind", "by", "reason", "evidence", "command_id", "case"})


_UNWRITABLE: Final = re.compile(r"(?<!\\)(?:\\\\)*\\u0000|[\ud800-\udfff]")


def register(app: typer.Typer) -> None:
    """Mount the commands under ``case``, and ``explain``."""
    cases = typer.Typer(help="一企一档：查询、查看、办理", no_args_is_help=True)
    cases.command("list")(listing.listed)
    cases.command("show")(explain.show)
    cases.command("do", help=_HELP, epilog=_all_kinds(), no_args_is_help=True)(do)
    cases.command("commands")(commands)
    app.add_typer(cases, name="case")
    app.command("explain")(explain.explain)


_HELP: Final = """对一份档案办理一项命令。

例：lookback case do 91210200MA0U00001X submit-application batch=1 self_level=1 pledged=是
--by dalian/firm-1 --role 企业 --org 91210200MA0U00001X

各项写作 名=值：金额写元（1234.50），日期写 2026-03-02，合同与评测结果写 JSON，几项文字用分号隔开。
不写 --command-id 时，同样的话连说两遍只办一次；他人已又办理了别的事之后，再说同样的话须加 --again。
每项命令要填什么：lookback case commands。"""


def do(
    case: Case,
    words: Annotated[list[str] | None, typer.Argument(metavar="KIND [FIELD=VALUE]...", help="命令和它的各项")] = None,
    by: By = "",
    role: AsRole = "",
    organisation: Of = "",
    reason: Reason = "",
    evidence: Evidence = None,
    command_id: Annotated[str, typer.Option("--command-id", metavar="UUID", help="命令号：同一号只办一次")] = "",
    again: Annotated[bool, typer.Option("--again", help="同样的事以前办过，现在确要再办一次")] = False,
    signal: Annotated[bool, typer.Option("--signal", help="送达即可，不等回执；若被拒绝，记入档案")] = False,
    file: Annotated[
        Path | None, typer.Option("--file", exists=True, dir_okay=False, help="命令写在 JSON 文件里")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """对一份档案办理一项命令."""
    if file is not None:
        if words or by or role or organisation or reason or evidence or command_id:
            raise WrongField("有 --file 时，命令、办理人和各项都写在文件里，命令行上不再写")
        kind, said, hand = _from_file(file)
    else:
        kind, said = _from_words(words or [])
        hand = Hand(person(by, role, organisation), reason, tuple(evidence or ()), command_number(command_id))
    # The engine is loaded only for a command that can be read.
    from cli import give
    from cli.engine import record

    settings = Settings.from_environment()
    with record(settings) as store:
        command: CaseCommand
        if kind is OpenCase:
            command = give.opening(case, said, hand)
        else:
            command = give.command_to(explain.one_case(settings, store, case), kind, said, hand)
        if hand.command_id is not None:
            command = replace(command, command_id=hand.command_id)
        else:
            command = give.named(store, command, again=again)
        receipt, before = give.give(settings, store, command, signal=signal)
    _say_done(command, receipt, before, as_json)


def _say_done(command: CaseCommand, receipt: Receipt | None, before: bool, as_json: bool) -> None:
    said: dict[str, Any] = {"command_id": str(command.command_id), "kind": command.kind, "case": str(command.case)}
    if receipt is None:
        said["sent"] = True
        words = f"已送达：{zh(command.kind)}。是否办成，见 lookback case show。"
    else:
        said |= {"version": receipt.version, "position": receipt.position, "events": receipt.events, "before": before}
        done = "以前已办理，没有重复办理" if before else "已办理"
        events = "、".join(zh(topic) for topic in receipt.events)
        words = f"{done}：{zh(command.kind)}。记入第 {receipt.position} 号事件止：{events}。"
    typer.echo(json.dumps(said, ensure_ascii=False) if as_json else f"{words}\n命令号：{command.command_id}")


def _from_words(
    words: Sequence[str],
) -> tuple[
    type[CaseCommand],
    dict[str, Any],
]:
    if not words:
        raise WrongField("缺少 KIND（命令）。全部命令见 lookback case commands")
    said: dict[str, Any] = {}
    for word in words[1:]:
        name, equals, value = word.partition("=")
        if not equals:
            raise WrongField(f"“{word}”应写作 名=值")
        if name in said:
            raise WrongField(f"“{name}”写了两遍")
        said[name] = value
    return _kind(words[0]), said


def _from_file(file: Path) -> tuple[type[CaseCommand], dict[str, Any], Hand]:
    try:
        said = json.loads(file.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as bad:
        raise WrongField(f"{file} 不是能读懂的 JSON：{json_text.fault(bad)}") from bad
    if not isinstance(said, dict):
        raise WrongField(f"{file} 应是一个 JSON 对象")
    if _UNWRITABLE.search(json.dumps(said, ensure_ascii=False)):
        raise WrongField(f"{file} 含有不能保存的字符（空字符或不完整的字符）")
    own = {name: value for name, value in said.items() if name not in _OF_THE_FILE}
    return _kind(str(said.get("kind", ""))), own, hand_in(said)


def _kind(word: str) -> type[CaseCommand]:
    for kind, class_ in COMMANDS.items():
        if word in (kind, zh(kind)):
            return class_
    raise WrongField(f"没有命令“{word}”。全部命令见 lookback case commands")


def commands(as_json: AsJson = False) -> None:
    """列出可以对一份档案办理的全部命令：中文名、由谁办理、要填哪些项。"""
    described = [_described(kind, class_) for kind, class_ in COMMANDS.items()]
    if as_json:
        typer.echo(json.dumps(described, ensure_ascii=False, indent=2))
        return
    tables.show(
        ("命令", "由谁办理", "要填的项"),
        ((f"{one['name']}\n{one['kind']}", "\n".join(map(zh, one["roles"])), _asked(one)) for one in described),
        lined=True,
    )


def _asked(described: dict[str, Any]) -> str:
    return "\n".join(
        f"{item['label']}：{item['shape']}" + "（可不填）" * item["optional"] for item in described["fields"]
    )


def _described(kind: str, class_: type[CaseCommand]) -> dict[str, Any]:
    return {
        "kind": kind,
        "name": zh(kind),
        "says": (class_.__doc__ or "").strip(),
        "roles": [role.value for role in authority.ROLES[kind]],
        "fields": [
            {
                "name": name,
                "label": fields.label(name),
                "shape": fields.shape(wanted),
                "optional": fields.is_optional(class_, name),
            }
            for name, wanted in fields.types_of(class_).items()
        ],
    }


def _all_kinds() -> str:
    """Every command with its Chinese name, who gives it and what it asks; one a line for ``--help``."""
    own = CaseCommand.__dataclass_fields__.keys()
    lines = []
    for kind, class_ in COMMANDS.items():
        roles = "、".join(zh(role) for role in authority.ROLES[kind])
        asked = " ".join(name for name in class_.__dataclass_fields__ if name not in own)
        lines.append(f"{kind} {zh(kind)}（{roles}）{asked}")
    return "\n\n".join(lines)
