"""诊断: an institution goes in, fixes the level before the retrofit, and the firm confirms its report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from domain.case.common import institution_must_be_plainly_named, step_must_be_due, words_must_be_given
from domain.case.evaluation import evaluation_must_use_the_citys_standard
from domain.case.file import CaseFact, CaseFile, CasePapers, Stage, Works
from domain.case.level import file_answers
from domain.commands import CaseCommand
from domain.standard import Answers, Grade, grade_must_be_within_the_scale


class DiagnosisAssigned(CaseFact):
    """An institution was sent to the firm."""

    TOPIC: ClassVar[str] = "case.diagnosis-assigned"
    diagnoser: str

    def fold(self, file: CaseFile) -> None:
        file.diagnoser = self.diagnoser
        file.works = Works.DIAGNOSING


class DiagnosisFiled(CaseFact):
    """评估诊断报告, with the level before the retrofit (改造前水平)."""

    TOPIC: ClassVar[str] = "case.diagnosis-filed"
    baseline: Grade
    report: str

    def fold(self, file: CaseFile) -> None:
        file.baseline = self.baseline
        file.level_override = None
        file.works = Works.DIAGNOSED


class DiagnosisConfirmed(CaseFact):
    """The firm agrees; planning begins."""

    TOPIC: ClassVar[str] = "case.diagnosis-confirmed"
    ENTERS: ClassVar[Stage | None] = Stage.CONTRACT

    def fold(self, file: CaseFile) -> None:
        file.works = Works.PLANNING


EVENTS = (DiagnosisAssigned, DiagnosisFiled, DiagnosisConfirmed)


@dataclass(frozen=True, kw_only=True)
class AssignDiagnosis(CaseCommand):
    """Send an institution."""

    kind: Literal["assign-diagnosis"] = "assign-diagnosis"
    diagnoser: str


@dataclass(frozen=True, kw_only=True)
class FileDiagnosis(CaseCommand):
    """Hand in the report."""

    kind: Literal["file-diagnosis"] = "file-diagnosis"
    baseline: Grade
    report: str
    answers: Answers | None = None
    """The answers that the level rests on; the engine works it out from them."""


@dataclass(frozen=True, kw_only=True)
class ConfirmDiagnosis(CaseCommand):
    """The firm's yes."""

    kind: Literal["confirm-diagnosis"] = "confirm-diagnosis"


def assign_diagnosis(case: CaseFile, command: AssignDiagnosis, papers: CasePapers) -> None:
    """Who diagnoses is the pack's; that somebody was sent is on record."""
    step_must_be_due(case.works, Works.AWAITING_DIAGNOSIS)
    institution_must_be_plainly_named(command.diagnoser)
    papers.pack.text("diagnosis.by")
    case.record(DiagnosisAssigned, papers, clauses=(papers.pack.clause("diagnosis.by"),), diagnoser=command.diagnoser)


def file_diagnosis(case: CaseFile, command: FileDiagnosis, papers: CasePapers) -> None:
    """The baseline stands before any contract."""
    step_must_be_due(case.works, Works.DIAGNOSING)
    assert papers.standard is not None
    grade_must_be_within_the_scale(command.baseline, papers.standard)
    words_must_be_given(command.report, "诊断报告编号")
    if command.answers is not None:
        evaluation_must_use_the_citys_standard(command.baseline, papers.pack, papers.today)
    file_answers(case, command.answers, command.baseline, papers)
    case.record(
        DiagnosisFiled,
        papers,
        clauses=(papers.pack.clause("evaluation.standard"),),
        baseline=command.baseline,
        report=command.report,
    )


def confirm_diagnosis(case: CaseFile, command: ConfirmDiagnosis, papers: CasePapers) -> None:
    """On to the plan."""
    step_must_be_due(case.works, Works.DIAGNOSED)
    case.record(DiagnosisConfirmed, papers)


DECISIONS = {
    AssignDiagnosis: assign_diagnosis,
    FileDiagnosis: file_diagnosis,
    ConfirmDiagnosis: confirm_diagnosis,
}
