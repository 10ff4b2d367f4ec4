"""Verifies a whole log: signatures, every hash, what was seen before, every counter.

Guarantee: a report without differences means that the checkpoint is signed by the log's key,
that the log begins with what was seen the last time, that each entry, tile and root is what
the checkpoint commits to, and that folding the entries gives each counter that is shown. Limit: the
first time a log is seen, its key is taken from itself unless one is given.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Final

import msgspec

from almoner.audit.recounting import Misfit, Tree, recount
from almoner.audit.sources import Site, Source, SourceError
from almoner.log import checkpoint, keylist
from almoner.log.checkpoint import Checkpoint
from almoner.log.note import Note, NoteError, VerifierKey, parse_key
from almoner.log.policy import Policy
from almoner.log.recount import MEASURES, Recount, RecountError
from almoner.log.store import CHECKPOINT, COUNTERS, KEYS
from almoner.log.tile import WIDTH, TileError
from almoner.units import decimal

# A site publishes within a second of an append; what it shows may be that far ahead.
PATIENCE: Final = 10.0  # seconds
SHOWN: Final = (*MEASURES, "pledged", "shown")


class Seen(msgspec.Struct, frozen=True):
    """What an earlier audit saw: the log's key it went by, and the checkpoint."""

    origin: str
    key: str
    size: int
    root: str
    time: str


class ShownFigure(msgspec.Struct, frozen=True):
    """One measure as a site shows it."""

    value: str


class ShownCounter(msgspec.Struct, frozen=True):
    """One counter as a site shows it: the fields an audit needs."""

    cause: str
    label: str
    unit: str
    shown: ShownFigure
    opening: ShownFigure
    pledged: ShownFigure
    held: ShownFigure
    owed: ShownFigure
    delivered: ShownFigure
    confirmed: ShownFigure


class ShownCounters(msgspec.Struct, frozen=True):
    """`counters.json`: every counter after `size` entries."""

    size: int
    counters: tuple[ShownCounter, ...]


class Line(msgspec.Struct, frozen=True):
    """One measure of one counter, as shown and as recounted: decimal strings of `unit`."""

    cause: str
    label: str
    unit: str
    measure: str
    shown: str
    recounted: str


class Report(msgspec.Struct, frozen=True):
    """What an audit found. `differences` is empty where everything holds."""

    source: str
    origin: str
    size: int
    root: str
    key: str
    cosigned_by: tuple[str, ...]
    seen_before: int | None
    counters_at: int
    counters: tuple[Line, ...]
    differences: tuple[str, ...]
    seconds: float

    @property
    def holds(self) -> bool:
        """Whether nothing differs."""
        return not self.differences


@dataclass(frozen=True, slots=True)
class Trust:
    """By what an audit goes: a key or policy that was given, and what it saw before."""

    key: VerifierKey | None = None
    policy: Policy = field(default_factory=Policy)
    seen: Seen | None = None

    @property
    def anchors(self) -> tuple[VerifierKey, ...]:
        """Log keys that are trusted from outside the log."""
        given = (self.key,) if self.key else self.policy.logs
        return given or ((parse_key(self.seen.key),) if self.seen else ())


class VerifyError(Exception):
    """The log does not hold, and nothing below it can be counted; the message says why."""


Progress = Callable[[int, int], None]


def verify(
    source: Source,
    trust: Trust,
    *,
    processes: int | None = None,
    progress: Progress = lambda done, of: None,
) -> tuple[Report, Seen]:
    """Verify all of a log; the report, and what to remember of it.

    `progress` is told how many entries of how many are folded. Raises `VerifyError`
    where signatures, tiles or entries do not hold, `SourceError` where nothing can be read.
    """
    started = time.monotonic()
    try:
        return _verify(source, trust, processes, progress, started)
    except (NoteError, TileError) as error:
        raise VerifyError(f"{source.name}: {error}.") from None
    except RecountError as error:
        raise VerifyError(f"{source.name}: {error}") from None


def _verify(
    source: Source,
    trust: Trust,
    processes: int | None,
    progress: Progress,
    started: float,
) -> tuple[Report, Seen]:
    shown = _read_counters(source)
    keys = read_keys(source, trust)
    signed, note = _read_checkpoint(source, keys, trust.policy, shown.size)
    seen = trust.seen if trust.seen and trust.seen.origin == signed.origin else None
    if seen and seen.size > signed.size:
        raise VerifyError(
            f"{source.name}: the log was rolled back: it had {seen.size} entries on {seen.time}, "
            f"and has {signed.size}."
        )
    lines: list[Line] = []
    found: list[str] = []

    def at_stop(folded: Recount) -> None:
        if folded.size == shown.size:
            compared, differ = compare(shown, folded)
            lines.extend(compared)
            found.extend(differ)

    stops = [shown.size, *([seen.size] if seen else [])]
    tree = recount(
        source,
        signed.size,
        stops,
        processes=processes,
        progress=lambda done: progress(done, signed.size),
        at_stop=at_stop,
    )
    _check_tree(source, tree, signed, seen)
    if not trust.policy.is_met(note.verified):
        found.append(
            f"The quorum {trust.policy.quorum} of the policy is not met: cosigned by "
            f"{', '.join(sorted(trust.policy.cosigners(note.verified))) or 'nobody'}."
        )
    report = Report(
        source.name,
        signed.origin,
        signed.size,
        signed.root.hex(),
        str(keys[0]),
        tuple(sorted(trust.policy.cosigners(note.verified))),
        seen.size if seen else None,
        shown.size,
        tuple(lines),
        tuple(found),
        round(time.monotonic() - started, 3),
    )
    moment = datetime.now(UTC).isoformat(timespec="seconds")
    anchor = trust.anchors[0] if trust.anchors else keys[0]
    return report, Seen(signed.origin, str(anchor), signed.size, signed.root.hex(), moment)


