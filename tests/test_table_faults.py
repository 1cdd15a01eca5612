"""What a pack's tables cannot say is refused at its line: one break, one fault, with file, key and reason."""

from dataclasses import dataclass

import pytest

from domain.policy_rows import TABLES
from policies import load

DALIAN = (load.HERE / "dalian.toml").read_text("utf-8")
ZIBO = (load.HERE / "zibo.toml").read_text("utf-8")
SAID = 'clause = "大连方案 四"\nstanding = "stated"\n'
BEARINGS, CARS = "轴承、齿轮和传动部件制造", "汽车零部件及配件制造"


def _quota(where: str, places: int) -> str:
    return f'[[quota]]\n{where}\nplaces = {places}\nunit = "家"\n{SAID}\n'


HALVES = _quota(f'industry = "{BEARINGS}"', 300) + _quota(f'industry = "{CARS}"', 250)
PLATFORMS = 'code = "platforms"\n'
BY_INDUSTRY = f'industries = {{ "{BEARINGS}" = 25, "{CARS}" = 15 }}\nadditive = true\n'
SHARE = 'unit = "比例"\ncomparator = "≥"\ntotal = "90%"\n'


@dataclass(frozen=True)
class Break:
    """One way to break 大连's pack: where ``new`` replaces ``old``, the fault is at the line that holds ``at``."""

    old: str
    new: str
    at: str
    key: str
    reason: str


def _added(rows: str, at: str, key: str, reason: str) -> Break:
    """Rows that 大连 does not have, at the end of its file."""
    return Break("\n[finance.support]", f"\n{rows}\n[finance.support]", at, key, reason)


def _kpi(old: str, new: str, at: str, reason: str) -> Break:
    return Break(old, new, at, "kpi", reason)


