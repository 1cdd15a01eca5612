"""合同: the contract is reviewed and put on file; what is on file can be subsidised, and no more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

from domain.case.common import hand_must_differ, step_must_be_due, words_must_be_given
from domain.case.file import CaseFact, CaseFile, CasePapers, Stage, Works
from domain.case.plan import (
    provider_must_not_be_the_firm_itself,
    reviewer_must_be_the_supervisor_where_there_is_one,
)
from domain.case.supply import (
    Comparison,
    NamedProduct,
    compared,
    engage,
    note_prices,
    provider_must_be_in_the_pool,
)
from domain.commands import CaseCommand
from domain.money import ZERO, total
from domain.policy import SPEND_KINDS, Pack
from domain.rules import No, rule
from domain.spend import Contract
from domain.vouchers import Use, VoucherUsed, contract_voucher, voucher_must_not_be_used_twice


class ContractFiled(CaseFact):
    """The signed contract lies before the reviewers."""

    TOPIC: ClassVar[str] = "case.contract-filed"
    contract: Contract

    def fold(self, file: CaseFile) -> None:
        file.contract = self.contract
        file.provider = self.contract.provider
        file.works = Works.CONTRACT_REVIEW


class ContractPassed(CaseFact):
    """审核通过: terms and prices are in order."""

    TOPIC: ClassVar[str] = "case.contract-passed"

    def fold(self, file: CaseFile) -> None:
        file.works = Works.REGISTERING
        file.sign("contract review", self.by.id)


class ContractReturned(CaseFact):
    """The contract must be changed."""

    TOPIC: ClassVar[str] = "case.contract-returned"

    def fold(self, file: CaseFile) -> None:
        file.works = Works.CONTRACTING


class ContractRegistered(CaseFact):
    """合同备案: this version counts for the subsidy; works begin."""

    TOPIC: ClassVar[str] = "case.contract-registered"
    ENTERS: ClassVar[Stage | None] = Stage.RETROFIT

    def fold(self, file: CaseFile) -> None:
        file.works = Works.UNDER_WAY
        file.retrofitters = (*file.retrofitters, file.provider)


EVENTS = (ContractFiled, ContractPassed, ContractReturned, ContractRegistered)


@dataclass(frozen=True, kw_only=True)
class FileContract(CaseCommand):
    """Hand in the signed contract; where lines buy products of the catalogue, which."""

    kind: Literal["file-contract"] = "file-contract"
    contract: Contract
    products: tuple[NamedProduct, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PassContract(CaseCommand):
    """The contract is in order."""

    kind: Literal["pass-contract"] = "pass-contract"


@dataclass(frozen=True, kw_only=True)
class ReturnContract(CaseCommand):
    """Send the contract back; ``reason`` says why."""

    kind: Literal["return-contract"] = "return-contract"


@dataclass(frozen=True, kw_only=True)
class RegisterContract(CaseCommand):
    """Put the contract on file."""

    kind: Literal["register-contract"] = "register-contract"


@rule
def contract_must_be_signed_within_the_pilot(signed: date, today: date, pack: Pack) -> No | None:
    """Only a contract signed in the pilot period, and not after the day it is handed in, counts."""
    first, last = pack.day("contract.not_before"), pack.day("contract.not_after")
    if signed > today:
        return No(f"合同签订日 {signed} 晚于提交日 {today}")
    if first <= signed <= last:
        return None
    passed = "contract.not_before" if signed < first else "contract.not_after"
    return No(f"合同签订日 {signed} 不在试点期 {first} 至 {last} 内", pack.clause(passed))


@rule
def contract_must_add_up(contract: Contract) -> No | None:
    """The total is the sum of its price lines, to the fen; every line is positive and of a known kind."""
    if not contract.lines:
        return No("合同须逐项列明价格行")
    for line in contract.lines:
        if line.amount <= ZERO:
            return No(f"价格行“{line.what}”金额须大于零")
        if line.kind not in SPEND_KINDS:
            return No(f"价格行“{line.what}”的支出类别“{line.kind}”不存在，应为 {'、'.join(SPEND_KINDS)}")
    added = total(line.amount for line in contract.lines)
    if added != contract.total:
        return No(f"合同总价 {contract.total} 元与价格行合计 {added} 元不一致")
    return None


@rule
def contract_must_follow_the_plan(case: CaseFile, contract: Contract) -> No | None:
    """The provider is the one whose plan was reviewed."""
    if contract.provider == case.provider:
        return None
    return No(f"合同服务商“{contract.provider}”与已审方案的服务商“{case.provider}”不一致")


@rule
def contract_must_not_cost_more_than_the_plan(case: CaseFile, contract: Contract, pack: Pack) -> No | None:
    """Whoever passed the plan has found its price reasonable, and no higher one."""
    if contract.total <= case.planned_price:
        return None
    return No(
        f"合同总价 {contract.total.grouped()} 元高于已审方案的报价 {case.planned_price.grouped()} 元；"
        "价格须随方案一并审核，签订更高价格须先重新提交方案",
        pack.clause("contract.reviews") or pack.clause("contract.supervised"),
    )


def checked(
    case: CaseFile, contract: Contract, products: tuple[NamedProduct, ...], papers: CasePapers
) -> tuple[Comparison, ...]:
    """All that makes a contract count, and its prices beside their references. Raises Rejection, or OpenQuestion."""
    words_must_be_given(contract.number, "合同编号")
    contract_must_be_signed_within_the_pilot(contract.signed, papers.today, papers.pack)
    contract_must_add_up(contract)
    contract_must_not_cost_more_than_the_plan(case, contract, papers.pack)
    provider_must_not_be_the_firm_itself(case, contract.provider)
    provider_must_be_in_the_pool(papers, contract.provider)
    number_must_be_free(case, contract, papers)
    return compared(contract, products, papers)


def number_must_be_free(case: CaseFile, contract: Contract, papers: CasePapers, *, takes_it: bool = False) -> None:
    """No other firm has this contract of this provider; put on file, it is this case's from here on.

    Raises Rejection where another has. Cases whose contract was on file before it was entered here enter it with their
    first vouchers.
    """
    voucher = contract_voucher(contract, case.programme if case.rehearsal else "")
    held = papers.vouchers[voucher.id]
    if held.used is not None and held.used.case == case.id:
        return
    here = Use(case.id, papers.pack.name, case.firm, case.batch_code, "全部价格行")
    voucher_must_not_be_used_twice(voucher, held, here)
    if takes_it:
        held.record(VoucherUsed, papers, paper=voucher.paper, voucher_number=voucher.number, use=here)


def file_contract(case: CaseFile, command: FileContract, papers: CasePapers) -> None:
    """All that makes a contract count is checked before anyone reads it."""
    step_must_be_due(case.works, Works.CONTRACTING)
    prices = checked(case, command.contract, command.products, papers)
    contract_must_follow_the_plan(case, command.contract)
    case.record(ContractFiled, papers, clauses=(papers.pack.clause("contract.not_after"),), contract=command.contract)
    note_prices(case, prices, papers)


def pass_contract(case: CaseFile, command: PassContract, papers: CasePapers) -> None:
    """To registration."""
    step_must_be_due(case.works, Works.CONTRACT_REVIEW)
    reviewer_must_be_the_supervisor_where_there_is_one(command, papers.pack)
    provider_must_be_in_the_pool(papers, case.provider)
    case.record(ContractPassed, papers, clauses=(papers.pack.clause("contract.supervised"),))


def return_contract(case: CaseFile, command: ReturnContract, papers: CasePapers) -> None:
    """Back to the firm."""
    step_must_be_due(case.works, Works.CONTRACT_REVIEW)
    reviewer_must_be_the_supervisor_where_there_is_one(command, papers.pack)
    words_must_be_given(command.reason, "退回理由")
    case.record(ContractReturned, papers)


def register_contract(case: CaseFile, command: RegisterContract, papers: CasePapers) -> None:
    """By another hand than the review's; works begin."""
    step_must_be_due(case.works, Works.REGISTERING)
    hand_must_differ(case, command.by, "contract review")
    provider_must_be_in_the_pool(papers, case.provider)
    assert case.contract is not None
    number_must_be_free(case, case.contract, papers, takes_it=True)
    case.record(ContractRegistered, papers, clauses=(papers.pack.clause("contract.not_after"),))
    engage(case, case.contract, papers)


DECISIONS = {
    FileContract: file_contract,
    PassContract: pass_contract,
    ReturnContract: return_contract,
    RegisterContract: register_contract,
}
