"""发布公示: the list goes before the public, and when it changes, a new one that says which it replaces and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from domain.case.common import words_must_be_given
from domain.case.file import Acceptance, CaseFile, CasePapers, Qualification
from domain.commands import Command
from domain.identity import same_document
from domain.notice.call import named_in, rows_of_the_call
from domain.notice.common import (
    NoticeCommand,
    notice_must_be_open,
    objections_must_be_answered,
    words_must_hold_no_private_data,
)
from domain.notice.file import Covered, Notice, NoticePublished, NoticeReplaced
from domain.notice.snapshot import (
    COVERS_CASES,
    TIMERS,
    Row,
    Snapshot,
    Subject,
    snapshot_hash,
    snapshot_must_be_fit_for_the_public,
)
from domain.rules import No, rule


@dataclass(frozen=True, kw_only=True)
class PublishNotice(Command):
    """Put a decision before the public. The day of publication is the day of the command."""

    kind: Literal["publish-notice"] = "publish-notice"
    city: str
    programme: str
    subject: Subject
    document: str
    complaint_phone: str
    rows: tuple[Row, ...]
    """None for a call: its table comes from its batch."""
    decided_by: tuple[str, ...]
    """The ids of those whose decision it is, as far as no case says so."""
    batch: UUID | None = None
    """The batch whose rules hold; None: the city's rules of the day."""
    rehearsal: bool = False


@dataclass(frozen=True, kw_only=True)
class ReissueNotice(NoticeCommand):
    """Publish anew what has changed; ``reason`` says why. The window starts anew."""

    kind: Literal["reissue-notice"] = "reissue-notice"
    document: str
    complaint_phone: str
    rows: tuple[Row, ...]
    decided_by: tuple[str, ...]


@rule
def notice_must_be_published_once(notice: Notice, document: str) -> No | None:
    """One document number is one notice; what was published never changes."""
    return None if notice.is_new else No(f"文号“{document}”的公示已经发布，不能重复发布或改动；名单有变请重新公示")


@rule
def deciders_must_be_named(decided_by: tuple[str, ...]) -> No | None:
    """Whose decision it is stands on record, or nobody could tell who may not answer an objection to it."""
    if decided_by and all(person and not any(ch.isspace() for ch in person) for person in decided_by):
        return None
    return No("须写明所公示事项由谁决定（办理人编号，不含空格），异议须由另外的人处理")


@rule
def row_must_be_a_case_that_awaits_its_notice(
    rows: Sequence[Row], cases: Sequence[CaseFile], subject: Subject, formerly: Sequence[str]
) -> No | None:
    """A firm stands on a list when its case says so, and before anything is confirmed.

    The notice comes first, then the case's own step with its number; a case on a list that is replaced is on its way
    already.
    """
    for number, (row, case) in enumerate(zip(rows, cases, strict=True), start=1):
        if not _awaits(case, subject, formerly):
            wanted = "拟入选" if subject is Subject.LIST else "拟合格"
            return No(f"第 {number} 行（{row.name}）的档案不是“{wanted}”，不能列入（先发布公示，再在档案中登记文号）")
    return None


@rule
def row_must_bear_its_cases_name(rows: Sequence[Row], cases: Sequence[CaseFile]) -> No | None:
    """The public reads the firm's name and county as they are on file, beside its own credit code."""
    for number, (row, case) in enumerate(zip(rows, cases, strict=True), start=1):
        if row.name != case.firm:
            return No(f"第 {number} 行名称“{row.name}”与档案“{case.firm}”不符")
        if row.county != case.county:
            return No(f"第 {number} 行（{row.name}）区县“{row.county}”与档案“{case.county}”不符")
    return None


@rule
def list_must_change_where_an_objection_held(old: Notice, rows: Sequence[Row], cases: Sequence[CaseFile]) -> No | None:
    """What an objection overturned is not put up again as it was, unless the firm was decided upon anew.

    An objection about one firm changes that firm's row, or takes it away; one about the whole changes anything.
    ``cases``: of the rows, in their order, where the notice covers cases.
    """
    for number in old.upheld:
        about = old.objected[number].about
        if _rows_of(about, rows) == _rows_of(about, old.shown.rows) and not _decided_anew(about, old, rows, cases):
            where = f"信用代码为 {about} 的企业那一行" if about else "名单"
            return No(f"第 {number} 号异议成立，{where}没有任何更正，不能照原样重新公示")
    return None


def _rows_of(about: str, rows: Sequence[Row]) -> tuple[Row, ...]:
    """The rows of one firm; of no firm in particular, all of them."""
    return tuple(row for row in rows if about in ("", row.credit_code))


