"""How a command to a payout round is given by hand."""

from __future__ import annotations

from cli.deciding import decide, named
from domain.commands import Receipt
from domain.identity import round_id
from domain.payout_round.common import RoundCommand
from settings import Settings


def give_round(settings: Settings, command: RoundCommand) -> Receipt:
    """Have it done; typed again because the answer got lost, it is done once. Raises Rejection where a rule refuses."""
    stream = round_id(command.city, command.programme, command.number)
    return decide(settings, named(settings, command, stream))
