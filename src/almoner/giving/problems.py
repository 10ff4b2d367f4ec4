"""What keeps a draft from being published, field by field, with what to write instead.

Whatever the ledger or the rules would refuse is refused here first, at the field where it was
written and in the words of the form. A term that says nothing for the chosen trigger is refused
too: a promise that reads as if it had a limit must have one.
"""

from collections.abc import Callable, Iterator
from fractions import Fraction
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from almoner.campaigns.counting import OF_MONEY, minor_rate
from almoner.campaigns.model import CampaignVersion, Part, rational
from almoner.giving import places
from almoner.giving.models import Campaign, Fund
from almoner.giving.terms import ends_at, money, starts_at, tier_scale
from almoner.giving.unused import UNUSED, unused
from almoner.giving.wording import plural
from almoner.ledger.publish import MAX_DAYS, MAX_DENOMINATOR, MAX_PARTS
from almoner.units import CURRENCIES, UnitError, minor_units

Problems = dict[str, str]

# Beyond them a day has no neighbour or no instant in UTC, and is a slip of the hand.
YEARS = range(1900, 3000)
MAX_WEIGHT = 10_000  # of a part of a split: hundredths of a percent
MAX_TIERS = 12

LIMITS = ("cap", "minimum", "daily_cap", "reader_cap", "sponsor_cap")


def problems(campaign: Campaign, published: CampaignVersion | None = None) -> Problems:
    """What is wrong with a draft, by field; empty where it can be published.

    `published` is the version in force, whose cause, charity and trigger can no longer change.
    """
    found: Problems = {}
    for rule in _RULES:
        for field, message in rule(campaign):
            found.setdefault(field, message)
    return {**found, **_frozen(campaign, published)}


