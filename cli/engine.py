"""The ways from the command line to the record and to the engine, shared by the commands that need them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from eventsourcing.domain import OriginatorVersionError
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities.messages import CaseLife, RoundLife
from domain.rejections import Rejection
from eventstore.mapper import Unreadable
from eventstore.store import EventStore
from settings import Settings, Unreachable
from workflows.client import begin, connect

_AT_ONCE: Final = 24
"""Workflows begun side by side."""
_AWAY: Final = (RPCStatusCode.UNAVAILABLE, RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.CANCELLED)


@contextmanager
def record(settings: Settings) -> Iterator[EventStore]:
    """The event store of this installation, closed again at the end."""
    store = EventStore(settings.dsn())
    try:
        store.prepare()
        yield store
    except Unreadable as bad:
        raise Rejection("event_must_be_readable", f"事件库里有读不出的事件：{bad}") from bad
    except OriginatorVersionError as gap:
        raise Rejection("events_must_follow_each_other", "事件库里有事件缺失或多出，前后接不上；请核查") from gap
    finally:
        store.close()


async def engine(settings: Settings) -> Client:
    """A client of this installation's Temporal. Raises Unreachable."""
    try:
        return await connect(settings.temporal(), settings.temporal_namespace)
    except RuntimeError as away:
        raise _is_away(settings) from away


async def begin_all(settings: Settings, lives: Sequence[CaseLife | RoundLife]) -> int:
    """Begin the workflows of these cases and rounds where none runs; how many were begun. Raises Unreachable."""
    if not lives:
        return 0
    client, gate = await engine(settings), asyncio.Semaphore(_AT_ONCE)

    async def one(life: CaseLife | RoundLife) -> bool:
        async with gate:
            return await begin(client, life, settings.task_queue)

    try:
        return sum(await asyncio.gather(*(one(life) for life in lives)))
    except RPCError as error:
        if error.status in _AWAY:
            raise _is_away(settings) from error
        raise


def _is_away(settings: Settings) -> Unreachable:
    return Unreachable(
        f"连接不上 Temporal（{settings.temporal()}）。请先运行 lookback up；"
        "若用自己的服务，请检查 LOOKBACK_TEMPORAL_ADDRESS。"
    )
