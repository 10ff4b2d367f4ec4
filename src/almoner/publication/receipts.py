"""Receipts: files that prove one entry is in the log, for who holds the link to it.

The link ends in a token made from the entry's salt, so that it can be guessed by nobody and
needs no table. Guarantee: a receipt opens its own event and no other; once the salt is
destroyed there is none. Limit: an entry has a receipt when a checkpoint covers it, within a
second of the append.
"""

import hmac

from almoner.ledger.reads import Sealed
from almoner.log import proof, receipt
from almoner.log.checkpoint import parse
from almoner.log.note import NoteError, split
from almoner.log.receipt import LogProof
from almoner.log.store import CHECKPOINT, Readable, reader
from almoner.log.tile import TileError
from almoner.publication.stores import StoreError


class NotPublishedError(Exception):
    """No checkpoint covers the entry yet."""


def opens(held: Sealed, given: str) -> bool:
    """Whether a token is the entry's own."""
    said = given.encode(errors="replace")  # an address may hold any letter, and halves of some
    return held.salt is not None and hmac.compare_digest(receipt.token(held.salt).encode(), said)


def write(store: Readable, held: Sealed) -> str:
    """The receipt of an entry that opens its commitment, against the newest checkpoint.

    Raises `NotPublishedError` where none covers it yet, `StoreError` where the files of the log
    cannot be read or do not make a proof.
    """
    assert held.salt is not None, f"entry {held.index} was forgotten"
    extra = receipt.enclose(held.body, held.source, held.ref, held.salt)
    return receipt.write(_prove(store, held.index, extra))


def write_for_reads(store: Readable, held: Sealed) -> str:
    """The entry's part of its readers' receipts (`log.read_receipt`); raises as `write` does.

    It opens nothing: all that is in it can be read in the public log.
    """
    return receipt.write(_prove(store, held.index, receipt.enclose(held.body, "", "", b"")))


def _prove(store: Readable, index: int, extra: bytes) -> LogProof:
    try:
        content = store.get(CHECKPOINT)
        note = "" if content is None else content.decode()
        size = parse(split(note)[0]).size if content is not None else 0
        if size <= index:
            raise NotPublishedError(f"entry {index} is not in a checkpoint yet")
        hashes = proof.inclusion(index, size, reader(store, size))
    except (NoteError, TileError, UnicodeDecodeError) as error:
        raise StoreError(f"The log's files make no receipt: {error}: ask `almoner fsck`") from None
    return LogProof(index, tuple(hashes), note, extra)
