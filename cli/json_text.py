"""What is wrong with a text that should be JSON, in Chinese: the reader of the standard library says it in English."""

from __future__ import annotations

import json


class NoNumber(ValueError):  # noqa: N818 - says what was written; nothing is wrong with the program
    """A word that stands for a number and is none; the text says which, in Chinese."""


def fault(bad: Exception) -> str:
    """Why a text could not be read, and where, as far as the reader knows."""
    match bad:
        case NoNumber():
            return str(bad)
        case json.JSONDecodeError():
            rest = bad.doc[bad.pos :].strip()
            what = f"从“{rest.splitlines()[0][:10]}”起读不懂" if rest else "文字到此为止，还缺内容"
            return f"第 {bad.lineno} 行第 {bad.colno} 列，{what}（检查引号、逗号和括号）"
        case UnicodeDecodeError():
            return f"第 {bad.object[: bad.start].count(10) + 1} 行不是 UTF-8 编码的文字"
        case RecursionError():
            return "括号套得太深"
    return "有的数太长或写得不对"
