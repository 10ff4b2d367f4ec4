"""What a refund takes off: lines, money beyond them, shipping, in the shop's own currency.

Shipping was an adjustment of its own kind until 2024-10 and has lines of its own since. It
stands apart; duties and fees are no revenue at all. In a shop whose prices include tax it is
told with its tax. The transactions tell only of a refund that names no other money; where they
are in the buyer's currency alone the refund is refused, for no body says what that is worth.
"""

from datetime import UTC, datetime
from decimal import Decimal

import msgspec

from almoner.campaigns.model import Refund, RefundedLine
from almoner.connectors.money import minor, signed, total
from almoner.connectors.shopify import body
from almoner.intake.problem import Problem
from almoner.intake.wire import read_currency
from almoner.ledger import Event
from almoner.units import Unit


def refund_event(refund: body.Refund, source: str, now: datetime, order: Unit | None) -> Event:
    """A refund under the id that it has at Shopify; `order` is its order's currency, if known."""
    unit = _currency(refund, order)
    lines = [
        RefundedLine(
            str(line.line_item_id),
            line.quantity,
            minor(_subtotal(line), unit, f"refund_line_items[{at}].subtotal"),
            minor(_shop(line.total_tax_set, line.total_tax), unit, f"refund_line_items[{at}].tax"),
        )
        for at, line in enumerate(refund.refund_line_items)
    ]
    loose = _loose(refund, sum(line.revenue for line in lines), unit)
    kept = tuple(_keep_back(lines, -loose))
    told = Refund(
        f"order/{refund.order_id}", kept, max(0, loose), unit.code, _shipping(refund, unit)
    )
    when = (refund.created_at or now).astimezone(UTC)
    dated = refund.created_at is not None
    return Event(source, f"refund/{refund.id}", "refund", when, told, dated)


def _currency(refund: body.Refund, order: Unit | None) -> Unit:
    """The shop's currency: what a set says of it, else its order's, else the transactions'."""
    sets = [line.subtotal_set for line in refund.refund_line_items]
    sets += [each.amount_set for each in refund.order_adjustments]
    sets += [each.subtotal_amount_set for each in refund.refund_shipping_lines]
    sets += [refund.total_duties_set, refund.total_additional_fees_set]
    named = next((each.shop_money.currency_code for each in sets if each), None)
    if named is None and order is not None:
        return order
    moved = next((each.currency for each in refund.transactions if each.currency), None)
    if named is None and moved is None:
        raise Problem(
            422,
            "unknown-currency",
            "The currency is not known",
            "transactions: the refund names no currency anywhere. Set the webhook's API version "
            "to 2024-10 or later.",
            field="transactions",
        )
    return read_currency(named or moved or "", "transactions[0].currency")


def _shop(money: body.MoneySet | None, otherwise: Decimal) -> Decimal:
    """An amount in the shop's own currency, whatever the buyer paid in."""
    return money.shop_money.amount if money else otherwise


def _subtotal(line: body.RefundLine) -> Decimal:
    """What was given back for a line; older API versions leave it out and mean its price."""
    if line.subtotal is None and line.subtotal_set is None:
        return line.line_item.price * line.quantity
    return _shop(line.subtotal_set, line.subtotal or Decimal(0))


def _loose(refund: body.Refund, goods: int, unit: Unit) -> int:
    """Money given back beyond the lines' `goods`; below zero where the shop kept some of it."""
    if refund.order_adjustments:
        back = -total(
            _shop(each.amount_set, each.amount)
            for each in refund.order_adjustments
            if each.kind != "shipping_refund"
        )
        return signed(back, unit, "order_adjustments")
    if goods or refund.refund_shipping_lines or refund.duties or refund.additional_fees:
        return 0
    moved = [
        each
        for each in refund.transactions
        if each.kind == "refund" and each.status in ("", "success", "pending") and each.amount
    ]
    for at, each in enumerate(moved):
        if each.currency and each.currency != unit.code:
            raise Problem(
                422,
                "foreign-refund",
                "A refund is told in the buyer's currency only",
                f"transactions[{at}].currency: {each.currency[:8]!r} went back, and the delivery "
                f"does not say what that is in {unit.code}. Send the refund through the API, "
                f"with its money in {unit.code}.",
                field=f"transactions[{at}].currency",
            )
    return minor(total(each.amount or Decimal(0) for each in moved), unit, "transactions")


def _shipping(refund: body.Refund, unit: Unit) -> int:
    if refund.refund_shipping_lines:
        back = total(
            _shop(each.subtotal_amount_set, Decimal(0)) for each in refund.refund_shipping_lines
        )
        return minor(back, unit, "refund_shipping_lines")
    back = -total(
        _shop(each.amount_set, each.amount)
        for each in refund.order_adjustments
        if each.kind == "shipping_refund"
    )
    return max(0, signed(back, unit, "order_adjustments"))


def _keep_back(lines: list[RefundedLine], kept: int) -> list[RefundedLine]:
    """Take what the shop kept (a restocking fee) off the refunded lines, the last first."""
    for at in range(len(lines) - 1, -1, -1):
        if kept <= 0:
            break
        taken = min(kept, lines[at].revenue)
        lines[at] = msgspec.structs.replace(lines[at], revenue=lines[at].revenue - taken)
        kept -= taken
    return lines
