"""How a command to a payout round is given by hand: through its workflow, which begins with its plan."""

from __future__ import annotations

import asyncio

from cli.deciding import decide, named
from domain.commands import Receipt
from domain.identity import round_id
from domain.payout_round.common import RoundCommand
from domain.payout_round.file import PayoutRound
from domain.payout_round.planning import DrawPayoutPlan
from settings import Settings


def give_round(settings: Settings, command: RoundCommand) -> Receipt:
    """Have it done; typed again because the answer got lost, it is done once.

    Raises Rejection where a rule refuses, Unreachable where the engine does not answer.
    """
    # The engine is loaded only for a command that can be read.
    from activities.messages import RoundLife
    from cli.engine import begin_all, record
    from cli.give import through_the_engine

    stream = round_id(command.city, command.programme, command.number)
    command = named(settings, command, stream)
    with record(settings) as store:
        before, held = store.receipt(command), store.load(PayoutRound, stream)
    if isinstance(command, DrawPayoutPlan):
        receipt = decide(settings, command)
        asyncio.run(begin_all(settings, [RoundLife(stream, command.city)]))
        return receipt
    if before is not None or held.is_new or held.is_over:
        receipt = decide(settings, command)  # no workflow waits for it: the desk answers as before, or refuses
        with record(settings) as store:
            reopened = held.is_over and not store.load(PayoutRound, stream).is_over
        if reopened:
            asyncio.run(begin_all(settings, [RoundLife(stream, command.city)]))
        return receipt
    receipt_or_sent = asyncio.run(through_the_engine(settings, command, signal=False))
    assert receipt_or_sent is not None
    return receipt_or_sent
