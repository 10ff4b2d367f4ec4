"""Who has read a story today, without knowing who anybody is.

A visitor of a story is a hash of address, user agent and story under a salt made at random for
the day. Guarantee: the address itself is never kept; an hour after the day (UTC) its salt is
overwritten and deleted, and with it anything that could lead from an address to a tag; the
tags, by then random numbers, are deleted too. Of an IPv6 address the network (64 bits) counts:
the rest a single device changes at will. Limits: readers behind one address with the same
browser are one visitor of a story; whoever changes network or browser is another. A backup
made during the day holds that day's salt, and so does PostgreSQL's own write-ahead log until
it is recycled.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from ipaddress import IPv6Address, ip_address

from almoner.ledger import Database

SALT_BYTES = 32
# Tags deleted in one transaction: a tenth of a second's work.
SLICE = 20_000

Visit = tuple[int, int]  # a day, and the tag of a visitor of a story on it


def network(address: str) -> str:
    """What of a client's address counts; an address that is none counts as it stands."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(IPv6Address(int(found) >> 64 << 64))
    return str(found)


def tag_of(salt: bytes, address: str, agent: str, story: int) -> int:
    """The visitor's tag: signed 64 bits, as both databases keep them."""
    said = f"{network(address)}\n{story}\n{agent}".encode()
    digest = blake2b(said, key=salt, person=b"almoner visitor", digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def salts(db: Database) -> dict[int, bytes]:
    """The salts that live, by day."""
    return {int(day): bytes(salt) for day, salt in db.rows("SELECT day, salt FROM reading_salt")}


def open_day(db: Database, day: int, salt: bytes) -> bytes:
    """The salt of a day: `salt` where it has none yet, else the one that was first."""
    with db.transaction():
        db.run(
            "INSERT INTO reading_salt (day, salt) VALUES (?, ?) ON CONFLICT (day) DO NOTHING",
            (day, salt),
        )
        row = db.row("SELECT salt FROM reading_salt WHERE day = ?", (day,))
    assert row is not None, f"day {day} has no salt"
    return bytes(row[0])


def seen(db: Database, visitors: Iterable[Visit]) -> set[Visit]:
    """Those of these visitors who have read already; inside the transaction that counts."""
    days: defaultdict[int, list[int]] = defaultdict(list)
    for day, tag in visitors:
        days[day].append(tag)
    return {
        (day, int(tag))
        for day, tags in days.items()
        for (tag,) in db.rows_in(
            f"SELECT tag FROM reading_visitor WHERE day = {day:d} AND tag IN ?", tags
        )
    }


def note(db: Database, visitors: Sequence[Visit]) -> None:
    """Write down who has read; inside the transaction that counts."""
    db.insert("reading_visitor", "day, tag", visitors)


def is_due(db: Database, before: int) -> bool:
    """Whether anything of the days before `before` is there still."""
    return bool(
        db.row(
            "SELECT 1 WHERE EXISTS (SELECT 1 FROM reading_salt WHERE day < ?) "
            "OR EXISTS (SELECT 1 FROM reading_visitor WHERE day < ?)",
            (before, before),
        )
    )


def forget(db: Database, before: int) -> None:
    """Destroy the salts of the days before `before`, then their tags, a slice at a time."""
    if not db.postgresql:
        # Zeros over what is deleted (sqlite.org/pragma.html#pragma_secure_delete).
        db.run("PRAGMA secure_delete = ON")
    try:
        with db.transaction():
            db.run("UPDATE reading_salt SET salt = ? WHERE day < ?", (bytes(SALT_BYTES), before))
            gone = db.run("DELETE FROM reading_salt WHERE day < ?", (before,))
    finally:
        if not db.postgresql:
            db.run("PRAGMA secure_delete = OFF")
    if gone and db.postgresql:
        db.run("VACUUM reading_salt")
    elif gone:
        db.rows("PRAGMA wal_checkpoint(TRUNCATE)")
    while db.run(
        "DELETE FROM reading_visitor WHERE (day, tag) IN "
        f"(SELECT day, tag FROM reading_visitor WHERE day < ? LIMIT {SLICE})",
        (before,),
    ):
        pass
