"""Given, when, then for notices: one notice before the public, and the case of the one firm on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import Any, Final

from domain import authority
from domain.calendar import CHINA
from domain.case.file import CaseFile, CasePapers
from domain.commands import Command
from domain.identity import command_id, notice_id
from domain.money import Money
from domain.notice import room
from domain.notice.file import Notice
from domain.notice.publish import PublishNotice, ReissueNotice, publish_notice, reissue_notice
from domain.notice.snapshot import Row, Snapshot, Subject
from domain.people import Person
from domain.policy import Pack
from domain.record import Fact
from policies.calendars import published
from tests.domain.cast import CITY, CODE, PROGRAMME, RULES, clerk1, clerk2, head
from tests.domain.play import after, passed, refused

MONDAY: Final = date(2026, 3, 2)
DOCUMENT: Final = "示例工信公示〔2026〕1号"
ROW: Final = Row("示例轴承有限公司", CODE, "东区", "轴承车间数字化改造", Money.wan(82), "2026-04-01至2026-12-31")
PROVIDER: Final = Row("示例云软科技有限公司", "", "西区", "数字化诊断与改造", None, "")
LINES: Final[Mapping[str, tuple[Person, dict[str, Any]]]] = {
    "publish-notice": (
        clerk1,
        {
            "city": CITY,
            "programme": PROGRAMME,
            "subject": Subject.LIST,
            "document": DOCUMENT,
            "complaint_phone": "0533-2345678",
            "rows": (ROW,),
            "decided_by": (),
        },
    ),
    "reissue-notice": (
        clerk1,
        {
            "document": "示例工信公示〔2026〕2号",
            "complaint_phone": "0533-2345678",
            "rows": (ROW,),
            "decided_by": (),
            "reason": "核减一家",
        },
    ),
    "object-to-notice": (clerk2, {"objector": "实名登记2026-003", "matter": "设备不实"}),
    "answer-notice-objection": (head, {"number": 1, "upheld": False, "answer": "经查不属实"}),
    "check-notice": (clerk2, {}),
    "complete-notice": (head, {}),
}


def proposed() -> CaseFile:
    """The firm's case, put on the list by county-1 and clerk-1 on the same Monday."""
    return after("pass-city-review").case


@dataclass(frozen=True)
class Board:
    """What hangs on the board, and how far its story has come."""

    facts: tuple[Fact, ...] = field(default=(), repr=False)
    case: CaseFile = field(default_factory=proposed, repr=False)
    rules: Pack = field(default=RULES, repr=False)
    today: date = MONDAY
    said: int = 0
    happened: tuple[str, ...] = ()
    follower: Notice | None = field(default=None, repr=False)
    """The notice that replaced it."""

    @property
    def notice(self) -> Notice:
        return Notice.folded(notice_id(CITY, PROGRAMME, "list", DOCUMENT), self.facts)

    @property
    def shown(self) -> Snapshot:
        return self.notice.shown

    def on(self, day: date) -> Board:
        return replace(self, today=day)

    def command(self, kind: str, **changes: Any) -> Command:
        hand, words = LINES[kind]
        said = {"by": hand, **words, **changes}
        if kind != "publish-notice":
            said = {"notice": self.notice.id, **said}
        if kind == "check-notice":
            said = {"sha256": self.notice.sha256, **said}
        return room.COMMANDS[kind](command_id=command_id(kind, str(self.said)), **said)

    def decided(self, kind: str, **changes: Any) -> Board:
        """The command, decided on files folded anew. Raises Rejection."""
        command, notice, follower = self.command(kind, **changes), self.notice, self.follower
        papers = CasePapers(command, datetime.combine(self.today, time(10), CHINA), self.rules, published())
        authority.may(command, None)
        if isinstance(command, PublishNotice):
            publish_notice(notice, command, papers, self._cases(command.subject, command.rows))
        elif isinstance(command, ReissueNotice):
            follower = Notice.fresh(notice_id(CITY, PROGRAMME, self.shown.subject, command.document))
            cases = self._cases(self.shown.subject, command.rows)
            reissue_notice(follower, notice, command, papers, cases)
        else:
            room.DECISIONS[type(command)](notice, command, papers)  # type: ignore[index]
        new = tuple(fact for fact in notice.pending_events if isinstance(fact, Fact))
        assert new, "a decision records at least one fact"
        return replace(
            self,
            facts=(*self.facts, *new),
            said=self.said + 1,
            happened=tuple(fact.TOPIC.removeprefix("notice.") for fact in new),
            follower=follower,
        )

    def did(self, kind: str, **changes: Any) -> Board:
        """It was done."""
        board = self.decided(kind, **changes)
        passed(kind)
        return board

    def refuses(self, rule: str, kind: str, clause: str | None = None, **changes: Any) -> Board:
        """It was refused under this rule, and nothing has changed."""
        with refused(rule, of=kind, clause=clause):
            self.decided(kind, **changes)
        return self

    def seen_on(self, *days: int) -> Board:
        """On these days of March somebody looked, and it was unchanged."""
        board = self
        for day in days:
            board = board.on(date(2026, 3, day)).did("check-notice")
        return board

    def _cases(self, subject: Subject, rows: tuple[Row, ...]) -> tuple[CaseFile, ...]:
        if subject not in (Subject.LIST, Subject.ACCEPTANCE):
            return ()
        return tuple(self.case if row.credit_code == CODE else CaseFile.fresh(self.case.id) for row in rows)


def hanging(**changes: Any) -> Board:
    """Published on Monday the second of March; its window is the third to the ninth."""
    return Board().did("publish-notice", **changes)
