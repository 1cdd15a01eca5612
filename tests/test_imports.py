"""The arrow of the house holds, and every guard of it bites: who imports whom, who touches the outside, who asks it."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parent.parent
CONFIG: Final = ConfigParser()
CONFIG.read(ROOT / ".importlinter", encoding="utf-8")
ROOTS: Final = tuple(CONFIG["importlinter"]["root_packages"].split())
CONTRACTS: Final = {
    name.removeprefix("importlinter:contract:"): CONFIG[name]["name"] for name in CONFIG if ":contract:" in name
}
OUTSIDE: Final = ("tests", "bench", "docs")
"""Folders that are no part of the running house."""


def lint(folder: Path) -> str:
    """What import-linter says of a tree, without a cache, which would remember the tree before the change."""
    program = Path(sysconfig.get_path("scripts")) / "lint-imports"
    argv = (str(program), "--no-cache", "--config", ".importlinter")
    return subprocess.run(argv, cwd=folder, capture_output=True, text=True, check=False).stdout


def broken(report: str) -> list[str]:
    """The contracts that a report says are broken, by their short names."""
    assert f"Contracts: {len(CONTRACTS)} kept" in report or "broken." in report, report
    return [short for short, name in CONTRACTS.items() if f"{name} BROKEN" in report]


def test_every_contract_is_kept() -> None:
    report = lint(ROOT)
    assert broken(report) == []
    assert all(f"{name} KEPT" in report for name in CONTRACTS.values())


def test_every_package_of_the_house_is_under_the_contracts() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - set(OUTSIDE)
    assert packages == set(ROOTS)


PLANTS: Final = {
    "domain knows the packs": ("arrow", "domain/money.py", "import policies.load"),
    "packs know the record": ("arrow", "policies/load.py", "import eventstore.store"),
    "the record knows the desk": ("arrow", "eventstore/store.py", "import activities.desk"),
    "the desk knows the workflows": ("arrow", "activities/desk.py", "import workflows.client"),
    "a workbook knows the desk": ("arrow", "exchange/roster.py", "import activities.desk"),
    "a read model knows a workbook": ("arrow", "projections/run.py", "import exchange.roster"),
    "workflows know the rehearsal": ("arrow", "workflows/client.py", "import rehearsal.play"),
    "pages know the command line": ("arrow", "console/app.py", "import cli.main"),
    "pages know the rehearsal": ("arrow", "console/app.py", "import rehearsal.play"),
    "domain knows pydantic": ("pure-domain", "domain/case/payout.py", "from pydantic import BaseModel"),
    "domain knows the engine": ("pure-domain", "domain/case/schedule.py", "from temporalio import workflow"),
    "domain knows the database": ("pure-domain", "domain/record.py", "import psycopg"),
    "a room knows the library": ("one-door", "domain/case/file.py", "from eventsourcing.domain import event"),
    "workflows know the record": ("workflows-wait", "workflows/case.py", "import eventstore.store"),
    "workflows know the database": ("workflows-wait", "workflows/client.py", "import psycopg"),
}


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the house in which anything may be planted."""
    tree = tmp_path_factory.mktemp("house")
    for package in ROOTS:
        shutil.copytree(ROOT / package, tree / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / ".importlinter", tree)
    return tree


@pytest.mark.parametrize("plant", PLANTS)
def test_a_bad_import_breaks_its_contract(plant: str, copied: Path) -> None:
    contract, place, line = PLANTS[plant]
    file = copied / place
    before = file.read_text(encoding="utf-8")
    file.write_text(f"{before}\n{line}\n", encoding="utf-8")
    try:
        assert contract in broken(lint(copied))
    finally:
        file.write_text(before, encoding="utf-8")


def test_every_contract_was_seen_to_bite() -> None:
    assert {contract for contract, _, _ in PLANTS.values()} == set(CONTRACTS)


# --- what import-linter cannot say


