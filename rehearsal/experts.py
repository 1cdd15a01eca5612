"""The experts of a rehearsal: where the rules ask for them, they rank a list's firms before it is public."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from random import Random
from typing import Final

from domain.case.expert_review import experts_come_next
from domain.commands import Command
from domain.expert_review.common import ExpertReviewCommand
from domain.expert_review.ranking import Criterion, Expert, Points
from domain.expert_review.room import SHEETS, CallExpertReview, CloseExpertReview
from domain.expert_review.scoring import FileScores, RecuseExpert, Sheet
from domain.identity import command_id
from domain.people import Person
from rehearsal.cast import Cast
from rehearsal.firm import Firm

CRITERIA: Final = (Criterion("改造意愿", 30), Criterion("数字化基础", 30), Criterion("方案可行", 40))
_STANDS_BACK: Final = 0.2
"""How often an expert knows a firm of a round too well."""


def rank(
    cast: Cast, document: str, firms: Sequence[Firm], moment: datetime, do: Callable[[Command, datetime], object]
) -> None:
    """One round for the firms that go before the public under this number: called, scored by seed, closed.

    Nothing where the rules ask for no experts. One expert more is named than sheets must count, and one may stand back.
    """
    batch, pack = firms[0].batch, firms[0].pack
    if not experts_come_next(pack):
        return
    experts = [cast.expert(number) for number in range(1, pack.count(SHEETS) + 2)]
    cases = sorted(firm.case for firm in firms)
    chance = Random(f"{batch}/{document}")

    def give(kind: type[ExpertReviewCommand], by: Person, **said: object) -> None:
        name = command_id("rehearsal", str(batch), document, kind.__name__, by.id)
        do(kind(command_id=name, by=by, batch=batch, **said), moment)  # type: ignore[arg-type]

    called = {"experts": tuple(Expert(one.id, one.organisation) for one in experts), "cases": tuple(cases)}
    give(CallExpertReview, cast.clerk(1), document=f"{document}评审方案", criteria=CRITERIA, **called)
    for number, expert in enumerate(experts):
        mine = cases
        if number == 0 and chance.random() < _STANDS_BACK:
            gone, *mine = cases
            give(RecuseExpert, expert, expert=expert.id, cases=(gone,), reason="近亲属在该企业任职")
        if mine:
            give(FileScores, expert, sheets=tuple(Sheet(case, _points(chance)) for case in mine))
    give(CloseExpertReview, cast.clerk(1))


def _points(chance: Random) -> tuple[Points, ...]:
    return tuple(Points(one.name, chance.randint(one.full // 2, one.full)) for one in CRITERIA)
