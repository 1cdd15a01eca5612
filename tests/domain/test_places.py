"""名额: quota plus one is nobody's, a place that falls free is the next one's, and numbers change only by decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from uuid import UUID, uuid5

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from domain import places as room
from domain.batch import Batch
from domain.calendar import CHINA
from domain.case.file import CasePapers, Qualification
from domain.case.review import ApplicationWaitlisted, CityReviewPassed, WaitlistPromoted
from domain.identity import command_id, places_id
from domain.places import Applicant, Filled, Places, Quota, QuotasReset, QuotasSet, Willing
from domain.policy import Pack, Standing
from domain.policy_rows import Quota as StatedQuota
from domain.quotas import ResetQuotas, SetQuotas, reset_quotas, set_quotas, stated_by
from domain.record import Fact
from domain.rejections import Rejection
from policies import load
from policies.calendars import published
from tests.domain.cast import RULES, head
from tests.domain.play import BATCH, MONDAY, PLACES, Play, after, begin, fact, passed, ready, refused, shows
from tests.domain.test_batch import opened, opening

CLAUSE = "示例办法 二(一)"
OTHER = Applicant(
    uuid5(BATCH, "other"), "91370300MA3C0ZZ12X", "别家轴承有限公司", "东区", "轴承", above_designated=True
)


def setting(*quotas: Quota, document: str = "工信〔2026〕1号") -> SetQuotas:
    return SetQuotas(command_id=command_id("set"), by=head, batch=BATCH, quotas=quotas, document=document)


def resetting(
    *quotas: Quota, reason: str = "意愿高", document: str = "工信〔2026〕2号", willing: tuple[Willing, ...] = ()
) -> ResetQuotas:
    return ResetQuotas(
        command_id=command_id("reset"),
        by=head,
        reason=reason,
        batch=BATCH,
        quotas=quotas,
        document=document,
        willing=willing,
        last=BATCH,
    )


def desk(command: SetQuotas | ResetQuotas) -> CasePapers:
    return CasePapers(command, MONDAY.astimezone(CHINA), RULES, published())


def limited(*quotas: Quota, places: Places | None = None) -> Places:
    held = places or Places.fresh(PLACES)
    command = setting(*quotas)
    set_quotas(held, command, desk(command), {})
    return held


def facts(places: Places) -> tuple[Fact, ...]:
    return tuple(one for one in places.pending_events if isinstance(one, Fact))


def of(play: Play, *quotas: Quota, taken: tuple[Applicant, ...] = (), waiting: tuple[Applicant, ...] = ()) -> Play:
    """Given a batch with these quotas, in which others hold places or wait."""
    places = Places.fresh(PLACES)
    papers = desk(setting())
    for firm in taken:
        room.take(places, BATCH, firm, papers)
    for firm in waiting:
        room.wait(places, BATCH, firm, papers)
    if quotas:
        limited(*quotas, places=places)
    return replace(play, places_facts=facts(places))


# --- places and cases


def test_a_firm_takes_its_place_when_it_is_proposed_and_keeps_it_as_a_pilot() -> None:
    ready("pass-city-review").when("pass-city-review").then(CityReviewPassed).then_placed(room.PlaceTaken)
    pilot = after("confirm-pilot")
    assert list(pilot.places.taken) == [pilot.case.id]


@pytest.mark.parametrize("kind", ["approve-withdrawal", "revoke-qualification"])
def test_whoever_leaves_gives_the_place_back(kind: str) -> None:
    last = "confirm-pilot" if kind == "approve-withdrawal" else ""
    play = after(last).did("ask-withdrawal") if last else ready(kind)
    play.when(kind).then_placed(room.PlaceFreed)


@pytest.mark.parametrize("kind", ["publish-list", "confirm-pilot"])
def test_a_firm_that_was_proposed_before_places_were_counted_takes_one_on_its_way_or_does_not_go_on(kind: str) -> None:
    uncounted = replace(ready(kind), places_facts=())
    counted = uncounted.when(kind).then_placed(room.PlaceTaken)
    assert list(counted.places.taken) == [counted.case.id]
    ready(kind).when(kind).then_placed()
    of(ready(kind), Quota(1), taken=(OTHER,)).when(kind).then_refused("place_must_be_free")


def test_an_objection_that_is_upheld_gives_the_place_back_and_one_that_is_dismissed_does_not() -> None:
    objected = ready("answer-objection")
    objected.when("answer-objection", upheld=True).then_placed(room.PlaceFreed)
    objected.when("answer-objection", upheld=False).then_placed()


def test_a_firm_that_failed_acceptance_was_a_pilot_and_keeps_its_place() -> None:
    failed = ready("fail-acceptance").did("fail-acceptance")
    assert failed.case.qualification is Qualification.PILOT
    assert list(failed.places.taken) == [failed.case.id]


def test_a_firm_that_waits_and_is_turned_down_leaves_the_line() -> None:
    waiting = ready("promote-from-waitlist")
    assert list(waiting.places.waiting) == [waiting.case.id]
    waiting.when("reject-application").then_refused("county_must_leave_the_citys_turn_to_the_city")
    turned_down = waiting.when("reject-application", by=waiting.command("promote-from-waitlist").by)
    turned_down.then_placed(room.WaitEnded)


@shows("place_must_be_free")
@pytest.mark.parametrize(
    "full",
    [
        Quota(1),
        Quota(1, industry="轴承"),
        Quota(1, county="东区"),
        Quota(1, scale="above"),
        Quota(1, industry="轴承", county="东区", scale="above"),
    ],
    ids=["total", "industry", "county", "scale", "all three"],
)
def test_one_firm_more_than_the_quota_is_refused_by_its_clause_and_may_wait(full: Quota) -> None:
    full = replace(full, clause=CLAUSE)
    held = of(ready("pass-city-review"), Quota(9, industry="轴承", county="东区"), full, taken=(OTHER,))
    no = held.when("pass-city-review").then_refused("place_must_be_free", CLAUSE)
    assert no.refusal is not None
    assert full.words in no.refusal.sentence
    assert no.places_facts == held.places_facts
    held.when("waitlist-application").then(ApplicationWaitlisted).then_placed(room.WaitBegun)
    of(
        ready("pass-city-review"), Quota(9, industry="轴承", county="东区"), replace(full, places=2), taken=(OTHER,)
    ).when("pass-city-review").then(CityReviewPassed)


def test_a_quota_of_another_part_does_not_stand_in_the_way() -> None:
    others = (Quota(0, industry="建材"), Quota(0, county="西区"), Quota(0, scale="below"))
    of(ready("pass-city-review"), *others).when("pass-city-review").then(CityReviewPassed)


def test_a_batch_without_quotas_has_no_limit() -> None:
    crowd = tuple(replace(OTHER, case=uuid5(BATCH, str(n))) for n in range(50))
    of(ready("pass-city-review"), taken=crowd).when("pass-city-review").then(CityReviewPassed)


def test_a_free_place_is_first_theirs_who_wait_for_it() -> None:
    held = of(ready("pass-city-review"), Quota(1, industry="轴承"), waiting=(OTHER,))
    held.when("pass-city-review").then_refused("place_must_be_free")
    elsewhere = replace(OTHER, industry="建材")
    of(ready("pass-city-review"), Quota(1, industry="轴承"), waiting=(elsewhere,)).when("pass-city-review").then(
        CityReviewPassed
    )


@shows("waitlist_must_be_followed_in_order")
def test_the_waitlist_is_followed_in_order_and_who_is_next_is_named() -> None:
    waiting = ready("promote-from-waitlist")
    own = waiting.case.applicant
    no = of(waiting, Quota(1), waiting=(OTHER, own)).when("promote-from-waitlist")
    no.then_refused("waitlist_must_be_followed_in_order")
    assert no.refusal is not None
    assert OTHER.firm in no.refusal.sentence
    assert OTHER.credit_code in no.refusal.sentence
    of(waiting, waiting=(OTHER, own)).when("promote-from-waitlist").then(WaitlistPromoted)
    of(waiting, Quota(1), waiting=(own, OTHER)).when("promote-from-waitlist").then(WaitlistPromoted)


def test_a_place_that_falls_free_wakes_the_first_for_whom_it_is_and_each_once() -> None:
    mine = ready("approve-withdrawal")
    other_part = replace(OTHER, case=uuid5(OTHER.case, "part"), industry="建材")
    second = replace(OTHER, case=uuid5(OTHER.case, "second"))
    line = (other_part, OTHER, second)
    held = of(mine, Quota(0, industry="建材"), Quota(1, industry="轴承"), taken=(mine.case.applicant,), waiting=line)
    gone = held.when("approve-withdrawal")
    gone.then_placed(room.PlaceFreed, fact(room.TurnCame, applicant=OTHER))
    assert list(gone.places.called) == [OTHER.case]
    places = gone.places
    room.leave(places, BATCH, other_part.case, desk(setting()))
    assert [type(one) for one in facts(places)] == [room.WaitEnded], "told already"
    room.leave(places, BATCH, OTHER.case, desk(setting()))
    assert [type(one) for one in facts(places)][1:] == [room.WaitEnded, room.TurnCame], "who leaves passes it on"
    assert list(places.called) == [second.case]
    room.take(places, BATCH, second, desk(setting()))
    assert places.called == {}


def test_new_places_wake_as_many_as_they_are_for() -> None:
    line = tuple(replace(OTHER, case=uuid5(OTHER.case, str(number))) for number in range(3))
    places = of(begin(), Quota(0), waiting=line).places
    command = resetting(Quota(2))
    reset_quotas(places, command, desk(command))
    assert list(places.called) == [one.case for one in line[:2]]


def test_where_nothing_limits_a_batch_nobody_is_called() -> None:
    places = of(begin(), waiting=(OTHER,)).places
    room.leave(places, BATCH, uuid5(OTHER.case, "nobody"), desk(setting()))
    assert facts(places) == ()


def test_who_waits_for_a_place_of_another_part_is_passed_over() -> None:
    waiting = ready("promote-from-waitlist")
    line = (replace(OTHER, industry="建材"), waiting.case.applicant)
    held = of(waiting, Quota(0, industry="建材"), Quota(1, industry="轴承"), waiting=line)
    assert held.places.next_in_line() == waiting.case.applicant
    done = held.when("promote-from-waitlist").then_placed(room.PlaceTaken)
    assert list(done.places.waiting) == [OTHER.case]
    assert done.places.next_in_line() is None


def test_nobody_is_promoted_to_a_place_that_is_not_free() -> None:
    waiting = ready("promote-from-waitlist")
    full = of(waiting, Quota(1), taken=(OTHER,), waiting=(waiting.case.applicant,))
    full.when("promote-from-waitlist").then_refused("place_must_be_free")


# --- the numbers


@shows("quotas_must_be_set_once")
def test_quotas_are_set_once_and_then_re_set() -> None:
    with refused("quotas_must_be_set_once", of="set"):
        limited(Quota(2), places=limited(Quota(1)))
    limited(Quota(1))
    passed("set")


@shows("quotas_must_have_been_set")
def test_quotas_that_were_never_set_are_not_re_set() -> None:
    command = resetting(Quota(1))
    with refused("quotas_must_have_been_set", of="reset"):
        reset_quotas(Places.fresh(PLACES), command, desk(command))
    reset_quotas(limited(Quota(0)), command, desk(command))
    passed("reset")


@shows("decision_must_name_document_and_reason")
def test_numbers_rest_on_a_document_and_a_change_says_why() -> None:
    for command in (resetting(Quota(1), reason=" "), resetting(Quota(1), document="")):
        with refused("decision_must_name_document_and_reason", of="reset"):
            reset_quotas(limited(Quota(2)), command, desk(command))
    places = Places.fresh(PLACES)
    without = setting(Quota(1), document=" ")
    with refused("decision_must_name_document_and_reason", of="set"):
        set_quotas(places, without, desk(without), {})
    limited(Quota(1))
    passed("set")


@shows("there_must_be_a_quota")
def test_to_say_nothing_is_not_to_set_quotas() -> None:
    with refused("there_must_be_a_quota", of="set"):
        limited()
    limited(Quota(0))
    passed("set")


@shows("quotas_must_be_places_of_the_city")
@pytest.mark.parametrize(
    ("quotas", "clause"),
    [
        ((Quota(1, industry="航天"),), "示例办法 selection.industries"),
        ((Quota(1, county="南区"),), "示例办法 selection.counties"),
        ((Quota(-1),), ""),
        ((Quota(1, industry="轴承"), Quota(2, industry="轴承")), ""),
    ],
)
def test_a_quota_is_for_a_part_of_the_city_and_each_part_has_one(quotas: tuple[Quota, ...], clause: str) -> None:
    with refused("quotas_must_be_places_of_the_city", of="set", clause=clause):
        limited(*quotas)
    limited(Quota(1, industry="轴承"), Quota(1, industry="建材"), Quota(1, industry="轴承", scale="below"))
    passed("set")


@shows("quota_must_not_fall_below_what_is_used")
def test_no_number_falls_below_what_is_used() -> None:
    play = of(ready("promote-from-waitlist"), Quota(3), taken=(OTHER,))
    for quotas in ((Quota(0),), (Quota(5), Quota(0, county="东区", clause=CLAUSE))):
        command = resetting(*quotas)
        with refused("quota_must_not_fall_below_what_is_used", of="reset", clause=quotas[-1].clause):
            reset_quotas(play.places, command, desk(command))
    exact = resetting(Quota(1))
    places = play.places
    reset_quotas(places, exact, desk(exact))
    passed("reset")
    assert places.left() == {Quota(1): 0}


def test_a_re_setting_keeps_what_it_rests_on() -> None:
    batch = opened(opening())
    last = of(ready("promote-from-waitlist"), Quota(3), Quota(1, industry="建材"), taken=(OTHER,)).places
    willing = (Willing(40, industry="建材"),)
    command = resetting(Quota(5, industry="建材", clause=CLAUSE), willing=willing)
    places = limited(Quota(4), places=Places.fresh(places_id(uuid5(BATCH, "next"))))
    reset_quotas(places, command, desk(command), (batch, last))
    (_, said) = facts(places)
    assert isinstance(said, QuotasReset)
    assert (said.reason, said.document, said.willing, said.last_batch) == ("意愿高", "工信〔2026〕2号", willing, "1")
    assert said.filled == (Filled(Quota(3), 1), Filled(Quota(1, industry="建材"), 0))
    assert said.clauses == (CLAUSE,)


@shows("batch_must_have_been_opened")
def test_the_last_batch_must_be_one() -> None:
    command = resetting(Quota(1))
    nothing = (Batch.fresh(BATCH), Places.fresh(PLACES))
    with refused("batch_must_have_been_opened", of="reset"):
        reset_quotas(limited(Quota(2)), command, desk(command), nothing)
    reset_quotas(limited(Quota(2)), command, desk(command), (opened(opening()), Places.fresh(PLACES)))
    passed("reset")


STATED = {
    "quota": (
        StatedQuota(industry="轴承", places=148, clause=CLAUSE, standing=Standing.STATED),
        StatedQuota(industry="建材", places=107, clause=CLAUSE, standing=Standing.STATED),
        StatedQuota(size="above", places=200, comparator="≥", clause=CLAUSE, standing=Standing.STATED),
        StatedQuota(size="below", places=55, clause=CLAUSE, standing=Standing.STATED),
    )
}
"""What a city's document gives out; at least so many 规上 is a floor and limits nothing."""


