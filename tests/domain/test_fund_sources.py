"""资金来源与区县: whose money it is, who holds it, and what of it may go where; by the rules of two real cities."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import pytest

from domain.calendar import CHINA
from domain.commands import Command
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
from domain.fund.file import RETROFIT_LINE, CountySettled, Fund, Part, Source
from domain.identity import budget_id, command_id, fund_id
from domain.money import ZERO, Money
from domain.policy import Pack
from domain.rejections import OpenQuestion
from policies import load
from tests.domain.cast import treasury
from tests.domain.play import passed, refused, shows

DALIAN, MIANYANG = load.load("dalian"), load.load("mianyang")
COUNTY, OTHER = "涪城区", "游仙区"
CENTRAL, CITY_MONEY, COUNTY_MONEY = Source.CENTRAL, Source.CITY, Source.COUNTY


@dataclass(frozen=True)
class Desk:
    """What a fund's decision needs."""

    command: Command
    pack: Pack
    at: datetime = datetime(2026, 3, 2, 10, tzinfo=CHINA)


class Treasury:
    """One city's budget and the funds of its lines, in the hands of its treasury."""

    def __init__(self, pack: Pack) -> None:
        self.pack = pack
        self.budget = Budget.fresh(budget_id(pack.city, pack.programme))
        self.funds: dict[str, Fund] = {}
        self.written = 0

    def fund(self, line: str = RETROFIT_LINE) -> Fund:
        """The fund of a line."""
        id_ = fund_id(self.pack.city, self.pack.programme, line)
        return self.funds.setdefault(line, Fund.fresh(id_))

    def case(self, number: int) -> UUID:
        """A firm's case."""
        return uuid5(self.fund().id, str(number))

    def desk(self, kind: type[Command], **fields: Any) -> Desk:
        """A command on its desk; every document has a number of its own unless one is named."""
        self.written += 1
        home = {"city": self.pack.city, "programme": self.pack.programme, "line": RETROFIT_LINE}
        fields = home | {"document": f"财字{self.written}号"} | fields
        return Desk(kind(command_id=command_id(str(self.written)), by=treasury, **fields), self.pack)

    def brings(self, wan: int, source: Source = CENTRAL, line: str = RETROFIT_LINE, **more: Any) -> None:
        """A budget document arrives."""
        desk = self.desk(AppropriateFund, amount=Money.wan(wan), source=source, line=line, **more)
        appropriate_fund(self.fund(line), self.budget, desk.command, desk)  # type: ignore[arg-type]

    def takes(self, wan: int, source: Source = CENTRAL, line: str = RETROFIT_LINE) -> None:
        """A budget document takes money away."""
        desk = self.desk(WithdrawFund, amount=Money.wan(wan), source=source, line=line)
        withdraw_fund(self.fund(line), self.budget, desk.command, desk)  # type: ignore[arg-type]

    def allocates(self, wan: int, county: str = COUNTY, source: Source = CENTRAL, **more: Any) -> None:
        """预下达."""
        desk = self.desk(AllocateToCounty, amount=Money.wan(wan), county=county, source=source, **more)
        allocate_to_county(self.fund(), desk.command, desk)  # type: ignore[arg-type]

    def takes_back(self, wan: int, county: str = COUNTY, source: Source = CENTRAL) -> None:
        """收回预下达."""
        desk = self.desk(TakeBackFromCounty, amount=Money.wan(wan), county=county, source=source)
        take_back_from_county(self.fund(), desk.command, desk)  # type: ignore[arg-type]

    def settles(self, county: str = COUNTY, *, carry: bool = False, **more: Any) -> None:
        """清算."""
        desk = self.desk(SettleCounty, county=county, carry=carry, **more)
        settle_county(self.fund(), desk.command, desk)  # type: ignore[arg-type]

    def commits(self, number: int, wan: int, county: str = COUNTY, parts: tuple[Part, ...] = ()) -> None:
        """A firm's subsidy is approved."""
        desk = self.desk(SettleCounty, county=county, carry=False)
        funds.commit(self.fund(), self.case(number), Money.wan(wan), desk, county, parts)

    def pays(self, number: int, wan: int) -> None:
        """The firm's receipt."""
        desk = self.desk(SettleCounty, county=COUNTY, carry=False)
        funds.pay(self.fund(), self.case(number), Money.wan(wan), f"指令{number}", desk)

    def wan(self, name: str, source: str | None = None, county: str | None = None) -> int:
        """A balance in whole 万元."""
        fen = self.fund().balance(name, source, county).fen
        assert fen % 1_000_000 == 0
        return fen // 1_000_000


