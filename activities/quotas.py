"""The desk's part for the quotas of a batch: what the programme's other batches hold lies beside it."""

from __future__ import annotations

from datetime import datetime

from activities.rules import pinned
from domain.allotment import Allotment, note_change
from domain.batch import Batch, BatchOpened, batch_must_have_been_opened
from domain.calendar import Calendar
from domain.case.file import CasePapers
from domain.identity import allotment_id, places_id
from domain.places import Places, Quota
from domain.quotas import ResetQuotas, SetQuotas, reset_quotas, set_quotas
from domain.record import File
from eventstore.store import EventStore


def decide(store: EventStore, calendar: Calendar, command: SetQuotas | ResetQuotas, at: datetime) -> list[File]:
    """The batch's places with what the command recorded in them, and the programme's allotment. Raises Rejection."""
    batch = store.load(Batch, command.batch)
    batch_must_have_been_opened(batch)
    # Before the other batches are looked at: whoever changes one of them from here on makes this append fail.
    allotment = store.load(Allotment, allotment_id(batch.city, batch.programme))
    places = store.load(Places, places_id(batch.id))
    papers = CasePapers(command, at, pinned(batch, ""), calendar)
    if isinstance(command, SetQuotas):
        set_quotas(places, command, papers, _others(store, batch))
    else:
        last = None
        if command.last is not None:
            last = store.load(Batch, command.last), store.load(Places, places_id(command.last))
        reset_quotas(places, command, papers, last)
    note_change(allotment, batch, papers)
    return [places, allotment]


def _others(store: EventStore, batch: Batch) -> dict[str, tuple[Quota, ...]]:
    """The quotas of the other batches of the same programme, by the batch's code, in order of opening."""
    return {
        opened.code: store.load(Places, places_id(opened.originator_id)).quotas
        for opened in store.openings(BatchOpened.TOPIC, batch.city)
        if isinstance(opened, BatchOpened)
        and (opened.city, opened.programme) == (batch.city, batch.programme)
        and opened.originator_id != batch.id
    }
