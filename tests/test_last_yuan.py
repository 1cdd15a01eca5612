"""Eight approvers race for money that suffices for one: never a fen over, and exactly one of them has it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import psycopg
import pytest

from activities.desk import Desk
from activities.messages import Answer
from activities.reconcile import reconcile
from domain.case.file import Subsidy
from domain.commands import Command
from domain.money import ZERO, Money
from eventstore.store import EventStore
from policies.calendars import published
from tests.domain.cast import ENTITLEMENT
from tests.engine import CITY, Town, upto
from tests.paymaster import Paymaster
from tests.rounds_ground import Ground
from tests.rounds_promises import every_fen_is_somewhere, fund_of

RACERS: Final = 8
MONEY: Final = Money(2 * ENTITLEMENT.fen - 1)
"""One fen short of a second subsidy."""


@pytest.fixture
def other_store(database_url: str) -> Iterator[EventStore]:
    """What another program of the installation has: connections and a memory of its own."""
    store = EventStore(database_url)
    store.prepare()
    yield store
    store.close()


def in_one_moment(commands: Sequence[Command], desks: Sequence[Desk], at: Any) -> list[Answer]:
    """Every command at a desk of its own, none before all are there."""
    together = threading.Barrier(len(commands))

    def do(place: int) -> Answer:
        together.wait(30)
        return desks[place].handle(commands[place], at)

    with ThreadPoolExecutor(len(commands)) as threads:
        return list(threads.map(do, range(len(commands))))


@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("times", [10, pytest.param(1_000, marks=pytest.mark.faults)])
def test_of_eight_who_approve_at_once_one_has_the_last_yuan(
    store: EventStore, other_store: EventStore, server: psycopg.Connection[Any], times: int
) -> None:
    town = Town(store, f"the last yuan {times}", money=MONEY)
    firms = [town.firm().walked(*upto("verify-entitlement")) for _ in range(RACERS)]
    rounds = [Paymaster(town, f"2026-{number}", [firm]) for number, firm in enumerate(firms)]
    for paying in rounds:
        paying.drawn().did("approve-payout-plan")
    commands = [paying.command("approve-payout-plan") for paying in rounds]
    ground = Ground(town, firms, server, store.last_position())
    winners = set()
    for _ in range(times):
        ground.again()
        other_store._kept.clear()
        desks = [Desk(one, published()) for one in (store, other_store) * (RACERS // 2)]
        answers = in_one_moment(commands, desks, rounds[0].at)

        (winner,) = (place for place, answer in enumerate(answers) if answer.refusal is None)
        assert {answer.refusal.rule for answer in answers if answer.refusal} == {"fund_must_hold_enough"}
        fund = fund_of(town)
        every_fen_is_somewhere(fund)
        assert (fund.available, fund.committed, fund.paid) == (MONEY - ENTITLEMENT, ENTITLEMENT, ZERO)
        assert set(fund.committed_to) == {firms[winner].case}
        assert [firm.file.subsidy for firm in firms].count(Subsidy.APPROVED) == 1
        assert [answer.receipt for answer in answers] == [store.receipt(command) for command in commands]
        winners.add(winner)
    assert reconcile(store, CITY, town.programme).faults == []
    assert len(winners) > 1, "it was a race"
