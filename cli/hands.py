"""Who gives a command: the person, the role and the organisation, as typed or as a file says them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import typer

from cli.fields import WrongField
from domain.people import Person, Role
from domain.words import ROLES

By = Annotated[str, typer.Option("--by", metavar="ID", help="办理人编号，如 dalian/clerk-1")]
AsRole = Annotated[str, typer.Option("--role", metavar="ROLE", help="以什么角色办理，如 firm 或 企业")]
Of = Annotated[str, typer.Option("--org", metavar="ORG", help="代表哪个单位：企业写信用代码，区县写区县名")]
Reason = Annotated[str, typer.Option("--reason", help="理由")]
Evidence = Annotated[list[str] | None, typer.Option("--evidence", help="所附材料的编号或哈希，可写多次")]


@dataclass(frozen=True)
class Hand:
    """Who gives a command, why, on which papers; and its id, where the sender has named it."""

    by: Person
    reason: str = ""
    evidence: tuple[str, ...] = ()
    command_id: UUID | None = None


def person(by: str, role: str, organisation: str) -> Person:
    """A person; the role by its code or its Chinese name. Raises WrongField."""
    for name, value in (("办理人编号（--by）", by), ("角色（--role）", role), ("单位（--org）", organisation)):
        if not value.strip():
            raise WrongField(f"缺少 {name}")
    code = next((code for code, title in ROLES.items() if role.strip() in (code, title)), None)
    if code is None:
        known = "、".join(f"{title}（{code}）" for code, title in ROLES.items())
        raise WrongField(f"没有“{role}”这个角色；有：{known}")
    return Person(by.strip(), Role(code), organisation.strip())


def hand_in(said: Mapping[str, Any]) -> Hand:
    """The hand that a command's file names. Raises WrongField."""
    by = said.get("by")
    if not isinstance(by, dict) or by.keys() != {"id", "role", "organisation"}:
        raise WrongField('文件中 by 应写作 {"id": 编号, "role": 角色, "organisation": 单位}')
    evidence = said.get("evidence", [])
    if not isinstance(evidence, list):
        raise WrongField("文件中 evidence 应为列表")
    return Hand(
        person(*(str(by[name]) for name in ("id", "role", "organisation"))),
        str(said.get("reason", "")),
        tuple(str(paper) for paper in evidence),
        command_number(str(said.get("command_id", ""))),
    )


def command_number(text: str) -> UUID | None:
    """A command's id where one is given. Raises WrongField."""
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError as bad:
        raise WrongField(f"命令号（command_id）应为 UUID；收到“{text}”") from bad
