"""What an order sells and gives: its lines, shipping and where it went, in the shop's currency.

A line counts by what it is: a product, a gift card (no sale until it is redeemed, and then an
order like any other, so nothing counts twice), or what the shop's theme marks, by a property
named `_almoner_gift` or `_almoner_round_up`, as money that the buyer gives.
"""

from collections.abc import Sequence
from datetime import UTC
from decimal import Decimal

import msgspec

from almoner.campaigns.model import Line, LineKind, Order, Refund, RefundedLine
from almoner.connectors import buyers
from almoner.connectors.money import NOTHING, minor, refuse_twins, total
from almoner.connectors.shopify import body
from almoner.connectors.shopify.refunds import refund_event
from almoner.intake.wire import read_currency
from almoner.ledger import Event
from almoner.units import Unit

_PAID = frozenset({"paid", "partially_refunded", "refunded"})
_MARKS: dict[str, LineKind] = {"_almoner_gift": "gift", "_almoner_round_up": "round-up"}


def order_events(order: body.Order, topic: str, source: str, key: bytes) -> list[Event]:
    """The order, and once it is paid its refunds and its cancellation as events of their own."""
    unit = read_currency(order.currency)
    ref = f"order/{order.id}"
    told = _order(order, unit, source, key)
    paid = order.financial_status in _PAID or (
        order.financial_status is None and topic == "orders/paid"
    )
    kind = "test_order" if order.test else "order" if paid else "unpaid_order"
    if kind == "unpaid_order" and topic == "orders/updated":
        return []  # it says nothing yet that orders/paid will not say better
    when = order.created_at.astimezone(UTC)
    events = [Event(source, ref, kind, when, told, identity=_identity(told))]
    if kind == "order":
        events += [refund_event(refund, source, when, unit) for refund in order.refunds]
        if order.cancelled_at is not None:
            cancelled = order.cancelled_at.astimezone(UTC)
            events.append(
                Event(source, f"cancellation/{order.id}", "refund", cancelled, whole(ref, told))
            )
    return events


def whole(ref: str, order: Order) -> Refund:
    """The refund of everything that an order sold."""
    lines = tuple(RefundedLine(each.id, each.quantity, each.revenue) for each in order.lines)
    return Refund(ref, lines, currency=order.currency, shipping=order.shipping)


def _order(order: body.Order, unit: Unit, source: str, key: bytes) -> Order:
    lines = tuple(
        _line(line, unit, order.taxes_included, f"line_items[{at}]")
        for at, line in enumerate(order.line_items)
    )
    refuse_twins(lines, "line_items")
    shipping = total(_shipping(each, order.taxes_included) for each in order.shipping_lines)
    went = order.shipping_address or order.billing_address or body.Address()
    customer = order.customer.id if order.customer else None
    return Order(
        unit.code,
        lines,
        buyers.tags(order.tags),
        order.taxes_included,
        shipping=minor(max(NOTHING, shipping), unit, "shipping_lines"),
        shipping_tax=minor(
            total(_tax(each.tax_lines) for each in order.shipping_lines), unit, "shipping_lines"
        ),
        place=buyers.place(went.country_code, went.province_code),
        reader=buyers.reader(key, source, str(customer or "")),
    )


def _identity(order: Order) -> bytes:
    """What makes it the same order: shops go on tagging it, and buyers move."""
    return msgspec.json.encode(msgspec.structs.replace(order, tags=(), place="", reader=""))


def _line(line: body.Line, unit: Unit, taxes_included: bool, field: str) -> Line:
    discount = _discount(line.discount_allocations, line.total_discount)
    tax = _tax(line.tax_lines)
    minor(line.price, unit, f"{field}.price")  # a price below zero is none
    revenue = line.price * line.quantity - discount - (tax if taxes_included else 0)
    return Line(
        str(line.id),
        line.quantity,
        minor(max(NOTHING, revenue), unit, f"{field}.price"),
        str(line.product_id) if line.product_id is not None else "",
        (line.sku or "")[:255].replace("\x00", ""),
        _kind(line),
        discount=minor(discount, unit, f"{field}.discount_allocations"),
        tax=minor(tax, unit, f"{field}.tax_lines"),
    )


def _kind(line: body.Line) -> LineKind:
    if line.gift_card:
        return "gift-card"
    for each in line.properties or []:
        if each.name in _MARKS:
            return _MARKS[each.name]
    return "product"


def _shipping(line: body.ShippingLine, taxes_included: bool) -> Decimal:
    """What was paid for it, without its tax and after every discount on it."""
    if line.discount_allocations:
        paid = line.price - _discount(line.discount_allocations, NOTHING)
    else:
        paid = line.price if line.discounted_price is None else line.discounted_price
    return paid - (_tax(line.tax_lines) if taxes_included else NOTHING)


def _discount(allocated: Sequence[body.Allocation] | None, otherwise: Decimal) -> Decimal:
    return otherwise if allocated is None else total(each.amount for each in allocated)


def _tax(lines: Sequence[body.TaxLine]) -> Decimal:
    return total(each.price for each in lines)
