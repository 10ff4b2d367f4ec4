"""A shop that signs what it sends, and builds bodies as Shopify's webhooks have them."""

import json
from collections.abc import Iterable
from itertools import count
from typing import Any

import httpx

from almoner.connectors.shopify import sign
from tests.server import SECRET

# What a run sends to the one demonstration that its tests share: no two orders of one number.
NUMBERS = count(440_001)
PLACED = "2026-05-01T10:00:00-04:00"


def line(id: int = 1, quantity: int = 1, price: object = "10.00", **more: Any) -> dict[str, Any]:
    """One line of an order."""
    return {
        "id": id,
        "quantity": quantity,
        "price": price,
        "product_id": 77,
        "sku": "BOWL",
        "discount_allocations": [],
        "tax_lines": [],
        **more,
    }


def order(id: int, lines: Iterable[dict[str, Any]] = (), **more: Any) -> dict[str, Any]:
    """An order that is paid, of one piece at ten dollars where no lines are given."""
    return {
        "id": id,
        "created_at": PLACED,
        "currency": "USD",
        "financial_status": "paid",
        "taxes_included": False,
        "test": False,
        "tags": "",
        "line_items": list(lines) or [line()],
        "refunds": [],
        **more,
    }


def refunded(id: int = 1, quantity: int = 1, subtotal: object = "10.00", **more: Any) -> Any:
    """How much of one line came back."""
    return {"line_item_id": id, "quantity": quantity, "subtotal": subtotal, **more}


def refund(id: int, of: int, lines: Iterable[dict[str, Any]] = (), **more: Any) -> dict[str, Any]:
    """A refund of the order `of`."""
    return {
        "id": id,
        "order_id": of,
        "created_at": "2026-05-02T10:00:00-04:00",
        "order_adjustments": [],
        "refund_line_items": list(lines),
        "transactions": [],
        "total_duties_set": {"shop_money": {"amount": "0.00", "currency_code": "USD"}},
        **more,
    }


def goodwill(id: int, of: int, amount: str, **more: Any) -> dict[str, Any]:
    """Money given back for nothing that came back, as Shopify tells it."""
    return refund(
        id,
        of,
        order_adjustments=[{"kind": "refund_discrepancy", "amount": f"-{amount}"}],
        transactions=[{"kind": "refund", "status": "success", "amount": amount, "currency": "USD"}],
        **more,
    )


def encoded(body: object) -> bytes:
    """A webhook's bytes."""
    return json.dumps(body).encode()


def headers(body: bytes, topic: str, secret: str = SECRET) -> dict[str, str]:
    """The headers of a signed delivery."""
    return {
        "Content-Type": "application/json",
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": sign(body, secret),
    }


def send(url: str, body: object, topic: str = "orders/paid") -> httpx.Response:
    """Sign a body and deliver it."""
    raw = body if isinstance(body, bytes) else encoded(body)
    # No TLS on loopback: loading the authorities for each delivery would take longer than it.
    return httpx.post(
        f"{url}/e/shopify", content=raw, headers=headers(raw, topic), timeout=60, verify=False
    )
