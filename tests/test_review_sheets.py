"""专家评分表 as a workbook: out with the firms an expert owes, in with all its rows or with none."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
import xlsxwriter

from domain.case.file import Qualification
from domain.expert_review.file import ExpertReview
from domain.expert_review.ranking import Expert
from domain.expert_review.scoring import Sheet
from domain.identity import batch_id, expert_review_id
from domain.rejections import Rejection
from eventstore.store import EventStore
from exchange import cells, review_form, review_sheets
from exchange.roster import RosterRefused
from tests.domain import cast
from tests.domain.panel import CRITERIA, EXPERTS, Panel, code, sheet
from tests.engine import CITY, Firm, Town, upto
from tests.shell import Shell
from tests.test_expert_review import RULES, done, shell

__all__ = ["shell"]

FIRST: Final = EXPERTS[0]
HEAD: Final[list[Any]] = ["序号", "企业名称", "统一社会信用代码", "区县", "细分行业"]
MARKS: Final = ["改造意愿（满分40分）", "方案可行（满分60分）", "合计"]
ABOUT: Final[list[list[Any]]] = [
    ["某市专家评分表"],
    ["专家编号", FIRST.id, "所属单位", FIRST.organisation],
    ["批次", "1", "轮次", "1", "评审文号", "评审1号"],
]


def line(number: int, *points: Any) -> list[Any]:
    return [number, f"第{number}号轴承有限公司", code(number), "东区", "轴承", *points]


def book(tmp_path: Path, *rows: list[Any], then: Callable[[Any], None] = lambda _sheet: None) -> Path:
    path = tmp_path / "评分.xlsx"
    with xlsxwriter.Workbook(path) as made:
        made.add_worksheet("填表说明").write_string(0, 0, "统一社会信用代码请勿改动")
        table = made.add_worksheet("评分表")
        for number, row in enumerate(rows):
            table.write_row(number, 0, row)
        then(table)
    return path


def filled(tmp_path: Path, *rows: list[Any], head: list[Any] | None = None, **said: Any) -> Path:
    return book(tmp_path, *ABOUT, head or [*HEAD, *MARKS], *rows, **said)


def review(*numbers: int) -> ExpertReview:
    return Panel.of(*numbers).called().review


def read(path: Path, *numbers: int) -> review_sheets.FilledSheet:
    return review_sheets.read(path, review(*numbers or (1, 2)), FIRST.id, "1")


# --- the form


def test_a_form_names_the_expert_the_round_and_the_firms_that_are_owed_with_full_marks_in_its_head(
    tmp_path: Path,
) -> None:
    panel = Panel.of(1, 2, 3).called().scored(1, 90)
    panel.does("recuse-expert", cases=(panel.case(2).id,))
    path = tmp_path / "form.xlsx"
    owed = [candidate for candidate, one in panel.review.owed() if one == FIRST]
    review_form.write(path, "某市", "1", panel.review, FIRST, owed)
    table = cells.sheets_of(path.read_bytes(), formulas=True)[0]
    assert table.rows[1][:4] == ["专家编号", "expert-1", "所属单位", "1号大学"]
    assert table.rows[2][:6] == ["批次", "1", "轮次", "1", "评审文号", "评审1号"]
    assert table.rows[3] == [*HEAD, *MARKS]
    assert [row[1:5] for row in table.rows[4:]] == [["第3号轴承有限公司", code(3), "东区", "轴承"]]
    assert table.formulas == [[4, 7]]
    empty = review_sheets.read(path, panel.review, FIRST.id, "1")
    assert [(fault.row, fault.column, fault.rule) for fault in empty.faults] == [
        (5, one.name, "score_must_be_given") for one in CRITERIA
    ]


# --- what an expert has filled in


@pytest.mark.parametrize(
    "head",
    [
        [*HEAD, *MARKS],
        [*HEAD, "改造意愿", "方案 可行（满分 60）", "备注"],
        ["编号", "单位名称", "信用代码", "所属区县", "行业", "改造意愿(满分40分)", "方案可行"],
    ],
)
def test_a_sheet_is_read_however_its_columns_are_headed(tmp_path: Path, head: list[str]) -> None:
    found = read(filled(tmp_path, line(1, 40, "60"), line(2, 0.0, " 7 "), ["合计", "", "", "", "", 40, 67], head=head))
    cases = Panel.of(1, 2)
    assert found.faults == ()
    assert [row.number for row in found.rows] == [5, 6]
    assert [row.scores for row in found.rows] == [
        Sheet(cases.case(1).id, sheet(40, 60)),
        Sheet(cases.case(2).id, sheet(0, 7)),
    ]
    assert found.ignored_columns == (("备注",) if "备注" in head else ())
    assert len(found.file_hash) == 64


@pytest.mark.parametrize(
    ("row", "rule", "column", "words"),
    [
        (line(2, 40), "score_must_be_given", "方案可行", "没有填写评分"),
        (line(2, 40, 7.5), "score_must_be_a_whole_number", "方案可行", "7.5"),
        (line(2, 40, "8.0"), "score_must_be_a_whole_number", "方案可行", "小数"),
        (line(2, 40, "优"), "score_must_be_a_whole_number", "方案可行", "优"),
        (line(2, 40, True), "score_must_be_a_whole_number", "方案可行", "True"),
        (line(9, 1, 1), "firm_must_be_under_review", "统一社会信用代码", "不在本轮"),
        ([2, "", "", "", "", 1, 1], "firm_must_be_under_review", "统一社会信用代码", "不在本轮"),
        ([2, "第2号", 913703000000000000, "", "", 1, 1], "credit_code_must_be_text", "统一社会信用代码", "文本"),
        ([2, "第1号轴承有限公司", code(2), "", "", 1, 1], "name_must_be_the_firms", "统一社会信用代码", "第2号"),
        (line(1, 1, 1), "firm_must_stand_once_in_a_score_sheet", "统一社会信用代码", "第 5 行"),
    ],
)
def test_a_bad_row_is_refused_by_its_number_and_reason(
    tmp_path: Path, row: list[Any], rule: str, column: str, words: str
) -> None:
    found = read(filled(tmp_path, line(1, 1, 1), row))
    assert [(fault.row, fault.rule, fault.column) for fault in found.faults] == [(6, rule, column)]
    assert words in found.faults[0].reason
    assert [row.number for row in found.rows] == [5]


def test_a_score_is_typed_and_no_formula(tmp_path: Path) -> None:
    def formula(table: Any) -> None:
        table.write_formula("G5", "=F5+10", None, 30)

    found = read(filled(tmp_path, line(1, 20, 30), line(2, 20, 30), then=formula))
    assert [(fault.row, fault.column, fault.rule) for fault in found.faults] == [(5, "方案可行", "score_must_be_typed")]
    assert [row.number for row in found.rows] == [6]


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ([*HEAD, "改造意愿"], "缺少“方案可行”"),
        ([*HEAD, "改造意愿", "方案可行", "方案可行（满分60分）"], "2 列“方案可行”"),
    ],
)
def test_every_criterion_has_one_column(tmp_path: Path, head: list[str], words: str) -> None:
    (fault,) = read(filled(tmp_path, line(1, 1, 1, 1), head=head)).faults
    assert (fault.row, fault.rule) == (4, "criterion_must_have_one_column")
    assert words in fault.reason


@pytest.mark.parametrize(
    ("about", "rule"),
    [
        ([["专家编号", "expert-2"], ABOUT[2]], "sheet_must_be_the_experts_own"),
        ([ABOUT[2]], "sheet_must_be_the_experts_own"),
        ([ABOUT[1], ["批次", "2", "轮次", "1"]], "sheet_must_be_of_this_round"),
        ([ABOUT[1], ["批次", "1", "轮次", 2]], "sheet_must_be_of_this_round"),
    ],
)
def test_a_sheet_of_another_expert_batch_or_round_is_refused(tmp_path: Path, about: list[list[Any]], rule: str) -> None:
    with pytest.raises(Rejection) as no:
        read(book(tmp_path, *about, [*HEAD, *MARKS], line(1, 1, 1)))
    assert no.value.refusal.rule == rule


def test_what_is_no_score_sheet_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"no workbook")
    old, apart = tmp_path / "old.xls", tmp_path / "apart"
    apart.mkdir()
    old.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    for path, words in (
        (broken, "不是 Excel 工作簿"),
        (old, "不是 .xlsx"),
        (book(apart, *ABOUT, HEAD, line(1)), "现有 0 张"),
        (filled(tmp_path), "没有企业"),
    ):
        with pytest.raises(RosterRefused) as no:
            read(path)
        assert no.value.refusal.rule == "score_sheet_must_be_readable"
        assert words in no.value.refusal.sentence


# --- by hand


ONE, TWO = Expert("zibo/expert-1", "甲大学"), Expert("zibo/expert-2", "乙大学")


def under_review(store: EventStore, name: str, firms: int) -> tuple[Town, list[Firm]]:
    town = Town(store, name, rules=RULES)
    there = [town.firm().walked(*upto("pass-city-review")) for _ in range(firms)]
    cases = tuple(firm.case for firm in there)
    said: dict[str, Any] = {"document": "评审1号", "criteria": CRITERIA, "experts": (ONE, TWO), "cases": cases}
    done(town, "call-expert-review", cast.clerk2, **said)
    return town, there


def scores(path: Path, into: Path, *points: tuple[Any, Any]) -> Path:
    """The expert types points into the form and saves it under another name."""
    rows = cells.sheets_of(path.read_bytes())[0].rows
    with xlsxwriter.Workbook(into) as made:
        table = made.add_worksheet("评分表")
        for number, row in enumerate(rows[:4]):
            table.write_row(number, 0, row)
        for number, (row, given) in enumerate(zip(rows[4:], points, strict=True), start=4):
            table.write_row(number, 0, [*row[:5], *given])
    return into


def held(town: Town) -> ExpertReview:
    return town.store.load(ExpertReview, expert_review_id(batch_id(CITY, town.programme, "1")))


def test_sheets_go_out_one_per_expert_and_come_in_whole_and_once(
    shell: Shell, store: EventStore, tmp_path: Path
) -> None:
    town, firms = under_review(store, "sheets by workbook", 3)
    of = ("--city", CITY, "--code", "1", "--programme", town.programme)
    first = ("--by", ONE.id, "--org", ONE.organisation)
    stood = ("--firm", firms[2].code, "--reason", "近亲属任职")
    assert shell.run("batch", "review", "recuse", *of, *first, *stood).status == 0
    told = shell.run("batch", "review", "sheet", *of, "-o", str(tmp_path / "表.xlsx"), "--json")
    assert told.status == 0, told
    assert [(Path(one["file"]).name, one["firms"]) for one in told.json["sheets"]] == [
        ("表-1-zibo-expert-1.xlsx", 2),
        ("表-2-zibo-expert-2.xlsx", 3),
    ]
    assert shell.run("batch", "review", "sheet", *of, "-o", str(tmp_path / "表.xlsx")).status == 2

    form = tmp_path / "表-1-zibo-expert-1.xlsx"
    bad = scores(form, tmp_path / "坏.xlsx", (30, 50), (41, 50))
    before = store.last_position()
    no = shell.run("batch", "review", "import", str(bad), *of, *first, "--json")
    assert (no.status, no.json["rule"]) == (3, "score_sheet_must_be_without_fault")
    assert [(row["row"], row["rule"]) for row in no.json["rows"]] == [(6, "points_must_answer_every_criterion")]
    assert "改造意愿" in no.json["rows"][0]["reason"]
    assert store.last_position() == before, "nothing half imported"

    good = scores(form, tmp_path / "好.xlsx", (30, 50), (40, 60))
    line = ("batch", "review", "import", str(good), *of, *first, "--json")
    taken = shell.run(*line)
    assert taken.status == 0, taken
    assert taken.json["events"] == ["expert-review.score-filed"] * 2
    after = store.last_position()
    assert shell.run(*line).json == taken.json
    assert store.last_position() == after, "the same file twice does nothing twice"
    assert [held(town).counted(firm.case) for firm in firms] == [{ONE.id: 80}, {ONE.id: 100}, {}]

    again = scores(form, tmp_path / "又.xlsx", (30, 51), (40, 60))
    no = shell.run("batch", "review", "import", str(again), *of, *first, "--json")
    assert [(row["row"], row["rule"]) for row in no.json["rows"]] == [
        (5, "sheet_must_stay_as_it_was_filed"),
        (6, "sheet_must_stay_as_it_was_filed"),
    ]
    owed = shell.run("batch", "review", "sheet", *of, "-o", str(tmp_path / "余.xlsx"), "--expert", ONE.id)
    assert "没有待评的企业" in owed.out
    assert not (tmp_path / "余.xlsx").exists()


def test_a_firm_that_has_left_is_told_by_its_row(shell: Shell, store: EventStore, tmp_path: Path) -> None:
    town, firms = under_review(store, "one of the sheet leaves", 2)
    of = ("--city", CITY, "--code", "1", "--programme", town.programme)
    form = tmp_path / "form.xlsx"
    assert shell.run("batch", "review", "sheet", *of, "-o", str(form), "--expert", TWO.id).status == 0
    full = scores(form, tmp_path / "full.xlsx", (1, 1), (2, 2))
    firms[1].walked("ask-withdrawal", "approve-withdrawal")
    assert firms[1].file.qualification is Qualification.WITHDRAWN
    later = shell.run("batch", "review", "sheet", *of, "-o", str(tmp_path / "later.xlsx"), "--json")
    assert [one["firms"] for one in later.json["sheets"]] == [1, 1], "who has left is asked for no more"
    line = ("batch", "review", "import", str(full), *of, "--by", TWO.id)
    no = shell.run(*line, "--org", TWO.organisation, "--json")
    assert [(row["row"], row["rule"]) for row in no.json["rows"]] == [(6, "step_must_be_due")]
    as_other = shell.run("batch", "review", "import", str(full), *of, "--by", ONE.id, "--org", "甲大学", "--json")
    assert as_other.rule == "sheet_must_be_the_experts_own"
    elsewhere = shell.run(*line, "--org", "别的大学", "--json")
    assert {row["rule"] for row in elsewhere.json["rows"]} == {"expert_must_act_for_the_same_organisation"}
    assert held(town).sheets == {}


def test_a_sheet_of_a_round_that_was_called_off_scores_nobody_in_the_next(
    shell: Shell, store: EventStore, tmp_path: Path
) -> None:
    town, firms = under_review(store, "sheet of a former round", 1)
    of = ("--city", CITY, "--code", "1", "--programme", town.programme)
    form = tmp_path / "form.xlsx"
    assert shell.run("batch", "review", "sheet", *of, "-o", str(form), "--expert", ONE.id).status == 0
    full = scores(form, tmp_path / "full.xlsx", (1, 1))
    done(town, "call-off-expert-review", cast.head, document="撤1号", reason="标准有误")
    line = ("batch", "review", "import", str(full), *of, "--by", ONE.id, "--org", ONE.organisation, "--json")
    assert {row["rule"] for row in shell.run(*line).json["rows"]} == {"review_must_be_open"}
    assert shell.run("batch", "review", "sheet", *of, "-o", str(form), "--json").rule == "review_must_be_open"
    said: dict[str, Any] = {"document": "评审2号", "criteria": CRITERIA, "experts": (ONE, TWO)}
    done(town, "call-expert-review", cast.clerk2, **said, cases=(firms[0].case,))
    assert shell.run(*line).rule == "sheet_must_be_of_this_round"
    assert held(town).sheets == {}


@pytest.mark.parametrize(
    ("line", "status", "words"),
    [
        (("sheet", "-o", "/nowhere/x.xlsx", "--expert", ONE.id), 2, "写不了"),
        (("sheet", "-o", "x.xlsx", "--expert", "zibo/expert-9"), 3, "expert_must_be_named_in_the_review"),
        (("import", "nothing.xlsx", "--by", ONE.id, "--org", "甲大学"), 2, "没有这个文件"),
        (("import", "x.xlsx", "--by", ONE.id, "--org", "甲大学", "--role", "专"), 2, "没有“专”这个角色"),
    ],
)
def test_what_cannot_be_is_said(
    shell: Shell, store: EventStore, request: pytest.FixtureRequest, line: tuple[str, ...], status: int, words: str
) -> None:
    town, _ = under_review(store, request.node.name, 1)
    told = shell.run("batch", "review", *line, "--city", CITY, "--code", "1", "--programme", town.programme)
    assert told.status == status, told
    assert words in told.err


def test_before_any_round_there_is_nothing_to_fill_in(shell: Shell, store: EventStore, tmp_path: Path) -> None:
    town = Town(store, "no round yet", rules=RULES)
    of = ("--city", CITY, "--code", "1", "--programme", town.programme, "--json")
    path = filled(tmp_path, line(1, 1, 1))
    by = ("--by", FIRST.id, "--org", FIRST.organisation)
    assert shell.run("batch", "review", "import", str(path), *of, *by).rule == "review_must_be_open"
