"""批次: a window of days and the rules of the round, pinned once and for all."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from domain.batch import Batch, BatchOpened, OpenBatch, open_batch
from domain.calendar import CHINA
from domain.case.file import CasePapers
from domain.identity import command_id
from policies.calendars import published
from tests.domain.cast import CITY, PROGRAMME, RULES, clerk1
from tests.domain.play import BATCH, passed, refused, shows

FIRST, LAST = date(2026, 3, 1), date(2026, 4, 30)


def opening(opens: date = FIRST, closes: date = LAST, code: str = "1") -> OpenBatch:
    return OpenBatch(
        command_id=command_id("open-batch", code),
        by=clerk1,
        city=CITY,
        programme=PROGRAMME,
        code=code,
        opens=opens,
        closes=closes,
        pack_text="[city]",
        rehearsal=True,
    )


def opened(command: OpenBatch, batch: Batch | None = None) -> Batch:
    held = batch or Batch.fresh(BATCH)
    open_batch(held, command, CasePapers(command, datetime(2026, 2, 27, 10, tzinfo=CHINA), RULES, published()))
    return held


def test_a_batch_pins_its_window_and_the_whole_text_of_its_rules() -> None:
    batch = opened(opening())
    assert (batch.city, batch.programme, batch.code) == (CITY, PROGRAMME, "1")
    assert (batch.opens, batch.closes) == (FIRST, LAST)
    assert (batch.pack_text, batch.pinned_version) == ("[city]", RULES.version)
    (fact,) = batch.pending_events
    assert isinstance(fact, BatchOpened)
    assert fact.rehearsal


@shows("batch_must_be_opened_once")
def test_window_and_rules_never_change_once_the_batch_is_open() -> None:
    batch = opened(opening())
    passed("open-batch")
    with refused("batch_must_be_opened_once", of="open-batch"):
        opened(opening(closes=date(2027, 1, 1)), batch)
    assert batch.closes == LAST


@shows("window_must_not_end_before_it_opens")
@pytest.mark.parametrize("closes", [FIRST, LAST])
def test_the_last_day_to_apply_is_not_before_the_first(closes: date) -> None:
    with refused("window_must_not_end_before_it_opens", of="open-batch"):
        opened(opening(opens=LAST, closes=date(2026, 4, 29)))
    opened(opening(closes=closes))
    passed("open-batch")
