"""回头看: a drawn firm is visited again; what is found is heard, mended, dismissed, or costs the qualification."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from domain.case.common import hand_must_differ, step_must_be_due, words_must_be_given
from domain.case.evaluation import two_people_must_have_been_on_site
from domain.case.file import (
    CaseFact,
    CaseFile,
    CasePapers,
    Inspection,
    Qualification,
    Recovery,
    Stage,
    Subsidy,
)
from domain.case.placing import give_back_the_place
from domain.case.queueing import leave_the_line
from domain.case.withdrawal import finding_must_be_settled_first
from domain.commands import CaseCommand
from domain.fund import payment as fund
from domain.money import ZERO
from domain.policy import Pack
from domain.rules import No, rule
from domain.words import zh

LEVEL_FALLEN = "等级回落"
"""The one finding that may be mended before anything is decided."""


class CaseDrawn(CaseFact):
    """抽中: the firm will be visited; how it was drawn is named."""

    TOPIC: ClassVar[str] = "case.drawn"
    campaign: str
    purpose: str
    """``accepted`` (验收后回头看) or ``works`` (改造期间不定期抽查)."""
    basis: str
    """Seed, rank and frame, or the reason of a targeted visit."""

    def fold(self, file: CaseFile) -> None:
        file.campaign = self.campaign
        file.inspection = Inspection.DRAWN
        file.statement_filed = False


class InspectionPassed(CaseFact):
    """核查无问题."""

    TOPIC: ClassVar[str] = "case.inspection-passed"
    BESIDE: ClassVar[str] = "second_inspector"
    second_inspector: str

    def fold(self, file: CaseFile) -> None:
        file.inspection = Inspection.CLEAN
        file.sign("inspect", self.by.id)
        file.sign("inspect second", self.second_inspector)


class InspectionFound(CaseFact):
    """发现问题: unpaid money is frozen at once."""

    TOPIC: ClassVar[str] = "case.inspection-found"
    BESIDE: ClassVar[str] = "second_inspector"
    findings: tuple[str, ...]
    second_inspector: str

    def fold(self, file: CaseFile) -> None:
        file.inspection = Inspection.FOUND
        file.findings = self.findings
        file.frozen = True
        file.sign("inspect", self.by.id)
        file.sign("inspect second", self.second_inspector)


class LookbackRectificationOrdered(CaseFact):
    """The level has fallen; the firm may mend it."""

    TOPIC: ClassVar[str] = "case.lookback-rectification-ordered"

    def fold(self, file: CaseFile) -> None:
        file.inspection = Inspection.RECTIFYING


class LookbackRectificationReported(CaseFact):
    """The firm says it is mended."""

    TOPIC: ClassVar[str] = "case.lookback-rectification-reported"

    def fold(self, file: CaseFile) -> None:
        file.inspection = Inspection.RECHECKING


class LookbackRecheckPassed(CaseFact):
    """Mended; the money is free again."""

    TOPIC: ClassVar[str] = "case.lookback-recheck-passed"

    def fold(self, file: CaseFile) -> None:
        file.sign("inspect", self.by.id)
        file.inspection = Inspection.CLEAN
        file.findings = ()
        file.frozen = False


class LookbackRecheckFailed(CaseFact):
    """Not mended; the finding stands and is to be decided."""

    TOPIC: ClassVar[str] = "case.lookback-recheck-failed"

    def fold(self, file: CaseFile) -> None:
        file.sign("inspect", self.by.id)
        file.inspection = Inspection.UPHELD


class StatementFiled(CaseFact):
    """陈述申辩: the firm was heard."""

    TOPIC: ClassVar[str] = "case.statement-filed"
    statement: str

    def fold(self, file: CaseFile) -> None:
        file.statement_filed = True


class FindingDismissed(CaseFact):
    """问题不成立; the money is free again."""

    TOPIC: ClassVar[str] = "case.finding-dismissed"

    def fold(self, file: CaseFile) -> None:
        file.inspection = Inspection.CLEAN
        file.findings = ()
        file.frozen = False


class QualificationRevoked(CaseFact):
    """取消试点资格, by a collective decision. What was paid is to be recovered where the pack says so."""

    TOPIC: ClassVar[str] = "case.revoked"
    ground: str
    minutes: str
    clawback: str
    """``yes``, ``no`` or ``decision``, as the pack said on the day."""
    outcome: Stage
    """``closed`` where nothing is left to do; else the stage stays until the money is home."""
    subsidy: Subsidy
    """``paid``, or ``released`` where nothing was."""
    recovery: Recovery
    """``to-notify`` where money is to come home, else ``none``."""

    def fold(self, file: CaseFile) -> None:
        file.stage = self.outcome
        file.qualification = Qualification.REVOKED
        file.inspection = Inspection.UPHELD
        file.subsidy = self.subsidy
        file.recovery = self.recovery
        file.sign("revoke", self.by.id)


class CaseCompleted(CaseFact):
    """结项归档: accepted, paid, nothing open."""

    TOPIC: ClassVar[str] = "case.completed"
    ENTERS: ClassVar[Stage | None] = Stage.CLOSED

    def fold(self, file: CaseFile) -> None:
        file.qualification = Qualification.COMPLETED


EVENTS = (
    CaseDrawn,
    InspectionPassed,
    InspectionFound,
    LookbackRectificationOrdered,
    LookbackRectificationReported,
    LookbackRecheckPassed,
    LookbackRecheckFailed,
    StatementFiled,
    FindingDismissed,
    QualificationRevoked,
    CaseCompleted,
)


@dataclass(frozen=True, kw_only=True)
class DrawCase(CaseCommand):
    """Name the firm for a visit."""

    kind: Literal["draw-case"] = "draw-case"
    campaign: str
    purpose: Literal["accepted", "works"]
    basis: str


@dataclass(frozen=True, kw_only=True)
class RecordInspection(CaseCommand):
    """Say what two inspectors found; no finding means clean."""

    kind: Literal["record-inspection"] = "record-inspection"
    findings: tuple[str, ...]
    second_inspector: str


@dataclass(frozen=True, kw_only=True)
class OrderLookbackRectification(CaseCommand):
    """Let the firm mend a fallen level."""

    kind: Literal["order-lookback-rectification"] = "order-lookback-rectification"


@dataclass(frozen=True, kw_only=True)
class ReportLookbackRectification(CaseCommand):
    """It is mended."""

    kind: Literal["report-lookback-rectification"] = "report-lookback-rectification"


@dataclass(frozen=True, kw_only=True)
class RecordLookbackRecheck(CaseCommand):
    """Say whether it is."""

    kind: Literal["record-lookback-recheck"] = "record-lookback-recheck"
    passed: bool


@dataclass(frozen=True, kw_only=True)
class FileStatement(CaseCommand):
    """The firm's own word."""

    kind: Literal["file-statement"] = "file-statement"
    statement: str


