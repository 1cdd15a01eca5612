"""Whether a pack agrees with itself: names that must exist, dates that must not cross, sums that must add up.

Asked of a file before it is used, never of a text that a batch keeps: what was once in force must read for ever.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from typing import Final

from domain.money import total
from domain.policy import Pack
from domain.policy_rows import (
    RATE,
    Amount,
    Approval,
    BudgetLine,
    County,
    Industry,
    Kpi,
    Notice,
    Phase,
    ProviderTier,
    Quota,
    SubsidyRate,
)

_CODE: Final = re.compile(r"[a-z][a-z0-9_]*")
_SECTIONS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_GB_4754: Final = re.compile(r"[A-Z]?[0-9]{2,4}")


@dataclass(frozen=True)
class Disagreement:
    """One thing in which a pack contradicts itself, and where to look: a key or a table, its row, its field."""

    key: str
    reason: str
    index: int = 0
    field: str = "value"


def disagreements(pack: Pack) -> list[Disagreement]:
    """Everything in which the pack contradicts itself. One wrong figure spoils many sums: they are told once."""
    wrong = list(_codes(pack))
    if wrong:
        return wrong
    for check in (_places, _targets, _phases, _tiers, _rates, _chains, _notices):
        wrong += check(pack)
    for sums in (_whole_targets, _quotas, _budget) if not wrong else ():
        wrong += [first for first in [next(sums(pack), None)] if first]
    return wrong


def _codes(pack: Pack) -> Iterator[Disagreement]:
    """No two rows of a table are the same, and whatever names a code names one that is there."""
    for table, rows in pack.tables.items():
        for index, row in enumerate(rows):
            field, code = row.NAMED_BY[0], getattr(row, "code", "")
            if row.label in [other.label for other in rows[:index]]:
                yield Disagreement(table, f"与前面的一行重复：{row.label}", index, field)
            elif field == "code" and not _CODE.fullmatch(code):
                yield Disagreement(table, f"code 应是小写拉丁字母、数字和下划线，不是“{code}”", index, field)
            for naming in _NAMING.get(table, ()):
                said = getattr(row, naming) or ()
                for other in (said,) if isinstance(said, str) else said:
                    if other == code or f"{table}.{other}" not in [one.label for one in rows]:
                        yield Disagreement(table, f"{naming} 中的“{other}”不是本表另一行的 code", index, naming)


def _places(pack: Pack) -> Iterator[Disagreement]:
    """The tables of industries and counties list exactly those that take part."""
    named: tuple[tuple[str, str, tuple[Industry | County, ...]], ...] = (
        ("industry", _PILOT, pack.rows(Industry)),
        ("county", _COUNTIES, pack.rows(County)),
    )
    for table, key, rows in named:
        listed, names = _listed(pack, key), [row.name for row in rows]
        strangers = [index for index, name in enumerate(names) if name not in listed]
        for index in strangers:
            yield Disagreement(table, f"“{names[index]}”不在 {key} 中", index, "name")
        missing = [name for name in listed if name not in names]
        if rows and missing and not strangers:
            yield Disagreement(table, f"缺少 {key} 中的“{missing[0]}”一行", 0, "name")
    for index, industry in enumerate(pack.rows(Industry)):
        for code in industry.codes or ():
            if not _GB_4754.fullmatch(code):
                yield Disagreement("industry", f"“{code}”不是 GB/T 4754 的代码", index, "codes")
        for other in pack.rows(Industry)[:index]:
            for code in industry.codes or ():
                if any(_within(code, its) or _within(its, code) for its in other.codes or ()):
                    yield Disagreement(
                        "industry", f"代码“{code}”已属“{other.name}”，一家企业只能归入一个行业", index, "codes"
                    )
        yield from _unknown("industry", index, "counties", industry.counties or (), _listed(pack, _COUNTIES))
    codes = [county.code for county in pack.rows(County)]
    for index, county in enumerate(pack.rows(County)):
        if county.code in codes[:index]:
            yield Disagreement("county", f"代码“{county.code}”已用于另一区县", index, "code")
        form = f"{pack.division}-[a-z]+" if county.zone else f"{pack.division[:4]}[0-9]{{2}}"
        if not re.fullmatch(form, county.code) or county.code == pack.division:
            shown = f"“{pack.division}-”加小写字母" if county.zone else f"{pack.division[:4]} 开头的六位国标代码"
            yield Disagreement("county", f"code 应是{shown}，不是“{county.code}”", index, "code")


def _within(code: str, other: str) -> bool:
    """Whether a class of GB/T 4754 is another one, or lies in it; the letter of the section is no part of either."""
    return code.lstrip(_SECTIONS).startswith(other.lstrip(_SECTIONS))


def _targets(pack: Pack) -> Iterator[Disagreement]:
    """A target adds up over its industries, and its range runs upwards."""
    pilot = _listed(pack, _PILOT)
    for index, kpi in enumerate(pack.rows(Kpi)):
        figures = kpi.industries or {}
        yield from _unknown("kpi", index, "industries", figures, pilot)
        if (kpi.additive is None) != (kpi.industries is None):
            yield Disagreement("kpi", "有分行业数的须写 additive，没有的不写", index, "additive")
        elif kpi.additive and kpi.unit == RATE:
            yield Disagreement("kpi", "比例不能相加，additive 应为 false", index, "additive")
        elif kpi.additive and _sum(figures.values()) != kpi.total:
            reason = f"分行业之和 {_sum(figures.values())} 不等于合计 {kpi.total}"
            yield Disagreement("kpi", reason, index, "industries")
        if kpi.upto is not None and kpi.upto <= kpi.total:
            yield Disagreement("kpi", f"upto {kpi.upto} 应大于 total {kpi.total}", index, "upto")


def _whole_targets(pack: Pack) -> Iterator[Disagreement]:
    """A target adds up over its parts, no part is larger than its whole, and the firms are as many as the city says."""
    by_code = {kpi.code: kpi for kpi in pack.rows(Kpi)}
    for index, kpi in enumerate(pack.rows(Kpi)):
        if kpi.code == "firms" and pack.has(_TARGET) and kpi.total != pack.count(_TARGET):
            yield Disagreement("kpi", f"企业数 {kpi.total} 与 {_TARGET} 的 {pack.count(_TARGET)} 不符", index, "total")
        parts = [_columns(by_code[code]) for code in kpi.parts or ()]
        whole = _columns(by_code[kpi.of]) if kpi.of and by_code[kpi.of].unit == kpi.unit != RATE else {}
        for column, figure in _columns(kpi).items():
            added = _sum(part[column] for part in parts if column in part)
            if parts and added != figure and all(column in part for part in parts):
                yield Disagreement("kpi", f"{column}：各部分之和 {added} 不等于 {figure}", index, "parts")
            if column in whole and figure > whole[column]:
                reason = f"{column}：其中 {figure} 大于“{by_code[kpi.of].name}”的 {whole[column]}"
                yield Disagreement("kpi", reason, index, "of")


def _columns(kpi: Kpi) -> dict[str, Amount]:
    return {"合计": kpi.total, **(kpi.industries or {})}


def _phases(pack: Pack) -> Iterator[Disagreement]:
    """Phases of one whole follow each other, unless the source itself lets them overlap; a part lies in its whole."""
    phases = pack.rows(Phase)
    by_code = {phase.code: phase for phase in phases}
    for index, phase in enumerate(phases):
        if phase.starts and phase.ends and phase.ends < phase.starts:
            yield Disagreement("phase", f"ends {phase.ends} 早于 starts {phase.starts}", index, "ends")
        if phase.overlaps and not phase.note:
            yield Disagreement("phase", "写了 overlaps，须以 note 说明原文如何重叠", index, "overlaps")
        for other in (by_code[code] for code in phase.overlaps or ()):
            if other.within != phase.within or not _cross(phase, other):
                yield Disagreement("phase", f"与“{other.code}”并不重叠", index, "overlaps")
        for other in phases[:index]:
            allowed = other.code in (phase.overlaps or ()) or phase.code in (other.overlaps or ())
            if other.within == phase.within and _cross(phase, other) and not allowed:
                yield Disagreement("phase", f"与“{other.code}”的日期重叠", index, "starts")
        if phase.ends and pack.has(_END) and phase.ends > pack.day(_END):
            yield Disagreement("phase", f"ends {phase.ends} 晚于 {_END} 的 {pack.day(_END)}", index, "ends")
        whole = by_code.get(phase.within)
        if whole and _outside(phase, whole):
            yield Disagreement("phase", f"超出“{whole.code}”的起止日期", index, "within")


def _cross(one: Phase, other: Phase) -> bool:
    if not (one.starts and one.ends and other.starts and other.ends):
        return False
    return one.starts <= other.ends and other.starts <= one.ends


def _outside(part: Phase, whole: Phase) -> bool:
    early = bool(whole.starts and part.starts and part.starts < whole.starts)
    return early or bool(whole.ends and part.ends and part.ends > whole.ends)


def _quotas(pack: Pack) -> Iterator[Disagreement]:
    """Every breakdown of the places adds up to the city's, and a finer one to the coarser."""
    quotas = list(enumerate(pack.rows(Quota)))
    for index, quota in quotas:
        if not _dimensions(quota):
            yield Disagreement("quota", "至少应写 industry、county、size 之一", index, "places")
        yield from _unknown("quota", index, "industry", (quota.industry,), ["", *_listed(pack, _PILOT)])
        yield from _unknown("quota", index, "county", (quota.county,), ["", *_listed(pack, _COUNTIES)])
    breakdowns: dict[frozenset[str], list[tuple[int, Quota]]] = {}
    for index, quota in quotas:
        breakdowns.setdefault(frozenset(_dimensions(quota)), []).append((index, quota))
    for dimensions, rows in breakdowns.items():
        added = sum(quota.places for _, quota in rows)
        if pack.has(_TARGET) and added != pack.count(_TARGET):
            reason = f"名额之和 {added} 不等于 {_TARGET} 的 {pack.count(_TARGET)}"
            yield Disagreement("quota", reason, rows[0][0], "places")
        for index, quota in rows:
            for finer in (rows for others, rows in breakdowns.items() if dimensions < others):
                part = sum(one.places for _, one in finer if _dimensions(quota).items() <= _dimensions(one).items())
                if part != quota.places:
                    yield Disagreement("quota", f"细分名额之和 {part} 不等于 {quota.places}", index, "places")


