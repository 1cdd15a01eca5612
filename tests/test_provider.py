"""The pool from the command line and in the case, on a real database: who is out signs nothing, in whatever order."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from activities.desk import Desk
from activities.explain import account
from cli import fields
from domain.case.contract import ContractRegistered, FileContract
from domain.case.file import Works
from domain.case.supply import NamedProduct
from domain.catalogue import Catalogue, EnterProducts, Product
from domain.commands import Command
from domain.identity import batch_id, catalogue_id, command_id, notice_id, provider_id
from domain.money import Money
from domain.notice.file import Notice
from domain.notice.keeping import CheckNotice, CompleteNotice
from domain.notice.publish import PublishNotice
from domain.notice.snapshot import Row, Subject
from domain.people import Person, Role
from domain.provider import rooms
from domain.provider.file import Membership, Provider
from domain.provider.rating import ProviderEngaged
from eventstore.store import EventStore
from policies.calendars import published
from settings import Settings
from tests.domain import cast
from tests.domain.test_provider import LEAD, SAID
from tests.engine import CITY, INDUSTRY, START, Firm, Town, rehearsed, upto
from tests.shell import Shell, plain, pointed_at

CODE: Final = "91370300MA3C0PRY1X"
OTHER: Final = "91370300MA3C0PRY2X"
own = Person("provider-1", Role.PROVIDER, CODE)


@pytest.fixture
def shell(
    servers: Settings, database_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Shell:
    shell = Shell(capsys, monkeypatch)
    shell.at(pointed_at(servers, database_url))
    return shell


@pytest.fixture
def town(store: EventStore, request: pytest.FixtureRequest) -> Town:
    return Town(store, request.node.name)


OF_THIS_TOWN: Final[dict[str, dict[str, Any]]] = {
    "apply-provider": {"industries": (INDUSTRY,), "rehearsal": True},
    "admit-provider": {"tier": "数字服务商资源池"},
}


def says(town: Town, kind: str, code: str = CODE, *, days: int = 0, said: int = 0, **changes: Any) -> Command:
    """A command about a provider of this town, in the right words."""
    by, words = SAID[kind]
    fields: dict[str, Any] = {"by": by, **words, **OF_THIS_TOWN.get(kind, {}), **changes}
    if "due" in fields:
        fields["due"] = (START + timedelta(days=1)).date()
    name = command_id(town.programme, kind, code, str(days), str(said))
    return rooms.COMMANDS[kind](
        command_id=name, **{"city": CITY, "programme": town.programme, "credit_code": code, **fields}
    )


def done(town: Town, *kinds: str, code: str = CODE, days: int = 0, **changes: Any) -> None:
    """Several commands about one provider, each of which must succeed."""
    for kind in kinds:
        refusal = town.desk.handle(says(town, kind, code, days=days, **changes), START + timedelta(days=days)).refusal
        assert refusal is None, (kind, refusal)


OUT: Final = ("record-provider-fault", "warn-provider", "order-provider-rectification")


def pooled(town: Town) -> None:
    done(town, "apply-provider", "admit-provider")


def thrown_out(town: Town) -> None:
    done(town, *OUT)
    done(town, "remove-provider", days=5)


def registered(firm: Firm) -> bool:
    return any(isinstance(fact, ContractRegistered) for fact in firm.facts)


# --- in the case


def test_without_a_pool_the_city_goes_on_and_with_one_only_its_own_sign(town: Town) -> None:
    town.firm().walked(*upto("register-contract"))
    pooled(town)
    done(town, "apply-provider", code=OTHER, by=replace(own, organisation=OTHER), name="别家软件")
    firm = town.firm().walked(*upto("confirm-diagnosis"))
    for unknown in ("路边软件", "别家软件", OTHER):
        refusal = firm.hands_in("file-plan", provider=unknown).refusal
        assert refusal is not None
        assert refusal.rule == "provider_must_be_in_the_pool"
    firm.walked("file-plan", "pass-plan", "file-contract", "pass-contract", "register-contract")
    provider = town.store.load(Provider, provider_id(CITY, town.programme, CODE))
    assert provider.engaged == {firm.case: firm.code}


def test_a_provider_that_stands_before_the_public_is_admitted_at_its_notices_end(town: Town) -> None:
    """Under the notice's own number, or under another one: a number typed otherwise is no way around it."""
    done(town, "apply-provider")
    done(town, "apply-provider", code=OTHER, by=replace(own, organisation=OTHER), name="别家软件")
    window = [days for days in range(0, -15, -1) if days not in (0, -1, -7, -8, -14)]
    notice = notice_id(CITY, town.programme, Subject.PROVIDERS, "服务商公示1号")
    row = Row("云软公司", CODE, "", "数字服务商资源池", None, "")
    published = PublishNotice(
        command_id=command_id(town.programme, "notice"),
        by=cast.clerk1,
        city=CITY,
        programme=town.programme,
        subject=Subject.PROVIDERS,
        document="服务商公示1号",
        complaint_phone="0533-2345678",
        rows=(row,),
        decided_by=("expert-9",),
        batch=batch_id(CITY, town.programme, "1"),
    )
    assert town.desk.handle(published, START - timedelta(days=14)).refusal is None

    def refusal(code: str, document: str) -> str:
        said = town.desk.handle(says(town, "admit-provider", code, document=document), START).refusal
        return said.rule if said else ""

    for document in ("服务商公示1号", "会议纪要3号"):
        assert refusal(CODE, document) == "notice_must_have_been_completed"
    assert refusal(OTHER, "服务商公示1号") == "provider_must_stand_in_its_notice"
    shown = town.store.load(Notice, notice)
    for days in sorted(window):
        identity = command_id(town.programme, "seen", str(days))
        seen = CheckNotice(command_id=identity, by=cast.clerk2, notice=notice, sha256=shown.sha256)
        assert town.desk.handle(seen, START + timedelta(days=days)).refusal is None
    complete = CompleteNotice(command_id=command_id(town.programme, "end"), by=cast.head, notice=notice)
    assert town.desk.handle(complete, START).refusal is None
    done(town, "admit-provider", document="服务商公示1号")
    done(town, "admit-provider", code=OTHER, document="会议纪要4号")


