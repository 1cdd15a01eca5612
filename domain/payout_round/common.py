"""What the rooms of a payout round share: the command, the papers on the desk, and how a refusal names its firm."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain.case.file import CaseFile, CasePapers
from domain.commands import Command
from domain.fund.file import Fund
from domain.notice.file import Notice
from domain.payout_round.file import PayoutRound
from domain.payout_round.plan import PlanLine
from domain.queue import PayoutQueue
from domain.rejections import Rejection


@dataclass(frozen=True, kw_only=True)
class RoundCommand(Command):
    """A command about one payout round."""

    city: str
    programme: str
    number: str


@dataclass(frozen=True)
class RoundPapers:
    """What lies on the desk for a round: the city's papers, the fund, and every firm's case with its own papers."""

    city: CasePapers
    fund: Fund
    queue: PayoutQueue
    cases: Mapping[UUID, tuple[CaseFile, CasePapers]]
    """By case id; each case's papers hold the same fund and the same queue."""
    waiting: Mapping[UUID, CaseFile] = field(default_factory=dict)
    """All who wait for money, where a plan is to follow the queue."""
    debtors: frozenset[UUID] = frozenset()
    """Those of them whose firm owes public money back of another case."""
    notice: Notice | None = None


def said(command: RoundCommand, case: UUID) -> dict[str, Any]:
    """What a case's part of a round's command shares with it: one command, one id, one hand."""
    return {
        "command_id": command.command_id,
        "by": command.by,
        "reason": command.reason,
        "evidence": command.evidence,
        "case": case,
    }


@contextmanager
def about(line: PlanLine) -> Iterator[None]:
    """What refuses says whose line it is."""
    try:
        yield
    except Rejection as no:
        refusal = no.refusal
        raise Rejection(refusal.rule, f"{line.firm}：{refusal.sentence}", refusal.clause) from no


Decision = Callable[[PayoutRound, Any, RoundPapers], list[CaseFile]]
"""Records in the round, and gives the firms' cases in which it has recorded something."""
