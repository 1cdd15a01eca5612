"""The packs say where every value comes from, are kept as one text, and leave open what the sources leave open."""

import json
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from cli import packs as packs_command
from domain.money import Money
from domain.policy import KEYS, Days, Standing
from domain.policy_rows import RATE, Kpi
from domain.rejections import OpenQuestion, Rejection
from policies import columns, load
from policies.places import PackFault

DALIAN = (load.HERE / "dalian.toml").read_text("utf-8")
FILES = sorted(path for folder in (load.HERE, load.OVERLAYS, load.STANDARDS) for path in folder.glob("*.toml"))
CAP = '[payout.cap]\nvalue = "50"\nunit = "万元"\ncomparator = "≤"\nclause = "大连方案 五(一)1"\nstanding = "stated"\n'
TITLED = '[overlay]\ntitle = "推演假设"\n'


# --- what the packs say


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_pack_and_overlay_reads_clean(path: Path) -> None:
    assert load.faults(load.read_file(path), path.name) == ()


@pytest.mark.parametrize("city", load.cities())
def test_every_value_of_a_pack_has_its_clause_and_none_is_assumed(city: str) -> None:
    pack = load.load(city)
    held = [cited for values in pack.values.values() for cited in values]

    assert held
    assert all(cited.clause for cited in held)
    assert {cited.standing for cited in held} <= {Standing.STATED, Standing.DERIVED}
    assert not pack.assumptions()


@pytest.mark.parametrize("city", load.cities())
def test_a_rehearsal_leaves_no_question_open_and_shows_what_it_assumed(city: str) -> None:
    bare, laid = load.load(city), load.load(city, ["rehearsal"])

    assert laid.open_questions() == {}
    assert set(laid.assumptions()) == set(bare.open_questions())
    assert all(cited.clause.startswith("假设：") for cited in laid.assumptions().values())


@pytest.mark.parametrize("city", load.cities())
def test_an_overlay_never_changes_what_a_source_says(city: str) -> None:
    bare, laid = load.load(city), load.load(city, ["rehearsal"])

    assert {key: laid.values[key] for key in bare.values} == bare.values


def test_an_overlay_that_says_otherwise_is_not_heard() -> None:
    over = TITLED + CAP.replace('"50"', '"10"').replace("stated", "assumed")

    assert load.parse(DALIAN, "dalian.toml", [(over, "over.toml")]).money("payout.cap") == Money.wan(50)
    assert load.parse(_bare("zibo"), "zibo.toml", [(over, "over.toml")]).money("payout.cap") == Money.wan(10)


def test_of_two_overlays_the_first_is_heard() -> None:
    ten, twenty = (TITLED + CAP.replace('"50"', amount).replace("stated", "assumed") for amount in ('"10"', '"20"'))

    assert load.parse(_bare("zibo"), "zibo.toml", [(ten, "a"), (twenty, "b")]).money("payout.cap") == Money.wan(10)


def test_no_city_states_a_single_day_count() -> None:
    timers = {key for key in KEYS if key.startswith("timers.")}

    assert timers
    assert all(timers <= set(load.load(city).open_questions()) for city in load.cities())


@pytest.mark.parametrize(("city", "key"), [(city, key) for city in load.cities() for key in KEYS])
def test_what_is_absent_is_an_open_question_in_the_citys_name(city: str, key: str) -> None:
    pack = load.load(city)
    if pack.has(key):
        assert pack.cited(key).value is not None
        return
    with pytest.raises(OpenQuestion) as asked:
        pack.cited(key)
    assert asked.value.key == key
    assert asked.value.question == f"{pack.name}：{KEYS[key].question}？"
    assert asked.value.refusal.open_question == key


def test_values_come_back_as_what_they_mean() -> None:
    dalian = load.load("dalian", ["rehearsal"])

    assert dalian.ratio("payout.ratio") == Fraction(1, 2)
    assert dalian.cited("payout.ratio").comparator == "≤"
    assert dalian.money("payout.budget") == Money.wan(12000)
    assert dalian.list("payout.eligible") == ("software", "cloud", "acquisition")
    assert dalian.flag("contract.supervised") is True
    assert dalian.day("programme.end") == date(2025, 12, 31)
    assert dalian.days("timers.supplement") == Days(5, "working", "lapse")
    assert dalian.days("timers.refund") == Days(30, "natural", "wait")


