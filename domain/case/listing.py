"""名单: the proposed list stands before the public, objections are heard, the firm becomes a pilot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

from domain.case.common import hand_must_differ, step_must_be_due, words_must_be_given
from domain.case.file import CaseFact, CaseFile, CasePapers, Qualification, Stage, Works
from domain.case.placing import give_back_the_place, hold_a_place, no_list_of_today_must_bar
from domain.commands import CaseCommand
from domain.notice.effect import case_must_stand_in_its_notice, notice_must_have_been_completed
from domain.rules import No, rule

# --- facts


class ListPublished(CaseFact):
    """名单公示 began."""

    TOPIC: ClassVar[str] = "case.list-published"
    document: str

    def fold(self, file: CaseFile) -> None:
        file.qualification = Qualification.NOTICED
        file.list_document = self.document


class ObjectionRecorded(CaseFact):
    """Somebody objected by name; the list cannot become final before the answer."""

    TOPIC: ClassVar[str] = "case.objection-recorded"
    matter: str

    def fold(self, file: CaseFile) -> None:
        file.open_objection = self.matter


class ObjectionUpheld(CaseFact):
    """异议成立: the city reviews again."""

    TOPIC: ClassVar[str] = "case.objection-upheld"
    answer: str

    def fold(self, file: CaseFile) -> None:
        file.open_objection = ""
        file.qualification = Qualification.CITY_REVIEW


class ObjectionDismissed(CaseFact):
    """异议不成立: the notice goes on."""

    TOPIC: ClassVar[str] = "case.objection-dismissed"
    answer: str

    def fold(self, file: CaseFile) -> None:
        file.open_objection = ""


class PilotConfirmed(CaseFact):
    """The firm is a pilot; diagnosis begins."""

    TOPIC: ClassVar[str] = "case.pilot-confirmed"
    ENTERS: ClassVar[Stage | None] = Stage.DIAGNOSIS
    document: str

    def fold(self, file: CaseFile) -> None:
        file.qualification = Qualification.PILOT
        file.works = Works.AWAITING_DIAGNOSIS


EVENTS = (
    ListPublished,
    ObjectionRecorded,
    ObjectionUpheld,
    ObjectionDismissed,
    PilotConfirmed,
)

# --- commands


@dataclass(frozen=True, kw_only=True)
class PublishList(CaseCommand):
    """Put the proposed list before the public."""

    kind: Literal["publish-list"] = "publish-list"
    document: str


@dataclass(frozen=True, kw_only=True)
class RecordObjection(CaseCommand):
    """Take down an objection made under a real name."""

    kind: Literal["record-objection"] = "record-objection"
    matter: str


@dataclass(frozen=True, kw_only=True)
class AnswerObjection(CaseCommand):
    """Decide the objection."""

    kind: Literal["answer-objection"] = "answer-objection"
    upheld: bool
    answer: str


@dataclass(frozen=True, kw_only=True)
class ConfirmPilot(CaseCommand):
    """Make the firm a pilot, on the document that names the list."""

    kind: Literal["confirm-pilot"] = "confirm-pilot"
    document: str


# --- rules


@rule
def notice_must_have_stood_its_time(case: CaseFile, timer: str, today: date) -> No | None:
    """A notice stands in public for its whole period before anything rests on it."""
    for deadline in case.deadlines.values():
        if deadline.timer == timer and today <= deadline.due:
            return No(f"公示期至 {deadline.due} 止，期满后方可办理", deadline.clause)
    return None


@rule
def objection_must_be_answered_first(case: CaseFile) -> No | None:
    """Nothing becomes final while an objection is open."""
    return No(f"有未答复的异议：{case.open_objection}") if case.open_objection else None


@rule
def there_must_be_an_open_objection(case: CaseFile) -> No | None:
    """Only an objection that was made can be answered."""
    return None if case.open_objection else No("本案没有待处理的异议")


# --- decisions


def publish_list(case: CaseFile, command: PublishList, papers: CasePapers) -> None:
    """The notice period begins."""
    step_must_be_due(case.qualification, Qualification.PROPOSED)
    words_must_be_given(command.document, "公示文号")
    hold_a_place(case, papers)
    case.record(ListPublished, papers, document=command.document)


def record_objection(case: CaseFile, command: RecordObjection, papers: CasePapers) -> None:
    """The list cannot become final now."""
    step_must_be_due(case.qualification, Qualification.NOTICED)
    objection_must_be_answered_first(case)
    words_must_be_given(command.matter, "异议事项")
    case.record(ObjectionRecorded, papers, matter=command.matter)


def answer_objection(case: CaseFile, command: AnswerObjection, papers: CasePapers) -> None:
    """Answered by another hand than the original review."""
    step_must_be_due(case.qualification, Qualification.NOTICED)
    there_must_be_an_open_objection(case)
    hand_must_differ(case, command.by, "county review", "city review", "expert review")
    words_must_be_given(command.answer, "异议答复")
    case.record(ObjectionUpheld if command.upheld else ObjectionDismissed, papers, answer=command.answer)
    if command.upheld:
        give_back_the_place(case, papers)


def confirm_pilot(case: CaseFile, command: ConfirmPilot, papers: CasePapers) -> None:
    """After the whole notice period, with no objection open."""
    step_must_be_due(case.qualification, Qualification.NOTICED)
    objection_must_be_answered_first(case)
    notice_must_have_stood_its_time(case, "list_notice", papers.today)
    case_must_stand_in_its_notice(papers.notice, case.id, case.proposed_at)
    notice_must_have_been_completed(papers.notice)
    hand_must_differ(case, command.by, "city review", "expert review")
    words_must_be_given(command.document, "名单文号")
    no_list_of_today_must_bar(case, papers)
    hold_a_place(case, papers)
    case.record(PilotConfirmed, papers, clauses=(papers.pack.clause("timers.list_notice"),), document=command.document)


DECISIONS = {
    PublishList: publish_list,
    RecordObjection: record_objection,
    AnswerObjection: answer_objection,
    ConfirmPilot: confirm_pilot,
}
