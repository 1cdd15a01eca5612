"""The cases beside the packs, which a lawyer can read: on a day, a question, the answer, the clause."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from domain.policy import KEYS
from domain.rejections import OpenQuestion
from policies import load, notation

FILES = sorted((Path(__file__).parent / "policies").glob("*.toml"))
CASES = [(path.stem, case) for path in FILES for case in tomllib.loads(path.read_text("utf-8"))["case"]]


def answer(city: str, case: dict[str, Any]) -> dict[str, Any]:
    """The case as the pack would have it told: the same question, and what the pack says to it."""
    told: dict[str, Any] = {field: case[field] for field in ("says", "on", "ask", "input") if field in case}
    try:
        cited = load.load(city).cited(case["ask"], case["on"])
    except OpenQuestion as question:
        asked = question.question.endswith(f"{KEYS[case['ask']].question}？")
        return told | {"open": asked}
    if "input" in case:
        assert isinstance(cited.value, tuple)
        told["contains"] = case["input"] in cited.value
    else:
        told["expected"] = notation.say(KEYS[case["ask"]], cited)
    return told | {"clause": cited.clause}


@pytest.mark.parametrize(("city", "case"), CASES, ids=[f"{city}:{case['says']}" for city, case in CASES])
def test_the_pack_answers_as_the_case_says(city: str, case: dict[str, Any]) -> None:
    assert answer(city, case) == case


def test_every_city_has_at_least_ten_cases() -> None:
    assert {path.stem for path in FILES} == set(load.cities())
    assert all(sum(city == held for held, _ in CASES) >= 10 for city in load.cities())


def test_a_case_that_is_wrong_about_its_clause_is_seen() -> None:
    case = next(case for city, case in CASES if city == "dalian" and case["ask"] == "payout.cap")

    assert answer("dalian", case | {"clause": "大连方案 五(一)2"}) != case | {"clause": "大连方案 五(一)2"}
