"""The packs read clean, say where every value comes from, and refuse to be read wrongly."""

import hashlib
import json
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from cli import packs as packs_command
from domain.money import Money
from domain.policy import KEYS, Cited, Days, Key, Pack, Standing, Value
from domain.rejections import OpenQuestion, Rejection
from policies import load, notation
from policies.places import PackFault

DALIAN = (load.HERE / "dalian.toml").read_text("utf-8")
REHEARSAL = (load.OVERLAYS / "rehearsal.toml").read_text("utf-8")
FILES = sorted([*load.HERE.glob("*.toml"), *load.OVERLAYS.glob("*.toml")])
CAP = '[payout.cap]\nvalue = "50"\nunit = "万元"\ncomparator = "≤"\nclause = "大连方案 五(一)1"\nstanding = "stated"\n'
NOTICE = '[timers.list_notice]\nvalue = 5\nunit = "工作日"\non_expiry = "wait"\n'
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
    assert all(cited.clause.startswith("假设:") for cited in laid.assumptions().values())


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
    assert all(timers <= set(load.load(city).open_questions()) for city in ("dalian", "zibo"))


@pytest.mark.parametrize(("city", "key"), [(city, key) for city in load.cities() for key in KEYS])
def test_what_is_absent_is_an_open_question_in_the_citys_name(city: str, key: str) -> None:
    pack = load.load(city)
    if pack.has(key):
        assert pack.cited(key).value is not None
        return
    with pytest.raises(OpenQuestion) as asked:
        pack.cited(key)
    assert asked.value.key == key
    assert asked.value.question == f"{pack.name}:{KEYS[key].question}?"
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


# --- the version, and the text that is kept


@pytest.mark.parametrize("city", load.cities())
@pytest.mark.parametrize("overlays", [(), ("rehearsal",)])
def test_the_kept_text_reads_back_as_the_equal_pack(city: str, overlays: tuple[str, ...]) -> None:
    pack, text = load.load(city, overlays), load.text_of(city, overlays)

    assert load.parse(text, "kept") == pack
    assert hashlib.sha256(text.encode()).hexdigest() == pack.version
    assert load.canonical(load.parse(text, "kept")) == text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('value = "50"', 'value = "51"'),
        ('value = "50%"', 'value = "51%"'),
        ("value = 550", "value = 551"),
        ("2025-12-31", "2025-12-30"),
        ("value = true", "value = false"),
        ('"中山区"', '"中山市"'),
        ('comparator = "≤"', 'comparator = "≈"'),
        ('standing = "derived"', 'standing = "stated"'),
        ("五(一)3(3)", "五(一)3(4)"),
        ("since = 2024-09-09", "since = 2024-09-08"),
        ("有效期至2025年12月31日)", "有效期至2025年12月31号)"),
    ],
)
def test_one_changed_character_is_another_version(old: str, new: str) -> None:
    assert old in DALIAN
    assert _version(DALIAN.replace(old, new, 1)) != _version(DALIAN)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# ---- 遴选 ----", "# 遴选"),
        ('value = "50"\nunit = "万元"', 'value = "500000.00"\nunit = "元"'),
        ('value = "50%"', 'value = "1/2"'),
        ('value = "50%"\nunit = "比例"', 'unit   = "比例"\nvalue  = "50%"'),
        ('clause = "大连方案 七"', 'clause = "大连方案 七"\ncomparator = "="'),
    ],
)
def test_the_same_content_written_otherwise_is_the_same_version(old: str, new: str) -> None:
    assert old in DALIAN
    assert _version(DALIAN.replace(old, new, 1)) == _version(DALIAN)


_texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda text: text == text.strip())


def _a_value(key: str, spec: Key) -> st.SearchStrategy[Value]:
    word: st.SearchStrategy[str] = st.sampled_from(sorted(spec.words)) if spec.words else _texts
    by_kind: dict[str, st.SearchStrategy[Any]] = {
        "text": word,
        "list": st.lists(word, min_size=1, max_size=4, unique=True).map(tuple),
        "flag": st.booleans(),
        "date": st.dates(),
        "count": st.integers(0, 1_000_000),
        "level": st.integers(1, 4),
        "money": st.integers(0, 10**14 - 1).map(Money),
        "ratio": st.fractions(0, 1, max_denominator=999_999).filter(bool),
        "days": st.builds(
            Days, st.integers(1, 3650), st.sampled_from(["working", "natural"]), st.sampled_from(["wait", "lapse"])
        ),
    }
    return by_kind[spec.kind]


