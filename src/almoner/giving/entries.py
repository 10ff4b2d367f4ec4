"""What people enter by hand: a campaign's happenings, and what a sponsor puts into a fund.

Each entry has a reference of the person's own choice that is unique, so that pressing the
button twice enters once. Appends to the ledger: call it outside a Django transaction.
"""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from almoner.campaigns.model import CampaignVersion, Manual
from almoner.giving.book import open_ledger
from almoner.giving.models import Campaign, Fund
from almoner.ledger import Event, Outcome, Posting, Transfer
from almoner.units import Amount

SOURCE = "admin"


def record_by_hand(
    campaign: Campaign, quantity: int, when: datetime, reference: str, now: datetime
) -> Outcome:
    """Enter that a manual campaign's trigger happened `quantity` times at `when`."""
    body = Manual(campaign.slug, quantity)
    return _append(Event(SOURCE, reference, "manual", when, body), now)


def record_deposit(fund: Fund, minor: int, day: date, reference: str, now: datetime) -> Outcome:
    """Enter that the sponsor put `minor` minor units into its fund on `day`."""
    amount = Amount(fund.exact_unit, minor)
    ref = f"deposit/{fund.sponsor.slug}/{fund.unit}/{reference}"
    when = datetime.combine(day, time.min, UTC)
    body = Transfer((Posting("external", fund.account, amount),))
    return _append(Event(SOURCE, ref, "deposit", when, body), now)


def moment_on(day: date, version: CampaignVersion) -> datetime | None:
    """The first instant of a day on which the campaign counts; None where it does not."""
    here = ZoneInfo(version.time_zone)
    begins = datetime.combine(day, time.min, here).astimezone(UTC)
    ends = datetime.combine(day + timedelta(days=1), time.min, here).astimezone(UTC)
    moment = max(begins, version.starts_at)
    before = ends if version.ends_at is None else min(ends, version.ends_at)
    return moment if moment < before else None


def _append(event: Event, now: datetime) -> Outcome:
    with open_ledger() as ledger:
        return ledger.append([event], now)[0]
