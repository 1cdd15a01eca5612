"""What a pack's values cannot say together, and a file that is no pack at all, are refused with file, line and key."""

from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from cli import packs
from policies import load
from tests.test_pack_faults import DALIAN, Break, line_of

SAID = 'clause = "大连方案 七"\nstanding = "stated"\n'
PAIR = "supervision+evaluation"
HOW = ("forbidden", "approval")
WEIGHED = ("satisfaction", "outcome", "volume")
BREAKS = {
    "a contract signed before the programme": Break(
        "[programme.end]\n",
        f"[programme.start]\nvalue = 2026-01-01\n{SAID}\n[programme.end]\n",
        'value = 2025-12-31\nclause = "大连方案 五',
        "contract.not_after",
        "2025-12-31 早于 programme.start 的 2026-01-01",
    ),
    "a contract signed after the programme": Break(
        "[contract.not_after]\nvalue = 2025-12-31",
        "[contract.not_after]\nvalue = 2026-01-01",
        "value = 2025-12-31",
        "programme.end",
        "早于 contract.not_after 的 2026-01-01",
    ),
    "a contract whose last day is before its first": Break(
        "[contract.not_after]\nvalue = 2025-12-31",
        f"[contract.not_before]\nvalue = 2025-12-31\n{SAID}\n[contract.not_after]\nvalue = 2025-12-30",
        "value = 2025-12-30",
        "contract.not_after",
        "早于 contract.not_before",
    ),
    "a text that is at least something": Break(
        'value = "先建后补"\n', 'value = "先建后补"\ncomparator = "≥" # here\n', "# here", "payout.mode", "此键不是数"
    ),
    "a ceiling turned into a floor": Break(
        'value = "50"\nunit = "万元"\ncomparator = "≤"',
        'value = "50"\nunit = "万元"\ncomparator = "≥" # here',
        "# here",
        "payout.cap",
        "此键是上限，比较符只能是 ≤",
    ),
    "a floor turned into a ceiling": Break(
        'unit = "级"\ncomparator = "≥"\nclause = "大连方案 五',
        'unit = "级"\ncomparator = "≤"\nclause = "大连方案 五',
        'comparator = "≤"\nclause = "大连方案 五',
        "evaluation.min_level",
        "此键是下限，比较符只能是 ≥",
    ),
    "a cap of nothing": Break(
        'value = "50"\nunit = "万元"', 'value = "0"\nunit = "万元"', 'value = "0"', "payout.cap", "应大于 0"
    ),
    "a volume by which nobody can divide": Break(
        "[finance.support]",
        f'[rating.volume_full]\nvalue = 0\nunit = "家"\n{SAID}\n[finance.support]',
        "value = 0",
        "rating.volume_full",
        "应大于 0",
    ),
    "a value with a character that nobody sees": Break(
        'value = "先建后补"', 'value = "先建\u200b后补"', "先建\u200b后补", "payout.mode", "不可见字符（U+200B）"
    ),
    "a row with a line of its own inside": Break(
        'name = "总包商"', 'name = "总包\\n商"', "总包\\n商", "provider_tier", "不可见字符（U+000A）"
    ),
    "weights that are more than the whole": Break(
        "[finance.support]",
        "".join(f'[rating.{part}]\nvalue = "40%"\nunit = "比例"\n{SAID}' for part in WEIGHED) + "[finance.support]",
        'value = "40%"',
        "rating.satisfaction",
        "之和为 120.00%，不是 100%",
    ),
    "a pair of posts both forbidden and to be approved": Break(
        "[finance.support]",
        "".join(f'[independence.{how}]\nvalue = ["{PAIR}"]\n{SAID}' for how in HOW) + "[finance.support]",
        f'value = ["{PAIR}"]\nclause = "大连方案 七"\nstanding = "stated"\n[finance',
        "independence.approval",
        "已在 independence.forbidden 中禁止",
    ),
    "an unknown pair of posts": Break(
        "[finance.support]",
        f'[independence.forbidden]\nvalue = ["supervision+cooking"]\n{SAID}[finance.support]',
        "supervision+cooking",
        "independence.forbidden",
        "不认识“supervision+cooking”",
    ),
    "an unknown list of exclusions": Break(
        "[finance.support]",
        f'[selection.exclusion_lists]\nvalue = ["black"]\n{SAID}[finance.support]',
        '"black"',
        "selection.exclusion_lists",
        "不认识“black”",
    ),
    "a second document that nobody listed": Break(
        'clause = "大连方案 六(一)、四(一)"',
        'clause = "大连方案 六(一)；大连办法 四"',
        "大连办法",
        "programme.governance",
        "条款“大连办法 四”不出自来源",
    ),
    "a source without its title": Break(
        '"关于开展中小企业数字化转型城市试点工作的通知(财建〔2023〕117号)"\n\n#',
        '""\n\n#',
        '"117号通知" = ""',
        "city.sources",
        "“117号通知”应写全称",
    ),
    "a source that nothing rests on": Break(
        "[city.sources]",
        '[city.sources]\n"大连办法" = "大连市中小企业数字化转型专项资金管理办法"',
        '"大连办法" =',
        "city.sources",
        "来源“大连办法”没有任何值或行引用",
    ),
    "a programme without its number": Break('"2023-117"', '"2023"', '"2023"', "city", "programme 的写法不对"),
    "a version written by hand": Break("[city]", '[city]\nversion = "1"', "version", "city", "未知的字段 version"),
    "a byte order mark within": Break("[city]", "\ufeff[city]", "\ufeff", "", "不是合法的 TOML"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_values_that_contradict_each_other_are_refused_with_file_line_and_key(name: str) -> None:
    broken = BREAKS[name]
    assert broken.old in DALIAN
    text = DALIAN.replace(broken.old, broken.new, 1)

    found = load.faults(text, "dalian.toml")

    places = [(fault.file, fault.line, fault.key) for fault in found if broken.reason in fault.reason]
    assert places == [("dalian.toml", line_of(text, broken.at), broken.key)], found


@pytest.mark.parametrize(
    ("content", "line", "key", "reason"),
    [
        (b"", 1, "city", "缺少 [city] 表"),
        (b"\n\n# \xe7\xa9\xba\n", 1, "city", "缺少 [city] 表"),
        (b"\xef\xbb\xbf", 1, "city", "缺少 [city] 表"),
        (b"\xef\xbb\xbf\xef\xbb\xbf[city]\n", 1, "", "不是合法的 TOML"),
        (b"[city]\ncode = \x00\n", 2, "city", "不是合法的 TOML"),
        ("[city]\n".encode("utf-16"), 1, "", "不是 UTF-8"),
        ('[city]\nname = "大连市"\n'.encode("gb18030"), 2, "", "不是 UTF-8"),
        (b"[city]\ncode = ", 2, "city", "不是合法的 TOML"),
    ],
)
def test_a_file_that_is_no_pack_at_all_is_refused_at_its_line(
    tmp_path: Path, content: bytes, line: int, key: str, reason: str
) -> None:
    """By the command, as its author meets it: one line for each fault, and exit status 3."""
    path = tmp_path / "dalian.toml"
    path.write_bytes(content)
    app = typer.Typer()
    packs.register(app)
    app.command("other")(lambda: None)

    told = CliRunner().invoke(app, ["packs", "check", str(path)])

    assert told.exit_code == 3
    assert told.output.startswith(f"dalian.toml 第 {line} 行 {key or '(表外)'}：")
    assert reason in told.output
