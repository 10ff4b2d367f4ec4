"""From the words of a campaign's form to the exact terms that are published.

`problems` says, field by field, what cannot be published and what to write instead;
`version_of` makes the version of a draft without problems. Days are meant by the calendar
of the campaign's own time zone: the last day counts whole unless an hour is given, and an
hour that a clock change makes twice begins at its first and ends at its second coming. Of an
hour that a clock change leaves out, both mean the moment as far after the change.
"""

import re
from datetime import UTC, datetime, time, timedelta
from typing import cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from almoner.campaigns.model import CampaignVersion, Trigger, rational
from almoner.giving.models import Campaign, Fund
from almoner.giving.sentences import plural
from almoner.ledger.publish import MAX_DENOMINATOR
from almoner.units import UnitError, minor_units

Problems = dict[str, str]

# Beyond them a day has no neighbour or no instant in UTC, and is a slip of the hand.
YEARS = range(1900, 3000)

_GROUPED = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?")


def plain(text: str) -> str:
    """A number without the commas between its thousands: `50,000` is `50000`."""
    text = text.strip()
    return text.replace(",", "") if _GROUPED.fullmatch(text) else text


def zone(name: str) -> ZoneInfo | None:
    """The time zone of this name, or None where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


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


def problems(campaign: Campaign, published: CampaignVersion | None = None) -> Problems:
    """What is wrong with a draft, by field; empty where it can be published.

    `published` is the version in force, whose cause, charity and trigger can no longer change.
    """
    return {
        **_rate(campaign),
        **_trigger(campaign, published),
        **_cap(campaign),
        **_days(campaign),
        **_fund(campaign),
    }


def version_of(campaign: Campaign, number: int, effective_from: datetime) -> CampaignVersion:
    """The version that this draft is published as."""
    unit = campaign.cause.exact_unit
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
        tags=tuple(campaign.tags),
        cap=minor_units(campaign.cap, unit.scale) if campaign.cap else None,
        partial=campaign.partial,
        fund=f"sponsor/{campaign.sponsor.slug}/fund"
        if campaign.from_fund and campaign.sponsor
        else "",
    )


def _rate(campaign: Campaign) -> Problems:
    try:
        rate = rational(campaign.rate)
    except ValueError as error:
        return {"rate": f"{error}."}
    if not rate:
        return {"rate": "A campaign that gives 0 gives nothing: write 2, 0.5 or 1/3."}
    if rate.denominator * 100 > MAX_DENOMINATOR:
        return {"rate": f"{campaign.rate} is finer than any rate kept here: round it."}
    if campaign.trigger == "revenue" and rate > 100:
        return {"rate": f"{campaign.rate} percent is more than the whole sale."}
    return {}


def _trigger(campaign: Campaign, published: CampaignVersion | None) -> Problems:
    cause = campaign.cause
    found: Problems = {}
    if campaign.trigger == "revenue" and cause.kind != "money":
        found["trigger"] = (
            f"A percentage of sales is money, but “{cause.label}” counts {cause.unit}: "
            "choose a cause that counts money, or give per order or per item."
        )
    if campaign.trigger == "manual" and (campaign.products or campaign.tags):
        field = "products" if campaign.products else "tags"
        found[field] = "An entry by hand has no products and no tags: leave this empty."
    if published and published.trigger != campaign.trigger:
        found["trigger"] = "This was published with another trigger: make a new campaign instead."
    if published and published.cause != cause.slug:
        found["cause"] = "This was published for another cause: make a new campaign instead."
    if published and published.charity != campaign.charity.slug:
        found["charity"] = "This was published for another charity: make a new campaign instead."
    return found


def _cap(campaign: Campaign) -> Problems:
    if not campaign.cap:
        return {}
    unit = campaign.cause.exact_unit
    try:
        minor = minor_units(campaign.cap, unit.scale)
    except UnitError as error:
        example = "2500.00" if unit.scale else "50000"
        name = unit.code if unit.kind == "money" else plural(unit.code, 2)
        return {"cap": f"{error}. The limit is in {name}: write for example {example}."}
    return {} if minor else {"cap": "A limit of 0 lets nothing through: leave it empty for none."}


def _days(campaign: Campaign) -> Problems:
    if zone(campaign.time_zone) is None:
        return {
            "time_zone": f"There is no time zone {campaign.time_zone[:40]!r}: choose one from "
            "the list, such as America/New_York."
        }
    for name, day in (("starts_on", campaign.starts_on), ("ends_on", campaign.ends_on)):
        if day is not None and day.year not in YEARS:
            return {name: f"The year {day.year} is not meant: write one of this time."}
    if campaign.ends_time and campaign.ends_on is None:
        return {"ends_on": "An hour without a day: choose the last day too."}
    end = ends_at(campaign)
    if end is not None and end <= starts_at(campaign):
        return {"ends_on": "The end is not after the start: choose a later day or hour."}
    return {}


def _fund(campaign: Campaign) -> Problems:
    if not campaign.from_fund:
        return {}
    if campaign.sponsor is None:
        return {"sponsor": "Choose the sponsor whose fund pays."}
    units = list(Fund.objects.filter(sponsor=campaign.sponsor).values_list("unit", flat=True))
    if campaign.cause.unit in units:
        return {}
    has = f"its funds are in {', '.join(units)}" if units else "it has no fund yet"
    return {
        "from_fund": f"{campaign.sponsor} has no fund in {campaign.cause.unit}: {has}. "
        "Finance can open one."
    }
