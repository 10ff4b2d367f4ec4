"""The public log: recounting it, proving from it, and what it costs an append."""

import os
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest.mock import patch

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from almoner.audit import verifying
from almoner.audit.sources import Directory as Source
from almoner.audit.verifying import Trust
from almoner.campaigns.model import Line, Order
from almoner.ledger import Database, Event, Ledger, connect, publish, schema
from almoner.ledger.book import Book
from almoner.log import proof
from almoner.log.checkpoint import Checkpoint
from almoner.log.entry import Entry, EntryPledge, EntryPosting, encode
from almoner.log.keylist import KeyList, ListedKey
from almoner.log.merkle import HASH_SIZE, parents
from almoner.log.note import Signer, write
from almoner.log.store import CHECKPOINT, COUNTERS, KEYS, reader
from almoner.log.tile import WIDTH, bundles, hashes_of, tiles, unpack
from almoner.log.writer import Writer
from bench.events import CAMPAIGNS
from bench.measure import Row, compare

RECOUNTED = 1_000_000  # entries
PROVEN = 10_000_000
LARGE = int(os.environ.get("BENCH_ENTRIES", "1000000"))
SMALL = 10_000
BATCH = 1_000
SECONDS = 3.0
PROOFS = 2_000
ORIGIN = "bench.example/log"
# The bound on one inclusion proof: ten milliseconds.
PROOFS_A_SECOND = 100.0


def rows(home: Path) -> Iterator[Row]:
    """Measure with logs that are made in `home`."""
    yield from _recounts(home / "recounted")
    yield _proofs(home / "proven")
    with_log, without = _ledger(home / "with.db"), _ledger(home / "without.db")
    yield compare(
        "appends with the log",
        "the same appends without it",
        "appends/s",
        lambda round_: _append(with_log, f"with-{round_}"),
        lambda round_: _append_unlogged(without, f"without-{round_}"),
        goal=1 / 1.3,
        rounds=3,
    )


def growth(home: Path) -> Iterator[Row]:
    """Measure what an append costs when the ledger is large (BENCH_ENTRIES=10000000)."""
    small, large = _ledger(home / "small.db"), _ledger(home / "large.db")
    _fill(small.db, SMALL)
    _fill(large.db, LARGE)
    yield compare(
        f"appends to {LARGE:,} entries",
        f"appends to {SMALL:,} entries",
        "appends/s",
        lambda round_: _append(large, f"large-{round_}"),
        lambda round_: _append(small, f"small-{round_}"),
        goal=1 / 1.3,
        rounds=3,
    )


