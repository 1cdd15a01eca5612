"""为什么在这里: a firm's next steps, what stands in their way, and its subsidy worked out again."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import Response

from activities.desk import Desk
from activities.explain import account
from console import asked, saying
from console.view import Console
from domain.case.level import level_fell
from domain.rejections import Rejection
from policies.calendars import published


def mount(app: FastAPI, console: Console) -> None:
    """Add the page. It is told from the event log itself, so it is never behind."""
    calendar = published()

    @app.api_route("/explain/{written}", methods=["GET", "HEAD"])
    def explain(request: Request, written: str) -> Response:
        wanted = asked.case(written)
        console.wait(request)
        desk = Desk(console.store, calendar)
        try:
            told = account(console.store, desk, wanted, console.now())
        except Rejection:
            raise asked.NotThere(f"没有编号为 {wanted} 的企业档案") from None
        return console.page(
            "explain.html",
            console.frame(request, of=(told.case.city, told.case.programme)),
            told=told,
            fell=told.case.is_open and level_fell(told.case),
            free=[step for step in told.steps if step.obstacle is None],
            hindered=[step for step in told.steps if step.obstacle is not None],
            blocking={step.obstacle.open_question for step in told.steps if step.obstacle is not None},
            assumptions=saying.assumptions(told.pack),
        )
