"""服务商与产品 in the case: where a pool is kept only its providers sign, and products cost what they should."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any, Final

import pytest

from console import saying
from domain.case.contract import ContractFiled, ContractPassed, ContractRegistered
from domain.case.contract_change import ContractChangeAsked, ContractChanged
from domain.case.file import Works
from domain.case.plan import PlanFiled
from domain.case.supply import Comparison, NamedProduct, PricesCompared
from domain.catalogue import Catalogue, Product
from domain.identity import catalogue_id, pool_id, provider_id
from domain.money import Money
from domain.provider.file import Membership, Pool, Provider
from domain.provider.rating import ProviderEngaged
from domain.spend import SpendLine
from eventstore.mapper import adapter
from tests.domain.cast import CASE, CITY, CODE, LINES, PROGRAMME, clause, contract, rules
from tests.domain.play import Play, Supplied, Supply, fact, ready, shows

OURS: Final = "91370300MA3C0PRY1X"
OTHER: Final = "91370300MA3C0PRY2X"


def pool(membership: Membership = Membership.IN_POOL, *, suspended: bool = False, **products: Product) -> Supply:
    """A pool with the play's own provider in this standing, another that stands well, and these products."""

    def lay() -> Supplied:
        listed = Pool.fresh(pool_id(CITY, PROGRAMME))
        listed.codes = {OURS: "云软公司", OTHER: "别家软件"}
        listed.names = {name: code for code, name in listed.codes.items()}
        ours, other = (Provider.fresh(provider_id(CITY, PROGRAMME, code)) for code in (OURS, OTHER))
        ours.membership, ours.suspended, other.membership = membership, suspended, Membership.IN_POOL
        catalogue = Catalogue.fresh(catalogue_id(CITY, PROGRAMME))
        catalogue.products = {product.code: product for product in products.values()}
        return Supplied(listed, {OURS: ours, OTHER: other}, catalogue)

    return lay


SIGNS: Final = ("file-plan", "file-contract", "pass-contract", "register-contract", "ask-contract-change")
DONE: Final = dict(
    zip(SIGNS, (PlanFiled, ContractFiled, ContractPassed, ContractRegistered, ContractChangeAsked), strict=True)
)


@shows("provider_must_be_in_the_pool")
@pytest.mark.parametrize("kind", SIGNS)
def test_a_removed_or_suspended_provider_enters_into_no_contract(kind: str) -> None:
    due = ready(kind)
    due.with_supply(pool(Membership.REMOVED)).when(kind).then_refused("provider_must_be_in_the_pool")
    suspended = due.with_supply(pool(Membership.RECTIFYING, suspended=True))
    suspended.when(kind).then_refused("provider_must_be_in_the_pool")
    due.with_supply(pool(Membership.APPLIED)).when(kind).then_refused("provider_must_be_in_the_pool")
    for standing in (Membership.IN_POOL, Membership.WARNED, Membership.RECTIFYING):
        due.with_supply(pool(standing)).when(kind).then(DONE[kind])


@pytest.mark.parametrize("kind", SIGNS)
def test_a_city_that_keeps_no_pool_goes_on_as_before(kind: str) -> None:
    empty = Supplied(Pool.fresh(pool_id(CITY, PROGRAMME)))
    ready(kind).with_supply(lambda: empty).when(kind).then(DONE[kind])


def test_a_provider_that_nobody_listed_is_refused_by_name_and_one_of_the_pool_found_by_code() -> None:
    due = ready("file-plan").with_supply(pool())
    due.when("file-plan", provider="路边软件").then_refused("provider_must_be_in_the_pool")
    for word in ("云软公司", OURS, OURS.lower(), "云软 公司"):
        due.when("file-plan", provider=word).then(fact(PlanFiled, provider=word))


def test_a_change_to_a_removed_provider_is_not_approved() -> None:
    due = ready("approve-contract-change")
    due.with_supply(pool(Membership.REMOVED)).when("approve-contract-change").then_refused(
        "provider_must_be_in_the_pool"
    )
    due.with_supply(pool()).when("approve-contract-change").then(ContractChanged)


