"""What one firm does and suffers, day by day: some are late, some fail, some cheat; all by a seed of their own."""

from __future__ import annotations

from rehearsal.ending import evaluation, payout
from rehearsal.firm import Firm, Story
from rehearsal.selecting import selection
from rehearsal.working import contract, diagnosis, retrofit


def life(firm: Firm) -> Story:
    """From the application to the money on the account, or to wherever the firm's luck ends."""
    for stage in (selection, diagnosis, contract, retrofit, evaluation, payout):
        goes_on = yield from stage(firm)
        if not goes_on:
            return False
    return True
