"""What a payout round must keep to: one plan by its hash, every step another hand, every receipt its instruction."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from domain.case.file import CaseFile, Subsidy
from domain.fund.file import Fund
from domain.money import ZERO, Money
from domain.notice.file import Notice
from domain.payout_round.file import HeldBack, PayoutRound, Slip, Step
from domain.payout_round.plan import APPROVED_BY, PlanLine, Share
from domain.people import Person, Role
from domain.policy import APPROVALS
from domain.rules import No, rule
from domain.words import PAYOUT_STEPS, SOURCES, zh

_LONGEST_NUMBER = 32
_ACTS = {"draw plan": "拟定方案", "approve plan": "审批方案", "instruct payments": "下达资金文件"}


@rule
def round_must_be_drawn_once(payout_round: PayoutRound, number: str) -> No | None:
    """One number is one round."""
    return None if payout_round.is_new else No(f"轮次 {number} 已经拟定方案；要改动请重拟方案")


@rule
def round_must_have_been_drawn(payout_round: PayoutRound) -> No | None:
    """A round begins with its plan."""
    return No("没有这个兑付轮次") if payout_round.is_new else None


@rule
def round_number_must_be_short_and_plain(number: str) -> No | None:
    """The number stands on every instruction: visible characters without blanks."""
    if 0 < len(number) <= _LONGEST_NUMBER and number.isprintable() and not any(ch.isspace() for ch in number):
        return None
    return No(f"轮次编号应为 1 至 {_LONGEST_NUMBER} 个可见字符，不含空格")


@rule
def round_must_be_at_this_step(payout_round: PayoutRound, *steps: Step) -> No | None:
    """A step is taken when it is its turn, not before and not twice."""
    if payout_round.step in steps:
        return None
    wanted = "、".join(PAYOUT_STEPS[step] for step in steps)
    return No(f"轮次 {payout_round.number} 现为“{PAYOUT_STEPS[payout_round.step]}”，此步骤须在“{wanted}”时办理")


@rule
def chain_must_end_with_who_decides(chain: Sequence[str], clause: str) -> No | None:
    """Money is set aside by a decision of those in charge, not by an opinion or a countersignature."""
    if chain and APPROVED_BY[chain[-1]] is Role.LEADER:
        return None
    return No("审批链的最后一环须为局长办公会议审议或市政府审定", clause)


@rule
def plan_must_name_a_firm(cases: Sequence[UUID]) -> No | None:
    """A plan pays somebody."""
    return None if cases else No("方案没有列入任何企业")


@rule
def firm_must_stand_once_in_the_plan(lines: Sequence[PlanLine]) -> No | None:
    """Two lines of one firm would be two payments."""
    seen: set[UUID] = set()
    for line in lines:
        if line.case in seen:
            return No(f"{line.firm} 在方案中重复列入")
        seen.add(line.case)
    return None


@rule
def firm_must_be_of_the_programme(case: CaseFile, city: str, programme: str) -> No | None:
    """One round pays the firms of one city's programme."""
    if (case.city, case.programme) == (city, programme):
        return None
    return No(f"方案所列的档案 {case.id} 不属于项目 {programme}" if not case.is_new else "方案所列的档案不存在")


@rule
def shares_must_be_told(fund: Fund, shares: Sequence[Share]) -> No | None:
    """Where several sources feed the line, whoever draws the plan says how they share it; nothing is guessed."""
    if not shares and len(fund.sources) > 1:
        return No("该预算行有多个资金来源，须写明各来源的分担比例")
    named = [share.source for share in shares]
    if len(set(named)) < len(named) or any(share.weight < 1 for share in shares):
        return No("每个来源只写一次，分担比例须为大于零的整数")
    strange = [source for source in named if source not in fund.sources]
    return No(f"预算行没有这个来源的资金：{'、'.join(SOURCES.get(one, one) for one in strange)}") if strange else None


@rule
def fund_must_hold_the_whole_plan(fund: Fund, lines: Sequence[PlanLine]) -> No | None:
    """A plan beyond what is there is not drawn: source by source, a county's firms out of its own allocation."""
    needed: dict[tuple[str, str], Money] = {}
    for line in lines:
        bearer = line.county if fund.allocates_to(line.county) else ""
        for part in line.parts:
            key = (bearer, part.source)
            needed[key] = needed.get(key, ZERO) + part.amount
    for (bearer, source), amount in needed.items():
        free = fund.balance("allocated" if bearer else "available", source, bearer)
        if amount > free:
            whose = f"{bearer}预下达余额" if bearer else "可用资金"
            return No(f"方案需{SOURCES[source]}资金 {amount.grouped()} 元，{whose}只有 {free.grouped()} 元")
    return None


