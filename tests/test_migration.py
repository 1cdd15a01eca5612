"""A batch's rules revised from the command line: who moves, who stays, what changes for each, on the real engine."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from temporalio.client import Client

from activities.explain import account
from cli.migration import differences
from domain.batch import Batch
from domain.case.adoption import RulesAdopted
from domain.case.file import CaseFile
from domain.identity import batch_id
from domain.people import Role
from domain.policy import Pack
from domain.rejections import Rejection
from eventstore.store import EventStore
from policies import load
from settings import Settings
from tests.domain.cast import ENTITLEMENT
from tests.engine import CITY, Town, pack, upto
from tests.shell import Shell, pointed_at
from workflows.client import TASK_QUEUE

BY = ("--by", "zibo/head-1", "--document", "通知2号")
SILENT = pack()
SILENT = replace(SILENT, values={key: held for key, held in SILENT.values.items() if key != "timers.diagnosis"})


@pytest.fixture
def shell(
    servers: Settings, database_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Shell:
    shell = Shell(capsys, monkeypatch)
    shell.at(pointed_at(servers, database_url))
    return shell


@pytest.fixture
def final(monkeypatch: pytest.MonkeyPatch) -> Pack:
    """The city's pack says now what it left open when the batch was opened."""
    answered = load.parse(load.canonical(pack()), "final")
    monkeypatch.setattr(load, "load", lambda city, overlays=(): answered)
    return answered


async def test_nothing_moves_by_itself_and_a_case_moves_when_it_is_named(
    shell: Shell, store: EventStore, client: Client, final: Pack
) -> None:
    town = Town(store, "revised", rules=SILENT, engine=client, queue=TASK_QUEUE)
    one, other = firms = [await town.begun(), await town.begun()]
    batch = ("--city", CITY, "--code", "1", "--programme", town.programme)
    async with town.at_work():
        for firm in firms:
            await firm.did(*upto("confirm-pilot"))
        with pytest.raises(Rejection, match="诊断期限") as stopped:
            await one.does("assign-diagnosis")
        assert stopped.value.refusal.open_question == "timers.diagnosis"

        named_before = {step.kind for step in account(store, town.desk, one.case, one.now).steps}
        told = await shell.type("batch", "revise", *batch, *BY, "--json")
        assert (told.status, told.json["pack_version"]) == (0, final.version)
        again = await shell.type("batch", "revise", *batch, "--by", "zibo/head-1", "--document", "通知3号", "--json")
        assert (again.status, again.rule) == (3, "revised_rules_must_differ")

        assert "adopt-rules" not in named_before
        named = account(store, town.desk, one.case, one.now).steps
        assert [step.roles for step in named if step.kind == "adopt-rules"] == [(Role.HEAD,)]

        seen = (await shell.type("batch", "adopt", *batch, "--json")).json
        assert [case["outcome"] for case in seen["cases"]] == ["不变", "不变"]
        ((held, changes),) = seen["changes"].items()
        assert {case["from"] for case in seen["cases"]} == {held}
        assert changes[0].startswith("诊断期限多少日（timers.diagnosis）：待定 → ")
        listed = (await shell.type("batch", "adopt", *batch)).out
        assert listed.count("timers.diagnosis") == 1, "what changes is told once, and then whom it concerns"
        assert sum(listed.count(name) for name in {firm.file.firm for firm in firms}) == 2
        assert not any(isinstance(fact, RulesAdopted) for firm in firms for fact in firm.facts)

        stranger = await shell.type("batch", "adopt", *batch, *BY, "--firm", "91370300MA3C09999X", "--json")
        assert (stranger.status, stranger.rule) == (3, "firm_must_be_of_the_batch")
        by_clerk = ("--by", "zibo/clerk-1", "--role", "bureau-clerk", "--document", "通知2号", "--firm", one.code)
        refused = await shell.type("batch", "adopt", *batch, *by_clerk, "--json")
        assert (refused.status, [case["outcome"] for case in refused.json["cases"]][1]) == (3, "不变")

        moved = await shell.type("batch", "adopt", *batch, *BY, "--firm", one.code, "--json")
        assert moved.status == 0, moved
        assert [case["outcome"] for case in moved.json["cases"]] == ["已改用", "不变"]
        await one.did("assign-diagnosis")
        with pytest.raises(Rejection, match="诊断期限"):
            await other.does("assign-diagnosis")

        rest = await shell.type("batch", "adopt", *batch, *BY, "--all")
        assert rest.status == 0
        assert "已改用" in rest.out
        assert "都已按版本" in (await shell.type("batch", "adopt", *batch)).out


