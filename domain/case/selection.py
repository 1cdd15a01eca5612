"""遴选: a firm applies, county and city review, the list stands in public, the firm becomes a pilot."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from domain import places
from domain.batch import Batch
from domain.case.common import hand_must_differ, step_must_be_due, words_must_be_given
from domain.case.file import CaseFact, CaseFile, CasePapers, Qualification, Stage, Works
from domain.commands import CaseCommand
from domain.exclusions import ListKind, firm_must_not_be_on_an_exclusion_list
from domain.identity import case_id, credit_code_must_be_well_formed
from domain.notice.effect import case_must_stand_in_its_notice, notice_must_have_been_completed
from domain.people import Person, Role
from domain.policy import Pack
from domain.programme import programme_must_be_the_citys
from domain.register import FirmApplied, Register
from domain.rules import No, rule
from domain.standard import HIGHEST_LEVEL, LOWEST_LEVEL
from domain.words import zh

# --- facts


class CaseOpened(CaseFact):
    """The firm stands on the city's roster; its file begins."""

    TOPIC: ClassVar[str] = "case.opened"
    city: str
    programme: str
    credit_code: str
    firm: str
    county: str
    industry: str
    scale: str
    above_designated: bool
    quality: str
    rehearsal: bool

    def fold(self, file: CaseFile) -> None:
        file.city = self.city
        file.programme = self.programme
        file.credit_code = self.credit_code
        file.firm = self.firm
        file.county = self.county
        file.industry = self.industry
        file.quality = self.quality
        file.above_designated = self.above_designated
        file.rehearsal = self.rehearsal


class ApplicationSubmitted(CaseFact):
    """已申报: from here on the batch's rules hold for this case."""

    TOPIC: ClassVar[str] = "case.application-submitted"
    batch: UUID
    batch_code: str
    self_level: int

    def fold(self, file: CaseFile) -> None:
        file.batch = self.batch
        file.batch_code = self.batch_code
        file.rules_version = self.pack_version
        file.batches = (*file.batches, self.batch)
        file.qualification = Qualification.COUNTY_REVIEW


class ApplicationReopened(CaseFact):
    """A firm that was not selected comes back in another batch; its file goes on from the beginning of selection."""

    TOPIC: ClassVar[str] = "case.application-reopened"
    ENTERS: ClassVar[Stage | None] = Stage.SELECTION
    last_batch: str
    """Code of the batch in which it was not selected."""

    def fold(self, file: CaseFile) -> None:
        file.qualification = Qualification.DRAFT
        file.supplements = 0
        file.withdrawal_asked = False


class ExclusionNoted(CaseFact):
    """The firm stands on a list that the city's rules do not name: it may apply, and the reviewers are to know."""

    TOPIC: ClassVar[str] = "case.exclusion-noted"
    list_kind: ListKind
    source: str
    as_of: date


class SupplementRequested(CaseFact):
    """退回补正, with all defects at once."""

    TOPIC: ClassVar[str] = "case.supplement-requested"
    defects: tuple[str, ...]
    returns_to: Qualification

    def fold(self, file: CaseFile) -> None:
        file.supplements += 1
        file.supplement_returns_to = self.returns_to
        file.qualification = Qualification.SUPPLEMENTING


class SupplementSubmitted(CaseFact):
    """The firm has mended its papers; the review goes on where it stood."""

    TOPIC: ClassVar[str] = "case.supplement-submitted"

    def fold(self, file: CaseFile) -> None:
        file.qualification = file.supplement_returns_to


class CountyReviewPassed(CaseFact):
    """The county recommends the firm to the city."""

    TOPIC: ClassVar[str] = "case.county-review-passed"

    def fold(self, file: CaseFile) -> None:
        file.qualification = Qualification.CITY_REVIEW
        file.sign("county review", self.by.id)


class CityReviewPassed(CaseFact):
    """拟入选."""

    TOPIC: ClassVar[str] = "case.city-review-passed"

    def fold(self, file: CaseFile) -> None:
        file.qualification = Qualification.PROPOSED
        file.proposed_at = self.originator_version
        file.sign("city review", self.by.id)


