"""Follows a log's growth: only what is new is read, and all of it is recomputed.

An `Edge` is what must be kept of a tree to go on with it: the hashes of each level's
unfinished tile. `follow` reads the new entries, hashes them on top of an edge, holds every
new tile against the result, and the result against the signed root, so that what it lets
pass continues what was verified before. Limit: a file that was verified once is not read
again.
"""

from collections.abc import Callable, Collection, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice, pairwise

from almoner.audit.sources import Source
from almoner.log.checkpoint import Checkpoint
from almoner.log.merkle import EMPTY_ROOT, leaf_hash
from almoner.log.proof import ProofError, fold, inclusion, perfect, verify_inclusion
from almoner.log.recount import Recount, RecountError, shape
from almoner.log.store import read_tile, reader
from almoner.log.tile import WIDTH, Tile, bundles, hashes_of, node, parents, unpack

# Bundles that are in memory at once, and files asked for at once: on the web each costs a
# round trip.
BUNDLES = 32
FETCHES = 8

AtStop = Callable[[Recount], None]


class AlteredError(ValueError):
    """A file of the log is not what its checkpoint signs; the message names the place."""


@dataclass(slots=True)
class Edge:
    """The right edge of a tree of `size` entries, by level of tiles."""

    size: int = 0
    levels: list[list[bytes]] = field(default_factory=lambda: [[]])

    @property
    def root(self) -> bytes:
        """The root over everything added so far."""
        if not self.size:
            return EMPTY_ROOT
        return fold([self._node(level, index) for level, index in perfect(0, self.size)])

    def add(self, leaf: bytes) -> list[tuple[Tile, list[bytes]]]:
        """Take the next leaf's hash; the tiles that it fills, lowest first."""
        filled: list[tuple[Tile, list[bytes]]] = []
        self.levels[0].append(leaf)
        self.size += 1
        level = 0
        while len(self.levels[level]) == WIDTH:
            hashes = self.levels[level]
            filled.append((Tile(level, (self.size >> (8 * level)) // WIDTH - 1), hashes))
            self.levels[level] = []
            level += 1
            if level == len(self.levels):
                self.levels.append([])
            self.levels[level].append(_root(hashes))
        return filled

    def unfinished(self) -> list[tuple[Tile, list[bytes]]]:
        """The partial tiles of this size."""
        return [
            (Tile(level, (self.size >> (8 * level)) // WIDTH, len(hashes)), hashes)
            for level, hashes in enumerate(self.levels)
            if hashes
        ]

    def _node(self, level: int, index: int) -> bytes:
        row, height = divmod(level, 8)
        return node(b"".join(self.levels[row]), level, (index << height) % WIDTH)


def follow(
    source: Source,
    edge: Edge,
    counted: Recount,
    goal: Checkpoint,
    stops: Collection[int],
    at_stop: AtStop,
) -> None:
    """Bring `edge` and `counted`, both of one size, to the size of a verified checkpoint.

    `at_stop` is called when the fold is at a stop. Raises `AlteredError` where a file is not
    what the checkpoint signs, `TileError` where one is missing or torn, and, once the files
    are proven, `RecountError` for the first entry that breaks a rule.
    """
    assert edge.size == counted.size, f"an edge of {edge.size}, a fold of {counted.size}"
    assert edge.size <= goal.size, f"from {edge.size} to {goal.size}"
    start, wrong = edge.size, None
    if start in stops:
        at_stop(counted)
    for first, entries, tile, hashes in _read(source, start, goal.size):
        leaves = [leaf_hash(entry) for entry in entries]
        _check_old(edge, first, leaves)
        _check_leaves(source, goal, first, leaves, tile, hashes)
        new = max(first, edge.size)
        for leaf in leaves[new - first :]:
            for filled, content in edge.add(leaf):
                _check_tile(source, filled, content)
        if wrong is None:
            try:
                _fold(counted, entries[new - first :], stops, at_stop)
            except RecountError as error:
                wrong = error
    for partial, content in edge.unfinished() if goal.size > start else ():
        _check_tile(source, partial, content)
    if edge.root != goal.root:
        raise AlteredError(
            f"The {goal.size} entries make the root {edge.root.hex()}, and the checkpoint signs "
            f"{goal.root.hex()}"
        )
    if wrong is not None:
        raise wrong


def _read(
    source: Source, old: int, new: int
) -> Generator[tuple[int, list[bytes], Tile, list[bytes]]]:
    """Each new bundle: the number of its first entry, its entries, its tile, that one's hashes."""

    def fetch(tile: Tile) -> bytes:
        return read_tile(source, tile)

    todo = bundles(old, new)  # never a list: a dishonest log may claim any size
    with ThreadPoolExecutor(FETCHES if source.is_live else 1) as pool:
        while part := list(islice(todo, BUNDLES)):
            tiles = [Tile(0, each.number, each.width) for each in part]
            contents = list(pool.map(fetch, [*part, *tiles]))
            for place, (each, tile) in enumerate(zip(part, tiles, strict=True)):
                entries = unpack(contents[place], each)
                yield each.number * WIDTH, entries, tile, hashes_of(contents[len(part) + place])


def _fold(counted: Recount, entries: Sequence[bytes], stops: Collection[int], tell: AtStop) -> None:
    start, end = counted.size, counted.size + len(entries)
    cuts = [start, *sorted(stop for stop in stops if start < stop < end), end]
    for one, next_one in pairwise(cuts):
        counted.add(shape(one, entries[one - start : next_one - start]))
        if counted.size in stops:
            tell(counted)


def _check_old(edge: Edge, first: int, leaves: Sequence[bytes]) -> None:
    """The entries of an unfinished bundle are still those that were verified."""
    for at, (now, before) in enumerate(zip(leaves, edge.levels[0], strict=False)):
        if first + at >= edge.size:
            return
        if now != before:
            raise AlteredError(f"Entry {first + at} was altered since it was verified")


def _check_leaves(
    source: Source,
    goal: Checkpoint,
    first: int,
    leaves: Sequence[bytes],
    tile: Tile,
    hashes: Sequence[bytes],
) -> None:
    for at, (leaf, shown) in enumerate(zip(leaves, hashes, strict=True)):
        if leaf != shown:
            raise AlteredError(_blame(source, goal, first + at, tile, leaf, shown))


def _blame(
    source: Source, goal: Checkpoint, index: int, tile: Tile, leaf: bytes, shown: bytes
) -> str:
    """Which of an entry and its tile is the altered one: the other is proven by the root."""
    path = inclusion(index, goal.size, reader(source, goal.size))
    place = index % WIDTH
    blames = (
        (shown, f"Entry {index} was altered: its hash is not the one in {tile.path}"),
        (leaf, f"{tile.path} was altered: its hash {place} is not that of entry {index}"),
    )
    for right, sentence in blames:
        try:
            verify_inclusion(index, goal.size, right, path, goal.root)
        except ProofError:
            continue
        return sentence
    return f"Entry {index} and its hash in {tile.path} differ, and the checkpoint signs neither"


def _check_tile(source: Source, tile: Tile, expected: Sequence[bytes]) -> None:
    if tile.level == 0:
        return  # each of its hashes was held against its entry
    for at, shown in enumerate(hashes_of(read_tile(source, tile))):
        if shown != expected[at]:
            raise AlteredError(f"{tile.path} was altered: its hash {at} is not what lies below it")


def _root(hashes: Sequence[bytes]) -> bytes:
    while len(hashes) > 1:
        hashes = parents(hashes)
    return hashes[0]
