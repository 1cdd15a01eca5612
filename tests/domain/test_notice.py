"""公示: what stands before the public is frozen, free of private data, and followed by another if it changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import Money
from domain.notice.file import NoticePublished, NoticeState
from domain.notice.snapshot import Subject, private_data, snapshot_hash
from domain.policy import Days
from domain.rejections import OpenQuestion, Rejection
from tests.domain.board import DOCUMENT, MONDAY, PROVIDER, ROW, Board, hanging
from tests.domain.cast import CODE, clause, clerk1, county, head, rules
from tests.domain.play import after, ready, shows

LAST = date(2026, 3, 9)


def test_a_notice_is_its_text_its_hash_its_window_and_the_cases_it_covers() -> None:
    board = hanging()
    (fact,) = board.facts
    assert isinstance(fact, NoticePublished)
    assert (fact.snapshot.first_day, fact.ends, fact.provisional) == (MONDAY, LAST, False)
    assert (fact.snapshot.length, fact.snapshot.unit, fact.clauses) == (5, "working", (clause("timers.list_notice"),))
    assert fact.sha256 == snapshot_hash(fact.snapshot)
    assert [(one.case, one.version) for one in fact.covers] == [(board.case.id, board.case.version)]
    assert fact.decided_by == (clerk1.id, county.id), "those who put the firm on the list"
    assert board.notice.state is NoticeState.STANDING


def test_the_hash_of_a_notice_is_for_ever() -> None:
    """Worked out once by hand from the canonical text; another one would make every notice on record look altered."""
    text = (
        "城市\t示例市\n项目\t2025-1\n公示事项\t{subject}\n文号\t示例工信公示〔2026〕1号\n公示单位\t示例市工业和信息化局\n"
        "发布日期\t2026-03-02\n公示期限\t{length}\n监督电话\t0533-2345678\n"
        "序号\t名称\t统一社会信用代码\t区县\t项目\t金额（元）\t期限\n"
        "1\t示例轴承有限公司\t91370300MA3C0AB12X\t东区\t轴承车间数字化改造\t820,000.00\t2026-04-01至2026-12-31\n"
        "2\t示例云软科技有限公司\t\t西区\t数字化诊断与改造\t\t\n"
    )
    words = {
        Subject.LIST: "拟入选名单",
        Subject.ALLOCATION: "资金分配方案",
        Subject.ACCEPTANCE: "验收结果",
        Subject.PROVIDERS: "服务商遴选结果",
        Subject.REVOCATION: "取消试点资格",
        Subject.CALL: "申报文件",
    }
    assert set(words) == set(Subject)
    shown = replace(hanging().shown, rows=(ROW, PROVIDER))
    for subject, word in words.items():
        for unit, length in (("working", "5个工作日"), ("natural", "5日")):
            said = replace(shown, subject=subject, unit=unit)  # type: ignore[arg-type]
            assert snapshot_hash(said) == sha256(text.format(subject=word, length=length).encode()).hexdigest()


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "示例轴承有限公司 "},
        {"credit_code": "91370300MA3C0AB13X"},
        {"county": "西区"},
        {"project": ""},
        {"amount": Money.wan(81)},
        {"amount": None},
        {"period": "2026-04-01至2026-12-30"},
    ],
)
def test_any_change_of_a_row_changes_the_hash(changes: dict[str, Any]) -> None:
    shown = hanging().shown
    assert snapshot_hash(replace(shown, rows=(replace(ROW, **changes),))) != snapshot_hash(shown)


@pytest.mark.parametrize(
    ("subject", "rules_", "ends"),
    [
        (Subject.ALLOCATION, {"publicity.allocation": Days(7, "natural")}, date(2026, 3, 9)),
        (Subject.PROVIDERS, {"publicity.providers": Days(5, "natural")}, date(2026, 3, 9)),  # the 7th: a Saturday
        (Subject.REVOCATION, {"publicity.revocation": Days(3, "working")}, date(2026, 3, 5)),
    ],
)
def test_each_subject_stands_as_long_as_the_pack_says(subject: Subject, rules_: dict[str, Days], ends: date) -> None:
    board = replace(Board(), rules=rules(rules_))
    board = board.did("publish-notice", subject=subject, rows=(PROVIDER,), decided_by=("expert-1",))
    assert board.notice.ends == ends
    assert board.notice.covers == ()


def test_an_end_in_a_year_without_published_holidays_is_provisional() -> None:
    board = Board().on(date(2026, 12, 28)).did("publish-notice")
    assert board.notice.provisional
    assert not hanging().notice.provisional


LENGTHS = {
    Subject.LIST: "timers.list_notice",
    Subject.ALLOCATION: "publicity.allocation",
    Subject.ACCEPTANCE: "timers.acceptance_notice",
    Subject.PROVIDERS: "publicity.providers",
    Subject.REVOCATION: "publicity.revocation",
    Subject.CALL: "publicity.call",
}


@pytest.mark.parametrize("subject", Subject)
def test_a_length_that_no_source_states_is_asked_for_and_nothing_is_published(subject: Subject) -> None:
    silent = rules(without=[LENGTHS[subject]])
    with pytest.raises(OpenQuestion) as asked:
        replace(Board(), rules=silent).decided("publish-notice", subject=subject, decided_by=("expert-1",))
    assert asked.value.key == LENGTHS[subject]


# --- private data

PRIVATE = {
    "张三 37030319900307123X": "身份证号",
    "370303199003071234": "身份证号",
    "3 7 0 3 0 3 1 9 9 0 0 3 0 7 1 2 3 4": "身份证号",
    "３７０３０３１９９００３０７１２３４": "身份证号",
    "联系人13800138000": "手机号",
    "138 0013 8000": "手机号",
    "138-0013-8000": "手机号",
    "+8613800138000": "手机号",
    "电话 0533-2345678": "电话号码",
    "开户行：工行 6222021234567890123": "银行账号",
    "6222 0212 3456 7890 123": "银行账号",
    "账号370501012345": "银行账号",
}
HARMLESS = [
    *("", "轴承车间数字化改造", "2026-03-01至2026-12-31", "20260301-20261231", "202603-202612", "2026.03.01"),
    *("2101-370303-04-01-123456", "91370300MA3C0AB12X", "总投资1234.56万元", "MES系统2.0", "财建〔2026〕1号"),
    *("2026年3月1日", "91350100M000100Y43"),
]


@pytest.mark.parametrize(("text", "what"), PRIVATE.items())
def test_private_data_is_known_however_it_is_spaced(text: str, what: str) -> None:
    assert private_data(text) == what


@pytest.mark.parametrize("text", HARMLESS)
def test_dates_codes_and_amounts_are_nobodys_private_data(text: str) -> None:
    assert private_data(text) == ""


@shows("notice_must_hold_no_private_data")
@pytest.mark.parametrize("text", PRIVATE)
@pytest.mark.parametrize("part", ["name", "credit_code", "county", "project", "period"])
def test_no_persons_number_phone_or_account_is_published_and_the_row_is_named(part: str, text: str) -> None:
    bad = replace(PROVIDER, **{part: text})  # type: ignore[arg-type]
    free: dict[str, Any] = {"subject": Subject.PROVIDERS, "decided_by": ("expert-1",)}
    with pytest.raises(Rejection) as no:
        Board().decided("publish-notice", rows=(PROVIDER, bad), **free)
    assert no.value.refusal.sentence.startswith("公示不得含个人信息和账号：第 2 行“")
    assert PRIVATE[text] in no.value.refusal.sentence
    Board().refuses("notice_must_hold_no_private_data", "publish-notice", rows=(PROVIDER, bad), **free)
    Board().did("publish-notice", rows=(PROVIDER,), **free)


@given(
    digits=st.from_regex(r"1[3-9][0-9]{9}|[1-8][0-9]{5}19[5-9][0-9](0[1-9]|1[0-2])(0[1-9]|1[0-9])[0-9]{3}[0-9X]"
                         r"|62[0-9]{14}([0-9]{3})?", fullmatch=True),
    before=st.sampled_from(["", "联系：", "负责人王", "a", "№"]),
    behind=st.sampled_from(["", "。", "（手机）", "转"]),
    gaps=st.lists(st.booleans(), min_size=19, max_size=19),
    gap=st.sampled_from([" ", "-", "  ", "\u3000"]),
)  # fmt: skip
def test_wherever_a_number_stands_and_however_it_is_broken_up_it_is_found(
    digits: str, before: str, behind: str, gaps: list[bool], gap: str
) -> None:
    broken = "".join(ch + (gap if wide and place < len(digits) - 1 else "") for place, (ch, wide) in
                     enumerate(zip(digits, gaps, strict=False)))  # fmt: skip
    assert private_data(before + digits + behind)
    if not any(mark in broken for mark in ("19", "20")):  # what reads as a date is let pass
        assert private_data(before + broken + behind)


@shows("complaint_phone_must_be_an_offices")
@pytest.mark.parametrize("phone", ["13800138000", "", "张三", "+86 13800138000", "0533-2345678 张三", "138-0013-8000"])
def test_the_public_complains_to_an_office_never_to_a_persons_phone(phone: str) -> None:
    Board().refuses("complaint_phone_must_be_an_offices", "publish-notice", complaint_phone=phone)
    for line in ("0411-83610000", "05332345678", "83610000", "12345", "400-810-1234"):
        hanging(complaint_phone=line)


@shows("notice_text_must_read_as_it_is_written")
@pytest.mark.parametrize("project", ["改造\n项目", "改造\t项目", " 改造", "改造  项目", "改造\u200b项目", "\u202e改造"])
def test_what_the_public_sees_is_what_is_hashed(project: str) -> None:
    free: dict[str, Any] = {"subject": Subject.PROVIDERS, "decided_by": ("expert-1",)}
    rows = (replace(PROVIDER, project=project),)
    Board().refuses("notice_text_must_read_as_it_is_written", "publish-notice", rows=rows, **free)
    Board().did("publish-notice", rows=(replace(PROVIDER, project="MES 改造"),), **free)


@shows("notice_must_have_rows", "row_must_say_whose_it_is", "row_must_stand_once", "row_amount_must_not_be_negative")
def test_every_row_is_somebodys_once() -> None:
    free: dict[str, Any] = {"subject": Subject.ALLOCATION, "decided_by": ("leader-1",)}
    other = replace(PROVIDER, project="另一项目")
    Board().refuses("notice_must_have_rows", "publish-notice", rows=())
    Board().refuses("row_must_say_whose_it_is", "publish-notice", rows=(replace(ROW, name=""),))
    Board().refuses("row_must_say_whose_it_is", "publish-notice", rows=(replace(ROW, credit_code=""),))
    Board().refuses("row_must_say_whose_it_is", "publish-notice", rows=(replace(ROW, credit_code="9137"),), **free)
    Board().refuses("row_must_stand_once", "publish-notice", rows=(PROVIDER, other, PROVIDER), **free)
    Board().refuses("row_must_stand_once", "publish-notice", rows=(ROW, replace(ROW, project="另一项目")))
    debt = replace(PROVIDER, amount=Money(-1))
    Board().refuses("row_amount_must_not_be_negative", "publish-notice", rows=(debt,), **free)
    Board().did("publish-notice", rows=(PROVIDER, other, ROW), **free)


@shows("notice_must_be_published_once", "deciders_must_be_named", "words_must_be_given")
def test_a_notice_has_a_number_of_its_own_and_somebodys_decision() -> None:
    free: dict[str, Any] = {"subject": Subject.PROVIDERS, "rows": (PROVIDER,)}
    Board().refuses("deciders_must_be_named", "publish-notice", **free)
    Board().refuses("deciders_must_be_named", "publish-notice", decided_by=("ex pert",), **free)
    Board().refuses("words_must_be_given", "publish-notice", document=" ", decided_by=("expert-1",), **free)
    board = Board().did("publish-notice", decided_by=("expert-1",), **free)
    board.refuses("notice_must_be_published_once", "publish-notice", decided_by=("expert-1",), **free)


@shows("row_must_be_a_case_that_awaits_its_notice")
@pytest.mark.parametrize(
    ("last", "subject"),
    [
        ("open-case", Subject.LIST),
        ("pass-county-review", Subject.LIST),
        ("publish-list", Subject.LIST),
        ("confirm-pilot", Subject.LIST),
        ("file-evaluation", Subject.ACCEPTANCE),
        ("publish-acceptance", Subject.ACCEPTANCE),
        ("close-case", Subject.ACCEPTANCE),
    ],
)
def test_a_firm_is_listed_when_its_case_says_so_and_before_anything_rests_on_it(last: str, subject: Subject) -> None:
    board = replace(Board(), case=after(last).case)
    board.refuses("row_must_be_a_case_that_awaits_its_notice", "publish-notice", subject=subject)
    due = after("pass-city-review" if subject is Subject.LIST else "pass-acceptance").case
    hung = replace(Board(), case=due).did("publish-notice", subject=subject)
    assert set(hung.notice.decided_by) == ({clerk1.id, county.id} if subject is Subject.LIST else {head.id})


def test_a_firm_that_is_not_on_file_is_not_listed() -> None:
    stranger = replace(ROW, credit_code="91370300MA3C0AB13X")
    Board().refuses("row_must_be_a_case_that_awaits_its_notice", "publish-notice", rows=(ROW, stranger))


@shows("row_must_bear_its_cases_name")
def test_the_public_reads_the_name_on_file() -> None:
    for wrong in (replace(ROW, name="示例轴承股份公司"), replace(ROW, county="西区")):
        Board().refuses("row_must_bear_its_cases_name", "publish-notice", rows=(wrong,))
    hanging()


# --- 重新公示


@shows("words_must_be_given", "objections_must_be_answered", "list_must_change_where_an_objection_held")
def test_a_changed_list_is_a_new_notice_that_names_the_old_one_and_why() -> None:
    board = hanging().seen_on(3).did("object-to-notice")
    board.refuses("objections_must_be_answered", "reissue-notice")
    board = board.on(date(2026, 3, 5)).did("answer-notice-objection", upheld=True)
    board.refuses("words_must_be_given", "reissue-notice", reason="")
    board.refuses("list_must_change_where_an_objection_held", "reissue-notice")
    mended = (replace(ROW, amount=Money.wan(80)),)
    old = board.did("reissue-notice", decided_by=("leader-9",), rows=mended)
    new = old.follower
    assert new is not None
    assert old.happened == ("replaced",)
    assert (old.notice.state, old.notice.replaced_by) == (NoticeState.REPLACED, new.id)
    assert (new.replaces, new.formerly, new.state) == (old.notice.id, (DOCUMENT,), NoticeState.STANDING)
    assert (new.shown.first_day, new.ends) == (date(2026, 3, 5), date(2026, 3, 12)), "the window starts anew"
    assert set(new.decided_by) == {clerk1.id, county.id, "leader-9"}, "who decided the first list stays barred"
    assert (new.seen_on, new.upheld) == ((), ())


@shows("list_must_change_where_an_objection_held")
def test_an_objection_that_held_about_a_firm_changes_that_firms_row_and_no_other_will_do() -> None:
    other = replace(PROVIDER, name="示例精工有限公司", credit_code="91370300MA3C0AB13X")
    pool = {"subject": Subject.PROVIDERS, "rows": (replace(ROW, county=""), other), "decided_by": ("leader-9",)}
    board = hanging(**pool).did("object-to-notice", about=CODE).did("answer-notice-objection", upheld=True)
    first, second = board.shown.rows
    rule = "list_must_change_where_an_objection_held"
    for rows in ((first,), (first, replace(second, project="云平台")), (second, first)):
        board.refuses(rule, "reissue-notice", rows=rows, decided_by=("leader-9",))
    for rows in ((second,), (replace(first, project="云平台"), second)):
        board.did("reissue-notice", rows=rows, decided_by=("leader-9",))

    whole = hanging(**pool).did("object-to-notice").did("answer-notice-objection", upheld=True)
    whole.refuses(rule, "reissue-notice", rows=(first, second), decided_by=("leader-9",))
    whole.did("reissue-notice", rows=(first,), decided_by=("leader-9",))


def test_a_firm_that_was_decided_upon_anew_stands_on_the_same_list_again() -> None:
    upheld = hanging().did("object-to-notice").on(date(2026, 3, 5)).did("answer-notice-objection", upheld=True)
    objected = ("publish-list", {"document": DOCUMENT}), "record-objection", ("answer-objection", {"upheld": True})
    again = ready("publish-list").did(*objected, ("pass-city-review", {"by": clerk1})).case
    replace(upheld, case=again).did("reissue-notice")
    about = hanging().did("object-to-notice", about=CODE).on(date(2026, 3, 5))
    replace(about.did("answer-notice-objection", upheld=True), case=again).did("reissue-notice")


def test_an_altered_notice_is_published_anew_under_another_number() -> None:
    board = hanging().did("check-notice", sha256="0" * 64)
    assert board.did("reissue-notice").notice.state is NoticeState.REPLACED


def test_a_case_that_bears_the_old_number_goes_over_to_the_new_notice_and_no_other_does() -> None:
    own, other = (
        ready("publish-list").did(("publish-list", {"document": said})).case for said in (f" {DOCUMENT} ", "公示9号")
    )
    board = hanging()
    replace(board, case=own).did("reissue-notice")
    replace(board, case=other).refuses("row_must_be_a_case_that_awaits_its_notice", "reissue-notice")
