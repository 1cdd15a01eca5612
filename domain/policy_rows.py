"""规则包的表: what a city's sources list in rows: targets, phases, quotas, budget lines, tiers, approvals, places.

Each kind of row has its own columns; the ``Column`` beside a field says how a pack writes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from datetime import date
from fractions import Fraction
from typing import ClassVar, Final, Literal

from domain.money import Money
from domain.policy import Row
from domain.questions import COMPARATORS, Kind

ColumnKind = Kind | Literal["amount", "amounts"]
"""amount: a whole number, or a rate where the row's unit is 比例; amounts: one such by industry."""
Amount = int | Fraction
"""A number of things, or a rate."""

FIRMS: Final = ("家",)
YUAN: Final = ("元", "万元")
RATE: Final = "比例"
_PER: Final = {"city": "全市", "industry": "每个试点行业"}
_CHAINS: Final = {
    "selection": "遴选", "allocation": "预下达", "payout": "补贴兑付", "reward": "案例奖励", "procurement": "采购",
}  # fmt: skip
_SUBJECTS: Final = {
    "call": "申报文件", "list": "企业名单", "acceptance": "验收结果", "plan": "资金分配方案",
    "providers": "服务商名单", "products": "产品名单", "draft": "征求意见稿",
}  # fmt: skip
SIZES: Final[Mapping[str, str]] = {"above": "规上", "below": "规下"}
"""Above and below the revenue from which a firm is counted in the statistics (规模以上)."""


@dataclass(frozen=True)
class Column:
    """How a pack writes one field of a row."""

    kind: ColumnKind
    title: str
    """The head of the column, in Chinese."""
    words: Mapping[str, str] = field(default_factory=dict)
    """The words it knows, each with its Chinese. Empty: any words."""


def _is(kind: ColumnKind, title: str, words: Mapping[str, str] | None = None) -> Mapping[str, Column]:
    return {"column": Column(kind, title, words or {})}


def columns_of(kind: type[Row]) -> dict[str, Column]:
    """The columns of a table, by field name, in order."""
    return {one.name: one.metadata["column"] for one in fields(kind) if "column" in one.metadata}


def needed(kind: type[Row]) -> list[str]:
    """The columns that every row of the table has."""
    return [one.name for one in fields(kind) if "column" in one.metadata and one.default is MISSING]


_COMPARATORS: Final = {word: word for word in COMPARATORS}


@dataclass(frozen=True, kw_only=True)
class Kpi(Row):
    """指标: one target of the programme, and how it divides over the industries."""

    TABLE: ClassVar = "kpi"
    TITLE: ClassVar = "目标指标"
    NAMED_BY: ClassVar = ("code",)
    UNITS: ClassVar = ("家", "个", "人", "场", "项", "件", RATE)
    code: str = field(metadata=_is("text", "代码"))
    """Lower-case Latin, e.g. ``model_firms``; unique in the table."""
    name: str = field(metadata=_is("text", "指标"))
    unit: str = ""
    comparator: str = field(default="=", metadata=_is("text", "比较", _COMPARATORS))
    total: Amount = field(metadata=_is("amount", "目标"))
    upto: Amount | None = field(default=None, metadata=_is("amount", "至多"))
    """The upper end where the source gives a range (2—3家); ``total`` is the lower."""
    per: str = field(default="city", metadata=_is("text", "范围", _PER))
    industries: Mapping[str, Amount] | None = field(default=None, metadata=_is("amounts", "分行业"))
    additive: bool | None = field(default=None, metadata=_is("flag", "可加"))
    """Whether the industries' figures add up to the total; said wherever there are such figures. Rates never do."""
    of: str = field(default="", metadata=_is("text", "其中于"))
    """Code of the target that this one is a part of, or a rate over. Over nothing a rate is undefined: shown —."""
    parts: tuple[str, ...] | None = field(default=None, metadata=_is("list", "合计于"))
    """Codes of the targets that add up to this one, in every column."""
    due: str = field(default="", metadata=_is("text", "时限"))
    """By when, in the source's words, e.g. 到2027年."""


@dataclass(frozen=True, kw_only=True)
class Phase(Row):
    """阶段: one stretch of the programme's plan. Phases that share a ``within`` follow each other."""

    TABLE: ClassVar = "phase"
    TITLE: ClassVar = "推进阶段"
    NAMED_BY: ClassVar = ("code",)
    code: str = field(metadata=_is("text", "代码"))
    name: str = field(metadata=_is("text", "阶段"))
    starts: date | None = field(default=None, metadata=_is("date", "自"))
    """First day; None where the source gives none."""
    ends: date | None = field(default=None, metadata=_is("date", "至"))
    """Last day; None where the source gives none."""
    what: str = field(metadata=_is("text", "工作内容"))
    within: str = field(default="", metadata=_is("text", "属于"))
    """Code of the phase that this one is a part of."""
    overlaps: tuple[str, ...] | None = field(default=None, metadata=_is("list", "与之重叠"))
    """Codes of the phases that this one overlaps in the source; a note says how."""


@dataclass(frozen=True, kw_only=True)
class Quota(Row):
    """名额: places of one industry, one county, one size, or of what they have in common."""

    TABLE: ClassVar = "quota"
    TITLE: ClassVar = "名额"
    NAMED_BY: ClassVar = (
        "industry",
        "county",
        "size",
    )
    UNITS: ClassVar = FIRMS
    industry: str = field(default="", metadata=_is("text", "试点行业"))
    county: str = field(default="", metadata=_is("text", "区县"))
    size: str = field(default="", metadata=_is("text", "规上规下", SIZES))
    comparator: str = field(default="=", metadata=_is("text", "比较", _COMPARATORS))
    places: int = field(metadata=_is("count", "名额"))


