"""Everybody's lines: the right hand and the right words for every command, and the order in which they come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from domain.identity import batch_id
from domain.money import Money
from domain.people import SYSTEM, Person
from domain.vouchers import Covered, Equipment, Invoice, PaymentProof
from tests.domain import cast
from tests.domain.cast import CITY, CODE, ENTITLEMENT, LEVEL_2, PROGRAMME, contract

if TYPE_CHECKING:
    from tests.domain.play import Play

Step = str | tuple[str, dict[str, Any]]
Words = Callable[["Play"], dict[str, Any]]


def _nothing(play: Play) -> dict[str, Any]:
    return {}


def _always(**fields: Any) -> Words:
    return lambda play: dict(fields)  # a copy: who speaks the line changes some of it


def _a_change(play: Play) -> dict[str, Any]:
    return {"reason": "增加设备", "contract": contract(number="HT-2")}


def _a_slip(play: Play) -> dict[str, Any]:
    return {"amount": ENTITLEMENT, "slip": f"凭证{len(play.case.slips) + 1}"}


def _a_report(play: Play) -> dict[str, Any]:
    return {
        "grade": LEVEL_2,
        "verified": cast.LINES,
        "second_evaluator": "evaluator-2",
        "report": "PC-1",
    }


def _papers(play: Play) -> dict[str, Any]:
    """An invoice and a payment of the whole for every line, and a gateway by its serial number."""
    held, lines = len(play.case.filings), play.case.contract.lines if play.case.contract else cast.LINES
    covers = [(Covered(place, line.amount),) for place, line in enumerate(lines, start=1)]
    number = [f"{play.case.id.int % 10**14:014d}{held:04d}{place:02d}" for place in range(len(lines))]
    return {
        "contract_sha256": "a" * 64,
        "invoices": tuple(
            Invoice("", number[place], line.amount, "included", play.today, cast.OUT, "b" * 64, covers[place])
            for place, line in enumerate(lines)
        ),
        "payments": tuple(
            PaymentProof(number[place], line.amount, play.today, play.case.firm, "c" * 64, covers[place])
            for place, line in enumerate(lines)
        ),
        "equipment": (Equipment(f"SN-{number[0]}", 1, "d" * 64),),
    }


def _next_reminder(play: Play) -> dict[str, Any]:
    held = min(play.case.deadlines.values(), key=lambda deadline: deadline.due, default=None)
    return {"name": held.name if held else "none/1", "on": held.remind_on[0] if held and held.remind_on else play.today}


def _next_deadline(play: Play) -> dict[str, Any]:
    return {"name": min(play.case.deadlines, default="none/1")}


LINES: Final[Mapping[str, tuple[Person, Words]]] = {
    "open-case": (
        cast.clerk1,
        _always(
            city=CITY,
            programme=PROGRAMME,
            credit_code=CODE,
            firm="示例轴承有限公司",
            county="东区",
            industry="轴承",
            scale="小型",
            above_designated=True,
            quality="专精特新",
        ),
    ),
    "submit-application": (
        cast.firm,
        _always(batch=batch_id(CITY, PROGRAMME, "1"), self_level=1, pledged=True),
    ),
    "request-supplement": (cast.county, _always(defects=("缺少审计报告",))),
    "submit-supplement": (cast.firm, _nothing),
    "pass-county-review": (cast.county, _nothing),
    "pass-city-review": (cast.clerk1, _nothing),
    "waitlist-application": (cast.clerk1, _nothing),
    "promote-from-waitlist": (cast.clerk1, _nothing),
    "reject-application": (cast.county, _always(reason="不符合条件")),
    "publish-list": (cast.clerk1, _always(document="公示1号")),
    "record-objection": (cast.clerk1, _always(matter="设备不实")),
    "answer-objection": (cast.head, _always(upheld=False, answer="经查不属实")),
    "confirm-pilot": (cast.head, _always(document="名单1号")),
    "ask-withdrawal": (cast.firm, _always(reason="经营调整")),
    "approve-withdrawal": (cast.head, _nothing),
    "decline-withdrawal": (cast.head, _always(reason="已签合同")),
    "adopt-rules": (cast.head, _always(version=cast.REVISED, document="通知1号")),
    "assign-diagnosis": (cast.clerk1, _always(diagnoser=cast.diagnoser.organisation)),
    "file-diagnosis": (cast.diagnoser, _always(baseline=cast.LEVEL_1, report="ZD-1")),
    "confirm-diagnosis": (cast.firm, _nothing),
    "file-plan": (cast.firm, _always(provider=cast.provider.organisation, price=Money.wan(100))),
    "pass-plan": (cast.supervisor, _nothing),
    "return-plan": (cast.supervisor, _always(reason="价格偏高")),
    "file-contract": (cast.firm, lambda play: {"contract": contract()}),
    "pass-contract": (cast.supervisor, _nothing),
    "return-contract": (cast.supervisor, _always(reason="条款不全")),
    "register-contract": (cast.clerk1, _nothing),
    "ask-contract-change": (cast.firm, _a_change),
    "approve-contract-change": (cast.clerk1, _nothing),
    "decline-contract-change": (cast.clerk1, _always(reason="理由不足")),
    "report-milestone": (cast.provider, lambda play: {"milestone": "上线", "done_on": play.today}),
    "inspect-milestone": (cast.supervisor, _always(milestone="上线", passed=True, opinion="属实")),
    "report-completion": (cast.firm, lambda play: {"completed_on": play.today, "self_grade": LEVEL_2}),
    "file-vouchers": (cast.firm, _papers),
    "strike-vouchers": (
        cast.clerk1,
        lambda play: {"filing": next(iter(play.case.filings), UUID(int=0)), "reason": "发票号码填错"},
    ),
    "apply-for-acceptance": (cast.firm, _always(documents=("验收申请",))),
    "assign-evaluator": (cast.clerk1, _always(evaluator=cast.evaluator.organisation)),
    "file-evaluation": (cast.evaluator, _a_report),
    "override-level": (cast.head, _always(computed=1, declared=2, reason="现场复核，两处场景确已达到二级")),
    "order-rectification": (cast.head, _always(items=("补齐数据",))),
    "report-rectification": (cast.firm, _nothing),
    "file-recheck": (cast.evaluator, _a_report),
    "pass-acceptance": (cast.head, _nothing),
    "fail-acceptance": (cast.head, _always(reason="整改后仍不达标")),
    "publish-acceptance": (cast.clerk1, _always(document="公示2号")),
    "confirm-acceptance": (cast.leader, _nothing),
    "record-earlier-support": (
        cast.clerk1,
        _always(line=1, given_by="省级技改专项", amount=Money.yuan("1000"), document="省财企2号"),
    ),
    "verify-entitlement": (cast.clerk2, _nothing),
    "deny-subsidy": (cast.head, _always(reason="核实支出均不在可补贴之列")),
    "register-account": (cast.firm, _always(account=cast.ACCOUNT)),
    "approve-payout": (cast.leader, _always(amount=ENTITLEMENT, document="纪要1号")),
    "instruct-payment": (cast.treasury, _always(document="财企1号")),
    "record-receipt": (
        cast.county_treasury,
        lambda play: {"instruction": play.case.instruction, "amount": ENTITLEMENT, "received_on": play.today},
    ),
    "record-bounce": (
        cast.county_treasury,
        lambda play: {"instruction": play.case.instruction, "reason": "账号有误"},
    ),
    "draw-case": (cast.clerk1, _always(campaign="回头看-1", purpose="accepted", basis="随机抽取，第3名")),
    "record-inspection": (cast.inspector, _always(findings=(), second_inspector="inspector-2")),
    "order-lookback-rectification": (cast.head, _nothing),
    "report-lookback-rectification": (cast.firm, _nothing),
    "record-lookback-recheck": (cast.inspector, _always(passed=True)),
    "file-statement": (cast.firm, _always(statement="系统因搬迁暂停")),
    "dismiss-finding": (cast.head, _always(reason="情况属实，已恢复")),
    "revoke-qualification": (cast.leader, _always(ground="系统停用", minutes="纪要2号")),
    "close-case": (cast.head, _nothing),
    "notify-recovery": (cast.clerk1, _always(amount=ENTITLEMENT, document="告知1号")),
    "decide-recovery": (cast.leader2, _always(amount=ENTITLEMENT, document="决定1号")),
    "record-refund": (cast.county_treasury, _a_slip),
    "hand-over-recovery": (cast.head, _always(to="市司法局", reason="逾期未退")),
    "record-enforcement": (cast.clerk1, _always(document="执行1号")),
    "write-off-recovery": (cast.leader3, _always(amount=ENTITLEMENT, document="核销1号", reason="企业已破产")),
    "approve-conflict": (
        cast.head,
        _always(organisation=cast.diagnoser.organisation, pair="diagnosis+retrofit", reason="本行业仅此一家"),
    ),
    "watch-provider": (SYSTEM, _always(credit_code=cast.OUT)),
    "record-reminder": (SYSTEM, _next_reminder),
    "pass-deadline": (SYSTEM, _next_deadline),
}

MAIN: Final[tuple[str, ...]] = (
    *("open-case", "submit-application", "pass-county-review", "pass-city-review", "publish-list", "confirm-pilot"),
    *("assign-diagnosis", "file-diagnosis", "confirm-diagnosis"),
    *("file-plan", "pass-plan", "file-contract", "pass-contract", "register-contract"),
    *("report-milestone", "inspect-milestone", "report-completion"),
    *("apply-for-acceptance", "assign-evaluator", "file-evaluation"),
    *("pass-acceptance", "publish-acceptance", "confirm-acceptance"),
    *("register-account", "verify-entitlement", "approve-payout", "instruct-payment", "record-receipt"),
    "close-case",
)
"""The main path, from the roster to the archive."""

WAITS: Final[Mapping[str, str]] = {"confirm-pilot": "list_notice", "confirm-acceptance": "acceptance_notice"}
"""Commands that come only after a notice has stood its time."""

SHUT_DOWN: Final[dict[str, Any]] = {"findings": ("系统停用",), "evidence": ("照片1",)}
FALLEN: Final[dict[str, Any]] = {"findings": ("等级回落",), "evidence": ("复测1",)}
FOUND: Final[tuple[Step, ...]] = ("record-receipt", "draw-case", ("record-inspection", SHUT_DOWN))
LEVEL_FELL: Final[tuple[Step, ...]] = ("record-receipt", "draw-case", ("record-inspection", FALLEN))
REVOKED: Final[tuple[Step, ...]] = (*FOUND, "file-statement", "revoke-qualification")
NOTIFIED: Final[tuple[Step, ...]] = (*REVOKED, "notify-recovery")
DECIDED: Final[tuple[Step, ...]] = (*NOTIFIED, "decide-recovery")
UNPROVEN: Final[tuple[Step, ...]] = (
    ("file-evaluation", {"verified": ()}),
    *("pass-acceptance", "publish-acceptance", "~acceptance_notice", "confirm-acceptance"),
)
"""Accepted, with no spend that could be verified."""
WORST: Final = (("file-evaluation", {"grade": cast.LEVEL_1}),)

SIDES: Final[Mapping[str, tuple[Step, ...]]] = {
    "request-supplement": ("submit-application",),
    "submit-supplement": ("submit-application", "request-supplement"),
    "waitlist-application": ("pass-county-review",),
    "promote-from-waitlist": ("pass-county-review", "waitlist-application"),
    "reject-application": ("submit-application",),
    "record-objection": ("publish-list",),
    "answer-objection": ("publish-list", "record-objection"),
    "ask-withdrawal": ("submit-application",),
    "approve-withdrawal": ("submit-application", "ask-withdrawal"),
    "decline-withdrawal": ("submit-application", "ask-withdrawal"),
    "adopt-rules": ("submit-application",),
    "return-plan": ("file-plan",),
    "return-contract": ("file-contract",),
    "ask-contract-change": ("register-contract",),
    "approve-contract-change": ("register-contract", "ask-contract-change"),
    "decline-contract-change": ("register-contract", "ask-contract-change"),
    "file-vouchers": ("report-completion",),
    "strike-vouchers": ("report-completion", "file-vouchers"),
    "record-earlier-support": ("confirm-acceptance",),
    "deny-subsidy": ("assign-evaluator", *UNPROVEN),
    "override-level": ("assign-evaluator",),
    "order-rectification": ("assign-evaluator", *WORST),
    "report-rectification": ("assign-evaluator", *WORST, "order-rectification"),
    "file-recheck": ("assign-evaluator", *WORST, "order-rectification", "report-rectification"),
    "fail-acceptance": ("assign-evaluator", *WORST, "order-rectification", "report-rectification", "file-recheck"),
    "record-bounce": ("instruct-payment",),
    "draw-case": ("record-receipt",),
    "record-inspection": ("record-receipt", "draw-case"),
    "order-lookback-rectification": LEVEL_FELL,
    "report-lookback-rectification": (*LEVEL_FELL, "order-lookback-rectification"),
    "record-lookback-recheck": (*LEVEL_FELL, "order-lookback-rectification", "report-lookback-rectification"),
    "file-statement": FOUND,
    "dismiss-finding": FOUND,
    "revoke-qualification": (*FOUND, "file-statement"),
    "notify-recovery": REVOKED,
    "decide-recovery": NOTIFIED,
    "record-refund": DECIDED,
    "hand-over-recovery": (*DECIDED, "~refund", "pass-deadline"),
    "record-enforcement": (*DECIDED, "~refund", "pass-deadline", "hand-over-recovery"),
    "write-off-recovery": (*DECIDED, "~refund", "pass-deadline", "hand-over-recovery"),
    "approve-conflict": ("assign-diagnosis",),
    "watch-provider": ("register-contract",),
    "pass-deadline": ("submit-application", "~county_review"),
    "record-reminder": ("submit-application", "~county_review"),
}
"""Beside the main path: the last main command that was done, then what else was done, until the command is due."""
