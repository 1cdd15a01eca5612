"""凭证: a firm files its invoices, proofs of payment and equipment against the contract; none counts twice anywhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Literal
from uuid import UUID

from domain.case.common import step_must_be_due, words_must_be_given
from domain.case.contract import FileContract, RegisterContract
from domain.case.contract_change import ApproveContractChange, AskContractChange
from domain.case.file import Acceptance, CaseFact, CaseFile, CasePapers, Works
from domain.case.retrofit import day_must_not_lie_ahead
from domain.commands import CaseCommand
from domain.identity import credit_code_must_be_well_formed, same, tidy
from domain.money import ZERO, Money, total
from domain.policy import Pack
from domain.rules import No, rule
from domain.spend import Contract, SpendLine
from domain.vouchers import (
    Covered,
    Equipment,
    Filing,
    Invoice,
    PaymentProof,
    Use,
    Voucher,
    VoucherFreed,
    VoucherUsed,
    contract_voucher,
    spelled,
    voucher_must_not_be_used_twice,
    vouchers_of,
)

MOST: Final = 100
"""Papers in one filing: each is a stream of its own in one append, which must stay short."""
_SHA256: Final = re.compile("[0-9a-fA-F]{64}")
_DIGITAL: Final = re.compile("[0-9]{20}")
_CODE: Final = re.compile("[0-9]{10}|[0-9]{12}")
_NUMBER: Final = re.compile("[0-9]{8}")
_OPEN: Final = (
    *(Acceptance.NONE, Acceptance.AWAITING_APPLICATION, Acceptance.ASSIGNING, Acceptance.EVALUATING),
    *(Acceptance.RECTIFYING, Acceptance.RECHECKING),
)
"""Until the evaluator's figures lie before the bureau, and again while a re-check is to come."""


class VouchersFiled(CaseFact):
    """凭证已提交: what the firm shows for its spending."""

    TOPIC: ClassVar[str] = "case.vouchers-filed"
    filing: Filing

    def fold(self, file: CaseFile) -> None:
        file.filings[self.command_id] = self.filing


class VouchersStruck(CaseFact):
    """凭证已剔除: a filing counts no more, and its papers are free again."""

    TOPIC: ClassVar[str] = "case.vouchers-struck"
    filing: UUID

    def fold(self, file: CaseFile) -> None:
        file.filings.pop(self.filing, None)


EVENTS = (VouchersFiled, VouchersStruck)


@dataclass(frozen=True, kw_only=True)
class FileVouchers(CaseCommand):
    """Hand in papers for lines of the contract on file."""

    kind: Literal["file-vouchers"] = "file-vouchers"
    contract_sha256: str
    invoices: tuple[Invoice, ...] = ()
    payments: tuple[PaymentProof, ...] = ()
    equipment: tuple[Equipment, ...] = ()


@dataclass(frozen=True, kw_only=True)
class StrikeVouchers(CaseCommand):
    """Take a filing out again, a slip of the pen; ``reason`` says why."""

    kind: Literal["strike-vouchers"] = "strike-vouchers"
    filing: UUID
    """The command that filed it."""


@rule
def filing_must_hold_some_papers(papers: int) -> No | None:
    """A filing says something, and no more than one append should carry."""
    if 0 < papers <= MOST:
        return None
    return No(f"每次提交凭证 1 至 {MOST} 件，收到 {papers} 件；多的请分次提交")


@rule
def invoice_number_must_be_well_formed(code: str, number: str) -> No | None:
    """数电票: twenty digits and no code; before it: a code of ten or twelve digits and a number of eight."""
    if _DIGITAL.fullmatch(number) if not code else _CODE.fullmatch(code) and _NUMBER.fullmatch(number):
        return None
    forms = "20 位数字（数电票，不填代码），或 10、12 位代码加 8 位号码"
    return No(f"发票号码应为 {forms}；收到代码“{code}”、号码“{number}”")


