"""欠缴暂缓拨付: what a firm owes of another case is home before it is paid in this one."""

from __future__ import annotations

import pytest

from domain.case.payout import PaymentInstructed
from domain.money import Money
from tests.domain.cast import ENTITLEMENT
from tests.domain.play import Play, ready, shows
from tests.domain.test_exclusions import elsewhere

RULE = "firm_must_have_paid_its_debts"


@shows(RULE)
@pytest.mark.parametrize("debt", ["record-refund", "record-enforcement", "write-off-recovery"])
def test_a_debt_in_another_case_holds_the_instruction_back_until_it_is_home(debt: str) -> None:
    due = ready("instruct-payment")

    def told(state: Play) -> Play:
        return elsewhere(state, "other", due).when("instruct-payment")

    no = told(ready(debt) if debt == "record-refund" else ready(debt).did(debt))
    no.then_refused(RULE)
    assert no.refusal is not None
    assert f"别市（项目 2025-1）有未退清的追缴款 {ENTITLEMENT.grouped()} 元" in no.refusal.sentence
    part = ready("record-refund").did(("record-refund", {"amount": Money(1)}))
    assert (ENTITLEMENT - Money(1)).grouped() in told(part).then_refused(RULE).refusal.sentence  # type: ignore[union-attr]
    told(ready("record-refund").did("record-refund")).then(PaymentInstructed)
    told(ready("decide-recovery")).then(PaymentInstructed)  # asked for, and not yet decided
