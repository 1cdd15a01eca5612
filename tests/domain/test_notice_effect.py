"""公示的效力: nothing becomes final in a case before the notice that names it is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from domain.case.acceptance import AcceptanceConfirmed
from domain.case.listing import PilotConfirmed
from domain.notice.effect import provider_must_stand_in_its_notice
from domain.notice.snapshot import Subject
from tests.domain.board import Board, hanging
from tests.domain.play import after, passed, ready, refused, shows

DAY_AFTER = date(2026, 3, 10)
STOOD_SO_FAR = hanging().seen_on(3, 4, 5, 6, 9).on(DAY_AFTER)
NOT_YET = {
    "standing": STOOD_SO_FAR,
    "contested": hanging().did("object-to-notice"),
    "upheld": hanging().did("object-to-notice").did("answer-notice-objection", upheld=True),
    "altered": hanging().did("check-notice", sha256="0" * 64),
}


@shows("notice_must_have_been_completed")
@pytest.mark.parametrize("how", NOT_YET)
def test_no_firm_becomes_a_pilot_before_its_notice_is_over(how: str) -> None:
    play = ready("confirm-pilot")
    waiting, over = (
        replace(play, notice=board.notice) for board in (NOT_YET[how], STOOD_SO_FAR.did("complete-notice"))
    )
    waiting.when("confirm-pilot").then_refused("notice_must_have_been_completed")
    over.when("confirm-pilot").then(PilotConfirmed)
    play.when("confirm-pilot").then(PilotConfirmed)


@shows("notice_must_have_been_completed")
def test_no_result_is_final_before_its_notice_is_over() -> None:
    play = ready("confirm-acceptance")
    board = replace(Board(), case=after("pass-acceptance").case).did("publish-notice", subject=Subject.ACCEPTANCE)
    replace(play, notice=board.notice).when("confirm-acceptance").then_refused("notice_must_have_been_completed")
    stood = board.seen_on(3, 4, 5, 6, 9).on(DAY_AFTER).did("complete-notice")
    replace(play, notice=stood.notice).when("confirm-acceptance").then(AcceptanceConfirmed)


@shows("case_must_stand_in_its_notice")
@pytest.mark.parametrize("version", [None, -1], ids=["not on it", "on it before it was decided"])
def test_a_firm_that_the_public_never_saw_so_decided_is_not_confirmed(version: int | None) -> None:
    play, stood = ready("confirm-pilot"), STOOD_SO_FAR.did("complete-notice").notice
    replace(play, notice=stood).when("confirm-pilot").then(PilotConfirmed)
    stood.covers = () if version is None else (replace(stood.covers[0], version=play.case.proposed_at + version),)
    replace(play, notice=stood).when("confirm-pilot").then_refused("case_must_stand_in_its_notice")


def test_a_firm_that_was_judged_again_after_the_notice_needs_another_one() -> None:
    back = ready("answer-objection").did(("answer-objection", {"upheld": True}), "pass-city-review")
    again = back.did("publish-list", "~list_notice")
    noticed = replace(again, notice=STOOD_SO_FAR.did("complete-notice").notice)
    noticed.when("confirm-pilot").then_refused("case_must_stand_in_its_notice")


def test_a_result_that_was_judged_again_is_known_by_its_place_in_the_file() -> None:
    for last, place in (("pass-city-review", "proposed_at"), ("pass-acceptance", "passed_at")):
        play = after(last)
        (decision,) = (fact for fact in play.happened if "passed" in fact.TOPIC)
        assert getattr(play.case, place) == decision.originator_version
    promoted = ready("promote-from-waitlist").when("promote-from-waitlist")
    assert promoted.case.proposed_at == promoted.happened[0].originator_version


@shows("provider_must_stand_in_its_notice")
def test_a_provider_that_the_public_never_read_of_comes_into_no_tier() -> None:
    notice, name = STOOD_SO_FAR.notice, "云软公司"
    stranger = "91370300MA3C0PRY9X"
    with refused("provider_must_stand_in_its_notice", "asked"):
        provider_must_stand_in_its_notice(notice, stranger, name)
    row = notice.shown.rows[0]
    provider_must_stand_in_its_notice(notice, row.credit_code, name)
    notice.snapshot = replace(notice.shown, rows=(replace(row, credit_code="", name="云软 公司"),))
    provider_must_stand_in_its_notice(notice, stranger, name)
    provider_must_stand_in_its_notice(None, stranger, name)
    passed("asked")
