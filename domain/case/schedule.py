"""What is due next, for whom, by when. Pure: the state says which periods run, the pack says how long.

A period begins and ends with the events of the step it belongs to, in the same append; it moves only by an event.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import ClassVar, Literal

from domain.calendar import CHINA, china_day, ends_at
from domain.case.acceptance import AcceptanceFailed
from domain.case.file import (
    Acceptance,
    CaseFact,
    CaseFile,
    CasePapers,
    Inspection,
    Qualification,
    Recovery,
    Subsidy,
    Works,
)
from domain.case.review import ApplicationLapsed
from domain.commands import CaseCommand
from domain.deadlines import Deadline
from domain.people import Role
from domain.policy import Days
from domain.rules import No, rule

REMIND_AT = time(9, 0)
"""Reminders go out at nine in the morning in China."""


@dataclass(frozen=True)
class Timer:
    """One kind of period: whose step it times, and in which state of the case it runs."""

    name: str
    """Its key in the pack is ``timers.<name>``."""
    role: Role
    runs: Callable[[CaseFile], bool]
    lapse: type[CaseFact] | None = None
    """The fact that ends the step when the period passes and the pack says ``lapse``; None where it never lapses."""
    runs_out: bool = False
    """A period that has to run out before the next step (公示, 陈述申辩): going past its end is not being late."""
    runs_on: bool = False
    """One period over all its turns: what a reviewer needs in between does not count, and a return gives no new one."""
    unsupervised: Role | None = None
    """Whose step it is in a city without a supervisor, where that differs."""


TIMERS: tuple[Timer, ...] = (
    Timer("supplement", Role.FIRM, lambda c: c.qualification is Qualification.SUPPLEMENTING, ApplicationLapsed),
    Timer("county_review", Role.COUNTY, lambda c: c.qualification is Qualification.COUNTY_REVIEW),
    Timer("city_review", Role.CLERK, lambda c: c.qualification is Qualification.CITY_REVIEW),
    Timer("list_notice", Role.HEAD, lambda c: c.qualification is Qualification.NOTICED, runs_out=True),
    Timer("diagnosis", Role.DIAGNOSER, lambda c: c.works is Works.DIAGNOSING),
    # 签订并提交合同: a plan or contract that comes back is the firm's own delay, and no clause gives it time for that
    Timer("contract", Role.FIRM, lambda c: c.works in (Works.PLANNING, Works.CONTRACTING), runs_on=True),
    Timer(
        "contract_review",
        Role.SUPERVISOR,
        lambda c: c.works in (Works.PLAN_REVIEW, Works.CONTRACT_REVIEW, Works.REGISTERING),
        unsupervised=Role.CLERK,
    ),
    Timer("implementation", Role.FIRM, lambda c: c.works is Works.UNDER_WAY),
    Timer("acceptance_application", Role.FIRM, lambda c: c.acceptance is Acceptance.AWAITING_APPLICATION),
    Timer("evaluation", Role.EVALUATOR, lambda c: c.acceptance in (Acceptance.EVALUATING, Acceptance.RECHECKING)),
    Timer("acceptance_decision", Role.HEAD, lambda c: c.acceptance is Acceptance.DECIDING),
    Timer("rectification", Role.FIRM, lambda c: c.acceptance is Acceptance.RECTIFYING, AcceptanceFailed),
    Timer("acceptance_notice", Role.HEAD, lambda c: c.acceptance is Acceptance.NOTICED, runs_out=True),
    Timer("entitlement", Role.CLERK, lambda c: c.subsidy is Subsidy.TO_VERIFY),
    Timer("payment", Role.COUNTY_TREASURY, lambda c: c.subsidy is Subsidy.INSTRUCTED),
    Timer("inspection", Role.INSPECTOR, lambda c: c.inspection is Inspection.DRAWN),
    Timer(
        "statement",
        Role.FIRM,
        lambda c: c.qualification is Qualification.PILOT and c.inspection in (Inspection.FOUND, Inspection.UPHELD),
        runs_out=True,
    ),
    Timer("lookback_rectification", Role.FIRM, lambda c: c.inspection is Inspection.RECTIFYING),
    Timer("refund", Role.FIRM, lambda c: c.recovery is Recovery.DECIDED),
)

_BY_NAME = {timer.name: timer for timer in TIMERS}

# --- facts


class DeadlineSet(CaseFact):
    """期限开始: until when, for whom, by which clause."""

    TOPIC: ClassVar[str] = "case.deadline-set"
    deadline: Deadline

    def fold(self, file: CaseFile) -> None:
        file.deadlines[self.deadline.name] = self.deadline
        file.timers_opened[self.deadline.timer] = file.timers_opened.get(self.deadline.timer, 0) + 1
        file.begun_anew -= {self.deadline.timer}


class DeadlineClosed(CaseFact):
    """The step was taken, or fell away."""

    TOPIC: ClassVar[str] = "case.deadline-closed"
    name: str
    late: bool

    def fold(self, file: CaseFile) -> None:
        file.stopped[file.deadlines[self.name].timer] = (file.deadlines[self.name], self.timestamp)
        file.deadlines.pop(self.name)


class DeadlinePassed(CaseFact):
    """期限届满: nobody acted in time. What follows is the pack's: wait, or lapse."""

    TOPIC: ClassVar[str] = "case.deadline-passed"
    name: str
    role: Role
    due: date

    def fold(self, file: CaseFile) -> None:
        file.deadlines[self.name] = replace(file.deadlines[self.name], passed=True)


