"""A row of the comparison: the same work done by us and by a peer, in turns, in one run."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any, Final
from urllib.parse import urlsplit

import psycopg
from psycopg.sql import SQL, Identifier

from settings import Settings

ROUNDS: Final = 3
"""How often each side has its turn."""

Rate = Callable[[int], float]
"""One turn of one side, given the round's number from 0: what it did, per second."""


@dataclass(frozen=True)
class Row:
    """What was measured, in things per second."""

    row: int
    what: str
    peer: str
    unit: str
    target: float
    """The least ratio that design asks for."""
    ours: tuple[float, ...]
    theirs: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """Our median turn by theirs. Only this figure says anything beyond the machine of the day."""
        return median(self.ours) / median(self.theirs)

    @property
    def met(self) -> bool:
        """The target was reached."""
        return self.ratio >= self.target

    def as_json(self) -> dict[str, Any]:
        """For programs; ``rounds`` lets them see how much the turns differed."""
        return {
            "row": self.row,
            "ours": round(median(self.ours), 1),
            "peer": round(median(self.theirs), 1),
            "unit": self.unit,
            "ratio": round(self.ratio, 2),
            "target": self.target,
            "met": self.met,
            "rounds": {"ours": [round(one, 1) for one in self.ours], "peer": [round(one, 1) for one in self.theirs]},
        }


def in_turns(rounds: int, ours: Rate, theirs: Rate) -> dict[str, tuple[float, ...]]:
    """Ours, theirs, ours, theirs: whatever slows the machine for a while slows both."""
    turns = [(ours(number), theirs(number)) for number in range(rounds)]
    return {"ours": tuple(turn[0] for turn in turns), "theirs": tuple(turn[1] for turn in turns)}


def some(many: int, scale: float) -> int:
    """A size at this scale; never fewer than two, so that things still happen side by side."""
    return max(2, round(many * scale))


def empty_database(settings: Settings, name: str) -> str:
    """The address of a database with nothing in it; one of the same name is dropped."""
    name = re.sub(r"\W+", "_", f"bench_{name}")
    with psycopg.connect(settings.dsn(), autocommit=True) as server:
        server.execute(SQL("DROP DATABASE IF EXISTS {}").format(Identifier(name)))
        server.execute(SQL("CREATE DATABASE {}").format(Identifier(name)))
    return urlsplit(settings.dsn())._replace(path=f"/{name}").geturl()
