"""The engine's two questions to the record: decide this command; where does this case stand."""

from __future__ import annotations

from uuid import UUID

from temporalio import activity

from activities.desk import Desk
from activities.messages import DECIDE, STAND, Act, Answer


class Decisions:
    """The activities of a case, on one desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    @activity.defn(name=DECIDE)
    def decide(self, act: Act) -> Answer:
        """Load, decide, append, receipt. Idempotent, so the engine may run it as often as it must."""
        return self._desk.handle(act.command, act.at, by_signal=act.by_signal)

    @activity.defn(name=STAND)
    def stand(self, case: UUID) -> Answer:
        """Where a case stands, from its events alone."""
        return Answer(None, None, self._desk.standing(case))