@dataclass(frozen=True, kw_only=True)
class DismissFinding(CaseCommand):
    """The finding does not hold; ``reason`` says why."""

    kind: Literal["dismiss-finding"] = "dismiss-finding"


@dataclass(frozen=True, kw_only=True)
class RevokeQualification(CaseCommand):
    """Take the qualification away, on a ground of the pack and on minutes."""

    kind: Literal["revoke-qualification"] = "revoke-qualification"
    ground: str
    minutes: str


@dataclass(frozen=True, kw_only=True)
class CloseCase(CaseCommand):
    """Put the case into the archive."""

    kind: Literal["close-case"] = "close-case"


@rule
def case_must_be_in_the_frame(case: CaseFile, purpose: str) -> No | None:
    """Works are checked while they go on; accepted firms after acceptance; nobody twice at the same time."""
    stages = (Stage.RETROFIT,) if purpose == "works" else (Stage.PAYOUT, Stage.LOOKBACK)
    if case.stage not in stages or case.qualification is not Qualification.PILOT:
        return No("该企业不在本次抽查的范围内")
    if case.inspection not in (Inspection.NONE, Inspection.CLEAN):
        return No("该企业已有未了结的抽查")
    return None


@rule
def inspectors_must_not_have_evaluated(case: CaseFile, *inspectors: str) -> No | None:
    """Who evaluated a firm does not re-inspect it."""
    evaluators = (*case.hands.get("evaluate", ()), *case.hands.get("evaluate second", ()))
    met = [person for person in inspectors if person in evaluators]
    return No(f"{'、'.join(met)} 曾评测本企业，不能参加抽查") if met else None


