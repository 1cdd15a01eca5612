"""The console: builds the pages on the read models and serves them. Run it with ``python -m console.app``.

Read-only, and on loopback unless the settings say otherwise: there is no sign-in yet.
"""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Final

import psycopg.errors
import sqlalchemy.exc
import structlog
import uvicorn
from eventsourcing.persistence import PersistenceError
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from sqlalchemy import make_url
from starlette.exceptions import HTTPException

from console import cases, deadlines, estimate, explain, health, home, notices, packs, places
from console.asked import BadQuestion, NotThere
from console.view import HERE, Console
from domain.rejections import Rejection
from eventstore.mapper import Unreadable
from eventstore.store import EventStore
from projections.tables import engine_of
from settings import BadSetting, Settings

log = structlog.get_logger()

_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_GONE: Final = (
    sqlalchemy.exc.OperationalError,
    sqlalchemy.exc.InterfaceError,
    sqlalchemy.exc.TimeoutError,
    PersistenceError,
)
_NOT_PREPARED: Final = (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName)
_WORDS: Final = {404: "没有这个页面", 405: "网页只读，不接受提交", 422: "查询条件有误", 503: "暂时不能提供"}


def build(console: Console, settings: Settings) -> FastAPI:
    """The console's pages as one application."""
    app = FastAPI(title="Lookback", docs_url=None, redoc_url=None, openapi_url=None)
    app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
    for room in (home, cases, explain, deadlines, notices, places, estimate, packs):
        room.mount(app, console)
    health.mount(app, console, settings.temporal())
    _refuse_in_words(app, console)
    _guard(app, console, settings)
    return app


def open_console(settings: Settings, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Console:
    """The read models and the log, at the addresses of the settings. Connects when first asked."""
    # A page that waits longer than this is worse than a page that says so.
    patient = {"connect_timeout": "3", "options": "-c statement_timeout=10000"}
    url = make_url(settings.dsn()).update_query_dict(patient).render_as_string(hide_password=False)
    return Console(engine_of(url), lambda: EventStore(settings.dsn(), pool_size=2), now)


def _refuse_in_words(app: FastAPI, console: Console) -> None:
    """Every refusal and every fault is a page in Chinese, never a trace of the program."""

    def say(status: int, sentence: str, request: Request) -> Response:
        if request.url.path == "/healthz":
            return JSONResponse({"ok": False, "reason": sentence}, status_code=status)
        title = _WORDS.get(status, "出了问题")
        return console.page("error.html", None, status, code=status, title=title, sentence=sentence)

    async def bad_question(request: Request, error: Exception) -> Response:
        return say(422, f"{error}。", request)

    async def not_there(request: Request, error: Exception) -> Response:
        return say(404, f"{error}。", request)

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        sentences = {404: f"地址 {request.url.path} 没有对应的页面。", 405: "办理业务请用命令行；网页只供查阅。"}
        return say(error.status_code, sentences.get(error.status_code, "请求无法处理。"), request)

    async def gone(request: Request, error: Exception) -> Response:
        log.warning("database gone", error=str(error).strip().splitlines()[0])
        return say(503, "数据库没有应答。请稍后刷新；若一直如此，请运行 lookback status 查看各部分的状态。", request)

    async def not_prepared(request: Request, error: Exception) -> Response:
        assert isinstance(error, sqlalchemy.exc.ProgrammingError)
        if not isinstance(error.orig, _NOT_PREPARED):
            raise error
        log.warning("read models missing", error=str(error).strip().splitlines()[0])
        return say(503, "读模型还没有建立：投影进程尚未启动过。请运行 lookback up，稍后刷新。", request)

    async def unreadable(request: Request, error: Exception) -> Response:
        log.error("record unreadable", error=str(error))
        said = "事件库中有一条本程序读不懂的事件，这份档案暂时不能据此说明。请通知管理员。"
        return say(503, said, request)

    async def fault(request: Request, error: Exception) -> Response:
        return say(500, "程序出错，已记入日志。请稍后再试；若一直如此，请把本页地址告诉管理员。", request)

    app.add_exception_handler(BadQuestion, bad_question)
    app.add_exception_handler(Rejection, bad_question)
    app.add_exception_handler(NotThere, not_there)
    app.add_exception_handler(HTTPException, http)
    for kind in _GONE:
        app.add_exception_handler(kind, gone)
    app.add_exception_handler(sqlalchemy.exc.ProgrammingError, not_prepared)
    app.add_exception_handler(Unreadable, unreadable)
    app.add_exception_handler(Exception, fault)


def _guard(app: FastAPI, console: Console, settings: Settings) -> None:
    """Headers that keep a page to itself; and on loopback, only names of this machine.

    Else a web page from elsewhere could read ours through a name of its own that it points here.
    """

    @app.middleware("http")
    async def guarded(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
        if settings.console_host in _LOOPBACK and request.url.hostname not in _LOOPBACK:
            sentence = "本网页未设登录，只在本机提供。请用 127.0.0.1 或 localhost 打开。"
            response: Response = console.page(
                "error.html", None, 403, code=403, title="只在本机提供", sentence=sentence
            )
        else:
            response = await call_next(request)
        response.headers.update(_HEADERS)
        if not request.url.path.startswith("/static/"):
            response.headers["Cache-Control"] = "no-store"
        return response


def main() -> None:
    """Serve until told to stop. A setting that cannot be read ends it with a sentence and status 2."""
    try:
        settings = Settings.from_environment()
    except BadSetting as bad:
        sys.stderr.write(f"{bad}\n")
        sys.exit(2)
    app = build(open_console(settings), settings)
    uvicorn.run(
        app,
        host=settings.console_host,
        port=settings.console_port,
        log_level=settings.log_level,
        server_header=False,
    )


if __name__ == "__main__":
    main()
