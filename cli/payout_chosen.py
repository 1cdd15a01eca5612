"""Which firms come into a payout plan, and how its sources share them, as typed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from cli.fields import WrongField
from domain.case.application import CaseOpened
from domain.case.entitlement import EntitlementVerified
from domain.case.file import CaseFile, Subsidy
from domain.case.payout_plan import still_due
from domain.identity import round_id, tidy
from domain.payout_round.plan import Share
from domain.payout_round.planning import Claim
from domain.rejections import Rejection
from domain.words import SOURCES
from settings import Settings

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from eventstore.store import EventStore


def claims(
    settings: Settings, said: dict[str, Any], codes: Iterable[str] | None, leave_out: Iterable[str] | None
) -> tuple[Claim, ...]:
    """What the named firms are still due; where none is named, all that wait for a plan, the oldest first.

    Raises Rejection where the programme has no such firm.
    """
    from cli.engine import record

    if codes and leave_out:
        raise WrongField("--firm 和 --except 只能写一种")
    home, stream = said["programme"], round_id(said["city"], said["programme"], said["number"])
    with record(settings) as store:
        files = (store.load(CaseFile, case) for case in store.streams_opened_by(CaseOpened.TOPIC))
        cases = {case.credit_code: case for case in files if (case.city, case.programme) == (said["city"], home)}
        if codes:
            chosen = named(cases, codes, home)
        else:
            out = {case.id for case in named(cases, leave_out or (), home)}
            waiting = [case for case in cases.values() if case.id not in out and _waits(case, stream)]
            chosen = sorted(waiting, key=lambda case: _verified_at(store, case.id))
    return tuple(Claim(case.id, still_due(case)) for case in chosen)


def _waits(case: CaseFile, stream: UUID) -> bool:
    """Whether the firm is to be paid and stands in no other plan; that of this round may be drawn again."""
    if case.planned_in == stream:
        return case.subsidy in (Subsidy.VERIFIED, Subsidy.APPROVED)
    return case.subsidy is Subsidy.VERIFIED and case.planned_in is None


def _verified_at(store: EventStore, case: UUID) -> datetime:
    return max(fact.timestamp for fact in store.facts(case) if isinstance(fact, EntitlementVerified))


def named(cases: dict[str, CaseFile], codes: Iterable[str], home: str) -> list[CaseFile]:
    """The cases with these credit codes. Raises Rejection where one is missing."""
    wanted = [tidy(code) for code in codes]
    strangers = [code for code in wanted if code not in cases]
    if strangers:
        raise Rejection("firm_must_be_of_the_programme", f"项目 {home}（或本轮次）没有这些企业：{'、'.join(strangers)}")
    return [cases[code] for code in wanted]


def shares(words: Iterable[str] | None) -> tuple[Share, ...]:
    """How the sources share every line: ``central=7``, or 中央=7. Raises WrongField."""
    found = []
    for word in words or ():
        name, _, weight = (part.strip() for part in word.replace("＝", "=").partition("="))
        source = next((code for code, title in SOURCES.items() if name in (code, title)), None)
        if source is None or not (weight.isascii() and weight.isdigit()):
            known = "、".join(f"{code}（{title}）" for code, title in SOURCES.items())
            raise WrongField(f"--share 应写作 central=7 的样子（来源：{known}；份数为整数），收到“{word}”")
        found.append(Share(source, int(weight)))
    return tuple(found)
