"""What an event says, for people: each of its own fields with its Chinese name, money in yuan, nested papers as tables.

It works on events as they are stored, so a page can show whatever the record holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from domain.money import Money
from domain.policy import EXCLUSIONS, KEYS, PAIRS, POSTS, SPEND_KINDS, Cited, Pack
from domain.queue import LEAVES
from domain.rejections import Rejection
from domain.standard import DIMENSIONS, spelled
from domain.vouchers import PAPERS, TAXES
from domain.words import COMMANDS, ROLES, STAGES, STATES, TIMERS
from policies import load, notation

LABELS: Final[Mapping[str, str]] = {
    "applicant": "企业", "as_of": "名单日期", "city_name": "城市", "file_hash": "文件哈希",
    "filled": "上批次名额使用", "firms": "企业", "last_batch": "上一批次", "list_kind": "名单类别",
    "quotas": "名额", "willing": "意愿", "parts": "各来源", "paid": "已拨付", "surplus": "结余",
    "carried": "结转下一轮",
    "called": "轮到的企业", "now": "此后", "waiting": "等候的企业", "was": "此前", "why": "原因",
    "among": "参评企业（家）", "average": "平均分", "candidates": "参评企业", "cases": "涉及的档案",
    "criteria": "评分标准", "expert": "专家", "experts": "专家", "gone": "已退出评审的企业",
    "least_sheets": "每家至少评分表（份）", "points": "得分", "rank": "名次", "ranking": "排名",
    "review_round": "评审轮次", "scores": "专家评分", "total": "总分",
    "above_designated": "规上企业", "amount": "金额（元）", "answer": "处理意见", "answers": "评测答案",
    "before": "原规则版本", "baseline": "改造前水平",
    "basis": "抽取依据", "batch": "批次编号", "batch_code": "批次", "campaign": "抽查活动", "case": "档案编号",
    "city": "城市", "clawback": "已拨补贴追回", "closes": "申报截止日", "code": "批次", "completed_on": "完工日期",
    "computed": "按答案计算的等级", "computed_grade": "按答案计算的结果", "declared": "裁定采用的等级",
    "comparisons": "价格比对", "fault": "所发现的问题", "from_tier": "原层级", "industries": "服务行业",
    "lead": "牵头服务商", "organisation": "机构", "pair": "兼任的业务", "post": "承担的业务", "product": "产品",
    "product_code": "产品编号", "rating": "评价", "score": "满意度（分）",
    "suspends": "整改期间暂停承接", "tier": "层级", "limit": "规定家数", "held": "现有家数",
    "contract": "合同", "county": "区县", "credit": "转出账户", "credit_code": "统一社会信用代码", "deadline": "期限",
    "debit": "转入账户", "defects": "需补正事项", "diagnoser": "诊断机构", "document": "文号",
    "documents": "申请材料", "done_on": "完成日期", "due": "截止日", "entitlement": "核定补贴",
    "evaluator": "评测机构", "findings": "发现的问题", "firm": "企业名称", "grade": "评测结果", "ground": "取消事由",
    "industry": "细分行业", "instruction": "拨付指令号", "items": "整改事项", "kind": "被拒绝的申请",
    "late": "逾期办理", "line": "预算行", "matter": "异议事项", "milestone": "节点", "minutes": "会议纪要",
    "name": "期限",
    "on": "提醒日期", "opens": "申报开始日", "opinion": "核查意见", "outcome": "此后阶段", "pack_text": "规则全文",
    "passed": "核查通过", "price": "方案报价（元）", "programme": "项目", "provider": "服务商", "purpose": "抽查对象",
    "quality": "优质企业类型", "received_on": "到账日期", "recovery": "追缴", "refusal": "拒绝理由",
    "rehearsal": "推演", "report": "报告编号", "returns_to": "补正后返回", "role": "责任方", "scale": "企业规模",
    "second_evaluator": "同行评测人员", "second_inspector": "同行抽查人员", "self_grade": "自评结果",
    "self_level": "自评等级", "standard_version": "指标内容版本", "steps": "判定过程",
    "slip": "缴款凭证", "source": "来源", "statement": "陈述申辩内容",
    "subsidy": "补贴", "to_recover": "应追缴（元）", "to": "移送至", "verified": "核实的投入", "version": "规则版本",
    "address": "公示页面地址", "covers": "涉及的档案", "day": "日期", "days_left": "剩余日数",
    "days_proven": "已核验日数", "decided_by": "决定人", "ends": "公示截止日", "formerly": "此前公示文号",
    "cause": "警示原因", "decision": "服务商处理命令号", "number": "异议序号", "objection": "异议",
    "provisional": "暂定", "replaced_by": "由哪个公示替代", "replaces": "替代哪个公示", "seen_sha256": "页面实际哈希",
    "filing": "凭证", "paper": "凭证类别", "support": "已获其他财政资金", "use": "用于", "voucher_number": "凭证号码",
    "account": "收款账户", "approval": "审批环节", "approved": "方案金额（元）", "chain": "审批链", "edition": "版次",
    "file_number": "指令文件号", "held_back": "暂缓拨付的企业", "lines": "方案明细", "lost": "未拨付的金额（元）",
    "notice": "公示文号", "orders": "拨付指令", "payout_round": "兑付轮次", "slips": "回执",
    "sha256": "内容哈希", "since": "起算日", "snapshot": "公示内容",
}  # fmt: skip
"""Every field that an event of the house can carry beside what all events carry."""

_POINTS: Final = ("foundation", "management", "effect")

LEVELS: Final = ("无等级", "一级（初始级）", "二级（规范级）", "三级（集成级）", "四级（协同级）")

_COMMON: Final = frozenset({"at", "timestamp", "by", "clauses", "class_version", "command_id", "evidence"}) | {
    *("originator_id", "originator_version", "pack_version", "reason"),
}
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "cause": {"removed": "已被移出服务商资源池", "suspended": "限期整改，暂停承接新项目"},
    "clawback": KEYS["lookback.clawback"].words,
    "credit": (_ACCOUNTS := {
        "appropriation": "指标来源", "available": "可用", "allocated": "预下达", "committed": "已占用",
        "paid": "已拨付", "recovered": "已追缴",
    }),
    "debit": _ACCOUNTS,
    "kind": COMMANDS,
    "pair": PAIRS,
    "paper": PAPERS,
    "post": POSTS,
    "list_kind": EXCLUSIONS,
    "line": {"retrofit": "企业改造补贴"},
    "outcome": STAGES,
    "purpose": {"accepted": "已验收企业", "works": "改造中企业"},
    "recovery": STATES,
    "returns_to": STATES,
    "role": ROLES,
    "source": {"central": "中央财政", "province": "省级财政", "city": "市级财政", "county": "县区财政"},
    "subsidy": STATES,
    "why": LEAVES,
}  # fmt: skip


@dataclass(frozen=True)
class Table:
    """A small table inside an event or a page."""

    caption: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()
    """The columns that are set to the right."""


@dataclass(frozen=True)
class Said:
    """One field of an event: its name, and what it says as text, as a list or as tables."""

    label: str
    text: str = ""
    items: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()


def said(state: Mapping[str, Any]) -> list[Said]:
    """The event's own fields, in the order of its class; what all events carry is left out."""
    return [_field(name, value) for name, value in state.items() if name not in _COMMON]


