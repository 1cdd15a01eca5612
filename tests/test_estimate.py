"""What a firm could get, by the rules that decide it later; a question the sources leave open is not answered."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.money import Money
from policies import load
from tests.shell import Shell

IN_TIME = ("--level", "2", "--batch", "1", "--signed", "2024-06-01", "--completed", "2024-12-01")


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(capsys, monkeypatch)


def test_half_of_what_is_eligible_rounded_down_and_capped(shell: Shell) -> None:
    for software, amount in (("600000.01", "300000.00"), ("0.01", "0.00"), ("99999999", "500000.00")):
        told = shell.run("estimate", "--city", "dalian", *IN_TIME, "--spend", f"software={software}", "--json")
        assert told.status == 0
        assert told.json["entitlement"] == amount
        assert told.json["clauses"] == ["大连方案 五(一)1"] * 3
        assert told.json["excluded"] == []


def test_what_is_not_eligible_is_set_aside_by_name(shell: Shell) -> None:
    spend = ("--spend", "software=100000", "--spend", "consulting=20000", "--spend", "other=5000.50")
    told = shell.run("estimate", "--city", "dalian", *IN_TIME, *spend, "--json").json
    assert told["entitlement"] == "50000.00"
    assert [(line["kind"], line["amount"]) for line in told["excluded"]] == [
        ("consulting", "20000.00"),
        ("other", "5000.50"),
    ]
    on_paper = shell.run("estimate", "--city", "dalian", *IN_TIME, *spend).out
    assert all(step in on_paper for step in told["steps"])
    why = "不予支持：咨询诊断 20000.00 元，咨询诊断不在可补贴的支出之列（大连方案 五(一)1）"
    assert why in told["steps"]


def test_what_the_sources_leave_open_and_an_estimate_did_not_hold_is_named(shell: Shell) -> None:
    told = shell.run("estimate", "--city", "dalian", *IN_TIME, "--spend", "software=1", "--json").json
    assert told["unchecked"] == ["改造合同最早可于何日签订（contract.not_before）"]
    on_paper = shell.run("estimate", "--city", "dalian", *IN_TIME, "--spend", "software=1").out
    assert "未核：来源没有规定改造合同最早可于何日签订" in on_paper


def test_an_estimate_says_what_it_did_not_settle(shell: Shell) -> None:
    def reserves(*changes: str) -> list[str]:
        asked = ("--level", "2", "--signed", "2024-06-01", *changes, "--spend", "software=1", "--json")
        told = shell.run("estimate", "--city", "dalian", *asked)
        assert told.status == 0, told
        return list(told.json["reserves"])

    most = "补贴比例规则只写最高多少，此处按最高计，是最多可得之数（大连方案 五(一)1）"
    assert reserves("--completed", "2025-12-31") == [most]
    _, late = reserves("--completed", "2026-01-01")
    assert "晚于试点期止日 2025-12-31（大连方案 七）" in late
    assert "在试点期间购买并应用于" in late
    _, unseen = reserves("--completed", "2025-12-31", "--batch", "99")
    assert "没有查批次“99”" in unseen
    people = shell.run(
        *("estimate", "--city", "dalian", "--level", "2", "--signed", "2024-06-01", "--completed", "2026-01-01"),
        *("--batch", "99", "--spend", "software=1"),
    ).out
    assert people.count("注意：") == 3


def test_late_completion_is_named_where_the_sources_say_nothing_of_it(shell: Shell) -> None:
    late = ("--level", "2", "--signed", "2027-01-05", "--completed", "2027-09-01", "--spend", "software=1")
    told = shell.run("estimate", "--city", "mianyang", *late, "--overlay", "rehearsal", "--json").json
    assert any("试点期以后完工的如何兑付来源没有规定" in one for one in told["reserves"])


def test_a_program_sees_which_answers_are_assumed_and_by_which_text_it_was_worked_out(shell: Shell) -> None:
    when = ("--level", "2", "--signed", "2026-06-01", "--completed", "2026-12-01", "--spend", "software=1", "--json")
    told = shell.run("estimate", "--city", "mianyang", *when, "--overlay", "rehearsal").json
    assert told["pack_version"] == load.load("mianyang", ["rehearsal"]).version
    assert [one.partition("（")[2].partition("）")[0] for one in told["assumed"]] == [
        *("payout.ratio", "payout.cap", "contract.not_before", "contract.not_after")
    ]
    said = shell.run("estimate", "--city", "dalian", *IN_TIME, "--spend", "software=1", "--json").json
    assert said["assumed"] == []


@pytest.mark.parametrize(("level", "said"), [("5", "不能大于 4。"), ("-1", "不能小于 0。"), ("二", "应是整数。")])
def test_a_level_off_the_scale_is_refused_in_chinese(shell: Shell, level: str, said: str) -> None:
    when = ("--signed", "2024-06-01", "--completed", "2024-12-01", "--spend", "software=1")
    told = shell.run("estimate", "--city", "dalian", "--level", level, *when)
    assert told.status == 2
    assert f"--level 的值不对：{said}" in told.err


@given(st.integers(0, 10**10), st.integers(0, 10**10))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_amount_is_never_more_than_half_nor_more_than_the_cap(shell: Shell, software: int, cloud: int) -> None:
    spend = ("--spend", f"software={Money(software)}", "--spend", f"cloud={Money(cloud)}")
    told = shell.run("estimate", "--city", "dalian", *IN_TIME, *spend, "--json").json
    amount = Money.yuan(told["entitlement"])
    assert amount == min(Money((software + cloud) // 2), Money.wan(50))


def test_a_city_that_has_not_said_how_much_is_asked(shell: Shell) -> None:
    when = ("--level", "2", "--batch", "1", "--signed", "2026-01-05", "--completed", "2026-09-01")
    told = shell.run("estimate", "--city", "zibo", *when, "--spend", "software=1000", "--json")
    assert told.status == 4
    assert told.json.keys() == {"open", "key"}
    assert told.json["key"].startswith("payout.")
    people = shell.run("estimate", "--city", "zibo", *when, "--spend", "software=1000")
    assert people.status == 4
    assert "待定口径" in people.err
    assumed = shell.run("estimate", "--city", "zibo", *when, "--spend", "software=1000", "--overlay", "rehearsal")
    assert assumed.status == 0
    assert "按假设计算" in assumed.out


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"--level": "1"}, "level_must_reach_the_minimum"),
        ({"--signed": "2026-01-05", "--completed": "2026-02-01"}, "contract_must_be_signed_within_the_pilot"),
        ({"--city": "atlantis"}, "city_must_have_a_pack"),
    ],
)
def test_what_the_rules_would_refuse_is_refused_here_too(shell: Shell, changes: dict[str, str], rule: str) -> None:
    line = {
        "--city": "dalian",
        **dict(zip(IN_TIME[::2], IN_TIME[1::2], strict=True)),
        "--spend": "software=1",
        **changes,
    }
    told = shell.run("estimate", *(word for option in line.items() for word in option), "--json")
    assert (told.status, told.rule) == (3, rule)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"--spend": "software"}, "--spend 应写作 类别=金额"),
        ({"--spend": "hardware=1"}, "software（软件）"),
        ({"--spend": "software=1.001"}, "最多两位小数"),
        ({"--spend": "software=-1"}, "不能小于零"),
        ({"--signed": "2024-13-01"}, "--signed 应写作"),
        ({"--signed": "2024-W10-1"}, "--signed 应写作"),
        ({"--completed": "2024-05-31"}, "早于签订日期"),
        ({"--level": "5"}, "--level"),
    ],
)
def test_a_wrong_word_is_exit_status_2(shell: Shell, changes: dict[str, str], words: str) -> None:
    line = {
        "--city": "dalian",
        **dict(zip(IN_TIME[::2], IN_TIME[1::2], strict=True)),
        "--spend": "software=1",
        **changes,
    }
    told = shell.run("estimate", *(word for option in line.items() for word in option))
    assert told.status == 2
    assert words in told.err