def parts(**wan: int) -> tuple[Part, ...]:
    """What each source bears, in 万元."""
    return tuple(Part(Source(source), Money.wan(amount)) for source, amount in wan.items())


# --- whose money


def test_a_supplement_is_a_second_document_and_a_withdrawal_a_third() -> None:
    city = Treasury(DALIAN)
    city.brings(8000)
    city.brings(4000)
    city.takes(500)
    assert (city.wan("appropriation"), city.wan("available")) == (11_500, 11_500)
    assert city.budget.central(retrofit=True) == Money.wan(11_500)
    assert city.fund().difference == ZERO


@shows("withdrawal_must_leave_what_others_hold")
def test_what_is_held_for_a_firm_is_not_withdrawn() -> None:
    city = Treasury(DALIAN)
    city.brings(100)
    city.commits(1, 40, county="中山区")
    with refused("withdrawal_must_leave_what_others_hold", of="withdraw"):
        city.takes(61)
    with refused("withdrawal_must_leave_what_others_hold", of="withdraw"):
        city.takes(1, CITY_MONEY)
    city.takes(60)
    passed("withdraw")
    assert city.wan("available") == 0


@shows("document_must_be_booked_once")
def test_one_document_says_one_thing_of_a_source_and_a_county() -> None:
    city = Treasury(MIANYANG)
    city.brings(1000, document="绵财建〔2026〕1号")
    city.brings(1000, CITY_MONEY, document="绵财建〔2026〕1号")
    city.allocates(10, document="绵财建〔2026〕2号")
    city.allocates(10, OTHER, document="绵财建〔2026〕2号")
    passed("allocate")
    with refused("document_must_be_booked_once", of="allocate"):
        city.allocates(10, document="绵财建〔2026〕 2号")
    with refused("document_must_be_booked_once", of="allocate"):
        city.brings(1, document="绵财建〔2026〕1号")


@shows("line_must_be_in_the_budget", "source_must_fit_the_line")
def test_a_line_is_one_of_the_plan_and_fed_by_its_own_side() -> None:
    city = Treasury(DALIAN)
    clause = "大连方案 五(一)1"
    with refused("line_must_be_in_the_budget", of="appropriate", clause=clause):
        city.brings(1, line="canteen")
    with refused("source_must_fit_the_line", of="appropriate", clause=clause):
        city.brings(1, CITY_MONEY)
    with refused("source_must_fit_the_line", of="appropriate", clause="大连方案 五(二)"):
        city.brings(1, line="local_retrofit")
    city.brings(1, CITY_MONEY, line="local_retrofit")
    city.brings(1)
    passed("appropriate")


def test_where_the_plan_names_no_lines_there_is_the_retrofit_line_alone() -> None:
    city = Treasury(MIANYANG)
    with refused("line_must_be_in_the_budget", of="appropriate"):
        city.brings(1, line="platform")
    city.brings(1, COUNTY_MONEY)
    assert city.wan("available", COUNTY_MONEY) == 1


