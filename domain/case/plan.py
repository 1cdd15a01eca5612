"""方案: how a firm is to be retrofitted, by whom and for what; reviewed before anything is signed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from domain.case.common import institution_must_be_plainly_named, step_must_be_due, words_must_be_given
from domain.case.file import CaseFact, CaseFile, CasePapers, Works
from domain.case.supply import may_sign, provider_must_be_in_the_pool
from domain.commands import CaseCommand
from domain.fund.appropriation import amount_must_be_positive
from domain.identity import trading_name
from domain.money import Money
from domain.policy import Pack
from domain.rules import No, rule


class PlanFiled(CaseFact):
    """方案: how the firm will be retrofitted, and by whom."""

    TOPIC: ClassVar[str] = "case.plan-filed"
    BEGINS_ANEW: ClassVar[str] = "contract_review"  # a plan with another provider may come while a contract is reviewed
    provider: str
    price: Money

    def fold(self, file: CaseFile) -> None:
        file.provider = self.provider
        file.planned_price = self.price
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


EVENTS = (PlanFiled, PlanPassed, PlanReturned)


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


@rule
def provider_must_not_be_the_firm_itself(case: CaseFile, provider: str) -> No | None:
    """A firm cannot sell the retrofit to itself."""
    own = trading_name(provider) in map(trading_name, (case.credit_code, case.firm))
    return No("服务商不能是企业自身") if own else None


@rule
def reviewer_must_be_the_supervisor_where_there_is_one(command: CaseCommand, pack: Pack) -> No | None:
    """Where the city has a supervisor (监理), plan and contract are the supervisor's to review; else the bureau's."""
    supervised = pack.flag("contract.supervised")
    is_supervisor = command.by.role == "supervisor"
    if supervised == is_supervisor:
        return None
    who = "监理" if supervised else "市局（本市未设监理）"
    return No(f"方案与合同应由{who}审核", pack.clause("contract.supervised"))


def file_plan(case: CaseFile, command: FilePlan, papers: CasePapers) -> None:
    """To the reviewer; once more before a contract is handed in, for one that costs more must rest on another plan.

    Where the provider of the plan may not sign any longer, also until the contract is on file.
    """
    again = () if may_sign(papers, case.provider) else (Works.REGISTERING,)
    step_must_be_due(case.works, Works.PLANNING, Works.CONTRACTING, *again)
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


DECISIONS = {FilePlan: file_plan, PassPlan: pass_plan, ReturnPlan: return_plan}
