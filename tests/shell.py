"""The command line as a person uses it, within the test's own process, on the shared servers."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from cli import main
from domain.commands import CaseCommand
from domain.money import Money
from settings import Settings


@dataclass(frozen=True)
class Told:
    """What one command line came to."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its answer to a program."""
        return json.loads(self.out)

    @property
    def rule(self) -> str:
        """The rule that refused, as a program reads it."""
        return str(self.json["refusal"]["rule"])


@dataclass
class Shell:
    """A terminal in which LOOKBACK_* point at one installation."""

    capsys: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch

    def run(self, *line: str) -> Told:
        """One command line; must not be called where a loop runs."""
        status = main.main(line)
        said = self.capsys.readouterr()
        return Told(status, said.out, said.err)

    async def type(self, *line: str) -> Told:
        """The same beside a running loop, in which a worker may answer."""
        return await asyncio.to_thread(self.run, *line)

    def at(self, settings: Settings) -> None:
        """Point the environment at an installation."""
        for name, value in settings.for_parts({}).items():
            self.monkeypatch.setenv(name, value)


def pointed_at(servers: Settings, database_url: str) -> Settings:
    """The shared servers with a module's own database."""
    return replace(servers, database_url=database_url, temporal_address=servers.temporal())


def own_fields(command: CaseCommand) -> dict[str, Any]:
    """What this command says beside what all of them say."""
    every = {field.name for field in dataclasses.fields(CaseCommand)}
    own = [field.name for field in dataclasses.fields(command) if field.name not in every]
    return {name: getattr(command, name) for name in own if getattr(command, name) is not None}


def plain(value: Any) -> Any:
    """A value as a person would put it into a JSON file."""
    match value:
        case Money() | date() | UUID() | Decimal():
            return str(value)
        case tuple():
            return [plain(one) for one in value]
        case _ if dataclasses.is_dataclass(value):
            return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return value


def typed(command: CaseCommand) -> list[str]:
    """The command as a person would type it behind ``case do``."""
    words = []
    for name, value in own_fields(command).items():
        said = plain(value)
        if isinstance(value, bool):
            said = "是" if value else "否"
        words.append(f"{name}={said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)}")
    by = command.by
    hand = ["--by", by.id, "--role", by.role.value, "--org", by.organisation]
    reason = ["--reason", command.reason] if command.reason else []
    papers = [word for paper in command.evidence for word in ("--evidence", paper)]
    return [str(command.case), command.kind, *words, *hand, *reason, *papers]
