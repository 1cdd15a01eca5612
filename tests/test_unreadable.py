"""What cannot be read is named and never runs; every fact of the house comes back as it went."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.batch import Batch, BatchOpened
from domain.calendar import CHINA
from domain.money import Money
from domain.record import Fact
from eventstore.mapper import FACTS, FactMapper, Unreadable, canonical
from eventstore.store import EventStore
from tests.openings import decided, opening


@pytest.fixture
def poisoned(store: EventStore, server: psycopg.Connection[Any]) -> Iterator[Callable[[str, bytes], str]]:
    """Write a row that no program of ours would write, read the log, and hear what it says of it."""
    after = store.last_position()

    def poison(topic: str, state: bytes) -> str:
        stream = uuid4()
        server.execute("INSERT INTO stored_events VALUES (%s, 1, %s, %s)", (stream, topic, state))
        (entry,) = store.read(store.last_position() - 1, 10)
        assert (entry.stream, entry.topic, entry.fact) == (stream, topic, None)
        with pytest.raises(Unreadable):
            store.load(Batch, stream)
        return entry.fault

    yield poison
    server.execute("DELETE FROM stored_events WHERE notification_id > %s", (after,))


@pytest.fixture
def good() -> dict[str, Any]:
    """The content of a stored event that reads."""
    stored = FactMapper().to_stored_event(decided(opening("good", "1")).pending_events[0])
    state = json.loads(stored.state)
    assert isinstance(state, dict)
    return state


Poison = Callable[[str, bytes], str]


def test_an_unknown_topic_is_named(poisoned: Poison, good: dict[str, Any]) -> None:
    assert "case.never-heard-of' is unknown" in poisoned("case.never-heard-of", canonical(good))


def test_a_topic_that_names_code_does_not_run_it(
    poisoned: Poison, good: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library would import whatever module a topic names: whoever writes to the table would choose our code."""
    (tmp_path / "trap.py").write_text("raise SystemExit('sprung')\nclass Fact: ...\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert "is unknown" in poisoned("trap:Fact", canonical(good))
    assert "is unknown" in poisoned("domain.batch:BatchOpened", canonical(good))
    assert "trap" not in sys.modules


def test_a_newer_version_is_named(poisoned: Poison, good: dict[str, Any]) -> None:
    fault = poisoned("batch.opened", canonical(good | {"class_version": 2}))
    assert "version 2 is newer than this program's 1" in fault


@pytest.mark.parametrize("version", [0, -3, None, "one", [], float("inf"), float("nan")])
def test_a_version_that_never_was_is_named(poisoned: Poison, good: dict[str, Any], version: object) -> None:
    assert poisoned("batch.opened", canonical(good | {"class_version": version})).startswith("batch.opened: ")


@pytest.mark.parametrize(
    "state",
    [
        *(b"", b"{", b"null", b"[]", b'"text"', b"{}", b"\xff\xfe", b'{"at": 1}', b"[" * 100_000),
        b'{"class_version": 1}',
    ],
    ids=lambda state: repr(state[:12]),
)
def test_broken_content_is_named(poisoned: Poison, state: bytes) -> None:
    assert poisoned("batch.opened", state).startswith("batch.opened: ")


def test_a_missing_or_misfitting_field_is_named(poisoned: Poison, good: dict[str, Any]) -> None:
    assert "1 fields do not fit" in poisoned("batch.opened", canonical(good | {"opens": "never"}))
    del good["city"]
    assert "1 fields do not fit" in poisoned("batch.opened", canonical(good))


def test_what_cannot_be_read_leaves_its_neighbours_readable(
    poisoned: Poison, store: EventStore, server: psycopg.Connection[Any]
) -> None:
    """In the program and in psql, where content that is no JSON has no payload."""
    before, after = opening("neighbours", "before"), opening("neighbours", "after")
    store.append([decided(before)], before)
    place = store.last_position()
    for state in (b"{", b'{"reason": "\\u0000"}'):
        poisoned("batch.opened", state)
    store.append([decided(after)], after)

    codes = [entry.fact.code for entry in store.read(place - 1, 10) if isinstance(entry.fact, BatchOpened)]
    assert codes == ["before", "after"]
    rows = server.execute("SELECT payload->>'code' FROM events WHERE position >= %s", (place,)).fetchall()
    assert [row[0] for row in rows] == ["before", None, None, "after"]


def test_a_class_that_is_no_fact_of_the_house_is_not_written() -> None:
    class Stranger(BatchOpened):
        """Bears another's topic."""

    stranger = Stranger(**vars(decided(opening("stranger", "1")).pending_events[0]))
    with pytest.raises(Unreadable, match="Stranger is no fact of this house"):
        FactMapper().to_stored_event(stranger)


# --- every fact comes back as it went

st.register_type_strategy(Decimal, st.decimals(allow_nan=False, allow_infinity=False))
st.register_type_strategy(Money, st.integers(-(10**18), 10**18).map(Money))
st.register_type_strategy(datetime, st.datetimes(timezones=st.sampled_from((UTC, CHINA))))


@pytest.mark.parametrize("kind", FACTS, ids=lambda kind: kind.TOPIC)
@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_fact_is_read_as_it_was_written(kind: type[Fact], data: st.DataObject) -> None:
    fact = data.draw(st.builds(kind, originator_id=st.uuids(), originator_version=st.integers(1)))
    mapper = FactMapper()
    stored = mapper.to_stored_event(fact)
    read = mapper.to_domain_event(stored)
    assert (type(read), read) == (kind, fact)
    assert _spelled(read) == _spelled(fact), "to the type: a word is no Role, a list no tuple"
    assert mapper.to_stored_event(read) == stored, "and written again it is the same to the byte"


def _spelled(value: Any) -> object:
    """A value with the type of every part; a moment is the same in whatever zone it is written."""
    match value:
        case Fact():
            return {name: _spelled(part) for name, part in vars(value).items()}
        case datetime():
            return value.astimezone(UTC).isoformat()
        case list() | tuple():
            return type(value), [_spelled(part) for part in value]
        case _ if dataclasses.is_dataclass(value):
            return type(value), {one.name: _spelled(getattr(value, one.name)) for one in dataclasses.fields(value)}
    return repr(value)


HOMES = (
    *("case", "fund", "budget", "batch", "notice", "provider", "pool", "product"),
    *("places", "allotment", "exclusions", "firm", "expert-review", "voucher", "queue", "payout-round"),
)


def test_topics_are_spelled_once_and_for_one_class() -> None:
    topics = [fact.TOPIC for fact in FACTS]
    assert len(set(topics)) == len(topics)
    assert all(topic == topic.lower() and topic.partition(".")[0] in HOMES for topic in topics)
