"""`lookback products`: the catalogue of 小快轻准 products, brought in by workbook, and as it stands."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from cli import tables, tallied
from cli.deciding import UNNAMED, decide, home_of, named, say
from cli.fields import WrongField
from cli.hands import By, Of, Reason, person
from cli.roster import say_refused
from domain import tally
from domain.catalogue import Catalogue, CatalogueCommand, EnterProducts, Product, WithdrawProduct
from domain.identity import catalogue_id
from domain.policy import SPEND_KINDS
from domain.rejections import Rejection
from exchange import products
from exchange.products import ProductsRefused
from policies import load
from settings import Settings

TCommand = TypeVar("TCommand", bound=CatalogueCommand)

City = Annotated[str, typer.Option("--city", help="城市代码，如 dalian")]
Programme = Annotated[str, typer.Option("--programme", help="项目；不写则为该市规则包的项目（推演则另成一项目）")]
AsRole = Annotated[str, typer.Option("--role", metavar="ROLE", help="以什么角色办理")]
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON")]


def register(app: typer.Typer) -> None:
    """Mount the commands under ``products``."""
    catalogue = typer.Typer(help="小快轻准产品目录：导入、下架、查看", no_args_is_help=True)
    catalogue.command("import")(take)
    catalogue.command("withdraw")(withdraw)
    catalogue.command("list")(listed)
    app.add_typer(catalogue, name="products")


def take(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="产品目录（.xlsx 或 .xls）")],
    city: City,
    by: By,
    role: AsRole = "bureau-clerk",
    organisation: Of = "",
    reason: Reason = "",
    programme: Programme = "",
    as_json: AsJson = False,
) -> None:
    """导入产品。同一编号的新内容取代旧内容，旧内容留痕；任何一行有误则全部不导入，退出码为 3。"""
    settings = Settings.from_environment()
    pack = load.load(city, settings.overlays)
    try:
        found = products.read(file, pack)
    except ProductsRefused as refused:
        say_refused(refused, as_json)
        raise typer.Exit(3) from refused
    except OSError as bad:
        raise WrongField(f"打不开 {file}：{'是目录，或没有读取的权限' if file.exists() else '没有这个文件'}") from bad
    home, rehearsal = home_of(pack, programme, settings.overlays)
    command = EnterProducts(
        command_id=UNNAMED,
        by=person(by, role, organisation or pack.agency),
        reason=reason,
        evidence=(f"sha256:{found.file_hash}",),
        city=city,
        programme=home,
        rehearsal=rehearsal,
        products=found.products,
    )
    rows = len(found.products)
    try:
        receipt = decide(settings, _named(settings, command))
    except Rejection as no:
        if no.refusal.rule != "entry_must_say_something_new":
            raise
        words = f"目录 {rows} 项，与已登记的内容相同，没有变化。"
        typer.echo(json.dumps({"products": rows, "entered": 0}) if as_json else words)
        return
    entered = len(receipt.events)
    said = {"products": rows, "entered": entered, "programme": command.programme}
    say(receipt, said, f"目录 {rows} 项，新登记或更新 {entered} 项。", as_json)


def withdraw(
    code: Annotated[str, typer.Argument(metavar="CODE", help="产品编号")],
    city: City,
    by: By,
    reason: Reason,
    role: AsRole = "bureau-clerk",
    organisation: Of = "",
    programme: Programme = "",
    as_json: AsJson = False,
) -> None:
    """下架一个产品；已签合同不受影响。"""
    settings = Settings.from_environment()
    pack = load.load(city, settings.overlays)
    home, rehearsal = home_of(pack, programme, settings.overlays)
    command = WithdrawProduct(
        command_id=UNNAMED,
        by=person(by, role, organisation or pack.agency),
        reason=reason,
        city=city,
        programme=home,
        rehearsal=rehearsal,
        code=code,
    )
    say(decide(settings, _named(settings, command)), {"code": code}, f"产品 {code} 已下架。", as_json)


def listed(city: City, programme: Programme = "", as_json: AsJson = False) -> None:
    """产品目录现状，以及目标数、现有数和差距。"""
    from cli.engine import record

    settings = Settings.from_environment()
    pack = load.load(city, settings.overlays)
    home, _ = home_of(pack, programme, settings.overlays)
    with record(settings) as store:
        catalogue = store.load(Catalogue, catalogue_id(city, home))
    held, counted = catalogue.products.values(), list(tally.products(pack, catalogue))
    if as_json:
        said = {"programme": home, "products": list(map(_plain, held)), "targets": tallied.plain(counted)}
        typer.echo(json.dumps(said, ensure_ascii=False))
        return
    if not held:
        typer.echo(f"{pack.name}项目 {home} 的产品目录是空的。")
    headings = ("编号", "名称", "类别", "报价（元）", "参考价（元）", "单位", "行业", "有效期")
    if held:
        tables.show(headings, map(_row, held), numbers=headings[3:5])
    tallied.show(counted, "个")


def _row(one: Product) -> tuple[str, ...]:
    prices = (one.price.grouped(), one.reference.grouped())
    period = f"{one.valid_from} 至 {one.valid_to}"
    return (one.code, one.name, SPEND_KINDS[one.kind], *prices, one.unit, one.industry or "不限", period)


def _plain(one: Product) -> dict[str, Any]:
    said = asdict(one)
    said |= {"price": str(one.price), "reference": str(one.reference)}
    return said | {"valid_from": one.valid_from.isoformat(), "valid_to": one.valid_to.isoformat()}


def _named(settings: Settings, command: TCommand) -> TCommand:
    return named(settings, command, catalogue_id(command.city, command.programme))
