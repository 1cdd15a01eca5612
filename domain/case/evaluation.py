"""评测: an independent institution is sent, goes on site with two people, and states level and verified spend."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

from domain.case.common import institution_must_be_plainly_named, step_must_be_due, words_must_be_given
from domain.case.file import Acceptance, CaseFact, CaseFile, CasePapers, Stage
from domain.case.level import file_answers, note_a_fall
from domain.case.vouchers import verified_spend_must_rest_on_vouchers
from domain.commands import CaseCommand
from domain.identity import trading_name
from domain.money import Money, total
from domain.policy import Pack
from domain.rules import No, rule
from domain.spend import SpendLine
from domain.standard import Answers, Grade, grade_must_be_within_the_scale


class AcceptanceApplied(CaseFact):
    """验收申请, with its documents."""

    TOPIC: ClassVar[str] = "case.acceptance-applied"
    documents: tuple[str, ...]

    def fold(self, file: CaseFile) -> None:
        file.acceptance = Acceptance.ASSIGNING
        file.acceptance_applied_at = self.timestamp


class EvaluatorAssigned(CaseFact):
    """An institution that has no part in the case was sent."""

    TOPIC: ClassVar[str] = "case.evaluator-assigned"
    evaluator: str

    def fold(self, file: CaseFile) -> None:
        file.evaluator = self.evaluator
        file.acceptance = Acceptance.EVALUATING


class EvaluationFiled(CaseFact):
    """评测报告: the level after the retrofit, and the spend that was verified against papers."""

    TOPIC: ClassVar[str] = "case.evaluation-filed"
    BESIDE: ClassVar[str] = "second_evaluator"
    ENTERS: ClassVar[Stage | None] = Stage.ACCEPTANCE
    grade: Grade
    verified: tuple[SpendLine, ...]
    second_evaluator: str
    report: str

    def fold(self, file: CaseFile) -> None:
        file.grade = self.grade
        file.verified = self.verified
        file.level_override = None
        file.acceptance = Acceptance.DECIDING
        file.sign("evaluate", self.by.id)
        file.sign("evaluate second", self.second_evaluator)


EVENTS = (AcceptanceApplied, EvaluatorAssigned, EvaluationFiled)


@dataclass(frozen=True, kw_only=True)
class ApplyForAcceptance(CaseCommand):
    """Ask for evaluation and acceptance."""

    kind: Literal["apply-for-acceptance"] = "apply-for-acceptance"
    documents: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class AssignEvaluator(CaseCommand):
    """Send an institution."""

    kind: Literal["assign-evaluator"] = "assign-evaluator"
    evaluator: str


@dataclass(frozen=True, kw_only=True)
class FileEvaluation(CaseCommand):
    """Hand in the report."""

    kind: Literal["file-evaluation"] = "file-evaluation"
    grade: Grade
    verified: tuple[SpendLine, ...]
    second_evaluator: str
    """The id of the other person on site: a visit is made by two."""
    report: str
    answers: Answers | None = None
    """The answers that the level rests on; the engine works it out from them."""


@rule
def documents_must_be_complete(documents: tuple[str, ...]) -> No | None:
    """An acceptance application comes with its papers."""
    return None if any(document.strip() for document in documents) else No("验收申请须附材料（合同、发票、付款凭证等）")


@rule
def evaluator_must_be_independent(case: CaseFile, evaluator: str) -> No | None:
    """Who diagnosed or retrofitted a firm does not evaluate it."""
    if trading_name(evaluator) in map(trading_name, (case.firm, case.credit_code, case.diagnoser, *case.retrofitters)):
        return No(f"“{evaluator}”已参与本企业的诊断或改造，不能承担评测")
    return None


@rule
def two_people_must_have_been_on_site(first: str, second: str) -> No | None:
    """A visit is made by two different people."""
    return None if second.strip() and first != second else No("现场核实须由两名不同的人员共同进行")


@rule
def verified_spend_must_stay_within_the_contract(case: CaseFile, verified: tuple[SpendLine, ...]) -> No | None:
    """Of each kind, no more is verified than the registered contract states; amounts are not negative."""
    lines = case.contract.lines if case.contract else ()
    for line in verified:
        if line.amount < Money(0):
            return No(f"核实支出“{line.what}”不能为负")
    for kind in sorted({line.kind for line in verified}):
        contracted = total(line.amount for line in lines if line.kind == kind)
        claimed = total(line.amount for line in verified if line.kind == kind)
        if claimed > contracted:
            return No(f"核实的“{kind}”类支出 {claimed} 元超过备案合同的 {contracted} 元")
    return None


@rule
def evaluation_must_use_the_citys_standard(grade: Grade, pack: Pack, today: date) -> No | None:
    """Levels are compared only under the edition that is in force in the city on the day of the report."""
    standard = pack.cited("evaluation.standard", today)
    if grade.standard == standard.value:
        return None
    return No(f"评测依据“{grade.standard}”，本市采用“{standard.value}”", standard.clause)


def apply_for_acceptance(case: CaseFile, command: ApplyForAcceptance, papers: CasePapers) -> None:
    """To the bureau, which sends an institution."""
    step_must_be_due(case.acceptance, Acceptance.AWAITING_APPLICATION)
    documents_must_be_complete(command.documents)
    case.record(AcceptanceApplied, papers, documents=command.documents)


def assign_evaluator(case: CaseFile, command: AssignEvaluator, papers: CasePapers) -> None:
    """Independent of all who worked on the case."""
    step_must_be_due(case.acceptance, Acceptance.ASSIGNING)
    institution_must_be_plainly_named(command.evaluator)
    evaluator_must_be_independent(case, command.evaluator)
    case.record(EvaluatorAssigned, papers, evaluator=command.evaluator)


def file_evaluation(case: CaseFile, command: FileEvaluation, papers: CasePapers) -> None:
    """The grounds for acceptance and for the subsidy."""
    step_must_be_due(case.acceptance, Acceptance.EVALUATING)
    two_people_must_have_been_on_site(command.by.id, command.second_evaluator)
    evaluation_must_use_the_citys_standard(command.grade, papers.pack, papers.today)
    assert papers.standard is not None
    grade_must_be_within_the_scale(command.grade, papers.standard)
    verified_spend_must_stay_within_the_contract(case, command.verified)
    verified_spend_must_rest_on_vouchers(case, command.verified, papers.pack)
    words_must_be_given(command.report, "评测报告编号")
    file_answers(case, command.answers, command.grade, papers)
    case.record(
        EvaluationFiled,
        papers,
        clauses=(papers.pack.cited("evaluation.standard", papers.today).clause,),
        grade=command.grade,
        verified=command.verified,
        second_evaluator=command.second_evaluator,
        report=command.report,
    )
    note_a_fall(case, papers)


DECISIONS = {
    ApplyForAcceptance: apply_for_acceptance,
    AssignEvaluator: assign_evaluator,
    FileEvaluation: file_evaluation,
}
