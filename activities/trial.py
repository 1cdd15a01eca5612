"""Which steps a case could take now: every command is tried on the record, and nothing is written.

What a person would have to say (a document's number, a finding) is filled in as the case suggests. That such words are
refused proves nothing, so it is passed over; what the two lists of rules below refuse does not depend on them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import product
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints
from uuid import UUID

from activities.desk import Desk
from domain import authority
from domain.batch import Batch, BatchOpened
from domain.calendar import china_day
from domain.case.application import OpenCase
from domain.case.file import CaseFile
from domain.case.rooms import COMMANDS
from domain.commands import CaseCommand
from domain.identity import command_id, pool_id, provider_id
from domain.money import ZERO, Money
from domain.payout_round.plan import Account
from domain.people import Person, Role
from domain.policy import Pack
from domain.provider.file import Pool, Provider
from domain.rejections import Refusal
from domain.spend import Contract, SpendLine
from domain.standard import Grade
from eventstore.store import EventStore

NOT_ITS_TURN: Final = frozenset(
    {
        "adopted_rules_must_be_others",
        "case_must_be_in_the_frame",
        "case_must_be_open",
        "case_must_have_taken_up_rules",
        "county_must_leave_the_citys_turn_to_the_city",
        "filing_must_be_on_file",
        "firm_must_apply_once_in_a_batch",
        "firm_must_have_applied",
        "firm_that_was_paid_must_not_simply_leave",
        "milestone_must_have_been_reported",
        "only_a_fallen_level_may_be_mended",
        "only_nothing_can_be_denied",
        "reviewer_must_be_the_supervisor_where_there_is_one",
        "step_must_be_due",
        "there_must_be_a_change_to_decide",
        "there_must_be_a_conflict_to_approve",
        "there_must_be_an_open_objection",
        "withdrawal_must_have_been_asked",
    }
)
"""A step refused by one of these is not worth naming: it is another's turn, or another time's."""

STANDS_IN_THE_WAY: Final = frozenset(
    {
        "batch_must_be_open_on_the_day",
        "case_must_not_be_committed_twice",
        "case_must_stand_in_its_notice",
        "changes_must_stay_within_the_limit",
        "finding_must_be_settled_first",
        "firm_must_be_accepted_and_qualified",
        "firm_must_have_been_heard",
        "firm_must_have_had_its_rectification",
        "firm_must_have_one_open_record",
        "firm_must_not_be_on_an_exclusion_list",
        "fund_must_hold_enough",
        "instruction_must_have_come_home",
        "level_must_reach_the_minimum",
        "milestones_must_have_passed",
        "money_must_not_be_frozen",
        "notice_must_have_been_completed",
        "notice_must_have_stood_its_time",
        "objection_must_be_answered_first",
        "one_change_at_a_time",
        "provider_must_be_in_the_pool",
        "rectification_must_still_be_allowed",
        "payout_must_go_through_its_round",
        "place_must_be_free",
        "refund_must_be_overdue",
        "supplements_must_stay_within_the_limit",
        "there_must_be_something_to_pay",
        "waitlist_must_be_followed_in_order",
        "waitlist_must_follow_the_experts_ranking",
        "withdrawal_must_be_decided_first",
    }
)
"""The step would be due, but for this."""

_SOMEBODY: Final = "?"


@dataclass(frozen=True)
class Step:
    """One command that is due."""

    kind: str
    roles: tuple[Role, ...]
    """Who may give it."""
    obstacle: Refusal | None
    """What stands in its way, an open question of the pack too; None where nothing but the giver's own words may."""


def steps(store: EventStore, desk: Desk, case: CaseFile, pack: Pack, at: datetime) -> tuple[Step, ...]:
    """Every command that is due at that moment, in the order of the rooms."""
    guess = _Guess(store, case, pack, china_day(at))
    found = (_tried(desk, case, class_, guess, at) for class_ in COMMANDS.values() if class_ is not OpenCase)
    return tuple(step for step in found if step is not None)


def _tried(desk: Desk, case: CaseFile, kind: type[CaseCommand], guess: _Guess, at: datetime) -> Step | None:
    may: list[Role] = []
    hindered: list[Role] = []
    obstacle = None
    name = str(kind.__dataclass_fields__["kind"].default)
    for role in authority.ROLES[name]:
        if role is Role.SYSTEM or guess.is_nobodys(role):
            continue
        tries = [desk.would_refuse(command, at) for command in guess.commands(kind, role)]
        if any(_is_about_words(refusal) for refusal in tries):
            may.append(role)
            continue
        for refusal in tries:
            if refusal is not None and refusal.rule not in NOT_ITS_TURN:
                obstacle = obstacle or refusal
                hindered.append(role)
                break
    if may:
        return Step(name, tuple(may), None)
    return Step(name, tuple(hindered), obstacle) if obstacle is not None else None