@st.composite
def _packs(draw: st.DrawFn) -> Pack:
    values = {}
    for key in draw(st.sets(st.sampled_from(sorted(KEYS)), max_size=6)):
        days = sorted(draw(st.sets(st.dates(), max_size=2)))
        from_the_start = not days or draw(st.booleans())
        since: list[date | None] = [None, *days] if from_the_start else [*days]
        values[key] = tuple(
            Cited(
                value=draw(_a_value(key, KEYS[key])),
                clause=f"文件 {draw(_texts)}",
                standing=draw(st.sampled_from(Standing)),
                comparator=draw(st.sampled_from(notation.COMPARATORS)),
                note=draw(st.one_of(st.just(""), _texts)),
                since=day,
            )
            for day in since
        )
    return Pack("anywhere", "某市", "123456", "某局", "2025-1", "", values, {"文件": draw(_texts)})


@given(_packs())
@settings(max_examples=150, deadline=None)
def test_any_pack_survives_being_kept_as_text(pack: Pack) -> None:
    read = load.parse(load.canonical(pack), "kept")

    assert (read.values, read.sources) == (pack.values, pack.sources)


# --- what cannot be read


@dataclass(frozen=True)
class Break:
    """One way to break a pack: where ``new`` replaces ``old``, the fault is at the line that holds ``at``."""

    old: str
    new: str
    at: str
    key: str
    reason: str


def _in_cap(old: str, new: str, at: str, reason: str) -> Break:
    return Break(CAP, CAP.replace(old, new), at, "payout.cap", reason)


