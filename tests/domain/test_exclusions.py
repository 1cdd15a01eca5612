"""排除名单, one open record per firm, and a second try in another batch."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import get_args

import pytest

from domain.calendar import CHINA
from domain.case.application import ApplicationReopened, ApplicationSubmitted, ExclusionNoted
from domain.case.file import CaseFile, CasePapers, Qualification, Stage
from domain.exclusions import (
    Excluded,
    Exclusions,
    ExclusionsWithdrawn,
    ImportExclusions,
    ListKind,
    WithdrawExclusions,
    import_exclusions,
    withdraw_exclusions,
)
from domain.identity import batch_id, case_id, command_id
from domain.policy import EXCLUSIONS as KINDS
from domain.record import Fact
from domain.register import FirmApplied
from policies.calendars import published
from tests.domain.cast import CITY, CODE, PROGRAMME, RULES, clause, clerk1, head, rules
from tests.domain.lines import MAIN
from tests.domain.play import EXCLUSIONS, Play, after, begin, fact, passed, ready, refused, shows
from tests.domain.test_batch import opened, opening

TODAY = date(2026, 3, 2)


def listing(
    kind: ListKind = "dishonest", source: str = "信用中国", as_of: date = TODAY, code: str = CODE
) -> ImportExclusions:
    return ImportExclusions(
        command_id=command_id("import"),
        by=clerk1,
        city=CITY,
        list_kind=kind,
        source=source,
        as_of=as_of,
        file_hash="0" * 64,
        firms=(Excluded(code, "某企业"),),
    )


def emptied(source: str = "信用中国", as_of: date = TODAY) -> ImportExclusions:
    """Its source has cleared the list, and whoever imports it says so."""
    return replace(listing(source=source, as_of=as_of), firms=(), cleared=True)


def withdrawal(source: str = "信用中国", as_of: date = TODAY, reason: str = "来源写错") -> WithdrawExclusions:
    return WithdrawExclusions(
        command_id=command_id("withdraw"),
        by=head,
        reason=reason,
        city=CITY,
        list_kind="dishonest",
        source=source,
        as_of=as_of,
    )


def taken(*commands: ImportExclusions | WithdrawExclusions) -> Exclusions:
    held = Exclusions.fresh(EXCLUSIONS)
    for command in commands:
        papers = CasePapers(command, datetime(2026, 3, 2, 10, tzinfo=CHINA), RULES, published())
        if isinstance(command, ImportExclusions):
            import_exclusions(held, command, papers, papers.today)
        else:
            withdraw_exclusions(held, command, papers)
    return held


def under(*commands: ImportExclusions | WithdrawExclusions) -> Play:
    """A firm about to apply, with these lists held."""
    return replace(ready("submit-application"), exclusions=taken(*commands))


# --- lists


@shows("firm_must_not_be_on_an_exclusion_list")
def test_a_firm_on_a_list_that_the_pack_names_does_not_apply() -> None:
    no = under(listing()).when("submit-application")
    no.then_refused("firm_must_not_be_on_an_exclusion_list", clause("selection.exclusion_lists"))
    assert no.refusal is not None
    for word in ("严重失信", "信用中国", "2026-03-02"):
        assert word in no.refusal.sentence
    under(listing(code="91370300MA3C0ZZ12X")).when("submit-application").then(ApplicationSubmitted)


@shows("firm_must_not_be_on_an_exclusion_list")
@pytest.mark.parametrize("step", ["pass-city-review", "promote-from-waitlist", "confirm-pilot"])
def test_a_list_that_comes_after_the_application_bars_the_firm_at_every_step_to_the_list(step: str) -> None:
    due = after(MAIN[MAIN.index(step) - 1]) if step in MAIN else ready(step)
    if step == "confirm-pilot":
        due = due.after("list_notice")
    listed = replace(due, exclusions=taken(listing()))
    listed.when(step).then_refused("firm_must_not_be_on_an_exclusion_list", clause("selection.exclusion_lists"))
    due.did(step)


def test_a_list_that_the_pack_does_not_name_is_recorded_and_bars_nobody() -> None:
    noted = fact(ExclusionNoted, list_kind="abnormal", source="国家公示系统", as_of=TODAY)
    abnormal = listing("abnormal", "国家公示系统")
    under(abnormal).when("submit-application").then(ApplicationSubmitted, noted)
    silent = under(listing()).under(rules(without=["selection.exclusion_lists"]))
    silent.when("submit-application").then(ApplicationSubmitted, fact(ExclusionNoted, list_kind="dishonest"))


def test_a_newer_list_of_the_same_kind_and_source_takes_the_place_of_the_old() -> None:
    old, new = listing(as_of=date(2026, 1, 1)), listing(code="91370300MA3C0ZZ12X")
    under(old, new).when("submit-application").then(ApplicationSubmitted)
    elsewhere = listing(source="信用山东", code="91370300MA3C0ZZ12X")
    under(old, elsewhere).when("submit-application").then_refused("firm_must_not_be_on_an_exclusion_list")


@shows("list_must_be_newer_than_the_one_held")
def test_an_older_list_never_takes_the_place_of_a_newer_one() -> None:
    with refused("list_must_be_newer_than_the_one_held", of="import"):
        taken(listing(), listing(as_of=date(2026, 3, 1)))
    taken(listing(), listing(), listing(source="信用山东", as_of=date(2026, 3, 1)))
    passed("import")


def test_a_firm_that_its_source_has_cleared_is_free_however_the_source_is_spelled() -> None:
    barred = under(listing(source="信用（山东）", as_of=date(2026, 3, 1)))
    barred.when("submit-application").then_refused("firm_must_not_be_on_an_exclusion_list")
    for spelled in ("信用（山东）", "信用(山东)", " 信用 （山东）"):
        cleared = under(listing(source="信用（山东）", as_of=date(2026, 3, 1)), emptied(spelled))
        cleared.when("submit-application").then(ApplicationSubmitted)
        with refused("list_must_be_newer_than_the_one_held", of="import"):
            taken(listing(source="信用（山东）"), emptied(spelled, date(2026, 3, 1)))


@shows("list_without_firms_must_be_meant")
def test_a_broken_export_is_no_all_clear() -> None:
    with refused("list_without_firms_must_be_meant", of="import"):
        taken(listing(), replace(emptied(), cleared=False))
    with refused("list_without_firms_must_be_meant", of="import"):
        taken(listing(), replace(listing(), cleared=True))
    assert taken(listing(), emptied()).naming(CODE) == ()
    passed("import")


def test_a_list_imported_under_a_wrong_name_is_taken_back_and_stays_on_record() -> None:
    other = listing(code="91370300MA3C0ZZ12X", as_of=date(2026, 3, 1))
    under(listing(), withdrawal()).when("submit-application").then(ApplicationSubmitted)
    held = taken(other, listing(), withdrawal())
    assert held.naming(CODE) == ()
    assert [one.firms for one in held.lists] == [other.firms], "the list that was hidden holds again"
    *imported, back = held.pending_events
    assert len(imported) == 2
    assert isinstance(back, ExclusionsWithdrawn)
    assert (back.reason, back.by) == ("来源写错", head)
    assert taken(listing(), withdrawal()).lists == ()


@shows("list_to_withdraw_must_be_the_one_held")
@pytest.mark.parametrize(
    "meant", [withdrawal("信用山东"), withdrawal(as_of=date(2026, 3, 1)), replace(withdrawal(), list_kind="funded")]
)
def test_nobody_takes_back_another_list_by_a_slip(meant: WithdrawExclusions) -> None:
    with refused("list_to_withdraw_must_be_the_one_held", of="withdraw"):
        taken(listing(as_of=date(2026, 3, 1)), listing(), meant)
    taken(listing(as_of=date(2026, 3, 1)), listing(), withdrawal(" 信用中国"))
    passed("withdraw")


@shows("withdrawal_of_a_list_must_say_why")
def test_who_takes_a_list_back_says_why() -> None:
    with refused("withdrawal_of_a_list_must_say_why", of="withdraw"):
        taken(listing(), withdrawal(reason=" "))
    taken(listing(), withdrawal())
    passed("withdraw")


@shows("list_must_name_its_source")
def test_a_list_names_its_source() -> None:
    with refused("list_must_name_its_source", of="import"):
        taken(listing(source=" "))
    taken(listing())
    passed("import")


@shows("list_must_not_be_of_tomorrow")
def test_a_list_says_what_was() -> None:
    with refused("list_must_not_be_of_tomorrow", of="import"):
        taken(listing(as_of=date(2026, 3, 3)))
    taken(listing())
    passed("import")


def test_every_kind_of_list_has_its_word() -> None:
    assert set(get_args(ListKind)) == set(KINDS)


# --- one open record


def elsewhere(play: Play, city: str, now: Play | None = None) -> Play:
    """Given that the same firm has this play's case in another city."""
    other = case_id(city, PROGRAMME, CODE)
    file = CaseFile.fresh(other)
    vars(file).update({name: value for name, value in vars(play.case).items() if name != "_id"}, city=city)
    register = ready("submit-application").did("submit-application").register_facts
    said = vars(register[0]) | {"case": other, "city": city, "city_name": "别市"}
    return replace(now or ready("submit-application"), elsewhere=(file,), register_facts=(FirmApplied(**said),))


