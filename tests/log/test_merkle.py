"""The frontier against RFC 6962's own recursive definition and others' vectors."""

import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almoner.log import merkle
from tests.ledger.folds import merkle_tree_hash

VECTORS = Path(__file__).parent.parent / "vectors"

entries = st.lists(st.binary(max_size=6), max_size=70)


def reference() -> tuple[list[bytes], list[str]]:
    """Leaf inputs, and the root of each size from 0 to 8."""
    tree = json.loads((VECTORS / "rfc6962-reference/tree.json").read_text())
    return [bytes.fromhex(leaf) for leaf in tree["leaf_inputs_hex"]], tree["root_by_size_hex"]


@pytest.mark.parametrize("size", range(9))
def test_roots_are_those_of_the_reference_trees(size: int) -> None:
    inputs, roots = reference()
    leaves = [merkle.leaf_hash(entry) for entry in inputs[:size]]

    assert merkle.root(*merkle.extend(0, b"", leaves)).hex() == roots[size]
    assert merkle_tree_hash(inputs[:size]).hex() == roots[size]


def test_leaf_hashes_and_nodes_are_those_of_the_reference_tree() -> None:
    tree = json.loads((VECTORS / "rfc6962-reference/tree.json").read_text())
    levels = [[bytes.fromhex(node) for node in level] for level in tree["node_hashes_hex_by_level"]]

    assert [merkle.leaf_hash(entry) for entry in reference()[0]] == levels[0]
    for lower, upper in itertools.pairwise(levels):
        pairs = zip(lower[::2], lower[1::2], strict=True)
        assert [merkle.node_hash(*pair) for pair in pairs] == upper


@given(entries)
def test_the_root_is_the_merkle_tree_hash_of_rfc_6962(found: list[bytes]) -> None:
    leaves = [merkle.leaf_hash(entry) for entry in found]

    size, frontier = merkle.extend(0, b"", leaves)

    assert size == len(found)
    assert merkle.root(size, frontier) == merkle_tree_hash(found)


@given(entries, st.data())
def test_leaves_may_be_added_in_any_portions(found: list[bytes], data: st.DataObject) -> None:
    leaves = [merkle.leaf_hash(entry) for entry in found]
    whole = merkle.extend(0, b"", leaves)
    size, frontier = 0, b""

    while size < len(leaves):
        portion = data.draw(st.integers(1, len(leaves) - size))
        size, frontier = merkle.extend(size, frontier, leaves[size : size + portion])

    assert (size, frontier) == whole


@given(entries, st.binary(max_size=6))
def test_another_leaf_makes_another_root(found: list[bytes], more: bytes) -> None:
    size, frontier = merkle.extend(0, b"", [merkle.leaf_hash(entry) for entry in found])

    longer = merkle.extend(size, frontier, [merkle.leaf_hash(more)])

    assert merkle.root(*longer) != merkle.root(size, frontier)


def test_a_frontier_of_another_size_is_refused() -> None:
    size, frontier = merkle.extend(0, b"", [merkle.leaf_hash(b"a")])

    with pytest.raises(AssertionError, match="frontier of 3: 32 B"):
        merkle.extend(size + 2, frontier, [])
    with pytest.raises(AssertionError, match="frontier of 0: 32 B"):
        merkle.root(0, frontier)


def test_what_is_no_leaf_hash_is_refused() -> None:
    with pytest.raises(AssertionError, match="a leaf hash of 3 bytes"):
        merkle.extend(0, b"", [b"abc"])


@given(entries.filter(lambda found: len(found) % 2 == 0))
def test_hashes_made_many_at_once_are_those_made_one_by_one(found: list[bytes]) -> None:
    leaves = [merkle.leaf_hash(entry) for entry in found]

    assert merkle.leaf_hashes(found) == leaves
    assert merkle.parents(leaves) == [
        merkle.node_hash(*pair) for pair in zip(leaves[::2], leaves[1::2], strict=True)
    ]
