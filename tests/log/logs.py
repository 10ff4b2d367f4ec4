"""Logs that a ledger could have written: honest ones, drawn at random."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from hashlib import sha256
from math import floor
from typing import NamedTuple

from hypothesis import strategies as st
from msgspec import structs

from almoner.log.entry import Entry, EntryPledge, EntryPosting, EntryReads, encode
from almoner.units import decimal

FUND = "sponsor/tinwood/fund"
# A campaign, and the charity whose part it is; that is blank where the campaign is not split.
Part = tuple[str, str]


class Terms(NamedTuple):
    """What a campaign gives, who pays, who receives, and whether some of it is held."""

    unit: str
    scale: int
    cause: str
    charities: tuple[str, ...]
    payer: str = "external"
    holds: bool = True


CAMPAIGNS = {
    "bowls": Terms("meal", 0, "meals", ("harbor-table",), holds=False),
    "soup": Terms("meal", 0, "meals", ("north-pantry",), FUND),
    "miles": Terms("mile", 2, "miles", ("trail-trust",)),
    "twins": Terms("meal", 0, "meals", ("harbor-table", "north-pantry")),
}
STAGES = ("owed", "delivered", "confirmed")
BEGIN = datetime(2026, 5, 20, 12, tzinfo=UTC)


def parts_of(campaign: str) -> list[Part]:
    """Whose totals a campaign has."""
    charities = CAMPAIGNS[campaign].charities
    return [(campaign, each if len(charities) > 1 else "") for each in charities]


PARTS = [part for name in CAMPAIGNS for part in parts_of(name)]


def account(part: Part, stage: str) -> str:
    """Where a part's promise stands at a stage; `payer` is where it comes from."""
    campaign, charity = part
    terms = CAMPAIGNS[campaign]
    charity = charity or terms.charities[0]
    if stage == "payer":
        return terms.payer
    if stage == "held":
        return f"campaign/{campaign}/held/{terms.cause}/{charity}"
    return f"charity/{charity}/{stage}/{terms.cause}/{campaign}"


@dataclass
class Grant:
    """What is left of what a pledge gave a part, and whether that is still held."""

    left: Fraction
    held: bool


