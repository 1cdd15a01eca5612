"""A pack's version is the hash of its one text, and that text reads back as the equal pack, for ever."""

import hashlib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.money import Money
from domain.policy import KEYS, Cited, Days, Pack, Row, Standing, Value
from domain.policy_rows import RATE, TABLES, columns_of, needed
from domain.questions import COMPARATORS, Key
from policies import columns, load

DALIAN = (load.HERE / "dalian.toml").read_text("utf-8")


@pytest.mark.parametrize("city", load.cities())
@pytest.mark.parametrize("overlays", [(), ("rehearsal",)])
def test_the_kept_text_reads_back_as_the_equal_pack(city: str, overlays: tuple[str, ...]) -> None:
    pack, text = load.load(city, overlays), load.text_of(city, overlays)

    assert load.parse(text, "kept") == pack
    assert hashlib.sha256(text.encode()).hexdigest() == pack.version
    assert load.canonical(load.parse(text, "kept")) == text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('value = "50"', 'value = "51"'),
        ('value = "50%"', 'value = "51%"'),
        ("value = 550", "value = 551"),
        ("2025-12-31", "2025-12-30"),
        ("value = true", "value = false"),
        ('"中山区"', '"中山市"'),
        ('comparator = "≤"', 'comparator = "≈"'),
        ('standing = "derived"', 'standing = "stated"'),
        ("五(一)3(3)", "五(一)3(4)"),
        ("since = 2024-09-09", "since = 2024-09-08"),
        ("有效期至2025年12月31日)", "有效期至2025年12月31号)"),
        ("total = 40", "total = 41"),
        ('amount = "350"', 'amount = "351"'),
        ("least = 4", "least = 3"),
        ("zone = true", "zone = false"),
        ("ends = 2024-12-31", "ends = 2024-12-30"),
        ("拟培育35家", "培育35家"),
    ],
)
def test_one_changed_character_is_another_version(old: str, new: str) -> None:
    assert old in DALIAN
    assert _version(DALIAN.replace(old, new, 1)) != _version(DALIAN)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# ---- 遴选 ----", "# 遴选"),
        ('value = "50"\nunit = "万元"', 'value = "500000.00"\nunit = "元"'),
        ('value = "50%"', 'value = "1/2"'),
        ('value = "50%"\nunit = "比例"', 'unit   = "比例"\nvalue  = "50%"'),
        ('clause = "大连方案 七"', 'clause = "大连方案 七"\ncomparator = "="'),
        ('amount = "12000"\nunit = "万元"', 'unit = "元"\namount = "120000000.00"'),
        ("total = 35", 'total = 35\nper = "city"'),
    ],
)
def test_the_same_content_written_otherwise_is_the_same_version(old: str, new: str) -> None:
    assert old in DALIAN
    assert _version(DALIAN.replace(old, new, 1)) == _version(DALIAN)


def test_a_text_kept_before_packs_had_tables_reads_as_it_was() -> None:
    text = (Path(__file__).parent / "kept" / "dalian-before-tables.toml").read_text("utf-8")
    pack = load.parse(text, "kept")

    assert pack.version == hashlib.sha256(text.encode()).hexdigest()
    assert load.canonical(pack) == text
    assert (pack.tables, pack.money("payout.cap")) == ({}, Money.wan(50))


_texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(lambda text: text == text.strip())


def _a_value(key: str, spec: Key) -> st.SearchStrategy[Value]:
    word: st.SearchStrategy[str] = st.sampled_from(sorted(spec.words)) if spec.words else _texts
    by_kind: dict[str, st.SearchStrategy[Any]] = {
        "text": word,
        "list": st.lists(word, min_size=1, max_size=4, unique=True).map(tuple),
        "flag": st.booleans(),
        "date": st.dates(),
        "count": st.integers(0, 1_000_000),
        "level": st.integers(1, 4),
        "money": st.integers(0, 10**14 - 1).map(Money),
        "ratio": st.fractions(0, 1, max_denominator=999_999).filter(bool),
        "days": st.builds(
            Days, st.integers(1, 3650), st.sampled_from(["working", "natural"]), st.sampled_from(["wait", "lapse"])
        ),
    }
    return by_kind[spec.kind]


_rates = st.fractions(0, 1, max_denominator=999_999).filter(bool)
_counts = st.integers(0, 1_000_000)


@st.composite
def _rows(draw: st.DrawFn, kind: type[Row]) -> Row:
    unit = draw(st.sampled_from(kind.UNITS)) if kind.UNITS else ""
    figures = _rates if unit == RATE else _counts
    by_kind: dict[str, st.SearchStrategy[Any]] = {
        "amount": figures,
        "amounts": st.dictionaries(_texts, figures, min_size=1, max_size=3),
    }
    said: dict[str, Any] = {}
    for field, column in columns_of(kind).items():
        if field in needed(kind) or draw(st.booleans()):
            key = Key("text" if column.kind in by_kind else column.kind, "", words=column.words)  # type: ignore[arg-type]
            said[field] = draw(by_kind[column.kind] if column.kind in by_kind else _a_value(field, key))
    if hasattr(kind, "unit") and columns.measured(kind, said):
        said["unit"] = unit
    note = draw(st.one_of(st.just(""), _texts))
    return kind(
        clause=f"文件 {draw(_texts)}",
        standing=draw(st.sampled_from([Standing.STATED, Standing.DERIVED])),
        note=note,
        **said,
    )


@st.composite
def _packs(draw: st.DrawFn) -> Pack:
    values = {}
    for key in draw(st.sets(st.sampled_from(sorted(KEYS)), max_size=6)):
        days = sorted(draw(st.sets(st.dates(), max_size=2)))
        from_the_start = not days or draw(st.booleans())
        since: list[date | None] = [None, *days] if from_the_start else [*days]
        values[key] = tuple(
            Cited(
                value=draw(_a_value(key, KEYS[key])),
                clause=f"文件 {draw(_texts)}",
                standing=draw(st.sampled_from(Standing)),
                comparator=draw(st.sampled_from(COMPARATORS)),
                note=draw(st.one_of(st.just(""), _texts)),
                since=day,
            )
            for day in since
        )
    tables = {
        name: tuple(draw(_rows(TABLES[name])) for _ in range(draw(st.integers(1, 2))))
        for name in draw(st.sets(st.sampled_from(sorted(TABLES)), max_size=3))
    }
    return Pack("anywhere", "某市", "123456", "某局", "2025-1", "", values, {"文件": draw(_texts)}, tables)


@given(_packs())
@settings(max_examples=150, deadline=None)
def test_any_pack_survives_being_kept_as_text(pack: Pack) -> None:
    read = load.parse(load.canonical(pack), "kept")

    assert (read.values, read.sources, read.tables) == (pack.values, pack.sources, pack.tables)


def _version(text: str) -> str:
    return load.parse(text, "dalian.toml").version
