"""被拒申请: commands refused on record, by rule. They came from senders who could not wait for the answer."""

from __future__ import annotations

from collections import Counter
from typing import Final

from sqlalchemy import BigInteger, Column, Connection, Engine, Table, Text, select

from domain.case.rooms import CommandRefused
from projections.stretch import Stretch
from projections.tables import METADATA, add

REFUSALS: Final = Table(
    "refusals",
    METADATA,
    Column("city", Text, primary_key=True),
    Column("programme", Text, primary_key=True),
    Column("rule", Text, primary_key=True),
    Column("refused", BigInteger, nullable=False),
)


def fold(connection: Connection, stretch: Stretch) -> None:
    """Count the refusals of the stretch."""
    refused: Counter[tuple[str, str, str]] = Counter()
    for touched in stretch.cases:
        for step in touched.steps:
            match step.fact:
                case CommandRefused():
                    refused[touched.now.city, touched.now.programme, step.fact.refusal.rule] += 1
    rows = [{"city": key[0], "programme": key[1], "rule": key[2], "refused": n} for key, n in refused.items()]
    add(connection, REFUSALS, rows)


def by_rule(engine: Engine, city: str, programme: str) -> dict[str, int]:
    """A programme's refusals on record by the name of the rule, the most frequent first."""
    asked = select(REFUSALS.c.rule, REFUSALS.c.refused).where(
        REFUSALS.c.city == city, REFUSALS.c.programme == programme
    )
    with engine.connect() as connection:
        rows = connection.execute(asked.order_by(REFUSALS.c.refused.desc(), REFUSALS.c.rule)).all()
    return dict(rows)
