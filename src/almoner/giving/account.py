"""What is told of causes and campaigns: totals, movements and promises, in words.

Everything is read from the ledger, the promise from the version in force and never from the
draft, so that a page says only what is counted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Literal

from django.utils.dateformat import format as date_format
from django.utils.translation import gettext_lazy, gettext_noop

from almoner.campaigns.model import CampaignVersion
from almoner.campaigns.rules import is_spent
from almoner.counters.figures import text
from almoner.giving import sentences, wording
from almoner.giving.conditions import Condition, conditions
from almoner.giving.models import Campaign, Cause, Charity
from almoner.ledger import Database, reads
from almoner.ledger.event import instant
from almoner.ledger.publish import read_campaigns
from almoner.log import entry
from almoner.units import minor_units

ENDED = gettext_noop("Ended")
LAST = 20  # movements on a page: about a screen
# How far back a campaign's own movements are looked for among its cause's.
LOOK_BACK = 200
YOUNG = 3  # days; with fewer, a chart by day would be a dot or a single step

WHAT = {
    "opening": gettext_lazy("Carried forward from before the public record"),
    "pledge": gettext_lazy("Pledged"),
    "top-up": gettext_lazy("Topped up to the guaranteed minimum"),
    "refund": gettext_lazy("Taken off after a refund"),
    "maturity": gettext_lazy("Past its return window"),
    "delivery": gettext_lazy("Delivered"),
    "confirmation": gettext_lazy("Confirmed to have arrived"),
    "reversal": gettext_lazy("Taken back"),
    "deposit": gettext_lazy("Put into a fund"),
    "transfer": gettext_lazy("Moved"),
}


@dataclass(frozen=True, slots=True)
class Point:
    """What is shown for a cause at a time, `when` in words."""

    at: datetime
    total: int
    text: str
    when: str


@dataclass(frozen=True, slots=True)
class Moved:
    """One entry's effect on a cause, without its sign."""

    when: datetime
    what: str
    campaign: str
    amount_text: str
    direction: str
    entry: int


@dataclass(frozen=True, slots=True)
class Promised:
    """A published campaign."""

    title: str
    slug: str
    url: str
    sentence: str
    state: str
    pledged_text: str
    cap_text: str
    cap_percent: int
    cap_met: bool


def figure(cause: Cause, minor: int) -> str:
    """A cause's figure, as readers see it."""
    return text(minor=minor, kind=cause.kind, unit=cause.unit, scale=cause.scale)


def points(db: Database, cause: Cause, now: datetime) -> list[Point]:
    """What is shown for a cause over time, until now.

    At the end of each day that changed it; on a young record after each movement.
    """
    series = [
        (datetime.combine(date.fromisoformat(day), time.max, UTC), total)
        for day, total in reads.daily(db, cause.slug)
    ]
    young = len(series) < YOUNG
    if young and series:
        series = _steps(db, cause, series[-1][1])
    moments = [(min(at, now), total) for at, total in series]
    if moments:
        moments.append((now, moments[-1][1]))
    return [
        Point(
            at,
            total,
            figure(cause, total),
            _minute(at) if young else date_format(at, "j F Y"),
        )
        for at, total in moments
    ]


def _steps(db: Database, cause: Cause, total: int) -> list[tuple[datetime, int]]:
    """The total after each of the last movements, oldest first."""
    steps: list[tuple[datetime, int]] = []
    for each in reads.movements(db, cause.slug, LOOK_BACK):
        steps.append((instant(each.time), total))
        total -= each.minor
    return steps[::-1]


def campaign_points(db: Database, campaign: Campaign, now: datetime) -> list[Point]:
    """What a campaign has promised after each of its last movements, until now."""
    cause, total = campaign.cause, reads.campaign_total(db, campaign.slug)
    steps: list[tuple[datetime, int]] = [(now, total)]
    for each in reads.movements(db, cause.slug, LOOK_BACK):
        moved = _moved(db, each.entry, cause, campaign.slug)
        if moved:
            steps.append((instant(each.time), total))
            total -= moved
    return told(steps[::-1], cause) if len(steps) > 1 else []


def told(steps: Sequence[tuple[datetime, int]], cause: Cause) -> list[Point]:
    """Totals of a cause at their times, as they are written."""
    return [Point(at, total, figure(cause, total), _minute(at)) for at, total in steps]


def _minute(at: datetime) -> str:
    return f"{date_format(at, 'j F Y, H:i')} UTC"


def _moved(db: Database, index: int, cause: Cause, campaign: str) -> int:
    """What an entry adds to a campaign's total, in minor units."""
    (stored,) = reads.entries(db, index, 1)
    moved = 0
    for posting in entry.decode(stored.body).postings:
        grows = _belongs(posting.credit, campaign) - _belongs(posting.debit, campaign)
        moved += grows * minor_units(posting.value, cause.scale) if grows else 0
    return moved


def _belongs(path: str, campaign: str) -> int:
    """1 where an account holds what a campaign promised, in whatever state."""
    match path.split("/"):
        case ["campaign", slug, "held", _, _] | ["charity", _, _, _, slug]:
            return int(slug == campaign)
        case _:
            return 0


