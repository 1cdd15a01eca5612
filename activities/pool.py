"""Questions about the pool: which providers there are, which one is meant, and what its contracts have come to."""

from __future__ import annotations

from dataclasses import dataclass

from domain.case.file import CaseFile
from domain.identity import fault, pool_id, provider_id, same, tidy
from domain.provider.admission import ProviderApplied
from domain.provider.file import Pool, Provider
from domain.record import Fact
from domain.rejections import Rejection
from eventstore.store import EventStore


@dataclass(frozen=True)
class Account:
    """One provider, told from its events alone."""

    provider: Provider
    facts: tuple[Fact, ...]
    cases: tuple[CaseFile, ...]
    """The cases in which it is or was engaged."""
    members: tuple[str, ...]
    """Who works under its lead, by name."""


def providers(store: EventStore, city: str, programme: str) -> list[Provider]:
    """Everybody who ever applied, in the order of applying."""
    files = (store.load(Provider, stream) for stream in store.streams_opened_by(ProviderApplied.TOPIC))
    return [file for file in files if (file.city, file.programme) == (city, programme)]


def code_of(store: EventStore, city: str, programme: str, words: str) -> str:
    """The credit code that a code or a name means. Raises Rejection for a name that nobody has, or several have."""
    if fault(tidy(words)) is None:
        return tidy(words)
    listed = store.load(Pool, pool_id(city, programme)).code_of(words)
    named = [one.credit_code for one in providers(store, city, programme) if same(one.name) == same(words)]
    if listed or len(named) == 1:
        return listed or named[0]
    why = f"有 {len(named)} 家，请写信用代码" if named else "没有"
    raise Rejection("provider_must_be_known", f"该市项目 {programme} 中名为“{words}”的服务商{why}")


def account(store: EventStore, city: str, programme: str, words: str) -> Account:
    """Tell a provider. Raises Rejection where there is none."""
    stream = provider_id(city, programme, code_of(store, city, programme, words))
    facts = store.facts(stream)
    if not facts:
        raise Rejection("provider_must_be_known", f"该市项目 {programme} 中没有服务商“{words}”")
    provider = Provider.folded(stream, facts)
    everybody = providers(store, city, programme)
    return Account(
        provider,
        facts,
        tuple(store.load(CaseFile, case) for case in provider.engaged),
        tuple(one.name for one in everybody if provider.credit_code in one.consortia),
    )
