"""What one firm does and suffers, day by day: some are late, some fail, some cheat; all by a seed of their own."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from hashlib import sha256
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

from domain.calendar import Calendar
from domain.case.acceptance import (
    ConfirmAcceptance,
    FailAcceptance,
    FileRecheck,
    OrderRectification,
    PassAcceptance,
    PublishAcceptance,
    ReportRectification,
)
from domain.case.application import SubmitApplication
from domain.case.contract import FileContract, PassContract, RegisterContract, ReturnContract
from domain.case.contract_change import ApproveContractChange, AskContractChange
from domain.case.diagnosis import AssignDiagnosis, ConfirmDiagnosis, FileDiagnosis
from domain.case.entitlement import VerifyEntitlement, entitlement
from domain.case.evaluation import ApplyForAcceptance, AssignEvaluator, FileEvaluation
from domain.case.expert_review import experts_come_next
from domain.case.listing import AnswerObjection, ConfirmPilot, PublishList, RecordObjection
from domain.case.payout import ApprovePayout, InstructPayment, RecordBounce, RecordReceipt
from domain.case.plan import FilePlan, PassPlan, ReturnPlan
from domain.case.retrofit import InspectMilestone, ReportCompletion, ReportMilestone
from domain.case.review import (
    PassCityReview,
    PassCountyReview,
    PromoteFromWaitlist,
    RejectApplication,
    RequestSupplement,
    SubmitSupplement,
    WaitlistApplication,
)
from domain.case.vouchers import FileVouchers
from domain.case.withdrawal import ApproveWithdrawal, AskWithdrawal
from domain.commands import CaseCommand
from domain.identity import command_id
from domain.money import Money, total
from domain.people import Person, Role
from domain.policy import Pack
from domain.spend import Contract, SpendLine
from domain.standard import Grade
from domain.vouchers import Covered, Invoice, PaymentProof
from exchange.roster import RosterRow
from policies import load
from rehearsal.cast import DIAGNOSERS, EVALUATORS, PROVIDERS, Cast


class ScriptError(Exception):
    """The rehearsal's own script met an answer that it did not expect. A fault of the program, never of the city."""


THURSDAY = 3
OFFICE_DAYS = (1, THURSDAY)
"""People here act on Tuesdays and Thursdays, so that a day has company."""


@dataclass(frozen=True)
class Act:
    """What somebody does on a day: a command, or a mistake that will be refused. What time does needs nobody."""

    on: date
    command: CaseCommand
    mistake: bool = False
    """It comes as a signal and is refused; the refusal stays on record."""


Story = Generator[Act, None, bool]
"""Acts in order of days; True at its end where the firm goes on, False where its life in the programme is over."""


@dataclass
class Firm:
    """One firm of the rehearsal, with its luck."""

    row: RosterRow
    case: UUID
    batch: UUID
    batch_code: str
    programme: str
    batch_opens: date
    cast: Cast
    pack: Pack
    calendar: Calendar
    chance: Random
    day: date = date.min
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    provider: str = ""
    evaluator: str = ""
    contract: Contract | None = None
    verified: tuple[SpendLine, ...] = ()

    @property
    def standard(self) -> str:
        """The edition of the indicators in force on this day."""
        return str(self.pack.cited("evaluation.standard", self.day).value)

    def happens(self, probability: float) -> bool:
        """A throw of this firm's dice."""
        return self.chance.random() < probability

    def later(self, least: int, most: int) -> date:
        """Move to the next office day after some natural days: a Tuesday or Thursday that is worked."""
        self.day += timedelta(days=self.chance.randint(least, most))
        while self.day.weekday() not in OFFICE_DAYS or not self.calendar.is_workday(self.day):
            self.day += timedelta(days=1)
        return self.day

    def to_notice_day(self) -> date:
        """Move on to the next Thursday that is worked: firms go before the public together, in one notice a week."""
        while self.day.weekday() != THURSDAY or not self.calendar.is_workday(self.day):
            self.day += timedelta(days=1)
        return self.day

    def after_period(self, timer: str) -> date:
        """Move past the end of a period that began on this day."""
        self.day = self.calendar.due(self.day, self.pack.days(f"timers.{timer}")).date + timedelta(days=1)
        return self.later(0, 3)

    def gives(self, kind: type[CaseCommand], by: Person, *, mistake: bool = False, **asks: Any) -> Act:
        """A command of this firm's case on its day, with an id made of where it stands in the story."""
        name = command_id("rehearsal", str(self.case), str(next(self.numbers)))
        return Act(self.day, kind(command_id=name, case=self.case, by=by, **asks), mistake)


def life(firm: Firm) -> Story:
    """From the application to the money on the account, or to wherever the firm's luck ends."""
    for stage in (_selection, _diagnosis, _contract, _retrofit, _evaluation, _payout):
        goes_on = yield from stage(firm)
        if not goes_on:
            return False
    return True