def city_name(code: str) -> str:
    """大连市 for ``dalian``; the code itself where there is no pack."""
    try:
        return load.load(code).name
    except Rejection:
        return code


def assumptions(pack: Pack) -> list[tuple[str, str, str]]:
    """What only a rehearsal's overlay says: the question, the value, why it was taken."""
    return assumed(pack.assumptions())


def assumed(values: Mapping[str, Cited]) -> list[tuple[str, str, str]]:
    """Assumed values by key: the question, the value, why it was taken."""
    return [(KEYS[key].question, notation.say(KEYS[key], cited), cited.clause) for key, cited in values.items()]


def yuan(plain: Mapping[str, Any] | int | None) -> str:
    """Money as it is stored, or fen: ``1,234,567.89``; empty for none."""
    if plain is None:
        return ""
    return Money(plain if isinstance(plain, int) else int(plain["fen"])).grouped()


def level(number: int | None) -> str:
    """数字化水平等级, by name."""
    if number is None:
        return ""
    return LEVELS[number] if 0 <= number < len(LEVELS) else str(number)


def period(name: str) -> str:
    """A deadline's name for people: ``supplement/2`` is 补正（第2次）."""
    timer, _, times = name.partition("/")
    return TIMERS.get(timer, timer) + (f"（第{times}次）" if times not in ("", "1") else "")


