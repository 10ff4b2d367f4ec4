"""WooCommerce's own webhooks: order.created and order.updated.

Source: the WooCommerce REST API v3 and its class-wc-webhook.php: HMAC-SHA-256 of the raw body,
base64, in X-WC-Webhook-Signature. An order counts once it has been paid (`date_paid`, or
completed), by what its lines cost after discounts, without tax. A fee that its name or a meta
key (`_almoner_gift`, `_almoner_round_up`) calls a donation or a round-up is money that the
buyer gives; other fees are no revenue, and one below zero is a discount.

Limits: a partial refund is told by its total alone, and is taken to be of the goods with their
tax. An order that is refunded, or cancelled or failed after it was paid, is taken off whole.
One that is deleted stays counted: shops clear away old orders. WooCommerce's ping is signed by
nobody and says nothing.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

import msgspec

from almoner.campaigns.model import Line, LineKind, Order, Refund, RefundedLine
from almoner.connectors import buyers, kept
from almoner.connectors.money import exactly, less, minor, refuse_twins, signed
from almoner.connectors.signing import sign_base64, signer
from almoner.intake.problem import Problem, decode
from almoner.intake.wire import MAX_LINES, Quantity, read_currency
from almoner.ledger import Event
from almoner.units import Unit

NAME = "woocommerce"
TITLE = "WooCommerce"
HEADERS: tuple[str, ...] = ("x-wc-webhook-topic",)
TOPICS = ("order.created", "order.updated", "order.restored", "order.deleted")
# An order of a thousand lines, each with a plugin's meta data, has about 2 MB.
MAX_BODY = 4 * 1024 * 1024

_PING = re.compile(rb"webhook_id=\d{1,20}")
_GIFT = re.compile(r"\b(donat\w*|charit\w*)\b", re.IGNORECASE)
_ROUND_UP = re.compile(r"\bround(ed|ing)?[ -]?up\b", re.IGNORECASE)
_MARKS: dict[str, LineKind] = {"_almoner_gift": "gift", "_almoner_round_up": "round-up"}
# The keys under which the gift card plugins note what was sold: WooCommerce's own, PW and YITH.
_GIFT_CARD = re.compile(r"gift_?card|^_ywgc_")
_ENDED = frozenset({"cancelled", "failed"})

Number = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class _Meta(msgspec.Struct, frozen=True):
    """The name alone of what a plugin noted: its values may be the buyer's words."""

    key: str = ""


class _Line(msgspec.Struct, frozen=True):
    id: Number
    quantity: Quantity
    total: Decimal
    subtotal: Decimal | None = None
    total_tax: Decimal = Decimal(0)
    product_id: Number | None = None
    sku: str | None = None
    meta_data: list[_Meta] = []


class _Fee(msgspec.Struct, frozen=True):
    id: Number
    total: Decimal
    name: str | None = None
    total_tax: Decimal = Decimal(0)
    meta_data: list[_Meta] = []


class _Refund(msgspec.Struct, frozen=True):
    id: Number
    total: Decimal


class _Address(msgspec.Struct, frozen=True):
    country: str | None = None
    state: str | None = None


class _Order(msgspec.Struct, frozen=True):
    id: Number
    status: str
    currency: str
    date_created_gmt: datetime
    line_items: Annotated[list[_Line], msgspec.Meta(max_length=MAX_LINES)]
    date_paid_gmt: datetime | None = None
    fee_lines: Annotated[list[_Fee], msgspec.Meta(max_length=MAX_LINES)] = []
    shipping_total: Decimal = Decimal(0)
    shipping_tax: Decimal = Decimal(0)
    refunds: Annotated[list[_Refund], msgspec.Meta(max_length=MAX_LINES)] = []
    shipping: _Address | None = None
    billing: _Address | None = None
    customer_id: Number | None = None


_decode_order = msgspec.json.Decoder(_Order, strict=False).decode
_decode_keys = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode

sign = sign_base64


def verify(
    headers: Mapping[str, str], body: bytes, secrets: Mapping[str, str], now: datetime
) -> str:
    """The shop that signed; "" for WooCommerce's ping; a 401 `Problem` otherwise."""
    if _PING.fullmatch(body):
        return ""
    return signer(
        [headers.get("x-wc-webhook-signature", "")],
        secrets,
        lambda secret: sign(body, secret),
        "X-WC-Webhook-Signature",
        TITLE,
    )


def read(
    headers: Mapping[str, str], body: bytes, name: str, now: datetime, key: bytes = b""
) -> list[Event]:
    """The order of a verified delivery, and what of it was given back."""
    if _PING.fullmatch(body):
        return []
    topic = headers.get("x-wc-webhook-topic", "")
    if topic not in TOPICS:
        raise Problem(
            422,
            "unknown-topic",
            "This topic is not read here",
            f"X-WC-Webhook-Topic is {topic[:60]!r}; make webhooks for Order created and Order "
            "updated only.",
        )
    if topic == "order.deleted":
        return []
    _refuse_other(body)
    with exactly():
        return _events(decode(_decode_order, body), topic, f"{NAME}:{name}", now, key)


