"""Logs that a ledger could have written: honest ones, drawn at random."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from hashlib import sha256
from math import floor

from hypothesis import strategies as st

from almoner.log.entry import Entry, EntryPledge, EntryPosting, encode
from almoner.units import decimal

# campaign: the unit it gives, its scale, who pays, where it is owed
CAMPAIGNS = {
    "bowls": ("meal", 0, "external", "charity/harbor-table/owed/meals"),
    "soup": ("meal", 0, "sponsor/tinwood/fund", "charity/north-pantry/owed/meals"),
    "miles": ("mile", 2, "external", "campaign/miles/held/miles"),
}
STAGES = ("owed", "delivered", "confirmed")
BEGIN = datetime(2026, 5, 20, 12, tzinfo=UTC)


@dataclass
class Book:
    """Writes entries as the ledger does, keeping what it must to be honest."""

    entries: list[Entry] = field(default_factory=list)
    balances: dict[tuple[str, str], int] = field(default_factory=dict)
    totals: dict[str, Fraction] = field(default_factory=dict)
    left: dict[tuple[int, str], Fraction] = field(default_factory=dict)
    time: datetime = BEGIN

    def balance(self, path: str, unit: str) -> int:
        return self.balances.get((path, unit), 0)

    def pledge(self, shares: dict[str, Fraction]) -> None:
        made: list[tuple[str, Fraction]] = []
        for name, share in shares.items():
            unit, _, payer, _ = CAMPAIGNS[name]
            total = self.totals.get(name, Fraction(0))
            if payer != "external":
                most = floor(total) + self.balance(payer, unit) - total
                share = max(Fraction(0), min(share, most))
            made.append((name, share))
            self.left[len(self.entries), name] = share
        self._write("pledge", made)

    def refund(self, nth: int, part: Fraction) -> None:
        pledged = [entry for entry in self.entries if entry.kind == "pledge"]
        if not pledged:
            return
        target = pledged[nth % len(pledged)]
        made: list[tuple[str, Fraction]] = []
        for name in (each.campaign for each in target.pledges):
            unit, _, _, owed = CAMPAIGNS[name]
            total = self.totals[name]
            share = self.left[target.index, name] * part
            share = max(Fraction(0), min(share, total - floor(total) + self.balance(owed, unit)))
            self.left[target.index, name] -= share
            made.append((name, -share))
        self._write("refund", made, target.index)

    def post(self, kind: str, *postings: tuple[str, str, str, int, int]) -> None:
        written: list[EntryPosting] = []
        for debit, credit, unit, scale, minor in postings:
            minor = minor if debit == "external" else min(minor, self.balance(debit, unit))
            if minor:
                written.append(self._move(debit, credit, unit, scale, minor))
        if written:
            self._enter(kind, (), tuple(written), None)

    def _write(
        self, kind: str, shares: Sequence[tuple[str, Fraction]], corrects: int | None = None
    ) -> None:
        pledges: list[EntryPledge] = []
        postings: list[EntryPosting] = []
        for name, share in shares:
            unit, scale, payer, owed = CAMPAIGNS[name]
            before = self.totals.get(name, Fraction(0))
            self.totals[name] = before + share
            growth = floor(before + share) - floor(before)
            pledges.append(EntryPledge(name, 1, str(share)))
            if growth:
                sides = (payer, owed) if growth > 0 else (owed, payer)
                postings.append(self._move(*sides, unit, scale, abs(growth)))
        self._enter(kind, tuple(pledges), tuple(postings), corrects)

    def _move(self, debit: str, credit: str, unit: str, scale: int, minor: int) -> EntryPosting:
        self.balances[debit, unit] = self.balance(debit, unit) - minor
        self.balances[credit, unit] = self.balance(credit, unit) + minor
        return EntryPosting(debit, credit, unit, decimal(minor, scale))

    def _enter(
        self,
        kind: str,
        pledges: tuple[EntryPledge, ...],
        postings: tuple[EntryPosting, ...],
        corrects: int | None,
    ) -> None:
        index = len(self.entries)
        event = sha256(b"%d" % index).hexdigest() if index % 5 else ""
        time = self.time.isoformat(timespec="microseconds").replace("+00:00", "Z")
        self.entries.append(Entry(1, index, time, kind, event, corrects, pledges, postings))


SHARES = st.fractions(0, 5, max_denominator=7)
ACTS = st.one_of(
    st.tuples(
        st.just("pledge"), st.dictionaries(st.sampled_from([*CAMPAIGNS]), SHARES, min_size=1)
    ),
    st.tuples(st.just("refund"), st.integers(0, 99), st.fractions(0, 1, max_denominator=5)),
    st.tuples(st.just("deposit"), st.integers(1, 20)),
    st.tuples(st.just("opening"), st.integers(1, 99)),
    st.tuples(st.just("deliver"), st.sampled_from([0, 1]), st.integers(1, 9)),
    st.tuples(st.just("later"), st.integers(1, 10**11)),
)


def book(acts: Sequence[tuple]) -> Book:
    """The log that these acts make."""
    made = Book()
    for act in acts:
        match act:
            case ("pledge", shares):
                made.pledge(shares)
            case ("refund", nth, part):
                made.refund(nth, part)
            case ("deposit", minor):
                made.post("deposit", ("external", "sponsor/tinwood/fund", "meal", 0, minor))
            case ("opening", minor):
                made.post("opening", ("external", "opening/miles", "mile", 2, minor))
            case ("deliver", stage, minor):
                paths = [f"charity/harbor-table/{name}/meals" for name in STAGES[stage : stage + 2]]
                made.post("transfer", (*paths, "meal", 0, minor))
            case (_, microseconds):
                made.time += timedelta(microseconds=microseconds)
    return made


BOOKS = st.lists(ACTS, max_size=25).map(book)


def bodies(made: Book) -> list[bytes]:
    """The entries as they are published."""
    return [encode(entry) for entry in made.entries]
