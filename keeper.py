"""The keeper: one small process that starts the parts in order, starts again what dies, and stops them in reverse.

It may itself be killed at any moment: the parts live on, and the next keeper finds them by their marks and takes over.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import BinaryIO

import psutil
import structlog

from cluster import group_of
from parts import Part, parts_of, ports_must_be_free
from settings import Settings, Unreachable

_TICK_SECONDS = 0.2
_GOOD_LIFE_SECONDS = 10
"""A part that lived this long was well: its next death is its first."""
_LONGEST_PAUSE_SECONDS = 10
_LARGEST_LOG_BYTES = 20_000_000


def recognised(process: psutil.Process, mark: tuple[str, ...]) -> bool:
    """Whether a process lives and is the marked one. A pid alone proves nothing: numbers are used again."""
    try:
        words = process.cmdline()  # empty, or refused, for one that has ended and waits to be collected
    except psutil.Error:
        return False
    return all(word in words for word in mark)


def find(mark: tuple[str, ...]) -> list[psutil.Process]:
    """The living processes that bear the mark, without the copies they have forked."""
    found = {process.pid: process for process in psutil.process_iter() if recognised(process, mark)}
    return [process for process in found.values() if _parent(process) not in found]


def stop(process: psutil.Process, mark: tuple[str, ...], how: signal.Signals, seconds: float) -> bool:
    """Asks a process to end, kills it when it has not after so many seconds. False when it had to be killed.

    Raises `Unreachable` when it is another account's.
    """
    try:
        process.send_signal(how)
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied as error:
        raise Unreachable(
            f"进程 {process.pid} 由账号 {process.username()} 启动，当前账号无权停止。请用那个账号（或 root）运行。"
        ) from error
    if _ended(process, mark, seconds):
        return True
    with suppress(psutil.NoSuchProcess):
        process.kill()
    _ended(process, mark, 10)
    return False


def keeper_mark(settings: Settings) -> tuple[str, ...]:
    """What the command line of this installation's keeper holds."""
    return (f"lookback={settings.home}", "keeper")


def keeper_argv(settings: Settings, names: list[str]) -> tuple[str, ...]:
    """The keeper's command line. The names are no words of it, or the keeper would bear its own parts' marks."""
    return (sys.executable, "-X", f"lookback={settings.home}", "-m", "keeper", f"--keep={','.join(names)}")


def status_file(settings: Settings) -> Path:
    """Where the keeper writes what it keeps: replaced whole, so that a reader never sees half of it."""
    return settings.home / "run" / "status.json"


@dataclass
class Kept:
    """One part under the keeper's eye."""

    part: Part
    state: str = "waiting"
    """waiting (for those before it) · starting · running · dead"""
    process: psutil.Process | None = None
    child: subprocess.Popen[bytes] | None = None
    """The same process, when this keeper and no earlier one started it."""
    began: float = 0
    """Seconds on the monotonic clock."""
    since: str = ""
    next_try: float = 0
    deaths: int = 0
    """In a row, with no good life in between."""
    has_run: bool = False
    note: str = ""

    def lives(self) -> bool:
        """Whether the process is still there; a child that has ended is collected."""
        if self.child is not None and self.child.poll() is not None:
            return False
        return self.process is not None and recognised(self.process, self.part.mark)


