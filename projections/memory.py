"""The cases folded last, kept as they stand, so that most need not be brought back from the tables."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from typing import Final
from uuid import UUID

from projections.stretch import Restore, Standing

_CASES_KEPT: Final = 4096
"""However many firms a city has, the projector's memory stays small."""


class Memory:
    """Standings that equal their rows, as long as nobody else has written since.

    While a stretch is folded they run ahead of the rows; only ``left_at`` makes them true again. Whatever comes between
    (an error, another projector, a rebuild) leaves another position behind, and with it everything is forgotten.
    """

    def __init__(self) -> None:
        self._standings: OrderedDict[UUID, Standing] = OrderedDict()
        self._position: int | None = None

    def taken_up_at(self, position: int) -> None:
        """A stretch begins behind this position."""
        if self._position != position:
            self.clear()
        self._position = None

    def left_at(self, position: int) -> None:
        """The stretch is committed."""
        self._position = position

    def clear(self) -> None:
        """Forget everything: it may have run ahead of the rows."""
        self._standings.clear()

    def recall(self, cases: Collection[UUID], restore: Restore) -> Mapping[UUID, Standing]:
        """The standings of these cases: kept, or else restored."""
        missing = [case for case in cases if case not in self._standings]
        self._standings.update(restore(missing))
        recalled = {case: self._standings[case] for case in cases}
        for case in recalled:
            self._standings.move_to_end(case)
        while len(self._standings) > _CASES_KEPT:
            self._standings.popitem(last=False)
        return recalled

    def forget(self, streams: Iterable[UUID]) -> None:
        """Their rows will be written without us."""
        for stream in streams:
            self._standings.pop(stream, None)
