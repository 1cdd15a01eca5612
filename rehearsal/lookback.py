"""The look-back of a rehearsal: a draw over the paid firms, a visit, and what follows for those who cheated."""

from __future__ import annotations

from domain.case.entitlement import entitlement
from domain.case.lookback import (
    LEVEL_FALLEN,
    CloseCase,
    DismissFinding,
    DrawCase,
    FileStatement,
    OrderLookbackRectification,
    RecordInspection,
    RecordLookbackRecheck,
    ReportLookbackRectification,
    RevokeQualification,
)
from domain.case.recovery import DecideRecovery, HandOverRecovery, NotifyRecovery, RecordRefund
from domain.money import Money
from domain.people import Role
from rehearsal.firm import Firm, Story


def visited(firm: Firm, campaign: str, basis: str) -> Story:
    """One drawn firm, from the draw to the archive, or to the last refund."""
    cast, head = firm.cast, firm.cast.bureau(Role.HEAD, 2)
    first, second = cast.inspector(1), cast.inspector(2)
    yield firm.gives(DrawCase, cast.clerk(1), campaign=campaign, purpose="accepted", basis=basis)
    firm.later(4, 30 if firm.happens(0.1) else 14)
    luck = firm.chance.random()
    evidence = ("现场照片", "系统日志")
    if luck < 0.55:
        yield firm.gives(RecordInspection, first, findings=(), second_inspector=second.id, evidence=evidence)
        firm.later(20, 40)
        yield firm.gives(CloseCase, head)
        return True
    if luck < 0.70:
        yield firm.gives(
            RecordInspection, first, findings=(LEVEL_FALLEN,), second_inspector=second.id, evidence=evidence
        )
        yield firm.gives(OrderLookbackRectification, head)
        firm.later(10, 28)
        yield firm.gives(ReportLookbackRectification, cast.firm(firm.row))
        firm.later(4, 10)
        yield firm.gives(RecordLookbackRecheck, first, passed=True)
        firm.later(20, 40)
        yield firm.gives(CloseCase, head)
        return True
    ground = firm.chance.choice(firm.pack.list("lookback.grounds"))
    yield firm.gives(RecordInspection, first, findings=(ground,), second_inspector=second.id, evidence=evidence)
    minutes = f"局长办公会纪要〔{firm.day.year}〕回头看{firm.day:%m%d}号"
    if firm.happens(0.4):
        leader = cast.bureau(Role.LEADER)
        yield firm.gives(RevokeQualification, leader, ground=ground, minutes=minutes, mistake=True)
    heard = firm.happens(0.7)
    if heard:
        firm.later(2, 5)
        yield firm.gives(FileStatement, cast.firm(firm.row), statement="系统因停产检修短暂停用，已恢复")
        if firm.happens(0.2):
            firm.later(3, 8)
            yield firm.gives(DismissFinding, head, reason="停用系检修所致，数据完整")
            firm.later(20, 40)
            yield firm.gives(CloseCase, head)
            return True
    firm.after_period("statement")
    yield firm.gives(RevokeQualification, cast.bureau(Role.LEADER), ground=ground, minutes=minutes)
    goes_on = yield from _recovery(firm)
    return goes_on


def _recovery(firm: Firm) -> Story:
    """Money back: at once, in two parts, or only after it was handed over."""
    cast = firm.cast
    if firm.pack.text("lookback.clawback") == "no":
        return False
    paid = entitlement(firm.verified, firm.pack, firm.day).amount
    payer = cast.county_treasury(firm.row.county)
    firm.later(2, 6)
    yield firm.gives(
        NotifyRecovery, cast.clerk(1), amount=paid, document=f"追缴告知〔{firm.day.year}〕{firm.day:%m%d}号"
    )
    firm.later(5, 10)
    decision = f"追缴决定〔{firm.day.year}〕{firm.day:%m%d}号"
    yield firm.gives(DecideRecovery, cast.bureau(Role.LEADER, 2), amount=paid, document=decision)
    if firm.happens(0.2):
        firm.after_period("refund")
        yield firm.gives(HandOverRecovery, cast.bureau(Role.HEAD), to="市财政局", reason="逾期未退")
        return False
    firm.later(5, 20)
    first = Money(paid.fen // 2) if firm.happens(0.5) else paid
    yield firm.gives(RecordRefund, payer, amount=first, slip=f"退款-{firm.row.credit_code[-6:]}-1")
    if first != paid:
        firm.later(5, 20)
        if firm.happens(0.5):
            more = paid - first + Money(1)
            slip = f"退款-{firm.row.credit_code[-6:]}-2"
            yield firm.gives(RecordRefund, payer, amount=more, slip=slip, mistake=True)
        yield firm.gives(RecordRefund, payer, amount=paid - first, slip=f"退款-{firm.row.credit_code[-6:]}-2")
    return False
