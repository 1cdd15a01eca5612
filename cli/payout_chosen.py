"""Which firms come into a payout plan, and how its sources share them, as typed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from cli.fields import WrongField
from domain.calendar import china_day
from domain.case.application import CaseOpened
from domain.case.entitlement import EntitlementVerified
from domain.case.file import CaseFile, Subsidy
from domain.case.payout_plan import hindrance, still_due
from domain.case.recovery import owes
from domain.first_come import draw as first_come_draw
from domain.first_come import order, purses_of
from domain.fund.file import Fund
from domain.identity import fund_id, queue_id, round_id, tidy
from domain.money import ZERO
from domain.payout_round.plan import Share
from domain.payout_round.planning import Claim
from domain.queue import PayoutQueue
from domain.rejections import Rejection
from domain.words import SOURCES
from settings import Settings

if TYPE_CHECKING:
    from uuid import UUID

    from eventstore.store import EventStore


def way_of(word: str) -> Literal["queue", "selection"]:
    """How the round's firms are chosen. Raises WrongField."""
    if word == "queue":
        return "queue"
    if word == "selection":
        return "selection"
    raise WrongField(f"--way 是 queue（按申请顺序）或 selection（审查择优），收到“{word}”")


def claims(
    settings: Settings,
    said: dict[str, Any],
    line: str,
    way: str,
    codes: Iterable[str] | None,
    leave_out: Iterable[str] | None,
) -> tuple[Claim, ...]:
    """What the named firms are still due; where none is named, all whose turn it is, or all that wait for a plan.

    Raises Rejection where the programme has no such firm, OpenQuestion where the city has not said whose turn it is.
    """
    from activities.registers import elsewhere
    from cli.engine import record

    if codes and leave_out:
        raise WrongField("--firm 和 --except 只能写一种")
    city, home = said["city"], said["programme"]
    stream = round_id(city, home, said["number"])
    with record(settings) as store:
        files = (store.load(CaseFile, case) for case in store.streams_opened_by(CaseOpened.TOPIC))
        cases = {case.credit_code: case for case in files if (case.city, case.programme) == (city, home)}
        if codes:
            return tuple(Claim(case.id, still_due(case)) for case in named(cases, codes, home))
        out = {case.id for case in named(cases, leave_out or (), home)}
        waiting = {case.id: case for case in cases.values() if case.id not in out and _waits(case, stream)}
        if way == "selection":
            oldest = sorted(waiting.values(), key=lambda case: _verified_at(store, case.id))
            return tuple(Claim(case.id, still_due(case)) for case in oldest)
        drawn = _in_turn(store, city, home, line)
        free = {case: hindrance(file) is None and not owes(*elsewhere(store, file)) for case, file in waiting.items()}
        approved = [Claim(case.id, case.approved) for case in waiting.values() if case.subsidy is Subsidy.APPROVED]
        return (*approved, *(one for one in drawn if free.get(one.case)))


def _in_turn(store: EventStore, city: str, home: str, line: str) -> list[Claim]:
    """For whom there is money, in the order of the queue."""
    from activities.payout_queue import rules_of

    queue = store.load(PayoutQueue, queue_id(city, home, line))
    purses = purses_of(store.load(Fund, fund_id(city, home, line)))
    pack = rules_of(city, home, china_day(datetime.now(UTC)))
    shares = first_come_draw(order(queue, pack), purses, pack)
    return [Claim(share.case, share.amount) for share in shares if share.amount > ZERO]


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
