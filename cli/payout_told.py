"""How a payout round stands, for people and for programs: its plan, its approvals, its lines, its reckoning."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli import tables
from cli.fund_books import home_of
from cli.office import AsJson, City, Programme
from domain.calendar import CHINA
from domain.case.file import CaseFile
from domain.identity import round_id
from domain.payout_round import rules
from domain.payout_round.file import (
    PayoutPlanApprovalGiven,
    PayoutPlanDrawn,
    PayoutPlanReturned,
    PayoutRound,
    ReceiptsFiled,
    Slip,
    Step,
)
from domain.payout_round.plan import APPROVED_BY, PlanLine, sum_of
from domain.payout_round.reckoning import Reckoning, Standing, Where, reckon
from domain.policy import APPROVALS
from domain.words import PAYOUT_LINES, PAYOUT_STEPS, SOURCES, zh
from settings import Settings

if TYPE_CHECKING:
    from uuid import UUID

    from domain.record import Fact
    from eventstore.store import EventStore

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="轮次编号，如 2026-1")]
HASH_SHOWN: Final = 12
"""Of a plan's hash, to people."""


@dataclass(frozen=True)
class Opened:
    """A round as the record tells it, with the cases of its plan."""

    store: EventStore
    file: PayoutRound
    facts: tuple[Fact, ...]
    cases: Mapping[UUID, CaseFile]

    @property
    def slips(self) -> tuple[Slip, ...]:
        """All that its receipt files brought."""
        return tuple(slip for fact in self.facts if isinstance(fact, ReceiptsFiled) for slip in fact.slips)

    @property
    def reckoning(self) -> Reckoning:
        """Where its lines stand."""
        return reckon(self.file, self.cases, self.slips)


@contextmanager
def opened(settings: Settings, city: str, home: str, number: str) -> Iterator[Opened]:
    """The record, open at one round. Raises Rejection where it has no plan yet."""
    from cli.engine import record

    with record(settings) as store:
        stream = round_id(city, home, number)
        file = store.load(PayoutRound, stream)
        rules.round_must_have_been_drawn(file)
        cases = {line.case: store.load(CaseFile, line.case) for line in file.lines}
        yield Opened(store, file, store.facts(stream), cases)


def show(number: Number, city: City, programme: Programme = "", as_json: AsJson = False) -> None:
    """轮次的进度：方案、各级审批、每家企业到了哪一步、对账。"""
    settings, home = home_of(city, programme)
    with opened(settings, city, home, number) as held:
        if as_json:
            typer.echo(json.dumps(plain(held), ensure_ascii=False))
            return
        say_plan(held)
        _say_lines(held.reckoning)


def listed(city: City, programme: Programme = "", as_json: AsJson = False) -> None:
    """本项目的各个兑付轮次。"""
    from cli.engine import record

    settings, home = home_of(city, programme)
    with record(settings) as store:
        files = [store.load(PayoutRound, stream) for stream in store.streams_opened_by(PayoutPlanDrawn.TOPIC)]
    rounds = [one for one in files if (one.city, one.programme) == (city, home)]
    if as_json:
        told = [_head(one) for one in rounds]
        typer.echo(json.dumps({"city": city, "programme": home, "rounds": told}, ensure_ascii=False))
        return
    if not rounds:
        typer.echo(f"项目 {home} 还没有兑付轮次。")
        return
    rows = (
        (
            *(one.number, PAYOUT_STEPS[one.step], str(one.edition), str(len(one.lines))),
            *(sum_of(one.lines).grouped(), one.sha256[:HASH_SHOWN], _next_in_words(one)),
        )
        for one in rounds
    )
    tables.show(("轮次", "进度", "版次", "企业", "金额（元）", "方案哈希", "下一步"), rows, numbers=("金额（元）",))


def say_plan(held: Opened) -> None:
    """The plan, its sum and hash, who approved it and who is next, for people."""
    file = held.file
    head = f"轮次 {file.number}（{PAYOUT_STEPS[file.step]}）：第 {file.edition} 版方案，{len(file.lines)} 家企业"
    typer.echo(f"{head}，共 {sum_of(file.lines).grouped()} 元，哈希 {file.sha256[:HASH_SHOWN]}。")
    amounts = ("金额（元）", *(f"{SOURCES[one]}（元）" for one in _sources(file)))
    tables.show(("企业", "信用代码", "区县", *amounts), map(_plan_row(file), file.lines), numbers=amounts)
    for one in approvals(held):
        lapsed = "" if one["valid"] else f"（第 {one['edition']} 版，已失效）"
        typer.echo(f"{one['name']}：{one['by']}，{one['at']}，文件 {one['document']}{lapsed}")
    if file.step is Step.RETURNED:
        back = [fact for fact in held.facts if isinstance(fact, PayoutPlanReturned)][-1]
        typer.echo(f"方案被 {back.by.id} 退回：{back.reason}。请重拟。")
    due = file.chain[len(file.approvals) :] if file.next_approval else ()
    if due:
        steps = " → ".join(f"{APPROVALS[one]}（{zh(APPROVED_BY[one])}）" for one in due)
        typer.echo(f"待审批：{steps}")


