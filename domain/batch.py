"""批次: one round of selection. It pins the rules that every case of the round is decided by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

from domain.commands import Command
from domain.record import Fact, File, Papers
from domain.rules import No, rule


class Batch(File):
    """One batch of one city."""

    def blank(self) -> None:
        self.city = ""
        self.programme = ""
        self.code = ""
        self.opens: date | None = None
        self.closes: date | None = None
        self.pack_text = ""
        self.pinned_version = ""


class BatchOpened(Fact):
    """A batch took up its work. The whole text of the rules in force lies in the event itself."""

    TOPIC: ClassVar[str] = "batch.opened"
    city: str
    programme: str
    code: str
    opens: date
    closes: date
    pack_text: str
    rehearsal: bool

    def fold(self, file: Batch) -> None:
        file.city = self.city
        file.programme = self.programme
        file.code = self.code
        file.opens = self.opens
        file.closes = self.closes
        file.pack_text = self.pack_text
        file.pinned_version = self.pack_version


EVENTS = (BatchOpened,)


@dataclass(frozen=True, kw_only=True)
class OpenBatch(Command):
    """Open a batch for applications in a window of days."""

    kind: Literal["open-batch"] = "open-batch"
    city: str
    programme: str
    code: str
    opens: date
    closes: date
    pack_text: str
    rehearsal: bool = False


@rule
def batch_must_be_opened_once(batch: Batch) -> No | None:
    """A batch's window and rules never change once it is open."""
    return None if batch.is_new else No(f"批次 {batch.code} 已经开启，不能重复开启")


@rule
def window_must_not_end_before_it_opens(opens: date, closes: date) -> No | None:
    """The last day to apply is not before the first."""
    return None if opens <= closes else No(f"申报截止日 {closes} 早于开始日 {opens}")


def open_batch(batch: Batch, command: OpenBatch, papers: Papers) -> None:
    """Pin the rules and open the window."""
    batch_must_be_opened_once(batch)
    window_must_not_end_before_it_opens(command.opens, command.closes)
    batch.record(
        BatchOpened,
        papers,
        city=command.city,
        programme=command.programme,
        code=command.code,
        opens=command.opens,
        closes=command.closes,
        pack_text=command.pack_text,
        rehearsal=command.rehearsal,
    )
