"""What cannot be read in a pack or an overlay is refused with file, line and key, all of it at once."""

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.policy import KEYS
from policies import load, notation
from policies.places import PackFault

DALIAN = (load.HERE / "dalian.toml").read_text("utf-8")
REHEARSAL = (load.OVERLAYS / "rehearsal.toml").read_text("utf-8")
NOTICE = '[timers.list_notice]\nvalue = 5\nunit = "工作日"\non_expiry = "wait"\n'
CAP = '[payout.cap]\nvalue = "50"\nunit = "万元"\ncomparator = "≤"\nclause = "大连方案 五(一)1"\nstanding = "stated"\n'
TITLED = '[overlay]\ntitle = "推演假设"\n'


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
    "a misspelt key": Break("[payout.cap]", "[payout.capp]", "[payout.capp]", "payout.capp", "是否为 payout.cap？"),
    "a misspelt group": Break("[payout.cap]", "[payuot.cap]", "[payuot.cap]", "payuot.cap", "是否为 payout.cap？"),
    "a key like no other": Break("[payout.cap]", "[x.yz]", "[x.yz]", "x.yz", "未知的键 x.yz"),
    "a value outside every table": Break("[city]", "sums = 1\n[city]", "sums = 1", "sums", "未知的键 sums"),
    "a key that is no table": Break(CAP, '[payout]\ncap = "50"\n', 'cap = "50"', "payout.cap", "应是一张表"),
    "an empty list of tables": Break(CAP, "[payout]\ncap = []\n", "cap = []", "payout.cap", "应是一张表"),
    "no value": _in_cap('value = "50"\n', "", "[payout.cap]", "缺少 value"),
    "no unit": _in_cap('unit = "万元"\n', "", "[payout.cap]", "缺少 unit"),
    "no clause": _in_cap('clause = "大连方案 五(一)1"\n', "", "[payout.cap]", "缺少 clause"),
    "no standing": _in_cap('standing = "stated"\n', "", "[payout.cap]", "缺少 standing"),
    "a misspelt field": _in_cap("comparator =", "comparater =", "comparater", "是否为 comparator？"),
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
    "a clause of no source": _in_cap(
        "大连方案 五(一)1", "大连方按 五(一)1", "大连方按", "来源简称（大连方案、117号通知）"
    ),
    "a clause without a place": _in_cap(
        "大连方案 五(一)1", "大连方案", 'clause = "大连方案"', "来源简称（大连方案、117号通知）"
    ),
    "a note that is no text": _in_cap("standing", "note = 1\nstanding", "note = 1", "note 应是加引号的文字"),
    "a since in quotes": _in_cap("standing", 'since = "2024-01-01"\nstanding', 'since = "2024', "since 应是日期"),
    "a period's field elsewhere": _in_cap(
        "standing", 'on_expiry = "wait"\nstanding', "on_expiry", "此键不写 on_expiry"
    ),
    "a ratio as a decimal": Break('"50%"', '"0.5"', '"0.5"', "payout.ratio", "应是加引号的比例"),
    "a ratio above one": Break('"50%"', '"150%"', '"150%"', "payout.ratio", "不超过 100%"),
    "a ratio of nothing": Break('"50%"', '"0%"', '"0%"', "payout.ratio", "比例应大于 0"),
    "a ratio by zero": Break('"50%"', '"1/0"', '"1/0"', "payout.ratio", "应是加引号的比例"),
    "a ratio in another unit": Break(
        '"50%"\nunit = "比例"', '"50%"\nunit = "%"', 'unit = "%"', "payout.ratio", "单位应是 比例"
    ),
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
        "value = true", 'value = true\nunit = "个" # here', "# here", "contract.supervised", "此键不写 unit"
    ),
    "a list that is a text": Break(
        '["software", "cloud", "acquisition"]', '"软件"', '"软件"', "payout.eligible", "列表"
    ),
    "an empty list": Break('["software", "cloud", "acquisition"]', "[]", "value = []", "payout.eligible", "至少一项"),
    "a list that repeats": Break('"cloud"', '"software"', '"software", "software"', "payout.eligible", "重复"),
    "an unknown kind of spend": Break('"cloud"', '"clouds"', '"clouds"', "payout.eligible", "不认识“clouds”"),
    "spend that is never eligible": Break('"cloud"', '"other"', '"other"', "payout.eligible", "不认识“other”"),
    "an unknown standard": Break(
        'value = "2024"', 'value = "2023"', '"2023"', "evaluation.standard", "可用：2022、2024"
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
    "an unknown field of the city": Break("agency", "agencies", "agencies", "city", "是否为 agency？"),
    "a pack that would assume": Break("[city]", "[city]\nassumes = true", "assumes", "city", "未知的字段 assumes"),
    "no sources": Break("[city.sources]", "[city.source]", "[city]\n", "city", "缺少 [city.sources]"),
}


