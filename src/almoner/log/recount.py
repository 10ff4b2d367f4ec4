"""Recounts a log: folds its entries into every counter, trusting none of them.

Refused, with the entry named: one that is not canonical (its own bytes are not what its
content is written as), that is not the number it lies at, whose time is before the entry
before it, that overdraws an account, whose postings are not the growth of the floor of its
campaigns' exact totals, or that takes off more than it corrects holds. It reads only what
is public, and shares with the writer the parsing of an entry and no rule.

Fast because entries are alike: what is left of one without index, time and event is its
*shape*; each shape is parsed and checked once. Limit: whether an event really happened, and
whether a campaign's terms were kept, is not in the entries.
"""

import re
from array import array
from binascii import Error as HexError
from binascii import unhexlify
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from math import lcm
from typing import Final

from almoner.log.entry import MAX_ENTRY, SCHEMA, Entry, EntryPosting, decode, encode

KINDS: Final = frozenset({"pledge", "refund", "opening", "deposit", "transfer"})
EXTERNAL: Final = "external"
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
_HEX = re.compile(rb"[0-9a-f]{64}")
# How a pledge's entry goes on after its time: by far most entries are pledges.
_PLEDGE = b'","kind":"pledge","event":"'
_PLEDGE_SIZE = len(_PLEDGE)
_PLEDGE_END = _PLEDGE_SIZE + _EVENT_SIZE
# An amount has 19 digits at most (units), and a share's denominator is the product of a few
# rates'. Without a bound one entry could keep a recount busy for ever.
_VALUE = re.compile(r"(0|[1-9][0-9]{0,39})(?:\.([0-9]{1,39}))?")
_SHARE = re.compile(r"-?(?:0|[1-9][0-9]{0,999})(?:/[1-9][0-9]{0,999})?")

AccountKey = tuple[str, str]  # path, unit


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
    of the first and the last entry. `wrong` is the entry after these, where that was refused.
    """

    first: int
    samples: Sequence[tuple[int, bytes, bytes]]
    shapes: "array[int]"
    times: tuple[bytes, bytes]
    wrong: RecountError | None = None


def shape(first: int, entries: Sequence[bytes]) -> Shaped:
    """Sort a run of entries by shape, checking what differs within one: index, time, event.

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
        place = known.get(named)
        if place is None:
            place = known[named] = len(samples)
            whole = named if known is others else _PLEDGE + named
            samples.append((first + len(shapes), entry, whole))
        shapes.append(place)
    _check_events(first, entries, events)
    return Shaped(
        first, samples, array("I", shapes), (times[0], times[-1]) if times else (b"", b"")
    )


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


@dataclass(frozen=True, slots=True)
class _Movement:
    """What every entry of one shape does, in minor units.

    A pledge is (campaign, numerator, denominator); a posting (debit, credit, minor units).
    """

    kind: str
    corrects: int | None
    pledges: tuple[tuple[str, int, int], ...]
    postings: tuple[tuple[AccountKey, AccountKey, int], ...]


# A campaign's carry, what to add to it, its denominator, and what is posted for it.
_Step = tuple[list[int], int, int, int]