@rule
def finding_must_rest_on_evidence(findings: tuple[str, ...], evidence: tuple[str, ...]) -> No | None:
    """What is held against a firm is shown by papers or pictures."""
    if any(not finding.strip() for finding in findings):
        return No("问题须写明")
    return No("发现问题须附证据") if findings and not any(paper.strip() for paper in evidence) else None


@rule
def only_a_fallen_level_may_be_mended(case: CaseFile) -> No | None:
    """False data or papers cannot be mended away; a fallen level can."""
    return None if case.findings == (LEVEL_FALLEN,) else No("仅“等级回落”可先整改，其余问题直接进入处理")


@rule
def firm_must_have_had_its_time_to_mend(case: CaseFile) -> No | None:
    """Before its time is over a firm is rechecked only when it says itself that it is done."""
    for deadline in case.deadlines.values():
        if deadline.timer == "lookback_rectification" and not deadline.passed:
            return No(f"整改期限至 {deadline.due} 止，企业尚未上报完成", deadline.clause)
    return None


@rule
def firm_must_have_been_heard(case: CaseFile, papers: CasePapers) -> No | None:
    """No decision before the firm's statement, or the end of its time for one."""
    if case.statement_filed:
        return None
    for deadline in case.deadlines.values():
        if deadline.timer == "statement" and papers.today <= deadline.due:
            return No(f"陈述申辩期至 {deadline.due} 止，企业尚未陈述", deadline.clause)
    return None


@rule
def ground_must_be_in_the_pack(ground: str, findings: tuple[str, ...], pack: Pack) -> No | None:
    """The qualification is taken only on a ground that the city's rules name and the inspection found."""
    grounds = pack.list("lookback.grounds")
    if ground not in grounds:
        return No(f"“{ground}”不是本市规定的取消资格情形（{'、'.join(grounds)}）", pack.clause("lookback.grounds"))
    if ground not in findings:
        return No(f"核查没有发现“{ground}”")
    return None


@rule
def subsidy_must_be_settled_first(case: CaseFile) -> No | None:
    """A case is not archived while money is due to its firm; a payment may have come back after its receipt."""
    if case.subsidy in (Subsidy.PAID, Subsidy.NOT_DUE, Subsidy.RELEASED):
        return None
    return No(f"补贴现为“{zh(case.subsidy)}”，须先拨付到账或不再拨付，才能结项")


@rule
def instruction_must_have_come_home(case: CaseFile) -> No | None:
    """While a payment is on its way nobody knows whether there is money to recover; receipt or bounce comes first."""
    return No(f"拨付指令 {case.instruction} 尚未回执或退票") if case.subsidy is Subsidy.INSTRUCTED else None


def _finding_must_be_undecided(case: CaseFile) -> None:
    # A revocation leaves the finding upheld for ever, and the case open while money is recovered.
    step_must_be_due(case.inspection, Inspection.FOUND, Inspection.UPHELD)
    step_must_be_due(case.qualification, Qualification.PILOT)


def draw_case(case: CaseFile, command: DrawCase, papers: CasePapers) -> None:
    """From here the firm knows that it will be visited."""
    case_must_be_in_the_frame(case, command.purpose)
    words_must_be_given(command.campaign, "抽查活动编号")
    words_must_be_given(command.basis, "抽取依据")
    case.record(
        CaseDrawn,
        papers,
        clauses=(papers.pack.cited("lookback.rule").clause,),
        campaign=command.campaign,
        purpose=command.purpose,
        basis=command.basis,
    )


def record_inspection(case: CaseFile, command: RecordInspection, papers: CasePapers) -> None:
    """Two people, neither of whom evaluated the firm."""
    step_must_be_due(case.inspection, Inspection.DRAWN)
    two_people_must_have_been_on_site(command.by.id, command.second_inspector)
    inspectors_must_not_have_evaluated(case, command.by.id, command.second_inspector)
    finding_must_rest_on_evidence(command.findings, command.evidence)
    clauses = (papers.pack.clause("lookback.rule"),)
    if command.findings:
        case.record(
            InspectionFound,
            papers,
            clauses=clauses,
            findings=command.findings,
            second_inspector=command.second_inspector,
        )
    else:
        case.record(InspectionPassed, papers, clauses=clauses, second_inspector=command.second_inspector)


