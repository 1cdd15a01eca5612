"""总览: the funnel of a programme, its money, and what time had to remind of; by industry, county and batch."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import Response

from console import asked, places, questions
from console.questions import STAGES, Group, Programme
from console.view import Console
from domain.case.file import Stage
from domain.money import Money
from projections import funds
from projections import places as batches
from projections.funds import FundAccount

BY: Final = {"county": "区县", "industry": "细分行业", "batch": "批次"}
_OF: Final[dict[str, Callable[[Group], str]]] = {
    "county": lambda group: group.county,
    "industry": lambda group: group.industry,
    "batch": lambda group: group.batch_code,
}


@dataclass(frozen=True)
class Bar:
    """One stage of the funnel."""

    stage: Stage
    here: int
    """Firms that stand in it now."""
    reached: int
    """Firms that stand in it, went beyond it, or ended in it."""


@dataclass(frozen=True)
class Line:
    """One county, industry or batch: its firms by stage."""

    name: str
    here: tuple[int, ...]
    """In order of the eight stages, then those that ended."""

    @property
    def firms(self) -> int:
        """All of them."""
        return sum(self.here)


def mount(app: FastAPI, console: Console) -> None:
    """Add the first page."""

    @app.api_route("/", methods=["GET", "HEAD"])
    def home(request: Request) -> Response:
        frame = console.frame(request)
        if frame.of is None:
            return console.page("empty.html", frame)
        query = request.query_params
        by = asked.word(query, "by", "分组", BY) or "county"
        filters = {name: asked.text(query, name, title) for name, title in BY.items()}
        everybody = questions.groups(console.engine, frame.of)
        chosen = [g for g in everybody if all(_OF[name](g) == value for name, value in filters.items() if value)]
        reminders, passed = questions.calls_of_time(console.engine, frame.of)
        choices = {name: sorted({of(group) for group in everybody} - {""}) for name, of in _OF.items()}
        return console.page(
            "home.html",
            frame,
            firms=sum(group.firms for group in chosen),
            bars=[Bar(stage, *_count(chosen, stage)) for stage in STAGES],
            ended=_ended(chosen),
            by=by,
            bys=BY,
            filters=filters,
            choices=choices,
            lines=_lines(chosen, _OF[by]),
            columns=(*STAGES, Stage.CLOSED),
            batches=(held := batches.batches(console.engine, frame.of.city, frame.of.programme)),
            reviewed=places.reviewed(console, held),
            accounts=_accounts(console, frame.of),
            reminders=reminders,
            passed=passed,
            refusals=questions.refusals(console.engine, frame.of),
            assumptions=console.assumptions(frame.of, max(choices["batch"], default="")),
        )


def _count(groups: Sequence[Group], stage: Stage) -> tuple[int, int]:
    here = sum(group.firms for group in groups if group.stage is stage)
    order = STAGES.index(stage)
    return here, sum(group.firms for group in groups if STAGES.index(group.reached) >= order)


def _ended(groups: Sequence[Group]) -> list[tuple[str, int]]:
    ended: Counter[str] = Counter()
    for group in groups:
        if group.outcome:
            ended[group.outcome] += group.firms
    return ended.most_common()


def _lines(groups: Sequence[Group], of: Callable[[Group], str]) -> list[Line]:
    columns = (*STAGES, Stage.CLOSED)
    counted: dict[str, Counter[Stage]] = {}
    for group in groups:
        counted.setdefault(of(group), Counter())[group.stage] += group.firms
    return [Line(name, tuple(counted[name][stage] for stage in columns)) for name in sorted(counted)]


def _accounts(console: Console, of: Programme) -> list[tuple[FundAccount, Money]]:
    """The programme's funds, each with what its books leave unexplained."""
    accounts = funds.of_city(console.engine, of.city)
    return [(account, Money(account.difference_fen)) for account in accounts if account.programme == of.programme]
