"""The brake: pauses what reads give through one campaign when they come as never before.

The rule: giving pauses once the last `MINUTES` bring more than `TIMES` what is usual at this
time of day, more than `FLOOR`, and more than twice what a person has lately found to be all
right. Usual is the median of the same hour over two weeks of days (of the hours so far, where
there are no three days yet), so that neither one flood nor a quiet night sets the measure.
Guarantee: reading is never held up, and nothing is undone; what is left out is said in each
event (`Action.without`). Only a person lets the brake go. Limit: what came before it was
pulled, seconds after the limit was passed, has given.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from statistics import median

import msgspec

from almoner.ledger import Database, Ledger
from almoner.ledger.event import instant, timestamp
from almoner.reading.pace import DAYS, follow, minute_of

MINUTES = 10
TIMES = 5
# In ten minutes; with less, a quiet site would brake at its first good story.
FLOOR = 300
ENOUGH_DAYS = 3
ACCEPTED = timedelta(days=DAYS)
_HOUR, _DAY = 60, 24 * 60


class Brake(msgspec.Struct, frozen=True):
    """A campaign that gives nothing for reads since `since`, and why: a sentence."""

    campaign: str
    since: datetime
    reason: str


class Pace(msgspec.Struct, frozen=True):
    """The reads of the last `MINUTES`, how many are usual, and how many a person accepted."""

    recent: int
    usual: float
    accepted: int = 0

    @property
    def limit(self) -> int:
        """How many reads it takes more than to pull the brake."""
        return max(FLOOR, int(TIMES * self.usual), 2 * self.accepted)

    @property
    def is_beyond(self) -> bool:
        """Whether these are too many to give for without a person's look."""
        return self.recent > self.limit


def braked(db: Database) -> frozenset[str]:
    """The campaigns that a read gives nothing through just now."""
    return frozenset(row[0] for row in db.rows("SELECT campaign FROM reading_brake"))


def brakes(db: Database) -> list[Brake]:
    """Every brake that is on, the newest first."""
    rows = db.rows("SELECT campaign, since, reason FROM reading_brake ORDER BY since DESC")
    return [Brake(campaign, instant(since), reason) for campaign, since, reason in rows]


def watch(ledger: Ledger, now: datetime) -> list[Brake]:
    """Count what came, and pull the brake of every campaign that is beyond its limit."""
    if not follow(ledger, now):
        return []
    on, pulled = braked(ledger.db), list[Brake]()
    recent = ledger.db.rows(
        "SELECT campaign, SUM(reads) FROM reading_pace WHERE minute > ? GROUP BY campaign",
        (minute_of(now) - MINUTES,),
    )
    for campaign in sorted(row[0] for row in recent if row[1] > FLOOR and row[0] not in on):
        found = pace(ledger.db, campaign, now)
        if found.is_beyond:
            pulled.append(pull(ledger.db, campaign, _reason(found), now))
    return pulled


def pull(db: Database, campaign: str, reason: str, now: datetime) -> Brake:
    """Pause a campaign's giving for reads; a brake that is on stays as it is."""
    db.run(
        "INSERT INTO reading_brake (campaign, since, reason) VALUES (?, ?, ?) "
        "ON CONFLICT (campaign) DO NOTHING",
        (campaign, timestamp(now), reason),
    )
    return next(each for each in brakes(db) if each.campaign == campaign)


def release(db: Database, campaign: str, now: datetime) -> bool:
    """Let a campaign give again, whoever decides that; whether its brake was on.

    What came in the busiest `MINUTES` of it is accepted for two weeks: twice that pauses again.
    """
    held = next((each for each in brakes(db) if each.campaign == campaign), None)
    if held is None:
        return False
    busiest = _busiest(db, campaign, held.since, now)
    with db.transaction():
        db.run("DELETE FROM reading_brake WHERE campaign = ?", (campaign,))
        db.run(
            "INSERT INTO reading_accepted (campaign, reads, until) VALUES (?, ?, ?) "
            "ON CONFLICT (campaign) DO UPDATE SET reads = excluded.reads, until = excluded.until",
            (campaign, busiest, timestamp(now + ACCEPTED)),
        )
    return True


def pace(db: Database, campaign: str, now: datetime) -> Pace:
    """How fast a campaign's reads come, and how fast they usually do."""
    row = db.row(
        "SELECT reads FROM reading_accepted WHERE campaign = ? AND until > ?",
        (campaign, timestamp(now)),
    )
    minutes = _minutes(db, campaign, minute_of(now - timedelta(days=DAYS)) - _HOUR)
    recent = sum(reads for minute, reads in minutes if minute > minute_of(now) - MINUTES)
    return Pace(recent, usual(minutes, minute_of(now)), int(row[0]) if row else 0)


def usual(minutes: Sequence[tuple[int, int]], now: int) -> float:
    """How many reads `MINUTES` usually bring, by (minute, reads) pairs in ascending order."""
    if not minutes:
        return 0.0
    first, hour = minutes[0][0], _HOUR
    days = min(DAYS, (now + hour // 2 - first) // _DAY)
    if days >= ENOUGH_DAYS:  # the hour around now, a day ago, two days ago, ...
        sums = [0] * days
        for minute, reads in minutes:
            ago, within = divmod(now + hour // 2 - minute, _DAY)
            if within < hour and 0 < ago <= days:
                sums[ago - 1] += reads
    else:  # every whole hour up to the last few minutes
        end = now - MINUTES
        sums = [0] * ((end - first + 1) // hour)
        for minute, reads in minutes:
            ago = (end - minute) // hour
            if 0 <= ago < len(sums):
                sums[ago] += reads
    return median(sums) * MINUTES / hour if sums else 0.0


def _reason(found: Pace) -> str:
    usually = round(found.usual)
    told = f"usually it is {usually:,} at this time of day" if usually else "it never had as many"
    return f"{found.recent:,} came in {MINUTES} minutes; {told}."


def _busiest(db: Database, campaign: str, since: datetime, now: datetime) -> int:
    """The most reads that any `MINUTES` brought since a little before `since`."""
    counted = dict(_minutes(db, campaign, minute_of(since) - MINUTES))
    return max(
        sum(counted.get(minute, 0) for minute in range(end - MINUTES + 1, end + 1))
        for end in range(minute_of(since), minute_of(now) + 1)
    )


def _minutes(db: Database, campaign: str, first: int) -> list[tuple[int, int]]:
    return [
        (int(minute), int(reads))
        for minute, reads in db.rows(
            "SELECT minute, reads FROM reading_pace WHERE campaign = ? AND minute >= ? "
            "ORDER BY minute",
            (campaign, first),
        )
    ]
