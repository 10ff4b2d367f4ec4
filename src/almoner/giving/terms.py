"""From the words of a campaign's form to the exact terms that are published.

`version_of` makes the version of a draft in which `problems.problems` finds nothing. Days are
meant by the calendar of the campaign's own time zone: the last day counts whole unless an hour
is given, and an hour that a clock change makes twice begins at its first and ends at its second
coming. Of an hour that a clock change leaves out, both mean the moment as far after the change.
"""

import re
from datetime import UTC, datetime, time, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from almoner.campaigns.model import Basis, CampaignVersion, Part, Tier, Trigger
from almoner.giving.models import Campaign
from almoner.units import CURRENCIES, minor_units

_GROUPED = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")


def plain(text: str) -> str:
    """A number without the commas between its thousands: `50,000` is `50000`."""
    text = text.strip()
    return text.replace(",", "") if _GROUPED.fullmatch(text) else text


def starts_at(campaign: Campaign) -> datetime:
    """The first instant that counts, in UTC."""
    local = datetime.combine(campaign.starts_on, campaign.starts_time or time.min)
    return local.replace(tzinfo=ZoneInfo(campaign.time_zone)).astimezone(UTC)


def ends_at(campaign: Campaign) -> datetime | None:
    """The instant from which nothing counts any more, in UTC; None without an end."""
    if campaign.ends_on is None:
        return None
    if campaign.ends_time is None:
        local = datetime.combine(campaign.ends_on + timedelta(days=1), time.min)
    else:
        local = datetime.combine(campaign.ends_on, campaign.ends_time)
    here = ZoneInfo(campaign.time_zone)
    if campaign.ends_time is None:
        return local.replace(tzinfo=here).astimezone(UTC)
    # Of an hour that comes twice the second; of one that is left out the later reading.
    return max(local.replace(tzinfo=here, fold=fold).astimezone(UTC) for fold in (0, 1))


def money(campaign: Campaign) -> str:
    """The currency that the promise counts money in, or "" where it names none."""
    return campaign.cause.unit if campaign.cause.kind == "money" else campaign.currency


def tier_scale(campaign: Campaign) -> int:
    """Decimal places of the thresholds: pieces are whole, money has its currency's."""
    return 0 if campaign.trigger == "item" else CURRENCIES.get(money(campaign), 2)


def version_of(campaign: Campaign, number: int, effective_from: datetime) -> CampaignVersion:
    """The version that this draft is published as."""
    unit = campaign.cause.exact_unit

    def limit(text: str) -> int | None:
        return minor_units(text, unit.scale) if text else None

    places = tier_scale(campaign)
    return CampaignVersion(
        campaign=campaign.slug,
        version=number,
        cause=campaign.cause.slug,
        unit=unit.code,
        scale=unit.scale,
        charity=campaign.charity.slug,
        trigger=cast(Trigger, campaign.trigger),
        rate=campaign.rate,
        starts_at=starts_at(campaign),
        ends_at=ends_at(campaign),
        effective_from=effective_from,
        time_zone=campaign.time_zone,
        products=tuple(campaign.products),
        collections=tuple(campaign.collections),
        tags=tuple(campaign.tags),
        countries=tuple(campaign.countries),
        excluded=tuple(campaign.excluded),
        including=tuple(cast(list[Basis], campaign.including)),
        currency=campaign.currency,
        price=campaign.price,
        tiers=tuple(Tier(minor_units(at, places), rate) for at, rate in campaign.tiers),
        cap=limit(campaign.cap),
        daily_cap=limit(campaign.daily_cap),
        reader_cap=limit(campaign.reader_cap),
        sponsor_cap=limit(campaign.sponsor_cap),
        minimum=limit(campaign.minimum),
        partial=campaign.partial,
        fund=f"sponsor/{campaign.sponsor.slug}/fund"
        if campaign.from_fund and campaign.sponsor
        else "",
        sponsor=campaign.sponsor.slug if campaign.sponsor else "",
        split=tuple(Part(part.charity.slug, part.weight) for part in campaign.parts.all()),
        matches=campaign.matches.slug if campaign.matches else "",
        hold_days=campaign.hold_days,
        group=campaign.group,
        rank=campaign.rank,
        deliver_days=campaign.deliver_days,
    )