def test_a_value_holds_from_its_own_day() -> None:
    before = CAP.replace("[payout.cap]", "[[payout.cap]]")
    after = before.replace('"50"', '"40"').replace("[[payout.cap]]", "[[payout.cap]]\nsince = 2025-01-01")
    pack = load.parse(DALIAN.replace(CAP, before + after), "dalian.toml")

    assert pack.money("payout.cap", date(2024, 12, 31)) == Money.wan(50)
    assert pack.money("payout.cap", date(2025, 1, 1)) == Money.wan(40)


# --- files and names


def test_an_unknown_city_is_refused_by_naming_those_there_are() -> None:
    with pytest.raises(Rejection) as refused:
        load.load("atlantis")

    assert refused.value.refusal.rule == "city_must_have_a_pack"
    assert all(city in refused.value.refusal.sentence for city in load.cities())


@pytest.mark.parametrize("name", ["rehersal", "../dalian", ""])
def test_an_unknown_overlay_is_refused_by_naming_those_there_are(name: str) -> None:
    with pytest.raises(Rejection, match="现有：rehearsal") as refused:
        load.load("dalian", [name])

    assert refused.value.refusal.rule == "overlay_must_be_known"


def test_a_file_that_is_no_utf8_is_refused_at_its_line(tmp_path: Path) -> None:
    path = tmp_path / "dalian.toml"
    path.write_bytes(b"[city]\n" + 'name = "大连市"\n'.encode("gb18030"))

    with pytest.raises(PackFault, match=r"dalian\.toml 第 2 行"):
        load.read_file(path)


def test_a_file_saved_with_a_byte_order_mark_reads_the_same(tmp_path: Path) -> None:
    path = tmp_path / "dalian.toml"
    path.write_bytes(DALIAN.replace("\n", "\r\n").encode("utf-8-sig"))

    assert load.faults(load.read_file(path), "dalian.toml") == ()
    assert _version(load.read_file(path)) == load.load("dalian").version


# --- the command


def _run(*words: str) -> Any:
    app = typer.Typer()
    packs_command.register(app)
    app.command("other")(lambda: None)
    return CliRunner().invoke(app, ["packs", *words])


def test_check_finds_the_packs_of_the_house_sound() -> None:
    done = _run("check")

    assert done.exit_code == 0
    assert f"已检查 {len(FILES)} 个文件，错误 0 处" in done.output


def test_check_prints_every_fault_and_ends_refused(tmp_path: Path) -> None:
    path = tmp_path / "dalian.toml"
    path.write_text(DALIAN.replace("value = 550", "value = -1").replace('"50%"', '"0.5"'), "utf-8")

    done, as_json = _run("check", str(path)), _run("check", str(path), "--json")

    assert (done.exit_code, as_json.exit_code) == (3, 3)
    assert "programme.target_firms" in done.output
    assert "payout.ratio" in done.output
    assert [fault["key"] for fault in json.loads(as_json.output)["faults"]] == [
        "programme.target_firms",
        "payout.ratio",
    ]


def test_check_of_a_file_that_is_not_there_is_wrong_usage() -> None:
    assert _run("check", "nowhere.toml").exit_code == 2


def test_show_tells_values_clauses_standings_and_open_questions() -> None:
    bare, laid = _run("show", "dalian"), json.loads(_run("show", "dalian", "--overlay", "rehearsal", "--json").output)

    assert all(word in bare.output for word in ("原文", "推导", "≤ 50%", "待定口径", "timers.list_notice"))
    assert "假设" not in bare.output
    assert laid["open"] == {}
    assert "timers.list_notice" in laid["assumed"]
    assert laid["values"]["payout.cap"][0] | {"note": ""} == {
        "value": "500000.00",
        "comparator": "≤",
        "clause": "大连方案 五(一)1",
        "standing": "stated",
        "note": "",
        "since": None,
    }
    assert laid["values"]["timers.supplement"][0]["value"] == {"count": 5, "unit": "working", "on_expiry": "lapse"}


