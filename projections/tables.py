"""The schema ``read``: where the read models' tables lie, and how many rows at once are written to one of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Connection,
    Engine,
    MetaData,
    Table,
    TextClause,
    Uuid,
    any_,
    cast,
    create_engine,
    func,
    make_url,
    text,
)

SCHEMA: Final = "read"
METADATA: Final = MetaData(schema=SCHEMA)
"""The tables of all read models; nothing else of the house lives in their schema."""

Rows = Sequence[Mapping[str, Any]]


def engine_of(database_url: str) -> Engine:
    """For whoever asks or writes read models: one pool, whose connections are tried before they are used."""
    return create_engine(make_url(database_url).set(drivername="postgresql+psycopg"), pool_pre_ping=True)


def among(column: Column[UUID], ids: Iterable[UUID]) -> ColumnElement[bool]:
    """The rows with one of these ids; one parameter, however many there are."""
    return column == any_(cast(func.string_to_array(" ".join(map(str, ids)), " "), ARRAY(Uuid)))


def put(connection: Connection, table: Table, rows: Rows) -> None:
    """Write rows in one statement; a row whose key is there already is replaced. Raises as the database does."""
    _run(connection, _put(table), rows)


def add(connection: Connection, table: Table, rows: Rows) -> None:
    """Add to counters in one statement: what is no part of the key is summed. Rows that count nothing disappear."""
    _run(connection, _add(table), [row for row in rows if any(row[name] for name in _others(table))])
    if rows:
        connection.execute(_drop_nothing(table))


def drop(connection: Connection, table: Table, keys: Rows) -> None:
    """Remove the rows with these keys in one statement."""
    _run(connection, _drop(table), keys)


def _run(connection: Connection, statement: TextClause, rows: Rows) -> None:
    # One parameter of JSON is several times faster than a parameter for each value of each row.
    if rows:
        connection.execute(statement, {"rows": json.dumps(rows, ensure_ascii=False, default=str)})


@lru_cache
def _put(table: Table) -> TextClause:
    changes = ", ".join(f"{name} = EXCLUDED.{name}" for name in _others(table))
    return text(f"{_insert(table)} DO UPDATE SET {changes}")


@lru_cache
def _add(table: Table) -> TextClause:
    changes = ", ".join(f"{name} = {table.name}.{name} + EXCLUDED.{name}" for name in _others(table))
    return text(f"{_insert(table)} DO UPDATE SET {changes}")


@lru_cache
def _drop_nothing(table: Table) -> TextClause:
    nothing = " AND ".join(f"{name} = 0" for name in _others(table))
    return text(f"DELETE FROM {table.fullname} WHERE {nothing}")  # noqa: S608 - the names are ours


@lru_cache
def _drop(table: Table) -> TextClause:
    same = " AND ".join(f"{table.name}.{name} = gone.{name}" for name in _keys(table))
    return text(f"DELETE FROM {table.fullname} USING {_recordset(table)} AS gone WHERE {same}")  # noqa: S608 - as above


def _insert(table: Table) -> str:
    columns = ", ".join(column.name for column in table.columns)
    into = f"INSERT INTO {table.fullname} ({columns}) SELECT {columns} FROM {_recordset(table)}"  # noqa: S608 - as above
    return f"{into} ON CONFLICT ({', '.join(_keys(table))})"


def _recordset(table: Table) -> str:
    return f"json_populate_recordset(CAST(NULL AS {table.fullname}), CAST(:rows AS json))"


def _keys(table: Table) -> list[str]:
    return [column.name for column in table.primary_key]


def _others(table: Table) -> list[str]:
    return [column.name for column in table.columns if not column.primary_key]
