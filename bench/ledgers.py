"""The ledger alone: transfers against django-hordak, appends against pymerkle's SQLite tree."""

import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from pymerkle import SqliteTree

from almoner.campaigns.model import Line, Order
from almoner.ledger import Event, Ledger, Posting, Transfer, connect, publish, schema
from almoner.units import Amount, currency
from bench.events import CAMPAIGNS
from bench.hordak_transfers import ACCOUNTS
from bench.measure import Row, compare
from tests.services import PostgreSQL

BATCH = 1_000
SECONDS = 3.0
ROUNDS = 3


def rows(home: Path) -> Iterator[Row]:
    """Measure with databases of our own."""
    with PostgreSQL(durable=True) as server:
        ours = Ledger(connect(server.url))
        schema.create(ours.db)
        ours.append([_funded(account) for account in range(ACCOUNTS)], datetime.now(UTC))
        with psycopg.connect(server.url, autocommit=True) as admin:
            admin.execute("CREATE DATABASE hordak")
        other = server.url.rsplit("/", 1)[0] + "/hordak"
        yield compare(
            f"transfers on PostgreSQL, {BATCH:,} a commit",
            "django-hordak on PostgreSQL",
            "transfers/s",
            lambda round_: _append(ours, lambda number: _transfer(f"{round_}-{number}")),
            lambda _: _hordak(other),
            goal=50,
            rounds=ROUNDS,
        )
        ours.db.close()
    yield compare(
        f"appends of pledged orders, {BATCH:,} a commit",
        "pymerkle's SQLite tree, one append at a time",
        "appends/s",
        _orders(home / "ledger.db"),
        _leaves(home / "pymerkle.db"),
        goal=None,
        rounds=ROUNDS,
    )


def _funded(account: int) -> Event:
    """So much money in an account that no transfer is ever refused."""
    posting = Posting("external", f"sponsor/{account}/fund", Amount(currency("USD"), 10**12))
    return Event("bench", f"deposit-{account}", "deposit", _NOW, Transfer((posting,)))


def _transfer(ref: str) -> Event:
    one, other = _chance.sample(range(ACCOUNTS), 2)
    posting = Posting(f"sponsor/{one}/fund", f"sponsor/{other}/fund", Amount(_DOLLARS, 500))
    return Event("bench", ref, "transfer", _NOW, Transfer((posting,)))


def _order(ref: str) -> Event:
    order = Order("USD", (Line("1", 2, 1998, "bowl-7", "BOWL"),), ("spring",))
    return Event("bench", ref, "order", _NOW, order)


def _append(ledger: Ledger, make: Callable[[int], Event]) -> float:
    """Append batches, made beforehand as a sender would, for so long."""
    spent, count = 0.0, 0
    while spent < SECONDS:
        batch = [make(count + number) for number in range(BATCH)]
        started = time.perf_counter()
        outcomes = ledger.append(batch, datetime.now(UTC))
        spent += time.perf_counter() - started
        assert {each.status for each in outcomes} <= {"recorded", "pledged"}, outcomes[:3]
        count += BATCH
    return count / spent


def _hordak(url: str) -> float:
    command = [sys.executable, "-m", "bench.hordak_transfers", url, str(SECONDS)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def _orders(path: Path) -> Callable[[int], float]:
    ledger = Ledger(connect(path))
    schema.create(ledger.db)
    for version in CAMPAIGNS:
        publish(ledger.db, version, _NOW)
    return lambda round_: _append(ledger, lambda number: _order(f"{round_}-{number}"))


def _leaves(path: Path) -> Callable[[int], float]:
    tree = SqliteTree(str(path))

    def append(round_: int) -> float:
        count, started = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - started) < SECONDS:
            tree.append_entry(b"%d-%064d" % (round_, count))
            count += 1
        return count / elapsed

    return append


_chance = random.Random(1)
_DOLLARS = currency("USD")
_NOW = datetime.now(UTC)