def test_the_same_tier_in_other_words_is_no_move(town: Town) -> None:
    pooled(town)
    done(town, "move-provider", tier="集成服务商")
    for said, tier in enumerate(("integrators", "集成 服务商", "集成服务商 ")):
        refusal = town.desk.handle(says(town, "move-provider", tier=tier, said=said + 1), START).refusal
        assert refusal is not None
        assert refusal.rule == "tier_must_be_another"


def test_nobody_is_named_excellent_who_is_not_in_the_pool(town: Town) -> None:
    done(town, "apply-provider")
    refusal = town.desk.handle(says(town, "admit-provider", tier="优秀服务商"), START).refusal
    assert refusal is not None
    assert refusal.rule == "tier_must_be_chosen_from_the_one_before"


def test_a_registered_contract_is_one_append_on_both_files(town: Town) -> None:
    pooled(town)
    firm = town.firm().walked(*upto("pass-contract"))
    receipt = firm.hands_in("register-contract").receipt
    assert receipt is not None
    assert receipt.events[0] == "case.contract-registered"
    assert receipt.events[-2:] == ("provider.engaged", "voucher.used")
    assert receipt.subject == firm.case


def test_a_firm_whose_provider_was_thrown_out_goes_on_with_another(town: Town) -> None:
    pooled(town)
    firm = town.firm().walked(*upto("pass-plan"))
    thrown_out(town)
    refusal = firm.hands_in("file-contract").refusal
    assert refusal is not None
    assert refusal.rule == "provider_must_be_in_the_pool"
    done(town, "apply-provider", code=OTHER, by=replace(own, organisation=OTHER), name="别家软件")
    done(town, "admit-provider", code=OTHER)
    firm.walked(("file-plan", {"provider": "别家软件"}), "pass-plan")
    firm.walked(("file-contract", {"contract": cast.contract(provider="别家软件")}))
    firm.walked("pass-contract", "register-contract")
    assert firm.file.works is Works.UNDER_WAY


