"""The console: right numbers, plain refusals, nothing executed that a firm wrote, and pages that anybody can read."""

from __future__ import annotations

import inspect
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from html.parser import HTMLParser
from typing import Any, cast
from urllib.parse import urlsplit

import psycopg
import pytest
import sqlalchemy.exc
from sqlalchemy import text

from activities.desk import Desk
from console import app as console_app
from console import cases as case_pages
from console import lamps, saying
from domain.deadlines import Deadline
from domain.people import Role
from domain.record import Fact
from eventstore.mapper import FACTS, adapter
from eventstore.store import EventStore
from policies import load
from policies.calendars import published
from projections.run import Projector
from projections.tables import engine_of
from settings import Settings
from tests.console_town import (
    BEARINGS,
    CITY,
    EAST,
    EVIL,
    PLASTICS,
    PLAYED,
    REAL,
    START,
    TODAY,
    UP_TO_RECEIPT,
    WEST,
    Firm,
    Town,
    console,
    set_up,
    settings_of,
)
from tests.domain import cast as people
from tests.domain.lines import DECIDED, MAIN

FORMERLY = replace(people.LEVEL_2, level=3)
"""What a diagnosis may have found, so that 二级 after the retrofit is less than before."""


@pytest.fixture(scope="module")
def town(database_url: str, store: EventStore) -> Iterator[Town]:
    """Six firms of the city's programme and one of a rehearsal, folded by the projector."""
    desk = Desk(store, published())
    places = {"selection.industries": (PLASTICS, BEARINGS), "selection.counties": (EAST, WEST)}
    rules = replace(
        people.rules(cast("Any", places)), city=CITY, programme=REAL, sources={"示例办法": "示例市专项办法"}
    )
    set_up(desk, REAL, load.canonical(rules))
    set_up(desk, PLAYED, load.text_of(CITY, ("rehearsal",)))
    firms = {
        name: Firm(desk, store, REAL, number) for number, name in enumerate(("恶", "付", "追", "迟", "西", "撤"), 1)
    }
    firms["恶"].does("open-case", firm=EVIL)
    fell = (("file-diagnosis", {"baseline": FORMERLY}) if step == "file-diagnosis" else step for step in UP_TO_RECEIPT)
    firms["付"].did(("open-case", {"firm": "付讫轴承有限公司"}), *list(fell)[1:])
    firms["追"].did(("open-case", {"firm": "追缴建材有限公司"}), *UP_TO_RECEIPT[1:], *DECIDED[1:], "record-refund")
    late = firms["迟"].did(("open-case", {"firm": "迟到机械有限公司"}), "submit-application", "pass-county-review")
    late.at = START + timedelta(days=9)
    late.does("record-reminder")
    late.at = START + timedelta(days=30)
    late.does("pass-deadline")
    west = firms["西"].did(("open-case", {"firm": "西岸塑料有限公司", "county": WEST, "industry": BEARINGS}))
    west.at = START + timedelta(days=6)
    west.did("submit-application")
    west.does("close-case", by=people.firm, by_signal=True)
    firms["撤"].did(
        ("open-case", {"firm": "撤回材料有限公司"}), "submit-application", "ask-withdrawal", "approve-withdrawal"
    )
    played = Firm(desk, store, PLAYED, 7)
    firms["演"] = played.did(("open-case", {"firm": "推演用企业(虚拟)"}), "submit-application")
    projector = Projector(database_url)
    projector.prepare()
    projector.catch_up()
    yield Town(database_url, store, desk, projector, firms)
    projector.close()


def words(page: str) -> str:
    """The page as it is read: without tags, blanks folded."""
    plain = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", plain.replace("&#39;", "'").replace("&amp;", "&").replace("&lt;", "<"))


# --- 总览


def test_the_funnel_counts_every_firm_where_it_stands_and_what_it_reached(town: Town) -> None:
    page = words(town.page("/"))

    assert "名册企业 6 家" in page
    assert "遴选 3 6 100.0%" in page
    assert "诊断 0 2 33.3%" in page
    assert "回头看 1 2 33.3%" in page
    assert "在办合计 4" in page
    assert re.search(r"已结束 2 .*已取消资格 1 家", page)
    assert "已退出 1 家" in page


