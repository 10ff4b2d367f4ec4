"""Writes a growing log's tiles and bundles into a store, each exactly once.

A `Writer` holds the right edge of the tree: the unfinished tile of each level and the
unfinished bundle. Full tiles are put as they fill; `flush` puts the partial ones of the size
reached, so that a checkpoint may be signed for it, and `collect` removes partial ones whose
full tile is there. What is put depends on the entries alone: to put it again after a crash
is to put the same bytes. Limit: a writer whose store failed is to be opened anew.
"""

from collections.abc import Iterable

from almoner.log import merkle
from almoner.log.entry import MAX_ENTRY
from almoner.log.merkle import leaf_hash, parents
from almoner.log.proof import perfect
from almoner.log.store import Store, read_tile
from almoner.log.tile import (
    WIDTH,
    Tile,
    bundle,
    hashes_of,
    node,
    pack,
    unpack,
)


class Writer:
    """The right edge of a log of `size` entries."""

    def __init__(self, store: Store) -> None:
        self.size = 0
        self._store = store
        self._entries: list[bytes] = []
        self._levels: list[list[bytes]] = [[]]
        self._filled: list[Tile] = []
        self._flushed = 0  # the size whose partial tiles are there

    @classmethod
    def open(cls, store: Store, size: int) -> "Writer":
        """The right edge of what the store holds for a log of `size` entries.

        `collect` then also looks at the last full tiles: a crash may have come before it.
        """
        writer = cls(store)
        writer.size = writer._flushed = size
        level = 0
        writer._levels = []
        while size >> (8 * level) or level == 0:
            number, width = divmod(size >> (8 * level), WIDTH)
            writer._levels.append(
                hashes_of(read_tile(store, Tile(level, number, width))) if width else []
            )
            if number:
                writer._filled.append(Tile(level, number - 1))
            level += 1
        number, width = divmod(size, WIDTH)
        if number:
            writer._filled.append(bundle(number - 1))
        if width:
            tile = bundle(number, width)
            writer._entries = unpack(read_tile(store, tile), tile)
        return writer

    @property
    def frontier(self) -> bytes:
        """The roots of the perfect subtrees of this size, as `merkle.extend` takes them."""
        return b"".join(self._node(level, index) for level, index in perfect(0, self.size))

    @property
    def root(self) -> bytes:
        """The root over everything added so far."""
        return merkle.root(self.size, self.frontier)

    def add(self, entries: Iterable[bytes]) -> None:
        """Take entries, and put every tile and bundle that they fill."""
        for entry in entries:
            assert len(entry) <= MAX_ENTRY, f"entry {self.size}: {len(entry)} bytes"
            self._entries.append(entry)
            self._levels[0].append(leaf_hash(entry))
            self.size += 1
            if len(self._entries) == WIDTH:
                self._put(bundle(self.size // WIDTH - 1), pack(self._entries))
                self._entries = []
                self._fill()

    def flush(self) -> None:
        """Put the partial tiles and the partial bundle of this size that are not there yet."""
        for level, hashes in enumerate(self._levels):
            if hashes and self.size >> (8 * level) != self._flushed >> (8 * level):
                number = (self.size >> (8 * level)) // WIDTH
                self._store.put(Tile(level, number, len(hashes)).path, b"".join(hashes))
        if self._entries and self.size != self._flushed:
            last = bundle(self.size // WIDTH, len(self._entries))
            self._store.put(last.path, pack(self._entries))
        self._flushed = self.size

    def collect(self) -> None:
        """Remove the partial tiles of those that were filled since the last time."""
        for tile in self._filled:
            self._store.delete(f"{tile.path}.p/")
        self._filled = []

    def _fill(self) -> None:
        level = 0
        while len(self._levels[level]) == WIDTH:
            number = (self.size >> (8 * level)) // WIDTH - 1
            hashes = self._levels[level]
            self._put(Tile(level, number), b"".join(hashes))
            while len(hashes) > 1:
                hashes = parents(hashes)
            self._levels[level] = []
            level += 1
            if level == len(self._levels):
                self._levels.append([])
            self._levels[level].append(hashes[0])

    def _put(self, tile: Tile, content: bytes) -> None:
        self._store.put(tile.path, content)
        self._filled.append(tile)

    def _node(self, level: int, index: int) -> bytes:
        row, height = divmod(level, 8)
        return node(b"".join(self._levels[row]), level, (index << height) % WIDTH)
