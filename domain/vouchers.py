"""凭证: invoices, proofs of payment, contracts and equipment by their numbers, and who has used each of them.

One stream a voucher, whatever firm or city it comes from: the second use of it meets the first one there.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final, Literal
from uuid import UUID

from domain.identity import same, voucher_id
from domain.money import Money
from domain.record import Fact, File
from domain.rules import No, rule
from domain.spend import Contract

PAPERS: Final[Mapping[str, str]] = {
    "contract": "合同",
    "equipment": "设备序列号",
    "invoice": "发票",
    "payment": "付款凭证",
}
TAXES: Final[Mapping[str, str]] = {"included": "含税", "excluded": "不含税"}
_MINUS: Final = "\u2212"


@dataclass(frozen=True)
class Covered:
    """What of a paper falls on one line of the contract, counted from 1."""

    line: int
    amount: Money


@dataclass(frozen=True)
class Invoice:
    """发票."""

    code: str
    """发票代码 of ten or twelve digits; empty for a 数电票, whose number of twenty digits says all."""
    number: str
    amount: Money
    tax: Literal["included", "excluded"]
    """Whether the amount is with or without tax; as given, never worked out."""
    issued: date
    seller: str
    """统一社会信用代码 of the seller."""
    sha256: str
    """Hash of the document."""
    covers: tuple[Covered, ...]


@dataclass(frozen=True)
class PaymentProof:
    """付款凭证, 银行回单."""

    number: str
    amount: Money
    paid_on: date
    payer: str
    """The account's name."""
    sha256: str
    covers: tuple[Covered, ...]


@dataclass(frozen=True)
class Equipment:
    """设备: by the serial number on it."""

    serial: str
    line: int
    sha256: str
    """Of its photograph or delivery note."""


@dataclass(frozen=True)
class Filing:
    """What a firm hands in at once, against the lines of the contract that is on file."""

    contract: Contract
    contract_sha256: str
    invoices: tuple[Invoice, ...]
    payments: tuple[PaymentProof, ...]
    equipment: tuple[Equipment, ...]


@dataclass(frozen=True)
class Voucher:
    """One paper of a filing as the register knows it."""

    id: UUID
    paper: str
    number: str
    """In the spelling in which it is compared."""
    lines: tuple[int, ...]
    """The lines of the contract it stands for; none where it stands for all of it."""


@dataclass(frozen=True)
class Use:
    """Where a voucher is used."""

    case: UUID
    city_name: str
    firm: str
    batch: str
    lines: str

    def __str__(self) -> str:
        return f"{self.city_name}“{self.firm}”第{self.batch}批{self.lines}"


class VoucherRegister(File):
    """One voucher's uses in the whole installation; a rehearsal's vouchers lie in a world of their own."""

    def blank(self) -> None:
        self.used: Use | None = None


class VoucherUsed(Fact):
    """The voucher stands for money of this firm, and of nobody else. Written in the append of the filing."""

    TOPIC: ClassVar[str] = "voucher.used"
    paper: str
    voucher_number: str
    use: Use

    def fold(self, file: VoucherRegister) -> None:
        file.used = self.use


class VoucherFreed(Fact):
    """The filing it came with was struck; whoever it belongs to may file it."""

    TOPIC: ClassVar[str] = "voucher.freed"
    paper: str
    voucher_number: str

    def fold(self, file: VoucherRegister) -> None:
        file.used = None


EVENTS = (VoucherUsed, VoucherFreed)


def spelled(number: str) -> str:
    """A number as it is compared: full width, blanks, hyphens, lower case and unseen characters make no other."""
    folded = unicodedata.normalize("NFKC", number).upper()
    skipped = ("Pd", "Cf")
    return "".join(ch for ch in folded if not ch.isspace() and ch != _MINUS and unicodedata.category(ch) not in skipped)


def contract_voucher(contract: Contract, world: str) -> Voucher:
    """A contract as the register knows it: by its number and its provider."""
    number = spelled(contract.number)
    return Voucher(voucher_id(world, "contract", number, same(contract.provider)), "contract", number, ())


@rule
def voucher_must_not_be_used_twice(voucher: Voucher, held: VoucherRegister, here: Use) -> No | None:
    """One invoice, payment, contract or piece of equipment stands for public money once in the whole installation."""
    if held.used is None:
        return None
    return No(f"{PAPERS[voucher.paper]} {voucher.number} 已用于{held.used}，不能再用于{here}")


def vouchers_of(filing: Filing, world: str) -> Iterator[Voucher]:
    """Every paper of a filing, the contract first. ``world`` is empty in earnest, a rehearsal's programme in play.

    A contract's number is its parties' own, so it is known together with the provider, and a bank slip's together with
    the account.
    """
    yield contract_voucher(filing.contract, world)
    for invoice in filing.invoices:
        number = spelled(invoice.code) + spelled(invoice.number)
        key = voucher_id(world, "invoice", spelled(invoice.code), spelled(invoice.number))
        yield Voucher(key, "invoice", number, tuple(part.line for part in invoice.covers))
    for payment in filing.payments:
        number = spelled(payment.number)
        lines = tuple(part.line for part in payment.covers)
        yield Voucher(voucher_id(world, "payment", number, same(payment.payer)), "payment", number, lines)
    for one in filing.equipment:
        number = spelled(one.serial)
        yield Voucher(voucher_id(world, "equipment", number), "equipment", number, (one.line,))
