"""Publishes the log: tiles and bundles, then a checkpoint over them, then the counters.

Guarantee: a checkpoint is put only after everything it implies is durable; its size never
goes back, and its root is the database's own at that size. What was signed last is kept
beside the keys before it is published, so that no restart signs what contradicts it, even
with an empty store. A crash at any instant leaves a store from which the next `publish`
goes on. One process publishes at a time (see `lease`). Limits: a database restored from an
old backup may lack what was published; that is refused until an operator mends it. Of two
servers with homes of their own, one whose PostgreSQL session ends while it is putting a
checkpoint may put it over a newer one, until the next is put.
"""

import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from almoner.config import ConfigError, Settings
from almoner.counters import snapshot
from almoner.ledger import Database, reads
from almoner.ledger.database import DatabaseError
from almoner.log import checkpoint, merkle, proof
from almoner.log.checkpoint import Checkpoint
from almoner.log.note import Note, NoteError, write
from almoner.log.store import CHECKPOINT, COUNTERS, KEYS, Store, reader
from almoner.log.tile import TileError
from almoner.log.writer import Writer
from almoner.publication import files, keys
from almoner.publication.keys import Keys
from almoner.publication.lease import Lease
from almoner.publication.stores import StoreError
from almoner.publication.witnesses import QuorumError, Witnesses, read_policy

# A checkpoint at most this often: each is a handful of files, brought to disk.
PACE = 0.25  # seconds
# How long until a failed publication is tried again, and how often another process's appends
# are looked for.
LOOK = 0.5
# After a failure: a store or a witness that does not answer is not to be asked twice a second.
RETRY = 2.0
PAGE = 1_000  # entries read at a time

logger = logging.getLogger(__name__)


class PublicationError(Exception):
    """The log cannot be published as it is; the message says what an operator can do."""


@dataclass(slots=True)
class _Published:
    """What is out: the checkpoint, the ids of the keys on it, the writer at its size."""

    checkpoint: Checkpoint
    signed_by: frozenset[bytes]
    writer: Writer


class Publisher:
    """Publishes one ledger's log into one store. Owned by one thread, as `db` is."""

    def __init__(self, settings: Settings, db: Database, store: Store) -> None:
        self._settings = settings
        self._db = db
        self._store = store
        self._lease = Lease(settings, db)
        self._keys: tuple[keys.Stamp, Keys] | None = None
        self._published: _Published | None = None
        self._counters = b""
        self._note = ""
        self._witnesses = Witnesses(read_policy(settings), store)

    def publish(self) -> Checkpoint | None:
        """Publish what was appended since the last time; None where another process does.

        Raises `PublicationError` or `StoreError`; nothing is then half-published, and it may
        be tried again.
        """
        if not self._lease.take():
            return None
        try:
            return self._publish()
        except (StoreError, QuorumError) as error:
            self._published = None
            raise PublicationError(str(error)) from error
        except (TileError, NoteError) as error:
            self._published = None
            raise PublicationError(f"{error}: ask `almoner fsck`.") from error
        except BaseException:
            self._published = None
            raise

    def close(self) -> None:
        """Let another process publish."""
        self._lease.release()
        self._db.close()

    def _publish(self) -> Checkpoint:
        held = self._load_keys()
        out = self._published or self._resume(held)
        figures = snapshot.read(self._db)
        size = figures.document.size
        if size < out.checkpoint.size:
            raise PublicationError(
                f"The log was published with {out.checkpoint.size} entries, and the database has "
                f"{size}: it was restored from an older backup. Restore a newer one; the entries "
                "in between are in the log's own files."
            )
        self._grow(
            out.writer,
            size,
            figures.root,
            f"The log was published with {out.checkpoint.size} entries, and the database's "
            f"{size} do not go on from them: it is another database, or was restored from an "
            "older backup and then used. Restore the right one, or ask `almoner fsck`.",
        )
        current = Checkpoint(held.origin, size, figures.root)
        signers = frozenset(each.key.id for each in held.signers)
        if current != out.checkpoint or not signers <= out.signed_by:
            note = write(current.text, [each.sign(current.text) for each in held.signers])
            self._lease.check()
            self._remember(note)
            self._put_checkpoint(self._witnesses.cosigned(note))
            out.writer.collect()
            self._note, out.signed_by = note, signers
        elif later := self._witnesses.later(self._note):
            self._put_checkpoint(later)
        if figures.body != self._counters:
            self._store.put(COUNTERS, figures.body)
            self._counters = figures.body
        out.checkpoint = current
        self._published = out
        return current

    def _remember(self, note: str) -> None:
        """Keep what is signed beside the keys, before anybody sees it."""
        path = _signed_path(self._settings)
        try:
            files.write(path, note.encode(), 0o600)
        except OSError as error:
            raise PublicationError(
                f"{path} cannot be written ({error.strerror}): mend the disk or the permissions; "
                "publication then goes on by itself."
            ) from error

    def _put_checkpoint(self, note: str) -> None:
        """Put it if this process is still the one that publishes: witnesses take their time."""
        self._lease.check()
        self._store.put(CHECKPOINT, note.encode())

    def _resume(self, held: Keys) -> _Published:
        """Take up what the store holds, and hold it against what was signed last."""
        signed = read_signed(self._settings, held)
        published = read_checkpoint(self._store, held)
        if published is None:
            empty = Checkpoint(held.origin, 0, merkle.EMPTY_ROOT)
            out = _Published(empty, frozenset(), Writer(self._store))
        else:
            found, note = published
            writer = Writer.open(self._store, found.size)
            if writer.root != found.root:
                raise PublicationError(
                    "The log's files do not make the root of its checkpoint: run `almoner fsck`."
                )
            out = _Published(found, frozenset(each.key_id for each in note.verified), writer)
        if signed is not None:
            self._check_signed(signed, out)
        return out

    def _check_signed(self, signed: Checkpoint, out: _Published) -> None:
        """Grow the files up to what was signed last, or find it in what they hold already."""
        refusal = (
            f"The checkpoint of {signed.size} entries that was signed last has another root "
            "than {}: this is not the {} that was published."
        )
        if signed.size <= out.checkpoint.size:
            if _root(self._store, signed.size, out.checkpoint.size) != signed.root:
                raise PublicationError(refusal.format("the log's files", "log"))
            return
        size = reads.head(self._db).size
        if size < signed.size:
            raise PublicationError(
                f"A checkpoint of {signed.size} entries was signed, and the database has {size}: "
                "it was restored from an older backup. Restore a newer one."
            )
        self._grow(out.writer, signed.size, signed.root, refusal.format("the database", "database"))

    def _grow(self, writer: Writer, size: int, root: bytes, refusal: str) -> None:
        """Put the tiles of the database's entries up to `size`, which are to make `root`.

        Whether they do is known before the first is put: a tile that is there is never
        written anew, and one of another database would stand in the right one's way.
        """
        made = writer.size, writer.frontier
        for entries in self._pages(writer.size, size):
            made = merkle.extend(*made, map(merkle.leaf_hash, entries))
        if made[0] != size or merkle.root(*made) != root:
            raise PublicationError(refusal)
        if size > writer.size:
            for entries in self._pages(writer.size, size):
                writer.add(entries)
            writer.flush()
        assert writer.root == root, f"the tiles of {size} entries have another root"

    def _pages(self, start: int, stop: int) -> Iterator[list[bytes]]:
        """The database's entries from `start` up to `stop`, a page at a time."""
        for at in range(start, stop, PAGE):
            yield [each.body for each in reads.entries(self._db, at, min(PAGE, stop - at))]

    def _load_keys(self) -> Keys:
        """The keys, read and published again whenever one was added or taken away."""
        stamp = keys.stamp(self._settings)
        if self._keys is not None and self._keys[0] == stamp:
            return self._keys[1]
        held = keys.load(self._settings)
        document = keys.document(held, self._witnesses.keys)
        if self._store.get(KEYS) != document:
            self._store.put(KEYS, document)
        self._keys = stamp, held
        return held


