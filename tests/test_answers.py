"""Answers beside a report on their whole way: typed by a person, through the engine, into the record, onto a page."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final

import pytest
from temporalio.client import Client

from cli import fields
from cli.fields import WrongField
from console import saying
from domain.assessment import assess, grade_at
from domain.case.evaluation import EvaluationFiled, FileEvaluation
from domain.case.level import AnswersFiled
from domain.case.rooms import CommandRefused
from domain.rejections import Rejection
from domain.standard import Answers
from eventstore.mapper import adapter, canonical
from eventstore.store import EventStore, digest
from tests.domain.answers import S2024, of_level
from tests.engine import Firm, Town, upto
from tests.paths import until

EXAMPLE: Final = json.loads((Path(__file__).parent.parent / "docs/examples/level-2024.json").read_text("utf-8"))
SECOND: Final = of_level(2)
GRADE: Final = assess(S2024, SECOND).grade


@pytest.fixture
def town(store: EventStore, request: pytest.FixtureRequest) -> Town:
    return Town(store, request.node.name)


def awaited(town: Town) -> Firm:
    """A firm whose evaluation is awaited."""
    return town.firm().walked(*upto("assign-evaluator"))


def test_the_record_gives_back_what_was_answered_and_worked_out(town: Town) -> None:
    firm = awaited(town)
    done = firm.hands_in("file-evaluation", grade=GRADE, answers=SECOND)
    assert done.receipt is not None
    assert done.receipt.events[:2] == (AnswersFiled.TOPIC, EvaluationFiled.TOPIC)
    (kept,) = [fact for fact in firm.facts if isinstance(fact, AnswersFiled)]
    assert (kept.answers, kept.computed_grade, kept.standard_version) == (SECOND, GRADE, S2024.version)
    assert assess(S2024, kept.answers).steps == kept.steps
    assert firm.file.grade == GRADE


def test_a_refused_report_leaves_nothing(town: Town) -> None:
    firm = awaited(town)
    before = len(firm.facts)
    for grade, answers, rule in (
        (grade_at(S2024, SECOND, 3), SECOND, "declared_level_must_equal_the_computed"),
        (GRADE, Answers("1999", (), ()), "standard_must_be_known"),
        (GRADE, Answers("2024", (), ()), "every_question_must_be_answered"),
    ):
        refusal = firm.hands_in("file-evaluation", grade=grade, answers=answers).refusal
        assert refusal is not None
        assert refusal.rule == rule
    assert len(firm.facts) == before


async def test_answers_go_through_the_engine_and_a_refusal_comes_back(client: Client, store: EventStore) -> None:
    town = Town(store, "answers-through-the-engine", client)
    async with town.at_work():
        firm = awaited(town)
        await firm.begin()
        with pytest.raises(Rejection, match="等级填报为三级，按答案计算为二级"):
            await firm.does("file-evaluation", grade=grade_at(S2024, SECOND, 3), answers=SECOND)
        await firm.sends("file-evaluation", grade=grade_at(S2024, SECOND, 3), answers=SECOND)
        await until(lambda: _last_is_a_refusal(firm))
        await firm.did(
            ("override-level", {"computed": 2, "declared": 3}),
            ("file-evaluation", {"grade": grade_at(S2024, SECOND, 3), "answers": SECOND}),
        )
        assert firm.file.grade == grade_at(S2024, SECOND, 3)


async def _last_is_a_refusal(firm: Firm) -> bool:
    return isinstance(firm.facts[-1], CommandRefused)


def test_a_report_that_brings_no_answers_is_the_same_command_as_before_it_could(town: Town) -> None:
    """Handed in again after an upgrade, it has its old receipt: what it leaves unsaid is not part of its words."""
    command = town.firm().command("file-evaluation")
    assert isinstance(command, FileEvaluation)
    said = adapter(FileEvaluation).dump_python(command, mode="json")
    assert said.pop("answers") is None
    assert digest(command) == hashlib.sha256(canonical(said)).digest()
    with_answers = town.firm().command("file-evaluation", answers=SECOND)
    assert digest(with_answers) != digest(command)


# --- typed by a person


def test_what_the_calculator_reads_is_what_a_report_brings() -> None:
    said: dict[str, Any] = {"standard": "2024", **EXAMPLE}
    report = {"grade": adapter(type(GRADE)).dump_python(GRADE, mode="json"), "verified": [], "second_evaluator": "乙"}
    report |= {"report": "PC-1"}
    for spelled in (said, json.dumps(said, ensure_ascii=False)):
        read = fields.read(FileEvaluation, {**report, "answers": spelled})["answers"]
        assert read.standard == "2024"
        assert assess(S2024, read).grade.level == 2
    assert "answers" not in fields.read(FileEvaluation, report)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (EXAMPLE, "缺少指标版本"),
        ({**EXAMPLE, "standard": "2023"}, "没有“2023”版评测指标"),
        ("{", "不是能读懂的 JSON"),
        ([1], "应写作"),
        ({"standard": "2024", "points": {"网络建设": [6]}}, "得分应是数"),
    ],
)
def test_answers_that_cannot_be_read_are_named_by_their_field(said: object, told: str) -> None:
    with pytest.raises(WrongField, match="评测答案") as wrong:
        fields.read(
            FileEvaluation, {"answers": said, "grade": "", "verified": "", "second_evaluator": "", "report": ""}
        )
    assert told in wrong.value.message


# --- read by a person


def test_the_story_shows_every_answer_by_its_chinese_name(town: Town) -> None:
    firm = awaited(town)
    firm.hands_in("file-evaluation", grade=GRADE, answers=SECOND)
    (kept,) = [fact for fact in firm.facts if isinstance(fact, AnswersFiled)]
    said = {one.label: one for one in saying.said(adapter(AnswersFiled).dump_python(kept, mode="json"))}
    points, scenes = said["评测答案"].tables
    assert [row[0] for row in points.rows] == [item.name for item in S2024.items]
    assert ("产品设计", "二级（规范级）") in scenes.rows
    assert said["判定过程"].items == kept.steps
    assert said["按答案计算的结果"].tables[0].rows[0][0] == "二级（规范级）"


def test_the_story_shows_answers_to_an_edition_that_is_gone_by_their_codes() -> None:
    gone = {"standard": "1999", "points": [{"item": "x-y", "points": "3"}], "scenarios": []}
    (said,) = saying.said({"answers": gone})
    assert said.tables[0].rows == (("x-y", "3"),)