@dataclass(frozen=True, kw_only=True)
class BudgetLine(Row):
    """预算行: what one part of the money is for."""

    TABLE: ClassVar = "budget_line"
    TITLE: ClassVar = "资金预算"
    NAMED_BY: ClassVar = ("code",)
    UNITS: ClassVar = YUAN
    code: str = field(metadata=_is("text", "代码"))
    name: str = field(metadata=_is("text", "支出方向"))
    side: str = field(metadata=_is("text", "来源", {"central": "中央", "local": "地方"}))
    use: str = field(metadata=_is("text", "用途", {"retrofit": "企业改造", "other": "其他"}))
    """retrofit counts towards the share of the central money that must reach the firms' retrofits."""
    amount: Money = field(metadata=_is("money", "金额"))
    condition: str = field(default="", metadata=_is("text", "条件与对象"))
    basis: str = field(default="", metadata=_is("text", "依据文件"))
    """The document under which the money is given, where the source names one."""


@dataclass(frozen=True, kw_only=True)
class ProviderTier(Row):
    """服务商层级: how many providers of one kind are chosen, how, and from whom."""

    TABLE: ClassVar = "provider_tier"
    TITLE: ClassVar = "服务商层级"
    NAMED_BY: ClassVar = ("code",)
    UNITS: ClassVar = FIRMS
    code: str = field(metadata=_is("text", "代码"))
    name: str = field(metadata=_is("text", "层级"))
    per: str = field(metadata=_is("text", "范围", _PER))
    comparator: str = field(default="=", metadata=_is("text", "比较", _COMPARATORS))
    least: int | None = field(default=None, metadata=_is("count", "家数"))
    most: int | None = field(default=None, metadata=_is("count", "至多"))
    """The upper end where the source gives a range."""
    chosen: str = field(default="", metadata=_is("text", "产生方式"))
    chosen_from: str = field(default="", metadata=_is("text", "选自"))
    """Code of the tier from which it is chosen."""
    duty: str = field(default="", metadata=_is("text", "职责"))


@dataclass(frozen=True, kw_only=True)
class SubsidyRate(Row):
    """补贴标准: ratio and cap where the sources tell batches, levels or days of completion apart.

    What a row leaves open holds for all; where no row says a figure, ``payout.ratio`` and ``payout.cap`` do.
    """

    TABLE: ClassVar = "subsidy_rate"
    TITLE: ClassVar = "分档补贴标准"
    NAMED_BY: ClassVar = ("batch", "level", "starts")
    UNITS: ClassVar = YUAN
    batch: str = field(default="", metadata=_is("text", "批次"))
    level: int | None = field(default=None, metadata=_is("level", "达到等级"))
    starts: date | None = field(default=None, metadata=_is("date", "完工自"))
    ends: date | None = field(default=None, metadata=_is("date", "完工至"))
    ratio: Fraction | None = field(default=None, metadata=_is("ratio", "补贴比例"))
    cap: Money | None = field(default=None, metadata=_is("money", "补贴上限"))


@dataclass(frozen=True, kw_only=True)
class Approval(Row):
    """审批环节: one step of a chain of approvals, and the document it leaves."""

    TABLE: ClassVar = "approval"
    TITLE: ClassVar = "审批链"
    NAMED_BY: ClassVar = (
        "chain",
        "step",
    )
    chain: str = field(metadata=_is("text", "审批链", _CHAINS))
    step: int = field(metadata=_is("count", "环节"))
    """Counted from 1 in each chain."""
    office: str = field(metadata=_is("text", "机构"))
    act: str = field(metadata=_is("text", "办理"))
    document: str = field(default="", metadata=_is("text", "文书"))


@dataclass(frozen=True, kw_only=True)
class Notice(Row):
    """公示: what the source says is published. How long it stands is absent where the source is silent."""

    TABLE: ClassVar = "notice"
    TITLE: ClassVar = "公示事项"
    NAMED_BY: ClassVar = ("subject",)
    UNITS: ClassVar = ("工作日", "自然日")
    subject: str = field(metadata=_is("text", "事项", _SUBJECTS))
    days: int | None = field(default=None, metadata=_is("count", "日数"))
    unit: str = ""
    document: str = field(default="", metadata=_is("text", "依据文件"))


@dataclass(frozen=True, kw_only=True)
class Industry(Row):
    """试点细分行业: its place in GB/T 4754 where known, and the counties that the source puts first."""

    TABLE: ClassVar = "industry"
    TITLE: ClassVar = "试点细分行业"
    NAMED_BY: ClassVar = ("name",)
    name: str = field(metadata=_is("text", "试点行业"))
    codes: tuple[str, ...] | None = field(default=None, metadata=_is("list", "GB/T 4754—2017"))
    counties: tuple[str, ...] | None = field(default=None, metadata=_is("list", "重点区县"))


@dataclass(frozen=True, kw_only=True)
class County(Row):
    """区县: a county, or a zone that acts like one. A zone has no national code and bears one of our own."""

    TABLE: ClassVar = "county"
    TITLE: ClassVar = "区县与功能区"
    NAMED_BY: ClassVar = ("name",)
    name: str = field(metadata=_is("text", "区县"))
    code: str = field(metadata=_is("text", "代码"))
    """Six digits of GB/T 2260; for a zone the city's six digits, a hyphen and a word: ``370300-gaoxin``."""
    zone: bool = field(default=False, metadata=_is("flag", "功能区"))
    """Whether it is a zone (功能区) without a national code."""


TABLES: Final[Mapping[str, type[Row]]] = {
    kind.TABLE: kind
    for kind in (Industry, County, Kpi, Quota, Phase, ProviderTier, BudgetLine, SubsidyRate, Approval, Notice)
}
"""Every table a pack may hold. A table that is not here is a typing error in the pack."""
