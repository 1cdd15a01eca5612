"""Workflows can be replayed: they build in the engine's sandbox, and ask nothing whose answer differs the next time."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner
from temporalio.workflow import _Definition

from tests.fingerprints import WITHOUT_WORKFLOWS, WORKFLOWS
from workflows.case import CaseWorkflow
from workflows.payout_round import PayoutRoundWorkflow

ALL: Final[tuple[type[Any], ...]] = (CaseWorkflow, PayoutRoundWorkflow)
"""Every workflow of the house."""


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
async def test_a_workflow_builds_in_the_sandbox(kind: type[Any]) -> None:
    """Just what a worker does when it starts."""
    SandboxedWorkflowRunner().prepare_workflow(_Definition.must_from_class(kind))


async def test_the_sandbox_refuses_a_careless_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "careless.py").write_text(
        "import random\nfrom temporalio import workflow\nrandom.getrandbits(8)\n"
        "@workflow.defn\nclass Careless:\n    @workflow.run\n    async def run(self) -> None: ...\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import careless  # type: ignore[import-not-found]

    with pytest.raises(Exception, match="getrandbits"):
        SandboxedWorkflowRunner().prepare_workflow(_Definition.must_from_class(careless.Careless))


def test_every_workflow_of_the_house_is_named_above() -> None:
    files = [file for file in WORKFLOWS.glob("*.py") if file.name not in WITHOUT_WORKFLOWS]
    named = {kind.__name__ for kind in ALL}
    found = {
        node.name
        for file in files
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and any("defn" in ast.unparse(mark) for mark in node.decorator_list)
    }
    assert found == named


# --- what the sandbox does not see

FORBIDDEN_CALLS: Final = {
    *("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.monotonic", "time.sleep"),
    *("time.perf_counter", "uuid.uuid1", "uuid.uuid4", "uuid1", "uuid4", "workflow.uuid4", "workflow.random"),
    *("asyncio.wait", "asyncio.as_completed", "asyncio.gather", "os.getenv", "os.urandom", "open", "print", "input"),
}
FORBIDDEN_NAMES: Final = {"random", "secrets", "os", "environ", "time", "threading", "socket", "subprocess", "uuid4"}
"""Modules and names that bring chance, clocks, threads or the surroundings in."""


@dataclass(frozen=True)
class Fault:
    """A place that would not replay."""

    line: int
    what: str


def faults(source: str) -> list[Fault]:
    """What in a workflow's source would give another answer when it is replayed."""
    return sorted(set(_faults(ast.parse(source))), key=lambda fault: fault.line)


def _faults(tree: ast.AST) -> Iterator[Fault]:
    for node in ast.walk(tree):
        called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
        if isinstance(node, ast.Call) and FORBIDDEN_CALLS & {called, called.removeprefix("datetime.")}:
            yield Fault(node.lineno, called)
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            for name in (module, *(alias.name for alias in node.names)):
                if name.split(".")[0] in FORBIDDEN_NAMES:
                    yield Fault(node.lineno, f"import {name}")
        if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension) and _unordered(node.iter):
            yield Fault(node.iter.lineno, f"goes through {ast.unparse(node.iter)}")
        takes_in_order = called in ("list", "tuple", "next", "iter", "enumerate")
        if isinstance(node, ast.Call) and takes_in_order and node.args and _unordered(node.args[0]):
            yield Fault(node.lineno, ast.unparse(node))
        if isinstance(node, ast.Starred) and _unordered(node.value):
            yield Fault(node.lineno, ast.unparse(node))


def _unordered(node: ast.expr) -> bool:
    """A set as it stands there; sorted(…) around it makes it an order."""
    if isinstance(node, ast.Set | ast.SetComp):
        return True
    if isinstance(node, ast.Call):
        return ast.unparse(node.func) in ("set", "frozenset")
    return isinstance(node, ast.BinOp) and (_unordered(node.left) or _unordered(node.right))


@pytest.mark.parametrize("file", sorted(WORKFLOWS.glob("*.py")), ids=lambda file: file.name)
def test_no_workflow_asks_what_answers_differently_next_time(file: Path) -> None:
    wrong = faults(file.read_text(encoding="utf-8"))
    assert wrong == []


@pytest.mark.parametrize(
    "line",
    [
        *("datetime.now(UTC)", "datetime.datetime.now()", "date.today()", "time.time()", "uuid4()", "uuid.uuid4()"),
        *("workflow.uuid4()", "workflow.random()", "await asyncio.wait([a])", "await asyncio.gather(a, b)"),
        *("import random", "from random import choice", "import os", "from os import environ", "open('x')"),
        *("for x in {1, 2}: pass", "for x in set(names): pass", "y = [x for x in {1, 2}]", "y = list(set(names))"),
        *("y = (*frozenset(names),)", "for x in set(a) | b: pass", "from uuid import uuid4", "next(iter(set(a)))"),
    ],
)
def test_the_lint_bites(line: str) -> None:
    (fault, *_) = faults(f"async def run():\n    {line}\n")
    assert fault.line == 2


@pytest.mark.parametrize(
    "line",
    ["for x in sorted({2, 1}): pass", "x in {1, 2}", "await workflow.wait([a])", "workflow.now()", "len(set(a))"],
)
def test_the_lint_lets_the_rest_pass(line: str) -> None:
    assert faults(f"async def run():\n    {line}\n") == []