def _decided_anew(about: str, old: Notice, rows: Sequence[Row], cases: Sequence[CaseFile]) -> bool:
    seen = {one.case: one.version for one in old.covers}
    return any(
        _decided_at(case, old.shown.subject) > seen.get(case.id, case.version)
        for row, case in zip(rows, cases, strict=bool(cases))
        if about in ("", row.credit_code)
    )


def _decided_at(case: CaseFile, subject: Subject) -> int:
    return case.proposed_at if subject is Subject.LIST else case.passed_at


def _awaits(case: CaseFile, subject: Subject, formerly: Sequence[str]) -> bool:
    if case.is_new or not case.is_open:
        return False
    if subject is Subject.LIST:
        proposed, noticed = case.qualification is Qualification.PROPOSED, case.qualification is Qualification.NOTICED
        document = case.list_document
    else:
        proposed, noticed = case.acceptance is Acceptance.PASSED, case.acceptance is Acceptance.NOTICED
        document = case.acceptance_document
    return proposed or (noticed and any(same_document(document, former) for former in formerly))


_DECIDED: dict[Subject, tuple[str, ...]] = {
    Subject.LIST: ("county review", "city review", "expert review"),
    Subject.ACCEPTANCE: ("decide acceptance",),
}
"""The acts by which a case came onto a list."""


def publish_notice(notice: Notice, command: PublishNotice, papers: CasePapers, cases: Sequence[CaseFile] = ()) -> None:
    """The window begins. ``cases``: of the rows, in their order, where the subject covers cases.

    Raises OpenQuestion where the pack does not say how long such a notice stands.
    """
    notice_must_be_published_once(notice, command.document)
    _publish(
        notice,
        papers,
        cases,
        command,
        city=command.city,
        programme=command.programme,
        subject=command.subject,
        batch=command.batch,
        rehearsal=command.rehearsal,
    )


def reissue_notice(
    notice: Notice, old: Notice, command: ReissueNotice, papers: CasePapers, cases: Sequence[CaseFile] = ()
) -> None:
    """A new notice begins and the old one is closed, in one append."""
    notice_must_be_open(old)
    words_must_be_given(command.reason, "重新公示的理由")
    objections_must_be_answered(old)
    list_must_change_where_an_objection_held(old, command.rows, cases)
    notice_must_be_published_once(notice, command.document)
    _publish(
        notice,
        papers,
        cases,
        command,
        city=old.city,
        programme=old.shown.programme,
        subject=old.shown.subject,
        batch=old.batch,
        rehearsal=old.rehearsal,
        replaces=old,
    )
    old.record(NoticeReplaced, papers, replaced_by=notice.id, document=command.document)


def _publish(
    notice: Notice,
    papers: CasePapers,
    cases: Sequence[CaseFile],
    command: PublishNotice | ReissueNotice,
    *,
    programme: str,
    subject: Subject,
    replaces: Notice | None = None,
    **identity: Any,
) -> None:
    words_must_be_given(command.document, "公示文号")
    words_must_hold_no_private_data(command.reason)
    key = TIMERS[subject]
    days, clause = papers.pack.days(key), papers.pack.clause(key)
    rows = command.rows
    clauses: tuple[str, ...] = (clause,)
    if subject is Subject.CALL:
        rows = rows_of_the_call(rows, identity["city"], programme, papers)
        clauses = (*named_in(papers.pack), clause)
    snapshot = Snapshot(
        place=papers.pack.name,
        programme=programme,
        subject=subject,
        document=command.document,
        agency=papers.pack.agency,
        first_day=papers.today,
        length=days.count,
        unit=days.unit,
        complaint_phone=command.complaint_phone,
        rows=rows,
    )
    snapshot_must_be_fit_for_the_public(snapshot)
    formerly = (*replaces.formerly, replaces.shown.document) if replaces else ()
    decided_by = {*command.decided_by, *(replaces.decided_by if replaces else ())}
    if subject in COVERS_CASES:
        row_must_be_a_case_that_awaits_its_notice(command.rows, cases, subject, formerly)
        row_must_bear_its_cases_name(command.rows, cases)
        decided_by |= {hand for case in cases for act in _DECIDED[subject] for hand in case.hands.get(act, ())}
        if subject is Subject.LIST:
            decided_by |= {score.expert for case in cases for score in case.expert_scores}
    deciders_must_be_named(tuple(decided_by))
    end = papers.calendar.due(papers.today, days)
    notice.record(
        NoticePublished,
        papers,
        clauses=clauses,
        snapshot=snapshot,
        sha256=snapshot_hash(snapshot),
        ends=end.date,
        provisional=end.provisional,
        covers=tuple(Covered(case.id, case.version) for case in cases),
        decided_by=tuple(sorted(decided_by)),
        replaces=replaces.id if replaces else None,
        formerly=formerly,
        **identity,
    )