@shows("firm_must_have_one_open_record")
def test_a_firm_takes_part_in_one_city_at_a_time() -> None:
    no = elsewhere(after("confirm-pilot"), "other").when("submit-application")
    no.then_refused("firm_must_have_one_open_record")
    assert no.refusal is not None
    assert "别市" in no.refusal.sentence
    elsewhere(ready("close-case").did("close-case"), "other").when("submit-application").then(ApplicationSubmitted)
    elsewhere(after("confirm-pilot"), CITY).when("submit-application").then(ApplicationSubmitted)


@shows("firm_must_owe_nothing")
@pytest.mark.parametrize("step", ["record-refund", "record-enforcement", "write-off-recovery"])
def test_whoever_owes_money_back_applies_for_no_more_in_any_city(step: str) -> None:
    debtor = ready(step) if step == "record-refund" else ready(step).did(step)
    no = elsewhere(debtor, CITY).when("submit-application")
    no.then_refused("firm_must_owe_nothing")
    assert no.refusal is not None
    assert "未退清" in no.refusal.sentence
    elsewhere(ready("record-refund").did("record-refund"), "other").when("submit-application").then(
        ApplicationSubmitted
    )


def test_an_application_stands_in_the_firms_register() -> None:
    applied = after("submit-application")
    (entry,) = applied.register_facts
    assert isinstance(entry, FirmApplied)
    assert (entry.credit_code, entry.case, entry.city_name) == (CODE, applied.case.id, "示例市")


