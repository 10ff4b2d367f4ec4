"""Holds database, log and files against one another, and mends what can be mended.

The files are written anew from the database into a store that compares instead of writing.
A file that differs or lacks is put right where the database makes the root that was
signed; where it does not, nothing is touched. Limit: a damaged database is mended from a backup.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from almoner.config import ConfigError, Settings
from almoner.ledger import Database, audit, reads
from almoner.log.checkpoint import Checkpoint
from almoner.log.note import NoteError
from almoner.log.store import CHECKPOINT, Store
from almoner.log.tile import WIDTH, tiles
from almoner.log.writer import Writer
from almoner.publication import keys
from almoner.publication.publisher import read_checkpoint, read_signed

PAGE = 1_000

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, and how to mend it where it is wrong."""

    level: Literal["fine", "mended", "wrong"]
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
    problem = audit.check(db)
    if problem:
        yield Finding("wrong", problem, "Restore the last backup, and keep this database aside")
    else:
        yield Finding("fine", "The ledger's balances are what its entries make")
    try:
        held = keys.load(settings)
        published = read_checkpoint(store, held)
        signed = read_signed(settings, held)
    except (ConfigError, NoteError) as error:
        yield Finding("wrong", str(error), "Restore keys/ and the log's files from one backup")
        return
    yield Finding("fine", f"The log {held.origin} is signed by {held.signers[-1].key}")
    if published is None:
        yield Finding("wrong", f"There is no {CHECKPOINT}", "Start the server: it publishes one")
        return
    yield from _examine_files(db, store, published[0], signed, mend=mend, progress=progress)


def _examine_files(
    db: Database,
    store: Store,
    out: Checkpoint,
    signed: Checkpoint | None,
    *,
    mend: bool,
    progress: Progress,
) -> Iterator[Finding]:
    size = reads.head(db).size
    if size < max(out.size, signed.size if signed else 0):
        yield Finding(
            "wrong",
            f"The log was published with {out.size} entries, and the database has {size}",
            "Restore a newer backup; the entries in between are in the log's own files",
        )
        return
    compared = _Comparing(store)
    writer = Writer(compared)
    roots = {each.size: each for each in (out, signed) if each is not None}
    for stop in sorted(roots):
        for at in range(writer.size, stop, PAGE):
            page = reads.entries(db, at, min(PAGE, stop - at))
            writer.add(each.body for each in page)
            progress(writer.size, max(roots))
        if writer.root != roots[stop].root:
            yield Finding(
                "wrong",
                f"The checkpoint of {stop} entries has another root than the database's entries",
                "This is not the database that was published, or it was altered: restore a backup",
            )
            return
        if stop == out.size:
            writer.flush()
    yield Finding("fine", f"The checkpoint of {out.size} entries is what the database makes")
    yield from _told(store, compared, out.size, mend=mend)


def _told(store: Store, compared: "_Comparing", size: int, *, mend: bool) -> Iterator[Finding]:
    for path, content in compared.differing.items():
        what = f"{path} is missing" if store.get(path) is None else f"{path} was altered"
        if mend:
            store.delete(path)
            store.put(path, content)
        yield Finding("mended" if mend else "wrong", what, "" if mend else "almoner fsck --mend")
    if not compared.differing:
        yield Finding("fine", f"All {compared.count} files of the log are whole")
    if mend:
        for tile in tiles(0, size):
            if tile.width == WIDTH:
                store.delete(f"{tile.path}.p/")
                store.delete(f"{tile.path.replace('tile/0/', 'tile/entries/')}.p/")


class _Comparing:
    """A store that writes nothing and remembers what it would have changed."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.differing: dict[str, bytes] = {}
        self.count = 0

    def get(self, path: str) -> bytes | None:
        """The content at a path."""
        return self._store.get(path)

    def put(self, path: str, content: bytes) -> None:
        """Compare a file with what is there."""
        self.count += 1
        if self._store.get(path) != content:
            self.differing[path] = content

    def delete(self, path: str) -> None:
        """Nothing is removed."""
