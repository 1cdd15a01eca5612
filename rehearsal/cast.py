"""The people of a rehearsal: enough different hands that nobody has to sign twice."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from domain.people import Person, Role
from domain.policy import Pack
from exchange.roster import RosterRow

PROVIDERS = ("启航数科", "云桥软件", "智联工控", "北辰云服", "恒拓系统", "星图数据")
DIAGNOSERS = ("众诚诊断中心", "明理咨询")
EVALUATORS = ("衡准评测院", "中测验收所", "公信评测")


@dataclass(frozen=True)
class Cast:
    """Everybody in one city; ids only, as in life."""

    city: str

    def _one(self, name: str, role: Role, organisation: str) -> Person:
        return Person(f"{self.city}/{name}", role, organisation)

    def bureau(self, role: Role, number: int = 1) -> Person:
        """A clerk, head or leader of the bureau."""
        return self._one(f"{role.value}-{number}", role, "市工信局")

    def clerk(self, number: int) -> Person:
        """市局经办."""
        return self.bureau(Role.CLERK, number)

    def treasury(self, number: int = 1) -> Person:
        """市财政局."""
        return self._one(f"treasury-{number}", Role.TREASURY, "市财政局")

    def county(self, county: str) -> Person:
        """县区工信."""
        return self._one(f"county-{county}", Role.COUNTY, county)

    def county_treasury(self, county: str) -> Person:
        """县区财政."""
        return self._one(f"county-treasury-{county}", Role.COUNTY_TREASURY, county)

    def supervisor(self, number: int) -> Person:
        """监理."""
        return self._one(f"supervisor-{number}", Role.SUPERVISOR, "同心监理")

    def inspector(self, number: int) -> Person:
        """抽查人员."""
        return self._one(f"inspector-{number}", Role.INSPECTOR, "市工信局抽查组")

    def expert(self, number: int) -> Person:
        """评审专家."""
        return self._one(f"expert-{number}", Role.EXPERT, f"第{number}评审研究院")

    def institution(self, role: Role, name: str, number: int = 1) -> Person:
        """A person of a diagnosing or evaluating institution, or of a provider."""
        return self._one(f"{name}-{number}", role, name)

    def firm(self, row: RosterRow) -> Person:
        """The firm's own hand."""
        return self._one(f"firm-{row.credit_code.lower()}", Role.FIRM, row.credit_code)

    def reviewer(self, pack: Pack, chance: Random) -> Person:
        """Who reviews plans and contracts: the supervisor where the city has one, else the bureau."""
        number = chance.choice((1, 2))
        return self.supervisor(number) if pack.flag("contract.supervised") else self.clerk(4)
