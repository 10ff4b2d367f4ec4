"""Tiles and entry bundles of a log (C2SP tlog-tiles v0.1.0): paths, contents, what is read.

A tile holds up to 256 hashes of one level of tiles: hash `i` of tile `n` at level `l` is the
root of entries `(n·256+i)·256^l` up to `(n·256+i+1)·256^l`. A bundle holds the same range's
entries themselves. A path determines what lies there, so nothing is ever written twice with
different content. Limit: a partial tile may be gone once the full one is there; who reads
falls back to it (`cut`).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from almoner.log.merkle import HASH_SIZE, parents

WIDTH: Final = 256
_BITS: Final = 8  # levels of the Merkle tree to a level of tiles
MAX_LEVEL: Final = 63
ENTRIES: Final = -1  # the level that stands for bundles
# A bundle's bytes at most: each entry has a length of two bytes and up to 65,535 of its own.
MAX_BUNDLE: Final = WIDTH * (2 + 65_535)

# A log of 2^63 entries numbers its tiles with 17 digits.
_PATH = re.compile(r"tile/(entries|[0-9]{1,2})/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([0-9]{1,3}))?")


class TileError(ValueError):
    """A tile or bundle that is not what its path says; the message names it."""


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """A tile by level and number, `width` hashes wide; level −1 is the bundle of entries."""

    level: int
    number: int
    width: int = WIDTH

    def __post_init__(self) -> None:
        assert ENTRIES <= self.level <= MAX_LEVEL, f"a tile at level {self.level}"
        assert self.number >= 0, f"tile {self.number}"
        assert 0 < self.width <= WIDTH, f"a tile {self.width} wide"

    @property
    def path(self) -> str:
        """Where it lies below the log's prefix: `tile/0/x001/234.p/17`."""
        groups = f"{self.number:,}".split(",")
        number = "/".join([*(f"x{int(each):03}" for each in groups[:-1]), f"{int(groups[-1]):03}"])
        level = "entries" if self.level == ENTRIES else str(self.level)
        partial = "" if self.width == WIDTH else f".p/{self.width}"
        return f"tile/{level}/{number}{partial}"

    @property
    def full(self) -> "Tile":
        """The full tile at its place."""
        return Tile(self.level, self.number)


def bundle(number: int, width: int = WIDTH) -> Tile:
    """The bundle of entries `number·256` and on."""
    return Tile(ENTRIES, number, width)


def parse_path(path: str) -> Tile:
    """The tile or bundle that lies at a path."""
    found = _PATH.fullmatch(path)
    if found is None:
        raise TileError(f"{path[:80]!r} is not the path of a tile")
    level = ENTRIES if found[1] == "entries" else int(found[1])
    number = int(found[2].replace("x", "").replace("/", ""))
    width = int(found[3]) if found[3] else WIDTH
    if level > MAX_LEVEL or not 0 < width <= WIDTH:
        raise TileError(f"{path!r} is not the path of a tile")
    tile = Tile(level, number, width)
    if tile.path != path:
        raise TileError(f"{path!r} is not the path of a tile: it is written {tile.path}")
    return tile


def tiles(old: int, new: int) -> Iterator[Tile]:
    """Every tile that a log of `new` entries has and one of `old` had not; lowest levels first."""
    level = 0
    while new >> (_BITS * level):
        had, has = old >> (_BITS * level), new >> (_BITS * level)
        if had != has:
            for number in range(had // WIDTH, has // WIDTH):
                yield Tile(level, number)
            if has % WIDTH:
                yield Tile(level, has // WIDTH, has % WIDTH)
        level += 1


def bundles(old: int, new: int) -> Iterator[Tile]:
    """Every bundle that a log of `new` entries has and one of `old` had not."""
    return (bundle(each.number, each.width) for each in tiles(old, new) if each.level == 0)


def holding(level: int, index: int, size: int) -> tuple[Tile, int]:
    """The tile of a log of `size` entries from which node `(level, index)` is computed.

    With it comes where in the tile the node's part begins: it has `2^(level mod 8)` hashes.
    """
    row, height = divmod(level, _BITS)
    first = index << height
    number, at = divmod(first, WIDTH)
    width = min(WIDTH, (size >> (_BITS * row)) - number * WIDTH)
    assert at + (1 << height) <= width, f"node {level}/{index} is not in a log of {size}"
    return Tile(row, number, width), at


def node(content: bytes, level: int, at: int) -> bytes:
    """The node at `level` whose part of a tile's content begins with hash `at`."""
    count = 1 << (level % _BITS)
    hashes = hashes_of(content)[at : at + count]
    assert len(hashes) == count, f"{len(hashes)} hashes of {count} for a node at {at}"
    while len(hashes) > 1:
        hashes = parents(hashes)
    return hashes[0]


def hashes_of(content: bytes) -> list[bytes]:
    """A tile's hashes."""
    return [content[at : at + HASH_SIZE] for at in range(0, len(content), HASH_SIZE)]


def pack(entries: Sequence[bytes]) -> bytes:
    """A bundle's content: each entry after its length, two bytes, the high one first."""
    return b"".join(part for each in entries for part in (len(each).to_bytes(2), each))


def unpack(content: bytes, tile: Tile) -> list[bytes]:
    """A bundle's entries, as many as it is wide."""
    entries: list[bytes] = []
    at, size = 0, len(content)
    while at + 2 <= size:
        end = at + 2 + (content[at] << 8 | content[at + 1])
        entries.append(content[at + 2 : end])
        at = end
    if at != size or len(entries) != tile.width:
        raise TileError(
            f"{tile.path} is not a bundle of {tile.width} entries: {len(entries)} were read"
        )
    return entries


def cut(content: bytes, tile: Tile) -> bytes:
    """The first part of a full tile or bundle, as wide as `tile`."""
    if tile.level == ENTRIES:
        return pack(unpack(content, tile.full)[: tile.width])
    return check(content, tile.full)[: tile.width * HASH_SIZE]


def check(content: bytes, tile: Tile) -> bytes:
    """A tile's content, if it is as long as its path says."""
    if len(content) != tile.width * HASH_SIZE:
        raise TileError(f"{tile.path} has {len(content)} bytes, not {tile.width * HASH_SIZE}")
    return content
