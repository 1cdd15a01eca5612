"""Rules that several rooms share."""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from domain.case.file import CaseFile
from domain.identity import is_plain
from domain.people import Person
from domain.rules import No, rule
from domain.words import zh

TState = TypeVar("TState", bound=StrEnum)


@rule
def case_must_be_open(case: CaseFile) -> No | None:
    """A closed case takes no further step."""
    if case.is_open:
        return None
    return No(f"该企业档案已结束（{zh(case.qualification)}），不能再办理")


@rule
def case_must_have_been_opened(case: CaseFile) -> No | None:
    """A case begins with its firm on the roster."""
    return None if not case.is_new else No("没有这家企业的档案；请先导入名册")


@rule
def step_must_be_due(now: TState, *expected: TState) -> No | None:
    """A step is taken when it is its turn, not before and not twice."""
    if now in expected:
        return None
    return No(f"当前状态为“{zh(now)}”，此步骤须在“{'、'.join(zh(state) for state in expected)}”时办理")


@rule
def hand_must_differ(case: CaseFile, by: Person, *acts: str) -> No | None:
    """Nobody approves, pays or re-inspects what their own hand prepared: different persons, not roles."""
    for act in acts:
        if by.id in case.hands.get(act, ()):
            return No(f"{by.id} 已办理本案“{zh(act)}”，不能再办理此步（不相容职责须由不同的人承担）")
    return None


@rule
def institution_must_be_plainly_named(name: str) -> No | None:
    """An institution is named in one spelling: what cannot be seen must not make it another one."""
    return None if is_plain(name) else No(f"机构名称须填写，首尾无空格，不含不可见字符（收到“{name}”）")


@rule
def words_must_be_given(text: str, what: str) -> No | None:
    """A decision states its grounds; a paper states its number."""
    return None if text.strip() else No(f"须填写{what}")
