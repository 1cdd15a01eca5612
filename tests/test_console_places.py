"""名额、候补、专家评审 on pages: what is taken, who waits, who was called, and how the experts ranked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from activities.desk import Desk
from domain.expert_review.ranking import Criterion, Expert, Points
from domain.expert_review.room import COMMANDS
from domain.identity import batch_id, command_id
from domain.people import Person, Role
from domain.places import Quota
from domain.quotas import SetQuotas
from eventstore.store import EventStore
from policies import load
from policies.calendars import published
from projections import expert_reviews
from projections.run import Projector
from projections.tables import engine_of
from tests.console_town import BEARINGS, CITY, EAST, PLASTICS, REAL, START, WEST, Firm, Town, set_up
from tests.domain import cast as people
from tests.domain.lines import MAIN
from tests.test_console import Reader, words

BATCH = batch_id(CITY, REAL, "1")
PLACES, REVIEW = f"/batches/{BATCH}/places", f"/batches/{BATCH}/review"
ONE, TWO = Expert("zibo/expert-1", "甲大学"), Expert("zibo/expert-2", "乙大学")
BEFORE_EXPERTS = MAIN[: MAIN.index("pass-city-review") + 1]
NAMES = "甲乙丙丁戊己"
SECRET = 37
"""What an expert gave in the round that is still open."""


class Review:
    """The experts' reviews of the batch, at the desk, an hour after each other."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.said = desk, 0

    def does(self, kind: str, by: Person, **said: Any) -> None:
        self.said += 1
        command = COMMANDS[kind](command_id=command_id(kind, str(self.said)), by=by, batch=BATCH, **said)
        answer = self.desk.handle(command, START + timedelta(days=3, hours=self.said))
        assert answer.refusal is None, answer.refusal

    def called(self, document: str, *firms: Firm) -> None:
        criteria = (Criterion("改造意愿", 40), Criterion("方案可行", 60))
        cases = tuple(firm.case for firm in firms)
        said = {"document": document, "criteria": criteria, "experts": (ONE, TWO), "cases": cases}
        self.does("call-expert-review", people.clerk2, **said)

    def scored(self, expert: Expert, firm: Firm, total: int) -> None:
        points = (Points("改造意愿", min(total, 40)), Points("方案可行", max(total - 40, 0)))
        hand = Person(expert.id, Role.EXPERT, expert.organisation)
        self.does("file-score", hand, case=firm.case, points=points)


@pytest.fixture(scope="module")
def town(database_url: str, store: EventStore) -> Iterator[Town]:
    """Two places: a round called off, one that ranks four, two places that fall free, and a round that is open."""
    desk = Desk(store, published())
    changed = {"selection.industries": (PLASTICS, BEARINGS), "selection.counties": (EAST, WEST)}
    changed |= cast("Any", {"selection.expert_review": True, "selection.review_sheets": 1})
    rules = replace(
        people.rules(cast("Any", changed)), city=CITY, programme=REAL, sources={"示例办法": "示例市专项办法"}
    )
    set_up(desk, REAL, load.canonical(rules))
    quotas = SetQuotas(
        command_id=command_id("quotas"),
        by=people.head,
        batch=BATCH,
        quotas=(Quota(2, clause="示例办法 二"), Quota(9, industry=PLASTICS, county=EAST, scale="above")),
        document="工信〔2026〕1号",
    )
    assert desk.handle(quotas, START).refusal is None
    firms = {name: Firm(desk, store, REAL, number) for number, name in enumerate(NAMES, 1)}
    for name in "甲乙丙丁戊":
        firms[name].did(("open-case", {"firm": f"{name}字<注塑>有限公司"}), *BEFORE_EXPERTS[1:])
    firms["己"].did(("open-case", {"firm": "己字机械有限公司"}))
    review, four = Review(desk), [firms[name] for name in "甲乙丙丁"]
    review.called("评审1号", *four)
    review.scored(ONE, firms["甲"], 99)
    review.does("call-off-expert-review", people.head, document="撤1号", reason="评分标准有误")
    review.called("评审2号", *four)
    for name, total in zip("甲乙丙丁", (80, 90, 70, 60), strict=True):
        review.scored(ONE, firms[name], total)
        if name != "丁":
            review.scored(TWO, firms[name], total - 1)
    review.does("recuse-expert", people.head, expert=TWO.id, cases=(firms["丁"].case,), reason="近亲属任职")
    review.does("close-expert-review", people.clerk2)
    for firm in firms.values():
        firm.at = START + timedelta(days=6)
    firms["乙"].did("publish-list", "record-objection", ("answer-objection", {"upheld": True}))
    firms["丙"].at += timedelta(days=1)
    firms["丙"].did("promote-from-waitlist")
    firms["甲"].at += timedelta(days=2)
    firms["甲"].did("ask-withdrawal", "approve-withdrawal")
    review.called("评审3号", firms["戊"])
    review.scored(ONE, firms["戊"], SECRET)
    projector = Projector(database_url)
    projector.prepare()
    projector.catch_up()
    yield Town(database_url, store, desk, projector, firms)
    projector.close()


