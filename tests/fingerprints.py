"""What each workflow asks of the engine, in order, read from its source: ``python -m tests.fingerprints`` keeps it.

A case's workflow runs for years and is replayed from its beginning whenever a worker starts. A command more, less or
elsewhere than in its history ends it there. So the order of commands is written down in ``tests/fingerprints.json``,
and a change of it fails a test that says what else is to be done before the file may be written anew.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parent.parent
WORKFLOWS: Final = ROOT / "workflows"
KEPT: Final = Path(__file__).parent / "fingerprints.json"

WITHOUT_WORKFLOWS: Final = ("__init__.py", "client.py", "patience.py")
"""Files of workflows/ that hold no workflow. A new file is a workflow, or is named here."""
COMMANDS: Final = {
    *("execute_activity", "start_activity", "execute_activity_method", "start_activity_method"),
    *("execute_local_activity", "start_local_activity", "execute_local_activity_method", "start_local_activity_method"),
    *("execute_child_workflow", "start_child_workflow", "continue_as_new", "sleep", "wait_condition", "wait"),
    *("upsert_search_attributes", "upsert_memo", "patched", "deprecate_patch", "random", "uuid4"),
    *("all_handlers_finished", "get_external_workflow_handle", "signal", "cancel", "wait_for", "gather", "create_task"),
}
"""Calls that are commands, or that decide when commands are given."""
DEFINES: Final = ("defn", "run", "init", "signal", "update", "query", "validator")


class NoWorkflow(Exception):  # noqa: N818 - said in one word
    """A file that should hold a workflow holds none: the guard would watch over nothing."""


def fingerprint(source: str, name: str) -> dict[str, list[str]]:
    """Every function of a workflow's file with what it asks of the engine, in order. Raises NoWorkflow."""
    tree = ast.parse(source)
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and "defn" in "".join(_defines(node))]
    if not classes:
        raise NoWorkflow(name)
    found: dict[str, list[str]] = {}
    holders: list[ast.ClassDef | ast.Module] = [*classes, tree]
    for holder in holders:
        methods = {node.name for node in holder.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
        prefix = f"{name}:{holder.name}" if isinstance(holder, ast.ClassDef) else f"{name}:"
        for node in holder.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                asked = [*_defines(node), *(call for part in node.body for call in _asked(part, methods))]
                if asked:
                    found[f"{prefix}.{node.name}"] = asked
        if isinstance(holder, ast.ClassDef):
            found[prefix] = _defines(holder)
    return found


def _defines(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    spelled = (ast.unparse(decorator) for decorator in node.decorator_list)
    return [f"@{text}" for text in spelled if text.split("(")[0].rpartition(".")[2] in DEFINES]


def _asked(part: ast.AST, methods: set[str]) -> Iterator[str]:
    """Calls in the order in which they stand; what is called inside another call comes before it."""
    for child in ast.iter_child_nodes(part):
        yield from _asked(child, methods)
    if not isinstance(part, ast.Call):
        return
    called = part.func
    last = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
    own = isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id == "self"
    if own and last in methods:
        yield f"{last}({_first(part)})"
    elif last in COMMANDS:
        timed = any(word.arg == "timeout" for word in part.keywords)
        yield f"{last}({_first(part)}{', timeout' if timed else ''})"


def _first(call: ast.Call) -> str:
    return ast.unparse(call.args[0]) if call.args else ""


def leaves(source: str) -> dict[str, list[str]]:
    """The numbers that decide when a run turns over a new leaf: replayed too, so a smaller one breaks what runs."""
    set_here = {
        node.target.id: ast.unparse(node.value)
        for node in ast.parse(source).body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None
    }
    return {f"patience.py:{name}": [value] for name, value in set_here.items() if name.endswith("_LEAF")}


def of_the_house(folder: Path = WORKFLOWS) -> dict[str, list[str]]:
    """The fingerprint of every workflow. Raises NoWorkflow."""
    found: dict[str, list[str]] = {}
    for file in sorted(folder.glob("*.py")):
        if file.name not in WITHOUT_WORKFLOWS:
            found |= fingerprint(file.read_text(encoding="utf-8"), file.name)
    return found | leaves((folder / "patience.py").read_text(encoding="utf-8"))


def kept() -> dict[str, Any]:
    """As it was written down."""
    found: dict[str, Any] = json.loads(KEPT.read_text(encoding="utf-8"))
    return found


if __name__ == "__main__":
    KEPT.write_text(json.dumps(of_the_house(), ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8")
