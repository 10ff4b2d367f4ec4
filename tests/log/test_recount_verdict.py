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

from almoner.log.entry import Entry, EntryPledge, EntryPosting, EntryReads, encode
from almoner.log.recount import Recount, RecountError, shape
from tests.ledger.folds import folded_balances
from tests.log.logs import BOOKS, CAMPAIGNS, PARTS, STAGES, Book, Part, account

REPLACED = msgspec.structs.replace


PROMISES = ("pledge", "top-up", "refund", "maturity")
HANDOVERS = ("delivery", "confirmation", "reversal")
KINDS = (*PROMISES, *HANDOVERS, "opening", "deposit", "transfer")
# Which account of a promise an entry takes from, and which it gives to.
WAYS = {
    "delivery": [("owed", "delivered")],
    "confirmation": [("delivered", "confirmed")],
    "reversal": [("delivered", "owed"), ("confirmed", "delivered")],
}


def taken_apart(path: str) -> tuple[str, str, str, str] | None:
    """The stage, campaign, charity and cause of a promise's account."""
    match path.split("/"):
        case ["campaign", campaign, "held", cause, charity]:
            return "held", campaign, charity, cause
        case ["charity", charity, "owed" | "delivered" | "confirmed" as stage, cause, campaign]:
            return stage, campaign, charity, cause
    return None