def _field(name: str, value: Any) -> Said:
    label = LABELS.get(name, name)
    match name, value:
        case _, None:
            return Said(label, "无")
        case "account", dict():
            return Said(label, f"{value['name']}，{value['bank']} {value['number']}")
        case "answers", dict():
            return Said(label, tables=_answers(value))
        case (("grade" | "baseline" | "self_grade" | "computed_grade"), dict()):
            return Said(label, tables=(grade(value, label),))
        case "contract", dict():
            return Said(label, _contract_line(value), tables=(spending(value["lines"], "合同价格行", value["total"]),))
        case "entitlement", dict():
            return _entitlement(label, value)
        case "filing", dict():
            return Said(label, _filed_line(value), tables=_filed(value))
        case "support", dict():
            return Said(label, _support_line(value))
        case "use", dict():
            return Said(label, f"{value['city_name']} {value['firm']} 第{value['batch']}批 {value['lines']}")
        case (("waiting" | "was" | "now"), dict()):
            return Said(label, _waiting_line(value))
        case "called", list():
            return Said(label, items=tuple(f"{one['credit_code']} {yuan(one['amount'])} 元" for one in value))
        case "verified", list():
            return Said(label, tables=(spending(value, label),))
        case "deadline", dict():
            return Said(label, _deadline_line(value))
        case "refusal", dict():
            clause = f"（{value['clause']}）" if value.get("clause") else ""
            return Said(label, f"{value['sentence']}{clause}〔规则 {value['rule']}〕")
        case "comparisons", list():
            return Said(label, tables=(_comparisons(value),))
        case (("parts" | "paid" | "surplus"), list()):
            return Said(label, "" if value else "无", items=tuple(_borne(part) for part in value))
        case "rating", dict():
            return Said(label, f"{value['score']} 分", items=tuple(value["steps"]))
        case "scores", list():
            rows = tuple((one["expert"], str(one["total"])) for one in value)
            return Said(label, tables=(Table(label, ("专家", "得分（满分 100）"), rows, frozenset({1})),))
        case "product", dict():
            return Said(label, _product_line(value))
        case "city", str():
            return Said(label, city_name(value))
        case "name", str():
            return Said(label, period(value))
        case (("self_level" | "computed" | "declared"), int()):
            return Said(label, level(value))
        case _, bool():
            return Said(label, "是" if value else "否")
        case _, {"fen": int()}:
            return Said(label, yuan(value))
        case _, str():
            return Said(label, _WORDS.get(name, {}).get(value, value) or "无")
        case _, list():
            return Said(label, "" if value else "无", items=tuple(_plain(item) for item in value))
    return Said(label, _plain(value))


def _waiting_line(plain: Mapping[str, Any]) -> str:
    return f"{plain['firm']}（{plain['credit_code']}），受理编号 {plain['number']}，{yuan(plain['amount'])} 元"


def _borne(part: Mapping[str, Any]) -> str:
    return f"{_WORDS['source'].get(part['source'], part['source'])} {yuan(part['amount'])} 元"


def grade(plain: Mapping[str, Any], caption: str) -> Table:
    """The six numbers of an evaluation."""
    return Table(
        f"{caption}（标准 {plain['standard']} 版）",
        ("等级", *_scale(plain["standard"])),
        (
            (
                level(int(plain["level"])),
                *(str(plain[part]) for part in _POINTS),
                *(str(plain[part]) for part in ("binding_scenarios", "guiding_scenarios")),
            ),
        ),
        frozenset(range(1, 6)),
    )


def _scale(edition: str) -> tuple[str, ...]:
    """The heads of the five numbers behind the level, each with the most that the edition gives."""
    if edition not in load.standards():
        return ("基础", "管理", "成效", "约束性场景", "指导性场景")
    of = load.standard(edition)
    points = (f"{DIMENSIONS[part].removeprefix('数字化')}（{spelled(of.most(part))}分）" for part in _POINTS)
    scenarios = of.scenarios_that_are(binding=True), of.scenarios_that_are(binding=False)
    return (*points, f"约束性场景（{scenarios[0]}）", f"指导性场景（{scenarios[1]}）")


def _answers(plain: Mapping[str, Any]) -> tuple[Table, Table]:
    """评测答案 by the names of its edition; by code where the edition is not known any more."""
    names: dict[str, str] = {}
    if plain["standard"] in load.standards():
        edition = load.standard(plain["standard"])
        names = {one.code: one.name for one in edition.items} | {one.code: one.name for one in edition.scenarios}
    points = tuple((names.get(one["item"], one["item"]), str(one["points"])) for one in plain["points"])
    judged = tuple((names.get(one["scenario"], one["scenario"]), level(one["level"])) for one in plain["scenarios"])
    return (
        Table(f"评分项（标准 {plain['standard']} 版）", ("评分项", "得分"), points, frozenset({1})),
        Table(f"场景（标准 {plain['standard']} 版）", ("场景", "等级"), judged),
    )