class ApplicationWaitlisted(CaseFact):
    """候补: good enough, no place yet."""

    TOPIC: ClassVar[str] = "case.application-waitlisted"

    def fold(self, file: CaseFile) -> None:
        file.qualification = Qualification.WAITLISTED
        file.sign("city review", self.by.id)


class WaitlistPromoted(CaseFact):
    """A place fell free."""

    TOPIC: ClassVar[str] = "case.waitlist-promoted"

    def fold(self, file: CaseFile) -> None:
        file.qualification = Qualification.PROPOSED
        file.proposed_at = self.originator_version


class ApplicationRejected(CaseFact):
    """未入选, by a reviewer's decision."""

    TOPIC: ClassVar[str] = "case.application-rejected"
    ENTERS: ClassVar[Stage | None] = Stage.CLOSED

    def fold(self, file: CaseFile) -> None:
        file.qualification = Qualification.NOT_SELECTED


class ApplicationLapsed(CaseFact):
    """未入选, because the supplement did not come in time (视为放弃)."""

    TOPIC: ClassVar[str] = "case.application-lapsed"
    ENTERS: ClassVar[Stage | None] = Stage.CLOSED

    def fold(self, file: CaseFile) -> None:
        file.qualification = Qualification.NOT_SELECTED


class ListPublished(CaseFact):
    """名单公示 began."""

    TOPIC: ClassVar[str] = "case.list-published"
    document: str

    def fold(self, file: CaseFile) -> None:
        file.qualification = Qualification.NOTICED
        file.list_document = self.document


class ObjectionRecorded(CaseFact):
    """Somebody objected by name; the list cannot become final before the answer."""

    TOPIC: ClassVar[str] = "case.objection-recorded"
    matter: str

    def fold(self, file: CaseFile) -> None:
        file.open_objection = self.matter


class ObjectionUpheld(CaseFact):
    """异议成立: the city reviews again."""

    TOPIC: ClassVar[str] = "case.objection-upheld"
    answer: str

    def fold(self, file: CaseFile) -> None:
        file.open_objection = ""
        file.qualification = Qualification.CITY_REVIEW


class ObjectionDismissed(CaseFact):
    """异议不成立: the notice goes on."""

    TOPIC: ClassVar[str] = "case.objection-dismissed"
    answer: str

    def fold(self, file: CaseFile) -> None:
        file.open_objection = ""


class PilotConfirmed(CaseFact):
    """The firm is a pilot; diagnosis begins."""

    TOPIC: ClassVar[str] = "case.pilot-confirmed"
    ENTERS: ClassVar[Stage | None] = Stage.DIAGNOSIS
    document: str

    def fold(self, file: CaseFile) -> None:
        file.qualification = Qualification.PILOT
        file.works = Works.AWAITING_DIAGNOSIS


EVENTS = (
    CaseOpened,
    ApplicationSubmitted,
    ApplicationReopened,
    ExclusionNoted,
    SupplementRequested,
    SupplementSubmitted,
    CountyReviewPassed,
    CityReviewPassed,
    ApplicationWaitlisted,
    WaitlistPromoted,
    ApplicationRejected,
    ApplicationLapsed,
    ListPublished,
    ObjectionRecorded,
    ObjectionUpheld,
    ObjectionDismissed,
    PilotConfirmed,
)

# --- commands


@dataclass(frozen=True, kw_only=True)
class OpenCase(CaseCommand):
    """Put a firm of the roster on file. No contact person or phone: those never enter the record."""

    kind: Literal["open-case"] = "open-case"
    city: str
    programme: str
    credit_code: str
    firm: str
    county: str
    industry: str
    scale: str
    above_designated: bool
    quality: str
    rehearsal: bool = False


@dataclass(frozen=True, kw_only=True)
class SubmitApplication(CaseCommand):
    """The firm applies in a batch, with its self-assessment and its pledge of truth."""

    kind: Literal["submit-application"] = "submit-application"
    batch: UUID
    self_level: int
    pledged: bool


