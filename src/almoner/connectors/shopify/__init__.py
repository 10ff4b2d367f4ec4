"""Shopify's own webhooks: of orders, and refunds/create.

Source: shopify.dev, "Verify webhook deliveries" (HMAC-SHA-256 of the raw body, base64, in
X-Shopify-Hmac-Sha256) and the REST Order and Refund resources of API version 2026-07. The
shop is the one whose secret verifies the body, never what a header says. An order is one
event however often it comes; it counts once the body says it is paid. Revenue is in the
shop's currency, after discounts, without tax and shipping.

Only the body is signed, no header is: X-Shopify-Triggered-At turns a late delivery away, but
who plays a recording can write it anew. What stops a recording is that an event counts once.

An order that is edited after it was paid: what is removed comes as a refund of its lines, and
is taken off. Limit: what is added is another content under the same id, so it is a conflict,
which is told and changes nothing. One body does not say which of its lines were there before,
and a second order for them would count once more where every order gives.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from almoner.connectors import kept
from almoner.connectors.money import exactly
from almoner.connectors.shopify import body as bodies
from almoner.connectors.shopify.orders import order_events
from almoner.connectors.shopify.refunds import refund_event
from almoner.connectors.signing import sign_base64, signer
from almoner.intake.problem import Problem, decode
from almoner.ledger import Event

NAME = "shopify"
TITLE = "Shopify"
HEADERS: tuple[str, ...] = ("x-shopify-topic",)
TOPICS = ("orders/create", "orders/paid", "orders/updated", "orders/cancelled", "refunds/create")
# Shopify goes on retrying a delivery for two days at most; a signature older than three is a
# recording of one.
STALE = timedelta(days=3)
# The largest order Shopify takes (500 lines, with properties) has about 1 MB.
MAX_BODY = 2 * 1024 * 1024

_WRAPPERS = frozenset({"order", "orders", "refund", "refunds", "draft_order"})

_decode_order = msgspec.json.Decoder(bodies.Order, strict=False).decode
_decode_keys = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_refund = msgspec.json.Decoder(bodies.Refund, strict=False).decode

sign = sign_base64


def verify(
    headers: Mapping[str, str], body: bytes, secrets: Mapping[str, str], now: datetime
) -> str:
    """The shop that signed; a 401 `Problem` where none of `secrets` did, or days ago."""
    shop = signer(
        [headers.get("x-shopify-hmac-sha256", "")],
        secrets,
        lambda secret: sign(body, secret),
        "X-Shopify-Hmac-Sha256",
        TITLE,
    )
    if triggered_at := headers.get("x-shopify-triggered-at", ""):
        _refuse_stale(triggered_at, now)
    return shop


def read(
    headers: Mapping[str, str], body: bytes, name: str, now: datetime, key: bytes = b""
) -> list[Event]:
    """The events of a verified delivery; a `Problem` says what cannot be read.

    An order that already carries refunds gives them as events of their own, under the same
    ids that refunds/create has.
    """
    topic = headers.get("x-shopify-topic", "")
    if topic not in TOPICS:
        raise Problem(
            422,
            "unknown-topic",
            "This topic is not read here",
            f"X-Shopify-Topic is {topic[:60]!r}; subscribe to {', '.join(TOPICS)} only.",
        )
    _refuse_other(body, topic)
    source = f"{NAME}:{name}"
    with exactly():
        if topic == "refunds/create":
            return [refund_event(decode(_decode_refund, body), source, now, None)]
        return order_events(decode(_decode_order, body), topic, source, key)


def without_personal(body: bytes) -> bytes:
    """The body with the keys alone that an order or a refund is read by."""
    return kept.keep(body, bodies.Order | bodies.Refund)


def _refuse_stale(triggered_at: str, now: datetime) -> None:
    try:
        when = datetime.fromisoformat(triggered_at.strip())
    except ValueError:
        when = None
    if when is None or when.tzinfo is None:
        raise Problem(
            400,
            "bad-triggered-at",
            "X-Shopify-Triggered-At is not a time",
            f"{triggered_at[:40]!r} is not RFC 3339 with a zone.",
        )
    if now - when > STALE:
        raise Problem(
            401,
            "stale-delivery",
            "The delivery is stale",
            f"It was triggered at {triggered_at[:40]}, more than {STALE.days} days ago, and "
            "Shopify stops trying before that. Send missed orders through the API instead.",
        )


def _refuse_other(body: bytes, topic: str) -> None:
    """Tell a developer what was sent instead; that saves an hour."""
    keys = decode(_decode_keys, body)
    # A REST answer wraps what a webhook sends bare.
    wrapped = next((name for name in keys if name in _WRAPPERS), None)
    if wrapped and "id" not in keys:
        raise Problem(
            422,
            "wrapped-body",
            "This is a REST answer, not a webhook's body",
            f'The body is {{"{wrapped}": …}}: a webhook sends the inner object by itself.',
            field=wrapped,
        )
    if topic == "refunds/create":
        if "refund_line_items" not in keys or "order_id" not in keys:
            raise Problem(
                422,
                "not-a-refund",
                "This is not a refund",
                "The body has no refund_line_items with the order_id they belong to: send what "
                "Shopify sends under the topic refunds/create.",
            )
    elif "financial_status" not in keys:
        raise Problem(
            422,
            "not-an-order",
            "This is not an order",
            "The body has no financial_status: a draft order or a checkout is no order yet.",
            field="financial_status",
        )
