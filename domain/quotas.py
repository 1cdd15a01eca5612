"""名额下达与调整: the bureau limits a batch's places, and sets them anew on document and reason."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, cast
from uuid import UUID

from domain.batch import Batch, batch_must_have_been_opened
from domain.commands import Command
from domain.places import Filled, Places, Quota, QuotasReset, QuotasSet, Willing, call_who_is_next, clauses_of
from domain.policy import Pack
from domain.policy_rows import Quota as StatedQuota
from domain.record import Papers
from domain.rules import No, rule


@dataclass(frozen=True, kw_only=True)
class SetQuotas(Command):
    """Limit a batch's places."""

    kind: Literal["set-quotas"] = "set-quotas"
    batch: UUID
    quotas: tuple[Quota, ...]
    document: str


@dataclass(frozen=True, kw_only=True)
class ResetQuotas(Command):
    """Set a batch's quotas anew; ``reason`` says why, ``last`` names the batch whose outcome was looked at."""

    kind: Literal["reset-quotas"] = "reset-quotas"
    batch: UUID
    quotas: tuple[Quota, ...]
    document: str
    willing: tuple[Willing, ...] = ()
    last: UUID | None = None


_LIMITS: Final = ("=", "≤", "≈")
"""How a source ties a number of places down from above. What is at least so many, or striven for, is no limit."""
_REQUOTA: Final = "selection.requota"


def stated_by(pack: Pack) -> tuple[Quota, ...]:
    """The places that the city's own documents give out, each with its clause; what a batch is proposed with."""
    return tuple(
        Quota(row.places, row.industry, row.county, cast(Literal["", "above", "below"], row.size), clause=row.clause)
        for row in pack.rows(StatedQuota)
        if row.comparator in _LIMITS
    )


def _limits(pack: Pack) -> tuple[Quota, ...]:
    """The stated places; before them what they come to, where all parts of a breakdown are limits."""
    stated = stated_by(pack)
    breakdowns: dict[tuple[bool, bool, bool], list[StatedQuota]] = {}
    for row in pack.rows(StatedQuota):
        breakdowns.setdefault(_asks(row.industry, row.county, row.size), []).append(row)
    whole = [rows for rows in breakdowns.values() if all(row.comparator in _LIMITS for row in rows)]
    if not whole:
        return stated
    return (Quota(sum(row.places for row in whole[0]), clause=whole[0][0].clause), *stated)


def _asks(*part: str) -> tuple[bool, bool, bool]:
    industry, county, scale = map(bool, part)
    return (industry, county, scale)


def _lies_in(quota: Quota, whole: Quota) -> bool:
    return all(wanted in ("", own) for own, wanted in zip(quota.part, whole.part, strict=True))


def _within(quotas: Iterable[Quota], limit: Quota) -> int:
    """What a batch holds of a limit: parts that divide the firms in the same way add up, and the most counts."""
    sums: dict[tuple[bool, bool, bool], int] = {}
    for quota in quotas:
        if _lies_in(quota, limit):
            asks = _asks(*quota.part)
            sums[asks] = sums.get(asks, 0) + quota.places
    return max(sums.values(), default=0)


@rule
def quotas_must_stay_within_the_citys(
    quotas: Sequence[Quota], pack: Pack, others: Mapping[str, Sequence[Quota]]
) -> No | None:
    """All batches of the programme together come to no more places than the city's documents state.

    ``others`` are the quotas of the programme's other batches, by code: as set or re-set, whether the batch still runs
    or not. Where they hold all there is, or by a decision more, a batch can still be set to nothing.
    """
    for limit in _limits(pack):
        held = {code: places for code, other in others.items() if (places := _within(other, limit))}
        wanted, left = _within(quotas, limit), max(limit.places - sum(held.values()), 0)
        if wanted > left:
            theirs = "、".join(f"批次 {code} {places} 个" for code, places in held.items())
            return No(
                f"{limit.words}全项目共 {limit.places} 个名额，"
                + (f"其他批次已下达 {sum(held.values())} 个（{theirs}），" if held else "")
                + f"本批次至多下达 {left} 个，不能下达 {wanted} 个；"
                "如已另行决定增加，请先在限额内下达，再按名额调整办理",
                limit.clause,
            )
    return None


