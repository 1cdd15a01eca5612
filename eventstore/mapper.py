"""How a fact is written and read back: canonical JSON, one topic per class, upcast from whatever version was stored."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from eventsourcing.persistence import JSONTranscoder, Mapper, StoredEvent
from pydantic import TypeAdapter, ValidationError

from domain import allotment, batch, catalogue, exclusions, places, queue, register, vouchers
from domain.case import rooms
from domain.expert_review import file as expert_review
from domain.fund import rooms as fund
from domain.notice import room as notice
from domain.payout_round import rooms as payout_round
from domain.provider import rooms as providers
from domain.record import Fact

FACTS: Final[tuple[type[Fact], ...]] = (
    *rooms.EVENTS,
    *fund.EVENTS,
    *queue.EVENTS,
    *batch.EVENTS,
    *notice.EVENTS,
    *payout_round.EVENTS,
    *providers.EVENTS,
    *catalogue.EVENTS,
    *places.EVENTS,
    *allotment.EVENTS,
    *expert_review.EVENTS,
    *exclusions.EVENTS,
    *register.EVENTS,
    *vouchers.EVENTS,
)
"""Every fact of the house. A topic that is not here is not read: the database cannot choose which code runs."""


class Unreadable(Exception):  # noqa: N818 - a state of a stored event, said in one word
    """A stored event that this program cannot read: unknown topic, newer version, or broken content."""


_BROKEN = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What reading bad content can raise: no JSON, no object, a field that is not there, an upcast that is not there."""


def canonical(state: Mapping[str, Any]) -> bytes:
    """The one way to write JSON here: sorted keys, no spaces, UTF-8. Hashes rest on it."""
    return json.dumps(state, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


_ADAPTERS: dict[type[Any], TypeAdapter[Any]] = {}


def adapter(kind: type[Any]) -> TypeAdapter[Any]:
    """Reads and writes a class of the domain, which knows nothing of it. Made once per class: making one is slow."""
    made = _ADAPTERS.get(kind)
    if made is None:
        made = _ADAPTERS[kind] = TypeAdapter(kind)
    return made


def version_of(kind: type[Fact]) -> int:
    """A fact class's version; 1 until its fields first change."""
    return int(getattr(kind, "class_version", 1))


@dataclass(frozen=True)
class _Shape:
    kind: type[Fact]
    version: int


class FactMapper(Mapper[UUID]):
    """The library's mapper with our spelling: ``timestamp`` is stored as ``at``, the version always stands beside."""

    def __init__(self, facts: Iterable[type[Fact]] = FACTS) -> None:
        super().__init__(transcoder=JSONTranscoder())
        self._shapes = {fact.TOPIC: _Shape(fact, version_of(fact)) for fact in facts}

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        """Write a fact. Raises Unreadable for a class outside the list."""
        shape = self._shapes.get(getattr(domain_event, "TOPIC", ""))
        if shape is None or shape.kind is not type(domain_event):
            raise Unreadable(f"{type(domain_event).__name__} is no fact of this house")
        state = adapter(shape.kind).dump_python(domain_event, mode="json")
        del state["originator_id"], state["originator_version"]
        state["at"] = state.pop("timestamp")
        state["class_version"] = shape.version
        return StoredEvent(
            domain_event.originator_id, domain_event.originator_version, shape.kind.TOPIC, canonical(state)
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        """Read a fact, upcasting ``upcast_vN_vM`` by step. Raises Unreadable."""
        shape = self._shapes.get(stored_event.topic)
        if shape is None:
            raise Unreadable(f"topic {stored_event.topic!r} is unknown")
        try:
            state: dict[str, Any] = json.loads(stored_event.state)
            state["timestamp"] = state.pop("at")
            version = int(state.pop("class_version"))
        except _BROKEN as bad:
            raise Unreadable(f"{stored_event.topic}: content cannot be read ({bad!r})") from bad
        if version > shape.version:
            raise Unreadable(f"{stored_event.topic}: version {version} is newer than this program's {shape.version}")
        try:
            for step in range(version, shape.version):
                getattr(shape.kind, f"upcast_v{step}_v{step + 1}")(state)
        except _BROKEN as bad:
            raise Unreadable(f"{stored_event.topic}: version {version} cannot be upcast ({bad!r})") from bad
        state["originator_id"] = stored_event.originator_id
        state["originator_version"] = stored_event.originator_version
        try:
            return adapter(shape.kind).validate_python(state)
        except ValidationError as bad:
            raise Unreadable(f"{stored_event.topic}: {bad.error_count()} fields do not fit") from bad
