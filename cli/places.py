"""`lookback batch quota`: how many places a batch has, for whom, and who waits for the next."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from cli import tables
from cli.deciding import decide, named, say
from cli.fields import WrongField
from cli.hands import By, Of, Reason, person
from domain.batch import Batch, batch_must_have_been_opened
from domain.identity import batch_id, command_id, places_id
from domain.places import Applicant, Places, Quota, Willing
from domain.policy import Pack
from domain.programme import programme_of
from domain.quotas import ResetQuotas, SetQuotas, stated_by
from policies import load
from settings import Settings

if TYPE_CHECKING:
    from uuid import UUID

City = Annotated[str, typer.Option("--city", help="城市代码，如 dalian")]
Code = Annotated[str, typer.Option("--code", help="批次号，如 1")]
Quotas = Annotated[
    list[str],
    typer.Option("--quota", metavar="PART=N", help="名额，可写多次：全部=430、行业=148、行业/规上=137、区县/规下=5"),
]
Clause = Annotated[str, typer.Option("--clause", help="名额所依据的条款")]
Document = Annotated[str, typer.Option("--document", help="文号")]
Programme = Annotated[str, typer.Option("--programme", help="项目；不写则为该市规则包的项目（推演则另成一项目）")]
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON")]
AsHead = Annotated[str, typer.Option("--role", metavar="ROLE", help="以什么角色办理")]


def mount(batches: typer.Typer) -> None:
    """Mount the commands under ``batch quota``."""
    quotas = typer.Typer(help="名额：下达、调整、使用情况和候补次序", no_args_is_help=True)
    quotas.command("set")(set_quotas)
    quotas.command("reset")(reset_quotas)
    quotas.command("show")(show)
    batches.add_typer(quotas, name="quota")


def set_quotas(
    city: City,
    code: Code,
    document: Document,
    by: By,
    quota: Annotated[
        list[str] | None,
        typer.Option("--quota", metavar="PART=N", help="名额，写法同 reset；不写则按规则包所列名额下达"),
    ] = None,
    role: AsHead = "bureau-head",
    organisation: Of = "",
    clause: Clause = "",
    programme: Programme = "",
    as_json: AsJson = False,
) -> None:
    """下达一个批次的名额。不写 --quota 即按本批次规则包所列名额；没有下达名额的批次不限家数。"""
    settings = Settings.from_environment()
    pack = load.load(city, settings.overlays)
    batch = _batch(pack, code, programme, settings)
    numbers = _quotas(quota, clause, pack) if quota else _stated(settings, batch)
    command = SetQuotas(
        command_id=command_id("unnamed"),
        by=person(by, role, organisation or pack.agency),
        batch=batch,
        quotas=numbers,
        document=document,
    )
    say(
        decide(settings, named(settings, command, places_id(command.batch))),
        _plain(numbers),
        f"批次 {code} 名额已下达：{_words(numbers)}。",
        as_json,
    )


def reset_quotas(
    city: City,
    code: Code,
    quota: Quotas,
    document: Document,
    by: By,
    reason: Reason = "",
    role: AsHead = "bureau-head",
    organisation: Of = "",
    willing: Annotated[
        list[str] | None, typer.Option("--willing", metavar="PART=N", help="有意愿的企业家数，写法同名额，可写多次")
    ] = None,
    last: Annotated[str, typer.Option("--last", help="参照哪个批次的名额使用情况")] = "",
    clause: Clause = "",
    programme: Programme = "",
    as_json: AsJson = False,
) -> None:
    """调整一个批次的名额：全部名额重新写明，连同依据（意愿、上批次使用情况）和理由一并记录。"""
    settings = Settings.from_environment()
    pack = load.load(city, settings.overlays)
    numbers = _quotas(quota, clause, pack)
    command = ResetQuotas(
        command_id=command_id("unnamed"),
        by=person(by, role, organisation or pack.agency),
        reason=reason,
        batch=_batch(pack, code, programme, settings),
        quotas=numbers,
        document=document,
        willing=tuple(
            Willing(firms, *part) for part, firms in (_part(word, "--willing", pack) for word in willing or ())
        ),
        last=_batch(pack, last, programme, settings) if last else None,
    )
    say(
        decide(settings, named(settings, command, places_id(command.batch))),
        _plain(numbers),
        f"批次 {code} 名额已调整：{_words(numbers)}。",
        as_json,
    )


def show(city: City, code: Code, programme: Programme = "", as_json: AsJson = False) -> None:
    """名额的使用情况、候补次序，和空出的名额该由谁递补。"""
    from cli.engine import record

    settings = Settings.from_environment()
    pack = load.load(city, settings.overlays)
    batch = _batch(pack, code, programme, settings)
    with record(settings) as store:
        batch_must_have_been_opened(store.load(Batch, batch))
        places = store.load(Places, places_id(batch))
    stated = () if places.quotas else _stated(settings, batch)
    rows = [(quota, places.used(quota)) for quota in places.quotas]
    line, next_one = list(places.waiting.values()), places.next_in_line()
    if as_json:
        said: dict[str, Any] = {
            "quotas": [{"part": quota.words, "places": quota.places, "used": used} for quota, used in rows],
            "taken": len(places.taken),
            "waiting": [firm.credit_code for firm in line],
            "next": next_one.credit_code if next_one else "",
        }
        if stated:
            said["stated"] = [{"part": quota.words, "places": quota.places, "clause": quota.clause} for quota in stated]
        typer.echo(json.dumps(said, ensure_ascii=False))
        return
    if rows:
        lines = (
            (quota.words, str(quota.places), str(used), str(quota.places - used), quota.clause) for quota, used in rows
        )
        tables.show(("范围", "名额（家）", "已用", "空余", "依据"), lines, numbers=("名额（家）", "已用", "空余"))
    else:
        typer.echo(f"批次 {code} 没有下达名额，不限家数；拟入选和试点企业 {len(places.taken)} 家。")
    if stated:
        typer.echo("规则包所列名额（下达时不写 --quota 即按此）：")
        tables.show(
            ("范围", "名额（家）", "依据"),
            ((quota.words, str(quota.places), quota.clause) for quota in stated),
            numbers=("名额（家）",),
        )
    for place, firm in enumerate(line, start=1):
        typer.echo(f"候补第 {place}：{_firm(firm)}")
    if next_one is not None:
        typer.echo(f"有空余名额，应由 {_firm(next_one)} 递补。")


def _firm(firm: Applicant) -> str:
    return f"{firm.firm}（{firm.credit_code}，{firm.county}，{firm.industry}）"


def _batch(pack: Pack, code: str, programme: str, settings: Settings) -> UUID:
    return batch_id(pack.city, programme or programme_of(pack, rehearsal=bool(settings.overlays)), code)


def _stated(settings: Settings, batch: UUID) -> tuple[Quota, ...]:
    """What the rules that the batch pinned give out; nothing where there is no batch or the sources are silent."""
    from activities.rules import pinned
    from cli.engine import record

    with record(settings) as store:
        held = store.load(Batch, batch)
    return () if held.is_new else stated_by(pinned(held))


def _quotas(words: Iterable[str], clause: str, pack: Pack) -> tuple[Quota, ...]:
    read = (_part(word, "--quota", pack) for word in words)
    return tuple(Quota(places, *part, clause=clause) for part, places in read)


def _part(word: str, option: str, pack: Pack) -> tuple[tuple[str, str, Literal["", "above", "below"]], int]:
    """What a number is for, and the number. Raises WrongField."""
    part, _, number = word.replace("＝", "=").rpartition("=")
    if not part or not number.strip().isdecimal():
        raise WrongField(f"{option} 应写作 行业/规上=137 的样子，收到“{word}”")
    industry = county = ""
    scale: Literal["", "above", "below"] = ""
    for one in (one.strip() for one in part.split("/")):
        if one in pack.list("selection.industries") and not industry:
            industry = one
        elif one in pack.list("selection.counties") and not county:
            county = one
        elif one in ("规上", "规下") and not scale:
            scale = "above" if one == "规上" else "below"
        elif one != "全部":
            known = "、".join(
                (*pack.list("selection.industries"), *pack.list("selection.counties"), "规上", "规下", "全部")
            )
            raise WrongField(f"{option}：“{one}”不是本市的行业、区县或口径，或写了两遍；可写：{known}")
    return (industry, county, scale), int(number)


def _plain(quotas: Iterable[Quota]) -> dict[str, Any]:
    return {"quotas": {quota.words: quota.places for quota in quotas}}


def _words(quotas: Iterable[Quota]) -> str:
    return "，".join(f"{quota.words} {quota.places} 家" for quota in quotas)
