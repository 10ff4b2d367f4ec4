"""One order against ten live campaigns and against a thousand: it is looked up, not searched.

Three campaigns match the order in both cases. All the others are live too: for other products,
collections and tags, and for gifts, reads and sign-ups.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from almoner.campaigns.force import Index
from almoner.campaigns.given import Memory
from almoner.campaigns.model import CampaignVersion, Line, Order
from almoner.campaigns.rules import pledges
from bench.measure import Rate, Row, compare

FEW, MANY = 10, 1_000
SECONDS = 0.5
_NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
_ORDER = Order("USD", (Line("1", 2, 1998, "bowl-7"), Line("2", 1, 500, "mat")), ("spring",))
_MATCHING: tuple[dict[str, Any], ...] = (
    {"trigger": "order", "rate": "1"},
    {"trigger": "item", "rate": "1/3", "products": ("bowl-7",)},
    {"trigger": "item", "rate": "2", "tags": ("spring",), "cap": 10**15},
)
_OTHERS = ("products", "collections", "tags", "gift", "read", "sign-up")


def rows(_home: Path) -> Iterator[Row]:
    """Orders a second, evaluated by the rules alone."""
    yield compare(
        f"orders against {MANY:,} live campaigns",
        f"against {FEW}",
        "orders/s",
        _evaluating(MANY),
        _evaluating(FEW),
        goal=0.2,
    )


def _evaluating(count: int) -> Rate:
    index = Index({each.campaign: (each,) for each in _campaigns(count)})
    given = Memory()
    assert len(pledges(_ORDER, _NOW, index.covering(_ORDER, _NOW), Memory())) == len(_MATCHING)

    def run(_round: int) -> float:
        done, started = 0, time.perf_counter()
        while (passed := time.perf_counter() - started) < SECONDS:
            for _ in range(100):
                pledges(_ORDER, _NOW, index.covering(_ORDER, _NOW), given)
            done += 100
        return done / passed

    return run


def _campaigns(count: int) -> Iterator[CampaignVersion]:
    for number, terms in enumerate(_MATCHING):
        yield _campaign(f"matching-{number}", **terms)
    for number, kind in enumerate(islice(cycle(_OTHERS), count - len(_MATCHING))):
        if kind in ("gift", "read", "sign-up"):
            yield _campaign(f"other-{number}", trigger=kind, rate="1", price="0.25", currency="USD")
        else:
            terms: dict[str, Any] = {kind: (f"other-{number}",)}
            yield _campaign(f"other-{number}", trigger="item", rate="1", **terms)


def _campaign(slug: str, **terms: Any) -> CampaignVersion:
    return CampaignVersion(
        campaign=slug,
        version=1,
        cause="meals",
        unit="meal",
        scale=0,
        charity="harbor-table",
        starts_at=_NOW - timedelta(days=9),
        effective_from=_NOW - timedelta(days=9),
        **terms,
    )
