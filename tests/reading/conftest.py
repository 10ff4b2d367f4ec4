"""A ledger with a campaign for reads and one for visits, on each database."""

from collections.abc import Iterator

import pytest

from almoner.ledger import Ledger, publish
from almoner.reading import schema
from tests.ledger.examples import START, campaign, emptied

PAGES = campaign("pages", trigger="read", rate="1/3")
DOORS = campaign("doors", trigger="visit", rate="1/2", charity="warm-hands")


@pytest.fixture
def library(database_url: str) -> Iterator[Ledger]:
    """A third of a meal a read, half of one a visit."""
    db = emptied(database_url)
    schema.create(db)
    publish(db, PAGES, START)
    publish(db, DOORS, START)
    yield Ledger(db)
    db.close()
