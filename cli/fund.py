"""`lookback fund`: budget documents, allocations to counties, settlements; every fen of it, and whether it adds up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli import fund_books, fund_drill, fund_queue
from cli.deciding import UNNAMED, decide, named, say
from cli.fields import WrongField
from cli.fund_books import Line, home_of
from cli.hands import By, Of, Reason, person
from cli.office import AsJson, City, Programme
from domain.fund.allocation import AllocateToCounty, SettleCounty, TakeBackFromCounty
from domain.fund.appropriation import AppropriateFund, FundCommand, WithdrawFund
from domain.fund.file import RETROFIT_LINE, Source
from domain.identity import command_id, fund_id
from domain.money import Money
from domain.rejections import Rejection
from domain.words import SOURCES
from settings import Settings

if TYPE_CHECKING:
    pass

_TREASURY: Final = "市财政局"

From = Annotated[Source, typer.Option("--source", help="资金来源：中央、省、市、县区")]
Amount = Annotated[str, typer.Option("--amount", metavar="YUAN", help="金额（元），如 120000000.00")]
On = Annotated[str, typer.Option("--document", help="文号")]
To = Annotated[str, typer.Option("--county", help="区县或功能区，如 甘井子区")]
As = Annotated[str, typer.Option("--role", metavar="ROLE", help="以什么角色办理")]


def register(app: typer.Typer) -> None:
    """Mount the commands under ``fund``."""
    funds = typer.Typer(help="资金：指标、预下达、清算、资金账、排队、对账", no_args_is_help=True)
    funds.command("appropriate")(appropriate)
    funds.command("withdraw")(withdraw)
    funds.command("allocate")(allocate)
    funds.command("take-back")(take_back)
    funds.command("settle")(settle)
    fund_books.mount(funds)
    funds.command("drill")(fund_drill.drill)
    funds.command("queue")(fund_queue.queue)
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
    settings, home = home_of(city, programme)
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
            f"文号“{document}”的{SOURCES[source]}指标 {money.grouped()} 元已由他人入账",
        ) from no
    words = f"{SOURCES[source]}指标 {money.grouped()} 元已入账（{document}）。"
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
    settings, home = home_of(city, programme)
    money = _money(amount)
    words = f"已收回{SOURCES[source]}指标 {money.grouped()} 元（{document}）。"
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
    settings, home = home_of(city, programme)
    money = _money(amount)
    words = f"已向{county}预下达{SOURCES[source]}资金 {money.grouped()} 元（{document}）。"
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
    settings, home = home_of(city, programme)
    money = _money(amount)
    words = f"已从{county}收回{SOURCES[source]}资金 {money.grouped()} 元（{document}）。"
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
    settings, home = home_of(city, programme)
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
