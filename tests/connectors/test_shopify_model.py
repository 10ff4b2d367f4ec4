"""Any orders and refunds, in any order and however often sent, against a model of ten lines."""

import random
from dataclasses import dataclass, field
from fractions import Fraction
from math import floor

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.connectors.conftest import open_shop
from tests.shop import goodwill, line, order, refund, refunded


@dataclass
class Sold:
    """One order as a shopkeeper would note it: pieces and cents for each line."""

    pieces: list[int]
    cents: list[int]
    loose: int = 0
    deliveries: list = field(default_factory=list)

    def left(self) -> tuple[int, int, int]:
        """Cents, pieces and orders that are still sold."""
        money = sum(max(0, each) for each in self.cents)
        if self.loose and self.loose >= money:
            return 0, 0, 0
        pieces = sum(max(0, each) for each in self.pieces)
        return money - self.loose, pieces, int(pieces > 0)


def written(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


small = st.integers(0, 4)
prices = st.integers(1, 5_000)


@st.composite
def histories(draw: st.DrawFn) -> list[Sold]:
    sold = []
    for number in range(1, draw(st.integers(1, 4)) + 1):
        lines, pieces, cents = [], [], []
        for at in range(draw(st.integers(1, 3))):
            quantity, price = draw(st.integers(1, 5)), draw(prices)
            discount = draw(st.integers(0, quantity * price))
            lines.append(
                line(
                    at,
                    quantity,
                    written(price),
                    discount_allocations=[{"amount": written(discount)}],
                )
            )
            pieces.append(quantity)
            cents.append(quantity * price - discount)
        made = Sold(pieces, cents, deliveries=[(order(number, lines), "orders/paid")])
        for again in range(draw(st.integers(0, 3))):
            identity = 100 * number + again
            if draw(st.booleans()):
                at = draw(st.integers(0, len(lines) - 1))
                quantity, money = draw(small), draw(prices)
                made.pieces[at] -= quantity
                made.cents[at] -= money
                body = refund(identity, number, [refunded(at, quantity, written(money))])
            else:
                money = draw(prices)
                made.loose += money
                body = goodwill(identity, number, written(money))
            made.deliveries.append((body, "refunds/create"))
        sold.append(made)
    return sold


@settings(max_examples=120)
@given(histories(), st.randoms(use_true_random=False))
def test_campaigns_give_what_is_left_of_the_orders(sold: list[Sold], chance: random.Random):
    deliveries = [each for one in sold for each in one.deliveries]
    deliveries += chance.sample(deliveries, chance.randint(0, len(deliveries)))
    chance.shuffle(deliveries)
    shop = open_shop(":memory:")

    for body, topic in deliveries:
        shop.deliver(body, topic)

    cents, pieces, orders = (sum(each) for each in zip(*(one.left() for one in sold), strict=True))
    assert shop.given() == (floor(Fraction(5 * cents, 100)), 2 * pieces, orders)
    shop.close()
