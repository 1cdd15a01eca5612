"""名册: what clerks write is read as they meant it, or the whole file is refused by sheet, row and reason."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from cli import roster as roster_commands
from cli import workdays as workdays_commands
from domain import identity
from domain.policy import Cited, Pack, Standing
from exchange import cells, read_workbook, roster, words
from exchange.roster import Roster, RosterRefused, RosterRow

CLAUSE = "某方案 二(一)"
PACK = Pack(
    city="dalian",
    name="大连市",
    division="210200",
    agency="大连市工业和信息化局",
    programme="2023-117",
    version="0" * 64,
    values={
        "selection.industries": (Cited(("轴承、齿轮和传动部件制造", "汽车零部件及配件制造"), CLAUSE, Standing.STATED),),
        "selection.counties": (Cited(("金州区", "瓦房店市", "长海县", "高新区"), "某方案 五", Standing.STATED),),
    },
)
HEADER = ["序号", "企业名称", "统一社会信用代码", "区县", "细分行业", "企业规模", "规上规下", "优质企业类型"]


def code(n: int) -> str:
    """A well-formed code, another one for each n."""
    body = f"LB{n:06d}"
    first = f"91210200{body}{identity.organisation_check(body)}"
    return first + identity.check_digit(first)


def line(n: int, **other: object) -> list[object]:
    """A firm without fault, as a row of the workbook; ``other`` names the cells that are different."""
    said: dict[str, object] = {
        "name": f"第{n}精工有限公司",
        "credit_code": code(n),
        "county": "金州区",
        "industry": "汽车零部件及配件制造",
        "scale": "小",
        "above_designated": "规上",
        "quality": "无",
    }
    return [n, *(said | other).values()]


def meant(n: int, **other: Any) -> RosterRow:
    """What ``line(n)`` means."""
    row = RosterRow(f"第{n}精工有限公司", code(n), "金州区", "汽车零部件及配件制造", "小", True, "无")
    return replace(row, **other)


Rows = Sequence[Sequence[object]]
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a workbook: rows by sheet, each from A1 on; then whatever else is to be done to a sheet."""

    def workbook(sheets: dict[str, Rows] | Rows, then: Callable[[Any, Any], None] | None = None) -> Path:
        path = tmp_path / "名册.xlsx"
        with xlsxwriter.Workbook(path) as book:
            for name, rows in (sheets if isinstance(sheets, dict) else {"名册": sheets}).items():
                sheet = book.add_worksheet(name)
                for place, row in enumerate(rows):
                    sheet.write_row(place, 0, row)
                if then:
                    then(book, sheet)
        return path

    return workbook


def refused(path: Path) -> RosterRefused:
    with pytest.raises(RosterRefused) as refusal:
        roster.read(path, PACK)
    return refusal.value


def faults(path: Path) -> list[tuple[int, str, str]]:
    return [(fault.row, fault.column, fault.rule) for fault in refused(path).rows]


# --- the way out and in again


@settings(deadline=None, max_examples=30)
@given(firms=st.integers(1, 80), seed=st.integers())
def test_a_sample_reads_as_the_firms_it_was_made_of(
    tmp_path_factory: pytest.TempPathFactory, firms: int, seed: int
) -> None:
    path = tmp_path_factory.getbasetemp() / "sample.xlsx"
    made = roster.sample(path, PACK, firms, seed)

    taken = roster.read(path, PACK)

    assert taken == Roster(made, ("联系人", "联系电话"), (), hashlib.sha256(path.read_bytes()).hexdigest())
    assert len({row.credit_code for row in made}) == len({row.name for row in made}) == firms


