"""Tiles and bundles: what lies at a path, and what can be read from it."""

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from almoner.log import checkpoint, proof, tile
from almoner.log.merkle import EMPTY_ROOT, leaf_hash
from almoner.log.note import parse_key
from almoner.log.store import read_entry, read_tile, reader
from almoner.log.tile import ENTRIES, WIDTH, Tile, TileError, bundle, parse_path
from tests.ledger.folds import merkle_tree_hash as mth
from tests.log import model
from tests.log.model import VECTORS, Memory, entries, vectors

TILES = st.builds(
    Tile,
    st.integers(ENTRIES, 63),
    st.integers(0, 2**63 // 256) | st.integers(0, 5000),
    st.integers(1, 256),
)
SIZES = st.integers(1, 900)
LOG = entries(900)
FILES = {size: model.files(LOG, size) for size in (1, 255, 256, 257, 700, 900)}
KEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"


def holding(files: dict[str, bytes]) -> Memory:
    store = Memory()
    store.files = dict(files)
    return store


# The properties


@given(TILES)
def test_a_path_reads_back_as_its_tile(found: Tile) -> None:
    assert parse_path(found.path) == found


@given(st.text() | st.from_regex(r"tile/(entries|\d+)/(x\d{3}/)*\d{3}(\.p/\d+)?", fullmatch=True))
@example("tile/0/000\n")
@example("tile/0/" + "x999/" * 20_000 + "999")
def test_any_path_is_a_tiles_own_or_an_error_that_says_why(path: str) -> None:
    with suppress(TileError):
        assert parse_path(path).path == path


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=WIDTH))
def test_a_bundle_reads_back_as_its_entries(found: list[bytes]) -> None:
    assert tile.unpack(tile.pack(found), bundle(0, len(found))) == found


@given(st.binary(max_size=2000), st.integers(1, WIDTH))
def test_any_bytes_are_a_bundle_or_an_error_that_says_why(content: bytes, width: int) -> None:
    with suppress(TileError):
        assert tile.pack(tile.unpack(content, bundle(7, width))) == content
    with suppress(TileError):
        tile.cut(content, bundle(7, width))
    with suppress(TileError):
        tile.cut(content, Tile(0, 7, width))


@given(SIZES, SIZES)
def test_a_growing_log_has_the_tiles_of_its_size(one: int, other: int) -> None:
    old, new = sorted((one, other))
    # All that the old log had, still has: but for the partial ones that grew.
    before, after = tuple(tile.tiles(0, old)), tuple(tile.tiles(0, new))
    grown = tuple(tile.tiles(old, new))

    assert {each.path for each in (*after, *tile.bundles(0, new))} == set(model.files(LOG, new))
    assert set(after) - set(before) == set(grown)
    assert [each.level for each in grown] == sorted(each.level for each in grown)
    assert {bundle(t.number, t.width) for t in grown if t.level == 0} == set(tile.bundles(old, new))


@given(st.sampled_from(sorted(FILES)), st.data())
def test_every_proof_can_be_read_from_tiles(size: int, data: st.DataObject) -> None:
    store = holding(FILES[size])
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(1, size))
    read = reader(store, size)

    assert proof.inclusion(index, size, read) == model.path(index, LOG[:size])
    assert proof.consistency(old, size, read) == model.proof(old, LOG[:size])
    assert read_entry(store, index, size) == LOG[index]