BREAKS = {
    "an unknown table": Break(
        '[[kpi]]\ncode = "firms"', '[[kpis]]\ncode = "firms"', "[[kpis]]", "kpis", "是否为 kpi？"
    ),
    "a table that is one table": _added(f"[quota]\nplaces = 1\n{SAID}", "[quota]", "quota", "每行写作 [[quota]]"),
    "an unknown column": _kpi(PLATFORMS, f"{PLATFORMS}totals = 1\n", "totals = 1", "是否为 total？"),
    "a missing column": _kpi("total = 40\n", "", '[[kpi]]\ncode = "platforms"', "缺少 total"),
    "a missing unit": _kpi('unit = "人"\n', "", '[[kpi]]\ncode = "people"', "缺少 unit"),
    "a missing clause": _kpi(
        'total = 40\nclause = "大连方案 三(二)"\n', "total = 40\n", '[[kpi]]\ncode = "platforms"', "缺少 clause"
    ),
    "a missing standing": _kpi(
        '三(二)"\nstanding = "stated"\n', '三(二)"\n', '[[kpi]]\ncode = "platforms"', "缺少 standing"
    ),
    "an assumption": _kpi(
        '三(二)"\nstanding = "stated"',
        '三(二)"\nstanding = "assumed"',
        'standing = "assumed"',
        "应是 stated 或 derived",
    ),
    "a clause of no source": _kpi("大连方案 三(二)", "东营方案 三(二)", "东营方案", "条款应写明来源简称"),
    "another unit": _kpi('unit = "人"', 'unit = "名"', 'unit = "名"', "单位应是"),
    "a unit without a figure": Break(
        'code = "preparation"\n',
        'code = "preparation"\nunit = "家"\n',
        'unit = "家"\nname = "准备',
        "phase",
        "不写 unit",
    ),
    "a figure in quotes": _kpi("total = 40", 'total = "40"', 'total = "40"', "整数"),
    "a rate without its sign": _kpi('total = "90%"', "total = 90", "total = 90\n", "应是加引号的比例"),
    "a rate above one": _kpi('total = "90%"', 'total = "190%"', "190%", "不超过 100%"),
    "another comparator": _kpi(
        'comparator = "≥"\ntotal = 40', 'comparator = ">"\ntotal = 40', 'comparator = ">"', "不认识“>”"
    ),
    "a code in capitals": _kpi(PLATFORMS, 'code = "Platforms"\n', '"Platforms"', "小写拉丁字母"),
    "a code used twice": _kpi(PLATFORMS, 'code = "firms" # again\n', "# again", "与前面的一行重复：kpi.firms"),
    "a part of nothing": _kpi('of = "firms"', 'of = "firm"', 'of = "firm"\n', "不是本表另一行的 code"),
    "a range that runs down": _kpi("upto = 10", "upto = 5", "upto = 5", "应大于 total 5"),
    "industries that do not add up": _kpi(
        PLATFORMS, PLATFORMS + BY_INDUSTRY.replace("15", "16"), "industries = {", "分行业之和 41 不等于合计 40"
    ),
    "an industry of another city": _kpi(
        PLATFORMS, PLATFORMS + BY_INDUSTRY.replace(CARS, "陶瓷"), "industries = {", "“陶瓷”不在本市参与之列"
    ),
    "industries without a word on adding": _kpi(
        PLATFORMS,
        PLATFORMS + BY_INDUSTRY.replace("additive = true\n", ""),
        '[[kpi]]\ncode = "platforms"',
        "须写 additive",
    ),
    "industries that are a number": _kpi(
        PLATFORMS, f"{PLATFORMS}industries = 40\nadditive = true\n", "industries = 40", "应是分行业的数"
    ),
    "rates that would add up": _kpi(
        SHARE, f'{SHARE}industries = {{ "{CARS}" = "90%" }}\nadditive = true\n', "additive = true", "比例不能相加"
    ),
    "parts that do not add up": _kpi(
        PLATFORMS, f'{PLATFORMS}parts = ["products", "benchmarks"]\n', "parts =", "合计：各部分之和 45 不等于 40"
    ),
    "a part larger than its whole": _kpi(
        PLATFORMS,
        f'{PLATFORMS}of = "level_3_firms"\n'.replace("level_3_firms", "benchmarks"),
        'of = "benchmarks"',
        "其中 40 大于",
    ),
    "another number of firms": _kpi(
        "total = 550", "total = 551", "total = 551", "与 programme.target_firms 的 550 不符"
    ),
    "a phase that ends before it starts": Break(
        "ends = 2024-12-31", "starts = 2025-01-01\nends = 2024-12-31", "ends = 2024-12-31", "phase", "早于 starts"
    ),
    "phases that overlap": Break(
        "ends = 2024-12-31\n", "starts = 2024-01-01\nends = 2025-01-01\n", "starts = 2025-01-01", "phase", "日期重叠"
    ),
    "an overlap without a note": Break(
        'what = "2025年底绩效评价"',
        'overlaps = ["evaluation_2024"]\nwhat = "2025年底绩效评价"',
        "overlaps =",
        "phase",
        "并不重叠",
    ),
    "a date in quotes": Break("ends = 2024-12-31", 'ends = "2024-12-31"', 'ends = "2024', "phase", "应是日期"),
    "quotas that miss the total": _added(
        HALVES.replace("250", "251"), "places = 300", "quota", "名额之和 551 不等于 programme.target_firms 的 550"
    ),
    "a finer quota that misses the coarser": _added(
        HALVES
        + _quota(f'industry = "{BEARINGS}"\nsize = "above"', 280)
        + _quota(f'industry = "{CARS}"\nsize = "above"', 270),
        "places = 300",
        "quota",
        "细分名额之和 280 不等于 300",
    ),
    "a quota of nobody": _added(_quota('note = "无"', 550), "places = 550", "quota", "至少应写"),
    "a quota of a strange industry": _added(
        _quota('industry = "陶瓷"', 550), 'industry = "陶瓷"', "quota", "“陶瓷”不在本市参与之列"
    ),
    "a quota of a strange size": _added(_quota('size = "规上"', 550), 'size = "规上"', "quota", "不认识“规上”"),
    "a budget line of nobody's money": Break(
        'side = "local"', 'side = "province"', '"province"', "budget_line", "不认识“province”"
    ),
    "a budget line in another unit": Break(
        'amount = "12000"\nunit = "万元"',
        'amount = "12000"\nunit = "亿元"',
        '"亿元"',
        "budget_line",
        "单位应是 元 或 万元",
    ),
    "central lines that miss their sum": Break(
        'amount = "350"',
        'amount = "351"',
        'amount = "200"',
        "budget_line",
        "预算行之和 150,010,000.00 元不等于 budget.central 的 150,000,000.00 元，请核对 award_firms、",
    ),
    "a central sum that its lines and the local sum miss": Break(
        'value = "15000" # central',
        'value = "15001" # central',
        'value = "15001" # central',
        "budget.central",
        "预算行之和 150,000,000.00 元不等于",
    ),
    "a retrofit line that two sums miss": Break(
        'amount = "12000"', 'amount = "11999"', 'amount = "11999"', "budget_line", "请核对 retrofit"
    ),
    "local lines that miss their sum": Break(
        'amount = "2000"',
        'amount = "1999"',
        'amount = "3000"',
        "budget_line",
        "预算行之和 149,990,000.00 元不等于 budget.local 的 150,000,000.00 元，请核对 local_retrofit、local_internet",
    ),
    "too little for the retrofits": Break(
        'value = "80%"', 'value = "80.01%"', '"80.01%"', "budget.retrofit_share", "占中央资金的 80.00%"
    ),
    "too much beside the retrofits": Break(
        'value = "20%"', 'value = "19.99%"', '"19.99%"', "budget.supporting_share", "高于 19.99%"
    ),
    "a subsidy that is no budget line": Break(
        'value = "12000"', 'value = "12001"', '"12001"', "payout.budget", "预算行之和 120,000,000.00 元"
    ),
    "a tier that runs down": Break("most = 6", "most = 3", "most = 3", "provider_tier", "应大于 least"),
    "a tier chosen from nowhere": Break(
        'code = "integrators"',
        'code = "integrators"\nchosen_from = "pool"',
        '"pool"',
        "provider_tier",
        "不是本表另一行",
    ),
    "a tier chosen from itself in the end": Break(
        'code = "general"\nname = "总包商"\n',
        'code = "general"\nname = "总包商"\nchosen_from = "general_2" # here\nper = "city"\n'
        f'{SAID}\n[[provider_tier]]\ncode = "general_2"\nname = "候选"\nchosen_from = "general"\n',
        "# here",
        "provider_tier",
        "从它自己中选出",
    ),
    "an industry within another": Break(
        'codes = ["367"]', 'codes = ["C3451"]', '"C3451"', "industry", "已属“轴承、齿轮和传动部件制造”"
    ),
    "a phase beyond the programme": Break(
        "ends = 2025-12-31\nwhat", "ends = 2026-01-31\nwhat", "2026-01-31", "phase", "晚于 programme.end 的 2025-12-31"
    ),
    "shares that are not the whole": Break(
        'value = "80%"', 'value = "75%"', '"75%"', "budget.retrofit_share", "之和为 95.00%，不是 100%"
    ),
    "a step left out": Break("step = 2", "step = 3", "step = 3", "approval", "从 1 起依次递增"),
    "an unknown chain": Break('chain = "procurement"', 'chain = "tender"', '"tender"', "approval", "不认识“tender”"),
    "a notice of an unknown subject": _added(
        f'[[notice]]\nsubject = "all"\n{SAID}', 'subject = "all"', "notice", "不认识“all”"
    ),
    "a notice of days without their kind": _added(
        f'[[notice]]\nsubject = "list"\ndays = 5\n{SAID}', "[[notice]]", "notice", "缺少 unit"
    ),
    "an industry that takes no part": Break(
        f'name = "{CARS}"', 'name = "陶瓷"', 'name = "陶瓷"', "industry", "不在 selection.industries 中"
    ),
    "an industry's code that is none": Break('codes = ["367"]', 'codes = ["车"]', '"车"', "industry", "GB/T 4754"),
    "a county of another city": Break('"210211"', '"370211"', '"370211"', "county", "2102 开头的六位国标代码"),
    "a zone with a national code": Break(
        '"210200-xiandaoqu"', '"210299"', 'code = "210299"\nzone', "county", "“210200-”加小写字母"
    ),
    "a county's code used twice": Break('"210203"', '"210202" # again', "# again", "county", "已用于另一区县"),
    "a step before the first": Break("step = 1", "step = 0", "step = 0", "approval", "从 1 起依次递增"),
    "an amount without quotes": Break('amount = "350"', "amount = 350", "amount = 350", "budget_line", "加引号的金额"),
    "an amount below nothing": Break('"350"', '"-350"', '"-350"', "budget_line", "加引号的金额"),
    "an amount finer than the fen": Break('"350"', '"350.0000001"', '"350.0000001"', "budget_line", "加引号的金额"),
    "a number of providers that is no whole": Break("most = 6", "most = 6.5", "most = 6.5", "provider_tier", "整数"),
    "a notice that stands no day": _added(
        f'[[notice]]\nsubject = "list"\ndays = 0\nunit = "工作日"\n{SAID}', "days = 0", "notice", "应大于 0"
    ),
    "a notice in weeks": _added(
        f'[[notice]]\nsubject = "list"\ndays = 1\nunit = "周"\n{SAID}', 'unit = "周"', "notice", "单位应是"
    ),
    "a stage that is a part of none": Break(
        'code = "evaluation_2025"',
        'code = "evaluation_2025"\nwithin = "third"',
        '"third"',
        "phase",
        "不是本表另一行的 code",
    ),
    "an office that is nobody": Break(
        '"试点城市工作专家委员会"\nact', '""\nact', 'office = ""', "approval", "不能为空"
    ),
    "a row that rests on another document too, which is nobody's": Break(
        'total = 40\nclause = "大连方案 三(二)"',
        'total = 40\nclause = "大连方案 三(二)；东营方案 一"',
        "东营方案 一",
        "kpi",
        "不出自来源（大连方案、117号通知）",
    ),
    "a subsidy without ratio or cap": _added(
        f'[[subsidy_rate]]\nbatch = "1" # here\n{SAID}', "# here", "subsidy_rate", "ratio、cap 至少应写一项"
    ),
    "a subsidy that ends before it starts": _added(
        f'[[subsidy_rate]]\nratio = "40%"\nstarts = 2025-01-01\nends = 2024-12-31 # here\n{SAID}',
        "2024-12-31 # here",
        "subsidy_rate",
        "ends 2024-12-31 早于 starts 2025-01-01",
    ),
    "two subsidies for one firm": _added(
        f'[[subsidy_rate]]\nbatch = "1"\nratio = "40%"\n{SAID}\n'
        f'[[subsidy_rate]] # here\nlevel = 3\nunit = "万元"\nratio = "30%"\ncap = "10"\n{SAID}',
        "# here",
        "subsidy_rate",
        "与“subsidy_rate.1”适用于同样的企业",
    ),
    "a county left out": Break(
        '"瓦房店市", "庄河市"', '"瓦房店市", "庄河市", "新市"', 'name = "中山', "county", "“新市”一行"
    ),
}
MARKS = (('value = "15000"\n', 'value = "15000" # central\n'), ('value = "15000"\n', 'value = "15000" # local\n'))
PHASE = "ends = 2025-12-31\n"


