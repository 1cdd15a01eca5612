"""`lookback batch` and `lookback fund`: what bureau and treasury set up, and every fen of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli import migration, places, tables
from cli.deciding import decide, named_by_all_it_says, programme_for, say
from cli.fields import WrongField, day
from cli.hands import By, Of, Reason, person
from domain.batch import OpenBatch
from domain.calendar import CHINA
from domain.case.file import CaseFile
from domain.fund import RETROFIT_LINE, AppropriateFund, Fund, FundAppropriated, Posting
from domain.identity import batch_id, command_id, fund_id
from domain.money import Money
from domain.policy import Pack
from domain.programme import is_rehearsed, programme_must_be_the_citys
from domain.rejections import Rejection
from domain.words import zh
from policies import load
from settings import Settings

if TYPE_CHECKING:
    from eventstore.store import EventStore

City = Annotated[str, typer.Option("--city", help="城市代码，如 dalian")]
Programme = Annotated[str, typer.Option("--programme", help="项目；不写则为该市规则包的项目（推演则另成一项目）")]
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON")]


class Source(StrEnum):
    """Whose money it is."""

    CENTRAL = "central"
    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"


_SOURCES: Final = {"central": "中央", "province": "省级", "city": "市级", "county": "县区"}
_TREASURY: Final = "市财政局"


def register(app: typer.Typer) -> None:
    """Mount the commands under ``batch`` and ``fund``."""
    batches = typer.Typer(help="批次", no_args_is_help=True)
    batches.command("open")(open_batch)
    batches.command("revise")(migration.revise)
    batches.command("adopt")(migration.adopt)
    places.mount(batches)
    funds = typer.Typer(help="资金：下达指标、资金账、对账", no_args_is_help=True)
    funds.command("appropriate")(appropriate)
    funds.command("ledger")(ledger)
    funds.command("verify")(verify)
    app.add_typer(batches, name="batch")
    app.add_typer(funds, name="fund")


def open_batch(
    city: City,
    code: Annotated[str, typer.Option("--code", help="批次号，如 1")],
    opens: Annotated[str, typer.Option("--opens", help="申报开始日，如 2026-03-01")],
    closes: Annotated[str, typer.Option("--closes", help="申报截止日（含当日）")],
    by: By,
    role: Annotated[str, typer.Option("--role", metavar="ROLE", help="以什么角色办理")] = "bureau-clerk",
    organisation: Of = "",
    reason: Reason = "",
    overlay: Annotated[list[str] | None, typer.Option("--overlay", help="叠加的假设包，只用于推演")] = None,
    programme: Programme = "",
    as_json: AsJson = False,
) -> None:
    """开启一个批次：申报期定下，当日的规则全文随批次固定。"""
    settings = Settings.from_environment()
    window = day("--opens", opens), day("--closes", closes)
    overlays = tuple(overlay or settings.overlays)
    pack = load.load(city, overlays)
    hand = person(by, role, organisation or pack.agency)
    command = OpenBatch(
        command_id=command_id("unnamed"),
        by=hand,
        reason=reason,
        city=city,
        programme=programme or programme_for(pack, overlays),
        code=code,
        opens=window[0],
        closes=window[1],
        pack_text=load.text_of(city, overlays),
        rehearsal=bool(overlays),
    )
    # Named by all it says: the same words twice are one command, other words for the same batch are refused as such.
    command = replace(command, command_id=named_by_all_it_says(command))
    batch = batch_id(city, command.programme, code)
    receipt = decide(settings, command)
    said = {"batch": str(batch), "programme": command.programme, "pack_version": pack.version}
    assumed = f"其中 {len(pack.assumptions())} 项为推演假设" if pack.assumptions() else "没有假设"
    open_questions = f"待定口径 {len(pack.open_questions())} 项" if pack.open_questions() else "没有待定口径"
    say(
        receipt,
        said,
        f"批次 {code}（{command.programme}）{window[0]} 至 {window[1]} 受理申报。"
        f"规则版本 {pack.version[:12]}，{assumed}，{open_questions}。批次编号：{batch}",
        as_json,
    )


def appropriate(
    city: City,
    source: Annotated[Source, typer.Option("--source", help="资金来源：中央、省、市、县区")],
    amount: Annotated[str, typer.Option("--amount", metavar="YUAN", help="金额（元），如 120000000.00")],
    document: Annotated[str, typer.Option("--document", help="指标文件文号")],
    by: By,
    role: Annotated[str, typer.Option("--role", metavar="ROLE", help="以什么角色办理")] = "city-treasury",
    organisation: Of = _TREASURY,
    reason: Reason = "",
    programme: Programme = "",
    as_json: AsJson = False,
) -> None:
    """登记下达的指标（预算）。同一文号只入账一次。"""
    settings = Settings.from_environment()
    try:
        money = Money.yuan(amount)
    except ValueError as bad:
        raise WrongField(f"--amount {bad}") from bad
    pack = load.load(city, settings.overlays)
    programme = programme or programme_for(pack, settings.overlays)
    named = ("appropriate", city, programme, RETROFIT_LINE, source.value, document.strip(), str(money))
    command = AppropriateFund(
        command_id=command_id(*named),
        by=person(by, role, organisation),
        reason=reason,
        city=city,
        programme=programme,
        line=RETROFIT_LINE,
        source=source.value,
        amount=money,
        document=document,
    )
    try:
        receipt = decide(settings, command)
    except Rejection as no:
        if no.refusal.rule != "command_id_must_name_one_command":
            raise
        raise Rejection(
            "document_must_be_booked_once", f"文号“{document}”的{_SOURCES[source]}指标 {money.grouped()} 元已由他人入账"
        ) from no
    say(
        receipt, {"programme": programme}, f"{_SOURCES[source]}指标 {money.grouped()} 元已入账（{document}）。", as_json
    )


def ledger(city: City, programme: Programme = "", as_json: AsJson = False) -> None:
    """资金账：每一笔变动和变动后的余额，由事件逐笔算出。"""
    from cli.engine import record

    settings = Settings.from_environment()
    pack = load.load(city, settings.overlays)
    programme = _known(pack, programme) or programme_for(pack, settings.overlays)
    stream = fund_id(city, programme, RETROFIT_LINE)
    with record(settings) as store:
        lines = list(_lines(store, store.facts(stream)))
    if as_json:
        typer.echo(json.dumps({"city": city, "programme": programme, "lines": lines}, ensure_ascii=False))
        return
    if not lines:
        typer.echo(f"{pack.name}项目 {programme} 还没有资金变动。")
        return
    numbers = ("金额", "可用", "已占用", "已拨付", "已追缴")
    tables.show(("日期", "事项", "企业或文号", *numbers), map(_row, lines), numbers=numbers)


def _row(line: dict[str, Any]) -> tuple[str, ...]:
    amounts = (Money.yuan(line[name]).grouped() for name in ("amount", "available", "committed", "paid", "recovered"))
    return (line["on"], zh(line["topic"]), line["firm"] or line["document"], *amounts)


def verify(city: City, programme: Programme = "", as_json: AsJson = False) -> None:
    """对账：从头读全部事件，在每一处核对借贷两方、资金账与企业档案。有差额时退出码为 3。"""
    from activities.reconcile import reconcile
    from cli.engine import record

    with record(Settings.from_environment()) as store:
        pack = load.load(city)
        outcome = reconcile(store, pack.city, _known(pack, programme))
    if as_json:
        said = {"difference_fen": outcome.difference_fen, "checked_positions": outcome.checked_positions}
        typer.echo(json.dumps(said | {"faults": [asdict(fault) for fault in outcome.faults]}, ensure_ascii=False))
    else:
        typer.echo(f"已核对 {outcome.checked_positions} 处，差额 {Money(outcome.difference_fen)} 元。")
        for fault in outcome.faults:
            typer.echo(f"第 {fault.position} 号事件：{fault.what}", err=True)
    if outcome.faults:
        raise typer.Exit(3)


def _lines(store: EventStore, facts: tuple[Any, ...]) -> Iterator[dict[str, Any]]:
    fund = None
    for fact in facts:
        assert isinstance(fact, Posting)
        fund = fund or Fund.fresh(fact.originator_id)
        fact.mutate(fund)
        case = getattr(fact, "case", None)
        yield {
            "on": f"{fact.timestamp.astimezone(CHINA):%Y-%m-%d}",
            "topic": fact.TOPIC,
            "amount": str(fact.amount),
            "firm": store.load(CaseFile, case).firm if case else "",
            "case": str(case) if case else "",
            "document": f"{_SOURCES[fact.source]} {fact.document}" if isinstance(fact, FundAppropriated) else "",
            "by": fact.by.id,
            **{name: str(getattr(fund, name)) for name in ("available", "committed", "paid", "recovered")},
        }


def _known(pack: Pack, programme: str) -> str:
    """The programme as asked for; raises Rejection where the city cannot have one of this name."""
    if programme:
        programme_must_be_the_citys(pack, programme, rehearsal=is_rehearsed(pack, programme))
    return programme
