"""The engine's two questions to the record: decide this command; where does this case, or this round, stand."""

from __future__ import annotations

from uuid import UUID

from temporalio import activity

from activities.desk import Desk
from activities.messages import DECIDE, DECIDE_ROUND, STAND, STAND_ROUND, Act, Answer, RoundAct, RoundAnswer
from domain.identity import round_id


class Decisions:
    """The activities of cases and rounds, on one desk."""

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

    @activity.defn(name=DECIDE_ROUND)
    def decide_round(self, act: RoundAct) -> RoundAnswer:
        """As ``decide``, for a payout round: one append on the round, the fund and all its firms."""
        answer = self._desk.handle(act.command, act.at)
        said = act.command
        step = self._desk.step_of(round_id(said.city, said.programme, said.number))
        return RoundAnswer(answer.receipt, answer.refusal, step)

    @activity.defn(name=STAND_ROUND)
    def stand_round(self, payout_round: UUID) -> RoundAnswer:
        """Where a round stands, from its events alone."""
        return RoundAnswer(None, None, self._desk.step_of(payout_round))
