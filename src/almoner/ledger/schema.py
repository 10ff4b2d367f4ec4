"""The ledger's tables, written once for SQLite and PostgreSQL.

Events, entries, postings, campaign versions and pledges are only ever inserted, and triggers
refuse anything else. The head, the balances, the days, the standings and what was used of
limits are folds over them; so are the pledges that are still held, and what refunds could not
take off yet because it was delivered.
Salts lie apart, so that one can be destroyed: the event's commitment in the log then opens for
nobody, and every proof still holds. The head row is the ledger's lock.
"""

from almoner.ledger.database import Database, DatabaseError

VERSION = 2

_TABLES = """
CREATE TABLE ledger_head (
    id {integer} PRIMARY KEY CHECK (id = 1),
    schema_version {integer} NOT NULL,
    size {integer} NOT NULL,
    events {integer} NOT NULL,
    frontier {bytes} NOT NULL,
    revision {integer} NOT NULL,
    time TEXT NOT NULL
);
CREATE TABLE ledger_event (
    seq {integer} PRIMARY KEY,
    key {bytes} NOT NULL UNIQUE,
    source TEXT NOT NULL,
    ref TEXT NOT NULL,
    kind TEXT NOT NULL,
    occurred_at TEXT NOT NULL,
    received_at TEXT NOT NULL,
    body TEXT NOT NULL,
    digest {bytes} NOT NULL,
    parent {bytes},
    outcome TEXT NOT NULL
);
CREATE TABLE ledger_salt (
    event {integer} PRIMARY KEY,
    salt {bytes} NOT NULL
);
CREATE INDEX ledger_event_parent ON ledger_event (parent) WHERE parent IS NOT NULL;
CREATE TABLE ledger_entry (
    idx {integer} PRIMARY KEY,
    time TEXT NOT NULL,
    kind TEXT NOT NULL,
    event {integer} NOT NULL,
    leaf {bytes} NOT NULL,
    body {bytes} NOT NULL
);
CREATE INDEX ledger_entry_event ON ledger_entry (event);
CREATE TABLE ledger_account (
    id {integer} PRIMARY KEY,
    path TEXT NOT NULL,
    unit TEXT NOT NULL,
    scale {integer} NOT NULL,
    balance {integer} NOT NULL,
    UNIQUE (path, unit),
    CHECK (balance >= 0 OR path = 'external')
);
CREATE TABLE ledger_posting (
    entry {integer} NOT NULL,
    n {integer} NOT NULL,
    debit {integer} NOT NULL,
    credit {integer} NOT NULL,
    amount {integer} NOT NULL CHECK (amount > 0),
    PRIMARY KEY (entry, n)
){clustered};
CREATE INDEX ledger_posting_debit ON ledger_posting (debit, entry);
CREATE INDEX ledger_posting_credit ON ledger_posting (credit, entry);
CREATE TABLE ledger_day (
    account {integer} NOT NULL,
    day TEXT NOT NULL,
    change {integer} NOT NULL,
    PRIMARY KEY (account, day)
){clustered};
CREATE TABLE ledger_campaign (
    campaign TEXT NOT NULL,
    version {integer} NOT NULL,
    body TEXT NOT NULL,
    published_at TEXT NOT NULL,
    PRIMARY KEY (campaign, version)
);
CREATE TABLE ledger_standing (
    campaign TEXT NOT NULL,
    charity TEXT NOT NULL,
    due TEXT NOT NULL,
    parts TEXT NOT NULL,
    matured TEXT NOT NULL,
    PRIMARY KEY (campaign, charity)
){clustered};
CREATE TABLE ledger_use (
    scope TEXT PRIMARY KEY,
    due TEXT NOT NULL,
    parts TEXT NOT NULL
){clustered};
CREATE TABLE ledger_pledge (
    event {integer} NOT NULL,
    campaign TEXT NOT NULL,
    charity TEXT NOT NULL,
    version {integer} NOT NULL,
    of_event {integer} NOT NULL,
    entry {integer} NOT NULL,
    share TEXT NOT NULL,
    limited TEXT NOT NULL,
    PRIMARY KEY (event, campaign, charity, entry)
){clustered};
CREATE INDEX ledger_pledge_of ON ledger_pledge (of_event);
CREATE TABLE ledger_hold (
    event {integer} NOT NULL,
    campaign TEXT NOT NULL,
    charity TEXT NOT NULL,
    matures_at TEXT NOT NULL,
    PRIMARY KEY (event, campaign, charity)
){clustered};
CREATE INDEX ledger_hold_matures ON ledger_hold (matures_at);
CREATE TABLE ledger_carried (
    campaign TEXT NOT NULL,
    charity TEXT NOT NULL,
    of_event {integer} NOT NULL,
    refund {integer} NOT NULL,
    share TEXT NOT NULL,
    PRIMARY KEY (campaign, charity, of_event)
){clustered};
CREATE TABLE ledger_api_key (
    id {integer} PRIMARY KEY,
    name TEXT NOT NULL,
    hash {bytes} NOT NULL UNIQUE,
    scopes TEXT NOT NULL,
    created_at TEXT NOT NULL,
    revoked_at TEXT
)
"""
_FROZEN = (
    "ledger_event",
    "ledger_entry",
    "ledger_posting",
    "ledger_campaign",
    "ledger_pledge",
)


def create(db: Database) -> None:
    """Make the tables where there are none; safe to run again."""
    with db.transaction():
        if db.postgresql:
            # Two processes may start at once; SQLite's own lock is taken by the transaction.
            db.run("SELECT pg_advisory_xact_lock(hashtext('almoner.ledger'))")
        if exists(db):
            return
        types = (
            {"integer": "BIGINT", "bytes": "BYTEA", "clustered": ""}
            if db.postgresql
            else {"integer": "INTEGER", "bytes": "BLOB", "clustered": " WITHOUT ROWID"}
        )
        for statement in _TABLES.format(**types).split(";"):
            db.run(statement)
        for statement in _triggers(db):
            db.run(statement)
        db.insert(
            "ledger_head",
            "id, schema_version, size, events, frontier, revision, time",
            [(1, VERSION, 0, 0, b"", 0, "")],
        )


def exists(db: Database) -> bool:
    """Whether the ledger's tables are there."""
    if db.postgresql:
        row = db.row("SELECT to_regclass('ledger_head')")
        return row is not None and row[0] is not None
    return db.row("SELECT 1 FROM sqlite_master WHERE name = 'ledger_head'") is not None


def check(db: Database) -> None:
    """Refuse a database whose ledger is missing or of another version."""
    if not exists(db):
        raise DatabaseError("This database holds no ledger yet: run `almoner init`.")
    row = db.row("SELECT schema_version FROM ledger_head")
    found = row[0] if row else None
    if found != VERSION:
        raise DatabaseError(
            f"This database's ledger has schema {found}, this program needs {VERSION}: "
            "run the Almoner that made it, or begin anew in another ALMONER_HOME. There is no "
            "upgrade between versions before the first release."
        )


def _triggers(db: Database) -> list[str]:
    """Append-only, said to the database itself."""
    if db.postgresql:
        made = [
            "CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$"
        ]
        return made + [
            f"CREATE TRIGGER {table}_frozen BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()"
            for table in _FROZEN
        ]
    return [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
        for table in _FROZEN
        for verb in ("UPDATE", "DELETE")
    ]
