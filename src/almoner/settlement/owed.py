"""What is owed, to whom, through which promise, and since when.

Figures are the ledger's, names are the admin's. Only what is past its return window is owed.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import StringIO
from zoneinfo import ZoneInfo

from django.conf import settings

from almoner.campaigns.model import CampaignVersion
from almoner.giving.models import Campaign, Cause, Charity, Sponsor
from almoner.giving.sentences import amount, plural
from almoner.ledger import Database, settle
from almoner.ledger.publish import read_campaigns
from almoner.settlement.ages import DELIVER_DAYS, NAMES, Ages, ages, together
from almoner.units import decimal

BY = ("charity", "cause", "campaign", "sponsor")
COLUMNS = (
    "charity,cause,campaign,sponsor,unit,owed,"
    "0-30 days,31-60 days,61-90 days,over 90 days,overdue,oldest,days waited,deliver within days"
).split(",")


@dataclass(frozen=True, slots=True)
class Owed:
    """What one promise owes one charity of one cause. Names are as people know them."""

    share: settle.Share
    kind: str
    charity: str
    cause: str
    campaign: str
    sponsor: str
    sponsor_slug: str
    ages: Ages
    days: int | None
    deliver_days: int

    @property
    def slugs(self) -> dict[str, str]:
        """What it can be chosen by."""
        share = self.share
        return {
            "charity": share.charity,
            "cause": share.cause,
            "campaign": share.campaign,
            "sponsor": self.sponsor_slug,
        }

    def text(self, minor: int) -> str:
        """A figure of it, with its unit."""
        return amount(minor, self.share.unit, self.kind, self.share.scale)

    @property
    def unit_text(self) -> str:
        """What an amount of it counts, as it stands after a figure."""
        return self.share.unit if self.kind == "money" else plural(self.share.unit, 2)

    @property
    def total_text(self) -> str:
        """All that is owed."""
        return self.text(self.share.owed)

    @property
    def bucket_texts(self) -> list[str]:
        """What is owed by age; "" where nothing is."""
        return [self.text(minor) if minor else "" for minor in self.ages.buckets]

    @property
    def overdue_text(self) -> str:
        """What should be delivered by now, or ""."""
        return self.text(self.ages.overdue) if self.ages.overdue else ""


@dataclass(frozen=True, slots=True)
class Bar:
    """One age in a chart; `length` is of 1,000."""

    name: str
    text: str
    length: int


@dataclass(frozen=True, slots=True)
class Chart:
    """What is owed of one cause by age: bars, and the same in one sentence."""

    title: str
    slug: str
    bars: tuple[Bar, ...]
    sentence: str


def today(now: datetime) -> date:
    """The day by which ages are counted: the installation's own."""
    return now.astimezone(ZoneInfo(settings.TIME_ZONE)).date()


def owed(db: Database, now: datetime, chosen: Mapping[str, str] | None = None) -> list[Owed]:
    """What is owed, the longest waiting first; `chosen` are slugs by `BY`."""
    chosen = chosen or {}
    found = [
        each
        for each in settle.shares(db, chosen.get("charity", ""))
        # Before their movements are read: a page of one campaign is no matter of all of them.
        if each.owed
        and all(chosen.get(by, "") in ("", getattr(each, by)) for by in ("cause", "campaign"))
    ]
    rows = _named(db, found, now)
    rows = [
        row for row in rows if all(not chosen.get(by) or row.slugs[by] == chosen[by] for by in BY)
    ]
    return sorted(rows, key=lambda row: (row.ages.oldest or date.max, row.charity, row.campaign))


def _named(db: Database, shares: Sequence[settle.Share], now: datetime) -> list[Owed]:
    moved = settle.movements(db, [each.name for each in shares])
    versions = read_campaigns(db)
    day = today(now)
    charities = dict(Charity.objects.values_list("slug", "name"))
    causes = {each.slug: each for each in Cause.objects.all()}
    campaigns = {each.slug: each for each in Campaign.objects.select_related("sponsor")}
    sponsors = dict(Sponsor.objects.values_list("slug", "name"))
    rows: list[Owed] = []
    for share in shares:
        version = next(reversed(versions.get(share.campaign, ())), None)
        campaign, cause = campaigns.get(share.campaign), causes.get(share.cause)
        sponsor = _sponsor(version, campaign)
        deliver_days = deliver_within(version)
        waited = ages(moved[share.name], day, deliver_days)
        rows.append(
            Owed(
                share=share,
                kind=cause.kind if cause else ("money" if share.unit.isupper() else "count"),
                charity=charities.get(share.charity, share.charity),
                cause=cause.label if cause else share.cause,
                campaign=campaign.title if campaign else share.campaign,
                sponsor=sponsors.get(sponsor, ""),
                sponsor_slug=sponsor,
                ages=waited,
                days=waited.days(day),
                deliver_days=deliver_days,
            )
        )
    return rows


def deliver_within(version: CampaignVersion | None) -> int:
    """How many days a charity may wait for what a campaign promises."""
    return (version.deliver_days if version else 0) or DELIVER_DAYS


def _sponsor(version: CampaignVersion | None, campaign: Campaign | None) -> str:
    if version and version.sponsor:
        return version.sponsor
    return campaign.sponsor.slug if campaign and campaign.sponsor else ""


def choices(rows: Iterable[Owed]) -> dict[str, list[tuple[str, str]]]:
    """What rows can be chosen by: slug and name, by name."""
    found: dict[str, dict[str, str]] = {by: {} for by in BY}
    for row in rows:
        for by in BY:
            if row.slugs[by]:
                found[by][row.slugs[by]] = getattr(row, by)
    return {by: sorted(names.items(), key=lambda pair: pair[1]) for by, names in found.items()}


def charts(rows: Iterable[Owed]) -> list[Chart]:
    """A chart of each cause: meals and money have no scale in common."""
    by_cause: dict[tuple[str, str], list[Owed]] = {}
    for row in rows:
        by_cause.setdefault((row.cause, row.share.unit), []).append(row)
    return [_chart(label, of) for (label, _), of in sorted(by_cause.items())]


def _chart(label: str, rows: Sequence[Owed]) -> Chart:
    waited, text = together(row.ages for row in rows), rows[0].text
    highest = max(waited.buckets)
    bars = [
        Bar(name, text(minor), -(-minor * 1_000 // highest) if highest else 0)
        for name, minor in zip(NAMES, waited.buckets, strict=True)
    ]
    parts = [f"{bar.text} for {bar.name}" for bar in bars if bar.length]
    overdue = f"{text(waited.overdue)} overdue" if waited.overdue else "nothing overdue"
    sentence = f"{label}: {text(waited.total)} owed, {overdue}. Waiting: {', '.join(parts)}."
    return Chart(label, rows[0].share.cause, tuple(bars), sentence)


def as_csv(rows: Iterable[Owed]) -> str:
    """The same rows as a table for a spreadsheet; amounts are plain decimals of their unit."""
    out = StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in rows:
        scale = row.share.scale
        figures = (row.share.owed, *row.ages.buckets, row.ages.overdue)
        writer.writerow(
            [
                *(harmless(getattr(row, by)) for by in BY),
                row.share.unit,
                *(decimal(minor, scale) for minor in figures),
                row.ages.oldest or "",
                "" if row.days is None else row.days,
                row.deliver_days,
            ]
        )
    return out.getvalue()


def harmless(text: str) -> str:
    """A name that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
