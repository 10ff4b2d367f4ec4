"""The API's own event format, validated while it is decoded.

Money is a decimal string in the order's currency, as printed on the bill: after discounts,
without tax and shipping, each of which has a field of its own. Times are RFC 3339 with a zone.
A sender's word for a reader is never kept: only its hash within the source, and none where it
looks like an e-mail. These structs are also what the OpenAPI document is made from.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Annotated, Literal

import msgspec

from almoner.campaigns.model import Action, Line, LineKind, Manual, Order, Refund, RefundedLine
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
Tags = Annotated[list[Label], msgspec.Meta(max_length=MAX_TAGS)]
Place = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^([A-Z]{2}(-[A-Z0-9]{1,3})?)?$(?!\n)",
        description="ISO 3166: a country, or one of its parts, such as US or US-AL.",
    ),
]
Story = Annotated[str, msgspec.Meta(pattern=r"^([a-z0-9][a-z0-9-]{0,63})?$(?!\n)")]
Reader = Annotated[
    str,
    msgspec.Meta(
        max_length=255,
        description="Your own word for who it was, such as a customer number; only its hash is "
        "kept. No name, and no e-mail.",
    ),
]
_EMAIL = re.compile(r"[^\s@]+@[^\s@]+")


class WireLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of an order.

    A `gift` or a `round-up` is money that the buyer gives; a sold `gift-card` is no sale yet.
    `collections` are what the product is sorted under. `discount` and `tax` are beside `revenue`.
    """

    id: Id
    quantity: Quantity = 1
    revenue: Decimal = "0"
    product: Label = ""
    sku: Label = ""
    kind: LineKind = "product"
    collections: Tags = []
    discount: Decimal = "0"
    tax: Decimal = "0"


class WireRefundedLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much of one order line was given back."""

    id: Id
    quantity: Quantity = 0
    revenue: Decimal = "0"


class OrderEvent(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="order", tag_field="kind"
):
    """A paid order. `test` orders are kept and never count. `shipping` is without its tax."""

    currency: str
    lines: Annotated[list[WireLine], msgspec.Meta(min_length=1, max_length=MAX_LINES)]
    id: Id | None = None
    source: Source | None = None
    occurred_at: Time | None = None
    tags: Tags = []
    test: bool = False
    shipping: Decimal = "0"
    shipping_tax: Decimal = "0"
    place: Place = ""
    reader: Reader = ""


class RefundEvent(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="refund", tag_field="kind"
):
    """What of the order with the id `order`, from the same source, was given back.

    `revenue` is money returned that belongs to no line, `shipping` shipping without its tax.
    """

    order: Id
    currency: str
    lines: Annotated[list[WireRefundedLine], msgspec.Meta(max_length=MAX_LINES)] = []
    revenue: Decimal = "0"
    shipping: Decimal = "0"
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


class ActionEvent(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="action", tag_field="kind"
):
    """What a reader did without paying. `tags` are the story's or the form's.

    `story` is your own word for the story that was read or visited.
    """

    action: Literal["sign-up", "read", "visit"]
    quantity: Annotated[int, msgspec.Meta(ge=1, le=MAX_QUANTITY)] = 1
    tags: Tags = []
    place: Place = ""
    reader: Reader = ""
    story: Story = ""
    id: Id | None = None
    source: Source | None = None
    occurred_at: Time | None = None


WireEvent = OrderEvent | RefundEvent | ManualEvent | ActionEvent
decode = msgspec.json.Decoder(WireEvent).decode


def read(wire: WireEvent, origin: str, default_id: str, now: datetime) -> Event:
    """The event that a sender's JSON stands for; a `Problem` naming the field otherwise.

    `origin` is the key or the connection that sent it, such as `api:till`: every source is
    within it, so that none can take another's ids or give back another's orders. `default_id`
    is what the delivery itself is called.
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
    source = f"{origin}/{wire.source}" if wire.source else origin
    match wire:
        case OrderEvent():
            kind = "test_order" if wire.test else "order"
            return Event(source, ref, kind, when, _order(wire, source), dated)
        case RefundEvent():
            return Event(source, ref, "refund", when, _refund(wire), dated)
        case ActionEvent():
            return Event(source, ref, "action", when, _action(wire, source), dated)
        case ManualEvent():
            return Event(source, ref, "manual", when, Manual(wire.campaign, wire.quantity), dated)


def _order(wire: OrderEvent, source: str) -> Order:
    unit = read_currency(wire.currency)
    lines = tuple([_line(line, unit, at) for at, line in enumerate(wire.lines)])
    order = Order(
        unit.code,
        lines,
        tuple(wire.tags),
        shipping=_money(wire.shipping, unit, "shipping"),
        shipping_tax=_money(wire.shipping_tax, unit, "shipping_tax"),
        place=wire.place,
        reader=pseudonym(source, wire.reader),
    )
    _refuse_emails(wire.tags, "tags")
    _refuse_twins(order)
    return order


def _line(line: WireLine, unit: Unit, at: int) -> Line:
    if line.collections:
        _refuse_emails(line.collections, f"lines[{at}].collections")
    return Line(
        line.id,
        line.quantity,
        _money(line.revenue, unit, "revenue", at),
        line.product,
        line.sku,
        line.kind,
        tuple(line.collections),
        _money(line.discount, unit, "discount", at),
        _money(line.tax, unit, "tax", at),
    )


def _refund(wire: RefundEvent) -> Refund:
    unit = read_currency(wire.currency)
    lines = tuple(
        RefundedLine(line.id, line.quantity, _money(line.revenue, unit, "revenue", at))
        for at, line in enumerate(wire.lines)
    )
    return Refund(
        wire.order,
        lines,
        _money(wire.revenue, unit, "revenue"),
        unit.code,
        _money(wire.shipping, unit, "shipping"),
    )


def _action(wire: ActionEvent, source: str) -> Action:
    _refuse_emails(wire.tags, "tags")
    reader = pseudonym(source, wire.reader)
    tags = tuple(wire.tags)
    return Action(wire.action, wire.quantity, tags, wire.place, reader, wire.story)


def pseudonym(source: str, reader: str, field: str = "reader") -> str:
    """What is kept of a sender's word for a reader: 32 hexadecimal digits, or "" for none."""
    if not reader:
        return ""
    _refuse_emails((reader,), field)
    return sha256(f"{source}\n{reader}".encode()).hexdigest()[:32]


def _refuse_emails(texts: Iterable[str], field: str) -> None:
    for text in texts:
        if "@" not in text or not _EMAIL.search(text):
            continue
        raise Problem(
            422,
            "personal-data",
            "This names a person",
            f"{field}: this looks like an e-mail address, and nothing here may name a person. "
            "Leave it out, or send a number of yours that stands for it.",
            field=field,
        )


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


def _money(text: str, unit: Unit, field: str, line: int | None = None) -> int:
    if text == "0":  # what a sender leaves out
        return 0
    try:
        return minor_units(text, unit.scale)
    except UnitError as error:
        field = field if line is None else f"lines[{line}].{field}"
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
