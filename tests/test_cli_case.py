"""Every command can be given by hand; typed again it is not done again; every wrong word is named."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio.client import Client, WorkflowExecutionStatus

from cli import fields, give
from cli.fields import WrongField
from cli.hands import person
from domain import authority
from domain.batch import OpenBatch
from domain.case.contract import FileContract
from domain.case.file import Stage
from domain.case.payout_plan import ApprovePayout
from domain.case.review import RequestSupplement
from domain.case.rooms import COMMANDS, CommandRefused
from domain.identity import batch_id, command_id
from domain.money import Money
from domain.people import Person, Role
from domain.words import ROLES, zh
from eventstore.store import EventStore
from policies import load
from projections.run import Projector
from settings import Settings
from tests import engine
from tests.domain import cast
from tests.domain.lines import LINES
from tests.engine import CITY, START, Firm, Town, pack, upto
from tests.shell import Shell, own_fields, plain, pointed_at, typed

PROGRAMME = "by-hand"


@pytest.fixture
def shell(
    servers: Settings, database_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Shell:
    shell = Shell(capsys, monkeypatch)
    shell.at(pointed_at(servers, database_url))
    return shell


class Place:
    """The town of this module; every test has a firm of its own."""

    town: Town | None = None


@pytest.fixture
async def town(client: Client, store: EventStore) -> Town:
    Place.town = Place.town or Town(store, PROGRAMME)
    Place.town.engine = client
    return Place.town


# --- what may be said


def test_every_command_is_listed_with_its_name_its_roles_and_its_fields_in_chinese(shell: Shell) -> None:
    told = shell.run("case", "commands", "--json")
    assert told.status == 0
    described = {one["kind"]: one for one in told.json}
    assert described.keys() == COMMANDS.keys()
    for kind, one in described.items():
        assert one["name"] == zh(kind) != kind
        assert one["says"]
        assert one["roles"] == [role.value for role in authority.ROLES[kind]]
        assert all(item["label"] != item["name"] for item in one["fields"])
    on_paper = shell.run("case", "commands").out
    assert all(zh(kind) in on_paper for kind in COMMANDS)
    assert shell.run("case", "do", "--help").out.count("evaluator") >= 1


@pytest.mark.parametrize("kind", LINES)
def test_what_a_command_says_can_be_typed_and_can_stand_in_a_file(kind: str, store: EventStore) -> None:
    town = Place.town = Place.town or Town(store, PROGRAMME)
    command = town.firm().command(kind)
    said = own_fields(command)
    words = dict(word.split("=", 1) for word in typed(command)[2 : 2 + len(said)])
    assert fields.read(type(command), words) == said
    assert fields.read(type(command), {name: plain(value) for name, value in said.items()}) == said


@given(st.integers(-(10**12), 10**12))
def test_money_is_typed_in_yuan_and_read_to_the_fen(fen: int) -> None:
    said = {"amount": str(Money(fen)), "document": "纪要1号"}
    assert fields.read(ApprovePayout, said)["amount"] == Money(fen)


CONTRACT = plain(cast.contract())
BATCH = "00000000-0000-4000-8000-000000000001"


@pytest.mark.parametrize(
    ("kind", "said", "words"),
    [
        ("approve-payout", {"amount": "12.345", "document": "x"}, "（amount） 应为金额（元，最多两位小数）"),
        ("approve-payout", {"amount": "一百", "document": "x"}, "（amount） 应为金额"),
        ("approve-payout", {"amount": True, "document": "x"}, "（amount） 应为金额"),
        ("approve-payout", {"amount": "nan", "document": "x"}, "（amount） 应为金额"),
        ("approve-payout", {"amount": "12.34"}, "缺少 文号（document）"),
        ("approve-payout", {"amount": "1", "document": "x", "amout": "1"}, "“批准兑付”没有“amout”这一项"),
        ("submit-application", {"batch": BATCH, "self_level": "高", "pledged": "是"}, "（self_level） 应为整数"),
        ("submit-application", {"batch": BATCH, "self_level": True, "pledged": "是"}, "（self_level） 应为整数"),
        ("submit-application", {"batch": BATCH, "self_level": "1", "pledged": "好"}, "（pledged） 应为是 或 否"),
        ("report-milestone", {"milestone": "上线", "done_on": "2026-02-30"}, "（done_on） 应为日期"),
        ("report-milestone", {"milestone": "上线", "done_on": 1772409600}, "（done_on） 应为日期"),
        ("draw-case", {"campaign": "1", "purpose": "any", "basis": "1"}, "（purpose） 应为accepted、works 之一"),
        ("file-contract", {"contract": "HT-1"}, "合同（contract） 应为JSON 对象"),
        ("file-contract", {"contract": [1]}, "合同（contract） 应为JSON 对象"),
        ("file-contract", {"contract": {**CONTRACT, "totl": "1"}}, "合同（contract） 没有“totl”这一项"),
        ("file-contract", {"contract": {**CONTRACT, "total": "1.001"}}, "合同（contract）的合同总价（元）（total）"),
        (
            "file-contract",
            {"contract": {**CONTRACT, "lines": [{"kind": "software", "what": "MES"}]}},
            "合同（contract）的价格清单行（lines）第 1 项 缺少 金额（元）（amount）",
        ),
        ("file-diagnosis", {"baseline": {"level": 1}, "report": "1"}, "改造前水平（baseline） 缺少"),
        ("file-evaluation", {"verified": "[[]]"}, "缺少"),
    ],
)
def test_a_word_that_cannot_mean_anything_is_named_by_its_field(kind: str, said: dict[str, Any], words: str) -> None:
    with pytest.raises(WrongField) as wrong:
        fields.read(COMMANDS[kind], said)
    assert words in wrong.value.message


def test_several_words_are_told_apart_as_people_write_them() -> None:
    defects = ("缺审计报告", "缺自评表")
    for said in (json.dumps(defects), *(mark.join(defects) for mark in (";", ",", "\uff1b", "\uff0c", "、", "\n"))):
        assert fields.read(RequestSupplement, {"defects": said}) == {"defects": defects}
    assert fields.read(RequestSupplement, {"defects": '["甲，乙"]'}) == {"defects": ("甲，乙",)}


# --- how it is given


async def test_a_firms_whole_way_to_the_contract_typed_by_hand(shell: Shell, town: Town) -> None:
    firm = town.firm().walked("open-case")
    await firm.begin()
    async with town.at_work():
        for kind in upto("register-contract")[1:]:
            assert isinstance(kind, str)
            if kind.startswith("~"):
                await firm.after(kind[1:])
                continue
            told = await shell.type("case", "do", *typed(firm.command(kind)), "--json")
            assert told.status == 0, (kind, told)
            receipt = told.json
            assert receipt["version"] == firm.file.version
            own = [topic for topic in receipt["events"] if topic.startswith("case.")]
            assert own == [fact.TOPIC for fact in firm.facts[-len(own) :]]
            assert str(firm.facts[-1].command_id) == receipt["command_id"]
    assert firm.file.stage == "retrofit"
    assert firm.file.contract == cast.contract(number=f"HT-1-{firm.code}")


async def test_a_refusal_names_rule_sentence_and_clause_and_writes_nothing(shell: Shell, town: Town) -> None:
    firm = town.firm().walked("open-case")
    await firm.begin()
    async with town.at_work():
        for command, rule in (
            (firm.command("publish-list"), "step_must_be_due"),
            (firm.command("submit-application", by=cast.head), "role_must_be_allowed_to_do_this"),
            (firm.command("submit-application", pledged=False), "truth_must_be_pledged"),
        ):
            told = await shell.type("case", "do", *typed(command), "--json")
            assert told.status == 3
            assert told.rule == rule
            assert told.json["refusal"]["sentence"] in told.err
            assert f"规则：{rule}" in told.err
    assert len(firm.facts) == 1


async def test_an_open_question_of_the_pack_is_exit_status_4(shell: Shell, client: Client, store: EventStore) -> None:
    rules = pack()
    silent = replace(rules, values={key: held for key, held in rules.values.items() if key != "timers.county_review"})
    town = Town(store, "silent", client, silent)
    firm = town.firm().walked("open-case")
    await firm.begin()
    async with town.at_work():
        told = await shell.type("case", "do", *typed(firm.command("submit-application")), "--json")
    assert told.status == 4
    assert told.json["refusal"]["open_question"] == "timers.county_review"
    assert "待定口径" in told.err
    assert len(firm.facts) == 1


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("case do {case} submit", "没有命令“submit”"),
        ("case do {case}", "缺少 KIND"),
        ("case do {case} ask-withdrawal", "缺少 办理人编号（--by）"),
        ("case do {case} ask-withdrawal --by f --role boss --org x", "没有“boss”这个角色"),
        ("case do {case} ask-withdrawal why --by f --role firm --org x", "“why”应写作 名=值"),
        ("case do {case} ask-withdrawal a=1 a=2 --by f --role firm --org x", "“a”写了两遍"),
        ("case do {case} ask-withdrawal --by f --role firm --org x --command-id 7", "命令号（command_id）应为 UUID"),
        ("case do {case} submit-application self_level=x --by f --role firm --org x", "缺少"),
        ("case list --stage 合約", "没有“合約”这个阶段"),
    ],
)
def test_a_wrong_line_is_exit_status_2_and_says_what_is_wrong(shell: Shell, town: Town, line: str, words: str) -> None:
    firm = town.firm().walked("open-case")
    told = shell.run(*line.format(case=firm.case).split())
    assert told.status == 2
    assert words in told.err
    assert told.out == ""
    assert len(firm.facts) == 1


def test_an_unknown_case_is_refused_by_name(shell: Shell, town: Town) -> None:
    for line in (
        ("case", "show", "91370300MA3C0ZZZZX"),
        ("case", "do", "查无此企业", "ask-withdrawal", "--by", "f", "--role", "firm", "--org", "x"),
        ("explain", "00000000-0000-0000-0000-000000000000"),
    ):
        told = shell.run(*line, "--json")
        assert (told.status, told.rule) == (3, "case_must_have_been_opened")


def test_a_case_is_named_by_code_or_id_or_their_beginning_or_a_part_of_the_firms_name(shell: Shell, town: Town) -> None:
    firm, other = town.firm(), town.firm()
    firm.hands_in("open-case", firm="博山区独一无二陶瓷厂")
    other.hands_in("open-case", firm="博山区另一家陶瓷厂")
    for words in (firm.code, firm.code.lower(), f" {firm.code} ", str(firm.case), str(firm.case)[:13], "独一无二"):
        told = shell.run("case", "show", words, "--json")
        assert told.status == 0, (words, told)
        assert told.json["case"] == str(firm.case)
    several = shell.run("case", "show", "陶瓷厂")
    assert several.status == 2
    assert firm.code in several.err
    assert other.code in several.err


def test_a_citys_own_case_is_meant_before_a_rehearsals(
    shell: Shell, town: Town, store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Town(store, "the-citys-own")
    own.programme = engine.PROGRAMME
    played = town.firm()
    real = Firm(own, played.code)
    played.hands_in("open-case")
    real.hands_in("open-case", rehearsal=False)
    assert shell.run("case", "show", played.code, "--json").json["case"] == str(real.case)
    monkeypatch.setenv("LOOKBACK_OVERLAYS", "rehearsal")
    assert shell.run("case", "show", played.code, "--json").json["case"] == str(played.case)


async def test_typed_twice_it_is_one_command_with_one_receipt(shell: Shell, town: Town) -> None:
    firm = town.firm().walked("open-case")
    await firm.begin()
    line = typed(firm.command("submit-application"))
    async with town.at_work():
        first = await shell.type("case", "do", *line, "--json")
        again = await shell.type("case", "do", *line, "--json")
    assert (first.status, again.status) == (0, 0)
    assert first.json == again.json | {"before": False}
    assert again.json["before"] is True
    assert [fact.TOPIC for fact in firm.facts].count("case.application-submitted") == 1


async def test_a_reminder_between_two_typings_changes_nothing(shell: Shell, town: Town) -> None:
    firm = town.firm().walked("open-case")
    await firm.begin()
    line = typed(firm.command("submit-application"))
    async with town.at_work():
        first = await shell.type("case", "do", *line, "--json")
        await firm.after("county_review")  # reminders and the passed deadline are the system's, not a person's
        assert firm.facts[-1].by.role is Role.SYSTEM
        again = await shell.type("case", "do", *line, "--json")
    assert again.status == 0
    assert again.json["command_id"] == first.json["command_id"]


async def test_the_same_words_after_others_have_acted_must_be_meant_anew(shell: Shell, town: Town) -> None:
    firm = town.firm().walked(*upto("file-plan"), "return-plan")
    await firm.begin()
    plan = typed(firm.command("file-plan"))
    returned = typed(firm.command("return-plan"))
    async with town.at_work():
        assert (await shell.type("case", "do", *plan)).status == 0  # by hand for the first time
        assert (await shell.type("case", "do", *returned)).status == 0
        doubtful = await shell.type("case", "do", *plan, "--json")
        assert (doubtful.status, doubtful.rule) == (3, "same_words_must_be_meant_again")
        assert "--again" in doubtful.err
        assert firm.facts[-1].TOPIC != "case.plan-filed"
        meant = await shell.type("case", "do", *plan, "--again", "--json")
        assert meant.status == 0
        assert meant.json["before"] is False
        lost = await shell.type("case", "do", *plan, "--again", "--json")
        assert lost.json == meant.json | {"before": True}
    assert [fact.TOPIC for fact in firm.facts].count("case.plan-filed") == 3


async def test_what_was_refused_can_be_typed_again_when_the_day_has_come(shell: Shell, town: Town) -> None:
    firm = town.firm().walked(*upto("publish-list"))
    await firm.begin()
    line = typed(firm.command("confirm-pilot"))
    async with town.at_work():
        early = await shell.type("case", "do", *line, "--json")
        assert (early.status, early.rule) == (3, "notice_must_have_stood_its_time")
        await firm.after("list_notice")
        assert (await shell.type("case", "do", *line)).status == 0
    assert firm.file.stage == "diagnosis"


async def test_a_signal_is_sent_without_waiting_and_its_refusal_stands_on_record(shell: Shell, town: Town) -> None:
    firm = town.firm().walked(*upto("publish-list"))
    await firm.begin()
    line = typed(firm.command("confirm-pilot"))
    async with town.at_work():
        told = await shell.type("case", "do", *line, "--signal", "--json")
        assert told.status == 0
        assert told.json["sent"] is True
        async with asyncio.timeout(20):
            while not isinstance(firm.facts[-1], CommandRefused):  # noqa: ASYNC110 - the record is what is waited for
                await asyncio.sleep(0.05)
        refused = firm.facts[-1]
        assert isinstance(refused, CommandRefused)
        assert refused.refusal.rule == "notice_must_have_stood_its_time"
        assert str(refused.command_id) == told.json["command_id"]
        await firm.after("list_notice")
        assert (await shell.type("case", "do", *line)).status == 0  # a refusal, even on record, bars nobody


async def test_a_command_is_read_from_a_file(shell: Shell, town: Town, tmp_path: Path) -> None:
    firm = town.firm().walked(*upto("pass-plan"))
    await firm.begin()
    command = firm.command("file-contract")
    assert isinstance(command, FileContract)
    file = tmp_path / "命令.json"
    by = {"id": command.by.id, "role": "企业", "organisation": firm.code}
    said = {"kind": "file-contract", "by": by, "contract": plain(command.contract), "evidence": ["sha256:1"]}
    file.write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8-sig")  # as Windows' own editor writes it
    async with town.at_work():
        told = await shell.type("case", "do", str(firm.case), "--file", str(file), "--json")
    assert told.status == 0, told
    assert firm.file.contract == command.contract
    assert firm.facts[-1].evidence == ("sha256:1",)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "不是能读懂的 JSON：第 1 行第 2 列，文字到此为止，还缺内容"),
        ("\ufeff{", "第 1 行第 2 列"),
        ('{"kind": "ask-withdrawal",\n "by" {}}', "第 2 行第 7 列，从“{}}”起读不懂"),
        ('{"kind": "ask-withdrawal", "reason": "不\n', "第 1 行第 40 列，文字到此为止"),
        ('{"number": ' + "9" * 5000 + "}", "有的数太长"),
        ("[]", "应是一个 JSON 对象"),
        ('{"kind": "submit-plan"}', "没有命令“submit-plan”"),
        ('{"kind": "ask-withdrawal", "by": "f1"}', "by 应写作"),
        (
            '{"kind": "ask-withdrawal", "by": {"id": "f", "role": "firm", "organisation": "x"}, "evidence": "a"}',
            "evidence",
        ),
        ('{"kind": "ask-withdrawal", "by": {"id": "f", "role": "firm", "organisation": "x"}, "why": 1}', "“why”"),
    ],
)
def test_a_file_that_says_no_command_is_refused_with_its_fault(
    shell: Shell, town: Town, tmp_path: Path, content: str, words: str
) -> None:
    firm = town.firm().walked("open-case")
    file = tmp_path / "命令.json"
    file.write_text(content, encoding="utf-8")
    told = shell.run("case", "do", str(firm.case), "--file", str(file))
    assert told.status == 2
    assert words in told.err


async def test_a_command_id_of_ones_own_names_one_command(shell: Shell, town: Town) -> None:
    firm = town.firm().walked("open-case")
    await firm.begin()
    line = [*typed(firm.command("submit-application")), "--command-id", "c0ffee00-0000-4000-8000-000000000001"]
    async with town.at_work():
        first = await shell.type("case", "do", *line, "--json")
        again = await shell.type("case", "do", *line, "--json")
        other = await shell.type("case", "do", *line, "--reason", "改口", "--json")
    assert first.json["command_id"] == line[-1]
    assert first.json == again.json | {"before": False}
    assert (other.status, other.rule) == (3, "command_id_must_name_one_command")


async def test_a_firm_is_put_on_file_by_hand_and_its_workflow_waits(shell: Shell, town: Town, client: Client) -> None:
    code = "91370300MA3C0HAND6"
    line = (
        *("case", "do", code, "open-case", "city=zibo", "firm=手工建档陶瓷厂", "county=张店区", "scale=小"),
        *("industry=先进高分子材料", "above_designated=否", "quality=无"),
        *("--by", "zibo/clerk-1", "--role", "市局经办", "--org", "淄博市工业和信息化局", "--json"),
    )
    first = await shell.type(*line)
    assert first.status == 0, first
    again = await shell.type(*line)
    assert again.json == first.json | {"before": True}
    shown = await shell.type("case", "show", code, "--json")
    assert shown.json["programme"] == "2025-20"
    assert shown.json["stage"] == "selection"
    described = await client.get_workflow_handle(f"case/{first.json['case']}").describe()
    assert described.status is not None
    assert described.status.name == "RUNNING"


async def test_a_case_that_has_ended_gives_the_old_receipt_and_takes_nothing_new(shell: Shell, town: Town) -> None:
    firm = town.firm().walked("open-case", "submit-application")
    await firm.begin()
    last = typed(firm.command("reject-application"))
    async with town.at_work():
        ended = await shell.type("case", "do", *last, "--json")
        assert ended.status == 0
        assert await asyncio.wait_for(firm.handle.result(), 20) == "closed"
    again = await shell.type("case", "do", *last, "--json")
    assert again.json == ended.json | {"before": True}
    late = await shell.type("case", "do", *typed(firm.command("pass-county-review")), "--json")
    assert (late.status, late.rule) == (3, "case_must_be_open")


async def test_a_firm_that_was_not_selected_applies_again_by_hand_and_its_workflow_waits_again(
    shell: Shell, town: Town, client: Client
) -> None:
    firm = town.firm().walked("open-case", "submit-application", "reject-application")
    second = batch_id(CITY, town.programme, "again")
    opening = OpenBatch(
        command_id=command_id(PROGRAMME, "again"),
        by=cast.clerk1,
        city=CITY,
        programme=town.programme,
        code="again",
        rehearsal=True,
        opens=date(2026, 1, 1),
        closes=date(2099, 12, 31),
        pack_text=load.canonical(town.rules),
    )
    assert town.desk.handle(opening, START).refusal is None
    told = await shell.type("case", "do", *typed(firm.command("submit-application", batch=second)), "--json")
    assert told.status == 0, told
    assert told.json["events"][:2] == ["case.application-reopened", "case.application-submitted"]
    assert (firm.file.batch, firm.file.stage) == (second, Stage.SELECTION)
    described = await firm.handle.describe()
    assert described.status is WorkflowExecutionStatus.RUNNING
    await firm.handle.terminate()


async def test_without_a_worker_the_clerk_is_told_and_typing_again_does_it_once(
    shell: Shell, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(give, "_PATIENCE_SECONDS", 1)
    firm = town.firm().walked("open-case")
    await firm.begin()
    line = typed(firm.command("submit-application"))
    away = await shell.type("case", "do", *line)
    assert away.status == 5
    assert "工作进程" in away.err
    monkeypatch.setattr(give, "_PATIENCE_SECONDS", 30)
    async with town.at_work():
        assert (await shell.type("case", "do", *line)).status == 0
    assert [fact.TOPIC for fact in firm.facts].count("case.application-submitted") == 1


async def test_a_case_without_its_workflow_is_told_with_the_way_out(shell: Shell, town: Town) -> None:
    firm = town.firm().walked("open-case")
    for extra in ((), ("--signal",)):
        told = await shell.type("case", "do", *typed(firm.command("submit-application")), *extra)
        assert told.status == 5
        assert "lookback rebuild workflows" in told.err
    assert len(firm.facts) == 1


async def test_without_temporal_the_part_is_named(shell: Shell, town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    firm = town.firm().walked("open-case")
    monkeypatch.setenv("LOOKBACK_TEMPORAL_ADDRESS", "127.0.0.1:1")
    told = await shell.type("case", "do", *typed(firm.command("submit-application")))
    assert told.status == 5
    assert "Temporal" in told.err


# --- what is on file


def test_the_list_is_chosen_by_city_stage_batch_county_and_text(shell: Shell, town: Town, database_url: str) -> None:
    here = town.firm()
    here.hands_in("open-case", firm="名单里的独苗")
    here.hands_in("submit-application")
    projector = Projector(database_url)
    projector.prepare()
    projector.catch_up()
    projector.close()

    def codes(*options: str) -> set[str]:
        told = shell.run("case", "list", *options, "--limit", "100000", "--json")
        assert told.status == 0, told
        return {case["credit_code"] for case in told.json["cases"]}

    everybody = codes()
    assert here.code in everybody
    assert codes("--city", "zibo") == everybody
    assert codes("--city", "dalian") == set()
    assert codes("--text", "名单里的") == {here.code}
    assert here.code in codes("--stage", "遴选", "--batch", "1", "--county", "张店区")
    assert codes("--text", "名单里的", "--stage", "contract") == set()
    assert codes("--text", "名单里的", "--batch", "2") == set()
    assert codes("--text", "名单里的", "--county", "博山区") == set()
    assert codes("--stage", "selection") < everybody
    cut = shell.run("case", "list", "--limit", "1", "--json").json
    assert (len(cut["cases"]), cut["more"]) == (1, True)
    assert shell.run("case", "list", "--city", "atlantis").status == 3
    assert "名单里的独苗" in shell.run("case", "list", "--text", "独苗").out


def test_a_role_is_known_by_its_code_and_by_its_chinese_name() -> None:
    for role in Role:
        assert person("p", role.value, "o") == person("p", ROLES[role], "o") == Person("p", role, "o")