def test_of_a_removal_and_a_registration_at_once_the_events_tell_one_story(store: EventStore) -> None:
    """Each at a desk of its own. Whoever comes second sees the first: nothing is registered behind the removal."""
    for turn in range(8):
        town = Town(store, f"at once {turn}")
        pooled(town)
        firm = town.firm().walked(*upto("pass-contract"))
        done(town, *OUT[:2])
        done(town, OUT[2], suspends=False)
        together = threading.Barrier(2)

        def do(command: Command, wait: threading.Barrier = together) -> str:
            wait.wait(10)
            refusal = Desk(store, published()).handle(command, START + timedelta(days=5)).refusal
            return refusal.rule if refusal else ""

        with ThreadPoolExecutor(2) as threads:
            told = list(threads.map(do, (says(town, "remove-provider"), firm.command("register-contract"))))
        topics = [fact.TOPIC for fact in store.facts(provider_id(CITY, town.programme, CODE))]
        assert told in (["", ""], ["", "provider_must_be_in_the_pool"])
        assert registered(firm) == ("provider.engaged" in topics) == (not told[1])
        if registered(firm):
            assert topics.index("provider.engaged") < topics.index("provider.removed")


def test_of_two_that_join_each_other_one_is_refused_also_at_once(store: EventStore) -> None:
    """Each at a desk of its own. The pool knows of every consortium, so that whoever comes second sees the first."""
    for turn in range(4):
        town = Town(store, f"each other {turn}")
        pooled(town)
        other = replace(own, id="provider-2", organisation=LEAD)
        done(town, "apply-provider", code=LEAD, name="牵头公司", by=other)
        done(town, "admit-provider", code=LEAD)
        pairs = [
            says(town, "join-consortium"),
            says(town, "join-consortium", LEAD, by=other, lead=CODE),
        ]
        together = threading.Barrier(2)

        def do(command: Command, wait: threading.Barrier = together) -> str:
            wait.wait(10)
            refusal = Desk(store, published()).handle(command, START + timedelta(days=5)).refusal
            return refusal.rule if refusal else ""

        with ThreadPoolExecutor(2) as threads:
            told = list(threads.map(do, pairs))
        assert sorted(told) == ["", "member_must_not_lead"]


KINDS: Final = (
    *("apply-provider", "admit-provider", *OUT, "confirm-provider-rectification", "remove-provider"),
    *("appeal-provider-decision", "answer-provider-appeal"),
    *("file-plan", "pass-plan", "file-contract", "pass-contract", "register-contract", "return-contract"),
)


@given(order=st.lists(st.sampled_from(KINDS), min_size=8, max_size=24))
@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_order_a_removed_provider_signs_no_new_contract(store: EventStore, order: list[str]) -> None:
    town = Town(store, f"order {command_id(*order)}")
    pooled(town)
    firm = town.firm().walked(*upto("confirm-diagnosis"))
    for said, kind in enumerate(order):
        stood = store.load(Provider, provider_id(CITY, town.programme, CODE))
        if kind in SAID:
            town.desk.handle(says(town, kind, said=said), START + timedelta(days=said))
        else:
            refusal = firm.hands_in(kind).refusal
            if refusal is None and kind in ("file-plan", "file-contract", "pass-contract", "register-contract"):
                assert stood.may_sign, kind
            if stood.membership is Membership.REMOVED and kind == "file-plan":
                assert refusal is not None