def read_keys(source: Source, trust: Trust) -> tuple[VerifierKey, ...]:
    """The log's keys that follow from what is trusted; at first sight, from its own list."""
    document = source.get(KEYS)
    anchors = trust.anchors
    if document is None:
        if not anchors:
            raise SourceError(
                f"{source.name} has no {KEYS}: name the log's key with --key or --policy."
            )
        return anchors
    listed = keylist.read(document)
    return tuple(keylist.trusted(listed, anchors[0] if anchors else None))


def _read_checkpoint(
    source: Source, keys: tuple[VerifierKey, ...], policy: Policy, least: int
) -> tuple[Checkpoint, Note]:
    """The checkpoint, once it covers what is shown."""
    cosigners = tuple(each.key for each in policy.witnesses)
    until = time.monotonic() + (PATIENCE if source.is_live else 0)
    while True:
        content = source.get(CHECKPOINT)
        if content is None:
            raise SourceError(f"{source.name} has no checkpoint: is this a log of Almoner?")
        signed, note = checkpoint.read(_text(content), (*keys, *cosigners))
        if signed.size >= least:
            return signed, note
        if time.monotonic() > until:
            raise VerifyError(
                f"{source.name} shows counters after {least} entries, and its checkpoint covers "
                f"{signed.size}: what is shown is not published."
            )
        time.sleep(0.25)


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise NoteError("the checkpoint is not UTF-8 text") from None


def _read_counters(source: Source) -> ShownCounters:
    """What is shown: by the site just now, or in the files beside the checkpoint."""
    content = source.counters() if isinstance(source, Site) else None
    content = content or source.get(COUNTERS)
    if content is None:
        raise SourceError(f"{source.name} shows no counters: there is no {COUNTERS}.")
    try:
        return msgspec.json.decode(content, type=ShownCounters)
    except ValueError as error:  # msgspec's own errors are
        raise VerifyError(f"{source.name}: the counters cannot be read: {error}.") from None


def _check_tree(source: Source, tree: Tree, signed: Checkpoint, seen: Seen | None) -> None:
    made = tree.root(signed.size)
    if made != signed.root:
        raise VerifyError(f"{source.name}: {_misfit(tree.misfit, made, signed)}")
    if tree.misfit is not None:
        raise VerifyError(
            f"{source.name}: {tree.misfit.tile.path} was altered: its hash {tree.misfit.place} is "
            "not what lies below it, and the entries make the root that was signed."
        )
    if seen and tree.root(seen.size).hex() != seen.root:
        raise VerifyError(
            f"{source.name}: the log was forked: its first {seen.size} entries are not those seen "
            f"on {seen.time}."
        )


def _misfit(misfit: Misfit | None, made: bytes, signed: Checkpoint) -> str:
    if misfit is None:
        return (
            f"the entries make the root {made.hex()}, and the checkpoint of {signed.size} says "
            f"{signed.root.hex()}."
        )
    if misfit.tile.level == 0:
        index = misfit.tile.number * WIDTH + misfit.place
        return f"entry {index} was altered: its hash is not the one in {misfit.tile.path}."
    return f"{misfit.tile.path} was altered: its hash {misfit.place} is not what lies below it."


def compare(shown: ShownCounters, folded: Recount) -> tuple[list[Line], list[str]]:
    """Every counter as shown and as recounted, and a sentence for each difference."""
    counted = folded.totals()
    lines: list[Line] = []
    for each in shown.counters:
        scale = folded.scales.get(each.unit)
        sums = counted.get(each.cause, {})
        for measure in SHOWN:
            value: str = getattr(each, measure).value
            places = len(value.partition(".")[2])
            recounted = decimal(sums.get(measure, 0), places if scale is None else scale)
            lines.append(Line(each.cause, each.label, each.unit, measure, value, recounted))
    differ = [
        f"{line.label} ({line.cause}, {line.measure}) is shown as {line.shown} {line.unit}, and "
        f"its {folded.size} entries make {line.recounted}: {_difference(line)}."
        for line in lines
        if line.shown != line.recounted
    ]
    known = {each.cause for each in shown.counters}
    differ += [
        f"{cause} is counted in the entries, and shown nowhere."
        for cause, sums in counted.items()
        if cause not in known and any(sums.values())
    ]
    return lines, differ


def _difference(line: Line) -> str:
    try:
        over = Decimal(line.shown) - Decimal(line.recounted)
    except InvalidOperation:
        return "no number"
    return f"{abs(over)} too {'much' if over > 0 else 'little'}"


def read_seen(path: Path) -> Seen | None:
    """What an earlier audit left in its state file, or None."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Seen)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise SourceError(f"The state file {path} cannot be read: {error}.") from None


def write_seen(path: Path, seen: Seen) -> None:
    """Remember what this audit saw, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(path.name + ".partial")
    partial.write_bytes(msgspec.json.encode(seen) + b"\n")
    partial.replace(path)
