"""验收: the bureau judges; who falls short may mend it once and is checked again; the result stands in public."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from domain.case.common import hand_must_differ, step_must_be_due, words_must_be_given
from domain.case.evaluation import (
    evaluation_must_use_the_citys_standard,
    two_people_must_have_been_on_site,
    verified_spend_must_stay_within_the_contract,
)
from domain.case.file import Acceptance, CaseFact, CaseFile, CasePapers, Stage, Subsidy
from domain.case.level import file_answers, note_a_fall
from domain.case.listing import notice_must_have_stood_its_time
from domain.case.vouchers import verified_spend_must_rest_on_vouchers
from domain.commands import CaseCommand
from domain.notice.effect import case_must_stand_in_its_notice, notice_must_have_been_completed
from domain.policy import Pack
from domain.rules import No, rule
from domain.spend import SpendLine
from domain.standard import Answers, Grade, grade_must_be_within_the_scale


class RectificationOrdered(CaseFact):
    """整改: what must be mended before acceptance."""

    TOPIC: ClassVar[str] = "case.rectification-ordered"
    items: tuple[str, ...]

    def fold(self, file: CaseFile) -> None:
        file.rectifications += 1
        file.acceptance = Acceptance.RECTIFYING


class RectificationReported(CaseFact):
    """The firm says it is mended."""

    TOPIC: ClassVar[str] = "case.rectification-reported"

    def fold(self, file: CaseFile) -> None:
        file.acceptance = Acceptance.RECHECKING
        file.mended_at = self.timestamp


class RecheckFiled(CaseFact):
    """复验: the institution looked again; its result replaces the first one as the ground of the judgement."""

    TOPIC: ClassVar[str] = "case.recheck-filed"
    BESIDE: ClassVar[str] = "second_evaluator"
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


class AcceptancePassed(CaseFact):
    """拟验收合格."""

    TOPIC: ClassVar[str] = "case.acceptance-passed"

    def fold(self, file: CaseFile) -> None:
        file.acceptance = Acceptance.PASSED
        file.passed_at = self.originator_version
        file.sign("decide acceptance", self.by.id)


class AcceptanceFailed(CaseFact):
    """验收不合格: no subsidy; the case ends."""

    TOPIC: ClassVar[str] = "case.acceptance-failed"
    ENTERS: ClassVar[Stage | None] = Stage.CLOSED

    def fold(self, file: CaseFile) -> None:
        file.acceptance = Acceptance.FAILED


class AcceptancePublished(CaseFact):
    """验收结果公示 began."""

    TOPIC: ClassVar[str] = "case.acceptance-published"
    document: str

    def fold(self, file: CaseFile) -> None:
        file.acceptance = Acceptance.NOTICED
        file.acceptance_document = self.document


class AcceptanceConfirmed(CaseFact):
    """验收合格: the subsidy can be worked out."""

    TOPIC: ClassVar[str] = "case.acceptance-confirmed"
    ENTERS: ClassVar[Stage | None] = Stage.PAYOUT

    def fold(self, file: CaseFile) -> None:
        file.acceptance = Acceptance.ACCEPTED
        file.accepted_at = self.timestamp
        file.subsidy = Subsidy.TO_VERIFY


EVENTS = (
    RectificationOrdered,
    RectificationReported,
    RecheckFiled,
    AcceptancePassed,
    AcceptanceFailed,
    AcceptancePublished,
    AcceptanceConfirmed,
)


@dataclass(frozen=True, kw_only=True)
class OrderRectification(CaseCommand):
    """Send the firm back to mend what is named."""

    kind: Literal["order-rectification"] = "order-rectification"
    items: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ReportRectification(CaseCommand):
    """It is mended."""

    kind: Literal["report-rectification"] = "report-rectification"


@dataclass(frozen=True, kw_only=True)
class FileRecheck(CaseCommand):
    """Hand in the second look."""

    kind: Literal["file-recheck"] = "file-recheck"
    grade: Grade
    verified: tuple[SpendLine, ...]
    second_evaluator: str
    report: str
    answers: Answers | None = None
    """The answers that the level rests on; the engine works it out from them."""


@dataclass(frozen=True, kw_only=True)
class PassAcceptance(CaseCommand):
    """Judge it good."""

    kind: Literal["pass-acceptance"] = "pass-acceptance"


@dataclass(frozen=True, kw_only=True)
class FailAcceptance(CaseCommand):
    """Judge it failed; ``reason`` says why."""

    kind: Literal["fail-acceptance"] = "fail-acceptance"


@dataclass(frozen=True, kw_only=True)
class PublishAcceptance(CaseCommand):
    """Put the result before the public."""

    kind: Literal["publish-acceptance"] = "publish-acceptance"
    document: str


@dataclass(frozen=True, kw_only=True)
class ConfirmAcceptance(CaseCommand):
    """Make the result final."""

    kind: Literal["confirm-acceptance"] = "confirm-acceptance"


@rule
def level_must_reach_the_minimum(grade: Grade | None, pack: Pack) -> No | None:
    """No acceptance below the level that the city requires."""
    least = pack.count("evaluation.min_level")
    reached = grade.level if grade else 0
    if reached >= least:
        return None
    return No(f"评测为 {reached} 级，未达到要求的 {least} 级", pack.clause("evaluation.min_level"))


@rule
def rectification_must_still_be_allowed(case: CaseFile, pack: Pack) -> No | None:
    """A firm may mend its works a limited number of times."""
    most = pack.count("acceptance.max_rectifications")
    if case.rectifications < most:
        return None
    return No(f"已整改 {case.rectifications} 次，上限 {most} 次", pack.clause("acceptance.max_rectifications"))


@rule
def firm_must_have_had_its_rectification(case: CaseFile, pack: Pack) -> No | None:
    """Nobody fails before the chance to mend was given, nor while its time still runs."""
    most = pack.count("acceptance.max_rectifications")
    if case.rectifications < min(most, 1):
        return No("企业尚未获得整改机会，不能直接判定不合格", pack.clause("acceptance.max_rectifications"))
    for deadline in case.deadlines.values():
        if deadline.timer == "rectification" and not deadline.passed:
            return No(f"整改期限至 {deadline.due} 止，期满前不能判定不合格", deadline.clause)
    return None


@rule
def items_must_be_named(items: tuple[str, ...]) -> No | None:
    """A rectification order says what is to be mended."""
    return None if any(item.strip() for item in items) else No("整改要求须列明整改事项")


def order_rectification(case: CaseFile, command: OrderRectification, papers: CasePapers) -> None:
    """The firm's clock begins."""
    step_must_be_due(case.acceptance, Acceptance.DECIDING)
    rectification_must_still_be_allowed(case, papers.pack)
    items_must_be_named(command.items)
    case.record(
        RectificationOrdered, papers, clauses=(papers.pack.clause("evaluation.min_level"),), items=command.items
    )


