"""兑付轮次 in any order, on the real record: whoever does what next, twice, or loses the answer, every fen is told.

Beside the record runs ``tests.rounds_model``, in plain ints. What is possible there is done by the desk, and nothing
else is; after every step ``tests.rounds_promises`` are read from the record alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any, Final

import psycopg
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

import tests.domain.conftest  # noqa: F401 - how hard every property test looks
from activities.reconcile import reconcile
from domain.fund.file import RETROFIT_LINE, Source
from domain.fund.rooms import COMMANDS as FUND_COMMANDS
from domain.identity import command_id, queue_id
from domain.money import ZERO, Money, split
from domain.payout_round.file import Slip
from domain.payout_round.plan import Share
from domain.payout_round.planning import Claim
from domain.queue import PayoutQueue
from eventstore.store import EventStore
from tests.domain import cast
from tests.domain.lines import SHUT_DOWN
from tests.engine import CITY, COUNTY
from tests.paymaster import HANDS
from tests.rounds_ground import HOMES, OTHER, Ground, Table, prepared
from tests.rounds_model import SOURCES, Model, Parts
from tests.rounds_promises import fund_of, must_hold

FIRMS: Final = range(len(HOMES))
NUMBERS: Final = ("2026-1", "2026-2", "2026-3", "2026-4", "2026-5", "2026-6")
LINKS: Final = 2
FIRM = st.sampled_from(FIRMS)
NUMBER = st.sampled_from(NUMBERS)
SOME_FIRMS = st.lists(FIRM, min_size=1, max_size=4, unique=True)
FEN = st.sampled_from([1, 10_000_000, 13_333_333, 40_000_000, 40_000_001, 70_000_000])
SOURCE = st.sampled_from(SOURCES)
SHARES: Final = ((), (1,), (2, 1), (1, 6))
"""How the sources share; nothing is told in the first."""
WEIGHTS = st.sampled_from(SHARES)
FATE = st.sampled_from(["once", "once", "once", "twice", "lost", "lost before"])
"""What becomes of a command: handed in again, its answer lost behind the append, its sender dead before it."""
RIGHT = st.sampled_from([True, True, True, True, False])


class RoundsInAnyOrder(Table):
    """Any command of a round, a fund or a case by anyone at any time."""

    # --- what fits, so that a life comes far; what does not fit is tried where nothing does, and on purpose

    def next_at(self, number: str, *steps: str) -> str:
        """The round that is at one of these steps (none: not drawn yet), from this one on; this one where none is."""
        start = NUMBERS.index(number)
        for one in (*NUMBERS[start:], *NUMBERS[:start]):
            if (self.model.rounds[one].step if one in self.model.rounds else "") in steps:
                return one
        return number

    def any_at(self, *steps: str) -> bool:
        """Whether a round is at one of these steps."""
        return any(one.step in steps for one in self.model.rounds.values())

    def fitting(self, firms: list[int], weights: tuple[int, ...], number: str) -> tuple[list[int], tuple[int, ...]]:
        """Those of the firms that may come into this plan, and shares that name every source there is."""
        may = [one for one in firms if self.model.may_be_drawn(one, number)]
        may = may or [one for one in FIRMS if self.model.may_be_drawn(one, number)][:1]
        return may or firms, (weights or (2, 1))[:1] if len(self.model.came) < 2 else weights or (2, 1)

    # --- plans

    def lines(self, firms: Sequence[int], weights: tuple[int, ...]) -> tuple[dict[int, Parts], tuple[Share, ...], bool]:
        """The lines that such a plan would have, the shares as told, and whether they are told as they must be."""
        came = [source for source in SOURCES if source in self.model.came]
        shares = tuple(Share(source, weight) for source, weight in zip(SOURCES, weights, strict=False))
        told = all(share.source in came for share in shares) and (bool(shares) or len(came) == 1)
        names = [share.source for share in shares] or came[:1]
        lines = {}
        for one in firms:
            amounts = split(Money(self.model.firms[one].due), list(weights) or [1])
            lines[one] = {source: part.fen for source, part in zip(names, amounts, strict=False) if part.fen}
        return lines, shares, told

    def claims(self, firms: Sequence[int], off: int = 0) -> tuple[Claim, ...]:
        return tuple(Claim(self.firms[one].case, Money(self.model.firms[one].due + off)) for one in firms)

    @rule(
        number=NUMBER,
        firms=SOME_FIRMS,
        weights=WEIGHTS,
        off=st.sampled_from([0, 0, 0, 0, 0, 0, 1, -1]),
        fits=RIGHT,
        fate=FATE,
    )
    def draw(self, number: str, firms: list[int], weights: tuple[int, ...], off: int, fits: bool, fate: str) -> None:
        number = self.next_at(number, "")
        if fits:
            firms, weights = self.fitting(firms, weights, number)
        lines, shares, told = self.lines(firms, weights)
        after = deepcopy(self.model)
        possible = told and not off and after.draw(number, lines)
        self.act(
            self.says(number, "draw-payout-plan", claims=self.claims(firms, off), shares=shares),
            fate,
            after,
            possible=possible,
        )

    @rule(number=NUMBER, weights=WEIGHTS, take=st.integers(1, 4), overtake=st.booleans(), fate=FATE)
    def draw_by_the_queue(self, number: str, weights: tuple[int, ...], take: int, overtake: bool, fate: str) -> None:
        number = self.next_at(number, "")
        weights = self.fitting([], weights, number)[1]
        reached = [one for one in self.model.reach() if self.model.firms[one].plan == "" and self.model.firms[one].free]
        chosen = reached[:take]
        just = True
        if overtake and len(chosen) > 1:
            passed, *chosen = chosen
            just = all(self.model.bearer(one) != self.model.bearer(passed) for one in chosen)
        lines, shares, told = self.lines(chosen, weights)
        after = deepcopy(self.model)
        possible = told and just and after.draw(number, lines)
        command = self.says(number, "draw-payout-plan", claims=self.claims(chosen), shares=shares, way="queue")
        self.act(command, fate, after, possible=possible)

    @precondition(lambda self: self.any_at("approval", "returned", "payment"))
    @rule(number=NUMBER, firms=SOME_FIRMS, weights=WEIGHTS, fits=RIGHT, fate=FATE)
    def redraw(self, number: str, firms: list[int], weights: tuple[int, ...], fits: bool, fate: str) -> None:
        number = self.next_at(number, "returned", "approval", "payment")
        if fits:
            firms, weights = self.fitting(firms, weights, number)
        lines, shares, told = self.lines(firms, weights)
        after = deepcopy(self.model)
        possible = told and after.redraw(number, lines)
        command = self.says(number, "redraw-payout-plan", claims=self.claims(firms), shares=shares)
        self.act(command, fate, after, possible=possible)

    @precondition(lambda self: self.any_at("approval"))
    @rule(number=NUMBER, right=RIGHT, seen=RIGHT, fate=FATE)
    def approve(self, number: str, right: bool, seen: bool, fate: str) -> None:
        number = self.next_at(number, "approval")
        after = deepcopy(self.model)
        possible = after.approve(number, LINKS) and right and seen
        fields = {} if seen else {"sha256": "0" * 64}
        self.act(self.says(number, "approve-payout-plan", right, **fields), fate, after, possible=possible)

    @precondition(lambda self: self.any_at("approval"))
    @rule(number=NUMBER, fate=FATE)
    def approve_all_of_it(self, number: str, fate: str) -> None:
        number = self.next_at(number, "approval")
        for _ in range(LINKS):
            self.approve(number, right=True, seen=True, fate=fate)

    @rule(number=NUMBER, firms=SOME_FIRMS, weights=WEIGHTS, fate=FATE)
    def go_on(self, number: str, firms: list[int], weights: tuple[int, ...], fate: str) -> None:
        """A round's next step, whatever it is."""
        number = NUMBERS[NUMBERS.index(number) % 2]
        number = self.next_at(number, "approval", "returned", "payment", "")
        step = self.model.rounds[number].step if number in self.model.rounds else ""
        match step:
            case "":
                self.draw(number, firms, weights, 0, True, fate)
            case "approval":
                self.approve(number, right=True, seen=True, fate=fate)
            case "returned":
                self.redraw(number, firms, weights, True, fate)
            case "payment" if self.model.payable(number):
                self.instruct(number, right=True, fate=fate)
            case "payment" if self.waits_for_receipts(number, COUNTY):
                self.receipts(number, COUNTY, set(), "", fate)
            case "payment" if self.waits_for_receipts(number, OTHER):
                self.receipts(number, OTHER, set(firms), "", fate)
            case "payment":
                self.close(number, fate)

    go_on_again = go_on_once_more = go_further = go_further_on = go_ahead = go_on

    @precondition(lambda self: self.any_at("approval"))
    @rule(number=NUMBER, right=RIGHT, fate=FATE)
    def send_back(self, number: str, right: bool, fate: str) -> None:
        number = self.next_at(number, "approval")
        file = self.round(number).file
        after = deepcopy(self.model)
        possible = after.send_back(number) and right
        by = HANDS[file.next_approval or "government"]
        self.act(
            self.says(number, "return-payout-plan", right, by=by, sha256=file.sha256), fate, after, possible=possible
        )

    @precondition(lambda self: self.any_at("approval", "returned", "payment"))
    @rule(number=NUMBER, fate=FATE)
    def call_off(self, number: str, fate: str) -> None:
        number = self.next_at(number, "approval", "returned")
        after = deepcopy(self.model)
        self.act(self.says(number, "call-off-payout-round"), fate, after, possible=after.call_off(number))

    # --- payment

    @precondition(lambda self: self.any_at("payment"))
    @rule(number=NUMBER, right=RIGHT, fate=FATE)
    def instruct(self, number: str, right: bool, fate: str) -> None:
        number = self.next_at(number, "payment")
        after = deepcopy(self.model)
        payable = after.payable(number)
        if self.act(self.says(number, "instruct-payments", right), fate, after, possible=bool(payable) and right):
            for order in self.round(number).file.orders[-len(payable) :]:
                place = [firm.case for firm in self.firms].index(order.case)
                assert place in payable
                assert order.instruction not in self.model.rounds[number].orders
                self.model.rounds[number].orders[order.instruction] = place
                self.model.firms[place].state, self.model.firms[place].instruction = "instructed", order.instruction

    def waits_for_receipts(self, number: str, county: str) -> bool:
        """Whether firms of this county are instructed in this round."""
        one = self.model.rounds.get(number)
        firms = [self.model.firms[place] for place in (one.orders.values() if one else ())]
        return any(firm.state == "instructed" and firm.county == county and firm.plan == number for firm in firms)

    @precondition(lambda self: any(firm.state == "instructed" for firm in self.model.firms))
    @rule(
        number=NUMBER,
        county=st.sampled_from((COUNTY, OTHER)),
        bounced=st.sets(FIRM),
        fault=st.sampled_from(["", "", "", "amount", "stranger", "double", "old", "again", "drawer"]),
        fate=FATE,
    )
    def receipts(self, number: str, county: str, bounced: set[int], fault: str, fate: str) -> None:
        number = next((one for one in NUMBERS if self.waits_for_receipts(one, county)), number)
        one = self.model.rounds.get(number)
        waiting = [
            place
            for place in (one.standing if one else ())
            if self.model.firms[place].state == "instructed" and self.model.firms[place].county == county
        ]
        if one is None or not waiting:
            return
        firms, after, day = self.model.firms, deepcopy(self.model), self.at.date()
        slips = [
            Slip(firms[place].instruction, Money(firms[place].due), day, "账号有误" if place in bounced else "")
            for place in waiting
        ]
        old = [number for number, place in one.orders.items() if number != firms[place].instruction]
        match fault:
            case "amount":
                slips[0] = replace(slips[0], amount=Money(slips[0].amount.fen + 1), bounced="")
            case "stranger":
                slips.append(replace(slips[0], instruction="别的指令"))
            case "double":
                slips.append(slips[0])
            case "old" if old:
                slips.append(replace(slips[0], instruction=old[0]))
        by = replace(cast.county_treasury, id=f"county-treasury-{county == OTHER}".lower(), organisation=county)
        self.files += 1
        known = self.round(number).file.receipts
        sha256 = known[-1] if fault == "again" and known else f"{self.files:064d}"
        wrong = fault in ("amount", "stranger", "double", "drawer") or bool(
            (fault == "old" and old) or (fault == "again" and known)
        )
        for place in waiting:
            if place in bounced:
                after.firms[place].state = "approved"
            else:
                after.receive(number, place)
        command = self.says(number, "file-receipts", fault != "drawer", by=by, sha256=sha256, slips=tuple(slips))
        self.act(command, fate, after, possible=not wrong)

    @precondition(lambda self: self.any_at("payment"))
    @rule(number=NUMBER, firm=FIRM, right=RIGHT, fate=FATE)
    def retract(self, number: str, firm: int, right: bool, fate: str) -> None:
        number = self.model.firms[firm].plan or number
        after = deepcopy(self.model)
        possible = after.retract(number, firm) and right
        fields = {"cases": (self.firms[firm].case,), "document": "纪要9号"}
        self.act(self.says(number, "retract-payouts", right, **fields), fate, after, possible=possible)

    @precondition(lambda self: self.any_at("payment"))
    @rule(number=NUMBER, fate=FATE)
    def close(self, number: str, fate: str) -> None:
        number = self.next_at(number, "payment")
        after = deepcopy(self.model)
        self.act(self.says(number, "close-payout-round"), fate, after, possible=after.close(number))

    # --- funds

    def moves(self, kind: str, source: str, fen: int, fate: str, after: Model, *, possible: bool, **more: Any) -> None:
        self.said += 1
        command_of: Any = FUND_COMMANDS[kind]
        command = command_of(
            command_id=command_id(self.town.programme, kind, str(self.said)),
            by=cast.treasury,
            city=CITY,
            programme=self.town.programme,
            line=RETROFIT_LINE,
            source=Source(source),
            amount=Money(fen),
            document=f"财字{self.said}号",
            **more,
        )
        self.act(command, fate, after, possible=possible)

    @rule(source=SOURCE, fen=FEN, fate=FATE)
    def appropriate(self, source: str, fen: int, fate: str) -> None:
        after = deepcopy(self.model)
        after.city[source] += fen
        after.came.add(source)
        self.moves("appropriate-fund", source, fen, fate, after, possible=True)

    @rule(source=SOURCE, fen=FEN, fate=FATE)
    def withdraw(self, source: str, fen: int, fate: str) -> None:
        after = deepcopy(self.model)
        after.city[source] -= fen
        self.moves("withdraw-fund", source, fen, fate, after, possible=after.city[source] >= 0)

    @rule(source=SOURCE, fen=FEN, county=st.sampled_from((COUNTY, OTHER)), fate=FATE)
    def allocate(self, source: str, fen: int, county: str, fate: str) -> None:
        after = deepcopy(self.model)
        after.city[source] -= fen
        after.counties[county, source] += fen
        after.given.add(county)
        possible = after.city[source] >= 0
        self.moves("allocate-to-county", source, fen, fate, after, possible=possible, county=county)

    @rule(source=SOURCE, fen=FEN, county=st.sampled_from((COUNTY, OTHER)), fate=FATE)
    def take_back(self, source: str, fen: int, county: str, fate: str) -> None:
        after = deepcopy(self.model)
        after.city[source] += fen
        after.counties[county, source] -= fen
        possible = after.counties[county, source] >= 0
        self.moves("take-back-from-county", source, fen, fate, after, possible=possible, county=county)

    # --- firms

    @rule(firm=FIRM, fate=FATE)
    def ask_to_leave(self, firm: int, fate: str) -> None:
        after = deepcopy(self.model)
        one = after.firms[firm]
        possible = one.state in ("verified", "approved") and not one.asked
        one.asked = True
        self.act(self.case(firm, "ask-withdrawal"), fate, after, possible=possible)

    @precondition(lambda self: any(firm.asked for firm in self.model.firms))
    @rule(firm=FIRM, let=st.booleans(), fate=FATE)
    def answer(self, firm: int, let: bool, fate: str) -> None:
        after = deepcopy(self.model)
        one = after.firms[firm]
        possible = one.asked and one.state != "out" and not (let and one.found)
        if let and possible:
            after.leave(firm)
        one.asked = False
        self.act(self.case(firm, "approve-withdrawal" if let else "decline-withdrawal"), fate, after, possible=possible)

    @rule(firm=FIRM, fate=FATE)
    def find(self, firm: int, fate: str) -> None:
        one = self.model.firms[firm]
        possible = one.state != "out" and not one.found and not one.revoked
        self.act(self.case(firm, "draw-case"), fate, self.model, possible=possible)
        after = deepcopy(self.model)
        after.firms[firm].found |= possible
        self.act(self.case(firm, "record-inspection", **SHUT_DOWN), fate, after, possible=possible)

    @precondition(lambda self: any(firm.found for firm in self.model.firms))
    @rule(firm=FIRM, fate=FATE)
    def dismiss(self, firm: int, fate: str) -> None:
        after = deepcopy(self.model)
        possible = after.firms[firm].found
        after.firms[firm].found = False
        self.act(self.case(firm, "dismiss-finding"), fate, after, possible=possible)

    @precondition(lambda self: any(firm.found for firm in self.model.firms))
    @rule(firm=FIRM, fate=FATE)
    def revoke(self, firm: int, fate: str) -> None:
        found = self.model.firms[firm].found
        self.act(self.case(firm, "file-statement"), fate, self.model, possible=found)
        after = deepcopy(self.model)
        possible = found and after.firms[firm].state != "instructed"
        if possible:
            after.leave(firm)
        after.firms[firm].found, after.firms[firm].revoked = False, True
        self.act(self.case(firm, "revoke-qualification"), fate, after, possible=possible)

    @precondition(lambda self: any(firm.revoked and firm.paid for firm in self.model.firms))
    @rule(share=st.sampled_from([1, 2, 3]), off=st.sampled_from([0, 0, 1]), fate=FATE)
    def refund(self, share: int, off: int, fate: str) -> None:
        (place, *_) = (place for place, firm in enumerate(self.model.firms) if firm.revoked and firm.paid)
        one, file = self.model.firms[place], self.firms[place].file
        if file.recovery == "to-notify":
            for kind in ("notify-recovery", "decide-recovery"):
                self.act(self.case(place, kind, amount=Money(one.due)), fate, self.model, possible=True)
        left = sum(one.paid.values())
        fen = left // share + off
        before = {source: fund_of(self.town).balance("available", source).fen for source in SOURCES}
        by = replace(cast.county_treasury, organisation=one.county)
        command = self.case(place, "record-refund", by=by, amount=Money(fen), slip=f"凭证{self.said}")
        after = deepcopy(self.model)
        if self.act(command, fate, after, possible=0 < fen <= left):
            for source in SOURCES:
                back = fund_of(self.town).balance("available", source).fen - before[source]
                assert 0 <= back <= one.paid.get(source, 0), "each source gets back what it gave, and no more"
                after.city[source] += back
                after.recovered[source] += back
                after.firms[place].paid[source] = one.paid.get(source, 0) - back
            assert sum(after.firms[place].paid.values()) == left - fen

    # --- what holds after every step

    @invariant()
    def the_record_keeps_its_promises(self) -> None:
        must_hold(self.town, self.firms, NUMBERS)

    @invariant()
    def every_account_is_what_the_model_says(self) -> None:
        fund = fund_of(self.town)
        assert fund.difference == ZERO
        committed: Counter[tuple[str, str]] = Counter()
        for firm in self.model.firms:
            for source, fen in firm.parts.items():
                committed[firm.bearer, source] += fen
        for source in SOURCES:
            assert fund.balance("available", source).fen == self.model.city[source]
            assert fund.balance("recovered", source).fen == self.model.recovered[source]
            for place in ("", COUNTY, OTHER):
                assert fund.balance("committed", source, place).fen == committed[place, source]
                assert fund.balance("paid", source, place).fen == self.model.paid[place, source]
                assert place == "" or fund.balance("allocated", source, place).fen == self.model.counties[place, source]

    @invariant()
    def every_firm_stands_where_the_model_says(self) -> None:
        for firm, told in zip(self.firms, self.model.firms, strict=True):
            file = firm.file
            assert {"out": "released"}.get(told.state, told.state) == file.subsidy
            assert (file.paid - file.refunded).fen == sum(told.paid.values())
            if told.state in ("approved", "instructed"):
                assert file.approved.fen == sum(told.parts.values())
        queue = self.town.store.load(PayoutQueue, queue_id(CITY, self.town.programme, RETROFIT_LINE))
        waiting = sorted(queue.waiting.values(), key=lambda one: one.number)
        assert [one.case for one in waiting] == [self.firms[place].case for place in self.model.queue]

    def teardown(self) -> None:
        assert reconcile(self.town.store, CITY, self.town.programme).faults == []


@pytest.fixture
def ground(store: EventStore, server: psycopg.Connection[Any]) -> Ground:
    return prepared(store, server)


@pytest.mark.timeout(3_600)
def test_rounds_in_any_order(ground: Ground) -> None:
    sized = settings(settings(), max_examples=settings().max_examples // 8)
    RoundsInAnyOrder.ground = ground
    run_state_machine_as_test(RoundsInAnyOrder, settings=sized)