def without_personal(body: bytes) -> bytes:
    """The body with the keys alone that an order is read by."""
    return kept.keep(body, _Order)


def _events(order: _Order, topic: str, source: str, now: datetime, key: bytes) -> list[Event]:
    unit = read_currency(order.currency)
    told = _order(order, unit, source, key)
    ref = f"order/{order.id}"
    when = _utc(order.date_created_gmt)
    # What is paid on delivery is "processing" before any money came.
    paid = order.date_paid_gmt is not None or order.status in ("completed", "refunded")
    if not paid and topic != "order.created":
        return []  # it says nothing yet that its payment will not say better
    identity = msgspec.json.encode(msgspec.structs.replace(told, place="", reader=""))
    kind = "order" if paid else "unpaid_order"
    events = [Event(source, ref, kind, when, told, identity=identity)]
    if paid:
        events += [
            Event(
                source,
                f"refund/{refund.id}",
                "refund",
                now,
                _partial(refund, told, unit, ref, f"refunds[{at}].total"),
                dated=False,
            )
            for at, refund in enumerate(order.refunds)
        ]
        if order.status == "refunded" or order.status in _ENDED:
            whole = Refund(
                ref,
                tuple(RefundedLine(each.id, each.quantity, each.revenue) for each in told.lines),
                currency=unit.code,
                shipping=told.shipping,
            )
            events.append(
                Event(source, f"{order.status}/{order.id}", "refund", now, whole, dated=False)
            )
    return events


def _order(order: _Order, unit: Unit, source: str, key: bytes) -> Order:
    goods = [_line(line, unit, f"line_items[{at}]") for at, line in enumerate(order.line_items)]
    given: list[Line] = []
    for at, fee in enumerate(order.fee_lines):
        amount = signed(fee.total, unit, f"fee_lines[{at}].total")
        kind = _given(fee)
        if amount < 0:
            goods = less(goods, -amount)
        elif kind:
            tax = minor(fee.total_tax, unit, f"fee_lines[{at}].total_tax")
            given.append(Line(str(fee.id), 1, amount, kind=kind, tax=tax))
    lines = (*goods, *given)
    refuse_twins(lines, "line_items")
    went = order.shipping if order.shipping and order.shipping.country else order.billing
    went = went or _Address()
    return Order(
        unit.code,
        lines,
        shipping=minor(order.shipping_total, unit, "shipping_total"),
        shipping_tax=minor(order.shipping_tax, unit, "shipping_tax"),
        place=buyers.place(went.country, went.state),
        reader=buyers.reader(key, source, str(order.customer_id or "")),  # 0 is a guest
    )


def _line(line: _Line, unit: Unit, field: str) -> Line:
    revenue = minor(line.total, unit, f"{field}.total")
    before = revenue if line.subtotal is None else minor(line.subtotal, unit, f"{field}.subtotal")
    return Line(
        str(line.id),
        line.quantity,
        revenue,
        str(line.product_id or ""),
        (line.sku or "")[:255].replace("\x00", ""),
        _kind(line.meta_data),
        discount=max(0, before - revenue),
        tax=minor(line.total_tax, unit, f"{field}.total_tax"),
    )


def _kind(notes: Sequence[_Meta]) -> LineKind:
    for each in notes:
        if each.key in _MARKS:
            return _MARKS[each.key]
        if _GIFT_CARD.search(each.key):
            return "gift-card"
    return "product"


def _given(fee: _Fee) -> LineKind | None:
    """What kind of giving a fee is, if it is any."""
    for each in fee.meta_data:
        if each.key in _MARKS:
            return _MARKS[each.key]
    if _ROUND_UP.search(fee.name or ""):
        return "round-up"
    return "gift" if _GIFT.search(fee.name or "") else None


def _partial(refund: _Refund, order: Order, unit: Unit, ref: str, field: str) -> Refund:
    """The goods' part of a refund: their tax went back with them, rounded in the cause's favour."""
    back = minor(refund.total.copy_abs(), unit, field)
    goods = sum(line.revenue for line in order.lines)
    taxed = goods + sum(line.tax for line in order.lines)
    return Refund(ref, revenue=back * goods // taxed if taxed else 0, currency=unit.code)


def _utc(when: datetime) -> datetime:
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def _refuse_other(body: bytes) -> None:
    """Tell a developer what was sent instead; that saves an hour."""
    keys = decode(_decode_keys, body)
    if "line_items" not in keys or "status" not in keys:
        raise Problem(
            422,
            "not-an-order",
            "This is not an order",
            "The body has no status with line_items: send what WooCommerce sends for the topics "
            "Order created and Order updated, in the API version WP REST API v3.",
            field="line_items",
        )
