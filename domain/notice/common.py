"""Rules that every step of a notice shares."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain.commands import Command
from domain.notice.file import Notice
from domain.notice.snapshot import private_data
from domain.people import Person
from domain.rules import No, rule


@dataclass(frozen=True, kw_only=True)
class NoticeCommand(Command):
    """A command to one notice."""

    notice: UUID


@rule
def notice_must_be_open(notice: Notice) -> No | None:
    """What is over, or replaced, stays as it is."""
    if notice.is_new:
        return No("没有这个公示")
    if notice.completed_on is not None:
        return No(f"公示“{notice.shown.document}”已于 {notice.completed_on} 期满，不能再办理")
    if notice.replaced_by is not None:
        return No(f"公示“{notice.shown.document}”已被重新公示替代，请办理新的公示")
    return None


@rule
def objections_must_be_answered(notice: Notice) -> No | None:
    """Nothing goes on over an objection that waits for its answer."""
    waiting = "、".join(f"第 {number} 号" for number in notice.open_objections)
    return No(f"{waiting}异议尚未答复，不能办理") if waiting else None


@rule
def notice_hand_must_be_another(by: Person, *barred: str) -> No | None:
    """Nobody judges the list they decided or published themselves: different persons, not roles."""
    if by.id not in barred:
        return None
    return No(f"{by.id} 已参与名单决定、发布公示或登记该异议，不能再办理此步（须由另外的人办理）")


@rule
def words_must_hold_no_private_data(*texts: str) -> No | None:
    """What is written beside a notice stays for ever: no person's number, phone or account."""
    for text in texts:
        if found := private_data(text):
            return No(f"文字中含有疑似{found}，事件永久保存，请删去后再办理")
    return None
