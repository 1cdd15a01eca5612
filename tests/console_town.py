"""A city for the console's tests: its firms' commands are decided on a desk, its pages asked without a network."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from activities.desk import Desk
from console import app as console_app
from domain.batch import OpenBatch
from domain.calendar import CHINA
from domain.case import rooms
from domain.case.file import CaseFile
from domain.case.payout_plan import still_due
from domain.fund.appropriation import AppropriateFund
from domain.fund.file import RETROFIT_LINE, Source
from domain.identity import batch_id, case_id, command_id, round_id
from domain.money import Money
from domain.payout_round.approval import ApprovePayoutPlan
from domain.payout_round.common import RoundCommand
from domain.payout_round.file import PayoutRound
from domain.payout_round.payment import InstructPayments
from domain.payout_round.planning import Claim, DrawPayoutPlan
from domain.people import Person, Role
from domain.programme import programme_of
from eventstore.store import EventStore
from policies import load
from projections.run import Projector
from settings import Settings
from tests.domain import cast as people
from tests.domain.lines import LINES, MAIN, WAITS, Step

CITY = "zibo"
REAL = load.load(CITY).programme
PLAYED = f"{programme_of(load.load(CITY), rehearsal=True)}-7-1"
EAST, WEST = "张店区", "临淄区"
PLASTICS, BEARINGS = load.load(CITY).list("selection.industries")[:2]
START = datetime(2026, 3, 2, 10, 0, tzinfo=CHINA)
TODAY = datetime(2026, 3, 10, 12, 0, tzinfo=CHINA)
EVIL = "<script>alert('甲')</script>有限公司 & 子公司"
UP_TO_RECEIPT = MAIN[: MAIN.index("record-receipt") + 1]


@dataclass
class Firm:
    """One firm's case, played on a desk of its own clock."""

    desk: Desk
    store: EventStore
    programme: str
    number: int
    at: datetime = START
    said: int = 0

    @property
    def code(self) -> str:
        return f"91370300MA3C0{self.number:04d}X"

    @property
    def case(self) -> Any:
        return case_id(CITY, self.programme, self.code)

    def does(self, kind: str, by: Person | None = None, by_signal: bool = False, **changes: Any) -> Any:
        hand, words = LINES[kind]
        own = {people.CODE: self.code, "东区": changes.get("county", self.file.county), people.CITY: CITY}
        hand = by or hand
        hand = replace(hand, organisation=own.get(hand.organisation, hand.organisation))
        fields = words(cast("Any", SimpleNamespace(case=self.file, today=self.at.date())))
        if kind == "open-case":
            fields |= {"city": CITY, "programme": self.programme, "credit_code": self.code, "scale": "小"}
            fields |= {"county": EAST, "industry": PLASTICS, "rehearsal": self.programme == PLAYED}
        if kind == "file-contract":  # no two firms have one contract
            fields |= {"contract": people.contract(number=f"HT-1-{self.code}")}
        if kind == "register-account":
            fields |= {"account": replace(people.ACCOUNT, name=self.file.firm)}
        if kind == "submit-application":
            fields |= {"batch": batch_id(CITY, self.programme, "1")}
        self.said += 1
        identity = command_id(str(self.case), kind, str(self.said))
        fields |= changes
        command = rooms.COMMANDS[kind](command_id=identity, by=hand, case=self.case, **fields)
        answer = self.desk.handle(command, self.at, by_signal=by_signal)
        assert by_signal or answer.refusal is None, answer.refusal
        self.at += timedelta(minutes=1)
        return answer.receipt

    @property
    def file(self) -> CaseFile:
        return self.store.load(CaseFile, self.case)

    def did(self, *steps: Step) -> Firm:
        for step in steps:
            kind, changes = (step, {}) if isinstance(step, str) else step
            if kind in WAITS:
                (due,) = (held.due for held in self.file.deadlines.values() if held.timer == WAITS[kind])
                self.at = datetime.combine(due + timedelta(days=1), START.timetz())
            if kind in ("approve-payout", "instruct-payment"):
                self._in_a_round(kind)
            else:
                self.does(kind, **changes)
        return self

    def _in_a_round(self, kind: str) -> None:
        """Approved, or instructed, in a round of its own, by rules that leave nothing open."""
        number = f"R-{self.code}"
        home: dict[str, Any] = {"city": CITY, "programme": self.programme, "number": number}

        def said(what: type[RoundCommand], by: Person, *name: str, **more: Any) -> None:
            command = what(command_id=command_id(self.programme, number, what.__name__, *name), by=by, **home, **more)
            with pytest.MonkeyPatch.context() as city:
                city.setattr("activities.payout_rounds.load.load", lambda *_: replace(people.rules(), city=CITY))
                answer = self.desk.handle(command, self.at)
            assert answer.refusal is None, answer.refusal
            self.at += timedelta(minutes=1)

        if kind == "instruct-payment":
            said(InstructPayments, people.treasury, document="财企1号")
            return
        claims = (Claim(self.case, still_due(self.file)),)
        drawn = {"line": RETROFIT_LINE, "claims": claims, "way": "selection", "reason": "专家审查"}
        said(DrawPayoutPlan, people.clerk2, **drawn)
        seen = self.store.load(PayoutRound, round_id(CITY, self.programme, number)).sha256
        for approval, by in (("countersign", people.treasury2), ("government", people.leader)):
            said(ApprovePayoutPlan, by, approval, approval=approval, sha256=seen, document="纪要1号")


@dataclass
class Town:
    """Everything the pages of these tests are about."""

    url: str
    store: EventStore
    desk: Desk
    projector: Projector
    firms: dict[str, Firm]

    def page(self, path: str, **options: Any) -> str:
        return str(self.get(path, **options).text)

    def get(self, path: str, method: str = "GET", status: int = 200, **options: Any) -> Any:
        with console(self.url, TODAY) as client:
            answer = client.ask(path, method, **options)
        assert answer.status_code == status, answer.text
        return answer


def settings_of(url: str) -> Settings:
    return Settings(database_url=url, temporal_address="127.0.0.1:1")


class console:  # noqa: N801 - reads as a sentence in `with console(...)`
    """A client of the console on a database, which thinks it is a given day."""

    def __init__(self, url: str, now: datetime) -> None:
        self.console = console_app.open_console(settings_of(url), lambda: now.astimezone(UTC))
        self.app = console_app.build(self.console, settings_of(url))

    def __enter__(self) -> console:
        return self

    def ask(self, path: str, method: str = "GET", **options: Any) -> httpx.Response:
        async def answer() -> httpx.Response:
            through = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=through, base_url="http://127.0.0.1:8080") as client:
                return await client.request(method, path, **options)

        return asyncio.run(answer())

    def __exit__(self, *_: object) -> None:
        self.console.close()


def set_up(desk: Desk, programme: str, pack_text: str) -> None:
    money = AppropriateFund(
        command_id=command_id(programme, "money"),
        by=Person("treasury-1", Role.TREASURY, CITY),
        city=CITY,
        programme=programme,
        line=RETROFIT_LINE,
        source=Source.CENTRAL,
        amount=Money.wan(1000),
        document="财建1号",
    )
    batch = OpenBatch(
        command_id=command_id(programme, "batch"),
        by=people.clerk1,
        city=CITY,
        programme=programme,
        code="1",
        opens=date(2026, 1, 1),
        closes=date(2026, 12, 31),
        pack_text=pack_text,
        rehearsal=programme == PLAYED,
    )
    for command in (money, batch):
        answer = desk.handle(command, START)
        assert answer.refusal is None, answer.refusal
