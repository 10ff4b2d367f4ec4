"""A batch's tree: every read of it can be shown to be in it, and nothing else can."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from almoner.log.batch import Read, batch_path, batch_root, line_of, read_of
from almoner.log.merkle import leaf_hash, leaf_hashes
from almoner.log.proof import ProofError, verify_inclusion
from tests.ledger.folds import merkle_tree_hash
from tests.log import model

READ = Read("the-long-drive", 70215, "9f2c61d04b7ae8135d60c2b7f49a1e88")


def lines(count: int) -> list[bytes]:
    return [line_of(Read("the-long-drive", serial, f"{serial:032x}")) for serial in range(count)]


def test_a_read_is_written_like_this() -> None:
    line = line_of(READ)

    assert line == (
        b'{"story":"the-long-drive","serial":70215,"nonce":"9f2c61d04b7ae8135d60c2b7f49a1e88"}'
    )
    assert read_of(line) == READ


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{}",
        b'{"serial":70215,"story":"the-long-drive","nonce":"9f2c61d04b7ae8135d60c2b7f49a1e88"}',
        b'{"story":"the-long-drive","serial":70215,"nonce":"9f","who":"Jo"}',
        b'{"story": "the-long-drive","serial":70215,"nonce":"9f2c61d04b7ae8135d60c2b7f49a1e88"}',
    ],
)
def test_a_read_that_is_written_otherwise_is_none(line: bytes) -> None:
    with pytest.raises(ValueError, match=r"read|missing|unknown|truncated"):
        read_of(line)


@given(st.integers(1, 70))
def test_root_and_paths_are_those_of_the_rfc(count: int) -> None:
    found = lines(count)
    leaves = leaf_hashes(found)

    assert batch_root(leaves) == merkle_tree_hash(found)
    for place in range(count):
        assert batch_path(leaves, place) == model.path(place, found)


def test_a_path_proves_its_own_read_and_no_other() -> None:
    found = lines(11)
    leaves = leaf_hashes(found)
    root = batch_root(leaves)

    for place, other in product(range(11), range(11)):
        path = batch_path(leaves, place)
        if place == other:
            verify_inclusion(place, 11, leaf_hash(found[other]), path, root)
        else:
            with pytest.raises(ProofError, match="another root"):
                verify_inclusion(place, 11, leaf_hash(found[other]), path, root)


def test_a_place_beyond_the_batch_has_no_path() -> None:
    with pytest.raises(ProofError, match="not within the 3"):
        batch_path(leaf_hashes(lines(3)), 3)
