"""排队: what a case does to the queue for money, and whom money that comes back from a firm calls."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from domain import first_come, queue
from domain.case.file import CaseFile, CasePapers
from domain.first_come import Share
from domain.money import Money
from domain.policy import Pack
from domain.queue import PayoutQueue, Waiting


def stand_in_line(case: CaseFile, papers: CasePapers) -> None:
    """The firm waits for its subsidy from here on; where it waits already, it keeps its place."""
    assert case.entitlement is not None
    assert case.acceptance_applied_at is not None
    assert case.accepted_at is not None
    waiting = Waiting(
        case=case.id,
        credit_code=case.credit_code,
        firm=case.firm,
        county=case.county,
        amount=case.entitlement.amount - case.paid,
        applied=case.acceptance_applied_at,
        mended=case.mended_at,
        complete=case.accepted_at,
    )
    held = _queue(papers).waiting.get(case.id)
    if held is not None and held.amount != waiting.amount:
        wait_for_the_rest(case, waiting.amount, papers)  # a part that was approved was taken out of its plan again
    else:
        queue.join(_queue(papers), waiting, papers)


def wait_for_the_rest(case: CaseFile, rest: Money, papers: CasePapers) -> None:
    """A part was approved; the firm keeps its place for what is left."""
    queue.wait_for_the_rest(_queue(papers), case.id, rest, papers)


def leave_the_line(case: CaseFile, papers: CasePapers, why: str) -> None:
    """It waits no more, if it waited; ``why`` is a word of ``domain.queue.LEAVES``."""
    queue.leave(_queue(papers), case.id, papers, why)


def for_whom_there_is_money(papers: CasePapers) -> Mapping[UUID, Share]:
    """Those in line for whom the fund has money as it stands."""
    assert papers.fund is not None
    return first_come.fitting(_queue(papers), papers.fund, _rules(papers))


def call_who_is_next(papers: CasePapers, before: Mapping[UUID, Share]) -> None:
    """Call those for whom there is more money than before."""
    assert papers.fund is not None
    first_come.wake(_queue(papers), papers.fund, before, _rules(papers), papers)


def _queue(papers: CasePapers) -> PayoutQueue:
    assert papers.queue is not None
    return papers.queue


def _rules(papers: CasePapers) -> Pack:
    assert papers.city_rules is not None
    return papers.city_rules.on(papers.today)
