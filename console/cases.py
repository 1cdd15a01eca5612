"""企业档案: the list of a programme's firms, and 一企一档, the whole file of one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from fastapi import FastAPI, Request
from fastapi.responses import Response

from activities.payout_queue import place_of
from console import asked, lamps, questions, saying
from console.questions import FAILED, STAGES, Wanted
from console.saying import Said
from console.view import Console
from domain.batch import Batch
from domain.calendar import china_day
from domain.case.acceptance import RecheckFiled
from domain.case.entitlement import EntitlementVerified, SubsidyDenied
from domain.case.evaluation import EvaluationFiled
from domain.case.file import Acceptance, Inspection, Recovery, Stage, Subsidy
from domain.case.level import LevelFell
from domain.case.rooms import EVENTS
from domain.record import Fact
from domain.words import EXPERT_REVIEW_STATES, STATES, zh
from domain.words import STAGES as STAGE_WORDS
from projections import cases, expert_reviews, money, notices, places, timeline
from projections.cases import Case
from projections.expert_reviews import Round, UnderReview
from projections.timeline import Happening

PAGE: Final = 50
_REPORTS: Final = (EvaluationFiled.TOPIC, RecheckFiled.TOPIC)
_KINDS: Final[Mapping[str, type[Fact]]] = {kind.TOPIC: kind for kind in EVENTS}
_CLOCK: Final = frozenset(
    {"case.deadline-set", "case.deadline-closed", "case.deadline-passed", "case.reminder-recorded"}
)
_STOPS: Final = frozenset(
    {
        "case.provider-alarm-raised",
        "case.level-fell",
        "case.deadline-passed",
        "case.command-refused",
        "case.application-rejected",
        "case.application-lapsed",
    }
    | {"case.acceptance-failed", "case.inspection-found", "case.revoked", "case.payment-bounced"}
    | {"case.payment-returned", "case.lookback-recheck-failed", "case.recovery-handed-over"}
)


@dataclass(frozen=True)
class Moment:
    """One event of the timeline, ready to be read."""

    event: Happening
    title: str
    enters: str
    """The stage that begins with it, in Chinese; empty where the stage stays."""
    mark: str
    """For the style sheet: ``clock`` for the engine's own, ``stop`` for what went wrong."""
    said: list[Said]


def mount(app: FastAPI, console: Console) -> None:
    """Add the list and the file."""

    @app.api_route("/cases", methods=["GET", "HEAD"])
    def roster(request: Request) -> Response:
        frame = console.frame(request)
        if frame.of is None:
            return console.page("empty.html", frame)
        query = request.query_params
        wanted = Wanted(
            stage=asked.word(query, "stage", "阶段", STAGE_WORDS),
            county=asked.text(query, "county", "区县"),
            industry=asked.text(query, "industry", "细分行业"),
            batch_code=asked.text(query, "batch", "批次"),
            words=asked.text(query, "q", "企业名称或信用代码"),
        )
        page = asked.page(query)
        shown = questions.listed(console.engine, frame.of, wanted, page, PAGE)
        today = console.today(frame.of)
        open_now = questions.of_cases(console.engine, [case.id for case in shown])
        return console.page(
            "cases.html",
            frame,
            wanted=wanted,
            choices=questions.choices(console.engine, frame.of),
            stages=STAGE_WORDS,
            total=questions.count(console.engine, frame.of, wanted),
            page=page,
            size=PAGE,
            rows=[(case, standing(case), lamps.worst(open_now[case.id], today)) for case in shown],
        )

    @app.api_route("/cases/{written}", methods=["GET", "HEAD"])
    def file(request: Request, written: str) -> Response:
        wanted = asked.case(written)
        console.wait(request)
        case = cases.one(console.engine, wanted)
        if case is None:
            raise asked.NotThere(f"没有编号为 {wanted} 的企业档案")
        frame = console.frame(request, of=(case.city, case.programme))
        events = timeline.of_case(console.engine, wanted)
        told = (EntitlementVerified.TOPIC, SubsidyDenied.TOPIC)
        worked_out = [event.payload for event in events if event.topic in told]
        firm = money.of_case(console.engine, wanted)
        waits = case.subsidy is Subsidy.VERIFIED
        today = console.today(frame.of)
        day = today or china_day(console.now())
        return console.page(
            "case.html",
            frame,
            case=case,
            standing=standing(case),
            review_states=EXPERT_REVIEW_STATES,
            regions=regions(case),
            stages=STAGES,
            deadlines=questions.of_cases(console.engine, [wanted])[wanted],
            today=today,
            queue=place_of(console.store, case.city, case.programme, wanted, day) if waits else None,
            money=None if firm is None else firm.amounts,
            entitlement=worked_out[-1]["entitlement"] if worked_out else None,
            spending=saying.spending(worked_out[-1]["verified"], "核实的投入") if worked_out else None,
            share=saying.share,
            fell=case.stage is not Stage.CLOSED and _fell(events),
            moments=[_moment(event) for event in events],
            notices=notices.of_firm(console.engine, case.city, case.programme, case.credit_code),
            places=places.of_case(console.engine, wanted),
            reviews=_reviews(console, wanted),
            parked=[one for one in frame.parked if one.stream == wanted],
            assumptions=console.assumptions(frame.of, case.batch_code),
        )


