"""申报: a firm is put on file, applies in a batch, and comes back in another when it was not selected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal
from uuid import UUID

from domain.batch import Batch
from domain.case.common import step_must_be_due, words_must_be_given
from domain.case.file import CaseFact, CaseFile, CasePapers, Qualification, Stage
from domain.case.recovery import owes
from domain.commands import CaseCommand
from domain.exclusions import ListKind, firm_must_not_be_on_an_exclusion_list
from domain.identity import case_id, credit_code_must_be_well_formed
from domain.people import Person, Role
from domain.policy import Pack
from domain.programme import programme_must_be_the_citys
from domain.register import FirmApplied, Register
from domain.rules import No, rule
from domain.standard import HIGHEST_LEVEL, LOWEST_LEVEL

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
        file.applied_at = self.timestamp
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


EVENTS = (
    CaseOpened,
    ApplicationSubmitted,
    ApplicationReopened,
    ExclusionNoted,
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
def firm_must_owe_nothing(case: CaseFile, elsewhere: tuple[CaseFile, ...], register: Register, pack: Pack) -> No | None:
    """Whoever was asked to give money back and has not applies for no more, in whatever city it was."""
    debt = owes(register, elsewhere)
    return No(f"企业 {case.firm} 在{debt}，不能申报", pack.clause("recovery.grounds")) if debt else None


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


# --- decisions


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
    firm_must_owe_nothing(case, papers.elsewhere, papers.register, papers.pack)
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


DECISIONS = {
    OpenCase: open_case,
    SubmitApplication: submit_application,
}
