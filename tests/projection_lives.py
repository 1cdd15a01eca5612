"""Lives for the read models' tests: firms of one city, decided by the real rooms, in an order by seed."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit
from uuid import UUID

import psycopg
from psycopg import sql

from domain import allotment, batch, exclusions, places, queue, register
from domain.allotment import Allotment, note_change
from domain.assessment import grade_at
from domain.batch import Batch, OpenBatch, ReviseBatchRules, open_batch, revise_batch_rules
from domain.calendar import CHINA
from domain.case import (
    acceptance,
    application,
    contract,
    contract_change,
    diagnosis,
    entitlement,
    evaluation,
    listing,
    lookback,
    payout,
    payout_plan,
    plan,
    recovery,
    retrofit,
    review,
    rooms,
    vouchers,
)
from domain.case.adoption import AdoptRules
from domain.case.alarm import WatchProvider
from domain.case.file import (
    Acceptance,
    CaseFile,
    CasePapers,
    Inspection,
    Qualification,
    Recovery,
    Stage,
    Subsidy,
    Works,
)
from domain.case.independence import ApproveConflict
from domain.case.level import OverrideLevel
from domain.case.schedule import PassDeadline, RecordReminder, next_wake
from domain.case.supply import NamedProduct
from domain.case.vouchers import looked_up
from domain.case.withdrawal import ApproveWithdrawal, AskWithdrawal, DeclineWithdrawal
from domain.catalogue import Catalogue, Product
from domain.commands import CaseCommand, Command
from domain.exclusions import (
    Excluded,
    Exclusions,
    ImportExclusions,
    WithdrawExclusions,
    import_exclusions,
    withdraw_exclusions,
)
from domain.expert_review import file as experts
from domain.expert_review.common import ExpertReviewCommand
from domain.expert_review.file import ExpertReview
from domain.expert_review.ranking import Criterion, Expert, Points
from domain.expert_review.room import DECISIONS as REVIEW
from domain.expert_review.room import AddExperts, CallExpertReview, CallOffExpertReview, CloseExpertReview
from domain.expert_review.scoring import FileScore, RecuseExpert
from domain.fund import rooms as fund
from domain.fund.allocation import (
    AllocateToCounty,
    SettleCounty,
    TakeBackFromCounty,
    allocate_to_county,
    settle_county,
    take_back_from_county,
)
from domain.fund.appropriation import AppropriateFund, WithdrawFund, appropriate_fund, withdraw_fund
from domain.fund.budget import Budget
from domain.fund.file import RETROFIT_LINE, Fund, Part, Source
from domain.identity import (
    allotment_id,
    batch_id,
    budget_id,
    case_id,
    catalogue_id,
    command_id,
    exclusions_id,
    expert_review_id,
    fund_id,
    places_id,
    pool_id,
    provider_id,
    queue_id,
    register_id,
)
from domain.money import Money
from domain.notice import room as notices
from domain.payout_round.plan import Account, PlanLine
from domain.people import SYSTEM, Person, Role
from domain.places import Places, Quota, Willing
from domain.policy import Cited, Pack, Standing
from domain.policy_rows import Approval
from domain.programme import programme_of
from domain.provider.file import Membership, Pool, Provider
from domain.queue import PayoutQueue
from domain.quotas import ResetQuotas, SetQuotas, reset_quotas, set_quotas
from domain.record import Fact, File
from domain.register import Register
from domain.rejections import Refusal
from domain.spend import Contract, SpendLine
from domain.standard import Grade
from domain.vouchers import EVENTS as VOUCHERS
from domain.vouchers import Equipment, VoucherRegister
from policies import load
from policies.calendars import published
from settings import Settings
from tests import notice_lives
from tests.domain.answers import banded, of_level

TCommand = TypeVar("TCommand", bound=Command)
CITY = "dalian"
REVISED = "ab" * 32
"""The version of the second text of every batch."""
PROGRAMME = programme_of(load.load(CITY), rehearsal=True)
_SHOWN: tuple[type[Fact], ...] = (*rooms.EVENTS, *fund.EVENTS, *batch.EVENTS, *notices.EVENTS)
_BESIDE: tuple[type[Fact], ...] = (
    *(*places.EVENTS, *allotment.EVENTS, *exclusions.EVENTS, *queue.EVENTS),
    *(*register.EVENTS, *VOUCHERS, *experts.EVENTS),
)
EVERYTHING = tuple(fact.TOPIC for fact in (*_SHOWN, *_BESIDE))
"""Every kind of fact that a read model shows, and those that a firm's way through selection writes beside its case."""
CODES = ("2024-1", "2024-2", "2024-3")
"""The batches; in the last one experts rank the firms."""
PLATFORM = "平台公司"
"""Runs the city's platform, and diagnoses some of its firms."""
GONE = "91210200LB0GONE00X"
"""The code of the firms' provider, which the pool knows only while an alarm is about it."""
MES = Product(
    *("P-1", "制造执行系统", "software", Money.wan(900), Money.wan(900), "套", ""),
    valid_from=date(2023, 1, 1),
    valid_to=date(2027, 12, 31),
)
START = datetime(2024, 1, 8, 9, 30, tzinfo=CHINA)


