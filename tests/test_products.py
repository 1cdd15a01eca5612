"""产品目录: a city's workbook is read as it was meant, or refused row by row; what was entered stays on record."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest
import xlsxwriter

from domain.catalogue import Catalogue, Product
from domain.identity import catalogue_id
from domain.money import Money
from domain.rejections import OpenQuestion
from eventstore.store import EventStore
from exchange import products
from exchange.products import ProductsRefused
from policies import load
from settings import Settings
from tests.shell import Shell, pointed_at

PACK: Final = load.load("zibo")
INDUSTRY: Final = PACK.list("selection.industries")[0]
HEADER: Final = (
    *("序号", "产品编号", "产品名称", "支出类别", "报价（元）", "参考价（元）", "计价单位", "适用行业", "有效期起"),
    *("有效期止", "联系电话"),
)
ROW: Final = (
    1,
    "P-1",
    "制造执行系统",
    "软件",
    12000,
    "15,000.50",
    "套",
    INDUSTRY,
    "2026.1.1",
    "2026年12月31日",
    "0533",
)
MES: Final = Product(
    *("P-1", "制造执行系统", "software", Money.yuan(12000), Money.yuan("15000.50"), "套", INDUSTRY),
    valid_from=date(2026, 1, 1),
    valid_to=date(2026, 12, 31),
)
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a workbook with these rows below a title and a header."""

    def make(*rows: Sequence[object], header: Sequence[object] = HEADER) -> Path:
        path = tmp_path / "products.xlsx"
        with xlsxwriter.Workbook(path) as book:
            day = book.add_format({"num_format": "yyyy-mm-dd"})
            sheet = book.add_worksheet("产品")
            sheet.write(0, 0, "小快轻准产品目录")
            for number, row in enumerate((header, *rows), start=1):
                for place, cell in enumerate(row):
                    if isinstance(cell, date):
                        sheet.write_datetime(number, place, cell, day)
                    else:
                        sheet.write(number, place, cell)
        return path

    return make


def row(**changes: object) -> list[object]:
    """A row without fault, some cells of it changed; by our own fields."""
    fields = ("no", "code", "name", "kind", "price", "reference", "unit", "industry", "valid_from", "valid_to", "phone")
    said: dict[str, object] = dict(zip(fields, ROW, strict=True))
    return list((said | changes).values())


@pytest.mark.parametrize(
    ("changes", "meant"),
    [
        ({}, {}),
        ({"price": "1.2万元", "reference": "１．５万"}, {"reference": Money.yuan(15000)}),
        ({"price": "￥12000"}, None),
        ({"code": "Ｐ-1 ", "name": " 制造执行系统"}, {}),
        ({"kind": "云服务"}, {"kind": "cloud"}),
        ({"kind": "software"}, {}),
        ({"industry": ""}, {"industry": ""}),
        ({"valid_from": date(2026, 1, 1), "valid_to": "2026/12/31"}, {}),
        ({"price": 0}, {"price": Money(0)}),
    ],
)
def test_a_row_is_read_as_it_was_meant(write: Write, changes: dict[str, object], meant: dict[str, Any] | None) -> None:
    path = write(row(**changes), ["合计", "", "", "", 12000], [])
    if meant is None:
        with pytest.raises(ProductsRefused):
            products.read(path, PACK)
        return
    assert products.read(path, PACK).products == (replace(MES, **meant),)


def test_a_column_in_wan_is_read_in_wan(write: Write) -> None:
    header = [str(title).replace("报价（元）", "报价（万元）") for title in HEADER]
    (product,) = products.read(write(row(price=1.2), header=header), PACK).products
    assert (product.price, product.reference) == (Money.yuan(12000), MES.reference)


BAD: Final[list[tuple[dict[str, object], str, str]]] = [
    ({"price": "面议"}, "报价", "product_cell_must_be_readable"),
    ({"price": 1.005}, "报价", "product_cell_must_be_readable"),
    ({"price": "-1"}, "报价", "product_cell_must_be_readable"),
    ({"reference": 0}, "", "product_must_have_its_prices"),
    ({"kind": "家具"}, "支出类别", "product_cell_must_be_readable"),
    ({"valid_to": "2026-02-30"}, "有效期止", "product_cell_must_be_readable"),
    ({"valid_to": "2025-12-31"}, "", "product_must_be_valid_for_a_time"),
    ({"industry": "养殖"}, "适用行业", "product_must_suit_a_pilot_industry"),
    ({"unit": ""}, "", "product_must_be_described"),
    ({"code": ""}, "", "product_must_be_described"),
    ({"code": "P-0"}, "", "product_must_stand_once_in_a_list"),
]


@pytest.mark.parametrize(("changes", "column", "rule"), BAD)
def test_a_bad_row_is_refused_by_its_number_and_nothing_is_taken(
    write: Write, changes: dict[str, object], column: str, rule: str
) -> None:
    path = write(row(code="P-0"), row(code="P-2"), row(**changes))
    with pytest.raises(ProductsRefused) as refused:
        products.read(path, PACK)
    assert refused.value.refusal.rule == "product_list_must_be_without_fault"
    ((fault),) = refused.value.rows
    assert (fault.row, fault.column, fault.rule) == (5, column, rule), fault


