"""Proofs: every true one verifies, and nothing else does."""

from base64 import b64decode
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almoner.log import proof
from almoner.log.merkle import leaf_hash, node_hash
from almoner.log.proof import Node, ProofError, Read
from tests.ledger.folds import merkle_tree_hash as mth
from tests.log import model
from tests.log.model import VECTORS, entries, flips, vectors

MOST = 70
TREES = st.integers(1, MOST).flatmap(
    lambda size: st.tuples(st.just(size), st.integers(0, size - 1))
)
PAIRS = st.integers(1, MOST).flatmap(lambda new: st.tuples(st.integers(1, new), st.just(new)))
ROOTS = [mth(entries(size)) for size in range(MOST + 2)]
HASH = bytes(32)


def of(found: Sequence[bytes]) -> Read:
    """Reads a tree's nodes from its entries."""
    return lambda nodes: [mth(list(found[at << level : (at + 1) << level])) for level, at in nodes]


def turns(index: int, size: int) -> list[bool]:
    """For each hash of an inclusion proof, whether it stands on the left."""
    return [start < index for start, _ in proof.inclusion_ranges(index, size)]


# The properties


@given(TREES)
def test_an_inclusion_proof_is_the_path_of_rfc_6962_and_verifies(tree: tuple[int, int]) -> None:
    size, index = tree
    found = entries(size)

    made = proof.inclusion(index, size, of(found))

    assert made == model.path(index, found)
    proof.verify_inclusion(index, size, leaf_hash(found[index]), made, ROOTS[size])


@given(PAIRS)
def test_a_consistency_proof_is_the_proof_of_rfc_6962_and_verifies(sizes: tuple[int, int]) -> None:
    old, new = sizes
    found = entries(new)

    made = proof.consistency(old, new, of(found))

    assert made == model.proof(old, found)
    proof.verify_consistency(old, new, ROOTS[old], ROOTS[new], made)


