"""The tables of reading, beside the ledger's in the same database.

None is part of the ledger: what gave stands in the log, and these can be made anew from its
events. Written once for SQLite and PostgreSQL.
"""

from almoner.ledger.database import Database, DatabaseError
from almoner.reading import tables

_TABLES = """
CREATE TABLE IF NOT EXISTS reading_brake (
    campaign TEXT PRIMARY KEY,
    since TEXT NOT NULL,
    reason TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS reading_accepted (
    campaign TEXT PRIMARY KEY,
    reads {integer} NOT NULL,
    until TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS reading_pace (
    campaign TEXT NOT NULL,
    minute {integer} NOT NULL,
    reads {integer} NOT NULL,
    without {integer} NOT NULL,
    PRIMARY KEY (campaign, minute)
);
CREATE INDEX IF NOT EXISTS reading_pace_minute ON reading_pace (minute);
CREATE TABLE IF NOT EXISTS reading_seen (
    id {integer} PRIMARY KEY CHECK (id = 1),
    event {integer} NOT NULL
)
"""


def create(db: Database) -> None:
    """Make the tables where there are none; safe to run again."""
    integer = "BIGINT" if db.postgresql else "INTEGER"
    with db.transaction():
        if db.postgresql:
            # Two processes may start at once; SQLite's own lock is taken by the transaction.
            db.run("SELECT pg_advisory_xact_lock(hashtext('almoner.reading'))")
        for statement in _TABLES.format(integer=integer).split(";"):
            db.run(statement)
        tables.create(db)


def check(db: Database) -> None:
    """Refuse a database that has no such tables yet."""
    if db.postgresql:
        row = db.row("SELECT to_regclass('reading_key')")
        found = row is not None and row[0] is not None
    else:
        found = db.row("SELECT 1 FROM sqlite_master WHERE name = 'reading_key'") is not None
    if not found:
        raise DatabaseError("This database is of an older version: run `almoner init`.")
