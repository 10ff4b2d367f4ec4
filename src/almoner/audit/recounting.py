"""Reads every entry and tile of a log, on all cores, and folds them.

Each worker takes a run of bundles: it hashes the entries, holds them against their tiles and
sorts them by shape (`log.recount`); this process folds the runs in order and goes up the
levels of tiles to the root. Nothing is believed because its neighbours fit: every hash of
every tile is recomputed from the entries.
"""

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise

from almoner.audit.sources import Source
from almoner.log.merkle import EMPTY_ROOT, leaf_hashes, parents
from almoner.log.proof import fold, perfect
from almoner.log.recount import Recount, Shaped, shape
from almoner.log.store import read_tile
from almoner.log.tile import WIDTH, Tile, bundle, hashes_of, unpack

# A worker's turn: some 16,000 entries, a fraction of a second.
BUNDLES = 64
# Files that a worker asks for at once; on the web each costs a round trip.
FETCHES = 8

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Turn:
    """What a worker found: bundle roots, leaf hashes asked for, runs, the first misfit."""

    roots: Sequence[bytes]
    leaves: dict[int, list[bytes]]
    runs: Sequence[Shaped]
    misfit: "Misfit | None"


@dataclass(frozen=True, slots=True)
class Misfit:
    """The hash at `place` of a tile is not what lies below it makes."""

    tile: Tile
    place: int


@dataclass(slots=True)
class Tree:
    """What was recomputed: each level's hashes, but of the lowest those asked for only."""

    size: int
    leaves: dict[int, list[bytes]] = field(default_factory=dict[int, list[bytes]])
    rows: list[list[bytes]] = field(default_factory=lambda: [[], []])
    misfit: Misfit | None = None

    def root(self, size: int) -> bytes:
        """The root of the first `size` entries; the bundle it ends in was asked for."""
        if not size:
            return EMPTY_ROOT
        return fold([self._node(level, index) for level, index in perfect(0, size)])

    def _node(self, level: int, index: int) -> bytes:
        row, height = divmod(level, 8)
        first = index << height
        if row:
            hashes = self.rows[row][first : first + (1 << height)]
        else:
            number, at = divmod(first, WIDTH)
            hashes = self.leaves[number][at : at + (1 << height)]
        return _root(hashes)


def recount(
    source: Source,
    size: int,
    stops: Iterable[int],
    *,
    processes: int | None = None,
    progress: Progress = lambda _: None,
    at_stop: Callable[[Recount], None] = lambda _: None,
) -> Tree:
    """Read and fold the first `size` entries; `at_stop` is called when the fold is at a stop.

    Roots can be asked of the tree at `size` and at each stop. A `RecountError` names the
    first entry that is wrong.
    """
    cuts = sorted({stop for stop in stops if stop < size} | {size})
    folded, tree = Recount(), Tree(size)
    if 0 in cuts:
        at_stop(folded)
    for turn in _turns(source, size, cuts, processes or os.cpu_count() or 1):
        tree.rows[1] += turn.roots
        tree.leaves.update(turn.leaves)
        tree.misfit = tree.misfit or turn.misfit
        for run in turn.runs:
            folded.add(run)
            progress(folded.size)
            if folded.size in cuts:
                at_stop(folded)
    _climb(source, tree)
    return tree


def _turns(source: Source, size: int, cuts: Sequence[int], processes: int) -> Iterator[Turn]:
    last = -(-size // WIDTH)
    firsts = range(0, last, BUNDLES)
    work = [(source, size, first, min(first + BUNDLES, last), cuts) for first in firsts]
    if processes == 1 or len(work) < 2:
        yield from map(_turn, work)
        return
    # Not fork: this process may have threads. A bounded number of turns is under way.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(processes, len(work)), context) as pool:
        waiting = [pool.submit(_turn, each) for each in work[: 2 * processes]]
        for each in work[2 * processes :]:
            yield waiting.pop(0).result()
            waiting.append(pool.submit(_turn, each))
        for future in waiting:
            yield future.result()


def _turn(work: tuple[Source, int, int, int, Sequence[int]]) -> Turn:
    source, size, first, last, cuts = work
    asked = {cut // WIDTH for cut in cuts}
    bundles = [bundle(n, min(WIDTH, size - n * WIDTH)) for n in range(first, last)]
    tiles = [Tile(0, each.number, each.width) for each in bundles]
    contents = _fetch(source, [*bundles, *tiles])
    roots: list[bytes] = []
    leaves: dict[int, list[bytes]] = {}
    entries: list[bytes] = []
    misfit: Misfit | None = None
    for each, tile in zip(bundles, tiles, strict=True):
        found = unpack(contents[each], each)
        hashes = leaf_hashes(found)
        misfit = misfit or _compare(tile, contents[tile], hashes)
        if each.number in asked:
            leaves[each.number] = hashes
        if each.width == WIDTH:
            roots.append(_root(hashes))
        entries += found
    start, end = first * WIDTH, first * WIDTH + len(entries)
    bounds = [start, *(cut for cut in cuts if start < cut < end), end]
    runs = [shape(a, entries[a - start : b - start]) for a, b in pairwise(bounds)]
    return Turn(roots, leaves, runs, misfit)


def _fetch(source: Source, tiles: Sequence[Tile]) -> dict[Tile, bytes]:
    if not source.is_live:
        return {tile: read_tile(source, tile) for tile in tiles}
    with ThreadPoolExecutor(FETCHES) as pool:
        return dict(zip(tiles, pool.map(partial(read_tile, source), tiles), strict=True))


def _climb(source: Source, tree: Tree) -> None:
    """Hold the tiles above the lowest against what lies below them."""
    level = 1
    while tree.rows[level]:
        row = tree.rows[level]
        tree.rows.append([])
        for first in range(0, len(row), WIDTH):
            hashes = row[first : first + WIDTH]
            tile = Tile(level, first // WIDTH, len(hashes))
            tree.misfit = tree.misfit or _compare(tile, read_tile(source, tile), hashes)
            if len(hashes) == WIDTH:
                tree.rows[level + 1].append(_root(hashes))
        level += 1


def _compare(tile: Tile, content: bytes, hashes: Sequence[bytes]) -> Misfit | None:
    if content == b"".join(hashes):
        return None
    place = next(at for at, each in enumerate(hashes_of(content)) if each != hashes[at])
    return Misfit(tile, place)


def _root(hashes: Sequence[bytes]) -> bytes:
    while len(hashes) > 1:
        hashes = parents(hashes)
    return hashes[0]
