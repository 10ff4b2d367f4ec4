"""What the ledger does by itself as time goes by: holds mature, minimums are topped up.

Both are safe to run at any time, from any process, and after an interruption: each step is one
durable transaction under the head's lock that finds for itself what is still to be done.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from functools import partial
from typing import Literal

from almoner.campaigns.model import CampaignVersion, Manual, Standing
from almoner.ledger.append import Ledger, collect, prepare
from almoner.ledger.book import SALT_BYTES, Book, Moved
from almoner.ledger.database import Database, Row
from almoner.ledger.event import Event, timestamp
from almoner.ledger.publish import read_campaigns
from almoner.ledger.standings import read_standing

SOURCE = "almoner"
# One transaction's worth, so that a day's holds never keep the lock for long.
CHUNK = 500


def mature(ledger: Ledger, now: datetime) -> int:
    """Let what is past its return window be owed; how many pledges were."""
    done = 0
    while rows := _due(ledger.db, now):
        with ledger.db.transaction():
            book = Book(ledger.db, now)
            # Read again under the lock: somebody else may have been here meanwhile.
            rows = _due(ledger.db, now)
            for campaign in sorted({row[1] for row in rows}):
                _mature(book, campaign, [(row[0], row[2]) for row in rows if row[1] == campaign])
            ledger.db.run_many(
                "DELETE FROM ledger_hold WHERE event = ? AND campaign = ? AND charity = ?", rows
            )
            book.write()
        done += len(rows)
    return done


def top_up(ledger: Ledger, now: datetime) -> int:
    """Bring campaigns that have ended up to their guaranteed minimum; how many were.

    What the fund cannot pay now is tried again the next time.
    """
    if not any(
        _missing(version, partial(read_standing, ledger.db, version.campaign)) > 0
        for version in _ended(read_campaigns(ledger.db), now)
    ):
        return 0
    with ledger.db.transaction():
        book = Book(ledger.db, now)
        campaigns = ledger.index(book.revision).campaigns
        done = sum(_top_up(book, version) for version in _ended(campaigns, book.now))
        book.write()
    return done


def _due(db: Database, now: datetime) -> list[Row]:
    return db.rows(
        "SELECT event, campaign, charity FROM ledger_hold WHERE matures_at <= ? "
        "ORDER BY matures_at, event, campaign, charity LIMIT ?",
        (timestamp(now), CHUNK),
    )


def _ended(
    campaigns: Mapping[str, Sequence[CampaignVersion]], now: datetime
) -> list[CampaignVersion]:
    """The campaigns that have ended and guarantee a minimum."""
    last = [versions[-1] for versions in campaigns.values()]
    return [
        each for each in last if each.minimum is not None and each.ends_at and each.ends_at <= now
    ]


def _missing(version: CampaignVersion, standing: Callable[[str], Standing]) -> Fraction:
    """What a campaign is short of its minimum."""
    assert version.minimum is not None, f"{version.campaign} guarantees nothing"
    each = [standing(part.charity) for part in version.parts]
    return version.minimum - sum((Fraction(one.due, one.parts) for one in each), Fraction(0))


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
    # An entry names a campaign's charity once, so each version has its own.
    for number in sorted({version for version, _ in shares}):
        version = book.version(campaign, number)
        ripe = [
            book.mature(version, charity, share)
            for (of, charity), share in sorted(shares.items())
            if of == number and share
        ]
        if ripe:
            _enter(book, "maturity", campaign, len(held), ripe, None)
    collect(book, [book.version(campaign, version) for version, _ in shares])


def _top_up(book: Book, version: CampaignVersion) -> bool:
    missing = _missing(version, partial(book.standing, version.campaign))
    made = book.top_up(version, missing) if missing > 0 else []
    # Each entry costs a line of the log for ever: not one a tick while the fund cannot pay.
    if not made:
        return False
    _enter(book, "top-up", version.campaign, 1, made, book.events + 1)
    collect(book, [version])
    return True


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
