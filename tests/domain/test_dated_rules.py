"""A rule that holds from a later day on decides nothing before it, and everything from it on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from domain.case.acceptance import AcceptancePassed
from domain.identity import command_id, pool_id
from domain.policy import Cited, Days, Pack, Standing
from domain.provider.admission import AdmitProvider
from domain.provider.file import Pool, ProviderPapers
from domain.rejections import OpenQuestion
from tests.domain.cast import CITY, OUT, PROGRAMME, RULES, clerk1
from tests.domain.play import MONDAY, after, ready

LATER = date(2026, 9, 1)
EVE = date(2026, 8, 31)


def later(key: str, value: Any, *, since: date = LATER, before: bool = True) -> Pack:
    """The sample pack, in which one key is answered anew from a day on."""
    held = RULES.values[key] if before else ()
    new = Cited(value, "示例办法 新规", Standing.STATED, since=since)
    return replace(RULES, values={**RULES.values, key: (*held, new)})


def test_a_minimum_level_raised_for_later_holds_back_nobody_before() -> None:
    due = ready("pass-acceptance").under(later("evaluation.min_level", 3))
    due.on(EVE).when("pass-acceptance").then(AcceptancePassed)
    due.on(LATER).when("pass-acceptance").then_refused("level_must_reach_the_minimum", "示例办法 新规")


def test_a_period_has_the_length_and_the_clause_of_the_day_on_which_it_begins() -> None:
    due = ready("assign-diagnosis").under(later("timers.diagnosis", Days(1, "natural")))
    (before,) = due.on(EVE).did("assign-diagnosis").case.deadlines.values()
    (since,) = due.on(LATER).did("assign-diagnosis").case.deadlines.values()
    assert (before.due - EVE).days > 1
    assert (since.due, since.clause) == (date(2026, 9, 2), "示例办法 新规")
    assert before.clause != since.clause


def test_what_is_answered_only_for_later_is_an_open_question_until_then() -> None:
    pack = later("diagnosis.by", "诊断机构", before=False)
    assert not pack.on(EVE).has("diagnosis.by")
    with pytest.raises(OpenQuestion):
        pack.on(EVE).text("diagnosis.by")
    assert pack.on(LATER).text("diagnosis.by") == "诊断机构"
    due = after("confirm-pilot").under(pack)
    due.on(EVE).when("assign-diagnosis").then_refused("pack_must_answer_before_the_step", key="diagnosis.by")
    assert due.on(LATER).when("assign-diagnosis").refusal is None


def test_a_provider_is_judged_by_the_rules_of_the_day_too() -> None:
    command = AdmitProvider(
        command_id=command_id("admit"),
        by=clerk1,
        city=CITY,
        programme=PROGRAMME,
        credit_code=OUT,
        tier="pool",
        document="通知1号",
    )
    pool = Pool.fresh(pool_id(CITY, PROGRAMME))
    papers = ProviderPapers(command, MONDAY, later("rating.volume_full", 50), pool)
    assert papers.pack.count("rating.volume_full") == RULES.count("rating.volume_full") != 50


def test_the_rules_of_a_day_keep_what_held_before_it_and_the_version_they_are_known_by() -> None:
    pack = later("payout.cap", RULES.money("payout.cap"))
    assert pack.on(LATER) is pack
    assert pack.on(EVE).version == pack.version
    assert pack.on(LATER).cited("payout.cap", EVE).clause == RULES.clause("payout.cap")
