"""Runs a campaign that was set up late over events that are here already.

An event counts once for a campaign whoever brings it: at arrival or by replay, the pledge's
key (event, campaign) is the same. Refunds that came in since are taken off in their order.
"""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from almoner.campaigns.rules import in_force
from almoner.ledger.append import Ledger, Outcome, promise
from almoner.ledger.book import Book
from almoner.ledger.event import decode_manual, decode_order, instant, timestamp
from almoner.log.entry import commitment

# One transaction's worth, so that a long replay never holds the lock for long.
CHUNK = 500


class Progress(msgspec.Struct, frozen=True):
    """How far a replay is: events looked at and pledged so far."""

    seen: int
    pledged: int


def replay(ledger: Ledger, campaign: str, now: datetime) -> Iterator[Progress]:
    """Pledge `campaign` for every event it covers and was not yet run over.

    Each step is one durable transaction; stopping in between loses nothing, and a second
    run goes on where the first one stopped.
    """
    last, seen, pledged = 0, 0, 0
    while True:
        with ledger.db.transaction():
            book = Book(ledger.db, now)
            rows = _candidates(ledger, book, campaign, last)
            outcomes = [_again(ledger, book, campaign, row) for row in rows]
            book.write()
        if not rows:
            return
        last = rows[-1].seq
        seen += len(rows)
        pledged += sum(outcome.status in ("pledged", "limit reached") for outcome in outcomes)
        yield Progress(seen, pledged)


class _Candidate(msgspec.Struct, frozen=True):
    seq: int
    key: bytes
    source: str
    ref: str
    kind: str
    occurred_at: str
    received_at: str
    salt: bytes
    body: str


def _candidates(ledger: Ledger, book: Book, campaign: str, last: int) -> list[_Candidate]:
    versions = ledger.campaigns(book.revision).get(campaign, ())
    if not versions:
        return []
    starts = min(version.starts_at for version in versions)
    rows = ledger.db.rows(
        "SELECT seq, key, source, ref, kind, occurred_at, received_at, salt, body "
        "FROM ledger_event e JOIN ledger_salt s ON s.event = e.seq "
        "WHERE seq > ? AND kind IN ('order', 'manual') AND occurred_at >= ? AND NOT EXISTS "
        "(SELECT 1 FROM ledger_pledge p WHERE p.event = e.seq AND p.campaign = ?) "
        "ORDER BY seq LIMIT ?",
        (last, timestamp(starts), campaign, CHUNK),
    )
    found = [
        _Candidate(seq, bytes(key), source, ref, kind, occurred, received, bytes(salt), body)
        for seq, key, source, ref, kind, occurred, received, salt, body in rows
    ]
    book.load_replayed([row.key for row in found if row.kind == "order"])
    return found


def _again(ledger: Ledger, book: Book, campaign: str, row: _Candidate) -> Outcome:
    when = min(instant(row.occurred_at), instant(row.received_at))
    version = in_force(ledger.campaigns(book.revision)[campaign], when)
    body = decode_order(row.body) if row.kind == "order" else decode_manual(row.body)
    if version is None or (row.kind == "manual" and getattr(body, "campaign", "") != campaign):
        return Outcome("matched nothing", row.seq)
    sealed = commitment(row.salt, row.source, row.ref)
    return promise(book, row.seq, row.key, body, [version], sealed)