def movements(db: Database, cause: Cause, campaign: str = "") -> list[Moved]:
    """The last movements of a cause, or those that one campaign caused, the newest first."""
    titles = dict(Campaign.objects.filter(cause=cause).values_list("slug", "title"))
    found: list[Moved] = []
    for each in reads.movements(db, cause.slug, LOOK_BACK if campaign else LAST):
        pledges = _pledges(db, each.entry, titles)
        if campaign and campaign not in pledges:
            continue
        alone = len(pledges) == 1 or not campaign
        minor = each.minor if alone else _moved(db, each.entry, cause, campaign)
        if not minor:
            continue
        caused = [titles[slug] for slug in pledges]
        by = titles.get(campaign, "") or (wording.every(caused) if caused else "")
        found.append(
            Moved(
                instant(each.time),
                str(WHAT.get(each.kind, each.kind.capitalize())),
                by,
                figure(cause, abs(minor)),
                "up" if minor >= 0 else "down",
                each.entry,
            )
        )
        if len(found) == LAST:
            break
    return found


def campaigns(db: Database, cause: Cause, now: datetime) -> list[Promised]:
    """The published campaigns of a cause, those that still run first."""
    mine = Campaign.objects.filter(cause=cause).select_related("charity", "sponsor", "cause")
    published = read_campaigns(db)
    found = [_promised(db, campaign, published, now) for campaign in mine]
    return sorted((each for each in found if each), key=lambda each: each.state == ENDED)


def promised(db: Database, campaign: Campaign, now: datetime) -> Promised | None:
    """A campaign as it was last published, or None where it was not."""
    return _promised(db, campaign, read_campaigns(db), now)


def _promised(
    db: Database,
    campaign: Campaign,
    published: Mapping[str, Sequence[CampaignVersion]],
    now: datetime,
) -> Promised | None:
    versions = published.get(campaign.slug)
    if not versions:
        return None
    version, cause = versions[-1], campaign.cause
    given = reads.campaign_total(db, campaign.slug)
    cap = version.cap
    return Promised(
        title=campaign.title,
        slug=campaign.slug,
        url=f"/campaigns/{campaign.slug}/",
        sentence=" ".join(
            [sentence(campaign, version), *matches(db, campaign, version, published, now)]
        ),
        state=phase(version, now),
        pledged_text=wording.amount(given, version.unit, cause.kind, version.scale),
        cap_text=wording.amount(cap, version.unit, cause.kind, version.scale) if cap else "",
        cap_percent=min(100, given * 100 // cap) if cap else 0,
        cap_met=used_up(db, version) == "cap",
    )


def sentence(campaign: Campaign, version: CampaignVersion) -> str:
    """The promise of a version of a campaign, with the names readers know."""
    names, charities, matched = _names(campaign, version)
    return sentences.promise(
        version, campaign.cause.kind, *names, charities=charities, matched=matched
    )


def terms(db: Database, campaign: Campaign, now: datetime) -> list[Condition]:
    """Each term of a published campaign by its name, and who matches it."""
    published = read_campaigns(db)
    version = published[campaign.slug][-1]
    names, charities, matched = _names(campaign, version)
    found = conditions(version, campaign.cause.kind, *names, charities=charities, matched=matched)
    return found + [("Matched", each) for each in matches(db, campaign, version, published, now)]


def _names(
    campaign: Campaign, version: CampaignVersion
) -> tuple[tuple[str, str], dict[str, str], str]:
    """The charity's and the sponsor's names, those of a split by slug, and what is matched."""
    charities: dict[str, str] = {}
    if version.split:
        slugs = [part.charity for part in version.split]
        charities = dict(Charity.objects.filter(slug__in=slugs).values_list("slug", "name"))
    matched = ""
    if version.matches:
        titles = Campaign.objects.filter(slug=version.matches).values_list("title", flat=True)
        matched = titles.first() or ""
    sponsor = campaign.sponsor.name if campaign.sponsor else ""
    return (campaign.charity.name, sponsor), charities, matched


def used_up(db: Database, version: CampaignVersion) -> Literal["", "cap", "fund"]:
    """What leaves a campaign nothing more to give: its cap or its fund; "" where it gives."""
    total = reads.promised(db, version.campaign)
    if is_spent(version, total):
        return "cap"
    if not version.fund:
        return ""
    # A fraction that is promised and not posted yet has its claim on the fund.
    left = reads.balance(db, version.fund, version.unit) - reads.carried(db, version.campaign)
    return "" if left > 0 else "fund"


def matches(
    db: Database,
    campaign: Campaign,
    version: CampaignVersion,
    published: Mapping[str, Sequence[CampaignVersion]],
    now: datetime,
) -> list[str]:
    """Who matches a campaign as long as they do, and whether that is used up; a sentence each."""
    found: list[str] = []
    for each in campaign.matched_by.select_related("cause", "sponsor").order_by("slug"):
        versions = published.get(each.slug)
        if versions and versions[-1].matches == campaign.slug and phase(versions[-1], now) != ENDED:
            sponsor = each.sponsor.name if each.sponsor else ""
            found.append(sentences.matching(versions[-1], each.cause.kind, sponsor, version))
            if used_up(db, versions[-1]):
                found.append("That is used up: what is bought now is not matched.")
    return found


def phase(version: CampaignVersion, now: datetime) -> str:
    """Where a published campaign is in its time, in English."""
    if version.ends_at is not None and version.ends_at <= now:
        return ENDED
    return gettext_noop("Running") if version.starts_at <= now else gettext_noop("Not begun")


def _pledges(db: Database, index: int, titles: dict[str, str]) -> list[str]:
    """The campaigns among `titles` that have a pledge in an entry."""
    (stored,) = reads.entries(db, index, 1)
    found = [each.campaign for each in entry.decode(stored.body).pledges]
    return [campaign for campaign in dict.fromkeys(found) if campaign in titles]