@rule
def quotas_must_be_set_once(places: Places) -> No | None:
    """What was set is changed only by a decision of its own, with document and reason."""
    return No("本批次名额已经下达；如需改动，请按名额调整办理") if places.quotas else None


@rule
def quotas_must_have_been_set(places: Places) -> No | None:
    """Only what was set can be set anew: the first numbers of a batch are held to what the city states."""
    return None if places.quotas else No("本批次名额尚未下达，无从调整；请先办理名额下达")


@rule
def decision_must_name_document_and_reason(document: str, reason: str = "-") -> No | None:
    """Places are given out and changed on a document; a change says why."""
    if not document.strip():
        return No("名额须有文件依据，请填写文号")
    return None if reason.strip() else No("名额调整须写明理由")


@rule
def quotas_must_be_places_of_the_city(quotas: Sequence[Quota | Willing], pack: Pack) -> No | None:
    """A quota is for an industry and a county that take part, in whole places, and each part has one."""
    for quota in quotas:
        if quota.industry and quota.industry not in pack.list("selection.industries"):
            return No(f"行业“{quota.industry}”不在试点细分行业内", pack.clause("selection.industries"))
        if quota.county and quota.county not in pack.list("selection.counties"):
            return No(f"区县“{quota.county}”不属于{pack.name}", pack.clause("selection.counties"))
        if (quota.places if isinstance(quota, Quota) else quota.firms) < 0:
            return No("家数不能小于零")
    parts = [(quota.industry, quota.county, quota.scale) for quota in quotas]
    return No("同一范围只能有一个数") if len(set(parts)) < len(parts) else None


@rule
def there_must_be_a_quota(quotas: Sequence[Quota]) -> No | None:
    """To say nothing is not to set quotas."""
    return None if quotas else No("没有写明任何名额")


@rule
def quota_must_not_fall_below_what_is_used(places: Places, quotas: Iterable[Quota]) -> No | None:
    """A firm that holds a place is not put out by a new number."""
    for quota in quotas:
        used = places.used(quota)
        if used > quota.places:
            return No(f"{quota.words}已用名额 {used} 个，不能定为 {quota.places} 个", quota.clause)
    return None


# --- decisions


def set_quotas(places: Places, command: SetQuotas, papers: Papers, others: Mapping[str, Sequence[Quota]]) -> None:
    """The first numbers of a batch: with the programme's ``others`` (quotas by the batch's code) within what the
    city's documents state. More than that is a re-setting.
    """
    quotas_must_be_set_once(places)
    decision_must_name_document_and_reason(command.document)
    _fit(places, command.quotas, papers)
    quotas_must_stay_within_the_citys(command.quotas, papers.pack, others)
    places.record(
        QuotasSet,
        papers,
        clauses=clauses_of(command.quotas),
        batch=command.batch,
        quotas=command.quotas,
        document=command.document,
    )


def reset_quotas(
    places: Places, command: ResetQuotas, papers: Papers, last: tuple[Batch, Places] | None = None
) -> None:
    """New numbers, with what they rest on; ``last`` are the batch and the places that ``command.last`` names."""
    if last is not None:
        batch_must_have_been_opened(last[0])
    quotas_must_have_been_set(places)
    decision_must_name_document_and_reason(command.document, command.reason)
    quotas_must_be_places_of_the_city(command.willing, papers.pack)
    _fit(places, command.quotas, papers)
    places.record(
        QuotasReset,
        papers,
        clauses=(*clauses_of(command.quotas), papers.pack.clause(_REQUOTA)),
        batch=command.batch,
        quotas=command.quotas,
        document=command.document,
        willing=command.willing,
        last_batch=last[0].code if last else "",
        filled=tuple(Filled(quota, last[1].used(quota)) for quota in last[1].quotas) if last else (),
    )
    call_who_is_next(places, command.batch, papers)


def _fit(places: Places, quotas: tuple[Quota, ...], papers: Papers) -> None:
    there_must_be_a_quota(quotas)
    quotas_must_be_places_of_the_city(quotas, papers.pack)
    quota_must_not_fall_below_what_is_used(places, quotas)