def test_the_same_seed_writes_the_same_file_and_another_seed_another(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        roster.sample(tmp_path / name, PACK, 20, seed)

    a, b, c = ((tmp_path / name).read_bytes() for name in "abc")
    assert a == b != c


def test_a_sample_is_well_formed_invented_and_sloppy_in_places(tmp_path: Path) -> None:
    made = roster.sample(tmp_path / "s.xlsx", PACK, 60, seed=1)
    shown = [row for sheet in cells.sheets_of((tmp_path / "s.xlsx").read_bytes())[:1] for row in sheet.rows[3:63]]

    assert all(identity.check_digit_warning(row.credit_code) is None for row in made)
    assert all(row.credit_code.startswith("91210200LB") and row.name.endswith("\uff08虚拟\uff09") for row in made)
    assert {row.county for row in made} == set(PACK.list("selection.counties"))
    assert {row.industry for row in made} == set(PACK.list("selection.industries"))
    typed = [row[2] for row in shown]
    assert 0 < sum(said != row.credit_code for said, row in zip(typed, made, strict=True)) < 20


def test_a_template_offers_the_citys_words_and_is_a_roster_once_filled_in(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    roster.template(path, PACK)

    sheets = cells.sheets_of(path.read_bytes())
    assert [sheet.name for sheet in sheets] == ["试点企业名册", "填表说明", "选项"]
    assert sheets[0].rows[2] == HEADER
    assert [row[0] for row in sheets[2].rows[1:]] == list(PACK.list("selection.counties"))
    assert "没有找到企业" in refused(path).refusal.sentence
    with zipfile.ZipFile(path) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
    assert sheet.count("<dataValidation ") == 5
    assert "'选项'!$B$2:$B$3" in sheet
    assert 'state="frozen"' in sheet


# --- what people write, one habit at a time


@pytest.mark.parametrize(
    ("field", "written", "means"),
    [
        ("name", " 第1 精工\n有限公司 ", "第1精工有限公司"),
        ("name", "第1精工(大连)有限公司", "第1精工\uff08大连\uff09有限公司"),
        ("credit_code", code(1).lower(), code(1)),
        ("credit_code", "".join(chr(ord(ch) + 0xFEE0) for ch in code(1)), code(1)),
        ("credit_code", f" {code(1)[:6]} {code(1)[6:]}\u3000", code(1)),
        ("county", "金州", "金州区"),
        ("county", "大连市金州区", "金州区"),
        ("county", "大连高新区", "高新区"),
        ("county", "瓦房店", "瓦房店市"),
        ("industry", "汽车零部件及配件", "汽车零部件及配件制造"),
        ("industry", "轴承，齿轮和传动部件 制造", "轴承、齿轮和传动部件制造"),
        ("scale", "小型企业", "小"),
        ("scale", "微型", "微"),
        ("above_designated", "规模以下", False),
        ("above_designated", "是", True),
        ("above_designated", False, False),
        ("quality", "", "无"),
        ("quality", "/", "无"),
        ("quality", "国家级专精特新“小巨人”企业", "小巨人"),
        ("quality", "省级专精特新中小企业", "专精特新"),
        ("quality", "创新型、专精特新", "专精特新"),
    ],
)
def test_a_cell_is_read_as_it_was_meant(write: Write, field: str, written: object, means: object) -> None:
    path = write([HEADER, line(1, **{field: written})])

    assert roster.read(path, PACK).rows == (meant(1, **{field: means}),)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [(column.title, word) for column in words.COLUMNS for word in column.synonyms]
    + [("企业名称", "*企业 名称"), ("企业规模", "企业规模\uff08大/中/小/微\uff09"), ("区县", "所属区\uff08县\uff09")],
)
def test_a_column_may_be_headed_by_another_word(write: Write, ours: str, theirs: str) -> None:
    header = [theirs if word == ours else word for word in HEADER]

    assert roster.read(write([header, line(1)]), PACK).rows == (meant(1),)


def test_of_two_columns_for_one_thing_the_plainer_heading_counts(write: Write) -> None:
    path = write([[*HEADER, "所属行业"], [*line(1), "制造业"]])

    taken = roster.read(path, PACK)

    assert (taken.rows, taken.ignored_columns) == ((meant(1),), ("所属行业",))


def test_titles_totals_notes_and_blank_rows_are_no_firms(write: Write) -> None:
    rows = [
        ["某市企业摸底台账"],
        ["填报单位：某局", "", "", "填报日期：2026.3.1", "", "单位：家"],
        [],
        HEADER,
        line(1),
        [2, "", "", "", "", "", "", ""],
        [],
        ["小 计", "", 1],
        HEADER,
        line(2),
        ["", "合计：", "2家"],
        ["注：规上规下按上年末统计口径。"],
        ["填表人：某人", "", "", "2026年3月1日"],
    ]

    assert roster.read(write(rows), PACK).rows == (meant(1), meant(2))


@pytest.mark.parametrize(
    "foot", ["注：规上规下按上年末统计口径。", "填报人：某人  审核人：某人", "说明1.本表一式两份", "负责人(签字):"]
)
def test_a_note_in_the_column_of_names_is_no_firm(write: Write, foot: str) -> None:
    rows = [HEADER[1:], line(1)[1:], [foot, "", "", "", "", "2026年3月"]]

    assert roster.read(write(rows), PACK).rows == (meant(1),)


def test_a_row_with_a_code_is_a_firm_even_where_it_says_total(write: Write) -> None:
    path = write([[*HEADER, "备注"], [*line(1, name=""), "合计"]])

    assert faults(path) == [(2, "企业名称", "firm_must_have_a_name")]


def test_a_total_row_of_formulas_and_cells_that_are_formulas_are_read_by_what_they_show(write: Write) -> None:
    def formulas(_: Any, sheet: Any) -> None:
        sheet.write_formula("C2", '="9121"&"0200"', None, code(1))
        sheet.write("A3", "合计")
        sheet.write_formula("C3", "=COUNTA(C2:C2)", None, 1)

    assert roster.read(write([HEADER, line(1)], formulas), PACK).rows == (meant(1),)


def test_a_merged_cell_means_every_row_it_covers(write: Write) -> None:
    def merge(book: Any, sheet: Any) -> None:
        sheet.merge_range("D2:D3", "瓦房店市")
        sheet.merge_range("D4:D9", "长海县")

    rows = [HEADER, line(1, county=""), line(2, county=""), line(3, county=""), *[[]] * 6, ["合计"]]
    path = write(rows, merge)

    assert [row.county for row in roster.read(path, PACK).rows] == ["瓦房店市", "瓦房店市", "长海县"]


def test_a_header_of_two_rows_is_read_in_its_lower_row(write: Write) -> None:
    upper = ["序号", "基本情况", "", "", "", "规模", "", "", "联系方式", ""]
    lower = ["", *HEADER[1:], "联系人", "联系电话"]

    taken = roster.read(write([upper, lower, [*line(1), "某人", "000"]]), PACK)

    assert (taken.rows, taken.ignored_columns) == ((meant(1),), ("联系人", "联系电话"))


def test_each_county_may_have_its_own_sheet_and_the_sheets_name_says_which(write: Write) -> None:
    without_county = [cell for cell in HEADER if cell != "区县"]
    rows = {
        "金州区": [without_county, [*line(1)[:3], *line(1)[4:]]],
        "瓦房店": [without_county, [*line(2)[:3], *line(2)[4:]]],
        "填表说明": [["企业名称按营业执照填写"], ["统一社会信用代码", "18 位"]],
        "Sheet4": [],
    }

    assert roster.read(write(rows), PACK).rows == (meant(1), meant(2, county="瓦房店市"))


def test_contact_persons_and_phones_are_left_where_they_are(write: Write) -> None:
    path = write([[*HEADER, "联系人", "联系电话", "备注"], [*line(1), "王某", "13000000000", "急"]])

    taken = roster.read(path, PACK)

    assert taken.ignored_columns == ("联系人", "联系电话", "备注")
    assert "王某" not in repr(taken)
    assert "13000000000" not in repr(taken)


def test_an_old_xls_is_read_too() -> None:
    taken = roster.read(Path(__file__).parent / "data" / "roster.xls", PACK)

    assert [(row.credit_code, row.county) for row in taken.rows] == [
        (code(1), "金州区"),
        (code(2), "金州区"),
        (code(3), "长海县"),
    ]


def test_a_wrong_check_digit_is_a_warning_and_no_refusal(write: Write) -> None:
    early = "913502110511872900"

    taken = roster.read(write([HEADER, line(1, credit_code=early)]), PACK)

    assert taken.rows == (meant(1, credit_code=early),)
    assert [(w.sheet, w.row, w.column) for w in taken.warnings] == [("名册", 2, "统一社会信用代码")]
    assert "校验码应为 W" in taken.warnings[0].reason


def test_a_hidden_sheet_is_not_read_and_that_is_said(write: Write) -> None:
    def hide(_: Any, sheet: Any) -> None:
        if sheet.name == "去年":
            sheet.hide()

    taken = roster.read(write({"名册": [HEADER, line(1)], "去年": [HEADER, line(2)]}, hide), PACK)

    assert taken.rows == (meant(1),)
    assert [(w.sheet, w.rule) for w in taken.warnings] == [("去年", "roster_sheet_must_be_visible")]


def test_a_short_name_that_two_counties_share_names_neither() -> None:
    known = words.places(("金州区", "金州市", "长海县"), "大连市")

    assert words.match(known, "金州", words.county_key) == "金州"
    assert words.match(known, "金州市", words.county_key) == "金州市"
    assert words.match(known, "长海", words.county_key) == "长海县"


# --- what is refused


@pytest.mark.parametrize(
    ("field", "written", "column", "rule"),
    [
        ("name", " ", "企业名称", "firm_must_have_a_name"),
        ("credit_code", "", "统一社会信用代码", "credit_code_must_be_well_formed"),
        ("credit_code", code(1)[:17], "统一社会信用代码", "credit_code_must_be_well_formed"),
        ("credit_code", code(1)[:17] + "I", "统一社会信用代码", "credit_code_must_be_well_formed"),
        ("credit_code", 912102001234567890, "统一社会信用代码", "credit_code_must_be_text"),
        ("county", "淄川区", "区县", "firm_must_be_in_a_county_of_the_city"),
        ("county", "", "区县", "firm_must_be_in_a_county_of_the_city"),
        ("industry", "棉纺织", "细分行业", "firm_must_be_in_a_pilot_industry"),
        ("scale", "小微", "企业规模", "roster_word_must_be_known"),
        ("scale", "", "企业规模", "roster_word_must_be_known"),
        ("above_designated", "不清楚", "规上规下", "roster_word_must_be_known"),
        ("quality", "非专精特新", "优质企业类型", "roster_word_must_be_known"),
    ],
)
def test_a_bad_cell_is_refused_by_row_column_and_rule(
    write: Write, field: str, written: object, column: str, rule: str
) -> None:
    path = write([["某市名册"], HEADER, line(2), line(1, **{field: written})])

    assert faults(path) == [(4, column, rule)]


def test_an_industry_outside_the_city_is_refused_with_the_packs_clause(write: Write) -> None:
    fault = refused(write([HEADER, line(1, industry="棉纺织")])).rows[0]

    assert fault.clause == CLAUSE
    assert "棉纺织" in fault.reason


def test_a_code_that_became_a_number_is_refused_in_words_that_help(write: Write) -> None:
    fault = refused(write([HEADER, line(1, credit_code=912102001234567890)])).rows[0]

    assert "设为文本" in fault.reason


def test_a_firm_that_stands_twice_is_refused_where_it_stands_the_second_time(write: Write) -> None:
    path = write({"甲": [HEADER, line(1), line(2)], "乙": [HEADER, line(3), line(1, credit_code=code(1).lower())]})

    (fault,) = refused(path).rows
    assert (fault.sheet, fault.row, fault.rule) == ("乙", 3, "firm_must_stand_once_in_a_roster")
    assert "工作表“甲”第 2 行" in fault.reason


def test_every_fault_of_every_row_is_named_and_nothing_is_taken(write: Write) -> None:
    path = write([HEADER, line(1), line(2, name="", scale="?"), line(3), line(4, county="x", credit_code="y")])

    refusal = refused(path)

    assert [(fault.row, fault.column) for fault in refusal.rows] == [
        (3, "企业名称"),
        (3, "企业规模"),
        (5, "统一社会信用代码"),
        (5, "区县"),
    ]
    assert refusal.refusal.rule == "roster_must_be_without_fault"
    assert "2 行有 4 处错误，一行也没有导入" in refusal.refusal.sentence


@settings(deadline=None, max_examples=15)
@given(bad=st.sets(st.integers(1, 12), min_size=1))
def test_exactly_the_bad_rows_are_named(tmp_path_factory: pytest.TempPathFactory, bad: set[int]) -> None:
    path = tmp_path_factory.getbasetemp() / "bad.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate([HEADER, *(line(n, **({"scale": "?"} if n in bad else {})) for n in range(1, 13))]):
            sheet.write_row(place, 0, row)

    assert {fault.row - 1 for fault in refused(path).rows} == bad


def test_a_roster_without_its_columns_is_refused_and_names_them(write: Write) -> None:
    refusal = refused(write([["企业名称", "区县", "企业规模"], ["甲", "金州区", "小"]]))

    assert refusal.refusal.rule == "roster_must_be_a_workbook"
    assert refusal.rows[0].reason == "表头缺少列：统一社会信用代码、细分行业、规上规下、优质企业类型"


def test_a_sheet_of_codes_without_a_header_is_not_passed_over_in_silence(write: Write) -> None:
    refusal = refused(write({"金州区": [HEADER, line(1)], "长海县": [line(2), line(3)]}))

    assert [(fault.sheet, fault.row) for fault in refusal.rows] == [("长海县", 1)]
    assert refusal.refusal.rule == "roster_must_be_a_workbook"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "不是 Excel 工作簿"),
        ("企业名称，统一社会信用代码\n".encode(), "不是 Excel 工作簿"),
        (b"PK\x03\x04 but no more than that", "读不出来"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "读不出来"),
    ],
)
def test_what_is_no_workbook_is_refused_whatever_its_name(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "名册.xlsx"
    path.write_bytes(content)

    refusal = refused(path).refusal
    assert refusal.rule == "roster_must_be_a_workbook"
    assert says in refusal.sentence


def test_a_zip_that_is_no_workbook_and_half_a_workbook_are_refused(tmp_path: Path, write: Write) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as parts:
        parts.writestr("readme.txt", "no workbook")
    whole = write([HEADER, line(1)]).read_bytes()

    for content in (archive.getvalue(), whole[: len(whole) // 2]):
        (tmp_path / "x.xlsx").write_bytes(content)
        assert refused(tmp_path / "x.xlsx").refusal.rule == "roster_must_be_a_workbook"


def test_a_stray_cell_in_the_far_corner_is_refused_and_does_not_exhaust_memory(write: Write) -> None:
    path = write([HEADER, line(1)], lambda _, sheet: sheet.write("XFD1048576", "x"))

    assert "很远处有零星内容" in refused(path).refusal.sentence


def test_a_sheet_far_larger_than_its_firms_is_refused(write: Write) -> None:
    path = write([HEADER, line(1)], lambda _, sheet: sheet.write("ALL5000", "x"))

    assert "很远处有零星内容" in refused(path).refusal.sentence


def test_a_workbook_never_takes_more_memory_than_its_reader_is_given(write: Write) -> None:
    path = write([HEADER, line(1)], lambda _, sheet: sheet.write("XFD6000", "x"))  # would take more than 2 GiB
    program = Path(cells.__file__).with_name("read_workbook.py")

    with path.open("rb") as content:
        reader = subprocess.Popen(
            [sys.executable, program], stdin=content, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        _, status, usage = os.wait4(reader.pid, 0)
    assert status != 0
    assert usage.ru_maxrss * 1024 < read_workbook.MEMORY_BYTES


def test_a_workbook_whose_merged_cells_overlap_is_damaged(write: Write) -> None:
    path = write([HEADER, line(1)], lambda _, sheet: sheet.merge_range("A4:B5", "x"))
    with zipfile.ZipFile(path) as whole:
        parts = {name: whole.read(name) for name in whole.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    merged = b'<mergeCell ref="A4:B5"/>'
    assert merged in parts[sheet]
    parts[sheet] = parts[sheet].replace(merged, b'<mergeCell ref="A1:XFD1048576"/>' * 3)
    with zipfile.ZipFile(path, "w") as damaged:
        for name, part in parts.items():
            damaged.writestr(name, part)

    assert "已损坏" in refused(path).refusal.sentence


def test_formatted_but_empty_rows_far_below_do_no_harm(write: Write) -> None:
    path = write(
        [HEADER, line(1)], lambda book, sheet: sheet.write_blank("A900000", None, book.add_format({"bold": 1}))
    )

    assert roster.read(path, PACK).rows == (meant(1),)


def test_an_empty_workbook_is_refused(write: Write) -> None:
    for rows in ([], [["企业名称"]], [HEADER]):
        assert refused(write(rows)).refusal.rule == "roster_must_be_a_workbook"


def test_a_file_above_twenty_megabytes_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "large.xlsx"
    path.write_bytes(b"PK\x03\x04" + bytes(20 * 2**20))

    assert "超过 20 MB" in refused(path).refusal.sentence


def test_more_than_twenty_thousand_firms_are_refused(write: Write) -> None:
    path = write([HEADER, *(line(n) for n in range(20_001))])

    assert "超过 20000 行" in refused(path).refusal.sentence


@pytest.mark.parametrize("firms", [0, -1, 20_001])
def test_a_sample_holds_what_a_roster_can_hold(tmp_path: Path, firms: int) -> None:
    with pytest.raises(ValueError, match="1 to 20000"):
        roster.sample(tmp_path / "s.xlsx", PACK, firms, seed=1)


# --- the command line


def run(*words_typed: str) -> Any:
    app = typer.Typer()
    roster_commands.register(app)
    workdays_commands.register(app)
    return CliRunner().invoke(app, words_typed)


def test_importing_a_roster_of_another_city_says_why_row_by_row_and_ends_with_three(tmp_path: Path) -> None:
    path = str(tmp_path / "s.xlsx")
    assert run("roster", "sample", path, "--city", "zibo", "--firms", "5", "--seed", "1").exit_code == 0

    plain = run("roster", "import", path, "--city", "dalian")
    machine = run("roster", "import", path, "--city", "dalian", "--json")

    assert (plain.exit_code, machine.exit_code) == (3, 3)
    assert "一行也没有导入" in plain.stderr
    assert "firm_must_be_in_a_pilot_industry：5 处" in plain.stderr
    said = json.loads(machine.stdout)
    assert said["rule"] == "roster_must_be_without_fault"
    assert {row["row"] for row in said["rows"]} == {4, 5, 6, 7, 8}


def test_importing_what_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    for path in (tmp_path / "none.xlsx", tmp_path):
        result = run("roster", "import", str(path), "--city", "dalian")
        assert (result.exit_code, "打不开" in result.stderr) == (2, True)


def test_a_template_never_overwrites_a_roster(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    assert run("roster", "template", str(path), "--city", "dalian").exit_code == 0
    before = path.read_bytes()

    assert run("roster", "template", str(path), "--city", "zibo").exit_code == 2
    assert path.read_bytes() == before


def test_workdays_are_said_in_json_and_in_chinese() -> None:
    assert json.loads(run("workdays", "add", "2026-02-10", "5", "--json").stdout) == {
        "date": "2026-02-24",
        "standing": "firm",
    }
    assert json.loads(run("workdays", "add", "--json", "2031-01-06", "3").stdout)["standing"] == "provisional"
    assert "2026-02-24 星期二" in run("workdays", "add", "2026-02-10", "5").stdout
    assert "暂定" in run("workdays", "add", "2031-01-06", "3").stdout


@pytest.mark.parametrize(
    ("day", "count"),
    [("2026-02-30", "5"), ("tomorrow", "5"), ("2026-02-10", "-1"), ("2026-02-10", "2.5"), ("2026-02-10", "9" * 5000)],
)
def test_a_bad_date_or_count_is_wrong_usage_said_plainly(day: str, count: str) -> None:
    result = run("workdays", "add", day, count)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.strip()
    assert "Traceback" not in result.stderr
