"""An expert review with its firms, experts and places, on files folded anew for every command."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from domain.calendar import CHINA
from domain.case import rooms
from domain.case.file import CaseFile, CasePapers
from domain.exclusions import Exclusions
from domain.expert_review.common import ExpertReviewCommand
from domain.expert_review.file import ExpertReview
from domain.expert_review.ranking import Criterion, Expert, Points
from domain.expert_review.room import COMMANDS, DECISIONS, CallOffExpertReview, CloseExpertReview
from domain.expert_review.scoring import FileScores, Sheet
from domain.identity import case_id, command_id, expert_review_id, register_id
from domain.people import Person, Role
from domain.places import Places
from domain.policy import Pack
from domain.provider.file import Pool
from domain.record import Fact, File
from domain.register import Register
from policies.calendars import published
from tests.domain import cast
from tests.domain.cast import CITY, CODE, PROGRAMME, rules
from tests.domain.lines import LINES
from tests.domain.play import BATCH, EXCLUSIONS, MONDAY, PLACES, begin, passed

REVIEWED: Final = rules({"selection.expert_review": True, "selection.review_sheets": 2})
"""The sample rules with an expert review of at least two sheets."""
CRITERIA: Final = (Criterion("改造意愿", 40), Criterion("方案可行", 60))
EXPERTS: Final = tuple(Expert(f"expert-{n}", f"{n}号大学") for n in (1, 2, 3))
HANDS: Final = {one.id: Person(one.id, Role.EXPERT, one.organisation) for one in EXPERTS}
PATH: Final = ("open-case", "submit-application", "pass-county-review", "pass-city-review")


def code(number: int) -> str:
    """A firm's credit code."""
    return f"91370300MA3C0{number:04d}X"


def applied(number: int, last: str = "pass-city-review", pack: Pack = REVIEWED, **said: Any) -> CaseFile:
    """A firm that has come so far; it applied so many minutes after ten."""
    case = CaseFile.fresh(case_id(CITY, PROGRAMME, code(number)))
    register, places = Register.fresh(register_id("", code(number))), Places.fresh(PLACES)
    for kind in PATH[: PATH.index(last) + 1]:
        hand, words = LINES[kind]
        fields = words(begin())
        if kind == "open-case":
            fields |= {"credit_code": code(number), "firm": f"第{number}号轴承有限公司", **said}
        own = {CODE: code(number), "东区": case.county or "东区"}
        command = rooms.COMMANDS[kind](
            command_id=command_id(kind, str(number)),
            by=replace(hand, organisation=own.get(hand.organisation, hand.organisation)),
            case=case.id,
            **fields,
        )
        papers = CasePapers(
            command,
            MONDAY + timedelta(minutes=number),
            pack,
            published(),
            batch=begin(pack).batch,
            places=places,
            register=register,
            exclusions=Exclusions.fresh(EXCLUSIONS),
        )
        rooms.decide(case, papers)
    return CaseFile.folded(case.id, _told(case))


def _told(file: File) -> tuple[Fact, ...]:
    return tuple(one for one in file.collect_events() if isinstance(one, Fact))


@dataclass
class Panel:
    """How far the review has come."""

    cases: dict[UUID, CaseFile]
    pack: Pack = REVIEWED
    places: Places = field(default_factory=lambda: Places.fresh(PLACES))
    pool: Pool | None = None
    review: ExpertReview = field(default_factory=lambda: ExpertReview.fresh(expert_review_id(BATCH)))
    facts: list[Fact] = field(default_factory=list)
    now: datetime = MONDAY.astimezone(CHINA) + timedelta(days=1)

    @classmethod
    def of(cls, *numbers: int, **said: Any) -> Panel:
        """Firms that wait for the experts."""
        return cls({case.id: case for case in (applied(number) for number in numbers)}, **said)

    def case(self, number: int) -> CaseFile:
        """One of its firms."""
        return self.cases[case_id(CITY, PROGRAMME, code(number))]

    def does(self, kind: str, by: Person | None = None, **said: Any) -> Panel:
        """One command is given; what a right hand would say, with some of it changed. Raises Rejection."""
        command = self.command(kind, by, **said)
        review = ExpertReview.folded(self.review.id, self.facts)
        papers = CasePapers(command, self.now, self.pack, published(), pool=self.pool, places=self.places)
        meant = getattr(command, "cases", None) or (getattr(command, "case", None),)
        if isinstance(command, FileScores):
            meant = tuple(given.case for given in command.sheets)
        if isinstance(command, CallOffExpertReview):
            meant = tuple(one.applicant.case for one in review.candidates)
        cases: list[Any] = [self.cases.get(one) or CaseFile.fresh(one) for one in meant if one is not None]
        if isinstance(command, CloseExpertReview):
            cases = [(case, self.pack) for case in self.cases.values()]
        DECISIONS[type(command)](review, command, papers, cases)
        self.facts += _told(review)
        self.review = ExpertReview.folded(self.review.id, self.facts)
        passed(kind)
        return self

    def command(self, kind: str, by: Person | None = None, **said: Any) -> ExpertReviewCommand:
        """The command that would be right here."""
        right: dict[str, dict[str, Any]] = {
            "call-expert-review": {
                "document": "评审1号",
                "criteria": CRITERIA,
                "experts": EXPERTS,
                "cases": tuple(self.cases),
            },
            "add-experts": {"document": "评审2号", "experts": (Expert("expert-9", "九号大学"),)},
            "recuse-expert": {"expert": "expert-1", "cases": tuple(self.cases)[:1], "reason": "近亲属任职"},
            "file-score": {"case": next(iter(self.cases)), "points": sheet(30, 50)},
            "file-scores": {"sheets": tuple(Sheet(case, sheet(30, 50)) for case in self.cases)},
            "call-off-expert-review": {"document": "评审撤1号", "reason": "评分标准有误"},
        }
        own = {"recuse-expert": HANDS["expert-1"], "call-off-expert-review": cast.head}
        own |= dict.fromkeys(("file-score", "file-scores"), HANDS["expert-1"])
        hand = by or own.get(kind, cast.clerk2)
        fields = {"command_id": command_id(kind, str(len(self.facts))), "by": hand, "batch": BATCH}
        return COMMANDS[kind](**{**fields, **right.get(kind, {}), **said})

    def called(self, **said: Any) -> Panel:
        """The review is open."""
        return self.does("call-expert-review", **said)

    def scored(self, number: int, *totals: int | None) -> Panel:
        """The experts' sums for a firm, in their order; None where one has not filed."""
        for expert, total in zip(EXPERTS, totals, strict=False):
            if total is not None:
                points = sheet(min(total, 40), max(total - 40, 0))
                self.does("file-score", HANDS[expert.id], case=self.case(number).id, points=points)
        return self


def sheet(*points: int) -> tuple[Points, ...]:
    """A sheet with these points, in the order of the criteria."""
    return tuple(Points(one.name, given) for one, given in zip(CRITERIA, points, strict=True))