@dataclass
class Life:
    """One firm's case and its own clock."""

    case: CaseFile
    at: datetime
    rng: Random
    pack: Pack
    bad: bool
    register: Register
    """This firm will be caught by the look-back."""
    step: int = 0


@dataclass
class Town:
    """One city's programme, played without an engine: every act is decided by its room and handed to the caller."""

    seed: int
    firms: int
    lives: list[Life] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rng = Random(self.seed)
        self.pack = load.load(CITY, ("rehearsal",))
        self.text = load.text_of(CITY, ("rehearsal",))
        self.batches = [Batch.fresh(batch_id(CITY, PROGRAMME, code)) for code in CODES]
        self.fund = Fund.fresh(fund_id(CITY, PROGRAMME, RETROFIT_LINE))
        self.budget = Budget.fresh(budget_id(CITY, PROGRAMME))
        self.queue = PayoutQueue.fresh(queue_id(CITY, PROGRAMME, RETROFIT_LINE))
        self.catalogue = Catalogue.fresh(catalogue_id(CITY, PROGRAMME))
        self.catalogue.products = {MES.code: MES}
        self.pool = Pool.fresh(pool_id(CITY, PROGRAMME))
        self.pool.posts = {("platform", PLATFORM): "中标通知书1号"}
        self.places = {batch.id: Places.fresh(places_id(batch.id)) for batch in self.batches}
        self.allotment = Allotment.fresh(allotment_id(CITY, PROGRAMME))
        self.exclusions = Exclusions.fresh(exclusions_id(CITY))
        self.vouchers: dict[UUID, VoucherRegister] = {}

    def acts(self) -> Generator[tuple[list[File], Command]]:
        """Everything that happens, in order: the files with what they recorded, and the command."""
        yield self._appropriate()
        yield from self._county_money()
        yield from (self._open(batch) for batch in self.batches)
        yield from (self._revise(batch) for batch in self.batches)
        yield self._set_quotas(self.batches[0])
        yield self._set_quotas(self.batches[1])
        yield self._reset_quotas(self.batches[1])
        yield self._import_exclusions("应急管理局")
        yield self._import_exclusions("应急局")
        yield self._withdraw_exclusions()
        before_experts = yield from self._reviewed()
        others = [self._firm(number) for number in range(len(before_experts), self.firms)]
        for life in others:
            yield self._opened(life)
        running = [*before_experts, *others]
        while running:
            life = self.rng.choice(running)
            yield self._act(life)
            if not life.case.is_open and not self._comes_back(life):
                running.remove(life)
        yield from notice_lives.story(CITY, self.pack, START)

    def _reviewed(self) -> Generator[tuple[list[File], Command], None, list[Life]]:
        """Two firms before the experts, a round called off and one closed, and one place for the better of the two."""
        batch = self.batches[2]
        with_experts = {
            key: (Cited(value, "假设", Standing.ASSUMED),)
            for key, value in (("selection.expert_review", True), ("selection.review_sheets", 1))
        }
        pack = replace(self.pack, values={**self.pack.values, **with_experts})
        places = self.places[batch.id]
        quotas = SetQuotas(
            command_id=command_id("set-quotas", batch.code),
            by=Person("h-1", Role.HEAD, CITY),
            batch=batch.id,
            quotas=(Quota(1),),
            document="大工信〔2024〕3号",
        )
        limiting = CasePapers(quotas, START, self.pack, published())
        set_quotas(places, quotas, limiting, {})
        note_change(self.allotment, batch, limiting)
        yield [places, self.allotment], quotas
        lives = [self._firm(number) for number in range(2)]
        for life in lives:
            life.pack = pack
            yield self._opened(life)
            applied = {"batch": batch.id, "self_level": 1, "pledged": True}
            yield self._do(life, application.SubmitApplication, Role.FIRM, **applied)
            yield self._do(life, review.PassCountyReview, Role.COUNTY)
            yield self._do(life, review.PassCityReview, Role.CLERK)
        file = ExpertReview.fresh(expert_review_id(batch.id))
        expert = Person("e-1", Role.EXPERT, "某大学")
        cases = [life.case for life in lives]
        call = {
            "document": "大工信〔2024〕4号",
            "criteria": (Criterion("综合", 100),),
            "experts": (Expert(expert.id, expert.organisation),),
            "cases": tuple(case.id for case in cases),
        }
        said: tuple[tuple[type[ExpertReviewCommand], Person, dict[str, Any]], ...] = (
            (CallExpertReview, Person("c-1", Role.CLERK, CITY), call),
            (FileScore, expert, {"case": cases[0].id, "points": (Points("综合", 99),)}),
            (
                CallOffExpertReview,
                Person("h-1", Role.HEAD, CITY),
                {"document": "大工信〔2024〕6号", "reason": "评分标准有误"},
            ),
            (CallExpertReview, Person("c-1", Role.CLERK, CITY), call),
            (
                AddExperts,
                Person("c-1", Role.CLERK, CITY),
                {"document": "大工信〔2024〕5号", "experts": (Expert("e-2", "某研究院"),)},
            ),
            (
                RecuseExpert,
                Person("h-1", Role.HEAD, CITY),
                {"expert": "e-2", "cases": tuple(case.id for case in cases), "reason": "因病"},
            ),
            (FileScore, expert, {"case": cases[0].id, "points": (Points("综合", 70),)}),
            (FileScore, expert, {"case": cases[1].id, "points": (Points("综合", 80),)}),
            (CloseExpertReview, Person("c-1", Role.CLERK, CITY), {}),
        )
        for step, (kind, by, fields) in enumerate(said):
            command = kind(command_id=command_id("expert-review", str(step)), by=by, batch=batch.id, **fields)
            papers = CasePapers(command, lives[1].at + timedelta(hours=step), pack, published(), places=places)
            named = [case for case in cases if case.id == fields.get("case", case.id)]
            meant = [(case, pack) for case in cases] if kind is CloseExpertReview else named
            REVIEW[kind](file, command, papers, meant)
            yield [file, *(case for case in cases if case.pending_events), *papers.beside], command
        for life in lives:
            life.pack, life.at = self.pack, lives[1].at + timedelta(days=1)
        return lives

    def _comes_back(self, life: Life) -> bool:
        """Not selected in the first batch, a firm tries the second."""
        return life.case.may_apply_again and self.batches[1].id not in life.case.batches

    def _appropriate(self) -> tuple[list[File], Command]:
        command = AppropriateFund(
            command_id=command_id("appropriate", str(self.seed)),
            by=Person("t-1", Role.TREASURY, CITY),
            city=CITY,
            programme=PROGRAMME,
            line=RETROFIT_LINE,
            source=Source.CENTRAL,
            amount=Money.wan(50 * self.firms),
            document="大财建〔2024〕1号",
        )
        appropriate_fund(self.fund, self.budget, command, CasePapers(command, START, self.pack, published()))
        return [self.fund, self.budget], command

    def _county_money(self) -> Generator[tuple[list[File], Command]]:
        """A county without firms is given money and gives it back; the city loses a little of what it has."""
        chain = {"approval": load.load("mianyang").rows(Approval)}
        pack = replace(self.pack, tables={**self.pack.tables, **chain})
        by, county = Person("t-1", Role.TREASURY, CITY), self.pack.list("selection.counties")[-1]
        home: dict[str, Any] = {"city": CITY, "programme": PROGRAMME, "line": RETROFIT_LINE, "by": by}
        chained = partial(CasePapers, at=START, pack=pack, calendar=published())

        def said(kind: type[TCommand], **more: Any) -> TCommand:
            fields = {**home, **more, "document": f"大财建〔2024〕{kind.__name__}"}
            return kind(command_id=command_id(kind.__name__), **fields)

        withdraw = said(WithdrawFund, source=Source.CENTRAL, amount=Money.wan(1))
        withdraw_fund(self.fund, self.budget, withdraw, chained(withdraw))
        yield [self.fund, self.budget], withdraw
        allocate = said(AllocateToCounty, source=Source.CENTRAL, amount=Money.wan(3), county=county)
        allocate_to_county(self.fund, allocate, chained(allocate))
        yield [self.fund], allocate
        back = said(TakeBackFromCounty, source=Source.CENTRAL, amount=Money.wan(1), county=county)
        take_back_from_county(self.fund, back, chained(back))
        yield [self.fund], back
        settle = said(SettleCounty, county=county, carry=False)
        settle_county(self.fund, settle, chained(settle))
        yield [self.fund], settle

    def _open(self, batch: Batch) -> tuple[list[File], Command]:
        code = CODES[self.batches.index(batch)]
        command = OpenBatch(
            command_id=command_id("open-batch", code),
            by=Person("c-1", Role.CLERK, CITY),
            city=CITY,
            programme=PROGRAMME,
            code=code,
            opens=START.date(),
            closes=START.date() + timedelta(days=400),
            pack_text=self.text,
            rehearsal=True,
        )
        open_batch(batch, command, CasePapers(command, START, self.pack, published()))
        return [batch], command

    def _revise(self, batch: Batch) -> tuple[list[File], Command]:
        command = ReviseBatchRules(
            command_id=command_id("revise", batch.code),
            by=Person("h-1", Role.HEAD, CITY),
            city=CITY,
            programme=PROGRAMME,
            code=batch.code,
            pack_text=self.text,
            document="大工信〔2024〕9号",
        )
        revised = replace(self.pack, version=REVISED)
        revise_batch_rules(batch, command, CasePapers(command, START, revised, published()))
        return [batch], command

    def is_next(self, life: Life) -> bool:
        """Whether a free place of the batch is this firm's."""
        assert life.case.batch is not None
        return self.places[life.case.batch].next_in_line() == life.case.applicant

    def _set_quotas(self, batch: Batch) -> tuple[list[File], Command]:
        command = SetQuotas(
            command_id=command_id("set-quotas", batch.code),
            by=Person("h-1", Role.HEAD, CITY),
            batch=batch.id,
            quotas=(Quota(self.firms), Quota(self.firms, scale="above")),
            document="大工信〔2024〕1号",
        )
        papers = CasePapers(command, START, self.pack, published())
        set_quotas(self.places[batch.id], command, papers, {})
        note_change(self.allotment, batch, papers)
        return [self.places[batch.id], self.allotment], command

    def _reset_quotas(self, batch: Batch) -> tuple[list[File], Command]:
        command = ResetQuotas(
            command_id=command_id("reset-quotas"),
            by=Person("h-1", Role.HEAD, CITY),
            reason="按意愿调整",
            batch=batch.id,
            quotas=(Quota(self.firms),),
            document="大工信〔2024〕2号",
            willing=(Willing(self.firms),),
            last=self.batches[0].id,
        )
        last = (self.batches[0], self.places[self.batches[0].id])
        papers = CasePapers(command, START, self.pack, published())
        reset_quotas(self.places[batch.id], command, papers, last)
        note_change(self.allotment, batch, papers)
        return [self.places[batch.id], self.allotment], command

    def _import_exclusions(self, source: str) -> tuple[list[File], Command]:
        command = ImportExclusions(
            command_id=command_id("import-exclusions", source),
            by=Person("c-1", Role.CLERK, CITY),
            city=CITY,
            list_kind="accident",
            source=source,
            as_of=START.date(),
            file_hash="0" * 64,
            firms=tuple(Excluded(self._code(number), "某企业") for number in range(3)),
        )
        import_exclusions(self.exclusions, command, CasePapers(command, START, self.pack, published()), START.date())
        return [self.exclusions], command

    def _withdraw_exclusions(self) -> tuple[list[File], Command]:
        command = WithdrawExclusions(
            command_id=command_id("withdraw-exclusions"),
            by=Person("h-1", Role.HEAD, CITY),
            reason="来源写错",
            city=CITY,
            list_kind="accident",
            source="应急局",
            as_of=START.date(),
        )
        withdraw_exclusions(self.exclusions, command, CasePapers(command, START, self.pack, published()))
        return [self.exclusions], command

    def _code(self, number: int) -> str:
        return f"91210200LB{self.seed % 100:02d}{number:05d}0"

    def _firm(self, number: int) -> Life:
        code = self._code(number)
        case = CaseFile.fresh(case_id(CITY, PROGRAMME, code))
        rng = Random(self.seed * 1_000_003 + number)
        life = Life(
            case,
            START + timedelta(hours=number % 5),
            rng,
            self.pack,
            rng.random() < 0.4,
            Register.fresh(register_id(PROGRAMME, code)),
        )
        self.lives.append(life)
        return life

    def _opened(self, life: Life) -> tuple[list[File], Command]:
        number = self.lives.index(life)
        return self._do(
            life,
            application.OpenCase,
            Role.CLERK,
            city=CITY,
            programme=PROGRAMME,
            credit_code=self._code(number),
            firm=f"大连瑞岚{number}号机械有限公司(虚拟)",
            county=life.rng.choice(self.pack.list("selection.counties")[:4]),
            industry=life.rng.choice(self.pack.list("selection.industries")),
            scale="小",
            above_designated=life.rng.random() < 0.6,
            quality="专精特新",
            rehearsal=True,
        )

    def _act(self, life: Life) -> tuple[list[File], Command]:
        later = life.at + timedelta(days=life.rng.choice((0, 1, 2, 6, 15)), minutes=7)
        wake = next_wake(life.case)
        if wake is not None and (wake.at <= later or _waits(life)):
            life.at = wake.at
            if wake.remind_on is None:
                return self._do(life, PassDeadline, Role.SYSTEM, name=wake.name)
            return self._do(life, RecordReminder, Role.SYSTEM, name=wake.name, on=wake.remind_on)
        life.at = later
        if life.rng.random() < 0.03:
            return self._refused(life)
        kind, role, facts = _next(life, self)
        return self._do(life, kind, role, **facts)

    def _refused(self, life: Life) -> tuple[list[File], Command]:
        command = self._command(life, lookback.CloseCase, Role.FIRM, {})
        refusal = Refusal(life.rng.choice(("step_must_be_due", "role_must_be_allowed_to_do_this")), "不可办理", "")
        rooms.refuse(life.case, CasePapers(command, life.at, self.pack, published()), refusal)
        return [life.case], command

    def _do(self, life: Life, kind: type[CaseCommand], role: Role, **facts: Any) -> tuple[list[File], Command]:
        command = self._command(life, kind, role, facts)
        batch = next((batch for batch in self.batches if batch.id == life.case.batch), self.batches[0])
        if isinstance(command, application.SubmitApplication):
            batch = next(batch for batch in self.batches if batch.id == command.batch)
        standard = load.standard(edition) if (edition := rooms.edition(command)) else None
        papers = CasePapers(
            command,
            life.at,
            life.pack,
            published(),
            batch,
            self.fund,
            queue=self.queue,
            city_rules=self.pack,
            standard=standard,
            pool=self.pool,
            catalogue=self.catalogue,
            places=self.places[batch.id],
            register=life.register,
            exclusions=self.exclusions,
            vouchers={
                one.id: self.vouchers.setdefault(one.id, VoucherRegister.fresh(one.id))
                for one in looked_up(life.case, command)
            },
        )
        if kind is WatchProvider:
            papers = _about_the_provider(life.case, papers)
        if kind in (payout_plan.ApprovePayout, payout.InstructPayment):
            papers = _in_a_round(life, papers)
        rooms.decide(life.case, papers)
        return [life.case, *papers.beside], command

    def _command(self, life: Life, kind: type[CaseCommand], role: Role, facts: dict[str, Any]) -> CaseCommand:
        case, life.step = life.case, life.step + 1
        own = {
            Role.FIRM: case.credit_code,
            Role.COUNTY: case.county,
            Role.COUNTY_TREASURY: case.county,
            Role.DIAGNOSER: case.diagnoser,
            Role.EVALUATOR: case.evaluator,
        }
        by = SYSTEM if role is Role.SYSTEM else Person(f"{role}-{life.step}", role, own.get(role, CITY))
        given = {"command_id": command_id(str(case.id), str(life.step)), "by": by, "reason": "按程序办理"}
        return kind(**{**given, "case": case.id, "evidence": ("sha256:aa",), **facts})