def test_show_tells_the_tables_with_their_clauses() -> None:
    bare, data = _run("show", "dalian"), json.loads(_run("show", "dalian", "--json").output)

    assert all(word in bare.output for word in ("资金预算（budget_line）", "服务商层级", "审批链", "专委会决议"))
    assert len(data["tables"]["budget_line"]) == 14
    (platforms,) = (row for row in data["tables"]["kpi"] if row["code"] == "platforms")
    assert (platforms["total"], platforms["comparator"], platforms["clause"]) == (40, "≥", "大连方案 三(二)")
    assert not [key for key in data["open"] if not KEYS[key].asked]


def test_a_rate_over_nothing_is_shown_as_undefined() -> None:
    figures = {"轴承、齿轮和传动部件制造": 11, "汽车零部件及配件制造": 0}
    stated: dict[str, Any] = {"clause": "大连方案 三", "standing": Standing.STATED}
    giants = Kpi(code="giants", name="“小巨人”", unit="家", total=11, industries=figures, **stated)
    rates = {name: Fraction(1) for name in figures}
    rate = Kpi(code="rate", name="占比", unit=RATE, total=Fraction(1), industries=rates, of="giants", **stated)
    pack = replace(load.load("dalian"), tables={"kpi": (giants, rate)})

    assert columns.say(rate, pack)["分行业"] == "轴承、齿轮和传动部件制造 100%；汽车零部件及配件制造 —"


def test_a_statement_that_no_step_asks_for_is_no_open_question() -> None:
    zibo = load.load("zibo")

    assert not KEYS["payout.exhaustion"].asked
    assert not zibo.has("payout.exhaustion")
    assert "payout.exhaustion" not in zibo.open_questions()
    assert "payout.ratio" in zibo.open_questions()


def test_show_of_an_unknown_city_is_refused() -> None:
    assert isinstance(_run("show", "atlantis").exception, Rejection)


def test_diff_lists_only_what_differs(tmp_path: Path) -> None:
    path = tmp_path / "edited.toml"
    path.write_text(DALIAN.replace('"50%"', '"40%"'), "utf-8")

    told, same = json.loads(_run("diff", "dalian", str(path), "--json").output), _run("diff", "dalian", "dalian")

    assert list(told["differences"]) == ["payout.ratio"]
    assert [held[0]["value"] for held in told["differences"]["payout.ratio"]] == ["1/2", "2/5"]
    assert "不同的键 0 个" in same.output


def test_diff_names_the_rows_that_differ_and_the_version_covers_them(tmp_path: Path) -> None:
    path = tmp_path / "edited.toml"
    path.write_text(DALIAN.replace("total = 40", "total = 41"), "utf-8")

    done = _run("diff", "dalian", str(path), "--json")
    told = json.loads(done.output)

    assert list(told["differences"]) == ["kpi.platforms"]
    assert [held[0]["total"] for held in told["differences"]["kpi.platforms"]] == [40, 41]
    assert len(set(told["versions"])) == 2
    assert "≥ 41 家" in _run("diff", "dalian", str(path)).output


def test_diff_tells_a_new_agency_and_a_new_source_and_does_not_call_an_unasked_statement_open(tmp_path: Path) -> None:
    path = tmp_path / "edited.toml"
    text = DALIAN.replace('agency = "大连市工业和信息化局"', 'agency = "大连市工信局"')
    path.write_text(text.replace("(有效期至2025年12月31日)", "(有效期至2026年12月31日)", 1), "utf-8")

    told = json.loads(_run("diff", "dalian", str(path), "--json").output)
    cities = _run("diff", "mianyang", "jiujiang").output

    assert list(told["differences"]) == ["city.agency", "city.sources.大连方案"]
    retention = next(line for line in cities.splitlines() if "票据凭证如何保存" in line)
    assert ("无" in retention, "待定" in retention) == (True, False)


def _bare(city: str) -> str:
    return (load.HERE / f"{city}.toml").read_text("utf-8")


def _version(text: str) -> str:
    return load.parse(text, "dalian.toml").version