def grade(level: int, chance: Random, standard: str) -> Grade:
    """Six numbers that fit a level."""
    edition = load.standard(standard)
    points = Decimal(20 * level + chance.randint(2, 17))
    foundation = min(Decimal(50), points / 2)
    return Grade(
        standard=standard,
        level=level,
        foundation=foundation,
        management=min(Decimal(30), (points - foundation) * 3 / 5),
        effect=min(Decimal(20), (points - foundation) * 2 / 5),
        binding_scenarios=min(edition.scenarios_that_are(binding=True), 2 * level + 2),
        guiding_scenarios=min(edition.scenarios_that_are(binding=False), level + 2),
    )


def _selection(firm: Firm) -> Story:
    me, county, cast = firm.cast.firm(firm.row), firm.cast.county(firm.row.county), firm.cast
    firm.day = firm.batch_opens
    firm.later(0, 20)
    own_level = firm.chance.choice((0, 1, 1))
    if firm.happens(0.10):
        yield firm.gives(SubmitApplication, me, batch=firm.batch, self_level=own_level, pledged=False, mistake=True)
    yield firm.gives(SubmitApplication, me, batch=firm.batch, self_level=own_level, pledged=True)
    if firm.happens(0.20):
        firm.later(2, 8)
        yield firm.gives(RequestSupplement, county, defects=("财务报表", "信用报告"), reason="材料不全")
        if firm.happens(0.15):
            return False  # nobody acts; time alone ends the application
        firm.later(1, 2)
        yield firm.gives(SubmitSupplement, me)
    firm.later(3, 20 if firm.happens(0.15) else 9)
    if firm.happens(0.06):
        stranger = cast.county(next(name for name in firm.pack.list("selection.counties") if name != firm.row.county))
        yield firm.gives(PassCountyReview, stranger, mistake=True)
    if firm.happens(0.05):
        yield firm.gives(RejectApplication, county, reason="近三年发生重大安全生产事故")
        return False
    yield firm.gives(PassCountyReview, county, reason="现场核查属实")
    firm.later(3, 10)
    if firm.happens(0.08) and not experts_come_next(firm.pack):
        yield firm.gives(WaitlistApplication, cast.clerk(1), reason="本批名额已满")
        firm.later(20, 40)
        yield firm.gives(PromoteFromWaitlist, cast.clerk(1), reason="有企业退出")
    else:
        yield firm.gives(PassCityReview, cast.clerk(1))
    goes_on = yield from _list(firm)
    return goes_on


def _list(firm: Firm) -> Story:
    cast = firm.cast
    firm.later(1, 4)
    firm.to_notice_day()
    document = f"第{firm.batch_code}批公示〔{firm.day.year}〕{firm.day:%m%d}号"
    yield firm.gives(PublishList, cast.clerk(2), document=document)
    if firm.happens(0.06):
        firm.later(1, 2)
        yield firm.gives(RecordObjection, cast.clerk(2), matter="反映该企业主营业务不属试点行业")
        yield firm.gives(
            ConfirmPilot, cast.bureau(Role.HEAD), document=f"名单〔{firm.day.year}〕{firm.day:%m%d}号", mistake=True
        )
        firm.later(2, 5)
        yield firm.gives(AnswerObjection, cast.bureau(Role.HEAD, 2), upheld=False, answer="经核，主营收入占比符合要求")
    firm.after_period("list_notice")
    yield firm.gives(ConfirmPilot, cast.bureau(Role.HEAD), document=f"名单〔{firm.day.year}〕{firm.day:%m%d}号")
    return True


def _diagnosis(firm: Firm) -> Story:
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


def _contract(firm: Firm) -> Story:
    me, reviewer = firm.cast.firm(firm.row), firm.cast.reviewer(firm.pack, firm.chance)
    firm.provider = firm.chance.choice(PROVIDERS)
    lines = _priced(firm)
    price = total(line.amount for line in lines)
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