def test_the_first_page_leads_to_every_batch_and_says_how_full_it_is(town: Town) -> None:
    page = town.page("/")

    assert f"批次 1 全部企业 2；{PLASTICS}、{EAST}、规上 9 1 1 第 3 轮进行中" in words(page)
    assert f'href="{PLACES}"' in page
    assert f'href="{REVIEW}"' in page


def test_a_batchs_page_says_each_quota_what_is_taken_and_what_is_free(town: Town) -> None:
    page = words(town.page(PLACES))

    assert "按“工信〔2026〕1号”" in page
    assert "全部企业 不限 不限 不限 2 1 1 示例办法 二" in page
    above = town.firms["丙"].file.above_designated
    assert f"{PLASTICS}、{EAST}、规上 {PLASTICS} {EAST} 规上 9 {int(above)} {9 - above} 未写明" in page


def test_who_waits_stands_in_order_and_who_was_called_is_told_with_the_hour_and_what_came_of_it(town: Town) -> None:
    page = words(town.page(PLACES))
    third, fourth = town.firms["丙"], town.firms["丁"]

    assert "候补（1 家）" in page
    assert re.search(rf"第 1 位 丁字.* {fourth.code} .*▲ 2026-03-10 10:01 轮到", page)
    calls = page.split("轮到递补（2 次）")[1].split("名额内企业")[0]
    assert re.search(rf"2026-03-10 10:01 丁字.* {fourth.code} 名额保留，待递补", calls)
    assert re.search(rf"2026-03-08 10:02 丙字.* {third.code} 已递补", calls)
    assert calls.index("丁字") < calls.index("丙字")
    taken = page.split("名额内企业（1 家）")[1]
    assert re.search(rf"1 丙字.* {third.code} .* 2026-03-09 10:00（递补）", taken)
    assert "甲字" not in page, "who has left holds no place"


def test_a_closed_round_shows_rank_mean_and_every_sheet_that_counts(town: Town) -> None:
    page = words(town.page(REVIEW, params={"round": "2"}))
    first, last = town.firms["乙"].code, town.firms["丁"].code

    assert "专家评审第 2 轮" in page
    assert "至少 1 份有效评分表" in page
    assert "改造意愿 40" in page
    line = rf"1 乙字.* {first} {EAST} {PLASTICS} 2 89.50 分（179/2） {ONE.id} 90 分、 {TWO.id} 89 分 拟入选 无 2 甲字"
    assert re.search(line, page)
    assert re.search(rf"4 丁字.* {last} {EAST} {PLASTICS} 1 60.00 分（60/1） {ONE.id} 60 分 候补 {TWO.id}", page)