def line_of(text: str, at: str) -> int:
    assert at in text
    return text[: text.index(at)].count("\n") + 1


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_pack_is_refused_with_file_line_and_key(name: str) -> None:
    broken = BREAKS[name]
    assert broken.old in DALIAN
    text = DALIAN.replace(broken.old, broken.new, 1)

    found = load.faults(text, "dalian.toml")

    places = [(fault.file, fault.line, fault.key) for fault in found if broken.reason in fault.reason]
    assert places == [("dalian.toml", line_of(text, broken.at), broken.key)], found


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
    "an unknown clawback": Break('"yes"', '"maybe"', '"maybe"', "lookback.clawback", "可用：yes、no、decision"),
}


@pytest.mark.parametrize("name", OVERLAY_BREAKS)
def test_a_broken_overlay_is_refused_with_file_line_and_key(name: str) -> None:
    broken = OVERLAY_BREAKS[name]
    assert broken.old in REHEARSAL
    text = REHEARSAL.replace(broken.old, broken.new, 1)

    found = load.faults(text, "rehearsal.toml")

    places = [(fault.file, fault.line, fault.key) for fault in found if broken.reason in fault.reason]
    assert places == [("rehearsal.toml", line_of(text, broken.at), broken.key)], found


def test_all_faults_are_told_at_once_in_the_order_of_their_lines() -> None:
    text = DALIAN.replace("value = 550", "value = -1").replace('"50%"', "0.5").replace("[payout.cap]", "[payout.capp]")

    with pytest.raises(PackFault) as refused:
        load.parse(text, "dalian.toml")

    assert [fault.key for fault in refused.value.faults] == ["programme.target_firms", "payout.ratio", "payout.capp"]
    assert refused.value.refusal.rule == "pack_must_be_readable"
    sentence = refused.value.refusal.sentence
    assert all(str(fault) in sentence for fault in refused.value.faults)
    assert f"dalian.toml 第 {line_of(text, 'value = -1')} 行 programme.target_firms：" in sentence


def test_faults_of_pack_and_overlay_are_told_together() -> None:
    with pytest.raises(PackFault) as refused:
        load.parse(DALIAN.replace('"50%"', '"0.5"'), "dalian.toml", [("[overlay]\n", "over.toml")])

    assert {fault.file for fault in refused.value.faults} == {"dalian.toml", "over.toml"}


@pytest.mark.parametrize(
    "text", ["", "city = 1\n", '[payout.mode]\nvalue = "先建后补"\nclause = "甲 一"\nstanding = "stated"\n']
)
def test_a_text_without_a_city_is_no_pack(text: str) -> None:
    assert [str(fault) for fault in load.faults(text, "any.toml")] == [
        "any.toml 第 1 行 city：缺少 [city] 表，或表中无内容"
    ]


def test_another_citys_overlay_is_refused() -> None:
    zibo = (load.OVERLAYS / "rehearsal-zibo.toml").read_text("utf-8")

    with pytest.raises(PackFault, match="这是“zibo”的假设包，不能用于“dalian”"):
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