@given(TREES)
def test_no_bit_of_an_inclusion_proof_can_be_flipped(tree: tuple[int, int]) -> None:
    size, index = tree
    leaf, made = leaf_hash(entries(size)[index]), model.path(index, entries(size))

    for place, whole in enumerate([leaf, ROOTS[size], *made]):
        for flipped in flips(whole)[:: 1 + size // 8]:
            parts = [leaf, ROOTS[size], *made]
            parts[place] = flipped
            with pytest.raises(ProofError, match="leads to another root"):
                proof.verify_inclusion(index, size, parts[0], parts[2:], parts[1])


@given(PAIRS)
def test_no_bit_of_a_consistency_proof_can_be_flipped(sizes: tuple[int, int]) -> None:
    old, new = sizes
    made = model.proof(old, entries(new))

    for place, whole in enumerate([ROOTS[old], ROOTS[new], *made]):
        for flipped in flips(whole)[:: 1 + new // 8]:
            parts = [ROOTS[old], ROOTS[new], *made]
            parts[place] = flipped
            with pytest.raises(ProofError, match=r"another root|different roots"):
                proof.verify_consistency(old, new, parts[0], parts[1], parts[2:])


@given(TREES, st.integers(-2, MOST + 2))
def test_an_inclusion_proof_is_for_its_index_alone(tree: tuple[int, int], other: int) -> None:
    size, index = tree
    found = entries(size)

    if other != index:
        with pytest.raises(ProofError):
            proof.verify_inclusion(
                other, size, leaf_hash(found[index]), model.path(index, found), ROOTS[size]
            )


@given(TREES, st.integers(0, MOST + 1))
def test_an_inclusion_proof_is_for_its_checkpoint_alone(tree: tuple[int, int], other: int) -> None:
    """The size is bound by the root beside it.

    By itself it is not: the first of three entries has the turns that the first of four has.
    """
    size, index = tree
    found = entries(size)
    leaf, made = leaf_hash(found[index]), model.path(index, found)
    if other == size:
        return

    with pytest.raises(ProofError):
        proof.verify_inclusion(index, other, leaf, made, ROOTS[other])
    if index < other and turns(index, other) == turns(index, size):
        proof.verify_inclusion(index, other, leaf, made, ROOTS[size])
    else:
        with pytest.raises(ProofError):
            proof.verify_inclusion(index, other, leaf, made, ROOTS[size])


@given(PAIRS, st.integers(0, MOST + 1))
def test_a_consistency_proof_is_for_its_checkpoints_alone(
    sizes: tuple[int, int], other: int
) -> None:
    old, new = sizes
    made = model.proof(old, entries(new))

    for before, after in ((other, new), (old, other)):
        if (before, after) != sizes:
            # A tree is consistent with itself by definition: there is nothing to prove.
            if 0 < before == after and not made:
                continue
            with pytest.raises(ProofError):
                proof.verify_consistency(before, after, ROOTS[before], ROOTS[after], made)


@given(TREES, PAIRS, st.data())
def test_a_hash_more_or_less_is_refused(
    tree: tuple[int, int], sizes: tuple[int, int], data: st.DataObject
) -> None:
    size, index = tree
    old, new = sizes
    leaf, path = leaf_hash(entries(size)[index]), model.path(index, entries(size))
    shown = model.proof(old, entries(new))

    for other in _resized(path, data):
        with pytest.raises(ProofError):
            proof.verify_inclusion(index, size, leaf, other, ROOTS[size])
    for other in _resized(shown, data):
        with pytest.raises(ProofError):
            proof.verify_consistency(old, new, ROOTS[old], ROOTS[new], other)


def _resized(made: list[bytes], data: st.DataObject) -> Iterator[list[bytes]]:
    at = data.draw(st.integers(0, len(made)))
    yield [*made[:at], HASH, *made[at:]]
    if made:
        at = data.draw(st.integers(0, len(made) - 1))
        yield [*made[:at], *made[at + 1 :]]
        yield [*made[:at], made[at], *made[at:]]


@given(
    st.integers(0, 2**64),
    st.integers(0, 2**64),
    st.binary(max_size=33) | st.just(HASH),
    st.lists(st.binary(max_size=33) | st.just(HASH), max_size=70),
)
def test_any_hashes_are_a_proof_or_an_error_that_says_why(
    one: int, other: int, some: bytes, hashes: list[bytes]
) -> None:
    with pytest.raises(ProofError):
        proof.verify_inclusion(one, other, some, hashes, b"\x01" * 32)
    if hashes:
        with pytest.raises(ProofError):
            proof.verify_consistency(one, other, some, b"\x01" * 32, hashes)


@given(st.integers(1, 2**63 - 1), st.data())
def test_the_largest_trees_have_proofs_of_at_most_sixty_three_hashes(
    size: int, data: st.DataObject
) -> None:
    # A tree of like entries has one hash a level, so that its size costs nothing.
    level_hash = [leaf_hash(b"")]
    for _ in range(63):
        level_hash.append(node_hash(level_hash[-1], level_hash[-1]))

    def read(nodes: Sequence[Node]) -> list[bytes]:
        return [level_hash[level] for level, _ in nodes]

    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    [root, before] = proof.roots([(0, size), (0, old)], read)
    path, shown = proof.inclusion(index, size, read), proof.consistency(old, size, read)

    assert len(path) <= proof.MAX_PROOF
    assert len(shown) <= proof.MAX_PROOF
    proof.verify_inclusion(index, size, level_hash[0], path, root)
    proof.verify_consistency(old, size, before, root, shown)


# Public vectors


def test_the_inclusion_proofs_of_others_give_their_verdicts() -> None:
    found = sorted((VECTORS / "transparency-dev-merkle/inclusion").rglob("*.json"))
    for file in found:
        case = vectors(str(file.relative_to(VECTORS)))
        root, leaf = b64decode(case["root"]), b64decode(case["leafHash"])
        hashes = [b64decode(each) for each in case["proof"] or ()]
        at = case["leafIdx"], case["treeSize"]
        if case["wantErr"]:
            with pytest.raises(ProofError):
                proof.verify_inclusion(*at, leaf, hashes, root)
        else:
            proof.verify_inclusion(*at, leaf, hashes, root)

    assert len(found) == 98


def test_the_consistency_proofs_of_others_give_their_verdicts() -> None:
    """Some of these have placeholders of 12 bytes for roots, which we refuse as no hashes.

    They are padded with zeros to 32 bytes here, so that each is judged by what it is about.
    """
    found = sorted((VECTORS / "transparency-dev-merkle/consistency").rglob("*.json"))
    padded = 0
    for file in found:
        case = vectors(str(file.relative_to(VECTORS)))
        roots = [b64decode(case[name]) for name in ("root1", "root2")]
        hashes = [b64decode(each) for each in case["proof"] or ()]
        sizes = case["size1"], case["size2"]
        if any(len(root) == 12 for root in roots):
            padded += 1
            with pytest.raises(ProofError, match="a hash of 12 bytes is no SHA-256 hash"):
                proof.verify_consistency(*sizes, roots[0], roots[1], hashes)
            roots = [root.ljust(32, b"\0") if len(root) == 12 else root for root in roots]
        if case["wantErr"]:
            with pytest.raises(ProofError):
                proof.verify_consistency(*sizes, roots[0], roots[1], hashes)
        else:
            proof.verify_consistency(*sizes, roots[0], roots[1], hashes)

    assert len(found) == 98
    assert padded == 11


def test_the_reference_tree_has_its_nodes_and_roots() -> None:
    tree = vectors("rfc6962-reference/tree.json")
    inputs = [bytes.fromhex(each) for each in tree["leaf_inputs_hex"]]
    levels = [[bytes.fromhex(each) for each in level] for level in tree["node_hashes_hex_by_level"]]

    def read(nodes: Sequence[Node]) -> list[bytes]:
        return [levels[level][index] for level, index in nodes]

    for size in range(1, 9):
        root = bytes.fromhex(tree["root_by_size_hex"][size])
        assert proof.roots([(0, size)], read) == [root]
        for index in range(size):
            made = proof.inclusion(index, size, read)
            proof.verify_inclusion(index, size, leaf_hash(inputs[index]), made, root)
        for old in range(1, size + 1):
            before = bytes.fromhex(tree["root_by_size_hex"][old])
            proof.verify_consistency(old, size, before, root, proof.consistency(old, size, read))


# By example


@pytest.mark.parametrize(("index", "size"), [(-1, 1), (0, 0), (1, 1), (5, 3)])
def test_there_is_no_proof_of_what_is_not_in_the_tree(index: int, size: int) -> None:
    with pytest.raises(ProofError, match=f"entry {index} is not within the {size} entries"):
        proof.inclusion(index, size, of([]))
    with pytest.raises(ProofError, match=f"entry {index} is not within the {size} entries"):
        proof.verify_inclusion(index, size, HASH, [], HASH)


@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 5), (-1, 5), (6, 5)])
def test_there_is_no_proof_between_such_sizes(old: int, new: int) -> None:
    with pytest.raises(ProofError, match=f"there is no proof from size {old} to size {new}"):
        proof.consistency(old, new, of([]))
    with pytest.raises(ProofError, match=f"there is no proof from size {old} to size {new}"):
        proof.verify_consistency(old, new, HASH, HASH, [])


