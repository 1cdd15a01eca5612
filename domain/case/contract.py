"""合同: the plan and the contract are reviewed and put on file; what is on file can be subsidised, and no more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

from domain.case.common import (
    hand_must_differ,
    institution_must_be_plainly_named,
    step_must_be_due,
    words_must_be_given,
)
from domain.case.file import CaseFact, CaseFile, CasePapers, Stage, Works
from domain.case.supply import (
    Comparison,
    NamedProduct,
    compared,
    engage,
    may_sign,
    note_prices,
    provider_must_be_in_the_pool,
)
from domain.commands import CaseCommand
from domain.fund.appropriation import amount_must_be_positive
from domain.identity import same
from domain.money import ZERO, Money, total
from domain.policy import SPEND_KINDS, Pack
from domain.rules import No, rule
from domain.spend import Contract


class PlanFiled(CaseFact):
    """方案: how the firm will be retrofitted, and by whom."""

    TOPIC: ClassVar[str] = "case.plan-filed"
    provider: str
    price: Money

    def fold(self, file: CaseFile) -> None:
        file.provider = self.provider
        file.works = Works.PLAN_REVIEW


class PlanPassed(CaseFact):
    """The plan is sound and its price reasonable."""

    TOPIC: ClassVar[str] = "case.plan-passed"

    def fold(self, file: CaseFile) -> None:
        file.works = Works.CONTRACTING
        file.sign("plan review", self.by.id)


class PlanReturned(CaseFact):
    """The plan must be changed."""

    TOPIC: ClassVar[str] = "case.plan-returned"

    def fold(self, file: CaseFile) -> None:
        file.works = Works.PLANNING


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


class ContractChangeAsked(CaseFact):
    """合同变更: the parties want another version while works go on."""

    TOPIC: ClassVar[str] = "case.contract-change-asked"
    contract: Contract

    def fold(self, file: CaseFile) -> None:
        file.contract_change = self.contract


class ContractChanged(CaseFact):
    """The new version counts from here on; the old one stays in the record."""

    TOPIC: ClassVar[str] = "case.contract-changed"
    contract: Contract

    def fold(self, file: CaseFile) -> None:
        file.contract = self.contract
        file.provider = self.contract.provider
        file.retrofitters = (*file.retrofitters, self.contract.provider)
        file.contract_change = None
        file.contract_changes += 1


class ContractChangeDeclined(CaseFact):
    """The registered version stays."""

    TOPIC: ClassVar[str] = "case.contract-change-declined"

    def fold(self, file: CaseFile) -> None:
        file.contract_change = None


EVENTS = (
    PlanFiled,
    PlanPassed,
    PlanReturned,
    ContractFiled,
    ContractPassed,
    ContractReturned,
    ContractRegistered,
    ContractChangeAsked,
    ContractChanged,
    ContractChangeDeclined,
)


@dataclass(frozen=True, kw_only=True)
class FilePlan(CaseCommand):
    """Hand in the plan with its provider and price."""

    kind: Literal["file-plan"] = "file-plan"
    provider: str
    price: Money


@dataclass(frozen=True, kw_only=True)
class PassPlan(CaseCommand):
    """The plan is sound."""

    kind: Literal["pass-plan"] = "pass-plan"


@dataclass(frozen=True, kw_only=True)
class ReturnPlan(CaseCommand):
    """Send the plan back; ``reason`` says why."""

    kind: Literal["return-plan"] = "return-plan"


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


@dataclass(frozen=True, kw_only=True)
class AskContractChange(CaseCommand):
    """Ask for another version; ``reason`` says why."""

    kind: Literal["ask-contract-change"] = "ask-contract-change"
    contract: Contract
    products: tuple[NamedProduct, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ApproveContractChange(CaseCommand):
    """Let the new version count."""

    kind: Literal["approve-contract-change"] = "approve-contract-change"


@dataclass(frozen=True, kw_only=True)
class DeclineContractChange(CaseCommand):
    """Keep the registered version; ``reason`` says why."""

    kind: Literal["decline-contract-change"] = "decline-contract-change"


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
def provider_must_not_be_the_firm_itself(case: CaseFile, provider: str) -> No | None:
    """A firm cannot sell the retrofit to itself."""
    return No("服务商不能是企业自身") if same(provider) in (same(case.credit_code), same(case.firm)) else None


@rule
def contract_must_follow_the_plan(case: CaseFile, contract: Contract) -> No | None:
    """The provider is the one whose plan was reviewed."""
    if contract.provider == case.provider:
        return None
    return No(f"合同服务商“{contract.provider}”与已审方案的服务商“{case.provider}”不一致")


@rule
def reviewer_must_be_the_supervisor_where_there_is_one(command: CaseCommand, pack: Pack) -> No | None:
    """Where the city has a supervisor (监理), plan and contract are the supervisor's to review; else the bureau's."""
    supervised = pack.flag("contract.supervised")
    is_supervisor = command.by.role == "supervisor"
    if supervised == is_supervisor:
        return None
    who = "监理" if supervised else "市局（本市未设监理）"
    return No(f"方案与合同应由{who}审核", pack.clause("contract.supervised"))


@rule
def changes_must_stay_within_the_limit(case: CaseFile, pack: Pack) -> No | None:
    """A contract is changed a limited number of times."""
    most = pack.count("contract.max_changes")
    if case.contract_changes < most:
        return None
    return No(f"合同已变更 {case.contract_changes} 次，上限 {most} 次", pack.clause("contract.max_changes"))


@rule
def there_must_be_a_change_to_decide(case: CaseFile) -> No | None:
    """The bureau answers a change that was asked for."""
    return None if case.contract_change is not None else No("没有待审批的合同变更")


@rule
def one_change_at_a_time(case: CaseFile) -> No | None:
    """The next change is asked for when the last is decided."""
    return No("上一次合同变更尚未审批") if case.contract_change is not None else None


def _check(
    case: CaseFile, contract: Contract, products: tuple[NamedProduct, ...], papers: CasePapers
) -> tuple[Comparison, ...]:
    words_must_be_given(contract.number, "合同编号")
    contract_must_be_signed_within_the_pilot(contract.signed, papers.today, papers.pack)
    contract_must_add_up(contract)
    provider_must_not_be_the_firm_itself(case, contract.provider)
    provider_must_be_in_the_pool(papers, contract.provider)
    return compared(contract, products, papers)


def file_plan(case: CaseFile, command: FilePlan, papers: CasePapers) -> None:
    """To the reviewer; once more, with another provider, where the one of the plan may not sign any longer."""
    again = () if may_sign(papers, case.provider) else (Works.CONTRACTING, Works.REGISTERING)
    step_must_be_due(case.works, Works.PLANNING, *again)
    institution_must_be_plainly_named(command.provider)
    amount_must_be_positive(command.price)
    provider_must_not_be_the_firm_itself(case, command.provider)
    provider_must_be_in_the_pool(papers, command.provider)
    case.record(PlanFiled, papers, provider=command.provider, price=command.price)


def pass_plan(case: CaseFile, command: PassPlan, papers: CasePapers) -> None:
    """The firm may sign."""
    step_must_be_due(case.works, Works.PLAN_REVIEW)
    reviewer_must_be_the_supervisor_where_there_is_one(command, papers.pack)
    case.record(PlanPassed, papers, clauses=(papers.pack.clause("contract.supervised"),))


def return_plan(case: CaseFile, command: ReturnPlan, papers: CasePapers) -> None:
    """Back to the firm."""
    step_must_be_due(case.works, Works.PLAN_REVIEW)
    reviewer_must_be_the_supervisor_where_there_is_one(command, papers.pack)
    words_must_be_given(command.reason, "退回理由")
    case.record(PlanReturned, papers)


def file_contract(case: CaseFile, command: FileContract, papers: CasePapers) -> None:
    """All that makes a contract count is checked before anyone reads it."""
    step_must_be_due(case.works, Works.CONTRACTING)
    prices = _check(case, command.contract, command.products, papers)
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
    case.record(ContractRegistered, papers, clauses=(papers.pack.clause("contract.not_after"),))
    assert case.contract is not None
    engage(case, case.contract, papers)


def ask_contract_change(case: CaseFile, command: AskContractChange, papers: CasePapers) -> None:
    """All guards of a contract hold for its next version too."""
    step_must_be_due(case.works, Works.UNDER_WAY)
    one_change_at_a_time(case)
    changes_must_stay_within_the_limit(case, papers.pack)
    words_must_be_given(command.reason, "变更理由")
    prices = _check(case, command.contract, command.products, papers)
    case.record(ContractChangeAsked, papers, contract=command.contract)
    note_prices(case, prices, papers)


def approve_contract_change(case: CaseFile, command: ApproveContractChange, papers: CasePapers) -> None:
    """The new version counts."""
    step_must_be_due(case.works, Works.UNDER_WAY)
    there_must_be_a_change_to_decide(case)
    change = case.contract_change
    assert change is not None
    provider_must_be_in_the_pool(papers, change.provider)
    case.record(ContractChanged, papers, clauses=(papers.pack.clause("contract.not_after"),), contract=change)
    engage(case, change, papers)


def providers_named(case: CaseFile, command: CaseCommand) -> tuple[str, ...]:
    """Whose files must lie on the desk: the case's provider, and the one that a plan or a contract names."""
    named = [case.provider]
    match command:
        case FilePlan():
            named.append(command.provider)
        case FileContract() | AskContractChange():
            named.append(command.contract.provider)
        case ApproveContractChange() if case.contract_change is not None:
            named.append(case.contract_change.provider)
    return tuple(word for word in named if word)


def decline_contract_change(case: CaseFile, command: DeclineContractChange, papers: CasePapers) -> None:
    """The old version stays."""
    there_must_be_a_change_to_decide(case)
    words_must_be_given(command.reason, "不同意的理由")
    case.record(ContractChangeDeclined, papers)


MEETS_THE_POOL = (FilePlan, FileContract, PassContract, RegisterContract, AskContractChange, ApproveContractChange)
"""Commands that are decided with the pool, its providers and the catalogue on the desk."""

DECISIONS = {
    FilePlan: file_plan,
    PassPlan: pass_plan,
    ReturnPlan: return_plan,
    FileContract: file_contract,
    PassContract: pass_contract,
    ReturnContract: return_contract,
    RegisterContract: register_contract,
    AskContractChange: ask_contract_change,
    ApproveContractChange: approve_contract_change,
    DeclineContractChange: decline_contract_change,
}
