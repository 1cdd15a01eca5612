"""公示 on a real record: from table to page, from page to proof, and what it holds back in the cases."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psycopg
import pytest

from activities.messages import Answer
from domain.calendar import CHINA, china_day
from domain.commands import Command
from domain.identity import batch_id, command_id, notice_id
from domain.notice.file import Notice, NoticePublished, NoticeState
from domain.notice.publish import PublishNotice
from domain.notice.room import COMMANDS
from domain.notice.snapshot import Row, Subject, hash_of
from domain.people import Person
from domain.places import Quota
from eventstore.store import EventStore
from exchange import notice_page
from settings import Settings
from tests.domain import cast
from tests.engine import CITY, COUNTY, Firm, Town, pack, upto
from tests.shell import Shell, pointed_at
from tests.test_places import limited

MONDAY: Final = datetime(2024, 3, 4, 10, tzinfo=CHINA)
"""Long ago, so that its window is over whenever the test runs; the window's days are the 5th to the 11th."""
WINDOW: Final = (1, 2, 3, 4, 7)
CLERK, OTHER, HEAD = cast.clerk1, cast.clerk2, cast.head
PHONE: Final = "0533-2345678"


@pytest.fixture
def shell(
    servers: Settings, database_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Shell:
    shell = Shell(capsys, monkeypatch)
    shell.at(pointed_at(servers, database_url))
    return shell


@pytest.fixture
def town(store: EventStore, request: pytest.FixtureRequest) -> Town:
    return Town(store, request.node.name)


class Board:
    """One notice of a town, at the desk, on days long ago."""

    def __init__(self, town: Town, *firms: Firm, document: str = "公示1号", subject: Subject = Subject.LIST) -> None:
        self.town, self.firms, self.subject, self.steps = town, firms, subject, 0
        self.id = notice_id(CITY, town.programme, subject, document)
        command = PublishNotice(
            command_id=command_id(str(self.id), "publish"),
            by=CLERK,
            city=CITY,
            programme=town.programme,
            subject=subject,
            document=document,
            complaint_phone=PHONE,
            rows=self.rows,
            decided_by=(),
            batch=batch_id(CITY, town.programme, "1"),
        )
        assert self.decided(command, 0).refusal is None

    @property
    def rows(self) -> tuple[Row, ...]:
        return tuple(Row(firm.file.firm, firm.code, COUNTY, "数字化改造", None, "") for firm in self.firms)

    @property
    def notice(self) -> Notice:
        return self.town.store.load(Notice, self.id)

    def decided(self, command: Command, days: int) -> Answer:
        return self.town.desk.handle(command, MONDAY + timedelta(days=days))

    def command(self, kind: str, by: Person, **said: Any) -> Command:
        self.steps += 1
        identity = command_id(str(self.id), kind, str(self.steps))
        return COMMANDS[kind](**{"command_id": identity, "by": by, "notice": self.id, **said})

    def did(self, kind: str, by: Person, days: int, **said: Any) -> None:
        assert self.decided(self.command(kind, by, **said), days).refusal is None

    def seen(self) -> None:
        for days in WINDOW:
            self.did("check-notice", OTHER, days, sha256=self.notice.sha256)

    def completed(self) -> None:
        self.seen()
        self.did("complete-notice", HEAD, 8)


def refusal_of(firm: Firm, kind: str) -> str:
    refusal = firm.hands_in(kind).refusal
    return refusal.rule if refusal else ""


def table(tmp_path: Path, *firms: Firm, name: str = "rows.csv") -> str:
    lines = ["序号,企业名称,统一社会信用代码,区县,项目,金额（元）"]
    lines += [f"{n},{firm.file.firm},{firm.code},{COUNTY},数字化改造,400000.00" for n, firm in enumerate(firms, 1)]
    path = tmp_path / name
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


def typed(town: Town, rows: str, *more: str, document: str = "公示1号", subject: str = "list") -> tuple[str, ...]:
    own = ("--city", CITY, "--programme", town.programme, "--batch", "1", "--subject", subject, "--rows", rows)
    return ("notice", "publish", *own, "--document", document, "--phone", PHONE, "--by", CLERK.id, *more)


# --- the effect on the cases


def test_a_list_takes_effect_at_its_notices_end_and_for_those_alone_whom_it_names(town: Town) -> None:
    firms = [town.firm().walked(*upto("pass-city-review")) for _ in range(3)]
    on_it, beside, other = firms
    board = Board(town, on_it)
    for firm, document in ((on_it, "公示1号"), (beside, " 公示 1号"), (other, "别的公示")):
        firm.walked(("publish-list", {"document": document}), "~list_notice")

    assert refusal_of(on_it, "confirm-pilot") == "notice_must_have_been_completed"
    assert refusal_of(beside, "confirm-pilot") == "case_must_stand_in_its_notice"
    assert refusal_of(other, "confirm-pilot") == "", "a number under which there is no notice"
    board.completed()
    assert refusal_of(on_it, "confirm-pilot") == ""
    assert refusal_of(beside, "confirm-pilot") == "case_must_stand_in_its_notice"


def test_a_number_typed_otherwise_is_no_way_around_the_notice_that_shows_the_firm(town: Town) -> None:
    firm = town.firm().walked(*upto("pass-city-review"))
    board = Board(town, firm, document="公示〔2026〕1号")
    firm.walked(("publish-list", {"document": "公示[2026]1号"}), "~list_notice")
    board.did("object-to-notice", OTHER, 1, objector="实名登记2026-003", matter="设备不实", suspend=True)
    assert refusal_of(firm, "confirm-pilot") == "notice_must_have_been_completed"
    board.did("answer-notice-objection", HEAD, 1, number=1, upheld=False, answer="经查不属实")
    for days in (2, 3, 4, 7, 8):
        board.did("check-notice", OTHER, days, sha256=board.notice.sha256)
    board.did("complete-notice", HEAD, 9)
    assert refusal_of(firm, "confirm-pilot") == ""


def test_who_gave_the_place_answers_no_objection_to_the_list(store: EventStore) -> None:
    town = limited(Town(store, "place given"), Quota(1))
    holder, firm = (town.firm().walked(*upto("pass-county-review")) for _ in range(2))
    holder.walked("pass-city-review")
    firm.walked("waitlist-application")
    holder.walked("ask-withdrawal", "approve-withdrawal")
    assert firm.hands_in("promote-from-waitlist", replace(CLERK, id="promoter-1")).refusal is None
    board = Board(town, firm)
    assert "promoter-1" in board.notice.decided_by


def test_an_acceptance_takes_effect_at_its_notices_end(town: Town) -> None:
    firm = town.firm().walked(*upto("pass-acceptance"))
    board = Board(town, firm, document="公示2号", subject=Subject.ACCEPTANCE)
    firm.walked("publish-acceptance", "~acceptance_notice")
    assert refusal_of(firm, "confirm-acceptance") == "notice_must_have_been_completed"
    board.completed()
    assert refusal_of(firm, "confirm-acceptance") == ""


def test_who_falls_off_a_list_that_is_published_anew_is_not_confirmed_by_the_old_one(town: Town) -> None:
    stays, falls = (town.firm().walked(*upto("pass-city-review")) for _ in range(2))
    board = Board(town, stays, falls)
    for firm in (stays, falls):
        firm.walked("publish-list", "~list_notice")
    said = {"document": "公示1号（更正）", "complaint_phone": PHONE, "decided_by": (), "reason": "核减一家"}
    board.did("reissue-notice", CLERK, 2, rows=board.rows[:1], **said)
    assert board.notice.state is NoticeState.REPLACED
    assert {refusal_of(stays, "confirm-pilot"), refusal_of(falls, "confirm-pilot")} == {
        "notice_must_have_been_completed",
        "case_must_stand_in_its_notice",
    }
    assert board.notice.replaced_by is not None
    board.id = board.notice.replaced_by
    for days in (3, 4, 7, 8, 9):
        board.did("check-notice", OTHER, days, sha256=board.notice.sha256)
    board.did("complete-notice", HEAD, 10)
    assert refusal_of(stays, "confirm-pilot") == ""
    assert refusal_of(falls, "confirm-pilot") == "case_must_stand_in_its_notice"


def test_old_and_new_notice_are_written_in_one_append(town: Town) -> None:
    board = Board(town, town.firm().walked(*upto("pass-city-review")))
    said = {"document": "公示2号", "complaint_phone": PHONE, "decided_by": (), "reason": "更正", "rows": board.rows}
    receipt = board.decided(board.command("reissue-notice", CLERK, **said), 1).receipt
    assert receipt is not None
    assert receipt.events == ("notice.published", "notice.replaced")
    assert receipt.subject == board.notice.replaced_by


def test_of_two_hands_at_once_one_completes_or_the_other_publishes_anew_never_both(town: Town) -> None:
    for round_ in range(4):
        board = Board(town, town.firm().walked(*upto("pass-city-review")), document=f"公示{round_}")
        board.seen()
        anew = {"document": f"公示{round_}更正", "complaint_phone": PHONE, "decided_by": (), "reason": "更正"}
        commands = [
            board.command("complete-notice", HEAD),
            board.command("reissue-notice", CLERK, rows=board.rows, **anew),
        ]
        together = threading.Barrier(2)

        def act(command: Command, board: Board = board, together: threading.Barrier = together) -> Answer:
            together.wait(10)
            return board.decided(command, 8)

        with ThreadPoolExecutor(2) as threads:
            refusals = [answer.refusal.rule for answer in threads.map(act, commands) if answer.refusal]
        assert refusals == ["notice_must_be_open"]
        assert (board.notice.completed_on is None) != (board.notice.replaced_by is None)


# --- by hand


def test_a_notice_goes_its_way_by_hand(shell: Shell, town: Town, tmp_path: Path) -> None:
    firm = town.firm().walked(*upto("pass-city-review"))
    line = typed(town, table(tmp_path, firm), "--json", document="示例公示〔2026〕1号")
    told = shell.run(*line)
    assert told.status == 0, told
    first = told.json
    assert (first["state"], first["length"], first["unit"], first["covers"]) == ("standing", 5, "working", 1)
    assert first["first_day"] == china_day(datetime.now(UTC)).isoformat()
    assert shell.run(*line).json == first, "typed twice, done once"
    notice = town.store.load(Notice, notice_id(CITY, town.programme, "list", "示例公示〔2026〕1号"))
    assert first["notice"] == str(notice.id)

    shown = shell.run("notice", "show", first["notice"][:8], "--json").json
    assert shown["rows"] == [
        {
            "number": "1",
            "name": firm.file.firm,
            "credit_code": firm.code,
            "county": COUNTY,
            "project": "数字化改造",
            "amount": "400,000.00",
            "period": "",
        }
    ]
    assert [one["topic"] for one in shown["history"]] == ["notice.published"]
    assert firm.file.firm in shell.run("notice", "show", first["notice"]).out

    page = tmp_path / "page.html"
    page.write_text(shell.run("notice", "page", first["notice"]).out, encoding="utf-8")
    seen = ("notice", "check", first["notice"], "--by", OTHER.id, "--json")
    assert shell.run(*seen, "--file", str(page)).json["events"] == ["notice.checked"]
    again = shell.run(*seen, "--file", str(page))
    assert (again.status, again.json["position"]) == (0, town.store.last_position()), "once a day is enough"
    assert shell.run(*seen, "--hash", first["sha256"], "--address", "https://example.gov.cn/1").status == 0

    early = shell.run("notice", "complete", first["notice"], "--by", HEAD.id, "--json")
    assert (early.status, early.rule) == (3, "notice_must_have_stood_its_window")

    objection = ("notice", "object", first["notice"], "--by", OTHER.id, "--matter", "设备不实", "--json")
    nameless = shell.run(*objection, "--objector", "匿名")
    assert (nameless.status, nameless.rule) == (3, "objection_must_be_made_by_name")
    made = shell.run(*objection, "--objector", "实名登记2026-003", "--about", firm.code.lower())
    assert made.json["events"] == ["notice.objection-recorded", "notice.suspended"]
    assert made.json["open_objections"][0]["matter"] == "设备不实"
    assert "待答复的第 1 号异议" in shell.run("notice", "show", first["notice"]).out
    answer = ("notice", "answer", first["notice"], "--number", "1", "--dismissed", "--answer", "不属实", "--json")
    same = shell.run(*answer, "--by", CLERK.id)
    assert (same.status, same.rule) == (3, "notice_hand_must_be_another")
    assert shell.run(*answer, "--by", HEAD.id).json["events"] == ["notice.objection-dismissed", "notice.resumed"]

    page.write_text(page.read_text(encoding="utf-8").replace("400,000.00", "500,000.00"), encoding="utf-8")
    alarm = shell.run(*seen, "--file", str(page))
    assert (alarm.status, alarm.json["events"], alarm.json["state"]) == (3, ["notice.altered"], "altered")

    anew = ("--document", "公示2号", "--rows", table(tmp_path, firm), "--phone", PHONE, "--by", CLERK.id)
    second = shell.run("notice", "reissue", first["notice"], *anew, "--reason", "页面被改动", "--json")
    assert second.status == 0, second
    assert (second.json["replaces"], second.json["state"]) == (first["notice"], "standing")
    shown = shell.run("notice", "show", "示例公示〔2026〕1号", "--json")
    assert shown.json["replaced_by"] == second.json["notice"]


def test_what_was_seen_on_every_day_is_completed_by_hand(shell: Shell, town: Town) -> None:
    board = Board(town, town.firm().walked(*upto("pass-city-review")))
    board.seen()
    told = shell.run("notice", "complete", str(board.id), "--by", HEAD.id, "--json")
    assert told.status == 0, told
    assert (told.json["state"], told.json["days_proven"], told.json["events"]) == ("stood", 5, ["notice.completed"])
    assert "公示期满" in shell.run("notice", "show", str(board.id)).out


def test_an_open_question_of_the_city_is_asked_and_nothing_is_published(
    shell: Shell, town: Town, tmp_path: Path
) -> None:
    before = town.store.last_position()
    rows = tmp_path / "providers.csv"
    rows.write_text("名称,服务内容\n示例云软科技有限公司,诊断\n", encoding="utf-8")
    line = ("notice", "publish", "--city", CITY, "--subject", "providers", "--document", "公示3号")
    hand = ("--rows", str(rows), "--phone", PHONE, "--by", CLERK.id, "--decided-by", "expert-1", "--json")
    told = shell.run(*line, *hand)
    assert (told.status, told.json["refusal"]["open_question"]) == (4, "publicity.providers")
    assert town.store.last_position() == before
    rehearsed = shell.run(*line, *hand, "--overlay", "rehearsal")
    assert rehearsed.status == 0, rehearsed
    assert rehearsed.json["programme"].endswith("-推演")


def test_a_batch_is_opened_and_its_call_published_by_hand(shell: Shell, tmp_path: Path) -> None:
    today = china_day(datetime.now(UTC))
    played = ("--city", "mianyang", "--overlay", "rehearsal", "--by", CLERK.id)
    window = ("--opens", str(today), "--closes", str(today + timedelta(days=30)))
    opened = shell.run("batch", "open", *played, "--code", "1", *window)
    assert opened.status == 0, opened
    assert "申报文件须公开（绵阳办法 第十六条）：lookback notice publish" in opened.out
    line = ("notice", "publish", *played, "--batch", "1", "--subject", "call", "--phone", "12345", "--json")
    of = ("--decided-by", HEAD.id, "--document", "绵阳申报通知1号")

    rows = tmp_path / "rows.csv"
    rows.write_text("名称,项目\n名额,全部企业 99 家\n", encoding="utf-8")
    by_hand = shell.run(*line, *of, "--rows", str(rows))
    told = shell.run(*line, *of)
    shown = shell.run("notice", "show", "绵阳申报通知1号", "--json").json

    assert (told.status, told.json["subject"], told.json["state"]) == (0, "call", "standing")
    assert (by_hand.status, by_hand.rule) == (3, "call_must_be_made_of_its_batch")
    assert shown["rows"][0]["period"] == f"{today}至{today + timedelta(days=30)}"
    assert {"申报条件", "不予支持", "不得申报（列入名单）"} <= {row["name"] for row in shown["rows"]}

    assert shown["quotas_since"] == []
    quota = ("batch", "quota", "set", "--city", "mianyang", "--programme", told.json["programme"], "--code", "1")
    limited = shell.run(*quota, "--quota", "全部=40", "--document", "绵阳名额1号", "--by", HEAD.id)
    assert limited.status == 0, limited
    said = f"名额已于 {today} 按“绵阳名额1号”下达，现为：全部企业 40 家。"
    assert said in shell.run("notice", "show", "绵阳申报通知1号").out
    page = shell.run("notice", "page", "绵阳申报通知1号").out
    assert said in page
    assert hash_of(notice_page.lines_in(page)) == shown["sha256"], "what was published stays as it was"


def test_a_notice_of_anything_but_a_call_needs_its_table(shell: Shell) -> None:
    line = ("--city", CITY, "--subject", "providers", "--document", "公示3号", "--phone", PHONE, "--by", CLERK.id)
    told = shell.run("notice", "publish", *line)
    assert told.status == 2
    assert "缺少 --rows" in told.err


def test_where_the_rules_are_silent_the_bureau_says_whether_the_clock_stops(shell: Shell, store: EventStore) -> None:
    rules = pack()
    silent = replace(rules, values={key: held for key, held in rules.values.items() if key != "publicity.suspends"})
    town = Town(store, "silent about disputes", rules=silent)
    firm = town.firm().walked(*upto("pass-city-review"))
    board = Board(town, firm)
    late = board.decided(board.command("object-to-notice", OTHER, objector="登记1号", matter="不实"), 1).refusal
    assert late is not None
    assert late.open_question == "publicity.suspends"
    said = ("--objector", "登记1号", "--matter", "不实", "--by", OTHER.id, "--json")
    board.did("object-to-notice", OTHER, 1, objector="登记1号", matter="不实", suspend=False)
    told = shell.run("notice", "object", str(board.id), *said, "--no-suspend")
    assert (told.status, told.json["events"]) == (0, ["notice.objection-recorded"]), "nobody has seen it yet"
    assert board.notice.state is NoticeState.STANDING


@pytest.mark.parametrize(
    ("line", "status", "words"),
    [
        (("show", "没有这个"), 2, "没有"),
        (("show", ""), 2, "没有"),
        (("check", "{id}", "--by", "clerk-2"), 2, "--hash 和 --file"),
        (("check", "{id}", "--by", "clerk-2", "--hash", "abc"), 3, "hash_must_be_written_in_full"),
        (("check", "{id}", "--by", "clerk-2", "--file", "{empty}"), 2, "没有公示表"),
        (("check", "{id}", "--by", "head-1", "--role", "市局科长", "--hash", "0" * 64), 3, "role_must_be_allowed"),
        (("complete", "{id}", "--by", "clerk-1", "--role", "市局经办"), 3, "role_must_be_allowed_to_do_this"),
        (
            ("answer", "{id}", "--number", "1", "--upheld", "--answer", "是", "--by", "head-1"),
            3,
            "objection_must_be_open",
        ),
        (("answer", "{id}", "--number", "1", "--answer", "是", "--by", "head-1"), 2, "--upheld"),
        (("page", "{id}x"), 2, "没有"),
    ],
)
def test_what_cannot_be_is_refused_and_writes_nothing(
    shell: Shell, store: EventStore, tmp_path: Path, line: tuple[str, ...], status: int, words: str
) -> None:
    town = Place.town = Place.town or Town(store, "refusals of notices")
    Place.board = Place.board or Board(town, town.firm().walked(*upto("pass-city-review")))
    empty = tmp_path / "empty.html"
    empty.write_text("<p>404</p>", encoding="utf-8")
    before = store.last_position()
    told = shell.run("notice", *(word.format(id=Place.board.id, empty=empty) for word in line))
    assert told.status == status, told
    assert words in told.err
    assert store.last_position() == before


class Place:
    """A notice that nothing is done to."""

    town: Town | None = None
    board: Board | None = None


@pytest.mark.parametrize(
    ("row", "rule"),
    [
        ("甲公司,91370300MA3C0AB12X,张店区,联系人13800138000", "notice_must_hold_no_private_data"),
        ("甲公司,91370300MA3C0AB12X,张店区,改造", "row_must_be_a_case_that_awaits_its_notice"),
        ("甲公司,9137,张店区,改造", "row_must_say_whose_it_is"),
    ],
)
def test_a_table_with_a_fault_is_refused_whole(
    shell: Shell, store: EventStore, tmp_path: Path, row: str, rule: str
) -> None:
    town = Place.town = Place.town or Town(store, "refusals of notices")
    rows = tmp_path / "rows.csv"
    rows.write_text(f"名称,统一社会信用代码,区县,项目\n{row}\n", encoding="utf-8")
    before = store.last_position()
    told = shell.run(*typed(town, str(rows), "--json", document="公示9号"))
    assert (told.status, told.rule) == (3, rule)
    assert "第 1 行" in told.err
    assert store.last_position() == before


def test_a_record_that_was_touched_is_neither_shown_to_the_public_nor_completed(
    shell: Shell, town: Town, server: psycopg.Connection[Any]
) -> None:
    board = Board(town, town.firm().walked(*upto("pass-city-review")))
    board.seen()
    changed = server.execute(
        "UPDATE stored_events SET state = convert_to(replace(convert_from(state, 'UTF8'), '数字化改造', '数字化改建'),"
        " 'UTF8') WHERE originator_id = %s AND topic = %s",
        (board.id, NoticePublished.TOPIC),
    )
    assert changed.rowcount == 1
    for line in (("page", str(board.id)), ("complete", str(board.id), "--by", HEAD.id)):
        told = shell.run("notice", *line)
        assert told.status == 3
        assert "snapshot_must_match_its_hash" in told.err


def test_a_batch_that_was_never_opened_lends_no_rules(shell: Shell, town: Town, tmp_path: Path) -> None:
    line = typed(town, table(tmp_path, town.firm().walked(*upto("pass-city-review"))), "--json", "--batch", "9")
    told = shell.run(*line)
    assert (told.status, told.rule) == (3, "notice_must_rest_on_an_open_batch")
