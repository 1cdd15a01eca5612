"""The desk: every command is decided in one place, once, against what the record says at that moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any, Final, TypeVar
from uuid import uuid4

import pytest
from eventsourcing.persistence import OperationalError

from activities.desk import Desk
from activities.messages import Answer
from domain.batch import OpenBatch
from domain.case import rooms
from domain.fund.file import RETROFIT_LINE
from domain.identity import fund_id
from eventstore.store import Conflict, EventStore
from policies.calendars import published
from tests.domain import cast
from tests.engine import CITY, START, Firm, Town, pack, upto

T = TypeVar("T")
THREADS: Final = 8


@pytest.fixture
def town(store: EventStore, request: pytest.FixtureRequest) -> Town:
    return Town(store, request.node.name)


def at_once(act: Callable[[T], Answer], on: Sequence[T]) -> list[Answer]:
    """All of it in the same moment."""
    together = threading.Barrier(len(on))

    def do(one: T) -> Answer:
        together.wait(10)
        return act(one)

    with ThreadPoolExecutor(len(on)) as threads:
        return list(threads.map(do, on))


def topics(firm: Firm) -> list[str]:
    return [fact.TOPIC for fact in firm.facts]


# --- one effect


def test_a_command_handed_in_twice_has_one_effect_and_one_receipt(town: Town) -> None:
    firm = town.firm().walked("open-case")
    command = firm.command("submit-application")
    first = town.desk.handle(command, START)
    again = town.desk.handle(command, START)
    assert first.receipt is not None
    assert (first.receipt, first.standing) == (again.receipt, again.standing)
    assert topics(firm).count("case.application-submitted") == 1


def test_a_command_handed_in_by_eight_at_once_has_one_effect(town: Town) -> None:
    for _ in range(5):
        firm = town.firm().walked("open-case")
        command = firm.command("submit-application")
        answers = at_once(lambda desk, c=command: desk.handle(c, START), [town.desk] * THREADS)  # type: ignore[misc]
        assert len({answer.receipt for answer in answers}) == 1
        assert topics(firm) == ["case.opened", "case.application-submitted", "case.deadline-set"]


def test_a_desk_that_dies_behind_the_commit_answers_the_same_when_asked_again(
    town: Town, store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    firm = town.firm().walked("open-case")
    command = firm.command("submit-application")
    insert = store._recorder.insert_events

    def die(*args: Any, **kwargs: Any) -> None:
        insert(*args, **kwargs)
        raise OperationalError("gone")

    with monkeypatch.context() as patched:
        patched.setattr(store._recorder, "insert_events", die)
        with pytest.raises(OperationalError):
            town.desk.handle(command, START)
    other_desk = Desk(store, published())
    answer = other_desk.handle(command, START)
    assert answer.refusal is None
    assert answer.receipt is not None
    assert answer.standing == rooms.standing(firm.file)
    assert topics(firm).count("case.application-submitted") == 1


def test_of_two_commands_at_once_the_second_is_decided_anew(town: Town) -> None:
    """Pass and reject in the same moment: one is done, the other is refused by a rule, never lost or both done."""
    for _ in range(5):
        firm = town.firm().walked("open-case", "submit-application")
        both = [firm.command("pass-county-review"), firm.command("reject-application")]
        answers = at_once(lambda command: town.desk.handle(command, START), both)
        refusals = [answer.refusal.rule for answer in answers if answer.refusal]
        if answers[1].refusal is None:
            assert refusals == ["case_must_be_open"]
        else:
            assert refusals == ["county_must_leave_the_citys_turn_to_the_city"]
        assert sum(topic in ("case.county-review-passed", "case.application-rejected") for topic in topics(firm)) == 1


def test_a_desk_that_never_comes_first_says_so(town: Town, store: EventStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_late(files: object, command: object) -> None:
        raise Conflict("always")

    firm = town.firm()
    monkeypatch.setattr(store, "append", too_late)
    with pytest.raises(Conflict):
        firm.hands_in("open-case")


# --- money, in any order


def test_a_command_that_books_on_the_fund_is_one_append_on_both_streams(town: Town, store: EventStore) -> None:
    firm = town.firm().walked(*upto("instruct-payment"))
    receipt = firm.hands_in("record-receipt").receipt
    assert receipt is not None
    assert receipt.events == ("case.payment-received", "case.deadline-closed", "fund.paid")
    assert receipt.subject == firm.case
    fund = store.facts(fund_id(CITY, town.programme, RETROFIT_LINE))
    assert [fact.command_id for fact in (firm.facts[-1], fund[-1])] == [receipt.command_id] * 2


# --- refusals


def test_a_refusal_names_its_rule_and_writes_nothing(town: Town, store: EventStore) -> None:
    firm = town.firm().walked("open-case")
    before = store.last_position()
    answer = firm.hands_in("pass-county-review")
    assert answer.refusal is not None
    assert (answer.refusal.rule, answer.receipt) == ("step_must_be_due", None)
    assert answer.standing == rooms.standing(firm.file)
    assert store.last_position() == before


def test_a_refused_command_may_be_given_again_when_it_is_due(town: Town) -> None:
    firm = town.firm().walked("open-case")
    early = firm.command("pass-county-review")
    assert town.desk.handle(early, START).refusal is not None
    firm.walked("submit-application")
    assert town.desk.handle(early, START).refusal is None


def test_a_refusal_by_signal_is_on_record_and_stays_a_refusal(town: Town) -> None:
    """Whoever asks again, by whatever way, hears the same; even where the step has become due meanwhile."""
    firm = town.firm().walked("open-case")
    early = firm.command("pass-county-review")
    kept = town.desk.handle(early, START, by_signal=True)
    assert kept.refusal is not None
    assert kept.receipt is not None
    assert kept.receipt.events == ("case.command-refused",)
    (fact,) = [fact for fact in firm.facts if isinstance(fact, rooms.CommandRefused)]
    assert (fact.kind, fact.refusal, fact.command_id) == ("pass-county-review", kept.refusal, early.command_id)
    assert kept.standing == rooms.standing(firm.file)

    firm.walked("submit-application")
    for by_signal in (True, False):
        again = town.desk.handle(early, START, by_signal=by_signal)
        assert (again.refusal, again.receipt) == (kept.refusal, kept.receipt)
    assert topics(firm).count("case.command-refused") == 1
    assert "case.county-review-passed" not in topics(firm)


def test_a_refusal_by_signal_from_eight_at_once_is_kept_once(town: Town) -> None:
    firm = town.firm().walked("open-case")
    early = firm.command("pass-county-review")
    answers = at_once(lambda desk: desk.handle(early, START, by_signal=True), [town.desk] * THREADS)
    assert len({(answer.refusal, answer.receipt) for answer in answers}) == 1
    assert topics(firm) == ["case.opened", "case.command-refused"]


@pytest.mark.parametrize("by_signal", [False, True])
def test_an_unknown_case_is_refused_and_nothing_is_written(town: Town, store: EventStore, *, by_signal: bool) -> None:
    before = store.last_position()
    command = replace(town.firm().command("submit-supplement"), case=uuid4())
    answer = town.desk.handle(command, START, by_signal=by_signal)
    assert answer.refusal is not None
    assert (answer.refusal.rule, answer.receipt, answer.standing) == ("case_must_have_been_opened", None, None)
    assert store.last_position() == before


@pytest.mark.parametrize("by_signal", [False, True])
def test_an_id_that_names_two_commands_is_refused_and_nothing_is_written(
    town: Town, store: EventStore, *, by_signal: bool
) -> None:
    firm = town.firm().walked("open-case")
    used = firm.command("submit-application")
    town.desk.handle(used, START)
    before = store.last_position()
    answer = town.desk.handle(replace(used, reason="别的话"), START, by_signal=by_signal)
    assert answer.refusal is not None
    assert (answer.refusal.rule, answer.receipt) == ("command_id_must_name_one_command", None)
    assert store.last_position() == before


def test_an_unknown_city_and_a_pack_with_a_fault_are_refusals(town: Town) -> None:
    nowhere = town.firm().hands_in("open-case", city="atlantis").refusal
    assert nowhere is not None
    assert nowhere.rule == "city_must_have_a_pack"
    opening = OpenBatch(
        command_id=uuid4(),
        by=cast.clerk1,
        city=CITY,
        programme=town.programme,
        code="2",
        opens=START.date(),
        closes=START.date(),
        pack_text="[city",
    )
    broken = town.desk.handle(opening, START).refusal
    assert broken is not None
    assert broken.rule == "pack_must_be_readable"


def test_an_open_question_of_the_pack_is_named_with_its_key(store: EventStore) -> None:
    """A value no source states blocks its step, and nothing else."""
    rules = pack()
    silent = replace(rules, values={key: held for key, held in rules.values.items() if key != "timers.city_review"})
    town = Town(store, "silent", rules=silent)
    firm = town.firm().walked("open-case", "submit-application")
    refusal = firm.hands_in("pass-county-review").refusal
    assert refusal is not None
    assert (refusal.rule, refusal.open_question) == ("pack_must_answer_before_the_step", "timers.city_review")
    assert firm.hands_in("reject-application").refusal is None


def test_the_rules_of_the_batch_hold_whatever_the_city_says_today(town: Town) -> None:
    """This town's city is 淄博, whose pack knows no limit of supplements; the batch's own text says one."""
    firm = town.firm().walked("open-case", "submit-application", "request-supplement", "submit-supplement")
    refusal = firm.hands_in("request-supplement").refusal
    assert refusal is not None
    assert refusal.rule == "supplements_must_stay_within_the_limit"
    assert refusal.clause == "示例办法 selection.max_supplements"
    assert {fact.pack_version for fact in firm.facts[1:]} == {town.store.facts(firm.file.batch)[0].pack_version}  # type: ignore[arg-type]
