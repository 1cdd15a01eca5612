"""Who acts: a person, in a role, for an organisation. Events keep the id, never the name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person may be in the programme."""

    FIRM = "firm"  # 企业
    COUNTY = "county"  # 区县
    CLERK = "bureau-clerk"  # 市局经办
    HEAD = "bureau-head"  # 市局科长
    LEADER = "bureau-leader"  # 市局分管领导 / 局长办公会
    TREASURY = "city-treasury"  # 市财政局
    COUNTY_TREASURY = "county-treasury"  # 县区财政
    SUPERVISOR = "supervisor"  # 监理
    DIAGNOSER = "diagnoser"  # 诊断机构
    EVALUATOR = "evaluator"  # 评测机构
    EXPERT = "expert"  # 评审专家
    INSPECTOR = "inspector"  # 抽查人员
    PROVIDER = "provider"  # 服务商
    AUDITOR = "auditor"  # 审计
    SYSTEM = "system"  # the engine itself, which records that time has passed and nothing else


@dataclass(frozen=True)
class Person:
    """The hand behind a command."""

    id: str
    """The person's id in the programme, e.g. ``dalian/clerk-2``; never a name or an identity number."""
    role: Role
    organisation: str
    """Whose person it is: the bureau, a county's name, a firm's credit code, an institution's name."""


SYSTEM = Person("system", Role.SYSTEM, "lookback")
