"""`lookback batch review sheet` and `import`: an expert's score workbook, out and in."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli.deciding import UNNAMED, decide, named_by_all_it_says, say
from cli.expert_review_told import AsJson, City, Code, Programme, batch_meant, opened
from cli.fields import WrongField
from cli.hands import By, Of, Reason, person
from cli.roster import say_refused
from domain.case.file import CaseFile, Qualification
from domain.expert_review.file import ExpertReview
from domain.expert_review.ranking import Candidate
from domain.expert_review.rules import expert_must_be_named_in_the_review, review_must_be_open
from domain.expert_review.scoring import FileScore, FileScores
from domain.identity import command_id
from exchange import review_form, review_sheets
from exchange.review_sheets import FilledSheet
from exchange.roster import RosterRefused, RowFault
from policies import load
from settings import Settings

if TYPE_CHECKING:
    from eventstore.store import EventStore

_FAULTY: Final = "score_sheet_must_be_without_fault"
_UNFIT: Final = re.compile(r"[^\w-]")
"""What has no place in a file's name."""


def mount(reviews: typer.Typer) -> None:
    """Mount the two commands under ``batch review``."""
    reviews.command("sheet")(sheet)
    reviews.command("import")(take)


def sheet(
    city: City,
    code: Code,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="写到哪个文件（.xlsx）；已有的不覆盖")],
    expert: Annotated[
        list[str] | None, typer.Option("--expert", metavar="ID", help="专家编号，可写多次；不写则每名专家一份")
    ] = None,
    programme: Programme = "",
    as_json: AsJson = False,
) -> None:
    """生成专家评分表，每名专家一份，只列其尚未评分也未回避的企业。多于一份时，文件名后加序号和专家编号。"""
    settings = Settings.from_environment()
    _, batch = batch_meant(settings, city, code, programme)
    with opened(settings, batch) as (store, review):
        review_must_be_open(review)
        owed = _owed(store, review)
    for one in expert or ():
        expert_must_be_named_in_the_review(review, one)
    chosen = expert or [one.id for one in review.experts]
    files = _files(output, review, [one for one in chosen if owed[one]], alone=len(set(chosen)) == 1)
    there = [str(path) for path in files.values() if path.exists()]
    if there:
        raise WrongField(f"{'、'.join(there)} 已经存在；为免覆盖填好的评分表，请换一个文件名")
    name = load.load(city).name
    for scorer in review.experts:
        if (path := files.get(scorer.id)) is None:
            continue
        try:
            review_form.write(path, name, code, review, scorer, owed[scorer.id])
        except OSError as bad:
            raise WrongField(f"写不了 {path}：所在目录不存在，或没有写入的权限") from bad
    if as_json:
        said = [{"expert": one, "file": str(path), "firms": len(owed[one])} for one, path in files.items()]
        typer.echo(json.dumps({"round": review.round, "sheets": said}, ensure_ascii=False))
        return
    for one, path in files.items():
        typer.echo(f"专家 {one} 待评 {len(owed[one])} 家，评分表已写入 {path}")
    if not files:
        typer.echo("没有待评的企业：评分表都已提交，或已回避。")


def take(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="填好的评分表（.xlsx）")],
    city: City,
    code: Code,
    by: By,
    organisation: Of,
    role: Annotated[str, typer.Option("--role", metavar="ROLE", help="以什么角色办理")] = "expert",
    reason: Reason = "",
    programme: Programme = "",
    as_json: AsJson = False,
) -> None:
    """提交填好的评分表，全部企业一次办成，提交后锁定。任何一行有误则全部不导入，逐行说明原因，退出码为 3。"""
    settings = Settings.from_environment()
    _, batch = batch_meant(settings, city, code, programme)
    hand = person(by, role, organisation)
    with opened(settings, batch) as (_, review):
        if not review.round:
            review_must_be_open(review)
    try:
        filled = _read(file, review, hand.id, code)
        command = FileScores(
            command_id=UNNAMED,
            by=hand,
            reason=reason,
            evidence=(f"sha256:{filled.file_hash}",),
            batch=batch,
            sheets=tuple(row.scores for row in filled.rows),
        )
        command = _named(settings, command, review, file, filled)
    except RosterRefused as refused:
        say_refused(refused, as_json)
        raise typer.Exit(3) from refused
    receipt = decide(settings, command)
    said = {"firms": len(filled.rows), "ignored_columns": list(filled.ignored_columns)}
    words = f"{len(filled.rows)} 家企业的评分表已提交，不能再改。"
    if filled.ignored_columns:
        words += f"未采用的列：{'、'.join(filled.ignored_columns)}。"
    say(receipt, said, words, as_json)


def _owed(store: EventStore, review: ExpertReview) -> dict[str, list[Candidate]]:
    """By expert, the firms that are still to be scored: neither filed, nor stood back from, nor gone meanwhile."""
    cases = (store.load(CaseFile, one.applicant.case) for one in review.candidates)
    here = {case.id for case in cases if case.qualification is Qualification.EXPERT_REVIEW}
    owed: dict[str, list[Candidate]] = {one.id: [] for one in review.experts}
    for candidate, expert in review.owed():
        if candidate.applicant.case in here:
            owed[expert.id].append(candidate)
    return owed


def _files(output: Path, review: ExpertReview, writing: list[str], *, alone: bool) -> dict[str, Path]:
    """Expert → file; unless one alone was asked for, each has a name of its own."""
    if alone:
        return dict.fromkeys(writing, output)
    named = {
        one.id: f"{output.stem}-{number}-{_UNFIT.sub('-', one.id)}" for number, one in enumerate(review.experts, 1)
    }
    return {one: output.with_name(named[one] + output.suffix) for one in writing}


def _read(file: Path, review: ExpertReview, expert: str, code: str) -> FilledSheet:
    try:
        return review_sheets.read(file, review, expert, code)
    except OSError as bad:
        reason = "是目录，或没有读取的权限" if file.exists() else "没有这个文件"
        raise WrongField(f"打不开 {file}：{reason}") from bad


def _named(
    settings: Settings, command: FileScores, review: ExpertReview, file: Path, filled: FilledSheet
) -> FileScores:
    """The command under a name made of what it says; the same workbook again is the same command.

    Raises RosterRefused with every row that cannot be read, or that the rules would refuse by itself.
    """
    from activities.desk import Desk
    from cli.engine import record
    from policies.calendars import published

    command = replace(command, command_id=named_by_all_it_says(command, str(review.round)))
    faults = list(filled.faults)
    with record(settings) as store:
        if not faults and store.receipt(command) is not None:
            return command
        desk, now = Desk(store, published()), datetime.now(UTC)
        for row in filled.rows:
            one = FileScore(
                command_id=command_id("tried"),
                by=command.by,
                batch=command.batch,
                case=row.scores.case,
                points=row.scores.points,
            )
            refusal = desk.would_refuse(one, now)
            if refusal is not None:
                faults.append(RowFault(filled.name, row.number, "", refusal.sentence, refusal.rule, refusal.clause))
    if faults:
        rows = len({fault.row for fault in faults})
        raise RosterRefused(
            _FAULTY,
            f"{file.name}：{rows} 行有 {len(faults)} 处错误，一家也没有导入；请逐处改正后重新导入",
            tuple(sorted(faults, key=lambda fault: fault.row)),
        )
    return command
