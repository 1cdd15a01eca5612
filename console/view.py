"""What every page has in common: the programme it is about, how far the read models have read, and its frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from threading import Lock
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import Engine

from console import asked, lamps, questions, saying
from console.questions import Programme
from domain.batch import Batch
from domain.calendar import CHINA
from domain.expert_review.ranking import average_in_words
from domain.identity import batch_id
from domain.words import NOTICE_STATES, NOTICE_SUBJECTS, PROVIDER_ALARMS, STATES, TIMERS, zh
from eventstore.store import EventStore
from policies import load
from projections import progress
from projections.progress import Parked

HERE: Final = Path(__file__).parent
PATIENCE_SECONDS: Final = 1.0
"""How long a page waits for the projector to read what the reader has just done."""


@dataclass(frozen=True)
class Frame:
    """What stands around a page's own content."""

    path: str
    programmes: tuple[Programme, ...]
    of: Programme | None
    """The programme that the page is about; None while nothing is on file."""
    position: int
    """How far the read models have read."""
    last: int
    """Where the event log ends."""
    late: int | None
    """The position that was waited for in vain."""
    parked: tuple[Parked, ...]


class Console:
    """What the pages share: the read models, the log, the templates. One per process; no page writes anything."""

    def __init__(
        self,
        engine: Engine,
        open_store: Callable[[], EventStore],
        now: Callable[[], datetime],
    ) -> None:
        """``open_store`` connects, so it is called when first needed: the console outlives a database that is away."""
        self.engine = engine.execution_options(postgresql_readonly=True)
        self._open_store = open_store
        self._store: EventStore | None = None
        self._opening = Lock()
        self.now = now
        self._templates = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters |= {
            "zh": zh,
            "yuan": saying.yuan,
            "grouped": lambda number: f"{number:,}",
            "clock": lambda moment: moment.astimezone(CHINA).strftime("%Y-%m-%d %H:%M"),
            "period": saying.period,
            "timer": lambda name: TIMERS.get(name, name),
            "state": lambda word: STATES.get(str(word), str(word)),
            "pair": lambda word: (word, word),
            "notice_state": lambda state: NOTICE_STATES[state],
            "notice_subject": lambda subject: NOTICE_SUBJECTS[subject],
            "average": average_in_words,
            "item": lambda row, place: row[place],
        }
        self._templates.globals |= {"lamp": lamps.lamp, "city": saying.city_name, "link": link}
        self._templates.globals |= {"provider_alarms": PROVIDER_ALARMS}

    @property
    def store(self) -> EventStore:
        """The event log; it is only read."""
        with self._opening:
            if self._store is None:
                self._store = self._open_store()
            return self._store

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()
        if self._store is not None:
            self._store.close()

    def frame(self, request: Request, of: tuple[str, str] | None = None) -> Frame:
        """Wait for ``?after=`` where it is asked, then find the programme: the page's own, the chosen, or the first.

        Raises BadQuestion for a position or a programme that cannot be, and what the database raises.
        """
        query = request.query_params
        wanted = self.wait(request)
        position = progress.position(self.engine)
        there = questions.programmes(self.engine)
        return Frame(
            path=request.url.path,
            programmes=there,
            of=_chosen(there, "/".join(of) if of else asked.text(query, "programme", "项目")),
            position=position,
            last=max(self.store.last_position(), position),
            late=wanted if wanted is not None and position < wanted else None,
            parked=progress.parked(self.engine),
        )

    def wait(self, request: Request) -> int | None:
        """Wait until the read models show the position asked for, or patience ends; returns what was asked."""
        wanted = asked.position(request.query_params)
        if wanted is not None and not getattr(request.state, "waited", False):
            progress.wait_for(self.engine, wanted, PATIENCE_SECONDS)
            request.state.waited = True
        return wanted

    def today(self, of: Programme | None) -> date | None:
        """The day in China by which lamps are lit; None in a rehearsal, whose clocks lie elsewhere."""
        return lamps.today_of(of is not None and of.rehearsal, self.now())

    def assumptions(self, of: Programme | None, batch: str) -> list[tuple[str, str, str]]:
        """What only a rehearsal's overlay says, as its batch pinned it: the question, the value, why it was taken."""
        if of is None or not of.rehearsal or not batch:
            return []
        text = self.store.load(Batch, batch_id(of.city, of.programme, batch)).pack_text
        return saying.assumptions(load.parse(text, batch)) if text else []

    def page(self, template: str, frame: Frame | None, status: int = 200, **content: Any) -> HTMLResponse:
        """A page in its frame."""
        shown = self._templates.get_template(template).render(frame=frame, **content)
        return HTMLResponse(shown, status_code=status)


def link(path: str, frame: Frame | None, **query: str | int) -> str:
    """A link within the console that keeps the programme; what is empty is left out."""
    of = {"programme": frame.of.key} if frame is not None and frame.of is not None else {}
    said: Mapping[str, str | int] = {**of, **{name: value for name, value in query.items() if value not in ("", None)}}
    return f"{path}?{urlencode(said)}" if said else path


def _chosen(there: tuple[Programme, ...], key: str) -> Programme | None:
    if not key:
        return there[0] if there else None
    for one in there:
        if one.key == key:
            return one
    known = "、".join(one.key for one in there) or "（尚无）"
    raise asked.BadQuestion(f"没有项目“{key}”，现有：{known}")
