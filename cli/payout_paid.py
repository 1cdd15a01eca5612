"""`lookback payout export`, `receipts`, `reconcile`, `plan`: files for the treasuries, what comes back, the books."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli import tables
from cli.deciding import UNNAMED, say
from cli.fields import WrongField
from cli.fund_books import home_of
from cli.hands import By, Of, Reason, person
from cli.office import AsJson, City, Programme
from cli.payout_given import give_round
from cli.payout_told import Number, Opened, approvals, opened, say_sums, sums, why
from domain.money import total
from domain.payout_round import rules
from domain.payout_round.file import PaymentsInstructed, Slip, Step
from domain.payout_round.payment import FileReceipts
from domain.payout_round.reckoning import Where
from domain.rejections import Refusal, Rejection
from domain.words import PAYOUT_LINES
from policies import load

if TYPE_CHECKING:
    from exchange.receipts import ReceiptFile, ReceiptRow

Output = Annotated[Path, typer.Option("--output", "-o", help="写到哪个文件；已有的文件会覆盖")]
_FAULTY: Final = "receipts_must_be_without_fault"
_BOOKED: Final = "可以入账"
_NOT_BACK: Final = "尚无回执"
_BEFORE: Final = "此前已入账"


def mount(rounds: typer.Typer) -> None:
    """Mount the files of a round under ``payout``."""
    for command in (export, receipts, reconcile, plan):
        rounds.command(command.__name__)(command)


def export(
    number: Number,
    city: City,
    output: Output,
    county: Annotated[str, typer.Option("--county", help="只写一个区县的")] = "",
    file: Annotated[int | None, typer.Option("--file", min=1, help="第几个指令文件；不写即最近一个")] = None,
    programme: Programme = "",
) -> None:
    """导出拨付指令文件（.xlsx 或 .csv），交财政支付系统；回执日期、回执金额、退票原因由区县填写后交回。"""
    from exchange import instructions

    if output.suffix.lower() not in (".xlsx", ".csv"):
        raise WrongField(f"文件名须以 .xlsx 或 .csv 结尾，收到“{output}”")
    settings, home = home_of(city, programme)
    with opened(settings, city, home, number) as held:
        issued = [fact for fact in held.facts if isinstance(fact, PaymentsInstructed)]
    which = file or len(issued)
    if not 0 < which <= len(issued):
        raise Rejection("instruction_file_must_have_been_issued", f"轮次 {number} 下达过 {len(issued)} 个指令文件")
    one = issued[which - 1]
    orders = tuple(order for order in one.orders if county in ("", order.county))
    if not orders:
        raise Rejection("county_must_stand_in_the_file", f"指令文件 {one.file_number} 中没有{county}的企业")
    name = load.load(city).name
    written = instructions.InstructionFile(name, held.file.number, one.file_number, one.document, orders)
    instructions.write(output, written)
    amount = total(order.amount for order in orders).grouped()
    typer.echo(f"指令文件 {one.file_number}：{len(orders)} 笔，{amount} 元，已写到 {output}。")


def receipts(
    number: Number,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="区县填好的指令文件（.xlsx 或 .csv）")],
    city: City,
    by: By,
    organisation: Of,
    check: Annotated[bool, typer.Option("--check", help="只逐行核对，不入账")] = False,
    role: Annotated[str, typer.Option("--role", metavar="ROLE", help="以什么角色办理")] = "county-treasury",
    reason: Reason = "",
    programme: Programme = "",
    as_json: AsJson = False,
) -> None:
    """导入回执：先逐行核对；任何一行有误则全部不入账，逐行说明，退出码为 3。"""
    from exchange import receipts as reading

    hand = person(by, role, organisation)
    settings, home = home_of(city, programme)
    with opened(settings, city, home, number) as held:
        rules.round_must_be_at_this_step(held.file, Step.PAYMENT, Step.CLOSED)
        numbers = [fact.file_number for fact in held.facts if isinstance(fact, PaymentsInstructed)]
        found = reading.read(file, held.file.orders, numbers)
        rules.receipts_must_be_taken_in_once(held.file, found.sha256)
        before = held.slips
        slips = tuple(row.slip for row in found.rows if row.slip is not None and row.slip not in before)
        command = FileReceipts(
            command_id=UNNAMED,
            by=hand,
            reason=reason,
            evidence=(f"sha256:{found.sha256}",),
            city=city,
            programme=home,
            number=number,
            sha256=found.sha256,
            slips=slips,
        )
        judged = _judged(held, found, command, before)
        refused = _refused(held, command) if check and slips else None
    told = [_plain_row(row, verdict, no) for row, verdict, no in judged]
    bad = sum(no is not None for _, _, no in judged)
    if bad:
        sentence = f"{file.name}：{len(judged)} 行中 {bad} 行有误，一行也没有入账；请改正后重新导入"
        _say_rows(judged, Refusal(_FAULTY, sentence), told, as_json)
        raise typer.Exit(3)
    if not slips:
        raise Rejection("receipts_must_bring_something_new", f"{file.name}：没有一行是新的回执，没有入账")
    if refused is not None:
        raise Rejection(refused.rule, refused.sentence, refused.clause, refused.open_question)
    if check:
        _say_rows(judged, None, told, as_json)
        return
    receipt = give_round(settings, command)
    bounced = sum(bool(slip.bounced) for slip in slips)
    if not as_json:
        _say_rows(judged, None, told, as_json=False)
    words = f"已入账：到账 {len(slips) - bounced} 笔，退票 {bounced} 笔。"
    say(receipt, {"received": len(slips) - bounced, "bounced": bounced, "rows": told}, words, as_json)


def reconcile(number: Number, city: City, programme: Programme = "", as_json: AsJson = False) -> None:
    """轮次对账：逐笔列明差异（未回执、退票未重拨、暂缓、未下达）；有任何差异退出码为 3，全部相符为 0。"""
    settings, home = home_of(city, programme)
    with opened(settings, city, home, number) as held:
        rules.round_must_be_at_this_step(held.file, Step.PAYMENT, Step.CLOSED)
        told = held.reckoning
    left = told.open_lines
    if as_json:
        differences = [
            {
                "firm": one.line.firm,
                "credit_code": one.line.credit_code,
                "county": one.line.county,
                "amount": str(one.amount),
                "what": "held-back" if one.held_back and one.where is Where.WAITING else one.where.value,
                "instruction": one.instruction,
                "why": why(one),
            }
            for one in left
        ]
        typer.echo(json.dumps({**sums(told), "differences": differences}, ensure_ascii=False))
    else:
        say_sums(told)
        if left:
            rows = (
                (
                    *(one.line.firm, one.line.credit_code, one.line.county, one.amount.grouped()),
                    *("暂缓" if one.held_back and one.where is Where.WAITING else PAYOUT_LINES[one.where],),
                    *(one.instruction, why(one)),
                )
                for one in left
            )
            heads = ("企业", "信用代码", "区县", "金额（元）", "差异", "指令号", "说明")
            tables.show(heads, rows, numbers=("金额（元）",))
        elif not told.difference.fen:
            typer.echo("全部相符，没有差异。")
    if left or told.difference.fen:
        raise typer.Exit(3)


def plan(number: Number, city: City, output: Output, programme: Programme = "") -> None:
    """资金分配方案工作簿：一户一行，按来源列支；合计为公式，末尾为方案哈希和各级审批。"""
    from exchange import plan_workbook

    settings, home = home_of(city, programme)
    with opened(settings, city, home, number) as held:
        file, foot = held.file, _foot(held)
    title = f"{load.load(city).name}{home}兑付轮次 {file.number} 资金分配方案（第 {file.edition} 版）"
    plan_workbook.write(output, title, file.lines, foot)
    typer.echo(f"第 {file.edition} 版方案已写到 {output}，哈希 {file.sha256}。")


def _foot(held: Opened) -> list[str]:
    given = [
        f"{one['name']}：{one['by']}，{one['at']}，文件 {one['document']}" for one in approvals(held) if one["valid"]
    ]
    return [f"方案哈希（SHA-256）：{held.file.sha256}", *(given or ["尚无审批"])]


_Judged = tuple["ReceiptRow", str, Refusal | None]


def _judged(held: Opened, found: ReceiptFile, command: FileReceipts, before: Sequence[Slip]) -> list[_Judged]:
    """Every row with what is to be said of it; each is judged by itself, so that all faults are named at once."""
    from activities.payout_rounds import verdicts
    from policies.calendars import published

    said = iter(verdicts(held.store, published(), command, datetime.now(UTC)))
    judged: list[_Judged] = []
    for row in found.rows:
        if row.fault is not None:
            judged.append((row, row.fault.sentence, row.fault))
        elif row.slip is None:
            judged.append((row, _NOT_BACK, None))
        elif row.slip in before:
            judged.append((row, _BEFORE, None))
        else:
            no = next(said)
            judged.append((row, no.sentence if no else _BOOKED, no))
    return judged


def _refused(held: Opened, command: FileReceipts) -> Refusal | None:
    """What a rule about the file as a whole, or about the hand, would say."""
    from activities.desk import Desk
    from policies.calendars import published

    return Desk(held.store, published()).would_refuse(command, datetime.now(UTC))


def _plain_row(row: ReceiptRow, verdict: str, no: Refusal | None) -> dict[str, Any]:
    slip = row.slip
    return {
        "sheet": row.sheet,
        "row": row.row,
        "instruction": row.instruction,
        "amount": str(slip.amount) if slip else None,
        "on": str(slip.on) if slip else None,
        "bounced": slip.bounced if slip else "",
        "verdict": verdict,
        "refusal": asdict(no) if no else None,
    }


def _say_rows(
    judged: Sequence[_Judged], refusal: Refusal | None, told: Sequence[dict[str, Any]], as_json: bool
) -> None:
    if refusal is not None:
        typer.echo(refusal.sentence, err=True)
    if as_json:
        said = {"rows": told} | ({"refusal": asdict(refusal)} if refusal else {})
        typer.echo(json.dumps(said, ensure_ascii=False))
        return
    rows = (
        (
            *(row.sheet, str(row.row), row.instruction),
            *((row.slip.amount.grouped(), str(row.slip.on), row.slip.bounced) if row.slip else ("", "", "")),
            *(verdict, no.rule if no else ""),
        )
        for row, verdict, no in judged
    )
    heads = ("工作表", "行", "指令号", "金额（元）", "回执日期", "退票原因", "结论", "规则")
    tables.show(heads, rows, numbers=("行", "金额（元）"))
