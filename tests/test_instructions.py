"""The instruction file: the same bytes every time, no digit lost, nothing worked out; and how it is read again."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path
from uuid import UUID
from zipfile import ZipFile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.money import Money
from domain.payout_round.file import Order, Slip
from domain.payout_round.plan import Account
from domain.rejections import Rejection
from exchange import cells, instructions, receipts
from exchange.cells import Cell
from exchange.instructions import HEADS, InstructionFile
from exchange.receipts import ReceiptRow
from tests.returned import fill, grid, write

CODE = "91370300MA3C00001X"
MARKS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def order(number: int = 1, amount: Money = Money.yuan("400000.05"), firm: str = "一号陶瓷（淄博）有限公司") -> Order:  # noqa: B008 - immutable
    account = Account(firm, "中国银行张店支行", "0062220000111122223333")
    return Order(UUID(int=number), f"zibo-2025-20-{CODE}-{number}", firm, CODE, "张店区", amount, account)


def file(*orders: Order) -> InstructionFile:
    return InstructionFile("淄博市", "2026-1", "2026-1-1", "淄财企〔2026〕1号", orders or (order(), order(2)))


def row_of(path: Path, *orders: Order) -> ReceiptRow:
    (row,) = receipts.read(path, orders, ["2026-1-1"]).rows
    return row


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_written_again_it_is_the_same_file_to_the_byte(tmp_path: Path, kind: str) -> None:
    first, second = tmp_path / f"a.{kind}", tmp_path / f"b.{kind}"
    for path in (first, second):
        instructions.write(path, file())
    assert first.read_bytes() == second.read_bytes()
    instructions.write(second, file(order()))
    assert first.read_bytes() != second.read_bytes()


def test_the_workbook_keeps_every_digit_as_text_and_adds_up_by_formula(tmp_path: Path) -> None:
    path = tmp_path / "指令.xlsx"
    instructions.write(path, file())
    rows = grid(path)
    assert rows[1][0] == "指令文件编号：2026-1-1"
    assert rows[1][3] == "资金文件：淄财企〔2026〕1号"
    assert rows[1][-1] == "单位：元"
    assert tuple(rows[2]) == HEADS
    assert rows[3] == [
        f"zibo-2025-20-{CODE}-1",
        *("一号陶瓷（淄博）有限公司", CODE, "张店区", "中国银行张店支行", "一号陶瓷（淄博）有限公司"),
        *("0062220000111122223333", 400000.05, "", "", ""),
    ]
    assert rows[5][0] == "合计"
    assert rows[5][7] == 800000.1
    (sheet,) = cells.sheets_of(path.read_bytes(), formulas=True)
    assert sheet.formulas == [[5, 7]]
    with ZipFile(path) as parts:
        assert b"<f>SUM(H4:H5)</f>" in parts.read("xl/worksheets/sheet1.xml")


def test_the_csv_opens_in_a_spreadsheet_program_without_losing_a_digit(tmp_path: Path) -> None:
    path = tmp_path / "指令.csv"
    instructions.write(path, file())
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert rows[1] == list(HEADS)
    assert rows[2][6] == "\t0062220000111122223333"
    assert rows[2][2] == "\t" + CODE
    assert rows[2][7] == "400000.05"


@given(st.sampled_from(MARKS), st.text(st.characters(codec="utf-8", exclude_categories=["C"])))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_a_name_that_looks_like_a_formula_is_words_in_a_csv_and_read_back(tmp_path: Path, mark: str, rest: str) -> None:
    one = order(firm=mark + rest)
    path = tmp_path / "指令.csv"
    instructions.write(path, file(one))
    assert not any(str(cell).strip().startswith(MARKS) for row in grid(path) for cell in row)
    back = fill(path, tmp_path / "回执.csv", {one.instruction: ("2026-03-05", "400000.05", "")})
    row = row_of(back, one)
    assert row.slip == Slip(one.instruction, one.amount, date(2026, 3, 5), ""), row


@pytest.mark.parametrize("mark", MARKS)
def test_a_name_that_looks_like_a_formula_is_words_in_a_workbook(tmp_path: Path, mark: str) -> None:
    path = tmp_path / "指令.xlsx"
    instructions.write(path, file(order(firm=f"{mark}1+1")))
    (sheet,) = cells.sheets_of(path.read_bytes(), formulas=True)
    assert sheet.formulas == [[4, 7]], "the total alone"
    assert sheet.rows[3][1] == f"{mark}1+1"


# --- reading


@pytest.mark.parametrize(
    "said",
    [
        "2026-03-05",
        "2026/3/5",
        "2026.03.05",
        "2026年3月5日",
        "20260305",
        20260305,
        "２０２６－０３－０５",
        " 2026-03-05 ",
    ],
)
def test_a_day_is_read_however_it_is_written(tmp_path: Path, said: Cell) -> None:
    instructions.write(tmp_path / "a.xlsx", file(order()))
    back = fill(tmp_path / "a.xlsx", tmp_path / "b.xlsx", {order().instruction: (said, 400000.05)})
    row = row_of(back, order())
    assert row.slip == Slip(order().instruction, order().amount, date(2026, 3, 5), ""), row


@pytest.mark.parametrize(
    "said", ["400000.05", "400,000.05", "４００，０００．０５", "￥400000.05", "400000.05元", 400000.05]
)
def test_an_amount_is_read_however_it_is_written(tmp_path: Path, said: Cell) -> None:
    instructions.write(tmp_path / "a.xlsx", file(order()))
    for kind in ("xlsx", "csv"):
        back = fill(tmp_path / "a.xlsx", tmp_path / f"b.{kind}", {order().instruction: ("2026-03-05", said)})
        row = row_of(back, order())
        assert row.slip is not None
        assert row.slip.amount == order().amount


def test_headings_are_known_by_other_words_and_in_another_order(tmp_path: Path) -> None:
    one = order()
    rows = [
        ["张店区财政局回执"],
        ["到账日期", "备注", "实付金额(元)", "拨付指令号", "失败原因"],
        ["2026-03-05", "x", "400000.05", one.instruction, ""],
        ["", "", "", "", ""],
        ["合计", "", "400000.05", "", ""],
        ["填表人：某某", "", "", "", ""],
    ]
    row = row_of(write(tmp_path / "回.xlsx", rows), one)
    assert (row.row, row.slip) == (3, Slip(one.instruction, one.amount, date(2026, 3, 5), ""))


@pytest.mark.parametrize(
    ("place", "said", "words"),
    [
        (2, "91370300MA3C00002X", "不是该指令的收款企业"),
        (1, "别家有限公司", "不是该指令的收款企业"),
        (7, 400000, "指令金额被改为"),
        (9, "=H4", "是公式"),
        (8, "=TODAY()", "是公式"),
        (9, "1_000", "不是金额"),
        (9, "1,00,000", "不是金额"),
        (9, "Infinity", "不是金额"),
        (9, "9" * 400, "不是金额"),
        (8, "三月五日", "回执日期应写作"),
        (8, "2026-13-01", "回执日期应写作"),
        (0, "", "没有指令号"),
    ],
)
def test_a_row_that_says_something_else_is_named(tmp_path: Path, place: int, said: Cell, words: str) -> None:
    instructions.write(tmp_path / "a.xlsx", file(order()))
    rows = grid(tmp_path / "a.xlsx")
    rows[3][8:10] = ["2026-03-05", "400000.05"]
    rows[3][place] = said
    row = row_of(write(tmp_path / "b.xlsx", rows), order())
    assert row.slip is None
    assert row.fault is not None
    assert words in row.fault.sentence


def test_a_file_that_is_none_of_ours_is_refused_as_a_whole(tmp_path: Path) -> None:
    head = ["指令号", "回执日期", "回执金额"]
    row = [order().instruction, "2026-03-05", "400000.05"]
    files: list[tuple[Path, str, str]] = [
        (write(tmp_path / "1.xlsx", [["甲", "乙"]]), "receipt_file_must_be_readable", "没有找到回执"),
        (write(tmp_path / "2.csv", [[*head, "到账日期"], row]), "receipt_file_must_be_readable", "两个“回执日期”"),
        (write(tmp_path / "3.csv", [[*head[:2], "回执金额（万元）"], row]), "amounts_must_be_in_yuan", "万元"),
        (write(tmp_path / "4.csv", [["单位：万元"], head, row]), "amounts_must_be_in_yuan", "万元"),
        (
            write(tmp_path / "5.csv", [["指令文件编号：2026-2-1"], head, row]),
            "receipt_file_must_be_of_this_round",
            "2026-2-1",
        ),
    ]
    for name, content in (("6.xlsx", b"PK\x03\x04 torn"), ("7.xlsx", b"text"), ("8.csv", b"\xff\xff\xff")):
        (tmp_path / name).write_bytes(content)
        files.append((tmp_path / name, "receipt_file_must_be_readable", name))
    for path, rule, words in files:
        with pytest.raises(Rejection) as no:
            receipts.read(path, [order()], ["2026-1-1"])
        assert no.value.refusal.rule == rule
        assert words in no.value.refusal.sentence
    with pytest.raises(FileNotFoundError):
        receipts.read(tmp_path / "none.csv", [order()], [])


def test_what_is_not_back_yet_says_nothing_and_a_bounce_says_why(tmp_path: Path) -> None:
    instructions.write(tmp_path / "a.xlsx", file())
    back = fill(tmp_path / "a.xlsx", tmp_path / "b.xlsx", {order(2).instruction: ("2026-03-05", 0, "账号有误")})
    first, second = receipts.read(back, [order(), order(2)], ["2026-1-1"]).rows
    assert (first.slip, first.fault) == (None, None)
    assert second.slip == Slip(order(2).instruction, order(2).amount, date(2026, 3, 5), "账号有误")
