"""The ledger: exact, append-only, double-entry, in many units.

One way in (`append`), everything else reads. The tables are hand-written SQL, the same on
SQLite and PostgreSQL; `schema` makes them, `database` is the one connection type.
"""

from almoner.ledger.append import MAX_BATCH, Ledger, Outcome
from almoner.ledger.database import Database, connect
from almoner.ledger.event import Event, Posting, Transfer
from almoner.ledger.publish import publish
from almoner.ledger.replay import replay
from almoner.ledger.upkeep import mature, top_up

__all__ = [
    "MAX_BATCH",
    "Database",
    "Event",
    "Ledger",
    "Outcome",
    "Posting",
    "Transfer",
    "connect",
    "mature",
    "publish",
    "replay",
    "top_up",
]
