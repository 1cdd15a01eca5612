"""批次: one round of selection. It pins the rules that every case of the round is decided by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

from domain.commands import Command
from domain.programme import assumptions_must_stay_in_rehearsals, programme_must_be_the_citys
from domain.record import Fact, File, Papers
from domain.rules import No, rule

_LONGEST_CODE = 32


class Batch(File):
    """One batch of one city."""

    def blank(self) -> None:
        self.city = ""
        self.rehearsal = False
        self.programme = ""
        self.code = ""
        self.opens: date | None = None
        self.closes: date | None = None
        self.pack_text = ""
        self.pinned_version = ""
        self.texts: dict[str, str] = {}


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
        file.rehearsal = self.rehearsal
        file.programme = self.programme
        file.code = self.code
        file.opens = self.opens
        file.closes = self.closes
        file.pack_text = self.pack_text
        file.pinned_version = self.pack_version
        file.texts[self.pack_version] = self.pack_text


class BatchRulesRevised(Fact):
    """The city has answered what was open, or its draft became final: new applications are decided by the new text.

    Cases that run stay with the text they took up until each adopts the new one, by a recorded decision of its own.
    """

    TOPIC: ClassVar[str] = "batch.rules-revised"
    pack_text: str
    document: str

    def fold(self, file: Batch) -> None:
        file.pack_text = self.pack_text
        file.pinned_version = self.pack_version
        file.texts[self.pack_version] = self.pack_text


EVENTS = (BatchOpened, BatchRulesRevised)


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


@dataclass(frozen=True, kw_only=True)
class ReviseBatchRules(Command):
    """Pin another text of the city's rules to an open batch; ``document`` is the paper that put it into force."""

    kind: Literal["revise-batch-rules"] = "revise-batch-rules"
    city: str
    programme: str
    code: str
    pack_text: str
    document: str


@rule
def batch_must_have_been_opened(batch: Batch) -> No | None:
    """Only a batch that is open has rules to revise and places to give."""
    return No("没有这个批次") if batch.is_new else None


@rule
def revised_rules_must_differ(batch: Batch, version: str) -> No | None:
    """The same text is not put into force twice."""
    return No("该批次现行规则就是这一版，没有变化") if version == batch.pinned_version else None


@rule
def rules_must_be_the_citys(city: str, of: str) -> No | None:
    """A batch is never put under another city's rules."""
    return None if city == of else No(f"规则包属于“{of}”，批次属于“{city}”")


@rule
def batch_code_must_be_short_and_plain(code: str) -> No | None:
    """The code is searched for and shown in every list: up to 32 visible characters without blanks."""
    if 0 < len(code) <= _LONGEST_CODE and code.isprintable() and not any(ch.isspace() for ch in code):
        return None
    return No(f"批次号应为 1 至 {_LONGEST_CODE} 个可见字符，不含空格")


@rule
def revision_must_name_its_document(document: str) -> No | None:
    """Rules change by a paper, not by a keystroke."""
    return None if document.strip() else No("须填写使新规则生效的文号")


@rule
def batch_must_be_opened_once(batch: Batch) -> No | None:
    """A batch's window never changes once it is open; its rules only by a recorded revision."""
    return None if batch.is_new else No(f"批次 {batch.code} 已经开启，不能重复开启")


@rule
def window_must_not_end_before_it_opens(opens: date, closes: date) -> No | None:
    """The last day to apply is not before the first."""
    return None if opens <= closes else No(f"申报截止日 {closes} 早于开始日 {opens}")


def revise_batch_rules(batch: Batch, command: ReviseBatchRules, papers: Papers) -> None:
    """Put another text into force for what is still to come."""
    batch_must_have_been_opened(batch)
    rules_must_be_the_citys(batch.city, papers.pack.city)
    assumptions_must_stay_in_rehearsals(papers.pack, rehearsal=batch.rehearsal)
    revision_must_name_its_document(command.document)
    revised_rules_must_differ(batch, papers.pack.version)
    batch.record(BatchRulesRevised, papers, pack_text=command.pack_text, document=command.document)


def open_batch(batch: Batch, command: OpenBatch, papers: Papers) -> None:
    """Pin the rules and open the window."""
    batch_must_be_opened_once(batch)
    batch_code_must_be_short_and_plain(command.code)
    rules_must_be_the_citys(command.city, papers.pack.city)
    programme_must_be_the_citys(papers.pack, command.programme, rehearsal=command.rehearsal)
    assumptions_must_stay_in_rehearsals(papers.pack, rehearsal=command.rehearsal)
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
