"""期限: what is due, whose step it is, and by when; the earliest first."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import Response

from console import asked, questions
from console.view import Console
from domain.words import ROLES

PAGE: Final = 100


def mount(app: FastAPI, console: Console) -> None:
    """Add the page of deadlines."""

    @app.api_route("/deadlines", methods=["GET", "HEAD"])
    def deadlines(request: Request) -> Response:
        frame = console.frame(request)
        if frame.of is None:
            return console.page("empty.html", frame)
        query = request.query_params
        role = asked.word(query, "role", "责任方", ROLES)
        county = asked.text(query, "county", "区县")
        page = asked.page(query)
        total, rows = questions.open_deadlines(console.engine, frame.of, role, county, page, PAGE)
        return console.page(
            "deadlines.html",
            frame,
            role=role,
            county=county,
            roles=ROLES,
            counties=questions.choices(console.engine, frame.of)["county"],
            total=total,
            page=page,
            size=PAGE,
            rows=rows,
            today=console.today(frame.of),
        )
