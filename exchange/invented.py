"""Invented firms for a rehearsal: plausible, never real, and the same for the same seed.

Every name ends in (虚拟) and every organisation code begins with LB, which no registry issues to companies.
"""

from __future__ import annotations

from random import Random
from typing import Final, TypeVar

from domain import identity
from domain.policy import Pack

T = TypeVar("T")

_FIRST: Final = "瑞恒泰宏嘉锦启盛博凯鼎拓卓远澄岳"
_SECOND: Final = "岚川屿禾骏朗昱霖铭坤桥帆澜峻樾舟"
_TRADES: Final = ("精工", "制造", "科技", "材料", "机械", "实业", "新材", "智造")
_BODIES: Final = 1_000_000
_FULL_WIDTH: Final = {ascii_code: 0xFEE0 + ascii_code for ascii_code in range(0x30, 0x5B)}


def names(pack: Pack, count: int, rng: Random) -> list[str]:
    """Names of firms, all different."""
    city = pack.name.removesuffix("市")
    words = [f"{a}{b}{c}" for a in _FIRST for b in _SECOND for c in _TRADES]
    chosen = rng.sample(words, min(count, len(words)))
    rounds = range(1 + count // len(words))
    return [f"{city}{word}{'' if n == 0 else n + 1}有限公司\uff08虚拟\uff09" for n in rounds for word in chosen][:count]


def credit_codes(pack: Pack, count: int, rng: Random) -> list[str]:
    """Well-formed credit codes with the city's division in them, all different."""
    return [_code(pack.division, f"LB{number:06d}") for number in rng.sample(range(_BODIES), count)]


def weighted(rng: Random, shares: dict[T, int]) -> T:
    """One of the words, as often as its share says."""
    return rng.choices(list(shares), list(shares.values()))[0]


def sloppy(rng: Random, field: str, word: str) -> str:
    """The word as somebody in a hurry types it; an import must read it as the word itself."""
    ways = {
        "name": [f" {word}", word.replace("\uff08", "(").replace("\uff09", ")"), f"{word[:2]} {word[2:]}"],
        "credit_code": [word.lower(), word.translate(_FULL_WIDTH), f"{word[:6]} {word[6:]}", f"{word}\n"],
        "county": [f"{word} ", f" {word}"],
        "industry": [word.replace("、", ","), f"{word} "],
        "scale": [f"{word}型", f"{word}型企业"],
        "above_designated": [word.replace("规", "规模以"), f"{word}企业"],
        "quality": {
            "无": ["", "/"],
            "创新型": ["创新型中小企业"],
            "专精特新": ["“专精特新”中小企业", "创新型、专精特新"],
            "小巨人": ["专精特新“小巨人”企业", "国家级专精特新小巨人"],
        }.get(word, [word]),
    }
    return rng.choice(ways[field])


def _code(division: str, body: str) -> str:
    first = f"91{division}{body}"
    first += identity.organisation_check(body)
    return first + identity.check_digit(first)
