"""An installation to publish, on each database."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.publication.world import Reader, World


@pytest.fixture
def world(home: Path, database_url: str) -> Iterator[World]:
    """An installation whose ledger holds nothing."""
    world = World(home, database_url)
    yield world
    world.close()


@pytest.fixture
def reader(world: World) -> Reader:
    """Somebody who reads the world's files from the beginning."""
    return Reader(world.files)


@pytest.fixture
def installed_home(home: Path, install: Callable[..., None]) -> None:
    """Makes the home one that `almoner init` set up."""
    install(home)
