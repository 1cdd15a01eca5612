"""公示期满: seen unchanged on every day of its window, uncontested, and only then of effect."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from domain.case.file import CasePapers
from domain.notice.common import (
    NoticeCommand,
    notice_hand_must_be_another,
    notice_must_be_open,
    objections_must_be_answered,
    words_must_hold_no_private_data,
)
from domain.notice.file import Notice, NoticeAltered, NoticeChecked, NoticeCompleted
from domain.notice.proof import days_asked, days_proven, last_day
from domain.notice.snapshot import snapshot_hash
from domain.rules import No, rule


@dataclass(frozen=True, kw_only=True)
class CheckNotice(NoticeCommand):
    """Somebody, or a program in somebody's name, says what hash the public page has today."""

    kind: Literal["check-notice"] = "check-notice"
    sha256: str
    address: str = ""
    """Where the page was seen."""


@dataclass(frozen=True, kw_only=True)
class CompleteNotice(NoticeCommand):
    """Let the notice take its effect."""

    kind: Literal["complete-notice"] = "complete-notice"


@rule
def hash_must_be_written_in_full(sha256: str) -> No | None:
    """A slip of the keyboard is no alarm: a SHA-256 has 64 hexadecimal digits."""
    return None if re.fullmatch(r"[0-9a-f]{64}", sha256) else No(f"哈希应为 64 位十六进制（小写），收到“{sha256}”")


@rule
def snapshot_must_match_its_hash(notice: Notice) -> No | None:
    """What is on record is what was hashed when it was published."""
    if snapshot_hash(notice.shown) == notice.sha256:
        return None
    return No("事件中的公示内容与发布时的哈希不符，请停止办理并核查事件库")


@rule
def notice_must_not_have_been_altered(notice: Notice) -> No | None:
    """Once something else was seen, this notice proves nothing any more; a new one can."""
    if notice.altered_on is None:
        return None
    return No(f"{notice.altered_on} 核验发现公示页面内容有变，本公示不能完成，请查明后重新公示")


@rule
def upheld_objection_must_lead_to_a_new_notice(notice: Notice) -> No | None:
    """Where an objection held, the list is another one, and the public has not seen it yet."""
    if not notice.upheld:
        return None
    return No(f"第 {'、'.join(map(str, notice.upheld))} 号异议成立，名单须更正并重新公示")


@rule
def notice_must_have_stood_its_window(notice: Notice, today: date) -> No | None:
    """The last day is over before anything rests on the notice."""
    if notice.ends is not None and today > notice.ends:
        return None
    until = f"至 {notice.ends} 止" if notice.ends else "中止，待异议答复"
    return No(f"公示期{until}，期满后方可办理")


@rule
def last_day_of_a_longer_window_must_be_over(last: date | None, today: date) -> No | None:
    """A window that was made longer by missing proofs takes objections to the end of its last day, like any other."""
    return No(f"公示顺延至 {last} 止，次日起方可办理") if last is not None and today <= last else None


@rule
def notice_must_have_been_seen_on_every_day(asked: int, proven: int) -> No | None:
    """Each day of the window needs its proof; for a day on which nobody looked, the notice stands a day longer."""
    if proven >= asked:
        return None
    return No(f"公示期 {asked} 日中只有 {proven} 日有核验记录，还差 {asked - proven} 日，请继续公示并逐日核验")


def check_notice(notice: Notice, command: CheckNotice, papers: CasePapers) -> None:
    """The same hash is a proof of the day, another one an alarm."""
    notice_must_be_open(notice)
    hash_must_be_written_in_full(command.sha256)
    words_must_hold_no_private_data(command.reason)  # the address of a page is often one long number
    if command.sha256 == notice.sha256:
        notice.record(NoticeChecked, papers, day=papers.today, address=command.address)
    else:
        notice.record(NoticeAltered, papers, day=papers.today, address=command.address, seen_sha256=command.sha256)


def complete_notice(notice: Notice, command: CompleteNotice, papers: CasePapers) -> None:
    """By another hand than published it."""
    notice_must_be_open(notice)
    snapshot_must_match_its_hash(notice)
    notice_must_not_have_been_altered(notice)
    objections_must_be_answered(notice)
    upheld_objection_must_lead_to_a_new_notice(notice)
    notice_must_have_stood_its_window(notice, papers.today)
    proven = days_proven(notice, papers.calendar)
    notice_must_have_been_seen_on_every_day(days_asked(notice, papers.calendar), proven)
    last_day_of_a_longer_window_must_be_over(last_day(notice, papers.calendar), papers.today)
    notice_hand_must_be_another(command.by, notice.published_by)
    notice.record(NoticeCompleted, papers, day=papers.today, days_proven=proven)
