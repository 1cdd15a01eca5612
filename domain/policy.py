"""规则包: what a city's sources answer, value by value, each with its clause and its standing.

A pack is data. What the sources do not say is absent, and asking for it raises ``OpenQuestion``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from fractions import Fraction
from itertools import combinations
from typing import ClassVar, Final, Literal, TypeVar

from domain.money import Money
from domain.questions import STATEMENTS, Key
from domain.rejections import OpenQuestion


class Standing(StrEnum):
    """Where a value comes from."""

    STATED = "stated"
    """原文: the source says so."""
    DERIVED = "derived"
    """推导: follows from what the source says."""
    ASSUMED = "assumed"
    """假设: said by no source; only a rehearsal's overlay may hold it, and it is shown as such everywhere."""


@dataclass(frozen=True)
class Days:
    """A period: how many days, counted how, and what happens when it has passed."""

    count: int
    unit: Literal["working", "natural"]
    """working = 工作日, natural = 自然日; the day after the event is day one."""
    on_expiry: Literal["wait", "lapse"] = "wait"
    """wait: recorded as passed, the step stays open; lapse: the step ends as given up (视为放弃)."""


T = TypeVar("T")
Value = str | int | bool | date | Money | Fraction | Days | tuple[str, ...]


@dataclass(frozen=True)
class Cited:
    """One value of a pack and what it rests on."""

    value: Value
    clause: str
    """Document, section, article; for an assumption: why this value was taken."""
    standing: Standing
    comparator: str = "="
    """= ≥ ≤ ≈ 力争"""
    note: str = ""
    since: date | None = None
    """First day on which the value holds; None: for the whole programme."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """One row of one of a pack's tables; what the rows hold is in ``domain.policy_rows``."""

    TABLE: ClassVar[str]
    """The table's name in the pack, e.g. ``kpi``."""
    TITLE: ClassVar[str]
    NAMED_BY: ClassVar[tuple[str, ...]]
    """The fields that tell a row from every other of its table."""
    UNITS: ClassVar[tuple[str, ...]] = ()
    """The units in which its figures may be written; empty where its figures have none."""
    clause: str
    """Document, section, article."""
    standing: Standing
    note: str = ""

    @property
    def label(self) -> str:
        """How the row is asked for, e.g. ``kpi.firms``, ``approval.reward.1``."""
        return ".".join([self.TABLE, *(str(getattr(self, field)) for field in self.NAMED_BY if getattr(self, field))])


R = TypeVar("R", bound=Row)


SPEND_KINDS: Final[Mapping[str, str]] = {
    "software": "软件",
    "cloud": "云服务",
    "acquisition": "必要的数据采集传输设备",
    "consulting": "咨询诊断",
    "other": "不予支持",
}
"""What a line of a contract may be spent on. A pack says which kinds its subsidy covers; ``other`` is never one."""

POSTS: Final[Mapping[str, str]] = {
    "diagnosis": "诊断",
    "retrofit": "改造",
    "supervision": "监理",
    "evaluation": "评测",
    "platform": "平台",
    "think-tank": "智库",
}
"""What an organisation may do for one firm's case, or for a whole programme; who does two of them may not be free."""

PAIRS: Final[Mapping[str, str]] = {
    f"{one}+{other}": f"{POSTS[one]}与{POSTS[other]}" for one, other in combinations(POSTS, 2)
}
"""Two posts in one hand, e.g. ``diagnosis+retrofit``, each with its Chinese."""

EXCLUSIONS: Final[Mapping[str, str]] = {
    "funded": "已获中央财政支持的小巨人",
    "pilot-2022": "工信厅联企业〔2022〕22号文试点",
    "abnormal": "经营异常",
    "dishonest": "严重失信",
    "accident": "安全事故",
}
"""Lists that others keep of firms. A pack says which of them bar a firm from applying."""

_ELIGIBLE: Final = {kind: name for kind, name in SPEND_KINDS.items() if kind != "other"}
_STANDARDS: Final = {"2022": "2022年版，工信厅企业〔2022〕32号", "2024": "2024年版，工信厅企业〔2024〕56号"}
_EARLIER: Final = {"exclude": "该项支出不重复支持", "deduct": "扣减已获资金", "stack": "可以叠加"}
_CLAWBACKS: Final = {"yes": "追回", "no": "不追回", "decision": "由人决定"}
_BASES: Final = {"all": "全额", "part": "不合规部分", "share": "按比例"}
_WAYS: Final = {"queue": "按申请顺序", "selection": "审查择优"}
_QUEUE_KEYS: Final = {"applied": "首次申请验收之时", "complete": "材料齐全、验收合格之时"}
_TAILS: Final = {"partial": "以余额兑付其一部分", "stop": "停止兑付", "skip": "跳过，兑付后面余额足够的企业"}
APPROVALS: Final = {
    "committee": "专家委员会决议",
    "countersign": "财政会签",
    "office": "局长办公会议审议",
    "government": "市政府审定",
}
"""The approvals that may stand between a payout plan and its fund document, each with its Chinese."""
_LEADS: Final = {str(days): f"{days} 日前" for days in range(1, 61)}


