"""独立性: one organisation, two posts in one firm's case; forbidden, approved, or allowed and put on record.

The matrix is {诊断, 改造, 监理, 评测, 平台, 智库}. What the pack forbids is refused; what it lets the bureau approve
waits for the section head; what it does not mention is allowed, and noted as an alarm. That nobody evaluates their own
work is the house's own rule, whatever a pack says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar, Final, Literal

from domain.case.common import words_must_be_given
from domain.case.contract import FileContract, PassContract, RegisterContract
from domain.case.contract_change import ApproveContractChange, AskContractChange
from domain.case.diagnosis import AssignDiagnosis
from domain.case.evaluation import AssignEvaluator
from domain.case.file import CaseFact, CaseFile, CasePapers
from domain.case.plan import FilePlan
from domain.commands import CaseCommand
from domain.identity import trading_name
from domain.people import Role
from domain.policy import PAIRS, POSTS, Pack
from domain.provider.file import Pool
from domain.rules import No, rule

Held = tuple[str, str]
"""An organisation, and the pair of posts that it holds."""

NEVER_TOGETHER: Final = frozenset({"diagnosis+evaluation", "retrofit+evaluation"})
"""See ``evaluator_must_be_independent``."""


class ConflictApproved(CaseFact):
    """An organisation may hold both posts for this firm; the section head said why."""

    TOPIC: ClassVar[str] = "case.conflict-approved"
    organisation: str
    pair: str

    def fold(self, file: CaseFile) -> None:
        file.conflicts[self.organisation, self.pair] = self.TOPIC


class ConflictNoted(CaseFact):
    """An alarm: an organisation holds both posts, and no source says whether it may."""

    TOPIC: ClassVar[str] = "case.conflict-noted"
    organisation: str
    pair: str

    def fold(self, file: CaseFile) -> None:
        file.conflicts[self.organisation, self.pair] = self.TOPIC


EVENTS = (ConflictApproved, ConflictNoted)


@dataclass(frozen=True, kw_only=True)
class ApproveConflict(CaseCommand):
    """Let an organisation hold a second post; ``reason`` says why."""

    kind: Literal["approve-conflict"] = "approve-conflict"
    organisation: str
    pair: str


TAKES_A_POST: Final = (
    *(FilePlan, FileContract, PassContract, RegisterContract, AskContractChange, ApproveContractChange),
    *(AssignDiagnosis, AssignEvaluator),
)
"""Commands by which an organisation may come to work for the firm; so does every act of a supervisor."""


@rule
def posts_kept_apart_must_not_meet(held: Held, pack: Pack) -> No | None:
    """What the pack forbids in one hand, and what the house forbids, is not done."""
    organisation, pair = held
    stated = pack.list("independence.forbidden") if pack.has("independence.forbidden") else ()
    if pair not in NEVER_TOGETHER and pair not in stated:
        return None
    clause = pack.clause("independence.forbidden") if pair in stated else ""
    return No(f"“{organisation}”不得对同一企业承担{PAIRS[pair]}两项业务", clause)


@rule
def conflict_must_be_approved_first(case: CaseFile, held: Held, pack: Pack) -> No | None:
    """Where the pack asks for approval, the second post is taken after the section head has approved."""
    organisation, pair = held
    if not _asks(pack, pair) or ConflictApproved.TOPIC in _known_by(case, held):
        return None
    return No(
        f"“{organisation}”对同一企业承担{PAIRS[pair]}，须先经市局科长批准（兼任批准，approve-conflict）",
        pack.clause("independence.approval"),
    )


@rule
def there_must_be_a_conflict_to_approve(case: CaseFile, held: Held, papers: CasePapers) -> No | None:
    """The pack asks for approval of this pair, the organisation holds one of the posts, and nobody has approved yet."""
    organisation, pair = held
    if not _asks(papers.pack, pair) or ConflictApproved.TOPIC in _known_by(case, held):
        return No(f"“{pair}”无须批准，或“{organisation}”的此项兼任已经批准")
    posts = {post for post, name in _holders(case, papers.pool) if trading_name(name) == trading_name(organisation)}
    return None if posts & set(pair.split("+")) else No(f"“{organisation}”未承担本企业的{PAIRS[pair]}")


def _key(held: Held) -> Held:
    return trading_name(held[0]), held[1]


def _known_by(case: CaseFile, held: Held) -> set[str]:
    return {topic for known, topic in case.conflicts.items() if _key(known) == _key(held)}


def _asks(pack: Pack, pair: str) -> bool:
    return pack.has("independence.approval") and pair in pack.list("independence.approval")


def _holders(case: CaseFile, pool: Pool | None) -> Iterator[tuple[str, str]]:
    """Who holds which post for this firm, however it is written; several may hold one after the other."""
    changing = case.contract_change.provider if case.contract_change is not None else ""
    named = [("diagnosis", case.diagnoser), ("evaluation", case.evaluator)]
    named += [("retrofit", provider) for provider in (case.provider, changing, *case.retrofitters)]
    named += [("supervision", name) for role, name in case.acted_for if role is Role.SUPERVISOR]
    named += list(pool.posts) if pool is not None else []
    for post, name in named:
        if name:
            yield post, pool.name_of(name) if pool is not None else name


def providers_named(case: CaseFile, command: CaseCommand) -> tuple[str, ...]:
    """Whose files must lie on the desk: the case's provider, and the one that a plan or a contract names."""
    named = [case.provider]
    match command:
        case FilePlan():
            named.append(command.provider)
        case FileContract() | AskContractChange():
            named.append(command.contract.provider)
        case ApproveContractChange() if case.contract_change is not None:
            named.append(case.contract_change.provider)
    return tuple(word for word in named if word)


def conflicts(case: CaseFile, pool: Pool | None) -> tuple[Held, ...]:
    """Every organisation with two posts, and which, in the order of the matrix."""
    named: dict[str, str] = {}
    held: dict[str, set[str]] = {}
    for post, name in _holders(case, pool):
        held.setdefault(trading_name(name), set()).add(post)
        named.setdefault(trading_name(name), name)
    return tuple(
        (named[name], f"{one}+{other}")
        for name in sorted(held)
        for one, other in combinations(POSTS, 2)
        if {one, other} <= held[name]
    )


def watch(case: CaseFile, before: tuple[Held, ...], papers: CasePapers) -> None:
    """Look at every conflict that the command brought about: refuse it, find it approved, or note it."""
    known = {_key(held) for held in before}
    for held in conflicts(case, papers.pool):
        if _key(held) in known:
            continue
        posts_kept_apart_must_not_meet(held, papers.pack)
        conflict_must_be_approved_first(case, held, papers.pack)
        if not _known_by(case, held):
            case.record(ConflictNoted, papers, organisation=held[0], pair=held[1])


def approve_conflict(case: CaseFile, command: ApproveConflict, papers: CasePapers) -> None:
    """Before the second post is taken; what is forbidden cannot be approved."""
    pool = papers.pool
    organisation = pool.name_of(command.organisation) if pool is not None else command.organisation
    held = (organisation, command.pair)
    there_must_be_a_conflict_to_approve(case, held, papers)
    posts_kept_apart_must_not_meet(held, papers.pack)
    words_must_be_given(command.reason, "批准理由")
    clause = papers.pack.clause("independence.approval")
    case.record(ConflictApproved, papers, clauses=(clause,), organisation=organisation, pair=command.pair)


DECISIONS = {ApproveConflict: approve_conflict}
