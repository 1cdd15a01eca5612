"""小快轻准: the products of a programme with their prices; a new entry counts, and the one before stays on record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Final, Literal

from domain.commands import Command
from domain.identity import is_plain
from domain.money import ZERO, Money
from domain.policy import SPEND_KINDS, Pack
from domain.programme import programme_must_be_the_citys
from domain.record import Fact, File, Papers
from domain.rules import No, rule


@dataclass(frozen=True)
class Product:
    """产品或解决方案, as the city lists it."""

    code: str
    """The city's own number for it."""
    name: str
    kind: str
    """Which kind of spending it is: one of ``SPEND_KINDS``."""
    price: Money
    """报价: what its provider asks for one unit."""
    reference: Money
    """参考价: what the city holds for reasonable, for one unit."""
    unit: str
    """What is counted: 套, 年, 台."""
    industry: str
    """细分行业; empty where it suits all."""
    valid_from: date
    valid_to: date
    """The last day."""


class Catalogue(File):
    """产品目录: one per city and programme."""

    def blank(self) -> None:
        self.products: dict[str, Product] = {}
        """Code → the entry that counts now; withdrawn ones are left out."""

    def on(self, code: str, day: date) -> Product | None:
        """The product as it stands, where it is on offer on that day."""
        product = self.products.get(code.strip())
        return product if product is not None and product.valid_from <= day <= product.valid_to else None


class ProductEntered(Fact):
    """入库: the product stands in the catalogue as this entry says; an earlier entry of the same code is history."""

    TOPIC: ClassVar[str] = "product.entered"
    product: Product

    def fold(self, file: Catalogue) -> None:
        file.products = {**file.products, self.product.code: self.product}


class ProductWithdrawn(Fact):
    """下架: no new contract may name it."""

    TOPIC: ClassVar[str] = "product.withdrawn"
    product_code: str

    def fold(self, file: Catalogue) -> None:
        file.products.pop(self.product_code)


EVENTS: Final = (ProductEntered, ProductWithdrawn)


@dataclass(frozen=True, kw_only=True)
class CatalogueCommand(Command):
    """A command about one city's products."""

    city: str
    programme: str
    rehearsal: bool = False


@dataclass(frozen=True, kw_only=True)
class EnterProducts(CatalogueCommand):
    """Take these entries; all of them, or none."""

    kind: Literal["enter-products"] = "enter-products"
    products: tuple[Product, ...]


@dataclass(frozen=True, kw_only=True)
class WithdrawProduct(CatalogueCommand):
    """Take one off; ``reason`` says why."""

    kind: Literal["withdraw-product"] = "withdraw-product"
    code: str


COMMANDS: Final[Mapping[str, type[CatalogueCommand]]] = {
    "enter-products": EnterProducts,
    "withdraw-product": WithdrawProduct,
}


@rule
def product_must_be_described(product: Product) -> No | None:
    """Number, name and unit are written, and the kind of spending is a known one."""
    for text, what in ((product.code, "产品编号"), (product.name, "产品名称"), (product.unit, "计价单位")):
        if not is_plain(text):
            return No(f"产品“{product.code}”须填写{what}，首尾无空格，不含不可见字符")
    if product.kind in SPEND_KINDS:
        return None
    return No(f"产品“{product.code}”的类别“{product.kind}”不存在，应为 {'、'.join(SPEND_KINDS)}")


@rule
def product_must_have_its_prices(product: Product) -> No | None:
    """A price may be nothing (集中采购免费提供), the price it is compared with may not; neither is negative."""
    if product.price < ZERO:
        return No(f"产品“{product.code}”的报价不能为负")
    return None if product.reference > ZERO else No(f"产品“{product.code}”的参考价须大于零")


@rule
def product_must_be_valid_for_a_time(product: Product) -> No | None:
    """The last day is not before the first."""
    if product.valid_from <= product.valid_to:
        return None
    return No(f"产品“{product.code}”有效期止 {product.valid_to} 早于起 {product.valid_from}")


@rule
def product_must_suit_a_pilot_industry(industry: str, pack: Pack) -> No | None:
    """Where a product names an industry, it is one of the city's."""
    known = pack.list("selection.industries")
    if industry in known:
        return None
    return No(f"“{industry}”不是本市试点细分行业（{'、'.join(known)}）", pack.clause("selection.industries"))


@rule
def product_must_stand_once_in_an_entry(products: tuple[Product, ...]) -> No | None:
    """Of two entries of one code in one file nobody could say which counts."""
    seen: set[str] = set()
    for product in products:
        if product.code in seen:
            return No(f"产品编号“{product.code}”重复")
        seen.add(product.code)
    return None


@rule
def entry_must_say_something_new(catalogue: Catalogue, products: tuple[Product, ...]) -> No | None:
    """What stands in the catalogue just so is not entered again."""
    if any(catalogue.products.get(product.code) != product for product in products):
        return None
    return No("这些产品均已在目录中，内容相同，没有需要更新的")


@rule
def product_must_be_in_the_catalogue(catalogue: Catalogue, code: str) -> No | None:
    """Only what is there can be taken off."""
    return None if code in catalogue.products else No(f"产品目录中没有“{code}”")


@rule
def withdrawal_must_say_why(reason: str) -> No | None:
    """A provider may ask."""
    return None if reason.strip() else No("须填写下架理由")


def enter_products(catalogue: Catalogue, command: EnterProducts, papers: Papers) -> None:
    """Each entry that says something new becomes a fact; entries that change nothing leave no trace."""
    programme_must_be_the_citys(papers.pack, command.programme, rehearsal=command.rehearsal)
    product_must_stand_once_in_an_entry(command.products)
    for product in command.products:
        product_must_be_described(product)
        product_must_have_its_prices(product)
        product_must_be_valid_for_a_time(product)
        if product.industry:
            product_must_suit_a_pilot_industry(product.industry, papers.pack)
    entry_must_say_something_new(catalogue, command.products)
    for product in command.products:
        if catalogue.products.get(product.code) != product:
            catalogue.record(ProductEntered, papers, product=product)


def withdraw_product(catalogue: Catalogue, command: WithdrawProduct, papers: Papers) -> None:
    """From here on; contracts that named it stay as they are."""
    programme_must_be_the_citys(papers.pack, command.programme, rehearsal=command.rehearsal)
    withdrawal_must_say_why(command.reason)
    product_must_be_in_the_catalogue(catalogue, command.code)
    catalogue.record(ProductWithdrawn, papers, product_code=command.code)


DECISIONS: Final[Mapping[type[CatalogueCommand], Callable[[Catalogue, Any, Papers], None]]] = {
    EnterProducts: enter_products,
    WithdrawProduct: withdraw_product,
}
