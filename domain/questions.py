"""口径: what kinds of answers a pack can hold, and the statements of the sources that no step asks for yet.

A statement is kept so that nothing a source says is lost; where a source is silent it is no open question, since no
step would stop for it. When a step begins to ask, its key moves to ``domain.policy.KEYS`` under the same name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

Kind = Literal["text", "count", "flag", "date", "money", "ratio", "days", "list", "level"]

COMPARATORS: Final = ("=", "≥", "≤", "≈", "力争")
"""How a source ties a figure down: exactly, at least, at most, about (左右), or as what it strives for."""


@dataclass(frozen=True)
class Key:
    """What a pack can be asked: the kind of the answer, and the question put to the city when it is absent."""

    kind: Kind
    question: str
    unit: str = ""
    """What a count counts: 家, 次."""
    words: Mapping[str, str] = field(default_factory=dict)
    """Where the engine acts on the word itself: the words it knows, each with its Chinese. Empty: any words."""
    asked: bool = True
    """Whether a step asks. What no step asks for is kept where a source says it, and is never an open question."""


def _stated(kind: Kind, question: str, unit: str = "") -> Key:
    return Key(kind, question, unit, asked=False)


STATEMENTS: Final[Mapping[str, Key]] = {
    "programme.basis": _stated("list", "依据哪些文件"),
    "programme.issuers": _stated("list", "由哪些机关发文"),
    "programme.issued": _stated("date", "文件何日印发"),
    "programme.validity": _stated("text", "文件自何时施行、有效期多久"),
    "programme.interpreters": _stated("list", "由哪些机关解释"),
    "programme.consultation": _stated("text", "是否征求意见稿，征求意见多久"),
    "programme.award": _stated("text", "何时获批、属国家第几批试点"),
    "programme.principles": _stated("list", "工作原则有哪些"),
    "programme.governance": _stated("list", "组织领导如何设置"),
    "programme.county_duties": _stated("list", "区县承担哪些工作"),
    "programme.county_incentive": _stated("text", "对区县有何激励"),
    "programme.adjustment": _stated("text", "执行期间政策调整如何处理"),
    "programme.security": _stated("list", "网络和数据安全有哪些要求"),
    "programme.training": _stated("list", "培训哪些人、哪些内容"),
    "selection.method": _stated("text", "试点企业以何种方式产生"),
    "selection.population": _stated("list", "面向哪些企业"),
    "selection.criteria": _stated("list", "遴选看哪些条件"),
    "selection.conditions": _stated("list", "申报主体须具备哪些条件"),
    "selection.exclusions": _stated("list", "哪些企业不予支持"),
    "selection.survey": _stated("text", "遴选前如何自评摸底"),
    "selection.batches": _stated("count", "分几批遴选", unit="批"),
    "selection.batching": _stated("text", "分批如何进行"),
    "selection.requota": _stated("text", "下批次名额如何调整"),
    "selection.models": _stated("list", "样板、标杆企业看哪些方面，如何选取"),
    "diagnosis.coverage": _stated("ratio", "诊断覆盖多少试点企业"),
    "diagnosis.method": _stated("text", "诊断如何开展"),
    "diagnosis.outputs": _stated("list", "诊断形成哪些成果"),
    "diagnosis.baseline": _stated("text", "改造前水平如何确定"),
    "contract.free_choice": _stated("text", "企业是否自主选择服务商"),
    "contract.matching": _stated("text", "供需如何配对"),
    "contract.reviews": _stated("list", "方案、价格、合同由谁审核"),
    "contract.price_list": _stated("text", "是否有标准化产品价格清单"),
    "contract.record": _stated("text", "改造项目如何备案、跟踪"),
    "retrofit.scope": _stated("list", "改造实施哪些内容"),
    "supervision.count": _stated("count", "选取几家监理单位", unit="家"),
    "supervision.scope": _stated("list", "监理负责哪些工作"),
    "evaluation.self_level": _stated("level", "自评达到几级方可申请验收"),
    "evaluation.criteria": _stated("list", "改造成效还评价哪些方面"),
    "evaluation.minimum_evaluators": _stated("count", "现场评测至少几人", unit="人"),
    "evaluation.other_standards": _stated("list", "还采用哪些指标"),
    "acceptance.by": _stated("text", "由谁评测验收"),
    "acceptance.evidence": _stated("list", "评测验收以哪些材料、程序为据"),
    "acceptance.uses": _stated("list", "验收结果用于何处"),
    "payout.instruments": _stated("list", "资金以哪些方式支持"),
    "payout.basis": _stated("text", "发放补贴以什么为依据"),
    "payout.conditions": _stated("list", "兑付须满足哪些条件"),
    "payout.batch_ratio": _stated("text", "各批次补贴比例如何确定"),
    "payout.level_dependence": _stated("text", "补贴是否随数字化水平等级而异"),
    "payout.ineligible": _stated("list", "哪些支出不得列支"),
    "payout.prepay": _stated("text", "是否预拨"),
    "payout.exhaustion": _stated("text", "预算不足时如何处理"),
    "payout.queue": _stated("text", "排队以什么为序"),
    "payout.payment": _stated("text", "资金由谁、如何拨付到企业"),
    "payout.treasury": _stated("text", "支付执行哪些财政制度"),
    "payout.retention": _stated("text", "票据凭证如何保存"),
    "payout.double_funding": _stated("text", "与其他政策资金如何衔接"),
    "budget.central": _stated("money", "中央财政资金共多少"),
    "budget.local": _stated("money", "地方配套资金共多少"),
    "budget.sources": _stated("list", "资金来自哪里"),
    "budget.local_match": _stated("ratio", "地方按中央资金的几成配套"),
    "budget.local_burden": _stated("text", "地方配套资金由谁负担"),
    "budget.uses": _stated("list", "专项资金用于哪些方面"),
    "budget.retrofit_share": _stated("ratio", "中央资金用于企业改造的最低比例是多少"),
    "budget.supporting_share": _stated("ratio", "中央资金用于其他方面的最高比例是多少"),
    "budget.performance": _stated("list", "资金绩效如何管理"),
    "budget.roles": _stated("list", "资金管理各方负责什么"),
    "services.bodies": _stated("list", "选取哪些第三方服务机构"),
    "services.tenders": _stated("list", "配套服务分哪些项目采购"),
    "services.basis": _stated("text", "配套服务以什么为依据"),
    "services.platform": _stated("list", "服务平台有哪些功能"),
    "providers.admission": _stated("list", "遴选服务商看哪些方面"),
    "providers.dynamic": _stated("text", "对服务商如何动态管理"),
    "providers.rating": _stated("list", "对服务商评价哪些方面"),
    "products.pool": _stated("text", "产品和解决方案如何征集、管理"),
    "products.lists": _stated("list", "编制哪些清单"),
    "reporting.evaluations": _stated("list", "何时开展绩效评价"),
    "reporting.progress": _stated("text", "进度如何调度、通报"),
    "lookback.inspector": _stated("text", "由谁抽查"),
    "lookback.frequency": _stated("text", "抽查的频次如何"),
    "lookback.adjustment": _stated("text", "试点企业如何动态调整"),
    "recovery.grounds": _stated("list", "哪些情形收回资金"),
    "recovery.misuse": _stated("list", "资金不得如何使用"),
    "recovery.liability": _stated("text", "违法违规如何追究责任"),
    "notices.rule": _stated("text", "信息公开按什么规定"),
    "finance.support": _stated("list", "有哪些金融支持"),
}
