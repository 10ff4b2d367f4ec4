"""What the ledger does by itself as time goes by: holds mature, minimums are topped up.

Both are safe to run at any time, from any process, and after an interruption: each step is one
durable transaction under the head's lock that finds for itself what is still to be done.
"""

import os
from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from typing import Literal

from almoner.campaigns.model import CampaignVersion, Manual
from almoner.ledger.append import MAX_PLEDGES, Ledger, collect, prepare
from almoner.ledger.book import SALT_BYTES, Book, Moved
from almoner.ledger.event import Event

SOURCE = "almoner"
# One transaction's worth, so that a day's holds never keep the lock for long.
CHUNK = 500


def mature(ledger: Ledger, now: datetime) -> int:
    """Let what is past its return window be owed; how many pledges were."""
    done = 0
    while True:
        with ledger.db.transaction():
            book = Book(ledger.db, now)
            rows = ledger.db.rows(
                "SELECT event, campaign, charity FROM ledger_hold WHERE matures_at <= ? "
                "ORDER BY matures_at, event, campaign, charity LIMIT ?",
                (book.time, CHUNK),
            )
            for campaign in sorted({row[1] for row in rows}):
                _mature(book, campaign, [(row[0], row[2]) for row in rows if row[1] == campaign])
            ledger.db.run_many(
                "DELETE FROM ledger_hold WHERE event = ? AND campaign = ? AND charity = ?",
                [tuple(row) for row in rows],
            )
            book.write()
        done += len(rows)
        if len(rows) < CHUNK:
            return done


def top_up(ledger: Ledger, now: datetime) -> int:
    """Bring campaigns that have ended up to their guaranteed minimum; how many were.

    What the fund cannot pay now is tried again the next time.
    """
    done = 0
    with ledger.db.transaction():
        book = Book(ledger.db, now)
        for versions in ledger.index(book.revision).campaigns.values():
            done += _top_up(book, versions[-1])
        book.write()
    return done


def _mature(book: Book, campaign: str, held: Sequence[tuple[int, str]]) -> None:
    shares: dict[tuple[int, str], Fraction] = {}
    waiting = {(campaign, event, charity) for event, charity in held}
    for named, event, charity, version, share in book.db.rows_in(
        "SELECT campaign, of_event, charity, version, share FROM ledger_pledge WHERE of_event IN ?",
        list({event for event, _ in held}),
    ):
        if (named, event, charity) in waiting:
            at = version, charity
            shares[at] = shares.get(at, Fraction(0)) + Fraction(share)
    ripe = [
        book.mature(book.version(campaign, version), charity, share)
        for (version, charity), share in sorted(shares.items())
        if share
    ]
    for at in range(0, len(ripe), MAX_PLEDGES):
        part = ripe[at : at + MAX_PLEDGES]
        _enter(book, "maturity", campaign, len(held), part, None)
    collect(book, [moved.version for moved in ripe])


def _top_up(book: Book, version: CampaignVersion) -> int:
    ended = version.ends_at is not None and version.ends_at <= book.now
    if version.minimum is None or not ended:
        return 0
    standings = [book.standing(version.campaign, part.charity) for part in version.parts]
    missing = version.minimum - sum(
        (Fraction(each.due, each.parts) for each in standings), Fraction(0)
    )
    if missing <= 0 or not (book.left(version) or not version.fund):
        return 0
    made = book.top_up(version, missing)
    if any(moved.pledge.granted for moved in made):
        _enter(book, "top-up", version.campaign, 1, made, book.events + 1)
        collect(book, [version])
        return 1
    return 0


def _enter(
    book: Book,
    kind: Literal["maturity", "top-up"],
    campaign: str,
    quantity: int,
    made: Sequence[Moved],
    of_event: int | None,
) -> None:
    ref = f"{kind}/{campaign}/{book.size}"
    event = Event(SOURCE, ref, kind, book.now, Manual(campaign, quantity))
    item = prepare(event, os.urandom(SALT_BYTES))
    seq = book.admit(item)
    assert of_event in (None, seq), f"{ref} is event {seq}, not {of_event}"
    book.enter(kind, seq, item.commitment, made, of_event=of_event)
    book.settle(item, seq, "recorded")
