"""审核: county and city review; papers go back for supplements; the firm is proposed, waits, or is turned down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from domain import places
from domain.case.common import hand_must_differ, step_must_be_due, words_must_be_given
from domain.case.expert_review import experts_come_next, send_to_expert_review, waitlist_must_follow_the_experts_ranking
from domain.case.file import CaseFact, CaseFile, CasePapers, Qualification, Stage
from domain.case.placing import give_back_the_place, no_list_of_today_must_bar, places_of
from domain.commands import CaseCommand
from domain.people import Person, Role
from domain.policy import Pack
from domain.rules import No, rule
from domain.words import zh

# --- facts


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
        file.sign("city review", self.by.id)


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


EVENTS = (
    SupplementRequested,
    SupplementSubmitted,
    CountyReviewPassed,
    CityReviewPassed,
    ApplicationWaitlisted,
    WaitlistPromoted,
    ApplicationRejected,
    ApplicationLapsed,
)

# --- commands


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


# --- rules


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


# --- decisions


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
    """Proposed for the list, or before the experts where the rules ask for them."""
    step_must_be_due(case.qualification, Qualification.CITY_REVIEW)
    hand_must_differ(case, command.by, "county review")
    no_list_of_today_must_bar(case, papers)
    if experts_come_next(papers.pack):
        send_to_expert_review(case, papers)
        return
    held, batch = places_of(case, papers)
    places.take(held, batch, case.applicant, papers)
    case.record(CityReviewPassed, papers, clauses=(papers.pack.clause("selection.industries"),))


def waitlist_application(case: CaseFile, command: WaitlistApplication, papers: CasePapers) -> None:
    """Kept for a free place."""
    step_must_be_due(case.qualification, Qualification.CITY_REVIEW)
    hand_must_differ(case, command.by, "county review")
    waitlist_must_follow_the_experts_ranking(papers.pack)
    held, batch = places_of(case, papers)
    places.wait(held, batch, case.applicant, papers)
    case.record(ApplicationWaitlisted, papers)


def promote_from_waitlist(case: CaseFile, command: PromoteFromWaitlist, papers: CasePapers) -> None:
    """A place fell free."""
    step_must_be_due(case.qualification, Qualification.WAITLISTED)
    no_list_of_today_must_bar(case, papers)
    held, batch = places_of(case, papers)
    places.take(held, batch, case.applicant, papers)
    case.record(WaitlistPromoted, papers)


def reject_application(case: CaseFile, command: RejectApplication, papers: CasePapers) -> None:
    """The case ends here; the reason is part of the record."""
    step_must_be_due(
        case.qualification,
        Qualification.COUNTY_REVIEW,
        Qualification.CITY_REVIEW,
        Qualification.EXPERT_REVIEW,
        Qualification.WAITLISTED,
    )
    county_must_leave_the_citys_turn_to_the_city(case, command.by)
    words_must_be_given(command.reason, "不予入选的理由")
    case.record(ApplicationRejected, papers, clauses=(papers.pack.clause("selection.industries"),))
    give_back_the_place(case, papers)


DECISIONS = {
    RequestSupplement: request_supplement,
    SubmitSupplement: submit_supplement,
    PassCountyReview: pass_county_review,
    PassCityReview: pass_city_review,
    WaitlistApplication: waitlist_application,
    PromoteFromWaitlist: promote_from_waitlist,
    RejectApplication: reject_application,
}
