"""Which terms say nothing for which trigger.

The form hides them, so what is filled there was filled by mistake, or for another trigger.
"""

from collections.abc import Iterator

from almoner.giving.models import Campaign

_ACTION = ("products", "collections", "including", "tiers")
UNUSED: dict[str, tuple[str, ...]] = {
    "order": ("matches",),
    "item": ("including", "matches"),
    "revenue": ("matches",),
    "gift": ("including", "matches"),
    "round-up": ("products", "collections", "including", "matches"),
    "sign-up": (*_ACTION, "matches"),
    # Who reads is never known, so nobody's own limit could be kept.
    "read": (*_ACTION, "reader_cap", "matches"),
    "visit": (*_ACTION, "reader_cap", "matches"),
    "manual": (*_ACTION, "tags", "countries", "excluded", "reader_cap", "group", "matches"),
    "match": (*_ACTION, "tags", "countries", "excluded", "price", "currency"),
}
_CALLED = {
    "order": "Orders have",
    "item": "Items sold have",
    "revenue": "A percentage of sales has",
    "gift": "Gifts have",
    "round-up": "What is rounded up has",
    "sign-up": "Sign-ups have",
    "read": "Reads have",
    "visit": "Visits have",
    "manual": "Entries by hand have",
    "match": "A match has",
}
_WHAT = {
    "products": "no products",
    "collections": "no collections",
    "tags": "no tags",
    "including": "no choice of how sales are counted",
    "tiers": "no steps",
    "countries": "no country",
    "excluded": "no country",
    "reader_cap": "no person behind them whom a limit could be kept for",
    "matches": "no other campaign to follow",
    "price": "no price: it gives units for units",
    "currency": "no currency of its own",
    "group": "no order to keep to themselves",
}


def unused(campaign: Campaign) -> Iterator[tuple[str, str]]:
    """The fields that say nothing for a campaign's trigger and are not empty, with why."""
    for field in UNUSED.get(campaign.trigger, ()):
        if getattr(campaign, field):
            yield field, f"{_CALLED[campaign.trigger]} {_WHAT[field]}: leave this empty."
