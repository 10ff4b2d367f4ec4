"""What was sold, done and paid for under a campaign, and what of it was given back.

Receipts are what was paid for the goods that count: after discounts, without tax and without
shipping, in each currency by itself. Returns are what a refund left less of. Money given back
that belongs to no line counts against the lines by their revenue, as it does in the rule.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from almoner.campaigns import rules
from almoner.campaigns.counting import goods, occurrences
from almoner.campaigns.model import Action, CampaignVersion, Order
from almoner.campaigns.refunds import net
from almoner.ledger.event import decode_occasion, decode_order, decode_refund
from almoner.ledger.statement import Occurred, Returned
from almoner.statements.document import Occasion, Receipt
from almoner.units import CURRENCIES

Versions = Mapping[int, CampaignVersion]
Held = Mapping[tuple[int, str], Fraction]  # by the number of an order and by charity


@dataclass(slots=True)
class Sold:
    """What happened: events by kind, what the rate alone would give, and what was paid.

    `asked` is minor units of the cause, exactly, before any limit; `gross` is by currency.
    """

    events: dict[str, int] = field(default_factory=dict)
    quantities: dict[str, int] = field(default_factory=dict)
    asked: Fraction = Fraction(0)
    gross: dict[str, int] = field(default_factory=dict)

    @property
    def occasions(self) -> tuple[Occasion, ...]:
        """The events, by kind."""
        return tuple(
            Occasion(kind, self.events[kind], self.quantities[kind]) for kind in sorted(self.events)
        )


@dataclass(slots=True)
class Back:
    """What came back: money by currency, and what is left of each order that was refunded."""

    money: dict[str, int] = field(default_factory=dict)
    left: dict[int, tuple[CampaignVersion, Order]] = field(default_factory=dict)


def sold(events: Iterable[Occurred], versions: Versions) -> Sold:
    """Add up the events that a campaign pledged for."""
    found = Sold()
    for event in events:
        version = versions[event.version]
        body = decode_occasion(event.kind, event.body)
        count, rate = occurrences(version, body)
        kind = body.kind if isinstance(body, Action) else event.kind
        quantity = count
        if isinstance(body, Order):
            quantity = sum(line.quantity for line in goods(version, body))
            paid = _paid(version, body)
            if paid:
                found.gross[body.currency] = found.gross.get(body.currency, 0) + paid
        found.asked += count * rate
        found.events[kind] = found.events.get(kind, 0) + 1
        found.quantities[kind] = found.quantities.get(kind, 0) + quantity
    return found


def back(refunds: Iterable[Returned], versions: Versions, since: str) -> Back:
    """Add up what refunds from `since` on gave back. Earlier ones only lead up to them."""
    found = Back()
    for each in refunds:
        version = versions[each.version]
        _, left = found.left.get(each.order, (version, None))
        left = left or decode_order(each.order_body)
        before, left = _paid(version, left), net(left, (decode_refund(each.body),))
        found.left[each.order] = version, left
        if each.time >= since:
            change = before - _paid(version, left)
            found.money[left.currency] = found.money.get(left.currency, 0) + change
    return found


def carried(came_back: Back, held: Held, charity: str) -> Fraction:
    """What refunds should have taken off and could not, because it was delivered already."""
    waiting = Fraction(0)
    for order, (version, left) in came_back.left.items():
        holds = held.get((order, charity), Fraction(0))
        waiting += holds - min(holds, rules.keeps(version, charity, left))
    return waiting


def receipts(gross: Mapping[str, int], returned: Mapping[str, int]) -> tuple[Receipt, ...]:
    """Receipts and returns together, a line for each currency."""
    return tuple(
        Receipt(code, CURRENCIES[code], gross.get(code, 0), returned.get(code, 0))
        for code in sorted({*gross, *returned})
        if gross.get(code) or returned.get(code)
    )


def _paid(version: CampaignVersion, order: Order) -> int:
    """What was paid for the goods that count, less their part of what came back loose."""
    counted, whole = (
        sum(line.revenue for line in lines) for lines in (goods(version, order), order.lines)
    )
    return counted * (whole - order.returned) // whole if whole else 0