KEYS: Final[Mapping[str, Key]] = {
    "programme.start": Key("date", "试点期自何日起"),
    "programme.end": Key("date", "试点期至何日止"),
    "programme.target_firms": Key("count", "试点企业目标数是多少", unit="家"),
    "selection.industries": Key("list", "试点细分行业有哪些"),
    "selection.counties": Key("list", "参与的区县（含功能区）有哪些"),
    "selection.max_supplements": Key("count", "申报材料最多可以补正几次", unit="次"),
    "selection.exclusion_lists": Key("list", "哪些名单上的企业不得申报", words=EXCLUSIONS, asked=False),
    "selection.expert_review": Key("flag", "市级审核后是否由专家评审排名", asked=False),
    "selection.review_sheets": Key("count", "每家企业至少须有几名专家评分", unit="人", asked=False),
    "diagnosis.by": Key("text", "由谁开展诊断"),
    "contract.not_before": Key("date", "改造合同最早可于何日签订"),
    "contract.not_after": Key("date", "改造合同最晚须于何日签订"),
    "contract.supervised": Key("flag", "是否由监理审核合同并核查节点"),
    "contract.max_changes": Key("count", "合同最多可以变更几次", unit="次"),
    "contract.price_tolerance": Key("count", "合同价格最高可为产品参考价的百分之几", unit="%"),
    "independence.forbidden": Key("list", "哪些业务不得由同一机构对同一企业承担", words=PAIRS),
    "independence.approval": Key("list", "哪些业务由同一机构对同一企业承担时须经批准", words=PAIRS),
    "rating.satisfaction": Key("ratio", "服务商评价中企业满意度占多少"),
    "rating.outcome": Key("ratio", "服务商评价中改造成效占多少"),
    "rating.volume": Key("ratio", "服务商评价中改造数量占多少"),
    "rating.volume_full": Key("count", "服务商承接多少家改造即得改造数量满分", unit="家"),
    "evaluation.standard": Key("text", "评测采用哪一版指标", words=_STANDARDS),
    "evaluation.answers_required": Key("flag", "评测、诊断报告是否须附逐项答案"),
    "evaluation.min_level": Key("level", "验收要求的最低数字化水平等级"),
    "acceptance.max_rectifications": Key("count", "验收整改最多几次", unit="次"),
    "payout.mode": Key("text", "补贴按何种方式兑付"),
    "payout.ratio": Key("ratio", "补贴比例是多少"),
    "payout.cap": Key("money", "每家企业补贴上限是多少"),
    "payout.eligible": Key("list", "哪些支出可以补贴", words=_ELIGIBLE),
    "payout.vouchers": Key("flag", "核实支出是否须以发票和付款凭证为据", asked=False),
    "payout.earlier_money": Key("text", "同一支出已获其他财政资金的如何处理", words=_EARLIER, asked=False),
    "payout.chain": Key("list", "资金分配方案经哪些审批", words=APPROVALS),
    "payout.budget": Key("money", "企业改造补贴的预算是多少"),
    "payout.order": Key("list", "兑付轮次按哪些方式确定企业", words=_WAYS),
    "payout.queue_key": Key("text", "按申请顺序兑付的，以何时为序", words=_QUEUE_KEYS),
    "payout.queue_kept": Key("flag", "经整改、复验的企业是否保留原来的排队次序"),
    "payout.tail": Key("text", "余额不足以兑付下一家时如何处理", words=_TAILS),
    "lookback.rule": Key("text", "是否对企业抽查复核，抽查什么"),
    "lookback.share": Key("ratio", "抽查比例是多少"),
    "lookback.grounds": Key("list", "哪些情形取消试点资格"),
    "lookback.clawback": Key("text", "取消资格后补贴是否追回", words=_CLAWBACKS),
    "recovery.basis": Key("text", "追缴金额按什么计算", words=_BASES),
    "publicity.allocation": Key("days", "资金分配方案公示多少日"),
    "publicity.providers": Key("days", "服务商遴选结果公示多少日"),
    "publicity.revocation": Key("days", "取消资格公示多少日"),
    "publicity.call": Key("days", "申报文件公示多少日"),
    "publicity.suspends": Key("flag", "异议处理期间公示期是否中止"),
    "reminders.leads": Key("list", "期限前几日提醒", words=_LEADS),
    "timers.supplement": Key("days", "补正期限多少日"),
    "timers.county_review": Key("days", "区县初审期限多少日"),
    "timers.city_review": Key("days", "市级审核期限多少日"),
    "timers.list_notice": Key("days", "名单公示多少日"),
    "timers.diagnosis": Key("days", "诊断期限多少日"),
    "timers.contract": Key("days", "签订并提交合同的期限多少日"),
    "timers.contract_review": Key("days", "合同审核备案期限多少日"),
    "timers.implementation": Key("days", "改造实施期限多少日"),
    "timers.acceptance_application": Key("days", "完工后多少日内申请验收"),
    "timers.evaluation": Key("days", "评测期限多少日"),
    "timers.acceptance_decision": Key("days", "验收判定期限多少日"),
    "timers.rectification": Key("days", "验收整改期限多少日"),
    "timers.acceptance_notice": Key("days", "验收结果公示多少日"),
    "timers.entitlement": Key("days", "补贴核定期限多少日"),
    "timers.payment": Key("days", "资金文件下达后多少日内拨付"),
    "timers.inspection": Key("days", "抽中后多少日内核查"),
    "timers.statement": Key("days", "陈述申辩期多少日"),
    "timers.lookback_rectification": Key("days", "回头看整改期限多少日"),
    "timers.refund": Key("days", "退款期限多少日"),
    **STATEMENTS,
}
"""Everything a pack can be asked. A key that is not here is a typing error in the pack."""


