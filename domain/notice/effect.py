"""公示的效力: nothing becomes final in a case before the notice that names it has stood its whole time."""

from __future__ import annotations

from uuid import UUID

from domain.identity import same
from domain.notice.file import Notice, NoticeState
from domain.rules import No, rule
from domain.words import NOTICE_STATES


@rule
def case_must_stand_in_its_notice(notice: Notice | None, case: UUID, decided_at: int) -> No | None:
    """The public has seen this firm on the list, and seen it after the decision that put it there.

    ``decided_at``: the version of the case's file with that decision. No notice: the city keeps none for this number.
    """
    if notice is None or any(one.case == case and one.version >= decided_at for one in notice.covers):
        return None
    return No(f"本企业（按现在的决定）不在公示“{notice.shown.document}”之内，须列入公示后方可办理")


def shows(notice: Notice, credit_code: str, name: str) -> bool:
    """Whether the public reads of this organisation there: by its code, or by its name where the row bears none."""
    rows = notice.shown.rows
    return any(row.credit_code == credit_code if row.credit_code else same(row.name) == same(name) for row in rows)


@rule
def provider_must_stand_in_its_notice(notice: Notice | None, credit_code: str, name: str) -> No | None:
    """The public has seen this provider among those that were chosen. No notice: the city keeps none for it."""
    if notice is None or shows(notice, credit_code, name):
        return None
    return No(f"{name}不在公示“{notice.shown.document}”之内，须列入公示后方可办理")


@rule
def notice_must_have_been_completed(notice: Notice | None) -> No | None:
    """A notice has its effect on a case only at its end: not while it stands, is contested, or was altered."""
    if notice is None or notice.state is NoticeState.STOOD:
        return None
    return No(f"公示“{notice.shown.document}”为“{NOTICE_STATES[notice.state]}”，期满完成后方可办理")
