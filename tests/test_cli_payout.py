"""兑付轮次 by hand: drawn, approved by hash, instructed by file, received by file, reconciled; every refusal named."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

import worker
from activities.reconcile import reconcile
from domain.calendar import china_day
from domain.case.file import Subsidy
from domain.fund.allocation import AllocateToCounty, SettleCounty
from domain.fund.appropriation import AppropriateFund
from domain.fund.file import RETROFIT_LINE, Fund, Source
from domain.identity import command_id, fund_id, round_id
from domain.money import ZERO, Money
from domain.payout_round.file import PayoutRound
from domain.people import Person, Role
from eventstore.store import EventStore
from settings import Settings
from tests.domain import cast
from tests.domain.cast import ENTITLEMENT
from tests.domain.lines import SHUT_DOWN
from tests.engine import CITY, COUNTY, Firm, Town, upto
from tests.returned import Filled, fill, grid, write
from tests.shell import Shell, Told, pointed_at
from workflows.client import connect

VERIFIED: Final = upto("verify-entitlement")
CHOSEN: Final = ("--way", "selection", "--reason", "专家审查")
COUNTY_HAND: Final = ("--by", "county-treasury-1", "--org", COUNTY)
TREASURY2: Final = ("--by", "treasury-2", "--role", "city-treasury")
LEADER: Final = ("--by", "leader-1", "--role", "市局领导")


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


@pytest.fixture(autouse=True)
def worker_at_work(servers: Settings, store: EventStore) -> Iterator[None]:
    """A worker beside the terminal, as in an installation."""
    stop = threading.Event()

    async def serve() -> None:
        client = await connect(servers.temporal(), servers.temporal_namespace)
        with ThreadPoolExecutor(worker.THREADS) as threads:
            async with worker.build(client, store, servers.task_queue, threads):
                await asyncio.to_thread(stop.wait)

    serving = threading.Thread(target=asyncio.run, args=(serve(),))
    serving.start()
    yield
    stop.set()
    serving.join()


class Office:
    """One round of a town, typed at the terminal."""

    def __init__(self, shell: Shell, town: Town, folder: Path, number: str = "2026-1") -> None:
        self.shell, self.town, self.folder, self.number = shell, town, folder, number

    def type(self, word: str, *line: str) -> Told:
        return self.shell.run("payout", word, self.number, "--city", CITY, "--programme", self.town.programme, *line)

    def did(self, word: str, *line: str) -> Any:
        """What the command answers to a program; it must succeed."""
        told = self.type(word, *line, "--json")
        assert told.status == 0, told
        return told.json

    def refused(self, rule: str, word: str, *line: str, status: int = 3) -> Told:
        """A command that must be refused by this rule, with nothing written."""
        before = self.town.store.last_position()
        told = self.type(word, *line, "--json")
        assert (told.status, told.rule) == (status, rule), told
        assert self.town.store.last_position() == before
        return told

    @property
    def file(self) -> PayoutRound:
        return self.town.store.load(PayoutRound, round_id(CITY, self.town.programme, self.number))

    @property
    def today(self) -> str:
        return china_day(datetime.now(UTC)).isoformat()

    def drawn(self) -> Office:
        self.did("draw", "--by", "clerk-2")
        return self

    def approved(self) -> Office:
        self.drawn()
        for hand, paper in ((TREASURY2, "会签1号"), (LEADER, "纪要1号")):
            self.did("approve", "--document", paper, "--hash", self.file.sha256[:8], *hand)
        return self

    def instructed(self) -> Office:
        self.approved()
        self.did("instruct", "--document", "财企1号", "--by", "treasury-1")
        return self

    def exported(self, name: str = "指令.xlsx", *line: str) -> Path:
        path = self.folder / name
        told = self.type("export", "-o", str(path), *line)
        assert told.status == 0, told
        return path

    def returned(self, filled: Filled, name: str = "回执.xlsx") -> Path:
        exported = self.exported(f"指令{Path(name).suffix}")
        return fill(exported, self.folder / name, filled)

    def received(self, amount: object = ENTITLEMENT) -> dict[str, Sequence[Any]]:
        return {order.instruction: (self.today, str(amount), "") for order in self.file.orders}


@pytest.fixture
def office(shell: Shell, town: Town, tmp_path: Path) -> Office:
    return Office(shell, town, tmp_path)


def firms(town: Town, how_many: int = 2) -> list[Firm]:
    return [town.firm().walked(*VERIFIED) for _ in range(how_many)]


def states(them: Sequence[Firm]) -> list[Subsidy]:
    return [firm.file.subsidy for firm in them]


def paid(town: Town) -> Money:
    fund = town.store.load(Fund, fund_id(CITY, town.programme, RETROFIT_LINE))
    assert fund.difference == ZERO
    return fund.paid


# --- the whole way


def test_a_round_is_closed_with_two_files_and_a_green_reconciliation(office: Office, town: Town) -> None:
    them = firms(town, 3)
    drawn = office.did("draw", "--by", "clerk-2")
    assert [line["credit_code"] for line in drawn["lines"]] == [firm.code for firm in them]
    assert drawn["amount"] == str(Money(3 * ENTITLEMENT.fen))
    assert drawn["sha256"] == office.file.sha256
    assert drawn["next"] == {"approval": "countersign", "role": "city-treasury"}
    assert office.did("draw", "--by", "clerk-2") == drawn, "typed again it is the same command"
    shown = office.type("show").out
    assert "待审批：财政会签（市财政局） → 市政府审定（市局领导）" in shown
    assert office.file.sha256[:12] in shown

    seen = office.file.sha256[:12]
    line = ("--document", "会签1号", "--hash", seen, *TREASURY2)
    first = office.did("approve", *line)
    assert first["next"] == {"approval": "government", "role": "bureau-leader"}
    assert office.did("approve", *line) == first, "typed again it is the same command"
    assert states(them) == [Subsidy.VERIFIED] * 3
    second = office.did("approve", "--document", "纪要1号", "--hash", seen.upper(), *LEADER)
    assert [(one["name"], one["by"], one["document"]) for one in second["approvals"]] == [
        ("财政会签", "treasury-2", "会签1号"),
        ("市政府审定", "leader-1", "纪要1号"),
    ]
    assert second["reconciliation"]["not_instructed"] == str(Money(3 * ENTITLEMENT.fen))
    assert [one["what"] for one in reconciled(office)["differences"]] == ["waiting"] * 3

    office.did("instruct", "--document", "财企1号", "--by", "treasury-1")
    assert [one["what"] for one in reconciled(office)["differences"]] == ["on-the-way"] * 3
    one, two, three = (order.instruction for order in office.file.orders)
    part = office.returned(
        {
            one: (office.today.replace("-", "/"), "４００，０００．００元", ""),
            two: (office.today, "", "账号有误"),
        }
    )
    checked = office.did("receipts", str(part), *COUNTY_HAND, "--check")
    assert [row["verdict"] for row in checked["rows"]] == ["可以入账", "可以入账", "尚无回执"]
    assert paid(town) == ZERO
    taken = office.did("receipts", str(part), *COUNTY_HAND)
    assert (taken["received"], taken["bounced"]) == (1, 1)
    assert states(them) == [Subsidy.PAID, Subsidy.APPROVED, Subsidy.INSTRUCTED]
    left = reconciled(office)
    assert [(row["what"], row["why"]) for row in left["differences"]] == [
        ("bounced", f"{office.today} 退票：账号有误"),
        ("on-the-way", ""),
    ]
    assert (left["approved"], left["received"], left["on_the_way"], left["not_instructed"], left["gone"]) == (
        str(Money(3 * ENTITLEMENT.fen)),
        *(str(ENTITLEMENT),) * 3,
        "0.00",
    )
    assert left["difference"] == "0.00"
    assert "已到账" in office.type("show").out
    office.refused("round_must_be_reconciled", "close", "--by", "treasury-1")

    # The same file goes on to be filled; what it brought before is passed over.
    rest = fill(part, office.folder / "回执2.xlsx", {three: (office.today, "400000", "")})
    taken = office.did("receipts", str(rest), *COUNTY_HAND)
    assert [row["verdict"] for row in taken["rows"]] == ["此前已入账", "此前已入账", "可以入账"]

    office.did("instruct", "--document", "财企2号", "--by", "treasury-1")
    again = office.exported("第二批.csv")
    assert [str(row[0]).strip() for row in grid(again)[2:]] == [office.file.orders[-1].instruction]
    assert grid(office.exported("第一批.csv", "--file", "1"))[0][0] == "指令文件编号：2026-1-1"
    last = fill(again, office.folder / "回执3.csv", {office.file.orders[-1].instruction: (office.today, "400,000.00")})
    office.did("receipts", str(last), *COUNTY_HAND)
    told = office.type("reconcile")
    assert (told.status, "全部相符，没有差异" in told.out) == (0, True)
    office.did("close", "--by", "treasury-1")
    assert office.file.step == "closed"
    assert states(them) == [Subsidy.PAID] * 3
    assert paid(town) == Money(3 * ENTITLEMENT.fen)
    assert reconcile(town.store, CITY, town.programme).difference_fen == 0


def test_a_closed_round_opens_again_when_a_bank_sends_a_payment_back(office: Office, town: Town) -> None:
    (firm,) = firms(town, 1)
    office.instructed()
    (order,) = office.file.orders
    filled = office.returned(office.received())
    office.did("receipts", str(filled), *COUNTY_HAND)
    office.did("close", "--by", "treasury-1")

    late = fill(filled, office.folder / "退票.xlsx", {order.instruction: (office.today, "", "账户已销户")})
    taken = office.did("receipts", str(late), *COUNTY_HAND)
    assert (taken["received"], taken["bounced"]) == (0, 1)
    assert (office.file.step, firm.file.subsidy, paid(town)) == ("payment", Subsidy.APPROVED, ZERO)
    assert [one["what"] for one in reconciled(office)["differences"]] == ["bounced"]
    office.did("instruct", "--document", "财企2号", "--by", "treasury-1")
    again = office.returned({office.file.orders[-1].instruction: (office.today, str(ENTITLEMENT))}, "再次回执.xlsx")
    office.did("receipts", str(again), *COUNTY_HAND)
    office.did("close", "--by", "treasury-1")
    assert (office.file.step, paid(town)) == ("closed", ENTITLEMENT)


def reconciled(office: Office) -> Any:
    told = office.type("reconcile", "--json")
    assert told.status == 3, told
    return told.json


def test_the_oldest_verification_comes_first_and_nobody_stands_in_two_plans(office: Office, town: Town) -> None:
    late, early = town.firm(), town.firm()
    late.walked(*upto("open-case"))
    early.walked(*VERIFIED)
    late.walked(*VERIFIED[1:-1])
    late.moved += timedelta(days=3)
    late.walked(VERIFIED[-1])
    drawn = office.did("draw", "--by", "clerk-2")
    assert [line["credit_code"] for line in drawn["lines"]] == [early.code, late.code]
    other = Office(office.shell, town, office.folder, "2026-2")
    other.refused("plan_must_name_a_firm", "draw", "--by", "clerk-2")
    other.refused("firm_must_stand_in_one_plan", "draw", "--by", "clerk-2", "--firm", early.code, *CHOSEN)
    skipped = ("redraw", "--by", "clerk-2", "--except", early.code, "--reason", "分两批")
    office.refused("plan_must_follow_the_queue", *skipped)
    office.refused("command_line_must_be_readable", *skipped, "--way", "lot", status=2)
    redrawn = office.did("redraw", "--by", "clerk-2", *CHOSEN, "--except", early.code)
    assert (redrawn["edition"], [line["credit_code"] for line in redrawn["lines"]]) == (2, [late.code])
    assert [line["credit_code"] for line in other.did("draw", "--by", "clerk-2")["lines"]] == [early.code]
    listed = office.shell.run("payout", "list", "--city", CITY, "--programme", town.programme, "--json").json
    assert [(one["number"], one["edition"]) for one in listed["rounds"]] == [("2026-1", 2), ("2026-2", 1)]
    other.did("call-off", "--by", "head-1", "--reason", "并入下一轮")
    assert other.file.step == "called-off"


def test_several_sources_share_every_line_as_typed(office: Office, town: Town) -> None:
    money = AppropriateFund(
        command_id=command_id(town.programme, "city"),
        by=cast.treasury,
        city=CITY,
        programme=town.programme,
        line=RETROFIT_LINE,
        source=Source.CITY,
        amount=Money.wan(100),
        document="市财1号",
    )
    (firm,) = firms(town, 1)
    assert town.desk.handle(money, firm.now).refusal is None
    office.refused("shares_must_be_told", "draw", "--by", "clerk-2")
    for wrong in ("central", "central=七", "国家=7", "central=-1"):
        told = office.refused("command_line_must_be_readable", "draw", "--by", "c", "--share", wrong, status=2)
        assert "--share" in told.err
    drawn = office.did("draw", "--by", "clerk-2", "--share", "central=7", "--share", "市级＝3")
    assert drawn["lines"][0]["sources"] == {"central": "280000.00", "city": "120000.00"}
    book = office.folder / "方案.xlsx"
    assert office.type("plan", "-o", str(book)).status == 0
    rows = grid(book)
    assert rows[2][4:7] == ["中央资金（元）", "市级资金（元）", "合计（元）"]
    assert rows[3][4:7] == [280000, 120000, 400000]
    assert rows[4][:1] + rows[4][4:7] == ["合计", 280000, 120000, 400000]
    assert rows[6][0] == f"方案哈希（SHA-256）：{office.file.sha256}"
    assert rows[7][0] == "尚无审批"


# --- approvals


def test_an_approver_types_the_hash_of_the_plan_as_it_stands(office: Office, town: Town) -> None:
    first, _ = firms(town)
    office.drawn()
    rule = "approval_must_be_for_the_plan_as_it_stands"
    seen = office.file.sha256
    approve = ("approve", "--document", "会签1号", *TREASURY2, "--hash")
    assert "前 8 位" in office.refused("command_line_must_be_readable", *approve, seen[:7], status=2).err
    office.refused(rule, *approve, "0" * 12)
    office.refused(rule, *approve, seen[:12] + "x")
    office.refused("approval_must_be_given_by_its_role", "approve", "--document", "1", "--hash", seen, *LEADER)
    drawer = ("--by", "clerk-2", "--role", "city-treasury")
    office.refused("round_hand_must_differ", "approve", "--document", "1", "--hash", seen, *drawer)
    office.did(*approve, seen)
    office.did("redraw", "--by", "clerk-2", "--reason", "重报", "--firm", first.code)
    assert office.file.edition == 2
    office.refused(rule, *approve, seen[:12])
    shown = office.did("show")
    assert [(one["edition"], one["valid"]) for one in shown["approvals"]] == [(1, False)]
    office.did("return", "--hash", office.file.sha256[:8], *TREASURY2, "--reason", "金额待核")
    assert "方案被 treasury-2 退回：金额待核" in office.type("show").out
    assert office.file.step == "returned"


def test_a_round_that_was_never_drawn_and_a_firm_that_is_nobody_are_named(office: Office, town: Town) -> None:
    for word, line in (
        ("show", ()),
        ("reconcile", ()),
        ("approve", ("--document", "1", "--hash", "0" * 64, *TREASURY2)),
        ("receipts", ("x.xlsx", *COUNTY_HAND)),
    ):
        office.refused("round_must_have_been_drawn", word, *line)
    firms(town, 1)
    office.refused("firm_must_be_of_the_programme", "draw", "--by", "clerk-2", "--firm", "91370300MA3C0ZZZZX")
    both = ("--firm", "91370300MA3C00001X", "--except", "91370300MA3C00001X")
    office.refused("command_line_must_be_readable", "draw", "--by", "clerk-2", *both, status=2)
    office.drawn()
    office.refused("round_must_be_at_this_step", "reconcile")
    office.refused("round_must_be_at_this_step", "receipts", "x.xlsx", *COUNTY_HAND)
    assert "下达过 0 个指令文件" in office.type("export", "-o", str(office.folder / "x.csv")).err
    assert office.type("export", "-o", str(office.folder / "x.pdf")).status == 2


def test_whoever_is_held_back_is_named_and_may_be_taken_out(office: Office, town: Town) -> None:
    found, clean = firms(town)
    office.approved()
    found.walked("draw-case", ("record-inspection", SHUT_DOWN))
    told = office.type("instruct", "--document", "财企1号", "--by", "treasury-1")
    assert f"暂缓拨付：{found.file.firm}：资金因抽查发现问题已冻结" in told.out
    held = reconciled(office)["differences"][0]
    assert (held["credit_code"], held["what"]) == (found.code, "held-back")
    assert held["why"] == "暂缓：资金因抽查发现问题已冻结"
    assert "暂缓" in office.type("reconcile").out
    out = ("retract", "--firm", found.code, "--document", "纪要2号", "--reason", "问题待查", "--by", "leader-3")
    gone = office.did(*out)
    assert [line["state"] for line in gone["lines"]] == ["gone", "on-the-way"]
    assert gone["reconciliation"]["gone"] == str(ENTITLEMENT)
    office.refused("firm_must_be_of_the_programme", *out[:2], "91370300MA3C0ZZZZX", *out[3:])
    office.did("receipts", str(office.returned(office.received())), *COUNTY_HAND)
    assert office.type("reconcile").status == 0
    assert clean.file.subsidy is Subsidy.PAID


# --- receipts


def test_one_bad_row_refuses_the_file_and_every_row_has_its_verdict(office: Office, town: Town) -> None:
    them = firms(town)
    office.instructed()
    one, two = (order.instruction for order in office.file.orders)
    good = (office.today, "400000.00", "")
    tomorrow = (china_day(datetime.now(UTC)) + timedelta(days=1)).isoformat()
    wrong: list[tuple[Sequence[Any], str, str]] = [
        ((office.today, "399999.99"), "receipt_must_match_the_instruction", "399999.99"),
        ((office.today, "400000.001"), "receipt_row_must_be_readable", "最多两位小数"),
        ((office.today, "40万元"), "receipt_row_must_be_readable", "不写万元"),
        ((office.today, "NaN"), "receipt_row_must_be_readable", "不是金额"),
        ((office.today, "-400000.00"), "receipt_row_must_be_readable", "负数"),
        ((office.today, -400000), "receipt_row_must_be_readable", "负数"),
        ((office.today, 0), "receipt_row_must_be_readable", "零"),
        ((office.today, "=400000"), "receipt_row_must_be_readable", "公式"),
        ((office.today, "4e5"), "receipt_row_must_be_readable", "不是金额"),
        ((office.today, ""), "receipt_row_must_be_readable", "没有回执金额"),
        (("", "400000"), "receipt_row_must_be_readable", "没有回执日期"),
        (("", "", "账号有误"), "receipt_row_must_be_readable", "没有回执日期"),
        (("2026-02-30", "400000"), "receipt_row_must_be_readable", "2026-02-30"),
        ((46000, "400000"), "receipt_row_must_be_readable", "46000"),
        ((office.today, "400000", "账号有误"), "receipt_row_must_be_readable", "退票原因"),
        ((tomorrow, "400000"), "day_must_not_lie_ahead", ""),
        (("2020-01-01", "400000"), "day_must_not_lie_before", ""),
    ]
    for number, (said, rule, words) in enumerate(wrong):
        for kind in ("xlsx", "csv"):
            back = office.returned({one: good, two: said}, f"坏{number}.{kind}")
            for check in ((), ("--check",)):
                told = office.refused("receipts_must_be_without_fault", "receipts", str(back), *COUNTY_HAND, *check)
                first, second = told.json["rows"]
                assert (first["verdict"], first["refusal"]) == ("可以入账", None)
                assert second["refusal"]["rule"] == rule, (said, kind, second)
                assert words in second["verdict"]
    told = office.type("receipts", str(back), *COUNTY_HAND)
    assert told.status == 3
    assert "2 行中 1 行有误，一行也没有入账" in told.err
    assert "可以入账" in told.out
    assert "day_must_not_lie_before" in told.out
    assert states(them) == [Subsidy.INSTRUCTED] * 2
    assert paid(town) == ZERO


def test_a_file_of_another_round_or_of_nobody_or_taken_twice_is_refused_by_name(office: Office, town: Town) -> None:
    first, _ = firms(town)
    other = Office(office.shell, town, office.folder, "2026-2")
    office.did("draw", "--by", "clerk-2", "--firm", first.code)
    other.did("draw", "--by", "clerk-2")
    for one in (office, other):
        for hand in (TREASURY2, LEADER):
            one.did("approve", "--document", "1号", "--hash", one.file.sha256[:8], *hand)
        one.did("instruct", "--document", "财企1号", "--by", "treasury-1")
    strange = other.returned(other.received(), "别轮.xlsx")
    told = office.refused("receipt_file_must_be_of_this_round", "receipts", str(strange), *COUNTY_HAND)
    assert "2026-2-1" in told.err
    headless = write(office.folder / "无题.csv", grid(strange)[2:])
    told = office.refused("receipts_must_be_without_fault", "receipts", str(headless), *COUNTY_HAND)
    assert told.json["rows"][0]["refusal"]["rule"] == "receipt_must_be_for_an_instruction_of_the_round"

    twice = office.returned(office.received(), "两遍.csv")
    rows = grid(twice)
    write(twice, [*rows, rows[-1]])
    told = office.refused("receipts_must_be_without_fault", "receipts", str(twice), *COUNTY_HAND)
    assert {row["refusal"]["rule"] for row in told.json["rows"]} == {"instruction_must_stand_once_in_the_file"}

    back = office.returned(office.received())
    elsewhere = ("--by", "county-treasury-9", "--org", "临淄区")
    told = office.refused("receipts_must_be_without_fault", "receipts", str(back), *elsewhere)
    assert told.json["rows"][0]["refusal"]["rule"] == "hand_must_belong_to_the_case"
    approver = ("--by", "treasury-2", "--org", COUNTY)
    for check in ((), ("--check",)):
        told = office.refused("round_hand_must_differ", "receipts", str(back), *approver, *check)
    empty = office.exported("未填.xlsx")
    office.refused("receipts_must_bring_something_new", "receipts", str(empty), *COUNTY_HAND)
    office.did("receipts", str(back), *COUNTY_HAND)
    office.refused("receipts_must_be_taken_in_once", "receipts", str(back), *COUNTY_HAND)
    saved_again = write(office.folder / "另存.csv", grid(back))
    office.refused("receipts_must_bring_something_new", "receipts", str(saved_again), *COUNTY_HAND)
    assert paid(town) == ENTITLEMENT


def test_a_county_gets_its_own_part_of_the_file(office: Office, town: Town) -> None:
    firms(town, 1)
    office.instructed()
    assert len(grid(office.exported("张店.csv", "--county", COUNTY))) == 3
    told = office.type("export", "-o", str(office.folder / "别.csv"), "--county", "临淄区")
    assert (told.status, "没有临淄区的企业" in told.err) == (3, True)
    assert office.type("export", "-o", str(office.folder / "x.csv"), "--file", "2").status == 3


# --- the counties' settlement


def test_the_settlement_says_what_every_county_was_given_and_what_is_left(
    shell: Shell, store: EventStore, tmp_path: Path
) -> None:
    from activities.desk import Desk
    from policies import load
    from policies.calendars import published
    from tests.engine import START

    city = "mianyang"
    home = f"{load.load(city).programme}-推演-清算"
    desk, county = Desk(store, published()), load.load(city).list("selection.counties")[0]
    treasury = Person("treasury-1", Role.TREASURY, "市财政局")
    of = {"by": treasury, "city": city, "programme": home, "line": RETROFIT_LINE}
    book = tmp_path / "清算.xlsx"
    line = ("fund", "settlement", "--city", city, "--programme", home, "-o", str(book))
    assert shell.run(*line, "--json").status == 2
    assert "没有向区县预下达过资金" in shell.run(*line).err

    def said(kind: Any, document: str, **fields: Any) -> None:
        command = kind(command_id=command_id(home, document), **of, document=document, **fields)
        assert (refusal := desk.handle(command, START).refusal) is None, refusal

    said(AppropriateFund, "财1号", source=Source.CENTRAL, amount=Money.wan(100))
    said(AllocateToCounty, "下1号", county=county, source=Source.CENTRAL, amount=Money.wan(30))
    said(AllocateToCounty, "下2号", county=county, source=Source.CENTRAL, amount=Money.wan(12))
    said(SettleCounty, "清1号", county=county, carry=True)
    assert shell.run(*line).status == 0
    assert grid(book)[3] == [county, "中央", 300000, 120000, 0, 0, 0, 420000, 420000, "清1号"]
    said(SettleCounty, "清2号", county=county, carry=False)
    assert shell.run(*line).status == 0
    rows = grid(book)
    assert all("元" in str(head) for head in rows[2][2:9])
    assert rows[3] == [county, "中央", 300000, 120000, 0, 0, 420000, 0, 0, "清2号"]
    assert rows[4][:1] + rows[4][2:9] == ["合计", 300000, 120000, 0, 0, 420000, 0, 0]
