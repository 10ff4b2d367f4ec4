"""The rule: event × campaign versions × what was already given → pledges.

Rounding is `floor` to the minor unit, and the remainder is carried in the campaign's exact
total with each charity: 1,000 orders at a third of a meal give 333 meals. A refund runs the
same rule again over what is left of the order and takes off the difference, but never more
than was granted, and never what was delivered since. An order whose grant a limit cut short
loses nothing until what is left of it would give less than that. An order counts under a
per-order rate until nothing of it is left.

A split promise is one promise: its limits are held against the whole, and each charity gets
its exact part. A match gives for what another campaign granted, and takes off with it.
"""

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from math import gcd, lcm

from almoner.campaigns.counting import NOTHING, OF_MONEY, minor_rate, occurrences
from almoner.campaigns.given import Given, Scope, scopes
from almoner.campaigns.model import (
    Action,
    CampaignVersion,
    Limit,
    Occasion,
    Order,
    Pledge,
    Standing,
)
from almoner.units import MAX_MINOR


def pledges(
    body: Occasion, when: datetime, versions: Sequence[CampaignVersion], given: Given
) -> list[tuple[CampaignVersion, Pledge]]:
    """What these versions promise for an event at `when`; `given` takes note of each.

    The versions are those that the event falls under, in the order in which they come to the
    limits they share (see `force.Index.covering`): matches follow what they match. Those that
    the event is `without` give nothing, and nothing is matched of them.
    """
    made: list[tuple[CampaignVersion, Pledge]] = []
    kept: set[str] = set()
    without = body.without if isinstance(body, Action) else ()
    for version in versions:
        if version.campaign in without:
            continue
        if version.group and version.group in kept:
            continue
        if version.trigger == "match":
            count, rate = _matched(version, made), minor_rate("match", version.rate, version.scale)
        else:
            count, rate = occurrences(version, body)
        if count <= 0 or not rate:
            continue
        limits = scopes(version, body, when)
        # A batch of reads is its reads: one that does not fit holds back none that do.
        step = rate if isinstance(body, Action) and body.root else None
        for each in grant(version, count * rate, given, limits, step):
            given.add(version, each, limits)
            made.append((version, each))
            if version.group and each.granted:
                kept.add(version.group)
    return made


def grant(
    version: CampaignVersion,
    wanted: Fraction,
    given: Given,
    limits: Sequence[Scope] = (),
    step: Fraction | None = None,
) -> list[Pledge]:
    """One pledge for each charity: of `wanted` minor units what the limits leave.

    Where a campaign gives all or nothing, that is all of `wanted`, or so many whole `step`s of it
    as fit.
    """
    standings = [given.standing(version.campaign, part.charity) for part in version.parts]
    over = lcm(wanted.denominator, *[standing.parts for standing in standings])
    if step is not None:
        over = lcm(over, step.denominator)
    uses: list[Fraction] = []
    if limits:
        uses = [given.used(scope.key) if scope.key else NOTHING for scope in limits]
        over = lcm(over, *[used.denominator for used in uses])
    due = sum([standing.due * (over // standing.parts) for standing in standings])
    asked = room = wanted.numerator * (over // wanted.denominator)
    limited: Limit = ""
    cap = MAX_MINOR if version.cap is None else version.cap
    if cap * over - due < room:
        room, limited = max(0, cap * over - due), "cap"
    for scope, used in zip(limits, uses, strict=True):
        free = scope.minor * over - used.numerator * (over // used.denominator)
        if free < room:
            room, limited = max(0, free), scope.limit
    fund = given.left(version)
    if fund is not None:
        posted = sum([standing.posted for standing in standings])
        if (posted + fund) * over - due < room:
            room, limited = max(0, (posted + fund) * over - due), "fund"
    granted = asked if not limited else room if version.partial else 0
    if limited and step is not None and not version.partial:
        whole = step.numerator * (over // step.denominator)
        granted = room // whole * whole
    if not version.split and not limits:
        held = version.hold_days > 0
        (standing,) = standings
        charity = version.charity
        return [_moved(version, charity, standing, asked, granted, over, limited, held)]
    weights = sum(part.weight for part in version.parts)
    return [
        _part(
            version,
            part.charity,
            standing,
            asked,
            granted,
            Fraction(part.weight, over * weights),
            limited,
        )
        for part, standing in zip(version.parts, standings, strict=True)
    ]


def is_spent(version: CampaignVersion, total: Fraction) -> bool:
    """Whether its cap leaves a campaign nothing to give, once `total` minor units are promised.

    One that gives all or nothing is spent once its smallest gift does not fit any more.
    """
    if version.cap is None:
        return False
    room = version.cap - total
    if version.partial or version.trigger in OF_MONEY or version.trigger == "match":
        return room <= 0
    rates = (version.rate, *(tier.rate for tier in version.tiers))
    gifts = [
        minor_rate(version.trigger, rate, version.scale, version.price, version.currency)
        for rate in rates
    ]
    return room < min(gift for gift in gifts if gift)


def take_off(
    version: CampaignVersion,
    charity: str,
    held: Fraction,
    keeps: Fraction,
    standing: Standing,
    owed: int | None,
) -> Pledge | None:
    """The reversal of what a charity was promised for an order; None where nothing comes off.

    `held` is what the order still holds, `keeps` what it would give now, in minor units.
    `owed` is what the charity is still owed: no more than that can go back. None is for a
    pledge inside its return window, all of which can.
    """
    keeps = min(held, keeps)
    if keeps == held:
        return None
    parts = lcm(standing.parts, held.denominator, keeps.denominator)
    wider = parts // standing.parts
    wanted = int((keeps - held) * parts)
    assert -standing.due * wider <= wanted < 0, f"a refund takes {wanted} of {standing}: {version}"
    change = wanted
    if owed is not None:
        change = max(wanted, (standing.ripe - owed) * parts - standing.matured * wider)
    limited: Limit = "" if change == wanted else "delivered"
    return _moved(version, charity, standing, wanted, change, parts, limited, owed is None)


def keeps(version: CampaignVersion, charity: str, left: Order) -> Fraction:
    """What an order would give a charity now: the rule over what is left of it."""
    count, rate = occurrences(version, left)
    return count * rate * part_of(version, charity)


def part_of(version: CampaignVersion, charity: str) -> Fraction:
    """A charity's part of what a version gives."""
    weights = {part.charity: part.weight for part in version.parts}
    return Fraction(weights[charity], sum(weights.values()))


def _matched(version: CampaignVersion, made: Sequence[tuple[CampaignVersion, Pledge]]) -> Fraction:
    return sum(
        (
            Fraction(each.granted, each.parts)
            for _, each in made
            if each.campaign == version.matches
        ),
        NOTHING,
    )


def _part(
    version: CampaignVersion,
    charity: str,
    standing: Standing,
    asked: int,
    granted: int,
    each: Fraction,
    limited: Limit,
) -> Pledge:
    """One charity's pledge, over a denominator that its standing fits as well."""
    common = gcd(asked * each.numerator, granted * each.numerator, each.denominator)
    parts = lcm(standing.parts, each.denominator // common)
    scale = parts * each.numerator
    return _moved(
        version,
        charity,
        standing,
        asked * scale // each.denominator,
        granted * scale // each.denominator,
        parts,
        limited,
        version.hold_days > 0,
    )


def _moved(
    version: CampaignVersion,
    charity: str,
    standing: Standing,
    wanted: int,
    granted: int,
    parts: int,
    limited: Limit,
    held: bool,
) -> Pledge:
    before = standing.due * (parts // standing.parts)
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
        charity,
        held,
    )
