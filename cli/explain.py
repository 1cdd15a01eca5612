"""`lookback case show` and `lookback explain`: where a firm stands, and why, told from its events alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.fields import WrongField
from cli.notice_said import sentence
from cli.notice_said import told as notice_told
from console.saying import Said, city_name, level, period, said
from domain.calendar import CHINA
from domain.case.file import CaseFile
from domain.case.level import LevelFell, level_fell
from domain.policy import KEYS
from domain.words import PROVIDER_ALARMS, zh
from policies.notation import say
from settings import Settings

if TYPE_CHECKING:
    from activities.explain import Account
    from activities.payout_queue import InQueue
    from eventstore.store import EventStore

AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON")]
Case = Annotated[str, typer.Argument(metavar="CASE", help="信用代码、档案编号，或企业名称的一部分")]

STATES: Final[Mapping[str, str]] = {
    "stage": "阶段",
    "qualification": "资格",
    "works": "项目实施",
    "acceptance": "评测验收",
    "subsidy": "资金",
    "inspection": "抽查",
    "recovery": "追缴",
}
_SEVERAL: Final = 20


def one_case(settings: Settings, store: EventStore, words: str) -> CaseFile:
    """The case that is meant. Raises Rejection where there is none, WrongField naming all where there are several."""
    from activities import find

    found = find.cases(store, words, rehearsal=bool(settings.overlays))
    if len(found) > 1:
        names = "".join(
            f"\n  {case.credit_code}  {case.firm}（{case.city}，{case.programme}）  {case.id}"
            for case in found[:_SEVERAL]
        )
        more = f"\n  …共 {len(found)} 份" if len(found) > _SEVERAL else ""
        raise WrongField(f"“{words}”与 {len(found)} 份档案相符，请写明是哪一份：{names}{more}")
    return found[0]


def show(words: Case, as_json: AsJson = False) -> None:
    """一份档案的现状：身份、阶段、六项状态、资金、正在计时的期限。"""
    told = _account(words)
    if as_json:
        typer.echo(json.dumps(_standing(told), ensure_ascii=False, indent=2, default=str))
        return
    for line in (*_head(told), *_money(told), *_deadlines(told)):
        typer.echo(line)
    last = told.story[-1]
    typer.echo(f"最近一件：{last.at.astimezone(CHINA):%Y-%m-%d} {zh(last.topic)}。为什么：lookback explain {words}")


def explain(words: Case, as_json: AsJson = False) -> None:
    """这家企业为什么在这里：每件事、谁办的、依据哪一条，补贴怎么算出，接下来谁能办什么。"""
    told = _account(words)
    if as_json:
        typer.echo(json.dumps(_everything(told), ensure_ascii=False, indent=2, default=str))
        return
    parts = (_head, _story, _working, _notices, _deadlines, _steps, _questions, _assumptions)
    for part in parts:
        for line in part(told):
            typer.echo(line)


def _account(words: str) -> Account:
    from activities.desk import Desk
    from activities.explain import account
    from cli.engine import record
    from policies.calendars import published

    settings = Settings.from_environment()
    with record(settings) as store:
        case = one_case(settings, store, words)
        return account(store, Desk(store, published()), case.id, datetime.now(UTC))


# --- for people


def _head(told: Account) -> Iterator[str]:
    case = told.case
    yield f"{case.firm}（{case.credit_code}）"
    place = f"{city_name(case.city)} · {case.county} · {case.industry}"
    batch = f"批次 {case.batch_code}" if case.batch_code else "尚未申报"
    yield f"{place} · 项目 {case.programme} · {batch}{' · 推演' * case.rehearsal}"
    yield f"档案编号 {case.id}，已记 {case.version} 个事件，规则版本 {told.pack.version[:12]}"
    yield "；".join(f"{title}：{zh(getattr(case, name))}" for name, title in STATES.items())
    if told.line is not None:
        yield told.line.words
    if told.queue is not None:
        yield told.queue.words
    if case.provider_alarm and case.is_open:
        yield f"警示：{PROVIDER_ALARMS[case.provider_alarm]}"
    if case.grade is not None:
        before = level(case.baseline.level) if case.baseline else "未诊断"
        yield f"数字化水平：改造前 {before}，评测 {level(case.grade.level)}"
    if level_fell(case) and case.is_open:
        yield f"{zh(LevelFell.TOPIC)}，请验收人员核实"


def _money(told: Account) -> Iterator[str]:
    case = told.case
    if case.entitlement is not None:
        frozen = "（已冻结）" if case.frozen else ""
        yield f"核定补贴 {case.entitlement.amount.grouped()} 元{frozen}，已拨付 {case.paid.grouped()} 元"
    if case.to_recover.fen:
        yield f"应追缴 {case.to_recover.grouped()} 元，已退 {case.refunded.grouped()} 元"


def _story(told: Account) -> Iterator[str]:
    yield f"\n经过（{len(told.story)} 件）："
    for one in told.story:
        yield f"  {one.at.astimezone(CHINA):%Y-%m-%d %H:%M} {zh(one.topic)}"
        yield f"      {zh(one.by.role)} {one.by.id}（{one.by.organisation}）" + (
            f"，理由：{one.reason}" if one.reason else ""
        )
        for field in said(one.said):
            yield from (f"      {line}" for line in _field(field))
        if one.evidence:
            yield f"      材料：{'、'.join(one.evidence)}"
        if one.clauses:
            yield f"      依据：{'；'.join(dict.fromkeys(one.clauses))}"


def _field(field: Said) -> Iterator[str]:
    yield f"{field.label}：{field.text or '、'.join(field.items)}"
    if field.text:
        yield from (f"  {item}" for item in field.items)
    for table in field.tables:
        yield from (f"  {' | '.join(row)}" for row in (table.headings, *table.rows))


def _working(told: Account) -> Iterator[str]:
    working = told.working
    if working is None:
        return
    agrees = "两者一致" if working.agrees else "两者不一致，请核查"
    recorded, again = working.recorded.amount.grouped(), working.again.amount.grouped()
    yield f"\n核定补贴：记录为 {recorded} 元；按 {working.on} 的规则重新计算为 {again} 元，{agrees}。"
    yield from (f"  {step}" for step in working.again.steps)


def _notices(told: Account) -> Iterator[str]:
    if told.notices:
        yield f"\n列入的公示（{len(told.notices)} 个）："
    for one in told.notices:
        yield f"  {sentence(one)}"


def _deadlines(told: Account) -> Iterator[str]:
    if told.waiting:
        yield "\n正在计时的期限："
    for one in told.waiting:
        held = one.deadline
        marks = "（暂定）" * held.provisional + "（已届满）" * held.passed
        yield f"  {period(held.name)}：由{zh(held.role)}办理，{held.set_on} 起，截止 {held.due}{marks}。{one.follows}。"
        if held.clause:
            yield f"      依据：{held.clause}"


def _steps(told: Account) -> Iterator[str]:
    free = [step for step in told.steps if step.obstacle is None]
    if free:
        yield "\n接下来可以办理（是否办成还要看所填内容和办理人）："
    for step in free:
        yield f"  {zh(step.kind)}（{step.kind}）：{'、'.join(map(zh, step.roles))}"
    hindered = [step for step in told.steps if step.obstacle is not None]
    if hindered:
        yield "\n轮到但还不能办理："
    for step in hindered:
        assert step.obstacle is not None
        clause = f"（{step.obstacle.clause}）" if step.obstacle.clause else ""
        who = "、".join(map(zh, step.roles))
        yield f"  {zh(step.kind)}（{step.kind}），{who}：{step.obstacle.sentence}{clause}〔规则 {step.obstacle.rule}〕"
    if not told.steps:
        yield "\n没有可以办理的事：档案已结束。" if not told.case.is_open else "\n目前没有轮到办理的事。"


def _questions(told: Account) -> Iterator[str]:
    questions = told.pack.open_questions()
    if questions:
        yield f"\n规则包的待定口径 {len(questions)} 项（用到时会停下来问）："
    blocking = {step.obstacle.open_question for step in told.steps if step.obstacle is not None}
    for key, question in questions.items():
        yield f"  {question}？（{key}）{'  ← 正挡着下一步' if key in blocking else ''}"


def _assumptions(told: Account) -> Iterator[str]:
    assumed = told.pack.assumptions()
    if assumed:
        yield f"\n本案按假设办理的口径 {len(assumed)} 项（来源没有规定，只用于推演）："
    for key, cited in assumed.items():
        yield f"  {KEYS[key].question}：{say(KEYS[key], cited)}。{cited.clause}（{key}）"


# --- for programs


def _standing(told: Account) -> dict[str, Any]:
    case = told.case
    return {
        "case": str(case.id),
        **{name: getattr(case, name) for name in ("city", "programme", "credit_code", "firm", "county", "industry")},
        "batch": case.batch_code,
        "rehearsal": case.rehearsal,
        "provider_alarm": case.provider_alarm,
        "level_fell": level_fell(case),
        "version": case.version,
        **{name: str(getattr(case, name)) for name in STATES},
        "money": {
            "entitlement": str(case.entitlement.amount) if case.entitlement else None,
            "paid": str(case.paid),
            "to_recover": str(case.to_recover),
            "refunded": str(case.refunded),
            "frozen": case.frozen,
        },
        "queue": _in_queue(told.queue),
        "deadlines": [{**asdict(one.deadline), "follows": one.follows} for one in told.waiting],
    }


def _in_queue(queue: InQueue | None) -> dict[str, Any] | None:
    if queue is None:
        return None
    turn = queue.turn
    return {
        "place": turn and turn.place,
        "of": queue.of,
        "ahead": turn and str(turn.ahead),
        "amount": str(queue.waiting.amount),
        "question": queue.question,
    }


def _everything(told: Account) -> dict[str, Any]:
    working = told.working
    return {
        **_standing(told),
        "pack_version": told.pack.version,
        "story": [{**asdict(one), "what": zh(one.topic)} for one in told.story],
        "working": working
        and {
            "on": working.on,
            "recorded": str(working.recorded.amount),
            "again": str(working.again.amount),
            "agrees": working.agrees,
            "steps": working.again.steps,
        },
        "waitlist": {"place": told.line.place, "called": told.line.called} if told.line else None,
        "notices": [notice_told(one) for one in told.notices],
        "steps": [asdict(step) for step in told.steps],
        "open_questions": told.pack.open_questions(),
        "assumptions": {
            key: {"question": KEYS[key].question, "value": say(KEYS[key], cited), "basis": cited.clause}
            for key, cited in told.pack.assumptions().items()
        },
    }
