"""异议: made by name and within the window, answered by somebody who had no hand in the list."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from domain.case.common import words_must_be_given
from domain.case.file import CasePapers
from domain.notice.common import (
    NoticeCommand,
    notice_hand_must_be_another,
    notice_must_be_open,
    words_must_hold_no_private_data,
)
from domain.notice.file import (
    Notice,
    NoticeObjectionDismissed,
    NoticeObjectionRecorded,
    NoticeObjectionUpheld,
    NoticeResumed,
    NoticeSuspended,
    Objection,
)
from domain.notice.proof import last_day
from domain.notice.snapshot import private_data
from domain.policy import Days, Pack
from domain.rules import No, rule

SUSPENDS = "publicity.suspends"
"""Whether a city's rules stop the window while an objection is open; where they are silent, the bureau decides."""


@dataclass(frozen=True, kw_only=True)
class ObjectToNotice(NoticeCommand):
    """Take down an objection."""

    kind: Literal["object-to-notice"] = "object-to-notice"
    objector: str
    """An organisation's full name, or the number under which the bureau's register keeps a person's real name."""
    matter: str
    about: str = ""
    """The credit code of the row it is about; empty where it is about the whole."""
    suspend: bool | None = None
    """The bureau's decision to stop the clock or to let it run; None: as the city's rules say."""


@dataclass(frozen=True, kw_only=True)
class AnswerNoticeObjection(NoticeCommand):
    """Decide an objection."""

    kind: Literal["answer-notice-objection"] = "answer-notice-objection"
    number: int
    upheld: bool
    answer: str


_A_PERSONS_NAME = re.compile(r"[\u4e00-\u9fff]{2,4}|[\u4e00-\u9fff]+(?:[·•][\u4e00-\u9fff]+)+")
"""A Chinese name, or one of several parts; organisations are called by more than four characters."""
_NAMELESS = ("匿名", "无名", "不详", "不愿透露", "群众", "热心")


@rule
def objection_must_be_made_by_name(objector: str) -> No | None:
    """An objection has somebody behind it; a nameless one is no objection but a hint."""
    if objector.strip() and not any(word in objector for word in _NAMELESS):
        return None
    return No("异议须实名提出：单位写全称，个人写实名登记编号")


@rule
def persons_name_must_stay_in_the_register(objector: str) -> No | None:
    """Events are for ever, so a person's name stays in the bureau's register and its number stands here."""
    # A register's own number may be as long as a bank account's.
    if not _A_PERSONS_NAME.fullmatch(objector.strip()) and private_data(objector) in ("", "银行账号"):
        return None
    return No("个人姓名、证件号和电话不进入事件，请写实名登记编号；单位请写全称")


@rule
def objection_must_come_within_the_window(last: date | None, today: date) -> No | None:
    """As long as the window runs or waits, and while missing proofs keep the notice up beyond it; not afterwards.

    No city's source says when objections end. What must still stand before the public before it has any effect is
    still put to the public: a bureau that forgot to look shall not shut out who reads the notice on its added days.
    """
    if last is None or today <= last:
        return None
    return No(f"公示期已于 {last} 届满，不能再登记异议；请按信访或投诉办理")


@rule
def objection_must_be_about_a_row(notice: Notice, about: str) -> No | None:
    """Whom an objection names must stand in the notice."""
    if not about or any(row.credit_code == about for row in notice.shown.rows):
        return None
    return No(f"公示中没有信用代码为 {about} 的企业")


@rule
def bureau_must_keep_to_the_rules_about_the_clock(suspend: bool | None, pack: Pack) -> No | None:
    """The bureau decides about the clock only where the city's rules are silent."""
    if suspend is None or not pack.has(SUSPENDS) or pack.flag(SUSPENDS) == suspend:
        return None
    said = "中止" if pack.flag(SUSPENDS) else "不中止"
    return No(f"规则规定异议处理期间公示期{said}，不能另作决定", pack.clause(SUSPENDS))


@rule
def objection_must_be_open(notice: Notice, number: int) -> No | None:
    """Only an objection that was made and not yet answered can be answered."""
    return None if number in notice.open_objections else No(f"没有待答复的第 {number} 号异议")


def object_to_notice(notice: Notice, command: ObjectToNotice, papers: CasePapers) -> None:
    """Nothing has effect before the answer. The clock stops if the rules or the bureau say so.

    Raises OpenQuestion where neither does.
    """
    notice_must_be_open(notice)
    objection_must_be_made_by_name(command.objector)
    persons_name_must_stay_in_the_register(command.objector)
    words_must_be_given(command.matter, "异议事项")
    words_must_hold_no_private_data(command.matter, command.reason)
    objection_must_come_within_the_window(last_day(notice, papers.calendar), papers.today)
    objection_must_be_about_a_row(notice, command.about)
    bureau_must_keep_to_the_rules_about_the_clock(command.suspend, papers.pack)
    objection = Objection(notice.objections + 1, command.objector, command.matter, command.about)
    notice.record(NoticeObjectionRecorded, papers, objection=objection)
    since = notice.runs_since
    if since is None or notice.ends is None or papers.today > notice.ends:
        return  # another objection has stopped it, or only proofs are missing and no clock runs
    if papers.pack.flag(SUSPENDS) if command.suspend is None else command.suspend:
        notice.record(
            NoticeSuspended,
            papers,
            clauses=(papers.pack.clause(SUSPENDS),),
            since=since,
            day=papers.today,
            days_left=_days_left(notice, since, papers),
        )


def answer_notice_objection(notice: Notice, command: AnswerNoticeObjection, papers: CasePapers) -> None:
    """By another person than decided, published or took it down. With the last one dismissed the clock runs on."""
    notice_must_be_open(notice)
    objection_must_be_open(notice, command.number)
    barred = (notice.published_by, notice.objection_by[command.number], *notice.decided_by)
    notice_hand_must_be_another(command.by, *barred)
    words_must_be_given(command.answer, "异议答复")
    words_must_hold_no_private_data(command.answer, command.reason)
    fact = NoticeObjectionUpheld if command.upheld else NoticeObjectionDismissed
    notice.record(fact, papers, number=command.number, answer=command.answer)
    if notice.runs_since is None and not notice.open_objections and not notice.upheld:
        end = papers.calendar.due(papers.today, Days(notice.days_left, notice.shown.unit))
        notice.record(NoticeResumed, papers, day=papers.today, ends=end.date, provisional=end.provisional)


def _days_left(notice: Notice, since: date, papers: CasePapers) -> int:
    """What the window still has to run, the day of the stop included; at least one whole day."""
    between = (since + timedelta(days=n) for n in range(1, (papers.today - since).days))
    used = sum(papers.calendar.counts(notice.shown.unit, day) for day in between)
    return max(notice.days_left - used, 1)