@pytest.mark.parametrize(
    ("query", "firms"),
    [
        ({"county": WEST}, 1),
        ({"county": EAST}, 5),
        ({"industry": BEARINGS}, 1),
        ({"batch": "1"}, 5),
        ({"county": EAST, "batch": "1"}, 4),
        ({"county": "没有这个区"}, 0),
    ],
)
def test_the_funnel_of_a_county_an_industry_or_a_batch(town: Town, query: dict[str, str], firms: int) -> None:
    page = words(town.page("/", params=query))

    assert f"名册企业 {firms} 家" in page
    assert ("没有符合条件的企业" in page) is (firms == 0)


@pytest.mark.parametrize(
    ("by", "row"), [("county", f"{WEST} 1 0"), ("industry", f"{BEARINGS} 1 0"), ("batch", "1 2 0")]
)
def test_the_pivot_groups_by_what_is_asked(town: Town, by: str, row: str) -> None:
    page = words(town.page("/", params={"by": by}))

    assert row in page


def test_the_money_adds_up_to_the_fen(town: Town) -> None:
    page = words(town.page("/"))

    assert "企业改造补贴 10,000,000.00 9,600,000.00 0.00 0.00 800,000.00 400,000.00 0.00 ● 账平" in page


def test_money_that_does_not_add_up_is_an_alarm(town: Town) -> None:
    engine = engine_of(town.url)
    change = (
        "UPDATE read.fund_accounts SET fen = fen {} 1 WHERE name = 'paid'"
        " AND fund IN (SELECT id FROM read.funds WHERE programme = :programme)"
    )
    with engine.begin() as connection:
        connection.execute(text(change.format("-")), {"programme": REAL})
    page = words(town.page("/"))
    with engine.begin() as connection:
        connection.execute(text(change.format("+")), {"programme": REAL})
    engine.dispose()

    assert "账不平" in page
    assert "账平" not in page.replace("账不平", "")


def test_reminders_passed_deadlines_and_refusals_are_counted(town: Town) -> None:
    page = words(town.page("/"))

    assert "已发提醒 1 次" in page
    assert "期限届满 1 次" in page
    assert re.search(r"role_must_be_allowed_to_do_this 1|must_be\w* 1", page)


def test_a_rehearsal_stands_apart_with_its_assumptions(town: Town) -> None:
    real = words(town.page("/"))
    played = words(town.page("/", params={"programme": f"{CITY}/{PLAYED}"}))

    assert "这是推演数据" not in real
    assert re.search(r"名册企业 \d 家", played)
    assert "这是推演数据" in played
    assert re.search(r"下列 \d+ 项口径在来源文件中没有规定", played)
    assert "区县初审期限多少日" in played
    assert "假设：" in played
    assert f"推演：淄博市 {PLAYED}（" in real


def test_how_far_the_read_models_have_read_stands_on_every_page(town: Town) -> None:
    last = f"{town.store.last_position():,}"

    for path in ("/", "/cases", "/deadlines", f"/packs/{CITY}", f"/cases/{town.firms['付'].case}"):
        assert f"读模型已读到位置 {last}，事件库末尾 {last}，" in words(town.page(path))


# --- 企业档案


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, {"恶", "付", "追", "迟", "西", "撤"}),
        ({"stage": "look-back"}, {"付"}),
        ({"stage": "closed"}, {"追", "撤"}),
        ({"county": WEST}, {"西"}),
        ({"industry": BEARINGS}, {"西"}),
        ({"batch": "1", "stage": "selection"}, {"迟", "西"}),
        ({"q": "轴承"}, {"付"}),
        ({"q": "91370300MA3C00003X"}, {"追"}),
        ({"q": "９１３７０３００ma3c00004"}, {"迟"}),
        ({"q": "%"}, set()),
        ({"q": "_"}, set()),
        ({"q": "<script>"}, {"恶"}),
        ({"programme": f"{CITY}/{PLAYED}", "q": "推演用"}, {"演"}),
    ],
)
def test_the_list_finds_the_firms_that_are_asked_for(town: Town, query: dict[str, str], found: set[str]) -> None:
    page = town.page("/cases", params=query)

    ids = set(re.findall(r'href="/cases/([0-9a-f-]{36})"', page))
    assert ids == {str(town.firms[name].case) for name in found}
    assert f"共 {len(found)} 家" in words(page)
    assert ("没有符合条件的企业" in page) is (not found)


