"""Opens the ledger that lies in the same database as Django's own tables.

The ledger appends on a connection of its own. On SQLite a Django transaction holds the
write lock, so an append inside one would wait for itself: `open_ledger` refuses to start
there instead.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote, urlencode

from django.db import connection

from almoner.ledger import Ledger, connect, schema


@contextmanager
def open_ledger() -> Iterator[Ledger]:
    """A ledger for the length of the block; raises `DatabaseError` where there is none."""
    assert not connection.in_atomic_block, "the ledger was opened inside a Django transaction"
    db = connect(location())
    try:
        schema.check(db)
        yield Ledger(db)
    finally:
        db.close()


def location() -> str | Path:
    """Where Django's database is, as `almoner.ledger.connect` takes it."""
    found = connection.settings_dict
    if connection.vendor == "sqlite":
        return Path(found["NAME"])
    user, password = quote(found["USER"], safe=""), quote(found["PASSWORD"], safe="")
    place = f"{found['HOST']}:{found['PORT']}" if found["PORT"] else found["HOST"]
    name, options = quote(found["NAME"], safe=""), urlencode(found["OPTIONS"])
    return f"postgresql://{user}:{password}@{place}/{name}?{options}"
