"""服务商与产品: what plan and contract take from outside the case: who may sign, and what a product may cost."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from domain.case.file import CaseFact, CaseFile, CasePapers
from domain.catalogue import Product, product_must_suit_a_pilot_industry
from domain.money import ZERO, Money
from domain.policy import Pack
from domain.provider.file import Membership, Provider
from domain.provider.rating import ProviderEngaged
from domain.rules import No, rule
from domain.spend import Contract, SpendLine


@dataclass(frozen=True)
class NamedProduct:
    """Which product of the catalogue a price line of the contract buys."""

    line: int
    """The price line, counted from 1."""
    product: str
    """The product's code."""
    quantity: int = 1
    """How many units."""


@dataclass(frozen=True)
class Comparison:
    """价格比对: one line beside its product's reference price."""

    line: int
    product: str
    amount: Money
    reference: Money
    """For the whole quantity."""
    above: Money
    """How far the line lies above it; zero where it does not."""
    quantity: int | None
    """How many units the line is said to buy; with both prices None where it was compared before they were kept."""
    unit_price: Money | None
    """The line's amount by one unit, rounded up to the fen: a large quantity must not make a line look cheap."""
    unit_reference: Money | None
    """参考价 of one unit."""


class PricesCompared(CaseFact):
    """The lines of the contract that buy products of the catalogue, beside their reference prices, for the reviewer."""

    TOPIC: ClassVar[str] = "case.prices-compared"
    class_version: ClassVar[int] = 2
    comparisons: tuple[Comparison, ...]

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        """Version 1 told the amounts of whole lines, and not how many units they stood for."""
        for line in state["comparisons"]:
            line |= {"quantity": None, "unit_price": None, "unit_reference": None}


EVENTS = (PricesCompared,)


@rule
def provider_must_be_in_the_pool(papers: CasePapers, named: str) -> No | None:
    """Where the city keeps a pool, only a provider that stands in it unsuspended enters into a contract."""
    if papers.pool is None or not papers.pool.is_kept or not named:
        return None
    provider, clause = provider_of(papers, named), papers.pack.clause("providers.dynamic")
    if provider is None:
        return No(f"服务商“{named}”不在本市服务商资源池中", clause)
    if provider.may_sign:
        return None
    removed = provider.membership is Membership.REMOVED
    return No(f"服务商“{named}”{'已被移出服务商资源池' if removed else '正在限期整改，暂停承接新项目'}", clause)


@rule
def product_must_be_on_offer(named: NamedProduct, product: Product | None) -> No | None:
    """A contract names products that stand in the catalogue on the day it was signed."""
    return None if product is not None else No(f"产品“{named.product}”在合同签订日不在产品目录中")


@rule
def product_must_name_a_line_of_the_contract(named: NamedProduct, contract: Contract) -> No | None:
    """The line exists, and at least one unit is bought."""
    if 1 <= named.line <= len(contract.lines) and named.quantity >= 1:
        return None
    return No(f"产品“{named.product}”所指的第 {named.line} 行或数量 {named.quantity} 不存在（数量至少为 1）")


@rule
def product_must_be_of_the_lines_kind(line: SpendLine, product: Product) -> No | None:
    """A service is not sold as software: the line's kind decides what is subsidised."""
    if line.kind == product.kind:
        return None
    return No(f"价格行“{line.what}”的支出类别“{line.kind}”与产品“{product.code}”的“{product.kind}”不一致")


@rule
def line_must_buy_one_product(products: tuple[NamedProduct, ...]) -> No | None:
    """One line, one product: else nobody could compare prices."""
    lines = [named.line for named in products]
    return No("一条价格行只能对应一个产品") if len(set(lines)) < len(lines) else None


@rule
def price_must_stay_within_the_reference(comparison: Comparison, pack: Pack) -> No | None:
    """Where the pack says how far a price may lie above the reference, none lies further; else the reviewer decides."""
    if not pack.has("contract.price_tolerance"):
        return None
    percent = pack.count("contract.price_tolerance")
    if comparison.amount.fen * 100 <= comparison.reference.fen * percent:
        return None
    assert comparison.unit_price is not None
    assert comparison.unit_reference is not None
    return No(
        f"第 {comparison.line} 行单价 {comparison.unit_price.grouped()} 元（{comparison.amount.grouped()} 元 ÷"
        f" {comparison.quantity}）超过产品“{comparison.product}”参考价 {comparison.unit_reference.grouped()} 元的"
        f" {percent}%",
        pack.clause("contract.price_tolerance"),
    )


def provider_of(papers: CasePapers, named: str) -> Provider | None:
    """The provider that the word means; None where the pool does not know it."""
    return papers.providers.get(papers.pool.code_of(named)) if papers.pool is not None else None


def may_sign(papers: CasePapers, named: str) -> bool:
    """Whether this provider may enter into a contract now; where no pool is kept, anybody may."""
    if papers.pool is None or not papers.pool.is_kept:
        return True
    provider = provider_of(papers, named)
    return provider is not None and provider.may_sign


def compared(contract: Contract, products: tuple[NamedProduct, ...], papers: CasePapers) -> tuple[Comparison, ...]:
    """Each named line beside its product. Raises Rejection for what names nothing or costs too much."""
    line_must_buy_one_product(products)
    return tuple(_compared(contract, named, papers) for named in products)


def _compared(contract: Contract, named: NamedProduct, papers: CasePapers) -> Comparison:
    product_must_name_a_line_of_the_contract(named, contract)
    product = papers.catalogue.on(named.product, contract.signed) if papers.catalogue is not None else None
    product_must_be_on_offer(named, product)
    assert product is not None
    line = contract.lines[named.line - 1]
    product_must_be_of_the_lines_kind(line, product)
    if product.industry:
        product_must_suit_a_pilot_industry(product.industry, papers.pack)
    reference = Money(product.reference.fen * named.quantity)
    above = max(line.amount - reference, ZERO)
    unit_price = Money(-(-line.amount.fen // named.quantity))
    comparison = Comparison(
        named.line, product.code, line.amount, reference, above, named.quantity, unit_price, product.reference
    )
    price_must_stay_within_the_reference(comparison, papers.pack)
    return comparison


def note_prices(case: CaseFile, comparisons: Iterable[Comparison], papers: CasePapers) -> None:
    """Lay the comparison before the reviewer, where there is anything to compare."""
    lines = tuple(comparisons)
    if lines:
        clause = papers.pack.clause("contract.price_tolerance")
        case.record(PricesCompared, papers, clauses=(clause,), comparisons=lines)


def engage(case: CaseFile, contract: Contract, papers: CasePapers) -> None:
    """Tell the provider's own file; that both are written in one act keeps a removed provider from slipping in."""
    provider = provider_of(papers, contract.provider)
    if provider is not None and case.id not in provider.engaged:
        provider.record(
            ProviderEngaged,
            papers,
            case=case.id,
            firm=case.credit_code,
            contract=contract.number,
            amount=contract.total,
        )
