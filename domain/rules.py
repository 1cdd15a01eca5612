"""A rule is a function named as its sentence. It answers ``No`` with words for the clerk, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import ParamSpec

from domain.rejections import Rejection

P = ParamSpec("P")

RULES: dict[str, str] = {}
"""Every rule of the house: name → what it protects (its docstring). Filled as the rooms are imported."""


@dataclass(frozen=True)
class No:
    """A rule's refusal: the sentence and, where the source states it, the clause."""

    sentence: str
    clause: str = ""


def rule(check: Callable[P, No | None]) -> Callable[P, None]:
    """Make a check refuse under its own name."""
    RULES[check.__name__] = (check.__doc__ or "").strip()

    @wraps(check)
    def hold(*args: P.args, **kwargs: P.kwargs) -> None:
        no = check(*args, **kwargs)
        if no is not None:
            raise Rejection(check.__name__, no.sentence, no.clause)

    return hold
