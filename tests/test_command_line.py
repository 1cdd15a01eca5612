"""Every failure at the command line is a sentence and an exit status, never a stack trace."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import psycopg
import pytest
import sqlalchemy
import typer
from eventsourcing.persistence import OperationalError
from temporalio.client import Client

import embedded
from cli import main
from domain.rejections import OpenQuestion, Rejection


@pytest.fixture
def command_line(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LOOKBACK_HOME", str(tmp_path / "home"))


def raising(error: Exception) -> Callable[[str], typer.Typer]:
    """A command line with one command, ``do``, that fails as a room of `cli/` may."""

    def do(as_json: bool = typer.Option(False, "--json")) -> None:
        raise error

    def application(word: str) -> typer.Typer:
        app = typer.Typer()
        app.command("do")(do)
        app.callback()(lambda: None)
        return app

    return application


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (
            Rejection("contract_must_be_signed", "合同未签。", "大连方案 五(一)1"),
            3,
            "合同未签。\n依据：大连方案 五(一)1",
        ),
        (OpenQuestion("notice.days", "公示几天"), 4, "待定口径：公示几天"),
    ],
)
def test_a_refusal_is_told_with_its_clause_and_for_programs_as_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Rejection, status: int, words: str
) -> None:
    monkeypatch.setattr(main, "application", raising(error))

    assert main.main(["do"]) == status
    told = capsys.readouterr()
    assert words in told.err
    assert error.refusal.rule in told.err
    assert told.out == ""

    assert main.main(["do", "--json"]) == status
    refusal = json.loads(capsys.readouterr().out)["refusal"]
    assert refusal == {
        "rule": error.refusal.rule,
        "sentence": error.refusal.sentence,
        "clause": error.refusal.clause,
        "open_question": error.refusal.open_question,
    }


def test_a_fault_of_the_program_is_not_dressed_up_as_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(main, "application", raising(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        main.main(["do"])


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("nope", "没有命令 nope。用法见：lookback --help"),
        ("up --fast", "没有选项 --fast。用法见：lookback up --help"),
        ("up --only", "选项 --only 后面要有值。"),
        ("up postgres", "多出的参数：postgres。"),
        ("up --only postgers", "没有叫 postgers 的部件"),
        ("workdays add", "缺少 DATE。"),
    ],
)
@pytest.mark.usefixtures("command_line")
def test_a_wrong_command_line_is_told_in_words(capsys: pytest.CaptureFixture[str], line: str, words: str) -> None:
    assert main.main(line.split()) == 2
    told = capsys.readouterr()
    assert words in told.err
    assert told.out == ""


@pytest.mark.usefixtures("command_line")
def test_a_bad_setting_is_a_wrong_usage(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("LOOKBACK_CONSOLE_PORT", "eighty")
    assert main.main(["status"]) == 2
    assert "LOOKBACK_CONSOLE_PORT=eighty" in capsys.readouterr().err


@pytest.mark.usefixtures("command_line")
def test_nothing_runs_is_no_failure(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["down"]) == 0
    assert capsys.readouterr().out == "没有在运行的部件。\n"
    assert main.main(["status", "--json"]) == 0
    status = json.loads(capsys.readouterr().out)
    assert not status["kept"]
    assert {part["state"] for part in status["parts"]} == {"stopped"}


@pytest.mark.usefixtures("command_line")
def test_a_busy_port_is_exit_status_5(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        busy = other.getsockname()[1]
        free, pages = embedded.free_ports(2)
        for name, port in (("TEMPORAL", busy), ("TEMPORAL_UI", pages), ("CONSOLE", free)):
            monkeypatch.setenv(f"LOOKBACK_{name}_PORT", str(port))
        assert main.main(["up", "--only", "temporal"]) == 5
    assert f"export LOOKBACK_TEMPORAL_PORT={busy + 1}" in capsys.readouterr().err


def reach_postgresql() -> None:
    psycopg.connect("host=127.0.0.1 port=1 dbname=lookback connect_timeout=2")


def reach_postgresql_by_sqlalchemy() -> None:
    sqlalchemy.create_engine("postgresql://u@/x?host=/nonexistent").connect()


def reach_postgresql_by_the_recorder() -> None:
    try:
        reach_postgresql()
    except psycopg.Error as error:
        raise OperationalError(error) from error


def reach_temporal() -> None:
    asyncio.run(Client.connect("127.0.0.1:1"))


@pytest.mark.parametrize(
    ("reach", "part"),
    [
        (reach_postgresql, "PostgreSQL"),
        (reach_postgresql_by_sqlalchemy, "PostgreSQL"),
        (reach_postgresql_by_the_recorder, "PostgreSQL"),
        (reach_temporal, "Temporal"),
    ],
)
def test_a_part_that_does_not_answer_is_named_with_what_to_do(reach: Callable[[], None], part: str) -> None:
    with pytest.raises(Exception) as unreachable:  # noqa: PT011 - each driver has an error of its own
        reach()
    told = main.explain(unreachable.value)
    assert told is not None
    status, refusal = told
    assert status == 5
    assert refusal.sentence.startswith(f"连接不上 {part}（")
    assert "lookback up" in refusal.sentence


def test_an_error_in_a_query_is_not_taken_for_an_unreachable_database() -> None:
    assert main.explain(psycopg.errors.LockNotAvailable()) is None
    assert main.explain(psycopg.errors.UndefinedTable()) is None


def test_a_missing_file_is_named() -> None:
    told = main.explain(FileNotFoundError(2, "No such file", "名册.xlsx"))
    assert told is not None
    assert told[0] == 2
    assert told[1].sentence == "名册.xlsx：没有这个文件或目录"


def test_each_room_mounts_the_words_it_is_opened_for() -> None:
    for room, words in main.ROOMS.items():
        app = typer.Typer()
        import_module(f"cli.{room}").register(app)
        mounted = typer.main.get_group(app).commands
        assert set(mounted) == set(words), room


def test_without_a_known_word_every_command_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["--help"]) == 0
    told = capsys.readouterr().out
    assert all(f" {word} " in told for words in main.ROOMS.values() for word in words)
    assert main.main(["casse"]) == 2
    assert "casse" in capsys.readouterr().err
