"""Where this installation keeps its state and where its parts listen: the environment, read once, as one frozen value.

No other module reads the environment. A bad value is refused here, in words, before anything is started.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

# The kernel allows 108 bytes for the path of a unix socket; ".s.PGSQL.5432" and the final zero are part of it.
_LONGEST_SOCKET_DIRECTORY = 90
_LOG_LEVELS = ("debug", "info", "warning", "error")


class BadSetting(Exception):  # noqa: N818 - read as a sentence where it is raised and caught
    """An environment variable holds what it cannot mean. Exit status 2; nothing was started."""


class Unreachable(Exception):  # noqa: N818 - the word for exit status 5
    """A part of this installation does not answer or cannot be started: what is wrong and what to do, in Chinese."""


@dataclass(frozen=True)
class Settings:
    """One installation. Addresses left empty mean the parts this machine starts itself (``lookback up``)."""

    home: Path = Path(".lookback")
    """LOOKBACK_HOME: the one folder that holds all state."""
    database_url: str = ""
    """LOOKBACK_DATABASE_URL: a PostgreSQL of your own; empty for the embedded one."""
    temporal_address: str = ""
    """LOOKBACK_TEMPORAL_ADDRESS: host:port of a Temporal of your own; empty for the embedded one."""
    temporal_namespace: str = "default"
    """LOOKBACK_TEMPORAL_NAMESPACE."""
    task_queue: str = "lookback"
    console_port: int = 8080
    """LOOKBACK_CONSOLE_PORT."""
    console_host: str = "127.0.0.1"
    """LOOKBACK_CONSOLE_HOST: loopback, unless a container or a reverse proxy stands in front."""
    temporal_port: int = 7233
    """LOOKBACK_TEMPORAL_PORT: of the embedded Temporal."""
    temporal_ui_port: int = 8233
    """LOOKBACK_TEMPORAL_UI_PORT: of the embedded Temporal's pages."""
    overlays: tuple[str, ...] = ()
    """LOOKBACK_OVERLAYS: overlays of assumptions laid over the packs, by name, comma-separated. A rehearsal's, never a
    city's."""
    log_level: str = "info"
    """LOOKBACK_LOG_LEVEL: debug, info, warning or error."""

    def __post_init__(self) -> None:
        # One spelling of home: processes are recognised, and the socket is found, by the path.
        object.__setattr__(self, "home", self.home.expanduser().resolve())

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """The settings this process was started with. Raises `BadSetting` naming the variable and what it may hold."""

        def text(name: str, default: str) -> str:
            return environ.get(f"LOOKBACK_{name}", "").strip() or default

        level = text("LOG_LEVEL", cls.log_level).lower()
        if level not in _LOG_LEVELS:
            raise BadSetting(f"LOOKBACK_LOG_LEVEL={level}：日志级别只能是 {'、'.join(_LOG_LEVELS)}。")
        settings = cls(
            home=Path(text("HOME", str(cls.home))),
            database_url=_database_url(text("DATABASE_URL", "")),
            temporal_address=_address(text("TEMPORAL_ADDRESS", "")),
            temporal_namespace=text("TEMPORAL_NAMESPACE", cls.temporal_namespace),
            console_port=_port("LOOKBACK_CONSOLE_PORT", text("CONSOLE_PORT", str(cls.console_port))),
            console_host=text("CONSOLE_HOST", cls.console_host),
            temporal_port=_port("LOOKBACK_TEMPORAL_PORT", text("TEMPORAL_PORT", str(cls.temporal_port))),
            temporal_ui_port=_port("LOOKBACK_TEMPORAL_UI_PORT", text("TEMPORAL_UI_PORT", str(cls.temporal_ui_port))),
            overlays=tuple(name for name in (part.strip() for part in text("OVERLAYS", "").split(",")) if name),
            log_level=level,
        )
        settings.check_ports()
        return settings

    def check_ports(self) -> None:
        """Raises `BadSetting` when two parts of this machine are to listen at one port."""
        ports = {"LOOKBACK_CONSOLE_PORT": self.console_port}
        if not self.temporal_address:
            ports |= {"LOOKBACK_TEMPORAL_PORT": self.temporal_port, "LOOKBACK_TEMPORAL_UI_PORT": self.temporal_ui_port}
        names: dict[int, str] = {}
        for name, port in ports.items():
            if port in names:
                raise BadSetting(f"{names[port]} 与 {name} 都是 {port}：请改其中一个。")
            names[port] = name

    def dsn(self) -> str:
        """The PostgreSQL everybody uses, as libpq, psycopg and SQLAlchemy all read it."""
        if self.database_url:
            return self.database_url
        # The port stands there because a PGPORT in somebody's shell would otherwise change the socket's name.
        return f"postgresql://postgres@/lookback?host={quote(str(self.socket_directory()), safe='')}&port=5432"

    def temporal(self) -> str:
        """host:port of the Temporal everybody uses."""
        return self.temporal_address or f"127.0.0.1:{self.temporal_port}"

    def console_url(self) -> str:
        """The console's first page, as one types it on this machine."""
        return f"http://127.0.0.1:{self.console_port}/"

    def socket_directory(self) -> Path:
        """Where the embedded PostgreSQL's socket lies: beside its data, or under /tmp when home is too deep for one."""
        beside = self.home / "postgres"
        if len(os.fsencode(beside)) <= _LONGEST_SOCKET_DIRECTORY:
            return beside
        # /tmp, not the TMPDIR of the day: each program has to find the same place from home alone.
        return Path("/tmp") / f"lookback-{hashlib.sha256(os.fsencode(beside)).hexdigest()[:16]}"  # noqa: S108 - a socket's path must be short

    def for_parts(self, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
        """The environment of the programs this installation starts: as ours, with every address spelled out."""
        # Temporal's server by its own habit collects garbage whenever the little it holds has doubled; a city fits.
        return (
            {"GOGC": "400"}
            | dict(environ)
            | {
                "LOOKBACK_HOME": str(self.home),
                "LOOKBACK_DATABASE_URL": self.database_url,
                "LOOKBACK_TEMPORAL_ADDRESS": self.temporal_address,
                "LOOKBACK_TEMPORAL_NAMESPACE": self.temporal_namespace,
                "LOOKBACK_CONSOLE_PORT": str(self.console_port),
                "LOOKBACK_CONSOLE_HOST": self.console_host,
                "LOOKBACK_TEMPORAL_PORT": str(self.temporal_port),
                "LOOKBACK_TEMPORAL_UI_PORT": str(self.temporal_ui_port),
                "LOOKBACK_OVERLAYS": ",".join(self.overlays),
                "LOOKBACK_LOG_LEVEL": self.log_level,
            }
        )


def _port(name: str, value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) <= 5 and 1 <= int(value) <= 65535):
        raise BadSetting(f"{name}={value}：端口须是 1 到 65535 的整数。")
    return int(value)


def _address(value: str) -> str:
    if not value:
        return ""
    host, colon, port = value.rpartition(":")
    if not (host and colon):
        raise BadSetting(f"LOOKBACK_TEMPORAL_ADDRESS={value}：须写成 主机：端口，例如 127.0.0.1:7233。")
    _port("LOOKBACK_TEMPORAL_ADDRESS", port)
    return value


def _database_url(value: str) -> str:
    # The value itself is not repeated: it may carry a password.
    if value and not value.startswith(("postgresql://", "postgres://")):
        raise BadSetting("LOOKBACK_DATABASE_URL：须写成 postgresql://用户@主机：端口/库名。")
    return value.replace("postgres://", "postgresql://", 1) if value.startswith("postgres://") else value
