"""公示表 and 公示页: a table is read whole or refused; a page shows just what is hashed, and nothing runs in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st

from domain.notice.file import Notice
from domain.notice.snapshot import Row, hash_of, snapshot_hash
from domain.rejections import Rejection
from exchange.notice_page import lines_in, page
from exchange.notice_rows import read
from tests.domain.board import PROVIDER, ROW, hanging

HEAD = "序号,企业名称,统一社会信用代码,区县,项目名称,补贴金额（元）,实施期限"
LINE = "1,示例轴承有限公司,91370300MA3C0AB12X,东区,轴承车间数字化改造,820000.00,2026-04-01至2026-12-31"


def csv(tmp_path: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "rows.csv"
    path.write_bytes("\r\n".join(lines).encode(encoding))
    return path


def workbook(tmp_path: Path, *rows: list[Any], sheets: int = 1) -> Path:
    path = tmp_path / "rows.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for _ in range(sheets):
            sheet = book.add_worksheet()
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_table_is_read_however_it_was_saved(tmp_path: Path, encoding: str) -> None:
    assert read(csv(tmp_path, "示例市拟入选名单", HEAD, LINE, "合计,1家,,,,820000.00,", encoding=encoding)) == (ROW,)


def test_a_workbook_says_the_same_in_ten_thousands(tmp_path: Path) -> None:
    head = HEAD.replace("元", "万元").split(",")
    line: list[Any] = LINE.split(",")
    line[0], line[5] = 1, 82
    assert read(workbook(tmp_path, ["示例市拟入选名单"], head, line)) == (ROW,)


def test_names_alone_are_enough(tmp_path: Path) -> None:
    assert read(csv(tmp_path, "名称", "示例云软科技有限公司")) == (Row("示例云软科技有限公司", "", "", "", None, ""),)


@pytest.mark.parametrize(
    "private", ["联系人", "联系电话", "手机号", "身份证号码", "法定代表人", "银行账号", "开户行", "电子邮箱"]
)
def test_a_private_column_refuses_the_file_even_where_it_is_empty(tmp_path: Path, private: str) -> None:
    with pytest.raises(Rejection) as no:
        read(csv(tmp_path, f"{HEAD},{private}", f"{LINE},"))
    assert no.value.refusal.rule == "column_must_not_be_private"
    assert private in no.value.refusal.sentence


@pytest.mark.parametrize(
    ("head", "line", "rule", "words"),
    [
        (f"{HEAD},备注", f"{LINE},", "column_must_be_known", "备注"),
        (f"{HEAD},单位名称", f"{LINE},甲", "column_must_be_known", "名称"),
        (HEAD.replace("（元）", ""), LINE, "amount_must_have_its_unit", "单位"),
        (HEAD, LINE.replace("820000.00", "八十万"), "amount_must_be_readable", "第 2 行"),
        (HEAD, LINE.replace("820000.00", "1.005"), "amount_must_be_readable", "两位小数"),
        ("甲,乙", "丙,丁", "table_must_have_a_header", "名称"),
        ("", "", "table_must_have_a_header", "名称"),
    ],
)
def test_what_cannot_be_published_as_it_stands_is_refused(
    tmp_path: Path, head: str, line: str, rule: str, words: str
) -> None:
    with pytest.raises(Rejection) as no:
        read(csv(tmp_path, head, line))
    assert no.value.refusal.rule == rule
    assert words in no.value.refusal.sentence


def test_a_file_that_is_no_one_table_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "rows.xlsx"
    broken.write_bytes(b"no workbook")
    undecodable = tmp_path / "rows.csv"
    undecodable.write_bytes(b"\xff\xff\xff")
    number = workbook(tmp_path / "..", ["名称", "统一社会信用代码"], ["甲公司", 913703000000000000])
    for path, rule in (
        (broken, "file_must_be_a_table"),
        (undecodable, "file_must_be_a_table"),
        (number, "credit_code_must_be_text"),
        (workbook(tmp_path, ["名称"], ["甲公司"], sheets=2), "file_must_be_a_table"),
        (workbook(tmp_path, ["甲"], ["乙"]), "file_must_be_a_table"),
    ):
        with pytest.raises(Rejection) as no:
            read(path)
        assert no.value.refusal.rule == rule


# --- the page


def shown(**changes: Any) -> Notice:
    """A notice with something else in it; such a thing could not be published, but a page must bear it."""
    notice = hanging().notice
    snapshot = notice.shown
    notice.snapshot = replace(snapshot, rows=(replace(ROW, **changes), PROVIDER))
    return notice


WRITTEN = st.text(st.characters(exclude_categories=["C", "Z"]), max_size=20)


@given(name=WRITTEN, project=WRITTEN, period=WRITTEN)
def test_the_hash_of_a_page_is_that_of_the_notice_whatever_is_written_in_it(
    name: str, project: str, period: str
) -> None:
    notice = shown(name=name, project=project, period=period)
    assert hash_of(lines_in(page(notice))) == snapshot_hash(notice.shown)


def test_a_page_says_all_and_runs_nothing() -> None:
    written = page(shown(name="<script>alert(1)</script>", project='"><img src=x onerror=alert(1)>'))
    assert "<script" not in written
    assert "<img" not in written
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in written
    assert "src=" not in written.replace("src=x", ""), "self-contained"
    board = hanging()
    for said in (board.notice.sha256, "2026-03-02 发布，次日起算，至 2026-03-09 止", "820,000.00", "0533-2345678"):
        assert said in page(board.notice)
    assert "因异议处理中止，剩余 5 日" in page(board.did("object-to-notice").notice)
    follower = board.did("reissue-notice").follower
    assert follower is not None
    assert "推演" not in page(board.notice)
    assert "推演：并非正式公示" in page(hanging(rehearsal=True).notice)
    assert "本公示替代此前的公示：示例工信公示〔2026〕1号。" in page(follower)


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        ("820,000.00", "920,000.00"),
        ("示例轴承有限公司", "示例轴承有限公司（更名）"),
        ("<tbody>\n", "<tbody>\n<tr><td>0</td><td>夹带的企业</td></tr>"),
        ("</tbody>", "</tbody><caption>另有三家</caption>"),
        ("</tbody>", "</tbody><tr><td><table><tr><td>夹带</td></tr></table></td></tr>"),
        ("0533-2345678</td>", "0533-7654321</td>"),
        ("<td>2026-03-02</td>", "<td>2026-02-27</td>"),
        ("<td>东区</td>", "<td><b>东</b>城区</td>"),
    ],
)
def test_whatever_is_changed_where_the_public_looks_changes_the_hash(before: str, behind: str) -> None:
    notice = hanging().notice
    written = page(notice)
    assert before in written
    assert hash_of(lines_in(written.replace(before, behind))) != notice.sha256


def test_the_site_may_put_its_own_frame_around_the_notice() -> None:
    notice = hanging().notice
    framed = page(notice).replace("<h1>", "<table><tr><td>首页</td></tr></table><h1>").replace("<td>", '<td style="x">')
    assert hash_of(lines_in(framed.replace("\n", "\r\n  "))) == notice.sha256
    assert lines_in("<p>404</p>") == ()
