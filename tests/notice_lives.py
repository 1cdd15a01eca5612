"""A notice's life for the read models' tests: contested, altered, published anew twice, and over at last."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from domain.case.file import CasePapers
from domain.commands import Command
from domain.identity import command_id, notice_id
from domain.money import Money
from domain.notice.file import Notice
from domain.notice.publish import PublishNotice, ReissueNotice, publish_notice, reissue_notice
from domain.notice.room import COMMANDS, DECISIONS
from domain.notice.snapshot import Row, Subject
from domain.people import Person, Role
from domain.policy import Pack
from domain.record import File
from policies.calendars import published

ROWS = (
    Row("虚拟云上公司", "", "", "数字化改造服务", Money.wan(3), ""),
    Row("虚拟云下有限公司", "91210200MA3C0AB12X", "", "数字化改造服务", Money.wan(3), ""),
    Row("虚拟云下有限公司", "91210200MA3C0AB12X", "", "数字化诊断服务", None, ""),
)
CLERK, HEAD = Role.CLERK, Role.HEAD
STORY: tuple[tuple[str, Role, int, dict[str, Any]], ...] = (
    ("check-notice", CLERK, 1, {}),
    ("object-to-notice", CLERK, 1, {"objector": "登记1号", "matter": "资质不实"}),
    ("answer-notice-objection", HEAD, 3, {"number": 1, "upheld": False, "answer": "经核实属实"}),
    ("object-to-notice", CLERK, 0, {"objector": "登记2号", "matter": "案例不实"}),
    ("answer-notice-objection", HEAD, 2, {"number": 2, "upheld": True, "answer": "案例不实"}),
    ("reissue-notice", CLERK, 1, {"document": "公示第2号", "rows": ROWS[:2]}),
    ("check-notice", CLERK, 1, {"sha256": "0" * 64}),
    ("reissue-notice", CLERK, 1, {"document": "公示第3号"}),
    *[("check-notice", CLERK, 1, {})] * 12,
    ("complete-notice", HEAD, 1, {}),
)
"""Command, role, days after the one before, and what is said."""


def story(city: str, pack: Pack, at: datetime) -> Iterator[tuple[list[File], Command]]:
    """The files with what they recorded, and the command, one by one."""

    def id_of(document: str) -> Notice:
        return Notice.fresh(notice_id(city, pack.programme, Subject.PROVIDERS, document))

    said: dict[str, Any] = {"complaint_phone": "0411-83610000", "rows": ROWS, "decided_by": ("expert-1",)}
    first = PublishNotice(
        command_id=command_id(city, "publish-notice"),
        by=Person("c-1", CLERK, city),
        city=city,
        programme=pack.programme,
        subject=Subject.PROVIDERS,
        document="公示第1号",
        **said,
    )
    notice = id_of(first.document)
    publish_notice(notice, first, CasePapers(first, at, pack, published()))
    yield [notice], first
    for step, (kind, role, days, fields) in enumerate(STORY):
        at += timedelta(days=days)
        own: dict[str, dict[str, Any]] = {
            "check-notice": {"sha256": notice.sha256},
            "reissue-notice": {**said, "reason": "名单有变"},
        }
        command = COMMANDS[kind](
            command_id=command_id(city, "notice", str(step)),
            by=Person(f"{role}-{step}", role, city),
            **{"notice": notice.id, **own.get(kind, {}), **fields},
        )
        papers = CasePapers(command, at, pack, published())
        if isinstance(command, ReissueNotice):
            new = id_of(command.document)
            reissue_notice(new, notice, command, papers)
            yield [new, notice], command
            notice = new
        else:
            DECISIONS[type(command)](notice, command, papers)  # type: ignore[index]
            yield [notice], command
