"""中标机构: who holds a post (平台、智库、监理、评测、诊断) for every firm of the programme."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from domain.case.common import institution_must_be_plainly_named
from domain.commands import Command
from domain.identity import same
from domain.programme import programme_must_be_the_citys
from domain.provider.file import (
    Pool,
    ProviderPapers,
    party_must_not_decide_on_itself,
    post_must_be_one_of_the_programme,
    provider_decision_must_be_grounded,
)
from domain.record import Fact
from domain.rules import No, rule


class InstitutionAppointed(Fact):
    """中标: an institution holds a post for every firm of the programme (平台、智库、监理、评测、诊断)."""

    TOPIC: ClassVar[str] = "pool.institution-appointed"
    organisation: str
    post: str
    document: str

    def fold(self, file: Pool) -> None:
        file.posts = {**file.posts, (self.post, self.organisation): self.document}


EVENTS = (InstitutionAppointed,)


@dataclass(frozen=True, kw_only=True)
class AppointInstitution(Command):
    """Record which institution won a post of the programme."""

    kind: Literal["appoint-institution"] = "appoint-institution"
    city: str
    programme: str
    organisation: str
    post: str
    document: str
    rehearsal: bool = False


@rule
def post_must_be_given_once(pool: Pool, post: str, organisation: str) -> No | None:
    """One appointment is recorded once."""
    held = {(post, same(name)) for post, name in pool.posts}
    return No(f"“{organisation}”的此项业务已登记") if (post, same(organisation)) in held else None


def appoint_institution(pool: Pool, command: AppointInstitution, papers: ProviderPapers) -> None:
    """On the document of the tender."""
    programme_must_be_the_citys(papers.pack, command.programme, rehearsal=command.rehearsal)
    post_must_be_one_of_the_programme(command.post)
    institution_must_be_plainly_named(command.organisation)
    provider_decision_must_be_grounded(document=command.document)
    party_must_not_decide_on_itself(command.by, command.organisation)
    post_must_be_given_once(pool, command.post, command.organisation)
    pool.record(
        InstitutionAppointed, papers, organisation=command.organisation, post=command.post, document=command.document
    )
