"""The rule: event × campaign versions × what was already given → pledges.

Rounding is `floor` to the minor unit, and the remainder is carried in the campaign's exact
total: 1,000 orders at a third of a meal give 333 meals. A refund runs the same rule again
over what is left of the order and takes off the difference, but never more than was
granted, and never what was delivered since. An order whose grant a limit cut short loses
nothing until what is left of it would give less than that. An order counts under a per-order
rate until nothing of it is left. Money given back that belongs to no line counts against the
lines by their revenue; what is left of a campaign's lines is rounded down.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from functools import lru_cache
from math import lcm

import msgspec

from almoner.campaigns.model import (
    CampaignVersion,
    Limit,
    Line,
    Manual,
    Order,
    Pledge,
    Refund,
    Standing,
    rational,
)
from almoner.units import MAX_MINOR


def in_force(versions: Sequence[CampaignVersion], when: datetime) -> CampaignVersion | None:
    """The version of one campaign (given in ascending order) that an event falls under."""
    chosen = None
    for version in versions:
        if version.effective_from <= when:
            chosen = version
    if chosen is None or when < chosen.starts_at:
        return None
    return chosen if chosen.ends_at is None or when < chosen.ends_at else None


@lru_cache(maxsize=4096)
def minor_rate(trigger: str, rate: str, scale: int) -> Fraction:
    """Minor units for one occurrence; for `revenue`, for one minor unit of revenue."""
    exact = rational(rate)
    return exact / 100 if trigger == "revenue" else exact * 10**scale


def occurrences(version: CampaignVersion, body: Order | Manual) -> int:
    """How often the version's trigger happened in this event; 0 where it does not match."""
    if isinstance(body, Manual):
        return body.quantity if version.trigger == "manual" else 0
    if version.trigger == "manual" or (version.tags and not set(version.tags) & set(body.tags)):
        return 0
    lines: Iterable[Line] = body.lines
    if version.products:
        wanted = version.products
        lines = [line for line in lines if line.product in wanted or line.sku in wanted]
    if version.trigger == "order":
        return int(any(line.quantity > 0 for line in lines))
    if version.trigger == "item":
        return sum(line.quantity for line in lines)
    if body.currency != version.unit:
        return 0
    matching, total = (sum(line.revenue for line in each) for each in (lines, body.lines))
    return matching * (total - body.returned) // total if total else 0


def pledge(
    version: CampaignVersion, body: Order | Manual, standing: Standing, fund: int | None
) -> Pledge | None:
    """What `version` promises for an event it covers, or None where it does not match.

    `fund` is what is left in the fund that pays, in minor units, or None without a fund.
    """
    count = occurrences(version, body)
    rate = minor_rate(version.trigger, version.rate, version.scale)
    if count <= 0 or not rate:
        return None
    parts = lcm(standing.parts, rate.denominator)
    before = standing.due * (parts // standing.parts)
    wanted = count * rate.numerator * (parts // rate.denominator)
    room = wanted
    limited: Limit = ""
    cap = MAX_MINOR if version.cap is None else version.cap
    if cap * parts - before < room:
        room, limited = max(0, cap * parts - before), "cap"
    if fund is not None and (before // parts + fund) * parts - before < room:
        room, limited = max(0, (before // parts + fund) * parts - before), "fund"
    granted = wanted if not limited else room if version.partial else 0
    return _moved(version, wanted, granted, before, parts, limited)


def take_off(
    version: CampaignVersion,
    held: Fraction,
    left: Order,
    standing: Standing,
    owed: int,
) -> Pledge | None:
    """The reversal after a refund that leaves `left` of an order.

    `held` is what the order still holds, in minor units; None where the refund takes nothing
    off. `owed` is what the charity is still owed: no more than that can go back.
    """
    rate = minor_rate(version.trigger, version.rate, version.scale)
    keeps = min(held, occurrences(version, left) * rate)
    if keeps == held:
        return None
    parts = lcm(standing.parts, rate.denominator, held.denominator)
    before = standing.due * (parts // standing.parts)
    wanted = int((keeps - held) * parts)
    assert -before <= wanted < 0, f"a refund would take {wanted} of {before} from {version}"
    change = max(wanted, (before // parts - owed) * parts - before)
    return _moved(version, wanted, change, before, parts, "" if change == wanted else "delivered")


def after(standing: Standing, made: Pledge) -> Standing:
    """The campaign's standing once `made` is in the ledger."""
    due = standing.due * (made.parts // standing.parts) + made.granted
    assert due >= 0, f"{made.campaign} would stand at {due}/{made.parts}"
    return Standing(due, made.parts)


def net(order: Order, refunds: Iterable[Refund]) -> Order:
    """What is left of an order. Nothing falls below zero, however much is refunded.

    What is left may be refunded again: together or one by one, it comes to the same.
    Once as much money went back without a line as the lines have left, nothing is left.
    Money in another currency than the order's is none of its revenue; its items still count.
    """
    quantity: dict[str, int] = {line.id: line.quantity for line in order.lines}
    revenue: dict[str, int] = {line.id: line.revenue for line in order.lines}
    loose = order.returned
    for refund in refunds:
        same = refund.currency in ("", order.currency)
        loose += refund.revenue if same else 0
        for line in refund.lines:
            if line.id in quantity:
                quantity[line.id] = max(0, quantity[line.id] - line.quantity)
            if line.id in revenue and same:
                returned = line.revenue - (line.tax if order.taxes_included else 0)
                revenue[line.id] = max(0, revenue[line.id] - max(0, returned))
    whole = sum(revenue.values())
    if loose and loose >= whole:
        quantity = dict.fromkeys(quantity, 0)
    lines = tuple(
        msgspec.structs.replace(line, quantity=quantity[line.id], revenue=revenue[line.id])
        for line in order.lines
    )
    return msgspec.structs.replace(order, lines=lines, returned=min(loose, whole))


def covering(
    campaigns: Mapping[str, Sequence[CampaignVersion]], body: Order | Manual, when: datetime
) -> list[CampaignVersion]:
    """The versions, in campaign order, that an event at `when` falls under."""
    if isinstance(body, Manual):
        named = campaigns.get(body.campaign)
        campaigns = {body.campaign: named} if named else {}
    return [
        version
        for versions in campaigns.values()
        if (version := in_force(versions, when)) is not None
    ]


def _moved(
    version: CampaignVersion, wanted: int, granted: int, before: int, parts: int, limited: Limit
) -> Pledge:
    return Pledge(
        version.campaign,
        version.version,
        wanted,
        granted,
        parts,
        (before + granted) // parts - before // parts,
        limited,
        version.cause,
        version.unit,
        version.scale,
    )
