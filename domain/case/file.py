"""The file of one firm in one city's programme: who it is, where it stands, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from domain.batch import Batch, OpenBatch, ReviseBatchRules
from domain.calendar import Calendar, china_day
from domain.catalogue import Catalogue
from domain.commands import Command
from domain.deadlines import Deadline
from domain.exclusions import Exclusions
from domain.expert_review.ranking import Score
from domain.fund.file import Fund
from domain.money import ZERO, Money
from domain.notice.file import Notice
from domain.payout_round.file import PayoutRound
from domain.payout_round.plan import Account, PlanLine
from domain.people import Role
from domain.places import Applicant, Places
from domain.policy import Pack
from domain.provider.file import Pool, Provider
from domain.queue import PayoutQueue
from domain.record import Fact, File
from domain.register import Register
from domain.spend import Contract, EarlierSupport, Entitlement, SpendLine
from domain.standard import Grade, Standard
from domain.vouchers import Filing, VoucherRegister


class Stage(StrEnum):
    """Where the case's life has come to."""

    SELECTION = "selection"
    DIAGNOSIS = "diagnosis"
    CONTRACT = "contract"
    RETROFIT = "retrofit"
    EVALUATION = "evaluation"
    ACCEPTANCE = "acceptance"
    PAYOUT = "payout"
    LOOKBACK = "look-back"
    CLOSED = "closed"


class Qualification(StrEnum):
    """Region A 资格."""

    DRAFT = "draft"
    COUNTY_REVIEW = "county-review"
    CITY_REVIEW = "city-review"
    EXPERT_REVIEW = "expert-review"
    SUPPLEMENTING = "supplementing"
    WAITLISTED = "waitlisted"
    PROPOSED = "proposed"
    NOTICED = "noticed"
    PILOT = "pilot"
    NOT_SELECTED = "not-selected"
    WITHDRAWN = "withdrawn"
    REVOKED = "revoked"
    COMPLETED = "completed"


class Works(StrEnum):
    """Region B 项目实施."""

    NONE = "none"
    AWAITING_DIAGNOSIS = "awaiting-diagnosis"
    DIAGNOSING = "diagnosing"
    DIAGNOSED = "diagnosed"
    PLANNING = "planning"
    PLAN_REVIEW = "plan-review"
    CONTRACTING = "contracting"
    CONTRACT_REVIEW = "contract-review"
    REGISTERING = "registering"
    UNDER_WAY = "under-way"
    DONE = "done"


class Acceptance(StrEnum):
    """Region C 评测验收."""

    NONE = "none"
    AWAITING_APPLICATION = "awaiting-application"
    ASSIGNING = "assigning"
    EVALUATING = "evaluating"
    DECIDING = "deciding"
    RECTIFYING = "rectifying"
    RECHECKING = "rechecking"
    PASSED = "passed"
    NOTICED = "noticed"
    ACCEPTED = "accepted"
    FAILED = "failed"


class Subsidy(StrEnum):
    """Region D 资金."""

    NONE = "none"
    TO_VERIFY = "to-verify"
    VERIFIED = "verified"
    APPROVED = "approved"
    INSTRUCTED = "instructed"
    PAID = "paid"
    NOT_DUE = "not-due"
    RELEASED = "released"


class Inspection(StrEnum):
    """Region E 抽查/回头看."""

    NONE = "none"
    DRAWN = "drawn"
    FOUND = "found"
    RECTIFYING = "rectifying"
    RECHECKING = "rechecking"
    CLEAN = "clean"
    UPHELD = "upheld"


class Recovery(StrEnum):
    """Region F 追缴."""

    NONE = "none"
    TO_NOTIFY = "to-notify"
    NOTIFIED = "notified"
    DECIDED = "decided"
    SETTLED = "settled"
    HANDED_OVER = "handed-over"
    ENFORCED = "enforced"
    WRITTEN_OFF = "written-off"


