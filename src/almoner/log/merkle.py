"""The Merkle tree of RFC 6962 section 2.1, kept as its frontier.

A frontier is the roots of the perfect subtrees that make up a tree of some size, the
largest first: one hash for each bit set in the size. It is all that is needed to add leaves
and to know the root, so the ledger keeps it in one row. Proofs and tiles are read from the
leaves.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """`SHA-256(0x00 ‖ entry)`: 32 bytes."""
    return sha256(b"\x00" + entry).digest()


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """The leaf hash of each entry; a loop without a call is a third faster."""
    return [sha256(b"\x00" + entry).digest() for entry in entries]


def parents(nodes: Sequence[bytes]) -> list[bytes]:
    """The next level of the tree above an even number of nodes."""
    return [
        sha256(b"\x01" + left + right).digest()
        for left, right in zip(nodes[::2], nodes[1::2], strict=True)
    ]


def node_hash(left: bytes, right: bytes) -> bytes:
    """`SHA-256(0x01 ‖ left ‖ right)`: 32 bytes."""
    return sha256(b"\x01" + left + right).digest()


def extend(size: int, frontier: bytes, leaves: Iterable[bytes]) -> tuple[int, bytes]:
    """Add leaf hashes to a tree of `size`; the new size and frontier."""
    assert len(frontier) == HASH_SIZE * size.bit_count(), f"frontier of {size}: {len(frontier)} B"
    stack = [frontier[at : at + HASH_SIZE] for at in range(0, len(frontier), HASH_SIZE)]
    for leaf in leaves:
        assert len(leaf) == HASH_SIZE, f"a leaf hash of {len(leaf)} bytes"
        node, carry = leaf, size
        while carry & 1:
            node = node_hash(stack.pop(), node)
            carry >>= 1
        stack.append(node)
        size += 1
    assert len(stack) == size.bit_count(), f"{len(stack)} subtrees for size {size}"
    return size, b"".join(stack)


def root(size: int, frontier: bytes) -> bytes:
    """The root hash of the tree that this frontier stands for."""
    assert len(frontier) == HASH_SIZE * size.bit_count(), f"frontier of {size}: {len(frontier)} B"
    if size == 0:
        return EMPTY_ROOT
    node = frontier[-HASH_SIZE:]
    for at in range(len(frontier) - 2 * HASH_SIZE, -1, -HASH_SIZE):
        node = node_hash(frontier[at : at + HASH_SIZE], node)
    return node
