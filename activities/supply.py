"""The desk's part for providers and products: which files lie on it for a command about the pool or the catalogue."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from activities import notices
from domain import catalogue
from domain.calendar import Calendar
from domain.case import independence
from domain.case.file import CaseFile, CasePapers
from domain.catalogue import Catalogue, CatalogueCommand
from domain.commands import CaseCommand
from domain.identity import catalogue_id, pool_id, provider_id
from domain.policy import Pack
from domain.provider import admission, appeal, consortium, institution, rating
from domain.provider import rooms as providers
from domain.provider.file import Pool, Provider, ProviderCommand, ProviderPapers
from domain.provider.institution import AppointInstitution
from domain.record import File
from eventstore.store import EventStore
from policies import load

SupplyCommand = ProviderCommand | AppointInstitution | CatalogueCommand
"""A command about what is on offer to firms: who may work for them, and which products there are."""


COUNTS_THE_OTHERS = (
    admission.AdmitProvider,
    admission.MoveProvider,
    consortium.JoinConsortium,
    appeal.AnswerProviderAppeal,
)
"""Commands about one provider that look at all the others of its pool."""


def decide(store: EventStore, calendar: Calendar, command: SupplyCommand, at: datetime) -> list[File]:
    """The files with what the command recorded in them, its subject first. Raises Rejection, or OpenQuestion."""
    if isinstance(command, CatalogueCommand):
        products = store.load(Catalogue, catalogue_id(command.city, command.programme))
        papers = CasePapers(command, at, _rules(command.city, rehearsal=command.rehearsal), calendar)
        catalogue.DECISIONS[type(command)](products, command, papers)
        return [products]
    pool = store.load(Pool, pool_id(command.city, command.programme))
    if isinstance(command, AppointInstitution):
        rules = _rules(command.city, rehearsal=command.rehearsal)
        institution.appoint_institution(pool, command, ProviderPapers(command, at, rules, pool))
        return [pool]
    return _about_a_provider(store, pool, command, at)


def _about_a_provider(store: EventStore, pool: Pool, command: ProviderCommand, at: datetime) -> list[File]:
    home = (command.city, command.programme)
    provider = store.load(Provider, provider_id(*home, command.credit_code))
    lead = None
    if isinstance(command, consortium.JoinConsortium):
        lead = store.load(Provider, provider_id(*home, pool.code_of(command.lead)))
    cases: tuple[CaseFile, ...] = ()
    if isinstance(command, rating.RateProvider):
        cases = tuple(store.load(CaseFile, case) for case in provider.engaged)
    members: tuple[Provider, ...] = ()
    notice = None
    if isinstance(command, admission.AdmitProvider | admission.MoveProvider):
        notice = notices.of_provider(store, provider, command.document)
    if isinstance(command, COUNTS_THE_OTHERS):
        members = tuple(store.load(Provider, provider_id(*home, code)) for code in pool.codes)
    rehearsal = command.rehearsal if isinstance(command, admission.ApplyProvider) else provider.rehearsal
    pack = _rules(command.city, rehearsal=rehearsal)
    providers.decide(provider, ProviderPapers(command, at, pack, pool, lead, cases, members, notice))
    return [provider, *([pool] if pool.pending_events else [])]


def _rules(city: str, *, rehearsal: bool) -> Pack:
    return load.load(city, (load.REHEARSAL,) if rehearsal else ())


def laid_out(store: EventStore, case: CaseFile, command: CaseCommand, papers: CasePapers) -> CasePapers:
    """The papers with the pool, its providers that are named, and the products, as they stand while this is decided."""
    home = (case.city, case.programme)
    pool = store.load(Pool, pool_id(*home))
    codes = {pool.code_of(named) for named in independence.providers_named(case, command)} - {""}
    named = {code: store.load(Provider, provider_id(*home, code)) for code in sorted(codes)}
    products = None
    if getattr(command, "products", ()):
        products = store.load(Catalogue, catalogue_id(*home))
    return replace(papers, pool=pool, providers=named, catalogue=products)