@rule
def document_must_be_named_by_its_hash(sha256: str, what: str) -> No | None:
    """A paper is what its SHA-256 says: 64 hexadecimal digits."""
    return None if _SHA256.fullmatch(sha256) else No(f"{what}的文件哈希应为 SHA-256 的 64 位十六进制数，收到“{sha256}”")


@rule
def paper_must_fall_on_lines_of_the_contract(lines: Sequence[int], known: int, what: str) -> No | None:
    """Whatever is shown is shown for lines that the contract on file has, each named once."""
    if not lines:
        return No(f"{what}须写明对应合同的哪一行")
    for place, line in enumerate(lines):
        if not 1 <= line <= known:
            return No(f"{what}所写的第 {line} 行不在备案合同的 {known} 行之内")
        if line in lines[:place]:
            return No(f"{what}把第 {line} 行写了两遍")
    return None


@rule
def paper_must_carry_what_it_covers(amount: Money, covers: tuple[Covered, ...], what: str) -> No | None:
    """Amounts are above zero, and what falls on the lines adds up to no more than the paper."""
    if amount <= ZERO or any(part.amount <= ZERO for part in covers):
        return No(f"{what}及其分到各行的金额须大于零")
    shared = total(part.amount for part in covers)
    return None if shared <= amount else No(f"{what}金额 {amount} 元，分到各行的合计 {shared} 元，超出票面")


@rule
def payer_must_be_the_firm(case: CaseFile, payer: str) -> No | None:
    """Only what the firm itself has paid is the firm's spending."""
    return None if same(payer) == same(case.firm) else No(f"付款账户名称“{payer}”与企业名称“{case.firm}”不一致")


@rule
def filing_must_be_on_file(case: CaseFile, filing: UUID) -> No | None:
    """What is struck was filed, and is struck once."""
    return None if filing in case.filings else No(f"本案没有提交号为 {filing} 的凭证")


@rule
def verified_spend_must_rest_on_vouchers(case: CaseFile, verified: tuple[SpendLine, ...], pack: Pack) -> No | None:
    """Where the city goes by vouchers, a line is verified no further than its invoices and its payments both reach."""
    if not pack.has("payout.vouchers") or not pack.flag("payout.vouchers"):
        return None
    for kind, what in dict.fromkeys(_line(line) for line in verified):
        claimed = total(line.amount for line in verified if _line(line) == (kind, what))
        invoiced, paid = covered(case, kind, what)
        if claimed > min(invoiced, paid):
            return No(
                f"核实支出“{what}”{claimed} 元，凭证不足：发票 {invoiced} 元，付款凭证 {paid} 元",
                pack.clause("payout.vouchers"),
            )
    return None


def covered(case: CaseFile, kind: str, what: str) -> tuple[Money, Money]:
    """What invoices and what payments on file reach for one thing bought, in that order."""
    held = case.filings.values()
    invoiced = total(_reach(filing, filing.invoices, kind, what) for filing in held)
    return invoiced, total(_reach(filing, filing.payments, kind, what) for filing in held)


def _reach(filing: Filing, papers: Sequence[Invoice | PaymentProof], kind: str, what: str) -> Money:
    parts = (part for paper in papers for part in paper.covers)
    return total(part.amount for part in parts if _line(filing.contract.lines[part.line - 1]) == (kind, what))


def _line(line: SpendLine) -> tuple[str, str]:
    """A line as it is told from others: by kind and name, so that a changed contract keeps what was paid for."""
    return line.kind, same(line.what)


def looked_up(case: CaseFile, command: CaseCommand) -> tuple[Voucher, ...]:
    """The vouchers whose registers must lie on the desk."""
    world = case.programme if case.rehearsal else ""
    signed = _signed(case, command)
    if signed is not None:
        return (contract_voucher(signed, world),)
    filing = None
    if isinstance(command, FileVouchers):
        filing = _filing(case, command)
    elif isinstance(command, StrikeVouchers):
        filing = case.filings.get(command.filing)
    return tuple(vouchers_of(filing, world)) if filing is not None else ()