def set_under(pack: Pack, *quotas: Quota, others: Mapping[str, tuple[Quota, ...]] | None = None) -> Places:
    command, places = setting(*quotas), Places.fresh(PLACES)
    set_quotas(places, command, replace(desk(command), pack=pack), others or {})
    return places


@shows("quotas_must_stay_within_the_citys")
@pytest.mark.parametrize(
    "quotas",
    [
        (Quota(256),),
        (Quota(149, industry="轴承"),),
        (Quota(56, scale="below"),),
        (Quota(201, scale="above"), Quota(55, scale="below")),
        (Quota(138, industry="轴承", scale="above"), Quota(11, industry="轴承", scale="below")),
        (Quota(128, county="东区"), Quota(128, county="西区")),
    ],
)
def test_no_more_is_given_out_than_the_citys_document_states_unless_it_is_re_set(quotas: tuple[Quota, ...]) -> None:
    pack = replace(RULES, tables=STATED)
    with refused("quotas_must_stay_within_the_citys", of="set", clause=CLAUSE):
        set_under(pack, *quotas)
    one_less = (replace(quotas[0], places=quotas[0].places - 1), *quotas[1:])
    set_under(pack, *one_less)
    passed("set")
    command, places = resetting(*quotas), set_under(pack, *one_less)
    reset_quotas(places, command, replace(desk(command), pack=pack))
    set_under(RULES, *quotas)


