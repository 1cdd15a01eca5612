"""`lookback payout`: a plan is drawn, approved link by link, instructed on one document, and its receipts come back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli import payout_paid, payout_told
from cli.deciding import UNNAMED
from cli.fields import WrongField
from cli.fund_books import Line, home_of
from cli.hands import By, Of, Reason, person
from cli.office import AsJson, City, Programme
from cli.payout_chosen import claims, named, shares, way_of
from cli.payout_given import give_round
from cli.payout_told import Number, opened, plain, say_plan
from domain.fund.file import RETROFIT_LINE
from domain.identity import tidy
from domain.payout_round.approval import ApprovePayoutPlan, ReturnPayoutPlan
from domain.payout_round.common import RoundCommand
from domain.payout_round.file import PayoutPlanApprovalGiven
from domain.payout_round.payment import ClosePayoutRound, InstructPayments, RetractPayouts
from domain.payout_round.planning import CallOffPayoutRound, DrawPayoutPlan, RedrawPayoutPlan
from domain.people import Person, Role
from domain.words import PAYOUT_STEPS
from policies import load
from settings import Settings

if TYPE_CHECKING:
    from cli.payout_told import Opened

Shares = Annotated[
    list[str] | None, typer.Option("--share", metavar="SOURCE=N", help="来源=份数，可写多次，如 central=7 city=3")
]
Firms = Annotated[list[str] | None, typer.Option("--firm", metavar="CODE", help="企业的信用代码，可写多次")]
Except = Annotated[
    list[str] | None, typer.Option("--except", metavar="CODE", help="不写 --firm 时，暂不列入的企业，可写多次")
]
Way = Annotated[
    str, typer.Option("--way", help="queue：按申请顺序，先到先得；selection：审查择优，须用 --reason 写明依据")
]
As = Annotated[str, typer.Option("--role", metavar="ROLE", help="以什么角色办理")]
Hash = Annotated[str, typer.Option("--hash", metavar="SHA256", help="所看方案的哈希，至少前 8 位，见 payout show")]
Document = Annotated[str, typer.Option("--document", help="文号或会议纪要编号")]
_LEAST_OF_HASH: Final = 8
_TREASURY: Final = "市财政局"


def register(app: typer.Typer) -> None:
    """Mount the commands under ``payout``."""
    rounds = typer.Typer(help="兑付轮次：拟定方案、审批、下达、回执、对账、办结", no_args_is_help=True)
    rounds.command("draw")(draw)
    rounds.command("redraw")(redraw)
    rounds.command("show")(payout_told.show)
    rounds.command("list")(payout_told.listed)
    rounds.command("approve")(approve)
    rounds.command("return")(send_back)
    rounds.command("instruct")(instruct)
    rounds.command("retract")(retract)
    rounds.command("call-off")(call_off)
    rounds.command("close")(close)
    payout_paid.mount(rounds)
    app.add_typer(rounds, name="payout")


def draw(
    number: Number,
    city: City,
    by: By,
    firm: Firms = None,
    leave_out: Except = None,
    way: Way = "queue",
    share: Shares = None,
    line: Line = RETROFIT_LINE,
    role: As = "bureau-clerk",
    organisation: Of = "",
    reason: Reason = "",
    programme: Programme = "",
    as_json: AsJson = False,
) -> None:
    """拟定资金分配方案。不写 --firm 时，按申请顺序列到现有资金用完；审查择优则为全部已核定、未列入方案的企业。"""
    settings, home = home_of(city, programme)
    said = _said(city, home, number, _hand(city, by, role, organisation), reason)
    chosen = claims(settings, said, line, way, firm, leave_out)
    command = DrawPayoutPlan(**said, line=line, claims=chosen, way=way_of(way), shares=shares(share))
    _done(settings, command, as_json)


def redraw(
    number: Number,
    city: City,
    by: By,
    firm: Firms = None,
    leave_out: Except = None,
    way: Way = "queue",
    share: Shares = None,
    role: As = "bureau-clerk",
    organisation: Of = "",
    reason: Reason = "",
    programme: Programme = "",
    as_json: AsJson = False,
) -> None:
    """重拟方案：另成一版，原有审批一律失效，须重新审批。已下达过指令的轮次不能重拟。"""
    settings, home = home_of(city, programme)
    said = _said(city, home, number, _hand(city, by, role, organisation), reason)
    with opened(settings, city, home, number) as held:
        line = held.file.line
    chosen = claims(settings, said, line, way, firm, leave_out)
    command = RedrawPayoutPlan(**said, claims=chosen, way=way_of(way), shares=shares(share))
    _done(settings, command, as_json)


def approve(
    number: Number,
    city: City,
    document: Document,
    seen: Hash,
    by: By,
    role: As,
    organisation: Of = "",
    reason: Reason = "",
    programme: Programme = "",
    as_json: AsJson = False,
) -> None:
    """办理审批链上的下一环。须写明所看方案的哈希；最后一环办结时，各企业的资金一并占用。"""
    settings, home = home_of(city, programme)
    said = _said(city, home, number, _hand(city, by, role, organisation), reason)
    with opened(settings, city, home, number) as held:
        sha256, approval = _meant(held, seen), _approval(held, said["by"], document)
    _done(settings, ApprovePayoutPlan(**said, approval=approval, sha256=sha256, document=document), as_json)


def send_back(
    number: Number,
    city: City,
    seen: Hash,
    by: By,
    role: As,
    reason: Reason,
    organisation: Of = "",
    programme: Programme = "",
    as_json: AsJson = False,
) -> None:
    """退回方案，由下一环的审批人办理；须写理由。"""
    settings, home = home_of(city, programme)
    said = _said(city, home, number, _hand(city, by, role, organisation), reason)
    with opened(settings, city, home, number) as held:
        sha256 = _meant(held, seen)
    _done(settings, ReturnPayoutPlan(**said, sha256=sha256), as_json)


def instruct(
    number: Number,
    city: City,
    document: Document,
    by: By,
    notice: Annotated[str, typer.Option("--notice", help="方案公示的文号；规则要求公示的须写")] = "",
    role: As = "city-treasury",
    organisation: Of = "",
    reason: Reason = "",
    programme: Programme = "",
    as_json: AsJson = False,
) -> None:
    """下达资金文件：逐户再核一次，合格的生成拨付指令，不合格的暂缓并写明原因。"""
    settings, home = home_of(city, programme)
    said = _said(city, home, number, _hand(city, by, role, organisation), reason)
    _done(settings, InstructPayments(**said, document=document, notice=notice), as_json)


def retract(
    number: Number,
    city: City,
    firm: Annotated[list[str], typer.Option("--firm", metavar="CODE", help="撤下的企业，可写多次")],
    document: Document,
    by: By,
    reason: Reason,
    role: As = "bureau-leader",
    organisation: Of = "",
    programme: Programme = "",
    as_json: AsJson = False,
) -> None:
    """撤下已批准、未下达的企业：资金释放，补贴仍在，可列入别的方案。"""
    settings, home = home_of(city, programme)
    said = _said(city, home, number, _hand(city, by, role, organisation), reason)
    with opened(settings, city, home, number) as held:
        cases = tuple(case.id for case in named({one.credit_code: one for one in held.cases.values()}, firm, home))
    _done(settings, RetractPayouts(**said, document=document, cases=cases), as_json)


def call_off(
    number: Number,
    city: City,
    by: By,
    reason: Reason,
    role: As = "bureau-head",
    organisation: Of = "",
    programme: Programme = "",
    as_json: AsJson = False,
) -> None:
    """取消轮次：方案未批准前；各企业可列入别的方案。"""
    settings, home = home_of(city, programme)
    said = _said(city, home, number, _hand(city, by, role, organisation), reason)
    _done(settings, CallOffPayoutRound(**said), as_json)


def close(
    number: Number,
    city: City,
    by: By,
    role: As = "city-treasury",
    organisation: Of = "",
    reason: Reason = "",
    programme: Programme = "",
    as_json: AsJson = False,
) -> None:
    """办结轮次：每一户都已到账、撤下或不再拨付，且合计与批准数一致。"""
    settings, home = home_of(city, programme)
    _done(
        settings,
        ClosePayoutRound(**_said(city, home, number, _hand(city, by, role, organisation), reason)),
        as_json,
    )


def _said(city: str, home: str, number: str, by: Person, reason: str) -> dict[str, Any]:
    where = {"city": city, "programme": home, "number": number}
    return {"command_id": UNNAMED, "by": by, "reason": reason, **where}


def _hand(city: str, by: str, role: str, organisation: str) -> Person:
    """Whoever names no organisation acts for the city's treasury, or for its lead agency."""
    hand = person(by, role, organisation or load.load(city).agency)
    return Person(hand.id, hand.role, _TREASURY) if hand.role is Role.TREASURY and not organisation else hand