def test_the_list_is_turned_page_by_page_without_loss(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(case_pages, "PAGE", 4)
    first, second, beyond = (town.page("/cases", params={"page": n}) for n in (1, 2, 3))

    seen = [re.findall(r'href="/cases/([0-9a-f-]{36})"', page) for page in (first, second)]
    assert [len(ids) for ids in seen] == [4, 2]
    assert len({*seen[0], *seen[1]}) == 6
    assert 'rel="next"' in first
    assert 'rel="next"' not in second
    assert "这一页没有内容" in beyond


def test_a_firms_file_says_who_it_is_and_where_it_stands(town: Town) -> None:
    page = words(town.page(f"/cases/{town.firms['付'].case}"))

    assert "付讫轴承有限公司" in page
    assert "统一社会信用代码 91370300MA3C00002X" in page
    for region in (
        "资格 试点企业",
        "项目实施 已完工",
        "评测验收 验收合格",
        "资金 已拨付",
        "抽查与回头看 未开始",
        "追缴 未开始",
    ):
        assert region in page
    assert "回头看（现在）" in page


def test_a_firms_file_shows_how_the_subsidy_was_worked_out(town: Town) -> None:
    page = words(town.page(f"/cases/{town.firms['付'].case}"))

    assert "核定补贴 400,000.00" in page
    assert "已到账 400,000.00" in page
    assert "800000.01 × 1/2 = 400000.00 元" in page
    assert "示例办法 payout.ratio" in page
    assert "比例 50%，上限 500,000.00 元" in page
    assert "软件 制造执行系统 600,000.01" in page


def test_the_timeline_shows_every_event_with_time_hand_and_clause(town: Town) -> None:
    firm = town.firms["追"]
    page = town.page(f"/cases/{firm.case}")
    facts = town.store.facts(firm.case)

    assert [int(n) for n in re.findall(r'<li id="e(\d+)"', page)] == list(range(1, len(facts) + 1))
    plain = words(page)
    assert "建立档案 2026-03-02 10:00" in plain
    assert "市局经办 · 淄博市 · clerk-1" in plain
    assert "抽查人员 · 抽查组 · inspector-1" in plain
    assert "发现的问题 系统停用" in plain
    assert "材料 照片1" in plain
    assert "追缴退清" in plain
    assert "档案结束" in plain
    assert "缴款凭证 凭证1" in plain


def test_a_level_that_fell_is_an_alarm_on_the_firms_pages(town: Town) -> None:
    for path in (f"/cases/{town.firms['付'].case}", f"/explain/{town.firms['付'].case}"):
        assert "警示：评测等级低于改造前 ，请验收人员核实" in words(town.page(path))
    timeline = words(town.page(f"/cases/{town.firms['付'].case}"))
    assert timeline.count("警示：评测等级低于改造前") == 2
    assert re.search("警示：评测等级低于改造前 2026.+改造前水平（标准 2024 版） .+ 三级（集成级）", timeline)
    for name in ("追", "恶"):
        assert "警示：评测等级低于改造前" not in town.page(f"/cases/{town.firms[name].case}")


def test_contract_and_grade_are_tables_of_the_timeline(town: Town) -> None:
    page = town.page(f"/cases/{town.firms['追'].case}")

    assert "合同价格行（单位：元）" in page
    assert f"合同号 HT-1-{town.firms['追'].code}，服务商 云软公司，签订日期 2026-02-02" in page
    assert re.search(r"合计 +820,000.01", words(page))
    assert "一级（初始级） 15 9 6 4 3" in words(page)


def test_what_a_firm_wrote_is_shown_and_never_executed(town: Town) -> None:
    for path in ("/cases", f"/cases/{town.firms['恶'].case}", "/cases?q=<script>alert('甲')"):
        page = town.page(path)
        assert "<script" not in page
        assert "&lt;script&gt;alert(&#39;甲&#39;)" in page


def test_every_field_of_every_event_has_a_chinese_name() -> None:
    for kind in FACTS:
        house = [base for base in kind.__mro__ if issubclass(base, Fact) and base is not Fact]
        own = {
            name
            for base in house
            for name in inspect.get_annotations(base)
            if not name.isupper() and name != "class_version"
        }
        assert own <= set(saying.LABELS), kind.TOPIC


def test_no_word_of_the_program_is_left_in_what_events_say(town: Town) -> None:
    for firm in town.firms.values():
        for fact in town.store.facts(firm.case):
            for said in saying.said(adapter(type(fact)).dump_python(fact, mode="json")):
                shown = (said.text, *said.items, *(cell for one in said.tables for row in one.rows for cell in row))
                assert said.label in saying.LABELS.values()
                for piece in shown:
                    assert not re.search(
                        r"\b(none|true|false|accepted|notified|paid|yes|wait|lapse|county_\w+)\b", piece
                    )
                    assert "{" not in piece


# --- 下一步


def test_the_next_steps_of_a_firm_and_its_subsidy_worked_out_again(town: Town) -> None:
    page = words(town.page(f"/explain/{town.firms['付'].case}"))

    assert "抽中核查 市局经办、监理 draw-case" in page
    assert "结项归档 市局科长 close-case" in page
    assert re.search("记录为 400,000.00 元 .+重新计算为 400,000.00 元 .+两者一致", page)
    assert f'href="/explain/{town.firms["付"].case}"' in town.page(f"/cases/{town.firms['付'].case}")


def test_what_stands_in_the_way_is_named_with_its_rule(town: Town) -> None:
    waiting = Firm(town.desk, town.store, PLAYED, 20).did(*MAIN[: MAIN.index("publish-list") + 1])
    town.projector.catch_up()
    page = words(town.page(f"/explain/{waiting.case}"))

    assert "轮到但还不能办理" in page
    assert re.search("确认试点企业 .+notice_must_have_stood_its_time", page)
    assert "轮到但还不能办理" not in town.page(f"/explain/{town.firms['恶'].case}")
    assert "档案已结束" in town.page(f"/explain/{town.firms['撤'].case}")


# --- 期限


def test_deadlines_stand_in_order_of_their_last_day_each_with_its_lamp(town: Town) -> None:
    page = words(town.page("/deadlines"))
    late, west = town.firms["迟"].file, town.firms["西"].file
    (overdue,), (running,) = late.deadlines.values(), west.deadlines.values()

    assert "共 2 项" in page
    assert f"迟到机械有限公司 市级审核 ■ 已逾期 {overdue.due} 市局经办 {EAST} 1 次" in page
    assert f"西岸塑料有限公司 区县初审 ● 正常 {running.due} 区县 {WEST} 无" in page
    assert page.index(str(overdue.due)) < page.index(str(running.due))


@pytest.mark.parametrize(
    ("query", "total"), [({"role": "county"}, 1), ({"county": EAST}, 1), ({"role": "firm"}, 0), ({"county": "无"}, 0)]
)
def test_deadlines_of_a_role_or_a_county(town: Town, query: dict[str, str], total: int) -> None:
    page = words(town.page("/deadlines", params=query))

    assert f"共 {total} 项" in page


DUE = date(2026, 3, 20)


@pytest.mark.parametrize(
    ("changes", "today", "lamp"),
    [
        ({}, date(2026, 3, 16), lamps.GREEN),
        ({}, date(2026, 3, 17), lamps.YELLOW),
        ({}, DUE, lamps.YELLOW),
        ({}, date(2026, 3, 21), lamps.RED),
        ({"passed": True}, None, lamps.RED),
        ({"reminded": (date(2026, 3, 17),)}, None, lamps.YELLOW),
        ({}, None, lamps.GREEN),
        ({"name": "list_notice/1", "passed": True}, None, lamps.OVER),
        ({"name": "statement/1"}, date(2026, 3, 21), lamps.OVER),
    ],
)
def test_a_lamp_follows_the_day_or_in_a_rehearsal_the_record(
    changes: dict[str, Any], today: date | None, lamp: lamps.Lamp
) -> None:
    leads = (date(2026, 3, 17), date(2026, 3, 19))
    held = Deadline("county_review/1", Role.COUNTY, date(2026, 3, 2), DUE, False, leads, "wait", "示例")

    assert lamps.lamp(replace(held, **changes), today) == lamp


# --- 规则包


def test_rules_show_clause_standing_and_what_is_still_open(town: Town) -> None:
    page = words(town.page(f"/packs/{CITY}"))
    pack = load.load(CITY)

    assert pack.version[:12] in page
    assert pack.clause("selection.industries") in page
    assert "原文" in page
    assert f"待定口径（{len(pack.open_questions())} 项）" in page
    assert all(f"{question}?" in page for question in pack.open_questions().values())


def test_rules_show_every_value_and_every_row_of_every_city(town: Town) -> None:
    for city in load.cities():
        page, pack = words(town.page(f"/packs/{city}")), load.load(city)

        assert all(key in page for key in pack.values)
        assert all(row.clause in page for rows in pack.tables.values() for row in rows)
        assert all(getattr(row, "name", "") in page for rows in pack.tables.values() for row in rows)
        assert all(rows[0].TITLE in page for rows in pack.tables.values())


def test_rules_with_assumptions_mark_each_of_them(town: Town) -> None:
    page = town.page(f"/packs/{CITY}", params={"overlay": "rehearsal"})

    assert page.count('<span class="tag rehearsal">假设</span>') == len(load.load(CITY, ("rehearsal",)).assumptions())


# --- refusals


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/cases?stage=foo", "“阶段”没有“foo”这一项"),
        ("/cases?page=0", "“页码”应是 1 至"),
        ("/cases?page=9999999999999999999999", "“页码”应是 1 至"),
        ("/cases?page=二", "“页码”应是 1 至"),
        ("/cases?page=-1", "“页码”应是 1 至"),
        ("/cases?q=%00", "控制字符"),
        ("/cases?county=%1b%5b31m", "控制字符"),
        ("/cases?q=" + "长" * 101, "最多 100 个字"),
        ("/?by=colour", "“分组”没有“colour”这一项"),
        ("/?after=abc", "“位置 after”应是 0 至"),
        ("/?after=99999999999999999999", "“位置 after”应是 0 至"),
        ("/?programme=nowhere/0", "没有项目“nowhere/0”"),
        ("/?programme=%3Cscript%3E", "没有项目“&lt;script&gt;”"),
        ("/deadlines?role=king", "“责任方”没有“king”这一项"),
        (f"/packs/{CITY}?overlay=evil", "“假设”没有“evil”这一项"),
    ],
)
def test_a_question_that_cannot_be_is_refused_in_a_sentence(town: Town, path: str, said: str) -> None:
    page = town.page(path, status=422)

    assert said in page
    assert "Traceback" not in page