@shows("quotas_must_stay_within_the_citys")
def test_what_the_city_states_is_for_all_batches_of_its_programme_together() -> None:
    pack = replace(RULES, tables=STATED)
    bearings, rest = Quota(148, industry="轴承"), Quota(107, industry="建材")
    held = {"1": (bearings,), "2": ()}
    with refused("quotas_must_stay_within_the_citys", of="set", clause=CLAUSE):
        set_under(pack, bearings, others=held)
    with pytest.raises(Rejection) as no:
        set_under(pack, bearings, others=held)
    assert "批次 1 148 个" in no.value.refusal.sentence
    assert "批次 2" not in no.value.refusal.sentence
    set_under(pack, rest, others={"1": (bearings,)})
    passed("set")
    three = {"1": (Quota(100, industry="轴承"),), "2": (Quota(18, county="东区"), Quota(20, industry="轴承"))}
    set_under(pack, Quota(28, industry="轴承"), others=three)
    for too_many in (Quota(29, industry="轴承"), Quota(136)):
        with refused("quotas_must_stay_within_the_citys", of="set", clause=CLAUSE):
            set_under(pack, too_many, others=three)
    set_under(pack, Quota(135), others=three)


def test_where_others_were_given_more_by_decision_a_batch_is_set_to_nothing_and_then_re_set() -> None:
    pack = replace(RULES, tables=STATED)
    others = {"1": (Quota(150, industry="轴承"),)}
    with refused("quotas_must_stay_within_the_citys", of="set", clause=CLAUSE):
        set_under(pack, Quota(1, industry="轴承"), others=others)
    places, command = set_under(pack, Quota(0, industry="轴承"), others=others), resetting(Quota(9, industry="轴承"))
    reset_quotas(places, command, replace(desk(command), pack=pack))
    assert places.quotas == (Quota(9, industry="轴承"),)


