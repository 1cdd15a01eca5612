"""权限: which roles may give which command, and to whose case. Denied by default; what is not here is nobody's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from domain.case.file import CaseFile
from domain.commands import CaseCommand, Command
from domain.people import Person, Role
from domain.rules import No, rule
from domain.words import zh

_REVIEWERS = (Role.SUPERVISOR, Role.CLERK)

ROLES: Final[Mapping[str, tuple[Role, ...]]] = {
    "open-batch": (Role.CLERK, Role.HEAD),
    "appropriate-fund": (Role.TREASURY,),
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
    "apply-for-acceptance": (Role.FIRM,),
    "assign-evaluator": (Role.CLERK,),
    "file-evaluation": (Role.EVALUATOR,),
    "order-rectification": (Role.HEAD,),
    "report-rectification": (Role.FIRM,),
    "file-recheck": (Role.EVALUATOR,),
    "pass-acceptance": (Role.HEAD,),
    "fail-acceptance": (Role.HEAD,),
    "publish-acceptance": (Role.CLERK,),
    "confirm-acceptance": (Role.HEAD, Role.LEADER),
    "verify-entitlement": (Role.CLERK,),
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
def hand_must_be_named(by: Person) -> No | None:
    """A person is one id without blanks, for an organisation: the same hand cannot be spelled in two ways."""
    if (
        by.id
        and not any(ch.isspace() for ch in by.id)
        and by.organisation
        and by.organisation == by.organisation.strip()
    ):
        return None
    return No("办理人编号须填写且不含空格，所属单位须填写且首尾无空格")


@rule
def person_must_keep_to_one_role_in_a_case(case: CaseFile, by: Person, *others: str) -> No | None:
    """Whoever has acted on a case in one role does not act on it, or go on a visit for it, in another."""
    for person in (by.id, *others):
        role = case.role_of.get(person, by.role)
        if role != by.role:
            return No(f"{person} 已以“{zh(role)}”身份办理本案，不能再以“{zh(by.role)}”身份办理")
    return None


def may(command: Command, case: CaseFile | None) -> None:
    """The gate that every command passes, in the act of appending."""
    hand_must_be_named(command.by)
    role_must_be_allowed_to_do_this(command.by, command.kind)
    if isinstance(command, CaseCommand) and case is not None and not case.is_new:
        hand_must_belong_to_the_case(command.by, case)
