"""From words on a command line, or in a JSON file, to a command's fields, typed by the command's own class."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from types import NoneType, UnionType
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints
from uuid import UUID

from pydantic import TypeAdapter
from typer.exceptions import TyperException

from cli import answers
from console.saying import LABELS
from domain.calendar import day_of
from domain.case.supply import NamedProduct
from domain.commands import CaseCommand
from domain.money import Money
from domain.payout_round.plan import Account
from domain.spend import Contract, SpendLine
from domain.standard import Answers, Grade
from domain.vouchers import Covered, Equipment, Invoice, PaymentProof
from domain.words import zh

_EVERY_COMMANDS: Final = frozenset(field.name for field in dataclasses.fields(CaseCommand))
_LABELS: Final[Mapping[str, str]] = {
    **LABELS,
    "pledged": "真实性承诺",
    "products": "价格行对应的产品",
    "account": "收款账户",
    "name": "户名",
    "bank": "开户行",
    "line": "价格行（从 1 数起）",
    "quantity": "数量",
    "upheld": "异议是否成立",
    "number": "编号、号码",
    "signed": "签订日期",
    "contract_sha256": "合同文件哈希（SHA-256）",
    "invoices": "发票",
    "payments": "付款凭证",
    "equipment": "设备",
    "code": "发票代码（数电票填空文字）",
    "tax": "金额含税 included 或不含税 excluded",
    "issued": "开票日期",
    "seller": "销售方统一社会信用代码",
    "covers": "分到各价格行的金额",
    "paid_on": "付款日期",
    "payer": "付款账户名称",
    "serial": "设备序列号",
    "sha256": "文件哈希（SHA-256）",
    "filing": "提交凭证的命令号",
    "given_by": "资金来源项目",
    "lines": "价格清单行",
    "total": "合同总价（元）",
    "kind": "支出类别",
    "what": "内容",
    "standard": "指标版本",
    "level": "数字化水平等级",
    "foundation": "数字化基础得分",
    "management": "数字化管理得分",
    "effect": "数字化成效得分",
    "binding_scenarios": "约束性场景达标数",
    "guiding_scenarios": "指导性场景达标数",
}
_SHAPES: Final[Mapping[Any, str]] = {
    str: "文字",
    int: "整数",
    bool: "是 或 否",
    date: "日期，如 2026-03-02",
    Decimal: "数，如 31.5",
    Money: "金额（元，最多两位小数），如 1234.50",
    UUID: "编号（UUID）",
    Answers: answers.SHAPE,
}
_YES_OR_NO: Final = {"是": True, "true": True, "yes": True, "否": False, "false": False, "no": False}
_SEPARATORS: Final = re.compile("[;,\uff1b\uff0c、\n]")


class WrongField(TyperException):
    """A field that cannot mean what it says; exit status 2."""


def label(name: str) -> str:
    """A field by its Chinese name and the name it is given by."""
    return f"{_LABELS[name]}（{name}）"


def types_of(class_: type[Any]) -> dict[str, Any]:
    """The own fields of a command, or of a paper inside it, in order, with their types."""
    own = _EVERY_COMMANDS if issubclass(class_, CaseCommand) else frozenset()
    hints = get_type_hints(class_)
    return {field.name: _given(hints[field.name]) for field in dataclasses.fields(class_) if field.name not in own}


def _given(hint: Any) -> Any:
    """The type of a field where it is given at all."""
    if get_origin(hint) is not UnionType:
        return hint
    (wanted,) = (one for one in get_args(hint) if one is not NoneType)
    return wanted


def shape(wanted: Any) -> str:
    """What may be written for a field of this type, in Chinese."""
    if wanted in _SHAPES:
        return _SHAPES[wanted]
    if get_origin(wanted) is Literal:
        return "、".join(get_args(wanted)) + " 之一"
    if get_origin(wanted) is tuple:
        inner = get_args(wanted)[0]
        return "几项文字，用分号隔开，或写成 JSON 列表" if inner is str else f"JSON 列表，每项为{shape(inner)}"
    parts = "，".join(f"{name}：{shape(type_)}" for name, type_ in types_of(wanted).items())
    return f"JSON 对象 {{{parts}}}"


def is_optional(kind: type[CaseCommand], name: str) -> bool:
    """Whether the field may be left out."""
    return kind.__dataclass_fields__[name].default is not dataclasses.MISSING


def day(option: str, text: str) -> date:
    """A date that was typed behind an option. Raises WrongField."""
    try:
        return day_of(text)
    except ValueError as bad:
        raise WrongField(f"{option} 应写作 2026-03-01 的样子，收到“{text}”") from bad


def read(kind: type[CaseCommand], said: Mapping[str, Any]) -> dict[str, Any]:
    """The command's own fields from what was said. Raises WrongField naming the first that does not fit."""
    wanted = types_of(kind)
    for name in (name for name in said if name not in wanted):
        own = "、".join(label(one) for one in wanted) or "没有专有的项"
        raise WrongField(f"“{zh(str(kind.kind))}”没有“{name}”这一项。可填：{own}")
    for name in (name for name in wanted if name not in said):
        if not is_optional(kind, name):
            raise WrongField(f"缺少 {label(name)}：{shape(wanted[name])}")
    return {name: _read(wanted[name], value, label(name)) for name, value in said.items()}


