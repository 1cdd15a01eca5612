"""The environment becomes one frozen value, or a sentence that names the variable."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import make_url

from settings import BadSetting, Settings


def test_an_empty_environment_means_everything_on_this_machine_under_one_folder() -> None:
    settings = Settings.from_environment({})
    assert settings.home == Path.cwd() / ".lookback"
    assert settings.temporal() == "127.0.0.1:7233"
    assert settings.console_url() == "http://127.0.0.1:8080/"
    assert conninfo_to_dict(settings.dsn())["host"] == str(settings.home / "postgres")


def test_an_address_of_ones_own_is_used_as_it_stands() -> None:
    settings = Settings.from_environment(
        {"LOOKBACK_DATABASE_URL": "postgres://a:b@db:5433/city", "LOOKBACK_TEMPORAL_ADDRESS": "temporal:7233"}
    )
    assert settings.dsn() == "postgresql://a:b@db:5433/city"
    assert settings.temporal() == "temporal:7233"


def test_a_variable_left_blank_is_one_that_is_not_set() -> None:
    blank = {f"LOOKBACK_{name}": " " for name in ("HOME", "CONSOLE_PORT", "DATABASE_URL", "OVERLAYS", "LOG_LEVEL")}
    assert Settings.from_environment(blank) == Settings.from_environment({})


@pytest.mark.parametrize("value", ["x", "0", "-1", "65536", "80.0", "٨٠٨٠", "9" * 5000])
def test_a_port_that_is_none_is_refused_by_name(value: str) -> None:
    with pytest.raises(BadSetting, match=r"LOOKBACK_TEMPORAL_PORT.*端口须是 1 到 65535 的整数"):
        Settings.from_environment({"LOOKBACK_TEMPORAL_PORT": value})


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("LOOKBACK_TEMPORAL_ADDRESS", "temporal"),
        ("LOOKBACK_TEMPORAL_ADDRESS", "temporal:seven"),
        ("LOOKBACK_DATABASE_URL", "db.example/lookback"),
        ("LOOKBACK_LOG_LEVEL", "loud"),
        ("LOOKBACK_CONSOLE_PORT", "7233"),  # Temporal's
    ],
)
def test_a_value_that_cannot_be_meant_is_refused_by_name(variable: str, value: str) -> None:
    with pytest.raises(BadSetting, match=variable):
        Settings.from_environment({variable: value})


def test_a_refused_database_url_is_not_repeated_for_it_may_hold_a_password() -> None:
    with pytest.raises(BadSetting) as refused:
        Settings.from_environment({"LOOKBACK_DATABASE_URL": "mysql://clerk:geheim@db/lookback"})
    assert "geheim" not in str(refused.value)


def test_temporal_ports_are_free_to_clash_when_temporal_is_elsewhere() -> None:
    assert Settings.from_environment({"LOOKBACK_CONSOLE_PORT": "7233", "LOOKBACK_TEMPORAL_ADDRESS": "t:7233"})


folder_names = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=40).filter(
    lambda name: name not in (".", "..")
)


@given(st.lists(folder_names, min_size=1, max_size=6))
def test_any_home_gives_a_socket_the_kernel_takes_and_an_address_both_libraries_read_alike(names: list[str]) -> None:
    settings = Settings(home=Path("/", *names))
    socket = settings.socket_directory()
    assert len(bytes(socket / ".s.PGSQL.5432")) < 108
    assert conninfo_to_dict(settings.dsn())["host"] == str(socket)
    assert make_url(settings.dsn()).query["host"] == str(socket)


@given(st.lists(st.lists(folder_names, min_size=1, max_size=6).map(tuple), min_size=2, max_size=2, unique=True))
def test_two_homes_never_share_a_socket(two: list[tuple[str, ...]]) -> None:
    one, other = (Settings(home=Path("/", *names)) for names in two)
    assert one.home == other.home or one.socket_directory() != other.socket_directory()


def test_the_programs_started_here_read_the_same_settings(tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path,
        temporal_namespace="pilot",
        console_port=18080,
        console_host="0.0.0.0",
        temporal_port=17233,
        temporal_ui_port=18233,
        overlays=("rehearsal", "generous"),
        log_level="debug",
    )
    assert Settings.from_environment(settings.for_parts({})) == settings
    elsewhere = Settings(home=tmp_path, database_url="postgresql://u@h/d", temporal_address="h:1")
    assert Settings.from_environment(elsewhere.for_parts({})) == elsewhere
