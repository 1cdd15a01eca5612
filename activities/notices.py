"""The desk's part for notices: which files lie on it for a command, and which notice is in force for a case."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain.batch import Batch
from domain.calendar import Calendar
from domain.case.acceptance import ConfirmAcceptance
from domain.case.file import CaseFile, CasePapers
from domain.case.listing import ConfirmPilot
from domain.commands import CaseCommand
from domain.identity import case_id, notice_id, places_id
from domain.notice.call import QuotaChange, quota_changes
from domain.notice.common import NoticeCommand, notice_must_be_open
from domain.notice.effect import shows
from domain.notice.file import Notice, NoticePublished
from domain.notice.publish import PublishNotice, ReissueNotice, publish_notice, reissue_notice
from domain.notice.room import DECISIONS
from domain.notice.snapshot import COVERS_CASES, Row, Subject
from domain.places import Places
from domain.provider.file import Provider
from domain.record import File
from domain.rejections import Rejection
from eventstore.store import EventStore
from policies import load


def decide(store: EventStore, calendar: Calendar, command: PublishNotice | NoticeCommand, at: datetime) -> list[File]:
    """The files with what the command recorded in them, its subject first. Raises Rejection."""
    if isinstance(command, PublishNotice):
        new = store.load(Notice, notice_id(command.city, command.programme, command.subject, command.document))
        cases = _cases(store, command.city, command.programme, command.subject, command.rows)
        papers = _papers(store, calendar, command, at, command.city, command.batch, rehearsal=command.rehearsal)
        publish_notice(new, command, papers, cases)
        return [new]
    notice = store.load(Notice, command.notice)
    notice_must_be_open(notice)
    papers = _papers(store, calendar, command, at, notice.city, notice.batch, rehearsal=notice.rehearsal)
    if isinstance(command, ReissueNotice):
        shown = notice.shown
        new = store.load(Notice, notice_id(notice.city, shown.programme, shown.subject, command.document))
        cases = _cases(store, notice.city, shown.programme, shown.subject, command.rows)
        reissue_notice(new, notice, command, papers, cases)
        return [new, notice]
    DECISIONS[type(command)](notice, command, papers)
    return [notice]


def in_force(store: EventStore, case: CaseFile, command: CaseCommand) -> Notice | None:
    """The notice on which this command rests; None where it rests on none, or the city keeps none for the firm.

    Where a notice was replaced, the one that took its place. Where the case bears a number that no notice has, the last
    one that shows the firm as now decided: a number typed otherwise is no way around what the public objects to. A
    completed notice never changes again, so what is read
    here still holds when the command is appended; any other state refuses.
    """
    match command:
        case ConfirmPilot():
            subject, document, decided_at = Subject.LIST, case.list_document, case.proposed_at
        case ConfirmAcceptance():
            subject, document, decided_at = Subject.ACCEPTANCE, case.acceptance_document, case.passed_at
        case _:
            return None
    notice = _last(store, notice_id(case.city, case.programme, subject, document))
    if not notice.is_new:
        return notice
    shown = [
        one
        for one in naming(store, case)
        if (one.shown.subject, one.replaced_by) == (subject, None)
        and any(covered.case == case.id and covered.version >= decided_at for covered in one.covers)
    ]
    return shown[-1] if shown else None


def of_provider(store: EventStore, provider: Provider, document: str) -> Notice | None:
    """The notice on which a provider's tier rests: that of this number, or the last one that shows the provider."""
    notice = _last(store, notice_id(provider.city, provider.programme, Subject.PROVIDERS, document))
    if not notice.is_new:
        return notice
    found = [
        fact
        for words in (provider.credit_code, provider.name)
        for fact in store.openings(NoticePublished.TOPIC, words)
        if isinstance(fact, NoticePublished)
        and (fact.city, fact.snapshot.programme) == (provider.city, provider.programme)
        and fact.snapshot.subject is Subject.PROVIDERS
    ]
    published = sorted(found, key=lambda fact: fact.timestamp)
    shown = [one for one in (store.load(Notice, fact.originator_id) for fact in published) if one.replaced_by is None]
    return next((one for one in reversed(shown) if shows(one, provider.credit_code, provider.name)), None)


def _last(store: EventStore, identity: UUID) -> Notice:
    """The notice, or where it was replaced the one that took its place."""
    notice = store.load(Notice, identity)
    while notice.replaced_by is not None:
        notice = store.load(Notice, notice.replaced_by)
    return notice


def chain(store: EventStore, notice: Notice) -> tuple[Notice, ...]:
    """The notice among those that it replaced and that replaced it, the first one first."""
    found = [notice]
    while (before := found[0].replaces) is not None:
        found.insert(0, store.load(Notice, before))
    while (after := found[-1].replaced_by) is not None:
        found.append(store.load(Notice, after))
    return tuple(found)


def quotas_since(store: EventStore, notice: Notice) -> tuple[QuotaChange, ...]:
    """How the quotas that a call names have changed since; nothing for a notice of anything else."""
    if notice.shown.subject is not Subject.CALL or notice.batch is None:
        return ()
    return quota_changes(store.facts(notice.id)[0].timestamp, store.facts(places_id(notice.batch)))


def naming(store: EventStore, case: CaseFile) -> tuple[Notice, ...]:
    """The notices of the case's programme on which its firm stands or stood, in order of publication."""
    found = (
        fact for fact in store.openings(NoticePublished.TOPIC, case.credit_code) if isinstance(fact, NoticePublished)
    )
    return tuple(
        store.load(Notice, fact.originator_id)
        for fact in found
        if (fact.city, fact.snapshot.programme) == (case.city, case.programme)
        and any(row.credit_code == case.credit_code for row in fact.snapshot.rows)
    )


def _cases(store: EventStore, city: str, programme: str, subject: Subject, rows: tuple[Row, ...]) -> list[CaseFile]:
    if subject not in COVERS_CASES:
        return []
    return [store.load(CaseFile, case_id(city, programme, row.credit_code)) for row in rows]


def _papers(
    store: EventStore,
    calendar: Calendar,
    command: PublishNotice | NoticeCommand,
    at: datetime,
    city: str,
    batch: UUID | None,
    *,
    rehearsal: bool,
) -> CasePapers:
    """With the rules that the batch pinned, and its places; without a batch by the city's rules of today."""
    if batch is None:
        return CasePapers(command, at, load.load(city, (load.REHEARSAL,) if rehearsal else ()), calendar)
    pinned = store.load(Batch, batch)
    if pinned.is_new:
        raise Rejection("notice_must_rest_on_an_open_batch", "没有这个批次")
    pack = load.parse(pinned.pack_text, pinned.code)
    return CasePapers(command, at, pack, calendar, pinned, places=store.load(Places, places_id(batch)))
