"""What rounds, funds and firms should come to, in plain ints and lists; knows nothing of the programme's code.

Every move says whether it is possible and then does it; what was not possible leaves a model behind that is of no
further use, so whoever asks gives it a copy.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

SOURCES = ("central", "city")

Parts = dict[str, int]
"""Fen by source."""


@dataclass
class ModelFirm:
    """One firm: what is due to it, and where its money is."""

    county: str
    due: int
    state: str = "verified"
    """verified, approved, instructed, paid, out."""
    plan: str = ""
    """The round in whose plan it stands."""
    asked: bool = False
    found: bool = False
    revoked: bool = False
    bearer: str = ""
    parts: Parts = field(default_factory=dict)
    """What is set aside for it."""
    paid: Parts = field(default_factory=dict)
    """What it has of each source and did not give back."""
    back: int = 0
    instruction: str = ""

    @property
    def free(self) -> bool:
        """Nothing stands in the way of paying it."""
        return self.state != "out" and not (self.asked or self.found or self.revoked)


@dataclass
class ModelRound:
    """One round: its plan as it stands, and what left."""

    step: str = "approval"
    given: int = 0
    """Approvals."""
    lines: dict[int, Parts] = field(default_factory=dict)
    retracted: set[int] = field(default_factory=set)
    orders: dict[str, int] = field(default_factory=dict)

    @property
    def standing(self) -> list[int]:
        """Whose line nobody took back."""
        return [one for one in self.lines if one not in self.retracted]


@dataclass
class Model:
    """A city's money, its firms and its rounds."""

    firms: list[ModelFirm]
    city: Counter[str]
    counties: Counter[tuple[str, str]] = field(default_factory=Counter)
    given: set[str] = field(default_factory=set)
    """Counties that ever had money of their own."""
    came: set[str] = field(default_factory=set)
    paid: Counter[tuple[str, str]] = field(default_factory=Counter)
    recovered: Counter[str] = field(default_factory=Counter)
    rounds: dict[str, ModelRound] = field(default_factory=dict)
    queue: list[int] = field(default_factory=list)

    # --- whose money

    def bearer(self, firm: int) -> str:
        """The county that pays the firm; empty: the city does."""
        county = self.firms[firm].county
        return county if county in self.given else ""

    def held(self, bearer: str, source: str) -> int:
        """What a bearer has for nobody yet."""
        return self.counties[bearer, source] if bearer else self.city[source]

    def move(self, bearer: str, parts: Parts, sign: int) -> None:
        """Give it to the bearer, or take it."""
        for source, fen in parts.items():
            if bearer:
                self.counties[bearer, source] += sign * fen
            else:
                self.city[source] += sign * fen

    def reach(self) -> list[int]:
        """For whom there is money, in the order of the queue; a bearer's first whom it does not suffice for ends it."""
        left: dict[str, int] = {}
        ended: set[str] = set()
        reached = []
        for one in self.queue:
            bearer = self.bearer(one)
            free = left.setdefault(bearer, sum(self.held(bearer, source) for source in SOURCES))
            if bearer in ended or free == 0:
                continue
            if self.firms[one].due > free:
                ended.add(bearer)
                continue
            left[bearer] -= self.firms[one].due
            reached.append(one)
        return reached

    def may_be_drawn(self, one: int, number: str) -> bool:
        """Whether the firm may come into this round's plan."""
        firm = self.firms[one]
        return firm.state == "verified" and firm.free and firm.plan in ("", number)

    # --- plans

    def draw(self, number: str, lines: dict[int, Parts]) -> bool:
        """The round's first plan."""
        return number not in self.rounds and self._take_up(number, self._new(number), lines)

    def redraw(self, number: str, lines: dict[int, Parts]) -> bool:
        """Another plan in its place; what was set aside is free again first."""
        one = self.rounds.get(number)
        if one is None or one.step not in ("approval", "returned", "payment") or one.orders:
            return False
        for firm in one.standing:
            self._let_go(firm)
        one.step, one.given, one.retracted = "approval", 0, set()
        return self._take_up(number, one, lines)

    def _new(self, number: str) -> ModelRound:
        return self.rounds.setdefault(number, ModelRound())

    def _take_up(self, number: str, one: ModelRound, lines: dict[int, Parts]) -> bool:
        if not lines or not all(self.may_be_drawn(firm, number) for firm in lines):
            return False
        needed: Counter[tuple[str, str]] = Counter()
        for firm, parts in lines.items():
            for source, fen in parts.items():
                needed[self.bearer(firm), source] += fen
            self.firms[firm].plan = number
        one.lines = lines
        return all(fen <= self.held(*place) for place, fen in needed.items())

    def _let_go(self, one: int) -> None:
        firm = self.firms[one]
        if firm.state == "approved":
            self.move(firm.bearer, firm.parts, 1)
            firm.state, firm.parts, firm.bearer = "verified", {}, ""
            self.queue.append(one)
        if firm.state == "verified":
            firm.plan = ""

    def approve(self, number: str, links: int) -> bool:
        """The next approval; with the last one the money of all is set aside."""
        one = self.rounds.get(number)
        if one is None or one.step != "approval":
            return False
        one.given += 1
        if one.given < links:
            return True
        for place, parts in one.lines.items():
            firm = self.firms[place]
            bearer = self.bearer(place)
            if not (firm.state == "verified" and firm.free):
                return False
            if any(fen > self.held(bearer, source) for source, fen in parts.items()):
                return False
            self.move(bearer, parts, -1)
            firm.state, firm.bearer, firm.parts = "approved", bearer, parts
            self.queue.remove(place)
        one.step = "payment"
        return True

    def send_back(self, number: str) -> bool:
        """The plan is returned."""
        one = self.rounds.get(number)
        if one is None or one.step != "approval":
            return False
        one.step, one.given = "returned", 0
        return True

    def call_off(self, number: str) -> bool:
        """The round is given up."""
        one = self.rounds.get(number)
        if one is None or one.step not in ("approval", "returned"):
            return False
        one.step = "called-off"
        for firm in one.lines:
            self._let_go(firm)
        return True

    # --- payment

    def payable(self, number: str) -> list[int]:
        """Who passes the last look."""
        one = self.rounds.get(number)
        if one is None or one.step != "payment":
            return []
        return [
            place
            for place in one.standing
            if self.firms[place].state == "approved" and self.firms[place].plan == number and self.firms[place].free
        ]

    def receive(self, number: str, place: int) -> None:
        """The firm has the money."""
        firm = self.firms[place]
        for source, fen in firm.parts.items():
            firm.paid[source] = firm.paid.get(source, 0) + fen
            self.paid[firm.bearer, source] += fen
        firm.state, firm.parts = "paid", {}

    def retract(self, number: str, place: int) -> bool:
        """Taken out before it was instructed."""
        one = self.rounds.get(number)
        if one is None or one.step != "payment" or place not in one.standing:
            return False
        if self.firms[place].state != "approved":
            return False
        self._let_go(place)
        one.retracted.add(place)
        return True

    def close(self, number: str) -> bool:
        """Nothing is open any more."""
        one = self.rounds.get(number)
        if one is None or one.step != "payment":
            return False
        one.step = "closed"
        return not any(
            self.firms[place].plan == number and self.firms[place].state in ("verified", "approved", "instructed")
            for place in one.standing
        )

    # --- a firm leaves

    def leave(self, place: int) -> None:
        """Withdrawn or revoked: what was set aside is free again."""
        firm = self.firms[place]
        if firm.state == "approved":
            self.move(firm.bearer, firm.parts, 1)
        if firm.state == "verified":
            self.queue.remove(place)
        firm.state = "paid" if firm.state == "paid" else "out"
        firm.parts = {}
