"""One PostgreSQL and one Temporal for a whole run of the tests, in their own folder; a fresh database per module."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from temporalio.client import Client

import embedded
from eventstore.store import EventStore
from settings import Settings
from workflows.client import connect


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """The installation whose two servers every test shares; started by the first test that asks for one."""
    console, temporal, pages = embedded.free_ports(3)
    home = tmp_path_factory.mktemp("servers")
    settings = Settings(home=home, console_port=console, temporal_port=temporal, temporal_ui_port=pages)
    try:
        embedded.up(settings, ("postgres", "temporal"))
        yield settings
    finally:
        embedded.down(settings)


@pytest.fixture(scope="module")
def database_url(servers: Settings, request: pytest.FixtureRequest) -> str:
    """A database that no other module writes to; empty at the module's first test."""
    name = re.sub(r"\W+", "_", request.module.__name__).lower()
    with psycopg.connect(servers.dsn(), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
    return urlsplit(servers.dsn())._replace(path=f"/{name}").geturl()


@pytest.fixture(scope="module")
def store(database_url: str) -> Iterator[EventStore]:
    """The event store of the module's database."""
    store = EventStore(database_url)
    store.prepare()
    yield store
    store.close()


@pytest.fixture
async def client(servers: Settings) -> Client:
    """A client of the engine, with the house's converter."""
    return await connect(servers.temporal(), servers.temporal_namespace)


@pytest.fixture
def server(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    """A hand of one's own in the same database."""
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection
