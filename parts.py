"""What one machine runs: PostgreSQL and Temporal from wheels, then the programs of this house. Each part is data.

The keeper knows nothing of PostgreSQL or Temporal; it starts, watches and stops what stands in `every_part`.
"""

from __future__ import annotations

import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from cluster import Cluster
from settings import Settings, Unreachable

ROOT = Path(__file__).resolve().parent
# Every list of cases a person makes in Temporal's pages is by these; they hold no personal data.
SEARCH_ATTRIBUTES = ("City", "Stage", "Batch")


@dataclass(frozen=True)
class Part:
    """One process that runs for an installation, and how to tell, start and stop it."""

    name: str
    title: str
    """What people call it, in Chinese."""
    address: str
    argv: tuple[str, ...]
    mark: tuple[str, ...]
    """Arguments that only this part of this installation has: a process is recognised by them, never by its pid."""
    ready: Callable[[float], bool]
    """Whether it serves, given the seconds since it was started."""
    prepare: Callable[[], None] = lambda: None
    """What has to be true before each start. Raises `Unreachable` with what to do."""
    ports: tuple[tuple[int, str], ...] = ()
    """The ports it listens at on loopback, each with the setting that changes it."""
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 15
    """How long it may take to put its things away before it is killed."""
    account: Callable[[], int | None] = lambda: None
    """The uid it runs under, when that is not ours."""
    cwd: Path = ROOT


def every_part(settings: Settings) -> tuple[Part, ...]:
    """All parts that could run on this machine, in the order in which they start."""
    return (
        _postgres(settings),
        _temporal(settings),
        _program(settings.home, "worker", "工作进程", "worker"),
        _program(settings.home, "projector", "投影进程", "projections.run"),
        _console(settings),
    )


def parts_of(settings: Settings) -> tuple[Part, ...]:
    """The parts this installation starts: all but those whose address in the settings says that they run elsewhere."""
    elsewhere = {"postgres"} if settings.database_url else set()
    elsewhere |= {"temporal"} if settings.temporal_address else set()
    return tuple(part for part in every_part(settings) if part.name not in elsewhere)


def ports_must_be_free(part: Part) -> None:
    """Raises `Unreachable` naming the port that somebody else holds, and the setting that changes ours."""
    for port, setting in part.ports:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError as error:
                raise Unreachable(
                    f"{part.title}要用的端口 {port} 已被别的程序占用。请停掉那个程序，或换一个端口，例如："
                    f"export {setting}={port + 1 if port < 65535 else 60000}"
                ) from error


def free_ports(count: int) -> list[int]:
    """Ports nobody listens at just now, for a second installation beside the first (a test's, a demo's)."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def _postgres(settings: Settings) -> Part:
    cluster = Cluster.of(settings)
    return Part(
        name="postgres",
        title="PostgreSQL",
        address=_without_password(settings.dsn()),
        argv=cluster.argv(),
        mark=("-D", str(cluster.data), "listen_addresses="),  # pg_ctl and the like name the folder too
        ready=lambda _: cluster.serves(),
        prepare=cluster.prepare,
        # "fast": it ends the sessions and writes a checkpoint; SIGTERM would wait for every client to leave.
        stop_signal=signal.SIGINT,
        stop_seconds=30,
        account=cluster.account,
        cwd=Path("/"),
    )


def _temporal(settings: Settings) -> Part:
    database = settings.home / "temporal" / "temporal.db"
    binary = shutil.which("temporal", path=sysconfig.get_path("scripts")) or "temporal"
    # synchronous=FULL keeps what Temporal has answered for even when the power goes; NORMAL may lose the last moments.
    # Measured with 150 workflows of five updates under 20 callers: 59 and 47 updates/s with NORMAL, 51 and 38 with
    # FULL. A sixth of the speed is a fair price for not having to rebuild the workflows after a power cut.
    pragmas = ("--sqlite-pragma", "journal_mode=WAL", "--sqlite-pragma", "synchronous=FULL")
    attributes = tuple(word for name in SEARCH_ATTRIBUTES for word in ("--search-attribute", f"{name}=Keyword"))
    address = f"127.0.0.1:{settings.temporal_port}"

    def prepare() -> None:
        if not Path(binary).is_absolute():
            raise Unreachable("找不到 temporal 程序：请重新安装依赖（make clean && make demo）。")
        database.parent.mkdir(mode=0o700, parents=True, exist_ok=True)

    return Part(
        name="temporal",
        title="Temporal",
        address=address,
        argv=(
            *(binary, "server", "start-dev", "--db-filename", str(database), "--log-level", "warn"),
            *("--ip", "127.0.0.1", "--port", str(settings.temporal_port)),
            *("--ui-ip", "127.0.0.1", "--ui-port", str(settings.temporal_ui_port), "--ui-disable-news-fetch"),
            *("--namespace", settings.temporal_namespace),
            *pragmas,
            *attributes,
            # A rehearsal moves each workflow's own clock; nobody's clock moves by itself.
            *("--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"),
            # Timers are looked for at this interval, a second by default, and so often in a second, twenty times by
            # default: a clock that was moved would wait for both at each of its timers.
            *("--dynamic-config-value", 'history.timerProcessorMaxTimeShift="10ms"'),
            *("--dynamic-config-value", "history.timerProcessorMaxPollRPS=1000"),
        ),
        mark=("start-dev", str(database)),
        ready=lambda _: _listens(settings.temporal_port) and _knows_search_attributes(binary, address, settings),
        prepare=prepare,
        ports=(
            (settings.temporal_port, "LOOKBACK_TEMPORAL_PORT"),
            (settings.temporal_ui_port, "LOOKBACK_TEMPORAL_UI_PORT"),
        ),
        cwd=settings.home,
    )


def _program(home: Path, name: str, title: str, module: str) -> Part:
    def prepare() -> None:
        if find_spec(module) is None:
            raise Unreachable(f"找不到程序 {module}：请在项目的虚拟环境里运行（.venv/bin/lookback）。")

    return Part(
        name=name,
        title=title,
        address="",
        # -X keeps the option to itself; it lets ps, and the next keeper, tell whose worker this is.
        argv=(sys.executable, "-X", f"lookback={home}", "-m", module),
        mark=(f"lookback={home}", module),
        # It has no port to ask at. One that cannot work ends in its first second: at an import, or at a connection.
        ready=lambda seconds: seconds >= 1,
        prepare=prepare,
    )


def _console(settings: Settings) -> Part:
    program = _program(settings.home, "console", "网页", "console.app")
    return Part(
        name=program.name,
        title=program.title,
        address=settings.console_url(),
        argv=program.argv,
        mark=program.mark,
        ready=lambda _: _listens(settings.console_port),
        prepare=program.prepare,
        ports=((settings.console_port, "LOOKBACK_CONSOLE_PORT"),),
    )


def _without_password(url: str) -> str:
    return re.sub(r"(//[^/@:]*):[^/@]*@", r"\1@", url)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _knows_search_attributes(binary: str, address: str, settings: Settings) -> bool:
    """They are registered a moment after the server answers; a workflow started in between would be refused."""
    asked = subprocess.run(  # noqa: S603 - the wheel's own program
        (
            *(binary, "operator", "search-attribute", "list", "--address", address),
            *("--namespace", settings.temporal_namespace, "--command-timeout", "3s"),
        ),
        capture_output=True,
        text=True,
        env={name: value for name, value in settings.for_parts().items() if not name.startswith("TEMPORAL_")},
        check=False,
    )
    return asked.returncode == 0 and all(name in asked.stdout.split() for name in SEARCH_ATTRIBUTES)
