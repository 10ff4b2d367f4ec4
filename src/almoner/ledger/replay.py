"""Runs a campaign that was set up late over events that are here already.

An event counts once for a campaign whoever brings it: at arrival or by replay, the pledge's
key (event, campaign) is the same. Refunds that came in since are taken off in their order. A
campaign's matches come with it. An event that another campaign of its group kept to itself
stays with that one. Limit: a match that is set up late has no replay of its own; it counts
from the moment it is published.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec

from almoner.campaigns.force import Index
from almoner.campaigns.model import Manual
from almoner.ledger.append import Ledger, Outcome, promise
from almoner.ledger.book import Book
from almoner.ledger.event import OCCASIONS, decode_occasion, instant, timestamp
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
            index = ledger.index(book.revision)
            rows = _candidates(ledger, book, index, campaign, last)
            kept = _kept(ledger, index, campaign, rows)
            outcomes = [_again(book, index, campaign, row) for row in rows if row.seq not in kept]
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


def _candidates(
    ledger: Ledger, book: Book, index: Index, campaign: str, last: int
) -> list[_Candidate]:
    versions = index.campaigns.get(campaign, ())
    if not versions or versions[-1].trigger == "match":
        return []
    starts = min(version.starts_at for version in versions)
    marks = ", ".join("?" * len(OCCASIONS))
    rows = ledger.db.rows(
        "SELECT seq, key, source, ref, kind, occurred_at, received_at, salt, body "
        "FROM ledger_event e JOIN ledger_salt s ON s.event = e.seq "
        f"WHERE seq > ? AND kind IN ({marks}) AND occurred_at >= ? AND NOT EXISTS "
        "(SELECT 1 FROM ledger_pledge p WHERE p.event = e.seq AND p.campaign = ?) "
        "ORDER BY seq LIMIT ?",
        (last, *OCCASIONS, timestamp(starts), campaign, CHUNK),
    )
    found = [
        _Candidate(seq, bytes(key), source, ref, kind, occurred, received, bytes(salt), body)
        for seq, key, source, ref, kind, occurred, received, salt, body in rows
    ]
    book.orders.load_replayed([row.key for row in found if row.kind == "order"])
    return found


def _kept(ledger: Ledger, index: Index, campaign: str, rows: Sequence[_Candidate]) -> set[int]:
    """The events that another campaign of the same group keeps to itself."""
    group = _group(index, campaign, -1)
    if not group:
        return set()
    return {
        event
        for event, other, number in ledger.db.rows_in(
            "SELECT event, campaign, version FROM ledger_pledge "
            "WHERE share <> '0' AND of_event = event AND event IN ?",
            [row.seq for row in rows],
        )
        if _group(index, other, number - 1) == group
    }


def _group(index: Index, campaign: str, at: int) -> str:
    versions = index.campaigns.get(campaign, ())
    return versions[at].group if versions else ""


def _again(book: Book, index: Index, campaign: str, row: _Candidate) -> Outcome:
    when = min(instant(row.occurred_at), instant(row.received_at))
    body = decode_occasion(row.kind, row.body)
    if isinstance(body, Manual) and body.campaign != campaign:
        return Outcome("matched nothing", row.seq)
    versions = index.with_matches([campaign], when)
    sealed = commitment(row.salt, row.source, row.ref)
    return promise(book, row.seq, row.key, sealed, body, when, versions)