def _fell(events: Sequence[Happening]) -> bool:
    """Whether the last report after the retrofit lies below the baseline: its alarm comes right after it."""
    told = [event.topic for event in events if event.topic in (*_REPORTS, LevelFell.TOPIC)]
    return told[-1:] == [LevelFell.TOPIC]


def _reviews(console: Console, case: UUID) -> list[tuple[UnderReview, Round, str]]:
    """The rounds in which experts have or had this firm before them, each with its batch's code."""
    mine = expert_reviews.of_case(console.engine, case)
    rounds = expert_reviews.rounds(console.engine, {one.batch for one in mine}) if mine else ()
    known = {(one.batch, one.review_round): one for one in rounds}
    codes = {batch: console.store.load(Batch, batch).code for batch in {one.batch for one in mine}}
    return [(one, known[one.batch, one.review_round], codes[one.batch]) for one in mine]


def regions(case: Case) -> list[tuple[str, str]]:
    """The six regions that run beside each other, each with its state in Chinese."""
    return [
        ("资格", STATES[case.qualification]),
        ("项目实施", STATES[case.works]),
        ("评测验收", STATES[case.acceptance]),
        ("资金", STATES[case.subsidy]),
        ("抽查与回头看", STATES[case.inspection]),
        ("追缴", STATES[case.recovery]),
    ]


def standing(case: Case) -> str:
    """In a word, what the firm is about now, or how it ended."""
    if case.stage is Stage.CLOSED:
        return zh(FAILED) if case.acceptance is Acceptance.FAILED else STATES[case.qualification]
    if case.recovery is not Recovery.NONE:
        return STATES[case.recovery]
    if case.inspection not in (Inspection.NONE, Inspection.CLEAN):
        return STATES[case.inspection]
    return STATES[
        {
            Stage.SELECTION: case.qualification,
            Stage.DIAGNOSIS: case.works,
            Stage.CONTRACT: case.works,
            Stage.RETROFIT: case.works,
            Stage.EVALUATION: case.acceptance,
            Stage.ACCEPTANCE: case.acceptance,
            Stage.PAYOUT: case.subsidy,
            Stage.LOOKBACK: case.subsidy if case.inspection is Inspection.NONE else case.inspection,
        }[case.stage]
    ]


def _moment(event: Happening) -> Moment:
    kind = _KINDS[event.topic]
    enters = getattr(kind, "ENTERS", None)
    mark = "stop" if event.topic in _STOPS else "clock" if event.topic in _CLOCK else ""
    # PostgreSQL keeps a payload's fields in an order of its own; people read them in the order of the paper.
    order = {name: place for place, name in enumerate(kind.__annotations__)}
    payload = dict(sorted(event.payload.items(), key=lambda field: order.get(field[0], len(order))))
    return Moment(event, zh(event.topic), STAGE_WORDS[enters] if enters else "", mark, saying.said(payload))