def _read(wanted: Any, said: Any, where: str) -> Any:
    if wanted is Answers:
        try:
            return answers.read(said)
        except ValueError as bad:
            raise WrongField(f"{where}：{bad}") from bad
    try:
        if wanted in (Contract, SpendLine, Grade, NamedProduct, Account, Covered, Equipment, Invoice, PaymentProof):
            return _object(wanted, said, where)
        if get_origin(wanted) is tuple:
            return tuple(
                _read(get_args(wanted)[0], one, f"{where}第 {place} 项")
                for place, one in enumerate(_list(wanted, said), start=1)
            )
        return _plain(wanted, said)
    except (ValueError, RecursionError) as bad:  # what pydantic, json and Money raise are ValueErrors
        raise WrongField(f"{where} 应为{shape(wanted)}；收到 {_short(said)}") from bad


def _plain(wanted: Any, said: Any) -> Any:
    if wanted is Money:
        if isinstance(said, dict) and said.keys() == {"fen"}:  # as the engine itself writes it
            return TypeAdapter(Money).validate_python(said)
        return Money.yuan(_number(said))
    if wanted is bool and isinstance(said, str):
        return _YES_OR_NO[said.strip().lower()] if said.strip().lower() in _YES_OR_NO else _not_this()
    if wanted is date:
        return day_of(said) if isinstance(said, str) else _not_this()
    if isinstance(said, bool) and wanted is not bool:
        _not_this()
    return TypeAdapter(wanted).validate_python(said)


def _number(said: Any) -> str:
    return str(said) if isinstance(said, (str, int, float, Decimal)) and not isinstance(said, bool) else _not_this()


def _not_this() -> Any:
    raise ValueError


def _list(wanted: Any, said: Any) -> list[Any]:
    if isinstance(said, str):
        text = said.strip()
        if text.startswith("["):
            said = json.loads(text, parse_float=Decimal)
        elif get_args(wanted)[0] is str:
            said = [part.strip() for part in _SEPARATORS.split(text) if part.strip()]
    return said if isinstance(said, list) else _not_this()


def _object(wanted: Any, said: Any, where: str) -> Any:
    if isinstance(said, str):
        said = json.loads(said, parse_float=Decimal)
    if not isinstance(said, dict):
        _not_this()
    parts = types_of(wanted)
    for name in (name for name in said if name not in parts):
        raise WrongField(f"{where} 没有“{name}”这一项。可填：{'、'.join(label(one) for one in parts)}")
    for name in (name for name in parts if name not in said):
        raise WrongField(f"{where} 缺少 {label(name)}：{shape(parts[name])}")
    return wanted(**{name: _read(parts[name], said[name], f"{where}的{label(name)}") for name in parts})


def _short(said: Any) -> str:
    text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False, default=str)
    return f"“{text[:60]}…”" if len(text) > 60 else f"“{text}”"