def test_explain_names_what_the_pool_stands_in_the_way_of_and_the_way_out(town: Town) -> None:
    def told(firm: Firm) -> dict[str, str]:
        steps = account(town.store, town.desk, firm.case, firm.now).steps
        return {step.kind: step.obstacle.rule if step.obstacle else "" for step in steps}

    pooled(town)
    firm = town.firm().walked(*upto("confirm-diagnosis"))
    assert told(firm)["file-plan"] == ""
    firm.walked("file-plan", "pass-plan")
    assert told(firm)["file-plan"] == "", "for a contract at another price"
    thrown_out(town)
    assert told(firm)["file-contract"] == "provider_must_be_in_the_pool"
    assert told(firm)["file-plan"] == "provider_must_be_in_the_pool", "nobody is left to plan with"
    done(town, "apply-provider", code=OTHER, by=replace(own, organisation=OTHER), name="别家软件")
    done(town, "admit-provider", code=OTHER)
    assert told(firm)["file-plan"] == ""


# --- products


def test_the_products_of_a_contract_can_be_typed() -> None:
    said = {"contract": plain(cast.contract()), "products": '[{"line": 1, "product": "P-1", "quantity": 2}]'}
    assert fields.read(FileContract, said)["products"] == (NamedProduct(1, "P-1", 2),)


def test_prices_are_compared_with_the_catalogue_in_the_same_decision(town: Town) -> None:
    mes = Product(
        *("P-1", "制造执行系统", "software", Money.wan(60), Money.wan(50), "套", ""),
        valid_from=START.date() - timedelta(days=60),
        valid_to=START.date() + timedelta(days=60),
    )
    entering = EnterProducts(
        command_id=command_id(town.programme, "enter"), by=cast.clerk1, city=CITY, programme=town.programme,
        products=(mes,), rehearsal=True,
    )  # fmt: skip
    assert town.desk.handle(entering, START).refusal is None
    assert town.store.load(Catalogue, catalogue_id(CITY, town.programme)).products == {"P-1": mes}
    firm = town.firm().walked(*upto("pass-plan"))
    dear = firm.hands_in("file-contract", products=(NamedProduct(1, "P-1"),)).refusal
    assert dear is not None
    assert dear.rule == "price_must_stay_within_the_reference"
    receipt = firm.hands_in("file-contract", products=(NamedProduct(1, "P-1", 2),)).receipt
    assert receipt is not None
    assert receipt.events[:2] == ("case.contract-filed", "case.prices-compared")


# --- independence


def test_an_institution_of_the_programme_is_looked_at_in_every_firms_case(town: Town) -> None:
    appointing = rooms.COMMANDS["appoint-institution"](
        command_id=command_id(town.programme, "appoint"), by=cast.head, city=CITY, programme=town.programme,
        organisation="评测中心", post="platform", document="中标1号", rehearsal=True,
    )  # type: ignore[call-arg]  # fmt: skip
    assert town.desk.handle(appointing, START).refusal is None
    firm = town.firm().walked(*upto("assign-evaluator"))
    noted = [fact for fact in firm.facts if fact.TOPIC == "case.conflict-noted"]
    assert [(fact.organisation, fact.pair) for fact in noted] == [("评测中心", "evaluation+platform")]  # type: ignore[attr-defined]


# --- the command line

AT: Final = ("--city", "zibo", "--programme", rehearsed("cli"))
HEAD: Final = ("--by", "zibo/head-1", "--reason", "集体研究", "--evidence", "材料1")
PROVIDER: Final = ("--by", "云软/1", "--org", CODE)


def line(verb: str, *words: str) -> tuple[str, ...]:
    return ("provider", verb, CODE, *AT, *words, "--json")


