"""诊断、合同、改造: what a firm of the rehearsal plans, signs and builds."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from domain.case.contract import FileContract, PassContract, RegisterContract, ReturnContract
from domain.case.contract_change import ApproveContractChange, AskContractChange
from domain.case.diagnosis import AssignDiagnosis, ConfirmDiagnosis, FileDiagnosis
from domain.case.plan import FilePlan, PassPlan, ReturnPlan
from domain.case.retrofit import InspectMilestone, ReportCompletion, ReportMilestone
from domain.case.withdrawal import ApproveWithdrawal, AskWithdrawal
from domain.money import Money, total
from domain.people import Role
from domain.spend import Contract, SpendLine
from rehearsal.cast import DIAGNOSERS, PROVIDERS
from rehearsal.firm import Firm, Story, grade

MODULE: Final = Money.wan(10)
"""The most that a module costs which a firm adds under way; its plan leaves room for it."""


def diagnosis(firm: Firm) -> Story:
    """The firm is diagnosed, and confirms what was found."""
    diagnoser = firm.chance.choice(DIAGNOSERS)
    firm.later(1, 6)
    yield firm.gives(AssignDiagnosis, firm.cast.clerk(1), diagnoser=diagnoser)
    firm.later(5, 45 if firm.happens(0.12) else 20)
    baseline = grade(firm.chance.choice((0, 1, 1, 1)), firm.chance, firm.standard)
    by = firm.cast.institution(Role.DIAGNOSER, diagnoser)
    yield firm.gives(FileDiagnosis, by, baseline=baseline, report=f"诊断-{firm.row.credit_code[-6:]}")
    firm.later(1, 5)
    yield firm.gives(ConfirmDiagnosis, firm.cast.firm(firm.row))
    return True


def _priced(firm: Firm) -> tuple[SpendLine, ...]:
    def cost(least: int, most: int) -> Money:
        return Money(firm.chance.randint(least * 1_000_000, most * 1_000_000))

    lines = [
        SpendLine("software", "生产执行系统", cost(15, 70)),
        SpendLine("cloud", "云服务两年", cost(2, 15)),
        SpendLine("acquisition", "数据采集网关", cost(5, 30)),
    ]
    if firm.happens(0.5):
        lines.append(SpendLine("consulting", "咨询诊断", cost(2, 8)))
    if firm.happens(0.3):
        lines.append(SpendLine("other", "办公电脑", cost(1, 6)))
    return tuple(lines)


def _agreed(firm: Firm, number: int, lines: tuple[SpendLine, ...], signed: date) -> Contract:
    return Contract(
        f"HT-{firm.row.credit_code[-8:]}-{number}", firm.provider, signed, lines, total(line.amount for line in lines)
    )


def contract(firm: Firm) -> Story:
    """From the plan to the registered contract; some withdraw on the way."""
    me, reviewer = firm.cast.firm(firm.row), firm.cast.reviewer(firm.pack, firm.chance)
    firm.provider = firm.chance.choice(PROVIDERS)
    lines = _priced(firm)
    price = total(line.amount for line in lines) + MODULE  # so that a module can be added under the plan's price
    firm.later(5, 20)
    yield firm.gives(FilePlan, me, provider=firm.provider, price=price)
    if firm.happens(0.08):
        firm.later(2, 6)
        yield firm.gives(ReturnPlan, reviewer, reason="方案未覆盖质量管理场景")
        firm.later(3, 8)
        yield firm.gives(FilePlan, me, provider=firm.provider, price=price)
    firm.later(2, 8)
    yield firm.gives(PassPlan, reviewer)
    if firm.happens(0.04):
        firm.later(2, 6)
        yield firm.gives(AskWithdrawal, me, reason="企业资金安排调整")
        firm.later(2, 6)
        yield firm.gives(ApproveWithdrawal, firm.cast.bureau(Role.HEAD))
        return False
    signed = firm.day
    firm.later(2, 20)
    if firm.happens(0.08):
        early = firm.pack.day("contract.not_before") - timedelta(days=40)
        yield firm.gives(FileContract, me, contract=_agreed(firm, 1, lines, early), mistake=True)
    if firm.happens(0.05):
        wrong = _agreed(firm, 1, lines, signed)
        wrong = Contract(wrong.number, wrong.provider, wrong.signed, wrong.lines, wrong.total + Money(1))
        yield firm.gives(FileContract, me, contract=wrong, mistake=True)
    firm.contract = _agreed(firm, 1, lines, signed)
    yield firm.gives(FileContract, me, contract=firm.contract)
    if firm.happens(0.08):
        firm.later(2, 5)
        yield firm.gives(ReturnContract, reviewer, reason="付款节点不明确")
        firm.later(2, 8)
        yield firm.gives(FileContract, me, contract=firm.contract)
    firm.later(2, 8)
    yield firm.gives(PassContract, reviewer)
    firm.later(1, 4)
    yield firm.gives(RegisterContract, firm.cast.clerk(2))
    return True


def retrofit(firm: Firm) -> Story:
    """Two milestones, looked at where the city has supervisors, and the report of completion."""
    me, supervised = firm.cast.firm(firm.row), firm.pack.flag("contract.supervised")
    supervisor = firm.cast.supervisor(firm.chance.choice((1, 2)))
    by_provider = firm.cast.institution(Role.PROVIDER, firm.provider)
    late = firm.happens(0.12)
    if firm.happens(0.10) and firm.contract is not None:
        firm.later(10, 25)
        lines = (
            *firm.contract.lines[:-1],
            SpendLine("software", "质量追溯模块", Money(firm.chance.randint(10**6, MODULE.fen))),
        )
        firm.contract = _agreed(firm, 2, lines, firm.day)
        yield firm.gives(AskContractChange, me, contract=firm.contract, reason="增加质量追溯模块")
        firm.later(3, 9)
        yield firm.gives(ApproveContractChange, firm.cast.clerk(2))
    for milestone in ("系统上线", "试运行"):
        firm.later(20, 120 if late else 45)
        yield firm.gives(ReportMilestone, by_provider, milestone=milestone, done_on=firm.day)
        if supervised:
            firm.later(2, 8)
            if firm.happens(0.08):
                yield firm.gives(InspectMilestone, supervisor, milestone=milestone, passed=False, opinion="数据未贯通")
                firm.later(8, 20)
                yield firm.gives(ReportMilestone, by_provider, milestone=milestone, done_on=firm.day)
                firm.later(2, 6)
            yield firm.gives(InspectMilestone, supervisor, milestone=milestone, passed=True, opinion="现场核查通过")
    firm.later(3, 15)
    if firm.happens(0.08):
        below = grade(1, firm.chance, firm.standard)
        yield firm.gives(ReportCompletion, me, completed_on=firm.day, self_grade=below, mistake=True)
        firm.later(7, 20)
    yield firm.gives(ReportCompletion, me, completed_on=firm.day, self_grade=grade(2, firm.chance, firm.standard))
    return True
