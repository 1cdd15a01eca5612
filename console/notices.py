"""公示: what stands or stood before the public; the list, and each notice just as it was published, with its proof."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import Response

from activities.notices import chain, quotas_since
from console import asked
from console.view import Console
from domain.batch import Batch
from domain.notice.account import account
from domain.notice.file import Notice
from domain.notice.proof import days_asked, days_proven
from domain.notice.snapshot import head_lines, row_lines, snapshot_hash
from domain.words import NOTICE_STATES, NOTICE_SUBJECTS
from policies.calendars import published
from projections import notices

PAGE: Final = 50


def mount(app: FastAPI, console: Console) -> None:
    """Add the list, from its read model, and the notice, from its own stream: that page is never behind."""
    calendar = published()

    @app.api_route("/notices", methods=["GET", "HEAD"])
    def board(request: Request) -> Response:
        frame = console.frame(request)
        if frame.of is None:
            return console.page("empty.html", frame)
        subject = asked.word(request.query_params, "subject", "公示事项", NOTICE_SUBJECTS)
        state = asked.word(request.query_params, "state", "现状", NOTICE_STATES)
        page = asked.page(request.query_params)
        home = frame.of.city, frame.of.programme
        total, rows = notices.listed(console.engine, *home, subject=subject, state=state, page=page, size=PAGE)
        batches = {row.batch for row in rows if row.batch is not None}
        return console.page(
            "notices.html",
            frame,
            subjects=NOTICE_SUBJECTS,
            states=NOTICE_STATES,
            subject=subject,
            state=state,
            total=total,
            page=page,
            size=PAGE,
            rows=rows,
            batches={batch: console.store.load(Batch, batch).code for batch in batches},
        )

    @app.api_route("/notices/{written}", methods=["GET", "HEAD"])
    def notice(request: Request, written: str) -> Response:
        wanted = asked.notice(written)
        console.wait(request)
        file = console.store.load(Notice, wanted)
        if file.is_new:
            raise asked.NotThere(f"没有编号为 {wanted} 的公示")
        shown = file.shown
        return console.page(
            "notice.html",
            console.frame(request, of=(file.city, shown.programme)),
            notice=file,
            shown=shown,
            batch=console.store.load(Batch, file.batch).code if file.batch is not None else "",
            head=head_lines(shown),
            lines=row_lines(shown),
            unchanged=snapshot_hash(shown) == file.sha256,
            told=account(file, console.store.facts(wanted), calendar),
            proven=days_proven(file, calendar),
            asked_for=days_asked(file, calendar),
            since=quotas_since(console.store, file),
            chain=chain(console.store, file),
        )