BREAKS = {
    "a misspelt key": Break("[payout.cap]", "[payout.capp]", "[payout.capp]", "payout.capp", "是否为 payout.cap?"),
    "a misspelt group": Break("[payout.cap]", "[payuot.cap]", "[payuot.cap]", "payuot.cap", "是否为 payout.cap?"),
    "a key like no other": Break("[payout.cap]", "[x.yz]", "[x.yz]", "x.yz", "未知的键 x.yz"),
    "a value outside every table": Break("[city]", "budget = 1\n[city]", "budget = 1", "budget", "未知的键 budget"),
    "a key that is no table": Break(CAP, '[payout]\ncap = "50"\n', 'cap = "50"', "payout.cap", "应是一张表"),
    "an empty list of tables": Break(CAP, "[payout]\ncap = []\n", "cap = []", "payout.cap", "应是一张表"),
    "no value": _in_cap('value = "50"\n', "", "[payout.cap]", "缺少 value"),
    "no unit": _in_cap('unit = "万元"\n', "", "[payout.cap]", "缺少 unit"),
    "no clause": _in_cap('clause = "大连方案 五(一)1"\n', "", "[payout.cap]", "缺少 clause"),
    "no standing": _in_cap('standing = "stated"\n', "", "[payout.cap]", "缺少 standing"),
    "a misspelt field": _in_cap("comparator =", "comparater =", "comparater", "是否为 comparator?"),
    "another unit": _in_cap("万元", "分", 'unit = "分"', "单位应是 元 或 万元"),
    "a unit that is no text": _in_cap('"万元"', "[1]", "unit = [1]", "单位应是 元 或 万元"),
    "an amount without quotes": _in_cap('"50"', "50", "value = 50\n", "应是加引号的金额"),
    "an amount as a float": _in_cap('"50"', "50.5", "value = 50.5", "应是加引号的金额"),
    "an amount in full width": _in_cap('"50"', '"\uff15\uff10"', "\uff15\uff10", "应是加引号的金额"),
    "an amount with commas": _in_cap('"50"', '"5,000"', "5,000", "应是加引号的金额"),
    "a negative amount": _in_cap('"50"', '"-50"', '"-50"', "应是加引号的金额"),
    "an amount below the fen": _in_cap('"50"\nunit = "万元"', '"50.001"\nunit = "元"', "50.001", "最多两位小数"),
    "another comparator": _in_cap("≤", "<=", '"<="', "比较符应是"),
    "an assumption in a pack": _in_cap('"stated"', '"assumed"', '"assumed"', "应是 stated 或 derived"),
    "an unknown standing": _in_cap('"stated"', '"Stated"', '"Stated"', "应是 stated 或 derived"),
    "a standing that is no text": _in_cap('"stated"', "[1]", "standing = [1]", "应是 stated 或 derived"),
    "an empty clause": _in_cap("大连方案 五(一)1", "", 'clause = ""', "不能为空"),
    "a clause of no source": _in_cap("大连方案 五(一)1", "大连方按 五(一)1", "大连方按", "来源简称(大连方案)"),
    "a clause without a place": _in_cap("大连方案 五(一)1", "大连方案", 'clause = "大连方案"', "来源简称(大连方案)"),
    "a note that is no text": _in_cap("standing", "note = 1\nstanding", "note = 1", "note 应是加引号的文字"),
    "a since in quotes": _in_cap("standing", 'since = "2024-01-01"\nstanding', 'since = "2024', "since 应是日期"),
    "a period's field elsewhere": _in_cap(
        "standing", 'on_expiry = "wait"\nstanding', "on_expiry", "此键不写 on_expiry"
    ),
    "a ratio as a decimal": Break('"50%"', '"0.5"', '"0.5"', "payout.ratio", "应是加引号的比例"),
    "a ratio above one": Break('"50%"', '"150%"', '"150%"', "payout.ratio", "不超过 100%"),
    "a ratio of nothing": Break('"50%"', '"0%"', '"0%"', "payout.ratio", "比例应大于 0"),
    "a ratio by zero": Break('"50%"', '"1/0"', '"1/0"', "payout.ratio", "应是加引号的比例"),
    "a ratio in another unit": Break('unit = "比例"', 'unit = "%"', 'unit = "%"', "payout.ratio", "单位应是 比例"),
    "a date in quotes": Break(
        "value = 2025-12-31", 'value = "2025-12-31"', '"2025-12-31"', "programme.end", "应是日期"
    ),
    "a date with a time": Break("2025-12-31", "2025-12-31T08:00:00", "T08:00", "programme.end", "应是日期"),
    "a date that is none": Break("2025-12-31", "2025-13-31", "2025-13-31", "programme.end", "不是合法的 TOML"),
    "a count in quotes": Break("value = 550", 'value = "550"', '"550"', "programme.target_firms", "整数"),
    "a count that is no whole": Break("value = 550", "value = 550.5", "550.5", "programme.target_firms", "整数"),
    "a count that is a flag": Break("value = 550", "value = true # here", "# here", "programme.target_firms", "整数"),
    "a negative count": Break("value = 550", "value = -1", "value = -1", "programme.target_firms", "整数"),
    "a count of something else": Break('"家"', '"户"', '"户"', "programme.target_firms", "单位应是 家"),
    "a level beyond the scale": Break("value = 2\n", "value = 5 # here\n", "# here", "evaluation.min_level", "1 至 4"),
    "a flag in quotes": Break("value = true", 'value = "true"', '"true"', "contract.supervised", "true 或 false"),
    "a flag with a unit": Break(
        "value = true", 'value = true\nunit = "个"', '"个"', "contract.supervised", "此键不写 unit"
    ),
    "a list that is a text": Break(
        '["software", "cloud", "acquisition"]', '"软件"', '"软件"', "payout.eligible", "列表"
    ),
    "an empty list": Break('["software", "cloud", "acquisition"]', "[]", "value = []", "payout.eligible", "至少一项"),
    "a list that repeats": Break('"cloud"', '"software"', '"software", "software"', "payout.eligible", "重复"),
    "an unknown kind of spend": Break('"cloud"', '"clouds"', '"clouds"', "payout.eligible", "不认识“clouds”"),
    "spend that is never eligible": Break('"cloud"', '"other"', '"other"', "payout.eligible", "不认识“other”"),
    "an unknown standard": Break(
        'value = "2024"', 'value = "2023"', '"2023"', "evaluation.standard", "可用:2022、2024"
    ),
    "days out of order": Break(
        '[[evaluation.standard]]\nvalue = "2022"',
        '[[evaluation.standard]]\nsince = 2025-01-01\nvalue = "2022"',
        "since = 2024-09-09",
        "evaluation.standard",
        "应晚于前一个值的 2025-01-01",
    ),
    "two values from one day": Break(
        '[[evaluation.standard]]\nvalue = "2022"',
        '[[evaluation.standard]]\nsince = 2024-09-09 # first\nvalue = "2022"',
        "since = 2024-09-09\n",
        "evaluation.standard",
        "应晚于前一个值",
    ),
    "a second value without its day": Break(
        "since = 2024-09-09\n", "# here\n", "[[evaluation.standard]]\n# here", "evaluation.standard", "须写 since"
    ),
    "a quote left open": Break('"50%"', '"50%', '"50%\n', "payout.ratio", "不是合法的 TOML"),
    "a table written twice": Break(
        "[payout.cap]", "[payout.mode]", '[payout.mode]\nvalue = "50"', "payout.mode", "TOML"
    ),
    "a field written twice": _in_cap("standing", "clause = 1\nstanding", "clause = 1", "不是合法的 TOML"),
    "no code": Break('code = "dalian"\n', "", "[city]\n", "city", "缺少 code"),
    "no agency": Break('agency = "大连市工业和信息化局"\n', "", "[city]\n", "city", "缺少 agency"),
    "a short division": Break('"210200"', '"2102"', '"2102"', "city", "division 的写法不对"),
    "a division without quotes": Break('"210200"', "210200", "division = 210200", "city", "division 的写法不对"),
    "another city's code": Break('code = "dalian"', 'code = "zibo"', '"zibo"', "city", "与文件名 dalian.toml 不符"),
    "an unknown field of the city": Break("agency", "agencies", "agencies", "city", "是否为 agency?"),
    "a pack that would assume": Break("[city]", "[city]\nassumes = true", "assumes", "city", "未知的字段 assumes"),
    "no sources": Break("[city.sources]", "[city.source]", "[city]\n", "city", "缺少 [city.sources]"),
}


