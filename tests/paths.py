"""The ways a case's life can take, each played on the engine from where it leaves the main path."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from domain.policy import Days, Value
from tests.domain import cast
from tests.domain.lines import DECIDED, FALLEN, MAIN, SHUT_DOWN, Step
from tests.engine import Firm, upto

TOO_LOW: Final[Step] = ("file-evaluation", {"grade": cast.LEVEL_1})
STILL_TOO_LOW: Final[Step] = ("file-recheck", {"grade": cast.LEVEL_1})
PAID: Final = upto("record-receipt")


@dataclass(frozen=True)
class Path:
    """One way: what was done before the workflow begins, and what is done while it runs."""

    before: tuple[Step, ...] | list[Step]
    """Done at the desk, without an engine; the workflow then begins where the record says."""
    steps: tuple[Step, ...] | list[Step]
    """Given through the engine; ``~timer`` moves the clock past its last day, ``!kind`` is a signal to be refused."""
    ends: bool = True
    """The life is over with the last step."""
    rules: Mapping[str, Value] | None = None
    leaf: int | None = None
    """Commands after which a run turns over a new leaf, where that is to happen on the way."""


async def walk(firm: Firm, path: Path) -> None:
    """A firm goes this way."""
    firm.walked(*path.before)
    await firm.begin()
    for step in path.steps:
        if isinstance(step, str) and step.startswith("!"):
            await firm.sends(step[1:])
            await until(lambda: firm.facts[-1].TOPIC == "case.command-refused")
        else:
            await firm.did(step)
    if path.ends:
        assert await asyncio.wait_for(firm.handle.result(), 20) == "closed"
    await until(lambda: _settled(firm))


async def _settled(firm: Firm) -> bool:
    """The workflow has heard of everything, and no task of it is under way."""
    told = await firm.handle.describe()
    return told.raw_description.pending_workflow_task.ByteSize() == 0


async def until(what: Callable[[], bool | Awaitable[bool]], seconds: float = 20) -> None:
    """Wait for something that comes by itself."""
    async with asyncio.timeout(seconds):
        while True:
            seen: Any = what()
            if await seen if isinstance(seen, Awaitable) else seen:
                return
            await asyncio.sleep(0.02)


PATHS: Final[Mapping[str, Path]] = {
    "main": Path([], upto(MAIN[-1])),
    "supplements-and-lapse": Path(
        ["open-case"],
        ["submit-application", "request-supplement", "submit-supplement", "request-supplement", "~supplement"],
        rules={"selection.max_supplements": 2},
    ),
    "rejection": Path([], ["open-case", "submit-application", "reject-application"]),
    "waitlist-and-objection": Path(
        upto("pass-county-review"),
        [
            *("waitlist-application", "promote-from-waitlist", "publish-list"),
            *("record-objection", "answer-objection", "~list_notice", "confirm-pilot"),
        ],
        ends=False,
    ),
    "withdrawal": Path(
        upto("confirm-diagnosis"), ["ask-withdrawal", "decline-withdrawal", "ask-withdrawal", "approve-withdrawal"]
    ),
    "contract-change": Path(
        upto("confirm-diagnosis"),
        [
            *("file-plan", "return-plan", "file-plan", "pass-plan"),
            *("file-contract", "return-contract", "file-contract", "pass-contract", "register-contract"),
            *("ask-contract-change", "decline-contract-change", "ask-contract-change", "approve-contract-change"),
        ],
        ends=False,
    ),
    "rectification-and-fail": Path(
        upto("report-completion"),
        [
            *("apply-for-acceptance", "assign-evaluator", TOO_LOW),
            *("order-rectification", "report-rectification", STILL_TOO_LOW, "fail-acceptance"),
        ],
    ),
    "rectification-lapsed": Path(
        upto("assign-evaluator"),
        [TOO_LOW, "order-rectification", "~rectification"],
        rules={"timers.rectification": Days(30, "natural", "lapse")},
    ),
    "paid-in-a-round": Path(
        upto("confirm-acceptance"),
        ["register-account", "verify-entitlement", "approve-payout", "instruct-payment", "record-receipt"],
        ends=False,
    ),
    "bounce": Path(
        upto("verify-entitlement"),
        ["approve-payout", "instruct-payment", "record-bounce", "instruct-payment", "record-receipt"],
        ends=False,
    ),
    "look-back-clean": Path(PAID, ["draw-case", "record-inspection", "close-case"]),
    "look-back-mended": Path(
        [*PAID, "draw-case"],
        [
            *(("record-inspection", FALLEN), "order-lookback-rectification", "report-lookback-rectification"),
            *("record-lookback-recheck", "close-case"),
        ],
    ),
    "revocation-with-recovery": Path(
        PAID,
        [
            *("draw-case", ("record-inspection", SHUT_DOWN), "file-statement", "revoke-qualification"),
            *("notify-recovery", "decide-recovery", "record-refund"),
        ],
    ),
    "recovery-handed-over": Path([*PAID, *DECIDED[1:]], ["~refund", "hand-over-recovery"], ends=False),
    "everything-late": Path(
        upto("confirm-pilot"),
        [
            *("assign-diagnosis", "~diagnosis", "file-diagnosis", "confirm-diagnosis", "~contract", "file-plan"),
        ],
        ends=False,
    ),
    "refused-signals": Path(
        ["open-case"],
        [
            *("!pass-county-review", "submit-application", "!confirm-pilot", "pass-county-review", "!close-case"),
            ("reject-application", {"by": cast.clerk1}),
        ],
    ),
    "continued-as-new": Path(
        upto("confirm-diagnosis"),
        ["file-plan", "return-plan", "file-plan", "return-plan", "file-plan", "pass-plan", "file-contract"],
        ends=False,
        leaf=3,
    ),
}
