"""层级: how many providers of each tier the city wants, how many there are, and who no longer fits in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from domain.identity import same
from domain.policy import Pack
from domain.policy_rows import ProviderTier
from domain.provider.file import ADMITTED, Provider
from domain.rules import No, rule
from domain.tally import Tally

BINDING: Final = ("=", "≤")
"""Comparators whose upper end is a limit. ≥ asks for more, ≈ (左右) and 力争 are aims: none of them refuses anybody."""


def tier_of(pack: Pack, words: str) -> ProviderTier | None:
    """The tier that the words name, by its name or its code; None where the pack has none such."""
    wanted = same(words)
    return next((tier for tier in pack.rows(ProviderTier) if wanted in (same(tier.name), same(tier.code))), None)


def limit_of(tier: ProviderTier) -> int | None:
    """How many there may be at most; None where the source sets no such limit."""
    return (tier.most or tier.least) if tier.comparator in BINDING else None


@rule
def tier_must_be_one_of_the_citys(pack: Pack, words: str) -> No | None:
    """Where the sources name tiers, a provider stands in one of them: in another nobody would count it."""
    tiers = pack.rows(ProviderTier)
    if not tiers or tier_of(pack, words) is not None:
        return None
    return No(f"{pack.name}没有层级“{words}”，有：{'、'.join(tier.name for tier in tiers)}", tiers[0].clause)


@rule
def provider_must_say_whom_it_serves(provider: Provider, tier: ProviderTier | None) -> No | None:
    """A tier that is counted by industry takes providers of a known industry."""
    if tier is None or tier.per != "industry" or provider.industries:
        return None
    return No(f"“{tier.name}”分行业组建，{provider.name}申请入库时未写服务的细分行业", tier.clause)


@rule
def tier_must_be_chosen_from_the_one_before(provider: Provider, tier: ProviderTier | None, pack: Pack) -> No | None:
    """Who is chosen out of a tier stands in it, or in another one chosen out of it: nobody comes in over its head."""
    if tier is None or not tier.chosen_from:
        return None
    rows = {one.code: one for one in pack.rows(ProviderTier)}
    now = tier_of(pack, provider.tier) if provider.tier else None
    if now is not None and tier.chosen_from in _roots(now, rows):
        return None
    before = rows[tier.chosen_from].name
    return No(f"“{tier.name}”从“{before}”中选出，{provider.name}须先列入“{before}”", tier.clause)


@rule
def tier_must_have_room(provider: Provider, tier: ProviderTier | None, members: tuple[Provider, ...]) -> No | None:
    """Nobody is admitted beyond the number that the source states as a limit."""
    for full in full_beside(provider, tier, members):
        assert tier is not None
        where = f"“{full.industry}”的" if full.industry else ""
        return No(f"{where}“{tier.name}”最多 {full.limit} 家，已有 {full.held} 家", tier.clause)
    return None


@dataclass(frozen=True)
class Full:
    """A tier that has all the providers that its source allows, or more."""

    industry: str
    """The industry for which it is counted; empty for the whole city."""
    limit: int
    held: int
    """How many stand in it beside the one that is asked about."""


def full_beside(provider: Provider, tier: ProviderTier | None, members: tuple[Provider, ...]) -> Iterator[Full]:
    """Where this provider would be, or is, one more than the source allows; by industry where it counts so."""
    limit = limit_of(tier) if tier is not None else None
    if tier is None or limit is None:
        return
    others = [one for one in members if one.id != provider.id and one.membership in ADMITTED]
    for industry in provider.industries if tier.per == "industry" else ("",):
        held = sum(_counts(one, tier, industry) for one in others)
        if held >= limit:
            yield Full(industry, limit, held)


def _counts(provider: Provider, tier: ProviderTier, industry: str) -> bool:
    named = same(provider.tier) in (same(tier.name), same(tier.code))
    return named and (not industry or industry in provider.industries)


def tallies(pack: Pack, providers: Iterable[Provider]) -> Iterator[Tally]:
    """Each tier as the pack states it beside who stands in it; by industry where the source counts so.

    Who was chosen from the pool into a higher tier is still of the pool. A provider of two industries counts in both:
    no source says otherwise.
    """
    rows = {tier.code: tier for tier in pack.rows(ProviderTier)}
    standing = [one for one in providers if one.membership in ADMITTED]
    industries = pack.list("selection.industries") if pack.has("selection.industries") else ()
    for tier in rows.values():
        of = [one for one in rows.values() if tier.code in _roots(one, rows)]
        for industry in industries if tier.per == "industry" else ("",):
            held = sum(any(_counts(one, each, industry) for each in of) for one in standing)
            yield Tally(
                tier.name,
                industry,
                tier.comparator,
                tier.least,
                tier.most,
                limit_of(tier),
                held,
                tier.clause,
                tier.note,
            )


def _roots(tier: ProviderTier, rows: Mapping[str, ProviderTier]) -> set[str]:
    found = {tier.code}
    while tier.chosen_from in rows and tier.chosen_from not in found:
        tier = rows[tier.chosen_from]
        found.add(tier.code)
    return found
