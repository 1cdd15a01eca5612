"""统一社会信用代码 and the ids of the record: who a firm is, and the names its case, commands and money go by.

The code follows GB 32100-2015. Ids are UUIDv5 of business keys: the same thing has the same id wherever it is asked.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Final
from uuid import UUID, uuid5

from domain.rules import No, rule

ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""The thirty-one characters of GB 32100; I O S V Z are not used."""
LENGTH: Final = 18
STANDARD: Final = "GB 32100-2015"
"""What a malformed code is refused by."""
_WEIGHTS: Final = tuple(pow(3, place, 31) for place in range(LENGTH - 1))
_ORGANISATION_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
_HALF_WIDTH: Final = {0xFEE0 + ascii_code: ascii_code for ascii_code in range(0x21, 0x7F)}
_STEM: Final = re.compile(
    "(.+?)(?:股份有限公司|有限责任公司|有限公司|分公司|分支机构|公司)(?:.*(?:分公司|分支机构|办事处))?"
)
"""What stands before a company's legal form, and before a branch behind it."""
_NAMESPACE: Final = UUID("6c1d2a5e-4b07-5f3a-9a51-0f6d3c9be7a4")
"""Fixed for ever: another namespace would give every firm another case."""


def tidy(text: str) -> str:
    """A code as the standard writes it: full-width folded, upper case, without spaces or a text mark (')."""
    folded = text.translate(_HALF_WIDTH).upper()
    return "".join(ch for ch in folded if not ch.isspace() and unicodedata.category(ch) != "Cf").lstrip("'")


def fault(code: str) -> str | None:
    """Why a tidied code cannot be one, in Chinese; None if it is well-formed. The check digit is not looked at."""
    if not code:
        return "统一社会信用代码是空的"
    if len(code) != LENGTH:
        return f"统一社会信用代码应为{LENGTH}位，现为{len(code)}位：{code}"
    strange = [ch for ch in code if ch not in ALPHABET]
    if strange:
        return f"统一社会信用代码含有不用的字符“{''.join(strange)}”（字母 I、O、S、V、Z 不用）：{code}"
    return None


@rule
def credit_code_must_be_well_formed(code: str) -> No | None:
    """A firm is known by its 统一社会信用代码: eighteen characters of the standard's alphabet, already tidied."""
    wrong = fault(code)
    return No(wrong, STANDARD) if wrong else None


def check_digit(first17: str) -> str:
    """The eighteenth character that belongs to the seventeen before it."""
    weighed = sum(ALPHABET.index(ch) * weight for ch, weight in zip(first17, _WEIGHTS, strict=True))
    return ALPHABET[-weighed % 31]


def organisation_check(body: str) -> str:
    """The ninth character of 主体标识码 (GB 11714) that belongs to the eight before it; X stands for ten."""
    # Digits and letters count 0..35 here, the five unused letters included: int(ch, 36) says just that.
    weighed = sum(int(ch, 36) * weight for ch, weight in zip(body, _ORGANISATION_WEIGHTS, strict=True))
    return "0123456789X"[-weighed % 11]


def check_digit_warning(code: str) -> str | None:
    """What does not add up in a well-formed code, in Chinese; None if all does.

    Never a reason to refuse: codes issued early (福建) are legal and fail the check.
    """
    wrong = []
    expected = check_digit(code[:17])
    if code[17] != expected:
        wrong.append(f"第18位校验码应为 {expected}，现为 {code[17]}")
    expected = organisation_check(code[8:16])
    if code[16] != expected:
        wrong.append(f"第17位（主体标识码校验位）应为 {expected}，现为 {code[16]}")
    return f"{code}：{'；'.join(wrong)}，请核对" if wrong else None


def is_plain(name: str) -> bool:
    """A name that can be compared: something visible, no blank at its ends, no character that cannot be seen."""
    return bool(name) and name == name.strip() and all(ch == " " or ch.isprintable() for ch in name)


