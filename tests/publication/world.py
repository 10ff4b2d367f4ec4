"""A ledger that is published: what appends to it, what interrupts it, and who reads its files.

The reader goes by the files alone. Hashes are those of `tests.ledger.folds`, which share no
code with what is tested; signatures are checked by `almoner.log.note`, which has tests and
vectors of its own.
"""

import json
from collections.abc import Callable
from itertools import count
from pathlib import Path

from almoner.config import Settings
from almoner.ledger import Database, Ledger, connect, publish
from almoner.log import checkpoint, keylist, merkle
from almoner.log.checkpoint import Checkpoint
from almoner.log.note import VerifierKey
from almoner.publication import keys
from almoner.publication.publisher import Publisher
from almoner.publication.stores import Directory, StoreError
from tests.ledger.examples import START, campaign, emptied, order, take
from tests.ledger.folds import bodies, merkle_tree_hash

WIDTH = 256
_CAUSES = (
    "CREATE TABLE IF NOT EXISTS giving_cause "
    "(slug TEXT, label TEXT, labels TEXT, unit TEXT, kind TEXT, scale INTEGER, position INTEGER)"
)


def settings_of(home: Path, database_url: str, **chosen: str) -> Settings:
    """An installation's settings, as its file and environment would give them."""
    named = "sqlite" if database_url == str(home / "almoner.db") else database_url
    values = {
        "log_passphrase": "correct horse battery staple",
        "site_url": "https://giving.example",
        **chosen,
    }
    return Settings(home=home, database=named, **values)


class World:
    """An installation with one campaign that gives a meal an order, and nothing published yet."""

    def __init__(self, home: Path, database_url: str) -> None:
        self.home = home
        self.url = database_url
        self.settings = settings_of(home, database_url)
        self.ledger = Ledger(emptied(database_url))
        self._numbers = count(1)
        self._stage()
        keys.create(self.settings)
        self._publishers: list[Publisher] = []

    @property
    def files(self) -> Path:
        """Where the log's files lie."""
        return self.home / "log"

    def use(self, **chosen: str) -> None:
        """Change settings."""
        self.settings = settings_of(self.home, self.url, **chosen)

    def append(self, orders: int) -> None:
        """So many orders, an entry each."""
        take(self.ledger, *(order(f"order-{next(self._numbers)}") for _ in range(orders)))

    def entries(self) -> list[bytes]:
        """Every entry that the database holds."""
        return bodies(self.ledger.db)

    def publisher(self, store: object = None, settings: Settings | None = None) -> Publisher:
        """A publisher with a connection of its own; closed with the world."""
        made = Publisher(
            settings or self.settings,
            connect(self.url),
            store or Directory(self.files),  # type: ignore[arg-type]
        )
        self._publishers.append(made)
        return made

    def publish(self) -> Checkpoint:
        """Publish once, as a process that starts, publishes and ends."""
        publisher = self.publisher()
        try:
            found = publisher.publish()
        finally:
            publisher.close()
        assert found is not None, "another publisher is at work"
        return found

    def unfreeze(self, *tables: str) -> Database:
        """The database as somebody finds it who goes around the ledger's own refusals."""
        db = self.ledger.db
        for table in tables:
            if db.postgresql:
                db.run(f"ALTER TABLE {table} DISABLE TRIGGER ALL")
            else:
                db.run(f"DROP TRIGGER {table}_no_update")
                db.run(f"DROP TRIGGER {table}_no_delete")
        return db

    def drop_entries(self, leave: int) -> None:
        """Bring the ledger back to its first `leave` entries, as an older backup would."""
        self.replace_entries(self.entries()[:leave])

    def replace_entries(self, entries: list[bytes]) -> None:
        """Put a ledger of these entries in the place of the one that is there."""
        self.close()
        self.ledger = Ledger(emptied(self.url))
        self._stage()
        copy_entries(self.ledger.db, entries)

    def close_publishers(self) -> None:
        """End every process that publishes."""
        for publisher in self._publishers:
            publisher.close()
        self._publishers = []

    def close(self) -> None:
        """Close every connection."""
        self.close_publishers()
        self.ledger.db.close()

    def _stage(self) -> None:
        db = self.ledger.db
        db.run(_CAUSES)
        db.run("DELETE FROM giving_cause")
        db.insert(
            "giving_cause",
            "slug, label, labels, unit, kind, scale, position",
            [("meals", "Meals Donated", "", "meal", "count", 0, 1)],
        )
        publish(db, campaign(), START)


def copy_entries(db: Database, entries: list[bytes]) -> None:
    """Write entries and head into an empty ledger as a backup holds them."""
    leaves = [merkle.leaf_hash(each) for each in entries]
    rows = [
        (at, json.loads(body)["time"], json.loads(body)["kind"], at + 1, leaf, body)
        for at, (body, leaf) in enumerate(zip(entries, leaves, strict=True))
    ]
    db.insert("ledger_entry", "idx, time, kind, event, leaf, body", rows)
    size, frontier = merkle.extend(0, b"", leaves)
    db.run(
        "UPDATE ledger_head SET size = ?, events = ?, frontier = ?, time = ? WHERE id = 1",
        (size, size, frontier, rows[-1][1] if rows else ""),
    )


class Interrupted(StoreError):
    """The store failed, as it was told to."""