def test_every_fault_of_every_row_is_named_at_once(write: Write) -> None:
    path = write(row(price="面议", kind="家具"), row(code="P-2", unit=""))
    with pytest.raises(ProductsRefused) as refused:
        products.read(path, PACK)
    assert [(fault.row, fault.column) for fault in refused.value.rows] == [(3, "支出类别"), (3, "报价"), (4, "")]


def test_what_is_no_list_says_so(write: Write, tmp_path: Path) -> None:
    text = tmp_path / "products.csv"
    text.write_text("产品编号,产品名称")
    for path, words in (
        (text, "不是 Excel 工作簿"),
        (write(header=["企业名称", "信用代码"]), "没有找到产品"),
        (write(), "没有找到产品"),
    ):
        with pytest.raises(ProductsRefused) as refused:
            products.read(path, PACK)
        assert words in refused.value.refusal.sentence
    with pytest.raises(ProductsRefused) as refused:
        products.read(write(row()[:8], header=HEADER[:8]), PACK)
    assert refused.value.rows[0].reason == "表头缺少列：有效期起、有效期止"


def test_a_pack_without_industries_asks_only_where_a_product_names_one(write: Write) -> None:
    silent = replace(PACK, values={})
    assert products.read(write(row(industry="")), silent).products[0].industry == ""
    with pytest.raises(OpenQuestion):
        products.read(write(row()), silent)


# --- the command line


@pytest.fixture
def shell(
    servers: Settings, database_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Shell:
    shell = Shell(capsys, monkeypatch)
    shell.at(pointed_at(servers, database_url))
    return shell


AT: Final = ("--city", "zibo")
BY: Final = ("--by", "zibo/clerk-1")


def test_a_list_is_taken_whole_and_again_only_where_it_says_something_new(
    shell: Shell, store: EventStore, write: Write
) -> None:
    def imported(path: Path) -> Any:
        told = shell.run("products", "import", str(path), *AT, *BY, "--json")
        assert told.status == 0, told
        return told.json

    def take(*rows: Sequence[object]) -> Any:
        return imported(write(*rows))

    both = write(row(), row(code="P-2"))
    first = imported(both)
    assert first["entered"] == 2
    position = store.last_position()
    assert imported(both) == first, "typed again, it is the same command"
    assert take(row(code="P-2"), row())["entered"] == 0, "another file that says the same"
    assert take(row(code="P-2"))["entered"] == 0
    assert store.last_position() == position
    assert take(row(price=13000), row(code="P-2"))["entered"] == 1
    assert take(row())["entered"] == 1, "back to what it was before is something new again"
    held = store.load(Catalogue, catalogue_id("zibo", PACK.programme))
    assert held.products["P-1"] == MES
    assert held.version == 4

    listed = shell.run("products", "list", *AT, "--json").json["products"]
    assert [(one["code"], one["price"], one["valid_to"]) for one in listed] == [
        ("P-1", "12000.00", "2026-12-31"),
        ("P-2", "12000.00", "2026-12-31"),
    ]
    assert "15,000.50" in shell.run("products", "list", *AT).out
    gone = shell.run("products", "withdraw", "P-2", *AT, *BY, "--reason", "停产", "--json")
    assert (gone.status, gone.json["events"]) == (0, ["product.withdrawn"])
    assert "P-2" not in shell.run("products", "list", *AT).out
    assert "是空的" in shell.run("products", "list", *AT, "--programme", f"{PACK.programme}-推演-nobody").out


def test_what_cannot_be_is_refused_and_writes_nothing(shell: Shell, store: EventStore, write: Write) -> None:
    before = store.last_position()
    bad = shell.run("products", "import", str(write(row(price="面议"))), *AT, *BY, "--json")
    assert (bad.status, bad.json["rule"]) == (3, "product_list_must_be_without_fault")
    assert [(one["row"], one["rule"]) for one in bad.json["rows"]] == [(3, "product_cell_must_be_readable")]
    on_paper = shell.run("products", "import", str(write(row(price="面议"))), *AT, *BY)
    assert "报价应为金额" in on_paper.err
    none = shell.run("products", "import", "nowhere.xlsx", *AT, *BY, "--json")
    assert (none.status, none.rule) == (2, "command_line_must_be_readable")
    stranger = shell.run("products", "import", str(write(row())), *AT, *BY, "--role", "企业", "--json")
    assert (stranger.status, stranger.rule) == (3, "role_must_be_allowed_to_do_this")
    unknown = shell.run("products", "withdraw", "P-9", *AT, *BY, "--reason", "x", "--json")
    assert (unknown.status, unknown.rule) == (3, "product_must_be_in_the_catalogue")
    assert store.last_position() == before
