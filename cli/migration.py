"""`lookback batch revise` and `adopt`: a batch's rules become others, and running cases move by recorded decisions.

A draft that becomes final, an open question that is answered: nothing moves silently. ``revise`` changes what new
applications are decided by; ``adopt`` shows for every open case of the batch what would change, and moves those named.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from cli import tables
from cli.deciding import decide
from cli.hands import By, Of, Reason, person
from cli.packs import everything
from domain.batch import Batch, ReviseBatchRules
from domain.case.adoption import AdoptRules
from domain.case.application import CaseOpened
from domain.case.file import CaseFile
from domain.identity import batch_id, command_id, tidy
from domain.people import Person
from domain.policy import KEYS, Pack
from domain.rejections import Rejection
from domain.words import zh
from policies import load, notation
from settings import Settings

if TYPE_CHECKING:
    from eventstore.store import EventStore

City = Annotated[str, typer.Option("--city", help="城市代码，如 dalian")]
Code = Annotated[str, typer.Option("--code", help="批次号，如 1")]
Programme = Annotated[str, typer.Option("--programme", help="项目；不写则为该市规则包的项目")]
Document = Annotated[str, typer.Option("--document", help="使新规则生效的文号")]
Role = Annotated[str, typer.Option("--role", metavar="ROLE", help="以什么角色办理")]
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON")]


def revise(
    city: City,
    code: Code,
    document: Document,
    by: By,
    role: Role = "bureau-head",
    organisation: Of = "",
    reason: Reason = "",
    overlay: Annotated[list[str] | None, typer.Option("--overlay", help="叠加的假设包，只用于推演")] = None,
    programme: Programme = "",
    as_json: AsJson = False,
) -> None:
    """修订批次规则：此后的申报按现行规则包办理；已申报的企业仍按原规则，须逐户改用（lookback batch adopt）。"""
    from cli.engine import record

    settings = Settings.from_environment()
    pack = load.load(city, tuple(overlay or settings.overlays))
    programme = programme or pack.programme
    text = load.canonical(pack)
    with record(settings) as store:
        pinned = store.load(Batch, batch_id(city, programme, code))
    # The same words said twice are one revision; said again after others were in force, they are another.
    before = pinned.version - (pinned.pinned_version == pack.version)
    command = ReviseBatchRules(
        command_id=command_id("revise-batch-rules", city, programme, code, pack.version, document, by, str(before)),
        by=person(by, role, organisation or pack.agency),
        reason=reason,
        city=city,
        programme=programme,
        code=code,
        pack_text=text,
        document=document,
    )
    receipt = decide(settings, command)
    said = {"pack_version": pack.version, "position": receipt.position}
    words = f"批次 {code}（{programme}）的规则已修订为版本 {pack.version[:12]}（{document}）。"
    unmoved = "已申报的企业不变，请用 lookback batch adopt 逐户改用。"
    typer.echo(json.dumps(said, ensure_ascii=False) if as_json else words + unmoved)


_MOVED, _STAYS = "已改用", "不变"


def adopt(
    city: City,
    code: Code,
    document: Document = "",
    by: Annotated[str, typer.Option("--by", metavar="PERSON", help="办理人编号")] = "",
    role: Role = "bureau-head",
    organisation: Of = "",
    reason: Reason = "",
    firm: Annotated[list[str] | None, typer.Option("--firm", help="改用新规则的企业（信用代码），可写多次")] = None,
    every: Annotated[bool, typer.Option("--all", help="批次内未结束的企业全部改用")] = False,
    programme: Programme = "",
    as_json: AsJson = False,
) -> None:
    """逐户改用批次的新规则。不写 --firm 和 --all 时只列出会有哪些变化、涉及哪些企业，不作任何改动。

    已办的事按当时的规则，进行中的期限不变；只有以后的步骤按新规则办理。
    """
    from cli.engine import record

    settings = Settings.from_environment()
    pack = load.load(city, settings.overlays)
    batch = batch_id(city, programme or pack.programme, code)
    wanted = {tidy(one) for one in firm or ()}
    hand = person(by, role, organisation or pack.agency) if wanted or every else None
    with record(settings) as store:
        pinned = store.load(Batch, batch)
        if pinned.is_new:
            raise Rejection("batch_must_have_been_opened", f"没有批次“{code}”")
        cases = _behind(store, pinned)
        changes = _changes(pinned, cases)
        strangers = sorted(wanted - {case.credit_code for case in cases})
        if strangers:
            raise Rejection("firm_must_be_of_the_batch", f"不在本批次未改用的企业中：{'、'.join(strangers)}")
        told = []
        for case in cases:
            goes = every or case.credit_code in wanted
            outcome = _adopted(settings, store, pinned, case, hand, document, reason) if hand and goes else _STAYS
            told.append((case, outcome))
    _tell(told, changes, pinned, as_json=as_json)
    if any(outcome not in (_MOVED, _STAYS) for _, outcome in told):
        raise typer.Exit(3)


def _behind(store: EventStore, batch: Batch) -> list[CaseFile]:
    """The open cases of the batch that have not taken up its latest rules, as they stand before any of them does."""
    files = (store.load(CaseFile, case) for case in store.streams_opened_by(CaseOpened.TOPIC))
    return [
        file for file in files if file.batch == batch.id and file.is_open and file.rules_version != batch.pinned_version
    ]


def _changes(batch: Batch, cases: Iterable[CaseFile]) -> dict[str, tuple[str, ...]]:
    """By the version that cases still have: what the latest says differently, in words."""
    from activities.rules import pinned

    latest = pinned(batch)
    held = dict.fromkeys(case.rules_version for case in cases)
    return {version: differences(pinned(batch, version), latest) for version in held}


def differences(before: Pack, after: Pack) -> tuple[str, ...]:
    """What two texts of a city's rules say differently, value by value and row by row, in words.

    Where the value is the same and only what it rests on differs, that is told.
    """
    held, rested = everything(before), everything(after)
    told = []
    for key in dict.fromkeys([*KEYS, *held, *rested]):
        if held.get(key) == rested.get(key):
            continue
        named = f"{KEYS[key].question}（{key}）" if key in KEYS else key
        words = [_said(before, key), _said(after, key)] if key in KEYS else [_row(held, key), _row(rested, key)]
        if words[0] == words[1]:
            words = [_row(held, key), _row(rested, key)]
        told.append(f"{named}：{words[0]} → {words[1]}")
    return tuple(told)


def _said(pack: Pack, key: str) -> str:
    held = [
        notation.say(KEYS[key], cited) + (f"（自 {cited.since} 起）" if cited.since else "")
        for cited in pack.values.get(key, ())
    ]
    return "；".join(held) or ("待定" if KEYS[key].asked else "无")


def _row(held: Mapping[str, tuple[object, str]], key: str) -> str:
    return "，".join(held[key][1].split("\n")) if key in held else "无"


def _settled(case: CaseFile) -> str:
    """What of a case's money other rules no longer change; empty where nothing is worked out yet."""
    if case.entitlement is None:
        return ""
    return f"补贴已核定 {case.entitlement.amount.grouped()} 元，不因改用规则而变"