@dataclass(frozen=True, kw_only=True)
class RequestSupplement(CaseCommand):
    """Send the papers back once, naming every defect."""

    kind: Literal["request-supplement"] = "request-supplement"
    defects: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SubmitSupplement(CaseCommand):
    """Hand in what was missing."""

    kind: Literal["submit-supplement"] = "submit-supplement"


@dataclass(frozen=True, kw_only=True)
class PassCountyReview(CaseCommand):
    """Recommend."""

    kind: Literal["pass-county-review"] = "pass-county-review"


@dataclass(frozen=True, kw_only=True)
class PassCityReview(CaseCommand):
    """Propose for the list."""

    kind: Literal["pass-city-review"] = "pass-city-review"


@dataclass(frozen=True, kw_only=True)
class WaitlistApplication(CaseCommand):
    """Keep for the next free place."""

    kind: Literal["waitlist-application"] = "waitlist-application"


@dataclass(frozen=True, kw_only=True)
class PromoteFromWaitlist(CaseCommand):
    """Give the free place."""

    kind: Literal["promote-from-waitlist"] = "promote-from-waitlist"


@dataclass(frozen=True, kw_only=True)
class RejectApplication(CaseCommand):
    """Do not select; ``reason`` says why."""

    kind: Literal["reject-application"] = "reject-application"


@dataclass(frozen=True, kw_only=True)
class PublishList(CaseCommand):
    """Put the proposed list before the public."""

    kind: Literal["publish-list"] = "publish-list"
    document: str


@dataclass(frozen=True, kw_only=True)
class RecordObjection(CaseCommand):
    """Take down an objection made under a real name."""

    kind: Literal["record-objection"] = "record-objection"
    matter: str


@dataclass(frozen=True, kw_only=True)
class AnswerObjection(CaseCommand):
    """Decide the objection."""

    kind: Literal["answer-objection"] = "answer-objection"
    upheld: bool
    answer: str


@dataclass(frozen=True, kw_only=True)
class ConfirmPilot(CaseCommand):
    """Make the firm a pilot, on the document that names the list."""

    kind: Literal["confirm-pilot"] = "confirm-pilot"
    document: str


# --- rules


@rule
def firm_must_have_one_case(case: CaseFile, pack: Pack) -> No | None:
    """One firm has one case in a city's programme (一企一档, where the source says it)."""
    if case.is_new:
        return None
    return No(f"企业 {case.firm} 已在本市本项目建档，不能重复建档", pack.clause("contract.record"))


@rule
def file_must_be_the_firms_own(case: CaseFile, command: OpenCase) -> No | None:
    """A file's number follows from city, programme and credit code: a firm cannot have two under two numbers."""
    if case.id == case_id(command.city, command.programme, command.credit_code):
        return None
    return No(f"档案号与企业 {command.credit_code} 不符，不能建档")


@rule
def firm_must_be_in_a_pilot_industry(industry: str, pack: Pack) -> No | None:
    """Only the city's pilot industries take part."""
    if industry in pack.list("selection.industries"):
        return None
    return No(f"行业“{industry}”不在试点细分行业内", pack.clause("selection.industries"))


@rule
def firm_must_be_in_a_county_of_the_city(county: str, pack: Pack) -> No | None:
    """Only counties and zones of the city take part."""
    if county in pack.list("selection.counties"):
        return None
    return No(f"区县“{county}”不属于{pack.name}", pack.clause("selection.counties"))


@rule
def county_must_put_only_its_own_firms_on_file(county: str, by: Person) -> No | None:
    """Before there is a case, the roster says whose firm it is."""
    if by.role is not Role.COUNTY or by.organisation == county:
        return None
    return No(f"企业属“{county}”，“{by.organisation}”不能为其建档")


