"""Payments as orders: one line that says what was sold or given, by the shop's own metadata."""

from datetime import datetime

import msgspec

from almoner.campaigns.model import Line, LineKind, Order
from almoner.connectors import buyers
from almoner.connectors.stripe import body
from almoner.connectors.stripe.counting import currency, minor
from almoner.intake.problem import Problem
from almoner.intake.wire import MAX_QUANTITY
from almoner.ledger import Event


def of_session(
    session: body.Session, event: body.Envelope, source: str, when: datetime, key: bytes
) -> Event:
    """The order that a checkout session is, less its tax and shipping."""
    field = "data.object"
    unit = currency(session.currency or "", f"{field}.currency")
    totals = session.total_details or body.Totals()
    cost = session.shipping_cost or body.ShippingCost(totals.amount_shipping or 0, 0)
    tax = (totals.amount_tax or 0) - cost.amount_tax
    goods = (session.amount_total or 0) - cost.amount_total - tax
    metadata = session.metadata or body.Metadata()
    line = _line(
        metadata,
        minor(goods, unit, f"{field}.amount_total"),
        minor(totals.amount_discount or 0, unit, f"{field}.total_details.amount_discount"),
        minor(tax, unit, f"{field}.total_details.amount_tax"),
    )
    went = session.shipping_details or session.shipping or session.customer_details
    order = Order(
        unit.code,
        (line,),
        shipping=minor(cost.amount_total - cost.amount_tax, unit, f"{field}.shipping_cost"),
        shipping_tax=minor(cost.amount_tax, unit, f"{field}.shipping_cost.amount_tax"),
        place=_place(went),
        reader=buyers.reader(key, source, session.customer or ""),
    )
    paid = session.payment_status in ("paid", "no_payment_required")
    return _payment(order, session.payment_intent or session.id, event, paid, source, when)


def of_charge(
    charge: body.Charge, event: body.Envelope, source: str, when: datetime, key: bytes
) -> Event:
    """The order that a payment intent or a charge is; not yet paid without `almoner_kind`."""
    field = "data.object"
    unit = currency(charge.currency, f"{field}.currency")
    amount = charge.amount
    for received in (charge.amount_received, charge.amount_captured):
        amount = amount if received is None else received
    metadata = charge.metadata or body.Metadata()
    order = Order(
        unit.code,
        (_line(metadata, minor(amount, unit, f"{field}.amount"), 0, 0),),
        place=_place(charge.shipping or charge.billing_details),
        reader=buyers.reader(key, source, charge.customer or ""),
    )
    ref = charge.payment_intent or charge.id
    paid = charge.captured and bool(metadata.almoner_kind)
    return _payment(order, ref, event, paid, source, when)


def _payment(
    order: Order, ref: str, event: body.Envelope, paid: bool, source: str, when: datetime
) -> Event:
    kind = "test_order" if not event.livemode else "order" if paid else "unpaid_order"
    # A payment's events differ in time and in detail, not in what was paid and what for.
    (line,) = order.lines
    total = line.revenue + line.tax + order.shipping + order.shipping_tax
    identity = msgspec.json.encode((order.currency, total, line.kind, line.sku))
    return Event(source, f"payment/{ref}", kind, when, order, dated=False, identity=identity)


def _line(metadata: body.Metadata, revenue: int, discount: int, tax: int) -> Line:
    quantity = metadata.almoner_quantity
    whole = quantity.isascii() and quantity.isdigit() and len(quantity) <= len(str(MAX_QUANTITY))
    if not whole or int(quantity) > MAX_QUANTITY:
        raise Problem(
            422,
            "invalid-field",
            "A field cannot be used",
            f"data.object.metadata.almoner_quantity: {quantity[:20]!r} is not a whole number.",
            field="data.object.metadata.almoner_quantity",
        )
    kind: LineKind = metadata.almoner_kind or "product"
    sku = metadata.almoner_sku[:255].replace("\x00", "")
    return Line("1", int(quantity), revenue, sku=sku, kind=kind, discount=discount, tax=tax)


def _place(addressed: body.Addressed | None) -> str:
    address = (addressed.address if addressed else None) or body.Address()
    return buyers.place(address.country, address.state)
