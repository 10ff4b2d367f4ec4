"""What is left of an order after its refunds.

Nothing falls below zero, however much is refunded; refunds together or one by one come to
the same. Once as much money went back without a line as the lines have left, nothing is left.
Money in another currency than the order's is none of its revenue; its items still count.
"""

from collections.abc import Iterable

import msgspec

from almoner.campaigns.model import Line, Order, Refund


def net(order: Order, refunds: Iterable[Refund]) -> Order:
    """What is left of an order, which may be refunded again."""
    quantity: dict[str, int] = {line.id: line.quantity for line in order.lines}
    revenue: dict[str, int] = {line.id: line.revenue for line in order.lines}
    loose, shipping = order.returned, order.shipping
    for refund in refunds:
        same = refund.currency in ("", order.currency)
        loose += refund.revenue if same else 0
        shipping -= min(shipping, refund.shipping) if same else 0
        for line in refund.lines:
            if line.id in quantity:
                quantity[line.id] = max(0, quantity[line.id] - line.quantity)
            if line.id in revenue and same:
                returned = line.revenue - (line.tax if order.taxes_included else 0)
                revenue[line.id] = max(0, revenue[line.id] - max(0, returned))
    whole = sum(revenue.values())
    if loose and loose >= whole:
        quantity = dict.fromkeys(quantity, 0)
    return msgspec.structs.replace(
        order,
        lines=tuple(_left(line, quantity[line.id], revenue[line.id]) for line in order.lines),
        returned=min(loose, whole),
        shipping=shipping,
        shipped=(order.shipped or order.shipping) if shipping < order.shipping else order.shipped,
    )


def _left(line: Line, quantity: int, revenue: int) -> Line:
    sold = (line.sold or line.revenue) if revenue < line.revenue else line.sold
    return msgspec.structs.replace(line, quantity=quantity, revenue=revenue, sold=sold)