@rule
def batch_must_be_open_on_the_day(batch: Batch | None, case: CaseFile, today: date) -> No | None:
    """Applications come within the window of a batch of the firm's own city."""
    if batch is None or batch.is_new or batch.opens is None or batch.closes is None:
        return No("没有这个批次")
    if (batch.city, batch.programme, batch.rehearsal) != (case.city, case.programme, case.rehearsal):
        return No(f"批次 {batch.code} 不是本市本项目的批次")
    if not batch.opens <= today <= batch.closes:
        return No(f"批次 {batch.code} 的申报期为 {batch.opens} 至 {batch.closes}，今日 {today} 不在期内")
    return None


@rule
def firm_must_apply_once_in_a_batch(case: CaseFile, batch: UUID) -> No | None:
    """Who was not selected in a batch waits for another."""
    return No("企业已在本批次申报，未入选的可申报下一批次") if batch in case.batches else None


@rule
def firm_must_have_one_open_record(
    case: CaseFile, elsewhere: tuple[CaseFile, ...], register: Register, pack: Pack
) -> No | None:
    """A firm takes part in one city at a time."""
    for other in elsewhere:
        if other.city != case.city and other.is_open:
            where = f"{register.entries[other.id]}（项目 {other.programme}）"
            sentence = f"企业 {case.firm} 在{where}有在办档案，不能同时在两个城市申报"
            return No(sentence, pack.clause("contract.record"))
    return None


@rule
def truth_must_be_pledged(pledged: bool) -> No | None:
    """No application without the signed pledge of truth."""
    return None if pledged else No("未签署真实性承诺书")


@rule
def self_assessment_must_be_on_the_scale(level: int, pack: Pack) -> No | None:
    """The firm's own assessment is a level of the national indicators."""
    if LOWEST_LEVEL <= level <= HIGHEST_LEVEL:
        return None
    return No(f"自评等级应为 0–4，收到 {level}", pack.clause("evaluation.standard"))


@rule
def county_must_leave_the_citys_turn_to_the_city(case: CaseFile, by: Person) -> No | None:
    """A county sends back or turns down what lies before it, not what it has passed on."""
    if by.role is not Role.COUNTY or case.qualification is Qualification.COUNTY_REVIEW:
        return None
    return No(f"当前为“{zh(case.qualification)}”，由市局办理，区县不能再退回或不予入选")


@rule
def supplements_must_stay_within_the_limit(case: CaseFile, pack: Pack) -> No | None:
    """Papers are sent back a limited number of times."""
    most = pack.count("selection.max_supplements")
    if case.supplements < most:
        return None
    return No(f"已退回补正 {case.supplements} 次，上限 {most} 次", pack.clause("selection.max_supplements"))


@rule
def defects_must_be_named(defects: tuple[str, ...]) -> No | None:
    """A request for supplements lists what is missing, all at once."""
    return None if any(defect.strip() for defect in defects) else No("退回补正须一次性列明全部缺项")


@rule
def notice_must_have_stood_its_time(case: CaseFile, timer: str, today: date) -> No | None:
    """A notice stands in public for its whole period before anything rests on it."""
    for deadline in case.deadlines.values():
        if deadline.timer == timer and today <= deadline.due:
            return No(f"公示期至 {deadline.due} 止，期满后方可办理", deadline.clause)
    return None


@rule
def objection_must_be_answered_first(case: CaseFile) -> No | None:
    """Nothing becomes final while an objection is open."""
    return No(f"有未答复的异议：{case.open_objection}") if case.open_objection else None


@rule
def there_must_be_an_open_objection(case: CaseFile) -> No | None:
    """Only an objection that was made can be answered."""
    return None if case.open_objection else No("本案没有待处理的异议")


# --- decisions


def _places(case: CaseFile, papers: CasePapers) -> tuple[places.Places, UUID]:
    assert papers.places is not None
    assert case.batch is not None
    return papers.places, case.batch


def give_back_the_place(case: CaseFile, papers: CasePapers) -> None:
    """The firm's place in its batch, or its turn on the waitlist, is free for another."""
    held, batch = _places(case, papers)
    places.leave(held, batch, case.id, papers)


