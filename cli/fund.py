"""`lookback fund`: budget documents, allocations to counties, settlements; every fen of it, and whether it adds up."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli import tables
from cli.deciding import UNNAMED, decide, named, programme_for, say
from cli.fields import WrongField, day
from cli.hands import By, Of, Reason, person
from cli.office import AsJson, City, Programme
from domain.calendar import CHINA
from domain.case.file import CaseFile
from domain.fund.allocation import AllocateToCounty, SettleCounty, TakeBackFromCounty
from domain.fund.appropriation import AppropriateFund, FundCommand, WithdrawFund
from domain.fund.file import RETROFIT_LINE, CountySettled, Fund, FundFact, Posting, Source, sum_of
from domain.identity import command_id, fund_id
from domain.money import Money
from domain.policy import Pack
from domain.programme import is_rehearsed, programme_must_be_the_citys
from domain.rejections import Rejection
from domain.words import zh
from policies import load
from settings import Settings

if TYPE_CHECKING:
    from eventstore.store import EventStore

SOURCE_WORDS: Final = {"central": "中央", "province": "省级", "city": "市级", "county": "县区"}
_TREASURY: Final = "市财政局"

Line = Annotated[str, typer.Option("--line", help="预算行代码，见 lookback packs show")]
From = Annotated[Source, typer.Option("--source", help="资金来源：中央、省、市、县区")]
Amount = Annotated[str, typer.Option("--amount", metavar="YUAN", help="金额（元），如 120000000.00")]
On = Annotated[str, typer.Option("--document", help="文号")]
To = Annotated[str, typer.Option("--county", help="区县或功能区，如 甘井子区")]
As = Annotated[str, typer.Option("--role", metavar="ROLE", help="以什么角色办理")]


def register(app: typer.Typer) -> None:
    """Mount the commands under ``fund``."""
    funds = typer.Typer(help="资金：指标、预下达、清算、资金账、对账", no_args_is_help=True)
    funds.command("appropriate")(appropriate)
    funds.command("withdraw")(withdraw)
    funds.command("allocate")(allocate)
    funds.command("take-back")(take_back)
    funds.command("settle")(settle)
    funds.command("ledger")(ledger)
    funds.command("verify")(verify)
    app.add_typer(funds, name="fund")


def appropriate(
    city: City,
    source: From,
    amount: Amount,
    document: On,
    by: By,
    line: Line = RETROFIT_LINE,
    role: As = "city-treasury",
    organisation: Of = _TREASURY,
    reason: Reason = "",
    programme: Programme = "",
    as_json: AsJson = False,
) -> None:
    """登记下达的指标（预算）；同一预算行再次下达即为追加。同一文号只入账一次。"""
    settings, home = _home(city, programme)
    money = _money(amount)
    command = AppropriateFund(
        command_id=command_id("appropriate", city, home, line, source.value, document.strip(), str(money)),
        by=person(by, role, organisation),
        reason=reason,
        city=city,
        programme=home,
        line=line,
        source=source,
        amount=money,
        document=document,
    )
    try:
        receipt = decide(settings, command)
    except Rejection as no:
        if no.refusal.rule != "command_id_must_name_one_command":
            raise
        raise Rejection(
            "document_must_be_booked_once",
            f"文号“{document}”的{SOURCE_WORDS[source]}指标 {money.grouped()} 元已由他人入账",
        ) from no
    words = f"{SOURCE_WORDS[source]}指标 {money.grouped()} 元已入账（{document}）。"
    say(receipt, {"programme": home}, words, as_json)


def withdraw(
    city: City,
    source: From,
    amount: Amount,
    document: On,
    by: By,
    line: Line = RETROFIT_LINE,
    role: As = "city-treasury",
    organisation: Of = _TREASURY,
    reason: Reason = "",
    programme: Programme = "",
    as_json: AsJson = False,
) -> None:
    """登记收回的指标；已预下达、已占用和已拨付的不能收回。"""
    settings, home = _home(city, programme)
    money = _money(amount)
    words = f"已收回{SOURCE_WORDS[source]}指标 {money.grouped()} 元（{document}）。"
    command = WithdrawFund(
        command_id=UNNAMED,
        by=person(by, role, organisation),
        reason=reason,
        city=city,
        programme=home,
        line=line,
        source=source,
        amount=money,
        document=document,
    )
    _done(settings, command, home, words, as_json)


def allocate(
    city: City,
    county: To,
    source: From,
    amount: Amount,
    document: On,
    by: By,
    line: Line = RETROFIT_LINE,
    role: As = "city-treasury",
    organisation: Of = _TREASURY,
    reason: Reason = "",
    programme: Programme = "",
    as_json: AsJson = False,
) -> None:
    """预下达区县；再次下达即为追加。预下达不是拨付，由区县按批准的名单付给企业。"""
    settings, home = _home(city, programme)
    money = _money(amount)
    words = f"已向{county}预下达{SOURCE_WORDS[source]}资金 {money.grouped()} 元（{document}）。"
    command = AllocateToCounty(
        command_id=UNNAMED,
        by=person(by, role, organisation),
        reason=reason,
        city=city,
        programme=home,
        line=line,
        county=county,
        source=source,
        amount=money,
        document=document,
    )
    _done(settings, command, home, words, as_json)


def take_back(
    city: City,
    county: To,
    source: From,
    amount: Amount,
    document: On,
    by: By,
    line: Line = RETROFIT_LINE,
    role: As = "city-treasury",
    organisation: Of = _TREASURY,
    reason: Reason = "",
    programme: Programme = "",
    as_json: AsJson = False,
) -> None:
    """收回区县未使用的预下达资金。"""
    settings, home = _home(city, programme)
    money = _money(amount)
    words = f"已从{county}收回{SOURCE_WORDS[source]}资金 {money.grouped()} 元（{document}）。"
    command = TakeBackFromCounty(
        command_id=UNNAMED,
        by=person(by, role, organisation),
        reason=reason,
        city=city,
        programme=home,
        line=line,
        county=county,
        source=source,
        amount=money,
        document=document,
    )
    _done(settings, command, home, words, as_json)


def settle(
    city: City,
    county: To,
    document: On,
    by: By,
    carry: Annotated[bool, typer.Option("--carry/--return", help="结余结转下一轮，还是收回市级")],
    line: Line = RETROFIT_LINE,
    role: As = "city-treasury",
    organisation: Of = _TREASURY,
    reason: Reason = "",
    programme: Programme = "",
    as_json: AsJson = False,
) -> None:
    """区县清算：应拨与预下达相核对，结余结转或收回。还有未到账的拨付时不能清算。"""
    settings, home = _home(city, programme)
    words = f"{county}已清算（{document}），结余{'结转下一轮' if carry else '收回市级'}。"
    command = SettleCounty(
        command_id=UNNAMED,
        by=person(by, role, organisation),
        reason=reason,
        city=city,
        programme=home,
        line=line,
        county=county,
        carry=carry,
        document=document,
    )
    _done(settings, command, home, words, as_json)


def ledger(
    city: City,
    line: Line = RETROFIT_LINE,
    source: Annotated[Source | None, typer.Option("--source", help="只看一个来源")] = None,
    county: Annotated[str, typer.Option("--county", help="只看一个区县经手的")] = "",
    until: Annotated[str, typer.Option("--until", help="截至哪一日（含），如 2026-06-30")] = "",
    programme: Programme = "",
    as_json: AsJson = False,
) -> None:
    """资金账：每一笔变动和变动后的余额，由事件逐笔算出。"""
    from cli.engine import record

    settings, home = _home(city, programme)
    last = day("--until", until) if until else None
    with record(settings) as store:
        facts = store.facts(fund_id(city, home, line))
        entries = [
            entry
            for entry in _entries(store, facts, source)
            if county in ("", entry["county"]) and (last is None or entry["on"] <= last.isoformat())
        ]
    if as_json:
        typer.echo(json.dumps({"city": city, "programme": home, "line": line, "lines": entries}, ensure_ascii=False))
        return
    if not entries:
        typer.echo(f"项目 {home} 的预算行 {line} 还没有资金变动。")
        return
    numbers = ("金额", *_BALANCES.values())
    tables.show(("日期", "事项", "区县", "企业或文号", *numbers), map(_row, entries), numbers=numbers)


_BALANCES: Final = {
    "available": "可用",
    "allocated": "预下达",
    "committed": "已占用",
    "paid": "已拨付",
    "recovered": "已追缴",
}


def _row(entry: dict[str, Any]) -> tuple[str, ...]:
    amounts = (Money.yuan(entry[name]).grouped() for name in ("amount", *_BALANCES))
    return (entry["on"], zh(entry["topic"]), entry["county"], entry["firm"] or entry["document"], *amounts)


def _entries(store: EventStore, facts: tuple[Any, ...], source: Source | None) -> Iterator[dict[str, Any]]:
    """Every movement, with the balances behind it; of one source where one is named."""
    fund = None
    for fact in facts:
        assert isinstance(fact, FundFact)
        fund = fund or Fund.fresh(fact.originator_id)
        fact.mutate(fund)
        parts = fact.parts if isinstance(fact, Posting) else fact.surplus if isinstance(fact, CountySettled) else ()
        shown = [part for part in parts if source in (None, part.source)]
        if parts and not shown:
            continue
        case = getattr(fact, "case", None)
        yield {
            "on": f"{fact.timestamp.astimezone(CHINA):%Y-%m-%d}",
            "topic": fact.TOPIC,
            "amount": str(sum_of(shown)),
            "sources": {part.source: str(part.amount) for part in shown},
            "county": getattr(fact, "county", ""),
            "firm": store.load(CaseFile, case).firm if case else "",
            "case": str(case) if case else "",
            "document": getattr(fact, "document", ""),
            "by": fact.by.id,
            **{name: str(fund.balance(name, source)) for name in _BALANCES},
        }


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


def _home(city: str, programme: str) -> tuple[Settings, str]:
    """The installation, and the programme that is meant; raises Rejection where the city has none of this name."""
    settings = Settings.from_environment()
    pack = load.load(city, settings.overlays)
    return settings, _known(pack, programme) or programme_for(pack, settings.overlays)


def _money(amount: str) -> Money:
    try:
        return Money.yuan(amount)
    except ValueError as bad:
        raise WrongField(f"--amount {bad}") from bad


def _done(settings: Settings, command: FundCommand, home: str, words: str, as_json: bool) -> None:
    """Named by what it says and where its fund stands: typed again because the answer got lost, it is done once."""
    stream = fund_id(command.city, command.programme, command.line)
    receipt = decide(settings, named(settings, command, stream))
    say(receipt, {"programme": home}, words, as_json)


def _known(pack: Pack, programme: str) -> str:
    """The programme as asked for; raises Rejection where the city cannot have one of this name."""
    if programme:
        programme_must_be_the_citys(pack, programme, rehearsal=is_rehearsed(pack, programme))
    return programme
