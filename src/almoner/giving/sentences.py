"""The promise in one sentence, as readers and campaign managers read it.

    Every item sold from 1 May 2026 to 31 May 2026 (New York time) gives 2 meals to
    Harbor Table, at most 50,000.

Made from the exact terms and nothing else, so that what is read is what is counted.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from almoner.campaigns.model import CampaignVersion, rational
from almoner.counters.figures import text

_BASIS = "after discounts and before tax and shipping"
_THING = {"order": "order", "item": "item sold", "manual": "entry by hand"}
_THINGS = {"order": "orders", "item": "items sold", "manual": "entries by hand"}


def promise(version: CampaignVersion, kind: str, charity: str, sponsor: str = "") -> str:
    """The whole promise. `kind` is the cause's; `charity` and `sponsor` are their names."""
    sentence = _gift(version, kind, charity)
    if version.cap is not None:
        sentence += f", at most {figure(version.cap, version, kind)}"
    if sponsor and version.fund:
        return f"{sentence}. {sponsor} pays, as far as its fund reaches."
    return f"{sentence}. {sponsor} pays." if sponsor else f"{sentence}."


def amount(minor: int, unit: str, kind: str, scale: int) -> str:
    """A figure with its unit: `1 meal`, `2,000 meals`, `$2.50`."""
    number = text(minor=minor, kind=kind, unit=unit, scale=scale)
    return number if kind == "money" else f"{number} {plural(unit, abs(minor))}"


def figure(minor: int, version: CampaignVersion, kind: str) -> str:
    """A figure of a campaign, without its unit."""
    return text(minor=minor, kind=kind, unit=version.unit, scale=version.scale)


def plural(word: str, number: int) -> str:
    """The unit's word for this many."""
    if number == 1:
        return word
    if re.search(r"(s|x|z|ch|sh)$", word):
        return f"{word}es"
    return f"{word[:-1]}ies" if re.search(r"[^aeiou]y$", word) else f"{word}s"


def days(version: CampaignVersion) -> str:
    """When it counts: `from 1 May 2026 to 31 May 2026 (New York time)`."""
    here = ZoneInfo(version.time_zone)
    start = version.starts_at.astimezone(here)
    place = f" ({clock(version.time_zone)})"
    if version.ends_at is None:
        return f"from {_moment(start)}{place}"
    end = version.ends_at.astimezone(here)
    if _midnight(end):
        last = end - timedelta(days=1)
        if _midnight(start) and last.date() == start.date():
            return f"on {_day(start)}{place}"
        return f"from {_moment(start)} to {_day(last)}{place}"
    return f"from {_moment(start)} to {_moment(end)}{place}"


def clock(time_zone: str) -> str:
    """Whose time it is: `New York time`, `UTC`."""
    if "/" not in time_zone or time_zone.startswith("Etc/"):
        return time_zone.removeprefix("Etc/")
    return time_zone.rsplit("/", 1)[-1].replace("_", " ") + " time"


def _gift(version: CampaignVersion, kind: str, charity: str) -> str:
    rate, when = rational(version.rate), days(version)
    if version.trigger == "revenue":
        percent = version.rate if "/" not in version.rate else str(rate)
        sales = f"sales in {version.unit}{_only(version)}"
        return f"{percent} % of {sales} {when}, {_BASIS}, goes to {charity}"
    whole = rate * 10**version.scale
    if whole.denominator == 1:
        gift = amount(whole.numerator, version.unit, kind, version.scale)
        return f"Every {_THING[version.trigger]}{_only(version)} {when} gives {gift} to {charity}"
    # A third of a meal is no meal: say how many it takes for a whole one.
    each = Fraction(rate)
    gift = amount(each.numerator * 10**version.scale, version.unit, kind, version.scale)
    things = f"{each.denominator:,} {_THINGS[version.trigger]}{_only(version)}"
    verb = "goes" if kind == "money" or each.numerator == 1 else "go"
    return f"For every {things} {when}, {gift} {verb} to {charity}"


def _only(version: CampaignVersion) -> str:
    """Which of them count, where not all do."""
    said = ""
    if version.products:
        said += f" of {_either(version.products)}" if version.trigger != "order" else ""
        said += f" with {_either(version.products)} in it" if version.trigger == "order" else ""
    if version.tags:
        inside = "" if version.trigger == "order" and not version.products else " in an order"
        said += f"{inside} tagged {_either([f'“{tag}”' for tag in version.tags])}"
    return said


def _either(names: Sequence[str]) -> str:
    """`a`, `a or b`, `a, b or c`; a long list is counted instead."""
    if len(names) > 4:
        return (
            f"{len(names)} named products" if "“" not in names[0] else f"one of {len(names)} tags"
        )
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _moment(when: datetime) -> str:
    return _day(when) if _midnight(when) else f"{_day(when)}, {when:%H:%M}"


def _day(when: datetime) -> str:
    return f"{when.day} {when:%B} {when.year}"


def _midnight(when: datetime) -> bool:
    return (when.hour, when.minute, when.second) == (0, 0, 0)
