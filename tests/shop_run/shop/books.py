"""What the shop owes by its promises, worked out again from the shop's own tables.

It reads Oscar's orders, lines, payment events and their quantities, and of the connector's table
only in which order what was told was answered. The arithmetic is fractions written out here: it
shares no code with Almoner and knows none of its tables.

The promises, as a customer could read them:

- an-order: a meal for every order of which anything is kept.
- third-a-mug: a third of a meal for each mug kept; matched by half as much again.
- five-percent: 5 % of what is paid for the goods, without tax and postage.
- whole-bill: all of the bill, by list prices, with tax and postage: so that no penny can hide.
- first-blankets: two blankets for each winter thing kept, 150 at most, in the order of hearing.
- waits: two sevenths of a bed for each thing sent within Britain, once it can no longer come back.
- three-houses: 1.5 % of what is paid for the goods, divided between three charities 3 : 2 : 2.
"""

from collections import defaultdict
from datetime import datetime
from fractions import Fraction
from math import floor

from oscar.apps.order import models as tables

from tests.shop_run.shop.connector.models import Message

MUGS = ("MUG-RED", "MUG-BLUE", "MUG-GREEN")
WINTER = ("BLANKET", "SCARF", "MITTENS")
CAP = 150


def pence(value):
    """What a table says in whole pence: Django reads it to two places, whatever SQLite kept."""
    exact = Fraction(str(value)) * 100
    assert exact.denominator == 1, f"{value} is not whole pence"
    return exact.numerator


class Line:
    def __init__(self, sku, pieces, paid, listed, with_tax):
        self.sku, self.pieces, self.back = sku, pieces, 0
        self.paid, self.discount, self.tax = paid, listed - paid, with_tax - paid

    @property
    def kept(self):
        return self.pieces - self.back

    @property
    def money(self):
        """What is still paid for it: each piece came back at its part of the price."""
        return self.paid - floor(Fraction(self.paid * self.back, self.pieces))

    def part(self, whole):
        """What is left of a tax or a discount, in proportion to what is left of the money."""
        if not self.paid:  # the third mug, for nothing
            return whole if self.kept else 0
        return floor(Fraction(whole * self.money, self.paid))


class Order:
    def __init__(self, country, postage, postage_with_tax, total, total_with_tax):
        self.country, self.postage, self.postage_tax = country, postage, postage_with_tax - postage
        self.without_tax = Fraction(total, total_with_tax)
        self.lines, self.goodwill = {}, 0

    @property
    def given_away(self):
        """All that was paid for what was kept went back without it."""
        return self.goodwill > 0 and self.goodwill >= self.goods()

    def pieces(self, skus=()):
        if self.given_away:
            return 0
        return sum(line.kept for line in self.lines.values() if not skus or line.sku in skus)

    def paid(self, skus=()):
        """What is still paid for these goods, and was not given back for nothing in return."""
        lines = self.lines.values()
        return self.less_goodwill(sum(line.money for line in lines if not skus or line.sku in skus))

    def goods(self):
        return sum(line.money for line in self.lines.values())

    def less_goodwill(self, money):
        """Money given back for nothing that came back is taken off everything alike."""
        goods = self.goods()
        if not goods:
            return money
        return floor(Fraction(money * (goods - min(goods, self.goodwill)), goods))

    def bill(self):
        if self.given_away:
            return 0
        lines = self.lines.values()
        money = sum(line.money + line.part(line.discount) + line.part(line.tax) for line in lines)
        money = self.less_goodwill(money)
        return money + self.postage + self.postage_tax if money else 0

    def take_back(self, refund):
        for line, pieces in refund["lines"]:
            self.lines[line].back += pieces
        if refund["postage"]:
            self.postage = self.postage_tax = 0
        elif not refund["lines"]:
            self.goodwill += floor(refund["amount"] * self.without_tax + Fraction(1, 2))


def sold():
    """Every order as it was placed."""
    columns = "shipping_excl_tax", "shipping_incl_tax", "total_excl_tax", "total_incl_tax"
    orders = {
        number: Order(country, *map(pence, money))
        for number, country, *money in tables.Order.objects.values_list(
            "pk", "shipping_address__country_id", *columns
        )
    }
    columns = "line_price_excl_tax", "line_price_before_discounts_excl_tax", "line_price_incl_tax"
    for order, line, sku, pieces, *money in tables.Line.objects.values_list(
        "order_id", "pk", "partner_sku", "quantity", *columns
    ):
        orders[order].lines[line] = Line(sku, pieces, *map(pence, money))
    return orders