def _line(text: str, at: str) -> int:
    assert at in text
    return text[: text.index(at)].count("\n") + 1


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_pack_is_refused_with_file_line_and_key(name: str) -> None:
    broken = BREAKS[name]
    assert broken.old in DALIAN
    text = DALIAN.replace(broken.old, broken.new, 1)

    found = load.faults(text, "dalian.toml")

    places = [(fault.file, fault.line, fault.key) for fault in found if broken.reason in fault.reason]
    assert places == [("dalian.toml", _line(text, broken.at), broken.key)], found


def _in_notice(old: str, new: str, at: str, reason: str) -> Break:
    return Break(NOTICE, NOTICE.replace(old, new), at, "timers.list_notice", reason)


OVERLAY_BREAKS = {
    "a stated value": Break('"assumed"', '"stated"', '"stated"', "selection.max_supplements", "应是 assumed"),
    "no title": Break('title = "推演假设"', 'city = "zibo"', "[overlay]", "overlay", "缺少 title"),
    "an unknown field": Break("title", "version = 1\ntitle", "version", "overlay", "未知的字段 version"),
    "no expiry": _in_notice('on_expiry = "wait"\n', "", "[timers.list_notice]", "缺少 on_expiry"),
    "another expiry": _in_notice('"wait"', '"approve"', '"approve"', "应是 wait 或 lapse"),
    "days of neither kind": _in_notice("工作日", "天", '"天"', "单位应是 工作日 或 自然日"),
    "no days at all": _in_notice("value = 5", "value = 0", "value = 0", "整数"),
    "days in quotes": _in_notice("value = 5", 'value = "5"', 'value = "5"', "整数"),
    "a reminder in words": Break('["7", "3", "1"]', '["七", "1"]', "七", "reminders.leads", "不认识“七”"),
    "an unknown clawback": Break('"yes"', '"maybe"', '"maybe"', "lookback.clawback", "可用:yes、no、decision"),
}


@pytest.mark.parametrize("name", OVERLAY_BREAKS)
def test_a_broken_overlay_is_refused_with_file_line_and_key(name: str) -> None:
    broken = OVERLAY_BREAKS[name]
    assert broken.old in REHEARSAL
    text = REHEARSAL.replace(broken.old, broken.new, 1)

    found = load.faults(text, "rehearsal.toml")

    places = [(fault.file, fault.line, fault.key) for fault in found if broken.reason in fault.reason]
    assert places == [("rehearsal.toml", _line(text, broken.at), broken.key)], found


def test_all_faults_are_told_at_once_in_the_order_of_their_lines() -> None:
    text = DALIAN.replace("value = 550", "value = -1").replace('"50%"', "0.5").replace("[payout.cap]", "[payout.capp]")

    with pytest.raises(PackFault) as refused:
        load.parse(text, "dalian.toml")

    assert [fault.key for fault in refused.value.faults] == ["programme.target_firms", "payout.ratio", "payout.capp"]
    assert refused.value.refusal.rule == "pack_must_be_readable"
    sentence = refused.value.refusal.sentence
    assert all(str(fault) in sentence for fault in refused.value.faults)
    assert f"dalian.toml 第 {_line(text, 'value = -1')} 行 programme.target_firms:" in sentence