def _text() -> str:
    """大连's pack, with what the breaks need to stand on: a target in people, and phases that could overlap."""
    text = DALIAN.replace(PHASE, f"starts = 2025-01-01\n{PHASE}")
    for old, new in MARKS:
        text = text.replace(old, new, 1)
    people = f'[[kpi]]\ncode = "people"\nname = "人才"\nunit = "人"\ntotal = 1\n{SAID}'
    return text.replace("\n[finance.support]", f"\n{people}\n[finance.support]")


@pytest.mark.parametrize("name", BREAKS)
def test_a_broken_table_is_refused_by_one_fault_at_its_line(name: str) -> None:
    broken, whole = BREAKS[name], _text()
    assert load.faults(whole, "dalian.toml") == ()
    assert broken.old in whole
    text = whole.replace(broken.old, broken.new, 1)
    line = text[: text.index(broken.at)].count("\n") + 1

    (fault,) = load.faults(text, "dalian.toml")

    assert (fault.file, fault.line, fault.key) == ("dalian.toml", line, broken.key), fault
    assert broken.reason in fault.reason, fault


def test_every_table_is_broken_in_some_way() -> None:
    assert set(TABLES) <= {broken.key for broken in BREAKS.values()}


def test_a_part_that_leaves_its_whole_is_refused() -> None:
    text = ZIBO.replace("ends = 2027-06-30\nwithin", "ends = 2027-07-01\nwithin")

    (fault,) = load.faults(text, "zibo.toml")

    assert (fault.key, fault.reason) == ("phase", "超出“retrofit”的起止日期")


