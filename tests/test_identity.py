"""统一社会信用代码 and ids: well-formed codes pass, wrong check digits only warn, ids never meet."""

from __future__ import annotations

import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import identity
from domain.rejections import Rejection

SOUND = ["9144030071526726XG", "91110000802100433B", "91330100799655058B", "91110108551385082Q"]
"""Codes as issued, each with both check digits right."""

codes = st.builds(
    lambda head, body: (first := head + body + identity.organisation_check(body)) + identity.check_digit(first),
    st.text(identity.ALPHABET, min_size=8, max_size=8),
    st.text(identity.ALPHABET, min_size=8, max_size=8),
)
parts = st.lists(st.text(max_size=4), max_size=4)


@pytest.mark.parametrize("code", SOUND)
def test_codes_as_issued_have_no_fault_and_no_warning(code: str) -> None:
    assert identity.fault(code) is None
    assert identity.check_digit_warning(code) is None
    identity.credit_code_must_be_well_formed(code)


@given(codes, st.integers(0, 17), st.sampled_from(identity.ALPHABET))
def test_any_one_character_changed_is_noticed(code: str, place: int, other: str) -> None:
    changed = code[:place] + other + code[place + 1 :]

    assert (identity.check_digit_warning(changed) is None) == (changed == code)


def test_an_early_code_with_a_wrong_check_digit_is_well_formed_and_only_warned_about() -> None:
    early = "913502110511872900"

    assert identity.fault(early) is None
    assert "校验码应为 W" in str(identity.check_digit_warning(early))


def test_the_warning_names_each_digit_that_is_wrong() -> None:
    warning = str(identity.check_digit_warning("914403007152672600"))

    assert "第18位校验码" in warning
    assert "第17位（主体标识码校验位）应为 X" in warning


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("", "是空的"),
        ("9144030071526726X", "现为17位"),
        ("9144030071526726XGG", "现为19位"),
        ("91440300715267Z6XG", "“Z”"),
        ("9I44O300715267Z6XG", "“IOZ”"),
        ("91440300-1526726XG", "“-”"),
    ],
)
def test_a_code_of_wrong_length_or_alphabet_is_at_fault(code: str, says: str) -> None:
    assert says in str(identity.fault(code))
    with pytest.raises(Rejection, match=re.escape(says)) as refusal:
        identity.credit_code_must_be_well_formed(code)
    assert refusal.value.refusal.rule == "credit_code_must_be_well_formed"


@pytest.mark.parametrize(
    "written",
    [
        "9144030071526726xg",
        " 9144030071526726XG\n",
        "".join(chr(ord(ch) + 0xFEE0) for ch in "9144030071526726xg"),
        "91 440300 71526726X G",
        "9144 0300\u30007152\u00a0672\u200b6XG",
        "'9144030071526726XG",
    ],
)
def test_a_sloppily_written_code_is_the_same_code_and_the_same_case(written: str) -> None:
    assert identity.tidy(written) == SOUND[0]
    assert identity.case_id("dalian", "2023-117", written) == identity.case_id("dalian", "2023-117", SOUND[0])


@given(st.text())
def test_tidying_twice_is_tidying_once(text: str) -> None:
    once = identity.tidy(text)

    assert identity.tidy(once) == once


@pytest.mark.parametrize(
    "written",
    [
        "云软（山东）有限公司",
        "云软(山东)公司",
        "云软山东公司",
        "云软·山东 股份有限公司",
        "云软（山东）有限责任公司",
        "云软（山东）有限公司济南分公司",
        "云软（山东）有限公司（青岛）办事处",
        "云软山东分公司",
    ],
)
def test_a_house_in_other_words_or_its_branch_has_one_trading_name(written: str) -> None:
    assert identity.trading_name(written) == "云软山东"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("云软（山东）有限公司", "云软（江苏）有限公司"),
        ("云软科技有限公司", "云软有限公司"),
        ("某大学", "某大学第二附属医院"),
        ("市工业和信息化局", "市工业和信息化局下属公司"),
        ("公司", "有限公司"),
        ("", "公司"),
    ],
)
def test_houses_of_other_names_stay_apart(one: str, other: str) -> None:
    assert identity.trading_name(one) != identity.trading_name(other)


def test_a_case_belongs_to_one_city_and_one_award() -> None:
    ids = {
        identity.case_id(city, award, code)
        for city in ("dalian", "zibo")
        for award in ("2023-117", "2025-20")
        for code in SOUND
    }

    assert len(ids) == 16


@given(parts, parts)
def test_different_parts_never_name_the_same_command(one: list[str], other: list[str]) -> None:
    assert (identity.command_id(*one) == identity.command_id(*other)) == (one == other)


@given(st.text(max_size=6), st.text(max_size=6))
def test_ids_of_different_kinds_never_clash(one: str, other: str) -> None:
    ids = {identity.batch_id(one, "p", other), identity.fund_id(one, "p", other), identity.command_id(one, other)}
    ids |= {identity.case_id(one, other, ""), identity.command_id("case", one, other)}

    assert len(ids) == 5


def test_ids_are_for_ever() -> None:
    assert identity.case_id("dalian", "2023-117", SOUND[0]) == UUID("531533ec-d97d-58ba-8ee4-661e6a7eb886")
    assert identity.command_id("open", "x") == UUID("71b6b49a-2f95-52cd-bbf2-3ffb7ed55cc5")
    assert identity.batch_id("dalian", "2023-117", "1") == UUID("987810c2-b61f-540c-9977-439d031cde9b")
    assert identity.fund_id("dalian", "2023-117", "retrofit") == UUID("1f2eebf8-ecfe-5d69-aae7-fd8358d9b250")