def plain(held: Opened) -> dict[str, Any]:
    """All of it, for programs; amounts in yuan."""
    file, told = held.file, held.reckoning
    lines = [_plain_line(one) for one in told.lines]
    return {
        **_head(file),
        "chain": list(file.chain),
        "approvals": approvals(held),
        "lines": lines,
        "reconciliation": sums(told),
    }


def approvals(held: Opened) -> list[dict[str, Any]]:
    """Every approval that was ever given, and whether it still holds."""
    file = held.file
    return [
        {
            "approval": fact.approval,
            "name": APPROVALS[fact.approval],
            "edition": fact.edition,
            "by": fact.by.id,
            "at": f"{fact.timestamp.astimezone(CHINA):%Y-%m-%d %H:%M}",
            "document": fact.document,
            "valid": fact.edition == file.edition and fact.approval in file.approvals,
        }
        for fact in held.facts
        if isinstance(fact, PayoutPlanApprovalGiven)
    ]


def sums(told: Reckoning) -> dict[str, str]:
    """What was approved, and where it is now, in yuan."""
    return {
        "approved": str(told.approved),
        "received": str(told.sum_at(Where.RECEIVED)),
        "on_the_way": str(told.sum_at(Where.ON_THE_WAY)),
        "not_instructed": str(told.sum_at(Where.WAITING, Where.BOUNCED)),
        "gone": str(told.sum_at(Where.GONE)),
        "difference": str(told.difference),
    }


def say_sums(told: Reckoning) -> None:
    """The reckoning in one line."""
    typer.echo(
        f"对账（元）：已批准 {told.approved.grouped()} ＝ 已到账 {told.sum_at(Where.RECEIVED).grouped()}"
        f" ＋ 拨付中 {told.sum_at(Where.ON_THE_WAY).grouped()}"
        f" ＋ 待下达 {told.sum_at(Where.WAITING, Where.BOUNCED).grouped()}"
        f" ＋ 不再拨付 {told.sum_at(Where.GONE).grouped()}；差额 {told.difference}。"
    )


def why(one: Standing) -> str:
    """What is to be said of a line beside where it stands."""
    bounced = "；".join(f"{slip.on} 退票：{slip.bounced}" for slip in one.bounces)
    return "；".join(words for words in (bounced, f"暂缓：{one.held_back}" if one.held_back else "") if words)


def _say_lines(told: Reckoning) -> None:
    rows = (
        (one.line.firm, one.line.county, PAYOUT_LINES[one.where], one.line.amount.grouped(), one.instruction, why(one))
        for one in told.lines
    )
    tables.show(("企业", "区县", "进度", "金额（元）", "指令号", "说明"), rows, numbers=("金额（元）",))
    say_sums(told)


def _head(file: PayoutRound) -> dict[str, Any]:
    due = file.next_approval
    return {
        "number": file.number,
        "line": file.line,
        "step": file.step.value,
        "edition": file.edition,
        "sha256": file.sha256,
        "amount": str(sum_of(file.lines)),
        "firms": len(file.lines),
        "files": file.files,
        "next": {"approval": due, "role": APPROVED_BY[due].value} if due else None,
    }


def _plain_line(one: Standing) -> dict[str, Any]:
    line = one.line
    return {
        "case": str(line.case),
        "firm": line.firm,
        "credit_code": line.credit_code,
        "county": line.county,
        "amount": str(line.amount),
        "sources": {part.source: str(part.amount) for part in line.parts},
        "state": one.where.value,
        "instruction": one.instruction,
        "bounces": [{"instruction": slip.instruction, "on": str(slip.on), "why": slip.bounced} for slip in one.bounces],
        "held_back": one.held_back,
    }


def _next_in_words(file: PayoutRound) -> str:
    due = file.next_approval
    if due:
        return f"{APPROVALS[due]}（{zh(APPROVED_BY[due])}）"
    return {Step.RETURNED: "重拟方案", Step.PAYMENT: "下达、回执、办结"}.get(file.step, "")


def _sources(file: PayoutRound) -> tuple[str, ...]:
    borne = {part.source for line in file.lines for part in line.parts}
    return tuple(source for source in SOURCES if source in borne)


def _plan_row(file: PayoutRound) -> Any:
    sources = _sources(file)

    def row(line: PlanLine) -> tuple[str, ...]:
        parts = {part.source: part.amount.grouped() for part in line.parts}
        amounts = (line.amount.grouped(), *(parts.get(source, "0.00") for source in sources))
        return (line.firm, line.credit_code, line.county, *amounts)

    return row
