"""Every rule of the house is shown to bite, and facts only remember."""

from __future__ import annotations

import ast
import importlib
import inspect
import textwrap
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import FunctionType

import pytest

import domain
from activities.desk import COMMANDS
from domain import allotment, batch, catalogue, exclusions, places, queue, register, vouchers
from domain.case import rooms
from domain.case.common import words_must_be_given
from domain.case.schedule import TIMERS
from domain.expert_review import file as expert_review
from domain.fund import rooms as fund
from domain.fund.file import FundPaid
from domain.notice import room as notice
from domain.payout_round import rooms as payout_round
from domain.provider import rooms as providers
from domain.record import Fact
from domain.rules import RULES
from domain.words import COMMANDS as COMMAND_WORDS
from domain.words import EVENTS as EVENT_WORDS
from domain.words import TIMERS as TIMER_WORDS
from tests.domain.play import SHOWN, after, ready, refused, shows

HERE = Path(__file__).parent
FACTS: tuple[type[Fact], ...] = (
    *rooms.EVENTS,
    *fund.EVENTS,
    *queue.EVENTS,
    *batch.EVENTS,
    *notice.EVENTS,
    *payout_round.EVENTS,
    *providers.EVENTS,
    *catalogue.EVENTS,
    *places.EVENTS,
    *allotment.EVENTS,
    *exclusions.EVENTS,
    *expert_review.EVENTS,
    *register.EVENTS,
    *vouchers.EVENTS,
)


def _everything_shown() -> dict[str, str]:
    """Rule → test, of all test modules of the domain, however few of them run now."""
    for path in sorted(HERE.glob("test_*.py")):
        importlib.import_module(f"tests.domain.{path.stem}")
    importlib.import_module("tests.test_payout_round")  # a round is many firms and a fund: it is shown on the record
    return SHOWN