def _in_a_round(life: Life, papers: CasePapers) -> CasePapers:
    """The case's line of a plan; now and then it was in another plan before, approved or not, or gets only a part."""
    case, number = life.case, command_id("round", str(life.case.id))
    if case.subsidy is Subsidy.APPROVED:
        return replace(papers, planned=PlanLine(case.id, case.firm, case.credit_code, case.county, case.approved, ()))
    due, luck = payout_plan.still_due(case), Random(str(case.id)).random()
    whole = bool(case.paid.fen) or luck > 0.25
    amount = due if whole else Money(due.fen // 2)
    parts = (Part(Source.CENTRAL, amount),)
    line = PlanLine(case.id, case.firm, case.credit_code, case.county, amount, parts, whole)
    papers = replace(papers, planned=line, command=replace(cast("Any", papers.command), amount=amount))
    if luck > 0.7:
        payout_plan.take_up(case, number, "1", line, papers)
        payout_plan.let_go(case, papers)
    payout_plan.take_up(case, number, "2", line, papers)
    if luck > 0.9:
        rooms.decide(case, papers)
        payout_plan.retract(case, papers)
        payout_plan.take_up(case, number, "3", line, papers)
    return papers


def _about_the_provider(case: CaseFile, papers: CasePapers) -> CasePapers:
    """Removed where the case does not know it yet, else back again."""
    pool = Pool.fresh(pool_id(CITY, PROGRAMME))
    pool.codes, pool.names = {GONE: case.provider}, {case.provider: GONE}
    gone = Provider.fresh(provider_id(CITY, PROGRAMME, GONE))
    gone.credit_code, gone.name, gone.decision = GONE, case.provider, papers.command.command_id
    gone.membership = Membership.IN_POOL if case.provider_alarm else Membership.REMOVED
    return replace(papers, pool=pool, providers={GONE: gone})


def _waits(life: Life) -> bool:
    """Whether a period must first run its whole time: a public notice, or a refund that this firm does not make."""
    silent = "refund" if life.bad and life.case.credit_code[-2] in "24" else ""
    return any(
        held.timer in ("list_notice", "acceptance_notice", silent)
        for held in life.case.deadlines.values()
        if not held.passed
    )


def _next(life: Life, town: Town) -> tuple[type[CaseCommand], Role, dict[str, Any]]:
    """What happens next to a case that stands where it stands; the luck is the life's own."""
    case, luck = life.case, life.rng.random()
    if case.may_apply_again:
        return application.SubmitApplication, Role.FIRM, {"batch": town.batches[1].id, "self_level": 1, "pledged": True}
    if case.withdrawal_asked:
        return (ApproveWithdrawal if luck < 0.8 else DeclineWithdrawal), Role.HEAD, {}
    may_leave = case.subsidy is not Subsidy.INSTRUCTED and case.inspection is Inspection.NONE and not case.paid.fen
    if case.stage in (Stage.DIAGNOSIS, Stage.CONTRACT, Stage.PAYOUT) and may_leave and luck < 0.02:
        return AskWithdrawal, Role.FIRM, {}
    if case.stage is Stage.CONTRACT and case.rules_version != REVISED and luck < 0.2:
        return AdoptRules, Role.HEAD, {"version": REVISED, "document": "大工信〔2024〕9号"}
    if case.inspection not in (Inspection.NONE, Inspection.CLEAN):
        return _lookback(life, luck)
    if case.stage is Stage.SELECTION:
        return _selection(life, luck, town)
    return {
        Stage.DIAGNOSIS: _works,
        Stage.CONTRACT: _works,
        Stage.RETROFIT: _works,
        Stage.EVALUATION: _acceptance,
        Stage.ACCEPTANCE: _acceptance,
        Stage.PAYOUT: _payout,
        Stage.LOOKBACK: _lookback,
    }[case.stage](life, luck)


def _selection(life: Life, luck: float, town: Town) -> tuple[type[CaseCommand], Role, dict[str, Any]]:
    match life.case.qualification:
        case Qualification.DRAFT:
            batch = town.batches[luck < 0.3].id
            return application.SubmitApplication, Role.FIRM, {"batch": batch, "self_level": 1, "pledged": True}
        case Qualification.COUNTY_REVIEW if luck < 0.2 and life.case.supplements < 2:
            return review.RequestSupplement, Role.COUNTY, {"defects": ("缺营业执照",)}
        case Qualification.COUNTY_REVIEW:
            return review.PassCountyReview, Role.COUNTY, {}
        case Qualification.SUPPLEMENTING:
            return review.SubmitSupplement, Role.FIRM, {}
        case Qualification.CITY_REVIEW if luck < 0.15 and life.case.supplements < 2:
            return review.RequestSupplement, Role.CLERK, {"defects": ("缺审计报告", "缺自评表")}
        case Qualification.CITY_REVIEW if luck < 0.3:
            return review.WaitlistApplication, Role.CLERK, {}
        case Qualification.CITY_REVIEW if luck < 0.35:
            return review.RejectApplication, Role.CLERK, {}
        case Qualification.CITY_REVIEW:
            return review.PassCityReview, Role.CLERK, {}
        case Qualification.WAITLISTED if luck < 0.3 or not town.is_next(life):
            return review.RejectApplication, Role.CLERK, {}
        case Qualification.WAITLISTED:
            return review.PromoteFromWaitlist, Role.CLERK, {}
        case Qualification.PROPOSED:
            return listing.PublishList, Role.CLERK, {"document": "公示1号"}
        case Qualification.NOTICED if life.case.open_objection:
            return listing.AnswerObjection, Role.HEAD, {"upheld": luck < 0.4, "answer": "经核实"}
        case Qualification.NOTICED if luck < 0.1:
            return listing.RecordObjection, Role.CLERK, {"matter": "产值不实"}
    return listing.ConfirmPilot, Role.HEAD, {"document": "名单1号"}


def _works(life: Life, luck: float) -> tuple[type[CaseCommand], Role, dict[str, Any]]:
    case = life.case
    paper = _contract(life)
    match case.works:
        case Works.AWAITING_DIAGNOSIS:
            return diagnosis.AssignDiagnosis, Role.CLERK, {"diagnoser": PLATFORM if luck < 0.2 else "诊断一所"}
        case Works.DIAGNOSING:
            before = _grade(life, 2 if luck > 0.6 else 1)
            return diagnosis.FileDiagnosis, Role.DIAGNOSER, {"baseline": before, "report": "ZD-1"}
        case Works.DIAGNOSED:
            return diagnosis.ConfirmDiagnosis, Role.FIRM, {}
        case Works.PLANNING if luck > 0.85 and not case.conflicts:
            return ApproveConflict, Role.HEAD, {"organisation": case.diagnoser, "pair": "diagnosis+retrofit"}
        case Works.PLANNING:
            return (
                plan.FilePlan,
                Role.FIRM,
                {"provider": "云上公司", "price": Money.wan(110)},
            )  # no contract here costs more
        case Works.PLAN_REVIEW if luck < 0.2:
            return plan.ReturnPlan, Role.SUPERVISOR, {}
        case Works.PLAN_REVIEW:
            return plan.PassPlan, Role.SUPERVISOR, {}
        case Works.CONTRACTING if luck < 0.3:
            return contract.FileContract, Role.FIRM, {"contract": paper, "products": (NamedProduct(1, MES.code),)}
        case Works.CONTRACTING:
            return contract.FileContract, Role.FIRM, {"contract": paper}
        case Works.CONTRACT_REVIEW if luck < 0.15:
            return contract.ReturnContract, Role.SUPERVISOR, {}
        case Works.CONTRACT_REVIEW:
            return contract.PassContract, Role.SUPERVISOR, {}
        case Works.REGISTERING:
            return contract.RegisterContract, Role.CLERK, {}
    if case.provider_alarm or luck > 0.93:
        return WatchProvider, Role.SYSTEM, {"credit_code": GONE}
    if case.contract_change is not None:
        change = contract_change.ApproveContractChange if luck < 0.7 else contract_change.DeclineContractChange
        return change, Role.CLERK, {}
    if luck < 0.1 and case.contract_changes < 2:
        return contract_change.AskContractChange, Role.FIRM, {"contract": paper}
    if None in case.milestones.values():
        return retrofit.InspectMilestone, Role.SUPERVISOR, {"milestone": "上线", "passed": True, "opinion": "可"}
    if not case.milestones:
        return retrofit.ReportMilestone, Role.FIRM, {"milestone": "上线", "done_on": life.at.date()}
    facts = {"completed_on": life.at.date(), "self_grade": _grade(life, 2)}
    return retrofit.ReportCompletion, Role.FIRM, facts


def _acceptance(life: Life, luck: float) -> tuple[type[CaseCommand], Role, dict[str, Any]]:
    case = life.case
    proven = case.contract.lines if case.contract and luck < 0.75 else ()
    report = {"verified": proven, "second_evaluator": "e-2", "report": "PC-1"}
    match case.acceptance:
        case Acceptance.AWAITING_APPLICATION if luck < 0.2 and not case.earlier:
            given = {"line": 1, "given_by": "技改专项", "amount": Money(0), "document": "大财企1号"}
            return entitlement.RecordEarlierSupport, Role.CLERK, given
        case Acceptance.AWAITING_APPLICATION if luck > 0.7 and not case.filings:
            gauge = Equipment(f"SN-{case.credit_code}", 1, "a" * 64)
            return vouchers.FileVouchers, Role.FIRM, {"contract_sha256": "b" * 64, "equipment": (gauge,)}
        case Acceptance.AWAITING_APPLICATION if luck > 0.5 and case.filings:
            return vouchers.StrikeVouchers, Role.CLERK, {"filing": next(iter(case.filings))}
        case Acceptance.AWAITING_APPLICATION:
            return evaluation.ApplyForAcceptance, Role.FIRM, {"documents": ("合同", "发票")}
        case Acceptance.ASSIGNING:
            return evaluation.AssignEvaluator, Role.CLERK, {"evaluator": "评测一院"}
        case Acceptance.EVALUATING if case.level_override:
            answers = of_level(2) if _standard(life) == "2024" else banded("45")
            grade = grade_at(load.standard(answers.standard), answers, 3)
            return evaluation.FileEvaluation, Role.EVALUATOR, {"grade": grade, "answers": answers, **report}
        case Acceptance.EVALUATING if luck > 0.8:
            return OverrideLevel, Role.HEAD, {"computed": 2, "declared": 3}
        case Acceptance.EVALUATING:
            return evaluation.FileEvaluation, Role.EVALUATOR, {"grade": _grade(life, 1 if luck < 0.3 else 3), **report}
        case Acceptance.DECIDING if case.grade and case.grade.level >= 2:
            return acceptance.PassAcceptance, Role.HEAD, {}
        case Acceptance.DECIDING if case.rectifications:
            return acceptance.FailAcceptance, Role.HEAD, {}
        case Acceptance.DECIDING:
            return acceptance.OrderRectification, Role.HEAD, {"items": ("系统未上线",)}
        case Acceptance.RECTIFYING:
            return acceptance.ReportRectification, Role.FIRM, {}
        case Acceptance.RECHECKING:
            return acceptance.FileRecheck, Role.EVALUATOR, {"grade": _grade(life, 1 if luck < 0.4 else 2), **report}
        case Acceptance.PASSED:
            return acceptance.PublishAcceptance, Role.CLERK, {"document": "公示2号"}
    return acceptance.ConfirmAcceptance, Role.LEADER, {}


def _payout(life: Life, luck: float) -> tuple[type[CaseCommand], Role, dict[str, Any]]:
    case = life.case
    due = payout_plan.still_due(case)
    if case.subsidy is Subsidy.APPROVED and life.bad and luck < 0.4 and case.inspection is Inspection.NONE:
        return _lookback(life, luck)
    match case.subsidy:
        case Subsidy.TO_VERIFY if case.account is None:
            account = Account(case.firm, "某银行", "6222000011112222")
            return payout.RegisterAccount, Role.FIRM, {"account": account}
        case Subsidy.TO_VERIFY if not case.verified:
            return entitlement.DenySubsidy, Role.HEAD, {}
        case Subsidy.TO_VERIFY:
            return entitlement.VerifyEntitlement, Role.CLERK, {}
        case Subsidy.VERIFIED:
            return payout_plan.ApprovePayout, Role.LEADER, {"amount": due, "document": "纪要1号"}
        case Subsidy.APPROVED:
            return payout.InstructPayment, Role.TREASURY, {"document": "拨付1号"}
    if luck < 0.2:
        return payout.RecordBounce, Role.COUNTY_TREASURY, {"instruction": case.instruction}
    facts = {"instruction": case.instruction, "amount": case.approved, "received_on": life.at.date()}
    return payout.RecordReceipt, Role.COUNTY_TREASURY, facts


def _lookback(life: Life, luck: float) -> tuple[type[CaseCommand], Role, dict[str, Any]]:
    case = life.case
    clear = case.stage is Stage.LOOKBACK and case.inspection in (Inspection.NONE, Inspection.CLEAN)
    if clear and case.subsidy in (Subsidy.APPROVED, Subsidy.INSTRUCTED):
        return _payout(life, max(luck, 0.4))
    if clear and case.instruction in case.received and 0.3 < luck < 0.4:
        return payout.RecordBounce, Role.COUNTY_TREASURY, {"instruction": case.instruction}
    found = {"findings": ("等级回落",) if luck < 0.3 else ("数据失真",)} if life.bad else {"findings": ()}
    match case.inspection:
        case Inspection.NONE if life.bad or luck < 0.3:
            facts = {"campaign": "2025-1", "purpose": "accepted", "basis": "第3位"}
            return lookback.DrawCase, Role.CLERK, facts
        case Inspection.DRAWN:
            return lookback.RecordInspection, Role.INSPECTOR, {**found, "second_inspector": "i-2"}
        case Inspection.FOUND if case.findings == (lookback.LEVEL_FALLEN,):
            return lookback.OrderLookbackRectification, Role.HEAD, {}
        case Inspection.RECTIFYING:
            return lookback.ReportLookbackRectification, Role.FIRM, {}
        case Inspection.RECHECKING:
            return lookback.RecordLookbackRecheck, Role.INSPECTOR, {"passed": luck < 0.5}
        case Inspection.FOUND if not case.statement_filed:
            return lookback.FileStatement, Role.FIRM, {"statement": "情况说明"}
        case Inspection.UPHELD if case.recovery is not Recovery.NONE:
            return _recovery(life, luck)
        case Inspection.FOUND | Inspection.UPHELD if luck < 0.2 or "数据失真" not in case.findings:
            return lookback.DismissFinding, Role.HEAD, {}
        case Inspection.FOUND | Inspection.UPHELD:
            return lookback.RevokeQualification, Role.LEADER, {"ground": "数据失真", "minutes": "纪要9号"}
    return lookback.CloseCase, Role.HEAD, {}


def _recovery(life: Life, luck: float) -> tuple[type[CaseCommand], Role, dict[str, Any]]:
    case = life.case
    left = case.to_recover - case.refunded
    overdue = all(deadline.passed for deadline in case.deadlines.values() if deadline.timer == "refund")
    match case.recovery:
        case Recovery.TO_NOTIFY:
            return recovery.NotifyRecovery, Role.CLERK, {"amount": case.paid, "document": "告知1号"}
        case Recovery.NOTIFIED:
            return recovery.DecideRecovery, Role.LEADER, {"amount": case.paid, "document": "决定1号"}
        case Recovery.DECIDED if overdue:
            return recovery.HandOverRecovery, Role.HEAD, {"to": "法院"}
        case Recovery.HANDED_OVER if luck > 0.2:
            return recovery.RecordEnforcement, Role.CLERK, {"document": "执行1号"}
        case Recovery.ENFORCED if luck > 0.2:
            return recovery.WriteOffRecovery, Role.LEADER, {"amount": left, "document": "核销1号"}
    part = Money(max(1, left.fen // 3)) if luck < 0.4 else left
    return recovery.RecordRefund, Role.COUNTY_TREASURY, {"amount": part, "slip": f"PZ-{life.step}"}


def _contract(life: Life) -> Contract:
    software, gauges = Money(30_000_00 + life.rng.randrange(99_000_000)), Money(10_000_01)
    lines = (SpendLine("software", "MES", software), SpendLine("acquisition", "传感器", gauges))
    return Contract(
        f"HT-{life.case.credit_code}", "云上公司", min(life.at.date(), date(2025, 12, 30)), lines, software + gauges
    )


def _standard(life: Life) -> str:
    return str(life.pack.cited("evaluation.standard", life.at.astimezone(CHINA).date()).value)


def _grade(life: Life, level: int) -> Grade:
    edition = load.standard(_standard(life))
    binding = min(7, edition.scenarios_that_are(binding=True))
    guiding = min(3, edition.scenarios_that_are(binding=False))
    return Grade(edition.code, level, Decimal("31.5"), Decimal("20.25"), Decimal(12), binding, guiding)


def eventful_seed(firms: int, topics: Iterable[str] = EVERYTHING) -> int:
    """The first seed with which all of this happens to somebody; the best of some where none is so eventful."""

    def missing(seed: int) -> int:
        acts = Town(seed, firms).acts()
        seen = {cast(Fact, fact).TOPIC for files, _ in acts for file in files for fact in file.collect_events()}
        return len(set(topics) - seen)

    fewest: dict[int, int] = {}
    for seed in range(20):
        count = missing(seed)
        if not count:
            return seed
        fewest[count] = seed
    return fewest[min(fewest)]


def fresh_database(servers: Settings, name: str) -> str:
    """A database of a test's own, on the servers that all tests share."""
    with psycopg.connect(servers.dsn(), autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return urlsplit(servers.dsn())._replace(path=f"/{name}").geturl()
