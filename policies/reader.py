"""Reads the text of one pack or overlay, and collects what is wrong with it, so that all can be put right at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from domain.policy import KEYS, Cited, Pack, Row, Standing, Value
from domain.policy_rows import TABLES, columns_of, needed
from domain.questions import COMPARATORS
from policies import agreement, among_values, columns, notation
from policies.places import Fault, PackFault, Places, nearest

_CITY: Final[Mapping[str, re.Pattern[str]]] = {
    "code": re.compile(r"[a-z]+"),
    "name": re.compile(r"\S+"),
    "division": re.compile(r"[0-9]{6}"),
    "agency": re.compile(r"\S+"),
    "programme": re.compile(r"[0-9]{4}-[0-9]+"),
}
_ENTRY: Final = ("value", "unit", "on_expiry", "clause", "standing", "comparator", "note", "since")
_BASIS: Final = ("clause", "standing", "note")


class Reader:
    """One text. What was found wrong is in ``faults``; raises PackFault at once only where it is no TOML."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self.places = Places(text)
        self.faults: list[Fault] = []
        self._sources: dict[str, str] = {}
        try:
            self.tables: dict[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as bad:
            raise PackFault([self.places.broken(name, str(bad))]) from bad

    def pack(self, *, kept: bool) -> Pack:
        """A city's pack, without its version.

        ``kept``: the text was kept by an event, so it has no file and may hold an overlay's assumptions too.
        """
        known = (*_CITY, "sources", "assumes") if kept else (*_CITY, "sources")
        city = self._table("city", known)
        head = {field: self._head(city, field, form) for field, form in _CITY.items()}
        self._sources = self._titles(city)
        if not kept and head["code"] and self.name != f"{head['code']}.toml":
            self._fault("city", "code", f"code 是“{head['code']}”，与文件名 {self.name} 不符")
        assumes = city.get("assumes", False)
        if kept and not isinstance(assumes, bool):
            self._fault("city", "assumes", "assumes 应是 true 或 false，不加引号")
        every = (Standing.STATED, Standing.DERIVED, Standing.ASSUMED)
        pack = Pack(
            city=head["code"],
            name=head["name"],
            division=head["division"],
            agency=head["agency"],
            programme=head["programme"],
            version="",
            values=self._values(every if kept and assumes is True else every[:2]),
            sources=self._sources,
            tables=self._rows(every if kept and assumes is True else every[:2]),
        )
        if not kept and not self.faults:
            for wrong in [*among_values.disagreements(pack), *agreement.disagreements(pack)]:
                self._fault(wrong.key, wrong.field, wrong.reason, wrong.index)
        return pack

    def overlay(self, city: str) -> dict[str, tuple[Cited, ...]]:
        """The assumptions of an overlay, to lie under that city's pack; an empty city asks only whether it reads."""
        head = self._table("overlay", ("title", "city"))
        if head and not isinstance(head.get("title"), str):
            self._fault("overlay", "title", "缺少 title：这些假设的名称")
        if city and head.get("city", city) != city:
            self._fault("overlay", "city", f"这是“{head['city']}”的假设包，不能用于“{city}”")
        return self._values((Standing.ASSUMED,))

    def _fault(self, key: str, field: str, reason: str, index: int = 0) -> None:
        self.faults.append(Fault(self.name, self.places.line(key, field, index), key, reason))

    def _table(self, name: str, known: Sequence[str]) -> dict[str, Any]:
        table = self.tables.get(name)
        if not isinstance(table, dict) or not table:
            self._fault(name, "", f"缺少 [{name}] 表，或表中无内容")
            return {}
        self._unknown(name, table, known)
        return table

    def _unknown(self, key: str, table: Iterable[str], known: Sequence[str], index: int = 0) -> None:
        for field in table:
            if field not in known:
                self._fault(key, field, f"未知的字段 {field}{nearest(field, known)}", index)

    def _head(self, city: Mapping[str, Any], field: str, form: re.Pattern[str]) -> str:
        text = city.get(field)
        if isinstance(text, str) and form.fullmatch(text):
            return text
        if field in city:
            self._fault("city", field, f"{field} 的写法不对，应是符合 {form.pattern} 的文字")
        elif city:
            self._fault("city", field, f"缺少 {field}")
        return ""

    def _titles(self, city: Mapping[str, Any]) -> dict[str, str]:
        sources = city.get("sources")
        if isinstance(sources, dict) and sources:
            for short, title in sources.items():
                if not isinstance(title, str) or not title.strip():
                    self._fault("city.sources", short, f"“{short}”应写全称，加引号，不能为空")
            return {short: str(title) for short, title in sources.items()}
        if city:
            self._fault("city", "sources", '缺少 [city.sources]：来源文件，写作 "简称" = "全称"')
        return {}

    def _values(self, standings: Sequence[Standing]) -> dict[str, tuple[Cited, ...]]:
        values: dict[str, tuple[Cited, ...]] = {}
        for group, members in self.tables.items():
            if group in ("city", "overlay") or (group in TABLES and "city" in self.tables):
                continue
            if group in TABLES:
                self._fault(group, "", f"假设包只补值，不写表 [[{group}]]")
            elif not isinstance(members, dict):
                self._fault(group, "", f"未知的键 {group}{nearest(group, [*KEYS, *TABLES])}")
            for member, entry in members.items() if isinstance(members, dict) else ():
                key = f"{group}.{member}"
                entries = entry if isinstance(entry, list) else [entry]
                if key not in KEYS:
                    self._fault(key, "", f"未知的键 {key}{nearest(key, KEYS)}")
                elif not entries or not all(isinstance(one, dict) for one in entries):
                    self._fault(key, "", f"应是一张表 [{key}]，含 value、clause、standing")
                else:
                    held = [self._cited(key, one, index, standings) for index, one in enumerate(entries)]
                    self._in_order(key, [one.get("since") for one in entries])
                    values[key] = tuple(cited for cited in held if cited)
        return values

    def _in_order(self, key: str, days: Sequence[object]) -> None:
        """Several values of one key follow each other, each from its own day; the first may hold from the start."""
        for index in range(1, len(days)):
            before, since = days[index - 1], days[index]
            if since is None:
                self._fault(key, "since", "同一键的第二个及以后的值须写 since（自何日起）", index)
            elif type(since) is date and type(before) is date and since <= before:
                self._fault(key, "since", f"since {since} 应晚于前一个值的 {before}", index)

    def _cited(self, key: str, entry: Mapping[str, Any], index: int, standings: Sequence[Standing]) -> Cited | None:
        """One value; None where anything in it is wrong."""
        before = len(self.faults)
        self._unknown(key, entry, _ENTRY, index)
        self._complete(key, entry, index)
        value = self._value(key, entry, index)
        comparator = self._text(key, entry, "comparator", index) or "="
        basis = self._basis(key, entry, index, standings)
        if comparator not in COMPARATORS:
            known = " ".join(COMPARATORS)
            self._fault(key, "comparator", f"比较符应是 {known} 之一，不是“{comparator}”", index)
        since = entry.get("since")
        if since is not None:
            try:
                notation.day(since)
            except ValueError as bad:
                self._fault(key, "since", f"since {bad}", index)
        if len(self.faults) > before or value is None:
            return None
        return Cited(value, comparator=comparator, since=since, **basis)

    def _basis(self, key: str, entry: Mapping[str, Any], index: int, standings: Sequence[Standing]) -> dict[str, Any]:
        """What a value or a row rests on: clause, standing, note."""
        clause, note = (self._text(key, entry, field, index) for field in ("clause", "note"))
        standing = entry.get("standing")
        if "standing" in entry and standing not in standings:
            self._fault(key, "standing", f"standing 在此文件中应是 {' 或 '.join(standings)}，不是 {standing!r}", index)
        elif clause and standing != Standing.ASSUMED and not self._names_a_source(clause):
            known = "、".join(self._sources)
            self._fault(key, "clause", f"条款应写明来源简称（{known}）和章节，以空格隔开，不能是“{clause}”", index)
        return {"clause": clause, "standing": next((one for one in standings if one == standing), None), "note": note}

    def _rows(self, standings: Sequence[Standing]) -> dict[str, tuple[Row, ...]]:
        tables: dict[str, tuple[Row, ...]] = {}
        for name, kind in TABLES.items():
            entries = self.tables.get(name, [])
            if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
                self._fault(name, "", f"应是表的各行，每行写作 [[{name}]]")
                continue
            rows = [self._row(kind, entry, index, standings) for index, entry in enumerate(entries)]
            if rows:
                tables[name] = tuple(row for row in rows if row)
        return tables

    def _row(self, kind: type[Row], entry: Mapping[str, Any], index: int, standings: Sequence[Standing]) -> Row | None:
        """One row of a table; None where anything in it is wrong."""
        before, key, known = len(self.faults), kind.TABLE, columns_of(kind)
        self._unknown(key, entry, (*known, "unit", *_BASIS), index)
        measured = columns.measured(kind, entry)
        for field in [*needed(kind), "clause", "standing", *(["unit"] if measured else [])]:
            if field not in entry:
                self._fault(key, "", f"缺少 {field}", index)
        unit = entry.get("unit")
        if unit is not None and not measured:
            self._fault(key, "unit", "此行没有数，不写 unit", index)
        elif unit is not None and unit not in kind.UNITS:
            self._fault(key, "unit", f"单位应是 {' 或 '.join(kind.UNITS)}，不是 {unit!r}", index)
        said = self._basis(key, entry, index, standings)
        for field, column in known.items():
            if field in entry and (not measured or unit in kind.UNITS or column.kind not in columns.FIGURES):
                try:
                    said[field] = columns.read(column, entry[field], str(unit))
                except ValueError as bad:
                    self._fault(key, field, f"{field} {bad}", index)
        if len(self.faults) > before:
            return None
        if measured and hasattr(kind, "unit"):
            said["unit"] = unit
        return kind(**said)

    def _complete(self, key: str, entry: Mapping[str, Any], index: int) -> None:
        """Every field that the key needs, and none that it does not know."""
        units, timed = notation.units(KEYS[key]), KEYS[key].kind == "days"
        unit, expiry = entry.get("unit"), entry.get("on_expiry")
        needed = {"value": True, "unit": bool(units), "on_expiry": timed, "clause": True, "standing": True}
        for field, need in needed.items():
            if need and field not in entry:
                self._fault(key, "", f"缺少 {field}", index)
            elif not need and field in entry:
                self._fault(key, field, f"此键不写 {field}", index)
        if unit is not None and units and unit not in units:
            self._fault(key, "unit", f"单位应是 {' 或 '.join(units)}，不是 {unit!r}", index)
        if expiry is not None and timed and expiry not in notation.EXPIRIES:
            self._fault(key, "on_expiry", f"on_expiry 应是 {' 或 '.join(notation.EXPIRIES)}，不是 {expiry!r}", index)

    def _value(self, key: str, entry: Mapping[str, Any], index: int) -> Value | None:
        if "value" not in entry:
            return None
        try:
            return notation.read(KEYS[key], entry["value"], str(entry.get("unit")), str(entry.get("on_expiry")))
        except ValueError as bad:
            self._fault(key, "value", f"value {bad}", index)
            return None

    def _text(self, key: str, entry: Mapping[str, Any], field: str, index: int) -> str:
        if field not in entry:
            return ""
        try:
            return notation.line_of_text(entry[field])
        except ValueError as bad:
            self._fault(key, field, f"{field} {bad}", index)
            return ""

    def _names_a_source(self, clause: str) -> bool:
        return not self._sources or any(clause.startswith(f"{source} ") for source in self._sources)
