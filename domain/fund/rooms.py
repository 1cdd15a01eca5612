"""资金: the rooms of this floor together: every command, every event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from domain.fund import budget, file
from domain.fund.allocation import AllocateToCounty, SettleCounty, TakeBackFromCounty
from domain.fund.appropriation import AppropriateFund, FundCommand, WithdrawFund

COMMANDS: Final[Mapping[str, type[FundCommand]]] = {
    command.kind: command
    for command in (AppropriateFund, WithdrawFund, AllocateToCounty, TakeBackFromCounty, SettleCounty)
}
EVENTS = (*file.EVENTS, *budget.EVENTS)