class Keeper:
    """Keeps the named parts of one installation until it is told to stop (SIGTERM) or to leave them (SIGUSR1)."""

    def __init__(self, settings: Settings, names: list[str], log: structlog.typing.FilteringBoundLogger) -> None:
        self.settings = settings
        self.log = log
        self.kept = [Kept(part) for part in parts_of(settings) if part.name in names]
        self.told: signal.Signals | None = None
        self.written = ""

    def run(self) -> None:
        """Returns when told to, the parts stopped or left as the signal says."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1):
            signal.signal(number, self._hear)
        self.log.info("keeper_started", pid=os.getpid(), parts=[kept.part.name for kept in self.kept])
        self._adopt()
        while self.told is None:
            for index, kept in enumerate(self.kept):
                if self.told is None:
                    self._tend(kept, may_start=all(earlier.has_run for earlier in self.kept[:index]))
            self._write_status()
            time.sleep(_TICK_SECONDS)
        self.log.info("keeper_told", signal=self.told.name)
        if self.told is not signal.SIGUSR1:
            self._stop_all()
            status_file(self.settings).unlink(missing_ok=True)
        self.log.info("keeper_ended")

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        self.told = signal.Signals(number)

    def _adopt(self) -> None:
        """Takes over what an earlier keeper left running; what runs with other arguments than today's is replaced."""
        for kept in reversed(self.kept):
            found = find(kept.part.mark)
            if len(found) == 1 and tuple(found[0].cmdline()) == kept.part.argv:
                kept.process, kept.state, kept.began = found[0], "starting", time.monotonic()
                kept.since = _stamp(found[0].create_time())
                self.log.info("part_adopted", part=kept.part.name, pid=found[0].pid)
            else:
                self._clear(kept.part, found)

    def _clear(self, part: Part, leftovers: list[psutil.Process]) -> None:
        for process in leftovers:
            self.log.warning("leftover_stopped", part=part.name, pid=process.pid)
            stop(process, part.mark, part.stop_signal, part.stop_seconds)

    def _tend(self, kept: Kept, *, may_start: bool) -> None:
        now = time.monotonic()
        if kept.process is not None:
            if not kept.lives():
                self._bury(kept, now)
            elif kept.state == "starting" and kept.part.ready(now - kept.began):
                kept.state, kept.note, kept.has_run = "running", "", True
                self.log.info("part_running", part=kept.part.name, pid=kept.process.pid)
        elif may_start and now >= kept.next_try:
            try:
                self._start(kept)
            except (Unreachable, OSError) as error:
                self._fail(kept, str(error), now)

    def _start(self, kept: Kept) -> None:
        part = kept.part
        part.prepare()
        ports_must_be_free(part)
        uid = part.account()
        with _log_of(self.settings, part.name) as output:
            kept.child = subprocess.Popen(  # noqa: S603 - the parts are our own list
                part.argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=part.cwd,
                env=self.settings.for_parts(),
                user=uid,
                group=None if uid is None else group_of(uid),
                extra_groups=None if uid is None else (),
                start_new_session=True,
            )
        kept.process = psutil.Process(kept.child.pid)
        kept.began, kept.since, kept.state = time.monotonic(), _stamp(time.time()), "starting"
        self.log.info("part_started", part=part.name, pid=kept.child.pid)

    def _bury(self, kept: Kept, now: float) -> None:
        if now - kept.began >= _GOOD_LIFE_SECONDS:
            kept.deaths = 0
        code = None if kept.child is None else kept.child.returncode
        self.log.warning("part_died", part=kept.part.name, status=code, lived_seconds=round(now - kept.began, 1))
        kept.process = kept.child = None
        self._fail(kept, f"意外退出（状态 {code}）" if code is not None else "意外退出", now)

    def _fail(self, kept: Kept, note: str, now: float) -> None:
        kept.state, kept.note, kept.since = "dead", note, _stamp(time.time())
        kept.deaths += 1
        kept.next_try = now + min(_LONGEST_PAUSE_SECONDS, _TICK_SECONDS * 2 ** min(kept.deaths - 1, 10))
        self.log.warning("part_down", part=kept.part.name, note=note, deaths=kept.deaths)

    def _stop_all(self) -> None:
        for kept in reversed(self.kept):
            if kept.process is not None:
                part = kept.part
                gracefully = stop(kept.process, part.mark, part.stop_signal, part.stop_seconds)
                self.log.info("part_stopped", part=part.name, gracefully=gracefully)

    def _write_status(self) -> None:
        parts = [
            {
                "name": kept.part.name,
                "state": kept.state,
                "pid": kept.process.pid if kept.process is not None else None,
                "address": kept.part.address,
                "since": kept.since,
                "deaths": kept.deaths,
                "note": kept.note,
            }
            for kept in self.kept
        ]
        text = json.dumps({"keeper": os.getpid(), "parts": parts}, ensure_ascii=False)
        if text != self.written:
            target = status_file(self.settings)
            unfinished = target.with_suffix(".unfinished")
            unfinished.write_text(text + "\n", encoding="utf-8")
            unfinished.replace(target)
            self.written = text


def _parent(process: psutil.Process) -> int | None:
    try:
        return process.ppid()
    except psutil.Error:
        return None


def _ended(process: psutil.Process, mark: tuple[str, ...], seconds: float) -> bool:
    """Waits for an end; one of our own children is collected, others are seen to be gone."""
    end = time.monotonic() + seconds
    while recognised(process, mark):
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def _stamp(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).astimezone().isoformat(timespec="seconds")


def _log_of(settings: Settings, name: str) -> BinaryIO:
    path = settings.home / "log" / f"{name}.log"
    if path.exists() and path.stat().st_size > _LARGEST_LOG_BYTES:
        path.replace(path.with_suffix(".log.old"))
    return path.open("ab")


def _go_to_the_background(settings: Settings) -> None:
    """Leaves the caller and its terminal, so that neither its end nor its Ctrl-C reaches what is kept."""
    if os.fork():
        os._exit(0)
    os.setsid()
    with Path(os.devnull).open("rb") as nothing, _log_of(settings, "keeper-errors") as errors:
        os.dup2(nothing.fileno(), 0)
        os.dup2(errors.fileno(), 1)
        os.dup2(errors.fileno(), 2)


def main() -> None:
    """``python -m keeper --keep=NAME,NAME…``: keeps the named parts; started by `embedded.up`, never by hand."""
    settings = Settings.from_environment()
    _go_to_the_background(settings)
    # Held while we live and freed by the system however we end: two keepers would start everything twice.
    lock = (settings.home / "run" / "keeper.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    with (settings.home / "log" / "keeper.jsonl").open("a", encoding="utf-8") as output:
        structlog.configure(
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
            logger_factory=structlog.WriteLoggerFactory(output),
        )
        log = structlog.get_logger()
        try:
            Keeper(settings, sys.argv[1].removeprefix("--keep=").split(","), log).run()
        except Exception:
            log.exception("keeper_failed")
            raise


if __name__ == "__main__":
    main()
