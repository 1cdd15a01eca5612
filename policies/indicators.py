"""Reads the text of one edition of the indicators (评测指标), and collects what is wrong with it, as for a pack."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final, TypeVar

from domain.policy import Standing
from domain.standard import (
    DIMENSIONS,
    HIGHEST_LEVEL,
    LEVEL_WORDS,
    LOWEST_LEVEL,
    Choice,
    Item,
    Part,
    Scenario,
    Standard,
    Threshold,
    spelled,
)
from policies import notation
from policies.places import Fault, PackFault, Places, nearest

T = TypeVar("T")

_HEAD: Final = ("code", "title", "document", "published", "full", "note", "open")
_CITED: Final = ("clause", "standing", "note")
_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "dimensions": ("name", "max", *_CITED),
    "items": ("name", "dimension", "max", "choices", "parts", "note"),
    "links": ("name", *_CITED),
    "scenarios": ("name", "link", "binding", "note"),
    "levels": ("name", "score", "included", "scenarios", "binding", *_CITED),
}
_OPTIONAL: Final = ("max", "choices", "parts", "note", "included", "scenarios", "binding", "open", "published")
_POINTS: Final = re.compile(r"[0-9]{1,3}(\.[0-9]{1,3})?")
_CODE: Final = re.compile(r"[a-z]+(-[a-z]+)*")


class StandardReader:
    """One text. What was found wrong is in ``faults``; raises PackFault at once only where it is no TOML."""

    def __init__(self, text: str, name: str) -> None:
        self.name = name
        self.places = Places(text)
        self.faults: list[Fault] = []
        try:
            self.tables: dict[str, Any] = tomllib.loads(text)
        except tomllib.TOMLDecodeError as bad:
            raise PackFault([self.places.broken(name, str(bad))]) from bad

    def standard(self) -> Standard:
        """The edition. What was wrong is left out of it, so ask ``faults`` before using it."""
        head = self._head()
        dimensions = self._maxima()
        items = tuple(self._item(code, table, dimensions) for code, table in self._group("items").items())
        links = {code: self._text(f"links.{code}", table, "name") for code, table in self._group("links").items()}
        scenarios = tuple(self._scenario(code, table, links) for code, table in self._group("scenarios").items())
        levels = self._group("levels")
        thresholds = tuple(
            self._threshold(code, table, scenarios) for code, table in levels.items() if code != str(LOWEST_LEVEL)
        )
        full = self._points("standard", head, "full") or Decimal(0)
        self._codes_are_told_apart(items, scenarios)
        self._sums_add_up(items, dimensions, full)
        self._levels_rise(thresholds)
        published = head.get("published")
        return Standard(
            code=self._text("standard", head, "code"),
            title=self._text("standard", head, "title"),
            document=self._text("standard", head, "document"),
            published=published if isinstance(published, date) else None,
            full=full,
            version=hashlib.sha256(json.dumps(self.tables, sort_keys=True, default=str).encode()).hexdigest(),
            items=items,
            scenarios=scenarios,
            thresholds=thresholds,
            below=LEVEL_WORDS[LOWEST_LEVEL] if str(LOWEST_LEVEL) in levels else "",
            questions=tuple(head.get("open", ())),
        )

    # --- tables

    def _head(self) -> dict[str, Any]:
        head = self.tables.get("standard")
        if not isinstance(head, dict):
            self._fault("standard", "", "缺少 [standard] 表")
            return {}
        for group, held in self.tables.items():
            if group != "standard" and group not in _FIELDS:
                key = f"{group}.{next(iter(held))}" if isinstance(held, dict) and held else group
                self._fault(key, "", f"未知的表 {group}{nearest(group, _FIELDS)}")
        self._known("standard", head, _HEAD)
        if head.get("code") and self.name != f"{head['code']}.toml":
            self._fault("standard", "code", f"code 是“{head['code']}”，与文件名 {self.name} 不符")
        questions = head.get("open", [])
        if not isinstance(questions, list) or not all(isinstance(one, str) and one.strip() for one in questions):
            self._fault("standard", "open", "open 应是列表，每项为一个待定口径")
            return {field: value for field, value in head.items() if field != "open"}
        if "published" in head and type(head["published"]) is not date:
            self._fault("standard", "published", "published 应是日期，写作 2024-09-09，不加引号、不带时刻")
        return head

    def _group(self, group: str) -> dict[str, dict[str, Any]]:
        """The tables of one group that are tables, each looked through for fields it should not or must hold."""
        found = self.tables.get(group, {})
        if not isinstance(found, dict):
            self._fault(group, "", f"应是若干张表 [{group}.代码]")
            return {}
        if not found and group in ("dimensions", "items", "levels"):
            self._fault(group, "", f"缺少 [{group}.代码] 表")
        tables = {}
        for code, table in found.items():
            key = f"{group}.{code}"
            if not isinstance(table, dict):
                self._fault(group, code, f"应是一张表 [{key}]")
                continue
            if group != "levels" and not _CODE.fullmatch(code):
                self._fault(key, "", f"代码“{code}”应由小写字母和连字符组成")
            if group == "dimensions" and code not in DIMENSIONS:
                self._fault(key, "", f"未知的维度 {code}{nearest(code, DIMENSIONS)}")
            if group == "levels" and code not in [str(level) for level in range(HIGHEST_LEVEL + 1)]:
                self._fault(key, "", f"等级应是 {LOWEST_LEVEL} 至 {HIGHEST_LEVEL} 的整数，不是“{code}”")
                continue
            self._known(key, table, _FIELDS[group])
            self._cited(key, table)
            tables[code] = table
        return tables

    def _maxima(self) -> dict[str, Decimal | None]:
        return {
            code: self._points(f"dimensions.{code}", table, "max")
            for code, table in self._group("dimensions").items()
            if self._text(f"dimensions.{code}", table, "name")
        }

    def _item(self, code: str, table: Mapping[str, Any], dimensions: Mapping[str, object]) -> Item:
        key = f"items.{code}"
        dimension = self._text(key, table, "dimension")
        if dimension and dimension not in dimensions:
            self._fault(key, "dimension", f"没有维度“{dimension}”{nearest(dimension, dimensions)}")
        if "choices" in table and "parts" in table:
            self._fault(key, "parts", "choices（单选）与 parts（计件）只能写一种")
        choices = tuple(
            Choice(points, one.get("when", ""))
            for one in self._rows(key, table, "choices", ("points", "when"))
            if (points := self._points(key, one, "points", "choices")) is not None
        )
        parts = tuple(
            Part(one["count"], points, one.get("what", ""))
            for one in self._rows(key, table, "parts", ("count", "points", "what"))
            if (points := self._points(key, one, "points", "parts")) is not None and self._is_count(key, one)
        )
        item = Item(
            code=code,
            name=self._text(key, table, "name"),
            dimension=dimension,
            maximum=self._points(key, table, "max"),
            choices=choices,
            parts=parts,
            note=str(table.get("note", "")),
        )
        given = [choice.points for choice in choices]
        if given != sorted(set(given)) or (given and given[0] != 0):
            self._fault(key, "choices", "choices 的分值应从 0 起逐档升高")
        if item.possible and item.possible[-1] != item.maximum:
            most = "未写明" if item.maximum is None else spelled(item.maximum)
            self._fault(key, "max", f"最高可得 {spelled(item.possible[-1])} 分，与 max（{most}）不符")
        return item

    def _scenario(self, code: str, table: Mapping[str, Any], links: Mapping[str, str]) -> Scenario:
        key = f"scenarios.{code}"
        link = self._text(key, table, "link")
        if link and link not in links:
            self._fault(key, "link", f"没有经营环节“{link}”{nearest(link, links)}")
        binding = table.get("binding")
        if not isinstance(binding, bool):
            self._fault(key, "binding", "binding（是否约束性）应是 true 或 false，不加引号")
        return Scenario(
            code, self._text(key, table, "name"), links.get(link, link), binding is True, str(table.get("note", ""))
        )

    def _threshold(self, code: str, table: Mapping[str, Any], scenarios: Sequence[Scenario]) -> Threshold:
        key = f"levels.{code}"
        included = table.get("included")
        if included is not None and not isinstance(included, bool):
            self._fault(key, "included", "included（是否含分界分）应是 true 或 false，不加引号")
        if ("scenarios" in table) != bool(scenarios) or ("binding" in table) != bool(scenarios):
            self._fault(key, "scenarios", "有场景的指标每一级须写 scenarios 与 binding，没有场景的不写")
        every = self._whole(key, table, "scenarios", len(scenarios))
        binding = self._whole(key, table, "binding", sum(scenario.binding for scenario in scenarios))
        if binding > every:
            self._fault(key, "binding", f"其中约束性场景 {binding} 个，多于所须的场景 {every} 个")
        return Threshold(
            level=int(code),
            name=self._text(key, table, "name") if "name" in table else "",
            score=self._points(key, table, "score") or Decimal(0),
            included=included if isinstance(included, bool) else None,
            scenarios=every,
            binding=binding,
        )

    # --- what several tables must agree on

    def _codes_are_told_apart(self, items: Sequence[Item], scenarios: Sequence[Scenario]) -> None:
        """An answer names its question by code or by Chinese name, so neither may stand for two."""
        members = [("items", item.code, item.name) for item in items]
        members += [("scenarios", scenario.code, scenario.name) for scenario in scenarios]
        seen: dict[str, str] = {}
        for group, code, name in members:
            for word, field in ((code, ""), (name, "name")):
                if word in seen:
                    self._fault(f"{group}.{code}", field, f"“{word}”已用于 {seen[word]}")
                seen[word] = f"{group}.{code}"

    def _sums_add_up(self, items: Sequence[Item], dimensions: Mapping[str, Decimal | None], full: Decimal) -> None:
        for code, most in dimensions.items():
            held = [item.maximum for item in items if item.dimension == code]
            if not held:
                self._fault(f"dimensions.{code}", "", "此维度没有评分项")
            added = sum((one for one in held if one is not None), Decimal(0))
            if most is not None and added != most:
                self._fault(f"dimensions.{code}", "max", f"评分项合计 {spelled(added)} 分，不是 {spelled(most)} 分")
        known = [most for most in dimensions.values() if most is not None]
        if len(known) == len(dimensions) and sum(known, Decimal(0)) != full:
            self._fault("standard", "full", f"各维度合计 {spelled(sum(known, Decimal(0)))} 分，不是 {spelled(full)} 分")

    def _levels_rise(self, thresholds: Sequence[Threshold]) -> None:
        """A higher level asks for nothing less: else more points could bring a lower level."""
        wanted = list(range(LOWEST_LEVEL + 1, HIGHEST_LEVEL + 1))
        if [threshold.level for threshold in thresholds] != wanted:
            self._fault("levels", "", f"等级 {'、'.join(map(str, wanted))} 须各有一张表，由低到高")
            return
        for lower, upper in pairwise(thresholds):
            for field in ("score", "scenarios", "binding"):
                before, after = getattr(lower, field), getattr(upper, field)
                if after < before or (field == "score" and after == before):
                    self._fault(
                        f"levels.{upper.level}", field, f"{field} {after} 低于或等于 {lower.level} 级的 {before}"
                    )

    # --- fields

    def _fault(self, key: str, field: str, reason: str) -> None:
        self.faults.append(Fault(self.name, self.places.line(key, field), key, reason))

    def _known(self, key: str, table: Mapping[str, Any], known: Sequence[str]) -> None:
        for field in table:
            if field not in known:
                self._fault(key, field, f"未知的字段 {field}{nearest(field, known)}")
        spared = {f"levels.{LOWEST_LEVEL}": ("name", "score")}.get(key, ("name",) if key.startswith("levels.") else ())
        for field in known:
            if field not in table and field not in (*_OPTIONAL, *spared):
                self._fault(key, "", f"缺少 {field}")

    def _cited(self, key: str, table: Mapping[str, Any]) -> None:
        self._text(key, table, "note")
        self._text(key, table, "clause")
        allowed = (Standing.STATED, Standing.DERIVED)
        if "standing" in table and table["standing"] not in allowed:
            self._fault(key, "standing", f"standing 应是 {' 或 '.join(allowed)}，不是 {table['standing']!r}")

    def _text(self, key: str, table: Mapping[str, Any], field: str) -> str:
        """A text; empty where it is absent, which is told elsewhere, or wrong."""
        if field not in table:
            return ""
        try:
            return notation.line_of_text(table[field])
        except ValueError as bad:
            self._fault(key, field, f"{field} {bad}")
            return ""

    def _points(self, key: str, table: Mapping[str, Any], field: str, inside: str = "") -> Decimal | None:
        raw = table.get(field)
        if raw is None and not inside:
            return None
        if isinstance(raw, str) and _POINTS.fullmatch(raw):
            return Decimal(raw)
        self._fault(key, inside or field, f'{field} 应是加引号的分值，最多三位小数，写作 "7.5"')
        return None

    def _whole(self, key: str, table: Mapping[str, Any], field: str, most: int) -> int:
        raw = table.get(field, 0)
        if type(raw) is int and 0 <= raw <= most:
            return raw
        self._fault(key, field, f"{field} 应是 0 至 {most} 的整数，不加引号")
        return 0

    def _is_count(self, key: str, row: Mapping[str, Any]) -> bool:
        if type(row.get("count")) is int and 1 <= row["count"] <= 100:
            return True
        self._fault(key, "parts", "count 应是 1 至 100 的整数，不加引号")
        return False

    def _rows(self, key: str, table: Mapping[str, Any], field: str, known: Sequence[str]) -> list[dict[str, Any]]:
        rows = table.get(field, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            self._fault(key, field, f'{field} 应是列表，每项写作 {{ points = "2" }}')
            return []
        if field in table and not rows:
            self._fault(key, field, f"{field} 不能是空的列表；来源没有写明的，不写 {field}")
        for name in (name for row in rows for name in row if name not in known):
            self._fault(key, field, f"{field} 中有未知的字段 {name}{nearest(name, known)}")
        if not all(isinstance(row.get(word, ""), str) for row in rows for word in ("when", "what")):
            self._fault(key, field, f"{field} 中的 when、what 应是加引号的文字")
        return rows
