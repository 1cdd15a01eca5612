"""What every command about an expert review says."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from domain.commands import Command


@dataclass(frozen=True, kw_only=True)
class ExpertReviewCommand(Command):
    """A command about the expert reviews of one batch."""

    batch: UUID
