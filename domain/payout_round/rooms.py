"""兑付轮次: the rooms of this floor together: every command, every event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from domain.payout_round import approval, file, payment, planning
from domain.payout_round.common import Decision, RoundCommand

DECISIONS: Final[Mapping[type[RoundCommand], Decision]] = {
    **planning.DECISIONS,
    **approval.DECISIONS,
    **payment.DECISIONS,
}
COMMANDS: Final[Mapping[str, type[RoundCommand]]] = {
    str(kind.__dataclass_fields__["kind"].default): kind for kind in DECISIONS
}
EVENTS = file.EVENTS
