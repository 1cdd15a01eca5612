"""诊断: who was sent files the level before the retrofit, and the firm confirms it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from domain.case.diagnosis import DiagnosisAssigned, DiagnosisConfirmed, DiagnosisFiled
from domain.case.file import Stage
from tests.domain.cast import LEVEL_1, clause, rules
from tests.domain.play import at, fact, ready, shows

OFF_THE_SCALE: dict[str, Any] = {
    "level": 5,
    "foundation": Decimal("50.1"),
    "management": Decimal("30.1"),
    "effect": Decimal("20.1"),
    "binding_scenarios": 11,
    "guiding_scenarios": 7,
}
TOP: dict[str, Any] = {
    "level": 4,
    "foundation": Decimal(50),
    "management": Decimal(30),
    "effect": Decimal(20),
    "binding_scenarios": 10,
    "guiding_scenarios": 6,
}


def test_somebody_is_sent_by_name_and_by_the_packs_word() -> None:
    ready("assign-diagnosis").when("assign-diagnosis", diagnoser=" ").then_refused("institution_must_be_plainly_named")
    sent = ready("assign-diagnosis").when("assign-diagnosis").then(fact(DiagnosisAssigned, diagnoser="诊断中心"))
    assert sent.happened[0].clauses == (clause("diagnosis.by"),)


def test_nobody_is_sent_while_the_pack_does_not_say_who_diagnoses() -> None:
    silent = rules(without=["diagnosis.by"])
    at(Stage.DIAGNOSIS, silent).when("assign-diagnosis").then_refused(
        "pack_must_answer_before_the_step", key="diagnosis.by"
    )


@shows("grade_must_be_within_the_scale")
@pytest.mark.parametrize("number", OFF_THE_SCALE)
def test_a_result_stays_within_what_the_standard_gives(number: str) -> None:
    due = ready("file-diagnosis")
    for wrong in (OFF_THE_SCALE[number], -1):
        off: dict[str, Any] = {number: wrong}
        due.when("file-diagnosis", baseline=replace(LEVEL_1, **off)).then_refused(
            "grade_must_be_within_the_scale", "工信厅企业〔2024〕56号"
        )
    for edge in (TOP[number], 0):
        within: dict[str, Any] = {number: edge}
        due.when("file-diagnosis", baseline=replace(LEVEL_1, **within)).then(DiagnosisFiled)


def test_the_baseline_stands_on_a_numbered_report_before_any_contract() -> None:
    ready("file-diagnosis").when("file-diagnosis", report="").then_refused("words_must_be_given")
    filed = ready("file-diagnosis").when("file-diagnosis").then(fact(DiagnosisFiled, baseline=LEVEL_1, report="ZD-1"))
    filed.then_deadlines(closed=("diagnosis/1",)).then_stands(baseline=LEVEL_1)
    filed.when("file-plan").then_refused("step_must_be_due")
    filed.when("confirm-diagnosis").then(DiagnosisConfirmed).then_stands(stage=Stage.CONTRACT)
