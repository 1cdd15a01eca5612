"""An invented city: its roster read from a real workbook, its batches, its money; then its people play."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final

from temporalio.client import Client

from activities.desk import Desk
from domain.batch import OpenBatch
from domain.calendar import CHINA
from domain.case.application import OpenCase
from domain.commands import Command
from domain.fund.appropriation import AppropriateFund
from domain.fund.file import RETROFIT_LINE, Source
from domain.identity import batch_id, case_id, command_id
from domain.notice.call import named_in
from domain.policy import Pack
from domain.programme import programme_of
from eventstore.store import EventStore
from exchange import roster
from policies import load
from policies.calendars import published
from rehearsal.cast import Cast
from rehearsal.firm import Firm, ScriptError
from rehearsal.notices import Noticeboard
from rehearsal.play import Player, firm_chance
from rehearsal.rounds import Rounds

BATCHES: Final = 3
_PREPARED: Final = timedelta(days=14)
"""From the programme's start to the day the roster is on file."""
_BETWEEN: Final = timedelta(days=75)
"""From one batch to the next."""
_WINDOW: Final = timedelta(days=45)
_CAMPAIGN_BEFORE_END: Final = timedelta(days=150)


@dataclass(frozen=True)
class Rehearsal:
    """Which city is played, how large, with which luck."""

    city: str
    firms: int
    seed: int

    @property
    def pack(self) -> Pack:
        """The city's rules with the rehearsal's assumptions; never a real city's cases."""
        return load.load(self.city, (load.REHEARSAL,))

    @property
    def programme(self) -> str:
        """A programme of its own, so that no rehearsal ever meets a city's real cases or money."""
        return f"{programme_of(self.pack, rehearsal=True)}-{self.firms}-{self.seed}"


def prepare(rehearsal: Rehearsal, store: EventStore, folder: Path) -> list[Firm]:
    """Write and read the roster, open the batches, book the budget, put every firm on file. Done twice, done once."""
    pack, calendar, cast = rehearsal.pack, published(), Cast(rehearsal.city)
    desk = Desk(store, calendar)
    start = pack.day("programme.start")
    at = datetime.combine(start, time(10), CHINA)

    def office(command: Command) -> None:
        refusal = desk.handle(command, at).refusal
        if refusal is not None:
            raise ScriptError(f"{command.kind}: {refusal.rule} {refusal.sentence}")

    folder.mkdir(parents=True, exist_ok=True)
    workbook = folder / f"名册-{rehearsal.city}-{rehearsal.firms}-{rehearsal.seed}.xlsx"
    roster.sample(workbook, pack, rehearsal.firms, rehearsal.seed)
    rows = roster.read(workbook, pack).rows
    office(
        AppropriateFund(
            command_id=command_id("rehearsal", rehearsal.city, rehearsal.programme, "budget"),
            by=cast.treasury(),
            city=rehearsal.city,
            programme=rehearsal.programme,
            line=RETROFIT_LINE,
            source=Source.CENTRAL,
            amount=pack.money("payout.budget"),
            document="推演指标文件1号",
        )
    )
    opens = [start + _PREPARED + number * _BETWEEN for number in range(BATCHES)]
    text = load.text_of(rehearsal.city, (load.REHEARSAL,))
    for number, day in enumerate(opens, start=1):
        office(
            OpenBatch(
                command_id=command_id("rehearsal", rehearsal.city, rehearsal.programme, "batch", str(number)),
                by=cast.clerk(1),
                city=rehearsal.city,
                programme=rehearsal.programme,
                code=str(number),
                opens=day,
                closes=day + _WINDOW,
                pack_text=text,
                rehearsal=True,
            )
        )
    opening = [_opening(rehearsal, row, cast) for row in rows]
    answers = desk.handle_together([command for command in opening if store.receipt(command) is None], at)
    for answer in answers:
        if answer.refusal is not None:
            raise ScriptError(f"open-case: {answer.refusal.rule} {answer.refusal.sentence}")
    return [
        Firm(
            row=row,
            case=command.case,
            batch=batch_id(rehearsal.city, rehearsal.programme, str(index * BATCHES // len(rows) + 1)),
            batch_code=str(index * BATCHES // len(rows) + 1),
            programme=rehearsal.programme,
            batch_opens=opens[index * BATCHES // len(rows)],
            cast=cast,
            pack=pack,
            calendar=calendar,
            chance=firm_chance(rehearsal.seed, row.credit_code),
        )
        for index, (row, command) in enumerate(zip(rows, opening, strict=True))
    ]


def _opening(rehearsal: Rehearsal, row: roster.RosterRow, cast: Cast) -> OpenCase:
    case = case_id(rehearsal.city, rehearsal.programme, row.credit_code)
    return OpenCase(
        command_id=command_id("open-case", str(case)),
        by=cast.clerk(1),
        case=case,
        city=rehearsal.city,
        programme=rehearsal.programme,
        credit_code=row.credit_code,
        firm=row.name,
        county=row.county,
        industry=row.industry,
        scale=row.scale,
        above_designated=row.above_designated,
        quality=row.quality,
        rehearsal=True,
    )


def call(rehearsal: Rehearsal, board: Noticeboard) -> None:
    """Where the city's rules make the calls public, every batch's call goes out on the day it was opened."""
    pack = rehearsal.pack
    if not named_in(pack):
        return
    opened = datetime.combine(pack.day("programme.start"), time(10), CHINA)
    for code in map(str, range(1, BATCHES + 1)):
        batch = batch_id(rehearsal.city, rehearsal.programme, code)
        board.call(opened, rehearsal.programme, batch, f"第{code}批申报通知〔{opened.year}〕{code}号")


async def play(
    rehearsal: Rehearsal, client: Client, store: EventStore, folder: Path, told: Callable[[date, int], None]
) -> int:
    """Play the whole programme; the number of acts played now. Raises ScriptError where the script meets a surprise."""
    firms = await asyncio.to_thread(prepare, rehearsal, store, folder)
    pack = rehearsal.pack
    board = Noticeboard(store, published(), rehearsal.city)
    await asyncio.to_thread(call, rehearsal, board)
    rounds = Rounds(store, published(), rehearsal.city, rehearsal.programme, pack, board)
    player = Player(client, store, rehearsal.city, board, rounds, told)
    campaign = pack.day("programme.end") - _CAMPAIGN_BEFORE_END
    await player.play(firms, pack.day("programme.start"), (campaign, f"推演种子-{rehearsal.seed}"))
    return player.done
