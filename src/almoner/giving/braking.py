"""The brake on what reads give, for people: what it says, and how somebody lets it go.

Guarantee: a pause ends by a person, once, with who, when and why kept beside it; what they
choose to count of what was left out is one entry by hand, under a reference of its own, so
that pressing twice counts once. Appends to the ledger: call it outside a Django transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import AbstractUser

from almoner.giving.book import open_ledger
from almoner.giving.entries import record_by_hand
from almoner.giving.models import Campaign, Pause
from almoner.ledger import Database
from almoner.reading import brake, pace
from almoner.reading.brake import FLOOR, MINUTES, TIMES, Brake
from almoner.reading.pace import TRIGGERS
from almoner.units import MAX_MINOR

HOURS = 48  # of the chart


class BrakeError(ValueError):
    """A brake that cannot be let go so; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Hour:
    """How many reads came in an hour, and how many of them gave nothing."""

    at: datetime
    reads: int
    without: int

    @property
    def gave(self) -> int:
        """How many gave."""
        return self.reads - self.without


@dataclass(frozen=True, slots=True)
class Reads:
    """A campaign's reads: the last hours, what is usual, and whether its brake is on."""

    hours: Sequence[Hour]
    recent: int
    usual: int
    limit: int
    brake: Brake | None
    left_out: int

    @property
    def rule(self) -> str:
        """When giving pauses by itself, in a sentence."""
        now = f" (now {self.usual:,})" if self.usual else ""
        return (
            f"Giving pauses by itself when more than {self.limit:,} come in {MINUTES} minutes. "
            f"That is the most of {FLOOR:,}, of {TIMES} times what is usual at this time of day"
            f"{now}, and of twice what somebody accepted here in the last two weeks."
        )


def has_brake(trigger: str) -> bool:
    """Whether a campaign of this trigger has one."""
    return trigger in TRIGGERS


def read(db: Database, campaign: Campaign, now: datetime) -> Reads:
    """What a campaign manager looks at before letting a brake go."""
    found = brake.pace(db, campaign.slug, now)
    on = next((each for each in brake.brakes(db) if each.campaign == campaign.slug), None)
    last = now.replace(minute=0, second=0, microsecond=0)
    begin = last - timedelta(hours=HOURS - 1)
    counted = {each.at: each for each in pace.spans(db, campaign.slug, begin, 60)}
    hours = [begin + timedelta(hours=number) for number in range(HOURS)]
    return Reads(
        [
            Hour(at, counted[at].reads, counted[at].without) if at in counted else Hour(at, 0, 0)
            for at in hours
        ],
        found.recent,
        round(found.usual),
        found.limit,
        on,
        pace.total(db, campaign.slug, on.since).without if on else 0,
    )


def paused(db: Database) -> list[tuple[Campaign, Brake]]:
    """The campaigns whose brake is on, the newest first."""
    on = brake.brakes(db)
    known = {each.slug: each for each in Campaign.objects.filter(slug__in=[b.campaign for b in on])}
    return [(known[each.campaign], each) for each in on if each.campaign in known]


def resume(
    campaign: Campaign,
    person: AbstractUser,
    since: datetime,
    count: int,
    note: str,
    now: datetime,
) -> Pause:
    """Let reads give again, and count some of what was left out.

    `since` is the pause that the person saw: one that is over already, or a later one, is
    refused.
    """
    with open_ledger() as ledger:
        on = next((b for b in brake.brakes(ledger.db) if b.campaign == campaign.slug), None)
        if on is None or on.since != since:
            raise BrakeError("This pause is over already: somebody else let reads give again.")
        left_out = pace.total(ledger.db, campaign.slug, on.since).without
    if not 0 <= count <= min(left_out, MAX_MINOR):
        raise BrakeError(f"{left_out:,} were left out: count that many at most, or none.")
    if not note.strip():
        raise BrakeError("Say what you found: it is kept with the pause.")
    fields = {
        "reason": on.reason,
        "left_out": left_out,
        "counted": count,
        "note": note.strip(),
        "ended_by": person,
        "ended_at": now,
    }
    pause, _ = Pause.objects.get_or_create(campaign=campaign, since=on.since, defaults=fields)
    if pause.counted:  # where this was cut off before, what was decided then
        reference = f"{campaign.slug}/pause {on.since:%Y-%m-%dT%H:%M:%SZ}"
        record_by_hand(campaign, pause.counted, on.since, reference, now)
    with open_ledger() as ledger:
        brake.release(ledger.db, campaign.slug, now)
    return pause