@pytest.mark.parametrize(
    "path",
    [
        "/cases/00000000-0000-0000-0000-000000000000",
        "/cases/abc",
        "/explain/00000000-0000-0000-0000-000000000000",
        "/explain/abc",
        "/cases/%00",
        "/cases/<script>",
        "/packs/atlantis",
        "/packs/..%2f..%2fetc",
        "/nowhere",
        "/static/../app.py",
        "/static/none.css",
        "/docs",
        "/openapi.json",
    ],
)
def test_what_is_not_there_is_said_in_chinese(town: Town, path: str) -> None:
    page = town.page(path, status=404)

    assert "没有" in page or "档案编号应是" in page
    assert "<script" not in page


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_given_to_the_console(town: Town, method: str) -> None:
    for path in ("/", f"/cases/{town.firms['付'].case}"):
        assert "只读" in town.page(path, method=method, status=405)


def test_the_console_cannot_write_even_if_it_wanted_to(town: Town) -> None:
    made = console_app.open_console(settings_of(town.url))
    with made.engine.connect() as connection, pytest.raises(sqlalchemy.exc.InternalError, match="read-only"):
        connection.execute(text("DELETE FROM read.cases"))
    made.close()


def test_a_database_that_is_away_is_a_page_and_not_a_trace(unused_tcp_port: int) -> None:
    with console(f"postgresql://nobody@127.0.0.1:{unused_tcp_port}/lookback", TODAY) as client:
        page, health = client.ask("/cases"), client.ask("/healthz")

    assert page.status_code == health.status_code == 503
    assert "数据库没有应答" in page.text
    assert health.json() == {"ok": False, "reason": health.json()["reason"]}


