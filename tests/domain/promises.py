"""What holds of every case and its fund at every moment, whoever did whatever; checked after each step of a play."""

from __future__ import annotations

from typing import Any

from domain.case.acceptance import AcceptanceConfirmed, AcceptanceFailed, AcceptancePassed
from domain.case.entitlement import EntitlementVerified
from domain.case.evaluation import EvaluationFiled
from domain.case.file import Acceptance, CaseFile, Inspection, Qualification, Recovery, Subsidy
from domain.case.level import LevelOverridden
from domain.case.lookback import InspectionFound, InspectionPassed
from domain.case.payout import PaymentInstructed, PaymentReceived
from domain.case.payout_plan import PayoutApproved
from domain.case.recovery import RecoveryDecided, RecoveryNotified, RefundRecorded
from domain.case.returned import PaymentReturned
from domain.case.review import CityReviewPassed, CountyReviewPassed
from domain.case.rooms import standing
from domain.case.schedule import TIMERS, ReminderRecorded
from domain.fund.file import Fund
from domain.money import ZERO
from domain.record import File
from tests.domain.play import Play

MONEY = (EntitlementVerified, PayoutApproved, PaymentInstructed, PaymentReceived)
REVIEWS = (CountyReviewPassed, CityReviewPassed)
RECOVERY = (RecoveryNotified, RecoveryDecided, RefundRecorded)


def must_hold(play: Play) -> None:
    """All of them."""
    case, fund = play.case, play.fund
    no_money_without_acceptance_and_never_more_than_its_due(play, case)
    fund_and_case_tell_the_same(case, fund)
    places_and_case_tell_the_same(play, case)
    nobody_does_two_steps(play)
    who_evaluated_never_inspects_afterwards(play)
    who_let_another_level_stand_accepts_nothing_afterwards(play)
    a_lost_qualification_moves_no_money(play, case)
    deadlines_belong_to_running_timers(play, case)
    a_case_is_closed_for_a_reason(play, case)
    no_case_is_archived_over_money_that_is_due(case)


def no_money_without_acceptance_and_never_more_than_its_due(play: Play, case: CaseFile) -> None:
    if of(play, PaymentInstructed):
        assert of(play, AcceptanceConfirmed)
        assert case.acceptance is Acceptance.ACCEPTED
    due = case.entitlement.amount if case.entitlement else ZERO
    assert ZERO <= case.refunded <= case.paid <= due
    assert case.refunded <= case.to_recover <= case.paid
    assert case.entitlement is None or due <= case.entitlement.cap
    assert len(of(play, PaymentReceived)) - len(of(play, PaymentReturned)) in (0, 1)


def fund_and_case_tell_the_same(case: CaseFile, fund: Fund) -> None:
    assert fund.difference == ZERO
    assert min(fund.available, fund.committed, fund.paid, fund.recovered) >= ZERO
    assert (fund.paid, fund.recovered) == (case.paid, case.refunded)
    held = case.is_open and case.subsidy in (Subsidy.APPROVED, Subsidy.INSTRUCTED)
    assert fund.committed == (case.entitlement.amount if held and case.entitlement else ZERO)


def places_and_case_tell_the_same(play: Play, case: CaseFile) -> None:
    has_a_place = (Qualification.PROPOSED, Qualification.NOTICED, Qualification.PILOT, Qualification.COMPLETED)
    assert (case.id in play.places.taken) == (case.qualification in has_a_place)
    assert (case.id in play.places.waiting) == (case.qualification is Qualification.WAITLISTED)
    assert bool(play.register.entries) == (case.batch is not None)


def nobody_does_two_steps(play: Play) -> None:
    for chain in (MONEY, REVIEWS, RECOVERY):
        together: set[str] = set()
        for step in chain:
            hands = {fact.by.id for fact in of(play, step)}
            assert not hands & together
            together |= hands
    judged = {fact.by.id for step in REVIEWS for fact in of(play, step)}
    assert not judged & {fact.by.id for step in MONEY[1:] for fact in of(play, step)}


def who_evaluated_never_inspects_afterwards(play: Play) -> None:
    evaluated: set[str] = set()
    for fact in play.facts:
        if isinstance(fact, EvaluationFiled):
            evaluated |= {fact.by.id, fact.second_evaluator}
        if isinstance(fact, (InspectionFound, InspectionPassed)):
            assert not evaluated & {fact.by.id, fact.second_inspector}


def who_let_another_level_stand_accepts_nothing_afterwards(play: Play) -> None:
    overrode: set[str] = set()
    for fact in play.facts:
        if isinstance(fact, LevelOverridden):
            overrode.add(fact.by.id)
        if isinstance(fact, (AcceptancePassed, AcceptanceConfirmed)):
            assert fact.by.id not in overrode


def a_lost_qualification_moves_no_money(play: Play, case: CaseFile) -> None:
    if case.qualification in (Qualification.REVOKED, Qualification.WITHDRAWN, Qualification.NOT_SELECTED):
        assert case.subsidy in (Subsidy.NONE, Subsidy.RELEASED, Subsidy.PAID)
        assert case.recovery is Recovery.NONE or case.paid > ZERO or of(play, PaymentReturned)
    if case.inspection in (Inspection.FOUND, Inspection.RECTIFYING, Inspection.RECHECKING, Inspection.UPHELD):
        assert case.frozen
    else:
        assert not case.frozen


def deadlines_belong_to_running_timers(play: Play, case: CaseFile) -> None:
    running = {timer.name for timer in TIMERS if case.is_open and timer.runs(case)}
    assert {held.timer for held in case.deadlines.values()} == running
    assert len(case.deadlines) == len(running)
    assert case.is_open or standing(case).wake is None
    given = [(fact.name, fact.on) for fact in of(play, ReminderRecorded)]
    assert len(given) == len(set(given))


def a_case_is_closed_for_a_reason(play: Play, case: CaseFile) -> None:
    ended = (
        case.qualification in (Qualification.NOT_SELECTED, Qualification.WITHDRAWN, Qualification.COMPLETED)
        or case.recovery in (Recovery.SETTLED, Recovery.WRITTEN_OFF)
        or (case.qualification is Qualification.REVOKED and case.recovery is Recovery.NONE)
        or bool(of(play, AcceptanceFailed))
    )
    assert case.is_open != ended


def no_case_is_archived_over_money_that_is_due(case: CaseFile) -> None:
    if case.qualification is Qualification.COMPLETED:
        assert case.subsidy in (Subsidy.PAID, Subsidy.NOT_DUE)
        due = case.entitlement.amount if case.entitlement else ZERO
        assert case.paid == due


def of(play: Play, kind: type[Any]) -> list[Any]:
    """The facts of one type."""
    return [fact for fact in play.facts if isinstance(fact, kind)]


def state(file: File) -> dict[str, Any]:
    """All that a file remembers, without what is still to be stored."""
    return {name: value for name, value in vars(file).items() if name != "_pending_events"}
