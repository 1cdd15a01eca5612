"""What was stored once is read for ever: one payload of every event version, and how it reads today."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Final

import pytest
from eventsourcing.persistence import StoredEvent

from domain.batch import BatchOpened
from domain.case.application import CaseOpened
from domain.people import Role
from domain.record import Fact
from eventstore.mapper import FACTS, FactMapper, Unreadable, canonical, version_of
from tests import archive_payloads as archivist
from tests.archive_payloads import ARCHIVE, FIRST, STREAM, WORDS, fact_of, path_of, read, reading, shape, words

PAYLOADS: Final = sorted(ARCHIVE.glob("*.v*.json"))
BY_TOPIC: Final = {kind.TOPIC: kind for kind in FACTS}


def changed(kind: type[Fact]) -> str:
    """What a person is told who changed a fact's fields and not its version; empty where nothing changed."""
    version = version_of(kind)
    kept = path_of(kind.TOPIC, version, "txt").read_text(encoding="utf-8").split("\n\n")[-1].splitlines()
    now = list(shape(kind))
    if kept == now:
        return ""
    difference = sorted(set(kept) ^ set(now))
    return (
        f"{kind.__name__} is no longer what was stored as version {version} of {kind.TOPIC}: {'; '.join(difference)}.\n"
        f"Installations hold such events for ever. Undo the change, or set class_version = {version + 1}, write"
        f" upcast_v{version}_v{version + 1}(state) beside the fields, delete {kind.TOPIC}.v*.txt in tests/archive, run"
        " python -m tests.archive_payloads and see that every old payload reads as it should."
    )


@pytest.mark.parametrize("kind", FACTS, ids=lambda kind: kind.TOPIC)
def test_every_version_of_every_fact_is_archived(kind: type[Fact]) -> None:
    """A version without a payload is archived by ``python -m tests.archive_payloads``."""
    missing = [v for v in range(1, version_of(kind) + 1) if not path_of(kind.TOPIC, v, "json").exists()]
    assert missing == []


@pytest.mark.parametrize("kind", FACTS, ids=lambda kind: kind.TOPIC)
def test_a_fact_keeps_its_fields_as_long_as_it_keeps_its_version(kind: type[Fact]) -> None:
    assert not changed(kind), changed(kind)


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda path: path.stem)
def test_every_archived_payload_reads_as_written_beside_it(payload: Path) -> None:
    topic, version = payload.stem.rsplit(".v", 1)
    assert reading(read(topic, int(version))) == payload.with_suffix(".txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("payload", PAYLOADS, ids=lambda path: path.stem)
def test_every_archived_payload_is_written_today_as_it_was_then(payload: Path) -> None:
    """To the byte: hashes rest on the spelling. An old version is written as the version of today."""
    topic, version = payload.stem.rsplit(".v", 1)
    if int(version) == version_of(BY_TOPIC[topic]):
        assert FactMapper().to_stored_event(read(topic, int(version))).state == payload.read_bytes()


def test_no_fact_that_was_ever_stored_has_left_the_house() -> None:
    assert {payload.stem.rsplit(".v", 1)[0] for payload in PAYLOADS} == set(BY_TOPIC)


def test_no_word_that_was_ever_stored_has_left_the_house() -> None:
    kept, now = json.loads(WORDS.read_text(encoding="utf-8")), words()
    gone = {name: set(values) - set(now.get(name, ())) for name, values in kept.items()}
    assert {name: values for name, values in gone.items() if values} == {}
    assert {name: set(values) for name, values in now.items()} == {name: set(kept.get(name, ())) for name in now}, (
        "new words: run python -m tests.archive_payloads"
    )


# --- and the guards bite


def test_a_field_more_a_field_less_and_another_type_are_noticed() -> None:
    class More(CaseOpened):
        TOPIC: ClassVar[str] = "case.opened-more"
        extra: str

    class Other(CaseOpened):
        TOPIC: ClassVar[str] = "case.opened-other"
        above_designated: str  # type: ignore[assignment]

    for planted, told in ((More, "CaseOpened.extra: str"), (Other, "CaseOpened.above_designated: bool")):
        planted.__name__, planted.TOPIC = "CaseOpened", "case.opened"
        assert told in changed(planted)
        assert "set class_version = 2, write upcast_v1_v2(state)" in changed(planted)


def test_a_change_inside_a_value_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fact's shape is also that of the values it holds."""

    @dataclass(frozen=True)
    class Person:
        id: str
        role: Role
        organisation: str
        telephone: str

    monkeypatch.setattr("domain.record.Person", Person)
    assert "Person.telephone: str" in changed(BatchOpened)


class Third(Fact):
    """A fact that changed twice: a name was split, then an amount came in fen."""

    TOPIC: ClassVar[str] = "test.third"
    class_version: ClassVar[int] = 3
    given_name: str
    family_name: str
    fen: int

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        state["family_name"], state["given_name"] = state.pop("name").split(" ")

    @staticmethod
    def upcast_v2_v3(state: dict[str, Any]) -> None:
        state["fen"] = state.pop("yuan") * 100


OLD: Final = {
    1: {"name": "王 小明", "yuan": 7},
    2: {"family_name": "王", "given_name": "小明", "yuan": 7},
    3: {"family_name": "王", "given_name": "小明", "fen": 700},
}


def stored(version: int) -> StoredEvent:
    common = json.loads(path_of("case.supplement-submitted", 1, "json").read_bytes())
    return StoredEvent(STREAM, FIRST, Third.TOPIC, canonical(common | OLD[version] | {"class_version": version}))


@pytest.mark.parametrize("version", OLD)
def test_every_old_version_reads_as_the_newest(version: int) -> None:
    read = FactMapper([Third]).to_domain_event(stored(version))
    assert isinstance(read, Third)
    assert (read.family_name, read.given_name, read.fen) == ("王", "小明", 700)
    again = json.loads(FactMapper([Third]).to_stored_event(read).state)
    assert again["class_version"] == 3


def test_a_missing_upcast_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(Third, "upcast_v1_v2")
    with pytest.raises(Unreadable, match=r"test\.third: version 1 cannot be upcast .*upcast_v1_v2"):
        FactMapper([Third]).to_domain_event(stored(1))
    assert isinstance(FactMapper([Third]).to_domain_event(stored(2)), Third), "a younger one needs it not"


def test_an_upcast_that_meets_what_it_does_not_know_is_named() -> None:
    broken = StoredEvent(STREAM, FIRST, Third.TOPIC, stored(2).state.replace(b'"yuan"', b'"euro"'))
    with pytest.raises(Unreadable, match="version 2 cannot be upcast"):
        FactMapper([Third]).to_domain_event(broken)


def test_the_archivist_never_overwrites(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archivist, "ARCHIVE", tmp_path)
    monkeypatch.setattr(archivist, "WORDS", tmp_path / "words.json")
    (tmp_path / "case.opened.v1.json").write_bytes(FactMapper().to_stored_event(fact_of(CaseOpened)).state + b" ")
    (tmp_path / "case.opened.v1.txt").write_text("kept")
    (tmp_path / "words.json").write_text('{"Role": ["of old"]}')

    archivist.main()

    assert (tmp_path / "case.opened.v1.json").read_bytes().endswith(b" ")
    assert (tmp_path / "case.opened.v1.txt").read_text() == "kept"
    assert "of old" in json.loads((tmp_path / "words.json").read_text())["Role"]
    assert len(list(tmp_path.glob("*.json"))) == len(FACTS) + 1
