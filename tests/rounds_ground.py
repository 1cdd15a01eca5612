"""The ground on which rounds are played in any order: a town, a model beside it, and what may befall a command."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any, Final

import psycopg
import pytest
from eventsourcing.persistence import OperationalError
from hypothesis.stateful import RuleBasedStateMachine, initialize

from activities import treasury
from activities.desk import Desk
from activities.messages import Answer
from domain import first_come
from domain.case.file import CasePapers
from domain.commands import Command
from domain.fund.allocation import AllocateToCounty, TakeBackFromCounty
from domain.fund.file import Fund
from domain.identity import fund_id, queue_id
from domain.money import Money
from domain.policy import Pack
from domain.policy_rows import Approval
from domain.queue import PayoutQueue
from domain.record import File
from domain.rejections import Rejection
from eventstore.store import EventStore
from policies import load
from policies.calendars import published
from tests.domain import cast
from tests.engine import CITY, COUNTY, Firm, Town, pack, upto
from tests.paymaster import HANDS, Paymaster
from tests.rounds_model import Model, ModelFirm

OTHER: Final = "淄川区"
HOMES: Final = (COUNTY, OTHER, COUNTY, OTHER)
MONEY: Final = Money.wan(70)
"""What there is for four firms that wait for a million."""


@dataclass
class Ground:
    """A town whose firms wait for money, and the way back to this state of its record."""

    town: Town
    firms: Sequence[Firm]
    server: psycopg.Connection[Any]
    position: int

    def again(self) -> None:
        """Forget what was played: nobody but these tests takes a row out of the record."""
        for table, column in (("stored_events", "notification_id"), ("commands", "position")):
            self.server.execute(f"DELETE FROM {table} WHERE {column} > %s", (self.position,))
        self.town.store._kept.clear()


def prepared(store: EventStore, server: psycopg.Connection[Any]) -> Ground:
    """Four firms of two counties, two of them with little spend, all of whom wait."""
    town = Town(store, "in any order", rules=pack({"selection.counties": (COUNTY, OTHER)}), money=MONEY)
    firms = [town.firm(home) for home in HOMES]
    for number, firm in enumerate(firms):
        small = ("file-evaluation", {"verified": cast.LINES[1:]})
        firm.walked(
            *(small if number > 1 and step == "file-evaluation" else step for step in upto("verify-entitlement"))
        )
    return Ground(town, firms, server, store.last_position())


@cache
def to_counties() -> Pack:
    """The city's rules, were its counties given money as 绵阳's are."""
    rules = load.load(CITY, (load.REHEARSAL,))
    chain = tuple(row for row in load.load("mianyang").rows(Approval) if row.chain == "allocation")
    return replace(rules, tables={**rules.tables, Approval.TABLE: chain})


class Table(RuleBasedStateMachine):
    """The town's papers and the model beside them; how a command is given, and what may happen to it."""

    ground: Ground

    @property
    def town(self) -> Town:
        return self.ground.town

    @property
    def firms(self) -> Sequence[Firm]:
        return self.ground.firms

    @initialize()
    def firms_wait_for_money(self) -> None:
        self.ground.again()
        firms = [
            ModelFirm(firm.county, firm.file.entitlement.amount.fen if firm.file.entitlement else 0)
            for firm in self.firms
        ]
        self.model = Model(firms, Counter(central=MONEY.fen), came={"central"}, queue=list(range(len(HOMES))))
        self.desk = Desk(self.town.store, published())
        self.said = 0
        self.files = 0

    # --- how a command is given, and what may happen to it

    def gives(self, command: Command, fate: str) -> Answer:
        """Through a desk, with what fate does to it; however often it is said, it is done once."""
        if fate == "lost before":
            with broken(self.town.store, before=True), pytest.raises(OperationalError):
                self.handle(command, must_append=True)
        if fate == "lost":
            with broken(self.town.store, before=False), pytest.raises(OperationalError):
                self.handle(command, must_append=True)
        if fate.startswith("lost"):
            self.desk = Desk(self.town.store, published())
        answer = self.handle(command)
        if fate == "twice":
            before = self.town.store.last_position()
            assert self.handle(command).receipt == answer.receipt
            assert self.town.store.last_position() == before
        return answer

    def handle(self, command: Command, *, must_append: bool = False) -> Answer:
        if isinstance(command, AllocateToCounty | TakeBackFromCounty):
            answer = allocated(self.town.store, command, self.at)
        else:
            answer = self.desk.handle(command, self.at)
        if must_append and answer.refusal is not None:
            raise OperationalError("refused: there was nothing to append")
        return answer

    def act(self, command: Command, fate: str, after: Model, *, possible: bool) -> bool:
        """The command is done exactly where the model says that it can be."""
        before = self.town.store.last_position()
        answer = self.gives(command, fate)
        assert (answer.refusal is None) == possible, (command.kind, answer.refusal)
        assert (self.town.store.last_position() > before) == possible
        if possible:
            self.model = after
        return possible

    @property
    def at(self) -> datetime:
        return max(firm.now for firm in self.firms)

    def round(self, number: str) -> Paymaster:
        self.said += 100
        return Paymaster(self.town, number, self.firms, said=self.said)

    def says(self, number: str, kind: str, right: bool = True, **fields: Any) -> Command:
        """A round's command by the right hand, or by the very person who drew its plan."""
        paying = self.round(number)
        by = fields.pop("by", None)
        if kind == "approve-payout-plan" and not paying.file.next_approval:
            by, fields = HANDS["government"], {"approval": "government", **fields}
        command = paying.command(kind, by, **fields)
        return command if right else replace(command, by=replace(command.by, id=cast.clerk2.id))

    def case(self, firm: int, kind: str, **fields: Any) -> Command:
        self.firms[firm].said = self.said = self.said + 100
        return self.firms[firm].command(kind, **fields)


def allocated(store: EventStore, command: AllocateToCounty | TakeBackFromCounty, at: datetime) -> Answer:
    """A county's money, booked as the desk books it, by rules that know allocations."""
    receipt = store.receipt(command)
    if receipt is None:
        papers = CasePapers(command, at, to_counties(), published())
        fund = store.load(Fund, fund_id(command.city, command.programme, command.line))
        queue = store.load(PayoutQueue, queue_id(command.city, command.programme, command.line))
        before = first_come.fitting(queue, fund, papers.pack)
        try:
            files: list[File] = [fund, *treasury._book(store, fund, command, papers)]
        except Rejection as no:
            return Answer(None, no.refusal, None)
        first_come.wake(queue, fund, before, papers.pack, papers, command.document)
        receipt = store.append([*files, queue] if queue.pending_events else files, command)
    return Answer(receipt, None, None)


@contextmanager
def broken(store: EventStore, *, before: bool) -> Iterator[None]:
    """The connection breaks at the next append, before it or behind it."""
    insert: Callable[..., Any] = store._recorder.insert_events

    def breaks(*told: Any, **more: Any) -> Any:
        if not before:
            insert(*told, **more)
        raise OperationalError("the connection broke")

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(store._recorder, "insert_events", breaks)
        yield
