"""The `lookback` command: mounts the rooms of `cli/` and turns every refusal into a sentence and an exit status.

0 done · 2 wrong usage · 3 refused by a rule · 4 an open question in the pack · 5 a part is unreachable.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib import import_module
from io import TextIOWrapper
from typing import Any, Final

import structlog
import typer
from typer import rich_utils
from typer.exceptions import TyperException

from domain.rejections import Refusal, Rejection
from settings import BadSetting, Unreachable

ROOMS: Final[Mapping[str, tuple[str, ...]]] = {
    "service": ("up", "down", "status"),
    "demo": ("demo", "rehearse"),
    "case": ("case", "explain"),
    "roster": ("roster",),
    "packs": ("packs",),
    "workdays": ("workdays",),
    "calc": ("estimate",),
    "level": ("level",),
    "office": ("batch",),
    "fund": ("fund",),
    "payout": ("payout",),
    "notice": ("notice",),
    "provider": ("provider",),
    "products": ("products",),
    "exclusions": ("exclusions",),
    "rebuild": ("rebuild",),
}
"""The modules of `cli/` with the words that each mounts by its function ``register(app)``. The drivers behind some take
longer to load than the others take to answer, so only the room that was asked for is opened."""

_START_FIRST = "请先运行 lookback up；若用自己的服务，请检查 LOOKBACK_DATABASE_URL 与 LOOKBACK_TEMPORAL_ADDRESS。"


def run() -> None:
    """The console script."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a character shall not stop the command
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # standard output is the answer
    sys.exit(main(sys.argv[1:]))


def main(arguments: Sequence[str]) -> int:
    """Runs one command line and returns its exit status. Only a fault of the program itself raises."""
    try:
        command = typer.main.get_command(application(arguments[0] if arguments else ""))
        _help_in_chinese(command)
        status = command(list(arguments), prog_name="lookback", standalone_mode=False)
        return status if isinstance(status, int) else 0
    except (KeyboardInterrupt, typer.Abort):
        typer.echo("已中断。", err=True)
        return 130
    except BrokenPipeError:
        # Who read us has gone (`lookback … | head`); nothing is left to say, and nowhere to say it.
        sys.stdout = None
        return 1
    except Exception as error:
        told = explain(error)
        if told is None:
            raise
        status, refusal = told
        typer.echo(_for_people(refusal), err=True)
        if "--json" in arguments:
            typer.echo(json.dumps({"refusal": asdict(refusal)}, ensure_ascii=False))
        return status