class Publication:
    """A thread that publishes soon after each commit, until it is closed."""

    def __init__(self, make: Callable[[], Publisher]) -> None:
        self._make = make
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="publication", daemon=True)
        self._thread.start()

    def nudge(self) -> None:
        """Something was appended."""
        self._wake.set()

    def close(self) -> None:
        """Publish what is there, then stop."""
        self._closing.set()
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        publisher: Publisher | None = None
        said = ""
        while True:
            closing = self._closing.is_set()
            started = time.monotonic()
            try:
                publisher = publisher or self._make()
                publisher.publish()
                said, pause = "", PACE - (time.monotonic() - started)
            except Exception as error:
                pause = RETRY
                # Whatever it is: readers see the last checkpoint, and it is tried again.
                if str(error) != said:
                    said = str(error)
                    _tell(error)
                if publisher is not None:
                    publisher.close()
                publisher = None
            if closing:
                break
            self._closing.wait(max(0.0, pause))
            self._wake.wait(LOOK)
            self._wake.clear()
        if publisher is not None:
            publisher.close()


def _tell(error: Exception) -> None:
    """One sentence for what an operator can mend; where our own code is wrong, the place too."""
    foreseen = (PublicationError, ConfigError, DatabaseError, sqlite3.Error, psycopg.Error)
    unforeseen = None if isinstance(error, foreseen) else error
    logger.error("The log cannot be published just now: %s", error, exc_info=unforeseen)


def read_checkpoint(store: Store, held: Keys) -> tuple[Checkpoint, Note] | None:
    """The published checkpoint, verified by our own keys, or None before the first."""
    content = store.get(CHECKPOINT)
    if content is None:
        return None
    try:
        return checkpoint.read(content.decode(), held.verifiers)
    except (NoteError, UnicodeDecodeError) as error:
        raise NoteError(f"{CHECKPOINT} cannot be used: {error}") from None


def _root(store: Store, old: int, size: int) -> bytes:
    """The root of the first `old` entries of the `size` that the store holds."""
    if not old:
        return merkle.EMPTY_ROOT
    return proof.roots([(0, old)], reader(store, size))[0]


def _signed_path(settings: Settings) -> Path:
    return keys.path(settings).with_name("signed")


def read_signed(settings: Settings, held: Keys) -> Checkpoint | None:
    """The checkpoint that was signed last, or None before the first."""
    try:
        return checkpoint.read(signed_note(settings), held.verifiers)[0]
    except FileNotFoundError:
        return None
    except (NoteError, UnicodeDecodeError) as error:
        raise NoteError(f"{_signed_path(settings)} cannot be used: {error}") from None


def signed_note(settings: Settings) -> str:
    """The checkpoint that was signed last, as it was signed."""
    return _signed_path(settings).read_text("utf-8")
