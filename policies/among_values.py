"""Whether the single values of a pack agree with each other: days in order, weights that make a whole, known sources.

Asked of a file before it is used, as ``policies.agreement`` asks its tables, and never of a text that a batch keeps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from itertools import pairwise
from typing import Final

from domain.identity import is_plain
from domain.money import ZERO
from domain.policy import KEYS, Pack
from policies.agreement import Disagreement
from policies.places import nearest

_MEASURED: Final = ("count", "money", "ratio", "level", "days")
"""Kinds of values that a comparator can tie down; a text or a date is what it is."""
_IN_ORDER: Final = ("programme.start", "contract.not_before", "contract.not_after", "programme.end")
"""Days of which none is before the one named ahead of it."""
_AT_MOST: Final = ("payout.ratio", "payout.cap", "payout.budget", "contract.price_tolerance", "budget.supporting_share")
_AT_LEAST: Final = ("evaluation.min_level", "evaluation.self_level", "budget.retrofit_share")
_WAYS: Final = {**dict.fromkeys(_AT_MOST, "≤"), **dict.fromkeys(_AT_LEAST, "≥")}
"""Values that the engine holds to as a ceiling or as a floor: a comparator that says the contrary would be a lie."""
_MORE_THAN_NOTHING: Final = (
    *("programme.target_firms", "selection.batches", "supervision.count", "contract.price_tolerance"),
    *("payout.cap", "payout.budget", "budget.central", "budget.local", "rating.volume_full"),
)
_WEIGHTS: Final = ("rating.satisfaction", "rating.outcome", "rating.volume")
_NUMERAL: Final = "[一二三四五六七八九十]+"
_ELSEWHERE: Final = re.compile(rf"(名录依 )?GB/T [0-9]|{_NUMERAL}(\(|（|、|$| )|第{_NUMERAL}条")
"""How the second clause of a value may begin without naming a source: a national standard, or another section."""


def disagreements(pack: Pack) -> list[Disagreement]:
    """Everything in which the values contradict each other, in the order of the rules."""
    checks = (_texts, _days, _comparators, _nothing, _weights, _hands, _clauses, _sources)
    return [wrong for check in checks for wrong in check(pack)]


def _texts(pack: Pack) -> Iterator[Disagreement]:
    """What is compared word by word holds no character that nobody sees, and no line of its own inside."""
    for key, held in pack.values.items():
        for index, cited in enumerate(held):
            yield from _unseen(key, index, {"value": cited.value, "clause": cited.clause, "note": cited.note})
    for table, rows in pack.tables.items():
        for index, row in enumerate(rows):
            yield from _unseen(table, index, {one.name: getattr(row, one.name) for one in fields(row)})


def _unseen(key: str, index: int, said: dict[str, object]) -> Iterator[Disagreement]:
    for field, held in said.items():
        for text in held if isinstance(held, tuple) else (held,):
            if isinstance(text, str) and text and not is_plain(text):
                hidden = next((ch for ch in text if ch != " " and not ch.isprintable()), " ")
                yield Disagreement(key, f"文字含有换行或不可见字符（U+{ord(hidden):04X}），请删去", index, field)


def _days(pack: Pack) -> Iterator[Disagreement]:
    for first, second in pairwise(key for key in _IN_ORDER if pack.has(key)):
        if pack.day(second) < pack.day(first):
            yield Disagreement(second, f"{pack.day(second)} 早于 {first} 的 {pack.day(first)}")


def _comparators(pack: Pack) -> Iterator[Disagreement]:
    for key, held in pack.values.items():
        for index, cited in enumerate(held):
            if cited.comparator != "=" and KEYS[key].kind not in _MEASURED:
                yield Disagreement(key, f"此键不是数，不写比较符“{cited.comparator}”", index, "comparator")
            elif key in _WAYS and cited.comparator not in ("=", _WAYS[key]):
                bound = "上限" if _WAYS[key] == "≤" else "下限"
                reason = f"此键是{bound}，比较符只能是 {_WAYS[key]}，不是“{cited.comparator}”"
                yield Disagreement(key, reason, index, "comparator")


def _nothing(pack: Pack) -> Iterator[Disagreement]:
    """Where there is none of a thing, its key is left out: nought is no ceiling, and nothing is divided by it."""
    for key in _MORE_THAN_NOTHING:
        for index, cited in enumerate(pack.values.get(key, ())):
            if cited.value in (0, ZERO):
                yield Disagreement(key, "应大于 0；没有规定的不写此键", index)


def _weights(pack: Pack) -> Iterator[Disagreement]:
    """What a provider's rating counts is the whole of it."""
    if all(pack.has(key) for key in _WEIGHTS) and (whole := sum(pack.ratio(key) for key in _WEIGHTS)) != 1:
        yield Disagreement(_WEIGHTS[0], f"{'、'.join(_WEIGHTS)} 之和为 {float(whole):.2%}，不是 100%")


def _hands(pack: Pack) -> Iterator[Disagreement]:
    """What is forbidden cannot be approved."""
    if pack.has("independence.forbidden") and pack.has("independence.approval"):
        for pair in pack.list("independence.approval"):
            if pair in pack.list("independence.forbidden"):
                yield Disagreement("independence.approval", f"“{pair}”已在 independence.forbidden 中禁止")


def _clauses(pack: Pack) -> Iterator[Disagreement]:
    """A value that rests on several documents names a source of the pack for each."""
    known = "、".join(pack.sources)
    for key, index, clause in _basis(pack):
        for part in clause.split("；")[1:]:
            if part not in pack.sources and part.split(" ")[0] not in pack.sources and not _ELSEWHERE.match(part):
                near = nearest(part.split(" ")[0], pack.sources)
                yield Disagreement(key, f"条款“{part}”不出自来源（{known}）{near}", index, "clause")


def _sources(pack: Pack) -> Iterator[Disagreement]:
    """A document that no value or row rests on is none of the pack's sources: it is cited somewhere, or named in vain.

    Which sections a document has, no pack says; so whether a cited section exists is not asked.
    """
    cited = [part for _, _, clause in _basis(pack) for part in clause.split("；")]
    for short in pack.sources:
        if not any(part == short or part.startswith(f"{short} ") for part in cited):
            yield Disagreement("city.sources", f"来源“{short}”没有任何值或行引用", field=short)


def _basis(pack: Pack) -> Iterator[tuple[str, int, str]]:
    """Key or table, place in it, clause: of every value and row."""
    for key, held in pack.values.items():
        yield from ((key, index, cited.clause) for index, cited in enumerate(held))
    for table, rows in pack.tables.items():
        yield from ((table, index, row.clause) for index, row in enumerate(rows))
