"""The shop's promises, as somebody writes them into Almoner; shop/books.py says them in words."""

from typing import Any

SPONSOR = "acme"
FUND = f"sponsor/{SPONSOR}/fund"
IN_FUND = 10_000
HOLD_DAYS = 14

# Slug, unit, kind, scale.
CAUSES = [
    ("meals", "meal", "count", 0),
    ("service-dogs", "GBP", "money", 2),
    ("blankets", "blanket", "count", 0),
    ("beds", "bed-night", "count", 0),
    ("shelter", "GBP", "money", 2),
]

# Campaign, cause, charities with their parts, and the other terms of its form.
PROMISES: list[tuple[str, str, dict[str, int], dict[str, Any]]] = [
    ("an-order", "meals", {"harbor-table": 1}, {"trigger": "order", "rate": "1"}),
    (
        "third-a-mug",
        "meals",
        {"harbor-table": 1},
        {"trigger": "item", "rate": "1/3", "products": ["MUG-RED", "MUG-BLUE", "MUG-GREEN"]},
    ),
    (
        "mug-match",
        "meals",
        {"harbor-table": 1},
        {"trigger": "match", "rate": "1/2", "matches": "third-a-mug", "from_fund": True},
    ),
    ("five-percent", "service-dogs", {"paws": 1}, {"trigger": "revenue", "rate": "5"}),
    (
        "whole-bill",
        "service-dogs",
        {"paws": 1},
        {"trigger": "revenue", "rate": "100", "including": ["discounts", "tax", "shipping"]},
    ),
    (
        "first-blankets",
        "blankets",
        {"warm-front": 1},
        {"trigger": "item", "rate": "2", "collections": ["winter"], "cap": "150"},
    ),
    (
        "waits",
        "beds",
        {"quiet-house": 1},
        {"trigger": "item", "rate": "2/7", "countries": ["GB"], "hold_days": HOLD_DAYS},
    ),
    (
        "three-houses",
        "shelter",
        {"harbor-house": 3, "quiet-house": 2, "hill-house": 2},
        {"trigger": "revenue", "rate": "1.5"},
    ),
]
# What of what is owed is handed over, by campaign; of all others, two thirds.
HANDED_OVER = {"an-order": (1, 1), "first-blankets": (1, 3)}


def shares() -> list[tuple[str, str, str]]:
    """Each campaign, cause and charity."""
    return [
        (campaign, cause, charity)
        for campaign, cause, charities, _ in PROMISES
        for charity in charities
    ]
