"""Promise 5, in one process: what fails is not half there, and what follows works."""

import multiprocessing
import sqlite3
from multiprocessing.synchronize import Event as Flag

import psycopg
import pytest

from almoner.ledger import Database, Ledger, audit, connect, publish, reads
from tests.ledger import folds
from tests.ledger.examples import NOW, START, campaign, emptied, order, pieces, statuses, take


def state(db: Database) -> tuple[object, ...]:
    """Everything that an append may change."""
    return (
        reads.head(db),
        folds.bodies(db),
        folds.stored_balances(db),
        reads.campaign_totals(db),
        len(reads.events(db, limit=1000)),
    )


def batch(prefix: str, count: int) -> list:
    """Orders enough to need many pages."""
    return [order(f"{prefix}{n}", pieces(2)) for n in range(count)]


def test_a_full_disk_leaves_nothing_half_applied_and_the_next_append_works(
    sqlite_ledger: Ledger,
) -> None:
    db = sqlite_ledger.db
    publish(db, campaign(trigger="item", rate="1/3"), START)
    take(sqlite_ledger, *batch("a", 10))
    before = state(db)
    pages = db.row("PRAGMA page_count")
    assert pages is not None
    db.run(f"PRAGMA max_page_count = {pages[0] + 3}")

    with pytest.raises(sqlite3.OperationalError, match="full"):
        take(sqlite_ledger, *batch("b", 2000))

    assert state(db) == before
    db.run("PRAGMA max_page_count = 1073741823")
    assert set(statuses(take(sqlite_ledger, *batch("b", 20)))) == {"pledged"}
    assert reads.campaign_totals(db) == {"bowls": 20}
    assert audit.check(db) == ""


def test_an_event_that_fails_takes_its_whole_batch_with_it(
    ledger: Ledger,
) -> None:
    publish(ledger.db, campaign(), START)
    take(ledger, order("a"))
    before = state(ledger.db)
    ledger.db.run("ALTER TABLE ledger_standing RENAME TO ledger_gone")

    with pytest.raises((sqlite3.OperationalError, psycopg.Error)):
        take(ledger, order("b"), order("c"))

    ledger.db.run("ALTER TABLE ledger_gone RENAME TO ledger_standing")
    assert state(ledger.db) == before


def hold(path: str, locked: Flag, release: Flag) -> None:
    """Keep the write lock until told."""
    raw = sqlite3.connect(path, isolation_level=None)
    raw.execute("BEGIN IMMEDIATE")
    locked.set()
    release.wait(30)
    raw.execute("ROLLBACK")
    raw.close()


def test_a_database_that_another_process_holds_is_waited_for_and_then_told(
    sqlite_ledger: Ledger,
) -> None:
    db = sqlite_ledger.db
    path = db.rows("PRAGMA database_list")[0][2]
    context = multiprocessing.get_context("spawn")
    locked, release = context.Event(), context.Event()
    other = context.Process(target=hold, args=(path, locked, release))
    other.start()
    assert locked.wait(30)
    db.run("PRAGMA busy_timeout = 100")

    with pytest.raises(sqlite3.OperationalError, match="locked"):
        take(sqlite_ledger, order("a"))

    release.set()
    other.join(30)
    assert statuses(take(sqlite_ledger, order("a"))) == ["matched nothing"]


def cut(db: Database, url: str) -> None:
    """End `db`'s connection from the server's side."""
    row = db.row("SELECT pg_backend_pid()")
    assert row is not None
    other = connect(url)
    other.run("SELECT pg_terminate_backend(?)", (row[0],))
    other.close()


def begin_and_lose(db: Database, url: str) -> None:
    """Lose the connection halfway through a transaction."""
    with db.transaction():
        db.run("UPDATE ledger_head SET size = 99")
        cut(db, url)
        db.run("UPDATE ledger_head SET events = 99")


@pytest.mark.postgresql
def test_a_lost_connection_leaves_nothing_half_applied(postgres_url: str) -> None:
    ledger = Ledger(emptied(postgres_url))
    publish(ledger.db, campaign(), START)
    take(ledger, order("a"))
    before = state(ledger.db)

    with pytest.raises(psycopg.OperationalError):
        begin_and_lose(ledger.db, postgres_url)
    with pytest.raises(psycopg.OperationalError):
        take(ledger, order("b"))

    again = connect(postgres_url)
    assert state(again) == before
    assert statuses(take(Ledger(again), order("a"), order("b"))) == ["duplicate", "pledged"]
    again.close()


def test_a_reader_never_sees_a_batch_half_done(ledger: Ledger, database_url: str) -> None:
    publish(ledger.db, campaign(), START)
    reader = connect(database_url)

    with ledger.db.transaction():
        ledger.db.run("UPDATE ledger_head SET size = 99")
        row = reader.row("SELECT size FROM ledger_head")
        ledger.db.run("UPDATE ledger_head SET size = 0")

    assert row is not None
    assert row[0] == 0
    reader.close()


def test_everything_acknowledged_is_there_when_the_database_is_opened_again(
    ledger: Ledger, database_url: str
) -> None:
    publish(ledger.db, campaign(trigger="item", rate="2/3"), START)
    acknowledged = take(ledger, *batch("a", 50))
    before = state(ledger.db)
    ledger.db.close()

    again = connect(database_url)

    assert state(again) == before
    assert len(acknowledged) == reads.head(again).events
    assert statuses(take(Ledger(again), *batch("a", 50))) == ["duplicate"] * 50
    again.close()


def test_nothing_is_read_from_a_transaction_that_was_rolled_back(ledger: Ledger) -> None:
    def interrupted() -> None:
        with ledger.db.transaction():
            ledger.db.run("UPDATE ledger_head SET events = 7")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert reads.head(ledger.db).events == 0
    assert statuses(ledger.append([order("a")], NOW)) == ["matched nothing"]
