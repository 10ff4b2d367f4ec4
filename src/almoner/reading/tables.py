"""The tables of tokens, visitors and shares, beside the ledger's in the same database.

What is kept of visitors lives for their day; spent serials live as long as a token does; of a
share only sums stay. Written once for SQLite and PostgreSQL.
"""

import secrets

from almoner.ledger.database import Database

KEY_BYTES = 32

TABLES = """
CREATE TABLE IF NOT EXISTS reading_key (
    id {integer} PRIMARY KEY CHECK (id = 1),
    key {bytes} NOT NULL,
    next {integer} NOT NULL
);
CREATE TABLE IF NOT EXISTS reading_block (
    block {integer} PRIMARY KEY,
    reserved_ms {integer} NOT NULL,
    spent {bytes} NOT NULL
);
CREATE TABLE IF NOT EXISTS reading_salt (
    day {integer} PRIMARY KEY,
    salt {bytes} NOT NULL
);
CREATE TABLE IF NOT EXISTS reading_visitor (
    day {integer} NOT NULL,
    tag {integer} NOT NULL,
    PRIMARY KEY (day, tag)
){clustered};
CREATE TABLE IF NOT EXISTS reading_share (
    code TEXT PRIMARY KEY,
    story {integer} NOT NULL,
    parent TEXT NOT NULL,
    children {integer} NOT NULL,
    reads {integer} NOT NULL,
    passed {integer} NOT NULL
);
CREATE TABLE IF NOT EXISTS reading_share_given (
    code TEXT NOT NULL,
    cause TEXT NOT NULL,
    share TEXT NOT NULL,
    passed TEXT NOT NULL,
    PRIMARY KEY (code, cause)
)
"""


def create(db: Database) -> None:
    """Make the tables and the key where there are none; inside the caller's transaction."""
    types = (
        {"integer": "BIGINT", "bytes": "BYTEA", "clustered": ""}
        if db.postgresql
        else {"integer": "INTEGER", "bytes": "BLOB", "clustered": " WITHOUT ROWID"}
    )
    for statement in TABLES.format(**types).split(";"):
        db.run(statement)
    db.run(
        "INSERT INTO reading_key (id, key, next) VALUES (1, ?, 0) ON CONFLICT (id) DO NOTHING",
        (secrets.token_bytes(KEY_BYTES),),
    )


def key(db: Database) -> bytes:
    """What tokens and share codes are signed under."""
    row = db.row("SELECT key FROM reading_key WHERE id = 1")
    assert row is not None, "reading has no key"
    return bytes(row[0])
