"""申报文件: what a batch's call says is what the batch holds; where the sources do not say how long, it is asked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from domain.batch import Batch, OpenBatch, open_batch
from domain.calendar import CHINA
from domain.case.file import CasePapers
from domain.commands import Command
from domain.identity import batch_id, command_id, notice_id, places_id
from domain.notice.call import quota_changes
from domain.notice.file import Notice
from domain.notice.publish import PublishNotice, ReissueNotice, publish_notice, reissue_notice
from domain.notice.snapshot import Row, Subject, private_data, row_lines
from domain.places import Places, Quota, QuotasReset, QuotasSet
from domain.policy import Pack
from domain.programme import programme_of
from domain.record import Fact
from domain.rejections import OpenQuestion
from policies import load
from policies.calendars import published
from tests.archive_payloads import fact_of
from tests.domain.cast import clerk1, clerk2, head
from tests.domain.play import passed, refused, shows

OPENS, CLOSES = date(2026, 3, 1), date(2026, 4, 15)
QUOTAS = (Quota(30, industry="电子"), Quota(12, county="东区", scale="below"))


@dataclass
class Office:
    """A batch of a city's programme, opened, with quotas."""

    pack: Pack
    text: str
    overlaid: bool = True
    today: date = OPENS
    batch: Batch = field(init=False)
    places: Places = field(init=False)

    def __post_init__(self) -> None:
        self.programme = programme_of(self.pack, rehearsal=self.overlaid)
        self.batch = Batch.fresh(batch_id(self.pack.city, self.programme, "2"))
        self.places = Places.fresh(places_id(self.batch.id))
        opening: dict[str, Any] = {"city": self.pack.city, "programme": self.programme, "code": "2"}
        opening |= {"opens": OPENS, "closes": CLOSES, "pack_text": self.text, "rehearsal": self.overlaid}
        opened = OpenBatch(command_id=command_id("open"), by=clerk1, **opening)
        open_batch(self.batch, opened, self.papers(opened))

    def papers(self, command: Command) -> CasePapers:
        at = datetime.combine(self.today, time(10), CHINA)
        return CasePapers(command, at, self.pack, published(), getattr(self, "batch", None), places=self.places)

    def publishes(self, document: str = "申报通知1号", **changes: Any) -> Notice:
        given: dict[str, Any] = {"city": self.pack.city, "programme": self.programme, "subject": Subject.CALL}
        given |= {"document": document, "complaint_phone": "12345", "rows": (), "decided_by": (head.id,)}
        given |= {"batch": self.batch.id, "rehearsal": self.overlaid, **changes}
        command = PublishNotice(command_id=command_id("call", document), by=clerk2, **given)
        notice = Notice.fresh(notice_id(self.pack.city, self.programme, Subject.CALL, document))
        publish_notice(notice, command, self.papers(command))
        passed(command.kind)
        return notice


def office(city: str, *overlays: str) -> Office:
    return Office(load.load(city, overlays), load.text_of(city, overlays), bool(overlays))


@pytest.mark.parametrize("city", load.cities())
def test_a_call_holds_the_window_every_condition_of_the_pack_and_the_quotas_as_they_stand(city: str) -> None:
    there = office(city, "rehearsal")
    there.places.quotas = QUOTAS
    shown = there.publishes().shown
    rows = {(row.name, row.project) for row in shown.rows}

    assert shown.rows[0] == Row("申报期", "", "", "批次 2", None, "2026-03-01至2026-04-15")
    for key, name in (("selection.industries", "试点细分行业"), ("selection.conditions", "申报条件")):
        assert {(name, said) for said in (there.pack.list(key) if there.pack.has(key) else ())} <= rows
    assert ("名额", "电子 30 家") in rows
    assert Row("名额", "", "东区", "东区、规下 12 家", None, "") in shown.rows
    assert not any(private_data(cell) for line in row_lines(shown) for cell in line)
    assert len(shown.rows) > len(there.pack.list("selection.industries")) + len(QUOTAS)


