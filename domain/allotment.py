"""名额总账: where the decisions on the quotas of all batches of one programme meet.

What a city states is stated for its whole programme, and every batch keeps its places in a file of its own. Two batches
set in the same moment would each find the other without quotas. So whoever sets or re-sets also writes here, in the
same append, as a budget document writes in the programme's budget: the later of the two is decided again, and finds
what the first gave out. The numbers themselves stay where they are, in each batch's places, those set before there was
such a file included.
"""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from domain.batch import Batch
from domain.record import Fact, File, Papers


class Allotment(File):
    """The quotas of one city's programme, as the one thing that they are shared out of. It remembers no numbers."""


class AllotmentChanged(Fact):
    """名额总账变动: quotas of one of the programme's batches were set or re-set; which, its places say."""

    TOPIC: ClassVar[str] = "allotment.changed"
    city: str
    programme: str
    batch: UUID


EVENTS = (AllotmentChanged,)


def note_change(allotment: Allotment, batch: Batch, papers: Papers) -> None:
    """A batch's quotas are being set or re-set in this same append."""
    allotment.record(AllotmentChanged, papers, city=batch.city, programme=batch.programme, batch=batch.id)
