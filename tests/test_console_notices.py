"""公示 on pages: the list, the notice just as it was published with its proof, and the firms that stood on it."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import psycopg
import pytest

from activities.desk import Desk
from activities.explain import account
from activities.notices import naming
from domain.identity import batch_id, command_id, notice_id
from domain.notice.file import Notice
from domain.notice.room import COMMANDS
from domain.notice.snapshot import Row, Subject, hash_of, row_lines, snapshot_hash
from domain.people import Person
from eventstore.store import EventStore
from exchange import notice_page
from policies import load
from policies.calendars import published
from projections.run import Projector
from settings import Settings
from tests.console_town import BEARINGS, CITY, EAST, PLASTICS, REAL, START, TODAY, WEST, Firm, Town, set_up
from tests.domain import cast as people
from tests.domain.lines import MAIN
from tests.shell import Shell, pointed_at
from tests.test_console import Reader, words

CLERK, OTHER, HEAD = people.clerk1, people.clerk2, people.head
FIRST, SECOND, RESULT = "淄工信公示〔2026〕1号", "淄工信公示〔2026〕2号", "淄工信公示〔2026〕3号"
OBJECTOR = "张店某某环保科技有限公司"
MATTER, ANSWER = "主营业务<b>不属</b>试点行业", "经核，主营收入占比不符合要求"
UP_TO_LIST = MAIN[: MAIN.index("publish-list")]


def noticed(desk: Desk, kind: str, by: Person, days: int, **said: Any) -> None:
    name = command_id(kind, str(said), str(days))
    answer = desk.handle(COMMANDS[kind](command_id=name, by=by, **said), START + timedelta(days=days, hours=1))
    assert answer.refusal is None, answer.refusal


def id_of(document: str, subject: Subject = Subject.LIST) -> Any:
    return notice_id(CITY, REAL, subject, document)


def row(firm: Firm) -> Row:
    return Row(firm.file.firm, firm.code, EAST, "注塑车间数字化改造", None, "2026-04-01至2026-12-31")


@pytest.fixture(scope="module")
def town(database_url: str, store: EventStore) -> Iterator[Town]:
    """Three firms on a list that was contested and published anew without one of them; it is contested again."""
    desk = Desk(store, published())
    places = {"selection.industries": (PLASTICS, BEARINGS), "selection.counties": (EAST, WEST)}
    rules = replace(
        people.rules(cast("Any", places)), city=CITY, programme=REAL, sources={"示例办法": "示例市专项办法"}
    )
    set_up(desk, REAL, load.canonical(rules))
    firms = {name: Firm(desk, store, REAL, number) for number, name in enumerate(("留", "也", "去", "外"), 1)}
    for name, firm in firms.items():
        firm.did(("open-case", {"firm": f"{name}注塑机械有限公司"}), *UP_TO_LIST[1:])
    said = {"complaint_phone": "0533-2345678", "decided_by": (), "document": FIRST}
    home = {"city": CITY, "programme": REAL, "subject": Subject.LIST, "batch": batch_id(CITY, REAL, "1")}
    three, two = (tuple(row(firms[name]) for name in names) for names in ("留也去", "留也"))
    noticed(desk, "publish-notice", CLERK, 0, **home, **said, rows=three)
    for name in "留也去":
        firms[name].did(("publish-list", {"document": FIRST}))
    first = id_of(FIRST)
    sha = store.load(Notice, first).sha256
    noticed(desk, "check-notice", OTHER, 1, notice=first, sha256=sha)
    contest = {"objector": OBJECTOR, "matter": MATTER, "about": firms["去"].code, "suspend": None}
    noticed(desk, "object-to-notice", OTHER, 2, notice=first, **contest)
    noticed(desk, "answer-notice-objection", HEAD, 3, notice=first, number=1, upheld=True, answer=ANSWER)
    said |= {"document": SECOND, "reason": "一家企业不符合条件，核减"}
    noticed(desk, "reissue-notice", CLERK, 4, notice=first, **said, rows=two)
    second = id_of(SECOND)
    for days in (5, 6, 7, 8):
        noticed(desk, "check-notice", OTHER, days, notice=second, sha256=store.load(Notice, second).sha256)
    noticed(desk, "object-to-notice", OTHER, 8, notice=second, objector="登记7号", matter="反映设备老旧", suspend=None)
    projector = Projector(database_url)
    projector.prepare()
    projector.catch_up()
    yield Town(database_url, store, desk, projector, firms)
    projector.close()


def test_the_list_says_what_stands_until_when_and_how_many_objections_wait(town: Town) -> None:
    page = words(town.page("/notices"))

    assert "共 2 个公示" in page
    stopped, replaced = town.store.load(Notice, id_of(SECOND)), town.store.load(Notice, id_of(FIRST))
    assert stopped.ends is None
    assert replaced.replaced_by == stopped.id
    assert (
        f"{SECOND} 拟入选名单 1 2 2026-03-06 5 个工作日 中止，剩余 {stopped.days_left} 日 中止（异议处理中） 1" in page
    )
    assert f"{FIRST} 拟入选名单 1 3 2026-03-02 5 个工作日 中止" in page
    assert page.index(SECOND) < page.index(FIRST)


@pytest.mark.parametrize(
    ("query", "found"),
    [({"state": "replaced"}, 1), ({"state": "stood"}, 0), ({"subject": "list"}, 2), ({"subject": "acceptance"}, 0)],
)
def test_the_list_of_a_subject_or_a_state(town: Town, query: dict[str, str], found: int) -> None:
    page = words(town.page("/notices", params=query))

    assert f"共 {found} 个公示" in page
    assert ("没有符合条件的公示" in page) is (found == 0)


def test_a_notice_is_shown_just_as_it_was_published_with_its_hash(town: Town) -> None:
    page = town.page(f"/notices/{id_of(FIRST)}")
    notice = town.store.load(Notice, id_of(FIRST))
    cells = html.unescape(re.sub(r"<[^>]+>", "\t", page))

    assert len(row_lines(notice.shown)) == 4
    for line in row_lines(notice.shown):
        assert all(cell in cells for cell in line)
    assert notice.sha256 in page
    assert "与事件中的内容一致" in page
    tables = re.findall(r"<table>.*?</table>", page, re.DOTALL)[:2]
    bare = "".join(tables).replace("<table>", '<table class="snapshot">')
    read = notice_page.lines_in(re.sub(r"<caption>.*?</caption>", "", bare))
    assert hash_of(read) == notice.sha256 == snapshot_hash(notice.shown)


def test_days_objections_stops_and_the_notices_that_followed_are_told_and_the_objectors_are_not(town: Town) -> None:
    first, second = words(town.page(f"/notices/{id_of(FIRST)}")), words(town.page(f"/notices/{id_of(SECOND)}"))

    assert "逐日核验：1 日，须 5 日" in first
    assert "2026-03-03 ● 一致" in first
    assert "2026-03-04 因异议处理中止计时，待答复后恢复" in first
    assert f"第 1 号 2026-03-04 {town.firms['去'].code} 主营业务" in first
    assert f"2026-03-05 异议成立：{ANSWER}" in first
    assert "为何被替代：一家企业不符合条件，核减" in first
    assert f"{SECOND} ：2026-03-06 发布，中止" in first
    assert "为何重新公示：一家企业不符合条件，核减" in second
    assert "2026-03-09 ● 一致" in second
    assert "2026-03-07" not in second.split("逐日核验")[1].split("异议（")[0], "a Saturday does not count"
    assert "整个公示 反映设备老旧 尚未答复" in second
    for page in (first, second):
        assert OBJECTOR not in page
        assert "登记7号" not in page
        assert not any(hand.id in page for hand in (CLERK, OTHER, HEAD))


def test_what_an_objector_wrote_is_shown_and_never_executed(town: Town) -> None:
    page = town.page(f"/notices/{id_of(FIRST)}")

    assert "<b>" not in page
    assert "主营业务&lt;b&gt;不属&lt;/b&gt;试点行业" in page


def test_a_firms_file_and_its_next_steps_show_every_notice_that_names_it_and_no_other(town: Town) -> None:
    for path in ("cases", "explain"):
        kept, gone, never = (town.page(f"/{path}/{town.firms[name].case}") for name in ("留", "去", "外"))
        both = {f"/notices/{id_of(FIRST)}", f"/notices/{id_of(SECOND)}"}

        assert set(re.findall(r'href="(/notices/[0-9a-f-]{36})"', kept)) == both
        assert set(re.findall(r'href="(/notices/[0-9a-f-]{36})"', gone)) == {f"/notices/{id_of(FIRST)}"}
        assert "/notices/" not in never


def test_explain_tells_them_from_the_record_alone(
    town: Town,
    servers: Settings,
    database_url: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shell = Shell(capsys, monkeypatch)
    shell.at(pointed_at(servers, database_url))
    told = account(town.store, town.desk, town.firms["留"].case, TODAY)
    on_paper = shell.run("explain", town.firms["留"].code)
    for_programs = shell.run("explain", town.firms["留"].code, "--json").json

    assert [one.shown.document for one in told.notices] == [FIRST, SECOND]
    assert f"公示“{FIRST}”（拟入选名单，3 行）：已重新公示" in on_paper.out
    assert [one["document"] for one in for_programs["notices"]] == [FIRST, SECOND]
    assert "列入的公示" not in shell.run("explain", town.firms["外"].code).out


def test_a_firms_case_in_another_programme_is_not_shown_these(town: Town) -> None:
    here = town.firms["留"].file
    there = Firm(town.desk, town.store, f"{REAL}-other", 1).file
    there.city, there.programme, there.credit_code = CITY, f"{REAL}-other", here.credit_code

    assert len(naming(town.store, here)) == 2
    assert naming(town.store, there) == ()


def test_a_snapshot_that_was_changed_in_the_record_is_an_alarm(town: Town, database_url: str) -> None:
    change = (
        "UPDATE stored_events SET state = decode(replace(encode(state, 'hex'), %s, %s), 'hex') WHERE originator_id = %s"
    )
    old, new = (text.encode().hex() for text in ("留注塑机械", "换注塑机械"))
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(change, (old, new, id_of(SECOND)))
        page = town.page(f"/notices/{id_of(SECOND)}")
        connection.execute(change, (new, old, id_of(SECOND)))

    assert "公示内容与发布时的哈希不符" in page
    assert "与事件中的内容一致" not in page
    assert "与事件中的内容一致" in town.page(f"/notices/{id_of(SECOND)}")


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/notices/abc", 404, "公示编号应是"),
        ("/notices/00000000-0000-0000-0000-000000000000", 404, "没有编号为"),
        ("/notices?subject=x", 422, "“公示事项”没有“x”这一项"),
        ("/notices?state=<b>", 422, "“现状”没有“&lt;b&gt;”这一项"),
        ("/notices?page=0", 422, "“页码”应是"),
    ],
)
def test_what_cannot_be_is_said(town: Town, path: str, status: int, said: str) -> None:
    assert said in town.page(path, status=status)


def test_the_pages_can_be_read_by_everybody(town: Town) -> None:
    for path in ("/notices", f"/notices/{id_of(FIRST)}", f"/notices/{id_of(SECOND)}"):
        reader = Reader()
        reader.feed(town.page(path))
        reader.close()

        assert reader.open == [], path
        assert reader.headings == 1
        assert reader.captions == reader.tables, path
        assert reader.loose_heads == 0, path
        assert reader.fields <= reader.labels, path
        assert reader.scripted == [], path
        assert len(reader.ids) == len(set(reader.ids)), path
