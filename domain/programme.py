"""项目: which programme a case, a batch or money belongs to; a rehearsal's is another, so that the two never meet."""

from __future__ import annotations

from domain.policy import Pack
from domain.rules import No, rule

REHEARSED = "推演"


def programme_of(pack: Pack, *, rehearsal: bool) -> str:
    """The programme under which a city's own work lies; a rehearsal's begins with the same words and goes on."""
    return f"{pack.programme}-{REHEARSED}" if rehearsal else pack.programme


def is_rehearsed(pack: Pack, programme: str) -> bool:
    """Whether the name is that of a rehearsal of this city's programme."""
    return programme.startswith(programme_of(pack, rehearsal=True))


@rule
def programme_must_be_the_citys(pack: Pack, programme: str, *, rehearsal: bool) -> No | None:
    """The city's own work lies under its award; a rehearsal's under a name that says so."""
    if is_rehearsed(pack, programme) if rehearsal else programme == pack.programme:
        return None
    right = programme_of(pack, rehearsal=rehearsal)
    return No(
        f"{pack.name}的{'推演项目名须以' if rehearsal else '项目是'}“{right}”{'开头' * rehearsal}，不是“{programme}”"
    )


@rule
def assumptions_must_stay_in_rehearsals(pack: Pack, *, rehearsal: bool) -> No | None:
    """No real firm is decided by what no source says."""
    assumed = pack.assumptions()
    if rehearsal or not assumed:
        return None
    return No(f"规则中有 {len(assumed)} 项推演假设（如 {next(iter(assumed))}），不能用于真实项目")
