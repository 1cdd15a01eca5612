"""测算: what a firm could get for what it plans to spend, worked out by the rules that decide it later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from domain.case.acceptance import level_must_reach_the_minimum
from domain.case.contract import contract_must_be_signed_within_the_pilot
from domain.case.entitlement import clauses_of, entitlement
from domain.money import ZERO, Money, total
from domain.policy import KEYS, SPEND_KINDS, Cited, Pack
from domain.rejections import Rejection
from domain.spend import Entitlement, Grounds, SpendLine
from domain.standard import Grade

_PAID_BY: Final[Sequence[str]] = ("payout.eligible", "payout.ratio", "payout.cap")
_GUARDS: Final[Sequence[str]] = ("evaluation.min_level", "contract.not_before", "contract.not_after")
"""What an estimate holds against the pack where the sources say it, and names as unchecked where they do not."""


@dataclass(frozen=True)
class Plan:
    """What a firm has in mind. Raises ValueError where the works are over before they are agreed, or no sum can be."""

    level: int
    """The level it expects to reach."""
    signed: date
    completed: date
    lines: tuple[SpendLine, ...]
    batch: str = ""
    """The batch it has in mind; empty where none is named."""

    def __post_init__(self) -> None:
        if self.completed < self.signed:
            raise ValueError(f"完工日期 {self.completed} 早于签订日期 {self.signed}")
        total(line.amount for line in self.lines)


@dataclass(frozen=True)
class Estimate:
    """The answer: the amount with every step and what was left out, and the clauses it rests on."""

    worked_out: Entitlement
    clauses: tuple[str, ...]
    """Of what is eligible, the ratio, the cap."""
    unchecked: Mapping[str, str]
    """The guards that the sources say nothing of, key by key with the question."""
    assumed: Mapping[str, Cited]
    """What of it no source says, by key: only a rehearsal's overlay does."""
    reserves: tuple[str, ...]
    """What the amount does not settle, in Chinese: that it is the most there can be, or what nobody has looked at."""


def spend_line(kind: str, yuan: str) -> SpendLine:
    """One line of a plan; raises ValueError for what is no amount, or one below zero."""
    amount = Money.yuan(yuan)
    if amount < ZERO:
        raise ValueError(f"金额不能小于零，收到“{yuan}”")
    return SpendLine(kind, "其他支出" if kind == "other" else SPEND_KINDS[kind], amount)


def estimate(plan: Plan, pack: Pack) -> Estimate:
    """By the rules of the day of completion; a guard whose value the sources do not give stops nobody here.

    Raises Rejection where a guard refuses, OpenQuestion where the pack does not say what is paid.
    """
    pack = pack.on(plan.completed)
    if pack.has("evaluation.min_level"):
        none = Decimal(0)
        level_must_reach_the_minimum(Grade("", plan.level, none, none, none, 0, 0), pack)
    for key, word in (("contract.not_before", "早于"), ("contract.not_after", "晚于")):
        if pack.has(key) and (plan.signed < pack.day(key) if word == "早于" else plan.signed > pack.day(key)):
            sentence = f"合同签订日 {plan.signed} {word} {pack.day(key)}，不在试点期内"
            raise Rejection(contract_must_be_signed_within_the_pilot.__name__, sentence, pack.clause(key))
    grounds = Grounds(batch=plan.batch, level=plan.level, completed=plan.completed)
    worked_out = entitlement(plan.lines, pack, plan.completed, grounds)
    clauses = clauses_of(pack, plan.completed, grounds)
    unchecked = {key: KEYS[key].question for key in _GUARDS if not pack.has(key)}
    laid_over = pack.assumptions()
    assumed = {key: laid_over[key] for key in (*_PAID_BY, *_GUARDS) if key in laid_over}
    return Estimate(worked_out, clauses, unchecked, assumed, tuple(_reserves(plan, pack)))


def _reserves(plan: Plan, pack: Pack) -> Iterator[str]:
    ratio = pack.cited("payout.ratio", plan.completed) if pack.has("payout.ratio") else None
    if ratio is not None and ratio.comparator == "≤":
        yield f"补贴比例规则只写最高多少，此处按最高计，是最多可得之数（{ratio.clause}）"
    end = pack.cited("programme.end") if pack.has("programme.end") else None
    if end is not None and plan.completed > pack.day("programme.end"):
        late = f"完工日期 {plan.completed} 晚于试点期止日 {pack.day('programme.end')}（{end.clause}）"
        if pack.has("payout.conditions"):
            conditions = f"{'；'.join(pack.list('payout.conditions'))}（{pack.clause('payout.conditions')}）"
            yield f"{late}。兑付条件为：{conditions}。试点期以后的投入未从中剔除，由评测机构核实"
        else:
            yield f"{late}，试点期以后完工的如何兑付来源没有规定"
    if plan.batch:
        yield f"按现行规则包测算，没有查批次“{plan.batch}”是否开启、固定的是哪一版规则"
