"""An expert review on the real record and the real engine: ranking, places and waitlist come in one append."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from fractions import Fraction
from typing import Any, Final

import pytest
from temporalio.client import Client

from activities.desk import Desk
from activities.messages import Answer
from domain.case.file import Qualification
from domain.expert_review.common import ExpertReviewCommand
from domain.expert_review.file import ExpertReview
from domain.expert_review.ranking import Criterion, Expert, Points
from domain.expert_review.room import COMMANDS
from domain.identity import batch_id, command_id, expert_review_id, places_id
from domain.people import Person, Role
from domain.places import Places, Quota
from eventstore.store import EventStore
from policies.calendars import published
from settings import Settings
from tests.domain import cast
from tests.engine import CITY, START, Firm, Town, pack, upto
from tests.shell import Shell, pointed_at
from tests.test_desk import at_once
from tests.test_notice import Board
from tests.test_places import limited

RULES: Final = pack({"selection.expert_review": True, "selection.review_sheets": 2})
EXPERTS: Final = tuple(Expert(f"expert-{n}", f"{n}号大学") for n in (1, 2))
HANDS: Final = tuple(Person(one.id, Role.EXPERT, one.organisation) for one in EXPERTS)


@pytest.fixture
def shell(
    servers: Settings, database_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Shell:
    shell = Shell(capsys, monkeypatch)
    shell.at(pointed_at(servers, database_url))
    return shell


def said(town: Town, kind: str, by: Person, **fields: Any) -> ExpertReviewCommand:
    name = command_id(town.programme, kind, by.id, repr(sorted(fields.items())))
    return COMMANDS[kind](command_id=name, by=by, batch=batch_id(CITY, town.programme, "1"), **fields)


def handed_in(town: Town, kind: str, by: Person, **fields: Any) -> Answer:
    return town.desk.handle(said(town, kind, by, **fields), START)


def done(town: Town, kind: str, by: Person, **fields: Any) -> None:
    assert (refusal := handed_in(town, kind, by, **fields).refusal) is None, refusal


def called(town: Town, *firms: Firm) -> None:
    done(
        town,
        "call-expert-review",
        cast.clerk2,
        document="评审1号",
        criteria=(Criterion("综合", 100),),
        experts=EXPERTS,
        cases=tuple(firm.case for firm in firms),
    )


def scored(town: Town, firm: Firm, *totals: int) -> None:
    for hand, total in zip(HANDS, totals, strict=True):
        done(town, "file-score", hand, case=firm.case, points=(Points("综合", total),))


def places(town: Town) -> Places:
    return town.store.load(Places, places_id(batch_id(CITY, town.programme, "1")))


def review(town: Town) -> ExpertReview:
    return town.store.load(ExpertReview, expert_review_id(batch_id(CITY, town.programme, "1")))


async def test_from_the_review_to_the_ranking_the_places_the_waitlist_and_the_next_in_line(
    client: Client, store: EventStore
) -> None:
    town = limited(Town(store, "expert review", client, rules=RULES), Quota(2, clause="某方案 二"))
    async with town.at_work():
        firms = [await town.begun() for _ in range(4)]
        for firm in firms:
            await firm.did(*upto("pass-city-review"))
            assert firm.file.qualification is Qualification.EXPERT_REVIEW
        assert not places(town).taken
        first, second, third, fourth = firms

        await asyncio.to_thread(called, town, *firms)
        for firm, totals in ((first, (60, 61)), (second, (90, 90)), (third, (70, 70)), (fourth, (61, 60))):
            await asyncio.to_thread(scored, town, firm, *totals)
        before = store.last_position()
        answer = await asyncio.to_thread(handed_in, town, "close-expert-review", cast.clerk2)
        assert answer.receipt is not None, answer.refusal

        topics = [entry.topic for entry in store.read(before, 100)]
        assert topics == list(answer.receipt.events)
        assert sorted(topics) == sorted(
            ["expert-review.closed", *["case.expert-review-passed"] * 2, *["case.expert-review-waitlisted"] * 2]
            + ["places.taken"] * 2
            + ["places.wait-begun"] * 2
        )
        ranking = review(town).ranking
        assert [one.candidate.applicant.case for one in ranking] == [second.case, third.case, first.case, fourth.case]
        assert [one.average for one in ranking] == [90, 70, Fraction(121, 2), Fraction(121, 2)]
        assert list(places(town).taken) == [second.case, third.case]
        assert list(places(town).waiting) == [first.case, fourth.case]

        # The workflows go on from what the review decided without them.
        with pytest.raises(Exception, match="尚无空余名额可递补"):
            await fourth.does("promote-from-waitlist")
        await second.did("publish-list", "record-objection", ("answer-objection", {"upheld": True}))
        assert places(town).next_in_line() == first.file.applicant
        await first.did("promote-from-waitlist", "publish-list", "~list_notice", "confirm-pilot")
        assert list(places(town).taken) == [third.case, first.case]
        assert first.file.qualification is Qualification.PILOT


def test_sheets_filed_at_once_are_all_kept_and_a_review_closes_once(store: EventStore) -> None:
    town = Town(store, "sheets at once", rules=RULES)
    firms = [town.firm().walked(*upto("pass-city-review")) for _ in range(3)]
    called(town, *firms)
    sheets = [
        said(town, "file-score", hand, case=firm.case, points=(Points("综合", 50 + number),))
        for number, firm in enumerate(firms)
        for hand in HANDS
    ]
    desks = {command.command_id: Desk(store, published()) for command in sheets}
    answers = at_once(lambda command: desks[command.command_id].handle(command, START), sheets)
    assert [answer.refusal for answer in answers] == [None] * 6
    assert len(review(town).sheets) == 6
    again = replace(sheets[0], command_id=command_id(town.programme, "again"))
    refusal = town.desk.handle(again, START).refusal
    assert refusal is not None
    assert refusal.rule == "sheet_must_stay_as_it_was_filed"

    closing = [replace(said(town, "close-expert-review", cast.clerk2), command_id=command_id(str(n))) for n in range(3)]
    answers = at_once(lambda command: Desk(store, published()).handle(command, START), closing)
    rules = sorted(answer.refusal.rule if answer.refusal else "" for answer in answers)
    assert rules == ["", "review_must_be_open", "review_must_be_open"]
    assert len(places(town).taken) == 3


def test_who_scored_or_closed_the_review_answers_no_objection_to_its_list(store: EventStore) -> None:
    town = Town(store, "list of a review", rules=RULES)
    firm = town.firm().walked(*upto("pass-city-review"))
    called(town, firm)
    scored(town, firm, 80, 70)
    done(town, "close-expert-review", replace(cast.clerk2, id="closer-1"))
    assert {"closer-1", *(expert.id for expert in EXPERTS)} <= set(Board(town, firm).notice.decided_by)


def test_a_firm_that_leaves_before_the_end_takes_no_place(store: EventStore) -> None:
    town = limited(Town(store, "one leaves", rules=RULES), Quota(1))
    best, other = (town.firm().walked(*upto("pass-city-review")) for _ in range(2))
    called(town, best, other)
    scored(town, best, 99, 99)
    scored(town, other, 1, 1)
    best.walked("ask-withdrawal", "approve-withdrawal")
    done(town, "close-expert-review", cast.clerk2)
    assert list(places(town).taken) == [other.case]
    assert best.file.qualification is Qualification.WITHDRAWN


# --- by hand


def test_a_review_is_called_scored_closed_and_explained_by_hand(shell: Shell, store: EventStore) -> None:
    town = limited(Town(store, "review by hand", rules=RULES), Quota(1))
    good, better = (town.firm().walked(*upto("pass-city-review")) for _ in range(2))
    of = ("--city", CITY, "--code", "1", "--programme", town.programme)
    clerk = ("--by", "zibo/clerk-2")
    assert "没有发起过专家评审" in shell.run("batch", "review", "show", *of).out
    criteria = ("--document", "评审1号", "--criterion", "意愿=40", "--criterion", "方案=60")
    experts = ("--expert", "zibo/expert-1=甲大学", "--expert", "zibo/expert-2=乙大学")
    line = ("batch", "review", "call", *of, *clerk, *criteria, *experts, "--json")
    told = shell.run(*line)
    assert told.status == 0, told
    assert told.json["events"] == ["expert-review.called"]
    assert shell.run(*line).json == told.json, "typed again it is the same command"

    for number, (firm, points) in enumerate(((good, "30"), (better, "35"))):
        for name, school in (("1", "甲大学"), ("2", "乙大学")):
            if number and name == "2":
                continue
            hand = ("--by", f"zibo/expert-{name}", "--org", school)
            sheet = ("--firm", firm.code, "--points", f"意愿={points}", "--points", "方案=50", *hand)
            assert shell.run("batch", "review", "score", *of, *sheet).status == 0
    first = ("--by", "zibo/expert-1", "--org", "甲大学")
    again = ("--firm", good.code, "--points", "意愿=40", "--points", "方案=60", *first)
    assert shell.run("batch", "review", "score", *of, *again, "--json").rule == "sheet_must_stay_as_it_was_filed"
    assert f"待评：zibo/expert-2 对 {better.file.firm}" in shell.run("batch", "review", "show", *of).out
    assert shell.run("batch", "review", "close", *of, *clerk, "--json").rule == "every_expert_must_have_filed"

    stood = ("--by", "zibo/expert-2", "--org", "乙大学", "--firm", better.code, "--reason", "近亲属任职")
    assert shell.run("batch", "review", "recuse", *of, *stood).status == 0
    assert shell.run("batch", "review", "close", *of, *clerk, "--json").rule == "every_firm_must_have_enough_sheets"
    more = (*clerk, "--document", "评审2号", "--expert", "zibo/expert-3=丙大学")
    assert shell.run("batch", "review", "add", *of, *more).status == 0
    for firm in (good, better):
        full = ("--points", "意愿=40", "--points", "方案=40", "--by", "zibo/expert-3", "--org", "丙大学")
        assert shell.run("batch", "review", "score", *of, "--firm", firm.code, *full).status == 0
    closed = shell.run("batch", "review", "close", *of, *clerk, "--json")
    assert closed.status == 0, closed
    assert [(one["credit_code"], one["average"], one["outcome"]) for one in closed.json["ranking"]] == [
        (better.code, "165/2", "proposed"),
        (good.code, "80", "waitlisted"),
    ]
    shown = shell.run("batch", "review", "show", *of).out
    assert "82.50 分（165/2）" in shown
    assert "zibo/expert-1 85" in shown
    why = shell.run("explain", str(good.case)).out
    assert "专家评审后候补" in why
    assert "80.00 分（240/3）" in why
    assert "zibo/expert-3 | 80" in why
    assert "依据：示例办法 selection.expert_review" in why
    assert shell.run("batch", "quota", "show", *of, "--json").json["waiting"] == [good.code]


def test_a_review_is_called_off_by_hand_and_called_anew(shell: Shell, store: EventStore) -> None:
    town = limited(Town(store, "review called off", rules=RULES), Quota(1))
    firm = town.firm().walked(*upto("pass-city-review"))
    called(town, firm)
    scored(town, firm, 90, 80)
    of = ("--city", CITY, "--code", "1", "--programme", town.programme)
    order = ("batch", "review", "call-off", *of, "--document", "撤1号", "--reason", "评分标准有误")
    clerk = shell.run(*order, "--by", "zibo/clerk-2", "--role", "bureau-clerk", "--json")
    assert clerk.rule == "role_must_be_allowed_to_do_this"
    line = (*order, "--by", "zibo/head-1", "--json")
    told = shell.run(*line)
    assert (told.status, told.json["events"]) == (0, ["expert-review.called-off"]), told
    assert shell.run(*line).json == told.json, "typed again it is the same command"
    shown = shell.run("batch", "review", "show", *of)
    assert "已撤销，评分表留档不计" in shown.out
    assert "名次" not in shown.out
    assert shell.run("batch", "review", "show", *of, "--json").json["called_off"] is True
    assert firm.file.qualification is Qualification.EXPERT_REVIEW
    assert not places(town).taken
    called_anew = said(
        town,
        "call-expert-review",
        cast.clerk2,
        document="评审2号",
        criteria=(Criterion("综合", 100),),
        experts=EXPERTS,
        cases=(firm.case,),
    )
    assert town.desk.handle(called_anew, START).refusal is None
    assert (review(town).round, review(town).sheets) == (2, {})


@pytest.mark.parametrize(
    ("line", "status", "words"),
    [
        (("--criterion", "意愿", "--expert", "e1=甲", "--expert", "e2=乙"), 2, "--criterion 应写作"),
        (("--criterion", "意愿=100", "--expert", "e1"), 2, "--expert 应写作"),
        (("--criterion", "意愿=90", "--expert", "e1=甲", "--expert", "e2=乙"), 3, "criteria_must_add_up"),
        (("--criterion", "意愿=100", "--expert", "e1=甲"), 3, "experts_must_be_enough"),
        (("--criterion", "意愿=100", "--expert", "e1=甲", "--expert", "e2=乙"), 3, "there_must_be_a_firm"),
        (("--criterion", "意愿=100", "--expert", "e1=甲", "--firm", "91370300MA3C09999X"), 3, "case_must_be_of_the"),
        (("--criterion", "意愿=100", "--expert", "e1=甲", "--role", "专家"), 3, "role_must_be_allowed_to_do_this"),
        (("--criterion", "意愿=100", "--expert", "e1=甲", "--code", "99"), 3, "batch_must_have_been_opened"),
    ],
)
def test_a_call_that_cannot_be_is_refused_and_writes_nothing(
    shell: Shell, store: EventStore, line: tuple[str, ...], status: int, words: str
) -> None:
    town = Town(store, "no such review", rules=RULES)
    before = store.last_position()
    of = ("--city", CITY, "--programme", town.programme, "--code", "1", "--by", "zibo/clerk-2", "--document", "评审1号")
    told = shell.run("batch", "review", "call", *of, *line)
    assert told.status == status, told
    assert words in told.err
    assert store.last_position() == before


def test_where_the_rules_are_silent_the_call_asks_the_city(shell: Shell, store: EventStore) -> None:
    town = Town(store, "silent rules")
    of = ("--city", CITY, "--programme", town.programme, "--code", "1", "--by", "zibo/clerk-2", "--document", "评审1号")
    told = shell.run("batch", "review", "call", *of, "--criterion", "意愿=100", "--expert", "e1=甲")
    assert told.status == 4, told
    assert "selection.expert_review" in told.err


def test_the_citys_own_places_are_proposed_and_set_without_typing_them(shell: Shell, store: EventStore) -> None:
    from domain.policy import Standing
    from domain.policy_rows import Quota as StatedQuota
    from tests.engine import INDUSTRY

    stated = StatedQuota(industry=INDUSTRY, places=3, clause="示例办法 四", standing=Standing.STATED)
    town = Town(store, "stated places", rules=replace(pack(), tables={"quota": (stated,)}))
    of = ("--city", CITY, "--programme", town.programme, "--code", "1")
    shown = shell.run("batch", "quota", "show", *of)
    assert "规则包所列名额" in shown.out
    assert "示例办法 四" in shown.out
    assert shell.run("batch", "quota", "show", *of, "--json").json["stated"] == [
        {"part": INDUSTRY, "places": 3, "clause": "示例办法 四"}
    ]
    by = ("--by", "zibo/head-1", "--document", "工信〔2026〕1号")
    over = shell.run("batch", "quota", "set", *of, *by, "--quota", "全部=4", "--json")
    assert over.rule == "quotas_must_stay_within_the_citys"
    assert shell.run("batch", "quota", "set", *of, *by, "--json").json["quotas"] == {INDUSTRY: 3}
    assert places(town).quotas == (Quota(3, industry=INDUSTRY, clause="示例办法 四"),)