def same(name: str) -> str:
    """A name as it is compared: （）and (), full and half width, capitals and blanks make no other institution."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def trading_name(name: str) -> str:
    """What a name comes down to where a conflict of interest is looked for, and nowhere else: 云软（山东）有限公司,
    云软山东公司 and 云软（山东）有限公司济南分公司 are one house.

    Punctuation goes, and the legal form with the branch behind it. The price: of two houses that have nothing to do
    with each other, 甲有限公司 and 甲股份有限公司, one is taken for the other, and somebody else has to be named.
    """
    plain = "".join(ch for ch in same(name) if not unicodedata.category(ch).startswith("P"))
    stem = _STEM.fullmatch(plain)
    return stem[1] if stem else plain


def case_id(city: str, programme: str, credit_code: str) -> UUID:
    """一企一档: one firm in one city under one award. However sloppily the code is written, the case is the same."""
    return _id("case", city, programme, tidy(credit_code))


def command_id(*parts: str) -> UUID:
    """A command named by what it does, so that sending it twice does it once."""
    return _id("command", *parts)


def batch_id(city: str, programme: str, code: str) -> UUID:
    """批次: a batch of one city's programme."""
    return _id("batch", city, programme, code)


def places_id(batch: UUID) -> UUID:
    """名额: the places of a batch."""
    return _id("places", str(batch))


def allotment_id(city: str, programme: str) -> UUID:
    """名额总账: what the quotas of all batches of one city's programme are shared out of."""
    return _id("allotment", city, programme)


def expert_review_id(batch: UUID) -> UUID:
    """专家评审: the expert reviews of a batch."""
    return _id("expert-review", str(batch))


def exclusions_id(city: str) -> UUID:
    """排除名单: the lists of a city."""
    return _id("exclusions", city)


def register_id(world: str, credit_code: str) -> UUID:
    """A firm's applications in all cities; ``world`` is empty in earnest, and a rehearsal's programme in play."""
    return _id("register", world, tidy(credit_code))


def voucher_id(world: str, paper: str, *numbers: str) -> UUID:
    """凭证: one paper by its number, in whatever city it is shown; ``world`` as for a register."""
    return _id("voucher", world, paper, *numbers)


def fund_id(city: str, programme: str, line: str) -> UUID:
    """资金: one budget line of one city's programme."""
    return _id("fund", city, programme, line)


def queue_id(city: str, programme: str, line: str) -> UUID:
    """兑付队列: who waits for money of one budget line."""
    return _id("queue", city, programme, line)


def round_id(city: str, programme: str, number: str) -> UUID:
    """兑付轮次: one payout round of one city's programme."""
    return _id("payout-round", city, programme, _closed_up(number))


def budget_id(city: str, programme: str) -> UUID:
    """指标台账: the budget documents of one city's programme, on all its lines."""
    return _id("budget", city, programme)


def notice_id(city: str, programme: str, subject: str, document: str) -> UUID:
    """公示: one document of one city's programme. However its number is spaced, the notice is the same."""
    return _id("notice", city, programme, subject, _closed_up(document))


def same_document(one: str, other: str) -> bool:
    """Whether two spellings mean one document number."""
    return _closed_up(one) == _closed_up(other)


def _closed_up(document: str) -> str:
    return "".join(document.split())


def provider_id(city: str, programme: str, credit_code: str) -> UUID:
    """服务商: one provider in one city's programme, however sloppily its code is written."""
    return _id("provider", city, programme, tidy(credit_code))


def pool_id(city: str, programme: str) -> UUID:
    """服务商资源池: the list of one city's programme."""
    return _id("pool", city, programme)


def catalogue_id(city: str, programme: str) -> UUID:
    """小快轻准产品目录: the products of one city's programme."""
    return _id("catalogue", city, programme)


def _id(kind: str, *parts: str) -> UUID:
    # JSON keeps the parts apart: ("a", "b/c") and ("a/b", "c") never meet.
    return uuid5(_NAMESPACE, json.dumps([kind, *parts]))
