"""The desk's part for budget documents, allocations to counties and settlements, and for whom the money falls due."""

from __future__ import annotations

from datetime import datetime

from domain import first_come
from domain.calendar import Calendar
from domain.case.file import CasePapers
from domain.fund.allocation import (
    AllocateToCounty,
    SettleCounty,
    TakeBackFromCounty,
    allocate_to_county,
    settle_county,
    take_back_from_county,
)
from domain.fund.appropriation import AppropriateFund, FundCommand, WithdrawFund, appropriate_fund, withdraw_fund
from domain.fund.budget import Budget
from domain.fund.file import Fund
from domain.identity import budget_id, fund_id, queue_id
from domain.programme import is_rehearsed
from domain.queue import PayoutQueue
from domain.record import File
from eventstore.store import EventStore
from policies import load


def decide(store: EventStore, calendar: Calendar, command: FundCommand, at: datetime) -> list[File]:
    """The files with what the command recorded in them, its fund first. Raises Rejection.

    Who waits for the line's money and can have it now is called in the same append.
    """
    pack = load.load(command.city)
    if is_rehearsed(pack, command.programme):
        pack = load.load(command.city, (load.REHEARSAL,))
    papers = CasePapers(command, at, pack, calendar)
    fund = store.load(Fund, fund_id(command.city, command.programme, command.line))
    queue = store.load(PayoutQueue, queue_id(command.city, command.programme, command.line))
    before = first_come.fitting(queue, fund, papers.pack)
    files = [fund, *_book(store, fund, command, papers)]
    first_come.wake(queue, fund, before, papers.pack, papers, command.document)
    return [*files, queue] if queue.pending_events else files


def _book(store: EventStore, fund: Fund, command: FundCommand, papers: CasePapers) -> list[File]:
    """The files beside the fund that the command has written on."""
    match command:
        case AppropriateFund() | WithdrawFund():
            budget = store.load(Budget, budget_id(command.city, command.programme))
            if isinstance(command, AppropriateFund):
                appropriate_fund(fund, budget, command, papers)
            else:
                withdraw_fund(fund, budget, command, papers)
            return [budget]
        case AllocateToCounty():
            allocate_to_county(fund, command, papers)
        case TakeBackFromCounty():
            take_back_from_county(fund, command, papers)
        case SettleCounty():
            settle_county(fund, command, papers)
        case _:
            raise AssertionError(f"no decision for {command.kind}")
    return []