def test_what_the_source_lets_overlap_may_overlap_with_a_note_and_not_without() -> None:
    old = 'code = "retrofit"\nname = "改造实施阶段"\nstarts = 2025-10-01'
    overlapping = ZIBO.replace(
        old, 'code = "retrofit"\nname = "改造实施阶段"\nstarts = 2025-09-01\noverlaps = ["preparation"]'
    ).replace("ends = 2025-09-30", "starts = 2025-06-01\nends = 2025-09-30")
    head, tail = overlapping.split('overlaps = ["preparation"]')
    bare = head + 'overlaps = ["preparation"]' + tail.replace('note = "原文只到月"\n', "", 1)

    assert load.faults(overlapping, "zibo.toml") == ()
    assert [fault.reason for fault in load.faults(bare, "zibo.toml")] == ["写了 overlaps，须以 note 说明原文如何重叠"]


def test_an_overlay_holds_no_table() -> None:
    (fault,) = load.faults(f'[overlay]\ntitle = "推演"\n\n{HALVES}', "rehearsal.toml")

    assert (fault.line, fault.key) == (4, "quota")
    assert "不写表" in fault.reason


def test_one_wrong_figure_is_told_once_however_many_sums_it_spoils() -> None:
    text = DALIAN.replace('amount = "12000"', 'amount = "11000"')

    assert [fault.key for fault in load.faults(text, "dalian.toml")] == ["budget_line"]


def test_a_text_that_a_batch_keeps_reads_whatever_its_sums_say() -> None:
    text = DALIAN.replace('amount = "12000"', 'amount = "11000"')

    assert load.parse(text, "kept").rows(TABLES["budget_line"])
