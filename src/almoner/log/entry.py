"""An entry of the public log: one line of UTF-8 JSON, schema version 1.

The bytes written are the bytes hashed; nobody re-serialises. Nothing in an entry is
personal: the outside reference is a commitment, `HMAC-SHA-256(salt, source ‖ 0x0A ‖ id)` in
hexadecimal, and the salt is kept apart. The fields are described in docs/reference/entry.md.
"""

import hmac
from hashlib import sha256

import msgspec

SCHEMA = 1
# C2SP tlog-tiles gives each entry a 16-bit length.
MAX_ENTRY = 65_535
MAX_EVIDENCE = 20
# A batch of reads is one event, and an event stands for a million things at most
# (intake.wire.MAX_QUANTITY).
MAX_READS = 1_000_000


class EntryPledge(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A campaign's exact share: `share` is a rational of minor units, such as `1/3`.

    `charity` is whose it is where the campaign is split; `held` that it is inside its return
    window.
    """

    campaign: str
    version: int
    share: str
    limited: str = ""
    charity: str = ""
    held: bool = False


class EntryPosting(msgspec.Struct, frozen=True, gc=False):
    """`value` (a decimal string) of `unit` moves from `debit` to `credit`."""

    debit: str
    credit: str
    unit: str
    value: str


class EntryReads(msgspec.Struct, frozen=True, gc=False):
    """The reads that an entry is for: `root` is of the Merkle tree whose `count` leaves they are.

    The tree is RFC 6962's, its root in hexadecimal; each reader keeps their own leaf.
    """

    count: int
    root: str


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One transaction. `index` is its leaf's place in the log, `time` RFC 3339 in UTC.

    `evidence` are the SHA-256 of the documents that show it, in hexadecimal.
    """

    v: int
    index: int
    time: str
    kind: str
    event: str = ""
    corrects: int | None = None
    pledges: tuple[EntryPledge, ...] = ()
    postings: tuple[EntryPosting, ...] = ()
    evidence: tuple[str, ...] = ()
    reads: EntryReads | None = None


_encode = msgspec.json.Encoder().encode
decode = msgspec.json.Decoder(Entry).decode


def encode(entry: Entry) -> bytes:
    """The entry's bytes, as hashed and published."""
    body = _encode(entry)
    assert len(body) <= MAX_ENTRY, f"entry {entry.index}: {len(body)} bytes"
    assert len(entry.evidence) <= MAX_EVIDENCE, f"entry {entry.index}: too much evidence"
    assert b"\n" not in body, f"entry {entry.index} is more than a line"
    return body


def commitment(salt: bytes, source: str, ref: str) -> str:
    """What stands in the log for an outside reference; opened by showing the salt."""
    return hmac.digest(salt, f"{source}\n{ref}".encode(), sha256).hex()
