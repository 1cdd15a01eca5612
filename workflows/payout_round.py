"""The life of one payout round: its plan is approved, its money instructed, its receipts come home. It only waits."""

from __future__ import annotations

import asyncio

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    import workflows.patience as patience  # by its full name: ``from workflows import`` makes a copy per workflow
    from activities.messages import (
        DECIDE_ROUND,
        STAND_ROUND,
        RoundAct,
        RoundAnswer,
        RoundLife,
        RoundSubmission,
    )
    from domain.commands import Receipt
    from domain.identity import round_id
    from domain.payout_round.file import Step


@workflow.defn(name="payout-round")
class PayoutRoundWorkflow:
    """One round's waiting. Approvals may take months; they come as update ``submit``, or as signal ``submit``."""

    @workflow.init
    def __init__(self, life: RoundLife) -> None:
        self._life = life
        self._step = ""
        self._commands = 0
        self._turn = asyncio.Lock()  # one decision at a time: local activities must not overtake each other

    @workflow.run
    async def run(self, life: RoundLife) -> str:
        """The sequence itself; a plan that is sent back or drawn anew goes through its approvals again."""
        async with self._turn:
            await self._look_up()
        while self._step not in (Step.CLOSED, Step.CALLED_OFF):
            await self._through(Step.APPROVAL)  # 拟定、会签、审定
            await self._through(Step.RETURNED)  # 退回重拟
            await self._through(Step.PAYMENT)  # 下达资金文件、拨付、回执
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self._step

    @workflow.update(name="submit")
    async def submit(self, submission: RoundSubmission) -> Receipt:
        """A command whose sender waits: the receipt, or the refusal as a failure named after its rule."""
        answer = await self._decide(submission)
        if answer.refusal is not None:
            raise ApplicationError(answer.refusal.sentence, answer.refusal, type=answer.refusal.rule)
        assert answer.receipt is not None
        return answer.receipt

    @workflow.signal(name="submit")
    async def submit_without_waiting(self, submission: RoundSubmission) -> None:
        """The same command from a sender who cannot wait; what is refused leaves the round as it was."""
        answer = await self._decide(submission)
        if answer.refusal is not None:
            workflow.logger.error("refused a signal to a round", extra={"rule": answer.refusal.rule})

    @submit.validator
    def _must_be_for_this_round(self, submission: RoundSubmission) -> None:
        said = submission.command
        if round_id(said.city, said.programme, said.number) != self._life.payout_round:
            raise ApplicationError("命令不属于这个兑付轮次", type="command_must_be_for_this_round")

    @workflow.query
    def step(self) -> str:
        """Where the round stands, as far as the workflow knows."""
        return self._step

    async def _through(self, step: Step) -> None:
        """Wait in a step until a command ends it."""
        await workflow.wait_condition(lambda: self._step != step or self._leaf_is_full())
        if self._leaf_is_full():
            await workflow.wait_condition(workflow.all_handlers_finished)
            workflow.continue_as_new(self._life)

    def _leaf_is_full(self) -> bool:
        return self._commands >= patience.COMMANDS_LEAF or workflow.info().is_continue_as_new_suggested()

    async def _decide(self, submission: RoundSubmission) -> RoundAnswer:
        async with self._turn:
            self._commands += 1
            answer: RoundAnswer = await workflow.execute_local_activity(
                DECIDE_ROUND,
                RoundAct(submission.command, self._life.clock.at(workflow.now())),
                result_type=RoundAnswer,
                start_to_close_timeout=patience.DECIDE_A_ROUND_WITHIN,
                retry_policy=patience.UNTIL_DONE,
            )
            self._step = answer.step
            return answer

    async def _look_up(self) -> None:
        answer: RoundAnswer = await workflow.execute_local_activity(
            STAND_ROUND,
            self._life.payout_round,
            result_type=RoundAnswer,
            start_to_close_timeout=patience.DECIDE_WITHIN,
            retry_policy=patience.UNTIL_DONE,
        )
        self._step = answer.step