def house() -> Iterator[Path]:
    """Every source file of the running house."""
    for file in sorted(ROOT.rglob("*.py")):
        place = file.relative_to(ROOT)
        if place.parts[0] not in OUTSIDE and not any(part.startswith(".") for part in place.parts):
            yield place


def imported(source: str) -> set[str]:
    """Every module that a source imports, wherever in it, with the names taken from it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


DOORS: Final = {
    "worker": (),
    "keeper": ("embedded.py",),
    "psycopg": ("eventstore", "projections", "console", "cluster.py"),
    "psycopg_pool": (),
    "sqlalchemy": ("projections", "console", "cli"),
    "eventsourcing": ("domain/record.py", "eventstore", "activities/reconcile.py", "projections", "console", "cli"),
    "httpx": (),
    "requests": (),
    "aiohttp": (),
    "smtplib": (),
    "ftplib": (),
    "http.client": (),
    "urllib.request": (),
    "socket": ("parts.py", "console/health.py"),
    "subprocess": ("embedded.py", "cluster.py", "keeper.py", "parts.py", "exchange/cells.py"),
    "sqlite3": (),
}
"""Programs, which nobody imports, and what reaches the outside; each with the places that may."""


def faults(place: Path, source: str) -> list[str]:
    """What in a file of the house stands where it must not."""
    wrong = []
    modules = imported(source)
    for door, places in DOORS.items():
        open_to_it = any(place == Path(one) or Path(one) in place.parents for one in places)
        if not open_to_it and any(module == door or module.startswith(f"{door}.") for module in modules):
            wrong.append(f"imports {door}")
    if place != Path("settings.py") and _asks_the_environment(source, modules):
        wrong.append("reads the environment")
    if place.parts[0] in ("domain", "workflows") or (place.parts[0] == "policies" and place.name != "load.py"):
        wrong += [f"touches files by {call}" for call in _file_calls(source)]
    return wrong


def _asks_the_environment(source: str, modules: set[str]) -> bool:
    if modules & {"os.environ", "os.getenv", "os.environb", "dotenv"}:
        return True
    asked = {ast.unparse(node) for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Attribute)}
    return bool(asked & {"os.environ", "os.getenv", "os.environb"})


def _file_calls(source: str) -> list[str]:
    calls = [node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    names = [call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "") for call in calls]
    return sorted({"open", "read_text", "read_bytes", "write_text", "write_bytes", "glob", "unlink"} & set(names))


@pytest.mark.parametrize("place", list(house()), ids=str)
def test_a_file_keeps_to_its_room(place: Path) -> None:
    assert faults(place, (ROOT / place).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("place", "line", "told"),
    [
        ("cli/main.py", "import worker", "imports worker"),
        ("console/app.py", "from worker import build", "imports worker"),
        ("activities/desk.py", "from keeper import find", "imports keeper"),
        ("activities/desk.py", "import psycopg", "imports psycopg"),
        ("exchange/roster.py", "from sqlalchemy import select", "imports sqlalchemy"),
        ("domain/money.py", "import eventsourcing.domain", "imports eventsourcing"),
        ("workflows/case.py", "def f():\n    import httpx", "imports httpx"),
        ("policies/load.py", "from urllib.request import urlopen", "imports urllib.request"),
        ("domain/fund/file.py", "import socket", "imports socket"),
        ("worker.py", "import os\nos.environ['A']", "reads the environment"),
        ("cli/main.py", "from os import getenv", "reads the environment"),
        ("domain/policy.py", "open('x')", "touches files by open"),
        ("policies/reader.py", "path.read_text()", "touches files by read_text"),
    ],
)
def test_a_planted_fault_is_found(place: str, line: str, told: str) -> None:
    assert faults(Path(place), f"{line}\n") == [told]


def test_files_that_may_are_left_alone() -> None:
    assert faults(Path("settings.py"), "import os\nos.environ['A']\n") == []
    assert faults(Path("eventstore/store.py"), "import psycopg\n") == []
    assert faults(Path("policies/load.py"), "path.read_bytes()\n") == []