def _dimensions(quota: Quota) -> dict[str, str]:
    named = {"industry": quota.industry, "county": quota.county, "size": quota.size}
    return {name: value for name, value in named.items() if value}


def _budget(pack: Pack) -> Iterator[Disagreement]:
    """The lines add up to what each side gives, and enough of the central money reaches the firms' retrofits."""
    lines = pack.rows(BudgetLine)
    if not lines:
        yield from _shares(pack)
        return
    sums = {side: total(line.amount for line in lines if line.side == side) for side in ("central", "local")}
    retrofit = total(line.amount for line in lines if (line.side, line.use) == ("central", "retrofit"))
    sides = ("budget.central", sums["central"]), ("budget.local", sums["local"]), ("payout.budget", retrofit)
    off = {key: added.fen - pack.money(key).fen for key, added in sides if pack.has(key)}
    for key, added in sides:
        if off.get(key):
            where = _wrong_lines(pack, key, off)
            named = "、".join(lines[index].code for index in where)
            reason = f"预算行之和 {added.grouped()} 元不等于 {key} 的 {pack.money(key).grouped()} 元"
            yield (
                Disagreement("budget_line", f"{reason}，请核对 {named}", where[0], "amount")
                if where
                else Disagreement(key, reason)
            )
    for key, part, least in (
        ("budget.retrofit_share", retrofit, True),
        ("budget.supporting_share", sums["central"] - retrofit, False),
        ("budget.local_match", sums["local"], True),
    ):
        share = Fraction(part.fen, sums["central"].fen) if sums["central"].fen else Fraction(0)
        if pack.has(key) and (share < pack.ratio(key) if least else share > pack.ratio(key)):
            bound = "低于" if least else "高于"
            yield Disagreement(key, f"预算行合计占中央资金的 {float(share):.2%}，{bound} {float(pack.ratio(key)):.2%}")
    yield from _shares(pack)


