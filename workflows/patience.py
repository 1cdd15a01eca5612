"""How long a workflow waits for a decision, how often it tries again, and when it turns over a new leaf."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from temporalio.common import RetryPolicy

DECIDE_WITHIN: Final = timedelta(seconds=30)
"""One try of a decision; an append takes milliseconds, so this much means that the database is away."""

DECIDE_A_ROUND_WITHIN: Final = timedelta(minutes=5)
"""One try of a decision that reads and writes the cases of a whole city's round."""

UNTIL_DONE: Final = RetryPolicy(
    initial_interval=timedelta(milliseconds=200), backoff_coefficient=2.0, maximum_interval=timedelta(seconds=5)
)
"""A decision is tried until it is made or refused: the database may be away for days, the case waits."""

HISTORY_LEAF: Final = 4_000
"""Events of history after which a workflow continues as new; the server warns at 10,240 and ends it at 51,200."""

COMMANDS_LEAF: Final = 800
"""Commands per run; the server refuses the 2,000th update of a run."""

AFTER_A_REFUSED_WAKE: Final = timedelta(hours=1)
"""How long to wait when time itself was refused, which only a changed record can cause."""
