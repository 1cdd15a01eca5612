"""Which notice is meant, and what it says of itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from cli.fields import WrongField
from domain.notice.call import QuotaChange
from domain.notice.file import Notice, NoticePublished
from domain.notice.proof import days_asked, days_proven
from domain.words import NOTICE_STATES, NOTICE_SUBJECTS
from policies.calendars import published
from settings import Settings

if TYPE_CHECKING:
    from eventstore.store import EventStore

FIELDS: Final = ("number", "name", "credit_code", "county", "project", "amount", "period")
"""The columns of a notice's table, for programs."""


@contextmanager
def found(settings: Settings, which: str) -> Iterator[tuple[EventStore, Notice]]:
    """The one notice that is meant. Raises WrongField where there is none, or several."""
    from cli.engine import record

    with record(settings) as store:
        which = which.strip()
        openings = store.openings(NoticePublished.TOPIC, which) if which else []
        facts = [fact for fact in openings if isinstance(fact, NoticePublished)]
        exact = [one for one in facts if one.snapshot.document == which]
        meant = exact or [one for one in facts if str(one.originator_id).startswith(which.lower())]
        if len(meant) != 1:
            known = "；".join(f"{one.originator_id} {one.snapshot.document}" for one in meant)
            raise WrongField(
                f"“{which}”对应 {len(meant)} 个公示：{known}" if meant else f"没有编号或文号为“{which}”的公示"
            )
        stream = meant[0].originator_id
        yield store, store.load(Notice, stream)


def told(file: Notice) -> dict[str, Any]:
    """What a program hears of a notice that was published."""
    shown = file.shown
    return {
        "notice": str(file.id),
        "city": file.city,
        "programme": shown.programme,
        "subject": shown.subject.value,
        "document": shown.document,
        "state": file.state.value,
        "first_day": shown.first_day.isoformat(),
        "length": shown.length,
        "unit": shown.unit,
        "ends": file.ends.isoformat() if file.ends else None,
        "standing": "provisional" if file.provisional else "firm",
        "days_left": None if file.ends else file.days_left,
        "days_proven": days_proven(file, published()),
        "sha256": file.sha256,
        "covers": len(file.covers),
        "open_objections": [asdict(one) for one in file.open_objections.values()],
        "replaces": str(file.replaces) if file.replaces else None,
        "replaced_by": str(file.replaced_by) if file.replaced_by else None,
        "completed_on": file.completed_on.isoformat() if file.completed_on else None,
    }


def changed(quotas: Iterable[QuotaChange]) -> list[dict[str, str]]:
    """What a program hears of the quotas that changed after a call."""
    return [{"on": change.day.isoformat(), "document": change.document, "words": change.words} for change in quotas]


def sentence(file: Notice) -> str:
    """What a person hears of it."""
    shown = file.shown
    provisional = "（暂定）" if file.provisional else ""
    until = f"至 {file.ends} 止{provisional}" if file.ends else f"中止，剩余 {file.days_left} 日"
    subject = NOTICE_SUBJECTS[shown.subject]
    proven, asked = (count(file, published()) for count in (days_proven, days_asked))
    return (
        f"公示“{shown.document}”（{subject}，{len(shown.rows)} 行）：{NOTICE_STATES[file.state]}。"
        f"{shown.first_day} 发布，公示期{until}；已核验 {proven} 日，须 {asked} 日。"
        f"公示编号：{file.id}"
    )
