"""One whole case under random commands by random people: whatever is tried, the house's promises hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from domain.assessment import assess
from domain.case.file import CaseFile
from domain.case.rooms import COMMANDS, decide
from domain.case.schedule import next_wake
from domain.commands import CaseCommand
from domain.fund.file import Fund
from domain.money import Money
from domain.people import Person, Role
from domain.policy import Days, Pack
from domain.record import Fact
from tests.domain import promises
from tests.domain.answers import S2024, of_level
from tests.domain.cast import CASE, ENTITLEMENT, HAND_OF, LEVEL_1, LEVEL_2, LINES, PEOPLE, clerk2, contract, rules
from tests.domain.lines import FALLEN, SHUT_DOWN, WAITS
from tests.domain.lines import LINES as SAID
from tests.domain.play import FUND, Play, begin, ready
from tests.domain.promises import state
from tests.domain.turns import TURNS, has_come

ANSWERED = assess(S2024, of_level(2)).grade
PACKS: tuple[Pack, ...] = (
    rules(),
    rules({"timers.rectification": Days(30, "natural", "lapse"), "lookback.clawback": "no"}),
    rules({"contract.supervised": False, "recovery.basis": "part", "selection.max_supplements": 2}),
    rules({"acceptance.max_rectifications": 0, "lookback.clawback": "decision"}),
    rules(without=["payout.ratio", "timers.inspection"]),
    rules({"payout.vouchers": True, "payout.earlier_money": "deduct"}),
)
IDS = sorted({person.id for person in PEOPLE} | {"evaluator-2", "inspector-2"})

CHANGES: dict[str, tuple[dict[str, Any], ...]] = {
    "submit-application": ({"pledged": False}, {"self_level": 7}),
    "answer-objection": ({"upheld": True},),
    "file-contract": ({"contract": contract(total=Money(1))},),
    "ask-contract-change": ({"contract": contract(number="HT-3", provider="别家软件")},),
    "inspect-milestone": ({"passed": False},),
    **dict.fromkeys(("pass-plan", "return-plan", "pass-contract", "return-contract"), ({"by": clerk2},)),
    "file-evaluation": (
        {"grade": LEVEL_1},
        {"grade": ANSWERED, "answers": of_level(2)},
        {"grade": replace(ANSWERED, level=3), "answers": of_level(2)},
        {"verified": LINES[:2]},
        {"verified": ()},
    ),
    "override-level": ({"computed": 2, "declared": 3}, {"computed": 2, "declared": 2}),
    "file-recheck": ({"grade": LEVEL_1}, {"grade": LEVEL_2, "verified": LINES[1:]}),
    "approve-payout": ({"amount": ENTITLEMENT + Money(1)}, {"amount": Money(17_500_000)}),
    "record-receipt": ({"amount": Money(1)}, {"instruction": "别的"}),
    "draw-case": ({"purpose": "works"},),
    "record-inspection": (SHUT_DOWN, FALLEN, {"findings": ("数据失真",), "evidence": ("截屏",)}),
    "record-lookback-recheck": ({"passed": False},),
    "revoke-qualification": ({"ground": "等级回落"}, {"ground": "数据失真"}),
    "notify-recovery": ({"amount": Money(1)},),
    "decide-recovery": ({"amount": Money(20_000_000)}, {"amount": Money(1)}),
    "record-refund": ({"amount": Money(10_000_000)}, {"amount": Money(20_000_000)}),
}
"""Other things that may be said with a command, besides the right ones."""

SAYINGS = [(kind, said) for kind in COMMANDS for said in ({}, *CHANGES.get(kind, ()))]
SELDOM = {
    "ask-withdrawal": 0.01,
    "file-vouchers": 0.1,
    "strike-vouchers": 0.2,
    "record-earlier-support": 0.05,
    "approve-withdrawal": 0.3,
    "decline-withdrawal": 0.3,
    "adopt-rules": 0.02,
    "reject-application": 0.05,
    "waitlist-application": 0.2,
    "record-objection": 0.1,
    "ask-contract-change": 0.2,
    "report-milestone": 0.3,
    "return-plan": 0.3,
    "return-contract": 0.3,
    "override-level": 0.05,
    "fail-acceptance": 0.2,
    "draw-case": 0.1,
    "dismiss-finding": 0.3,
    "revoke-qualification": 0.3,
    "close-case": 0.1,
    "file-statement": 0.5,
    "record-refund": 0.1,
    "record-bounce": 0.1,
    "record-reminder": 0.5,
    "approve-conflict": 0.1,
}
"""How often these are thought of at all: else every life is short, or goes round in circles."""


def tried(play: Play, command: CaseCommand) -> Play:
    """Decide on a fresh fold: a refusal leaves no trace, and what was done is in turn and folds to the same file."""
    after = play.given(command)
    if after.refusal is not None:
        kept = (after.facts, after.fund_facts, after.places_facts, after.register_facts)
        assert kept == (play.facts, play.fund_facts, play.places_facts, play.register_facts)
        return play
    case = play.case
    papers = play.papers(command, case)
    assert has_come(command.kind, case), f"{command.kind} was done out of turn"
    decide(case, papers)
    assert state(after.case) == state(case)
    for folded, decided in (
        (after.fund, papers.fund),
        (after.places, papers.places),
        (after.register, papers.register),
    ):
        assert decided is not None
        assert state(folded) == state(decided)
    return after


def went_on(play: Play, chance: Random, stranger: str = "") -> Play:
    """Of all that may be said now, something is done; by the right hand, or by the right role under another's id."""
    case = play.case
    sayings = [(kind, said) for kind, said in SAYINGS if has_come(kind, case) and chance.random() < SELDOM.get(kind, 1)]
    chance.shuffle(sayings)
    for kind, said in sayings:
        command = play.command(kind, **said)
        done = tried(play, replace(command, by=replace(command.by, id=stranger or command.by.id)))
        if done is not play:
            return done
    return play.on(play.today + timedelta(days=chance.choice((1, 9))))


