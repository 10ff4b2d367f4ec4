"""The promise in words, as readers and campaign managers read it.

    Every bag sold from 1 May 2026 to 31 May 2026 (New York time) gives 2 meals to
    Harbor Table, at least 5,000 and at most 50,000, paid by Acme.

Made from the exact terms and nothing else, so that what is read is what is counted: the first
sentence is the promise, each one after it a further term.
"""

from collections.abc import Iterator, Mapping
from fractions import Fraction

from almoner.campaigns.counting import OF_MONEY
from almoner.campaigns.model import CampaignVersion, rational
from almoner.giving.wording import (
    amount,
    days,
    either,
    every,
    exact_money,
    figure,
    money,
    number_of_days,
    place_names,
    plural,
    quoted,
)
from almoner.units import CURRENCIES

ACTIONS = frozenset({"sign-up", "read", "visit"})

# What happens once, twice, and who does it, by trigger.
_THING = {
    "order": ("order", "orders"),
    "sign-up": ("sign-up", "sign-ups"),
    "read": ("story read", "stories read"),
    "visit": ("visit through a shared link", "visits through a shared link"),
    "manual": ("entry by hand", "entries by hand"),
}
_WHO = {"gift": ("giver", "givers"), **dict.fromkeys(ACTIONS, ("reader", "readers"))}
_BUYER = ("buyer", "buyers")
_EVENT = {
    "gift": "a gift",
    "sign-up": "a sign-up",
    "read": "a read",
    "visit": "a visit",
    "manual": "an entry",
    "match": "a pledge",
}


def promise(
    version: CampaignVersion,
    kind: str,
    charity: str,
    sponsor: str = "",
    *,
    charities: Mapping[str, str] | None = None,
    matched: str = "",
) -> str:
    """The whole promise. `kind` is the cause's; `charity` and `sponsor` are their names.

    `charities` are the names of those it is split between, `matched` the title of the campaign
    that it matches.
    """
    to = receivers(version, charity, charities or {})
    first = _match(version, sponsor, matched, to) if version.matches else _gift(version, kind, to)
    first += _limits(version, kind) + _payer(version, sponsor)
    return " ".join(f"{each}." for each in (first, *_further(version, kind, sponsor)))


def matching(match: CampaignVersion, kind: str, sponsor: str, matched: CampaignVersion) -> str:
    """What is said of a match beneath the promise it matches: `Bolt doubles it, up to …`."""
    said = _multiplies(match, sponsor, "it", "its amount")
    if (match.starts_at, match.ends_at) != (matched.starts_at, matched.ends_at):
        said += f" {days(match)}"
    if match.cap is not None:
        said += f", up to {amount(match.cap, match.unit, kind, match.scale)}"
    return f"{said}."


def given(version: CampaignVersion, rate: str, kind: str) -> str:
    """What a rate of these terms gives at a time: `2 meals`, `$0.50`, `5 %`, `1/3 meal`."""
    exact = rational(rate)
    if version.trigger in OF_MONEY:
        return f"{_plain(rate)} %"
    if version.price:
        return exact_money(exact, version.currency)
    if kind == "money":
        return exact_money(exact, version.unit)
    if exact.denominator == 1:
        return amount(int(exact), version.unit, kind, 0)
    return f"{_plain(rate)} {plural(version.unit, 1 if exact < 1 else 2)}"


def basis(version: CampaignVersion) -> str:
    """What sales are counted with: `after discounts and refunds, without tax or shipping`."""
    discounts = (
        "before discounts, after refunds"
        if "discounts" in version.including
        else "after discounts and refunds"
    )
    parts = ("tax", "shipping")
    kept = [each for each in parts if each in version.including]
    left = [each for each in parts if each not in version.including]
    said = [discounts]
    if kept:
        said.append(f"with {' and '.join(kept)}")
    if left:
        said.append(f"without {' or '.join(left)}")
    return ", ".join(said)


def _gift(version: CampaignVersion, kind: str, to: str) -> str:
    if version.trigger in OF_MONEY:
        return _percent(version, to)
    each = rational(version.rate)
    step = ""
    if not each:  # nothing below the first step
        first = version.tiers[0]
        each, step = rational(first.rate), _step(version, first.at)
    unit_scale = version.scale
    unit, unit_kind = version.unit, kind
    if version.price:
        unit, unit_kind, unit_scale = version.currency, "money", CURRENCIES[version.currency]
    whole = each * 10**unit_scale
    if whole.denominator == 1:
        what = amount(whole.numerator, unit, unit_kind, unit_scale)
        said = f"Every {_thing(version, 1)}{step} {days(version)} gives {what} to {to}"
    else:
        # A third of a meal is no meal: say how many it takes for a whole one.
        what = amount(each.numerator * 10**unit_scale, unit, unit_kind, unit_scale)
        things = f"{each.denominator:,} {_thing(version, 2)}{step}"
        verb = "goes" if unit_kind == "money" or each.numerator == 1 else "go"
        said = f"For every {things} {days(version)}, {what} {verb} to {to}"
    return said + _bought(version)