class ReminderRecorded(CaseFact):
    """提醒: the one whose step it is was reminded, for this day, once."""

    TOPIC: ClassVar[str] = "case.reminder-recorded"
    name: str
    role: Role
    due: date
    on: date

    def fold(self, file: CaseFile) -> None:
        held = file.deadlines[self.name]
        file.deadlines[self.name] = replace(held, reminded=(*held.reminded, self.on))


EVENTS = (DeadlineSet, DeadlineClosed, DeadlinePassed, ReminderRecorded)

# --- commands: the engine's own, saying that time has come


@dataclass(frozen=True, kw_only=True)
class RecordReminder(CaseCommand):
    """A reminder's day has come."""

    kind: Literal["record-reminder"] = "record-reminder"
    name: str
    on: date


@dataclass(frozen=True, kw_only=True)
class PassDeadline(CaseCommand):
    """A deadline's last day is over."""

    kind: Literal["pass-deadline"] = "pass-deadline"
    name: str


@dataclass(frozen=True)
class Wake:
    """The next moment at which time alone moves the case."""

    at: datetime
    name: str
    """The deadline's name."""
    remind_on: date | None
    """The reminder's day; None: the deadline itself passes."""


@rule
def deadline_must_be_running(case: CaseFile, name: str) -> No | None:
    """Time can pass only for a deadline that is open and has not passed."""
    held = case.deadlines.get(name)
    return None if held is not None and not held.passed else No(f"没有正在计时的期限“{name}”")


@rule
def time_must_have_come(moment: datetime, at: datetime) -> No | None:
    """Nobody passes a deadline or reminds ahead of time, not even the engine."""
    return None if at >= moment else No(f"尚未到 {moment:%Y-%m-%d %H:%M}")


@rule
def only_a_step_that_can_lapse_may_lapse(timer: Timer, on_expiry: str, clause: str) -> No | None:
    """A pack may let a firm's own step lapse; a reviewer's or payer's silence never decides anything."""
    if on_expiry == "wait" or timer.lapse is not None:
        return None
    return No(f"期限“{timer.name}”届满不能自动视为放弃或通过", clause)


@rule
def reminder_must_be_due_and_not_yet_given(deadline: Deadline, on: date) -> No | None:
    """A reminder is given on a day that was set for it when the period began, and once."""
    if on not in deadline.remind_on:
        return No(f"期限“{deadline.name}”在 {on} 没有提醒")
    return No(f"期限“{deadline.name}”在 {on} 已经提醒过") if on in deadline.reminded else None


# --- decisions