@dataclass(frozen=True)
class CasePapers:
    """What lies on the desk while a case's command is decided: no clock, no database, only what was brought."""

    command: Command
    at: datetime
    pack: Pack
    calendar: Calendar
    batch: Batch | None = None
    fund: Fund | None = None
    queue: PayoutQueue | None = None
    """Who waits for the fund's money."""
    city_rules: Pack | None = None
    """The city's rules of today: the queue of all batches goes by them, and not by those that one batch has pinned."""
    notice: Notice | None = None
    """The notice in force under the number that the case was published with, where there is one."""
    standard: Standard | None = None
    """The edition of the indicators that the command's answers, or its grade, name; None where it brings neither."""
    pool: Pool | None = None
    """Where the command has to do with who may work for the firm."""
    providers: Mapping[str, Provider] = field(default_factory=dict)
    """By credit code, those of the pool that the command or the case names."""
    catalogue: Catalogue | None = None
    places: Places | None = None
    register: Register | None = None
    exclusions: Exclusions | None = None
    elsewhere: tuple[CaseFile, ...] = ()
    """The same firm's cases in other cities, as its register names them."""
    planned: PlanLine | None = None
    """The case's line in the payout plan that is being approved or instructed; None outside a round."""
    payout_round: PayoutRound | None = None
    """The round of the payment that the command is about."""
    vouchers: Mapping[UUID, VoucherRegister] = field(default_factory=dict)
    """The registers of the papers that the command files or strikes."""

    def __post_init__(self) -> None:
        # A rule that holds from a later day on decides nothing today, whichever way it is asked for. Only where a whole
        # text is put into force, all of it is looked at.
        if not isinstance(self.command, OpenBatch | ReviseBatchRules):
            object.__setattr__(self, "pack", self.pack.on(self.today))

    @property
    def beside(self) -> tuple[File, ...]:
        """The files beside the case that the decision has written on; they are appended together with it."""
        one_of_a_kind = (self.fund, self.queue, self.payout_round, self.places, self.register)
        files = (*one_of_a_kind, *self.providers.values(), *self.vouchers.values())
        return tuple(file for file in files if file is not None and file.pending_events)

    @property
    def today(self) -> date:
        """The day in China on which the act falls."""
        return china_day(self.at)