# --- again


def in_the_second(play: Play) -> Play:
    """The second batch is the one that lies on the desk."""
    second: tuple[Fact, ...] = tuple(
        one
        for one in opened(opening(date(2026, 1, 1), date(2026, 12, 31), "2")).pending_events
        if isinstance(one, Fact)
    )
    return replace(play, batch_facts=second, places_facts=())


SECOND = {"batch": batch_id(CITY, PROGRAMME, "2")}


@shows("firm_must_apply_once_in_a_batch")
def test_a_firm_that_was_not_selected_comes_back_in_another_batch_and_never_in_the_same() -> None:
    rejected = ready("reject-application").did("reject-application")
    rejected.when("submit-application").then_refused("firm_must_apply_once_in_a_batch")
    again = in_the_second(rejected).when("submit-application", **SECOND)
    again.then(fact(ApplicationReopened, last_batch="1"), ApplicationSubmitted)
    again.then_stands(stage=Stage.SELECTION, qualification=Qualification.COUNTY_REVIEW, batch_code="2")
    again.then_deadlines(set=("county_review/2",))
    twice = again.did("reject-application").when("submit-application", **SECOND)
    twice.then_refused("firm_must_apply_once_in_a_batch")


def test_a_firm_whose_supplement_lapsed_comes_back_with_a_new_limit_of_supplements() -> None:
    lapsed = ready("submit-supplement").did("~supplement", "pass-deadline")
    lapsed.then_stands(qualification=Qualification.NOT_SELECTED, supplements=1)
    in_the_second(lapsed).did(("submit-application", SECOND), "request-supplement")


def test_who_withdrew_or_failed_does_not_come_back() -> None:
    for end in ("approve-withdrawal", "fail-acceptance", "close-case"):
        in_the_second(ready(end).did(end)).when("submit-application", **SECOND).then_refused("case_must_be_open")


def test_a_firm_that_never_applied_applies_as_ever() -> None:
    begin().did("open-case").when("submit-application").then(ApplicationSubmitted)