class Failing:
    """A directory that fails at one call on command, before or after it is done.

    `fail` counts the calls of `put` and `delete` from now on; `dies` makes every later call
    fail too, as for a process whose disk is full or gone. `before` is called before each.
    """

    def __init__(self, path: Path) -> None:
        self._inner = Directory(path)
        self.calls: list[str] = []
        self._left: int | None = None
        self._persisted = self._dies = False
        self.before: Callable[[str], object] = lambda path: None

    def fail(self, after: int, *, persisted: bool = False, dies: bool = False) -> None:
        """Fail at the call that follows `after` others."""
        self._left, self._persisted, self._dies = after, persisted, dies

    def mend(self) -> None:
        """Fail no more."""
        self._left, self._dies = None, False

    def get(self, path: str) -> bytes | None:
        """As the directory does."""
        return self._inner.get(path)

    def put(self, path: str, content: bytes) -> None:
        """As the directory does, or fail."""
        self._call(path, lambda: self._inner.put(path, content))

    def delete(self, path: str) -> None:
        """As the directory does, or fail."""
        self._call(path, lambda: self._inner.delete(path))

    def _call(self, path: str, act) -> None:
        self.calls.append(path)
        self.before(path)
        if self._left is None:
            act()
            return
        fails = self._left <= 0
        if not fails or self._persisted:
            act()
        self._left -= 1
        if fails:
            if not self._dies:
                self._left = None
            raise Interrupted(f"{path}: the store failed")


class Reader:
    """Somebody who has read the log's files all along, and trusts nobody.

    `look` refuses whatever no honest log may show: see its assertions.
    """

    def __init__(self, files: Path) -> None:
        self._files = files
        self._anchor = None
        self._entries: list[bytes] = []
        self.seen: list[Checkpoint] = []

    def look(self) -> Checkpoint | None:
        """Hold what lies there against everything seen before."""
        note = self._get("checkpoint")
        if note is None:
            return None
        listed = keylist.read(self._get("keys.json") or b"")
        trusted = keylist.trusted(listed, self._anchor)
        self._anchor = self._anchor or trusted[0]
        found, _ = checkpoint.read(note.decode(), trusted)
        last = self.seen[-1] if self.seen else Checkpoint(found.origin, 0, merkle_tree_hash([]))
        assert found.size >= last.size, f"the log went back from {last.size} to {found.size}"
        if found != last or not self.seen:
            self._check(found)
            self.seen.append(found)
        return found

    def signed_by(self) -> set[VerifierKey]:
        """The keys whose signatures on the checkpoint hold."""
        listed = keylist.trusted(keylist.read(self._get("keys.json") or b""))
        _, note = checkpoint.read((self._get("checkpoint") or b"").decode(), listed)
        signed = {each.key_id for each in note.verified}
        return {each for each in listed if each.id in signed}

    def counted(self) -> int | None:
        """The size that counters.json is of."""
        document = self._get("counters.json")
        return None if document is None else json.loads(document)["size"]

    def _check(self, found: Checkpoint) -> None:
        entries = self._read_entries(found.size)
        assert merkle_tree_hash(entries) == found.root, f"another root at {found.size}"
        # Each checkpoint seen before was the root of these very entries, so it is consistent.
        assert entries[: len(self._entries)] == self._entries, "an entry that was read changed"
        self._entries = entries
        for path, content in expected_tiles(entries).items():
            assert self._read(path) == content, f"{path} is not what its name says"

    def _read_entries(self, size: int) -> list[bytes]:
        entries: list[bytes] = []
        for number in range((size + WIDTH - 1) // WIDTH):
            width = min(WIDTH, size - number * WIDTH)
            content, at = self._read(tile_path("entries", number, width)), 0
            held: list[bytes] = []
            while at < len(content):
                end = at + 2 + int.from_bytes(content[at : at + 2])
                held.append(content[at + 2 : end])
                at = end
            assert len(held) >= width, f"bundle {number} holds {len(held)} entries of {width}"
            entries += held[:width]
        return entries

    def _read(self, path: str) -> bytes:
        """A file that the checkpoint implies; a partial one may lie in the full one."""
        content = self._get(path)
        if content is None and ".p/" in path:
            whole, _, width = path.partition(".p/")
            content = self._get(whole)
            if content is not None and "entries" not in path:
                content = content[: 32 * int(width)]
        assert content is not None, f"{path} is missing"
        return content

    def _get(self, path: str) -> bytes | None:
        try:
            return (self._files / path).read_bytes()
        except FileNotFoundError:
            return None


def tile_path(level: int | str, number: int, width: int = WIDTH) -> str:
    """A tile's path, for numbers of three digits."""
    assert number < 1000, number
    return f"tile/{level}/{number:03}" + ("" if width == WIDTH else f".p/{width}")


def expected_tiles(entries: list[bytes]) -> dict[str, bytes]:
    """Every tile of hashes that a log of these entries has, by its path."""
    found: dict[str, bytes] = {}
    level, span = 0, 1
    while span <= len(entries):
        roots = [
            merkle_tree_hash(entries[at : at + span])
            for at in range(0, len(entries) // span * span, span)
        ]
        for number in range((len(roots) + WIDTH - 1) // WIDTH):
            held = roots[number * WIDTH : (number + 1) * WIDTH]
            found[tile_path(level, number, len(held))] = b"".join(held)
        level, span = level + 1, span * WIDTH
    return found
