"""核定: what is due to a firm is worked out from its verified spend, by the rules and by what others have given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, ClassVar, Literal

from domain.case.common import step_must_be_due, words_must_be_given
from domain.case.file import Acceptance, CaseFact, CaseFile, CasePapers, Qualification, Stage, Subsidy, Works
from domain.case.queueing import stand_in_line
from domain.case.withdrawal import finding_must_be_settled_first, withdrawal_must_be_decided_first
from domain.commands import CaseCommand
from domain.identity import same
from domain.money import ZERO, Money, total
from domain.policy import SPEND_KINDS, Pack
from domain.policy_rows import SubsidyRate
from domain.rules import No, rule
from domain.spend import Contract, EarlierSupport, Entitlement, Excluded, Grounds, SpendLine

NOTHING_ELSE = Grounds()


def entitlement(verified: Sequence[SpendLine], pack: Pack, on: date, grounds: Grounds = NOTHING_ELSE) -> Entitlement:
    """min(⌊ratio × eligible spend⌋, cap, what remains of the cap for the firm) less other public money, to the fen.

    Raises OpenQuestion where the pack gives no ratio or cap, and, only where other programmes have given money for
    eligible spend, where it does not say what then becomes of it.
    """
    pack = pack.on(on)
    kinds = pack.list("payout.eligible")
    (ratio, by_ratio), (cap, by_cap) = ratio_of(pack, on, grounds), cap_of(pack, on, grounds)
    clause = pack.cited("payout.eligible", on).clause
    counts, excluded = [], []
    for line in verified:
        if line.kind not in kinds:
            excluded.append(_excluded(line, why_excluded(line.kind), clause))
        elif (given := _given_for(line, grounds)) and _earlier_money(pack) == "exclude":
            why = f"已获“{given[0].given_by}”支持（{given[0].document}），不重复支持"
            excluded.append(_excluded(line, why, pack.clause("payout.earlier_money")))
        else:
            counts.append(line)
    eligible = total(line.amount for line in counts)
    shared = eligible.share(ratio)
    amount = min(shared, cap)
    steps = [
        f"符合要求的投入合计 {eligible} 元（{clause}）",
        *(f"不予支持：{line.what} {line.amount} 元，{line.why}（{line.clause}）" for line in excluded),
        f"{eligible} × {ratio} = {shared} 元，舍去不足一分（{by_ratio}）",
        f"与上限 {cap} 元取小 = {amount} 元（{by_cap}）",
    ]
    if grounds.received > ZERO:
        remains = max(cap - grounds.received, ZERO)
        amount = min(amount, remains)
        steps.append(f"本企业已得 {grounds.received} 元，上限尚余 {remains} 元，取小 = {amount} 元（{by_cap}）")
    others = tuple(dict.fromkeys(one for line in counts for one in _given_for(line, grounds)))
    deducted = ZERO
    if others:
        held, by = total(one.amount for one in others), pack.clause("payout.earlier_money")
        if _earlier_money(pack) == "deduct":
            deducted = min(held, amount)
            amount -= deducted
            steps.append(f"同一支出已获其他财政资金 {held} 元，扣减 {deducted} 元 = {amount} 元（{by}）")
        else:
            steps.append(f"同一支出已获其他财政资金 {held} 元，可以叠加，不扣减（{by}）")
    return Entitlement(
        amount, eligible, tuple(excluded), str(ratio), cap, tuple(steps), grounds=grounds, deducted=deducted
    )


def _excluded(line: SpendLine, why: str, clause: str) -> Excluded:
    return Excluded(line.kind, line.what, line.amount, why, clause)


def why_excluded(kind: str) -> str:
    """Why a kind of spending is set aside, in Chinese."""
    return "此项不在可补贴的支出之列" if kind == "other" else f"{SPEND_KINDS.get(kind, kind)}不在可补贴的支出之列"


def _given_for(line: SpendLine, grounds: Grounds) -> list[EarlierSupport]:
    """Other programmes' money for just this line; what was put right to nothing is none."""
    return [one for one in grounds.earlier if one.amount > ZERO and _thing(one) == _thing(line)]


def _thing(named: SpendLine | EarlierSupport) -> tuple[str, str]:
    return named.kind, same(named.what)


def _earlier_money(pack: Pack) -> str:
    return pack.text("payout.earlier_money")