def _percent(version: CampaignVersion, to: str) -> str:
    first = version.tiers[0] if version.tiers and not rational(version.rate) else None
    rate = first.rate if first else version.rate
    share = "All" if rational(rate) == 100 else f"{_plain(rate)} %"
    currency = version.money
    if version.trigger == "revenue":
        of = f"{share} of {'the ' if share == 'All' else ''}sales in {currency}{_only(version)}"
    else:
        verb = "give" if version.trigger == "gift" else "round up"
        who = "people" if version.trigger == "gift" else "buyers"
        of = f"All that {who} {verb}" if share == "All" else f"{share} of what {who} {verb}"
        of += f" in {currency}{_only(version)}"
    if first:
        of += _step(version, first.at)
    said = f"{of} {days(version)}"
    if version.trigger == "revenue":
        said += f", {basis(version)},"
    verb = "go" if share == "All" and version.trigger == "revenue" else "goes"
    return f"{said} {verb} to {to}{_bought(version)}"


def _bought(version: CampaignVersion) -> str:
    if not version.price:
        return ""
    price = exact_money(rational(version.price), version.currency)
    return f", turned into {plural(version.unit, 2)} at {price} each"


def _match(version: CampaignVersion, sponsor: str, matched: str, to: str) -> str:
    title = f"“{matched or version.matches}”"
    said = _multiplies(version, sponsor, f"what {title} gives", f"what {title} gives")
    return f"{said} {days(version)}, for {to}"


def _multiplies(version: CampaignVersion, sponsor: str, what: str, added: str) -> str:
    who, rate = sponsor or "The shop", rational(version.rate)
    if rate in (1, 2):
        return f"{who} {'doubles' if rate == 1 else 'triples'} {what}"
    words = {
        Fraction(1, 2): "half of",
        Fraction(1, 3): "a third of",
        Fraction(1, 4): "a quarter of",
    }
    if rate in words:
        return f"{who} adds {words[rate]} {added}"
    return f"{who} adds {_plain(version.rate)} times {added}"


def receivers(version: CampaignVersion, charity: str, charities: Mapping[str, str]) -> str:
    """Who receives, each with its part where it is split."""
    if not version.split:
        return charity
    names = [charities.get(part.charity, part.charity) for part in version.split]
    weights = [part.weight for part in version.split]
    if len(set(weights)) == 1:
        return f"{every(names)} in equal parts"
    total = sum(weights)
    if all(weight * 100 % total == 0 for weight in weights):
        said = [f"{weight * 100 // total} %" for weight in weights]
    else:
        said = [f"{weight:,} of {total:,} parts" for weight in weights]
    return every([f"{name} ({part})" for name, part in zip(names, said, strict=True)])


def _limits(version: CampaignVersion, kind: str) -> str:
    found = [("at least", version.minimum), ("at most", version.cap)]
    limits = [(words, minor) for words, minor in found if minor is not None]
    if not limits:
        return ""
    said = [f"{words} {figure(minor, version, kind)}" for words, minor in limits]
    # Where the gift was said in another unit, or in none, the last limit says its own.
    if version.price or version.matches:
        words, minor = limits[-1]
        said[-1] = f"{words} {amount(minor, version.unit, kind, version.scale)}"
    return f", {' and '.join(said)}"


def _payer(version: CampaignVersion, sponsor: str) -> str:
    reach = " as far as its fund reaches" if version.fund else ""
    if version.matches:  # there the sponsor is who doubles it
        return f",{reach}" if reach and sponsor else ""
    return f", paid by {sponsor}{reach}" if sponsor else ""