def open_case(case: CaseFile, command: OpenCase, papers: CasePapers) -> None:
    """The file begins; industry and county must be the city's."""
    firm_must_have_one_case(case, papers.pack)
    credit_code_must_be_well_formed(command.credit_code)
    file_must_be_the_firms_own(case, command)
    programme_must_be_the_citys(papers.pack, command.programme, rehearsal=command.rehearsal)
    words_must_be_given(command.firm, "企业名称")
    firm_must_be_in_a_pilot_industry(command.industry, papers.pack)
    firm_must_be_in_a_county_of_the_city(command.county, papers.pack)
    county_must_put_only_its_own_firms_on_file(command.county, command.by)
    case.record(
        CaseOpened,
        papers,
        clauses=(papers.pack.clause("selection.industries"),),
        city=command.city,
        programme=command.programme,
        credit_code=command.credit_code,
        firm=command.firm,
        county=command.county,
        industry=command.industry,
        scale=command.scale,
        above_designated=command.above_designated,
        quality=command.quality,
        rehearsal=command.rehearsal,
    )


def submit_application(case: CaseFile, command: SubmitApplication, papers: CasePapers) -> None:
    """The application is in; the county's turn begins."""
    assert papers.register is not None
    assert papers.exclusions is not None
    if not case.may_apply_again:
        step_must_be_due(case.qualification, Qualification.DRAFT)
    batch_must_be_open_on_the_day(papers.batch, case, papers.today)
    firm_must_apply_once_in_a_batch(case, command.batch)
    truth_must_be_pledged(command.pledged)
    self_assessment_must_be_on_the_scale(command.self_level, papers.pack)
    firm_must_be_in_a_pilot_industry(case.industry, papers.pack)
    firm_must_have_one_open_record(case, papers.elsewhere, papers.register, papers.pack)
    listings = papers.exclusions.naming(case.credit_code)
    firm_must_not_be_on_an_exclusion_list(listings, papers.pack)
    if case.may_apply_again:
        case.record(ApplicationReopened, papers, last_batch=case.batch_code)
    case.record(
        ApplicationSubmitted,
        papers,
        clauses=(papers.pack.clause("selection.industries"),),
        batch=command.batch,
        batch_code=papers.batch.code if papers.batch else "",
        self_level=command.self_level,
    )
    for listing in listings:
        case.record(ExclusionNoted, papers, list_kind=listing.list_kind, source=listing.source, as_of=listing.as_of)
    papers.register.record(
        FirmApplied,
        papers,
        credit_code=case.credit_code,
        case=case.id,
        city=case.city,
        city_name=papers.pack.name,
        programme=case.programme,
        batch=command.batch,
    )


def request_supplement(case: CaseFile, command: RequestSupplement, papers: CasePapers) -> None:
    """The reviewer's clock stops, the firm's begins."""
    step_must_be_due(case.qualification, Qualification.COUNTY_REVIEW, Qualification.CITY_REVIEW)
    county_must_leave_the_citys_turn_to_the_city(case, command.by)
    supplements_must_stay_within_the_limit(case, papers.pack)
    defects_must_be_named(command.defects)
    case.record(SupplementRequested, papers, defects=command.defects, returns_to=case.qualification)


def submit_supplement(case: CaseFile, command: SubmitSupplement, papers: CasePapers) -> None:
    """Back to the reviewer who asked."""
    step_must_be_due(case.qualification, Qualification.SUPPLEMENTING)
    case.record(SupplementSubmitted, papers)


def pass_county_review(case: CaseFile, command: PassCountyReview, papers: CasePapers) -> None:
    """County to city."""
    step_must_be_due(case.qualification, Qualification.COUNTY_REVIEW)
    case.record(CountyReviewPassed, papers, clauses=(papers.pack.clause("selection.industries"),))


