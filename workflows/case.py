"""The life of one firm in the programme, in eight stages, through years. It waits and wakes; the desk decides."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from temporalio import workflow
from temporalio.common import RawValue, SearchAttributeKey
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    import workflows.patience as patience  # by its full name: ``from workflows import`` makes a copy per workflow
    from activities.messages import DECIDE, STAND, Act, Answer, CaseLife, Submission
    from domain.case.file import Stage
    from domain.case.rooms import Standing
    from domain.case.schedule import PassDeadline, RecordReminder, Wake
    from domain.commands import CaseCommand, Receipt
    from domain.identity import command_id
    from domain.people import SYSTEM

CITY = SearchAttributeKey.for_keyword("City")
STAGE = SearchAttributeKey.for_keyword("Stage")
BATCH = SearchAttributeKey.for_keyword("Batch")


@workflow.defn(name="case")
class CaseWorkflow:
    """One case's waiting. Commands come as update ``submit`` (answered) or as signal ``submit`` (refusals recorded)."""

    @workflow.init
    def __init__(self, life: CaseLife) -> None:
        self._life = life
        self._standing: Standing | None = None
        self._commands = 0
        self._turn = asyncio.Lock()  # one decision at a time: local activities must not overtake each other

    @workflow.run
    async def run(self, life: CaseLife) -> str:
        """The sequence itself."""
        async with self._turn:
            await self._catch_up()
        await workflow.wait_condition(lambda: self._standing is not None)
        await self._through(Stage.SELECTION)
        await self._through(Stage.DIAGNOSIS)
        await self._through(Stage.CONTRACT)
        await self._through(Stage.RETROFIT)
        await self._through(Stage.EVALUATION)
        await self._through(Stage.ACCEPTANCE)
        await self._through(Stage.PAYOUT)
        await self._through(Stage.LOOKBACK)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return Stage.CLOSED

    @workflow.update(name="submit")
    async def submit(self, submission: Submission) -> Receipt:
        """A command whose sender waits: the receipt, or the refusal as a failure named after its rule."""
        answer = await self._decide(submission.command, by_signal=False)
        if answer.refusal is not None:
            raise ApplicationError(answer.refusal.sentence, answer.refusal, type=answer.refusal.rule)
        assert answer.receipt is not None
        return answer.receipt

    @workflow.signal(dynamic=True)
    async def submit_without_waiting(self, name: str, args: Sequence[RawValue]) -> None:
        """The same command from a sender who cannot wait, as signal ``submit``.

        A signal cannot be answered: what is no command for this case is dropped, and the log says so. Read by hand,
        because the engine tries a handler that it cannot even call for ever, and the case would stand still.
        """
        try:
            if name != "submit":
                raise LookupError(name)
            (arg,) = args
            submission: Submission = workflow.payload_converter().from_payload(arg.payload, Submission)
            self._must_be_for_this_case(submission)
        except Exception:  # noqa: BLE001 - whatever is wrong with it, it came from outside
            workflow.logger.error("dropped a signal that is no command for this case", extra={"signal": name})
            return
        await self._decide(submission.command, by_signal=True)

    @workflow.signal(name="look")
    async def look(self) -> None:
        """Others have written on the case (its batch's experts, its payout round): see where it stands now."""
        async with self._turn:
            await self._look_up()

    @submit.validator
    def _must_be_for_this_case(self, submission: Submission) -> None:
        if submission.command.case != self._life.case:
            raise ApplicationError("命令不属于这家企业的档案", type="command_must_be_for_this_case")
        if submission.command.by.role == SYSTEM.role:
            raise ApplicationError("只有系统自身能以系统身份办理", type="engine_must_speak_for_itself")

    @workflow.query
    def standing(self) -> Standing | None:
        """Where the case stands, as far as the workflow knows."""
        return self._standing

    @workflow.query
    def life(self) -> CaseLife:
        """How this run began: the case, its city and its clock."""
        return self._life

    async def _through(self, stage: Stage) -> None:
        """Wait in a stage until a fact ends it, waking whenever time alone has something to say."""
        while self._standing is not None and self._standing.stage == stage:
            seen, wake = self._standing.version, self._standing.wake
            patience_left = None if wake is None else wake.at - (workflow.now() + self._life.clock.shift)
            try:
                await workflow.wait_condition(partial(self._moved_since, seen), timeout=patience_left)
            except TimeoutError:
                assert wake is not None
                await self._time_has_come(wake)
            if self._leaf_is_full():
                await workflow.wait_condition(workflow.all_handlers_finished)
                workflow.continue_as_new(self._life)

    def _moved_since(self, version: int) -> bool:
        return self._standing is None or self._standing.version != version or self._leaf_is_full()

    def _leaf_is_full(self) -> bool:
        info = workflow.info()
        return (
            self._commands >= patience.COMMANDS_LEAF
            or info.get_current_history_length() >= patience.HISTORY_LEAF
            or info.is_continue_as_new_suggested()
        )

    async def _time_has_come(self, wake: Wake) -> None:
        async with self._turn:
            await self._catch_up()
        if self._standing is not None and self._standing.wake == wake:
            workflow.logger.warning("time itself was refused", extra={"deadline": wake.name})
            await workflow.sleep(patience.AFTER_A_REFUSED_WAKE)

    async def _decide(self, command: CaseCommand, *, by_signal: bool) -> Answer:
        """Time comes first: a step that is late, because it came late or because no worker was there, is late."""
        async with self._turn:
            await self._catch_up()
            return await self._ask(command, by_signal=by_signal)

    async def _catch_up(self) -> None:
        """Know where the case stands, and record every reminder and passed deadline whose moment has come."""
        if self._standing is None:
            await self._look_up()
        while self._standing is not None and (wake := self._standing.wake) is not None and wake.at <= self._now():
            await self._ask(self._said_by_time(wake), by_signal=False)
            if self._standing.wake == wake:
                return

    def _said_by_time(self, wake: Wake) -> CaseCommand:
        """A reminder or a passed deadline; its id is made of what it is, so it is recorded once."""
        case, on = self._life.case, wake.remind_on
        name = command_id(str(case), wake.name, "passed" if on is None else on.isoformat())
        if on is None:
            return PassDeadline(command_id=name, by=SYSTEM, case=case, name=wake.name)
        return RecordReminder(command_id=name, by=SYSTEM, case=case, name=wake.name, on=on)

    def _now(self) -> datetime:
        return self._life.clock.at(workflow.now())

    async def _look_up(self) -> None:
        found: Answer = await workflow.execute_local_activity(
            STAND,
            self._life.case,
            result_type=Answer,
            start_to_close_timeout=patience.DECIDE_WITHIN,
            retry_policy=patience.UNTIL_DONE,
        )
        self._take(found.standing)

    async def _ask(self, command: CaseCommand, *, by_signal: bool) -> Answer:
        self._commands += 1
        answer: Answer = await workflow.execute_local_activity(
            DECIDE,
            Act(command, self._now(), by_signal),
            result_type=Answer,
            start_to_close_timeout=patience.DECIDE_WITHIN,
            retry_policy=patience.UNTIL_DONE,
        )
        if answer.standing is not None:
            self._take(answer.standing)
        return answer

    def _take(self, standing: Standing | None) -> None:
        """Know where the case stands, and say so to whoever searches for it."""
        known, self._standing = self._standing, standing
        if standing is None or (known and (known.stage, known.batch) == (standing.stage, standing.batch)):
            return
        batch = [BATCH.value_set(standing.batch)] if standing.batch else []
        workflow.upsert_search_attributes([CITY.value_set(self._life.city), STAGE.value_set(standing.stage), *batch])
