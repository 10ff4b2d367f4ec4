"""Shopify's own webhooks: orders/create, orders/paid and refunds/create.

Source: shopify.dev, "Verify webhook deliveries" (HMAC-SHA-256 of the raw body, base64, in
X-Shopify-Hmac-Sha256) and the REST Order and Refund resources of API version 2026-07.
Only what a campaign can need is read; names, addresses, e-mails and telephones are never
decoded. The shop is the one whose secret verifies the body, never what a header says. An
order is one event however often it comes; it counts once the body says it is paid. Revenue
is in the shop's currency, after discounts, without tax and shipping.

Only the body is signed, no header is: X-Shopify-Triggered-At turns a late delivery away, but
who plays a recording can write it anew. What stops a recording is that an event counts once.
"""

import hmac
from base64 import b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow, localcontext
from hashlib import sha256
from typing import Annotated

import msgspec

from almoner.campaigns.model import Line, Order, Refund, RefundedLine
from almoner.intake.problem import Problem, decode
from almoner.intake.wire import MAX_LINES, Quantity, read_currency
from almoner.ledger import Event
from almoner.units import Unit, UnitError, minor_units

TOPICS = ("orders/create", "orders/paid", "refunds/create")
# Shopify goes on retrying a delivery for two days at most; a signature older than three is a
# recording of one.
STALE = timedelta(days=3)
# The largest order Shopify takes (500 lines, with properties) has about 1 MB.
MAX_BODY = 2 * 1024 * 1024

_PAID = frozenset({"paid", "partially_refunded", "refunded"})
_WRAPPERS = frozenset({"order", "orders", "refund", "refunds", "draft_order"})

# An amount has at most nineteen digits before the point and as many after it (see units), so
# sums of them fit; what does not fit is refused, never rounded.
MAX_DIGITS = 19
_EXACT = Context(prec=60, traps=[Inexact, InvalidOperation, Overflow])

Time = Annotated[datetime, msgspec.Meta(tz=True)]
# Shopify numbers everything in 64 bits.
Number = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]


class _Allocation(msgspec.Struct, frozen=True):
    amount: Decimal


class _TaxLine(msgspec.Struct, frozen=True):
    price: Decimal


class _Line(msgspec.Struct, frozen=True):
    id: Number
    quantity: Quantity
    price: Decimal
    product_id: Number | None = None
    sku: str | None = None
    total_discount: Decimal = Decimal(0)
    discount_allocations: list[_Allocation] | None = None
    tax_lines: list[_TaxLine] = []


class _Money(msgspec.Struct, frozen=True):
    amount: Decimal
    currency_code: str


class _MoneySet(msgspec.Struct, frozen=True):
    shop_money: _Money


class _SoldLine(msgspec.Struct, frozen=True):
    price: Decimal = Decimal(0)


class _RefundLine(msgspec.Struct, frozen=True):
    line_item_id: Number
    quantity: Quantity
    subtotal: Decimal | None = None
    total_tax: Decimal = Decimal(0)
    subtotal_set: _MoneySet | None = None
    total_tax_set: _MoneySet | None = None
    line_item: _SoldLine = _SoldLine()


class _Adjustment(msgspec.Struct, frozen=True):
    amount: Decimal
    kind: str = ""
    amount_set: _MoneySet | None = None


class _Other(msgspec.Struct, frozen=True):
    """Shipping, a duty or a fee that was given back: that there is one is all that counts."""


class _Transaction(msgspec.Struct, frozen=True):
    kind: str = ""
    status: str = ""
    amount: Decimal | None = None
    currency: str | None = None


class _Refund(msgspec.Struct, frozen=True):
    id: Number
    order_id: Number
    refund_line_items: Annotated[list[_RefundLine], msgspec.Meta(max_length=MAX_LINES)]
    created_at: Time | None = None
    transactions: list[_Transaction] = []
    order_adjustments: list[_Adjustment] = []
    refund_shipping_lines: list[_Other] = []
    duties: list[_Other] = []
    additional_fees: list[_Other] = []


class _Order(msgspec.Struct, frozen=True):
    id: Number
    currency: str
    line_items: Annotated[list[_Line], msgspec.Meta(max_length=MAX_LINES)]
    created_at: Time
    financial_status: str | None
    cancelled_at: Time | None = None
    test: bool = False
    taxes_included: bool = False
    tags: str = ""
    refunds: list[_Refund] = []


