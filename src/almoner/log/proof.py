"""Inclusion and consistency proofs (RFC 6962 section 2.1, in the form of RFC 9162).

What a proof is made of is told as nodes `(level, index)`: the root of the entries from
`index·2^level` up to `(index+1)·2^level`, a perfect subtree. Where they come from, tiles or
leaves, is the caller's. Verifying recomputes roots and refuses what does not fit.
"""

from collections.abc import Callable, Sequence

from almoner.log.merkle import HASH_SIZE, node_hash

Node = tuple[int, int]  # level, index
Read = Callable[[Sequence[Node]], Sequence[bytes]]

# A tree of 2^63 entries has proofs no longer than this.
MAX_PROOF = 63


class ProofError(ValueError):
    """A proof that proves nothing; the message says why."""


def perfect(start: int, end: int) -> list[Node]:
    """The perfect subtrees that make up entries `start` up to `end`, from the left.

    `start` must begin a subtree of the tree, as every cut of RFC 6962 does.
    """
    found: list[Node] = []
    while start < end:
        level = (start & -start).bit_length() - 1 if start else end.bit_length()
        while start + (1 << level) > end:
            level -= 1
        found.append((level, start >> level))
        start += 1 << level
    return found


def fold(hashes: Sequence[bytes]) -> bytes:
    """The root over perfect subtrees given from the left: the smallest are joined first."""
    assert hashes, "no subtrees to fold"
    node = hashes[-1]
    for left in reversed(hashes[:-1]):
        node = node_hash(left, node)
    return node


def inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """The ranges of entries whose roots prove entry `index` of `size`, from the leaf up."""
    if not 0 <= index < size:
        raise ProofError(f"entry {index} is not within the {size} entries of the tree")
    return _path(index, 0, size)


def consistency_ranges(old: int, new: int) -> list[tuple[int, int]]:
    """The ranges of entries whose roots prove that `old` entries begin a tree of `new`."""
    if not 0 < old <= new:
        raise ProofError(f"there is no proof from size {old} to size {new}")
    return [] if old == new else _subproof(old, 0, new, whole=True)


def roots(ranges: Sequence[tuple[int, int]], read: Read) -> list[bytes]:
    """The root of each range of entries; every node needed is read in one call."""
    parts = [perfect(start, end) for start, end in ranges]
    hashes = iter(read([node for nodes in parts for node in nodes]))
    return [fold([next(hashes) for _ in nodes]) for nodes in parts]


def inclusion(index: int, size: int, read: Read) -> list[bytes]:
    """The inclusion proof of entry `index` in a tree of `size`, from the leaf up."""
    return roots(inclusion_ranges(index, size), read)


def consistency(old: int, new: int, read: Read) -> list[bytes]:
    """The proof that the tree of `old` entries begins the tree of `new`."""
    return roots(consistency_ranges(old, new), read)


def verify_inclusion(
    index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes
) -> None:
    """Refuse a proof that entry `index`, with leaf hash `leaf`, is in the tree with `root`."""
    _check_hashes(leaf, root, *proof)
    if not 0 <= index < size:
        raise ProofError(f"entry {index} is not within the {size} entries of the tree")
    node, last = leaf, size - 1
    for sibling in proof:
        if last == 0:
            raise ProofError("the inclusion proof is too long")
        if index & 1 or index == last:
            node = node_hash(sibling, node)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        index, last = index >> 1, last >> 1
    if last:
        raise ProofError("the inclusion proof is too short")
    if node != root:
        raise ProofError("the inclusion proof leads to another root")


def verify_consistency(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Refuse a proof that the tree of `old` entries begins the tree of `new`."""
    _check_hashes(old_root, new_root, *proof)
    if not 0 < old <= new:
        raise ProofError(f"there is no proof from size {old} to size {new}")
    if old == new:
        if proof:
            raise ProofError("trees of one size need no proof, and here is one")
        if old_root != new_root:
            raise ProofError(f"two trees of size {old} have different roots")
        return
    rest = list(proof)
    if old & (old - 1) == 0:
        rest.insert(0, old_root)
    if not rest:
        raise ProofError("the consistency proof is empty")
    index, last = old - 1, new - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    before = after = rest[0]
    for sibling in rest[1:]:
        if last == 0:
            raise ProofError("the consistency proof is too long")
        if index & 1 or index == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            after = node_hash(after, sibling)
        index, last = index >> 1, last >> 1
    if last:
        raise ProofError("the consistency proof is too short")
    if before != old_root:
        raise ProofError(f"the consistency proof leads to another root for size {old}")
    if after != new_root:
        raise ProofError(f"the consistency proof leads to another root for size {new}")


def _path(index: int, start: int, end: int) -> list[tuple[int, int]]:
    """PATH(m, D[n]) of RFC 6962 section 2.1.1."""
    if end - start == 1:
        return []
    middle = start + _largest_power_below(end - start)
    if index < middle:
        return [*_path(index, start, middle), (middle, end)]
    return [*_path(index, middle, end), (start, middle)]


def _subproof(old: int, start: int, end: int, *, whole: bool) -> list[tuple[int, int]]:
    """SUBPROOF(m, D[n], b) of RFC 6962 section 2.1.2, `old` counted from the left."""
    if old == end:
        return [] if whole else [(start, end)]
    middle = start + _largest_power_below(end - start)
    if old <= middle:
        return [*_subproof(old, start, middle, whole=whole), (middle, end)]
    return [*_subproof(old, middle, end, whole=False), (start, middle)]


def _largest_power_below(count: int) -> int:
    return 1 << (count - 1).bit_length() - 1


def _check_hashes(*hashes: bytes) -> None:
    if len(hashes) > MAX_PROOF + 2:
        raise ProofError(f"a proof of {len(hashes) - 2} hashes is too long")
    wrong = next((each for each in hashes if len(each) != HASH_SIZE), None)
    if wrong is not None:
        raise ProofError(f"a hash of {len(wrong)} bytes is no SHA-256 hash")
