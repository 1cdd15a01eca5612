"""The editions of the indicators say what their sources say; what cannot be read is refused at its line."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.rejections import Rejection
from domain.standard import DIMENSIONS
from policies import load
from policies.places import PackFault
from tests.test_pack_faults import _junk, _toml

TEXT = {code: (load.STANDARDS / f"{code}.toml").read_text("utf-8") for code in ("2022", "2024")}

# --- what the sources say, written down a second time

POINTS = {
    "foundation": {
        "网络建设": "8",
        **dict.fromkeys(("生产设备数字化率", "生产设备联网率"), "6"),
        **dict.fromkeys(("数据自动采集环节", "信息系统覆盖"), "10"),
        **dict.fromkeys(("网络安全", "数据安全"), "5"),
    },
    "management": dict.fromkeys(("规划实施", "管理机制", "人才建设", "资金保障"), "7.5"),
    "effect": {"绿色低碳": "7", "产品质量": "7", "市场表现": "3", "价值效益": "3"},
}
LINKS = {
    "产品生命周期": "产品设计★ 工艺设计 营销管理★ 售后服务",
    "生产执行": "计划排程 生产管控★ 质量管理★ 设备管理★ 安全生产★ 能耗管理★",
    "供应链": "采购管理★ 仓储物流★",
    "管理决策": "财务管理★ 人力资源 协同办公 决策支持",
}
SINGLE = {
    **dict.fromkeys(("生产设备数字化率", "生产设备联网率"), "0 1.5 3 4.5 6"),
    "信息系统覆盖": "0 2.5 5 7.5 10",
    "规划实施": "0 1.5 3 4.5 6 7.5",
    "资金保障": "0 1.875 3.75 5.625 7.5",
    **dict.fromkeys(("绿色低碳", "产品质量"), "0 3.5 7"),
    **dict.fromkeys(("市场表现", "价值效益"), "0 1.5 3"),
    "网络建设": "0 2 4 6 8",
    **dict.fromkeys(("网络安全", "数据安全"), "0 1.25 2.5 3.75 5"),
    "管理机制": "0 1.875 3.75 5.625 7.5",
    "人才建设": "0 1.5 3 4.5 6 7.5",
}


def test_2024_scores_fifteen_items_in_three_dimensions() -> None:
    edition = load.standard("2024")
    assert (edition.document, str(edition.full), edition.below) == ("工信厅企业〔2024〕56号", "100", "无等级")
    said = {
        dimension: {item.name: str(item.maximum) for item in edition.items if item.dimension == dimension}
        for dimension in dict.fromkeys(item.dimension for item in edition.items)
    }
    assert said == POINTS
    assert len(edition.items) == 15
    weights = {name: sum(map(Decimal, items.values())) for name, items in POINTS.items()}
    assert weights == {"foundation": 50, "management": 30, "effect": 20}


def test_2024_says_which_points_an_item_can_bring() -> None:
    items = {item.name: item for item in load.standard("2024").items}
    for name, points in SINGLE.items():
        assert items[name].possible == tuple(map(Decimal, points.split())), name
    collected = items["数据自动采集环节"].possible
    assert collected == tuple(sorted(Decimal("0.7") * n + Decimal("0.9") * m for n in range(14) for m in (0, 1)))
    assert set(items) == {*SINGLE, "数据自动采集环节"}


def test_2024_has_sixteen_scenarios_of_which_ten_bind() -> None:
    edition = load.standard("2024")
    said: dict[str, list[str]] = {}
    for scenario in edition.scenarios:
        said.setdefault(scenario.link, []).append(scenario.name + "★" * scenario.binding)
    assert {link: " ".join(names) for link, names in said.items()} == LINKS
    assert sum(scenario.binding for scenario in edition.scenarios) == 10


def test_2024_levels_ask_for_a_score_and_for_scenarios() -> None:
    said = [(one.level, one.name, one.score, one.included, one.scenarios, one.binding) for one in _levels("2024")]
    assert said == [
        (1, "初始级", 20, True, 6, 3),
        (2, "规范级", 40, True, 6, 3),
        (3, "集成级", 60, True, 8, 5),
        (4, "协同级", 80, True, 10, 6),
    ]


def test_2022_has_bands_and_says_neither_what_40_and_60_are_nor_what_lies_below_20() -> None:
    edition = load.standard("2022")
    assert [(one.level, one.score, one.included) for one in _levels("2022")] == [
        (1, 20, True),
        (2, 40, None),
        (3, 60, None),
        (4, 80, True),
    ]
    assert (edition.document, edition.below, edition.scenarios) == ("工信厅企业〔2022〕32号", "", ())
    assert [(item.code, item.maximum, item.possible) for item in edition.items] == [
        (code, None, ()) for code in DIMENSIONS
    ]


def _levels(code: str) -> Any:
    return load.standard(code).thresholds


@pytest.mark.parametrize("code", TEXT)
def test_what_an_edition_leaves_open_is_named(code: str) -> None:
    questions = load.standard(code).questions
    assert questions
    assert any("★" in question or "40" in question for question in questions)


def test_an_edition_is_versioned_by_what_it_says_and_not_by_how_it_is_laid_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def version(text: str) -> str:
        (tmp_path / "2024.toml").write_text(text, "utf-8")
        return load.standard.__wrapped__("2024").version

    monkeypatch.setattr(load, "STANDARDS", tmp_path)
    assert version(TEXT["2024"]) == version("# another comment\n\n" + TEXT["2024"])
    assert version(TEXT["2024"]) != version(TEXT["2024"].replace("binding = 6", "binding = 7"))
    with pytest.raises(PackFault, match=r"2024\.toml 第 .* 行 levels\.4"):
        version(TEXT["2024"].replace("binding = 6", "binding = 17"))


def test_an_unknown_edition_is_refused_and_the_known_ones_named() -> None:
    with pytest.raises(Rejection, match="没有“2023”版评测指标；现有：2022、2024"):
        load.standard("2023")


# --- what cannot be read


@dataclass(frozen=True)
class Break:
    """One way to break 2024's edition: the fault is at the line that holds ``at``."""

    old: str
    new: str
    at: str
    key: str
    reason: str