def _is_about_words(refusal: Refusal | None) -> bool:
    if refusal is None:
        return True
    return not refusal.open_question and refusal.rule not in NOT_ITS_TURN | STANDS_IN_THE_WAY


class _Guess:
    """What a person would probably say to this case."""

    def __init__(self, store: EventStore, case: CaseFile, pack: Pack, today: date) -> None:
        self._case = case
        self._pack = pack
        self._today = today
        opened = (store.load(Batch, batch) for batch in store.streams_opened_by(BatchOpened.TOPIC))
        own = [batch.id for batch in opened if (batch.city, batch.programme) == (case.city, case.programme)]
        self._batches = own or [UUID(int=0)]
        self._version = store.load(Batch, case.batch).pinned_version if case.batch is not None else ""
        home = (case.city, case.programme)
        pool = (store.load(Provider, provider_id(*home, code)) for code in store.load(Pool, pool_id(*home)).codes)
        good = next((provider.name for provider in pool if provider.may_sign), "")
        self._providers = [word for word in (case.provider, good) if word] or [_SOMEBODY]
        self._organisations = {
            Role.FIRM: case.credit_code,
            Role.COUNTY: case.county,
            Role.COUNTY_TREASURY: case.county,
            Role.DIAGNOSER: case.diagnoser,
            Role.EVALUATOR: case.evaluator,
            Role.PROVIDER: case.provider,
        }

    def is_nobodys(self, role: Role) -> bool:
        """Whether the case has nobody yet who could act in this role: no diagnoser, no evaluator, no provider."""
        return self._organisations.get(role, _SOMEBODY) == ""

    def commands(self, kind: type[CaseCommand], role: Role) -> Iterator[CaseCommand]:
        """The command in every wording that could make a difference, from a hand that has done nothing yet."""
        own = kind.__dataclass_fields__.keys() - CaseCommand.__dataclass_fields__.keys()
        hints = {name: wanted for name, wanted in get_type_hints(kind).items() if name in own}
        by = Person(_SOMEBODY, role, self._organisations.get(role, _SOMEBODY))
        for said in product(*(self._said(name, wanted) for name, wanted in hints.items())):
            yield kind(
                command_id=command_id("trial"),
                by=by,
                reason=_SOMEBODY,
                evidence=(_SOMEBODY,),
                case=self._case.id,
                **dict(zip(hints, said, strict=True)),
            )

    def _said(self, name: str, wanted: Any) -> list[Any]:
        case = self._case
        named: dict[str, Any] = {
            "amount": self._owed(),
            "answers": None,
            "contract_sha256": "0" * 64,
            "filing": next(iter(case.filings), UUID(int=0)),
            "ground": case.findings[0] if case.findings else _SOMEBODY,
            "instruction": case.instruction,
            "milestone": next(iter(case.milestones), _SOMEBODY),
            "version": self._version,
            "verified": case.contract.lines if case.contract else (),
        }
        if name == "batch":
            return self._batches
        if name == "provider":
            return self._providers
        if name in ("products", "invoices", "payments", "equipment"):
            return [()]
        if name == "organisation":
            return [word for word in (case.diagnoser, case.provider, case.evaluator) if word] or [_SOMEBODY]
        if name == "pair":
            asked = "independence.approval"
            return list(self._pack.list(asked)) if self._pack.has(asked) else [_SOMEBODY]
        if get_origin(wanted) is Literal:
            return list(get_args(wanted))
        if name in named:
            return [named[name]]
        if get_origin(wanted) is tuple:
            return [(_SOMEBODY,)]
        return [self._plain(wanted)]

    def _plain(self, wanted: Any) -> Any:
        line = SpendLine("software", _SOMEBODY, Money(1))
        provider = self._case.provider or _SOMEBODY
        level = self._pack.count("evaluation.min_level") if self._pack.has("evaluation.min_level") else 2
        standard = "2024"
        if self._pack.has("evaluation.standard"):
            standard = str(self._pack.cited("evaluation.standard", self._today).value)
        points = Decimal(0)
        return {
            Account: Account(self._case.firm, _SOMEBODY, "0" * 8),
            Contract: Contract(_SOMEBODY, provider, self._today, (line,), line.amount),
            Grade: Grade(standard, level, points, points, points, 0, 0),
            Money: Money(1),
            bool: True,
            date: self._today,
            int: level,
            str: _SOMEBODY,
        }[wanted]

    def _owed(self) -> Money:
        """What the next amount in this case would be: to pay, to ask back, or still to come home."""
        case = self._case
        if case.to_recover > ZERO:
            return case.to_recover - case.refunded
        if case.paid > ZERO:
            return case.paid
        return case.entitlement.amount if case.entitlement else Money(1)