def pass_city_review(case: CaseFile, command: PassCityReview, papers: CasePapers) -> None:
    """Proposed for the list."""
    step_must_be_due(case.qualification, Qualification.CITY_REVIEW)
    hand_must_differ(case, command.by, "county review")
    held, batch = _places(case, papers)
    places.take(held, batch, case.applicant, papers)
    case.record(CityReviewPassed, papers, clauses=(papers.pack.clause("selection.industries"),))


def waitlist_application(case: CaseFile, command: WaitlistApplication, papers: CasePapers) -> None:
    """Kept for a free place."""
    step_must_be_due(case.qualification, Qualification.CITY_REVIEW)
    hand_must_differ(case, command.by, "county review")
    held, batch = _places(case, papers)
    places.wait(held, batch, case.applicant, papers)
    case.record(ApplicationWaitlisted, papers)


def promote_from_waitlist(case: CaseFile, command: PromoteFromWaitlist, papers: CasePapers) -> None:
    """A place fell free."""
    step_must_be_due(case.qualification, Qualification.WAITLISTED)
    held, batch = _places(case, papers)
    places.take(held, batch, case.applicant, papers)
    case.record(WaitlistPromoted, papers)


def reject_application(case: CaseFile, command: RejectApplication, papers: CasePapers) -> None:
    """The case ends here; the reason is part of the record."""
    step_must_be_due(
        case.qualification, Qualification.COUNTY_REVIEW, Qualification.CITY_REVIEW, Qualification.WAITLISTED
    )
    county_must_leave_the_citys_turn_to_the_city(case, command.by)
    words_must_be_given(command.reason, "不予入选的理由")
    case.record(ApplicationRejected, papers, clauses=(papers.pack.clause("selection.industries"),))
    give_back_the_place(case, papers)


def publish_list(case: CaseFile, command: PublishList, papers: CasePapers) -> None:
    """The notice period begins."""
    step_must_be_due(case.qualification, Qualification.PROPOSED)
    words_must_be_given(command.document, "公示文号")
    case.record(ListPublished, papers, document=command.document)


def record_objection(case: CaseFile, command: RecordObjection, papers: CasePapers) -> None:
    """The list cannot become final now."""
    step_must_be_due(case.qualification, Qualification.NOTICED)
    objection_must_be_answered_first(case)
    words_must_be_given(command.matter, "异议事项")
    case.record(ObjectionRecorded, papers, matter=command.matter)


def answer_objection(case: CaseFile, command: AnswerObjection, papers: CasePapers) -> None:
    """Answered by another hand than the original review."""
    step_must_be_due(case.qualification, Qualification.NOTICED)
    there_must_be_an_open_objection(case)
    hand_must_differ(case, command.by, "county review", "city review")
    words_must_be_given(command.answer, "异议答复")
    case.record(ObjectionUpheld if command.upheld else ObjectionDismissed, papers, answer=command.answer)
    if command.upheld:
        give_back_the_place(case, papers)


def confirm_pilot(case: CaseFile, command: ConfirmPilot, papers: CasePapers) -> None:
    """After the whole notice period, with no objection open."""
    step_must_be_due(case.qualification, Qualification.NOTICED)
    objection_must_be_answered_first(case)
    notice_must_have_stood_its_time(case, "list_notice", papers.today)
    case_must_stand_in_its_notice(papers.notice, case.id, case.proposed_at)
    notice_must_have_been_completed(papers.notice)
    hand_must_differ(case, command.by, "city review")
    words_must_be_given(command.document, "名单文号")
    case.record(PilotConfirmed, papers, clauses=(papers.pack.clause("timers.list_notice"),), document=command.document)


DECISIONS = {
    OpenCase: open_case,
    SubmitApplication: submit_application,
    RequestSupplement: request_supplement,
    SubmitSupplement: submit_supplement,
    PassCountyReview: pass_county_review,
    PassCityReview: pass_city_review,
    WaitlistApplication: waitlist_application,
    PromoteFromWaitlist: promote_from_waitlist,
    RejectApplication: reject_application,
    PublishList: publish_list,
    RecordObjection: record_objection,
    AnswerObjection: answer_objection,
    ConfirmPilot: confirm_pilot,
}
