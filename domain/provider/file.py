"""The file of one provider, and the pool that lists all of them: what they remember, and what both rest on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from uuid import UUID

from domain.calendar import china_day
from domain.commands import Command
from domain.identity import same, tidy, trading_name
from domain.people import Person, Role
from domain.policy import POSTS, Pack
from domain.record import Fact, File
from domain.rules import No, rule
from domain.words import zh

if TYPE_CHECKING:
    from domain.case.file import CaseFile
    from domain.notice.file import Notice


class Membership(StrEnum):
    """Where a provider stands in the pool (服务商资源池)."""

    NONE = "none"
    APPLIED = "applied"
    IN_POOL = "in-pool"
    WARNED = "warned"
    RECTIFYING = "rectifying"
    REMOVED = "removed"


ADMITTED = (Membership.IN_POOL, Membership.WARNED, Membership.RECTIFYING)
"""In the pool, however well it stands there."""


@dataclass(frozen=True, kw_only=True)
class ProviderCommand(Command):
    """A command about one provider in one city's programme."""

    city: str
    programme: str
    credit_code: str


@dataclass(frozen=True)
class Rating:
    """评价: the score and every step that led to it, so that anyone can work it out again."""

    score: Decimal
    """0 to 100, with two decimals, rounded down."""
    steps: tuple[str, ...]
    """The working, line by line, in Chinese."""


class Provider(File):
    """服务商档案: one provider × city × programme."""

    def blank(self) -> None:
        self.city = ""
        self.programme = ""
        self.credit_code = ""
        self.name = ""
        self.industries: tuple[str, ...] = ()
        self.rehearsal = False
        self.membership = Membership.NONE
        self.tier = ""
        self.consortia: dict[str, str] = {}
        """Whose consortia it belongs to: the lead's credit code → the document."""
        # what it did, and what is thought of it
        self.engaged: dict[UUID, str] = {}
        """Whom it retrofits or retrofitted: case → the firm's credit code."""
        self.satisfaction: dict[UUID, int] = {}
        self.rating: Rating | None = None
        # what was held against it
        self.fault = ""
        """The fault that is open; empty where there is none."""
        self.suspended = False
        self.rectify_by: date | None = None
        self.decision: UUID | None = None
        """The command by which it was last suspended, removed or let stand well again; None before the first."""
        self.decisions = 0
        """How many decisions were taken against it, and up to which of them it has appealed."""
        self.appealed = 0
        self.appeal_open = False
        self.hands: dict[str, tuple[str, ...]] = {}
        self.spoke_for: dict[str, bool] = {}
        """Who has acted on the file: whether they spoke for the provider when they first did."""

    @property
    def out(self) -> str:
        """Why it may not sign after having been admitted: ``removed``, ``suspended``; empty where neither."""
        if self.membership is Membership.REMOVED:
            return "removed"
        return "suspended" if self.suspended else ""

    @property
    def may_sign(self) -> bool:
        """In the pool and not suspended: it may enter into new contracts."""
        return self.membership in ADMITTED and not self.suspended

    def sign(self, act: str, person: str) -> None:
        """Remember whose hand did an act."""
        self.hands[act] = (*self.hands.get(act, ()), person)


class ProviderFact(Fact):
    """One thing that happened to one provider."""

    def apply(self, aggregate: Any) -> None:
        """Remember on whose side the hand was, then what the fact itself says."""
        aggregate.spoke_for.setdefault(self.by.id, self.by.role is Role.PROVIDER)
        self.fold(aggregate)


class Pool(File):
    """服务商资源池: who is or was listed, and which institutions work for the whole programme."""

    def blank(self) -> None:
        self.codes: dict[str, str] = {}
        """Credit code → name, of everybody who was ever admitted."""
        self.names: dict[str, str] = {}
        """Name → credit code."""
        self.posts: dict[tuple[str, str], str] = {}
        """(Post, institution) → the document that appointed it."""

    @property
    def is_kept(self) -> bool:
        """The city keeps a pool here: somebody has been admitted."""
        return bool(self.codes)

    def code_of(self, words: str) -> str:
        """The credit code that a name or a code means; empty for somebody who was never listed."""
        wanted = same(words)
        code = next((code for name, code in self.names.items() if same(name) == wanted), tidy(words))
        return code if code in self.codes else ""

    def lists(self, words: str) -> bool:
        """Whether a name or a code means somebody who was ever listed, in whatever words, or a branch of theirs."""
        listed = {trading_name(one) for one in (*self.codes, *self.codes.values(), *self.names)}
        return trading_name(words) in listed

    def name_of(self, words: str) -> str:
        """The name of a listed organisation, written by its code or by its name; of any other, what was written."""
        return self.codes.get(self.code_of(words), words)


