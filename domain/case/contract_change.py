"""合同变更: while works go on the parties want another version; all guards of a contract hold for it too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from domain.case.common import step_must_be_due, words_must_be_given
from domain.case.contract import checked, number_must_be_free
from domain.case.file import CaseFact, CaseFile, CasePapers, Works
from domain.case.supply import NamedProduct, engage, note_prices, provider_must_be_in_the_pool
from domain.commands import CaseCommand
from domain.policy import Pack
from domain.rules import No, rule
from domain.spend import Contract


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
        file.provider_alarm = ""  # a provider that is out signs no other version


class ContractChangeDeclined(CaseFact):
    """The registered version stays."""

    TOPIC: ClassVar[str] = "case.contract-change-declined"

    def fold(self, file: CaseFile) -> None:
        file.contract_change = None


EVENTS = (ContractChangeAsked, ContractChanged, ContractChangeDeclined)


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


def ask_contract_change(case: CaseFile, command: AskContractChange, papers: CasePapers) -> None:
    """All guards of a contract hold for its next version too."""
    step_must_be_due(case.works, Works.UNDER_WAY)
    one_change_at_a_time(case)
    changes_must_stay_within_the_limit(case, papers.pack)
    words_must_be_given(command.reason, "变更理由")
    prices = checked(case, command.contract, command.products, papers)
    case.record(ContractChangeAsked, papers, contract=command.contract)
    note_prices(case, prices, papers)


def approve_contract_change(case: CaseFile, command: ApproveContractChange, papers: CasePapers) -> None:
    """The new version counts."""
    step_must_be_due(case.works, Works.UNDER_WAY)
    there_must_be_a_change_to_decide(case)
    change = case.contract_change
    assert change is not None
    provider_must_be_in_the_pool(papers, change.provider)
    number_must_be_free(case, change, papers, takes_it=True)
    case.record(ContractChanged, papers, clauses=(papers.pack.clause("contract.not_after"),), contract=change)
    engage(case, change, papers)


def decline_contract_change(case: CaseFile, command: DeclineContractChange, papers: CasePapers) -> None:
    """The old version stays."""
    there_must_be_a_change_to_decide(case)
    words_must_be_given(command.reason, "不同意的理由")
    case.record(ContractChangeDeclined, papers)


DECISIONS = {
    AskContractChange: ask_contract_change,
    ApproveContractChange: approve_contract_change,
    DeclineContractChange: decline_contract_change,
}