def ratio_of(pack: Pack, on: date, grounds: Grounds) -> tuple[Fraction, str]:
    """The ratio and its clause: of the firm's batch, level and day of completion where the sources tell them apart."""
    for row in _rates(pack, grounds):
        if row.ratio is not None:
            return row.ratio, row.clause
    return pack.ratio("payout.ratio", on), pack.cited("payout.ratio", on).clause


def cap_of(pack: Pack, on: date, grounds: Grounds) -> tuple[Money, str]:
    """The cap and its clause, found as the ratio is."""
    for row in _rates(pack, grounds):
        if row.cap is not None:
            return row.cap, row.clause
    return pack.money("payout.cap", on), pack.cited("payout.cap", on).clause


def _rates(pack: Pack, grounds: Grounds) -> list[SubsidyRate]:
    day = grounds.completed
    return [
        row
        for row in pack.rows(SubsidyRate)
        if row.batch in ("", grounds.batch)
        and row.level in (None, grounds.level)
        and (row.starts is None or (day is not None and row.starts <= day))
        and (row.ends is None or (day is not None and day <= row.ends))
    ]


def clauses_of(pack: Pack, on: date, grounds: Grounds = NOTHING_ELSE) -> tuple[str, ...]:
    """What an entitlement rests on: eligible spend, ratio, cap, and other public money where there is some."""
    pack = pack.on(on)
    earlier = (pack.clause("payout.earlier_money"),) if grounds.earlier else ()
    by_ratio, by_cap = ratio_of(pack, on, grounds)[1], cap_of(pack, on, grounds)[1]
    return (pack.cited("payout.eligible", on).clause, by_ratio, by_cap, *earlier)


def grounds_of(case: CaseFile) -> Grounds:
    """What the case itself brings to its entitlement."""
    return Grounds(
        batch=case.batch_code,
        level=case.grade.level if case.grade else 0,
        completed=case.completed_on,
        received=case.paid - case.refunded,
        earlier=tuple(case.earlier.values()),
    )


class EntitlementVerified(CaseFact):
    """The subsidy is worked out; the whole working lies in the event, and all that it was worked out from."""

    TOPIC: ClassVar[str] = "case.entitlement-verified"
    class_version: ClassVar[int] = 2
    entitlement: Entitlement
    verified: tuple[SpendLine, ...]

    def fold(self, file: CaseFile) -> None:
        file.entitlement = self.entitlement
        file.subsidy = Subsidy.VERIFIED
        file.sign("verify entitlement", self.by.id)

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        """A line that was set aside was so by its kind alone, and nothing but the spend was looked at."""
        clause = next(iter(state["clauses"]), "")
        for line in state["entitlement"]["excluded"]:
            line |= {"why": why_excluded(line["kind"]), "clause": clause}


class SubsidyDenied(CaseFact):
    """不予补助: nothing is due. The firm stays accepted, and is looked back at like every other."""

    TOPIC: ClassVar[str] = "case.subsidy-denied"
    ENTERS: ClassVar[Stage | None] = Stage.LOOKBACK
    entitlement: Entitlement
    verified: tuple[SpendLine, ...]

    def fold(self, file: CaseFile) -> None:
        file.entitlement = self.entitlement
        file.subsidy = Subsidy.NOT_DUE


class EarlierSupportRecorded(CaseFact):
    """已获其他财政资金: another programme has given money for the same thing. Recorded again, it stands corrected."""

    TOPIC: ClassVar[str] = "case.earlier-support-recorded"
    support: EarlierSupport

    def fold(self, file: CaseFile) -> None:
        file.earlier[self.support.kind, self.support.what, self.support.document] = self.support


EVENTS = (EntitlementVerified, SubsidyDenied, EarlierSupportRecorded)


@dataclass(frozen=True, kw_only=True)
class RecordEarlierSupport(CaseCommand):
    """Take down what another programme gave for a line of the contract; nothing (0.00) where that was a mistake."""

    kind: Literal["record-earlier-support"] = "record-earlier-support"
    line: int
    """Of the contract on file, counted from 1."""
    given_by: str
    amount: Money
    document: str


@dataclass(frozen=True, kw_only=True)
class VerifyEntitlement(CaseCommand):
    """Work out the subsidy from the verified spend."""

    kind: Literal["verify-entitlement"] = "verify-entitlement"


