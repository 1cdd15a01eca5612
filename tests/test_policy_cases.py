"""The cases beside the packs, which a lawyer can read: on a day, a question, the answer, the clause."""

import tomllib
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from domain.case.acceptance import level_must_reach_the_minimum
from domain.case.application import firm_must_be_in_a_county_of_the_city, firm_must_be_in_a_pilot_industry
from domain.case.contract import contract_must_be_signed_within_the_pilot
from domain.case.entitlement import entitlement
from domain.money import Money
from domain.policy import KEYS, Pack, Row
from domain.policy_rows import TABLES, columns_of
from domain.rejections import OpenQuestion, Rejection
from domain.spend import SpendLine
from domain.standard import Grade
from policies import columns, load, notation

NONE = Decimal(0)
RULES: Mapping[str, Callable[[Pack, str, date], None]] = {
    "level_must_reach_the_minimum": lambda pack, level, _: level_must_reach_the_minimum(
        Grade("", int(level), NONE, NONE, NONE, 0, 0), pack
    ),
    "firm_must_be_in_a_pilot_industry": lambda pack, named, _: firm_must_be_in_a_pilot_industry(named, pack),
    "firm_must_be_in_a_county_of_the_city": lambda pack, named, _: firm_must_be_in_a_county_of_the_city(named, pack),
    "contract_must_be_signed_within_the_pilot": lambda pack, signed, on: contract_must_be_signed_within_the_pilot(
        date.fromisoformat(signed), on, pack
    ),
}
"""The rules a case may ask, by name."""
FILES = sorted((Path(__file__).parent / "policies").glob("*.toml"))
CASES = [(path.stem, case) for path in FILES for case in tomllib.loads(path.read_text("utf-8"))["case"]]


def answer(city: str, case: dict[str, Any]) -> dict[str, Any]:
    """The case as the pack would have it told: the same question, and what the pack says to it."""
    asked = {field: case[field] for field in ("says", "on", "ask", "column", "input", "spend") if field in case}
    pack = load.load(city)
    rows = {row.label: row for held in pack.tables.values() for row in held}
    if case["ask"] in KEYS:
        return asked | _value(pack, case)
    if case["ask"] == "entitlement":
        return asked | _entitlement(pack, case)
    if case["ask"] in RULES:
        return asked | _judged(pack, case)
    kind = TABLES[case["ask"].partition(".")[0]]
    known = case["column"] in [column.title for column in columns_of(kind).values()]
    return asked | (_cell(pack, rows[case["ask"]], case) if case["ask"] in rows else {"absent": known})


def _judged(pack: Pack, case: dict[str, Any]) -> dict[str, Any]:
    """What the rule itself says to the input, as it would to a clerk."""
    try:
        RULES[case["ask"]](pack, case["input"], case["on"])
    except OpenQuestion:
        return {"open": True}
    except Rejection as no:
        return {"judged": "不予", "clause": no.refusal.clause}
    return {"judged": "准予"}


def _value(pack: Pack, case: dict[str, Any]) -> dict[str, Any]:
    spec = KEYS[case["ask"]]
    try:
        cited = pack.cited(case["ask"], case["on"])
    except OpenQuestion as question:
        return {"open" if spec.asked else "absent": question.question.endswith(f"{spec.question}？")}
    if "input" in case:
        assert isinstance(cited.value, tuple)
        return {"contains": case["input"] in cited.value, "clause": cited.clause}
    return {"expected": notation.say(spec, cited), "clause": cited.clause}


def _cell(pack: Pack, row: Row, case: dict[str, Any]) -> dict[str, Any]:
    said = columns.say(row, pack)
    if case["column"] not in said:
        return {"absent": case["column"] in [column.title for column in columns_of(type(row)).values()]}
    if "input" in case:
        return {"contains": case["input"] in said[case["column"]].split("、"), "clause": row.clause}
    return {"expected": said[case["column"]], "clause": row.clause}


def _entitlement(pack: Pack, case: dict[str, Any]) -> dict[str, Any]:
    spend = [SpendLine(kind, kind, Money.yuan(amount)) for kind, amount in case["spend"].items()]
    try:
        worked_out = entitlement(spend, pack, case["on"])
    except OpenQuestion:
        return {"open": True}
    cited = {pack.cited(key, case["on"]).clause: None for key in ("payout.eligible", "payout.ratio", "payout.cap")}
    return {"expected": f"{worked_out.amount.grouped()} 元", "clause": "、".join(cited)}


@pytest.mark.parametrize(("city", "case"), CASES, ids=[f"{city}:{case['says']}" for city, case in CASES])
def test_the_pack_answers_as_the_case_says(city: str, case: dict[str, Any]) -> None:
    assert answer(city, case) == case


def test_every_city_has_at_least_twenty_five_cases_each_of_its_own() -> None:
    assert {path.stem for path in FILES} == set(load.cities())
    for city in load.cities():
        told = [case["says"] for held, case in CASES if held == city]
        assert len(told) == len(set(told)) >= 25, city


@pytest.mark.parametrize("ask", ["payout.cap", "entitlement", "budget_line.retrofit"])
def test_a_case_that_is_wrong_about_its_clause_or_its_figure_is_seen(ask: str) -> None:
    case = next(case for city, case in CASES if city == "dalian" and case["ask"] == ask)

    for wrong in ({"clause": "大连方案 五(一)2"}, {"expected": "1 元"}):
        assert answer("dalian", case | wrong) != case | wrong