def test_before_the_projector_first_ran_the_console_says_what_to_do(fresh_database: str) -> None:
    with console(fresh_database, TODAY) as client:
        page = client.ask("/")

    assert page.status_code == 503
    assert "lookback up" in page.text


def test_an_empty_record_invites_to_begin(fresh_database: str) -> None:
    projector = Projector(fresh_database)
    projector.prepare()
    projector.close()

    with console(fresh_database, TODAY) as client:
        pages = [client.ask(path) for path in ("/", "/cases", "/deadlines")]

    assert [page.status_code for page in pages] == [200] * 3
    assert all("make demo" in page.text for page in pages)


def test_a_parked_stream_is_an_alarm_on_every_page(fresh_database: str) -> None:
    store, projector = EventStore(fresh_database), Projector(fresh_database)
    store.prepare()
    projector.prepare()
    desk = Desk(store, published())
    set_up(desk, PLAYED, load.text_of(CITY, ("rehearsal",)))
    firm = Firm(desk, store, PLAYED, 1).did("open-case")
    with psycopg.connect(fresh_database) as connection:
        connection.execute(
            "INSERT INTO stored_events (originator_id, originator_version, topic, state) VALUES (%s, 2, %s, %s)",
            (firm.case, "case.from-the-future", b"{}"),
        )
    projector.catch_up()
    with console(fresh_database, TODAY) as client:
        pages = [client.ask(path).text for path in ("/", "/cases", f"/cases/{firm.case}")]
        health = client.ask("/healthz").json()
        explained = client.ask(f"/explain/{firm.case}")
    store.close()
    projector.close()

    assert all("有 1 条事件不能计入网页，已停放" in page for page in pages)
    assert "本档案有事件停放" in pages[2]
    assert health["parked"] == 1
    assert explained.status_code == 503
    assert "读不懂的事件" in explained.text


