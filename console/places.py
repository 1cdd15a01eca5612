"""名额与候补、专家评审: a batch's quotas, who holds a place, who waits in which order, and how the experts ranked."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from fastapi import FastAPI, Request
from fastapi.responses import Response

from console import asked
from console.view import Console, Frame
from domain.words import EXPERT_REVIEW_STATES, TURN_OUTCOMES
from projections import expert_reviews, places
from projections.places import BatchLine

PAGE: Final = 50


def mount(app: FastAPI, console: Console) -> None:
    """Add the two pages of a batch."""

    def batch_of(request: Request, written: str) -> tuple[BatchLine, Frame]:
        wanted = asked.batch(written)
        console.wait(request)
        batch = places.one(console.engine, wanted)
        if batch is None:
            raise asked.NotThere(f"没有编号为 {wanted} 的批次")
        return batch, console.frame(request, of=(batch.city, batch.programme))

    @app.api_route("/batches/{written}/places", methods=["GET", "HEAD"])
    def quota_page(request: Request, written: str) -> Response:
        batch, frame = batch_of(request, written)
        page, line = asked.page(request.query_params), asked.page(request.query_params, "line", "候补页码")
        return console.page(
            "places.html",
            frame,
            batch=batch,
            used=places.used(console.engine, batch),
            page=page,
            line=line,
            size=PAGE,
            taken=places.held(console.engine, batch.id, "taken", page=page, size=PAGE),
            waiting=places.held(console.engine, batch.id, "waiting", page=line, size=PAGE),
            turns=places.turns(console.engine, batch.id),
            outcomes=TURN_OUTCOMES,
            reviews=expert_reviews.rounds(console.engine, [batch.id]),
            review_states=EXPERT_REVIEW_STATES,
        )

    @app.api_route("/batches/{written}/review", methods=["GET", "HEAD"])
    def review_page(request: Request, written: str) -> Response:
        batch, frame = batch_of(request, written)
        rounds = {str(one.review_round): one for one in expert_reviews.rounds(console.engine, [batch.id])}
        if not rounds:
            raise asked.NotThere(f"批次 {batch.code} 没有发起过专家评审")
        known = {number: f"第 {number} 轮" for number in rounds}
        chosen = rounds[asked.word(request.query_params, "round", "轮次", known) or max(rounds, key=int)]
        page = asked.page(request.query_params)
        total, firms = expert_reviews.firms(console.engine, batch.id, chosen.review_round, page=page, size=PAGE)
        return console.page(
            "review.html",
            frame,
            batch=batch,
            rounds=tuple(rounds.values()),
            review=chosen,
            states=EXPERT_REVIEW_STATES,
            page=page,
            size=PAGE,
            total=total,
            firms=firms,
        )


def reviewed(console: Console, batches: tuple[BatchLine, ...]) -> dict[UUID, tuple[str, int]]:
    """The state and number of the last round of every batch that has one."""
    rounds = expert_reviews.rounds(console.engine, [batch.id for batch in batches])
    return {one.batch: (EXPERT_REVIEW_STATES[one.state], one.review_round) for one in rounds}
