"""警示: after a provider was removed or suspended, every running case of its says so; and no more once it is back.

The provider's own file is written first and alone. What its cases must show follows from it, so this can be asked for
at any time, by anybody, as often as one likes: it writes what is missing, each under an id made of the decision. Where
a program died in between, the worker comes by within a minute and finishes.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import structlog

from activities.desk import Desk
from domain.case.alarm import WatchProvider, alarm_due
from domain.case.file import CaseFile
from domain.identity import pool_id
from domain.provider.admission import ProviderApplied
from domain.provider.file import Pool, Provider
from eventstore.store import EventStore

log = structlog.get_logger()


def spread(store: EventStore, desk: Desk, now: datetime) -> int:
    """Write every alarm, and every all-clear, that is missing; how many there were. Raises as ``Desk.handle``.

    A rehearsal's cases lie in days of their own: there it is written at the moment of the case's last event.
    """
    written = 0
    for command, case in due(store):
        at = store.facts(case.id)[-1].timestamp if case.rehearsal else now
        refusal = desk.handle(command, at).refusal
        if refusal is None:
            written += 1
        else:  # the case has ended, or its provider has changed, since we looked
            log.info("no alarm any more", case=str(command.case), rule=refusal.rule)
    return written


def due(store: EventStore) -> Iterator[tuple[WatchProvider, CaseFile]]:
    """What is missing now, each with its case as it stands."""
    for stream in store.streams_opened_by(ProviderApplied.TOPIC):
        provider = store.load(Provider, stream)
        if provider.decision is None:
            continue  # nothing was ever held against it
        pool = store.load(Pool, pool_id(provider.city, provider.programme))
        for case in (store.load(CaseFile, engaged) for engaged in provider.engaged):
            command = alarm_due(case, pool, provider)
            if command is not None:
                yield command, case