def test_a_tree_proves_itself_with_nothing() -> None:
    assert proof.consistency(5, 5, of(entries(5))) == []
    proof.verify_consistency(5, 5, HASH, HASH, [])
    with pytest.raises(ProofError, match="trees of one size need no proof"):
        proof.verify_consistency(5, 5, HASH, HASH, [HASH])
    with pytest.raises(ProofError, match="two trees of size 5 have different roots"):
        proof.verify_consistency(5, 5, HASH, b"\x01" * 32, [])


def test_each_refusal_says_what_is_wrong() -> None:
    found = entries(6)
    leaf, path, shown = leaf_hash(found[2]), model.path(2, found), model.proof(3, found)
    roots = ROOTS[3], ROOTS[6]

    with pytest.raises(ProofError, match="the inclusion proof is too short"):
        proof.verify_inclusion(2, 6, leaf, path[:-1], ROOTS[6])
    with pytest.raises(ProofError, match="the inclusion proof is too long"):
        proof.verify_inclusion(2, 6, leaf, [*path, HASH], ROOTS[6])
    with pytest.raises(ProofError, match="the consistency proof is empty"):
        proof.verify_consistency(3, 6, *roots, [])
    with pytest.raises(ProofError, match="the consistency proof is too short"):
        proof.verify_consistency(3, 6, *roots, shown[:-1])
    with pytest.raises(ProofError, match="the consistency proof is too long"):
        proof.verify_consistency(3, 6, *roots, [*shown, HASH])
    with pytest.raises(ProofError, match="leads to another root for size 3"):
        proof.verify_consistency(3, 6, HASH, ROOTS[6], shown)
    with pytest.raises(ProofError, match="leads to another root for size 6"):
        proof.verify_consistency(3, 6, ROOTS[3], HASH, shown)
    with pytest.raises(ProofError, match="a proof of 64 hashes is too long"):
        proof.verify_inclusion(2, 6, leaf, [HASH] * 64, ROOTS[6])


def test_a_root_needs_something_to_fold() -> None:
    with pytest.raises(AssertionError, match="no subtrees to fold"):
        proof.fold([])
