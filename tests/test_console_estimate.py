"""测算 on a page: the same answer as on the command line, the same questions, and nothing guessed."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

import pytest

from activities.desk import Desk
from eventstore.store import EventStore
from policies import load
from policies.calendars import published
from projections.run import Projector
from tests.console_town import Town
from tests.shell import Shell
from tests.test_console import Reader, words

DALIAN = {"city": "dalian", "level": "2", "signed": "2024-06-01", "completed": "2024-12-01"}


@pytest.fixture(scope="module")
def town(database_url: str, store: EventStore) -> Iterator[Town]:
    """An installation in which nothing has happened yet."""
    projector = Projector(database_url)
    projector.prepare()
    yield Town(database_url, store, Desk(store, published()), projector, {})
    projector.close()


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(capsys, monkeypatch)


def test_the_page_and_the_command_line_work_it_out_alike(town: Town, shell: Shell) -> None:
    spend = {"software": "600000.01", "cloud": "1234.56", "consulting": "20000", "other": "5000.50"}
    page = words(html.unescape(town.page("/estimate", params={**DALIAN, **spend, "batch": "2"})))
    line = [part for name, value in DALIAN.items() for part in (f"--{name}", value)]
    told = shell.run("estimate", *line, *(f"--spend={k}={v}" for k, v in spend.items()), "--json").json

    assert told["entitlement"] == "300617.28"
    assert "测算补贴 300,617.28 元" in page
    assert all(step in page for step in told["steps"])
    assert all(clause in page for clause in told["clauses"])
    assert len(told["excluded"]) == 2
    for one in told["excluded"]:
        assert f"{one['what']} {float(one['amount']):,.2f} {one['why']} {one['clause']}" in page
    assert "没有查批次“2”是否开启" in page
    assert all(reserve in page for reserve in told["reserves"])


def test_where_the_sources_are_silent_the_question_is_put_and_no_number(town: Town) -> None:
    asked = {"city": "zibo", "level": "2", "signed": "2026-01-05", "completed": "2026-09-01", "software": "1000"}
    page = words(town.page("/estimate", params=asked))
    question = load.load("zibo").open_questions()["payout.ratio"]

    assert "待定口径" in page
    assert re.search(rf"{question}？|哪些支出可以补贴？", page)
    assert "？？" not in page
    assert "测算补贴 " not in page.split("填写")[1]
    assumed = words(town.page("/estimate", params={**asked, "overlay": "rehearsal"}))
    assert "含推演假设" in assumed
    assert "测算采用的假设" in town.page("/estimate", params={**asked, "overlay": "rehearsal"})


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"level": "1"}, "level_must_reach_the_minimum"),
        ({"signed": "2026-01-05", "completed": "2026-02-01"}, "contract_must_be_signed_within_the_pilot"),
    ],
)
def test_what_the_rules_would_refuse_is_said_with_its_rule_and_clause(
    town: Town, changes: dict[str, str], rule: str
) -> None:
    page = words(town.page("/estimate", params={**DALIAN, "software": "1000", **changes}))

    assert rule in page
    assert "依据：大连方案" in page


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("city", "atlantis", "“城市”没有“atlantis”这一项"),
        ("city", "", "请填写“城市”"),
        ("level", "9", "“预计达到的等级”没有“9”这一项"),
        ("signed", "2024-W10-1", "应写作 2024-06-01 的样子，收到“2024-W10-1”"),
        ("signed", "2024-13-01", "应写作 2024-06-01 的样子，收到“2024-13-01”"),
        ("completed", "", "请填写“完工日期”"),
        ("completed", "2024-05-31", "早于签订日期"),
        ("software", "1.001", "金额精确到分"),
        ("software", "-1", "不能小于零"),
        ("software", "<script>", "不是金额：“<script>”"),
        ("software", "", "请至少填写一类投入"),
        ("cloud", "9" * 101, "最多 100 个字"),
        ("software", "9" * 17, "金额超出范围"),
        ("overlay", "evil", "“口径”没有“evil”这一项"),
        ("batch", "一\x00", "控制字符"),
    ],
)
def test_a_wrong_field_is_named_beside_it_and_everything_typed_is_kept(
    town: Town, field: str, value: str, said: str
) -> None:
    typed = {**DALIAN, "software": "1000.50", "batch": "第2批", field: value}
    page = town.page("/estimate", params=typed, status=422)
    plain = html.unescape(page)

    assert plain.count(said) == 2, "in the summary, and beside its field"
    assert f'id="{field}-fault"' in page
    assert re.search(rf'id="{field}"[^>]*aria-describedby="{field}-fault"', page)
    assert plain.count('id="answer"') == 0
    for name in typed.keys() - {field, "city", "level"}:
        assert f'value="{typed[name]}"' in plain
    assert "<script" not in page


def test_several_wrong_fields_are_all_named(town: Town) -> None:
    page = words(town.page("/estimate", params={"city": "x", "level": "x", "software": "x"}, status=422))

    assert "有 5 处需要改正" in page


def test_a_field_that_is_given_twice_is_not_answered_for_one_of_them(town: Town) -> None:
    page = town.page("/estimate", params=[*DALIAN.items(), ("software", "1"), ("software", "2")], status=422)

    assert "“软件”只能填一次" in page


def test_an_empty_form_asks_for_nothing_and_offers_every_city_and_kind(town: Town) -> None:
    page = town.page("/estimate")

    assert "需要改正" not in page
    assert all(f'value="{code}"' in page for code in load.cities())
    assert 'href="/estimate"' in page


@pytest.mark.parametrize("query", [{}, {**DALIAN, "software": "1", "other": "2"}, {"city": "x"}, {"city": "zibo"}])
def test_the_page_can_be_read_by_everybody(town: Town, query: dict[str, Any]) -> None:
    with_faults = 422 if query and len(query) < 3 else 200
    reader = Reader()
    reader.feed(town.page("/estimate", params=query, status=with_faults))
    reader.close()

    assert reader.open == []
    assert reader.headings == 1
    assert reader.captions == reader.tables
    assert reader.fields <= reader.labels
    assert len(reader.fields) >= 11
    assert reader.scripted == []
    assert len(reader.ids) == len(set(reader.ids))


def test_amounts_that_are_each_possible_and_together_too_much_are_refused(town: Town) -> None:
    much = {"software": "9" * 16, "cloud": "9" * 16}
    page = town.page("/estimate", params={**DALIAN, **much}, status=422)

    assert "金额超出范围" in page
    assert 'id="software-fault"' in page
