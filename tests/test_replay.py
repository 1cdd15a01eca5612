"""What was recorded replays: a case that began under this code goes on under the code of the day."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path as File
from typing import Any, Final

import pytest
from temporalio import workflow
from temporalio.client import Client, WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner, Worker

from activities.decisions import Decisions
from domain.case.file import Stage
from eventstore.store import EventStore
from tests.engine import Town
from tests.paths import PATHS, walk
from tests.record_histories import HISTORIES, file_of, leaves_of
from workflows.case import CaseWorkflow
from workflows.payout_round import PayoutRoundWorkflow

FILES: Final = sorted(HISTORIES.glob("*.json"))


def told_by(file: File) -> WorkflowHistory:
    """The history in a file."""
    return WorkflowHistory.from_json(f"recorded/{file.stem}", file.read_text(encoding="utf-8"))


async def replayed(file: File, **options: Any) -> BaseException | None:
    """What goes wrong when a recorded history is replayed; None where nothing does."""
    replayer = Replayer(
        workflows=[CaseWorkflow, PayoutRoundWorkflow], data_converter=pydantic_data_converter, **options
    )
    with leaves_of(PATHS[file.name.partition(".")[0]].leaf):
        return (await replayer.replay_workflow(told_by(file), raise_on_replay_failure=False)).replay_failure


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_a_recorded_history_replays(file: File) -> None:
    assert await replayed(file) is None


def test_every_way_of_a_life_was_recorded() -> None:
    """A way without a history is recorded by ``python -m tests.record_histories``."""
    assert [name for name in PATHS if not file_of(name, 1).exists()] == []


def test_the_recorded_runs_hang_together() -> None:
    """Only the path that turns over new leaves does so, and in every run but its last."""
    turned = {file.name for file in FILES if "EXECUTION_CONTINUED_AS_NEW" in file.read_text(encoding="utf-8")}
    runs = {file.name for file in FILES if file.name.startswith("continued-as-new")}
    assert len(runs) >= 3
    assert runs - turned == {f"continued-as-new.{len(runs)}.json"}
    assert turned < runs


# --- and the guard bites: plant a change in the workflow's order, and the histories tell


def _no_look_up(plant: pytest.MonkeyPatch) -> None:
    async def _look_up(self: CaseWorkflow) -> None:
        """A workflow that no longer asks where its case stands."""

    plant.setattr(CaseWorkflow, "_look_up", _look_up)


def _a_pause_before_deciding(plant: pytest.MonkeyPatch) -> None:
    decide = CaseWorkflow._decide

    async def slowly(self: CaseWorkflow, *args: Any, **kwargs: Any) -> Any:
        await workflow.sleep(1)
        return await decide(self, *args, **kwargs)

    plant.setattr(CaseWorkflow, "_decide", slowly)


def _silence(plant: pytest.MonkeyPatch) -> None:
    """The stage is no longer told to whoever searches."""
    plant.setattr(CaseWorkflow, "_take", lambda self, standing: setattr(self, "_standing", standing))


def _a_stage_left_out(plant: pytest.MonkeyPatch) -> None:
    through = CaseWorkflow._through

    async def some(self: CaseWorkflow, stage: Stage) -> None:
        if stage is not Stage.PAYOUT:
            await through(self, stage)

    plant.setattr(CaseWorkflow, "_through", some)


PLANTS: Final[dict[str, Callable[[pytest.MonkeyPatch], None]]] = {
    "no look-up": _no_look_up,
    "a pause before deciding": _a_pause_before_deciding,
    "search attributes left out": _silence,
    "a stage left out": _a_stage_left_out,
}


@pytest.mark.parametrize("change", PLANTS)
async def test_a_change_of_order_is_caught(change: str, monkeypatch: pytest.MonkeyPatch) -> None:
    runner = UnsandboxedWorkflowRunner()  # the sandbox would load the workflow anew, without what is planted here
    assert await replayed(file_of("main", 1), workflow_runner=runner) is None
    PLANTS[change](monkeypatch)
    failure = await replayed(file_of("main", 1), workflow_runner=runner)
    assert failure is not None


async def test_a_case_lives_without_a_cache(client: Client, store: EventStore) -> None:
    """With no workflow kept in memory every task is a replay from the beginning: a whole life of replays."""
    town = Town(store, "no cache", client)
    decisions = Decisions(town.desk)
    with ThreadPoolExecutor(4) as threads:
        async with Worker(
            client,
            task_queue=town.queue,
            workflows=[CaseWorkflow, PayoutRoundWorkflow],
            activities=[decisions.decide, decisions.stand],
            activity_executor=threads,
            max_cached_workflows=0,
        ):
            await walk(town.firm(), PATHS["main"])
