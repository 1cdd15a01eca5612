"""The notice's events and commands, all in one place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from domain.case.file import CasePapers
from domain.commands import Command
from domain.notice import file
from domain.notice.common import NoticeCommand
from domain.notice.file import Notice
from domain.notice.keeping import CheckNotice, CompleteNotice, check_notice, complete_notice
from domain.notice.objections import (
    AnswerNoticeObjection,
    ObjectToNotice,
    answer_notice_objection,
    object_to_notice,
)
from domain.notice.publish import PublishNotice, ReissueNotice

EVENTS: Final = file.EVENTS

DECISIONS: Final[Mapping[type[NoticeCommand], Callable[[Notice, Any, CasePapers], None]]] = {
    ObjectToNotice: object_to_notice,
    AnswerNoticeObjection: answer_notice_objection,
    CheckNotice: check_notice,
    CompleteNotice: complete_notice,
}
"""What is decided on one notice alone."""

COMMANDS: Final[Mapping[str, type[Command]]] = {
    "publish-notice": PublishNotice,
    "reissue-notice": ReissueNotice,
    "object-to-notice": ObjectToNotice,
    "answer-notice-objection": AnswerNoticeObjection,
    "check-notice": CheckNotice,
    "complete-notice": CompleteNotice,
}
"""Every command of a notice by its name on the wire."""
