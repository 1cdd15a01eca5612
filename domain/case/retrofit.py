"""改造: works go on, milestones are reported and supervised, until the firm says they are done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

from domain.case.common import step_must_be_due, words_must_be_given
from domain.case.contract_change import one_change_at_a_time
from domain.case.file import Acceptance, CaseFact, CaseFile, CasePapers, Stage, Works
from domain.commands import CaseCommand
from domain.policy import Pack
from domain.rules import No, rule
from domain.standard import Grade, grade_must_be_within_the_scale


class MilestoneReported(CaseFact):
    """节点: a part of the works is done, says the provider or the firm."""

    TOPIC: ClassVar[str] = "case.milestone-reported"
    milestone: str
    done_on: date

    def fold(self, file: CaseFile) -> None:
        file.milestones[self.milestone] = None


class MilestoneInspected(CaseFact):
    """监理核查: the supervisor has seen it."""

    TOPIC: ClassVar[str] = "case.milestone-inspected"
    milestone: str
    passed: bool
    opinion: str

    def fold(self, file: CaseFile) -> None:
        file.milestones[self.milestone] = self.passed


class CompletionReported(CaseFact):
    """完工自评: works are done; the firm assessed itself by the same indicators."""

    TOPIC: ClassVar[str] = "case.completion-reported"
    ENTERS: ClassVar[Stage | None] = Stage.EVALUATION
    completed_on: date
    self_grade: Grade

    def fold(self, file: CaseFile) -> None:
        file.works = Works.DONE
        file.completed_on = self.completed_on
        file.acceptance = Acceptance.AWAITING_APPLICATION


EVENTS = (MilestoneReported, MilestoneInspected, CompletionReported)


@dataclass(frozen=True, kw_only=True)
class ReportMilestone(CaseCommand):
    """Say that a milestone is reached."""

    kind: Literal["report-milestone"] = "report-milestone"
    milestone: str
    done_on: date


@dataclass(frozen=True, kw_only=True)
class InspectMilestone(CaseCommand):
    """Say what the supervisor found."""

    kind: Literal["inspect-milestone"] = "inspect-milestone"
    milestone: str
    passed: bool
    opinion: str


@dataclass(frozen=True, kw_only=True)
class ReportCompletion(CaseCommand):
    """Say that the works are done."""

    kind: Literal["report-completion"] = "report-completion"
    completed_on: date
    self_grade: Grade


@rule
def day_must_not_lie_ahead(day: date, today: date) -> No | None:
    """What is reported has happened."""
    return None if day <= today else No(f"日期 {day} 晚于今日 {today}")


@rule
def day_must_not_lie_before(day: date, earliest: date, what: str) -> No | None:
    """What follows a step did not happen before it."""
    return None if day >= earliest else No(f"日期 {day} 早于{what} {earliest}")


@rule
def milestone_must_have_been_reported(case: CaseFile, milestone: str) -> No | None:
    """A supervisor inspects what was reported, once."""
    if case.milestones.get(milestone, False) is None:
        return None
    return No(f"节点“{milestone}”没有待核查的上报")


@rule
def milestones_must_have_passed(case: CaseFile, pack: Pack) -> No | None:
    """Where there is a supervisor, no milestone may be open or failed at completion, and at least one was inspected."""
    if not pack.flag("contract.supervised"):
        return None
    waiting = [name for name, passed in case.milestones.items() if not passed]
    if waiting or not case.milestones:
        what = f"节点 {'、'.join(waiting)} 未通过监理核查" if waiting else "尚无经监理核查的节点"
        return No(what, pack.clause("contract.supervised"))
    return None


@rule
def self_level_must_reach_the_minimum(grade: Grade, pack: Pack) -> No | None:
    """A firm asks for evaluation when its own assessment reaches the level that is asked of it.

    大连方案四（三）asks for one. Where a city's sources do not, what acceptance requires is the least that makes sense;
    the clause about the third party's level says nothing about the firm's own, so none is cited.
    """
    own = "evaluation.self_level"
    least = pack.count(own) if pack.has(own) else pack.count("evaluation.min_level")
    if grade.level >= least:
        return None
    return No(f"自评 {grade.level} 级，未达到要求的 {least} 级", pack.clause(own) if pack.has(own) else "")


def report_milestone(case: CaseFile, command: ReportMilestone, papers: CasePapers) -> None:
    """On record until the supervisor comes; a failed one may be reported again."""
    step_must_be_due(case.works, Works.UNDER_WAY)
    words_must_be_given(command.milestone, "节点名称")
    day_must_not_lie_ahead(command.done_on, papers.today)
    case.record(MilestoneReported, papers, milestone=command.milestone, done_on=command.done_on)


def inspect_milestone(case: CaseFile, command: InspectMilestone, papers: CasePapers) -> None:
    """The supervisor's word."""
    step_must_be_due(case.works, Works.UNDER_WAY)
    milestone_must_have_been_reported(case, command.milestone)
    words_must_be_given(command.opinion, "核查意见")
    case.record(
        MilestoneInspected,
        papers,
        clauses=(papers.pack.clause("contract.supervised"),),
        milestone=command.milestone,
        passed=command.passed,
        opinion=command.opinion,
    )


def report_completion(case: CaseFile, command: ReportCompletion, papers: CasePapers) -> None:
    """Works end; evaluation can be asked for."""
    step_must_be_due(case.works, Works.UNDER_WAY)
    one_change_at_a_time(case)
    day_must_not_lie_ahead(command.completed_on, papers.today)
    assert case.contract is not None
    day_must_not_lie_before(command.completed_on, case.contract.signed, "合同签订日期")
    assert papers.standard is not None
    grade_must_be_within_the_scale(command.self_grade, papers.standard)
    self_level_must_reach_the_minimum(command.self_grade, papers.pack)
    milestones_must_have_passed(case, papers.pack)
    case.record(
        CompletionReported,
        papers,
        clauses=(papers.pack.clause("evaluation.min_level"),),
        completed_on=command.completed_on,
        self_grade=command.self_grade,
    )


DECISIONS = {
    ReportMilestone: report_milestone,
    InspectMilestone: inspect_milestone,
    ReportCompletion: report_completion,
}