def test_faults_of_pack_and_overlay_are_told_together() -> None:
    with pytest.raises(PackFault) as refused:
        load.parse(DALIAN.replace('"50%"', '"0.5"'), "dalian.toml", [("[overlay]\n", "over.toml")])

    assert {fault.file for fault in refused.value.faults} == {"dalian.toml", "over.toml"}


@pytest.mark.parametrize(
    "text", ["", "city = 1\n", '[payout.mode]\nvalue = "先建后补"\nclause = "甲 一"\nstanding = "stated"\n']
)
def test_a_text_without_a_city_is_no_pack(text: str) -> None:
    assert [str(fault) for fault in load.faults(text, "any.toml")] == [
        "any.toml 第 1 行 city:缺少 [city] 表,或表中无内容"
    ]


def test_another_citys_overlay_is_refused() -> None:
    zibo = (load.OVERLAYS / "rehearsal-zibo.toml").read_text("utf-8")

    with pytest.raises(PackFault, match="这是“zibo”的假设包,不能用于“dalian”"):
        load.parse(DALIAN, "dalian.toml", [(zibo, "rehearsal-zibo.toml")])


_junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates() | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=2),
    max_leaves=5,
)


def _toml(value: Any) -> str:
    match value:
        case None:
            return '"无"'
        case bool():
            return str(value).lower()
        case float() | int():
            return repr(value)
        case str():
            return notation.quoted(value)
        case list():
            return f"[{', '.join(map(_toml, value))}]"
        case dict():
            return f"{{{', '.join(f'{key} = {_toml(inner)}' for key, inner in value.items())}}}"
        case _:
            return str(value.isoformat())


@given(
    key=st.sampled_from(sorted(KEYS)),
    field=st.sampled_from(["value", "unit", "on_expiry", "clause", "standing", "comparator", "note", "since", "x"]),
    junk=_junk,
)
@settings(max_examples=200, deadline=None)
def test_whatever_a_field_holds_is_read_or_named_but_never_breaks(key: str, field: str, junk: Any) -> None:
    text = f"{TITLED}\n[{key}]\n{field} = {_toml(junk)}\n"

    found = load.faults(text, "any.toml")

    assert found  # one field alone is never a whole value
    assert {(fault.file, fault.key) for fault in found} == {("any.toml", key)}


# --- files and names


def test_an_unknown_city_is_refused_by_naming_those_there_are() -> None:
    with pytest.raises(Rejection) as refused:
        load.load("atlantis")

    assert refused.value.refusal.rule == "city_must_have_a_pack"
    assert all(city in refused.value.refusal.sentence for city in ("dalian", "zibo"))


@pytest.mark.parametrize("name", ["rehersal", "../dalian", ""])
def test_an_unknown_overlay_is_refused_by_naming_those_there_are(name: str) -> None:
    with pytest.raises(Rejection, match="现有:rehearsal") as refused:
        load.load("dalian", [name])

    assert refused.value.refusal.rule == "overlay_must_be_known"


def test_a_file_that_is_no_utf8_is_refused_at_its_line(tmp_path: Path) -> None:
    path = tmp_path / "dalian.toml"
    path.write_bytes(b"[city]\n" + 'name = "大连市"\n'.encode("gb18030"))

    with pytest.raises(PackFault, match="dalian.toml 第 2 行"):
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
    assert f"已检查 {len(FILES)} 个文件,错误 0 处" in done.output


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


def test_show_of_an_unknown_city_is_refused() -> None:
    assert isinstance(_run("show", "atlantis").exception, Rejection)


def test_diff_lists_only_what_differs(tmp_path: Path) -> None:
    path = tmp_path / "edited.toml"
    path.write_text(DALIAN.replace('"50%"', '"40%"'), "utf-8")

    told, same = json.loads(_run("diff", "dalian", str(path), "--json").output), _run("diff", "dalian", "dalian")

    assert list(told["differences"]) == ["payout.ratio"]
    assert [held[0]["value"] for held in told["differences"]["payout.ratio"]] == ["1/2", "2/5"]
    assert "不同的键 0 个" in same.output


def _bare(city: str) -> str:
    return (load.HERE / f"{city}.toml").read_text("utf-8")


def _version(text: str) -> str:
    return load.parse(text, "dalian.toml").version
