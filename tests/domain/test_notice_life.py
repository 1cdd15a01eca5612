"""公示期: contested by name, seen unchanged on every day, and over only when all of it has been."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from domain.money import Money
from domain.notice.file import NoticeAltered, NoticePublished, NoticeState
from domain.notice.proof import days_proven
from domain.people import Person
from domain.policy import Days
from domain.rejections import OpenQuestion
from policies.calendars import published
from tests.domain.board import LINES, ROW, Board, hanging
from tests.domain.cast import CODE, clause, clerk1, clerk2, county, head, head2, rules
from tests.domain.play import shows

SECOND = date(2026, 3, 3)
LAST = date(2026, 3, 9)
DAY_AFTER = date(2026, 3, 10)
STOPS = rules()
BUREAU_DECIDES = rules(without=["publicity.suspends"])
RUNS_ON = rules({"publicity.suspends": False})

# --- 异议


@shows("objection_must_be_made_by_name", "persons_name_must_stay_in_the_register", "words_must_hold_no_private_data")
def test_an_objection_is_made_by_name_and_a_persons_name_stays_in_the_register() -> None:
    board = hanging()
    for nameless in ("", " ", "匿名", "某热心群众"):
        board.refuses("objection_must_be_made_by_name", "object-to-notice", objector=nameless)
    for person in ("张三", "欧阳明明", "买买提·艾力", "王 13800138000", "37030319900307123X"):
        board.refuses("persons_name_must_stay_in_the_register", "object-to-notice", objector=person)
    for said in (
        {"matter": "其账号6222021234567890123"},
        {"reason": "致电138 0013 8000"},
    ):
        board.refuses("words_must_hold_no_private_data", "object-to-notice", **said)
    board.refuses("words_must_be_given", "object-to-notice", matter="")
    for named in ("实名登记2026-003", "信访202603120001", "示例轴承有限公司"):
        assert board.did("object-to-notice", objector=named).notice.open_objections[1].objector == named


@shows("objection_must_come_within_the_window")
def test_an_objection_comes_on_the_last_day_and_not_on_the_next() -> None:
    hanging().on(LAST).did("object-to-notice")
    proven = hanging().seen_on(3, 4, 5, 6, 9).on(DAY_AFTER)
    proven.refuses("objection_must_come_within_the_window", "object-to-notice")


@shows("objection_must_come_within_the_window", "last_day_of_a_longer_window_must_be_over")
def test_a_notice_that_missing_proofs_keep_up_still_takes_objections() -> None:
    """Nobody looked on the 9th, so it stands on the 10th or whenever somebody looks; no clock runs that could stop."""
    short = hanging().seen_on(3, 4, 5, 6).on(date(2026, 3, 12))
    contested = short.did("object-to-notice")
    assert contested.happened == ("objection-recorded",)
    contested.seen_on(13).on(date(2026, 3, 16)).refuses("objections_must_be_answered", "complete-notice")
    answered = contested.did("answer-notice-objection")
    assert answered.happened == ("objection-dismissed",)
    made_good = short.did("check-notice")
    made_good.refuses("last_day_of_a_longer_window_must_be_over", "complete-notice")
    made_good.did("object-to-notice")
    over = made_good.on(date(2026, 3, 13))
    over.refuses("objection_must_come_within_the_window", "object-to-notice")
    over.did("complete-notice")
    answered.seen_on(12).on(date(2026, 3, 13)).did("complete-notice")


@shows("objection_must_be_about_a_row")
def test_an_objection_names_a_firm_that_stands_in_the_notice() -> None:
    board = hanging()
    board.refuses("objection_must_be_about_a_row", "object-to-notice", about="91370300MA3C0AB13X")
    assert board.did("object-to-notice", about=CODE).notice.open_objections[1].about == CODE


def test_the_clock_waits_for_the_answer_and_then_runs_to_a_new_end() -> None:
    """Seen on the 3rd; stopped on Thursday the 5th, which does not count; resumed on Wednesday the 11th."""
    stopped = hanging().on(date(2026, 3, 5)).did("object-to-notice")
    assert stopped.happened == ("objection-recorded", "suspended")
    notice = stopped.notice
    assert (notice.state, notice.ends, notice.days_left) == (NoticeState.STOPPED, None, 3)
    resumed = stopped.on(date(2026, 3, 11)).did("answer-notice-objection")
    assert resumed.happened == ("objection-dismissed", "resumed")
    assert (resumed.notice.state, resumed.notice.ends) == (NoticeState.STANDING, date(2026, 3, 16))


@pytest.mark.parametrize("stop", range(2, 10))
def test_a_stopped_window_always_has_a_day_left_and_ends_later_than_it_would_have(stop: int) -> None:
    for unit in ("working", "natural"):
        board = replace(Board(), rules=rules({"timers.list_notice": Days(5, unit)})).did("publish-notice")
        would = board.notice.ends
        board = board.on(date(2026, 3, stop)).did("object-to-notice")
        assert 1 <= board.notice.days_left <= 5
        resumed = board.did("answer-notice-objection").notice
        assert would is not None
        assert resumed.ends is not None
        assert resumed.ends >= would


@shows("bureau_must_keep_to_the_rules_about_the_clock")
def test_the_rules_say_whether_the_clock_stops_and_where_they_are_silent_the_bureau() -> None:
    board = hanging()
    board.refuses(
        "bureau_must_keep_to_the_rules_about_the_clock", "object-to-notice", clause("publicity.suspends"), suspend=False
    )
    board.did("object-to-notice", suspend=True)
    runs = replace(board, rules=RUNS_ON)
    runs.refuses("bureau_must_keep_to_the_rules_about_the_clock", "object-to-notice", suspend=True)
    assert runs.did("object-to-notice").happened == ("objection-recorded",)
    silent = replace(board, rules=BUREAU_DECIDES)
    with pytest.raises(OpenQuestion) as asked:
        silent.decided("object-to-notice")
    assert asked.value.key == "publicity.suspends"
    assert silent.did("object-to-notice", suspend=True).happened == ("objection-recorded", "suspended")
    assert silent.did("object-to-notice", suspend=False).happened == ("objection-recorded",)


def test_with_several_objections_the_clock_runs_on_after_the_last_answer() -> None:
    board = hanging().did("object-to-notice").did("object-to-notice", objector="实名登记2026-004")
    assert board.happened == ("objection-recorded",), "it was stopped already"
    first = board.on(SECOND).did("answer-notice-objection", number=2)
    assert first.happened == ("objection-dismissed",)
    assert first.did("answer-notice-objection", number=1).happened == ("objection-dismissed", "resumed")


@shows("notice_hand_must_be_another")
@pytest.mark.parametrize("hand", [clerk1, clerk2, county], ids=["published and decided", "took it down", "decided"])
def test_nobody_answers_who_had_a_hand_in_it(hand: Person) -> None:
    board = hanging().did("object-to-notice")
    same = replace(head, id=hand.id)
    board.refuses("notice_hand_must_be_another", "answer-notice-objection", by=same)
    board.did("answer-notice-objection", by=head2)


@shows("objection_must_be_open", "words_must_be_given")
def test_an_objection_is_answered_once_and_in_words() -> None:
    board = hanging().refuses("objection_must_be_open", "answer-notice-objection")
    board = board.did("object-to-notice").refuses("objection_must_be_open", "answer-notice-objection", number=2)
    board.refuses("words_must_be_given", "answer-notice-objection", answer=" ")
    answered = board.did("answer-notice-objection")
    answered.refuses("objection_must_be_open", "answer-notice-objection")


# --- 核验与期满


@shows("hash_must_be_written_in_full")
def test_a_slip_of_the_keyboard_is_no_alarm() -> None:
    board = hanging()
    for slip in ("", "abc", board.notice.sha256[:-1], board.notice.sha256.upper()):
        board.refuses("hash_must_be_written_in_full", "check-notice", sha256=slip)
    assert board.did("check-notice").happened == ("checked",)


@shows("notice_must_not_have_been_altered")
def test_another_hash_is_an_alarm_and_the_notice_is_never_completed() -> None:
    board = hanging().seen_on(3, 4).did("check-notice", sha256="0" * 64)
    assert board.happened == ("altered",)
    alarm = board.facts[-1]
    assert isinstance(alarm, NoticeAltered)
    assert (alarm.day, alarm.seen_sha256) == (date(2026, 3, 4), "0" * 64)
    seen_again = board.seen_on(5, 6, 9).on(DAY_AFTER)
    assert seen_again.notice.state is NoticeState.ALTERED
    seen_again.refuses("notice_must_not_have_been_altered", "complete-notice")
    hanging().seen_on(3, 4, 5, 6, 9).on(DAY_AFTER).did("complete-notice")


@shows("notice_must_have_stood_its_window")
def test_a_notice_is_completed_on_the_day_after_its_last_and_not_before() -> None:
    board = hanging().seen_on(3, 4, 5, 6, 9)
    board.on(LAST).refuses("notice_must_have_stood_its_window", "complete-notice")
    stood = board.on(DAY_AFTER).did("complete-notice").notice
    assert (stood.state, stood.completed_on) == (NoticeState.STOOD, DAY_AFTER)


@shows("notice_must_have_been_seen_on_every_day")
@pytest.mark.parametrize(
    "days",
    [(), (3, 4, 5, 6), (2, 3, 4, 5, 6), (3, 3, 4, 5, 6), (3, 4, 5, 6, 7), (3, 4, 5, 6, 8)],
    ids=["never", "four days", "its own first day", "one day twice", "a Saturday", "a Sunday"],
)
def test_each_day_of_the_window_needs_its_proof(days: tuple[int, ...]) -> None:
    board = hanging().seen_on(*days)
    board.on(DAY_AFTER).refuses("notice_must_have_been_seen_on_every_day", "complete-notice")
    later = board.seen_on(10, 11, 12, 13, 16)
    later.on(date(2026, 3, 17)).did("complete-notice")


def test_days_that_a_holiday_adds_to_the_window_need_their_proof_too() -> None:
    """Five days from 29 April would end on Labour Day's last day off but one; the window runs on to the 6th of May."""
    law = rules({"timers.list_notice": Days(5, "natural")})
    board = replace(Board(), rules=law, today=date(2026, 4, 29)).did("publish-notice")
    assert board.notice.ends == date(2026, 5, 6)
    for day in (date(2026, 4, 30), *(date(2026, 5, n) for n in range(1, 6))):
        board = board.on(day).did("check-notice")
    early = board.on(date(2026, 5, 7))
    early.refuses("notice_must_have_been_seen_on_every_day", "complete-notice")
    early.did("check-notice").on(date(2026, 5, 8)).did("complete-notice")
    board.on(date(2026, 5, 6)).did("check-notice").on(date(2026, 5, 7)).did("complete-notice")