class CaseFile(File):
    """一企一档: one firm × city × programme."""

    def blank(self) -> None:
        # identity
        self.city = ""
        self.programme = ""
        self.credit_code = ""
        self.firm = ""
        self.county = ""
        self.industry = ""
        self.quality = ""
        self.above_designated = False
        self.rehearsal = False
        self.batch: UUID | None = None
        self.batch_code = ""
        self.rules_version = ""
        self.batches: tuple[UUID, ...] = ()
        """Every batch in which the firm has applied, the last one last."""
        # the five regions beside each other, and the stage they amount to
        self.stage = Stage.SELECTION
        self.qualification = Qualification.DRAFT
        self.works = Works.NONE
        self.acceptance = Acceptance.NONE
        self.subsidy = Subsidy.NONE
        self.inspection = Inspection.NONE
        self.recovery = Recovery.NONE
        # selection
        self.supplements = 0
        self.supplement_returns_to = Qualification.COUNTY_REVIEW
        self.open_objection = ""
        self.applied_at: datetime | None = None
        """When it applied in the batch in which it is; of equals the earlier goes first."""
        self.proposed_at = 0
        self.expert_scores: tuple[Score, ...] = ()
        """What experts have scored it, in every review."""
        self.list_document = ""
        self.withdrawal_asked = False
        # diagnosis, contract, retrofit
        self.diagnoser = ""
        self.provider = ""
        self.planned_price = ZERO
        """方案报价: of the plan that was filed last."""
        self.baseline: Grade | None = None
        self.contract: Contract | None = None
        self.contract_change: Contract | None = None
        self.contract_changes = 0
        self.retrofitters: tuple[str, ...] = ()
        self.provider_alarm = ""
        """Why the provider of the contract on file signs nothing new: ``removed``, ``suspended``; empty: it may."""
        self.milestones: dict[str, bool | None] = {}
        self.completed_on: date | None = None
        self.filings: dict[UUID, Filing] = {}
        """Vouchers, by the command that filed them."""
        # the level: what the bureau lets a report declare, instead of what the answers come to
        self.level_override: tuple[int, int] | None = None
        # evaluation and acceptance
        self.evaluator = ""
        self.grade: Grade | None = None
        self.verified: tuple[SpendLine, ...] = ()
        self.rectifications = 0
        self.passed_at = 0
        self.acceptance_applied_at: datetime | None = None
        self.mended_at: datetime | None = None
        """When it last reported its rectification done."""
        self.accepted_at: datetime | None = None
        self.acceptance_document = ""
        # money
        self.entitlement: Entitlement | None = None
        self.earlier: dict[tuple[str, str, str], EarlierSupport] = {}
        """What other programmes have given, by thing bought and document."""
        self.account: Account | None = None
        self.planned_in: UUID | None = None
        """The payout round in whose plan the firm stands, or stood when it was paid."""
        self.approved = ZERO
        """What was approved last."""
        self.instruction = ""
        self.instructions = 0
        self.instructed_at: datetime | None = None
        self.instructed_in: dict[str, UUID | None] = {}
        """By instruction: the payout round that gave it out."""
        self.paid = ZERO
        self.received: dict[str, Money] = {}
        """By instruction."""
        self.frozen = False
        self.to_recover = ZERO
        self.refunded = ZERO
        self.slips: tuple[str, ...] = ()
        # look-back
        self.campaign = ""
        self.findings: tuple[str, ...] = ()
        self.statement_filed = False
        # who did what, by person; when is whose turn over
        self.hands: dict[str, tuple[str, ...]] = {}
        self.role_of: dict[str, Role] = {}
        self.acted_for: dict[tuple[Role, str], bool] = {}
        """Which organisations' people have acted on the case, in which role."""
        self.conflicts: dict[tuple[str, str], str] = {}
        """(Organisation, pair of posts) → the topic of the fact by which it is known: approved, or noted."""
        self.deadlines: dict[str, Deadline] = {}
        self.timers_opened: dict[str, int] = {}
        self.stopped: dict[str, tuple[Deadline, datetime]] = {}
        """By timer: the period that was closed last, and when."""
        self.begun_anew: frozenset[str] = frozenset()
        """Timers whose step has begun anew since their period was set; what is still held of them is over."""

    @property
    def applicant(self) -> Applicant:
        """The firm as quotas see it."""
        return Applicant(self.id, self.credit_code, self.firm, self.county, self.industry, self.above_designated)

    @property
    def may_apply_again(self) -> bool:
        """未入选 ends a batch, not the programme: the firm may come back in another batch."""
        return not self.is_open and self.qualification is Qualification.NOT_SELECTED

    @property
    def is_open(self) -> bool:
        """The life is not over."""
        return self.stage is not Stage.CLOSED

    def sign(self, act: str, person: str) -> None:
        """Remember whose hand did an act. Done again by another, the first hand stays barred too."""
        self.hands[act] = (*self.hands.get(act, ()), person)


class CaseFact(Fact):
    """One thing that happened to one case."""

    ENTERS: ClassVar[Stage | None] = None
    """The stage that begins with this fact; None where the stage stays."""
    BESIDE: ClassVar[str] = ""
    """The field that names who acted beside ``by``, in the same role; empty where nobody did."""
    BEGINS_ANEW: ClassVar[str] = ""
    """The timer whose step this fact begins anew though its period may still run; empty where none does."""

    def apply(self, aggregate: Any) -> None:
        """Remember the stage, then what the fact itself says."""
        if self.ENTERS is not None:
            aggregate.stage = self.ENTERS
        aggregate.role_of.setdefault(self.by.id, self.by.role)
        aggregate.acted_for[self.by.role, self.by.organisation] = True
        if self.BESIDE:
            aggregate.role_of.setdefault(getattr(self, self.BESIDE), self.by.role)
        if self.BEGINS_ANEW:
            aggregate.begun_anew |= {self.BEGINS_ANEW}
        self.fold(aggregate)