def _retrofit(firm: Firm) -> Story:
    me, supervised = firm.cast.firm(firm.row), firm.pack.flag("contract.supervised")
    supervisor = firm.cast.supervisor(firm.chance.choice((1, 2)))
    by_provider = firm.cast.institution(Role.PROVIDER, firm.provider)
    late = firm.happens(0.12)
    if firm.happens(0.10) and firm.contract is not None:
        firm.later(10, 25)
        lines = (
            *firm.contract.lines[:-1],
            SpendLine("software", "质量追溯模块", Money(firm.chance.randint(10**6, 10**7))),
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


def _vouchers(firm: Firm) -> dict[str, Any]:
    """An invoice and a bank slip for every line of the contract."""
    assert firm.contract is not None
    number, seller = firm.case.int % 10**17, f"91440300MA5F{PROVIDERS.index(firm.provider):06d}"
    invoices, payments = [], []
    for place, line in enumerate(firm.contract.lines, start=1):
        digits, covers = f"{number:017d}{place:03d}", (Covered(place, line.amount),)
        invoices.append(Invoice("", digits, line.amount, "included", firm.day, seller, _hash("发票", digits), covers))
        payments.append(PaymentProof(digits, line.amount, firm.day, firm.row.name, _hash("回单", digits), covers))
    return {
        "contract_sha256": _hash("合同", firm.contract.number),
        "invoices": tuple(invoices),
        "payments": tuple(payments),
    }


def _hash(*words: str) -> str:
    return sha256(" ".join(words).encode()).hexdigest()


def _evaluation(firm: Firm) -> Story:
    me, cast = firm.cast.firm(firm.row), firm.cast
    firm.evaluator = firm.chance.choice(EVALUATORS)
    firm.later(5, 30)
    if firm.pack.has("payout.vouchers") and firm.pack.flag("payout.vouchers"):
        yield firm.gives(FileVouchers, me, **_vouchers(firm))
    yield firm.gives(ApplyForAcceptance, me, documents=("合同", "发票", "付款凭证", "总结报告", "自评表"))
    firm.later(1, 5)
    if firm.happens(0.05):
        yield firm.gives(AssignEvaluator, cast.clerk(1), evaluator=firm.provider, mistake=True)
    yield firm.gives(AssignEvaluator, cast.clerk(1), evaluator=firm.evaluator)
    firm.later(5, 35 if firm.happens(0.1) else 20)
    assert firm.contract is not None
    firm.verified = tuple(
        SpendLine(line.kind, line.what, Money(line.amount.fen * firm.chance.randint(920, 1000) // 1000))
        for line in firm.contract.lines
    )
    by, second = cast.institution(Role.EVALUATOR, firm.evaluator), cast.institution(Role.EVALUATOR, firm.evaluator, 2)
    falls_short = firm.happens(0.14)
    level = 1 if falls_short else firm.chance.choices((2, 3, 4), (0.72, 0.25, 0.03))[0]
    found: dict[str, Any] = {
        "verified": firm.verified,
        "second_evaluator": second.id,
        "report": f"评测-{firm.row.credit_code[-6:]}",
    }
    yield firm.gives(FileEvaluation, by, grade=grade(level, firm.chance, firm.standard), **found)
    if falls_short:
        firm.later(2, 6)
        yield firm.gives(OrderRectification, cast.bureau(Role.HEAD), items=("质量管理场景未达二级",))
        firm.later(10, 28)
        yield firm.gives(ReportRectification, me)
        firm.later(4, 14)
        mended = firm.happens(0.7)
        yield firm.gives(FileRecheck, by, grade=grade(2 if mended else 1, firm.chance, firm.standard), **found)
        if not mended:
            firm.later(2, 6)
            yield firm.gives(PassAcceptance, cast.bureau(Role.HEAD), mistake=True)
            yield firm.gives(FailAcceptance, cast.bureau(Role.HEAD), reason="复验仍未达到二级")
            return False
    firm.later(2, 7)
    yield firm.gives(PassAcceptance, cast.bureau(Role.HEAD))
    firm.later(1, 4)
    firm.to_notice_day()
    document = f"第{firm.batch_code}批验收公示〔{firm.day.year}〕{firm.day:%m%d}号"
    yield firm.gives(PublishAcceptance, cast.clerk(2), document=document)
    firm.after_period("acceptance_notice")
    yield firm.gives(ConfirmAcceptance, cast.bureau(Role.HEAD, 2))
    return True


def _payout(firm: Firm) -> Story:
    cast = firm.cast
    firm.later(2, 8)
    yield firm.gives(VerifyEntitlement, cast.clerk(3))
    amount = entitlement(firm.verified, firm.pack, firm.day).amount
    firm.later(3, 10)
    minutes = f"局长办公会纪要〔{firm.day.year}〕{firm.day:%m%d}号"
    if firm.happens(0.08):
        same_hand = Person(cast.clerk(3).id, Role.LEADER, "市工信局")
        yield firm.gives(ApprovePayout, same_hand, amount=amount, document=minutes, mistake=True)
    if firm.happens(0.05):
        yield firm.gives(
            ApprovePayout, cast.bureau(Role.LEADER), amount=amount + Money(1), document=minutes, mistake=True
        )
    yield firm.gives(ApprovePayout, cast.bureau(Role.LEADER), amount=amount, document=minutes)
    for attempt in count(1):
        firm.later(2, 8)
        document = f"财企〔{firm.day.year}〕{firm.day:%m%d}号"
        yield firm.gives(InstructPayment, cast.treasury(), document=document)
        firm.later(2, 25 if firm.happens(0.1) else 8)
        instruction = f"{firm.cast.city}-{firm.programme}-{firm.row.credit_code}-{attempt}"
        payer = cast.county_treasury(firm.row.county)
        if attempt == 1 and firm.happens(0.06):
            yield firm.gives(RecordBounce, payer, instruction=instruction, reason="账户名称不符")
            continue
        if firm.happens(0.05):
            short = amount - Money(100)
            yield firm.gives(
                RecordReceipt, payer, instruction=instruction, amount=short, received_on=firm.day, mistake=True
            )
        yield firm.gives(RecordReceipt, payer, instruction=instruction, amount=amount, received_on=firm.day)
        break
    return True
