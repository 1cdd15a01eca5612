"""一企一个在办档案: in which cities of this installation a firm has applied, so that it does not in two at once."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID

from domain.record import Fact, File


class Register(File):
    """One firm's applications, by credit code; a rehearsal's lie in a register of their own."""

    def blank(self) -> None:
        self.entries: dict[UUID, str] = {}
        """Case → the name of its city."""


class FirmApplied(Fact):
    """The firm applied in a city. Whether that case is still open, the case itself says.

    Written in the append of every application, so that of two cities at the same moment the second sees the first.
    """

    TOPIC: ClassVar[str] = "firm.applied"
    credit_code: str
    case: UUID
    city: str
    city_name: str
    """As its rules call it, e.g. 大连市."""
    programme: str
    batch: UUID

    def fold(self, file: Register) -> None:
        file.entries[self.case] = self.city_name


EVENTS = (FirmApplied,)
