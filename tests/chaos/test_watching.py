"""Who watches a log in a chaos run sees what a log may not do."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from almoner.log.note import write
from almoner.publication import keys
from bench.watching import Watchers
from tests.publication.world import World


@pytest.fixture
def world(home: Path) -> Iterator[World]:
    """A log of three checkpoints."""
    world = World(home, str(home / "almoner.db"))
    yield world
    world.close()


def watch(world: World) -> Watchers:
    """Three checkpoints, each of them seen."""
    watchers = Watchers(world.files)
    for orders in (3, 300, 5):
        world.append(orders)
        world.publish()
        watchers.look()
    return watchers


def found(watchers: Watchers) -> tuple[int, int, int]:
    """Checkpoints, contradictions, missing files."""
    watchers.look()
    watchers.check()
    return len(watchers.seen), len(watchers.contradictions), len(watchers.missing)


def test_an_honest_log_is_found_to_be_one(world: World) -> None:
    assert found(watch(world)) == (3, 0, 0)


@pytest.mark.parametrize("path", ["tile/0/000", "tile/entries/000", "tile/entries/001.p/52"])
def test_a_missing_file_is_seen(world: World, path: str) -> None:
    watchers = watch(world)
    (world.files / path).unlink()

    _, contradictions, missing = found(watchers)

    assert contradictions == 0
    assert missing > 0


def test_a_log_that_goes_back_is_seen(world: World) -> None:
    world.append(1)
    world.publish()
    shutil.copy(world.files / "checkpoint", world.home / "kept")
    watchers = watch(world)
    shutil.copy(world.home / "kept", world.files / "checkpoint")

    assert found(watchers)[1] > 0


def test_a_checkpoint_of_another_history_is_seen(world: World) -> None:
    watchers = watch(world)
    world.drop_entries(100)
    world.append(300)
    shutil.rmtree(world.files)
    (world.home / "keys" / "signed").unlink()
    world.publish()

    checkpoints, contradictions, _ = found(watchers)

    assert checkpoints == 4
    assert contradictions > 0


def test_a_checkpoint_that_nobody_signed_is_seen(world: World) -> None:
    watchers = watch(world)
    (world.files / "checkpoint").write_text("giving.example/log\n400\nnonsense\n")
    assert found(watchers)[1] > 0


def test_a_checkpoint_over_other_files_is_seen(world: World) -> None:
    watchers = watch(world)
    held = keys.load(world.settings)
    text = watchers.seen[-1].text.replace("\n308\n", "\n309\n")
    (world.files / "checkpoint").write_text(write(text, [held.signers[-1].sign(text)]))

    _, contradictions, missing = found(watchers)

    assert contradictions + missing > 0
