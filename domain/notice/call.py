"""申报文件: a batch's conditions, window and quotas, put before the public as the record holds them.

绵阳专项资金管理办法第十四条 sets the conditions in each batch's call; 第十六条 makes the call public.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from domain.batch import Batch
from domain.calendar import china_day
from domain.case.file import CasePapers
from domain.notice.snapshot import Row
from domain.places import Quota, QuotasReset, QuotasSet
from domain.policy import EXCLUSIONS, Pack
from domain.policy_rows import Notice as Named
from domain.record import Fact
from domain.rules import No, rule

_CONDITIONS: Final = {
    "selection.industries": "试点细分行业",
    "selection.population": "面向企业",
    "selection.conditions": "申报条件",
    "selection.criteria": "遴选条件",
    "selection.exclusions": "不予支持",
    "selection.exclusion_lists": "不得申报（列入名单）",
}
"""What a call says of the rules, key by key; a key that the pack is silent about is left out."""


@rule
def call_must_belong_to_an_open_batch(batch: Batch | None, city: str, programme: str) -> No | None:
    """A call is the call of one batch of this programme, after the batch was opened."""
    if batch is not None and (batch.city, batch.programme) == (city, programme):
        return None
    return No("申报文件须属于本项目一个已开启的批次，请写明批次")


@rule
def call_must_be_made_of_its_batch(rows: tuple[Row, ...]) -> No | None:
    """Conditions, window and quotas come from the batch itself: what is published is what is applied."""
    return No("申报文件的内容由批次的申报期、规则和名额得出，不能另附公示表") if rows else None


@rule
def call_must_come_before_its_window_is_over(batch: Batch, today: date) -> No | None:
    """Nobody is called to a window that has closed."""
    if batch.closes is None or today <= batch.closes:
        return None
    return No(f"批次 {batch.code} 的申报期已于 {batch.closes} 截止，不能再发布申报文件")


@dataclass(frozen=True)
class QuotaChange:
    """名额调整: quotas of the call's batch that were set after the public had read the call."""

    day: date
    document: str
    again: bool
    """Set anew; else set for the first time."""
    quotas: tuple[Quota, ...]

    @property
    def words(self) -> str:
        """When, on what document, and to how many places, in Chinese."""
        now = "、".join(f"{quota.words} {quota.places} 家" for quota in self.quotas)
        return f"名额已于 {self.day} 按“{self.document}”{'调整' if self.again else '下达'}，现为：{now}"


def quota_changes(called: datetime, facts: Iterable[Fact]) -> tuple[QuotaChange, ...]:
    """What happened to the quotas of a batch after its call was published; ``facts`` are those of its places."""
    return tuple(
        QuotaChange(china_day(fact.timestamp), fact.document, isinstance(fact, QuotasReset), fact.quotas)
        for fact in facts
        if isinstance(fact, QuotasSet | QuotasReset) and fact.timestamp > called
    )


def named_in(pack: Pack) -> tuple[str, ...]:
    """The clauses by which a city makes its calls public; empty where its sources name none."""
    return tuple(row.clause for row in pack.rows(Named) if row.subject == "call")


def rows_of_the_call(rows: tuple[Row, ...], city: str, programme: str, papers: CasePapers) -> tuple[Row, ...]:
    """The call's table; ``rows`` is what the sender brought, and must be nothing. Raises Rejection."""
    call_must_be_made_of_its_batch(rows)
    batch = papers.batch
    call_must_belong_to_an_open_batch(batch, city, programme)
    assert batch is not None
    call_must_come_before_its_window_is_over(batch, papers.today)
    return tuple(_rows(batch, papers))


def _rows(batch: Batch, papers: CasePapers) -> Iterator[Row]:
    yield Row("申报期", "", "", f"批次 {batch.code}", None, f"{batch.opens}至{batch.closes}")
    for key, name in _CONDITIONS.items():
        for said in papers.pack.list(key) if papers.pack.has(key) else ():
            yield Row(name, "", "", EXCLUSIONS[said] if key == "selection.exclusion_lists" else said, None, "")
    for quota in papers.places.quotas if papers.places is not None else ():
        yield Row("名额", "", quota.county, f"{quota.words} {quota.places} 家", None, "")
