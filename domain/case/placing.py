"""名额: what a case takes from its batch's places and gives back to them."""

from __future__ import annotations

from uuid import UUID

from domain import places
from domain.case.file import CaseFile, CasePapers
from domain.exclusions import firm_must_not_be_on_an_exclusion_list


def places_of(case: CaseFile, papers: CasePapers) -> tuple[places.Places, UUID]:
    """The places of the batch in which the firm applied, and that batch."""
    assert papers.places is not None
    assert case.batch is not None
    return papers.places, case.batch


def give_back_the_place(case: CaseFile, papers: CasePapers) -> None:
    """The firm's place in its batch, or its turn on the waitlist, is free for another."""
    held, batch = places_of(case, papers)
    places.leave(held, batch, case.id, papers)


def hold_a_place(case: CaseFile, papers: CasePapers) -> None:
    """Whoever stands on the list holds a place. One who was proposed before places were counted takes it now."""
    held, batch = places_of(case, papers)
    if case.id not in held.taken:
        places.take(held, batch, case.applicant, papers)


def no_list_of_today_must_bar(case: CaseFile, papers: CasePapers) -> None:
    """A list that came after the application counts too. Raises Rejection."""
    assert papers.exclusions is not None
    firm_must_not_be_on_an_exclusion_list(papers.exclusions.naming(case.credit_code), papers.pack)
