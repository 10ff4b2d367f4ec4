"""An empty ledger on each database."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from almoner.ledger import Database, Ledger, connect, schema
from tests.ledger.examples import emptied


@pytest.fixture
def fresh(database_url: str) -> Callable[[], Database]:
    """Makes the database's ledger empty again and opens it."""
    return lambda: emptied(database_url)


@pytest.fixture
def ledger(database_url: str) -> Iterator[Ledger]:
    """An empty ledger."""
    db = emptied(database_url)
    yield Ledger(db)
    db.close()


@pytest.fixture
def sqlite_ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger where only SQLite will do."""
    db = connect(tmp_path / "ledger.db")
    schema.create(db)
    yield Ledger(db)
    db.close()
