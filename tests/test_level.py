"""`lookback level`: anyone works out a level from answers; what is not so is refused, what nobody says is asked."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from cli import answers
from domain.rules import RULES
from policies import load
from tests.shell import Shell

EXAMPLES = Path(__file__).parent.parent / "docs" / "examples"
S2024 = json.loads((EXAMPLES / "level-2024.json").read_text("utf-8"))


@pytest.fixture
def shell(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(capsys, monkeypatch)


def test_the_example_for_2024(shell: Shell) -> None:
    told = shell.run("level", str(EXAMPLES / "level-2024.json"), "--standard", "2024", "--json")
    assert told.status == 0
    said = told.json
    assert (said["level"], said["binding"], said["guiding"], said["total"]) == (2, 9, 0, 57.425)
    assert said["scores"] == {"foundation": 29.3, "management": 14.625, "effect": 13.5}
    assert said["version"] == load.standard("2024").version
    assert len(said["missing"]) == 3
    on_paper = shell.run("level", str(EXAMPLES / "level-2024.json"), "--standard", "2024")
    assert on_paper.status == 0
    assert all(step in on_paper.out for step in said["steps"])
    assert "得分差 2.575 分" in on_paper.out
    assert "工信厅企业〔2024〕56号" in on_paper.out
    assert "待定口径：约束性场景（★）" in on_paper.out


def test_the_example_for_2022(shell: Shell) -> None:
    told = shell.run("level", str(EXAMPLES / "level-2022.json"), "--standard", "2022", "--json")
    assert told.status == 0
    assert (told.json["level"], told.json["binding"], told.json["guiding"]) == (2, 0, 0)


def test_names_and_codes_say_the_same(shell: Shell, tmp_path: Path) -> None:
    edition = load.standard("2024")
    codes = {item.name: item.code for item in edition.items} | {one.name: one.code for one in edition.scenarios}
    coded = {part: {codes[name]: value for name, value in said.items()} for part, said in S2024.items()}
    assert ask(shell, tmp_path, coded).json == ask(shell, tmp_path, S2024).json


def ask(shell: Shell, folder: Path, said: object, standard: str = "2024") -> Any:
    file = folder / "answers.json"
    file.write_text(said if isinstance(said, str) else json.dumps(said, ensure_ascii=False), "utf-8")
    return shell.run("level", str(file), "--standard", standard, "--json")


def changed(part: str, name: str, value: object) -> dict[str, dict[str, object]]:
    return {**S2024, part: {**S2024[part], name: value}}


TWICE = json.dumps(S2024, ensure_ascii=False).replace('"网络建设": 6', '"网络建设": 6, "网络建设": 8')
NO_MARKET = {**S2024, "points": {name: value for name, value in S2024["points"].items() if name != "市场表现"}}


@pytest.mark.parametrize(
    ("said", "rule", "told"),
    [
        (changed("points", "网络建设", 7), "points_must_be_possible", "“网络建设”不能得 7 分"),
        (changed("points", "网络建设", 8.000001), "points_must_be_possible", "4 项各 2 分"),
        (changed("points", "区块链", 1), "answers_must_name_only_what_the_standard_asks", "区块链"),
        (changed("scenarios", "网络建设", 1), "answers_must_name_only_what_the_standard_asks", "场景“网络建设”"),
        (changed("scenarios", "产品设计", 5), "scenario_levels_must_be_within_the_scale", "“产品设计”不能评为 5 级"),
        (changed("points", "network", 6), "answers_must_be_given_once", "网络建设"),
        (TWICE, "answers_must_be_given_once", "网络建设"),
        (NO_MARKET, "every_question_must_be_answered", "评分项“市场表现”"),
        ({"points": S2024["points"]}, "every_question_must_be_answered", "场景“产品设计”"),
        ({}, "every_question_must_be_answered", "场景“决策支持”"),
    ],
)
def test_answers_that_do_not_fit_are_refused_by_their_rule(
    shell: Shell, tmp_path: Path, said: object, rule: str, told: str
) -> None:
    answer = ask(shell, tmp_path, said)
    assert answer.status == 3
    assert answer.rule == rule
    assert rule in RULES
    assert told in answer.json["refusal"]["sentence"]
    assert answer.json["refusal"]["clause"] == "工信厅企业〔2024〕56号"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("{", "不是能读懂的 JSON"),
        ("[" * 100_000, "括号套得太深"),
        ('{"points": {"网络建设": 6,,}}', "第 1 行第 23 列"),
        ('{"points": {"网络建设": NaN}}', "NaN 不是数"),
        ("[]", "应写作"),
        ('{"points": [1]}', "points 应写作"),
        ('{"points": {}, "points": {}}', "各只能写一次"),
        ({**S2024, "level": 2}, "没有“level”"),
        (changed("points", "网络建设", True), "得分应是数"),
        (changed("points", "网络建设", "六"), "得分应是数"),
        (changed("points", "网络建设", None), "得分应是数"),
        (changed("scenarios", "产品设计", 2.5), "等级应是整数"),
        (changed("scenarios", "产品设计", "2"), "等级应是整数"),
        (changed("scenarios", "产品设计", True), "等级应是整数"),
    ],
)
def test_a_file_that_is_no_answers_is_wrong_usage(shell: Shell, tmp_path: Path, said: object, told: str) -> None:
    answer = ask(shell, tmp_path, said)
    assert answer.status == 2
    assert told in answer.err


def test_a_byte_order_mark_before_the_answers_is_read_over(shell: Shell, tmp_path: Path) -> None:
    marked = tmp_path / "marked.json"
    marked.write_text(json.dumps(S2024, ensure_ascii=False), encoding="utf-8-sig")
    assert marked.read_bytes().startswith(b"\xef\xbb\xbf")
    told = shell.run("level", str(marked), "--standard", "2024", "--json")
    assert told.json == ask(shell, tmp_path, S2024).json


@pytest.mark.parametrize("content", ['{"points": {"网络建设": 6,,}}', "{", '{"a": "b', "[1] x"])
def test_what_is_wrong_with_a_text_is_said_without_a_word_of_english(content: str) -> None:
    with pytest.raises(ValueError, match="JSON") as bad:
        answers.read(content)
    assert not re.search("[a-z]{3}", str(bad.value))


def test_an_edition_that_nobody_knows_is_refused_and_a_file_that_is_not_there_is_wrong_usage(
    shell: Shell, tmp_path: Path
) -> None:
    assert ask(shell, tmp_path, S2024, "2023").rule == "standard_must_be_known"
    assert shell.run("level", str(tmp_path / "none.json"), "--standard", "2024").status == 2
    assert shell.run("level", str(EXAMPLES / "level-2024.json")).status == 2
    broken = tmp_path / "answers.json"
    broken.write_bytes(b"\xff\xfe\x00")
    assert shell.run("level", str(broken), "--standard", "2024").status == 2


def test_what_2022_leaves_open_is_asked(shell: Shell, tmp_path: Path) -> None:
    border = {"points": {"数字化基础": 20, "数字化经营": 10, "数字化管理": 5, "数字化成效": 5}}
    told = ask(shell, tmp_path, border, "2022")
    assert (told.status, told.json["key"]) == (4, "standards.2022.levels.2")
    assert "40 分" in told.json["open"]
    assert shell.run("level", str(tmp_path / "answers.json"), "--standard", "2022").status == 4


def test_points_may_be_written_as_text_and_are_never_rounded(shell: Shell, tmp_path: Path) -> None:
    assert ask(shell, tmp_path, changed("points", "资金保障", "1.875")).json["scores"]["management"] == 14.625
    assert ask(shell, tmp_path, changed("points", "资金保障", "1.8750")).status == 0
    assert ask(shell, tmp_path, changed("points", "资金保障", "1.87500000000000000000001")).status == 3
