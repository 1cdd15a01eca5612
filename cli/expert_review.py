"""`lookback batch review`: experts are called, stand back or score, and the ranking gives the places."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli import expert_sheets
from cli.deciding import decide, named, say
from cli.expert_review_told import AsJson, City, Code, Programme, batch_meant, opened, plain, show, table
from cli.fields import WrongField
from cli.hands import By, Evidence, Of, Reason, person
from domain.case.application import CaseOpened
from domain.case.file import CaseFile, Qualification
from domain.expert_review.common import ExpertReviewCommand
from domain.expert_review.ranking import Criterion, Expert, Points
from domain.expert_review.room import AddExperts, CallExpertReview, CallOffExpertReview, CloseExpertReview
from domain.expert_review.scoring import FileScore, RecuseExpert
from domain.identity import command_id, expert_review_id, tidy
from domain.rejections import Rejection
from settings import Settings

if TYPE_CHECKING:
    from uuid import UUID

    from eventstore.store import EventStore

Document = Annotated[str, typer.Option("--document", help="评审方案或增补专家的文号")]
Experts = Annotated[
    list[str], typer.Option("--expert", metavar="ID=ORG", help="专家编号=所属单位，如 dalian/expert-1=某大学，可写多次")
]
Firms = Annotated[list[str] | None, typer.Option("--firm", metavar="CODE", help="企业的信用代码，可写多次")]
AsRole = Annotated[str, typer.Option("--role", metavar="ROLE", help="以什么角色办理，如 expert 或 专家")]
_UNNAMED: Final = command_id("unnamed")


def mount(batches: typer.Typer) -> None:
    """Mount the commands under ``batch review``."""
    reviews = typer.Typer(help="专家评审：发起、增补专家、回避、评分、评分表、结束、撤销、查看", no_args_is_help=True)
    reviews.command("call")(call)
    reviews.command("add")(add)
    reviews.command("recuse")(recuse)
    reviews.command("score")(score)
    expert_sheets.mount(reviews)
    reviews.command("close")(close)
    reviews.command("call-off")(call_off)
    reviews.command("show")(show)
    batches.add_typer(reviews, name="review")


def call(
    city: City,
    code: Code,
    document: Document,
    criterion: Annotated[
        list[str],
        typer.Option("--criterion", metavar="NAME=FULL", help="评分标准=满分，可写多次，满分合计 100，如 改造意愿=30"),
    ],
    expert: Experts,
    by: By,
    firm: Firms = None,
    role: AsRole = "bureau-clerk",
    organisation: Of = "",
    reason: Reason = "",
    evidence: Evidence = None,
    programme: Programme = "",
    as_json: AsJson = False,
) -> None:
    """发起专家评审。不写 --firm 即本批次全部待专家评审的企业。规则未写明评审办法的，退出码为 4。"""
    settings = Settings.from_environment()
    agency, batch = batch_meant(settings, city, code, programme)
    criteria = tuple(Criterion(name, full) for name, full in (_number(one, "--criterion") for one in criterion))
    with opened(settings, batch) as (store, _):
        cases = _cases(store, batch)
        waiting = [case.id for case in cases.values() if case.qualification is Qualification.EXPERT_REVIEW]
        chosen = _chosen(cases, firm) if firm else tuple(waiting)
    command = CallExpertReview(
        command_id=_UNNAMED,
        by=person(by, role, organisation or agency),
        reason=reason,
        evidence=tuple(evidence or ()),
        batch=batch,
        document=document,
        criteria=criteria,
        experts=_experts(expert),
        cases=chosen,
    )
    _done(settings, command, f"批次 {code} 已发起专家评审：{len(chosen)} 家企业，{len(expert)} 名专家。", as_json)


def add(
    city: City,
    code: Code,
    document: Document,
    expert: Experts,
    by: By,
    role: AsRole = "bureau-clerk",
    organisation: Of = "",
    reason: Reason = "",
    programme: Programme = "",
    as_json: AsJson = False,
) -> None:
    """增补评审专家：回避后有效评分表不足时。"""
    settings = Settings.from_environment()
    agency, batch = batch_meant(settings, city, code, programme)
    command = AddExperts(
        command_id=_UNNAMED,
        by=person(by, role, organisation or agency),
        reason=reason,
        batch=batch,
        document=document,
        experts=_experts(expert),
    )
    _done(settings, command, f"批次 {code} 已增补专家 {len(expert)} 名。", as_json)


def recuse(
    city: City,
    code: Code,
    by: By,
    organisation: Of,
    reason: Reason = "",
    firm: Firms = None,
    every: Annotated[bool, typer.Option("--all", help="对本轮评审中尚未回避的全部企业回避")] = False,
    expert: Annotated[str, typer.Option("--expert", metavar="ID", help="由市局令其回避的专家编号")] = "",
    role: AsRole = "expert",
    programme: Programme = "",
    as_json: AsJson = False,
) -> None:
    """回避声明：专家本人声明，或由市局科长令其回避（--role bureau-head）。已提交的评分表留档但不再计入。"""
    if bool(firm) == every:
        raise WrongField("--firm 和 --all 须写且只写一种")
    settings = Settings.from_environment()
    _, batch = batch_meant(settings, city, code, programme)
    who = expert or by
    with opened(settings, batch) as (store, review):
        left = (one.applicant.case for one in review.candidates if not review.stands_back(who, one.applicant.case))
        chosen = tuple(left) if every else _chosen(_cases(store, batch), firm or ())
    command = RecuseExpert(
        command_id=_UNNAMED,
        by=person(by, role, organisation),
        reason=reason,
        batch=batch,
        expert=who,
        cases=chosen,
    )
    _done(settings, command, f"专家 {who} 对 {len(chosen)} 家企业回避。", as_json)


def score(
    city: City,
    code: Code,
    firm: Annotated[str, typer.Option("--firm", metavar="CODE", help="企业的信用代码")],
    points: Annotated[
        list[str], typer.Option("--points", metavar="NAME=N", help="评分标准=得分（整数），每项一次，如 改造意愿=25")
    ],
    by: By,
    organisation: Of,
    role: AsRole = "expert",
    reason: Reason = "",
    programme: Programme = "",
    as_json: AsJson = False,
) -> None:
    """提交对一家企业的评分表。提交后锁定，不能再改。"""
    settings = Settings.from_environment()
    _, batch = batch_meant(settings, city, code, programme)
    given = tuple(Points(name, number) for name, number in (_number(one, "--points") for one in points))
    with opened(settings, batch) as (store, _):
        (case,) = _chosen(_cases(store, batch), (firm,))
    command = FileScore(
        command_id=_UNNAMED,
        by=person(by, role, organisation),
        reason=reason,
        batch=batch,
        case=case,
        points=given,
    )
    _done(settings, command, f"对 {firm} 的评分表已提交：{sum(one.points for one in given)} 分。", as_json)


def close(
    city: City,
    code: Code,
    by: By,
    role: AsRole = "bureau-clerk",
    organisation: Of = "",
    reason: Reason = "",
    programme: Programme = "",
    as_json: AsJson = False,
) -> None:
    """结束专家评审：按平均分排名，名额之内拟入选，其余按排名候补，一次办成。"""
    settings = Settings.from_environment()
    agency, batch = batch_meant(settings, city, code, programme)
    command = CloseExpertReview(
        command_id=_UNNAMED, by=person(by, role, organisation or agency), reason=reason, batch=batch
    )
    command = named(settings, command, expert_review_id(batch))
    receipt = decide(settings, command)
    with opened(settings, batch) as (_, review):
        ranking = review.ranking
    said = {"round": review.round, "ranking": plain(ranking)}
    proposed = sum(one.proposed for one in ranking)
    words = f"批次 {code} 第 {review.round} 轮评审结束：拟入选 {proposed} 家，候补 {len(ranking) - proposed} 家。"
    say(receipt, said, words, as_json)
    if not as_json:
        table(ranking)


def call_off(
    city: City,
    code: Code,
    document: Annotated[str, typer.Option("--document", help="决定撤销的文号")],
    reason: Annotated[str, typer.Option("--reason", help="撤销理由")],
    by: By,
    role: AsRole = "bureau-head",
    organisation: Of = "",
    evidence: Evidence = None,
    programme: Programme = "",
    as_json: AsJson = False,
) -> None:
    """撤销进行中的专家评审：不产生排名，企业仍待专家评审；已交的评分表留档，不计入以后的评审。"""
    settings = Settings.from_environment()
    agency, batch = batch_meant(settings, city, code, programme)
    command = CallOffExpertReview(
        command_id=_UNNAMED,
        by=person(by, role, organisation or agency),
        reason=reason,
        evidence=tuple(evidence or ()),
        batch=batch,
        document=document,
    )
    _done(settings, command, f"批次 {code} 的专家评审已撤销，企业仍待专家评审，可另行发起。", as_json)


def _done(settings: Settings, command: ExpertReviewCommand, words: str, as_json: bool) -> None:
    command = named(settings, command, expert_review_id(command.batch))
    say(decide(settings, command), {}, words, as_json)


def _cases(store: EventStore, batch: UUID) -> dict[str, CaseFile]:
    """The batch's cases by credit code."""
    files = (store.load(CaseFile, case) for case in store.streams_opened_by(CaseOpened.TOPIC))
    return {case.credit_code: case for case in files if case.batch == batch}


def _chosen(cases: dict[str, CaseFile], codes: Iterable[str]) -> tuple[UUID, ...]:
    wanted = [tidy(code) for code in codes]
    strangers = [code for code in wanted if code not in cases]
    if strangers:
        raise Rejection("case_must_be_of_the_batch", f"不在本批次的企业：{'、'.join(strangers)}")
    return tuple(cases[code].id for code in wanted)


def _experts(words: Iterable[str]) -> tuple[Expert, ...]:
    found = []
    for word in words:
        expert, sign, organisation = word.replace("＝", "=").partition("=")
        if not sign:
            raise WrongField(f"--expert 应写作 dalian/expert-1=某大学 的样子，收到“{word}”")
        found.append(Expert(expert.strip(), organisation.strip()))
    return tuple(found)


def _number(word: str, option: str) -> tuple[str, int]:
    name, _, number = word.replace("＝", "=").rpartition("=")
    if not name.strip() or not number.strip().isdecimal():
        raise WrongField(f"{option} 应写作 改造意愿=30 的样子（整数分），收到“{word}”")
    return name.strip(), int(number)