def _signed(case: CaseFile, command: CaseCommand) -> Contract | None:
    """The contract that the command hands in, or puts on file."""
    if isinstance(command, FileContract | AskContractChange):
        return command.contract
    if isinstance(command, RegisterContract):
        return case.contract
    return case.contract_change if isinstance(command, ApproveContractChange) else None


def _filing(case: CaseFile, command: FileVouchers) -> Filing | None:
    if case.contract is None:
        return None
    return Filing(case.contract, command.contract_sha256, command.invoices, command.payments, command.equipment)


def _check(case: CaseFile, filing: Filing, papers: CasePapers) -> None:
    known = len(filing.contract.lines)
    filing_must_hold_some_papers(len(filing.invoices) + len(filing.payments) + len(filing.equipment))
    document_must_be_named_by_its_hash(filing.contract_sha256, "合同")
    for invoice in filing.invoices:
        code, number = spelled(invoice.code), spelled(invoice.number)
        invoice_number_must_be_well_formed(code, number)
        credit_code_must_be_well_formed(tidy(invoice.seller))
        day_must_not_lie_ahead(invoice.issued, papers.today)
        _check_paper(f"发票 {number} ", invoice, known)
    for payment in filing.payments:
        words_must_be_given(spelled(payment.number), "付款凭证号")
        payer_must_be_the_firm(case, payment.payer)
        day_must_not_lie_ahead(payment.paid_on, papers.today)
        _check_paper(f"付款凭证 {spelled(payment.number)} ", payment, known)
    for one in filing.equipment:
        words_must_be_given(spelled(one.serial), "设备序列号")
        document_must_be_named_by_its_hash(one.sha256, f"设备 {one.serial} ")
        paper_must_fall_on_lines_of_the_contract((one.line,), known, f"设备 {one.serial} ")


def _check_paper(what: str, paper: Invoice | PaymentProof, known: int) -> None:
    document_must_be_named_by_its_hash(paper.sha256, what)
    paper_must_fall_on_lines_of_the_contract([part.line for part in paper.covers], known, what)
    paper_must_carry_what_it_covers(paper.amount, paper.covers, what)


def file_vouchers(case: CaseFile, command: FileVouchers, papers: CasePapers) -> None:
    """Checked one by one, and entered in the installation's register in the same append."""
    step_must_be_due(case.works, Works.UNDER_WAY, Works.DONE)
    step_must_be_due(case.acceptance, *_OPEN)
    filing = _filing(case, command)
    assert filing is not None
    _check(case, filing, papers)
    case.record(VouchersFiled, papers, clauses=(papers.pack.clause("payout.vouchers"),), filing=filing)
    for voucher in looked_up(case, command):
        held = papers.vouchers[voucher.id]
        if voucher.paper == "contract" and held.used is not None and held.used.case == case.id:
            continue  # one contract, several filings
        named = "、".join(f"第 {line} 行“{filing.contract.lines[line - 1].what}”" for line in voucher.lines)
        here = Use(case.id, papers.pack.name, case.firm, case.batch_code, named or "全部价格行")
        voucher_must_not_be_used_twice(voucher, held, here)
        held.record(VoucherUsed, papers, paper=voucher.paper, voucher_number=voucher.number, use=here)


def strike_vouchers(case: CaseFile, command: StrikeVouchers, papers: CasePapers) -> None:
    """The papers of one filing are free again; the contract stays this case's."""
    step_must_be_due(case.acceptance, *_OPEN)
    filing_must_be_on_file(case, command.filing)
    words_must_be_given(command.reason, "剔除的理由")
    struck = looked_up(case, command)
    case.record(VouchersStruck, papers, filing=command.filing)
    for voucher in struck:
        if voucher.paper != "contract":
            papers.vouchers[voucher.id].record(VoucherFreed, papers, paper=voucher.paper, voucher_number=voucher.number)


DECISIONS = {FileVouchers: file_vouchers, StrikeVouchers: strike_vouchers}