def spending(lines: Sequence[Mapping[str, Any]], caption: str, total: Mapping[str, Any] | None = None) -> Table:
    """Lines of spending with their sum."""
    rows = [(SPEND_KINDS.get(line["kind"], line["kind"]), line["what"], yuan(line["amount"])) for line in lines]
    whole = yuan(total) if total is not None else yuan(sum(int(line["amount"]["fen"]) for line in lines))
    return Table(f"{caption}（单位：元）", ("类别", "内容", "金额"), (*rows, ("合计", "", whole)), frozenset({2}))


def _comparisons(lines: Sequence[Mapping[str, Any]]) -> Table:
    parts = ("unit_price", "unit_reference", "amount", "reference", "above")
    rows = [
        (
            *(str(line["line"]), line["product"], "—" if line["quantity"] is None else str(line["quantity"])),
            *("—" if line[part] is None else yuan(line[part]) for part in parts),
        )
        for line in lines
    ]
    headings = ("价格行", "产品编号", "数量", "合同单价", "参考单价", "合同金额", "参考金额", "高出")
    return Table("价格比对（单位：元）", headings, tuple(rows), frozenset(range(2, 8)))


def _product_line(plain: Mapping[str, Any]) -> str:
    kind, industry = SPEND_KINDS.get(plain["kind"], plain["kind"]), plain["industry"] or "不限"
    return (
        f"{plain['code']} {plain['name']}，{kind}，报价 {yuan(plain['price'])} 元/{plain['unit']}，"
        f"参考价 {yuan(plain['reference'])} 元，行业 {industry}，有效期 {plain['valid_from']} 至 {plain['valid_to']}"
    )


def share(ratio: str) -> str:
    """An exact fraction for people: ``1/2`` is 50%."""
    percent = Fraction(ratio) * 100
    return f"{percent.numerator}%" if percent.denominator == 1 else ratio


def _entitlement(label: str, plain: Mapping[str, Any]) -> Said:
    excluded = (spending(plain["excluded"], "不予支持的投入"),) if plain["excluded"] else ()
    return Said(label, f"{yuan(plain['amount'])} 元", items=tuple(plain["steps"]), tables=excluded)


def _support_line(plain: Mapping[str, Any]) -> str:
    return f"{plain['what']}：{plain['given_by']} {yuan(plain['amount'])} 元，{plain['document']}"


def _filed_line(plain: Mapping[str, Any]) -> str:
    return f"{_contract_line(plain['contract'])}，文件哈希 {plain['contract_sha256']}"


def _filed(plain: Mapping[str, Any]) -> tuple[Table, ...]:
    """The papers of a filing, each beside the lines of the contract that it stands for."""
    lines = plain["contract"]["lines"]

    def shares(covers: Sequence[Mapping[str, Any]]) -> str:
        return "；".join(f"{part['line']} {lines[part['line'] - 1]['what']} {yuan(part['amount'])}" for part in covers)

    invoices = tuple(
        (f"{one['code']} {one['number']}".strip(), one["issued"], one["seller"], TAXES[one["tax"]],
         yuan(one["amount"]), shares(one["covers"]), one["sha256"])
        for one in plain["invoices"]
    )  # fmt: skip
    payments = tuple(
        (one["number"], one["paid_on"], one["payer"], yuan(one["amount"]), shares(one["covers"]), one["sha256"])
        for one in plain["payments"]
    )
    equipment = tuple(
        (one["serial"], f"{one['line']} {lines[one['line'] - 1]['what']}", one["sha256"]) for one in plain["equipment"]
    )
    tables = (
        Table(
            "发票（单位：元）",
            ("代码、号码", "开票日期", "销售方", "含税", "金额", "对应价格行", "文件哈希"),
            invoices,
            frozenset({4}),
        ),
        Table(
            "付款凭证（单位：元）",
            ("凭证号", "付款日期", "付款账户", "金额", "对应价格行", "文件哈希"),
            payments,
            frozenset({3}),
        ),
        Table("设备", ("序列号", "对应价格行", "文件哈希"), equipment),
    )
    return tuple(table for table in tables if table.rows)


def _contract_line(plain: Mapping[str, Any]) -> str:
    return f"合同号 {plain['number']}，服务商 {plain['provider']}，签订日期 {plain['signed']}"


def _deadline_line(plain: Mapping[str, Any]) -> str:
    provisional = "（暂定）" if plain["provisional"] else ""
    expiry = "逾期视为放弃" if plain["on_expiry"] == "lapse" else "逾期记录并继续等待"
    reminders = f"，提醒日 {'、'.join(plain['remind_on'])}" if plain["remind_on"] else ""
    role = ROLES.get(plain["role"], plain["role"])
    return f"{period(plain['name'])}，由{role}办理，截止 {plain['due']}{provisional}{reminders}，{expiry}"


def _plain(value: Any) -> str:
    return str(value)
