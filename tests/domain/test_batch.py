"""批次: a window of days and the rules of the round, pinned once and for all."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from fractions import Fraction

import pytest

from domain.batch import Batch, BatchOpened, OpenBatch, open_batch
from domain.calendar import CHINA
from domain.case.file import CasePapers
from domain.identity import command_id
from domain.policy import Cited, Pack, Standing
from policies.calendars import published
from tests.domain.cast import CITY, PROGRAMME, RULES, clerk1
from tests.domain.play import BATCH, passed, refused, shows

FIRST, LAST = date(2026, 3, 1), date(2026, 4, 30)


def opening(
    opens: date = FIRST, closes: date = LAST, code: str = "1", *, programme: str = PROGRAMME, rehearsal: bool = False
) -> OpenBatch:
    return OpenBatch(
        command_id=command_id("open-batch", code),
        by=clerk1,
        city=CITY,
        programme=programme,
        code=code,
        opens=opens,
        closes=closes,
        pack_text="[city]",
        rehearsal=rehearsal,
    )


def opened(command: OpenBatch, batch: Batch | None = None, rules: Pack = RULES) -> Batch:
    held = batch or Batch.fresh(BATCH)
    open_batch(held, command, CasePapers(command, datetime(2026, 2, 27, 10, tzinfo=CHINA), rules, published()))
    return held


def test_a_batch_pins_its_window_and_the_whole_text_of_its_rules() -> None:
    batch = opened(opening())
    assert (batch.city, batch.programme, batch.code) == (CITY, PROGRAMME, "1")
    assert (batch.opens, batch.closes) == (FIRST, LAST)
    assert (batch.pack_text, batch.pinned_version) == ("[city]", RULES.version)
    (fact,) = batch.pending_events
    assert isinstance(fact, BatchOpened)
    assert not fact.rehearsal


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


ASSUMED = replace(
    RULES, values={**RULES.values, "lookback.share": (Cited(Fraction(1, 5), "假设：常见比例", Standing.ASSUMED),)}
)
REHEARSED = f"{PROGRAMME}-推演-8-1"


@shows("assumptions_must_stay_in_rehearsals")
def test_no_real_batch_is_opened_on_assumptions() -> None:
    with refused("assumptions_must_stay_in_rehearsals", of="open-batch"):
        opened(opening(), rules=ASSUMED)
    assert opened(opening(programme=REHEARSED, rehearsal=True), rules=ASSUMED).rehearsal
    passed("open-batch")


@shows("programme_must_be_the_citys")
@pytest.mark.parametrize(("programme", "rehearsal"), [("2025-2", False), (REHEARSED, False), (PROGRAMME, True)])
def test_a_citys_work_and_its_rehearsals_lie_under_names_that_cannot_be_mixed_up(
    programme: str, rehearsal: bool
) -> None:
    with refused("programme_must_be_the_citys", of="open-batch"):
        opened(opening(programme=programme, rehearsal=rehearsal))
    opened(opening())
    passed("open-batch")


@shows("batch_code_must_be_short_and_plain")
@pytest.mark.parametrize("code", ["", " ", "第 1", "1\u200b", "长" * 33])
def test_a_batch_code_is_short_enough_to_be_searched_for(code: str) -> None:
    with refused("batch_code_must_be_short_and_plain", of="open-batch"):
        opened(opening(code=code))
    opened(opening(code="长" * 32))
    passed("open-batch")


def test_a_batch_is_not_opened_under_another_citys_rules() -> None:
    with refused("rules_must_be_the_citys", of="open-batch"):
        opened(opening(), rules=replace(RULES, city="zibo"))
