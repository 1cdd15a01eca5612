"""权限: which roles may give which command, and to whose case. Denied by default; what is not here is nobody's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from domain.case.file import CaseFile
from domain.commands import CaseCommand, Command
from domain.identity import is_plain, same, trading_name
from domain.people import SYSTEM, Person, Role
from domain.rules import No, rule
from domain.words import zh

_UNWRITABLE = re.compile(r"(?<!\\)(?:\\\\)*\\(?:x00|ud[89a-f])")
"""As ``repr`` shows them."""
_REVIEWERS = (Role.SUPERVISOR, Role.CLERK)

_BUREAU = {Role.CLERK, Role.HEAD, Role.LEADER, Role.TREASURY, Role.COUNTY, Role.COUNTY_TREASURY}
_FOR_THE_CITY = _BUREAU | {Role.SUPERVISOR, Role.INSPECTOR}
"""Roles that act for the public side."""

ROLES: Final[Mapping[str, tuple[Role, ...]]] = {
    "open-batch": (Role.CLERK, Role.HEAD),
    "revise-batch-rules": (Role.HEAD,),
    "set-quotas": (Role.CLERK, Role.HEAD),
    "reset-quotas": (Role.HEAD,),
    "import-exclusions": (Role.CLERK,),
    "withdraw-exclusions": (Role.HEAD,),
    "call-expert-review": (Role.CLERK, Role.HEAD),
    "add-experts": (Role.CLERK, Role.HEAD),
    "recuse-expert": (Role.EXPERT, Role.HEAD),
    "file-score": (Role.EXPERT,),
    "file-scores": (Role.EXPERT,),
    "close-expert-review": (Role.CLERK,),
    "call-off-expert-review": (Role.HEAD,),
    "appropriate-fund": (Role.TREASURY,),
    "withdraw-fund": (Role.TREASURY,),
    "allocate-to-county": (Role.TREASURY,),
    "take-back-from-county": (Role.TREASURY,),
    "settle-county": (Role.TREASURY,),
    "open-case": (Role.CLERK, Role.COUNTY),
    "submit-application": (Role.FIRM,),
    "request-supplement": (Role.COUNTY, Role.CLERK),
    "submit-supplement": (Role.FIRM,),
    "pass-county-review": (Role.COUNTY,),
    "pass-city-review": (Role.CLERK,),
    "waitlist-application": (Role.CLERK,),
    "promote-from-waitlist": (Role.CLERK,),
    "reject-application": (Role.COUNTY, Role.CLERK, Role.HEAD),
    "publish-list": (Role.CLERK,),
    "record-objection": (Role.CLERK,),
    "answer-objection": (Role.HEAD,),
    "confirm-pilot": (Role.HEAD,),
    "ask-withdrawal": (Role.FIRM,),
    "approve-withdrawal": (Role.HEAD,),
    "decline-withdrawal": (Role.HEAD,),
    "adopt-rules": (Role.HEAD,),
    "assign-diagnosis": (Role.CLERK,),
    "file-diagnosis": (Role.DIAGNOSER,),
    "confirm-diagnosis": (Role.FIRM,),
    "file-plan": (Role.FIRM,),
    "pass-plan": _REVIEWERS,
    "return-plan": _REVIEWERS,
    "file-contract": (Role.FIRM,),
    "pass-contract": _REVIEWERS,
    "return-contract": _REVIEWERS,
    "register-contract": (Role.CLERK,),
    "ask-contract-change": (Role.FIRM,),
    "approve-contract-change": (Role.CLERK,),
    "decline-contract-change": (Role.CLERK,),
    "report-milestone": (Role.FIRM, Role.PROVIDER),
    "inspect-milestone": (Role.SUPERVISOR,),
    "report-completion": (Role.FIRM,),
    "file-vouchers": (Role.FIRM,),
    "strike-vouchers": (Role.CLERK,),
    "apply-for-acceptance": (Role.FIRM,),
    "assign-evaluator": (Role.CLERK,),
    "file-evaluation": (Role.EVALUATOR,),
    "override-level": (Role.HEAD,),
    "order-rectification": (Role.HEAD,),
    "report-rectification": (Role.FIRM,),
    "file-recheck": (Role.EVALUATOR,),
    "pass-acceptance": (Role.HEAD,),
    "fail-acceptance": (Role.HEAD,),
    "publish-acceptance": (Role.CLERK,),
    "confirm-acceptance": (Role.HEAD, Role.LEADER),
    "record-earlier-support": (Role.CLERK,),
    "verify-entitlement": (Role.CLERK,),
    "deny-subsidy": (Role.HEAD,),
    "register-account": (Role.FIRM,),
    "draw-payout-plan": (Role.CLERK,),
    "redraw-payout-plan": (Role.CLERK,),
    "approve-payout-plan": (Role.TREASURY, Role.LEADER, Role.HEAD),
    "return-payout-plan": (Role.TREASURY, Role.LEADER, Role.HEAD),
    "instruct-payments": (Role.TREASURY,),
    "file-receipts": (Role.COUNTY_TREASURY,),
    "retract-payouts": (Role.LEADER,),
    "call-off-payout-round": (Role.HEAD,),
    "close-payout-round": (Role.TREASURY,),
    "approve-payout": (Role.LEADER,),
    "instruct-payment": (Role.TREASURY,),
    "record-receipt": (Role.COUNTY_TREASURY,),
    "record-bounce": (Role.COUNTY_TREASURY,),
    "draw-case": (Role.CLERK, Role.SUPERVISOR),
    "record-inspection": (Role.INSPECTOR, Role.SUPERVISOR),
    "order-lookback-rectification": (Role.HEAD,),
    "report-lookback-rectification": (Role.FIRM,),
    "record-lookback-recheck": (Role.INSPECTOR, Role.SUPERVISOR),
    "file-statement": (Role.FIRM,),
    "dismiss-finding": (Role.HEAD,),
    "revoke-qualification": (Role.LEADER,),
    "close-case": (Role.HEAD,),
    "notify-recovery": (Role.CLERK,),
    "decide-recovery": (Role.LEADER,),
    "record-refund": (Role.COUNTY_TREASURY,),
    "hand-over-recovery": (Role.HEAD,),
    "record-enforcement": (Role.CLERK,),
    "write-off-recovery": (Role.LEADER,),
    "publish-notice": (Role.CLERK,),
    "reissue-notice": (Role.CLERK,),
    "object-to-notice": (Role.CLERK,),
    "answer-notice-objection": (Role.HEAD,),
    "check-notice": (Role.CLERK, Role.COUNTY, Role.SUPERVISOR),
    "complete-notice": (Role.HEAD,),
    "approve-conflict": (Role.HEAD,),
    "apply-provider": (Role.PROVIDER, Role.CLERK),
    "admit-provider": (Role.HEAD,),
    "move-provider": (Role.HEAD,),
    "join-consortium": (Role.PROVIDER, Role.CLERK),
    "leave-consortium": (Role.PROVIDER, Role.CLERK),
    "record-satisfaction": (Role.FIRM,),
    "rate-provider": (Role.CLERK,),
    "record-provider-fault": (Role.CLERK, Role.COUNTY, Role.SUPERVISOR, Role.EVALUATOR, Role.INSPECTOR),
    "warn-provider": (Role.HEAD,),
    "order-provider-rectification": (Role.HEAD,),
    "confirm-provider-rectification": (Role.CLERK, Role.SUPERVISOR),
    "remove-provider": (Role.LEADER,),
    "appeal-provider-decision": (Role.PROVIDER,),
    "answer-provider-appeal": (Role.HEAD, Role.LEADER),
    "appoint-institution": (Role.HEAD,),
    "enter-products": (Role.CLERK,),
    "withdraw-product": (Role.CLERK,),
    "watch-provider": (Role.SYSTEM,),
    "record-reminder": (Role.SYSTEM,),
    "pass-deadline": (Role.SYSTEM,),
}


@rule
def role_must_be_allowed_to_do_this(by: Person, kind: str) -> No | None:
    """Each command belongs to named roles."""
    allowed = ROLES.get(kind, ())
    if by.role in allowed:
        return None
    who = "、".join(zh(role) for role in allowed) or "无人"
    return No(f"“{zh(kind)}”由{who}办理，{zh(by.role)}无权办理")


@rule
def hand_must_belong_to_the_case(by: Person, case: CaseFile) -> No | None:
    """A firm acts for itself, a county for its own firms, an institution for the case it was sent to."""
    own = {
        Role.FIRM: case.credit_code,
        Role.COUNTY: case.county,
        Role.COUNTY_TREASURY: case.county,
        Role.DIAGNOSER: case.diagnoser,
        Role.EVALUATOR: case.evaluator,
        Role.PROVIDER: case.provider,
    }.get(by.role)
    if own is None or by.organisation == own:
        return None
    return No(f"{zh(by.role)}“{by.organisation}”与本案无关，不能办理")


@rule
def hand_must_be_named(by: Person, *others: str) -> No | None:
    """A person is one id in one spelling, and acts for an organisation: the same hand is never taken for two."""
    for person in (by.id, *others):
        if not is_plain(person) or person != same(person):
            return No(f"人员编号须填写，不含空格、大写字母、全角字符和不可见字符（收到“{person}”）")
    return None if is_plain(by.organisation) else No("所属单位须填写，首尾无空格，不含不可见字符")


@rule
def text_must_be_writable(command: Command) -> No | None:
    """What the record and every reader of it can take: no NUL character, no half of a character."""
    return No("文字中含有不能保存的字符（空字符或不完整的字符）") if _UNWRITABLE.search(repr(command)) else None


@rule
def engine_must_not_be_impersonated(by: Person) -> No | None:
    """The engine's name is the engine's alone: a person under it would bar time itself from the case."""
    return No(f"编号“{SYSTEM.id}”由系统专用，不能用于人员") if by.id == SYSTEM.id and by != SYSTEM else None


@rule
def person_must_keep_to_one_role_in_a_case(case: CaseFile, by: Person, *others: str) -> No | None:
    """Whoever has acted on a case in one role does not act on it, or go on a visit for it, in another."""
    scored = {score.expert: Role.EXPERT for score in case.expert_scores}
    for person in (by.id, *others):
        role = scored.get(person, case.role_of.get(person, by.role))
        if role != by.role:
            return No(f"{person} 已以“{zh(role)}”身份办理本案，不能再以“{zh(by.role)}”身份办理")
    return None


def companions(command: Command) -> tuple[str, ...]:
    """Who was on the visit beside the hand that reports it."""
    said = (getattr(command, "second_evaluator", None), getattr(command, "second_inspector", None))
    return tuple(person for person in said if person)


def parties_of(case: CaseFile) -> set[str]:
    """The firm and whom it has hired, by name and code, as ``trading_name`` compares them."""
    names = (case.firm, case.credit_code, case.provider, *case.retrofitters, case.diagnoser, case.evaluator)
    return {trading_name(name) for name in names if name}


@rule
def bureau_must_not_be_a_party(by: Person, case: CaseFile) -> No | None:
    """Nobody decides, pays, supervises or inspects for the city who stands for the firm or for what it has hired."""
    if by.role not in _FOR_THE_CITY:
        return None
    if trading_name(by.organisation) not in parties_of(case):
        return None
    return No(f"“{by.organisation}”是本案的当事方，不能以{zh(by.role)}身份办理")


def may(command: Command, case: CaseFile | None) -> None:
    """The gate that every command passes, in the act of appending."""
    hand_must_be_named(command.by, *companions(command))
    engine_must_not_be_impersonated(command.by)
    role_must_be_allowed_to_do_this(command.by, command.kind)
    if isinstance(command, CaseCommand) and case is not None and not case.is_new:
        hand_must_belong_to_the_case(command.by, case)
        bureau_must_not_be_a_party(command.by, case)