def test_what_is_at_least_so_many_is_a_floor_and_no_limit() -> None:
    set_under(replace(RULES, tables=STATED), Quota(230, scale="above"))
    floor_only = {"quota": (STATED["quota"][2],)}
    set_under(replace(RULES, tables=floor_only), Quota(999))
    assert stated_by(replace(RULES, tables=floor_only)) == ()


@pytest.mark.parametrize(
    ("city", "stated"),
    [
        ("jiujiang", [148, 107, 175, 30, 137, 100, 163, 11, 7, 12]),
        ("dongying", [415, 315]),
        ("mianyang", []),
    ],
)
def test_a_citys_own_places_are_the_proposal_and_can_be_set_as_they_stand(city: str, stated: list[int]) -> None:
    pack = load.load(city)
    proposed = stated_by(pack)
    assert [quota.places for quota in proposed] == stated
    assert all(quota.clause for quota in proposed)
    if proposed:
        assert set_under(pack, *proposed).quotas == proposed
        with refused("quotas_must_stay_within_the_citys", of="set", clause=proposed[0].clause):
            set_under(pack, replace(proposed[0], places=proposed[0].places + 1))


def test_a_re_setting_cites_the_clause_by_which_the_next_batch_is_re_set() -> None:
    pack = load.load("mianyang")
    industry = pack.list("selection.industries")[0]
    command = resetting(Quota(100, industry=industry), willing=(Willing(180, industry=industry),))
    last = set_under(pack, Quota(90, industry=industry))
    places = set_under(pack, Quota(90, industry=industry))
    reset_quotas(places, command, replace(desk(command), pack=pack), (opened(opening()), last))
    (_, said) = facts(places)
    assert isinstance(said, QuotasReset)
    assert said.clauses == ("绵阳方案 三(六)",)
    assert said.filled == (Filled(Quota(90, industry=industry), 0),)


