"""PostgreSQL and Temporal on one machine: what is written stays, whatever is killed, and nothing is left behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import psycopg
import pytest
import sqlalchemy
from temporalio.client import Client

import embedded
from keeper import find, keeper_argv, keeper_mark, status_file
from parts import every_part, parts_of
from settings import BadSetting, Settings, Unreachable

SERVERS = ("postgres", "temporal")


def settings_for(home: Path) -> Settings:
    console, temporal, pages = embedded.free_ports(3)
    return Settings(home=home, console_port=console, temporal_port=temporal, temporal_ui_port=pages)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    settings = settings_for(tmp_path_factory.mktemp("machine") / "一个 home")
    try:
        yield settings
    finally:
        embedded.down(settings)


@pytest.fixture
def machine(installation: Settings) -> Settings:
    """An installation whose two servers run, whatever the test before did to it."""
    embedded.up(installation, SERVERS)
    return installation


def pids(settings: Settings) -> dict[str, int | None]:
    return {part.name: part.pid for part in embedded.status(settings) if part.name in SERVERS}


def processes_of(settings: Settings) -> list[psutil.Process]:
    """Every process that bears home in its command line or works in it: ours, by another way than the keeper's own."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(settings.home) in " ".join(process.cmdline()) or process.cwd().startswith(str(settings.home)):
                found.append(process)
        except psutil.Error:
            continue
    return found


def wait_for(what: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def kill(settings: Settings, name: str) -> None:
    """Kills a part with SIGKILL and waits until another process serves in its place."""
    pid = pids(settings)[name]
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: pids(settings)[name] not in (None, pid) and all_running(settings))


def all_running(settings: Settings) -> bool:
    return all(part.state == "running" for part in embedded.status(settings) if part.name in SERVERS)


def write_row(settings: Settings, text: str) -> None:
    with psycopg.connect(settings.dsn()) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (text text)")
        connection.execute("INSERT INTO kept VALUES (%s)", (text,))


def rows(settings: Settings) -> list[str]:
    with psycopg.connect(settings.dsn()) as connection:
        return [row[0] for row in connection.execute("SELECT text FROM kept")]


async def start_workflow(settings: Settings, name: str) -> None:
    client = await Client.connect(settings.temporal())
    await client.start_workflow("Nobody", id=name, task_queue="nobody")


async def workflow_status(settings: Settings, name: str) -> str:
    client = await Client.connect(settings.temporal())
    status = (await client.get_workflow_handle(name).describe()).status
    assert status is not None
    return status.name


def test_each_part_says_where_it_is_and_libpq_and_sqlalchemy_read_the_same_address(machine: Settings) -> None:
    running = embedded.up(machine, SERVERS)
    with psycopg.connect(running.database_url) as connection:
        assert connection.execute("SHOW server_encoding").fetchone() == ("UTF8",)
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
    engine = sqlalchemy.create_engine(running.database_url)
    with engine.connect() as sql:
        assert sql.execute(sqlalchemy.text("SELECT current_database()")).scalar() == "lookback"
    engine.dispose()
    assert running.temporal_address == f"127.0.0.1:{machine.temporal_port}"
    assert {part.name: part.state for part in embedded.status(machine)} == {
        "postgres": "running",
        "temporal": "running",
        "worker": "stopped",
        "projector": "stopped",
        "console": "stopped",
    }


def test_a_second_up_attaches(machine: Settings) -> None:
    before = pids(machine)
    again = embedded.up(machine, SERVERS)
    assert again.attached
    assert again.notes == ()
    assert pids(machine) == before


async def test_down_and_up_keep_what_was_written(machine: Settings) -> None:
    write_row(machine, "before down")
    await start_workflow(machine, "before-down")

    assert embedded.down(machine) == SERVERS
    assert processes_of(machine) == []
    assert embedded.down(machine) == ()

    assert not embedded.up(machine, SERVERS).attached
    assert "before down" in rows(machine)
    assert await workflow_status(machine, "before-down") == "RUNNING"


def test_a_killed_postgresql_comes_back_with_the_data(machine: Settings) -> None:
    write_row(machine, "before kill")
    kill(machine, "postgres")
    assert "before kill" in rows(machine)


async def test_a_killed_temporal_comes_back_with_the_workflows(machine: Settings) -> None:
    await start_workflow(machine, "before-kill")
    kill(machine, "temporal")
    assert await workflow_status(machine, "before-kill") == "RUNNING"


def test_when_the_keeper_is_killed_the_next_one_takes_over_what_lives(machine: Settings) -> None:
    before = pids(machine)
    (keeper,) = find(keeper_mark(machine))
    keeper.kill()
    wait_for(lambda: find(keeper_mark(machine)) == [])
    assert pids(machine) == before, "the parts live on without their keeper"

    taken_over = embedded.up(machine, SERVERS)

    assert not taken_over.attached
    assert sum("接管" in note for note in taken_over.notes) == 2
    assert pids(machine) == before
    kill(machine, "temporal")  # and it is watched again


