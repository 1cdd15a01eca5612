"""排除名单: firms that may not apply, as lists that others keep; imported whole, with source and date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

from domain.commands import Command
from domain.policy import EXCLUSIONS, Pack
from domain.record import Fact, File, Papers
from domain.rules import No, rule

ListKind = Literal["funded", "pilot-2022", "abnormal", "dishonest", "accident"]
"""A kind of list, one of ``EXCLUSIONS``."""


@dataclass(frozen=True)
class Excluded:
    """One firm on a list, as the list says it."""

    credit_code: str
    firm: str


@dataclass(frozen=True)
class Listing:
    """A list on which a firm stands."""

    list_kind: ListKind
    source: str
    as_of: date

    @property
    def words(self) -> str:
        """The list by kind, source and date, in Chinese."""
        return f"{EXCLUSIONS[self.list_kind]}名单（{self.source}，{self.as_of}）"


class Exclusions(File):
    """The lists of one city."""

    def blank(self) -> None:
        self.lists: dict[tuple[ListKind, str], tuple[date, tuple[Excluded, ...]]] = {}
        """By kind and source: the newest list, its day and its firms."""

    def naming(self, credit_code: str) -> tuple[Listing, ...]:
        """Every list on which the firm stands today."""
        return tuple(
            Listing(kind, source, as_of)
            for (kind, source), (as_of, firms) in self.lists.items()
            if any(firm.credit_code == credit_code for firm in firms)
        )


class ExclusionsImported(Fact):
    """A list came in. It takes the place of an earlier one of the same kind and source."""

    TOPIC: ClassVar[str] = "exclusions.imported"
    city: str
    list_kind: ListKind
    source: str
    as_of: date
    """The day on which the list was true."""
    file_hash: str
    """SHA-256 of the workbook, in hex."""
    firms: tuple[Excluded, ...]

    def fold(self, file: Exclusions) -> None:
        file.lists[self.list_kind, self.source] = (self.as_of, self.firms)


EVENTS = (ExclusionsImported,)


@dataclass(frozen=True, kw_only=True)
class ImportExclusions(Command):
    """Take in a whole list."""

    kind: Literal["import-exclusions"] = "import-exclusions"
    city: str
    list_kind: ListKind
    source: str
    as_of: date
    file_hash: str
    firms: tuple[Excluded, ...]


@rule
def list_must_name_its_source(source: str) -> No | None:
    """A firm is turned down only on a list that can be asked for."""
    return None if source.strip() else No("须写明名单来源")


@rule
def list_must_be_newer_than_the_one_held(exclusions: Exclusions, command: ImportExclusions) -> No | None:
    """An older list never takes the place of a newer one of the same kind and source."""
    held = exclusions.lists.get((command.list_kind, command.source))
    if held is None or held[0] <= command.as_of:
        return None
    newer = Listing(command.list_kind, command.source, held[0])
    return No(f"已有日期更新的{newer.words}，不能换成 {command.as_of} 的名单")


@rule
def list_must_not_be_of_tomorrow(as_of: date, today: date) -> No | None:
    """A list says what was, not what will be."""
    return None if as_of <= today else No(f"名单日期 {as_of} 晚于今日 {today}")


@rule
def firm_must_not_be_on_an_exclusion_list(listings: tuple[Listing, ...], pack: Pack) -> No | None:
    """Whoever stands on a list that the city's rules name does not apply, nor goes on when the list comes later."""
    if not pack.has("selection.exclusion_lists"):
        return None
    for listing in listings:
        if listing.list_kind in pack.list("selection.exclusion_lists"):
            return No(f"企业在{listing.words}上，不得申报或入选", pack.clause("selection.exclusion_lists"))
    return None


def import_exclusions(exclusions: Exclusions, command: ImportExclusions, papers: Papers, today: date) -> None:
    """The list is taken in whole."""
    list_must_name_its_source(command.source)
    list_must_not_be_of_tomorrow(command.as_of, today)
    list_must_be_newer_than_the_one_held(exclusions, command)
    exclusions.record(
        ExclusionsImported,
        papers,
        city=command.city,
        list_kind=command.list_kind,
        source=command.source,
        as_of=command.as_of,
        file_hash=command.file_hash,
        firms=command.firms,
    )