def test_a_day_on_which_the_clock_waited_proves_nothing() -> None:
    board = hanging().seen_on(3, 4, 5).did("object-to-notice").seen_on(6, 9)
    assert days_proven(board.notice, published()) == 2, "the day of the stop does not count"
    board = board.on(date(2026, 3, 10)).did("answer-notice-objection").seen_on(10, 11, 12)
    assert board.notice.ends == date(2026, 3, 13)
    assert days_proven(board.notice, published()) == 4
    board.on(date(2026, 3, 16)).refuses("notice_must_have_been_seen_on_every_day", "complete-notice")
    board.seen_on(13).on(date(2026, 3, 16)).did("complete-notice")


@shows("objections_must_be_answered", "upheld_objection_must_lead_to_a_new_notice")
def test_nothing_is_final_over_an_open_objection_or_one_that_held() -> None:
    for law in (rules(), RUNS_ON):
        board = replace(hanging().seen_on(3, 4, 5, 6), rules=law).on(LAST).did("check-notice")
        board = board.did("object-to-notice").on(DAY_AFTER)
        board.refuses("objections_must_be_answered", "complete-notice")
        held = board.did("answer-notice-objection", upheld=True)
        assert held.happened == ("objection-upheld",)
        assert held.notice.state is NoticeState.UPHELD
        held.refuses("upheld_objection_must_lead_to_a_new_notice", "complete-notice")
        stood = board.did("answer-notice-objection").seen_on(10, 11).on(date(2026, 3, 12))
        stood.did("complete-notice")


