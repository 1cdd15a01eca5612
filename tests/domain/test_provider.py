"""服务商: from the application to the pool, through warning and rectification to removal, and back by appeal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any, Final
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli import tallied
from domain.calendar import CHINA
from domain.case.file import Acceptance, CaseFile, Qualification
from domain.identity import command_id, pool_id, provider_id
from domain.money import Money
from domain.people import Person, Role
from domain.policy import Pack
from domain.provider import rooms
from domain.provider.admission import (
    ProviderAdmitted,
    ProviderApplied,
    ProviderListed,
    ProviderMoved,
    TierTaken,
)
from domain.provider.appeal import ProviderAppealDismissed, ProviderAppealed, ProviderRestored, TierOverfilled
from domain.provider.conduct import (
    ProviderFaultFound,
    ProviderRectificationOrdered,
    ProviderRectified,
    ProviderRemoved,
    ProviderWarned,
)
from domain.provider.consortium import ConsortiumJoined, ConsortiumKnown, ConsortiumLeft
from domain.provider.file import Membership, Pool, Provider, ProviderPapers
from domain.provider.institution import AppointInstitution, InstitutionAppointed, appoint_institution
from domain.provider.rating import (
    ProviderEngaged,
    ProviderRated,
    SatisfactionRecorded,
    Weights,
    outcomes_of,
    rating,
    weights_of,
)
from domain.provider.tiers import tallies
from domain.record import Fact
from domain.rejections import OpenQuestion, Refusal, Rejection
from policies import load
from tests.domain import play
from tests.domain.cast import CITY, PROGRAMME, RULES, clause, clerk1, clerk2, firm, head, head2, leader, rules
from tests.domain.play import passed, refused, shows

CODE: Final = "91370300MA3C0PRY1X"
LEAD: Final = "91370300MA3C0PRY2X"
own = Person("provider-1", Role.PROVIDER, CODE)
inspector = Person("inspector-1", Role.INSPECTOR, "抽查组")
CASES: Final = tuple(uuid5(provider_id(CITY, PROGRAMME, CODE), str(n)) for n in range(6))

SAID: Final[Mapping[str, tuple[Person, Mapping[str, Any]]]] = {
    "apply-provider": (own, {"name": "云软公司", "industries": ("轴承",)}),
    "admit-provider": (head, {"tier": "资源池", "document": "名单1号", "reason": "专家评审通过"}),
    "move-provider": (head, {"tier": "集成服务商", "document": "名单2号", "reason": "择优"}),
    "join-consortium": (own, {"lead": LEAD, "document": "联合体协议1号"}),
    "leave-consortium": (own, {"lead": LEAD, "reason": "协议到期"}),
    "record-satisfaction": (firm, {"score": 80}),
    "rate-provider": (clerk1, {}),
    "record-provider-fault": (inspector, {"fault": "系统未交付", "reason": "现场核查", "evidence": ("照片1",)}),
    "warn-provider": (head, {"document": "警告1号", "reason": "属实", "evidence": ("照片1",)}),
    "order-provider-rectification": (
        head,
        {
            "items": ("补齐交付",),
            "due": date(2026, 4, 1),
            "suspends": True,
            "document": "整改1号",
            "reason": "警告后未改",
            "evidence": ("记录1",),
        },
    ),
    "confirm-provider-rectification": (
        clerk1,
        {"opinion": "已补齐", "reason": "现场复核", "evidence": ("照片2",)},
    ),
    "remove-provider": (
        leader,
        {"ground": "逾期未整改", "document": "纪要1号", "reason": "集体研究", "evidence": ("记录2",)},
    ),
    "appeal-provider-decision": (own, {"statement": "问题不在我方"}),
    "answer-provider-appeal": (
        head2,
        {"upheld": True, "answer": "申诉属实", "document": "复核1号", "reason": "复核"},
    ),
}


@dataclass(frozen=True)
class Life:
    """One provider, and the pool; each command is decided on files folded anew from the facts."""

    facts: tuple[Fact, ...] = ()
    pool_facts: tuple[Fact, ...] = ()
    pack: Pack = RULES
    now: datetime = datetime(2026, 3, 2, 10, tzinfo=CHINA)
    lead: Provider | None = None
    cases: tuple[CaseFile, ...] = ()
    members: tuple[Provider, ...] = ()
    """Everybody else whom the pool lists."""
    happened: tuple[Fact, ...] = ()
    refusal: Refusal | None = None
    said: int = field(default=0)

    @property
    def provider(self) -> Provider:
        """As its facts tell it."""
        return Provider.folded(provider_id(CITY, PROGRAMME, CODE), self.facts)

    @property
    def last(self) -> UUID:
        """The command that was given last."""
        return self.happened[-1].command_id

    @property
    def pool(self) -> Pool:
        """As its facts tell it."""
        return Pool.folded(pool_id(CITY, PROGRAMME), self.pool_facts)

    def when(self, kind: str, **changes: Any) -> Life:
        """One command is given, by the right hand and in the right words unless something is changed."""
        hand, words = SAID[kind]
        fields: dict[str, Any] = {
            "city": CITY,
            "programme": PROGRAMME,
            "credit_code": CODE,
            "by": hand,
            **words,
            **changes,
        }
        command = rooms.COMMANDS[kind](command_id=command_id(kind, str(self.said)), **fields)
        provider, pool = self.provider, self.pool
        try:
            rooms.decide(
                provider, ProviderPapers(command, self.now, self.pack, pool, self.lead, self.cases, self.members)
            )
        except Rejection as no:
            play._heard.append((kind, no.refusal.rule))
            assert not provider.pending_events
            assert not pool.pending_events
            return replace(self, happened=(), refusal=no.refusal)
        play._heard.append((kind, None))
        own_facts, listed = play._pending(provider), play._pending(pool)
        return replace(
            self,
            facts=(*self.facts, *own_facts),
            pool_facts=(*self.pool_facts, *listed),
            happened=(*own_facts, *listed),
            refusal=None,
            said=self.said + 1,
        )

    def did(self, *kinds: str) -> Life:
        """Several commands, each of which must succeed."""
        life = self
        for kind in kinds:
            life = life.when(kind)
            assert life.refusal is None, (kind, life.refusal)
        return life

    def on(self, day: date) -> Life:
        """The clock is set."""
        return replace(self, now=datetime.combine(day, self.now.timetz()))

    def then(self, *kinds: type[Fact]) -> Life:
        """Just this happened."""
        assert self.refusal is None, self.refusal
        assert [type(one) for one in self.happened] == list(kinds)
        return self

    def then_refused(self, name: str) -> Life:
        """The rule refused, in words."""
        assert self.refusal is not None, "it was not refused"
        assert (self.refusal.rule, bool(self.refusal.sentence)) == (name, True), self.refusal
        return self

    def engaged(self, *cases: UUID) -> Life:
        """Contracts of these cases were put on file."""
        provider = self.provider
        papers = ProviderPapers(
            rooms.COMMANDS["rate-provider"](
                command_id=command_id("register"), by=clerk1, city=CITY, programme=PROGRAMME, credit_code=CODE
            ),  # type: ignore[call-arg]
            self.now,
            self.pack,
            self.pool,
        )
        for case in cases:
            provider.record(
                ProviderEngaged, papers, case=case, firm=firm.organisation, contract="HT-1", amount=Money.wan(1)
            )
        return replace(self, facts=(*self.facts, *play._pending(provider)))


def in_pool() -> Life:
    return Life().did("apply-provider", "admit-provider")


def warned() -> Life:
    return in_pool().did("record-provider-fault", "warn-provider")


def rectifying() -> Life:
    return warned().did("order-provider-rectification")


def removed() -> Life:
    return rectifying().on(date(2026, 4, 2)).did("remove-provider")


def a_lead(*, suspended: bool = False) -> Provider:
    lead = Provider.fresh(provider_id(CITY, PROGRAMME, LEAD))
    lead.credit_code, lead.name, lead.membership, lead.suspended = LEAD, "牵头公司", Membership.IN_POOL, suspended
    return lead


# --- admission


def test_from_the_application_to_the_pool() -> None:
    applied = Life().when("apply-provider").then(ProviderApplied)
    assert applied.provider.membership is Membership.APPLIED
    assert not applied.pool.is_kept
    assert not applied.provider.may_sign
    admitted = applied.when("admit-provider").then(ProviderAdmitted, ProviderListed, TierTaken)
    provider = admitted.provider
    assert (provider.tier, provider.may_sign) == ("资源池", True)
    assert admitted.pool.is_kept
    assert admitted.pool.code_of("云软公司") == admitted.pool.code_of(f" {CODE.lower()}") == CODE
    assert admitted.pool.code_of("别家") == ""
    assert (admitted.pool.name_of(CODE), admitted.pool.name_of("别家")) == ("云软公司", "别家")


@shows("provider_must_stand_where_the_step_begins")
@pytest.mark.parametrize("kind", [kind for kind in SAID if kind not in ("apply-provider", "answer-provider-appeal")])
def test_nothing_is_done_with_a_provider_that_never_applied(kind: str) -> None:
    Life(lead=a_lead()).when(kind).then_refused("provider_must_stand_where_the_step_begins")
    Life().when("apply-provider").when("apply-provider").then_refused("provider_must_stand_where_the_step_begins")
    assert _ready(kind).when(kind).refusal is None


def _ready(kind: str) -> Life:
    """A provider with which this is the right thing to do now."""
    led = replace(in_pool(), lead=a_lead())
    makes: dict[str, Callable[[], Life]] = {
        "admit-provider": lambda: Life().did("apply-provider"),
        "move-provider": in_pool,
        "join-consortium": lambda: led,
        "leave-consortium": lambda: led.did("join-consortium"),
        "record-satisfaction": lambda: in_pool().engaged(CASES[0]),
        "rate-provider": lambda: _with_outcome(good=True),
        "record-provider-fault": in_pool,
        "warn-provider": lambda: in_pool().did("record-provider-fault"),
        "order-provider-rectification": warned,
        "confirm-provider-rectification": rectifying,
        "remove-provider": lambda: rectifying().on(date(2026, 4, 2)),
        "appeal-provider-decision": warned,
    }
    return makes[kind]()


def _with_outcome(*, good: bool) -> Life:
    case = CaseFile.fresh(CASES[0])
    case.acceptance = Acceptance.ACCEPTED if good else Acceptance.FAILED
    return replace(in_pool().engaged(CASES[0]).did("record-satisfaction"), cases=(case,))


def test_a_provider_has_a_code_and_a_name() -> None:
    Life().when("apply-provider", credit_code="9137", by=clerk1).then_refused("credit_code_must_be_well_formed")
    Life().when("apply-provider", name=" ").then_refused("institution_must_be_plainly_named")


@shows("provider_decision_must_be_grounded")
@pytest.mark.parametrize(
    ("kind", "ground"),
    [
        *(("admit-provider", ground) for ground in ("tier", "document", "reason")),
        *(("move-provider", ground) for ground in ("tier", "document", "reason")),
        *(("record-provider-fault", ground) for ground in ("fault", "reason", "evidence")),
        *(("warn-provider", ground) for ground in ("document", "reason", "evidence")),
        *(("order-provider-rectification", ground) for ground in ("items", "document", "reason", "evidence")),
        *(("confirm-provider-rectification", ground) for ground in ("opinion", "reason", "evidence")),
        *(("remove-provider", ground) for ground in ("ground", "document", "reason", "evidence")),
        ("appeal-provider-decision", "statement"),
        ("leave-consortium", "reason"),
    ],
)
def test_what_is_decided_about_a_provider_states_its_grounds(kind: str, ground: str) -> None:
    given = _ready(kind)
    nothing: Any = () if ground in ("evidence", "items") else " "
    given.when(kind, **{ground: nothing}).then_refused("provider_decision_must_be_grounded")
    assert given.when(kind).refusal is None


@shows("provider_must_act_for_itself")
@pytest.mark.parametrize("kind", ["apply-provider", "join-consortium", "leave-consortium", "appeal-provider-decision"])
def test_a_provider_speaks_for_itself(kind: str) -> None:
    given = Life() if kind == "apply-provider" else _ready(kind)
    given.when(kind, by=Person("other-1", Role.PROVIDER, LEAD)).then_refused("provider_must_act_for_itself")
    assert given.when(kind, by=Person("own-2", Role.PROVIDER, "云软公司")).refusal is None


@shows("name_must_mean_one_provider")
def test_two_providers_of_one_name_are_told_apart_before_one_is_listed() -> None:
    listed = in_pool()
    other = replace(Life().did("apply-provider"), pool_facts=listed.pool_facts)
    assert other.when("admit-provider").refusal is None, "the same one again is the same one"
    pool = Pool.fresh(pool_id(CITY, PROGRAMME))
    pool.codes, pool.names = {LEAD: "云软 公司"}, {"云软 公司": LEAD}
    command = rooms.COMMANDS["admit-provider"](
        command_id=command_id("x"), city=CITY, programme=PROGRAMME, credit_code=CODE, by=head,
        tier="资源池", document="名单1号", reason="评审",
    )  # type: ignore[call-arg]  # fmt: skip
    with refused("name_must_mean_one_provider", of="admit-provider"):
        rooms.decide(other.provider, ProviderPapers(command, other.now, RULES, pool))


@shows("tier_must_be_another")
def test_a_provider_is_moved_between_tiers_in_the_citys_own_words() -> None:
    moved = in_pool().when("move-provider").then(ProviderMoved, TierTaken)
    assert (moved.happened[0].from_tier, moved.provider.tier) == ("资源池", "集成服务商")  # type: ignore[attr-defined]
    moved.when("move-provider").then_refused("tier_must_be_another")
    moved.when("move-provider", tier="优秀服务商").then(ProviderMoved, TierTaken)
    warned().when("move-provider").then_refused("provider_must_stand_where_the_step_begins")


@shows("lead_must_be_another_provider_of_the_pool", "consortium_membership_must_change")
def test_a_consortium_has_a_lead_in_the_pool_and_is_joined_and_left_once() -> None:
    in_pool().when("join-consortium").then_refused("lead_must_be_another_provider_of_the_pool")
    suspended = replace(in_pool(), lead=a_lead(suspended=True))
    suspended.when("join-consortium").then_refused("lead_must_be_another_provider_of_the_pool")
    itself = replace(in_pool(), lead=in_pool().provider)
    itself.when("join-consortium").then_refused("lead_must_be_another_provider_of_the_pool")
    member = replace(in_pool(), lead=a_lead())
    member.when("leave-consortium").then_refused("consortium_membership_must_change")
    joined = member.when("join-consortium").then(ConsortiumJoined, ConsortiumKnown)
    assert joined.provider.consortia == {LEAD: "联合体协议1号"}
    joined.when("join-consortium").then_refused("consortium_membership_must_change")
    left = joined.when("leave-consortium").then(ConsortiumLeft)
    assert left.provider.consortia == {}


@shows("member_must_not_lead")
def test_a_lead_is_in_no_consortium_and_a_member_leads_none() -> None:
    free, lead = in_pool(), a_lead()
    lead.consortia = {"91370300MA3C0PRY3X": "联合体协议9号"}
    replace(free, lead=lead).when("join-consortium").then_refused("member_must_not_lead")

    follower = a_lead()
    follower.credit_code, follower.name, follower.consortia = "91370300MA3C0PRY3X", "成员公司", {CODE: "联合体协议2号"}
    leads = replace(free, lead=a_lead(), members=(follower,)).when("join-consortium")
    leads.then_refused("member_must_not_lead")
    assert leads.refusal is not None
    assert "成员公司" in leads.refusal.sentence
    follower.consortia = {LEAD: "联合体协议2号"}
    replace(free, lead=a_lead(), members=(follower,)).when("join-consortium").then(ConsortiumJoined, ConsortiumKnown)


def test_an_upheld_appeal_stands_where_the_place_was_given_away_and_says_so() -> None:
    dalian = replace(RULES, tables=load.load("dalian").tables)
    out = Life().when("apply-provider").when("admit-provider", tier="总包商")
    out = out.did("record-provider-fault", "warn-provider", "order-provider-rectification")
    out = out.on(date(2026, 4, 2)).did("remove-provider", "appeal-provider-decision")
    successor = a_lead()
    successor.tier = "总包商"
    full, free = (replace(out, pack=dalian, members=members) for members in ((successor,), ()))

    back = full.when("answer-provider-appeal").then(ProviderRestored, TierOverfilled, TierTaken)
    assert back.provider.membership is Membership.IN_POOL
    over = back.happened[1]
    assert isinstance(over, TierOverfilled)
    assert (over.tier, over.industry, over.limit, over.held) == ("总包商", "", 1, 2)
    assert over.clauses == ("大连方案 四(二)、五(三)",)
    (told,) = (one for one in tallies(dalian, (successor, back.provider)) if one.name == "总包商")
    assert (told.held, told.over, tallied.plain([told])[0]["over"]) == (2, 1, 1)
    (alone,) = (one for one in tallies(dalian, (back.provider,)) if one.name == "总包商")
    assert alone.over == 0

    free.when("answer-provider-appeal").then(ProviderRestored, TierTaken)
    full.when("answer-provider-appeal", upheld=False).then(ProviderAppealDismissed)


@shows("lead_must_stand_in_the_tier_of_leads")
def test_where_the_city_has_a_tier_of_leads_only_its_providers_lead() -> None:
    mianyang = replace(RULES, tables=load.load("mianyang").tables)
    rule = "lead_must_stand_in_the_tier_of_leads"
    for tier in ("", "产品服务商"):
        lead = a_lead()
        lead.tier = tier
        no = replace(in_pool(), lead=lead, pack=mianyang).when("join-consortium").then_refused(rule)
        assert no.refusal is not None
        assert (no.refusal.clause, "“牵头服务商”" in no.refusal.sentence) == ("绵阳方案 三(二)", True)
    for tier in ("牵头服务商", "lead"):
        lead = a_lead()
        lead.tier = tier
        replace(in_pool(), lead=lead, pack=mianyang).when("join-consortium").then(ConsortiumJoined, ConsortiumKnown)


@shows("post_must_be_one_of_the_programme", "post_must_be_given_once")
def test_an_institution_is_appointed_to_a_post_of_the_programme_once() -> None:
    pool = Pool.fresh(pool_id(CITY, PROGRAMME))

    def appoint(post: str, organisation: str = "云上平台", document: str = "中标1号") -> None:
        command = AppointInstitution(
            command_id=command_id(post), by=head, city=CITY, programme=PROGRAMME,
            organisation=organisation, post=post, document=document,
        )  # fmt: skip
        appoint_institution(pool, command, ProviderPapers(command, Life().now, RULES, pool))

    with refused("post_must_be_one_of_the_programme", of="appoint"):
        appoint("食堂")
    with refused("provider_decision_must_be_grounded", of="appoint"):
        appoint("platform", document="")
    appoint("platform")
    passed("appoint")
    with refused("post_must_be_given_once", of="appoint"):
        appoint("platform", "云上 平台")
    with refused("institution_must_be_plainly_named", of="appoint"):
        appoint("think-tank", " 云上平台 ")
    appoint("evaluation")
    assert [type(one) for one in pool.pending_events] == [InstitutionAppointed] * 2
    assert set(pool.posts) == {("platform", "云上平台"), ("evaluation", "云上平台")}
    assert not pool.is_kept, "an institution of the bureau's is no provider of the pool"


# --- conduct


def test_the_whole_ladder() -> None:
    found = in_pool().when("record-provider-fault").then(ProviderFaultFound)
    assert found.provider.membership is Membership.IN_POOL
    warning = found.when("warn-provider").then(ProviderWarned)
    assert (warning.provider.membership, warning.provider.may_sign) == (Membership.WARNED, True)
    order = warning.when("order-provider-rectification").then(ProviderRectificationOrdered)
    assert (order.provider.membership, order.provider.may_sign) == (Membership.RECTIFYING, False)
    milder = warning.when("order-provider-rectification", suspends=False)
    assert milder.provider.may_sign
    well = order.when("confirm-provider-rectification").then(ProviderRectified)
    assert (well.provider.membership, well.provider.may_sign, well.provider.fault) == (Membership.IN_POOL, True, "")
    out = order.on(date(2026, 4, 2)).when("remove-provider").then(ProviderRemoved)
    assert (out.provider.membership, out.provider.may_sign) == (Membership.REMOVED, False)


@shows("provider_hand_must_differ")
@pytest.mark.parametrize("kind", ["warn-provider", "order-provider-rectification", "remove-provider"])
def test_whoever_found_the_fault_decides_nothing_about_it(kind: str) -> None:
    given = _ready(kind)
    given.when(kind, by=inspector).then_refused("provider_hand_must_differ")
    assert given.when(kind).refusal is None


def test_who_applied_does_not_admit_and_who_ordered_does_not_confirm() -> None:
    applied = Life().when("apply-provider", by=clerk1)
    applied.when("admit-provider", by=clerk1).then_refused("provider_hand_must_differ")
    rectifying().when("confirm-provider-rectification", by=head).then_refused("provider_hand_must_differ")


@shows("fault_must_have_been_found")
def test_nobody_is_warned_for_nothing() -> None:
    in_pool().when("warn-provider").then_refused("fault_must_have_been_found")
    in_pool().did("record-provider-fault").when("warn-provider").then(ProviderWarned)
    again = rectifying().did("confirm-provider-rectification")
    again.when("warn-provider").then_refused("fault_must_have_been_found")


@shows("rectification_must_have_time")
def test_the_last_day_of_a_rectification_lies_ahead() -> None:
    today = warned().now.date()
    for due in (today, today - timedelta(days=1)):
        warned().when("order-provider-rectification", due=due).then_refused("rectification_must_have_time")
    warned().when("order-provider-rectification", due=today + timedelta(days=1)).then(ProviderRectificationOrdered)


@shows("removal_must_wait_for_the_rectification")
def test_nobody_is_removed_before_the_time_is_over() -> None:
    rectifying().on(date(2026, 4, 1)).when("remove-provider").then_refused("removal_must_wait_for_the_rectification")
    rectifying().on(date(2026, 4, 2)).when("remove-provider").then(ProviderRemoved)


@shows("decision_must_be_appealed_once", "appeal_must_be_open")
def test_each_decision_is_appealed_once_and_answered_by_others() -> None:
    for decided, by in ((warned(), head), (rectifying(), head), (removed(), leader)):
        decided.when("answer-provider-appeal").then_refused("appeal_must_be_open")
        appealed = decided.when("appeal-provider-decision").then(ProviderAppealed)
        assert appealed.provider.membership is decided.provider.membership, "an appeal suspends nothing"
        appealed.when("appeal-provider-decision").then_refused("decision_must_be_appealed_once")
        for hand in (inspector, by):
            appealed.when("answer-provider-appeal", by=hand).then_refused("provider_hand_must_differ")
        no = appealed.when("answer-provider-appeal", upheld=False).then(ProviderAppealDismissed)
        assert no.provider.membership is decided.provider.membership
        no.when("appeal-provider-decision").then_refused("decision_must_be_appealed_once")
        no.when("answer-provider-appeal").then_refused("appeal_must_be_open")


def test_the_next_decision_may_be_appealed_again() -> None:
    no = warned().did("appeal-provider-decision").when("answer-provider-appeal", upheld=False)
    no.did("order-provider-rectification").when("appeal-provider-decision").then(ProviderAppealed)


@pytest.mark.parametrize("decided", [warned(), rectifying(), removed()], ids=["warned", "rectifying", "removed"])
def test_an_appeal_that_is_upheld_restores_by_a_new_fact(decided: Life) -> None:
    place = (TierTaken,) if decided.provider.membership is Membership.REMOVED else ()
    restored = decided.did("appeal-provider-decision").when("answer-provider-appeal").then(ProviderRestored, *place)
    provider = restored.provider
    assert (provider.membership, provider.may_sign, provider.fault) == (Membership.IN_POOL, True, "")
    assert provider.rectify_by is None
    assert restored.facts[: len(decided.facts)] == decided.facts, "nothing is taken back"


@shows("appeal_must_be_answered_first")
def test_while_an_appeal_is_open_nothing_more_is_decided() -> None:
    open_appeal = warned().did("appeal-provider-decision")
    open_appeal.when("order-provider-rectification").then_refused("appeal_must_be_answered_first")
    answered = open_appeal.when("answer-provider-appeal", upheld=False)
    answered.when("order-provider-rectification").then(ProviderRectificationOrdered)


# --- satisfaction and rating


@shows("satisfaction_must_come_from_a_firm_it_served", "satisfaction_must_be_on_the_scale")
def test_only_a_firm_it_served_says_how_satisfied_it_is() -> None:
    in_pool().when("record-satisfaction").then_refused("satisfaction_must_come_from_a_firm_it_served")
    served = in_pool().engaged(CASES[0])
    for off in (-1, 101):
        served.when("record-satisfaction", score=off).then_refused("satisfaction_must_be_on_the_scale")
    for edge in (0, 100):
        said = served.when("record-satisfaction", score=edge).then(SatisfactionRecorded)
        assert said.provider.satisfaction == {CASES[0]: edge}
    again = said.when("record-satisfaction", score=7)
    assert again.provider.satisfaction == {CASES[0]: 7}, "what is said later takes the place of what was said before"


def test_the_score_is_worked_out_step_by_step() -> None:
    weights = Weights(Fraction(3, 5), Fraction(3, 10), Fraction(1, 10), 4)
    done = rating({CASES[0]: 80, CASES[1]: 95}, {CASES[0]: True, CASES[1]: False, CASES[2]: None}, weights)
    assert str(done.score) == "75.00"  # 87.5 × 0.6 + 50 × 0.3 + 75 × 0.1
    assert done.steps == (
        "满意度：2 家企业评分，平均 87.50 分",
        "改造成效：已有结论 2 项，验收合格且未被取消资格 1 项，得 50.00 分",
        "改造数量：承接 3 家，4 家得满分，得 75.00 分",
        "综合：满意度 87.50×60% + 改造成效 50.00×30% + 改造数量 75.00×10% = 75.00 分（只舍不入）",
    )
    alone = rating({CASES[0]: 33, CASES[1]: 33, CASES[2]: 34}, {}, Weights(Fraction(1), Fraction(0), Fraction(0), 1))
    assert str(alone.score) == "33.33"


@given(
    marks=st.lists(st.integers(0, 100), min_size=1, max_size=6),
    outcomes=st.lists(st.sampled_from([True, False]), min_size=1, max_size=6),
    cut=st.tuples(st.integers(1, 98), st.integers(1, 98)).filter(lambda cut: cut[0] < cut[1]),
    full=st.integers(1, 9),
)
def test_a_score_stays_on_the_scale_and_never_falls_with_satisfaction(
    marks: list[int], outcomes: list[bool], cut: tuple[int, int], full: int
) -> None:
    weights = Weights(Fraction(cut[0], 100), Fraction(cut[1] - cut[0], 100), Fraction(100 - cut[1], 100), full)
    told = dict(zip(CASES, outcomes, strict=False))
    low = rating(dict(zip(CASES, marks, strict=False)), told, weights).score
    high = rating({case: 100 for case, _ in zip(CASES, marks, strict=False)}, told, weights).score
    assert 0 <= low <= high <= 100
    best = rating({CASES[0]: 100}, dict.fromkeys(CASES, True), replace(weights, volume_full=1)).score
    assert best == 100


def test_what_came_of_a_case() -> None:
    accepted, failed, revoked, running = (CaseFile.fresh(case) for case in CASES[:4])
    accepted.acceptance = revoked.acceptance = Acceptance.ACCEPTED
    failed.acceptance = Acceptance.FAILED
    revoked.qualification = Qualification.REVOKED
    expected = dict(zip(CASES, (True, False, False, None), strict=False))
    assert outcomes_of((accepted, failed, revoked, running)) == expected


@shows("rating_must_rest_on_records")
def test_no_score_without_records() -> None:
    in_pool().when("rate-provider").then_refused("rating_must_rest_on_records")
    undecided = in_pool().engaged(CASES[0]).did("record-satisfaction")
    undecided.when("rate-provider").then_refused("rating_must_rest_on_records")
    rated = _with_outcome(good=True).when("rate-provider").then(ProviderRated)
    assert rated.provider.rating is not None
    assert str(rated.provider.rating.score) == "80.50"  # 80 × 0.6 + 100 × 0.3 + 25 × 0.1
    assert rated.happened[0].clauses == (clause("rating.satisfaction"),)
    worse = _with_outcome(good=False).when("rate-provider").provider.rating
    assert worse is not None
    assert str(worse.score) == "50.50"


@pytest.mark.parametrize("missing", ["satisfaction", "outcome", "volume", "volume_full"])
def test_a_weight_that_the_city_has_not_given_is_asked_for(missing: str) -> None:
    asked = replace(_with_outcome(good=True), pack=rules(without=[f"rating.{missing}"])).when("rate-provider")
    asked.then_refused("pack_must_answer_before_the_step")
    assert asked.refusal is not None
    assert asked.refusal.open_question == f"rating.{missing}"


@shows("weights_must_add_up_to_one")
def test_the_weights_are_one_together() -> None:
    with refused("weights_must_add_up_to_one", of="weights", clause=clause("rating.satisfaction")):
        weights_of(rules({"rating.volume": Fraction(1, 5)}))
    assert weights_of(RULES) == Weights(Fraction(3, 5), Fraction(3, 10), Fraction(1, 10), 4)
    passed("weights")
    alone = rules({"rating.satisfaction": Fraction(1)}, without=["rating.outcome", "rating.volume"])
    assert weights_of(alone) == Weights(Fraction(1), Fraction(0), Fraction(0), 1)
    with pytest.raises(OpenQuestion):
        weights_of(rules({"rating.satisfaction": Fraction(1, 2)}, without=["rating.outcome"]))


# --- in any order

HANDS: Final = (own, clerk1, clerk2, head, head2, leader, inspector, firm)


@given(steps=st.lists(st.tuples(st.sampled_from(sorted(SAID)), st.sampled_from((None, *HANDS)), st.integers(0, 40))))
def test_in_any_order_a_refusal_leaves_no_trace_and_only_who_stands_in_the_pool_may_sign(
    steps: list[tuple[str, Person | None, int]],
) -> None:
    life = replace(Life(), lead=a_lead())
    for kind, hand, days in steps:
        changes: dict[str, Any] = {} if hand is None else {"by": hand}
        if kind == "order-provider-rectification":
            changes["due"] = life.now.date() + timedelta(days=days)
        after = life.when(kind, **changes)
        if after.refusal is not None:
            assert after.facts == life.facts
        life = after.on(after.now.date() + timedelta(days=days))
        provider = life.provider
        last = next((one for one in reversed(life.facts) if isinstance(one, STANDING)), None)
        assert provider.may_sign == (isinstance(last, MAY_SIGN)), type(last)
        if any(isinstance(one, ProviderAdmitted) for one in life.facts):
            assert life.pool.is_kept
        found = {one.by.id for one in life.facts if isinstance(one, ProviderFaultFound)}
        latest = {one.by.id for one in life.facts if isinstance(one, (ProviderWarned, ProviderRemoved))}
        assert inspector.id not in latest or inspector.id not in found


STANDING = (
    *(ProviderApplied, ProviderAdmitted, ProviderWarned, ProviderRectificationOrdered),
    *(ProviderRectified, ProviderRemoved, ProviderRestored),
)
MAY_SIGN = (ProviderAdmitted, ProviderWarned, ProviderRectified, ProviderRestored)


# --- whose programme, and on which side


@shows("programme_must_be_the_citys")
def test_a_provider_applies_in_the_citys_programme_and_in_rehearsal_in_another() -> None:
    Life().when("apply-provider", programme="别的项目").then_refused("programme_must_be_the_citys")
    Life().when("apply-provider", rehearsal=True).then_refused("programme_must_be_the_citys")
    Life().when("apply-provider", programme=f"{PROGRAMME}-推演").then_refused("programme_must_be_the_citys")
    Life().when("apply-provider", programme=f"{PROGRAMME}-推演-甲", rehearsal=True).then(ProviderApplied)
    Life().when("apply-provider").then(ProviderApplied)
    in_pool().when("move-provider", programme="别的项目").then_refused("programme_must_be_the_citys")


@shows("industries_must_be_the_citys")
def test_a_provider_serves_industries_of_the_programme() -> None:
    Life().when("apply-provider", industries=("轴承", "餐饮")).then_refused("industries_must_be_the_citys")
    Life().when("apply-provider", industries=("轴承", "建材")).then(ProviderApplied)
    Life().when("apply-provider", industries=()).then(ProviderApplied)


def test_a_provider_that_named_no_industry_can_still_name_it() -> None:
    """Where every tier is counted by industry it could never be admitted otherwise."""
    nameless = Life().when("apply-provider", industries=()).then(ProviderApplied)
    nameless.when("apply-provider", industries=()).then_refused("provider_must_stand_where_the_step_begins")
    named = nameless.when("apply-provider", industries=("轴承",)).then(ProviderApplied)
    named.when("apply-provider", industries=("建材",)).then_refused("provider_must_stand_where_the_step_begins")


DECIDES: Final = tuple(kind for kind, (by, _) in SAID.items() if by.role not in (Role.PROVIDER, Role.FIRM))


@shows("party_must_not_decide_on_itself")
@pytest.mark.parametrize("kind", [kind for kind in DECIDES if kind != "answer-provider-appeal"])
@pytest.mark.parametrize("organisation", ["云软公司", "云软 公司", CODE, CODE.lower()])
def test_nobody_of_the_provider_decides_on_it_for_the_public_side(kind: str, organisation: str) -> None:
    due, by = _ready(kind), SAID[kind][0]
    due.when(kind, by=replace(by, organisation=organisation)).then_refused("party_must_not_decide_on_itself")
    assert due.when(kind).refusal is None


def test_nor_files_its_application_nor_leads_it_into_its_own_consortium() -> None:
    Life().when("apply-provider", by=replace(clerk1, organisation="云软公司")).then_refused(
        "party_must_not_decide_on_itself"
    )
    led = replace(in_pool(), lead=a_lead())
    led.when("join-consortium", by=replace(clerk1, organisation="牵头公司")).then_refused(
        "party_must_not_decide_on_itself"
    )
    assert led.when("join-consortium", by=clerk1).refusal is None


@shows("person_must_keep_to_one_side")
def test_who_spoke_for_the_provider_never_decides_on_it_and_the_other_way_round() -> None:
    appealed = warned().when("appeal-provider-decision", by=Person("turncoat", Role.PROVIDER, CODE))
    turned = replace(head2, id="turncoat")
    appealed.when("answer-provider-appeal", by=turned).then_refused("person_must_keep_to_one_side")
    appealed.when("answer-provider-appeal").then(ProviderRestored)
    in_pool().when("record-provider-fault", by=replace(inspector, id=own.id)).then_refused(
        "person_must_keep_to_one_side"
    )
    warned().when("appeal-provider-decision", by=replace(own, id=head.id)).then_refused("person_must_keep_to_one_side")


def test_an_institution_is_not_appointed_by_its_own_hand_nor_in_anothers_programme() -> None:
    pool = Pool.fresh(pool_id(CITY, PROGRAMME))

    def appoint(**changes: Any) -> None:
        said: dict[str, Any] = {"by": head, "city": CITY, "programme": PROGRAMME, "organisation": "云上平台"}
        command = AppointInstitution(
            command_id=command_id("appoint"), post="platform", document="中标1号", **{**said, **changes}
        )
        appoint_institution(pool, command, ProviderPapers(command, Life().now, RULES, pool))

    with refused("party_must_not_decide_on_itself", of="appoint"):
        appoint(by=replace(head, organisation="云上平台"))
    with refused("programme_must_be_the_citys", of="appoint"):
        appoint(programme="别的项目")
    with refused("programme_must_be_the_citys", of="appoint"):
        appoint(rehearsal=True)
    appoint()
    assert pool.posts


@pytest.mark.parametrize(
    ("given", "kind", "decider"),
    [
        (warned, "warned", head),
        (rectifying, "rectifying", head),
        (removed, "removed", leader),
    ],
    ids=["warning", "order", "removal"],
)
def test_each_decision_may_be_appealed_and_is_answered_by_others_than_took_it(
    given: Callable[[], Life], kind: str, decider: Person
) -> None:
    appealed = given().did("appeal-provider-decision")
    assert appealed.provider.membership.value == kind
    for barred in (decider, replace(head, id=inspector.id)):
        appealed.when("answer-provider-appeal", by=barred).then_refused("provider_hand_must_differ")
    stays = appealed.when("answer-provider-appeal", upheld=False).then(ProviderAppealDismissed)
    assert stays.provider.membership.value == kind
    stays.when("appeal-provider-decision").then_refused("decision_must_be_appealed_once")
    place = (TierTaken,) if kind == "removed" else ()
    back = appealed.when("answer-provider-appeal").then(ProviderRestored, *place).provider
    assert (back.may_sign, back.out, back.decision) == (True, "", appealed.when("answer-provider-appeal").last)
