"""How many reads and visits came for each campaign, minute by minute, for two weeks.

Of a campaign whose brake is on nothing is dropped until it is let go.

A fold over the ledger's events, the ones that a brake left out among them. An event counts in
the minute that it was received in, whatever time it gives itself. Nothing of a reader is kept:
a minute's reads are one number.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from almoner.campaigns.model import Action
from almoner.ledger import Database, Ledger
from almoner.ledger.event import decode_occasion, instant

DAYS = 14
TRIGGERS = ("read", "visit")
# Events looked at in one transaction: a fraction of a second.
PAGE = 2_000


class Span(msgspec.Struct, frozen=True):
    """A stretch of time from `at` on: how many reads came in it, and how many gave nothing."""

    at: datetime
    reads: int
    without: int


def minute_of(when: datetime) -> int:
    """Whole minutes since 1970, the name of a minute."""
    return int(when.timestamp()) // 60


def follow(ledger: Ledger, now: datetime) -> bool:
    """Count every event that came since the last call; whether there was a read among them."""
    found = False
    while True:
        last, counted = _page(ledger)
        if last is None:
            return found
        found = found or bool(counted)
        with ledger.db.transaction():
            _write(ledger.db, counted, minute_of(now - timedelta(days=DAYS, hours=1)))
            ledger.db.run(
                "INSERT INTO reading_seen (id, event) VALUES (1, ?) "
                "ON CONFLICT (id) DO UPDATE SET event = excluded.event",
                (last,),
            )


def spans(db: Database, campaign: str, since: datetime, minutes: int) -> list[Span]:
    """A campaign's reads from `since` on, in stretches of so many minutes that had any."""
    first = minute_of(since)
    return [
        Span(since + timedelta(minutes=minutes * int(at)), int(reads), int(without))
        for at, reads, without in db.rows(
            "SELECT (minute - ?) / ? AS at, SUM(reads), SUM(without) "
            "FROM reading_pace WHERE campaign = ? AND minute >= ? GROUP BY at ORDER BY at",
            (first, minutes, campaign, first),
        )
    ]


def total(db: Database, campaign: str, since: datetime) -> Span:
    """All of a campaign's reads from the minute of `since` on."""
    row = db.row(
        "SELECT COALESCE(SUM(reads), 0), COALESCE(SUM(without), 0) FROM reading_pace "
        "WHERE campaign = ? AND minute >= ?",
        (campaign, minute_of(since)),
    )
    assert row is not None, "a sum has one row"
    return Span(since, int(row[0]), int(row[1]))


def _page(ledger: Ledger) -> tuple[int | None, Mapping[tuple[str, int], list[int]]]:
    """The next events: the last one's number (None where there is none), and what they count."""
    db = ledger.db
    head = db.row("SELECT events, revision FROM ledger_head WHERE id = 1")
    seen = db.row("SELECT event FROM reading_seen WHERE id = 1")
    assert head is not None, "the ledger has no head row"
    after = int(seen[0]) if seen else 0
    if after >= int(head[0]):
        return None, {}
    last = min(after + PAGE, int(head[0]))
    index = ledger.index(int(head[1]))
    counted: defaultdict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0])
    for occurred, received, body in db.rows(
        "SELECT occurred_at, received_at, body FROM ledger_event "
        "WHERE seq > ? AND seq <= ? AND kind = 'action' ORDER BY seq",
        (after, last),
    ):
        action = decode_occasion("action", body)
        assert isinstance(action, Action), f"an action is {body}"
        arrived = instant(received)
        for version in index.covering(action, min(instant(occurred), arrived)):
            if version.trigger == action.kind and version.trigger in TRIGGERS:
                sums = counted[version.campaign, minute_of(arrived)]
                sums[0] += action.quantity
                sums[1] += action.quantity if version.campaign in action.without else 0
    return last, counted


def _write(db: Database, counted: Mapping[tuple[str, int], list[int]], oldest: int) -> None:
    if not counted:
        return
    db.run_many(
        "INSERT INTO reading_pace (campaign, minute, reads, without) VALUES (?, ?, ?, ?) "
        "ON CONFLICT (campaign, minute) DO UPDATE SET reads = reading_pace.reads + "
        "excluded.reads, without = reading_pace.without + excluded.without",
        [(*at, *sums) for at, sums in counted.items()],
    )
    # What a brake left out is asked for when somebody lets it go, whenever that is.
    db.run(
        "DELETE FROM reading_pace WHERE minute < ? "
        "AND campaign NOT IN (SELECT campaign FROM reading_brake)",
        (oldest,),
    )
