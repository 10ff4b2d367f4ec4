"""A ledger with a campaign of each kind, and a shop's deliveries into it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from almoner.campaigns.model import CampaignVersion
from almoner.connectors import shopify
from almoner.ledger import Ledger, Outcome, connect, schema
from almoner.ledger.publish import publish
from almoner.ledger.reads import campaign_totals
from tests.shop import encoded

NOW = datetime(2026, 6, 1, tzinfo=UTC)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
KINDS = {
    "revenue": {"trigger": "revenue", "rate": "5", "unit": "USD", "scale": 2, "cause": "dogs"},
    "items": {"trigger": "item", "rate": "2", "unit": "meal", "scale": 0, "cause": "meals"},
    "orders": {"trigger": "order", "rate": "1", "unit": "toy", "scale": 0, "cause": "toys"},
}


def read(body: Any, topic: str = "orders/paid", shop: str = "demo", key: bytes = b"") -> Any:
    """The events of a delivery of Shopify's."""
    raw = body if isinstance(body, bytes) else encoded(body)
    return shopify.read({"x-shopify-topic": topic}, raw, shop, NOW, key)


class Shop:
    """Delivers bodies to a ledger, and tells what the campaigns have given since."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger

    def deliver(self, body: Any, topic: str = "orders/paid", shop: str = "demo") -> list[Outcome]:
        """One verified delivery."""
        return self.ledger.append(read(body, topic, shop), NOW)

    def given(self) -> tuple[int, int, int]:
        """Cents by revenue, meals by items, toys by orders."""
        totals = campaign_totals(self.ledger.db)
        return tuple(totals.get(kind, 0) for kind in KINDS)  # type: ignore[return-value]

    def close(self) -> None:
        """Let go of the database."""
        self.ledger.db.close()


def open_shop(path: Path | str, **changes: Any) -> Shop:
    """A shop whose orders go to a new ledger at `path`."""
    db = connect(path)
    if not db.postgresql:
        db.run("PRAGMA synchronous = OFF")
    schema.create(db)
    for campaign, terms in KINDS.items():
        version = CampaignVersion(
            campaign=campaign,
            version=1,
            charity="harbor-table",
            starts_at=LONG_AGO,
            effective_from=LONG_AGO,
            **{**terms, **changes.get(campaign, {})},
        )
        publish(db, version, LONG_AGO)
    return Shop(Ledger(db))


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    """5 % of revenue, 2 meals an item and 1 toy an order, on each database."""
    opened = open_shop(database_url)
    yield opened
    opened.close()


@pytest.fixture
def open_at(tmp_path: Path) -> Iterator[Callable[..., Shop]]:
    """Opens a shop on SQLite with campaigns changed."""
    opened: list[Shop] = []

    def _open(**changes: Any) -> Shop:
        opened.append(open_shop(tmp_path / f"{len(opened)}.db", **changes))
        return opened[-1]

    yield _open
    for each in opened:
        each.close()