def refunds():
    """Every refund, by its payment event."""
    events = tables.PaymentEvent.objects.filter(event_type__name="Refund")
    found = {
        event: {
            "order": order,
            "amount": pence(amount),
            "postage": reference == "postage",
            "lines": [],
        }
        for event, order, amount, reference in events.values_list(
            "pk", "order_id", "amount", "reference"
        )
    }
    for event, line, pieces in tables.PaymentEventQuantity.objects.values_list(
        "event_id", "line_id", "quantity"
    ):
        if event in found:
            found[event]["lines"].append((line, pieces))
    return found


class Promise:
    """Which goods of which orders count, what of it an order gives, and how it is divided."""

    def __init__(self, share, charities, skus=(), country=""):
        self.share, self.charities, self.skus, self.country = share, charities, skus, country

    def means(self, order):
        return self.country in ("", order.country) and order.pieces(self.skus) > 0


PROMISES = {
    "an-order": Promise(lambda order: order.pieces() > 0, {"harbor-table": 1}),
    "third-a-mug": Promise(
        lambda order: Fraction(order.pieces(MUGS), 3), {"harbor-table": 1}, MUGS
    ),
    "mug-match": Promise(lambda order: Fraction(order.pieces(MUGS), 6), {"harbor-table": 1}, MUGS),
    "five-percent": Promise(lambda order: Fraction(order.paid() * 5, 100), {"paws": 1}),
    "whole-bill": Promise(lambda order: order.bill(), {"paws": 1}),
    "first-blankets": Promise(lambda order: 2 * order.pieces(WINTER), {"warm-front": 1}, WINTER),
    "waits": Promise(
        lambda order: Fraction(2 * order.pieces(), 7), {"quiet-house": 1}, country="GB"
    ),
    "three-houses": Promise(
        lambda order: Fraction(order.paid() * 15, 1000),
        {"harbor-house": 3, "quiet-house": 2, "hill-house": 2},
    ),
}


def first_blankets():
    """The one promise that depends on who came first: what was given, and what stands of it.

    Orders and refunds are taken in the order in which they were answered.
    """
    orders, back, given, early = sold(), refunds(), {}, defaultdict(list)
    share, whole = PROMISES["first-blankets"].share, 0

    def take_back(order, refund):
        orders[order].take_back(refund)
        given[order] = min(given[order], share(orders[order]))

    for message in Message.objects.exclude(answered=None).order_by("answered"):
        if message.kind == "order":
            order = message.number
            given[order] = min(share(orders[order]), CAP - sum(given.values()))
            whole += given[order]
            for refund in early[order]:
                take_back(order, refund)
        else:
            refund = back[message.number]
            if refund["order"] in given:
                take_back(refund["order"], refund)
            else:
                early[refund["order"]].append(refund)
    return whole, sum(given.values())


def figures(ripe_until):
    """Everything that a statement says of each promise, in smallest units and exact fractions.

    What was told until `ripe_until` is past the window of the promise that waits.
    """
    before, after = sold(), sold()
    for refund in refunds().values():
        after[refund["order"]].take_back(refund)
    told = Message.objects.filter(kind="order", answered__lte=datetime.fromisoformat(ripe_until))
    ripe = set(told.values_list("number", flat=True))
    found = []
    for name, promise in PROMISES.items():
        meant = [number for number, order in before.items() if promise.means(order)]
        asked = sum((promise.share(before[number]) for number in meant), Fraction(0))
        kept = sum((promise.share(after[number]) for number in meant), Fraction(0))
        old = [number for number in meant if number in ripe or name != "waits"]
        past = sum((promise.share(after[number]) for number in old), Fraction(0))
        pledged = asked
        if name == "first-blankets":
            pledged, kept = map(Fraction, first_blankets())
            past = kept
        for charity, weight in promise.charities.items():
            part = Fraction(weight, sum(promise.charities.values()))
            found.append(
                {
                    "campaign": name,
                    "charity": charity,
                    "promised": floor(kept * part),
                    "ripe": floor(past * part),
                    "exact": str(kept * part),
                    "pledged": str(pledged * part),
                    "asked": str(asked * part),
                    "orders": len(meant),
                    "pieces": sum(before[number].pieces(promise.skus) for number in meant),
                    "gross": sum(before[number].paid(promise.skus) for number in meant),
                    "net": sum(after[number].paid(promise.skus) for number in meant),
                }
            )
    return found
