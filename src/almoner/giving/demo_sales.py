"""What the demonstration's shop sold in its half-year: orders, refunds, gifts, miles driven.

The same events for the same beginning, in the order in which they happened: drawn by a seed,
never by the clock. What they promise in all is `PROMISED`, which the opening balances leave
out. All of it is invented.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from almoner.campaigns.model import Line, Manual, Order, Refund, RefundedLine
from almoner.giving.entries import SOURCE as BY_HAND
from almoner.ledger import Event
from almoner.ledger.event import EventKind

DAYS = 150
SHOP = ("woocommerce", "marlow-fern")
_SOURCE = ":".join(SHOP)
_GIFTS = "api:demo"
# Minor units by cause, net of refunds; whoever changes what happens is told the new figures.
PROMISED = {
    "meals": 2_736,
    "blankets": 200,
    "toys": 96,
    "rescue-miles": 2_284,
    "dv-survivors": 60_900,
    "service-dogs": 100_380,
}

# SKU, price in cents, collections. A twentieth of each price is whole cents.
_GOODS = (
    ("TOTE-CANVAS", 1800, ()),
    ("MUG-ENAMEL", 1400, ()),
    ("SOAP-OAT", 800, ()),
    ("CANDLE-PINE", 1200, ()),
    ("BOWL-OAK", 2400, ("kitchen",)),
    ("PAN-IRON", 4600, ("kitchen",)),
    ("THROW-WOOL", 6200, ("blankets",)),
)
_GIVEN = (500, 1000, 1500, 2000, 2500, 5000)  # cents
_ROADS = (96, 118, 142, 164, 187, 212, 236)  # miles
_FIRST_ORDER = 30_411
_RETURNED = 0.07  # of the orders, something
_BACK_IN = (2, 11)  # days


class _Happened(NamedTuple):
    """An event whose time is not settled yet."""

    source: str
    ref: str
    kind: EventKind
    body: Order | Refund | Manual


def days(begins: datetime) -> Iterator[tuple[datetime, list[Event]]]:
    """What happened on each of `DAYS` days from `begins` on, with its evening."""
    random = Random(1886)  # noqa: S311 - the same again each time is what is wanted
    clock = Random(1887)  # noqa: S311
    number = _FIRST_ORDER
    back: dict[int, list[_Happened]] = {}
    for day in range(DAYS):
        happened: list[_Happened] = []
        for _ in range(_orders(random, day)):
            sold = _order(random, number)
            happened.append(sold)
            number += 1
            if random.random() < _RETURNED:
                back.setdefault(day + _between(random, *_BACK_IN), []).append(sold)
        happened += [_refund(random, each) for each in back.get(day, ())]
        if day % 6 == 4:
            happened.append(_gift(random, day))
        if day % 11 == 7:
            driven = Manual("rescue-road", _one(random, _ROADS))
            happened.append(_Happened(BY_HAND, f"rescue-road/{day}", "manual", driven))
        first = begins + timedelta(days=day)
        gap = 19 * 3_600 // (len(happened) + 1)  # seconds
        yield (
            first + timedelta(hours=20),
            [
                Event(each.source, each.ref, each.kind, first + at, each.body)
                for at, each in zip(_moments(clock, gap, len(happened)), happened, strict=True)
            ],
        )


def _moments(clock: Random, gap: int, number: int) -> list[timedelta]:
    """So many moments of a day, one after another, unevenly."""
    return [timedelta(seconds=gap * at + _between(clock, 0, gap - 2)) for at in range(number)]


def _orders(random: Random, day: int) -> int:
    """More at the weekend, and a little more from month to month."""
    busy = 1 if day % 7 in (5, 6) else 0
    return 1 + busy + int(random.random() * (1.8 + day / DAYS))


def _order(random: Random, number: int) -> _Happened:
    kept = sorted({int(random.random() * len(_GOODS)) for _ in range(_between(random, 1, 3))})
    lines = tuple(
        Line(str(at), pieces, pieces * price, product=sku, sku=sku, collections=collections)
        for at, (sku, price, collections) in enumerate((_GOODS[each] for each in kept), 1)
        for pieces in (_between(random, 1, 2),)
    )
    tags = ("winter",) if random.random() < 0.3 else ()
    body = Order("USD", lines, tags=tags)
    return _Happened(_SOURCE, f"order/{number}", "order", body)


def _refund(random: Random, sold: _Happened) -> _Happened:
    assert isinstance(sold.body, Order), sold
    whole = random.random() < 0.4
    lines = tuple(
        RefundedLine(each.id, each.quantity, each.revenue)
        for each in (sold.body.lines if whole else sold.body.lines[:1])
    )
    ref = sold.ref.replace("order/", "refund/")
    return _Happened(_SOURCE, ref, "refund", Refund(sold.ref, lines, currency="USD"))


def _gift(random: Random, day: int) -> _Happened:
    gift = Line("1", 1, _one(random, _GIVEN), kind="gift")
    return _Happened(_GIFTS, f"gift/{day}", "order", Order("USD", (gift,)))


def _between(random: Random, least: int, most: int) -> int:
    return least + int(random.random() * (most - least + 1))


def _one(random: Random, of: tuple[int, ...]) -> int:
    return of[int(random.random() * len(of))]
