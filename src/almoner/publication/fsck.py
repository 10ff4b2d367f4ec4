"""Holds database, log and files against one another, and mends what can be mended.

First the database's entries are folded: they are to make every root that was signed; where
they do not, no file is touched. Then the log is written anew into a store that compares. A
file that differs or lacks is put right; a tile beyond the checkpoint that is not the
database's would stand in the next publication's way, and is taken away. A server may run
meanwhile. Limit: a damaged database is mended from a backup.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from almoner.config import ConfigError, Settings
from almoner.counters import snapshot
from almoner.counters.snapshot import Document
from almoner.ledger import Database, audit, reads
from almoner.log import merkle
from almoner.log.checkpoint import Checkpoint
from almoner.log.note import NoteError
from almoner.log.policy import NONE
from almoner.log.store import CHECKPOINT, COUNTERS, KEYS, Store, read_tile
from almoner.log.tile import WIDTH, TileError, parse_path, tiles
from almoner.log.writer import Writer
from almoner.publication import keys
from almoner.publication.lease import Lease
from almoner.publication.publisher import read_checkpoint, read_signed, signed_note
from almoner.publication.witnesses import read_policy

PAGE = 1_000
# Files named one by one; where more are damaged, most are.
MAX_NAMED = 50

_MEND = "almoner fsck --mend"
_BACKUP = "Restore the last backup, and keep this database aside"
_RESTART = "Start the server, or start it again: it puts one"

Progress = Callable[[int, int], None]
Level = Literal["fine", "mended", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, and how to mend it where it is wrong."""

    level: Level
    what: str
    mend: str = ""


def examine(
    settings: Settings,
    db: Database,
    store: Store,
    *,
    mend: bool = False,
    progress: Progress = lambda done, of: None,
) -> Iterator[Finding]:
    """Look at the ledger, the keys, the checkpoint, and every file that it implies."""
    ledger = _examine_ledger(db)
    yield ledger
    try:
        held = keys.load(settings)
        signed = read_signed(settings, held)
        policy = read_policy(settings)
    except (ConfigError, NoteError) as error:
        yield Finding("wrong", str(error), "Restore keys/ and the settings from a backup")
        return
    yield Finding("fine", f"The log {held.origin} is signed by {held.signers[-1].key}")
    published, trouble = None, f"There is no {CHECKPOINT}"
    try:
        read = read_checkpoint(store, held)
        published, trouble = (read[0], "") if read else (None, trouble)
    except NoteError as error:
        trouble = str(error)
    out = published or signed
    if out is None:
        yield Finding("wrong", trouble, _RESTART)
        return
    size = reads.head(db).size
    wrong = _examine_roots(db, [each for each in (out, signed) if each], size, progress)
    if wrong is not None:
        yield wrong
        return
    yield Finding("fine", f"The checkpoint of {out.size} entries is what the database makes")
    # Past the checkpoint nothing vouches for the database but itself.
    end = out.size if ledger.level == "wrong" else size
    yield from _examine_tiles(db, store, out.size, end, mend=mend, progress=progress)
    if trouble:  # last, for a checkpoint is there only when what it implies is
        yield _put_signed(settings, db, store, trouble, mend=mend, alone=policy.quorum == NONE)
    listed = keys.document(held, [each.key for each in policy.witnesses])
    if store.get(KEYS) != listed:
        yield _mend_file(store, KEYS, listed, mend=mend)
    yield from _examine_counters(db, store, out.size)


def _examine_ledger(db: Database) -> Finding:
    try:
        problem = audit.check(db)
    except AssertionError as error:  # an entry that fits its own hash, and nobody can read
        problem = f"The ledger was altered: {error}"
    if problem:
        return Finding("wrong", problem, _BACKUP)
    return Finding("fine", "The ledger's balances are what its entries make")


def _examine_roots(
    db: Database, signed: Sequence[Checkpoint], size: int, progress: Progress
) -> Finding | None:
    """What is wrong with the database where it does not make every root that was signed."""
    most = max(each.size for each in signed)
    if size < most:
        return Finding(
            "wrong",
            f"The log was published with {most} entries, and the database has {size}",
            "Restore a newer backup; the entries in between are in the log's own files",
        )
    made = 0, b""
    for stop in sorted({each.size for each in signed}):
        for at in range(made[0], stop, PAGE):
            page = reads.entries(db, at, min(PAGE, stop - at))
            made = merkle.extend(*made, (merkle.leaf_hash(each.body) for each in page))
            progress(at, most + size)
        if any(each.size == stop and each.root != merkle.root(*made) for each in signed):
            return Finding(
                "wrong",
                f"The checkpoint of {stop} entries has another root than the database's entries",
                "This is not the database that was published, or it was altered: restore a backup",
            )
    return None