def test_a_page_from_elsewhere_cannot_read_us_by_a_name_of_its_own(town: Town) -> None:
    page = town.page("/", status=403, headers={"Host": "evil.example:8080"})

    assert "只在本机提供" in page
    assert "名册企业" not in page
    assert town.get("/", headers={"Host": "localhost:8080"}).status_code == 200


# --- waiting for what was just done


def test_a_page_waits_for_the_position_it_is_asked_for(town: Town) -> None:
    receipt = Firm(town.desk, town.store, PLAYED, 8).does("open-case", firm="刚刚建档企业")
    late = threading.Timer(0.3, town.projector.catch_up)
    late.start()
    page = town.page("/cases", params={"programme": f"{CITY}/{PLAYED}", "after": receipt.position})
    late.join()

    assert "刚刚建档企业" in page
    assert "数据更新中" not in page


def test_a_page_that_waited_in_vain_says_so_within_a_second_or_so(town: Town) -> None:
    firm = Firm(town.desk, town.store, PLAYED, 9)
    receipt = firm.does("open-case", firm="还看不到的企业")
    begin = time.monotonic()
    page = words(town.page("/cases", params={"programme": f"{CITY}/{PLAYED}", "after": receipt.position}))
    took = time.monotonic() - begin
    town.page(f"/cases/{firm.case}", params={"after": receipt.position}, status=404)
    town.projector.catch_up()

    assert 1 <= took < 2.5
    assert "数据更新中： 刚才办理的事项" in page
    assert "相差 1 条" in page
    assert "还看不到的企业" not in page
    assert "还看不到的企业" in town.page(f"/cases/{firm.case}", params={"after": receipt.position})