def test_parts_without_a_keeper_are_stopped_too(machine: Settings) -> None:
    (keeper,) = find(keeper_mark(machine))
    keeper.kill()
    wait_for(lambda: find(keeper_mark(machine)) == [])
    assert embedded.down(machine) == SERVERS
    assert processes_of(machine) == []


def test_pids_that_now_belong_to_other_programs_are_recognised_and_left_alone(machine: Settings) -> None:
    write_row(machine, "before the power cut")
    data = machine.home / "postgres" / "data"
    cut = [*find(keeper_mark(machine)), *(psutil.Process(pid) for pid in pids(machine).values() if pid)]
    for process in cut:
        process.kill()
    wait_for(lambda: not processes_of(machine))
    # After a restart of the machine the numbers that were written down are somebody else's.
    owner = data.stat().st_uid
    stranger = subprocess.Popen(["sleep", "300"], user=owner if os.geteuid() == 0 else None)
    try:
        written = json.loads(status_file(machine).read_text())
        for part in written["parts"]:
            part["pid"] = stranger.pid
        status_file(machine).write_text(json.dumps(written))
        lock = data / "postmaster.pid"
        lock.write_text("\n".join([str(stranger.pid), *lock.read_text().split("\n")[1:]]))
        assert pids(machine) == {"postgres": None, "temporal": None}

        back = embedded.up(machine, SERVERS)

        assert sum(f"进程号 {stranger.pid} 现在属于别的程序" in note for note in back.notes) == 2
        assert "before the power cut" in rows(machine)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_more_parts_join_what_runs_already(installation: Settings) -> None:
    embedded.down(installation)
    embedded.up(installation, ("postgres",))
    first = pids(installation)
    assert first["temporal"] is None
    embedded.up(installation, ("temporal",))
    assert pids(installation)["postgres"] == first["postgres"]
    assert all_running(installation)


def test_a_busy_port_is_said_with_its_setting_and_nothing_is_started(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        settings = replace(settings_for(tmp_path / "home"), temporal_port=port)
        with pytest.raises(Unreachable, match=rf"端口 {port} 已被别的程序占用.*LOOKBACK_TEMPORAL_PORT"):
            embedded.up(settings, SERVERS)
    assert processes_of(settings) == []


def test_a_part_that_cannot_start_is_said_with_its_last_words_and_nothing_goes_on_running(tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "home")
    (settings.home / "temporal").mkdir(parents=True)
    (settings.home / "temporal" / "temporal.db").write_bytes(b"no database at all" * 1000)
    with pytest.raises(Unreachable, match=r"(?s)Temporal起不来.*not a database"):
        embedded.up(settings, SERVERS)
    assert processes_of(settings) == []


def test_a_home_too_deep_for_a_socket_works(tmp_path: Path) -> None:
    settings = settings_for(tmp_path / ("deep" * 20) / ("deeper" * 10))
    try:
        running = embedded.up(settings, ("postgres",))
        assert "host=%2Ftmp%2Flookback-" in running.database_url
        with psycopg.connect(running.database_url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        embedded.down(settings)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_root_opens_a_copy_of_the_data_that_belongs_to_root(installation: Settings, tmp_path: Path) -> None:
    embedded.up(installation, ("postgres",))
    write_row(installation, "copied")
    embedded.down(installation)
    copy = settings_for(tmp_path / "copy")
    subprocess.run(["cp", "-r", str(installation.home), str(copy.home)], check=True)
    try:
        embedded.up(copy, ("postgres",))
        assert "copied" in rows(copy)
    finally:
        embedded.down(copy)


def test_parts_with_an_address_of_their_own_are_not_started_here(tmp_path: Path) -> None:
    settings = replace(
        settings_for(tmp_path),
        database_url="postgresql://somebody@elsewhere/lookback",
        temporal_address="elsewhere:7233",
    )
    assert [part.name for part in parts_of(settings)] == ["worker", "projector", "console"]
    assert {part.name: part.state for part in embedded.status(settings)}["postgres"] == "elsewhere"


def test_an_unknown_part_is_a_wrong_usage(tmp_path: Path) -> None:
    settings = settings_for(tmp_path / "home")
    with pytest.raises(BadSetting, match="没有叫 postgers 的部件；可选：postgres、temporal"):
        embedded.up(settings, ("postgers",))
    assert not settings.home.exists()


def test_no_two_processes_of_one_or_two_installations_are_mistaken_for_each_other(tmp_path: Path) -> None:
    argvs, marks = [], []
    for home in ("one", "one/two"):
        settings = settings_for(tmp_path / home)
        for part in every_part(settings):
            argvs += [part.argv, keeper_argv(settings, [part.name])]
            marks.append((part.mark, [part.argv]))
        keepers = [keeper_argv(settings, [part.name]) for part in every_part(settings)]
        marks.append((keeper_mark(settings), keepers))
    for mark, meant in marks:
        assert [argv for argv in argvs if all(word in argv for word in mark)] == meant
