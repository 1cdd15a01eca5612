"""Reads a city's rules, lays a rehearsal's assumptions under them, and keeps both as one text that reads back equal.

A pack is ``policies/<city>.toml``. An overlay is ``policies/overlays/<name>-<city>.toml`` and ``<name>.toml``, the
first before the second; it fills what is absent and never changes what a source says. The keys of
``domain.policy.KEYS`` and their notation are for ever, as event names are: batches keep the text of their pack.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Final

from domain.policy import KEYS, Cited, Pack, Standing
from domain.rejections import Rejection
from policies import columns, notation
from policies.places import Fault, PackFault
from policies.reader import Reader

HERE: Final = Path(__file__).parent
OVERLAYS: Final = HERE / "overlays"


def cities() -> list[str]:
    """The cities that have a pack, by code."""
    return sorted(path.stem for path in HERE.glob("*.toml"))


def load(city: str, overlays: Sequence[str] = ()) -> Pack:
    """The city's rules, with the named overlays' assumptions where its sources are silent.

    Raises Rejection for an unknown city or overlay, PackFault for a file that cannot be read.
    """
    if city not in cities():
        raise Rejection("city_must_have_a_pack", f"没有“{city}”的规则包；现有：{'、'.join(cities())}")
    path = HERE / f"{city}.toml"
    layers = [(read_file(layer), layer.name) for name in overlays for layer in _layers(name, city)]
    return _read(read_file(path), path.name, tuple(layers), kept=False)


def parse(text: str, name: str, overlays: Sequence[tuple[str, str]] = ()) -> Pack:
    """The pack that a text says, or that ``text_of`` kept; ``overlays`` are pairs of text and file name.

    Raises PackFault, which names every fault with file, line and key.
    """
    return _read(text, name, tuple(overlays), kept=True)


def text_of(city: str, overlays: Sequence[str] = ()) -> str:
    """The city's rules with the overlays' assumptions as one text; ``parse`` gives the equal pack back."""
    return canonical(load(city, overlays))


def canonical(pack: Pack) -> str:
    """The pack's content, always written the same way. Its SHA-256 is the pack's version."""
    head = {"code": pack.city, "name": pack.name, "division": pack.division}
    head |= {"agency": pack.agency, "programme": pack.programme}
    lines = ["[city]", *(f"{field} = {notation.quoted(text)}" for field, text in head.items())]
    if any(cited.standing is Standing.ASSUMED for held in pack.values.values() for cited in held):
        lines.append("assumes = true")
    lines += ["", "[city.sources]"]
    lines += [f"{notation.quoted(short)} = {notation.quoted(title)}" for short, title in sorted(pack.sources.items())]
    for key in sorted(pack.values):
        held = pack.values[key]
        for cited in held:
            lines += ["", f"[[{key}]]" if len(held) > 1 else f"[{key}]", *_lines(key, cited)]
    for name in sorted(pack.tables):
        for row in pack.tables[name]:
            lines += ["", f"[[{name}]]", *columns.lines(row)]
    return "\n".join(lines) + "\n"


def faults(text: str, name: str) -> tuple[Fault, ...]:
    """Everything wrong with the text of a pack or of an overlay; empty if it reads."""
    try:
        reader = Reader(text, name)
    except PackFault as bad:
        return bad.faults
    if "overlay" in reader.tables:
        reader.overlay("")
    else:
        reader.pack(kept=False)
    return PackFault(reader.faults).faults


def read_file(path: Path) -> str:
    """A file's text; raises PackFault where it is not UTF-8."""
    content = path.read_bytes()
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as bad:
        line = content[: bad.start].count(b"\n") + 1
        raise PackFault([Fault(path.name, line, "", "不是 UTF-8 编码的文字")]) from bad


def _layers(name: str, city: str) -> list[Path]:
    paths = (OVERLAYS / f"{name}-{city}.toml", OVERLAYS / f"{name}.toml")
    layers = [path for path in paths if path.is_file()]
    if not re.fullmatch(r"[a-z]+", name) or not layers:
        there = "、".join(sorted({path.stem.partition("-")[0] for path in OVERLAYS.glob("*.toml")}))
        raise Rejection("overlay_must_be_known", f"没有名为“{name}”的假设包；现有：{there}")
    return layers


@lru_cache(maxsize=64)  # every command of a case reads its batch's pack, and the text alone decides the answer
def _read(text: str, name: str, overlays: tuple[tuple[str, str], ...], *, kept: bool) -> Pack:
    reader = Reader(text, name)
    pack = reader.pack(kept=kept)
    wrong = list(reader.faults)
    values = dict(pack.values)
    for layer_text, layer_name in overlays:
        layer = Reader(layer_text, layer_name)
        values = {**layer.overlay(pack.city), **values}
        wrong += layer.faults
    if wrong:
        raise PackFault(wrong)
    pack = replace(pack, values=values)
    return replace(pack, version=hashlib.sha256(canonical(pack).encode()).hexdigest())


def _lines(key: str, cited: Cited) -> list[str]:
    fields = notation.write(KEYS[key], cited.value)
    if cited.comparator != "=":
        fields["comparator"] = notation.quoted(cited.comparator)
    if cited.since:
        fields["since"] = cited.since.isoformat()
    fields |= {"clause": notation.quoted(cited.clause), "standing": notation.quoted(cited.standing)}
    if cited.note:
        fields["note"] = notation.quoted(cited.note)
    return [f"{field} = {said}" for field, said in fields.items()]