def application(word: str = "") -> typer.Typer:
    """The commands of the room in which this word is mounted, of all rooms where none is; their help in Chinese."""
    rich_utils.ARGUMENTS_PANEL_TITLE = "参数"
    rich_utils.OPTIONS_PANEL_TITLE = "选项"
    rich_utils.COMMANDS_PANEL_TITLE = "命令"
    rich_utils.DEFAULT_STRING = "[默认：{}]"
    rich_utils.REQUIRED_LONG_STRING = "[必填]"
    app = typer.Typer(
        name="lookback",
        help="回头看：中小企业数字化转型城市试点，从遴选到回头看，一企一档，全程留痕。",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(lambda: None)  # or a room of one command would swallow that command's name
    for room in [room for room, words in ROOMS.items() if word in words] or ROOMS:
        import_module(f"cli.{room}").register(app)
    return app


def _help_in_chinese(command: Any) -> None:
    """The library knows one sentence for --help, an English one; it is replaced in the whole tree of commands."""
    option = command.get_help_option(command.context_class(command))
    if option is not None:
        option.help = "显示这段说明后退出。"
    for child in getattr(command, "commands", {}).values():
        _help_in_chinese(child)


def explain(error: Exception) -> tuple[int, Refusal] | None:
    """The exit status and the words for an error that is the user's or the machine's; None for a fault of ours."""
    match error:
        case Rejection():  # one that comes back from the engine has lost its class, but not what it says
            return 4 if error.refusal.open_question else 3, error.refusal
        case BadSetting():
            return 2, Refusal("setting_must_be_readable", str(error))
        case TyperException():
            return 2, Refusal("command_line_must_be_readable", _usage(error))
        case Unreachable():
            return 5, Refusal("part_must_be_reachable", str(error))
    if part := _unreachable(error):
        detail = (str(error).strip().splitlines() or [""])[0][:200]
        return 5, Refusal("part_must_be_reachable", f"连接不上 {part}（{detail}）。{_START_FIRST}")
    if isinstance(error, OSError) and error.filename:
        return 2, Refusal("file_must_be_usable", f"{error.filename}：{_OS_ERRORS.get(type(error), error.strerror)}")
    return None


_OS_ERRORS: dict[type[BaseException], str] = {
    FileNotFoundError: "没有这个文件或目录",
    PermissionError: "当前账号没有权限",
    IsADirectoryError: "这是目录，不是文件",
    NotADirectoryError: "路径中间有一段不是目录",
    FileExistsError: "已经存在",
}


def _unreachable(error: BaseException) -> str:
    """The name of the part a driver could not reach; empty for any other error.

    The drivers are heavy, and one that was never imported has raised nothing: only what is loaded is asked.
    """
    loaded = sys.modules
    if (alchemy := loaded.get("sqlalchemy.exc")) and isinstance(error, alchemy.DBAPIError):
        return _unreachable(error.orig) if error.orig is not None else ""
    if (recorder := loaded.get("eventsourcing.persistence")) and isinstance(error, recorder.PersistenceError):
        return _unreachable(error.__cause__) if error.__cause__ is not None else ""
    if (pool := loaded.get("psycopg_pool")) and isinstance(error, pool.PoolTimeout):
        return "PostgreSQL"
    if (psycopg := loaded.get("psycopg")) and isinstance(error, psycopg.OperationalError):
        # No code at all: it never answered. 08: the line broke. 57P: it is shutting down. Other codes are our faults.
        code = error.sqlstate or ""
        return "PostgreSQL" if not code or code.startswith(("08", "57P")) else ""
    if (temporal := loaded.get("temporalio.service")) and isinstance(error, temporal.RPCError):
        gone = (temporal.RPCStatusCode.UNAVAILABLE, temporal.RPCStatusCode.DEADLINE_EXCEEDED)
        return "Temporal" if error.status in gone else ""
    if isinstance(error, RuntimeError) and str(error).startswith("Failed client connect"):
        return "Temporal"
    return ""


def _for_people(refusal: Refusal) -> str:
    clause = f"\n依据：{refusal.clause}" if refusal.clause else ""
    rule = f"\n规则：{refusal.rule}" if refusal.rule and not refusal.rule.startswith(_OWN_RULES) else ""
    return f"{refusal.sentence}{clause}{rule}"


_OWN_RULES = ("setting_must", "command_line_must", "part_must", "file_must")
"""Names for programs that read --json; to a person they say nothing the sentence does not."""


def _in_chinese(said: str) -> str:
    """What the library says of a value that it cannot take, where it is a number; else as it says it."""
    if bound := re.match(r"Input should be (less|greater) than or equal to (-?\d+)", said):
        return f"不能{'大于' if bound[1] == 'less' else '小于'} {bound[2]}"
    return "应是整数" if said.startswith("Input should be a valid integer") else said


def _usage(error: TyperException) -> str:
    """A wrong command line, in words. The library's classes are private to it, so they are told by name."""
    parameter = getattr(error, "param", None)
    name = "/".join((*parameter.opts, *parameter.secondary_opts)) if parameter is not None else ""
    if parameter is not None and parameter.param_type_name == "argument":
        name = parameter.metavar or str(parameter.name).upper()
    context = getattr(error, "ctx", None)
    where = f"用法见：{context.command_path} --help" if context is not None else ""
    match type(error).__name__:
        case "NoArgsIsHelpError":
            return error.message
        case "NoSuchOption":
            sentence = f"没有选项 {getattr(error, 'option_name', '')}。"
        case "MissingParameter":
            sentence = f"缺少 {name}。"
        case "BadParameter" if gone := re.match(r"\w+ '(.*)' does not exist", error.message):
            sentence = f"{name}：没有 {gone[1]} 这个文件。"
        case "BadParameter":
            sentence = f"{name} 的值不对：{_in_chinese(error.message)}。"
        case _ if unknown := re.match(r"No such command '([^']*)'", error.message):
            sentence = f"没有命令 {unknown[1]}。"
        case _ if extra := re.match(r"Got unexpected extra argument\S* \((.*)\)", error.message):
            sentence = f"多出的参数：{extra[1]}。"
        case _ if value := re.match(r"Option '?(-[^ ']*)'? requires an argument", error.message):
            sentence = f"选项 {value[1]} 后面要有值。"
        case _:
            sentence = f"命令用法不对：{error.message}"
    return f"{sentence}{where}"