def report_rectification(case: CaseFile, command: ReportRectification, papers: CasePapers) -> None:
    """Back to the institution."""
    step_must_be_due(case.acceptance, Acceptance.RECTIFYING)
    case.record(RectificationReported, papers)


def file_recheck(case: CaseFile, command: FileRecheck, papers: CasePapers) -> None:
    """A second evaluation; the first stays in the record."""
    step_must_be_due(case.acceptance, Acceptance.RECHECKING)
    two_people_must_have_been_on_site(command.by.id, command.second_evaluator)
    evaluation_must_use_the_citys_standard(command.grade, papers.pack, papers.today)
    assert papers.standard is not None
    grade_must_be_within_the_scale(command.grade, papers.standard)
    verified_spend_must_stay_within_the_contract(case, command.verified)
    verified_spend_must_rest_on_vouchers(case, command.verified, papers.pack)
    words_must_be_given(command.report, "复验报告编号")
    file_answers(case, command.answers, command.grade, papers)
    case.record(
        RecheckFiled,
        papers,
        clauses=(papers.pack.cited("evaluation.standard", papers.today).clause,),
        grade=command.grade,
        verified=command.verified,
        second_evaluator=command.second_evaluator,
        report=command.report,
    )
    note_a_fall(case, papers)


def pass_acceptance(case: CaseFile, command: PassAcceptance, papers: CasePapers) -> None:
    """Level reached; to the public notice."""
    step_must_be_due(case.acceptance, Acceptance.DECIDING)
    level_must_reach_the_minimum(case.grade, papers.pack)
    hand_must_differ(case, command.by, "override level")
    case.record(AcceptancePassed, papers, clauses=(papers.pack.clause("evaluation.min_level"),))


def fail_acceptance(case: CaseFile, command: FailAcceptance, papers: CasePapers) -> None:
    """The end of the case, after its chance to mend."""
    step_must_be_due(case.acceptance, Acceptance.DECIDING, Acceptance.RECTIFYING)
    firm_must_have_had_its_rectification(case, papers.pack)
    words_must_be_given(command.reason, "不合格的理由")
    case.record(AcceptanceFailed, papers, clauses=(papers.pack.clause("evaluation.min_level"),))


def publish_acceptance(case: CaseFile, command: PublishAcceptance, papers: CasePapers) -> None:
    """The notice period begins."""
    step_must_be_due(case.acceptance, Acceptance.PASSED)
    words_must_be_given(command.document, "公示文号")
    case.record(AcceptancePublished, papers, document=command.document)


def confirm_acceptance(case: CaseFile, command: ConfirmAcceptance, papers: CasePapers) -> None:
    """After the whole notice period, by another hand than the judgement's."""
    step_must_be_due(case.acceptance, Acceptance.NOTICED)
    notice_must_have_stood_its_time(case, "acceptance_notice", papers.today)
    case_must_stand_in_its_notice(papers.notice, case.id, case.passed_at)
    notice_must_have_been_completed(papers.notice)
    hand_must_differ(case, command.by, "decide acceptance", "override level")
    case.record(AcceptanceConfirmed, papers, clauses=(papers.pack.clause("evaluation.min_level"),))


DECISIONS = {
    OrderRectification: order_rectification,
    ReportRectification: report_rectification,
    FileRecheck: file_recheck,
    PassAcceptance: pass_acceptance,
    FailAcceptance: fail_acceptance,
    PublishAcceptance: publish_acceptance,
    ConfirmAcceptance: confirm_acceptance,
}