@dataclass
class Verdict:
    """What docs/reference/entry.md says of entries, one after the other."""

    entries: list[Entry] = field(default_factory=list)
    promised: dict[Part, Fraction] = field(default_factory=dict)
    matured: dict[Part, Fraction] = field(default_factory=dict)
    homes: dict[str, tuple[str, str]] = field(default_factory=dict)
    left: dict[tuple[int, Part], Fraction] = field(default_factory=dict)
    balances: dict[tuple[str, str], Fraction] = field(default_factory=dict)
    scales: dict[str, int] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    read: set[tuple[Part, str]] = field(default_factory=set)

    def allows(self, entry: Entry) -> bool:
        if not self._is_of_its_kind(entry) or entry.index != len(self.entries):
            return False
        if self.entries and entry.time < self.entries[-1].time:
            return False
        if entry.reads and not self._is_read_once(entry, entry.reads):
            return False
        if len(entry.event) not in (0, 64) or not all(map(self._fits, entry.postings)):
            return False
        if entry.kind in PROMISES:
            moves = self._promises(entry)
            if moves is None or moves != [self._move(entry, each) for each in entry.postings]:
                return False
        elif not all(self._goes_its_way(entry, each) for each in entry.postings):
            return False
        for posting in entry.postings:
            for path, sign in ((posting.debit, -1), (posting.credit, 1)):
                at = path, posting.unit
                self.balances[at] = self.balances.get(at, 0) + sign * Fraction(posting.value)
        if any(minor < 0 for (path, _), minor in self.balances.items() if path != "external"):
            return False
        self.entries.append(entry)
        return not (entry.kind == "reversal" and self._is_beyond(entry))

    def _is_of_its_kind(self, entry: Entry) -> bool:
        if entry.kind not in KINDS:
            return False
        if len(entry.evidence) > 20:
            return False
        if any(len(each) != 64 or each.strip("0123456789abcdef") for each in entry.evidence):
            return False
        if entry.evidence and entry.kind not in HANDOVERS:
            return False
        if bool(entry.pledges) != (entry.kind in PROMISES):
            return False
        if entry.kind not in PROMISES and not entry.postings:
            return False
        match entry.kind:
            case "refund":
                return self._kind_of(entry.corrects) == "pledge"
            case "reversal":
                return self._kind_of(entry.corrects) in ("delivery", "confirmation")
        return entry.corrects is None

    def _is_read_once(self, entry: Entry, reads: EntryReads) -> bool:
        if entry.kind != "pledge" or not 1 <= reads.count <= 1_000_000:
            return False
        if len(reads.root) != 64 or reads.root.strip("0123456789abcdef"):
            return False
        found = {((each.campaign, each.charity), reads.root) for each in entry.pledges}
        again = found & self.read
        self.read |= found
        return not again

    def _kind_of(self, index: int | None) -> str:
        known = index is not None and 0 <= index < len(self.entries)
        return self.entries[index].kind if known else ""

    def _promises(self, entry: Entry) -> list[object] | None:
        """What moves for each pledge; None if one is wrong."""
        moves: list[object] = []
        parts = [(each.campaign, each.charity) for each in entry.pledges]
        if len(set(parts)) != len(parts):
            return None
        for part, each in zip(parts, entry.pledges, strict=True):
            share = Fraction(each.share)
            others = [name for name, charity in self.promised if bool(charity) != bool(part[1])]
            if part[0] in [*others, *(n for n, c in parts if bool(c) != bool(part[1]))]:
                return None
            if (share > 0) if entry.kind == "refund" else (share < 0):
                return None
            if entry.kind == "maturity" and (not share or each.held):
                return None
            if entry.kind == "refund" and not self._takes_off(entry, part, share, each.held):
                return None
            if entry.kind == "pledge":
                self.left[len(self.entries), part] = share
            moves += self._grow(
                part,
                Fraction(0) if entry.kind == "maturity" else share,
                Fraction(0) if each.held else share,
            )
            if not 0 <= self.matured[part] <= self.promised[part]:
                return None
        return moves

    def _takes_off(self, entry: Entry, part: Part, share: Fraction, held: bool) -> bool:
        assert entry.corrects is not None
        given = self.entries[entry.corrects].pledges
        was_held = any(p.held for p in given if (p.campaign, p.charity) == part)
        at = entry.corrects, part
        self.left[at] = self.left.get(at, Fraction(0)) + share
        return self.left[at] >= 0 and (was_held or not held)

    def _grow(self, part: Part, promised: Fraction, matured: Fraction) -> list[object]:
        floors = floor(self.promised.get(part, 0)), floor(self.matured.get(part, 0))
        self.promised[part] = self.promised.get(part, Fraction(0)) + promised
        self.matured[part] = self.matured.get(part, Fraction(0)) + matured
        due, ripe = floor(self.promised[part]) - floors[0], floor(self.matured[part]) - floors[1]
        match due, ripe:
            case 0, 0:
                return []
            case _ if due == ripe > 0:
                return [(part, "payer", "owed", due)]
            case _ if due == ripe:
                return [(part, "owed", "payer", -due)]
        onward = [(part, "payer", "held", due), (part, "held", "owed", ripe)]
        back = [(part, "owed", "held", -ripe), (part, "held", "payer", -due)]
        return [each for each in (onward if promised >= 0 else back) if each[3]]

    def _move(self, entry: Entry, posting: EntryPosting) -> object:
        """A posting as `_grow` says it, or None where it is not one of a pledge."""
        places = [taken_apart(path) for path in (posting.debit, posting.credit)]
        known = {each[1:] for each in places if each}
        if len(known) != 1:
            return None
        for path, each in zip((posting.debit, posting.credit), places, strict=True):
            is_fund = path.startswith("sponsor/") and path.endswith("/fund")
            if each is None and path != "external" and not is_fund:
                return None
        ((campaign, charity, cause),) = known
        is_split = any(each.campaign == campaign and each.charity for each in entry.pledges)
        home = cause, "" if is_split else charity
        if self.homes.setdefault(campaign, home) != home:
            return None
        part = campaign, charity if is_split else ""
        source, target = (each[0] if each else "payer" for each in places)
        return part, source, target, self._minor(posting)

    def _goes_its_way(self, entry: Entry, posting: EntryPosting) -> bool:
        source, target = taken_apart(posting.debit), taken_apart(posting.credit)
        if entry.kind not in HANDOVERS:
            return source is None and target is None
        if source is None or target is None or source[1:] != target[1:]:
            return False
        return (source[0], target[0]) in WAYS[entry.kind]

    def _is_beyond(self, entry: Entry) -> bool:
        """Whether reversals took more back than what they correct moved."""
        assert entry.corrects is not None
        left: dict[tuple[str, str], Fraction] = {}
        for each in self.entries[entry.corrects].postings:
            at = each.debit, each.credit
            left[at] = left.get(at, Fraction(0)) + Fraction(each.value)
        for reversal in self.entries:
            if reversal.kind == "reversal" and reversal.corrects == entry.corrects:
                for each in reversal.postings:
                    at = each.credit, each.debit
                    left[at] = left.get(at, Fraction(0)) - Fraction(each.value)
        return any(minor < 0 for minor in left.values())

    def _fits(self, posting: EntryPosting) -> bool:
        places = len(posting.value.partition(".")[2])
        if posting.debit == posting.credit or not Fraction(posting.value):
            return False
        if self.scales.setdefault(posting.unit, places) != places:
            return False
        for path in (posting.debit, posting.credit):
            apart, (first, *_), last = taken_apart(path), path.split("/"), path.rpartition("/")[2]
            if apart is None and first in ("campaign", "charity"):
                return False
            cause = apart[3] if apart else last if first == "opening" else ""
            if cause and self.units.setdefault(cause, posting.unit) != posting.unit:
                return False
        return True

    def _minor(self, posting: EntryPosting) -> int:
        return int(Fraction(posting.value) * 10 ** self.scales[posting.unit])


