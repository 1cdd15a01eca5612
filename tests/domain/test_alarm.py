"""警示: a removed or suspended provider is known in every case that it retrofits; nothing stops, or is said twice."""

from __future__ import annotations

from typing import Any

import pytest

from domain.case.alarm import ProviderAlarmLifted, ProviderAlarmRaised, WatchProvider, alarm_due
from domain.case.file import Works
from domain.identity import command_id
from domain.people import SYSTEM
from domain.provider.file import Membership, Provider
from tests.domain.cast import CASE, OUT, clerk1, contract
from tests.domain.play import Play, Supplied, Supply, after, fact, ready, shows, thrown_out


def stands(membership: Membership, *, suspended: bool = False, decision: str = "decision") -> Supply:
    """The play's own provider in this standing."""

    def lay() -> Supplied:
        supplied = thrown_out()
        provider = supplied.providers[OUT]
        provider.membership, provider.suspended = membership, suspended
        provider.decision = command_id(decision)
        return supplied

    return lay


REMOVED, SUSPENDED = stands(Membership.REMOVED), stands(Membership.RECTIFYING, suspended=True)
BACK = stands(Membership.IN_POOL)


def under_way() -> Play:
    return after("register-contract")


@shows("alarm_must_say_something_new")
def test_the_case_shows_where_its_provider_stands_and_says_it_once() -> None:
    suspended = under_way().with_supply(SUSPENDED).when("watch-provider")
    suspended.then(fact(ProviderAlarmRaised, cause="suspended", provider="云软公司", credit_code=OUT))
    suspended.then_stands(provider_alarm="suspended", works=Works.UNDER_WAY)
    suspended.when("watch-provider").then_refused("alarm_must_say_something_new")
    removed = suspended.with_supply(REMOVED).when("watch-provider").then(fact(ProviderAlarmRaised, cause="removed"))
    lifted = removed.with_supply(BACK).when("watch-provider").then(ProviderAlarmLifted)
    lifted.then_stands(provider_alarm="").when("watch-provider").then_refused("alarm_must_say_something_new")


@pytest.mark.parametrize("membership", [Membership.IN_POOL, Membership.WARNED, Membership.RECTIFYING])
def test_who_may_go_on_signing_is_no_alarm(membership: Membership) -> None:
    under_way().with_supply(stands(membership)).when("watch-provider").then_refused("alarm_must_say_something_new")


@shows("case_must_be_retrofitted_by_the_provider")
def test_an_alarm_is_about_the_provider_of_the_contract_on_file() -> None:
    for early in ("file-plan", "pass-contract"):
        after(early).when("watch-provider").then_refused("case_must_be_retrofitted_by_the_provider")
    under_way().when("watch-provider", credit_code="91370300MA3C0PRY2X").then_refused(
        "case_must_be_retrofitted_by_the_provider"
    )
    under_way().when("watch-provider").then(ProviderAlarmRaised)


def test_nobody_but_the_engine_raises_it() -> None:
    ready("watch-provider").when("watch-provider", by=clerk1).then_refused("role_must_be_allowed_to_do_this")


def test_it_stops_nothing_and_ends_with_the_contract_of_another() -> None:
    alarmed = under_way().when("watch-provider")
    alarmed.when("report-milestone").then_stands(provider_alarm="removed")
    change: dict[str, Any] = {"reason": "服务商被移出", "contract": contract(number="HT-9", provider="别家软件")}
    changed = alarmed.did(("ask-contract-change", change), "approve-contract-change")
    changed.then_stands(provider="别家软件", provider_alarm="")


def _due(play: Play, supply: Supply) -> WatchProvider | None:
    supplied = supply()
    assert supplied.pool is not None
    return alarm_due(play.case, supplied.pool, supplied.providers[OUT])


def test_what_is_missing_follows_from_the_two_files_and_has_one_name_for_each_decision() -> None:
    missing = _due(under_way(), REMOVED)
    assert missing == _due(under_way(), REMOVED)
    assert missing is not None
    assert (missing.case, missing.by, missing.credit_code) == (CASE, SYSTEM, OUT)
    later = _due(under_way(), stands(Membership.REMOVED, decision="another"))
    assert later is not None
    assert later.command_id != missing.command_id
    alarmed = under_way().with_supply(REMOVED).given(missing)
    assert alarmed.refusal is None
    assert _due(alarmed, REMOVED) is None
    back = _due(alarmed, stands(Membership.IN_POOL, decision="restored"))
    assert back is not None
    assert alarmed.with_supply(BACK).given(back).case.provider_alarm == ""


def test_nothing_is_due_where_there_is_nothing_to_say() -> None:
    assert _due(after("pass-contract"), REMOVED) is None, "no contract on file yet"
    assert _due(under_way(), BACK) is None, "it stands well"
    assert _due(after("close-case"), REMOVED) is None, "the case is over"
    never = REMOVED()
    never.providers[OUT].decision = None
    assert never.pool is not None
    assert alarm_due(under_way().case, never.pool, never.providers[OUT]) is None
    stranger = Provider.fresh(never.providers[OUT].id)
    stranger.credit_code, stranger.membership = "91370300MA3C0PRY2X", Membership.REMOVED
    stranger.decision = command_id("other")
    assert alarm_due(under_way().case, never.pool, stranger) is None, "another's"
