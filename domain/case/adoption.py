"""改用规则: a running case leaves the text of the rules it took up and adopts its batch's newer one, on record.

What was done stays done, by the rules of its day; periods that run keep their ends. Only what is still to come is
decided by the new text.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from domain.batch import Batch
from domain.case.common import words_must_be_given
from domain.case.file import CaseFact, CaseFile, CasePapers
from domain.commands import CaseCommand
from domain.rules import No, rule


class RulesAdopted(CaseFact):
    """From here on the batch's text of this version holds for this case."""

    TOPIC: ClassVar[str] = "case.rules-adopted"
    before: str
    """Version of the text that held until now."""
    version: str
    document: str

    def fold(self, file: CaseFile) -> None:
        file.rules_version = self.version


EVENTS = (RulesAdopted,)


@dataclass(frozen=True, kw_only=True)
class AdoptRules(CaseCommand):
    """Move one case to the rules of this version; ``document`` is the paper that says so."""

    kind: Literal["adopt-rules"] = "adopt-rules"
    version: str
    document: str


@rule
def case_must_have_taken_up_rules(case: CaseFile) -> No | None:
    """Before it applies, a case is decided by the rules of the day and has nothing to leave."""
    return None if case.batch is not None else No("尚未申报，尚无固定的规则可以更换")


@rule
def rules_must_be_the_batchs(batch: Batch | None, version: str) -> No | None:
    """Only the text in force for the batch can be adopted: no case goes back to one that another has replaced."""
    if batch is None or version not in batch.texts:
        return No(f"本批次没有版本为 {version[:12]} 的规则；请先修订批次规则")
    if version != batch.pinned_version:
        return No(f"版本 {version[:12]} 已被版本 {batch.pinned_version[:12]} 取代，不能再改用；现行规则须先修订回去")
    return None


@rule
def adopted_rules_must_be_others(case: CaseFile, version: str) -> No | None:
    """A case does not move to where it stands."""
    return No("本案已按这一版规则办理") if version == case.rules_version else None


def adopt_rules(case: CaseFile, command: AdoptRules, papers: CasePapers) -> None:
    """The new text holds from now on, for what is still to come."""
    case_must_have_taken_up_rules(case)
    adopted_rules_must_be_others(case, command.version)
    rules_must_be_the_batchs(papers.batch, command.version)
    words_must_be_given(command.document, "改用新规则的文号")
    case.record(RulesAdopted, papers, before=case.rules_version, version=command.version, document=command.document)


DECISIONS = {AdoptRules: adopt_rules}