@dataclass(frozen=True)
class ProviderPapers:
    """What lies on the desk while a provider's command is decided."""

    command: Command
    at: datetime
    pack: Pack
    pool: Pool
    lead: Provider | None = None
    """The lead of the consortium that is joined."""
    cases: tuple[CaseFile, ...] = ()
    """The cases in which the provider was engaged, where they count."""
    members: tuple[Provider, ...] = ()
    """Everybody whom the pool lists, where they are counted."""
    notice: Notice | None = None
    """The notice (服务商遴选公示) on which a tier rests; None where the city keeps none for this provider."""

    def __post_init__(self) -> None:
        # A rule that holds from a later day on decides nothing today, whichever way it is asked for.
        object.__setattr__(self, "pack", self.pack.on(self.today))

    @property
    def today(self) -> date:
        """The day in China on which the act falls."""
        return china_day(self.at)


@rule
def provider_must_stand_where_the_step_begins(provider: Provider, *expected: Membership) -> No | None:
    """A provider is admitted, warned, rectified and removed in that order."""
    if provider.membership in expected:
        return None
    who = provider.name or "该服务商"
    should = "、".join(zh(state) for state in expected)
    return No(f"{who}现为“{zh(provider.membership)}”，此步骤须在“{should}”时办理")


@rule
def provider_must_act_for_itself(provider: Provider, by: Person) -> No | None:
    """A provider's people speak for their own provider and for no other."""
    if by.role is not Role.PROVIDER or by.organisation in (provider.credit_code, provider.name):
        return None
    return No(f"服务商“{by.organisation}”不能代{provider.name or '他人'}办理")


@rule
def party_must_not_decide_on_itself(by: Person, *parties: str) -> No | None:
    """Nobody decides for the public side on the provider or institution they belong to."""
    if by.role is Role.PROVIDER or trading_name(by.organisation) not in map(trading_name, filter(None, parties)):
        return None
    return No(f"“{by.organisation}”是当事方，不能以{zh(by.role)}身份办理")


@rule
def person_must_keep_to_one_side(provider: Provider, by: Person) -> No | None:
    """Whoever spoke for a provider does not decide on it later in another's name, nor the other way round."""
    spoke_for = by.role is Role.PROVIDER
    if provider.spoke_for.get(by.id, spoke_for) == spoke_for:
        return None
    earlier = "代表该服务商" if not spoke_for else "以管理一方身份"
    return No(f"{by.id} 已{earlier}办理过，不能再以{zh(by.role)}身份办理")


@rule
def provider_hand_must_differ(provider: Provider, by: Person, *acts: str) -> No | None:
    """Nobody decides on what their own hand found, asked for or decided before: different persons, not roles."""
    for act in acts:
        if by.id in provider.hands.get(act, ()):
            return No(f"{by.id} 已办理该服务商的“{zh(act)}”，不能再办理此步（不相容职责须由不同的人承担）")
    return None


@rule
def provider_decision_must_be_grounded(**grounds: str | tuple[str, ...]) -> No | None:
    """A decision about a provider states what it rests on: its document, its reason, its evidence."""
    words = {
        "tier": "层级",
        "document": "文号",
        "reason": "理由",
        "evidence": "证据材料",
        "fault": "所发现的问题",
        "items": "整改事项",
        "opinion": "核查意见",
        "statement": "申诉内容",
        "answer": "答复",
        "ground": "移出事由",
    }
    for ground, said in grounds.items():
        if not any(one.strip() for one in ((said,) if isinstance(said, str) else said)):
            return No(f"须填写{words[ground]}")
    return None


@rule
def post_must_be_one_of_the_programme(post: str) -> No | None:
    """诊断、改造、监理、评测、平台、智库: no other post is known to the independence matrix."""
    return None if post in POSTS else No(f"没有“{post}”这项业务；有：{'、'.join(POSTS.values())}")
