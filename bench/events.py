"""Durable events: one a request against the bare server, and in bulk against raw SQLite."""

import http.client
import os
import sqlite3
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench import wrk
from bench.measure import Row, compare
from bench.model import campaign
from bench.site import Site

CAMPAIGNS = [campaign("third-helping", "meals", "meal", "item", "1/3", None)]
BATCH = 5_000
BATCHES = 8
# A second request is read while the first is committed.
SENDERS = 2
# Rows to a transaction of the raw baseline (issue: "in one transaction per 10,000").
RAW_COMMIT = 10_000


def rows(home: Path) -> Iterator[Row]:
    """Measure with a site in `home` that has one campaign, which every event matches."""
    site, bare = Site(home, "sqlite"), Site(home, "sqlite")
    site.stage(CAMPAIGNS)
    site.start()
    bare.start("-m", "bench.apps", "bare")
    path = "/api/v1/events"
    try:
        yield compare(
            "one durable event a request",
            "bare ASGI, reading the body",
            "requests/s",
            lambda round_: wrk.rate(site.url + path, wrk.EVENTS, f"r{round_}", site.key),
            lambda round_: wrk.rate(bare.url + path, wrk.EVENTS, f"r{round_}", site.key),
            goal=0.6,
        )
        raw = _raw(home / "raw.db")
        yield compare(
            f"durable events in batches of {BATCH:,}",
            f"SQLite executemany, {RAW_COMMIT:,} a commit",
            "events/s",
            lambda round_: _send(site, f"b{round_}"),
            lambda round_: _insert(raw, f"b{round_}"),
            goal=0.5,
        )
    finally:
        bare.stop()
        site.stop()


def _lines(prefix: str) -> list[bytes]:
    line = b'{"id":"1","quantity":2,"revenue":"19.98","product":"bowl-7","sku":"BOWL"}'
    return [
        b'{"kind":"order","id":"%s-%09d","currency":"USD","occurred_at":"2026-05-20T12:00:00Z",'
        b'"lines":[%s],"tags":["spring"]}' % (prefix.encode(), number, line)
        for number in range(BATCH * BATCHES)
    ]


def _send(site: Site, prefix: str) -> float:
    lines = _lines(prefix)
    bodies = [b"\n".join(lines[at : at + BATCH]) for at in range(0, len(lines), BATCH)]
    headers = {"authorization": f"Bearer {site.key}", "content-type": "application/x-ndjson"}

    def post(body: bytes) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", site.port)
        connection.request("POST", "/api/v1/events", body, headers)
        answer = connection.getresponse()
        answers = answer.read()
        connection.close()
        assert answer.status == 200, answers[:500]
        assert answers.count(b'"pledged"') == BATCH, answers[:500]

    with ThreadPoolExecutor(SENDERS) as senders:
        started = time.perf_counter()
        list(senders.map(post, bodies))
        return len(lines) / (time.perf_counter() - started)


def _raw(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    db.execute("PRAGMA cache_size = -65536")
    db.execute(
        "CREATE TABLE event (seq INTEGER PRIMARY KEY, key BLOB NOT NULL UNIQUE, source TEXT, "
        "ref TEXT, kind TEXT, occurred_at TEXT, received_at TEXT, body TEXT)"
    )
    return db


def _insert(db: sqlite3.Connection, prefix: str) -> float:
    moment = "2026-05-20T12:00:00.000000Z"
    made = [
        (
            os.urandom(16),
            "api:bench",
            f"{prefix}-{number:09}",
            "order",
            moment,
            moment,
            line.decode(),
        )
        for number, line in enumerate(_lines(prefix))
    ]
    started = time.perf_counter()
    for at in range(0, len(made), RAW_COMMIT):
        db.execute("BEGIN IMMEDIATE")
        db.executemany(
            "INSERT INTO event (key, source, ref, kind, occurred_at, received_at, body) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            made[at : at + RAW_COMMIT],
        )
        db.execute("COMMIT")
    return len(made) / (time.perf_counter() - started)