def settle(case: CaseFile, papers: CasePapers) -> None:
    """Close the periods whose step is over or begins anew, and begin those whose step has come; after every command.

    The state alone does not tell a step from the same step begun anew (another plan before the same reviewer): the fact
    that begins it says so.
    """
    running = {deadline.timer: deadline for deadline in case.deadlines.values()}
    for timer in TIMERS:
        runs = case.is_open and timer.runs(case)
        held = running.get(timer.name)
        if held is not None and (not runs or timer.name in case.begun_anew):
            late = papers.today > held.due and not timer.runs_out
            case.record(DeadlineClosed, papers, name=held.name, late=late)
            held = None
        if held is None and runs:
            _begin(case, timer, papers)


def _begin(case: CaseFile, timer: Timer, papers: CasePapers) -> None:
    key = f"timers.{timer.name}"
    days, clause = papers.pack.days(key), papers.pack.clause(key)
    only_a_step_that_can_lapse_may_lapse(timer, days.on_expiry, clause)
    if timer.runs_on and timer.name in case.stopped:
        days = _left(*case.stopped[timer.name], days, papers)
    end = papers.calendar.due(papers.today, days)
    leads = sorted({int(lead) for lead in papers.pack.list("reminders.leads")}, reverse=True)
    remind_on = tuple(
        day for day in (end.date - timedelta(days=lead) for lead in leads) if papers.today < day <= end.date
    )
    role = timer.role
    if timer.unsupervised is not None and not papers.pack.flag("contract.supervised"):
        role = timer.unsupervised
    deadline = Deadline(
        name=f"{timer.name}/{case.timers_opened.get(timer.name, 0) + 1}",
        role=role,
        set_on=papers.today,
        due=end.date,
        provisional=end.provisional,
        remind_on=remind_on,
        on_expiry=days.on_expiry,
        clause=clause,
    )
    case.record(DeadlineSet, papers, clauses=(clause,), deadline=deadline)


def _left(held: Deadline, stopped: datetime, days: Days, papers: CasePapers) -> Days:
    """What a period still had to run after the day of the stop; one day at least, also for who was late."""
    day = china_day(stopped)
    until_due = (day + timedelta(days=n) for n in range(1, (held.due - day).days + 1))
    return replace(days, count=max(sum(papers.calendar.counts(days.unit, day) for day in until_due), 1))


def next_wake(case: CaseFile) -> Wake | None:
    """The earliest reminder or end of any open deadline; None when time alone moves nothing."""
    wakes = [
        wake
        for deadline in case.deadlines.values()
        if not deadline.passed
        for wake in (
            *(
                Wake(datetime.combine(day, REMIND_AT, CHINA), deadline.name, day)
                for day in deadline.remind_on
                if day not in deadline.reminded
            ),
            Wake(ends_at(deadline.due), deadline.name, None),
        )
    ]
    return min(wakes, key=lambda wake: (wake.at, wake.name), default=None)


def record_reminder(case: CaseFile, command: RecordReminder, papers: CasePapers) -> None:
    """Once per deadline and day."""
    deadline_must_be_running(case, command.name)
    held = case.deadlines[command.name]
    reminder_must_be_due_and_not_yet_given(held, command.on)
    time_must_have_come(datetime.combine(command.on, REMIND_AT, CHINA), papers.at)
    case.record(
        ReminderRecorded, papers, clauses=(held.clause,), name=held.name, role=held.role, due=held.due, on=command.on
    )


def pass_deadline(case: CaseFile, command: PassDeadline, papers: CasePapers) -> None:
    """Recorded; then the step waits on or lapses, as the pack said when the period began."""
    deadline_must_be_running(case, command.name)
    held = case.deadlines[command.name]
    time_must_have_come(ends_at(held.due), papers.at)
    case.record(DeadlinePassed, papers, clauses=(held.clause,), name=held.name, role=held.role, due=held.due)
    lapse = _BY_NAME[held.timer].lapse
    if held.on_expiry == "lapse" and lapse is not None:
        case.record(lapse, papers, clauses=(held.clause,))


DECISIONS = {RecordReminder: record_reminder, PassDeadline: pass_deadline}