def _further(version: CampaignVersion, kind: str, sponsor: str) -> Iterator[str]:
    """The terms beyond the promise itself, a sentence each."""
    one, many = actor(version), _WHO.get(version.trigger, _BUYER)[1]
    event = _EVENT.get(version.trigger, "an order")

    def told(minor: int) -> str:
        return amount(minor, version.unit, kind, version.scale)

    for tier in version.tiers if rational(version.rate) else version.tiers[1:]:
        yield _tier(version, tier.at, given(version, tier.rate, kind))
    if version.trigger == "order" and version.tiers:
        yield f"What an order comes to is counted {basis(version)}"
    parts = [f"{told(version.daily_cap)} a day"] if version.daily_cap is not None else []
    if version.reader_cap is not None:
        parts.append(f"{told(version.reader_cap)} for one {one}")
    if parts:
        yield f"It gives at most {' and '.join(parts)}"
    if version.sponsor_cap is not None:
        limit = told(version.sponsor_cap)
        yield f"All campaigns of {sponsor} with such a limit give at most {limit} together"
    if not version.partial:
        yield f"{event.capitalize()} that would go over a limit gives nothing"
    if version.countries:
        but = f", but not in {place_names(version.excluded)}" if version.excluded else ""
        yield f"Only {many} in {place_names(version.countries)} count{but}"
    elif version.excluded:
        yield f"{many.capitalize()} in {place_names(version.excluded)} do not count"
    if version.group:
        place = f"; this one has rank {version.rank}" if version.rank else ""
        yield (
            f"Of the campaigns in the group “{version.group}” only the first that gives "
            f"something keeps {event}{place}"
        )
    if version.hold_days:
        after = number_of_days(version.hold_days)
        gives = "is given" if version.trigger == "gift" else f"{event} gives"
        yield f"What {gives} is counted for good after {after}"
    if version.deliver_days:
        yield f"What is promised is delivered within {number_of_days(version.deliver_days)}"


def _tier(version: CampaignVersion, at: int, what: str) -> str:
    if version.trigger == "item":
        return f"From {at:,} in one order on, each gives {what}"
    least = money(at, version.money)
    if version.trigger == "order":
        return f"An order of {least} or more gives {what}"
    where = "gift" if version.trigger == "gift" else "order"
    return f"From {least} in one {where} on, it is {what}"


def actor(version: CampaignVersion) -> str:
    """Who does what makes it give: `buyer`, `giver`, `reader`."""
    return _WHO.get(version.trigger, _BUYER)[0]


def threshold(version: CampaignVersion, at: int) -> str:
    """Where a step begins: `10 pieces`, `$50`."""
    return f"{at:,} pieces" if version.trigger == "item" else money(at, version.money)


def _step(version: CampaignVersion, at: int) -> str:
    """From where on anything is given at all."""
    if version.trigger == "item":
        return f" with {at:,} or more in one order"
    least = f" of {money(at, version.money)} or more"
    where = {"order": "", "gift": " in gifts"}.get(version.trigger, " in orders")
    return f"{where}{least}"


def _thing(version: CampaignVersion, number: int) -> str:
    """What has to happen, with what narrows it down, where not every one counts."""
    tags = either(quoted(version.tags), "tags") if version.tags else ""
    if version.trigger in ("read", "visit") and tags:
        what = "read" if version.trigger == "read" else "visit through a shared link"
        link = "of" if version.trigger == "read" else "to"
        many = "reads" if version.trigger == "read" else "visits through a shared link"
        return f"{what if number == 1 else many} {link} a story tagged {tags}"
    if version.trigger != "item":
        return _THING[version.trigger][0 if number == 1 else 1] + _only(version)
    sold = either(version.products, "named products") if version.products else ""
    if sold:
        sold = f"{sold} sold" if number == 1 else f"pieces of {sold} sold"
    else:
        sold = "item sold" if number == 1 else "items sold"
    return sold + _from_collections(version) + (f" in an order tagged {tags}" if tags else "")


def _only(version: CampaignVersion) -> str:
    """Which orders, sales or gifts count, where not all do."""
    said = ""
    products = either(version.products, "named products") if version.products else ""
    if products or version.collections:
        if version.trigger == "order":
            said = f" with {products or 'something'}{_from_collections(version)} in it"
        else:
            word = "for" if version.trigger == "gift" else "of"
            said = (f" {word} {products}" if products else "") + _from_collections(version)
    if version.tags:
        tags = either(quoted(version.tags), "tags")
        inside = " in orders" if version.trigger in ("revenue", "round-up") else ""
        if version.trigger == "order" and said:
            said += f" and tagged {tags}"
        else:
            said += f"{inside} tagged {tags}"
    return said


def _from_collections(version: CampaignVersion) -> str:
    if not version.collections:
        return ""
    return f" from the collection {either(quoted(version.collections), 'collections')}"


def _plain(rate: str) -> str:
    return rate if "/" not in rate else str(rational(rate))