@shows("supporting_lines_must_keep_within_their_share")
def test_of_the_central_money_a_fifth_at_most_goes_elsewhere() -> None:
    """大连: 十五 thousand 万 awarded, so three thousand for the nine supporting lines together, to the fen."""
    city = Treasury(DALIAN)
    share = DALIAN.clause("budget.supporting_share")
    for line, wan in (("diagnosis", 550), ("platform", 600), ("acceptance", 650), ("think_tank", 350)):
        city.brings(wan, line=line)
    city.brings(850, line="training")
    passed("appropriate")
    with refused("supporting_lines_must_keep_within_their_share", of="appropriate", clause=share):
        desk = city.desk(AppropriateFund, amount=Money(1), source=CENTRAL, line="supervision")
        appropriate_fund(city.fund("supervision"), city.budget, desk.command, desk)  # type: ignore[arg-type]
    city.brings(12_000)
    city.brings(400)
    city.brings(80, line="supervision")
    with refused("supporting_lines_must_keep_within_their_share", of="withdraw", clause=share):
        city.takes(400)
    city.takes(80)


def test_all_fourteen_lines_of_the_plan_can_be_booked_as_planned() -> None:
    city = Treasury(DALIAN)
    for row in DALIAN.tables["budget_line"]:
        side = {"central": CENTRAL, "local": CITY_MONEY}[row.side]  # type: ignore[attr-defined]
        city.brings(row.amount.fen // 1_000_000, side, row.code)  # type: ignore[attr-defined]
    booked = city.budget.booked
    assert len(booked) == 14
    assert sum(fen.fen for (_, source), fen in booked.items() if source == "central") == Money.wan(15_000).fen
    assert sum(fen.fen for (_, source), fen in booked.items() if source == "city") == Money.wan(15_000).fen


@shows("sources_must_be_told", "sources_must_add_up", "fund_must_hold_enough")
def test_where_several_sources_feed_a_line_the_approval_says_who_bears_what() -> None:
    city = Treasury(MIANYANG)
    city.brings(100)
    city.brings(50, CITY_MONEY)
    with refused("sources_must_be_told", of="commit"):
        city.commits(1, 30)
    for wrong in (parts(central=29), parts(central=31), parts(central=30, city=0), parts(central=15) * 2):
        with refused("sources_must_add_up", of="commit"):
            city.commits(1, 30, parts=wrong)
    with refused("fund_must_hold_enough", of="commit"):
        city.commits(1, 60, parts=parts(central=9, city=51))
    with refused("fund_must_hold_enough", of="commit"):
        city.commits(1, 60, parts=parts(central=59, county=1))
    city.commits(1, 60, parts=parts(central=10, city=50))
    passed("commit")
    assert (city.wan("available", CENTRAL), city.wan("available", CITY_MONEY)) == (90, 0)


@pytest.mark.parametrize("cuts", [(1, 1, 1), (3,), (2, 1), (1, 2)])
def test_refunds_go_back_to_the_sources_in_their_shares_to_the_last_fen(cuts: tuple[int, ...]) -> None:
    city = Treasury(MIANYANG)
    city.brings(100)
    city.brings(50, CITY_MONEY)
    city.brings(50, COUNTY_MONEY)
    told = parts(central=1, city=1, county=1)
    city.commits(1, 3, parts=told)
    city.pays(1, 3)
    case = city.case(1)
    desk = city.desk(SettleCounty, county=COUNTY, carry=False)
    for wan in cuts:
        share = funds.shares_of_a_refund(city.fund(), case, Money.wan(wan))
        assert sum(part.amount.fen for part in share) == Money.wan(wan).fen
        funds.recover(city.fund(), case, Money.wan(wan), desk)
    assert [city.wan("recovered", part.source) for part in told] == [1, 1, 1]
    assert city.fund().outstanding(case) == ZERO
    assert city.wan("available", CENTRAL) == 100


# --- who holds it


def test_a_county_pays_its_firms_out_of_what_it_was_given() -> None:
    city = Treasury(MIANYANG)
    city.brings(1000)
    city.allocates(300)
    assert (city.wan("available"), city.wan("allocated", CENTRAL, COUNTY)) == (700, 300)
    city.commits(1, 200)
    city.commits(2, 50, county=OTHER)
    city.pays(1, 200)
    given = city.wan("allocated", county=COUNTY) + city.wan("committed", county=COUNTY)
    assert given + city.wan("paid", county=COUNTY) == 300
    assert (city.wan("committed", county=""), city.wan("available")) == (50, 650)
    funds.release(city.fund(), city.case(2), city.desk(SettleCounty, county=COUNTY, carry=False))
    assert city.wan("available") == 700
    assert city.fund().difference == ZERO


@shows("fund_must_hold_enough", "city_must_hold_enough")
def test_neither_city_nor_county_gives_what_it_does_not_have() -> None:
    city = Treasury(MIANYANG)
    city.brings(1000)
    with refused("city_must_hold_enough", of="allocate"):
        city.allocates(1001)
    city.allocates(300)
    passed("allocate")
    with refused("fund_must_hold_enough", of="commit"):
        city.commits(1, 301)
    city.allocates(1)
    city.commits(1, 301)
    passed("commit")


@shows("county_must_hold_what_is_taken_back", "county_must_be_the_citys", "amount_must_be_positive")
def test_what_a_county_has_promised_stays_there() -> None:
    city = Treasury(MIANYANG)
    city.brings(1000)
    with refused("county_must_be_the_citys", of="take-back"):
        city.allocates(300, "中山区")
    with refused("amount_must_be_positive", of="take-back"):
        city.allocates(0)
    city.allocates(300)
    city.commits(1, 200)
    with refused("county_must_hold_what_is_taken_back", of="take-back"):
        city.takes_back(101)
    city.takes_back(100)
    passed("take-back")
    assert city.wan("available") == 800


def test_a_city_whose_rules_know_no_allocation_is_asked() -> None:
    city = Treasury(DALIAN)
    city.brings(1000)
    with pytest.raises(OpenQuestion) as asked:
        city.allocates(1, "中山区")
    assert asked.value.key == "approval.allocation"


@shows("county_must_have_been_given_money", "county_must_have_paid_out_what_it_promised", "document_must_be_named")
def test_a_settlement_waits_for_the_last_receipt_and_gives_back_what_is_left() -> None:
    city = Treasury(MIANYANG)
    city.brings(1000)
    with refused("county_must_have_been_given_money", of="settle"):
        city.settles()
    city.allocates(300)
    city.commits(1, 200)
    with refused("county_must_have_paid_out_what_it_promised", of="settle"):
        city.settles()
    city.pays(1, 200)
    with refused("document_must_be_named", of="settle"):
        city.settles(document=" ")
    city.settles()
    passed("settle")
    settled = next(fact for fact in city.fund().pending_events if isinstance(fact, CountySettled))
    assert (settled.paid, settled.surplus, settled.carried) == (parts(central=200), parts(central=100), False)
    assert (city.wan("available"), city.wan("allocated"), city.wan("paid")) == (800, 0, 200)


def test_a_carried_surplus_stays_with_the_county() -> None:
    city = Treasury(MIANYANG)
    city.brings(1000)
    city.allocates(300)
    city.settles(carry=True)
    assert (city.wan("available"), city.wan("allocated", county=COUNTY)) == (700, 300)
    city.commits(1, 300)


def test_a_rule_of_the_budget_is_held_in_a_city_that_states_no_award() -> None:
    """Without a stated award the share is measured against what has come in."""
    bare = replace(DALIAN, values={key: held for key, held in DALIAN.values.items() if key != "budget.central"})
    city = Treasury(bare)
    with refused("supporting_lines_must_keep_within_their_share", of="appropriate"):
        city.brings(1, line="platform")
    city.brings(400)
    city.brings(100, line="platform")
    with refused("supporting_lines_must_keep_within_their_share", of="appropriate"):
        city.brings(1, line="platform")
