"""Receipts: C2SP tlog-proof files that prove one entry is in the log, without the network.

The file's `extra` line is base64 of a JSON object `{"entry", "source", "ref", "salt"}`. It is
not authenticated by itself: the entry is what the proof proves, and source and reference are
right when they open the commitment in the entry's `event` with the salt. Where these are blank
the receipt proves the entry alone. That of a read is in `read_receipt`.
"""

import hmac
import re
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

import msgspec

from almoner.log import checkpoint, proof
from almoner.log.checkpoint import Checkpoint
from almoner.log.entry import commitment, decode
from almoner.log.merkle import HASH_SIZE, leaf_hash
from almoner.log.note import Note, VerifierKey

HEADER = "c2sp.org/tlog-proof@v1"
# A receipt is an entry of at most 65,535 bytes in base64, 63 hashes and a checkpoint.
MAX_RECEIPT = 200_000

# A salt with a zero after it would make the same commitment (HMAC pads with zeros).
SALT_SIZE = 16

_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})")


# A receipt's link ends in 128 bits made from the entry's salt.
_PURPOSE = b"almoner receipt"
_TOKEN_BYTES = 16


class ReceiptError(ValueError):
    """A receipt that proves nothing; the message says why."""


@dataclass(frozen=True, slots=True)
class LogProof:
    """A tlog-proof file: which entry, its inclusion proof, and a checkpoint verbatim."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str
    extra: bytes = b""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a verified receipt says. `ref` is the event's id in `source`, both blank if unopened."""

    index: int
    entry: bytes
    source: str
    ref: str
    checkpoint: Checkpoint
    note: Note


class _Extra(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    entry: str
    source: str
    ref: str
    salt: str


_read_extra = msgspec.json.Decoder(_Extra).decode


def write(found: LogProof) -> str:
    """The file's own form."""
    extra = [f"extra {b64encode(found.extra).decode()}"] if found.extra else []
    hashes = [b64encode(each).decode() for each in found.hashes]
    lines = [HEADER, *extra, f"index {found.index}", *hashes, ""]
    return "\n".join(lines) + "\n" + found.checkpoint


def parse(text: str) -> LogProof:
    """Read a tlog-proof file; nothing in it is verified yet."""
    if len(text) > MAX_RECEIPT:
        raise ReceiptError(f"the file is over {MAX_RECEIPT:,} characters long: it is no receipt")
    head, gap, note = text.partition("\n\n")
    lines = head.split("\n")
    if lines.pop(0) != HEADER or not gap or not note:
        raise ReceiptError(f"the file is no receipt: it does not begin with {HEADER}")
    extra = b""
    if lines and lines[0].startswith("extra "):
        extra = _decode(lines.pop(0).removeprefix("extra "), "the extra line")
        if not extra:
            raise ReceiptError("the receipt has an extra line with nothing on it")
    found = _INDEX.fullmatch(lines.pop(0) if lines else "")
    if found is None:
        raise ReceiptError("the receipt does not say which entry it is for")
    if len(lines) > proof.MAX_PROOF:
        raise ReceiptError(f"a proof of {len(lines)} hashes is too long")
    hashes = tuple(_decode(line, "a hash of the proof", HASH_SIZE) for line in lines)
    return LogProof(int(found[1]), hashes, note, extra)


def enclose(entry: bytes, source: str, ref: str, salt: bytes) -> bytes:
    """A receipt's extra: the entry, and what opens its commitment."""
    return msgspec.json.encode(_Extra(entry.decode(), source, ref, salt.hex()))


def verify(text: str, keys: Iterable[VerifierKey]) -> Receipt:
    """What a receipt proves, or a `ReceiptError`, `ProofError` or `NoteError` that says why not."""
    found = parse(text)
    entry, source, ref, salt = disclosed(found)
    signed, note = checkpoint.read(found.checkpoint, keys)
    proof.verify_inclusion(found.index, signed.size, leaf_hash(entry), found.hashes, signed.root)
    try:
        written = decode(entry)
    except (ValueError, RecursionError) as error:
        raise ReceiptError(f"the receipt's entry cannot be read: {error}") from None
    if written.index != found.index:
        raise ReceiptError(f"the entry says that it is number {written.index}, not {found.index}")
    if salt and ("\n" in source or commitment(salt, source, ref) != written.event):
        raise ReceiptError(f"the receipt is not for {ref} of {source}: the commitment differs")
    opened = bool(salt)
    return Receipt(
        found.index, entry, source if opened else "", ref if opened else "", signed, note
    )


class Disclosed(NamedTuple):
    """What a receipt's extra holds: the entry, and what opens its commitment."""

    entry: bytes
    source: str
    ref: str
    salt: bytes


def disclosed(proven: LogProof) -> Disclosed:
    """What a receipt says of itself; nothing of it is verified yet."""
    try:
        held = _read_extra(proven.extra)
        entry, salt = held.entry.encode(), bytes.fromhex(held.salt)
        found = Disclosed(entry, held.source, held.ref, salt)
    except (ValueError, RecursionError):  # msgspec's own errors are ValueErrors
        raise ReceiptError("the receipt does not hold the entry that it is for") from None
    # Nobody has signed this line: what is not written as we write it was altered.
    if enclose(*found) != proven.extra:
        raise ReceiptError("the receipt is not written as its content is written")
    if len(salt) not in (0, SALT_SIZE):
        raise ReceiptError(f"the receipt's salt is {len(salt)} bytes long, not {SALT_SIZE}")
    return found


def _decode(text: str, what: str, size: int | None = None) -> bytes:
    try:
        decoded = b64decode(text, validate=True)
    except (Base64Error, ValueError):
        raise ReceiptError(f"{what} is not base64") from None
    if b64encode(decoded).decode() != text:
        raise ReceiptError(f"{what} is not canonical base64")
    if size is not None and len(decoded) != size:
        raise ReceiptError(f"{what} is {len(decoded)} bytes long, not {size}")
    return decoded


def token(salt: bytes) -> str:
    """What the link to an entry's receipt ends in: nobody guesses it, and no table keeps it."""
    return hmac.digest(salt, _PURPOSE, sha256)[:_TOKEN_BYTES].hex()


def link(index: int, salt: bytes) -> str:
    """Where the receipt of entry `index` is on its site."""
    return f"/receipts/{index}/{token(salt)}/"
