"""The recount's verdict on logs that were altered, against one written from the reference page.

The verdict here is slow and plain: decimals and fractions, an entry at a time, no shapes. It
is held against the recount on logs in which a few things were changed, in any runs.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from math import floor

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from almoner.log.entry import Entry, EntryPledge, EntryPosting, encode
from almoner.log.recount import Recount, RecountError, shape
from tests.ledger.folds import folded_balances
from tests.log.logs import BOOKS, CAMPAIGNS, Book

REPLACED = msgspec.structs.replace


@dataclass
class Verdict:
    """What docs/reference/entry.md says of entries, one after the other."""

    entries: list[Entry] = field(default_factory=list)
    totals: dict[str, Fraction] = field(default_factory=dict)
    left: dict[tuple[int, str], Fraction] = field(default_factory=dict)
    balances: dict[tuple[str, str], Fraction] = field(default_factory=dict)
    scales: dict[str, int] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)

    def allows(self, entry: Entry) -> bool:
        growths = self._promises(entry)
        if growths is None or not self._is_of_its_kind(entry):
            return False
        if entry.index != len(self.entries):
            return False
        if self.entries and entry.time < self.entries[-1].time:
            return False
        if len(entry.event) not in (0, 64) or not all(map(self._fits, entry.postings)):
            return False
        if entry.pledges and [self._signed(entry, p) for p in entry.postings] != growths:
            return False
        for posting in entry.postings:
            for path, sign in ((posting.debit, -1), (posting.credit, 1)):
                at = path, posting.unit
                self.balances[at] = self.balances.get(at, 0) + sign * Fraction(posting.value)
        if any(minor < 0 for (path, _), minor in self.balances.items() if path != "external"):
            return False
        self._keep(entry)
        return True

    def _is_of_its_kind(self, entry: Entry) -> bool:
        match entry.kind:
            case "pledge":
                return bool(entry.pledges) and entry.corrects is None
            case "refund":
                corrected = entry.corrects
                return bool(entry.pledges) and corrected is not None and self._is_pledge(corrected)
            case "opening" | "deposit" | "transfer":
                return not entry.pledges and entry.corrects is None
        return False

    def _is_pledge(self, index: int) -> bool:
        return 0 <= index < len(self.entries) and self.entries[index].kind == "pledge"

    def _promises(self, entry: Entry) -> list[int] | None:
        """By how much each campaign's floor grows, those by nothing left out; None if wrong."""
        growths: list[int] = []
        if len({each.campaign for each in entry.pledges}) != len(entry.pledges):
            return None
        for each in entry.pledges:
            share = Fraction(each.share)
            before = self.totals.get(each.campaign, Fraction(0))
            given = self.left.get((entry.corrects or 0, each.campaign), Fraction(0))
            if (share < 0 or before + share < 0) if entry.kind == "pledge" else share > 0:
                return None
            if entry.kind == "refund" and given + share < 0:
                return None
            growths.append(floor(before + share) - floor(before))
        return [each for each in growths if each]

    def _fits(self, posting: EntryPosting) -> bool:
        places = len(posting.value.partition(".")[2])
        if posting.debit == posting.credit or not Fraction(posting.value):
            return False
        if self.scales.setdefault(posting.unit, places) != places:
            return False
        causes = [
            path.rpartition("/")[2]
            for path in (posting.debit, posting.credit)
            if path.startswith(("opening/", "charity/", "campaign/"))
        ]
        return all(self.units.setdefault(each, posting.unit) == posting.unit for each in causes)

    def _signed(self, entry: Entry, posting: EntryPosting) -> int:
        minor = int(Fraction(posting.value) * 10 ** self.scales[posting.unit])
        return -minor if posting.debit.startswith(("charity/", "campaign/")) else minor

    def _keep(self, entry: Entry) -> None:
        for each in entry.pledges:
            share = Fraction(each.share)
            self.totals[each.campaign] = self.totals.get(each.campaign, Fraction(0)) + share
            at = (entry.index if entry.kind == "pledge" else entry.corrects or 0), each.campaign
            self.left[at] = self.left.get(at, Fraction(0)) + share
        self.entries.append(entry)


