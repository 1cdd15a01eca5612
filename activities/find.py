"""Which case is meant, from the record alone: by credit code, by the case's id, or by a part of the firm's name."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from domain.case.application import CaseOpened
from domain.case.file import CaseFile
from domain.identity import tidy
from domain.rejections import Rejection
from eventstore.store import EventStore

_SHORTEST: Final = 4
"""Fewer characters of a code or an id name nobody."""


def cases(store: EventStore, words: str, *, rehearsal: bool) -> list[CaseFile]:
    """Every case that the words fit, as it stands; a whole credit code or id goes before parts and beginnings.

    A firm may have a case of the city's own and others in rehearsals under one code; which world is meant is said by
    ``rehearsal``, and only where it has no such case the other counts. Raises Rejection where there is none at all.
    """
    words, code = words.strip(), tidy(words)
    openings: dict[UUID, CaseOpened] = {}
    for said in {words, code} - {""}:
        for fact in store.openings(CaseOpened.TOPIC, said):
            if isinstance(fact, CaseOpened) and _fits(fact, words, code):
                openings[fact.originator_id] = fact
    if not openings:
        raise Rejection("case_must_have_been_opened", f"没有与“{words}”相符的企业档案；请先导入名册")
    whole = [case for case, fact in openings.items() if str(case) == words.lower() or fact.credit_code == code]
    here = [case for case in whole or openings if openings[case].rehearsal is rehearsal]
    found = [store.load(CaseFile, case) for case in here or whole or openings]
    return sorted(found, key=lambda case: (case.city, case.programme, case.credit_code))


def _fits(opening: CaseOpened, words: str, code: str) -> bool:
    if words in opening.firm:
        return True
    beginning = len(code) >= _SHORTEST
    return beginning and (opening.credit_code.startswith(code) or str(opening.originator_id).startswith(words.lower()))
