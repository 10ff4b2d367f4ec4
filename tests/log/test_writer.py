"""The writer: the same bytes however it is fed, stopped and opened again, each path once."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from almoner.log import merkle, proof
from almoner.log.merkle import EMPTY_ROOT, leaf_hash
from almoner.log.store import reader
from almoner.log.tile import TileError
from almoner.log.writer import Writer
from tests.ledger.folds import merkle_tree_hash as mth
from tests.log import model
from tests.log.model import Memory, entries

MOST = 1100
LOG = entries(MOST)
STOPS = st.lists(st.integers(0, MOST), max_size=6).map(lambda stops: sorted({0, *stops}))


def written(stops: list[int], reopened: list[bool]) -> tuple[Memory, Writer]:
    """A log that is published at each stop, its writer opened anew after some of them."""
    store = Memory()
    writer = Writer(store)
    for place, (old, new) in enumerate(pairwise(stops)):
        writer.add(LOG[old:new])
        writer.flush()
        if reopened[place % len(reopened)]:
            writer = Writer.open(store, new)
    return store, writer


@given(STOPS, st.lists(st.booleans(), min_size=1, max_size=6))
@settings(max_examples=40)
def test_any_portions_and_any_reopening_put_the_same_bytes_each_path_once(
    stops: list[int], reopened: list[bool]
) -> None:
    store, writer = written(stops, reopened)
    expected: dict[str, bytes] = {}
    for size in stops:
        expected |= model.files(LOG, size)

    assert store.files == expected
    assert writer.size == stops[-1]
    assert writer.root == mth(LOG[: stops[-1]])
    assert len(store.puts) == len(set(store.puts))


@given(STOPS, st.data())
@settings(max_examples=40)
def test_what_is_put_again_after_a_crash_is_the_same(stops: list[int], data: st.DataObject) -> None:
    """The store itself refuses other bytes at a path; a crash repeats what was not published."""
    store, _ = written(stops, [False])
    published = data.draw(st.sampled_from(stops))

    writer = Writer.open(store, published)
    writer.add(LOG[published : stops[-1]])
    writer.flush()

    assert writer.root == mth(LOG[: stops[-1]])


@given(STOPS)
@settings(max_examples=40)
def test_nothing_that_is_needed_is_collected(stops: list[int]) -> None:
    store = Memory()
    writer = Writer(store)
    for old, new in pairwise(stops):
        writer.add(LOG[old:new])
        writer.flush()
        writer.collect()

        assert model.files(LOG, new).items() <= store.files.items()
        full = {path for path in store.files if ".p/" not in path}
        assert not [path for path in store.files if path.partition(".p/")[0] in full - {path}]
        for earlier in stops:
            if 0 < earlier <= new:
                [root] = proof.roots([(0, earlier)], reader(store, earlier))
                assert root == mth(LOG[:earlier])


def test_the_levels_above_fill_as_they_should() -> None:
    """65,536 entries fill a tile of the second level, and begin one of the third."""
    store = Memory()
    writer = Writer(store)
    size, frontier = 0, b""
    for stop in (65_535, 65_536, 65_837):
        more = [b"%d" % index for index in range(writer.size, stop)]
        writer.add(more)
        writer.flush()
        size, frontier = merkle.extend(size, frontier, map(leaf_hash, more))
        assert writer.root == merkle.root(size, frontier)
        assert Writer.open(store, stop).root == writer.root
        assert proof.roots([(0, stop)], reader(store, stop)) == [writer.root]

    assert len(store.files["tile/1/000"]) == 8192
    assert len(store.files["tile/2/000.p/1"]) == 32
    assert store.files["tile/1/001.p/1"] != store.files["tile/2/000.p/1"]


def test_an_empty_log_has_no_files() -> None:
    store = Memory()
    writer = Writer(store)

    writer.flush()
    writer.collect()

    assert store.files == {}
    assert writer.root == EMPTY_ROOT
    assert Writer.open(store, 0).root == EMPTY_ROOT


def test_a_writer_is_not_opened_on_a_size_that_was_never_published() -> None:
    store, _ = written([0, 300], [False])

    with pytest.raises(TileError, match=r"tile/0/001\.p/45 is missing"):
        Writer.open(store, 301)


def test_what_fails_to_be_put_is_not_passed_over() -> None:
    class Full(Memory):
        def put(self, path: str, content: bytes) -> None:
            raise OSError("no space left on device")

    writer = Writer(Full())

    with pytest.raises(OSError, match="no space left"):
        writer.add(entries(256))


def test_a_size_that_is_published_twice_is_put_once() -> None:
    store, writer = written([0, 300], [False])
    before = list(store.puts)

    writer.flush()
    Writer.open(store, 300).flush()

    assert store.puts == before


def test_an_entry_too_long_for_a_bundle_is_refused_before_it_is_hashed() -> None:
    writer = Writer(Memory())
    writer.add([b"x" * 65_535])

    with pytest.raises(AssertionError, match="entry 1: 65536 bytes"):
        writer.add([b"x" * 65_536])
    assert writer.root == mth([b"x" * 65_535])