@dataclass(frozen=True)
class Pack:
    """One city's rules at one version."""

    city: str
    """Short name in Latin letters, e.g. ``dalian``."""
    name: str
    """大连市"""
    division: str
    """GB/T 2260 code, six digits."""
    agency: str
    """The lead agency as the source calls it."""
    programme: str
    """Which award the programme runs under, e.g. ``2023-117``; part of a case's identity."""
    version: str
    """SHA-256 of the content, overlays included, in hex."""
    values: Mapping[str, tuple[Cited, ...]] = field(repr=False)
    """By key; several only where they hold from different days, in order of ``since``."""
    sources: Mapping[str, str] = field(default_factory=dict, repr=False)
    """来源文件: the short name that clauses cite → the document's full title and number."""
    tables: Mapping[str, tuple[Row, ...]] = field(default_factory=dict, repr=False)
    """By table name: the rows in the order of the file; only tables that hold any."""

    def cited(self, key: str, on: date | None = None) -> Cited:
        """The value in force on that day; raises OpenQuestion where the sources are silent."""
        held = [v for v in self.values.get(key, ()) if v.since is None or on is None or v.since <= on]
        if not held:
            raise OpenQuestion(key, f"{self.name}：{KEYS[key].question}？")
        return held[-1]

    def on(self, day: date) -> Pack:
        """The pack as it stands on that day: what holds only from a later day on is not yet among its answers."""
        if all(v.since is None or v.since <= day for held in self.values.values() for v in held):
            return self
        begun = {key: tuple(v for v in held if v.since is None or v.since <= day) for key, held in self.values.items()}
        return replace(self, values={key: held for key, held in begun.items() if held})

    def has(self, key: str) -> bool:
        """Whether the pack answers at all."""
        return bool(self.values.get(key))

    def clause(self, key: str) -> str:
        """The clause that answers; empty where none does."""
        return self.values[key][-1].clause if self.has(key) else ""

    def open_questions(self) -> dict[str, str]:
        """待定口径: key → question, for every key that a step asks and that has no value."""
        return {key: spec.question for key, spec in KEYS.items() if spec.asked and not self.has(key)}

    def rows(self, kind: type[R]) -> tuple[R, ...]:
        """The rows of one table, e.g. ``rows(Kpi)``; none where the sources say nothing of the kind."""
        return tuple(row for row in self.tables.get(kind.TABLE, ()) if isinstance(row, kind))

    def assumptions(self) -> dict[str, Cited]:
        """What only an overlay says."""
        return {k: v[-1] for k, v in self.values.items() if v[-1].standing is Standing.ASSUMED}

    def text(self, key: str) -> str:
        """A text value."""
        return _typed(self.cited(key).value, str)

    def count(self, key: str) -> int:
        """A count, or a level."""
        return _typed(self.cited(key).value, int)

    def flag(self, key: str) -> bool:
        """Yes or no."""
        return _typed(self.cited(key).value, bool)

    def day(self, key: str) -> date:
        """A date."""
        return _typed(self.cited(key).value, date)

    def money(self, key: str, on: date | None = None) -> Money:
        """An amount."""
        return _typed(self.cited(key, on).value, Money)

    def ratio(self, key: str, on: date | None = None) -> Fraction:
        """An exact fraction."""
        return _typed(self.cited(key, on).value, Fraction)

    def days(self, key: str) -> Days:
        """A period."""
        return _typed(self.cited(key).value, Days)

    def list(self, key: str, on: date | None = None) -> tuple[str, ...]:
        """Several words."""
        return _typed(self.cited(key, on).value, tuple)


def _typed(value: object, kind: type[T]) -> T:
    if not isinstance(value, kind):
        raise TypeError(f"a pack value of kind {type(value).__name__} was asked for as {kind.__name__}")
    return value