def test_the_providers_file_is_told_when_the_contract_counts() -> None:
    for kind in SIGNS:
        done = ready(kind).with_supply(pool()).did(kind)
        assert [type(one) for one in done.told] == ([ProviderEngaged] if kind == "register-contract" else [])
    (told,) = ready("register-contract").with_supply(pool()).did("register-contract").told
    assert isinstance(told, ProviderEngaged)
    assert (told.case, told.firm, told.contract, told.originator_id) == (
        *(CASE, CODE, "HT-1"),
        provider_id(CITY, PROGRAMME, OURS),
    )
    other: Any = contract(number="HT-2", provider="别家软件")
    asked = ready("ask-contract-change").with_supply(pool()).when("ask-contract-change", contract=other)
    (moved,) = asked.did("approve-contract-change").told
    assert moved.originator_id == provider_id(CITY, PROGRAMME, OTHER)


@pytest.mark.parametrize("kind", ["file-contract", "register-contract"])
def test_a_firm_whose_provider_was_removed_plans_again_with_another(kind: str) -> None:
    due = ready(kind)
    if kind == "register-contract":
        due.with_supply(pool()).when("file-plan", provider="别家软件").then_refused("step_must_be_due")
    left_alone = due.with_supply(pool(Membership.REMOVED))
    left_alone.when("file-plan", provider="云软公司").then_refused("provider_must_be_in_the_pool")
    again = left_alone.when("file-plan", provider="别家软件").then(PlanFiled).then_stands(works=Works.PLAN_REVIEW)
    file: Any = contract(provider="别家软件")
    signed = again.did("pass-plan", ("file-contract", {"contract": file}), "pass-contract", "register-contract")
    assert signed.case.works is Works.UNDER_WAY


# --- prices

MES: Final = Product(
    *("P-1", "制造执行系统", "software", Money.wan(70), Money.wan(30), "套", "轴承"),
    valid_from=date(2026, 1, 1),
    valid_to=date(2026, 12, 31),
)
TWO: Final = (NamedProduct(1, "P-1", 2),)
"""Two units at a reference of 30万; the line says 600 000.01 yuan."""
SILENT: Final = rules(without=["contract.price_tolerance"])


def filing(product: Product = MES, rule_pack: Any = None) -> Play:
    """A contract is due, and this product stands in the catalogue."""
    return ready("file-contract", *([rule_pack] if rule_pack else [])).with_supply(pool(p=product))


def test_a_line_is_laid_beside_its_products_reference_price() -> None:
    filed = filing().when("file-contract", products=TWO).then(ContractFiled, PricesCompared)
    (compared,) = (one for one in filed.happened if isinstance(one, PricesCompared))
    line = Comparison(*(1, "P-1", LINES[0].amount, Money.wan(60), Money(1), 2, Money.yuan("300000.01"), Money.wan(30)))
    assert compared.comparisons == (line,)
    assert compared.clauses == (clause("contract.price_tolerance"),)
    cheap = filing(replace(MES, reference=Money.wan(31))).when("file-contract", products=TWO)
    assert [one.comparisons[0].above for one in cheap.happened if isinstance(one, PricesCompared)] == [Money(0)]
    filing().when("file-contract").then(ContractFiled)


@shows("price_must_stay_within_the_reference")
def test_a_price_lies_no_further_above_the_reference_than_the_pack_allows() -> None:
    at_the_edge = contract(lines=(replace(LINES[0], amount=Money.wan(66)), *LINES[1:]))
    above = contract(lines=(replace(LINES[0], amount=Money.wan(66) + Money(1)), *LINES[1:]))
    no = filing().when("file-contract", contract=above, products=TWO)
    no.then_refused("price_must_stay_within_the_reference", clause("contract.price_tolerance"))
    filing().when("file-contract", contract=at_the_edge, products=TWO).then(ContractFiled, PricesCompared)


def test_where_the_pack_is_silent_the_difference_is_recorded_and_the_reviewer_decides() -> None:
    dear = contract(lines=(replace(LINES[0], amount=Money.wan(77)), *LINES[1:]))
    filed = filing(rule_pack=SILENT).when("file-contract", contract=dear, products=TWO)
    filed.then(ContractFiled, PricesCompared)
    (compared,) = (one for one in filed.happened if isinstance(one, PricesCompared))
    assert compared.comparisons[0].above == Money.wan(17)
    assert compared.clauses == ()


