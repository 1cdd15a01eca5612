"""The desk on which every command is decided: load, decide, append, receipt. Nothing decides anywhere else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime
from threading import Lock
from typing import Final
from uuid import UUID

import structlog

from activities import expert_reviews, notices, payout_rounds, quotas, registers, supply, treasury
from activities.messages import Answer
from activities.rules import pinned
from domain import authority, catalogue
from domain.batch import Batch, OpenBatch, ReviseBatchRules, open_batch, revise_batch_rules
from domain.calendar import Calendar
from domain.case import rooms
from domain.case.adoption import AdoptRules
from domain.case.application import OpenCase, SubmitApplication
from domain.case.file import CaseFile, CasePapers
from domain.case.payout import RecordBounce
from domain.case.rooms import Standing
from domain.case.vouchers import looked_up
from domain.commands import CaseCommand, Command, Receipt
from domain.exclusions import Exclusions, ImportExclusions, WithdrawExclusions, import_exclusions, withdraw_exclusions
from domain.expert_review import room as expert_review
from domain.expert_review.common import ExpertReviewCommand
from domain.fund import rooms as funds
from domain.fund.appropriation import FundCommand
from domain.fund.file import RETROFIT_LINE, Fund
from domain.identity import (
    batch_id,
    exclusions_id,
    fund_id,
    places_id,
    queue_id,
)
from domain.notice import room
from domain.notice.common import NoticeCommand
from domain.notice.publish import PublishNotice
from domain.payout_round import rooms as payout_round
from domain.payout_round.common import RoundCommand
from domain.payout_round.file import PayoutRound
from domain.places import Places
from domain.policy import Pack
from domain.provider import rooms as providers
from domain.queue import PayoutQueue
from domain.quotas import ResetQuotas, SetQuotas
from domain.record import File
from domain.rejections import Refusal, Rejection
from domain.vouchers import VoucherRegister
from eventstore.store import TAKEN, Conflict, EventStore
from policies import load

log = structlog.get_logger()

_TRIES = 8
"""How often a decision is made anew when another hand was faster on the same stream."""

COMMANDS: Final[Mapping[str, type[Command]]] = {
    **rooms.COMMANDS,
    **providers.COMMANDS,
    **catalogue.COMMANDS,
    "open-batch": OpenBatch,
    "revise-batch-rules": ReviseBatchRules,
    **funds.COMMANDS,
    **room.COMMANDS,
    **expert_review.COMMANDS,
    **payout_round.COMMANDS,
    "set-quotas": SetQuotas,
    "reset-quotas": ResetQuotas,
    "import-exclusions": ImportExclusions,
    "withdraw-exclusions": WithdrawExclusions,
}
"""Every command of the house by its name on the wire."""


_ONE_BY_ONE: Final = (*rooms.MOVES_MONEY, *rooms.TAKES_PLACES, ExpertReviewCommand, RoundCommand)
"""Commands that meet at one file: all payouts of a city at its fund, all reviews of a batch at its places, all sheets
at its review. Side by side, most of them would be decided for nothing."""


class Desk:
    """Decides commands against the record. One per process; safe to use from several threads."""

    def __init__(self, store: EventStore, calendar: Calendar) -> None:
        self._store = store
        self._calendar = calendar
        self._batches: dict[UUID, Batch] = {}
        self._turn = Lock()

    def handle(self, command: Command, at: datetime, *, by_signal: bool = False) -> Answer:
        """Decide one command at one moment.

        Idempotent by ``command_id``. A refusal writes nothing; only where the sender could not wait (``by_signal``) it
        is kept as an event, so that nothing is silently dropped. Raises what the database raises, and Conflict when
        others keep being faster; both are for the engine to retry.
        """
        with self._turn if isinstance(command, _ONE_BY_ONE) else nullcontext():
            for _ in range(_TRIES - 1):
                try:
                    return self._once(command, at, by_signal=by_signal)
                except Conflict:
                    log.info("decided again", command=command.kind, command_id=str(command.command_id))
            return self._once(command, at, by_signal=by_signal)

    def handle_together(self, commands: Sequence[CaseCommand], at: datetime) -> list[Answer]:
        """Decide several commands, each to a case of its own, at one moment: all are done, or none is.

        Where any is refused nothing is written, and the answers hold the refusals alone. Raises Conflict as ``handle``
        does, without trying again: whoever was faster may have done the same.
        """
        decided: list[tuple[list[File], Command]] = []
        refusals: list[Refusal | None] = []
        for command in commands:
            refusal = None
            try:
                decided.append((self._decide(command, at), command))
            except Rejection as no:
                refusal = no.refusal
            refusals.append(refusal)
        if not decided or any(refusals):
            return [Answer(None, refusal, None) for refusal in refusals]
        return [Answer(receipt, None, None) for receipt in self._store.append_all(decided)]

    def would_refuse(self, command: Command, at: datetime) -> Refusal | None:
        """What the rules would say to a command at that moment; nothing is written either way."""
        try:
            self._decide(command, at)
        except Rejection as no:
            return no.refusal
        return None

    def standing(self, case: UUID) -> Standing | None:
        """Where a case stands; None where there is none."""
        file = self._store.load(CaseFile, case)
        return None if file.is_new else rooms.standing(file)

    def step_of(self, payout_round: UUID) -> str:
        """The step at which a payout round stands."""
        return self._store.load(PayoutRound, payout_round).step

    def _once(self, command: Command, at: datetime, *, by_signal: bool) -> Answer:
        try:
            authority.text_must_be_writable(command)
        except Rejection as no:
            return Answer(None, no.refusal, self._standing_of(command))  # never kept: it cannot be written either
        try:
            receipt = self._store.receipt(command)
            if receipt is None:
                files = self._decide(command, at)
                receipt = self._store.append(files, command)
                if isinstance(files[0], CaseFile) and receipt.version == files[0].version:
                    return Answer(receipt, None, rooms.standing(files[0]))
        except Rejection as no:
            # What refuses may be the command's own effect: it was done by another hand since we asked for its receipt.
            receipt = None if no.refusal.rule == TAKEN else self._store.receipt(command)
            if receipt is None and by_signal and isinstance(command, CaseCommand):
                return self._keep_refusal(command, at, no.refusal)
            if receipt is None:
                return Answer(None, no.refusal, self._standing_of(command))
        return Answer(receipt, self._kept_refusal(receipt), self._standing_of(command))

    def _kept_refusal(self, receipt: Receipt) -> Refusal | None:
        """A command that was refused when it came by signal stays refused, however it comes again."""
        if receipt.events != (rooms.CommandRefused.TOPIC,):
            return None
        fact = self._store.facts(receipt.subject)[receipt.version - 1]
        assert isinstance(fact, rooms.CommandRefused)
        return fact.refusal

    def _standing_of(self, command: Command) -> Standing | None:
        return self.standing(command.case) if isinstance(command, CaseCommand) else None

    def _decide(self, command: Command, at: datetime) -> list[File]:
        if isinstance(command, CaseCommand):
            case = self._store.load(CaseFile, command.case)
            papers = self._papers(case, command, at)
            rooms.decide(case, papers)
            return [case, *papers.beside]
        authority.may(command, None)
        if isinstance(command, PublishNotice | NoticeCommand):
            return notices.decide(self._store, self._calendar, command, at)
        if isinstance(command, supply.SupplyCommand):
            return supply.decide(self._store, self._calendar, command, at)
        if isinstance(command, ExpertReviewCommand):
            return expert_reviews.decide(self._store, self._calendar, command, at)
        if isinstance(command, RoundCommand):
            return payout_rounds.decide(self._store, self._calendar, command, at)
        if isinstance(command, OpenBatch | ReviseBatchRules):
            batch = self._store.load(Batch, batch_id(command.city, command.programme, command.code))
            pack = load.parse(command.pack_text, f"{command.city}-{command.code}")
            papers = CasePapers(command, at, pack, self._calendar)
            if isinstance(command, OpenBatch):
                open_batch(batch, command, papers)
            else:
                revise_batch_rules(batch, command, papers)
            return [batch]
        if isinstance(command, ImportExclusions | WithdrawExclusions):
            exclusions = self._store.load(Exclusions, exclusions_id(command.city))
            held = CasePapers(command, at, load.load(command.city), self._calendar)
            if isinstance(command, ImportExclusions):
                import_exclusions(exclusions, command, held, held.today)
            else:
                withdraw_exclusions(exclusions, command, held)
            return [exclusions]
        if isinstance(command, SetQuotas | ResetQuotas):
            return quotas.decide(self._store, self._calendar, command, at)
        assert isinstance(command, FundCommand)
        return treasury.decide(self._store, self._calendar, command, at)

    def _papers(self, case: CaseFile, command: CaseCommand, at: datetime) -> CasePapers:
        batch = self._batch_of(case, command)
        papers = CasePapers(command, at, self._pack(case, command, batch), self._calendar, batch)
        if isinstance(command, rooms.MOVES_MONEY):
            fund = self._store.load(Fund, fund_id(case.city, case.programme, RETROFIT_LINE))
            papers = replace(papers, fund=fund)
        if isinstance(command, rooms.STANDS_IN_LINE):
            queue = self._store.load(PayoutQueue, queue_id(case.city, case.programme, RETROFIT_LINE))
            papers = replace(papers, queue=queue, city_rules=_todays_rules(case.city, case.rehearsal))
        papers = replace(papers, notice=notices.in_force(self._store, case, command))
        if edition := rooms.edition(command):
            papers = replace(papers, standard=load.standard(edition))
        if isinstance(command, rooms.LOOKS_AT_PLACES) and case.batch is not None:
            papers = replace(papers, places=self._store.load(Places, places_id(case.batch)))
        if isinstance(command, rooms.LOOKS_AT_EXCLUSIONS):
            papers = replace(papers, exclusions=self._store.load(Exclusions, exclusions_id(case.city)))
        if isinstance(command, SubmitApplication):
            register, elsewhere = registers.elsewhere(self._store, case)
            papers = replace(papers, register=register, elsewhere=elsewhere)
        if isinstance(command, RecordBounce) and (of := case.instructed_in.get(command.instruction)) is not None:
            papers = replace(papers, payout_round=self._store.load(PayoutRound, of))
        if known := looked_up(case, command):
            vouchers = {one.id: self._store.load(VoucherRegister, one.id) for one in known}
            papers = replace(papers, vouchers=vouchers)
        return supply.laid_out(self._store, case, command, papers) if rooms.meets_the_pool(command) else papers

    def _batch_of(self, case: CaseFile, command: CaseCommand) -> Batch | None:
        """A text once pinned never changes, so a batch is read again only for a version that is not yet known here.

        Which text is in force does change: who adopts it asks the batch itself.
        """
        if isinstance(command, SubmitApplication):
            return self._store.load(Batch, command.batch)
        if case.batch is None:
            return None
        held = self._batches.get(case.batch)
        if held is None or case.rules_version not in held.texts or isinstance(command, AdoptRules):
            held = self._batches[case.batch] = self._store.load(Batch, case.batch)
        return held

    def _pack(self, case: CaseFile, command: CaseCommand, batch: Batch | None) -> Pack:
        """The rules that the case took up; before it applied, the city's rules of today."""
        if batch is not None and not batch.is_new:
            if isinstance(command, AdoptRules) and command.version in batch.texts:
                return pinned(batch, command.version)
            return pinned(batch, "" if isinstance(command, SubmitApplication) else case.rules_version)
        city = command.city if isinstance(command, OpenCase) else case.city
        rehearsal = command.rehearsal if isinstance(command, OpenCase) else case.rehearsal
        if not city:
            raise Rejection("case_must_have_been_opened", "没有这家企业的档案；请先导入名册")
        return _todays_rules(city, rehearsal)

    def _keep_refusal(self, command: CaseCommand, at: datetime, refusal: Refusal) -> Answer:
        case = self._store.load(CaseFile, command.case)
        if case.is_new or refusal.rule == TAKEN:
            return Answer(None, refusal, None)
        # Without the rules: they may be the very thing that cannot be read.
        unread = Pack(case.city, case.city, "", "", case.programme, "", {})
        rooms.refuse(case, CasePapers(command, at, unread, self._calendar), refusal)
        receipt = self._store.append([case], command)
        return Answer(receipt, self._kept_refusal(receipt), self._standing_of(command))


def _todays_rules(city: str, rehearsal: bool) -> Pack:
    return load.load(city, (load.REHEARSAL,) if rehearsal else ())