NETWORK = '[items.network]\nname = "网络建设"\ndimension = "foundation"\nmax = "8"\n'
BREAKS = {
    "no TOML": Break('code = "2024"', "code = ", "code = ", "standard", "不是合法的 TOML"),
    "another file's code": Break('code = "2024"', 'code = "2025"', "2025", "standard", "与文件名 2024.toml 不符"),
    "no document": Break("document = ", "# document = ", "[standard]", "standard", "缺少 document"),
    "a misspelt field": Break("document = ", "documant = ", "documant", "standard", "是否为 document？"),
    "an unknown table": Break("[items.network]", "[item.network]", "[item.network]", "item.network", "是否为 items？"),
    "a date in quotes": Break("2024-09-09", '"2024-09-09"', '"2024-09-09"', "standard", "应是日期"),
    "points without quotes": Break('max = "8"', "max = 8", "max = 8", "items.network", "加引号的分值"),
    "four decimals": Break('max = "8"', 'max = "8.0001"', "8.0001", "items.network", "最多三位小数"),
    "a maximum that is not reached": Break('max = "8"', 'max = "9"', 'max = "9"', "items.network", "与 max（9）不符"),
    "a part that is gone": Break(
        'count = 4, points = "2"', 'count = 3, points = "2"', 'max = "8"', "items.network", "6"
    ),
    "no count": Break(
        'count = 4, points = "2"', 'points = "2"', 'parts = [{ points = "2"', "items.network", "count 应是"
    ),
    "choices and parts": Break(
        NETWORK, NETWORK + 'choices = [{ points = "0" }]\n', "parts = [{ count = 4", "items.network", "只能写一种"
    ),
    "an item of no dimension": Break(
        'dimension = "foundation"', 'dimension = "foundations"', "foundations", "items.network", "是否为 foundation？"
    ),
    "an item less": Break(
        NETWORK + 'parts = [{ count = 4, points = "2" }]\n',
        "",
        'max = "50"',
        "dimensions.foundation",
        "合计 42 分，不是 50 分",
    ),
    "a dimension that does not add up": Break(
        'max = "50"', 'max = "51"', 'max = "51"', "dimensions.foundation", "合计 50 分，不是 51 分"
    ),
    "dimensions that do not add up": Break(
        'full = "100"', 'full = "110"', 'full = "110"', "standard", "合计 100 分，不是 110 分"
    ),
    "an unknown dimension": Break(
        "[dimensions.effect]", "[dimensions.effects]", "[dimensions.effects]", "dimensions.effects", "是否为 effect？"
    ),
    "no clause": Break(
        'clause = "2024年版指标 数字化基础"\n', "", "[dimensions.foundation]", "dimensions.foundation", "缺少 clause"
    ),
    "an assumption": Break(
        'standing = "stated"', 'standing = "assumed"', '"assumed"', "dimensions.foundation", "stated 或 derived"
    ),
    "choices that fall": Break(
        '{ points = "3", when = "≤40%" }',
        '{ points = "1", when = "≤40%" }',
        "choices = [",
        "items.equipment-digital",
        "逐档升高",
    ),
    "a scenario of no link": Break(
        'link = "product"', 'link = "produkt"', "produkt", "scenarios.product-design", "是否为 product？"
    ),
    "a binding word": Break(
        "binding = true", 'binding = "yes"', 'binding = "yes"', "scenarios.product-design", "true 或 false"
    ),
    "a name used twice": Break(
        'name = "工艺设计"',
        'name = "产品设计"',
        'name = "产品设计"',
        "scenarios.process-design",
        "已用于 scenarios.product-design",
    ),
    "a code that is none": Break(
        "[scenarios.safety]", "[scenarios.Safety]", "[scenarios.Safety]", "scenarios.Safety", "小写字母"
    ),
    "a fifth level": Break("[levels.4]", "[levels.5]", "[levels.5]", "levels.5", "等级应是 0 至 4"),
    "a score that falls": Break('score = "60"', 'score = "40"', 'score = "40"', "levels.3", "低于或等于 2 级的 40"),
    "fewer scenarios at a higher level": Break(
        "scenarios = 10", "scenarios = 7", "scenarios = 7", "levels.4", "低于或等于 3 级的 8"
    ),
    "more binding ones than there are": Break(
        "binding = 6", "binding = 11", "binding = 11", "levels.4", "0 至 10 的整数"
    ),
    "more binding ones than scenarios": Break(
        "binding = 5", "binding = 9", "binding = 9", "levels.3", "多于所须的场景 8 个"
    ),
    "a level without scenarios": Break(
        "scenarios = 10\nbinding = 6\n", "", "[levels.4]", "levels.4", "须写 scenarios 与 binding"
    ),
    "a border in quotes": Break("included = true", 'included = "yes"', 'included = "yes"', "levels.1", "true 或 false"),
    "questions that are no list": Break("open = [", "open = 1\nx = [", "open = 1", "standard", "open 应是列表"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_each_fault_is_named_at_its_line(name: str) -> None:
    break_ = BREAKS[name]
    assert break_.old in TEXT["2024"]
    broken = TEXT["2024"].replace(break_.old, break_.new, 1)
    found = load.faults(broken, "2024.toml")
    lines = [line for line, text in enumerate(broken.splitlines(), start=1) if break_.at in text]
    told = [fault for fault in found if fault.key == break_.key and break_.reason in fault.reason]
    assert told, [str(fault) for fault in found]
    assert told[0].file == "2024.toml"
    assert told[0].line in lines


@pytest.mark.parametrize("code", TEXT)
def test_what_is_kept_has_no_fault(code: str) -> None:
    assert load.faults(TEXT[code], f"{code}.toml") == ()


FIELDS = [
    *("code", "open", "published", "full", "name", "max", "choices", "parts", "link", "binding", "score", "included"),
    *("scenarios", "clause", "standing", "note", "x"),
]


@given(
    key=st.sampled_from(["standard", "dimensions.effect", "items.x", "links.x", "scenarios.x", "levels.1", "levels.x"]),
    field=st.sampled_from(FIELDS),
    junk=_junk,
)
@settings(max_examples=200, deadline=None)
def test_whatever_a_field_holds_is_read_or_named_but_never_breaks(key: str, field: str, junk: Any) -> None:
    text = f"[{key}]\n{field} = {_toml(junk)}\n"
    if key != "standard":
        text = f'[standard]\ncode = "any"\n{text}'

    assert load.faults(text, "any.toml")  # one field alone is never a whole edition
