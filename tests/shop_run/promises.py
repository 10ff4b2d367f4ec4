"""The shop's promises, as Almoner publishes them; shop/books.py says them in words."""

from datetime import UTC, datetime
from typing import Any

from almoner.campaigns.model import CampaignVersion, Part
from almoner.units import currency

FUND = "sponsor/acme/fund"
HOLD_DAYS = 14
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
GBP = currency("GBP")
# Slug, unit, kind, scale.
CAUSES = [
    ("meals", "meal", "count", 0),
    ("service-dogs", "GBP", "money", 2),
    ("blankets", "blanket", "count", 0),
    ("beds", "bed-night", "count", 0),
    ("shelter", "GBP", "money", 2),
]


def promise(campaign: str, cause: str, charity: str, **terms: Any) -> CampaignVersion:
    """The first version of a campaign, in force since long ago."""
    unit, scale = next((unit, scale) for slug, unit, _, scale in CAUSES if slug == cause)
    return CampaignVersion(
        campaign=campaign,
        version=1,
        cause=cause,
        unit=unit,
        scale=scale,
        charity=charity,
        starts_at=LONG_AGO,
        effective_from=LONG_AGO,
        **terms,
    )


PROMISES = [
    promise("an-order", "meals", "harbor-table", trigger="order", rate="1"),
    promise(
        "third-a-mug",
        "meals",
        "harbor-table",
        trigger="item",
        rate="1/3",
        products=("MUG-RED", "MUG-BLUE", "MUG-GREEN"),
    ),
    promise(
        "mug-match",
        "meals",
        "harbor-table",
        trigger="match",
        rate="1/2",
        matches="third-a-mug",
        fund=FUND,
    ),
    promise("five-percent", "service-dogs", "paws", trigger="revenue", rate="5"),
    promise(
        "whole-bill",
        "service-dogs",
        "paws",
        trigger="revenue",
        rate="0.5",
        including=("discounts", "tax", "shipping"),
    ),
    promise(
        "first-blankets",
        "blankets",
        "warm-front",
        trigger="item",
        rate="2",
        collections=("winter",),
        cap=150,
    ),
    promise(
        "waits",
        "beds",
        "quiet-house",
        trigger="item",
        rate="2/7",
        countries=("GB",),
        hold_days=HOLD_DAYS,
    ),
    promise(
        "three-houses",
        "shelter",
        "harbor-house",
        trigger="revenue",
        rate="1.5",
        split=(Part("harbor-house", 3), Part("quiet-house", 2), Part("hill-house", 2)),
    ),
]