def _put_signed(
    settings: Settings, db: Database, store: Store, trouble: str, *, mend: bool, alone: bool
) -> Finding:
    """Put what was signed last where the checkpoint was, if nobody else puts one just now.

    With a quorum it is for the server to do, which asks the witnesses.
    """
    if not mend:
        return Finding("wrong", trouble, _MEND)
    lease = Lease(settings, db)
    if not lease.take():
        return Finding("wrong", trouble, f"Stop the server, then {_MEND}")
    try:
        if alone:
            store.put(CHECKPOINT, signed_note(settings).encode())
            return Finding("mended", trouble)
        store.delete(CHECKPOINT)
        return Finding("wrong", trouble, _RESTART)
    finally:
        lease.release()


def _examine_tiles(
    db: Database, store: Store, out: int, end: int, *, mend: bool, progress: Progress
) -> Iterator[Finding]:
    """Hold every tile and bundle of the database's entries against what lies there."""
    compared = _Comparing(store, mend=mend)
    writer = Writer(compared)
    for stop in (out, end):
        for at in range(writer.size, stop, PAGE):
            writer.add(each.body for each in reads.entries(db, at, min(PAGE, stop - at)))
            progress(out + at, out + end)
        writer.flush()
        compared.implied = False
    level: Level = "mended" if mend else "wrong"
    for what in compared.wrong[:MAX_NAMED]:
        yield Finding(level, what, "" if mend else _MEND)
    if len(compared.wrong) > MAX_NAMED:
        more = f"And {len(compared.wrong) - MAX_NAMED:,} more files"
        yield Finding(level, more, "" if mend else _MEND)
    if not compared.wrong:
        yield Finding("fine", f"All {compared.count:,} tiles and bundles of the log are whole")
    if mend:
        _collect(store, out)


def _collect(store: Store, size: int) -> None:
    """Remove every partial tile whose full one is there."""
    for tile in tiles(0, size):
        if tile.width == WIDTH:
            store.delete(f"{tile.path}.p/")
            if tile.level == 0:
                store.delete(f"{tile.path.replace('tile/0/', 'tile/entries/')}.p/")


def _examine_counters(db: Database, store: Store, size: int) -> Iterator[Finding]:
    content = store.get(COUNTERS)
    if content is None:
        yield Finding("wrong", f"{COUNTERS} is missing", _RESTART)
        return
    try:
        shown = msgspec.json.decode(content, type=Document)
    except (msgspec.DecodeError, UnicodeDecodeError):
        yield Finding("wrong", f"{COUNTERS} cannot be read", _RESTART)
        return
    now = snapshot.read(db).document
    if shown.size > max(size, now.size) or (
        shown.size == now.size and _values(shown) != _values(now)
    ):
        yield Finding("wrong", f"{COUNTERS} was altered", _RESTART)


def _values(document: Document) -> dict[str, tuple[str, ...]]:
    """What each counter says; its label may change without an entry."""
    return {
        each.cause: tuple(getattr(each, measure).value for measure in snapshot.MEASURES)
        for each in document.counters
    }


def _mend_file(store: Store, path: str, content: bytes, *, mend: bool) -> Finding:
    what = f"{path} is missing" if store.get(path) is None else f"{path} was altered"
    if not mend:
        return Finding("wrong", what, _MEND)
    store.put(path, content)
    return Finding("mended", what)


class _Comparing:
    """A store that compares what is put with what is there, and with `mend` puts it right.

    What a checkpoint implies is to be there; what it does not may be missing.
    """

    def __init__(self, store: Store, *, mend: bool) -> None:
        self._store = store
        self._mend = mend
        self.implied = True
        self.wrong: list[str] = []
        self.count = 0

    def get(self, path: str) -> bytes | None:
        """The content at a path."""
        return self._store.get(path)

    def put(self, path: str, content: bytes) -> None:
        """Compare a file with what is there."""
        self.count += self.implied
        there = self._store.get(path)
        if there == content or (
            there is None and not (self.implied and self._lacks(path, content))
        ):
            return
        if there is None:
            self.wrong.append(f"{path} is missing")
        elif self.implied:
            self.wrong.append(f"{path} was altered")
        else:
            self.wrong.append(f"{path} was put for entries that the database does not have")
        if self._mend:
            self._store.delete(path)
            if self.implied:
                self._store.put(path, content)

    def delete(self, path: str) -> None:
        """Nothing is removed."""

    def _lacks(self, path: str, content: bytes) -> bool:
        """Whether a missing file is not in the full tile either, which is the same as there."""
        try:
            return read_tile(self._store, parse_path(path)) != content
        except TileError:
            return True
