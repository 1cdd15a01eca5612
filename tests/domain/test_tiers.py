"""层级: what the five sources say of how many; a stated limit refuses, an aim never does, and every number is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from domain import tally
from domain.catalogue import Catalogue
from domain.identity import catalogue_id, provider_id
from domain.policy import Pack
from domain.policy_rows import ProviderTier
from domain.provider.file import Membership, Provider
from domain.provider.tiers import (
    limit_of,
    provider_must_say_whom_it_serves,
    tallies,
    tier_must_be_chosen_from_the_one_before,
    tier_must_be_one_of_the_citys,
    tier_must_have_room,
    tier_of,
)
from policies import load
from tests.domain.cast import RULES
from tests.domain.play import passed, refused, shows

DALIAN, ZIBO, MIANYANG, JIUJIANG = (load.load(city) for city in ("dalian", "zibo", "mianyang", "jiujiang"))


def someone(number: int, tier: str, *industries: str, membership: Membership = Membership.IN_POOL) -> Provider:
    """A provider in a tier."""
    provider = Provider.fresh(provider_id("somewhere", "2025", str(number)))
    provider.tier, provider.industries, provider.membership = tier, industries, membership
    provider.name = f"服务商{number}"
    return provider


def crowd(size: int, tier: str, *industries: str) -> tuple[Provider, ...]:
    return tuple(someone(number, tier, *industries) for number in range(size))


NEW = someone(99, "", membership=Membership.APPLIED)


def _tier(pack: Pack, name: str) -> ProviderTier:
    tier = tier_of(pack, name)
    assert tier is not None
    return tier


@shows("tier_must_have_room")
@pytest.mark.parametrize(("name", "most"), [("总包商", 1), ("集成商", 6)])
def test_a_stated_number_is_a_limit(name: str, most: int) -> None:
    tier = _tier(DALIAN, name)
    tier_must_have_room(NEW, tier, crowd(most - 1, name))
    passed(of="tier")
    with refused("tier_must_have_room", of="tier", clause="大连方案 四(二)、五(三)"):
        tier_must_have_room(NEW, tier, crowd(most, name))
    gone = replace_last(crowd(most, name), Membership.REMOVED)
    tier_must_have_room(NEW, tier, gone)
    tier_must_have_room(crowd(most, name)[0], tier, crowd(most, name))  # its own place


def replace_last(members: Sequence[Provider], membership: Membership) -> tuple[Provider, ...]:
    members[-1].membership = membership
    return tuple(members)


def test_a_limit_by_industry_holds_in_each_industry_alone() -> None:
    tier, (one, other, _) = _tier(ZIBO, "集成服务商"), ZIBO.list("selection.industries")
    full = crowd(5, "集成服务商", one)
    newcomer = someone(99, "", other)
    tier_must_have_room(newcomer, tier, full)
    newcomer.industries = (other, one)
    with refused("tier_must_have_room", of="tier", clause="淄博方案 三(二)5"):
        tier_must_have_room(newcomer, tier, full)


@pytest.mark.parametrize(
    ("pack", "name"),
    [(DALIAN, "改造商"), (ZIBO, "优秀服务商"), (JIUJIANG, "优质数字化服务商"), (MIANYANG, "牵头服务商")],
)
def test_at_least_about_and_unstated_refuse_nobody(pack: Pack, name: str) -> None:
    tier_must_have_room(NEW, _tier(pack, name), crowd(200, name))


@pytest.mark.parametrize(("comparator", "limit"), [("=", 9), ("≤", 9), ("≥", None), ("≈", None), ("力争", None)])
def test_only_an_exact_number_or_a_ceiling_binds(comparator: str, limit: int | None) -> None:
    tier = replace(_tier(DALIAN, "总包商"), comparator=comparator, least=9, most=None)
    assert limit_of(tier) == limit


@shows("tier_must_be_one_of_the_citys")
def test_a_provider_stands_in_a_tier_that_the_city_has() -> None:
    for words in ("总包商", "general", " 总包商"):
        tier_must_be_one_of_the_citys(DALIAN, words)
    passed(of="tier")
    with refused("tier_must_be_one_of_the_citys", of="tier", clause="大连方案 四(二)、五(三)"):
        tier_must_be_one_of_the_citys(DALIAN, "总包")
    tier_must_be_one_of_the_citys(RULES, "任何叫法")  # this city's sources name none


@shows("tier_must_be_chosen_from_the_one_before")
def test_nobody_comes_into_a_tier_over_the_head_of_the_one_it_is_chosen_from() -> None:
    tier, rule = _tier(ZIBO, "集成服务商"), "tier_must_be_chosen_from_the_one_before"
    for stranger in (NEW, someone(1, "别的层级")):
        with refused(rule, of="tier", clause="淄博方案 三(二)5"):
            tier_must_be_chosen_from_the_one_before(stranger, tier, ZIBO)
    for member in ("数字服务商资源池", "pool", "场景服务商"):
        tier_must_be_chosen_from_the_one_before(someone(1, member), tier, ZIBO)
    tier_must_be_chosen_from_the_one_before(NEW, _tier(ZIBO, "数字服务商资源池"), ZIBO)
    tier_must_be_chosen_from_the_one_before(NEW, _tier(DALIAN, "集成商"), DALIAN)
    passed(of="tier")


@shows("provider_must_say_whom_it_serves")
def test_where_industries_are_counted_the_provider_has_one() -> None:
    tier = _tier(ZIBO, "集成服务商")
    with refused("provider_must_say_whom_it_serves", of="tier", clause="淄博方案 三(二)5"):
        provider_must_say_whom_it_serves(NEW, tier)
    provider_must_say_whom_it_serves(someone(1, "", ZIBO.list("selection.industries")[0]), tier)
    passed(of="tier")
    provider_must_say_whom_it_serves(NEW, _tier(DALIAN, "总包商"))


def _told(pack: Pack, providers: Sequence[Provider]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (one.name, one.industry): {"stated": one.stated, "held": one.held, "gap": one.gap, "clause": one.clause}
        for one in tallies(pack, providers)
    }


def test_every_tier_is_shown_with_its_number_what_there_is_and_what_is_missing() -> None:
    here = (*crowd(2, "integrators"), someone(7, "改造商"), someone(8, "改造商", membership=Membership.REMOVED))
    told, clause = _told(DALIAN, here), "大连方案 四(二)、五(三)"
    assert told == {
        ("总包商", ""): {"stated": "1", "held": 0, "gap": 1, "clause": clause},
        ("集成商", ""): {"stated": "4—6", "held": 2, "gap": 2, "clause": clause},
        ("改造商", ""): {"stated": "≥ 10—20", "held": 1, "gap": 9, "clause": clause},
    }


def test_who_was_chosen_from_the_pool_is_still_of_it() -> None:
    told = _told(MIANYANG, (someone(1, "lead", MIANYANG.list("selection.industries")[0]), someone(2, "产品服务商")))
    pool = told["各类数字化服务商", ""]
    assert (pool["stated"], pool["held"], pool["gap"]) == ("≥ 80", 2, 78)
    first, second, *_ = MIANYANG.list("selection.industries")
    assert [told["牵头服务商", industry]["held"] for industry in (first, second)] == [1, 0]
    assert told["牵头服务商", first]["gap"] is None, "how many, the source does not say"


def test_products_are_counted_and_never_limited() -> None:
    empty = Catalogue.fresh(catalogue_id("zibo", "2025-20"))
    (zibo,) = tally.products(ZIBO, empty)
    assert (zibo.stated, zibo.held, zibo.gap, zibo.limit) == ("≥ 200", 0, 200, None)
    assert zibo.clause == "淄博方案 二、三(三)8"
    whole, *parts = tally.products(JIUJIANG, empty)
    assert (whole.stated, [part.least for part in parts]) == ("≥ 100", [40, 20, 40])
    (dalian,) = tally.products(DALIAN, empty)
    assert (dalian.stated, dalian.limit) == ("≈ 15", None)
    assert list(tally.products(RULES, empty)) == []
