"""The cases folded last, kept as they stand, so that most need not be brought back from the tables."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Mapping
from typing import Final
from uuid import UUID

from projections.stretch import Restore, Standing

_CASES_KEPT: Final = 4096
"""However many firms a city has, the projector's memory stays small."""


class Memory:
    """Standings by case. One that is behind its row, because somebody else wrote, or ahead of it, because a transaction
    failed, does not take the next fact: the version does not fit. Then all is forgotten and the rows are asked.
    """

    def __init__(self) -> None:
        self._standings: OrderedDict[UUID, Standing] = OrderedDict()

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

    def clear(self) -> None:
        """Forget everything."""
        self._standings.clear()

    @property
    def is_empty(self) -> bool:
        """Nothing is remembered: whatever is folded comes from the rows."""
        return not self._standings