def zone(name: str) -> ZoneInfo | None:
    """The time zone of this name, or None where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _rate(campaign: Campaign) -> Iterator[tuple[str, str]]:
    rate, message = _read_rate(campaign, campaign.rate)
    if message:
        yield "rate", message
    elif not rate and not campaign.tiers:
        yield "rate", "A campaign that gives 0 gives nothing: write 2, 0.5 or 1/3."


def _read_rate(campaign: Campaign, text: str) -> tuple[Fraction, str]:
    """A rate and what is wrong with it."""
    try:
        rate = rational(text)
    except ValueError as error:
        return Fraction(0), f"{error}."
    if campaign.trigger in OF_MONEY and rate > 100:
        whole = "sale" if campaign.trigger == "revenue" else "amount"
        return rate, f"{text} percent is more than the whole {whole}."
    return rate, ""


def _fineness(campaign: Campaign) -> Iterator[tuple[str, str]]:
    """Exact totals are kept over one denominator, which must stay short."""
    try:
        rates = [
            minor_rate(
                campaign.trigger,
                rate,
                campaign.cause.scale,
                campaign.price,
                campaign.currency,
            )
            for rate in (campaign.rate, *(rate for _, rate in campaign.tiers))
        ]
    except (ValueError, KeyError, ZeroDivisionError):
        return  # said elsewhere
    weights = sum(part.weight for part in campaign.parts.all()) or 1
    if max(rate.denominator for rate in rates) * weights > MAX_DENOMINATOR:
        where = "the rate, the price or the parts" if campaign.price or weights > 1 else "it"
        yield "rate", f"{campaign.rate} is finer than any rate kept here: round {where}."


def _price(campaign: Campaign) -> Iterator[tuple[str, str]]:
    cause, counted = campaign.cause, plural(campaign.cause.unit, 2)
    if campaign.currency and campaign.currency not in CURRENCIES:
        yield "currency", f"{campaign.currency!r} is not a currency code: write USD, EUR, JPY …"
    if cause.kind == "money":
        if campaign.price:
            yield "price", f"“{cause.label}” counts money, which has no price: leave this empty."
        if campaign.currency and campaign.currency != cause.unit:
            yield "currency", f"“{cause.label}” is counted in {cause.unit}: leave this empty."
        return
    if campaign.price:
        try:
            price = rational(campaign.price)
        except ValueError:
            price = Fraction(0)
        if not price:
            yield "price", f"{campaign.price!r} is not a price: write 0.25 for a quarter."
        if not campaign.currency:
            yield "currency", "A price needs its currency: write USD, EUR, JPY …"
    elif campaign.trigger in OF_MONEY:
        yield (
            "trigger",
            f"A percentage is money, but “{cause.label}” counts {cause.unit}: choose a cause that "
            f"counts money, or give the price of one {cause.unit}, so that it buys {counted}.",
        )
    elif campaign.currency and not (campaign.trigger == "order" and campaign.tiers):
        yield (
            "currency",
            f"Nothing here is money: leave this empty, or say what one {cause.unit} costs.",
        )


def _tiers(campaign: Campaign) -> Iterator[tuple[str, str]]:
    if "tiers" in UNUSED.get(campaign.trigger, ()) or not campaign.tiers:
        return
    if len(campaign.tiers) > MAX_TIERS:
        yield "tiers", f"{len(campaign.tiers)} steps: {MAX_TIERS} are enough for anybody to read."
    if campaign.trigger != "item" and not money(campaign):
        yield "currency", "These steps are in money: write its currency, USD, EUR, JPY …"
        return
    scale, last = tier_scale(campaign), 0
    for at, rate in campaign.tiers:
        _, message = _read_rate(campaign, rate)
        if message:
            yield "tiers", message
        try:
            least = minor_units(at, scale)
        except UnitError as error:
            counted = "pieces" if campaign.trigger == "item" else money(campaign)
            yield "tiers", f"{error}. A step begins at a number of {counted}."
            continue
        if least <= last:
            over = "the one before it" if last else "0"
            yield "tiers", f"Each step begins higher: {at} is not more than {over}."
        last = max(last, least)
    rates = (campaign.rate, *(rate for _, rate in campaign.tiers))
    if not any(_read_rate(campaign, rate)[0] for rate in rates):
        yield "tiers", "Neither the rate nor any step gives something."


def _basis(campaign: Campaign) -> Iterator[tuple[str, str]]:
    if campaign.trigger == "order" and campaign.including and not campaign.tiers:
        yield "including", "Every order gives the same here: leave this empty, or write steps."
    if "shipping" in campaign.including and (campaign.products or campaign.collections):
        yield (
            "including",
            "Shipping is paid for a whole order, not for one product: leave it out, or let every "
            "product count.",
        )


def _places(campaign: Campaign) -> Iterator[tuple[str, str]]:
    for field in ("countries", "excluded"):
        wrong = next((each for each in getattr(campaign, field) if not places.is_place(each)), "")
        if wrong:
            yield (
                field,
                f"“{wrong}” is no country's code: write US or GB, or US-AL for a part of one "
                "(ISO 3166).",
            )
    if campaign.countries:
        for place in campaign.excluded:
            if place in campaign.countries:
                yield "excluded", f"{place} is said to count above: leave out one of the two."
            elif not places.within(place, campaign.countries):
                yield "excluded", f"{place} does not count anyway: it is in none of those above."


def _limits(campaign: Campaign) -> Iterator[tuple[str, str]]:
    unit = campaign.cause.exact_unit
    minor: dict[str, int] = {}
    for field in LIMITS:
        written = getattr(campaign, field)
        if not written:
            continue
        try:
            minor[field] = minor_units(written, unit.scale)
        except UnitError as error:
            example = "2500.00" if unit.scale else "50000"
            name = unit.code if unit.kind == "money" else plural(unit.code, 2)
            yield field, f"{error}. The limit is in {name}: write for example {example}."
            continue
        if not minor[field]:
            yield (
                field,
                "A limit of 0 lets nothing through: leave it empty for none."
                if (field != "minimum")
                else "A minimum of 0 promises nothing: leave it empty for none.",
            )
    cap, minimum = minor.get("cap"), minor.get("minimum")
    if cap is not None:
        if minimum is not None and minimum > cap:
            yield "minimum", f"At least {campaign.minimum} is more than at most {campaign.cap}."
        for field in ("daily_cap", "reader_cap"):
            if minor.get(field, 0) > cap:
                yield field, f"It is more than the {campaign.cap} that all may give together."
    if minimum and campaign.ends_on is None:
        yield "ends_on", "What is guaranteed is added at the end: choose the last day."
    if minimum and minor.get("sponsor_cap", minimum) < minimum:
        yield "minimum", f"It is more than the {campaign.sponsor_cap} that the sponsor allows."
    if campaign.sponsor_cap and campaign.sponsor is None:
        yield "sponsor", "Choose the sponsor whose campaigns are limited."


def _days(campaign: Campaign) -> Iterator[tuple[str, str]]:
    if zone(campaign.time_zone) is None:
        yield (
            "time_zone",
            f"There is no time zone {campaign.time_zone[:40]!r}: choose one from the list, such "
            "as America/New_York.",
        )
        return
    for name, day in (("starts_on", campaign.starts_on), ("ends_on", campaign.ends_on)):
        if day is not None and day.year not in YEARS:
            yield name, f"The year {day.year} is not meant: write one of this time."
            return
    if campaign.ends_time and campaign.ends_on is None:
        yield "ends_on", "An hour without a day: choose the last day too."
        return
    end = ends_at(campaign)
    if end is not None and end <= starts_at(campaign):
        yield "ends_on", "The end is not after the start: choose a later day or hour."
    for field in ("hold_days", "deliver_days"):
        if not 0 <= getattr(campaign, field) <= MAX_DAYS:
            yield field, f"Write a number of days from 0 to {MAX_DAYS}."


def _split(campaign: Campaign) -> Iterator[tuple[str, str]]:
    parts = list(campaign.parts.all())
    if not parts:
        return
    charities = [part.charity for part in parts]
    if len(parts) == 1:
        yield "split", "One part is the whole: name at least two charities, or none."
    if len(parts) > MAX_PARTS:
        yield "split", f"{len(parts)} charities: {MAX_PARTS} are the most that can share."
    twice = next((each for each in charities if charities.count(each) > 1), None)
    if twice:
        yield "split", f"{twice} stands there twice: add its parts up."
    if campaign.charity not in charities:
        yield "split", f"{campaign.charity}, chosen above, has no part: give it one."
    for part in parts:
        if not 1 <= part.weight <= MAX_WEIGHT:
            yield "split", f"{part.charity}: a part is a whole number from 1 to {MAX_WEIGHT:,}."


def _group(campaign: Campaign) -> Iterator[tuple[str, str]]:
    if campaign.rank and not campaign.group and "group" not in UNUSED[campaign.trigger]:
        yield "group", "A place in which group? Name it, or leave the place at 0."


def _matched(campaign: Campaign) -> Iterator[tuple[str, str]]:
    if campaign.trigger != "match":
        return
    other = campaign.matches
    if other is None:
        yield "matches", "Choose the campaign that is matched."
        return
    if other.slug == campaign.slug:
        yield "matches", "A campaign cannot match itself: choose another."
    elif other.trigger == "match":
        yield "matches", f"“{other}” is a match itself: match what it matches, “{other.matches}”."
    elif other.cause.unit != campaign.cause.unit:
        yield (
            "matches",
            f"“{other}” gives {plural(other.cause.unit, 2)}, this one "
            f"{plural(campaign.cause.unit, 2)}: only the same can be matched.",
        )
    elif other.state == Campaign.State.DRAFT:
        yield "matches", f"“{other}” is a draft still: publish it first."


def _fund(campaign: Campaign) -> Iterator[tuple[str, str]]:
    if not campaign.from_fund:
        return
    if campaign.sponsor is None:
        yield "sponsor", "Choose the sponsor whose fund pays."
        return
    units = list(Fund.objects.filter(sponsor=campaign.sponsor).values_list("unit", flat=True))
    if campaign.cause.unit not in units:
        has = f"its funds are in {', '.join(units)}" if units else "it has no fund yet"
        yield (
            "from_fund",
            f"{campaign.sponsor} has no fund in {campaign.cause.unit}: {has}. "
            "Finance can open one.",
        )


def _frozen(campaign: Campaign, published: CampaignVersion | None) -> Problems:
    """What was published cannot become another promise under the same name."""
    if published is None:
        return {}
    matches = campaign.matches.slug if campaign.matches else ""
    split = tuple(Part(part.charity.slug, part.weight) for part in campaign.parts.all())
    now = {
        "trigger": (published.trigger, campaign.trigger, "with another trigger"),
        "cause": (published.cause, campaign.cause.slug, "for another cause"),
        "charity": (published.charity, campaign.charity.slug, "for another charity"),
        "split": (published.split, split, "with another split"),
        "matches": (published.matches, matches, "as the match of another campaign"),
    }
    return {
        field: f"This was published {how}: make a new campaign instead."
        for field, (before, after, how) in now.items()
        if before != after
    }


_RULES: tuple[Callable[[Campaign], Iterator[tuple[str, str]]], ...] = (
    unused,
    _rate,
    _fineness,
    _price,
    _tiers,
    _basis,
    _places,
    _limits,
    _days,
    _split,
    _group,
    _matched,
    _fund,
)