@rule
def approval_must_be_the_next(payout_round: PayoutRound, approval: str, clause: str) -> No | None:
    """The chain is walked in order and no link is left out."""
    due = payout_round.next_approval
    return None if approval == due else No(f"现在应办理“{APPROVALS[due]}”，不是“{zh(approval)}”", clause)


@rule
def approval_must_be_given_by_its_role(approval: str, by: Person) -> No | None:
    """Each approval has its own office."""
    wanted = APPROVED_BY[approval]
    return None if by.role is wanted else No(f"“{APPROVALS[approval]}”由{zh(wanted)}办理，{zh(by.role)}无权办理")


@rule
def approval_must_be_for_the_plan_as_it_stands(payout_round: PayoutRound, sha256: str) -> No | None:
    """Whoever approves has seen this plan and no other."""
    if sha256 == payout_round.sha256:
        return None
    standing = f"现行第 {payout_round.edition} 版（{payout_round.sha256[:12]}…）"
    return No(f"所审批的方案（{sha256[:12]}…）不是{standing}，请重新核对")


@rule
def round_hand_must_differ(payout_round: PayoutRound, by: Person, *acts: str) -> No | None:
    """Drawing, every approval, the fund document and the receipts are by different persons."""
    for act in acts:
        if by.id in payout_round.hands.get(act, ()):
            return No(f"{by.id} 已办理本轮次“{_ACTS[act]}”，不能再办理此步（不相容职责须由不同的人承担）")
    return None


@rule
def plan_must_have_stood_before_the_public(
    lines: Sequence[PlanLine], notice: Notice | None, document: str, clause: str
) -> No | None:
    """Where the rules have the plan published, money leaves only for the firms and amounts that the public saw."""
    if notice is None:
        return None if not clause else No("资金分配方案须先公示，请写明公示文号", clause)
    if notice.completed_on is None:
        return No(f"公示“{document}”尚未期满完成，不能下达资金文件", clause)
    shown = {(row.credit_code, row.amount) for row in notice.shown.rows}
    for line in lines:
        if (line.credit_code, line.amount) not in shown:
            return No(f"{line.firm} {line.amount.grouped()} 元不在公示“{document}”之内", clause)
    return None


@rule
def somebody_must_be_payable(ordered: Sequence[object], held_back: Sequence[HeldBack]) -> No | None:
    """An instruction file without a line is none."""
    if ordered:
        return None
    why = "；".join(f"{one.firm}：{one.sentence}" for one in held_back[:3])
    return No(f"没有可以拨付的企业{f'（{why}）' if why else ''}")


@rule
def nothing_must_have_been_instructed(payout_round: PayoutRound) -> No | None:
    """A plan whose money is on its way is not drawn anew; single firms can be taken out of it."""
    return None if not payout_round.orders else No("已有企业下达拨付指令，不能重拟；未下达的企业可以撤下")


@rule
def firm_must_be_in_the_plan(payout_round: PayoutRound, case: UUID) -> No | None:
    """What is taken out was in it."""
    if case in {line.case for line in payout_round.standing_lines}:
        return None
    return No("所列企业不在本轮次的方案中，或已撤下")


@rule
def receipts_must_hold_a_line(slips: Sequence[Slip]) -> No | None:
    """An empty file says nothing, and would stand on record as if it had."""
    return None if slips else No("回执文件没有任何一行回执")


@rule
def receipts_must_be_taken_in_once(payout_round: PayoutRound, sha256: str) -> No | None:
    """The same file is booked once, whatever it is called."""
    return No("这份回执文件已经导入过，没有重复入账") if sha256 in payout_round.receipts else None


@rule
def receipt_must_be_for_an_instruction_of_the_round(slip: Slip, known: Sequence[str]) -> No | None:
    """Nobody is paid by a number that this round never gave out."""
    return None if slip.instruction in known else No(f"指令号“{slip.instruction}”不是本轮次下达的指令")


@rule
def instruction_must_stand_once_in_the_file(slips: Sequence[Slip], slip: Slip) -> No | None:
    """Two receipts of one instruction in one file say two things."""
    if sum(one.instruction == slip.instruction for one in slips) == 1:
        return None
    return No(f"指令号“{slip.instruction}”在文件中出现不止一次")


@rule
def round_must_be_reconciled(open_lines: Sequence[PlanLine]) -> No | None:
    """A round ends when every line has its receipt, was taken back, or its firm lost the claim."""
    if not open_lines:
        return None
    names = "、".join(line.firm for line in open_lines[:5])
    return No(f"尚有 {len(open_lines)} 家没有到账回执（{names}{'等' * (len(open_lines) > 5)}），轮次不能办结")


def still_open(line: PlanLine, case: CaseFile, payout_round: UUID) -> bool:
    """Whether the line still waits for money."""
    return case.planned_in == payout_round and case.subsidy in (Subsidy.VERIFIED, Subsidy.APPROVED, Subsidy.INSTRUCTED)
