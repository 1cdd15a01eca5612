"""`lookback rebuild`: read models and workflows again, from the events alone."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from cli.read_models import register_rebuild
from domain.case.application import CaseOpened
from domain.case.file import CaseFile
from domain.payout_round.file import PayoutPlanDrawn, PayoutRound
from settings import Settings

if TYPE_CHECKING:
    from activities.messages import CaseLife, RoundLife
    from eventstore.store import EventStore


@dataclass(frozen=True)
class Restarted:
    """What a rebuild of the workflows came to."""

    cases: int
    """All cases on record."""
    ended: int
    """Their life is over: they need no workflow."""
    running: int
    """Open, and waiting in the engine already."""
    started: int
    """Open, and waiting again from now on."""
    rounds_started: int
    """Payout rounds that are open, and waiting again from now on."""


def register(app: typer.Typer) -> None:
    """Mount the commands under ``rebuild``."""
    group = typer.Typer(help="从事件重建：读模型、流程", no_args_is_help=True)
    register_rebuild(group)
    group.command("workflows")(workflows)
    app.add_typer(group, name="rebuild")


def workflows(as_json: Annotated[bool, typer.Option("--json", help="输出 JSON")] = False) -> None:
    """从事件重建流程：每份未结束而没有流程的档案重新开始等待，下一步和期限不变，不重复付款。"""
    from cli.engine import record

    settings = Settings.from_environment()
    with record(settings) as store:
        done = asyncio.run(restart(settings, store))
    if as_json:
        typer.echo(json.dumps(asdict(done)))
        return
    typer.echo(
        f"档案 {done.cases} 份：已结束 {done.ended} 份，流程在运行 {done.running} 份，重新开始 {done.started} 份；"
        f"兑付轮次重新开始 {done.rounds_started} 个。"
    )


async def restart(settings: Settings, store: EventStore) -> Restarted:
    """Begin the workflow of every open case that has none running. Raises Unreachable."""
    from cli.engine import begin_all

    cases = await asyncio.to_thread(store.streams_opened_by, CaseOpened.TOPIC)
    lives = await asyncio.to_thread(lambda: [life for case in cases if (life := life_of(store, case)) is not None])
    started = await begin_all(settings, lives)
    rounds = await asyncio.to_thread(_rounds, store)
    return Restarted(
        len(cases), len(cases) - len(lives), len(lives) - started, started, await begin_all(settings, rounds)
    )


def _rounds(store: EventStore) -> list[RoundLife]:
    """How the workflow of every open payout round begins again."""
    from activities.messages import RoundLife

    held = (store.load(PayoutRound, stream) for stream in store.streams_opened_by(PayoutPlanDrawn.TOPIC))
    return [RoundLife(one.id, one.city) for one in held if not one.is_over]


def life_of(store: EventStore, case: UUID) -> CaseLife | None:
    """How a case's workflow begins again; None where the case has ended.

    A city's cases live by the server's clock. A rehearsal's clock goes on from the moment of its last event; where its
    times were whole hours they stay so.
    """
    from activities.messages import CaseLife, Clock
    from rehearsal.play import TICK

    facts = store.facts(case)
    file = CaseFile.folded(case, facts)
    if not file.is_open:
        return None
    if not file.rehearsal:
        return CaseLife(case, file.city)
    last = facts[-1].timestamp
    clock = Clock(last - datetime.now(UTC), TICK)
    return CaseLife(case, file.city, clock if clock.at(last - clock.shift) == last else Clock(clock.shift))
