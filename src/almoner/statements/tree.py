"""The public log that a statement is drawn from: who it is, and its root at any earlier size.

Limit: roots are read from the log's published files, so the checkpoint has to have caught up
with the ledger.
"""

import msgspec

from almoner.config import Settings
from almoner.log import checkpoint, proof
from almoner.log.merkle import EMPTY_ROOT
from almoner.log.note import NoteError
from almoner.log.store import CHECKPOINT, Readable, reader
from almoner.log.tile import TileError
from almoner.publication import keys
from almoner.publication.stores import StoreError, open_store


class StatementError(Exception):
    """A statement that cannot be drawn; the message says why and what to do."""


class Tree(msgspec.Struct, frozen=True):
    """A log whose files can be read: who it is, and how far it is published."""

    origin: str
    key: str
    size: int
    store: Readable

    def root(self, end: int) -> bytes:
        """The root over the first `end` entries."""
        if not end:
            return EMPTY_ROOT
        try:
            return proof.fold(reader(self.store, self.size)(proof.perfect(0, end)))
        except TileError as error:
            raise StatementError(
                f"The log's files are not whole ({error}): ask `almoner fsck`."
            ) from None


def open_tree(settings: Settings) -> Tree:
    """The installation's own log."""
    try:
        held, store = keys.load(settings), open_store(settings)
        content = store.get(CHECKPOINT)
        if content is None:
            raise StatementError(
                "The log has no checkpoint yet, and a statement names one: start "
                "`almoner serve`, which publishes it within a second."
            )
        found, _ = checkpoint.read(content.decode(), held.verifiers)
    except (StoreError, NoteError, UnicodeDecodeError) as error:
        raise StatementError(f"The log cannot be read: {error}") from None
    # The first key: each later one is endorsed by it, and it never changes.
    return Tree(found.origin, str(held.verifiers[0]), found.size, store)