async def test_money_that_is_worked_out_stays_and_the_city_is_told_so_beside_what_changes(
    shell: Shell, store: EventStore, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = Town(store, "lowered", rules=pack(), engine=client, queue=TASK_QUEUE)
    due, early = await town.begun(), await town.begun()
    lowered = load.parse(load.canonical(pack({"payout.ratio": Fraction(1, 4)})), "lowered")
    monkeypatch.setattr(load, "load", lambda city, overlays=(): lowered)
    batch = ("--city", CITY, "--code", "1", "--programme", town.programme)
    async with town.at_work():
        await due.did(*upto("verify-entitlement"))
        await early.did(*upto("confirm-pilot"))
        told = await shell.type("batch", "revise", *batch, *BY)
        assert told.status == 0, told
        told = await shell.type("batch", "adopt", *batch, "--json")
        seen = {case["credit_code"]: case for case in told.json["cases"]}
        assert seen[due.code]["settled"] == f"补贴已核定 {ENTITLEMENT.grouped()} 元，不因改用规则而变"
        assert seen[early.code]["settled"] == ""
        assert list(told.json["changes"].values()) == [["补贴比例是多少（payout.ratio）：50% → 25%"]]
        assert "补贴已核定" in (await shell.type("batch", "adopt", *batch)).out

        moved = await shell.type("batch", "adopt", *batch, *BY, "--all")
        assert moved.status == 0, moved
        await due.did("approve-payout")
        case = store.load(CaseFile, due.case)
        assert case.rules_version == lowered.version
        assert case.entitlement is not None
        assert case.entitlement.amount == ENTITLEMENT


async def test_rules_that_come_into_force_again_are_revised_again_and_the_same_words_said_twice_once(
    shell: Shell, store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = Town(store, "to-and-fro", rules=pack())
    named = batch_id(CITY, town.programme, "1")
    first = load.parse(load.canonical(pack()), "first")
    other = load.parse(load.canonical(pack({"payout.ratio": Fraction(1, 4)})), "other")
    for rules, facts in ((other, 1), (other, 1), (first, 2), (other, 3)):
        monkeypatch.setattr(load, "load", lambda city, overlays=(), rules=rules: rules)
        told = await shell.type("batch", "revise", "--city", CITY, "--code", "1", "--programme", town.programme, *BY)
        assert told.status == 0, told
        batch = store.load(Batch, named)
        assert (batch.pinned_version, batch.version) == (rules.version, facts + 1)


def test_what_differs_is_told_of_rows_and_of_what_a_value_rests_on_too() -> None:
    text = load.canonical(load.load("mianyang"))
    other = text.replace("least = 80", "least = 90").replace(
        'value = 2\nunit = "级"\ncomparator = "≥"\nclause = "绵阳方案 二(一)"',
        'value = 2\nunit = "级"\ncomparator = "≥"\nclause = "绵阳方案 二(二)"',
    )
    before, after = load.parse(text, "draft"), load.parse(other, "final")
    assert differences(before, before) == ()
    level, tier = differences(before, after)
    assert level == (
        "验收要求的最低数字化水平等级（evaluation.min_level）："
        "≥ 二级，原文 绵阳方案 二(一) → ≥ 二级，原文 绵阳方案 二(二)"
    )
    assert tier.startswith("provider_tier.pool：") and "≥ 80 家" in tier and "≥ 90 家" in tier


async def test_a_new_applicant_is_decided_by_the_text_in_force(
    shell: Shell, store: EventStore, client: Client, final: Pack
) -> None:
    town = Town(store, "since", rules=SILENT)
    before = town.firm().walked("open-case", "submit-application")
    told = await shell.type("batch", "revise", "--city", CITY, "--code", "1", "--programme", town.programme, *BY)
    assert told.status == 0, told
    since = town.firm().walked("open-case", "submit-application")
    assert before.file.rules_version != since.file.rules_version == final.version
