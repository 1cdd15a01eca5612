"""Keep one stored payload of every event version: ``python -m tests.archive_payloads``.

For each fact of the house and its version of today it writes, where they are missing,

- ``tests/archive/<topic>.v<N>.json``: the payload, to the byte as the event store keeps it. It never changes again:
  somewhere an installation holds such bytes, and no program may ever fail to read them. (An event that no
  installation has stored yet may be archived anew: delete both its files.)
- ``tests/archive/<topic>.v<N>.txt``: how today's program reads it, field by field, each with its type. It changes only
  with a new version of the class, whose upcast then reads the old payload in its new shape.

and adds to ``tests/archive/words.json`` every value of every enumeration that a fact holds. Nothing is overwritten. To
see how an old payload reads after a change on purpose, delete its ``.txt``, run this again and look at the difference.
"""

from __future__ import annotations

import dataclasses
import json
import types
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints
from uuid import NAMESPACE_URL, UUID, uuid5

from eventsourcing.persistence import StoredEvent

from domain.record import Fact
from eventstore.mapper import FACTS, FactMapper, version_of

ARCHIVE: Final = Path(__file__).parent / "archive"
WORDS: Final = ARCHIVE / "words.json"
STREAM: Final = uuid5(NAMESPACE_URL, "an archived stream")
FIRST: Final = 1


def sample(kind: Any, name: str) -> Any:
    """A value of this type, always the same for the same field."""
    if dataclasses.is_dataclass(kind):
        hints = get_type_hints(kind)
        fields = [field.name for field in dataclasses.fields(kind) if field.init]
        make: Any = kind
        return make(**{field: sample(hints[field], field) for field in fields})
    if get_origin(kind) is tuple:
        return (sample(get_args(kind)[0], f"{name}-1"), sample(get_args(kind)[0], f"{name}-2"))
    if get_origin(kind) in (Union, types.UnionType):
        return sample(get_args(kind)[0], name)
    if get_origin(kind) is Literal:
        return get_args(kind)[-1]
    if issubclass(kind, Enum):
        return list(kind)[-1]
    plain = {
        str: f"{name} 一“二”",
        int: 1234567,
        bool: True,
        date: date(2026, 2, 28),
        datetime: datetime(2026, 2, 28, 16, 0, 0, 5, tzinfo=UTC),
        Decimal: Decimal("12.50"),
        UUID: uuid5(NAMESPACE_URL, name),
    }
    return plain[kind]


def fact_of(kind: type[Fact]) -> Fact:
    """A fact of this class."""
    given: dict[str, Any] = {"originator_id": STREAM, "originator_version": FIRST}
    hints = get_type_hints(kind)
    fields = [field.name for field in dataclasses.fields(kind) if field.name not in given]
    return kind(**given, **{name: sample(hints[name], name) for name in fields})


def shape(kind: Any) -> Iterator[str]:
    """The fields and types of a class and of every class its fields hold."""
    waiting, seen = [kind], set()
    while waiting:
        one = waiting.pop(0)
        hints = get_type_hints(one)
        for field in dataclasses.fields(one):
            if field.name in ("originator_id", "originator_version"):
                continue
            yield f"{one.__name__}.{field.name}: {spelled(hints[field.name])}"
            for held in (hints[field.name], *get_args(hints[field.name])):
                if dataclasses.is_dataclass(held) and held not in seen:
                    seen.add(held)
                    waiting.append(held)


def spelled(hint: Any) -> str:
    """A type, in words that stay the same from one Python to the next."""
    if get_origin(hint) is tuple:
        return f"tuple of {spelled(get_args(hint)[0])}"
    if get_origin(hint) in (Union, types.UnionType):
        return " or ".join(spelled(one) for one in get_args(hint))
    if get_origin(hint) is Literal:
        return " | ".join(map(repr, get_args(hint)))
    return "nothing" if hint is type(None) else str(hint.__name__)


def reading(fact: Fact) -> str:
    """How a fact reads, and of what shape it is."""
    values = {name: value for name, value in vars(fact).items() if name not in ("originator_id", "originator_version")}
    values["timestamp"] = fact.timestamp.isoformat()
    lines = [f"{name} = {value!r}" for name, value in values.items()]
    return "\n".join([type(fact).__name__, "", *lines, "", *shape(type(fact))]) + "\n"


def words() -> dict[str, list[str]]:
    """Every enumeration that a fact holds, with its values."""
    found: dict[str, list[str]] = {}
    waiting, seen = list[Any](FACTS), set()
    while waiting:
        one = waiting.pop()
        for hint in get_type_hints(one).values():
            for held in (hint, *get_args(hint)):
                if isinstance(held, type) and issubclass(held, Enum):
                    found[held.__name__] = sorted(str(member.value) for member in held)
                elif dataclasses.is_dataclass(held) and held not in seen:
                    seen.add(held)
                    waiting.append(held)
    return found


def path_of(topic: str, version: int, ending: str) -> Path:
    """Where a version of an event is kept."""
    return ARCHIVE / f"{topic}.v{version}.{ending}"


def read(topic: str, version: int) -> Fact:
    """An archived payload, as today's program reads it."""
    state = path_of(topic, version, "json").read_bytes()
    fact = FactMapper().to_domain_event(StoredEvent(STREAM, FIRST, topic, state))
    assert isinstance(fact, Fact)
    return fact


def _write(path: Path, content: bytes) -> None:
    if not path.exists():
        path.write_bytes(content)
        print(path.name)  # noqa: T201 - a script for a person


def main() -> None:
    """Write what is missing."""
    ARCHIVE.mkdir(exist_ok=True)
    for kind in FACTS:
        _write(path_of(kind.TOPIC, version_of(kind), "json"), FactMapper().to_stored_event(fact_of(kind)).state)
    for file in sorted(ARCHIVE.glob("*.v*.json")):
        topic, version = file.stem.rsplit(".v", 1)
        _write(path_of(topic, int(version), "txt"), reading(read(topic, int(version))).encode())
    kept: dict[str, list[str]] = json.loads(WORDS.read_text(encoding="utf-8")) if WORDS.exists() else {}
    now = words()
    every = {name: sorted({*kept.get(name, ()), *now.get(name, ())}) for name in sorted({*kept, *now})}
    WORDS.write_text(json.dumps(every, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
