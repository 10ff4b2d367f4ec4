"""Serials of tokens, and which of them have counted: bits in roaring bitmaps.

Serials are handed out in blocks of 65,536, each reserved durably before its first is used, so
that no serial is ever given twice, by however many processes. A block is one row and one
roaring container: a bit for each spent serial, two bytes each while they are few, runs where
they are many (Lemire et al. 2018, "Roaring Bitmaps: Implementation"). Guarantee: `unspent` and
`spend` run inside the transaction that counts the reads, so a serial is spent exactly when its
read counted. A block is used for an hour at most; once every token from it has expired it is
deleted. `Spent` is a process's own memory of them, to refuse a replay before it costs a
transaction; it may lag behind another process, the transaction does not.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from pyroaring import BitMap

from almoner.ledger import Database
from almoner.reading.rules import TOKEN_MS

BLOCK_BITS = 16
BLOCK = 1 << BLOCK_BITS
BLOCK_MS = 3_600_000

Blocks = Mapping[int, BitMap]


class Spent:
    """The spent serials that a process knows of. Belongs to one thread."""

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = dict(blocks)

    def __contains__(self, serial: int) -> bool:
        block = self._blocks.get(serial >> BLOCK_BITS)
        return block is not None and serial & (BLOCK - 1) in block

    def learn(self, blocks: Blocks) -> None:
        """Take over what a commit has spent."""
        for number, block in blocks.items():
            self._blocks[number] = block

    def keep(self, oldest: int) -> None:
        """Forget the blocks before `oldest`, whose tokens have all expired."""
        for number in [each for each in self._blocks if each < oldest]:
            del self._blocks[number]


def load(db: Database) -> dict[int, BitMap]:
    """Every block that is there."""
    rows = db.rows("SELECT block, spent FROM reading_block")
    return {int(block): BitMap.deserialize(bytes(spent)) for block, spent in rows}


def reserve(db: Database, now_ms: int) -> int:
    """A new block, for this process alone."""
    with db.transaction():
        row = db.row("UPDATE reading_key SET next = next + 1 WHERE id = 1 RETURNING next - 1")
        assert row is not None, "reading has no key"
        db.insert(
            "reading_block",
            "block, reserved_ms, spent",
            [(int(row[0]), now_ms, BitMap().serialize())],
        )
    return int(row[0])


def unspent(db: Database, serials: Iterable[int]) -> tuple[dict[int, BitMap], set[int]]:
    """Read the blocks of these serials under the lock: the blocks, and the serials still unspent.

    A serial whose block is gone is not among the unspent. `spend` puts back what was changed.
    """
    sought: defaultdict[int, BitMap] = defaultdict(BitMap)
    for serial in serials:
        sought[serial >> BLOCK_BITS].add(serial & (BLOCK - 1))
    rows = db.rows_in("SELECT block, spent FROM reading_block WHERE block IN ?", list(sought))
    blocks = {int(block): BitMap.deserialize(bytes(spent)) for block, spent in rows}
    return blocks, {
        number << BLOCK_BITS | offset
        for number, block in blocks.items()
        for offset in sought[number] - block
    }


def spend(db: Database, blocks: Mapping[int, BitMap], serials: Iterable[int]) -> dict[int, BitMap]:
    """Mark serials as spent in the blocks that `unspent` read; those that changed."""
    changed: dict[int, BitMap] = {}
    for serial in serials:
        number = serial >> BLOCK_BITS
        changed[number] = blocks[number]
        blocks[number].add(serial & (BLOCK - 1))
    for block in changed.values():
        block.run_optimize()
    db.run_many(
        "UPDATE reading_block SET spent = ? WHERE block = ?",
        [(block.serialize(), number) for number, block in changed.items()],
    )
    return changed


def forget(db: Database, now_ms: int) -> int:
    """Delete the blocks whose tokens have all expired; the oldest number that stays."""
    with db.transaction():
        db.run("DELETE FROM reading_block WHERE reserved_ms < ?", (now_ms - TOKEN_MS - BLOCK_MS,))
        row = db.row(
            "SELECT COALESCE((SELECT MIN(block) FROM reading_block), next) FROM reading_key"
        )
    assert row is not None, "reading has no key"
    return int(row[0])
