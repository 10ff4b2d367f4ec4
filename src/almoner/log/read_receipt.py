"""The receipt of one read: a C2SP tlog-proof file of its entry that holds the read as well.

The `extra` line is base64 of `{"entry", "read", "place", "path"}`: the entry, the read's own line,
its place in the batch and what proves it to be there (`log.batch`), hexadecimal. Two steps hold
it: the entry is in the log that a key has signed, and the read is a leaf under the root in the
entry. It opens no commitment, so that it says nothing of the batch's other reads. Pure.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import msgspec

from almoner.log import proof, receipt
from almoner.log.batch import Read, read_of
from almoner.log.entry import EntryReads, decode
from almoner.log.merkle import leaf_hash
from almoner.log.note import VerifierKey
from almoner.log.receipt import Receipt, ReceiptError


@dataclass(frozen=True, slots=True)
class ReadReceipt:
    """What a verified receipt says: `read`, the line as kept, is in the batch of the entry."""

    entry: Receipt
    read: Read
    place: int
    batch: EntryReads


class _Extra(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    entry: str
    read: str
    place: int
    path: tuple[str, ...]


_encode = msgspec.json.Encoder().encode
_read_extra = msgspec.json.Decoder(_Extra).decode


def is_one(text: str) -> bool:
    """Whether a receipt is that of a read."""
    return _disclosed(receipt.parse(text).extra) is not None


def compose(entry_receipt: str, read: bytes, place: int, path: Sequence[bytes]) -> str:
    """The reader's file, from the receipt of the entry and what only the reader has."""
    found = receipt.parse(entry_receipt)
    entry = receipt.disclosed(found).entry.decode()
    hashes = tuple([each.hex() for each in path])
    return receipt.write(replace(found, extra=_encode(_Extra(entry, read.decode(), place, hashes))))


def verify(text: str, keys: Iterable[VerifierKey]) -> ReadReceipt:
    """What a receipt proves, or a `ReceiptError`, `ProofError` or `NoteError` that says why not."""
    found = receipt.parse(text)
    held = _disclosed(found.extra)
    if held is None:
        raise ReceiptError("the receipt is not that of a read")
    if _encode(held) != found.extra:
        raise ReceiptError("the receipt is not written as its content is written")
    plain = replace(found, extra=receipt.enclose(held.entry.encode(), "", "", b""))
    entry = receipt.verify(receipt.write(plain), keys)
    try:
        line = held.read.encode()
        read, path = read_of(line), [_hash(each) for each in held.path]
    except ValueError as error:  # msgspec's own errors are ValueErrors
        raise ReceiptError(f"the receipt holds no read: {error}") from None
    batch = decode(entry.entry).reads
    if batch is None:
        raise ReceiptError(f"entry {entry.index} is for no reads")
    root = _hash(batch.root)
    proof.verify_inclusion(held.place, batch.count, leaf_hash(line), path, root)
    return ReadReceipt(entry, read, held.place, batch)


def _disclosed(extra: bytes) -> _Extra | None:
    try:
        return _read_extra(extra)
    except (ValueError, RecursionError):
        return None


def _hash(text: str) -> bytes:
    found = bytes.fromhex(text)
    if found.hex() != text:
        raise ReceiptError(f"{text[:80]!r} is no hash in hexadecimal")
    return found
