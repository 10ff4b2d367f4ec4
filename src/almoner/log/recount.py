"""Recounts a log: folds its entries into every counter, trusting none of them.

Refused, with the entry named: one that is not canonical (its own bytes are not what its
content is written as), that is not the number it lies at, whose time is before the entry
before it, that overdraws an account, whose postings are not what its campaigns' exact totals
make, that moves a promise otherwise than its kind may, that gives twice for the same reads, or
that takes back more than what it corrects gave. It reads only what is public, and shares with
the writer the parsing of an entry and no rule; the rules are on docs/reference/entry.md.

Fast because entries are alike: what is left of one without index, time, event and the root of
its reads is its *shape*; each shape is parsed and checked once. Limit: whether an event really
happened, and whether a campaign's terms were kept, is not in the entries.
"""

import re
from array import array
from binascii import Error as HexError
from binascii import unhexlify
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from math import lcm
from typing import Final, NamedTuple

from almoner.log.entry import (
    MAX_ENTRY,
    MAX_EVIDENCE,
    MAX_READS,
    SCHEMA,
    Entry,
    EntryPledge,
    EntryPosting,
    decode,
    encode,
)

# What the entries of each kind do: promise, hand over, or move money that is not promised yet.
PROMISES: Final = frozenset({"pledge", "top-up", "refund", "maturity"})
HANDOVERS: Final = frozenset({"delivery", "confirmation", "reversal"})
KINDS: Final = PROMISES | HANDOVERS | {"opening", "deposit", "transfer"}
CORRECTIONS: Final = frozenset({"refund", "reversal"})
EXTERNAL: Final = "external"
PAYER: Final = "payer"  # what a pledge comes from: `external` or a sponsor's fund
MEASURES: Final = ("opening", "held", "owed", "delivered", "confirmed")

