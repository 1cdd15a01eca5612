"""评测、验收、兑付: how a firm of the rehearsal is evaluated and paid."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from domain.case.acceptance import (
    ConfirmAcceptance,
    FailAcceptance,
    FileRecheck,
    OrderRectification,
    PassAcceptance,
    PublishAcceptance,
    ReportRectification,
)
from domain.case.entitlement import VerifyEntitlement, entitlement
from domain.case.evaluation import ApplyForAcceptance, AssignEvaluator, FileEvaluation
from domain.case.payout import RegisterAccount
from domain.case.payout_plan import ApprovePayout
from domain.case.vouchers import FileVouchers
from domain.money import Money
from domain.payout_round.plan import Account
from domain.people import Role
from domain.spend import SpendLine
from domain.vouchers import Covered, Invoice, PaymentProof
from rehearsal.cast import EVALUATORS, PROVIDERS
from rehearsal.firm import Firm, Story, grade


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


def evaluation(firm: Firm) -> Story:
    """From the request for acceptance to its confirmation; some mend, some fail."""
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


def payout(firm: Firm) -> Story:
    """The firm says where its money goes and what it is due is worked out; the rest is its payout round's."""
    cast = firm.cast
    firm.later(2, 8)
    account = Account(firm.row.name, "示例银行营业部", f"{firm.case.int % 10**16:016d}")
    yield firm.gives(RegisterAccount, cast.firm(firm.row), account=account)
    yield firm.gives(VerifyEntitlement, cast.clerk(3))
    if firm.happens(0.1):
        amount = entitlement(firm.verified, firm.pack, firm.day).amount
        by = cast.bureau(Role.LEADER)
        yield firm.gives(ApprovePayout, by, amount=amount, document="口头批准", mistake=True)
    return True
