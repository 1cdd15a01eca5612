"""资金账 in any order: whatever document, approval, receipt or refund comes next, nothing is overspent or unexplained.

Beside the fund runs a model of its own, in whole fen: what the city and the counties hold of each source, and what each
firm was promised and paid. What is possible in the model is done by the fund, and nothing else is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from domain.fund import payment as funds
from domain.fund.allocation import (
    AllocateToCounty,
    SettleCounty,
    TakeBackFromCounty,
    allocate_to_county,
    settle_county,
    take_back_from_county,
)
from domain.fund.appropriation import AppropriateFund, WithdrawFund, appropriate_fund, withdraw_fund
from domain.fund.budget import Budget
from domain.fund.file import CREDITED, RETROFIT_LINE, Fund, Part, Posting, Source, sum_of
from domain.money import ZERO, Money
from domain.record import Fact
from domain.rejections import Rejection
from tests.domain.test_fund_sources import COUNTY, MIANYANG, OTHER, Treasury

SOURCES = (Source.CENTRAL, Source.CITY)
COUNTIES = (COUNTY, OTHER)
FIRMS = range(4)
FEN = st.integers(-3, 700)
HOME = {firm: COUNTIES[firm % 2] for firm in FIRMS}


class FundInAnyOrder(RuleBasedStateMachine):
    """Any movement by anyone at any time: what is refused changes nothing, what is done adds up."""

    @initialize()
    def an_empty_line(self) -> None:
        self.facts: tuple[Fact, ...] = ()
        self.register: tuple[Fact, ...] = ()
        self.city: Counter[Source] = Counter()
        self.counties: Counter[tuple[str, Source]] = Counter()
        self.given: set[str] = set()
        self.came: set[Source] = set()
        self.promised: dict[int, tuple[str, dict[Source, int]]] = {}
        self.paid: dict[int, int] = {}
        self.payments: dict[int, tuple[str, dict[Source, int]]] = {}
        """The last payment of each firm: out of whose allocation, and what each source bore."""

    @property
    def treasury(self) -> Treasury:
        """The city's treasury with its fund as the facts tell it."""
        city = Treasury(MIANYANG)
        city.written = len(self.facts)
        city.budget = Budget.folded(city.budget.id, self.register)
        city.funds = {RETROFIT_LINE: Fund.folded(city.fund().id, self.facts)}
        return city

    def act(self, move: Callable[[Treasury, Fund], None], *, possible: bool) -> None:
        """Fold anew, try, keep the facts only when it was done."""
        city = self.treasury
        fund = city.fund()
        before = dict(fund.books)
        refused = None
        try:
            move(city, fund)
        except Rejection as no:
            refused = no.refusal
        assert (refused is None) == possible, refused
        if refused is not None:
            assert fund.pending_events == city.budget.pending_events == []
            assert fund.books == before
            return
        self.facts += tuple(event for event in fund.pending_events if isinstance(event, Fact))
        self.register += tuple(event for event in city.budget.pending_events if isinstance(event, Fact))
        again = Fund.folded(fund.id, self.facts)
        assert (again.books, again.paid_to, again.committed_to) == (fund.books, fund.paid_to, fund.committed_to)

    @rule(source=st.sampled_from(SOURCES), fen=FEN)
    def appropriate(self, source: Source, fen: int) -> None:
        def move(city: Treasury, fund: Fund) -> None:
            desk = city.desk(AppropriateFund, amount=Money(fen), source=source)
            appropriate_fund(fund, city.budget, desk.command, desk)  # type: ignore[arg-type]

        self.act(move, possible=fen > 0)
        if fen > 0:
            self.city[source] += fen
            self.came.add(source)

    @rule(source=st.sampled_from(SOURCES), fen=FEN)
    def withdraw(self, source: Source, fen: int) -> None:
        def move(city: Treasury, fund: Fund) -> None:
            desk = city.desk(WithdrawFund, amount=Money(fen), source=source)
            withdraw_fund(fund, city.budget, desk.command, desk)  # type: ignore[arg-type]

        possible = 0 < fen <= self.city[source]
        self.act(move, possible=possible)
        self.city[source] -= fen * possible

    @rule(county=st.sampled_from(COUNTIES), source=st.sampled_from(SOURCES), fen=FEN)
    def allocate(self, county: str, source: Source, fen: int) -> None:
        def move(city: Treasury, fund: Fund) -> None:
            desk = city.desk(AllocateToCounty, amount=Money(fen), source=source, county=county)
            allocate_to_county(fund, desk.command, desk)  # type: ignore[arg-type]

        possible = 0 < fen <= self.city[source]
        self.act(move, possible=possible)
        if possible:
            self.city[source] -= fen
            self.counties[county, source] += fen
            self.given.add(county)

    @rule(county=st.sampled_from(COUNTIES), source=st.sampled_from(SOURCES), fen=FEN)
    def take_back(self, county: str, source: Source, fen: int) -> None:
        def move(city: Treasury, fund: Fund) -> None:
            desk = city.desk(TakeBackFromCounty, amount=Money(fen), source=source, county=county)
            take_back_from_county(fund, desk.command, desk)  # type: ignore[arg-type]

        possible = 0 < fen <= self.counties[county, source]
        self.act(move, possible=possible)
        self.counties[county, source] -= fen * possible
        self.city[source] += fen * possible

    @rule(county=st.sampled_from(COUNTIES), carry=st.booleans())
    def settle(self, county: str, carry: bool) -> None:
        def move(city: Treasury, fund: Fund) -> None:
            desk = city.desk(SettleCounty, county=county, carry=carry)
            settle_county(fund, desk.command, desk)  # type: ignore[arg-type]

        possible = county in self.given and all(bearer != county for bearer, _ in self.promised.values())
        self.act(move, possible=possible)
        if possible and not carry:
            for source in SOURCES:
                self.city[source] += self.counties.pop((county, source), 0)

    @rule(firm=st.sampled_from(FIRMS), fens=st.tuples(FEN, FEN), told=st.booleans())
    def commit(self, firm: int, fens: tuple[int, int], told: bool) -> None:
        amounts = {source: fen for source, fen in zip(SOURCES, fens, strict=True) if fen}
        parts = tuple(Part(source, Money(fen)) for source, fen in amounts.items())
        amount = sum_of(parts)

        def move(city: Treasury, fund: Fund) -> None:
            desk = city.desk(SettleCounty, county=HOME[firm], carry=False)
            funds.commit(fund, city.case(firm), amount, desk, HOME[firm], parts if told else ())

        if not told:
            alone = next(iter(self.came), Source.CENTRAL)
            amounts = {alone: amount.fen} if len(self.came) < 2 else {}
        bearer = HOME[firm] if HOME[firm] in self.given else ""
        possible = (
            firm not in self.promised
            and bool(amounts)
            and all(0 < fen <= self.held(bearer, source) for source, fen in amounts.items())
        )
        self.act(move, possible=possible)
        if possible:
            self.promised[firm] = bearer, amounts
            for source, fen in amounts.items():
                self.put(bearer, source, -fen)

    @rule(firm=st.sampled_from(FIRMS))
    def release(self, firm: int) -> None:
        def move(city: Treasury, fund: Fund) -> None:
            funds.release(fund, city.case(firm), city.desk(SettleCounty, county=COUNTY, carry=False))

        self.act(move, possible=True)
        bearer, amounts = self.promised.pop(firm, ("", {}))
        for source, fen in amounts.items():
            self.put(bearer, source, fen)

    @rule(firm=st.sampled_from(FIRMS), off=st.sampled_from([0, 0, 0, 1, -1]))
    def pay(self, firm: int, off: int) -> None:
        due = sum(self.promised[firm][1].values()) if firm in self.promised else 7

        def move(city: Treasury, fund: Fund) -> None:
            desk = city.desk(SettleCounty, county=COUNTY, carry=False)
            funds.pay(fund, city.case(firm), Money(due + off), f"指令{firm}", desk)

        possible = firm in self.promised and not off
        self.act(move, possible=possible)
        if possible:
            self.payments[firm] = self.promised.pop(firm)
            self.paid[firm] = self.paid.get(firm, 0) + due

    @rule(firm=st.sampled_from(FIRMS))
    def come_back(self, firm: int) -> None:
        """The bank sends the last payment back; what was refunded of it cannot come a second time."""

        def move(city: Treasury, fund: Fund) -> None:
            desk = city.desk(SettleCounty, county=COUNTY, carry=False)
            funds.take_back(fund, city.case(firm), f"指令{firm}", desk)

        city = self.treasury
        out = city.fund().paid_to.get(city.case(firm), {})
        _, amounts = self.payments.get(firm, ("", {}))
        still_out = all(fen <= out[source].fen for source, fen in amounts.items())
        possible = firm in self.payments and firm not in self.promised and still_out
        self.act(move, possible=possible)
        if possible:
            self.promised[firm] = self.payments.pop(firm)
            self.paid[firm] -= sum(self.promised[firm][1].values())

    @rule(firm=st.sampled_from(FIRMS), share=st.sampled_from([1, 2, 3, 7]), off=st.sampled_from([0, 0, 1]))
    def recover(self, firm: int, share: int, off: int) -> None:
        left = self.paid.get(firm, 0)
        fen = left // share + off

        def move(city: Treasury, fund: Fund) -> None:
            desk = city.desk(SettleCounty, county=COUNTY, carry=False)
            before = dict(fund.paid_to.get(city.case(firm), {}))
            free = {source: fund.balance("available", source).fen for source in SOURCES}
            funds.recover(fund, city.case(firm), Money(fen), desk)
            for source in SOURCES:
                back = fund.balance("available", source).fen - free[source]
                assert 0 <= back <= before.get(source, ZERO).fen
                self.city[source] += back

        possible = 0 < fen <= left
        self.act(move, possible=possible)
        if possible:
            self.paid[firm] = left - fen

    def held(self, bearer: str, source: Source) -> int:
        """What the city, or this county, can promise."""
        return self.counties[bearer, source] if bearer else self.city[source]

    def put(self, bearer: str, source: Source, fen: int) -> None:
        """Give it to the city, or to this county."""
        if bearer:
            self.counties[bearer, source] += fen
        else:
            self.city[source] += fen

    @invariant()
    def every_account_is_what_the_model_says_and_none_is_negative(self) -> None:
        fund = self.treasury.fund()
        for source in SOURCES:
            assert fund.balance("available", source).fen == self.city[source]
            for county in COUNTIES:
                assert fund.balance("allocated", source, county).fen == self.counties[county, source]
            debits = sum(fund.balance(name, source).fen for name in ("available", "allocated", "committed", "paid"))
            assert fund.balance("appropriation", source).fen == debits - fund.balance("recovered", source).fen
        assert all(amount >= ZERO for account, amount in fund.books.items() if account.name not in CREDITED)
        assert fund.difference == ZERO
        postings = [fact for fact in self.facts if isinstance(fact, Posting)]
        assert all((fact.debit, fact.credit) in fact.SIDES for fact in postings)
        assert all(sum_of(fact.parts) == fact.amount for fact in postings)

    @invariant()
    def the_firms_add_up_to_the_accounts(self) -> None:
        city = self.treasury
        fund = city.fund()
        assert {case: held.amount.fen for case, held in fund.committed_to.items()} == {
            city.case(firm): sum(amounts.values()) for firm, (_, amounts) in self.promised.items()
        }
        assert fund.committed.fen == sum(sum(amounts.values()) for _, amounts in self.promised.values())
        assert (fund.paid - fund.recovered).fen == sum(self.paid.values())
        assert all(fund.outstanding(city.case(firm)).fen == fen for firm, fen in self.paid.items())

    @invariant()
    def a_countys_ledger_is_even(self) -> None:
        """Given less taken back = paid out + not yet, for each source."""
        fund = self.treasury.fund()
        for county in COUNTIES:
            for source in SOURCES:
                moved = [
                    (fact.TOPIC, part.amount.fen)
                    for fact in self.facts
                    for part in getattr(fact, "parts", ())
                    if getattr(fact, "county", "") == county and part.source is source
                ]
                given = sum(fen for topic, fen in moved if topic == "fund.allocated")
                given -= sum(fen for topic, fen in moved if topic == "fund.taken-back")
                paid = fund.balance("paid", source, county).fen
                unpaid = sum(fund.balance(name, source, county).fen for name in ("allocated", "committed"))
                assert given == paid + unpaid
                assert unpaid >= 0


TestFundInAnyOrder = FundInAnyOrder.TestCase