class _Files:
    """A store that is not brought to disk: it is thrown away."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def get(self, path: str) -> bytes | None:
        """The content at a path, or None."""
        try:
            return (self._path / path).read_bytes()
        except FileNotFoundError:
            return None

    def put(self, path: str, content: bytes) -> None:
        """Write a file."""
        file = self._path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)

    def delete(self, path: str) -> None:
        """Nothing is deleted."""


def _recounts(path: Path) -> Iterator[Row]:
    _write_log(_Files(path))
    source = Source(path)
    entries = [
        entry
        for tile in bundles(0, RECOUNTED)
        for entry in unpack(source.get(tile.path) or b"", tile)
    ]
    yield compare(
        f"recount of {RECOUNTED:,} entries, one core",
        "bare hashlib over the same leaves and nodes",
        "entries/s",
        lambda _: _recount(source, 1),
        lambda _: _bare(entries),
        goal=0.5,
        rounds=3,
    )
    cores = os.cpu_count() or 1
    yield compare(
        f"recount on {cores} cores",
        "recount on one",
        "entries/s",
        lambda _: _recount(source, cores),
        lambda _: _recount(source, 1),
        goal=None,
        rounds=3,
    )


def _write_log(store: _Files) -> None:
    """A log of orders at a third of a meal an item, signed, with its counters."""
    writer, carried, total = Writer(store), 0, 0
    made: list[bytes] = []
    for index in range(RECOUNTED):
        items = _chance.randint(1, 4)
        whole, carried = divmod(carried + items, 3)
        total += whole
        made.append(_entry(index, items, whole))
        if len(made) == BATCH:
            writer.add(made)
            made = []
    writer.flush()
    signer = Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32)))
    text = Checkpoint(ORIGIN, writer.size, writer.root).text
    store.put(CHECKPOINT, write(text, [signer.sign(text)]).encode())
    store.put(KEYS, msgspec.json.encode(KeyList(ORIGIN, (ListedKey(str(signer.key), 0),))))
    zero, all_of_it = {"value": "0"}, {"value": str(total)}
    meals = {
        **dict.fromkeys(("opening", "held", "delivered", "confirmed"), zero),
        **dict.fromkeys(("shown", "pledged", "owed"), all_of_it),
        "cause": "meals",
        "label": "Meals",
        "unit": "meal",
    }
    store.put(COUNTERS, msgspec.json.encode({"size": writer.size, "counters": [meals]}))


def _entry(index: int, items: int, whole: int) -> bytes:
    """An order of `items` at a third of a meal each, by which `whole` meals are owed."""
    seconds, micros = divmod(index * 100, 1_000_000)
    return encode(
        Entry(
            1,
            index,
            f"2026-05-20T12:{seconds // 60:02}:{seconds % 60:02}.{micros:06}Z",
            "pledge",
            f"{_chance.getrandbits(256):064x}",
            pledges=(EntryPledge("third-helping", 1, "1" if items == 3 else f"{items}/3"),),
            postings=(
                (
                    EntryPosting(
                        "external",
                        "charity/harbor-table/owed/meals/third-helping",
                        "meal",
                        str(whole),
                    ),
                )
                if whole
                else ()
            ),
        )
    )


def _recount(source: Source, processes: int) -> float:
    started = time.perf_counter()
    report, _ = verifying.verify(source, Trust(), processes=processes)
    assert report.holds, report.differences
    return RECOUNTED / (time.perf_counter() - started)


def _bare(entries: list[bytes]) -> float:
    started = time.perf_counter()
    row = [sha256(b"\x00" + entry).digest() for entry in entries]
    while len(row) > 1:
        row = [
            sha256(b"\x01" + left + right).digest()
            for left, right in zip(row[::2], row[1::2], strict=False)
        ]
    return len(entries) / (time.perf_counter() - started)


def _proofs(path: Path) -> Row:
    """Inclusion proofs from the tiles of a large log; its leaves are any 32 bytes."""
    store = _Files(path)
    _write_tiles(store)
    asked: list[str] = []

    class Counted:
        def get(self, path: str) -> bytes | None:
            asked.append(path)
            return store.get(path)

    def prove(_: int) -> float:
        places = [_chance.randrange(PROVEN) for _ in range(PROOFS)]
        asked.clear()
        started = time.perf_counter()
        for index in places:
            proof.inclusion(index, PROVEN, reader(Counted(), PROVEN))
        elapsed = time.perf_counter() - started
        # Three levels of tiles; at each the proof's own and the right edge's.
        assert len(asked) <= 6 * PROOFS, f"{len(asked) / PROOFS} tiles a proof"
        return PROOFS / elapsed

    return compare(
        f"inclusion proofs from {PROVEN:,} entries",
        "one every ten milliseconds",
        "proofs/s",
        prove,
        lambda _: PROOFS_A_SECOND,
        goal=1,
        rounds=3,
    )


def _write_tiles(store: _Files) -> None:
    above: dict[int, list[bytes]] = {}
    for tile in tiles(0, PROVEN):
        if tile.level == 0:
            content = os.urandom(tile.width * HASH_SIZE)
        else:
            content = b"".join(above[tile.level][tile.number * WIDTH :][: tile.width])
        store.put(tile.path, content)
        if tile.width == WIDTH:
            hashes = hashes_of(content)
            while len(hashes) > 1:
                hashes = parents(hashes)
            above.setdefault(tile.level + 1, []).append(hashes[0])


class _Unlogged(Book):
    """The same ledger without its log: no entry, no leaf, no commitment."""

    def _seal(self, *_: object) -> None:
        self.size += 1

    def write(self) -> None:
        """Write everything but the log, of which only the size is kept."""
        self._start, self.frontier = self.size, bytes(HASH_SIZE * self.size.bit_count())
        super().write()


def _append_unlogged(ledger: Ledger, prefix: str) -> float:
    with (
        patch("almoner.ledger.append.Book", _Unlogged),
        patch("almoner.ledger.append.commitment", lambda *_: ""),
    ):
        return _append(ledger, prefix)


def _append(ledger: Ledger, prefix: str) -> float:
    spent, count = 0.0, 0
    while spent < SECONDS:
        batch = [_order(f"{prefix}-{count + number}") for number in range(BATCH)]
        started = time.perf_counter()
        ledger.append(batch, datetime.now(UTC))
        spent += time.perf_counter() - started
        count += BATCH
    return count / spent


def _order(ref: str) -> Event:
    order = Order("USD", (Line("1", 2, 1998, "bowl-7", "BOWL"),), ("spring",))
    return Event("bench", ref, "order", _NOW, order)


def _ledger(path: Path) -> Ledger:
    path.parent.mkdir(parents=True, exist_ok=True)
    ledger = Ledger(connect(path))
    schema.create(ledger.db)
    for version in CAMPAIGNS:
        publish(ledger.db, version, _NOW)
    return ledger


def _fill(db: Database, count: int) -> None:
    """Put `count` pledged orders into a ledger as rows, without running them."""
    _append_one(db)
    body = '{"currency":"USD","lines":[{"id":"1","quantity":2,"revenue":1998}],"tags":["spring"]}'
    moment = "2026-05-20T12:00:00.000000Z"
    db.run("PRAGMA cache_size = -4000000")
    db.run("PRAGMA synchronous = OFF")
    numbers = "WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i <= ?)"
    statements: dict[str, tuple[Any, ...]] = {
        "INSERT INTO ledger_event {n} SELECT i, randomblob(16), 'bench', 'filled-' || i, 'order', "
        "?, ?, ?, randomblob(16), NULL, 'pledged' FROM n": (moment, moment, body),
        "INSERT INTO ledger_salt {n} SELECT i, randomblob(16) FROM n": (),
        "INSERT INTO ledger_entry {n} SELECT i - 1, ?, 'pledge', i, randomblob(32), "
        "randomblob(300) FROM n": (moment,),
        "INSERT INTO ledger_posting {n} SELECT i - 1, 0, 1, 2, 1 FROM n": (),
        "INSERT INTO ledger_pledge {n} SELECT i, 'third-helping', 1, i, i - 1, '2/3', '' "
        "FROM n": (),
    }
    for statement, values in statements.items():
        with db.transaction():
            db.run(statement.format(n=numbers), (count, *values))
    with db.transaction():
        size = count + 1
        frontier = os.urandom(HASH_SIZE * size.bit_count())
        db.run("UPDATE ledger_head SET size = ?, events = ?, frontier = ?", (size, size, frontier))
    db.run("PRAGMA wal_checkpoint(TRUNCATE)")
    db.run("PRAGMA cache_size = -65536")
    db.run("PRAGMA synchronous = FULL")


def _append_one(db: Database) -> None:
    (outcome,) = Ledger(db).append([_order("first")], _NOW)
    assert outcome.event == 1, outcome


_chance = random.Random(1)
_NOW = datetime.now(UTC)