def test_a_providers_life_from_the_command_line(shell: Shell, store: EventStore) -> None:
    told = shell.run(*line("apply", "--name", "云软公司", "--industry", "先进高分子材料", "--by", "云软/1"))
    assert (told.status, told.json["membership"]) == (0, "applied"), told
    assert (
        shell.run(*line("admit", "--tier", "数字服务商资源池", "--document", "名单1号", *HEAD)).json["may_sign"] is True
    )
    moved = line("move", "--tier", "集成服务商", "--document", "名单2号", *HEAD)
    first = shell.run(*moved)
    assert (first.status, first.json["tier"]) == (0, "集成服务商")
    assert shell.run(*moved).json == first.json, "typed again, it is the same command"
    back = shell.run(*line("move", "--tier", "数字服务商资源池", "--document", "名单2号", *HEAD))
    assert back.json["tier"] == "数字服务商资源池"
    assert shell.run(*moved).json["tier"] == "集成服务商", "after another move the same words count anew"

    inspector = ("--by", "zibo/inspector-1", "--role", "抽查人员", "--reason", "核查", "--evidence", "照片1")
    found = shell.run(*line("fault", "--fault", "未交付", *inspector))
    assert found.status == 0, found
    no = shell.run(
        *line("warn", "--document", "警告1号", "--by", "zibo/inspector-1", "--reason", "x", "--evidence", "y")
    )
    assert (no.status, no.rule) == (3, "provider_hand_must_differ")
    assert shell.run(*line("warn", "--document", "警告1号", *HEAD)).json["membership"] == "warned"
    order = ("--document", "整改1号", "--item", "补齐交付", "--due", "2999-01-01", "--suspend")
    ordered = shell.run(*line("rectify", *order, *HEAD))
    assert (ordered.json["membership"], ordered.json["may_sign"]) == ("rectifying", False)
    early = shell.run(*line("remove", "--ground", "逾期", "--document", "纪要1号", *HEAD, "--by", "zibo/leader-1"))
    assert (early.status, early.rule) == (3, "removal_must_wait_for_the_rectification")
    assert shell.run(*line("appeal", "--statement", "问题不在我方", *PROVIDER)).status == 0
    answer = ("--upheld", "--answer", "属实", "--document", "复核1号", "--by", "zibo/head-2", "--reason", "复核")
    restored = shell.run(*line("answer", *answer))
    assert (restored.json["membership"], restored.json["events"]) == ("in-pool", ["provider.restored"])

    shown = shell.run("provider", "show", "云软公司", *AT, "--json").json
    assert [one["topic"] for one in shown["story"]][-2:] == ["provider.appealed", "provider.restored"]
    on_paper = shell.run("provider", "show", CODE, *AT).out
    assert "在库，层级 集成服务商，可以承接新项目" in on_paper
    assert "服务商申诉成立，恢复在库" in on_paper
    listed = shell.run("provider", "list", *AT, "--json").json["providers"]
    assert [(one["credit_code"], one["tier"]) for one in listed] == [(CODE, "集成服务商")]
    assert "云软公司" in shell.run("provider", "list", *AT).out
    assert "没有这样的服务商" in shell.run("provider", "list", *AT, "--tier", "总包商").out


def test_a_rating_asks_for_the_weights_and_shows_its_steps(shell: Shell, store: EventStore) -> None:
    at = ("--city", CITY)
    assert shell.run("provider", "apply", CODE, *at, "--name", "云软公司", "--by", "云软/1", "--json").status == 0
    tier = ("--tier", "pool", "--document", "名单1号")
    unsaid = shell.run("provider", "admit", CODE, *at, *tier, *HEAD, "--json")
    assert (unsaid.status, unsaid.rule) == (3, "provider_must_say_whom_it_serves")
    other = ("provider", "apply", OTHER, *at, "--name", "别家软件", "--industry", INDUSTRY, "--by", "别家/1")
    assert shell.run(*other).status == 0
    assert shell.run("provider", "admit", OTHER, *at, *tier, *HEAD).status == 0
    asked = shell.run("provider", "rate", OTHER, *at, "--by", "zibo/clerk-1", "--json")
    assert (asked.status, asked.json["refusal"]["open_question"]) == (4, "rating.satisfaction")

    played = Town(store, "rated in a rehearsal")
    done(played, "apply-provider", "admit-provider")
    served = played.firm().walked(*upto("confirm-acceptance"))
    there = ("--city", CITY, "--programme", played.programme)
    mark = ("--score", "90", "--by", "f-1", "--org")
    stranger = shell.run("provider", "satisfaction", CODE, *there, *mark, OTHER, "--json")
    assert (stranger.status, stranger.rule) == (3, "satisfaction_must_come_from_a_firm_it_served")
    assert shell.run("provider", "satisfaction", CODE, *there, *mark, served.code).status == 0
    told = shell.run("provider", "rate", CODE, *there, "--by", "zibo/clerk-1")
    assert told.status == 0, told
    assert "综合：满意度 90.00×60% + 改造成效 100.00×30% + 改造数量 5.00×10% = 84.50 分" in told.out
    shown = shell.run("provider", "show", CODE, *there, "--json").json
    assert shown["working"]["score"] == "84.50"
    assert [case["credit_code"] for case in shown["cases"]] == [served.code]