def test_however_many_units_a_line_claims_their_price_lies_before_the_reviewer() -> None:
    """600 000.01 yuan hide behind a thousand units at a reference of 1 000: the reviewer sees 600.01 yuan each."""
    small = replace(MES, reference=Money.yuan(1000))
    filed = filing(small).when("file-contract", products=(NamedProduct(1, "P-1", 1000),))
    (compared,) = (one for one in filed.happened if isinstance(one, PricesCompared))
    (line,) = compared.comparisons
    assert (line.quantity, line.unit_price, line.unit_reference) == (1000, Money.yuan("600.01"), Money.yuan(1000))
    no = filing(small).when("file-contract", products=(NamedProduct(1, "P-1", 500),))
    no.then_refused("price_must_stay_within_the_reference")
    assert no.refusal is not None
    assert "第 1 行单价 1,200.01 元（600,000.01 元 ÷ 500）" in no.refusal.sentence
    (row,) = saying.said({"comparisons": adapter(PricesCompared).dump_python(compared, mode="json")["comparisons"]})
    assert row.tables[0].rows == (("1", "P-1", "1000", "600.01", "1,000.00", "600,000.01", "1,000,000.00", "0.00"),)


@shows("product_must_suit_a_pilot_industry")
def test_a_product_of_an_industry_that_the_city_does_not_have_is_in_no_contract() -> None:
    for kind in ("file-contract", "ask-contract-change"):
        due = ready(kind)
        foreign = due.with_supply(pool(p=replace(MES, industry="养殖")))
        no = foreign.when(kind, contract=contract(), products=TWO)
        no.then_refused("product_must_suit_a_pilot_industry", clause("selection.industries"))
        for industry in ("", "轴承", "建材"):
            known = due.with_supply(pool(p=replace(MES, industry=industry)))
            known.when(kind, contract=contract(), products=TWO).then(DONE[kind], PricesCompared)


@shows("product_must_be_on_offer")
def test_a_product_stands_in_the_catalogue_on_the_day_of_signing() -> None:
    for product in (
        replace(MES, code="P-2"),
        replace(MES, valid_from=date(2026, 2, 3)),
        replace(MES, valid_to=date(2026, 2, 1)),
    ):
        filing(product).when("file-contract", products=TWO).then_refused("product_must_be_on_offer")
    for product in (replace(MES, valid_from=date(2026, 2, 2)), replace(MES, valid_to=date(2026, 2, 2))):
        filing(product).when("file-contract", products=TWO).then(ContractFiled, PricesCompared)


@shows("product_must_name_a_line_of_the_contract")
@pytest.mark.parametrize("wrong", [NamedProduct(0, "P-1"), NamedProduct(5, "P-1"), NamedProduct(1, "P-1", 0)])
def test_a_product_names_a_line_and_at_least_one_unit(wrong: NamedProduct) -> None:
    rule = "product_must_name_a_line_of_the_contract"
    filing().when("file-contract", products=(wrong,)).then_refused(rule)
    filing().when("file-contract", products=TWO).then(ContractFiled, PricesCompared)


@shows("line_must_buy_one_product")
def test_a_line_buys_one_product() -> None:
    filing().when("file-contract", products=(*TWO, *TWO)).then_refused("line_must_buy_one_product")
    filing().when("file-contract", products=TWO).then(ContractFiled, PricesCompared)


@shows("product_must_be_of_the_lines_kind")
def test_a_service_is_not_sold_as_software() -> None:
    service = replace(MES, kind="consulting")
    filing(service).when("file-contract", products=TWO).then_refused("product_must_be_of_the_lines_kind")
    filing().when("file-contract", products=TWO).then(ContractFiled, PricesCompared)


def test_a_changed_contract_is_compared_too() -> None:
    lines = (SpendLine("software", "制造执行系统", Money.wan(60)),)
    change: Any = contract(number="HT-2", lines=lines)
    asked = ready("ask-contract-change").with_supply(pool(p=MES))
    asked.when("ask-contract-change", contract=change, products=TWO).then(ContractChangeAsked, PricesCompared)