_TIME_SIZE = 27
_HEAD_SIZE = len(b'{"v":1,"index":,"time":"')
_CLOCK = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.")
_TIME = re.compile(_CLOCK.pattern + rb"[0-9]{6}Z")
_CLOCK_SIZE = 20  # all of a time before its microseconds
_DAY_SIZE = 10
_EVENT = b',"event":"'
_EVENT_SIZE = 64
_NO_TIME = "has no time in UTC with microseconds"
_NO_COMMITMENT = "has a commitment that is not 64 hexadecimal digits"
_NO_ROOT = "has a root of its reads that is not 64 hexadecimal digits"
_HEX = re.compile(rb"[0-9a-f]{64}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
# How a pledge's entry goes on after its time: by far most entries are pledges.
_PLEDGE = b'","kind":"pledge","event":"'
_PLEDGE_SIZE = len(_PLEDGE)
_PLEDGE_END = _PLEDGE_SIZE + _EVENT_SIZE
# How an entry ends that is for reads: only the root differs from one to the next.
_ROOT = b'"root":"'
_READS_END = b'"}}'
_ROOT_TO = -len(_READS_END)
_ROOT_FROM = _ROOT_TO - 64
_ROOT_AT = _ROOT_FROM - len(_ROOT)
# An amount has 19 digits at most (units), and a share's denominator is the product of a few
# rates'. Without a bound one entry could keep a recount busy for ever.
_VALUE = re.compile(r"(0|[1-9][0-9]{0,39})(?:\.([0-9]{1,39}))?")
_SHARE = re.compile(r"-?(?:0|[1-9][0-9]{0,999})(?:/[1-9][0-9]{0,999})?")
_FUND = re.compile(r"sponsor/[^/]+/fund")
_OPENING = re.compile(r"opening/([^/]+)")
_HELD = re.compile(r"campaign/([^/]+)/held/([^/]+)/([^/]+)")
_GIVEN = re.compile(r"charity/([^/]+)/(owed|delivered|confirmed)/([^/]+)/([^/]+)")
# From where to where a handover goes: a reversal back the way that one of the others went.
_WAYS = {
    "delivery": {("owed", "delivered")},
    "confirmation": {("delivered", "confirmed")},
    "reversal": {("delivered", "owed"), ("confirmed", "delivered")},
}

AccountKey = tuple[str, str]  # path, unit
# A campaign, and the charity whose part it is; that is blank where the campaign is not split.
Part = tuple[str, str]


class RecountError(ValueError):
    """The first entry that is wrong, and how."""

    def __init__(self, entry: int, what: str) -> None:
        super().__init__(f"Entry {entry} {what}.")
        self.entry = entry
        self._what = what

    def __reduce__(self) -> "tuple[type[RecountError], tuple[int, str]]":
        """A worker's refusal reaches the process that asked for its work."""
        return RecountError, (self.entry, self._what)


@dataclass(frozen=True, slots=True)
class Shaped:
    """A run of entries from `first`, and which shape each has, by its place in `samples`.

    A sample is the first entry of a shape: its number, its bytes, the shape. `times` are those
    of the first and the last entry. `roots` are those of the entries' reads, by their place in
    the run. `wrong` is the entry after these, where that was refused.
    """

    first: int
    samples: Sequence[tuple[int, bytes, bytes]]
    shapes: "array[int]"
    times: tuple[bytes, bytes]
    roots: dict[int, bytes]
    wrong: RecountError | None = None


def shape(first: int, entries: Sequence[bytes]) -> Shaped:
    """Sort a run of entries by shape, checking what differs within one: index, time, event, root.

    It ends before the first one that is wrong, which is refused once those before it are folded.
    """
    try:
        return _shape(first, entries)
    except RecountError as error:
        before = shape(first, entries[: error.entry - first])
        return replace(before, wrong=before.wrong or error)


def _shape(first: int, entries: Sequence[bytes]) -> Shaped:
    """Checked column by column, a whole run in one comparison: half the time of one by one."""
    numbers = range(first, first + len(entries))
    starts = [_HEAD_SIZE + len(str(number)) for number in numbers]
    _check_heads(numbers, [entry[:at] for entry, at in zip(entries, starts, strict=True)])
    times = [entry[at : at + _TIME_SIZE] for entry, at in zip(entries, starts, strict=True)]
    _check_times(first, times)
    pledges: dict[bytes, int] = {}
    others: dict[bytes, int] = {}
    samples: list[tuple[int, bytes, bytes]] = []
    events: list[bytes] = []
    roots: dict[int, bytes] = {}
    shapes: list[int] = []
    for entry, start in zip(entries, starts, strict=True):
        at = start + _TIME_SIZE
        if entry.startswith(_PLEDGE, at):
            events.append(entry[at + _PLEDGE_SIZE : at + _PLEDGE_END])
            known, named = pledges, entry[at + _PLEDGE_END :]
        else:
            kind, event, tail = entry[at:].partition(_EVENT)
            if event:
                events.append(tail[:_EVENT_SIZE])
            known, named = others, kind + event + tail[_EVENT_SIZE:]
        if named.endswith(_READS_END) and named[_ROOT_AT:_ROOT_FROM] == _ROOT:
            roots[len(shapes)] = named[_ROOT_FROM:_ROOT_TO]
            named = named[:_ROOT_FROM] + named[_ROOT_TO:]
        place = known.get(named)
        if place is None:
            place = known[named] = len(samples)
            whole = named if known is others else _PLEDGE + named
            samples.append((first + len(shapes), entry, whole))
        shapes.append(place)
    _check_events(first, entries, events)
    _check_roots(first, roots)
    ends = (times[0], times[-1]) if times else (b"", b"")
    return Shaped(first, samples, array("I", shapes), ends, roots)


def _check_heads(numbers: range, heads: Sequence[bytes]) -> None:
    if b"".join(heads) == (b'{"v":1,"index":%d,"time":"' * len(heads)) % tuple(numbers):
        return
    wrong = next(
        number
        for number, head in zip(numbers, heads, strict=True)
        if head != b'{"v":1,"index":%d,"time":"' % number
    )
    raise RecountError(wrong, f"does not begin as entry {wrong} of version {SCHEMA} does")


def _check_times(first: int, times: Sequence[bytes]) -> None:
    """Each is a time in UTC with microseconds, and none is before the one before it."""
    if not times:
        return
    whole = b"".join(times)
    clocks = {time[:_CLOCK_SIZE] for time in times}
    columns = [whole[at::_TIME_SIZE] for at in range(_CLOCK_SIZE, _TIME_SIZE)]
    if not (
        len(whole) == _TIME_SIZE * len(times)
        and all(map(_CLOCK.fullmatch, clocks))
        and all(map(bytes.isdigit, columns[:-1]))
        and columns[-1] == b"Z" * len(times)
        and all(map(_is_day, {clock[:_DAY_SIZE] for clock in clocks}))
    ):
        wrong = next(
            at
            for at, time in enumerate(times)
            if not (_TIME.fullmatch(time) and _is_day(time[:_DAY_SIZE]))
        )
        raise RecountError(first + wrong, _NO_TIME)
    if times != sorted(times):
        place = next(at for at in range(1, len(times)) if times[at] < times[at - 1])
        raise RecountError(
            first + place, f"is of {times[place].decode()}, before the entry before it"
        )


def _is_day(day: bytes) -> bool:
    try:
        date.fromisoformat(day.decode())
    except ValueError:
        return False
    return True


def _check_events(first: int, entries: Sequence[bytes], events: Sequence[bytes]) -> None:
    """Every commitment is 64 hexadecimal digits."""
    try:
        whole = b"".join(events)
        if len(unhexlify(whole)) * 2 == _EVENT_SIZE * len(events) and whole == whole.lower():
            return
    except HexError:
        pass
    said = (entry.partition(_EVENT)[1:] for entry in entries)
    wrong = next(
        at for at, (event, tail) in enumerate(said) if event and not _HEX.match(tail[:_EVENT_SIZE])
    )
    raise RecountError(first + wrong, _NO_COMMITMENT)


def _check_roots(first: int, roots: dict[int, bytes]) -> None:
    """Every root of reads is 64 hexadecimal digits."""
    for at, root in roots.items():
        if not _HEX.fullmatch(root):
            raise RecountError(first + at, _NO_ROOT)


class Place(NamedTuple):
    """What a promise stands on: an account of a campaign or a charity, taken apart."""

    stage: str
    campaign: str
    charity: str
    cause: str


class Standing(NamedTuple):
    """A part's exact totals: `due / parts` promised in all, `matured / parts` no longer held."""

    due: int = 0
    matured: int = 0
    parts: int = 1


class _Promise(NamedTuple):
    """A share of `over / under` minor units, and to which of the part's totals it is added."""

    part: Part
    over: int
    under: int
    promised: bool
    matured: bool


class _Leg(NamedTuple):
    """A posting of a pledge: from where to where the part's amount goes."""

    part: Part
    source: str
    target: str
    minor: int

    def __str__(self) -> str:
        return f"{self.minor} from {self.source} to {self.target}"


@dataclass(frozen=True, slots=True)
class _Movement:
    """What every entry of one shape does, in minor units.

    A posting is (debit, credit, minor units); where there are pledges, each has its leg.
    `reads` is how many reads it is for, 0 where it is for none.
    """

    kind: str
    corrects: int | None
    pledges: tuple[_Promise, ...]
    postings: tuple[tuple[AccountKey, AccountKey, int], ...]
    legs: tuple[_Leg, ...]
    reads: int


# A part's carry, what to add to it, its denominator, and what is posted for it.
_Step = tuple[list[int], int, int, int]


@dataclass(slots=True)
class Recount:
    """The fold: how far it is, and everything that the entries so far make."""

    size: int = 0
    time: bytes = b""
    balances: dict[AccountKey, int] = field(default_factory=dict[AccountKey, int])
    scales: dict[str, int] = field(default_factory=dict[str, int])
    standings: dict[Part, Standing] = field(default_factory=dict[Part, Standing])
    units: dict[str, str] = field(default_factory=dict[str, str])  # by cause
    # Of each campaign its cause and, where it is not split, its charity.
    _homes: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    _split: dict[str, bool] = field(default_factory=dict[str, bool])
    _movements: list[_Movement] = field(default_factory=list[_Movement])
    _numbers: dict[bytes, int] = field(default_factory=dict[bytes, int])
    _begun: int = 0
    _of_entry: "array[int]" = field(default_factory=lambda: array("I"))
    _left: dict[tuple[int, Part], Fraction] = field(
        default_factory=dict[tuple[int, Part], Fraction]
    )
    _returned: Counter[tuple[int, AccountKey, AccountKey]] = field(
        default_factory=Counter[tuple[int, AccountKey, AccountKey]]
    )
    # The roots of the reads that each part gave for.
    _read: dict[Part, set[bytes]] = field(default_factory=dict[Part, set[bytes]])

    @classmethod
    def resumed(
        cls,
        size: int,
        time: bytes,
        balances: dict[AccountKey, int],
        scales: dict[str, int],
        standings: dict[Part, Standing],
    ) -> "Recount":
        """Go on from what an earlier recount had found.

        Limit: what is taken back of an entry before `size` is not compared to that entry, nor
        are reads to those of the entries before it.
        """
        units = {measured(path)[1]: unit for path, unit in balances if measured(path)[1]}
        split = {campaign: bool(charity) for campaign, charity in standings}
        places = [each for path, _ in balances if (each := place(path))]
        homes = {
            each.campaign: (each.cause, "" if split.get(each.campaign) else each.charity)
            for each in places
        }
        return cls(size, time, balances, scales, standings, units, homes, split, _begun=size)

    def add(self, run: Shaped) -> None:
        """Fold the next run of entries; a `RecountError` names the first that is wrong."""
        assert run.first == self.size, f"entries from {run.first} after {self.size}"
        if run.shapes:
            if run.times[0] < self.time:
                time = run.times[0].decode()
                raise RecountError(self.size, f"is of {time}, before the entry before it")
            self.time = run.times[1]
        numbers, wrong = self._numbered(run)
        # Those before the wrong one come first: one of them may be wrong in what it moves.
        shapes = run.shapes[: wrong.entry - run.first] if wrong else run.shapes
        self._fold(numbers, shapes, run.roots)
        if wrong:
            raise wrong

    def _fold(self, numbers: Sequence[int], shapes: "array[int]", roots: dict[int, bytes]) -> None:
        self._of_entry.extend(array("I", [numbers[place] for place in shapes]))
        movements = [self._movements[number] for number in numbers]
        self._widen(movements)
        carries: dict[Part, list[int]] = {}
        uneven = self._uneven(movements)
        steps = [self._step(each, carries, uneven) for each in movements]
        settled = 0
        for at, place in enumerate(shapes):
            step = steps[place]
            if step is not None:
                carry, advance, parts, posted = step
                grown, carry[0] = divmod(carry[0] + advance, parts)
                if grown == posted:
                    continue
            # One whose order matters, or that is wrong: everything before it comes first.
            self._settle(movements, shapes[settled:at])
            if movements[place].reads:
                self._count(movements[place], roots[at])
            self._apply(movements[place])
            self.size, settled = self.size + 1, at + 1
            for each in movements[place].pledges:
                if each.part in carries:
                    due, _, parts = self.standings[each.part]
                    carries[each.part][0] = due % parts
        self._settle(movements, shapes[settled:])

    def totals(self) -> dict[str, dict[str, int]]:
        """The measures of every cause, in minor units, as the counters name them."""
        found: dict[str, dict[str, int]] = {}
        for (path, _), minor in self.balances.items():
            measure, cause = measured(path)
            if measure:
                sums = found.setdefault(cause, dict.fromkeys(MEASURES, 0))
                sums[measure] += minor
        for sums in found.values():
            sums["delivered"] += sums["confirmed"]
            sums["pledged"] = sums["held"] + sums["owed"] + sums["delivered"]
            sums["shown"] = sums["opening"] + sums["pledged"]
        return found

    def _numbered(self, run: Shaped) -> tuple[list[int], RecountError | None]:
        """The numbers of a run's shapes, up to the first entry that is wrong."""
        numbers: list[int] = []
        for sample in run.samples:
            try:
                numbers.append(self._number(*sample))
            except RecountError as error:
                return numbers, error
        return numbers, run.wrong

    def _number(self, index: int, sample: bytes, named: bytes) -> int:
        """This fold's own number of a shape; its first sample is parsed and checked."""
        number = self._numbers.get(named)
        if number is None:
            movement = self._movement(decode_canonical(sample, index))
            number = self._numbers[named] = len(self._movements)
            self._movements.append(movement)
        return number

    def _movement(self, entry: Entry) -> _Movement:
        index = entry.index
        # `shape` looks at as many bytes as they should have; these are all that they have.
        if len(entry.time) != _TIME_SIZE:
            raise RecountError(index, _NO_TIME)
        if len(entry.event) not in (0, _EVENT_SIZE):
            raise RecountError(index, _NO_COMMITMENT)
        if entry.v != SCHEMA or entry.kind not in KINDS:
            raise RecountError(index, f"is of an unknown kind: {entry.kind[:40]!r}")
        if (entry.kind in CORRECTIONS) != (entry.corrects is not None):
            raise RecountError(index, f"is a {entry.kind} with corrects: {entry.corrects}")
        if bool(entry.pledges) != (entry.kind in PROMISES):
            raise RecountError(index, f"is a {entry.kind} with {len(entry.pledges)} pledges")
        if not (entry.postings or entry.pledges):
            raise RecountError(index, f"is a {entry.kind} that moves nothing")
        if entry.evidence and entry.kind not in HANDOVERS:
            raise RecountError(index, f"is a {entry.kind} with evidence")
        if not all(_DIGEST.fullmatch(each) for each in entry.evidence):
            raise RecountError(index, "has evidence that is not 64 hexadecimal digits")
        _check_reads(index, entry)
        pledges = tuple(self._promise(index, entry.kind, each) for each in entry.pledges)
        if len({each.part for each in pledges}) != len(pledges):
            raise RecountError(index, "names a campaign twice")
        postings = tuple(self._posting(index, each) for each in entry.postings)
        if entry.kind in PROMISES:
            parts = {each.part for each in pledges}
            legs = tuple(self._leg(index, parts, *each) for each in postings)
        else:
            legs = ()
            for each in entry.postings:
                _check_way(index, entry.kind, each)
        reads = entry.reads.count if entry.reads else 0
        return _Movement(entry.kind, entry.corrects, pledges, postings, legs, reads)

    def _promise(self, index: int, kind: str, pledge: EntryPledge) -> _Promise:
        if not _SHARE.fullmatch(pledge.share):
            raise RecountError(index, f"gives a share of {pledge.share[:40]!r}")
        share = Fraction(pledge.share)
        if share * (-1 if kind == "refund" else 1) < 0 or (kind == "maturity" and not share):
            raise RecountError(index, f"is a {kind} with a share of {pledge.share}")
        if self._split.setdefault(pledge.campaign, bool(pledge.charity)) != bool(pledge.charity):
            raise RecountError(index, f"names a charity for {pledge.campaign} only now and then")
        if kind == "maturity" and pledge.held:
            raise RecountError(index, "is a maturity of what is still held")
        return _Promise(
            (pledge.campaign, pledge.charity),
            share.numerator,
            share.denominator,
            promised=kind != "maturity",
            matured=not pledge.held,
        )

    def _posting(self, index: int, posting: EntryPosting) -> tuple[AccountKey, AccountKey, int]:
        found = _VALUE.fullmatch(posting.value)
        minor = int(found[1] + (found[2] or "")) if found else 0
        if found is None or not minor:
            raise RecountError(index, f"moves {posting.value[:40]!r} {posting.unit}")
        if posting.debit == posting.credit:
            raise RecountError(index, f"moves from {posting.debit} to itself")
        scale = self.scales.setdefault(posting.unit, len(found[2] or ""))
        if scale != len(found[2] or ""):
            raise RecountError(index, f"writes {posting.value} {posting.unit} in another scale")
        for path in (posting.debit, posting.credit):
            if path.startswith(("campaign/", "charity/")) and place(path) is None:
                raise RecountError(index, f"names {path}, which is no account")
            cause = measured(path)[1]
            if cause and self.units.setdefault(cause, posting.unit) != posting.unit:
                raise RecountError(
                    index, f"counts {cause} in {posting.unit}, not in {self.units[cause]}"
                )
        return (posting.debit, posting.unit), (posting.credit, posting.unit), minor

    def _leg(
        self, index: int, parts: Collection[Part], debit: AccountKey, credit: AccountKey, minor: int
    ) -> _Leg:
        """What a posting is to the pledges of its entry: which part's, from where to where."""
        ends = [place(path) for path, _ in (debit, credit)]
        known = [each for each in ends if each]
        paid = [path for (path, _), each in zip((debit, credit), ends, strict=True) if not each]
        if len({each[1:] for each in known}) != 1 or not all(map(_pays, paid)):
            raise RecountError(
                index, f"moves from {debit[0]} to {credit[0]}, which is the way of no pledge"
            )
        _, campaign, charity, cause = known[0]
        part = campaign, charity if self._split.get(campaign) else ""
        if part not in parts:
            raise RecountError(
                index, f"has a posting that no pledge accounts for: {debit[0]} to {credit[0]}"
            )
        home = cause, "" if part[1] else charity
        if self._homes.setdefault(campaign, home) != home:
            raise RecountError(
                index, f"gives {cause} to {charity} for {campaign}, which gives otherwise"
            )
        source, target = (each.stage if each else PAYER for each in ends)
        return _Leg(part, source, target, minor)

    def _widen(self, movements: Iterable[_Movement]) -> None:
        """Give each part's exact totals a denominator that all these movements fit."""
        for movement in movements:
            for each in movement.pledges:
                due, matured, parts = self.standings.get(each.part, Standing())
                wider = lcm(parts, each.under)
                by = wider // parts
                self.standings[each.part] = Standing(due * by, matured * by, wider)

    def _uneven(self, movements: Iterable[_Movement]) -> set[Part]:
        """The parts of which something is held, or may come to be by these movements."""
        pledges = [each for movement in movements for each in movement.pledges]
        return {
            each.part
            for each in pledges
            if each.promised != each.matured
            or self.standings[each.part].due != self.standings[each.part].matured
        }

    def _step(
        self, movement: _Movement, carries: dict[Part, list[int]], uneven: Collection[Part]
    ) -> _Step | None:
        """What one campaign's gift from outside does to its carry; None for any other movement.

        Such gifts change nothing that another could fall short of, so that a run of them is
        checked one by one by their carries, and then added up all at once. One that is held
        moves its part's first total alone, and one that is not moves both alike while nothing
        of the part is held.
        """
        if movement.kind != "pledge" or len(movement.pledges) != 1 or len(movement.postings) > 1:
            return None
        if movement.reads:
            return None
        ((part, over, under, _, matured),) = movement.pledges
        target = "owed" if matured else "held"
        if (matured and part in uneven) or any(
            debit[0] != EXTERNAL or leg.target != target
            for (debit, _, _), leg in zip(movement.postings, movement.legs, strict=True)
        ):
            return None
        due, _, parts = self.standings[part]
        carry = carries.setdefault(part, [due % parts])
        posted = sum(minor for _, _, minor in movement.postings)
        return (carry, over * (parts // under), parts, posted) if over > 0 else None

    def _settle(self, movements: Sequence[_Movement], shapes: "array[int]") -> None:
        """Add up what is free of order: how often each movement was there is enough."""
        for place, count in Counter(shapes).items():
            movement = movements[place]
            for each in movement.pledges:
                self.standings[each.part] = _grown(self.standings[each.part], each, count)
            for debit, credit, minor in movement.postings:
                self.balances[debit] = self.balances.get(debit, 0) - count * minor
                self.balances[credit] = self.balances.get(credit, 0) + count * minor
        self.size += len(shapes)

    def _apply(self, movement: _Movement) -> None:
        if movement.corrects is not None:
            self._correct(movement, movement.corrects)
        if movement.pledges:
            self._keep(movement)
        balances = self.balances
        for debit, credit, minor in movement.postings:
            balances[credit] = balances.get(credit, 0) + minor
            balances[debit] = balances.get(debit, 0) - minor
        # Postings of one entry stand or fall together, so it is their sum that counts.
        for debit, _, _ in movement.postings:
            left = balances[debit]
            if left < 0 and debit[0] != EXTERNAL:
                raise RecountError(
                    self.size, f"leaves {debit[0]} at {left} {debit[1]} in minor units"
                )

    def _count(self, movement: _Movement, root: bytes) -> None:
        """Let each part give once for the reads under a root."""
        for each in movement.pledges:
            seen = self._read.setdefault(each.part, set())
            if root in seen:
                raise RecountError(
                    self.size, f"gives again for {_named(each.part)} and the same reads"
                )
            seen.add(root)

    def _keep(self, movement: _Movement) -> None:
        """Hold each posting against what its part's exact totals make."""
        legs = movement.legs
        at = 0
        for each in movement.pledges:
            before, after = self.standings[each.part], self._after(each)
            self.standings[each.part] = after
            for leg in _legs(each.part, before, after):
                found = legs[at] if at < len(legs) and legs[at].part == each.part else "nothing"
                if found != leg:
                    raise RecountError(
                        self.size,
                        f"moves {found} for {_named(each.part)}, whose exact totals make it"
                        f" {leg} (in minor units)",
                    )
                at += 1
        if at != len(legs):
            raise RecountError(self.size, "has a posting that no pledge accounts for")

    def _after(self, promise: _Promise) -> Standing:
        after = _grown(self.standings[promise.part], promise)
        if after.due < 0 or after.matured < 0:
            raise RecountError(self.size, f"leaves {_named(promise.part)} below nothing")
        if after.matured > after.due:
            raise RecountError(
                self.size, f"leaves more of {_named(promise.part)} matured than was promised"
            )
        return after

    def _correct(self, movement: _Movement, target: int) -> None:
        """Hold a refund or a reversal against the entry that it takes from."""
        if not 0 <= target < self.size:
            raise RecountError(self.size, f"corrects entry {target}, which is not before it")
        if target < self._begun:
            return
        corrected = self._movements[self._of_entry[target - self._begun]]
        correctable = ("pledge",) if movement.kind == "refund" else ("delivery", "confirmation")
        if corrected.kind not in correctable:
            raise RecountError(self.size, f"corrects entry {target}, which is a {corrected.kind}")
        if movement.kind == "refund":
            self._take_off(movement, target, corrected)
        else:
            self._take_back(movement, target, corrected)

    def _take_off(self, movement: _Movement, target: int, corrected: _Movement) -> None:
        granted = {each.part: each for each in corrected.pledges}
        for each in movement.pledges:
            given = granted.get(each.part)
            if not each.matured and (given is None or given.matured):
                raise RecountError(
                    self.size,
                    f"takes off {_named(each.part)} as held what entry {target} did not hold",
                )
            at = target, each.part
            first = Fraction(given.over, given.under) if given else Fraction(0)
            self._left[at] = left = self._left.get(at, first) + Fraction(each.over, each.under)
            if left < 0:
                raise RecountError(
                    self.size, f"takes more off {_named(each.part)} than entry {target} gave it"
                )

    def _take_back(self, movement: _Movement, target: int, corrected: _Movement) -> None:
        for debit, credit, minor in movement.postings:
            at = target, debit, credit
            self._returned[at] += minor
            moved = sum(each[2] for each in corrected.postings if each[:2] == (credit, debit))
            if self._returned[at] > moved:
                raise RecountError(
                    self.size, f"takes more back from {debit[0]} than entry {target} moved there"
                )


def _grown(standing: Standing, promise: _Promise, count: int = 1) -> Standing:
    """The totals after a promise that was made so often."""
    more = count * promise.over * (standing.parts // promise.under)
    return Standing(
        standing.due + more * promise.promised,
        standing.matured + more * promise.matured,
        standing.parts,
    )


def _legs(part: Part, before: Standing, after: Standing) -> list[_Leg]:
    """What is posted for a part: the growth of the floor of its totals, as the amount travels."""
    due = after.due // after.parts - before.due // before.parts
    matured = after.matured // after.parts - before.matured // before.parts
    if due == matured:
        ways = [(PAYER, "owed", due)]
    else:
        ways = [(PAYER, "held", due), ("held", "owed", matured)]
    if due < 0 or matured < 0:
        ways = [(target, source, -minor) for source, target, minor in reversed(ways)]
    return [_Leg(part, *way) for way in ways if way[2]]


def _check_reads(index: int, entry: Entry) -> None:
    """Only a pledge is for reads; there is one at least, and they have a root."""
    reads = entry.reads
    if reads is None:
        return
    if entry.kind != "pledge":
        raise RecountError(index, f"is a {entry.kind} with reads")
    if not 0 < reads.count <= MAX_READS:
        raise RecountError(index, f"is for {reads.count} reads")
    if not _DIGEST.fullmatch(reads.root):
        raise RecountError(index, _NO_ROOT)


def _check_way(index: int, kind: str, posting: EntryPosting) -> None:
    """What is promised is moved by its own kinds of entries, each its own way."""
    source, target = place(posting.debit), place(posting.credit)
    if kind in HANDOVERS:
        if source and target and source[1:] == target[1:]:
            ways = _WAYS[kind]
            if (source.stage, target.stage) in ways:
                return
    elif source is None and target is None:
        return
    raise RecountError(
        index, f"moves from {posting.debit} to {posting.credit}, which is the way of no {kind}"
    )


def _pays(path: str) -> bool:
    return path == EXTERNAL or _FUND.fullmatch(path) is not None


def _named(part: Part) -> str:
    campaign, charity = part
    return f"{campaign} for {charity}" if charity else campaign


def decode_canonical(body: bytes, index: int) -> Entry:
    """The entry in `body`, if writing it gives the very same bytes."""
    if len(body) > MAX_ENTRY:
        raise RecountError(index, f"has {len(body)} bytes, over {MAX_ENTRY}")
    try:
        entry = decode(body)
    except (ValueError, RecursionError) as error:
        raise RecountError(index, f"cannot be read: {error}") from None
    if len(entry.evidence) > MAX_EVIDENCE:
        raise RecountError(
            index, f"has {len(entry.evidence)} pieces of evidence, over {MAX_EVIDENCE}"
        )
    if encode(entry) != body:
        raise RecountError(index, "is not written as its content is written")
    return entry


def place(path: str) -> Place | None:
    """What of a campaign and a charity stands on an account; None for any other."""
    if found := _GIVEN.fullmatch(path):
        charity, stage, cause, campaign = found.groups()
        return Place(stage, campaign, charity, cause)
    if found := _HELD.fullmatch(path):
        campaign, cause, charity = found.groups()
        return Place("held", campaign, charity, cause)
    return None


def measured(path: str) -> tuple[str, str]:
    """The measure and the cause that an account counts for (docs/reference/entry.md)."""
    if found := place(path):
        return found.stage, found.cause
    if found := _OPENING.fullmatch(path):
        return "opening", found[1]
    return "", ""