@pytest.mark.parametrize(
    ("words", "status", "rule"),
    [
        (("apply", "9137", *AT, "--name", "短", "--by", "x", "--json"), 3, "credit_code_must_be_well_formed"),
        (("show", "没有这家", *AT, "--json"), 3, "provider_must_be_known"),
        (("show", OTHER, *AT, "--json"), 3, "provider_must_be_known"),
        (
            ("admit", OTHER, *AT, "--tier", "x", "--document", "y", "--by", "h", "--reason", "z", "--json"),
            *(3, "provider_must_stand_where_the_step_begins"),
        ),
        (
            ("apply", OTHER, *AT, "--name", "冒名", "--by", "x", "--org", CODE, "--json"),
            *(3, "provider_must_act_for_itself"),
        ),
        (
            ("apply", OTHER, *AT, "--name", "x", "--by", "h", "--role", "审计", "--json"),
            *(3, "role_must_be_allowed_to_do_this"),
        ),
        (("list", "--city", "atlantis", "--json"), 3, "city_must_have_a_pack"),
        (
            ("appoint", "云上", *AT, "--post", "食堂", "--document", "1", "--by", "h", "--json"),
            *(3, "post_must_be_one_of_the_programme"),
        ),
        (
            ("rectify", CODE, *AT, *HEAD, "--document", "1", "--item", "x", "--due", "明天", "--suspend", "--json"),
            *(2, "command_line_must_be_readable"),
        ),
        (("admit", CODE, *AT, "--tier", "x", "--json"), 2, "command_line_must_be_readable"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_writes_nothing(
    shell: Shell, store: EventStore, words: tuple[str, ...], status: int, rule: str
) -> None:
    before = store.last_position()
    told = shell.run("provider", *words)
    assert (told.status, told.rule) == (status, rule), told
    assert store.last_position() == before


def test_a_removal_names_the_projects_that_go_on(shell: Shell, store: EventStore) -> None:
    town = Town(store, "goes on")
    pooled(town)
    firm = town.firm().walked(*upto("register-contract"))
    done(town, *OUT)
    at = ("--city", CITY, "--programme", town.programme)
    ground = ("--ground", "逾期", "--document", "纪要1号", "--by", "zibo/leader-1", "--reason", "x", "--evidence", "y")
    told = shell.run("provider", "remove", CODE, *at, *ground)
    assert told.status == 0, told
    assert f"进行中的项目 1 家：\n  示例轴承有限公司（{firm.code}）：改造" in told.out
    firm.walked("report-milestone", "inspect-milestone", "report-completion")
    assert isinstance(store.facts(provider_id(CITY, town.programme, CODE))[2], ProviderEngaged)


def test_an_institution_is_appointed_from_the_command_line(shell: Shell) -> None:
    words = (
        "provider",
        "appoint",
        "云上平台",
        *AT,
        "--post",
        "platform",
        "--document",
        "中标1号",
        "--by",
        "h",
        "--json",
    )
    first = shell.run(*words)
    assert (first.status, first.json["events"]) == (0, ["pool.institution-appointed"]), first
    assert shell.run(*words).json == first.json
    other = shell.run(*words, "--document", "中标2号")
    assert (other.status, other.rule) == (3, "post_must_be_given_once")