def _shares(pack: Pack) -> Iterator[Disagreement]:
    """What goes into the firms' retrofits and what goes beside is the whole of the central money."""
    keys = ("budget.retrofit_share", "budget.supporting_share")
    if all(map(pack.has, keys)) and (whole := sum(map(pack.ratio, keys))) != 1:
        yield Disagreement(keys[0], f"{'、'.join(keys)} 之和为 {float(whole):.2%}，不是 100%")


def _wrong_lines(pack: Pack, key: str, off: dict[str, int]) -> list[int]:
    """The budget lines that break a sum, as far as the pack's other figures tell; none where the sum itself may."""
    side = "local" if key == "budget.local" else "central"
    of_side = [(index, line) for index, line in enumerate(pack.rows(BudgetLine)) if line.side == side]
    if key == "budget.central" and off.get("payout.budget") == off[key]:  # two sums miss the same: a retrofit line
        return [index for index, line in of_side if line.use == "retrofit"]
    matched = ("budget.central", "budget.local", "budget.local_match")
    if key == "payout.budget" or not all(map(pack.has, matched)):
        return []
    central, local, match = pack.money(matched[0]), pack.money(matched[1]), pack.ratio(matched[2])
    if central.fen * match != local.fen:
        return []  # the sums do not agree with each other either
    right = "retrofit" if off.get("payout.budget") == 0 else ""
    return [index for index, line in of_side if line.use != right or side == "local"]


