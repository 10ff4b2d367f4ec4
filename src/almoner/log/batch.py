"""A batch of reads: one Merkle tree over them, so that one entry can stand for them all.

A read is one line of UTF-8 JSON, `{"story", "serial", "nonce"}`, its leaf `SHA-256(0x00 ‖
read)`; the tree is the log's own kind (RFC 6962 section 2.1). The nonce is known to the reader
alone, so a leaf says nothing to whoever has not got its line. An entry carries the root and
how many leaves there are (`entry.EntryReads`). Pure.
"""

from collections.abc import Sequence

import msgspec

from almoner.log import proof
from almoner.log.merkle import extend, parents, root

NONCE_SIZE = 16


class Read(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One read of `story`; `serial` is its token's, `nonce` sixteen random bytes, hexadecimal."""

    story: str
    serial: int
    nonce: str


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Read).decode


def line_of(read: Read) -> bytes:
    """The read as the reader keeps it, and as it is hashed."""
    return _encode(read)


def read_of(line: bytes) -> Read:
    """The read in a line; `ValueError` where writing it would give other bytes."""
    read = _decode(line)
    if line_of(read) != line:
        raise ValueError("the read is not written as its content is written")
    return read


def batch_root(leaves: Sequence[bytes]) -> bytes:
    """The root over the leaf hashes of a batch, in their order."""
    return root(*extend(0, b"", leaves))


def batch_levels(leaves: Sequence[bytes]) -> list[Sequence[bytes]]:
    """The whole subtrees of a batch, from its leaves up: made once for all its paths."""
    levels = [leaves]
    while len(levels[-1]) > 1:
        whole = len(levels[-1]) // 2 * 2
        levels.append(parents(levels[-1][:whole]))
    return levels


def path_in(levels: Sequence[Sequence[bytes]], place: int) -> list[bytes]:
    """What proves the leaf at `place` to be in the batch with these levels, from the leaf up."""

    def read(nodes: Sequence[proof.Node]) -> list[bytes]:
        return [levels[level][index] for level, index in nodes]

    return proof.inclusion(place, len(levels[0]), read)


def batch_path(leaves: Sequence[bytes], place: int) -> list[bytes]:
    """What proves the leaf at `place` to be in the batch, from the leaf up."""
    return path_in(batch_levels(leaves), place)