def first_wrong(found: Sequence[Entry]) -> int | None:
    verdict = Verdict()
    return next((at for at, each in enumerate(found) if not verdict.allows(each)), None)


PATHS = st.sampled_from(
    [
        "external",
        "sponsor/tinwood/fund",
        "opening/miles",
        *(owed for *_, owed in CAMPAIGNS.values()),
    ]
)
SHARES = st.fractions(-3, 3, max_denominator=4).map(str)
PLEDGES = st.builds(EntryPledge, st.sampled_from([*CAMPAIGNS]), st.just(1), SHARES)
POSTINGS = st.builds(
    EntryPosting,
    PATHS,
    PATHS,
    st.sampled_from(["meal", "mile"]),
    st.sampled_from("0 1 2 0.01 0.50".split()),
)


@st.composite
def altered(draw: st.DrawFn) -> list[Entry]:
    """An honest log, and up to three things in it changed, each to what it might have been."""
    book: Book = draw(BOOKS.filter(lambda book: book.entries))
    found = list(book.entries)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(found) - 1))
        found[at] = _changed(draw, found[at])
    if draw(st.booleans()):
        del found[draw(st.integers(0, len(found) - 1))]
    if found and draw(st.booleans()):
        found.insert(draw(st.integers(0, len(found))), draw(st.sampled_from(found)))
    if draw(st.integers(0, 4)):  # mostly each says that it lies where it lies
        found = [REPLACED(entry, index=at) for at, entry in enumerate(found)]
    return found


def _changed(draw: st.DrawFn, entry: Entry) -> Entry:
    match draw(st.sampled_from("kind corrects share posting value more time event".split())):
        case "kind":
            kinds = ["pledge", "refund", "deposit", "opening", "transfer", "gift"]
            return REPLACED(entry, kind=draw(st.sampled_from(kinds)))
        case "corrects":
            return REPLACED(entry, corrects=draw(st.none() | st.integers(-2, 26)))
        case "share" if entry.pledges:
            return REPLACED(entry, pledges=(*entry.pledges[1:], draw(PLEDGES)))
        case "posting" if entry.postings:
            return REPLACED(entry, postings=entry.postings[1:])
        case "value" if entry.postings:
            value = draw(st.sampled_from("0 1 2 7 0.01 0.50".split()))
            return REPLACED(
                entry, postings=(REPLACED(entry.postings[0], value=value), *entry.postings[1:])
            )
        case "more":
            return REPLACED(entry, postings=(*entry.postings, draw(POSTINGS)))
        case "time":
            moment = datetime.fromisoformat(entry.time) + timedelta(
                seconds=draw(st.integers(-9, 9))
            )
            text = moment.isoformat(timespec="microseconds").replace("+00:00", "Z")
            return REPLACED(entry, time=text)
        case "event":
            return REPLACED(entry, event=draw(st.sampled_from(["", "ab", "ab" * 32, "ab" * 33])))
    return entry


@given(altered(), st.lists(st.integers(1, 25), max_size=4))
def test_a_recount_refuses_the_entry_that_the_reference_refuses(
    found: list[Entry], cuts: list[int]
) -> None:
    bodies = [encode(entry) for entry in found]
    bounds = sorted({0, *(cut for cut in cuts if cut < len(bodies)), len(bodies)})
    made = Recount()

    try:
        for start, end in pairwise(bounds):
            made.add(shape(start, bodies[start:end]))
        wrong = None
    except RecountError as error:
        wrong = error.entry

    assert wrong == first_wrong(found)
    if wrong is None:
        assert {
            at: Fraction(minor, 10 ** made.scales[at[1]])
            for at, minor in made.balances.items()
            if minor
        } == folded_balances(bodies)
