"""The Temporal worker: builds the desk on the record, and serves the cases' workflows until it is told to stop."""

from __future__ import annotations

import asyncio
import logging
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import structlog
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities import alarms
from activities.decisions import Decisions
from activities.desk import Desk
from eventstore.store import EventStore
from policies.calendars import published
from settings import Settings
from workflows.case import CaseWorkflow
from workflows.client import connect, tell
from workflows.payout_round import PayoutRoundWorkflow

log = structlog.get_logger()

WATCH_SECONDS = 60
"""How long an alarm may be missing at most, where the program that had to write it died."""
NEWS_SECONDS = 1
"""How long a case may not know what its round or its experts have decided."""
THREADS = 8
"""Decisions at a time; the event log takes one append after another anyway."""


def build(client: Client, store: EventStore, task_queue: str, threads: ThreadPoolExecutor) -> Worker:
    """A worker on a desk of its own. Sized for two cores: a replay that waits for a core looks like a deadlock."""
    decisions = Decisions(Desk(store, published()))
    return Worker(
        client,
        task_queue=task_queue,
        workflows=[CaseWorkflow, PayoutRoundWorkflow],
        workflow_runner=UnsandboxedWorkflowRunner(),  # decision 0010: the sandbox watches in the tests
        activities=[decisions.decide, decisions.stand, decisions.decide_round, decisions.stand_round],
        activity_executor=threads,
        max_concurrent_activities=THREADS,
        max_concurrent_local_activities=THREADS,
        max_concurrent_workflow_tasks=THREADS,
        max_cached_workflows=1_000,
    )


async def watch(store: EventStore, every: float = WATCH_SECONDS) -> None:
    """Now and again bring the cases' alarms up to their providers' files: whoever decided may have died on the way."""
    desk = Desk(store, published())
    while True:
        try:
            written = await asyncio.to_thread(alarms.spread, store, desk, datetime.now(UTC))
            if written:
                log.info("alarms written", cases=written)
        except Exception:  # a database that is away comes back; the worker's other work must not end with this
            log.exception("alarms not written")
        await asyncio.sleep(every)


async def spread_news(client: Client, store: EventStore, every: float = NEWS_SECONDS) -> None:
    """Wake the cases on which others have written: a round's approval, an expert review's result.

    The position up to which they were told is on record, so that a worker that dies on the way leaves nobody asleep.
    """
    told = 0
    while True:
        try:
            position, cases = await asyncio.to_thread(store.untold)
            for case in cases:
                await tell(client, case)
            if position > told:
                await asyncio.to_thread(store.tell_up_to, position)
                told = position
        except Exception:  # a server that is away comes back; the worker's other work must not end with this
            log.exception("cases not told")
        await asyncio.sleep(every)


async def serve(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. Raises where PostgreSQL or Temporal cannot be reached at the start."""
    logging.getLogger("temporalio").setLevel(logging.WARNING)
    store = EventStore(settings.dsn(), pool_size=THREADS)
    store.prepare()
    client = await connect(settings.temporal(), settings.temporal_namespace)
    stop = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, stop.set)
    with ThreadPoolExecutor(THREADS) as threads:
        async with build(client, store, settings.task_queue, threads):
            log.info("worker serves", task_queue=settings.task_queue)
            beside = [asyncio.create_task(work) for work in (watch(store), spread_news(client, store))]
            await stop.wait()
            for work in beside:
                work.cancel()
    store.close()


if __name__ == "__main__":
    asyncio.run(serve(Settings.from_environment()))
