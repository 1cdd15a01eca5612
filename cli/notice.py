"""`lookback notice`: put a list before the public, prove it unchanged, hear objections, and let it count."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from activities.notices import quotas_since
from cli import tables
from cli.deciding import decide, named_by_all_it_says, say
from cli.fields import WrongField
from cli.hands import By, Evidence, Of, Reason, person
from cli.notice_said import FIELDS, changed, found, sentence, told
from cli.office import AsJson, City, Programme
from domain.calendar import CHINA, china_day
from domain.commands import Command, Receipt
from domain.identity import batch_id, command_id
from domain.notice.file import Notice
from domain.notice.keeping import CheckNotice, CompleteNotice, snapshot_must_match_its_hash
from domain.notice.objections import AnswerNoticeObjection, ObjectToNotice
from domain.notice.publish import PublishNotice, ReissueNotice
from domain.notice.snapshot import Row, Subject, hash_of, row_lines
from domain.people import Person
from domain.words import NOTICE_SUBJECTS, zh
from exchange import notice_page, notice_rows
from policies import load
from settings import Settings

Which = Annotated[str, typer.Argument(metavar="ID", help="公示编号（可只写前几位）或文号")]
Rows = Annotated[
    Path | None,
    typer.Option("--rows", metavar="FILE", help="公示表（.xlsx、.xls 或 .csv）；申报文件由批次得出，不附公示表"),
]
Document = Annotated[str, typer.Option("--document", help="公示文号")]
Phone = Annotated[str, typer.Option("--phone", help="监督电话：单位固定电话，如 0411-83610000")]
DecidedBy = Annotated[
    list[str] | None,
    typer.Option("--decided-by", metavar="ID", help="由谁决定的（办理人编号，可写多次）；档案里有的不必写"),
]
AsRole = Annotated[str, typer.Option("--role", metavar="ROLE", help="以什么角色办理，如 bureau-clerk 或 市局经办")]
_SUBJECTS: Final = "公示事项：" + "、".join(f"{code} {title}" for code, title in NOTICE_SUBJECTS.items())
_CLERK: Final = "bureau-clerk"
_HEAD: Final = "bureau-head"


def register(app: typer.Typer) -> None:
    """Mount the commands under ``notice``."""
    notices = typer.Typer(help="公示：发布、查看、核验、异议、重新公示、期满办结", no_args_is_help=True)
    notices.command("publish")(publish)
    notices.command("show")(show)
    notices.command("page")(page)
    notices.command("check")(check)
    notices.command("object")(object_)
    notices.command("answer")(answer)
    notices.command("reissue")(reissue)
    notices.command("complete")(complete)
    app.add_typer(notices, name="notice")


def publish(
    city: City,
    subject: Annotated[
        Subject, typer.Option("--subject", help="、".join(f"{k} {v}" for k, v in NOTICE_SUBJECTS.items()))
    ],
    document: Document,
    phone: Phone,
    by: By,
    rows: Rows = None,
    decided_by: DecidedBy = None,
    batch: Annotated[str, typer.Option("--batch", help="批次号：按该批次固定的规则；不写则按该市今日的规则")] = "",
    role: AsRole = _CLERK,
    organisation: Of = "",
    reason: Reason = "",
    evidence: Evidence = None,
    overlay: Annotated[list[str] | None, typer.Option("--overlay", help="叠加的假设包，只用于推演")] = None,
    programme: Programme = "",
    as_json: AsJson = False,
) -> None:
    """发布公示：内容即日固定并取哈希，期限按规则起算；规则没有写明公示多少日的，退出码为 4。"""
    from domain.programme import programme_of

    settings = Settings.from_environment()
    overlays = tuple(overlay or settings.overlays)
    pack = load.load(city, overlays)
    programme = programme or programme_of(pack, rehearsal=bool(overlays))
    command = PublishNotice(
        command_id=command_id("unnamed"),
        by=person(by, role, organisation or pack.agency),
        reason=reason,
        evidence=tuple(evidence or ()),
        city=city,
        programme=programme,
        subject=subject,
        document=document.strip(),
        complaint_phone=phone.strip(),
        rows=_rows(rows, subject),
        decided_by=tuple(decided_by or ()),
        batch=batch_id(city, programme, batch) if batch else None,
        rehearsal=bool(overlays),
    )
    receipt = decide(settings, replace(command, command_id=named_by_all_it_says(command)))
    _say_standing(settings, receipt, as_json)


def reissue(
    notice: Which,
    document: Document,
    phone: Phone,
    by: By,
    reason: Annotated[str, typer.Option("--reason", help="为何重新公示")],
    rows: Rows = None,
    decided_by: DecidedBy = None,
    role: AsRole = _CLERK,
    organisation: Of = "",
    evidence: Evidence = None,
    as_json: AsJson = False,
) -> None:
    """重新公示：名单有变时另发公示，写明替代哪个、为何替代；原公示关闭，公示期重新起算。"""
    settings = Settings.from_environment()
    with found(settings, notice) as (_, old):
        command = ReissueNotice(
            command_id=command_id("unnamed"),
            by=_hand(by, role, organisation, old),
            reason=reason,
            evidence=tuple(evidence or ()),
            notice=old.id,
            document=document.strip(),
            complaint_phone=phone.strip(),
            rows=_rows(rows, old.shown.subject),
            decided_by=tuple(decided_by or ()),
        )
    receipt = decide(settings, replace(command, command_id=named_by_all_it_says(command)))
    _say_standing(settings, receipt, as_json)


def show(notice: Which, as_json: AsJson = False) -> None:
    """查看公示：现状、公示期、核验、异议、哈希和全部内容。"""
    with found(Settings.from_environment(), notice) as (store, file):
        said, since = told(file), quotas_since(store, file)
        if as_json:
            history = [
                {"topic": fact.TOPIC, "at": fact.timestamp.isoformat(), "by": fact.by.id, "reason": fact.reason}
                for fact in store.facts(file.id)
            ]
            rows = [dict(zip(FIELDS, line, strict=True)) for line in row_lines(file.shown)[1:]]
            said |= {"rows": rows, "quotas_since": changed(since), "history": history}
            typer.echo(json.dumps(said, ensure_ascii=False))
            return
        typer.echo(sentence(file))
        for change in since:
            typer.echo(f"{change.words}。")
        typer.echo(f"内容哈希（SHA-256）：{file.sha256}")
        for one in file.open_objections.values():
            typer.echo(f"待答复的第 {one.number} 号异议：{one.objector}：{one.matter}")
        headings, *lines = row_lines(file.shown)
        tables.show(headings, lines, numbers=("序号", "金额（元）"))
        tables.show(
            ("时间", "事项", "办理人", "理由"),
            (
                (f"{fact.timestamp.astimezone(CHINA):%Y-%m-%d %H:%M}", zh(fact.TOPIC), fact.by.id, fact.reason)
                for fact in store.facts(file.id)
            ),
        )


def page(notice: Which) -> None:
    """公示页：可直接放到网站或打印的单个网页，写到标准输出。"""
    with found(Settings.from_environment(), notice) as (store, file):
        snapshot_must_match_its_hash(file)
        typer.echo(notice_page.page(file, quotas_since(store, file)), nl=False)


def check(
    notice: Which,
    by: By,
    hash_: Annotated[str, typer.Option("--hash", metavar="H", help="公示页面内容的 SHA-256")] = "",
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="从公示页面另存的网页，由系统取哈希")
    ] = None,
    address: Annotated[str, typer.Option("--address", help="公示页面的地址")] = "",
    role: AsRole = _CLERK,
    organisation: Of = "",
    reason: Reason = "",
    as_json: AsJson = False,
) -> None:
    """核验：记下今日公示页面的哈希，每日一次。与发布时不同即记为告警，退出码为 3，此公示不能再办结。"""
    if bool(hash_) == (file is not None):
        raise WrongField("--hash 和 --file 须写且只写一个")
    settings = Settings.from_environment()
    with found(settings, notice) as (_, one):
        command = CheckNotice(
            command_id=command_id("unnamed"),
            by=_hand(by, role, organisation, one),
            reason=reason,
            notice=one.id,
            sha256=hash_.strip().lower() if file is None else _hash_of(file),
            address=address,
        )
    today = china_day(datetime.now(UTC)).isoformat()  # the same page seen again on another day is another proof
    receipt = decide(settings, replace(command, command_id=named_by_all_it_says(command, today)))
    _say_standing(settings, receipt, as_json)
    if "notice.altered" in receipt.events:
        raise typer.Exit(3)


def object_(
    notice: Which,
    objector: Annotated[str, typer.Option("--objector", help="异议人：单位写全称，个人写实名登记编号，不写姓名")],
    matter: Annotated[str, typer.Option("--matter", help="异议事项")],
    by: By,
    about: Annotated[str, typer.Option("--about", metavar="CODE", help="针对哪家企业（统一社会信用代码）")] = "",
    suspend: Annotated[
        bool | None, typer.Option("--suspend/--no-suspend", help="规则没有写明时，由市局决定公示期是否中止")
    ] = None,
    role: AsRole = _CLERK,
    organisation: Of = "",
    reason: Reason = "",
    evidence: Evidence = None,
    as_json: AsJson = False,
) -> None:
    """登记异议：须实名、在公示期内。答复前公示不能办结；中止的，答复后从次日起接着计算。"""
    settings = Settings.from_environment()
    with found(settings, notice) as (_, one):
        command = ObjectToNotice(
            command_id=command_id("unnamed"),
            by=_hand(by, role, organisation, one),
            reason=reason,
            evidence=tuple(evidence or ()),
            notice=one.id,
            objector=objector.strip(),
            matter=matter,
            about=about.strip().upper(),
            suspend=suspend,
        )
    _done(settings, command, as_json)


def answer(
    notice: Which,
    number: Annotated[int, typer.Option("--number", min=1, help="第几号异议")],
    upheld: Annotated[bool, typer.Option("--upheld/--dismissed", help="异议成立，或不成立")],
    answer: Annotated[str, typer.Option("--answer", help="答复")],
    by: By,
    role: AsRole = _HEAD,
    organisation: Of = "",
    reason: Reason = "",
    evidence: Evidence = None,
    as_json: AsJson = False,
) -> None:
    """答复异议：由未参与名单决定、发布和登记的人办理。成立的须重新公示。"""
    settings = Settings.from_environment()
    with found(settings, notice) as (_, one):
        command = AnswerNoticeObjection(
            command_id=command_id("unnamed"),
            by=_hand(by, role, organisation, one),
            reason=reason,
            evidence=tuple(evidence or ()),
            notice=one.id,
            number=number,
            upheld=upheld,
            answer=answer,
        )
    _done(settings, command, as_json)


def complete(
    notice: Which, by: By, role: AsRole = _HEAD, organisation: Of = "", reason: Reason = "", as_json: AsJson = False
) -> None:
    """期满办结：公示期已满、无未答复的异议、逐日核验一致，方可办结；此后名单才能确认。"""
    settings = Settings.from_environment()
    with found(settings, notice) as (_, one):
        command = CompleteNotice(
            command_id=command_id("unnamed"), by=_hand(by, role, organisation, one), reason=reason, notice=one.id
        )
    _done(settings, command, as_json)


def _rows(path: Path | None, subject: Subject) -> tuple[Row, ...]:
    if path is not None:
        return notice_rows.read(path)
    if subject is not Subject.CALL:
        raise WrongField("缺少 --rows：公示表（.xlsx、.xls 或 .csv）")
    return ()


def _hand(by: str, role: str, organisation: str, notice: Notice) -> Person:
    return person(by, role, organisation or notice.shown.agency)


def _done(settings: Settings, command: Command, as_json: bool) -> None:
    receipt = decide(settings, replace(command, command_id=named_by_all_it_says(command)))
    _say_standing(settings, receipt, as_json)


def _hash_of(file: Path) -> str:
    """The hash of what a saved page shows. Raises WrongField where it shows no notice: perhaps it is another file."""
    lines = notice_page.lines_in(file.read_text(encoding="utf-8", errors="replace"))
    if not lines:
        raise WrongField(f"{file} 里没有公示表。若公示页面确已改动或撤下，请用 --hash 如实写上所见页面的 SHA-256")
    return hash_of(lines)


def _say_standing(settings: Settings, receipt: Receipt, as_json: bool) -> None:
    with found(settings, str(receipt.subject)) as (_, file):
        words = "；".join(zh(topic) for topic in receipt.events)
        say(receipt, told(file), f"{words}。{sentence(file)}", as_json)