def _rules_written() -> list[str]:
    """The names of all functions marked as rules in the sources, read and not run."""
    return [
        node.name
        for path in sorted(Path(domain.__path__[0]).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
        and any(isinstance(mark, ast.Name) and mark.id == "rule" for mark in node.decorator_list)
    ]


# --- rules


def test_every_rule_is_shown_refusing_and_letting_pass() -> None:
    shown, written = _everything_shown(), set(_rules_written())
    assert written - set(shown) == set()
    assert set(shown) - written == set()


def test_every_rule_has_a_name_of_its_own_and_says_what_it_protects() -> None:
    written = _rules_written()
    assert len(set(written)) == len(written)
    assert set(written) <= set(RULES), "other rooms have rules of their own; these are the domain's"
    assert [name for name, words in RULES.items() if not words] == []


def test_a_rule_that_is_only_named_makes_its_test_fail() -> None:
    @shows("step_must_be_due")
    def only_named() -> None:
        assert "step_must_be_due"

    @shows("step_must_be_due")
    def never_refused() -> None:
        ready("pass-county-review").when("pass-county-review")

    @shows("step_must_be_due")
    def refused_by_another() -> None:
        ready("publish-list").when("publish-list", document="").then_refused("words_must_be_given")

    @shows("step_must_be_due")
    def never_let_pass() -> None:
        after("pass-county-review").when("pass-county-review").then_refused("step_must_be_due")

    @shows("step_must_be_due")
    def another_let_pass() -> None:
        after("pass-county-review").when("pass-county-review").then_refused("step_must_be_due")
        after("pass-county-review").when("pass-city-review")

    for hollow in (only_named, never_refused, refused_by_another, never_let_pass, another_let_pass):
        with pytest.raises(AssertionError, match="never shows"):
            hollow()


def test_the_kit_itself_bites() -> None:
    held = after("submit-application")
    done = held.when("pass-county-review")
    no = held.when("confirm-pilot")
    wrongs: tuple[Callable[[], object], ...] = (
        lambda: done.then(),
        lambda: done.then(rooms.CommandRefused),
        lambda: done.then_refused("step_must_be_due"),
        lambda: done.then_deadlines(),
        lambda: done.then_stands(supplements=1),
        lambda: done.then_booked(FundPaid),
        lambda: no.then(),
        lambda: no.then_refused("words_must_be_given"),
        lambda: no.then_refused("step_must_be_due", "别的条款"),
        lambda: no.then_refused("step_must_be_due", key="timers.payment"),
        lambda: held.did("confirm-pilot"),
    )
    for wrong in wrongs:
        with pytest.raises(AssertionError):
            wrong()
    with pytest.raises(AssertionError), refused("step_must_be_due", of="words"):
        words_must_be_given("", "文号")


def test_a_refusal_leaves_the_play_where_it_was() -> None:
    held = after("submit-application")
    no = held.when("confirm-pilot")
    assert (no.facts, no.fund_facts, no.now, no.said) == (held.facts, held.fund_facts, held.now, held.said)
    assert no.case.version == len(held.facts)


# --- facts

_MAY_CALL = {"pop", "get", "replace", "sign", "post", "owe", "repay"}
"""What a fold may call: look up, take out, copy with a change, remember a hand, and add up the fund's books."""
_MAY_DO = (ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr)
_MUST_NOT_HOLD = (
    *(ast.IfExp, ast.Compare, ast.BoolOp, ast.Lambda, ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr),
    *(ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.JoinedStr, ast.Global, ast.Nonlocal),
)


def _called(node: ast.Call) -> str:
    """The name by which something is called."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "?")


def faults_of_a_fold(fold: Callable[..., None]) -> Iterator[str]:
    """What a fold does besides assigning."""
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(fold))).body
    assert isinstance(definition, ast.FunctionDef)
    for statement in definition.body:
        if not isinstance(statement, _MAY_DO):
            yield type(statement).__name__
        elif isinstance(statement, ast.Expr) and not isinstance(statement.value, (ast.Call, ast.Constant)):
            yield type(statement.value).__name__
    for node in ast.walk(definition):
        if isinstance(node, _MUST_NOT_HOLD):
            yield type(node).__name__
        if isinstance(node, ast.Call) and _called(node) not in _MAY_CALL:
            yield f"call of {_called(node)}"


@pytest.mark.parametrize("kind", FACTS, ids=lambda kind: kind.TOPIC)
def test_a_fact_only_remembers(kind: type[Fact]) -> None:
    assert list(faults_of_a_fold(kind.fold)) == []


def test_a_fold_that_asks_loops_refuses_or_looks_at_the_clock_is_found() -> None:
    def asks(self: Fact, file: dict[str, int]) -> None:
        if file:
            file["a"] = 1

    def chooses(self: Fact, file: dict[str, int]) -> None:
        file["a"] = 1 if file else 2

    def compares(self: Fact, file: dict[str, bool]) -> None:
        file["a"] = file["b"] > file["c"]

    def loops(self: Fact, file: dict[str, int]) -> None:
        for name in file:
            file[name] = 1

    def refuses(self: Fact, file: dict[str, int]) -> None:
        words_must_be_given("", "文号")

    def looks_at_the_clock(self: Fact, file: dict[str, object]) -> None:
        file["a"] = datetime.now(UTC)

    def asserts(self: Fact, file: dict[str, int]) -> None:
        assert file

    for bad, fault in (
        (asks, "If"),
        (chooses, "IfExp"),
        (compares, "Compare"),
        (loops, "For"),
        (refuses, "call of words_must_be_given"),
        (looks_at_the_clock, "call of now"),
        (asserts, "Assert"),
    ):
        assert fault in list(faults_of_a_fold(bad)), bad.__name__


def test_all_facts_are_looked_at() -> None:
    def below(kind: type[Fact]) -> Iterator[type[Fact]]:
        for child in kind.__subclasses__():
            yield child
            yield from below(child)

    stored = {kind for kind in below(Fact) if "TOPIC" in kind.__dict__ and kind.__module__.startswith("domain.")}
    assert stored == set(FACTS)
    assert len({kind.TOPIC for kind in FACTS}) == len(FACTS)
    assert all(isinstance(kind.fold, FunctionType) for kind in FACTS)


def test_everything_that_can_be_stored_or_asked_has_its_chinese_word() -> None:
    assert {kind.TOPIC for kind in FACTS} == set(EVENT_WORDS)
    assert set(COMMANDS) == set(COMMAND_WORDS)
    assert {timer.name for timer in TIMERS} == set(TIMER_WORDS)
