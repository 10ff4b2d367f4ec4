"""One connection to the ledger's database, SQLite or PostgreSQL, with the same SQL on both.

Statements are written with `?`; PostgreSQL gets `%s`. A transaction that returns is on disk:
SQLite runs in WAL mode with synchronous=FULL (sqlite.org/pragma.html#pragma_synchronous),
PostgreSQL with its synchronous_commit. Limit: that is as true as the disk's own flush.
A connection belongs to one thread at a time.
"""

import sqlite3
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, LiteralString, cast

import psycopg

# How long a writer waits for another one's commit before it gives up. A commit takes
# milliseconds; a minute means that something else holds the database.
BUSY_SECONDS = 60

# Rows that one statement inserts into SQLite. Each statement gives up Python's lock and takes
# it again, which costs more than the insert while the server's other thread is busy.
STRIDES = (64, 8, 1)
# Pages (of 4 kB) in the write-ahead log before they are copied into the database: pages that
# many commits change are then copied once. SQLite's own 1,000 are ten commits of a busy server.
CHECKPOINT_PAGES = 8_000

Row = Sequence[Any]


class DatabaseError(Exception):
    """The database cannot be used; the message says what an operator can do."""


class Database:
    """A connection. `postgresql` tells the two-line differences apart."""

    def __init__(self, raw: sqlite3.Connection | psycopg.Connection[Any]) -> None:
        self.raw = raw
        self.postgresql = isinstance(raw, psycopg.Connection)

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Row]:
        """Run a query and return every row."""
        return self._execute(statement, values).fetchall()

    def row(self, statement: str, values: Sequence[Any] = ()) -> Row | None:
        """Run a query and return its first row, or None."""
        return self._execute(statement, values).fetchone()

    def run(self, statement: str, values: Sequence[Any] = ()) -> int:
        """Run a statement; how many rows it touched."""
        return self._execute(statement, values).rowcount

    def insert(self, table: str, columns: str, rows: Sequence[Row]) -> None:
        """Insert many rows; `columns` is `a, b, c`."""
        if not rows:
            return
        if isinstance(self.raw, psycopg.Connection):
            statement = f"COPY {table} ({columns}) FROM STDIN"
            with self.raw.cursor() as cursor, cursor.copy(_literal(statement)) as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            at, row = 0, f"({', '.join('?' * len(rows[0]))})"
            for size in STRIDES:
                statement = f"INSERT INTO {table} ({columns}) VALUES {', '.join([row] * size)}"
                while len(rows) - at >= size:
                    self.raw.execute(statement, list(chain.from_iterable(rows[at : at + size])))
                    at += size

    def run_many(self, statement: str, rows: Sequence[Row]) -> None:
        """Run one statement for each row of values."""
        if isinstance(self.raw, psycopg.Connection):
            with self.raw.cursor() as cursor:
                cursor.executemany(_literal(statement.replace("?", "%s")), rows)
        else:
            self.raw.executemany(statement, rows)

    def rows_in(self, statement: str, values: Sequence[Any]) -> list[Row]:
        """Run a query whose `IN ?` stands for a list of values."""
        if not values:
            return []
        if self.postgresql:
            return self.rows(statement.replace("IN ?", "= ANY(?)"), [list(values)])
        marks = ", ".join("?" * len(values))
        return self.rows(statement.replace("IN ?", f"IN ({marks})"), values)

    @contextmanager
    def transaction(self) -> Generator[None]:
        """Everything inside stands or falls together; on return it is durable."""
        self.run("BEGIN" if self.postgresql else "BEGIN IMMEDIATE")
        try:
            yield
            self.run("COMMIT")
        except BaseException:
            self._roll_back()
            raise

    @contextmanager
    def reading(self) -> Generator[None]:
        """Everything read inside is of one moment, whatever is committed meanwhile.

        It locks nobody out. Limit: while it lasts, SQLite keeps what is written beside the
        database instead of in it.
        """
        self.run("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY" if self.postgresql else "BEGIN")
        try:
            yield
        finally:
            self._roll_back()

    def close(self) -> None:
        """Close the connection; what was not committed is gone."""
        self.raw.close()

    def _roll_back(self) -> None:
        try:
            self.run("ROLLBACK")
        except (sqlite3.Error, psycopg.Error):
            # A full disk makes SQLite roll back by itself, a lost server by closing: either
            # way nothing is half-applied, and the first error is the one to tell.
            return

    def _execute(self, statement: str, values: Sequence[Any]) -> Any:
        if isinstance(self.raw, psycopg.Connection):
            return self.raw.execute(_literal(statement.replace("?", "%s")), values or None)
        return self.raw.execute(statement, values)


def _literal(statement: str) -> LiteralString:
    """All SQL is written in this room; psycopg asks to be told so."""
    return cast("LiteralString", statement)


def connect(database: str | Path) -> Database:
    """Open `postgresql://…` or the path of a SQLite file."""
    if isinstance(database, str) and database.startswith(("postgresql://", "postgres://")):
        try:
            raw = psycopg.connect(database, autocommit=True, connect_timeout=10)
            if raw.execute("SHOW synchronous_commit").fetchone() == ("off",):
                # An operator may have turned it off for other work; here a 2xx means durable.
                raw.execute("SET synchronous_commit TO on")
            return Database(raw)
        except psycopg.OperationalError as error:
            raise DatabaseError(f"PostgreSQL does not answer: {_reason(error)}") from error
    path = Path(database)
    try:
        raw = sqlite3.connect(
            path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        raw.execute("PRAGMA journal_mode = WAL")
        raw.execute("PRAGMA synchronous = FULL")
        # INSERT OR REPLACE deletes too, and is refused by the triggers only with this.
        raw.execute("PRAGMA recursive_triggers = ON")
        # 64 MB of pages: the index of event keys is read at random places.
        raw.execute("PRAGMA cache_size = -65536")
        raw.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    except sqlite3.Error as error:
        raise DatabaseError(f"{path} cannot be opened as a SQLite database: {error}") from error
    return Database(raw)


def _reason(error: Exception) -> str:
    """What libpq says last; its advice below that is indented."""
    lines = str(error).strip().splitlines()
    return [line for line in lines if line and not line[0].isspace()][-1]
