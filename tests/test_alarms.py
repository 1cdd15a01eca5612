"""警示 on the real record and engine: whoever dies between the provider's file and the cases' loses nothing."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from textwrap import dedent
from typing import Any, Final

import pytest
from temporalio.client import Client

import worker
from activities import alarms
from activities.desk import Desk
from domain.case.alarm import ProviderAlarmLifted, ProviderAlarmRaised
from domain.case.file import Stage
from domain.identity import provider_id
from domain.people import SYSTEM, Person, Role
from domain.provider.file import Provider
from domain.rejections import Rejection
from eventstore.store import EventStore
from policies.calendars import published
from projections.run import Projector
from settings import Settings
from tests.console_town import console
from tests.domain.lines import MAIN
from tests.engine import CITY, INDUSTRY, START, Firm, Town, rehearsed, upto
from tests.paths import until
from tests.shell import Shell, pointed_at
from tests.test_provider import CODE, OTHER, OUT, done, pooled, says, thrown_out

ALARMS: Final = (ProviderAlarmRaised, ProviderAlarmLifted)


@pytest.fixture
def shell(
    servers: Settings, database_url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Shell:
    shell = Shell(capsys, monkeypatch)
    shell.at(pointed_at(servers, database_url))
    return shell


@pytest.fixture
def town(store: EventStore, request: pytest.FixtureRequest) -> Town:
    return Town(store, request.node.name)


def alarmed(firm: Firm) -> list[str]:
    """The alarms of a firm, in order: why, or that it is over."""
    return [getattr(fact, "cause", "lifted") for fact in firm.facts if isinstance(fact, ALARMS)]


def spread(town: Town) -> int:
    return alarms.spread(town.store, town.desk, START + timedelta(days=9))


def test_every_running_case_of_the_provider_and_no_other_hears_of_it_once(town: Town) -> None:
    pooled(town)
    running = [town.firm().walked(*upto("register-contract")) for _ in range(2)]
    late, early = town.firm().walked(*upto(MAIN[-1])), town.firm().walked(*upto("pass-contract"))
    done(town, *OUT)
    assert spread(town) == 2
    done(town, "remove-provider", days=5)
    assert spread(town) == 2
    assert spread(town) == 0, "nothing is said twice"
    assert [alarmed(firm) for firm in (*running, late, early)] == [["suspended", "removed"]] * 2 + [[], []]

    provider = town.store.load(Provider, provider_id(CITY, town.programme, CODE))
    (_, raised) = (fact for fact in running[0].facts if isinstance(fact, ProviderAlarmRaised))
    assert (raised.decision, raised.by, raised.credit_code) == (provider.decision, SYSTEM, CODE)
    assert raised.timestamp == running[0].facts[-3].timestamp, "a rehearsal's case keeps its own days"

    done(town, "appeal-provider-decision", "answer-provider-appeal", days=6)
    assert spread(town) == 2
    assert [alarmed(firm)[-1] for firm in running] == ["lifted"] * 2
    running[0].walked("report-milestone")


def test_eight_at_once_write_each_alarm_once(town: Town) -> None:
    pooled(town)
    firms = [town.firm().walked(*upto("register-contract")) for _ in range(3)]
    thrown_out(town)
    together = threading.Barrier(8)

    def one(_: int) -> int:
        together.wait(10)
        return alarms.spread(town.store, Desk(town.store, published()), START)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(one, range(8)))
    assert [alarmed(firm) for firm in firms] == [["removed"]] * 3


DIES: Final = """
    import os, signal, sys
    from activities import alarms
    from activities.desk import Desk
    from cli import main

    if sys.argv[1] == "at once":
        alarms.spread = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    else:
        handle, written = Desk.handle, []

        def one_and_no_more(desk, command, at, **how):
            if command.kind == "watch-provider":
                if written:
                    os.kill(os.getpid(), signal.SIGKILL)
                written.append(command)
            return handle(desk, command, at, **how)

        Desk.handle = one_and_no_more
    main.main(sys.argv[2:])
"""
"""The command line, killed behind the provider's own append; or when the first of its cases has heard."""