def test_it_rests_on_the_clause_that_names_it_and_on_what_says_how_long_it_stands() -> None:
    (fact,) = office("mianyang", "rehearsal").publishes().collect_events()

    assert fact.clauses == ("绵阳办法 第十六条", "假设：与名单公示相同")  # type: ignore[attr-defined]


def test_where_the_sources_do_not_say_how_long_it_is_asked() -> None:
    with pytest.raises(OpenQuestion) as asked:
        office("mianyang").publishes()

    assert asked.value.key == "publicity.call"


def test_quotas_that_were_re_set_are_called_anew_as_they_now_stand() -> None:
    there = office("mianyang", "rehearsal")
    there.places.quotas = (Quota(30),)
    old = there.publishes()
    there.places.quotas = (Quota(41),)
    command = ReissueNotice(
        command_id=command_id("again"),
        by=clerk2,
        notice=old.id,
        document="申报通知2号",
        complaint_phone="12345",
        rows=(),
        decided_by=(),
        reason="名额调整",
    )
    new = Notice.fresh(notice_id("mianyang", there.programme, Subject.CALL, command.document))
    reissue_notice(new, old, command, there.papers(command))

    assert [row.project for row in old.shown.rows if row.name == "名额"] == ["全部企业 30 家"]
    assert [row.project for row in new.shown.rows if row.name == "名额"] == ["全部企业 41 家"]


def test_a_call_tells_from_events_when_its_quotas_were_changed_after_it_and_nothing_that_came_before() -> None:
    there = office("mianyang", "rehearsal")
    there.places.quotas = (Quota(30),)
    called = there.publishes().collect_events()[0].timestamp
    sets = fact_of(QuotasSet), fact_of(QuotasReset)
    told: list[Fact] = []
    for minutes, one in enumerate((*sets, *sets), start=-1):
        said = {**vars(one), "timestamp": called + timedelta(minutes=minutes), "quotas": (Quota(31 + minutes),)}
        told.append(type(one)(**{**said, "document": f"{minutes}号"}))

    changes = quota_changes(called, told)

    assert [(change.document, change.again) for change in changes] == [("1号", False), ("2号", True)]
    assert changes[1].words == f"名额已于 {OPENS} 按“2号”调整，现为：全部企业 33 家"
    assert changes[0].words == f"名额已于 {OPENS} 按“1号”下达，现为：全部企业 32 家"


@shows("call_must_be_made_of_its_batch")
def test_nobody_writes_a_calls_table_by_hand() -> None:
    there = office("mianyang", "rehearsal")
    assert len(there.publishes().shown.rows) > 1
    with refused("call_must_be_made_of_its_batch", of="publish-notice"):
        there.publishes(rows=(Row("名额", "", "", "全部企业 99 家", None, ""),))


@shows("call_must_belong_to_an_open_batch")
def test_a_call_is_the_call_of_a_batch_of_its_own_programme() -> None:
    there = office("mianyang", "rehearsal")
    assert there.publishes().batch == there.batch.id
    for changes in ({"city": "dalian"}, {"programme": f"{there.programme}-x"}):
        with refused("call_must_belong_to_an_open_batch", of="publish-notice"):
            there.publishes(**changes)
    command = PublishNotice(
        command_id=command_id("loose"),
        by=clerk2,
        city="mianyang",
        programme=there.programme,
        subject=Subject.CALL,
        document="申报通知9号",
        complaint_phone="12345",
        rows=(),
        decided_by=(head.id,),
        rehearsal=True,
    )
    loose = replace(there.papers(command), batch=None, places=None)
    with refused("call_must_belong_to_an_open_batch", of="publish-notice"):
        publish_notice(Notice.fresh(there.batch.id), command, loose)


@shows("call_must_come_before_its_window_is_over")
def test_nobody_is_called_to_a_window_that_has_closed() -> None:
    there = office("mianyang", "rehearsal")
    there.today = CLOSES
    assert there.publishes().shown.first_day == CLOSES
    there.today = CLOSES + timedelta(days=1)
    with refused("call_must_come_before_its_window_is_over", of="publish-notice"):
        there.publishes("申报通知2号")
