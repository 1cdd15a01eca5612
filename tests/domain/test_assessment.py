"""等级判定: the highest level all of whose conditions hold, why, and what holds a firm back."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st

from domain.assessment import assess, grade_at
from domain.rejections import OpenQuestion
from domain.standard import LEVEL_WORDS, Answers, Grade, Item, ItemPoints, ScenarioLevel, grade_must_be_within_the_scale
from tests.domain.answers import (
    BINDING,
    GUIDING,
    S2022,
    S2024,
    answers,
    banded,
    given,
    levelled,
    of_level,
    scored,
    without,
)
from tests.domain.play import passed, refused, shows

NAMES = {scenario.code: scenario.name for scenario in S2024.scenarios}
ANY = st.builds(
    lambda points, levels: answers(
        dict(zip((item.code for item in S2024.items), points, strict=True)),
        dict(zip((scenario.code for scenario in S2024.scenarios), levels, strict=True)),
    ),
    st.tuples(*(st.sampled_from(item.possible) for item in S2024.items)),
    st.tuples(*(st.integers(0, 4) for _ in S2024.scenarios)),
)
FULL, NOUGHT = given("100", levelled(4, 10, 6)), given("0", levelled(0, 0, 0))


def level(one: Answers) -> int:
    return assess(S2024, one).grade.level


# --- the thresholds of each level: below, at, above


@pytest.mark.parametrize(
    ("reached", "score", "scenarios", "binding"), [(1, 20, 6, 3), (2, 40, 6, 3), (3, 60, 8, 5), (4, 80, 10, 6)]
)
def test_each_level_asks_for_its_score_its_scenarios_and_its_binding_ones(
    reached: int, score: int, scenarios: int, binding: int
) -> None:
    enough = levelled(reached, binding, scenarios - binding, reached - 1)
    assert level(given(str(score), enough)) == reached
    assert level(given(f"{score + 0.1:.1f}", enough)) == reached
    assert level(given(f"{score - 0.1:.1f}", enough)) == reached - 1
    one_binding_too_few = levelled(reached, binding - 1, scenarios - binding + 1, reached - 1)
    assert level(given(str(score), one_binding_too_few)) == reached - 1
    one_scenario_too_few = levelled(reached, binding, scenarios - binding - 1, reached - 1)
    assert level(given(str(score), one_scenario_too_few)) == reached - 1
    assert level(given(str(score), levelled(reached, scenarios, 0, reached - 1))) == reached, "binding ones count too"


def test_the_highest_and_the_lowest() -> None:
    top, bottom = assess(S2024, FULL), assess(S2024, NOUGHT)
    assert top.grade == Grade("2024", 4, Decimal(50), Decimal(30), Decimal(20), 10, 6)
    assert (top.score, top.missing) == (Decimal(100), ())
    assert (bottom.grade.level, bottom.grade.binding_scenarios, bottom.grade.guiding_scenarios) == (0, 0, 0)
    assert len(bottom.missing) == 3


def test_without_a_level_the_scenarios_that_reach_the_first_are_counted() -> None:
    poor = assess(S2024, given("19.9", levelled(2, 4, 1, 1))).grade
    assert (poor.level, poor.binding_scenarios, poor.guiding_scenarios) == (0, 10, 6)


def test_three_decimals_are_kept_and_written_plainly() -> None:
    points = {**scored("0"), "mechanism": Decimal("1.875"), "network": Decimal(8), "funding": Decimal("5.625")}
    grade = assess(S2024, answers(points, levelled(0, 0, 0))).grade
    assert [str(number) for number in (grade.foundation, grade.management, grade.effect)] == ["8", "7.5", "0"]
    points["funding"] = Decimal(0)
    assert str(assess(S2024, answers(points, levelled(0, 0, 0))).grade.management) == "1.875"
    assert str(assess(S2024, FULL).grade.foundation) == "50", "and never 5E+1"


# --- whatever the answers


@drawn(ANY)
def test_the_six_numbers_are_within_the_scale(one: Answers) -> None:
    grade = assess(S2024, one).grade
    grade_must_be_within_the_scale(grade, S2024)
    assert assess(S2024, one).score == grade.foundation + grade.management + grade.effect


@drawn(ANY, st.data())
def test_no_better_answer_ever_lowers_the_level(one: Answers, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(one.points) + len(one.scenarios) - 1))
    if place < len(one.points):
        had = one.points[place]
        item = next(item for item in S2024.items if item.code == had.item)
        better = ItemPoints(had.item, data.draw(st.sampled_from([p for p in item.possible if p >= had.points])))
        more = replace(one, points=tuple(better if points is had else points for points in one.points))
    else:
        judged = one.scenarios[place - len(one.points)]
        raised = ScenarioLevel(judged.scenario, data.draw(st.integers(judged.level, 4)))
        more = replace(one, scenarios=tuple(raised if held is judged else held for held in one.scenarios))
    assert level(more) >= level(one)


@drawn(ANY)
def test_the_level_is_the_highest_whose_conditions_hold(one: Answers) -> None:
    """Told a second time, straight from the table of the source."""
    score = sum(points.points for points in one.points)
    table = {1: (20, 6, 3), 2: (40, 6, 3), 3: (60, 8, 5), 4: (80, 10, 6)}
    held = [0]
    for number, (least, scenarios, binding) in table.items():
        reach = [judged.scenario for judged in one.scenarios if judged.level >= number]
        if score >= least and len(reach) >= scenarios and len({*reach} & {*BINDING}) >= binding:
            held.append(number)
    assert level(one) == max(held)


@drawn(ANY)
def test_what_is_named_as_missing_is_what_is_missing(one: Answers) -> None:
    found = assess(S2024, one)
    now, steps = found.grade.level, " ".join(found.steps)
    if now == 4:
        assert found.missing == ()
        return
    following = S2024.thresholds[now]
    reach = {judged.scenario for judged in one.scenarios if judged.level > now}
    short = (
        found.score < following.score,
        len(reach) < following.scenarios,
        len(reach & {*BINDING}) < following.binding,
    )
    said = ("得分差", "的场景差", "的约束性场景差")
    assert [any(word in gap for gap in found.missing) for word in said] == list(short)
    assert len(found.missing) == sum(short) >= 1
    assert all(f"距{LEVEL_WORDS[now + 1]}" in step for step in found.steps[-len(found.missing) :])
    assert all(gap in steps for gap in found.missing)
    for gap in found.missing:
        if "场景差" in gap:
            named = {code for code, name in NAMES.items() if f"{name}（" in gap}
            kind = {*BINDING} if "约束性" in gap else {*BINDING, *GUIDING}
            assert named == kind - reach


def test_the_scenario_that_holds_a_firm_back_is_named() -> None:
    nearly = levelled(2, 10, 0, 1)
    nearly |= dict.fromkeys(BINDING[2:], 1) | dict.fromkeys(GUIDING, 2)
    found = assess(S2024, given("55", nearly))
    assert found.grade.level == 1
    (gap,) = found.missing
    assert gap.startswith("达到二级的约束性场景差 1 个（现 2 个，须 3 个）")
    assert "生产管控（一级）" in gap
    assert "产品设计" not in gap
    assert level(given("55", {**nearly, BINDING[2]: 2})) == 2, "and this is all that was missing"


def test_the_points_that_are_missing_are_told_to_the_decimal() -> None:
    (gap,) = assess(S2024, given("39.9", levelled(2, 10, 6))).missing
    assert gap == "得分差 0.1 分（现 39.9 分，须不低于 40 分）"


def test_the_numbers_at_another_level_count_other_scenarios_and_the_same_points() -> None:
    one = given("65", levelled(3, 4, 2, 2))
    third = grade_at(S2024, one, 3)
    assert assess(S2024, one).grade.level == 2
    assert (third.level, third.binding_scenarios, third.guiding_scenarios) == (3, 4, 2)
    assert replace(third, level=2, binding_scenarios=10, guiding_scenarios=6) == assess(S2024, one).grade


# --- what is not answered, or not so


@shows("answers_must_name_only_what_the_standard_asks")
def test_an_answer_to_no_question_is_refused() -> None:
    one = of_level(2)
    for wrong in (
        replace(one, points=(*one.points, ItemPoints("blockchain", Decimal(1)))),
        replace(one, scenarios=(*one.scenarios, ScenarioLevel("network", 1))),
        replace(one, points=(*one.points, ItemPoints("safety", Decimal(1)))),
    ):
        with refused("answers_must_name_only_what_the_standard_asks", of="assess", clause=S2024.document):
            assess(S2024, wrong)
    assess(S2024, one)
    passed("assess")


@shows("answers_must_be_given_once")
def test_two_answers_to_one_question_are_refused() -> None:
    one = of_level(2)
    for wrong in (
        replace(one, points=(*one.points, one.points[0])),
        replace(one, scenarios=(*one.scenarios, ScenarioLevel(BINDING[0], 4))),
    ):
        with refused("answers_must_be_given_once", of="assess", clause=S2024.document):
            assess(S2024, wrong)
    assess(S2024, one)
    passed("assess")


@shows("every_question_must_be_answered")
@pytest.mark.parametrize("code", [*(item.code for item in S2024.items), *NAMES])
def test_what_is_not_answered_is_not_nought(code: str) -> None:
    with refused("every_question_must_be_answered", of="assess", clause=S2024.document):
        assess(S2024, without(FULL, code))
    assess(S2024, FULL)
    passed("assess")


@shows("points_must_be_possible")
@pytest.mark.parametrize("item", S2024.items, ids=lambda item: item.code)
@pytest.mark.parametrize("off", ["-0.1", "0.05", "10.1", "NaN", "Infinity", "1E+30"])
def test_an_item_brings_no_other_points_than_its_answers(item: Item, off: str) -> None:
    others = tuple(points for points in FULL.points if points.item != item.code)
    with refused("points_must_be_possible", of="assess", clause=S2024.document):
        assess(S2024, replace(FULL, points=(*others, ItemPoints(item.code, Decimal(off)))))
    for possible in item.possible:
        assess(S2024, replace(FULL, points=(*others, ItemPoints(item.code, possible))))
    passed("assess")


@shows("scenario_levels_must_be_within_the_scale")
@pytest.mark.parametrize("off", [-1, 5, 10**9])
def test_a_scenario_has_no_other_level_than_the_four_and_none(off: int) -> None:
    for scenario in S2024.scenarios:
        others = tuple(judged for judged in FULL.scenarios if judged.scenario != scenario.code)
        with refused("scenario_levels_must_be_within_the_scale", of="assess", clause=S2024.document):
            assess(S2024, replace(FULL, scenarios=(*others, ScenarioLevel(scenario.code, off))))
    assess(S2024, NOUGHT)
    passed("assess")


# --- 2022: score bands alone, and what its source leaves open


@pytest.mark.parametrize(
    ("score", "reached"),
    [("20", 1), ("39.999", 1), ("40.001", 2), ("59.999", 2), ("60.001", 3), ("79.999", 3), ("80", 4), ("100", 4)],
)
def test_the_bands_of_2022(score: str, reached: int) -> None:
    found = assess(S2022, banded(score))
    assert (found.grade.standard, found.grade.level, found.score) == ("2022", reached, Decimal(score))
    assert (found.grade.binding_scenarios, found.grade.guiding_scenarios) == (0, 0)
    assert len(found.missing) == (0 if reached == 4 else 1)


@pytest.mark.parametrize(("score", "key"), [("40", 2), ("60", 3), ("19.999", 0), ("0", 0)])
def test_what_2022_does_not_say_is_asked(score: str, key: int) -> None:
    with pytest.raises(OpenQuestion) as asked:
        assess(S2022, banded(score))
    assert asked.value.key == f"standards.2022.levels.{key}"


@pytest.mark.parametrize("off", ["100.001", "-1", "50.0001", "NaN"])
def test_even_a_band_has_its_scale(off: str) -> None:
    with refused("points_must_be_possible", of="assess", clause=S2022.document):
        assess(S2022, banded(off))


def test_no_more_than_all_points_together() -> None:
    half = {item.code: Decimal("25.001") for item in S2022.items}
    with refused("points_must_be_possible", of="assess", clause=S2022.document):
        assess(S2022, answers(half, {}, S2022))
