"""下达与回执: instructions leave for whoever passes the last look, receipts come back, and the round is closed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal
from uuid import UUID

from domain.case import payout, payout_plan, rooms, schedule
from domain.case.common import words_must_be_given
from domain.case.file import CaseFile, Subsidy
from domain.commands import CaseCommand
from domain.money import ZERO, total
from domain.payout_round import rules
from domain.payout_round.common import Decision, RoundCommand, RoundPapers, said
from domain.payout_round.file import (
    HeldBack,
    Order,
    PaymentsInstructed,
    PayoutRound,
    PayoutRoundClosed,
    PayoutsRetracted,
    ReceiptsFiled,
    Slip,
    Step,
)
from domain.payout_round.plan import sum_of
from domain.policy_rows import Notice as NoticeRow
from domain.rejections import Rejection


@dataclass(frozen=True, kw_only=True)
class InstructPayments(RoundCommand):
    """Issue the fund document: tell the county treasuries to pay whoever passes the last look."""

    kind: Literal["instruct-payments"] = "instruct-payments"
    document: str
    notice: str = ""
    """Number of the notice under which the plan stood before the public."""


@dataclass(frozen=True, kw_only=True)
class FileReceipts(RoundCommand):
    """Take in a county's receipt file, all of it or none."""

    kind: Literal["file-receipts"] = "file-receipts"
    sha256: str
    slips: tuple[Slip, ...]


@dataclass(frozen=True, kw_only=True)
class RetractPayouts(RoundCommand):
    """Take firms out of an approved plan before they are instructed; ``reason`` says why."""

    kind: Literal["retract-payouts"] = "retract-payouts"
    cases: tuple[UUID, ...]
    document: str


@dataclass(frozen=True, kw_only=True)
class ClosePayoutRound(RoundCommand):
    """Say that the round is done: everything adds up."""

    kind: Literal["close-payout-round"] = "close-payout-round"


def instruct_payments(payout_round: PayoutRound, command: InstructPayments, papers: RoundPapers) -> list[CaseFile]:
    """Every firm is looked at once more; whoever does not pass is held back, named with the rule, and nobody else."""
    rules.round_must_be_at_this_step(payout_round, Step.PAYMENT)
    rules.round_hand_must_differ(payout_round, command.by, "draw plan", "approve plan")
    words_must_be_given(command.document, "资金文件文号")
    published = next((row for row in papers.city.pack.rows(NoticeRow) if row.subject == "plan"), None)
    rules.plan_must_have_stood_before_the_public(
        payout_round.standing_lines, papers.notice, command.notice, published.clause if published else ""
    )
    orders: list[Order] = []
    held_back: list[HeldBack] = []
    instructed: list[CaseFile] = []
    for line in payout_round.standing_lines:
        case, own = papers.cases[line.case]
        if case.planned_in != payout_round.id or case.subsidy is not Subsidy.APPROVED:
            continue  # on its way, received, or no longer due
        spoken = payout.InstructPayment(**said(command, case.id), document=command.document)
        try:
            rooms.decide(case, replace(own, command=spoken, planned=line))
        except Rejection as no:
            held_back.append(HeldBack(line.case, line.firm, no.refusal.rule, no.refusal.sentence))
            continue
        assert case.account is not None
        orders.append(
            Order(case.id, case.instruction, case.firm, case.credit_code, case.county, case.approved, case.account)
        )
        instructed.append(case)
    rules.somebody_must_be_payable(orders, held_back)
    payout_round.record(
        PaymentsInstructed,
        papers.city,
        clauses=(papers.city.pack.clause("payout.mode"), published.clause if published else ""),
        file_number=f"{payout_round.number}-{payout_round.files + 1}",
        document=command.document,
        notice=command.notice,
        orders=tuple(orders),
        held_back=tuple(held_back),
    )
    return instructed


def file_receipts(payout_round: PayoutRound, command: FileReceipts, papers: RoundPapers) -> list[CaseFile]:
    """Every line of the file is booked, or none: a wrong one would leave the file half true."""
    rules.round_must_be_at_this_step(payout_round, Step.PAYMENT, Step.CLOSED)  # a bank may take its time
    rules.receipts_must_hold_a_line(command.slips)
    rules.receipts_must_be_taken_in_once(payout_round, command.sha256)
    rules.round_hand_must_differ(payout_round, command.by, "draw plan", "approve plan", "instruct payments")
    booked = [book(payout_round, slip, command, papers) for slip in command.slips]
    payout_round.record(ReceiptsFiled, papers.city, sha256=command.sha256, slips=command.slips)
    return booked


def book(payout_round: PayoutRound, slip: Slip, command: FileReceipts, papers: RoundPapers) -> CaseFile:
    """One line of a receipt file, in its firm's case and in the fund. Raises Rejection by the line's own rule."""
    of = {order.instruction: order for order in payout_round.orders}
    rules.receipt_must_be_for_an_instruction_of_the_round(slip, tuple(of))
    rules.instruction_must_stand_once_in_the_file(command.slips, slip)
    order = of[slip.instruction]
    case, own = papers.cases[order.case]
    spoken: CaseCommand
    if slip.bounced:
        spoken = payout.RecordBounce(**said(command, case.id) | {"reason": slip.bounced}, instruction=slip.instruction)
    else:
        spoken = payout.RecordReceipt(
            **said(command, case.id), instruction=slip.instruction, amount=slip.amount, received_on=slip.on
        )
    rooms.decide(case, replace(own, command=spoken, payout_round=payout_round))
    return case


def retract_payouts(payout_round: PayoutRound, command: RetractPayouts, papers: RoundPapers) -> list[CaseFile]:
    """Approved and not instructed: the money is free again, the claim stands."""
    rules.round_must_be_at_this_step(payout_round, Step.PAYMENT)
    rules.round_hand_must_differ(payout_round, command.by, "draw plan")
    rules.plan_must_name_a_firm(command.cases)
    words_must_be_given(command.document, "批准撤下的文件编号")
    words_must_be_given(command.reason, "撤下的理由")
    back = []
    for wanted in dict.fromkeys(command.cases):
        rules.firm_must_be_in_the_plan(payout_round, wanted)
        case, own = papers.cases[wanted]
        payout_plan.retract(case, own)
        schedule.settle(case, own)
        back.append(case)
    payout_round.record(
        PayoutsRetracted, papers.city, document=command.document, cases=tuple(dict.fromkeys(command.cases))
    )
    return back


def close_payout_round(payout_round: PayoutRound, command: ClosePayoutRound, papers: RoundPapers) -> list[CaseFile]:
    """What was approved is paid, or its firm has lost the claim, or its line was taken back; to the fen."""
    rules.round_must_be_at_this_step(payout_round, Step.PAYMENT)
    files = {line.case: papers.cases[line.case][0] for line in payout_round.lines}
    rules.round_must_be_reconciled(
        [line for line in payout_round.standing_lines if rules.still_open(line, files[line.case], payout_round.id)]
    )
    paid = total(files[order.case].received.get(order.instruction, ZERO) for order in payout_round.orders)
    approved = sum_of(payout_round.lines)
    payout_round.record(PayoutRoundClosed, papers.city, approved=approved, paid=paid, lost=approved - paid)
    return []


DECISIONS: Final[Mapping[type[RoundCommand], Decision]] = {
    InstructPayments: instruct_payments,
    FileReceipts: file_receipts,
    RetractPayouts: retract_payouts,
    ClosePayoutRound: close_payout_round,
}