@dataclass(slots=True)
class Recount:
    """The fold: how far it is, and everything that the entries so far make."""

    size: int = 0
    time: bytes = b""
    balances: dict[AccountKey, int] = field(default_factory=dict[AccountKey, int])
    scales: dict[str, int] = field(default_factory=dict[str, int])
    standings: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    units: dict[str, str] = field(default_factory=dict[str, str])  # by cause
    _movements: list[_Movement] = field(default_factory=list[_Movement])
    _numbers: dict[bytes, int] = field(default_factory=dict[bytes, int])
    _begun: int = 0
    _of_entry: "array[int]" = field(default_factory=lambda: array("I"))
    _left: dict[tuple[int, str], Fraction] = field(default_factory=dict[tuple[int, str], Fraction])

    @classmethod
    def resumed(
        cls,
        size: int,
        time: bytes,
        balances: dict[AccountKey, int],
        scales: dict[str, int],
        standings: dict[str, tuple[int, int]],
    ) -> "Recount":
        """Go on from what an earlier recount had found.

        Limit: what a refund takes off an entry before `size` is not compared to that entry.
        """
        units = {measured(path)[1]: unit for path, unit in balances if measured(path)[1]}
        return cls(size, time, balances, scales, standings, units, _begun=size)

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
        self._fold(numbers, run.shapes[: wrong.entry - run.first] if wrong else run.shapes)
        if wrong:
            raise wrong

    def _fold(self, numbers: Sequence[int], shapes: "array[int]") -> None:
        self._of_entry.extend(array("I", [numbers[place] for place in shapes]))
        movements = [self._movements[number] for number in numbers]
        self._widen(movements)
        carries: dict[str, list[int]] = {}
        steps = [self._step(each, carries) for each in movements]
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
            self._apply(movements[place])
            self.size, settled = self.size + 1, at + 1
            for campaign, _, _ in movements[place].pledges:
                if campaign in carries:
                    due, parts = self.standings[campaign]
                    carries[campaign][0] = due % parts
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
        if (entry.kind == "refund") != (entry.corrects is not None):
            raise RecountError(index, f"is a {entry.kind} with corrects: {entry.corrects}")
        if bool(entry.pledges) != (entry.kind in ("pledge", "refund")):
            raise RecountError(index, f"is a {entry.kind} with {len(entry.pledges)} pledges")
        pledges: list[tuple[str, int, int]] = []
        for each in entry.pledges:
            if not _SHARE.fullmatch(each.share):
                raise RecountError(index, f"gives a share of {each.share[:40]!r}")
            share = Fraction(each.share)
            if share * (-1 if entry.kind == "refund" else 1) < 0:
                raise RecountError(index, f"is a {entry.kind} with a share of {each.share}")
            pledges.append((each.campaign, share.numerator, share.denominator))
        if len({name for name, _, _ in pledges}) != len(pledges):
            raise RecountError(index, "names a campaign twice")
        return _Movement(
            entry.kind,
            entry.corrects,
            tuple(pledges),
            tuple(self._posting(index, each) for each in entry.postings),
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
            cause = measured(path)[1]
            if cause and self.units.setdefault(cause, posting.unit) != posting.unit:
                raise RecountError(
                    index, f"counts {cause} in {posting.unit}, not in {self.units[cause]}"
                )
        return (posting.debit, posting.unit), (posting.credit, posting.unit), minor

    def _widen(self, movements: Iterable[_Movement]) -> None:
        """Give each campaign's exact total a denominator that all these movements fit."""
        for movement in movements:
            for campaign, _, denominator in movement.pledges:
                due, parts = self.standings.get(campaign, (0, 1))
                wider = lcm(parts, denominator)
                self.standings[campaign] = due * (wider // parts), wider

    def _step(self, movement: _Movement, carries: dict[str, list[int]]) -> _Step | None:
        """What one campaign's gift from outside does to its carry; None for any other movement.

        Such gifts change nothing that another could fall short of, so that a run of them is
        checked one by one by their carries, and then added up all at once.
        """
        if movement.kind != "pledge" or len(movement.pledges) != 1 or len(movement.postings) > 1:
            return None
        if any(debit[0] != EXTERNAL for debit, _, _ in movement.postings):
            return None
        ((campaign, numerator, denominator),) = movement.pledges
        due, parts = self.standings[campaign]
        carry = carries.setdefault(campaign, [due % parts])
        posted = sum(minor for _, _, minor in movement.postings)
        return (carry, numerator * (parts // denominator), parts, posted) if numerator > 0 else None

    def _settle(self, movements: Sequence[_Movement], shapes: "array[int]") -> None:
        """Add up what is free of order: how often each movement was there is enough."""
        for place, count in Counter(shapes).items():
            movement = movements[place]
            for campaign, numerator, denominator in movement.pledges:
                due, parts = self.standings[campaign]
                self.standings[campaign] = due + count * numerator * (parts // denominator), parts
            for debit, credit, minor in movement.postings:
                self.balances[debit] = self.balances.get(debit, 0) - count * minor
                self.balances[credit] = self.balances.get(credit, 0) + count * minor
        self.size += len(shapes)

    def _apply(self, movement: _Movement) -> None:
        if movement.corrects is not None:
            self._correct(movement, movement.corrects)
        if movement.pledges:
            self._promise(movement)
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

    def _promise(self, movement: _Movement) -> None:
        """Hold each posting against the growth of its campaign's floor."""
        at = 0
        for campaign, numerator, denominator in movement.pledges:
            due, parts = self.standings[campaign]
            after = due + numerator * (parts // denominator)
            self.standings[campaign] = after, parts
            growth = after // parts - due // parts
            if after < 0:
                raise RecountError(self.size, f"leaves {campaign} below nothing")
            if not growth:
                continue
            posted = 0
            if at < len(movement.postings):
                debit, _, minor = movement.postings[at]
                posted = -minor if debit[0].startswith(("charity/", "campaign/")) else minor
            at += 1
            if posted != growth:
                raise RecountError(
                    self.size,
                    f"moves {posted} for {campaign}, whose exact total grew by {growth}"
                    " (in minor units)",
                )
        if at != len(movement.postings):
            raise RecountError(self.size, "has a posting that no pledge accounts for")

    def _correct(self, movement: _Movement, target: int) -> None:
        """Hold a refund against the entry that it takes from."""
        if not 0 <= target < self.size:
            raise RecountError(self.size, f"corrects entry {target}, which is not before it")
        if target < self._begun:
            return
        corrected = self._movements[self._of_entry[target - self._begun]]
        if corrected.kind != "pledge":
            raise RecountError(self.size, f"corrects entry {target}, which is a {corrected.kind}")
        granted = {name: Fraction(over, under) for name, over, under in corrected.pledges}
        for campaign, numerator, denominator in movement.pledges:
            at = target, campaign
            left = self._left.get(at, granted.get(campaign, Fraction(0)))
            self._left[at] = left = left + Fraction(numerator, denominator)
            if left < 0:
                raise RecountError(
                    self.size, f"takes more off {campaign} than entry {target} gave it"
                )


def decode_canonical(body: bytes, index: int) -> Entry:
    """The entry in `body`, if writing it gives the very same bytes."""
    if len(body) > MAX_ENTRY:
        raise RecountError(index, f"has {len(body)} bytes, over {MAX_ENTRY}")
    try:
        entry = decode(body)
    except (ValueError, RecursionError) as error:
        raise RecountError(index, f"cannot be read: {error}") from None
    if encode(entry) != body:
        raise RecountError(index, "is not written as its content is written")
    return entry


def measured(path: str) -> tuple[str, str]:
    """The measure and the cause that an account counts for (docs/reference/entry.md)."""
    match path.split("/"):
        case ["opening", cause]:
            return "opening", cause
        case ["campaign", _, "held", cause]:
            return "held", cause
        case ["charity", _, "owed" | "delivered" | "confirmed" as measure, cause]:
            return measure, cause
        case _:
            return "", ""
