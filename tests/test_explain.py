"""Why a firm stands where it stands: whole, true to the record, and from the record alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import psycopg
import pytest

from activities import trial
from activities.desk import Desk
from activities.explain import Account, account
from domain.batch import OpenBatch
from domain.case.adoption import AdoptRules
from domain.case.application import OpenCase
from domain.case.rooms import COMMANDS, CommandRefused
from domain.identity import case_id, command_id
from domain.money import Money
from domain.people import Person, Role
from domain.programme import programme_of
from domain.rules import RULES
from eventstore.store import EventStore
from policies import load
from policies.calendars import published
from settings import Settings
from tests.domain import cast
from tests.domain.lines import LINES, MAIN, SIDES, WAITS, Step
from tests.engine import PAID_IN_ROUNDS, START, Firm, Town, pack, upto
from tests.shell import Shell, pointed_at

NOT_HERE = (OpenCase, AdoptRules)  # the first has no case yet; the other needs a second text (test_migration)
BY_PEOPLE = tuple(
    kind for kind, (hand, _) in LINES.items() if hand.role is not Role.SYSTEM and COMMANDS[kind] not in NOT_HERE
)


@pytest.fixture(scope="module")
def town(store: EventStore) -> Town:
    return Town(store, "explained", money=Money.wan(100_000))


@pytest.fixture
def shell(
    servers: Settings, database_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Shell:
    shell = Shell(capsys, monkeypatch)
    shell.at(pointed_at(servers, database_url))
    return shell


def told(firm: Firm) -> Account:
    return account(firm.town.store, firm.town.desk, firm.case, firm.now)


def free(one: Account) -> dict[str, tuple[Role, ...]]:
    return {step.kind: step.roles for step in one.steps if step.obstacle is None}


def hindered(one: Account) -> dict[str, str]:
    return {step.kind: step.obstacle.rule for step in one.steps if step.obstacle is not None}


def before(kind: str) -> list[Step]:
    """What must have happened before this command is due, the end of a notice period on record too."""
    steps: list[Step]
    if kind in SIDES:
        last, *rest = SIDES[kind]
        assert isinstance(last, str)
        steps = [*upto(last), *rest]
    else:
        steps = upto(MAIN[MAIN.index(kind) - 1])
    return [*steps, f"~{WAITS[kind]}", "pass-deadline"] if kind in WAITS else steps


# --- what may be done next


@pytest.mark.parametrize("kind", [kind for kind in BY_PEOPLE if kind not in PAID_IN_ROUNDS])
def test_a_command_that_is_due_is_named_with_whoever_may_give_it(town: Town, kind: str) -> None:
    firm = town.firm().walked(*before(kind))
    position = town.store.last_position()
    may = free(told(firm))
    assert LINES[kind][0].role in may.get(kind, ()), may
    assert town.store.last_position() == position, "trying writes nothing"
    assert firm.hands_in(kind).refusal is None


@pytest.mark.parametrize("last", MAIN)
def test_what_is_named_is_just_what_the_desk_would_not_refuse(town: Town, last: str) -> None:
    firm = town.firm().walked(*upto(last))
    one = told(firm)
    for kind in BY_PEOPLE:
        refusal = town.desk.would_refuse(firm.command(kind), firm.facts[-1].timestamp)
        if refusal is None:
            assert kind in free(one), kind
        elif refusal.rule == "step_must_be_due":
            assert kind not in free(one), kind


def test_a_step_that_is_due_but_for_something_is_named_with_what_stands_in_its_way(town: Town) -> None:
    firm = town.firm().walked(*upto("publish-list"))
    assert hindered(told(firm)) == {"confirm-pilot": "notice_must_have_stood_its_time"}
    firm.walked("record-objection")
    assert hindered(told(firm)) == {
        "confirm-pilot": "objection_must_be_answered_first",
        "record-objection": "objection_must_be_answered_first",
    }


def test_a_firm_that_waits_for_its_round_is_told_so(town: Town) -> None:
    firm = town.firm().walked(*upto("verify-entitlement"))
    assert hindered(told(firm))["approve-payout"] == "payout_must_go_through_its_round"


def test_an_open_question_that_blocks_the_next_step_is_named(store: EventStore) -> None:
    rules = pack()
    silent = replace(rules, values={key: held for key, held in rules.values.items() if key != "timers.city_review"})
    firm = Town(store, "silent", rules=silent).firm().walked(*upto("submit-application"))
    (step,) = [step for step in told(firm).steps if step.kind == "pass-county-review"]
    assert step.obstacle is not None
    assert step.obstacle.open_question == "timers.city_review"


def test_a_reviewer_is_named_as_the_city_has_it(town: Town, store: EventStore) -> None:
    supervised = town.firm().walked(*upto("file-plan"))
    assert free(told(supervised))["pass-plan"] == (Role.SUPERVISOR,)
    without = Town(store, "unsupervised", rules=pack({"contract.supervised": False}))
    assert free(told(without.firm().walked(*upto("file-plan"))))["pass-plan"] == (Role.CLERK,)


def test_nobody_is_named_for_an_institution_that_the_case_does_not_have_yet(town: Town) -> None:
    waiting = town.firm().walked(*upto("pass-county-review"), "waitlist-application")
    institutions = {Role.DIAGNOSER, Role.EVALUATOR, Role.PROVIDER}
    assert not [step for step in told(waiting).steps if institutions & set(step.roles)]


def test_an_ended_case_names_no_step(town: Town) -> None:
    firm = town.firm().walked("open-case", "submit-application", "reject-application")
    assert told(firm).steps == ()


def test_the_rules_that_are_told_apart_by_name_exist() -> None:
    assert RULES.keys() >= trial.NOT_ITS_TURN | trial.STANDS_IN_THE_WAY
    assert not trial.NOT_ITS_TURN & trial.STANDS_IN_THE_WAY


# --- the story


def test_the_story_holds_every_event_with_day_hand_reason_and_clause(town: Town) -> None:
    firm = town.firm().walked(*upto("pass-county-review"))
    firm.hands_in("confirm-pilot", by_signal=True)
    story = told(firm).story
    assert [one.version for one in story] == list(range(1, firm.file.version + 1))
    for one, fact in zip(story, firm.facts, strict=True):
        assert (one.topic, one.at, one.by, one.reason) == (fact.TOPIC, fact.timestamp, fact.by, fact.reason)
        assert (one.clauses, one.evidence) == (fact.clauses, fact.evidence)
    last = firm.facts[-1]
    assert isinstance(last, CommandRefused)
    assert story[-1].refusal == last.refusal


def test_a_deadline_says_what_follows_when_it_passes(town: Town) -> None:
    firm = town.firm().walked(*upto("submit-application"))
    (waiting,) = told(firm).waiting
    assert waiting.deadline == firm.deadline("county_review")
    assert "只作记录" in waiting.follows
    (lapses,) = told(firm.walked("request-supplement")).waiting
    assert "视为放弃" in lapses.follows
    assert lapses.deadline.clause == cast.clause("timers.supplement")


# --- the money


def test_the_entitlement_is_worked_out_again_and_agrees(town: Town) -> None:
    firm = town.firm().walked(*upto("verify-entitlement"))
    working = told(firm).working
    assert working is not None
    assert working.agrees
    assert working.again.amount == cast.ENTITLEMENT


def test_an_amount_that_was_changed_in_the_record_is_told(
    town: Town, database_url: str, server: psycopg.Connection[Any]
) -> None:
    firm = town.firm().walked(*upto("verify-entitlement"))
    server.execute(
        "UPDATE stored_events SET state = convert_to(replace(convert_from(state, 'UTF8'),"
        ' \'"amount":{"fen":40000000}\', \'"amount":{"fen":40000001}\'), \'UTF8\')'
        " WHERE originator_id = %s AND topic = 'case.entitlement-verified'",
        (firm.case,),
    )
    afresh = EventStore(database_url)
    try:
        working = account(afresh, Desk(afresh, published()), firm.case, firm.now).working
    finally:
        afresh.close()
    assert working is not None
    assert not working.agrees
    assert (working.recorded.amount, working.again.amount) == (Money(40000001), cast.ENTITLEMENT)


# --- as it is told


def test_it_is_told_in_chinese_to_people_and_whole_to_programs(shell: Shell, town: Town) -> None:
    firm = town.firm().walked(*upto("approve-payout"))
    people = shell.run("explain", str(firm.case))
    assert people.status == 0
    for words in ("阶段：兑付", "已批准", "市局领导 leader-1", "重新计算为 400,000.00 元，两者一致", "下达拨付指令"):
        assert words in people.out, words
    programs = shell.run("explain", str(firm.case), "--json").json
    assert programs["stage"] == "payout"
    assert len(programs["story"]) == firm.file.version
    assert programs["working"]["agrees"] is True
    (step,) = [step for step in programs["steps"] if step["kind"] == "instruct-payment"]
    assert (step["roles"], step["obstacle"]["rule"]) == (["city-treasury"], "payout_must_go_through_its_round")
    assert programs["money"] == {
        "entitlement": "400000.00",
        "paid": "0.00",
        "to_recover": "0.00",
        "refunded": "0.00",
        "frozen": False,
    }


@pytest.mark.parametrize("last", [*MAIN, "revoke-qualification", "hand-over-recovery", "file-recheck"])
def test_every_station_of_a_life_can_be_told(shell: Shell, town: Town, last: str) -> None:
    steps = [*before(last), last] if last in SIDES else upto(last)
    firm = town.firm().walked(*steps)
    for command in (("explain",), ("case", "show")):
        people, programs = shell.run(*command, str(firm.case)), shell.run(*command, str(firm.case), "--json")
        assert (people.status, programs.status) == (0, 0)
        assert firm.file.firm in people.out
        assert programs.json["version"] == firm.file.version


def test_it_needs_no_read_model(shell: Shell, town: Town, server: psycopg.Connection[Any]) -> None:
    firm = town.firm().walked("open-case")
    there = server.execute("SELECT to_regnamespace('read')").fetchone()
    assert there == (None,)
    assert shell.run("explain", str(firm.case)).status == 0


def dalian(store: EventStore, *overlays: str) -> tuple[Desk, OpenCase]:
    """One firm of a real city, with its batch open under the city's own rules."""
    desk, rules = Desk(store, published()), load.load("dalian", overlays)
    programme = programme_of(rules, rehearsal=bool(overlays))
    code = "91210200MA0U00001X"
    clerk = Person("dalian/clerk-1", Role.CLERK, rules.agency)
    opening = OpenCase(
        command_id=command_id(programme, "case"),
        by=clerk,
        case=case_id("dalian", programme, code),
        city="dalian",
        programme=programme,
        credit_code=code,
        firm="大连示例机械有限公司",
        county=rules.list("selection.counties")[0],
        industry=rules.list("selection.industries")[0],
        scale="小",
        above_designated=True,
        quality="无",
        rehearsal=bool(overlays),
    )
    batch = OpenBatch(
        command_id=command_id(programme, "batch"),
        by=clerk,
        city="dalian",
        programme=programme,
        code="1",
        opens=date(2026, 1, 1),
        closes=date(2026, 12, 31),
        pack_text=load.text_of("dalian", overlays),
        rehearsal=bool(overlays),
    )
    for command in (opening, batch):
        assert desk.handle(command, START).refusal is None
    return desk, opening


