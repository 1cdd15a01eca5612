"""A batch's rules revised, and running cases that adopt them one by one: what was done stays done."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from domain.batch import Batch, BatchRulesRevised, ReviseBatchRules, revise_batch_rules
from domain.case.adoption import RulesAdopted
from domain.case.file import CasePapers
from domain.identity import command_id
from domain.policy import Pack
from domain.record import Fact
from tests.domain.cast import CITY, PROGRAMME, REVISED, RULES, head, rules
from tests.domain.play import BATCH, MONDAY, after, begin, fact, passed, ready, refused, shows

FINAL = rules({"selection.max_supplements": 2})


def revised(batch: Batch, pack: Pack, **changes: Any) -> tuple[Fact, ...]:
    said: dict[str, Any] = {
        "city": CITY,
        "programme": PROGRAMME,
        "code": "1",
        "pack_text": "定稿",
        "document": "通知2号",
        **changes,
    }
    command = ReviseBatchRules(command_id=command_id("revise"), by=head, **said)
    revise_batch_rules(batch, command, CasePapers(command, MONDAY, pack, begin().calendar))
    passed("revise")
    return tuple(one for one in batch.pending_events if isinstance(one, Fact))


@shows(
    "batch_must_have_been_opened",
    "revised_rules_must_differ",
    "rules_must_be_the_citys",
    "revision_must_name_its_document",
)
def test_a_batch_takes_another_text_of_its_own_city_by_a_paper() -> None:
    with refused("batch_must_have_been_opened", "revise"):
        revised(Batch.fresh(BATCH), FINAL)
    with refused("rules_must_be_the_citys", "revise"):
        revised(begin().batch, replace(FINAL, city="zibo"))
    with refused("revision_must_name_its_document", "revise"):
        revised(begin().batch, FINAL, document=" ")
    with refused("revised_rules_must_differ", "revise"):
        revised(begin().batch, replace(RULES, version=REVISED))

    (one,) = revised(begin().batch, FINAL)
    assert isinstance(one, BatchRulesRevised)
    assert (one.pack_version, one.pack_text) == (FINAL.version, "定稿")


def test_every_text_of_a_batch_is_kept_under_its_version() -> None:
    batch = begin().batch
    revised(batch, FINAL)
    assert list(batch.texts) == [RULES.version, REVISED, FINAL.version]
    assert batch.pinned_version == FINAL.version


@shows("case_must_have_taken_up_rules", "rules_must_be_the_batchs", "adopted_rules_must_be_others")
def test_a_running_case_moves_to_a_text_of_its_batch_and_to_no_other() -> None:
    after("open-case").when("adopt-rules").then_refused("case_must_have_taken_up_rules")
    due = ready("adopt-rules")
    due.when("adopt-rules", version=FINAL.version).then_refused("rules_must_be_the_batchs")
    due.when("adopt-rules", version=RULES.version).then_refused("adopted_rules_must_be_others")
    due.when("adopt-rules", document="").then_refused("words_must_be_given")
    due.when("adopt-rules").then(fact(RulesAdopted, before=RULES.version, version=REVISED, document="通知1号"))


def test_a_case_does_not_go_back_to_a_text_that_another_has_replaced() -> None:
    moved = after("confirm-pilot").under(FINAL).did("adopt-rules")
    assert RULES.version in moved.batch.texts
    moved.when("adopt-rules", version=RULES.version).then_refused("rules_must_be_the_batchs")


def test_what_runs_keeps_its_end_and_what_is_to_come_has_the_new_length() -> None:
    shorter = rules({"timers.diagnosis": replace(RULES.days("timers.diagnosis"), count=5)})
    running = after("assign-diagnosis")
    (held,) = running.case.deadlines.values()

    moved = running.under(shorter).did("adopt-rules")
    assert moved.case.deadlines == running.case.deadlines
    later = moved.did("file-diagnosis", "confirm-diagnosis").case.deadlines
    assert [one.timer for one in later.values()] == ["contract"]

    early = after("confirm-pilot").under(shorter).did("adopt-rules", "assign-diagnosis")
    assert {one.due for one in early.case.deadlines.values()} == {
        early.calendar.due(early.today, shorter.days("timers.diagnosis")).date
    }
    assert held.due - running.today > timedelta(days=7)


def test_a_question_that_stopped_the_next_step_is_answered_for_a_running_case() -> None:
    silent = rules(without=["timers.diagnosis"])
    stopped = after("confirm-pilot", silent)
    stopped.when("assign-diagnosis").then_refused("pack_must_answer_before_the_step", key="timers.diagnosis")
    stopped.under(RULES).did("adopt-rules", "assign-diagnosis")
