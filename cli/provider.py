"""`lookback provider`: the pool of a city's providers: in, up, rated, warned, put right or out, and the appeal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Final

import typer

from cli import provider_told
from cli.deciding import UNNAMED, decide, home_of, named, say
from cli.fields import day
from cli.hands import By, Evidence, Of, Reason, person
from domain.identity import pool_id, provider_id, tidy
from domain.people import Person
from domain.provider.admission import AdmitProvider, ApplyProvider, MoveProvider
from domain.provider.appeal import AnswerProviderAppeal, AppealProviderDecision, TierOverfilled
from domain.provider.conduct import (
    ConfirmProviderRectification,
    OrderProviderRectification,
    RecordProviderFault,
    RemoveProvider,
    WarnProvider,
)
from domain.provider.consortium import JoinConsortium, LeaveConsortium
from domain.provider.file import Provider, ProviderCommand
from domain.provider.institution import AppointInstitution
from domain.provider.rating import RateProvider, RecordSatisfaction
from domain.words import zh
from policies import load
from settings import Settings

Words = Annotated[str, typer.Argument(metavar="PROVIDER", help="服务商的统一社会信用代码，或名称")]
City = Annotated[str, typer.Option("--city", help="城市代码，如 dalian")]
Programme = Annotated[str, typer.Option("--programme", help="项目；不写则为该市规则包的项目（推演则另成一项目）")]
AsRole = Annotated[str, typer.Option("--role", metavar="ROLE", help="以什么角色办理")]
Document = Annotated[str, typer.Option("--document", help="文号")]
Tier = Annotated[str, typer.Option("--tier", help="层级，用本市文件的叫法，如 资源池、集成服务商")]
Lead = Annotated[str, typer.Option("--lead", help="牵头服务商的信用代码或名称")]
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON")]

_HELP: Final = "服务商：入库、层级、联合体、评价、警告、整改、移出、申诉"


def register(app: typer.Typer) -> None:
    """Mount the commands under ``provider``."""
    rooms = typer.Typer(help=_HELP, no_args_is_help=True)
    for name, command in (
        *(("apply", apply), ("admit", admit), ("move", move), ("join", join), ("leave", leave)),
        *(("satisfaction", satisfaction), ("rate", rate), ("fault", fault), ("warn", warn), ("rectify", rectify)),
        *(("rectified", rectified), ("remove", remove), ("appeal", appeal), ("answer", answer)),
        *(("appoint", appoint), ("show", provider_told.show), ("list", provider_told.listed)),
    ):
        rooms.command(name)(command)
    app.add_typer(rooms, name="provider")


def apply(
    words: Words, city: City, name: Annotated[str, typer.Option("--name", help="名称，按营业执照")], by: By,
    industry: Annotated[list[str] | None, typer.Option("--industry", help="服务的细分行业，可写多次")] = None,
    role: AsRole = "provider", organisation: Of = "", reason: Reason = "", evidence: Evidence = None,
    programme: Programme = "", as_json: AsJson = False,
) -> None:  # fmt: skip
    """申请入库。"""
    organisation = organisation or tidy(words)
    _do(ApplyProvider, words, city, programme, (by, role, organisation), reason, evidence, as_json,
        name=name, industries=tuple(industry or ()))  # fmt: skip


def admit(
    words: Words, city: City, tier: Tier, document: Document, by: By, reason: Reason,
    role: AsRole = "bureau-head", organisation: Of = "", evidence: Evidence = None,
    programme: Programme = "", as_json: AsJson = False,
) -> None:  # fmt: skip
    """批准入库，进入一个层级。自第一家入库起，本市的方案与合同只能与库内服务商签订。"""
    _do(AdmitProvider, words, city, programme, (by, role, organisation), reason, evidence, as_json,
        tier=tier, document=document)  # fmt: skip


def move(
    words: Words, city: City, tier: Tier, document: Document, by: By, reason: Reason,
    role: AsRole = "bureau-head", organisation: Of = "", evidence: Evidence = None,
    programme: Programme = "", as_json: AsJson = False,
) -> None:  # fmt: skip
    """晋升或调整到另一层级。"""
    _do(MoveProvider, words, city, programme, (by, role, organisation), reason, evidence, as_json,
        tier=tier, document=document)  # fmt: skip


def join(
    words: Words, city: City, lead: Lead, document: Document, by: By,
    role: AsRole = "bureau-clerk", organisation: Of = "", reason: Reason = "", evidence: Evidence = None,
    programme: Programme = "", as_json: AsJson = False,
) -> None:  # fmt: skip
    """加入一家牵头服务商的联合体。"""
    _do(JoinConsortium, words, city, programme, (by, role, organisation), reason, evidence, as_json,
        lead=lead, document=document)  # fmt: skip


def leave(
    words: Words, city: City, lead: Lead, by: By, reason: Reason,
    role: AsRole = "bureau-clerk", organisation: Of = "", evidence: Evidence = None,
    programme: Programme = "", as_json: AsJson = False,
) -> None:  # fmt: skip
    """退出联合体。"""
    _do(LeaveConsortium, words, city, programme, (by, role, organisation), reason, evidence, as_json, lead=lead)


def satisfaction(
    words: Words, city: City, score: Annotated[int, typer.Option("--score", help="满意度，0 至 100 分")], by: By,
    organisation: Annotated[str, typer.Option("--org", metavar="ORG", help="企业的统一社会信用代码")],
    role: AsRole = "firm", reason: Reason = "", evidence: Evidence = None,
    programme: Programme = "", as_json: AsJson = False,
) -> None:  # fmt: skip
    """企业评价为其改造的服务商。"""
    _do(RecordSatisfaction, words, city, programme, (by, role, organisation), reason, evidence, as_json, score=score)


def rate(
    words: Words, city: City, by: By, role: AsRole = "bureau-clerk", organisation: Of = "", reason: Reason = "",
    evidence: Evidence = None, programme: Programme = "", as_json: AsJson = False,
) -> None:  # fmt: skip
    """按记录在案的满意度、成效和数量评价，逐步列明算法。权重由规则包给出；没有则退出码为 4。"""
    _do(RateProvider, words, city, programme, (by, role, organisation), reason, evidence, as_json)


def fault(
    words: Words, city: City, what: Annotated[str, typer.Option("--fault", help="发现的问题")], by: By,
    reason: Reason, role: AsRole = "bureau-clerk", organisation: Of = "", evidence: Evidence = None,
    programme: Programme = "", as_json: AsJson = False,
) -> None:  # fmt: skip
    """登记发现的问题。发现问题的人不参与其后的处理决定。"""
    _do(RecordProviderFault, words, city, programme, (by, role, organisation), reason, evidence, as_json, fault=what)


def warn(
    words: Words, city: City, document: Document, by: By, reason: Reason,
    role: AsRole = "bureau-head", organisation: Of = "", evidence: Evidence = None,
    programme: Programme = "", as_json: AsJson = False,
) -> None:  # fmt: skip
    """警告。"""
    _do(WarnProvider, words, city, programme, (by, role, organisation), reason, evidence, as_json, document=document)


def rectify(
    words: Words, city: City, document: Document, by: By, reason: Reason,
    item: Annotated[list[str], typer.Option("--item", help="整改事项，可写多次")],
    due: Annotated[str, typer.Option("--due", help="整改期限（含当日），如 2026-06-30")],
    suspend: Annotated[bool, typer.Option("--suspend/--no-suspend", help="整改期间是否暂停承接新项目")],
    role: AsRole = "bureau-head", organisation: Of = "", evidence: Evidence = None,
    programme: Programme = "", as_json: AsJson = False,
) -> None:  # fmt: skip
    """责令限期整改。"""
    _do(OrderProviderRectification, words, city, programme, (by, role, organisation), reason, evidence, as_json,
        items=tuple(item), due=day("--due", due), suspends=suspend, document=document)  # fmt: skip


def rectified(
    words: Words, city: City, opinion: Annotated[str, typer.Option("--opinion", help="复核意见")], by: By,
    reason: Reason, role: AsRole = "bureau-clerk", organisation: Of = "", evidence: Evidence = None,
    programme: Programme = "", as_json: AsJson = False,
) -> None:  # fmt: skip
    """确认整改到位，恢复在库。"""
    _do(ConfirmProviderRectification, words, city, programme, (by, role, organisation), reason, evidence, as_json,
        opinion=opinion)  # fmt: skip


def remove(
    words: Words, city: City, ground: Annotated[str, typer.Option("--ground", help="移出事由")],
    document: Document, by: By, reason: Reason, role: AsRole = "bureau-leader", organisation: Of = "",
    evidence: Evidence = None, programme: Programme = "", as_json: AsJson = False,
) -> None:  # fmt: skip
    """期满未整改到位的，移出资源池。在建项目不自动停止，逐项列出供盯办，并在各档案中记一条警示。"""
    _do(RemoveProvider, words, city, programme, (by, role, organisation), reason, evidence, as_json,
        ground=ground, document=document)  # fmt: skip
    if not as_json:
        provider_told.running(words, city, programme)


def appeal(
    words: Words, city: City, statement: Annotated[str, typer.Option("--statement", help="申诉内容")], by: By,
    organisation: Annotated[str, typer.Option("--org", metavar="ORG", help="服务商的信用代码或名称")],
    role: AsRole = "provider", reason: Reason = "", evidence: Evidence = None,
    programme: Programme = "", as_json: AsJson = False,
) -> None:  # fmt: skip
    """服务商申诉；对同一决定一次。申诉不停止决定的执行。"""
    _do(AppealProviderDecision, words, city, programme, (by, role, organisation), reason, evidence, as_json,
        statement=statement)  # fmt: skip


def answer(
    words: Words, city: City, upheld: Annotated[bool, typer.Option("--upheld/--dismissed", help="申诉是否成立")],
    text: Annotated[str, typer.Option("--answer", help="答复")], document: Document, by: By, reason: Reason,
    role: AsRole = "bureau-head", organisation: Of = "", evidence: Evidence = None,
    programme: Programme = "", as_json: AsJson = False,
) -> None:  # fmt: skip
    """答复申诉，由未参与原决定的人办理；成立的，恢复在库。"""
    _do(AnswerProviderAppeal, words, city, programme, (by, role, organisation), reason, evidence, as_json,
        upheld=upheld, answer=text, document=document)  # fmt: skip


def appoint(
    institution: Annotated[str, typer.Argument(metavar="INSTITUTION", help="机构名称")], city: City,
    post: Annotated[str, typer.Option("--post", help="业务：diagnosis supervision evaluation platform think-tank")],
    document: Document, by: By, role: AsRole = "bureau-head", organisation: Of = "", reason: Reason = "",
    evidence: Evidence = None, programme: Programme = "", as_json: AsJson = False,
) -> None:  # fmt: skip
    """登记承担全市业务的中标机构（平台、智库、监理、评测、诊断），供逐家核对独立性。"""
    settings, home, rehearsal, hand = _office(city, programme, (by, role, organisation))
    command = AppointInstitution(
        command_id=UNNAMED, by=hand, reason=reason, evidence=tuple(evidence or ()), rehearsal=rehearsal,
        city=city, programme=home, organisation=institution, post=post, document=document,
    )  # fmt: skip
    receipt = decide(settings, named(settings, command, pool_id(city, home)))
    say(receipt, {"organisation": institution, "post": post}, f"已登记：{institution}（{document}）。", as_json)


def _office(city: str, programme: str, by: tuple[str, str, str]) -> tuple[Settings, str, bool, Person]:
    settings = Settings.from_environment()
    pack = load.load(city, settings.overlays)
    identity, role, organisation = by
    home, rehearsal = home_of(pack, programme, settings.overlays)
    return settings, home, rehearsal, person(identity, role, organisation or pack.agency)


def _do(
    kind: type[ProviderCommand],
    words: str,
    city: str,
    programme: str,
    by: tuple[str, str, str],
    reason: str,
    evidence: list[str] | None,
    as_json: bool,
    **fields: Any,
) -> None:
    """One command about one provider, and how it stands thereafter."""
    from activities import alarms
    from activities.desk import Desk
    from activities.pool import code_of
    from cli.engine import record
    from policies.calendars import published

    settings, home, rehearsal, hand = _office(city, programme, by)
    if kind is ApplyProvider:
        fields["rehearsal"] = rehearsal
    with record(settings) as store:
        code = tidy(words) if kind is ApplyProvider else code_of(store, city, home, words)
    command = kind(
        command_id=UNNAMED,
        by=hand,
        reason=reason,
        evidence=tuple(evidence or ()),
        city=city,
        programme=home,
        credit_code=code,
        **fields,
    )
    stream = provider_id(city, home, code)
    receipt = decide(settings, named(settings, command, stream))
    with record(settings) as store:
        now = store.load(Provider, stream)
        if now.decision == receipt.command_id:
            alarms.spread(store, Desk(store, published()), datetime.now(UTC))
    said = {"credit_code": code, "programme": home, **provider_told.standing(now)}
    rated = "".join(f"\n  {step}" for step in now.rating.steps) if kind is RateProvider and now.rating else ""
    over = f"{zh(TierOverfilled.TOPIC)}。" if TierOverfilled.TOPIC in receipt.events else ""
    words = (
        f"已办理：{zh(command.kind)}。{now.name}（{code}），{zh(now.membership)}，层级 {now.tier or '未定'}。"
        f"{over}{rated}"
    )
    say(receipt, said, words, as_json)
