"""Promise 4: the databases themselves refuse to change what was written."""

import sqlite3
import threading
from pathlib import Path

import psycopg
import pytest

from almoner.ledger import Database, Ledger, connect, publish, schema
from almoner.ledger.database import DatabaseError
from tests.ledger import folds
from tests.ledger.examples import NOW, START, campaign, emptied, order, refund, take

FROZEN = {
    "ledger_event": "outcome = 'x'",
    "ledger_entry": "kind = 'x'",
    "ledger_posting": "amount = 1",
    "ledger_campaign": "body = 'x'",
    "ledger_pledge": "share = '0'",
}


def everything(db: Database) -> list[list[tuple[object, ...]]]:
    """Every row of the frozen tables."""
    return [sorted(map(tuple, db.rows(f"SELECT * FROM {table}")), key=repr) for table in FROZEN]


@pytest.fixture
def written(ledger: Ledger) -> Ledger:
    """A ledger with a row in each table."""
    publish(ledger.db, campaign(), START)
    take(ledger, order("a"), refund("r", "a"))
    return ledger


@pytest.mark.parametrize("table", FROZEN)
def test_no_row_can_be_changed_or_deleted(written: Ledger, table: str) -> None:
    before = everything(written.db)

    for statement in (f"UPDATE {table} SET {FROZEN[table]}", f"DELETE FROM {table}"):
        with pytest.raises((sqlite3.IntegrityError, psycopg.Error), match="append-only"):
            written.db.run(statement)

    assert everything(written.db) == before


def test_no_row_can_be_replaced_by_another(sqlite_ledger: Ledger) -> None:
    publish(sqlite_ledger.db, campaign(), START)
    take(sqlite_ledger, order("a"))

    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        sqlite_ledger.db.run(
            "INSERT OR REPLACE INTO ledger_entry SELECT idx, time, 'x', event, leaf, body "
            "FROM ledger_entry"
        )

    assert b"pledge" in folds.bodies(sqlite_ledger.db)[0]


@pytest.mark.postgresql
@pytest.mark.parametrize("table", FROZEN)
def test_no_table_can_be_emptied(postgres_url: str, table: str) -> None:
    db = emptied(postgres_url)

    with pytest.raises(psycopg.Error, match="append-only"):
        db.run(f"TRUNCATE {table}")

    db.close()


def test_no_account_but_the_outside_can_be_below_zero(written: Ledger) -> None:
    with pytest.raises((sqlite3.IntegrityError, psycopg.Error)):
        written.db.run("UPDATE ledger_account SET balance = -1 WHERE path <> 'external'")


def test_the_tables_are_made_once_however_often_it_is_asked(written: Ledger) -> None:
    before = everything(written.db)

    schema.create(written.db)

    schema.check(written.db)
    assert everything(written.db) == before


def test_two_processes_that_start_at_once_make_the_tables_once(database_url: str) -> None:
    db = emptied(database_url)
    for (table,) in db.rows(
        "SELECT tablename FROM pg_tables WHERE tablename LIKE 'ledger_%'"
        if db.postgresql
        else "SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'ledger_%'"
    ):
        db.run(f"DROP TABLE {table}")
    if db.postgresql:
        db.run("DROP FUNCTION ledger_refuse")
    errors: list[BaseException] = []

    def start() -> None:
        each = connect(database_url)
        try:
            schema.create(each)
        except Exception as error:
            errors.append(error)
        finally:
            each.close()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    schema.check(db)
    db.close()


def test_a_database_without_a_ledger_is_refused_with_what_to_do(tmp_path: Path) -> None:
    db = connect(tmp_path / "empty.db")

    with pytest.raises(DatabaseError, match="holds no ledger yet: run `almoner init`"):
        schema.check(db)

    db.close()


def test_a_ledger_of_another_version_is_refused_with_what_to_do(ledger: Ledger) -> None:
    ledger.db.run("UPDATE ledger_head SET schema_version = 99")

    with pytest.raises(DatabaseError, match="schema 99, this program needs 2"):
        schema.check(ledger.db)


def test_a_ledger_without_a_head_is_refused(ledger: Ledger) -> None:
    ledger.db.run("DELETE FROM ledger_head")

    with pytest.raises(DatabaseError, match="schema None"):
        schema.check(ledger.db)
    with pytest.raises(AssertionError, match="no head row"):
        ledger.append([order("a")], NOW)


@pytest.mark.parametrize("content", [b"this is no database at all, it is a letter", None])
def test_what_is_no_database_is_refused_by_name(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "letter.db"
    path.mkdir() if content is None else path.write_bytes(content * 100)

    with pytest.raises(DatabaseError, match=r"letter\.db cannot be opened"):
        connect(path)


def test_a_server_that_is_not_there_is_told_in_a_line() -> None:
    with pytest.raises(DatabaseError, match="PostgreSQL does not answer") as raised:
        connect("postgresql://nobody@127.0.0.1:9/nothing")

    assert "\n" not in str(raised.value)