@given(st.sampled_from([257, 700, 900]), st.integers(1, 900))
def test_who_reads_an_older_size_cuts_it_from_the_full_tile(new: int, old: int) -> None:
    """The partial tiles of the older size may be gone once the full ones are there."""
    size = min(old, new // WIDTH * WIDTH)
    store = holding(FILES[new])

    # Above the lowest level a partial tile is gone only when that level's tile is full.
    store.files |= {path: c for path, c in model.files(LOG, size).items() if "tile/1/" in path}

    assert proof.roots([(0, size)], reader(store, size)) == [mth(LOG[:size])]
    assert read_entry(store, size - 1, size) == LOG[size - 1]


# Public vectors


@pytest.mark.parametrize("size", range(16))
def test_a_log_that_others_wrote_opens_at_each_size(size: int) -> None:
    log = VECTORS / "tessera-testdata-log/log"
    store = holding(
        {str(file.relative_to(log)): file.read_bytes() for file in log.rglob("*") if file.is_file()}
    )

    found, _ = checkpoint.read(store.files[f"checkpoint.{size}"].decode(), [parse_key(KEY)])

    assert found.size == size
    if not size:
        assert found.root == EMPTY_ROOT
        return
    [root] = proof.roots([(0, size)], reader(store, size))
    assert root == found.root
    leaves = [read_entry(store, index, size) for index in range(size)]
    assert mth(leaves) == found.root
    for old in range(1, size):
        earlier, _ = checkpoint.read(store.files[f"checkpoint.{old}"].decode(), [parse_key(KEY)])
        made = proof.consistency(old, size, reader(store, size))
        proof.verify_consistency(old, size, earlier.root, found.root, made)
    assert {each.path for each in (*tile.tiles(0, size), *tile.bundles(0, size))} <= {*store.files}
    assert model.files(leaves, size).items() <= store.files.items()


def test_the_paths_of_go_are_ours_with_a_height_more() -> None:
    """Go's paths are tile/<height>/<level>/…; ours are of height 8, so are its levels there."""
    for case in vectors("xmod-constants/tile_paths.json"):
        words = case["xmod_path"].split("/")
        ours = "/".join([words[0], *words[2:]]).replace("data", "entries")
        if case.get("invalid"):
            with pytest.raises(TileError):
                parse_path(ours)
            continue
        # A tile of another height is full at another width, which its path then leaves out.
        found = parse_path(ours)
        assert (found.level, found.number) == (case["L"], case["N"])
        assert found.width == (case["W"] if ".p/" in ours else WIDTH)
        with pytest.raises(TileError):
            parse_path(case["xmod_path"])


def test_the_examples_of_the_specification_hold() -> None:
    found = vectors("c2sp-spec-examples/examples.json")

    for number, path in found["tile_index"].items():
        assert Tile(0, int(number)).path == f"tile/0/{path}"
    for size, name in ((70_000, "tree_70000"), (256, "tree_256")):
        said: dict[str, int] = {}
        for each in tile.tiles(0, size):
            if each.width == WIDTH:
                key = f"level{each.level}_full"
                said[key] = said.get(key, 0) + 1
            else:
                said[f"level{each.level}_partial"] = each.width
        assert said == found[name]


# By example


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile",
        "tile/0/0",
        "tile/64/000",
        "tile/00/000",
        "tile/-1/000",
        "tile/entries/000/",
        "tile/0/x000/000",
        "tile/0/x00/000",
        "tile/0/1000",
        "tile/0/x001/x000/x000/x000/x000/x000/x000/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/٠٠٠",
        "/tile/0/000",
        "tile/0/000\n",
    ],
)
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(TileError, match="is not the path of a tile"):
        parse_path(path)


def test_a_tile_that_cannot_be_is_not_made() -> None:
    for level, number, width in ((-2, 0, 1), (64, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 257)):
        with pytest.raises(AssertionError, match=r"a tile|tile -1"):
            Tile(level, number, width)


def test_a_missing_tile_is_named() -> None:
    store = holding(FILES[257])
    del store.files["tile/0/000"], store.files["tile/0/001.p/1"]

    with pytest.raises(TileError, match="tile/0/000 is missing"):
        read_tile(store, Tile(0, 0))
    with pytest.raises(TileError, match=r"tile/0/001\.p/1 is missing"):
        read_tile(store, Tile(0, 1, 1))


@pytest.mark.parametrize("wrong", [b"", bytes(31), bytes(33), bytes(32 * 256)])
def test_a_tile_of_another_length_is_named(wrong: bytes) -> None:
    store = holding({"tile/0/001.p/1": wrong})

    with pytest.raises(TileError, match=r"tile/0/001\.p/1 has \d+ bytes, not 32"):
        read_tile(store, Tile(0, 1, 1))


@pytest.mark.parametrize(
    "wrong", [b"", b"\0", b"\0\1", b"\0\1a\0", b"\0\2a", b"\0\0", b"\0\1a\0\1b\0\1c"]
)
def test_a_bundle_of_another_length_is_named(wrong: bytes) -> None:
    with pytest.raises(TileError, match=r"tile/entries/001\.p/2 is not a bundle of 2 entries"):
        tile.unpack(wrong, bundle(1, 2))


def test_a_node_that_a_log_does_not_have_yet_is_not_looked_for() -> None:
    with pytest.raises(AssertionError, match="node 1/1 is not in a log of 3"):
        tile.holding(1, 1, 3)
    with pytest.raises(AssertionError, match="1 hashes of 2 for a node at 0"):
        tile.node(leaf_hash(b""), 1, 0)


def test_each_tile_is_read_once_a_call() -> None:
    class Counting(Memory):
        def get(self, path: str) -> bytes | None:
            self.puts.append(path)
            return super().get(path)

    store = Counting()
    store.files = dict(FILES[900])

    proof.inclusion(300, 900, reader(store, 900))

    assert len(store.puts) == len(set(store.puts)) <= 3