def first_wrong(found: Sequence[Entry]) -> int | None:
    verdict = Verdict()
    return next((at for at, each in enumerate(found) if not verdict.allows(each)), None)


PATHS = st.sampled_from(
    [
        "external",
        "sponsor/tinwood/fund",
        "opening/miles",
        "charity/harbor-table/owed/meals",
        *(account(part, stage) for part in PARTS for stage in ("held", *STAGES)),
    ]
)
NAMES = st.sampled_from(["", *(charity for _, charity in PARTS), "trail-trust"])
SHARES = st.fractions(-3, 3, max_denominator=4).map(str)
PLEDGES = st.builds(
    EntryPledge,
    st.sampled_from([*CAMPAIGNS]),
    st.just(1),
    SHARES,
    charity=NAMES,
    held=st.booleans(),
)
POSTINGS = st.builds(
    EntryPosting,
    PATHS,
    PATHS,
    st.sampled_from(["meal", "mile"]),
    st.sampled_from("0 1 2 0.01 0.50".split()),
)
CHANGES = "kind corrects share posting order path value more time event held charity evidence reads"


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
    match draw(st.sampled_from(CHANGES.split())):
        case "kind":
            return REPLACED(entry, kind=draw(st.sampled_from([*KINDS, "gift"])))
        case "corrects":
            return REPLACED(entry, corrects=draw(st.none() | st.integers(-2, 26)))
        case "share" if entry.pledges:
            return REPLACED(entry, pledges=(*entry.pledges[1:], draw(PLEDGES)))
        case "posting" if entry.postings:
            return REPLACED(entry, postings=entry.postings[1:])
        case "order":
            return REPLACED(entry, postings=entry.postings[::-1])
        case "path" if entry.postings:
            side = draw(st.sampled_from(["debit", "credit"]))
            first = REPLACED(entry.postings[0], **{side: draw(PATHS)})
            return REPLACED(entry, postings=(first, *entry.postings[1:]))
        case "held" if entry.pledges:
            first = REPLACED(entry.pledges[0], held=not entry.pledges[0].held)
            return REPLACED(entry, pledges=(first, *entry.pledges[1:]))
        case "charity" if entry.pledges:
            first = REPLACED(entry.pledges[0], charity=draw(NAMES))
            return REPLACED(entry, pledges=(first, *entry.pledges[1:]))
        case "evidence":
            digest = draw(st.sampled_from(["ab", "ab" * 32, "é" * 32, ""]))
            return REPLACED(entry, evidence=(digest,) * draw(st.sampled_from([0, 1, 20])))
        case "reads":
            root = draw(st.sampled_from(["ab", "ab" * 32, "cd" * 32, "é" * 32, ""]))
            counts = st.sampled_from([-1, 0, 1, 2, 1_000_000, 1_000_001])
            return REPLACED(entry, reads=draw(st.none() | st.just(EntryReads(draw(counts), root))))
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
