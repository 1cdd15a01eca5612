"""Whether the console can answer, how far the read models lag, and whether Temporal listens: for watchers, as JSON."""

from __future__ import annotations

import socket
from collections.abc import Callable

from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response

from console.view import Console
from projections import progress

_SECONDS = 0.5


def mount(app: FastAPI, console: Console, temporal: str) -> None:
    """Add ``/healthz``; ``temporal`` is host:port."""
    listens = listener(temporal)

    @app.api_route("/healthz", methods=["GET", "HEAD"])
    def health() -> Response:
        position = progress.position(console.engine)
        last = max(console.store.last_position(), position)
        return JSONResponse(
            {
                "ok": True,
                "position": position,
                "last": last,
                "lag": last - position,
                "parked": len(progress.parked(console.engine)),
                "temporal": "reachable" if listens() else "unreachable",
            }
        )


def listener(address: str) -> Callable[[], bool]:
    """Whether somebody listens at host:port."""
    host, _, port = address.rpartition(":")

    def listens() -> bool:
        try:
            with socket.create_connection((host.strip("[]"), int(port)), timeout=_SECONDS):
                return True
        except OSError:
            return False

    return listens