@dataclass
class Book:
    """Writes entries as the ledger does, keeping what it must to be honest."""

    entries: list[Entry] = field(default_factory=list)
    balances: dict[tuple[str, str], int] = field(default_factory=dict)
    promised: dict[Part, Fraction] = field(default_factory=dict)
    matured: dict[Part, Fraction] = field(default_factory=dict)
    grants: dict[tuple[int, Part], Grant] = field(default_factory=dict)
    returned: dict[int, int] = field(default_factory=dict)
    time: datetime = BEGIN

    def balance(self, path: str, unit: str) -> int:
        return self.balances.get((path, unit), 0)

    def pledge(self, shares: dict[str, Fraction], held: bool, kind: str = "pledge") -> None:
        pledges: list[EntryPledge] = []
        postings: list[EntryPosting] = []
        for name, share in shares.items():
            parts = parts_of(name)
            for place, part in enumerate(parts, 1):
                holds = held and CAMPAIGNS[name].holds
                most = self._affordable(part)
                given = share * place / sum(range(len(parts) + 1))
                given = given if most is None else max(Fraction(0), min(given, most))
                if kind == "pledge":
                    self.grants[len(self.entries), part] = Grant(given, holds)
                self._add(pledges, postings, part, given, given, held=holds)
        self._enter(kind, pledges, postings)

    def read(self, shares: dict[str, Fraction], count: int) -> None:
        """A pledge for a batch of reads."""
        self.pledge(shares, held=False)
        reads = EntryReads(count, sha256(b"batch %d" % len(self.entries)).hexdigest())
        self.entries[-1] = structs.replace(self.entries[-1], reads=reads)

    def refund(self, nth: int, portion: Fraction) -> None:
        pledged = [entry for entry in self.entries if entry.kind == "pledge"]
        if not pledged:
            return
        target = pledged[nth % len(pledged)]
        pledges: list[EntryPledge] = []
        postings: list[EntryPosting] = []
        for each in target.pledges:
            part = each.campaign, each.charity
            grant, matured = self.grants[target.index, part], self.matured.get(part, Fraction(0))
            share = grant.left * portion
            if not grant.held:
                owed = self.balance(account(part, "owed"), CAMPAIGNS[each.campaign].unit)
                share = max(Fraction(0), min(share, matured - floor(matured) + owed))
            grant.left -= share
            self._add(pledges, postings, part, -share, -share, held=grant.held)
        self._enter("refund", pledges, postings, corrects=target.index)

    def mature(self, count: int) -> None:
        """The hold of the first `count` grants that are held ends."""
        held = [(part, each) for (_, part), each in self.grants.items() if each.held and each.left]
        shares: dict[Part, Fraction] = {}
        for part, grant in held[:count]:
            shares[part] = shares.get(part, Fraction(0)) + grant.left
            grant.held = False
        pledges: list[EntryPledge] = []
        postings: list[EntryPosting] = []
        for part, share in shares.items():
            self._add(pledges, postings, part, Fraction(0), share)
        if pledges:
            self._enter("maturity", pledges, postings)

    def post(self, kind: str, *postings: tuple[str, str, str, int, int]) -> None:
        written: list[EntryPosting] = []
        for debit, credit, unit, scale, minor in postings:
            minor = minor if debit == "external" else min(minor, self.balance(debit, unit))
            if minor:
                written.append(self._move(debit, credit, unit, scale, minor))
        if written:
            self._enter(kind, (), written)

    def hand_over(self, stage: int, parts: Sequence[Part], minor: int) -> None:
        """Deliver what is owed to these parts, or confirm what was delivered."""
        moves: list[tuple[str, str, str, int, int]] = []
        for part in parts:
            unit, scale, *_ = CAMPAIGNS[part[0]]
            paths = [account(part, each) for each in STAGES[stage : stage + 2]]
            moves.append((paths[0], paths[1], unit, scale, minor))
        self.post(("delivery", "confirmation")[stage], *moves)

    def reverse(self, nth: int, most: int) -> None:
        """Take back some of the first thing that a handover moved."""
        given = [each for each in self.entries if each.kind in ("delivery", "confirmation")]
        if not given:
            return
        target = given[nth % len(given)]
        debit, credit, unit, value = (
            getattr(target.postings[0], name) for name in ("debit", "credit", "unit", "value")
        )
        left = int(value.replace(".", "")) - self.returned.get(target.index, 0)
        minor = min(most, left, self.balance(credit, unit))
        if minor:
            self.returned[target.index] = self.returned.get(target.index, 0) + minor
            scale = len(value.partition(".")[2])
            moved = self._move(credit, debit, unit, scale, minor)
            self._enter("reversal", (), [moved], corrects=target.index)

    def _affordable(self, part: Part) -> Fraction | None:
        """How much more of a part its fund pays for; None where it has none."""
        terms = CAMPAIGNS[part[0]]
        if terms.payer == "external":
            return None
        promised = self.promised.get(part, Fraction(0))
        return floor(promised) + self.balance(terms.payer, terms.unit) - promised

    def _add(
        self,
        pledges: list[EntryPledge],
        postings: list[EntryPosting],
        part: Part,
        promised: Fraction,
        matured: Fraction,
        *,
        held: bool = False,
    ) -> None:
        """Write a part's share and what moves for it, step by step as it travels."""
        pledges.append(EntryPledge(part[0], 1, str(promised or matured), "", part[1], held))
        unit, scale, *_ = CAMPAIGNS[part[0]]
        steps = {"promised": promised, "matured": Fraction(0) if held else matured}
        grown: dict[str, int] = {}
        for name, share in steps.items():
            totals: dict[Part, Fraction] = getattr(self, name)
            before = totals.get(part, Fraction(0))
            totals[part] = before + share
            grown[name] = floor(before + share) - floor(before)
        ways = [("payer", "held", grown["promised"]), ("held", "owed", grown["matured"])]
        if grown["promised"] == grown["matured"]:
            ways = [("payer", "owed", grown["promised"])]
        if promised < 0:
            ways = [(target, source, -minor) for source, target, minor in reversed(ways)]
        for source, target, minor in ways:
            if minor:
                sides = account(part, source), account(part, target)
                postings.append(self._move(*sides, unit, scale, minor))

    def _move(self, debit: str, credit: str, unit: str, scale: int, minor: int) -> EntryPosting:
        self.balances[debit, unit] = self.balance(debit, unit) - minor
        self.balances[credit, unit] = self.balance(credit, unit) + minor
        return EntryPosting(debit, credit, unit, decimal(minor, scale))

    def _enter(
        self,
        kind: str,
        pledges: Sequence[EntryPledge],
        postings: Sequence[EntryPosting],
        *,
        corrects: int | None = None,
    ) -> None:
        index = len(self.entries)
        event = sha256(b"%d" % index).hexdigest() if index % 5 else ""
        time = self.time.isoformat(timespec="microseconds").replace("+00:00", "Z")
        handover = kind in ("delivery", "confirmation", "reversal")
        evidence = (sha256(b"note %d" % index).hexdigest(),) * (index % 3) if handover else ()
        written = Entry(1, index, time, kind, event, corrects, tuple(pledges), tuple(postings))
        self.entries.append(structs.replace(written, evidence=evidence))


