"""小快轻准: entries replace each other and stay on record; what is withdrawn is on offer no more."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any, Final

import pytest

from domain.case.file import CasePapers
from domain.catalogue import (
    Catalogue,
    EnterProducts,
    Product,
    ProductEntered,
    ProductWithdrawn,
    WithdrawProduct,
    enter_products,
    withdraw_product,
)
from domain.identity import catalogue_id, command_id
from domain.money import Money
from policies.calendars import published
from tests.domain.cast import CITY, PROGRAMME, RULES, clerk1
from tests.domain.play import MONDAY, passed, refused, shows

MES: Final = Product(
    *("P-1", "制造执行系统", "software", Money.wan(7), Money.wan(8), "套", ""),
    valid_from=date(2026, 1, 1),
    valid_to=date(2026, 12, 31),
)
WMS: Final = replace(MES, code="P-2", name="仓储管理系统")


def catalogue(*products: Product) -> Catalogue:
    """A catalogue with these entries."""
    new = Catalogue.fresh(catalogue_id(CITY, PROGRAMME))
    if products:
        enter(new, *products)
    return new


def enter(into: Catalogue, *products: Product) -> None:
    command = EnterProducts(
        command_id=command_id("enter"), by=clerk1, city=CITY, programme=PROGRAMME, products=products
    )
    enter_products(into, command, CasePapers(command, MONDAY, RULES, published()))


def withdraw(from_: Catalogue, code: str, reason: str = "停产") -> None:
    command = WithdrawProduct(
        command_id=command_id("withdraw"), by=clerk1, city=CITY, programme=PROGRAMME, code=code, reason=reason
    )
    withdraw_product(from_, command, CasePapers(command, MONDAY, RULES, published()))


def topics(of: Catalogue) -> list[type[Any]]:
    return [type(one) for one in of.pending_events]


def test_a_new_entry_counts_and_the_one_before_stays_on_record() -> None:
    held = catalogue(MES, WMS)
    dearer = replace(MES, reference=Money.wan(9))
    enter(held, dearer, WMS)
    assert held.products == {"P-1": dearer, "P-2": WMS}
    entered = [one.product for one in held.pending_events if isinstance(one, ProductEntered)]
    assert entered == [MES, WMS, dearer], "what has not changed is not entered again"


def test_a_product_is_on_offer_from_its_first_to_its_last_day() -> None:
    held = catalogue(MES)
    days = (date(2025, 12, 31), date(2026, 1, 1), date(2026, 12, 31), date(2027, 1, 1))
    assert [held.on("P-1", day) for day in days] == [None, MES, MES, None]
    assert held.on(" P-1 ", days[1]) == MES
    assert held.on("P-9", days[1]) is None


@shows("product_must_be_in_the_catalogue", "withdrawal_must_say_why")
def test_what_is_withdrawn_is_on_offer_no_more_until_it_is_entered_again() -> None:
    held = catalogue(MES)
    with refused("product_must_be_in_the_catalogue", of="withdraw"):
        withdraw(held, "P-9")
    with refused("withdrawal_must_say_why", of="withdraw"):
        withdraw(held, "P-1", " ")
    withdraw(held, "P-1")
    passed("withdraw")
    assert held.on("P-1", date(2026, 3, 1)) is None
    enter(held, MES)
    assert held.on("P-1", date(2026, 3, 1)) == MES
    assert topics(held) == [ProductEntered, ProductWithdrawn, ProductEntered]


WRONG: Final[dict[str, list[dict[str, Any]]]] = {
    "product_must_be_described": [
        {"code": ""},
        {"code": " P-1"},
        {"name": ""},
        {"unit": ""},
        {"kind": "软件"},
    ],
    "product_must_suit_a_pilot_industry": [{"industry": "养殖"}, {"industry": " 轴承"}],
    "product_must_have_its_prices": [{"price": Money(-1)}, {"reference": Money(0)}, {"reference": Money(-1)}],
    "product_must_be_valid_for_a_time": [{"valid_to": date(2025, 12, 31)}],
}


@shows(*WRONG)
def test_an_entry_says_what_it_is_what_it_costs_and_how_long_it_holds() -> None:
    for rule, changes in WRONG.items():
        for change in changes:
            held = catalogue()
            with refused(rule, of="enter"):
                enter(held, WMS, replace(MES, **change))
            assert not held.pending_events, "all of them, or none"
    enter(catalogue(), replace(MES, price=Money(0), valid_to=MES.valid_from))
    passed("enter")


@shows("product_must_stand_once_in_an_entry", "entry_must_say_something_new")
def test_an_entry_says_something_and_says_it_once() -> None:
    held = catalogue(MES)
    with refused("product_must_stand_once_in_an_entry", of="enter"):
        enter(held, WMS, replace(WMS, name="别的"))
    for nothing in ((MES,), ()):
        with refused("entry_must_say_something_new", of="enter"):
            enter(held, *nothing)
    enter(held, MES, WMS)
    passed("enter")


@pytest.mark.parametrize("first", ["P-1", "P-2"])
def test_the_catalogue_folds_again_to_the_same(first: str) -> None:
    held = catalogue(MES, WMS)
    withdraw(held, first)
    facts = [one for one in held.pending_events if isinstance(one, (ProductEntered, ProductWithdrawn))]
    assert Catalogue.folded(held.id, facts).products == held.products


def test_the_catalogue_is_the_citys_own_or_a_rehearsals() -> None:
    for programme, rehearsal in (("别的项目", False), (PROGRAMME, True), (f"{PROGRAMME}-推演", False)):
        entering = EnterProducts(
            command_id=command_id("enter"),
            by=clerk1,
            city=CITY,
            programme=programme,
            rehearsal=rehearsal,
            products=(MES,),
        )
        with refused("programme_must_be_the_citys", of="enter-products"):
            enter_products(catalogue(), entering, CasePapers(entering, MONDAY, RULES, published()))
        withdrawing = WithdrawProduct(
            command_id=command_id("out"),
            by=clerk1,
            city=CITY,
            programme=programme,
            rehearsal=rehearsal,
            code=MES.code,
            reason="停产",
        )
        with refused("programme_must_be_the_citys", of="withdraw-product"):
            withdraw_product(catalogue(MES), withdrawing, CasePapers(withdrawing, MONDAY, RULES, published()))
    played = EnterProducts(
        command_id=command_id("enter"),
        by=clerk1,
        city=CITY,
        programme=f"{PROGRAMME}-推演-甲",
        rehearsal=True,
        products=(MES,),
    )
    into = catalogue()
    enter_products(into, played, CasePapers(played, MONDAY, RULES, published()))
    assert into.products