_decode_order = msgspec.json.Decoder(_Order, strict=False).decode
_decode_keys = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_refund = msgspec.json.Decoder(_Refund, strict=False).decode


def sign(body: bytes, secret: str) -> str:
    """The X-Shopify-Hmac-Sha256 header for a body."""
    return b64encode(hmac.digest(secret.encode(), body, sha256)).decode()


def verify(
    body: bytes, signature: str, triggered_at: str, shops: Mapping[str, str], now: datetime
) -> str:
    """The name of the shop that signed `body`; a 401 `Problem` where none did."""
    if not signature:
        raise Problem(
            401,
            "no-signature",
            "The delivery is not signed",
            "The header X-Shopify-Hmac-Sha256 is missing: only Shopify's own deliveries count.",
        )
    given = signature.strip().encode("latin-1", "replace")
    shop = next(
        (
            name
            for name, secret in shops.items()
            if hmac.compare_digest(sign(body, secret).encode(), given)
        ),
        None,
    )
    if shop is None:
        raise Problem(
            401,
            "bad-signature",
            "The signature does not fit",
            "X-Shopify-Hmac-Sha256 is not of this body under any shop's secret. Compare the "
            "setting shopify.<shop> with the secret in Shopify's notification settings."
            if shops
            else "No shop is set up: put its webhook secret into the setting shopify.",
        )
    if triggered_at:
        _refuse_stale(triggered_at, now)
    return shop


def read(body: bytes, topic: str, shop: str, now: datetime) -> list[Event]:
    """The events of a verified delivery; a `Problem` says what cannot be read.

    An order that already carries refunds gives them as events of their own, under the same
    ids that refunds/create has.
    """
    if topic not in TOPICS:
        raise Problem(
            422,
            "unknown-topic",
            "This topic is not read here",
            f"X-Shopify-Topic is {topic[:60]!r}; subscribe to {', '.join(TOPICS)} only.",
        )
    _refuse_other(body, topic)
    source = f"shopify:{shop}"
    try:
        with localcontext(_EXACT):
            if topic == "refunds/create":
                return [_refund_event(decode(_decode_refund, body), source, now, None)]
            return _order_events(decode(_decode_order, body), topic, source)
    except ArithmeticError:  # an amount without end, or a date at the end of the calendar
        raise Problem(
            422,
            "invalid-amount",
            "An amount cannot be used",
            "An amount or a date in the body is larger or finer than any that is kept here.",
        ) from None


def _order_events(order: _Order, topic: str, source: str) -> list[Event]:
    unit = read_currency(order.currency)
    ref = f"order/{order.id}"
    body = Order(
        unit.code,
        tuple(
            _line(line, unit, order.taxes_included, at) for at, line in enumerate(order.line_items)
        ),
        _tags(order.tags),
        order.taxes_included,
    )
    paid = order.financial_status in _PAID or (
        order.financial_status is None and topic == "orders/paid"
    )
    kind = "test_order" if order.test else "order" if paid else "unpaid_order"
    # Shops go on tagging an order after it is placed; that makes it no other order.
    identity = msgspec.json.encode(msgspec.structs.replace(body, tags=()))
    when = order.created_at.astimezone(UTC)
    events = [Event(source, ref, kind, when, body, identity=identity)]
    if kind == "order":
        events += [_refund_event(refund, source, when, unit) for refund in order.refunds]
        if order.cancelled_at is not None:
            whole = tuple(RefundedLine(each.id, each.quantity, each.revenue) for each in body.lines)
            cancelled = order.cancelled_at.astimezone(UTC)
            events.append(
                Event(source, f"cancellation/{order.id}", "refund", cancelled, Refund(ref, whole))
            )
    return events


def _refund_event(refund: _Refund, source: str, now: datetime, unit: Unit | None) -> Event:
    unit = _currency_of(refund, unit)
    lines = [
        RefundedLine(
            str(line.line_item_id),
            line.quantity,
            _minor(_subtotal(line), unit, f"refund_line_items[{at}].subtotal"),
            _minor(_shop(line.total_tax_set, line.total_tax), unit, f"refund_line_items[{at}].tax"),
        )
        for at, line in enumerate(refund.refund_line_items)
    ]
    loose = _loose(refund, unit)
    kept = tuple(_keep_back(lines, -loose))
    body = Refund(f"order/{refund.order_id}", kept, max(0, loose), unit.code)
    when = (refund.created_at or now).astimezone(UTC)
    dated = refund.created_at is not None
    return Event(source, f"refund/{refund.id}", "refund", when, body, dated)