@dataclass(frozen=True, kw_only=True)
class DenySubsidy(CaseCommand):
    """Say that nothing is due; ``reason`` says why."""

    kind: Literal["deny-subsidy"] = "deny-subsidy"


@rule
def firm_must_be_accepted_and_qualified(case: CaseFile) -> No | None:
    """No money without a valid acceptance and the standing of a pilot, looked at anew at each step."""
    if case.acceptance is Acceptance.ACCEPTED and case.qualification is Qualification.PILOT:
        return None
    return No("企业未验收合格或已不具备试点资格，不能兑付")


@rule
def there_must_be_something_to_pay(amount: Money) -> No | None:
    """An entitlement of nothing is not approved: it is denied, with a reason."""
    return None if amount > ZERO else No("核定补贴为零，没有可兑付的金额；请由市局科长办理“不予补助”")


@rule
def only_nothing_can_be_denied(amount: Money) -> No | None:
    """What the rules give a firm, nobody denies it."""
    return None if amount == ZERO else No(f"按规则应核定补贴 {amount} 元，不能不予补助")


@rule
def earlier_support_must_be_for_a_line_of_the_contract(contract: Contract | None, line: int) -> No | None:
    """Other money counts for the thing it was given for."""
    known = len(contract.lines) if contract else 0
    return None if 1 <= line <= known else No(f"第 {line} 行不在备案合同的 {known} 行之内")


@rule
def earlier_support_must_not_be_negative(amount: Money) -> No | None:
    """What was given is an amount; zero says that it was recorded by mistake."""
    return None if amount >= ZERO else No(f"已获资金 {amount} 元不能为负")


def record_earlier_support(case: CaseFile, command: RecordEarlierSupport, papers: CasePapers) -> None:
    """Until the subsidy is worked out, which looks at it."""
    step_must_be_due(case.works, Works.UNDER_WAY, Works.DONE)
    step_must_be_due(case.subsidy, Subsidy.NONE, Subsidy.TO_VERIFY)
    earlier_support_must_be_for_a_line_of_the_contract(case.contract, command.line)
    earlier_support_must_not_be_negative(command.amount)
    words_must_be_given(command.given_by, "资金来源项目")
    words_must_be_given(command.document, "文件")
    assert case.contract is not None
    line = case.contract.lines[command.line - 1]
    support = EarlierSupport(line.kind, line.what, command.given_by, command.amount, command.document)
    case.record(EarlierSupportRecorded, papers, clauses=(papers.pack.clause("payout.double_funding"),), support=support)


def verify_entitlement(case: CaseFile, command: VerifyEntitlement, papers: CasePapers) -> None:
    """Worked out from what the evaluator verified, by the rules of the day of completion; the firm then waits in line.

    How long evaluation and acceptance take after it changes nothing in what a firm is due.
    """
    worked_out = _worked_out(case, papers)
    there_must_be_something_to_pay(worked_out.amount)
    clauses = _clauses(case, papers)
    case.record(EntitlementVerified, papers, clauses=clauses, entitlement=worked_out, verified=case.verified)
    stand_in_line(case, papers)


def deny_subsidy(case: CaseFile, command: DenySubsidy, papers: CasePapers) -> None:
    """Worked out by the same rules; the life goes on without money."""
    worked_out = _worked_out(case, papers)
    only_nothing_can_be_denied(worked_out.amount)
    withdrawal_must_be_decided_first(case)
    finding_must_be_settled_first(case)
    words_must_be_given(command.reason, "不予补助的理由")
    clauses = _clauses(case, papers)
    case.record(SubsidyDenied, papers, clauses=clauses, entitlement=worked_out, verified=case.verified)


def _clauses(case: CaseFile, papers: CasePapers) -> tuple[str, ...]:
    assert case.completed_on is not None
    return clauses_of(papers.pack, case.completed_on, grounds_of(case))


def _worked_out(case: CaseFile, papers: CasePapers) -> Entitlement:
    step_must_be_due(case.subsidy, Subsidy.TO_VERIFY)
    firm_must_be_accepted_and_qualified(case)
    assert case.completed_on is not None
    return entitlement(case.verified, papers.pack, case.completed_on, grounds_of(case))


DECISIONS = {
    RecordEarlierSupport: record_earlier_support,
    VerifyEntitlement: verify_entitlement,
    DenySubsidy: deny_subsidy,
}