def _adopted(
    settings: Settings, store: EventStore, batch: Batch, case: CaseFile, by: Person, document: str, reason: str
) -> str:
    from cli.give import give

    version = batch.pinned_version
    command = AdoptRules(
        command_id=command_id("adopt-rules", str(case.id), str(case.version), version, document),
        by=by,
        reason=reason,
        case=case.id,
        version=version,
        document=document,
    )
    try:
        give(settings, store, command, signal=False)
    except Rejection as no:
        return no.refusal.sentence
    return _MOVED


def _tell(
    told: list[tuple[CaseFile, str]], changes: Mapping[str, tuple[str, ...]], batch: Batch, *, as_json: bool
) -> None:
    if as_json:
        cases = [
            {
                "credit_code": case.credit_code,
                "firm": case.firm,
                "stage": case.stage,
                "from": case.rules_version,
                "outcome": outcome,
                "settled": _settled(case),
            }
            for case, outcome in told
        ]
        said = {"version": batch.pinned_version, "changes": changes, "cases": cases}
        typer.echo(json.dumps(said, ensure_ascii=False))
        return
    for version, words in changes.items():
        typer.echo(f"版本 {version[:12]} 改用版本 {batch.pinned_version[:12]}，以后的步骤有 {len(words)} 处变化：")
        for change in words:
            typer.echo(f"  {change}")
        rows = [
            (case.firm, zh(case.stage), outcome, _settled(case))
            for case, outcome in told
            if case.rules_version == version
        ]
        tables.show(("企业", "阶段", "结果", "已核定的"), rows, lined=True)
    if not told:
        typer.echo(f"批次 {batch.code} 中未结束的企业都已按版本 {batch.pinned_version[:12]} 办理。")
