"""The peer of whole cases: Temporal with nothing on it. An update, one activity that does nothing, an answer."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Final

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import Worker

with workflow.unsafe.imports_passed_through():
    from settings import Settings
    from worker import THREADS

QUEUE: Final = "bare"


@activity.defn(name="nothing")
def nothing(number: int) -> int:
    """Say the number back."""
    return number


@workflow.defn(name="bare")
class Bare:
    """Waits for a number of updates and ends."""

    def __init__(self) -> None:
        self._done = 0

    @workflow.run
    async def run(self, updates: int) -> int:
        """Wait for all of them."""
        await workflow.wait_condition(lambda: self._done >= updates)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self._done

    @workflow.update(name="submit")
    async def submit(self, number: int) -> int:
        """One activity, as a beginner's tutorial shows it."""
        answer: int = await workflow.execute_activity(
            "nothing", number, result_type=int, start_to_close_timeout=timedelta(seconds=30)
        )
        self._done += 1
        return answer


async def serve(settings: Settings) -> None:
    """A worker sized like ours, until it is killed."""
    client = await Client.connect(settings.temporal(), namespace=settings.temporal_namespace)
    with ThreadPoolExecutor(THREADS) as threads:
        await Worker(
            client,
            task_queue=QUEUE,
            workflows=[Bare],
            activities=[nothing],
            activity_executor=threads,
            max_concurrent_activities=THREADS,
            max_concurrent_local_activities=THREADS,
            max_concurrent_workflow_tasks=THREADS,
            max_cached_workflows=1_000,
        ).run()


if __name__ == "__main__":
    asyncio.run(serve(Settings.from_environment()))
