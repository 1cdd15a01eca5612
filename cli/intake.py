"""From a roster that was read to cases on record and workflows that wait for them."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime
from typing import NoReturn

from activities.desk import Desk
from activities.intake import Listed, RowsRefused, take_roster
from activities.messages import CaseLife
from cli.engine import begin_all, record
from domain.case.file import CaseFile
from domain.people import Person
from domain.policy import Pack
from domain.programme import programme_of
from exchange.roster import Roster, RosterRefused, RowFault
from policies.calendars import published
from settings import Settings, Unreachable


def take(settings: Settings, city: str, pack: Pack, found: Roster, clerk: Person) -> dict[str, int]:
    """Put the roster's firms on file: how many were ``opened`` and how many stood there ``already``.

    Raises RosterRefused, with nothing written, and Unreachable where the cases stand but their workflows do not run.
    """
    rehearsal = bool(settings.overlays)
    firms = [Listed(**asdict(row)) for row in found.rows]
    programme = programme_of(pack, rehearsal=rehearsal)
    with record(settings) as store:
        desk = Desk(store, published())
        now = datetime.now(UTC)
        try:
            taken = take_roster(store, desk, city, programme, firms, found.file_hash, clerk, now, rehearsal=rehearsal)
        except RowsRefused as refused:
            _refuse(found, refused)
        open_cases = [case for case in taken.cases if store.load(CaseFile, case).is_open]
    # Those already on file too: a workflow that an earlier import could not begin is begun now.
    lives = [CaseLife(case, city) for case in open_cases]
    try:
        asyncio.run(begin_all(settings, lives))
    except Unreachable as away:
        raise Unreachable(
            f"名册 {len(firms)} 家均已建档（新建 {taken.opened} 家），但流程没有启动：{away}"
            "恢复后运行 lookback rebuild workflows 即可，不必重新导入。"
        ) from away
    return {"opened": taken.opened, "already": taken.already}


def _refuse(found: Roster, refused: RowsRefused) -> NoReturn:
    faults = []
    for place, refusal in refused.refusals.items():
        sheet, row = found.places[place]
        faults.append(RowFault(sheet, row, "", refusal.sentence, refusal.rule, refusal.clause))
    raise RosterRefused(refused.refusal.rule, refused.refusal.sentence, tuple(faults)) from refused
