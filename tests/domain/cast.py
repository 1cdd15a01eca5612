"""Who plays, and by which rules: the people of one case and a pack with every key answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from typing import Final

from domain.identity import case_id
from domain.money import Money
from domain.payout_round.plan import Account
from domain.people import SYSTEM, Person, Role
from domain.policy import KEYS, Cited, Days, Pack, Standing, Value
from domain.spend import Contract, SpendLine
from domain.standard import Grade

CITY, PROGRAMME, CODE = "sample", "2025-1", "91370300MA3C0AB12X"
OUT: Final = "91370300MA3C0PRY9X"
"""The code of the provider in the play, once it was removed."""
CASE: Final = case_id(CITY, PROGRAMME, CODE)

firm = Person("firm-1", Role.FIRM, CODE)
county = Person("county-1", Role.COUNTY, "东区")
clerk1 = Person("clerk-1", Role.CLERK, CITY)
clerk2 = Person("clerk-2", Role.CLERK, CITY)
head = Person("head-1", Role.HEAD, CITY)
head2 = Person("head-2", Role.HEAD, CITY)
leader = Person("leader-1", Role.LEADER, CITY)
leader2 = Person("leader-2", Role.LEADER, CITY)
leader3 = Person("leader-3", Role.LEADER, CITY)
treasury = Person("treasury-1", Role.TREASURY, CITY)
treasury2 = Person("treasury-2", Role.TREASURY, CITY)
county_treasury = Person("county-treasury-1", Role.COUNTY_TREASURY, "东区")
supervisor = Person("supervisor-1", Role.SUPERVISOR, "监理公司")
diagnoser = Person("diagnoser-1", Role.DIAGNOSER, "诊断中心")
evaluator = Person("evaluator-1", Role.EVALUATOR, "评测中心")
inspector = Person("inspector-1", Role.INSPECTOR, "抽查组")
provider = Person("provider-1", Role.PROVIDER, "云软公司")
expert = Person("expert-1", Role.EXPERT, "示例大学")
auditor = Person("auditor-1", Role.AUDITOR, "审计局")

PEOPLE: Final[tuple[Person, ...]] = (
    *(firm, county, clerk1, clerk2, head, head2, leader, leader2, leader3, treasury, treasury2, county_treasury),
    *(supervisor, diagnoser, evaluator, expert, inspector, provider, auditor, SYSTEM),
)
HAND_OF: Final[Mapping[Role, Person]] = {person.role: person for person in reversed(PEOPLE)}
"""One person for every role, of the organisation that has to do with the case."""

LEVEL_2: Final = Grade("2024", 2, Decimal(30), Decimal(18), Decimal(12), 6, 3)
LEVEL_1: Final = Grade("2024", 1, Decimal(15), Decimal(9), Decimal(6), 4, 3)

LINES: Final = (
    SpendLine("software", "制造执行系统", Money.yuan("600000.01")),
    SpendLine("cloud", "云服务", Money.yuan("150000")),
    SpendLine("acquisition", "网关", Money.yuan("50000")),
    SpendLine("consulting", "咨询", Money.yuan("20000")),
)
"""Eligible 800 000.01 yuan; half of it, rounded down, is 400 000.00."""
ENTITLEMENT: Final = Money.yuan("400000.00")
ACCOUNT: Final = Account("示例轴承有限公司", "示例银行东区支行", "6222000011112222")


def contract(
    *,
    number: str = "HT-1",
    provider: str = provider.organisation,
    signed: date = date(2026, 2, 2),
    lines: tuple[SpendLine, ...] = LINES,
    total: Money | None = None,
) -> Contract:
    """A contract that is in order, unless something is changed."""
    added = Money(sum(line.amount.fen for line in lines))
    return Contract(number, provider, signed, lines, added if total is None else total)


VALUES: Final[Mapping[str, Value]] = {
    "programme.start": date(2025, 7, 1),
    "programme.end": date(2027, 8, 31),
    "programme.target_firms": 60,
    "selection.industries": ("轴承", "建材"),
    "selection.counties": ("东区", "西区"),
    "selection.max_supplements": 1,
    "selection.exclusion_lists": ("funded", "dishonest"),
    "diagnosis.by": "第三方诊断机构",
    "contract.not_before": date(2025, 7, 1),
    "contract.not_after": date(2027, 5, 31),
    "contract.supervised": True,
    "contract.max_changes": 1,
    "evaluation.answers_required": False,
    "contract.price_tolerance": 110,
    "independence.forbidden": ("diagnosis+evaluation", "retrofit+supervision"),
    "independence.approval": ("diagnosis+retrofit",),
    "rating.satisfaction": Fraction(3, 5),
    "rating.outcome": Fraction(3, 10),
    "rating.volume": Fraction(1, 10),
    "rating.volume_full": 4,
    "evaluation.standard": "2024",
    "evaluation.min_level": 2,
    "acceptance.max_rectifications": 1,
    "payout.mode": "先建后补",
    "payout.ratio": Fraction(1, 2),
    "payout.cap": Money.wan(50),
    "payout.eligible": ("software", "cloud", "acquisition"),
    "payout.chain": ("countersign", "government"),
    "payout.budget": Money.wan(1000),
    "payout.order": ("queue", "selection"),
    "payout.queue_key": "applied",
    "payout.queue_kept": True,
    "payout.tail": "stop",
    "lookback.rule": "对已验收企业随机抽查",
    "lookback.share": Fraction(1, 5),
    "lookback.grounds": ("系统停用", "数据失真", "等级回落"),
    "lookback.clawback": "yes",
    "recovery.basis": "all",
    "publicity.suspends": True,
    "reminders.leads": ("3", "1"),
    "timers.supplement": Days(5, "working", "lapse"),
    "timers.county_review": Days(10, "working"),
    "timers.city_review": Days(8, "working"),
    "timers.list_notice": Days(5, "working"),
    "publicity.allocation": Days(7, "natural"),
    "publicity.providers": Days(5, "working"),
    "publicity.revocation": Days(5, "working"),
    "publicity.call": Days(5, "working"),
    "timers.diagnosis": Days(20, "working"),
    "timers.contract": Days(60, "natural"),
    "timers.contract_review": Days(10, "working"),
    "timers.implementation": Days(180, "natural"),
    "timers.acceptance_application": Days(90, "natural"),
    "timers.evaluation": Days(20, "working"),
    "timers.acceptance_decision": Days(10, "working"),
    "timers.rectification": Days(30, "natural"),
    "timers.acceptance_notice": Days(5, "working"),
    "timers.entitlement": Days(10, "working"),
    "timers.payment": Days(10, "working"),
    "timers.inspection": Days(20, "working"),
    "timers.statement": Days(5, "working"),
    "timers.lookback_rectification": Days(30, "natural"),
    "timers.refund": Days(30, "natural"),
}


def clause(key: str) -> str:
    """Where the sample pack says so."""
    return f"示例办法 {key}"


def rules(changes: Mapping[str, Value] | None = None, *, without: Iterable[str] = ()) -> Pack:
    """The sample pack, with some answers changed or missing. Equal rules have an equal version."""
    missing = set(without)
    held = {key: value for key, value in {**VALUES, **(changes or {})}.items() if key not in missing}
    assert {key for key, spec in KEYS.items() if spec.asked} <= set(held) | missing <= set(KEYS)
    return Pack(
        city=CITY,
        name="示例市",
        division="370000",
        agency="示例市工业和信息化局",
        programme=PROGRAMME,
        version=sha256(repr(sorted(held.items())).encode()).hexdigest(),
        values={key: (Cited(value, clause(key), Standing.STATED),) for key, value in held.items()},
    )


RULES: Final = rules()
REVISED: Final = rules({"lookback.share": Fraction(1, 4)}).version
"""The text that every play's batch puts into force after the one it was opened with."""
