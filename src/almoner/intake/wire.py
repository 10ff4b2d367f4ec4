"""The API's own event format, validated while it is decoded.

Money is a decimal string in the order's currency, as printed on the bill: after discounts,
without tax and shipping. Times are RFC 3339 with a zone. These structs are also what the
OpenAPI document is made from.
"""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated

import msgspec

from almoner.campaigns.model import Line, Manual, Order, Refund, RefundedLine
from almoner.intake.problem import Problem
from almoner.ledger import Event
from almoner.units import Unit, UnitError, currency, minor_units

MAX_LINES = 1_000  # Shopify allows 500 lines an order
MAX_TAGS = 250  # Shopify's own limit
MAX_QUANTITY = 1_000_000
# A clock may be wrong by a time zone; beyond that the date is a mistake.
FUTURE = timedelta(days=1)

# The ledger keeps no control characters in names (see ledger.event); `$` alone would let a
# line break at the end through.
_PLAIN = r"^[^\x00-\x1f\x7f]+$(?!\n)"

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=_PLAIN)]
# With a key's name of 100 before it, "api:" and "/" it fits the ledger's 200.
Source = Annotated[str, msgspec.Meta(min_length=1, max_length=95, pattern=_PLAIN)]
Label = Annotated[str, msgspec.Meta(max_length=255)]
Decimal = Annotated[str, msgspec.Meta(max_length=20, description="A decimal string such as 19.98.")]
Time = Annotated[datetime, msgspec.Meta(tz=True)]
Quantity = Annotated[int, msgspec.Meta(ge=0, le=MAX_QUANTITY)]


class WireLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of an order."""

    id: Id
    quantity: Quantity = 1
    revenue: Decimal = "0"
    product: Label = ""
    sku: Label = ""


class WireRefundedLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much of one order line was given back."""

    id: Id
    quantity: Quantity = 0
    revenue: Decimal = "0"


class OrderEvent(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="order", tag_field="kind"
):
    """A paid order. `test` orders are kept and never count."""

    currency: str
    lines: Annotated[list[WireLine], msgspec.Meta(min_length=1, max_length=MAX_LINES)]
    id: Id | None = None
    source: Source | None = None
    occurred_at: Time | None = None
    tags: Annotated[list[Label], msgspec.Meta(max_length=MAX_TAGS)] = []
    test: bool = False


class RefundEvent(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="refund", tag_field="kind"
):
    """What of the order with the id `order`, from the same source, was given back.

    `revenue` is money returned that belongs to no line.
    """

    order: Id
    currency: str
    lines: Annotated[list[WireRefundedLine], msgspec.Meta(max_length=MAX_LINES)] = []
    revenue: Decimal = "0"
    id: Id | None = None
    source: Source | None = None
    occurred_at: Time | None = None


class ManualEvent(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="manual", tag_field="kind"
):
    """An entry by hand: the campaign's trigger happened `quantity` times."""

    campaign: Id
    quantity: Annotated[int, msgspec.Meta(ge=1, le=MAX_QUANTITY)]
    id: Id | None = None
    source: Source | None = None
    occurred_at: Time | None = None


WireEvent = OrderEvent | RefundEvent | ManualEvent
decode = msgspec.json.Decoder(WireEvent).decode


def read(wire: WireEvent, key: str, default_id: str, now: datetime) -> Event:
    """The event that a sender's JSON stands for; a `Problem` naming the field otherwise.

    `key` is the API key's name: every source is within it, so that no key can take another's
    ids or give back another's orders. `default_id` is from the Idempotency-Key header.
    """
    ref = wire.id or default_id
    if not ref:
        raise Problem(
            422,
            "no-id",
            "The event has no id",
            "id: give the event an id that is unique in its source, or send Idempotency-Key.",
            field="id",
        )
    dated = wire.occurred_at is not None
    when = _utc(wire.occurred_at or now)
    if when > now + FUTURE:
        raise Problem(
            422,
            "in-the-future",
            "The event has not happened yet",
            f"occurred_at: {when.isoformat()} is over a day ahead. Check the sender's clock.",
            field="occurred_at",
        )
    origin = f"api:{key}/{wire.source}" if wire.source else f"api:{key}"
    if isinstance(wire, ManualEvent):
        return Event(origin, ref, "manual", when, Manual(wire.campaign, wire.quantity), dated)
    unit = read_currency(wire.currency)
    if isinstance(wire, RefundEvent):
        lines = tuple(
            RefundedLine(line.id, line.quantity, _money(line.revenue, unit, f"lines[{at}].revenue"))
            for at, line in enumerate(wire.lines)
        )
        loose = _money(wire.revenue, unit, "revenue")
        return Event(
            origin, ref, "refund", when, Refund(wire.order, lines, loose, unit.code), dated
        )
    order = Order(
        unit.code,
        tuple(
            Line(
                line.id,
                line.quantity,
                _money(line.revenue, unit, f"lines[{at}].revenue"),
                line.product,
                line.sku,
            )
            for at, line in enumerate(wire.lines)
        ),
        tuple(wire.tags),
    )
    _refuse_twins(order)
    return Event(origin, ref, "test_order" if wire.test else "order", when, order, dated)


@lru_cache(maxsize=1024)  # every currency under every field's name; refusals are not kept
def read_currency(code: str, field: str = "currency") -> Unit:
    """The currency's unit, or the `Problem` naming the field."""
    try:
        return currency(code)
    except UnitError as error:
        raise Problem(
            422, "unknown-currency", "The currency is not known", f"{field}: {error}.", field=field
        ) from None


def _utc(when: datetime) -> datetime:
    try:
        return when.astimezone(UTC)
    except OverflowError:
        raise Problem(
            422,
            "invalid-field",
            "A field cannot be used",
            "occurred_at: in UTC it is outside the years 1 to 9999.",
            field="occurred_at",
        ) from None


def _money(text: str, unit: Unit, field: str) -> int:
    try:
        return minor_units(text, unit.scale)
    except UnitError as error:
        raise Problem(
            422, "invalid-amount", "An amount cannot be used", f"{field}: {error}.", field=field
        ) from None


def _refuse_twins(order: Order) -> None:
    ids = [line.id for line in order.lines]
    if len(set(ids)) < len(ids):
        twin = next(each for at, each in enumerate(ids) if each in ids[:at])
        raise Problem(
            422,
            "repeated-line",
            "Two lines have one id",
            f"lines: the id {twin!r} stands twice; a refund could not tell the lines apart.",
            field="lines",
        )