class CaseInAnyOrder(RuleBasedStateMachine):
    """Starts somewhere along a life; then anybody tries anything at any time."""

    play: Play

    @initialize(kind=st.sampled_from(list(COMMANDS)), pack=st.integers(0, len(PACKS) - 1))
    def somewhere_in_a_life(self, kind: str, pack: int) -> None:
        self.play = ready(kind).under(PACKS[pack])

    @rule(kind=st.sampled_from(list(COMMANDS)), data=st.data())
    def anybody_tries_anything(self, kind: str, data: st.DataObject) -> None:
        said = data.draw(st.sampled_from(({}, *CHANGES.get(kind, ()))), label="said")
        role = data.draw(st.sampled_from((SAID[kind][0].role, *Role)), label="role")
        person = data.draw(st.sampled_from((HAND_OF[role].id, *IDS)), label="person")
        hand = Person(person, role, HAND_OF[role].organisation)
        self.play = tried(self.play, self.play.command(kind, **{**said, "by": hand}))

    @rule(seed=st.integers(0, 2**32), steps=st.integers(3, 9), stranger=st.sampled_from(["", "", *IDS]))
    def the_life_goes_on(self, seed: int, steps: int, stranger: str) -> None:
        chance = Random(seed)
        for _ in range(steps):
            self.play = went_on(self.play, chance, stranger)

    @rule()
    def a_notice_has_stood(self) -> None:
        for held in self.play.case.deadlines.values():
            if held.timer in WAITS.values():
                self.play = self.play.after(held.timer)

    @rule(days=st.integers(1, 40))
    def days_go_by(self, days: int) -> None:
        self.play = self.play.on(self.play.today + timedelta(days=days))

    @precondition(lambda self: next_wake(self.play.case) is not None)
    @rule()
    def time_wakes_the_case(self) -> None:
        wake = next_wake(self.play.case)
        assert wake is not None
        self.play = replace(self.play, now=max(self.play.now, wake.at))
        kind, said = ("pass-deadline", {}) if wake.remind_on is None else ("record-reminder", {"on": wake.remind_on})
        before = len(self.play.facts)
        self.play = tried(self.play, self.play.command(kind, name=wake.name, **said))
        assert len(self.play.facts) > before, "the engine's own command was refused"

    @invariant()
    def the_promises_hold(self) -> None:
        promises.must_hold(self.play)


TestCaseInAnyOrder = CaseInAnyOrder.TestCase


# --- many lives, and nothing left out


def life(seed: int) -> Iterator[Play]:
    """One firm's life by chance, from its first day or from later on; now and then one acts under another's id."""
    chance = Random(seed)
    pack = PACKS[seed % len(PACKS)]
    play = ready(list(COMMANDS)[seed // 2 % len(COMMANDS)]).under(pack) if seed % 2 else begin(pack)
    for _ in range(120):
        play = went_on(play, chance, chance.choice(IDS) if chance.random() < 0.1 else "")
        yield play
        if not play.case.is_open:
            return


def test_the_promises_hold_through_many_lives_in_which_everything_happens() -> None:
    lives = max(2 * len(COMMANDS), settings().max_examples)
    done: set[str] = set()
    for seed in range(lives):
        for play in life(seed):
            promises.must_hold(play)
            done.add(play.asked)
    assert set(COMMANDS) - done == set()


def test_a_whole_life_folds_again_to_the_same_file() -> None:
    for kind in COMMANDS:
        play = ready(kind)
        live, fund = CaseFile.folded(CASE, ()), Fund.folded(FUND, play.fund_facts[:1])
        for fact in play.facts:
            fact.mutate(live)
        for booked in play.fund_facts[1:]:
            booked.mutate(fund)
        assert state(live) == state(play.case)
        assert state(fund) == state(play.fund)
        assert [fact.originator_version for fact in play.facts] == list(range(1, len(play.facts) + 1))


def test_every_command_has_its_turn() -> None:
    assert set(TURNS) == set(COMMANDS)
    assert [kind for kind in COMMANDS if not has_come(kind, ready(kind).case)] == []


def test_the_state_of_a_file_is_all_of_it() -> None:
    play: Play = ready("close-case")
    other = play.case
    other.frozen = True
    assert state(other) != state(play.case)
    assert not any(isinstance(value, Fact) for value in state(other).values())
