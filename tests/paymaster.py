"""Pays a town's firms the way a city does: a plan, its approvals, a fund document, the county's receipts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from activities.messages import Answer
from domain.case.payout_plan import still_due
from domain.commands import Receipt
from domain.fund.file import RETROFIT_LINE
from domain.identity import command_id, round_id
from domain.payout_round.approval import ApprovePayoutPlan
from domain.payout_round.common import RoundCommand
from domain.payout_round.file import PayoutRound, Slip
from domain.payout_round.payment import FileReceipts, InstructPayments
from domain.payout_round.planning import Claim, DrawPayoutPlan, RedrawPayoutPlan
from domain.payout_round.rooms import COMMANDS
from domain.people import Person
from tests.domain import cast
from tests.domain.play import heard

if TYPE_CHECKING:
    from tests.engine import Firm, Town

HANDS: Final[dict[str, Person]] = {
    "draw-payout-plan": cast.clerk2,
    "redraw-payout-plan": cast.clerk2,
    "call-off-payout-round": cast.head,
    "instruct-payments": cast.treasury,
    "file-receipts": cast.county_treasury,
    "retract-payouts": cast.leader3,
    "close-payout-round": cast.treasury2,
    "return-payout-plan": cast.treasury2,
    "countersign": cast.treasury2,
    "government": cast.leader,
}
"""The right hand for each command, and for each approval of the chain."""


@dataclass
class Paymaster:
    """One payout round of a town."""

    town: Town
    number: str
    firms: Sequence[Firm]
    said: int = 0
    now: datetime | None = None

    @property
    def file(self) -> PayoutRound:
        """The round as the record tells it."""
        from tests.engine import CITY

        return self.town.store.load(PayoutRound, round_id(CITY, self.town.programme, self.number))

    @property
    def at(self) -> datetime:
        """The latest of its firms' clocks, and not before what happened to them last."""
        return self.now or max(max(firm.now, firm.facts[-1].timestamp) for firm in self.firms)

    def command(self, kind: str, by: Person | None = None, **changes: Any) -> RoundCommand:
        """The command that would be right here, with some of it changed."""
        from tests.engine import CITY, COUNTY

        self.said += 1
        fields: dict[str, Any] = {"city": CITY, "programme": self.town.programme, "number": self.number}
        match COMMANDS[kind]:
            case kind_of if kind_of is DrawPayoutPlan:
                fields |= {"line": RETROFIT_LINE, "claims": self.claims(), "way": "selection", "reason": "专家审查"}
            case kind_of if kind_of is ApprovePayoutPlan:
                due = self.file.next_approval
                by = by or HANDS.get(due)
                fields |= {"approval": due, "sha256": self.file.sha256, "document": f"{due}1号"}
            case kind_of if kind_of is InstructPayments:
                fields |= {"document": "财企1号"}
            case kind_of if kind_of is FileReceipts:
                fields |= {"sha256": f"{self.said:064d}", "slips": self.slips()}
            case kind_of if kind_of is RedrawPayoutPlan:
                fields |= {"way": "selection", "reason": "情况有变"}
            case _:
                fields |= {"reason": "情况有变"}
        hand = by or HANDS[kind]
        hand = replace(hand, organisation={"东区": COUNTY}.get(hand.organisation, hand.organisation))
        identity = command_id(self.town.programme, self.number, kind, str(self.said))
        return COMMANDS[kind](command_id=identity, by=hand, **{**fields, **changes})

    def claims(self) -> tuple[Claim, ...]:
        """All that the firms are still due."""
        return tuple(Claim(firm.case, still_due(firm.file)) for firm in self.firms)

    def slips(self) -> tuple[Slip, ...]:
        """Every firm has its money today, as far as it waits for it."""
        waiting = {firm.file.instruction for firm in self.firms if firm.file.subsidy == "instructed"}
        day = self.at.date()
        return tuple(
            Slip(order.instruction, order.amount, day, "") for order in self.file.orders if order.instruction in waiting
        )

    def hands_in(self, kind: str, by: Person | None = None, **changes: Any) -> Answer:
        """One command, decided at once."""
        answer = self.town.desk.handle(self.command(kind, by, **changes), self.at)
        heard(kind, answer.refusal.rule if answer.refusal else None)
        return answer

    def did(self, *kinds: str) -> Paymaster:
        """Several commands, each of which must succeed."""
        for kind in kinds:
            assert self.hands_in(kind).refusal is None, kind
        return self

    def drawn(self) -> Paymaster:
        """The plan is drawn."""
        return self.did("draw-payout-plan")

    def approved(self) -> Paymaster:
        """It is drawn and has every approval."""
        return self.drawn().did("approve-payout-plan", "approve-payout-plan")

    def instructed(self) -> Paymaster:
        """The county treasuries are told to pay."""
        return self.approved().did("instruct-payments")

    def paid(self) -> Paymaster:
        """Every firm has its money."""
        return self.instructed().did("file-receipts")


def alone(firm: Firm, kind: str) -> Receipt:
    """A firm's approval or instruction in a round of its own."""
    if kind == "approve-payout":
        firm.rounds += 1
    paying = Paymaster(firm.town, f"R{firm.rounds}-{firm.code}", [firm], said=100 * firm.said)
    kinds = ("draw-payout-plan", "approve-payout-plan", "approve-payout-plan")
    receipt = None
    for step in kinds if kind == "approve-payout" else ("instruct-payments",):
        answer = paying.hands_in(step)
        assert answer.refusal is None, (step, answer.refusal)
        receipt = answer.receipt
        firm.said += 1
        paying.said += 1
    assert receipt is not None
    return receipt