def _tiers(pack: Pack) -> Iterator[Disagreement]:
    """A range of providers runs upwards, and no tier is in the end chosen from itself."""
    for index, tier in enumerate(pack.rows(ProviderTier)):
        if tier.most is not None and (tier.least is None or tier.most <= tier.least):
            yield Disagreement("provider_tier", f"most {tier.most} 应大于 least", index, "most")
    rows = {tier.code: tier for tier in pack.rows(ProviderTier)}
    for index, tier in enumerate(rows.values()):
        seen, now = {tier.code}, tier
        while now.chosen_from and now.chosen_from not in seen:
            seen.add(now.chosen_from)
            now = rows[now.chosen_from]
        if now.chosen_from == tier.code:
            reason = f"“{tier.name}”归根到底从它自己中选出，谁也不能列入"
            yield Disagreement("provider_tier", reason, index, "chosen_from")
            return


def _rates(pack: Pack) -> Iterator[Disagreement]:
    """No firm meets two rows that say the same figure, and a row says at least one."""
    rows = pack.rows(SubsidyRate)
    for index, row in enumerate(rows):
        if row.ratio is None and row.cap is None:
            yield Disagreement("subsidy_rate", "ratio、cap 至少应写一项", index, "batch")
        if row.starts and row.ends and row.ends < row.starts:
            yield Disagreement("subsidy_rate", f"ends {row.ends} 早于 starts {row.starts}", index, "ends")
        for before in rows[:index]:
            twice = (row.ratio and before.ratio) or (row.cap and before.cap)
            if twice and _meet(row, before):
                yield Disagreement("subsidy_rate", f"与“{before.label}”适用于同样的企业", index, "batch")


def _meet(one: SubsidyRate, other: SubsidyRate) -> bool:
    """Whether a firm could fall under both."""
    named = ((one.batch, other.batch), (one.level, other.level))
    apart = any(mine and its and mine != its for mine, its in named)
    after = one.starts and other.ends and other.ends < one.starts
    return not (apart or after or (other.starts and one.ends and one.ends < other.starts))


def _chains(pack: Pack) -> Iterator[Disagreement]:
    """The steps of a chain of approvals stand together, counted from one without a gap."""
    seen: set[str] = set()
    rows = list(enumerate(pack.rows(Approval)))
    for chain, steps in groupby(rows, key=lambda row: row[1].chain):
        for expected, (index, row) in enumerate(steps, start=1):
            if chain in seen or row.step != expected:
                yield Disagreement(
                    "approval", f"同一审批链的环节应连写，从 1 起依次递增，不是 {row.step}", index, "step"
                )
                break
        seen.add(chain)


def _notices(pack: Pack) -> Iterator[Disagreement]:
    """What is published stands for a day at least."""
    for index, notice in enumerate(pack.rows(Notice)):
        if notice.days == 0:
            yield Disagreement("notice", "days 应大于 0；原文没有写日数的，不写 days", index, "days")


def _listed(pack: Pack, key: str) -> tuple[str, ...]:
    return pack.list(key) if pack.has(key) else ()


def _unknown(table: str, index: int, field: str, names: Iterable[str], known: Sequence[str]) -> Iterator[Disagreement]:
    for name in names:
        if name not in known:
            yield Disagreement(table, f"{field} 中的“{name}”不在本市参与之列", index, field)


def _sum(figures: Iterable[Amount]) -> Amount:
    return sum(figures, start=0)


_NAMING: Final = {"kpi": ("of", "parts"), "phase": ("within", "overlaps"), "provider_tier": ("chosen_from",)}
"""By table: the fields that name other rows of it."""
_PILOT: Final = "selection.industries"
_COUNTIES: Final = "selection.counties"
_TARGET: Final = "programme.target_firms"
_END: Final = "programme.end"