def test_a_citys_own_case_names_the_questions_its_sources_leave_open(store: EventStore, shell: Shell) -> None:
    desk, opening = dalian(store)
    one = account(store, desk, opening.case, START)
    (step,) = [step for step in one.steps if step.kind == "submit-application"]
    assert step.obstacle is not None
    assert step.obstacle.open_question == "timers.county_review"
    on_paper = shell.run("explain", str(opening.case)).out
    assert "待定口径" in on_paper
    assert "假设" not in on_paper


def test_a_rehearsals_case_shows_every_assumption_it_rests_on(store: EventStore, shell: Shell) -> None:
    desk, opening = dalian(store, "rehearsal")
    assert "submit-application" in free(account(store, desk, opening.case, START))
    said = shell.run("explain", str(opening.case), "--json").json
    assert said["assumptions"].keys() == load.load("dalian", ("rehearsal",)).assumptions().keys()
    assert said["open_questions"] == {}
    on_paper = shell.run("explain", str(opening.case)).out
    assert all(key in on_paper for key in said["assumptions"])


@pytest.mark.parametrize(
    ("damage", "rule"),
    [
        ("UPDATE stored_events SET topic = 'case.beheaded'", "event_must_be_readable"),
        ("UPDATE stored_events SET state = '{'", "event_must_be_readable"),
        ("DELETE FROM stored_events", "events_must_follow_each_other"),
    ],
)
def test_a_record_that_was_damaged_is_said_to_be_so(
    shell: Shell, town: Town, server: psycopg.Connection[Any], damage: str, rule: str
) -> None:
    firm = town.firm().walked(*upto("pass-county-review"))
    server.execute(f"{damage} WHERE originator_id = %s AND originator_version = 3", (firm.case,))
    for command in (("explain",), ("case", "show")):
        told = shell.run(*command, str(firm.case), "--json")
        assert (told.status, told.rule) == (3, rule)


@pytest.mark.parametrize(("before", "fell"), [(3, True), (2, False)])
def test_a_level_that_fell_is_told_by_explain_and_by_show(town: Town, shell: Shell, before: int, fell: bool) -> None:
    formerly = ("file-diagnosis", {"baseline": replace(cast.LEVEL_2, level=before)})
    steps = [formerly if step == "file-diagnosis" else step for step in upto("file-evaluation")]
    firm = str(town.firm().walked(*steps).case)
    assert shell.run("case", "show", firm, "--json").json["level_fell"] is fell
    assert ("警示：评测等级低于改造前，请验收人员核实" in shell.run("case", "show", firm).out) is fell
    assert shell.run("explain", firm).out.count("警示：评测等级低于改造前") == 2 * fell
