"""`lookback fund verify` sees a row that somebody changed, took out, doubled or added by hand, in whichever stream."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

import psycopg
import pytest

from activities.reconcile import Reconciled, reconcile
from domain.fund.appropriation import AppropriateFund
from domain.fund.file import RETROFIT_LINE, Source
from domain.identity import command_id
from domain.money import Money
from domain.payout_round.plan import Share
from eventstore.store import EventStore
from tests.domain import cast
from tests.engine import CITY, Town, upto
from tests.paymaster import Paymaster

Payload = dict[str, Any]


@pytest.fixture(scope="module")
def town(store: EventStore) -> Town:
    """Three firms, two sources: one paid, one bounced and on its way again, one approved alone in another round."""
    town = Town(store, "changed by hand")
    more = AppropriateFund(
        command_id=command_id(town.programme, "more"),
        by=cast.treasury,
        city=CITY,
        programme=town.programme,
        line=RETROFIT_LINE,
        source=Source.CITY,
        amount=Money.wan(500),
        document="市财1号",
    )
    firms = [town.firm().walked(*upto("verify-entitlement")) for _ in range(3)]
    first = Paymaster(town, "2026-1", firms[:2])
    assert town.desk.handle(more, first.at).refusal is None
    shares = (Share("central", 2), Share("city", 1))
    assert first.hands_in("draw-payout-plan", shares=shares).refusal is None
    first.did("approve-payout-plan", "approve-payout-plan", "instruct-payments", "file-receipts", "close-payout-round")
    second = Paymaster(town, "2026-2", firms[2:])
    assert second.hands_in("draw-payout-plan", shares=shares).refusal is None
    second.did("approve-payout-plan", "approve-payout-plan", "instruct-payments")
    firms[0].walked(
        *("draw-case", ("record-inspection", {"findings": ("系统停用",), "evidence": ("照片1",)}), "file-statement"),
        *("revoke-qualification", "notify-recovery", "decide-recovery"),
        ("record-refund", {"amount": Money.yuan("1000")}),
    )
    return town


@pytest.fixture
def meddler(server: psycopg.Connection[Any]) -> Iterator[psycopg.Connection[Any]]:
    """A hand in the same database, whose doings are undone at the end."""
    server.execute("CREATE TEMP TABLE before AS TABLE stored_events")
    yield server
    server.execute("TRUNCATE stored_events")
    server.execute("INSERT INTO stored_events OVERRIDING SYSTEM VALUE SELECT * FROM before")


def verified(town: Town, database_url: str) -> Reconciled:
    """By a program that remembers nothing."""
    store = EventStore(database_url)
    try:
        return reconcile(store, CITY, town.programme)
    finally:
        store.close()


def change(server: psycopg.Connection[Any], topic: str, how: Callable[[Payload], None], which: int = 0) -> None:
    """Another content in one row of this topic."""
    rows = server.execute(
        "SELECT notification_id, convert_from(state, 'UTF8') FROM stored_events WHERE topic = %s ORDER BY 1", (topic,)
    ).fetchall()
    position, text = rows[which]
    state = json.loads(text)
    how(state)
    assert state != json.loads(text), "something was changed"
    server.execute(
        "UPDATE stored_events SET state = convert_to(%s, 'UTF8') WHERE notification_id = %s",
        (json.dumps(state, ensure_ascii=False), position),
    )


def more(money: dict[str, int]) -> dict[str, int]:
    """A fen more."""
    return {"fen": money["fen"] + 1}


def raised(state: Payload) -> None:
    state["amount"] = more(state["amount"])


def raised_with_its_parts(state: Payload) -> None:
    raised(state)
    state["parts"][0]["amount"] = more(state["parts"][0]["amount"])


def swapped(state: Payload) -> None:
    """The sources change places."""
    first, second = state["parts"]
    first["source"], second["source"] = second["source"], first["source"]


def from_elsewhere(state: Payload) -> None:
    state["parts"][0]["source"] = "city" if state["parts"][0]["source"] == "central" else "central"


def line_raised(state: Payload) -> None:
    raised_with_its_parts(state["lines"][0])


def order_raised(state: Payload) -> None:
    raised(state["orders"][0])


def slip_raised(state: Payload) -> None:
    raised(state["slips"][0])


def paid_more_lost_less(state: Payload) -> None:
    state["paid"], state["lost"] = {"fen": state["paid"]["fen"] + 1}, {"fen": state["lost"]["fen"] - 1}


def renumbered(state: Payload) -> None:
    state["instruction"] += "9"


POSTED: Final = ("fund.appropriated", "fund.committed", "fund.paid", "fund.recovered")
CHANGED: Final[list[tuple[str, Callable[[Payload], None]]]] = [
    *((topic, raised) for topic in POSTED),
    *(
        (topic, raised_with_its_parts)
        for topic in ("fund.appropriated", "fund.committed", "fund.paid", "fund.recovered")
    ),
    *((topic, swapped) for topic in ("fund.committed", "fund.paid")),
    ("fund.appropriated", from_elsewhere),
    *((topic, raised) for topic in ("case.payout-planned", "case.payout-approved", "case.payment-instructed")),
    *((topic, raised) for topic in ("case.payment-received", "case.refund-recorded", "payout-round.approved")),
    *((topic, renumbered) for topic in ("case.payment-instructed", "case.payment-received", "fund.paid")),
    ("payout-round.drawn", line_raised),
    ("payout-round.instructed", order_raised),
    ("payout-round.closed", paid_more_lost_less),
    ("payout-round.receipts-filed", slip_raised),
]


def test_books_that_nobody_touched_agree(town: Town, database_url: str) -> None:
    assert verified(town, database_url).faults == []


@pytest.mark.parametrize("last", [False, True], ids=["first", "last"])
@pytest.mark.parametrize(("topic", "how"), CHANGED, ids=lambda one: getattr(one, "__name__", one))
def test_a_row_with_another_content_is_found(
    town: Town,
    database_url: str,
    meddler: psycopg.Connection[Any],
    topic: str,
    how: Callable[[Payload], None],
    last: bool,
) -> None:
    change(meddler, topic, how, -1 if last else 0)
    faults = verified(town, database_url).faults
    assert faults
    assert not any("读不出" in fault.what for fault in faults), "it can be read, and says something else"


TOPICS: Final = sorted({topic for topic, _ in CHANGED} | {"case.opened", "queue.joined"})


@pytest.mark.parametrize("topic", TOPICS)
def test_a_row_that_is_missing_or_doubled_is_found(
    town: Town, database_url: str, meddler: psycopg.Connection[Any], topic: str
) -> None:
    meddler.execute(
        "INSERT INTO stored_events (originator_id, originator_version, topic, state)"
        " SELECT e.originator_id, (SELECT max(originator_version) + 1 FROM stored_events l"
        "  WHERE l.originator_id = e.originator_id), e.topic, e.state"
        " FROM stored_events e WHERE e.topic = %s ORDER BY e.notification_id DESC LIMIT 1",
        (topic,),
    )
    assert verified(town, database_url).faults, "doubled"
    meddler.execute(
        "DELETE FROM stored_events WHERE notification_id = (SELECT max(notification_id) FROM stored_events)"
    )
    assert verified(town, database_url).faults == []
    meddler.execute(
        "DELETE FROM stored_events WHERE notification_id ="
        " (SELECT max(notification_id) FROM stored_events WHERE topic = %s)",
        (topic,),
    )
    assert verified(town, database_url).faults, "missing"


def test_an_end_that_was_cut_off_is_found(town: Town, database_url: str, meddler: psycopg.Connection[Any]) -> None:
    cut_off(meddler, 3)
    assert verified(town, database_url).faults


def cut_off(server: psycopg.Connection[Any], many: int) -> None:
    """The last rows are gone."""
    server.execute(
        "DELETE FROM stored_events WHERE notification_id IN"
        " (SELECT notification_id FROM stored_events ORDER BY 1 DESC LIMIT %s)",
        (many,),
    )
