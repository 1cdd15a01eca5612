"""Record the histories that ``test_replay`` replays: ``python -m tests.record_histories [PATH…]``.

Starts a PostgreSQL and a Temporal of its own in a temporary folder, plays the named ways of ``tests.paths`` (all that
are not recorded yet, when none is named) and writes ``tests/histories/<path>[.<run>].json``.

When a workflow changes on purpose, its old histories stay: cases that began under the old code run for years. Keep
them replaying with ``workflow.patched``, and record the new behaviour under a new name. Record an old name anew only
while no installation has ever run the code it was recorded with.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path as Folder
from typing import Any, Final

import embedded
from eventstore.store import EventStore
from settings import Settings
from tests.engine import Firm, Town, pack
from tests.paths import PATHS, Path, walk
from workflows import patience
from workflows.client import connect

HISTORIES: Final = Folder(__file__).parent / "histories"
NOISE: Final = ("identity", "taskId", "requestId", "workerVersion", "eventGroupMarkers", "meteringMetadata", "priority")
"""What a replay does not look at and what differs from one recording to the next."""


@contextmanager
def leaves_of(commands: int | None) -> Iterator[None]:
    """Workflows turn over a new leaf after so many commands; None: as always."""
    usual = patience.COMMANDS_LEAF
    patience.COMMANDS_LEAF = usual if commands is None else commands  # type: ignore[misc]
    try:
        yield
    finally:
        patience.COMMANDS_LEAF = usual  # type: ignore[misc]


def file_of(name: str, run: int) -> Folder:
    """Where a path's n-th run is kept; runs count from 1."""
    return HISTORIES / (f"{name}.json" if run == 1 else f"{name}.{run}.json")


async def runs_of(firm: Firm) -> list[dict[str, Any]]:
    """The histories of a firm's workflow, run after run."""
    histories = []
    run = (await firm.handle.describe()).raw_description.workflow_execution_info.first_run_id
    while run:
        history = await firm.town.client.get_workflow_handle(firm.handle.id, run_id=run).fetch_history()
        histories.append(history.to_json_dict())
        last = history.events[-1]
        run = last.workflow_execution_continued_as_new_event_attributes.new_execution_run_id
    return histories


def small(what: Any) -> Any:
    """Without the noise, and without the name of the machine that a sticky queue is called by."""
    if isinstance(what, dict):
        if what.get("kind") == "TASK_QUEUE_KIND_STICKY":
            return {"name": "sticky", "kind": what["kind"]}
        return {key: small(value) for key, value in what.items() if key not in NOISE}
    return [small(value) for value in what] if isinstance(what, list) else what


def written(history: dict[str, Any]) -> str:
    """One event a line."""
    events = (json.dumps(small(event), ensure_ascii=False, separators=(",", ":")) for event in history["events"])
    return '{"events":[\n' + ",\n".join(events) + "\n]}\n"


async def record(name: str, path: Path, store: EventStore, settings: Settings) -> None:
    """Play one path and keep what it left."""
    town = Town(store, name, await connect(settings.temporal()), pack(path.rules))
    with leaves_of(path.leaf):
        async with town.at_work():
            firm = town.firm()
            await walk(firm, path)
            for run, history in enumerate(await runs_of(firm), start=1):
                file_of(name, run).write_text(written(history), encoding="utf-8")
                print(file_of(name, run).name, len(history["events"]))  # noqa: T201 - a script for a person


def main(names: list[str]) -> None:
    """Record what was asked for."""
    chosen = names or [name for name in PATHS if not file_of(name, 1).exists()]
    console, temporal, pages = embedded.free_ports(3)
    with tempfile.TemporaryDirectory() as home:
        settings = Settings(home=Folder(home), console_port=console, temporal_port=temporal, temporal_ui_port=pages)
        embedded.up(settings, ("postgres", "temporal"))
        try:
            store = EventStore(settings.dsn())
            store.prepare()
            for name in chosen:
                asyncio.run(record(name, PATHS[name], store, settings))
            store.close()
        finally:
            embedded.down(settings)


if __name__ == "__main__":
    HISTORIES.mkdir(exist_ok=True)
    main(sys.argv[1:])
