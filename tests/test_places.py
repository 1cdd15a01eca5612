"""Places on the real record: many hands at once never exceed a quota, and the bureau sets and sees them by hand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from uuid import UUID

import pytest
import xlsxwriter

from activities import quotas
from activities.desk import Desk
from domain.batch import OpenBatch
from domain.case.file import Qualification
from domain.exclusions import Excluded, Exclusions
from domain.identity import batch_id, case_id, command_id, exclusions_id, places_id
from domain.places import Places, Quota, QuotasReset, QuotasSet, TurnCame
from domain.policy import Standing
from domain.policy_rows import Quota as StatedQuota
from domain.quotas import SetQuotas
from eventstore.store import Conflict, EventStore
from exchange import exclusions
from exchange.roster import RosterRefused
from policies import load
from policies.calendars import published
from settings import Settings
from tests.domain import cast
from tests.engine import CITY, INDUSTRY, START, Firm, Town, pack, upto
from tests.shell import Shell, pointed_at
from tests.test_desk import at_once
from tests.test_roster import code

HEAD: Final = ("--by", "zibo/head-1")


@pytest.fixture
def shell(
    servers: Settings, database_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Shell:
    shell = Shell(capsys, monkeypatch)
    shell.at(pointed_at(servers, database_url))
    return shell


def places(town: Town) -> Places:
    return town.store.load(Places, places_id(batch_id(CITY, town.programme, "1")))


def limited(town: Town, *numbers: Quota) -> Town:
    command = SetQuotas(
        command_id=command_id(town.programme, "quotas"),
        by=cast.head,
        batch=batch_id(CITY, town.programme, "1"),
        quotas=numbers,
        document="工信〔2026〕1号",
    )
    assert town.desk.handle(command, START).refusal is None
    return town


def reviewed(town: Town, firms: int) -> list[Firm]:
    return [town.firm().walked(*upto("pass-county-review")) for _ in range(firms)]


# --- in the append


def test_reviews_at_once_never_exceed_a_quota(store: EventStore) -> None:
    """Six firms, two places, each review at a desk and on a connection of its own: two are proposed, four refused."""
    town = limited(Town(store, "two places"), Quota(9), Quota(2, industry=INDUSTRY, clause="某方案 二"))
    firms = reviewed(town, 6)
    commands = [firm.command("pass-city-review") for firm in firms]
    desks = {command.command_id: Desk(store, published()) for command in commands}
    answers = at_once(lambda command: desks[command.command_id].handle(command, START), commands)

    refused = [(answer.refusal.rule, answer.refusal.clause) for answer in answers if answer.refusal]
    assert refused == [("place_must_be_free", "某方案 二")] * 4
    proposed = [firm.case for firm in firms if firm.file.qualification is Qualification.PROPOSED]
    assert sorted(places(town).taken) == sorted(proposed)
    assert len(proposed) == 2


def test_a_place_that_falls_free_goes_to_one_of_two_who_reach_for_it(store: EventStore) -> None:
    for attempt in range(3):
        town = limited(Town(store, f"falls free {attempt}"), Quota(1))
        holder, *others = reviewed(town, 3)
        holder.walked("pass-city-review", "publish-list", "record-objection")
        for firm in others:
            firm.walked("waitlist-application")
        first, second = others
        assert first.hands_in("promote-from-waitlist").refusal is not None
        holder.walked(("answer-objection", {"upheld": True}))
        assert places(town).next_in_line() == first.file.applicant
        both = [firm.command("promote-from-waitlist") for firm in (second, first)]
        desks = {command.command_id: Desk(store, published()) for command in both}
        at_once(lambda command, desks=desks: desks[command.command_id].handle(command, START), both)  # type: ignore[misc]
        assert list(places(town).taken) == [first.case]
        assert list(places(town).waiting) == [second.case]


def test_case_and_places_are_one_append(store: EventStore) -> None:
    town = Town(store, "one append")
    firm = town.firm().walked(*upto("pass-county-review"))
    receipt = firm.hands_in("pass-city-review").receipt
    assert receipt is not None
    assert receipt.events == ("case.city-review-passed", "case.deadline-closed", "places.taken")
    assert receipt.subject == firm.case
    firm.walked("publish-list", "~list_notice", "confirm-pilot", "ask-withdrawal")
    left = firm.hands_in("approve-withdrawal").receipt
    assert left is not None
    assert left.events[-1] == "places.freed"


def batches_of(store: EventStore, name: str) -> tuple[Town, list[UUID]]:
    """A programme of two batches, whose document gives one industry three places."""
    stated = StatedQuota(industry=INDUSTRY, places=3, clause="示例办法 四", standing=Standing.STATED)
    rules = replace(pack(), tables={"quota": (stated,)})
    town = Town(store, name, rules=rules)
    second = OpenBatch(
        command_id=command_id(town.programme, "batch 2"),
        by=cast.clerk1,
        city=CITY,
        programme=town.programme,
        code="2",
        opens=START.date(),
        closes=START.date(),
        pack_text=load.canonical(rules),
        rehearsal=True,
    )
    assert town.desk.handle(second, START).refusal is None
    return town, [batch_id(CITY, town.programme, code) for code in "12"]


def setting(batch: UUID, number: int) -> SetQuotas:
    return SetQuotas(
        command_id=command_id(str(batch), "set", str(number)),
        by=cast.head,
        batch=batch,
        quotas=(Quota(number, industry=INDUSTRY),),
        document="工信〔2026〕1号",
    )


def test_the_batches_of_a_programme_share_what_the_city_states(store: EventStore) -> None:
    other, (elsewhere, _) = batches_of(store, "of another programme")
    assert other.desk.handle(setting(elsewhere, 3), START).refusal is None
    town, (first, second) = batches_of(store, "shared places")
    assert town.desk.handle(setting(first, 3), START).refusal is None
    before = store.last_position()
    refusal = town.desk.handle(setting(second, 3), START).refusal
    assert refusal is not None
    assert (refusal.rule, refusal.clause) == ("quotas_must_stay_within_the_citys", "示例办法 四")
    assert "批次 1 3 个" in refusal.sentence
    assert store.last_position() == before


def test_two_batches_set_in_the_same_moment_never_exceed_what_the_city_states(store: EventStore) -> None:
    for attempt in range(4):
        _, batches = batches_of(store, f"set at once {attempt}")
        commands = [setting(batch, 2) for batch in batches]
        desks = {command.command_id: Desk(store, published()) for command in commands}
        answers = at_once(lambda command, desks=desks: desks[command.command_id].handle(command, START), commands)  # type: ignore[misc]
        assert [one.refusal.rule for one in answers if one.refusal] == ["quotas_must_stay_within_the_citys"]


def test_quotas_decided_before_another_batchs_were_written_are_decided_again(store: EventStore) -> None:
    """Whatever two hands do: what was decided on the same state of the programme is not written twice."""
    town, (first, second) = batches_of(store, "one of two")
    one, two = setting(first, 2), setting(second, 2)
    decided = [(quotas.decide(store, published(), command, START), command) for command in (one, two)]
    store.append(*decided[0])
    with pytest.raises(Conflict):
        store.append(*decided[1])
    assert town.desk.handle(two, START).refusal is not None


def test_a_refusal_for_want_of_a_place_writes_nothing(store: EventStore) -> None:
    town = limited(Town(store, "no place"), Quota(0))
    (firm,) = reviewed(town, 1)
    before = store.last_position()
    refusal = firm.hands_in("pass-city-review").refusal
    assert refusal is not None
    assert (refusal.rule, store.last_position()) == ("place_must_be_free", before)
    firm.walked("waitlist-application")


# --- one open record


@dataclass
class Elsewhere(Firm):
    """The same firm in another city."""

    city: str = "dongying"

    def __post_init__(self) -> None:
        super().__post_init__()
        self.case = case_id(self.city, self.town.programme, self.code)


def test_a_firm_that_applies_in_two_cities_at_once_is_taken_in_one(store: EventStore) -> None:
    """Rehearsals under one name lie in one world, as the cities themselves do."""
    town, other = Town(store, "two cities"), load.load("dongying")
    counties, industries = other.list("selection.counties"), other.list("selection.industries")
    opening = OpenBatch(
        command_id=command_id("two cities", other.city),
        by=cast.clerk1,
        city=other.city,
        programme=town.programme,
        code="1",
        opens=START.date(),
        closes=START.date(),
        rehearsal=True,
        pack_text=load.canonical(replace(pack({"selection.industries": industries}), city=other.city, name=other.name)),
    )
    assert town.desk.handle(opening, START).refusal is None
    for _ in range(4):
        here = town.firm().walked("open-case")
        there = Elsewhere(town, here.code)
        there.walked(("open-case", {"city": other.city, "county": counties[0], "industry": industries[0]}))
        batch = batch_id(other.city, town.programme, "1")
        commands = [here.command("submit-application"), there.command("submit-application", batch=batch)]
        desks = {command.command_id: Desk(store, published()) for command in commands}
        answers = at_once(lambda command, desks=desks: desks[command.command_id].handle(command, START), commands)  # type: ignore[misc]
        refusals = [answer.refusal.rule for answer in answers if answer.refusal]
        assert refusals == ["firm_must_have_one_open_record"]
        assert sum(firm.file.batch is not None for firm in (here, there)) == 1


# --- by hand


def test_quotas_are_set_seen_and_re_set_by_hand(shell: Shell, store: EventStore) -> None:
    town = Town(store, "by hand")
    of = ("--city", CITY, "--code", "1", "--programme", town.programme)
    assert "不限家数" in shell.run("batch", "quota", "show", *of).out
    mistyped = shell.run("batch", "quota", "show", *of[:3], "99", *of[4:])
    assert (mistyped.status, "batch_must_have_been_opened" in mistyped.err) == (3, True)
    line = ("batch", "quota", "set", *of, *HEAD, "--quota", f"{INDUSTRY}/规上=1", "--quota", "全部=3")
    told = shell.run(*line, "--document", "工信〔2026〕1号", "--clause", "某方案 二", "--json")
    assert told.status == 0, told
    assert told.json["events"] == ["places.quotas-set", "allotment.changed"]
    assert shell.run(*line, "--document", "工信〔2026〕1号", "--clause", "某方案 二", "--json").json == told.json
    firm, waiting = reviewed(town, 2)
    firm.walked("pass-city-review")
    waiting.walked("waitlist-application")

    shown = shell.run("batch", "quota", "show", *of, "--json").json
    assert shown == {
        "quotas": [
            {"part": f"{INDUSTRY}、规上", "places": 1, "used": 1},
            {"part": "全部企业", "places": 3, "used": 1},
        ],
        "taken": 1,
        "waiting": [waiting.code],
        "next": "",
    }
    again = (
        "batch",
        "quota",
        "reset",
        *of,
        *HEAD,
        "--document",
        "工信〔2026〕2号",
        "--last",
        "1",
        "--willing",
        "全部=40",
    )
    assert (
        shell.run(*again, "--quota", "全部=0", "--reason", "减", "--json").rule
        == "quota_must_not_fall_below_what_is_used"
    )
    assert shell.run(*again, "--quota", "全部=9", "--json").rule == "decision_must_name_document_and_reason"
    done = shell.run(*again, "--quota", "全部=2", "--reason", "意愿高", "--json")
    assert done.status == 0, done
    said, called = store.facts(places(town).id)[-2:]
    assert isinstance(said, QuotasReset)
    assert isinstance(called, TurnCame), "the new place is for the one who waits"
    assert (said.last_batch, [(one.quota.words, one.used) for one in said.filled]) == (
        "1",
        [(f"{INDUSTRY}、规上", 1), ("全部企业", 1)],
    )
    anew = shell.run(*again, "--quota", "全部=3", "--reason", "意愿更高", "--json")
    back = shell.run(*again, "--quota", "全部=2", "--reason", "意愿高", "--json")
    assert back.json["position"] > anew.json["position"], "the same words count anew once others have spoken"
    assert [quota.places for quota in places(town).quotas] == [2]
    on_paper = shell.run("batch", "quota", "show", *of).out
    assert "有空余名额，应由" in on_paper
    assert waiting.code in on_paper
    assert isinstance(store.facts(places(town).id)[0], QuotasSet)


@pytest.mark.parametrize(
    ("line", "status", "words"),
    [
        (("set", *HEAD, "--quota", "全部"), 2, "--quota 应写作"),
        (("set", *HEAD, "--quota", "全部=-1"), 2, "--quota 应写作"),
        (("set", *HEAD, "--quota", "航天=3"), 2, "不是本市的行业"),
        (("set", *HEAD, "--quota", "规上/规下=3"), 2, "写了两遍"),
        (("set", *HEAD, "--quota", "全部=3", "--role", "企业"), 3, "role_must_be_allowed_to_do_this"),
        (("set", *HEAD, "--quota", "全部=3", "--code", "99"), 3, "batch_must_have_been_opened"),
        (("set", *HEAD, "--quota", "全部=3", "--quota", "全部=4"), 3, "quotas_must_be_places_of_the_city"),
        (("reset", *HEAD, "--quota", "全部=3", "--reason", "减", "--role", "bureau-clerk"), 3, "role_must_be_allowed"),
    ],
)
def test_what_cannot_be_is_refused_and_writes_nothing(
    shell: Shell, store: EventStore, line: tuple[str, ...], status: int, words: str
) -> None:
    town = Town(store, "refused by hand")
    before = store.last_position()
    of = ("--city", CITY, "--programme", town.programme, "--document", "工信1号", "--code", "1")
    told = shell.run("batch", "quota", line[0], *of, *line[1:])
    assert told.status == status, told
    assert words in told.err
    assert store.last_position() == before


# --- lists


def workbook(path: Path, rows: list[list[object]]) -> Path:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet("名单")
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return path


ROWS: Final[list[list[object]]] = [
    ["经营异常名录（2026年3月）"],
    ["序号", "企业名称", "统一社会信用代码", "列入原因"],
    [1, "甲(大连)有限公司", f" {code(1).lower()} ", "失联"],
    [2, "乙有限公司", code(2), "年报"],
    [3, "甲（大连）有限公司", code(1), "年报"],
    ["合计", "2家"],
]
HELD: Final = (Excluded(code(1), "甲（大连）有限公司"), Excluded(code(2), "乙有限公司"))


def test_a_list_is_read_as_people_keep_it(tmp_path: Path) -> None:
    assert exclusions.read(workbook(tmp_path / "a.xlsx", ROWS))[0] == HELD
    lines = "\n".join(",".join(map(str, row)) for row in ROWS)
    for name, encoding in (("b.csv", "utf-8-sig"), ("c.CSV", "gb18030")):
        (tmp_path / name).write_bytes(lines.encode(encoding))
        assert exclusions.read(tmp_path / name)[0] == HELD
    (tmp_path / "d.csv").write_text(f"信用代码\n{code(3)}\n", "utf-8")
    assert exclusions.read(tmp_path / "d.csv")[0] == (Excluded(code(3), ""),)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_a_list_with_another_byte_order_mark_is_refused_plainly(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.csv").write_text(f"统一社会信用代码\n{code(3)}\n", encoding)
    with pytest.raises(RosterRefused, match="UTF-8"):
        exclusions.read(tmp_path / "a.csv")


def test_bad_rows_are_refused_by_number_and_nothing_is_taken(tmp_path: Path) -> None:
    bad = [*ROWS[:3], [2, "乙", "9121020"], [3, "丙", 912102000000000000], [4, "丁", ""], ROWS[3]]
    with pytest.raises(RosterRefused) as no:
        exclusions.read(workbook(tmp_path / "a.xlsx", bad))
    assert [(fault.row, fault.rule) for fault in no.value.rows] == [
        (4, "credit_code_must_be_well_formed"),
        (5, "credit_code_must_be_text"),
        (6, "credit_code_must_be_well_formed"),
    ]


@pytest.mark.parametrize("text", ["", "企业名称\n", "企业名称\n甲\n", f"甲,{code(1)}\n", "\x00\x01"])
def test_what_is_no_list_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.csv").write_text(text, "utf-8")
    with pytest.raises(RosterRefused):
        exclusions.read(tmp_path / "a.csv")


def test_a_list_is_imported_by_hand_and_bars_or_warns(shell: Shell, store: EventStore, tmp_path: Path) -> None:
    town = Town(store, "barred")
    barred, noted = town.firm().walked("open-case"), town.firm().walked("open-case")
    by = ("--city", CITY, "--source", "信用中国", "--date", "2026-03-01", "--by", "zibo/clerk-1", "--json")
    for firm, kind in ((barred, "严重失信"), (noted, "abnormal")):
        file = tmp_path / f"{kind}.csv"
        file.write_text(f"企业名称,统一社会信用代码\n某,{firm.code}\n", "utf-8")
        told = shell.run("exclusions", "import", str(file), "--kind", kind, *by)
        assert (told.status, told.json["firms"]) == (0, 1), told
        assert shell.run("exclusions", "import", str(file), "--kind", kind, *by).json == told.json
    assert len(store.load(Exclusions, exclusions_id(CITY)).lists) == 2
    refusal = barred.hands_in("submit-application").refusal
    assert refusal is not None
    assert (refusal.rule, refusal.clause) == (
        "firm_must_not_be_on_an_exclusion_list",
        "示例办法 selection.exclusion_lists",
    )
    receipt = noted.hands_in("submit-application").receipt
    assert receipt is not None
    assert "case.exclusion-noted" in receipt.events
    assert "经营异常" in shell.run("exclusions", "list", "--city", CITY).out


def test_a_list_is_cleared_on_purpose_and_taken_back_by_the_head(
    shell: Shell, store: EventStore, tmp_path: Path
) -> None:
    full, bare = tmp_path / "full.csv", tmp_path / "bare.csv"
    full.write_text(f"统一社会信用代码\n{code(7)}\n", "utf-8")
    bare.write_text("企业名称,统一社会信用代码\n", "utf-8-sig")
    of = ("--city", CITY, "--kind", "安全事故", "--source", "应急(管理局)", "--date")

    def held() -> list[tuple[str, str]]:
        lists = shell.run("exclusions", "list", "--city", CITY, "--json").json
        return [(one["date"], one["firms"]) for one in lists if one["source"].startswith("应急")]

    by = ("--by", "zibo/clerk-1", "--json")
    assert shell.run("exclusions", "import", str(full), *of, "2026-03-01", *by).status == 0
    broken = shell.run("exclusions", "import", str(bare), *of, "2026-03-02", *by)
    assert (broken.status, broken.rule) == (3, "list_without_firms_must_be_meant")
    elsewhere = (*of[:5], "应急（管理局）", "--date")
    assert shell.run("exclusions", "import", str(bare), *elsewhere, "2026-03-02", *by, "--empty").status == 0
    assert held() == [("2026-03-02", "0")]

    back = ("exclusions", "withdraw", *of, "2026-03-02", "--by", "zibo/head-1")
    assert shell.run(*back, "--role", "bureau-clerk", "--reason", "误操作").status == 3
    told = shell.run(*back, "--reason", "误操作")
    assert told.status == 0, told
    assert "2026-03-01）恢复有效，共 1 家" in told.out
    assert held() == [("2026-03-01", "1")]


@pytest.mark.parametrize(
    ("changed", "status", "words"),
    [
        (("--kind", "谣言"), 2, "没有“谣言”这类名单"),
        (("--date", "1.3.2026"), 2, "--date 应写作"),
        (("--source", " "), 3, "list_must_name_its_source"),
        (("--date", "2999-01-01"), 3, "list_must_not_be_of_tomorrow"),
        (("--role", "企业"), 3, "role_must_be_allowed_to_do_this"),
        (("--city", "atlantis"), 3, "city_must_have_a_pack"),
    ],
)
def test_a_list_that_cannot_be_is_refused_and_writes_nothing(
    shell: Shell, store: EventStore, tmp_path: Path, changed: tuple[str, ...], status: int, words: str
) -> None:
    file = tmp_path / "a.csv"
    file.write_text(f"统一社会信用代码\n{code(9)}\n", "utf-8")
    by = ("--city", CITY, "--source", "甲", "--date", "2026-03-01", "--kind", "accident", "--by", "zibo/clerk-1")
    before = store.last_position()
    told = shell.run("exclusions", "import", str(file), *by, *changed)
    assert told.status == status, told
    assert words in told.err
    assert store.last_position() == before
    broken = tmp_path / "b.csv"
    broken.write_text("统一社会信用代码\n123456789\n", "utf-8")
    bad = shell.run("exclusions", "import", str(broken), *by, "--json")
    assert (bad.status, bad.json["rows"][0]["row"]) == (3, 2)
