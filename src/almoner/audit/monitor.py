"""Watches a log: each round verifies what is new, and says what is wrong.

Guarantee: a round without an alert means that the checkpoint is signed by a pinned key, that
it continues the last one verified, that every new entry and tile is what it signs, and that
the entries give each counter shown at a size that the log has reached; what is shown of a
later size is compared once the log gets there. Limit: the first key is taken from the log
unless one is given; refunds of entries from before the last round are held against
balances only (`Recount.resumed`); a log that shows others another history is caught by
witnesses, not here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from almoner.audit.alerts import AlarmError, Alert, Kind
from almoner.audit.growth import AlteredError, follow
from almoner.audit.memory import Memory, Waiting
from almoner.audit.sources import Site, Source, SourceError
from almoner.audit.verifying import ShownCounters, compare
from almoner.log import checkpoint, keylist, proof
from almoner.log.checkpoint import Checkpoint
from almoner.log.note import Note, NoteError, VerifierKey, parse_key
from almoner.log.policy import Policy
from almoner.log.proof import ProofError, fold, perfect
from almoner.log.recount import Recount, RecountError
from almoner.log.store import CHECKPOINT, COUNTERS, KEYS, reader
from almoner.log.tile import TileError

# A site publishes within a second of an append, and a checkpoint may be cached for a few.
PATIENCE: Final = 5.0  # seconds
PAUSE: Final = 0.5

Pause = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Watch:
    """What is watched, and by what it is judged.

    `keys` are the log's, where they are known from elsewhere. `stale` is how many seconds
    entries may wait for a checkpoint. `site` is where counters are shown, if not by the source.
    """

    source: Source
    keys: tuple[VerifierKey, ...] = ()
    policy: Policy = field(default_factory=Policy)
    stale: int = 3_600
    site: Site | None = None

    @property
    def shop_window(self) -> Site | None:
        """The site whose counters are compared, or None."""
        return self.site or (self.source if isinstance(self.source, Site) else None)


@dataclass(frozen=True, slots=True)
class Seen:
    """What one round found. `whole` says that nothing ended it early."""

    memory: Memory
    alerts: tuple[Alert, ...]
    whole: bool


@dataclass(frozen=True, slots=True)
class _Current:
    """The checkpoint as it is served, verified by `keys`."""

    keys: tuple[VerifierKey, ...]
    checkpoint: Checkpoint
    note: Note
    text: str


def look(watch: Watch, memory: Memory, now: int, pause: Pause) -> Seen:
    """One round at `now`, POSIX seconds. `pause` waits that many seconds."""
    try:
        return _look(watch, memory, now, pause)
    except AlarmError as alarm:
        return Seen(memory, (alarm.alert,), whole=False)
    except SourceError as error:
        return Seen(memory, (Alert(Kind.SILENT, f"The log cannot be read: {error}"),), whole=False)
    except (AlteredError, TileError, ProofError) as error:
        return Seen(memory, (Alert(Kind.ALTERED, f"{error}."),), whole=False)
    except RecountError as error:
        return Seen(memory, (Alert(Kind.ENTRY, str(error)),), whole=False)


def _look(watch: Watch, memory: Memory, now: int, pause: Pause) -> Seen:
    held = memory.held
    shown, behind = _read_shown(watch, held.size if held else 0, pause)
    current = _wait(watch, memory, max((each.size for each in shown), default=0), pause)
    signed = current.checkpoint
    _check_continues(watch.source, memory, current)
    if memory.waiting is not None:
        shown.append(memory.waiting.shown)
    differing: list[str] = []

    def at_stop(counted: Recount) -> None:
        for each in shown:
            if each.size == counted.size:
                differing.extend(compare(each, counted)[1])

    edge, counted = memory.resume()
    stops = {each.size for each in shown}
    follow(watch.source, edge, counted, signed, stops, at_stop)
    later = [each for each in shown if each.size > signed.size]
    waiting = _waiting(memory.waiting, later, now)
    alerts = [
        *_counters(differing or behind),
        *_stale(watch, waiting, signed, now),
        *_quorum(watch.policy, current.note),
    ]
    grown = memory.grown(current.text, edge, counted)
    keys = tuple(map(str, current.keys))
    after = msgspec.structs.replace(grown, keys=keys, waiting=waiting)
    return Seen(after, tuple(alerts), whole=True)


def _read_shown(watch: Watch, least: int, pause: Pause) -> tuple[list[ShownCounters], list[str]]:
    """What is shown now, and a sentence for each that stays behind what was verified already."""
    waited = 0.0
    while True:
        found = _documents(watch)
        behind = [
            f"{place} shows the counters after {each.size} entries, and the log had {least}."
            for place, each in found
            if each.size < least
        ]
        if not behind or waited >= PATIENCE:
            return [each for _, each in found if each.size >= least], behind
        pause(PAUSE)
        waited += PAUSE


def _documents(watch: Watch) -> list[tuple[str, ShownCounters]]:
    places = [(COUNTERS, watch.source.get(COUNTERS))]
    window = watch.shop_window
    if window is not None:
        places.append((window.name, window.counters()))
    found: list[tuple[str, ShownCounters]] = []
    for place, content in places:
        if content is None:
            raise AlarmError(Kind.COUNTERS, f"No counters are shown: {place} has none.")
        try:
            found.append((place, msgspec.json.decode(content, type=ShownCounters)))
        except ValueError as error:  # msgspec's own errors are
            raise AlarmError(Kind.COUNTERS, f"{place} cannot be read: {error}.") from None
    return found


def _wait(watch: Watch, memory: Memory, shown: int, pause: Pause) -> _Current:
    """The checkpoint, once it covers what is shown and what was seen, or patience ends."""
    held = memory.held
    waited = 0.0
    while True:
        current = _read(watch, memory)
        size = current.checkpoint.size
        if size >= max(shown, held.size if held else 0) or waited >= PATIENCE:
            return current
        pause(PAUSE)
        waited += PAUSE


def _read(watch: Watch, memory: Memory) -> _Current:
    content = watch.source.get(CHECKPOINT)
    if content is None:
        raise AlarmError(Kind.SILENT, f"{watch.source.name} has no checkpoint.")
    pinned = watch.keys or tuple(map(parse_key, memory.keys))
    cosigners = tuple(each.key for each in watch.policy.witnesses)
    try:
        text = content.decode()
        keys = pinned or _listed(watch.source, ())
        try:
            found, note = checkpoint.read(text, (*keys, *cosigners))
        except NoteError:
            # After a rotation: the new key is believed when a pinned one endorses it.
            keys = _listed(watch.source, keys)
            found, note = checkpoint.read(text, (*keys, *cosigners))
    except (NoteError, UnicodeDecodeError) as error:
        raise AlarmError(
            Kind.SIGNATURE, f"The checkpoint cannot be believed: {error}.", _printable(content)
        ) from None
    held = memory.held
    if held is not None and held.origin != found.origin:
        raise AlarmError(
            Kind.SIGNATURE, f"This is the log {found.origin}; {held.origin} was watched.", text
        )
    return _Current(keys, found, note, text)


def _listed(source: Source, pinned: Sequence[VerifierKey]) -> tuple[VerifierKey, ...]:
    """The keys of `keys.json` that follow from a pinned one, or, with none, from its first."""
    document = source.get(KEYS)
    if document is None:
        raise NoteError(f"{KEYS} is missing, and no key that is known has signed")
    listed = keylist.read(document)
    anchor = next((key for key in reversed(pinned) if key.name == listed.origin), None)
    if pinned and anchor is None:
        raise NoteError(f"no key that is known is one of the log {listed.origin}")
    return tuple(keylist.trusted(listed, anchor))


def _check_continues(source: Source, memory: Memory, current: _Current) -> None:
    held, signed = memory.held, current.checkpoint
    if held is None:
        return
    if signed.size < held.size:
        raise AlarmError(
            Kind.ROLLBACK,
            f"The log was rolled back: it had {held.size} entries, and its checkpoint has "
            f"{signed.size}.",
            memory.note,
            current.text,
        )
    if not held.size or held == signed:
        return
    read = reader(source, signed.size)
    try:
        if signed.size == held.size:
            raise ProofError("two roots for one size")
        path = proof.consistency(held.size, signed.size, read)
        proof.verify_consistency(held.size, signed.size, held.root, signed.root, path)
    except ProofError:
        # A fork, where the tiles make the root that was signed; if not, `follow` says which
        # file was altered.
        if signed.size == held.size or fold(read(perfect(0, signed.size))) == signed.root:
            raise AlarmError(
                Kind.FORK,
                f"The log was forked: its checkpoint of {signed.size} entries does not continue "
                f"the one of {held.size} that was verified. Keep both: they prove it.",
                memory.note,
                current.text,
            ) from None


def _waiting(before: Waiting | None, later: Sequence[ShownCounters], now: int) -> Waiting | None:
    """The earliest shown that the log has not reached; what waited already goes on waiting."""
    if before is not None and before.shown in later:
        return before
    return Waiting(now, min(later, key=lambda each: each.size)) if later else None


def _counters(sentences: Sequence[str]) -> list[Alert]:
    return [Alert(Kind.COUNTERS, " ".join(dict.fromkeys(sentences)))] if sentences else []


def _stale(watch: Watch, waiting: Waiting | None, signed: Checkpoint, now: int) -> list[Alert]:
    if waiting is None or now - waiting.since < watch.stale:
        return []
    return [
        Alert(
            Kind.STALE,
            f"The checkpoint is stale: the site has shown {waiting.shown.size} entries for "
            f"{now - waiting.since} seconds, and the checkpoint still has {signed.size}.",
        )
    ]


def _quorum(policy: Policy, note: Note) -> list[Alert]:
    if policy.is_met(note.verified):
        return []
    names = ", ".join(sorted(policy.cosigners(note.verified))) or "nobody"
    return [
        Alert(
            Kind.QUORUM,
            f"The quorum {policy.quorum} of the policy is not met: cosigned by {names}.",
        )
    ]


def _printable(content: bytes) -> str:
    return content.decode("utf-8", "replace")