SHARES = st.fractions(0, 5, max_denominator=7)
GIFTS = st.dictionaries(st.sampled_from([*CAMPAIGNS]), SHARES, min_size=1)
ACTS = st.one_of(
    st.tuples(st.just("pledge"), GIFTS, st.booleans()),
    st.tuples(st.just("read"), GIFTS, st.integers(1, 5000)),
    st.tuples(st.just("top-up"), GIFTS),
    st.tuples(st.just("refund"), st.integers(0, 99), st.fractions(0, 1, max_denominator=5)),
    st.tuples(st.just("mature"), st.integers(1, 9)),
    st.tuples(st.just("deposit"), st.integers(1, 20)),
    st.tuples(st.just("give back"), st.integers(1, 20)),
    st.tuples(st.just("opening"), st.integers(1, 99)),
    st.tuples(
        st.just("hand over"),
        st.sampled_from([0, 1]),
        st.lists(st.sampled_from(PARTS), min_size=1, max_size=3, unique=True),
        st.integers(1, 9),
    ),
    st.tuples(st.just("reverse"), st.integers(0, 99), st.integers(1, 9)),
    st.tuples(st.just("later"), st.integers(1, 10**11)),
)


def book(acts: Sequence[tuple]) -> Book:
    """The log that these acts make."""
    made = Book()
    for act in acts:
        match act:
            case ("pledge", shares, held):
                made.pledge(shares, held)
            case ("read", shares, count):
                made.read(shares, count)
            case ("top-up", shares):
                made.pledge(shares, held=False, kind="top-up")
            case ("refund", nth, portion):
                made.refund(nth, portion)
            case ("mature", count):
                made.mature(count)
            case ("deposit", minor):
                made.post("deposit", ("external", FUND, "meal", 0, minor))
            case ("give back", minor):
                made.post("transfer", (FUND, "external", "meal", 0, minor))
            case ("opening", minor):
                made.post("opening", ("external", "opening/miles", "mile", 2, minor))
            case ("hand over", stage, parts, minor):
                made.hand_over(stage, parts, minor)
            case ("reverse", nth, minor):
                made.reverse(nth, minor)
            case (_, microseconds):
                made.time += timedelta(microseconds=microseconds)
    return made


BOOKS = st.lists(ACTS, max_size=25).map(book)


def bodies(made: Book) -> list[bytes]:
    """The entries as they are published."""
    return [encode(entry) for entry in made.entries]
