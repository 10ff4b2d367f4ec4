"""What of an event counts under a campaign's terms, and by which rate.

Orders, items and revenue are what was sold: lines of the kind `product`. A gift and a
round-up are what the buyer gave, and a sold gift card is neither. Money counts in the
campaign's own currency and no other. Tax, discounts and shipping count only where the
campaign says so; those of a line whose revenue came back in part come off in proportion,
rounded down. Money given back that belongs to no line counts against the lines by their
revenue, and what is left of a campaign's lines is rounded down.
"""

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

from almoner.campaigns.model import (
    Action,
    CampaignVersion,
    Line,
    LineKind,
    Manual,
    Occasion,
    Order,
    rational,
)
from almoner.units import CURRENCIES

# Triggers whose rate is percent of money.
OF_MONEY = frozenset({"revenue", "gift", "round-up"})
# Triggers that people count too: what a brake held back of reads comes by an entry by hand.
BY_HAND = frozenset({"manual", "read", "visit"})
_KINDS: dict[str, LineKind] = {
    "order": "product",
    "item": "product",
    "revenue": "product",
    "gift": "gift",
    "round-up": "round-up",
}
NOTHING = Fraction(0)


def occurrences(version: CampaignVersion, body: Occasion) -> tuple[int, Fraction]:
    """How often the trigger happened in this event, and minor units of the cause for each.

    Where the trigger is money, an occurrence is one minor unit of it. 0 where nothing matches.
    """
    if isinstance(body, Order):
        count, size = _in_order(version, body)
    elif isinstance(body, Manual):
        count = size = body.quantity if version.trigger in BY_HAND else 0
    else:
        count = size = _in_action(version, body)
    return (count, _rate(version, size)) if count > 0 else (0, NOTHING)


def goods(version: CampaignVersion, order: Order) -> list[Line]:
    """The lines of an order that the version counts, where it counts orders at all."""
    kind = _KINDS.get(version.trigger)
    return [line for line in order.lines if line.kind == kind and _chosen(version, line)]


@lru_cache(maxsize=4096)
def minor_rate(trigger: str, rate: str, scale: int, price: str = "", money: str = "") -> Fraction:
    """Minor units of the cause for one occurrence. `money` is the currency of the price."""
    exact = rational(rate)
    if trigger in OF_MONEY:
        exact /= 100
    elif price:
        exact *= 10 ** CURRENCIES[money]
    else:
        return exact if trigger == "match" else exact * 10**scale
    if not price:
        return exact
    return exact * 10**scale / (rational(price) * 10 ** CURRENCIES[money])


def _rate(version: CampaignVersion, size: int) -> Fraction:
    rate = version.rate
    for tier in version.tiers:
        if size >= tier.at:
            rate = tier.rate
    return minor_rate(version.trigger, rate, version.scale, version.price, version.currency)


def _in_action(version: CampaignVersion, body: Action) -> int:
    if version.trigger != body.kind or not _admits(version, body.tags, body.place):
        return 0
    return body.quantity


def _in_order(version: CampaignVersion, body: Order) -> tuple[int, int]:
    """How often, and the size that tiers go by."""
    if version.trigger not in _KINDS or not _admits(version, body.tags, body.place):
        return 0, 0
    lines = goods(version, body)
    if version.trigger == "item":
        count = sum(line.quantity for line in lines)
        return count, count
    ours = body.currency == version.money
    if version.trigger == "order":
        sold = any(line.quantity > 0 for line in lines)
        if not version.tiers:
            return int(sold), 0
        return (1, _money(version, body, lines)) if sold and ours else (0, 0)
    count = _money(version, body, lines) if ours else 0
    return count, count


def _admits(version: CampaignVersion, tags: Sequence[str], place: str) -> bool:
    """Whether an event of these tags and this place is meant at all."""
    if version.tags and not set(version.tags) & set(tags):
        return False
    if not version.countries and not version.excluded:
        return True
    names = (place, place.partition("-")[0])
    if version.countries and not any(name in version.countries for name in names):
        return False
    return not any(name in version.excluded for name in names)


def _chosen(version: CampaignVersion, line: Line) -> bool:
    wanted = version.products
    if wanted and line.product not in wanted and line.sku not in wanted:
        return False
    return not version.collections or any(name in version.collections for name in line.collections)


def _money(version: CampaignVersion, body: Order, lines: Sequence[Line]) -> int:
    """Minor units of these lines' money, by what the campaign includes."""
    including = version.including
    money = sum(line.revenue for line in lines)
    if "discounts" in including:
        money += sum(_portion(line, line.discount) for line in lines)
    if "tax" in including:
        money += sum(_portion(line, line.tax) for line in lines)
    total = sum(line.revenue for line in body.lines)
    if body.returned and total:
        money = money * (total - body.returned) // total
    if "shipping" in including and money:
        money += body.shipping
        if "tax" in including:
            whole = body.shipped or body.shipping
            money += body.shipping_tax * body.shipping // whole if whole else body.shipping_tax
    return money


def _portion(line: Line, whole: int) -> int:
    """What is left of a line's tax or discount once part of its revenue came back."""
    if line.sold:
        return whole * line.revenue // line.sold
    return whole if line.quantity else 0