def test_quotas_that_were_set_say_so() -> None:
    (said,) = facts(limited(Quota(148, industry="轴承", clause=CLAUSE), Quota(30, scale="below")))
    assert isinstance(said, QuotasSet)
    assert [(quota.words, quota.places) for quota in said.quotas] == [("轴承", 148), ("规下", 30)]
    assert said.clauses == (CLAUSE,)


# --- in any order


FIRMS = tuple(
    Applicant(uuid5(BATCH, f"{industry}{county}{above}{n}"), f"{n}", "甲", county, industry, above_designated=above)
    for industry in ("轴承", "建材")
    for county in ("东区", "西区")
    for above in (True, False)
    for n in range(2)
)
NUMBERS = st.lists(
    st.builds(
        Quota,
        st.integers(0, 6),
        st.sampled_from(["", "轴承", "建材"]),
        st.sampled_from(["", "东区"]),
        st.sampled_from(["", "above", "below"]),
    ),
    min_size=1,
    max_size=4,
)


class PlacesInAnyOrder(RuleBasedStateMachine):
    """Whatever comes when: no quota is ever exceeded, and nobody overtakes on the waitlist."""

    def __init__(self) -> None:
        super().__init__()
        self.places = Places.fresh(PLACES)
        self.papers = desk(setting())

    @rule(quotas=NUMBERS, anew=st.booleans())
    def numbers_are_given(self, quotas: list[Quota], *, anew: bool) -> None:
        try:
            if anew:
                command = resetting(*quotas)
                reset_quotas(self.places, command, desk(command))
            else:
                limited(*quotas, places=self.places)
        except Rejection:
            return
        assert self.places.quotas == tuple(quotas)

    @rule(firm=st.sampled_from(FIRMS))
    def a_firm_is_proposed(self, firm: Applicant) -> None:
        if firm.case in self.places.taken:
            return
        free, next_one = self.places.left(), self.places.next_in_line()
        was_waiting = firm.case in self.places.waiting
        try:
            room.take(self.places, BATCH, firm, self.papers)
        except Rejection as no:
            if no.refusal.rule == "place_must_be_free" and not self.places.waiting:
                assert any(quota.covers(firm) and left <= 0 for quota, left in free.items())
            return
        assert all(left > 0 for quota, left in free.items() if quota.covers(firm))
        assert not (was_waiting and self.places.quotas) or next_one == firm

    @rule(firm=st.sampled_from(FIRMS))
    def a_firm_is_put_on_the_list(self, firm: Applicant) -> None:
        if firm.case not in {*self.places.taken, *self.places.waiting}:
            room.wait(self.places, BATCH, firm, self.papers)

    @rule(firm=st.sampled_from(FIRMS))
    def a_firm_leaves(self, firm: Applicant) -> None:
        room.leave(self.places, BATCH, firm.case, self.papers)
        assert firm.case not in {*self.places.taken, *self.places.waiting}

    @invariant()
    def used_never_exceeds_a_quota(self) -> None:
        for quota in self.places.quotas:
            assert sum(quota.covers(firm) for firm in self.places.taken.values()) <= quota.places
        both: set[UUID] = self.places.taken.keys() & self.places.waiting.keys()
        assert not both


TestPlacesInAnyOrder = PlacesInAnyOrder.TestCase
