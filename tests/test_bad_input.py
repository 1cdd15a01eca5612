"""Bad input: what a city must not take is refused by its own rule, with the clause it rests on, and nothing is written.

A rehearsal of 淄博 under its own pack, and the sample's where its sources are silent, on the real record.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

import pytest

from domain.identity import STANDARD as GB_32100
from domain.identity import batch_id, case_id, command_id
from domain.places import Quota
from domain.quotas import SetQuotas
from domain.standard import Answers, ItemPoints, ScenarioLevel
from eventstore.store import EventStore
from policies import load
from tests.domain import cast
from tests.domain.answers import S2024, of_level
from tests.engine import CITY, INDUSTRY, START, Firm, Town, pack, upto
from tests.test_provider import pooled
from tests.test_roster import code

OWN: Final = load.load(CITY)
ZIBO: Final = replace(OWN, values={**pack().values, **OWN.values}, sources={**pack().sources, **OWN.sources})
EVE: Final = ZIBO.day("contract.not_before") - timedelta(days=1)
OF_LEVEL_2: Final = of_level(2)


def at(kind: str) -> Callable[[Town], Firm]:
    """A firm that has done everything before this command."""
    return lambda town: town.firm().walked(*upto(kind)[:-1])


def with_a_pool(town: Town) -> Firm:
    pooled(town)
    return at("file-plan")(town)


def with_one_place(town: Town) -> Firm:
    """Another firm took the only place of the industry."""
    quota = Quota(1, industry=INDUSTRY, clause="淄工信〔2026〕1号 附件")
    setting = SetQuotas(
        command_id=command_id(town.programme, "quotas"),
        by=cast.head,
        batch=batch_id(CITY, town.programme, "1"),
        quotas=(quota,),
        document="淄工信〔2026〕1号",
    )
    assert town.desk.handle(setting, START).refusal is None
    town.firm().walked(*upto("pass-city-review"))
    return at("pass-city-review")(town)


def on_file(town: Town) -> Firm:
    return town.firm().walked("open-case")


def points(item: str, given: str) -> Answers:
    """The answers of a firm of 二级, but for one."""
    said = tuple(
        ItemPoints(one.item, type(one.points)(given)) if one.item == item else one for one in OF_LEVEL_2.points
    )
    return replace(OF_LEVEL_2, points=said)


def scene(level: int) -> Answers:
    first = ScenarioLevel(OF_LEVEL_2.scenarios[0].scenario, level)
    return replace(OF_LEVEL_2, scenarios=(first, *OF_LEVEL_2.scenarios[1:]))


@dataclass(frozen=True)
class Bad:
    """One thing a city must not take."""

    given: Callable[[Town], Firm]
    kind: str
    changes: dict[str, Any]
    rule: str
    clause: str
    """The key of the pack whose clause is cited; or what is cited itself."""


BAD: Final = {
    "an industry outside the city": Bad(
        at("open-case"), "open-case", {"industry": "棉纺织"}, "firm_must_be_in_a_pilot_industry", "selection.industries"
    ),
    "a county of another city": Bad(
        *(at("open-case"), "open-case", {"county": "甘井子区"}),
        *("firm_must_be_in_a_county_of_the_city", "selection.counties"),
    ),
    "a code one short": Bad(
        at("open-case"), "open-case", {"credit_code": code(1)[:17]}, "credit_code_must_be_well_formed", GB_32100
    ),
    "a code one long": Bad(
        at("open-case"), "open-case", {"credit_code": code(1) + "0"}, "credit_code_must_be_well_formed", GB_32100
    ),
    "a second record of the firm": Bad(on_file, "open-case", {}, "firm_must_have_one_case", "contract.record"),
    "a level of its own above the scale": Bad(
        *(on_file, "submit-application", {"self_level": 5}),
        *("self_assessment_must_be_on_the_scale", "evaluation.standard"),
    ),
    "one firm more than the quota": Bad(
        with_one_place, "pass-city-review", {}, "place_must_be_free", "淄工信〔2026〕1号 附件"
    ),
    "a provider nobody knows": Bad(
        with_a_pool, "file-plan", {"provider": "路边软件"}, "provider_must_be_in_the_pool", "providers.dynamic"
    ),
    "a contract signed before the pilot": Bad(
        *(at("file-contract"), "file-contract", {"contract": cast.contract(signed=EVE)}),
        *("contract_must_be_signed_within_the_pilot", "contract.not_before"),
    ),
    "points that no answer brings": Bad(
        *(at("file-evaluation"), "file-evaluation", {"answers": points("network", "7")}),
        *("points_must_be_possible", S2024.document),
    ),
    "a scenario above the scale": Bad(
        *(at("file-evaluation"), "file-evaluation", {"answers": scene(5)}),
        *("scenario_levels_must_be_within_the_scale", S2024.document),
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_it_is_refused_by_its_rule_with_its_clause_and_nothing_is_written(store: EventStore, name: str) -> None:
    bad, town = BAD[name], Town(store, name, rules=ZIBO)
    firm = bad.given(town)
    if wrong := bad.changes.get("credit_code"):
        firm.case = case_id(CITY, town.programme, wrong)
    before = store.last_position()

    refusal = firm.hands_in(bad.kind, **bad.changes).refusal

    assert refusal is not None
    assert (refusal.rule, refusal.clause) == (bad.rule, ZIBO.clause(bad.clause) or bad.clause)
    assert store.last_position() == before
