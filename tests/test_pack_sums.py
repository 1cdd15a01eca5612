"""A pack that contradicts itself is refused at the line where it does: sums, places, dates, chains."""

from dataclasses import dataclass

import pytest

from policies import load


@dataclass(frozen=True)
class Slip:
    """One slip of the pen in a city's pack, and the fault it makes."""

    city: str
    old: str
    new: str
    at: str
    key: str
    reason: str


SLIPS = {
    "an industry's target is one more": Slip(
        "jiujiang", "= 148, ", "= 149, ", "= 149, ", "kpi", "分行业之和 431 不等于合计 430"
    ),
    "the city's target is one more": Slip(
        "jiujiang", "value = 430", "value = 431", "total = 430", "kpi", "企业数 430 与 programme.target_firms 的 431"
    ),
    "a rate that is added up": Slip(
        "jiujiang",
        '"91%" }\nadditive = false',
        '"91%" }\nadditive = true # here',
        "additive = true # here",
        "kpi",
        "比例不能相加",
    ),
    "more small giants than firms": Slip(
        "dongying", "total = 61\n", "total = 731\n", 'of = "firms"', "kpi", "其中 731 大于"
    ),
    "one place more": Slip("dongying", "places = 415", "places = 416", "places = 416", "quota", "名额之和 731"),
    "a place too many above the statistical line": Slip(
        "jiujiang",
        'size = "above"\nplaces = 137',
        'size = "above"\nplaces = 138',
        "places = 148",
        "quota",
        "细分名额之和 149 不等于 148",
    ),
    "a place less": Slip("dongying", "places = 315", "places = 314", "places = 415", "quota", "名额之和 729"),
    "a programme that ends before it starts": Slip(
        "zibo",
        "value = 2027-08-31",
        "value = 2025-08-31",
        "2025-08-31",
        "programme.end",
        "2025-08-31 早于 programme.start 的 2025-10-01",
    ),
    "a rate of an industry above one": Slip(
        "jiujiang", '"90.5%"', '"190.5%"', '"190.5%"', "kpi", "比例应大于 0、不超过 100%"
    ),
    "a second document misspelt": Slip(
        "mianyang", "；绵阳办法 第三条", "；绵羊办法 第三条", "绵羊办法", "programme.principles", "是否为 绵阳办法？"
    ),
    "the same places twice": Slip(
        "jiujiang",
        'industry = "基础化学原料制造业"\nsize = "below"',
        'industry = "基础化学原料制造业"\nsize = "above"',
        "基础化学原料制造业",
        "quota",
        "与前面的一行重复：quota.基础化学原料制造业.above",
    ),
    "an overlap that nobody owned up to": Slip(
        "mianyang",
        'overlaps = ["preparation"]\n',
        "",
        "starts = 2025-10-01",
        "phase",
        "与“preparation”的日期重叠",
    ),
    "an overlap that is none": Slip(
        "mianyang", "ends = 2025-10-31", "ends = 2025-09-30", 'overlaps = ["preparation"]', "phase", "并不重叠"
    ),
    "a part that ends after its whole": Slip(
        "dongying",
        "starts = 2027-06-01\nends = 2027-08-31",
        "starts = 2027-06-01\nends = 2027-09-01",
        'within = "retrofit"',
        "phase",
        "超出",
    ),
    "a county of another city": Slip("jiujiang", '"360403"', '"370303"', '"370303"', "county", "3604 开头"),
    "a zone with a national code": Slip(
        "dongying", '"370500-huangsanjiao"', '"370599"', '"370599"', "county", "“370500-”加小写字母"
    ),
    "a priority county that takes no part": Slip(
        "dongying", '["河口区", ', '["张店区", ', '["张店区", ', "industry", "不在本市参与之列"
    ),
    "a chain without its second step": Slip(
        "mianyang",
        'chain = "payout"\nstep = 2',
        'chain = "payout"\nstep = 5',
        "step = 5",
        "approval",
        "从 1 起依次递增",
    ),
    "providers chosen from a tier that is not there": Slip(
        "mianyang", 'chosen_from = "pool"', 'chosen_from = "pond"', 'chosen_from = "pond"', "provider_tier", "“pond”"
    ),
}


@pytest.mark.parametrize("slip", SLIPS.values(), ids=list(SLIPS))
def test_a_pack_that_contradicts_itself_is_refused_at_its_line(slip: Slip) -> None:
    name = f"{slip.city}.toml"
    text = load.read_file(load.HERE / name)
    assert slip.old in text
    assert load.faults(text, name) == ()

    broken = text.replace(slip.old, slip.new, 1)
    faults = load.faults(broken, name)

    lines = broken.splitlines()
    found = [fault for fault in faults if (fault.file, fault.key) == (name, slip.key) and slip.reason in fault.reason]
    assert any(slip.at in lines[fault.line - 1] for fault in found), faults
