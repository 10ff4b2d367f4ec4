"""Where a log's files lie: the one thing this room knows of the outside."""

from collections.abc import Sequence
from typing import Protocol

from almoner.log.proof import Node, Read
from almoner.log.tile import ENTRIES, WIDTH, Tile, TileError, check, cut, holding, node, unpack

CHECKPOINT = "checkpoint"
KEYS = "keys.json"
COUNTERS = "counters.json"


class Store(Protocol):
    """Files by their path below the log's prefix.

    `put` returns when the content is durable and whole: a reader sees the old content or the
    new, never a part of it.
    """

    def get(self, path: str) -> bytes | None:
        """The content at a path, or None where there is none."""
        ...

    def put(self, path: str, content: bytes) -> None:
        """Write a file, in place of one that is there."""
        ...

    def delete(self, path: str) -> None:
        """Remove a file, or all below a path that ends in a slash; none there is no error."""
        ...


class Readable(Protocol):
    """The part of a store that who only reads has."""

    def get(self, path: str) -> bytes | None:
        """The content at a path, or None where there is none."""
        ...


def read_tile(store: Readable, tile: Tile) -> bytes:
    """A tile's or bundle's content, cut from the full one where the partial one is gone."""
    content = store.get(tile.path)
    if content is None and tile.width < WIDTH:
        whole = store.get(tile.full.path)
        content = None if whole is None else cut(whole, tile)
    if content is None:
        raise TileError(f"{tile.path} is missing")
    return content if tile.level == ENTRIES else check(content, tile)


def read_entry(store: Readable, index: int, size: int) -> bytes:
    """Entry `index` of a log of `size` entries."""
    number, at = divmod(index, WIDTH)
    tile = Tile(ENTRIES, number, min(WIDTH, size - number * WIDTH))
    return unpack(read_tile(store, tile), tile)[at]


def reader(store: Readable, size: int) -> Read:
    """Reads nodes of a log of `size` entries from its tiles, each tile once a call."""

    def read(nodes: Sequence[Node]) -> list[bytes]:
        found: dict[Tile, bytes] = {}
        hashes: list[bytes] = []
        for level, index in nodes:
            tile, at = holding(level, index, size)
            if tile not in found:
                found[tile] = read_tile(store, tile)
            hashes.append(node(found[tile], level, at))
        return hashes

    return read
