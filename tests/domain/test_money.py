"""Money to the fen: what is read, shared and split; and the subsidy, held against exact arithmetic."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_FLOOR, Decimal, localcontext
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.case.entitlement import entitlement
from domain.money import ZERO, Money, split, total
from domain.policy import SPEND_KINDS
from domain.spend import SpendLine
from tests.domain.cast import RULES, rules

TODAY = date(2026, 3, 2)
amounts = st.integers(-(10**17), 10**17).map(Money)
positive = st.integers(0, 10**17).map(Money)
ratios = st.fractions(min_value=0, max_value=1, max_denominator=1000)


# --- reading and writing


@given(amounts)
def test_what_is_written_is_read_back_to_the_fen(amount: Money) -> None:
    assert Money.yuan(str(amount)) == amount
    assert Money.yuan(amount.grouped().replace(",", "")) == amount


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("0", 0),
        ("0.01", 1),
        ("-0.01", -1),
        ("12", 1200),
        ("12.3", 1230),
        ("12.30", 1230),
        ("12.300", 1230),
        ("1e3", 100_000),
        (Decimal("0.10"), 10),
        (7, 700),
    ],
)
def test_yuan_are_read_with_at_most_two_decimals(text: str | int | Decimal, fen: int) -> None:
    assert Money.yuan(text) == Money(fen)


@pytest.mark.parametrize(
    "text", ["", "一元", "1,000", "0.001", "12.345", "NaN", "Infinity", "-Infinity", "1.2.3", "9e99", "9E+999999999"]
)
def test_what_is_no_amount_is_not_read(text: str) -> None:
    with pytest.raises(ValueError, match="金额"):
        Money.yuan(text)
    with pytest.raises(ValueError, match="金额"):
        Money.wan(text.replace(".", ".0000"))


def test_an_amount_longer_than_the_decimals_of_a_context_is_never_rounded() -> None:
    with localcontext(prec=5):
        assert Money.yuan("1234567890123456.78").fen == 123456789012345678
        assert Money.wan("123.456789").fen == 123456789


@given(st.integers(0, 10**9), st.integers(1, 999))
def test_a_third_decimal_is_never_dropped(yuan: int, rest: int) -> None:
    text = f"{yuan}.00{rest:03d}"
    with pytest.raises(ValueError, match="两位小数"):
        Money.yuan(text)


def test_wan_are_ten_thousand_yuan() -> None:
    assert Money.wan("50") == Money.yuan(500_000)
    assert Money.wan("0.000001") == Money(1)
    with pytest.raises(ValueError, match="金额"):
        Money.wan("0.0000001")


@pytest.mark.parametrize("wrong", [1.0, True, "1", None, Decimal(1)])
def test_money_counts_whole_fen(wrong: object) -> None:
    with pytest.raises(TypeError):
        Money(wrong)  # type: ignore[arg-type]


# --- shares


@given(positive, ratios)
def test_a_share_is_the_floor_of_the_exact_product(amount: Money, ratio: Fraction) -> None:
    share = amount.share(ratio)
    with localcontext(prec=60):
        exact = (Decimal(amount.fen) * ratio.numerator) // ratio.denominator
    assert share.fen == int(exact)
    assert ZERO <= share <= amount


@given(positive, positive, ratios)
def test_more_money_has_no_smaller_share_and_parts_no_larger_one(a: Money, b: Money, ratio: Fraction) -> None:
    assert a.share(ratio) <= (a + b).share(ratio)
    assert a.share(ratio) + b.share(ratio) <= (a + b).share(ratio)
    assert (a + b).share(ratio).fen - a.share(ratio).fen - b.share(ratio).fen <= 1


# --- splitting

weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any)


@given(amounts, weights)
@example(Money(100), [1, 1, 1])
@example(Money(-100), [1, 1, 1])
def test_the_parts_add_up_to_the_whole_and_none_is_a_fen_off(amount: Money, parts: list[int]) -> None:
    shares = split(amount, parts)

    assert total(shares) == amount
    for share, weight in zip(shares, parts, strict=True):
        exact = Fraction(amount.fen * weight, sum(parts))
        assert abs(share.fen - exact) < 1
        assert weight or share == ZERO


@given(positive, st.permutations([5, 3, 2, 2]))
def test_equal_weights_differ_by_a_fen_at_most_and_more_weight_never_gets_less(amount: Money, parts: list[int]) -> None:
    shares = split(amount, parts)
    by_weight = sorted(zip(parts, shares, strict=True))
    assert all(one <= next_ or a == b for (a, one), (b, next_) in pairwise(by_weight))
    twos = [share.fen for weight, share in by_weight if weight == 2]
    assert max(twos) - min(twos) <= 1


@pytest.mark.parametrize("none", [[], [0], [0, 0], [1, -1], [2, -1]])
def test_nothing_is_split_by_nothing(none: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        split(Money(100), none)


# --- the subsidy

kinds = st.sampled_from(list(SPEND_KINDS))
lines = st.lists(st.builds(SpendLine, kinds, st.just("一项"), st.integers(0, 10**10).map(Money)), max_size=6)
eligible_kinds = st.lists(st.sampled_from([kind for kind in SPEND_KINDS if kind != "other"]), unique=True).map(tuple)


@given(lines, eligible_kinds, ratios, st.integers(0, 10**10).map(Money))
def test_the_subsidy_is_the_smaller_of_share_and_cap_of_what_counts(
    spent: list[SpendLine], allowed: tuple[str, ...], ratio: Fraction, cap: Money
) -> None:
    pack = rules({"payout.eligible": allowed, "payout.ratio": ratio, "payout.cap": cap})
    worked_out = entitlement(spent, pack, TODAY)

    counted = sum(line.amount.fen for line in spent if line.kind in allowed)
    with localcontext(prec=60):  # another arithmetic than the integers of Money
        yuan = (Decimal(counted) / 100 * ratio.numerator / ratio.denominator).quantize(Decimal("0.01"), ROUND_FLOOR)
    assert Decimal(str(worked_out.amount)) == min(yuan, Decimal(str(cap)))
    assert worked_out.amount <= cap
    assert worked_out.amount.fen <= ratio * counted
    assert worked_out.eligible.fen == counted
    assert worked_out.eligible + total(line.amount for line in worked_out.excluded) == total(s.amount for s in spent)
    assert Fraction(worked_out.ratio) == ratio


@given(lines)
def test_the_subsidy_does_not_depend_on_the_order_of_the_vouchers(spent: list[SpendLine]) -> None:
    forth, back = entitlement(spent, RULES, TODAY), entitlement(spent[::-1], RULES, TODAY)
    assert (forth.amount, forth.eligible) == (back.amount, back.eligible)
