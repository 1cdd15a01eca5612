"""测算: what a firm could get for what it plans to spend; the very computation of ``lookback estimate``."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.datastructures import QueryParams

from console import asked, saying
from console.asked import BadQuestion
from console.packs import OVERLAYS
from console.view import Console
from domain.calendar import day_of
from domain.case.estimate import Estimate, Plan, estimate, spend_line
from domain.policy import SPEND_KINDS
from domain.rejections import OpenQuestion, Rejection
from domain.spend import SpendLine
from domain.standard import HIGHEST_LEVEL, LOWEST_LEVEL
from policies import load

_FIELDS: Final[Mapping[str, str]] = {
    "city": "城市",
    "batch": "批次",
    "level": "预计达到的等级",
    "signed": "合同签订日期",
    "completed": "完工日期",
    "overlay": "口径",
    **SPEND_KINDS,
}
"""Every field of the form by its name in the address line, with its label."""
_LEVELS: Final = {str(level): saying.level(level) for level in range(LOWEST_LEVEL, HIGHEST_LEVEL + 1)}


class _Form:
    """What was typed, and what is wrong with it, field by field."""

    def __init__(self, query: QueryParams) -> None:
        self._query = query
        self.typed = {name: query.get(name, "").strip()[: asked.LONGEST + 1] for name in _FIELDS}
        self.faults: dict[str, str] = {}
        for name, label in _FIELDS.items():
            if len(query.getlist(name)) > 1:
                self.faults[name] = f"“{label}”只能填一次"

    @property
    def is_sent(self) -> bool:
        """Whether there is anything to answer."""
        return any(name in self._query for name in _FIELDS)

    def word(self, name: str, known: Mapping[str, str]) -> str:
        """One of the words that are known; empty where it is not."""
        try:
            value = asked.word(self._query, name, _FIELDS[name], known)
        except BadQuestion as bad:
            return self._fault(name, bad)
        return value or self._fault(name, f"请填写“{_FIELDS[name]}”")

    def text(self, name: str) -> str:
        """Any short text; it may be left out."""
        try:
            return asked.text(self._query, name, _FIELDS[name])
        except BadQuestion as bad:
            return self._fault(name, bad)

    def day(self, name: str) -> date:
        """A day; any day where what is typed is none, since the fault is noted."""
        text = self.text(name)
        if not text:
            self._fault(name, f"请填写“{_FIELDS[name]}”")
        try:
            return day_of(text)
        except ValueError:
            self._fault(name, f"“{_FIELDS[name]}”应写作 2024-06-01 的样子，收到“{text}”")
            return date.max

    def lines(self) -> tuple[SpendLine, ...]:
        """One line for each kind that has an amount."""
        found = []
        for kind, label in SPEND_KINDS.items():
            amount = self.text(kind)
            if not amount:
                continue
            try:
                found.append(spend_line(kind, amount))
            except ValueError as bad:
                self._fault(kind, f"“{label}”：{bad}")
        if not found and not self.faults.keys() & SPEND_KINDS.keys():
            self._fault(next(iter(SPEND_KINDS)), "请至少填写一类投入的金额")
        return tuple(found)

    def plan(self) -> Plan | None:
        """The firm's plan; None where a field of it is wrong."""
        batch, level, lines = self.text("batch"), self.word("level", _LEVELS), self.lines()
        signed, completed = self.day("signed"), self.day("completed")
        if self.faults:
            return None
        try:
            return Plan(int(level), signed, completed, lines, batch)
        except ValueError as bad:
            self._fault("completed" if completed < signed else lines[0].kind, bad)
            return None

    def _fault(self, name: str, said: object) -> str:
        self.faults.setdefault(name, str(said))
        return ""


def mount(app: FastAPI, console: Console) -> None:
    """Add the page. Its address holds the whole question, so that a link answers anybody alike."""

    @app.api_route("/estimate", methods=["GET", "HEAD"])
    def page(request: Request) -> Response:
        frame, form = console.frame(request), _Form(request.query_params)
        answer: Estimate | None = None
        refused: Rejection | None = None
        cities = {code: saying.city_name(code) for code in load.cities()}
        pack = None
        if form.is_sent:
            city, overlay = form.word("city", cities), form.text("overlay")
            if overlay:
                overlay = form.word("overlay", OVERLAYS)
            plan = form.plan()
            if plan is not None:
                pack = load.load(city, (overlay,) if overlay else ())
                try:
                    answer = estimate(plan, pack)
                except Rejection as no:
                    refused = no
        return console.page(
            "estimate.html",
            frame,
            422 if form.faults else 200,
            typed=form.typed if form.is_sent else {**form.typed, "city": frame.of.city if frame.of else ""},
            faults=form.faults,
            labels=_FIELDS,
            cities=cities,
            levels=_LEVELS,
            kinds=SPEND_KINDS,
            overlays=OVERLAYS,
            pack=pack,
            answer=answer,
            refusal=refused.refusal if refused is not None else None,
            open_question=refused if isinstance(refused, OpenQuestion) else None,
            assumptions=saying.assumed(answer.assumed) if answer is not None else [],
        )