@shows("snapshot_must_match_its_hash")
def test_a_record_that_was_touched_is_not_completed() -> None:
    board = hanging().seen_on(3, 4, 5, 6, 9).on(DAY_AFTER)
    first = board.facts[0]
    assert isinstance(first, NoticePublished)
    touched = replace(first.snapshot, rows=(replace(ROW, amount=Money.wan(90)),))
    forged = NoticePublished(**{**vars(first), "snapshot": touched})
    replace(board, facts=(forged, *board.facts[1:])).refuses("snapshot_must_match_its_hash", "complete-notice")
    board.did("complete-notice")


@shows("notice_hand_must_be_another")
def test_who_published_does_not_complete() -> None:
    board = hanging().seen_on(3, 4, 5, 6, 9).on(DAY_AFTER)
    board.refuses("notice_hand_must_be_another", "complete-notice", by=replace(head, id=clerk1.id))
    board.did("complete-notice")


@shows("notice_must_be_open")
@pytest.mark.parametrize("kind", [kind for kind in LINES if kind != "publish-notice"])
def test_what_is_over_or_replaced_takes_no_further_step(kind: str) -> None:
    stood = hanging().seen_on(3, 4, 5, 6, 9).on(DAY_AFTER).did("complete-notice")
    stood.refuses("notice_must_be_open", kind)
    hanging().did("reissue-notice").refuses("notice_must_be_open", kind)
    board = hanging().did("object-to-notice") if kind == "answer-notice-objection" else hanging()
    if kind == "complete-notice":
        board = board.seen_on(3, 4, 5, 6, 9).on(DAY_AFTER)
    board.did(kind)
