"""凭证: what is filed is well-formed, stands on lines of the contract, and stands there once; spend rests on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.case.evaluation import EvaluationFiled
from domain.case.vouchers import MOST, VouchersFiled, VouchersStruck, covered
from domain.money import Money
from domain.spend import SpendLine
from domain.vouchers import Covered, Equipment, Invoice, PaymentProof, VoucherFreed, VoucherUsed, spelled
from tests.domain import cast
from tests.domain.cast import LINES, clause, contract, rules
from tests.domain.play import Play, ready, shows

ASKED = rules({"payout.vouchers": True})


def due() -> Play:
    return ready("file-vouchers")


def papers(play: Play) -> dict[str, Any]:
    """What the firm would rightly file."""
    command: Any = play.command("file-vouchers")
    return {name: getattr(command, name) for name in ("invoices", "payments", "equipment")}


def with_invoice(play: Play, **changes: Any) -> Play:
    first, *others = papers(play)["invoices"]
    return play.when("file-vouchers", invoices=(replace(first, **changes), *others))


def with_payment(play: Play, **changes: Any) -> Play:
    first, *others = papers(play)["payments"]
    return play.when("file-vouchers", payments=(replace(first, **changes), *others))


def with_equipment(play: Play, **changes: Any) -> Play:
    return play.when("file-vouchers", equipment=(replace(papers(play)["equipment"][0], **changes),))


# --- what may be filed


def test_a_filing_is_one_fact_of_the_case_and_one_of_every_paper() -> None:
    filed = due().when("file-vouchers").then(VouchersFiled)
    uses = [fact for facts in filed.voucher_facts.values() for fact in facts]
    assert all(isinstance(fact, VoucherUsed) for fact in uses)
    assert sorted(fact.paper for fact in uses if isinstance(fact, VoucherUsed)) == sorted(
        ["contract", "equipment", *["invoice"] * 4, *["payment"] * 4]
    )
    more = filed.when("file-vouchers").then(VouchersFiled)
    assert len(more.voucher_facts) == len(uses) + 9, "the contract was this case's already"


@shows("filing_must_hold_some_papers")
def test_a_filing_holds_some_papers_and_not_too_many() -> None:
    nothing: dict[str, Any] = {"invoices": (), "payments": (), "equipment": ()}
    due().when("file-vouchers", **nothing).then_refused("filing_must_hold_some_papers")
    many = tuple(Equipment(f"SN{number}", 1, "e" * 64) for number in range(MOST + 1))
    due().when("file-vouchers", **{**nothing, "equipment": many}).then_refused("filing_must_hold_some_papers")
    due().when("file-vouchers", **{**nothing, "equipment": many[:-1]}).then(VouchersFiled)


@shows("invoice_number_must_be_well_formed")
@pytest.mark.parametrize(
    ("code", "number"),
    [("", "1" * 19), ("", "1" * 21), ("", "1" * 8), ("", "1" * 19 + "A"), ("1" * 11, "1" * 8), ("1" * 10, "1" * 20)],
)
def test_an_invoice_has_the_number_of_its_kind(code: str, number: str) -> None:
    with_invoice(due(), code=code, number=number).then_refused("invoice_number_must_be_well_formed")
    for right in (("", "1" * 20), ("1" * 10, "1" * 8), ("1" * 12, "1" * 8), ("", "１" * 20), ("", "1111 " * 5)):
        with_invoice(due(), code=right[0], number=right[1]).then(VouchersFiled)


@shows("document_must_be_named_by_its_hash")
@pytest.mark.parametrize("wrong", ["", "a" * 63, "a" * 65, "g" * 64])
def test_every_document_is_named_by_its_hash(wrong: str) -> None:
    rule = "document_must_be_named_by_its_hash"
    due().when("file-vouchers", contract_sha256=wrong).then_refused(rule)
    for with_paper in (with_invoice, with_payment, with_equipment):
        with_paper(due(), sha256=wrong).then_refused(rule)
        with_paper(due(), sha256="A1" * 32).then(VouchersFiled)


@shows("paper_must_fall_on_lines_of_the_contract")
def test_a_paper_falls_on_lines_that_the_contract_has() -> None:
    rule, one = "paper_must_fall_on_lines_of_the_contract", Money(1)
    for covers in ((), (Covered(0, one),), (Covered(5, one),), (Covered(1, one), Covered(1, one))):
        with_invoice(due(), covers=covers).then_refused(rule)
        with_payment(due(), covers=covers).then_refused(rule)
    with_equipment(due(), line=9).then_refused(rule)
    with_invoice(due(), covers=(Covered(1, one), Covered(4, one))).then(VouchersFiled)


@shows("paper_must_carry_what_it_covers")
def test_a_paper_carries_what_it_covers_to_the_fen() -> None:
    rule = "paper_must_carry_what_it_covers"
    split = (Covered(1, Money(60)), Covered(2, Money(40)))
    for changes in (
        {"amount": Money(99), "covers": split},
        {"amount": Money(0), "covers": (Covered(1, Money(1)),)},
        {"amount": Money(100), "covers": (Covered(1, Money(0)),)},
        {"amount": Money(100), "covers": (Covered(1, Money(200)), Covered(2, Money(-100)))},
    ):
        with_invoice(due(), **changes).then_refused(rule)
        with_payment(due(), **changes).then_refused(rule)
    with_invoice(due(), amount=Money(100), covers=split).then(VouchersFiled)


@shows("payer_must_be_the_firm")
def test_only_the_firms_own_account_pays() -> None:
    with_payment(due(), payer="关联贸易有限公司").then_refused("payer_must_be_the_firm")
    with_payment(due(), payer=f" {due().case.firm} ").then(VouchersFiled)


def test_seller_and_days_are_looked_at() -> None:
    tomorrow = due().today + timedelta(days=1)
    with_invoice(due(), seller="9137").then_refused("credit_code_must_be_well_formed")
    with_invoice(due(), issued=tomorrow).then_refused("day_must_not_lie_ahead")
    with_payment(due(), paid_on=tomorrow).then_refused("day_must_not_lie_ahead")
    with_payment(due(), number=" - ").then_refused("words_must_be_given")
    with_equipment(due(), serial="－").then_refused("words_must_be_given")


def test_papers_come_between_the_contract_and_the_verdict() -> None:
    ready("register-contract").when("file-vouchers").then_refused("step_must_be_due")
    ready("report-milestone").when("file-vouchers").then(VouchersFiled)
    ready("pass-acceptance").when("file-vouchers").then_refused("step_must_be_due")
    ready("report-rectification").when("file-vouchers").then(VouchersFiled)


# --- used once


@shows("voucher_must_not_be_used_twice")
@pytest.mark.parametrize("kind", ["invoices", "payments", "equipment"])
def test_what_was_used_is_not_used_again_and_both_places_are_named(kind: str) -> None:
    first = papers(due())
    filed = due().did("file-vouchers")
    alone: dict[str, Any] = {"invoices": (), "payments": (), "equipment": ()}
    again = filed.when("file-vouchers", **{**alone, kind: first[kind][:1]})
    again.then_refused("voucher_must_not_be_used_twice")
    assert again.refusal is not None
    place = "示例市“示例轴承有限公司”第1批第 1 行“制造执行系统”"
    assert again.refusal.sentence.endswith(f"已用于{place}，不能再用于{place}")
    filed.when("file-vouchers", **{**alone, kind: papers(filed)[kind][:1]}).then(VouchersFiled)


def test_one_paper_twice_in_one_filing_is_used_twice() -> None:
    first, second, *others = papers(due())["invoices"]
    twice = replace(second, number=f" {first.number[:8]}－{first.number[8:]}")
    due().when("file-vouchers", invoices=(first, twice, *others)).then_refused("voucher_must_not_be_used_twice")


@given(st.lists(st.sampled_from([" ", "\u3000", "-", "－", "—", "\u200b", "\u2212"]), max_size=6), st.randoms())
def test_no_spelling_makes_another_voucher(noise: list[str], chance: Any) -> None:
    letters = list("HT2026AB07")
    wide = [chr(ord(ch) + 0xFEE0) if chance.random() < 0.5 else ch.lower() for ch in letters]
    for sign in noise:
        wide.insert(chance.randint(0, len(wide)), sign)
    assert spelled("".join(wide)) == "HT2026AB07"
    assert spelled("HT2026AB08") != "HT2026AB07"


def test_another_number_account_or_kind_is_another_voucher() -> None:
    def ids(play: Play) -> set[Any]:
        return set(play.did("file-vouchers").voucher_facts)

    base = due()
    assert len(ids(base)) == 10
    old = Invoice("1" * 10, "2" * 8, Money(1), "excluded", base.today, cast.OUT, "a" * 64, (Covered(1, Money(1)),))
    other = replace(old, code="1" * 12)
    assert base.when("file-vouchers", invoices=(old, other)).then(VouchersFiled)


# --- struck


@shows("filing_must_be_on_file")
def test_a_slip_is_struck_and_its_papers_are_free_again() -> None:
    first = papers(due())
    filed = due().did("file-vouchers")
    (known,) = filed.case.filings
    filed.when("strike-vouchers", filing=cast.CASE).then_refused("filing_must_be_on_file")
    filed.when("strike-vouchers", reason=" ").then_refused("words_must_be_given")
    struck = filed.when("strike-vouchers", filing=known).then(VouchersStruck)
    freed = [facts[-1] for facts in struck.voucher_facts.values() if isinstance(facts[-1], VoucherFreed)]
    assert len(freed) == 9, "all but the contract, which is this case's"
    struck.then_stands(filings={}).when("file-vouchers", **first).then(VouchersFiled)


# --- what is verified rests on them


@shows("verified_spend_must_rest_on_vouchers")
def test_a_line_is_verified_as_far_as_invoices_and_payments_both_reach() -> None:
    rule = "verified_spend_must_rest_on_vouchers"
    bare = ready("file-evaluation").under(ASKED)
    bare.when("file-evaluation").then_refused(rule, clause("payout.vouchers"))
    bare.when("file-evaluation", verified=()).then(EvaluationFiled)
    filed = papers(bare)
    unpaid = bare.did(("file-vouchers", {**filed, "payments": filed["payments"][1:]}))
    unpaid.when("file-evaluation").then_refused(rule)
    unpaid.when("file-evaluation", verified=LINES[1:]).then(EvaluationFiled)
    uninvoiced = bare.did(("file-vouchers", {**filed, "invoices": filed["invoices"][1:]}))
    uninvoiced.when("file-evaluation").then_refused(rule)
    whole = bare.did("file-vouchers")
    whole.when("file-evaluation").then(EvaluationFiled)
    whole.did("strike-vouchers").when("file-evaluation").then_refused(rule)


def test_to_the_fen_and_line_by_line() -> None:
    bare = ready("file-evaluation").under(ASKED)
    filed = papers(bare)
    cloud = LINES[1]
    short = replace(filed["payments"][1], covers=(Covered(2, cloud.amount - Money(1)),))
    play = bare.did(("file-vouchers", {**filed, "payments": (short,)}))
    assert covered(play.case, "cloud", "云服务") == (cloud.amount, cloud.amount - Money(1))
    rule = "verified_spend_must_rest_on_vouchers"
    play.when("file-evaluation", verified=(cloud,)).then_refused(rule)
    halves = (replace(cloud, amount=Money(7_500_000)), replace(cloud, amount=Money(7_500_000)))
    play.when("file-evaluation", verified=halves).then_refused(rule)
    fits = replace(cloud, amount=cloud.amount - Money(1))
    play.when("file-evaluation", verified=(fits,)).then(EvaluationFiled)
    stranger = SpendLine("cloud", "别的云", Money(1))
    play.when("file-evaluation", verified=(stranger,)).then_refused(rule)


def test_a_recheck_rests_on_them_too() -> None:
    bare = ready("file-recheck").under(ASKED)
    bare.when("file-recheck").then_refused("verified_spend_must_rest_on_vouchers")
    assert bare.did("file-vouchers").when("file-recheck").refusal is None


def test_where_no_source_asks_for_vouchers_none_are_asked_for() -> None:
    ready("file-evaluation").when("file-evaluation").then(EvaluationFiled)
    ready("file-evaluation").under(rules({"payout.vouchers": False})).when("file-evaluation").then(EvaluationFiled)


def test_what_was_paid_for_counts_under_a_changed_contract_by_its_name() -> None:
    filed = ready("ask-contract-change").did("file-vouchers")
    backwards = contract(number="HT-2", lines=LINES[::-1])
    changed = filed.did(("ask-contract-change", {"contract": backwards}), "approve-contract-change")
    assert covered(changed.case, "cloud", "云服务") == (LINES[1].amount, LINES[1].amount)
    assert all(
        isinstance(paper, Invoice | PaymentProof)
        for filing in changed.case.filings.values()
        for paper in (*filing.invoices, *filing.payments)
    )
