from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from django.db.models import Sum
from oscar.apps.order.models import Order, PaymentEvent, PaymentEventQuantity

PENNY = Decimal("0.01")


def body(message):
    if message.kind == "order":
        return of_order(Order.objects.get(pk=message.number))
    return of_refund(PaymentEvent.objects.get(pk=message.number))


def of_order(order):
    return {
        "kind": "order",
        "id": order.number,
        "occurred_at": order.date_placed.isoformat(),
        "currency": order.currency,
        "shipping": str(order.shipping_excl_tax),
        "shipping_tax": str(order.shipping_incl_tax - order.shipping_excl_tax),
        "place": order.shipping_address.country_id if order.shipping_address else "",
        "reader": str(order.user_id or ""),
        "lines": [of_line(line) for line in order.lines.all()],
    }


def of_line(line):
    shelves = line.product.categories.all() if line.product else ()
    paid, listed = line.line_price_excl_tax, line.line_price_before_discounts_excl_tax
    return {
        "id": str(line.pk),
        "sku": line.partner_sku,
        "collections": [shelf.slug for shelf in shelves],
        "quantity": line.quantity,
        "revenue": str(paid),
        "discount": str(listed - paid),
        "tax": str(line.line_price_incl_tax - paid),
    }


def of_refund(event):
    order, back = event.order, list(event.line_quantities.all())
    postage = event.reference == "postage"
    return {
        "kind": "refund",
        "id": f"refund-{event.pk}",
        "order": order.number,
        "occurred_at": event.date_created.isoformat(),
        "currency": order.currency,
        "lines": [of_returned(each) for each in back],
        "shipping": str(order.shipping_excl_tax) if postage else "0",
        # Money for which nothing came back.
        "revenue": "0" if back or postage else str(without_tax(event.amount, order)),
    }


def without_tax(amount, order):
    exact = amount * order.total_excl_tax / order.total_incl_tax
    return exact.quantize(PENNY, ROUND_HALF_UP)


def of_returned(each):
    """The line's price for these pieces; for all pieces, however they come back, all of it."""
    line = each.line
    earlier = PaymentEventQuantity.objects.filter(
        line=line, event__event_type=each.event.event_type, event_id__lt=each.event_id
    )
    before = earlier.aggregate(pieces=Sum("quantity"))["pieces"] or 0
    first, last = (
        (line.line_price_excl_tax * pieces / line.quantity).quantize(PENNY, ROUND_DOWN)
        for pieces in (before, before + each.quantity)
    )
    return {"id": str(line.pk), "quantity": each.quantity, "revenue": str(last - first)}
