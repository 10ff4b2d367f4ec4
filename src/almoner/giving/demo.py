"""Loads the demonstration: six causes with what was given before, and campaigns to move them.

Where a history follows (`demo_sales`), what it promises is left out of the opening balances, so
that both together show the figures below. Guarantee: once, however often it runs and wherever
it was stopped. Every row is known by its slug, every opening balance and deposit by its
reference in the ledger, and a campaign that is published already with the same terms is not
published again. All names are invented. What a campaign manager has changed since is left alone.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from almoner.giving.entries import record_deposit
from almoner.giving.models import Campaign, CampaignPart, Cause, Charity, Fund, Sponsor
from almoner.giving.openings import carry_forward, establish
from almoner.giving.publishing import publish_draft
from almoner.ledger import Outcome
from almoner.units import decimal, minor_units

Progress = Callable[[str], None]
Row = dict[str, Any]

# The banner of the demonstration: slug, label, unit, kind, icon and what came before.
CAUSES = (
    ("meals", "Meals Donated", "meal", "count", "bowl", "23761"),
    ("blankets", "Blankets Donated", "blanket", "count", "blanket", "4188"),
    ("toys", "Toys Donated", "toy", "count", "toy", "10153"),
    ("rescue-miles", "Rescue Miles Donated", "mile", "distance", "road", "13088"),
    ("dv-survivors", "Funded For D.V. Survivors", "USD", "money", "house-heart", "2358"),
    ("service-dogs", "Funded For Service Dogs", "USD", "money", "dog", "7059"),
)
ARABIC = {
    "meals": "وجبات قُدّمت",
    "blankets": "بطانيات قُدّمت",
    "toys": "ألعاب قُدّمت",
    "rescue-miles": "أميال إنقاذ قُدّمت",
    "dv-survivors": "لدعم الناجيات من العنف الأسري",
    "service-dogs": "لكلاب المساعدة",
}
CHARITIES = (
    ("ashgrove", "Ashgrove Night Shelter"),
    ("harbor-table", "Harbor Table Food Bank"),
    ("lantern-house", "Lantern House"),
    ("quill-street", "Quill Street Toy Drive"),
    ("second-road", "Second Road Animal Rescue"),
    ("steady-paws", "Steady Paws Service Dogs"),
)
SPONSORS = (
    ("marlow-fern", "Marlow & Fern Goods"),
    ("northgate-mills", "Northgate Mills"),
)
# No mail server knows these addresses (RFC 2606).
ADDRESS = "gifts@{}.example"
DEPOSIT = ("marlow-fern", "USD", "25000", "2026-01-opening-deposit", date(2026, 1, 2))

# Long enough ago that any order sent to the demonstration falls inside: the sample orders
# that Shopify publishes are dated 2008 to 2025.
FIRST_DAY = date(2008, 1, 1)
CAMPAIGNS: tuple[Row, ...] = (
    {
        "slug": "holiday-bowls",
        "title": "Holiday Bowls",
        "cause": "meals",
        "charity": "harbor-table",
        "sponsor": "northgate-mills",
        "trigger": "item",
        "rate": "2",
        "cap": "50000",
    },
    {
        "slug": "warm-nights",
        "title": "Warm Nights",
        "cause": "blankets",
        "charity": "ashgrove",
        "sponsor": "northgate-mills",
        "trigger": "order",
        "rate": "1",
        "tags": ["winter"],
    },
    {
        "slug": "toy-chest",
        "title": "The Toy Chest",
        "cause": "toys",
        "charity": "quill-street",
        "sponsor": "northgate-mills",
        "trigger": "order",
        "rate": "1/3",
    },
    {
        "slug": "safe-doors",
        "title": "Safe Doors",
        "cause": "dv-survivors",
        "charity": "lantern-house",
        "sponsor": "marlow-fern",
        "from_fund": True,
        "trigger": "order",
        "rate": "0.50",
    },
    {
        "slug": "tails-and-trails",
        "title": "Tails and Trails",
        "cause": "service-dogs",
        "charity": "steady-paws",
        "sponsor": "marlow-fern",
        "from_fund": True,
        "trigger": "revenue",
        "rate": "5",
    },
    {
        "slug": "rescue-road",
        "title": "Rescue Road",
        "cause": "rescue-miles",
        "charity": "second-road",
        "trigger": "manual",
        "rate": "1",
    },
    # Six that show what else can be promised, on what the sample orders do not hold.
    {
        "slug": "open-hands",
        "title": "Open Hands",
        "cause": "dv-survivors",
        "charity": "lantern-house",
        "trigger": "gift",
        "rate": "100",
    },
    {
        "slug": "two-doors",
        "title": "Two Doors",
        "cause": "blankets",
        "charity": "ashgrove",
        "sponsor": "northgate-mills",
        "trigger": "item",
        "rate": "1",
        "collections": ["blankets"],
        "split": (("ashgrove", 2), ("lantern-house", 1)),
        "minimum": "600",
        "cap": "6000",
        "ends_on": date(2035, 12, 31),
    },
    {
        "slug": "spring-table",
        "title": "Spring Table",
        "cause": "meals",
        "charity": "harbor-table",
        "trigger": "revenue",
        "rate": "2",
        "price": "0.25",
        "currency": "USD",
        "collections": ["kitchen"],
        "hold_days": 30,
        "deliver_days": 90,
    },
    {
        "slug": "second-helping",
        "title": "Second Helping",
        "cause": "meals",
        "charity": "harbor-table",
        "sponsor": "marlow-fern",
        "trigger": "match",
        "matches": "spring-table",
        "rate": "1",
        "cap": "10000",
        "hold_days": 30,
    },
    {
        "slug": "read-to-the-end",
        "title": "Read to the End",
        "cause": "meals",
        "charity": "harbor-table",
        "sponsor": "northgate-mills",
        "trigger": "read",
        "rate": "1/100",
        "cap": "20000",
    },
    {
        "slug": "passed-on",
        "title": "Passed On",
        "cause": "meals",
        "charity": "harbor-table",
        "sponsor": "northgate-mills",
        "trigger": "visit",
        "rate": "1/20",
        "cap": "5000",
    },
)


def load_causes(
    progress: Progress, now: datetime | None = None, promised: Mapping[str, int] | None = None
) -> None:
    """Load whatever of the demonstration is not there yet, as if it were `now`.

    `promised` is what of the figures is not carried forward, in minor units by cause, because
    events promise it afterwards.
    """
    now = now or datetime.now(UTC)
    for place, (slug, label, unit, kind, icon, figure) in enumerate(CAUSES, 1):
        fields = {"label": label, "unit": unit, "kind": kind, "icon": icon, "position": place}
        cause = establish(slug, labels=f"ar: {ARABIC[slug]}", **fields)
        before = minor_units(figure, cause.scale) - (promised or {}).get(slug, 0)
        outcome = carry_forward(cause, before, now)
        _tell(progress, outcome, f"{label}: {decimal(before, cause.scale)} {unit} carried forward")
    for model, rows in ((Charity, CHARITIES), (Sponsor, SPONSORS)):
        for slug, name in rows:
            fields = {"name": name, "contact_email": ADDRESS.format(slug)}
            model.objects.get_or_create(slug=slug, defaults=fields)
    _fill_fund(progress, now)
    for row in CAMPAIGNS:
        _publish(row, progress, now)


def _fill_fund(progress: Progress, now: datetime) -> None:
    sponsor, unit, value, reference, day = DEPOSIT
    fund, _ = Fund.objects.get_or_create(sponsor=Sponsor.objects.get(slug=sponsor), unit=unit)
    minor = minor_units(value, fund.exact_unit.scale)
    outcome = record_deposit(fund, minor, day, reference, now)
    _tell(progress, outcome, f"{fund.sponsor}: {value} {unit} put into its fund")


def _publish(row: Row, progress: Progress, now: datetime) -> None:
    parts = row.get("split", ())
    fields = {
        **{term: value for term, value in row.items() if term != "split"},
        "cause": Cause.objects.get(slug=row["cause"]),
        "charity": Charity.objects.get(slug=row["charity"]),
        "sponsor": Sponsor.objects.filter(slug=row.get("sponsor", "")).first(),
        "matches": Campaign.objects.filter(slug=row.get("matches", "")).first(),
        "starts_on": FIRST_DAY,
        "time_zone": "America/New_York",
    }
    campaign, new = Campaign.objects.get_or_create(slug=row["slug"], defaults=fields)
    if new and parts:
        campaign.parts.set(
            [
                CampaignPart(charity=Charity.objects.get(slug=slug), weight=weight)
                for slug, weight in parts
            ]
        )
        campaign.save()
    if campaign.state == Campaign.State.DRAFT:
        publish_draft(campaign, now)
        progress(f"Campaign published: {campaign.title}")
    else:
        progress(f"Campaign already there: {campaign.title}")


def _tell(progress: Progress, outcome: Outcome, what: str) -> None:
    assert outcome.status in ("recorded", "duplicate"), f"{what}: {outcome}"
    progress(what if outcome.status == "recorded" else f"Already there: {what}")