def order_lookback_rectification(case: CaseFile, command: OrderLookbackRectification, papers: CasePapers) -> None:
    """A fallen level first gets its chance."""
    step_must_be_due(case.inspection, Inspection.FOUND)
    only_a_fallen_level_may_be_mended(case)
    case.record(LookbackRectificationOrdered, papers)


def report_lookback_rectification(case: CaseFile, command: ReportLookbackRectification, papers: CasePapers) -> None:
    """Back to the inspectors."""
    step_must_be_due(case.inspection, Inspection.RECTIFYING)
    case.record(LookbackRectificationReported, papers)


def record_lookback_recheck(case: CaseFile, command: RecordLookbackRecheck, papers: CasePapers) -> None:
    """Mended, or on to the decision; a firm that stays silent past its time is rechecked all the same."""
    step_must_be_due(case.inspection, Inspection.RECHECKING, Inspection.RECTIFYING)
    firm_must_have_had_its_time_to_mend(case)
    inspectors_must_not_have_evaluated(case, command.by.id)
    case.record(LookbackRecheckPassed if command.passed else LookbackRecheckFailed, papers)


def file_statement(case: CaseFile, command: FileStatement, papers: CasePapers) -> None:
    """Heard."""
    _finding_must_be_undecided(case)
    words_must_be_given(command.statement, "陈述申辩内容")
    case.record(StatementFiled, papers, statement=command.statement)


def dismiss_finding(case: CaseFile, command: DismissFinding, papers: CasePapers) -> None:
    """By another hand than the inspectors'."""
    _finding_must_be_undecided(case)
    hand_must_differ(case, command.by, "inspect", "inspect second")
    words_must_be_given(command.reason, "不成立的理由")
    case.record(FindingDismissed, papers)


def revoke_qualification(case: CaseFile, command: RevokeQualification, papers: CasePapers) -> None:
    """Heard, decided together, by other people; unpaid money returns to the fund in the same transaction."""
    _finding_must_be_undecided(case)
    hand_must_differ(case, command.by, "inspect", "inspect second")
    instruction_must_have_come_home(case)
    firm_must_have_been_heard(case, papers)
    ground_must_be_in_the_pack(command.ground, case.findings, papers.pack)
    words_must_be_given(command.minutes, "集体决策会议纪要编号")
    clawback = papers.pack.text("lookback.clawback")
    recovers = case.paid > ZERO and clawback != "no"
    case.record(
        QualificationRevoked,
        papers,
        clauses=(papers.pack.clause("lookback.grounds"), papers.pack.clause("lookback.clawback")),
        ground=command.ground,
        minutes=command.minutes,
        clawback=clawback,
        outcome=Stage.LOOKBACK if recovers else Stage.CLOSED,
        subsidy=Subsidy.PAID if case.paid > ZERO else Subsidy.RELEASED,
        recovery=Recovery.TO_NOTIFY if recovers else Recovery.NONE,
    )
    assert papers.fund is not None
    fund.release(papers.fund, case.id, papers)
    leave_the_line(case, papers, "revoked")
    give_back_the_place(case, papers)


def close_case(case: CaseFile, command: CloseCase, papers: CasePapers) -> None:
    """Nothing is open any more."""
    step_must_be_due(case.stage, Stage.LOOKBACK)
    step_must_be_due(case.recovery, Recovery.NONE)
    subsidy_must_be_settled_first(case)
    finding_must_be_settled_first(case)
    case.record(CaseCompleted, papers, clauses=(papers.pack.clause("lookback.rule"),))


DECISIONS = {
    DrawCase: draw_case,
    RecordInspection: record_inspection,
    OrderLookbackRectification: order_lookback_rectification,
    ReportLookbackRectification: report_lookback_rectification,
    RecordLookbackRecheck: record_lookback_recheck,
    FileStatement: file_statement,
    DismissFinding: dismiss_finding,
    RevokeQualification: revoke_qualification,
    CloseCase: close_case,
}
