"""Adds up every fen from the event table alone: lookback fund accounts --city C --json | python add_up.py DSN.

Knows nothing of the programme's code, only the view ``events`` (position, stream, version, topic, payload) and what
each topic moves. Says what differs and ends with 1; ends with 0 where every account agrees to the fen.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psycopg

NAMES = ("appropriated", "available", "allocated", "committed", "paid", "recovered")
QUERY = (
    "SELECT stream::text, topic, payload FROM events WHERE topic LIKE 'fund.%%' OR topic = ANY(%s) ORDER BY position"
)
FIRMS = {"case.payment-received": "paid", "case.part-received": "paid", "case.refund-recorded": "recovered"}


def moves(topic: str, county: str) -> list[tuple[str, str, int]]:
    """(account, in whose hands, sign): whose hands are the county's, or the city's where it is empty."""
    held = "allocated" if county else "available"
    return {
        "fund.appropriated": [("appropriated", "", 1), ("available", "", 1)],
        "fund.withdrawn": [("appropriated", "", -1), ("available", "", -1)],
        "fund.allocated": [("available", "", -1), ("allocated", county, 1)],
        "fund.taken-back": [("allocated", county, -1), ("available", "", 1)],
        "fund.committed": [(held, county, -1), ("committed", county, 1)],
        "fund.released": [("committed", county, -1), (held, county, 1)],
        "fund.paid": [("committed", county, -1), ("paid", county, 1)],
        "fund.recovered": [("recovered", "", 1), ("available", "", 1)],
    }.get(topic, [])


def add_up(dsn: str) -> tuple[dict[Any, Counter[Any]], Counter[Any]]:
    """Fen by (city, programme, line) and (source, county, account); and fen by (city, programme) as firms tell it."""
    books: dict[Any, Counter[Any]] = {}
    firms: Counter[Any] = Counter()
    home, funds = {}, {}
    with psycopg.connect(dsn) as database:
        for stream, topic, said in database.execute(QUERY, (["case.opened", *FIRMS],)):
            if topic == "case.opened":
                home[stream] = said["city"], said["programme"]
            elif topic in FIRMS:
                firms[(*home[stream], FIRMS[topic])] += said["amount"]["fen"]
            else:
                if topic == "fund.appropriated":
                    funds[stream] = said["city"], said["programme"], said["line"]
                whole = [{"source": said.get("source", "central"), "amount": said.get("amount")}]
                for part in said.get("parts", whole):
                    for account, county, sign in moves(topic, said.get("county", "")):
                        at = part["source"], county, account
                        books.setdefault(funds[stream], Counter())[at] += sign * part["amount"]["fen"]
    return books, firms


def differences(told: dict[str, Any], books: dict[Any, Counter[Any]], firms: Counter[Any]) -> Iterator[str]:
    """What the programme says, beside what was added up here."""
    at = told["city"], told["programme"], told["line"]
    mine: Counter[Any] = books.get(at, Counter())
    said: Counter[Any] = Counter()
    for row in told["accounts"]:
        for name in NAMES:
            said[row["source"], row["county"], name] = int(Decimal(row[name]) * 100)
    for key in sorted(mine.keys() | said.keys()):
        if mine[key] != said[key]:
            yield f"{key}: events come to {mine[key]} fen, the programme says {said[key]}"
    for source in sorted({key[0] for key in mine}):
        sums = {name: sum(fen for key, fen in mine.items() if key[0] == source and key[2] == name) for name in NAMES}
        held = sums["available"] + sums["allocated"] + sums["committed"] + sums["paid"] - sums["recovered"]
        if sums["appropriated"] != held:
            yield f"{source}: {sums['appropriated']} fen came, {held} are accounted for"
    for name in ("paid", "recovered"):
        booked = sum(
            fen for place, one in books.items() if place[:2] == at[:2] for key, fen in one.items() if key[2] == name
        )
        if booked != firms[(*at[:2], name)]:
            yield f"{name}: the funds come to {booked} fen, the firms to {firms[(*at[:2], name)]}"


if __name__ == "__main__":
    wrong = list(differences(json.load(sys.stdin), *add_up(sys.argv[1])))
    sys.stdout.write("\n".join(wrong or ["every fen agrees"]) + "\n")
    sys.exit(1 if wrong else 0)
