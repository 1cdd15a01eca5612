"""The desk's part for payout rounds: the round, the fund, and every firm's case lie on it together."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from activities import registers
from activities.rules import pinned
from domain.batch import Batch
from domain.calendar import Calendar
from domain.case.file import CaseFile, CasePapers
from domain.case.recovery import owes
from domain.exclusions import Exclusions
from domain.fund.file import Fund
from domain.identity import exclusions_id, fund_id, notice_id, queue_id, round_id
from domain.notice.file import Notice
from domain.notice.snapshot import Subject
from domain.payout_round import rules
from domain.payout_round.common import RoundCommand, RoundPapers
from domain.payout_round.file import PayoutRound
from domain.payout_round.payment import FileReceipts, InstructPayments, book
from domain.payout_round.planning import DrawPayoutPlan, RedrawPayoutPlan
from domain.payout_round.rooms import DECISIONS
from domain.programme import is_rehearsed
from domain.queue import PayoutQueue
from domain.record import File
from domain.rejections import Refusal, Rejection
from eventstore.store import EventStore
from policies import load


def decide(store: EventStore, calendar: Calendar, command: RoundCommand, at: datetime) -> list[File]:
    """The files with what the command recorded in them, its round first. Raises Rejection, or OpenQuestion."""
    payout_round, papers = _laid_out(store, calendar, command, at)
    cases = DECISIONS[type(command)](payout_round, command, papers)
    beside = [file for file in (papers.fund, papers.queue) if file.pending_events]
    return [payout_round, *beside, *cases]


def verdicts(store: EventStore, calendar: Calendar, command: FileReceipts, at: datetime) -> list[Refusal | None]:
    """What the rules say to each line of a receipt file by itself, in its order; nothing is written."""
    said: list[Refusal | None] = []
    payout_round, papers = _laid_out(store, calendar, command, at)
    for slip in command.slips:
        try:
            book(payout_round, slip, command, papers)
        except Rejection as no:
            said.append(no.refusal)
            payout_round, papers = _laid_out(store, calendar, command, at)  # what refused is of no further use
        else:
            said.append(None)
    return said


def _laid_out(
    store: EventStore, calendar: Calendar, command: RoundCommand, at: datetime
) -> tuple[PayoutRound, RoundPapers]:
    pack = load.load(command.city)
    if is_rehearsed(pack, command.programme):
        pack = load.load(command.city, (load.REHEARSAL,))
    city = CasePapers(command, at, pack, calendar)
    payout_round = store.load(PayoutRound, round_id(command.city, command.programme, command.number))
    if isinstance(command, DrawPayoutPlan):
        line = command.line
    else:
        rules.round_must_have_been_drawn(payout_round)
        line = payout_round.line
    fund = store.load(Fund, fund_id(command.city, command.programme, line))
    queue = store.load(PayoutQueue, queue_id(command.city, command.programme, line))
    exclusions = store.load(Exclusions, exclusions_id(command.city))
    batches: dict[UUID, Batch] = {}
    cases = {}
    for case in (store.load(CaseFile, wanted) for wanted in _meant(payout_round, command)):
        own = city
        if case.batch is not None:
            batch = batches.get(case.batch) or store.load(Batch, case.batch)
            batches[case.batch] = batch
            own = CasePapers(command, at, pinned(batch, case.rules_version), calendar, batch)
        own = replace(own, fund=fund, exclusions=exclusions, queue=queue, city_rules=pack)
        if isinstance(command, DrawPayoutPlan | RedrawPayoutPlan | InstructPayments):
            register, others = registers.elsewhere(store, case)
            own = replace(own, register=register, elsewhere=others)
        cases[case.id] = (case, own)
    waiting, debtors = {}, frozenset[UUID]()
    if isinstance(command, DrawPayoutPlan | RedrawPayoutPlan) and command.way == "queue":
        waiting = {wanted: store.load(CaseFile, wanted) for wanted in queue.waiting}
        debtors = frozenset(case for case, file in waiting.items() if owes(*registers.elsewhere(store, file)))
    return payout_round, RoundPapers(city, fund, queue, cases, waiting, debtors, _notice(store, command))


def _meant(payout_round: PayoutRound, command: RoundCommand) -> tuple[UUID, ...]:
    """The cases whose files the command needs: those of the plan, and those that are to come into it."""
    wanted = [line.case for line in payout_round.lines]
    if isinstance(command, DrawPayoutPlan | RedrawPayoutPlan):
        wanted += [claim.case for claim in command.claims]
    return tuple(dict.fromkeys(wanted))


def _notice(store: EventStore, command: RoundCommand) -> Notice | None:
    """The notice that the command names; where it was replaced, the one that took its place."""
    if not isinstance(command, InstructPayments) or not command.notice:
        return None
    notice = store.load(Notice, notice_id(command.city, command.programme, Subject.ALLOCATION, command.notice))
    while notice.replaced_by is not None:
        notice = store.load(Notice, notice.replaced_by)
    return notice
