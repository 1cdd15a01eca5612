"""The public notices of a rehearsal: published with the firms they name, looked at daily, completed at their end."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from itertools import count
from typing import Any, Final
from uuid import UUID

from activities.desk import Desk
from domain.calendar import CHINA, Calendar
from domain.case.acceptance import PublishAcceptance
from domain.case.listing import PublishList
from domain.commands import CaseCommand, Command
from domain.identity import command_id
from domain.notice.file import Notice
from domain.notice.keeping import CheckNotice, CompleteNotice
from domain.notice.publish import PublishNotice
from domain.notice.snapshot import Row, Subject
from domain.payout_round.plan import PlanLine
from domain.people import Role
from eventstore.store import EventStore
from rehearsal import experts
from rehearsal.cast import Cast
from rehearsal.firm import Firm, ScriptError

PUTS_BEFORE_THE_PUBLIC: Final = (PublishList, PublishAcceptance)
"""The steps of a case that bear a notice's number."""
_HOTLINE: Final = "12345"
"""政务服务便民热线, the same everywhere."""
_MORNING: Final = time(9)
"""Before the people come at ten: what stood its last day yesterday is completed when they confirm."""


class Noticeboard:
    """All notices of one rehearsal. Everything it does is a command with an id: played twice, done once."""

    def __init__(self, store: EventStore, calendar: Calendar, city: str) -> None:
        self._store, self._calendar, self._cast = store, calendar, Cast(city)
        self._desk = Desk(store, calendar)
        self._numbers = count()
        self._coming: list[tuple[datetime, int, Notice]] = []
        """Each notice on every day that counts, and on the first day after its end."""

    def publish(self, moment: datetime, acts: Iterable[tuple[Firm, CaseCommand]]) -> None:
        """One notice for each number under which firms go before the public now. Raises ScriptError.

        A list comes from the experts' ranking where the city's rules ask for one.
        """
        together: dict[tuple[Subject, str, UUID], list[Firm]] = {}
        for firm, command in acts:
            assert isinstance(command, PUTS_BEFORE_THE_PUBLIC)
            subject = Subject.LIST if isinstance(command, PublishList) else Subject.ACCEPTANCE
            together.setdefault((subject, command.document, firm.batch), []).append(firm)
        for (subject, document, batch), firms in together.items():
            if subject is Subject.LIST:
                experts.rank(self._cast, document, firms, moment, self._do)
            rows = [Row(one.row.name, one.row.credit_code, one.row.county, "数字化改造", None, "") for one in firms]
            rows.sort(key=lambda row: row.credit_code)
            self._publish(moment, firms[0].programme, subject, document, batch, rows=tuple(rows), decided_by=())

    def call(self, moment: datetime, programme: str, batch: UUID, document: str) -> None:
        """A batch's 申报文件, as the city's rules name it. Raises ScriptError."""
        head = self._cast.bureau(Role.HEAD, 2).id
        self._publish(moment, programme, Subject.CALL, document, batch, rows=(), decided_by=(head,))

    def allocate(self, moment: datetime, programme: str, document: str, lines: Iterable[PlanLine]) -> date:
        """An approved plan before the public; the last day of its window. Raises ScriptError."""
        rows = tuple(Row(one.firm, one.credit_code, one.county, "数字化改造补贴", one.amount, "") for one in lines)
        leader = self._cast.bureau(Role.LEADER, 3).id
        return self._publish(moment, programme, Subject.ALLOCATION, document, None, rows=rows, decided_by=(leader,))

    def until(self, moment: datetime) -> None:
        """Everything that falls due up to this moment. Raises ScriptError."""
        while self._coming and self._coming[0][0] <= moment:
            at, _, notice = heapq.heappop(self._coming)
            assert notice.ends is not None
            is_over = at.date() > notice.ends
            self._do(self._complete(notice) if is_over else self._check(notice, at.date()), at)

    def _publish(
        self, moment: datetime, programme: str, subject: Subject, document: str, batch: UUID | None, **said: Any
    ) -> date:
        command = PublishNotice(
            command_id=command_id("rehearsal", programme, subject.value, document),
            by=self._cast.clerk(2),
            city=self._cast.city,
            programme=programme,
            subject=subject,
            document=document,
            complaint_phone=_HOTLINE,
            batch=batch,
            rehearsal=True,
            **said,
        )
        notice = self._store.load(Notice, self._do(command, moment))
        assert notice.ends is not None
        day = notice.shown.first_day
        while (day := day + timedelta(days=1)) <= notice.ends:
            if self._calendar.counts(notice.shown.unit, day):
                self._enter(day, notice)
        self._enter(day, notice)
        return notice.ends

    def _enter(self, day: date, notice: Notice) -> None:
        heapq.heappush(self._coming, (datetime.combine(day, _MORNING, CHINA), next(self._numbers), notice))

    def _check(self, notice: Notice, day: date) -> CheckNotice:
        name = command_id("rehearsal", str(notice.id), day.isoformat())
        return CheckNotice(command_id=name, by=self._cast.clerk(4), notice=notice.id, sha256=notice.sha256)

    def _complete(self, notice: Notice) -> CompleteNotice:
        name = command_id("rehearsal", str(notice.id), "complete")
        return CompleteNotice(command_id=name, by=self._cast.bureau(Role.HEAD), notice=notice.id)

    def _do(self, command: Command, at: datetime) -> UUID:
        answer = self._desk.handle(command, at)
        if answer.receipt is None:
            assert answer.refusal is not None
            raise ScriptError(f"{command.kind}: {answer.refusal.rule} {answer.refusal.sentence}")
        return answer.receipt.subject
