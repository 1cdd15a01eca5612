"""What a reconciliation names: a place in the log behind which the books do not agree."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """A place in the log behind which the books do not agree."""

    position: int
    what: str
    """In Chinese."""
    difference_fen: int
    """How much; 0 where no amount can be named: an event that cannot be read, is missing, or was added."""