def _currency_of(refund: _Refund, order: Unit | None) -> Unit:
    """The currency that the refund names, the shop's own first.

    One that names none is in its order's; where that is not known either, it has cents.
    """
    sets = [line.subtotal_set for line in refund.refund_line_items]
    sets += [each.amount_set for each in refund.order_adjustments]
    named = next((each.shop_money.currency_code for each in sets if each), None)
    named = named or next((each.currency for each in refund.transactions if each.currency), None)
    if named is None and order is not None:
        return order
    return read_currency(named or "USD", "transactions[0].currency")


def _shop(money: _MoneySet | None, otherwise: Decimal) -> Decimal:
    """An amount in the shop's own currency, whatever the buyer paid in."""
    return money.shop_money.amount if money else otherwise


def _subtotal(line: _RefundLine) -> Decimal:
    """What was given back for a line; older API versions leave it out and mean its price."""
    if line.subtotal is None and line.subtotal_set is None:
        return line.line_item.price * line.quantity
    return _shop(line.subtotal_set, line.subtotal or Decimal(0))


def _loose(refund: _Refund, unit: Unit) -> int:
    """Money given back beyond the lines; below zero where the shop kept some of theirs.

    Shipping was an adjustment of its own kind until 2024-10 and has lines of its own since;
    neither it nor duties and fees are revenue. The transactions tell only of a refund that
    names nothing else.
    """
    if refund.order_adjustments:
        total = -sum(
            (
                _shop(each.amount_set, each.amount)
                for each in refund.order_adjustments
                if each.kind != "shipping_refund"
            ),
            Decimal(0),
        )
    elif (
        refund.refund_line_items
        or refund.refund_shipping_lines
        or refund.duties
        or refund.additional_fees
    ):
        return 0
    else:
        total = sum(
            (
                each.amount or Decimal(0)
                for each in refund.transactions
                if each.kind == "refund" and each.status in ("", "success", "pending")
            ),
            Decimal(0),
        )
    minor = _minor(total.copy_abs(), unit, "order_adjustments")
    return -minor if total.is_signed() else minor


def _keep_back(lines: list[RefundedLine], kept: int) -> list[RefundedLine]:
    """Take what the shop kept (a restocking fee) off the refunded lines, the last first."""
    for at in range(len(lines) - 1, -1, -1):
        if kept <= 0:
            break
        taken = min(kept, lines[at].revenue)
        lines[at] = msgspec.structs.replace(lines[at], revenue=lines[at].revenue - taken)
        kept -= taken
    return lines


def _line(line: _Line, unit: Unit, taxes_included: bool, at: int) -> Line:
    if line.discount_allocations is None:
        discount = line.total_discount
    else:
        discount = sum((each.amount for each in line.discount_allocations), Decimal(0))
    revenue = line.price * line.quantity - discount
    if taxes_included:
        revenue -= sum((each.price for each in line.tax_lines), Decimal(0))
    return Line(
        str(line.id),
        line.quantity,
        _minor(Decimal(0) if revenue.is_signed() else revenue, unit, f"line_items[{at}].price"),
        str(line.product_id) if line.product_id is not None else "",
        (line.sku or "")[:255].replace("\x00", ""),
    )


def _minor(value: Decimal, unit: Unit, field: str) -> int:
    try:
        # "1e999999" is a short number with a million digits.
        if not value.is_finite() or not -MAX_DIGITS < value.adjusted() < MAX_DIGITS:
            raise UnitError(f"{str(value)[:40]} is not an amount")
        return minor_units(format(value, "f"), unit.scale)
    except UnitError as error:
        raise Problem(
            422, "invalid-amount", "An amount cannot be used", f"{field}: {error}.", field=field
        ) from None


def _tags(text: str) -> tuple[str, ...]:
    """An order's tags, less those that look like a person's e-mail or telephone."""
    tags = (tag.strip() for tag in text.replace("\x00", "").split(","))
    return tuple(
        tag
        for tag in tags
        if tag and len(tag) <= 255 and "@" not in tag and sum(c.isdigit() for c in tag) < 7
    )[:250]


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
