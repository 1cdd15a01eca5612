"""排除名单: firms that may not apply, as lists that others keep; imported whole, with source and date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal

from domain.commands import Command
from domain.identity import same
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


@dataclass(frozen=True)
class Held:
    """A list that is in force, and whom it names; nobody where its source has cleared it."""

    number: int
    """Its import's place in the stream."""
    listing: Listing
    firms: tuple[Excluded, ...]


class Exclusions(File):
    """The lists of one city."""

    def blank(self) -> None:
        self.imported: dict[int, ExclusionsImported] = {}
        """Every import that was not withdrawn, by its place in the stream."""

    @property
    def lists(self) -> tuple[Held, ...]:
        """The newest list of every kind and source; a source is the same one however it is spelled."""
        newest = {(one.list_kind, same(one.source)): number for number, one in self.imported.items()}
        return tuple(_held(number, self.imported[number]) for number in newest.values())

    def held(self, list_kind: ListKind, source: str) -> Held | None:
        """The list in force of one kind and source."""
        wanted = (list_kind, same(source))
        return next((one for one in self.lists if (one.listing.list_kind, same(one.listing.source)) == wanted), None)

    def naming(self, credit_code: str) -> tuple[Listing, ...]:
        """Every list on which the firm stands today."""
        return tuple(held.listing for held in self.lists if any(firm.credit_code == credit_code for firm in held.firms))


class ExclusionsImported(Fact):
    """A list came in, whole. It takes the place of an earlier one of the same kind and source."""

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
        file.imported[self.originator_version] = self


class ExclusionsWithdrawn(Fact):
    """撤回名单: a list was none of its source's; the one before it, if any, holds again."""

    TOPIC: ClassVar[str] = "exclusions.withdrawn"
    list_kind: ListKind
    source: str
    as_of: date
    number: int
    """The import's place in the stream."""

    def fold(self, file: Exclusions) -> None:
        file.imported.pop(self.number)


def _held(number: int, one: ExclusionsImported) -> Held:
    return Held(number, Listing(one.list_kind, one.source, one.as_of), one.firms)


EVENTS = (ExclusionsImported, ExclusionsWithdrawn)


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
    cleared: bool = False
    """Whoever imports it says that its source has cleared it: that it names nobody is no broken export."""


@dataclass(frozen=True, kw_only=True)
class WithdrawExclusions(Command):
    """Take back the last list of a kind and source, imported by mistake; ``reason`` says which."""

    kind: Literal["withdraw-exclusions"] = "withdraw-exclusions"
    city: str
    list_kind: ListKind
    source: str
    as_of: date
    """The day of the list that is meant."""


@rule
def list_must_name_its_source(source: str) -> No | None:
    """A firm is turned down only on a list that can be asked for."""
    return None if source.strip() else No("须写明名单来源")


@rule
def list_must_be_newer_than_the_one_held(exclusions: Exclusions, command: ImportExclusions) -> No | None:
    """An older list never takes the place of a newer one of the same kind and source."""
    held = exclusions.held(command.list_kind, command.source)
    if held is None or held.listing.as_of <= command.as_of:
        return None
    return No(f"已有日期更新的{held.listing.words}，不能换成 {command.as_of} 的名单")


@rule
def list_without_firms_must_be_meant(firms: tuple[Excluded, ...], cleared: bool) -> No | None:
    """An empty list clears every firm of its source, so a broken export is not taken for one, nor the other way."""
    if cleared and firms:
        return No(f"写明来源已清空名单，文件中却有 {len(firms)} 家企业")
    if not cleared and not firms:
        return No("名单中没有企业；若来源确已清空名单，须写明（--empty），原名单上的企业即不再受限")
    return None


@rule
def list_to_withdraw_must_be_the_one_held(exclusions: Exclusions, command: WithdrawExclusions) -> No | None:
    """Only the list in force is taken back, and only by its own day: nobody withdraws another one by a slip."""
    held = exclusions.held(command.list_kind, command.source)
    if held is not None and held.listing.as_of == command.as_of:
        return None
    meant = Listing(command.list_kind, command.source, command.as_of)
    return No(f"没有现行的{meant.words}" + (f"；现行的是{held.listing.words}" if held else ""))


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


@rule
def withdrawal_of_a_list_must_say_why(reason: str) -> No | None:
    """Firms that were barred no longer are, so somebody answers for it."""
    return None if reason.strip() else No("须填写撤回名单的理由")


def import_exclusions(exclusions: Exclusions, command: ImportExclusions, papers: Papers, today: date) -> None:
    """The list is taken in whole."""
    list_must_name_its_source(command.source)
    list_must_not_be_of_tomorrow(command.as_of, today)
    list_must_be_newer_than_the_one_held(exclusions, command)
    list_without_firms_must_be_meant(command.firms, command.cleared)
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


def withdraw_exclusions(exclusions: Exclusions, command: WithdrawExclusions, papers: Papers) -> None:
    """What was imported stays on record; from now on it bars nobody."""
    withdrawal_of_a_list_must_say_why(command.reason)
    list_to_withdraw_must_be_the_one_held(exclusions, command)
    held = exclusions.held(command.list_kind, command.source)
    assert held is not None
    exclusions.record(
        ExclusionsWithdrawn,
        papers,
        list_kind=command.list_kind,
        source=held.listing.source,
        as_of=command.as_of,
        number=held.number,
    )