def test_health_says_how_far_behind_and_whether_temporal_listens(town: Town) -> None:
    health = town.get("/healthz").json()

    assert health["ok"] is True
    assert health["position"] == health["last"] == town.store.last_position()
    assert health["lag"] == health["parked"] == 0
    assert health["temporal"] == "unreachable"


# --- pages for everybody


VOID = ("meta", "link", "input", "br", "rect")


class Reader(HTMLParser):
    """What a screen reader and a browser would make of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tables = self.captions = self.loose_heads = self.headings = 0
        self.fields: set[str] = set()
        self.labels: set[str] = set()
        self.addresses: list[str] = []
        self.scripted: list[str] = []
        self.ids: list[str] = []
        self.lang = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        self.tables += tag == "table"
        self.captions += tag == "caption"
        self.headings += tag == "h1"
        self.loose_heads += tag == "th" and said.get("scope") not in ("col", "row")
        if tag in ("select", "input") and said.get("type") != "hidden":
            self.fields.add(said.get("id") or "")
        if tag == "label":
            self.labels.add(said.get("for") or "")
        self.addresses += [said[name] or "" for name in ("href", "src", "action") if name in said]
        self.scripted += [name for name in said if name.startswith("on") or name == "style"]
        self.scripted += ["script"] if tag == "script" else []
        self.ids += [said["id"] or ""] if "id" in said else []
        self.lang = self.lang or (said.get("lang") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open, f"</{tag}> without a beginning"
            assert self.open.pop() == tag


def every_page(town: Town) -> dict[str, str]:
    paths = [
        "/",
        "/?by=industry",
        "/cases",
        "/deadlines",
        "/notices",
        "/estimate",
        "/packs/dalian",
        f"/packs/{CITY}?overlay=rehearsal",
    ]
    paths += [f"/?programme={CITY}/{PLAYED}", *(f"/cases/{firm.case}" for firm in town.firms.values())]
    paths += [f"/explain/{firm.case}" for firm in town.firms.values()]
    pages = {path: town.page(path) for path in paths}
    return pages | {"/cases?stage=x": town.page("/cases?stage=x", status=422)}


def test_pages_are_well_formed_labelled_and_bring_everything_themselves(town: Town) -> None:
    for path, page in every_page(town).items():
        reader = Reader()
        reader.feed(page)
        reader.close()

        assert reader.open == [], path
        assert reader.lang == "zh-Hans"
        assert reader.headings == 1
        assert reader.captions == reader.tables, path
        assert reader.loose_heads == 0, path
        assert reader.fields <= reader.labels, path
        assert reader.scripted == [], path
        assert len(reader.ids) == len(set(reader.ids)), path
        assert all(re.match(r"[/#](?!/)", address) for address in reader.addresses), path
        assert 'href="#main"' in page
        assert "本网页只读" in page


def test_the_style_sheet_fetches_nothing_and_the_headers_forbid_it(town: Town) -> None:
    sheet, page = town.get("/static/console.css"), town.get("/")

    assert "url(" not in sheet.text
    assert "@import" not in sheet.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'")
    assert page.headers["Cache-Control"] == "no-store"
    assert town.get("/", method="HEAD").text == ""


@pytest.fixture
def fresh_database(servers: Settings, request: pytest.FixtureRequest) -> str:
    """A database with nothing in it."""
    name = re.sub(r"\W+", "_", request.node.name).lower()[:60]
    with psycopg.connect(servers.dsn(), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
    return urlsplit(servers.dsn())._replace(path=f"/{name}").geturl()
