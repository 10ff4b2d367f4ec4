"""Forgets whom an event was about, by destroying the salt of its commitment.

Its reference in the log then opens for nobody. Every proof still holds, for the log keeps
only the commitment. Limit: who has a receipt already holds the salt in it.
"""

from almoner.ledger.database import Database
from almoner.ledger.reads import event_number


def forget(db: Database, source: str, ref: str) -> bool:
    """Destroy the salt of the event `ref` of `source`; False where it was gone or never here."""
    with db.transaction():
        number = event_number(db, source, ref)
        if number is None:
            return False
        return db.run("DELETE FROM ledger_salt WHERE event = ?", (number,)) > 0