def _done(settings: Settings, command: RoundCommand, as_json: bool) -> None:
    receipt = give_round(settings, command)
    with opened(settings, command.city, command.programme, command.number) as held:
        if as_json:
            done = {"command_id": str(receipt.command_id), "position": receipt.position, "events": receipt.events}
            typer.echo(json.dumps({**plain(held), **done}, ensure_ascii=False))
            return
        if isinstance(command, DrawPayoutPlan | RedrawPayoutPlan | ApprovePayoutPlan):
            say_plan(held)
            return
        file = held.file
        typer.echo(f"轮次 {file.number}：{PAYOUT_STEPS[file.step]}。")
        if isinstance(command, InstructPayments):
            typer.echo(f"第 {file.files} 个指令文件已生成，请用 lookback payout export 导出。")
            for one in file.held_back:
                typer.echo(f"暂缓拨付：{one.firm}：{one.sentence}")


def _meant(held: Opened, seen: str) -> str:
    """The hash that was typed, in full where it is the beginning of the plan's; else as typed, for the rule to name."""
    typed = tidy(seen).lower()
    if len(typed) < _LEAST_OF_HASH:
        raise WrongField(f"--hash 至少写前 {_LEAST_OF_HASH} 位，收到“{seen}”")
    return held.file.sha256 if held.file.sha256.startswith(typed) else typed


def _approval(held: Opened, by: Person, document: str) -> str:
    """The approval that is due; or the one that the same hand has just given, where its answer got lost."""
    last = held.facts[-1].command_id
    for fact in held.facts:
        if isinstance(fact, PayoutPlanApprovalGiven) and (fact.command_id, fact.by) == (last, by):
            return fact.approval if fact.document == document else held.file.next_approval
    return held.file.next_approval
