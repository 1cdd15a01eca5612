"""PostgreSQL, Temporal and the programs of this house on one machine: up, down, status. All state lies under home.

``up`` leaves a keeper behind that starts again whatever dies. Nothing here decides where data goes: that is `parts`.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psutil

from keeper import find, keeper_argv, keeper_mark, recognised, status_file, stop
from parts import ROOT, Part, every_part, free_ports, parts_of, ports_must_be_free
from settings import BadSetting, Settings, Unreachable

__all__ = ["PartStatus", "Running", "down", "free_ports", "is_kept", "status", "up"]

_DEATHS_THAT_TELL = 3
"""A part that died so often in a row will not come up by waiting."""


@dataclass(frozen=True)
class Running:
    """What `up` brought about: where to reach each part."""

    database_url: str
    temporal_address: str
    console_url: str
    attached: bool
    """Everything asked for was running already; nothing was started."""
    notes: tuple[str, ...] = ()
    """What was found on the way and may interest the person, in Chinese: stale process numbers, parts taken over."""


@dataclass(frozen=True)
class PartStatus:
    """One part, as it is at this moment."""

    name: str
    title: str
    state: str
    """running · starting · dead · stopped · elsewhere (its address in the settings is not this machine's)"""
    pid: int | None
    address: str
    since: str
    """When it came into this state, ISO 8601 with offset; empty when nobody knows."""
    note: str = ""
    deaths: int = 0


def up(
    settings: Settings,
    parts: Sequence[str] | None = None,
    wait_seconds: float = 120,
    tell: Callable[[str], None] = lambda _: None,
) -> Running:
    """Starts what is not running of the named parts (all, when none are named) and waits until they serve.

    `tell` hears one Chinese sentence for each part as it begins to serve. Raises `BadSetting` for an unknown part and
    `Unreachable` when a part cannot be started; then nothing this call started goes on running.
    """
    chosen = _chosen(settings, parts)
    _make_home(settings)
    with _one_command_at_a_time(settings):
        notes = _stale(settings)
        living = {part.name for part in every_part(settings) if find(part.mark)}
        keepers = find(keeper_mark(settings))
        kept = {entry["name"] for entry in _read_status(settings).get("parts", ())} if keepers else set()
        attached = {part.name for part in chosen} <= kept
        if not attached:
            for part in chosen:
                if part.name not in living:
                    ports_must_be_free(part)
            for keeper in keepers:  # it cannot learn of more parts; the next one takes over what it leaves
                stop(keeper, keeper_mark(settings), signal.SIGUSR1, 15)
            names = {part.name for part in chosen} | living | kept
            status_file(settings).unlink(missing_ok=True)  # from here on it is the new keeper's word that counts
            _launch(settings, [part.name for part in parts_of(settings) if part.name in names])
        try:
            _wait(settings, chosen, wait_seconds, tell)
        except Unreachable:
            if not keepers and not living:
                _stop_everything(settings)
            raise
    return Running(settings.dsn(), settings.temporal(), settings.console_url(), attached, notes)


def down(settings: Settings) -> tuple[str, ...]:
    """Stops what runs, gracefully, last started first. Returns the names of the parts that ran; empty when none did.

    Raises `Unreachable` when they are another account's.
    """
    if not settings.home.exists():
        return ()
    with _one_command_at_a_time(settings):
        return _stop_everything(settings)


def status(settings: Settings) -> tuple[PartStatus, ...]:
    """Every part of this installation, checked against the processes that live, not only against what was written."""
    written = {entry["name"]: entry for entry in _read_status(settings).get("parts", ())}
    started_here = {part.name for part in parts_of(settings)}
    return tuple(_one_status(part, written.get(part.name), part.name in started_here) for part in every_part(settings))


def is_kept(settings: Settings) -> bool:
    """Whether a keeper stands by to start again what dies."""
    return bool(find(keeper_mark(settings)))


def _one_status(part: Part, entry: dict[str, Any] | None, started_here: bool) -> PartStatus:
    if not started_here:
        return PartStatus(part.name, part.title, "elsewhere", None, part.address, "")
    if entry is None:
        return PartStatus(part.name, part.title, "stopped", None, part.address, "")
    state, pid = entry["state"], entry["pid"]
    if state == "waiting":
        state = "starting"
    if pid is not None and not _is(pid, part):
        state, pid = "dead", None
    return PartStatus(
        *(part.name, part.title, state, pid, entry["address"], entry["since"], entry["note"], entry["deaths"])
    )


def _is(pid: int, part: Part) -> bool:
    try:
        return recognised(psutil.Process(pid), part.mark)
    except psutil.NoSuchProcess:
        return False


def _chosen(settings: Settings, names: Sequence[str] | None) -> tuple[Part, ...]:
    known = [part.name for part in every_part(settings)]
    for name in names or ():
        if name not in known:
            raise BadSetting(f"没有叫 {name} 的部件；可选：{'、'.join(known)}。")
    return tuple(part for part in parts_of(settings) if names is None or part.name in names)


def _make_home(settings: Settings) -> None:
    try:
        # Root lends PostgreSQL another account, which has to pass through; nobody else has to.
        settings.home.mkdir(mode=0o711 if os.geteuid() == 0 else 0o700, parents=True, exist_ok=True)
        for name in ("run", "log"):
            (settings.home / name).mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise Unreachable(
            f"目录 {settings.home} 不能写（{error.strerror}）。请换当初启动它的账号，或用 LOOKBACK_HOME 另选目录。"
        ) from error


@contextmanager
def _one_command_at_a_time(settings: Settings) -> Iterator[None]:
    try:
        lock = (settings.home / "run" / "command.lock").open("w")
    except OSError as error:
        raise Unreachable(
            f"目录 {settings.home} 不能写（{error.strerror}）。请换当初启动它的账号，或用 LOOKBACK_HOME 另选目录。"
        ) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _read_status(settings: Settings) -> dict[str, Any]:
    try:
        found = json.loads(status_file(settings).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _stale(settings: Settings) -> tuple[str, ...]:
    """What a keeper that was killed left written, and what has become of it."""
    written = _read_status(settings)
    if not written or find(keeper_mark(settings)):
        return ()
    notes = [f"上次的看护进程（进程号 {written['keeper']}）没有正常结束。"]
    titles = {part.name: part for part in every_part(settings)}
    for entry in written["parts"]:
        part, pid = titles[entry["name"]], entry["pid"]
        if pid is None:
            continue
        if _is(pid, part):
            notes.append(f"{part.title}（进程号 {pid}）仍在运行，由新的看护进程接管。")
        elif psutil.pid_exists(pid):
            notes.append(f"{part.title}的进程记录已过期：进程号 {pid} 现在属于别的程序，不予理会，重新启动。")
        else:
            notes.append(f"{part.title}的进程记录已过期：进程号 {pid} 已不存在，重新启动。")
    return tuple(notes)


def _launch(settings: Settings, names: list[str]) -> None:
    started = subprocess.run(  # noqa: S603 - ourselves, and names of parts
        keeper_argv(settings, names),
        cwd=ROOT,
        env=settings.for_parts(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if started.returncode != 0:
        raise Unreachable(f"看护进程没有启动：{started.stderr.strip()[-500:]}")


def _wait(settings: Settings, chosen: tuple[Part, ...], seconds: float, tell: Callable[[str], None]) -> None:
    end = time.monotonic() + seconds
    told: set[str] = set()
    wanted = {part.name for part in chosen}
    while True:
        states = [state for state in status(settings) if state.name in wanted]
        for state in states:
            if state.state == "running" and state.name not in told:
                told.add(state.name)
                tell(f"{state.title} 已就绪" + (f"（{state.address}）" if state.address else ""))
        waiting = [state for state in states if state.state != "running"]
        if not waiting:
            return
        for state in waiting:
            if state.deaths >= _DEATHS_THAT_TELL:
                raise Unreachable(f"{state.title}起不来：{state.note}{_last_words(settings, state.name)}")
        if time.monotonic() > end:
            raise Unreachable(
                f"等了 {seconds:.0f} 秒，{waiting[0].title}仍未就绪。{_last_words(settings, waiting[0].name)}"
            )
        if not find(keeper_mark(settings)) and time.monotonic() > end - seconds + 5:
            raise Unreachable(f"看护进程意外结束。{_last_words(settings, 'keeper-errors')}")
        time.sleep(0.1)


def _last_words(settings: Settings, name: str) -> str:
    path = settings.home / "log" / f"{name}.log"
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except OSError:
        return ""
    return f"\n日志 {path} 的最后几行：\n" + "\n".join(f"  {line[:300]}" for line in lines[-5:]) if lines else ""


def _stop_everything(settings: Settings) -> tuple[str, ...]:
    parts = every_part(settings)
    running = tuple(part.name for part in parts if find(part.mark))
    patience = sum(part.stop_seconds for part in parts) + 10
    for keeper in find(keeper_mark(settings)):
        stop(keeper, keeper_mark(settings), signal.SIGTERM, patience)
    for part in reversed(parts):  # what a killed keeper left behind
        for process in find(part.mark):
            stop(process, part.mark, part.stop_signal, part.stop_seconds)
    status_file(settings).unlink(missing_ok=True)
    if settings.socket_directory().parent != settings.home:
        with suppress(OSError):
            settings.socket_directory().rmdir()
    return running
