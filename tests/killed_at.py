"""A program of the house that kills itself at a named point: ``python -m tests.killed_at POINT KIND PROGRAM …``.

The hooks stand here and nowhere else: the house's own programs know nothing of them. ``worker`` serves as always, and
``lookback`` is the command line; the environment says where the installation is, as for every program.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cli.payout_paid
import exchange.instructions
import worker
from cli.main import main
from eventstore import store
from settings import Settings


def die(*_: Any, **__: Any) -> None:
    """As when the machine loses its power."""
    os.kill(os.getpid(), signal.SIGKILL)


def before(act: Callable[..., Any], concerned: Callable[..., bool]) -> Callable[..., Any]:
    """The act, and death instead of it where it is the one."""

    def dies(*told: Any, **more: Any) -> Any:
        return die() if concerned(*told, **more) else act(*told, **more)

    return dies


def behind(act: Callable[..., Any], concerned: Callable[..., bool]) -> Callable[..., Any]:
    """The act, and death before anybody hears of it where it is the one."""

    def dies(*told: Any, **more: Any) -> Any:
        done = act(*told, **more)
        return die() if concerned(*told, **more) else done

    return dies


def set_up(point: str, kind: str) -> None:
    """Put the hook in its place."""

    def concerned(*_: Any, done: Any) -> bool:
        return any(one.command.kind == kind for one in done)

    def always(*_: Any, **__: Any) -> bool:
        return True

    recorder: Any = store._Recorder
    match point:
        case "before the append":
            recorder.insert_events = before(recorder.insert_events, concerned)
        case "behind the commit":
            recorder.insert_events = behind(recorder.insert_events, concerned)
        case "behind the file":
            exchange.instructions.write = behind(exchange.instructions.write, always)
        case "before the booking":
            importer: Any = cli.payout_paid
            importer.give_round = before(importer.give_round, always)
        case _:
            raise AssertionError(f"no point is called {point}")


if __name__ == "__main__":
    at, command, program, *line = sys.argv[1:]
    set_up(at, command)
    if program == "worker":
        (queue,) = line
        asyncio.run(worker.serve(replace(Settings.from_environment(), task_queue=queue)))
    else:
        sys.exit(main(line))