def test_no_point_is_shown_of_a_round_that_is_open_or_was_called_off(town: Town) -> None:
    now, off = words(town.page(REVIEW)), words(town.page(REVIEW, params={"round": "1"}))

    assert "专家评审第 3 轮" in now
    assert re.search(rf"戊字.* {town.firms['戊'].code} {EAST} {PLASTICS} 1 1 无", now)
    assert "评审结束之前不显示任何分数" in now
    assert f"{SECRET} 分" not in now
    assert "本轮已按“撤1号”撤销： 评分标准有误" in off
    assert "99 分" not in off
    engine = engine_of(town.url)
    for number in (1, 3):
        _, firms = expert_reviews.firms(engine, BATCH, number)
        assert [(one.points, one.scores) for one in firms] == [(None, ())] * len(firms)
    engine.dispose()


def test_a_firms_file_says_where_it_stands_on_the_waitlist_and_how_it_was_ranked(town: Town) -> None:
    pages = {name: town.page(f"/cases/{firm.case}") for name, firm in town.firms.items()}
    told = {name: words(page) for name, page in pages.items()}

    assert "批次 1 ： 候补第 1 位 （共 1 家候补）" in told["丁"]
    assert "2026-03-10 10:01 空出名额，轮到本企业递补" in told["丁"]
    assert "批次 1 专家评审第 2 轮 （已结束）：第 4 名，平均 60.00 分（60/1），1 份评分表，候补" in told["丁"]
    assert "批次 1 ：在名额之内，2026-03-09 10:00 列入（递补）" in told["丙"]
    assert "候补第" not in told["甲"]
    assert "第 2 名，平均 79.50 分（159/2），2 份评分表，拟入选" in told["甲"]
    assert "批次 1 专家评审第 1 轮 （已撤销） 批次" in told["甲"]
    assert "批次 1 专家评审第 3 轮 （进行中）" in told["戊"]
    assert "名额与专家评审" not in told["己"]
    assert f'href="{PLACES}"' in pages["丁"]
    assert re.search(rf'href="{REVIEW}\?[^"]*round=2"', pages["丁"])
    assert PLACES not in pages["戊"], "it holds no place yet"


def test_only_ids_of_people_are_shown(town: Town) -> None:
    for path in (PLACES, REVIEW, f"{REVIEW}?round=2"):
        page = words(town.page(path))

        assert not any(hand.id in page for hand in (people.clerk1, people.clerk2, people.head))
        assert not re.search(r"(?<![\w-])1\d{10}(?!\d)", page), "a telephone number"


def test_long_lists_come_in_pages(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.places.PAGE", 2)
    first = town.page(REVIEW, params={"round": "2"})
    second = words(town.page(REVIEW, params={"round": "2", "page": "2"}))

    assert re.search(rf'href="{REVIEW}\?[^"]*page=2[^"]*" *>|href="{REVIEW}\?[^"]*page=2', first)
    assert "丁字" not in words(first)
    assert "4 丁字" in second
    assert "这一页没有内容" in words(town.page(PLACES, params={"line": "2"}))


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/batches/abc/places", 404, "批次编号应是"),
        ("/batches/00000000-0000-0000-0000-000000000000/places", 404, "没有编号为"),
        ("/batches/00000000-0000-0000-0000-000000000000/review", 404, "没有编号为"),
        (f"{REVIEW}?round=9", 422, "“轮次”没有“9”这一项"),
        (f"{REVIEW}?round=<b>", 422, "“轮次”没有“&lt;b&gt;”这一项"),
        (f"{PLACES}?line=0", 422, "“候补页码”应是"),
    ],
)
def test_what_cannot_be_is_said(town: Town, path: str, status: int, said: str) -> None:
    assert said in town.page(path, status=status)


def test_the_pages_can_be_read_by_everybody_and_execute_nothing(town: Town) -> None:
    for path in (PLACES, REVIEW, f"{REVIEW}?round=1", f"{REVIEW}?round=2", "/", f"/cases/{town.firms['丁'].case}"):
        page = town.page(path)
        reader = Reader()
        reader.feed(page)
        reader.close()

        assert "<注塑>" not in page
        assert reader.open == [], path
        assert reader.headings == 1
        assert reader.captions == reader.tables, path
        assert reader.loose_heads == 0, path
        assert reader.fields <= reader.labels, path
        assert reader.scripted == [], path
        assert len(reader.ids) == len(set(reader.ids)), path