@pytest.mark.parametrize(("when", "heard"), [("at once", 0), ("after one", 1)])
def test_killed_between_the_provider_and_its_cases_nothing_is_lost(
    shell: Shell, store: EventStore, when: str, heard: int
) -> None:
    town = Town(store, f"killed {when}")
    pooled(town)
    firms = [town.firm().walked(*upto("register-contract")) for _ in range(3)]
    done(town, *OUT[:2])
    done(town, OUT[2], suspends=False)
    line = (
        *("provider", "remove", CODE, "--city", CITY, "--programme", town.programme, "--ground", "逾期未整改"),
        *("--document", "纪要1号", "--by", "zibo/leader-1", "--reason", "集体研究", "--evidence", "记录2", "--json"),
    )
    killed = subprocess.run(
        [sys.executable, "-c", dedent(DIES), when, *line], env=os.environ, capture_output=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL, killed
    provider = store.load(Provider, provider_id(CITY, town.programme, CODE))
    assert provider.out == "removed", "the decision stands"
    assert sum(map(len, map(alarmed, firms))) == heard

    again = shell.run(*line)
    assert again.status == 0, "typed again, it is the same command, and finishes what was begun"
    assert [alarmed(firm) for firm in firms] == [["removed"]] * 3


async def test_the_worker_finishes_what_a_dead_program_began_and_the_case_goes_on(
    client: Client, store: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = Town(store, "on the engine", client)
    pooled(town)
    async with town.at_work():
        firm, other = await town.begun(), await town.begun()
        await firm.did(*upto("register-contract"))
        await other.did(*upto("report-completion"))
        await asyncio.to_thread(thrown_out, town)  # and here the program that decided is gone
        assert alarmed(firm) == alarmed(other) == []
        watching = asyncio.create_task(worker.watch(store, every=0.05))
        await until(lambda: _heard(firm, other))
        with pytest.raises(Rejection) as forged:
            await firm.does("watch-provider", credit_code=CODE)
        assert forged.value.refusal.rule == "engine_must_speak_for_itself"

        await firm.did("report-milestone", "inspect-milestone", "report-completion")
        assert firm.file.stage is Stage.EVALUATION
        assert [fact.originator_version for fact in firm.facts] == list(range(1, firm.file.version + 1))

        spread_for_once = alarms.spread

        def away(*_: Any) -> int:
            monkeypatch.setattr(alarms, "spread", spread_for_once)
            raise OSError("the database is away")

        monkeypatch.setattr(alarms, "spread", away)
        await asyncio.to_thread(done, town, "appeal-provider-decision", "answer-provider-appeal", days=6)
        await until(lambda: _calm(firm, other))
        watching.cancel()
    assert [alarmed(one) for one in (firm, other)] == [["removed", "lifted"]] * 2


async def _heard(*firms: Firm) -> bool:
    return all(alarmed(firm) == ["removed"] for firm in firms)


async def _calm(*firms: Firm) -> bool:
    return all(firm.file.provider_alarm == "" for firm in firms)


def test_the_clerk_sees_it_wherever_the_case_is_shown(shell: Shell, store: EventStore, database_url: str) -> None:
    town = Town(store, "seen")
    pooled(town)
    firm = town.firm().walked(*upto("register-contract"))
    thrown_out(town)
    spread(town)
    shown = shell.run("case", "show", str(firm.case))
    assert "警示：承担本企业改造的服务商已被移出资源池" in shown.out
    assert shell.run("case", "show", str(firm.case), "--json").json["provider_alarm"] == "removed"
    told = shell.run("explain", str(firm.case)).out
    assert "警示：服务商被移出或暂停承接" in told
    assert "警示原因：已被移出服务商资源池" in told
    projector = Projector(database_url)
    projector.prepare()
    projector.catch_up()
    warning = "承担本企业改造的服务商已被移出资源池"
    with console(database_url, START) as pages:
        assert warning in pages.ask(f"/cases/{firm.case}").text
        assert warning in pages.ask(f"/explain/{firm.case}").text
        done(town, "appeal-provider-decision", "answer-provider-appeal", days=6)
        spread(town)
        projector.catch_up()
        for page in (f"/cases/{firm.case}", f"/explain/{firm.case}"):
            assert warning not in pages.ask(page).text
        assert "服务商警示解除" in pages.ask(f"/cases/{firm.case}").text
    projector.close()


# --- the last place in a tier


def test_of_two_admitted_at_once_to_the_last_place_one_is_refused(store: EventStore) -> None:
    """Each at a desk of its own; so are two who come from different tiers."""
    for turn in range(5):
        town = Town(store, f"last place {turn}")
        last: dict[str, Any] = {"tier": "集成服务商"}
        for number in range(4):
            code = f"91370300MA3C0PR{number}1X"
            done(town, "apply-provider", code=code, by=_own(code), name=f"集成{number}", industries=(INDUSTRY,))
            done(town, "admit-provider", code=code)
            done(town, "move-provider", code=code, **last)
        done(town, "apply-provider", "admit-provider")
        done(town, "apply-provider", code=OTHER, by=_own(OTHER), name="别家软件")
        done(town, "admit-provider", code=OTHER)
        if turn % 2:
            done(town, "move-provider", tier="场景服务商")
        commands = [says(town, "move-provider", said=1, **last), says(town, "move-provider", OTHER, **last)]
        together = threading.Barrier(2)

        def do(command: Any, wait: threading.Barrier = together) -> str:
            wait.wait(10)
            refusal = Desk(store, published()).handle(command, START).refusal
            return refusal.rule if refusal else ""

        with ThreadPoolExecutor(2) as threads:
            assert sorted(threads.map(do, commands)) == ["", "tier_must_have_room"]


def _own(code: str) -> Person:
    return Person("provider-1", Role.PROVIDER, code)


def test_the_list_says_how_many_are_wanted_and_how_many_are_missing(shell: Shell, store: EventStore) -> None:
    at = ("--city", CITY, "--programme", rehearsed("counted"))
    empty = shell.run("provider", "list", *at).out
    assert "没有这样的服务商" in empty
    assert "集成服务商" in empty
    town = Town(store, "counted")
    done(town, "apply-provider")
    straight = town.desk.handle(says(town, "admit-provider", tier="集成服务商"), START).refusal
    assert straight is not None
    assert (straight.rule, straight.clause) == ("tier_must_be_chosen_from_the_one_before", "淄博方案 三(二)5")
    done(town, "admit-provider")
    done(town, "move-provider", tier="集成服务商")
    tiers = shell.run("provider", "list", "--city", CITY, "--programme", town.programme, "--json").json["tiers"]
    (one,) = [row for row in tiers if (row["name"], row["industry"]) == ("集成服务商", INDUSTRY)]
    assert (one["stated"], one["held"], one["gap"], one["limit"], one["clause"]) == (
        *("3—5", 1, 2, 5),
        "淄博方案 三(二)5",
    )
    products = shell.run("products", "list", *at, "--json").json["targets"]
    assert [(row["stated"], row["held"], row["gap"], row["limit"]) for row in products] == [("≥ 200", 0, 200, None)]
    foreign = shell.run("provider", "list", "--city", CITY, "--programme", "别的项目", "--json")
    assert (foreign.status, foreign.rule) == (3, "programme_must_be_the_citys")
